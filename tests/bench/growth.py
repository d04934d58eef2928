"""Measure what growth costs: the same requests over ever more records, talbuk alone.

Rates are medians of rounds under load; single answers (deep pages, facets, totals, searches) are medians of what one
client at a time waits. The engine's own GROUP BY and count(*) are timed on a connection of the same kind.
"""

import argparse
import http.client
import json
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import quote

from api.app import create_app
from api.finding import meaning_of, sealed
from models.database import close_database, execute, open_database
from models.vocabulary import SCOPE
from tests.bench import report
from tests.bench.bench import addresses, write_addresses
from tests.bench.datasets import Dataset, dataset
from tests.bench.machine import drive, serving, versions
from tests.bench.peer_queries import counted
from tests.bench.variants import talbuk
from tests.bench.workload import ROWS, lines_of, requests
from tests.conftest import free_port

UNDER_LOAD = ("record", "page", "304")
FACETS = ("stage", "sector", "status")
SEARCHED = ("photographs captain 2010", "seals", "not")
"""Words that about 0.01, 1 and 10 % of the records hold, however many there are."""
EVERY = "&".join(f"scope={scope}" for scope in SCOPE.values)
FILTERED = 10
"""Records of a filtered page here: so few that most pairs of filters fill it at every size."""
TIMES = 15


class Measured(NamedTuple):
    """What was measured at one size."""

    data: Dataset
    rates: Mapping[str, float]
    """Row -> requests a second."""
    waits: Mapping[str, float]
    """What was asked -> milliseconds."""
    shares: Mapping[str, float]
    """Words searched for -> the share of all records that hold them."""


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[2_500, 25_000, 250_000])
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--keys", type=int, default=2_000, help="different random records and pages")
    return parser.parse_args()


def measure(data: Dataset, given: argparse.Namespace) -> Measured:
    """Everything at one size."""
    ours, port = talbuk(data), free_port()
    deep, own = deep_page(data), engine(data)
    with serving(ours.command(port), f"http://127.0.0.1:{port}{ours.ready}"):
        rates = under_load(data, port, given)
        waits = {name: wait(port, path) for name, path in asked_alone(deep).items()}
        waits["filtered"] = median(wait(port, path) for path in filtered_pages())
        shares = {words: found(port, words) / data.records for words in SEARCHED}
    return Measured(data, rates, {**waits, **own}, shares)


def under_load(data: Dataset, port: int, given: argparse.Namespace) -> dict[str, float]:
    """The rates of talbuk's rows."""
    ours, asked, found = {"talbuk": talbuk(data)}, requests(data.url, given.keys), {}
    for row in ROWS:
        if row.name in UNDER_LOAD:
            write_addresses(row, asked[row.name], ours, {"talbuk": port})
            file = addresses(row, "talbuk")
            drive(port, file, 1, 0)
            found[row.name] = median(drive(port, file, given.seconds, n).rate for n in range(given.rounds))
    return found


def filtered_pages() -> list[str]:
    """The committed pairs of filters."""
    return [f"/v1/defectors?{pair}&limit={FILTERED}" for pair in lines_of("filters.txt")]


def deep_page(data: Dataset) -> str:
    """The page of claims after nine tenths of them."""
    open_database(data.url, read_only=True)
    depth = execute("SELECT count(*) FROM claim").fetchone()[0] * 9 // 10
    slug = execute(f"SELECT id FROM claim ORDER BY id LIMIT 1 OFFSET {depth:d}").fetchone()[0]
    close_database()
    with create_app().test_request_context("/v1/claims"):
        return f"/v1/claims?cursor={sealed(meaning_of({}), (slug,))}"


def asked_alone(deep: str) -> dict[str, str]:
    """What one client asks at a time, by name."""
    return {
        "first page": "/v1/claims",
        "deep page": deep,
        "first": "/v1/defectors?limit=1",
        "total": "/v1/defectors?limit=1&total=true",
        "first of all": f"/v1/defectors?{EVERY}&limit=1",
        **{f"facet {name}": f"/v1/defectors?{EVERY}&limit=1&facet={name}" for name in FACETS},
        **{f"search {words}": f"/v1/search?q={quote(words)}" for words in SEARCHED},
    }


