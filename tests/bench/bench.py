"""Measure how many requests a second one worker on one core answers, beside what users would pick instead.

The machine may be busy with other things, so only ratios count: all servers are driven in turn, round by round, with
the same random requests, and the ratios of a round are taken between neighbours in time. Before any is driven, their
answers are compared. Nothing leaves 127.0.0.1.
"""

import argparse
import http.client
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from models.database import close_database, execute, open_database
from tests.bench import report
from tests.bench.datasets import Dataset, dataset
from tests.bench.machine import BUILD, HERE, drive, serving, versions
from tests.bench.report import Result
from tests.bench.variants import Said, Variant, bare, datasette, fastapi, is_same, naive, talbuk
from tests.bench.workload import ROWS, Asked, Row, requests, written
from tests.conftest import free_port

BODIES = 64
"""Answers of talbuk that the bare view gives again, of each row."""

ON_POSTGRESQL = (
    "PostgreSQL runs on the server's core too. Datasette and the FastAPI service know SQLite alone, and are not here."
)
KEPT_OF = 500
"""Answers that those are drawn from."""

Ports = Mapping[str, int]


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="invented defectors and purges, three claims each")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, each of all servers in turn")
    parser.add_argument("--seconds", type=int, default=3, help="how long each server is driven in a round")
    parser.add_argument("--keys", type=int, default=2_000, help="different random records and pages")
    parser.add_argument("--compared", type=int, default=200, help="answers of each row that are compared")
    parser.add_argument("--driven", nargs="*", default=[row.name for row in ROWS], help="the rows that are measured")
    parser.add_argument("--smoke", action="store_true", help="compare all, drive few; writes nothing")
    given = parser.parse_args()
    if given.smoke:
        given.events, given.rounds, given.seconds, given.keys, given.compared = 1_000, 1, 1, 40, 100
        given.driven = ["record", "record-gzip", "304"]
    return given


def variants(data: Dataset, engine: str, bodies: Path) -> dict[str, Variant]:
    """All that can answer on an engine: Datasette and the FastAPI service know SQLite alone."""
    found = [talbuk(data), bare(data, bodies), naive(data)]
    if engine == "sqlite":
        found += [datasette(data), fastapi(data)]
    return {variant.name: variant for variant in found}


def answers(port: int, paths: Sequence[str], headers: Mapping[str, str]) -> Iterator[tuple[int, bytes, str]]:
    """Status, body and ETag of each path."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    for path in paths:
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        yield response.status, response.read(), response.headers.get("ETag", "")
    connection.close()


def said(variant: Variant, port: int, row: Row, asked: Sequence[Asked]) -> list[Said]:
    """What a variant says to each request; all are 200."""
    paths = [variant.path(row.name, one) for one in asked]
    found = []
    for one, path, (status, body, _) in zip(asked, paths, answers(port, paths, {}), strict=True):
        assert status == 200, (variant.name, path, status, body[:300])
        found.append(variant.said(one, body))
    return found


def compare(row: Row, asked: Sequence[Asked], servers: Mapping[str, Variant], ports: Ports) -> None:
    """Hold the answers of all variants to be the same: the same records in the same order, with the same statuses."""
    ours = said(servers["talbuk"], ports["talbuk"], row, asked)
    for name in {"datasette", "fastapi", "naive"} & set(row.variants) & servers.keys():
        theirs = said(servers[name], ports[name], row, asked)
        for one, mine, other in zip(asked, ours, theirs, strict=True):
            assert is_same(one, mine, other, name), (row.name, name, one, mine, other)
    full = sum(bool(one) for one in ours)
    print(f"  {row.name}: {len(asked)} answers compared, {len(asked) - full} of them empty", flush=True)


def keep_bodies(row: Row, asked: Sequence[Asked], ours: Variant, port: int, folder: Path) -> None:
    """Keep some of talbuk's answers for the bare view, of all sizes, so that both send as many bytes on average."""
    kept = folder / row.name
    kept.mkdir(parents=True)
    found = answers(port, [ours.path(row.name, one) for one in asked], {})
    by_size = sorted((body for _, body, _ in found), key=len)
    for number in range(BODIES):
        (kept / f"{number:03}.json").write_bytes(by_size[int((number + 0.5) * len(by_size) / BODIES)])


