"""Spellings of one name match and those of others do not, on a set written before the matcher (tests/names)."""

import csv
from pathlib import Path

import pytest

from models.names import keys, matched

NAMES = Path(__file__).resolve().parents[1] / "names"


def rows(file: str, half: str) -> list[tuple[str, str]]:
    with (NAMES / file).open(encoding="utf-8") as lines:
        read = csv.DictReader(lines, delimiter="\t")
        return [(row["one"], row["other"]) for row in read if row["half"] == half]


@pytest.mark.parametrize(("half", "least"), [("develop", 1.0), ("held-back", 0.99)])
def test_true_variants_are_found(half: str, least: float) -> None:
    pairs = rows("variants.tsv", half)
    found = [pair for pair in pairs if matched(*pair)]
    assert len(pairs) == 250
    assert len(found) / len(pairs) >= least


@pytest.mark.parametrize("half", ["develop", "held-back"])
def test_no_look_alike_is_accepted(half: str) -> None:
    pairs = rows("lookalikes.tsv", half)
    assert len(pairs) == 250
    assert [pair for pair in pairs if matched(*pair) or matched(*reversed(pair))] == []


def test_matching_is_the_same_from_both_sides() -> None:
    for one, other in rows("variants.tsv", "develop"):
        assert bool(matched(one, other)) is bool(matched(other, one))


def test_what_matches_has_a_key_in_common() -> None:
    """Else the index would hide it."""
    for half in ("develop", "held-back"):
        for one, other in rows("variants.tsv", half):
            assert not matched(one, other) or keys(one) & keys(other), (one, other)


@pytest.mark.parametrize("name", ["", "-", "123", "Andrei Lankov", "김", "\u200b", "a" * 200, "O'Neill, "])
def test_what_is_no_korean_name_matches_nothing(name: str) -> None:
    assert matched(name, name) is None
