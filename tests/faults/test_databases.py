"""Databases that cannot be used: one clear line on standard error, exit code 1, and nothing else."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.schemas.registry import rendered_with
from models.database import (
    SCHEMA_VERSION,
    SQLITE,
    close_database,
    execute,
    journal_mode,
    meta_value,
    open_database,
    set_meta_value,
    sqlite_version,
    writing,
)
from tests.faults.commands import PROJECT, Talbuk, as_process, assert_refused

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
def bundle(tmp_path: Path) -> Path:
    file = tmp_path / "bundle.yaml"
    file.write_text(BUNDLE, encoding="utf-8")
    return file


@pytest.fixture
def loaded(tmp_path: Path, bundle: Path, talbuk: Talbuk) -> Path:
    """A SQLite database with BUNDLE in it, closed."""
    file = tmp_path / "talbuk.db"
    assert talbuk("load", bundle, "--database", file) == (0, "added 3, changed 0, removed 0, unchanged 0\n", "")
    return file


READING = (("dump",), ("verify", str(PROJECT)), ("rebuild",), ("erase", "defectors/general", "--reason", "asked"))
ALL = (("load", str(PROJECT / "LICENSE")), *READING)
"""Every command that opens a database and ends by itself; what it would load or check does not matter here."""


def every(commands: tuple[tuple[str, ...], ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("command", commands, ids=[command[0] for command in commands])


def served(database: str, **environment: str) -> tuple[int, str, str]:
    """`talbuk serve` in a process of its own, which must end by itself."""
    return as_process("serve", "--bind", "127.0.0.1:0", "--database", database, **environment)


@every(ALL)
def test_file_that_is_no_database(command: tuple[str, ...], tmp_path: Path, talbuk: Talbuk) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Not a database, but a text of some length.\n" * 100, encoding="utf-8")
    before = file.read_bytes()
    assert_refused(talbuk(*command, "--database", file), "notes.txt", "is not a database", "TALBUK_DATABASE")
    assert file.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["notes.txt"]


@every(ALL)
def test_folder(command: tuple[str, ...], tmp_path: Path, talbuk: Talbuk) -> None:
    assert_refused(talbuk(*command, "--database", tmp_path), "is a folder")


@every(READING)
def test_missing_file(command: tuple[str, ...], tmp_path: Path, talbuk: Talbuk) -> None:
    assert_refused(talbuk(*command, "--database", tmp_path / "no.db"), "there is no such database", "talbuk load")
    assert not list(tmp_path.iterdir())


def test_missing_folder(tmp_path: Path, bundle: Path, talbuk: Talbuk) -> None:
    done = talbuk("load", bundle, "--database", tmp_path / "no" / "talbuk.db")
    assert_refused(done, "cannot be opened", "path exists")


@every(READING)
def test_empty_file(command: tuple[str, ...], tmp_path: Path, talbuk: Talbuk) -> None:
    (tmp_path / "empty.db").touch()
    assert_refused(talbuk(*command, "--database", tmp_path / "empty.db"), "is empty", "talbuk load")


def test_empty_file_can_be_loaded_into(tmp_path: Path, bundle: Path, talbuk: Talbuk) -> None:
    (tmp_path / "empty.db").touch()
    assert talbuk("load", bundle, "--database", tmp_path / "empty.db")[0] == 0


@every(ALL)
def test_tables_of_another_program(command: tuple[str, ...], tmp_path: Path, talbuk: Talbuk) -> None:
    file = tmp_path / "other.db"
    with SQLITE.connect(file) as connection:
        connection.execute("CREATE TABLE recipe (name TEXT)")
    connection.close()
    assert_refused(talbuk(*command, "--database", file), "tables that are not talbuk's", "TALBUK_DATABASE")
    connection = SQLITE.connect(file)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("recipe",)]
    connection.close()


def test_table_of_another_program_that_is_called_meta(tmp_path: Path, talbuk: Talbuk) -> None:
    """That name alone does not make a database talbuk's."""
    file = tmp_path / "other.db"
    with SQLITE.connect(file) as connection:
        connection.execute("CREATE TABLE meta (name TEXT)")
    connection.close()
    assert_refused(talbuk("dump", "--database", file), "other.db")


