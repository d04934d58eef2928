"""Indicators: one figure each, with who gives it."""

from peewee import TextField

from models.declaration import Resource, ResourceTable
from models.tables import VocabularyField
from models.vocabulary import MEASURE, SCOPE


class Indicator(ResourceTable):
    """What indicators are filtered and sorted by."""

    name = TextField()
    scope = VocabularyField(SCOPE, help_text="Whether the texts are about it, or mention it beside.")
    measure = VocabularyField(MEASURE, help_text="What sort of figure it is.")
    holder = TextField(null=True, help_text="The person or institution whose figure it is.")

    class Meta:
        """Each index serves one sort of the default list."""

        indexes = ((("scope", "id"), False), (("scope", "name", "id"), False))


INDICATORS = Resource(
    name="indicators",
    singular="indicator",
    table=Indicator,
    may_occur=True,
    has_standing=True,
    values=("value", "unit", "period", "compared_with", "holder", "about"),
    terms={"about": ("about",)},
    searched=("name", "description", "unit"),
)
