"""What a process asks of its database, recorded as it goes: every change of a file by SQLite, and every statement.

Files are watched in the very library that talbuk uses: functions of SQLite's own VFS are put in front of those that
write, cut, wait for the disk and delete. They note what they are asked in a file that all processes add to, and do it.
"""

import atexit
import ctypes
import os
import struct
import sys
from collections.abc import Callable, Iterator
from enum import IntEnum
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import peewee

from models.database import SQLITE

HEAD = struct.Struct("<BHQI")


class Kind(IntEnum):
    """What is noted."""

    WRITE, CUT, SYNC, DELETE, OPENED, TOLD = range(1, 7)


class Note(NamedTuple):
    """One thing that was asked of a file: where in it, and with what bytes. Of others, `data` is what was said."""

    kind: Kind
    file: str
    place: int = 0
    data: bytes = b""


class Record:
    """A file of notes, to which several processes add: each note by one write at its end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)

    def add(self, note: Note) -> None:
        """Add a note."""
        name = note.file.encode()
        head = HEAD.pack(note.kind, len(name), note.place, len(note.data))
        os.write(self.descriptor, b"".join((head, name, note.data)))

    def notes(self) -> Iterator[Note]:
        """All notes, in the order in which they were added."""
        with self.path.open("rb") as stream:
            while len(head := stream.read(HEAD.size)) == HEAD.size:
                kind, name, place, length = HEAD.unpack(head)
                yield Note(Kind(kind), stream.read(name).decode(), place, stream.read(length))


# --- files ---------------------------------------------------------------------------------------------------------

FILE = ctypes.c_void_p
OPEN = ctypes.CFUNCTYPE(ctypes.c_int, FILE, FILE, FILE, ctypes.c_int, FILE)
DELETE = ctypes.CFUNCTYPE(ctypes.c_int, FILE, ctypes.c_char_p, ctypes.c_int)
WRITE = ctypes.CFUNCTYPE(ctypes.c_int, FILE, FILE, ctypes.c_int, ctypes.c_int64)
CUT = ctypes.CFUNCTYPE(ctypes.c_int, FILE, ctypes.c_int64)
SYNC = ctypes.CFUNCTYPE(ctypes.c_int, FILE, ctypes.c_int)


class Vfs(ctypes.Structure):
    """The beginning of SQLite's `sqlite3_vfs`."""

    _fields_ = (
        ("version", ctypes.c_int), ("size", ctypes.c_int), ("longest", ctypes.c_int), ("next", FILE), ("name", FILE),
        ("data", FILE), ("open", FILE), ("delete", FILE),
    )  # fmt: skip


class Methods(ctypes.Structure):
    """SQLite's `sqlite3_io_methods`."""

    _fields_ = (
        ("version", ctypes.c_int), ("close", FILE), ("read", FILE), ("write", FILE), ("cut", FILE), ("sync", FILE),
        ("others", FILE * 13),
    )  # fmt: skip


class Opened(ctypes.Structure):
    """The beginning of every open file: its methods."""

    _fields_ = (("methods", ctypes.POINTER(Methods)),)


WATCHES: list["Watch"] = []
"""Those that began: SQLite calls them for as long as the process lives."""


