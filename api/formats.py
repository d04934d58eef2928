"""In which format a list is answered, as `format=` or `Accept` asks for it; and lists as lines of JSON.

NDJSON is one stored document a line, its bytes untouched: JSON as it is stored holds no line feed.
"""

from collections.abc import Iterable, Iterator, Mapping

from werkzeug.datastructures import MIMEAccept

from api.problems import Problem

MEDIA_TYPES = {"json": "application/json", "ndjson": "application/x-ndjson", "csv": "text/csv"}
"""What `format` may be, and what each is in an Accept header; the first where nothing is asked for."""

FEED_TYPES = {"json": "application/json", "ndjson": "application/x-ndjson", "atom": "application/atom+xml"}
"""The same of what is followed: Atom (RFC 4287) for those who read it, and no tables."""


def wanted(given: str | None, accept: MIMEAccept, types: Mapping[str, str] = MEDIA_TYPES) -> str:
    """The format to answer in, one of `types`: the one given, else the one that the client likes best.

    Parameters of what it accepts do not matter: who sends `application/json; charset=utf-8` is served JSON.
    Raises Problem (406).
    """
    if given is not None:
        return given
    if not accept:
        return next(iter(types))
    bare = MIMEAccept([(item.partition(";")[0].strip(), quality) for item, quality in accept])
    best = bare.best_match(types.values())
    if best is None:
        raise _not_acceptable(types)
    return next(name for name, media_type in types.items() if media_type == best)


def _not_acceptable(types: Mapping[str, str]) -> Problem:
    listed, names = ", ".join(types.values()), ", ".join(types)
    return Problem(406, f"the Accept header takes none of what there is: {listed}; or ask by format={names}")


def ndjson_lines(documents: Iterable[bytes]) -> Iterator[bytes]:
    """Stored documents as lines of JSON."""
    return (document + b"\n" for document in documents)
