"""`/metrics` for Prometheus: what was answered, by route, and how the instance is; counted over all its processes.

Loaded only where `TALBUK_METRICS` says where it is served: there gunicorn listens besides, at an address of its own,
which is not to be reached from outside. So no key is needed to watch, and none lies in the configuration of a monitor.
"""

import os
import platform
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from flask import Flask
from peewee import PeeweeException
from playhouse.pool import MaxConnectionsExceeded

from api import __version__, request_ids
from api.headers import RULE
from api.problems import MEDIA_TYPE, problem_body
from models import ledger
from models.database import follow_file, is_postgresql, release_connection

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus_client knows where processes leave their counts; read when it is first imported."""

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"})
OTHER = "other"
"""Under which all methods are counted that are not known, and all paths that lead nowhere: anyone can make up more."""

REFUSED = "refused"
"""The route of requests that were refused before they were read."""

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

WATCHED = "talbuk.watched"
"""The key in the environment of requests that came where metrics are served: these are not counted."""

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_began: ContextVar[float] = ContextVar("talbuk.began", default=0.0)


def begin_counting() -> Path | None:
    """Make the folder of counts, empty; returns it where it is to be removed in the end: where nobody named one."""
    named = os.environ.get(FOLDER)
    folder = Path(named or mkdtemp(prefix="talbuk-metrics-"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink()
    os.environ[FOLDER] = str(folder)
    return None if named else folder


def end_counting(folder: Path | None) -> None:
    """Remove the folder of counts, if it is ours."""
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


class Counts:
    """What is counted of requests, in every process."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        self.answers = Counter(
            "talbuk_http_requests_total", "Requests by how they were answered.", ["route", "method", "status"]
        )
        self.durations = Histogram(
            "talbuk_http_request_duration_seconds",
            "From a request's last header to the last byte of its answer.",
            ["route", "method"],
            buckets=BUCKETS,
        )
        self.writes = Counter("talbuk_writes_total", "Writes that were done.", ["route", "method"])
        self.under_way = Gauge("talbuk_http_requests_in_progress", "Requests under way.", multiprocess_mode="livesum")
        self.writing: frozenset[str] = frozenset()

    def begin(self, worker: Any, asked: Any) -> None:
        """A request is there."""
        _began.set(time.perf_counter())
        self.under_way.inc()

    def end(self, worker: Any, asked: Any, environ: Mapping[str, Any], answer: Any) -> None:
        """A request is answered, or given up."""
        self.under_way.dec()
        status = getattr(answer, "status_code", None)
        if WATCHED not in environ and status is not None:
            self._count(environ, status, time.perf_counter() - _began.get())

    def _count(self, environ: Mapping[str, Any], status: int, seconds: float) -> None:
        rule = environ.get(RULE)
        method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in METHODS else OTHER
        route = rule.rule if rule else OTHER
        self.answers.labels(route, method, status).inc()
        self.durations.labels(route, method).observe(seconds)
        if rule and rule.endpoint in self.writing and status < 300:
            self.writes.labels(route, method).inc()

    def begin_writes(self, app: Flask) -> None:
        """Learn which routes write, and count 0 of each: an alert needs a series before the first write."""
        views = app.view_functions.items()
        self.writing = frozenset(
            name for name, view in views if getattr(getattr(view, "operation", None), "scope", "read") != "read"
        )
        for rule in app.url_map.iter_rules():
            for method in (rule.methods or set()) - {"OPTIONS"} if rule.endpoint in self.writing else ():
                self.writes.labels(rule.rule, method)

    def refuse(self, status: int) -> None:
        """A request was refused before it was read."""
        self.answers.labels(REFUSED, OTHER, status).inc()


def forget(server: Any, worker: Any) -> None:
    """A process has ended: what it had under way is under way no more."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def beside(app: Flask, counts: Counts, port: int) -> None:
    """Have an application answer what comes to a port of its own with metrics alone."""
    answered: WSGI = app.wsgi_app
    counts.begin_writes(app)
    watched = _page()

    def asked(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        name = environ["gunicorn.socket"].getsockname()  # what the environment says of a port may be made of Host
        if isinstance(name, tuple) and name[1] == port:
            environ[WATCHED] = True
            request_ids.begin()
            return watched(environ, start_response)
        return answered(environ, start_response)

    app.wsgi_app = asked  # type: ignore[method-assign]


def _page() -> WSGI:
    from prometheus_client import CollectorRegistry, make_wsgi_app
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(State())
    metrics: WSGI = make_wsgi_app(registry)

    def page(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            return metrics(environ, start_response)
        body = problem_body(404, "only /metrics is here")
        start_response("404 Not Found", [("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(body)))])
        return [body]

    return page


class State:
    """How the instance is, as it is asked: nothing is counted for this."""

    def collect(self) -> Iterator[Any]:
        """What release this is, whether the database answers, and where the ledger ends."""
        from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily

        engine = "postgresql" if is_postgresql() else "sqlite"
        built = {"version": __version__, "python": platform.python_version(), "engine": engine}
        yield InfoMetricFamily("talbuk_build", "What runs here.", built)
        head = self._head()
        yield GaugeMetricFamily("talbuk_database_up", "Whether the database answers.", int(head is not None))
        if head is not None:
            yield GaugeMetricFamily("talbuk_ledger_head", "The number of the ledger's last entry.", head)

    def _head(self) -> int | None:
        try:
            follow_file()
            return ledger.head().entry
        except (PeeweeException, MaxConnectionsExceeded):
            return None
        finally:
            release_connection()

    def describe(self) -> list[Any]:
        """Nothing, so that nothing is asked of the database before somebody looks."""
        return []