@pytest.mark.postgresql
def test_tables_of_another_program_in_postgresql(postgresql_server: str, talbuk: Talbuk) -> None:
    import psycopg

    with psycopg.connect(f"{postgresql_server}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE recipes")
    with psycopg.connect(f"{postgresql_server}/recipes", autocommit=True) as connection:
        connection.execute("CREATE TABLE recipe (name TEXT)")
    done = talbuk("load", PROJECT / "LICENSE", "--database", f"{postgresql_server}/recipes")
    assert_refused(done, "tables that are not talbuk's")


@every(ALL)
@pytest.mark.parametrize("version", ["", "0", "1", str(SCHEMA_VERSION - 1), str(SCHEMA_VERSION + 1), "four"])
def test_another_schema_version(command: tuple[str, ...], version: str, loaded: Path, talbuk: Talbuk) -> None:
    of_schema(version, loaded)
    done = talbuk(*command, "--database", loaded)
    assert_refused(done, f"schema version {version}, this release reads {SCHEMA_VERSION}", what_helps(version))


def of_schema(version: str, database: Path) -> None:
    open_database(str(database))
    set_meta_value("schema_version", version)
    close_database()


def what_helps(version: str) -> str:
    if version.isdecimal() and 0 < int(version) < SCHEMA_VERSION:
        return "`talbuk migrate` takes it there"
    if version.isdecimal() and int(version) > SCHEMA_VERSION:
        return f"the release that wrote it can take it back: `talbuk migrate --to {SCHEMA_VERSION}`"
    return "`talbuk dump` it with the release that wrote it and `talbuk load` that file with this one"


@pytest.mark.parametrize("version", ["", "0", str(SCHEMA_VERSION + 1), "four"])
def test_migrating_from_a_schema_that_is_not_known(version: str, loaded: Path, talbuk: Talbuk) -> None:
    of_schema(version, loaded)
    done = talbuk("migrate", "--database", loaded)
    assert_refused(done, f"schema version {version}, this release reads {SCHEMA_VERSION}", what_helps(version))


def test_damaged_file(loaded: Path, talbuk: Talbuk) -> None:
    with loaded.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (loaded.stat().st_size - 4096))
    assert_refused(talbuk("dump", "--database", loaded), "is damaged", "dump")


def test_documents_of_another_release(loaded: Path, bundle: Path, talbuk: Talbuk) -> None:
    """`serve` refuses them and says what helps; `load` makes them again, though no file has changed."""
    open_database(str(loaded))
    set_meta_value("rendered_with", "0123456789abcdef")
    with writing():
        execute("UPDATE entry SET document = ?", (b"{}",))
        execute("DELETE FROM period")
    close_database()
    assert_refused(served(str(loaded)), "made by another release", "talbuk rebuild")
    assert talbuk("dump", "--database", loaded)[0] == 0
    assert talbuk("load", bundle, "--database", loaded)[0] == 0
    open_database(str(loaded))
    assert meta_value("rendered_with") == rendered_with()
    assert execute("SELECT count(*) FROM entry WHERE length(document) < 50").fetchone() == (0,)
    assert execute("SELECT count(*) FROM period").fetchone()[0] > 0


FAULTY = BUNDLE.replace("    claims:\n", "    left: 2015\n    claims:\n")
"""What a laxer release took: no claim sets that he left in 2015."""


@pytest.fixture
def by_a_laxer_release(loaded: Path, bundle: Path) -> Path:
    """A database that another release made of FAULTY, whose rules let it pass."""
    bundle.write_text(FAULTY, encoding="utf-8")
    open_database(str(loaded))
    set_meta_value("rendered_with", "0123456789abcdef")
    left = '"left":{"basis":"stated","earliest":"2015-01-01","edtf":"2015","latest":"2015-12-31","shape":"day"},'
    with writing():
        execute("UPDATE record SET input = replace(input, '\"name\"', ? || '\"name\"') WHERE id = 'general'", (left,))
        execute("UPDATE loaded_file SET digest = ?", (hashlib.sha256(bundle.read_bytes()).hexdigest(),))
    close_database()
    return loaded


