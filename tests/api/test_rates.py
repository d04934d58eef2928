"""How much anyone may ask for: counted in a real Redis, over two processes; and how it goes on without it."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask, request

from api.app import create_app
from api.rates import _network, require_installed
from api.settings import SettingFault, read_settings
from models.database import close_database, open_database
from models.keys import make
from tests.conftest import free_port, missing, serving
from tests.faults.test_http import Answer, assert_problem, sent
from tests.faults.test_http import request as asked

BAD = "talbuk_abcdefgh_" + "x" * 43


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Redis"]:
    """A server of counts."""
    command = shutil.which("redis-server") or shutil.which("valkey-server")
    if command is None:
        missing("redis-server or valkey-server")
    server = Redis(str(command), free_port(), tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


class Redis:
    """A server of counts that can be stopped and started."""

    def __init__(self, command: str, port: int, folder: Path) -> None:
        self.command, self.port, self.folder = command, port, folder
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://:a-password@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, with nothing counted."""
        said = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--requirepass", "a-password"]
        self.process = subprocess.Popen(
            [self.command, *said], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert self.process.stdout
        assert any(b"eady to accept" in line for line in iter(self.process.stdout.readline, b""))

    def stop(self) -> None:
        """Stop it at once."""
        assert self.process
        self.process.kill()
        self.process.communicate(timeout=10)


class Limited(NamedTuple):
    """A server of two processes with limits, three keys of it, and its log."""

    address: str
    tokens: list[str]
    log: Path

    def get(self, path: str = "/v1/people?limit=1", method: str = "GET", *, client: str = "", key: str = "") -> Answer:
        """How it answers an address, on a connection of its own."""
        headers = f"Host: x\r\nX-Forwarded-For: 198.51.100.200, {client or '192.0.2.250'}\r\n"
        headers += f"Authorization: Bearer {key}\r\n" if key else ""
        (answer,) = sent(self.address, asked(path, method, headers=headers))
        return answer


LIMITS = {
    "TALBUK_RATE_READS": "20/hour",
    "TALBUK_RATE_KEYED_READS": "30/hour",
    "TALBUK_RATE_WRITES": "5/hour",
    "TALBUK_RATE_FAILURES": "4/hour",
    "TALBUK_PROXIES": "1",
    "TALBUK_WORKERS": "2",
}


@pytest.fixture(scope="module")
def limited(redis: Redis, sqlite_with_fixtures: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Limited]:
    """A server with limits, behind one proxy: an address is the last one that is forwarded."""
    folder = tmp_path_factory.mktemp("limited")
    shutil.copy(sqlite_with_fixtures, folder / "talbuk.db")
    open_database(str(folder / "talbuk.db"))
    tokens = [make(f"editor-{number}", "admin")[1] for number in range(3)]
    close_database()
    settings = LIMITS | {"TALBUK_RATE_STORAGE": redis.url}
    with serving(str(folder / "talbuk.db"), folder / "log", **settings) as address:
        yield Limited(address, tokens, folder / "log")


def left(answer: Answer) -> tuple[str, int]:
    """Of what limit an answer tells, and how much is left of it, in the form of the draft."""
    policy = re.fullmatch(r'"([a-z-]+)";q=(\d+);w=3600', answer.headers["ratelimit-policy"])
    found = re.fullmatch(r'"([a-z-]+)";r=(\d+);t=(\d+)', answer.headers["ratelimit"])
    assert policy
    assert found
    assert policy[1] == found[1]
    assert 0 < int(found[3]) <= 3600
    return found[1], int(found[2])


def assert_too_many(answer: Answer, of: str) -> None:
    """It is a problem that says when to ask again."""
    assert_problem(answer, 429)
    assert 0 < int(answer.headers["retry-after"]) <= 3600
    assert left(answer) == (of, 0)


def test_an_address_reads_so_much_whichever_process_answers(limited: Limited) -> None:
    """Exactly: of 40 at once 20 are answered. Others are not harmed, nor is who has a key."""
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: limited.get(client="192.0.2.1"), range(40)))
    assert sorted(answer.status for answer in answers) == [200] * 20 + [429] * 20
    assert sorted(left(answer)[1] for answer in answers if answer.status == 200)[-1] < 20
    assert_too_many(limited.get(client="192.0.2.1"), "reads")
    assert_too_many(limited.get("/v1/nothing", client="192.0.2.1"), "reads")
    assert left(limited.get(client="192.0.2.2")) == ("reads", 19)
    assert left(limited.get(client="192.0.2.1", key=limited.tokens[0])) == ("keyed-reads", 29)


