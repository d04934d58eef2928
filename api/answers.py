"""Answers that a client may keep: JSON bytes under a strong ETag, or 304 where it has them already."""

import hashlib

from flask import Response, request

from api.schemas.registry import served_with
from models.database import execute

JSON = "application/json"


def query_digest(*parts: str) -> str:
    """A digest of what was asked."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def ledger_head() -> str:
    """The last ledger entry's digest: it moves with every change of the data."""
    row = execute("SELECT digest FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    return str(row[0])[:16] if row else "empty"


def collection_tag() -> str:
    """The ETag of any answer made of more than one record: known before any data is read."""
    return f"{ledger_head()}.{answer_digest(request.path, request.environ.get('QUERY_STRING', ''))}"


def answer_digest(*parts: str) -> str:
    """A digest of what was asked, and of the code that makes the answer."""
    return query_digest(served_with(), *parts)


def not_modified(tag: str) -> Response | None:
    """304, if the client already has the answer with this ETag."""
    if not request.headers.get("If-None-Match") or not request.if_none_match.contains_weak(tag):
        return None
    return _tagged(Response(status=304), tag)


def answer(body: bytes, tag: str, following: str | None = None) -> Response:
    """200 with JSON bytes, and where the next page is."""
    response = _tagged(Response(body, content_type=JSON), tag)
    if following:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


def _tagged(response: Response, tag: str) -> Response:
    response.headers["ETag"] = f'"{tag}"'
    response.headers["Cache-Control"] = "no-cache"
    return response