STRICTER = "no asserting claim sets this value of `left`; add one, or an `editorial` reason\n"


def test_rebuild_by_stricter_rules_ends_in_lines(by_a_laxer_release: Path, talbuk: Talbuk) -> None:
    """What is stored breaks them: each fault is a line, and all is left as it was."""
    before = talbuk("dump", "--database", by_a_laxer_release)[1]
    assert '"left":' in before
    done = talbuk("rebuild", "--database", by_a_laxer_release)
    assert done == (1, "", f"defectors/general /left: {STRICTER}1 fault; nothing was changed\n")
    assert talbuk("dump", "--database", by_a_laxer_release) == (0, before, "")
    assert_refused(served(str(by_a_laxer_release)), "made by another release", "talbuk rebuild")


def test_load_of_fixtures_that_stricter_rules_refuse_and_of_corrected_ones(
    by_a_laxer_release: Path, bundle: Path, talbuk: Talbuk
) -> None:
    """Though the file is unchanged it is read again, and says where the fault is; corrected, it puts all right."""
    line = FAULTY.splitlines().index("    left: 2015") + 1
    done = talbuk("load", bundle, "--database", by_a_laxer_release)
    assert done == (1, "", f"{bundle}:{line}: defectors/general /left: {STRICTER}1 fault; nothing was changed\n")
    bundle.write_text(BUNDLE, encoding="utf-8")
    done = talbuk("load", bundle, "--database", by_a_laxer_release)
    assert done == (0, "added 0, changed 1, removed 0, unchanged 2\n", "")
    open_database(str(by_a_laxer_release))
    assert meta_value("rendered_with") == rendered_with()
    (document,) = execute("SELECT document FROM entry WHERE path = 'defectors/general'").fetchone()
    assert json.loads(bytes(document))["left"] is None
    close_database()
    assert talbuk("rebuild", "--database", by_a_laxer_release) == (0, "rebuilt 3 records\n", "")


def test_load_into_what_another_release_made_makes_all_of_it_again(
    loaded: Path, tmp_path: Path, talbuk: Talbuk
) -> None:
    """Also what is not in the file that is loaded; where the load is refused, nothing of it."""
    open_database(str(loaded))
    set_meta_value("rendered_with", "0123456789abcdef")
    with writing():
        execute("UPDATE entry SET document = ?", (b"{}",))
        execute("DELETE FROM reference")
    close_database()
    other = tmp_path / "other.yaml"
    other.write_text("people: [{id: someone}]\n", encoding="utf-8")
    done = talbuk("load", other, "--database", loaded)
    assert done == (1, "", f"{other}:1: people/someone /name: is missing\n1 fault; nothing was changed\n")
    open_database(str(loaded))
    assert meta_value("rendered_with") == "0123456789abcdef"
    assert execute("SELECT count(*) FROM reference").fetchone() == (0,)
    close_database()
    other.write_text("people: [{id: someone, name: Someone}]\n", encoding="utf-8")
    done = talbuk("load", other, "--database", loaded)
    assert done == (0, "added 1, changed 0, removed 0, unchanged 0\n", "")
    open_database(str(loaded))
    assert meta_value("rendered_with") == rendered_with()
    assert execute("SELECT count(*) FROM entry WHERE length(document) < 50").fetchone() == (0,)
    assert execute("SELECT count(*) FROM reference").fetchone() == (2,)


