"""A server whose power is cut while clients write, as far as that can be simulated (`make faults` cuts 200 times)."""

from pathlib import Path

import pytest

from tests.faults.cuts import cut

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
