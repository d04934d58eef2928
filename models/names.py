"""Korean names in any spelling: which syllables of hangul a spelling can stand for, and whether two can be one name.

A syllable of hangul stands for itself; a Latin one for every syllable that one of four romanisations, or the habit of
the press, writes so. Two names match where, in order, each pair of syllables has a reading in common: surnames by
class (Ri, Lee, Yi and I are one), given names by identity. Hangul against hangul is exact.

Tables: Revised Romanization (2000), McCune-Reischauer (1939), the North's own system (1992), Yale (Martin 1967).
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from models.text import words

FIRST, LAST = 0xAC00, 0xD7A3

ONSETS = (
    "g k", "kk gg", "n", "d t", "tt dd", "r l n rh", "m", "b p", "pp bb", "s sh", "ss s", "", "j ch c", "jj tch cc",
    "ch' ch c' ", "k' k kh", "t' t th", "p' p ph", "h",
)  # fmt: skip
"""Every way to write the first consonant of a syllable, in Unicode's order of the jamo, within a name too."""

VOWELS = (
    "a ah ar", "ae ay ai", "ya", "yae yay", "eo ŏ o e u uh ur eu", "e ey ai", "yeo yŏ yo ye yu you yuh yeu", "ye yey",
    "o oh", "wa", "wae way oai", "oe oy oi", "yo yoh", "u oo wu woo ou", "wo wŏ weo we weo", "we wey", "wi wuy wui",
    "yu yoo you yuh",
    "eu ŭ u", "ui uy ŭi eui", "i ee ie",
)  # fmt: skip
AFTER_H = {19: "ee i"}
"""Vowels that are written otherwise after h: 희 is Hee, Hi or Hui."""

CODAS = (
    "", "k g ck", "k", "k", "n", "n", "n", "t d", "l r", "k", "m", "l", "l", "l", "p", "l", "m", "p b", "p", "t s d",
    "t", "ng", "t", "t", "k", "t", "p", "t",
)  # fmt: skip

SURNAMES = frozenset(
    "가간갈감강개견경계고곡공곽구국권금기길김나남노단당도독돈동두등라량려렴로류륙리림마만망매맥맹명모목묘무문미민박반방배백범변"
    "복봉부비빈빙사삼상서석선설섭성소손송수순승시신심아안애야양어엄여연염엽영예오옥온옹완왕요용우운원위유육윤은음이인임자장전점정제조종"
    "좌주준지진차창채천초최추춘탁탄태판팽편평포표풍피필하학한함해허현형호홍화환황후"
) | {"황보", "남궁", "선우", "제갈", "독고", "사공", "서문", "동방", "강전"}

LONGEST_GIVEN = 3
"""Syllables that a given name has at the most."""

Syllable = frozenset[str]
"""The hangul syllables that one written syllable can stand for."""


class Reading(NamedTuple):
    """One way to read a spelling as a name: the surname's candidates, and those of each given syllable."""

    surname: frozenset[str]
    given: tuple[Syllable, ...]
    written: tuple[str, ...]
    """The pieces as written: surname first."""


class Shared(NamedTuple):
    """A pair of written syllables and the hangul that both can stand for."""

    one: str
    other: str
    readings: tuple[str, ...]


def syllable(onset: int, vowel: int, coda: int) -> str:
    """The hangul syllable of three jamo, by their numbers (Unicode, 3.12)."""
    return chr(FIRST + (onset * 21 + vowel) * 28 + coda)


def _initial_law() -> Iterator[tuple[str, str]]:
    for coda in range(28):
        for vowel in range(21):
            yield syllable(RIEUL, vowel, coda), syllable(IEUNG if vowel in SOFT else NIEUN, vowel, coda)
        for vowel in SOFT_AFTER_N:
            yield syllable(NIEUN, vowel, coda), syllable(IEUNG, vowel, coda)


NIEUN, RIEUL, IEUNG = 2, 5, 11
SOFT, SOFT_AFTER_N = frozenset({2, 3, 6, 7, 12, 17, 20}), frozenset({6, 12, 17, 20})
"""The vowels before which ㄹ, and those before which ㄴ, falls away: y and i."""

