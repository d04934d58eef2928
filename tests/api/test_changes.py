"""Are changes of standing those of the histories, and these what each day said? The records of each day judge."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.database import close_database, open_database
from models.dates import parse

Given = Mapping[str, Any]
Asked = Sequence[tuple[str, str]]

JUDGED = ("defectors", "purges", "indicators")
SCOPES = ("subject", "background", "comparison")
POLICIES = ("any", "official", "two-roots")
BOUNDS = ("surely", "possibly")
OPEN_START = "0000-00-00"

DATES = ("2014", "2015", "2015-07", "2015-07-10", "2014-03/2014-06", "2016~", "2030", "[2015-07-09,2015-07-12]")
"""For `after` and `before`."""


# --- two sets of data on two engines --------------------------------------------------------------------------------


ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["fixtures", "traps"])
def reader(request: pytest.FixtureRequest, engine: str, application: Flask) -> Iterator[FlaskClient]:
    """A client over each set of data, on each engine."""
    open_database(request.getfixturevalue(f"{engine}_with_{request.param}"))
    yield application.test_client()
    close_database()


# --- asking, and the same from the histories ------------------------------------------------------------------------


def answered(client: FlaskClient, address: str, asked: Asked = ()) -> dict[str, Any]:
    response = client.get(f"{address}?{urlencode(asked)}")
    assert response.status_code == 200, response.text
    return dict(response.json)


def pages(client: FlaskClient, asked: Asked) -> Iterator[dict[str, Any]]:
    address: str | None = f"/v1/changes/standing?{urlencode(asked)}"
    while address:
        response = client.get(address)
        assert response.status_code == 200, response.text
        page = response.json
        assert page["meta"]["count"] == len(page["data"]) <= page["meta"]["limit"]
        yield page
        address = page["links"]["next"]


def changes(client: FlaskClient, asked: Asked) -> list[dict[str, Any]]:
    """All changes, on one page."""
    (page,) = pages(client, [*asked, ("limit", "500")])
    return list(page["data"])


def judged(client: FlaskClient) -> Iterator[tuple[str, dict[str, Any]]]:
    """The kind and whole of each record that has a standing."""
    for kind in JUDGED:
        asked = [*(("scope", scope) for scope in SCOPES), ("limit", "500"), ("include", "claims")]
        for record in answered(client, f"/v1/{kind}", asked)["data"]:
            yield kind, record


def history(client: FlaskClient, record: Given, *asked: tuple[str, str]) -> list[dict[str, Any]]:
    return list(answered(client, f"{record['url']}/history", asked)["data"])


def told(client: FlaskClient, policy: str, bound: str) -> list[tuple[dict[str, Any], str]]:
    """Every change of status under a policy by the histories, in order, each with its record's scope."""
    found = []
    for kind, record in judged(client):
        before = None
        for period in history(client, record, ("known_bound", bound)):
            verdict = period["standing"][policy]
            if verdict["status"] != before:
                change = {
                    "date": period["from"],
                    "type": kind,
                    **{name: record[name] for name in ("id", "url", "name")},
                    "from": before,
                    "to": verdict["status"],
                    "because": verdict["because"],
                    "claims": period["claims"],
                }
                found.append((change, record["scope"]))
            before = verdict["status"]
    return sorted(found, key=lambda one: (one[0]["date"] or OPEN_START, f"{one[0]['type']}/{one[0]['id']}"))


# --- changes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("policy", POLICIES)
def test_changes_are_those_of_the_histories(reader: FlaskClient, policy: str, bound: str) -> None:
    every = told(reader, policy, bound)
    assert every
    asked = [("policy", policy), ("known_bound", bound)]
    assert changes(reader, [*asked, *(("scope", scope) for scope in SCOPES)]) == [change for change, _ in every]
    assert changes(reader, asked) == [change for change, scope in every if scope == "subject"]


