"""Is the timeline all that is dated, in order? What the lists give by the same filters judges."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.database import close_database, open_database
from tests.api.test_lists import root_of

Given = Mapping[str, Any]
Asked = Sequence[tuple[str, str]]

DATES = {"defectors": "left", "purges": "when", "claims": "known"}
SCOPES = ("subject", "background", "comparison")
POLICIES = ("any", "official", "two-roots")
JUDGED = ("defectors", "purges")
ENDS = ("", "_after", "_before")
SEED = 1997

ASKED_AS_WHEN = {f"{name}{end}" for name in ("left", "known") for end in ENDS}
"""Filters of the lists that the timeline has under another name."""

LISTS_ALONE = {"include", "fields", "facet", "sort"}
"""Parameters of lists that a timeline has no use for, or has its own values of."""

DAYS = ("2015", "2015-07", "2015-07-10", "2013-12", "2014/2015", "../2013", "2016~", "2016-08-17", "1989", "2030")
VALUES: dict[str, Sequence[str]] = {
    "id": ("thae-yong-ho", "thae-announced", "recall-from-shenyang", "east-german-exodus", "no-such-record"),
    "q": ("thae", "execution", "Kim Jong Un", "the", "xyzzy"),
    "updated_after": ("2000-01-01", "2100-01-01T00:00:00Z"),
    "roots": ("0", "1", "2", "99"),
    "anonymous_only": ("true", "false"),
    "when": DAYS,
    "when_after": [day for day in DAYS if not day.endswith("/..")],
    "when_before": [day for day in DAYS if not day.startswith("../")],
    "arrived": DAYS,
    "arrived_after": ("2015", "2016-08-16"),
    "arrived_before": ("2016", "2030"),
}


@pytest.fixture(scope="session")
def held(sqlite_with_fixtures: str, application: Flask) -> dict[str, list[dict[str, Any]]]:
    """Every defector, purge and claim as the lists have it."""
    open_database(sqlite_with_fixtures)
    client = application.test_client()
    found = {kind: list(listed(client, kind, [("scope", scope) for scope in SCOPES]).values()) for kind in DATES}
    close_database()
    return found


def listed(client: FlaskClient, kind: str, asked: Asked) -> dict[str, dict[str, Any]]:
    """What a list gives, by id; `when` is its own date, and a scope is asked only of what has one. None if refused."""
    own = [(name.replace("when", DATES[kind]) if name.startswith("when") else name, value) for name, value in asked]
    if kind == "claims":
        own = [(name, value) for name, value in own if name not in {"scope", "policy"}]
    response = client.get(f"/v1/{kind}?{urlencode([*own, ('limit', '500')])}")
    assert response.status_code == 200, response.text
    assert response.json["links"]["next"] is None
    return {record["id"]: record for record in response.json["data"]}


def pages(client: FlaskClient, asked: Asked) -> Iterator[dict[str, Any]]:
    address: str | None = f"/v1/timeline?{urlencode(asked)}"
    while address:
        response = client.get(address)
        assert response.status_code == 200, response.text
        yield response.json
        address = response.json["links"]["next"]


def timeline(client: FlaskClient, asked: Asked) -> list[dict[str, Any]]:
    """All of a timeline, on one page."""
    (page,) = pages(client, [*asked, ("limit", "500"), ("total", "true")])
    assert page["meta"]["total"] == page["meta"]["count"] == len(page["data"])
    return list(page["data"])


def path_of(moment: Given) -> str:
    return f"{moment['type']}/{moment['id']}"


def moment_of(kind: str, record: Given, policy: str) -> dict[str, Any]:
    """A record as the timeline must tell it."""
    is_claim = kind == "claims"
    return {
        "type": kind,
        "id": record["id"],
        "url": record["url"],
        "name": record["says" if is_claim else "name"],
        "when": record[DATES[kind]],
        "scope": record.get("scope"),
        "status": None if is_claim else record["standing"][policy]["status"],
        "stance": record.get("stance"),
        "about": [about["record"] for about in record["about"]] if is_claim else [],
    }


def in_order(moments: Sequence[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """By first day, last day and path; or by last day, first day and path, all turned round."""
    names, back = (("latest", "earliest"), True) if sort == "-when" else (("earliest", "latest"), False)
    open_ends = {"earliest": "0000-00-00", "latest": "9999-99-99"}

    def place(moment: Given) -> tuple[str, ...]:
        return (*(moment["when"][name] or open_ends[name] for name in names), path_of(moment))

    return sorted(moments, key=place, reverse=back)


def expected(client: FlaskClient, asked: Asked, kinds: Sequence[str] = tuple(DATES)) -> list[dict[str, Any]]:
    """What the lists give by the same filters, minus undated, in order."""
    given = dict(asked)
    filters = [(name, value) for name, value in asked if name not in {"sort", "type"}]
    moments = [
        moment_of(kind, record, given.get("policy", "any"))
        for kind in kinds
        for record in listed(client, kind, filters).values()
        if record[DATES[kind]]
    ]
    return in_order(moments, given.get("sort", "when"))


def declared(client: FlaskClient, path: str) -> dict[str, Any]:
    """The documented parameters of an answer, by name."""
    parameters = client.get("/openapi.json").json["paths"][path]["get"]["parameters"]
    return {parameter["name"]: parameter for parameter in parameters}


# --- the whole of it ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["when", "-when"])
def test_all_that_is_dated_in_order(client: FlaskClient, sort: str) -> None:
    moments = timeline(client, [("sort", sort)])
    assert moments == expected(client, [("sort", sort)])
    assert {moment["type"] for moment in moments} == set(DATES)
    assert len(moments) > 200


def test_earliest_first_unless_it_is_asked_otherwise(client: FlaskClient) -> None:
    assert timeline(client, []) == timeline(client, [("sort", "when")])


@pytest.mark.parametrize("policy", POLICIES)
def test_status_goes_by_the_policy(client: FlaskClient, policy: str) -> None:
    every = [("policy", policy), *(("scope", scope) for scope in SCOPES)]
    moments = timeline(client, every)
    assert moments == expected(client, every)
    for status in {moment["status"] for moment in moments if moment["type"] != "claims"}:
        asked = [*every, ("status", status or "none")]
        wanted = [moment for moment in moments if moment["type"] in JUDGED and moment["status"] == status]
        assert timeline(client, asked) == wanted, status


def test_policies_tell_different_things(client: FlaskClient) -> None:
    told = {tuple(moment["status"] for moment in timeline(client, [("policy", policy)])) for policy in POLICIES}
    assert len(told) > 1


@pytest.mark.parametrize("kind", DATES)
def test_type_narrows(client: FlaskClient, kind: str) -> None:
    assert timeline(client, [("type", kind)]) == expected(client, [], [kind]) != []
    others = [other for other in DATES if other != kind]
    assert timeline(client, [("type", other) for other in others]) == expected(client, [], others)


@pytest.mark.parametrize("scope", SCOPES)
def test_subjects_alone_are_shown_unless_scope_or_id_is_given(client: FlaskClient, scope: str) -> None:
    assert timeline(client, [("scope", scope)]) == expected(client, [("scope", scope)])
    shown = {moment["scope"] for moment in timeline(client, [])}
    assert shown == {"subject", None}
    beside = [moment for moment in timeline(client, [("scope", scope)]) if moment["scope"]]
    assert beside
    for moment in beside[:3]:
        assert moment in timeline(client, [("id", moment["id"])])
        assert "scope" not in next(pages(client, [("id", moment["id"])]))["meta"]


# --- filters --------------------------------------------------------------------------------------------------------


def test_every_filter_of_the_lists_is_there(client: FlaskClient) -> None:
    here = set(declared(client, "/v1/timeline"))
    of_lists = {name for kind in DATES for name in declared(client, f"/v1/{kind}")}
    assert of_lists - ASKED_AS_WHEN - LISTS_ALONE <= here
    assert here - of_lists == {"type"}


def values_of(held: Mapping[str, Sequence[Given]], name: str, parameter: Given) -> Sequence[str]:
    """Values to ask for: those of the vocabulary, or those that the records have and one that none has."""
    if name in VALUES:
        return VALUES[name]
    schema = parameter["schema"].get("items", parameter["schema"])
    if "enum" in schema:
        return list(schema["enum"])
    return USED[name](held)


def _targets(held: Mapping[str, Sequence[Given]], name: str) -> set[str]:
    return {one for record in held["purges"] for one in (record["targets"] or {name: ()})[name]}


def _countries(held: Mapping[str, Sequence[Given]], name: str) -> list[str]:
    return [*sorted({place["country"] for record in held["defectors"] for place in record[name]}), "FR"]


def _institutions(held: Mapping[str, Sequence[Given]]) -> list[str]:
    of_claims = {claim["origin"]["institution"] for claim in held["claims"]} - {None}
    of_defectors = {one for record in held["defectors"] for one in record["institutions"]}
    return sorted(of_claims | of_defectors | _targets(held, "institutions"))


def _people(held: Mapping[str, Sequence[Given]]) -> list[str]:
    of_claims = {claim["origin"]["person"] for claim in held["claims"]} - {None}
    return sorted(of_claims | {one for record in held["defectors"] for one in record["people"]})


USED: dict[str, Any] = {
    "source": lambda held: sorted({claim["source"] for claim in held["claims"]}),
    "via": lambda held: sorted({step["source"] for c in held["claims"] for step in c["chain"] if step["source"]}),
    "institution": _institutions,
    "within_institution": _institutions,
    "person": _people,
    "left_from": lambda held: _countries(held, "left_from"),
    "destination": lambda held: _countries(held, "destination"),
    "place": lambda held: sorted({r["place"]["country"] for r in held["purges"] if r["place"]}),
    "by": lambda held: sorted({one for record in held["purges"] for one in record["by"]}),
    "about": lambda held: sorted({about["record"] for claim in held["claims"] for about in claim["about"]})[::4],
    "single_root": lambda held: ["true", "false"],
    "root": lambda held: sorted({root for claim in held["claims"] if (root := root_of(claim))})[::2],
}
OTHERS = {"scope", "type", "sort", "limit", "cursor", "format", "total", "policy", "certainty", "known_by"}
OTHERS |= {"known_bound", "as_of"}
"""Parameters that are no filters, or are tried by a test of their own."""


UNUSED = {"change", "arrived", "arrived_after", "arrived_before"}
"""Filters by what no dated record of the fixtures has."""


def takes(client: FlaskClient, kind: str, name: str, value: str) -> bool:
    """Whether the list of a kind of record has a filter, and a value of it."""
    own = name.replace("when", DATES[kind]) if name.startswith("when") else name
    parameter = declared_once(client, kind).get(own)
    schema = (parameter or {"schema": {}})["schema"]
    choices = schema.get("items", schema).get("enum")
    return parameter is not None and (choices is None or value in choices)


DECLARED: dict[str, dict[str, Any]] = {}


def declared_once(client: FlaskClient, kind: str) -> dict[str, Any]:
    if kind not in DECLARED:
        DECLARED[kind] = declared(client, f"/v1/{kind}")
    return DECLARED[kind]


def test_each_filter_finds_what_the_lists_find(client: FlaskClient, held: dict[str, Any]) -> None:
    filters = {name: one for name, one in declared(client, "/v1/timeline").items() if name not in OTHERS}
    assert len(filters) > 35
    never = []
    for name, parameter in filters.items():
        finds = 0
        for value in values_of(held, name, parameter):
            kinds = [kind for kind in DATES if takes(client, kind, name, value)]
            moments = timeline(client, [(name, value)])
            assert moments == expected(client, [(name, value)], kinds), (name, value)
            finds += len(moments)
        never += [] if finds else [name]
    assert set(never) <= UNUSED, "these filters find nothing, whatever their value"


@pytest.mark.parametrize("certainty", ["surely", "possibly"])
@pytest.mark.parametrize("end", ENDS)
def test_dates_are_surely_or_possibly_so(client: FlaskClient, certainty: str, end: str) -> None:
    for day in VALUES[f"when{end}"]:
        asked = [(f"when{end}", day), ("certainty", certainty)]
        assert timeline(client, asked) == expected(client, asked), asked


def test_several_values_are_either_and_several_filters_are_all(client: FlaskClient, held: dict[str, Any]) -> None:
    """A kind of record that has one of the filters and not the other is not in it."""
    chance = random.Random(SEED)
    filters = {name: one for name, one in declared(client, "/v1/timeline").items() if name not in OTHERS}
    values = {name: values_of(held, name, parameter) for name, parameter in filters.items()}
    found = 0
    for _ in range(60):
        one, other = chance.sample(sorted(filters), 2)
        repeated = filters[one]["schema"].get("type") == "array"
        chosen = [(one, value) for value in chance.sample(values[one], min(len(values[one]), 3 if repeated else 1))]
        asked = [*chosen, (other, chance.choice(values[other])), *(("scope", scope) for scope in SCOPES)]
        moments = timeline(client, asked)
        wanted = []
        for kind in DATES:
            own = [(n, v) for n, v in asked if n == "scope" or takes(client, kind, n, v)]
            if {n for n, _ in own} | {"scope"} == {n for n, _ in asked}:
                wanted += expected(client, own, [kind])
        assert moments == in_order(wanted, "when"), asked
        found += bool(moments)
    assert found > 5


# --- pages, days, and what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["when", "-when"])
@pytest.mark.parametrize("more", [[], [("scope", "background"), ("type", "claims"), ("type", "purges")]])
def test_pages_give_each_moment_once(client: FlaskClient, sort: str, more: list[tuple[str, str]]) -> None:
    asked = [*more, ("sort", sort)]
    at_once = timeline(client, asked)
    for limit in ("7", "50"):
        walked = list(pages(client, [*asked, ("limit", limit)]))
        assert [moment for page in walked for moment in page["data"]] == at_once
        assert all(page["meta"]["count"] == len(page["data"]) == int(limit) for page in walked[:-1])


def test_a_cursor_is_good_for_its_own_timeline(client: FlaskClient) -> None:
    cursor = client.get("/v1/timeline?limit=1").json["links"]["next"].partition("cursor=")[2]
    for other in ("sort=-when", "policy=official", "scope=background", "type=claims", "when=2015", "q=kim"):
        refused = client.get(f"/v1/timeline?{other}&cursor={cursor}")
        assert (refused.status_code, refused.json["errors"][0]["parameter"]) == (422, "cursor"), other
    assert client.get(f"/v1/timeline?limit=2&total=true&cursor={cursor}").status_code == 200


@pytest.mark.parametrize("bound", ["surely", "possibly"])
@pytest.mark.parametrize("day", ["2015-07-01", "2015-07-12", "2016-08-20", "2016-08-28"])
def test_a_day_sees_what_was_known(client: FlaskClient, day: str, bound: str) -> None:
    """The lists of that day tell which dates were known, and which status each record had."""
    for policy in POLICIES:
        asked = [("known_by", day), ("known_bound", bound), ("policy", policy), *(("scope", s) for s in SCOPES)]
        moments = timeline(client, asked)
        assert moments == expected(client, asked), policy
        assert timeline(client, [*asked, ("when", "2015")]) == expected(client, [*asked, ("when", "2015")])


@pytest.mark.parametrize(
    ("asked", "parameter", "told"),
    [
        ("type=claims&status=denied", "status", "claims have no status: ask for type=defectors or type=purges, or"),
        ("type=defectors&form=total", "form", "defectors have no form: ask for type=purges, or leave it out"),
        ("type=purges&kind=family", "kind", "purges have no such kind: ask for type=defectors, or leave it out"),
        ("type=purges&type=claims&kind=family&kind=group", "kind", "purges have no such kind; claims have no kind: "),
        ("type=defectors&type=purges&about=people/kim-jong-un", "about", "defectors have no about; purges have no"),
        ("type=claims&scope=background", "scope", "claims have no scope: ask for type=defectors or type=purges"),
        ("type=claims&arrived_after=2015", "arrived_after", "ask for type=defectors, or leave it out"),
    ],
)  # fmt: skip
def test_what_no_kind_asked_for_has_is_refused(client: FlaskClient, asked: str, parameter: str, told: str) -> None:
    refused = client.get(f"/v1/timeline?{asked}")
    assert (refused.status_code, [fault["parameter"] for fault in refused.json["errors"]]) == (422, [parameter])
    assert told in refused.json["errors"][0]["detail"]


def test_a_kind_asked_for_without_the_filter_is_left_out(client: FlaskClient) -> None:
    """One of the kinds has it: the others are not in the answer, as where all are asked for."""
    for name, value, having in (("status", "reported", JUDGED), ("kind", "family", ["defectors"])):
        asked = [(name, value), *(("type", kind) for kind in DATES)]
        assert timeline(client, asked) == expected(client, [(name, value)], having) != []


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ("left=2015", "left"), ("sort=left", "sort"), ("type=people", "type"), ("kind=nothing", "kind"),
        ("when=2015-24", "when"), ("stage=gone", "stage"), ("roots=many", "roots"), ("limit=501", "limit"),
        ("certainty=maybe", "certainty"), ("status=so", "status"), ("cursor=x", "cursor"),
        ("left_from=XX", "left_from"),
    ],
)  # fmt: skip
def test_what_no_list_takes_is_refused(client: FlaskClient, asked: str, parameter: str) -> None:
    refused = client.get(f"/v1/timeline?{asked}")
    assert (refused.status_code, [fault["parameter"] for fault in refused.json["errors"]]) == (422, [parameter])
