"""The tables that every resource shares; each resource adds one of its own (`models/<resource>.py`)."""

from typing import Any

from peewee import SQL, BigAutoField, BlobField, BooleanField, CompositeKey, IntegerField, Model, TextField

from models.database import DB
from models.vocabulary import Vocabulary

FIRST_DAY, LAST_DAY = "0000-00-00", "9999-12-31"
NOW = "now"
"""The bound of the period row that holds a record's standing from all its claims, dated or not."""


class Table(Model):
    """A table in talbuk's database; a `clustered` one is kept in the order of its primary key, where SQLite can."""

    class Meta:
        """Bound when a database is opened."""

        database = DB
        legacy_table_names = False


class VocabularyField(TextField):
    """A column that holds one term of a closed vocabulary."""

    def __init__(self, vocabulary: Vocabulary, **options: Any) -> None:
        self.vocabulary = vocabulary
        super().__init__(**options)


class Meta(Table):
    """Facts about the database itself."""

    key = TextField(primary_key=True)
    value = TextField()


class Record(Table):
    """Every record as it was given: what everything else is derived from."""

    path = TextField(primary_key=True)
    resource = TextField()
    id = TextField()
    input = TextField()
    revision = IntegerField()
    updated = TextField(index=True)
    under = TextField(null=True, index=True)
    file = TextField(null=True, index=True)
    actor = TextField()


class Removed(Table):
    """The last revision of a path that is gone, so that a record that comes back goes on from there."""

    path = TextField(primary_key=True)
    revision = IntegerField()
    merged_into = TextField(null=True, help_text="The path of the record that it was merged into.")


class Revision(Table):
    """When a record got which revision: what is served of it changed then."""

    path = TextField()
    revision = IntegerField()
    updated = TextField()

    class Meta:
        """Told by path."""

        primary_key = CompositeKey("path", "revision")
        clustered = True


class Seen(Table):
    """The records that a write in progress was given; empty between writes."""

    path = TextField(primary_key=True)

    class Meta:
        """Looked up by path alone."""

        clustered = True


class Dirty(Table):
    """The records whose derived rows a write in progress must make again; empty between writes."""

    path = TextField(primary_key=True)

    class Meta:
        """Looked up by path alone."""

        clustered = True


class Touched(Table):
    """The records whose days a write in progress must find again; empty between writes."""

    path = TextField(primary_key=True)

    class Meta:
        """Looked up by path alone."""

        clustered = True


class Reference(Table):
    """One reference of one record to another: for dangling ones, loops, and what a change affects."""

    path = TextField()
    pointer = TextField()
    relation = TextField()
    target = TextField()

    class Meta:
        """Looked up from both ends."""

        primary_key = CompositeKey("path", "pointer")
        clustered = True
        indexes = ((("target", "relation"), False),)


class Entry(Table):
    """What is served: the record's document, its standing and its claims, each as JSON text in UTF-8."""

    path = TextField(primary_key=True)
    document = BlobField()
    standing = BlobField()
    claims = BlobField()
    digest = TextField()


class Period(Table):
    """A record's standing from `known_from` until before `known_until`, on one bound of what was known."""

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
    hidden = TextField(help_text="JSON: the values that are not shown then, as not yet known or as ours alone.")
    edition = IntegerField(null=True, help_text="What the record's document is then; null where it is that of now.")
    claims = TextField(help_text="JSON: the claims that it begins with and that bear on whether the thing occurred.")

    class Meta:
        """By a status the paths come in the order of lists; by the day on which it changes, in that of changes."""

        primary_key = CompositeKey("path", "bound", "known_from")
        clustered = True
        indexes = (
            (("status_any", "bound", "path", "known_from", "known_until"), False),
            (("status_official", "bound", "path", "known_from", "known_until"), False),
            (("status_two_roots", "bound", "path", "known_from", "known_until"), False),
            (("bound", "known_from", "path"), False),
        )


class Edition(Table):
    """What a record's document is in some of its periods: those in which the same claims count are one edition."""

    path = TextField()
    number = IntegerField()
    standing = BlobField(help_text="JSON: what the document has then beside its fields.")
    cuts = TextField(
        null=True,
        help_text="JSON: the parts of the document that are others then, each as first byte, the one after the last, "
        "and what stands there; null where that hangs on other records too.",
    )

    class Meta:
        """Numbered within a record."""

        primary_key = CompositeKey("path", "number")


class Term(Table):
    """One value that a record can be found by, and from which day that is surely and possibly known."""

    path = TextField()
    field = TextField()
    value = TextField()
    surely = TextField(null=True)
    possibly = TextField(null=True)

    class Meta:
        """Found by value; removed by path."""

        primary_key = CompositeKey("path", "field", "value")
        clustered = True
        indexes = ((("field", "value", "path"), False),)