def test_a_key_reads_and_writes_so_much_wherever_it_is_used(limited: Limited) -> None:
    key, path = limited.tokens[1], "/v1/people/nobody"
    answers = [limited.get(path, "DELETE", client=f"192.0.2.{n}", key=key) for n in range(50, 57)]
    assert [answer.status for answer in answers] == [422] * 5 + [429] * 2
    assert_too_many(answers[-1], "writes")
    assert limited.get(client="192.0.2.50", key=key).status == 200, "reading is counted apart"
    assert limited.get(path, "DELETE", client="192.0.2.50", key=limited.tokens[2]).status == 422


def test_an_address_tries_so_many_keys(limited: Limited) -> None:
    """After that none that it sends is looked at, a good one neither; without one it reads, and others do."""
    answers = [limited.get(client="192.0.2.3", key=BAD) for _ in range(6)]
    assert [answer.status for answer in answers] == [401] * 4 + [429] * 2
    assert_too_many(answers[-1], "failures")
    assert limited.get(client="192.0.2.3", key=limited.tokens[0]).status == 429
    assert limited.get(client="192.0.2.3").status == 200
    assert limited.get(client="192.0.2.4", key=limited.tokens[0]).status == 200


def test_a_good_key_is_no_try(limited: Limited) -> None:
    assert {limited.get(client="192.0.2.5", key=limited.tokens[0]).status for _ in range(8)} == {200}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_monitors_are_not_counted(limited: Limited, path: str) -> None:
    answers = [limited.get(path, client="192.0.2.6") for _ in range(25)]
    assert {answer.status for answer in answers} == {200}
    assert "ratelimit" not in answers[-1].headers


def test_without_the_server_of_counts_answers_go_on(limited: Limited, redis: Redis) -> None:
    """Each process counts for itself then, and it is logged, without the password; when it is back, all count there."""
    redis.stop()
    try:
        began = time.monotonic()
        answers = [limited.get(client="192.0.2.7") for _ in range(12)]
        assert {answer.status for answer in answers} == {200}
        assert time.monotonic() - began < 5
        assert limited.get(key=BAD, client="192.0.2.8").status == 401
    finally:
        redis.start()
    said = limited.log.read_text(encoding="utf-8")
    assert "Rate limit storage unreachable" in said
    assert "a-password" not in said
    for _ in range(100):
        if "Rate limit storage recovered" in limited.log.read_text(encoding="utf-8"):
            return
        limited.get(client="192.0.2.9")
        time.sleep(0.1)
    pytest.fail("it was not looked whether the server of counts is back")


# --- whose address it is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        ("0", "198.51.100.1", "127.0.0.1"),
        ("1", "198.51.100.1", "198.51.100.1"),
        ("1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("2", "203.0.113.9, 198.51.100.1", "203.0.113.9"),
        ("2", "198.51.100.1", "127.0.0.1"),
        ("1", "", "127.0.0.1"),
    ],
)
def test_as_many_proxies_are_believed_as_there_are(
    monkeypatch: pytest.MonkeyPatch, proxies: str, forwarded: str, address: str
) -> None:
    """What a client itself sends as forwarded counts for nothing."""
    monkeypatch.setenv("TALBUK_PROXIES", proxies)
    app, seen = create_app(), []
    app.add_url_rule("/seen", view_func=lambda: seen.append((request.remote_addr, request.scheme, request.host)) or "")
    told = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.test"}
    app.test_client().get("/seen", headers=told)
    assert seen == [(address, "https" if proxies == "1" else "http", "localhost")]


