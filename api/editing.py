"""What editors can do with the records of each resource: its views, and the parameters that they take."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from flask import Blueprint, Response

from api.answers import JSON, MERGE_PATCH, answer, not_modified, record_tag
from api.authorization import actor
from api.bodies import read_body, read_value
from api.idempotency import Keep, once
from api.operations import operation
from api.pages import unknown_record
from api.parameters import read_query
from api.preconditions import overtaken, require_seen, require_taken, revision_of
from api.problems import Problem
from api.schemas.editing import (
    MERGE_BODY,
    REMOVAL_QUERY,
    REVERT_BODY,
    WRITE_QUERY,
    ErasureSchema,
    InputQuery,
    TombstoneSchema,
)
from api.schemas.registry import SCHEMAS, writer_wiring
from api.writing import (
    given_record,
    note_kept,
    patch,
    put,
    require_erasable,
    revisions_of,
    shown,
    stored_input,
    written,
)
from models.database import execute, reading
from models.declaration import Resource
from models.documents import compact
from models.merging import merged
from models.reverting import Lost, earlier
from models.writer import erase, is_served

CHANGES = (404, 409, 412, 422, 428)
"""How a change of a record can end otherwise."""


def edit(blueprint: Blueprint, resource: Resource) -> None:
    """Add to a resource's views those that change its records."""
    for view in (_add, _put, _patch, _remove, _input, _revert, _erase):
        view(blueprint, resource)
    if resource.name != "claims":
        _merge(blueprint, resource)


def _view(
    blueprint: Blueprint, method: str, path: str, resource: Resource, name: str, text: str, **declared: Any
) -> Callable[[Callable[..., Response]], None]:
    """Add a view of a resource's, with what it says of itself."""

    def add(function: Callable[..., Response]) -> None:
        function.__doc__ = text.format(a=_article(resource), one=resource.singular)
        function.__name__ = name.format(resource.singular)
        view = operation(**declared)(_taking(function, declared))
        blueprint.add_url_rule(f"/{resource.name}{path}", function.__name__, view, methods=[method])

    return add


def _taking(function: Callable[..., Response], declared: Mapping[str, Any]) -> Callable[..., Response]:
    """A view of a write that refuses what it would not read."""
    if declared.get("scope", "read") == "read":
        return function

    @wraps(function)
    def view(**arguments: str) -> Response:
        require_taken(declared.get("sends", ()), body="body" in declared)
        return function(**arguments)

    return view


def _article(resource: Resource) -> str:
    return f"{'an' if resource.singular[0] in 'aeiou' else 'a'} {resource.singular}"


def _add(blueprint: Blueprint, resource: Resource) -> None:
    text = """Add {a}.

    The body is the record as a fixture has it, with its `id` and the claims under it. With an `Idempotency-Key`, a
    request that is sent again within two days is answered as it was at first.
    """

    @_view(
        blueprint, "POST", "", resource, "add_{}", text,
        query=WRITE_QUERY, answer=SCHEMAS[resource.name], body=resource.name, errors=(409, 422),
        sends=("Idempotency-Key",), statuses=(201,), conditional=False, scope="edit",
    )  # fmt: skip
    def add() -> Response:
        reason, value = read_query(WRITE_QUERY).get("reason"), read_value()
        return once(lambda keep: _added(resource, value, reason, keep))


def _added(resource: Resource, value: Any, reason: str | None, keep: Keep) -> Response:
    with reading():
        raws = given_record(resource, None, value)
        path, expected = raws[0].path, revisions_of(raws)
    if expected.get(path) is not None:
        raise Problem(409, f"there is {path} already; change it where it is: /v1/{path}")
    slug = path.partition("/")[2]
    return written(raws, lambda: keep(shown(resource, slug, 201)), expected=expected, reason=reason)


