"""Writes that are cut off: what was acknowledged is kept, what was not is told as it is, and all heals."""

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api import idempotency
from api.dumping import lines
from api.loading import load
from api.schemas.registry import writer_wiring
from models.database import DB, SQLITE, close_database, execute, open_database, writing
from models.keys import make, revoke
from models.verifying import faults
from models.writer import rebuild
from tests.conftest import missing, new_postgresql_database, postgresql_binaries, postgresql_cluster
from tests.faults.instances import defector, filled


def client_of(url: str, token: str, application: Flask) -> FlaskClient:
    """A client of the application, which reads a database as a server does."""
    open_database(url, read_only=True)
    client = application.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


@pytest.fixture
def editor(empty_database: str, application: Flask, tmp_path: Path) -> FlaskClient:
    """A client with a key, on either engine."""
    return client_of(empty_database, filled(empty_database, tmp_path), application)


@pytest.fixture
def on_sqlite(application: Flask, tmp_path: Path) -> Iterator[FlaskClient]:
    """A client with a key, on SQLite."""
    url = str(tmp_path / "talbuk.db")
    yield client_of(url, filled(url, tmp_path), application)
    close_database()


@pytest.fixture
def on_postgresql(postgresql_server: str, application: Flask, tmp_path: Path) -> Iterator[FlaskClient]:
    """A client with a key, on PostgreSQL."""
    url = new_postgresql_database(postgresql_server)
    yield client_of(url, filled(url, tmp_path), application)
    close_database()


def put(client: FlaskClient, slug: str) -> TestResponse:
    """Make a defector."""
    return client.put(f"/v1/defectors/{slug}", json=defector(slug))


def assert_told(told: TestResponse, kind: str = "about:blank") -> None:
    """What failed is told as a problem: to be tried again, or to be looked at first."""
    assert (told.status_code, told.headers["Retry-After"], told.json["type"]) == (503, "5", kind)


# --- every transaction that writes is an immediate one -------------------------------------------------------------


def test_every_transaction_that_writes_is_immediate(on_sqlite: FlaskClient, tmp_path: Path) -> None:
    """A deferred one that reads before it writes is told that the database is locked, at once, if another writes."""
    said: list[str] = []
    DB.connection().set_trace_callback(said.append)
    everything_that_writes(on_sqlite, tmp_path)
    DB.connection().set_trace_callback(None)
    begun, written = "", Counter[str]()
    for statement in said:
        word = statement.split()[0].upper()
        if word in {"BEGIN", "COMMIT", "ROLLBACK"}:
            begun = statement if word == "BEGIN" else ""
        elif word in {"INSERT", "UPDATE", "DELETE", "CREATE", "DROP"} and "'optimize'" not in statement:
            written[begun] += 1
    assert set(written) == {"BEGIN IMMEDIATE"}
    assert written.total() > 500


def everything_that_writes(client: FlaskClient, folder: Path) -> None:
    """Write in every way there is."""
    any_revision = {"If-Match": "*"}
    file = folder / "more.json"
    file.write_text(json.dumps({"defectors": [defector("loaded")]}))
    for slug in ("one", "two", "three"):
        assert put(client, slug).status_code == 201
    entry = execute("SELECT max(seq) FROM ledger WHERE path = 'defectors/one'").fetchone()[0]
    keyed = {"Idempotency-Key": "one"}
    told = [
        *(client.post("/v1/defectors", json=defector("four"), headers=keyed) for _ in range(2)),
        client.patch("/v1/defectors/one", json={"withheld": {"role": "to do no harm"}}, headers=any_revision),
        client.post("/v1/defectors/two/merge?reason=x", json={"into": "one", "revision": 2}, headers=any_revision),
        client.delete("/v1/defectors/three?reason=x", headers=any_revision),
        client.post("/v1/defectors/three/revert", json={"entry": entry + 4}),
        client.post("/v1/defectors/one/erase?reason=x"),
        client.post("/v1/bundles", json={"defectors": [defector("five")]}),
    ]
    assert {one.status_code for one in told} <= {200, 201}, [one.json for one in told]
    load([file])
    rebuild(wiring=writer_wiring())
    key, _ = make("lee", "edit")
    revoke(key.id)


