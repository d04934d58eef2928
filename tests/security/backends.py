"""Servers that stand where talbuk would, and fail as one may: they keep every request that reached them."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread

FINE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Backend(ThreadingTCPServer):
    """A server that answers its health check, and all else as it is told to."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, answer: Callable[["Backend", bytes], bytes | None]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.requests: list[bytes] = []
        self.stopped = Event()

    @property
    def where(self) -> str:
        """HOST:PORT."""
        return f"127.0.0.1:{self.server_address[1]}"


class Handler(StreamRequestHandler):
    """One connection: requests with a head and a body of some length, answered until there is no answer."""

    server: Backend

    def handle(self) -> None:
        """Answer each request; break off where there is no answer to give."""
        while request := self.read():
            if request.startswith(b"GET /readyz "):
                self.wfile.write(FINE)
                continue
            self.server.requests.append(request)
            answer = self.server.answer(self.server, request)
            if answer is None:
                return
            self.wfile.write(answer)

    def read(self) -> bytes:
        """One request; nothing where there is none."""
        head = b""
        try:
            while not head.endswith(b"\r\n\r\n"):
                line = self.rfile.readline()
                if not line:
                    return b""
                head += line
            length = LENGTH.search(head)
            return head + (self.rfile.read(int(length[1])) if length else b"")
        except ConnectionResetError:
            return b""


def answers_fine(_: Backend, __: bytes) -> bytes:
    """Whatever is asked is fine."""
    return FINE


def dies(_: Backend, __: bytes) -> None:
    """Read the request, and be gone: a worker that is killed."""


def hangs(backend: Backend, _: bytes) -> None:
    """Never answer."""
    backend.stopped.wait(30)


@contextmanager
def standing_in(answer: Callable[[Backend, bytes], bytes | None]) -> Iterator[Backend]:
    """A server that answers so, for as long as the context lasts."""
    with Backend(answer) as backend:
        thread = Thread(target=backend.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield backend
        finally:
            backend.stopped.set()
            backend.shutdown()