def _put(blueprint: Blueprint, resource: Resource) -> None:
    text = """Make or replace {a}.

    The body is the record as a fixture has it, with the claims under it: what it lacks is gone. To replace one, say by
    `If-Match` which revision of it you have seen.
    """

    @_view(
        blueprint, "PUT", "/<slug:slug>", resource, "put_{}", text,
        query=WRITE_QUERY, answer=SCHEMAS[resource.name], body=resource.name, errors=CHANGES,
        sends=("If-Match",), statuses=(200, 201), conditional=False, scope="edit",
    )  # fmt: skip
    def put_one(slug: str) -> Response:
        return put(resource, slug, read_query(WRITE_QUERY).get("reason"))


def _patch(blueprint: Blueprint, resource: Resource) -> None:
    text = """Change {a}.

    The body is a JSON Merge Patch (RFC 7396) of the record as /input gives it: members that change, null for those that
    go; a list is replaced whole. Say by `If-Match` which revision of it you have seen.
    """

    @_view(
        blueprint, "PATCH", "/<slug:slug>", resource, "patch_{}", text,
        query=WRITE_QUERY, answer=SCHEMAS[resource.name], body=resource.name, takes=(MERGE_PATCH, JSON), errors=CHANGES,
        sends=("If-Match",), conditional=False, scope="edit",
    )  # fmt: skip
    def patch_one(slug: str) -> Response:
        return patch(resource, slug, read_query(WRITE_QUERY).get("reason"))


def _remove(blueprint: Blueprint, resource: Resource) -> None:
    text = """Remove {a}.

    It goes with the claims under it; whoever asks for it is answered 410 with who removed it, when and why. What other
    records refer to cannot be removed. Say by `If-Match` which revision of it you have seen.
    """

    @_view(
        blueprint, "DELETE", "/<slug:slug>", resource, "remove_{}", text,
        query=REMOVAL_QUERY, answer=TombstoneSchema(), errors=CHANGES, sends=("If-Match",),
        conditional=False, scope="edit",
    )  # fmt: skip
    def remove(slug: str) -> Response:
        reason, path = read_query(REMOVAL_QUERY)["reason"], resource.path(slug)
        revision = _seen(resource, slug)
        return written([], lambda: _tombstone(path), expected={path: revision}, remove={path: None}, reason=reason)


def _tombstone(path: str) -> Response:
    names = ("path", "entry", "at", "actor", "reason")
    row = execute(
        "SELECT path, seq, at, actor, reason FROM ledger WHERE path = ? ORDER BY seq DESC LIMIT 1", (path,)
    ).fetchone()
    return Response(compact(dict(zip(names, row, strict=True))), content_type=JSON)


def _seen(resource: Resource, slug: str) -> int:
    """The revision of a record that there is, and that the request has seen. Raises Problem."""
    path = resource.path(slug)
    revision = revision_of(path)
    if revision is None:
        raise unknown_record(resource, slug)
    require_seen(path, revision)
    return revision


def _input(blueprint: Blueprint, resource: Resource) -> None:
    text = """Get the input of {a}.

    The record as it was given, with the claims under it: what PUT takes, and what PATCH changes. What it was at another
    time can be put again: of a claim that is gone, the ledger does not tell whether it stood under its record, and it
    is given there.
    """
    query = InputQuery(resource)

    @_view(
        blueprint, "GET", "/<slug:slug>/input", resource, "get_{}_input", text,
        query=query, answer=SCHEMAS[resource.name], errors=(404, 422), as_given=True,
    )  # fmt: skip
    def get_input(slug: str) -> Response:
        read_query(query)
        path = resource.path(slug)
        with reading():
            given = compact(stored_input(resource, slug))
            document, digest = execute("SELECT document, digest FROM entry WHERE path = ?", (path,)).fetchone()
        tag = record_tag(bytes(document), f"{digest} input")
        return not_modified(tag) or answer(given, tag)


def _merge(blueprint: Blueprint, resource: Resource) -> None:
    text = """Merge {a} into another.

    Whatever refers to this one refers to the other then, which takes over the claims under it, its spellings, and what
    only it had; this one's address leads there (308). Both change: say by `If-Match` which revision of this one you
    have seen, and by `revision` which of the other.
    """

    @_view(
        blueprint, "POST", "/<slug:slug>/merge", resource, "merge_{}", text,
        query=REMOVAL_QUERY, answer=SCHEMAS[resource.name], body=MERGE_BODY, errors=CHANGES,
        sends=("If-Match", "Idempotency-Key"), conditional=False, scope="edit",
    )  # fmt: skip
    def merge(slug: str) -> Response:
        reason, body = read_query(REMOVAL_QUERY)["reason"], read_body(MERGE_BODY)
        return once(lambda keep: _merged(resource, slug, body["into"], body["revision"], reason, keep))


