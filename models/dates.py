"""Tells which days an uncertain date covers.

Dates are written in a closed part of EDTF, the Extended Date/Time Format (Library of Congress, 2019; part
of ISO 8601-2), and read as their strict bounds: `?`, `~` and `%` say how sure a date is, and widen
nothing.

Years, months and days, qualified or not, their intervals and sets are read here. What leaves a part unspecified
goes to the `edtf` package, which is slow to import and takes milliseconds for a text: it is loaded when the first of
them comes, and its answers are kept. It is given only text whose form was checked here.
"""

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache
from time import struct_time
from typing import NamedTuple

OPEN_START = "0000-00-00"
"""Stands in a column for the missing first day of a value whose last day is known; sorts before every day."""

OPEN_END = "9999-99-99"
"""Stands in a column for the missing last day of a value whose first day is known; sorts after every day."""

LONGEST = 100
"""The most characters that a date may have."""

_DATE_FORM = r"[0-9]{4}(?:-[0-9]{2}){0,2}"
_DAY_FORM = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATE = re.compile(_DATE_FORM)
_DAY = re.compile(_DAY_FORM)
PLAIN = re.compile(
    rf"({_DATE_FORM})(?:[?~%]|/({_DATE_FORM}))?"
    rf"|({_DATE_FORM})/(?:\.\.)?"
    rf"|(?:\.\.)?/({_DATE_FORM})"
)
ONE_OF = re.compile(rf"\[{_DAY_FORM}(?:,{_DAY_FORM})+\]")
RARE = re.compile(r"[0-9]{4}-[0-9]{2}-XX|[0-9]{4}-XX(?:-XX)?")

_ACCEPTED = (
    "write a year (2015), a month (2015-06), a day (2015-06-21) or a closed interval of these "
    "(2015-06/2015-07); or 2015-06~, 2015-07-XX, 2015-XX, ../2015, 2015/.. or [2015-06-21,2015-06-23]"
)

_REFUSED = (
    (r"\s", "has white space: write it without"),
    (r"[^\x00-\x7f]", "has characters outside ASCII: write the digits 0 to 9"),
    (r"[0-9]T|:", "has a time of day: write the day alone, as in 2015-06-21"),
    (r"[{}]", "is an all-of set: write one date, or [2015-06-21,2015-06-23] if one of several is meant"),
    (r"[\[\]]", "is no one-of set: write two or more days and nothing else, as in [2015-06-21,2015-06-23]"),
    (r"^Y-?[0-9]|[0-9][ES][0-9]", "is a long or rounded year: write a year from 0001 to 9999 in four digits"),
    (r"(?:^|/)-", "has a negative year: write a year from 0001 to 9999 in four digits"),
    (r"(?:^|/)[0-9]{0,3}X", "leaves digits of a year open: write the interval meant, as in 2010/2019"),
    (r"X", "leaves open what may not be: write 2015-07-XX, 2015-XX or 2015-XX-XX, and nothing beside it"),
    (r"[?~%]", "has a qualifier out of place: write one, after a whole date and alone, as in 2015-06~"),
    (r"^(?:\.\.)?/?(?:\.\.)?$", "has no known end: leave an undated value out"),
    (r"/.*/", "has more than two ends: write one interval, as in 2015-06/2015-07"),
)
"""Known forms that are refused, each a pattern and what to say of it; the first that is found speaks."""


class DateFault(ValueError):
    """A text is not a date that is accepted; the message names the fault and what would be right."""


class Interval(NamedTuple):
    """The days that a date covers: two ISO 8601 days, both inclusive; None is an unknown or open end."""

    earliest: str | None
    latest: str | None


