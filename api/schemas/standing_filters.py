"""Filters by what the claims about a record add up to."""

import re
from collections.abc import Sequence
from typing import Any

from marshmallow import ValidationError

from api.schemas.fields import shortened
from api.schemas.filters import Asked, Filter, Found, Grouping
from api.schemas.parameters import Flag, WholeNumber, among
from models.database import marks
from models.declaration import Resource
from models.moment import Condition
from models.tally import NONE
from models.vocabulary import IDENTITY, STATUS

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
        found = of_status(f"m.{asked.status()}", values)
        counted = (asked.status(), found.values[0] if found.values else NONE) if len(values) == 1 else None
        return asked.moment.in_period(found.sql, found.values, counted)

    def counted(self, asked: Asked) -> str | None:
        """The status under the policy."""
        return asked.status()

    def grouping(self, asked: Asked) -> Grouping:
        """By the status of the moment."""
        return of_period(asked.status("p."), asked)


def of_status(column: str, values: Sequence[str]) -> Condition:
    """A column of `period` holds any of the statuses; null where `none` is among them."""
    named = tuple(value for value in values if value != "none")
    either = [f"{column} IN ({marks(named)})"] if named else []
    either += [f"{column} IS NULL"] if "none" in values else []
    return Condition(f"({' OR '.join(either)})", named)


class StatusNot(Status):
    """Finds by what its status under the policy asked for is not."""

    is_facet = False
    told = "Its status under `policy` is none of these; not `none`: where some claim counts."

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The record's status is none of the values."""
        column = asked.status()
        named = [value for value in values if value != "none"]
        neither = [f"(m.{column} IS NULL OR m.{column} NOT IN ({marks(named)}))"] if named else []
        neither += [f"m.{column} IS NOT NULL"] if "none" in values else []
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
        return asked.moment.in_period("m.independent_roots >= ?", values)


class AnonymousOnly(Flag):
    """Finds by whether anyone with a name stands behind it."""

    def __init__(self) -> None:
        super().__init__("Whether all who assert that it occurred are anonymous or unstated.")

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """All roots are anonymous, or not all are."""
        return asked.moment.in_period("m.anonymous_only = ?", values)


class SingleRoot(Flag):
    """Finds by whether all that is asserted goes back to one."""

    def __init__(self) -> None:
        super().__init__("Whether all who assert that it occurred are one root.")

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """There is one root, or there are none or several."""
        return asked.moment.in_period("m.roots = 1" if values[0] else "m.roots <> 1")


class Root(Found):
    """Finds by a root; one that has no name is known by a document alone, as soon as that is."""

    def __init__(self, term: str, description: str) -> None:
        super().__init__(term, description, example=EXAMPLE_ROOT, form={"pattern": f"^{FORM_OF_ROOT}$"})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not re.fullmatch(FORM_OF_ROOT, value):
            raise ValidationError(f"{shortened(value)} is no root; take it from `root` of /v1/claims/ID/chain")
        return str(value)

    def known_terms(self, asked: Asked, table: str = "m") -> Condition:
        """` AND` that the record is known, too, that a root names: a speaker, or a document; empty without a day."""
        known = super().known_terms(asked, table)
        if asked.moment.day is None:
            return known
        path = f"{table}.value"
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
        either = " OR ".join(["m.conflicts LIKE ?"] * len(values))
        return asked.moment.in_period(either, [f'%"{value}"%' for value in values])

    def grouping(self, asked: Asked) -> Grouping:
        """By each field in conflict."""
        return of_period("p.conflicts", asked)._replace(kind="listed")
