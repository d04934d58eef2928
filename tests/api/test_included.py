"""Are `included` the records that those shown refer to, all of them and no others? Walking the documents judges."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.answered import (
    ALL_SCOPES,
    MOMENTS,
    NOW,
    RESOURCES,
    SCOPED,
    Pairs,
    Record,
    all_of,
    answered,
    asked,
    every,
    refused,
    whole,
)

KINDS = tuple(name for name in RESOURCES if name != "claims")
"""What `include` may name, beside each record's claims."""

REFERENCES: dict[str, dict[str, str]] = {
    "defectors": {"people": "people/", "institutions": "institutions/"},
    "purges": {"targets.people": "people/", "targets.institutions": "institutions/", "by": ""},
    "institutions": {"part_of": "institutions/"},
    "people": {"roles.institution": "institutions/", "ties.person": "people/"},
    "sources": {"publisher": "institutions/", "authors": "people/", "cites": "sources/"},
    "claims": {
        "about.record": "",
        "answers.claim": "claims/",
        "source": "sources/",
        "chain.source": "sources/",
        "chain.speaker": "",
        "leans_on": "sources/",
        "quotes": "",
        "origin.person": "people/",
        "origin.institution": "institutions/",
    },
    "indicators": {"holder": "", "about": ""},
    "assessments": {"holder": "", "about": "", "affiliation": "institutions/"},
}
"""Resource -> where a record of it refers to others -> what stands before what it says there, to make a path."""


def own_references(resource: str, record: Mapping[str, Any]) -> Iterator[str]:
    """The paths that the fields of a record refer to."""
    yield from every(record.get("links"), "to")
    for dotted, before in REFERENCES[resource].items():
        yield from (f"{before}{value}" for value in every(dict(record), dotted))
    for about in record["about"] if resource == "claims" else ():
        yield from _set(about["record"].partition("/")[0], about["sets"])


def _set(resource: str, values: Mapping[str, Any]) -> Iterator[str]:
    """The paths in values that a claim sets: named `people`, or `targets.people`, or whole as `roles`."""
    for dotted, before in REFERENCES[resource].items():
        for name, value in values.items():
            if dotted == name or dotted.startswith(f"{name}."):
                yield from (f"{before}{found}" for found in every(value, dotted[len(name) + 1 :]))


def referred_to(resource: str, record: Mapping[str, Any]) -> set[str]:
    """All that a record and the claims shown with it refer to."""
    own = set(own_references(resource, record))
    return own.union(*(own_references("claims", claim) for claim in record.get("claims", ())))


def by_path(client: FlaskClient, moment: Pairs) -> dict[str, Record]:
    """All records, as lists show them at a moment."""
    return {f"{name}/{record['id']}": record for name in KINDS for record in whole(client, name, *moment)}


def wanted(kinds: tuple[str, ...], targets: set[str], world: Mapping[str, Record]) -> dict[str, list[Record]]:
    """What must be included: what is referred to and known, once each, by id."""
    return {kind: [world[p] for p in sorted(targets & world.keys()) if p.startswith(f"{kind}/")] for kind in kinds}


def including(*kinds: str) -> list[tuple[str, str]]:
    return [("include", kind) for kind in kinds]


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
@pytest.mark.parametrize("resource", RESOURCES)
def test_a_list_includes_what_its_records_refer_to(client: FlaskClient, resource: str, moment: Pairs) -> None:
    """Of every kind at once, with each record's claims and without, and page by page."""
    world, found = by_path(client, moment), 0
    for claims in ((), ("claims",)):
        body = answered(client.get(asked(resource, *all_of(resource), *moment, *including(*claims, *KINDS))))
        assert list(body) == ["data", "links", "meta", "included"]
        assert body["data"] == whole(client, resource, *moment, *including(*claims))
        targets = set().union(*(referred_to(resource, record) for record in body["data"]))
        assert body["included"] == wanted(KINDS, targets, world)
        found += sum(map(len, body["included"].values()))
    if moment == NOW:
        assert found > 10
        assert targets - world.keys() <= {target for target in targets if target.startswith("claims/")}


