"""Bytes put on the wire to a real server: malformed requests as data, and what each may be answered with."""

import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

CORPUS = Path(__file__).with_name("malformed_requests.json")
PATIENCE = 15
"""Seconds after which a server that says nothing hangs."""

Part = Any
"""What is sent: a text (each character a byte), [part, n] for n times a part, or a list of parts."""


class Malformed(NamedTuple):
    """A request that is wrong, or odd: which statuses may come back on its connection, before that is closed."""

    name: str
    send: Part
    answers: list[list[int]]

    def raw(self, token: str) -> bytes:
        """Its bytes, with a key where it has one."""
        return expanded(self.send).replace(b"{token}", token.encode())


def corpus() -> list[Malformed]:
    """Every malformed request that is kept."""
    return [Malformed(**one) for one in json.loads(CORPUS.read_text(encoding="utf-8"))]


def expanded(part: Part) -> bytes:
    """The bytes of a part."""
    if isinstance(part, str):
        return part.encode("latin-1")
    if len(part) == 2 and isinstance(part[1], int):
        return expanded(part[0]) * part[1]
    return b"".join(map(expanded, part))


class Answer(NamedTuple):
    """One HTTP answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Unsound(Exception):
    """What came back is no HTTP, or is not as every answer must be."""


def told(server: str, raw: bytes) -> list[Answer]:
    """Send bytes, say that no more come, and read what is answered until the server closes. Raises Unsound."""
    where = urlsplit(server)
    with socket.create_connection((where.hostname, where.port), timeout=PATIENCE) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was refused before all was sent; what is answered can still be read
        return list(answers(_received(connection)))


def _received(connection: socket.socket) -> bytes:
    found = b""
    try:
        while more := connection.recv(65_536):
            found += more
    except ConnectionResetError:
        pass  # a server may close before it has read all
    except TimeoutError:
        raise Unsound(
            f"nothing more came for {PATIENCE} seconds, and the connection is open; before: {found[:300]!r}"
        ) from None
    return found


def answers(data: bytes) -> Iterator[Answer]:
    """The answers in a stream of them, each checked. Raises Unsound."""
    while data:
        head, separator, data = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        if not separator or not first.startswith(("HTTP/1.1 ", "HTTP/1.0 ")):
            raise Unsound(f"no answer: {head[:300]!r}")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        answer, data = _with_body(int(first.split()[1]), headers, data)
        _require_sound(answer)
        yield answer


def _with_body(status: int, headers: Mapping[str, str], data: bytes) -> tuple[Answer, bytes]:
    if status in {100, 204, 304} or data.startswith(b"HTTP/1.") or not data:
        return Answer(status, headers, b""), data
    if headers.get("transfer-encoding") == "chunked":
        body, end, data = data.partition(b"0\r\n\r\n")
        return Answer(status, headers, body + end), data
    length = int(headers.get("content-length", -1))
    if not 0 <= length <= len(data):
        raise Unsound(f"a body of {len(data)} bytes where {length} are said: {data[:300]!r}")
    return Answer(status, headers, data[:length]), data[length:]


SIGNS = (b"Traceback", b"site-packages", b'.py", line', b"gunicorn", b"sqlite", b"psycopg")


def _require_sound(answer: Answer) -> None:
    """Hold an answer to what every one must be. Raises Unsound."""
    if answer.status >= 500 and answer.status not in {501, 505}:
        raise Unsound(f"{answer.status}: {answer.body[:300]!r}")
    if answer.status < 400:
        return
    if answer.headers.get("content-type") != "application/problem+json":
        raise Unsound(f"{answer.status} is no problem: {answer.headers}")
    if answer.body and json.loads(answer.body)["status"] != answer.status:
        raise Unsound(f"{answer.status} says another status: {answer.body[:300]!r}")
    if shown := next((sign for sign in SIGNS if sign in answer.body), None):
        raise Unsound(f"{answer.status} shows {shown!r}: {answer.body[:300]!r}")
