"""Purges: measures against people, from execution to surveillance, carried out, ordered or only threatened."""

from peewee import TextField

from models.declaration import Resource, ResourceTable, dated
from models.tables import VocabularyField
from models.vocabulary import CHANGE, FORM, PURGE_KIND, PURGE_STAGE, SCOPE


class Purge(ResourceTable):
    """What purges are filtered and sorted by."""

    name = TextField()
    scope = VocabularyField(SCOPE, help_text="Whether the texts are about it, or mention it beside.")
    kind = VocabularyField(PURGE_KIND, help_text="What was done, or is said to have been.")
    form = VocabularyField(FORM, help_text="One event, a series, a practice, or a total over a period.")
    stage = VocabularyField(PURGE_STAGE, null=True, help_text="How far the measure got.")
    change = VocabularyField(CHANGE, null=True, help_text="Which way a practice is said to have moved.")
    when_earliest, when_latest = dated(help_text="When it was done.")

    class Meta:
        """Each index serves one sort of the default list."""

        indexes = (
            (("scope", "id"), False),
            (("scope", "name", "id"), False),
            (("scope", "when_earliest", "when_latest", "id"), False),
            (("scope", "when_latest", "when_earliest", "id"), False),
        )


PURGES = Resource(
    name="purges",
    singular="purge",
    table=Purge,
    may_occur=True,
    has_standing=True,
    values=(
        "stage",
        "change",
        "targets.people",
        "targets.institutions",
        "targets.description",
        "targets.count",
        "by",
        "when",
        "place",
        "method",
        "reason",
        "effects",
        "response",
    ),
    terms={
        "by": ("by",),
        "person": ("targets.people",),
        "institution": ("targets.institutions",),
        "place": ("place.country",),
    },
    searched=("name", "description", "targets.description", "method", "reason", "effects", "response"),
)
