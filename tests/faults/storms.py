"""Clients that write and read all the time while what the server stands on fails, and note how each was answered."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from http.client import HTTPException
from threading import Event, Thread
from typing import Any, NamedTuple

from tests.faults.writers import Writer
from tests.serving import Answer, Client

WRITERS, READERS = 3, 2
READS = (
    "/v1/defectors",
    "/v1/sources/newspaper",
    "/v1/search?q=report",
    "/v1/stats?by=year",
    "/v1/defectors?known_by=2016-01-01",
)
MOST_WAITING = 5
"""Writes that a client has not been answered for before it goes on to others."""
REST = 0.05
"""Seconds that a client rests after it was told to wait: it is not polite, but here to press."""
LONGEST = 15.0
"""Seconds within which everything is answered: 5 for a connection to a server that does not answer, and 10 for another
writer that does not end (models.database)."""


class Seen(NamedTuple):
    """How a request was answered, when, and after how many seconds."""

    reads: bool
    status: int
    kind: str
    """The type of the problem, if it was one."""
    waits: bool
    """Whether it said when to come again."""
    seconds: float
    at: float


class Watched(Client):
    """A client that notes each answer."""

    def __init__(self, address: str, token: str, seen: list[Seen]) -> None:
        super().__init__(address, token)
        self.seen = seen

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send one request."""
        begun = time.monotonic()
        answer = super().ask(method, path, body, **headers)
        now = time.monotonic()
        problem = answer.headers.get("Content-Type") == "application/problem+json"
        kind = str(answer.value["type"]) if problem else ""
        self.seen.append(Seen(method == "GET", answer.status, kind, "Retry-After" in answer.headers, now - begun, now))
        return answer


class Storm:
    """Clients at a server, as long as the context lasts."""

    def __init__(self, address: str, token: str, seed: int, writers: Sequence[Writer] = ()) -> None:
        self.address, self.token, self.done = address, token, Event()
        self.writers = writers or [Writer(f"w{number}", token, seed) for number in range(WRITERS)]
        self.seen: list[Seen] = []
        self.cut_off: list[str] = []
        """Requests that got no answer at all."""
        goers = [*((self._write, writer) for writer in self.writers), *((self._read, n) for n in range(READERS))]
        self.threads = [Thread(target=go, args=(one,)) for go, one in goers]  # type: ignore[misc]

    def __enter__(self) -> "Storm":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        for thread in self.threads:
            thread.join()

    def _connected(self, go: Callable[[Client], None]) -> None:
        """Go on until it is done, on a connection that is made anew where it breaks."""
        while not self.done.is_set():
            try:
                with Watched(self.address, self.token, self.seen) as client:
                    while not self.done.is_set():
                        go(client)
            except (OSError, HTTPException) as error:
                self.cut_off.append(repr(error))
                time.sleep(REST)

    def _write(self, writer: Writer) -> None:
        def go(client: Client) -> None:
            for wish in list(writer.unanswered):
                writer.send(client, wish)
            if len(writer.unanswered) < MOST_WAITING:
                writer.send(client, writer.next_wish())
            if writer.unanswered:
                time.sleep(REST)

        self._connected(go)

    def _read(self, number: int) -> None:
        def go(client: Client) -> None:
            for path in READS[number:] + READS[:number]:
                if client.ask("GET", path).status != 200:
                    time.sleep(REST)

        self._connected(go)

    def wait(self, fits: Callable[[Seen], bool], seconds: float = 30, many: int = 1) -> float:
        """Wait for so many answers that fit, from now on; returns how many seconds. Raises TimeoutError."""
        begun, first = time.monotonic(), len(self.seen)
        while sum(map(fits, self.seen[first:])) < many:
            if time.monotonic() - begun > seconds:
                raise TimeoutError(f"no {many} such answers in {seconds} s; {self.statuses(first)}")
            time.sleep(0.01)
        return time.monotonic() - begun

    def statuses(self, first: int = 0) -> Counter[tuple[str, int]]:
        """How many reads and writes were answered by which status."""
        return Counter(("read" if one.reads else "write", one.status) for one in self.seen[first:])

    def told(self, status: int) -> int:
        """How many were answered by a status."""
        return sum(one.status == status for one in self.seen)

    def slowest(self) -> float:
        """Seconds of the answer that took longest."""
        return max(one.seconds for one in self.seen)

    def wrong(self, allowed: Sequence[int]) -> list[str]:
        """What never must be: no answer, a status that is not `allowed`, one that does not say when, one too late."""
        return [
            *self.cut_off,
            *(one for writer in self.writers for one in writer.wrong),
            *(
                str(one)
                for one in self.seen
                if (one.status not in allowed and not (one.status == 412 and not one.reads))
                or (one.status >= 500 and not one.waits)
                or one.seconds > LONGEST
            ),
        ]


def is_written(one: Seen) -> bool:
    """Whether a write was done."""
    return not one.reads and one.status in {200, 201}


def is_refused(one: Seen) -> bool:
    """Whether a write was told to wait."""
    return not one.reads and one.status in {503, 507}
