"""Measure what goes in and out whole: loading, streaming, and the start, each beside what it would be compared with."""

import argparse
import http.client
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import IO, NamedTuple

from tests.bench import report
from tests.bench.datasets import NAME, Dataset, loaded, ndjson
from tests.bench.machine import BUILD, PEERS, cores, peak, serving, versions
from tests.bench.variants import Variant, bare, talbuk
from tests.conftest import free_port

STREAM = "/v1/defectors?format=ndjson&limit=all&include=claims&scope=subject&scope=background&scope=comparison"
SELECTED = (
    "SELECT CAST(e.document AS TEXT) AS document, CAST(e.standing AS TEXT) AS standing, "
    "CAST(e.claims AS TEXT) AS claims FROM defector d JOIN entry e ON e.path = d.path ORDER BY d.id"
)


class Row(NamedTuple):
    """One comparison: what was done, by whom, in how many seconds, in how much memory, and how much went through."""

    done: str
    by: str
    seconds: float
    memory: float | None
    megabytes: float | None


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000, help="invented defectors and purges, three claims each")
    parser.add_argument("--starts", type=int, default=7, help="how often each server is started")
    return parser.parse_args()


def by_sqlite_utils(lines: Path, folder: Path) -> Row:
    """Insert the same records and claims with sqlite-utils: a table each, nested values as JSON."""
    files, seconds, memory = tables_of(lines, folder), 0.0, 0.0
    for table, file in files.items():
        words = ["insert", str(folder / "plain.db"), table, str(file), "--nl", "--pk", "id", "--alter"]
        took, most = peak([str(PEERS / "sqlite-utils"), *words])
        seconds, memory = seconds + took, max(memory, most)
    size = (folder / "plain.db").stat().st_size / 2**20
    return Row("load", "sqlite-utils insert", seconds, memory, size)


def tables_of(lines: Path, folder: Path) -> dict[str, Path]:
    """The same records as one NDJSON file for each table, claims taken out from under theirs."""
    with ExitStack() as stack:
        opened: dict[str, IO[str]] = {}

        def write(table: str, row: object) -> None:
            if table not in opened:
                opened[table] = stack.enter_context((folder / f"{table}.ndjson").open("w", encoding="utf-8"))
            opened[table].write(json.dumps(row, ensure_ascii=False) + "\n")

        for line in lines.open(encoding="utf-8"):
            record = json.loads(line)
            about = f"{record.pop('resource')}/{record['id']}"
            for claim in record.pop("claims", ()):
                write("claims", {**claim, "about": about})
            write(about.partition("/")[0], record)
        return {table: Path(file.name) for table, file in opened.items()}


def streamed(data: Dataset) -> Row:
    """All defectors with their claims, as talbuk streams them; the memory is the serving process's."""
    ours, port = talbuk(data), free_port()
    with serving(ours.command(port), f"http://127.0.0.1:{port}{ours.ready}") as process:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        started, size = time.monotonic(), 0
        connection.request("GET", STREAM)
        response = connection.getresponse()
        assert response.status == 200, response.read()
        while part := response.read(1 << 16):
            size += len(part)
        took = time.monotonic() - started
        return Row("stream", "talbuk, NDJSON", took, worker_memory(process.pid), size / 2**20)


def worker_memory(server: int) -> float:
    """The most memory that a server's one worker has held, in MiB."""
    (worker,) = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="utf-8").split()
    for line in Path(f"/proc/{worker}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise ValueError(worker)


def by_sqlite3(data: Dataset, folder: Path) -> Row:
    """The same documents, as the sqlite3 program writes them."""
    out = folder / "selected.json"
    seconds, memory = peak(["sqlite3", "-readonly", "-json", data.url, SELECTED], out=out)
    return Row("stream", "sqlite3 -json", seconds, memory, out.stat().st_size / 2**20)


def starts(variants: Sequence[Variant], times: int) -> list[Row]:
    """From the command until the first 200, each in turn."""
    took: dict[str, list[float]] = {one.name: [] for one in variants}
    for _ in range(times):
        for one in variants:
            took[one.name].append(started(one))
    return [Row("start", one.title, median(took[one.name]), None, None) for one in variants]


def started(one: Variant) -> float:
    """Seconds from the command until the first 200."""
    port = free_port()
    address = "/v1/defectors?limit=1" if one.name == "talbuk" else "/record/v1"
    begun = time.monotonic()
    with serving(one.command(port), f"http://127.0.0.1:{port}{address}"):
        return time.monotonic() - begun


def rows(given: argparse.Namespace, folder: Path) -> tuple[Dataset, list[Row]]:
    """Everything, in turn."""
    lines = ndjson(given.events)
    data = loaded(given.events, str(folder / f"{NAME}.db"))
    bodies = folder / "bodies" / "record"
    bodies.mkdir(parents=True)
    (bodies / "one.json").write_bytes(b"{}" * 1000)
    found = [Row("load", "talbuk load", data.seconds, data.peak, data.size), by_sqlite_utils(lines, folder)]
    found += [streamed(data), by_sqlite3(data, folder)]
    return data, [*found, *starts([talbuk(data), bare(data, bodies.parent)], given.starts)]


def told(data: Dataset, found: Sequence[Row]) -> str:
    """The rows as a table, each pair with how many times longer talbuk takes."""
    cells = []
    for ours, theirs in zip(found[::2], found[1::2], strict=True):
        for one in (ours, theirs):
            memory = "" if one.memory is None else f"{one.memory:,.0f}"
            size = "" if one.megabytes is None else f"{one.megabytes:,.0f}"
            cells.append([one.done, one.by, f"{one.seconds:,.2f}", memory, size, f"{one.seconds / theirs.seconds:.2f}"])
    head = ["", "by", "seconds", "most memory, MiB", "MiB on disk, or sent", "ratio"]
    return report.table(head, cells)


def sqlite3_version() -> str:
    """The version of the program."""
    return subprocess.run(["sqlite3", "--version"], check=True, capture_output=True, text=True).stdout.split()[0]


def main() -> None:
    """Measure, print, write."""
    given = arguments()
    BUILD.mkdir(parents=True, exist_ok=True)
    if shutil.which("sqlite3") is None:
        sys.exit("the program sqlite3 is not here: apt-get install sqlite3")
    with TemporaryDirectory(dir=BUILD) as name:
        data, found = rows(given, Path(name))
        text = f"""Written by `make bench-bulk`, each on core {cores()[0]}. {data.told}.
sqlite-utils inserts the same records and claims, a table each, checks and derives nothing, and makes no index. talbuk
streams all defectors with their claims over HTTP as one JSON text a line; `sqlite3 -json` writes the same texts from
the same file into a file, JSON within JSON. A start is from the command to the first 200, the median of
{given.starts}; the bare Flask application stands under the same gunicorn.

{told(data, found)}

{versions()}; sqlite3 {sqlite3_version()}; {report.today()}."""
    print(text)
    report.section("Bulk", text)


if __name__ == "__main__":
    main()
