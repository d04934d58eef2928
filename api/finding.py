"""Which records a list holds, and in what order: the query's conditions, keyset cursors, and the rows themselves."""

import base64
import binascii
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import request
from marshmallow import Schema

from api.answers import query_digest
from api.parameters import asked_pairs
from api.problems import unfit
from api.schemas.filters import Asked
from api.schemas.queries import Sort
from models.database import execute, marks
from models.declaration import Resource
from models.documents import compact
from models.moment import ALL_KNOWN, Condition, Lookup, Moment
from models.tally import ANY, estimates, status_field, tallied

NOT_OF_THE_LIST = frozenset({"limit", "cursor", "include", "total", "facet", "fields", "format"})
"""Parameters that do not change which records are found, nor their order."""

STREAMED = 500
"""Rows that a stream reads at a time."""


class Order(NamedTuple):
    """How a list is sorted: by `keys` and then id, all in one direction; `dated` names the date that is sorted by."""

    keys: tuple[str, ...]
    descending: bool
    dated: str | None

    def by(self, columns: Sequence[str]) -> str:
        """The ORDER BY of some columns."""
        direction = " DESC" if self.descending else ""
        return ", ".join(f"t.{column}{direction}" for column in columns)


class Row(NamedTuple):
    """One record of a list: its stored pieces, and its key in the order (null dates where it stands as undated)."""

    document: bytes
    standing: bytes
    claims: bytes | None
    hidden: str | None
    cuts: str | None
    status: str | None
    """Under the policy asked for: empty where no claim counts; None where it was not asked for."""
    key: tuple[str | None, ...]


NO_JOIN = Condition("")

ROW_COLUMNS = 6
"""How many columns a row has beside its key."""


def row_of(columns: Sequence[Any], key: tuple[str | None, ...] = ()) -> Row:
    """A row as a statement gives its columns."""
    document, standing, claims, hidden, cuts, status = columns
    return Row(document, standing, claims, hidden, cuts, status, key)


def row_columns(moment: Moment, *, claims: bool, policy: str | None) -> tuple[str, Condition]:
    """The columns of a row but its key, of an entry `e`, and the join that they need.

    What stands beside a document is of now, or of the moment; `policy` is that under which a status is told.
    """
    at_a_day = moment.day is not None
    told = (
        "e.document",
        "coalesce(d.standing, e.standing)" if at_a_day else "e.standing",
        "e.claims" if claims else "NULL",
        "p.hidden, d.cuts" if at_a_day else "NULL, NULL",
        f"coalesce(p.{status_field(policy)}, '')" if policy else "NULL",
    )
    holds = moment.holds("p")
    join = f"LEFT JOIN period p ON p.path = e.path AND {holds.sql}"
    if at_a_day:
        join += " LEFT JOIN edition d ON d.path = p.path AND d.number = p.edition"
    return ", ".join(told), Condition(join, holds.values) if at_a_day or policy else Condition("")