def test_both_sets_have_what_is_to_be_tried(reader: FlaskClient) -> None:
    """Changes to another status, and not only first ones."""
    every = [change for bound in BOUNDS for change, _ in told(reader, "any", bound)]
    assert any(change["from"] for change in every)
    assert len({change["to"] for change in every}) > 3


def test_by_policy_any_and_what_is_surely_known(reader: FlaskClient) -> None:
    assert changes(reader, []) == changes(reader, [("policy", "any"), ("known_bound", "surely")])


@pytest.mark.parametrize("bound", BOUNDS)
def test_after_and_before_are_of_days(reader: FlaskClient, bound: str) -> None:
    """After the last day of a date, before its first; what is on an open day is before all, and after none."""
    every = [change for change, scope in told(reader, "any", bound) if scope == "subject"]
    asked = [("known_bound", bound)]
    for day in DATES:
        given = parse(day)
        later = [change for change in every if (change["date"] or OPEN_START) > str(given.latest)]
        earlier = [change for change in every if (change["date"] or OPEN_START) < str(given.earliest)]
        assert changes(reader, [*asked, ("after", day)]) == later, day
        assert changes(reader, [*asked, ("before", day)]) == earlier, day
        within = [change for change in every if change not in later and change not in earlier]
        around = [("after", str(eve(str(given.earliest)))), ("before", str(eve(str(given.latest), -1)))]
        assert changes(reader, [*asked, *around]) == within, day


def eve(day: str, days: int = 1) -> date:
    return date.fromisoformat(day) - timedelta(days=days)


def test_filters_narrow(reader: FlaskClient) -> None:
    for policy in POLICIES:
        every = told(reader, policy, "surely")
        subjects = [change for change, scope in every if scope == "subject"]
        asked = [("policy", policy)]
        for kind in JUDGED:
            wanted = [change for change in subjects if change["type"] == kind]
            assert changes(reader, [*asked, ("type", kind)]) == wanted
        for scope in SCOPES:
            assert changes(reader, [*asked, ("scope", scope)]) == [change for change, own in every if own == scope]
        for status in {change["to"] for change in subjects}:
            wanted = [change for change in subjects if change["to"] == status]
            assert changes(reader, [*asked, ("status", status or "none")]) == wanted
        several = [*asked, ("status", "reported"), ("status", "none"), ("type", "purges"), ("type", "defectors")]
        wanted = [c for c in subjects if c["to"] in {"reported", None} and c["type"] in {"purges", "defectors"}]
        assert changes(reader, several) == wanted


@pytest.mark.parametrize("bound", BOUNDS)
def test_pages_give_each_change_once(reader: FlaskClient, bound: str) -> None:
    for more in ([], [("scope", "background"), ("scope", "subject"), ("policy", "official")]):
        asked = [("known_bound", bound), *more]
        at_once = changes(reader, asked)
        assert at_once
        for limit in ("1", "7"):
            walked = list(pages(reader, [*asked, ("limit", limit)]))
            assert [change for page in walked for change in page["data"]] == at_once
            assert all(len(page["data"]) == int(limit) for page in walked[:-1])


def test_a_cursor_is_good_for_its_own_changes(reader: FlaskClient) -> None:
    cursor = answered(reader, "/v1/changes/standing", [("limit", "1")])["links"]["next"].partition("cursor=")[2]
    for other in ("policy=official", "known_bound=possibly", "after=2014", "type=purges", "status=reported"):
        refused = reader.get(f"/v1/changes/standing?{other}&cursor={cursor}")
        assert (refused.status_code, refused.json["errors"][0]["parameter"]) == (422, "cursor"), other
    assert reader.get(f"/v1/changes/standing?limit=2&cursor={cursor}").status_code == 200


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ("after=soon", "after"), ("before=2015-24", "before"), ("after=2015/..", "after"), ("before=../2015", "before"),
        ("policy=none", "policy"), ("known_bound=maybe", "known_bound"), ("type=people", "type"),
        ("status=so", "status"),
        ("scope=all", "scope"), ("limit=0", "limit"), ("known_by=2015-07-10", "known_by"), ("cursor=x", "cursor"),
        ("after=2014&after=2015", "after"),
    ],
)  # fmt: skip
def test_what_is_asked_wrongly_is_refused(reader: FlaskClient, asked: str, parameter: str) -> None:
    refused = reader.get(f"/v1/changes/standing?{asked}")
    assert (refused.status_code, [fault["parameter"] for fault in refused.json["errors"]]) == (422, [parameter])


