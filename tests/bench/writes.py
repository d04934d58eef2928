"""Measure how many records a second one worker on one core takes by PUT, beside a view that inserts one row.

Both wait for the disk alike, with SQLite in WAL mode: first as talbuk does (FULL, on the disk), then not at all (OFF,
in memory), which leaves what the code itself takes. The two are driven in turn, round by round; what a write takes of
the processor says something on a busy machine too.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from models.database import close_database, execute, open_database
from models.keys import make
from tests.bench import report
from tests.bench.datasets import Dataset, dataset
from tests.bench.machine import BUILD, Load, drive, serving, versions
from tests.conftest import free_port

CONNECTIONS = (1, 4)
SERVERS = ("talbuk", "bare")
AIM = 0.5


class Place(NamedTuple):
    """Where the databases are, and how SQLite waits for it."""

    name: str
    folder: Path
    synchronous: str


PLACES = (Place("on the disk, FULL", BUILD, "FULL"), Place("in memory, OFF", Path("/dev/shm"), "OFF"))


class Round(NamedTuple):
    """What one server did in one round: its load, and the milliseconds of processor that each write took of it."""

    load: Load
    cpu: float


class Row(NamedTuple):
    """What was measured in one place with so many connections: the rounds of each server."""

    place: str
    connections: int
    rounds: Mapping[str, Sequence[Round]]

    def rate(self, name: str) -> float:
        """A server's median rate."""
        return median(one.load.rate for one in self.rounds[name])

    def cpu(self, name: str) -> float:
        """The median of what a write takes of the processor, in milliseconds."""
        return median(one.cpu for one in self.rounds[name])

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios, talbuk's rate by that of the bare view."""
        return median(
            ours.load.rate / bare.load.rate for ours, bare in zip(*(self.rounds[n] for n in SERVERS), strict=True)
        )


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000, help="invented events that are there before")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    return parser.parse_args()


def record(url: str) -> str:
    """A defector with three claims, its id left open, in one line."""
    open_database(url, read_only=True)
    sources = [row[0] for row in execute("SELECT id FROM source ORDER BY id LIMIT 3").fetchall()]
    people = [row[0] for row in execute("SELECT id FROM person ORDER BY id LIMIT 3").fetchall()]
    close_database()
    claims = [
        {
            "id": f"SLUG-{number}", "says": "They left over the river that June.", "source": source,
            "sets": ["occurred", "left", "left_from"] if number == 0 else ["occurred"],
            "origin": {"identity": "named", "person": person, "capacity": "witness", "access": "told"},
        }
        for number, (source, person) in enumerate(zip(sources, people, strict=True))
    ]  # fmt: skip
    own = {"name": "An invented defector", "left": "2015-06", "left_from": [{"country": "KP", "place": "Hyesan"}]}
    return json.dumps({"id": "SLUG", **own, "claims": claims})


def given(url: str, folder: Path) -> Path:
    """What the load generator reads: a key, and the record."""
    open_database(url)
    _, token = make("bench", "edit")
    close_database()
    file = folder / "record.txt"
    file.write_text(f"Bearer {token}\n{record(url)}\n", encoding="utf-8")
    return file


def measured(data: Dataset, place: Place, rounds: int, seconds: int) -> Iterator[Row]:
    """Serve copies of both databases from one place, and drive them in turn."""
    with TemporaryDirectory(dir=place.folder) as name, ExitStack() as stack:
        folder, ports = Path(name), {server: free_port() for server in SERVERS}
        files = {server: str(folder / f"{server}.db") for server in SERVERS}
        shutil.copy(data.url, files["talbuk"])
        body, workers = given(files["talbuk"], folder), dict[str, int]()
        for server, port in ports.items():
            words = [server, f"127.0.0.1:{port}", files[server], place.synchronous]
            command = [sys.executable, "-m", "tests.bench.writing_servers", *words]
            server_process = stack.enter_context(serving(command, f"http://127.0.0.1:{port}/healthz"))
            workers[server] = worker_of(server_process.pid)
        run = 0
        for connections in CONNECTIONS:
            found: dict[str, list[Round]] = {server: [] for server in SERVERS}
            for number in range(rounds + 1):
                for server, port in ports.items():
                    run += 1
                    before = processor_seconds(workers[server])
                    took = seconds if number else 1
                    load = drive(port, body, took, run, script="new_records.lua", connections=connections)
                    spent = processor_seconds(workers[server]) - before
                    found[server] += [Round(load, spent * 1000 / load.rate / took)] if number else []
            yield Row(place.name, connections, found)


def worker_of(server: int) -> int:
    """The one worker of a gunicorn."""
    (worker,) = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="utf-8").split()
    return int(worker)


def processor_seconds(process: int) -> float:
    """What a process has had of the processor until now."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def table(rows: Sequence[Row]) -> str:
    """All that was measured."""
    lines = [
        "| where | connections | talbuk, writes/s | one row, writes/s | ratio | aim |  | talbuk, ms of CPU | one row |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: |",
    ]
    for row in rows:
        met = "met" if row.ratio >= AIM else "not met"
        lines.append(
            f"| {row.place} | {row.connections} | {row.rate('talbuk'):,.0f} | {row.rate('bare'):,.0f} "
            f"| {row.ratio:.2f} | {AIM} | {met} | {row.cpu('talbuk'):.1f} | {row.cpu('bare'):.1f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, print, write down."""
    asked = arguments()
    with dataset(asked.events, "sqlite") as data:
        rows = [row for place in PLACES for row in measured(data, place, asked.rounds, asked.seconds)]
    print(table(rows))
    size = len(record(data.url))
    report.section(
        "Writes",
        f"""Written by `make bench-writes`: PUT of one new defector with three claims ({size:,} bytes of JSON),
validated, with its ledger entries, standing, names, search entries and documents, and answered as it is then; beside it
a bare Flask view that inserts the same bytes as one row through Peewee. One worker each, under the same gunicorn;
SQLite, in which {data.records:,} records are already. {asked.rounds} rounds of {asked.seconds} s, both in turn; a ratio
is the median of the rounds' ratios, and CPU is what one write takes of the processor in the worker.

{table(rows)}

{versions()}; {report.today()}.""",
    )


if __name__ == "__main__":
    main()
