"""Migrations, over databases that a release of each schema made itself (see `tests.freeze`), on either engine."""

import json
import shutil
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import peewee
import pytest
from flask import Flask
from playhouse.migrations import Migration

from api.dumping import lines
from api.loading import load
from api.schemas.registry import writer_wiring
from models import ledger, schema, verifying
from models.backups import back_up
from models.database import (
    DB,
    MIGRATIONS,
    SCHEMA_VERSION,
    SQLITE,
    WRITERS_LOCK,
    DatabaseFault,
    close_database,
    execute,
    is_postgresql,
    meta_value,
    open_database,
    writing,
)
from models.documents import canonical
from models.faults import Refused
from models.schema import migrate, schema_version
from models.writer import is_stale
from tests.conftest import new_postgresql_database
from tests.freeze import SCHEMAS

PROJECT = Path(__file__).resolve().parents[2]
FROZEN = sorted({int(file.name.partition(".")[0]) for file in SCHEMAS.glob("*.sql")})
ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]

KEPT = {
    "record": "path, resource, id, input, revision, updated, under, file, actor",
    "ledger": "seq, at, actor, path, action, reason, payload, salt, payload_digest, digest",
    "removed": "path, revision",
    "fact": "file, name, value",
    "loaded_file": "file, digest, synced",
}
"""What every schema keeps of what it was given."""

READS = (
    *(f"/v1/{name}?scope=subject&scope=background&scope=comparison&include=claims&total=true&limit=500"
      for name in ("defectors", "purges", "indicators")),
    *(f"/v1/{name}?limit=500" for name in ("institutions", "people", "sources", "claims", "assessments")),
    "/v1/defectors?known_by=2016-01-01",
    "/v1/defectors?left_after=2010&sort=-left&facet=sector",
    "/v1/defectors/biochemical-researcher/history",
    "/v1/claims/thae-arrived/chain",
    "/v1/changes/standing",
    "/v1/search?q=Tae+Yong-ho",
    "/v1/search?q=researcher&known_by=2016-01-01",
    "/v1/names?q=태영호",
    "/v1/timeline",
    "/v1/stats?by=year",
)  # fmt: skip

Opened = Callable[[int], str]


@pytest.fixture(params=ENGINES)
def frozen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    """Opens a copy of the database that a release of a schema made; gives its address."""

    def opened(number: int) -> str:
        script = (SCHEMAS / f"{number}.{request.param}.sql").read_text(encoding="utf-8")
        if request.param == "sqlite":
            url = str(tmp_path / f"{number}.db")
            with SQLITE.connect(url) as connection:
                connection.executescript(script)
            connection.close()
        else:
            import psycopg

            url = new_postgresql_database(request.getfixturevalue("postgresql_server"))
            with psycopg.connect(url) as connection:
                connection.execute(script.encode())
        open_database(url, older=True)
        return url

    yield opened
    close_database()


@pytest.fixture
def new(frozen: Opened, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], None]:
    """Opens a new database of this release's, on the same engine."""

    def opened() -> None:
        server = request.getfixturevalue("postgresql_server") if is_postgresql() else None
        open_database(new_postgresql_database(server) if server else str(tmp_path / "new.db"), create=True)

    return opened


def to(number: int) -> int:
    """Migrate the open database to a schema, and say nothing."""
    return migrate(number, wiring=writer_wiring(), tell=lambda line: None)


def kept() -> dict[str, list[Any]]:
    """Every row of what was given, the ledger's chain among them."""
    return {name: sorted(map(tuple, execute(f"SELECT {columns} FROM {name}").fetchall()), key=repr)
            for name, columns in KEPT.items()}  # fmt: skip


def declared() -> dict[str, Any]:
    """All that the open database declares: tables, columns, indexes, constraints, triggers."""
    if is_postgresql():
        return {name: [tuple(row) for row in DB.execute_sql(sql).fetchall()] for name, sql in DECLARED.items()}
    rows = execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return dict(sorted(rows))


