"""In which format a list is answered, as `format=` or `Accept` asks for it; and lists as lines of JSON.

NDJSON is one stored document a line, its bytes untouched: JSON as it is stored holds no line feed.
"""

from collections.abc import Iterable, Iterator

from werkzeug.datastructures import MIMEAccept

from api.problems import Problem

MEDIA_TYPES = {"json": "application/json", "ndjson": "application/x-ndjson", "csv": "text/csv"}
"""What `format` may be, and what each is in an Accept header; the first where nothing is asked for."""


def wanted(given: str | None, accept: MIMEAccept) -> str:
    """The format to answer in, one of MEDIA_TYPES: the one given, else the one that the client likes best.

    Parameters of what it accepts do not matter: who sends `application/json; charset=utf-8` is served JSON.
    Raises Problem (406).
    """
    if given is not None:
        return given
    if not accept:
        return next(iter(MEDIA_TYPES))
    bare = MIMEAccept([(item.partition(";")[0].strip(), quality) for item, quality in accept])
    best = bare.best_match(MEDIA_TYPES.values())
    if best is None:
        raise _not_acceptable()
    return next(name for name, media_type in MEDIA_TYPES.items() if media_type == best)


def _not_acceptable() -> Problem:
    types, names = ", ".join(MEDIA_TYPES.values()), ", ".join(MEDIA_TYPES)
    return Problem(406, f"the Accept header takes none of what there is: {types}; or ask by format={names}")


def ndjson_lines(documents: Iterable[bytes]) -> Iterator[bytes]:
    """Stored documents as lines of JSON."""
    return (document + b"\n" for document in documents)