@dataclass(frozen=True)
class Finding:
    """A list that was asked for."""

    asked: Asked
    conditions: tuple[Condition, ...]
    order: Order
    wants_claims: bool = False
    policy_told: str | None = None
    """The policy under which each record's status is told, where it is."""
    scope: list[str] | None = field(default=None)
    is_whole: bool = False
    """Whether it holds all records of its scopes, as all is known now: these the tally counts."""

    @property
    def resource(self) -> Resource:
        """What its records are."""
        return self.asked.resource

    def rows(self, limit: int, after: Sequence[str | None] | None = None) -> list[Row]:
        """Up to `limit` records after a key; where a date is sorted by, first dated ones and then the rest by id."""
        if self.order.dated is None:
            return self._select((*self.order.keys, "id"), (), limit, after)
        dated, undated = self._phases(self.order.dated)
        found: list[Row] = []
        if after is None or after[0] is not None:
            found = self._select((*self.order.keys, "id"), (dated,), limit, after)
            after = None
        if len(found) < limit:
            found += self._select(("id",), (undated,), limit - len(found), after[-1:] if after else None)
        return found

    def _phases(self, stem: str) -> tuple[Condition, Condition]:
        """The conditions that a record has a date, as far as it is shown, and that it has none."""
        shown = self.asked.shown(Condition(f"t.{stem}_earliest IS NOT NULL"), stem)
        return shown, Condition(f"NOT ({shown.sql})", shown.values)

    def having(self, stem: str) -> "Finding":
        """The same list of those records alone that have a date, as far as it is shown."""
        return replace(self, conditions=(*self.conditions, self._phases(stem)[0]), is_whole=False)

    def stream(self, after: Sequence[str | None] | None = None) -> Iterator[Row]:
        """All records after a key, some hundred at a time."""
        while rows := self.rows(STREAMED, after):
            yield from rows
            after = rows[-1].key

    def _select(
        self, columns: Sequence[str], more: Sequence[Condition], limit: int, after: Sequence[str | None] | None
    ) -> list[Row]:
        """The records of one statement. Its text holds the limit: SQLite plans it each time anew were that a `?`."""
        keys = ", ".join(f"t.{column}" for column in columns)
        chosen = self._chosen(columns, keys, more, limit, after)
        told, join = row_columns(self.asked.moment, claims=self.wants_claims, policy=self.policy_told)
        sql = (
            f"SELECT {told}, {keys} FROM ({chosen.sql}) AS t "
            f"JOIN entry e ON e.path = t.path {join.sql} ORDER BY {self.order.by(columns)}"
        )
        rows = execute(sql, (*chosen.values, *join.values)).fetchall()
        undated = (None,) * (len(self.order.keys) + 1 - len(columns))
        return [row_of(row[:ROW_COLUMNS], (*undated, *row[ROW_COLUMNS:])) for row in rows]

    def _chosen(
        self,
        columns: Sequence[str],
        keys: str,
        more: Sequence[Condition],
        limit: int,
        after: Sequence[str | None] | None,
    ) -> Condition:
        """The SELECT of the paths and keys of those records."""
        first, conditions, order = self._read_from(limit), [*self.conditions, *more], self.order.by(columns)
        if after is not None:
            sign = "<" if self.order.descending else ">"
            conditions.append(Condition(f"({keys}) {sign} ({marks(columns)})", tuple(after)))
        if first and columns == ("id",):
            conditions.append(self._paths(after))
            order = f"m.path{' DESC' if self.order.descending else ''}"
        source = self._source(conditions, first)
        return Condition(f"SELECT t.path, {keys} FROM {source.sql} ORDER BY {order} LIMIT {limit:d}", source.values)

    def _read_from(self, wanted: int | None = None) -> Lookup | None:
        """What to begin with: the condition that finds the fewest; none where reading in order ends sooner.

        In the order of paths its rows end as soon. Else reading in order takes as many records for each one wanted
        as there are in all for each that a condition finds, one condition after another. The tally counts what is
        known now: for a day before, it is an estimate, which chooses the way and not the answer.
        """
        if not any(condition.lookup for condition in self.conditions):
            return None
        counted = [condition.counted for condition in self.conditions if condition.counted]
        counts = estimates(self.resource, [(ANY, ANY), *counted])
        fewest, first = min(
            ((counts[one.counted], one.lookup) for one in self.conditions if one.lookup and one.counted),
            key=itemgetter(0),
        )
        total = counts[ANY, ANY]
        in_order = wanted * prod(total / max(counts[pair], 1) for pair in counted) if wanted else total
        return None if self.order.keys and in_order < fewest else first

    def _source(self, conditions: Sequence[Condition], first: Lookup | None, join: Condition = NO_JOIN) -> Condition:
        """What its records are read from, the lookup to begin with first, and the conditions on them."""
        further = [condition for condition in conditions if first is None or condition.lookup is not first]
        table = f"{self.resource.table._meta.table_name} t"
        if first:
            further.insert(0, Condition(f"t.path = m.path AND {first.sql}", first.values))
            table = f"{first.table} m CROSS JOIN {table}"
        values = (*join.values, *(value for condition in further for value in condition.values))
        return Condition(f"{table} {join.sql} {where_of(further)}", values)

    def _paths(self, after: Sequence[str | None] | None) -> Condition:
        """Of rows by path: those of the resource alone, after a key."""
        first, last = f"{self.resource.name}/", f"{self.resource.name}0"
        if after is not None and after[0] is not None:
            first, last = (first, first + after[0]) if self.order.descending else (first + after[0], last)
        return Condition("m.path > ? AND m.path < ?", (first, last))

    def count(self) -> int:
        """How many records it has in all."""
        if self.is_whole:
            return tallied(self.resource, ANY, self.scope or ()).get(ANY, 0)
        return int(self.select(Condition("count(*)")).fetchone()[0])

    def select(self, what: Condition, join: Condition = NO_JOIN, end: str = "") -> Any:
        """Ask for something of all its records `t`, with what is joined to them. Returns the cursor."""
        source = self._source(self.conditions, self._read_from(), join)
        return execute(f"SELECT {what.sql} FROM {source.sql} {end}", (*what.values, *source.values))


