"""Do facets count what the list holds? Counting the records that were answered, one by one, judges."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.facets import years_of
from models.database import close_database, open_database
from tests.answered import (
    JUDGED,
    MOMENTS,
    NOW,
    RESOURCES,
    Pairs,
    Record,
    all_of,
    answered,
    asked,
    enumerated,
    every,
    refused,
)
from tests.api.test_lists import DATES, root_of
from tests.known import documents

POLICIES = ("any", "official", "two-roots")
MOST = 100
SEED = 20150710
LATE: Pairs = (("known_by", "2015-12-31"),)
"""All documents of the bundle that have a date are known by then, but not all claims."""

Values = Callable[[Mapping[str, Any], str], Iterable[Any]]
"""(record, policy) -> the values that it counts for."""


def at(dotted: str) -> Values:
    return lambda record, _: every(dict(record), dotted)


def status(record: Mapping[str, Any], policy: str) -> Iterable[Any]:
    return every(record["standing"][policy]["status"], "")


def through(record: Mapping[str, Any], _: str) -> Iterable[Any]:
    """The documents that its claims come through, as far as they are shown."""
    return [slug for claim in record["claims"] for slug in documents(claim)]


def about_types(claim: Mapping[str, Any], _: str) -> Iterable[Any]:
    return [path.partition("/")[0] for path in every(claim["about"], "record")]


def conflicts(record: Mapping[str, Any], _: str) -> Iterable[Any]:
    return list(record["conflicts"])


def asserting(record: Mapping[str, Any], _: str) -> Iterable[Any]:
    """The roots of the claims that assert that it occurred."""
    path = record["url"].removeprefix("/v1/")
    return [
        root_of(claim)
        for claim in record["claims"]
        if claim["stance"] == "asserts"
        and any(about["record"] == path and about["sets"].get("occurred") for about in claim["about"])
    ]


EVENT: dict[str, Values] = {
    "root": asserting,
    "stance": at("claims.stance"),
    "status": status,
    "scope": at("scope"),
    "linked": at("links.relation"),
    "source": through,
    "conflict": conflicts,
    "stage": at("stage"),
}
FACETS: dict[str, dict[str, Values]] = {
    "defectors": {
        **EVENT,
        **{name: at(name) for name in ("sector", "motive", "whereabouts")},
        "kind": at("party.kind"),
        "institution": at("institutions"),
        "person": at("people"),
        "left_from": at("left_from.country"),
        "destination": at("destination.country"),
    },
    "purges": {
        **EVENT,
        **{name: at(name) for name in ("kind", "form", "change", "by")},
        "person": at("targets.people"),
        "institution": at("targets.institutions"),
        "place": at("place.country"),
    },
    "institutions": {"kind": at("kind"), "country": at("country")},
    "people": {"country": at("country"), "institution": at("roles.institution")},
    "sources": {"kind": at("kind"), "publisher": at("publisher"), "author": at("authors"), "cites": at("cites")},
    "claims": {
        "root": lambda claim, _: every(root_of(claim), ""),
        "answers": at("answers.relation"),
        "about": at("about.record"),
        "about_type": about_types,
        "source": at("source"),
        "via": at("chain.source"),
        **{name: at(f"origin.{name}") for name in ("person", "institution", "side", "identity", "capacity")},
        **{name: at(name) for name in ("stance", "commitment")},
    },
    "indicators": {"status": status, **{name: at(name) for name in ("scope", "measure", "holder", "about")}},
    "assessments": {name: at(name) for name in ("scope", "holder", "kind", "question", "answer", "about")},
}


def counted(records: list[Record], values: Values, policy: str) -> Counter[Any]:
    """How many records have each value, None where they have none."""
    return Counter(value for record in records for value in set(values(record, policy)) or {None})


def by_year(records: list[Record], name: str) -> list[Record]:
    """Of each year, how many dates lie in it and how many may; open ends reach as far as any date of the list."""
    dates = [record[name] for record in records if record[name]]
    ends = [int(date[end][:4]) for date in dates for end in ("earliest", "latest") if date[end]]
    surely: Counter[int] = Counter()
    possibly: Counter[int] = Counter()
    for date in dates:
        first = int(date["earliest"][:4]) if date["earliest"] else min(ends)
        last = int(date["latest"][:4]) if date["latest"] else max(ends)
        possibly.update(range(first, last + 1))
        surely.update([first] if date["earliest"] and date["latest"] and first == last else [])
    found = [
        {"value": f"{year:04}", "surely": surely[year], "possibly": count} for year, count in sorted(possibly.items())
    ]
    undated = len(records) - len(dates)
    return found + ([{"value": None, "surely": undated, "possibly": undated}] if undated else [])


def assert_counted(resource: str, body: Record, policy: str = "any") -> None:
    """Every facet of an answer is what its own records, all on this page and with their claims, add up to."""
    assert body["links"]["next"] is None
    for name, buckets in body["meta"]["facets"].items():
        if name in DATES.get(resource, ()):
            assert len(buckets) <= MOST
            assert buckets == by_year(body["data"], name), f"{resource} {name}"
            continue
        counts = counted(body["data"], FACETS[resource][name], policy)
        told = [(bucket["value"], bucket["count"]) for bucket in buckets]
        assert all(list(bucket) == ["value", "count"] for bucket in buckets)
        assert len(dict(told)) == len(told) == min(len(counts), MOST), f"{resource} {name}"
        assert dict(told).items() <= counts.items(), f"{resource} {name}"
        assert [count for _, count in told] == sorted(counts.values(), reverse=True)[:MOST]


def facets_asked(client: FlaskClient, resource: str) -> list[tuple[str, str]]:
    return [("facet", name) for name in enumerated(client, f"/v1/{resource}", "facet")]


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_facet_is_tried_here(client: FlaskClient, resource: str) -> None:
    tried = {*FACETS[resource], *DATES.get(resource, ())}
    assert {name for _, name in facets_asked(client, resource)} == tried


@pytest.mark.parametrize("moment", MOMENTS[1:], ids=str)
@pytest.mark.parametrize("resource", RESOURCES)
def test_facets_count_what_was_known(client: FlaskClient, resource: str, moment: Pairs) -> None:
    """They are what the masked records add up to."""
    assert_whole_list_counted(client, resource, moment)


@pytest.mark.parametrize("moment", [NOW, LATE], ids=str)
@pytest.mark.parametrize("resource", RESOURCES)
def test_facets_count_the_whole_list(either: FlaskClient, resource: str, moment: Pairs) -> None:
    """Of the bundle too, whose dates and lists are of every kind."""
    assert_whole_list_counted(either, resource, moment)


@pytest.mark.parametrize("moment", MOMENTS[1:], ids=str)
def test_facets_count_what_was_known_before_its_document(
    request: pytest.FixtureRequest, application: Flask, sqlite_with_bundle: str, moment: Pairs
) -> None:
    """The bundle has claims that became known before documents that they name, or come through."""
    request.addfinalizer(close_database)
    open_database(sqlite_with_bundle)
    for resource in ("assessments", "claims"):
        assert_whole_list_counted(application.test_client(), resource, moment)


def assert_whole_list_counted(either: FlaskClient, resource: str, moment: Pairs) -> None:
    """Every facet at once, under each policy, over all scopes and over subjects alone, whatever the page shows."""
    facets = facets_asked(either, resource)
    for scopes in (all_of(resource), [("limit", "500")]):
        for policy in POLICIES if resource in JUDGED else ("any",):
            asking = [*scopes, *moment, *facets, ("policy", policy)]
            body = answered(either.get(asked(resource, *asking, ("include", "claims"))))
            assert list(body["meta"]["facets"]) == [name for _, name in facets]
            assert_counted(resource, body, policy)
            asking = [(name, "1" if name == "limit" else value) for name, value in asking]
            assert answered(either.get(asked(resource, *asking)))["meta"]["facets"] == body["meta"]["facets"]


@pytest.mark.parametrize("moment", [NOW, LATE], ids=str)
@pytest.mark.parametrize("resource", RESOURCES)
def test_facets_count_what_the_filters_leave(either: FlaskClient, resource: str, moment: Pairs) -> None:
    """Filters by values that facets gave: one, then two together with a third value of the first, its own facet too."""
    facets = facets_asked(either, resource)
    body = answered(either.get(asked(resource, *all_of(resource), *moment, *facets)))
    buckets = [(name, b["value"]) for name, found in body["meta"]["facets"].items() for b in found if b["value"]]
    draw = Random(SEED)
    for _ in range(8):
        filters = draw.sample(buckets, min(len(buckets), draw.choice((1, 2, 3))))
        pairs = [*([] if any(name == "scope" for name, _ in filters) else all_of(resource)[:-1]), ("limit", "500")]
        asking = [*pairs, *moment, *filters, *facets, ("include", "claims")]
        found = answered(either.get(asked(resource, *asking)))
        assert len(found["data"]) < len(body["data"]) or found["data"] or not body["data"]
        assert_counted(resource, found)


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
@pytest.mark.parametrize("resource", RESOURCES)
def test_a_bucket_holds_what_its_filter_finds(client: FlaskClient, resource: str, moment: Pairs) -> None:
    """A value leads on to as many records as it counts; a year to those that surely and possibly lie in it."""
    facets = facets_asked(client, resource)
    body = answered(client.get(asked(resource, *all_of(resource), *moment, *facets)))
    buckets = [(name, bucket) for name, found in body["meta"]["facets"].items() for bucket in found if bucket["value"]]
    for name, bucket in Random(SEED).sample(buckets, min(len(buckets), 12)):
        pairs = [pair for pair in all_of(resource) if pair[0] != name] + [*moment, (name, bucket["value"])]
        for key, certainty in (("count", "possibly"), ("possibly", "possibly"), ("surely", "surely")):
            if key in bucket:
                total = answered(client.get(asked(resource, *pairs, ("certainty", certainty), ("total", "true"))))
                assert total["meta"]["total"] == bucket[key], f"{resource} {name} {bucket}"


def test_the_commonest_hundred_are_given(client: FlaskClient) -> None:
    """Claims are about more records than that."""
    body = answered(client.get(asked("claims", ("facet", "about"), ("limit", "500"), ("include", "claims"))))
    assert len(body["meta"]["facets"]["about"]) == MOST < len(counted(body["data"], at("about.record"), "any"))


def test_facets_of_nothing_are_empty(client: FlaskClient) -> None:
    asking = [("id", "no-such-record"), *facets_asked(client, "defectors")]
    body = answered(client.get(asked("defectors", *asking)))
    assert all(found == [] for found in body["meta"]["facets"].values())


def test_before_coverage_there_are_no_facets(client: FlaskClient) -> None:
    body = answered(client.get(asked("defectors", ("facet", "motive"), ("known_by", "1990-01-01"))))
    assert body["data"] == []
    assert body["meta"]["covered"] is False
    assert "facets" not in body["meta"]


@pytest.mark.parametrize("moment", [NOW, LATE], ids=str)
def test_claims_below_a_record_are_counted_alone(client: FlaskClient, moment: Pairs) -> None:
    asking = [("limit", "500"), *moment, *facets_asked(client, "claims"), ("include", "claims")]
    body = answered(client.get(asked("people/kim-jong-un/claims", *asking)))
    assert len(body["data"]) > 1
    assert_counted("claims", body)


@pytest.mark.parametrize(
    ("resource", "name", "nearest"),
    [("defectors", "motve", "motive"), ("purges", "wen", "when"), ("claims", "stanc", "stance")],
)
def test_an_unknown_facet_is_refused_with_the_nearest(
    client: FlaskClient, resource: str, name: str, nearest: str
) -> None:
    fault = refused(client.get(asked(resource, ("facet", name))), "facet")
    assert fault["nearest"] == nearest
    assert set(fault["allowed"]) == {*FACETS[resource], *DATES[resource]}


@pytest.mark.parametrize("path", ["timeline", "search", "stats", "changes/standing", "defectors/thae-yong-ho"])
def test_what_has_no_facets_takes_none(client: FlaskClient, path: str) -> None:
    needed = {"search": [("q", "kim")], "stats": [("by", "year")]}.get(path, [])
    refused(client.get(asked(path, *needed, ("facet", "motive"))), "facet")


@pytest.mark.parametrize(
    ("spans", "asked", "years"),
    [
        (["2014 2016", "2015 9999"], "2015 9999", [2015, 2016]),
        (["2014 2016", "0000 2015"], "0000 2015", [2014, 2015]),
        (["2015 9999"], "2015 9999", [2015]),
        (["9999 9999"], "9999 9999", [9999]),
        (["2015 2015", "9999 9999"], "9999 9999", [9999]),
    ],
)
def test_an_open_end_reaches_as_far_as_any_date_and_the_last_year_is_one(
    spans: list[str], asked: str, years: list[int]
) -> None:
    """9999 is a year that a coder may write, as well as what open ends sort as."""
    assert list(years_of(spans)(asked)) == years