def wait(port: int, path: str) -> float:
    """Milliseconds that one client waits for an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)

    def ask() -> None:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        assert response.status == 200, (path, body[:300])

    waited = timed(ask)
    connection.close()
    return waited


def timed(act: Callable[[], Any]) -> float:
    """Milliseconds that something takes: the median of several times, after a first."""
    took = []
    for _ in range(TIMES + 1):
        started = time.perf_counter()
        act()
        took.append(time.perf_counter() - started)
    return median(took[1:]) * 1000


def engine(data: Dataset) -> dict[str, float]:
    """Milliseconds that the engine's own counting takes."""
    total = "SELECT count(*) FROM defector WHERE scope = 'subject'"
    asked = {"total": total, **{f"facet {name}": counted(name) for name in FACETS}}
    open_database(data.url, read_only=True)
    found = {f"{name}, engine": timed(lambda sql=sql: execute(sql).fetchall()) for name, sql in asked.items()}
    close_database()
    return found


def found(port: int, words: str) -> int:
    """How many records hold some words."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("GET", f"/v1/search?limit=1&total=true&q={quote(words)}")
    total = json.loads(connection.getresponse().read())["meta"]["total"]
    connection.close()
    return int(total)


def growing(each: Sequence[Measured]) -> str:
    """What is asked under load and alone, at each size, and by how much the largest is slower than the smallest."""
    head = ["", *(f"{one.data.records:,} records" for one in each), "times slower", "aim", ""]
    rows = []
    for name in UNDER_LOAD:
        cells = [f"{one.rates[name]:,.0f}/s" for one in each]
        rows.append([name, *cells, *_judged(each[0].rates[name] / each[-1].rates[name], 1.3)])
    cells = [f"{one.waits['filtered']:,.2f} ms" for one in each]
    rows.append(["filtered", *cells, *_judged(each[-1].waits["filtered"] / each[0].waits["filtered"], 1.3)])
    for words in SEARCHED:
        key = f"search {words}"
        cells = [f"{one.waits[key]:,.1f} ms ({one.shares[words]:.2%})" for one in each]
        rows.append([f"search: {words}", *cells, f"{each[-1].waits[key] / each[0].waits[key]:.2f}", "", ""])
    return report.table(head, rows)


def compared(each: Sequence[Measured]) -> str:
    """Deep pages by first ones, and counting by the engine's own."""
    pairs = [("deep page", "", "first page", 1.1), ("total", "first", "total, engine", 1.5)]
    pairs += [(f"facet {name}", "first of all", f"facet {name}, engine", 1.5) for name in FACETS]
    rows = []
    for one in each:
        for name, less, other, aim in pairs:
            took, without, by = one.waits[name], one.waits[less] if less else 0, one.waits[other]
            cells = [f"{one.data.events:,}", name, f"{took:,.2f}", f"{without:,.2f}" if less else "", f"{by:,.3f}"]
            rows.append([*cells, *_judged((took - without) / by, aim)])
    head = ["events", "asked", "ms", "ms, without", "ms, first page or engine", "ratio", "aim", ""]
    return report.table(head, rows)


def _judged(ratio: float, most: float) -> list[str]:
    return [f"{ratio:.2f}", f"{most}", "met" if ratio <= most else "not met"]


def main() -> None:
    """Measure at each size, print."""
    given, each = arguments(), []
    for events in given.events:
        with dataset(events, given.engine) as data:
            print(data.told, flush=True)
            each.append(measure(data, given))
    sizes = "\n".join(f"- {one.data.told}." for one in each)
    told = f"""Written by `make bench-growth`: talbuk alone, one worker on one core, {given.engine}. Rates are medians
of {given.rounds} rounds of {given.seconds} s under 8 connections; milliseconds are what one client waits, the median of
{TIMES}; of filtered pages the median over the 50 pairs of filters, {FILTERED} records each. Deep pages are of
claims, after nine tenths of them. Of a total or facet, what the same list takes
without it is taken off before it is set beside the engine's own count(*) or GROUP BY.

{growing(each)}

{compared(each)}

{sizes}

{versions()}; {report.today()}."""
    print(told)
    report.section("Growth", told)


if __name__ == "__main__":
    main()
