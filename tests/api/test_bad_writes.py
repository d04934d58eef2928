"""Writes with faults: each is answered with a problem that says where the fault is, and nothing changes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.test import TestResponse

from api.dumping import lines
from api.headers import EVERYWHERE
from api.problems import ProblemSchema
from api.schemas.registry import SCHEMAS
from models.database import close_database, execute, open_database
from models.keys import make
from tests.conftest import new_postgresql_database
from tests.faults.test_fixtures import FIELDS, LOADED, TOGETHER, Case, filled

Body = Any
Pointers = set[str | None]

PATCH, JSON = "application/merge-patch+json", "application/json"


# --- what each test stands on, and what each fault must leave as it was -----------------------------------------------


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands in the database before each faulty write comes."""
    file = tmp_path_factory.mktemp("loaded") / "loaded.yaml"
    file.write_text(LOADED, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def sqlite_to_write(tmp_path_factory: pytest.TempPathFactory, loaded: Path) -> str:
    return filled(str(tmp_path_factory.mktemp("written") / "talbuk.db"), loaded)


@pytest.fixture(scope="module")
def postgresql_to_write(postgresql_server: str, loaded: Path) -> str:
    return filled(new_postgresql_database(postgresql_server), loaded)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def editor(request: pytest.FixtureRequest, application: Flask) -> Iterator[FlaskClient]:
    """A client with a key; refused writes leave the database as it is, so that one serves all tests."""
    open_database(request.getfixturevalue(f"{request.param}_to_write"), read_only=True)
    client = application.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {make('kim', 'edit')[1]}"
    yield client
    close_database()


def kept() -> tuple[Any, ...]:
    """All that a write can change: records, ledger, what is gone, answers that are kept, and what is served."""
    tables = (
        "SELECT * FROM ledger ORDER BY seq",
        "SELECT * FROM removed ORDER BY path",
        "SELECT actor, key, request, mark, status FROM answered ORDER BY actor, key",
        "SELECT path, revision, updated, under, file, actor FROM record ORDER BY path",
        "SELECT path, digest FROM entry ORDER BY path",
        "SELECT count(*) FROM reference",
        "SELECT count(*) FROM dirty",
        "SELECT count(*) FROM seen",
    )
    return list(lines()), *(execute(sql).fetchall() for sql in tables)


def assert_refused(response: TestResponse, status: int, *words: str) -> str:
    """Hold an answer to be a problem of a status that says some words; returns its detail."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    assert dict(response.headers).items() >= EVERYWHERE.items()
    assert ProblemSchema().validate(response.json) == {}
    assert (response.json["title"], response.json["status"]) == (HTTP_STATUS_CODES[status], status)
    detail = str(response.json["detail"])
    assert 0 < len(detail) < 20_000
    for word in words:
        assert word in detail
    for sign in ("Traceback", ".py", "peewee", "sqlite", "psycopg", "SELECT", "\n"):
        assert sign not in detail
    return detail


def pointers(response: TestResponse) -> Pointers:
    """Where an answer says that faults are."""
    return {fault.get("pointer") for fault in response.json.get("errors", ())}


# --- the faults of fixtures, as bodies --------------------------------------------------------------------------------

OF_FILES = {"record of another file", "record of another file, as it is there", "claim of another file"}
"""Faults that a body cannot have."""
FAULTS = {name: case for name, case in (FIELDS | TOGETHER).items() if name not in OF_FILES}


def bundle_of(case: Case) -> dict[str, list[Any]]:
    """A faulty fixture as JSON has it: texts, and null where nothing stands."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [plain(inner) for inner in value]
        return None if value in {"", "~"} else value

    found: dict[str, list[Any]] = plain(yaml.load(case.text, Loader=yaml.BaseLoader))
    return found


def pointer_in(resource: str, record: Any, case: Case) -> str | None:
    """Where in a record the fault of a case is; None where it is in another."""
    if not isinstance(record, dict) or case.path in {resource, f"{resource}/{record.get('id')}"}:
        return case.pointer
    within = case.pointer.replace("/about/0/sets", "/sets", 1)
    claims = record.get("claims", [])
    places = [at for at, claim in enumerate(claims) if case.path in {"claims", f"claims/{claim.get('id')}"}]
    return f"/claims/{places[-1]}{within}" if places else None


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in FAULTS.items()])
def test_a_fault_of_a_fixture_is_one_of_a_body(editor: FlaskClient, case: Case) -> None:
    """As a record that is added, as one that is put, and in a bundle: at the same place, in the same words."""
    before = kept()
    bundle = bundle_of(case)
    alone = [(resource, record) for resource, records in bundle.items() for record in records]
    wanted = {
        f"/{resource}/{at}{pointer}"
        for resource, records in bundle.items()
        for at, record in enumerate(records)
        if (pointer := pointer_in(resource, record, case)) is not None
    }
    answer = editor.post("/v1/bundles", json=bundle)
    assert_refused(answer, 422, *case.says)
    assert wanted & pointers(answer)
    if len(alone) == 1 and isinstance(alone[0][1], dict):
        ((resource, record),) = alone
        wanted = {pointer_in(resource, record, case)}
        answers = [editor.post(f"/v1/{resource}", json=record)]
        if re.fullmatch("[a-z0-9-]{1,80}", record.get("id", "")):
            answers.append(editor.put(f"/v1/{resource}/{record['id']}", json=record))
        for answer in answers:
            assert_refused(answer, 422, *case.says)
            assert wanted & pointers(answer)
    assert kept() == before


