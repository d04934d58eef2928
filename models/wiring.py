"""What the writer is given by the schemas above it: how a record is rendered, and what it refers to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class Reference(NamedTuple):
    """A reference in a record: where (JSON pointer), as what (dotted field, or link relation), and to which path."""

    pointer: str
    relation: str
    target: str


@dataclass(frozen=True)
class Wiring:
    """The schemas' part in writing: `render(resource, record)` gives JSON bytes, `references` what it refers to."""

    render: Callable[[str, Mapping[str, Any]], bytes]
    references: Callable[[str, Mapping[str, Any]], Iterable[Reference]]
    known_fields: Mapping[str, frozenset[str]]
    """Resource -> the dotted names that `editorial` and `withheld` may name."""
    rendered_with: str
    """The digest of the schemas and rules that documents are made by."""
