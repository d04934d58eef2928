"""The shipped proxy: what it answers by itself, whom it limits, what it sends on, and what it sends only once."""

import http.client
import json
import re
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.bodies import LARGEST
from api.bulk import LARGEST as LARGEST_BUNDLE
from api.problems import OF_THE_PROXY, PROXY_RETRY_AFTER
from tests.conftest import free_port
from tests.security.backends import answers_fine, dies, hangs, standing_in
from tests.security.probe import probing
from tests.security.proxy import (
    CONFIGURATION,
    PROBLEM,
    Proxy,
    environment,
    haproxy,
    made_certificate,
    proxied,
    received,
    until,
)
from tests.serving import Answer

HEAD = "Host: talbuk.test\r\nConnection: close\r\n"


@pytest.fixture(scope="module")
def front(written: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The shipped proxy before a real server, as it is shipped."""
    with proxied(written[0].removeprefix("http://"), tmp_path_factory.mktemp("front")) as proxy:
        yield proxy


def assert_problem(answer: Answer, status: int) -> None:
    """It is a problem, as the application would have made it."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    problem = answer.value
    assert problem["status"] == status
    assert problem["detail"] == OF_THE_PROXY[status]
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert answer.headers.get("retry-after") == PROXY_RETRY_AFTER.get(status)


# --- the file itself -----------------------------------------------------------------------------------------------


def test_haproxy_takes_the_configuration(tmp_path: Path) -> None:
    given = environment("127.0.0.1:1", free_port(), free_port(), made_certificate(tmp_path))
    checked = subprocess.run(
        [haproxy(), "-c", "-f", CONFIGURATION], check=False, env=given, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
    assert "WARNING" not in checked.stderr


def test_a_body_may_be_as_large_as_the_application_takes() -> None:
    """The proxy must not refuse what talbuk takes, nor let through what it never would."""
    sizes = re.findall(r"deny_status 413 if (!?)bundles \{ req.hdr_val\(content-length\) gt (\d+) \}", _configuration())
    assert sizes == [("", str(LARGEST_BUNDLE)), ("!", str(LARGEST))]


def test_lanes_leave_threads_of_a_worker_to_reads() -> None:
    """What may hold a thread for long has fewer places than the fewest threads that the file asks for."""
    places = re.findall(r"(?ms)^backend (writing|uploads|streams)$.*?maxconn (\d+)", _configuration())
    (threads,) = re.findall(r"TALBUK_THREADS=(\d+) or more", _configuration())
    assert len(places) == 3
    assert sum(int(many) for _, many in places) < int(threads)


def _configuration() -> str:
    return CONFIGURATION.read_text(encoding="utf-8")


# --- what passes ---------------------------------------------------------------------------------------------------


def test_an_answer_passes(front: Proxy) -> None:
    answer = front.asked("GET", "/v1/defectors?limit=1")
    assert answer.status == 200
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "server" not in answer.headers
    assert answer.value["data"]


def test_all_of_a_list_passes_whole(front: Proxy) -> None:
    """In a lane with few places."""
    with front.connect() as connection:
        connection.sendall(f"GET /v1/claims?limit=all&format=ndjson HTTP/1.0\r\n{HEAD}\r\n".encode())
        head, _, body = received(connection).partition(b"\r\n\r\n")
    assert b" 200 " in head.splitlines()[0]
    assert _lane(front, "/v1/claims") == "streams"
    total = front.asked("GET", "/v1/claims?limit=1&total=true").value["meta"]["total"]
    assert len([json.loads(line) for line in body.splitlines()]) == total


def test_a_large_body_passes_in_a_lane_of_its_own(front: Proxy) -> None:
    body = json.dumps({"names": ["Choi Ryong-hae"], "limit": 1}).encode() + b" " * 1_000_000
    answer = front.asked("POST", "/v1/names", body, Content_Type="application/json")
    assert answer.status == 200
    assert _lane(front, "/v1/names") == "uploads"


def test_a_body_behind_large_headers_is_in_that_lane_too(front: Proxy) -> None:
    """There may be no room for it: then talbuk would have to wait for the rest."""
    large = {f"X_{number}": "a" * 7000 for number in range(3)}
    assert (
        front.asked("POST", "/v1/names", b'{"names": ["Choi"]}', Content_Type="application/json", **large).status == 200
    )
    assert _lane(front, "/v1/names") == "uploads"


def test_a_body_that_waits_to_be_asked_for_is_asked_for(front: Proxy) -> None:
    """As curl sends large ones: `Expect: 100-continue`."""
    body = json.dumps({"names": ["Choi Ryong-hae"], "limit": 1}).encode()
    head = f"POST /v1/names HTTP/1.1\r\n{HEAD}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    with front.connect() as connection:
        connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert received(connection).startswith(b"HTTP/1.1 200 ")


def test_what_is_large_is_seen_however_it_is_spelled(front: Proxy) -> None:
    """As the application reads it: %6c is l."""
    front.asked("GET", "/v1/people?%6cimit=%3500")
    assert _lane(front, "/v1/people") == "streams"


def _lane(front: Proxy, path: str) -> str:
    """In which lane the last request for a path was: it is logged when its answer has been given, or right after."""
    return str(until(lambda: [line for line in front.logged() if line.get("path") == path])[-1]["lane"])


def test_a_request_has_an_id_everywhere(front: Proxy) -> None:
    """The client's own if it is sane, else one that is made."""
    assert front.asked("GET", "/v1", X_Request_Id="mine-1_A").headers["x-request-id"] == "mine-1_A"
    for unsound in ("a b", "x" * 65, "a,b", '"', "ä"):
        made = front.asked("GET", "/v1", X_Request_Id=unsound).headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f-]{36}", made), unsound
    assert "mine-1_A" in {line.get("request_id") for line in front.logged()}


def test_the_log_is_json_without_secrets(front: Proxy, written: tuple[str, str]) -> None:
    token = written[1]
    front.asked("GET", "/v1/defectors?q=secret-question", Authorization=f"Bearer {token}", Cookie="a=secret-cookie")
    front.asked("GET", '/v1/%22%0a%7b\x1b[31m"x'.replace("\x1b", "%1b"))
    text = front.log.read_text(encoding="utf-8")
    for secret in (token, "secret-question", "secret-cookie"):
        assert secret not in text
    line = front.logged()[-1]
    assert set(line) == {
        "at", "request_id", "client", "method", "path", "status", "bytes", "lane", "ended", "milliseconds"
    }  # fmt: skip
    assert line["client"] == "127.0.0.1"


def test_unencrypted_requests_are_led_on_or_refused(front: Proxy) -> None:
    """A key that was sent in the clear is not answered as if nothing were wrong."""
    (led,) = front.sent(f"GET /v1?limit=1 HTTP/1.1\r\n{HEAD}\r\n".encode(), encrypted=False)
    assert (led.status, led.headers["location"]) == (308, "https://talbuk.test/v1?limit=1")
    (refused,) = front.sent(f"GET /v1 HTTP/1.1\r\n{HEAD}Authorization: Bearer x\r\n\r\n".encode(), encrypted=False)
    assert_problem(refused, 403)
    (refused,) = front.sent(f"DELETE /v1/people/x HTTP/1.1\r\n{HEAD}\r\n".encode(), encrypted=False)
    assert_problem(refused, 403)


def test_whom_a_request_comes_from_is_not_for_it_to_say(tmp_path: Path) -> None:
    with standing_in(answers_fine) as backend, proxied(backend.where, tmp_path) as proxy:
        proxy.asked(
            "GET", "/", source="127.0.0.7", X_Forwarded_For="6.6.6.6", Forwarded="for=6.6.6.6", X_Real_IP="6.6.6.6",
            X_Forwarded_Host="evil.test", X_Forwarded_Prefix="/evil",
        )  # fmt: skip
        (request,) = backend.requests
    headers = [line.lower() for line in request.decode().splitlines()]
    assert [line for line in headers if "forwarded" in line or "real-ip" in line] == [
        "x-forwarded-for: 127.0.0.7", "x-forwarded-proto: https",
    ]  # fmt: skip
    assert b"evil" not in request
    assert b"6.6.6.6" not in request


# --- what it answers by itself -------------------------------------------------------------------------------------


def test_its_own_errors_are_problems(front: Proxy) -> None:
    assert_problem(front.sent(b"GET /v1 HTTP/1.1\r\nConnection: close\r\n\r\n")[0], 400)
    for path in ("/metrics", "//metrics", "/%6detrics", "/Metrics?a", "/./metrics", "/metrics/x"):
        assert_problem(front.asked("GET", path), 404)
    too_large = f"POST /v1/names HTTP/1.1\r\n{HEAD}Content-Length: {LARGEST + 1}\r\n\r\n"
    assert_problem(front.sent(too_large.encode())[0], 413)


def test_no_backend_is_503(tmp_path: Path) -> None:
    with proxied(f"127.0.0.1:{free_port()}", tmp_path) as proxy:
        assert_problem(proxy.asked("GET", "/v1"), 503)
        assert_problem(proxy.asked("POST", "/v1/defectors", b"{}"), 503)


def test_a_backend_that_hangs_is_504(tmp_path: Path) -> None:
    with standing_in(hangs) as backend, proxied(backend.where, tmp_path, FRONT_PATIENCE="500ms") as proxy:
        assert_problem(proxy.asked("GET", "/v1"), 504)
        assert_problem(proxy.asked("POST", "/v1/defectors", b"{}"), 504)
        assert len([request for request in backend.requests if request.startswith(b"POST")]) == 1


def test_a_write_is_not_sent_twice_when_a_worker_dies(tmp_path: Path) -> None:
    """Nobody knows whether it was done; a read does no harm, and is asked again."""
    with standing_in(dies) as backend, proxied(backend.where, tmp_path) as proxy:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert_problem(proxy.asked(method, "/v1/defectors/x", b"{}"), 502)
        assert [request.partition(b" ")[0] for request in backend.requests] == [b"POST", b"PUT", b"PATCH", b"DELETE"]
        backend.requests.clear()
        assert_problem(proxy.asked("POST", "/v1/bundles", b"{" + b" " * 100_000 + b"}"), 502)
        assert len(backend.requests) == 1
        backend.requests.clear()
        assert_problem(proxy.asked("POST", "/v1/names", b"{}"), 502)
        assert len(backend.requests) == 1
        backend.requests.clear()
        assert_problem(proxy.asked("GET", "/v1"), 502)
        assert len(backend.requests) == 4


UNREADABLE = {
    "no request": b"GARBAGE\r\n\r\n",
    "HTTP/0.9": b"GET /v1\r\n\r\n",
    "a header without a name": f"GET /v1 HTTP/1.1\r\n{HEAD}: x\r\n\r\n".encode(),
    "headers of 70 kB": f"GET /v1 HTTP/1.1\r\n{HEAD}X-A: {'a' * 70_000}\r\n\r\n".encode(),
    "two lengths": f"POST /v1/names HTTP/1.1\r\n{HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef".encode(),
    "two lengths in one": f"POST /v1/names HTTP/1.1\r\n{HEAD}Content-Length: 5, 6\r\n\r\nabcdef".encode(),
    "a length that is none": f"POST /v1/names HTTP/1.1\r\n{HEAD}Content-Length: +5\r\n\r\nabcde".encode(),
    "a length below zero": f"POST /v1/names HTTP/1.1\r\n{HEAD}Content-Length: -1\r\n\r\n".encode(),
    "a coding that is none": f"POST /v1/names HTTP/1.1\r\n{HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n".encode(),
    "chunked twice": f"POST /v1/names HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n".encode(),
    "chunked, then plain": f"POST /v1 HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n".encode(),
    "a blank before the colon": f"POST /v1 HTTP/1.1\r\n{HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n".encode(),
    "a header that goes on": f"POST /v1 HTTP/1.1\r\n{HEAD}Transfer-Encoding:\r\n\x0bchunked\r\n\r\n0\r\n\r\n".encode(),
    "CR alone": f"GET /v1 HTTP/1.1\r\n{HEAD}X-A: b\rX-C: d\r\n\r\n".encode(),
    "two hosts": b"GET /v1 HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\nConnection: close\r\n\r\n",
    "another host in the target": f"GET http://evil.test/v1 HTTP/1.1\r\n{HEAD}\r\n".encode(),
    "a blank in the target": f"GET /v1 /v1 HTTP/1.1\r\n{HEAD}\r\n".encode(),
}
"""What HAProxy's parser refuses, and how it smuggles: each would be two requests to somebody."""


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_refused_once(front: Proxy, raw: bytes) -> None:
    """One answer, and the connection is closed: nothing after it is taken for a request."""
    behind = f"GET /v1/smuggled HTTP/1.1\r\n{HEAD}\r\n".encode()
    (answer,) = front.sent(raw + behind)
    assert answer.status == 400
    assert answer.headers["connection"] == "close"
    assert_as_this_haproxy_says_it(answer)


def assert_as_this_haproxy_says_it(answer: Answer) -> None:
    """HAProxy before 3.2 has a page of its own for what it cannot read; later ones take the configuration's problem."""
    if _version() >= (3, 2):
        assert_problem(answer, answer.status)
    else:
        assert answer.headers["content-type"] == "text/html"
        assert len(answer.body) < 120


def _version() -> tuple[int, ...]:
    said = subprocess.run([haproxy(), "-v"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"version (\d+)\.(\d+)", said)
    assert found
    return int(found[1]), int(found[2])


READABLE = {
    "a length and chunks": b"Transfer-Encoding: chunked\r\nContent-Length: 60\r\n\r\n0\r\n\r\n",
    "chunks and a length": b"Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("rest", READABLE.values(), ids=READABLE)
def test_what_two_may_read_differently_reaches_the_backend_in_one_way(tmp_path: Path, rest: bytes) -> None:
    """HAProxy takes chunks, drops the length, and closes (RFC 9112, section 6.3): nothing is left to disagree on."""
    raw = b"POST /v1/names HTTP/1.1\r\nHost: talbuk.test\r\n" + rest
    behind = f"GET /v1/smuggled HTTP/1.1\r\n{HEAD}\r\n".encode()
    with standing_in(answers_fine) as backend, proxied(backend.where, tmp_path) as proxy:
        found = proxy.sent(raw + behind)
        requests = backend.requests
    assert len(found) == 1
    assert not any(b"smuggled" in request for request in requests)
    assert not any(b"content-length" in request.lower() for request in requests)


def test_bare_line_ends_are_mended_before_they_are_sent_on(tmp_path: Path) -> None:
    with standing_in(answers_fine) as backend, proxied(backend.where, tmp_path) as proxy:
        (answer,) = proxy.sent(b"GET /v1 HTTP/1.1\nHost: talbuk.test\nConnection: close\n\n")
        (request,) = backend.requests
    assert answer.status == 200
    assert all(line.endswith(b"\r\n") for line in request.splitlines(keepends=True))


# --- limits --------------------------------------------------------------------------------------------------------


def test_limits_are_of_keys_and_of_addresses(written: tuple[str, str], tmp_path: Path) -> None:
    """Reads and writes apart; whoever is over one is told for how long, and nobody else is harmed."""
    server, token = written
    limits = {"FRONT_READS": "12", "FRONT_WRITES": "5", "FRONT_WRONG_KEYS": "3"}
    with proxied(server.removeprefix("http://"), tmp_path, **limits) as proxy:
        reads = [proxy.asked("GET", "/v1", source="127.0.0.2") for _ in range(14)]
        assert [answer.status for answer in reads] == [200] * 12 + [429] * 2
        assert_problem(reads[-1], 429)
        assert proxy.asked("DELETE", "/v1/people/nobody", source="127.0.0.2").status == 401
        assert proxy.asked("GET", "/v1", source="127.0.0.3").status == 200

        key = f"Bearer {token}"
        places = [f"127.0.0.{number}" for number in range(10, 17)]
        writes = [proxy.asked("DELETE", "/v1/people/nobody", source=place, Authorization=key) for place in places]
        assert [answer.status == 429 for answer in writes] == [False] * 5 + [True] * 2
        assert_problem(writes[-1], 429)
        assert proxy.asked("GET", "/v1", source=places[-1], Authorization=key).status == 200

        tried = [proxy.asked("GET", "/v1", source="127.0.0.20", Authorization=f"Bearer k{n}") for n in range(5)]
        assert [answer.status for answer in tried] == [401] * 3 + [429] * 2
        assert_problem(tried[-1], 429)
        assert proxy.asked("GET", "/v1", source="127.0.0.20").status == 200
        assert proxy.asked("GET", "/v1", source="127.0.0.21", Authorization=key).status == 200


def test_an_address_has_so_many_connections(tmp_path: Path) -> None:
    with standing_in(answers_fine) as backend, proxied(backend.where, tmp_path, FRONT_CONNECTIONS="3") as proxy:
        held = [proxy.connect("127.0.0.5") for _ in range(3)]
        with pytest.raises(OSError, match=r"."):
            proxy.connect("127.0.0.5")
        assert proxy.asked("GET", "/", source="127.0.0.6").status == 200
        for connection in held:
            connection.close()


def test_an_address_has_so_many_large_answers_at_once(tmp_path: Path) -> None:
    """There are few places for them; none may take them all, and wait for more."""
    path = "/v1/claims?limit=all"
    with standing_in(hangs) as backend, proxied(backend.where, tmp_path, FRONT_PATIENCE="20s") as proxy:
        with ThreadPoolExecutor(4) as four:
            held = [four.submit(proxy.asked, "GET", path, source="127.0.0.5") for _ in range(4)]
            until(lambda: [len(backend.requests) == 2])
            assert_problem(proxy.asked("GET", path, source="127.0.0.5"), 429)
            backend.stopped.set()
        assert 429 not in {one.result().status for one in held}


# --- reloading -----------------------------------------------------------------------------------------------------


def test_a_reload_loses_no_request(front: Proxy) -> None:
    """New requests, and those on connections that are kept."""
    with ThreadPoolExecutor(2) as kept, probing(front.address, front.trusted, clients=2) as probe:
        asked = [kept.submit(_asked_on_one_connection, front, 40) for _ in range(2)]
        for number in range(1, 4):
            front.reload()
            until(lambda: [front.log.read_text(encoding="utf-8").count("Loading success") > number])  # noqa: B023
            time.sleep(0.3)
        statuses = [status for each in asked for status in each.result()]
    assert statuses == [200] * 80
    assert probe.share == 1.0, [one for one in probe.answered if one.status != 200]


def _asked_on_one_connection(front: Proxy, times: int) -> list[int]:
    """Ask on a connection for as long as the proxy keeps it, then on another."""
    connection = http.client.HTTPSConnection("127.0.0.1", front.port, timeout=10, context=front.trusted)
    statuses = []
    for _ in range(times):
        connection.request("GET", "/v1")
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
        time.sleep(0.05)
    connection.close()
    return statuses
