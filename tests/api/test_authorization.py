"""Who may do what: keys are looked at before anything else is, and who lacks the right learns nothing else."""

import json
import logging
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from api.dumping import lines
from api.loading import load
from api.operations import Operation
from models.database import DB, close_database, execute, is_postgresql, open_database, writing
from models.keys import make, revoke
from models.registry import RESOURCE
from tests.api.test_docs import DOCUMENT
from tests.api.test_http import DATA, DOCUMENTATION
from tests.api.test_problems import assert_problem
from tests.api.test_writing import BUNDLE, CLERK
from tests.conftest import serving

PATH = "/v1/defectors/general"
OPEN = ("/healthz", "/readyz", "/apidocs", *DOCUMENTATION)
NO_KEY = 'Bearer realm="talbuk"'
BAD_KEY = 'Bearer realm="talbuk", error="invalid_token"'


@pytest.fixture
def instance(empty_database: str, tmp_path: Path) -> str:
    """The address of a small instance that is open to be read and written, once on each engine."""
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps(BUNDLE))
    load([file])
    close_database()
    open_database(empty_database, read_only=True)
    return empty_database


@pytest.fixture(scope="module")
def closing() -> Iterator[Flask]:
    """The application where reading takes a key."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TALBUK_READS", "keys")
        yield create_app()


@pytest.fixture
def anyone(instance: str, application: Flask) -> FlaskClient:
    """A client without a key, of an instance that is open."""
    return naming(application.test_client())


@pytest.fixture
def closed(instance: str, closing: Flask) -> FlaskClient:
    """A client without a key, of an instance that is closed."""
    return naming(closing.test_client())


def naming(client: FlaskClient) -> FlaskClient:
    """A client whose requests all have one name: what differs of their answers is then what is told."""
    client.environ_base["HTTP_X_REQUEST_ID"] = "a-test"
    return client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def key(scope: str = "edit", *resources: str) -> dict[str, str]:
    """The header of a new key."""
    return bearer(make("kim", scope, resources)[1])


def said(response: TestResponse) -> tuple[Any, ...]:
    """All that an answer says."""
    with response:
        return (response.status_code, list(response.headers), response.data)


def bad_tokens() -> Iterator[tuple[str, str]]:
    """Tokens of every kind that is not good, by what is wrong with them."""
    (good, token), (other, _), (late, past), (ended, gone) = (make("kim", "admin") for _ in range(4))
    assert good.id in token
    with writing():
        execute("UPDATE access_key SET expires = '2020-01-01T00:00:00Z' WHERE id = ?", (late.id,))
    assert revoke(ended.id)
    secret = token.rpartition(f"{good.id}_")[2]
    yield from {
        "nothing": "",
        "a word": "x",
        "the id alone": f"talbuk_{good.id}_",
        "the secret alone": secret,
        "cut": token[:-1],
        "too long": f"{token}x",
        "in capitals": token.upper(),
        "another secret": f"talbuk_{good.id}_{secret[::-1]}",
        "another's id": f"talbuk_{other.id}_{secret}",
        "an id of nobody": f"talbuk_aaaaaaaa_{secret}",
        "twice": f"{token}, Bearer {token}",
        "with a parameter": f'{token}, realm="talbuk"',
        "no ASCII": f"talbuk_{good.id}_\u00e9{secret[1:]}",
        "expired": past,
        "revoked": gone,
    }.items()


# --- keys that are not good -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("reads", ["open", "keys"])
def test_whatever_is_wrong_with_a_key_is_told_in_the_same_words(
    reads: str, anyone: FlaskClient, closed: FlaskClient
) -> None:
    """On reads and writes, of what there is and what there is not, where reading is open too: no key is ignored."""
    client = anyone if reads == "open" else closed
    found = set()
    for kind, token in bad_tokens():
        for method, url in (("GET", PATH), ("GET", "/v1/defectors/x?y=z"), ("PATCH", PATH), ("DELETE", "/v1/no/y")):
            response = client.open(url, method=method, headers=bearer(token))
            assert response.status_code == 401, (kind, method, url)
            assert response.headers["WWW-Authenticate"] == BAD_KEY
            found.add(repr(said(response)))
    assert len(found) == 1


@pytest.mark.parametrize("url", [PATH, "/v1", "/", "/v1/nothing", *OPEN])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_key_that_is_sent_is_checked_everywhere(anyone: FlaskClient, method: str, url: str) -> None:
    assert anyone.open(url, method=method, headers=bearer("x")).status_code == 401
    with (
        anyone.open(url, method=method) as without,
        anyone.open(url, method=method, headers=key("read")) as with_one,
    ):
        assert with_one.status_code == without.status_code < 500


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
def test_the_scheme_is_written_in_any_case(closed: FlaskClient, scheme: str) -> None:
    _, token = make("kim", "read")
    assert closed.get(PATH, headers={"Authorization": scheme + token}).status_code == 200
    assert closed.get(PATH, headers={"Authorization": f"{scheme}{token} "}).status_code == 200


@pytest.mark.parametrize("sent", ["", " ", "Basic a2ltOng=", "{}", "Token {}", "Bearer{}", "Bearer\t{}", "x Bearer {}"])
def test_another_scheme_is_no_key(anyone: FlaskClient, sent: str) -> None:
    """RFC 6750, section 3.1: it is told what is asked for, and no error code."""
    _, token = make("kim", "read")
    response = anyone.get(PATH, headers={"Authorization": sent.format(token)})
    assert "Authorization: Bearer" in assert_problem(response, 401)
    assert response.headers["WWW-Authenticate"] == NO_KEY


def test_a_key_that_expires_is_good_until_then(closed: FlaskClient) -> None:
    _, token = make("kim", "read", expires="2999-01-01T00:00:00Z")
    assert closed.get(PATH, headers=bearer(token)).status_code == 200


def test_a_key_that_cannot_be_looked_up_opens_nothing(anyone: FlaskClient, without_access: None) -> None:
    assert_problem(anyone.get("/healthz", headers=bearer("x")), 503)
    assert anyone.get("/healthz").status_code == 200


@pytest.fixture
def without_access(anyone: FlaskClient) -> None:
    """A database without the table of keys."""
    with writing():
        execute("DROP TABLE access_key")


# --- keys that do not permit it -------------------------------------------------------------------------------------


def refused(response: TestResponse, *words: str) -> None:
    detail = assert_problem(response, 403)
    assert response.headers["WWW-Authenticate"].startswith(f'{NO_KEY}, error="insufficient_scope"')
    assert all(word in detail for word in words)


def test_a_scope_includes_those_before_it(anyone: FlaskClient) -> None:
    writes = {"json": {"description": "Other words."}}
    for scope, edits, erases in (("read", False, False), ("edit", True, False), ("admin", True, True)):
        held = key(scope)
        assert anyone.get(PATH, headers=held).status_code == 200
        changed = anyone.patch(PATH, headers=held | {"If-Match": "*"}, **writes)
        erased = anyone.post(f"{PATH}/erase?reason=safety", headers=held)
        for response, may, needed in ((changed, edits, "edit"), (erased, erases, "admin")):
            if may:
                assert response.status_code == 200
            else:
                refused(response, f"scope {needed}", f"scope {scope}")
                assert response.headers["WWW-Authenticate"].endswith(f', scope="{needed}"')


def test_a_key_changes_the_records_that_it_was_made_for(anyone: FlaskClient) -> None:
    """It reads all: records are made of each other, and who writes of one must be able to look up the others."""
    held = key("edit", "defectors", "sources")
    assert anyone.post("/v1/defectors", json=CLERK, headers=held).status_code == 201
    seen = held | {"If-Match": "*"}
    for method, url in (
        ("POST", "/v1/people"),
        ("PUT", "/v1/people/doctor"),
        ("PATCH", "/v1/claims/general-left"),
        ("DELETE", "/v1/people/witness?reason=x"),
        ("POST", "/v1/people/doctor/merge?reason=x"),
        ("POST", "/v1/claims/general-left/revert"),
    ):
        refused(anyone.open(url, method=method, json={}, headers=seen), url.split("/")[2], "defectors, sources")
    assert anyone.get("/v1/people/doctor", headers=held).status_code == 200
    assert anyone.get("/v1/search?q=doctor", headers=held).status_code == 200


def test_a_bundle_takes_a_key_for_all_that_it_holds(anyone: FlaskClient) -> None:
    held = key("edit", "defectors")
    bundle = {"defectors": [CLERK]}
    assert anyone.post("/v1/bundles", json=bundle, headers=held).status_code == 200
    before = list(lines())
    refused(anyone.post("/v1/bundles", json=bundle | {"people": []}, headers=key("read")), "scope edit")
    more = bundle | {"people": [{"id": "cook", "name": "A cook"}]}
    refused(anyone.post("/v1/bundles", json=more, headers=held), "people", "defectors")
    refused(anyone.post("/v1/bundles?dry_run=true", json=more, headers=held), "people", "defectors")
    assert list(lines()) == before


def test_who_writes_without_naming_a_resource_asks_for_each(application: Flask) -> None:
    """The resource of a route is its blueprint; a view of none looks itself at whose records it changes."""
    declared: dict[str, Operation] = {
        endpoint: view.operation for endpoint, view in application.view_functions.items() if hasattr(view, "operation")
    }
    writes = {endpoint for endpoint, one in declared.items() if one.scope != "read"}
    assert len(writes) > 5 * len(RESOURCE)
    assert {name for name in writes if name.partition(".")[0] not in RESOURCE} == {"bundles.write_bundle"}


FREE = {
    "id": "free", "says": "They say that he left.", "source": "newspaper",
    "about": [{"record": "defectors/general", "sets": ["occurred"]}],
}  # fmt: skip


def test_a_key_for_some_records_changes_no_others_by_what_it_does_to_these(anyone: FlaskClient) -> None:
    """By a merge, which changes all that refers to a record, or by a bundle that takes another's claim for its own."""
    people, purges, seen = key("edit", "people"), key("edit", "purges"), {"If-Match": "*"}
    before = list(lines())
    refused(
        anyone.post("/v1/people/doctor/merge?reason=x", json={"into": "witness", "revision": 1}, headers=people | seen),
        "defectors",
    )
    camp = {"id": "camp", "name": "A camp", "kind": "imprisonment"}
    theirs = camp | {"claims": [{"id": "general-left", "says": "So.", "source": "newspaper", "sets": ["occurred"]}]}
    refused(anyone.post("/v1/bundles", json={"purges": [theirs]}, headers=purges | seen), "defectors")
    refused(anyone.post("/v1/bundles?dry_run=true", json={"purges": [theirs]}, headers=purges), "defectors")
    assert list(lines()) == before
    assert anyone.post("/v1/people", json={"id": "cook", "name": "A cook"}, headers=people).status_code == 201
    merged = anyone.post(
        "/v1/people/cook/merge?reason=x", json={"into": "witness", "revision": 1}, headers=people | seen
    )
    assert merged.status_code == 200


