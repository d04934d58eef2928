"""What a request is called: in its answer, in a problem, in every line that is logged of it.

Whoever asks may name it, by `X-Request-Id`; a proxy does so, and its log and ours can be read side by side.
"""

import os
import re
from contextvars import ContextVar

HEADER = "X-Request-Id"
ENVIRON = "HTTP_X_REQUEST_ID"
"""The key of that header in a WSGI environment."""

SOUND = re.compile("[A-Za-z0-9_-]{1,64}").fullmatch
"""What a name may be that is given; another is not taken, and nowhere repeated."""

KEYS = "talbuk_"
"""What every key begins with: no name of a request is made of one."""

current: ContextVar[str | None] = ContextVar("talbuk.request_id", default=None)
"""That of the request which this thread answers; it stays until the next one, for the end of a stream is logged too."""


def begin(given: str | None = None) -> str:
    """Name the request that this thread answers from here on: as it is given, if that is sound, or anew."""
    name = given if given and SOUND(given) and KEYS not in given else os.urandom(12).hex()
    current.set(name)
    return name
