"""What the long runs found, as RESULTS.md: written from what was measured, a section for each part."""

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from models.database import sqlite_version
from tests.bench.report import table

RESULTS = Path(__file__).parent / "RESULTS.md"
TITLE = """\
# What talbuk stands

Written by `make faults`. Each row is a promise that was tried, through HTTP against `talbuk serve` where it says
nothing else. The control is the same run with a fault planted, or a promise taken away: that it finds something shows
that the run would have seen it.
"""
HEAD = ("run", "what was done", "found", "control: what was planted", "what the control found", "")


class Result(NamedTuple):
    """One run and its control, as a row of the table."""

    run: str
    done: str
    """How many rounds of what."""
    found: str
    """The figures."""
    planted: str
    control: str
    held: bool
    """Whether what is promised held, and the control found what was planted."""

    @property
    def cells(self) -> list[str]:
        """The row."""
        return [*self[:-1], "held" if self.held else "**NOT HELD**"]


def section(title: str, results: Sequence[Result], how: str, file: Path = RESULTS) -> None:
    """Write the section of one part anew and leave the others; `how` tells how it was measured."""
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    others = [part for part in re.split(r"^(?=## )", before, flags=re.MULTILINE)[1:] if _title(part) != title]
    made = f"## {title}\n\n{how}\n\n{table(HEAD, [result.cells for result in results])}\n"
    parts = sorted([*others, made], key=_title)
    file.write_text("\n".join(part.strip() + "\n" for part in (TITLE, *parts)), encoding="utf-8")


def _title(part: str) -> str:
    return part.partition("\n")[0].removeprefix("## ")


def measured(seed: int) -> str:
    """When a part was measured, of which seed, and on what."""
    version = ".".join(map(str, sqlite_version()))
    return f"{time.strftime('%Y-%m-%d')}, seed {seed}, {os.cpu_count()} cores, SQLite {version}."