def test_turning_back_changes_no_claim_of_others(anyone: FlaskClient) -> None:
    """A claim that stood by itself stands so after; a key for the record alone does not turn it back."""
    everything, defectors, seen = key(), key("edit", "defectors"), {"If-Match": "*"}
    anyone.post("/v1/claims", json=FREE, headers=everything)
    anyone.patch("/v1/defectors/general", json={"description": "In our words."}, headers=everything | seen)
    (entry,) = execute("SELECT max(seq) FROM ledger WHERE path = 'defectors/general'").fetchone()
    anyone.patch("/v1/claims/free", json={"says": "They said so."}, headers=everything | seen)
    before, url = list(lines()), "/v1/defectors/general/revert"
    refused(anyone.post(url, json={"entry": entry}, headers=defectors | seen), "claims")
    assert list(lines()) == before
    assert anyone.post(url, json={"entry": entry}, headers=everything | seen).status_code == 200
    assert anyone.get("/v1/claims/free").json["says"] == FREE["says"]
    assert execute("SELECT under FROM record WHERE path = 'claims/free'").fetchone() == (None,)


# --- nothing else is learned ----------------------------------------------------------------------------------------

WRITES = [
    (method.upper(), path)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if operation["security"]
]


SENT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("", {}),
    ("?reason=x", {"json": {}, "headers": {"If-Match": "*"}}),
    ("?unheard_of=%ff", {"data": b"\xff", "content_type": "text/plain"}),
    ("", {"headers": {"Accept": "image/png", "Idempotency-Key": ""}}),
)
"""Queries, headers and bodies, right and wrong."""


