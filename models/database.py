"""Which database talbuk stands on, how it is opened, and what is wrong with it where it cannot be.

SQLite by default (a file path), PostgreSQL by `postgresql://…`. Facts behind the settings: SQLite 3.7.0-3.51.2 can
corrupt a database in WAL mode under several connections (fixed in 3.51.3), so an older library runs without WAL;
`synchronous=EXTRA` is what survives a power cut: with a write-ahead log it is FULL, with a rollback journal it also
waits for the folder in which the journal is deleted, which is what keeps a transaction.
"""

import os
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import peewee
from peewee import DatabaseProxy, PostgresqlDatabase, SqliteDatabase
from playhouse.pool import PooledDatabase

from models import failures
from models.failures import DRIVER_ERRORS, MOVED, READ_ONLY, failure_of, is_unsynced
from models.pools import pool

MIGRATIONS = Path(__file__).parent / "migrations"
SCHEMA_VERSION = max(int(file.name.partition("_")[0]) for file in MIGRATIONS.glob("[0-9]*.py"))
"""The schema that this release reads and writes: the number of the last migration."""

WAL_SAFE = (3, 51, 3)
WRITERS_LOCK = 0x7A1B  # PostgreSQL advisory lock: one writer at a time, as on SQLite

SQLITE: Any = failures.SQLITE

_thread = threading.local()


_opened: Any = DatabaseProxy.__dict__["obj"]


class ThreadDatabase(DatabaseProxy):
    """The database that is open; for a thread within `instead`, another."""

    @property
    def obj(self) -> Any:
        """The database itself, or None."""
        return getattr(_thread, "database", None) or _opened.__get__(self)

    @obj.setter
    def obj(self, database: Any) -> None:
        _opened.__set__(self, database)

    def __getattr__(self, name: str) -> Any:
        """What the database has; Peewee's own would look for it twice, at each statement."""
        database = self.obj
        if database is None:
            raise AttributeError(f"no database is open: {name}")
        return getattr(database, name)


DB: Any = ThreadDatabase()

READING = {"query_only": 1, "mmap_size": 1 << 40}
"""What a connection that only reads is set to: SQLite maps as much of the file as it can, up to 2 GiB."""


LONGEST_WAIT = 10
"""Seconds for which a write waits for another one to end, before it is given up."""

STATEMENTS = 512
"""Statements that a connection to SQLite keeps compiled: a write takes more than a hundred, and Python keeps 128."""


class DatabaseFault(Exception):
    """The database cannot be used; the message is one line for the person at the terminal."""


def sqlite_version() -> tuple[int, ...]:
    """The version of the SQLite library that Peewee runs on, such as (3, 53, 4)."""
    return tuple(int(part) for part in SQLITE.sqlite_version.split("."))


def open_database(url: str, *, create: bool = False, read_only: bool = False, older: bool = False) -> None:
    """Bind the models to the database at `url`: a path, `sqlite:///path` or `postgresql://…`.

    With `create`, an empty database gets its tables. Raises DatabaseFault where there is none, it is not talbuk's,
    of another schema version (with `older`, of a later one), locked or not readable.
    """
    with explained(url):
        connect(url, create=create, read_only=read_only)
        _check_schema(url, create=create, older=older)


def connect(url: str, *, create: bool = False, read_only: bool = False) -> None:
    """Bind the models to the database at `url`, whatever it holds. Raises DatabaseFault, or what the driver does."""
    close_database()
    database = pool(url) if is_postgresql_url(url) else _sqlite(url, create=create, read_only=read_only)
    DB.initialize(database)
    database.connect()


def close_database() -> None:
    """Close this thread's connection, and the pool's, if a database is open."""
    if DB.obj is None:
        return
    if isinstance(DB.obj, PooledDatabase):
        DB.obj.close_all()
    elif not DB.obj.is_closed():
        DB.obj.close()


def release_connection() -> None:
    """After a request: back into PostgreSQL's pool; SQLite keeps one connection per thread."""
    if isinstance(DB.obj, PooledDatabase) and not DB.obj.is_closed():
        DB.obj.close()


LONGEST_BLIND = 1.0
"""Seconds for which a thread that reads takes SQLite's file to be where it opened it."""


def follow_file(after: float = LONGEST_BLIND) -> None:
    """Before a request: have SQLite open what its path leads to by now, if the last look was so many seconds ago."""
    database = DB.obj
    if isinstance(database, EmbeddedDatabase):
        database.follow(after)


