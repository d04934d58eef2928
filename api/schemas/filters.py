"""Filters: parameters that find records, by a column, a term, a reference, words."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from marshmallow import ValidationError
from peewee import Field

from api.schemas.fields import SLUG, explained, shortened, unknown_country
from api.schemas.parameters import COUNTRY_CODE, TEXT, Parameter, among, clean, reference_form
from models.countries import COUNTRIES
from models.database import marks
from models.declaration import Resource
from models.moment import ALL_KNOWN, Condition, Lookup, Moment
from models.search import NothingToFind, check, found_by, question
from models.tally import column_field, counted_columns, status_field
from models.vocabulary import Vocabulary

ORIGIN_COLUMNS = frozenset({"identity", "capacity", "side"})
"""What a claim's columns tell of who speaks."""


class Asked(NamedTuple):
    """What else was asked that bears on how a filter finds: of which records, by which policy, known by when."""

    resource: Resource
    policy: str = "any"
    certainty: str = "possibly"
    moment: Moment = ALL_KNOWN

    def shown(self, condition: Condition, field: str) -> Condition:
        """A condition on a field's own column: it finds only what is shown at the moment."""
        if hides := self._hides(field):
            return Condition(f"({condition.sql} AND NOT {hides.sql})", (*condition.values, *hides.values))
        return condition

    def _hides(self, field: str) -> Condition | None:
        """The condition that a field is not shown at the moment; None where it always is."""
        if self.moment.day is None:
            return None
        if self.resource.name == "claims":
            return self.moment.hides_origin() if field in ORIGIN_COLUMNS else None
        return self.moment.hides(field) if field in self.resource.values else None

    def shown_value(self, sql: str, field: str) -> Condition:
        """A field's value, null where it is not shown at the moment."""
        if hides := self._hides(field):
            return Condition(f"CASE WHEN NOT {hides.sql} THEN {sql} END", hides.values)
        return Condition(sql)

    def status(self, period: str = "") -> str:
        """The column of `period` that holds the status under the policy."""
        return f"{period}{status_field(self.policy)}"


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

    def counted(self, asked: Asked) -> str | None:
        """What the tally calls it; None where it does not count by it."""
        return None

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The condition that its values make."""
        raise NotImplementedError


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
        self.column, self.is_required = column.column_name, not column.null
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
        if self.is_required and set(self.choices) == set(values):
            return Condition("true")
        found = asked.shown(Condition(f"t.{self.column} IN ({marks(values)})", tuple(values)), self.column)
        field = self.counted(asked)
        return found._replace(counted=(field, values[0]) if field and len(values) == 1 else None)

    def counted(self, asked: Asked) -> str | None:
        """Its column, where that is a value to count by."""
        return column_field(self.column) if self.column in counted_columns(asked.resource) else None

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

    def counted(self, asked: Asked) -> str | None:
        """Its term."""
        return self.term

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The record has any of the values.

        Of a single one its rows come in the order of paths, each record once, so that a list can begin with them.
        Of several they do not: these are an IN list, of which each record is looked up once.
        """
        if len(values) > 1:
            return self.having(marks(values), values, asked)
        known = self.known_terms(asked)
        sql, given = f"m.field = ? AND m.value = ?{known.sql}", (self.term, *values, *known.values)
        found = f"EXISTS (SELECT 1 FROM term m WHERE m.path = t.path AND {sql})"
        return Condition(found, given, (self.term, values[0]), Lookup("term", sql, given))

    def having(self, chosen: str, values: Sequence[Any], asked: Asked) -> Condition:
        """The record has a value among those of a list, or of a SELECT; of references, one that is known itself."""
        known = self.known_terms(asked)
        sql = f"SELECT m.path FROM term m WHERE m.field = ? AND m.value IN ({chosen}){known.sql}"
        return Condition(f"t.path IN ({sql})", (self.term, *values, *known.values))

    def known_terms(self, asked: Asked, table: str = "m") -> Condition:
        """` AND` that a term is known by then, and the record that it refers to; empty without a day."""
        by_then = asked.moment.by_then(table)
        if not self.resources or asked.moment.day is None:
            return by_then
        target = asked.moment.knows(f"{table}.value", self.resources)
        return Condition(f"{by_then.sql} AND {target.sql}", (*by_then.values, *target.values))

    def grouping(self, asked: Asked) -> Grouping:
        """By each value that a record has."""
        known = self.known_terms(asked, "g")
        join = f"LEFT JOIN term g ON g.path = t.path AND g.field = ?{known.sql}"
        return Grouping(Condition("g.value"), Condition(join, (self.term, *known.values)))


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
