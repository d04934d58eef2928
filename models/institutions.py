"""Institutions: states and their organs, parties, companies, media, universities, missions."""

from peewee import TextField

from models.declaration import Resource, ResourceTable
from models.tables import VocabularyField
from models.vocabulary import INSTITUTION_KIND


class Institution(ResourceTable):
    """What institutions are filtered and sorted by."""

    name = TextField()
    kind = VocabularyField(INSTITUTION_KIND, help_text="What sort of body it is.")
    country = TextField(null=True, help_text="The country it belongs to.")

    class Meta:
        """The list by name."""

        indexes = ((("name", "id"), False),)


INSTITUTIONS = Resource(
    name="institutions",
    singular="institution",
    table=Institution,
    values=("names", "country", "part_of"),
    terms={"part_of": ("part_of",)},
    searched=("name", "description", "names.text"),
)
