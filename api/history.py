"""Standing over time: of one record, and of all whose standing changed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response
from marshmallow import Schema, fields

from api.answers import answer, collection_tag, not_modified
from api.finding import address, following, meaning_of, opened
from api.formats import MEDIA_TYPES
from api.operations import operation
from api.pages import format_of, listing, require_visible
from api.parameters import read_query
from api.schemas.date_filters import After, Before
from api.schemas.fields import Strict
from api.schemas.filters import Column
from api.schemas.parameters import DEFAULT, MOST, Choice, Cursor, Day, Flag, Format, Several, WholeNumber
from api.schemas.records import CorroborationSchema, StandingSchema
from models.database import execute, marks, reading
from models.declaration import Resource
from models.defectors import Defector
from models.documents import compact, decoded
from models.moment import LAST_ASKED, Moment
from models.registry import RESOURCE, RESOURCES, resource_of
from models.tables import FIRST_DAY
from models.tally import status_field
from models.vocabulary import KNOWN_BOUND, POLICY, STATUS

JUDGED = tuple(resource.name for resource in RESOURCES if resource.has_standing)

blueprint = Blueprint("changes", __name__)


class HistoryQuery(Schema):
    """How a record's history is told."""

    known_by = Day("Only until this day: as one would have told it then.", "2016-08-28")
    known_bound = Choice(KNOWN_BOUND.values, KNOWN_BOUND.explained, default="surely")
    policy = Choice(POLICY.values, "Only changes of the standing under this policy; else under any of the three.")


HISTORY_QUERY = HistoryQuery()


class ChangeSchema(Strict):
    """A record's standing from one day until before another, and the claims that brought it."""

    from_ = fields.String(
        data_key="from",
        required=True,
        allow_none=True,
        metadata={"description": "The day of the change; null where it is open when the first claim became known."},
    )
    until = fields.String(
        required=True, allow_none=True, metadata={"description": "The day of the next change; null for the last."}
    )
    standing = fields.Nested(StandingSchema, required=True)
    corroboration = fields.Nested(CorroborationSchema, required=True)
    claims = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The claims that became known on that day and bear on whether it occurred."},
    )


class HistoryMetaSchema(Strict):
    """How it is told."""

    known_bound = fields.String(
        required=True, metadata={"description": "Whether by what was surely or possibly known."}
    )
    known_by = fields.String(metadata={"description": "The last day that it tells of."})
    policy = fields.String(metadata={"description": "The policy whose changes are told, if one alone."})


class HistorySchema(Strict):
    """Each change of a record's standing, or of the claims that make it, in order of time."""

    data = fields.List(fields.Nested(ChangeSchema), required=True, metadata={"description": "The changes."})
    meta = fields.Nested(HistoryMetaSchema, required=True)


def history(resource: Resource, slug: str) -> Response:
    """Each change of the standing of one record. Raises Problem."""
    given = read_query(HISTORY_QUERY)
    tag = collection_tag()
    if cached := not_modified(tag):
        return cached
    bound, last = given.get("known_bound", "surely"), given.get("known_by", LAST_ASKED)
    with reading():
        require_visible(resource, slug, Moment(given["known_by"], bound) if "known_by" in given else Moment())
        meta: dict[str, Any] = {"known_bound": bound, **dict(given)}
        changes = list(_changes(resource.path(slug), bound, last, given.get("policy")))
    return answer(compact({"data": changes, "meta": meta}), tag)


def _changes(path: str, bound: str, last: str, policy: str | None) -> Iterator[dict[str, Any]]:
    rows = execute(
        "SELECT p.known_from, d.standing, p.claims FROM period p JOIN edition d ON d.path = p.path "
        "AND d.number = p.edition WHERE p.path = ? AND p.bound = ? AND p.known_from <= ? ORDER BY p.known_from",
        (path, bound, last),
    ).fetchall()
    told: list[dict[str, Any]] = []
    before: Any = {chosen: {"status": None, "because": []} for chosen in _policies(policy)}
    for day, standing, claims in rows:
        shown = decoded(standing)
        now = {chosen: shown["standing"][chosen] for chosen in _policies(policy)}
        if now == before:
            continue
        if told:
            told[-1]["until"] = day
        told.append(
            {
                "from": None if day == FIRST_DAY else day,
                "until": None,
                "standing": shown["standing"],
                "corroboration": shown["corroboration"],
                "claims": decoded(claims),
            }
        )
        before = now
    yield from told


def _policies(policy: str | None) -> tuple[str, ...]:
    return (policy,) if policy else POLICY.values


class ChangedQuery(Schema):
    """Which changes of standing are asked for."""

    after = After("known", "After the last day of this date (EDTF).", "2015-06")
    before = Before("known", "Before the first day of this date (EDTF).", "2015-08")
    policy = Choice(POLICY.values, "The policy whose changes are told.", default="any")
    known_bound = Choice(KNOWN_BOUND.values, KNOWN_BOUND.explained, default="surely")
    type = Several(JUDGED, "Only records of this kind.")
    status = Several((*STATUS.values, "none"), "Only changes to this status.")
    first = Flag("Whether it had no status before: true, what first got one; false, what changed from one to another.")
    scope = Column(Defector.scope)
    limit = WholeNumber(1, MOST, "How many changes at most.", default=DEFAULT)
    format = Format()
    cursor = Cursor()


