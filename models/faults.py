"""What is wrong with a write: each fault by record and JSON pointer, all of a run together."""

from dataclasses import dataclass, field
from typing import NamedTuple

LISTED = 1000


class Fault(NamedTuple):
    """One fault: the record's path, the JSON pointer of the field in it, what is wrong and what would be right.

    `owner` is the path of the record it was given under, whose own rules cannot be judged without it.
    """

    path: str
    pointer: str
    message: str
    owner: str | None = None
    ordinal: int | None = None
    """Which record of the run it is, from 1, where its path alone does not tell: an id may be given twice."""
    unread: bool = False
    """Whether a file could not be read at all: then nothing can be said of what refers to its records."""


class Refused(Exception):
    """A write was refused and nothing has changed. Holds the first 1,000 faults, and how many there are in all."""

    def __init__(self, faults: list[Fault], total: int) -> None:
        super().__init__(f"{total} faults")
        self.faults, self.total = faults, total


@dataclass
class Faults:
    """The faults of a run: all are counted, the first 1,000 kept."""

    kept: list[Fault] = field(default_factory=list)
    total: int = 0
    broken: set[str] = field(default_factory=set)
    """The records that have faults: what depends on them cannot be judged."""
    incomplete: bool = False
    """Whether a file could not be read."""

    def add(self, fault: Fault) -> None:
        """Count a fault, and keep it if it is among the first."""
        self.total += 1
        self.incomplete = self.incomplete or fault.unread
        if self.total <= LISTED:
            self.kept.append(fault)
        self.broken.add(fault.path)
        if fault.owner:
            self.broken.add(fault.owner)

    def refuse_if_any(self) -> None:
        """Raise Refused if there are faults."""
        if self.total:
            raise Refused(self.kept, self.total)
