"""What fixture files say of what they cover: from which day on, and which paragraphs of a text hold nothing to code."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.database import execute, marks
from models.documents import canonical, decoded
from models.ledger import Change
from models.tables import Fact

LEDGER_PATH = "coverage"


def replace_facts(files: Sequence[str], facts: Mapping[str, Mapping[str, Any]]) -> list[Change]:
    """Put facts (file -> name -> value) in place of what was kept of `files`; returns the change, if any."""
    before = all_facts()
    if files:
        execute(f"DELETE FROM fact WHERE file IN ({marks(files)})", files)
    for file, named in facts.items():
        for name, value in named.items():
            Fact.insert(file=file, name=name, value=canonical(value)).execute()
    after = all_facts()
    return [] if after == before else [Change(LEDGER_PATH, "change", canonical(after))]


def all_facts() -> list[list[str]]:
    """Every fact that is kept, as name and value."""
    return [list(row) for row in execute("SELECT name, value FROM fact ORDER BY name, value").fetchall()]


def told_facts(facts: Sequence[Sequence[str]]) -> dict[str, Any]:
    """All facts as a fixture file says them: `coverage_from` and `coverage`, as far as there are any."""
    told = {"coverage_from": _first_day(facts), "coverage": _coverage(facts)}
    return {name: value for name, value in told.items() if value}


def coverage_from() -> str | None:
    """The first day that the data covers: the earliest that any file names; None where none does."""
    rows = execute("SELECT name, value FROM fact WHERE name = ?", ("coverage_from",)).fetchall()
    return _first_day(rows)


def _first_day(facts: Sequence[Sequence[str]]) -> str | None:
    return min((decoded(value) for name, value in facts if name == "coverage_from"), default=None)


def coverage() -> list[dict[str, Any]]:
    """For each text the paragraphs that hold nothing to code, of all files together."""
    return _coverage(all_facts())


def _coverage(facts: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    merged: dict[str, list[Any]] = {}
    for name, value in facts:
        for entry in decoded(value) if name == "coverage" else ():
            merged.setdefault(entry["source"], []).extend(entry.get("nothing") or [])
    return [{"source": source, "nothing": nothing} for source, nothing in sorted(merged.items())]
