"""`as_of`: a request that is answered by what this instance held at a moment, from one of its `models.snapshots`."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple

from flask import Flask, Response, after_this_request, request
from peewee import PeeweeException

from api.problems import Problem, unfit
from api.schemas.registry import writer_wiring
from models.database import DatabaseFault, instead, release_connection
from models.snapshot_files import Busy, discard
from models.snapshots import MOST_IN_A_REQUEST, OutOfReach, Past, Snapshot, TooMany, past_at, snapshot_of

log = logging.getLogger("talbuk")

NAME = "as_of"
"""The parameter's name."""

TURNED = "talbuk.turned"
"""The key in the request's environment under which it has where it was turned to."""

BUSY, BIG = 5, 600
"""Seconds after which to ask again: where a snapshot is being made, and where one has to be made ahead."""


class Turned(NamedTuple):
    """A request that is answered out of a snapshot: its database, and what brings the thread back to the open one.

    `head` is what tells this state from others, and since when it is so, as the ledger's head does of the present.
    """

    database: Snapshot
    head: tuple[str, str]
    back: ExitStack


def turn_to(moment: str) -> None:
    """Read from what was held at a moment until the request ends. Raises Problem: 422, or 503 where it has to wait."""
    past = _past(moment)
    database, head = _snapshot(past, moment), past.head()
    release_connection()
    back = ExitStack()
    back.enter_context(instead(database))
    request.environ[TURNED] = Turned(database, head, back)
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
        return snapshot_of(past, wiring=writer_wiring(), most=MOST_IN_A_REQUEST)
    except TooMany as fault:
        detail = (
            f"what was held then are {fault.count:,} records, and no more than {MOST_IN_A_REQUEST:,} are made ready "
            f"in a request; `talbuk snapshot {moment}` on the server makes them ready"
        )
        raise Problem(503, detail, headers={"Retry-After": str(BIG)}) from None
    except Busy:
        detail = "the past is being made ready; try again shortly"
        raise Problem(503, detail, headers={"Retry-After": str(BUSY)}) from None
    except (DatabaseFault, OSError) as fault:
        log.exception("a snapshot cannot be made", exc_info=fault)
        detail = "the past cannot be made ready on this server; it has been logged why"
        raise Problem(503, detail, headers={"Retry-After": str(BIG)}) from None


def _distrust(response: Response) -> Response:
    """A snapshot that could not be read is deleted: the next request has it made anew."""
    if response.status_code == 503:
        discard(request.environ[TURNED].database.file)
    return response


def streamed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A stream that is read from where the request was turned to: it is read when the request itself has ended."""
    there = turned()
    return _from(there.database, pieces) if there else pieces


def _from(database: Snapshot, pieces: Iterator[bytes]) -> Iterator[bytes]:
    with instead(database):
        try:
            yield from pieces
        except PeeweeException:
            discard(database.file)
            raise


def told(given: Mapping[str, Any]) -> dict[str, Any]:
    """What `meta` says of the moment, where one is asked for."""
    return {NAME: given[NAME]} if NAME in given else {}


def init_app(app: Flask) -> None:
    """Bring the thread back when the request ends; before its connection is released, so after that in the code."""
    app.teardown_request(_turn_back)


def _turn_back(_: BaseException | None) -> None:
    there = turned()
    if there:
        there.back.close()