def test_without_the_right_nothing_is_looked_at(anyone: FlaskClient) -> None:
    """Neither the body, nor the parameters, nor what is accepted, nor whether there is such a record."""
    assert len(WRITES) > 5 * len(RESOURCE)
    for held, status in (({}, 401), (bearer("x"), 401), (key("read"), 403)):
        for method, path in WRITES:
            urls = [path.replace("{slug}", slug) for slug in ("general", "doctor", "newspaper", "general-left", "no")]
            answers = [
                anyone.open(url + query, method=method, **sent | {"headers": sent.get("headers", {}) | held})
                for url in urls
                for query, sent in SENT
            ]
            assert {answer.status_code for answer in answers} == {status}, (method, path)
            assert len({repr(said(answer)) for answer in answers}) == 1, (method, path)


READS = [
    path.replace("{slug}", slug)
    for path, item in DOCUMENT["paths"].items()
    if "get" in item and path.startswith("/v1")
    for slug in (("general", "nobody") if "{slug}" in path else ("",))
]


def test_a_closed_instance_says_nothing_without_a_key(closed: FlaskClient) -> None:
    found = set()
    for url in (
        *READS,
        "/",
        "/nothing",
        "/v1/nothing",
        "/v1/defectors?limit=0",
        "/v1?as_of=2015",
        "/favicon.ico",
        "/v1/defectors/",
    ):
        for headers in ({}, {"If-None-Match": "*"}, {"Accept": "image/png"}, {"Accept-Encoding": "*;q=0"}):
            found.add(repr(said(closed.get(url, headers=headers))))
    found.add(repr(said(closed.post("/v1/names", json={"names": ["x"]}))))
    found.add(repr(said(closed.delete("/v1"))))
    assert len(found) == 1
    response = closed.get(PATH)
    assert "Authorization: Bearer" in assert_closed_problem(response)
    assert response.headers["WWW-Authenticate"] == NO_KEY
    assert said(closed.head(PATH))[:2] == said(response)[:2]