INITIAL_LAW = dict(_initial_law())
"""What the South writes at the start of a name for what the North does: 리 is 이 there, 락 is 낙.

Hangul orthography, 10 to 12.
"""


@lru_cache(maxsize=1)
def spellings() -> dict[str, frozenset[str]]:
    """Every Latin spelling of a syllable -> the hangul that it can stand for."""
    found: dict[str, set[str]] = {}
    for (o, onsets), (v, vowels), (c, codas) in product(enumerate(ONSETS), enumerate(VOWELS), enumerate(CODAS)):
        written = vowels + (" " + AFTER_H[v] if o == 18 and v in AFTER_H else "")
        for onset, vowel, coda in product(onsets.split() or [""], written.split(), codas.split() or [""]):
            if _natural(onset, vowel, coda, c):
                found.setdefault(onset + vowel + coda, set()).add(syllable(o, v, c))
    for pair in HABITS.split():
        text, _, hangul = pair.partition(":")
        found.setdefault(text, set()).update(hangul)
    return {text: frozenset(hangul) for text, hangul in found.items()}


def _natural(onset: str, vowel: str, coda: str, number: int) -> bool:
    """Whether anybody writes so: press spellings with h or r for a long vowel stand only where they do."""
    if vowel in {"uh", "yuh", "ur", "ie", "yoh"}:
        return not coda
    if vowel in {"ah", "oh"}:
        return coda in {"", "n"}
    if vowel == "ar":
        return onset in {"p", "b"} and coda == "k"
    return not (vowel == "eu" and number == 0 and onset == "")


HABITS = """
    lee:이리 rhee:이리 yi:이리 i:이리 li:이리 ri:이리 ree:이리 leigh:이리 park:박 bark:박 pak:박 bak:박
    choi:최 choe:최 chwe:최 chey:최 choy:최 roh:노로 noh:노로 no:노로 ro:노로 nho:노로 rho:노로
    yoo:유류 you:유류 yu:유류 ryu:유류 ryoo:유류 lim:임림 im:임림 rim:임림 yim:임림 leem:임림 rhim:임림
    woo:우 wu:우 u:우 oh:오 o:오 koo:구 goo:구 suh:서 seo:서 so:소서 shur:서 huh:허 hur:허 heo:허
    her:허 uhm:엄 um:엄음 eom:엄 yang:양량 ryang:양량 liang:량 na:나라 ra:나라 rah:나라 nah:나라 la:라
    cho:조초 jo:조 chough:조 joo:주 ju:주 choo:추 chu:추주 shin:신 sin:신 ahn:안 an:안 sohn:손
    son:손선 kwon:권 gwon:권 paik:백 baik:백 baek:백 paek:백 payk:백 chung:정충중 jung:정중
    jeong:정 chong:정종총 jong:정종 moon:문 mun:문 yoon:윤 yun:윤 kwak:곽 gwak:곽 ryom:염렴
    yeom:염렴 yom:염렴 jun:전준 chun:전천춘준 jeon:전 chon:전천 young:영 eun:은 won:원 weon:원 hee:희
    hi:희 hui:희 kim:김 gim:김 keum:금 kum:금 geum:금 byun:변 pyon:변편 byeon:변 thae:태 tae:태
    thay:태 whang:황 hwang:황 hoang:황 wang:왕 kyoung:경 gyoung:경 hyoung:형 pyoung:평
    byoung:병 myoung:명 soung:성 seung:승 sung:성승숭 syng:승 zi:지 gee:지기 sae:새세 se:세서
    jae:재제 je:제재 jay:재제 jai:재제 dae:대 dai:대 tai:태대 teak:택 taik:택 taek:택 thaek:택
    shik:식 shick:식 sik:식 hack:학 hak:학 kook:국 gook:국 kuk:국 guk:국 bok:복 pok:복 ock:옥
    ok:옥억 wook:욱 uk:욱 ook:욱 seok:석 suck:석 sock:석속 suk:석숙 sook:숙 sok:석속
"""
"""Spellings by habit, most of them of surnames: the spelling and the syllables that it stands for."""