class Watch:
    """Stands in front of SQLite's own VFS in this process, for the files of one folder."""

    def __init__(self, add: Callable[[Note], None]) -> None:
        self.add = add
        self.names: dict[int, str] = {}
        """Address of an open file -> its name."""
        self.methods: dict[int, Methods] = {}
        """Address of methods -> those that stand in front of them."""
        self.functions: list[Any] = []

    def begin(self) -> None:
        """From now on, note what is asked of files."""
        library = ctypes.CDLL(sys.modules[SQLITE.connect.__module__].__file__)
        library.sqlite3_vfs_find.restype = ctypes.POINTER(Vfs)
        vfs = library.sqlite3_vfs_find(None).contents
        opened, deleted = OPEN(vfs.open), DELETE(vfs.delete)

        def open_file(this: int, name: int | None, file: int, flags: int, told: int) -> int:
            result = opened(this, name, file, flags, told)
            if result == 0 and name:
                self.names[file] = os.path.basename(ctypes.string_at(name).decode())
                of_file = Opened.from_address(file)
                of_file.methods = ctypes.pointer(self.before(of_file.methods.contents))
            return result

        def delete(this: int, name: bytes, with_folder: int) -> int:
            self.add(Note(Kind.DELETE, os.path.basename(name.decode()), with_folder))
            return deleted(this, name, with_folder)

        WATCHES.append(self)
        vfs.open, vfs.delete = self.address(OPEN(open_file)), self.address(DELETE(delete))

    def address(self, function: Any) -> int:
        """Where a function is; it stays there."""
        self.functions.append(function)
        return int(ctypes.cast(function, FILE).value or 0)

    def before(self, theirs: Methods) -> Methods:
        """Methods that note what is asked of a file, and do it."""
        where = ctypes.addressof(theirs)
        if where not in self.methods:
            self.methods[where] = self._made(theirs)
        return self.methods[where]

    def _made(self, theirs: Methods) -> Methods:
        ours = Methods.from_buffer_copy(theirs)
        write, cut, sync = WRITE(theirs.write), CUT(theirs.cut), SYNC(theirs.sync)

        def note_write(file: int, data: int, length: int, place: int) -> int:
            self.add(Note(Kind.WRITE, self.names[file], place, ctypes.string_at(data, length)))
            return write(file, data, length, place)

        def note_cut(file: int, size: int) -> int:
            self.add(Note(Kind.CUT, self.names[file], size))
            return cut(file, size)

        def note_sync(file: int, flags: int) -> int:
            result = sync(file, flags)
            self.add(Note(Kind.SYNC, self.names[file]))
            return result

        ours.write, ours.cut, ours.sync = (
            self.address(function) for function in (WRITE(note_write), CUT(note_cut), SYNC(note_sync))
        )
        return ours


def recorded() -> None:
    """Every change of a file is added to the record that FAULTS_RECORD names, and with what settings it is opened."""
    record = Record(Path(os.environ["FAULTS_RECORD"]))
    Watch(record.add).begin()
    connect = peewee.SqliteDatabase._initialize_connection  # type: ignore[attr-defined]

    def initialize(self: Any, connection: Any) -> None:
        connect(self, connection)
        said = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
        record.add(Note(Kind.OPENED, "", 0, " ".join(map(str, said)).encode()))

    peewee.SqliteDatabase._initialize_connection = initialize  # type: ignore[attr-defined]


# --- how many there are --------------------------------------------------------------------------------------------


def count_changes(each: Callable[[int], object]) -> None:
    """Call `each` with the number of every change of a file, from 1 on, before it is made."""
    numbers = count(1)
    Watch(lambda _: each(next(numbers))).begin()


def count_statements(each: Callable[[int], object]) -> None:
    """Call `each` with the number of every statement, from 1 on, before it is run."""
    run, numbers = peewee.Database.execute_sql, count(1)  # type: ignore[attr-defined]

    def execute(self: Any, *given: Any, **how: Any) -> Any:
        each(next(numbers))
        return run(self, *given, **how)

    peewee.Database.execute_sql = execute  # type: ignore[attr-defined]


def counted() -> None:
    """How many there are of each, and how many before the first COMMIT, is told in the end, on standard error."""
    found, before = {"statements": 0, "files": 0}, dict[str, int]()
    commit = peewee.Database.commit  # type: ignore[attr-defined]

    def noted(self: Any) -> Any:
        before.update({kind: number for kind, number in found.items() if kind not in before})
        return commit(self)

    peewee.Database.commit = noted  # type: ignore[attr-defined]
    count_statements(lambda number: found.update(statements=number))
    count_changes(lambda number: found.update(files=number))
    atexit.register(lambda: print(*(f"{kind}: {found[kind]} {before[kind]}" for kind in before), file=sys.stderr))
