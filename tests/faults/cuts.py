"""The power goes while clients write: nothing acknowledged is lost, and the database is whole.

Nobody's power is cut. Every write, every wait for the disk and every deletion that SQLite asks for in a real server is
recorded, with what its clients were told in between; for any moment it can be said what a disk would hold after it.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import NamedTuple

import peewee

from models.database import DatabaseFault, close_database, execute, open_database
from tests.faults.disk import Disk
from tests.faults.instances import filled
from tests.faults.recording import Kind, Note, Record
from tests.faults.report import Result
from tests.faults.writers import Acknowledged, Kept, Writer, held_against
from tests.serving import serving

CUTS, EACH = 200, 20
"""Cuts that are promised, and those of one session of the server."""
CLIENTS, SECONDS = 4, 1.5
FEWEST = 5
"""Records that must be acknowledged in a session before it ends."""
DATABASE = "talbuk.db"


class State(NamedTuple):
    """What a disk holds, and what was acknowledged by then."""

    files: Mapping[str, bytes]
    known: Mapping[str, Acknowledged]


@dataclass
class Run:
    """Sessions of a server, each on what the cut before it left, and many cuts of each."""

    seed: int
    program: Sequence[str]
    folder: Path
    seconds: float = SECONDS
    """For how long clients write in each session."""
    kept: Kept = field(default_factory=lambda: Kept([], [], []))
    cuts: int = 0
    checked: int = 0
    """Acknowledged writes that were looked for, all cuts together."""
    asked: Counter[str] = field(default_factory=Counter)
    """How often each thing was asked of the disk."""
    settings: set[str] = field(default_factory=set)
    """With which journal mode and `synchronous` the connections were opened."""
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def cut(self, state: State, token: str, sessions: int, each: int) -> None:
        """Serve so often, and cut the power of each session so often; it goes on after one of these cuts."""
        for number in range(sessions):
            record = self._session(state, token, number)
            state = self.random.choice(list(self._states(record, state, each)))

    def _session(self, state: State, token: str, number: int) -> Record:
        """Serve what a disk holds, and let clients write for a while."""
        folder = _written(state.files, self.folder / f"session{number}")
        record = Record(folder / "record")

        def told(slug: str, known: Acknowledged) -> None:
            record.add(Note(Kind.TOLD, slug, known.number, known.name.encode()))

        writers = [Writer(f"s{number}-{n}", token, self.seed, told=told) for n in range(CLIENTS)]
        done = Event()
        with serving(str(folder / DATABASE), program=self.program, FAULTS_RECORD=str(record.path)) as server:
            threads = [Thread(target=writer.go_on, args=(server.address, done)) for writer in writers]
            for thread in threads:
                thread.start()
            time.sleep(self.seconds)
            while sum(len(writer.known) for writer in writers) < FEWEST and any(one.is_alive() for one in threads):
                time.sleep(0.01)
            server.kill()
            for thread in threads:
                thread.join()
        assert sum(len(writer.known) for writer in writers) >= FEWEST, [writer.wrong for writer in writers]
        self.wrong += [one for writer in writers for one in writer.wrong]
        return record

    def _states(self, record: Record, begun: State, each: int) -> Iterator[State]:
        """Cut the power at so many moments; what is there afterwards is looked at."""
        notes = list(record.notes())
        self.asked.update(note.kind.name for note in notes)
        self.settings |= {note.data.decode() for note in notes if note.kind == Kind.OPENED}
        first = next(place for place, note in enumerate(notes) if note.kind == Kind.TOLD)
        moments = sorted(self.random.sample(range(first, len(notes)), each))
        disk, known = Disk(begun.files), dict(begun.known)
        for place, note in enumerate(notes, 1):
            if note.kind == Kind.TOLD:
                known[note.file] = Acknowledged(note.data.decode(), note.place)
            disk.take(note)
            if place - 1 in moments:
                state = State(disk.cut(self.random), dict(known))
                self._look_at(state)
                yield state

    def _look_at(self, state: State) -> None:
        """Open what is there, as a server would when there is power again."""
        self.cuts += 1
        self.checked += len(state.known)
        with TemporaryDirectory() as folder:
            found = _found(_written(state.files, Path(folder)), state.known)
        for all_of_it, more in zip(self.kept, found, strict=True):
            all_of_it.extend(more)


def _written(files: Mapping[str, bytes], folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def _found(folder: Path, known: Mapping[str, Acknowledged]) -> Kept:
    try:
        open_database(str(folder / DATABASE))
        told = [row[0] for row in execute("PRAGMA integrity_check").fetchall()]
        execute("INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)")
        there = {row[0] for row in execute("SELECT id FROM defector").fetchall()}
        found = held_against(known, there)
        found.faults.extend(line for line in told if line != "ok")
        return found
    except (DatabaseFault, peewee.PeeweeException) as error:
        return Kept([], [], [str(error)])
    finally:
        close_database()


def cut(folder: Path, seed: int, cuts: int, each: int, *plants: str, seconds: float = SECONDS) -> Run:
    """A run on a small instance in a folder, of a server with something planted in it, or nothing."""
    url = str(folder / DATABASE)
    token = filled(url, folder)
    if "rollback" in plants:
        open_database(url)
        execute("PRAGMA journal_mode=delete")
        close_database()
    run = Run(seed, ("tests.faults.planted", ",".join((*plants, "recorded"))), folder, seconds)
    run.cut(State({DATABASE: Path(url).read_bytes()}, {}), token, cuts // each, each)
    return run


WAYS = {
    "with a write-ahead log": ((), ("normal",), "synchronous=NORMAL"),
    "with a rollback journal": (
        ("rollback",),
        ("rollback", "full"),
        "synchronous=FULL: the folder is not waited for",
    ),
}
"""How SQLite keeps its journal -> what makes it do so, and what is planted."""


def results(seed: int, times: int | None) -> Iterator[Result]:
    """Each way of keeping a journal, and what the same cuts find where the disk is waited for less often."""
    cuts = times or CUTS
    each = min(EACH, cuts)
    for way, (plants, planted, what) in WAYS.items():
        with TemporaryDirectory() as folder, TemporaryDirectory() as other:
            run = cut(Path(folder), seed, cuts, each, *plants)
            control = cut(Path(other), seed, 2 * each, each, *planted)
        held = not any(run.kept) and not run.wrong and bool(control.kept.lost) and not control.kept.faults
        yield Result(f"power cut, SQLite {way}", _done(run), _told(run), what, _told(control), held)


def _done(run: Run) -> str:
    return (
        f"{run.cuts} simulated power cuts in {run.cuts // EACH or 1} sessions of `talbuk serve` with 2 workers while "
        f"{CLIENTS} clients write, at random moments: what the disk was waited for is there, and of each sector "
        f"written since a random part; recorded in the VFS of talbuk's own SQLite, with journal mode and `synchronous` "
        f"as talbuk sets them ({', '.join(sorted(run.settings))})"
    )


def _told(run: Run) -> str:
    return (
        f"{run.checked:,} acknowledged writes looked for after {run.cuts} cuts ({', '.join(sorted(run.settings))}): "
        f"{run.kept}; {run.asked['WRITE']:,} writes of files, {run.asked['SYNC']:,} waits for the disk"
    )
