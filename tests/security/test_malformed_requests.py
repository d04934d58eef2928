"""Malformed requests to a real server: each is answered as its line in the corpus says, and nothing is written."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.database import open_database
from tests.conftest import serving
from tests.security.planted import plain_gunicorn
from tests.security.raw_mutations import Wire
from tests.security.raw_requests import Malformed, Unsound, corpus, expanded, told
from tests.security.throwaway import head, state, throwaway

OK = b"GET /healthz HTTP/1.1\r\nHost: talbuk.test\r\n\r\n"


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """A real server of a throwaway database, and its key."""
    with throwaway() as database, serving(database.url, log=tmp_path_factory.mktemp("log") / "server.log") as server:
        yield Wire(server, database.token, database.url)


def test_each_malformed_request_is_answered_as_it_ought_to_be(wire: Wire) -> None:
    """By a problem, once, and then the connection is closed; what is only odd is answered. Nothing is written."""
    before, wrong = _opened(wire), []
    for one in corpus():
        try:
            found = [answer.status for answer in told(wire.server, one.raw(wire.token))]
        except Unsound as fault:
            wrong.append(f"{one.name}: {fault}")
        else:
            if found not in one.answers:
                wrong.append(f"{one.name}: {found}, not one of {one.answers}")
    assert not wrong, "\n".join(wrong)
    assert (head(), state()) == before
    assert [answer.status for answer in told(wire.server, OK)] == [200]


def test_the_corpus_is_large_and_each_line_of_it_another() -> None:
    kept = corpus()
    assert len(kept) >= 200
    assert len({one.name for one in kept}) == len({expanded(one.send) for one in kept}) == len(kept)


def test_what_is_made_of_the_corpus_is_answered_soundly(wire: Wire) -> None:
    """A short run of what `make malice` does for long."""
    _opened(wire)
    for _ in range(600):
        wire.put(random.Random(wire.sent).randbytes(60))
    assert not wire.faults, wire.faults
    assert wire.answered > 300


def test_a_server_that_answers_otherwise_is_found_out(tmp_path: Path) -> None:
    """The control: gunicorn's own refusals are HTML, and it lets a client say where paths begin."""
    with throwaway() as database, plain_gunicorn(database.url, tmp_path) as server:
        wire = Wire(server, database.token, database.url)
        wrong = [one.name for one in corpus()[:60] if not _as_it_ought(wire, one)]
        for number in range(60):
            wire.put(random.Random(number).randbytes(60))
    assert len(wrong) > 10
    assert wire.faults


def _as_it_ought(wire: Wire, one: Malformed) -> bool:
    try:
        return [answer.status for answer in told(wire.server, one.raw(wire.token))] in one.answers
    except Unsound:
        return False


def _opened(wire: Wire) -> tuple[tuple[int, str], str]:
    open_database(wire.url, read_only=True)
    return head(), state()
