"""Defectors: a person or a party that left, or is said to have."""

from peewee import TextField

from models.declaration import Resource, ResourceTable, dated
from models.tables import VocabularyField
from models.vocabulary import DEFECTOR_STAGE, SCOPE, WHEREABOUTS


class Defector(ResourceTable):
    """What defectors are filtered and sorted by."""

    name = TextField()
    scope = VocabularyField(SCOPE, help_text="Whether the texts are about it, or mention it beside.")
    stage = VocabularyField(DEFECTOR_STAGE, null=True, help_text="How far the flight is said to have got.")
    whereabouts = VocabularyField(WHEREABOUTS, null=True, help_text="Where they are, as last said.")
    left_earliest, left_latest = dated(help_text="When they left.")
    arrived_earliest, arrived_latest = dated(help_text="When they reached their destination.")

    class Meta:
        """Each index serves one sort of the default list."""

        indexes = (
            (("scope", "id"), False),
            (("scope", "name", "id"), False),
            (("scope", "left_earliest", "left_latest", "id"), False),
            (("scope", "left_latest", "left_earliest", "id"), False),
            (("scope", "arrived_earliest", "arrived_latest", "id"), False),
            (("scope", "arrived_latest", "arrived_earliest", "id"), False),
        )


DEFECTORS = Resource(
    name="defectors",
    singular="defector",
    table=Defector,
    may_occur=True,
    has_standing=True,
    values=(
        "people",
        "party.count",
        "stage",
        "role",
        "institutions",
        "left",
        "arrived",
        "announced",
        "home",
        "posted_to",
        "left_from",
        "transit",
        "destination",
        "whereabouts",
        "motive",
        "carried",
        "effects",
    ),
    terms={
        "person": ("people",),
        "institution": ("institutions",),
        "sector": ("sector",),
        "motive": ("motive",),
        "left_from": ("left_from.country",),
        "destination": ("destination.country",),
    },
    searched=("name", "description", "role", "carried", "effects"),
)
