"""Documents as they are stored and served: JSON bytes, how they are read, and how several are put together."""

from typing import Any

import msgspec

_decoder: Any = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()
_sorting = msgspec.json.Encoder(order="sorted")


def compact(value: object) -> bytes:
    """JSON as it is stored and served: no spaces, UTF-8."""
    return _encoder.encode(value)


def canonical(value: object) -> str:
    """The one spelling of a value: compact JSON with its keys sorted."""
    return _sorting.encode(value).decode()


def decoded(document: bytes | memoryview | str) -> Any:
    """What a stored document says. It is JSON of ours: what users send is read by `api.strict_json`."""
    return _decoder.decode(document)


def splice(document: bytes, *added: bytes) -> bytes:
    """One JSON object out of several: the members of each, in order."""
    members = [part[1:-1] for part in (document, *added)]
    return b"{" + b",".join(part for part in members if part) + b"}"
