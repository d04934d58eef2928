"""A running server as whoever runs it sees it: its log, and its metrics, over two processes."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from models.database import close_database, open_database
from models.keys import make
from tests.conftest import free_port, serving
from tests.faults.test_http import request, sent


class Watched(NamedTuple):
    """A server, a key of it, where its metrics are, and where its log is."""

    address: str
    token: str
    metrics: str
    log: Path

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, str]:
        """The status of an answer, and the name of its request."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with urlopen(Request(self.address + path, body, named, method=method)) as answer:
                answer.read()
                return answer.status, answer.headers["X-Request-Id"]
        except HTTPError as error:
            return error.code, error.headers["X-Request-Id"]

    def lines(self, **told: Any) -> list[dict[str, Any]]:
        """The lines of the log that tell this."""
        text = self.log.read_text(encoding="utf-8")
        found = [json.loads(line) for line in text.split("\n")[1:-1]]
        return [line for line in found if told.items() <= line.items()]

    def awaited(self, many: int, **told: Any) -> list[dict[str, Any]]:
        """So many lines of the log that tell this: an answer is there before it is logged."""
        eventually(lambda: len(self.lines(**told)) >= many)
        return self.lines(**told)

    def figures(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """The metrics as a monitor reads them."""
        with urlopen(f"{self.metrics}/metrics") as answer:
            families = text_string_to_metric_families(answer.read().decode())
            return {
                (one.name, tuple(sorted(one.labels.items()))): one.value
                for family in families
                for one in family.samples
            }

    def figure(self, name: str, **labels: str) -> float:
        """One of them; 0 where it is not counted."""
        return self.figures().get((name, tuple(sorted(labels.items()))), 0)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    for _ in range(200):
        if holds():
            return
        time.sleep(0.02)
    raise TimeoutError


@pytest.fixture(scope="module")
def watched(sqlite_with_fixtures: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A server of two processes over a copy of the fixtures, of which one record is spoilt."""
    folder = tmp_path_factory.mktemp("watched")
    shutil.copy(sqlite_with_fixtures, folder / "talbuk.db")
    open_database(str(folder / "talbuk.db"))
    _, token = make("kim", "admin")
    close_database()
    with sqlite3.connect(folder / "talbuk.db") as connection:
        connection.execute("UPDATE entry SET document = 5 WHERE path = 'institutions/room-39'")
    metrics = f"127.0.0.1:{free_port()}"
    settings = {"LOG": "json", "ACCESS_LOG": "on", "METRICS": metrics, "WORKERS": "2"}
    with serving(
        str(folder / "talbuk.db"), folder / "log", **{f"TALBUK_{name}": value for name, value in settings.items()}
    ) as address:
        yield Watched(address, token, f"http://{metrics}", folder / "log")


def test_each_request_is_one_line(watched: Watched) -> None:
    status, name = watched.ask("/v1/people?q=a-secret-query", User_Agent="a-test/1")
    (line,) = watched.awaited(1, request_id=name)
    assert status == 200
    assert line["level"] == "INFO"
    assert line["message"] == "GET /v1/people 200"
    assert (line["method"], line["route"], line["path"], line["status"]) == ("GET", "/v1/people", "/v1/people", 200)
    assert (line["address"], line["agent"]) == ("127.0.0.1", "a-test/1")
    assert line["duration_ms"] > 0
    assert line["bytes"] > 100
    assert line["time"].endswith("Z")
    assert "a-secret-query" not in watched.log.read_text(encoding="utf-8")


def test_a_line_says_in_whose_name_and_nothing_of_the_key(watched: Watched) -> None:
    _, name = watched.ask("/v1/people?limit=1", Authorization=f"Bearer {watched.token}")
    (line,) = watched.awaited(1, request_id=name)
    assert line["actor"] == "kim"
    assert watched.token.split("_", 2)[2] not in watched.log.read_text(encoding="utf-8")


def test_what_a_client_sends_forges_no_line(watched: Watched) -> None:
    """ESC, CR and LF in a path, and in what the client calls itself."""
    before = len(watched.lines())
    forged = "%0d%0a%7b%22level%22:%22INFO%22%7d%1b%5b31m%c2%9b%e2%80%ae"
    (answer,) = sent(
        watched.address, request(f"/v1/{forged}", headers="Host: x\r\nUser-Agent: \xc2\x9b31m\xe2\x80\xa8{}\r\n")
    )
    assert answer.status == 404
    eventually(lambda: len(watched.lines()) == before + 1)
    written = watched.log.read_text(encoding="utf-8")
    assert all(line.isprintable() for line in written.splitlines())
    assert written.count("\n") == len(written.splitlines())
    assert watched.lines()[-1]["path"] == '/v1/\r\n{"level":"INFO"}\x1b[31m\x9b\u202e'


def test_what_gunicorn_refuses_is_a_line_too(watched: Watched) -> None:
    (answer,) = sent(watched.address, b"GET / HTTP/1.1\r\nHost : x\r\n\r\n")
    (line,) = watched.awaited(1, request_id=answer.headers["x-request-id"])
    assert line["status"] == 400
    assert line["message"].startswith("refused: the request is malformed")


def test_a_failure_is_told_whole_in_the_log_alone(watched: Watched) -> None:
    (answer,) = sent(watched.address, request("/v1/institutions/room-39"))
    assert answer.status == 500
    assert set(answer.problem) == {"type", "title", "status", "detail", "request_id"}
    assert answer.problem["detail"] == "something went wrong here; it has been logged"
    failed, asked = watched.awaited(2, request_id=answer.problem["request_id"])
    assert (failed["level"], failed["message"]) == ("ERROR", "a request failed")
    assert "Traceback" in failed["traceback"]
    assert "api/answers.py" in failed["traceback"]
    assert asked["status"] == 500


def test_gunicorns_own_lines_are_of_the_same_form(watched: Watched) -> None:
    assert len(booted(watched)) == 2


def test_answers_are_counted_over_all_processes(watched: Watched) -> None:
    labels = {"route": "/v1/people/<slug:slug>", "method": "GET"}
    before = watched.figure("talbuk_http_requests_total", **labels, status="200")
    timed = watched.figure("talbuk_http_request_duration_seconds_count", **labels)
    asked = 0
    while len({line["process"] for line in watched.lines(path="/v1/people/kim-jong-un")}) < 2:
        with ThreadPoolExecutor(8) as eight:  # one process alone may answer those who come one after the other
            asked += len(list(eight.map(watched.ask, ["/v1/people/kim-jong-un"] * 40)))
        assert asked < 4_000
    eventually(lambda: watched.figure("talbuk_http_requests_total", **labels, status="200") == before + asked)
    assert watched.figure("talbuk_http_request_duration_seconds_count", **labels) == timed + asked
    assert watched.figure("talbuk_http_request_duration_seconds_bucket", **labels, le="+Inf") == timed + asked


def test_what_anyone_can_make_up_is_counted_as_one(watched: Watched) -> None:
    """Else whoever asks for many paths fills the monitor's memory."""
    for number in range(30):
        watched.ask(f"/v1/made-up-{number}")
        watched.ask(f"/v1/people/made-up-{number}")
        watched.ask("/v1", method=f"MADEUP{number}")
        sent(watched.address, f"GET / HTTP/9.{number}\r\n\r\n".encode())
    names = {label for _, labels in watched.figures() for label in labels}
    assert not [value for _, value in names if "made-up" in value or "MADEUP" in value]
    assert len(watched.figures()) < 300
    assert watched.figure("talbuk_http_requests_total", route="other", method="GET", status="404") >= 30
    assert watched.figure("talbuk_http_requests_total", route="other", method="other", status="405") >= 30
    assert watched.figure("talbuk_http_requests_total", route="refused", method="other", status="400") >= 30


def test_each_way_to_write_is_counted_from_the_start(watched: Watched) -> None:
    """Nobody erases here: an alert on a series finds it all the same."""
    counted = {labels: value for (name, labels), value in watched.figures().items() if name == "talbuk_writes_total"}
    never = {dict(labels)["route"]: value for labels, value in counted.items() if "/erase" in dict(labels)["route"]}
    assert {dict(labels)["method"] for labels in counted} == {"POST", "PUT", "PATCH", "DELETE"}
    assert never
    assert set(never.values()) == {0}


def test_writes_and_the_ledgers_head(watched: Watched) -> None:
    labels = {"route": "/v1/people", "method": "POST"}
    before, head = watched.figure("talbuk_writes_total", **labels), watched.figure("talbuk_ledger_head")
    record = {"id": "a-witness", "name": "A witness", "editorial": {"names": "as an example"}}
    asked = {"Authorization": f"Bearer {watched.token}", "Content_Type": "application/json"}
    for status in (201, 409):
        assert watched.ask("/v1/people", "POST", json.dumps(record).encode(), **asked)[0] == status
    eventually(lambda: watched.figure("talbuk_writes_total", **labels) == before + 1)
    assert watched.figure("talbuk_ledger_head") == head + 1


def test_how_the_instance_is(watched: Watched) -> None:
    assert watched.figure("talbuk_database_up") == 1
    (built,) = [dict(labels) for name, labels in watched.figures() if name == "talbuk_build_info"]
    assert built.keys() == {"version", "python", "engine"}
    assert watched.figure("talbuk_http_requests_in_progress") == 1, "the one that asks"


def test_metrics_are_nowhere_else(watched: Watched) -> None:
    """Not where all the rest is, whatever Host says; and where they are is nothing else."""
    port = urlsplit(watched.metrics).port
    assert watched.ask("/metrics")[0] == 404
    (answer,) = sent(watched.address, request("/metrics", headers=f"Host: 127.0.0.1:{port}\r\n"))
    assert answer.status == 404
    (answer,) = sent(watched.metrics, request("/v1"))
    assert (answer.status, answer.problem["detail"]) == (404, "only /metrics is here")


def test_a_process_that_died_has_nothing_under_way(watched: Watched) -> None:
    """One that is killed while it answers is replaced, and what it had begun counts no more."""
    where = urlsplit(watched.address)
    with socket.create_connection((str(where.hostname), where.port)) as slow:
        slow.sendall(
            b"POST /v1/names HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
        )
        eventually(lambda: watched.figure("talbuk_http_requests_in_progress") == 2)
        for line in booted(watched):
            os.kill(int(line["message"].rpartition(" ")[2]), signal.SIGKILL)
        eventually(lambda: len(booted(watched)) == 4)
    eventually(lambda: watched.figure("talbuk_http_requests_in_progress") == 1)


def booted(watched: Watched) -> list[dict[str, Any]]:
    """The lines that tell of a process's start."""
    return [line for line in watched.lines() if line["message"].startswith("Booting worker")]