JOINT = re.compile(r"[\s\-‐‑–—.·,_]+")
MARK = re.compile("['’‘ʼʻ`´ʹ]")


def cleaned(text: str) -> str:
    """Lower case, with the marks that romanisations give meaning to (ŏ, ŭ, and ' after k, t, p, ch) and no others."""
    text = MARK.sub("'", unicodedata.normalize("NFC", text)).casefold()
    kept = []
    for character in unicodedata.normalize("NFC", text):
        if character in "ŏŭ" or FIRST <= ord(character) <= LAST:
            kept.append(character)
        else:
            kept += [c for c in unicodedata.normalize("NFD", character) if not unicodedata.combining(c)]
    return re.sub(r"(?<!k)(?<!t)(?<!p)(?<!ch)'", "", "".join(kept)).strip()


def is_hangul(text: str) -> bool:
    """Whether a text is hangul and nothing else but joints."""
    bare = JOINT.sub("", text)
    return bool(bare) and all(FIRST <= ord(c) <= LAST for c in bare)


@lru_cache(maxsize=20_000)
def readings(text: str) -> tuple[Reading, ...]:
    """Every way to read a spelling as a Korean name; none where it is not one."""
    clean = cleaned(text)
    if is_hangul(clean):
        return tuple(_hangul_readings(JOINT.sub("", clean)))
    if not re.fullmatch(r"[a-zŏŭ'\s\-‐‑–—.·,_]+", clean):
        return ()
    return tuple(dict.fromkeys(_latin_readings(clean)))


def _hangul_readings(text: str) -> Iterator[Reading]:
    for width in (1, 2):
        family, given = text[:width], text[width:]
        if family in SURNAMES and 1 <= len(given) <= LONGEST_GIVEN:
            parts = tuple(frozenset({c}) for c in given)
            yield Reading(_surname_class(frozenset({family})), parts, (family, *given))


def _latin_readings(text: str) -> Iterator[Reading]:
    if "," in text:
        first, _, last = text.partition(",")
        yield from _read(_words(first), _words(last))
        yield from _read(_words(last), _words(first))
        return
    parts = _words(text)
    if len(parts) == 1:
        joined = parts[0].replace("-", "")
        for cut in range(1, min(len(joined), 9)):
            yield from _read([joined[:cut]], [joined[cut:]])
        return
    yield from _read(parts[:1], parts[1:])
    yield from _read(parts[-1:], parts[:-1])


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s.·_,]+", re.sub("[‐‑–—]", "-", text)) if word.strip("-")]


def _read(family: list[str], given: list[str]) -> Iterator[Reading]:
    if len(family) != 1 or "-" in family[0].strip("-"):
        return
    surname = _surname(family[0])
    if not surname or not given:
        return
    pieces = [piece for word in given for piece in word.split("-") if piece]
    for syllables in _segmented(pieces):
        if len(syllables) <= LONGEST_GIVEN:
            yield Reading(surname, tuple(_candidates(syllables)), (family[0], *syllables))


def _surname(text: str) -> frozenset[str]:
    known = spellings()
    found = {hangul for hangul in known.get(text, ()) if hangul in SURNAMES}
    for cut in range(1, len(text)):
        for one, two in product(known.get(text[:cut], ()), known.get(text[cut:], ())):
            if one + two in SURNAMES:
                found.add(one + two)
    return _surname_class(frozenset(found))


def _surname_class(surnames: frozenset[str]) -> frozenset[str]:
    return frozenset("".join(INITIAL_LAW.get(c, c) if i == 0 else c for i, c in enumerate(s)) for s in surnames)


def _segmented(pieces: list[str]) -> Iterator[tuple[str, ...]]:
    """Every way to cut the pieces of a given name into syllables; a piece that is one syllable may also be two.

    None where there are too many pieces: the ways double with each, and no name is as long.
    """
    if len(pieces) > LONGEST_GIVEN:
        return
    choices = [list(_cuts(piece)) for piece in pieces]
    for chosen in product(*choices):
        yield tuple(part for cut in chosen for part in cut)


