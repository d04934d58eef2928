"""The machine that is measured on: its cores, servers on one of them, load from another, and what is installed."""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple
from urllib.error import HTTPError
from urllib.request import urlopen

from models.database import sqlite_version

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "bench"
PEERS = BUILD / "venv" / "bin"
"""What `make` installs of requirements.lock: the peers have an environment of their own."""
CONNECTIONS = 8
LONGEST = 60
"""Seconds of load after which a server that answers nothing is a fault."""


class Load(NamedTuple):
    """What one server answered under load: requests a second, bytes per answer, 99th percentile in milliseconds."""

    rate: float
    size: float
    p99: float


def cores() -> tuple[str, str]:
    """The core for the server and the core for its client: different ones where there are two."""
    usable = sorted(os.sched_getaffinity(0))
    return str(usable[0]), str(usable[-1])


@contextmanager
def on_the_servers_core() -> Iterator[None]:
    """What is started within runs on the server's core, as a database server does."""
    usable = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {int(cores()[0])})
    try:
        yield
    finally:
        os.sched_setaffinity(0, usable)


@contextmanager
def serving(command: Sequence[str], address: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """A server on its core until done with, from when it first answers at an address; its errors are shown."""
    with TemporaryFile("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            ["taskset", "-c", cores()[0], *command], cwd=ROOT, stdout=log, stderr=log, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )  # fmt: skip
        try:
            _wait_for(address, process, log)
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_for(address: str, process: "subprocess.Popen[str]", log: IO[str]) -> None:
    for _ in range(12_000):
        if process.poll() is not None:
            log.seek(0)
            sys.exit(log.read())
        try:
            urlopen(address, timeout=30).close()
        except HTTPError:
            return
        except OSError:
            time.sleep(0.005)
        else:
            return
    raise TimeoutError(f"nothing answers at {address}")


def drive(
    port: int,
    addresses: Path,
    seconds: int,
    seed: int,
    *,
    script: str = "random_requests.lua",
    connections: int = CONNECTIONS,
) -> Load:
    """What one server answers under load for so long; for longer where it answers nothing in that time.

    The script is given a file, of the addresses that are asked for or whatever it reads, and the seed.
    """
    command = [
        "taskset", "-c", cores()[1], "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s",
        "-s", str(HERE / script), f"http://127.0.0.1:{port}", "--", str(addresses), str(seed),
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 90)
    counted = json.loads(done.stdout.strip().splitlines()[-1])
    assert counted["faults"] == 0, done.stdout
    if not counted["requests"] and seconds < LONGEST:
        return drive(port, addresses, seconds * 4, seed, script=script, connections=connections)
    assert counted["requests"], done.stdout
    answered = counted["requests"]
    return Load(answered * 1e6 / counted["microseconds"], counted["bytes"] / answered, counted["p99"] / 1000)


def peak(command: Sequence[str], *, out: Path | None = None) -> tuple[float, float]:
    """Run a command on the server's core: the seconds that it took, and the most memory that it held, in MiB."""
    started = time.monotonic()
    with (out or Path(os.devnull)).open("wb") as target:
        process = subprocess.Popen(["taskset", "-c", cores()[0], *command], cwd=ROOT, stdout=target)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.monotonic() - started, usage.ru_maxrss / 1024


def peers_versions() -> Mapping[str, str]:
    """The versions of what the peers are made of."""
    names = ("datasette", "fastapi", "pydantic", "uvicorn", "sqlite-utils")
    imported = "import sqlite3; from importlib.metadata import version"
    asking = f"{imported}; print(*map(version, {names}), sqlite3.sqlite_version)"
    done = subprocess.run([PEERS / "python", "-c", asking], check=True, capture_output=True, text=True)
    return dict(zip((*names, "their SQLite"), done.stdout.split(), strict=True))


def versions(postgresql: str = "") -> str:
    """What was measured with, and on how many cores."""
    names = ("Flask", "gunicorn", "Werkzeug", "peewee", "marshmallow")
    wrk = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout.split()[1]
    found = {
        "Python": platform.python_version(),
        "SQLite": ".".join(map(str, sqlite_version())),
        **({"PostgreSQL": postgresql} if postgresql else {}),
        **{name: version(name) for name in names},
        **peers_versions(),
        "wrk": wrk,
    }
    told = ", ".join(f"{name} {number}" for name, number in found.items())
    return f"{told}; {os.cpu_count()} cores, load average {os.getloadavg()[1]:.1f} (the bench makes about 2 of it)"