class Tally(Table):
    """How many records of a resource and scope have a value (see `models.tally`)."""

    resource = TextField()
    field = TextField()
    value = TextField()
    scope = TextField()
    records = IntegerField()

    class Meta:
        """Told by field; what counts nothing any more is found to be removed."""

        primary_key = CompositeKey("resource", "field", "value", "scope")
        clustered = True


Tally.add_index(Tally.resource, where=Tally.records == SQL("0"), name="tally_of_nothing")


class Name(Table):
    """One spelling of a person's or institution's name, as written and folded."""

    path = TextField()
    text = TextField()
    folded = TextField(index=True)
    script = TextField()
    system = TextField()
    surely = TextField(null=True)
    possibly = TextField(null=True)

    class Meta:
        """One row per spelling and system."""

        primary_key = CompositeKey("path", "text", "script", "system")
        clustered = True


class NameKey(Table):
    """A coarse key of a spelling: those that can be one name have a key in common."""

    path = TextField()
    text = TextField()
    key = TextField()

    class Meta:
        """Found by key; removed by path."""

        primary_key = CompositeKey("path", "text", "key")
        clustered = True
        indexes = ((("key", "path"), False),)


class FirstKnown(Table):
    """The days from which a record is surely and possibly known; none for what no dated claim or source leads to."""

    path = TextField(primary_key=True)
    surely = TextField(null=True)
    possibly = TextField(null=True)

    class Meta:
        """Looked up by path alone."""

        clustered = True


class SearchEntry(Table):
    """What search finds a record by, all fields together; each engine has its index over it (`models.database`)."""

    id = BigAutoField()
    path = TextField(unique=True)
    resource = TextField()
    names = TextField(help_text="The folded words of its name and of all spellings of it.")
    body = TextField(help_text="All folded words, and `@path` of everyone that it refers to.")


class SearchText(Table):
    """The text of one field of one record, and from which day it is surely and possibly known."""

    path = TextField()
    field = TextField()
    words = TextField(help_text="Its folded words: what is searched.")
    texts = TextField(
        null=True,
        help_text="As it stands in the document: the field's texts, U+001E between them; empty where one is known from "
        "other days, and has another row. Null where there is no text: of a reference.",
    )
    surely = TextField(null=True)
    possibly = TextField(null=True)

    class Meta:
        """Named after what it is searched for."""

        primary_key = CompositeKey("path", "field")
        clustered = True


class Ledger(Table):
    """Every change, each entry chained to the one before; a payload can be erased and the chain still verifies."""

    seq = IntegerField(primary_key=True)
    at = TextField()
    actor = TextField()
    path = TextField(index=True)
    action = TextField()
    reason = TextField(null=True)
    payload = TextField(null=True)
    salt = TextField(null=True)
    payload_digest = TextField()
    digest = TextField()


class AccessKey(Table):
    """A key for writing, or for reading where that is closed; times are ISO 8601 in UTC, to the second."""

    id = TextField(primary_key=True)
    actor = TextField(help_text="In whose name it writes: what the ledger says.")
    digest = TextField(help_text="The SHA-256 of its secret.")
    scope = TextField()
    resources = TextField(null=True, help_text="JSON: the resources whose records it may change; null for all.")
    made = TextField()
    expires = TextField(null=True)
    revoked = TextField(null=True)


class Answered(Table):
    """How a POST with an Idempotency-Key was answered, or that it is under way."""

    actor = TextField()
    key = TextField()
    request = TextField(help_text="A digest of what was asked.")
    begun = TextField(index=True)
    mark = TextField(null=True, help_text="Of the request that is under way; null once it is answered.")
    status = IntegerField(null=True)
    headers = TextField(null=True, help_text="JSON: pairs of name and value.")
    body = BlobField(null=True, help_text="Null where what it held has been erased since.")

    class Meta:
        """One row for each key of each actor."""

        primary_key = CompositeKey("actor", "key")
        clustered = True


class Fact(Table):
    """What a fixture file says of what it covers."""

    file = TextField()
    name = TextField()
    value = TextField()

    class Meta:
        """One value per file and name."""

        primary_key = CompositeKey("file", "name")
        clustered = True


class LoadedFile(Table):
    """A fixture file that was loaded whole, and its digest: unchanged, it need not be read again."""

    file = TextField(primary_key=True)
    digest = TextField()
    synced = BooleanField(help_text="Whether what it no longer holds was removed with it.")


ALL_TABLES: tuple[type[Table], ...] = (
    Meta, Record, Removed, Revision, Reference, Entry, Period, Edition, FirstKnown, Term, Tally, Name, NameKey,
    SearchEntry, SearchText, Ledger, AccessKey, Answered, Fact, LoadedFile, Seen, Dirty, Touched,
)  # fmt: skip
"""The shared tables; `models.registry` adds one per resource."""
