"""The file of an SQLite database is deleted, moved or replaced under a server: what is acknowledged is at its path."""

import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import peewee
import pytest

from models import database
from models.database import DB, DatabaseFault, OutcomeUnknown, close_database, execute, open_database, writing
from models.failures import MOVED, failure_of
from tests.faults.commands import as_process
from tests.faults.instances import defector, filled
from tests.serving import Answer, Client, Server, serving

ROUNDS = 12
"""Requests that two processes of four threads are asked, one connection each: some go to each process."""


ANSWERED = re.compile(r"\[(\d+)\] \[INFO\] GET /v1 ")
"""The process that answered, by the log: one that only begins to serve ends all, if there is no file then."""


class Moved(NamedTuple):
    """A server of two processes, whose file is going to be moved, and a key of it."""

    server: Server
    token: str
    file: Path

    def ask(self, method: str, path: str, body: object = None) -> list[Answer]:
        """The answers to the same request on connections of their own."""
        found = []
        for _ in range(ROUNDS):
            with Client(self.server.address, self.token) as client:
                found.append(client.ask(method, path, body))
        return found

    def writes(self, name: str) -> list[Answer]:
        """The answers to writes of some new records."""
        found = []
        for number in range(ROUNDS):
            with Client(self.server.address, self.token) as client:
                found.append(client.ask("POST", "/v1/defectors", defector(f"{name}-{number}")))
        return found

    def kept(self) -> set[str]:
        """What a server that is started now would have, by the file at the path."""
        open_database(str(self.file))
        found = {row[0] for row in execute("SELECT id FROM record WHERE resource = 'defectors'").fetchall()}
        close_database()
        return found


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[Moved]:
    """It has written in each of its processes, so that they all have the file open."""
    file = tmp_path / "talbuk.db"
    token = filled(str(file), tmp_path)
    log = tmp_path / "log"
    with serving(str(file), workers=2, log=log, TALBUK_ACCESS_LOG="on") as server:
        found = Moved(server, token, file)
        for _ in range(50):
            found.ask("GET", "/v1")
            if len(set(ANSWERED.findall(log.read_text()))) == 2:
                break
        else:
            raise AssertionError("one of the processes answers nothing")
        assert {answer.status for answer in found.writes("before")} == {201}
        assert {answer.status for answer in found.ask("GET", "/v1/defectors")} == {200}
        yield found


def acknowledged(name: str, answers: list[Answer]) -> set[str]:
    return {f"{name}-{number}" for number, answer in enumerate(answers) if answer.status == 201}


def assert_gone(moved: Moved) -> None:
    """Nothing is written, and all are told so; no other file is made in its place."""
    for answer in [*moved.writes("lost"), *moved.ask("GET", "/readyz")]:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert "the database file is gone" in answer.value["detail"]
        assert "talbuk.db" not in answer.value["detail"]
    time.sleep(database.LONGEST_BLIND)
    assert {answer.status for answer in moved.ask("GET", "/v1/defectors")} == {503}
    with urlopen(f"{moved.server.address}/healthz") as answer:
        assert answer.status == 200
    assert not moved.file.exists()


def test_a_file_that_is_deleted(moved: Moved) -> None:
    for end in ("", "-wal", "-shm"):
        moved.file.with_name(moved.file.name + end).unlink(missing_ok=True)
    assert_gone(moved)


def test_a_file_that_is_moved_away_and_back(moved: Moved) -> None:
    """What was acknowledged before is there, though it was moved without the log beside it; it goes on by itself."""
    away = moved.file.with_name("away.db")
    moved.file.rename(away)
    assert_gone(moved)
    away.rename(moved.file)
    assert {answer.status for answer in moved.ask("GET", "/readyz")} == {200}
    after = moved.writes("after")
    assert {answer.status for answer in after} == {201}
    assert moved.kept() == {f"{name}-{number}" for name in ("before", "after") for number in range(ROUNDS)}
    assert as_process("ledger", "verify", "--database", str(moved.file))[0] == 0