def is_postgresql() -> bool:
    """Whether the open database is PostgreSQL."""
    return isinstance(DB.obj, PostgresqlDatabase)


@contextmanager
def writing() -> Iterator[None]:
    """One writing transaction: immediate on SQLite, under an advisory lock on PostgreSQL; all of it or nothing.

    Raises OutcomeUnknown where PostgreSQL does not tell whether it is kept.
    """
    if is_postgresql():
        with _replaced_if_it_fails(), _certain() as ending, DB.atomic():
            DB.execute_sql("SELECT set_config('lock_timeout', %s, true)", (f"{LONGEST_WAIT}s",))
            DB.execute_sql("SELECT pg_advisory_xact_lock(%s)", (WRITERS_LOCK,))
            yield
            ending.set()
    else:
        with _in_place(), _opened_again(), _writable(), _synced(), DB.atomic("IMMEDIATE"):
            yield


class OutcomeUnknown(peewee.OperationalError):
    """A transaction was to be kept, and nobody can tell whether it is."""


@contextmanager
def _certain() -> Iterator[threading.Event]:
    """A transaction is kept when this ends, or this raises OutcomeUnknown; what it gives is set before the COMMIT.

    A COMMIT that waits for a standby and is cancelled succeeds, with a warning (01000). One whose connection is lost
    fails, and may have been done.
    """
    connection, ending, warned = DB.connection(), threading.Event(), list[str]()

    def listen(notice: Any) -> None:
        if ending.is_set() and notice.sqlstate.startswith("01"):
            warned.append(notice.message_primary)

    connection.add_notice_handler(listen)
    try:
        yield ending
    except peewee.PeeweeException as error:
        if ending.is_set():
            raise OutcomeUnknown(str(error)) from error
        raise
    finally:
        connection.remove_notice_handler(listen)
    if warned:
        raise OutcomeUnknown(warned[-1])


@contextmanager
def _synced() -> Iterator[None]:
    """A transaction is kept when this ends; one that was written and not synced may be, and raises OutcomeUnknown."""
    try:
        yield
    except peewee.PeeweeException as error:
        if is_unsynced(error):
            raise OutcomeUnknown(str(error)) from error
        raise


@contextmanager
def _replaced_if_it_fails() -> Iterator[None]:
    """A connection on which a write failed is not used again: after a failover it leads to a server that only reads."""
    try:
        yield
    except DRIVER_ERRORS:
        if not DB.in_transaction():
            DB.manual_close()
        raise


@contextmanager
def _opened_again() -> Iterator[None]:
    """A file that was opened while it could only be read is never written by that connection: it is not used again."""
    try:
        yield
    except DRIVER_ERRORS as error:
        if failure_of(error) is READ_ONLY and not DB.in_transaction():
            DB.close()
        raise


@contextmanager
def _in_place() -> Iterator[None]:
    """Nothing is written to a file to which the path does not lead: nobody would find it at the next start.

    Raises OutcomeUnknown where it was moved before the transaction was kept.
    """
    database = DB.obj
    if not isinstance(database, EmbeddedDatabase) or database is not _opened.__get__(DB) or database.in_transaction():
        yield
        return
    if database.follow():
        raise peewee.OperationalError(MOVED.signs[0])
    yield
    if database.follow():
        raise OutcomeUnknown(f"{MOVED.signs[0]}: it was moved in the middle of a write")


@contextmanager
def _writable() -> Iterator[None]:
    """SQLite's connection as one that writes, where it else only reads."""
    (reads_only,) = DB.execute_sql("PRAGMA query_only").fetchone()
    if not reads_only:
        yield
        return
    DB.execute_sql("PRAGMA query_only=0")
    try:
        yield
    finally:
        DB.execute_sql("PRAGMA query_only=1")


@contextmanager
def instead(database: Any) -> Iterator[None]:
    """Another database in place of the open one, for this thread alone; its connection is closed in the end."""
    before = getattr(_thread, "database", None)
    _thread.database = database
    try:
        yield
    finally:
        database.close()
        _thread.database = before


