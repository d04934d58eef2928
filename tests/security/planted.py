"""Servers with a hole that was put there: what does not find it finds nothing else, either."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from api.app import create_app
from models.database import DB, open_database
from tests.conftest import free_port, wait_until_served

DATABASE = "PLANTED_DATABASE"


def app() -> Flask:
    """The application with three holes: SQL made of a parameter, an answer that fails, a refusal that writes."""
    open_database(os.environ[DATABASE], read_only=True)
    made = create_app()

    @made.get("/planted/injection")
    def injection() -> Response:
        name = request.args.get("name", "")
        rows = DB.execute_sql(f"SELECT path FROM record WHERE id = '{name}' LIMIT 5").fetchall()
        return Response(repr(rows), content_type="text/plain")

    @made.after_request
    def fail(response: Response) -> Response:
        if response.status_code == 200 and "thae" in request.args.get("q", ""):
            raise RuntimeError("planted")
        return response

    return made


@contextmanager
def plain_gunicorn(database: str, folder: Path, **more: str) -> Iterator[str]:
    """The address of that application, served by gunicorn as it comes."""
    bind = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "--threads", "4", "-b", bind, "--no-control-socket"]
    environment: dict[str, Any] = os.environ | {DATABASE: database} | more
    with (folder / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "tests.security.planted:app()"], stdout=log, stderr=subprocess.STDOUT, env=environment
        )
        try:
            wait_until_served(f"http://{bind}/readyz", process)
            yield f"http://{bind}"
        finally:
            process.terminate()
            process.wait(30)
