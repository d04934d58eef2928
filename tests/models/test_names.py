"""Spellings of one name match and those of others do not, on a set written before the matcher (tests/names)."""

import pytest

from models.names import keys, matched
from tests.names.figures import pairs


def rows(file: str, half: str) -> list[tuple[str, str]]:
    return [(pair.one, pair.other) for pair in pairs(file) if pair.half == half]


@pytest.mark.parametrize(("half", "least"), [("develop", 1.0), ("held-back", 0.99)])
def test_true_variants_are_found(half: str, least: float) -> None:
    variants = rows("variants.tsv", half)
    found = [pair for pair in variants if matched(*pair)]
    assert len(variants) == 250
    assert len(found) / len(variants) >= least


@pytest.mark.parametrize("half", ["develop", "held-back"])
def test_no_look_alike_is_accepted(half: str) -> None:
    alike = rows("lookalikes.tsv", half)
    assert len(alike) == 250
    assert [pair for pair in alike if matched(*pair) or matched(*reversed(pair))] == []


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


@pytest.mark.parametrize(("one", "other"), [("최룡해", "최용해"), ("김락겸", "김낙겸"), ("리룡남", "이용남")])
def test_the_initial_law_holds_of_given_names_in_hangul(one: str, other: str) -> None:
    """As it did already between Latin and hangul: rule 3 of tests/names/README.md."""
    assert matched(one, other)
    assert matched(other, one)