@contextmanager
def reading() -> Iterator[None]:
    """One moment for several reads: what is written meanwhile is not seen by some of them only."""
    with DB.atomic("REPEATABLE READ" if is_postgresql() else "DEFERRED"):
        yield


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn what a database driver raises into one line that says what is wrong and what to do."""
    try:
        yield
    except DRIVER_ERRORS as error:
        raise DatabaseFault(_explanation(without_password(url), error)) from error


SECRETS = re.compile(r"([?&](?:password|sslpassword|passfile)=)[^&]*", re.IGNORECASE)
"""What of a query in the address of a database nobody else is to see."""


def without_password(url: str) -> str:
    """The address of a database as it may be shown."""
    scheme, separator, rest = SECRETS.sub(r"\1...", url).partition("://")
    if not separator or "@" not in rest:
        return f"{scheme}{separator}{rest}"
    login, _, host = rest.rpartition("@")
    return f"{scheme}://{login.partition(':')[0]}@{host}"


PASSWORD = re.compile(r"(://[^\s:/@\"']*:)[^\s/@\"']+(?=@)|(password=)[^\s&\"']+", re.IGNORECASE)
"""Passwords in addresses and in lists of settings, wherever they stand: drivers repeat what they cannot read."""


def without_passwords(text: str) -> str:
    """A text without the passwords that stand in it."""
    return PASSWORD.sub(lambda found: f"{found[1] or found[2]}...", text)


def _explanation(url: str, error: Exception) -> str:
    message = (without_passwords(str(error)).strip() or type(error).__name__).splitlines()[0]
    known = failure_of(error)
    return f"{url}: {known.told} ({message})" if known else f"{url}: {message}"


def is_postgresql_url(url: str) -> bool:
    """Whether an address is one of PostgreSQL."""
    return url.startswith(("postgresql://", "postgres://"))


Place = tuple[int, int]
"""Which file it is, whatever its name: its device, and its number there."""

NOWHERE: Place = (0, 0)


def _place(file: Path) -> Place | None:
    """To which file a path leads; None where the system does not say."""
    try:
        found = os.stat(file)
    except (FileNotFoundError, NotADirectoryError):
        return NOWHERE
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _Seen(threading.local):
    """Of a thread's connection: which file it opened, and when it was last seen to be the one at the path."""

    place: Place | None = None
    at = 0.0


class EmbeddedDatabase(SqliteDatabase):
    """SQLite, whose disk may be full, and whose file may be moved while it is open; none is made but to `create`."""

    def __init__(self, file: Path, *, create: bool = True, **options: Any) -> None:
        address = f"file://{quote(str(file.absolute()))}?mode={'rwc' if create else 'rw'}"
        super().__init__(address, uri=True, **options)
        self.file = file
        self._seen = _Seen()
        self._first: Place | None = None

    def _connect(self) -> Any:
        """A connection to the file at the path, and to no other that took its place meanwhile."""
        while True:
            before = _place(self.file)
            connection = super()._connect()  # type: ignore[misc]
            if before == _place(self.file):
                self._seen.place, self._seen.at = before, time.monotonic()
                return self._checked(connection)
            connection.close()

    def _checked(self, connection: Any) -> Any:
        """The connection, unless it is to another file than was opened first, and one of another schema."""
        self._first = self._first or self._seen.place
        if self._seen.place != self._first:
            try:
                (found,) = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone() or ("",)
                if found != str(SCHEMA_VERSION):
                    raise DatabaseFault(
                        f"another database file is there, of schema version {found or 'unknown'}; put the right back"
                    )
            except BaseException:
                connection.close()
                raise
        return connection

    def follow(self, after: float = 0) -> bool:
        """Close this thread's connection if the path leads to another file, or none; returns whether it did.

        It is taken to be as it was for some seconds `after` the last look, and until a transaction ends.
        """
        now = time.monotonic()
        if now - self._seen.at < after or self.is_closed() or self.in_transaction():
            return False
        self._seen.at = now
        found = _place(self.file)
        if found is None or found == self._seen.place:
            return False
        self.close()
        return True

    def rollback(self) -> None:
        """Undo a transaction, if SQLite did not by itself, as where the disk is full: this would hide what is wrong."""
        if self.connection().in_transaction:  # type: ignore[no-untyped-call]
            super().rollback()


def file_of(url: str) -> Path:
    """The file of an SQLite database, by its address."""
    return Path(url.removeprefix("sqlite:///"))


