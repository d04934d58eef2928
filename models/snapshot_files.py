"""The files that snapshots are kept in: where they are, who makes one, and that an erasure leaves nothing of them.

They are this machine's and this user's alone. What was erased from the ledger is in none: each is named after the last
erasure, by its digest too, since copies of a database share a folder and each may have erased something else. Those
from before it are unusable from that moment on, and on the machine where it was done they are overwritten and deleted
with it; on others, when the next is asked for.
"""

import fcntl
import os
import re
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir
from typing import IO, NamedTuple
from urllib.parse import quote

from models.database import SQLITE, DatabaseFault, execute
from models.ledger import Head, digest_of, last_erasure

KEPT = 8
"""How many are kept: those that were asked for last."""

LONGEST_WAIT = 20.0
"""Seconds for which one waits for another process that makes a snapshot."""

_place = threading.Lock()
"""Held by the one thread of this process that makes a snapshot, or waits for another process: the others go on."""

LONGEST_ANSWER = 5.0
"""Seconds for which answers that are read from a snapshot are waited for before it is overwritten."""

TOLD = 16
"""Characters of a digest that a name holds."""

MAKING = ".making"
"""What the name of a file ends with until it is whole."""

_base = ""


class Busy(Exception):
    """Another makes a snapshot, and is not done yet."""


class Name(NamedTuple):
    """What a snapshot is named after: the entry of the ledger that it ends with, the last erasure, and the rules."""

    entry: int
    digest: str
    erasure: Head
    rendered_with: str

    def __str__(self) -> str:
        erasure = f"{self.erasure.entry}-{self.erasure.digest[:TOLD]}"
        return f"{self.entry}-{self.digest[:TOLD]}-{erasure}-{self.rendered_with}.db"


NAME = re.compile(r"[0-9]+-[0-9a-f]+-(?P<entry>[0-9]{1,18})-(?P<digest>[0-9a-f]+)-[0-9a-z]+\.db")


def keep_in(folder: str) -> None:
    """Keep snapshots in a folder from now on; "" for the system's temporary one."""
    global _base
    _base = folder


def _folder() -> Path:
    """The folder of the open database, by its first entry: whatever the address that it was opened by."""
    row = execute("SELECT digest FROM ledger ORDER BY seq LIMIT 1").fetchone()
    return Path(_base or gettempdir()) / f"talbuk-{os.getuid()}-{str(row[0])[:TOLD] if row else 'empty'}"


def own_folder() -> Path:
    """That folder, made where there is none. Raises DatabaseFault where it is another's, or others can look into it."""
    folder = _folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise DatabaseFault(f"{folder}: cannot be made: {error.strerror}; name another in TALBUK_SNAPSHOTS") from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise DatabaseFault(f"{folder}: is not this user's alone; name another folder in TALBUK_SNAPSHOTS")
    return folder


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make a snapshot while no other does. Raises Busy: at once for another thread, later for another process."""
    if not _place.acquire(blocking=False):
        raise Busy
    try:
        with (folder / "lock").open("a") as file:
            _wait_for(file)
            yield
    finally:
        _place.release()


def _wait_for(file: IO[str]) -> None:
    until = time.monotonic() + LONGEST_WAIT
    while not _locked(file):
        if time.monotonic() > until:
            raise Busy
        time.sleep(0.05)


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def tidy(folder: Path) -> None:
    """Delete those that an erasure made unusable, those that were never finished, and the oldest beyond KEPT.

    Those of a copy of the database that has erased something else stay: they are its own.
    """
    for file in folder.glob(f"*{MAKING}"):
        wipe(file)
    last, usable = last_erasure().entry, []
    for file in folder.glob("*.db"):
        found = NAME.fullmatch(file.name)
        entry = int(found["entry"]) if found else 0
        if found and not (digest_of(entry) or "").startswith(found["digest"]):
            continue
        if found and entry == last:
            usable.append(file)
        else:
            wipe(file)
    for file in sorted(usable, key=_last_used, reverse=True)[KEPT:]:
        discard(file)


def _last_used(file: Path) -> float:
    with suppress(FileNotFoundError):
        return file.stat().st_mtime
    return 0


def discard(file: Path) -> None:
    """Overwrite and delete a snapshot, unless somebody reads it just then: it is left for the next time."""
    if not _is_read(file):
        wipe(file)


def _is_read(file: Path) -> bool:
    try:
        with closing(SQLITE.connect(f"file:{quote(str(file))}?mode=rw", uri=True, timeout=0)) as held:
            held.execute("BEGIN EXCLUSIVE")
    except SQLITE.Error as error:
        return "locked" in str(error)
    return False


def forget_snapshots() -> None:
    """After an erasure: overwrite and delete all snapshots of the open database on this machine, finished or not."""
    for file in _folder().glob("*.db*"):
        wipe(file)


def wipe(file: Path) -> None:
    """Overwrite a snapshot and delete it: its content may not stay on the disk. Answers under way are waited for."""
    wait = 0 if file.name.endswith(MAKING) else LONGEST_ANSWER
    with suppress(FileNotFoundError), file.open("r+b") as stream, closing(SQLITE.connect(file, timeout=wait)) as held:
        file.unlink()
        with suppress(SQLITE.Error):
            held.execute("BEGIN EXCLUSIVE")
        left = os.fstat(stream.fileno()).st_size
        while left > 0:
            left -= stream.write(bytes(min(left, 1 << 20)))
        stream.flush()
        os.fsync(stream.fileno())
