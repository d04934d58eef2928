"""What every answer says, errors too: who may read it, what it depends on; and what OPTIONS tells."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Request, Response, request
from flask.sessions import NullSession, SessionInterface
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from api.answers import JSON, MERGE_PATCH

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

EVERYWHERE = {
    "Vary": "Accept, Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Allow, Content-Location, ETag, Idempotent-Replayed, Last-Modified, Link, "
    "Location, Retry-After, WWW-Authenticate",
}
"""Anyone's page may read all of it: the data are open, and there are no cookies, so nothing varies by origin."""

PREFLIGHT = {"Access-Control-Allow-Headers": "Authorization, *", "Access-Control-Max-Age": "86400"}
"""Browsers ask before they send If-None-Match, say; they may keep the answer for a day (some cut that down). `*` stands
for any header but Authorization, which the Fetch Standard wants named."""


PATCHES = ", ".join((MERGE_PATCH, JSON))
"""The media types of a patch (RFC 5789, section 3.1)."""


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

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is: none is a coroutine, and to look at ten for each request costs more than a query."""
        return func

    def wsgi_app(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request. The headers are added here, where they cost least and no error gets past them."""
        environ["PATH_INFO"] = environ["PATH_INFO"] or "/"  # http://host has an empty one, which means this

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            return start_response(status, [*headers, *self.everywhere.items()], *failure)

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
