"""The fixtures behind the real server, for those who see talbuk from outside: gunicorn, on either engine."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import (
    free_port,
    new_postgresql_database,
    postgresql_binaries,
    running_postgresql,
    wait_until_served,
    with_fixtures,
)

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "contract"
"""Where what is installed and generated goes."""


@contextmanager
def served(engine: str = "sqlite", prepare: Callable[[str], None] = lambda _: None) -> Iterator[str]:
    """The address of a server of the fixtures; what it says is in server.log. `prepare` is given the database first."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        log = stack.enter_context((BUILD / "server.log").open("w", encoding="utf-8"))
        database = with_fixtures(_empty_database(engine, folder, stack))
        prepare(database)
        address = f"127.0.0.1:{free_port()}"
        command = [sys.executable, "-m", "api", "serve", "--bind", address, "--database", database]
        server = stack.enter_context(subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, text=True))
        stack.callback(server.terminate)
        wait_until_served(f"http://{address}/readyz", server)
        yield f"http://{address}"


def _empty_database(engine: str, folder: Path, stack: ExitStack) -> str:
    if engine == "sqlite":
        return str(folder / "talbuk.db")
    binaries = postgresql_binaries()
    if binaries is None:
        raise SystemExit("PostgreSQL's binaries (initdb, postgres) are not here")
    return new_postgresql_database(stack.enter_context(running_postgresql(binaries)))
