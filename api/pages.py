"""Pages of records: filters, order, keyset cursors; and single records. Served from stored bytes."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Response, request
from marshmallow import Schema

from api.answers import answer, collection_tag, not_modified, query_digest, record_tag
from api.parameters import asked_pairs, read_query
from api.problems import Problem
from api.schemas.queries import DEFAULT, NO_QUERY, Asked, Condition, Sort
from models.database import execute, reading
from models.declaration import Resource
from models.derive import compact
from models.integrity import nearest_id

PAGING = frozenset({"limit", "cursor", "include", "total"})
"""Parameters that do not change which records are found, nor their order."""


class Order(NamedTuple):
    """How a list is sorted: by `keys` and then id, all in one direction; `dated` where the keys may be null."""

    keys: tuple[str, ...]
    descending: bool
    dated: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of the key, the id last."""
        return (*self.keys, "id")

    def by(self, columns: Sequence[str]) -> str:
        """The ORDER BY of some columns."""
        direction = " DESC" if self.descending else ""
        return ", ".join(f"t.{column}{direction}" for column in columns)


Row = tuple[Any, ...]
"""One record of a list: document, standing, claims (None where they were not asked for), and its key in the order."""


def page(resource: Resource, query: Schema, extra: Condition | None = None) -> Response:
    """The page of a resource's list that the request asks for, by the parameters of `query`.

    `extra` is a condition that the address itself makes. Raises Problem.
    """
    given = read_query(query)
    tag = collection_tag()
    if cached := not_modified(tag):
        return cached
    conditions, scope = _conditions(query, given)
    if extra:
        conditions.append(extra)
    order = _order(query, given)
    limit = given.get("limit", DEFAULT)
    meant = meaning_of(given)
    after = _opened(given["cursor"], meant, order) if "cursor" in given else None
    total = None
    with reading() if order.dated or given.get("total") else nullcontext():
        rows = _rows(resource, conditions, order, limit + 1, after, "include" in given)
        if given.get("total"):
            total = _count(resource, conditions)
    shown = rows[:limit]
    asked = asked_pairs()
    following = _next(asked, meant, shown[-1][3:]) if len(rows) > limit else None
    meta: dict[str, Any] = {"count": len(shown), "limit": limit, "policy": given.get("policy", "any")}
    if scope:
        meta["scope"] = scope
    if total is not None:
        meta["total"] = total
    links = {"self": _address(asked), "next": following}
    response = answer(_envelope(shown, links, meta), tag)
    if following:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


def one(resource: Resource, slug: str) -> Response:
    """One record with its claims. Raises Problem."""
    read_query(NO_QUERY)
    found = execute(
        "SELECT document, standing, claims, digest FROM entry WHERE path = ?", (resource.path(slug),)
    ).fetchone()
    if found is None:
        raise unknown_record(resource, slug)
    document, standing, claims, digest = found
    tag = record_tag(document, digest)
    if cached := not_modified(tag):
        return cached
    return answer(b"".join(_pieces(document, standing, claims)), tag)


def claims_about(resource: Resource, slug: str, claims: Resource, query: Schema) -> Response:
    """The page of the claims about one record. Raises Problem."""
    read_query(query)
    path = resource.path(slug)
    if execute("SELECT 1 FROM record WHERE path = ?", (path,)).fetchone() is None:
        raise unknown_record(resource, slug)
    about = Condition("t.path IN (SELECT path FROM term WHERE field = 'about' AND value = ?)", (path,))
    return page(claims, query, about)


def unknown_record(resource: Resource, slug: str) -> Problem:
    """404 for a record that there is not, with the nearest id."""
    close = nearest_id(resource.name, slug)
    meant = f"; did you mean {close}?" if close else f"; /v1/{resource.name} lists them"
    return Problem(404, f"there is no {resource.singular} with the id {slug}{meant}")


def _conditions(query: Schema, given: Mapping[str, Any]) -> tuple[list[Condition], list[str] | None]:
    """The conditions that the parameters make, and the scopes that are shown, where records have one."""
    asked = Asked(given.get("policy", "any"), given.get("certainty", "possibly"))
    filters: dict[str, Any] = {name: value for name, value in given.items() if hasattr(query.fields[name], "where")}
    scope = None
    if "scope" in query.fields:
        if not filters.keys() & {"scope", "id"}:
            filters["scope"] = ["subject"]
        scope = filters.get("scope")
    found = [
        query.fields[name].where(value if isinstance(value, list) else [value], asked)  # type: ignore[attr-defined]
        for name, value in filters.items()
    ]
    return found, scope


def _order(query: Schema, given: Mapping[str, Any]) -> Order:
    field = query.fields["sort"]
    assert isinstance(field, Sort)
    asked = given.get("sort", field.choices[0])
    descending, name = asked.startswith("-"), asked.removeprefix("-")
    if name in field.dates:
        ends = (f"{name}_earliest", f"{name}_latest")
        return Order(ends[::-1] if descending else ends, descending, dated=True)
    return Order(() if name == "id" else (name,), descending, dated=False)


