"""How the open database is: what `talbuk doctor` looks at, each by a function that only reads.

A function gives its findings; what an engine does not have, it does not look at.
"""

import os
import re
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from pwd import getpwuid
from typing import NamedTuple

import peewee

from models.database import (
    DB,
    SQLITE,
    WAL_SAFE,
    DatabaseFault,
    check_version,
    execute,
    is_postgresql,
    journal_mode,
    marks,
    meta_value,
    reading,
    sqlite_version,
)
from models.ledger import Head, head
from models.registry import TABLES
from models.tables import Dirty, Seen, Touched
from models.verifying import faults
from models.writer import JOURNAL

MB = 1 << 20
LEAST_ROOM = 64 * MB
"""Bytes that must be free on a disk; and a quarter of the database, where that is more."""

MOST_FAULTS = 5
"""How many faults of one kind are told."""

LONGEST_IDLE = 300
"""Seconds after which a transaction that does nothing hinders others."""

OLDEST_POSTGRESQL = 12
"""The first version that has generated columns, which the search index is made of."""


class Finding(NamedTuple):
    """What a look found: as it must be, unless there is something to `do`; or why nobody looked."""

    told: str
    do: str | None = None
    looked: bool = True

    @property
    def state(self) -> str:
        """In one word: ok, fault or skipped."""
        return "fault" if self.do else "ok" if self.looked else "skipped"


def engine() -> Iterator[Finding]:
    """Which engine and version, and whether that is safe."""
    if is_postgresql():
        version = execute("SHOW server_version").fetchone()[0]
        old = DB.obj.server_version // 10_000 < OLDEST_POSTGRESQL
        yield Finding(f"PostgreSQL {version}", f"take PostgreSQL {OLDEST_POSTGRESQL} or later" if old else None)
        return
    version = ".".join(map(str, sqlite_version()))
    told = f"SQLite {version} ({SQLITE.__name__.partition('.')[0]}), journal mode {journal_mode()}"
    unsafe = journal_mode() == "wal" and sqlite_version() < WAL_SAFE
    yield Finding(told, "install pysqlite3, or serve with --workers 1: this SQLite can corrupt it" if unsafe else None)


def files(file: Path, *, closed: bool) -> Iterator[Finding]:
    """Whose the files of an SQLite database are, and who else may read and write them."""
    found = {path.name: path.stat() for path in sorted(file.parent.glob(f"{file.name}*")) if _is_part(path, file)}
    owners = sorted({_owner(one.st_uid) for one in found.values()})
    told = ", ".join(f"{name} {stat.filemode(one.st_mode)}" for name, one in found.items())
    if len(owners) > 1:
        yield Finding(
            f"{told}: of {' and '.join(owners)}", f"stop the server; chown {_owner(found[file.name].st_uid)} {file}*"
        )
        return
    bits = stat.S_IWOTH | (stat.S_IROTH if closed else 0)
    exposed = any(one.st_mode & bits for one in found.values())
    what = "read" if closed else "write"
    yield Finding(f"{told}: of {owners[0]}", f"others may {what} it: chmod o-rwx {file}*" if exposed else None)


def _is_part(path: Path, file: Path) -> bool:
    return path.name.removeprefix(file.name) in {"", "-wal", "-shm", "-journal"}


