"""The revisions of a record are what was written of it, each leading to the next, with nothing that is erased."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import jsonpatch
import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.schemas.registry import writer_wiring
from models.database import execute, is_postgresql
from models.documents import canonical
from models.faults import Refused
from models.registry import RESOURCES
from models.writer import Sync, erase, write
from tests.models.test_writer import Collection, written

SECRET = "Zebrakeeper"


@pytest.fixture
def client(empty_database: str, application: Flask) -> FlaskClient:
    """A client over a database of the test's own, on each engine."""
    return application.test_client()


def put(*records: dict[str, Any], reason: str | None = None, actor: str = "editor", **more: Any) -> None:
    """Write people, each as a file of its own."""
    given = [{"resource": "people", **record, "file": record["id"]} for record in records]
    write(given, wiring=writer_wiring(), actor=actor, reason=reason, force=True, **more)


def told(client: FlaskClient, path: str, query: str = "") -> dict[str, Any]:
    response = client.get(f"/v1/{path}/revisions{query}")
    assert response.status_code == 200, response.text
    return dict(response.json)


def every(client: FlaskClient, path: str, limit: int) -> Iterator[dict[str, Any]]:
    """All revisions of a record, page by page."""
    address: str | None = f"/v1/{path}/revisions?limit={limit}"
    while address:
        response = client.get(address)
        assert response.status_code == 200, response.text
        page = response.json
        assert page["meta"] == {"count": len(page["data"]), "limit": limit}
        yield from page["data"]
        address = page["links"]["next"]


def test_each_entry_tells_who_changed_what_when_and_why(client: FlaskClient) -> None:
    put({"id": "a", "name": "A"}, {"id": "b", "name": "B"})
    put({"id": "a", "name": "A", "description": "Known as A."}, reason="more is known", actor="second")
    put(remove={"people/a": "people/b"}, reason="the same")
    put({"id": "a", "name": "A again"})
    put(remove={"people/a": None}, reason="said to be wrong")
    found = told(client, "people/a")
    assert [(one["entry"], one["action"], one["actor"], one["reason"], one["into"]) for one in found["data"]] == [
        (6, "remove", "editor", "said to be wrong", None),
        (5, "add", "editor", None, None),
        (4, "merge", "editor", "the same", "people/b"),
        (3, "change", "second", "more is known", None),
        (1, "add", "editor", None, None),
    ]
    assert [one["diff"] for one in found["data"]] == [
        [{"op": "replace", "path": "", "value": None}],
        [{"op": "replace", "path": "", "value": {"id": "a", "name": "A again"}}],
        [{"op": "replace", "path": "", "value": None}],
        [{"op": "add", "path": "/description", "value": "Known as A."}],
        [{"op": "replace", "path": "", "value": {"id": "a", "name": "A"}}],
    ]
    assert [one["revision"] for one in found["data"]] == [None, 3, None, 2, 1]
    assert not any(one["erased"] for one in found["data"])
    rows = execute("SELECT at, payload_digest, digest FROM ledger WHERE path = 'people/a' ORDER BY seq DESC").fetchall()
    assert [(one["at"], one["payload_digest"], one["digest"]) for one in found["data"]] == [tuple(row) for row in rows]


def test_one_revision_has_the_record_as_it_was(client: FlaskClient) -> None:
    put({"id": "a", "name": "A"})
    put({"id": "a", "name": "Another"})
    put(remove={"people/a": None})
    wanted = [{"id": "a", "name": "A"}, {"id": "a", "name": "Another"}, None]
    for one, record in zip(told(client, "people/a")["data"][::-1], wanted, strict=True):
        response = client.get(one["url"])
        assert (response.status_code, response.json) == (200, {**one, "record": record})


