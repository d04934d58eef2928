"""Uncertain dates: each accepted form, each refused one, and the `edtf` package as the measure."""

import subprocess
import sys
from datetime import date

import pytest
from edtf import parse_edtf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models import dates
from models.dates import OPEN_END, OPEN_START, DateFault, Interval, columns, is_day, parse

ACCEPTED = {
    "2015": ("2015-01-01", "2015-12-31"),
    "2015-06": ("2015-06-01", "2015-06-30"),
    "2015-06-21": ("2015-06-21", "2015-06-21"),
    "2015-02": ("2015-02-01", "2015-02-28"),
    "2016-02": ("2016-02-01", "2016-02-29"),
    "1900-02": ("1900-02-01", "1900-02-28"),
    "2000-02-29": ("2000-02-29", "2000-02-29"),
    "0001": ("0001-01-01", "0001-12-31"),
    "9999-12": ("9999-12-01", "9999-12-31"),
    "9999-12-31": ("9999-12-31", "9999-12-31"),
    "2015-06-21/2015-06-30": ("2015-06-21", "2015-06-30"),
    "2015-06-21/2015-06-21": ("2015-06-21", "2015-06-21"),
    "2013-12/2015": ("2013-12-01", "2015-12-31"),
    "2015-06-21/2015-06": ("2015-06-21", "2015-06-30"),
    "2015-06/2015-06-10": ("2015-06-01", "2015-06-10"),
    "2015/2015-03": ("2015-01-01", "2015-03-31"),
    "2015?": ("2015-01-01", "2015-12-31"),
    "2015~": ("2015-01-01", "2015-12-31"),
    "2015-06~": ("2015-06-01", "2015-06-30"),
    "2015-06-21%": ("2015-06-21", "2015-06-21"),
    "2015-07-XX": ("2015-07-01", "2015-07-31"),
    "2015-02-XX": ("2015-02-01", "2015-02-28"),
    "2016-02-XX": ("2016-02-01", "2016-02-29"),
    "2015-XX": ("2015-01-01", "2015-12-31"),
    "2015-XX-XX": ("2015-01-01", "2015-12-31"),
    "../2015": (None, "2015-12-31"),
    "../2015-06-21": (None, "2015-06-21"),
    "2015/..": ("2015-01-01", None),
    "2015-06/..": ("2015-06-01", None),
    "/2015": (None, "2015-12-31"),
    "2015/": ("2015-01-01", None),
    "2015-06-21/": ("2015-06-21", None),
    "0001/": ("0001-01-01", None),
    "/9999": (None, "9999-12-31"),
    "[2015-06-21,2015-06-23]": ("2015-06-21", "2015-06-23"),
    "[2015-06-23,2015-06-21,2015-07-01]": ("2015-06-21", "2015-07-01"),
}

