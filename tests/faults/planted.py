"""talbuk with faults planted in it: the controls of the runs, which must find them.

`python -m tests.faults.planted early serve …` is `talbuk serve …` that answers before it has written. Several are
joined by commas.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

import peewee

from api import idempotency
from api.commands import main
from models import database, pools
from tests.faults import recording


class Early:
    """An application whose writes are answered at once, and made later."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application, self.asked = application, SimpleQueue[dict[str, Any]]()
        Thread(target=self.go_on, daemon=True).start()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer what writes; what reads is answered as it should be."""
        if environ["REQUEST_METHOD"] not in {"POST", "PATCH"}:
            return self.application(environ, start)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        self.asked.put({**environ, "wsgi.input": BytesIO(body)})
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
        return [b"{}"]

    def go_on(self) -> None:
        """Make what was asked for."""
        while True:
            b"".join(self.application(self.asked.get(), lambda *_: None))


def early() -> None:
    """Answers are given before the write is made."""
    import api.app

    create = api.app.create_app
    api.app.create_app = lambda: Early(create())  # type: ignore[assignment,return-value]


def deferred() -> None:
    """Transactions that write begin as ones that read."""
    begin = peewee.SqliteDatabase.begin  # type: ignore[attr-defined]
    peewee.SqliteDatabase.begin = lambda self, *_: begin(self, "DEFERRED")  # type: ignore[attr-defined]


def piecemeal() -> None:
    """Each statement is kept by itself."""
    for kind in (peewee.SqliteDatabase, pools.Pool):
        for name in ("begin", "commit", "rollback"):
            setattr(kind, name, lambda *_: None)


def unlocked() -> None:
    """On PostgreSQL a writer does not wait for others."""
    run = peewee.Database.execute_sql  # type: ignore[attr-defined]

    def execute(self: Any, sql: str, *given: Any) -> Any:
        return None if "pg_advisory_xact_lock" in sql else run(self, sql, *given)

    peewee.Database.execute_sql = execute  # type: ignore[attr-defined]


class Relaxed(database.EmbeddedDatabase):
    """SQLite that waits for the disk less often than talbuk tells it to."""

    synchronous = 1

    def __init__(self, file: Path, *, pragmas: Mapping[str, object], **options: Any) -> None:
        super().__init__(file, pragmas={**pragmas, "synchronous": self.synchronous}, **options)


def normal() -> None:
    """SQLite waits for the disk at checkpoints alone (synchronous=NORMAL)."""
    database.EmbeddedDatabase = Relaxed  # type: ignore[misc,assignment]


def rollback() -> None:
    """SQLite keeps a rollback journal, as it does where its library is not safe with a write-ahead log."""
    database.WAL_SAFE = (99,)


def full() -> None:
    """SQLite waits for its files, not for its folder (synchronous=FULL)."""
    Relaxed.synchronous = 2
    normal()


def _signalled() -> Callable[[int], None]:
    """What sends the process a signal at one number: FAULTS_POINT is that number, and the signal's."""
    point, sign = map(int, os.environ["FAULTS_POINT"].split(":"))
    return lambda number: os.kill(os.getpid(), sign) if number == point else None


def impatient() -> None:
    """A request that was begun is taken for dead after a second, not after a minute."""
    idempotency.UNDER_WAY = timedelta(seconds=1)


def interrupted() -> None:
    """The process gets a signal before a statement."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
    recording.count_statements(_signalled())


def halted() -> None:
    """The process gets a signal before SQLite changes a file, or waits for the disk."""
    recording.count_changes(_signalled())


PLANTS = {
    plant.__name__: plant
    for plant in (
        recording.recorded, recording.counted, impatient, interrupted, halted,
        early, deferred, unlocked, piecemeal, normal, rollback, full,
    )
}  # fmt: skip


if __name__ == "__main__":
    for name in sys.argv.pop(1).split(","):
        PLANTS[name]()
    main()