# --- the history of one record --------------------------------------------------------------------------------------


def of_policy(periods: Sequence[Given], policy: str) -> list[dict[str, Any]]:
    """The changes of the standing under one policy alone."""
    kept: list[dict[str, Any]] = []
    before: Given = {"status": None, "because": []}
    for period in periods:
        if period["standing"][policy] != before:
            kept.append(dict(period))
        before = period["standing"][policy]
    return linked(kept)


def linked(periods: Sequence[Given]) -> list[dict[str, Any]]:
    """Periods each of which lasts until the next."""
    after = zip_longest(periods, periods[1:])
    return [{**period, "until": following["from"] if following else None} for period, following in after]


@pytest.mark.parametrize("bound", BOUNDS)
def test_the_history_under_a_policy_has_its_changes_alone(reader: FlaskClient, bound: str) -> None:
    for _, record in judged(reader):
        every = history(reader, record, ("known_bound", bound))
        assert every == linked(every)
        for policy in POLICIES:
            own = history(reader, record, ("known_bound", bound), ("policy", policy))
            assert own == of_policy(every, policy), (record["url"], policy)


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_history_until_a_day_tells_nothing_later(reader: FlaskClient, bound: str) -> None:
    """It is what comes before in the whole one, and its last period has no end yet."""
    tried, covered_from = 0, answered(reader, "/v1")["coverage_from"]
    for _, record in judged(reader):
        every = history(reader, record, ("known_bound", bound))
        for period in every[1:]:
            for day in (day for day in (str(eve(period["from"])), period["from"]) if day >= covered_from):
                wanted = linked([p for p in every if (p["from"] or OPEN_START) <= day])
                asked = [("known_bound", bound), ("known_by", day)]
                assert history(reader, record, *asked) == wanted, (record["url"], day)
                for policy in POLICIES:
                    under = history(reader, record, *asked, ("policy", policy))
                    assert under == of_policy(wanted, policy), (record["url"], day, policy)
                tried += 1
    assert tried > 5


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("policy", POLICIES)
def test_a_period_is_what_each_of_its_days_said(reader: FlaskClient, policy: str, bound: str) -> None:
    """On its first day and its last, by the record under `known_by` and by the filter of its status."""
    tried, covered_from = 0, answered(reader, "/v1")["coverage_from"]
    for kind, record in judged(reader):
        for period in history(reader, record, ("known_bound", bound), ("policy", policy)):
            last = str(eve(period["until"])) if period["until"] else "2030-01-01"
            for day in (day for day in {period["from"] or last, last} if day >= covered_from):
                asked = [("known_by", day), ("known_bound", bound), ("policy", policy)]
                verdict = period["standing"][policy]
                assert answered(reader, record["url"], asked)["standing"][policy] == verdict, (record["url"], day)
                asked += [("id", record["id"]), ("status", verdict["status"] or "none")]
                assert [one["id"] for one in answered(reader, f"/v1/{kind}", asked)["data"]] == [record["id"]]
                tried += 1
    assert tried > 10


def test_a_history_says_how_it_is_told(reader: FlaskClient) -> None:
    _, record = next(judged(reader))
    day = history(reader, record)[-1]["from"]
    for asked in ((), (("policy", "official"),), (("known_by", day), ("known_bound", "possibly"))):
        meta = answered(reader, f"{record['url']}/history", asked)["meta"]
        assert meta == {"known_bound": "surely", **dict(asked)}
