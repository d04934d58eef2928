"""Show where the time goes: the functions that each kind of answer, loading and the start spend most in.

py-spy looks at the serving process 200 times a second while it is under load, and counts threads that run. A
function's own share is what it spends itself; its whole share counts what it calls too. Shares are of the samples
within a request.
"""

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.bench import addresses, write_addresses
from tests.bench.datasets import NAME, Dataset, dataset, ndjson
from tests.bench.machine import BUILD, PEERS, ROOT, drive, serving
from tests.bench.variants import talbuk
from tests.bench.workload import ROWS, requests
from tests.conftest import free_port

LOOKS = 200
SHOWN = ("record", "page", "known-common", "search", "facets")
REQUEST, COMMAND = "Flask.wsgi_app (", "load (api/commands"
"""What a sample must be within, to count."""
MOST = 14


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000, help="invented defectors and purges, three claims each")
    parser.add_argument("--loaded", type=int, default=1_000, help="events that are loaded under observation")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rows", nargs="*", default=SHOWN)
    return parser.parse_args()


def under_load(data: Dataset, given: argparse.Namespace) -> dict[str, list[str]]:
    """The samples of each row, one stack a line."""
    ours, port = talbuk(data), free_port()
    asked, found = requests(data.url, 500), {}
    with serving(ours.command(port), f"http://127.0.0.1:{port}{ours.ready}") as server:
        (worker,) = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text(encoding="utf-8").split()
        for row in ROWS:
            if row.name in given.rows:
                write_addresses(row, asked[row.name], {"talbuk": ours}, {"talbuk": port})
                out = BUILD / f"{row.name}.stacks"
                words = [
                    PEERS / "py-spy",
                    "record",
                    "--pid",
                    worker,
                    "--duration",
                    str(given.seconds),
                    "--threads",
                    *_recording(out),
                ]
                looking = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                drive(port, addresses(row, "talbuk"), given.seconds + 1, 1)
                looking.wait(timeout=60)
                found[row.name] = out.read_text(encoding="utf-8").splitlines()
    return found


def _recording(out: Path) -> list[str]:
    return ["--rate", str(LOOKS), "--format", "raw", "--output", str(out)]


def of_loading(events: int) -> list[str]:
    """The samples of a load."""
    out = BUILD / "loading.stacks"
    with TemporaryDirectory(dir=BUILD) as folder:
        load = [sys.executable, "-m", "api", "load", str(ndjson(events)), "--database", f"{folder}/{NAME}.db"]
        subprocess.run(
            [PEERS / "py-spy", "record", *_recording(out), "--", *load], check=True, cwd=ROOT, capture_output=True
        )
    return out.read_text(encoding="utf-8").splitlines()


def shares(stacks: Iterable[str], within: str) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Of each function its own share of the samples, and its whole share."""
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    total = 0
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        frames = [_named(frame) for frame in stack.split(";")]
        first = next((n for n, frame in enumerate(frames) if within in frame), None)
        if first is not None:
            total += int(count)
            own[frames[-1]] += int(count)
            whole.update(dict.fromkeys(frames[first:], int(count)))
    return _as_shares(own, total), _as_shares(whole, total)


def _named(frame: str) -> str:
    """A frame without its line, its file from the package on."""
    return frame.rpartition(":")[0].replace(f"{ROOT}/", "") + ")" if ":" in frame else frame


def _as_shares(counts: "Counter[str]", total: int) -> dict[str, float]:
    return {name: count / max(total, 1) for name, count in counts.most_common()}


def table(stacks: Sequence[str], within: str) -> str:
    """The functions that take most: by their own share, and by their whole one."""
    own, whole = shares(stacks, within)
    lines = [f"  {'own':>6}  {'whole':>6}  function"]
    first = list(own)[:MOST]
    later = [name for name in whole if name not in first][: MOST * 2]
    lines += [f"  {own.get(name, 0):6.1%}  {whole.get(name, 0):6.1%}  {name}" for name in [*first, *later]]
    return "\n".join(lines)


def of_the_start() -> str:
    """What importing takes longest, with all that it imports itself, in milliseconds."""
    command = [sys.executable, "-X", "importtime", "-c", "import api.server, api.app; api.app.create_app()"]
    started = time.perf_counter()
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True, env=dict(os.environ))
    took = time.perf_counter() - started
    rows = [line.removeprefix("import time:").split("|") for line in done.stderr.splitlines()[1:]]
    each = [(int(whole), int(own), name.strip()) for own, whole, name in rows if whole.strip().isdigit()]
    slowest = sorted(each, reverse=True)[:30]
    lines = [f"  {took * 1000:,.0f} ms from the command to the application", "   whole     own  module"]
    return "\n".join([*lines, *(f"  {whole / 1000:6.0f}  {own / 1000:6.0f}  {name}" for whole, own, name in slowest)])


def main() -> None:
    """Observe each, print."""
    given = arguments()
    with dataset(given.events, "sqlite") as data:
        for name, stacks in under_load(data, given).items():
            print(f"{name}\n{table(stacks, REQUEST)}\n", flush=True)
    print(f"loading {given.loaded:,} events\n{table(of_loading(given.loaded), COMMAND)}\n", flush=True)
    print(f"start\n{of_the_start()}")


if __name__ == "__main__":
    main()
