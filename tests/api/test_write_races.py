"""Writes that meet others: what changes while a request is looked at, what is gone by then, and who must wait."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import api.writing
from api.dumping import lines
from api.loading import load
from models.database import SQLITE, WRITERS_LOCK, close_database, execute, is_postgresql, open_database
from models.keys import make
from models.ledger import faults
from models.writer import write
from tests.api.test_bad_writes import assert_refused
from tests.api.test_writing import BUNDLE, CLERK, seen


@pytest.fixture
def editor(empty_database: str, application: Flask, tmp_path: Path) -> FlaskClient:
    """A client with a key, of a server that reads a small instance."""
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps(BUNDLE))
    load([file])
    close_database()
    open_database(empty_database, read_only=True)
    client = application.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {make('kim', 'edit')[1]}"
    return client


@pytest.fixture
def overtaken(editor: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets another request in between what the next one looks at and what it writes."""

    def let_in(method: str, url: str, body: Any = None, headers: Mapping[str, str] = {}) -> None:
        def slower(*given: Any, **how: Any) -> Any:
            monkeypatch.setattr(api.writing, "write", write)
            assert editor.open(url, method=method, json=body, headers=dict(headers)).status_code in {200, 201}
            return write(*given, **how)

        monkeypatch.setattr(api.writing, "write", slower)

    return let_in


CLAIM = CLERK["claims"][0]
COOK = {"id": "cook", "name": "The cook"}


def refused(response: TestResponse, status: int, *words: str) -> None:
    """Hold an answer to be a refusal after which the chain is whole, and nothing is left over."""
    assert_refused(response, status, *words)
    assert list(faults()) == []
    assert execute("SELECT (SELECT count(*) FROM dirty) + (SELECT count(*) FROM seen)").fetchone()[0] == 0
    assert execute("SELECT count(*) FROM answered").fetchone()[0] == 0


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("tag", ['"1"', "*"])
def test_who_is_overtaken_is_told_the_state_by_now(
    editor: FlaskClient, overtaken: Callable[..., None], method: str, tag: str
) -> None:
    overtaken("PATCH", "/v1/people/doctor", {"description": "In other words."}, seen(1))
    url = "/v1/people/doctor" + ("?reason=x" if method == "DELETE" else "")
    sent = {} if method == "DELETE" else {"json": {"name": "Mine"}}
    told = editor.open(url, method=method, headers={"If-Match": tag}, **sent)
    refused(told, 412, "revision 2")
    now = editor.get("/v1/people/doctor")
    assert told.headers["ETag"] == now.headers["ETag"]
    assert (now.json["name"], now.json["description"]) == ("The doctor", "In other words.")


def test_what_is_removed_meanwhile_is_not_there_again(editor: FlaskClient, overtaken: Callable[..., None]) -> None:
    overtaken("DELETE", "/v1/people/witness?reason=x", headers=seen(1))
    told = editor.patch("/v1/people/witness", json={"name": "Mine"}, headers=seen(1))
    refused(told, 412, "there is no people/witness")
    assert editor.get("/v1/people/witness").status_code == 410


def test_of_two_that_make_a_record_one_does(editor: FlaskClient, overtaken: Callable[..., None]) -> None:
    """Neither sets a condition, so that the other is in conflict with what there is."""
    for method, url in (("POST", "/v1/people"), ("PUT", "/v1/people/cook")):
        overtaken(method, url, COOK)
        told = editor.open(url, method=method, json=COOK | {"name": "Mine"})
        refused(told, 409, "people/cook has the revision")
        made = editor.get("/v1/people/cook").json
        assert made["name"] == "The cook"
        editor.delete("/v1/people/cook?reason=x", headers=seen(made["revision"]))


def test_who_wants_to_make_a_record_may_say_that_there_be_none(editor: FlaskClient) -> None:
    made = editor.put("/v1/people/cook", json=COOK, headers={"If-None-Match": "*"})
    assert made.status_code == 201
    refused(editor.put("/v1/people/cook", json=COOK | {"name": "Mine"}, headers={"If-None-Match": "*"}), 412, "already")
    assert editor.get("/v1/people/cook").json == made.json


def test_a_claim_that_is_made_elsewhere_meanwhile_is_not_taken_over(
    editor: FlaskClient, overtaken: Callable[..., None]
) -> None:
    overtaken("POST", "/v1/defectors", CLERK)
    other = {"id": "other", "name": "Another", "claims": [CLAIM | {"sets": ["occurred"]}]}
    refused(editor.post("/v1/defectors", json=other), 409, "claims/clerk-left")
    assert editor.get("/v1/defectors/other").status_code == 404
    assert editor.get("/v1/claims/clerk-left").json["about"][0]["record"] == "defectors/clerk"


def test_a_claim_that_changes_under_a_record_changes_the_record(
    editor: FlaskClient, overtaken: Callable[..., None]
) -> None:
    """Who puts the record whole has not seen that."""
    given = editor.get("/v1/defectors/general/input").json
    overtaken("PATCH", "/v1/claims/general-left", {"says": "He is said to have left."}, seen(1))
    told = editor.put("/v1/defectors/general", json=given | {"name": "Mine"}, headers=seen(1))
    refused(told, 412, "defectors/general has the revision 2")
    assert editor.get("/v1/claims/general-left").json["says"] == "He is said to have left."


