"""What was measured, as tables and sentences in Markdown, and as figures for the plot."""

import json
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.bench.machine import HERE, PEERS, Load
from tests.bench.workload import Row

TITLES = {"bare": "bare Flask", "datasette": "Datasette", "fastapi": "FastAPI", "naive": "naive"}
RESULTS = HERE / "RESULTS.md"


class Result(NamedTuple):
    """One row's outcome: what each variant answered, round by round."""

    row: Row
    rounds: Mapping[str, Sequence[Load]]

    def rate(self, name: str) -> float:
        """Requests a second."""
        return median(load.rate for load in self.rounds[name])

    def size(self, name: str) -> float:
        """KiB per answer."""
        return median(load.size for load in self.rounds[name]) / 1024

    def ratios(self, name: str) -> list[float]:
        """The rate of talbuk by another's, of each round."""
        both = zip(self.rounds["talbuk"], self.rounds[name], strict=True)
        return sorted(ours.rate / theirs.rate for ours, theirs in both)

    def ratio(self, name: str) -> float:
        """The median of the rounds' ratios."""
        return median(self.ratios(name))


def rates(results: Sequence[Result]) -> str:
    """Requests a second of each variant."""
    names = [name for name in TITLES if any(name in found.rounds for found in results)]
    head = ["request", "talbuk", *(TITLES[name] for name in names), "talbuk's p99, ms", "KiB per answer"]
    rows = []
    for found in results:
        cells = [f"{found.rate(name):,.0f}" if name in found.rounds else "" for name in names]
        p99 = median(load.p99 for load in found.rounds["talbuk"])
        size = f"{found.size('talbuk'):,.1f}"
        rows.append([found.row.title, f"{found.rate('talbuk'):,.0f}", *cells, f"{p99:,.1f}", size])
    return table(head, rows)


def ratios(results: Sequence[Result]) -> str:
    """The rate of talbuk by each peer's, beside what was aimed at."""
    pairs = [(found, name) for found in results for name in TITLES if name in found.rounds]
    rows = [_ratio_row(found, name, found.ratios(name)) for found, name in pairs]
    return table(["request", "against", "talbuk's rate by it", "range", "aim", ""], rows)


def _ratio_row(found: Result, name: str, each: Sequence[float]) -> list[str]:
    aim, reached = found.row.aims.get(name), found.ratio(name)
    told = [f"{aim:g}", "met" if reached >= aim else "not met"] if aim else ["", ""]
    return [found.row.title, TITLES[name], f"{reached:.2f}", f"{each[0]:.2f} to {each[-1]:.2f}", *told]


def rare_by_common(results: Sequence[Result]) -> str:
    """How much longer a page of a rare status takes than one of a common status."""
    by_name = {found.row.name: found for found in results}
    slower = by_name["known-common"].rate("talbuk") / by_name["known-rare"].rate("talbuk")
    verdict = "met" if slower <= 3 else "not met"
    took = f"a page of a rare status takes {slower:.2f} times as long as one of a common status"
    return f"As known by a day, {took} (aim: at most 3; {verdict})."


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; all but the first column are to the right where they hold figures."""
    numeric = [all(re.fullmatch(r"[\d,. to%-]*", row[n]) for row in rows) for n in range(len(head))]
    lines = [head, ["---:" if right else "---" for right in numeric], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def section(title: str, text: str) -> None:
    """Write one section of RESULTS.md anew and leave the others."""
    before = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "# What talbuk takes\n"
    intro, *others = re.split(r"^(?=## )", before, flags=re.MULTILINE)
    others = [part for part in others if not part.startswith(f"## {title}\n")]
    made = f"## {title}\n\n{text.strip()}\n"
    kept = sorted([*others, made], key=lambda part: _ORDER.index(part.splitlines()[0].removeprefix("## ")))
    RESULTS.write_text("\n".join(part.strip() + "\n" for part in (intro, *kept)), encoding="utf-8")


_ORDER = ("Requests a second, SQLite", "Requests a second, PostgreSQL", "Writes", "Growth", "Bulk")


def plot(results: Sequence[Result], file: Path) -> None:
    """Draw the rates; the peers' environment has what it takes."""
    names = ["talbuk", *TITLES]
    series = {
        "talbuk" if name == "talbuk" else TITLES[name]: [
            found.rate(name) if name in found.rounds else None for found in results
        ]
        for name in names
    }
    figures = json.dumps({"rows": [found.row.name for found in results], "series": series})
    subprocess.run([PEERS / "python", HERE / "plot.py", str(file)], input=figures, text=True, check=True)


def today() -> str:
    """The day, for the record."""
    return time.strftime("%Y-%m-%d")
