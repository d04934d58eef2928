"""Does a stream of everything need no more memory than a page? Prints what a real server's workers needed at most.

    python -m tests.bench.streams [RECORDS]

It fills a SQLite database with invented records (20,000 unless told), or takes the one that DATABASE names, serves it
with gunicorn, and streams whole lists: the megabytes sent, when the first and the last byte came, and the most memory
that the worker needed until then. VmHWM holds the pages of the database's file that SQLite maps, which are the system's
to take back; RssAnon, looked at while the answer comes, is what is its own. Linux alone: it reads /proc.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from urllib.request import urlopen

from tests.conftest import free_port, wait_until_served

RECORDS = 20_000
PIECE = 1 << 16
STREAMS = (
    "/v1/claims?limit=all&format=ndjson",
    "/v1/claims?limit=all&format=csv",
    "/v1/claims?limit=all&format=ndjson&sort=-known&fields=says",
    "/v1/defectors?limit=all&format=ndjson&include=claims&scope=subject&scope=background&scope=comparison",
)


def filled(folder: Path, records: int) -> str:
    """A database of invented records."""
    made, url = folder / "invented.ndjson", str(folder / "talbuk.db")
    with made.open("w", encoding="utf-8") as out:
        subprocess.run([sys.executable, "-m", "api", "synth", str(records)], stdout=out, check=True)
    subprocess.run([sys.executable, "-m", "api", "load", str(made), "--database", url], check=True, capture_output=True)
    return url


def memory(process: int, measured: str) -> float:
    """The megabytes that a process, or that child of it that needs most, needs by one measure of the system's."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    status = [Path(f"/proc/{one}/status").read_text() for one in (process, *children)]
    found = [int(line.split()[1]) for text in status for line in text.splitlines() if line.startswith(measured)]
    return max(found) / 1024


def sent(url: str, process: int) -> str:
    """What is told of an answer: its size, when its first and last byte came, and what the worker needed at most."""
    start, own = perf_counter(), 0.0
    with urlopen(url, timeout=600) as answer:
        size = len(answer.read(1))
        first = perf_counter() - start
        while piece := answer.read(PIECE):
            size += len(piece)
            own = max(own, memory(process, "RssAnon"))
    told = f"{size / 1e6:.0f} MB, first byte after {first:.3f} s, last after {perf_counter() - start:.1f} s"
    return f"{told}; RssAnon at most {own:.0f} MB, VmHWM {memory(process, 'VmHWM'):.0f} MB"


def measure(database: str) -> None:
    """Serve a database, and print a line for each stream."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "api", "serve", "--bind", f"127.0.0.1:{port}", "--database", database]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            wait_until_served(f"{address}/readyz", process)
            for stream in (*(one.replace("limit=all", "limit=500") for one in STREAMS), *STREAMS):
                print(f"{stream}: {sent(address + stream, process.pid)}")
        finally:
            process.terminate()
            process.wait(30)


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        asked = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
        measure(os.environ.get("DATABASE") or filled(Path(made), asked))
