"""The table of security requirements is whole: each has its row, and each row a test that is there, or a reason."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.security.requirements import CHAPTERS, TOP_TEN, VERDICTS, asked, rows

ROOT = Path(__file__).resolve().parents[2]

COUNTS = {"1": 65, "2": 152, "3": 80}
"""By the standard there are 70, 183 and 92; of these 5, 31 and 12 are in the chapters on OAuth and WebRTC."""


def test_the_levels_are_as_many_as_the_standard_has() -> None:
    assert {level: len(list(asked([level]))) for level in COUNTS} == COUNTS
    assert list(CHAPTERS) == [*range(1, 10), *range(11, 17)]


def test_each_requirement_has_one_row_and_no_row_is_of_another() -> None:
    assert [row.id for row in rows()] == [*(each for _, each, _ in asked()), *TOP_TEN]


def test_each_row_says_whether_it_holds_and_why() -> None:
    for row in rows():
        assert row.verdict in VERDICTS, row.id
        assert row.asks, row.id
        assert not row.asks.endswith("."), row.id
        assert row.shown_by or row.reason, row.id
        assert row.reason or row.verdict == "holds", row.id
        assert not row.reason or row.reason.endswith("."), row.id


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of the tests that a file holds."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[:5] == "test_")


NAMED = sorted({test for row in rows() for test in row.shown_by})


@pytest.mark.parametrize("test", NAMED)
def test_what_is_named_is_there(test: str) -> None:
    path, _, name = test.partition("::")
    assert name in names_in(path)


def test_a_test_that_is_not_there_would_be_found() -> None:
    assert "test_no_such_thing" not in names_in("tests/security/test_requirements.py")
    assert "test_a_test_that_is_not_there_would_be_found" in names_in("tests/security/test_requirements.py")
    assert len(NAMED) > 100
