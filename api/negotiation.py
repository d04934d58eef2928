"""Whether a client accepts what an address has to give; if not, 406 before anything is done."""

from functools import lru_cache

from flask import Flask, current_app, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from api.answers import JSON
from api.operations import Operation
from api.problems import Problem

PAGES = {"home.show_home": "text/html", "flasgger.apidocs": "text/html", "flasgger.openapi": JSON}
"""What is given where no operation is declared. (Files of the documentation are what they are.)"""


def init_app(app: Flask) -> None:
    """Refuse what cannot be answered acceptably."""
    app.before_request(_refuse_unacceptable)


@lru_cache(maxsize=1024)
def accepts(accept: str, media_type: str) -> bool:
    """Whether an Accept header takes a media type: the most specific range that names it decides (RFC 9110, 12.5.1).

    Parameters do not matter: `application/json; charset=utf-8` is JSON. An empty header takes anything.
    """
    given = [(item.partition(";")[0].strip().lower(), q) for item, q in parse_accept_header(accept, MIMEAccept)]
    for named in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if qualities := [quality for item, quality in given if item == named]:
            return max(qualities) > 0
    return not given


def _refuse_unacceptable() -> None:
    accept = request.environ.get("HTTP_ACCEPT")
    if not accept or accept == "*/*" or request.endpoint is None or request.method == "OPTIONS":
        return
    given = _given_at(request.endpoint)
    if given and not accepts(accept, given):
        raise Problem(406, f"the Accept header does not take what there is: {given}")


def _given_at(endpoint: str) -> str | None:
    """The one media type that an endpoint gives; None where it gives several, and chooses itself."""
    declared: Operation | None = getattr(current_app.view_functions[endpoint], "operation", None)
    if declared:
        return declared.gives[0] if len(declared.gives) == 1 else None
    return PAGES.get(endpoint)
