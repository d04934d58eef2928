"""Does `known_by=` answer from what was known by then, and from nothing else? An oracle of other make judges.

Two sets of data are asked, on both engines: the fixtures, and the bundle of tests/known_traps.py. Each is asked for
every day on which anything in it becomes known, and for the day before, on both bounds; what costs a request per
record or per value takes a sample of them, drawn with a fixed seed.
"""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise, product, zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.dumping import lines
from api.loading import load
from models.database import DB, close_database, open_database
from models.registry import RESOURCE
from models.standing import POLICIES
from tests.api.test_lists import DATES, DATES_SORTED, ENDS, SCOPES, TESTS, Test, holder_answers, in_order, root_of
from tests.known import BOUNDS, POSSIBLY, SURELY, SYSTEM, Given, Then, at, bare, by_then, key, reduced, without

FIXTURES, TRAPS = DATA = ("fixtures", "traps")
COVERED_FROM = {FIXTURES: "2015-06-30", TRAPS: "2014-01-15"}
UNCOVERED = {FIXTURES: "2015-06-29", TRAPS: "2014-01-14"}
DAYS = {
    FIXTURES: (
        *("2015-06-30", "2015-07-01", "2015-07-08", "2015-07-09", "2015-07-11", "2015-07-12", "2015-07-13"),
        *("2015-07-14", "2016-08-16", "2016-08-17", "2016-08-20", "2016-08-21", "2016-08-27", "2016-08-28"),
        *("2026-11-21", "2026-11-22"),
    ),
    TRAPS: (
        *("2014-01-15", "2014-03-09", "2014-03-10", "2014-03-31", "2014-04-01", "2014-04-30", "2014-05-01"),
        *("2014-05-31", "2014-06-01", "2014-06-09", "2014-06-10", "2014-07-31", "2014-08-01", "2014-08-31"),
        *("2014-09-01", "2014-11-30", "2014-12-01", "2014-12-19", "2014-12-20", "2014-12-31", "2015-01-01"),
    ),
}
MOMENTS = [(data, day, bound) for data in DATA for day in DAYS[data] for bound in BOUNDS]
TELLING = [
    *((FIXTURES, day, SURELY) for day in ("2015-07-09", "2015-07-12", "2015-07-14", "2016-08-17", "2016-08-28")),
    *((FIXTURES, day, POSSIBLY) for day in ("2015-06-30", "2015-07-01", "2016-08-17")),
    *((TRAPS, day, SURELY) for day in ("2014-03-10", "2014-06-10", "2014-08-01", "2014-12-01", "2014-12-20")),
    *((TRAPS, day, POSSIBLY) for day in ("2014-01-15", "2014-04-01", "2014-06-01")),
]
"""Moments at which records are known by halves, for what is too slow to ask at all of them."""

SEED = 20150710
SAMPLE = 8
FIRST_OF_ALL, FOREVER = "0001-01-01", "9999-12-31"
JUDGED = ("defectors", "purges", "indicators")
ADDED_UP = ("standing", "corroboration", "values", "conflicts")
"""What claims add up to: the oracle asks a database that holds no others."""

NO_FILTERS = {
    *("limit", "cursor", "include", "total", "policy", "certainty", "sort", "known_by", "known_bound", "fields"),
    *("format", "facet", "q", "updated_after", "as_of"),
}


# --- the two sets of data -------------------------------------------------------------------------------------------


@dataclass(repr=False)
class Data:
    """A set of data as it is served without `known_by`, and what its claims add up to at each moment."""

    name: str
    world: dict[str, Given]
    dump: list[dict[str, Any]]
    added_up: dict[frozenset[str], dict[str, Given]] = field(default_factory=dict)
    """The claims that are known, and by whom -> path -> ADDED_UP."""
    thens: dict[tuple[str, str], Then] = field(default_factory=dict)
    served: dict[tuple[frozenset[str], str], dict[str, Any]] = field(default_factory=dict)

    def then(self, day: str, bound: str) -> Then:
        """What is known by a day, worked out once."""
        return self.thens.setdefault((day, bound), Then(self.world, day, bound))

    def expected(self, then: Then, path: str) -> dict[str, Any]:
        """A known record as it must be served."""
        if (then.state, path) not in self.served:
            added_up = self.added_up[then.said].get(path, {})
            self.served[then.state, path] = then.served(path) | dict(added_up)
        return self.served[then.state, path]


def everything(resource: str, **asked: str) -> str:
    """The address of a whole list, with each record's claims."""
    scopes = [("scope", scope) for scope in SCOPES if "scope" in TESTS[resource]]
    return f"/v1/{resource}?{urlencode([*scopes, ('limit', '500'), ('include', 'claims'), *asked.items()])}"


def listed(client: FlaskClient, resource: str, **asked: str) -> list[Given]:
    """All records of a resource."""
    body = answered(client.get(everything(resource, **asked)))
    assert body["links"]["next"] is None
    return list(body["data"])


def answered(response: TestResponse) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    return dict(json.loads(response.data))


def data_of(name: str, url: str, application: Flask, folder: Path) -> Data:
    """The whole of a database, and what its claims add up to whenever others are known."""
    open_database(url)
    client = application.test_client()
    world = {f"{resource}/{r['id']}": r for resource in RESOURCE for r in listed(client, resource)}
    data = Data(name, world, [json.loads(line) for line in lines()])
    close_database()
    for day in DAYS[name]:
        for bound in BOUNDS:
            then = data.then(day, bound)
            if then.said not in data.added_up:
                data.added_up[then.said] = sums(data, then, folder / f"{name}-{day}-{bound}", application)
    return data


def sums(data: Data, then: Then, folder: Path, application: Flask) -> dict[str, Given]:
    """What known claims add up to: path -> ADDED_UP, as a database says that never held others."""
    folder.mkdir()
    file = folder / "reduced.ndjson"
    file.write_text("\n".join(json.dumps(line) for line in reduced(data.dump, then)), encoding="utf-8")
    open_database(str(folder / "reduced.db"), create=True)
    load([file])
    client = application.test_client()
    found = {f"{name}/{r['id']}": r for name in RESOURCE for r in listed(client, name)}
    close_database()
    return {path: {name: r[name] for name in ADDED_UP if name in r} for path, r in found.items()}


@pytest.fixture(scope="session")
def whole(
    sqlite_with_fixtures: str, sqlite_with_traps: str, application: Flask, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Data]:
    folder = tmp_path_factory.mktemp("reduced")
    urls = {FIXTURES: sqlite_with_fixtures, TRAPS: sqlite_with_traps}
    return {name: data_of(name, url, application, folder) for name, url in urls.items()}


@pytest.fixture(scope="session")
def said() -> dict[tuple[str, ...], Any]:
    """Whole lists that were answered before: (engine, data, day, bound, resource) -> records."""
    return {}


