"""`as_of`: whatever was answered at a moment is answered again later, to the byte, whatever was written since."""

import fcntl
import json
import os
import re
import stat
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlencode, urlsplit

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api import as_of
from api.app import create_app
from api.commands import talbuk
from api.loading import load, packaged_fixtures
from api.problems import CHALLENGE
from api.schemas.registry import writer_wiring
from models import restoring, snapshot_files, snapshots
from models.database import DB, SQLITE, close_database, execute, is_postgresql, open_database
from models.documents import decoded
from models.faults import Refused
from models.keys import make
from models.registry import RESOURCES
from models.writer import derive_all, erase, write
from tests.answered import SCOPED
from tests.api.test_docs import EVERY, OPERATIONS, address
from tests.models.test_writer import (
    BUNDLE,
    RECORDS,
    SECRET,
    WITH_SECRET,
    WITHHELD,
    WITHOUT_CLERK,
    Collection,
    put,
    written,
)

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where snapshots are kept."""
    snapshot_files.keep_in(str(tmp_path / "kept"))
    yield tmp_path / "kept"
    snapshot_files.keep_in("")


@pytest.fixture
def past(empty_database: str, folder: Path, application: Flask) -> FlaskClient:
    """A client of the application over an empty database, once on each engine."""
    return application.test_client()


def last_moment() -> str:
    """When the last entry was made."""
    (at,) = execute("SELECT at FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    return str(at)


def passed() -> str:
    """When the last entry was made, before one that is made now: what was held then is past."""
    moment = last_moment()
    new = f"later-{moment[20:26]}"
    later = {"resource": "people", "id": new, "name": "Somebody later"}
    write([later], wiring=writer_wiring(), actor="editor", complete=False)
    return moment


def then(url: str, moment: str) -> str:
    """An address, as of a moment."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'as_of': moment})}"


class Told(NamedTuple):
    """An answer without what names the moment (the addresses of itself and the next page, `as_of`) or the request."""

    status: int
    body: str


LINKS = re.compile(r'"links":\{"self":"[^"]*","next":(?:"[^"]*"|(null))\}')


def told(response: TestResponse) -> Told:
    text = response.get_data(as_text=True)
    text = LINKS.sub(lambda found: f'"links":{"null" if found[1] else "true"}', text)
    text = re.sub(r',"as_of":"[^"]*"|, "request_id": "[^"]*"', "", text)
    return Told(response.status_code, re.sub(r"&as_of=[^&\"]*", "", text))


KNOWN = ("", "&known_by=2015-06-10", "&known_by=2015-06-10&known_bound=possibly")
EVERY_SCOPE = "&scope=subject&scope=background&scope=comparison"


def everything_asked(paths: list[str]) -> Iterator[str]:
    """Lists of every resource in every format, the records of some paths alone, and all that is made of many."""
    yield "/v1"
    for by_then in KNOWN:
        for resource in RESOURCES:
            scope = EVERY_SCOPE if resource.name in SCOPED else ""
            yield f"/v1/{resource.name}?include=claims&limit=500&total=true{scope}{by_then}"
            yield f"/v1/{resource.name}?limit=all&format=ndjson{scope}{by_then}"
        yield f"/v1/claims?limit=3&sort=-known&format=csv{by_then}"
        yield f"/v1/defectors?facet=status&facet=left&facet=stage&sort=-left&limit=2&include=sources{by_then}"
        yield f"/v1/defectors?left=2015&fields=left{by_then}"
        for question in ("Person", "said", "choe ryong hae", "defector d3", "0"):
            yield f"/v1/search?limit=100&total=true&q={question}{by_then}"
        yield f"/v1/names?q=choe+ryong+hae{by_then}"
        yield f"/v1/timeline?limit=500&total=true{by_then}"
        yield f"/v1/stats?by=status{by_then}"
        for path in paths:
            yield f"/v1/{path}?{by_then.removeprefix('&')}".removesuffix("?")
            yield f"/v1/{path}/claims?fields=says&fields=revision&fields=updated{by_then}"
            if path.startswith("claims/"):
                yield f"/v1/{path}/chain?{by_then.removeprefix('&')}".removesuffix("?")
    for path in paths:
        if path.startswith("defectors/"):
            yield f"/v1/{path}/history"
    yield "/v1/changes/standing?limit=500"


Recorded = dict[str, dict[str, Told]]
"""Moment -> address -> what was answered."""


def record(client: FlaskClient, paths: list[str], recorded: Recorded) -> None:
    """Ask everything, and keep the answers under the moment."""
    recorded[last_moment()] = {url: told(client.get(url)) for url in everything_asked(paths)}


def assert_answered_again(client: FlaskClient, recorded: Recorded) -> None:
    for moment, answers in recorded.items():
        for url, before in answers.items():
            assert told(client.get(then(url, moment))) == before, (moment, url)


MOST_PATHS = 12


def merge_somebody(number: int) -> None:
    """Merge a person whom nobody refers to into another."""
    new = f"people/m{number}"
    somebody = {"resource": "people", "id": f"m{number}", "name": "Somebody"}
    write([somebody], wiring=writer_wiring(), actor="editor")
    write([], wiring=writer_wiring(), actor="editor", reason="the same", remove={new: "people/p0"})