def _sqlite(url: str, *, create: bool, read_only: bool) -> SqliteDatabase:
    path = file_of(url)
    if "://" in str(url) and not url.startswith("sqlite:///"):
        raise DatabaseFault(f"{url}: not an address talbuk knows; give a file path or postgresql://user@host/name")
    if path.is_dir():
        raise DatabaseFault(f"{url}: is a folder; give the path of a file")
    if not create and not path.exists():
        raise DatabaseFault(f"{url}: there is no such database; `talbuk load` makes one")
    if create:
        keep_to_this_user(path)
    pragmas: dict[str, object] = {"foreign_keys": 0, "synchronous": 3, "cache_size": -65536, "temp_store": 1}
    pragmas |= {"secure_delete": 1} | (READING if read_only else {})
    return EmbeddedDatabase(path, create=create, pragmas=pragmas, timeout=LONGEST_WAIT, cached_statements=STATEMENTS)


def keep_to_this_user(path: Path) -> None:
    """Make an empty file that nobody else may read, if there is none: a database holds more than is served.

    SQLite gives its mode to the files beside it. One that is there keeps its own: a group may be meant to read it.
    """
    with suppress(OSError):  # what is wrong is told when it is opened
        path.touch(mode=0o600, exist_ok=False)


def settle_journal() -> None:
    """WAL where the library is safe with it, else a rollback journal; the mode is kept in the file.

    A new database begins with a rollback journal: a write-ahead log would hold all of its first load twice. Where
    another process reads just then, the next that opens the database to write sees to it.
    """
    wanted = "wal" if sqlite_version() >= WAL_SAFE else "delete"
    if journal_mode() not in {None, wanted}:
        with suppress(peewee.OperationalError), _writable():
            DB.execute_sql(f"PRAGMA journal_mode={wanted}")


def tell_sizes() -> None:
    """After much was written: have PostgreSQL look how large its tables are. By itself it does so minutes later.

    Until then it takes tables that are empty between writes for large ones, and reads others whole for each write.
    """
    if is_postgresql():
        from models.registry import TABLES

        DB.execute_sql(f"ANALYZE {', '.join(table._meta.table_name for table in TABLES)}")


def journal_mode() -> str | None:
    """SQLite's journal mode of the open database; None on PostgreSQL."""
    if is_postgresql():
        return None
    return str(DB.execute_sql("PRAGMA journal_mode").fetchone()[0])


def has_tables(url: str) -> bool:
    """Whether the open database has talbuk's tables. Raises DatabaseFault where it has others'."""
    from models.tables import Meta

    tables = set(DB.get_tables())
    if tables and Meta._meta.table_name not in tables:
        shown = without_password(url)
        raise DatabaseFault(f"{shown}: holds tables that are not talbuk's; name another database in TALBUK_DATABASE")
    return bool(tables)


def _check_schema(url: str, *, create: bool, older: bool) -> None:
    shown = without_password(url)
    if has_tables(url):
        check_version(shown, older=older)
        if create:
            settle_journal()
    elif not create:
        raise DatabaseFault(f"{shown}: is empty; `talbuk load` fills it")
    else:
        create_schema()


def check_version(shown: str, *, older: bool = False) -> None:
    """Raise DatabaseFault where the open database, `shown` by that name, has another schema than this release."""
    found = meta_value("schema_version") or ""
    number = int(found) if found.isdecimal() else 0
    if number == SCHEMA_VERSION or (older and 0 < number < SCHEMA_VERSION):
        return
    if number > SCHEMA_VERSION:
        what = f"the release that wrote it can take it back: `talbuk migrate --to {SCHEMA_VERSION}`"
    elif number:
        what = "`talbuk migrate` takes it there (`--copy FILE` backs it up before)"
    else:
        what = "`talbuk dump` it with the release that wrote it and `talbuk load` that file with this one"
    raise DatabaseFault(f"{shown}: has schema version {found}, this release reads {SCHEMA_VERSION}; {what}")


def create_schema() -> None:
    """Make all tables in the open database, which is empty."""
    from models.registry import TABLES

    with writing():
        create_tables(TABLES)
        for statement in SEARCH_INDEX["postgresql" if is_postgresql() else "sqlite"]:
            DB.execute_sql(statement)
        set_meta_value("schema_version", str(SCHEMA_VERSION))


def create_tables(tables: Sequence[Any]) -> None:
    """Make tables and their indexes; where SQLite can, clustered ones in the order of their primary keys."""
    for table in tables:
        table._meta.without_rowid = getattr(table._meta, "clustered", False) and not is_postgresql()
    DB.create_tables(tables)


