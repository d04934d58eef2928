"""All that was written is told by `/v1/changes`, in order, so that a mirror of it is the data: JSON, lines and Atom."""

import json
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.dumping import lines
from api.loading import load
from api.schemas.registry import writer_wiring
from models import ledger
from models.database import close_database, execute, is_postgresql, open_database
from models.documents import canonical
from models.facts import replace_facts
from models.faults import Refused
from models.writer import erase, write
from tests.conftest import free_port, wait_until_served
from tests.models.test_writer import Collection, written

SECRET = "Zebrakeeper"
ATOM = "{http://www.w3.org/2005/Atom}"
MIRROR = Path(__file__).resolve().parents[2] / "docs" / "mirror.py"


def put(*records: dict[str, Any], reason: str | None = None, actor: str = "editor", **more: Any) -> None:
    """Write people, each as a file of its own."""
    given = [{"resource": "people", **record, "file": record["id"]} for record in records]
    write(given, wiring=writer_wiring(), actor=actor, reason=reason, force=True, **more)


@pytest.fixture
def empty(empty_database: str, application: Flask) -> FlaskClient:
    """A client over an empty database, on each engine."""
    return application.test_client()


@pytest.fixture
def client(empty: FlaskClient) -> FlaskClient:
    """A client over entries 1 to 10: of each action one, two kinds of record, two actors, and what is covered."""
    put({"id": "a", "name": "A"}, {"id": "b", "name": "B"}, {"id": "c", "name": "C"})
    put({"id": "a", "name": "Another"}, reason="misspelt", actor="second")
    put({"resource": "sources", "id": "s", "name": "S", "kind": "article"})
    put(remove={"people/b": None}, reason="said to be wrong")
    put(remove={"people/c": "people/a"}, reason="the same", actor="second")
    facts = {"coverage.yaml": {"coverage_from": "2015-07-10", "coverage": [{"source": "s", "nothing": [1]}]}}
    write([], wiring=writer_wiring(), actor="load", finish=lambda: replace_facts(["coverage.yaml"], facts))
    erase("people/a", reason="asked", actor="erase")
    put({"id": "b", "name": "B again"})
    return empty


def told(client: FlaskClient, query: str = "") -> dict[str, Any]:
    response = client.get(f"/v1/changes{query}")
    assert response.status_code == 200, response.text
    return dict(response.json)


def numbers(page: dict[str, Any]) -> list[int]:
    return [entry["entry"] for entry in page["data"]]


# --- what is told ---------------------------------------------------------------------------------------------------


def test_every_entry_is_told_in_order(client: FlaskClient) -> None:
    page = told(client)
    assert [(e["entry"], e["path"], e["action"], e["actor"], e["reason"], e["into"]) for e in page["data"]] == [
        (1, "people/a", "add", "editor", None, None),
        (2, "people/b", "add", "editor", None, None),
        (3, "people/c", "add", "editor", None, None),
        (4, "people/a", "change", "second", "misspelt", None),
        (5, "sources/s", "add", "editor", None, None),
        (6, "people/b", "remove", "editor", "said to be wrong", None),
        (7, "people/c", "merge", "second", "the same", "people/a"),
        (8, "coverage", "change", "load", None, None),
        (9, "people/a", "erase", "erase", "asked", None),
        (10, "people/b", "add", "editor", None, None),
    ]
    assert [e["record"] for e in page["data"]] == [
        None,
        {"id": "b", "name": "B"},
        {"id": "c", "name": "C"},
        {"id": "a", "name": "Another"},
        {"id": "s", "name": "S", "kind": "article"},
        None,
        None,
        {"coverage_from": "2015-07-10", "coverage": [{"source": "s", "nothing": [1]}]},
        None,
        {"id": "b", "name": "B again"},
    ]
    assert {(e["type"], e["id"], e["url"]) for e in page["data"]} == {
        ("people", "a", "/v1/people/a"),
        ("people", "b", "/v1/people/b"),
        ("people", "c", "/v1/people/c"),
        ("sources", "s", "/v1/sources/s"),
        ("coverage", None, "/v1"),
    }
    rows = execute("SELECT at, payload_digest, digest FROM ledger ORDER BY seq").fetchall()
    assert [(e["at"], e["payload_digest"], e["digest"]) for e in page["data"]] == [tuple(row) for row in rows]


