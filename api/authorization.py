"""Who may do what: a key in `Authorization: Bearer` (RFC 6750), looked at before anything else of a request is.

Reading is open unless the settings close it; a key that is sent is checked in any case. Whoever lacks the right is told
so, and nothing else: neither what is wrong with the key, nor whether there is what was asked for.
"""

from collections.abc import Iterable
from functools import cache

from flask import Flask, Request, Response, g, request

from api.answers import CACHE_CONTROL
from api.headers import EVERYWHERE, Application
from api.operations import Operation
from api.problems import CHALLENGE, Problem
from api.settings import read_settings
from models.keys import Key, verified
from models.registry import RESOURCE

NEEDED = "a key is needed here: send Authorization: Bearer KEY"
NOT_GOOD = "the key is not good, or not any more"

READS = "READS"
"""Under which name an application keeps who may read: one of `api.settings.READS`."""

ACTOR = "talbuk.actor"
"""The key in a request's environment under which it has in whose name it is made, for the log."""

ALWAYS_OPEN = frozenset({"home.get_health", "home.get_readiness", "apidocs"})
"""Where nothing is told of the data; so are flasgger's pages and files."""


def init_app(app: Application) -> None:
    """Ask for a key where one is needed, before the request is looked at further."""
    app.config[READS] = read_settings().reads
    needed = cache(lambda endpoint: scope_needed(app, endpoint or ""))

    @app.before_request
    def authorize() -> None:
        asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # each look through it takes 0.5 us
        scope = needed(asked.endpoint)
        if scope is not None or "HTTP_AUTHORIZATION" in asked.environ:
            _authorize(asked, scope)

    if app.config[READS] != "open":
        app.everywhere = EVERYWHERE | {"Vary": f"{EVERYWHERE['Vary']}, Authorization"}
        app.after_request(_keep_private)


def scope_needed(app: Flask, endpoint: str) -> str | None:
    """The scope of the key that an endpoint takes ("" is what is not there); None where no key is needed."""
    declared: Operation | None = getattr(app.view_functions.get(endpoint), "operation", None)
    scope = declared.scope if declared else "read"
    return None if scope == "read" and (app.config[READS] == "open" or _is_always_open(endpoint)) else scope


def _is_always_open(endpoint: str) -> bool:
    return endpoint in ALWAYS_OPEN or endpoint.startswith("flasgger.")


def _authorize(asked: Request, scope: str | None) -> None:
    """Check the key that was sent, if any, and whether it permits what is asked for. Raises Problem (401, 403)."""
    sent = asked.environ.get("HTTP_AUTHORIZATION")
    if asked.method == "OPTIONS":
        scope = None  # browsers ask by it whether they may send a key
    if sent is not None:
        g.key = _key(sent)
        asked.environ[ACTOR] = g.key.actor
    elif scope is not None:
        raise Problem(401, NEEDED, headers=_challenge())
    if scope is not None:
        _require(scope, asked.endpoint or "")


def _key(sent: str) -> Key:
    scheme, _, token = sent.partition(" ")
    if scheme.lower() != "bearer":
        raise Problem(401, NEEDED, headers=_challenge())
    key = verified(token.strip(" "))
    if key is None:
        raise Problem(401, NOT_GOOD, headers=_challenge("invalid_token"))
    return key


def _require(scope: str, endpoint: str) -> None:
    """Hold the key against the scope, and against the resource that the endpoint is of, if it is of one."""
    key: Key = g.key
    if not key.may(scope):
        detail = f"this takes a key of the scope {scope}; yours has the scope {key.scope}"
        raise Problem(403, detail, headers=_challenge("insufficient_scope", scope))
    resource = endpoint.partition(".")[0]
    if scope != "read" and resource in RESOURCE:
        require_resources((resource,))


def actor() -> str:
    """In whose name the request is made: the name that its key was made for."""
    key: Key = g.key
    return key.actor


def is_limited() -> bool:
    """Whether the request's key is for the records of some resources alone."""
    key: Key = g.key
    return key.resources is not None


def require_resources(names: Iterable[str], why: str = "") -> None:
    """Raise Problem where the request's key does not permit to change records of one of these resources.

    The resource of a route is looked at before; a view that changes records of others asks here. `why` is added to
    what is told.
    """
    key: Key = g.key
    for name in sorted(names):
        if not key.may("edit", name):
            detail = f"the key does not permit to change {name}; it does {', '.join(key.resources or ())}{why}"
            raise Problem(403, detail, headers=_challenge("insufficient_scope", "edit"))


def _challenge(error: str | None = None, scope: str | None = None) -> dict[str, str]:
    """What a key must be, as RFC 6750 has it (section 3)."""
    told = {"error": error, "scope": scope}
    return {"WWW-Authenticate": CHALLENGE + "".join(f', {name}="{text}"' for name, text in told.items() if text)}


def _keep_private(response: Response) -> Response:
    """Where reading takes a key, nobody between may keep what was read."""
    if response.headers.get("Cache-Control") == CACHE_CONTROL:
        response.headers["Cache-Control"] = f"private, {CACHE_CONTROL}"
    return response
