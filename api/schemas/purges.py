"""Purges: measures against people."""

from marshmallow import fields

from api.schemas.fields import Strict, count_of_people, date, field_for, place, references, text, texts
from api.schemas.records import Claimed, CommonSchema, Judged, RecordSchema
from models.purges import Purge


class TargetsSchema(Strict):
    """Whom a measure is against."""

    people = references("people", description="The people it is against.")
    institutions = references("institutions", description="The bodies whose people it is against.")
    description = text("Whom it is against, in our own words.")
    count = count_of_people("How many people it is against.")


class PurgeFields(RecordSchema):
    """A purge's own fields."""

    scope = field_for(Purge.scope, load_default="subject")
    kind = field_for(Purge.kind)
    form = field_for(Purge.form, load_default="event")
    stage = field_for(Purge.stage)
    change = field_for(Purge.change)
    targets = fields.Nested(
        TargetsSchema, dump_default=None, metadata={"description": "The people and bodies it is against."}
    )
    by = references("institutions", "people", description="Who takes the measure.")
    when = date("When it was done.")
    place = place("Where it was done.")
    method = text("How it was done.")
    reason = text("Why, as someone says.")
    effects = texts("What followed.")
    response = texts("How others answered it.")


class PurgeSchema(Claimed, Judged, CommonSchema, PurgeFields):
    """A measure against people: from execution to surveillance, carried out, ordered or only threatened."""
