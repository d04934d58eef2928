"""The revisions of one record: each entry that the ledger has of it, and what it changed."""

from typing import Any

import jsonpatch
from flask import Response
from marshmallow import fields

from api import as_of
from api.answers import answer, collection_tag, not_modified
from api.finding import address, following, meaning_of, opened
from api.formats import MEDIA_TYPES
from api.pages import format_of, listing, unknown_record
from api.parameters import read_query
from api.problems import Problem
from api.schemas.fields import Strict, vocabulary
from api.schemas.parameters import DEFAULT, MOST, Cursor, Format, WholeNumber
from api.schemas.queries import PAST_QUERY, PastQuery
from models import ledger
from models.database import reading
from models.declaration import Resource
from models.documents import compact
from models.moment import Condition
from models.revisions import Entry, Revision, revisions, until
from models.vocabulary import ACTION


class RevisionsQuery(PastQuery):
    """How many revisions are asked for, from where on, and in which format."""

    limit = WholeNumber(1, MOST, "How many revisions at most.", default=DEFAULT)
    format = Format()
    cursor = Cursor()


REVISIONS_QUERY = RevisionsQuery()


class PatchSchema(Strict):
    """One operation of a JSON Patch (RFC 6902)."""

    op = fields.String(
        required=True,
        metadata={"description": "What is done.", "enum": ["add", "remove", "replace", "move", "copy", "test"]},
    )
    path = fields.String(required=True, metadata={"description": "Where: a JSON Pointer (RFC 6901)."})
    from_ = fields.String(data_key="from", metadata={"description": "Of `move` and `copy`: from where."})
    value = fields.Raw(metadata={"description": "What is put there."})


class WrittenSchema(Strict):
    """What every entry of the ledger tells."""

    entry = fields.Integer(required=True, metadata={"description": "Its number: entries are counted from 1."})
    at = fields.String(required=True, metadata={"description": "When: all entries of one write have one time, UTC."})
    actor = fields.String(required=True, metadata={"description": "Who."})
    action = vocabulary(ACTION)
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why, where that was said."})
    into = fields.String(
        required=True, allow_none=True, metadata={"description": "Of `merge`: the path of the record that it is now."}
    )
    payload_digest = fields.String(
        required=True, metadata={"description": "sha256 of a salt and what was given; it stays when both are erased."}
    )
    digest = fields.String(
        required=True, metadata={"description": "sha256 of the entry before and of this one: `docs/ledger.md`."}
    )


class RevisionSchema(WrittenSchema):
    """One entry that the ledger has of a record, and what it changed in what was given."""

    url = fields.String(required=True, metadata={"description": "Where it is, with the record as it was then."})
    revision = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "The `revision` of what was served from then on; null where it is gone."},
    )
    diff = fields.List(
        fields.Nested(PatchSchema),
        required=True,
        allow_none=True,
        metadata={
            "description": "From what was given before to what was given then (RFC 6902); nothing at all is `null` in "
            "it. Null where either was erased."
        },
    )
    erased = fields.Boolean(
        required=True, metadata={"description": "Whether what was given then, or before, was erased from the ledger."}
    )


class WholeRevisionSchema(RevisionSchema):
    """One entry that the ledger has of a record, what it changed, and the record as it was given then."""

    record = fields.Dict(
        required=True,
        allow_none=True,
        metadata={"description": "The record as it was given; null where it is gone, or this was erased."},
    )


REVISION = RevisionSchema()


def list_revisions(resource: Resource, slug: str) -> Response:
    """The revisions of one record, newest first, whether or not it is still there. Raises Problem."""
    given = read_query(REVISIONS_QUERY)
    form = format_of(given)
    tag = collection_tag(MEDIA_TYPES[form])
    if cached := not_modified(tag):
        return cached
    limit, meant = given.get("limit", DEFAULT), meaning_of(given)
    before = opened(given["cursor"], meant, (int,))[0] if "cursor" in given else None
    with reading():
        last = ledger.head().entry if before is None else before - 1
        found = revisions(resource.path(slug), [until(last)], limit + 1)
    if not found and before is None:
        raise unknown_record(resource, slug)
    data = [_told(resource, slug, revision) for revision in found[:limit]]
    more = following(meant, (data[-1]["entry"],)) if len(found) > limit else None
    links, meta = {"self": address(), "next": more}, {"count": len(data), "limit": limit, **as_of.told(given)}
    return listing(REVISION, data, links, meta, tag, form)


def get_revision(resource: Resource, slug: str, entry: int) -> Response:
    """One revision of one record, with the record as it was then. Raises Problem."""
    read_query(PAST_QUERY)
    tag = collection_tag()
    if cached := not_modified(tag):
        return cached
    with reading():
        last = ledger.head().entry
        found = revisions(resource.path(slug), [until(last), Condition("l.seq = ?", (entry,))], 1)
        if not found:
            raise _no_such_revision(resource, slug, entry, last)
    told = _told(resource, slug, found[0])
    return answer(compact(told | {"record": found[0].entry.record}), tag)


def _no_such_revision(resource: Resource, slug: str, entry: int, last: int) -> Problem:
    if not revisions(resource.path(slug), [until(last)], 1):
        return unknown_record(resource, slug)
    detail = f"entry {entry} is none of this {resource.singular}; /v1/{resource.path(slug)}/revisions lists those"
    return Problem(404, detail)


def written(entry: Entry) -> dict[str, Any]:
    """An entry as WrittenSchema has it."""
    return {
        "entry": entry.seq,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "reason": entry.reason,
        "into": entry.into,
        "payload_digest": entry.payload_digest,
        "digest": entry.digest,
    }


def _told(resource: Resource, slug: str, found: Revision) -> dict[str, Any]:
    """A revision as RevisionSchema has it."""
    return {
        **written(found.entry),
        "url": f"/v1/{resource.path(slug)}/revisions/{found.entry.seq}",
        "revision": found.revision,
        "diff": None if found.is_erased else _diff(found),
        "erased": found.is_erased,
    }


def _diff(found: Revision) -> list[Any]:
    """What an entry changed: nothing, where it is one that erases."""
    if found.entry.action == "erase":
        return []
    before = found.before.record if found.before else None
    return list(jsonpatch.make_patch(before, found.entry.record).patch)
