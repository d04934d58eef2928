"""The kinds of field that records have: each validates what is given, renders what is served, and documents both."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema
from peewee import TextField

from models.account import key_of
from models.countries import COUNTRIES
from models.dates import DateFault, parse
from models.registry import RESOURCE
from models.tables import VocabularyField
from models.vocabulary import (
    DATE_BASIS,
    DATE_SHAPE,
    NAME_BASIS,
    QUALIFIER,
    SCRIPT,
    SYSTEM,
    Vocabulary,
    nearest,
)

SLUG = re.compile(r"[a-z0-9-]{1,80}")
LONGEST_TEXT = 2_000
LARGEST_NUMBER = 10**15
PLAIN_NUMBER = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,6})?")


UNCLEAN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""Control characters but tab and line feed, and lone surrogates."""


def clean_text(value: str) -> None:
    """Refuse what no database and no reader can hold: NUL and other control characters, lone surrogates, blanks."""
    if not value.strip():
        raise ValidationError("is empty; leave the field out where nothing is said")
    if UNCLEAN.search(value):
        raise ValidationError("has a control character or a lone surrogate; take it out")


class OneOf(validate.Validator):
    """One term of a closed vocabulary; the message names the nearest and all that are allowed."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.choices = vocabulary.values

    def __call__(self, value: str) -> str:
        """Return the value if it is a term. Raises ValidationError."""
        if value not in self.choices:
            raise ValidationError(not_among(value, self.choices))
        return value


def not_among(value: object, choices: tuple[str, ...] | list[str]) -> str:
    """Say that a value is not allowed, which is nearest, and which are."""
    close = nearest(str(value), choices)
    meant = f"; did you mean {close}?" if close else ""
    return f"{shortened(value)} is not one of {', '.join(choices)}{meant}"


def shortened(value: object) -> str:
    """A value as an error message may quote it: at most 80 characters, in quotes."""
    text = str(value)
    return f'"{text[:80]}…"' if len(text) > 80 else f'"{text}"'


def text(description: str, **options: Any) -> fields.String:
    """A text of up to 2,000 characters."""
    options.setdefault("dump_default", None)
    return fields.String(
        validate=[clean_text, validate.Length(max=LONGEST_TEXT)], metadata={"description": description}, **options
    )


def texts(description: str) -> fields.List[Any]:
    """A list of texts."""
    return listed(text(description), description)


def listed(inner: fields.Field[Any], description: str) -> fields.List[Any]:
    """A list without repetitions; empty where nothing is said."""
    return fields.List(
        inner, dump_default=list, validate=[not_empty, no_repetition], metadata={"description": description}
    )


def not_empty(values: list[Any]) -> None:
    """Refuse an empty list: what the texts do not say is left out."""
    if not values:
        raise ValidationError("is an empty list; leave the field out where nothing is said")


def no_repetition(values: list[Any]) -> None:
    """Refuse a list that says a thing twice."""
    keys = [key_of(value) for value in values]
    if len(set(keys)) < len(keys):
        raise ValidationError("holds the same value twice, however it is printed")


def vocabulary(terms: Vocabulary, description: str | None = None, **options: Any) -> fields.String:
    """One term of a closed vocabulary."""
    options.setdefault("dump_default", options.get("load_default"))
    return fields.String(
        validate=OneOf(terms),
        metadata={"description": explained(terms, description)},
        **options,
    )


def vocabulary_of(field: fields.Field[Any]) -> Vocabulary | None:
    """The vocabulary that a field's values, or the elements of a list, are terms of; None where they are of none."""
    if isinstance(field, fields.List):
        return vocabulary_of(field.inner)
    return next((rule.vocabulary for rule in field.validators if isinstance(rule, OneOf)), None)


def explained(terms: Vocabulary, description: str | None = None) -> str:
    """A description with what each of a vocabulary's values means, as Markdown."""
    return f"{description} {terms.explained}" if description else terms.explained


def field_for(column: Any, **options: Any) -> fields.String:
    """The field of a column: its terms, its meaning, and whether it may be missing."""
    if not column.null:
        options.setdefault("required", "load_default" not in options)
    if isinstance(column, VocabularyField):
        return vocabulary(column.vocabulary, column.help_text, **options)
    assert isinstance(column, TextField)
    return text(column.help_text, **options)


