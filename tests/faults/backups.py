"""Backups that are made while clients write, again and again: each restores with what was acknowledged before it."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from models.database import close_database, execute, open_database
from models.verifying import faults
from tests.faults.commands import as_process
from tests.faults.instances import filled, on
from tests.faults.report import Result
from tests.faults.storms import Storm, is_written
from tests.serving import serving

ROUNDS = 20
"""How many backups are made of each engine in a long run."""
BETWEEN = 10
"""Writes that are acknowledged between two."""


class Backup(NamedTuple):
    """A backup, and what had been acknowledged before it began."""

    file: Path
    before: dict[str, int]
    """Record -> how many changes it had."""
    seconds: float


def made(url: str, work: Path, seed: int, rounds: int) -> tuple[list[Backup], Storm]:
    """Make so many backups of a database that is written to."""
    token, found = filled(url, work), list[Backup]()
    with serving(url, workers=2, log=work / "log") as server, Storm(server.address, token, seed) as storm:
        for number in range(rounds):
            storm.wait(is_written, many=BETWEEN)
            before = {slug: known.number for writer in storm.writers for slug, known in dict(writer.known).items()}
            file, begun = work / f"{number}.backup", time.monotonic()
            code, out, err = as_process("backup", str(file), "--database", url)
            assert code == 0, out + err
            found.append(Backup(file, before, time.monotonic() - begun))
    return found, storm


def lost(file: Path, before: dict[str, int], url: str) -> list[str]:
    """What a backup, restored to a new database, lacks of what was acknowledged before it, and what is wrong there."""
    code, out, err = as_process("restore", str(file), "--database", url)
    if code:
        return [out + err]
    open_database(url)
    entries = dict(execute("SELECT path, count(*) FROM ledger WHERE path LIKE 'defectors/%' GROUP BY path").fetchall())
    wrong = list(faults())
    close_database()
    return [slug for slug, changes in before.items() if entries.get(f"defectors/{slug}", 0) <= changes] + wrong


def results(seed: int, times: int | None) -> Iterator[Result]:
    """Each engine, and what is found where each backup is taken for the next one."""
    for engine in ("sqlite", "postgresql"):
        with TemporaryDirectory() as folder, on(engine, Path(folder)) as new:
            yield _result(engine, *made(new(), Path(folder), seed, times or ROUNDS), new)


def _result(engine: str, backups: Sequence[Backup], storm: Storm, new: Callable[[], str]) -> Result:
    wrong = [fault for one in backups for fault in lost(one.file, one.before, new())]
    older, newer = backups[0], backups[-1]
    control = lost(older.file, newer.before, new())
    acknowledged = sum(writer.counts["acknowledged"] for writer in storm.writers)
    bad = storm.wrong((200, 201))
    found = (
        f"{acknowledged:,} writes acknowledged; of {sum(len(one.before) for one in backups):,} records that were there "
        f"before a backup began {len(wrong)} lost or faulty in what was restored; a backup takes "
        f"{median(one.seconds for one in backups):.2f} s, and the slowest answer meanwhile {storm.slowest():.2f} s; "
        f"{len(bad)} bad answers"
    )
    return Result(
        f"backups under load, {engine}",
        f"{len(backups)} times `talbuk backup` while 3 clients write and 2 read, each restored to a new database",
        found,
        "the first backup is taken for the last",
        f"{len(control):,} lost",
        not wrong and not bad and bool(control),
    )
