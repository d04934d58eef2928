"""Short runs of what `make malice` does for long, and for each a fault that was put there and is found."""

import json
import logging
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request

import api.bodies
import api.given
from models import ledger
from models.database import writing
from models.ledger import Change
from tests.security.hostile import Choices
from tests.security.malice import SEEDS, run
from tests.security.mutated_bundles import Loading
from tests.security.throwaway import ENGINES, Throwaway, state, throwaway
from tests.security.wsgi_requests import DOCUMENT, Harness, answered

SHORT = 300


@pytest.fixture(params=[ENGINES[0], pytest.param(ENGINES[1], marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest) -> Iterator[Throwaway]:
    """The fixtures, to be ruined, once on each engine."""
    server = request.getfixturevalue("postgresql_server") if request.param == "postgresql" else None
    with throwaway(request.param, server=server) as made:
        yield made


@pytest.fixture
def sqlite() -> Iterator[Throwaway]:
    """The fixtures, to be ruined."""
    with throwaway() as made:
        yield made


def harness(application: Flask, database: Throwaway) -> Harness:
    """Requests made of bytes, to a database that stays as it becomes."""
    made = Harness(application, database, json.loads(Path(DOCUMENT).read_text(encoding="utf-8")))
    made.RENEWED = 10**9
    return made


def count_for(database: Throwaway) -> int:
    """How many inputs a short run has: fewer on PostgreSQL, where each write takes longer."""
    return SHORT // 3 if "://" in database.url else SHORT


def test_no_request_is_answered_by_an_error_of_ours(application: Flask, database: Throwaway) -> None:
    """What is refused leaves the ledger as it was; what is taken can be read."""
    made, count = harness(application, database), count_for(database)
    found = run(made, count, 5)
    assert not made.faults, json.dumps(made.faults, indent=1)
    assert found["refused"] > count / 5
    assert found["written"] > count / 50
    assert len(found["statuses"]) > 8


def test_what_reached_each_kind_of_answer_is_asked_again(application: Flask, sqlite: Throwaway) -> None:
    made = harness(application, sqlite)
    for line in SEEDS.read_text(encoding="ascii").split():
        made.put(bytes.fromhex(line))
    assert not made.faults, json.dumps(made.faults, indent=1)


def test_a_batch_of_which_all_was_refused_leaves_no_trace(application: Flask, sqlite: Throwaway) -> None:
    """No row of any table is another."""
    made, source, before = harness(application, sqlite), random.Random(9), state()
    tried = []
    for _ in range(SHORT):
        asked = made.world.asked(Choices(source.randbytes(100)))
        if asked.method in {"POST", "PUT", "PATCH", "DELETE"}:
            tried.append(asked._replace(headers=[(n, v) for n, v in asked.headers if n != "Authorization"]))
            tried.append(asked._replace(headers=[*asked.headers, ("If-Match", '"999999"')]))
    refused = [found.status for asked in tried if (found := answered(application, asked)).status >= 400]
    assert len(refused) > SHORT / 2
    if len(refused) == len(tried):
        assert state() == before


def test_bundles_with_parts_changed_are_loaded_or_refused(database: Throwaway) -> None:
    made, count = Loading(database), count_for(database)
    made.RENEWED = 10**9
    run(made, count, 6)
    assert not made.faults, json.dumps(made.faults, indent=1)
    assert made.refused > count / 10
    assert made.loaded > count / 100


# --- the controls ---------------------------------------------------------------------------------------------------


@pytest.fixture
def silent() -> Iterator[None]:
    """Without the log of what fails on purpose."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("silent")
def test_a_body_that_is_read_without_care_is_found(
    application: Flask, sqlite: Throwaway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no JSON is then no refusal but a failure."""
    monkeypatch.setattr(api.bodies, "read_json", json.loads)
    made = harness(application, sqlite)
    run(made, SHORT, 5)
    assert any(fault.startswith("500") for fault in made.faults), made.faults


@pytest.mark.usefixtures("silent")
def test_a_refusal_that_writes_is_found(application: Flask, sqlite: Throwaway, monkeypatch: pytest.MonkeyPatch) -> None:
    def note(response: Response) -> Response:
        if response.status_code == 422 and request.method == "POST":
            with writing():
                ledger.append([Change("people/x", "add", None, None)], actor="x", at=ledger.next_moment())
        return response

    monkeypatch.setitem(application.after_request_funcs, None, [*application.after_request_funcs[None], note])
    made = harness(application, sqlite)
    run(made, SHORT // 4, 5)
    assert any("something was written" in fault for fault in made.faults)


def test_a_loader_that_takes_a_claim_for_whole_is_found(sqlite: Throwaway, monkeypatch: pytest.MonkeyPatch) -> None:
    def trusting(claim: Any) -> Any:
        assert claim["about"][0]["record"]
        return claim

    monkeypatch.setattr(api.given, "_full_abouts", trusting)
    made = Loading(sqlite)
    run(made, SHORT // 2, 6)
    assert any(fault.partition(":")[0] in {"KeyError", "TypeError", "IndexError"} for fault in made.faults)
