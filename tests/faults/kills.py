"""The whole server is killed while clients write, and starts again: nothing acknowledged is lost, nothing doubled."""

import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any
from urllib.parse import urlencode

from api.schemas.registry import writer_wiring
from models.database import close_database, execute, open_database
from models.writer import rebuild
from tests.conftest import free_port
from tests.faults.instances import filled, on
from tests.faults.report import Result
from tests.faults.writers import Kept, Writer, kept
from tests.serving import Client, Server, serving

ROUNDS, FEW = 300, 20
"""Rounds that are promised, and those of a control."""
CLIENTS = 4
LONGEST = 0.4
"""Seconds after its first write within which the server is killed."""
MARKED = 75
"""Seconds within which a key whose request died counts again."""
READ = 200
"""How many of the records that are known are read after each start, the last ones."""


@dataclass
class Run:
    """Many rounds on one database, and what came of them."""

    database: str
    seed: int
    writers: Sequence[Writer]
    program: Sequence[str] = ("api",)
    starts: list[float] = field(default_factory=list)
    """Seconds that each start took, until the server answered."""
    unread: list[str] = field(default_factory=list)
    """What was acknowledged and could not be read after a start."""

    def __post_init__(self) -> None:
        self.random, self.port = random.Random(self.seed), free_port()

    def kill(self, rounds: int) -> None:
        """So many times: start, read, write, and be killed at some moment."""
        for _ in range(rounds):
            begun = time.monotonic()
            with serving(self.database, port=self.port, program=self.program) as server:
                self.starts.append(time.monotonic() - begun)
                self._read(server)
                self._write(server, self.random.uniform(0, LONGEST))

    def _read(self, server: Server) -> None:
        known = sorted({slug for writer in self.writers for slug in list(writer.known)[-READ // CLIENTS :]})
        with Client(server.address, self.writers[0].token) as client:
            answer = client.ask(
                "GET", f"/v1/defectors?limit=500&fields=id&{urlencode([('id', slug) for slug in known])}"
            )
        there = {one["id"] for one in answer.value["data"]} if answer.status == 200 else set()
        self.unread += [slug for slug in known if slug not in there]

    def _write(self, server: Server, seconds: float) -> None:
        """Let all clients write for some time after something was acknowledged, and kill the server."""
        before, done = self._acknowledged(), Event()
        threads = [Thread(target=writer.go_on, args=(server.address, done)) for writer in self.writers]
        for thread in threads:
            thread.start()
        while self._acknowledged() == before and any(thread.is_alive() for thread in threads):
            time.sleep(0.002)
        time.sleep(seconds)
        server.kill()
        for thread in threads:
            thread.join()

    def _acknowledged(self) -> int:
        return sum(writer.counts["acknowledged"] for writer in self.writers)

    def answer_all(self) -> None:
        """Serve once more, and send again what was not answered, until all is."""
        done, until = Event(), time.monotonic() + MARKED
        done.set()
        with serving(self.database, port=self.port, program=self.program) as server:
            while any(writer.unanswered for writer in self.writers) and time.monotonic() < until:
                for writer in self.writers:
                    writer.go_on(server.address, done)
                time.sleep(0.5)

    @property
    def counts(self) -> Counter[str]:
        """What the clients counted, all together."""
        return sum((writer.counts for writer in self.writers), Counter[str]())

    @property
    def wrong(self) -> list[str]:
        """What never must be: bad answers, reads that failed, and writes that were never answered."""
        unanswered = [f"{wish}: never answered" for writer in self.writers for wish in writer.unanswered]
        return [*(one for writer in self.writers for one in writer.wrong), *self.unread, *unanswered]

    def kept(self) -> Kept:
        """What is there, held against what was acknowledged; a rebuild must make the same of it."""
        open_database(self.database)
        found, before = kept(self.writers), _entries()
        rebuild(wiring=writer_wiring())
        if _entries() != before:
            found.faults.append("a rebuild makes something else of what is stored")
        close_database()
        return found


def _entries() -> list[tuple[str, str]]:
    return list(execute("SELECT path, digest FROM entry ORDER BY path").fetchall())


def killed(
    database: str, folder: Path, seed: int, rounds: int, *, program: Sequence[str] = ("api",), keyed: bool = True
) -> Run:
    """A run of so many rounds on an empty database, to its end: all that was asked is answered, if need be again."""
    token = filled(database, folder)
    writers = [Writer(f"w{number}", token, seed, keyed) for number in range(CLIENTS)]
    run = Run(database, seed, writers, program)
    run.kill(rounds)
    run.answer_all()
    return run


PLANTED: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "answers are given before anything is written": ({"program": ("tests.faults.planted", "early")}, "lost"),
    "clients send no Idempotency-Key": ({"keyed": False}, "doubled"),
}
"""What is planted -> how, and what must be found of it."""


def results(seed: int, times: int | None) -> Iterator[Result]:
    """Each engine, and what the same rounds find where something is planted."""
    rounds = times or ROUNDS
    for engine in ("sqlite", "postgresql"):
        with TemporaryDirectory() as folder, on(engine, Path(folder)) as new:
            run = killed(new(), Path(folder), seed, rounds)
            found = run.kept()
            controls = {
                planted: (killed(new(), Path(folder), seed, FEW, **how).kept(), what)
                for planted, (how, what) in PLANTED.items()
            }
        held = not any(found) and not run.wrong and all(getattr(kept, what) for kept, what in controls.values())
        control = "; ".join(f"{FEW} rounds: {kept}" for kept, _ in controls.values())
        yield Result(f"kill -9, {engine}", _done(rounds), _told(run, found), "; ".join(controls), control, held)


def _done(rounds: int) -> str:
    return (
        f"{rounds} times kill -9 of gunicorn and its 2 workers, at some moment while {CLIENTS} clients POST with an "
        "Idempotency-Key and PATCH with If-Match; started again, what was acknowledged is read, and what was not "
        "answered is sent again"
    )


def _told(run: Run, found: Kept) -> str:
    counts = run.counts
    before = counts["had been made"] + counts["had been changed"]
    return (
        f"{counts['acknowledged']:,} writes acknowledged: {found}, a rebuild changes nothing; "
        f"{counts['sent again']:,} sent again, of which {before:,} had been done before the answer was lost and "
        f"{counts['told to wait (409)']:,} were told to wait; {len(run.wrong):,} wrong answers; "
        f"a start takes {median(run.starts):.1f} s"
    )
