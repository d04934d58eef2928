"""The changes that migrations are made of, on either engine."""

from collections.abc import Sequence

from models.database import create_tables, execute, is_postgresql
from models.tables import Table

CLUSTERED = " WITHOUT ROWID"
"""What SQLite's declaration of a table ends with that is kept in the order of its primary key."""


def create(*tables: type[Table]) -> None:
    """Make tables where they are not there yet."""
    create_tables(tables)


def drop(*names: str) -> None:
    """Do away with tables, and all that is in them."""
    for name in names:
        execute(f"DROP TABLE {name}")


def empty(*names: str) -> None:
    """Do away with what is in tables."""
    for name in names:
        execute(f"DELETE FROM {name}")


def cluster(*names: str, clustered: bool) -> None:
    """Keep tables in the order of their primary keys, or no more. SQLite makes them anew for that; others need not."""
    if is_postgresql():
        return
    for name in names:
        declared = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type = 'index'"
        table, *indexes = [row[0] for row in execute(declared, (name,)).fetchall()]
        execute(f"ALTER TABLE {name} RENAME TO {name}_before")
        execute(table.removesuffix(CLUSTERED) + (CLUSTERED if clustered else ""))
        execute(f"INSERT INTO {name} SELECT * FROM {name}_before")
        execute(f"DROP TABLE {name}_before")
        run(indexes)


def run(statements: Sequence[str]) -> None:
    """Run statements, one after the other."""
    for statement in statements:
        execute(statement)
