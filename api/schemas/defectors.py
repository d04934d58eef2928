"""Defectors: a person or a party that left, or is said to have."""

from marshmallow import fields

from api.schemas.fields import (
    Strict,
    count_of_people,
    date,
    field_for,
    listed,
    places,
    references,
    text,
    texts,
    vocabulary,
)
from api.schemas.records import Claimed, CommonSchema, Judged, RecordSchema
from models.defectors import Defector
from models.vocabulary import MOTIVE, PARTY_KIND, SECTOR


class PartySchema(Strict):
    """One person, a family, a group or a cohort, and how many."""

    kind = vocabulary(PARTY_KIND, required=True)
    count = count_of_people("How many they are.")


class DefectorFields(RecordSchema):
    """A defector's own fields."""

    scope = field_for(Defector.scope, load_default="subject")
    people = references("people", description="Those who left, as far as they are named or singled out.")
    party = fields.Nested(PartySchema, dump_default=None, metadata={"description": "What left: one or many."})
    stage = field_for(Defector.stage)
    role = text("What they were at the time.")
    institutions = references("institutions", description="The bodies they belonged to at the time.")
    sector = listed(vocabulary(SECTOR), "The fields of work or life they come from.")
    left = date("When they left.")
    arrived = date("When they reached their destination.")
    announced = date("When it was made public.")
    home = places("Where they are from.")
    posted_to = places("Where they were posted.")
    left_from = places("Where the flight began.")
    transit = places("Where it led through.")
    destination = places("Where it led, or was meant to.")
    whereabouts = field_for(Defector.whereabouts)
    motive = listed(vocabulary(MOTIVE), "Why they left, as someone says.")
    carried = texts("What they took along.")
    effects = texts("What followed.")


class DefectorSchema(Claimed, Judged, CommonSchema, DefectorFields):
    """A person or a party that left North Korea, or is said to have."""
