"""Answers that a client may keep: bytes with a strong ETag and Last-Modified, or 304 where it has them already."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from flask import Response, request
from werkzeug.http import http_date, parse_date

from api import as_of
from api.problems import DETAILS, Problem
from api.schemas.registry import served_with
from models.database import execute

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
HTML = "text/html; charset=utf-8"

CACHE_CONTROL = "no-cache"
"""Kept by whoever likes, and asked for anew each time (a 304 while nothing has changed): data may change at any moment,
and a denial that came an hour ago must not be missed. `max-age=0, must-revalidate` says the same at more length."""

CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")


class Tag(NamedTuple):
    """What tells one state of an answer from another.

    `value` is its ETag without the quotation marks, before any content coding (`api.codings` tells those apart);
    `modified` an HTTP date: since when it is so; "" where there is no data yet.
    """

    value: str
    modified: str


def query_digest(*parts: str) -> str:
    """A digest of what was asked."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def answer_digest(*parts: str) -> str:
    """A digest of what was asked, and of the code that makes the answer."""
    return query_digest(served_with(), *parts)


def collection_tag(media_type: str = JSON) -> Tag:
    """The tag of any answer made of more than one record, in one media type: known before any data is read."""
    head, at = _ledger_head()
    query = request.environ.get("QUERY_STRING", "")
    return Tag(f"{head}.{answer_digest(media_type, request.path, query)}", at and moment(at))


def _ledger_head() -> tuple[str, str]:
    """The last ledger entry's digest and time: they move with every change of the data, and with an erasure of it."""
    if there := as_of.turned():
        digest, at = there.head
        return query_digest(digest), at
    row = execute("SELECT digest, at FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    return (str(row[0])[:16], str(row[1])) if row else ("empty", "")


def record_tag(document: bytes, digest: str) -> Tag:
    """The tag of one record, by the revision and the time of change that its document ends with.

    (No text in a document can hold a bare quotation mark.)
    """
    revision, _, updated = document.rpartition(b'"revision":')[2].partition(b',"updated":"')
    return Tag(f"{revision.decode()}.{answer_digest(digest)}", moment(updated[:-2].decode()))


@lru_cache(maxsize=4096)
def moment(at: str) -> str:
    """A timestamp (ISO 8601 in UTC) as HTTP spells it, to the second."""
    return http_date(datetime.fromisoformat(at))


def not_modified(tag: Tag) -> Response | None:
    """304, if the client already has the answer with this tag (RFC 9110, section 13.2.2).

    Raises Problem (412) where it wants another state of it than there is.
    """
    asked = request.environ
    if asked.keys().isdisjoint(CONDITIONS):
        return None
    _require_state(tag, asked)
    if given := asked.get("HTTP_IF_NONE_MATCH"):
        known = given == f'"{tag.value}"' or request.if_none_match.contains_weak(tag.value)
    else:
        known = _unchanged_since(asked.get("HTTP_IF_MODIFIED_SINCE"), tag) is True
    return NotModified(status=304, headers=_known_by(tag)) if known else None


class NotModified(Response):
    """An answer that the client has: it has no content, nor a type of it."""

    default_mimetype = None


def _require_state(tag: Tag, asked: Mapping[str, str]) -> None:
    if asked.get("HTTP_IF_MATCH"):
        met = request.if_match.contains(tag.value)
    else:
        met = _unchanged_since(asked.get("HTTP_IF_UNMODIFIED_SINCE"), tag) is not False
    if not met:
        raise Problem(412, DETAILS[412], headers={"ETag": f'"{tag.value}"'})


def _unchanged_since(given: str | None, tag: Tag) -> bool | None:
    """Whether nothing has changed since an HTTP date; None where there is no date to compare with."""
    if given is None:
        return None
    since, modified = parse_date(given), parse_date(tag.modified)
    return None if since is None or modified is None else modified <= since


def answer(body: bytes | Iterable[bytes], tag: Tag, content_type: str = JSON, following: str | None = None) -> Response:
    """200 with bytes, or with pieces of them that are sent as they come; and where the next page is."""
    headers = _known_by(tag)
    if tag.modified:
        headers.append(("Last-Modified", tag.modified))
    if following:
        headers.append(("Link", f'<{following}>; rel="next"'))
    return Response(body, headers=headers, content_type=content_type)


def _known_by(tag: Tag) -> list[tuple[str, str]]:
    """What a 304 says too: no Last-Modified beside an ETag (RFC 9110, section 15.4.5).

    A Response is given all its headers at once: one by one takes twice as long.
    """
    return [("ETag", f'"{tag.value}"'), ("Cache-Control", CACHE_CONTROL)]
