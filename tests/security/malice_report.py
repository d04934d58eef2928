"""What the runs of `make malice` came to: MALICE.md, made of the lines that they leave behind."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("MALICE.md")
START, END = "<!-- runs -->", "<!-- end of runs -->"
COLUMNS = ("way", "engine", "inputs", "refused", "taken and kept", "answers", "seeds", "minutes", "faults")
HEADER = f"| {' | '.join(COLUMNS)} |\n|---|---|--:|--:|--:|---|---|--:|--:|"


def write(lines: Iterable[str]) -> None:
    """Put the table of all runs into MALICE.md, between its marks."""
    runs = sorted(map(json.loads, lines), key=lambda one: (str(one["way"]), str(one["engine"])))
    rows = [
        _row(key, list(found)) for key, found in groupby(runs, key=lambda one: (str(one["way"]), str(one["engine"])))
    ]
    total = sum(int(one["sent"]) for one in runs)
    table = f"{START}\n{HEADER}\n" + "\n".join(rows) + f"\n\n{total:,} inputs in all.\n{END}"
    before, _, rest = RESULTS.read_text(encoding="utf-8").partition(START)
    RESULTS.write_text(before + table + rest.partition(END)[2], encoding="utf-8")


def _row(key: tuple[str, str], runs: Sequence[Mapping[str, Any]]) -> str:
    def sum_of(*names: str) -> str:
        found = [int(one[name]) for one in runs for name in names if name in one]
        return f"{sum(found):,}" if found else ""

    statuses: dict[str, int] = {}
    for one in runs:
        for status, times in one.get("statuses", {}).items():
            statuses[str(status)] = statuses.get(str(status), 0) + times
    told = ", ".join(f"{status}: {times:,}" for status, times in sorted(statuses.items()))
    seeds = ", ".join(str(one["seed"]) for one in runs if "seed" in one)
    minutes = sum(float(one["seconds"]) for one in runs) / 60
    faults = sum(len(one["faults"]) for one in runs)
    cells = (
        *key,
        sum_of("sent"),
        sum_of("refused"),
        sum_of("written", "loaded"),
        told,
        seeds,
        f"{minutes:.1f}",
        str(faults),
    )
    return f"| {' | '.join(cells)} |"