@pytest.mark.parametrize(
    "name", ["url", "revision", "updated", "standing", "values", "conflicts", "corroboration", "later", "status"]
)
def test_what_the_system_says_is_not_given(editor: FlaskClient, name: str) -> None:
    before = kept()
    for method, url in (("POST", "/v1/defectors"), ("PUT", "/v1/defectors/x"), ("PATCH", "/v1/defectors/general")):
        response = editor.open(url, method=method, json={"id": url.partition("s/")[2] or "x", name: 1}, headers=SEEN)
        assert_refused(response, 412 if method == "PUT" else 422)
        if method != "PUT":
            assert f"/{name}" in pointers(response)
    assert kept() == before


@pytest.mark.parametrize("resource", SCHEMAS)
def test_null_is_no_value(editor: FlaskClient, resource: str) -> None:
    """But in a patch, where it takes a member away (RFC 7396)."""
    before = kept()
    given = [name for name, field in SCHEMAS[resource].fields.items() if not field.dump_only]
    response = editor.post(f"/v1/{resource}", json=dict.fromkeys(given))
    assert_refused(response, 422)
    told = pointers(response)
    assert len(told) == min(len(given), 20)
    assert told <= {f"/{name}" for name in given}
    assert kept() == before


# --- bodies that are none ---------------------------------------------------------------------------------------------

DEEP = "[" * 60_000 + "]" * 60_000
NO_BODIES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "is empty"),
    "blank": (b" \n\t ", 400, "is empty"),
    "no JSON": (b"id: x", 400, "is not JSON"),
    "half": (b'{"id": "x"', 400, "is not JSON"),
    "two values": (b'{"id": "x"} {}', 400, "is not JSON"),
    "byte order mark": (b"\xef\xbb\xbf{}", 400, "JSON"),
    "no UTF-8": (b'{"id": "\xff"}', 400, "UTF-8"),
    "UTF-16": ('{"id": "x"}'.encode("utf-16"), 400, "UTF-8"),
    "duplicate key": (b'{"id": "x", "id": "y"}', 400, "the key id twice"),
    "duplicate key within": (b'{"id": "x", "left": {"edtf": "2015", "edtf": "2016"}}', 400, "the key edtf twice"),
    "NaN": (b'{"id": "x", "party": {"count": NaN}}', 400, "NaN is no JSON"),
    "Infinity": (b'{"id": "x", "party": {"count": -Infinity}}', 400, "is no JSON"),
    "lone surrogate": (b'{"id": "x", "name": "\\ud800"}', 400, "lone surrogate"),
    "lone surrogate in a key": (b'{"id": "x", "\\udfff": 1}', 400, "lone surrogate"),
    "NUL": (b'{"id": "x", "name": "a\\u0000"}', 400, "NUL"),
    "NUL in a key": (b'{"id": "x", "a\\u0000": 1}', 400, "NUL"),
    "NUL as it is": (b'{"id": "x", "name": "a\0"}', 400, "is not JSON"),
    "number without end": (b'{"id": "x", "party": {"count": 1' + b"0" * 5_000 + b"}}", 400, "digits"),
    "65 deep": (b'{"a":' * 65 + b"1" + b"}" * 65, 400, "nested more than 64 deep"),
    "900 deep": (b'{"a":' * 900 + b"1" + b"}" * 900, 400, "nested"),
    "60,000 deep": (f'{{"id": "x", "name": {DEEP}}}'.encode(), 400, "nested"),
    "60,000 deep mapping": (b'{"a":' * 60_000 + b"1" + b"}" * 60_000, 400, "nested"),
    "too large": (b'{"id": "' + b"x" * 2_000_001 + b'"}', 413, "2,000,000 bytes"),
    "list": (b"[]", 422, "must be a JSON object"),
    "text": (b'"general"', 422, "must be a JSON object"),
    "number": (b"7", 422, "must be a JSON object"),
    "null": (b"null", 422, "must be a JSON object"),
}
WAYS = (
    ("POST", "/v1/defectors", JSON),
    ("PUT", "/v1/defectors/x", JSON),
    ("PATCH", "/v1/defectors/general", PATCH),
    ("PATCH", "/v1/defectors/general", JSON),
    ("PUT", "/v1/claims/general-left", JSON),
)
SEEN = {"If-Match": '"1"'}


