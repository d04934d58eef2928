"""Loads that are interrupted (`make faults` interrupts 50 on each engine): all of a file, or nothing of it."""

from pathlib import Path

from models.database import close_database
from tests.faults.loads import Run

SEED = 1


def test_an_interrupted_load_leaves_all_as_it_was_and_can_be_made_again(empty_database: str, tmp_path: Path) -> None:
    close_database()
    run = Run(empty_database, tmp_path / "bundle.json", SEED).interrupt(3)
    assert run.is_well, run
    assert run.ended["as before"]


def test_a_load_that_is_kept_in_parts_is_found_out(tmp_path: Path) -> None:
    """The control: each statement is committed by itself."""
    run = Run(str(tmp_path / "talbuk.db"), tmp_path / "bundle.json", SEED, "piecemeal").interrupt(2)
    assert run.ended["neither"]
