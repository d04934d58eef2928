"""sqlmap at the parameters of each kind of address; and at a planted injection, which it must find."""

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import serving
from tests.security.malice import BUILD, note
from tests.security.planted import plain_gunicorn
from tests.security.throwaway import ENGINES, throwaway

TARGETS = (
    "/v1/defectors?status=confirmed&person=thae-yong-ho&left=2016&sort=left&policy=any",
    "/v1/purges?kind=recall&place=CN&conflict=stage",
    "/v1/institutions?kind=party&within_institution=room-39",
    "/v1/people?country=KP&q=thae&id=thae-yong-ho",
    "/v1/sources?publisher=chosun-ilbo&author=thae-yong-ho&published=2016",
    "/v1/claims?about=people/thae-yong-ho&via=chosun-ilbo-on-officials",
    "/v1/indicators?measure=level&holder=institutions/room-39",
    "/v1/assessments?kind=forecast&question=x",
    "/v1/people/thae-yong-ho*?fields=name&include=claims",
    "/v1/people/thae-yong-ho/claims?stance=asserts&limit=5",
    "/v1/people/thae-yong-ho/revisions/1*",
    "/v1/search?q=thae&type=people&limit=5",
    "/v1/names?q=thae&limit=5",
    "/v1/timeline?sort=when&type=defectors",
    "/v1/stats?by=year&type=defectors",
    "/v1/changes?after=1&type=people&actor=load",
    "/v1/changes/standing?type=defectors",
)
"""One address of each kind, with parameters that reach the database; `*` marks where in a path to try."""

BODIES = (("/v1/names", '{"names": ["thae"], "limit": 3}'), ("/v1/people", '{"id": "x", "name": "X", "country": "KP"}'))
PLANTED = "/planted/injection?name=thae-yong-ho"
FOUND = re.compile(r"identified the following injection point|is vulnerable|Parameter: .* \((?:GET|POST|URI)")
SENT = re.compile(r"total of ([0-9]+) HTTP", re.IGNORECASE)
SETTINGS = (
    "--batch",
    "--level=3",
    "--risk=2",
    "--flush-session",
    "--disable-coloring",
    "--ignore-code=*",
    "--threads=4",
    "--timeout=10",
    "-v",
    "1",
)


def tried(address: str, output: Path, more: Sequence[str] = ()) -> tuple[bool, int]:
    """Whether sqlmap finds an injection at an address, and how many requests it sent there."""
    traffic = output / "traffic.txt"
    traffic.unlink(missing_ok=True)
    command = [
        sys.executable,
        "-m",
        "sqlmap.sqlmap",
        "-u",
        address,
        *SETTINGS,
        f"--output-dir={output}",
        "-t",
        str(traffic),
        *more,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    with (BUILD / "sqlmap.log").open("a", encoding="utf-8") as log:
        log.write(f"=== {address} {more}\n{done.stdout}{done.stderr}\n")
    sent = traffic.read_text(errors="replace").count("HTTP request [#") if traffic.exists() else 0
    return bool(FOUND.search(done.stdout)), sent


def _asked(server: str, token: str, targets: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    for target in targets:
        yield f"{server}{target}", ()
    for path, body in BODIES:
        yield (
            f"{server}{path}",
            (f"--data={body}", f"--header=Authorization: Bearer {token}", "--header=Content-Type: application/json"),
        )


def main() -> None:
    """Exit with 1 if sqlmap finds anything, or not what was planted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, default="sqlite")
    parser.add_argument("--targets", type=int, default=len(TARGETS), help="only the first of them")
    asked = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    begun, total, found = time.monotonic(), 0, []
    with TemporaryDirectory() as folder, throwaway(asked.engine) as database:
        output = Path(folder)
        with serving(database.url, log=BUILD / "sqlmap-server.log") as server:
            for address, more in _asked(server, database.token, TARGETS[: asked.targets]):
                is_found, sent = tried(address, output, more)
                total += sent
                found += [address] if is_found else []
                print(f"  {address}: {sent:,} requests{', AN INJECTION' if is_found else ''}", flush=True)
        with plain_gunicorn(database.url, output) as server:
            planted, sent = tried(f"{server}{PLANTED}", output)
    result = {"way": "sqlmap", "engine": asked.engine, "sent": total, "faults": dict.fromkeys(found, "injection"),
              "planted": planted, "seconds": round(time.monotonic() - begun, 1)}  # fmt: skip
    note(result)
    print(f"{total:,} requests; found: {found}; the planted one is {'found' if planted else 'NOT FOUND'}")
    sys.exit(1 if found or not planted else 0)


if __name__ == "__main__":
    main()