@pytest.mark.parametrize(("body", "status", "word"), [pytest.param(*one, id=name) for name, one in NO_BODIES.items()])
def test_a_body_that_is_none_is_refused(editor: FlaskClient, body: bytes, status: int, word: str) -> None:
    before = kept()
    for method, url, media_type in WAYS:
        seen = {} if url.endswith("/x") else SEEN
        assert_refused(editor.open(url, method=method, data=body, content_type=media_type, headers=seen), status, word)
    assert kept() == before


@pytest.mark.parametrize(
    "value",
    [
        7,
        2**63,
        -(2**63) - 1,
        10**29,
        1e999,
        1.5,
        True,
        False,
        "",
        " ",
        "A",
        "a/b",
        "../x",
        "x" * 81,
        ["x"],
        {"x": 1},
        "탈북",
    ],
)
def test_an_id_that_is_none_is_refused(editor: FlaskClient, value: Any) -> None:
    before = kept()
    body = json.dumps({"id": value, "name": "X"}).replace("Infinity", "1e999")
    told = editor.post("/v1/people", data=body, content_type=JSON)
    assert_refused(told, 422)
    assert pointers(told) == {"/id"}
    other = editor.put("/v1/people/writer", data=body, content_type=JSON, headers=SEEN)
    assert_refused(other, 422)
    assert pointers(other) == {"/id"}
    entry = editor.post(
        "/v1/people/writer/revert", data=f'{{"entry": {json.dumps(value)}}}', content_type=JSON, headers=SEEN
    )
    assert entry.status_code in {400, 422}
    assert kept() == before


@pytest.mark.parametrize("entry", [0, -1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 10**25, 1.0, "1", None])
def test_an_entry_that_there_is_not_is_refused(editor: FlaskClient, entry: Any) -> None:
    before = kept()
    told = editor.post("/v1/people/writer/revert", json={"entry": entry}, headers=SEEN)
    assert_refused(told, 422)
    assert pointers(told) == {"/entry"}
    assert kept() == before


def test_a_number_past_counting_is_refused(editor: FlaskClient) -> None:
    before = kept()
    for number in (2**63, -(2**63), 10**29, 1e300, 1e999):
        party = json.dumps({"kind": "group", "count": number}).replace("Infinity", "1e999")
        body = f'{{"id": "x", "name": "X", "party": {party}}}'
        told = editor.post("/v1/defectors", data=body, content_type=JSON)
        assert_refused(told, 422)
        assert "/party/count/value" in pointers(told)
    assert kept() == before


def test_what_is_told_of_a_fault_is_no_longer_than_it_need_be(editor: FlaskClient) -> None:
    """The names of members can be as long as a body, and there can be thousands of them."""
    before = kept()
    long = editor.post("/v1/people", json={"id": "x", "name": "X", "n" * 1_000_000: 1})
    many = editor.post("/v1/people", json={"id": "x", "name": "X"} | {f"n{number}": 1 for number in range(5_000)})
    terms = editor.post("/v1/defectors", json={"id": "x", "name": "X", "stage": "s" * 1_000_000})
    for told in (long, many, terms):
        assert_refused(told, 422)
        assert len(told.data) < 40_000
    assert len(many.json["errors"]) == 20
    assert "and 4980 more" in many.json["detail"]
    assert kept() == before