def assert_closed_problem(response: TestResponse) -> str:
    """A 401 as every other problem, and one that depends on who asks."""
    assert response.status_code == 401
    assert response.headers.getlist("Vary") == ["Accept, Accept-Encoding, Authorization"]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.content_type == "application/problem+json"
    assert response.json["status"] == 401
    return str(response.json["detail"])


@pytest.mark.parametrize("url", OPEN)
def test_what_tells_nothing_of_the_data_stays_open(closed: FlaskClient, url: str) -> None:
    with closed.get(url) as response:
        assert response.status_code in {200, 308}


def test_a_browser_may_ask_whether_it_may_send_a_key(closed: FlaskClient) -> None:
    asked = {
        "Origin": "https://else.test",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key, if-match",
    }
    response = closed.options(PATH, headers=asked)
    assert response.status_code == 204
    assert {"GET", "PUT", "PATCH", "DELETE"} <= set(response.headers["Access-Control-Allow-Methods"].split(", "))
    exposed = closed.get(PATH).headers["Access-Control-Expose-Headers"]
    assert "ETag" in exposed


@pytest.mark.parametrize("scope", ["read", "edit", "admin"])
def test_a_closed_instance_answers_who_has_a_key_as_an_open_one(
    anyone: FlaskClient, closed: FlaskClient, scope: str
) -> None:
    """To the byte; but nobody between may keep it for others."""
    held = key(scope)
    for url in READS:
        if url.endswith(("/names", "/search", "/stats")):
            continue  # they ask for a parameter
        opened, found = anyone.get(url), closed.get(url, headers=held)
        assert (found.status_code, found.data) == (opened.status_code, opened.data), url
        assert found.headers.get("ETag") == opened.headers.get("ETag")
        assert found.headers.getlist("Vary") == ["Accept, Accept-Encoding, Authorization"]
        if found.status_code == 200:
            assert found.headers["Cache-Control"] == "private, no-cache"
            same = closed.get(url, headers=held | {"If-None-Match": found.headers["ETag"]})
            assert (same.status_code, same.headers["Cache-Control"]) == (304, "private, no-cache")
        assert len(found.headers) == len(set(found.headers.keys()))
    assert closed.get("/v1/defectors?limit=0", headers=held).status_code == 422


