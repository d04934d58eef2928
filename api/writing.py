"""Writing over HTTP: the record that a fixture would hold, by the same rules and the same writer as the loader.

What changes a record says by If-Match which revision of it it has seen: its ETag, or the revision in quotation marks.
An answer is sent when the record and its ledger entry are on the disk.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask import Response, request
from json_merge_patch import merge as merge_patch

from api.answers import answer, record_tag
from api.authorization import actor
from api.bodies import MOST_FAULTS, read_value
from api.dumping import with_claims
from api.finding import row_of
from api.given import Raw, flattened, validated
from api.pages import unknown_record
from api.problems import Problem
from api.schemas.registry import writer_wiring
from api.showing import pieces
from models.database import execute, reading
from models.declaration import Resource
from models.documents import decoded
from models.faults import Fault, Refused
from models.writer import Stale, write

MERGE_PATCH = "application/merge-patch+json"
NEEDED = 'say which revision you change: If-Match with its ETag, or its revision in quotation marks, such as "{}"'


def _foreign(owner: str, raw: Raw, at: int) -> dict[str, Any] | None:
    """What is wrong with a claim under a record whose id is that of a claim elsewhere."""
    row = execute("SELECT under FROM record WHERE path = ?", (raw.path,)).fetchone()
    if row is None or row[0] == owner:
        return None
    where = f"stands under {row[0]}" if row[0] else "stands by itself"
    detail = f"{raw.path} is there already and {where}; take another id, or change it at /v1/{raw.path}"
    return {"pointer": f"/claims/{at}/id", "detail": detail}


def given_record(resource: Resource, slug: str | None, value: Any) -> list[Raw]:
    """A body as the records that it holds: itself, and the claims under it. Raises Problem for another record's id."""
    if not isinstance(value, dict):
        raise Problem(422, "the body must be a JSON object: the record as a fixture has it")
    given = value.setdefault("id", slug) if slug else value.get("id")
    if slug and given != slug:
        detail = f"is the id of another record than /v1/{resource.path(slug)}; leave it out, or write to that one"
        raise Problem(422, f"/id: {detail}", [{"pointer": "/id", "detail": detail}])
    raws = list(flattened(resource.name, value, lambda pointer: pointer))
    owner, *claims = raws
    faults = [fault for at, claim in enumerate(claims) if (fault := _foreign(owner.path, claim, at))]
    if faults:
        raise Problem(422, "; ".join(_line(fault) for fault in faults), faults)
    return [_still_under(owner), *claims]


def _still_under(raw: Raw) -> Raw:
    """A claim that stands under a record goes on to, as long as it is about that record alone."""
    if raw.under or raw.resource != "claims" or not isinstance(raw.record, Mapping):
        return raw
    row = execute("SELECT under FROM record WHERE path = ?", (raw.path,)).fetchone()
    abouts = raw.record.get("about")
    alone = [one.get("record") for one in abouts if isinstance(one, Mapping)] if isinstance(abouts, list) else []
    if row is None or alone != [row[0]]:
        return raw
    return Raw(raw.resource, raw.record, raw.line, row[0], raw.faults)


def stored_input(resource: Resource, slug: str) -> dict[str, Any]:
    """A record as it was given, with the claims under it. Raises Problem where there is none."""
    row = execute("SELECT input FROM record WHERE path = ?", (resource.path(slug),)).fetchone()
    if row is None:
        raise unknown_record(resource, slug)
    return with_claims(resource.path(slug), decoded(row[0]))


def revision_of(path: str) -> int | None:
    """Which revision a record has; None where there is no such record."""
    row = execute("SELECT revision FROM record WHERE path = ?", (path,)).fetchone()
    return None if row is None else int(row[0])


def require_seen(path: str, revision: int | None) -> None:
    """Raise Problem unless the request says that it has seen this revision: 428 where it says none, 412 another.

    Of a record that is not there nobody has seen one.
    """
    asked = request.headers.get("If-Match")
    if request.headers.get("If-None-Match") and revision is not None:
        raise _not_seen(path, revision)
    if asked is None:
        if revision is not None:
            raise Problem(428, NEEDED.format(revision), headers=_state(path, revision))
        return
    seen = {tag.partition(".")[0] for tag in request.if_match.as_set()}
    if revision is None or not (request.if_match.star_tag or str(revision) in seen):
        raise _not_seen(path, revision)


def _not_seen(path: str, revision: int | None) -> Problem:
    if revision is None:
        return Problem(412, f"there is no {path} any more, or not yet; leave If-Match out to make it")
    detail = f"{path} has the revision {revision} by now; get it again, and send that"
    return Problem(412, detail, headers=_state(path, revision))