def test_each_fault_is_told_where_it_is(editor: FlaskClient) -> None:
    """Of claims with the same id, or with none, too."""
    before = kept()
    claim = {"says": "He left.", "source": "newspaper", "sets": ["occurred"]}
    claims = [
        claim | {"stance": "x"},
        claim,
        claim | {"id": "twin", "stance": "y"},
        claim | {"id": "twin", "seen": "z"},
    ]
    told = editor.post("/v1/defectors", json={"id": "x", "name": "X", "claims": [*claims, "no claim"]})
    assert_refused(told, 422)
    assert pointers(told) >= {
        "/claims/0/id", "/claims/0/stance", "/claims/1/id", "/claims/2/stance", "/claims/3/seen", "/claims/4",
    }  # fmt: skip
    twins = editor.post("/v1/defectors", json={"id": "x", "name": "X", "claims": [claim | {"id": "twin"}] * 2})
    assert_refused(twins, 422, "/claims/1/id: claims/twin is given twice")
    assert kept() == before


@pytest.mark.parametrize(
    ("media_type", "coding"),
    [
        ("text/plain", ""), ("application/x-www-form-urlencoded", ""), ("", ""), ("application/yaml", ""),
        ("application/json; charset=utf-16", ""), ("application/json-patch+json", ""), (JSON, "gzip"), (JSON, "br"),
    ],
)  # fmt: skip
def test_what_is_no_plain_json_is_refused(editor: FlaskClient, media_type: str, coding: str) -> None:
    before = kept()
    for method, url, _ in WAYS:
        headers = SEEN | ({"Content-Encoding": coding} if coding else {})
        told = editor.open(url, method=method, data=b"{}", content_type=media_type, headers=headers)
        assert_refused(told, 415)
        assert told.headers["Accept"] == JSON
        assert told.headers.get("Accept-Patch") == (f"{PATCH}, {JSON}" if method == "PATCH" else None)
    assert_refused(editor.post("/v1/defectors", data=b"{}", content_type=PATCH), 415)
    assert kept() == before


# --- what is written to is another, or gone ---------------------------------------------------------------------------


def test_what_is_not_there_cannot_be_changed(editor: FlaskClient) -> None:
    before = kept()
    for method, url, body in (
        ("PATCH", "/v1/defectors/generall", {"name": "X"}),
        ("DELETE", "/v1/defectors/generall?reason=x", None),
        ("POST", "/v1/defectors/generall/merge?reason=x", {"into": "general", "revision": 1}),
        ("POST", "/v1/defectors/generall/revert", {"entry": 1}),
    ):
        for headers in ({}, SEEN, {"If-Match": "*"}):
            told = editor.open(url, method=method, json=body, headers=headers)
            assert_refused(told, 404, "did you mean general?")
    for url in ("/v1/defectors/General", "/v1/defectors/", f"/v1/defectors/{'x' * 81}", "/v1/defectors/a%00"):
        assert_refused(editor.put(url, json={"name": "X"}), 404)
    assert kept() == before


def test_ids_that_are_others_are_refused(editor: FlaskClient) -> None:
    before = kept()
    assert_refused(editor.post("/v1/people", json={"id": "writer", "name": "X"}), 409, "/v1/people/writer")
    told = editor.put("/v1/people/nobody", json={"id": "writer", "name": "X"})
    assert_refused(told, 422, "the id of another record")
    claim = {"says": "He left.", "sets": ["occurred"], "source": "newspaper"}
    for name, where in (("general-left", "under defectors/general"), ("general-again", "by itself")):
        body = {"id": "x", "name": "X", "claims": [claim | {"id": "x-left"}, claim | {"id": name}]}
        for told in (editor.post("/v1/defectors", json=body), editor.put("/v1/defectors/x", json=body)):
            assert_refused(told, 422, where)
            assert pointers(told) == {"/claims/1/id"}
    assert kept() == before


