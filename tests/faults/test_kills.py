"""A server that is killed again and again while clients write (`make faults` does so 300 times)."""

from pathlib import Path

from models.database import close_database
from tests.faults.kills import killed

SEED = 1


def test_what_was_acknowledged_is_kept_once_when_the_server_is_killed(empty_database: str, tmp_path: Path) -> None:
    """What was not answered is sent again, with the same key or the same If-Match.

    The mark of a request whose process died would hold it off for a minute.
    """
    close_database()
    run = killed(empty_database, tmp_path, SEED, 3, program=("tests.faults.planted", "impatient"))
    assert run.wrong == []
    assert run.counts["acknowledged"] >= 3
    assert run.kept() == ([], [], [])
