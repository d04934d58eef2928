"""Serving with gunicorn: workers, what they refuse, and what is said at the start."""

import logging
import os
import select
import socket
import struct
import sys
from typing import TYPE_CHECKING, Any

import click
from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine
from gunicorn.util import parse_address
from gunicorn.workers.gthread import ThreadWorker
from werkzeug.http import HTTP_STATUS_CODES, http_date

from api import request_ids
from api.headers import EVERYWHERE, OF_DATA
from api.logs import ServerLog, configure
from api.problems import MEDIA_TYPE, problem_body
from api.rates import require_installed
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

if TYPE_CHECKING:
    from api.metrics import Counts


SLOWEST = 30
"""Seconds for which an answer waits until the client takes more of it; then it is hung up on, and a thread is free."""

NOT_TAKEN = struct.pack("ll", SLOWEST, 0)


class ProblemWorker(ThreadWorker):  # type: ignore[misc]
    """A threaded worker whose own refusals are problem details too, and which waits for nobody without end."""

    counts: "Counts | None" = None

    def handle(self, conn: Any) -> Any:
        """Answer what comes by a connection."""
        if not conn.initialized:
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, NOT_TAKEN)
        return super().handle(conn)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Take up connections or not; one that is to stop gives up listening, once it has taken up those that wait.

        Else others that connect are not refused, but wait for a process that will never answer them.
        """
        if not self.alive and self._accepting:
            for listener in self.sockets:
                for _ in range(self.cfg.backlog):
                    if not select.select([listener], [], [], 0)[0]:
                        break
                    self.accept(listener)
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                listener.close()

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a later HTTP/1 in the one that is spoken here (RFC 9110, 6.2): gunicorn would echo it."""
        req.version = min(req.version, (1, 1))
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what never reaches the application: a request line, header or body that is malformed."""
        request_ids.begin()
        status, detail = _refusal(exc)
        if status >= 500:
            self.log.exception("a request failed before it was read")
        else:
            self.log.refused(status, detail, addr)
        if self.counts:
            self.counts.refuse(status)
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
        **dict(OF_DATA),
        request_ids.HEADER: request_ids.current.get(),
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

    def __init__(self, settings: Settings, counts: "Counts | None" = None) -> None:
        self.settings, self.counts = settings, counts
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn what the settings say."""
        options = {
            "bind": [place for place in (self.settings.bind, self.settings.metrics) if place],
            "workers": self.settings.workers,
            "threads": self.settings.threads,
            "timeout": self.settings.timeout,
            "graceful_timeout": self.settings.grace,
            "logger_class": ServerLog,
            "accesslog": "-" if self.settings.access_log == "on" else None,
            **NOBODY_IS_BELIEVED,
            "worker_class": "api.server.ProblemWorker",
            "limit_request_line": 8190,
            "control_socket_disable": True,
            "keepalive": 15,
            "forwarder_headers": "",  # else whoever comes through a proxy on this machine could move where paths begin
            "proc_name": "talbuk",
            **self._watched(),
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def _watched(self) -> dict[str, Any]:
        """Where gunicorn tells of requests and processes, if they are counted."""
        if self.counts is None:
            return {}
        from api.metrics import forget

        return {"pre_request": self.counts.begin, "post_request": self.counts.end, "child_exit": forget}

    def load(self) -> Any:
        """Open the database and make the application, in each worker."""
        from api.app import create_app

        keep_in(self.settings.snapshots)
        open_database(self.settings.database, read_only=True)
        app = create_app()
        app.headers_of = lambda start_response: start_response.__self__.headers  # type: ignore[attr-defined]
        if self.counts:
            from api.metrics import beside

            beside(app, self.counts, _port(self.settings.metrics))
        return app


NOBODY_IS_BELIEVED = {"forwarded_allow_ips": "", "forwarder_headers": "", "secure_scheme_headers": {}}
"""gunicorn believes whoever asks from this machine what it says of the path, and by which scheme; a proxy hands that on
from anyone. `TALBUK_PROXIES` says who is believed what."""


def run(settings: Settings) -> None:
    """Serve until told to stop. A database that cannot be served is one clear line, exit code 1."""
    try:
        open_database(settings.database, read_only=True)
        _require_servable(settings)
        _require_bindable(settings.bind, "TALBUK_BIND")
        if settings.rate_storage:
            require_installed()
        if settings.metrics:
            _require_another_port(settings)
            _require_bindable(settings.metrics, "TALBUK_METRICS")
        _say(settings, logging.INFO, _introduction(settings))
        close_database()
    except (DatabaseFault, SettingFault) as fault:
        _say(settings, logging.ERROR, str(fault))
        sys.exit(1)
    sys.argv = sys.argv[:1]
    configure(settings)
    if settings.metrics:
        _run_watched(settings)
    else:
        Server(settings).run()


def _say(settings: Settings, level: int, line: str) -> None:
    """Say a line before there is a server: for people as it is, for programs as they read all others."""
    if settings.log == "json":
        configure(settings)
        logging.getLogger("talbuk").log(level, line)
    else:
        click.echo(line, err=True)


def _run_watched(settings: Settings) -> None:
    """Serve, and count what is answered."""
    from api.metrics import Counts, begin_counting, end_counting

    master, folder = os.getpid(), begin_counting()
    ProblemWorker.counts = Counts()
    try:
        Server(settings, ProblemWorker.counts).run()
    finally:
        if os.getpid() == master:
            end_counting(folder)


def _port(place: str) -> int:
    return int(place.rpartition(":")[2])


def _require_another_port(settings: Settings) -> None:
    bound = parse_address(settings.bind)
    if isinstance(bound, tuple) and bound[1] == _port(settings.metrics):
        raise SettingFault(f"TALBUK_METRICS must be at another port than TALBUK_BIND, which is {settings.bind}")


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


def _require_bindable(bind: str, variable: str) -> None:
    """Try the address once: gunicorn would try for seconds, and end with a traceback."""
    try:
        address = parse_address(bind)
        if isinstance(address, tuple):
            family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
            with socket.socket(family) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(address)
    except (OSError, OverflowError, RuntimeError) as error:
        raise SettingFault(f"cannot listen at {bind} ({variable}): {error}") from None


def _introduction(settings: Settings) -> str:
    if is_postgresql():
        engine = "PostgreSQL"
    else:
        engine = f"SQLite {'.'.join(map(str, sqlite_version()))}, journal mode {journal_mode()}"
    watched = f", metrics at http://{settings.metrics}/metrics" if settings.metrics else ""
    return f"talbuk: {without_password(settings.database)} ({engine}, made with {rendered_with()}) at http://{settings.bind}{watched}"