SEARCH_INDEX = {
    "sqlite": (
        "CREATE VIRTUAL TABLE search_index USING fts5(names, body, content='search_entry', content_rowid='id', "
        "tokenize=\"ascii tokenchars '@/-'\", detail=column)",
        "CREATE TRIGGER search_added AFTER INSERT ON search_entry BEGIN "
        "INSERT INTO search_index (rowid, names, body) VALUES (new.id, new.names, new.body); END",
        "CREATE TRIGGER search_removed AFTER DELETE ON search_entry BEGIN "
        "INSERT INTO search_index (search_index, rowid, names, body) "
        "VALUES ('delete', old.id, old.names, old.body); END",
    ),
    "postgresql": (
        "ALTER TABLE search_entry "
        "ADD COLUMN names_index tsvector GENERATED ALWAYS AS (array_to_tsvector(string_to_array(names, ' '))) STORED, "
        "ADD COLUMN body_index tsvector GENERATED ALWAYS AS (array_to_tsvector(string_to_array(body, ' '))) STORED",
        "CREATE INDEX search_entry_names_index ON search_entry USING gin (names_index)",
        "CREATE INDEX search_entry_body_index ON search_entry USING gin (body_index)",
    ),
}
"""Each engine's index over `search_entry`, whose words were folded and split before: neither splits them again."""


class JournalKept(DatabaseFault):
    """What was erased is gone from every table, and some reader still keeps pages as they were."""


def forget_journal(patience: int) -> None:
    """After an erasure: let go of what the engine still keeps of the old pages; readers are waited for some seconds.

    Raises JournalKept where one of them takes longer: PostgreSQL would have everybody else wait behind this.
    """
    try:
        kept = _vacuumed(patience) if is_postgresql() else _truncated(patience)
    except peewee.OperationalError as error:
        if "lock timeout" not in str(error):
            raise
        kept = True
    if kept:
        raise JournalKept(
            "erased, but another process still reads the pages as they were, so the write-ahead log keeps them; "
            "end it and run `talbuk erase` again"
        )


def _vacuumed(patience: int) -> bool:
    DB.execute_sql(f"SET lock_timeout = '{patience:d}s'")
    try:
        DB.execute_sql("VACUUM (FULL)")  # a plain one leaves what rows held in their pages, and every word in GIN
    finally:
        DB.execute_sql("RESET lock_timeout")
    return False


def _truncated(patience: int) -> bool:
    with _writable():
        DB.execute_sql("INSERT INTO search_index (search_index) VALUES ('optimize')")  # FTS5 only marks words
        DB.execute_sql(f"PRAGMA busy_timeout={patience * 1000:d}")
        try:
            return bool(journal_mode() == "wal" and DB.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
        finally:
            DB.execute_sql(f"PRAGMA busy_timeout={LONGEST_WAIT * 1000:d}")


def meta_value(key: str) -> str | None:
    """What the database says of itself under `key` (schema_version, rendered_with, coverage); None if nothing."""
    row = execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def set_meta_value(key: str, value: str) -> None:
    """Keep one fact about the database itself."""
    sql = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    execute(sql, (key, value))


def execute(sql: str, parameters: Sequence[Any] = ()) -> Any:
    """Run one statement written with `?` for its parameters on either engine; returns the cursor."""
    return DB.execute_sql(_spelled(sql), tuple(parameters))


def _spelled(sql: str) -> str:
    """A statement with its placeholders as the engine has them; psycopg reads a lone % as the start of one."""
    return sql.replace("%", "%%").replace("?", "%s") if is_postgresql() else sql


def insert_rows(table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows of one table by one prepared statement; each row has the same columns."""
    if rows:
        columns = list(rows[0])
        sql = f"INSERT INTO {table._meta.table_name} ({', '.join(columns)}) VALUES ({marks(columns)})"
        execute_many(sql, [[row[column] for column in columns] for row in rows])


def delete_rows(table: Any, paths: Sequence[str]) -> None:
    """Delete the rows of one table that some paths have."""
    execute(f"DELETE FROM {table._meta.table_name} WHERE path IN ({marks(paths)})", paths)


def execute_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run one statement, written with `?`, for each row of values."""
    with peewee.__exception_wrapper__:  # type: ignore[attr-defined]
        DB.connection().cursor().executemany(_spelled(sql), rows)


def held() -> str:
    """What a table is made as that its transaction drops: TEMPORARY; on SQLite, which has those in memory, not."""
    return "TEMPORARY" if is_postgresql() else ""


def marks(values: Sequence[Any]) -> str:
    """As many `?` as there are values, for an IN list."""
    return ",".join("?" * len(values))