def test_nobody_says_by_which_path_or_scheme_it_asks(server: str) -> None:
    """Gunicorn by itself believes whoever asks from this machine: all, behind a proxy on it."""
    for header in ("SCRIPT_NAME: /v1", "PATH_INFO: /v1"):
        (answer,) = sent(server, asked("/v1/people/nobody", headers=f"Host: x\r\n{header}\r\n"))
        assert answer.status == 404
        assert "nobody" in answer.problem["detail"]
    (answer,) = sent(server, asked("/", headers="Host: x\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Ssl: on\r\n"))
    assert answer.status == 200
    assert b"https://x" not in answer.body


def test_who_has_a_network_of_addresses_is_one() -> None:
    assert _network("2001:db8:1:2:3:4:5:6") == _network("2001:db8:1:2:ffff::1") != _network("2001:db8:1:3::1")
    assert _network("::ffff:192.0.2.1") == _network("192.0.2.1") == "192.0.2.1"
    assert _network("unknown") == "unknown"


# --- settings ---------------------------------------------------------------------------------------------------------


def test_without_limits_nothing_of_them_is_loaded() -> None:
    """Nor of metrics: who does not want them does not wait for them, at the start or at a request."""
    unused = {"flask_limiter", "limits", "redis", "prometheus_client", "pythonjsonlogger", "api.metrics"}
    script = f"import sys, api.server, api.app; api.app.create_app(); assert not {unused} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("RATE_READS", "many", "such as 600/minute"),
        ("RATE_WRITES", "0/minute", "such as 600/minute"),
        ("RATE_FAILURES", "5 per fortnight", "it is '5 per fortnight'"),
        ("RATE_STORAGE", "localhost:6379", "redis://HOST:PORT or memcached://HOST:PORT"),
        ("RATE_STORAGE", "memory://", "redis://HOST:PORT"),
        ("RATE_STORAGE", "redis://localhost:port", "redis://HOST:PORT"),
        ("PROXIES", "-1", "whole number from 0 on, not '-1'"),
        ("PROXIES", "one", "whole number from 0 on"),
        ("GRACE", "0", "whole number from 1 on"),
        ("STREAM", "1e3", "whole number from 1 on"),
        ("METRICS", "9464", "HOST:PORT, such as 127.0.0.1:9464"),
        ("LOG", "xml", "text or json, not 'xml'"),
        ("ACCESS_LOG", "yes", "on or off, not 'yes'"),
        ("SECURITY_CONTACT", "security@example.org", "mailto:"),
        ("SECURITY_CONTACT", "https://example.org/\r\nContact: mailto:else@example.org", "without a space"),
    ],
)
def test_a_setting_that_cannot_be_is_told(name: str, value: str, says: str) -> None:
    with pytest.raises(SettingFault, match=re.escape(says)) as fault:
        read_settings({f"TALBUK_{name}": value})
    assert f"TALBUK_{name}" in str(fault.value)


def test_a_password_is_not_told_with_its_setting() -> None:
    with pytest.raises(SettingFault) as fault:
        read_settings({"TALBUK_RATE_STORAGE": "rediss//:a-password@host"})
    assert "a-password" not in str(fault.value)


def test_what_is_not_installed_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.rates.find_spec", lambda name: None)
    with pytest.raises(SettingFault, match=re.escape("pip install 'talbuk[limits]'")):
        require_installed()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"TALBUK_METRICS": "127.0.0.1:8000", "TALBUK_BIND": "127.0.0.1:8000"}, "another port than TALBUK_BIND"),
        ({"TALBUK_METRICS": "127.0.0.1:99999"}, "cannot listen at 127.0.0.1:99999 (TALBUK_METRICS)"),
    ],
)
def test_what_cannot_be_served_is_one_line(settings: dict[str, str], says: str, sqlite_with_fixtures: str) -> None:
    command = [sys.executable, "-m", "api", "serve", "--database", sqlite_with_fixtures]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert says in done.stderr


def test_limits_are_documented_where_they_can_be(application: Flask) -> None:
    document = json.loads((Path(__file__).parents[2] / "openapi" / "openapi.json").read_text(encoding="utf-8"))
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert all("429" in one["responses"] for one in operations)
