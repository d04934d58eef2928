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
    body: Schema | None = None
    """The schema of the JSON that it takes, if it takes any; its fields' `example` make the document's."""


def operation(
    *,
    query: Schema,
    answer: Schema,
    many: bool = False,
    errors: tuple[int, ...] = (422,),
    conditional: bool = True,
    gives: tuple[str, ...] | None = None,
    body: Schema | None = None,
) -> Callable[[View], View]:
    """Declare a view's operation, in JSON and of a list as NDJSON and CSV too; its docstring describes it."""

    def declare(view: View) -> View:
        given = gives or (LISTED if many else (JSON,))
        view.operation = Operation(query, answer, many, errors, conditional, given, body)  # type: ignore[attr-defined]
        return view

    return declare