def _owner(uid: int) -> str:
    try:
        return getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def room(folder: Path, size: int) -> Iterator[Finding]:
    """Whether there is room on the disk of a folder for a database of a size, in bytes, to grow."""
    disk = os.statvfs(folder)
    free, least = disk.f_bavail * disk.f_frsize, max(LEAST_ROOM, size // 4)
    do = f"make room: {least / MB:,.0f} MB must be free" if free < least else None
    yield Finding(f"{free / MB:,.0f} MB free in {folder}", do)
    if disk.f_flag & os.ST_RDONLY or reads_alone(folder):
        yield Finding(
            f"the disk of {folder} can only be read",
            "find why in the system's log; if it found an error, stop the server, check it (fsck), mount it again",
        )


MOUNTS = Path("/proc/self/mountinfo")
"""What Linux tells of each mount: see proc_pid_mountinfo(5)."""

READS_ALONE = {"ro", "emergency_ro"}
"""Options of a mount or a file system to which nothing is written; the second is of an ext4 that found an error."""


def reads_alone(folder: Path) -> bool:
    """Whether the system says that nothing is written to the file system of a folder; statvfs does not always tell."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return False
    options: dict[Path, set[str]] = {}
    for line in lines:
        mount, _, system = line.partition(" - ")
        *_, place, of_mount = mount.split(" ")[:6]
        options[Path(_without_octals(place))] = {*of_mount.split(","), *system.split(" ")[-1].split(",")}
    real = folder.resolve()
    return not READS_ALONE.isdisjoint(
        next((options[place] for place in (real, *real.parents) if place in options), set())
    )


def _without_octals(place: str) -> str:
    """A path as it is: the list of mounts has a blank by its octal number."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), place)


def writable() -> Iterator[Finding]:
    """Whether a PostgreSQL server takes writes, and whether something hinders them."""
    standby, reads_only = execute(
        "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only')"
    ).fetchone()
    if standby or reads_only == "on":
        yield Finding("it only reads" + (": it is a standby" if standby else ""), "name the primary in TALBUK_DATABASE")
    used, most = execute(
        "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity "
        "WHERE backend_type = 'client backend'"
    ).fetchone()
    full = used > 0.9 * most
    yield Finding(f"{used} of {most} connections in use", "end some, or raise its max_connections" if full else None)
    for pid, seconds in execute(IDLE, (LONGEST_IDLE,)).fetchall():
        yield Finding(
            f"process {pid} has kept a transaction open for {seconds} s", f"SELECT pg_terminate_backend({pid})"
        )


IDLE = (
    "SELECT pid, extract(epoch FROM now() - state_change)::int FROM pg_stat_activity "
    "WHERE datname = current_database() AND state LIKE 'idle in transaction%' "
    "AND now() - state_change > make_interval(secs => ?)"
)


def size() -> int:
    """Bytes of the open database."""
    if is_postgresql():
        return int(execute("SELECT pg_database_size(current_database())").fetchone()[0])
    return int(execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()[0])


def extent() -> Iterator[Finding]:
    """How much there is."""
    (records,) = execute("SELECT count(*) FROM record").fetchone()
    yield Finding(f"{records:,} records, {size() / MB:,.1f} MB")


def log(file: Path) -> Iterator[Finding]:
    """How long SQLite's write-ahead log is: it grows for as long as some process reads without an end.

    Where there can be one and is none, it is yet to be turned on: a new database begins without.
    """
    if journal_mode() != "wal" and sqlite_version() >= WAL_SAFE and meta_value("rendered_with") is not None:
        yield Finding("none: nobody reads while somebody writes", "the next write, or `talbuk load`, turns it on")
        return
    beside = file.with_name(f"{file.name}-wal")
    length = beside.stat().st_size if beside.exists() else 0
    endless = length > max(LEAST_ROOM, size())
    do = "some process has been reading for long: restart the server, or end what else has the file open"
    yield Finding(f"write-ahead log {length / MB:,.1f} MB", do if endless else None)


def schema(shown: str) -> Iterator[Finding]:
    """Whether this release reads the schema."""
    try:
        check_version(shown)
    except DatabaseFault as fault:
        told, _, do = str(fault).removeprefix(f"{shown}: ").partition("; ")
        yield Finding(told, do)
    else:
        yield Finding(f"version {meta_value('schema_version')}, as this release has it")


def derived(rendered_with: str) -> Iterator[Finding]:
    """Whether what is served was made by the rules of this release."""
    found = meta_value("rendered_with")
    if found is None:
        yield Finding("no data is loaded", "`talbuk load` does that")
    elif found != rendered_with:
        yield Finding(f"made with {found}, and this release makes {rendered_with}", "run `talbuk rebuild`")
    else:
        yield Finding(f"made with {found}, as this release makes it")


def integrity(*, quick: bool) -> Iterator[Finding]:
    """Whether tables and indexes are whole."""
    if is_postgresql():
        yield from _indexes(quick=quick)
        return
    check = "quick_check" if quick else "integrity_check"
    told = [row[0].splitlines()[-1] for row in execute(f"PRAGMA {check}({MOST_FAULTS})").fetchall()]
    if told == ["ok"]:
        yield Finding(f"{check}: ok")
    else:
        yield Finding("; ".join(told), "stop the server, copy the file, and `talbuk restore` the last backup")


INDEXES = (
    "SELECT c.relname, c.oid, i.indisvalid, m.amname = 'btree' FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
    "JOIN pg_am m ON m.oid = c.relam JOIN pg_class t ON t.oid = i.indrelid "
    "WHERE t.relname IN ({}) AND pg_table_is_visible(t.oid) ORDER BY c.relname"
)


def _indexes(*, quick: bool) -> Iterator[Finding]:
    names = [table._meta.table_name for table in TABLES]
    rows = execute(INDEXES.format(marks(names)), names).fetchall()
    for name, _, valid, _ in rows:
        if not valid:
            yield Finding(f"index {name} is not whole, and not used", f"REINDEX INDEX {name}")
    if quick:
        yield Finding(f"{len(rows)} indexes, none of which was read (--quick)", looked=False)
    elif not execute("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'").fetchone():
        told = f"{len(rows)} indexes, none of which was read: CREATE EXTENSION amcheck as superuser lets this do it"
        yield Finding(told, looked=False)
    else:
        trees = [(name, oid) for name, oid, valid, is_tree in rows if valid and is_tree]
        damaged = [finding for name, oid in trees if (finding := _tree(name, oid))]
        yield from damaged or [Finding(f"{len(trees)} B-tree indexes hold all rows in order (amcheck)")]


def _tree(name: str, oid: int) -> Finding | None:
    try:
        execute("SELECT bt_index_check(?::oid::regclass, true)", (oid,))
    except peewee.PeeweeException as error:
        told = str(error).splitlines()[0]
        if "permission denied" in told:
            return Finding(f"index {name}: {told}", looked=False)
        return Finding(f"index {name}: {told}", f"REINDEX INDEX {name}; then look at the server's disk and memory")
    return None


def search_index() -> Iterator[Finding]:
    """Whether SQLite's search index has what is searched, row by row; on PostgreSQL it is a part of the row."""
    if is_postgresql():
        return
    (lost,) = execute(
        "SELECT count(*) FROM search_entry WHERE id NOT IN (SELECT id FROM search_index_docsize)"
    ).fetchone()
    (left,) = execute(
        "SELECT count(*) FROM search_index_docsize WHERE id NOT IN (SELECT id FROM search_entry)"
    ).fetchone()
    told = f"{lost} records are not in it, {left} are and should not be" if lost or left else "every record is in it"
    yield Finding(told, "run `talbuk rebuild`" if lost or left else None)


def leftovers() -> Iterator[Finding]:
    """Whether a write left its notes: they are empty between writes."""
    tables = [table._meta.table_name for table in (Seen, Dirty, Touched)]
    counted = {name: execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}
    told = ", ".join(f"{count} rows in {name}" for name, count in counted.items() if count)
    yield Finding(told or "no write left anything", "run `talbuk rebuild`" if told else None)
    if meta_value(JOURNAL) is not None:
        told = "something was erased, and the write-ahead log keeps it: a process was reading then"
        yield Finding(told, "restart the server, then write something, or run `talbuk erase` again")


def ledger(expected: Head | None, *, quick: bool) -> Iterator[Finding]:
    """Whether the ledger holds, and what is stored is what it says."""
    with reading():
        last = head()
        told = [] if quick else list(islice(faults(expected), MOST_FAULTS + 1))
    end = f"the head is {last.word}"
    if quick:
        yield Finding(f"{end}; it was not read (--quick)", looked=False)
    elif told:
        more = "; and more" if len(told) > MOST_FAULTS else ""
        do = "`talbuk ledger verify` lists all; find out who writes to the database, or `talbuk restore` a backup"
        yield Finding(f"{'; '.join(told[:MOST_FAULTS])}{more}; {end}", do)
    else:
        yield Finding(f"{last.entry} entries, and every record is what they say; {end}")