@dataclass(frozen=True)
class Asked:
    """A client that asks one database about one moment, and what the oracle says of it."""

    client: FlaskClient
    engine: str
    data: Data
    then: Then
    said: dict[tuple[str, ...], Any]

    @property
    def when(self) -> dict[str, str]:
        """The parameters that name the moment."""
        return {"known_by": self.then.day, "known_bound": self.then.bound}

    def get(self, path: str, **asked: str) -> TestResponse:
        """What is answered of the moment."""
        return self.client.get(f"{path}?{urlencode({**asked, **self.when})}")

    def list(self, resource: str) -> "list[Given]":
        """All that is known of a resource, with claims."""
        moment = (self.engine, self.data.name, self.then.day, self.then.bound, resource)
        if moment not in self.said:
            self.said[moment] = listed(self.client, resource, **self.when)
        return list(self.said[moment])

    def sample(self, paths: "Sequence[str] | set[str]", most: int = 40) -> "list[str]":
        """Some of the paths, the same at each run."""
        drawn = random.Random(SEED + len(paths))
        return sorted(drawn.sample(sorted(paths), min(most, len(paths))))

    def expected(self, path: str) -> dict[str, Any]:
        """A known record as it must be served."""
        return self.data.expected(self.then, path)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def asked(
    request: pytest.FixtureRequest,
    moment: tuple[str, str, str],
    application: Flask,
    whole: dict[str, Data],
    said: dict[tuple[str, ...], Any],
) -> Iterator[Asked]:
    """One moment of one set of data, once on each engine. Tests only read it."""
    name, day, bound = moment
    open_database(request.getfixturevalue(f"{request.param}_with_{name}"))
    yield Asked(application.test_client(), request.param, whole[name], whole[name].then(day, bound), said)
    close_database()


at_all_moments = pytest.mark.parametrize("moment", MOMENTS, ids=" ".join)
at_telling_moments = pytest.mark.parametrize("moment", TELLING, ids=" ".join)
of_all_data = pytest.mark.parametrize("moment", [(name, DAYS[name][-1], SURELY) for name in DATA], ids=" ".join)
before_coverage = pytest.mark.parametrize(
    "moment", [(name, UNCOVERED[name], bound) for name in DATA for bound in BOUNDS], ids=" ".join
)


# --- the oracle itself ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DATA)
def test_every_day_on_which_anything_becomes_known_is_tried(whole: dict[str, Data], name: str) -> None:
    dates = [r.get("known") or r.get("published") for r in whole[name].world.values()]
    dates += [part["published"] for r in whole[name].world.values() for part in r.get("parts", ())]
    days = {day for d in dates if d for day in (d["earliest"], d["latest"]) if day and day > COVERED_FROM[name]}
    eves = {str(date.fromisoformat(day) - timedelta(1)) for day in days}
    assert {*days, *eves, COVERED_FROM[name]} - {UNCOVERED[name]} == set(DAYS[name])


def test_an_oracle_that_knows_all_masks_only_what_is_ours(whole: dict[str, Data]) -> None:
    """Once all is known, what is missing is what no claim sets, and the words of our own."""
    data = whole[FIXTURES]
    then = data.then(FOREVER, SURELY)
    assert then.paths == data.world.keys()
    for path, record in data.world.items():
        served = then.served(path)
        assert not served.get("later"), path
        for name, values in record.get("values", {}).items():
            shown = at(served, name)
            kept = {key(value) for value in (shown if isinstance(shown, list) else [shown])}
            assert [key(v["value"]) in kept for v in values] == [bool(v["claims"]) for v in values], (path, name)


def test_the_oracle_knows_records_by_halves(whole: dict[str, Data]) -> None:
    """The traps have each kind of thing that must not be told, so that no test is passed by silence."""
    data = whole[TRAPS]
    early, june = data.then("2014-03-10", SURELY), data.then("2014-06-10", SURELY)
    assert early.served("defectors/grows")["later"] == ["people[1]", "people[2]", "left", "carried[1]"]
    assert june.served("defectors/grows")["later"] == ["people[2]", "carried[1]"]
    assert june.served("defectors/grows")["links"][0]["claims"] == ["grows-2"]
    assert early.served("claims/through-wire-1")["source"] is None
    assert early.served("claims/early-word-on-a-late-claim")["about"] == [{"record": "people/witness", "sets": {}}]
    assert [part["id"] for part in june.served("sources/blog")["parts"]] == ["body", "footnote"]
    assert june.served("sources/blog")["held"] is None
    assert june.served("sources/blog")["cites"] == ["wire", "leaflet"]
    never = {"sources/orphan", "sources/annex", "claims/undated", "institutions/nobody-speaks-of-it"}
    assert not never & data.then(FOREVER, SURELY).paths
    assert conflicts_of(data, early, "defectors/grows") == {"left": ["2014-01"]}
    assert conflicts_of(data, june, "defectors/grows") == {"left": ["2014-02", "2014-01"]}


def conflicts_of(data: Data, then: Then, path: str) -> dict[str, list[str]]:
    found = data.added_up[then.said][path]["conflicts"]
    return {name: [value["value"]["edtf"] for value in values] for name, values in found.items()}


# --- what is served of each record ----------------------------------------------------------------------------------


def differences(served: Given, wanted: Given) -> dict[str, Any]:
    """Member -> (served, wanted), where they say different things."""
    served, wanted = comparable(served), comparable(wanted)
    names = (served.keys() | wanted.keys()) - set(SYSTEM)
    return {name: (served.get(name), wanted.get(name)) for name in names if served.get(name) != wanted.get(name)}


def comparable(record: Given) -> dict[str, Any]:
    """A record without order where order says nothing, without SYSTEM, and without members that say nothing."""
    changed: dict[str, Any] = {"later": sorted(record.get("later") or ())}
    if "claims" in record:
        changed["claims"] = [without(claim, *SYSTEM) for claim in record["claims"]]
    for name in ("values", "conflicts"):
        judged = record.get(name) or {}
        changed[name] = {
            of: sorted(({**v, "claims": sorted(v["claims"])} for v in values), key=key) for of, values in judged.items()
        }
    if "standing" in record:
        verdicts = record["standing"].items()
        changed["standing"] = {policy: {**v, "because": sorted(v["because"])} for policy, v in verdicts}
    return dict(bare({**record, **changed}))


@at_all_moments
def test_a_list_has_what_is_known_and_as_far_as_it_is(asked: Asked) -> None:
    wrong: dict[str, Any] = {}
    for resource in RESOURCE:
        records = {f"{resource}/{record['id']}": record for record in asked.list(resource)}
        wanted = [f"{resource}/{slug}" for slug in asked.then.of(resource)]
        assert list(records) == wanted, f"{resource} {asked.when}"
        for path, record in records.items():
            assert record.keys() >= asked.data.world[path].keys(), f"{path} {asked.when}"
            assert resource in ("claims", "sources") or isinstance(record["later"], list), f"{path} {asked.when}"
            if found := differences(record, asked.expected(path)):
                wrong[path] = found
    assert not wrong, f"{asked.when}: (served, wanted) of each member of {wrong}"


