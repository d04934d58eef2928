"""Slow clients harm nobody behind the shipped proxy; without it they do. `make slow` is the long run."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.security.proxy import PROBLEM
from tests.security.slow import Target, attacked, bare, fronted

CONNECTIONS = 500


@pytest.fixture
def shipped(sqlite_with_fixtures: str, tmp_path: Path) -> Iterator[Target]:
    """A server behind the shipped proxy."""
    with fronted(sqlite_with_fixtures, tmp_path) as target:
        yield target


def test_slow_clients_of_all_kinds_harm_nobody_behind_the_proxy(shipped: Target) -> None:
    """Slow headers, slow bodies and slow readers at once; long enough for each to be cut."""
    assert shipped.proxy is not None
    unfinished = b"POST /v1/names HTTP/1.0\r\nHost: a.test\r\nContent-Length: 9\r\n\r\n{"
    with ThreadPoolExecutor(1) as one:
        waiting = one.submit(shipped.proxy.sent, unfinished)
        run = attacked("mixed", shipped, CONNECTIONS, 5)
    assert run.asked > 100
    assert run.share >= 0.99, run
    assert "408" in run.ends, run
    (answer,) = waiting.result()
    assert (answer.status, answer.headers["content-type"]) == (408, PROBLEM)


def test_slow_clients_end_a_bare_server(sqlite_with_fixtures: str) -> None:
    """What the measure would tell, if the proxy did nothing."""
    with bare(sqlite_with_fixtures) as target:
        run = attacked("slow-header", target, 60, 1, patience=1)
    assert run.share < 0.5, run
