"""Backups of PostgreSQL: archives of pg_dump, which pg_restore reads (`-Fc`).

What pg_dump writes is the moment of a transaction of ours, so that it is known where the ledger in it ends; the archive
is read through before it counts. It is put in place in one transaction, in which the ledger is verified too: those who
read wait until it ends, and where it is cut off, what was there is there still.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from models.backup_contents import Contents, contents, require_whole
from models.database import DB, DatabaseFault, execute, reading, tell_sizes, writing
from models.ledger import GENESIS, Head
from models.registry import TABLES

INSTALLED = Path("/usr/lib/postgresql")
"""Where Debian has the programs of each version of PostgreSQL."""

PLAIN = ("--no-owner", "--no-privileges")
"""Whose the tables are, and who may read them, is the server's business that they are restored on."""

CHUNK = 1 << 16
"""Bytes of rows that are sent at a time."""


class Client(NamedTuple):
    """A program of PostgreSQL's that is installed here."""

    path: str
    version: int


def make(file: Path) -> Contents:
    """Write an archive of the open database to a file, and read it through. Raises DatabaseFault."""
    client = _client("pg_dump", DB.obj.server_version // 10_000)
    where, secret = _address()
    with reading():
        (snapshot,) = execute("SELECT pg_export_snapshot()").fetchone()
        found = contents()
        chosen = [f"--table={table._meta.table_name}" for table in TABLES]
        _run([client.path, "-Fc", *PLAIN, f"--snapshot={snapshot}", *chosen, "-f", str(file), "-d", where], secret)
    if (held := _held(file)) != found:
        raise DatabaseFault(f"{file}: is not whole: it holds {held}, and the database {found}; nothing was kept")
    return found


def put(file: Path, expected: Head | None, *, look: Callable[[Head], None]) -> Contents:
    """Put a backup where the open database is, if it is whole; returns what it holds.

    Before what is there is replaced, `look` is told where the backup's ledger ends.
    """
    end = _held(file).head
    with writing():
        look(end)
        names = ", ".join(table._meta.table_name for table in TABLES)
        execute(f"DROP TABLE IF EXISTS {names} CASCADE")
        _run_script(file)
        execute("RESET ALL")
        tell_sizes()
        return require_whole(file, expected)


def _client(name: str, least: int) -> Client:
    """A program of PostgreSQL's, of a server's version or later: an older one cannot read what a newer server has."""
    places = [Path(found) for found in (shutil.which(name),) if found]
    places += sorted(INSTALLED.glob(f"*/bin/{name}"), key=lambda path: path.parts[-3].zfill(4), reverse=True)
    found = [client for client in map(_version_of, places) if client]
    fitting = next((client for client in found if client.version >= least), None)
    if fitting is None:
        there = f"{name} {found[0].version} is too old" if found else f"there is no {name} here"
        raise DatabaseFault(
            f"{there}: {name} of PostgreSQL {least} or later is needed (on Debian and Ubuntu: "
            f"apt-get install postgresql-client-{least})"
        )
    return fitting


def _version_of(path: Path) -> Client | None:
    """The program at a path, with its version: `pg_dump (PostgreSQL) 15.18 …` is of 15."""
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    words = told.stdout.partition(") ")[2].split(".")
    return Client(str(path), int(words[0])) if words[0].isdecimal() else None


def _address() -> tuple[str, dict[str, str]]:
    """Where the open database is, and its password: that stands in the environment, where others do not see it."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    parts: dict[str, Any] = conninfo_to_dict(DB.obj.database)
    password = parts.pop("password", None)
    return make_conninfo("", **parts), {"PGPASSWORD": password} if password else {}


def _run(command: Sequence[str], secret: Mapping[str, str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | secret)
    if done.returncode:
        raise DatabaseFault(_told(done.stderr))


def _told(said: str) -> str:
    """What a program said last that went wrong, as one line."""
    lines = [line for line in said.splitlines() if "error:" in line] or said.splitlines() or ["it was ended"]
    return lines[0].strip()


class Part(NamedTuple):
    """A part of an archive as SQL: statements, or the rows of a table as COPY takes them."""

    sql: bytes
    rows: Iterator[bytes] | None = None


@contextmanager
def _script(file: Path) -> Iterator[Iterator[Part]]:
    """The parts of an archive, in order: the rows of one are read before the next is asked for."""
    command = [_client("pg_restore", 0).path, *PLAIN, "-f", "-", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        try:
            yield _parts(process.stdout)
        finally:
            process.stdout.close()
            said = process.stderr.read().decode(errors="replace")
    if process.returncode:
        raise DatabaseFault(f"{file}: cannot be read: {_told(said)}")


def _parts(lines: IO[bytes]) -> Iterator[Part]:
    statements: list[bytes] = []
    for line in lines:
        if line.startswith(b"COPY ") and line.endswith(b" FROM stdin;\n"):
            yield Part(b"".join(statements))
            statements = []
            yield Part(line.rstrip(b";\n"), _rows(lines))
        elif not line.startswith(b"\\"):  # what psql alone understands
            statements.append(line)
    yield Part(b"".join(statements))


def _rows(lines: IO[bytes]) -> Iterator[bytes]:
    """The rows of a table until their end, or that of an archive that was cut off."""
    for row in lines:
        if row == b"\\.\n":
            return
        yield row


def _run_script(file: Path) -> None:
    connection = DB.connection()
    with _script(file) as parts:
        for sql, rows in parts:
            if rows is None:
                connection.execute(sql)
                continue
            with connection.cursor().copy(sql) as copy:
                for chunk in _chunks(rows):
                    copy.write(chunk)


def _chunks(rows: Iterator[bytes]) -> Iterator[bytes]:
    held, size = [], 0
    for row in rows:
        held.append(row)
        size += len(row)
        if size >= CHUNK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _held(file: Path) -> Contents:
    """What an archive holds: all of it is read."""
    schema, records, last = 0, 0, Head(0, GENESIS)
    with _script(file) as parts:
        for sql, rows in parts:
            table = sql.split(b" ", 2)[1].rpartition(b".")[2] if rows else b""
            for row in rows or ():
                records += table == b"record"
                if table == b"ledger":
                    last = max(last, _head_of(row))
                elif table == b"meta" and row.startswith(b"schema_version\t"):
                    schema = int(row.split(b"\t")[1])
    return Contents(schema, records, last)


def _head_of(row: bytes) -> Head:
    """The number and digest of an entry of the ledger: its first column, and its last."""
    first, *_, digest = row.rstrip(b"\n").split(b"\t")
    return Head(int(first), digest.decode())