DECLARED = {
    "columns": "SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default, is_identity, "
    "generation_expression FROM information_schema.columns WHERE table_schema = 'public' "
    "ORDER BY table_name, ordinal_position",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    "sequences": "SELECT sequencename, data_type::text FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1",
    "triggers": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
}


def everything() -> dict[str, list[Any]]:
    """Every row of every table."""
    return {name: sorted(map(repr, execute(f'SELECT * FROM "{name}"').fetchall())) for name in DB.get_tables()}


def test_schemas_are_frozen_and_migrations_numbered_without_a_gap() -> None:
    """Each migration says in one line what it does, and leads back too."""
    found = Migration.load_directory(str(MIGRATIONS))
    assert [migration.idx for migration in found] == list(range(2, SCHEMA_VERSION + 1))
    assert list(range(1, SCHEMA_VERSION)) == FROZEN
    for migration in found:
        module = migration.load()
        assert module.up
        assert module.down
        assert len(module.__doc__.splitlines()) == 1


def test_the_wheel_holds_them() -> None:
    with (PROJECT / "pyproject.toml").open("rb") as file:
        assert "models.migrations" in tomllib.load(file)["tool"]["setuptools"]["packages"]


@pytest.mark.parametrize("number", FROZEN)
def test_a_migrated_database_is_declared_as_a_new_one(number: int, frozen: Opened, new: Callable[[], None]) -> None:
    frozen(number)
    to(SCHEMA_VERSION)
    migrated = declared()
    new()
    assert migrated == declared()


def test_nothing_that_was_given_is_lost_on_the_way_and_back(frozen: Opened) -> None:
    """Step by step, each schema declared as its own release had it."""
    known = {}
    for number in reversed(FROZEN):
        frozen(number)
        known[number] = declared()
    given = kept()
    last = max(row[0] for row in given["ledger"])
    assert {len(rows) > 0 for rows in given.values()} == {True}
    for number in [*range(2, SCHEMA_VERSION + 1), *range(SCHEMA_VERSION - 1, 0, -1), SCHEMA_VERSION, 1]:
        to(number)
        assert schema_version() == number
        now = kept()
        assert now | {"ledger": [row for row in now["ledger"] if row[0] <= last]} == given
        assert number < SCHEMA_VERSION or list(verifying.faults()) == []
        assert known.get(number) in (None, declared())
        assert is_stale(writer_wiring()) == (number != SCHEMA_VERSION)


def test_what_earlier_releases_erased_is_no_fault_and_what_else_is_gone_is_one(frozen: Opened) -> None:
    """They erased the last payload too, and those of claims about a record, and said so of the record alone, if so."""
    frozen(1)
    execute("UPDATE ledger SET payload = NULL, salt = NULL WHERE path = 'claims/n-rank'")
    to(SCHEMA_VERSION)
    assert list(verifying.faults()) == []
    said = "SELECT action, actor, reason, payload IS NULL FROM ledger WHERE path = 'claims/n-rank' ORDER BY seq"
    assert execute(said).fetchall()[-2:] == [
        ("change", "load", "as it was when its past had been erased", False),
        ("erase", "migrate", "by an earlier release", True),
    ]
    execute(
        "UPDATE ledger SET payload = NULL, salt = NULL "
        "WHERE seq = (SELECT max(seq) FROM ledger WHERE path = 'claims/n-rank' AND action = 'change')"
    )
    assert [fault for fault in verifying.faults() if fault.startswith("claims/n-rank: what is stored is not what")]
    (last,) = execute("SELECT max(seq) FROM ledger WHERE payload IS NOT NULL").fetchone()
    execute("UPDATE ledger SET payload = NULL, salt = NULL WHERE seq = ?", (last,))
    assert f"entry {last}: its payload is gone, and no later entry says that it was erased" in verifying.faults()


