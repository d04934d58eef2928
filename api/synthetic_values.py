"""Invented values of the kinds that records hold: Korean names, bodies, uncertain dates, counts, places.

Nobody and nothing here is real. Each function draws from the generator that it is given and from nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple, TypeVar

Given = dict[str, Any]
T = TypeVar("T")

SYSTEMS = ("revised", "mccune-reischauer", "north-korean", "press")


class Syllable(NamedTuple):
    """One syllable of a Korean name: in hangul, and romanised by each of SYSTEMS."""

    hangul: str
    romanised: tuple[str, str, str, str]


def _syllables(table: str) -> tuple[Syllable, ...]:
    rows = [row.split() for row in table.strip().splitlines()]
    return tuple(Syllable(row[0], (row[1], row[2], row[3], row[4])) for row in rows)


SURNAMES = _syllables("""
    김 Gim Kim Kim Kim
    리 Ri Ri Ri Lee
    박 Bak Pak Pak Park
    최 Choe Ch'oe Choe Choi
    정 Jeong Chŏng Jong Jung
    강 Gang Kang Kang Kang
    조 Jo Cho Jo Cho
    윤 Yun Yun Yun Yoon
    장 Jang Chang Jang Chang
    한 Han Han Han Han
    오 O O O Oh
    서 Seo Sŏ So Suh
    권 Gwon Kwŏn Kwon Kwon
    황 Hwang Hwang Hwang Hwang
    림 Rim Rim Rim Lim
    전 Jeon Chŏn Jon Chun
""")

GIVEN = _syllables("""
    철 cheol ch'ŏl chol chul
    수 su su su soo
    영 yeong yŏng yong young
    호 ho ho ho ho
    명 myeong myŏng myong myung
    옥 ok ok ok ok
    성 seong sŏng song sung
    남 nam nam nam nam
    혜 hye hye hye hae
    미 mi mi mi mi
    광 gwang kwang kwang kwang
    일 il il il il
    순 sun sun sun soon
    희 hui hŭi hui hee
    경 gyeong kyŏng kyong kyung
    진 jin chin jin jin
    봉 bong pong bong bong
    룡 ryong ryong ryong ryong
    금 geum kŭm kum keum
    준 jun chun jun joon
""")

FIELDS = {
    "Fisheries": "수산", "Coal": "석탄", "Timber": "림업", "Textile": "방직", "Machinery": "기계", "Foodstuff": "식료",
    "Harbour": "항만", "Railway": "철도", "Foreign Trade": "무역", "Geology": "지질", "Salt": "소금", "Silk": "비단",
}  # fmt: skip
BODIES = {"Bureau": "국", "Office": "실", "Department": "부", "Institute": "연구소", "Company": "회사", "Bank": "은행"}
BODY_KINDS = {
    "Bureau": "government-body", "Office": "party-body", "Department": "military-body",
    "Institute": "research-institute", "Company": "company", "Bank": "bank",
}  # fmt: skip
PAPERS = ("Courier", "Tribune", "Dispatch", "Observer", "Evening Post", "Wire", "Gazette", "Broadcasting")
CITIES = ("Harbour City", "Rivertown", "Northport", "Millbridge", "Old Ferry", "Stonegate", "Pinehill", "Lakeside")

PLACES = ("CN", "RU", "VN", "LA", "TH", "MN", "MY", "KW", "GB", "PL", "DE", "CU")
TITLES = ("deputy director", "section chief", "attaché", "accountant", "captain", "lecturer", "manager", "interpreter")
GROUPS = ("waitresses", "loggers", "trade officials", "border guards", "students", "fishermen", "clerks", "engineers")
GOODS = ("a ledger of accounts", "cash in a suitcase", "a list of names", "family photographs", "a set of seals")
MEANS = ("by decree", "at a closed meeting", "before colleagues", "in a late-night arrest", "through a written order")
GROUNDS = ("contacts abroad", "missing funds", "careless remarks", "a failed project", "ties to a fallen superior")
AFTERMATHS = (
    "colleagues were called home",
    "the office was searched",
    "relatives moved to another province",
    "trade stopped for a month",
    "a successor took over within days",
)
RESPONSES = ("the embassy lodged a complaint", "staff sent their children away", "neighbours kept silent")


def korean_names(rng: Random) -> list[dict[str, str]]:
    """One invented person's name: romanised by two or three systems, and in hangul."""
    surname, first, second = rng.choice(SURNAMES), rng.choice(GIVEN), rng.choice(GIVEN)
    names = []
    for system in sorted(rng.sample(SYSTEMS, rng.choice((2, 2, 3))), key=SYSTEMS.index):
        which = SYSTEMS.index(system)
        parts = first.romanised[which].capitalize(), second.romanised[which]
        given = " ".join((parts[0], parts[1].capitalize())) if system == "north-korean" else "-".join(parts)
        names.append({"text": f"{surname.romanised[which]} {given}", "system": system})
    hangul = surname.hangul + first.hangul + second.hangul
    return [*names, {"text": hangul, "script": "hangul", "basis": "editorial"}]