def edit(collection: Collection) -> None:
    """Write one random change, or be refused."""
    kept = dict(collection.records), {path: list(claims) for path, claims in collection.under.items()}
    path, _ = collection.edit()
    try:
        written(collection, [path])
    except Refused:
        collection.records, collection.under = kept


def all_paths() -> list[str]:
    """The paths of all records that ever were, those that came last at the end."""
    rows = execute("SELECT path FROM ledger WHERE path LIKE '%/%' GROUP BY path ORDER BY min(seq)")
    return [row[0] for row in rows.fetchall()]


def test_a_random_series_of_writes_is_answered_again_at_each_moment(past: FlaskClient) -> None:
    """Additions, changes, removals and merges. PostgreSQL is slower: fewer there."""
    collection, recorded = Collection(seed=7), Recorded()
    written(collection, collection.first())
    for number in range(4 if is_postgresql() else 8):
        for _ in range(8):
            edit(collection)
        if number % 2 == 1:
            merge_somebody(number)
        record(past, ["people/p0", "institutions/i0", "sources/s1", *all_paths()[-MOST_PATHS:]], recorded)
    statuses = {answer.status for answers in recorded.values() for answer in answers.values()}
    assert statuses == {200, 404, 410, 308}
    assert_answered_again(past, recorded)


def lost_at(moment: str) -> set[str]:
    """The paths of what there was at a moment and was erased since."""
    rows = execute(
        "SELECT l.path, l.payload FROM ledger l WHERE l.action IN ('add', 'change') AND l.seq = (SELECT max(s.seq) "
        "FROM ledger s WHERE s.path = l.path AND s.action <> 'erase' AND s.at <= ?)",
        (moment,),
    )
    return {path for path, payload in rows.fetchall() if payload is None}


def test_what_was_erased_since_is_left_out_and_the_rest_is_answered_again(past: FlaskClient) -> None:
    """Records with claims that are erased, too; of a moment after the last erasure everything is answered again."""
    collection, recorded = Collection(seed=11), Recorded()
    written(collection, collection.first())
    for number in range(4 if is_postgresql() else 8):
        for _ in range(8):
            edit(collection)
        events = [path for path in all_paths() if path.startswith("defectors/")]
        if number % 3 == 2 and events:
            erase(events[number % len(events)], reason=f"asked {number}", actor="editor")
        record(past, all_paths()[-MOST_PATHS:], recorded)
    (last,) = execute("SELECT max(at) FROM ledger WHERE action = 'erase'").fetchone()
    assert_answered_again(past, {moment: answers for moment, answers in recorded.items() if moment >= last})
    seen: Counter[str] = Counter()
    for moment, answers in recorded.items():
        lost = lost_at(moment)
        for url, before in answers.items():
            seen[assert_but_for_the_lost(past, url, moment, before, lost)] += 1
    assert min(seen[kind] for kind in ("lost", "alone", "listed")) > 5, seen


def assert_but_for_the_lost(client: FlaskClient, url: str, moment: str, before: Told, lost: set[str]) -> str:
    """An answer is what it was but for what was erased since; tells of which kind it is."""
    now = told(client.get(then(url, moment)))
    path = urlsplit(url).path.removeprefix("/v1/")
    if before.status == 200 and any(path == f"{gone}{below}" for gone in lost for below in BELOW):
        assert (now.status, json.loads(now.body)["type"]) == (410, "erased"), (moment, url)
        return "lost"
    if "known_by" in url and lost:
        assert now.status in {before.status, 404, 410}, (moment, url, now)
        return "not known then"
    assert now.status == before.status, (moment, url, now)
    if now.status == 200 and path in {resource.name for resource in RESOURCES} and "include=claims" in url:
        there = [one for one in json.loads(before.body)["data"] if f"{path}/{one['id']}" not in lost]
        assert list(map(untouched, json.loads(now.body)["data"])) == list(map(untouched, there)), (moment, url)
        return "listed"
    if now.status == 200 and not lost:
        assert now == before
        return "alone"
    return "other"


BELOW = ("", "/claims", "/history", "/chain")


def untouched(one: Mapping[str, Any]) -> Mapping[str, Any]:
    """What no other record bears on of one in a list."""
    return {name: one[name] for name in ("id", "name", "says", "left", "revision", "updated") if name in one}


def test_every_parameter_goes_with_it(past: FlaskClient, tmp_path: Path) -> None:
    """Over the fixtures, each with the document's example; then all of them are changed, and some are taken away."""
    load([packaged_fixtures()])
    moment = last_moment()
    before = {url: told(past.get(url)) for url in every_address()}
    assert {answer.status for answer in before.values()} == {200}
    put(tmp_path, BUNDLE)
    for (path,) in execute("SELECT path FROM record WHERE resource = 'indicators' ORDER BY path").fetchall()[:5]:
        with suppress(Refused):
            write([], wiring=writer_wiring(), actor="editor", remove={path: None})
    write(described_anew(), wiring=writer_wiring(), actor="editor", force=True, complete=False)
    for url, answer in before.items():
        assert told(past.get(then(url, moment))) == answer, url
    some = list(before)[::9]
    assert sum(told(past.get(url)) != before[url] for url in some) > len(some) / 3