def test_there_and_back_again_is_as_it_was(frozen: Opened) -> None:
    """What the newest schema alone keeps is made again as far as the older one tells: merging, by the ledger."""
    frozen(FROZEN[-1])
    to(SCHEMA_VERSION)
    gone, kept_of_it = "people/biochemical-researcher", "people/thae-yong-ho"
    with writing():
        execute("INSERT INTO removed (path, revision, merged_into) VALUES (?, 1, ?)", (gone, kept_of_it))
        merged = ledger.Change(gone, "merge", canonical({"into": kept_of_it}))
        ledger.append([merged], actor="someone", at=ledger.next_moment())
    before = everything()
    to(1)
    to(SCHEMA_VERSION)
    numbered = {"search_entry", "search_index_data", "search_index_idx", "search_index_docsize"}
    assert {name: rows for name, rows in everything().items() if name not in numbered} == {
        name: rows for name, rows in before.items() if name not in numbered
    }


@pytest.mark.parametrize("number", FROZEN)
def test_answers_are_those_of_a_fresh_load(
    number: int, frozen: Opened, new: Callable[[], None], application: Flask, tmp_path: Path
) -> None:
    url = frozen(number)
    assert to(SCHEMA_VERSION) == len(kept()["record"])
    close_database()
    open_database(url, read_only=True)
    dumped, migrated = "\n".join(lines()), answers(application)
    bundle = tmp_path / "dump.ndjson"
    bundle.write_text(dumped, encoding="utf-8")
    new()
    load([bundle])
    assert "\n".join(lines()) == dumped
    assert migrated == answers(application)


def answers(application: Flask) -> dict[str, Any]:
    """What each of READS answers, but for revisions and their moments."""
    client = application.test_client()
    found = {}
    for url in READS:
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        found[url] = json.loads(answer.data, object_hook=_without_revision)
    return found


def _without_revision(value: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in value.items() if name not in {"revision", "updated"}}


FAILING = '''"""Fails half way."""

from models.database import execute


def up(migrator, database):
    execute("DELETE FROM ledger")
    execute("DROP TABLE period")
    execute("CREATE TABLE half (path TEXT)")
    execute("INSERT INTO nowhere VALUES (1)")
'''


