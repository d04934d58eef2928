"""How well names are matched on the test set, by script and by system: `python -m tests.names.figures` prints it.

A pair counts under its scripts, and under each system that one of its two spellings follows.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from models.names import matched

HERE = Path(__file__).resolve().parent
HALVES = ("develop", "held-back")
SCRIPTS = ("latin and latin", "hangul and latin", "hangul and hangul")
SYSTEMS = ("revised", "mccune-reischauer", "north-korean", "yale", "press")
FILES = {"found": "variants.tsv", "wrongly accepted": "lookalikes.tsv"}
"""What is counted -> the pairs that it is counted of."""


class Pair(NamedTuple):
    """Two spellings of the test set."""

    half: str
    one: str
    other: str
    kinds: frozenset[str]
    """What it counts under: its scripts and its systems."""


def pairs(file: str) -> Iterator[Pair]:
    """The pairs of one file of the test set."""
    with (HERE / file).open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            scripts = " and ".join(sorted((row["script_one"], row["script_other"])))
            kinds = frozenset({"all", scripts, row["system_one"], row["system_other"]})
            yield Pair(row["half"], row["one"], row["other"], kinds)


def counted(file: str) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """How many pairs match, and how many there are, by kind and half."""
    matching: Counter[tuple[str, str]] = Counter()
    whole: Counter[tuple[str, str]] = Counter()
    for pair in pairs(file):
        places = [(kind, pair.half) for kind in pair.kinds]
        whole.update(places)
        if matched(pair.one, pair.other):
            matching.update(places)
    return matching, whole


def table() -> str:
    """The figures as Markdown: a row for all pairs, each pair of scripts and each system."""
    counts = [counted(file) for file in FILES.values()]
    heads = ["pairs", *(f"{what}, {half}" for what in FILES for half in HALVES)]
    return _rows(heads, [[kind, *_cells(kind, counts)] for kind in ("all", *SCRIPTS, *SYSTEMS)])


def _cells(kind: str, counts: Sequence[tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]]) -> list[str]:
    return [f"{matching[kind, half]} of {whole[kind, half]}" for matching, whole in counts for half in HALVES]


def _rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    print(table(), end="")