def _merged(resource: Resource, slug: str, into: str, seen: int, reason: str, keep: Keep) -> Response:
    gone, kept = resource.path(slug), resource.path(into)
    expected, found = {gone: _seen(resource, slug), kept: seen}, revision_of(kept)
    if into == slug:
        raise _unfit("into", "is the record itself; name another")
    if found is None:
        raise _unfit("into", f"there is no {resource.singular} with the id {into}")
    if found != seen:
        raise overtaken(kept, found)
    records = merged(gone, kept, reason, writer_wiring())
    return written(
        [], lambda: keep(shown(resource, into)), records=records, expected=expected, remove={gone: kept},
        complete=False, reason=reason,
    )  # fmt: skip


def _unfit(member: str, detail: str) -> Problem:
    return Problem(422, f"/{member}: {detail}", [{"pointer": f"/{member}", "detail": detail}])


def _revert(blueprint: Blueprint, resource: Resource) -> None:
    text = """Turn {a} back to what it was.

    To what an entry of the ledger holds: the record as it was then, and the claims about it alone. This is a new
    revision; one that was removed is there again. Say by `If-Match` which revision of it you have seen.
    """

    @_view(
        blueprint, "POST", "/<slug:slug>/revert", resource, "revert_{}", text,
        query=WRITE_QUERY, answer=SCHEMAS[resource.name], body=REVERT_BODY, errors=CHANGES,
        sends=("If-Match", "Idempotency-Key"), conditional=False, scope="edit",
    )  # fmt: skip
    def revert(slug: str) -> Response:
        reason, entry = read_query(WRITE_QUERY).get("reason"), int(read_body(REVERT_BODY)["entry"])
        return once(lambda keep: _reverted(resource, slug, entry, reason or f"turned back to entry {entry}", keep))


def _reverted(resource: Resource, slug: str, entry: int, reason: str, keep: Keep) -> Response:
    path = resource.path(slug)
    with reading():
        revision = revision_of(path)
        if revision is None and not execute("SELECT 1 FROM removed WHERE path = ?", (path,)).fetchone():
            raise unknown_record(resource, slug)
        require_seen(path, revision)
        try:
            before = earlier(path, entry)
        except Lost as lost:
            raise _unfit("entry", str(lost)) from None
        claims = [f"claims/{record['id']}" for record in before.records[1:]]
        expected = {one: revision_of(one) for one in (path, *claims, *before.later)}
    return written(
        [], lambda: keep(shown(resource, slug)), records=before.records, expected=expected,
        remove=dict.fromkeys(before.later), complete=False, reason=reason,
    )  # fmt: skip


def _erase(blueprint: Blueprint, resource: Resource) -> None:
    text = """Erase the past of {a}.

    What the ledger holds of what it was, and of what the claims about it were, is blanked for good: that they were
    written stays, with who did so and when, and the chain still verifies. What is served now stays too; of one that is
    gone nothing does. It takes a key of the scope admin.
    """

    @_view(
        blueprint, "POST", "/<slug:slug>/erase", resource, "erase_{}", text,
        query=REMOVAL_QUERY, answer=ErasureSchema(), errors=(404, 422), conditional=False, scope="admin",
    )  # fmt: skip
    def erase_one(slug: str) -> Response:
        reason, path = read_query(REMOVAL_QUERY)["reason"], resource.path(slug)
        try:
            erased = erase(path, reason=reason, actor=actor(), permit=require_erasable, kept=note_kept)
        except KeyError:
            raise unknown_record(resource, slug) from None
        return Response(compact({"path": path, "erased": erased, "served": is_served(path)}), content_type=JSON)
