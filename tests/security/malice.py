"""More than a million bad inputs, over five ways into the application; what came of them goes to MALICE.md."""

import argparse
import json
import logging
import math
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from api.app import create_app
from tests.conftest import serving
from tests.security import malice_report
from tests.security.mutated_bundles import Loading
from tests.security.raw_mutations import Wire
from tests.security.raw_requests import corpus
from tests.security.throwaway import ENGINES, throwaway
from tests.security.wsgi_requests import DOCUMENT, Harness

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "malice"
RESULTS = BUILD / "results.ndjson"
SEEDS = Path(__file__).with_name("seeds.txt")
LENGTHS = (20, 60, 200)
TOLD = 10.0
"""Seconds between two lines that say how far it is."""


class Fuzzed(Protocol):
    """What is put bytes to."""

    sent: int
    faults: dict[str, str]

    def put(self, data: bytes) -> str | None:
        """Put some bytes to it; what is wrong with what came of it."""


class Asked(NamedTuple):
    """How much is asked of a way: on which engine, how many inputs of which seed, for how many seconds at most."""

    engine: str
    count: int
    seed: int
    seconds: float = math.inf


def run(harness: Fuzzed, count: int, seed: int, seconds: float = math.inf) -> dict[str, Any]:
    """Put so many inputs to something, or as many as go in before the time is over; what came of it."""
    source, begun = random.Random(seed), time.monotonic()
    said, slowest = begun, 0.0
    for number in range(count):
        before = time.monotonic()
        harness.put(source.randbytes(source.choice(LENGTHS)))
        now = time.monotonic()
        slowest = max(slowest, now - before)
        if now - said > TOLD:
            said = now
            if now - begun > seconds:
                break
            print(
                f"  {number + 1:,} of {count:,}, {(number + 1) / (now - begun):,.0f}/s, {len(harness.faults)} faults",
                flush=True,
            )
    return outcome(harness, seed, time.monotonic() - begun) | {"slowest": round(slowest, 2)}


def outcome(harness: Any, seed: int, seconds: float) -> dict[str, Any]:
    """What a harness counted."""
    kept = ("sent", "refused", "written", "loaded", "statuses", "faults")
    found = {name: getattr(harness, name) for name in kept if hasattr(harness, name)}
    return found | {"seed": seed, "seconds": round(seconds, 1), "at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M")}


def wsgi(asked: Asked) -> dict[str, Any]:
    """Requests made of random bytes, put to the application."""
    with throwaway(asked.engine) as database:
        harness = Harness(create_app(), database, json.loads(Path(DOCUMENT).read_text(encoding="utf-8")))
        if asked.engine == "postgresql":
            harness.RENEWED = 20_000  # to fill a database there takes seconds
        return run(harness, asked.count, asked.seed, asked.seconds)


def bundles(asked: Asked) -> dict[str, Any]:
    """Fixture bundles with parts changed, loaded as `talbuk load` does."""
    with throwaway(asked.engine) as database:
        harness = Loading(database)
        if asked.engine == "postgresql":
            harness.RENEWED = 20_000
        return run(harness, asked.count, asked.seed, asked.seconds)


def wire(asked: Asked) -> dict[str, Any]:
    """Malformed requests, as they are kept and changed, over sockets to a real server."""
    with throwaway(asked.engine) as database, serving(database.url, log=BUILD / "wire.log") as server:
        harness = Wire(server, database.token, database.url)
        return run(harness, asked.count, asked.seed, asked.seconds) | {"corpus": len(corpus())}


def atheris(asked: Asked) -> dict[str, Any]:
    """Requests made of bytes that atheris chooses by what code they reach."""
    told = BUILD / f"atheris-{asked.engine}.json"
    told.unlink(missing_ok=True)
    numbers = [str(asked.count), str(asked.seed), str(min(asked.seconds, 1e9))]
    command = [sys.executable, "-m", "tests.security.atheris_requests", asked.engine, *numbers, str(told)]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if not told.exists():
        raise SystemExit(f"atheris ended with {done.returncode} and told nothing")
    found: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
    return found


def contract(asked: Asked) -> dict[str, Any]:
    """Requests that schemathesis makes of the document, with a key: it writes, and follows what it wrote."""
    begun = time.monotonic()
    numbers = ["--seed", str(asked.seed), "--examples", str(asked.count)]
    command = [sys.executable, "-m", "tests.contract.fuzz", "--engine", asked.engine, "--writes", *numbers]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    (BUILD / f"contract-{asked.engine}.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    cases = re.search(r"([0-9,]+) cases on", done.stdout)
    sent = int(cases[1].replace(",", "")) if cases else 0
    faults = {} if done.returncode == 0 else {"schemathesis found fault": (done.stdout + done.stderr)[-3000:]}
    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    return {"sent": sent, "faults": faults, "seed": asked.seed, "seconds": round(time.monotonic() - begun, 1), "at": at}


def note(result: Mapping[str, Any]) -> None:
    """Keep what a run came to, and write the table of all runs anew."""
    with RESULTS.open("a", encoding="utf-8") as kept:
        kept.write(json.dumps(result) + "\n")
    malice_report.write(RESULTS.read_text(encoding="utf-8").splitlines())


WAYS: Mapping[str, tuple[Callable[[Asked], dict[str, Any]], int]] = {
    "contract": (contract, 300),
    "atheris": (atheris, 250_000),
    "wsgi": (wsgi, 250_000),
    "wire": (wire, 250_000),
    "bundles": (bundles, 250_000),
}
"""The ways in, and how many inputs each is put (`contract`: how many random cases of each operation)."""


def main() -> None:
    """Run what was asked for; exit with 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ways", nargs="*", choices=[*WAYS, []], help="all of them if none is named")
    parser.add_argument("--engine", choices=ENGINES, default="sqlite")
    parser.add_argument("--count", type=int, help="inputs, in place of those of a long run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=math.inf, help="of each way, at the most")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    BUILD.mkdir(parents=True, exist_ok=True)
    found = 0
    for way in asked.ways or WAYS:
        done, usual = WAYS[way]
        print(f"{way}, {asked.engine}:", flush=True)
        result = done(Asked(asked.engine, asked.count or usual, asked.seed, asked.seconds)) | {
            "way": way,
            "engine": asked.engine,
        }
        note(result)
        print(
            f"  {result['sent']:,} in {result['seconds']} s; faults: {json.dumps(result['faults'], indent=2)}",
            flush=True,
        )
        found += len(result["faults"])
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
