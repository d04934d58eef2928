"""Backups of SQLite: a database in a file of its own.

VACUUM INTO makes them: it reads one moment, keeps no writer waiting in WAL mode, and leaves out what was deleted. Where
a database is whole, the backup is copied over it page by page in one transaction: those who read it go on to read what
was there until it ends, and where it is cut off, always. Where it is missing or damaged, a file takes its place.
"""

import os
import shutil
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from peewee import SqliteDatabase

from models.backup_contents import Contents, contents, require_whole
from models.database import (
    DB,
    LONGEST_WAIT,
    READING,
    SQLITE,
    DatabaseFault,
    close_database,
    connect,
    execute,
    explained,
    file_of,
    has_tables,
    instead,
    settle_journal,
)
from models.ledger import Head
from models.whole_files import aside, sync

BESIDE = ("", "-wal", "-shm", "-journal")
"""What the names of a database's files end with."""


def make(file: Path) -> Contents:
    """Copy the open database to an empty file, and look at what was copied."""
    execute("VACUUM INTO ?", (str(file),))
    with instead(_database(file)):
        _require_sound(file, "quick_check")
        return contents()


def put(
    file: Path, url: str, expected: Head | None, *, look: Callable[[Head], None], damaged: bool
) -> tuple[Contents, Path | None]:
    """Put a backup where the open database is; returns what it holds, and where a damaged file went.

    Before the database is replaced, `look` is told where the backup's ledger ends, if there is one to look at.
    """
    with explained(str(file)), instead(_database(file)):
        _require_sound(file, "integrity_check")
        if not has_tables(str(file)):
            raise DatabaseFault(f"{file}: is empty, and no backup")
        found = require_whole(file, expected)
    target, kept = file_of(url), None
    if damaged or not target.exists():
        kept = _place(file, target, damaged=damaged)
        connect(url)
    else:
        look(found.head)
        _copy_over(file)
    settle_journal()
    return found, kept


def _database(file: Path) -> SqliteDatabase:
    return SqliteDatabase(f"file:{quote(str(file))}?mode=ro", uri=True, pragmas=READING, timeout=LONGEST_WAIT)


def _require_sound(file: Path, check: str) -> None:
    """Raise DatabaseFault where the open database, which is that of a backup, is damaged."""
    (told,) = execute(f"PRAGMA {check}(1)").fetchone()
    if told != "ok":
        raise DatabaseFault(f"{file}: is damaged ({told.splitlines()[-1]}); nothing was changed")


def _copy_over(file: Path) -> None:
    """Copy a backup over the open database, in one transaction. Raises DatabaseFault where others write too long."""
    with closing(SQLITE.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as source:
        source.backup(DB.connection(), pages=-1, progress=_patience())
    with suppress(SQLITE.Error):
        DB.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _patience() -> Callable[[int, int, int], None]:
    """What is asked between two attempts: it gives up when others have kept the database for too long."""
    until = time.monotonic() + LONGEST_WAIT

    def go_on(_status: int, remaining: int, _total: int) -> None:
        if remaining and time.monotonic() > until:
            raise DatabaseFault("the database is locked by another process; end it, and try again")

    return go_on


def _place(file: Path, target: Path, *, damaged: bool) -> Path | None:
    """Put a copy of a backup where there is no database; one that is damaged is kept under another name."""
    close_database()
    with aside(target) as made:
        shutil.copyfile(file, made)
        sync(made)
        kept = _set_aside(target) if damaged else None
        for end in BESIDE[1:]:
            target.with_name(target.name + end).unlink(missing_ok=True)
        os.replace(made, target)
        sync(target.parent)
    return kept


def _set_aside(target: Path) -> Path:
    kept = target.with_name(f"{target.name}.damaged-{time.strftime('%Y%m%dT%H%M%S')}")
    for end in BESIDE:
        with suppress(FileNotFoundError):
            target.with_name(target.name + end).rename(kept.with_name(kept.name + end))
    return kept
