"""How much anyone may ask for: counted in a server that all processes share, by Flask-Limiter, where there is one.

Without `TALBUK_RATE_STORAGE` none of this is loaded. An address reads so much without a key, a key so much wherever it
is used from, and an address tries so many keys that are not good: beyond, none that it sends is looked at.

What is left is told in the headers of draft-ietf-httpapi-ratelimit-headers-10. A window is fixed: it begins with the
first request in it. Where the server of counts cannot be reached, that is logged, and each process counts for itself.
"""

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask, Response, current_app, g, request

from api.operations import Operation
from api.problems import problem
from api.settings import SettingFault, Settings, read_settings

if TYPE_CHECKING:
    from flask_limiter import Limiter, RequestLimit

log = logging.getLogger("talbuk")

NEVER_COUNTED = frozenset({"home.get_health", "home.get_readiness"})
"""What monitors ask, however often."""

PATIENCE = 0.5
"""Seconds for which the server of counts is waited for."""

TOO_MANY = 429
NETWORK = 64
"""Bits of an IPv6 address that are one client's: who has one such network has 2^64 addresses."""


def require_installed() -> None:
    """Raise SettingFault where the packages are not installed that count."""
    if not (find_spec("flask_limiter") and find_spec("redis") and find_spec("pymemcache")):
        raise SettingFault("TALBUK_RATE_STORAGE needs packages: pip install 'talbuk[limits]'")


@contextmanager
def limited(app: Flask) -> Iterator[None]:
    """What is set up within looks at keys: tries are counted before it, and what is asked for after it."""
    settings = read_settings()
    if not settings.rate_storage:
        yield
        return
    tries = _limiter(app, settings, "tries", {"failures": settings.rate_failures})
    yield
    rates = {"reads": settings.rate_reads, "keyed-reads": settings.rate_keyed_reads, "writes": settings.rate_writes}
    use = _limiter(app, settings, "use", rates)
    _tell_of(app, tries, use)


def _limiter(app: Flask, settings: Settings, name: str, rates: dict[str, str]) -> "Limiter":
    """Set up limits, by what they are of."""
    from flask_limiter import ApplicationLimit, Limiter

    limiter = Limiter(
        _who,
        application_limits=[
            ApplicationLimit(
                rate, scope=of, exempt_when=partial(_is_not, of), deduct_when=_failed if of == "failures" else None
            )
            for of, rate in rates.items()
        ],
        strategy="fixed-window",
        storage_uri=settings.rate_storage,
        storage_options=_options(settings.rate_storage),
        swallow_errors=True,
        in_memory_fallback_enabled=True,
        key_prefix=f"talbuk-{name}",
        request_identifier=lambda: "any",  # a path that leads nowhere counts, too
    )
    limiter.init_app(app)
    return limiter


def _options(storage: str) -> dict[str, Any]:
    """How long the server of counts is waited for, as its client has it."""
    if storage.startswith("memcached"):
        return {"connect_timeout": PATIENCE, "timeout": PATIENCE}
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE, "retry": Retry(NoBackoff(), 0)}


def _is_not(what: str) -> bool:
    """Whether a request does not count as this."""
    if what == "failures":
        return "HTTP_AUTHORIZATION" not in request.environ
    if request.method == "OPTIONS" or request.endpoint in NEVER_COUNTED:
        return True
    return what != _use()


def _use() -> str:
    """As what a request counts that is let in."""
    declared: Operation | None = getattr(current_app.view_functions.get(request.endpoint or ""), "operation", None)
    if declared and declared.scope != "read":
        return "writes"
    return "keyed-reads" if "key" in g else "reads"


def _who() -> str:
    """Whose request it is: a key's, wherever it is used; else an address's."""
    return f"key:{g.key.id}" if "key" in g else f"address:{_network(request.remote_addr or 'here')}"


def _network(address: str) -> str:
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or int(parsed) >> (128 - NETWORK))


def _failed(response: Response) -> bool:
    return response.status_code == 401


def _tell_of(app: Flask, tries: "Limiter", use: "Limiter") -> None:
    """Answer what is too much, and tell in every answer what is left."""
    from flask_limiter import RateLimitExceeded

    # each refusal is an answer, and in the log of requests
    logging.getLogger("flask-limiter").addFilter(lambda line: not str(line.msg).startswith("ratelimit "))

    @app.errorhandler(RateLimitExceeded)
    def answer_too_many(error: RateLimitExceeded) -> Response:
        limit = error.limit
        assert limit is not None
        left = _left(_limit_of(tries, use))
        seconds = left.seconds if left else limit.limit.get_expiry()
        detail = TOLD[str(limit.scope)].format(many=limit.limit.amount, while_=f"a {limit.limit.GRANULARITY.name}")
        return problem(TOO_MANY, f"{detail}; try again in {seconds} s", headers={"Retry-After": str(seconds)})

    @app.after_request
    def tell(response: Response) -> Response:
        left = _left(_limit_of(tries, use))
        if left:
            response.headers["RateLimit-Policy"] = f'"{left.name}";q={left.amount};w={left.window}'
            response.headers["RateLimit"] = f'"{left.name}";r={left.rest};t={left.seconds}'
        return response


TOLD = {
    "failures": "{many} keys {while_} that are not good are the most from one address",
    "reads": "{many} requests {while_} are the most from one address without a key",
    "keyed-reads": "{many} requests {while_} are the most with one key",
    "writes": "{many} writes {while_} are the most with one key, or from one address without",
}


class Left(NamedTuple):
    """What is left of a limit: how many requests, and for how many seconds."""

    name: str
    amount: int
    window: int
    rest: int
    seconds: int


def _limit_of(tries: "Limiter", use: "Limiter") -> "RequestLimit | None":
    """The limit that a request came up against, or else that of its use."""
    tried = tries.current_limit
    return tried if tried and tried.breached else use.current_limit


def _left(found: "RequestLimit | None") -> Left | None:
    """What is left of a limit; None of none, and where that cannot be told."""
    if found is None:
        return None
    try:
        until, rest = found.window
    except Exception:  # whatever a client of a server that is gone raises: the answer is there, and goes out
        log.warning("what is left of a limit cannot be told: the server of counts does not answer")
        return None
    seconds = max(1, math.ceil(until - time.time()))
    return Left(found.request_args[-1], found.limit.amount, found.limit.get_expiry(), rest, seconds)