class Reference(fields.String):
    """A reference to a record: a bare id where only one resource is meant, else a path such as `people/x`."""

    def __init__(self, *resources: str, description: str, **options: Any) -> None:
        self.resources = resources
        one = RESOURCE[resources[0]].singular if len(resources) == 1 else None
        self.bare = one is not None
        kind = (
            f"The id of {'an' if one[0] in 'aeiou' else 'a'} {one}."
            if one
            else f"The path of a record of {', '.join(resources)}."
        )
        options.setdefault("dump_default", None)
        super().__init__(metadata={"description": f"{description} {kind}"}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        found = str(super()._deserialize(value, attr, data, **options))
        resource, _, slug = (self.resources[0], "", found) if self.bare else found.partition("/")
        if resource not in self.resources:
            raise ValidationError(f"{shortened(found)} is not a path; write {self._example()}")
        if not SLUG.fullmatch(slug):
            raise ValidationError(f"{shortened(found)} is not an id; write 1 to 80 of a-z, 0-9 and -")
        return found

    def _example(self) -> str:
        return " or ".join(f"{resource}/ID" for resource in self.resources)

    def target(self, value: str) -> str:
        """The path that a value points to."""
        return f"{self.resources[0]}/{value}" if self.bare else value


def references(*resources: str, description: str) -> fields.List[Any]:
    """A list of references."""
    return listed(Reference(*resources, description=description), description)


class Slug(fields.String):
    """A readable id."""

    def __init__(self, description: str, **options: Any) -> None:
        super().__init__(
            validate=validate.Regexp(r"^[a-z0-9-]{1,80}\Z", error="is not an id; write 1 to 80 of a-z, 0-9 and -"),
            metadata={"description": description},
            **options,
        )


class Strict(Schema):
    """A mapping in which nothing unknown is accepted, and whose members keep their order."""

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Members only: marshmallow would take `values` of a dict for its method."""
        return obj.get(attr, default)


def kind_of_record(names: Sequence[str]) -> fields.String:
    """Which of some kinds a record is of."""
    return fields.String(required=True, metadata={"description": "The kind of record.", "enum": list(names)})


class NamedRecord(Strict):
    """A record as what is not a list of its kind names it; the kinds that it can be of are each schema's own."""

    type = kind_of_record(())
    id = fields.String(required=True, metadata={"description": "Its id."})
    url = fields.String(required=True, metadata={"description": "Where it is."})
    name = fields.String(required=True, metadata={"description": "Its name; of a claim, what it says."})


class Shape(Strict):
    """A value with a shape of its own, for which a bare scalar may stand."""

    bare: str = ""
    """The member that a bare scalar stands for."""
    computed: frozenset[str] = frozenset()
    """The members that follow from the others, so that nobody needs to give them."""

    @pre_load
    def unfold(self, data: Any, **_: Any) -> Any:
        """Read a bare scalar as the mapping it stands for; a year may stand in JSON as a number."""
        if not self.bare or data is None or isinstance(data, Mapping | list):
            return data
        is_number = isinstance(data, int) and not isinstance(data, bool)
        return {self.bare: str(data) if is_number and self.bare == "edtf" else data}


class DateSchema(Shape):
    """An uncertain date: EDTF text, its first and last day, and how we know."""

    bare = "edtf"
    computed = frozenset({"earliest", "latest"})

    edtf = fields.String(
        required=True, metadata={"description": "The date in EDTF (ISO 8601-2), such as 2015-06 or 2015-07-XX."}
    )
    earliest = fields.String(
        dump_default=None,
        metadata={"description": "Its first day, an ISO date; null where that end is open or unknown."},
    )
    latest = fields.String(
        dump_default=None,
        metadata={"description": "Its last day, an ISO date; null where that end is open or unknown."},
    )
    shape = vocabulary(DATE_SHAPE, load_default="day")
    basis = vocabulary(DATE_BASIS, load_default="stated")
    printed = text("The date as the text gives it.")

    @post_load
    def bound(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add first and last day, and refuse given ones that are not those of the text."""
        try:
            interval = parse(data["edtf"])
        except DateFault as fault:
            raise ValidationError({"edtf": [str(fault)]}) from None
        for end, day in interval._asdict().items():
            if data.get(end, day) != day:
                raise ValidationError({end: [f"is {day} for {data['edtf']}; leave it out, it is computed"]})
            data[end] = day
        return {key: value for key, value in data.items() if value is not None}


class Number(fields.Decimal):
    """A whole or decimal number, read exactly and served as JSON's number."""

    def __init__(self, description: str) -> None:
        bounds = validate.Range(-LARGEST_NUMBER, LARGEST_NUMBER, error=f"is beyond {LARGEST_NUMBER:,}")
        super().__init__(dump_default=None, allow_nan=False, validate=bounds, metadata={"description": description})

    def _validated(self, value: Any) -> Any:
        if not PLAIN_NUMBER.fullmatch(str(value)):
            raise self.make_error("invalid")
        return super()._validated(value)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> Any:
        return value


class Whole(fields.Integer):
    """A whole number in decimal digits: half of one is a fault, where marshmallow would cut it off."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, float) or not re.fullmatch("-?[0-9]{1,12}", str(value)):
            raise self.make_error("invalid")
        return int(super()._validated(value))


class CountSchema(Shape):
    """A number as the texts give it: how it is printed, its value, and the least and most that follow."""

    bare = "value"

    printed = text("The number as the text gives it.")
    value = Number("The number; null where no one number is given.")
    qualifier = vocabulary(QUALIFIER, load_default="exact")
    least = Number("The least, where stated or entailed.")
    most = Number("The most, where stated or entailed.")

    @post_load
    def plain_numbers(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Whole numbers as integers, others as floats; an exact number is its own least and most."""
        if data["qualifier"] == "exact" and "value" in data:
            for name in ("least", "most"):
                if data.get(name, data["value"]) != data["value"]:
                    raise ValidationError({name: ["must be the value of an exact count; or say about, at-least, …"]})
        for name in ("value", "least", "most"):
            if name in data:
                data[name] = int(data[name]) if data[name] == int(data[name]) else float(data[name])
        if data.get("qualifier") == "exact" and "value" in data:
            data.setdefault("least", data["value"])
            data.setdefault("most", data["value"])
        return data

    @validates_schema
    def ordered(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a least above the most, and a count that says nothing."""
        if not data.keys() & {"value", "least", "most", "printed"}:
            raise ValidationError({"value": ["a count needs one of printed, value, least, most"]})
        numbers = [data[name] for name in ("least", "value", "most") if name in data]
        if numbers != sorted(numbers):
            raise ValidationError({"least": ["must not be above `value` or `most`"]})


class PlaceSchema(Shape):
    """Where: a country or region, and the place in it."""

    bare = "country"

    country = fields.String(
        dump_default=None,
        metadata={"description": "ISO 3166-1 alpha-2, ISO 3166-3 for a former state, or UN M49 for a region."},
    )
    place = text("The place, as we name it.")

    @validates_schema
    def known_country(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a country code that no standard has, and a place of nowhere."""
        if not data:
            raise ValidationError({"country": ["a place needs a country or a place"]})
        if "country" in data and data["country"] not in COUNTRIES:
            raise ValidationError({"country": [unknown_country(data["country"])]})


def unknown_country(code: str) -> str:
    """Say that a country code is none, with one that is."""
    return f"{shortened(code)} is no ISO 3166-1 alpha-2 code, ISO 3166-3 code or UN M49 region; write KP or 035, say"


def country(description: str) -> fields.String:
    """A country code."""

    def check(value: str) -> None:
        if value not in COUNTRIES:
            raise ValidationError(unknown_country(value))

    return fields.String(dump_default=None, validate=check, metadata={"description": description})


class NameSchema(Shape):
    """One spelling of a name."""

    text = fields.String(
        required=True, validate=[clean_text, validate.Length(max=200)], metadata={"description": "The name so spelled."}
    )
    script = vocabulary(SCRIPT, load_default="latin")
    system = vocabulary(SYSTEM, load_default="none")
    basis = vocabulary(NAME_BASIS, load_default="printed")


def date(description: str) -> fields.Nested:
    """An uncertain date."""
    return fields.Nested(DateSchema, dump_default=None, metadata={"description": description})


def count(description: str) -> fields.Nested:
    """A count."""
    return fields.Nested(CountSchema, dump_default=None, metadata={"description": description})


def count_of_people(description: str) -> fields.Nested:
    """A count that is not below none."""

    def not_negative(data: dict[str, Any]) -> None:
        if any(data.get(name, 0) < 0 for name in ("least", "value", "most")):
            raise ValidationError({"value": ["people are not fewer than none"]})

    return fields.Nested(CountSchema, dump_default=None, validate=not_negative, metadata={"description": description})


def place(description: str) -> fields.Nested:
    """A place."""
    return fields.Nested(PlaceSchema, dump_default=None, metadata={"description": description})


def places(description: str) -> fields.List[Any]:
    """A list of places."""
    return listed(fields.Nested(PlaceSchema), description)


def names(description: str) -> fields.List[Any]:
    """All spellings of a name."""
    return listed(fields.Nested(NameSchema), description)
