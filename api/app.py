"""The application: what it is made of, in order."""

import logging
from collections.abc import Mapping
from typing import Any

from flask import Request, request
from werkzeug.http import parse_date
from werkzeug.routing import BaseConverter

from api import (
    as_of,
    authorization,
    bulk,
    changes,
    codebook,
    codings,
    docs,
    feed,
    headers,
    home,
    names,
    negotiation,
    problems,
    proxies,
    rates,
    search,
    security_txt,
    stats,
    streams,
    timeline,
)
from api.headers import RULE
from api.parameters import LONGEST
from api.problems import Problem
from api.resources import BLUEPRINTS
from models.database import follow_file, release_connection

log = logging.getLogger("talbuk")


class SlugConverter(BaseConverter):
    """A record's id in a path; what is no slug is not found."""

    regex = "[a-z0-9-]{1,80}"


class EntryConverter(BaseConverter):
    """The number of an entry of the ledger in a path; what is no such number is not found."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        """The number."""
        return int(value)


def create_app() -> headers.Application:
    """The application, over the database that is open (`models.database.open_database`)."""
    app = headers.Application("api", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.converters |= {"slug": SlugConverter, "entry": EntryConverter}
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    app.before_request(_begin)
    app.teardown_request(lambda _: release_connection())
    as_of.init_app(app)
    streams.init_app(app)
    problems.init_app(app)
    with rates.limited(app):
        authorization.init_app(app)
    for layer in (negotiation, codings, proxies, home, security_txt):
        layer.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint, url_prefix="/v1")
    for part in (bulk, names, search, timeline, stats, changes, feed):
        app.register_blueprint(part.blueprint, url_prefix="/v1")
    codebook.init_app(app)
    docs.init_app(app)
    return app


def _begin() -> None:
    """Begin a request, in one hook: each costs as much as what it does."""
    asked: Request = request._get_current_object()  # type: ignore[attr-defined]
    environ = asked.environ
    environ[RULE] = asked.url_rule
    _refuse_malformed(environ)
    if not environ.keys().isdisjoint(DATES):
        _forget_false_dates(environ)
    follow_file()


def _refuse_malformed(environ: Mapping[str, Any]) -> None:
    """What no view should see: an address or header that is too long, or a request that names no host."""
    target = environ.get("RAW_URI") or environ["PATH_INFO"] + environ.get("QUERY_STRING", "")
    if len(target) > LONGEST:
        raise Problem(414, problems.DETAILS[414])
    for value in environ.values():
        if type(value) is str and len(value) > LONGEST:
            raise Problem(431, problems.DETAILS[431])
    if not environ.get("HTTP_HOST"):
        raise Problem(400, "the request names no host; send a Host header (RFC 9110, section 7.2)")


DATES = ("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_IF_RANGE")


def _forget_false_dates(environ: dict[str, Any]) -> None:
    """Leave out a date that no calendar holds, as RFC 9110 has it: werkzeug fails where its numbers are huge."""
    for name in environ.keys() & DATES:
        try:
            parse_date(environ[name])
        except ArithmeticError:
            del environ[name]
