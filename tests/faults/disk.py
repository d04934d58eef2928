"""A disk whose power is cut: of what was written and not waited for, a random part is there afterwards.

What is known of real ones and taken for granted: a sector of 512 bytes is written whole or not at all, others are left
alone (SQLite's "powersafe overwrite"), and to wait for a new file is to wait for its place in the folder.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.faults.recording import Kind, Note

SECTOR = 512


@dataclass
class File:
    """A file: what of it is on the disk for certain, and what was asked of it since."""

    certain: bytearray = field(default_factory=bytearray)
    since: list[Note] = field(default_factory=list)
    is_certain: bool = False
    """Whether it is itself there for certain."""

    def settle(self) -> None:
        """All that was asked of it is done for certain."""
        for note in self.since:
            _do(note, self.certain)
        self.since, self.is_certain = [], True

    def after(self, part: float, chance: random.Random) -> bytes:
        """It as it is if the power goes now, and each sector since was written by some chance."""
        content = bytearray(self.certain)
        for note in self.since:
            for piece in _sectors(note):
                if chance.random() < part:
                    _do(piece, content)
        return bytes(content)


class Disk:
    """The files of one folder. What is there at first is there for certain."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = {name: File(bytearray(content), is_certain=True) for name, content in files.items()}
        self.deleted: dict[str, File] = {}
        """Files that were deleted, and may be there again."""

    def take(self, note: Note) -> None:
        """Do what was asked."""
        if note.kind in {Kind.WRITE, Kind.CUT}:
            self.files.setdefault(note.file, File()).since.append(note)
        elif note.kind == Kind.SYNC and note.file in self.files:
            if not self.files[note.file].is_certain:
                self.deleted.clear()
            self.files[note.file].settle()
        elif note.kind == Kind.DELETE and note.file in self.files:
            self._delete(note)

    def _delete(self, note: Note) -> None:
        gone = self.files.pop(note.file)
        if note.place:  # the folder was waited for
            self.deleted.clear()
        elif gone.is_certain:
            self.deleted[note.file] = gone

    def cut(self, chance: random.Random) -> dict[str, bytes]:
        """What is there if the power goes now."""
        part = chance.choice((0.0, 1.0, chance.random()))
        there = self.deleted | {n: file for n, file in self.files.items() if file.is_certain}
        left = {n: file for n, file in there.items() if n not in self.deleted or chance.random() >= part}
        left |= {n: file for n, file in self.files.items() if not file.is_certain and chance.random() < part}
        return {name: file.after(part, chance) for name, file in left.items()}


def _do(note: Note, content: bytearray) -> None:
    if note.kind == Kind.CUT:
        del content[note.place :]
        return
    content.extend(bytes(max(0, note.place - len(content))))
    content[note.place : note.place + len(note.data)] = note.data


def _sectors(note: Note) -> Iterator[Note]:
    """What was asked in parts, each of which is done or not."""
    if note.kind == Kind.CUT:
        yield note
        return
    end = note.place + len(note.data)
    for start in range(note.place - note.place % SECTOR, end, SECTOR):
        first, last = max(start, note.place), min(start + SECTOR, end)
        yield note._replace(place=first, data=note.data[first - note.place : last - note.place])
