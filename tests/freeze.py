"""Keep what a release writes, for the tests of migrations: `python -m tests.freeze RELEASE NAME`.

RELEASE is the folder of a checkout, NAME that of the files: the number of its schema. Its own commands make a small
database on each engine, with changed, removed and erased records, which is written to `tests/models/schemas/` as SQL.
To be done once for each schema, with the last release that writes it, before the next one is begun.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from models.database import SQLITE
from tests.conftest import new_postgresql_database, postgresql_binaries, running_postgresql

SCHEMAS = Path(__file__).parent / "models" / "schemas"
BUNDLE = SCHEMAS / "bundle.yaml"
SAID_OTHERWISE = ("An unsigned newspaper editorial", "A newspaper editorial, unsigned,")
WITHDRAWN = ("      - id: biochemist-doubted\n", "      - id: biochemist-not-believed\n")
ANYWHERE = "/fixtures"
"""The folder that the bundle is said to have been loaded from, whatever that was."""

NO_DATA = ("--", "SET ", "SELECT pg_catalog", "\\")
"""How the lines of a dump of PostgreSQL begin that make no table and fill none."""


def freeze(release: Path, name: str) -> None:
    """Write the database that a release makes of the bundle, as SQL, on each engine."""
    binaries = postgresql_binaries()
    assert binaries, "needs PostgreSQL's binaries"
    with TemporaryDirectory() as folder, running_postgresql(binaries) as server:
        file = Path(folder) / "talbuk.db"
        url = new_postgresql_database(server)
        for database in (str(file), url):
            make(release.resolve(), Path(folder), database)
        for engine, statements in (
            ("sqlite", sqlite_statements(file)),
            ("postgresql", postgresql_statements(binaries, url)),
        ):
            text = "".join(f"{statement}\n" for statement in statements).replace(folder, ANYWHERE)
            (SCHEMAS / f"{name}.{engine}.sql").write_text(text, encoding="utf-8")


def make(release: Path, folder: Path, database: str) -> None:
    """Load the bundle, load it changed, and erase a record, by a release's own commands."""
    bundle = folder / "bundle.yaml"
    text = BUNDLE.read_text(encoding="utf-8")
    for command in (
        ("load", bundle.name),
        ("load", "--sync", bundle.name),
        ("erase", "people/biochemical-researcher", "--reason", "A test of erasing."),
    ):
        bundle.write_text(text, encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", "api", *command, "--database", database],
            cwd=folder, env={**os.environ, "PYTHONPATH": str(release)}, check=True,
        )  # fmt: skip
        text = text.replace(*SAID_OTHERWISE).replace(*WITHDRAWN)


def sqlite_statements(file: Path) -> Iterator[str]:
    """What makes an equal SQLite database; the search index is filled by its triggers."""
    with SQLITE.connect(file) as connection:
        made = (
            "SELECT sql, name, type FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'search_index!_%' "
            "ESCAPE '!' ORDER BY type = 'index', type = 'trigger', sql LIKE 'CREATE VIRTUAL%', name"
        )
        rows = connection.execute(made).fetchall()
        yield from (f"{sql};" for sql, _, _ in rows)
        for sql, name, kind in rows:
            if kind == "table" and not sql.startswith("CREATE VIRTUAL"):
                yield from _inserts(connection, name)
    connection.close()


def _inserts(connection: SQLITE.Connection, table: str) -> Iterator[str]:
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})").fetchall()]
    quoted = " || ',' || ".join(f'quote("{column}")' for column in columns)
    for (values,) in connection.execute(f"SELECT {quoted} FROM {table}").fetchall():
        yield f"INSERT INTO {table} VALUES ({values});"


def postgresql_statements(binaries: Path, url: str) -> Iterator[str]:
    """What makes an equal PostgreSQL database."""
    beside = (binaries / "initdb").resolve().parent
    dump = [beside / "pg_dump", "--inserts", "--no-owner", "--no-privileges", "--dbname", url]
    text = subprocess.run(dump, check=True, capture_output=True, text=True).stdout
    return (line for line in text.splitlines() if line and not line.startswith(NO_DATA))


if __name__ == "__main__":
    freeze(Path(sys.argv[1]), sys.argv[2])
