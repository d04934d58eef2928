"""Writing over HTTP: the record that a fixture would hold, by the same rules and the same writer as the loader.

What changes a record says by If-Match which revision of it it has seen: its ETag, or the revision in quotation marks.
An answer is sent when the record and its ledger entry are on the disk.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask import Response, request
from json_merge_patch import merge as merge_patch

from api.answers import MERGE_PATCH, answer, record_tag
from api.authorization import actor, is_limited, require_resources
from api.bodies import MOST_FAULTS, read_value
from api.dumping import with_claims
from api.finding import row_of
from api.given import Raw, flattened, validated
from api.pages import unknown_record
from api.preconditions import overtaken, require_seen, revision_of
from api.problems import Problem
from api.schemas.registry import writer_wiring
from api.showing import pieces
from models.database import JournalKept, execute, reading
from models.declaration import Resource
from models.documents import decoded
from models.faults import Fault, Refused
from models.writer import SYSTEM_KEYS, Stale, write

log = logging.getLogger("talbuk")

LONGEST_POINTER = 200
"""Characters of a pointer that an answer tells: the name of a member can be as long as a body."""


MOST = 5_000
"""Records of a body, with the claims under them: while they are written nobody else can write. More are loaded from a
file."""


def require_few(raws: Sequence[Raw]) -> None:
    """Raise Problem (413) where a body holds more records than are written at once."""
    if len(raws) > MOST:
        detail = f"the body has {len(raws):,} records, claims included; {MOST:,} are the most, `talbuk load` takes more"
        raise Problem(413, detail)


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
    require_few(raws)
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

    `raws` are those of the body, `records` others, in their full form; `begun` is called first in it. For the rest see
    `models.writer.write`.

    Raises Problem: 412 where a record has another revision than expected, 409 where others refer to what is removed,
    422 with every fault of what is given.
    """
    answers: list[Response] = []
    sound = [list(validated(raw, None, ordinal)) for ordinal, raw in enumerate(raws, 1)]  # while others may write

    def finish() -> tuple[()]:
        answers.append(told())
        return ()

    def given() -> Iterator[Mapping[str, Any] | Fault]:
        begun()
        _require_permitted(dict.fromkeys(remove))
        for raw, found in zip(raws, sound, strict=True):
            _require_permitted({raw.path: raw.under})
            yield from found
        for record in records:
            _require_permitted({f"{record['resource']}/{record['id']}": record["under"]})
            content = {name: value for name, value in record.items() if name not in SYSTEM_KEYS}
            yield from validated(Raw(record["resource"], content, str, record["under"]), None)

    how = {"expected": expected, "remove": remove, "complete": complete, "reason": reason, "trial": trial}
    how |= {"actor": actor(), "finish": finish, "permit": require_erasable, "kept": note_kept}
    try:
        write(given(), wiring=writer_wiring(), force=True, **how)  # type: ignore[arg-type]
    except Stale as stale:
        raise overtaken(stale.path, stale.revision) from None
    except Refused as refused:
        raise _refused(refused, raws) from None
    return answers[0]


def note_kept(fault: JournalKept) -> None:
    """A reader still keeps pages of what was erased: the write is done, and the next one lets go of them."""
    log.warning("%s", fault)


def _require_permitted(places: Mapping[str, str | None]) -> None:
    """Raise Problem where the key is not for these records: each path, and the one that the record stands under.

    A claim belongs to the record that it stands under, and so does one that stood under it until now.
    """
    if not is_limited():
        return
    for path, under in places.items():
        row = execute("SELECT under FROM record WHERE path = ?", (path,)).fetchone()
        now = row[0] if row else under
        require_resources({(place or path).partition("/")[0] for place in (under or now, now)})


def require_erasable(owners: Mapping[str, str | None]) -> None:
    """Raise Problem where the key is not for these records, whose past a request would erase.

    A claim belongs to the record that it stands under, and one that is gone to the one that it was about, if to one.
    """
    if not is_limited():
        return
    for path, owner in owners.items():
        row = execute("SELECT under FROM record WHERE path = ?", (path,)).fetchone()
        place = (row[0] if row else owner) or path
        require_resources({place.partition("/")[0]}, f"; this would erase the past of {path}")


def _refused(refused: Refused, raws: Sequence[Raw]) -> Problem:
    """422 with the faults by pointer into the body; 409 where all are in records that the body does not hold."""
    faults = [_told(fault, raws) for fault in refused.faults[:MOST_FAULTS]]
    status = 422 if any("pointer" in fault for fault in faults) else 409
    more = f"; and {refused.total - len(faults)} more" if refused.total > len(faults) else ""
    return Problem(status, "; ".join(_line(fault) for fault in faults) + more, faults)


def _told(fault: Fault, raws: Sequence[Raw]) -> dict[str, Any]:
    raw = raws[fault.ordinal - 1] if fault.ordinal else next((raw for raw in raws if raw.path == fault.path), None)
    if raw:
        return {"pointer": raw.line(fault.pointer)[:LONGEST_POINTER], "detail": fault.message}
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
    if "Content-Range" in request.headers:
        raise Problem(400, "a record is put whole: leave Content-Range out (RFC 9110, section 14.5)")
    value = read_value()
    return _kept(resource, slug, reason, lambda: value)


def patch(resource: Resource, slug: str, reason: str | None) -> Response:
    """Change some members of a record (RFC 7396)."""
    change = read_value(MERGE_PATCH)
    if not isinstance(change, dict):
        raise Problem(422, "the body must be a JSON object: the members that change, null for those that go (RFC 7396)")
    return _kept(resource, slug, reason, lambda: merge_patch(stored_input(resource, slug), change))


def _kept(resource: Resource, slug: str, reason: str | None, made: Callable[[], Any]) -> Response:
    """Write what is made of a body, of the record as it was seen: all that is looked at is of one moment."""
    path = resource.path(slug)
    with reading():
        revision, value = revision_of(path), made()
        require_seen(path, revision)
        raws = given_record(resource, slug, value)
        expected = revisions_of(raws) | {path: revision}
    status = 201 if revision is None else 200
    return written(raws, lambda: shown(resource, slug, status), expected=expected, reason=reason)


def revisions_of(raws: Sequence[Raw]) -> dict[str, int | None]:
    """Which revision each record of a body has as it is looked at: when it is written, it must have that still."""
    return {raw.path: revision_of(raw.path) for raw in raws if "/" in raw.path}
