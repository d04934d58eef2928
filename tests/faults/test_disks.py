"""Disks that fail under a real server: writes are told so, reads go on, nothing breaks, and it heals by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import peewee
import pytest

from models.database import DB, OutcomeUnknown, close_database, execute, open_database, writing
from models.failures import SQLITE
from tests.faults import disks
from tests.faults.commands import as_process
from tests.faults.failing_disks import FAULTS, Fault, ending, failing
from tests.faults.instances import defector, filled
from tests.serving import Answer, Client, serving

SEED = 1
READS = ("/v1", "/v1/defectors", "/v1/sources/newspaper", "/v1/search?q=report", "/v1/stats?by=year", "/readyz")


@contextmanager
def or_skipped() -> Iterator[None]:
    """A test that needs such a disk is skipped where there is none to be had, and says why."""
    try:
        yield
    except disks.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(params=FAULTS)
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Fault, int]]:
    """A folder on a disk, how that is made to fail, and what writes are answered then."""
    fault, status = FAULTS[request.param]
    with or_skipped(), disks.small(tmp_path / "disk") if fault is disks.full else tmp_path_on_disk(tmp_path) as folder:
        yield folder, fault, status


@contextmanager
def tmp_path_on_disk(folder: Path) -> Iterator[Path]:
    (folder / "disk").mkdir()
    yield folder / "disk"


def write(client: Client, slug: str, **headers: str) -> Answer:
    return client.ask("POST", "/v1/defectors", defector(slug), **headers)


def assert_told(answer: Answer, status: int) -> None:
    """The write was refused with a problem that says when to come again, and nothing of the machine."""
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.value["status"] == status
    assert "nothing was changed" in answer.value["detail"]
    assert "talbuk.db" not in str(answer.value)


def written_until_refused(client: Client) -> list[str]:
    """What was still taken: a log that was written before has room in itself."""
    for number in range(200):
        if write(client, f"meanwhile-{number}").status != 201:
            break
    return [f"meanwhile-{taken}" for taken in range(number)]


def assert_healed(address: str, token: str) -> None:
    """Each of the four threads may be told once more what was wrong: it opens the file again then."""
    told = []
    for number in range(14):
        with Client(address, token) as client:
            told.append(write(client, f"again-{number}").status)
    assert set(told) <= {201, 503}
    assert told.count(503) <= 4
    assert told[-6:] == [201] * 6


def test_a_disk_that_fails_and_heals(disk: tuple[Path, Fault, int], tmp_path: Path) -> None:
    """One server through all of it, and every command that looks finds nothing wrong."""
    folder, fault, status = disk
    url = str(folder / "talbuk.db")
    token = filled(url, tmp_path)
    with serving(url, workers=1, log=tmp_path / "log") as server, Client(server.address, token) as client:
        assert write(client, "before").status == 201
        with or_skipped(), fault(folder):
            taken = written_until_refused(client)
            dumped = as_process("dump", "--database", url) if fault is disks.full else None
            for headers in ({}, {"Idempotency-Key": "one"}):
                assert_told(write(client, "later", **headers), status)
            assert_told(client.ask("PATCH", "/v1/defectors/before", {"name": "Another"}, If_Match="*"), status)
            assert_told(client.ask("DELETE", "/v1/defectors/before?reason=x", If_Match="*"), status)
            assert {client.ask("GET", path).status for path in READS} == {200}
            assert dumped is None or dumped == as_process("dump", "--database", url)
        assert_healed(server.address, token)
        assert write(client, "later", Idempotency_Key="one").status in {201, 409}
        assert write(client, "last").status == 201
        listed = client.ask("GET", "/v1/defectors?limit=500&fields=id").value["data"]
        there = {one["id"] for one in listed if not one["id"].startswith("again-")}
        assert there - {"later"} == {"before", *taken, "last"}
    for command in (("ledger", "verify"), ("doctor", "--quick")):
        code, out, err = as_process(*command, "--database", url)
        assert code == 0 or (command[0] == "doctor" and "MB must be free" in out), out + err
    open_database(url)
    assert execute("PRAGMA integrity_check").fetchone() == ("ok",)
    close_database()


def test_a_disk_that_fails_while_many_write(disk: tuple[Path, Fault, int], tmp_path: Path) -> None:
    """`make faults` does so for longer."""
    folder, fault, status = disk
    with or_skipped():
        found = failing(folder, tmp_path, fault, SEED, 1)
    assert found.wrong == []
    assert found.kept == ([], [], [])
    assert found.storm.told(status) > 0
    assert max(found.healed) < 5


def test_a_disk_that_turns_read_only_for_good(tmp_path: Path) -> None:
    """What was acknowledged is there when the disk was repaired, and the server started again.

    But for the one write, at most, that was waiting for the disk in the moment of the error: ext4 vouches falsely then.
    """
    with or_skipped():
        found = ending(tmp_path, SEED)
    assert found.wrong == []
    assert found.kept[1:] == ([], [])
    assert len(found.kept.lost) <= 1
    assert found.storm.told(503) > 0


def test_a_transaction_that_could_not_be_synced_may_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite has written all of it by then: after a crash it may find it whole."""
    filled(str(tmp_path / "talbuk.db"), tmp_path)
    open_database(str(tmp_path / "talbuk.db"))

    def unsynced(_: object) -> None:
        with peewee.__exception_wrapper__:
            error = SQLITE.OperationalError("disk I/O error")
            error.sqlite_errorcode = 1034  # SQLITE_IOERR_FSYNC
            raise error

    monkeypatch.setattr(type(DB.obj), "commit", unsynced)
    with pytest.raises(OutcomeUnknown), writing():
        execute("DELETE FROM dirty")
    monkeypatch.undo()
    with writing():
        execute("DELETE FROM dirty")
    close_database()