def where_of(conditions: Sequence[Condition]) -> str:
    """A WHERE of several conditions."""
    return f"WHERE {' AND '.join(condition.sql for condition in conditions)}" if conditions else ""


def moment_of(given: Mapping[str, Any]) -> Moment:
    """The moment by which a query is answered. Raises Problem where a bound is given without a day."""
    if "known_by" in given:
        return Moment(given["known_by"], given.get("known_bound", "surely"))
    if "known_bound" in given:
        detail = "says by which bound things are known on a day; give known_by too, such as known_by=2015-07-10"
        raise unfit("known_bound", detail)
    return ALL_KNOWN


def finding(query: Schema, given: Mapping[str, Any], *extra: Condition) -> Finding:
    """The list that a query asks for, with the conditions that its address makes. Raises Problem."""
    resource: Resource = query.resource  # type: ignore[attr-defined]
    asked = Asked(resource, given.get("policy", "any"), given.get("certainty", "possibly"), moment_of(given))
    filters: dict[str, Any] = {name: value for name, value in given.items() if hasattr(query.fields[name], "where")}
    scope = scopes_of(given) if "scope" in query.fields else None
    if scope:
        filters["scope"] = scope
    conditions = [
        query.fields[name].where(value if isinstance(value, list) else [value], asked)  # type: ignore[attr-defined]
        for name, value in filters.items()
    ]
    if asked.moment.day is not None:
        conditions.append(asked.moment.visible())
    return Finding(
        asked,
        (*conditions, *extra),
        _order(query, given),
        wants_claims="claims" in given.get("include", ()),
        policy_told=given.get("policy") if resource.has_standing else None,
        scope=scope,
        is_whole=filters.keys() <= {"scope"} and not extra and asked.moment.day is None,
    )


def scopes_of(given: Mapping[str, Any]) -> list[str] | None:
    """The scopes that are shown: those asked for; else subjects alone; None where ids are given, whose scope is any."""
    scopes: list[str] | None = given.get("scope", None if "id" in given else ["subject"])
    return scopes


def _order(query: Schema, given: Mapping[str, Any]) -> Order:
    sort = query.fields["sort"]
    assert isinstance(sort, Sort)
    asked = given.get("sort", sort.choices[0])
    descending, name = asked.startswith("-"), asked.removeprefix("-")
    if name in sort.dates:
        ends = (f"{name}_earliest", f"{name}_latest")
        return Order(ends[::-1] if descending else ends, descending, dated=name)
    return Order(() if name == "id" else (name,), descending, dated=None)


def meaning_of(given: Mapping[str, Any]) -> str:
    """What the list is a list of: the digest that a cursor is bound to."""
    kept = {name: value for name, value in sorted(given.items()) if name not in NOT_OF_THE_LIST}
    return query_digest(request.path, json.dumps(kept, sort_keys=True, default=str))


def sealed(meant: str, key: Sequence[str | int | None]) -> str:
    """The cursor after a key, for lists of this meaning alone."""
    return base64.urlsafe_b64encode(compact([meant, *key])).decode().rstrip("=")


def opened(cursor: str, meant: str, kinds: Sequence[type]) -> list[Any]:
    """The key that a cursor holds: a part of each kind, texts but the last of which may be null. Raises Problem."""
    fault = "is not one of ours; take it from `links.next` of the page before"
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found: list[Any] = json.loads(text)
        made_for, *key = found
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise unfit("cursor", fault) from None
    if made_for != meant:
        raise unfit("cursor", "was made for another sort, policy or filter; start without it")
    if len(key) != len(kinds) or not all(map(_can_be_asked, key, kinds)) or key[-1] in {None, ""}:
        raise unfit("cursor", fault)
    return key


def _can_be_asked(part: Any, kind: type) -> bool:
    """Whether a part of a key is of its kind, and one that a database takes: no NUL, no lone surrogate, 8 bytes."""
    if kind is int:
        return isinstance(part, int) and 0 <= part < 2**63
    if part is None:
        return True
    return isinstance(part, str) and "\0" not in part and not any(0xD800 <= ord(c) <= 0xDFFF for c in part)


def following(meant: str, key: Sequence[str | int | None]) -> str:
    """The address of the page after a key: what was asked, with the cursor there."""
    return address(("cursor", sealed(meant, key)))


def address(*instead: tuple[str, str], without: Collection[str] = ()) -> str:
    """The address of the request, with other values of some parameters, and without some."""
    names = {*without, *(name for name, _ in instead)}
    asked = [*((name, value) for name, value in asked_pairs() if name not in names), *instead]
    return f"{request.path}?{urlencode(asked)}" if asked else request.path
