"""Changes of standing: of all records, whose changed when, from what to what, and by which claims."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response
from marshmallow import fields

from api import as_of
from api.answers import collection_tag, not_modified
from api.finding import address, following, meaning_of, opened, where_of
from api.formats import MEDIA_TYPES
from api.operations import operation
from api.pages import format_of, listing
from api.parameters import read_query
from api.schemas.date_filters import After, Before
from api.schemas.fields import Strict, kind_of_record
from api.schemas.filters import Column
from api.schemas.parameters import DEFAULT, MOST, Choice, Cursor, Flag, Format, Several, WholeNumber
from api.schemas.queries import PastQuery
from api.schemas.standing_filters import of_status
from models.database import execute, marks, reading
from models.defectors import Defector
from models.documents import decoded
from models.moment import Condition
from models.registry import RESOURCE, RESOURCES, resource_of
from models.tables import FIRST_DAY
from models.tally import status_field
from models.vocabulary import KNOWN_BOUND, POLICY, STATUS

JUDGED = tuple(resource.name for resource in RESOURCES if resource.has_standing)

blueprint = Blueprint("changes", __name__)


class ChangedQuery(PastQuery):
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
    type = kind_of_record(JUDGED)
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
    meta |= as_of.told(given)
    return listing(ChangedSchema(), data, links, meta, tag, form)


def _changed(
    given: Mapping[str, Any], policy: str, bound: str, scope: Sequence[str], limit: int, after: Any
) -> list[tuple[Any, ...]]:
    """Rows of known_from, path, status before, status, standing, claims, document."""
    column = status_field(policy)
    wanted = [Condition("p.bound = ?", (bound,)), _of_scope(given.get("type", JUDGED), scope), *_wanted(given, column)]
    if after:
        wanted.append(Condition("(p.known_from, p.path) > (?, ?)", tuple(after)))
    found: list[tuple[Any, ...]] = execute(
        f"SELECT p.known_from, p.path, b.{column}, p.{column}, d.standing, p.claims, e.document FROM period p "
        "LEFT JOIN period b ON b.path = p.path AND b.bound = p.bound AND b.known_until = p.known_from "
        "JOIN edition d ON d.path = p.path AND d.number = p.edition "
        f"JOIN entry e ON e.path = p.path {where_of(wanted)} ORDER BY p.known_from, p.path LIMIT {limit:d}",
        [value for condition in wanted for value in condition.values],
    ).fetchall()
    return found


def _of_scope(types: Sequence[str], scope: Sequence[str]) -> Condition:
    """A period `p` is that of a record of these kinds and scopes."""
    paths = " UNION ALL ".join(
        f"SELECT path FROM {RESOURCE[name].table._meta.table_name} WHERE scope IN ({marks(scope)})" for name in types
    )
    return Condition(f"p.path IN ({paths})", tuple(scope) * len(types))


def _wanted(given: Mapping[str, Any], column: str) -> Iterator[Condition]:
    """A period `p` has another status than the one before, `b`, and the change is one of those asked for."""
    yield Condition(f"p.{column} IS DISTINCT FROM b.{column}")
    if "after" in given:
        yield Condition("p.known_from > ?", (given["after"][1],))
    if "before" in given:
        yield Condition("p.known_from < ?", (given["before"][0],))
    if "status" in given:
        yield of_status(f"p.{column}", given["status"])
    if "first" in given:
        yield Condition(f"b.{column} IS {'' if given['first'] else 'NOT '}NULL")


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