def test_what_one_is_merged_into_must_be_as_it_was(editor: FlaskClient, overtaken: Callable[..., None]) -> None:
    before = editor.get("/v1/defectors/general").json
    overtaken("PATCH", "/v1/people/witness", {"description": "In other words."}, seen(1))
    told = editor.post("/v1/people/doctor/merge?reason=x", json={"into": "witness", "revision": 1}, headers=seen(1))
    refused(told, 412, "people/witness has the revision 2")
    assert "ETag" not in told.headers  # that would be another record's
    assert editor.get("/v1/defectors/general").json == before


def test_what_one_is_merged_into_must_have_been_seen_as_it_is(editor: FlaskClient) -> None:
    editor.patch("/v1/people/witness", json={"description": "In other words."}, headers=seen(1))
    before = editor.get("/v1/changes").json["meta"]["head"]
    for wrong in (1, 3):
        told = editor.post(
            "/v1/people/doctor/merge?reason=x", json={"into": "witness", "revision": wrong}, headers=seen(1)
        )
        refused(told, 412, "people/witness has the revision 2")
    assert editor.get("/v1/changes").json["meta"]["head"] == before
    merged = editor.post("/v1/people/doctor/merge?reason=x", json={"into": "witness", "revision": 2}, headers=seen(1))
    assert merged.status_code == 200


# --- what is gone -----------------------------------------------------------------------------------------------------


def test_what_was_merged_is_not_changed_by_its_old_address(editor: FlaskClient) -> None:
    """Many clients follow a 308 by themselves, with method, body and If-Match: they would change the other record."""
    editor.post("/v1/people", json=COOK)
    editor.post("/v1/people/cook/merge?reason=one+person", json={"into": "witness", "revision": 1}, headers=seen(1))
    before = list(lines())
    for headers in ({}, seen(1), {"If-Match": "*"}):
        for method, url, body in (
            ("PATCH", "/v1/people/cook", {"name": "X"}),
            ("DELETE", "/v1/people/cook?reason=x", None),
            ("POST", "/v1/people/cook/merge?reason=x", {"into": "doctor", "revision": 1}),
        ):
            told = editor.open(url, method=method, json=body, headers=headers)
            assert (told.status_code, told.json["type"]) == (410, "removed")
            assert "was merged into people/witness by kim" in told.json["detail"]
            assert told.json["detail"].endswith("change that one at /v1/people/witness")
            assert "Location" not in told.headers
    assert list(lines()) == before
    for method in ("GET", "HEAD"):
        assert editor.open("/v1/people/cook", method=method).headers["Location"] == "/v1/people/witness"


def test_an_address_that_leads_on_keeps_what_was_asked(editor: FlaskClient) -> None:
    """Text outside ASCII too, which no header can hold as it is."""
    editor.post("/v1/people", json=COOK)
    editor.post("/v1/people/cook/merge?reason=x", json={"into": "witness", "revision": 1}, headers=seen(1))
    for query in ("q=%ED%83%88&limit=5", "q=탈".encode().decode("latin-1") + "&limit=5"):
        led = editor.get("/v1/people/cook/claims", environ_overrides={"QUERY_STRING": query})
        assert (led.status_code, led.headers["Location"]) == (308, "/v1/people/witness/claims?q=%ED%83%88&limit=5")


def test_what_was_made_is_answered_again_whatever_became_of_it(editor: FlaskClient) -> None:
    """Merged, changed or removed since: the answer is what was done then."""
    key = {"Idempotency-Key": "1"}
    first = editor.post("/v1/defectors", json=CLERK, headers=key)
    assert first.status_code == 201
    editor.post("/v1/defectors/clerk/merge?reason=x", json={"into": "general", "revision": 1}, headers=seen(1))
    again = editor.post("/v1/defectors", json=CLERK, headers=key)
    assert (again.status_code, again.data) == (201, first.data)
    assert editor.get("/v1/claims/clerk-left").json["about"][0]["record"] == "defectors/general"


# --- who must wait ----------------------------------------------------------------------------------------------------


@contextmanager
def another_writer(url: str) -> Iterator[None]:
    """Another process that writes."""
    if is_postgresql():
        import psycopg

        with psycopg.connect(url) as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", (WRITERS_LOCK,))
            yield
    else:
        other = SQLITE.connect(url, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()


def test_who_waits_too_long_for_another_writer_is_told_to_come_again(
    empty_database: str, editor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading goes on meanwhile."""
    close_database()
    monkeypatch.setattr("models.database.LONGEST_WAIT", 0.2)
    open_database(empty_database, read_only=True)
    with another_writer(empty_database):
        for headers in ({}, {"Idempotency-Key": "1"}):
            told = editor.post("/v1/people", json=COOK, headers=headers)
            assert_refused(told, 503)
            assert int(told.headers["Retry-After"]) > 0
        assert editor.get("/v1/people/doctor").status_code == 200
    assert editor.post("/v1/people", json=COOK, headers={"Idempotency-Key": "1"}).status_code == 201
