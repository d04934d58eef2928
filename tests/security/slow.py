"""Slow clients against the shipped proxy, and against the bare server: `make slow`.

Beside each attack, legitimate clients ask all the while; what counts is the share of that which is answered rightly
within five seconds. The figures go into tests/security/RESULTS.md.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.conftest import filled, serving
from tests.security.attacks import ADDRESSES, KINDS
from tests.security.probe import CLIENTS, IN_TIME, Probe, probing
from tests.security.proxy import Proxy, proxied

RESULTS = Path(__file__).with_name("RESULTS.md")
TABLE = re.compile(r"(?<=<!-- slow -->\n).*?(?=<!-- /slow -->)", re.DOTALL)
TO_BEGIN = 2.0
"""Seconds that an attack is given until all of it stands."""

SERVED = {"TALBUK_WORKERS": "2", "TALBUK_THREADS": "8"}
"""As deploy/talbuk.service has it."""

SLOWHTTPTEST = {"slowhttptest -H": ["-H", "-i", "2"], "slowhttptest -B": ["-B", "-i", "2", "-s", "8192"]} | {
    "slowhttptest -X": ["-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32", "-k", "3"]
}
"""An outsider's tool, all from one address: the proxy's limit of connections is lifted, or it would be too easy."""


class Target(NamedTuple):
    """What is attacked: its name, and where; the proxy if it is one."""

    name: str
    address: str
    proxy: Proxy | None = None

    @property
    def where(self) -> list[str]:
        """As the attacker's command line has it."""
        _, _, place = self.address.rpartition("/")
        host, _, port = place.partition(":")
        return [host, port, *(["--trusted", str(self.proxy.certificate)] if self.proxy else [])]


class Run(NamedTuple):
    """One attack, and how the legitimate clients fared."""

    attack: str
    target: str
    connections: int
    seconds: float
    asked: int
    share: float
    median: float
    late: float
    ends: str

    @property
    def row(self) -> str:
        """As a row of the table."""
        times = [f"{late * 1000:,.0f} ms" if late < IN_TIME else "none" for late in (self.median, self.late)]
        asked = [str(self.connections), f"{self.seconds:g} s", str(self.asked), f"{self.share * 100:.2f}%"]
        return f"| {' | '.join([self.attack, self.target, *asked, *times, self.ends])} |"


HEADER = (
    "| attack | against | connections | for | asked | answered | median | 99th percentile | how the slow ones ended |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
)


def attacked(kind: str, target: Target, connections: int, seconds: float, patience: float = IN_TIME) -> Run:
    """Attack until the last of those who ask meanwhile, for so many seconds, has waited long enough."""
    trusted = target.proxy.trusted if target.proxy else None
    Probe(target.address, trusted).warm_up()
    command = _command(kind, target, connections, TO_BEGIN + seconds + patience)
    attacker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        time.sleep(TO_BEGIN)
        with probing(target.address, trusted, patience=patience) as probe:
            time.sleep(seconds)
        said, _ = attacker.communicate(timeout=seconds + 60)
    finally:
        attacker.kill()
    times = probe.after(0.5), probe.after(0.99)
    return Run(kind, target.name, connections, seconds, len(probe.answered), probe.share, *times, _ends(kind, said))


def _command(kind: str, target: Target, connections: int, seconds: float) -> list[str]:
    if kind in KINDS:
        many = ["--connections", str(connections), "--seconds", str(seconds)]
        return [sys.executable, "-m", "tests.security.attacks", kind, *target.where, *many]
    how = SLOWHTTPTEST[kind]
    path = "/v1/claims?limit=99" if "-X" in how else "/v1/names"
    limits = ["-c", str(connections), "-r", "200", "-l", str(int(seconds)), "-p", "3"]
    return ["slowhttptest", *how, *limits, "-u", target.address + path]


def _ends(kind: str, said: str) -> str:
    if kind not in KINDS:
        plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
        found = re.findall(r"(error|pending|connected|closed): +(\d+)", plain)[-4:]
        return ", ".join(f"{name} {many}" for name, many in found)
    ends = sorted(json.loads(said).items(), key=lambda one: -one[1])
    return ", ".join(f"{name} {many:,}" for name, many in ends) or "none ended"


@contextmanager
def bare(database: str) -> Iterator[Target]:
    """The server without the proxy, for as long as the context lasts; it is left as it is after the attack."""
    with serving(database, **SERVED) as address:
        yield Target("bare server", address)


@contextmanager
def fronted(database: str, folder: Path, **settings: str) -> Iterator[Target]:
    """The server behind the shipped proxy, for as long as the context lasts."""
    with serving(database, **SERVED) as address, proxied(address.removeprefix("http://"), folder, **settings) as proxy:
        yield Target("shipped proxy", proxy.address, proxy)


def runs(database: str, connections: int, seconds: float, only: list[str]) -> Iterator[Run]:
    """Each attack against the shipped proxy, and those that a bare server knows against it too."""
    for kind in (*KINDS, *SLOWHTTPTEST):
        if only and kind not in only:
            continue
        if kind in SLOWHTTPTEST and shutil.which("slowhttptest") is None:
            raise SystemExit("needs slowhttptest (Debian: apt-get install slowhttptest)")
        lifted = {"FRONT_CONNECTIONS": "4000"} if kind in SLOWHTTPTEST else {}
        with TemporaryDirectory() as folder, fronted(database, Path(folder), **lifted) as target:
            yield attacked(kind, target, connections, seconds)
        if kind in KINDS and kind != "slow-handshake":
            with bare(database) as target:
                yield attacked(kind, target, connections, seconds)


def synthetic(folder: Path, records: int) -> str:
    """A database of made-up records, of which a list is large enough to be read slowly."""
    bundle = folder / "synthetic.ndjson"
    with bundle.open("wb") as made:
        subprocess.run([sys.executable, "-m", "api", "synth", str(records)], stdout=made, check=True)
    return filled(str(folder / "talbuk.db"), bundle)


def written(rows: list[Run]) -> str:
    """What RESULTS.md holds: rows of this run in place of those of the same attack and target."""
    now = f"{datetime.now(UTC):%Y-%m-%d}"
    text = RESULTS.read_text(encoding="utf-8")
    found = TABLE.search(text)
    assert found
    kept = {_key(line): line for line in found[0].splitlines() if line.startswith(("| slow", "| mixed"))}
    table = HEADER + "\n".join((kept | {_key(row.row): row.row for row in rows}).values())
    told = f"Last measured {now}, beside {CLIENTS} legitimate clients, from {len(ADDRESSES)} addresses."
    return TABLE.sub(lambda _: f"{table}\n\n{told}\n", text)


def _key(row: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in row.split("|")[1:3])


def main() -> None:
    """Run, print and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--records", type=int, default=5000, help="how many made-up records the database holds")
    parser.add_argument("--only", nargs="*", default=[], choices=(*KINDS, *SLOWHTTPTEST))
    parser.add_argument("--database", help="one that is there already")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        database = given.database or synthetic(Path(folder), given.records)
        for run in runs(database, given.connections, given.seconds, given.only):
            print(run.row, flush=True)
            RESULTS.write_text(written([run]), encoding="utf-8")


if __name__ == "__main__":
    main()
