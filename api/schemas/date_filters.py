"""Filters by uncertain dates, and by when a record was changed."""

import re
from typing import Any

from marshmallow import ValidationError

from api.schemas.fields import shortened
from api.schemas.filters import Asked, Filter, Grouping
from api.schemas.parameters import Parameter, date_form
from models.dates import OPEN_END, OPEN_START, DateFault, columns, parse
from models.moment import Condition


class DateFilter(Filter):
    """Finds by an uncertain date: any day in common with the one given, or with `certainty=surely` wholly in it."""

    is_facet = True

    def __init__(self, stem: str, description: str, example: str) -> None:
        self.stem = stem
        super().__init__(description, example, metadata=date_form())

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        return interval_of(value)

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The record's interval overlaps one of those given; surely: lies within it."""
        first, last = f"t.{self.stem}_earliest", f"t.{self.stem}_latest"
        one = f"({first} >= ? AND {last} <= ?)" if asked.certainty == "surely" else f"({last} >= ? AND {first} <= ?)"
        given = [day for bounds in values for day in bounds]
        return asked.shown(Condition("(" + " OR ".join([one] * len(values)) + ")", tuple(given)), self.stem)

    def grouping(self, asked: Asked) -> Grouping:
        """By year: the first and the last that it may be in, as far as it is shown."""
        years = f"substr(t.{self.stem}_earliest, 1, 4) || ' ' || substr(t.{self.stem}_latest, 1, 4)"
        return Grouping(asked.shown_value(years, self.stem), kind="dated")


def interval_of(value: str) -> tuple[str, str]:
    """First and last day of a date in EDTF. Raises ValidationError."""
    try:
        first, last = columns(parse(value))
    except DateFault as fault:
        raise ValidationError(str(fault)) from None
    return first or OPEN_START, last or OPEN_END


class After(Parameter):
    """Finds what is after the last day of a date: possibly (its latest is), or surely (its earliest is)."""

    repeated = False
    end = 1
    """Which end of the date given must be a day: the last."""
    unless_open = r"(?!.*/(?:\.\.)?$)"
    """The part of the pattern that keeps out a date that is open at that end."""

    def __init__(self, stem: str, description: str, example: str) -> None:
        self.stem = stem
        super().__init__(description, example, metadata=date_form(self.unless_open))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        bounds = interval_of(value)
        if bounds[self.end] in {OPEN_START, OPEN_END}:
            raise ValidationError(f"{shortened(value)} is open at that end: nothing comes before or after it")
        return bounds

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """Some day of the record's interval, or surely all of them, is after the last day given."""
        end = "earliest" if asked.certainty == "surely" else "latest"
        return asked.shown(Condition(f"t.{self.stem}_{end} > ?", (values[0][1],)), self.stem)


class Before(After):
    """Finds what is before the first day of a date."""

    end = 0
    unless_open = r"(?!(?:\.\.)?/)"

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """Some day of the record's interval, or surely all of them, is before the first day given."""
        end = "latest" if asked.certainty == "surely" else "earliest"
        return asked.shown(Condition(f"t.{self.stem}_{end} < ?", (values[0][0],)), self.stem)


def date_filters(stem: str, what: str, example: str = "2015") -> tuple[DateFilter, After, Before]:
    """The three parameters of a date: NAME, NAME_after, NAME_before."""
    return (
        DateFilter(stem, f"{what}: in this year, month, day or interval (EDTF); see `certainty`.", example),
        After(stem, f"{what}: after the last day of this date (EDTF).", example),
        Before(stem, f"{what}: before the first day of this date (EDTF).", example),
    )


TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z)?")


class UpdatedAfter(Parameter):
    """Finds what has changed since."""

    def __init__(self) -> None:
        form = {"x-format": "utc-moment", "pattern": f"^{TIMESTAMP.pattern}$"}
        super().__init__("Changed after this moment (UTC), or after this day.", "2026-01-01T00:00:00Z", metadata=form)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not TIMESTAMP.fullmatch(value) or not _is_moment(value):
            raise ValidationError(f"{shortened(value)} is no moment; write 2026-01-31T12:00:00Z, or a day: 2026-01-31")
        moment = value if "T" in value else f"{value}T23:59:59.999999Z"
        seconds, _point, fraction = moment.removesuffix("Z").partition(".")
        return f"{seconds}.{fraction:0<6}Z"

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The record was updated later."""
        return Condition("t.path IN (SELECT path FROM record WHERE updated > ?)", (values[0],))


def _is_moment(value: str) -> bool:
    from datetime import datetime

    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