def write_addresses(row: Row, asked: Sequence[Asked], servers: Mapping[str, Variant], ports: Ports) -> None:
    """Write for each variant what the load generator asks it."""
    ours = servers["talbuk"]
    headers: list[Mapping[str, str]] = [row.headers] * len(asked)
    if row.is_conditional:
        paths = [ours.path(row.name, one) for one in asked]
        headers = [{"If-None-Match": tag} for _, _, tag in answers(ports["talbuk"], paths, {})]
        known = [next(answers(ports["talbuk"], [path], h))[0] for path, h in zip(paths, headers, strict=True)]
        assert set(known) == {304}, row.name
    for name in ("talbuk", *row.variants):
        if name in servers:
            paths = [servers[name].path(row.name, one) for one in asked]
            written(list(zip(paths, headers, strict=True)), addresses(row, name))


def addresses(row: Row, name: str) -> Path:
    """Where the addresses of a row are, as a variant spells them."""
    return BUILD / f"{row.name}.{name}.txt"


def measure(row: Row, ports: Ports, given: argparse.Namespace) -> Result:
    """Drive all variants in turn, round by round."""
    names = [name for name in ("talbuk", *row.variants) if name in ports]
    rounds: dict[str, Any] = {name: [] for name in names}
    for name in () if given.smoke else names:
        drive(ports[name], addresses(row, name), 1, 0)
    for number in range(1, given.rounds + 1):
        for name in names:
            rounds[name].append(drive(ports[name], addresses(row, name), given.seconds, number))
    found = Result(row, rounds)
    print(f"  {row.name}: {', '.join(f'{name} {found.rate(name):,.0f}' for name in names)} requests/s", flush=True)
    return found


def results(data: Dataset, given: argparse.Namespace) -> list[Result]:
    """Start all servers, compare their answers, measure."""
    bodies = BUILD / "bodies"
    shutil.rmtree(bodies, ignore_errors=True)
    servers = variants(data, given.engine, bodies)
    asked, ports = requests(data.url, given.keys), {name: free_port() for name in servers}
    with ExitStack() as stack:
        for name in sorted(servers, key="bare".__eq__):
            if name == "bare":
                for row in ROWS:
                    keep_bodies(row, asked[row.name][:KEPT_OF], servers["talbuk"], ports["talbuk"], bodies)
            address = f"http://127.0.0.1:{ports[name]}{servers[name].ready}"
            stack.enter_context(serving(servers[name].command(ports[name]), address, **servers[name].environment))
        for row in ROWS:
            compare(row, asked[row.name][: given.compared], servers, ports)
            write_addresses(row, asked[row.name], servers, ports)
        return [measure(row, ports, given) for row in ROWS if row.name in given.driven]


def written_up(data: Dataset, found: Sequence[Result], given: argparse.Namespace, server: str) -> str:
    """The section of RESULTS.md."""
    picture = f"rates-{given.engine}.png"
    report.plot(found, HERE / picture)
    return f"""Written by `make bench`. Each server has one worker on one core, wrk with 8 connections another core;
{given.rounds} rounds, each of all servers in turn for {given.seconds} s. Medians; a ratio is the median of the rounds'
ratios, and on a busy machine the ratios alone say something. {given.keys:,} random records and pages, 50 pairs of
filters (`filters.txt`), 100 words (`words.txt`). Before the first round the answers of all variants were compared: the
same records in the same order with the same statuses; of searches, Datasette gives hits by row and talbuk those in
names first, so that full pages of the two need not hold the same. As known by a day, the peers give the records that
were known, with their standing of that day, but do not mask what was not known yet; their documents are those of today.
{ON_POSTGRESQL if server else ""}

{data.told}.

{report.rates(found)}

![requests a second]({picture})

{report.ratios(found)}

{report.rare_by_common(found)}

{versions(server)}; {report.today()}."""


def server_version(data: Dataset) -> str:
    """PostgreSQL's version; nothing of SQLite, which is told anyway."""
    if "://" not in data.url:
        return ""
    open_database(data.url, read_only=True)
    version = str(execute("SHOW server_version").fetchone()[0])
    close_database()
    return version


def main() -> None:
    """Load, compare, measure, print."""
    given = arguments()
    with dataset(given.events, given.engine) as data:
        print(data.told, flush=True)
        found = results(data, given)
        print(report.rates(found), report.ratios(found), sep="\n\n")
        if len(found) == len(ROWS):
            name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[given.engine]
            report.section(f"Requests a second, {name}", written_up(data, found, given, server_version(data)))


if __name__ == "__main__":
    main()
