"""Serving with gunicorn: workers, what they refuse, and what is said at the start."""

import socket
import sys
from typing import Any

import click
from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine
from gunicorn.util import parse_address
from gunicorn.workers.gthread import ThreadWorker
from werkzeug.http import HTTP_STATUS_CODES, http_date

from api.headers import EVERYWHERE
from api.problems import MEDIA_TYPE, problem_body
from api.schemas.registry import rendered_with, writer_wiring
from api.settings import SettingFault, Settings
from models.database import (
    WAL_SAFE,
    DatabaseFault,
    close_database,
    is_postgresql,
    journal_mode,
    meta_value,
    open_database,
    sqlite_version,
    without_password,
)
from models.snapshot_files import keep_in
from models.writer import require_current


class ProblemWorker(ThreadWorker):  # type: ignore[misc]
    """A threaded worker whose own refusals are problem details too."""

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a later HTTP/1 in the one that is spoken here (RFC 9110, 6.2): gunicorn would echo it."""
        req.version = min(req.version, (1, 1))
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what never reaches the application: a request line, header or body that is malformed."""
        status, detail = _refusal(exc)
        if status >= 500:
            self.log.exception("a request failed before it was read")
        try:
            client.sendall(_refusal_bytes(status, detail))
        except OSError:
            self.log.debug("the client of a malformed request is gone")


def _refusal_bytes(status: int, detail: str) -> bytes:
    """A whole answer, with what every answer says."""
    body = problem_body(status, detail)
    headers = {
        "Date": http_date(),
        "Connection": "close",
        "Content-Type": MEDIA_TYPE,
        "Content-Length": len(body),
        "Cache-Control": "no-store",
        **EVERYWHERE,
    }
    lines = [f"HTTP/1.1 {status} {HTTP_STATUS_CODES[status]}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "\r\n"]).encode() + body


def _refusal(error: BaseException) -> tuple[int, str]:
    from gunicorn.http.errors import ParseException

    if isinstance(error, LimitRequestLine):
        return 414, "the address is too long"
    if isinstance(error, LimitRequestHeaders):
        return 431, "the request's headers are too large"
    if isinstance(error, ParseException):
        return 400, f"the request is malformed: {str(error)[:200]}"
    return 500, "something went wrong here; it has been logged"


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, configured by talbuk's settings alone."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn what the settings say."""
        options = {
            "bind": self.settings.bind,
            "workers": self.settings.workers,
            "threads": self.settings.threads,
            "timeout": self.settings.timeout,
            "worker_class": "api.server.ProblemWorker",
            "limit_request_line": 8190,
            "control_socket_disable": True,
            "keepalive": 15,
            "forwarder_headers": "",  # else whoever comes through a proxy on this machine could move where paths begin
            "proc_name": "talbuk",
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Open the database and make the application, in each worker."""
        from api.app import create_app

        keep_in(self.settings.snapshots)
        open_database(self.settings.database, read_only=True)
        return create_app()


def run(settings: Settings) -> None:
    """Serve until told to stop. A database that cannot be served is one clear line, exit code 1."""
    try:
        open_database(settings.database, read_only=True)
        _require_servable(settings)
        _require_bindable(settings.bind)
        click.echo(_introduction(settings), err=True)
        close_database()
    except (DatabaseFault, SettingFault) as fault:
        click.echo(str(fault), err=True)
        sys.exit(1)
    sys.argv = sys.argv[:1]
    Server(settings).run()


def _require_servable(settings: Settings) -> None:
    if meta_value("rendered_with") is None:
        raise DatabaseFault(f"{without_password(settings.database)}: holds no data; `talbuk load` fills it")
    require_current(writer_wiring())
    if settings.workers > 1 and journal_mode() == "wal" and sqlite_version() < WAL_SAFE:
        version = ".".join(map(str, sqlite_version()))
        raise DatabaseFault(
            f"SQLite {version} can corrupt a WAL database under several processes (fixed in 3.51.3); "
            "serve with --workers 1, or install pysqlite3"
        )


def _require_bindable(bind: str) -> None:
    """Try the address once: gunicorn would try for seconds, and end with a traceback."""
    try:
        address = parse_address(bind, "8000")
        if isinstance(address, tuple):
            family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
            with socket.socket(family) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(address)
    except (OSError, OverflowError, RuntimeError) as error:
        raise SettingFault(f"cannot listen at {bind} (TALBUK_BIND): {error}") from None


def _introduction(settings: Settings) -> str:
    if is_postgresql():
        engine = "PostgreSQL"
    else:
        engine = f"SQLite {'.'.join(map(str, sqlite_version()))}, journal mode {journal_mode()}"
    where = settings.bind if ":" in settings.bind else f"{settings.bind}:8000"
    return f"talbuk: {without_password(settings.database)} ({engine}, made with {rendered_with()}) at http://{where}"
