"""`as_of`: a request that is answered by what this instance held at a moment, from one of its `models.snapshots`."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from typing import Any, NamedTuple

from flask import Flask, Response, after_this_request, current_app, g, request
from peewee import PeeweeException

from api.problems import CHALLENGE, Problem, unfit
from api.schemas.registry import writer_wiring
from api.settings import read_settings
from models.database import DatabaseFault, instead, reading, release_connection
from models.snapshot_files import Busy, wipe
from models.snapshots import NotMade, OutOfReach, Past, Snapshot, TooMany, past_at, snapshot_of

log = logging.getLogger("talbuk")

NAME = "as_of"
"""The parameter's name."""

TURNED = "talbuk.turned"
"""The key in the request's environment under which it has where it was turned to."""

MAKERS = "AS_OF"
"""Under which name an application keeps for whom snapshots are made: one of `api.settings.AS_OF`."""

BUSY, BIG = 5, 600
"""Seconds after which to ask again: where a snapshot is being made, and where one has to be made ahead."""


class Turned(NamedTuple):
    """A request that is answered by a state: out of a snapshot, or the open database while that is its state still.

    `head` is what tells this state from others, and since when it is so, as the ledger's head does of the present;
    `back` brings the thread back.
    """

    past: Past
    database: Snapshot | None
    head: tuple[str, str]
    back: ExitStack


def turn_to(moment: str) -> None:
    """Read from what was held at a moment until the request ends. Raises Problem: 422, or 503 where it has to wait."""
    with ExitStack() as stack:
        stack.enter_context(reading())  # what is written from here on is not seen by the request
        past = _past(moment)
        head = past.head()
        if past.is_last():
            request.environ[TURNED] = Turned(past, None, head, stack.pop_all())
            return
    database = _snapshot(past, moment)
    release_connection()
    back = ExitStack()
    back.enter_context(instead(database))
    request.environ[TURNED] = Turned(past, database, head, back)
    after_this_request(_distrust)


def turned() -> Turned | None:
    """Where the request was turned to; None where it is answered by what is held now."""
    found: Turned | None = request.environ.get(TURNED)
    return found


def _past(moment: str) -> Past:
    try:
        return past_at(moment)
    except OutOfReach as fault:
        raise unfit(NAME, f'"{moment}" {fault}') from None


def _snapshot(past: Past, moment: str) -> Snapshot:
    try:
        return snapshot_of(past, wiring=writer_wiring(), limited=True, made=_may_have_it_made())
    except NotMade:
        raise _not_made(moment) from None
    except TooMany as fault:
        detail = f"what was held then are {fault}; {_ahead(moment)}"
        raise Problem(503, detail, headers={"Retry-After": str(BIG)}) from None
    except Busy:
        detail = "the past is being made ready; try again shortly"
        raise Problem(503, detail, headers={"Retry-After": str(BUSY)}) from None
    except (DatabaseFault, OSError) as fault:
        log.exception("a snapshot cannot be made", exc_info=fault)
        detail = "the past cannot be made ready on this server; it has been logged why"
        raise Problem(503, detail, headers={"Retry-After": str(BIG)}) from None


def _may_have_it_made() -> bool:
    makers = current_app.config[MAKERS]
    return bool(makers == "anyone" or (makers == "keys" and "key" in g))


def _not_made(moment: str) -> Problem:
    if current_app.config[MAKERS] == "keys":
        detail = "what was held then is not ready, and is made ready for who has a key: send Authorization: Bearer KEY"
        return Problem(401, detail, headers={"WWW-Authenticate": CHALLENGE})
    detail = f"what was held then is not ready, and is not made ready in a request here; {_ahead(moment)}"
    return Problem(503, detail, headers={"Retry-After": str(BIG)})


def _ahead(moment: str) -> str:
    return f"`talbuk snapshot {moment}` on the server makes it ready"


def _distrust(response: Response) -> Response:
    """A snapshot that could not be read is deleted: the next request has it made anew."""
    if response.status_code == 503:
        _delete(request.environ[TURNED].database)
    return response


def _delete(database: Snapshot) -> None:
    database.close()
    wipe(database.file)


def streamed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A stream that is read from where the request was turned to: it is read when the request itself has ended."""
    there = turned()
    if there is None:
        return pieces
    return _from(there.database, pieces) if there.database else _from_the_open_one(there.past, pieces)


def _from_the_open_one(past: Past, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A stream out of the open database; out of a snapshot if something was written since the request began."""
    with reading():
        if past.is_last():
            yield from pieces
            return
    yield from _from(_snapshot(past, past.head()[1]), pieces)


def _from(database: Snapshot, pieces: Iterator[bytes]) -> Iterator[bytes]:
    with instead(database):
        try:
            yield from pieces
        except PeeweeException:
            _delete(database)
            raise


def told(given: Mapping[str, Any]) -> dict[str, Any]:
    """What `meta` says of the moment, where one is asked for."""
    return {NAME: given[NAME]} if NAME in given else {}


def init_app(app: Flask) -> None:
    """Bring the thread back when the request ends; before its connection is released, so after that in the code."""
    app.config[MAKERS] = read_settings().as_of
    app.teardown_request(_turn_back)


def _turn_back(_: BaseException | None) -> None:
    there = turned()
    if there:
        with suppress(PeeweeException):  # a connection that is lost has been told of in the answer
            there.back.close()
