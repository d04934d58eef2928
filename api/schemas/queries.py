"""Query parameters: each knows how it is read, how it is documented, and which records it finds."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from marshmallow import Schema, ValidationError, fields
from peewee import Field

from api.schemas.fields import SLUG, clean_text, explained, shortened, unknown_country
from api.schemas.registry import SCHEMAS
from models import dates
from models.countries import COUNTRIES
from models.database import marks
from models.dates import OPEN_END, OPEN_START, DateFault, columns, is_day, parse
from models.declaration import Resource
from models.moment import ALL_KNOWN, LAST_ASKED, Condition, Moment
from models.search import NothingToFind, check, found_by, question
from models.vocabulary import CERTAINTY, IDENTITY, KNOWN_BOUND, POLICY, RELATION, STANCE, STATUS, Vocabulary

MOST, DEFAULT = 500, 50


TEXT = {"pattern": r"^[^\x00-\x08\x0b-\x1f\x7f]*[^\s\x00-\x1f\x7f\x85][^\x00-\x08\x0b-\x1f\x7f]*$", "maxLength": 200}
"""What JSON Schema says of a text that `clean` takes: no control characters, and not blank."""

COUNTRY_CODE = {"$ref": "#/components/schemas/CountryCode"}
"""What JSON Schema says of a country code: the list is long, and is written in the document once."""


def date_form(before: str = "") -> dict[str, Any]:
    """What JSON Schema says of a date; the calendar, which no pattern knows, is what `x-format` stands for.

    It is not called `format`: Swagger UI complains of one that it does not know.
    """
    forms = f"{dates._PLAIN.pattern}|{dates._RARE.pattern}"
    return {"x-format": "edtf", "pattern": f"^(?!.*(?:0000|-00)){before}(?:{forms})$", "maxLength": dates.LONGEST}


def reference_form(resources: Sequence[str]) -> dict[str, Any]:
    """What JSON Schema says of a bare id (one resource) or a path (several)."""
    path = "" if len(resources) == 1 else f"(?:{'|'.join(resources)})/"
    return {"pattern": f"^{path}{SLUG.pattern}$"}


class Asked(NamedTuple):
    """What else was asked that bears on how a filter finds: of which records, by which policy, known by when."""

    resource: Resource
    policy: str = "any"
    certainty: str = "possibly"
    moment: Moment = ALL_KNOWN

    def shown(self, condition: Condition, field: str) -> Condition:
        """A condition on a field's own column: it finds only what is shown at the moment."""
        if self.moment.day is None or field not in self.resource.values:
            return condition
        hides = self.moment.hides(field)
        return Condition(f"({condition.sql} AND NOT {hides.sql})", (*condition.values, *hides.values))

    def shown_value(self, sql: str, field: str) -> Condition:
        """A field's value, null where it is not shown at the moment."""
        if self.moment.day is None or field not in self.resource.values:
            return Condition(sql)
        hides = self.moment.hides(field)
        return Condition(f"CASE WHEN NOT {hides.sql} THEN {sql} END", hides.values)

    def status(self, period: str = "") -> str:
        """The column of `period` that holds the status under the policy."""
        return status_column(self.policy, period)


def status_column(policy: str, period: str = "") -> str:
    """The column of `period` that holds the status under a policy."""
    return f"{period}status_{policy.replace('-', '_')}"


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


class Grouping(NamedTuple):
    """How the records of a list are counted by a field: what to group by, what to join to `t` for it, and the kind.

    A `listed` value is a JSON list, each of whose elements counts; a `dated` one is the first and last year of a date.
    """

    by: Condition
    join: Condition = Condition("")
    kind: Literal["plain", "listed", "dated"] = "plain"


