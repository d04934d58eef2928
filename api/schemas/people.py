"""People: everyone whom the texts name or single out."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from api.schemas.fields import Reference, Strict, country, date, listed, names, text, vocabulary
from api.schemas.records import Claimed, CommonSchema, RecordSchema, Valued
from models.vocabulary import TIE_KIND

RoleSchema = Strict.from_dict(  # `from` is a word of Python's
    {
        "institution": Reference("institutions", description="The body."),
        "title": text("The office or position."),
        "from": date("Since when."),
        "to": date("Until when."),
        "as_of": date("When they are said to hold it, where only that is known."),
    },
    name="RoleSchema",
)


class TieSchema(Strict):
    """A tie to another person."""

    person = Reference("people", description="The other person.")
    description = text("The other person, where there is no record of one.")
    kind = vocabulary(TIE_KIND, required=True)

    @validates_schema
    def one_only(self, data: dict[str, Any], **_: Any) -> None:
        """A tie is to a person with a record, or to one described."""
        if len(data.keys() & {"person", "description"}) != 1:
            raise ValidationError({"person": ["a tie needs a person or a description, and not both"]})


class PersonFields(RecordSchema):
    """A person's own fields."""

    names = names("Their names as printed, and the spellings that we add.")
    country = country("The country they belong to: ISO 3166-1 alpha-2.")
    roles = listed(fields.Nested(RoleSchema), "The positions they are said to hold or have held.")
    ties = listed(fields.Nested(TieSchema), "Their ties to others.")


class PersonSchema(Claimed, Valued, CommonSchema, PersonFields):
    """Someone whom the texts name or single out."""
