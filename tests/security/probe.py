"""Legitimate clients while something goes on: what they ask, and how many of them are answered in time."""

import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from threading import Event, Lock, Thread
from typing import NamedTuple
from urllib.parse import urlsplit

IN_TIME = 5.0
"""Seconds after which nobody waits any longer."""

WARM = 60.0
"""Seconds that the first of all requests may take."""

CLIENTS = 4
PAUSE = 0.05

ASKED = (
    ("GET", "/v1/defectors?limit=5", None),
    ("GET", "/v1/claims?limit=50", None),
    ("POST", "/v1/names", json.dumps({"names": ["Choi Ryong-hae"], "limit": 1})),
    ("GET", "/v1", None),
)


class Answered(NamedTuple):
    """One request of a probe: how it was answered (None: it was not), and after how many seconds."""

    status: int | None
    seconds: float


class Probe:
    """Clients that ask, each request on a connection of its own, as new visitors do."""

    def __init__(self, address: str, trusted: ssl.SSLContext | None = None, patience: float = IN_TIME) -> None:
        self.where, self.trusted, self.patience = urlsplit(address), trusted, patience
        self.answered: list[Answered] = []
        self.lock = Lock()

    def ask(self, method: str, path: str, body: str | None) -> Answered:
        """One request."""
        began = time.perf_counter()
        connection = self.connection()
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            response = connection.getresponse()
            response.read()
            status: int | None = response.status
        except (OSError, http.client.HTTPException):
            status = None
        finally:
            connection.close()
        return Answered(status, time.perf_counter() - began)

    def connection(self) -> http.client.HTTPConnection:
        """A new connection, which nobody waits for longer than is sane."""
        where = str(self.where.hostname), self.where.port
        if self.trusted:
            return http.client.HTTPSConnection(*where, timeout=self.patience, context=self.trusted)
        return http.client.HTTPConnection(*where, timeout=self.patience)

    def go_on(self, stopped: Event) -> None:
        """Ask until stopped."""
        for asked in cycle(ASKED):
            found = self.ask(*asked)
            with self.lock:
                self.answered.append(found)
            if stopped.wait(PAUSE):
                return

    def warm_up(self) -> None:
        """Ask everything until each worker has, by all odds: what is made ready on first use is not measured."""
        for asked in ASKED * 8:
            Probe(self.where.geturl(), self.trusted, WARM).ask(*asked)

    @property
    def share(self) -> float:
        """Which share of what was asked was answered rightly and in time."""
        good = [one for one in self.answered if one.status == 200 and one.seconds <= self.patience]
        return len(good) / len(self.answered)

    def after(self, share: float) -> float:
        """After how many seconds that share of those that were answered had been."""
        times = sorted(one.seconds for one in self.answered if one.status == 200)
        return times[min(int(share * len(times)), len(times) - 1)] if times else float("inf")


@contextmanager
def probing(
    address: str, trusted: ssl.SSLContext | None = None, clients: int = CLIENTS, patience: float = IN_TIME
) -> Iterator[Probe]:
    """Clients that ask as long as the context lasts."""
    probe, stopped = Probe(address, trusted, patience), Event()
    go_on: Callable[[], None] = lambda: probe.go_on(stopped)  # noqa: E731
    threads = [Thread(target=go_on) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield probe
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
