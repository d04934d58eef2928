"""Writing over HTTP: keys, answers given before, every revision with its moment, and what a record was merged into."""

from typing import Any

from peewee import BlobField, CompositeKey, IntegerField, TextField

from models.database import execute, set_meta_value
from models.ledger import NOTHING
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


class AccessKey(Table):
    """A key for writing, or for reading where that is closed."""

    id = TextField(primary_key=True)
    actor = TextField()
    digest = TextField()
    scope = TextField()
    resources = TextField(null=True)
    made = TextField()
    expires = TextField(null=True)
    revoked = TextField(null=True)


class Answered(Table):
    """How a POST with an Idempotency-Key was answered."""

    actor = TextField()
    key = TextField()
    request = TextField()
    begun = TextField(index=True)
    mark = TextField(null=True)
    status = IntegerField(null=True)
    headers = TextField(null=True)
    body = BlobField(null=True)

    class Meta:
        """One row for each key of each actor."""

        primary_key = CompositeKey("actor", "key")
        clustered = True


class SearchTextBefore(Table):
    """Of schema 3."""

    path = TextField()
    field = TextField()
    words = TextField()
    surely = TextField(null=True)
    possibly = TextField(null=True)

    class Meta:
        """Made again on the way back."""

        table_name = "search_text"
        primary_key = CompositeKey("path", "field")
        clustered = True


class SearchText(Table):
    """The text of one field, beside its words."""

    path = TextField()
    field = TextField()
    words = TextField()
    texts = TextField(null=True)
    surely = TextField(null=True)
    possibly = TextField(null=True)

    class Meta:
        """Named after what it is searched for."""

        primary_key = CompositeKey("path", "field")
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


MERGED = """
UPDATE removed SET merged_into = (
  SELECT CASE l.action WHEN 'merge' THEN replace(replace(l.payload, '{"into":"', ''), '"}', '') END
  FROM ledger l WHERE l.path = removed.path AND l.action IN ('merge', 'remove') ORDER BY l.seq DESC LIMIT 1
)
"""
"""A database that was at this schema before has merged records on its ledger."""

UNSAID = """
SELECT max(l.seq) FROM ledger l WHERE l.payload IS NULL AND l.payload_digest <> ? AND NOT EXISTS (
  SELECT 1 FROM ledger t JOIN ledger e ON e.path = t.path AND e.seq > t.seq AND e.action = 'erase'
  WHERE t.path = l.path AND t.seq > l.seq AND t.action <> 'erase'
)
"""
"""The last entry whose payload was erased without an entry that says so as this schema has it."""


def up(migrator: Any, _database: Any) -> None:
    """From schema 3, where all payloads of a record were erased, and nothing was said of those that it withheld."""
    migrator.migrate(migrator.add_column("removed", "merged_into", TextField(null=True)))
    execute(MERGED)
    drop("search_text")
    create(Revision, AccessKey, Answered, SearchText, Seen, Dirty, Touched)
    execute("INSERT INTO revision (path, revision, updated) SELECT path, revision, updated FROM record")
    (unsaid,) = execute(UNSAID, (NOTHING,)).fetchone()
    if unsaid is not None:
        set_meta_value("erased_unsaid_until", str(unsaid))


def down(migrator: Any, _database: Any) -> None:
    """To schema 3, which has no keys, and of each record its last revision alone."""
    drop("revision", "access_key", "answered", "search_text", "seen", "dirty", "touched")
    create(SearchTextBefore)
    execute("DELETE FROM meta WHERE key = 'erased_unsaid_until'")
    migrator.migrate(migrator.drop_column("removed", "merged_into"))