def test_the_chain_can_be_reckoned_from_what_is_told(client: FlaskClient) -> None:
    """By whoever mirrors it: each digest from the one before."""
    previous = ledger.GENESIS
    for entry in told(client)["data"]:
        previous = ledger.entry_digest(previous, {**entry, "seq": entry["entry"]})
        assert previous == entry["digest"]
    assert told(client)["meta"]["head"]["digest"] == previous


def test_the_end_is_where_to_ask_next_time(client: FlaskClient) -> None:
    page = told(client)
    head = ledger.head()
    (at,) = execute("SELECT at FROM ledger WHERE seq = 10").fetchone()
    head_told = {"entry": 10, "digest": head.digest, "at": at}
    assert page["meta"] == {"count": 10, "limit": 50, "head": head_told, "more": False}
    assert page["links"] == {"self": "/v1/changes", "next": f"/v1/changes?after=10%3A{head.digest}"}
    nothing = client.get(page["links"]["next"]).json
    assert (nothing["data"], nothing["meta"]["more"]) == ([], False)
    assert nothing["links"] == {"self": page["links"]["next"], "next": page["links"]["next"]}
    put({"id": "d", "name": "D"})
    assert numbers(client.get(nothing["links"]["next"]).json) == [11]


def test_an_empty_ledger_has_a_place_to_go_on_from(empty: FlaskClient) -> None:
    page = told(empty)
    assert page["data"] == []
    assert page["meta"]["head"] == {"entry": 0, "digest": ledger.GENESIS, "at": None}
    put({"id": "a", "name": "A"})
    assert numbers(empty.get(page["links"]["next"]).json) == [1]


@pytest.mark.parametrize("limit", [1, 3, 10, 500])
def test_pages_tell_each_entry_once(client: FlaskClient, limit: int) -> None:
    address, found = f"/v1/changes?limit={limit}", []
    while True:
        page = client.get(address).json
        found += numbers(page)
        assert page["meta"]["more"] == (found != list(range(1, 11)))
        if not page["meta"]["more"]:
            break
        assert len(page["data"]) == limit
        address = page["links"]["next"]
    assert found == list(range(1, 11))


def test_what_comes_after_a_number_is_told(client: FlaskClient) -> None:
    assert numbers(told(client, "?after=8")) == [9, 10]
    assert numbers(told(client, "?after=0")) == list(range(1, 11))
    assert numbers(told(client, "?after=10")) == []


def test_the_latest_are_told_in_order_too(client: FlaskClient) -> None:
    page = told(client, "?latest=true&limit=3")
    assert (numbers(page), page["meta"]["more"]) == ([8, 9, 10], False)
    assert page["links"]["next"] == f"/v1/changes?limit=3&after=10%3A{ledger.head().digest}"
    assert numbers(told(client, "?latest=true&limit=2&type=people&action=add")) == [3, 10]
    assert numbers(told(client, "?latest=false")) == list(range(1, 11))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("type=people", [1, 2, 3, 4, 6, 7, 9, 10]), ("type=sources", [5]), ("type=coverage", [8]),
        ("type=sources&type=coverage", [5, 8]), ("type=claims", []),
        ("actor=second", [4, 7]), ("actor=second&actor=load", [4, 7, 8]), ("actor=nobody", []),
        ("action=add", [1, 2, 3, 5, 10]), ("action=remove&action=merge&action=erase", [6, 7, 9]),
        ("type=people&actor=editor&action=add", [1, 2, 3, 10]), ("type=people&action=add&after=2", [3, 10]),
    ],
)  # fmt: skip
def test_filters_narrow(client: FlaskClient, query: str, wanted: list[int]) -> None:
    page = told(client, f"?{query}")
    assert numbers(page) == wanted
    assert page["links"]["next"].endswith(f"after=10%3A{ledger.head().digest}")
    found, address = [], f"/v1/changes?limit=1&{query}"
    for _ in wanted:
        page = client.get(address).json
        found += numbers(page)
        address = page["links"]["next"]
    assert found == wanted
    assert not page["meta"]["more"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("after=11", "after"), ("after=-1", "after"), ("after=01", "after"), ("after=x", "after"), ("after=", "after"),
        (f"after=9:{'0' * 64}", "after"), (f"after=0:{'1' * 64}", "after"), ("after=9:", "after"),
        (f"after=999999999999999999:{'0' * 64}", "after"), ("after=1000000000000000000", "after"),
        ("after=1&after=2", "after"), ("after=1&latest=true", "latest"), ("latest=yes", "latest"),
        ("limit=0", "limit"), ("limit=501", "limit"), ("limit=all", "limit"), ("type=person", "type"),
        ("action=delete", "action"), ("actor=", "actor"), ("format=csv", "format"), ("cursor=x", "cursor"),
        ("known_by=2015-07-10", "known_by"), ("sort=at", "sort"),
    ],
)  # fmt: skip
def test_what_is_asked_wrongly_is_refused(client: FlaskClient, query: str, parameter: str) -> None:
    refused = client.get(f"/v1/changes?{query}")
    assert (refused.status_code, [fault["parameter"] for fault in refused.json["errors"]]) == (422, [parameter])


