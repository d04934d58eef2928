"""What every answer says, errors too: who may read it, what it depends on; and what OPTIONS tells."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Request, Response, request
from flask.sessions import NullSession, SessionInterface
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from api import request_ids
from api.answers import JSON, MERGE_PATCH

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

EVERYWHERE = {
    "Vary": "Accept, Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Allow, Content-Location, ETag, Idempotent-Replayed, Last-Modified, Link, "
    "Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id",
}
"""Anyone's page may read all of it: the data are open, and there are no cookies, so nothing varies by origin. That TLS
is to be used (HSTS) is for the proxy to say that ends it."""

POLICY = "Content-Security-Policy"
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""What is no page loads nothing and stands in none, whatever a browser takes it for."""

PAGE_POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
    "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
))  # fmt: skip
"""A page takes scripts and styles from files of this server alone: none that stand in it run. Swagger UI draws some of
its pictures from data: addresses."""

PAGE = "talbuk.page"
"""The key in a request's environment that tells that the answer is a page."""

RULE = "talbuk.rule"
"""The key in a request's environment under which it has the rule that its path follows, or None: for those who count
and log answers, when the request itself is gone."""

OF_A_PAGE = ((POLICY, PAGE_POLICY), ("Cross-Origin-Opener-Policy", "same-origin"))
OF_DATA = ((POLICY, DATA_POLICY),)

PREFLIGHT = {"Access-Control-Allow-Headers": "Authorization, *", "Access-Control-Max-Age": "86400"}
"""Browsers ask before they send If-None-Match, say; they may keep the answer for a day (some cut that down). `*` stands
for any header but Authorization, which the Fetch Standard wants named."""


PATCHES = ", ".join((MERGE_PATCH, JSON))
"""The media types of a patch (RFC 5789, section 3.1)."""


Pairs = list[tuple[str, str]]


class NoSessions(SessionInterface):
    """There are no sessions, for there are no cookies: all requests share one that holds nothing."""

    nothing = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        """What cannot be written to."""
        return self.nothing


class Application(Flask):
    """Flask, with the headers that are the same everywhere, and OPTIONS; without what nothing here uses."""

    session_interface = NoSessions()
    everywhere: Mapping[str, str] = EVERYWHERE

    headers_of: Callable[["StartResponse"], Pairs] | None = None
    """Where the server keeps the headers of the answer that it begins, if ours may be put there as they are. gunicorn
    checks what it is handed, and to check the same words in each answer takes it longer than all that makes them."""

    @cached_property
    def _of_a_page(self) -> Pairs:
        return [*self.everywhere.items(), *OF_A_PAGE]

    @cached_property
    def _of_data(self) -> Pairs:
        return [*self.everywhere.items(), *OF_DATA]

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is: none is a coroutine, and to look at ten for each request costs more than a query."""
        return func

    def wsgi_app(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request. The headers are added here, where they cost least and no error gets past them."""
        environ["PATH_INFO"] = environ["PATH_INFO"] or "/"  # http://host has an empty one, which means this
        name = request_ids.begin(environ.get(request_ids.ENVIRON))

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            added = self._of_a_page if PAGE in environ else self._of_data
            if self.headers_of is None:
                return start_response(status, [*headers, *added, (request_ids.HEADER, name)], *failure)
            write = start_response(status, [*headers, (request_ids.HEADER, name)], *failure)
            self.headers_of(start_response).extend(added)
            return write

        return super().wsgi_app(environ, start)

    def handle_http_exception(self, e: HTTPException) -> Any:
        """A redirect of the router's as a path, without HTML: were the Host repeated, a client would say where to."""
        if not isinstance(e, RequestRedirect):
            return super().handle_http_exception(e)
        where = urlsplit(e.new_url)
        location = urlunsplit(("", "", where.path, where.query, ""))
        return Response(status=e.code, headers={"Location": location, "Content-Length": "0"})

    def make_default_options_response(self) -> Response:
        """204: what can be done here; and to a browser that asks for another site's page, that it may."""
        allowed = super().make_default_options_response().headers["Allow"]
        response = Response(status=204)
        response.headers = Headers({"Allow": allowed})
        if "PATCH" in allowed:
            response.headers["Accept-Patch"] = PATCHES
        if "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.environ:
            response.headers.update({"Access-Control-Allow-Methods": allowed, **PREFLIGHT})
        return response


def show_as_page() -> None:
    """Have the answer to this request be a page for people, which loads what stands in it."""
    request.environ[PAGE] = True
