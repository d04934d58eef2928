"""A server whose power is cut while clients write, as far as that can be simulated (`make faults` cuts 200 times)."""

import random
from pathlib import Path

import pytest

from tests.faults.cuts import cut
from tests.faults.disk import Disk
from tests.faults.recording import Kind, Note

SEED = 1


@pytest.mark.parametrize("plants", [(), ("rollback",)])
def test_what_was_acknowledged_is_on_the_disk(tmp_path: Path, plants: tuple[str, ...]) -> None:
    run = cut(tmp_path, SEED, 10, 10, *plants, seconds=0.6)
    assert run.checked > 20
    assert (run.kept, run.wrong) == (([], [], []), [])


def test_a_disk_that_is_not_waited_for_is_found_out(tmp_path: Path) -> None:
    """The control: SQLite's synchronous=NORMAL, which many recommend with a write-ahead log."""
    run = cut(tmp_path, SEED, 10, 10, "normal", seconds=0.6)
    assert run.kept.lost
    assert run.kept.faults == []


ALL, NOTHING = 1.0, 0.0


class Part(random.Random):
    """A chance that always has the same outcome: which part of what was not waited for is there."""

    def __init__(self, part: float) -> None:
        super().__init__()
        self.part = part

    def choice(self, _choices: object) -> float:
        """Which part."""
        return self.part

    def random(self) -> float:
        """In the middle."""
        return 0.5


def test_a_disk_keeps_what_it_was_waited_for_and_perhaps_the_rest() -> None:
    disk = Disk({"a": b"old"})
    disk.take(Note(Kind.WRITE, "a", 0, b"new"))
    disk.take(Note(Kind.WRITE, "b", 2, b"!"))
    assert disk.cut(Part(NOTHING)) == {"a": b"old"}
    assert disk.cut(Part(ALL)) == {"a": b"new", "b": b"\0\0!"}
    disk.take(Note(Kind.SYNC, "a"))
    disk.take(Note(Kind.CUT, "a", 1))
    assert (disk.cut(Part(NOTHING))["a"], disk.cut(Part(ALL))["a"]) == (b"new", b"n")


def test_what_is_deleted_may_be_there_again_until_its_folder_is_waited_for() -> None:
    for folder, left in ((0, {"a": b"old"}), (1, {})):
        disk = Disk({"a": b"old"})
        disk.take(Note(Kind.DELETE, "a", folder))
        assert disk.cut(Part(ALL)) == {}
        assert disk.cut(Part(NOTHING)) == left
