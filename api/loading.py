"""Loading fixtures: read, validate, write; and telling where in which file each fault is."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from api.bundles import Unreadable, files_in, read
from api.given import Raw, validated
from api.schemas.registry import writer_wiring
from models.database import execute
from models.facts import replace_facts
from models.faults import Fault, Refused
from models.ledger import Change
from models.tables import LoadedFile
from models.writer import Outcome, Sync, is_stale, write

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
        told = f"{where}: {subject}: {self.message}" if subject else f"{where}: {self.message}"
        return told.encode(
            "utf-8", "replace"
        ).decode()  # what is quoted may be a lone surrogate: no terminal takes that


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

    With `sync`, what an earlier load of the same file brought and it now lacks is removed. Where other schemas or rules
    made what is stored, every file is read and everything made again. Raises LoadRefused, or DatabaseFault.
    """
    wiring = writer_wiring()
    digests = {file: _digest(file) for file in _files(paths)}
    stale = is_stale(wiring)
    again = stale or force
    changed = [file for file, digest in digests.items() if again or not _is_loaded(file, digest, sync=sync)]
    gone = _gone(paths, digests) if sync else []
    if not changed and not gone:
        return Outcome(unread=len(digests))
    reading = _Reading(changed)

    def finish() -> list[Change]:
        _remember({file: digests[file] for file in changed}, gone, synced=sync)
        return replace_facts([*map(str, changed), *gone], reading.facts)

    try:
        return write(
            reading.records(),
            wiring=wiring,
            actor=ACTOR,
            sync=Sync([*map(str, changed), *gone] if sync else []),
            reading=[*map(str, changed), *gone],
            unchanged=[str(file) for file in digests if file not in changed],
            force=force,
            progress=progress,
            finish=finish,
        )
    except Refused as refused:
        raise LoadRefused(reading.located(refused.faults), refused.total) from None


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
    try:
        str(file).encode()
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    except UnicodeEncodeError:
        message = "has a name that is not UTF-8; rename it"
    raise LoadRefused([Located(shown(file), 0, "", "", message)], 1)


def _is_loaded(file: Path, digest: str, *, sync: bool) -> bool:
    """Whether a file was loaded as it is; for a sync, whether what it had lost was removed with it then."""
    row = execute("SELECT digest, synced FROM loaded_file WHERE file = ?", (str(file),)).fetchone()
    return bool(row and row[0] == digest and (row[1] or not sync))


def _gone(paths: Sequence[Path], found: Mapping[Path, str]) -> list[str]:
    """Files that an earlier load read in these folders, and that are there no more."""
    folders = {str(path.resolve()) for path in paths if path.is_dir()}
    known = [row[0] for row in execute("SELECT file FROM loaded_file").fetchall()]
    return [file for file in known if str(Path(file).parent) in folders and Path(file) not in found]


def _remember(digests: Mapping[Path, str], gone: Sequence[str], *, synced: bool) -> None:
    """Keep each file's digest from before it was read: what is saved while it is read is read the next time."""
    for file, digest in digests.items():
        LoadedFile.insert(file=str(file), digest=digest, synced=synced).on_conflict(
            conflict_target=[LoadedFile.file], preserve=[LoadedFile.digest, LoadedFile.synced]
        ).execute()
    if gone:
        LoadedFile.delete().where(LoadedFile.file.in_(gone)).execute()


@dataclass
class _Reading:
    """The reading of some files: a stream of validated records and of faults."""

    files: list[Path]
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the files say of their coverage: file -> name -> value."""
    unreadable: list[Located] = field(default_factory=list)

    def records(self) -> Iterator[Mapping[str, Any] | Fault]:
        """Every record of every file, validated; a fault in place of one that is not sound."""
        ordinals = count(1)
        for file in self.files:
            try:
                for raw in read(file):
                    if isinstance(raw, Raw):
                        yield from validated(raw, str(file), next(ordinals))
                    elif isinstance(raw, Unreadable):
                        yield self._unread(file, raw)
                    else:
                        self.facts.setdefault(str(file), {})[raw[0]] = raw[1]
            except Unreadable as fault:
                yield self._unread(file, fault)

    def _unread(self, file: Path, fault: Unreadable) -> Fault:
        self.unreadable.append(Located(shown(file), fault.line, "", "", fault.message))
        return Fault(str(file), "", fault.message, unread=True)

    def located(self, faults: Sequence[Fault]) -> list[Located]:
        """Where the faults are: the files are read once more for it."""
        wanted: dict[tuple[str, int | None], list[Fault]] = {}
        for fault in faults:
            if not fault.unread:
                wanted.setdefault((fault.path, fault.ordinal), []).append(fault)
        found, ordinals = list(self.unreadable), count(1)
        for file in self.files:
            found += self._located_in(file, wanted, ordinals)
        for file in _files_of([path for path, _ in wanted]):
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


def _files_of(paths: Sequence[str]) -> list[Path]:
    """The files, not read in this run, that stored records came from."""
    found = []
    for path in paths:
        row = execute("SELECT file FROM record WHERE path = ? AND file IS NOT NULL", (path,)).fetchone()
        if row and Path(row[0]).is_file() and Path(row[0]) not in found:
            found.append(Path(row[0]))
    return found


def shown(file: Path) -> str:
    """A file's name as a person would type it here."""
    try:
        return str(file.relative_to(Path.cwd()))
    except ValueError:
        return str(file)