def with_one_more(folder: Path, text: str) -> Path:
    """A folder of the migrations and one more."""
    found = folder / "migrations"
    shutil.copytree(MIGRATIONS, found)
    (found / f"{SCHEMA_VERSION + 1:04}_one_more.py").write_text(text, encoding="utf-8")
    return found


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    frozen: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those before it, which had run, are undone too."""
    monkeypatch.setattr(schema, "MIGRATIONS", with_one_more(tmp_path, FAILING))
    frozen(1)
    before = declared(), everything()
    with pytest.raises(peewee.PeeweeException):
        to(SCHEMA_VERSION + 1)
    assert (declared(), everything()) == before


def test_a_migration_that_fails_on_the_way_back_leaves_the_database_as_it_was(
    frozen: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen(FROZEN[-1])
    to(SCHEMA_VERSION)
    before = declared(), everything()
    monkeypatch.setattr(schema, "MIGRATIONS", with_one_more(tmp_path, FAILING.replace("def up", "def down")))
    execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", (str(SCHEMA_VERSION + 1),))
    with pytest.raises(peewee.PeeweeException):
        to(1)
    execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", (str(SCHEMA_VERSION),))
    assert (declared(), everything()) == before


def test_what_breaks_this_releases_rules_is_refused_and_stays_as_it_was(frozen: Opened) -> None:
    """No claim sets that he left; the release of then let it pass."""
    frozen(1)
    left = '"left":{"basis":"stated","earliest":"2015-01-01","edtf":"2015","latest":"2015-12-31","shape":"day"},'
    execute(
        "UPDATE record SET input = replace(input, '\"links\"', ?) WHERE path = 'defectors/thae-yong-ho'",
        (f'{left}"links"',),
    )
    before = declared(), everything()
    with pytest.raises(Refused) as refused:
        to(SCHEMA_VERSION)
    assert [(fault.path, fault.pointer) for fault in refused.value.faults] == [("defectors/thae-yong-ho", "/left")]
    assert (declared(), everything()) == before


def test_databases_from_before_the_last_form_of_schema_1(frozen: Opened, new: Callable[[], None]) -> None:
    """They kept what files cover in `meta`, did not tell whether a file was synced, and had no keys of names."""
    frozen(1)
    facts = execute("SELECT file, name, value FROM fact ORDER BY 2").fetchall()
    execute("UPDATE loaded_file SET file = '/fixtures/coverage.yaml'")
    execute("INSERT INTO meta (key, value) SELECT name, value FROM fact")
    for statement in ("DROP TABLE fact", "DROP TABLE name_key", "ALTER TABLE loaded_file DROP COLUMN synced"):
        execute(statement)
    to(SCHEMA_VERSION)
    migrated, moved = declared(), execute("SELECT file, name, value FROM fact ORDER BY 2").fetchall()
    assert moved == [("/fixtures/coverage.yaml", name, value) for _, name, value in facts]
    assert execute("SELECT synced FROM loaded_file").fetchall() == [(False,)]
    assert {key for (key,) in execute("SELECT key FROM meta").fetchall()} == {
        "schema_version", "rendered_with", "last_erasure",
    }  # fmt: skip
    new()
    assert migrated == declared()


def test_a_database_without_data_stays_without(frozen: Opened) -> None:
    """Nothing was derived, so nothing is derived again; `serve` says that it holds no data."""
    frozen(1)
    execute("DELETE FROM record")
    execute("DELETE FROM meta WHERE key = 'rendered_with'")
    assert to(SCHEMA_VERSION) == 0
    assert meta_value("rendered_with") is None


def test_documents_of_another_release_are_made_again_without_a_migration(frozen: Opened) -> None:
    frozen(FROZEN[-1])
    records = to(SCHEMA_VERSION)
    assert to(SCHEMA_VERSION) == 0
    execute("UPDATE meta SET value = 'another' WHERE key = 'rendered_with'")
    assert to(SCHEMA_VERSION) == records


def test_migrating_waits_for_the_writer(frozen: Opened) -> None:
    """What is written until then is migrated."""
    url = frozen(1)
    holds = threading.Event()

    def write() -> None:
        with Connected(url) as (run, begin):
            begin()
            run("INSERT INTO removed (path, revision) VALUES ('people/gone', 7)")
            holds.set()
            time.sleep(0.3)
            run("COMMIT")

    writer = threading.Thread(target=write)
    writer.start()
    holds.wait()
    to(SCHEMA_VERSION)
    writer.join()
    assert execute("SELECT revision FROM removed WHERE path = 'people/gone'").fetchone() == (7,)


class Connected:
    """A connection of another program, which runs statements and takes the writer's lock."""

    def __init__(self, url: str) -> None:
        if is_postgresql():
            import psycopg

            self.connection: Any = psycopg.connect(url, autocommit=True)
            self.locking = ("BEGIN", f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")
        else:
            self.connection = SQLITE.connect(url, isolation_level=None)
            self.locking = ("BEGIN IMMEDIATE",)

    def __enter__(self) -> Any:
        return self.connection.execute, lambda: [self.connection.execute(sql) for sql in self.locking]

    def __exit__(self, *_: object) -> None:
        self.connection.close()


@pytest.mark.postgresql
def test_a_reader_that_stays_is_told_of(postgresql_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL changes no table that another reads: where that goes on, the migration gives up."""
    import psycopg

    monkeypatch.setattr(schema, "LONGEST_WAIT", "100ms")
    url = new_postgresql_database(postgresql_server)
    with psycopg.connect(url) as reader:
        reader.execute((SCHEMAS / "1.postgresql.sql").read_bytes())
        reader.commit()
        reader.execute("SELECT * FROM public.period")
        open_database(url, older=True)
        with pytest.raises(peewee.OperationalError, match="lock timeout"):
            to(SCHEMA_VERSION)
        assert schema_version() == 1
    close_database()


def test_backup_is_the_database_as_it_was(frozen: Opened, tmp_path: Path) -> None:
    """`migrate --copy` makes it, of a schema of any release."""
    frozen(1)
    copy = tmp_path / "copy"
    before = declared(), everything()
    made = back_up(copy)
    to(SCHEMA_VERSION)
    with pytest.raises(DatabaseFault, match="is there already"):
        back_up(copy)
    assert made.schema == 1
    if not is_postgresql():
        open_database(str(copy), older=True)
        assert (declared(), everything()) == before