def test_erasure_while_another_reads_says_what_it_left(loaded: Path, bundle: Path, talbuk: Talbuk) -> None:
    """A reader's snapshot keeps the old pages in the write-ahead log: that must not pass for erased."""
    secret = b'"says":"He left."'
    bundle.write_text(BUNDLE.replace("He left.", "He fled."), encoding="utf-8")
    talbuk("load", bundle, "--database", loaded)
    erase = ("erase", "claims/general-left", "--reason", "asked", "--database", str(loaded))
    if journal_of(loaded) != "wal":
        pytest.skip("SQLite runs without a write-ahead log here")
    reader = SQLITE.connect(loaded, isolation_level=None)
    try:
        reader.execute("BEGIN")
        assert secret in reader.execute("SELECT payload FROM ledger WHERE seq = 3").fetchone()[0].encode()
        done = talbuk(*erase)
        assert_refused(done, "erased, but another process still reads", "write-ahead log", "run `talbuk erase` again")
    finally:
        reader.close()
    code, out, _ = talbuk(*erase)
    nothing = "erased nothing: the ledger holds no past payload of claims/general-left or of claims about it\n"
    assert (code, out) == (0, nothing)
    open_database(str(loaded))
    kept = "SELECT payload IS NOT NULL FROM ledger WHERE path = 'claims/general-left' ORDER BY seq"
    assert [row[0] for row in execute(kept).fetchall()] == [0, 1, 0, 0]
    close_database()
    (only,) = loaded.parent.glob("talbuk.db*")
    assert secret not in only.read_bytes()


def test_nothing_loaded(tmp_path: Path) -> None:
    file = tmp_path / "talbuk.db"
    open_database(str(file), create=True)
    close_database()
    assert_refused(served(str(file)), "holds no data", "talbuk load")


def test_missing_file_is_not_served(tmp_path: Path) -> None:
    assert_refused(served(str(tmp_path / "no.db")), "there is no such database")


def test_unreachable_postgresql(talbuk: Talbuk) -> None:
    """The password is never shown."""
    pytest.importorskip("psycopg")
    with socket.socket() as unused:  # bound, but not listening: nobody else takes the port meanwhile
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}/talbuk"
        for command in (("load", str(PROJECT / "LICENSE")), ("dump",)):
            done = talbuk(*command, "--database", f"postgresql://reader:s3cret@{address}")
            assert_refused(done, f"postgresql://reader@{address}", "refused")
            assert "s3cret" not in done[2]
        done = served(f"postgresql://reader:s3cret@{address}")
        assert_refused(done, f"postgresql://reader@{address}", "refused")
        assert "s3cret" not in done[2]


@pytest.mark.postgresql
def test_postgresql_without_that_database(postgresql_server: str, talbuk: Talbuk) -> None:
    done = talbuk("load", PROJECT / "LICENSE", "--database", f"{postgresql_server}/nowhere")
    assert_refused(done, "nowhere", "does not exist")


@pytest.mark.postgresql
def test_postgresql_before_its_first_load(postgresql_server: str, talbuk: Talbuk) -> None:
    import psycopg

    with psycopg.connect(f"{postgresql_server}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE still_empty")
    assert_refused(talbuk("dump", "--database", f"{postgresql_server}/still_empty"), "is empty", "talbuk load")


@pytest.mark.parametrize("url", ["mysql://localhost/talbuk", "http://localhost/", "postgresql+psycopg://localhost/x"])
def test_address_of_another_kind(url: str, talbuk: Talbuk) -> None:
    assert_refused(talbuk("dump", "--database", url), url, "postgresql://user@host/name")


def test_locked_by_another_writer(loaded: Path, tmp_path: Path) -> None:
    """Writing commands wait their time, all at once here, and give up; reading goes on beside a writer in WAL mode."""
    holder = SQLITE.connect(loaded, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    other = tmp_path / "other.yaml"
    other.write_text("people: [{id: someone, name: Someone}]\n", encoding="utf-8")
    commands = (
        ["load", str(other)],
        ["rebuild"],
        ["migrate", "--to", "1"],
        ["erase", "defectors/general", "--reason", "asked"],
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "api", *command, "--database", str(loaded)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT,
        )
        for command in commands
    ]  # fmt: skip
    try:
        if journal_of(loaded) == "wal":
            code, out, _ = as_process("dump", "--database", str(loaded))
            assert (code, out.count("\n")) == (0, 2)
        done = [(process.communicate(timeout=60), process.returncode) for process in running]
    finally:
        for process in running:
            process.kill()
        holder.execute("ROLLBACK")
        holder.close()
    for (out, err), code in done:
        assert_refused((code, out, err), "is locked by another process", "try again")


