"""Six processes that write at once, and `talbuk load` beside them: nobody is told that the database is locked."""

import json
import multiprocessing
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.context import BaseContext
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import NamedTuple

from models.database import close_database, open_database
from tests.faults.instances import defector, filled, on
from tests.faults.report import Result
from tests.faults.writers import Acknowledged, Kept, held_against
from tests.serving import Client, serving

WRITERS, WORKERS = 6, 6
EACH = 300
READ = (
    "/v1/defectors",
    "/v1/people/witness",
    "/v1/sources?known_by=2016-01-01",
    "/v1/search?q=report",
    "/v1/stats?by=year",
)


class Told(NamedTuple):
    """How the write of a record was answered; and what was said, where it was refused."""

    slug: str
    status: int
    said: str


def write(address: str, token: str, writer: int, each: int) -> list[Told]:
    """What one process of writers does."""
    found = []
    with Client(address, token) as client:
        for number in range(each):
            slug = f"d{writer}-{number}"
            answer = client.ask("PUT", f"/v1/defectors/{slug}", defector(slug))
            found.append(Told(slug, answer.status, "" if answer.status == 201 else answer.body.decode()[:300]))
    return found


@dataclass
class Contended:
    """How those were answered who wrote, loaded and read at once."""

    written: Counter[int] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)
    read: Counter[int] = field(default_factory=Counter)
    loaded: Counter[int] = field(default_factory=Counter)
    """Exit code -> loads."""
    kept: Kept = field(default_factory=lambda: Kept([], [], []))

    def __str__(self) -> str:
        told = {
            "writes": self.written,
            "reads": self.read,
            "exit codes of loads": self.loaded,
        }
        counts = "; ".join(f"{what}: {_counts(counter)}" for what, counter in told.items())
        return f"{counts}; {self.kept}"

    @property
    def is_well(self) -> bool:
        """Whether all were answered as if each had been alone."""
        told = (set(self.written), set(self.read), set(self.loaded))
        return told == ({201}, {200}, {0}) and not any(self.kept)


def _counts(counter: Counter[int]) -> str:
    return ", ".join(f"{count:,} of {code}" for code, count in sorted(counter.items()))


def contend(
    database: str, folder: Path, each: int, *, workers: int = WORKERS, program: Sequence[str] = ("api",)
) -> Contended:
    """Let six processes write so many records each, while others load and read."""
    token, found, done = filled(database, folder), Contended(), Event()
    with serving(database, workers=workers, program=program, log=folder / "log") as server:
        beside = [
            Thread(target=_go_on_reading, args=(Client(server.address, token), done, found.read)),
            Thread(target=_go_on_loading, args=(database, folder, done, found.loaded)),
        ]
        for thread in beside:
            thread.start()
        try:
            with ProcessPoolExecutor(WRITERS, mp_context=_clean()) as processes:
                running = [processes.submit(write, server.address, token, n, each) for n in range(WRITERS)]
                told = [one for process in running for one in process.result()]
        finally:
            done.set()
            for thread in beside:
                thread.join()
    found.written.update(one.status for one in told)
    found.said += [one.said for one in told if one.said]
    found.kept = _kept(database, [one.slug for one in told if one.status == 201])
    return found


def _clean() -> BaseContext:
    """Processes that have nothing of this one but the program."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _go_on_reading(client: Client, done: Event, read: Counter[int]) -> None:
    with client:
        while not done.is_set():
            read.update(client.ask("GET", path).status for path in READ)


def _go_on_loading(database: str, folder: Path, done: Event, loaded: Counter[int]) -> None:
    """Load a file that is another each time, by itself, as somebody at the terminal does."""
    file = folder / "beside.json"
    while not done.is_set():
        file.write_text(json.dumps({"people": [{"id": "neighbour", "name": f"Neighbour {loaded.total()}"}]}))
        command = [sys.executable, "-m", "api", "load", "--database", database, str(file)]
        loaded[subprocess.run(command, capture_output=True, check=False).returncode] += 1
        done.wait(0.5)


def _kept(database: str, slugs: Sequence[str]) -> Kept:
    open_database(database)
    found = held_against({slug: Acknowledged(f"The {slug}", 0) for slug in slugs}, ())
    close_database()
    return found


PLANTED = {
    "sqlite": ("transactions that write are deferred", "deferred"),
    "postgresql": ("writers do not wait for each other", "unlocked"),
}
"""Engine -> what is planted in the server for the control."""


def results(seed: int, times: int | None) -> Iterator[Result]:
    """Each engine, and what the same finds where something is planted. Nothing of it is random but who is first."""
    each = times or EACH
    for engine in ("sqlite", "postgresql"):
        with TemporaryDirectory() as folder, on(engine, Path(folder)) as new:
            begun = time.monotonic()
            found = contend(new(), Path(folder), each)
            seconds = time.monotonic() - begun
            planted, how = PLANTED[engine]
            control = contend(new(), Path(folder), each // 5 or 1, program=("tests.faults.planted", how))
            done = (
                f"{WRITERS} processes PUT {each} records each, without a pause and without sending anything again, to "
                f"`talbuk serve` with {WORKERS} workers; one reads and one runs `talbuk load` all the while"
            )
            yield Result(
                f"contention, {engine}",
                done,
                f"{found}; {seconds:,.0f} s",
                planted,
                str(control),
                found.is_well and not control.is_well,
            )
