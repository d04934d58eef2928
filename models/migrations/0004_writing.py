"""Every revision with its moment, what a record was merged into, and what a write notes."""

from typing import Any

from peewee import CompositeKey, IntegerField, TextField

from models.database import execute
from models.migrations.changes import create, drop
from models.tables import Table


class Revision(Table):
    """When a record got which revision; of those before this schema only the last is known."""

    path = TextField()
    revision = IntegerField()
    updated = TextField()

    class Meta:
        """Told by path."""

        primary_key = CompositeKey("path", "revision")
        clustered = True


class Noted(Table):
    """Paths that a write notes."""

    path = TextField(primary_key=True)

    class Meta:
        """Looked up by path alone."""

        clustered = True


class Seen(Noted):
    """What it was given."""


class Dirty(Noted):
    """What it must derive."""


class Touched(Noted):
    """Whose days it must find."""


def up(migrator: Any, _database: Any) -> None:
    """From schema 3."""
    migrator.migrate(migrator.add_column("removed", "into", TextField(null=True)))
    create(Revision, Seen, Dirty, Touched)
    execute("INSERT INTO revision (path, revision, updated) SELECT path, revision, updated FROM record")


def down(migrator: Any, _database: Any) -> None:
    """To schema 3, which keeps no revisions before the last, and does not know of merging."""
    drop("revision", "seen", "dirty", "touched")
    migrator.migrate(migrator.drop_column("removed", "into"))