# --- a request whose process died ----------------------------------------------------------------------------------


def test_a_key_whose_process_died_counts_again_after_a_minute(
    editor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark that the process left holds others off for as long as the request may still be under way."""
    key = {"Idempotency-Key": "one"}
    assert editor.post("/v1/defectors", json=defector("clerk"), headers=key).status_code == 201
    editor.delete("/v1/defectors/clerk?reason=x", headers={"If-Match": "*"})
    with writing():
        execute("UPDATE answered SET mark = 'dead', status = NULL, headers = NULL, body = NULL")
    told = editor.post("/v1/defectors", json=defector("clerk"), headers=key)
    assert (told.status_code, told.headers["Retry-After"]) == (409, "1")
    monkeypatch.setattr(idempotency, "UNDER_WAY", timedelta(0))
    made = editor.post("/v1/defectors", json=defector("clerk"), headers=key)
    assert (made.status_code, "Idempotent-Replayed" in made.headers) == (201, False)
    again = editor.post("/v1/defectors", json=defector("clerk"), headers=key)
    assert (again.data, again.headers["Idempotent-Replayed"]) == (made.data, "true")


# --- PostgreSQL that changes under a server ------------------------------------------------------------------------


@contextmanager
def beside() -> Iterator[Callable[..., Any]]:
    """Another connection to the database's server, which runs statements by itself."""
    import psycopg

    with psycopg.connect(DB.obj.database, autocommit=True) as connection:
        yield connection.execute


@pytest.mark.postgresql
def test_a_server_that_only_reads_since_a_failover_is_left_for_one_that_writes(on_postgresql: FlaskClient) -> None:
    """A kept connection would be refused with 25006 for as long as it is kept."""
    assert put(on_postgresql, "one").status_code == 201
    with beside() as run:
        name = run("SELECT current_database()").fetchone()[0]
        run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        DB.obj.close_all()
        assert_told(put(on_postgresql, "two"))
        assert on_postgresql.get("/v1/defectors/one").status_code == 200
        assert_told(on_postgresql.post("/v1/defectors", json=defector("two"), headers={"Idempotency-Key": "1"}))
        run("SET default_transaction_read_only = off")
        run(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    on_postgresql.get("/v1/defectors/one")
    assert put(on_postgresql, "two").status_code in {201, 503}
    assert put(on_postgresql, "three").status_code == 201


@contextmanager
def waiting_for_a_standby(run: Callable[..., Any]) -> Iterator[None]:
    """Every COMMIT waits for a standby that never comes; whoever waits is cancelled after a while."""
    done = Event()

    def cancel_all() -> None:
        import psycopg

        with psycopg.connect(DB.obj.database, autocommit=True) as connection:
            while not done.wait(0.05):
                connection.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")

    run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    run("SELECT pg_reload_conf()")
    canceller = Thread(target=cancel_all)
    canceller.start()
    try:
        time.sleep(0.3)  # every process of the server reads its configuration when it next does something
        yield
    finally:
        run("ALTER SYSTEM RESET synchronous_standby_names")
        run("SELECT pg_reload_conf()")
        done.set()
        canceller.join()


@pytest.mark.postgresql
def test_a_commit_that_no_standby_has_is_not_told_to_be_done(on_postgresql: FlaskClient) -> None:
    """PostgreSQL says COMMIT, with a warning: a failover might lose it. Sent again, it is told when it is certain."""
    asked = {"json": defector("one"), "headers": {"Idempotency-Key": "one"}}
    made = on_postgresql.post("/v1/defectors", **asked)
    with beside() as run:
        with waiting_for_a_standby(run):
            told = put(on_postgresql, "two")
            assert_told(told, "outcome-unknown")
            assert "cannot be told" in told.json["detail"]
            assert_told(on_postgresql.post("/v1/defectors", **asked), "outcome-unknown")
            gone = on_postgresql.delete("/v1/defectors/two?reason=x", headers={"If-Match": "*"})
            assert_told(gone, "outcome-unknown")
        again = on_postgresql.post("/v1/defectors", **asked)
        assert (again.status_code, again.data) == (201, made.data)
    assert put(on_postgresql, "three").status_code == 201
    assert list(faults()) == []


@pytest.mark.postgresql
def test_a_commit_whose_connection_is_lost_is_not_told_to_have_failed(
    on_postgresql: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been done: whoever would send it again as another would do it twice."""
    commit = type(DB.obj).commit

    def lost(self: Any) -> None:
        if self.execute_sql("SELECT pg_current_xact_id_if_assigned()").fetchone()[0]:
            with beside() as run:
                run("SELECT pg_terminate_backend(%s)", (self.connection().info.backend_pid,))
        commit(self)

    monkeypatch.setattr(type(DB.obj), "commit", lost)
    assert_told(put(on_postgresql, "one"), "outcome-unknown")
    monkeypatch.undo()
    assert on_postgresql.get("/v1/defectors/one").status_code == 404
    assert put(on_postgresql, "one").status_code == 201


@pytest.mark.postgresql
def test_postgresql_is_stopped_and_started_between_two_writes(application: Flask, tmp_path: Path) -> None:
    binaries = postgresql_binaries()
    if binaries is None:
        missing("PostgreSQL's binaries (initdb, postgres)")
    assert binaries is not None
    with postgresql_cluster(binaries) as started:
        with started() as server:
            url = new_postgresql_database(server)
            client = client_of(url, filled(url, tmp_path), application)
            assert put(client, "one").status_code == 201
        for _ in range(2):
            assert_told(put(client, "two"))
            assert_told(client.get("/v1/defectors/one"))
        with started():
            assert put(client, "two").status_code == 201
            assert client.get("/v1/defectors/one").status_code == 200
            assert list(faults()) == []
            close_database()


# --- a disk that cannot be written ---------------------------------------------------------------------------------


def test_a_full_disk_takes_nothing_and_breaks_nothing(small_disk: Path, application: Flask, tmp_path: Path) -> None:
    url = str(small_disk / "talbuk.db")
    client = client_of(url, filled(url, tmp_path), application)
    made = [f"d{n}" for n in range(1000)]
    told = [put(client, slug) for slug in made[:3]]
    (small_disk / "filler").write_bytes(b"\0" * shutil.disk_usage(small_disk).free)
    full = [put(client, slug) for slug in made[3:40]]
    assert {one.status_code for one in told} == {201}
    assert {one.status_code for one in full} >= {507}
    assert {one.status_code for one in full} <= {201, 507}
    assert {one.headers["Retry-After"] for one in full if one.status_code == 507} == {"5"}
    kept = [slug for slug, one in zip(made, [*told, *full], strict=False) if one.status_code == 201]
    assert_nothing_broke(client, kept, made[:40])
    (small_disk / "filler").unlink()
    assert put(client, "later").status_code == 201
    assert_nothing_broke(client, [*kept, "later"], [*made[:40], "later"])


def assert_nothing_broke(client: FlaskClient, kept: list[str], asked: list[str]) -> None:
    """What was acknowledged is there, and nothing else; the database is whole, and so is the ledger."""
    there = [slug for slug in asked if client.get(f"/v1/defectors/{slug}").status_code == 200]
    assert there == kept
    assert execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert list(faults()) == []


def test_a_file_that_may_only_be_read_is_not_written(
    on_sqlite: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is opened as one that may only be read: root, as whom tests may run, passes permissions by."""
    assert put(on_sqlite, "one").status_code == 201
    before = list(lines())
    url = f"file:{tmp_path / 'talbuk.db'}?mode=ro"
    connect = SQLITE.connect
    monkeypatch.setattr(SQLITE, "connect", lambda _file, **options: connect(url, **options))
    DB.obj.close()
    assert on_sqlite.get("/v1/defectors/one").status_code == 200
    assert_told(put(on_sqlite, "two"))
    assert_told(on_sqlite.delete("/v1/defectors/one?reason=x", headers={"If-Match": "*"}))
    assert_told(on_sqlite.post("/v1/defectors", json=defector("two"), headers={"Idempotency-Key": "1"}))
    monkeypatch.undo()
    DB.obj.close()
    assert list(lines()) == before
    assert put(on_sqlite, "two").status_code == 201
