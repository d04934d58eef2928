"""Disks that fail while clients write, again and again: nothing acknowledged is lost, and all heals by itself."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from models.database import close_database, execute, open_database
from tests.faults.disks import Witness, ext4, full, refusing, small
from tests.faults.instances import filled
from tests.faults.report import Result
from tests.faults.storms import Storm, is_refused, is_written
from tests.faults.writers import Kept, Writer, kept
from tests.serving import Server, serving

ROUNDS, ENDS = 20, 10
"""How often a disk fails and heals, and how often one fails for good, in a long run."""
FAILING = 0.3
"""Seconds for which it fails after it was first noticed."""
EARLY = "impatient,early"
"""What is planted in the control."""
TAKEN = (200, 201, 409, 503, 507)
"""How requests may be answered while a disk fails."""

Fault = Callable[[Path], AbstractContextManager[None]]
FAULTS: dict[str, tuple[Fault, int]] = {"is full": (full, 507), "takes nothing (EPERM)": (refusing, 503)}
"""What is wrong with a disk -> how that is done, and what a write is answered then."""


class Found(NamedTuple):
    """What came of it."""

    storm: Storm
    kept: Kept
    healed: list[float]
    """Seconds, of each time that the disk was well again, until a write was done."""
    wrong: list[str]
    witness: Witness | None = None
    """A plain program beside it, where the disk says what is not so."""

    @property
    def is_well(self) -> bool:
        """Whether all that is promised was held; but one write can be lost for which a disk vouched falsely."""
        lost = len(self.kept.lost) > (1 if self.witness else 0)
        return not (lost or self.kept.doubled or self.kept.faults or self.wrong)

    def __str__(self) -> str:
        seen, done = self.storm.statuses(), sum(writer.counts["acknowledged"] for writer in self.storm.writers)
        told = ", ".join(f"{count:,} {kind}s {status}" for (kind, status), count in sorted(seen.items()))
        healed = f"; writing goes on within {max(self.healed):.2f} s" if self.healed else ""
        return (
            f"{done:,} writes acknowledged: {self.kept}; {told}; the slowest answer took {self.storm.slowest():.2f} s"
            f"{healed}; {len(self.wrong)} bad answers"
        )


def failing(folder: Path, work: Path, fault: Fault, seed: int, rounds: int, plants: str = "impatient") -> Found:
    """A server on the disk of a folder, which fails and heals so many times."""
    url, healed = str(folder / "talbuk.db"), list[float]()
    token = filled(url, work)
    with _serving(url, work, plants) as server, Storm(server.address, token, seed) as storm:
        storm.wait(is_written)
        for _ in range(rounds):
            with fault(folder):
                _notice(storm, plants)
            healed.append(storm.wait(is_written))
    return Found(storm, whole(url, storm.writers), healed, _wrong(storm))


def _serving(url: str, work: Path, plants: str) -> AbstractContextManager[Server]:
    """A server for which a request that was begun is dead after a second; and with what else is planted."""
    return serving(url, workers=2, program=("tests.faults.planted", plants), log=work / "log")


def _notice(storm: Storm, plants: str) -> None:
    """Wait until a write is refused, and a while; who answers before anything is written refuses none."""
    if plants != EARLY:
        storm.wait(is_refused)
    time.sleep(FAILING)


def _wrong(storm: Storm) -> list[str]:
    return storm.wrong(TAKEN) + [f"a read: {one}" for one in storm.seen if one.reads and one.status != 200]


def whole(url: str, writers: Sequence[Writer]) -> Kept:
    """What is kept on a disk that is well again."""
    open_database(url)
    found = kept(writers)
    found.faults.extend(row[0] for row in execute("PRAGMA integrity_check").fetchall() if row[0] != "ok")
    close_database()
    return found


def ending(work: Path, seed: int, plants: str = "impatient") -> Found:
    """A disk finds an error while clients write, and only reads from then on; it is repaired, and served again."""
    with ext4(work) as disk:
        url = str(disk.place / "talbuk.db")
        token = filled(url, work)
        witness = Witness(disk.place / "witness")
        with _serving(url, work, plants) as server, Storm(server.address, token, seed) as storm:
            storm.wait(is_written, many=5)
            with witness:
                disk.fail()
                _notice(storm, plants)
        disk.repair()
        witness.look()
        return Found(storm, whole(url, storm.writers), [], _wrong(storm), witness)


PLANTED = "answers are given before anything is written"


def results(seed: int, times: int | None) -> Iterator[Result]:
    """A row for each way in which a disk fails."""
    rounds = times or ROUNDS
    for name, (fault, _) in FAULTS.items():
        done = f"{rounds} times a disk {name} for {FAILING} s while 3 clients write and 2 read, and is well again"
        yield _row(f"disk {name}", done, [_on_a_disk(fault, seed, rounds)], _on_a_disk(fault, seed, 2, EARLY))
    done = f"{times or ENDS} times ext4 finds an error under the same, only reads from then on, and is repaired"
    ends = [_ending(seed + number) for number in range(times or ENDS)]
    yield _row("disk turns read-only", done, ends, _ending(seed, EARLY))


def _ending(seed: int, plants: str = "impatient") -> Found:
    with TemporaryDirectory() as work:
        return ending(Path(work), seed, plants)


def _on_a_disk(fault: Fault, seed: int, rounds: int, plants: str = "impatient") -> Found:
    """In memory where it is filled; where files are to take nothing, on the disk of the temporary folder."""
    with TemporaryDirectory() as work, ExitStack() as stack:
        folder = Path(work) / "disk"
        if fault is full:
            stack.enter_context(small(folder, "64m"))
        else:
            folder.mkdir()
        return failing(folder, Path(work), fault, seed, rounds, plants)


def _row(run: str, done: str, found: Sequence[Found], control: Found) -> Result:
    held = all(one.is_well for one in found) and not control.is_well
    told = str(found[0]) if len(found) == 1 else "; ".join(map(str, _summed(found)))
    return Result(run, done, told, PLANTED, str(control.kept), held)


def _summed(found: Sequence[Found]) -> Iterator[str]:
    """The figures of several, together."""
    done = sum(writer.counts["acknowledged"] for one in found for writer in one.storm.writers)
    lost, doubled, faults = (sum(len(one.kept[part]) for one in found) for part in range(3))
    yield f"{done:,} writes acknowledged: {Kept([''] * lost, [''] * doubled, [''] * faults)}"
    told = sum((one.storm.statuses() for one in found), Counter[tuple[str, int]]())
    yield ", ".join(f"{count:,} {kind}s {status}" for (kind, status), count in sorted(told.items()))
    yield f"the slowest answer took {max(one.storm.slowest() for one in found):.2f} s"
    yield f"{sum(len(one.wrong) for one in found)} bad answers"
    witnesses = [one.witness for one in found if one.witness]
    vouched_for, falsely = sum(one.vouched_for for one in witnesses), sum(one.lost for one in witnesses)
    if not witnesses:
        return
    yield (
        f"of {vouched_for:,} appends of a plain program beside it, for which fsync vouched, {falsely:,} were lost: in "
        "the moment of its error ext4 says what is not so, and what talbuk loses is what it was told is on the disk"
    )
