"""Does /v1/stats count what the lists hold, and add up only what may be? Counting the lists in Python judges.

What people may be added is by the rules of models/sizes.py, whose own tests hold them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.overlaps import Relation
from models.sizes import Sized, groups, sized, total
from tests.answered import (
    ALL_SCOPES,
    HALF_KNOWN,
    MOMENTS,
    NOW,
    RESOURCES,
    Pairs,
    Record,
    answered,
    asked,
    every,
    lines_of,
    refused,
    rows_of,
    whole,
)

VALUES = {
    "defectors": {
        "country": "left_from.country",
        "institution": "institutions",
        "kind": "party.kind",
        "sector": "sector",
    },
    "purges": {"country": "place.country", "institution": "targets.institutions", "kind": "kind"},
}
DATES = {"defectors": "left", "purges": "when"}
WAYS = ("year", "country", "institution", "kind", "status", "sector")
OF = [(of, by) for of in VALUES for by in WAYS if by != "sector" or of == "defectors"]
MOST_GROUPS = 100


def spans(records: list[Record], of: str) -> dict[str, tuple[int, int, bool]]:
    """Of each dated record its first and last year, and whether that is one year; open ends reach as far as any."""
    dates = {f"{of}/{record['id']}": record[DATES[of]] for record in records if record[DATES[of]]}
    ends = [int(date[end][:4]) for date in dates.values() for end in ("earliest", "latest") if date[end]]
    found = {}
    for path, date in dates.items():
        first = int(date["earliest"][:4]) if date["earliest"] else min(ends)
        last = int(date["latest"][:4]) if date["latest"] else max(ends)
        found[path] = (first, last, bool(date["earliest"] and date["latest"] and first == last))
    return found


def memberships(
    records: list[Record], of: str, by: str, policy: str
) -> tuple[dict[Any, set[str]], dict[Any, set[str]]]:
    """Value -> the paths of the records that surely and possibly have it."""
    surely: dict[Any, set[str]] = {}
    possibly: dict[Any, set[str]] = {}
    known = spans(records, of) if by == "year" else {}
    for record in records:
        path = f"{of}/{record['id']}"
        if path in known:
            first, last, one = known[path]
            own, sure = [f"{year:04}" for year in range(first, last + 1)], one
        elif by == "year":
            own, sure = [None], True
        elif by == "status":
            own, sure = [record["standing"][policy]["status"]], True
        else:
            own, sure = list(every(record, VALUES[of][by])) or [None], True
        for value in own:
            possibly.setdefault(value, set()).add(path)
            if sure:
                surely.setdefault(value, set()).add(path)
    return surely, possibly


def relations(client: FlaskClient, moment: Pairs = NOW) -> list[Relation]:
    """The links that a claim makes that was known by then, and those that no claim makes."""
    known = {claim["id"] for claim in whole(client, "claims", *moment)}
    return [
        Relation(f"{name}/{record['id']}", link["relation"], link["to"])
        for name in RESOURCES
        for record in whole(client, name)
        for link in record.get("links", ())
        if not link["claims"] or known.intersection(link["claims"])
    ]


def moment_of(pairs: Pairs) -> Pairs:
    """What a query says of the moment."""
    return [(name, value) for name, value in pairs if name in {"known_by", "known_bound"}]


def people(
    surely: Iterable[str], possibly: Iterable[str], sizes: Mapping[str, Sized], linked: list[Relation]
) -> Record:
    """What must be said of how many people some records are about."""
    found = groups([sizes[path] for path in possibly], linked)
    least, most = total(groups([sizes[path] for path in surely], linked)), total(found)
    return {
        "least": least.least,
        "most": most.most,
        "reason": most.reason or least.reason,
        "groups": [
            {"members": [*g.members], "least": g.least, "most": g.most, "contradictory": [*g.contradictory]}
            for g in found[:MOST_GROUPS]
        ],
        "groups_in_all": len(found),
    }


def wanted(client: FlaskClient, of: str, by: str, pairs: Pairs, linked: list[Relation]) -> list[Record]:
    """The answer, counted from the list that the same filters find, in no order."""
    found = client.get(asked(of, *pairs, ("limit", "500")))
    records = answered(found)["data"]
    surely, possibly = memberships(records, of, by, dict(pairs).get("policy", "any"))
    sizes = {f"{of}/{record['id']}": sized(f"{of}/{record['id']}", record) for record in records}
    return [
        {
            "value": value,
            "surely": len(surely.get(value, ())),
            "possibly": len(paths),
            "people": people(surely.get(value, ()), paths, sizes, linked),
        }
        for value, paths in possibly.items()
    ]


def in_order(data: list[Record]) -> list[Record]:
    return sorted(data, key=lambda one: (one["value"] is None, one["value"]))


QUERIES: list[Pairs] = [
    (),
    (*ALL_SCOPES, ("policy", "official")),
    (*ALL_SCOPES, *HALF_KNOWN),
    (*MOMENTS[2], ("policy", "two-roots")),
    (("status", "reported"), ("status", "denied"), ("scope", "background")),
    (*ALL_SCOPES, ("roots", "1"), ("q", "general"), *HALF_KNOWN),
]
OWN_FILTERS: dict[str, Pairs] = {
    "defectors": (*ALL_SCOPES, ("left", "2015"), ("certainty", "surely"), ("left_from", "CN"), ("left_from", "RU")),
    "purges": (*ALL_SCOPES, ("when_after", "2012"), ("kind", "execution"), ("kind", "purge"), *HALF_KNOWN),
}


@pytest.mark.parametrize(("of", "by"), OF)
def test_statistics_are_counted_from_the_lists(either: FlaskClient, of: str, by: str) -> None:
    """With filters, scopes, policies and moments; years in order of time, other values the commonest first."""
    for pairs in [*QUERIES, OWN_FILTERS[of]]:
        linked = relations(either, moment_of(pairs))
        body = answered(either.get(asked("stats", ("by", by), ("of", of), *pairs)))
        expected = wanted(either, of, by, pairs, linked)
        for one in body["data"]:
            counts = one.pop("statuses")
            assert sum(status["count"] for status in counts) == one["possibly"]
            assert counts == sorted(counts, key=lambda c: (-c["count"], c["status"] is None, c["status"]))
        assert in_order(body["data"]) == in_order(expected), pairs
        values = [(one["possibly"], one["value"]) for one in body["data"]]
        if by == "year":
            assert [v for _, v in values if v] == sorted(v for _, v in values if v)
            assert all(value for _, value in values[:-1])
        else:
            assert values == sorted(values, key=lambda one: (-one[0], one[1] is None, one[1]))
        assert list(body) == ["data", "links", "meta"]
        assert body["links"] == {"self": asked("stats", ("by", by), ("of", of), *pairs), "next": None}
        scopes = [value for name, value in pairs if name == "scope"] or ["subject"]
        meta = {"count": len(expected), "of": of, "by": by, "policy": dict(pairs).get("policy", "any")}
        assert body["meta"].items() >= {**meta, "scope": scopes}.items()
        assert ("covered" in body["meta"]) == ("known_by" in dict(pairs))


DAYS = ("2014-03-10", "2014-06-01", "2014-06-10", "2014-11-30", "2014-12-01", "2015-01-01")
"""On these days the traps come to be known, some of them only possibly."""


@pytest.mark.parametrize("bound", ["surely", "possibly"])
@pytest.mark.parametrize("day", DAYS)
def test_people_are_added_by_the_links_of_the_day(traps: FlaskClient, day: str, bound: str) -> None:
    moment = [("known_by", day), ("known_bound", bound)]
    linked = relations(traps, moment)
    for of, by in OF:
        pairs = [*ALL_SCOPES, *moment]
        data = answered(traps.get(asked("stats", ("by", by), ("of", of), *pairs)))["data"]
        told = [{name: value for name, value in one.items() if name != "statuses"} for one in data]
        assert in_order(told) == in_order(wanted(traps, of, by, pairs, linked)), (of, by)


def test_a_link_counts_from_the_day_on_which_a_claim_makes_it(traps: FlaskClient) -> None:
    """A named case: both are known in March, and in December someone says that they may overlap."""
    pair = {"defectors/confirmed-then-disputed", "defectors/plain"}
    for day, together in (("2014-03-10", False), ("2014-11-30", False), ("2014-12-01", True)):
        pairs = [("by", "kind"), ("of", "defectors"), *ALL_SCOPES, ("known_by", day)]
        groups_then = [
            set(group["members"])
            for one in answered(traps.get(asked("stats", *pairs)))["data"]
            for group in one["people"]["groups"]
        ]
        assert pair <= set().union(*groups_then)
        assert any(pair <= members for members in groups_then) is together, day


@pytest.mark.parametrize(("of", "by"), OF)
def test_least_is_never_above_most(either: FlaskClient, of: str, by: str) -> None:
    for moment in MOMENTS:
        for one in answered(either.get(asked("stats", ("by", by), ("of", of), *ALL_SCOPES, *moment)))["data"]:
            told = one["people"]
            assert one["surely"] <= one["possibly"]
            assert (told["reason"] is None) == (told["least"] is not None) or told["least"] is not None
            assert told["least"] is None or told["most"] is None or told["least"] <= told["most"], one
            members = [path for group in told["groups"] for path in group["members"]]
            assert len(members) == len(set(members)) == one["possibly"]


def test_people_of_one_record_are_its_own_count(client: FlaskClient) -> None:
    """A named case: a family of four, at least."""
    (one,) = answered(client.get(asked("stats", ("by", "kind"), ("person", "thae-yong-ho"), *ALL_SCOPES)))["data"]
    assert (one["value"], one["surely"], one["possibly"]) == ("family", 1, 1)
    assert (one["people"]["least"], one["people"]["most"], one["people"]["groups_in_all"]) == (4, None, 1)


def test_what_is_counted_follows_from_what_is_asked(client: FlaskClient) -> None:
    """The first kind of record that has all of it; `of` says which."""
    for pairs, of in (
        ([("by", "year")], "defectors"),
        ([("by", "sector")], "defectors"),
        ([("by", "year"), ("form", "practice")], "purges"),
        ([("by", "kind"), ("kind", "execution")], "purges"),
        ([("by", "kind"), ("kind", "family")], "defectors"),
        ([("by", "status"), ("of", "purges")], "purges"),
    ):
        assert answered(client.get(asked("stats", *pairs)))["meta"]["of"] == of


def test_records_are_counted_by_id_whatever_their_scope(either: FlaskClient) -> None:
    for of, by in OF:
        records = whole(either, of)
        chosen = [("id", record["id"]) for record in records if record["scope"] != "subject"][:3]
        chosen += [("id", record["id"]) for record in records if record["scope"] == "subject"][:3]
        body = answered(either.get(asked("stats", ("by", by), ("of", of), *chosen)))
        told = [{name: value for name, value in one.items() if name != "statuses"} for one in body["data"]]
        assert in_order(told) == in_order(wanted(either, of, by, chosen, relations(either))) != []
        assert "scope" not in body["meta"]
        narrowed = answered(either.get(asked("stats", ("by", by), ("of", of), *chosen, ("scope", "subject"))))
        assert narrowed["meta"]["scope"] == ["subject"]
        assert sum(one["possibly"] for one in narrowed["data"]) < sum(one["possibly"] for one in body["data"])


def test_only_what_was_changed_since_is_counted(either: FlaskClient) -> None:
    for day, some in (("2000-01-01", True), ("2100-01-01", False)):
        pairs = [("updated_after", day), *ALL_SCOPES]
        body = answered(either.get(asked("stats", ("by", "kind"), ("of", "purges"), *pairs)))
        assert bool(body["data"]) is some
        counted = sum(one["possibly"] for one in body["data"])
        assert counted == len(answered(either.get(asked("purges", *pairs, ("limit", "500"))))["data"])


@pytest.mark.parametrize(
    ("pairs", "parameter", "told"),
    [
        ([], "by", "missing"),
        ([("by", "yaer")], "by", "year"),
        ([("by", "year"), ("by", "kind")], "by", "2 times"),
        ([("by", "sector"), ("of", "purges")], "by", "purges have no sector"),
        ([("by", "year"), ("of", "claims")], "of", "purges"),
        ([("by", "year"), ("of", "purges"), ("motive", "family")], "motive", "purges have no motive"),
        ([("by", "year"), ("motive", "family"), ("form", "total")], "form", "defectors have no form; purges have no m"),
        ([("by", "year"), ("of", "defectors"), ("kind", "execution")], "kind", "defectors have no such kind"),
        ([("by", "sector"), ("form", "total")], "form", "defectors have no form; purges have no sector"),
        ([("by", "year"), ("status", "denyed")], "status", "denied"),
        ([("by", "year"), ("limit", "0")], "limit", "from 1 to 500"),
        ([("by", "year"), ("id", "Thae Yong-ho")], "id", "an id"),
        ([("by", "year"), ("scope", "all")], "scope", "subject"),
        ([("by", "year"), ("left", "20155")], "left", "date"),
        ([("by", "year"), ("known_bound", "surely")], "known_bound", "known_by"),
        ([("by", "year"), ("known_by", "2015")], "known_by", "day"),
        ([("by", "year"), ("policy", "none")], "policy", "official"),
        ([("by", "year"), ("format", "xml")], "format", "csv"),
    ],
)
def test_what_cannot_be_counted_is_refused(client: FlaskClient, pairs: Pairs, parameter: str, told: str) -> None:
    fault = refused(client.get(asked("stats", *pairs)), parameter)
    assert told in str(fault)


def test_statistics_before_coverage(client: FlaskClient) -> None:
    body = answered(client.get(asked("stats", ("by", "year"), ("known_by", "1990-01-01"))))
    assert (body["data"], body["meta"]["covered"], body["meta"]["count"]) == ([], False, 0)


@pytest.mark.parametrize("moment", [NOW, HALF_KNOWN], ids=str)
@pytest.mark.parametrize("by", WAYS)
def test_statistics_in_lines(client: FlaskClient, by: str, moment: Pairs) -> None:
    asking = [("by", by), *moment]
    data = answered(client.get(asked("stats", *asking)))["data"]
    assert lines_of(client.get(asked("stats", *asking, ("format", "ndjson"))).data) == data
    header, rows = rows_of(client.get(asked("stats", *asking, ("format", "csv"))).data)
    assert header[:3] == ["value", "surely", "possibly"]
    least, most = header.index("people.least"), header.index("people.most")
    told = [
        (one["value"], one["surely"], one["possibly"], one["people"]["least"], one["people"]["most"]) for one in data
    ]
    assert [(*row[:3], row[least], row[most]) for row in rows] == [
        tuple("" if value is None else str(value) for value in one) for one in told
    ]
