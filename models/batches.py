"""Long streams in pieces that fit one statement."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

SIZE = 500
"""Rows in one statement: SQLite takes 32,766 parameters, and no table has more than 20 columns."""


def in_batches(items: Iterable[T], size: int = SIZE) -> Iterator[list[T]]:
    """The items in lists of at most `size`, in order (itertools.batched is there from Python 3.12 on)."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