@pytest.mark.parametrize("url", DATA)
def test_an_open_instance_is_for_anyone_to_keep(client: FlaskClient, url: str) -> None:
    assert client.get(url).headers["Cache-Control"] == "no-cache"
    assert "Authorization" not in client.get(url).headers["Vary"]


# --- the document ---------------------------------------------------------------------------------------------------


def test_the_document_asks_for_a_key_where_one_is_needed(anyone: FlaskClient, closed: FlaskClient) -> None:
    """And nowhere else: a client that is made of it would want one to read what anyone may read."""
    documents = {"open": anyone.get("/openapi.json").json, "closed": closed.get("/openapi.json").json}
    for reads, document in documents.items():
        assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
        assert "security" not in document
        for path, item in document["paths"].items():
            for method, operation in item.items():
                writes = (method.upper(), path) in WRITES
                needed = writes or (reads == "closed" and path.startswith("/v1"))
                assert operation["security"] == ([{"key": []}] if needed else []), (reads, method, path)
                assert "401" in operation["responses"]
                assert ("403" in operation["responses"]) == writes
    texts = [
        json.dumps(document).replace('"security": [{"key": []}]', '"security": []') for document in documents.values()
    ]
    assert texts[0] == texts[1]


@pytest.mark.parametrize(("status", "name"), [(401, "KeyNeeded"), (403, "NotPermitted")])
def test_what_is_refused_is_documented_with_its_challenge(status: int, name: str) -> None:
    documented = DOCUMENT["components"]["responses"][name]
    assert list(documented["headers"]) == ["WWW-Authenticate"]
    assert documented["content"]["application/problem+json"]["example"]["status"] == status


# --- nobody sees a key ----------------------------------------------------------------------------------------------