class Filter(Parameter):
    """A parameter that finds records; repeated, it finds those of any of its values."""

    repeated = True
    is_facet = False
    """Whether the records of a list can be counted by it."""

    def grouping(self, asked: Asked) -> Grouping:
        """How records are counted by it."""
        raise NotImplementedError

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The condition that its values make."""
        raise NotImplementedError


def clean(value: str) -> str:
    """A text that a database can hold. Raises ValidationError."""
    clean_text(value)
    if len(value) > 200:
        raise ValidationError(f"{shortened(value)} is longer than 200 characters")
    return value


class Column(Filter):
    """Finds by one column: a term of its vocabulary, or a text."""

    is_facet = True

    def __init__(
        self,
        column: Field,
        description: str | None = None,
        example: str | None = None,
        form: Mapping[str, Any] = TEXT,
    ) -> None:
        self.column = column.column_name
        vocabulary: Vocabulary | None = getattr(column, "vocabulary", None)
        self.choices = vocabulary.values if vocabulary else ()
        super().__init__(
            explained(vocabulary, description or column.help_text) if vocabulary else description or column.help_text,
            example,
            metadata={"enum": list(self.choices)} if vocabulary else dict(form),
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        return among(value, self.choices) if self.choices else clean(value)

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The column holds any of the values."""
        return asked.shown(Condition(f"t.{self.column} IN ({marks(values)})", tuple(values)), self.column)

    def grouping(self, asked: Asked) -> Grouping:
        """By the column, as far as it is shown."""
        return Grouping(asked.shown_value(f"t.{self.column}", self.column))