def test_who_is_merged_must_be_another_that_there_is(editor: FlaskClient) -> None:
    before = kept()
    for body, pointer in (
        ({"revision": 1}, "/into"), ({"into": "A/B", "revision": 1}, "/into"), ({"into": None, "revision": 1}, "/into"),
        ({"into": 7, "revision": 1}, "/into"), ({"into": "writer", "revision": 1}, "/into"),
        ({"into": "nobody", "revision": 1}, "/into"), ({"into": "x", "revision": 1, "more": 1}, "/more"), ([], ""),
        ({"into": "x"}, "/revision"), ({"into": "x", "revision": "1"}, "/revision"),
        ({"into": "x", "revision": 2**63}, "/revision"),
    ):  # fmt: skip
        told = editor.post("/v1/people/writer/merge?reason=x", json=body, headers=SEEN)
        assert_refused(told, 422)
        assert pointers(told) == {pointer}
    assert kept() == before


def test_what_others_stand_on_is_told_as_a_conflict(editor: FlaskClient) -> None:
    """The body is sound: the fault is in what refers to the record, and is told by its path."""
    before = kept()
    for told in (
        editor.delete("/v1/sources/newspaper?reason=x", headers=SEEN),
        editor.delete("/v1/institutions/ministry?reason=x", headers=SEEN),
        editor.delete("/v1/defectors/general?reason=x", headers={"If-Match": "*"}),
        editor.delete("/v1/claims/general-left?reason=x", headers=SEEN),
    ):
        assert_refused(told, 409, "claims/general" if told.request.path != "/v1/claims/general-left" else "defectors/")
        assert pointers(told) == {None}
    assert kept() == before


# --- what a request says of itself ------------------------------------------------------------------------------------

CONDITIONS: dict[str, tuple[str, int]] = {
    "none": ("", 400),
    "no quotation marks": ("1", 400),
    "half a quotation mark": ('"1', 400),
    "a space between": ('"1" "2"', 400),
    "a blank in a tag": ('"1 "', 400),
    "lower-case weak": ('w/"1"', 400),
    "star in a list": ('*, "1"', 400),
    "commas alone": (",,", 400),
    "many spaces": (" , " * 500 + "x", 400),
    "weak": ('W/"1"', 412),
    "another": ('"2"', 412),
    "zero before": ('"01"', 412),
    "several others": ('"2", "3"', 412),
    "no number": ('"x"', 412),
    "beyond 64 bits": ('"9223372036854775808"', 412),
    "weak and another": ('W/"1", "7"', 412),
}
RIGHT = ('"1"', '"1:gzip"', '"1.0123456789abcdef"', '"1.0123456789abcdef:br"', '"7", "1"', ', "1" ,', "*", 'W/"2", "1"')
CHANGES: tuple[tuple[str, str, Body], ...] = (
    ("PUT", "/v1/people/writer", {"id": "writer", "name": "The writer"}),
    ("PATCH", "/v1/people/writer", {"name": "The writer"}),
    ("DELETE", "/v1/people/writer?reason=x", None),
    ("POST", "/v1/people/writer/merge?reason=x", {"into": "nobody", "revision": 1}),
    ("POST", "/v1/people/writer/revert", {"entry": 1}),
)
BUNDLE = {"people": [{"id": "writer", "name": "Another name"}]}


@pytest.mark.parametrize(("sent", "status"), [pytest.param(*one, id=name) for name, one in CONDITIONS.items()])
def test_who_has_not_seen_the_record_does_not_change_it(editor: FlaskClient, sent: str, status: int) -> None:
    before = kept()
    for method, url, body in CHANGES:
        told = editor.open(url, method=method, json=body, headers={"If-Match": sent})
        assert_refused(told, status, "If-Match" if status == 400 else "revision 1")
        if status == 412:
            assert told.headers["ETag"] == editor.get("/v1/people/writer").headers["ETag"]
    assert_refused(editor.post("/v1/bundles", json=BUNDLE, headers={"If-Match": sent}), status, "If-Match")
    assert kept() == before


@pytest.mark.parametrize("sent", RIGHT)
def test_who_has_seen_the_record_may_say_so_in_any_way(editor: FlaskClient, sent: str) -> None:
    """What is put is what is there, so that nothing changes."""
    before = kept()
    for method, url, body in CHANGES[:2]:
        assert editor.open(url, method=method, json=body, headers={"If-Match": sent}).status_code == 200
    assert kept()[1] == before[1]


