"""Reading a request's body: JSON of a sane size, every member known and well formed, or a problem that says why."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from flask import request
from gunicorn.http.errors import ParseException
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from api.answers import JSON
from api.problems import Problem
from api.schemas.messages import messages
from api.strict_json import DEEPEST, NotJSON, read_json
from models.vocabulary import nearest

LARGEST = 2_000_000
"""Bytes of a body: 1,000 names of 200 characters, each character escaped as \\uXXXX, and some room."""

MOST_FAULTS = 20
"""Faults that one answer tells; that there are more is said."""

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""What no database takes in a text, and no answer could repeat."""


def read_body(schema: Schema) -> dict[str, Any]:
    """The body's members, as the schema loads them.

    Raises Problem: 415 where it is no plain JSON by its headers, 413 where it is too large, 400 where it is no JSON,
    422 naming each member that is at fault.
    """
    value = read_value()
    try:
        loaded: dict[str, Any] = schema.load(value)
    except ValidationError as error:
        found = islice(messages(schema, error.messages), MOST_FAULTS + 1)
        faults = [_fault(schema, pointer, message) for pointer, message in found]
        raise Problem(422, _told(faults), faults[:MOST_FAULTS]) from None
    return loaded


def read_value(*others: str, largest: int = LARGEST) -> Any:
    """The body's value, as JSON or one of its `others` by Content-Type, of so many bytes at the most.

    Raises Problem: 415, 413 or 400, as `read_body` does.
    """
    _require_json(others)
    return _value(_text(largest))


def _require_json(others: Sequence[str]) -> None:
    """Refuse what is said to be something else than JSON in UTF-8, or to be compressed."""
    headers = TAKEN | ({"Accept-Patch": ", ".join((*others, JSON))} if request.method == "PATCH" else {})
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype not in (JSON, *others) or charset not in {"utf-8", "utf8"}:
        given = request.headers.get("Content-Type", "")[:80] or "none"
        taken = " or ".join((*others, JSON))
        raise Problem(415, f"the body must be JSON in UTF-8: Content-Type is {given}, send {taken}", headers=headers)
    transfer = request.headers.get("Transfer-Encoding", "").lower().removesuffix("chunked").strip(" ,")
    if coding := request.headers.get("Content-Encoding") or transfer:
        raise Problem(415, f"the body must be sent as it is, without a coding ({coding[:80]})", headers=headers)


TAKEN = {"Accept": JSON, "Accept-Encoding": "identity"}
"""What a body may be, as an answer 415 says it (RFC 9110, sections 12.5.1 and 12.5.3)."""


def _text(largest: int) -> str:
    """The body as text. Raises Problem."""
    request.max_content_length = largest + 1  # of a body in chunks werkzeug reads as many bytes, and cuts off the rest
    try:
        data = request.get_data()
    except ParseException:
        raise Problem(400, "the body's chunks are malformed (RFC 9112, section 7.1)") from None
    except RequestEntityTooLarge:
        raise _too_large(largest) from None
    if len(data) > largest:
        raise _too_large(largest)
    if len(data) < (request.content_length or 0):
        raise Problem(400, f"the body ends after {len(data):,} bytes; its Content-Length is {request.content_length:,}")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(400, f"the body is not UTF-8: byte {error.start + 1} is wrong") from None


def _too_large(largest: int) -> Problem:
    return Problem(413, f"the body is larger than {largest:,} bytes; send less at a time")


def _value(text: str) -> Any:
    if not text.strip():
        raise Problem(400, "the body is empty; send JSON")
    try:
        value = read_json(text)
    except NotJSON as fault:
        where = f", in line {fault.line}" if fault.line > 1 else ""
        raise Problem(400, f"the body {fault.detail}{where}") from None
    _require_storable(value)
    return value


def _require_storable(value: Any) -> None:
    for text, depth in _texts(value):
        if depth > DEEPEST:
            raise Problem(400, f"the body is nested more than {DEEPEST} deep")
        if UNSTORABLE.search(text):
            raise Problem(400, "the body has NUL or a lone surrogate in a text; take it out")


def _texts(value: Any) -> Iterator[tuple[str, int]]:
    """Every text in a value, names of members too, and how deep it stands; without recursion, since that may be deep.

    A list or object counts as an empty text.
    """
    pending = [(value, 0)]
    while pending:
        one, depth = pending.pop()
        if isinstance(one, str):
            yield one, depth
        elif isinstance(one, dict | list):
            yield "", depth + 1
            inner = [*one, *one.values()] if isinstance(one, dict) else one
            pending += [(each, depth + 1) for each in inner]


def _fault(schema: Schema, pointer: str, message: str) -> dict[str, Any]:
    fault: dict[str, Any] = {"pointer": pointer[:200], "detail": message}
    name = pointer.removeprefix("/")
    if not name or name.partition("/")[0] in schema.fields:
        return fault
    close = nearest(name, tuple(schema.fields))
    return fault | {"allowed": list(schema.fields)} | ({"nearest": close} if close else {})


def _told(faults: list[dict[str, Any]]) -> str:
    told = [f"{fault['pointer'] or 'the body'}: {fault['detail']}" for fault in faults[:MOST_FAULTS]]
    return "; ".join(told) + ("; and there are more" if len(faults) > MOST_FAULTS else "")
