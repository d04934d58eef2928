"""Who may do what: a key in `Authorization: Bearer` (RFC 6750), looked at before anything else of a request is.

Reading is open unless the settings close it; a key that is sent is checked in any case. Whoever lacks the right is told
so, and nothing else: neither what is wrong with the key, nor whether there is what was asked for.
"""

from flask import Flask, Response, current_app, g, request

from api.operations import Operation
from api.problems import Problem
from api.settings import read_settings
from models.keys import Key, verified
from models.registry import RESOURCE

CHALLENGE = 'Bearer realm="talbuk"'
ALWAYS_OPEN = frozenset({"home.get_health", "home.get_readiness", "apidocs"})
"""Where nothing is told of the data; so are flasgger's pages and files."""


def init_app(app: Flask) -> None:
    """Ask for a key where one is needed, before the request is looked at further."""
    is_open = read_settings().reads == "open"

    @app.before_request
    def authorize() -> None:
        sent = request.environ.get("HTTP_AUTHORIZATION")
        endpoint = request.endpoint or ""
        declared: Operation | None = getattr(current_app.view_functions.get(endpoint), "operation", None)
        scope = declared.scope if declared else "read"
        if sent is None and (scope == "read" and is_open):
            return
        _authorize(endpoint, scope, sent, is_open=is_open)

    if not is_open:
        app.after_request(_keep_private)


def _authorize(endpoint: str, scope: str, sent: str | None, *, is_open: bool) -> None:
    if request.method == "OPTIONS" or endpoint in ALWAYS_OPEN or endpoint.startswith("flasgger."):
        return
    scheme, _, token = (sent or "").partition(" ")
    if scheme.lower() != "bearer":
        raise Problem(401, "a key is needed here: send Authorization: Bearer KEY", headers=_challenge())
    key = verified(token.strip(" "))
    if key is None:
        raise Problem(401, "the key is not good, or not any more", headers=_challenge("invalid_token"))
    if not key.may(scope, resource_of(endpoint)):
        raise Problem(403, f"the key does not permit this: {_needed(scope)}", headers=_challenge("insufficient_scope"))
    g.key = key


def resource_of(endpoint: str) -> str | None:
    """The resource whose records an endpoint is about; None for those of no single one."""
    name = endpoint.partition(".")[0]
    return name if name in RESOURCE else None


def _needed(scope: str) -> str:
    return f"it takes one of the scope {scope} for these records"


def _challenge(error: str | None = None) -> dict[str, str]:
    return {"WWW-Authenticate": CHALLENGE + (f', error="{error}"' if error else "")}


def actor() -> str:
    """In whose name the request is made: the name that its key was made for."""
    key: Key = g.key
    return key.actor


def is_limited() -> bool:
    """Whether the request's key is for the records of some resources alone."""
    key: Key = g.key
    return key.resources is not None


def require_resources(names: set[str]) -> None:
    """Raise Problem where the request's key does not permit to change records of one of these resources."""
    key: Key = g.key
    for name in sorted(names):
        if not key.may("edit", name):
            detail = f"the key does not permit to change {name}"
            raise Problem(403, detail, headers=_challenge("insufficient_scope"))


def _keep_private(response: Response) -> Response:
    """Where reading takes a key, nobody between may keep what was read."""
    if response.headers.get("Cache-Control") == "no-cache":
        response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Authorization"
    return response