def test_a_condition_that_there_be_none_keeps_what_there_is(editor: FlaskClient) -> None:
    before = kept()
    tag = editor.get("/v1/people/writer").headers["ETag"]
    for method, url, body in CHANGES:
        for unseen in ("*", tag, f"W/{tag}", f'{tag[:-1]}:gzip"', '"x", "1"'):
            for seen in ({}, SEEN):
                told = editor.open(url, method=method, json=body, headers={"If-None-Match": unseen} | seen)
                assert_refused(told, 412, "there already")
        assert_refused(editor.open(url, method=method, json=body, headers={"If-None-Match": '"2"'}), 428)
        assert_refused(editor.open(url, method=method, json=body, headers={"If-None-Match": "x"} | SEEN), 400)
    for sent in ({"If-Match": "*"}, SEEN, {"If-Match": '"0"'}):
        assert_refused(
            editor.put("/v1/people/nobody", json={"name": "X"}, headers=sent), 412, "there is no people/nobody"
        )
    assert kept() == before


def test_a_part_of_a_record_is_not_put(editor: FlaskClient) -> None:
    before = kept()
    headers = SEEN | {"Content-Range": "bytes 0-9/20"}
    assert_refused(editor.put("/v1/people/writer", json={"name": "X"}, headers=headers), 400, "Content-Range")
    assert kept() == before


REASONS = {
    "": 422, "%20": 422, "x" * 201: 422, "a%0Ab": 422, "a%09b": 422, "a%07b": 422, "a%00b": 400, "%ff": 400,
    "a%E2%80%A8b": 422, "a&reason=b": 422, "%ED%A0%80": 400,
}  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_is_a_text_on_one_line(editor: FlaskClient, reason: str) -> None:
    before = kept()
    ways = (*CHANGES, ("POST", "/v1/people", {"id": "x", "name": "X"}), ("POST", "/v1/bundles", {}))
    for method, url, body in ways:
        told = editor.open(f"{url.partition('?')[0]}?reason={reason}", method=method, json=body, headers=SEEN)
        assert_refused(told, REASONS[reason])
        if REASONS[reason] == 422:
            assert [fault["parameter"] for fault in told.json["errors"]] == ["reason"]
    assert kept() == before


def test_what_is_unknown_in_the_query_or_missing_is_named(editor: FlaskClient) -> None:
    before = kept()
    ways = (*CHANGES, ("POST", "/v1/people", {"id": "x", "name": "X"}), ("POST", "/v1/bundles", {}))
    for method, url, body in ways:
        path = url.partition("?")[0]
        for query in ("raeson=x&reason=x", "reason=x&include=sources", "reason=x&fields=name"):
            told = editor.open(f"{path}?{query}", method=method, json=body, headers=SEEN)
            assert_refused(told, 422, "unknown parameter")
            assert len(told.json["errors"]) == 1
        if "?" in url:
            assert_refused(editor.open(path, method=method, json=body, headers=SEEN), 422, "reason: is missing")
    assert_refused(editor.get("/v1/people/writer/input?fields=name"), 422, "there are as_of")
    assert kept() == before


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "é", "\x7f", '"', '"a', 'a"b', '""', "a\tb", '"a";p=1'])
def test_an_idempotency_key_is_one_word(editor: FlaskClient, key: str) -> None:
    before = kept()
    for url, body in (
        ("/v1/people", {"id": "x", "name": "X"}),
        ("/v1/people/writer/merge?reason=x", {"into": "nobody", "revision": 1}),
        ("/v1/people/writer/revert", {"entry": 1}), ("/v1/bundles", {"people": [{"id": "x", "name": "X"}]}),
    ):  # fmt: skip
        environ = {"HTTP_IDEMPOTENCY_KEY": key.encode().decode("latin-1")}
        told = editor.post(url, json=body, headers=SEEN, environ_overrides=environ)
        assert_refused(told, 400, "Idempotency-Key")
    assert kept() == before


def test_a_refused_request_leaves_its_idempotency_key_free(editor: FlaskClient) -> None:
    before = kept()
    for url, body, status in (
        ("/v1/people", {"id": "x"}, 422), ("/v1/people", {"id": "writer", "name": "X"}, 409), ("/v1/people", [], 422),
        ("/v1/people/writer/merge?reason=x", {"into": "nobody", "revision": 1}, 422),
        ("/v1/people/nobody/revert", {"entry": 1}, 404), ("/v1/bundles", {"people": [{"id": "x"}]}, 422),
    ):  # fmt: skip
        told = editor.post(url, json=body, headers=SEEN | {"Idempotency-Key": "5e1b9c9e"})
        assert_refused(told, status)
    assert kept() == before