def every_address() -> Iterator[str]:
    """Every operation that has it, alone and with each of its other parameters, with the document's examples."""
    for path, operation in OPERATIONS.items():
        taken = {p["name"]: p["example"] for p in operation["parameters"] if p["in"] == "query" and "example" in p}
        if "as_of" in [parameter["name"] for parameter in operation["parameters"]]:
            yield address(path)
            for name, example in taken.items():
                value = example[0] if isinstance(example, list) else example
                yield address(path, **{name: str(value).lower() if isinstance(value, bool) else str(value)})


def described_anew() -> Iterator[dict[str, Any]]:
    """Every record that is there but claims, with another description."""
    for path, resource, text in execute("SELECT path, resource, input FROM record").fetchall():
        if resource != "claims":
            yield {"resource": resource, **decoded(text), "description": f"Another description of {path}."}


# which operations, which moments


def test_all_that_reads_what_is_held_takes_it_and_nothing_else_does(application: Flask) -> None:
    for path, operation in EVERY.items():
        takes = "as_of" in [parameter["name"] for parameter in operation["parameters"]]
        assert takes == path.startswith("/v1"), path


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/", "/openapi.json", "/apidocs/"])
def test_no_other_page_takes_it(past: FlaskClient, path: str, tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    response = past.get(then(path, last_moment()))
    assert (response.status_code, response.json["errors"][0]["parameter"]) == (422, "as_of")


def test_a_request_that_reads_by_post_does_not_take_it(past: FlaskClient, tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    response = past.post(then("/v1/names", last_moment()), json={"names": ["x"]})
    assert (response.status_code, response.json["errors"][0]["parameter"]) == (422, "as_of")


NO_MOMENT = {
    "2026-11-22": "is a day, and it may be another at each hour of it; write one, such as 2026-11-22T13:00:00Z",
    "2026-11-22T13:00:00": "is a local time, without its offset from UTC",
    "2026-11-22T13:00:00 01:00": "has a space where its offset should begin (write + as %2B)",
    "2026-02-30T13:00:00Z": "is not in the calendar, or on no clock",
    "2026-11-22T24:01:00Z": "is not in the calendar, or on no clock",
    "0001-01-01T00:00:00+14:00": "is not in the calendar, or on no clock",
    "2026-11-22T13:00Z": "is no moment; write one, such as 2026-11-22T13:00:00Z",
    "2026-11-22T13:00:00.1234567Z": "is no moment",
    "2026-11-22 13:00:00Z": "is no moment",
    "20261122T130000Z": "is no moment",
    "yesterday": "is no moment",
    "": "is no moment",
    "2026-11-22T13:00:00Z\n": "is no moment",
    "1970-01-01T00:00:00Z": "is before anything was written here: that began at 20",
    "9999-12-31T23:59:59Z": "is in the future: it is 20",
}


@pytest.mark.parametrize("given", NO_MOMENT)
def test_what_is_no_moment_is_refused(past: FlaskClient, given: str, tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    for url in ("/v1/defectors", "/v1", "/v1/defectors/general", "/v1/claims?format=csv"):
        response = past.get(then(url, given))
        (fault,) = response.json["errors"]
        assert (response.status_code, fault["parameter"]) == (422, "as_of"), url
        assert NO_MOMENT[given] in fault["detail"]


def test_all_faults_are_told_at_once_and_nothing_is_made_for_a_request_that_is_refused(
    past: FlaskClient, folder: Path, tmp_path: Path
) -> None:
    put(tmp_path, BUNDLE)
    response = past.get("/v1/defectors?as_of=2026-11-22&limit=0&nosuch=1")
    assert {fault["parameter"] for fault in response.json["errors"]} == {"as_of", "limit", "nosuch"}
    response = past.get(then("/v1/defectors?limit=0", last_moment()))
    assert {fault["parameter"] for fault in response.json["errors"]} == {"limit"}
    assert past.get(then("/v1/defectors", last_moment()) + "&as_of=2026-11-22T13:00:00Z").status_code == 422
    assert not folder.exists()


def test_an_empty_ledger_has_no_past(past: FlaskClient) -> None:
    response = past.get("/v1?as_of=2026-11-22T13:00:00Z")
    assert response.status_code == 422
    assert "the ledger is empty" in response.json["detail"]


def test_a_moment_is_one_whatever_its_offset_and_lasts_until_the_next_write(past: FlaskClient, tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    first = last_moment()
    put(tmp_path, BUNDLE.replace("He left in June.", "He left that June."))
    moment, second = datetime.fromisoformat(first), datetime.fromisoformat(last_moment())
    seoul = moment.astimezone(timezone(timedelta(hours=9))).isoformat()
    just_before = (second - timedelta(microseconds=1)).isoformat()
    for given in (first, seoul, just_before):
        response = past.get(then("/v1/claims/general-left", given))
        assert response.json["says"] == "He left in June.", given
    listed = past.get(then("/v1/claims?limit=1", seoul)).json
    assert listed["meta"]["as_of"] == first
    assert past.get(then("/v1/claims/general-left", last_moment())).json["says"] == "He left that June."
    before = (moment - timedelta(microseconds=1)).isoformat()
    assert first in past.get(then("/v1", before)).json["detail"]


# what is around the answers


def test_pages_are_walked_in_the_past_while_the_present_changes(past: FlaskClient, tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    moment, seen = last_moment(), []
    following = then("/v1/claims?limit=1&sort=-known", moment)
    while following:
        put(tmp_path, BUNDLE.replace("He crossed", f"He crossed {len(seen)} times"))
        page = past.get(following)
        seen += [(one["id"], one["says"]) for one in page.json["data"]]
        following = page.json["links"]["next"]
        assert page.headers.get("Link") == (f'<{following}>; rel="next"' if following else None)
    whole = past.get(then("/v1/claims?sort=-known", moment)).json["data"]
    assert seen == [(one["id"], one["says"]) for one in whole]
    assert "He crossed the river." in [says for _, says in seen]


def test_a_cursor_is_good_for_its_own_moment_alone(past: FlaskClient, tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    following = past.get(then("/v1/claims?limit=1", last_moment())).json["links"]["next"]
    response = past.get(re.sub(r"as_of=[^&]*&", "", following))
    assert (response.status_code, response.json["errors"][0]["parameter"]) == (422, "cursor")


def test_the_thread_is_back_in_the_present_after_each_answer(past: FlaskClient, tmp_path: Path) -> None:
    """After a stream, HEAD, a 304, and what fails, too."""
    put(tmp_path, BUNDLE)
    moment = last_moment()
    put(tmp_path, BUNDLE.replace("He left in June.", "He left that June."))
    tag = past.get(then("/v1/claims", moment)).headers["ETag"]
    for method, url, headers, status in (
        ("GET", "/v1/claims?format=ndjson&limit=all", {}, 200),
        ("HEAD", "/v1/claims?format=ndjson&limit=all", {}, 200),
        ("HEAD", "/v1/claims/general-left", {}, 200),
        ("GET", "/v1/claims", {"If-None-Match": tag}, 304),
        ("GET", "/v1/claims/nobody", {}, 404),
        ("GET", "/v1/claims?cursor=x", {}, 422),
        ("GET", "/v1/claims", {"Accept": "image/png"}, 406),
    ):
        response = past.open(then(url, moment), method=method, headers=headers)
        assert response.status_code == status, url
        assert b"that June" not in response.data
        assert past.get("/v1/claims/general-left").json["says"] == "He left that June.", url
    streamed = past.get(then("/v1/claims?format=ndjson&limit=all", moment)).text
    assert "He left in June." in streamed


def test_tags_are_of_the_moment(past: FlaskClient, tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    moment = last_moment()
    was = past.get("/v1/claims/general-left").headers
    first = past.get(then("/v1/claims", moment)).headers
    put(tmp_path, BUNDLE.replace("June", "July"))
    assert past.get(then("/v1/claims", moment)).headers["ETag"] == first["ETag"]
    assert past.get(then("/v1/claims", moment)).headers["Last-Modified"] == first["Last-Modified"]
    assert past.get(then("/v1/claims/general-left", moment)).headers["ETag"] == was["ETag"]
    assert past.get(then("/v1/claims", last_moment())).headers["ETag"] != first["ETag"]


def test_links_keep_the_moment(past: FlaskClient, tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    link = past.get(then("/v1/claims/general-left/chain", last_moment())).json["links"]["same_root"]
    assert f"as_of={last_moment()}" in unquote(link)
    assert past.get(link).status_code == 200


def test_threads_read_their_own_moments(past: FlaskClient, application: Flask, tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    says = {}
    for month in ("July", "August", "May"):
        says[last_moment()] = past.get("/v1/claims/general-left").json["says"]
        put(tmp_path, BUNDLE.replace("He left in June.", f"He left in {month}."))
    says[""] = "He left in May."
    assert [past.get(then("/v1", moment)).status_code for moment in says if moment] == [200] * 3

    def ask(moment: str) -> bool:
        client, url = application.test_client(), "/v1/claims/general-left"
        found = [client.get(then(url, moment) if moment else url).json for _ in range(20)]
        release_all()
        return all(one["says"] == says[moment] for one in found)

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(ask, [*says] * 2))


def release_all() -> None:
    """A thread that ends leaves no connection behind."""
    if not DB.is_closed():
        DB.close()


# what is gone, and what was erased


def test_what_was_gone_or_not_there_yet_is_told_as_it_was_then(past: FlaskClient, tmp_path: Path) -> None:
    put(tmp_path, WITHOUT_CLERK)
    early = last_moment()
    put(tmp_path, BUNDLE)
    there = last_moment()
    write([], wiring=writer_wiring(), actor="editor", reason="a mistake", remove={"defectors/clerk": None})
    gone = last_moment()
    put(tmp_path, BUNDLE, name="again.yaml", force=True)
    url = "/v1/defectors/clerk"
    assert past.get(then(url, early)).status_code == 404
    assert past.get(then(url, there)).json["revision"] == 1
    response = past.get(then(url, gone))
    assert (response.status_code, response.json["type"]) == (410, "removed")
    assert "by editor" in response.json["detail"]
    assert "a mistake" in response.json["detail"]
    assert past.get(url).json["revision"] == 2
    merge_somebody(1)
    response = past.get(then("/v1/people/m1?fields=name", last_moment()))
    assert response.status_code == 308
    assert response.headers["Location"].startswith("/v1/people/p0?fields=name&as_of=")


def erased_clerk(folder: Path) -> str:
    """A clerk whose role and claims are erased, after they were changed; a moment at which they were there."""
    put(folder, WITHOUT_CLERK + WITH_SECRET)
    moment = last_moment()
    put(folder, BUNDLE)
    erase("defectors/clerk", reason="asked", actor="editor")
    return moment


def test_what_was_erased_is_410_with_when_and_why(past: FlaskClient, tmp_path: Path) -> None:
    moment = erased_clerk(tmp_path)
    for path in ("defectors/clerk", "defectors/clerk/claims", "defectors/clerk/history", "claims/clerk-left/chain"):
        for further in ("", "?policy=any", "?known_by=2016-01-01"):
            response = past.get(then(f"/v1/{path}{further}", moment))
            if response.status_code != 422:
                assert (response.status_code, response.json["type"]) == (410, "erased"), path
                assert f"it was erased at {last_moment()}: asked" in response.json["detail"]
    assert past.get("/v1/defectors/clerk").status_code == 200
    assert past.get(then("/v1/defectors/clerk", last_moment())).status_code == 200
    assert "clerk" not in past.get(then("/v1/defectors", moment)).text
    assert SECRET not in past.get(then("/v1/defectors?format=ndjson", moment)).text


def test_what_stood_on_what_was_erased_stands_on_the_rest(past: FlaskClient, tmp_path: Path) -> None:
    """A source: no claim that came by it can be told any more; a speaker: the claim is there, and leads nowhere."""
    put(tmp_path, BUNDLE)
    moment = last_moment()
    put(tmp_path, BUNDLE.replace("A longer report", "Another report").replace("The witness", "A witness"))
    erase("sources/magazine", reason="asked", actor="editor")
    erase("people/witness", reason="asked", actor="editor")
    response = past.get(then("/v1/claims/general-crossed", moment))
    assert (response.status_code, response.json["type"]) == (410, "erased")
    assert "it, or what it came by, was erased" in response.json["detail"]
    general = past.get(then("/v1/defectors/general", moment)).json
    assert [claim["id"] for claim in general["claims"]] == ["general-left"]
    assert general["corroboration"]["roots"] == 1
    recall = past.get(then("/v1/purges/recall", moment)).json
    assert (recall["claims"], recall["standing"]["any"]["status"]) == ([], None)
    assert past.get(then("/v1/claims/general-left/chain", moment)).json["origin"]["person"] == "witness"
    assert past.get(then("/v1/people/witness", moment)).status_code == 410
    for url in everything_asked([path for path in all_paths() if not path.startswith("people/")]):
        assert past.get(then(url, moment)).status_code in {200, 404, 410}, url


def test_the_withheld_is_in_no_past(past: FlaskClient, tmp_path: Path) -> None:
    put(tmp_path, WITHOUT_CLERK + WITH_SECRET)
    moment = last_moment()
    assert past.get(then("/v1/defectors/clerk", moment)).json["role"] == SECRET
    put(tmp_path, WITHOUT_CLERK + WITHHELD)
    response = past.get(then("/v1/defectors/clerk", moment))
    assert (response.status_code, response.json["type"]) == (410, "erased")
    assert "defectors/clerk withholds role" in response.json["detail"]
    assert past.get(then("/v1/defectors/clerk", last_moment())).json["role"] is None


def test_an_erasure_moves_the_tags_of_the_past(past: FlaskClient, tmp_path: Path) -> None:
    """Else a client that has the answer from before would be told that it is still right."""
    put(tmp_path, WITHOUT_CLERK + WITH_SECRET)
    moment = last_moment()
    url = then("/v1/defectors", moment)
    before = past.get(url).headers
    put(tmp_path, BUNDLE)
    assert past.get(url, headers={"If-None-Match": before["ETag"]}).status_code == 304
    execute("UPDATE ledger SET at = '2026-01-01T00:00:00.000000Z' WHERE at = ?", (moment,))
    erase("defectors/clerk", reason="asked", actor="editor")
    url = then("/v1/defectors", "2026-01-01T00:00:00Z")
    assert past.get(url, headers={"If-None-Match": before["ETag"]}).status_code == 200
    assert past.get(url, headers={"If-Modified-Since": "Fri, 02 Jan 2026 00:00:00 GMT"}).status_code == 200


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.db*"))


def test_an_erasure_overwrites_and_deletes_the_files_at_once(past: FlaskClient, folder: Path, tmp_path: Path) -> None:
    put(tmp_path, WITHOUT_CLERK + WITH_SECRET)
    past.get(then("/v1", passed()))
    (file,) = files_in(folder)
    content = tmp_path / "the same file"
    content.hardlink_to(file)
    assert SECRET.encode() in content.read_bytes()
    put(tmp_path, BUNDLE)
    erase("defectors/clerk", reason="asked", actor="editor")
    assert files_in(folder) == []
    assert set(content.read_bytes()) == {0}


def test_files_from_before_an_erasure_elsewhere_go_with_the_next(
    past: FlaskClient, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine's: it learns of the erasure by the database that they share."""
    put(tmp_path, WITHOUT_CLERK + WITH_SECRET)
    moment = passed()
    past.get(then("/v1", moment))
    (file,) = files_in(folder)
    put(tmp_path, BUNDLE)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("models.writer.forget_snapshots", lambda: None)
        erase("defectors/clerk", reason="asked", actor="editor")
    assert file.exists()
    assert past.get(then("/v1/defectors/clerk", moment)).status_code == 410
    assert file not in files_in(folder)


def test_what_is_erased_while_a_snapshot_is_made_is_not_in_it(
    past: FlaskClient, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, WITHOUT_CLERK + WITH_SECRET)
    moment, url = last_moment(), current_url()
    put(tmp_path, BUNDLE)
    done = []

    def meanwhile(*given: Any, **options: Any) -> int:
        if not done:
            done.append(erased_by_another("defectors/clerk", url, folder))
        return derive_all(*given, **options)

    monkeypatch.setattr(restoring, "derive_all", meanwhile)
    assert past.get(then("/v1/defectors/clerk", moment)).status_code == 410
    assert done == ["erased 2 past ledger payloads of defectors/clerk\n"]
    assert [SECRET.encode() in file.read_bytes() for file in files_in(folder)] == [False]


def current_url() -> str:
    """The address of the open database."""
    return str(getattr(DB.obj, "file", DB.obj.database))


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "TALBUK_SNAPSHOTS": str(folder), **more}


def erased_by_another(path: str, url: str, folder: Path) -> str:
    """What another process says that erases a record."""
    command = [sys.executable, "-m", "api", "erase", path, "--reason", "asked", "--database", url]
    return subprocess.run(
        command, cwd=PROJECT, env=environment(folder), check=True, capture_output=True, text=True
    ).stdout


# the files


MAKERS = {"anyone": (200, 200), "keys": (401, 200), "made": (503, 503)}


@pytest.mark.parametrize("makers", MAKERS)
def test_for_whom_one_is_made_is_a_setting(
    past: FlaskClient, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, makers: str
) -> None:
    """Without a key, and with one. What is there is answered to all, and so is what is held now."""
    monkeypatch.setenv("TALBUK_AS_OF", makers)
    client, (_, token) = create_app().test_client(), make("kim", "read")
    put(tmp_path, BUNDLE)
    url = then("/v1/claims/general-left", passed())
    key = {"Authorization": f"Bearer {token}"}
    without, given = client.get(url), client.get(url, headers=key)
    assert (without.status_code, given.status_code) == MAKERS[makers]
    if makers == "keys":
        assert without.headers["WWW-Authenticate"] == CHALLENGE
        assert "send Authorization: Bearer KEY" in without.json["detail"]
    if makers == "made":
        assert "`talbuk snapshot " in without.json["detail"]
        assert client.get(then("/v1", last_moment())).status_code == 200
        snapshots.snapshot_of(snapshots.past_at(unquote(url.partition("as_of=")[2])), wiring=writer_wiring()).close()
    assert client.get(url).status_code == 200


def test_what_nothing_was_written_after_is_answered_by_the_open_database(
    past: FlaskClient, folder: Path, tmp_path: Path
) -> None:
    """No file is made. The tag, and the way through the pages of a search, stay when it is past."""
    put(tmp_path, BUNDLE)
    put(tmp_path, BUNDLE.replace("June", "July"))
    for _ in range(4):
        passed()
    url = then("/v1/search?q=later&limit=1", last_moment())
    first = past.get(url)
    assert first.json["meta"]["as_of"] == last_moment()
    every = past.get(then("/v1/search?q=later&limit=100", last_moment())).json["data"]
    assert past.get(then("/v1/claims?format=ndjson&limit=all", last_moment())).status_code == 200
    assert past.get(then("/v1", snapshots.now())).status_code == 200
    assert files_in(folder) == []
    passed()
    assert past.get(url).headers["ETag"] == first.headers["ETag"]
    found, following = first.json["data"], first.json["links"]["next"]
    while following:
        page = past.get(following).json
        found, following = found + page["data"], page["links"]["next"]
    assert len(found) == 4
    assert found == every
    assert len(files_in(folder)) == 1


def test_what_is_written_while_it_is_answered_is_not_in_it(
    past: FlaskClient, application: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, BUNDLE)
    url, before = current_url(), past.get("/v1/people?total=true").json["meta"]["total"]
    database = ["--database", url]
    (tmp_path / "new.json").write_text('{"people": [{"id": "newcomer", "name": "Newcomer"}]}')
    is_last = snapshots.Past.is_last

    def meanwhile(one: snapshots.Past) -> bool:
        found = is_last(one)
        command = [sys.executable, "-m", "api", "load", str(tmp_path / "new.json"), *database]
        subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(snapshots.Past, "is_last", meanwhile)
        page = past.get(then("/v1/people?total=true", last_moment())).json
    assert page["meta"]["total"] == before
    assert past.get("/v1/people?total=true").json["meta"]["total"] == before + 1


def test_the_input_of_a_record_is_given_as_it_was(past: FlaskClient, tmp_path: Path) -> None:
    """With the claims under it, those that are gone too; and it can be put again."""
    put(tmp_path, BUNDLE)
    url = "/v1/defectors/general/input"
    before, moment = past.get(url), last_moment()
    assert before.json["claims"]
    put(tmp_path, WITHOUT_CLERK.replace("He left in June.", "He left that June."))
    write([], wiring=writer_wiring(), actor="editor", reason="a mistake", remove={"defectors/general": None})
    again = past.get(then(url, moment))
    assert (again.status_code, again.data) == (200, before.data)
    assert again.headers["ETag"] == before.headers["ETag"]
    assert past.get(url).status_code == 410


def copied(url: str, folder: Path) -> str:
    """The address of a copy of a database, as of a backup that is brought back."""
    close_database()
    copy = str(folder / "copy.db")
    with closing(SQLITE.connect(url)) as source, closing(SQLITE.connect(copy)) as target:
        source.backup(target)
    return copy


def test_what_a_copy_has_erased_is_not_answered_from_a_file_of_the_others(
    folder: Path, application: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each erases something else, by an entry of the same number; and neither deletes what the other may use."""
    ours, client = str(tmp_path / "ours.db"), application.test_client()
    open_database(ours, create=True)
    put(tmp_path, WITHOUT_CLERK + WITH_SECRET)
    moment = last_moment()
    put(tmp_path, BUNDLE.replace("The witness", "A witness"))
    copy = copied(ours, tmp_path)
    clerk, witness = then("/v1/defectors/clerk", moment), then("/v1/people/witness", moment)
    open_database(ours)
    erase("people/witness", reason="asked", actor="editor")
    assert (client.get(clerk).json["role"], client.get(witness).status_code) == (SECRET, 410)
    (file,) = files_in(folder)
    close_database()
    open_database(copy)
    monkeypatch.setattr("models.writer.forget_snapshots", lambda: None)
    erase("defectors/clerk", reason="asked", actor="editor")
    assert client.get(clerk).status_code == 410
    assert client.get(witness).status_code == 200
    assert file in files_in(folder)
    assert len(files_in(folder)) == 2
    close_database()


def test_processes_that_ask_at_once_make_one(past: FlaskClient, folder: Path, tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    command = [sys.executable, "-m", "api", "snapshot", last_moment(), "--database", current_url()]
    running = [
        subprocess.Popen(command, cwd=PROJECT, env=environment(folder), stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = {process.communicate(timeout=60)[0] for process in running}
    (file,) = files_in(folder)
    assert said == {f"entry {RECORDS} of the ledger: {file}\n"}
    made = file.stat().st_ino
    assert past.get(then("/v1/defectors/general", last_moment())).status_code == 200
    assert file.stat().st_ino == made


def test_who_waits_too_long_for_another_is_told_to_come_again(
    past: FlaskClient, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_files, "LONGEST_WAIT", 0.1)
    put(tmp_path, BUNDLE)
    url = then("/v1", passed())
    with (snapshot_files.own_folder() / "lock").open("a") as lock:  # as another process has it
        fcntl.flock(lock, fcntl.LOCK_EX)
        response = past.get(url)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert past.get(url).status_code == 200


def test_one_thread_of_a_process_makes_one_and_the_others_go_on(past: FlaskClient, tmp_path: Path) -> None:
    """Who would have to wait for it is told so at once; what is there is answered meanwhile."""
    put(tmp_path, BUNDLE)
    ready = then("/v1", passed())
    assert past.get(ready).status_code == 200
    url = then("/v1", passed())
    with snapshot_files.alone(snapshot_files.own_folder()):
        began = time.monotonic()
        response = past.get(url)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        assert time.monotonic() - began < snapshot_files.LONGEST_WAIT / 2
        assert past.get(ready).status_code == 200
    assert past.get(url).status_code == 200


def test_the_oldest_and_the_damaged_are_overwritten(
    past: FlaskClient, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest unless it is being read: then it is left for the next time."""
    monkeypatch.setattr(snapshot_files, "KEPT", 1)
    put(tmp_path, BUNDLE)
    moments = [passed(), passed(), passed()]
    past.get(then("/v1", moments[0]))
    (old,) = files_in(folder)
    content = tmp_path / "the same file"
    content.hardlink_to(old)
    with closing(SQLITE.connect(old)) as read:
        read.execute("BEGIN")
        read.execute("SELECT count(*) FROM ledger").fetchone()
        past.get(then("/v1", moments[1]))
        assert old.exists()
    os.utime(old, (0, 0))
    past.get(then("/v1", moments[2]))
    assert not old.exists()
    assert set(content.read_bytes()) == {0}
    content.unlink()
    (file,) = files_in(folder)
    content.hardlink_to(file)
    unfinished(file)
    assert past.get(then("/v1", moments[2])).status_code == 200
    assert set(content.read_bytes()) == {0}


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def overwrite(file: Path) -> None:
    file.write_bytes(b"x" * file.stat().st_size)


def empty(file: Path) -> None:
    file.write_bytes(b"")


def unfinished(file: Path) -> None:
    with closing(SQLITE.connect(file)) as database:
        database.execute("DELETE FROM meta WHERE key = 'snapshot'")
        database.commit()


def anothers(file: Path) -> None:
    """Renamed: of another state, or of another release."""
    with closing(SQLITE.connect(file)) as database:
        database.execute("UPDATE meta SET value = 'another' WHERE key = 'snapshot'")
        database.commit()


@pytest.mark.parametrize("damage", [cut, overwrite, empty, unfinished, anothers])
def test_a_damaged_file_is_made_anew(
    past: FlaskClient, folder: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    put(tmp_path, BUNDLE)
    url = then("/v1/defectors/general", passed())
    whole = past.get(url)
    (file,) = files_in(folder)
    damage(file)
    again = past.get(url)
    assert (again.status_code, again.data) == (200, whole.data)
    assert files_in(folder) == [file]


def test_damage_that_is_found_while_reading_is_503_and_then_made_good(
    past: FlaskClient, folder: Path, tmp_path: Path
) -> None:
    put(tmp_path, BUNDLE)
    url = then("/v1/defectors", passed())
    whole = past.get(url).data
    (file,) = files_in(folder)
    with closing(SQLITE.connect(file)) as database:
        (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entry'").fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    with file.open("r+b") as stream:
        stream.seek((page - 1) * size)
        stream.write(b"x" * size)
    assert past.get(url).status_code == 503
    assert past.get(url).data == whole


def test_a_file_of_other_rules_is_not_read(
    past: FlaskClient, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, BUNDLE)
    url = then("/v1/defectors", passed())
    past.get(url)
    (file,) = files_in(folder)
    monkeypatch.setattr(as_of, "writer_wiring", lambda: replace(writer_wiring(), rendered_with="0123456789abcdef"))
    assert past.get(url).status_code == 200
    assert len(files_in(folder)) == 2
    assert file.exists()


def test_the_ones_asked_for_last_are_kept(
    past: FlaskClient, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_files, "KEPT", 2)
    moments = []
    for month in ("June", "July", "August", "May"):
        put(tmp_path, BUNDLE.replace("June", month))
        moments.append(passed())
    files: dict[str, Path] = {}
    for moment in (moments[0], moments[1], moments[0], moments[2]):
        before = files_in(folder)
        past.get(then("/v1", moment))
        if made := [file for file in files_in(folder) if file not in before]:
            (files[moment],) = made
        time.sleep(0.02)
    assert set(files_in(folder)) == {files[moments[0]], files[moments[2]]}


@pytest.mark.parametrize(
    ("most", "what"), [("MOST_IN_A_REQUEST", "records"), ("MOST_ENTRIES", "entries of the ledger")]
)
def test_more_than_a_request_may_wait_for_is_made_ready_ahead(
    past: FlaskClient, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: str, what: str
) -> None:
    monkeypatch.setattr(snapshots, most, RECORDS - 1)
    put(tmp_path, BUNDLE)
    moment, url = passed(), current_url()
    response = past.get(then("/v1", moment))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "600")
    assert f"are {RECORDS} {what}, and no more than {RECORDS - 1} are made ready" in response.json["detail"]
    assert f"`talbuk snapshot {moment}`" in response.json["detail"]
    assert files_in(folder) == []
    command = [sys.executable, "-m", "api", "snapshot", moment, "--database", url]
    subprocess.run(command, cwd=PROJECT, env=environment(folder), check=True, capture_output=True)
    assert past.get(then("/v1", moment)).status_code == 200


def test_the_command_refuses_what_a_request_does(past: FlaskClient, folder: Path, tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    for moment, said in (("2026-11-22", "is a day"), ("1970-01-01T00:00:00Z", "is before anything was written")):
        runner = CliRunner(env={"TALBUK_SNAPSHOTS": str(folder)})
        result = runner.invoke(talbuk, ["snapshot", moment, "--database", current_url()])
        assert result.exit_code == 1
        assert said in result.stderr
        open_database(current_url() if is_postgresql() else str(tmp_path / "talbuk.db"))


def test_the_folder_is_this_users_alone(past: FlaskClient, folder: Path, tmp_path: Path) -> None:
    """What everyone may write in is not trusted, nor is what others may read."""
    put(tmp_path, BUNDLE)
    url = then("/v1", passed())
    own = snapshot_files.own_folder()
    assert own.parent == folder
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    own.chmod(0o755)
    assert past.get(url).status_code == 503
    own.rmdir()
    own.symlink_to(tmp_path)
    assert past.get(url).status_code == 503
    own.unlink()
    assert past.get(url).status_code == 200


def test_a_folder_that_cannot_be_made_is_503(past: FlaskClient, folder: Path, tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    url = then("/v1", passed())
    folder.write_text("a file")
    response = past.get(url)
    assert (response.status_code, response.json["type"]) == (503, "about:blank")
