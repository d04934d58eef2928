"""What each operation takes and gives: one declaration that the documentation is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from marshmallow import Schema

from api.answers import JSON
from api.formats import MEDIA_TYPES

View = TypeVar("View", bound=Callable[..., Any])


LISTED = tuple(MEDIA_TYPES.values())
"""The media types that every list is given in."""


@dataclass(frozen=True)
class Operation:
    """What a view reads, the schema that it answers with, and which errors it can end in."""

    query: Schema
    answer: Schema
    many: bool = False
    errors: tuple[int, ...] = (422,)
    conditional: bool = True
    """Whether it has an ETag and answers 304."""
    gives: tuple[str, ...] = (JSON,)
    """The media types that it answers in; where there are several, the view chooses."""
    body: Schema | str | None = None
    """The schema of the JSON that it takes, if it takes any; its fields' `example` make the document's. Of a record as
    it is given, the name of its resource."""
    takes: tuple[str, ...] = (JSON,)
    """The media types that its body can have."""
    statuses: tuple[int, ...] = (200,)
    """How it can end well."""
    as_given: bool = False
    """Whether what it answers is a record as it is given."""
    sends: tuple[str, ...] = ()
    """Request headers that it reads, beside those of every answer that a client may keep."""
    scope: str = "read"
    """What a key must permit that it takes (`models.keys`)."""


def operation(
    *,
    query: Schema,
    answer: Schema,
    many: bool = False,
    errors: tuple[int, ...] = (422,),
    conditional: bool = True,
    gives: tuple[str, ...] | None = None,
    body: Schema | str | None = None,
    takes: tuple[str, ...] = (JSON,),
    statuses: tuple[int, ...] = (200,),
    as_given: bool = False,
    sends: tuple[str, ...] = (),
    scope: str = "read",
) -> Callable[[View], View]:
    """Declare a view's operation, in JSON and of a list as NDJSON and CSV too; its docstring describes it."""

    def declare(view: View) -> View:
        given = gives or (LISTED if many else (JSON,))
        view.operation = Operation(  # type: ignore[attr-defined]
            query, answer, many, errors, conditional, given, body, takes, statuses, as_given, sends, scope
        )
        return view

    return declare
