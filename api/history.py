"""The history of one record: each change of its standing, and the claims that brought it."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import fields

from api.answers import answer, collection_tag, not_modified
from api.pages import require_visible
from api.parameters import read_query
from api.schemas.fields import Strict
from api.schemas.parameters import Choice, Day
from api.schemas.queries import PastQuery
from api.schemas.records import CorroborationSchema, StandingSchema
from models.database import execute, reading
from models.declaration import Resource
from models.documents import compact, decoded
from models.moment import LAST_ASKED, Moment
from models.tables import FIRST_DAY
from models.vocabulary import KNOWN_BOUND, POLICY


class HistoryQuery(PastQuery):
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
    as_of = fields.String(metadata={"description": "The moment by what was held at which it is answered (UTC)."})
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
        changes = _changes(resource.path(slug), bound, last, given.get("policy"))
    return answer(compact({"data": changes, "meta": meta}), tag)


def _changes(path: str, bound: str, last: str, policy: str | None) -> list[dict[str, Any]]:
    """As ChangeSchema has them; a period that changes nothing under the policy is told with the one before it."""
    told: list[dict[str, Any]] = []
    policies = (policy,) if policy else POLICY.values
    before: Any = {chosen: {"status": None, "because": []} for chosen in policies}
    for day, standing, claims in _periods(path, bound, last):
        shown = decoded(standing)
        now = {chosen: shown["standing"][chosen] for chosen in policies}
        if now != before:
            if told:
                told[-1]["until"] = day
            told.append(_change(day, shown, decoded(claims)))
        before = now
    return told


def _periods(path: str, bound: str, last: str) -> list[Any]:
    """Day, standing and claims of each period that has begun by a day."""
    rows: list[Any] = execute(
        "SELECT p.known_from, d.standing, p.claims FROM period p JOIN edition d ON d.path = p.path "
        "AND d.number = p.edition WHERE p.path = ? AND p.bound = ? AND p.known_from <= ? ORDER BY p.known_from",
        (path, bound, last),
    ).fetchall()
    return rows


def _change(day: str, shown: Mapping[str, Any], claims: list[str]) -> dict[str, Any]:
    return {
        "from": None if day == FIRST_DAY else day,
        "until": None,
        "standing": shown["standing"],
        "corroboration": shown["corroboration"],
        "claims": claims,
    }
