"""PostgreSQL that is killed and comes back while clients write: nothing acknowledged is lost, nothing doubled."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from models.database import close_database, open_database
from tests.conftest import missing, new_postgresql_database, postgresql_binaries, postgresql_cluster
from tests.faults.instances import filled
from tests.faults.report import Result
from tests.faults.storms import LONGEST, Storm, is_written
from tests.faults.writers import Kept, kept
from tests.serving import serving

ROUNDS, FEW = 60, 3
"""How often the server is ended in a long run, and in that of a control."""
DOWN = 0.5
"""Seconds for which it is down at the most."""
WELL = 1.0
"""Seconds without a refusal after which all is well again."""
TAKEN = (200, 201, 409, 503)
"""How requests may be answered meanwhile."""


class Cluster:
    """A PostgreSQL server that is ended and started."""

    def __init__(self, start: Callable[[], AbstractContextManager[str]]) -> None:
        self.start_one, self.running = start, ExitStack()
        self.address = self.running.enter_context(start())
        self.data, self.is_up = self._data(), True

    def _data(self) -> Path:
        import psycopg

        with psycopg.connect(f"{self.address}/postgres") as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        assert row
        return Path(row[0])

    @property
    def process(self) -> int:
        """The first process of the server."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        """Start it, if it does not run."""
        if not self.is_up:
            self.running.enter_context(self.start_one())
            self.is_up = True

    def kill(self) -> None:
        """SIGKILL all of its processes."""
        first = self.process
        os.kill(first, signal.SIGSTOP)
        for process in (*children(first), first):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._wait()

    def shut(self) -> None:
        """Have it end at once, as `pg_ctl stop -m immediate` does."""
        os.kill(self.process, signal.SIGQUIT)
        self._wait()

    def _wait(self) -> None:
        """Wait until it is gone."""
        self.running.close()
        self.is_up = False

    def crash(self) -> None:
        """SIGKILL one process that serves a client: the server ends all others, and begins again by itself."""
        serving = [process for process in children(self.process) if b"postgres: talbuk" in command_of(process)]
        with suppress(ProcessLookupError):
            os.kill(serving[0], signal.SIGKILL)


def children(process: int) -> list[int]:
    """The processes that a process began."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            pid, rest = file.read_text().split(" ", 1)
            if int(rest.rpartition(")")[2].split()[1]) == process:
                found.append(int(pid))
    return found


def command_of(process: int) -> bytes:
    """What a process says that it is."""
    with suppress(OSError):
        return Path("/proc", str(process), "cmdline").read_bytes()
    return b""


ENDS: tuple[Callable[[Cluster], None], ...] = (Cluster.kill, Cluster.shut, Cluster.crash)
"""The ways in which it is ended, in turn."""


class Found(NamedTuple):
    """What came of it."""

    storm: Storm
    kept: Kept
    healed: list[float]
    """Seconds after each start until a second went by without a refusal."""

    @property
    def wrong(self) -> list[str]:
        """What never must be."""
        return self.storm.wrong(TAKEN)

    @property
    def is_well(self) -> bool:
        """Whether all that is promised was held."""
        return not any(self.kept) and not self.wrong

    def __str__(self) -> str:
        done = sum(writer.counts["acknowledged"] for writer in self.storm.writers)
        again = sum(writer.counts["had been made"] + writer.counts["had been changed"] for writer in self.storm.writers)
        unknown = sum(one.kind == "outcome-unknown" for one in self.storm.seen)
        told = ", ".join(
            f"{count:,} {kind}s {status}" for (kind, status), count in sorted(self.storm.statuses().items())
        )
        return (
            f"{done:,} writes acknowledged: {self.kept}; {told}, {unknown:,} of them outcome-unknown; {again:,} had "
            f"been done before they were sent again; the slowest answer took {self.storm.slowest():.2f} s; well again "
            f"within {max(self.healed):.2f} s of each start; {len(self.wrong)} bad answers"
        )


def ended(work: Path, seed: int, rounds: int, plants: str = "impatient") -> Found:
    """A server whose PostgreSQL is ended and comes back so many times."""
    binaries, chance, healed = postgresql_binaries(), random.Random(seed), list[float]()
    if binaries is None:
        missing("PostgreSQL's binaries (initdb, postgres)")
    assert binaries is not None
    with postgresql_cluster(binaries) as start:
        cluster = Cluster(start)
        with cluster.running:
            url = new_postgresql_database(cluster.address)
            token = filled(url, work)
            program = ("tests.faults.planted", plants)
            with (
                serving(url, workers=2, program=program, log=work / "log") as server,
                Storm(server.address, token, seed) as storm,
            ):
                storm.wait(is_written)
                for number in range(rounds):
                    time.sleep(chance.uniform(0, DOWN))
                    ENDS[number % len(ENDS)](cluster)
                    storm.wait(lambda one: one.status >= 500)
                    time.sleep(chance.uniform(0, DOWN))
                    cluster.start()
                    healed.append(_well(storm))
            open_database(url)
            found = kept(storm.writers)
            close_database()
    return Found(storm, found, healed)


def _well(storm: Storm) -> float:
    """Wait until writes are done, and nothing is refused for a while; after how many seconds that began."""
    begun = time.monotonic()
    storm.wait(is_written)
    while time.monotonic() < _last_refusal(storm, begun) + WELL:
        if time.monotonic() - begun > 2 * LONGEST:
            raise TimeoutError(f"it does not heal: {storm.statuses()}")
        time.sleep(0.05)
    storm.wait(is_written)
    return _last_refusal(storm, begun) - begun


def _last_refusal(storm: Storm, begun: float) -> float:
    return max([begun, *(one.at for one in storm.seen[-2000:] if one.status >= 500)])


def results(seed: int, times: int | None) -> Iterator[Result]:
    """PostgreSQL that is ended, and a server that loses what it acknowledged then."""
    rounds = times or ROUNDS
    done = (
        f"{rounds} times PostgreSQL is ended (SIGKILL of all its processes, an immediate shutdown, SIGKILL of one that "
        "serves a client: in turn) and comes back while 3 clients write with keys and 2 read; talbuk goes on"
    )
    found, control = _ended(seed, rounds), _ended(seed, FEW, "impatient,early")
    held = found.is_well and bool(control.kept.lost)
    planted = "answers are given before anything is written"
    yield Result("PostgreSQL ended under load", done, str(found), planted, str(control.kept), held)


def _ended(seed: int, rounds: int, plants: str = "impatient") -> Found:
    with TemporaryDirectory() as work:
        return ended(Path(work), seed, rounds, plants)
