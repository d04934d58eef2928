"""What must hold of any two names, however they are written: hypothesis looks for the spelling that breaks it."""

import time
import unicodedata
from functools import cache
from itertools import combinations

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from models.names import (
    FIRST,
    INITIAL_LAW,
    LAST,
    SURNAMES,
    is_hangul,
    keys,
    matched,
    readings,
    sound_keys,
    spellings,
    word_keys,
)

LATIN = sorted(spellings())
ONE_SYLLABLE = sorted(surname for surname in SURNAMES if len(surname) == 1)
LAYOUTS = (
    "{family} {one} {two}",
    "{family} {one}-{two}",
    "{family} {one}{two}",
    "{one}-{two} {family}",
    "{one}{two} {family}",
    "{one} {two} {family}",
    "{family}, {one}-{two}",
    "{one}-{two}, {family}",
    "{family}{one}{two}",
)


def latin_spellings(syllable: str) -> list[str]:
    """Every way to write a syllable of hangul."""
    return sorted(text for text, hangul in spellings().items() if syllable in hangul)


@cache
def spelled(family: str, one: str, two: str) -> st.SearchStrategy[str]:
    """A name of three syllables in any spelling and layout, or in hangul."""
    written = st.builds(
        lambda layout, f, a, b: layout.format(family=f, one=a, two=b),
        st.sampled_from(LAYOUTS),
        *(st.sampled_from(latin_spellings(syllable)) for syllable in (family, one, two)),
    )
    cased = st.one_of(written, written.map(str.upper), written.map(str.title))
    return st.one_of(cased, cased.map(lambda text: unicodedata.normalize("NFD", text)), st.just(family + one + two))


hangul_names = st.builds(
    lambda family, given: family + given,
    st.sampled_from(ONE_SYLLABLE),
    st.text(st.characters(min_codepoint=FIRST, max_codepoint=LAST), min_size=1, max_size=3),
)
latin_names = st.builds(
    lambda layout, family, one, two: layout.format(family=family, one=one, two=two),
    st.sampled_from(LAYOUTS),
    *([st.sampled_from(LATIN)] * 3),
)
names = st.one_of(hangul_names, latin_names, spelled("리", "룡", "남"), st.text(max_size=30))


untimed = settings(deadline=None)
"""The machine may be busy with other things."""


@untimed
@given(names, names)
def test_matching_is_symmetric(one: str, other: str) -> None:
    assert (matched(one, other) is None) is (matched(other, one) is None)


@untimed
@given(names)
def test_a_name_that_can_be_read_matches_itself(name: str) -> None:
    assert (matched(name, name) is not None) is bool(readings(name))


@untimed
@given(names, names)
@example("Ri Yong Nam", "이룡남")
def test_what_matches_has_a_key_of_its_sounds_in_common(one: str, other: str) -> None:
    """Else the index would hide it; the words need not be alike."""
    assert not matched(one, other) or sound_keys(one) & sound_keys(other)


@untimed
@given(st.text(max_size=200))
def test_any_text_has_keys(text: str) -> None:
    assert keys(text) == sound_keys(text) | word_keys(text)


@pytest.mark.parametrize(
    ("family", "givens"), [("김", ("정은", "정일", "정남")), ("리", ("용호", "용길")), ("리", ("영호", "영길"))]
)
@untimed
@given(data=st.data())
def test_men_who_share_half_a_name_never_match(family: str, givens: tuple[str, ...], data: st.DataObject) -> None:
    for mine, theirs in combinations(givens, 2):
        one, other = data.draw(spelled(family, *mine)), data.draw(spelled(family, *theirs))
        assert matched(one, other) is None


@untimed
@given(spelled("김", "정", "은"))
def test_every_spelling_of_a_name_finds_it(name: str) -> None:
    """The control: what never matches above can match at all."""
    assert matched(name, "김정은")


def lawful(name: str) -> str:
    """A name as the South writes it: the initial law holds of the surname and of the given name."""
    return "".join(INITIAL_LAW.get(c, c) if place < 2 else c for place, c in enumerate(name))


@untimed
@given(hangul_names, hangul_names, st.sampled_from(["{}", " {}", "{} "]))
@example("리용호", "리영호", "{}")
@example("최룡해", "최용해", "{}")
@example("김철룡", "김철용", "{}")
def test_hangul_against_hangul_is_exact_but_for_the_initial_law(one: str, other: str, layout: str) -> None:
    assume(one[:2] not in SURNAMES and other[:2] not in SURNAMES)
    assume(is_hangul(one) and is_hangul(other))
    for mine, theirs in ((one, other), (one, one), (one, lawful(one))):
        assert (matched(mine, layout.format(theirs)) is not None) is (lawful(mine) == lawful(theirs))


@untimed
@given(st.text(st.characters(categories=["P", "Z"]), max_size=50))
def test_what_has_no_letter_has_no_key(text: str) -> None:
    assert keys(text) == frozenset()


@pytest.mark.parametrize("piece", ["ana", "ana-ana-ana-ana", "inin", "anan", "onga"])
def test_a_name_of_many_pieces_is_refused_at_once(piece: str) -> None:
    """Each piece can be cut in two: the ways double with each, and 45 of them would take years."""
    started = time.perf_counter()
    for joint in "-", " ", "-.":
        assert readings("Kim " + joint.join([piece] * 45)[:190]) == ()
    assert time.perf_counter() - started < 2