def test_another_ledger_is_told_apart(client: FlaskClient) -> None:
    beyond = client.get("/v1/changes?after=11").json["detail"]
    assert beyond == "after: 11 is beyond the head: the ledger ends with entry 10"
    another = client.get(f"/v1/changes?after=9:{'0' * 64}").json["detail"]
    assert "this is another ledger, or its past was altered; begin anew, without after" in another
    assert numbers(told(client, f"?after=9:{ledger.digest_of(9)}")) == [10]
    assert len(numbers(told(client, f"?after=0:{ledger.GENESIS}"))) == 10


# --- formats --------------------------------------------------------------------------------------------------------


def test_lines_hold_the_same(client: FlaskClient) -> None:
    data = told(client)["data"]
    for asked, headers in (("?format=ndjson", {}), ("", {"Accept": "application/x-ndjson"})):
        response = client.get(f"/v1/changes{asked}", headers=headers)
        assert response.content_type == "application/x-ndjson"
        assert [json.loads(line) for line in response.data.splitlines()] == data
        assert re.fullmatch(r'</v1/changes\?.*after=10%3A[0-9a-f]{64}>; rel="next"', response.headers["Link"])


def feed_of(client: FlaskClient, address: str, **headers: str) -> ET.Element:
    response = client.get(address, headers=headers)
    assert (response.status_code, response.content_type) == (200, "application/atom+xml")
    assert response.data.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    feed = ET.fromstring(response.data)
    assert_atom(feed)
    return feed


