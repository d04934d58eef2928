"""Many who write to a real server at once: each write is made once or told to be too late, and reading goes on."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from models.database import close_database, execute, open_database
from models.ledger import faults
from tests.faults.contention import contend
from tests.faults.instances import defector, filled
from tests.serving import Answer, Client, at_once, serving

MANY, EACH = 100, 50


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
    close_database()
    token = filled(empty_database, tmp_path)
    with serving(empty_database, workers=2) as server:
        yield Written(server.address, token, empty_database)
    close_database()


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


def test_six_who_write_all_the_time_hinder_neither_each_other_nor_those_who_read(
    empty_database: str, tmp_path: Path
) -> None:
    """No write is told that the database is locked, no load and no read fails meanwhile."""
    close_database()
    found = contend(empty_database, tmp_path, 20, workers=2)
    assert found.is_well, f"{found}; {found.said[:3]}"
    assert found.written.total() == 6 * 20
