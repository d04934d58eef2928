"""What was known on a day, and search."""

from typing import Any

from peewee import BigAutoField, BlobField, BooleanField, CompositeKey, IntegerField, TextField

from models.database import execute, is_postgresql
from models.migrations.changes import create, drop, run
from models.tables import Table


class Standing(Table):
    """A record's standing in a period, as both schemas have it."""

    path = TextField()
    bound = TextField()
    known_from = TextField()
    known_until = TextField()
    status_any = TextField(null=True)
    status_official = TextField(null=True)
    status_two_roots = TextField(null=True)
    roots = IntegerField()
    independent_roots = IntegerField()
    anonymous_only = BooleanField()
    conflicts = TextField()

    class Meta:
        """As both schemas have it."""

        primary_key = CompositeKey("path", "bound", "known_from")
        indexes = (
            (("status_any", "bound", "known_from", "path"), False),
            (("status_official", "bound", "known_from", "path"), False),
            (("status_two_roots", "bound", "known_from", "path"), False),
            (("independent_roots", "bound", "known_from", "path"), False),
        )


class PeriodBefore(Standing):
    """Of schema 1."""

    later = TextField()

    class Meta:
        """Made again on the way back."""

        table_name = "period"


class Period(Standing):
    """Of schema 2."""

    hidden = TextField()
    standing = BlobField()
    claims = TextField()

    class Meta:
        """Changes of standing are read by day."""

        table_name = "period"
        indexes = (*Standing._meta.indexes, (("bound", "known_from", "path"), False))


class NameKey(Table):
    """The first databases of schema 1 have none."""

    path = TextField()
    text = TextField()
    key = TextField()

    class Meta:
        """Found by key."""

        primary_key = CompositeKey("path", "text", "key")
        indexes = ((("key", "path"), False),)


class FirstKnown(Table):
    """The days from which a record is known."""

    path = TextField(primary_key=True)
    surely = TextField(null=True)
    possibly = TextField(null=True)


class SearchEntry(Table):
    """The words that a record is found by."""

    id = BigAutoField()
    path = TextField(unique=True)
    resource = TextField()
    names = TextField()
    body = TextField()


class Fact(Table):
    """What a file says of what it covers; the first databases of schema 1 have that in `meta`."""

    file = TextField()
    name = TextField()
    value = TextField()

    class Meta:
        """One value per file and name."""

        primary_key = CompositeKey("file", "name")


SEARCH_INDEX = {
    "sqlite": (
        "CREATE VIRTUAL TABLE search_index USING fts5(names, body, content='search_entry', content_rowid='id', "
        "tokenize=\"ascii tokenchars '@/-'\", detail=column)",
        "CREATE TRIGGER search_added AFTER INSERT ON search_entry BEGIN "
        "INSERT INTO search_index (rowid, names, body) VALUES (new.id, new.names, new.body); END",
        "CREATE TRIGGER search_removed AFTER DELETE ON search_entry BEGIN "
        "INSERT INTO search_index (search_index, rowid, names, body) "
        "VALUES ('delete', old.id, old.names, old.body); END",
    ),
    "postgresql": (
        "ALTER TABLE search_entry "
        "ADD COLUMN names_index tsvector GENERATED ALWAYS AS (array_to_tsvector(string_to_array(names, ' '))) STORED, "
        "ADD COLUMN body_index tsvector GENERATED ALWAYS AS (array_to_tsvector(string_to_array(body, ' '))) STORED",
        "CREATE INDEX search_entry_names_index ON search_entry USING gin (names_index)",
        "CREATE INDEX search_entry_body_index ON search_entry USING gin (body_index)",
    ),
}


def up(migrator: Any, database: Any) -> None:
    """From schema 1, whichever of its forms."""
    if "synced" not in {column.name for column in database.get_columns("loaded_file")}:
        migrator.migrate(migrator.add_column("loaded_file", "synced", BooleanField(default=False)))
    create(NameKey, FirstKnown, SearchEntry, Fact)
    run(SEARCH_INDEX["postgresql" if is_postgresql() else "sqlite"])
    _facts_of_their_own()
    drop("period")
    create(Period)


def _facts_of_their_own() -> None:
    """What a file covers is said beside its name, no more in `meta`; which file that was, its name tells."""
    named = "coalesce((SELECT min(file) FROM loaded_file WHERE file LIKE '%coverage%'), '')"
    facts = "key IN ('coverage', 'coverage_from')"
    execute(f"INSERT INTO fact (file, name, value) SELECT {named}, key, value FROM meta WHERE {facts}")
    execute(f"DELETE FROM meta WHERE {facts}")


def down(_migrator: Any, _database: Any) -> None:
    """To schema 1 in its last form."""
    if not is_postgresql():
        drop("search_index")
    drop("search_entry", "first_known", "period")
    create(PeriodBefore)
