"""Content codings: in which one an answer goes out, and how a client's ETags are read whichever it got.

Within, an answer has one ETag. At the border each coding of it gets its own (`"4.ab"`, `"4.ab:zstd"`), since a strong
ETag stands for bytes; a tag that a client sends back counts whatever coding it had.
"""

import re
from functools import lru_cache

from flask import Flask, Response, request
from flask_compress import Compress
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from api.problems import Problem

CODINGS = ("zstd", "br", "gzip")
"""In the order in which we like them: the faster first."""

IDENTITY = "identity"

SETTINGS = {
    "COMPRESS_REGISTER": False,  # `_encode` calls it
    "COMPRESS_EVALUATE_CONDITIONAL_REQUEST": False,  # done before an answer is made
    "COMPRESS_ALGORITHM": CODINGS,
    "COMPRESS_ALGORITHM_STREAMING": CODINGS,
    "COMPRESS_MIN_SIZE": 1_000,  # with its headers that fits into one packet either way
    "COMPRESS_MIMETYPES": [
        "application/json",
        "application/x-ndjson",
        "application/atom+xml",
        "text/csv",
        "text/html",
        "text/css",
        "text/javascript",
        "application/javascript",
        "image/svg+xml",
    ],
    "COMPRESS_ZSTD_LEVEL": 3,
    "COMPRESS_BR_LEVEL": 4,
    "COMPRESS_BR_WINDOW": 18,  # a larger one makes a page no smaller, and a stream begin only after megabytes
    "COMPRESS_LEVEL": 4,
}
"""The levels: where more time buys little. A page of 250 kB becomes 33 kB in 0.4 ms (zstd), 30 in 1.2 (br), 35 in 1.6
(gzip; 6, the usual level, takes 2.7 ms for 32). A page takes about 1 ms to answer without."""

CODED = re.compile(rf':(?:{"|".join(CODINGS)})(?=")')
"""What a coding adds to an ETag: Flask-Compress spells it so."""

SENT = "talbuk.if_none_match"
"""Where a request keeps its If-None-Match as it came."""

compress = Compress()


def init_app(app: Flask) -> None:
    """Settle a request's codings before it is answered, and encode the answer."""
    app.config.update(SETTINGS)
    compress.init_app(app)
    app.before_request(_settle)
    app.after_request(_encode)


@lru_cache(maxsize=256)
def chosen(accept_encoding: str) -> str | None:
    """The coding that serves a client best, `identity` for none at all; None where it refuses all that there is."""
    accept = parse_accept_header(accept_encoding, Accept)
    best = max(CODINGS, key=accept.quality)
    plain = accept.quality(IDENTITY)
    if accept.quality(best) > 0 and accept.quality(best) >= plain:
        return best
    return None if accept.find(IDENTITY) >= 0 and plain == 0 else IDENTITY


def _settle() -> None:
    """Put the chosen coding in the place of what the client accepts, and take codings off the ETags that it knows.

    Flask-Compress by itself takes `gzip;q=0` for a wish; one coding it cannot misread.
    """
    environ = request.environ
    if accepted := environ.get("HTTP_ACCEPT_ENCODING"):
        coding = chosen(accepted)
        if coding is None:
            raise Problem(406, f"Accept-Encoding refuses all that there is: {', '.join((IDENTITY, *CODINGS))}")
        environ["HTTP_ACCEPT_ENCODING"] = coding
    environ[SENT] = environ.get("HTTP_IF_NONE_MATCH", "")
    for name in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH"):
        if name in environ:
            environ[name] = CODED.sub("", environ[name])


def _encode(response: Response) -> Response:
    if response.status_code == 304:
        return _with_the_tag_sent(response)
    if response.status_code != 200 or request.environ.get("HTTP_ACCEPT_ENCODING", IDENTITY) == IDENTITY:
        return response
    if response.direct_passthrough:  # a file: small enough to be read, and then its length is known
        response.direct_passthrough = False
        response.make_sequence()
    if response.is_streamed and request.method == "HEAD":
        response.response = iter(())  # nobody would ever end what Flask-Compress begins here
    encoded = compress.after_request(response)
    del encoded.headers["Vary"]  # every answer has one already (`api.headers`)
    return encoded


def _with_the_tag_sent(response: Response) -> Response:
    """A 304 with that of the client's tags which is the answer's: it says which of the kept bytes are still right."""
    sent, plain = request.environ[SENT], response.headers.get("ETag", "")
    if sent == plain:
        return response
    coding = request.environ.get("HTTP_ACCEPT_ENCODING")
    known = [tag for tag in (plain, *(f'{plain[:-1]}:{coding}"' for coding in CODINGS)) if tag in sent]
    if known:
        response.headers["ETag"] = max(known, key=lambda tag: tag.endswith(f':{coding}"'))
    return response