def assert_atom(feed: ET.Element) -> None:
    """What RFC 4287 demands of a feed (section 4.1.1) and its entries (4.1.2), and no element that it does not know."""
    once = {name: [found.text for found in feed.findall(ATOM + name)] for name in ("id", "title", "updated")}
    assert feed.tag == f"{ATOM}feed"
    assert all(len(found) == 1 and found[0] for found in once.values())
    assert {link.get("rel") for link in feed.findall(f"{ATOM}link")} == {"self", "next"}
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    entries = feed.findall(f"{ATOM}entry")
    for entry in entries:
        for name in ("id", "title", "updated", "summary"):
            (found,) = entry.findall(ATOM + name)
            assert found.text
        (author,) = entry.findall(f"{ATOM}author/{ATOM}name")
        assert author.text
        (link,) = entry.findall(f"{ATOM}link")
        assert link.get("rel") == "alternate"
        content = entry.find(f"{ATOM}content")
        assert content is None or (content.get("src"), content.get("type"), content.text) == (
            content.get("src"), "application/json", None,
        )  # fmt: skip
    ids = [found.text for found in feed.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids)
    for found in ids:
        assert re.fullmatch("urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(found))
    moments = [datetime.fromisoformat(str(found.text)) for found in feed.iter(f"{ATOM}updated")]
    assert moments[1:] == sorted(moments[1:])
    assert not entries or moments[0] == moments[-1]
    known = {"feed", "id", "title", "updated", "author", "name", "link", "entry", "category", "summary", "content"}
    assert {found.tag for found in feed.iter()} <= {ATOM + name for name in known}


def test_a_feed_holds_the_same_entries(client: FlaskClient) -> None:
    feed = feed_of(client, "/v1/changes?format=atom&limit=4")
    entries, data = feed.findall(f"{ATOM}entry"), told(client, "?limit=4")["data"]
    assert len(entries) == 4
    for entry, same in zip(entries, data, strict=True):
        assert entry.findtext(f"{ATOM}updated") == same["at"]
        assert entry.findtext(f"{ATOM}author/{ATOM}name") == same["actor"]
        assert entry.findtext(f"{ATOM}summary") == (same["reason"] or "No reason is given.")
        assert entry.find(f"{ATOM}category").attrib == {"term": same["action"]}
        assert entry.find(f"{ATOM}link").get("href") == same["url"]
        at_length = client.get(entry.find(f"{ATOM}content").get("src")).json
        assert (at_length["record"], at_length["entry"]) == (same["record"], same["entry"])
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == "/v1/changes?format=atom&limit=4"
    assert len(feed_of(client, links["next"]).findall(f"{ATOM}entry")) == 4


def test_a_feed_tells_what_became_of_each_record(client: FlaskClient) -> None:
    feed = feed_of(client, "/v1/changes", Accept="application/atom+xml")
    assert [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")][3:] == [
        "people/a: changed", "sources/s: added", "people/b: removed", "people/c: merged into people/a",
        "coverage: changed", "people/a: past erased", "people/b: added",
    ]  # fmt: skip


def test_a_feed_and_its_entries_keep_their_ids(client: FlaskClient) -> None:
    """Whichever page they come on, and when more is written."""
    subscribed = "/v1/changes?format=atom&latest=true&limit=3"
    first, last = feed_of(client, subscribed), feed_of(client, "/v1/changes?format=atom&after=8")
    ids = [entry.findtext(f"{ATOM}id") for entry in first.findall(f"{ATOM}entry")]
    assert [entry.findtext(f"{ATOM}id") for entry in last.findall(f"{ATOM}entry")] == ids[1:]
    assert first.findtext(f"{ATOM}id") == last.findtext(f"{ATOM}id")
    put({"id": "d", "name": "D"})
    again = feed_of(client, subscribed)
    assert again.findtext(f"{ATOM}id") == first.findtext(f"{ATOM}id")
    assert [entry.findtext(f"{ATOM}id") for entry in again.findall(f"{ATOM}entry")][:2] == ids[1:]
    assert feed_of(client, "/v1/changes?format=atom&type=people").findtext(f"{ATOM}id") != first.findtext(f"{ATOM}id")


def test_a_feed_of_nothing_is_a_feed(empty: FlaskClient) -> None:
    assert feed_of(empty, "/v1/changes?format=atom").findtext(f"{ATOM}updated") == "1970-01-01T00:00:00Z"
    put({"id": "a", "name": "A"})
    (at,) = execute("SELECT at FROM ledger").fetchone()
    assert feed_of(empty, "/v1/changes?format=atom&after=1").findtext(f"{ATOM}updated") == at


def test_a_feed_is_sound_whatever_the_reason(empty: FlaskClient) -> None:
    """Characters that no XML can hold, and those that it gives a meaning."""
    reason = "</summary>&amp; <b> 탈북 \x01\x0b\ufffe ]]>"
    put({"id": "a", "name": "A"}, reason=reason, actor="<actor>")
    (entry,) = feed_of(empty, "/v1/changes?format=atom").findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}summary") == "</summary>&amp; <b> 탈북 \ufffd\ufffd\ufffd ]]>"
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "<actor>"
    assert told(empty)["data"][0]["reason"] == reason


def test_what_is_not_there_is_not_acceptable(client: FlaskClient) -> None:
    for accept in ("text/csv", "application/xml", "text/html"):
        assert client.get("/v1/changes", headers={"Accept": accept}).status_code == 406
    assert client.get("/v1/changes", headers={"Accept": "text/html, */*;q=0.1"}).content_type == "application/json"


def test_an_answer_is_kept_until_something_is_written(client: FlaskClient) -> None:
    for form in ("json", "ndjson", "atom"):
        address = f"/v1/changes?format={form}"
        response = client.get(address)
        tag = response.headers["ETag"]
        assert response.headers["Cache-Control"] == "no-cache"
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
        head = client.head(address)
        assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", tag)
        put({"id": "d", "name": form})
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_nothing_of_what_is_erased_is_told(empty: FlaskClient) -> None:
    put({"id": "a", "name": SECRET}, {"id": "b", "name": SECRET})
    put({"id": "a", "name": "A"}, remove={"people/b": None})
    for path in ("people/a", "people/b"):
        assert SECRET in empty.get("/v1/changes").text
        erase(path, reason="asked", actor="erase")
    for form in ("json", "ndjson", "atom"):
        assert SECRET not in empty.get(f"/v1/changes?format={form}").text