def _cuts(piece: str) -> Iterator[tuple[str, ...]]:
    known = spellings()
    if piece in known or _loose(piece):
        yield (piece,)
    for cut in range(1, len(piece)):
        if (piece[:cut] in known or _loose(piece[:cut])) and piece[cut:] in known:
            yield (piece[:cut], piece[cut:])


def _loose(piece: str) -> bool:
    return _assimilated(piece, "n") != frozenset() or _assimilated(piece, "l") != frozenset()


def _candidates(syllables: tuple[str, ...]) -> Iterator[Syllable]:
    known = spellings()
    for position, text in enumerate(syllables):
        found = set(known.get(text, ()))
        following = syllables[position + 1][:1] if position + 1 < len(syllables) else ""
        found |= _assimilated(text, following)
        if position and syllables[position - 1][-1:] in {"g", "m", "k", "p"} and text.startswith("n"):
            found |= known.get("r" + text[1:], frozenset())
        if position and syllables[position - 1][-1:] == "l" and text.startswith(("l", "r")):
            found |= known.get("n" + text[1:], frozenset())
        if position == 0:
            found |= {INITIAL_LAW[c] for c in found if c in INITIAL_LAW}
        yield frozenset(found)


def _assimilated(text: str, following: str) -> frozenset[str]:
    """What a syllable can stand for whose last consonant took on the next one's sound: Kungnyŏl is 국렬."""
    known = spellings()
    found: set[str] = set()
    for ending, instead, before in (("ng", "k", "nmrl"), ("m", "p", "nmrl"), ("n", "t", "nm"), ("l", "n", "lr")):
        if following and following in before and text.endswith(ending):
            found |= known.get(text[: -len(ending)] + instead, frozenset())
    return frozenset(found)


def matched(one: str, other: str) -> tuple[Shared, ...] | None:
    """The shared readings, syllable by syllable, of two spellings that can be one name; None where they cannot.

    A syllable of hangul has one reading, so that hangul against hangul is exact but for the initial law: 최룡해 and
    최용해 are one name, 리용호 and 리영호 are two.
    """
    for mine, theirs in product(readings(one), readings(other)):
        if shared := _shared(mine, theirs):
            return shared
    return None


def _shared(mine: Reading, theirs: Reading) -> tuple[Shared, ...] | None:
    surname = mine.surname & theirs.surname
    if not surname or len(mine.given) != len(theirs.given):
        return None
    found = [Shared(mine.written[0], theirs.written[0], tuple(sorted(surname)))]
    for position, (one, other) in enumerate(zip(mine.given, theirs.given, strict=True)):
        law = {INITIAL_LAW.get(c, c) for c in one} & {INITIAL_LAW.get(c, c) for c in other} if position == 0 else set()
        common = (one & other) or law
        if not common:
            return None
        found.append(Shared(mine.written[position + 1], theirs.written[position + 1], tuple(sorted(common))))
    return tuple(found)


ONSET_CLASSES = "KKNTTNMPPSSN" + "CCCKTPH"
"""What is alike at the start of a syllable, by Unicode's order of the jamo: 리, 니 and 이 begin alike."""


def keys(text: str) -> frozenset[str]:
    """Coarse keys of a spelling, for an index: two spellings that can be one name have a key in common.

    They are those of its sounds and of its words.
    """
    return sound_keys(text) | word_keys(text)


def sound_keys(text: str) -> frozenset[str]:
    """The classes of the first consonants of a name's syllables, surname first; what `matched` accepts shares one."""
    return frozenset(
        "".join(classes)
        for reading in readings(text)
        for classes in product(*(_classes(part) for part in (reading.surname, *reading.given)))
    )


def word_keys(text: str) -> frozenset[str]:
    """The folded words of a spelling, each after a `=`."""
    return frozenset(f"={word}" for word in words(text))


def _classes(candidates: frozenset[str]) -> frozenset[str]:
    """The first consonants' classes; a surname of two syllables counts for its first."""
    return frozenset(ONSET_CLASSES[(ord(hangul[0]) - FIRST) // (21 * 28)] for hangul in candidates)
