"""A real server to write to, and clients of it that all ask at once."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Barrier
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.conftest import free_port, wait_until_served

PATIENCE = 60
"""Seconds after which a server that says nothing hangs."""


class Answer(NamedTuple):
    """How a request was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        """What it says, as JSON."""
        return json.loads(self.body)


class Client:
    """A client of a server, with a key, on one connection that is kept."""

    def __init__(self, address: str, token: str) -> None:
        where = urlsplit(address)
        self.connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=PATIENCE)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send one request; a header's name is written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        text = None if body is None else json.dumps(body)
        self.connection.request(method, path, text, self.headers | named)
        response = self.connection.getresponse()
        return Answer(response.status, dict(response.headers), response.read())

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()


@contextmanager
def serving(
    database: str,
    *,
    workers: int = 2,
    port: int | None = None,
    program: Sequence[str] = ("api",),
    log: Path | None = None,
    **environment: str,
) -> Iterator["Server"]:
    """A server of a database, for as long as the context lasts; what is left of it then is killed.

    `program` is the module that is run as `talbuk`, and what it takes before the command; what the server says goes to
    `log`, where it says so much that nobody would read it meanwhile.
    """
    port = port or free_port()
    command = [sys.executable, "-m", *program, "serve", "--workers", str(workers), "--database", database]
    with log.open("wb") if log else nullcontext(subprocess.PIPE) as said:
        process = subprocess.Popen(
            [*command, "--bind", f"127.0.0.1:{port}"],
            stdout=said, stderr=subprocess.STDOUT, text=True, start_new_session=True, env=os.environ | environment,
        )  # fmt: skip
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        wait_until_served(f"{server.address}/healthz", process)
        yield server
    finally:
        server.kill()


class Server(NamedTuple):
    """A server that runs."""

    address: str
    process: "subprocess.Popen[str]"

    def kill(self) -> None:
        """End the server and all of its workers at once, as a power cut would."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=30)


def at_once(clients: Sequence[Client], ask: Callable[[Client, int], Answer]) -> list[Answer]:
    """Let each client ask something, by its number, on a thread of its own: all begin together."""
    ready = Barrier(len(clients))

    def go(number: int) -> Answer:
        ready.wait(PATIENCE)
        with clients[number] as client:
            return ask(client, number)

    with ThreadPoolExecutor(len(clients)) as threads:
        return list(threads.map(go, range(len(clients))))
