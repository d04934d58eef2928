"""`talbuk doctor`: one table of what is looked at, in the order in which it is told."""

import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import gettempdir
from typing import NamedTuple

from api import __version__
from api.schemas.registry import rendered_with
from api.settings import SETTINGS, SettingFault, Settings, read_settings
from models import health
from models.database import (
    DatabaseFault,
    close_database,
    connect,
    explained,
    file_of,
    has_tables,
    is_postgresql_url,
    without_password,
)
from models.health import Finding
from models.ledger import Head

WIDTH = 12
"""Characters of the longest name of a check."""


class Told(NamedTuple):
    """A finding under the name of its check."""

    check: str
    finding: Finding

    @property
    def state(self) -> str:
        """In one word: ok, fault or skipped."""
        return self.finding.state

    def shown(self) -> dict[str, str | None]:
        """For programs."""
        return {"check": self.check, "state": self.state, "found": self.finding.told, "do": self.finding.do}

    def lines(self) -> Iterator[str]:
        """For people."""
        state = "FAULT" if self.state == "fault" else self.state
        yield f"{state:<7} {self.check:<{WIDTH}} {self.finding.told}"
        if self.finding.do:
            yield f"{'':<7} {'':<{WIDTH}} -> {self.finding.do}"


class Patient(NamedTuple):
    """What is looked at, and how thoroughly."""

    given: str | None
    settings: Settings
    quick: bool
    expected: Head | None

    @property
    def url(self) -> str:
        """The address of its database."""
        return self.settings.database

    @property
    def file(self) -> Path:
        """The file of its database, on SQLite."""
        return file_of(self.url)


class Check(NamedTuple):
    """Something to look at: on which engine, if on one alone, and whether talbuk's tables must be there for it."""

    name: str
    look: Callable[[Patient], Iterable[Finding]]
    engine: str | None = None
    needs: str = "tables"


NOTHING, CONNECTION, TABLES = "nothing", "connection", "tables"
"""What a check needs, each more than the one before."""


def _settings(patient: Patient) -> Iterator[Finding]:
    yield Finding("as this shell has them: a server that runs may have been started with others")
    for setting in SETTINGS:
        value = without_password(str(getattr(patient.settings, setting.name)))
        given = "--database" if setting.name == "database" and patient.given else None
        where = given or (setting.variable if os.environ.get(setting.variable) else "default")
        yield Finding(f"{setting.name} = {value or '(none)'} ({where})")


def _release(_: Patient) -> Iterator[Finding]:
    yield Finding(f"talbuk {__version__}, Python {platform.python_version()}, {sys.prefix}")


def _file(patient: Patient) -> Iterator[Finding]:
    if patient.file.is_file():
        yield from health.files(patient.file, closed=patient.settings.reads == "keys")
    else:
        yield Finding(
            f"there is no file {patient.file}", "name it in TALBUK_DATABASE; `talbuk load` or `restore` makes it"
        )


def _room(patient: Patient) -> Iterator[Finding]:
    size = patient.file.stat().st_size if patient.file.is_file() else 0
    if patient.file.parent.is_dir():
        yield from health.room(patient.file.parent, size)


def _snapshots(patient: Patient) -> Iterator[Finding]:
    folder = Path(patient.settings.snapshots or gettempdir())
    if folder.is_dir():
        yield from health.room(folder, 0)
    else:
        yield Finding(f"{folder} is made when it is first needed")


CHECKS = (
    Check("settings", _settings, needs=NOTHING),
    Check("release", _release, needs=NOTHING),
    Check("file", _file, "SQLite", NOTHING),
    Check("room", _room, "SQLite", NOTHING),
    Check("snapshots", _snapshots, needs=NOTHING),
    Check("engine", lambda _: health.engine(), needs=CONNECTION),
    Check("server", lambda _: health.writable(), "PostgreSQL", CONNECTION),
    Check("schema", lambda patient: health.schema(without_password(patient.url))),
    Check("size", lambda _: health.extent()),
    Check("log", lambda patient: health.log(patient.file), "SQLite"),
    Check("documents", lambda _: health.derived(rendered_with())),
    Check("integrity", lambda patient: health.integrity(quick=patient.quick)),
    Check("search index", lambda _: health.search_index(), "SQLite"),
    Check("leftovers", lambda _: health.leftovers()),
    Check("ledger", lambda patient: health.ledger(patient.expected, quick=patient.quick)),
)
"""All that is looked at."""


def examine(database: str | None, *, quick: bool = False, expected: Head | None = None) -> Iterator[Told]:
    """Look at everything there is to look at; what cannot be opened is a finding too."""
    try:
        patient = Patient(database, read_settings(database=database), quick, expected)
    except SettingFault as fault:
        yield Told("settings", Finding(str(fault), "correct it in the environment"))
        return
    engine = "PostgreSQL" if is_postgresql_url(patient.url) else "SQLite"
    reached: dict[str, Finding | None] = {NOTHING: None}
    try:
        for check in CHECKS:
            if check.engine in {None, engine}:
                if check.needs not in reached:
                    yield from _reach(patient, check.needs, reached)
                yield from _looked(check, patient, reached[check.needs])
    finally:
        close_database()


def _reach(patient: Patient, what: str, reached: dict[str, Finding | None]) -> Iterator[Told]:
    """Open the database, and see whether it has tables: why later checks are skipped, if they are."""
    try:
        with explained(patient.url):
            if what == CONNECTION:
                connect(patient.url, read_only=True)
            elif reached.get(CONNECTION) is None and not has_tables(patient.url):
                raise DatabaseFault(f"{without_password(patient.url)}: is empty; `talbuk load` or `restore` fills it")
        reached[what] = reached.get(CONNECTION)
    except DatabaseFault as fault:
        told, _, do = str(fault).partition("; ")
        yield Told("database", Finding(told, do or "see what the server, or the system's log, says of it"))
        reached[what] = Finding("the database cannot be read", looked=False)


def _looked(check: Check, patient: Patient, stands_against: Finding | None) -> Iterator[Told]:
    if stands_against:
        yield Told(check.name, stands_against)
        return
    try:
        with explained(patient.url):
            for finding in check.look(patient):
                yield Told(check.name, finding)
    except DatabaseFault as fault:
        told, _, do = str(fault).partition("; ")
        yield Told(check.name, Finding(told, do or "see what the server, or the system's log, says of it"))
