"""What the error of a database driver means: one table of the failures that are told apart, wherever they are told."""

import sqlite3
from typing import Any, NamedTuple

import peewee

SQLITE: Any = peewee.sqlite3  # type: ignore[attr-defined]  # pysqlite3, or the standard library's
PSYCOPG: Any = getattr(peewee, "psycopg", None)

DRIVER_ERRORS: tuple[type[Exception], ...] = tuple(
    {peewee.PeeweeException, sqlite3.Error, SQLITE.Error} | ({PSYCOPG.Error} if PSYCOPG else set())
)
"""Whatever a driver raises: Peewee wraps most of it, and not what is raised while rows are fetched or many are sent."""


class Failure(NamedTuple):
    """A way in which a database fails: by which errors it is known, and what is said of it, to whom."""

    name: str
    sqlite: tuple[int, ...] = ()
    """Primary result codes (https://sqlite.org/rescode.html)."""
    postgresql: tuple[str, ...] = ()
    """SQLSTATEs, or what they begin with (PostgreSQL's documentation, appendix A)."""
    signs: tuple[str, ...] = ()
    """Words of the message, where a driver gives no code."""
    told: str = ""
    """To the person at the terminal, after the database's address."""
    answered: str = ""
    """To a client."""
    status: int = 503
    """The HTTP status of the answer."""


READ_ONLY = Failure(
    "read-only",
    sqlite=(8,),
    postgresql=("25006",),
    signs=("readonly", "read-only"),
    told="cannot be written: it, its folder or its disk is read-only",
    answered="the database can only be read just now: nothing was changed; try again later",
)

MOVED = Failure(
    "moved",
    signs=("the database file is gone or another",),
    told="was moved, deleted or replaced while it was open: put it back, or begin again",
    answered="the database file is gone or another: nothing was changed; try again shortly",
)

FAILURES = (
    MOVED,
    Failure(
        "full",
        sqlite=(13,),
        postgresql=("53100",),
        signs=("disk is full", "No space left"),
        told="cannot be written: its disk is full; make room and try again",
        answered="no room is left on the server's disk: nothing was changed, and reading goes on; try again later",
        status=507,
    ),
    READ_ONLY,
    Failure(
        "failing disk",
        sqlite=(10,),
        postgresql=("58030",),
        signs=("disk I/O error",),
        told="cannot be read or written: its disk fails, or takes no more; see the system's log",
        answered="the server's disk fails just now: nothing was changed; try again later",
    ),
    Failure(
        "locked",
        sqlite=(5, 6),
        postgresql=("55P03",),
        signs=("lock timeout", "locked"),
        told="is locked by another process; wait for its writing to end, or end it, and try again",
        answered="another write takes its time, and this one was given up: nothing was changed; try again shortly",
    ),
    Failure(
        "no database",
        sqlite=(26,),
        signs=("not a database",),
        told="is not a database; name another file in TALBUK_DATABASE or, if it was one, restore a backup",
        answered="the database is damaged; whoever runs this server has to restore it",
    ),
    Failure(
        "not opened",
        sqlite=(14,),
        signs=("unable to open",),
        told="cannot be opened: check that the path exists and may be read",
        answered="the database file is gone, or cannot be opened: nothing was changed; try again shortly",
    ),
    Failure(
        "damaged",
        sqlite=(11,),
        postgresql=("XX001", "XX002"),
        signs=("malformed",),
        told="is damaged; `talbuk restore` a backup, or `talbuk load` a dump into a new one",
        answered="the database is damaged; whoever runs this server has to restore it",
    ),
    Failure(
        "crowded",
        postgresql=("53300",),
        signs=("too many clients", "too many connections"),
        told="has no connection left; end some, or raise its max_connections",
    ),
    Failure(
        "starting",
        postgresql=("57P",),
        signs=("starting up", "shutting down", "recovery mode"),
        told="is starting or stopping; try again",
    ),
)
"""Each with what it is known by; of several that fit, the first."""


def failure_of(error: BaseException) -> Failure | None:
    """Which failure an error means; None where it is another."""
    origin = getattr(error, "orig", None) or error
    code, state = getattr(origin, "sqlite_errorcode", None), getattr(origin, "sqlstate", None)
    for failure in FAILURES:
        if code is not None and code & 0xFF in failure.sqlite:
            return failure
        if state is not None and state.startswith(failure.postgresql or ("-",)):
            return failure
    message = str(error)
    return next((one for one in FAILURES if any(sign in message for sign in one.signs)), None)


UNSYNCED = frozenset({1034, 1290})
"""SQLite's codes where a file or folder could not be synced: what was written before may be kept or not."""


def is_unsynced(error: BaseException) -> bool:
    """Whether SQLite wrote all of a transaction, and its disk did not say whether it is kept."""
    return getattr(getattr(error, "orig", error), "sqlite_errorcode", None) in UNSYNCED