def body_names(rng: Random) -> tuple[str, list[dict[str, str]]]:
    """One invented body: its kind, and its names in English and hangul."""
    field, body, number = rng.choice(list(FIELDS)), rng.choice(list(BODIES)), rng.randrange(2, 60)
    hangul = {"text": f"제{number}{FIELDS[field]}{BODIES[body]}", "script": "hangul", "basis": "editorial"}
    return BODY_KINDS[body], [{"text": f"{field} {body} No. {number}"}, hangul]


def paper_name(rng: Random) -> str:
    """One invented news medium."""
    return f"{rng.choice(CITIES)} {rng.choice(PAPERS)}"


def place(rng: Random, *codes: str) -> dict[str, str]:
    """A place in one of some countries, its town known or not."""
    found = {"country": rng.choice(codes or PLACES)}
    return found | ({"place": rng.choice(CITIES)} if rng.random() < 0.5 else {})


DATE_FORMS: Mapping[str, tuple[int, Callable[[date], str]]] = {
    "day": (40, lambda d: f"{d}"),
    "month": (14, lambda d: f"{d:%Y-%m}"),
    "year": (10, lambda d: f"{d:%Y}"),
    "days": (6, lambda d: f"{d}/{d + timedelta(9)}"),
    "months": (5, lambda d: f"{d:%Y-%m}/{d + timedelta(70):%Y-%m}"),
    "years": (3, lambda d: f"{d:%Y}/{d.year + 2}"),
    "unspecified day": (3, lambda d: f"{d:%Y-%m}-XX"),
    "unspecified month": (2, lambda d: f"{d:%Y}-XX"),
    "unspecified month and day": (1, lambda d: f"{d:%Y}-XX-XX"),
    "uncertain year": (2, lambda d: f"{d:%Y}?"),
    "approximate month": (3, lambda d: f"{d:%Y-%m}~"),
    "uncertain and approximate day": (1, lambda d: f"{d:%Y-%m}-15%"),
    "open start": (2, lambda d: f"../{d:%Y-%m}"),
    "open end": (2, lambda d: f"{d:%Y-%m}/.."),
    "unknown start": (1, lambda d: f"/{d:%Y}"),
    "unknown end": (1, lambda d: f"{d:%Y}/"),
    "one of several days": (2, lambda d: f"[{d:%Y-%m}-03,{d:%Y-%m}-11]"),
}
"""Every kind of date that the codebook accepts: how often it comes, and how a day is written in it.

The rare forms are written to the month, so that there are few different ones: each is slow to parse once.
"""
_BY_WEIGHT = [(weight, form) for form, (weight, _) in DATE_FORMS.items()]


def draw(rng: Random, weighted: Sequence[tuple[int, T]]) -> T:
    """One of some things, each as often as its weight says."""
    return rng.choices([thing for _, thing in weighted], [weight for weight, _ in weighted])[0]


def uncertain(rng: Random, day: date) -> dict[str, str]:
    """A date around a day, in any of the accepted forms."""
    form = draw(rng, _BY_WEIGHT)
    shape = rng.choice(("within", "throughout")) if form in {"days", "months", "years", "open end"} else "day"
    basis = "stated" if form == "day" else rng.choice(("stated", "relative", "bounded", "inferred"))
    return {"edtf": DATE_FORMS[form][1](day), "shape": shape, "basis": basis}


def count(rng: Random, most: int = 120) -> dict[str, Any]:
    """A number of people as texts give it."""
    value, qualifier = rng.randrange(2, most), rng.choice(("exact", "exact", "about", "at-least", "at-most", "over"))
    if rng.random() < 0.1:
        return {"printed": "several", "qualifier": "several", "least": 3}
    bound = {"at-least": "least", "at-most": "most"}.get(qualifier)
    printed = f"{qualifier.replace('-', ' ')} {value}"
    return {"printed": printed, "qualifier": qualifier, "value": value, **({bound: value} if bound else {})}


def some(rng: Random, values: tuple[str, ...], most: int = 2) -> list[str]:
    """A few different values."""
    return rng.sample(values, rng.randrange(1, most + 1))