def _state(path: str, revision: int) -> dict[str, str]:
    """The ETag that a record has."""
    found = execute("SELECT document, digest FROM entry WHERE path = ?", (path,)).fetchone()
    return {"ETag": f'"{record_tag(bytes(found[0]), found[1]).value if found else revision}"'}


def written(
    raws: Sequence[Raw],
    told: Callable[[], Response],
    *,
    expected: Mapping[str, int | None],
    records: Iterable[Mapping[str, Any]] = (),
    remove: Mapping[str, str | None] = {},
    complete: bool = True,
    reason: str | None = None,
    trial: bool = False,
    begun: Callable[[], None] = lambda: None,
) -> Response:
    """Write records and remove others, all or nothing; `told` makes the answer, the last thing done in the transaction.

    `raws` are those of the body, `records` others that are sound; `begun` is called first in it. For the rest see
    `models.writer.write`.

    Raises Problem: 412 where a record has another revision than expected, 409 where others refer to what is removed,
    422 with every fault of what is given.
    """
    answers: list[Response] = []

    def finish() -> tuple[()]:
        answers.append(told())
        return ()

    def given() -> Iterator[Mapping[str, Any] | Fault]:
        begun()
        for raw in raws:
            yield from validated(raw, None)
        yield from records

    how = {"expected": expected, "remove": remove, "complete": complete, "reason": reason, "trial": trial}
    try:
        write(given(), wiring=writer_wiring(), actor=actor(), force=True, finish=finish, **how)  # type: ignore[arg-type]
    except Stale as stale:
        raise _not_seen(stale.path, stale.revision) from None
    except Refused as refused:
        raise _refused(refused, raws) from None
    return answers[0]


def _refused(refused: Refused, raws: Sequence[Raw]) -> Problem:
    """422 with the faults by pointer into the body; 409 where all are in records that the body does not hold."""
    given = {raw.path: raw for raw in raws}
    faults = [_told(fault, given) for fault in refused.faults[:MOST_FAULTS]]
    status = 422 if any("pointer" in fault for fault in faults) else 409
    more = f"; and {refused.total - len(faults)} more" if refused.total > len(faults) else ""
    return Problem(status, "; ".join(_line(fault) for fault in faults) + more, faults)


def _told(fault: Fault, given: Mapping[str, Raw]) -> dict[str, Any]:
    if fault.path in given:
        return {"pointer": given[fault.path].line(fault.pointer), "detail": fault.message}
    return {"detail": f"{fault.path}{fault.pointer}: {fault.message}"}


def _line(fault: Mapping[str, Any]) -> str:
    return f"{fault['pointer'] or 'the body'}: {fault['detail']}" if "pointer" in fault else str(fault["detail"])


def shown(resource: Resource, slug: str, status: int = 200) -> Response:
    """A record as it is now, with its claims. In an answer to PUT it has no ETag (RFC 9110, section 9.3.4)."""
    *parts, digest = execute(
        "SELECT document, standing, claims, digest FROM entry WHERE path = ?", (resource.path(slug),)
    ).fetchone()
    response = answer(b"".join(pieces(row_of((*parts, None, None, None)))), record_tag(bytes(parts[0]), digest))
    response.status_code = status
    response.headers["Content-Location"] = f"/v1/{resource.path(slug)}"
    if status == 201:
        response.headers["Location"] = f"/v1/{resource.path(slug)}"
    if request.method == "PUT":
        del response.headers["ETag"], response.headers["Last-Modified"]
    return response


def put(resource: Resource, slug: str, reason: str | None) -> Response:
    """Make a record, or put another in its place."""
    path = resource.path(slug)
    raws = given_record(resource, slug, read_value())
    return _kept(resource, slug, raws, reason, revision_of(path))


def patch(resource: Resource, slug: str, reason: str | None) -> Response:
    """Change some members of a record (RFC 7396)."""
    change = read_value(MERGE_PATCH)
    if not isinstance(change, dict):
        raise Problem(422, "the body must be a JSON object: the members that change, null for those that go (RFC 7396)")
    with reading():
        revision, whole = revision_of(resource.path(slug)), stored_input(resource, slug)
    return _kept(resource, slug, given_record(resource, slug, merge_patch(whole, change)), reason, revision)


def _kept(resource: Resource, slug: str, raws: Sequence[Raw], reason: str | None, revision: int | None) -> Response:
    path = resource.path(slug)
    require_seen(path, revision)
    status = 201 if revision is None else 200
    expected = revisions_of(raws) | {path: revision}
    return written(raws, lambda: shown(resource, slug, status), expected=expected, reason=reason)


def revisions_of(raws: Sequence[Raw]) -> dict[str, int | None]:
    """Which revision each record of a body has as it is looked at: when it is written, it must have that still."""
    return {raw.path: revision_of(raw.path) for raw in raws if "/" in raw.path}