def test_a_file_that_is_replaced(moved: Moved) -> None:
    """Each thread refuses one write at most; then the new file is written, and read within a second."""
    other = moved.file.with_name("other.db")
    assert as_process("backup", str(other), "--database", str(moved.file))[0] == 0
    assert acknowledged("old", moved.writes("old"))
    for end in ("-wal", "-shm"):
        moved.file.with_name(moved.file.name + end).unlink(missing_ok=True)
    other.rename(moved.file)
    new = moved.writes("new")
    assert {answer.status for answer in new} <= {201, 503}
    assert [answer.status for answer in new].count(503) <= 8
    time.sleep(database.LONGEST_BLIND)
    there = {f"before-{number}" for number in range(ROUNDS)} | acknowledged("new", new)
    for answer in moved.ask("GET", "/v1/defectors?limit=500&fields=id"):
        assert {one["id"] for one in answer.value["data"]} == there
    assert {answer.status for answer in moved.ask("GET", "/readyz")} == {200}
    assert moved.kept() == there


def test_a_restore_of_a_damaged_file_beside_a_server(moved: Moved) -> None:
    """It puts another file in place, and the server goes on with that."""
    backup = moved.file.with_name("1.backup")
    assert as_process("backup", str(backup), "--database", str(moved.file))[0] == 0
    os.truncate(moved.file, 100)
    done = as_process("restore", str(backup), "--replace", "--database", str(moved.file))
    assert done[0] == 0, done
    time.sleep(database.LONGEST_BLIND)
    assert {answer.status for answer in moved.ask("GET", "/readyz")} == {200}
    assert {answer.status for answer in moved.writes("after")} == {201}
    assert moved.kept() == {f"{name}-{number}" for name in ("before", "after") for number in range(ROUNDS)}


def replace(file: Path) -> None:
    """Put a copy of the open database in its place, under whoever has it open; no log stays beside it."""
    other = file.with_name("other.db")
    execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(file, other)
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    other.rename(file)


def note(key: str) -> None:
    with writing():
        execute("INSERT INTO meta (key, value) VALUES (?, '1')", (key,))


def test_where_nobody_looks_writes_are_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: SQLite by itself writes on into a file that nobody will find."""
    file = tmp_path / "talbuk.db"
    filled(str(file), tmp_path)
    open_database(str(file))
    replace(file)
    with pytest.raises(peewee.OperationalError) as told:
        note("refused")
    assert failure_of(told.value) is MOVED
    note("kept")
    replace(file)
    with monkeypatch.context() as patched:
        patched.setattr(type(DB.obj), "follow", lambda *_: False)
        note("lost")
    close_database()
    open_database(str(file))
    rows = execute("SELECT key FROM meta WHERE key IN ('refused', 'kept', 'lost')").fetchall()
    assert rows == [("kept",)]
    close_database()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("CREATE TABLE meta (key, value); INSERT INTO meta VALUES ('schema_version', '1')", "of schema version 1"),
        ("CREATE TABLE meta (key, value)", "of schema version unknown"),
        ("CREATE TABLE other (name)", "no such table"),
        ("", "no such table"),
    ],
)
def test_a_file_of_another_kind_in_its_place(content: str, told: str, tmp_path: Path) -> None:
    """It is not written to, nor read: this release was not made for it. Then the right one is there again."""
    file, away = tmp_path / "talbuk.db", tmp_path / "away.db"
    filled(str(file), tmp_path)
    open_database(str(file))
    execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.rename(away)
    with closing(sqlite3.connect(file)) as other:
        other.executescript(content)
    with pytest.raises(peewee.OperationalError, match="gone or another"):
        note("refused")
    for _ in range(2):
        with pytest.raises((DatabaseFault, peewee.OperationalError), match=told):
            note("refused")
    away.rename(file)
    note("kept")
    close_database()


def moved_meanwhile(file: Path) -> None:
    with writing():
        execute("DELETE FROM dirty")
        file.rename(file.with_name("away.db"))


def test_a_file_that_is_moved_in_the_middle_of_a_write(tmp_path: Path) -> None:
    """It is not acknowledged: nobody would find it at the path."""
    file = tmp_path / "talbuk.db"
    filled(str(file), tmp_path)
    open_database(str(file))
    with pytest.raises(OutcomeUnknown):
        moved_meanwhile(file)
    with pytest.raises(peewee.OperationalError):
        execute("SELECT 1 FROM meta")
    assert not file.exists()
    close_database()
