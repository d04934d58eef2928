"""How text is folded: whatever is done to be quick about it, it is folded as all other text is."""

from hypothesis import given
from hypothesis import strategies as st

from models.text import folded, words


@given(st.text(st.characters(max_codepoint=127)))
def test_text_of_ascii_alone_is_folded_as_beside_other_letters(text: str) -> None:
    assert words(f"{text} 현") == [*words(text), "현"]


@given(st.text())
def test_what_is_kept_of_a_word_is_what_folding_it_gives(text: str) -> None:
    assert folded(text) == folded(text) == tuple(words(text))
