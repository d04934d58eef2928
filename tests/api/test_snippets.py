"""Snippets: the words that are found are marked, and no others, wherever in a text they stand."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.snippets import AROUND, marked
from models.search import Token

MARK = re.compile("<mark>(.*?)</mark>")
WORDS = ("gun", "guns", "begun", "shotgun", "Gun", "GUNNER", "a", "gu", "2015", "un2015")
BETWEEN = (" ", "  ", "-", "_", ", ", ".", "\n", "\t", " (", "@", "/")
TOKENS = (Token("gun", True), Token("gun", False), Token("2015", True), Token("a", False), Token("absent", True))
texts = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(BETWEEN)), min_size=1, max_size=12)
tokens = st.lists(st.sampled_from(TOKENS), min_size=1, max_size=3, unique=True)


def is_found(word: str, found: Sequence[Token]) -> bool:
    return any(
        word.lower().startswith(token.word) if token.is_prefix else word.lower() == token.word for token in found
    )


@settings(max_examples=400, deadline=None, derandomize=True)
@given(pieces=texts, found=tokens)
def test_every_word_found_is_marked(pieces: list[tuple[str, str]], found: list[Token]) -> None:
    """One that holds what is found elsewhere than at its beginning is not."""
    text = "".join(word + between for word, between in pieces)[:AROUND]
    words = re.findall("[A-Za-z0-9]+", text)
    expected = [word for word in words if is_found(word, found)]
    assert MARK.findall(marked(text, found) or "") == expected


@settings(max_examples=400, deadline=None, derandomize=True)
@given(pieces=texts, found=tokens, other=st.sampled_from(["\u2019", "\u00b7", "'", "\ud0dc"]))
def test_texts_in_any_letters_are_marked_alike(pieces: list[tuple[str, str]], found: list[Token], other: str) -> None:
    """What follows a text, and is no ASCII or an apostrophe, changes no mark in it."""
    text = "".join(word + between for word, between in pieces)[:AROUND].rstrip("@/(") + " "
    told = marked(text, found)
    assert marked(f"{text}{other}", found) == (told and f"{told}{other}".replace("'", "&#39;"))


@pytest.mark.parametrize("start", [0, 79, 80, 81, 500])
def test_a_snippet_is_cut_around_the_first_word_found(start: int) -> None:
    told = marked("x" * (start - 1) + " " * (start > 0) + "gun" + " y" * 100, [Token("gun", True)])
    assert told
    assert told.startswith("…") == (start > AROUND)
    assert told.endswith("…")
    assert len(MARK.sub(r"\1", told).strip("…")) == min(start, AROUND) + len("gun") + AROUND


def test_nothing_is_shown_where_no_word_is_found() -> None:
    assert marked("a shotgun", [Token("gun", True)]) is None
