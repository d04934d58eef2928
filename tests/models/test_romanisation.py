"""Names as another romaniser writes them: ko-pron, which knows McCune-Reischauer with its changes of sound."""

import csv
import unicodedata
from itertools import product
from pathlib import Path

import pytest
from ko_pron import romanise

from models.names import FIRST, LAST, SURNAMES, cleaned, matched, spellings

pytestmark = pytest.mark.filterwarnings("ignore:'count' is passed as positional:DeprecationWarning")
"""How ko-pron calls `re.sub`, which Python 3.13 warns of."""

VARIANTS = Path(__file__).resolve().parents[1] / "names" / "variants.tsv"

LAST_H = 27
"""The last consonant ㅎ alone: silent to ko-pron, a stop in the standard language; no name ends a syllable so."""

OTHERWISE = {
    "밟": "pap in the one word 밟다",
    **dict.fromkeys(map(chr, range(ord("쒸"), ord("쒸") + 28)), "ssh- to it"),
}
"""Syllables of no name that ko-pron writes in a way of its own."""


def syllables() -> list[str]:
    return [chr(c) for c in range(FIRST, LAST + 1) if (c - FIRST) % 28 != LAST_H and chr(c) not in OTHERWISE]


def given_syllables() -> list[str]:
    """Those that given names of the test set's first half are made of."""
    with VARIANTS.open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["half"] == "develop"]
    names = {row[one].replace(" ", "") for row in rows for one in ("one", "other") if row[f"script_{one}"] == "hangul"}
    return sorted({syllable for name in names for syllable in unicodedata.normalize("NFC", name)[1:]})


def test_every_syllable_has_its_mccune_reischauer_spelling() -> None:
    known = spellings()
    assert len(syllables()) > 10_000
    assert [s for s in syllables() if s not in known[cleaned(romanise(s, "mr"))]] == []


@pytest.mark.parametrize("order", ["{family} {given}", "{given} {family}", "{given}, {family}"])
def test_every_surname_is_found_in_mccune_reischauer(order: str) -> None:
    for family in SURNAMES:
        written = order.format(family=romanise(family, "mr"), given=romanise("철수", "mr"))
        assert matched(f"{family}철수", written), written


def test_given_names_are_found_with_their_changes_of_sound() -> None:
    """극렬 is Kŭngnyŏl, 철해 is Ch'ŏrhae, 국만 is Kungman: every pair of syllables, written together."""
    found = given_syllables()
    assert len(found) > 80
    pairs = ["".join(pair) for pair in product(found, repeat=2)]
    assert [name for name in pairs if not matched(f"김{name}", f"Kim {romanise(name, 'mr')}")] == []
