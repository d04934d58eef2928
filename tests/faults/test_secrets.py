"""No secret in a log or in an answer, whatever fails: keys, passwords, what stands in a query or a body."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from models.database import close_database, open_database
from models.keys import make
from tests.conftest import free_port, new_postgresql_database, serving, with_fixtures
from tests.faults.test_http import request, sent

pytestmark = pytest.mark.postgresql
PASSWORD = "Geheim-7f3a%2F%40"
SAID = ("Geheim-7f3a", "a-private-query", "a-private-body", "a-private-cookie")
"""What must be nowhere: the password in each of its spellings begins with the first."""


class Told(NamedTuple):
    """A server with all its output, and what it has been asked."""

    address: str
    token: str
    output: Path
    answers: list[bytes]

    def ask(self, target: str, method: str = "GET", body: str = "", **headers: str) -> int:
        """Ask something; the status of the answer."""
        lines = {"Host": "x", "Content-Type": "application/json", "Cookie": "a-private-cookie"} | headers
        lines |= {"Content-Length": str(len(body))} if body else {}
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
        (answer,) = sent(self.address, request(target, method, headers=head, body=body))
        self.answers.append(repr(answer.headers).encode() + answer.body)
        return answer.status


@pytest.fixture(params=["text", "json"])
def told(request: pytest.FixtureRequest, postgresql_server: str, tmp_path: Path) -> Iterator[Told]:
    """A server of a database whose address holds a password, which logs all that it can."""
    plain = with_fixtures(new_postgresql_database(postgresql_server))
    open_database(plain)
    _, token = make("kim", "admin")
    close_database()
    url = plain.replace("talbuk@", f"talbuk:{PASSWORD}@")
    settings = {"LOG": request.param, "ACCESS_LOG": "on", "RATE_STORAGE": f"redis://:{PASSWORD}@127.0.0.1:1/0"}
    settings |= {"METRICS": f"127.0.0.1:{free_port()}"}
    with serving(url, tmp_path / "log", **{f"TALBUK_{name}": value for name, value in settings.items()}) as address:
        yield Told(address, token, tmp_path / "log", [])


def test_nothing_secret_is_told_whatever_fails(told: Told, postgresql_server: str) -> None:
    """Keys good and bad, wherever they are sent; failures of the request, of the view, and of the database."""
    secret = told.token.split("_", 2)[2]
    key = {"Authorization": f"Bearer {told.token}"}
    bad = {"Authorization": f"Bearer {told.token[:-1]}"}
    assert told.ask("/v1/people?limit=1", **key) == 200
    assert told.ask("/v1/people?limit=1", **bad) == 401
    assert told.ask("/v1/people?limit=1", Authorization=f"Basic {told.token}") == 401
    assert told.ask(f"/v1/people/{told.token}") == 404
    assert told.ask(f"/v1/people?q=a-private-query&key={told.token}") == 422
    assert told.ask(f"/v1/people?key={told.token.replace('_', '%5F')}") == 422
    assert told.ask("/v1/people", X_Request_Id=told.token, User_Agent=told.token, Referer=told.token) == 200
    assert told.ask("/v1/people", "POST", '{"id": "x", "a-private-body": "a-private-body"', **key) == 400
    assert told.ask("/v1/nothing", told.token) >= 400
    assert told.ask(f"/v1/people\x01{told.token}", "GET") >= 400
    database = told_database(told)
    with psycopg.connect(f"{postgresql_server}/{database}", autocommit=True) as admin:
        admin.execute("UPDATE entry SET document = 'x' WHERE path = 'institutions/room-39'")
        assert told.ask("/v1/institutions/room-39?fields=name", **key) == 500
        admin.execute("ALTER TABLE entry RENAME TO gone")
        assert told.ask("/v1/people", **key) == 503
    with psycopg.connect(f"{postgresql_server}/postgres", autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database,))
        assert told.ask("/v1/people", **key) == 503
    output = told.output.read_text(encoding="utf-8")
    assert "Traceback" in output, "what fails is logged"
    assert "kim" in output
    whole = output + b"".join(told.answers).decode()
    hidden = (*(word for word in SAID if word != "a-private-query"), secret)
    assert [word for word in hidden if word in whole] == []
    assert "a-private-query" not in output


def told_database(told: Told) -> str:
    """The name of the database that a server says at its start it serves."""
    first = told.output.read_text(encoding="utf-8").splitlines()[0]
    return first.partition(" (")[0].rpartition("/")[2]


@pytest.mark.parametrize("arguments", [("serve",), ("load",), ("keys", "list")])
def test_no_command_tells_the_password(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Where there is no such server, and where the address is none."""
    for url in (f"postgresql://talbuk:{PASSWORD}@127.0.0.1:1/x", f"postgresql://talbuk:{PASSWORD}@[::1/x"):
        done = subprocess.run(
            [sys.executable, "-m", "api", *arguments],
            env=os.environ | {"TALBUK_DATABASE": url, "TALBUK_SNAPSHOTS": str(tmp_path)},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert "Geheim" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
