"""Answers that a client may keep: bytes with a strong ETag and Last-Modified, or 304 where it has them already."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from flask import Response, request
from werkzeug.http import http_date, parse_date

from api.problems import DETAILS, Problem
from api.schemas.registry import served_with
from models.database import execute

JSON = "application/json"
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
    """The last ledger entry's digest and time: they move with every change of the data."""
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
    if request.environ.keys().isdisjoint(CONDITIONS):
        return None
    _require_state(tag)
    if request.headers.get("If-None-Match"):
        known = request.if_none_match.contains_weak(tag.value)
    else:
        known = _unchanged_since(request.if_modified_since, tag) is True
    return _tagged(Response(status=304), tag) if known else None


def _require_state(tag: Tag) -> None:
    if request.headers.get("If-Match"):
        met = request.if_match.contains(tag.value)
    else:
        met = _unchanged_since(request.if_unmodified_since, tag) is not False
    if not met:
        raise Problem(412, DETAILS[412], headers={"ETag": f'"{tag.value}"'})


def _unchanged_since(given: datetime | None, tag: Tag) -> bool | None:
    """Whether nothing has changed since a date; None where there is no date to compare with."""
    modified = parse_date(tag.modified)
    return None if given is None or modified is None else modified <= given


def answer(body: bytes | Iterable[bytes], tag: Tag, content_type: str = JSON, following: str | None = None) -> Response:
    """200 with bytes, or with pieces of them that are sent as they come; and where the next page is."""
    response = _tagged(Response(body, content_type=content_type), tag)
    if following:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


def _tagged(response: Response, tag: Tag) -> Response:
    response.headers["ETag"] = f'"{tag.value}"'
    response.headers["Cache-Control"] = CACHE_CONTROL
    if tag.modified:
        response.headers["Last-Modified"] = tag.modified
    return response