REFUSED = {
    "": "is empty",
    "2015-21": "is a season",
    "2015-24": "is a season",
    "2015-41": "is a season",
    "2015-24/2016": "is a season",
    "2015-24~": "is a season",
    "2015-24/..": "is a season",
    "0000": "year 0000",
    "0000-06-21": "year 0000",
    "0000?": "year 0000",
    "../0000": "year 0000",
    "12015": "is no date",
    "Y12015": "long or rounded year",
    "Y-170000002": "long or rounded year",
    "Y2E3": "long or rounded year",
    "1950S2": "long or rounded year",
    "-2015": "negative year",
    "-2015/2015": "negative year",
    "2015/-2015": "negative year",
    "2015-06-21T10:00:00": "time of day",
    "2015-06-21T10:00:00Z": "time of day",
    "2015-02-30": "2015-02 has the days 01 to 28",
    "2015-02-29": "2015-02 has the days 01 to 28",
    "2015-02-29?": "2015-02 has the days 01 to 28",
    "2015-02-29/..": "2015-02 has the days 01 to 28",
    "/2015-02-29": "2015-02 has the days 01 to 28",
    "2015-06-00": "2015-06 has the days 01 to 30",
    "2015-06-31": "2015-06 has the days 01 to 30",
    "2015-00": "no month of the calendar",
    "2015-13": "no month of the calendar",
    "2015-13-XX": "no month of the calendar",
    "2015-24-01": "is a season",
    "2015-6-21": "is no date",
    "20150621": "is no date",
    "2015-W25-7": "is no date",
    "2015-172": "is no date",
    "June 2015": "white space",
    "2016/2015": "ends before it begins",
    "2015-06-22/2015-06-21": "ends before it begins",
    "?2015-06-21": "qualifier out of place",
    "2015?-06-21": "qualifier out of place",
    "2015-06?-21": "qualifier out of place",
    "2015-?06-21": "qualifier out of place",
    "2015-06-~21": "qualifier out of place",
    "2015?~": "qualifier out of place",
    "2015~/2016": "qualifier out of place",
    "2015~/..": "qualifier out of place",
    "201X": "digits of a year",
    "20XX": "digits of a year",
    "2XXX": "digits of a year",
    "XXXX": "digits of a year",
    "2010/201X": "digits of a year",
    "2015-07-1X": "leaves open what may not be",
    "2015-07-X1": "leaves open what may not be",
    "2015-0X": "leaves open what may not be",
    "2015-1X-21": "leaves open what may not be",
    "2015-XX-21": "leaves open what may not be",
    "2015-07-XX~": "leaves open what may not be",
    "2015-07-XX/2015-08": "leaves open what may not be",
    "2015-07-xx": "is no date",
    "2015-XX/..": "leaves open what may not be",
    "..": "no known end",
    "/": "no known end",
    "../..": "no known end",
    "../": "no known end",
    "/..": "no known end",
    "2015/2016/2017": "more than two ends",
    "2015//": "more than two ends",
    "[2015-06-21]": "no one-of set",
    "[]": "no one-of set",
    "[2015,2016]": "no one-of set",
    "[2015-06,2015-07]": "no one-of set",
    "[2015-06-21,2015]": "no one-of set",
    "[2015-06-21..2015-06-23]": "no one-of set",
    "[..2015-06-21,2015-06-23]": "no one-of set",
    "[2015-06-21,2015-06-23,..]": "no one-of set",
    "[2015-06-21,2015-06-23~]": "no one-of set",
    "[2015-06-21,2015-06-23": "no one-of set",
    "[2015-06-21,[2015-06-23,2015-06-25]]": "no one-of set",
    "[2015-06-21,{2015-06-23,2015-06-25}]": "all-of set",
    "[2015-02-28,2015-02-29,2015-03-01]": "2015-02 has the days 01 to 28",
    "[2015-02-29,2015-03-01]": "2015-02 has the days 01 to 28",
    "{2015-06-21,2015-06-23}": "all-of set",
    " 2015": "white space",
    "2015 ": "white space",
    "2015\n": "white space",
    "2015\u00a0": "white space",
    "2015 / 2016": "white space",
    "2015 ~": "white space",
    "[2015-06-21, 2015-06-23]": "white space",
    "\uff12\uff10\uff11\uff15": "outside ASCII",
    "\u0662\u0660\u0661\u0665": "outside ASCII",
    "2015\u201306": "outside ASCII",
    "2015\x00": "is no date",
    "\ud800": "outside ASCII",
    "unknown": "is no date",
    "2015" * 30: "has 120 characters",
    "[" + ",".join(["2015-06-21"] * 10) + "]": "has 111 characters",
}


@pytest.mark.parametrize(("text", "bounds"), ACCEPTED.items())
def test_an_accepted_form_has_its_strict_bounds(text: str, bounds: tuple[str | None, str | None]) -> None:
    assert parse(text) == bounds


@pytest.mark.parametrize(("text", "fault"), REFUSED.items(), ids=ascii)
def test_a_refused_form_is_named_and_put_right(text: str, fault: str) -> None:
    with pytest.raises(DateFault) as refused:
        parse(text)
    message = str(refused.value)
    assert fault in message
    assert ": " in message
    assert message.isascii()


def test_a_set_of_the_longest_length_is_read() -> None:
    days = [f"2015-06-{day:02}" for day in range(1, 10)]
    assert parse(f"[{','.join(days)}]") == ("2015-06-01", "2015-06-09")


def test_the_longest_message_stays_short() -> None:
    with pytest.raises(DateFault, match="has 1000000 characters") as refused:
        parse("\U0001f600" * 1_000_000)
    assert len(str(refused.value)) < 1_200


def test_common_dates_do_not_load_edtf() -> None:
    """Importing the package takes longer than a whole load of ordinary fixtures spends on dates."""
    script = (
        "import sys; from models.dates import parse; [parse(text) for text in sys.argv[1:]]; "
        "assert not {'edtf', 'pyparsing'} & set(sys.modules)"
    )
    texts = [
        "2015",
        "2015-06",
        "2015-06-21",
        "2013-12/2015",
        "2015~",
        "2015-06-21?",
        "../2015",
        "2015-06/",
        "[2015-06-21,2015-06-23]",
    ]
    subprocess.run([sys.executable, "-c", script, *texts], check=True)


def test_a_rare_form_is_read_by_edtf_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def count(text: str) -> object:
        asked.append(text)
        return parse_edtf(text)

    monkeypatch.setattr("edtf.parse_edtf", count)
    dates._by_edtf.cache_clear()
    assert parse("1987-06-XX") == parse("1987-06-XX") == ("1987-06-01", "1987-06-30")
    assert asked == ["1987-06-XX"]


