"""What the tests stand on: real databases of both engines, filled from the fixtures, and a real server."""

import json
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.app import create_app
from api.loading import load, packaged_fixtures
from models.database import close_database, open_database
from models.keys import make

IN_CI = bool(os.environ.get("CI"))
NOT_ROOT = "nobody"


def missing(what: str) -> None:
    """Skip a test for want of a tool, and say so; in CI, where all are there, that is a failure."""
    if IN_CI:
        pytest.fail(f"CI must have {what}")
    pytest.skip(f"needs {what}")


def free_port() -> int:
    """A port on which nothing listens just now.

    None of those that the system gives to connections: it would have to stay free while a server starts again.
    """
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port
    raise OSError("a hundred ports are taken")


def postgresql_binaries() -> Path | None:
    """Where PostgreSQL's binaries are, the newest first; None where there are none."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def _as_someone() -> dict[str, object]:
    """PostgreSQL refuses to run as root: who it runs as instead."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(NOT_ROOT)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, in a temporary folder on a free port."""
    binaries = postgresql_binaries()
    if binaries is None:
        missing("PostgreSQL's binaries (initdb, postgres)")
    assert binaries is not None
    pytest.importorskip("psycopg")
    with running_postgresql(binaries) as address:
        yield address
        close_database()


@contextmanager
def running_postgresql(binaries: Path) -> Iterator[str]:
    """A PostgreSQL server that lives as long as the context; its address."""
    with postgresql_cluster(binaries) as start, start() as address:
        yield address


@contextmanager
def postgresql_cluster(binaries: Path) -> Iterator[Callable[[], AbstractContextManager[str]]]:
    """The data of a PostgreSQL server that lives as long as the context; what it gives starts the server on them.

    That, too, is a context, of the server's address, which stays the same.
    """
    folder = Path(mkdtemp())
    if os.geteuid() == 0:
        shutil.chown(folder, NOT_ROOT)
    port, someone = free_port(), _as_someone()
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    subprocess.run(
        [binaries / "initdb", "-D", folder / "data", "-U", "talbuk", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, cwd=folder, env=environment, **someone,
    )  # fmt: skip

    @contextmanager
    def started() -> Iterator[str]:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", "-p", str(port), "-k", folder, "-h", "127.0.0.1", "-F"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, env=environment, **someone,
        )  # fmt: skip
        try:
            _wait_for_postgresql(port)
            yield f"postgresql://talbuk@127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: clients are cut off
            server.wait(30)

    try:
        yield started
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for_postgresql(port: int) -> None:
    import psycopg

    for _ in range(200):
        try:
            psycopg.connect(f"postgresql://talbuk@127.0.0.1:{port}/postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("PostgreSQL did not start")


def new_postgresql_database(server: str) -> str:
    """A new, empty database on a server; its address."""
    import psycopg

    name = f"talbuk_{time.time_ns()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, open: once on each engine."""
    if request.param == "sqlite":
        url = str(tmp_path / "talbuk.db")
    else:
        url = new_postgresql_database(request.getfixturevalue("postgresql_server"))
    open_database(url, create=True)
    yield url
    close_database()


@pytest.fixture(scope="session")
def sqlite_with_fixtures(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A SQLite database with the fixtures in it."""
    return with_fixtures(str(tmp_path_factory.mktemp("fixtures") / "talbuk.db"))


@pytest.fixture(scope="session")
def postgresql_with_fixtures(postgresql_server: str) -> str:
    """A PostgreSQL database with the fixtures in it."""
    return with_fixtures(new_postgresql_database(postgresql_server))


def with_fixtures(url: str) -> str:
    """Fill an empty database with the fixtures; its address again."""
    return filled(url, packaged_fixtures())


def with_bundle(url: str, folder: Path, bundle: Mapping[str, Any]) -> str:
    """Fill an empty database with a bundle, which is written into the folder; its address again."""
    file = folder / "bundle.json"
    file.write_text(json.dumps(bundle, ensure_ascii=False), encoding="utf-8")
    return filled(url, file)


def filled(url: str, file: Path) -> str:
    """Fill an empty database with a file or folder; its address again."""
    open_database(url, create=True)
    load([file])
    close_database()
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database with the fixtures, open: once on each engine. Tests only read it."""
    url = request.getfixturevalue(f"{request.param}_with_fixtures")
    open_database(url)
    yield url
    close_database()


@pytest.fixture(scope="session")
def application() -> Flask:
    """The application; which database it reads is whichever is open."""
    return create_app()


@pytest.fixture
def client(database: str, application: Flask) -> FlaskClient:
    """A client of the application over the fixtures, once on each engine."""
    return application.test_client()


@pytest.fixture(scope="session")
def server(sqlite_with_fixtures: str) -> Iterator[str]:
    """The address of a real gunicorn that serves the fixtures from SQLite."""
    with serving(sqlite_with_fixtures) as address:
        yield address


@pytest.fixture(scope="session")
def written(sqlite_with_fixtures: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a real gunicorn that serves a copy of the fixtures, and a key with which all can be written."""
    copy = tmp_path_factory.mktemp("written") / "talbuk.db"
    shutil.copy(sqlite_with_fixtures, copy)
    open_database(str(copy))
    _, token = make("kim", "admin")
    close_database()
    with serving(str(copy)) as address:
        yield address, token


@contextmanager
def serving(database: str, log: Path | None = None, **settings: str) -> Iterator[str]:
    """The address of a real gunicorn that serves a database as long as the context; what it says goes to `log`."""
    bind = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "api", "serve", "--bind", bind, "--database", database]
    with log.open("wb") if log else nullcontext(subprocess.PIPE) as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, text=True, env=os.environ | settings)
        try:
            wait_until_served(f"http://{bind}/readyz", process)
            yield f"http://{bind}"
        finally:
            process.terminate()
            process.communicate(timeout=30)


def wait_until_served(url: str, process: "subprocess.Popen[str]") -> None:
    """Wait until a server answers, or fail with what it said."""
    for _ in range(200):
        if process.poll() is not None:
            raise AssertionError(process.communicate()[0])
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, ConnectionError):
            time.sleep(0.05)
    raise TimeoutError(url)