def parse(text: str) -> Interval:
    """Return the strict bounds of a date.

    Accepted are a year (0001 to 9999), month or day; a closed interval of two of these, in which the
    first day of the one is not after the last day of the other; one of these dates with `?`, `~` or `%`
    after it; an unspecified day, month or both (2015-07-XX, 2015-XX, 2015-XX-XX); an interval of which
    one end is open (`..`) or unknown (left empty); a one-of set of two or more days. Every other text
    raises DateFault.
    """
    if len(text) > LONGEST:
        raise _fault(text, f"has {len(text)} characters: a date has at most {LONGEST}")
    if plain := PLAIN.fullmatch(text):
        return _plain(text, *plain.groups())
    if ONE_OF.fullmatch(text):
        days = [day for part in _DAY.findall(text) for day in _bounds(part)]
        return Interval(min(days).isoformat(), max(days).isoformat())
    if RARE.fullmatch(text):
        for part in _DATE.findall(text):
            _bounds(part)
        return _by_edtf(text)
    raise _fault(text, _what_is_wrong(text))


def is_day(text: str) -> bool:
    """Tell whether a text is one plain day of the calendar, as in 2015-06-21."""
    try:
        return bool(_DAY.fullmatch(text)) and bool(_bounds(text))
    except DateFault:
        return False


def columns(interval: Interval) -> tuple[str | None, str | None]:
    """Return what to store: (None, None) if no end is known, else two days or sentinels."""
    if interval == (None, None):
        return None, None
    return interval.earliest or OPEN_START, interval.latest or OPEN_END


def _plain(text: str, first: str | None, last: str | None, since: str | None, until: str | None) -> Interval:
    """Return the bounds of a plain date, of two with a stroke between them, or of one that is the only known end."""
    if since:
        return Interval(_bounds(since)[0].isoformat(), None)
    if until:
        return Interval(None, _bounds(until)[1].isoformat())
    assert first
    earliest, latest = _bounds(first)[0], _bounds(last or first)[1]
    if earliest > latest:
        raise _fault(text, f"ends before it begins: write the earlier date first, as in {last}/{first}")
    return Interval(earliest.isoformat(), latest.isoformat())


def _bounds(text: str) -> tuple[date, date]:
    """Return the first and the last day of a plain year, month or day."""
    year, *rest = map(int, text.split("-"))
    if year == 0:
        raise _fault(text, "has the year 0000: write a year from 0001 to 9999")
    if not rest:
        return date(year, 1, 1), date(year, 12, 31)
    month, *days = rest
    _check_month(text, month)
    length = monthrange(year, month)[1]
    if days and not 1 <= days[0] <= length:
        raise _fault(text, f"is no day of the calendar: {text[:7]} has the days 01 to {length}")
    first, last = days * 2 or (1, length)
    return date(year, month, first), date(year, month, last)


def _check_month(text: str, month: int) -> None:
    """Raise DateFault for a season (in EDTF a month from 21 to 41) and for any other false month."""
    if 21 <= month <= 41:
        raise _fault(text, "is a season: write the months meant as an interval, as in 2015-06/2015-08")
    if not 1 <= month <= 12:
        raise _fault(text, "has no month of the calendar: write a month from 01 to 12")


@lru_cache(maxsize=4096)
def _by_edtf(text: str) -> Interval:
    """Return the bounds of a rare form, as the `edtf` package tells them."""
    from edtf import parse_edtf

    try:
        parsed = parse_edtf(text)
        return Interval(_iso(parsed.lower_strict()), _iso(parsed.upper_strict()))
    except Exception as error:
        raise _fault(text, f"cannot be read as a date: {_ACCEPTED}") from error


def _iso(moment: struct_time) -> str:
    """Return the ISO 8601 day of a time structure; ValueError if the calendar has no such day."""
    return date(moment.tm_year, moment.tm_mon, moment.tm_mday).isoformat()


def _what_is_wrong(text: str) -> str:
    """Say what is wrong with a text that has none of the accepted forms."""
    if not text:
        return f"is empty: {_ACCEPTED}"
    return next((fault for form, fault in _REFUSED if re.search(form, text)), f"is no date: {_ACCEPTED}")


def _fault(text: str, what: str) -> DateFault:
    """Return the fault of a text, quoted in ASCII and cut so that the message can be shown anywhere."""
    return DateFault(f"{text[:LONGEST]!a} {what}")
