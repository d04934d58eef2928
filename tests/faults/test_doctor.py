"""`talbuk doctor`: each thing that it looks at is broken for real, it says so, and what it says to do helps."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from api.doctor import CHECKS
from models import health
from models.database import SQLITE, close_database, execute, open_database, writing
from models.ledger import head
from models.writer import JOURNAL
from tests.conftest import new_postgresql_database
from tests.faults import disks
from tests.faults.commands import Talbuk

BUNDLE = """\
sources:
  - {id: newspaper, name: A report, kind: article, published: 2015-07-10}
defectors:
  - id: general
    name: A general
    claims:
      - {id: general-left, says: He left., sets: [occurred], source: newspaper}
"""


@pytest.fixture
def sick(empty_database: str, talbuk: Talbuk, tmp_path: Path) -> str:
    """The address of a database with BUNDLE in it, closed; to be broken."""
    close_database()
    return loaded(empty_database, talbuk, tmp_path)


@pytest.fixture
def on_sqlite(talbuk: Talbuk, tmp_path: Path) -> str:
    return loaded(str(tmp_path / "talbuk.db"), talbuk, tmp_path)


@pytest.fixture
def on_postgresql(postgresql_server: str, talbuk: Talbuk, tmp_path: Path) -> str:
    return loaded(new_postgresql_database(postgresql_server), talbuk, tmp_path)


def loaded(url: str, talbuk: Talbuk, folder: Path) -> str:
    file = folder / "bundle.yaml"
    file.write_text(BUNDLE, encoding="utf-8")
    assert talbuk("load", file, "--database", url)[0] == 0
    return url


def run(url: str, *statements: str) -> None:
    """Run statements on a database, past everything that talbuk has them pass."""
    open_database(url, older=True)
    with writing():
        for statement in statements:
            execute(statement)
    close_database()


def assert_fault(talbuk: Talbuk, url: str, check: str, told: str, do: str, *options: str, **environment: str) -> None:
    """The doctor finds one fault, and says what to do."""
    code, out, _ = talbuk("doctor", "--json", *options, "--database", url, **environment)
    faults = [one for one in json.loads(out)["findings"] if one["state"] == "fault"]
    assert [one["check"] for one in faults] == [check], out
    assert told in faults[0]["found"]
    assert do in faults[0]["do"]
    assert code == 1


def assert_well(talbuk: Talbuk, url: str) -> None:
    code, out, err = talbuk("doctor", "--database", url)
    assert (code, err) == (0, ""), out
    assert out.endswith("\nno faults\n")


def test_a_healthy_database_is_told_to_be(sick: str, talbuk: Talbuk) -> None:
    """For people and for programs: the same."""
    assert_well(talbuk, sick)
    lines = talbuk("doctor", "--database", sick)[1].splitlines()[:-1]
    found = json.loads(talbuk("doctor", "--database", sick, "--json")[1])
    assert found["faults"] == 0
    free = re.compile("[0-9,]+ MB free")  # others write to the disk meanwhile
    told = [free.sub("", line[21:]) for line in lines]
    assert [free.sub("", one["found"]) for one in found["findings"]] == told
    assert {one["state"] for one in found["findings"]} <= {"ok", "skipped"}
    assert all(one["do"] is None for one in found["findings"])
    engine = "PostgreSQL" if sick.startswith("postgresql") else "SQLite"
    assert {one["check"] for one in found["findings"]} == {one.name for one in CHECKS if one.engine in {None, engine}}


def test_it_only_reads(on_sqlite: str, talbuk: Talbuk) -> None:
    before = hashlib.sha256(Path(on_sqlite).read_bytes()).digest()
    assert_well(talbuk, on_sqlite)
    assert hashlib.sha256(Path(on_sqlite).read_bytes()).digest() == before
    (only,) = Path(on_sqlite).parent.glob("talbuk.db*")
    assert only == Path(on_sqlite)


def test_it_does_not_wait_for_who_writes(on_sqlite: str, talbuk: Talbuk) -> None:
    open_database(on_sqlite)
    writer = SQLITE.connect(on_sqlite, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO dirty VALUES ('x')")
    assert_well(talbuk, on_sqlite)
    writer.close()


def test_where_each_setting_comes_from(on_sqlite: str, talbuk: Talbuk) -> None:
    out = talbuk("doctor", "--quick", TALBUK_DATABASE=on_sqlite, TALBUK_WORKERS="3")[1]
    assert out.startswith("ok      settings     as this shell has them: a server that runs may have been started with")
    assert f"database = {on_sqlite} (TALBUK_DATABASE)" in out
    assert "workers = 3 (TALBUK_WORKERS)" in out
    assert "threads = 4 (default)" in out
    assert f"database = {on_sqlite} (--database)" in talbuk("doctor", "--quick", "--database", on_sqlite)[1]


def test_no_password_is_shown(talbuk: Talbuk) -> None:
    for url in (
        "postgresql://reader:s3cret@127.0.0.1:1/talbuk",
        "postgresql://reader@127.0.0.1:1/talbuk?connect_timeout=2&password=s3cret",
    ):
        code, out, err = talbuk("doctor", "--database", url)
        assert code == 1
        assert "reader@127.0.0.1:1" in out
        assert "s3cret" not in out + err


def test_a_setting_that_cannot_be_used(talbuk: Talbuk) -> None:
    code, out, _ = talbuk("doctor", TALBUK_WORKERS="two")
    assert code == 1
    assert out.startswith("FAULT   settings     TALBUK_WORKERS must be a whole number from 1 on, not 'two'")


# --- what any engine can have ---------------------------------------------------------------------------------------

REBUILT = ("rebuild",)


@pytest.mark.parametrize(
    ("statement", "check", "told", "do", "helps"),
    [
        ("UPDATE meta SET value = '3' WHERE key = 'schema_version'", "schema", "version 3", "talbuk migrate", None),
        ("UPDATE meta SET value = 'x' WHERE key = 'rendered_with'", "documents", "made with x", "rebuild", REBUILT),
        ("DELETE FROM meta WHERE key = 'rendered_with'", "documents", "no data is loaded", "talbuk load", REBUILT),
        ("INSERT INTO dirty VALUES ('sources/newspaper')", "leftovers", "1 rows in dirty", "rebuild", REBUILT),
        ("INSERT INTO seen VALUES ('sources/newspaper')", "leftovers", "1 rows in seen", "rebuild", REBUILT),
        ("INSERT INTO touched VALUES ('sources/newspaper')", "leftovers", "1 rows in touched", "rebuild", REBUILT),
        (f"INSERT INTO meta VALUES ('{JOURNAL}', '1')", "leftovers", "log keeps it", "restart the server",
         ("erase", "defectors/general", "--reason", "asked")),
        ("UPDATE record SET input = '{}' WHERE id = 'newspaper'", "ledger", "sources/newspaper: what is stored is not",
         "talbuk restore", None),
        ("DELETE FROM ledger WHERE seq = 2", "ledger", "entry 2 is missing", "talbuk ledger verify", None),
    ],
)  # fmt: skip
def test_what_was_broken_is_told(
    sick: str, talbuk: Talbuk, statement: str, check: str, told: str, do: str, helps: tuple[str, ...] | None
) -> None:
    run(sick, statement)
    assert_fault(talbuk, sick, check, told, do)
    if helps:
        assert talbuk(*helps, "--database", sick)[0] == 0
        assert_well(talbuk, sick)


def test_a_ledger_that_was_cut(sick: str, talbuk: Talbuk) -> None:
    open_database(sick)
    kept = head().word
    close_database()
    assert talbuk("doctor", "--database", sick, "--expect", kept)[0] == 0
    run(sick, "DELETE FROM ledger WHERE seq = 3", "DELETE FROM record WHERE id = 'general-left'",
        "DELETE FROM revision WHERE path = 'claims/general-left'")  # fmt: skip
    assert_fault(talbuk, sick, "ledger", "entry 3 is missing", "talbuk restore", "--expect", kept)
    assert talbuk("doctor", "--database", sick, "--quick")[0] == 0


def test_an_empty_database(empty_database: str, talbuk: Talbuk) -> None:
    close_database()
    assert_fault(talbuk, empty_database, "documents", "no data is loaded", "talbuk load")


# --- SQLite ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "told", "do"),
    [
        (None, "there is no such database", "`talbuk load` makes one"),
        (b"", "is empty", "`talbuk load` or `restore` fills it"),
        (
            b"not a database, but some text" * 100,
            "is not a database",
            "name another file in TALBUK_DATABASE or, if it was one, restore a backup",
        ),
    ],
)
def test_a_file_that_cannot_be_opened(
    tmp_path: Path, talbuk: Talbuk, content: bytes | None, told: str, do: str
) -> None:
    file = tmp_path / "talbuk.db"
    if content is not None:
        file.write_bytes(content)
    code, out, _ = talbuk("doctor", "--json", "--database", file)
    faults = {one["check"]: one for one in json.loads(out)["findings"] if one["state"] == "fault"}
    assert code == 1
    assert set(faults) == {"database"} | ({"file"} if content is None else set())
    assert told in faults["database"]["found"]
    assert do in faults["database"]["do"]
    assert file.exists() == (content is not None)


def _page_of_index(url: str) -> None:
    """Overwrite the root page of an index: its table is whole."""
    open_database(url)
    (page,) = execute("SELECT rootpage FROM sqlite_master WHERE name = 'record_updated'").fetchone()
    (size,) = execute("PRAGMA page_size").fetchone()
    close_database()
    with Path(url).open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


def _row_of_index(url: str) -> None:
    """Take a row out of an index, as a fault of the disk might."""
    connection = SQLITE.connect(url, isolation_level=None)
    connection.execute("PRAGMA writable_schema=ON")
    found = "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master WHERE name = 'record_updated'"
    row = connection.execute(found).fetchone()
    connection.execute("DELETE FROM sqlite_master WHERE name = 'record_updated'")
    connection.close()
    connection = SQLITE.connect(url, isolation_level=None)
    connection.execute("UPDATE record SET updated = '2001' WHERE id = 'newspaper'")
    connection.execute("UPDATE revision SET updated = '2001' WHERE path = 'sources/newspaper'")
    connection.execute("PRAGMA writable_schema=ON")
    connection.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", row)
    connection.close()


@pytest.mark.parametrize(
    ("damage", "told"), [(_page_of_index, "is damaged"), (_row_of_index, "missing from index record_updated")]
)
def test_an_index_that_is_damaged(on_sqlite: str, talbuk: Talbuk, damage: Callable[[str], None], told: str) -> None:
    damage(on_sqlite)
    assert_fault(talbuk, on_sqlite, "integrity", told, "talbuk restore")


def test_a_search_index_that_lacks_a_record(on_sqlite: str, talbuk: Talbuk) -> None:
    run(on_sqlite, "DELETE FROM search_index_docsize WHERE id = 1")
    out = talbuk("doctor", "--quick", "--database", on_sqlite)[1]
    assert "FAULT   search index 1 records are not in it, 0 are and should not be" in out
    run(on_sqlite, "INSERT INTO search_index_docsize VALUES (99, x'0101')")
    out = talbuk("doctor", "--quick", "--database", on_sqlite)[1]
    assert "FAULT   search index 1 records are not in it, 1 are and should not be" in out


def test_files_that_others_may_write_or_read(on_sqlite: str, talbuk: Talbuk) -> None:
    """Where reading takes a key, nobody else on the machine reads the file either."""
    file = Path(on_sqlite)
    file.chmod(0o646)
    assert_fault(talbuk, on_sqlite, "file", "talbuk.db -rw-r--rw-", "others may write it: chmod o-rwx")
    file.chmod(0o644)
    assert_well(talbuk, on_sqlite)
    assert_fault(talbuk, on_sqlite, "file", "talbuk.db -rw-r--r--", "others may read it", TALBUK_READS="keys")
    file.chmod(0o640)
    assert_well(talbuk, on_sqlite)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file to another")
def test_files_of_two_owners(on_sqlite: str, talbuk: Talbuk) -> None:
    """What a command leaves that was run as another user: the server cannot open it."""
    beside = Path(f"{on_sqlite}-wal")
    beside.touch()
    shutil.chown(beside, "nobody")
    code, out, _ = talbuk("doctor", "--quick", "--database", on_sqlite)
    assert code == 1
    assert "of nobody and root" in out
    assert f"-> stop the server; chown root {on_sqlite}*" in out


def test_a_disk_that_is_nearly_full(small_disk: Path, talbuk: Talbuk, tmp_path: Path) -> None:
    url = loaded(str(small_disk / "talbuk.db"), talbuk, tmp_path)
    assert_fault(talbuk, url, "room", f" MB free in {small_disk}", "64 MB must be free")


def test_a_disk_that_found_an_error(talbuk: Talbuk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so neither by statvfs nor by refusing to be read; when it is repaired, all is well."""
    try:
        with disks.ext4(tmp_path) as disk:
            url = loaded(str(disk.place / "talbuk.db"), talbuk, tmp_path)
            monkeypatch.setattr(health, "LEAST_ROOM", 1000)
            assert_well(talbuk, url)
            disk.fail()
            code, out, _ = talbuk("doctor", "--database", url)
            assert code == 1
            assert f"FAULT   room         the disk of {disk.place} can only be read\n" in out
            assert "check it (fsck)" in out
            close_database()
            disk.repair()
            assert_well(talbuk, url)
            close_database()
    except disks.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize(
    ("options", "reads_alone"),
    [("rw,relatime - ext4 /dev/a rw", False), ("ro,relatime - ext4 /dev/a rw", True),
     ("rw,relatime - ext4 /dev/a rw,emergency_ro", True), ("rw,relatime shared:1 - ext4 /dev/a ro", True)],
)  # fmt: skip
def test_how_a_disk_is_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str, reads_alone: bool
) -> None:
    """That of the nearest folder above counts, and of several at one place the last; its name may have blanks."""
    mounts, folder = tmp_path / "mountinfo", tmp_path / "a disk" / "inside"
    folder.mkdir(parents=True)
    monkeypatch.setattr(health, "MOUNTS", mounts)
    place = str(folder.parent.resolve()).replace(" ", "\\040")
    lines = ["1 0 8:1 / / ro - ext4 /dev/b ro,emergency_ro", f"2 1 8:2 / {place} ro - tmpfs tmpfs ro"]
    mounts.write_text("\n".join([*lines, f"3 1 8:3 / {place} {options}"]))
    assert health.reads_alone(folder) is reads_alone
    mounts.unlink()
    assert health.reads_alone(folder) is False


