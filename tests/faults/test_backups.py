"""Backups: whole, of the moment they began, for their owner alone; and restores: all of it, or nothing."""

import os
import random
import re
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

import pytest

from api.dumping import lines
from models import postgresql_backups
from models.database import SCHEMA_VERSION, SQLITE, close_database, execute, is_postgresql, open_database
from models.ledger import head
from models.verifying import faults
from tests.conftest import new_postgresql_database
from tests.faults.commands import PROJECT, Talbuk, as_process, assert_refused
from tests.serving import Client, serving

BUNDLE = """\
sources:
  - {id: newspaper, name: A report, kind: article, published: 2015-07-10}
defectors:
  - id: general
    name: A general
    claims:
      - {id: general-left, says: He left., sets: [occurred], source: newspaper}
"""
MORE = BUNDLE.replace("He left.", "He fled.")
PRINTED = re.compile(r"(\d+:[0-9a-f]{64})\n")


class Filled(NamedTuple):
    """A database with BUNDLE in it, closed, and a command line that works on it."""

    url: str
    run: Callable[..., tuple[int, str, str]]

    def dump(self) -> str:
        """All that is in it."""
        return self.run("dump")[1]


@pytest.fixture
def filled(empty_database: str, talbuk: Talbuk, tmp_path: Path) -> Filled:
    """Once on each engine."""
    close_database()
    file = tmp_path / "bundle.yaml"
    file.write_text(BUNDLE, encoding="utf-8")
    filled = Filled(empty_database, lambda *arguments: talbuk(*arguments, "--database", empty_database))
    assert filled.run("load", file)[0] == 0
    return filled


