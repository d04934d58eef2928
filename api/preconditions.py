"""What a write says by If-Match and If-None-Match that it has seen, held against what there is (RFC 9110, section 13).

A record's revision alone counts: it moves with all that is served of the record, whatever the coding it was read in.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from flask import request

from api.answers import record_tag
from api.problems import Problem
from models.database import execute

NEEDED = 'say which revision you change: If-Match with its ETag, or its revision in quotation marks, such as "{}"'
MALFORMED = '{} must be *, or one or more ETags in quotation marks, such as "1"; it is malformed'

TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\U0010ffff]*)"')


class Tags(NamedTuple):
    """The entity tags that a header names, without quotation marks, and which of them are strong; or any at all."""

    every: frozenset[str]
    strong: frozenset[str]
    any: bool = False

    def name(self, revision: int | None, *, weakly: bool) -> bool:
        """Whether a revision is among them; none is where there is no record."""
        if revision is None or self.any:
            return revision is not None
        return str(revision) in {tag.partition(".")[0] for tag in (self.every if weakly else self.strong)}


def tags_in(header: str) -> Tags | None:
    """What a header of the request names; None where it is not sent. Raises Problem (400) where it is malformed."""
    sent = request.headers.get(header)
    if sent is None:
        return None
    if sent.strip() == "*":
        return Tags(frozenset(), frozenset(), any=True)
    found = TAG.findall(sent)
    members = {member.strip() for member in TAG.sub("x", sent).split(",")}
    if not found or not members <= {"x", ""}:
        raise Problem(400, MALFORMED.format(header))
    return Tags(frozenset(tag for _, tag in found), frozenset(tag for weak, tag in found if not weak))


def revision_of(path: str) -> int | None:
    """Which revision a record has; None where there is no such record."""
    row = execute("SELECT revision FROM record WHERE path = ?", (path,)).fetchone()
    return None if row is None else int(row[0])


def require_seen(path: str, revision: int | None) -> None:
    """Raise Problem unless the request says that it has seen this revision: 428 where it says none, 412 another.

    Of a record that is not there nobody has seen one.
    """
    seen, unseen = tags_in("If-Match"), tags_in("If-None-Match")
    if seen and not seen.name(revision, weakly=False):
        raise not_seen(path, revision)
    if unseen and unseen.name(revision, weakly=True):
        raise Problem(412, f"{path} is there already, with the revision {revision}", headers=_state(path))
    if revision is not None and not seen:
        raise Problem(428, NEEDED.format(revision), headers=_state(path))


def not_seen(path: str, revision: int | None) -> Problem:
    """412: the request has seen another revision than there is."""
    if revision is None:
        return Problem(412, f"there is no {path} any more, or not yet; leave If-Match out to make it")
    return Problem(412, f"{path} has the revision {revision} by now; get it again, and send that", headers=_state(path))


def overtaken(path: str, revision: int | None) -> Problem:
    """A record was changed by another while this request was looked at: 412, or 409 where it sets no condition."""
    if "If-Match" in request.headers or "If-None-Match" in request.headers:
        return not_seen(path, revision)
    told = "is gone" if revision is None else f"has the revision {revision}"
    return Problem(409, f"{path} {told} by now: another request was faster; get it again, and decide anew")


def _state(path: str) -> dict[str, str]:
    """The ETag of the record that is asked for; none where what stands in the way is another, a claim under it, say."""
    if request.path not in {f"/v1/{path}", f"/v1/{path}/merge", f"/v1/{path}/revert"}:
        return {}
    found = execute("SELECT document, digest FROM entry WHERE path = ?", (path,)).fetchone()
    return {"ETag": f'"{record_tag(bytes(found[0]), found[1]).value}"'} if found else {}


def require_taken(sends: Collection[str], *, body: bool) -> None:
    """Raise Problem (400) where a write is sent a key or a body that it does not read: it would seem to be heeded."""
    if "Idempotency-Key" in request.headers and "Idempotency-Key" not in sends:
        raise Problem(400, "Idempotency-Key says nothing here; leave it out")
    if not body and (request.content_length or "Transfer-Encoding" in request.headers):
        raise Problem(400, "no body is taken here; what it is to say is a parameter")
