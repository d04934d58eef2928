"""Documents as they are stored and served: JSON bytes, and how several are put together."""

import json


def compact(value: object) -> bytes:
    """JSON as it is stored and served: no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def splice(document: bytes, *added: bytes) -> bytes:
    """One JSON object out of several: the members of each, in order."""
    members = [part[1:-1] for part in (document, *added)]
    return b"{" + b",".join(part for part in members if part) + b"}"
