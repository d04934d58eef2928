"""Bundles: many records of any kinds at once, all of them or none."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response
from marshmallow import Schema, fields

from api.authorization import require_resources
from api.bodies import read_value
from api.given import Raw, flattened
from api.idempotency import Keep, once
from api.operations import operation
from api.parameters import read_query
from api.preconditions import require_taken, tags_in
from api.problems import Problem
from api.schemas.editing import Reason
from api.schemas.fields import Strict, not_among
from api.schemas.parameters import Flag
from api.writing import require_few, written
from models import ledger
from models.database import execute
from models.documents import compact
from models.registry import RESOURCE

LARGEST = 16_000_000
"""Bytes of a body."""

blueprint = Blueprint("bundles", __name__)


class BundleQuery(Schema):
    """What the writing of a bundle takes."""

    dry_run = Flag("Only tell what would change, and keep nothing of it.", default=False)
    reason = Reason("Why, for the ledger.")


class BundleChangeSchema(Strict):
    """One record that changes."""

    path = fields.String(required=True, metadata={"description": "The record's path."})
    action = fields.String(
        required=True, metadata={"description": "What becomes of it.", "enum": ["add", "change", "remove"]}
    )


class BundleAnswerSchema(Strict):
    """What a bundle changes, or would change."""

    dry_run = fields.Boolean(required=True, metadata={"description": "Whether nothing of it was kept."})
    added = fields.Integer(required=True, metadata={"description": "Records that are new."})
    changed = fields.Integer(required=True, metadata={"description": "Records that were others before."})
    removed = fields.Integer(required=True, metadata={"description": "Claims that are gone from under their record."})
    unchanged = fields.Integer(required=True, metadata={"description": "Records that are as they were."})
    changes = fields.List(
        fields.Nested(BundleChangeSchema),
        required=True,
        metadata={"description": "Each record that changes."},
    )


BUNDLE_QUERY = BundleQuery()


@blueprint.post("/bundles")
@operation(
    query=BUNDLE_QUERY, answer=BundleAnswerSchema(), body="bundles", errors=(409, 412, 422, 428),
    sends=("If-Match", "Idempotency-Key"), conditional=False, scope="edit",
)  # fmt: skip
def write_bundle() -> Response:
    """Write a bundle.

    The body is a fixture bundle: resource -> list of records, with the claims under them. All of it is written or
    nothing. With `dry_run` it is told what would change, with an `ETag` of the whole instance; a bundle that changes
    records that are there already must send that in `If-Match`.
    """
    given = read_query(BUNDLE_QUERY)
    raws = list(_records(read_value(largest=LARGEST)))
    require_few(raws)
    require_resources({raw.resource for raw in raws if raw.under is None})
    if given.get("dry_run"):
        require_taken((), body=True)
        return _written(raws, given, lambda response: response)
    return once(lambda keep: _written(raws, given, keep))


def _records(value: Any) -> Iterator[Raw]:
    if not isinstance(value, dict):
        raise Problem(422, "the body must be a JSON object: resource -> list of records")
    for name, records in value.items():
        if name not in RESOURCE:
            raise _unfit(f"/{name[:80]}", f"is no resource: {not_among(name, tuple(RESOURCE))}")
        if not isinstance(records, list):
            raise _unfit(f"/{name}", "must be a list of records")
        for position, record in enumerate(records):
            place = f"/{name}/{position}"
            yield from flattened(name, record, lambda pointer, place=place: place + pointer)  # type: ignore[misc]


def _unfit(pointer: str, detail: str) -> Problem:
    return Problem(422, f"{pointer}: {detail}", [{"pointer": pointer, "detail": detail}])


def _written(raws: list[Raw], given: Mapping[str, Any], keep: Keep) -> Response:
    trial, before = bool(given.get("dry_run")), Before()

    def told() -> Response:
        answer = _changes(raws, before.entry) | {"dry_run": trial}
        if not trial and answer["changed"] + answer["removed"]:
            _require_seen(before.tag)
        headers = {"ETag": before.tag} if trial else {}
        body = compact({name: answer[name] for name in BundleAnswerSchema().fields})
        return keep(Response(body, headers=headers, content_type="application/json"))

    return written(raws, told, expected={}, reason=given.get("reason"), trial=trial, begun=before.note)


class Before:
    """The ledger's head as a write finds it, under the lock."""

    entry, tag = 0, ""

    def note(self) -> None:
        """Look at it."""
        self.entry, digest = ledger.head()
        self.tag = f'"{digest[:16]}"'


def _require_seen(tag: str) -> None:
    """Raise Problem unless the request says that it has seen the instance as it is."""
    seen = tags_in("If-Match")
    if seen is None:
        detail = f"the bundle changes records that are there; try it with dry_run=true, and send If-Match: {tag}"
        raise Problem(428, detail, headers={"ETag": tag})
    if not (seen.any or tag.strip('"') in seen.strong):
        detail = f"the instance has changed since; try it again with dry_run=true, and send If-Match: {tag}"
        raise Problem(412, detail, headers={"ETag": tag})


ACTIONS = {"added": "add", "changed": "change", "removed": "remove"}


def _changes(raws: list[Raw], entry: int) -> dict[str, Any]:
    rows = execute(
        "SELECT path, action FROM ledger WHERE seq > ? AND action <> 'erase' ORDER BY seq", (entry,)
    ).fetchall()
    changes = [{"path": path, "action": action} for path, action in rows]
    counts = {name: sum(change["action"] == action for change in changes) for name, action in ACTIONS.items()}
    unchanged = len({raw.path for raw in raws}) - counts["added"] - counts["changed"]
    return {**counts, "unchanged": unchanged, "changes": changes}
