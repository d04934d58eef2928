"""The timeline: flights, measures and claims, by when they were, as far as that is known."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from flask import Blueprint, Response
from marshmallow import fields

from api import as_of
from api.answers import collection_tag, not_modified
from api.finding import Finding, address, following, meaning_of, moment_of, opened, scopes_of, where_of
from api.formats import MEDIA_TYPES
from api.operations import operation
from api.pages import covering, format_of, is_covered, listing
from api.parameters import read_query
from api.problems import unfit
from api.resources.claims import CLAIM_QUERY
from api.resources.defectors import DEFECTOR_QUERY
from api.resources.purges import PURGE_QUERY
from api.schemas.date_filters import date_filters
from api.schemas.fields import DateSchema, NamedRecord, kind_of_record
from api.schemas.filters import Column
from api.schemas.parameters import DEFAULT, MOST, Choice, Cursor, Flag, Format, Several, WholeNumber
from api.schemas.queries import FoundQuery, ListQuery, add_parameter
from api.shared_filters import SharedFilter, findings, shared_filters
from api.showing import Showing, stored
from models.database import execute, reading
from models.defectors import Defector
from models.moment import Condition, Moment
from models.registry import resource_of
from models.vocabulary import STATUS

QUERIES: Mapping[str, ListQuery] = {"defectors": DEFECTOR_QUERY, "purges": PURGE_QUERY, "claims": CLAIM_QUERY}
DATES = {"defectors": "left", "purges": "when", "claims": "known"}
"""The date by which each kind of record stands in the timeline."""

ENDS = ("", "_after", "_before")
DATED = frozenset(f"{stem}{end}" for stem in DATES.values() for end in ENDS)
"""Filters that are asked for as `when`."""

blueprint = Blueprint("timeline", __name__)


class TimelineQuery(FoundQuery):
    """What the timeline can be narrowed to."""

    type = Several(tuple(QUERIES), "Only records of this kind.")
    scope = Column(Defector.scope)
    sort = Choice(("when", "-when"), "Earliest first (by first day, then last), or latest first.", default="when")
    limit = WholeNumber(1, MOST, "How many records at most.", default=DEFAULT)
    format = Format()
    cursor = Cursor()
    total = Flag("Also count all that is found: `meta.total`.", default=False)

    def __init__(self) -> None:
        super().__init__()
        filters = shared_filters(QUERIES)
        for name, field in filters.items():
            if name not in DATED:
                add_parameter(self, name, field)
        for end, told in zip(ENDS, date_filters("when", "When it was", "2015-07"), strict=True):
            by_type = {kind: filters[f"{stem}{end}"].by_type[kind] for kind, stem in DATES.items()}
            add_parameter(self, f"when{end}", SharedFilter(by_type, told_as=told))


TIMELINE_QUERY = TimelineQuery()


class MomentSchema(NamedRecord):
    """Something that was, or was said, at some time."""

    type = kind_of_record(tuple(QUERIES))
    when = fields.Nested(
        DateSchema,
        required=True,
        metadata={"description": "When they left; when it was done; when the claim became public."},
    )
    scope = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Whether it is the texts' own subject; null of a claim."},
    )
    status = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Its status under `policy`; null of a claim.", "enum": [*STATUS, None]},
    )
    stance = fields.String(
        required=True, allow_none=True, metadata={"description": "Of a claim: whether it asserts, denies or doubts."}
    )
    about = fields.List(
        fields.String(), required=True, metadata={"description": "Of a claim: the paths of what it is about."}
    )


@blueprint.get("/timeline")
@operation(query=TIMELINE_QUERY, answer=MomentSchema(), many=True)
def get_timeline() -> Response:
    """Get the timeline.

    Flights by when they left, measures by when they were done, claims by when they became public, all in one order: by
    first possible day, then last. What has no date is not in it. Filters are those of the lists; a kind of record that
    has no such filter, or not such a value of it, is left out, and a filter that none of the kinds asked for has is
    refused. Only subjects are shown unless `scope` or `id` is given.
    """
    given = read_query(TIMELINE_QUERY)
    form = format_of(given)
    _require_had(given)
    tag = collection_tag(MEDIA_TYPES[form])
    if cached := not_modified(tag):
        return cached
    kinds = _dated(given)
    moment, policy, limit = moment_of(given), given.get("policy", "any"), given.get("limit", DEFAULT)
    order, meant = ORDERS[given.get("sort", "when")], meaning_of(given)
    after = opened(given["cursor"], meant, (str, str, str)) if "cursor" in given else None
    with reading():
        covered = is_covered(moment)
        rows = _rows(kinds, order, limit + 1, after) if covered and kinds else []
        data = list(_described([row[0] for row in rows[:limit]], moment, policy))
        meta = {"count": len(data), "limit": limit, "policy": policy, **as_of.told(given)}
        meta |= ({"scope": scope} if (scope := scopes_of(given)) else {}) | covering(moment, covered=covered)
        if given.get("total") and covered:
            meta["total"] = sum(found.count() for found in kinds.values())
    last = rows[limit - 1] if len(rows) > limit else None
    links = {"self": address(), "next": following(meant, (*last[1:], last[0])) if last else None}
    return listing(MomentSchema(), data, links, meta, tag, form)


def _require_had(given: Mapping[str, Any]) -> None:
    """Raise Problem for a filter that none of the kinds asked for has, or not with such a value."""
    asked = given.get("type", tuple(QUERIES))
    for name, values in given.items():
        having = [kind for kind in QUERIES if _has(kind, name, values)]
        if not set(asked).intersection(having):
            field = TIMELINE_QUERY.fields[name]
            lacked = {kind: field.lacked(kind, name) if isinstance(field, SharedFilter) else name for kind in asked}
            told = "; ".join(f"{kind} have no {what}" for kind, what in lacked.items())
            raise unfit(name, f"{told}: ask for {' or '.join(f'type={kind}' for kind in having)}, or leave it out")


def _has(kind: str, name: str, values: Any) -> bool:
    """Whether a kind of record has a parameter: a filter that fits it; of the others, only `scope` is not for all."""
    field = TIMELINE_QUERY.fields[name]
    if isinstance(field, SharedFilter):
        return field.fits(kind, values)
    return name != "scope" or name in QUERIES[kind].fields


class _Order(NamedTuple):
    """The ends of a date in the order in which they sort, and the direction of all."""

    ends: tuple[str, str]
    direction: str
    sign: str


ORDERS = {"when": _Order(("earliest", "latest"), "", ">"), "-when": _Order(("latest", "earliest"), " DESC", "<")}


def _dated(given: Mapping[str, Any]) -> dict[str, Finding]:
    """Of each kind of record asked for that has all filters given, those that have a date, as far as it is shown."""
    queries = {kind: query for kind, query in QUERIES.items() if kind in given.get("type", QUERIES)}
    return {kind: found.having(DATES[kind]) for kind, found in findings(queries, TIMELINE_QUERY.fields, given).items()}


def _rows(kinds: Mapping[str, Finding], order: _Order, limit: int, after: Sequence[str] | None) -> list[Any]:
    """Up to `limit` rows of path and the two ends of its date, in order, after a key of these ends and path."""
    by = ", ".join(f"{column}{order.direction}" for column in (*order.ends, "path"))
    parts, values = [], []
    for kind, found in kinds.items():
        first, second = (f"t.{DATES[kind]}_{end}" for end in order.ends)
        wanted = list(found.conditions)
        if after:
            wanted.append(Condition(f"({first}, {second}, t.path) {order.sign} (?, ?, ?)", tuple(after)))
        table = found.resource.table._meta.table_name
        columns = f"t.path AS path, {first} AS {order.ends[0]}, {second} AS {order.ends[1]}"
        first_of_kind = f"SELECT {columns} FROM {table} t {where_of(wanted)} ORDER BY {by} LIMIT {limit:d}"
        parts.append(f"SELECT * FROM ({first_of_kind}) AS {kind}")
        values += [value for condition in wanted for value in condition.values]
    every = " UNION ALL ".join(parts)
    sql = f"SELECT path, {', '.join(order.ends)} FROM ({every}) AS found ORDER BY {by} LIMIT {limit:d}"
    rows: list[Any] = execute(sql, values).fetchall()
    return rows


def _described(paths: Sequence[str], moment: Moment, policy: str) -> Iterator[dict[str, Any]]:
    """Each record as MomentSchema has it, in the order of the paths."""
    rows = dict(stored(paths, moment, policy=policy)) if paths else {}
    documents = dict(zip(rows, Showing(moment).documents(list(rows.values())), strict=True))
    for path in paths:
        kind, document = resource_of(path).name, documents[path]
        is_claim = kind == "claims"
        yield {
            "type": kind,
            "id": document["id"],
            "url": document["url"],
            "name": document["says"] if is_claim else document["name"],
            "when": document[DATES[kind]],
            "scope": document.get("scope"),
            "status": None if is_claim else document["status"],
            "stance": document.get("stance"),
            "about": [about["record"] for about in document["about"]] if is_claim else [],
        }
