"""A load is interrupted at some moment: the data are as before, and loading again ends as if it never had been."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from api.dumping import lines
from api.loading import load as load_here
from models.database import close_database, execute, open_database
from models.verifying import faults
from tests.faults.instances import defector, on
from tests.faults.report import Result

POINTS, FEW = 51, 9
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
MANY = 40
NEWSPAPER = {"id": "newspaper", "name": "A report", "kind": "article", "published": "2015-07-10"}


def bundle(*, later: bool) -> dict[str, Any]:
    """What is loaded: at first; and later, when some is changed, some gone, some new and some withheld."""
    people = [{"id": f"p{n}", "name": f"Person {n}", "description": "Of whom little is known."} for n in range(MANY)]
    gone = MANY // 4 if later else 0
    defectors = [
        defector(f"d{n}", f"They, {'later' if later and n % 2 else 'first'}") for n in range(gone, MANY + gone)
    ]
    if later:
        people[0] = {"id": "p0", "name": "Person 0", "withheld": {"description": "to do no harm"}}
    return {"sources": [NEWSPAPER], "people": people, "defectors": defectors}


UPDATED = re.compile(rb'"updated":"[^"]+"')
"""What of a record tells when it was loaded."""


class State(NamedTuple):
    """All that a database holds: what was given, what is served of it, what is left of work, and what is wrong."""

    dump: tuple[str, ...]
    served: tuple[bytes, ...]
    left: int
    faults: tuple[str, ...]


def state_of(database: str) -> State:
    """What a database holds now."""
    open_database(database)
    rows = execute("SELECT document, standing, claims FROM entry ORDER BY path").fetchall()
    served = tuple(UPDATED.sub(b"", b"".join(map(bytes, row))) for row in rows)
    (left,) = execute("SELECT (SELECT count(*) FROM seen) + (SELECT count(*) FROM dirty)").fetchone()
    state = State(tuple(lines()), served, left, tuple(faults()))
    close_database()
    return state


def load(database: str, file: Path, plants: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    """`talbuk load --sync`, perhaps with something planted in it."""
    program = ["tests.faults.planted", plants] if plants else ["api"]
    command = [sys.executable, "-m", *program, "load", "--sync", "--database", database, str(file)]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)


def copied(database: str) -> str:
    """A copy of a database that nobody has open; its address."""
    copy = f"{database}_{time.time_ns()}"
    if "://" not in database:
        return str(shutil.copy(database, copy))
    import psycopg

    server, _, name = database.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {copy.rpartition('/')[2]} TEMPLATE {name}")
    return copy


@dataclass
class Run:
    """Loads of one file into copies of one database, each interrupted."""

    database: str
    file: Path
    seed: int
    plants: str = ""
    signals: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    """What it was that a load was interrupted at -> how often."""
    ended: Counter[str] = field(default_factory=Counter)
    """How the data were afterwards: as before, as after, or neither."""
    again: Counter[str] = field(default_factory=Counter)
    """How they were when the file was loaded again."""

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.file.write_text(json.dumps(bundle(later=False)))
        open_database(self.database, create=True)
        load_here([self.file], sync=True)
        close_database()
        self.before = state_of(self.database)
        self.file.write_text(json.dumps(bundle(later=True)))
        whole = copied(self.database)
        told = load(whole, self.file, "counted")
        assert not told.returncode, told.stderr
        found = re.findall(r"(\w+): (\d+) (\d+)", told.stderr)
        self.most = {kind: int(most) for kind, most, _ in found}
        self.uncommitted = {kind: int(before) for kind, _, before in found}
        self.after = state_of(whole)
        assert self.after != self.before

    def interrupt(self, points: int) -> "Run":
        """At so many random points, of each kind in turn."""
        kinds = [kind for kind, most in self.most.items() if most]
        for number in range(points):
            kind = kinds[number % len(kinds)]
            signs = SIGNALS if kind == "statements" else SIGNALS[:2]  # Python's own handler must not run within SQLite
            self._interrupt(kind, self.random.randint(1, self.most[kind]), self.random.choice(signs))
        return self

    def _interrupt(self, kind: str, point: int, sign: signal.Signals) -> None:
        database = copied(self.database)
        plants = ",".join(filter(None, (self.plants, INTERRUPTED[kind])))
        done = load(database, self.file, plants, FAULTS_POINT=f"{point}:{sign:d}")
        assert done.returncode, f"{kind} {point} {sign.name}: it was not interrupted"
        self.signals[sign.name] += 1
        self.places[kind] += 1
        ended = self._named(state_of(database))
        too_early = ended == "as after" and point <= self.uncommitted[kind]
        self.ended["kept before it was committed" if too_early else ended] += 1
        load(database, self.file)
        self.again[self._named(state_of(database))] += 1

    def _named(self, state: State) -> str:
        return {self.before: "as before", self.after: "as after"}.get(state, "neither")

    @property
    def is_well(self) -> bool:
        """Whether each load was made whole or not at all, and could be made again."""
        return set(self.ended) <= {"as before", "as after"} and set(self.again) == {"as after"}

    def __str__(self) -> str:
        ended, again = _counts(self.ended), _counts(self.again)
        return f"{ended} (after: interrupted when it had been committed); loaded again: {again}"


INTERRUPTED = {"statements": "interrupted", "files": "halted"}
"""What a load is interrupted at -> what is planted."""


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counter.items()))


def results(seed: int, times: int | None) -> Iterator[Result]:
    """Each engine, and what the same finds where each statement is kept by itself."""
    for engine in ("sqlite", "postgresql"):
        with TemporaryDirectory() as folder, on(engine, Path(folder)) as new:
            file = Path(folder) / "bundle.json"
            run = Run(new(), file, seed).interrupt(times or POINTS)
            control = Run(new(), file, seed, "piecemeal").interrupt(FEW)
        done = (
            f"`talbuk load --sync` of a file that adds, changes, removes and withholds, interrupted at "
            f"{times or POINTS} random points ({_counts(run.places)}; {_counts(run.signals)}), then run again"
        )
        planted, held = "each statement is committed by itself", run.is_well and not control.is_well
        yield Result(f"interrupted load, {engine}", done, str(run), planted, str(control), held)