class Found(Filter):
    """Finds by one of many values: a term, a reference, a country."""

    is_facet = True

    def __init__(
        self,
        term: str,
        description: str,
        vocabulary: Vocabulary | None = None,
        example: str | None = None,
        resources: Sequence[str] = (),
        choices: Sequence[str] = (),
        form: Mapping[str, Any] = TEXT,
    ) -> None:
        self.term, self.resources = term, resources
        self.choices = vocabulary.values if vocabulary else tuple(choices)
        form = reference_form(resources) if resources else form
        super().__init__(
            explained(vocabulary, description) if vocabulary else description,
            example,
            metadata={"enum": list(self.choices)} if self.choices else dict(form),
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if self.choices:
            return among(value, self.choices)
        return checked_reference(value, self.resources) if self.resources else clean(value)

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The record has any of the values."""
        return self.having(marks(values), values, asked)

    def having(self, chosen: str, values: Sequence[Any], asked: Asked) -> Condition:
        """The record has a value among those of a list, or of a SELECT; of references, one that is known itself."""
        known = self.known_terms(asked)
        sql = f"SELECT m.path FROM term m WHERE m.field = ? AND m.value IN ({chosen}){known.sql}"
        return Condition(f"t.path IN ({sql})", (self.term, *values, *known.values))

    def known_terms(self, asked: Asked) -> Condition:
        """The further condition that a term `m` is known by then, and the record that it refers to."""
        by_then = asked.moment.by_then("m")
        if not self.resources or asked.moment.day is None:
            return by_then
        target = asked.moment.knows("m.value", self.resources)
        return Condition(f"{by_then.sql} AND {target.sql}", (*by_then.values, *target.values))

    def grouping(self, asked: Asked) -> Grouping:
        """By each value that a record has."""
        known = self.known_terms(asked)
        join = f"LEFT JOIN term m ON m.path = t.path AND m.field = ?{known.sql}"
        return Grouping(Condition("m.value"), Condition(join, (self.term, *known.values)))


def checked_reference(value: str, resources: Sequence[str]) -> str:
    """A bare id (one resource) or a path (several). Raises ValidationError."""
    resource, _, slug = (resources[0], "", value) if len(resources) == 1 else value.partition("/")
    if resource not in resources or not SLUG.fullmatch(slug):
        right = "an id: 1 to 80 of a-z, 0-9 and -" if len(resources) == 1 else " or ".join(f"{r}/ID" for r in resources)
        raise ValidationError(f"{shortened(value)} is not {right}")
    return value


class Country(Found):
    """Finds by a country or region code."""

    def __init__(self, term: str, description: str, example: str) -> None:
        described = f"{description}: ISO 3166-1 alpha-2, ISO 3166-3 or UN M49 code."
        super().__init__(term, described, example=example, form=COUNTRY_CODE)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if value not in COUNTRIES:
            raise ValidationError(unknown_country(value))
        return str(value)


class CountryColumn(Column):
    """Finds by a column that holds a country code."""

    def __init__(self, column: Field, example: str) -> None:
        super().__init__(column, example=example, form=COUNTRY_CODE)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if value not in COUNTRIES:
            raise ValidationError(unknown_country(value))
        return str(value)


class ReferenceColumn(Column):
    """Finds by a column that refers to another record."""

    def __init__(self, column: Field, *resources: str, description: str, example: str) -> None:
        super().__init__(column, description, example, reference_form(resources))
        self.resources = resources

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        return checked_reference(value, self.resources)

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The column refers to any of the records, as far as they are known."""
        found = super().where(values, asked)
        if asked.moment.day is None:
            return found
        known = asked.moment.knows(f"t.{self.column}", self.resources)
        return Condition(f"({found.sql} AND {known.sql})", (*found.values, *known.values))

    def grouping(self, asked: Asked) -> Grouping:
        """By the record referred to, as far as it is known."""
        found = super().grouping(asked)
        if asked.moment.day is None:
            return found
        known = asked.moment.knows(f"t.{self.column}", self.resources)
        by = Condition(f"CASE WHEN {known.sql} THEN {found.by.sql} END", (*known.values, *found.by.values))
        return Grouping(by)


class Within(Found):
    """Finds by an institution or anything that is part of it, directly or through others."""

    is_facet = False

    def __init__(self, term: str, description: str, example: str) -> None:
        super().__init__(term, description, example=example, resources=("institutions",))

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The record has the institution, or one below it."""
        below = below_institutions(values, asked.moment)
        return self.having(below.sql, below.values, asked)


def below_institutions(values: Sequence[str], moment: Moment) -> Condition:
    """A SELECT of the ids of institutions and all that is part of them, as far as that is known."""
    by_then = moment.by_then("m")
    sql = (
        f"WITH RECURSIVE below(id) AS (SELECT id FROM institution WHERE id IN ({marks(values)}) UNION "
        "SELECT i.id FROM below b JOIN term m ON m.field = 'part_of' AND m.value = b.id "
        f"JOIN institution i ON i.path = m.path WHERE true{by_then.sql}) SELECT id FROM below"
    )
    return Condition(sql, (*values, *by_then.values))


class WithinItself(Within):
    """Finds an institution and all that is part of it."""

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The record is the institution, or below it."""
        below = below_institutions(values, asked.moment)
        return Condition(f"t.id IN ({below.sql})", below.values)


ONLY_OF_VALUES = "stated"
"""A status that single values have (a motive, a reason, a method), but never a record."""


class Status(Filter):
    """Finds by status under the policy asked for; `none` finds records that no claim supports."""

    is_facet = True
    told = "Its status under `policy`; `none` where no claim counts. " + STATUS.explained

    def __init__(self, choices: Sequence[str]) -> None:
        self.choices = (*(status for status in choices if status != ONLY_OF_VALUES), "none")
        super().__init__(self.told, metadata={"enum": list(self.choices)})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        return among(value, self.choices)

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The record's status is any of the values."""
        column = asked.status()
        named = [value for value in values if value != "none"]
        either = [f"{column} IN ({marks(named)})"] if named else []
        either += [f"{column} IS NULL"] if "none" in values else []
        return asked.moment.in_period(" OR ".join(either), named)

    def grouping(self, asked: Asked) -> Grouping:
        """By the status of the moment."""
        return of_period(asked.status("p."), asked)


class StatusNot(Status):
    """Finds by what its status under the policy asked for is not."""

    is_facet = False
    told = "Its status under `policy` is none of these; not `none`: where some claim counts."

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The record's status is none of the values."""
        column = asked.status()
        named = [value for value in values if value != "none"]
        neither = [f"({column} IS NULL OR {column} NOT IN ({marks(named)}))"] if named else []
        neither += [f"{column} IS NOT NULL"] if "none" in values else []
        return asked.moment.in_period(" AND ".join(neither), named)


def of_period(column: str, asked: Asked) -> Grouping:
    """By a column of the period `p` of the moment."""
    holds = asked.moment.holds("p")
    return Grouping(
        Condition(column), Condition(f"LEFT JOIN period p ON p.path = t.path AND {holds.sql}", holds.values)
    )


class IndependentRoots(WholeNumber):
    """Finds by corroboration."""

    def __init__(self) -> None:
        super().__init__(0, 99, "At least so many independent roots assert that it occurred.")

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """At least so many independent roots."""
        return asked.moment.in_period("independent_roots >= ?", values)


class AnonymousOnly(Flag):
    """Finds by whether anyone with a name stands behind it."""

    def __init__(self) -> None:
        super().__init__("Whether all who assert that it occurred are anonymous or unstated.")

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """All roots are anonymous, or not all are."""
        return asked.moment.in_period("anonymous_only = ?", values)


class SingleRoot(Flag):
    """Finds by whether all that is asserted goes back to one."""

    def __init__(self) -> None:
        super().__init__("Whether all who assert that it occurred are one root.")

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """There is one root, or there are none or several."""
        return asked.moment.in_period("roots = 1" if values[0] else "roots <> 1")


class Root(Found):
    """Finds by a root; one that has no name is known by a document alone, as soon as that is."""

    def __init__(self, term: str, description: str) -> None:
        super().__init__(term, description, example=EXAMPLE_ROOT, form={"pattern": f"^{FORM_OF_ROOT}$"})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not re.fullmatch(FORM_OF_ROOT, value):
            raise ValidationError(f"{shortened(value)} is no root; take it from `root` of /v1/claims/ID/chain")
        return str(value)

    def known_terms(self, asked: Asked) -> Condition:
        """The further condition that the record is known that a root names: a speaker, or a document."""
        known = super().known_terms(asked)
        if asked.moment.day is None:
            return known
        path = "m.value"
        for written, meant in ROOTS:
            path = f"replace({path}, '{written}', '{meant}')"
        behind = f"SELECT 1 FROM first_known k WHERE k.path = {path} AND k.{asked.moment.bound} <= ?"
        return Condition(f"{known.sql} AND EXISTS ({behind})", (*known.values, asked.moment.day))


ROOTS = (
    *((f"{identity}:", "") for identity in IDENTITY),
    *(("person:", "people/"), ("institution:", "institutions/"), ("document:", "")),
)
"""What makes a root the path of the record that it names: no id has a colon."""


def behind(root: str) -> str:
    """The path of the record that a root names."""
    for written, meant in ROOTS:
        root = root.replace(written, meant)
    return root


FORM_OF_ROOT = f"({'|'.join(IDENTITY)}):((person|institution):|document:sources/)[a-z0-9-]{{1,80}}"
EXAMPLE_ROOT = "named:person:park-geun-hye"


class Conflict(Found):
    """Finds by a field for which claims set different values."""

    def __init__(self, resource: Resource) -> None:
        super().__init__("conflict", "A field for which claims set different values.", choices=resource.values)

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The record has a conflict on any of the fields: in the period of the moment, where one is asked for."""
        if asked.moment.day is None:
            return super().where(values, asked)
        either = " OR ".join(["conflicts LIKE ?"] * len(values))
        return asked.moment.in_period(either, [f'%"{value}"%' for value in values])

    def grouping(self, asked: Asked) -> Grouping:
        """By each field in conflict."""
        return of_period("p.conflicts", asked)._replace(kind="listed")


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


class Words(Filter):
    """Finds by words and names: as search does."""

    repeated = False

    def __init__(self, description: str, **options: Any) -> None:
        super().__init__(description, "Choe Ryong-hae", **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        try:
            check(value)
        except NothingToFind as fault:
            raise ValidationError(f"{shortened(value)} {fault}") from None
        return str(value)

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The record is found by the question."""
        return found_by(question(values[0], asked.moment), asked.moment)


class Ids(Filter):
    """Finds by id."""

    def __init__(self) -> None:
        form = reference_form(("records",))
        super().__init__("Only these records; their `scope` does not matter then.", metadata=form)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        return checked_reference(value, ("records",))

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The record is one of these."""
        return Condition(f"t.id IN ({marks(values)})", tuple(values))


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


class Sort(Choice):
    """What a list is sorted by: a text, or a date; `-` before it turns it round."""

    def __init__(self, *texts: str, dates: Sequence[str] = ()) -> None:
        self.dates = tuple(dates)
        names = (*texts, *dates)
        super().__init__(
            [sign + name for name in names for sign in ("", "-")],
            "What comes first. A date sorts by its first day, then its last; with `-` by its last, then its first. "
            "Undated records come last in both.",
            default=names[0],
        )


class NoQuery(Schema):
    """An operation without parameters."""


NO_QUERY = NoQuery()
EXAMPLE_SOURCE = "chosun-ilbo-on-officials"


class Day(Parameter):
    """One day of the calendar."""

    def __init__(self, description: str, example: str) -> None:
        super().__init__(description, example, metadata={"format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not is_day(value):
            raise ValidationError(f"{shortened(value)} is no day; write one, such as 2015-07-10")
        return min(str(value), LAST_ASKED)


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


class Several(Choice):
    """Any number of a closed list."""

    repeated = True

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if "," in value:
            raise ValidationError(f"{shortened(value)} has a comma; repeat the parameter: {attr}=A&{attr}=B")
        return among(value, self.choices)


class Format(Choice):
    """The format of a list."""

    def __init__(self) -> None:
        super().__init__(("json", "ndjson", "csv"), "The format of the answer; it comes before the Accept header.")


class KnownQuery(Schema):
    """What every answer takes that can be given by what was known on a day."""

    known_by = Day(
        "Answer by what was known on this day: no later claim, value, name or date.",
        "2016-08-28",
    )
    known_bound = Choice(
        KNOWN_BOUND.values,
        "With `known_by`; else surely. " + KNOWN_BOUND.explained,
    )
    policy = Choice(
        POLICY.values,
        "The policy by which `status` finds and is given: what makes a thing `confirmed` is one who can know, or two "
        "independent roots (any), only the first (official), only the second (two-roots).",
        default="any",
    )


class RecordQuery(KnownQuery):
    """What every single record takes."""

    def __init__(self, resource: Resource) -> None:
        super().__init__()
        self.resource = resource
        if not resource.has_standing:
            del self.fields["policy"]
        add_parameter(self, "fields", Several(fields_of(resource), FIELDS))
        kinds = tuple(name for name in SCHEMAS if name != "claims")
        add_parameter(self, "include", including(resource, kinds, INCLUDE))


def fields_of(resource: Resource) -> tuple[str, ...]:
    """The members of its records, as `fields` may name them."""
    return tuple(SCHEMAS[resource.name].fields)


FIELDS = "Give these fields alone, beside `id` and `url`."
INCLUDE = "Also give the records of this kind that are referred to: once each, in `included`."


def including(resource: Resource, kinds: Sequence[str], told: str) -> Several:
    """What may be given along with records: those of other kinds; with claims, the claims that they answer too."""
    if resource.name != "claims":
        return Several(kinds, told)
    return Several((*kinds, ANSWERED), f"{told} `{ANSWERED}`: also give the claims that they answer, in `included`.")


ANSWERED = "answers"
"""What asks for the claims that claims answer."""


def add_parameter(query: Schema, name: str, parameter: Parameter) -> None:
    """Add a parameter whose choices hang on the resource."""
    query.fields[name] = parameter
    query._bind_field(name, parameter)


class ListQuery(KnownQuery):
    """What every list takes."""

    id = Ids()
    q = Words("Words and names that must all be found in it, as /v1/search finds them.")
    updated_after = UpdatedAfter()
    certainty = Choice(
        CERTAINTY.values, "Whether dates must lie wholly within what is asked for, or only may.", default="possibly"
    )
    limit = Limit()
    cursor = Parameter(
        "Where the page starts: from `links.next` of the page before, with the same parameters.",
        metadata={"pattern": "^[A-Za-z0-9_-]+$"},
    )
    total = Flag("Also count all records that are found: `meta.total`.", default=False)
    format = Format()

    def __init__(self, resource: Resource) -> None:
        super().__init__()
        self.resource = resource
        add_parameter(self, "fields", Several(fields_of(resource), FIELDS))
        told = f"`claims`: also give each record's claims. {INCLUDE}"
        add_parameter(self, "include", including(resource, tuple(SCHEMAS), told))
        facets = tuple(name for name, field in self.fields.items() if isinstance(field, Filter) and field.is_facet)
        add_parameter(self, "facet", Several(facets, "Count the records found by this field's values: `meta.facets`."))


class JudgedQuery(ListQuery):
    """What lists of events take too: what their claims add up to, and through whom they come."""

    status = Status(STATUS.values)
    status_not = StatusNot(STATUS.values)
    roots = IndependentRoots()
    anonymous_only = AnonymousOnly()
    single_root = SingleRoot()
    root = Root("asserting", "Whoever asserts that it occurred and first says so: `root` of /claims/{id}/chain.")
    stance = Found("stance", "A claim about it takes this stance, whether or not that moves its standing.", STANCE)
    linked = Found("linked", "Has a link of this relation.", RELATION)
    source = Found(
        "source", "A document that a claim about it comes through.", example=EXAMPLE_SOURCE, resources=("sources",)
    )
