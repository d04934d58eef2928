"""Bodies that no client library sends, to the real server over raw sockets: each is refused, and nothing is kept."""

import socket
import time
from urllib.parse import urlsplit

import pytest

from tests.faults.test_http import Answer, answers, assert_answers_still, assert_problem, only, received, request, sent

HUNDRED = 100_000_000
CHUNK = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
URLS = (
    ("POST", "/v1/people"),
    ("PUT", "/v1/people/page"),
    ("PATCH", "/v1/people/thae-yong-ho"),
    ("POST", "/v1/bundles"),
)


def head(method: str, url: str, token: str, *more: str) -> bytes:
    """The head of a write with a key and a condition."""
    lines = ["Host: talbuk.test", f"Authorization: Bearer {token}", "Content-Type: application/json", *more]
    return request(url, method, headers="".join(f"{line}\r\n" for line in lines))


def streamed(server: str, start: bytes, chunk: bytes, times: int) -> Answer:
    """Send a head, and a chunk again and again until the server has had enough of it; its answer."""
    where = urlsplit(server)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        try:
            connection.sendall(start)
            for _ in range(times):
                connection.sendall(chunk)
            connection.sendall(b"0\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was refused before all was sent
        return only(list(answers(received(connection), head_only=False)))


@pytest.mark.parametrize(("method", "url"), URLS)
def test_a_body_of_a_hundred_megabytes_is_refused_by_its_length(
    written: tuple[str, str], method: str, url: str
) -> None:
    server, token = written
    begun = time.monotonic()
    answer = only(sent(server, head(method, url, token, f"Content-Length: {HUNDRED}") + b" " * 10_000))
    assert_problem(answer, 413)
    assert time.monotonic() - begun < 5
    refused = only(sent(server, head(method, url, "x", f"Content-Length: {HUNDRED}") + b" " * 10_000))
    assert_problem(refused, 401)
    assert_answers_still(server)


@pytest.mark.parametrize(("method", "url"), URLS)
def test_a_body_of_a_hundred_megabytes_in_chunks_is_cut_off(written: tuple[str, str], method: str, url: str) -> None:
    server, token = written
    chunked = "Transfer-Encoding: chunked"
    assert_problem(streamed(server, head(method, url, token, chunked), CHUNK, HUNDRED // 0x10000), 413)
    assert_problem(streamed(server, head(method, url, "x", chunked), CHUNK, HUNDRED // 0x10000), 401)
    assert_answers_still(server)


@pytest.mark.parametrize(
    ("more", "body"),
    [
        ("Content-Length: 100", b'{"id": "page"'),
        ("Transfer-Encoding: chunked", b"d\r\n{\"id\": \"page\"\r\n"),
        ("Transfer-Encoding: chunked", b"x\r\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"-1\r\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"5\r\n{}\r\n0\r\n\r\n"),
        ("Content-Length: -1", b"{}"),
        ("Content-Length: 2\r\nContent-Length: 3", b"{}"),
        ("Content-Length: 2\r\nTransfer-Encoding: chunked", b"2\r\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: gzip, chunked", b"2\r\n{}\r\n0\r\n\r\n"),
        ("Content-Length: 0", b""),
        ("X: y", b""),
    ],
)  # fmt: skip
def test_a_body_that_is_cut_short_or_malformed_is_refused(written: tuple[str, str], more: str, body: bytes) -> None:
    server, token = written
    for method, url in URLS:
        found = sent(server, head(method, url, token, more) + body)
        assert found, (method, url)
        assert_problem(found[0], 400, 415, 422, 501)
        assert len(found) == 1
    assert only(sent(server, request("/v1/people/page"))).status == 404
    assert_answers_still(server)