def _rows(
    resource: Resource, conditions: Sequence[Condition], order: Order, limit: int, after: Any, claims: bool
) -> list[Row]:
    """Up to `limit` records after a key; where dates are sorted by, first the dated ones and then the rest by id."""
    if not order.dated:
        return _select(resource, conditions, order, order.columns, limit, after, claims)
    earliest = order.keys[0]
    dated = Condition(f"t.{earliest} IS NOT NULL")
    found: list[Row] = []
    if after is None or after[0] is not None:
        found = _select(resource, [*conditions, dated], order, order.columns, limit, after, claims)
        after = None
    if len(found) < limit:
        undated = Condition(f"t.{earliest} IS NULL")
        last = after[-1:] if after else None
        found += _select(resource, [*conditions, undated], order, ("id",), limit - len(found), last, claims)
    return found


def _select(
    resource: Resource,
    conditions: Sequence[Condition],
    order: Order,
    columns: Sequence[str],
    limit: int,
    after: Any,
    claims: bool,
) -> list[Row]:
    """The records of one statement. Its text holds the limit: SQLite plans it each time anew where that is a `?`."""
    where = list(conditions)
    if after is not None:
        sign = "<" if order.descending else ">"
        keys, places = ", ".join(f"t.{column}" for column in columns), ", ".join("?" * len(columns))
        where.append(Condition(f"({keys}) {sign} ({places})", tuple(after)))
    entry = "e.document, e.standing, " + ("e.claims" if claims else "NULL")
    keys = ", ".join(f"t.{column}" for column in order.columns)
    sql = (
        f"SELECT {entry}, {keys} FROM (SELECT t.path, {keys} FROM {resource.table._meta.table_name} t "
        f"{_where(where)} ORDER BY {order.by(columns)} LIMIT {limit:d}) AS t JOIN entry e ON e.path = t.path "
        f"ORDER BY {order.by(columns)}"
    )
    found: list[Row] = execute(sql, [v for condition in where for v in condition.values]).fetchall()
    return found


def _where(conditions: Sequence[Condition]) -> str:
    return f"WHERE {' AND '.join(condition.sql for condition in conditions)}" if conditions else ""


def _count(resource: Resource, conditions: Sequence[Condition]) -> int:
    sql = f"SELECT count(*) FROM {resource.table._meta.table_name} t {_where(conditions)}"
    return int(execute(sql, [value for condition in conditions for value in condition.values]).fetchone()[0])


def meaning_of(given: Mapping[str, Any]) -> str:
    """What the list is a list of: the digest that a cursor is bound to."""
    kept = {name: value for name, value in sorted(given.items()) if name not in PAGING}
    return query_digest(request.path, json.dumps(kept, sort_keys=True, default=str))


def sealed(meant: str, key: Sequence[str | None]) -> str:
    """The cursor after a key, for lists of this meaning alone."""
    return base64.urlsafe_b64encode(compact([meant, *key])).decode().rstrip("=")


def _opened(cursor: str, meant: str, order: Order) -> list[str | None]:
    fault = "is not one of ours; take it from `links.next` of the page before"
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        opened: list[Any] = json.loads(text)
        made_for, *key = opened
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise _bad_cursor(fault) from None
    if made_for != meant:
        raise _bad_cursor("was made for another sort, policy or filter; start without it")
    sound = len(key) == len(order.columns) and all(isinstance(part, str | None) for part in key)
    if not sound or not key[-1] or not all(_can_be_asked(part) for part in key if part):
        raise _bad_cursor(fault)
    return key


def _can_be_asked(text: str) -> bool:
    """Whether a database takes a text: no NUL, no lone surrogate."""
    return "\0" not in text and not any(0xD800 <= ord(c) <= 0xDFFF for c in text)


def _bad_cursor(detail: str) -> Problem:
    return Problem(422, f"cursor: {detail}", [{"parameter": "cursor", "detail": detail}])


def _next(asked: Sequence[tuple[str, str]], meant: str, key: Sequence[str | None]) -> str:
    """The address of the page that follows: what was asked, with the cursor at the last record."""
    return _address([*((n, v) for n, v in asked if n != "cursor"), ("cursor", sealed(meant, key))])


def _address(asked: Sequence[tuple[str, str]]) -> str:
    return f"{request.path}?{urlencode(asked)}" if asked else request.path


def _pieces(document: bytes, standing: bytes, claims: bytes | None) -> Sequence[bytes | memoryview]:
    """A record as it is served, in pieces: views of what is stored, so that its bytes are copied once, when joined."""
    added = memoryview(standing)[1:-1]
    return (
        memoryview(document)[:-1],
        b"," if added else b"",
        added,
        *((b"}",) if claims is None else (b',"claims":[', claims, b"]}")),
    )


def _envelope(rows: Sequence[Row], links: Mapping[str, Any], meta: Mapping[str, Any]) -> bytes:
    pieces: list[bytes | memoryview] = [b'{"data":[']
    for position, row in enumerate(rows):
        pieces.append(b"," if position else b"")
        pieces += _pieces(*row[:3])
    return b"".join([*pieces, b'],"links":', compact(links), b',"meta":', compact(meta), b"}"])