@pytest.fixture
def another(filled: Filled, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of another database of that engine, in which nothing is yet."""
    if filled.url.startswith("postgresql"):
        return new_postgresql_database(request.getfixturevalue("postgresql_server"))
    return str(tmp_path / "another.db")


def changed(filled: Filled, folder: Path) -> str:
    """Write something; returns all that there is then."""
    file = folder / "bundle.yaml"
    file.write_text(MORE, encoding="utf-8")
    assert filled.run("load", file)[0] == 0
    return filled.dump()


def test_a_backup_restores_to_what_was_backed_up(filled: Filled, another: str, talbuk: Talbuk, tmp_path: Path) -> None:
    before, file = filled.dump(), tmp_path / "1.backup"
    filled.run("keys", "add", "kim")
    code, out, err = filled.run("backup", file)
    assert code == 0
    kept = PRINTED.fullmatch(out)
    assert kept
    assert re.fullmatch(rf"{re.escape(str(file))}: 0\.\d MB, schema {SCHEMA_VERSION}, 3 records\n", err)
    assert filled.run("ledger", "head")[1] == f"{kept[1]}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.making"))
    changed(filled, tmp_path)
    done = talbuk("restore", file, "--database", another, "--expect", kept[1])
    assert done[:2] == (0, f"restored 3 records; 3 ledger entries, no faults; the head is {kept[1]}\n")
    assert_untellable(done[2])
    assert talbuk("dump", "--database", another)[1] == before
    assert "kim" in talbuk("keys", "list", "--database", another)[1]
    assert talbuk("doctor", "--database", another)[0] == 0
    assert filled.dump() != before


def test_a_file_that_is_there_is_not_written_over(filled: Filled, tmp_path: Path) -> None:
    file = tmp_path / "1.backup"
    file.write_text("precious")
    assert_refused(filled.run("backup", file), "1.backup", "is there already")
    assert file.read_text() == "precious"
    assert_refused(filled.run("backup", tmp_path / "no" / "1.backup"), "cannot be written")


def test_data_is_replaced_only_when_told_to(filled: Filled, tmp_path: Path) -> None:
    before, file = filled.dump(), tmp_path / "1.backup"
    filled.run("backup", file)
    after = changed(filled, tmp_path)
    assert_refused(filled.run("restore", file), "holds data (4 ledger entries, 0 keys)", "--replace")
    assert filled.dump() == after
    assert filled.run("restore", file, "--replace")[0] == 0
    assert filled.dump() == before
    assert filled.run("doctor")[0] == 0


def test_a_head_that_was_kept_tells_of_another_past(filled: Filled, tmp_path: Path) -> None:
    """What is restored goes on from it, or is not restored."""
    file, later = tmp_path / "1.backup", tmp_path / "2.backup"
    filled.run("backup", file)
    first = filled.run("ledger", "head")[1].strip()
    after = changed(filled, tmp_path)
    second = filled.run("ledger", "head")[1].strip()
    filled.run("backup", later)
    refused = filled.run("restore", file, "--replace", "--expect", second)
    assert_refused(refused, "1.backup: is not restored", "entry 4 is missing", "nothing was changed")
    assert_refused(filled.run("restore", later, "--replace", "--expect", f"2:{'0' * 64}"), "is another")
    assert filled.run("restore", later, "--replace", "--expect", "head")[0] == 2
    assert filled.dump() == after
    assert filled.run("restore", later, "--replace", "--expect", first)[0] == 0


def test_a_backup_whose_data_was_altered_is_not_restored(filled: Filled, another: str, tmp_path: Path) -> None:
    """Somebody changes a record and makes a backup of that: the ledger tells."""
    open_database(filled.url)
    execute("UPDATE record SET input = replace(input, 'He left.', 'He was sent.') WHERE id = 'general-left'")
    close_database()
    assert filled.run("backup", tmp_path / "1.backup")[0] == 0
    done = as_process("restore", str(tmp_path / "1.backup"), "--database", another)
    assert_refused(done, "claims/general-left: what is stored is not what entry 3 says", "nothing was changed")
    if not is_postgresql_address(another):
        assert not Path(another).exists()


def is_postgresql_address(url: str) -> bool:
    return url.startswith("postgresql")


@pytest.mark.parametrize("part", [0.5, 0.98])
def test_a_backup_that_was_cut_off_is_not_restored(filled: Filled, tmp_path: Path, part: float) -> None:
    before, file = filled.dump(), tmp_path / "1.backup"
    filled.run("backup", file)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * part)])
    assert_refused(filled.run("restore", file, "--replace"), "1.backup")
    assert filled.dump() == before
    assert filled.run("doctor")[0] == 0


def test_a_damaged_backup_is_not_restored(filled: Filled, tmp_path: Path) -> None:
    before, file = filled.dump(), tmp_path / "1.backup"
    filled.run("backup", file)
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4096] = b"\xff" * 4096
    file.write_bytes(content)
    assert_refused(filled.run("restore", file, "--replace"), "1.backup")
    assert filled.dump() == before


def test_what_is_no_backup_of_it(filled: Filled, tmp_path: Path) -> None:
    before, other = filled.dump(), tmp_path / "other.db"
    assert_refused(filled.run("restore", PROJECT / "LICENSE", "--replace"), "is no backup", "talbuk backup")
    with SQLITE.connect(other) as connection:
        connection.execute("CREATE TABLE recipe (name TEXT)")
    connection.close()
    says = "is a backup of SQLite" if is_postgresql_address(filled.url) else "holds tables that are not talbuk's"
    assert_refused(filled.run("restore", other, "--replace"), "other.db", says)
    other.write_bytes(b"PGDMP of something")
    says = "cannot be read" if is_postgresql_address(filled.url) else "is a backup of PostgreSQL"
    assert_refused(filled.run("restore", other, "--replace"), "other.db", says)
    assert filled.dump() == before


def test_a_backup_of_another_schema_is_not_restored(filled: Filled, tmp_path: Path) -> None:
    file = tmp_path / "1.backup"
    open_database(filled.url)
    execute("UPDATE meta SET value = '3' WHERE key = 'schema_version'")
    close_database()
    assert "schema 3" in filled.run("backup", file)[2]
    open_database(filled.url, older=True)
    execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", (str(SCHEMA_VERSION),))
    close_database()
    assert_refused(filled.run("restore", file, "--replace"), "has schema version 3", "talbuk migrate")


def assert_untellable(said: str) -> None:
    """One line: nobody here knows what is undone."""
    assert said.startswith("what was withheld, removed, changed or erased after this backup was made, and which keys")
    assert "go by your own list or a mirror" in said
    assert said.count("\n") == 1


def test_an_erasure_that_a_restore_undoes_is_told(filled: Filled, tmp_path: Path) -> None:
    changed(filled, tmp_path)
    file = tmp_path / "1.backup"
    filled.run("backup", file)
    assert filled.run("erase", "claims/general-left", "--reason", "asked")[0] == 0
    code, _, err = filled.run("restore", file, "--replace")
    first, advice, *told = err.splitlines()
    assert (code, first) == (0, "the ledger that was there had 1 entries more than this backup: they are discarded")
    assert "TALBUK_READS=keys" in advice
    assert told == ["claims/general-left: its past was erased: `talbuk erase claims/general-left --reason …`"]
    assert filled.run("erase", "claims/general-left", "--reason", "asked")[:2] == (
        0, "erased 1 past ledger payloads of claims/general-left\n",
    )  # fmt: skip


def test_a_key_that_was_revoked_after_the_backup_is_named(filled: Filled, tmp_path: Path) -> None:
    """It is good again: whoever has it could write."""
    kim, lee = (filled.run("keys", "add", name)[1].split("_")[1] for name in ("kim", "lee"))
    file = tmp_path / "1.backup"
    assert filled.run("keys", "revoke", lee)[0] == 0
    filled.run("backup", file)
    assert filled.run("keys", "revoke", kim)[0] == 0
    told = filled.run("restore", file, "--replace")[2]
    assert f"the key {kim} had been revoked, and is good again: `talbuk keys revoke {kim}`" in told
    assert lee not in told


SIX = """\
people:
  - {id: hidden, name: A witness, withheld: {roles: asked}}
  - {id: removed, name: One who asked}
  - {id: merged, name: The same}
  - {id: other, name: The other}
  - {id: altered, name: Another}
  - {id: same, name: The last}
"""


def test_what_a_restore_serves_again_is_told(filled: Filled, tmp_path: Path) -> None:
    """Of what is in the backup alone: each record as it ended, and what of it was erased by itself."""
    bundle, backup = tmp_path / "six.yaml", tmp_path / "1.backup"
    bundle.write_text(SIX, encoding="utf-8")
    assert filled.run("load", bundle)[0] == 0
    filled.run("backup", backup)
    token = filled.run("keys", "add", "kim", "--scope", "admin")[1].strip()
    with serving(filled.url, workers=1) as server, Client(server.address, token) as client:

        def ask(method: str, path: str, body: object = None, **headers: str) -> None:
            answer = client.ask(method, path, body, **headers)
            assert answer.status < 300, answer.body

        ask("PUT", "/v1/people/hidden", {
            "id": "hidden", "name": "A witness", "withheld": {"roles": "asked", "country": "asked"},
        }, if_match='"1"')  # fmt: skip
        ask("DELETE", "/v1/people/removed?reason=asked", if_match='"1"')
        ask("POST", "/v1/people/removed/erase?reason=asked")
        ask("POST", "/v1/people/merged/merge?reason=one", {"into": "other", "revision": 1}, if_match='"1"')
        ask("PUT", "/v1/people/altered", {"id": "altered", "name": "Altered"}, if_match='"1"')
        ask("PUT", "/v1/people/new", {"id": "new", "name": "New"})
        ask("POST", "/v1/people/new/erase?reason=asked")
    code, _, err = filled.run("restore", backup, "--replace")
    first, advice, *told = err.splitlines()
    assert code == 0
    assert re.fullmatch(r"the ledger that was there had \d+ entries more than this backup: they are discarded", first)
    assert "served again as it was" in advice
    assert told == [
        "people/hidden: changed, to withhold country",
        "people/merged: merged into people/other",
        "people/removed: removed; then `talbuk erase people/removed --reason …`",
        "people/altered: changed",
    ]


def test_a_restore_over_another_ledger_cannot_tell_what_it_undoes(filled: Filled, tmp_path: Path) -> None:
    """That of another instance, say, or one that was restored to an earlier backup and went on otherwise."""
    first, second = tmp_path / "1.backup", tmp_path / "2.backup"
    filled.run("backup", first)
    changed(filled, tmp_path)
    filled.run("backup", second)
    filled.run("restore", first, "--replace")
    code, _, err = filled.run("restore", second, "--replace")
    assert code == 0
    assert_untellable(err)
    code, _, err = filled.run("restore", second, "--replace")
    assert (code, err) == (
        0, "the ledger that was there had 0 entries more than this backup: they are discarded\n",
    )  # fmt: skip


def test_a_damaged_database_is_kept_under_another_name(tmp_path: Path, talbuk: Talbuk) -> None:
    """It may be all that there is of what was written since; a reader of it is not hurt."""
    bundle, url, file = tmp_path / "bundle.yaml", tmp_path / "talbuk.db", tmp_path / "1.backup"
    bundle.write_text(BUNDLE, encoding="utf-8")
    talbuk("load", bundle, "--database", url)
    before = talbuk("dump", "--database", url)[1]
    talbuk("backup", file, "--database", url)
    for damage in (b"\xff" * 40_000, url.read_bytes()[:4096] + b"\xff" * 40_000):
        url.write_bytes(damage)
        assert_refused(talbuk("restore", file, "--database", url), "is damaged", "--replace")
        code, _, err = talbuk("restore", file, "--database", url, "--replace")
        assert code == 0, err
        (kept,) = tmp_path.glob("talbuk.db.damaged-*")
        assert str(kept) in err
        assert_untellable(err.partition("\n")[2])
        assert kept.read_bytes() == damage
        kept.unlink()
        assert talbuk("dump", "--database", url)[1] == before
        assert stat.S_IMODE(url.stat().st_mode) == 0o600


def test_a_restore_that_is_killed_leaves_the_old_or_the_new(filled: Filled, tmp_path: Path) -> None:
    """Whenever that is: all of the one, or all of the other."""
    file, chance, seen = tmp_path / "1.backup", random.Random(1), set[str]()
    old = filled.dump()
    filled.run("backup", file)
    new = changed(filled, tmp_path)
    command = [sys.executable, "-m", "api", "restore", str(file), "--replace", "--database", filled.url]
    begun = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, cwd=PROJECT)
    takes = time.monotonic() - begun
    for _ in range(3):
        assert filled.run("load", tmp_path / "bundle.yaml")[0] == 0
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=PROJECT)
        time.sleep(takes * chance.uniform(0.4, 1.1))
        process.kill()
        process.wait()
        seen.add(filled.dump())
        open_database(filled.url)
        assert list(faults()) == []
        assert is_postgresql() or execute("PRAGMA integrity_check").fetchone() == ("ok",)
        close_database()
    assert seen <= {old, new}


@pytest.mark.postgresql
def test_the_password_stands_in_no_command_line(postgresql_server: str, talbuk: Talbuk, tmp_path: Path) -> None:
    """Everybody on a machine sees those: the programs that are run get it in their environment."""
    url = new_postgresql_database(postgresql_server)
    secret = url.replace("talbuk@", "talbuk:s3cret@")
    bundle, log, real = tmp_path / "bundle.yaml", tmp_path / "log", shutil.which("pg_dump")
    assert real
    bundle.write_text(BUNDLE, encoding="utf-8")
    assert talbuk("load", bundle, "--database", secret)[0] == 0
    for name in ("pg_dump", "pg_restore"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho "$0 $* password=${{PGPASSWORD}}" >> {log}\nexec {real[:-7]}{name} "$@"\n')
        program.chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    said = talbuk("backup", tmp_path / "1.backup", "--database", secret, PATH=path)
    said += talbuk("restore", tmp_path / "1.backup", "--replace", "--database", secret, PATH=path)
    said += talbuk("doctor", "--database", secret)
    assert said[::3] == (0, 0, 0), said
    assert "s3cret" not in str(said)
    run = [line.partition(" password=") for line in log.read_text().splitlines() if "--version" not in line]
    assert [(command.count("s3cret"), password) for command, _, password in run] == [(0, "s3cret"), *[(0, "")] * 3]


@pytest.mark.postgresql
def test_without_pg_dump_or_with_an_old_one(
    postgresql_server: str, talbuk: Talbuk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_postgresql_database(postgresql_server)
    bundle, program = tmp_path / "bundle.yaml", tmp_path / "bin" / "pg_dump"
    bundle.write_text(BUNDLE, encoding="utf-8")
    assert talbuk("load", bundle, "--database", url)[0] == 0
    monkeypatch.setattr(postgresql_backups, "INSTALLED", tmp_path)
    program.parent.mkdir()
    backup = ("backup", tmp_path / "1.backup", "--database", url)
    assert_refused(talbuk(*backup, PATH=str(program.parent)), "there is no pg_dump here", "apt-get install postgresql-")
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    program.chmod(0o755)
    assert_refused(talbuk(*backup, PATH=str(program.parent)), "pg_dump 9 is too old", "or later is needed")
    assert not (tmp_path / "1.backup").exists()


def test_a_backup_for_which_there_is_no_room(small_disk: Path, filled: Filled) -> None:
    """What was begun is gone, and the database untouched."""
    before = filled.dump()
    (small_disk / "filler").write_bytes(b"\0" * (shutil.disk_usage(small_disk).free - 40_000))
    code, out, err = filled.run("backup", small_disk / "1.backup")
    assert (code, out) == (1, "")
    assert "disk is full" in err or "No space left" in err
    assert [file.name for file in small_disk.iterdir()] == ["filler"]
    assert filled.dump() == before


# --- while others write ---------------------------------------------------------------------------------------------


def defector(slug: str) -> dict[str, object]:
    """A defector with a claim."""
    claim = {"id": f"{slug}-left", "says": "They left.", "sets": ["occurred"], "source": "newspaper"}
    return {"id": slug, "name": f"The {slug}", "claims": [claim]}


class Writers:
    """Clients that write all the time."""

    def __init__(self, address: str, token: str) -> None:
        self.address, self.token, self.done = address, token, Event()
        self.acknowledged: list[str] = []
        self.statuses: set[int] = set()
        self.threads = [Thread(target=self._write, args=(number,)) for number in range(3)]

    def _write(self, number: int) -> None:
        with Client(self.address, self.token) as client:
            for n in range(100_000):
                if self.done.is_set():
                    return
                status = client.ask("PUT", f"/v1/defectors/d{number}-{n}", defector(f"d{number}-{n}")).status
                self.statuses.add(status)
                if status == 201:
                    self.acknowledged.append(f"d{number}-{n}")

    def __enter__(self) -> "Writers":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        for thread in self.threads:
            thread.join()

    def wait_for(self, many: int) -> list[str]:
        """What is acknowledged when so many writes are."""
        until = time.monotonic() + 30
        while len(self.acknowledged) < many and time.monotonic() < until:
            time.sleep(0.01)
        return list(self.acknowledged)


@pytest.fixture
def writers(filled: Filled) -> Iterator[Writers]:
    """They write to a server of two processes."""
    token = filled.run("keys", "add", "kim")[1].strip()
    with serving(filled.url, workers=2) as server, Writers(server.address, token) as found:
        yield found


def test_a_backup_that_is_made_while_others_write(
    writers: Writers, filled: Filled, another: str, talbuk: Talbuk, tmp_path: Path
) -> None:
    """It restores with all that was acknowledged before it began; nobody waits for it."""
    before = writers.wait_for(20)
    code, out, _ = as_process("backup", str(tmp_path / "1.backup"), "--database", filled.url)
    meanwhile = len(writers.acknowledged) - len(before)
    writers.wait_for(len(before) + meanwhile + 5)
    assert (code, writers.statuses) == (0, {201})
    assert meanwhile > 0
    kept = PRINTED.fullmatch(out)
    assert kept
    assert talbuk("restore", tmp_path / "1.backup", "--database", another, "--expect", kept[1])[0] == 0
    open_database(another)
    there = {row[0] for row in execute("SELECT id FROM record WHERE resource = 'defectors'").fetchall()}
    assert set(before) <= there
    assert len(there) < 1 + len(writers.acknowledged)
    assert head().word == kept[1]
    assert list(faults()) == []
    assert len(list(lines())) > 20
    close_database()


def test_a_restore_beside_a_server(writers: Writers, filled: Filled, tmp_path: Path) -> None:
    """Better to stop it; where nobody did, it serves what was restored, and writes go on from there."""
    writers.wait_for(10)
    assert as_process("backup", str(tmp_path / "1.backup"), "--database", filled.url)[0] == 0
    writers.wait_for(len(writers.acknowledged) + 10)
    done = as_process("restore", str(tmp_path / "1.backup"), "--replace", "--database", filled.url)
    assert done[0] == 0, done
    writers.wait_for(len(writers.acknowledged) + 10)
    with Client(writers.address, writers.token) as client:
        assert client.ask("GET", "/readyz").status == 200
    assert writers.statuses <= {201, 503}
    open_database(filled.url)
    assert list(faults()) == []
    close_database()
