"""Query parameters: how each is read, and what the documentation says of its form."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields

from api.schemas.fields import SLUG, clean_text, shortened
from models import dates
from models.dates import is_day
from models.moment import LAST_ASKED

MOST, DEFAULT = 500, 50


TEXT = {"pattern": r"^[^\x00-\x08\x0b-\x1f\x7f]*[^\s\x00-\x1f\x7f\x85][^\x00-\x08\x0b-\x1f\x7f]*$", "maxLength": 200}
"""What JSON Schema says of a text that `clean` takes: no control characters, and not blank."""

LINE = {
    "pattern": r"^[^\x00-\x1f\x7f\x85\u2028\u2029]*[^\s\x00-\x1f\x7f\x85][^\x00-\x1f\x7f\x85\u2028\u2029]*$",
    "maxLength": 200,
}
"""The same of a text on one line."""

COUNTRY_CODE = {"$ref": "#/components/schemas/CountryCode"}
"""What JSON Schema says of a country code: the list is long, and is written in the document once."""


def date_form(before: str = "") -> dict[str, Any]:
    """What JSON Schema says of a date; the calendar, which no pattern knows, is what `x-format` stands for.

    It is not called `format`: Swagger UI complains of one that it does not know.
    """
    forms = f"{dates.PLAIN.pattern}|{dates.ONE_OF.pattern}|{dates.RARE.pattern}"
    return {"x-format": "edtf", "pattern": f"^(?!.*(?:0000|-00)){before}(?:{forms})$", "maxLength": dates.LONGEST}


def reference_form(resources: Sequence[str]) -> dict[str, Any]:
    """What JSON Schema says of a bare id (one resource) or a path (several)."""
    path = "" if len(resources) == 1 else f"(?:{'|'.join(resources)})/"
    return {"pattern": f"^{path}{SLUG.pattern}$"}


class Parameter(fields.String):
    """One query parameter, given once."""

    repeated = False
    choices: Sequence[str] = ()

    def __init__(self, description: str, example: str | None = None, **options: Any) -> None:
        metadata = {"description": description, **({"example": example} if example is not None else {})}
        super().__init__(metadata=metadata | options.pop("metadata", {}), **options)

    @property
    def example(self) -> Any:
        """A value that it may have, as the documentation shows it; None where there is none that is always right."""
        known = {**self.metadata, **self.metadata.get("schema", {})}
        first = next(iter(self.choices), known.get("minimum"))
        return known.get("example", known.get("default", first))


class Choice(Parameter):
    """One of a closed list."""

    def __init__(self, choices: Sequence[str], description: str, default: str | None = None, **options: Any) -> None:
        self.choices = tuple(choices)
        metadata = {"enum": list(choices), **({"default": default} if default else {})}
        super().__init__(description, metadata=metadata, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        return among(value, self.choices)


def among(value: str, choices: Sequence[str]) -> str:
    """The value, if it is one of the choices. Raises ValidationError."""
    if value not in choices:
        raise ValidationError(f"{shortened(value)} is not one of {', '.join(choices)}")
    return value


def clean(value: str) -> str:
    """A text that a database can hold. Raises ValidationError."""
    clean_text(value)
    if len(value) > 200:
        raise ValidationError(f"{shortened(value)} is longer than 200 characters")
    return value


class WholeNumber(Parameter):
    """A whole number in decimal digits, within bounds."""

    def __init__(self, least: int, most: int, description: str, default: int | None = None) -> None:
        self.least, self.most = least, most
        metadata: dict[str, Any] = {"type": "integer", "minimum": least, "maximum": most}
        super().__init__(description, metadata=metadata | ({"default": default} if default is not None else {}))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        if not re.fullmatch("[0-9]{1,9}", value) or not self.least <= int(value) <= self.most:
            raise ValidationError(f"{shortened(value)} is not a whole number from {self.least} to {self.most}")
        return int(value)


class Flag(Parameter):
    """true or false."""

    choices = ("true", "false")

    def __init__(self, description: str, default: bool | None = None) -> None:
        super().__init__(
            description, metadata={"type": "boolean"} | ({"default": default} if default is not None else {})
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        return among(value, self.choices) == "true"


class Several(Choice):
    """Any number of a closed list."""

    repeated = True

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if "," in value:
            raise ValidationError(f"{shortened(value)} has a comma; repeat the parameter: {attr}=A&{attr}=B")
        return among(value, self.choices)


class Cursor(Parameter):
    """Where a page starts; what it holds is nobody's business but ours."""

    def __init__(self) -> None:
        super().__init__(
            "Where the page starts: from `links.next` of the page before, with the same parameters.",
            metadata={"pattern": "^[A-Za-z0-9_-]+$"},
        )


class Format(Choice):
    """The format of a list."""

    def __init__(self, names: Sequence[str] = ("json", "ndjson", "csv")) -> None:
        super().__init__(names, "The format of the answer; it comes before the Accept header.")


class Day(Parameter):
    """One day of the calendar."""

    def __init__(self, description: str, example: str) -> None:
        super().__init__(description, example, metadata={"format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not is_day(value):
            raise ValidationError(f"{shortened(value)} is no day; write one, such as 2015-07-10")
        return min(str(value), LAST_ASKED)


INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")
"""ISO 8601 with a time and an offset from UTC."""


class Instant(Parameter):
    """One moment of time; it is read as the ledger has it: in UTC, to the microsecond."""

    def __init__(self, description: str) -> None:
        super().__init__(description, metadata={"format": "date-time", "pattern": f"^{INSTANT.pattern}$"})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not INSTANT.fullmatch(value):
            raise ValidationError(f"{shortened(value)} {_no_instant(value)}; write one, such as 2026-11-22T13:00:00Z")
        try:
            moment = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError(f"{shortened(value)} is not in the calendar, or on no clock") from None
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _no_instant(value: str) -> str:
    """What is wrong with a text that is no moment."""
    if is_day(value):
        return "is a day, and it may be another at each hour of it"
    if INSTANT.fullmatch(value.replace(" ", "+")):
        return "has a space where its offset should begin (write + as %2B)"
    if INSTANT.fullmatch(f"{value}Z"):
        return "is a local time, without its offset from UTC"
    return "is no moment"


class Limit(WholeNumber):
    """How many records a page has at most; all of them where they are streamed."""

    def __init__(self) -> None:
        super().__init__(1, MOST, "How many records at most; `all` with `format=ndjson` or `csv`.", default=DEFAULT)
        number = {"type": "integer", "minimum": 1, "maximum": MOST}
        schema = {"anyOf": [number, {"type": "string", "const": EVERY}], "default": DEFAULT}
        self.metadata = {"description": self.metadata["description"], "schema": schema}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        return EVERY if value == EVERY else super()._deserialize(value, attr, data)


EVERY = "all"
