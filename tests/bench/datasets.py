"""Databases of invented records: made once, kept for the next run, with what making them took."""

import hashlib
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from api.schemas.registry import rendered_with
from models.database import close_database, execute, open_database
from tests.bench.machine import BUILD, ROOT, on_the_servers_core, peak
from tests.conftest import new_postgresql_database, postgresql_binaries, running_postgresql

SEED = 1
NAME = "talbuk"
"""What Datasette calls the database: after its file."""


class Dataset(NamedTuple):
    """A loaded database, and what it was loaded from."""

    url: str
    lines: Path
    events: int
    """Defectors and purges, which have three claims each."""
    records: int
    """All records, claims and what events refer to included."""
    seconds: float
    peak: float
    """Of the loading process, in MiB."""
    size: float
    """In MiB."""

    @property
    def told(self) -> str:
        """What loading took, in a sentence."""
        given = self.lines.stat().st_size / 2**20
        return (
            f"{self.events:,} events with three claims each, {self.records:,} records in all, "
            f"{given:,.0f} MiB of NDJSON: loaded in {self.seconds:,.0f} s "
            f"({self.records / self.seconds:,.0f} a second) within {self.peak:,.0f} MiB of memory; "
            f"{self.size:,.0f} MiB on disk ({self.size / given:.1f} times)"
        )


def synthesis_digest() -> str:
    """The digest of the code that invents records."""
    files = sorted((ROOT / "api").glob("synthe*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:8]


def ndjson(events: int) -> Path:
    """The invented records, as NDJSON."""
    file = BUILD / f"{events}-{SEED}-{synthesis_digest()}.ndjson"
    if not file.exists():
        part = file.with_suffix(".part")
        peak([sys.executable, "-m", "api", "synth", str(events), "--seed", str(SEED)], out=part)
        part.rename(file)
    return file


@contextmanager
def dataset(events: int, engine: str) -> Iterator[Dataset]:
    """A database of invented records on an engine: SQLite's is kept, PostgreSQL's made each time."""
    BUILD.mkdir(parents=True, exist_ok=True)
    if engine == "sqlite":
        yield _on_sqlite(events)
        return
    binaries = postgresql_binaries()
    if binaries is None:
        sys.exit("PostgreSQL's binaries (initdb, postgres) are not here")
    with on_the_servers_core():
        server = running_postgresql(binaries)
        address = server.__enter__()
    try:
        yield loaded(events, new_postgresql_database(address))
    finally:
        server.__exit__(None, None, None)


def _on_sqlite(events: int) -> Dataset:
    folder = BUILD / f"{events}-{SEED}-{rendered_with()}-{synthesis_digest()}"
    file, note = folder / f"{NAME}.db", folder / "loaded.json"
    if note.exists():
        lines = ndjson(events)
        return Dataset(str(file), lines, **json.loads(note.read_text(encoding="utf-8")))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    made = loaded(events, str(file))
    kept = {name: value for name, value in made._asdict().items() if name not in {"url", "lines"}}
    note.write_text(json.dumps(kept), encoding="utf-8")
    return made


def loaded(events: int, url: str) -> Dataset:
    """Load invented records into a database that there is not yet, or that is empty."""
    lines = ndjson(events)
    seconds, memory = peak([sys.executable, "-m", "api", "load", str(lines), "--database", url])
    open_database(url)
    records = execute("SELECT count(*) FROM record").fetchone()[0]
    bytes_of = "pg_database_size(current_database())" if "://" in url else "page_count * page_size"
    source = "" if "://" in url else " FROM pragma_page_count, pragma_page_size"
    size = execute(f"SELECT {bytes_of}{source}").fetchone()[0] / 2**20
    close_database()
    return Dataset(url, lines, events, records, seconds, memory, size)
