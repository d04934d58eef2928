"""Many who write to a real server at once: each write is made once or told to be too late, and reading goes on."""

import json
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import pytest

from api.loading import load
from models.database import close_database, execute, open_database
from models.keys import make
from models.ledger import faults
from tests.serving import Answer, Client, at_once, serving

BUNDLE = {
    "sources": [{"id": "newspaper", "name": "A report", "kind": "article", "published": "2015-07-10"}],
    "people": [{"id": "witness", "name": "The witness"}],
}
MANY, WRITERS, EACH = 100, 6, 50


class Written(NamedTuple):
    """A server that is written to: its address, a key, and its database."""

    address: str
    token: str
    database: str

    def client(self) -> Client:
        """A client with a connection of its own."""
        return Client(self.address, self.token)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request on a connection of its own."""
        with self.client() as client:
            return client.ask(method, path, body, **headers)

    def at_once(self, many: int, ask: Callable[[Client, int], Answer]) -> list[Answer]:
        """As many clients that all ask at once."""
        return at_once([self.client() for _ in range(many)], ask)


@pytest.fixture
def written(empty_database: str, tmp_path: Path) -> Iterator[Written]:
    """A server of two processes with four threads each, over a small instance."""
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps(BUNDLE))
    load([file])
    _, token = make("kim", "edit")
    close_database()
    with serving(empty_database, workers=2) as server:
        yield Written(server.address, token, empty_database)
    close_database()


def defector(slug: str) -> dict[str, Any]:
    """A defector with a claim."""
    claim = {"id": f"{slug}-left", "says": "They left.", "sets": ["occurred"], "source": "newspaper"}
    return {"id": slug, "name": f"The {slug}", "claims": [claim]}


def entries(written: Written) -> Counter[str]:
    """How many entries the ledger has of each path; it is whole."""
    open_database(written.database)
    assert list(faults()) == []
    found = Counter(row[0] for row in execute("SELECT path FROM ledger").fetchall())
    close_database()
    return found


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


def test_a_request_sent_a_hundred_times_at_once_is_made_once(written: Written) -> None:
    asked = ("POST", "/v1/defectors", defector("clerk"))
    found = written.at_once(MANY, lambda client, _: client.ask(*asked, Idempotency_Key="one"))
    told = statuses(found)
    assert set(told) <= {201, 409}
    made = [answer for answer in found if answer.status == 201]
    assert len({(answer.body, answer.headers["ETag"], answer.headers["Location"]) for answer in made}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in made) == 1
    assert {answer.headers["Retry-After"] for answer in found if answer.status == 409} <= {"1"}
    again = written.ask(*asked, Idempotency_Key="one")
    assert (again.status, again.body) == (201, made[0].body)
    assert [entries(written)[path] for path in ("defectors/clerk", "claims/clerk-left")] == [1, 1]


def test_a_record_made_by_a_hundred_at_once_is_made_by_one(written: Written) -> None:
    found = written.at_once(MANY, lambda client, _: client.ask("POST", "/v1/defectors", defector("clerk")))
    told = statuses(found)
    assert told[201] == 1
    assert told[409] + told[412] == MANY - 1
    assert entries(written)["defectors/clerk"] == 1


def test_of_fifty_who_saw_the_same_revision_one_changes_it(written: Written) -> None:
    made = written.ask("POST", "/v1/defectors", defector("clerk"))
    seen = {"If_Match": made.headers["ETag"]}
    found = written.at_once(
        EACH, lambda client, n: client.ask("PATCH", "/v1/defectors/clerk", {"name": f"Clerk {n}"}, **seen)
    )
    assert statuses(found) == {200: 1, 412: EACH - 1}
    (winner,) = (answer for answer in found if answer.status == 200)
    now = written.ask("GET", "/v1/defectors/clerk")
    assert (now.value["name"], now.value["revision"]) == (winner.value["name"], 2)
    assert {answer.headers["ETag"] for answer in found if answer.status == 412} <= {now.headers["ETag"]}
    assert entries(written)["defectors/clerk"] == 2


def write_fifty(address: str, token: str, writer: int) -> list[int]:
    """What one process of writers does: the statuses of its answers."""
    with Client(address, token) as client:
        slugs = [f"d{writer}-{n}" for n in range(EACH)]
        return [client.ask("PUT", f"/v1/defectors/{slug}", defector(slug)).status for slug in slugs]


READ = (
    "/v1/defectors",
    "/v1/people/witness",
    "/v1/sources?known_by=2016-01-01",
    "/v1/search?q=report",
    "/v1/stats?by=year",
)


def test_six_who_write_all_the_time_hinder_neither_each_other_nor_those_who_read(written: Written) -> None:
    """No write is told that the database is locked, and no read fails meanwhile."""
    done, read = Event(), Counter[int]()

    def go_on_reading() -> None:
        with written.client() as client:
            while not done.is_set():
                read.update(client.ask("GET", path).status for path in READ)

    reader = Thread(target=go_on_reading)
    reader.start()
    try:
        with ProcessPoolExecutor(WRITERS, mp_context=multiprocessing.get_context("spawn")) as processes:
            running = [processes.submit(write_fifty, written.address, written.token, n) for n in range(WRITERS)]
            found = Counter(status for one in running for status in one.result())
    finally:
        done.set()
        reader.join()
    assert found == {201: WRITERS * EACH}
    assert set(read) == {200}
    assert read.total() >= len(READ)
    counted = entries(written)
    assert set(counted.values()) == {1}
    assert sum(path.startswith("defectors/") for path in counted) == WRITERS * EACH
