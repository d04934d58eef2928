"""PostgreSQL that is killed, does not answer, or stands behind a pooler, under a real server."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from models.database import close_database, open_database
from tests.conftest import (
    NOT_ROOT,
    free_port,
    missing,
    new_postgresql_database,
    postgresql_binaries,
    postgresql_cluster,
)
from tests.faults.failing_databases import Cluster, ended
from tests.faults.instances import filled
from tests.faults.storms import Storm, is_written
from tests.faults.writers import kept
from tests.serving import Client, at_once, serving

pytestmark = pytest.mark.postgresql
SEED = 1


def test_a_server_that_is_killed_and_comes_back_while_many_write(tmp_path: Path) -> None:
    """`make faults` does so for longer. Each way of ending it once; talbuk itself goes on."""
    found = ended(tmp_path, SEED, 3)
    assert found.wrong == []
    assert found.kept == ([], [], [])
    assert found.storm.told(503) > 0
    assert max(found.healed) < 10


@contextmanager
def cluster() -> Iterator[Cluster]:
    binaries = postgresql_binaries()
    if binaries is None:
        missing("PostgreSQL's binaries (initdb, postgres)")
    assert binaries is not None
    with postgresql_cluster(binaries) as start:
        found = Cluster(start)
        with found.running:
            yield found


def test_a_server_that_does_not_answer_is_waited_for_once(tmp_path: Path) -> None:
    """It takes connections and says nothing: four who ask at once wait for it together, not one after the other."""
    with cluster() as found:
        url = new_postgresql_database(found.address) + "?connect_timeout=2"
        token = filled(url, tmp_path)
        with serving(url, workers=1) as server:
            os.kill(found.process, signal.SIGSTOP)
            try:
                clients = [Client(server.address, token) for _ in range(4)]
                begun = time.monotonic()
                answers = at_once(clients, lambda client, _: client.ask("GET", "/v1"))
                took = time.monotonic() - begun
            finally:
                os.kill(found.process, signal.SIGCONT)
            assert {one.status for one in answers} == {503}
            assert all(int(one.headers["Retry-After"]) > 0 for one in answers)
            assert took < 4
            with Client(server.address, token) as client:
                assert client.ask("GET", "/v1").status == 200
        close_database()


# --- behind a pooler ------------------------------------------------------------------------------------------------


@pytest.fixture
def pooled(postgresql_server: str) -> Iterator[Callable[[str], str]]:
    """PgBouncer in transaction mode with two connections to the server: the address of a database through it."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        missing("pgbouncer")
    assert program
    port, server_port = free_port(), postgresql_server.rpartition(":")[2]
    folder = Path(mkdtemp())
    (folder / "users").write_text('"talbuk" ""\n')
    (folder / "ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={server_port}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"auth_type = trust\nauth_file = {folder}/users\npool_mode = transaction\ndefault_pool_size = 2\n"
        f"unix_socket_dir =\nlogfile = {folder}/log\n"
    )
    as_someone = ()
    if os.geteuid() == 0:  # it refuses to be root
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, NOT_ROOT)
        as_someone = ("setpriv", f"--reuid={NOT_ROOT}", "--clear-groups")
    process = subprocess.Popen(
        [*as_someone, program, folder / "ini"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield lambda url: url.replace(f":{server_port}/", f":{port}/")
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def connected(url: str) -> Any:
    """A connection, when the pooler is there."""
    import psycopg

    for _ in range(100):
        try:
            return psycopg.connect(url, autocommit=True)
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise TimeoutError(url)


def told_by_psycopg(url: str) -> str:
    """The control: what breaks where it prepares statements, as it does by itself."""
    import psycopg

    with connected(url) as one, connected(url) as two:
        try:
            for number in range(40):
                one.execute(f"SELECT {number % 2}, %s::int", (number,))
                two.execute(f"SELECT {number % 3}, %s::text", (str(number),))
        except psycopg.Error as error:
            return str(error)
    return "nothing"


def test_behind_a_pooler_all_goes_on(postgresql_server: str, pooled: Callable[[str], str], tmp_path: Path) -> None:
    """Each transaction may have another connection: nothing is prepared on one, and looked for on another."""
    url = new_postgresql_database(postgresql_server)
    token, through = filled(url, tmp_path), pooled(url)
    assert "prepared statement" in told_by_psycopg(through)
    with serving(through, workers=2, log=tmp_path / "log") as server, Storm(server.address, token, SEED) as storm:
        storm.wait(is_written, many=40)
    assert storm.wrong((200, 201)) == []
    open_database(through)
    assert kept(storm.writers) == ([], [], [])
    close_database()