@at_telling_moments
def test_one_record_is_what_its_list_has(asked: Asked) -> None:
    for resource in RESOURCE:
        for record in asked.list(resource)[:: max(1, len(asked.then.of(resource)) // SAMPLE)]:
            alone = answered(asked.get(f"/v1/{resource}/{record['id']}"))
            assert alone == record, f"{resource}/{record['id']}"


@at_telling_moments
def test_what_is_not_known_is_not_found(asked: Asked) -> None:
    unknown = asked.data.world.keys() - asked.then.paths
    for path in asked.sample(unknown):
        for below in ("", "/claims", *(("/chain",) if has_chains(asked) and path.startswith("claims/") else ())):
            response = asked.get(f"/v1/{path}{below}")
            assert response.status_code == 404, f"{path}{below}: {response.text}"
            assert response.content_type == "application/problem+json"
            assert not leaks(asked, response.text, asking=path), path


def has_chains(asked: Asked) -> bool:
    return any(
        path.endswith("/chain") and "known_by" in parameters(asked.client, path) for path in operations(asked.client)
    )


@at_telling_moments
def test_claims_below_a_record_are_those_that_are_known(asked: Asked) -> None:
    about = {path for path in asked.then.paths if asked.data.world[path]["claims"]}
    for path in asked.sample(about):
        body = answered(asked.get(f"/v1/{path}/claims", limit="500", include="claims"))
        wanted = [claim["id"] for claim in asked.then.about(path)]
        assert [claim["id"] for claim in body["data"]] == wanted, path
        for claim in body["data"]:
            assert not differences(claim, asked.expected(f"claims/{claim['id']}")), (path, claim["id"])


@of_all_data
def test_the_bound_is_surely_unless_it_is_given(asked: Asked) -> None:
    for resource in RESOURCE:
        assert listed(asked.client, resource, known_by=asked.then.day) == asked.list(resource)


@of_all_data
def test_meta_says_what_was_asked(asked: Asked) -> None:
    for resource in RESOURCE:
        meta = answered(asked.get(f"/v1/{resource}"))["meta"]
        assert (meta["known_by"], meta["known_bound"], meta["covered"]) == (asked.then.day, SURELY, True)
        assert not {"known_by", "known_bound"} & answered(asked.client.get(f"/v1/{resource}"))["meta"].keys()


@of_all_data
def test_each_moment_is_an_answer_of_its_own(asked: Asked) -> None:
    """A cache that holds the answer for one day must not take it for another's."""
    path = asked.sample({path for path in asked.then.paths if path.startswith("defectors/")}, 1)[0]
    for address in (f"/v1/{path}", "/v1/defectors"):
        tags = [asked.client.get(address).headers["ETag"]]
        for more in ({}, {"known_bound": SURELY}, {"known_bound": POSSIBLY}):
            response = asked.client.get(f"{address}?{urlencode({'known_by': asked.then.day, **more})}")
            assert response.status_code == 200, response.text
            tags.append(response.headers["ETag"])
        assert tags[0] not in tags[1:], address
        assert tags[2] != tags[3], address


# --- nothing leaks --------------------------------------------------------------------------------------------------

WORD = re.compile(r"\w+")
TOKEN = re.compile(r"[a-z0-9-]+")
PATH = re.compile(f"(?:{'|'.join(RESOURCE)})/[a-z0-9-]+")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
RUN = 4
"""So many words in a row tell a text from others."""

OF_THE_ANSWER = {"updated", "links", "meta", "coverage_from", "self", "next", "query"}
"""Members of an answer that say something of it, not of the data; `links` where it is no list."""


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value that is of the data, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if name not in OF_THE_ANSWER or (name == "links" and isinstance(item, list)):
                yield from strings(item)


def runs(value: Any) -> set[str]:
    """What can be told again: each text of less than RUN words whole, of a longer one each RUN words in a row."""
    found = set()
    for text in strings(value):
        words = WORD.findall(text.casefold())
        found |= {" ".join(words[i : i + RUN]) for i in range(max(1, len(words) - RUN + 1))}
    return found


def terms_of(openapi: Any) -> set[str]:
    """The terms of all vocabularies: an answer may list them, whatever is known."""
    if isinstance(openapi, Mapping):
        own = {str(term) for term in openapi.get("enum", ()) if isinstance(openapi.get("enum"), list)}
        return own.union(*map(terms_of, openapi.values()))
    return set().union(*map(terms_of, openapi)) if isinstance(openapi, list) else set()


@dataclass(frozen=True)
class Secret:
    """What must not be told at a moment."""

    paths: set[str]
    ids: set[str]
    runs: set[str]
    dates: set[str]
    """What dates known claims set or were made on, spelled in EDTF: they may lie ahead."""


SECRETS: dict[tuple[str, frozenset[str]], Secret] = {}
WHOLE: dict[str, set[str]] = {}
"""Set of data -> all its runs."""
VOCABULARIES: set[str] = set()


def secret(asked: Asked) -> Secret:
    """What must not be told, worked out once for all moments at which the same is known."""
    name = asked.data.name
    if not VOCABULARIES:
        VOCABULARIES.update(terms_of(document(asked.client)))
    if name not in WHOLE:
        WHOLE[name] = runs(list(asked.data.world.values()))
    if (name, asked.then.state) not in SECRETS:
        SECRETS[name, asked.then.state] = secret_of(asked)
    return SECRETS[name, asked.then.state]


def secret_of(asked: Asked) -> Secret:
    then, world = asked.then, asked.data.world
    told = [asked.expected(path) for path in then.paths]
    parts = {part["id"] for record in told for part in record.get("parts", ())}
    slugs = {path.partition("/")[2] for path in world.keys() - then.paths}
    words = {token for record in told for text in strings(record) for token in TOKEN.findall(text)}
    terms = {" ".join(WORD.findall(term)) for term in VOCABULARIES}
    own = runs([f"/v1/{path}" for path in then.paths]) | runs([*then.paths])
    return Secret(
        paths=world.keys() - then.paths,
        ids=slugs - {part for path in then.paths for part in path.split("/")} - parts - VOCABULARIES - words,
        runs=WHOLE[asked.data.name] - runs(told) - own - terms,
        dates={d["edtf"] for claim in then.claims.values() for d in dates_in([claim["about"], claim["made"]])},
    )


def dates_in(value: Any) -> Iterator[Given]:
    """Every uncertain date in a JSON value."""
    if isinstance(value, Mapping):
        if "edtf" in value:
            yield value
        for item in value.values():
            yield from dates_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from dates_in(item)


def days_in(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text that is a day and no end of an uncertain date, with the name of its member."""
    if isinstance(value, str) and DAY.fullmatch(value):
        yield name, value
    elif isinstance(value, Mapping) and "edtf" not in value:
        for member, item in value.items():
            if member not in OF_THE_ANSWER:
                yield from days_in(item, member)
    elif isinstance(value, list):
        for item in value:
            yield from days_in(item, name)


def leaks(asked: Asked, text: str, asking: str = "") -> list[str]:
    """What an answer tells too early: ids, paths, texts, dates. What was `asking` may be repeated in it."""
    hidden, body, day = secret(asked), json.loads(text), asked.then.day
    data = {name: value for name, value in body.items() if name != "meta" and (name != "links" or "self" not in value)}
    unescaped = json.dumps(data, ensure_ascii=False)
    own = {asking, asking.partition("/")[2]}
    found = [f"path {path}" for path in (set(PATH.findall(unescaped)) & hidden.paths) - own]
    found += [f"id {slug}" for slug in (set(TOKEN.findall(unescaped)) & hidden.ids) - own]
    if not asking:
        found += [f"text {words!r}" for words in runs(body) & hidden.runs]
    for uncertain in dates_in(body):
        if (uncertain.get("earliest") or "") > day and uncertain["edtf"] not in hidden.dates:
            found.append(f"date {uncertain['edtf']}")
    set_days = {part for edtf in hidden.dates for part in DAY.findall(edtf)}
    found += [f"{name} {d}" for name, d in days_in(data) if d > day and d not in set_days]
    return sorted(found)


@at_telling_moments
def test_the_hunter_finds_what_is_later_and_nothing_else(asked: Asked) -> None:
    """Judged on the oracle's own answers, and on whole ones."""
    served = [asked.expected(path) for path in sorted(asked.then.paths)]
    assert leaks(asked, json.dumps({"data": served})) == []
    later = [path for path in asked.data.world if path not in asked.then.paths]
    assert all(leaks(asked, json.dumps({"data": [{"to": path}]})) for path in later)
    halves = [p for p in asked.then.paths if asked.expected(p).get("later")]
    assert all(leaks(asked, json.dumps(asked.data.world[path])) for path in halves)


@at_all_moments
def test_no_list_tells_what_is_later(asked: Asked) -> None:
    for resource in RESOURCE:
        response = asked.client.get(everything(resource, total="true", **asked.when))
        assert response.status_code == 200, response.text
        assert leaks(asked, response.text) == [], f"{resource} {asked.when}"
        assert response.json["meta"]["total"] == len(asked.then.of(resource)), f"{resource} {asked.when}"


@at_telling_moments
def test_no_record_nor_its_claims_tell_what_is_later(asked: Asked) -> None:
    for path in asked.sample(asked.then.paths, 80):
        for below in ("", "/claims", *(("/chain",) if has_chains(asked) and path.startswith("claims/") else ())):
            response = asked.get(f"/v1/{path}{below}")
            assert response.status_code == 200, f"{path}{below}: {response.text}"
            assert leaks(asked, response.text) == [], f"{path}{below}"
            assert not any(slug in response.headers.get("Link", "") for slug in secret(asked).ids)


@at_telling_moments
def test_names_are_those_that_are_known(asked: Asked) -> None:
    """Whoever is known is found by a spelling that is; nobody else is found by theirs."""
    for path in asked.sample({p for p in asked.data.world if p.startswith(("people/", "institutions/"))}):
        for spelling in [name["text"] for name in asked.data.world[path]["names"]] or [asked.data.world[path]["name"]]:
            response = asked.get("/v1/names", q=spelling, limit="10")
            assert response.status_code == 200, response.text
            assert leaks(asked, response.text) == [], spelling
            found = [candidate["record"] for candidate in response.json["data"]]
            assert set(found) <= asked.then.paths
            printed = path in asked.then.paths and spelling in [n["text"] for n in asked.expected(path)["names"]]
            assert path in found or not printed, f"{path} is not found as {spelling}"


def words_of(text: str) -> set[str]:
    return {word for word in WORD.findall(text.casefold()) if len(word) > 4}


def searchable(resource: str, record: Given) -> str:
    """The text of a record that search reads."""
    held = [item for name in RESOURCE[resource].searched for item in strings(texts_at(record, name))]
    return " ".join(held)


def texts_at(record: Any, dotted: str) -> Any:
    head, _, rest = dotted.partition(".")
    if isinstance(record, list):
        return [texts_at(item, dotted) for item in record]
    value = record.get(head) if isinstance(record, Mapping) else None
    return texts_at(value, rest) if rest else value


def hits(response: TestResponse) -> set[str]:
    """The paths of the records that a search found."""
    return {hit["url"].removeprefix("/v1/") for hit in response.json["data"]}


@at_telling_moments
def test_search_tells_nothing_that_is_later(asked: Asked) -> None:
    for path in asked.sample(set(asked.data.world), 60):
        query = " ".join(WORD.findall(asked.data.world[path].get("name") or asked.data.world[path]["says"])[:8])
        response = asked.get("/v1/search", q=query, limit="100")
        assert response.status_code == 200, response.text
        echoed = {f"text '{word.lower()}'" for word in WORD.findall(query)}
        assert [leak for leak in leaks(asked, response.text) if leak not in echoed] == [], query
        assert hits(response) <= asked.then.paths, query
        assert path not in asked.then.paths or path in hits(response), f"{path} is not found by {query!r}"


@at_telling_moments
def test_words_that_nobody_had_written_by_then_find_nothing(asked: Asked) -> None:
    """Neither our own descriptions nor later values can be searched."""
    for path in asked.sample({p for p in asked.then.paths if not p.startswith("claims/")}, 60):
        resource = path.partition("/")[0]
        known = words_of(searchable(resource, asked.expected(path)))
        unknown = words_of(searchable(resource, asked.data.world[path])) - known
        for word in sorted(w for w in unknown if not any(w[:4] == k[:4] for k in known))[:2]:
            response = asked.get("/v1/search", q=word)
            assert response.status_code == 200, response.text
            assert path not in hits(response), f"{path} is found by {word!r}"


@pytest.mark.parametrize("path", ["/v1/timeline", "/v1/stats"])
@at_telling_moments
def test_no_other_answer_tells_what_is_later(asked: Asked, path: str) -> None:
    """With each value of `by` and of `facet` that is documented."""
    ways = [{}] if path == "/v1/timeline" else [{"by": value} for value in choices(asked.client, path, "by")]
    assert ways
    for more in ways:
        response = asked.get(path, **more)
        assert response.status_code == 200, response.text
        years = {f"text '{stat['value']}'" for stat in response.json["data"] if more.get("by") == "year"}
        assert [leak for leak in leaks(asked, response.text) if leak not in years] == [], (path, more)
        assert response.json["meta"]["covered"] is True


@at_telling_moments
def test_no_facet_tells_what_is_later(asked: Asked) -> None:
    facets = [(resource, facet) for resource in RESOURCE for facet in choices(asked.client, f"/v1/{resource}", "facet")]
    assert facets, "no list documents a `facet`"
    for resource, facet in facets:
        response = asked.client.get(everything(resource, facet=facet, **asked.when))
        assert response.status_code == 200, response.text
        assert response.json["meta"]["count"] == len(asked.then.of(resource))
        buckets = response.json["meta"]["facets"][facet]
        if facet in DATES.get(resource, ()):
            within = {year for record in response.json["data"] for year in years_of(record[facet])}
            assert {bucket["value"] for bucket in buckets} - {None} <= within, f"{resource} {facet}"
        else:
            assert leaks(asked, json.dumps({"facets": buckets})) == [], f"{resource} {facet}"


def years_of(date: Given | None) -> set[str]:
    """The years that a date may be in; those of an open end are any."""
    if not date:
        return set()
    first, last = (date[end] or open_end for end, open_end in (("earliest", "1900"), ("latest", "2030")))
    return {str(year) for year in range(int(first[:4]), int(last[:4]) + 1)}


DOCUMENT: dict[str, Any] = {}
"""The service's own documentation, asked for once."""


def document(client: FlaskClient) -> dict[str, Any]:
    if not DOCUMENT:
        DOCUMENT.update(client.get("/openapi.json").json)
    return DOCUMENT


def operations(client: FlaskClient) -> dict[str, Any]:
    return {path: found for path, found in document(client)["paths"].items() if "get" in found}


def parameters(client: FlaskClient, path: str) -> dict[str, Given]:
    """The query parameters that are documented: name -> its declaration."""
    found = operations(client).get(path, {}).get("get", {}).get("parameters", [])
    shared = document(client)["components"].get("parameters", {})
    whole = [shared[p["$ref"].rpartition("/")[2]] if "$ref" in p else p for p in found]
    return {parameter["name"]: parameter for parameter in whole if parameter["in"] == "query"}


def choices(client: FlaskClient, path: str, name: str) -> list[str]:
    """The values that a parameter may have, as documented; none where it is not."""
    schema = parameters(client, path).get(name, {}).get("schema", {})
    return [str(value) for value in schema.get("enum") or schema.get("items", {}).get("enum") or ()]


# --- filters and order ----------------------------------------------------------------------------------------------


def filters(asked: Asked, resource: str, institutions: Sequence[Given], records: Sequence[Given]) -> dict[str, Test]:
    """Each documented filter in plain Python; what hangs on other records is read from those that are answered."""
    documented = parameters(asked.client, f"/v1/{resource}").keys() - NO_FILTERS
    tests = {name: TESTS[resource][name] for name in documented - {"within_institution", "holder_answers"}}
    if "holder_answers" in documented:
        tests["holder_answers"] = holder_answers(lambda: records)
    if "within_institution" in documented:
        tests["within_institution"] = within(resource, institutions)
    return tests


def within(resource: str, institutions: Sequence[Given]) -> Test:
    above = {institution["id"]: set(institution["part_of"]) for institution in institutions}
    own: dict[str, Callable[[Given], Sequence[str]]] = {
        "defectors": lambda record: record["institutions"],
        "purges": lambda record: (record["targets"] or {}).get("institutions", ()),
        "institutions": lambda record: [record["id"]],
        "people": lambda record: [role["institution"] for role in record["roles"]],
    }

    def is_within(slug: str, value: str, seen: frozenset[str] = frozenset()) -> bool:
        if slug in seen:
            return False
        return slug == value or any(is_within(up, value, seen | {slug}) for up in above.get(slug, ()))

    return lambda record, value, _: value in above and any(is_within(slug, value) for slug in own[resource](record))


def candidates(asked: Asked, resource: str, name: str) -> list[str]:
    """Values that a filter may be asked for: its vocabulary, else whatever the whole data have of its kind."""
    world = asked.data.world
    stem = name.removesuffix("_after").removesuffix("_before")
    slugs = {of: [p.partition("/")[2] for p in world if p.startswith(f"{of}/")] for of in RESOURCE}
    if stem in DATES.get(resource, ()):
        return date_values(world, resource, stem, ends=name.endswith(ENDS))
    speakers = [p for p in world if p.startswith(("people/", "institutions/"))]
    by_name: dict[str, Sequence[str]] = {
        "id": slugs[resource],
        "roots": ("0", "1", "2", "3"),
        **dict.fromkeys(("anonymous_only", "single_root"), ("true", "false")),
        **dict.fromkeys(("institution", "within_institution", "publisher"), slugs["institutions"]),
        **dict.fromkeys(("person", "author"), slugs["people"]),
        **dict.fromkeys(("source", "via", "cites"), slugs["sources"]),
        **dict.fromkeys(("by", "holder"), speakers),
        "root": sorted({root_of(r) or "" for path, r in world.items() if path.startswith("claims/")} - {""}),
        "about": [p for p in world if resource == "claims" or not p.startswith("claims/")],
        **dict.fromkeys(("country", "left_from", "destination", "place"), ("KP", "KR", "CN", "RU", "GB", "TH", "US")),
    }
    return list(choices(asked.client, f"/v1/{resource}", name) or by_name[name])


def date_values(world: Mapping[str, Given], resource: str, name: str, *, ends: bool) -> list[str]:
    """The dates that records have and their years, or their days."""
    dates = [r[name] for path, r in world.items() if path.startswith(f"{resource}/") and r[name]]
    days = sorted({day for d in dates for day in (d["earliest"], d["latest"]) if day})
    spans = sorted({f"{d['earliest'] or '..'}/{d['latest'] or '..'}" for d in dates})
    return days if ends else [*spans, *sorted({day[:4] for day in days})]


@pytest.mark.parametrize("resource", RESOURCE)
@at_telling_moments
def test_a_filter_finds_by_what_is_answered(asked: Asked, resource: str) -> None:
    """Each filter, by up to SAMPLE of the values that occur in the whole data, known or not."""
    records = asked.list(resource)
    institutions = asked.list("institutions")
    everyone = [record for path, record in asked.data.world.items() if path.startswith(f"{resource}/")]
    whole_institutions = [record for path, record in asked.data.world.items() if path.startswith("institutions/")]
    known = filters(asked, resource, institutions, records)
    ever = filters(asked, resource, whole_institutions, everyone)
    assert known.keys() >= {"id", *DATES.get(resource, ())}
    for name, test in known.items():
        tried = [v for v in candidates(asked, resource, name) if any(ever[name](r, v, {}) for r in everyone)]
        tried = random.Random(SEED).sample(tried, min(SAMPLE, len(tried)))
        dated = name.removesuffix("_after").removesuffix("_before") in DATES.get(resource, ())
        for value in tried:
            for more in ({"certainty": "possibly"}, {"certainty": "surely"}) if dated else ({},):
                ids = found_by(asked, resource, name, value, more)
                wanted = [record["id"] for record in records if test(record, value, more)]
                assert ids == wanted, f"{resource}?{name}={value} {more} {asked.when}"


def found_by(asked: Asked, resource: str, name: str, value: str, more: Mapping[str, str]) -> list[str]:
    scopes = [("scope", scope) for scope in SCOPES if "scope" in TESTS[resource] and name != "scope"]
    query = urlencode([*scopes, ("limit", "500"), (name, value), *more.items(), *asked.when.items()])
    return [record["id"] for record in answered(asked.client.get(f"/v1/{resource}?{query}"))["data"]]


@at_telling_moments
def test_a_status_is_found_under_the_policy_that_is_asked_for(asked: Asked) -> None:
    for resource in JUDGED:
        statuses = choices(asked.client, f"/v1/{resource}", "status")
        assert statuses
        for policy, status in product(POLICIES, statuses):
            wanted = [r["id"] for r in asked.list(resource) if (r["standing"][policy]["status"] or "none") == status]
            found = found_by(asked, resource, "status", status, {"policy": policy})
            assert found == wanted, f"{resource}?status={status}&policy={policy} {asked.when}"


@at_telling_moments
def test_what_is_later_sorts_as_undated(asked: Asked) -> None:
    sorts = [(resource, sort) for resource in RESOURCE for sort in choices(asked.client, f"/v1/{resource}", "sort")]
    assert sorts
    for resource, sort in sorts:
        records = asked.list(resource)
        found = [r["id"] for r in listed(asked.client, resource, sort=sort, **asked.when)]
        wanted = [r["id"] for r in in_order(records, sort, DATES_SORTED.get(resource, ()))]
        assert found == wanted, f"{resource}?sort={sort} {asked.when}"


@at_telling_moments
def test_pages_add_up_to_the_list(asked: Asked) -> None:
    """Page by page, by the dates where there are any, each known record comes once; `total` counts them."""
    for resource in RESOURCE:
        records = asked.list(resource)
        sort = next((f"-{name}" for name in DATES.get(resource, ())), "id")
        limit = f"limit={max(1, len(records) // 4)}"
        address = everything(resource, sort=sort, total="true", **asked.when).replace("limit=500", limit)
        found: list[str] = []
        while address:
            body = answered(asked.client.get(address))
            assert body["meta"]["total"] == len(records), f"{resource} {asked.when}"
            found += [record["id"] for record in body["data"]]
            address = body["links"]["next"]
        wanted = [record["id"] for record in in_order(records, sort, DATES_SORTED.get(resource, ()))]
        assert found == wanted, f"{resource} {asked.when}"


@of_all_data
def test_a_cursor_of_one_day_is_none_of_another(asked: Asked) -> None:
    following = answered(asked.get("/v1/claims", limit="2"))["links"]["next"]
    assert f"known_by={asked.then.day}" in following
    for other in (following.replace(asked.then.day, FOREVER), following.replace(SURELY, POSSIBLY)):
        response = asked.client.get(other)
        assert other != following
        assert response.status_code == 422, response.text
        assert [fault["parameter"] for fault in response.json["errors"]] == ["cursor"]


# --- as time goes on ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", RESOURCE)
@of_all_data
def test_what_is_known_stays_known_and_surely_is_possibly(asked: Asked, resource: str) -> None:
    before: dict[str, set[str]] = {bound: set() for bound in BOUNDS}
    for day in (*DAYS[asked.data.name], FOREVER):
        for bound in BOUNDS:
            known = {r["id"] for r in listed(asked.client, resource, known_by=day, known_bound=bound)}
            assert before[bound] <= known, f"{resource} {day} {bound}: gone are {before[bound] - known}"
            before[bound] = known
        assert before[SURELY] <= before[POSSIBLY], f"{resource} {day}: {before[SURELY] - before[POSSIBLY]}"


@pytest.mark.parametrize("resource", JUDGED)
@pytest.mark.parametrize("bound", BOUNDS)
@of_all_data
def test_history_is_what_each_day_said(asked: Asked, resource: str, bound: str) -> None:
    """One period after another; each says what `known_by=` says on its first day, and names what came that day."""
    for path in [path for path in asked.data.world if path.startswith(f"{resource}/")]:
        periods = history(asked, path, bound)
        for period, after in zip_longest(periods, periods[1:]):
            assert period.keys() >= {"from", "until", "standing", "corroboration", "claims"}, path
            assert period["until"] == (after["from"] if after else None), path
            assert period["standing"].keys() == set(POLICIES), path
            came = came_on(asked.data, path, period["from"] or FIRST_OF_ALL, bound)
            assert set(period["claims"]) == came, f"{path} {period['from']}"
            told = {claim for verdict in period["standing"].values() for claim in verdict["because"]}
            assert told <= {claim["id"] for claim in known_at(asked.data, period["from"], bound).about(path)}, path
        days = [period["from"] or FIRST_OF_ALL for period in periods]
        assert days == sorted(set(days)), path


def history(asked: Asked, path: str, bound: str) -> list[Given]:
    return list(answered(asked.client.get(f"/v1/{path}/history?known_bound={bound}"))["data"])


def known_at(data: Data, day: str | None, bound: str) -> Then:
    """What is known on the first day of a period, which is before all days where a start is open."""
    return data.then(day or FIRST_OF_ALL, bound)


def came_on(data: Data, path: str, day: str, bound: str) -> set[str]:
    """The claims on whether it occurred that became known on a day."""
    claims = [c for c in data.world[path]["claims"] if any("occurred" in about["sets"] for about in of(c, path))]
    return {claim["id"] for claim in claims if comes(claim["known"], bound) == day}


def of(claim: Given, path: str) -> list[Given]:
    return [about for about in claim["about"] if about["record"] == path]


def comes(known: Given | None, bound: str) -> str | None:
    """The first day by which a date has come."""
    if not known:
        return None
    if bound == SURELY:
        return known["latest"]
    return known["earliest"] or (FIRST_OF_ALL if known["latest"] else None)


@at_telling_moments
def test_history_and_the_day_agree(asked: Asked) -> None:
    """The period in which a day lies says what the record says by that day, and nothing of later days."""
    for path in sorted(path for path in asked.then.paths if path.partition("/")[0] in JUDGED):
        wanted = asked.expected(path)["standing"]
        periods = [p for p in history(asked, path, asked.then.bound) if (p["from"] or FIRST_OF_ALL) <= asked.then.day]
        if not periods:
            assert all(v == {"status": None, "because": []} for v in wanted.values()), f"{path} {asked.when}"
            continue
        until = periods[-1]["until"]
        assert until is None or until > asked.then.day, f"{path} {asked.when}"
        assert not differences({"standing": periods[-1]["standing"]}, {"standing": wanted}), f"{path} {asked.when}"
        for period in periods:
            start = known_at(asked.data, period["from"], asked.then.bound)
            if frozenset(start.claims) in asked.data.added_up:
                first = {name: asked.data.expected(start, path)[name] for name in ("standing", "corroboration")}
                assert not differences({name: period[name] for name in first}, first), f"{path} {period['from']}"
        early = {"data": [without(period, "until") for period in periods]}
        assert leaks(asked, json.dumps(early)) == [], f"{path} {asked.when}"


@of_all_data
def test_a_period_is_a_change_of_standing(asked: Asked) -> None:
    """Nothing but a change of standing, under any policy, makes a new period."""
    several = 0
    for path in [path for path in asked.data.world if path.partition("/")[0] in JUDGED]:
        for bound in BOUNDS:
            periods = history(asked, path, bound)
            several += len(periods) > 1
            for one, after in pairwise(periods):
                assert one["standing"] != after["standing"], (path, bound, after["from"])
    assert several > 2


# --- what is refused, and what is not covered -----------------------------------------------------------------------

DOORS = ["/v1/defectors", "/v1/defectors/{one}", "/v1/defectors/{one}/claims", "/v1/claims", "/v1/sources"]
ASKING = ["/v1/search?q=kim", "/v1/names?q=kim", "/v1/timeline", "/v1/stats?by={by}"]
NO_DAYS = [
    *("", "2015", "2015-07", "2015-7-10", "2015-07-10/2015-07-11", "2015-07-10~", "2015-07-XX", "../2015-07-10"),
    *("2015-02-30", "2015-13-01", "0000-00-00", "20150710", "2015-07-10T00:00:00Z", " 2015-07-10", "2015-07-10 "),
    *(
        "today",
        "null",
        "-2015-07-10",
        "2015-W28-5",
        "2015-191",
        "10.07.2015",
        "\uff12\uff10\uff11\uff15-07-10",
        "2015-07-10\n",
        "2015\u201007\u201010",
    ),
]


@pytest.mark.parametrize("form", ["json", "ndjson"])
@pytest.mark.parametrize("path", [*DOORS, *ASKING])
def test_what_is_covered_is_looked_up_once(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str, form: str
) -> None:
    asking, asked = DB.execute_sql, []
    monkeypatch.setattr(DB.obj, "execute_sql", lambda sql, *rest: asked.append(sql) or asking(sql, *rest))
    more = f"&format={form}" if path not in {"/v1/defectors/{one}", "/v1/names?q=kim"} else ""
    url = path.format(one="thae-yong-ho", by="year") + ("&" if "?" in path else "?")
    response = client.get(f"{url}known_by=2016-08-28{more}")
    assert response.status_code == 200, response.text
    assert sum(" fact " in sql for sql in asked) == 1, asked


def door(asked: Asked, path: str) -> str:
    one = next(path.partition("/")[2] for path in sorted(asked.data.world) if path.startswith("defectors/"))
    return path.replace("{one}", one).replace("{by}", next(iter(choices(asked.client, "/v1/stats", "by")), "status"))


def assert_refused(response: TestResponse, parameter: str) -> None:
    assert response.status_code == 422, response.text
    assert response.content_type == "application/problem+json"
    faults = {fault["parameter"]: fault["detail"] for fault in response.json["errors"]}
    assert list(faults) == [parameter], faults
    assert "unknown parameter" not in faults[parameter], faults


@pytest.mark.parametrize("path", [*DOORS, *ASKING])
@of_all_data
def test_only_one_day_will_do(asked: Asked, path: str) -> None:
    joint = "&" if "?" in path else "?"
    for day in NO_DAYS:
        assert_refused(asked.client.get(f"{door(asked, path)}{joint}{urlencode({'known_by': day})}"), "known_by")
    twice = asked.client.get(f"{door(asked, path)}{joint}known_by=2015-07-10&known_by=2015-07-11")
    assert_refused(twice, "known_by")


@pytest.mark.parametrize("path", [*DOORS, *ASKING])
@of_all_data
def test_a_bound_is_one_of_two_and_of_a_day(asked: Asked, path: str) -> None:
    joint = "&" if "?" in path else "?"
    address = f"{door(asked, path)}{joint}"
    for bound in ("", "maybe", "Surely", "surely,possibly"):
        assert_refused(
            asked.client.get(f"{address}known_by=2015-07-10&{urlencode({'known_bound': bound})}"), "known_bound"
        )
    for bound in BOUNDS:
        assert_refused(asked.client.get(f"{address}known_bound={bound}"), "known_bound")


@of_all_data
def test_history_takes_a_bound_and_a_policy_and_refuses_others(asked: Asked) -> None:
    address = f"{door(asked, '/v1/defectors/{one}')}/history"
    assert answered(asked.client.get(address)) == answered(asked.client.get(f"{address}?known_bound=surely"))
    for policy in POLICIES:
        assert answered(asked.client.get(f"{address}?policy={policy}"))["data"]
    assert_refused(asked.client.get(f"{address}?known_bound=maybe"), "known_bound")
    assert_refused(asked.client.get(f"{address}?policy=none"), "policy")
    assert asked.client.get("/v1/defectors/no-such-one/history").status_code == 404
    for resource in RESOURCE.keys() - set(JUDGED):
        slug = asked.then.of(resource)[0]
        assert asked.client.get(f"/v1/{resource}/{slug}/history").status_code == 404, resource


@before_coverage
def test_before_coverage_nothing_is_said(asked: Asked) -> None:
    """It is no day on which nothing was known: it is one of which we say nothing."""
    for resource in RESOURCE:
        body = answered(asked.get(f"/v1/{resource}", total="true"))
        assert body["data"] == [], resource
        assert body["links"]["next"] is None
        assert (body["meta"]["covered"], body["meta"]["count"]) == (False, 0), resource
        assert "total" not in body["meta"], "none is no number of what is known"
        assert (body["meta"]["known_by"], body["meta"]["known_bound"]) == (asked.then.day, asked.then.bound)
    for path in asked.sample(set(asked.data.world), 20):
        response = asked.get(f"/v1/{path}")
        assert response.status_code == 404, path
        assert response.content_type == "application/problem+json"
        assert "not-covered" in response.json["type"] + response.json["detail"], response.text
        below = asked.get(f"/v1/{path}/claims")
        assert below.status_code == 404 or (below.json["data"], below.json["meta"]["covered"]) == ([], False), path


@pytest.mark.parametrize("path", ASKING)
@before_coverage
def test_before_coverage_no_question_is_answered(asked: Asked, path: str) -> None:
    joint = "&" if "?" in path else "?"
    body = answered(asked.client.get(f"{door(asked, path)}{joint}{urlencode(asked.when)}"))
    assert not body["data"]
    assert body["meta"]["covered"] is False


@before_coverage
def test_what_is_asked_wrongly_is_refused_before_coverage_too(asked: Asked) -> None:
    assert_refused(asked.get("/v1/defectors", sort="nothing"), "sort")
    assert_refused(asked.get("/v1/defectors", stage="nothing"), "stage")


@of_all_data
def test_known_by_is_documented_wherever_it_is_taken(asked: Asked) -> None:
    for path in operations(asked.client):
        resource = path.split("/")[2] if path.count("/") > 1 else ""
        answers_from_claims = resource in {*RESOURCE, "search", "names", "timeline", "stats"}
        of_the_ledger = path.endswith("/input") or "/revisions" in path
        if answers_from_claims and not of_the_ledger and not path.endswith(("/history", "/chain")):
            declared = parameters(asked.client, path)
            assert {"known_by", "known_bound"} <= declared.keys(), path
            assert choices(asked.client, path, "known_bound") == ["surely", "possibly"], path


def test_what_has_no_day_is_not_known_by_any() -> None:
    """An open start is the first of all days; an open end never comes."""
    open_start, open_end = {"earliest": None, "latest": "2015-07-14"}, {"earliest": "2015-07-01", "latest": None}
    assert by_then(open_start, "0001-01-01", POSSIBLY)
    assert not by_then(open_start, "2015-07-13", SURELY)
    assert by_then(open_end, "2015-07-01", POSSIBLY)
    assert not by_then(open_end, FOREVER, SURELY)
    assert not by_then(None, FOREVER, POSSIBLY)
    assert not by_then({"earliest": None, "latest": None}, FOREVER, POSSIBLY)


LATE_SPEAKERS = """
institutions:
  - {id: agency, name: The agency, kind: media}
people:
  - {id: writer, name: The writer}
sources:
  - {id: early, name: Early, kind: article, published: 2015-07-10}
  - {id: signed, name: Signed, kind: article, authors: [writer], published: 2015}
  - {id: wired, name: Wired, kind: article, publisher: agency, published: 2016-08-10}
defectors:
  - id: clerk
    name: A clerk
    scope: subject
    party: {kind: individual}
    claims:
      - {id: chained, says: Gone., sets: [occurred], source: early, chain: [{source: signed, verb: quoted}], seen: read}
      - {id: foreknown, says: He left., sets: [occurred], source: wired, known: 2015-07-11}
"""


@pytest.mark.parametrize(
    "url",
    [
        "/v1/claims?facet=root&facet=person&facet=institution",
        "/v1/claims/chained?include=people",
        "/v1/claims/foreknown?include=institutions",
        "/v1/claims/chained/chain",
        "/v1/claims/foreknown/chain",
        "/v1/defectors?include=claims&facet=root",
        "/v1/stats?by=root",
        "/v1/search?q=clerk",
        "/v1/timeline",
    ],
)
def test_who_speaks_is_not_told_by_a_document_that_is_not_known_yet(
    empty_database: str, tmp_path: Path, application: Flask, url: str
) -> None:
    """An origin that is left out is filled in from the outermost document, which may come out after the claim."""
    (tmp_path / "late.yaml").write_text(LATE_SPEAKERS, encoding="utf-8")
    load([tmp_path / "late.yaml"])
    client = application.test_client()
    asked = f"{url}{'&' if '?' in url else '?'}known_by="
    early = client.get(f"{asked}2015-08-01")
    assert early.status_code == 200
    assert not re.search("writer|agency", early.text)
    if "timeline" not in url and "search" not in url:
        assert re.search("writer|agency", client.get(f"{asked}2016-08-10").text)


@pytest.mark.parametrize("root", ["named:person:writer", "named:institution:agency"])
def test_nothing_is_found_by_a_root_that_is_not_known_yet(
    empty_database: str, tmp_path: Path, application: Flask, root: str
) -> None:
    (tmp_path / "late.yaml").write_text(LATE_SPEAKERS, encoding="utf-8")
    load([tmp_path / "late.yaml"])
    for resource in ("claims", "defectors"):
        url = f"/v1/{resource}?root={root}&known_by="
        counts = [
            len(application.test_client().get(f"{url}{day}").json["data"]) for day in ("2015-08-01", "2016-08-10")
        ]
        assert counts == [0, 1]


def test_who_speaks_by_a_later_document_is_not_told_though_they_are_known_by_another(
    empty_database: str, tmp_path: Path, application: Flask
) -> None:
    """A writer who is known by a claim of their own is not yet known as the writer of what comes out later."""
    own = "{identity: named, person: writer, capacity: witness, access: witnessed}"
    further = f"      - {{id: own, says: I saw it., sets: [occurred], source: early, origin: {own}}}\n"
    (tmp_path / "late.yaml").write_text(LATE_SPEAKERS + further, encoding="utf-8")
    load([tmp_path / "late.yaml"])
    client = application.test_client()
    for day, told in (("2015-08-01", False), ("2016-08-10", True)):
        origin = client.get(f"/v1/claims/chained?known_by={day}").json["origin"]
        assert (origin["person"] == "writer") is (origin["capacity"] == "author") is told
        assert (client.get(f"/v1/claims/chained/chain?known_by={day}").json["root"] is not None) is told
        same = client.get(f"/v1/claims/own/chain?known_by={day}").json["same_root"]
        assert [claim["id"] for claim in same] == (["chained"] if told else [])
        for asked in ("capacity=author", "root=named:person:writer&capacity=author", "person=writer&capacity=author"):
            found = client.get(f"/v1/claims?{asked}&known_by={day}").json["data"]
            assert [claim["id"] for claim in found] == (["chained"] if told else []), asked
        assert client.get(f"/v1/defectors/clerk?known_by={day}").json["corroboration"]["roots"] == 2 + (not told)


@pytest.mark.parametrize("bound", BOUNDS)
def test_nobody_takes_back_what_they_are_not_known_to_have_said(traps: FlaskClient, bound: str) -> None:
    """A piece that is to come out tells who withdraws; until then it is nobody who had said anything."""
    for day, status, roots in (("2014-12-31", "reported", 2), ("2015-01-01", "withdrawn", 1)):
        moment = f"known_by={day}&known_bound={bound}"
        record = traps.get(f"/v1/defectors/taken-back-unsigned?{moment}").json
        assert record["standing"]["any"]["status"] == status
        again = traps.get(f"/v1/defectors/said-again-unsigned?{moment}").json
        assert again["corroboration"]["roots"] == roots
        found = traps.get(f"/v1/defectors?id=said-again-unsigned&single_root=true&{moment}").json["data"]
        assert len(found) == (roots == 1)
        found = traps.get(f"/v1/defectors?id=taken-back-unsigned&status={status}&{moment}").json["data"]
        assert len(found) == 1


def test_nobody_vouches_before_it_is_known_who_speaks(empty_database: str, tmp_path: Path, application: Flask) -> None:
    """What an official says of their own act confirms it; who that is, the document alone tells, as its author."""
    own = "{capacity: official, access: own-act}"
    further = f"      - {{id: own, says: Sent., sets: [occurred], source: signed, known: 2015-07-10, origin: {own}}}\n"
    (tmp_path / "late.yaml").write_text(LATE_SPEAKERS + further, encoding="utf-8")
    load([tmp_path / "late.yaml"])
    client = application.test_client()
    for day, status in (("2015-08-01", "reported"), ("2016-08-10", "confirmed")):
        assert client.get(f"/v1/defectors/clerk?known_by={day}").json["standing"]["any"]["status"] == status
        assert len(client.get(f"/v1/defectors?status={status}&known_by={day}").json["data"]) == 1
