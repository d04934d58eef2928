"""The vocabularies: what the codebook lists, in its order, each value defined; and the codes of countries."""

import re

import pytest

from models import vocabulary
from models.countries import COUNTRIES
from models.vocabulary import VOCABULARIES, Term, Vocabulary, nearest

CODEBOOK = {
    "scope": "subject background comparison",
    "coding": "identity own-words classification set-by-claims from-the-text accounted-for by-part computed system",
    "relation": "same-as may-be distinct-from within may-overlap excluded-from response-to follows part-of-event",
    "action": "add change remove merge erase",
    "defector-stage": "planned attempted fled asylum-sought in-transit arrived returned mixed unknown",
    "whereabouts": "south-korea third-country host-country north-korea missing dead undisclosed mixed unknown",
    "motive": "fear-of-purge fear-of-recall disillusion escaping-charges hardship family money other unstated",
    "party-kind": "individual family group cohort",
    "sector": "party military security diplomacy trade-and-currency banking science-and-education "
    "workers-abroad service fishing elite-family ordinary unknown",
    "purge-kind": "execution disappearance detention exile purge demotion dismissal recall "
    "investigation examination surveillance crackdown family-measure denunciation "
    "other unspecified",
    "form": "event series practice total",
    "purge-stage": "threatened ordered carried-out averted reversed unknown",
    "change": "begun increased continued eased ended unstated",
    "measure": "level change rank share",
    "higher-is": "more less none",
    "assessment-kind": "judgement forecast",
    "answer": "yes no mixed none",
    "institution-kind": "state party-body government-body security-body military-body company "
    "bank media university research-institute mission international-body "
    "other",
    "source-kind": "article blog-post statement interview survey op-ed video other",
    "part-kind": "body update footnote",
    "tie-kind": "spouse parent child relative associate other",
    "script": "latin hangul hanja",
    "system": "revised mccune-reischauer north-korean yale press none",
    "name-basis": "printed editorial",
    "date-basis": "stated relative bounded inferred",
    "date-shape": "day within throughout",
    "qualifier": "exact about at-least at-most over several",
    "stance": "asserts denies doubts withdraws refutes declines-to-confirm",
    "commitment": "plain attributed believed estimated possible conditional rumoured",
    "explicit": "stated presupposed implied",
    "answer-relation": "repeats corroborates contradicts overstates misreports comments",
    "seen": "read quoted reported mentioned",
    "verb": "said wrote quoted cited told",
    "identity": "named collective anonymous unstated",
    "capacity": "state-organ official subject witness insider trader-or-broker journalist "
    "publisher scholar author unknown",
    "side": "north south china other none",
    "access": "own-act custody witnessed told intelligence unknown",
    "interest": "neutral self-serving against-interest unknown",
    "status": "refuted disputed denied confirmed stated taken-as-known contested withdrawn "
    "doubted official-claim reported rumoured",
    "policy": "any official two-roots",
    "certainty": "possibly surely",
    "known-bound": "surely possibly",
}
"""Every list as the codebook has it; the questions are ours, and tested for their form alone."""

SLUG = re.compile(r"[a-z0-9-]{1,80}")
EVERY = pytest.mark.parametrize("listed", VOCABULARIES.values(), ids=VOCABULARIES)


@pytest.mark.parametrize(("name", "values"), CODEBOOK.items(), ids=CODEBOOK)
def test_a_list_equals_the_codebook(name: str, values: str) -> None:
    assert list(VOCABULARIES[name]) == values.split()


def test_nothing_is_listed_beyond_the_codebook_and_the_questions() -> None:
    assert set(VOCABULARIES) == {*CODEBOOK, "question"}


def test_every_constant_is_published_under_its_own_name() -> None:
    constants = {name: listed for name, listed in vars(vocabulary).items() if isinstance(listed, Vocabulary)}
    assert {name.lower().replace("_", "-"): listed for name, listed in constants.items()} == VOCABULARIES


@EVERY
def test_values_are_unique_slugs(listed: Vocabulary) -> None:
    assert SLUG.fullmatch(listed.name)
    assert all(SLUG.fullmatch(value) for value in listed)
    assert len(set(listed.values)) == len(listed.terms) > 0


@EVERY
def test_every_definition_is_one_sentence_with_its_full_stop(listed: Vocabulary) -> None:
    definitions = [term.definition for term in listed.terms]
    assert len(set(definitions)) == len(definitions)
    for sentence in (listed.about, *definitions):
        assert re.fullmatch(r"[A-Z](?:[^.?!]|\.(?! ))+\.", sentence), sentence
        assert not re.search(r"\s{2}", sentence), sentence


@EVERY
def test_every_example_is_one_sentence_perhaps_after_the_name_of_what_it_is_of(listed: Vocabulary) -> None:
    examples = [term.example for term in listed.terms]
    assert len(set(examples)) == len(examples)
    for example in examples:
        case = re.sub(r"^[a-z]+[/.][a-z0-9-]+: ", "", example)
        assert re.fullmatch(r"(?:[^.?!]|\.(?! ))+\.", case), example
        assert case != example or case[0].isupper(), example
        assert not re.search(r"\s{2}", example), example


def test_a_vocabulary_holds_its_values_and_nothing_else() -> None:
    listed = Vocabulary("colour", "A colour.", (Term("red", "Red.", "Blood."), Term("green", "Green.", "Grass.")))
    assert listed.values == tuple(listed) == ("red", "green")
    assert "red" in listed
    assert "blue" not in listed
    assert ["red"] not in listed


def test_a_vocabulary_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        vocabulary.SCOPE.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        VOCABULARIES["scope"] = vocabulary.SCOPE  # type: ignore[index]


@pytest.mark.parametrize(
    ("word", "found"),
    [("confimed", "confirmed"), ("offical-claim", "official-claim"), ("zzz", None), ("", None)],
)
def test_nearest_finds_a_slip_of_the_pen_or_nothing(word: str, found: str | None) -> None:
    assert nearest(word, vocabulary.STATUS) == found


def test_nearest_takes_any_length_and_no_words() -> None:
    assert nearest("x" * 99_999, vocabulary.STATUS) is None
    assert nearest("confirmed", []) is None


def test_countries_are_codes_of_the_three_standards() -> None:
    """249 countries in ISO 3166-1, 31 former names in ISO 3166-3, 29 regions and sub-regions in UN M49."""
    forms = (r"[A-Z]{2}", r"[A-Z]{4}", r"[0-9]{3}")
    assert [sum(bool(re.fullmatch(form, code)) for code in COUNTRIES) for form in forms] == [249, 31, 29]
    assert len(COUNTRIES) == 249 + 31 + 29


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("KP", "North Korea"),
        ("KR", "South Korea"),
        ("CN", "China"),
        ("RU", "Russia"),
        ("GB", "United Kingdom"),
        ("DDDE", "East Germany"),
        ("SUHH", "Soviet Union"),
        ("YUCS", "Yugoslavia"),
        ("CSHH", "Czechoslovakia"),
        ("035", "South-eastern Asia"),
    ],
)
def test_countries_have_everyday_names(code: str, name: str) -> None:
    assert COUNTRIES[code] == name


def test_names_of_countries_are_unique_and_tidy() -> None:
    names = list(COUNTRIES.values())
    assert len(set(names)) == len(names)
    assert all(name and name == name.strip() for name in names)


@pytest.mark.parametrize("code", ["XK", "UK", "001", "410", "kp"])
def test_other_codes_are_not_countries(code: str) -> None:
    assert code not in COUNTRIES
