"""Loading fixtures: read, validate, write; and telling where in which file each fault is."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from marshmallow import Schema, ValidationError, fields

from api.bundles import Raw, Unreadable, files_in, read
from api.schemas.fields import not_among
from api.schemas.registry import SCHEMAS, writer_wiring
from models.database import execute, meta_value
from models.faults import Fault, Refused
from models.tables import LoadedFile
from models.writer import Outcome, Sync, rebuild, write

ACTOR = "load"
Progress = Callable[[str, int], None]


class Located(NamedTuple):
    """A fault in a file: where, in which record and field, what is wrong and what would be right."""

    file: str
    line: int
    path: str
    pointer: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        subject = " ".join(part for part in (self.path, self.pointer) if part)
        return f"{where}: {subject}: {self.message}" if subject else f"{where}: {self.message}"


class LoadRefused(Exception):
    """A load was refused and nothing has changed: the first 1,000 faults, and how many there are."""

    def __init__(self, faults: Sequence[Located], total: int) -> None:
        super().__init__(f"{total} faults")
        self.faults, self.total = faults, total


def packaged_fixtures() -> Path:
    """The folder of the fixtures that come with this release."""
    return Path(str(files("fixtures")))


def load(
    paths: Sequence[Path], *, sync: bool = False, force: bool = False, progress: Progress | None = None
) -> Outcome:
    """Load the fixtures of files and folders, all of them or none; unchanged files are not read again.

    With `sync`, what an earlier load of the same file brought and it now lacks is removed. Stored documents made by
    other schemas or rules are made again first. Raises LoadRefused, or DatabaseFault.
    """
    wiring = writer_wiring()
    if meta_value("rendered_with") not in (None, wiring.rendered_with):
        rebuild(wiring=wiring, progress=progress)
    found = _files(paths)
    reading = _Reading([file for file in found if _digest(file) != _loaded_digest(file)])
    unchanged = [str(file) for file in found if file not in reading.files]
    gone = _gone(paths, found) if sync else []
    if not reading.files and not gone:
        return Outcome()
    try:
        outcome = write(
            reading.records(),
            wiring=wiring,
            actor=ACTOR,
            sync=Sync([*map(str, reading.files), *gone] if sync else []),
            unchanged=unchanged,
            facts=reading.facts,
            force=force,
            progress=progress,
            finish=lambda: _remember(reading.files, gone),
        )
    except Refused as refused:
        raise LoadRefused(reading.located(refused.faults), refused.total) from None
    return outcome


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    faults = []
    for path in paths:
        try:
            found += [file for file in files_in(path) if file not in found]
        except Unreadable as fault:
            faults.append(Located(str(path), fault.line, "", "", fault.message))
    if faults:
        raise LoadRefused(faults, len(faults))
    return found


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _loaded_digest(file: Path) -> str | None:
    row = execute("SELECT digest FROM loaded_file WHERE file = ?", (str(file),)).fetchone()
    return None if row is None else str(row[0])


def _gone(paths: Sequence[Path], found: Sequence[Path]) -> list[str]:
    """Files that an earlier load read in these folders, and that are there no more."""
    folders = {str(path.resolve()) for path in paths if path.is_dir()}
    known = [row[0] for row in execute("SELECT file FROM loaded_file").fetchall()]
    return [file for file in known if str(Path(file).parent) in folders and Path(file) not in found]


def _remember(read_files: Sequence[Path], gone: Sequence[str]) -> None:
    for file in read_files:
        LoadedFile.insert(file=str(file), digest=_digest(file)).on_conflict(
            conflict_target=[LoadedFile.file], preserve=[LoadedFile.digest]
        ).execute()
    if gone:
        LoadedFile.delete().where(LoadedFile.file.in_(gone)).execute()


@dataclass
class _Reading:
    """The reading of some files: a stream of validated records and of faults."""

    files: list[Path]
    coverage: dict[str, Any] = field(default_factory=dict)
    unreadable: list[Located] = field(default_factory=list)

    def records(self) -> Iterator[Mapping[str, Any] | Fault]:
        """Every record of every file, validated; a fault in place of one that is not sound."""
        ordinals = count(1)
        for file in self.files:
            try:
                for raw in read(file):
                    if isinstance(raw, Raw):
                        yield from validated(raw, str(file), next(ordinals))
                    else:
                        self.coverage[raw[0]] = raw[1]
            except Unreadable as fault:
                self.unreadable.append(Located(shown(file), fault.line, "", "", fault.message))
                yield Fault(str(file), "", fault.message, unread=True)

    def facts(self) -> dict[str, str]:
        """What the files say of their coverage, as it is kept about the database."""
        return {
            name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in self.coverage.items()
        }

    def located(self, faults: Sequence[Fault]) -> list[Located]:
        """Where the faults are: the files are read once more for it."""
        wanted: dict[tuple[str, int | None], list[Fault]] = {}
        for fault in faults:
            if not fault.unread:
                wanted.setdefault((fault.path, fault.ordinal), []).append(fault)
        found, ordinals = list(self.unreadable), count(1)
        for file in self.files:
            found += self._located_in(file, wanted, ordinals)
        left = [Located("database", 0, f.path, f.pointer, f.message) for faults in wanted.values() for f in faults]
        return sorted(found, key=lambda fault: (fault.file, fault.line)) + left

    def _located_in(
        self, file: Path, wanted: dict[tuple[str, int | None], list[Fault]], ordinals: Iterator[int]
    ) -> Iterator[Located]:
        try:
            for raw in read(file):
                if isinstance(raw, Raw):
                    here = wanted.pop((raw.path, None), []) + wanted.pop((raw.path, next(ordinals)), [])
                    for fault in here:
                        yield Located(shown(file), raw.line(fault.pointer), fault.path, fault.pointer, fault.message)
        except Unreadable:
            return


def shown(file: Path) -> str:
    """A file's name as a person would type it here."""
    try:
        return str(file.relative_to(Path.cwd()))
    except ValueError:
        return str(file)


def validated(raw: Raw, file: str, ordinal: int | None = None) -> Iterator[Mapping[str, Any] | Fault]:
    """A record as the writer takes it, or the faults that it has; `ordinal` is which record of the run it is."""
    faults = [Fault(raw.path, pointer, message, raw.under, ordinal) for pointer, message in raw.faults]
    schema = SCHEMAS[raw.resource]
    try:
        record = schema.load(raw.record)
    except ValidationError as error:
        faults += [Fault(raw.path, *found, raw.under, ordinal) for found in messages(schema, error.messages)]
    if faults:
        yield from faults
    else:
        yield {"resource": raw.resource, "under": raw.under, "file": file, "ordinal": ordinal, **record}


def messages(schema: Schema, found: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Marshmallow's messages as (JSON pointer, message); an unknown field is told which there are."""
    if isinstance(found, str):
        found = [found]
    if isinstance(found, list):
        yield from ((pointer, message) for message in found if isinstance(message, str))
        return
    for key, inner in found.items():
        name = str(key)
        if name == "_schema":
            yield from messages(schema, inner, pointer)
        elif inner == ["Unknown field."]:
            allowed = tuple(f.data_key or n for n, f in schema.fields.items() if not f.dump_only)
            yield f"{pointer}/{name}", f"unknown field: {not_among(name, allowed)}"
        else:
            yield from messages(_inner(schema, name), inner, f"{pointer}/{name}")


def _inner(schema: Schema, name: str) -> Schema:
    """The schema that the messages under a field are about; the same where the key is a list's position."""
    found = schema.fields.get(name)
    while isinstance(found, fields.List):
        found = found.inner
    return found.schema if isinstance(found, fields.Nested) else schema