# --- mirrors --------------------------------------------------------------------------------------------------------


def folded(client: FlaskClient, limit: int) -> dict[str, Any]:
    """Path -> record, by the entries told."""
    found: dict[str, Any] = {}
    address, more = f"/v1/changes?limit={limit}", True
    while more:
        page = client.get(address).json
        found |= {entry["path"]: entry["record"] for entry in page["data"] if entry["action"] != "erase"}
        address, more = page["links"]["next"], page["meta"]["more"]
    return {path: record for path, record in found.items() if record is not None}


def test_what_is_told_adds_up_to_what_is_stored(empty: FlaskClient) -> None:
    if not is_postgresql():
        execute("PRAGMA synchronous = OFF")
    for _ in random_changes(100):
        pass
    stored = dict(execute("SELECT path, input FROM record").fetchall())
    assert {path: canonical(record) for path, record in folded(empty, 7).items()} == stored


def random_changes(count: int) -> Iterator[int]:
    """Write as many changes at random, and now and then erase something; each one's number is given when it is done."""
    collection, chance = Collection(seed=3), random.Random(3)
    written(collection, collection.first())
    for number in range(count):
        kept = dict(collection.records), {path: list(claims) for path, claims in collection.under.items()}
        try:
            path = collection.edit()[0]
            written(collection, [path])
            if chance.random() < 0.05:
                erase(path, reason="asked", actor="erase")
        except Refused:
            collection.records, collection.under = kept
        yield number


def mirrored(address: str, file: Path, *more: str) -> str:
    """Run the mirror; what it printed."""
    done = subprocess.run(
        [sys.executable, MIRROR, address, file, *more], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def flat(dumped: Iterator[str]) -> list[Any]:
    """The records of a dump, each by itself, claims with what they are about."""
    found = []
    for record in map(json.loads, dumped):
        claims = record.pop("claims", [])
        found.append(record)
        for claim in claims:
            sets = {"sets": claim.pop("sets")} if "sets" in claim else {}
            about = [{"record": f"{record['resource']}/{record['id']}", **sets}]
            found.append({"resource": "claims", **claim, "about": about})
    return sorted(found, key=canonical)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Serve the database of the test, which is open here too, when it is asked for; the address."""
    started = []
    open_database(str(tmp_path / "talbuk.db"), create=True)

    def serve() -> str:
        bind = f"127.0.0.1:{free_port()}"
        database = ["--database", str(tmp_path / "talbuk.db")]
        command = [sys.executable, "-m", "api", "serve", "--bind", bind, *database]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        wait_until_served(f"http://{bind}/readyz", started[-1])
        return f"http://{bind}"

    yield serve
    close_database()
    for process in started:
        process.terminate()
        process.communicate(timeout=30)


def test_the_mirror_of_the_documentation_follows_a_thousand_changes(served: Callable[[], str], tmp_path: Path) -> None:
    """While they are written, over and over, and killed now and then: in the end it prints what `dump` does."""
    facts = {"coverage.yaml": {"coverage_from": "2015-07-10"}}
    write([], wiring=writer_wiring(), actor="load", finish=lambda: replace_facts(["coverage.yaml"], facts))
    file, address, mirrors = tmp_path / "mirror.db", "", list[subprocess.Popen[bytes]]()
    for number in random_changes(1000):
        address = address or served()
        if number % 90 == 80:
            mirrors[-1].kill()
        if not mirrors or mirrors[-1].poll() is not None:
            mirrors.append(subprocess.Popen([sys.executable, MIRROR, address, file]))
    ended = Counter(mirror.wait(60) for mirror in mirrors)
    assert ended[0] > 5
    assert ended.keys() <= {0, -signal.SIGKILL}
    printed = mirrored(address, file, "--print").splitlines()
    assert flat(iter(printed)) == flat(lines())
    assert len(printed) > 100
    assert mirrored(address, file, "--print").splitlines() == printed
    close_database()
    again = tmp_path / "mirror.ndjson"
    again.write_text("\n".join(printed), encoding="utf-8")
    open_database(str(tmp_path / "again.db"), create=True)
    load([again])
    assert flat(lines()) == flat(iter(printed))


def test_the_mirror_of_the_documentation_is_short() -> None:
    text = MIRROR.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 30
    imported = re.findall(r"^(?:import|from) (\w+)", text, flags=re.MULTILINE)
    assert set(imported) <= sys.stdlib_module_names
