"""Does a chain lead from the document outward to the root, and to what else that says? The claims served judge."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.database import close_database, open_database
from tests.api.test_lists import root_of

Given = Mapping[str, Any]

MOMENTS = [
    {"known_by": "2015-07-01", "known_bound": "possibly"},
    {"known_by": "2015-07-12", "known_bound": "surely"},
    {"known_by": "2016-08-20", "known_bound": "surely"},
    {"known_by": "2016-08-20", "known_bound": "possibly"},
]


@pytest.fixture(scope="session")
def claims(sqlite_with_fixtures: str, application: Flask) -> dict[str, dict[str, Any]]:
    """Every claim, as the list has it."""
    open_database(sqlite_with_fixtures)
    found = listed(application.test_client(), "/v1/claims")
    close_database()
    assert len(found) > 200
    return found


def listed(client: FlaskClient, address: str, **asked: str) -> dict[str, dict[str, Any]]:
    """All records of a list, by id."""
    parts = urlsplit(address)
    query = urlencode({**dict(parse_qsl(parts.query)), "limit": "500", **asked})
    response = client.get(f"{parts.path}?{query}")
    assert response.status_code == 200, response.text
    assert response.json["links"]["next"] is None
    return {record["id"]: record for record in response.json["data"]}


def chain_of(client: FlaskClient, slug: str, **asked: str) -> dict[str, Any]:
    response = client.get(f"/v1/claims/{slug}/chain?{urlencode(asked)}")
    assert response.status_code == 200, response.text
    return dict(response.json)


def assert_steps(chain: Given, claim: Given) -> None:
    """They are the document in which we read it, if it is known, and then those of its `chain`."""
    steps = chain["steps"]
    if claim["source"]:
        assert steps[0].items() >= {"source": claim["source"], "speaker": None, "verb": None}.items()
        steps = steps[1:]
    assert [{name: step[name] for name in ("source", "speaker", "description", "verb")} for step in steps] == [
        {name: step.get(name) for name in ("source", "speaker", "description", "verb")} for step in claim["chain"]
    ]


def shared(claim: Given, root: str | None, others: Mapping[str, Given]) -> list[dict[str, Any]]:
    """The other claims of its root, as a chain tells them."""
    return [
        {
            **{name: other[name] for name in ("id", "url", "says", "source")},
            "about": [about["record"] for about in other["about"]],
        }
        for slug, other in sorted(others.items())
        if root and slug != claim["id"] and root_of(other) == root
    ]


def test_a_chain_leads_from_the_document_to_the_root(client: FlaskClient, claims: dict[str, Any]) -> None:
    several = 0
    for slug, claim in claims.items():
        chain = chain_of(client, slug, limit="500")
        assert {name: chain[name] for name in ("claim", "says", "seen", "origin", "root")} == {
            "claim": slug, "says": claim["says"], "seen": claim["seen"], "origin": claim["origin"],
            "root": root_of(claim),
        }  # fmt: skip
        assert_steps(chain, claim)
        assert chain["same_root"] == shared(claim, root_of(claim), claims), slug
        several += len(chain["steps"]) > 2
    assert several > 5, "chains of more than one step are tried"


def test_each_step_is_called_by_its_record(client: FlaskClient, claims: dict[str, Any]) -> None:
    steps = [step for slug in claims for step in chain_of(client, slug)["steps"]]
    names = {(step["url"], step["name"]) for step in steps if step["url"]}
    assert len(names) > 20
    for url, name in names:
        assert client.get(url).json["name"] == name
    for step in steps:
        path = f"sources/{step['source']}" if step["source"] else step["speaker"]
        assert step["url"] == (f"/v1/{path}" if path else None)
        assert step["url"] or step["name"] == step["description"]


def test_root_finds_all_that_its_root_claims(client: FlaskClient, claims: dict[str, Any]) -> None:
    roots = {slug: root_of(claim) for slug, claim in claims.items()}
    for root in sorted({root for root in roots.values() if root}):
        of_it = {slug for slug, other in roots.items() if other == root}
        assert set(listed(client, "/v1/claims", root=root)) == of_it, root
        chain = chain_of(client, min(of_it))
        assert set(listed(client, chain["links"]["same_root"])) == of_it, root
    assert listed(client, "/v1/claims", root="named:person:nobody") == {}


def test_both_ways_to_be_a_root_are_tried(claims: dict[str, Any]) -> None:
    """Those who are named, by who they are; the others by the outermost document."""
    roots = [root.split(":")[:2] for claim in claims.values() if (root := root_of(claim))]
    assert {kind for _, kind in roots} == {"person", "institution", "document"}
    assert {identity for identity, _ in roots} >= {"named", "collective", "anonymous"}


def test_a_limit_cuts_the_others_off(client: FlaskClient, claims: dict[str, Any]) -> None:
    slug = max(claims, key=lambda one: sum(root_of(other) == root_of(claims[one]) for other in claims.values()))
    whole = chain_of(client, slug, limit="500")["same_root"]
    assert len(whole) > 3
    for limit in (1, 2, len(whole), len(whole) + 1):
        assert chain_of(client, slug, limit=str(limit))["same_root"] == whole[:limit]
    for limit in ("0", "501", "-1", "all", ""):
        refused = client.get(f"/v1/claims/{slug}/chain?limit={limit}")
        assert (refused.status_code, refused.json["errors"][0]["parameter"]) == (422, "limit")


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: "-".join(moment.values()))
def test_a_chain_is_told_as_it_was_known(client: FlaskClient, claims: dict[str, Any], moment: dict[str, str]) -> None:
    """Only claims, documents and texts of that day; a root that is a document is known when that is."""
    known = listed(client, "/v1/claims", **moment)
    documents = {f"sources/{slug}" for slug in listed(client, "/v1/sources", **moment)}
    assert known
    followed: set[str] = set()
    for slug, claim in known.items():
        chain = chain_of(client, slug, limit="500", **moment)
        root = root_of(claims[slug]) or ""
        document = root.partition(":document:")[2]
        told = root if root and (not document or document in documents) else None
        assert (chain["root"], chain["says"], chain["origin"]) == (told, claim["says"], claim["origin"]), slug
        assert_steps(chain, claim)
        of_it = {one for one in known if told and root_of(claims[one]) == told}
        assert [one["id"] for one in chain["same_root"]] == sorted(of_it - {slug}), slug
        assert all(one == {**one, **known_part(known[one["id"]])} for one in chain["same_root"]), slug
        if told and told not in followed:
            assert set(listed(client, chain["links"]["same_root"])) == of_it, "the link keeps to the day"
            followed.add(told)
    unknown = sorted(claims.keys() - known.keys())
    for slug in unknown[:10]:
        assert client.get(f"/v1/claims/{slug}/chain?{urlencode(moment)}").status_code == 404


def known_part(claim: Given) -> dict[str, Any]:
    return {
        "says": claim["says"], "source": claim["source"], "about": [about["record"] for about in claim["about"]],
    }  # fmt: skip


def test_what_has_no_chain_is_not_found(client: FlaskClient) -> None:
    assert client.get("/v1/claims/no-such-claim/chain").status_code == 404
    assert client.get("/v1/defectors/thae-yong-ho/chain").status_code == 404
    before = client.get("/v1/claims/thae-announced/chain?known_by=2001-01-01")
    assert before.status_code == 404
    refused = client.get("/v1/claims/thae-announced/chain?policy=any")
    assert (refused.status_code, refused.json["errors"][0]["parameter"]) == (422, "policy")