def test_the_revisions_of_a_random_past_lead_from_one_record_to_the_next(client: FlaskClient) -> None:
    """Applied in order, each patch gives the record as it was; page by page they are the same."""
    if not is_postgresql():
        execute("PRAGMA synchronous = OFF")
    collection = Collection(seed=7)
    written(collection, collection.first())
    for _ in range(80):
        kept = dict(collection.records), {path: list(claims) for path, claims in collection.under.items()}
        try:
            written(collection, [collection.edit()[0]])
        except Refused:
            collection.records, collection.under = kept
    now, paths = collection.inputs(), execute("SELECT DISTINCT path FROM ledger ORDER BY path").fetchall()
    longest = 0
    for (path,) in paths:
        found = told(client, path, "?limit=500")["data"]
        assert list(every(client, path, 2)) == found
        record: Any = None
        for one in reversed(found):
            record = jsonpatch.apply_patch(record, one["diff"]) if record is not None else one["diff"][0]["value"]
            assert client.get(one["url"]).json == {**one, "record": record}
            assert one["revision"] is None if record is None else one["revision"] > 0
        assert (None if record is None else canonical(record)) == now.get(path)
        numbers = [one["revision"] for one in found if one["revision"]]
        assert numbers == sorted(numbers, reverse=True)
        longest = max(longest, len(found))
    assert longest > 4


def test_what_is_erased_is_null_and_says_so(client: FlaskClient) -> None:
    for name in ("A", SECRET, "B", "C"):
        put({"id": "a", "name": name})
    erase("people/a", reason="asked", actor="erase")
    put({"id": "a", "name": "D"})
    found = told(client, "people/a")["data"]
    assert [(one["entry"], one["action"], one["erased"]) for one in found] == [
        (6, "change", False),
        (5, "erase", False),
        (4, "change", True),
        (3, "change", True),
        (2, "change", True),
        (1, "add", True),
    ]
    patch = [{"op": "replace", "path": "/name", "value": "D"}]
    assert [one["diff"] for one in found] == [patch, [], None, None, None, None]
    records = [client.get(one["url"]).json["record"] for one in found]
    assert records == [{"id": "a", "name": "D"}, None, {"id": "a", "name": "C"}, None, None, None]


def test_nothing_of_what_is_erased_is_in_any_answer(client: FlaskClient) -> None:
    """Of a record that is there, and of one that is gone."""
    put({"id": "a", "name": SECRET}, {"id": "b", "name": SECRET})
    put({"id": "a", "name": "A"}, remove={"people/b": None})
    for slug in ("a", "b"):
        assert SECRET in client.get(f"/v1/people/{slug}/revisions").text
        erase(f"people/{slug}", reason="asked", actor="erase")
        addresses = [one["url"] for one in told(client, f"people/{slug}")["data"]]
        addresses += [f"/v1/people/{slug}/revisions?format={form}" for form in ("json", "ndjson", "csv")]
        for address in addresses:
            assert SECRET not in client.get(address).text, address


def test_withholding_a_value_erases_it_from_the_revisions(client: FlaskClient) -> None:
    put({"id": "a", "name": "A", "country": "KP", "editorial": {"country": SECRET}})
    put({"id": "a", "name": "A", "withheld": {"country": "at risk"}})
    found = told(client, "people/a")["data"]
    assert [(one["action"], one["reason"], one["erased"]) for one in found] == [
        ("erase", "people/a withholds country", False), ("change", None, True), ("add", None, True),
    ]  # fmt: skip
    assert SECRET not in json.dumps([client.get(one["url"]).json for one in found])


def test_lines_and_tables_hold_the_same(client: FlaskClient) -> None:
    for name in ("A", "=1+1", "C"):
        put({"id": "a", "name": name}, reason="=because")
    data = told(client, "people/a")["data"]
    lines = client.get("/v1/people/a/revisions?format=ndjson")
    assert [json.loads(line) for line in lines.data.splitlines()] == data
    table = client.get("/v1/people/a/revisions", headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(table.data.decode("utf-8-sig"))))
    assert [json.loads(row["diff"]) for row in rows] == [one["diff"] for one in data]
    assert [row["reason"] for row in rows] == ["'=because"] * 3
    assert [row["entry"] for row in rows] == ["3", "2", "1"]
    assert table.headers["Content-Disposition"] == 'attachment; filename="revisions.csv"'
    more = client.get("/v1/people/a/revisions?format=ndjson&limit=2")
    assert [json.loads(line) for line in more.data.splitlines()] == data[:2]
    assert (
        f"<{told(client, 'people/a', '?limit=2')['links']['next'].replace('?', '?format=ndjson&')}>"
        in (more.headers["Link"])
    )


