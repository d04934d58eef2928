"""Measure how many requests a second one worker on one core answers, beside a bare Flask view with the same bytes.

The machine may be busy with other things, so only the ratio counts: both servers are driven in turn, round by round,
with the same random addresses, and the ratio of a round is taken between neighbours in time. Nothing leaves 127.0.0.1.
"""

import argparse
import hashlib
import http.client
import json
import os
import platform
import random
import shutil
import socket
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

from api import pages
from api.app import create_app
from api.schemas.registry import rendered_with
from models.database import close_database, execute, open_database, sqlite_version

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SEED, BODIES, PAGE, CONNECTIONS = 1, 64, 50, 8
LIST = f"/v1/defectors?include=claims&limit={PAGE}"


class Row(NamedTuple):
    """One kind of request: what it is called, its short name, and the ratio to aim at."""

    title: str
    name: str
    aim: float


ROWS = (
    Row("one random record, `/v1/defectors/{id}`", "record", 0.65),
    Row(f"a random page of {PAGE} with its claims, `{LIST}&cursor=…`", "page", 0.33),
)


class Asked(NamedTuple):
    """One address, and the ids of the records that it must answer with."""

    path: str
    ids: list[str]


class Result(NamedTuple):
    """One row's outcome: requests a second of talbuk and the peer, round by round, and bytes per answer."""

    row: Row
    talbuk: list[float]
    peer: list[float]
    kilobytes: float

    @property
    def ratio(self) -> float:
        """The median of the ratios of each round."""
        return median(mine / theirs for mine, theirs in zip(self.talbuk, self.peer, strict=True))


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000, help="invented records, three claims each")
    parser.add_argument("--rounds", type=int, default=7, help="rounds, each of both servers in turn")
    parser.add_argument("--seconds", type=int, default=5, help="how long each server is driven in a round")
    parser.add_argument("--keys", type=int, default=2_000, help="different random addresses of each row")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench", help="where databases are kept")
    parser.add_argument("--smoke", action="store_true", help="a few seconds over few records; writes no results")
    given = parser.parse_args()
    if given.smoke:
        given.records, given.rounds, given.seconds, given.keys = 300, 1, 1, 100
    return given


