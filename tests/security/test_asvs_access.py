"""Whoever has a key for some of the data, or for reading alone, gets at nothing else by it."""

import base64
import csv
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.dumping import lines
from api.loading import load
from models import ledger
from models.database import close_database, execute, open_database
from models.keys import FORM, make, revoke
from tests.api.test_problems import assert_problem
from tests.api.test_writing import BUNDLE

Sent = tuple[str, str, Any]
"""Method, address and body of a request."""


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def anyone(empty_database: str, application: Flask, tmp_path: Path) -> FlaskClient:
    """A client without a key, of a small instance, once on each engine."""
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps(BUNDLE))
    load([file])
    close_database()
    open_database(empty_database, read_only=True)
    return application.test_client()


def state() -> tuple[Any, list[str]]:
    """All that an instance holds: where its ledger ends, and its dump."""
    return ledger.head(), list(lines())


def person(**more: Any) -> dict[str, Any]:
    return {"id": "cook", "name": "A cook", **more}


def claim(**more: Any) -> dict[str, Any]:
    given = {"id": "said", "says": "So it is said.", "source": "newspaper", "sets": ["names"], **more}
    return {name: value for name, value in given.items() if value is not None}


ABOUT_ANOTHER = [{"record": "defectors/general", "sets": ["occurred"]}]
ON_A_PERSON: tuple[Sent, ...] = (
    ("POST", "/v1/people", person(claims=[claim(about=ABOUT_ANOTHER)])),
    ("POST", "/v1/people", person(claims=[claim(sets=["occurred"])])),
    ("POST", "/v1/people", person(claims=[claim(id="general-left")])),
    ("POST", "/v1/people", person(claims=[claim(id="../defectors/general")])),
    ("POST", "/v1/people", person(resource="defectors")),
    ("POST", "/v1/people", person(under="defectors/general")),
    ("POST", "/v1/people", person(standing={"any": {"status": "confirmed", "because": []}})),
    ("POST", "/v1/people", person(revision=7, updated="2015-07-10T00:00:00Z")),
    ("PUT", "/v1/people/doctor", {"id": "../defectors/general", "name": "x"}),
    ("PATCH", "/v1/people/doctor", {"claims": [claim(id="general-was")]}),
    ("PATCH", "/v1/people/doctor", {"path": "defectors/general"}),
    ("POST", "/v1/people/witness/merge?reason=x", {"into": "../defectors/general", "revision": 1}),
    ("POST", "/v1/people/witness/merge?reason=x", {"into": "general", "revision": 1}),
    ("POST", "/v1/people/witness/revert", {"entry": 1, "path": "defectors/general"}),
    ("POST", "/v1/bundles", {"coverage": {"from": "1999-01-01"}}),
    ("POST", "/v1/bundles", {"people": [person(resource="defectors")]}),
    ("POST", "/v1/bundles", {"people": [person()], "ledger": []}),
)
OF_OTHERS: tuple[Sent, ...] = (
    ("POST", "/v1/people/doctor/erase?reason=x", None),
    ("POST", "/v1/people/doctor/merge?reason=x", {"into": "witness", "revision": 1}),
    ("POST", "/v1/bundles", {"people": [person()], "claims": [claim(sets=None, about=ABOUT_ANOTHER)]}),
    ("PATCH", "/v1/claims/general-left", {"says": "So."}),
    ("DELETE", "/v1/claims/general-left?reason=x", None),
)


@pytest.mark.parametrize(("method", "url", "body"), [*ON_A_PERSON, *OF_OTHERS])
def test_a_key_for_people_changes_nothing_else(anyone: FlaskClient, method: str, url: str, body: Any) -> None:
    """Not by a claim, an id, a member that is the system's, nor by what a merge would change elsewhere."""
    held = bearer(make("kim", "edit", ["people"])[1]) | {"If-Match": "*"}
    before = state()
    response = anyone.open(url, method=method, json=body, headers=held)
    assert_problem(response, 403 if (method, url, body) in OF_OTHERS else 422)
    assert state() == before


def test_what_a_key_for_people_may_write_moves_no_standing(anyone: FlaskClient) -> None:
    """That a claim under a person answers one about a flight makes it none about the flight."""
    held = bearer(make("kim", "edit", ["people"])[1])
    before = anyone.get("/v1/defectors/general").json
    for relation in ("contradicts", "repeats", "corroborates"):
        answers = [{"claim": "general-left", "relation": relation}]
        body = {
            "id": f"cook-{relation}",
            "name": "A cook",
            "names": [{"text": "Cook"}],
            "claims": [claim(id=f"said-{relation}", answers=answers)],
        }
        written = anyone.post("/v1/people", json=body, headers=held)
        assert written.status_code == 201, written.text
    after = anyone.get("/v1/defectors/general").json
    assert (after["standing"], after["values"]) == (before["standing"], before["values"])