@pytest.mark.parametrize("error", [RuntimeError("broken"), RecursionError(), KeyError("month")])
def test_whatever_edtf_raises_becomes_a_date_fault(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(text: str) -> object:
        raise error

    monkeypatch.setattr("edtf.parse_edtf", fail)
    dates._by_edtf.cache_clear()
    with pytest.raises(DateFault, match="cannot be read"):
        parse("2015-06-XX")


def test_a_bound_that_is_no_day_is_not_taken_from_edtf(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package reads the year 0000, which is none of the calendar's; this check holds if the one before fails."""
    monkeypatch.setattr(dates, "_bounds", lambda text: None)
    dates._by_edtf.cache_clear()
    with pytest.raises(DateFault, match="cannot be read"):
        parse("0000-XX")


DAYS = st.dates().map(date.isoformat)
UNTIMED = settings(deadline=None)
"""The package takes 5 to 130 ms for a text, and longer on a busy machine."""

PLAIN = st.builds(lambda day, length: day[:length], DAYS, st.sampled_from([4, 7, 10]))


def strict_bounds(text: str) -> Interval:
    """Return the strict bounds by the `edtf` package."""
    parsed = parse_edtf(text)
    first, last = (date(*bound[:3]).isoformat() for bound in (parsed.lower_strict(), parsed.upper_strict()))
    return Interval(first, last)


@UNTIMED
@given(PLAIN)
def test_plain_dates_equal_edtf(text: str) -> None:
    assert parse(text) == strict_bounds(text)


@UNTIMED
@given(PLAIN, PLAIN)
def test_closed_intervals_equal_edtf_or_are_backwards(first: str, last: str) -> None:
    text = f"{first}/{last}"
    bounds = strict_bounds(text)
    if str(bounds.earliest) <= str(bounds.latest):
        assert parse(text) == bounds
    else:
        with pytest.raises(DateFault, match="ends before it begins"):
            parse(text)


@UNTIMED
@given(PLAIN, st.sampled_from("?~%"))
def test_a_qualifier_widens_nothing(text: str, qualifier: str) -> None:
    assert parse(text + qualifier) == parse(text) == strict_bounds(text + qualifier)


@UNTIMED
@given(PLAIN, st.sampled_from(["", ".."]))
def test_a_missing_end_is_never_padded(text: str, end: str) -> None:
    earliest, latest = parse(text)
    assert parse(f"{end}/{text}") == (None, latest)
    assert parse(f"{text}/{end}") == (earliest, None)


@UNTIMED
@given(st.lists(DAYS, min_size=2, max_size=4))
def test_a_set_of_days_equals_edtf(days: list[str]) -> None:
    text = f"[{','.join(days)}]"
    assert parse(text) == strict_bounds(text)


@UNTIMED
@given(DAYS)
def test_unspecified_parts_cover_the_whole(day: str) -> None:
    assert parse(f"{day[:7]}-XX") == parse(day[:7])
    assert parse(f"{day[:4]}-XX") == parse(f"{day[:4]}-XX-XX") == parse(day[:4])


@UNTIMED
@given(st.lists(DAYS, min_size=2, max_size=4))
def test_a_set_reaches_from_its_first_day_to_its_last(days: list[str]) -> None:
    assert parse(f"[{','.join(days)}]") == (min(days), max(days))


LOOKALIKE = st.text("0123456789-/.,[]{}?~%XTYESWZ: \n", max_size=30)
MUTATED = st.builds(
    lambda text, place, inserted, removed: text[:place] + inserted + text[place + removed :],
    st.sampled_from(sorted(ACCEPTED)),
    st.integers(0, 25),
    st.text("0123456789-/.,[]?~%XTYE", max_size=3),
    st.integers(0, 3),
)


@UNTIMED
@given(st.text() | LOOKALIKE | MUTATED)
@example("2015-07-1X")
@example("\x00")
@example("\ud800")
def test_any_text_parses_or_is_a_date_fault(text: str) -> None:
    try:
        bounds = parse(text)
    except DateFault:
        return
    days = [day for day in bounds if day is not None]
    assert days
    assert all(is_day(day) for day in days)
    assert days == sorted(days)


@pytest.mark.parametrize("text", ["2015-06-21", "0001-01-01", "9999-12-31", "2016-02-29"])
def test_a_plain_day_is_a_day(text: str) -> None:
    assert is_day(text)


@pytest.mark.parametrize(
    "text",
    ["", "2015-06", "2015-02-29", "0000-01-01", "20150621", "2015-W25-7", "2015-06-21~", "2015-06-XX"],
)
def test_another_form_is_no_day(text: str) -> None:
    assert not is_day(text)


@pytest.mark.parametrize(
    "text",
    ["2015-06-21\n", " 2015-06-21", "2015-06-21T00:00", "\uff12015-06-21", OPEN_START, OPEN_END],
    ids=ascii,
)
def test_a_day_with_a_blemish_is_no_day(text: str) -> None:
    assert not is_day(text)


@pytest.mark.parametrize(
    ("interval", "stored"),
    [
        (Interval(None, None), (None, None)),
        (Interval(None, "2015-12-31"), (OPEN_START, "2015-12-31")),
        (Interval("2015-01-01", None), ("2015-01-01", OPEN_END)),
        (Interval("2015-01-01", "2015-12-31"), ("2015-01-01", "2015-12-31")),
    ],
)
def test_columns_fill_only_the_missing_end_of_a_known_date(
    interval: Interval, stored: tuple[str | None, str | None]
) -> None:
    assert columns(interval) == stored


@given(DAYS)
def test_the_sentinels_sort_outside_every_day(day: str) -> None:
    assert OPEN_START < day < OPEN_END
