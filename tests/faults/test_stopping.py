"""A server that is told to stop ends what it has begun, refuses what is new, and is gone in time."""

import errno
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from api.streams import LONGEST, StreamTooLong, bounded
from models.database import SQLITE, close_database, execute, open_database, writing
from models.keys import make
from tests.conftest import free_port, new_postgresql_database, wait_until_served, with_fixtures
from tests.faults import test_http as http_faults
from tests.serving import Client

LINES = "/v1/claims?limit=all&format=ndjson"


class Running(NamedTuple):
    """A server of two processes that runs, a key of it, its database and its log."""

    address: str
    token: str
    database: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def stop(self) -> None:
        """Tell it to stop."""
        self.process.send_signal(signal.SIGTERM)


@contextmanager
def running(database: str, log: Path, **settings: str) -> Iterator[Running]:
    """A server of a database, with a key, as long as the context lasts."""
    open_database(database)
    _, token = make("kim", "admin")
    close_database()
    bind = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "api", "serve", "--workers", "2", "--bind", bind, "--database", database]
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=os.environ | settings, start_new_session=True)
        try:
            wait_until_served(f"http://{bind}/readyz", process)
            yield Running(f"http://{bind}", token, database, process, log)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)


@pytest.fixture
def copy(sqlite_with_fixtures: str, tmp_path: Path) -> str:
    """A copy of the fixtures on SQLite."""
    return str(shutil.copy(sqlite_with_fixtures, tmp_path / "talbuk.db"))


@pytest.fixture
def many(copy: str) -> str:
    """A database of which all claims are more than what lies unread between two processes: 4 MB and more."""
    open_database(copy)
    with writing():
        execute(
            'UPDATE entry SET document = CAST(replace(CAST(document AS TEXT), \'"says":"\', ?) AS BLOB)',
            (f'"says":"{"so " * 7_000}',),
        )
    close_database()
    return copy


def connected(server: Running, receiving: int | None = None) -> socket.socket:
    """A connection to a server, which keeps few bytes for its reader if so many are given."""
    where = urlsplit(server.address)
    connection = socket.socket()
    if receiving:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receiving)
    connection.settimeout(30)
    connection.connect((where.hostname, where.port))
    return connection


