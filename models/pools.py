"""Connections to PostgreSQL: how long it is waited for, and which of them are used again."""

import threading
import time
from typing import Any

import peewee
from playhouse.pool import PooledPostgresqlDatabase

from models.failures import PSYCOPG

COLLATED = {"TEXT": 'TEXT COLLATE "C"', "BLOB": "BYTEA"}  # text sorts by code point, as on SQLite


BOUNDS = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""How long PostgreSQL is waited for that does not answer any more, in seconds (one in milliseconds), unless
the address says otherwise: 5 for a connection, 10 for a server that was cut off."""

MOST_CONNECTIONS = 64
"""PostgreSQL connections that one process keeps at the most."""

LONGEST_REST = 5
"""Seconds after which a connection is asked whether it is still open before it is used."""


class Driver(peewee.Psycopg3Adapter):
    """psycopg, which waits for a server for so long and no longer.

    Behind a pooler that lends a server's connection for a transaction (PgBouncer) nothing is prepared: the statement
    would be looked for on another connection. The pooler is known by the number of the process that serves us, which it
    makes up.
    """

    def connect(self, db: "Pool", **options: Any) -> Any:
        """A new connection. Raises what psycopg does; at once where another thread just waited in vain."""
        db.require_reachable()
        given = PSYCOPG.conninfo.conninfo_to_dict(db.database)
        bounds = {name: value for name, value in BOUNDS.items() if name not in given}
        try:
            connection = super().connect(db, **bounds, **options)  # type: ignore[no-untyped-call]
        except PSYCOPG.OperationalError as error:
            db.note_unreachable(error)
            raise
        connection.autocommit = True
        (process,) = connection.execute("SELECT pg_backend_pid()").fetchone()
        if process != connection.info.backend_pid:
            connection.prepare_threshold = None
        return connection


class Pool(PooledPostgresqlDatabase):  # type: ignore[misc]
    """A pool that asks the server whether a connection is open only where that has rested for a while.

    To ask each time costs a request a third of what its own statement does. Of a server that was restarted meanwhile a
    request can learn by its statement: the connection is then replaced. One thread at a time connects; those that wait
    for it meanwhile do not try what it tried in vain.
    """

    psycopg3_adapter = Driver

    def __init__(self, *names: Any, **options: Any) -> None:
        super().__init__(*names, **options)
        self._used: dict[int, float] = {}
        self._asking = threading.local()
        self._unreachable: tuple[float, Exception | None] = (0, None)

    def connect(self, reuse_if_open: bool = False) -> Any:
        """Connect this thread, which begins to wait now."""
        self._asking.since = time.monotonic()
        return super().connect(reuse_if_open)

    def require_reachable(self) -> None:
        """Raise what another thread was told since this one began to wait, if it could not connect."""
        when, error = self._unreachable
        if error and when >= self._asking.since:
            raise type(error)(*error.args)

    def note_unreachable(self, error: Exception) -> None:
        """Have those that wait know that this thread could not connect."""
        self._unreachable = (time.monotonic(), error)

    def rollback(self) -> None:
        """Undo a transaction; on a connection that is lost there is none any more."""
        if not self.connection().closed:
            super().rollback()

    def _is_closed(self, conn: Any) -> bool:
        rested = time.monotonic() - self._used.get(id(conn), 0)
        return conn.closed or (rested > LONGEST_REST and super()._is_closed(conn))

    def _can_reuse(self, conn: Any) -> bool:
        self._used[id(conn)] = time.monotonic()
        return bool(super()._can_reuse(conn))

    def _close_raw(self, conn: Any) -> None:
        self._used.pop(id(conn), None)
        super()._close_raw(conn)


def pool(url: str) -> Pool:
    """The pool of the PostgreSQL database at an address."""
    return Pool(
        url, max_connections=MOST_CONNECTIONS, stale_timeout=300, timeout=10, prefer_psycopg3=True, field_types=COLLATED
    )