def synthesis_digest() -> str:
    """The digest of the code that invents records."""
    files = sorted((ROOT / "api").glob("synthe*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:8]


def database(records: int, folder: Path) -> tuple[Path, str]:
    """A database of invented records, kept for the next run; and what loading it took."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{records}-{SEED}-{rendered_with()}-{synthesis_digest()}.db"
    note = file.with_suffix(".txt")
    if not note.exists():
        note.write_text(_load(records, file), encoding="utf-8")
    return file, note.read_text(encoding="utf-8")


def _load(records: int, file: Path) -> str:
    data = file.with_suffix(".ndjson")
    for stale in (file, *file.parent.glob(f"{file.name}-*")):
        stale.unlink(missing_ok=True)
    with data.open("w", encoding="utf-8") as out:
        subprocess.run(_talbuk("synth", str(records), "--seed", str(SEED)), stdout=out, check=True, cwd=ROOT)
    started = time.monotonic()
    subprocess.run(_talbuk("load", str(data), "--database", str(file)), check=True, cwd=ROOT)
    took = time.monotonic() - started
    data.unlink()
    open_database(str(file))
    total = execute("SELECT count(*) FROM record").fetchone()[0]
    close_database()
    size = file.stat().st_size / 2**20
    return (
        f"{total:,} records, claims included, loaded in {took:,.0f} s ({total / took:,.0f} a second), {size:,.0f} MiB"
    )


def _talbuk(*words: str) -> list[str]:
    return [sys.executable, "-m", "api", *words]


def addresses(file: Path, keys: int) -> dict[str, list[Asked]]:
    """Random addresses of each row, so many and so spread that no cache of answers could serve them."""
    rng = random.Random(SEED)
    open_database(str(file), read_only=True)
    every = sorted(row[0] for row in execute("SELECT id FROM defector").fetchall())
    shown = sorted(row[0] for row in execute("SELECT id FROM defector WHERE scope = 'subject'").fetchall())
    with create_app().test_request_context("/v1/defectors"):
        meant = pages.meaning_of({})
        starts = [(slug, pages.sealed(meant, (slug,))) for slug in rng.choices(shown[: -PAGE - 1], k=keys)]
    close_database()
    return {
        "record": [Asked(f"/v1/defectors/{slug}", [slug]) for slug in rng.choices(every, k=keys)],
        "page": [Asked(f"{LIST}&cursor={cursor}", _after(shown, slug)) for slug, cursor in starts],
    }


def _after(ids: Sequence[str], slug: str) -> list[str]:
    first = bisect_right(ids, slug)
    return list(ids[first : first + PAGE])


def bodies(port: int, asked: Sequence[Asked]) -> Iterator[bytes]:
    """The answers of talbuk to all addresses, each checked: status, records in order, three claims each."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for path, ids in asked:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        assert response.status == 200, (path, response.status, body[:300])
        given = json.loads(body)
        records = given.get("data", [given])
        assert [record["id"] for record in records] == ids, path
        assert all(len(record["claims"]) == 3 for record in records), path
        yield body
    connection.close()


def keep_bodies(row: Row, found: Sequence[bytes], folder: Path) -> None:
    """Keep some of talbuk's answers for the peer, of all sizes, so that both send as many bytes on average."""
    kept = folder / row.name
    kept.mkdir(parents=True)
    by_size = sorted(found, key=len)
    step = len(by_size) / BODIES
    for number in range(BODIES):
        (kept / f"{number:03}.json").write_bytes(by_size[int((number + 0.5) * step)])


def cores() -> tuple[str, str]:
    """The core for the server and the core for its client: different ones where there are two."""
    usable = sorted(os.sched_getaffinity(0))
    return str(usable[0]), str(usable[-1])


@contextmanager
def serving(command: Sequence[str], port: int) -> Iterator[None]:
    """A server on its core until done with; its errors are shown."""
    process = subprocess.Popen(
        ["taskset", "-c", cores()[0], *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        _wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _wait_for(port: int, process: "subprocess.Popen[str]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            sys.exit(process.communicate()[1])
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing listens on {port}")


def free_port() -> int:
    """A port on which nothing listens just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def drive(port: int, paths: Path, seconds: float, seed: int) -> tuple[float, float]:
    """Requests a second, and bytes per answer, of one server under load for so long."""
    command = [
        "taskset", "-c", cores()[1], "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s",
        "-s", str(HERE / "random_requests.lua"), f"http://127.0.0.1:{port}", "--", str(paths), str(seed),
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 60)
    counted = json.loads(done.stdout.strip().splitlines()[-1])
    assert counted["faults"] == 0, done.stdout
    return counted["requests"] * 1e6 / counted["microseconds"], counted["bytes"] / counted["requests"]


def measure(row: Row, ports: tuple[int, int], paths: Path, given: argparse.Namespace) -> Result:
    """Drive both servers in turn, round by round."""
    for port in ports:
        drive(port, paths, 1, 0)
    rates: tuple[list[float], list[float]] = ([], [])
    sizes: tuple[list[float], list[float]] = ([], [])
    for round_number in range(1, given.rounds + 1):
        for port, rate, size in zip(ports, rates, sizes, strict=True):
            answered, length = drive(port, paths, given.seconds, round_number)
            rate.append(answered)
            size.append(length)
        print(f"  {row.name} {round_number}: {rates[0][-1]:,.0f} and {rates[1][-1]:,.0f} requests/s", flush=True)
    assert abs(mean(sizes[0]) / mean(sizes[1]) - 1) < 0.15, "the peer must send as many bytes as talbuk"
    return Result(row, *rates, mean(sizes[0]) / 1024)


def versions() -> str:
    """What was measured with."""
    names = ("Flask", "gunicorn", "Werkzeug", "pysqlite3")
    packages = [f"{name} {version(name)}" for name in names if name != "pysqlite3"]
    wrk = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout.split()[1]
    sqlite = ".".join(map(str, sqlite_version()))
    return ", ".join([f"Python {platform.python_version()}", f"SQLite {sqlite}", *packages, f"wrk {wrk}"])


def table(results: Sequence[Result]) -> str:
    """The results as Markdown."""
    head = "| request | talbuk, requests/s | bare Flask, requests/s | ratio (aim) | range of ratios | KiB per answer |"
    lines = [head, "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for found in results:
        ratios = sorted(mine / theirs for mine, theirs in zip(found.talbuk, found.peer, strict=True))
        lines.append(
            f"| {found.row.title} | {median(found.talbuk):,.0f} | {median(found.peer):,.0f} | "
            f"{found.ratio:.2f} ({found.row.aim}) | {ratios[0]:.2f} to {ratios[-1]:.2f} | {found.kilobytes:,.1f} |"
        )
    return "\n".join(lines)


def report(results: Sequence[Result], loaded: str, given: argparse.Namespace) -> str:
    """The page of results."""
    return f"""# Requests per second of one worker on one core

Written by `make bench`. talbuk and, as the peer, a bare Flask view that returns bytes of the same sizes from memory
(`bare_flask.py`), both under the same gunicorn settings (1 worker, 4 threads) on one core; wrk with
{CONNECTIONS} connections on another core; {given.rounds} rounds, each of both in turn for {given.seconds} s;
{given.keys:,} random addresses for each row. Medians; the ratio is the median of the rounds' ratios.

{table(results)}

{loaded}.

{versions()}; {os.cpu_count()} cores, load average {os.getloadavg()[1]:.1f} (these two processes make about 2 of it);
{time.strftime("%Y-%m-%d")}.
"""


def main() -> None:
    """Load, check, measure, print."""
    given = arguments()
    file, loaded = database(given.records, given.folder)
    print(loaded, flush=True)
    folder = given.folder / "bodies"
    shutil.rmtree(folder, ignore_errors=True)
    ports = (free_port(), free_port())
    asked = addresses(file, given.keys)
    serve = _talbuk("serve", "--workers", "1", "--bind", f"127.0.0.1:{ports[0]}", "--database", str(file))
    bare = [sys.executable, str(HERE / "bare_flask.py"), f"127.0.0.1:{ports[1]}", str(folder)]
    with serving(serve, ports[0]):
        for row in ROWS:
            keep_bodies(row, list(bodies(ports[0], asked[row.name])), folder)
            (given.folder / f"{row.name}.txt").write_text(
                "\n".join(path for path, _ in asked[row.name]), encoding="utf-8"
            )
        with serving(bare, ports[1]):
            results = [measure(row, ports, given.folder / f"{row.name}.txt", given) for row in ROWS]
    print(table(results))
    if not given.smoke:
        (HERE / "RESULTS.md").write_text(report(results, loaded, given), encoding="utf-8")


if __name__ == "__main__":
    main()
