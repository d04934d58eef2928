"""How long an answer in pieces may take: it holds one moment of the database, a connection and a thread all the while.

What SQLite may not clear away of its log for one reader's sake, and PostgreSQL of rows that were replaced, grows with
that time. Whoever gets a part only sees that from HTTP: the last chunk is missing.
"""

import time
from collections.abc import Iterator

from flask import Flask, current_app

from api.settings import read_settings

LONGEST = "STREAM"
"""Under which name an application keeps the seconds that a stream may take."""


class StreamTooLong(Exception):
    """A stream took longer than it may; whoever answers cuts it off."""


def init_app(app: Flask) -> None:
    """Take the bound from the settings."""
    app.config[LONGEST] = read_settings().stream


def bounded(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, as long as they are within their time. Raises StreamTooLong."""
    longest: float = current_app.config[LONGEST]
    last = time.monotonic() + longest
    for piece in pieces:
        if time.monotonic() > last:
            raise StreamTooLong(f"a stream took longer than {longest} seconds (TALBUK_STREAM), and was cut off")
        yield piece
