"""Idempotency-Key (an Internet-Draft of the HTTPAPI group): a POST that is sent again is answered as it was at first.

The answer is kept in the transaction that makes the record. What is under way is noted before it, under a mark of its
own: a process that ends in between leaves the mark, which counts for nothing after a minute.
"""

import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, request

from api.answers import query_digest
from api.authorization import actor
from api.problems import Problem, problem
from models.database import execute, writing
from models.documents import compact, decoded
from models.failures import DRIVER_ERRORS

HEADER = "Idempotency-Key"
FORM = re.compile(r'"[\x21\x23-\x5b\x5d-\x7e]{1,200}"|[\x21\x23-\x5b\x5d-\x7e]{1,200}')

KEPT = timedelta(hours=48)
"""How long an answer can be asked for again."""

UNDER_WAY = timedelta(minutes=1)
"""After this a request that was begun and not ended is taken for dead."""

KEYED = "actor = ? AND key = ?"

Keep = Callable[[Response], Response]


def once(make: Callable[[Keep], Response]) -> Response:
    """What a request makes, made once for each key: `make` calls `keep` with its answer, last in its transaction.

    Raises Problem: 422 where the key was used for another request, 409 while that is under way.
    """
    key = _key()
    if key is None:
        return make(lambda response: response)
    mark = secrets.token_hex(8)
    if (kept := _begin(key, mark)) is not None:
        return kept

    def keep(response: Response) -> Response:
        headers = [[name, value] for name, value in response.headers.items() if name != "Content-Length"]
        ended = execute(
            f"UPDATE answered SET status = ?, headers = ?, body = ?, mark = NULL WHERE {KEYED} AND mark = ?",
            (response.status_code, compact(headers).decode(), response.get_data(), actor(), key, mark),
        )
        if not ended.rowcount:
            raise _under_way()
        return response

    try:
        return make(keep)
    except BaseException:
        with suppress(*DRIVER_ERRORS), writing():  # what went wrong is what is told; the mark counts for a minute
            execute(f"DELETE FROM answered WHERE {KEYED} AND mark = ?", (actor(), key, mark))
        raise


def _key() -> str | None:
    given = request.headers.get(HEADER)
    if given is None:
        return None
    if not FORM.fullmatch(given):
        detail = f"{HEADER} must be one word of 1 to 200 printable ASCII characters, such as a UUID"
        raise Problem(400, detail)
    return given.strip('"')


def _begin(key: str, mark: str) -> Response | None:
    """Note that a request is under way, or find how it was answered."""
    now, asked = datetime.now(UTC), _digest()
    with writing():
        execute("DELETE FROM answered WHERE begun < ?", (_spelled(now - KEPT),))
        dead = (actor(), key, _spelled(now - UNDER_WAY))
        execute(f"DELETE FROM answered WHERE {KEYED} AND mark IS NOT NULL AND begun < ?", dead)
        columns = "request, mark, status, headers, body"
        row = execute(f"SELECT {columns} FROM answered WHERE {KEYED}", (actor(), key)).fetchone()
        if row is None:
            execute(
                "INSERT INTO answered (actor, key, request, begun, mark) VALUES (?, ?, ?, ?, ?)",
                (actor(), key, asked, _spelled(now), mark),
            )
            return None
        if row[1] is None:  # a write that is kept proves that what it follows is, by a standby too
            execute(f"UPDATE answered SET request = request WHERE {KEYED}", (actor(), key))
    if row[0] != asked:
        raise Problem(422, f"the {HEADER} was used for another request; take a new one for each")
    if row[1] is not None:
        raise _under_way()
    return _again(row)


def _again(row: Any) -> Response:
    if row[4] is None:
        return problem(410, "this was answered already; what the answer held has been erased since")
    return Response(bytes(row[4]), status=row[2], headers=[*decoded(row[3]), ("Idempotent-Replayed", "true")])


def _digest() -> str:
    return query_digest(request.method, request.full_path, request.mimetype, request.get_data().decode("latin-1"))


def _spelled(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _under_way() -> Problem:
    return Problem(409, f"a request with this {HEADER} is under way; ask again shortly", headers={"Retry-After": "1"})
