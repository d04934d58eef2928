"""Backups: the open database whole in one file, verified when it is made, and again before it is put in place.

A backup holds what was acknowledged before it began, while others read and write. It is a file for its owner alone:
the digests of keys are in it, and whatever was erased since. Nothing of a backup is kept, and nothing is restored,
unless all of it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from models import postgresql_backups, sqlite_backups
from models.backup_contents import Contents
from models.database import (
    DatabaseFault,
    connect,
    execute,
    explained,
    file_of,
    has_tables,
    is_postgresql,
    is_postgresql_url,
    without_password,
)
from models.failures import DRIVER_ERRORS, failure_of
from models.keys import keys
from models.ledger import Head
from models.undone import Replaced, Undone, replaced, undone
from models.whole_files import aside, sync

SIGNS = {b"SQLite format 3\0": "SQLite", b"PGDMP": "PostgreSQL"}
"""What a backup's file begins with -> the engine that it is of."""


def back_up(file: Path) -> Contents:
    """Write the open database to a new file. Raises DatabaseFault where there is one, or what is made is not whole."""
    if file.exists():
        raise DatabaseFault(f"{file}: is there already; name a new file for the backup")
    with _explained(file), aside(file) as made:
        found = postgresql_backups.make(made) if is_postgresql() else sqlite_backups.make(made)
        sync(made)
        made.rename(file)
        sync(file.parent)
    return found


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DatabaseFault(f"{file}: cannot be written: {error.strerror}") from None


class Restored(NamedTuple):
    """What a restore brought: the backup's contents, where what was there before is kept, and what it brings back."""

    contents: Contents
    kept: Path | None
    """The damaged file that was there before."""
    discarded: int | None
    """How many entries more the ledger had that was there; None where it did not go on from the backup, or was none."""
    undone: list[Undone]
    """What had been done after the backup with the records that it holds, by that ledger."""
    good_again: list[str]
    """The ids of keys that had been revoked since."""


def restore(file: Path, url: str, *, expected: Head | None = None, replace: bool = False) -> Restored:
    """Put a backup in place of the database at `url`, all of it or nothing; it is verified before.

    `expected` is a head that was kept elsewhere, which its ledger must lead to. Raises DatabaseFault where the file is
    no whole backup of that engine and this release, or where the database holds data that it is not to `replace`.
    """
    _require_engine(file, url)
    with explained(url):
        held, has_ledger = _found(url)
        if held and not replace:
            raise DatabaseFault(f"{without_password(url)}: {held}; with --replace the backup takes its place")
        before: Replaced | None = None

        def look(end: Head) -> None:
            nonlocal before
            before = _replaced(end) if has_ledger else None

        if is_postgresql_url(url):
            done, kept = postgresql_backups.put(file, expected, look=look), None
        else:
            done, kept = sqlite_backups.put(file, url, expected, look=look, damaged=held == DAMAGED)
        if before is None:
            return Restored(done, kept, None, [], [])
        good = [key.id for key in keys() if key.id in before.revoked and not key.revoked]
        return Restored(done, kept, before.entries, list(undone(before.since)), good)


def _require_engine(file: Path, url: str) -> None:
    try:
        with file.open("rb") as stream:
            start = stream.read(16)
    except OSError as error:
        raise DatabaseFault(f"{file}: cannot be read: {error.strerror}") from None
    engine = next((engine for sign, engine in SIGNS.items() if start.startswith(sign)), None)
    wanted = "PostgreSQL" if is_postgresql_url(url) else "SQLite"
    if engine is None:
        raise DatabaseFault(f"{file}: is no backup; give a file that `talbuk backup` made")
    if engine != wanted:
        raise DatabaseFault(
            f"{file}: is a backup of {engine}, and {without_password(url)} is {wanted}; restore it where it is from, "
            "and take its data from there by `talbuk dump` and `talbuk load`"
        )


def _replaced(end: Head) -> Replaced | None:
    """What is known of the ledger that is to be replaced; nothing where an index of it is damaged."""
    try:
        return replaced(end)
    except DRIVER_ERRORS as error:
        if is_postgresql() or (failure := failure_of(error)) is None or failure.name != "damaged":
            raise
        return None


DAMAGED = "is damaged"


def _found(url: str) -> tuple[str | None, bool]:
    """What stands against putting a backup where a database is, if anything; and whether there is a ledger to read."""
    if not is_postgresql_url(url) and not file_of(url).exists():
        return None, False
    try:
        connect(url)
        if not has_tables(url):
            return None, False
        entries, _read = execute("SELECT count(*), sum(length(coalesce(payload, path))) FROM ledger").fetchone()
        (keys,) = execute("SELECT count(*) FROM access_key").fetchone()
        held = f"holds data ({entries:,} ledger entries, {keys} keys)" if entries or keys else None
        return held, bool(entries)
    except DRIVER_ERRORS as error:
        failure = failure_of(error)
        if is_postgresql_url(url) or failure is None or failure.name not in {"damaged", "no database"}:
            raise
        return DAMAGED, False
