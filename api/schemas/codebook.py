"""The codebook as it is served: fields, values and vocabularies, each a flat list."""

from marshmallow import Schema, fields

from api.schemas.fields import Strict, vocabulary
from models.vocabulary import CODING


def said(description: str) -> fields.String:
    """A text that is always there."""
    return fields.String(required=True, metadata={"description": description})


def said_or_null(description: str) -> fields.String:
    """A text that may be null."""
    return fields.String(required=True, allow_none=True, metadata={"description": description})


class FieldEntrySchema(Strict):
    """One field of one resource."""

    resource = said("The resource whose records have it.")
    field = said(
        "Its dotted name. Lists do not show in it: `home.country` is the country of each place. `*` stands for any key."
    )
    type = said("Its JSON type; `array of …` for a list. Most may be null, where nothing is said.")
    definition = said("What it means.")
    example = fields.Raw(
        required=True,
        metadata={
            "description": "A value that a record of the fixtures has; of a list, and of a mapping without fixed keys, "
            "the first element alone. Null where no record of the fixtures has one."
        },
    )
    coding = vocabulary(CODING, required=True)
    vocabulary = said_or_null("The vocabulary whose terms are its values, or its list's elements.")
    filter = said_or_null("The parameter of the resource's list that finds by it.")


ValueEntrySchema = Strict.from_dict(  # a member named `fields` would hide the schema's own
    {
        "vocabulary": said("The vocabulary that it is a term of."),
        "value": said("The value itself."),
        "definition": said("When it is chosen."),
        "example": said(
            "A case of it: a record of the fixtures and why it has the value, or one that we made up where none has it."
        ),
        "fields": fields.List(
            fields.String(),
            required=True,
            metadata={"description": "The fields that may have it, as RESOURCE.FIELD; none if only parameters do."},
        ),
    },
    name="ValueEntrySchema",
)
ValueEntrySchema.__doc__ = "One value of one vocabulary."


class VocabularyEntrySchema(Strict):
    """One vocabulary."""

    vocabulary = said("Its name.")
    definition = said("What it is about.")


def _codebook() -> type[Schema]:
    made = Strict.from_dict(
        {
            "fields": fields.List(
                fields.Nested(FieldEntrySchema),
                required=True,
                metadata={"description": "Every field of every resource, in the order of the records."},
            ),
            "values": fields.List(
                fields.Nested(ValueEntrySchema),
                required=True,
                metadata={"description": "Every value of every vocabulary, in its order."},
            ),
            "vocabularies": fields.List(
                fields.Nested(VocabularyEntrySchema),
                required=True,
                metadata={"description": "Every vocabulary that one of the values is of."},
            ),
        },
        name="CodebookSchema",
    )
    made.__doc__ = "What every field and every value means, and how it is coded."
    return made


CodebookSchema = _codebook()
