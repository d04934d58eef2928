"""Hits of a search as they are served: which record, how well it is found, and where."""

from marshmallow import fields

from api.schemas.fields import NamedRecord, Strict, kind_of_record
from api.schemas.names import SyllableSchema
from api.schemas.records import ALL

NAMED, TOLD = 0.4, 0.3
"""Scores: all that is asked for is in its names; it is elsewhere in what is told of it."""


class ReasonSchema(Strict):
    """One place of a record where it was found."""

    field = fields.String(
        required=True,
        metadata={"description": "The field; `refers` where it refers to somebody who bears the name asked for."},
    )
    words = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The words found there, folded; of `names`, the spelling."},
    )
    record = fields.String(
        required=True, allow_none=True, metadata={"description": "Of `refers`: the path of who bears the name."}
    )
    syllables = fields.List(
        fields.Nested(SyllableSchema),
        required=True,
        metadata={"description": "Of a name: why it matched, by syllable; empty where the words are the same."},
    )


class HitSchema(NamedRecord):
    """A record that was found."""

    type = kind_of_record(ALL)
    score = fields.Float(
        required=True,
        metadata={
            "description": f"As /v1/names gives it where the question is its name; {NAMED} where all is found in its "
            f"names; else {TOLD}."
        },
    )
    snippet = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "HTML: where it is found, the words within `<mark>`. Null where it only refers."},
    )
    why = fields.List(
        fields.Nested(ReasonSchema), required=True, metadata={"description": "Every place where it is found."}
    )
