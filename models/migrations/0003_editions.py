"""What a record is in several periods is kept once, and whole lists are counted beforehand."""

from typing import Any

from peewee import SQL, BlobField, BooleanField, CompositeKey, IntegerField, TextField

from models.migrations.changes import cluster, create, drop, empty
from models.tables import Table

DERIVED = ("term", "name", "name_key", "first_known", "search_text")
"""What `rebuild` fills again, and need not be carried over."""

KEPT = ("reference", "fact")


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
    hidden = TextField()

    class Meta:
        """As both schemas have it."""

        primary_key = CompositeKey("path", "bound", "known_from")


class PeriodBefore(Standing):
    """Of schema 2."""

    standing = BlobField()
    claims = TextField()

    class Meta:
        """Made again on the way back."""

        table_name = "period"
        indexes = (
            (("status_any", "bound", "known_from", "path"), False),
            (("status_official", "bound", "known_from", "path"), False),
            (("status_two_roots", "bound", "known_from", "path"), False),
            (("independent_roots", "bound", "known_from", "path"), False),
            (("bound", "known_from", "path"), False),
        )


class Period(Standing):
    """Of schema 3."""

    edition = IntegerField(null=True)
    claims = TextField()

    class Meta:
        """By a status the paths come in the order of lists; by the day on which it changes, in that of changes."""

        table_name = "period"
        clustered = True
        indexes = (
            (("status_any", "bound", "path", "known_from", "known_until"), False),
            (("status_official", "bound", "path", "known_from", "known_until"), False),
            (("status_two_roots", "bound", "path", "known_from", "known_until"), False),
            (("bound", "known_from", "path"), False),
        )


class Edition(Table):
    """What a record's document is in some of its periods."""

    path = TextField()
    number = IntegerField()
    standing = BlobField()
    cuts = TextField(null=True)

    class Meta:
        """Numbered within a record."""

        primary_key = CompositeKey("path", "number")


class Tally(Table):
    """How many records of a resource and scope have a value."""

    resource = TextField()
    field = TextField()
    value = TextField()
    scope = TextField()
    records = IntegerField()

    class Meta:
        """Told by field."""

        primary_key = CompositeKey("resource", "field", "value", "scope")
        clustered = True


Tally.add_index(Tally.resource, where=Tally.records == SQL("0"), name="tally_of_nothing")


def up(_migrator: Any, _database: Any) -> None:
    """From schema 2."""
    empty(*DERIVED)
    cluster(*DERIVED, *KEPT, clustered=True)
    drop("period")
    create(Period, Edition, Tally)


def down(_migrator: Any, _database: Any) -> None:
    """To schema 2."""
    drop("period", "edition", "tally")
    empty(*DERIVED)
    cluster(*DERIVED, *KEPT, clustered=False)
    create(PeriodBefore)