@pytest.mark.parametrize("resource", ["defectors", "claims", "people"])
def test_a_page_includes_what_it_refers_to_itself(client: FlaskClient, resource: str) -> None:
    world = by_path(client, NOW)
    address: str | None = asked(resource, ("limit", "7"), *including("people", "institutions"))
    for _ in range(3):
        assert address is not None
        body = answered(client.get(address))
        targets = set().union(*(referred_to(resource, record) for record in body["data"]))
        assert body["included"] == wanted(("people", "institutions"), targets, world)
        address = body["links"]["next"]


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
@pytest.mark.parametrize("resource", RESOURCES)
def test_a_single_record_includes_what_it_refers_to(client: FlaskClient, resource: str, moment: Pairs) -> None:
    """A single record shows its claims, and so what they refer to."""
    world = by_path(client, moment)
    records = whole(client, resource, *moment)
    for slug in [record["id"] for record in records[:: len(records) // 5 or 1]]:
        body = answered(client.get(asked(f"{resource}/{slug}", *moment, *including(*KINDS))))
        included = body.pop("included")
        assert body == answered(client.get(asked(f"{resource}/{slug}", *moment)))
        assert included == wanted(KINDS, referred_to(resource, body), world)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_alone(client: FlaskClient, kind: str) -> None:
    body = answered(client.get(asked("claims", ("limit", "500"), *including(kind))))
    assert list(body["included"]) == [kind]
    ids = [record["id"] for record in body["included"][kind]]
    assert ids == sorted(set(ids)) != []


def test_kinds_come_in_the_order_asked_for_and_are_there_when_empty(client: FlaskClient) -> None:
    body = answered(client.get(asked("institutions", ("limit", "1"), *including("sources", "people", "sources"))))
    assert list(body["included"]) == ["sources", "people"]
    assert body["included"]["sources"] == []


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_what_is_included_is_whole_whichever_fields_are_named(client: FlaskClient, moment: Pairs) -> None:
    for resource in ("defectors", "people", "claims"):
        asking = [*all_of(resource), *moment, *including(*KINDS)]
        body = answered(client.get(asked(resource, *asking, ("fields", "updated"))))
        assert all(list(record) == ["id", "url", "updated"] for record in body["data"])
        assert body["included"] == answered(client.get(asked(resource, *asking)))["included"]


def test_claims_that_are_not_shown_include_nothing(client: FlaskClient) -> None:
    """`fields=` leaves the claims of a single record out: what they alone refer to has nothing to stand by."""
    world = by_path(client, NOW)
    record = answered(client.get(asked("defectors/thae-yong-ho")))
    shown = answered(client.get(asked("defectors/thae-yong-ho", ("fields", "name"), *including(*KINDS))))
    own = set(own_references("defectors", record))
    assert shown["included"] == wanted(KINDS, own, world)
    assert own < referred_to("defectors", record)
    with_claims = client.get(asked("defectors/thae-yong-ho", ("fields", "claims"), *including(*KINDS)))
    assert answered(with_claims)["included"] == wanted(KINDS, referred_to("defectors", record), world)


@pytest.mark.parametrize("resource", RESOURCES)
def test_claims_of_each_record(client: FlaskClient, resource: str) -> None:
    """Those of a list are those of the record alone, and those below it."""
    records = whole(client, resource, *including("claims"))
    for record in records[:: len(records) // 6 or 1]:
        alone = answered(client.get(asked(f"{resource}/{record['id']}")))
        below = answered(client.get(asked(f"{resource}/{record['id']}/claims", ("limit", "500"))))
        assert record == alone
        assert sorted(claim["id"] for claim in below["data"]) == [claim["id"] for claim in record["claims"]]
    bare = whole(client, resource)
    assert bare == [{name: v for name, v in record.items() if name != "claims"} for record in records]


def test_claims_below_a_record_include_too(client: FlaskClient) -> None:
    body = answered(client.get(asked("defectors/thae-yong-ho/claims", ("limit", "500"), *including("sources"))))
    targets = set().union(*(referred_to("claims", claim) for claim in body["data"]))
    assert body["included"] == wanted(("sources",), targets, by_path(client, NOW))


def test_a_scope_is_no_matter_of_what_is_included(client: FlaskClient) -> None:
    """Claims are about background too."""
    body = answered(client.get(asked("claims", ("limit", "500"), *including(*SCOPED))))
    scopes = {record["scope"] for kind in SCOPED for record in body["included"][kind]}
    assert {scope for _, scope in ALL_SCOPES} >= scopes > {"subject"}


def test_what_may_be_included(client: FlaskClient) -> None:
    assert refused(client.get(asked("defectors", ("include", "institution"))), "include")["nearest"] == "institutions"
    fault = refused(client.get(asked("defectors/thae-yong-ho", ("include", "claims"))), "include")
    assert set(fault["allowed"]) == set(KINDS)