def eventually(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something holds."""
    last = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < last
        time.sleep(0.02)


def refused(server: Running) -> bool:
    """Whether a server does not take up connections any more."""
    where = urlsplit(server.address)
    with socket.socket() as connection:
        return connection.connect_ex((where.hostname, where.port)) == errno.ECONNREFUSED


def a_person(number: int) -> dict[str, Any]:
    return {"id": f"witness-{number}", "name": "A witness", "editorial": {"names": "as an example"}}


@contextmanager
def held(database: str) -> Iterator[Callable[[], None]]:
    """A database in which another writes; what it gives lets the others go on."""
    other = SQLITE.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield lambda: other.execute("ROLLBACK")
    finally:
        other.close()


def test_writes_under_way_are_done_and_new_ones_refused(copy: str, tmp_path: Path) -> None:
    """What waits for its turn to write is written; each that is answered is there, and each that is there answered."""
    with running(copy, tmp_path / "log") as server, held(copy) as let_go:
        answers: dict[int, Any] = {}

        def write(number: int) -> None:
            with Client(server.address, server.token) as client:
                answers[number] = client.ask("POST", "/v1/people", a_person(number))

        threads = [Thread(target=write, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        server.stop()
        eventually(lambda: refused(server))
        assert server.process.poll() is None
        assert answers == {}
        let_go()
        for thread in threads:
            thread.join(30)
        assert [answers[number].status for number in range(6)] == [201] * 6
        assert {answer.headers["Connection"] for answer in answers.values()} <= {"close", "keep-alive"}
        assert server.process.wait(15) == 0
    open_database(copy)
    (there,) = execute("SELECT count(*) FROM record WHERE path LIKE 'people/witness-%'").fetchone()
    close_database()
    assert there == 6


def test_an_answer_in_pieces_is_sent_to_its_end(many: str, tmp_path: Path) -> None:
    """A client that reads slowly gets all of it, the last chunk too."""
    with running(many, tmp_path / "log") as server, connected(server, 32_768) as connection:
        connection.sendall(f"GET {LINES} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        first = answer.readline()
        server.stop()
        eventually(lambda: refused(server))
        time.sleep(2.5)  # longer than a connection is kept that has nothing to say
        assert server.process.poll() is None, "it was sent whole before: this shows nothing"
        sent = [first, *answer.read().splitlines()]
        assert all(json.loads(line) for line in sent)
        assert server.process.wait(15) == 0
    open_database(many)
    (claims,) = execute("SELECT count(*) FROM claim").fetchone()
    close_database()
    assert len(sent) == claims


def test_who_does_not_read_is_not_waited_for_longer_than_the_grace(many: str, tmp_path: Path) -> None:
    with running(many, tmp_path / "log", TALBUK_GRACE="2") as server, connected(server, 32_768) as connection:
        connection.sendall(f"GET {LINES} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
        began = time.monotonic()
        server.stop()
        server.process.wait(10)
        assert 1.5 < time.monotonic() - began < 6


def test_a_stream_that_takes_too_long_is_cut_off_and_logged(many: str, tmp_path: Path) -> None:
    """Its reader can tell: the last chunk is missing. Others are answered after it."""
    with running(many, tmp_path / "log", TALBUK_STREAM="1") as server, connected(server, 32_768) as connection:
        connection.sendall(f"GET {LINES} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        name = answer.headers["X-Request-Id"]
        time.sleep(1.3)
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            answer.read()
        eventually(lambda: "StreamTooLong" in server.log.read_text(encoding="utf-8"))
        assert f"request_id={name}" in server.log.read_text(encoding="utf-8")
        with Client(server.address, server.token) as client:
            assert client.ask("GET", "/v1/people?limit=all&format=ndjson").status == 200


def test_a_stream_within_its_time_is_whole(application: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: it is time that cuts one off, not its length."""
    now = [0.0]
    monkeypatch.setattr("api.streams.time.monotonic", lambda: now[0])
    with application.app_context():
        longest = application.config[LONGEST]
        assert list(bounded(iter([b"x"] * 10_000))) == [b"x"] * 10_000
        pieces = bounded(iter([b"a", b"b"]))
        assert next(pieces) == b"a"
        now[0] = longest + 1.0
        with pytest.raises(StreamTooLong, match="TALBUK_STREAM"):
            next(pieces)


@pytest.mark.postgresql
def test_a_database_that_is_gone_is_told_to_whoever_balances_load(postgresql_server: str, tmp_path: Path) -> None:
    """/healthz is of the process alone; /readyz is 503 with Retry-After, until the database is there again."""
    import psycopg

    database = with_fixtures(new_postgresql_database(postgresql_server))
    name = database.rpartition("/")[2]
    metrics = f"127.0.0.1:{free_port()}"
    with running(database, tmp_path / "log", TALBUK_METRICS=metrics) as server:
        assert b"talbuk_database_up 1.0" in told_at(metrics)
        with psycopg.connect(f"{postgresql_server}/postgres", autocommit=True) as admin:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            (gone,) = http_faults.sent(server.address, http_faults.request("/readyz"))
            http_faults.assert_problem(gone, 503)
            assert gone.headers["retry-after"] == "5"
            assert status_of(server, "/healthz") == 200
            assert b"talbuk_database_up 0.0" in told_at(metrics)
            assert b"talbuk_ledger_head" not in told_at(metrics)
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        eventually(lambda: status_of(server, "/readyz") == 200)


def told_at(metrics: str) -> bytes:
    """What a monitor is told."""
    with urlopen(f"http://{metrics}/metrics", timeout=30) as answer:
        found: bytes = answer.read()
        return found


def status_of(server: Running, path: str) -> int:
    """How a server answers who has no key."""
    (answer,) = http_faults.sent(server.address, http_faults.request(path))
    return answer.status