def test_an_answer_that_is_kept_is_for_whom_it_was(anyone: FlaskClient) -> None:
    """Another's Idempotency-Key tells nothing, nor does one's own when the key is revoked."""
    (one, mine), (_, theirs) = make("kim", "edit"), make("lee", "edit")
    sent = {"json": person(editorial={"names": "x"})}
    word = {"Idempotency-Key": "1"}
    assert anyone.post("/v1/people", headers=bearer(mine) | word, **sent).status_code == 201
    other = anyone.post("/v1/people", headers=bearer(theirs) | word, **sent)
    assert_problem(other, 409)
    assert "Idempotent-Replayed" not in other.headers
    assert anyone.post("/v1/people", headers=bearer(mine) | word, **sent).headers["Idempotent-Replayed"] == "true"
    assert revoke(one.id)
    assert_problem(anyone.post("/v1/people", headers=bearer(mine) | word, **sent), 401)


PARAMETERS = ("access_token", "key", "api_key", "apikey", "token", "authorization", "bearer")


def test_a_key_in_an_address_or_a_body_opens_nothing(anyone: FlaskClient) -> None:
    """An address ends in histories and logs; RFC 6750 (section 2.3) advises against it as well."""
    _, token = make("kim", "admin")
    before = state()
    for name in PARAMETERS:
        assert_problem(anyone.get("/v1/people", query_string={name: token}), 422)
        assert_problem(anyone.delete("/v1/people/witness", query_string={name: token, "reason": "x"}), 401)
        assert_problem(anyone.post("/v1/people", json={name: token, **person()}), 401)
        assert_problem(anyone.post("/v1/people", json=person(), headers={"Cookie": f"{name}={token}"}), 401)
        assert_problem(anyone.post("/v1/people", json=person(), headers={f"X-{name}": token}), 401)
    assert state() == before


def test_a_new_instance_has_no_key(empty_database: str) -> None:
    """So there is none that is the same everywhere."""
    assert execute("SELECT count(*) FROM access_key").fetchone() == (0,)


def test_a_secret_is_256_bits_that_nobody_chose(empty_database: str) -> None:
    found = [FORM.fullmatch(make("kim", "read")[1]) for _ in range(40)]
    secrets = [base64.urlsafe_b64decode(f"{one['secret']}=") for one in found if one]
    assert len(set(secrets)) == 40
    assert {len(secret) for secret in secrets} == {32}
    bits = b"".join(secrets)
    assert 0.45 < sum(byte.bit_count() for byte in bits) / (8 * len(bits)) < 0.55


ADDRESSES = (
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "ftp://x.test/",
    "//x.test/",
    "vbscript:x",
)


@pytest.mark.parametrize("url", ADDRESSES)
def test_the_address_of_a_source_is_one_of_the_web(anyone: FlaskClient, url: str) -> None:
    """Programs make links of it."""
    source = {"id": "page", "name": "A page", "kind": "article", "url": url}
    response = anyone.post("/v1/sources", json=source, headers=bearer(make("kim", "edit")[1]))
    assert_problem(response, 422)
    assert response.json["errors"][0]["pointer"] == "/url"


ODD = "</script><b a='1' b=\"2\"> & ]]> {{7*7}} ${7*7} %s {0} \\u0022 \\ = ,; |"


def test_a_text_stays_that_text_in_every_format(anyone: FlaskClient) -> None:
    """Nothing in it ends a string, begins a tag, or is reckoned."""
    held = bearer(make("kim", "edit")[1])
    written = anyone.post(
        "/v1/people", json=person(name=ODD, editorial={"names": ODD}), query_string={"reason": ODD}, headers=held
    )
    assert written.status_code == 201, written.text
    assert anyone.get("/v1/people/cook").json["name"] == ODD
    (line,) = [json.loads(one) for one in anyone.get("/v1/people?id=cook&format=ndjson").text.splitlines()]
    assert (line["name"], line["editorial"]) == (ODD, {"names": ODD})
    header, row = csv.reader(anyone.get("/v1/people?id=cook&format=csv").text.lstrip("\ufeff").splitlines())
    assert row[header.index("name")] == ODD
    feed = ElementTree.fromstring(anyone.get("/v1/changes?format=atom&latest=true&limit=1").data)
    assert ODD in list(feed.itertext())
    found = anyone.get("/v1/search?q=script").json["data"]
    assert len(found) == 1
    assert not re.search("<(?!/?mark>)", found[0]["snippet"])
