"""What lies on the disk is for the user alone who serves, and no secret is shown in an address."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import peewee
import pytest

from api.loading import load, packaged_fixtures
from models.backups import back_up
from models.database import SQLITE, close_database, execute, open_database, without_password, writing


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Files are made as anyone may read and write them, unless the program sees to it."""
    before = os.umask(0)
    yield
    os.umask(before)


def for_others(folder: Path) -> set[str]:
    """The files of a folder that others than their owner may read or write."""
    return {file.name for file in folder.rglob("*") if stat.S_IMODE(file.stat().st_mode) & 0o077}


def test_a_database_and_what_lies_beside_it_are_read_by_nobody_else(tmp_path: Path, open_umask: None) -> None:
    """It holds digests of keys, answers that are kept, the ledger; and where reading takes a key, what that closes."""
    url = str(tmp_path / "talbuk.db")
    open_database(url, create=True)
    try:
        load([packaged_fixtures()])
        with SQLITE.connect(url) as beside:
            beside.execute("SELECT count(*) FROM record").fetchone()
            assert {file.name for file in tmp_path.iterdir()} >= {"talbuk.db", "talbuk.db-wal", "talbuk.db-shm"}
            assert for_others(tmp_path) == set()
        back_up(tmp_path / "copy.db")
    finally:
        close_database()
    assert for_others(tmp_path) == set()


def test_who_lets_others_read_a_database_goes_on_to(tmp_path: Path) -> None:
    file = tmp_path / "talbuk.db"
    file.touch(mode=0o640)
    file.chmod(0o640)
    open_database(str(file), create=True)
    close_database()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://kim:secret@host/name", "postgresql://kim@host/name"),
        ("postgresql://kim:sec@ret@host/name", "postgresql://kim@host/name"),
        ("postgresql://host/name?user=kim&password=secret", "postgresql://host/name?user=kim&password=..."),
        ("postgresql://kim@host/name?password=secret&sslmode=require", "postgresql://kim@host/name?password=...&sslmode=require"),
        ("postgresql://host/name?sslpassword=secret", "postgresql://host/name?sslpassword=..."),
        ("talbuk.db", "talbuk.db"),
    ],
)  # fmt: skip
def test_the_address_of_a_database_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.mark.parametrize(
    "address", ["postgresql://kim:hush-hush@{}/no", "postgresql://{}/no?user=kim&password=hush-hush"]
)
def test_what_goes_wrong_with_a_database_is_told_without_its_password(address: str) -> None:
    """Wherever in the address it stands; nobody listens there."""
    said = subprocess.run(
        [sys.executable, "-m", "api", "serve", "--database", address.format("127.0.0.1:1")],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert said.returncode == 1
    assert "127.0.0.1" in said.stderr
    assert "hush-hush" not in said.stdout + said.stderr


def test_a_connection_that_serves_writes_only_where_it_is_to(tmp_path: Path) -> None:
    """So nothing that reads can change anything, whatever became of its statement."""
    url = str(tmp_path / "talbuk.db")
    open_database(url, create=True)
    close_database()
    open_database(url, read_only=True)
    try:
        for statement in ("DELETE FROM record", "DROP TABLE ledger", "UPDATE access_key SET scope = 'admin'"):
            with pytest.raises(peewee.OperationalError, match="readonly"):
                execute(statement)
        with writing():
            execute("DELETE FROM record")
        with pytest.raises(peewee.OperationalError, match="readonly"):
            execute("DELETE FROM record")
    finally:
        close_database()