def test_a_log_that_grows(on_sqlite: str, talbuk: Talbuk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some process reads, and does not end."""
    monkeypatch.setattr(health, "LEAST_ROOM", 1000)
    reader = SQLITE.connect(on_sqlite, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM record").fetchone()
    talbuk("load", "--database", on_sqlite)
    talbuk("rebuild", "--database", on_sqlite)
    assert_fault(talbuk, on_sqlite, "log", "write-ahead log", "restart the server")
    reader.close()
    talbuk("rebuild", "--database", on_sqlite)
    assert_well(talbuk, on_sqlite)


def test_a_library_that_is_not_safe(on_sqlite: str, talbuk: Talbuk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library of Debian 12, as this process would find it."""
    monkeypatch.setattr(health, "sqlite_version", lambda: (3, 40, 1))
    assert_fault(talbuk, on_sqlite, "engine", "SQLite 3.40.1", "install pysqlite3")


def test_a_journal_that_keeps_readers_waiting(on_sqlite: str, talbuk: Talbuk) -> None:
    connection = SQLITE.connect(on_sqlite)
    assert connection.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",)
    connection.close()
    assert_fault(talbuk, on_sqlite, "log", "nobody reads while", "the next write")
    talbuk("load", "--database", on_sqlite)
    assert_well(talbuk, on_sqlite)


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


@pytest.mark.postgresql
def test_a_server_that_only_reads(on_postgresql: str, talbuk: Talbuk) -> None:
    name = on_postgresql.rpartition("/")[2]
    run(on_postgresql, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert_fault(talbuk, on_postgresql, "server", "it only reads", "name the primary")


@pytest.mark.postgresql
def test_a_transaction_that_somebody_forgot(
    on_postgresql: str, talbuk: Talbuk, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    with psycopg.connect(on_postgresql) as idle:
        idle.execute("SELECT 1")
        assert_well(talbuk, on_postgresql)
        monkeypatch.setattr(health, "LONGEST_IDLE", 0)
        process = idle.info.backend_pid
        do = f"SELECT pg_terminate_backend({process})"
        assert_fault(talbuk, on_postgresql, "server", f"process {process} has kept a transaction open", do)


@pytest.mark.postgresql
def test_indexes_that_do_not_hold_what_is_stored(on_postgresql: str, talbuk: Talbuk) -> None:
    """A row is written while an index is said to be not there; amcheck misses it in the index afterwards."""
    mark = "UPDATE pg_index SET indisvalid = {0}, indisready = {0} WHERE indexrelid = 'record_updated'::regclass"
    run(on_postgresql, mark.format("false"))
    assert_fault(
        talbuk, on_postgresql, "integrity", "index record_updated is not whole", "REINDEX INDEX record_updated"
    )
    run(on_postgresql, "UPDATE record SET updated = '2001', file = 'x' WHERE id = 'newspaper'",
        "UPDATE revision SET updated = '2001' WHERE path = 'sources/newspaper'", mark.format("true"))  # fmt: skip
    out = talbuk("doctor", "--database", on_postgresql)[1]
    assert "none of which was read: CREATE EXTENSION amcheck" in out
    run(on_postgresql, "CREATE EXTENSION amcheck")
    assert_fault(talbuk, on_postgresql, "integrity", "record_updated", "REINDEX INDEX record_updated")
    run(on_postgresql, "REINDEX INDEX record_updated")
    assert_well(talbuk, on_postgresql)