def journal_of(file: Path) -> str | None:
    open_database(str(file))
    try:
        return journal_mode()
    finally:
        close_database()


@pytest.fixture
def bound() -> tuple[str, ...]:
    """What a command is run through so that permissions bind it: root has a capability to pass them by."""
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("needs setpriv, or not to be root")
    return (setpriv, "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder whose permissions a test may take away."""
    found = tmp_path / "folder"
    found.mkdir()
    yield found
    found.chmod(0o755)


def test_read_only_file_and_folder(bound: tuple[str, ...], folder: Path, loaded: Path) -> None:
    """What may only be read is not written, and says so; where it can be read, it is."""
    bundle, file = folder / "bundle.yaml", folder / "talbuk.db"
    bundle.write_text(BUNDLE.replace("He left.", "He fled."), encoding="utf-8")
    shutil.copy(loaded, file)
    file.chmod(0o444)
    folder.chmod(0o555)
    database = ("--database", str(file))
    assert_refused(as_process("load", str(bundle), *database, before=bound), "talbuk.db", "read-only")
    assert_refused(as_process("rebuild", *database, before=bound), "talbuk.db", "read-only")
    code, out, err = as_process("dump", *database, before=bound)
    if code:
        assert_refused((code, out, err), "talbuk.db")
    assert_refused(as_process("load", str(bundle), "--database", str(folder / "new.db"), before=bound), "new.db")


def test_unreadable_file(bound: tuple[str, ...], folder: Path, loaded: Path) -> None:
    shutil.copy(loaded, folder / "talbuk.db")
    (folder / "talbuk.db").chmod(0)
    done = as_process("dump", "--database", str(folder / "talbuk.db"), before=bound)
    assert_refused(done, "cannot be opened", "may be read")


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("TALBUK_DATABSE", "x.db", "TALBUK_DATABASE"),
        ("TALBUK_", "x", "TALBUK_BIND"),
        ("TALBUK_WORKERS", "two", "whole number from 1 on, not 'two'"),
        ("TALBUK_WORKERS", "0", "whole number from 1 on"),
        ("TALBUK_THREADS", "-1", "whole number from 1 on"),
        ("TALBUK_TIMEOUT", "1.5", "whole number from 1 on"),
        ("TALBUK_BIND", "127.0.0.1", "must be HOST:PORT, such as 127.0.0.1:8000; it is '127.0.0.1'"),
        ("TALBUK_BIND", ":8000", "must be HOST:PORT"),
        ("TALBUK_BIND", "[::1]", "must be HOST:PORT"),
    ],
)
def test_setting_that_cannot_be(variable: str, value: str, says: str, talbuk: Talbuk, tmp_path: Path) -> None:
    """A slip in a name is told, whatever is run: else it would silently be another database."""
    for command in (("dump",), ("load", PROJECT / "LICENSE"), ("serve",), ("check",)):
        assert_refused(talbuk(*command, "--database", tmp_path / "talbuk.db", **{variable: value})
                       if command[0] != "check" else talbuk(*command, **{variable: value}), variable, says)  # fmt: skip
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("bind", ["nowhere", "127.0.0.1:99999", "127.0.0.1:http", ":", "256.0.0.1:8000"])
def test_address_that_cannot_be_bound(bind: str, loaded: Path) -> None:
    """One line, not a log of attempts."""
    done = as_process("serve", "--database", str(loaded), "--bind", bind)
    assert_refused(done, "TALBUK_BIND")


def test_version_of_sqlite_is_safe_or_wal_is_off(loaded: Path) -> None:
    assert journal_of(loaded) == ("wal" if sqlite_version() >= (3, 51, 3) else "delete")
