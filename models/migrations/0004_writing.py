"""Writing over HTTP: keys, answers given before, every revision with its moment, and what a record was merged into."""

from typing import Any

from peewee import BlobField, CompositeKey, IntegerField, TextField

from models.database import execute
from models.ledger import ERASED, LAST_CHANGE, NOTHING, Change, append, next_moment
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

SILENT = f"SELECT DISTINCT l.path FROM ledger l WHERE l.payload IS NULL AND l.payload_digest <> ? AND NOT {ERASED}"
"""The records of which payloads were erased and no entry says so as this schema has it."""

LAST_SAID = f"""
SELECT CASE WHEN r.path IS NULL THEN l.action ELSE 'change' END, coalesce(r.input, l.payload),
  coalesce(r.actor, l.actor)
FROM ledger l LEFT JOIN record r ON r.path = l.path WHERE l.seq = {LAST_CHANGE.format("?")}
"""
"""What became of a record at last: action, payload and actor."""


def up(migrator: Any, _database: Any) -> None:
    """From schema 3, where all payloads of a record were erased, and nothing was said of those that it withheld."""
    migrator.migrate(migrator.add_column("removed", "merged_into", TextField(null=True)))
    execute(MERGED)
    drop("search_text")
    create(Revision, AccessKey, Answered, SearchText, Seen, Dirty, Touched)
    execute("INSERT INTO revision (path, revision, updated) SELECT path, revision, updated FROM record")
    _say_what_was_erased()


def _say_what_was_erased() -> None:
    """Add to the ledger what earlier releases did not: each record as it is now, and that its past was erased."""
    at = next_moment()
    silent = sorted(row[0] for row in execute(SILENT, (NOTHING,)).fetchall())
    for path in silent:
        action, payload, actor = execute(LAST_SAID, (path,)).fetchone()
        append([Change(path, action, payload, "as it was when its past had been erased")], actor=actor, at=at)
    append([Change(path, "erase", None, "by an earlier release") for path in silent], actor="migrate", at=at)


LOST = "all keys (make new ones when you return), the moments of all revisions but the last, and kept answers to POSTs"
"""What a way back gives up, which nothing here can make again."""


def down(migrator: Any, _database: Any) -> None:
    """To schema 3, which has no keys, and of each record its last revision alone."""
    drop("revision", "access_key", "answered", "search_text", "seen", "dirty", "touched")
    create(SearchTextBefore)
    migrator.migrate(migrator.drop_column("removed", "merged_into"))
