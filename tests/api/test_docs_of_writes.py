"""What the OpenAPI document says of the operations that write: they need a key, and answer as it says."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models.database import close_database, execute, open_database
from models.keys import make
from models.registry import RESOURCES
from tests.api.test_docs import DOCUMENT, EVERY, WRITES, address, faults_of, resolved, schema_faults, split

RECORDS = [resource.name for resource in RESOURCES]
IF_MATCH = {name for name in WRITES if not (split(name)[1][4:] in RECORDS or name.endswith("/erase"))}
IDEMPOTENT = {name for name in WRITES if name.startswith("POST ") and not name.endswith("/erase")}


@pytest.fixture
def editor(sqlite_with_fixtures: str, tmp_path: Path, application: Flask) -> Iterator[FlaskClient]:
    """A client with a key for everything, over a copy of the fixtures."""
    copy = tmp_path / "talbuk.db"
    shutil.copy(sqlite_with_fixtures, copy)
    open_database(str(copy))
    client = application.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {make('kim', 'admin')[1]}"
    yield client
    close_database()


def sent_by(name: str) -> set[str]:
    """The request headers that an operation says it reads."""
    return {parameter["name"] for parameter in WRITES[name]["parameters"] if parameter["in"] == "header"}


@pytest.mark.parametrize("name", WRITES)
def test_a_write_has_what_an_editor_needs(name: str) -> None:
    operation, (method, path) = WRITES[name], split(name)
    assert operation["summary"]
    assert operation["description"].endswith(".")
    assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}
    assert operation["security"] == [{"key": []}]
    statuses = set(operation["responses"])
    assert {"400", "401", "403", "405", "406", "414", "422", "500", "503"} <= statuses
    assert ("requestBody" in operation) == (method != "DELETE" and not path.endswith("/erase"))
    assert ({"413", "415"} <= statuses) == ("requestBody" in operation)
    assert ("If-Match" in sent_by(name)) == (name in IF_MATCH)
    assert ("Idempotency-Key" in sent_by(name)) == (name in IDEMPOTENT)
    assert ({"412", "428"} <= statuses) == (name in IF_MATCH)
    assert ("404" in statuses) == ("{slug}" in path)
    assert ("410" in statuses) == ("{slug}" in path and method != "PUT")
    assert "308" not in statuses
    for parameter in operation["parameters"]:
        assert parameter["description"].endswith(".")
        if "example" in parameter:
            assert faults_of(parameter["schema"], parameter["example"]) == []


def test_the_key_is_described() -> None:
    scheme = DOCUMENT["components"]["securitySchemes"]["key"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert "talbuk keys add" in scheme["description"]


@pytest.mark.parametrize("name", [name for name, operation in WRITES.items() if "requestBody" in operation])
def test_the_example_of_what_is_sent_is_what_its_schema_says(name: str) -> None:
    body = WRITES[name]["requestBody"]
    assert body["required"] is True
    assert body["description"].endswith(".")
    assert "application/json" in body["content"]
    assert ("application/merge-patch+json" in body["content"]) == name.startswith("PATCH ")
    for content in body["content"].values():
        assert content["example"]
        assert faults_of(content["schema"], content["example"]) == []
        if not name.startswith("PATCH "):
            assert faults_of(content["schema"], content["example"] | {"unheard_of": 1})


def body_of(name: str) -> Any:
    """The body that the document gives as an example."""
    content: Any = EVERY[name]["requestBody"]["content"]["application/json"]
    return content["example"]


def answered(response: TestResponse, name: str, status: int) -> TestResponse:
    """Hold an answer to its status and to what the document says of it."""
    assert response.status_code == status, response.text
    assert schema_faults(WRITES[name], response) == []
    return response


def renamed(record: dict[str, Any], resource: str) -> dict[str, Any]:
    """A record like another, with ids of its own for it and the claims under it, that nothing is behind but these."""
    own = {claim["id"] for claim in record.get("claims", ())}
    claims = [claim | {"id": f"{claim['id']}-2"} for claim in record.get("claims", ())]
    links = [
        link | {"claims": [f"{claim}-2" if claim in own else claim for claim in link.get("claims", ())]}
        for link in record.get("links", ())
    ]
    found = record | {"id": f"{record['id']}-2"}
    return found | ({"claims": claims} if claims else {}) | ({"links": links} if links else {})


@pytest.mark.parametrize("resource", RECORDS)
def test_every_example_can_be_written_and_is_answered_as_documented(editor: FlaskClient, resource: str) -> None:
    """What /input gives is put back and changes nothing; it is added under another id, merged, removed, turned back."""
    one = address(f"/v1/{resource}/{{slug}}")
    given = editor.get(f"{one}/input")
    assert given.json == body_of(f"PUT /v1/{resource}/{{slug}}") == body_of(f"POST /v1/{resource}")
    before = editor.get(one)
    put, seen = f"PUT /v1/{resource}/{{slug}}", {"If-Match": before.headers["ETag"]}
    same = answered(editor.put(one, json=given.json, headers=seen), put, 200)
    assert same.json == before.json
    assert "ETag" not in same.headers
    patch = f"PATCH /v1/{resource}/{{slug}}"
    changed = answered(editor.patch(one, json=body_of(patch), headers=seen), patch, 200)
    assert changed.json["revision"] == before.json["revision"] + 1
    assert body_of(patch).items() <= changed.json.items()
    assert changed.headers["ETag"] == editor.get(one).headers["ETag"]
    made = answered(editor.post(f"/v1/{resource}", json=renamed(given.json, resource)), f"POST /v1/{resource}", 201)
    again = made.headers["Location"]
    assert again == made.json["url"] == f"{one}-2"
    answered(editor.post(f"/v1/{resource}", json=renamed(given.json, resource)), f"POST /v1/{resource}", 409)
    seen = {"If-Match": editor.get(again).headers["ETag"]}
    gone = answered(editor.delete(f"{again}?reason=x", headers=seen), f"DELETE /v1/{resource}/{{slug}}", 200)
    entry = execute("SELECT max(seq) FROM ledger WHERE path = ? AND action = 'add'", (gone.json["path"],)).fetchone()[0]
    back = answered(editor.post(f"{again}/revert", json={"entry": entry}), f"POST /v1/{resource}/{{slug}}/revert", 200)
    assert back.json["id"] == made.json["id"]
    if resource != "claims":
        seen = {"If-Match": editor.get(again).headers["ETag"]}
        into = {"into": given.json["id"], "revision": editor.get(one).json["revision"]}
        merge = f"POST /v1/{resource}/{{slug}}/merge"
        merged = answered(editor.post(f"{again}/merge?reason=x", json=into, headers=seen), merge, 200)
        assert merged.json["id"] == given.json["id"]
    erase = f"POST /v1/{resource}/{{slug}}/erase"
    assert answered(editor.post(f"{again}/erase?reason=x"), erase, 200).json["erased"] > 0


def test_a_bundle_of_the_example_is_answered_as_documented(editor: FlaskClient) -> None:
    name = "POST /v1/bundles"
    tried = answered(editor.post("/v1/bundles?dry_run=true", json=body_of(name)), name, 200)
    done = answered(editor.post("/v1/bundles", json=body_of(name)), name, 200)
    assert done.json == tried.json | {"dry_run": False}
    changed = {"people": [body_of(name)["people"][0] | {"name": "Another name"}]}
    answered(editor.post("/v1/bundles", json=changed), name, 428)
    answered(editor.post("/v1/bundles", json=changed, headers={"If-Match": '"x"'}), name, 412)


@pytest.mark.parametrize("name", WRITES)
def test_a_refused_write_is_what_the_document_says(editor: FlaskClient, name: str) -> None:
    (method, _), url = split(name), address(name)
    sent = {"json": body_of(name)} if "requestBody" in WRITES[name] else {}
    _, reader = make("lee", "read")
    nobody = split(name)[1].replace("{slug}", "nobody-of-this-name") + "?reason=x"
    ways: list[tuple[int, str, dict[str, Any], dict[str, str]]] = [
        (401, url, sent, {"Authorization": "Bearer x"}),
        (403, url, sent, {"Authorization": f"Bearer {reader}"}),
        (406, url, sent, {"Accept": "image/png"}),
        (422, f"{url}{'&' if '?' in url else '?'}unheard_of=1", sent, {}),
        (400, f"{url}{'&' if '?' in url else '?'}a=%ff", sent, {}),
        (414, f"{url}{'&' if '?' in url else '?'}a={'a' * 9_000}", sent, {}),
    ]
    if sent:
        ways += [(415, url, {"data": "a", "content_type": "text/plain"}, {"If-Match": "*"})]
        ways += [(400, url, {"data": "a", "content_type": "application/json"}, {"If-Match": "*"})]
        ways += [(413, url, {"data": " " * 16_000_001, "content_type": "application/json"}, {"If-Match": "*"})]
    if name in IF_MATCH and "bundles" not in name:
        ways += [(428, url, sent, {}), (412, url, sent, {"If-Match": '"0"'}), (400, url, sent, {"If-Match": "?"})]
    if name in IDEMPOTENT:
        ways += [(400, url, sent, {"Idempotency-Key": "a b"} | {"If-Match": "*"})]
    if "410" in WRITES[name]["responses"]:
        ways += [(404, nobody, sent, {"If-Match": "*"})]
    for status, asked, body, headers in ways:
        answered(editor.open(asked, method=method, headers=headers, **body), name, status)
    answered(editor.open(url, method="TRACE"), name, 405)


@pytest.mark.parametrize("name", WRITES)
def test_every_way_in_which_a_write_can_end_is_described(name: str) -> None:
    for status, response in WRITES[name]["responses"].items():
        found = resolved(response)
        assert found["description"]
        kind = "application/json" if status in {"200", "201"} else "application/problem+json"
        assert list(found["content"]) == [kind]
        assert ("Location" in found.get("headers", {})) == (status == "201")