def test_no_log_and_no_answer_holds_a_key(
    anyone: FlaskClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it was sent: in its header, as a parameter, in a body; and where the service fails."""
    caplog.set_level(logging.DEBUG)
    one, token = make("kim", "read")
    secret = token.rpartition(f"{one.id}_")[2]
    monkeypatch.setattr("api.pages.one", lambda *_: 1 / 0)
    answers = [
        anyone.get(PATH, headers=bearer(token)),
        anyone.get(f"/v1/defectors?access_token={token}"),
        anyone.get(f"/v1/defectors?{token}=1"),
        anyone.get(f"/v1/defectors?stage={token}"),
        anyone.get(PATH, headers={"Accept": token}),
        anyone.post("/v1/names", json={token: 1, "names": [token], "limit": token}),
        anyone.post("/v1/names", data="x", content_type=token),
        anyone.patch(PATH, headers=bearer(token)),
        anyone.get(PATH, headers=bearer(f"{token}x")),
        anyone.get(PATH, headers={"Authorization": token}),
    ]
    assert [answer.status_code for answer in answers] == [500, 422, 422, 422, 406, 422, 415, 403, 401, 401]
    assert "ZeroDivisionError" in caplog.text
    assert f"talbuk_{one.id}_..." in answers[2].text
    for text in (caplog.text, *(f"{answer.headers}{answer.text}" for answer in answers)):
        assert secret not in text


def bytes_of(url: str) -> bytes:
    """Everything that a database holds: of SQLite its files, of PostgreSQL each row as text."""
    if not is_postgresql():
        return b"".join(file.read_bytes() for file in Path(url).parent.glob("talbuk.db*"))
    rows = (execute(f"SELECT t::text FROM {table} t").fetchall() for table in DB.get_tables())
    return "\n".join(row[0] for found in rows for row in found).encode()


def test_the_database_holds_no_secret_and_a_dump_no_key(instance: str, anyone: FlaskClient) -> None:
    one, token = make("kim-min-ji", "edit")
    secret = token.rpartition(f"{one.id}_")[2]
    made = anyone.post("/v1/defectors", json=CLERK, headers=bearer(token) | {"Idempotency-Key": "1"})
    assert made.status_code == 201
    held = bytes_of(instance)
    assert one.id.encode() in held
    assert b"kim-min-ji" in held
    assert secret.encode() not in held
    dump = "\n".join(lines())
    assert "clerk" in dump
    for sign in (one.id, "kim-min-ji", secret, "talbuk_"):
        assert sign not in dump


# --- a server of several processes ----------------------------------------------------------------------------------


@pytest.fixture
def served(empty_database: str, tmp_path: Path) -> Iterator[tuple[str, str, Path]]:
    """A real server of two processes, closed to who has no key: its address, its database's, and what it says."""
    file, log = tmp_path / "bundle.json", tmp_path / "log"
    file.write_text(json.dumps(BUNDLE))
    load([file])
    close_database()
    with serving(empty_database, log, TALBUK_READS="keys", TALBUK_WORKERS="2") as address:
        yield address, empty_database, log


def command(url: str, *arguments: str) -> str:
    """What `talbuk keys` prints, run in a process of its own."""
    run = [sys.executable, "-m", "api", "keys", *arguments, "--database", url]
    return subprocess.run(run, check=True, capture_output=True, text=True).stdout.strip()


def status(url: str, token: str = "") -> int:
    try:
        with urlopen(Request(url, headers=bearer(token) if token else {}), timeout=10) as response:
            return int(response.status)
    except HTTPError as error:
        return int(error.code)


def raw(address: str, *headers: str) -> bytes:
    """What a request with just these headers is answered with."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall("\r\n".join(["GET /v1 HTTP/1.1", "Host: a", "Connection: close", *headers, "\r\n"]).encode())
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_a_key_is_good_in_every_process_from_when_it_is_made_until_it_is_revoked(
    served: tuple[str, str, Path],
) -> None:
    """The commands work beside the server, whose processes ask the database for each request."""
    address, url, log = served
    assert status(f"{address}{PATH}") == 401
    token = command(url, "add", "kim", "--scope", "read")
    assert re.fullmatch(r"talbuk_\w{8}_\S{43}", token)
    identifier, secret = token.split("_", 2)[1:]
    assert {status(f"{address}{PATH}", token) for _ in range(20)} == {200}
    assert b" 401 " in raw(address, f"Authorization: Bearer {token}", f"Authorization: Bearer {token}")
    malformed = (f"Authorization Bearer {token}", f"{token}@: x", f"Authorization : Bearer {token}")
    for answer in (raw(address, header) for header in malformed):
        assert b" 400 " in answer
        assert secret.encode() not in answer
    assert secret not in command(url, "list")
    command(url, "revoke", identifier)
    assert {status(f"{address}{PATH}", token) for _ in range(20)} == {401}
    assert secret not in log.read_text()
