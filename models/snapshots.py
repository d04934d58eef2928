"""The past: what this instance held at a moment, as a database of its own that the same views read.

A *snapshot* is an SQLite file, whatever the engine of the instance, that holds what was held after an entry of the
ledger (`models.restoring`). It is made when it is first asked for, by one process while others wait, and is kept.
"""

import os
from bisect import bisect_right
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from peewee import PeeweeException, SqliteDatabase

from models.database import READING, EmbeddedDatabase, execute, instead, set_meta_value, writing
from models.ledger import Head, last_erasure
from models.restoring import restore
from models.snapshot_files import MAKING, Busy, Name, alone, own_folder, tidy, wipe
from models.wiring import Wiring
from models.writer import Progress

MOST_IN_A_REQUEST = 50_000
"""How many records are made ready while a request waits; that takes about a millisecond each."""

MOST_ENTRIES = 100_000
"""How many entries the ledger of then may have for that: all of it is read, however few records it leaves."""

MAKING_IT = {"journal_mode": "off", "synchronous": 0, "cache_size": -65536, "locking_mode": "exclusive"}
"""What a connection is set to that fills a snapshot: nothing of it is kept unless all of it is done."""

STAMP = "snapshot"
"""The key in `meta` under which a whole snapshot has its name."""


class OutOfReach(ValueError):
    """A moment of which nothing is known: it is to come, or before anything was written. Says what would be right."""


class TooMany(Exception):
    """More than is made ready while a request waits: says how many of what; `talbuk snapshot` does that ahead."""


class NotMade(Exception):
    """There is no snapshot of the state, and none may be made for who asks."""


class Past(NamedTuple):
    """The state after an entry of the ledger, by its number and digest; and the last entry that erases."""

    entry: int
    digest: str
    erasure: Head

    def head(self) -> tuple[str, str]:
        """What tells the state from others, and since when it is told so: since then, or since the last erasure."""
        at, digest = _row_of(max(self.entry, self.erasure.entry))
        return f"{self.digest}{digest if self.erasure.entry > self.entry else ''}", at

    def is_last(self) -> bool:
        """Whether nothing was written after it: it is what the open database holds."""
        return not execute("SELECT 1 FROM ledger WHERE seq = ?", (self.entry + 1,)).fetchone()


def now() -> str:
    """The time as the ledger has it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def past_at(moment: str) -> Past:
    """The state that the open database was in at a moment (UTC, to the microsecond). Raises OutOfReach.

    Moments of the ledger only move on, and its entries are numbered without gaps.
    """
    (entries,) = execute("SELECT coalesce(max(seq), 0) FROM ledger").fetchone()
    if entries == 0:
        raise OutOfReach("is before anything was written here: the ledger is empty")
    if moment > max(now(), _row_of(entries)[0]):
        raise OutOfReach(f"is in the future: it is {now()} now")
    entry = bisect_right(range(1, entries + 1), moment, key=lambda seq: _row_of(seq)[0])
    if entry == 0:
        raise OutOfReach(f"is before anything was written here: that began at {_row_of(1)[0]}")
    return Past(entry, _row_of(entry)[1], last_erasure())


def _row_of(entry: int) -> tuple[str, str]:
    """Moment and digest of an entry."""
    at, digest = execute("SELECT at, digest FROM ledger WHERE seq = ?", (entry,)).fetchone()
    return str(at), str(digest)


class Snapshot(SqliteDatabase):
    """A database that holds a state, to be read `instead` of the open one."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"file:{quote(str(file))}?mode=ro", uri=True, pragmas=READING, timeout=10)
        self.file = file


def snapshot_of(
    past: Past, *, wiring: Wiring, limited: bool = False, made: bool = True, progress: Progress | None = None
) -> Snapshot:
    """What holds a state; where there is none yet, it is made.

    Raises NotMade where it may not be `made`, TooMany where it is `limited` to what a request may wait for and would be
    made of more, and Busy or DatabaseFault.
    """
    folder = own_folder()
    file = folder / str(Name(past.entry, past.digest, past.erasure, wiring.rendered_with))
    if found := _opened(file):
        return found
    if not made:
        raise NotMade
    if limited:
        _require_few(past.entry, MOST_ENTRIES, "entries of the ledger")
    with alone(folder):
        if found := _opened(file):
            return found
        if limited:
            _require_few(_records(past), MOST_IN_A_REQUEST, "records")
        while not _made(past, file, wiring, progress):
            past = past._replace(erasure=last_erasure())
            file = folder / str(Name(past.entry, past.digest, past.erasure, wiring.rendered_with))
        tidy(folder)
    found = _opened(file)
    if found is None:
        raise Busy  # something was erased just now, and all snapshots with it
    return found


def _require_few(count: int, most: int, what: str) -> None:
    if count > most:
        raise TooMany(f"{count:,} {what}, and no more than {most:,} are made ready in a request")


def _opened(file: Path) -> Snapshot | None:
    """A snapshot, open to be read; None where there is none. One that is not whole is deleted."""
    if not file.exists():
        return None
    database = Snapshot(file)
    with suppress(PeeweeException, FileNotFoundError):
        if _is_whole(database):
            os.utime(file)  # those asked for last are kept
            return database
    database.close()
    wipe(file)
    return None


def _is_whole(database: Snapshot) -> bool:
    """Whether it was finished, under its own name, and is as long as it says."""
    told = "SELECT value, page_count * page_size FROM pragma_page_count, pragma_page_size, meta WHERE key = ?"
    found = database.execute_sql(told, (STAMP,)).fetchone()  # type: ignore[no-untyped-call]
    return bool(found == (database.file.name, database.file.stat().st_size))


def _records(past: Past) -> int:
    """How many records there were at the most."""
    counted = "SELECT count(DISTINCT path) FROM ledger WHERE seq <= ? AND action = 'add'"
    return int(execute(counted, (past.entry,)).fetchone()[0])


def _made(past: Past, file: Path, wiring: Wiring, progress: Progress | None) -> bool:
    """Make a snapshot, aside until it is whole; False where something was erased meanwhile: nothing is kept then."""
    aside = file.with_name(file.name + MAKING)
    wipe(aside)
    try:
        _fill(past, aside, file.name, wiring, progress)
        if last_erasure() == past.erasure:
            aside.rename(file)
            if last_erasure() == past.erasure:
                return True
    except (OSError, PeeweeException):
        if last_erasure() == past.erasure:
            raise
    finally:
        wipe(aside)
    wipe(file)
    return False


def _fill(past: Past, file: Path, stamp: str, wiring: Wiring, progress: Progress | None) -> None:
    database = EmbeddedDatabase(file, pragmas=MAKING_IT)
    restore(past.entry, database, wiring=wiring, progress=progress)
    with instead(database), writing():
        set_meta_value(STAMP, stamp)