@pytest.mark.parametrize("resource", [resource.name for resource in RESOURCES])
def test_every_resource_has_revisions(resource: str, application: Flask, sqlite_with_fixtures: str) -> None:
    from models.database import close_database, open_database

    open_database(sqlite_with_fixtures)
    client = application.test_client()
    (record,) = client.get(f"/v1/{resource}?limit=1").json["data"]
    (one,) = told(client, f"{resource}/{record['id']}")["data"]
    assert (one["action"], one["actor"], one["revision"]) == ("add", "load", record["revision"])
    (stored,) = execute("SELECT input FROM record WHERE path = ?", (f"{resource}/{record['id']}",)).fetchone()
    assert canonical(client.get(one["url"]).json["record"]) == stored
    close_database()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("people/nobody/revisions", "there is no person with the id nobody"),
        ("people/nobody/revisions/1", "there is no person with the id nobody"),
        ("people/a/revisions/2", "entry 2 is none of this person; /v1/people/a/revisions lists those"),
        ("people/a/revisions/999999999999999999", "entry 999999999999999999 is none of this person"),
        ("people/a/revisions/0", "there is nothing here"),
        ("people/a/revisions/01", "there is nothing here"),
        ("people/a/revisions/1000000000000000000", "there is nothing here"),
        ("sources/a/revisions", "there is no source with the id a"),
    ],
)
def test_what_never_was_is_not_found(client: FlaskClient, address: str, says: str) -> None:
    put({"id": "a", "name": "A"})
    put({"id": "b", "name": "B"})
    response = client.get(f"/v1/{address}")
    assert response.status_code == 404
    assert response.json["detail"].startswith(says)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("?limit=0", "limit"), ("?limit=all&format=csv", "limit"), ("?format=atom", "format"), ("?cursor=x", "cursor"),
     ("?sort=at", "sort"), ("/1?limit=1", "limit"), ("/1?format=csv", "format")],
)  # fmt: skip
def test_what_is_asked_wrongly_is_refused(client: FlaskClient, query: str, parameter: str) -> None:
    put({"id": "a", "name": "A"})
    refused = client.get(f"/v1/people/a/revisions{query}")
    assert (refused.status_code, [fault["parameter"] for fault in refused.json["errors"]]) == (422, [parameter])


def test_a_cursor_is_good_for_its_own_record(client: FlaskClient) -> None:
    for name in ("A", "B", "C"):
        put({"id": "a", "name": name}, {"id": "b", "name": name})
    cursor = told(client, "people/a", "?limit=1")["links"]["next"].partition("cursor=")[2]
    assert client.get(f"/v1/people/b/revisions?cursor={cursor}").status_code == 422
    assert [one["entry"] for one in told(client, "people/a", f"?cursor={cursor}")["data"]] == [3, 1]


def test_a_page_goes_on_where_it_ended_though_more_was_written(client: FlaskClient) -> None:
    for name in ("A", "B", "C"):
        put({"id": "a", "name": name})
    first = told(client, "people/a", "?limit=2")
    put({"id": "a", "name": "D"})
    rest = client.get(first["links"]["next"]).json
    assert [one["entry"] for one in (*first["data"], *rest["data"])] == [3, 2, 1]


def test_an_answer_is_kept_until_something_is_written(client: FlaskClient) -> None:
    put({"id": "a", "name": "A"})
    for address in ("/v1/people/a/revisions", "/v1/people/a/revisions/1"):
        tag = client.get(address).headers["ETag"]
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
        head = client.head(address)
        assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", tag)
        erase("people/a", reason="asked", actor="erase")
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_a_record_that_was_synced_away_keeps_its_revisions(client: FlaskClient) -> None:
    put({"id": "a", "name": "A"})
    put(sync=Sync(["a"]), reason="no longer in the file")
    assert client.get("/v1/people/a").status_code in {404, 410}
    newest, _ = told(client, "people/a")["data"]
    assert (newest["action"], newest["reason"]) == ("remove", "no longer in the file")
