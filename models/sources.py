"""Sources: documents and statements, those we hold and those they cite."""

from peewee import TextField

from models.declaration import Resource, ResourceTable, dated
from models.tables import VocabularyField
from models.vocabulary import SOURCE_KIND


class Source(ResourceTable):
    """What sources are filtered and sorted by."""

    name = TextField()
    kind = VocabularyField(SOURCE_KIND, help_text="What sort of document or statement it is.")
    publisher = TextField(null=True, help_text="The institution that published it.")
    published_earliest, published_latest = dated(help_text="When it was published.")

    class Meta:
        """Each index serves one sort."""

        indexes = (
            (("name", "id"), False),
            (("published_earliest", "published_latest", "id"), False),
            (("published_latest", "published_earliest", "id"), False),
        )


SOURCES = Resource(
    name="sources",
    singular="source",
    table=Source,
    terms={"author": ("authors",), "cites": ("cites",)},
    searched=("name", "description", "title"),
)
