"""What is asked of a service such as this one, and what shows it: requirements.tsv, as docs/security.md has it.

Two lists: the OWASP API Security Top 10 of 2023, and the OWASP Application Security Verification Standard 5.0.0 at its
levels 1 and 2. What each asks is in our own words; numbers and levels are those of the standard as its repository
(github.com/OWASP/ASVS, 5.0/docs_en/OWASP_Application_Security_Verification_Standard_5.0.0_en.csv) has them.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from api import bodies, bulk, names, parameters, strict_json, writing
from api.schemas.parameters import MOST
from models import search, snapshot_files, snapshots

FILE = Path(__file__).with_name("requirements.tsv")
VERSION = "v5.0.0-"

CHAPTERS = {
    1: ("Encoding and sanitization", "22 1111122223 112222222223 222 123"),
    2: ("Validation and business logic", "122 112 12223 23"),
    3: ("Web frontend security", "3 113 12223 11222233 11122333 3 22333"),
    4: ("API and web service", "12233 23333 22 1222"),
    5: ("File handling", "2 112333 113 222"),
    6: ("Authentication", "122 111111112222 11223333 112233 22222333 2223 33 2222"),
    7: ("Session management", "222 1111 22 11222 223 22"),
    8: ("Authorization", "1233 1123 133 23"),
    9: ("Self-contained tokens", "111 1222"),
    11: ("Cryptography", "2233 22233 11233 1222 23 23 33"),
    12: ("Secure communication", "12233 11 22223"),
    13: ("Configuration", "2333 222223 2233 1222233"),
    14: ("Data protection", "22 12223333 122"),
    15: ("Secure coding and architecture", "12233 12233 1222222 3333"),
    16: ("Security logging and error handling", "2 22222 2222 222 2223"),
}
"""Chapter -> its name, and the level of each requirement, section by section; without 10 (OAuth) and 17 (WebRTC)."""

LEVELS = ("1", "2")
TOP_TEN = tuple(f"API{number}:2023" for number in range(1, 11))

VERDICTS = {
    "holds": "what is named shows it",
    "absent": "there is nothing here that it could be asked of",
    "operator": "it is for whoever runs an instance",
    "open": "does not hold, or not all of it",
}


class Row(NamedTuple):
    """One requirement: what it asks, whether that holds, the tests that show it (path::name), and why."""

    id: str
    asks: str
    verdict: str
    shown_by: tuple[str, ...]
    reason: str


def rows() -> list[Row]:
    """All rows, in their order."""
    with FILE.open(encoding="utf-8", newline="") as file:
        read = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Row(**row | {"shown_by": tuple(row["shown_by"].split())}) for row in read]


def asked(levels: Sequence[str] = LEVELS) -> Iterator[tuple[int, str, str]]:
    """The requirements of the standard at some levels: chapter, id, level."""
    for chapter, (_, sections) in CHAPTERS.items():
        for section, each in enumerate(sections.split(), 1):
            for number, level in enumerate(each, 1):
                if level in levels:
                    yield chapter, f"{VERSION}{chapter}.{section}.{number}", level


LINE = "| {} | {} | {} | {} |"
RULE = LINE.format(*["---"] * 4)


def top_ten() -> str:
    """The table of the API Security Top 10."""
    found = {row.id: row for row in rows()}
    lines = (LINE.format(each, found[each].asks, found[each].verdict, _why(found[each])) for each in TOP_TEN)
    return "\n".join([LINE.format("risk", "what is to hold", "", "shown by, or why"), RULE, *lines]) + "\n"


def standard() -> str:
    """How many requirements hold, and a table of them for each chapter."""
    found = {row.id: row for row in rows()}
    every = list(asked())
    counted = Counter((level, found[each].verdict) for _, each, level in every)
    text = LINE.format("", *(f"level {level}" for level in LEVELS), "together") + f"\n{RULE}\n"
    for verdict, meaning in VERDICTS.items():
        counts = [counted[level, verdict] for level in LEVELS]
        text += LINE.format(f"{verdict}: {meaning}", *counts, sum(counts)) + "\n"
    for chapter, (name, _) in CHAPTERS.items():
        text += (
            f"\n### V{chapter} {name}\n\n" + LINE.format("id", "what is asked", "", "shown by, or why") + f"\n{RULE}\n"
        )
        for of, each, level in every:
            if of == chapter:
                row = found[each]
                text += LINE.format(f"{each} (L{level})", row.asks, row.verdict, _why(row)) + "\n"
    return text


def _why(row: Row) -> str:
    shown = [f"[{test.partition('::')[2]}](../{test.partition('::')[0]})" for test in row.shown_by]
    return " ".join(filter(None, [row.reason, ", ".join(shown)])).replace("|", "\\|")


def limits() -> str:
    """The bounds of what a request may ask, as the code has them."""
    bounds = (
        ("bytes of a body", bodies.LARGEST),
        ("bytes of a bundle", bulk.LARGEST),
        ("records of a body, with their claims", writing.MOST),
        ("lists and objects in each other", strict_json.DEEPEST),
        ("digits of a number", strict_json.LONGEST_NUMBER),
        ("characters of an address", parameters.LONGEST),
        ("parameters of an address", parameters.MOST_VALUES),
        ("records of a page (all of them as a stream)", MOST),
        ("words of a search", search.MOST_WORDS),
        ("names looked up at once", names.MOST_NAMES),
        ("records of a past state that a request has made", snapshots.MOST_IN_A_REQUEST),
        ("entries of the ledger for that", snapshots.MOST_ENTRIES),
        ("past states that are kept", snapshot_files.KEPT),
    )
    lines = (f"| {what} | {most:,} |" for what, most in bounds)
    return "\n".join(["| of | at most |", "| --- | --- |", *lines]) + "\n"