CHANGED_QUERY = ChangedQuery()


class ChangedSchema(Strict):
    """One change of one record's standing."""

    date = fields.String(
        required=True, allow_none=True, metadata={"description": "The day; null where it is open when it became known."}
    )
    type = fields.String(required=True, metadata={"description": "The kind of record.", "enum": list(JUDGED)})
    id = fields.String(required=True, metadata={"description": "Its id."})
    url = fields.String(required=True, metadata={"description": "Where it is."})
    name = fields.String(required=True, metadata={"description": "Its name."})
    from_ = fields.String(
        data_key="from",
        required=True,
        allow_none=True,
        metadata={"description": "The status before; null where nothing was known.", "enum": [*STATUS, None]},
    )
    to = fields.String(
        required=True, allow_none=True, metadata={"description": "The status then.", "enum": [*STATUS, None]}
    )
    because = fields.List(fields.String(), required=True, metadata={"description": "The claims that make it so."})
    claims = fields.List(
        fields.String(), required=True, metadata={"description": "The claims that became known on that day."}
    )


@blueprint.get("/changes/standing")
@operation(query=CHANGED_QUERY, answer=ChangedSchema(), many=True)
def list_standing_changes() -> Response:
    """List changes of standing.

    Whose standing changed when, from what to what, and by which claims: by the days on which claims became known,
    not by when this service learned of them. Only subjects are shown unless `scope` is given.
    """
    given = read_query(CHANGED_QUERY)
    form = format_of(given)
    tag = collection_tag(MEDIA_TYPES[form])
    if cached := not_modified(tag):
        return cached
    limit, meant = given.get("limit", DEFAULT), meaning_of(given)
    after = opened(given["cursor"], meant, (str, str)) if "cursor" in given else None
    scope = given.get("scope", ["subject"])
    policy, bound = given.get("policy", "any"), given.get("known_bound", "surely")
    with reading():
        rows = _changed(given, policy, bound, scope, limit + 1, after)
        data = [_told(row, policy) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    links = {"self": address(), "next": following(meant, last[:2]) if last else None}
    meta = {"count": len(data), "limit": limit, "policy": policy, "known_bound": bound, "scope": scope}
    return listing(ChangedSchema(), data, links, meta, tag, form)


def _changed(
    given: Mapping[str, Any], policy: str, bound: str, scope: Sequence[str], limit: int, after: Any
) -> list[tuple[Any, ...]]:
    """Rows of known_from, path, status before, status, standing, claims, document."""
    column = status_field(policy)
    types = given.get("type", JUDGED)
    of_scope = " UNION ALL ".join(
        f"SELECT path FROM {RESOURCE[name].table._meta.table_name} WHERE scope IN ({marks(scope)})" for name in types
    )
    wanted = ["p.bound = ?", f"p.path IN ({of_scope})", f"p.{column} IS DISTINCT FROM b.{column}"]
    values = [bound, *(value for _ in types for value in scope)]
    if "after" in given:
        wanted, values = [*wanted, "p.known_from > ?"], [*values, given["after"][1]]
    if "before" in given:
        wanted, values = [*wanted, "p.known_from < ?"], [*values, given["before"][0]]
    if "status" in given:
        either = [f"p.{column} IN ({marks(given['status'])})"] + (
            [f"p.{column} IS NULL"] if "none" in given["status"] else []
        )
        wanted, values = [*wanted, f"({' OR '.join(either)})"], [*values, *given["status"]]
    if "first" in given:
        wanted = [*wanted, f"b.{column} IS {'' if given['first'] else 'NOT '}NULL"]
    if after:
        wanted, values = [*wanted, "(p.known_from, p.path) > (?, ?)"], [*values, *after]
    found: list[tuple[Any, ...]] = execute(
        f"SELECT p.known_from, p.path, b.{column}, p.{column}, d.standing, p.claims, e.document FROM period p "
        "LEFT JOIN period b ON b.path = p.path AND b.bound = p.bound AND b.known_until = p.known_from "
        "JOIN edition d ON d.path = p.path AND d.number = p.edition "
        f"JOIN entry e ON e.path = p.path WHERE {' AND '.join(wanted)} ORDER BY p.known_from, p.path LIMIT {limit:d}",
        values,
    ).fetchall()
    return found


def _told(row: Sequence[Any], policy: str) -> dict[str, Any]:
    day, path, before, status, standing, claims, document = row
    record = decoded(document)
    return {
        "date": None if day == FIRST_DAY else day,
        "type": resource_of(path).name,
        "id": record["id"],
        "url": record["url"],
        "name": record["name"],
        "from": before,
        "to": status,
        "because": decoded(standing)["standing"][policy]["because"],
        "claims": decoded(claims),
    }
