"""Statistics as they are served: of each value, how many records have it, and how many people these are about."""

from marshmallow import fields

from api.schemas.fields import Strict
from models.vocabulary import STATUS

MOST_GROUPS = 100
"""Groups of overlapping records that are told of each value."""


class GroupSchema(Strict):
    """Records that overlap or may, and how many people they are about together."""

    members = fields.List(fields.String(), required=True, metadata={"description": "Their paths."})
    least = fields.Integer(required=True, metadata={"description": "The largest least of any of them."})
    most = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "The sum of the most of those that are within no other; null where one is open."},
    )
    contradictory = fields.List(
        fields.String(), required=True, metadata={"description": "Members whose counts or links are contradictory."}
    )


class PeopleSchema(Strict):
    """How many people the records are about: never added up where they may be the same."""

    least = fields.Integer(
        required=True, allow_none=True, metadata={"description": "At least so many; null where nothing may be added."}
    )
    most = fields.Integer(
        required=True, allow_none=True, metadata={"description": "At most so many; null where that is open."}
    )
    reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Why there is no total, where there is none."}
    )
    groups = fields.List(
        fields.Nested(GroupSchema),
        required=True,
        metadata={"description": f"The connected groups of overlapping records, the first {MOST_GROUPS}."},
    )
    groups_in_all = fields.Integer(required=True, metadata={"description": "How many groups there are."})


class StatusCountSchema(Strict):
    """How many records have a status."""

    status = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The status; null where no claim counts.", "enum": [*STATUS, None]},
    )
    count = fields.Integer(required=True, metadata={"description": "Records that have it."})


class StatSchema(Strict):
    """How many records have a value, and how many people they are about."""

    value = fields.String(
        required=True, allow_none=True, metadata={"description": "The value; null where there is none."}
    )
    surely = fields.Integer(
        required=True, metadata={"description": "Records that have it; of a year, whose date lies within it."}
    )
    possibly = fields.Integer(
        required=True, metadata={"description": "Records that may have it: of a year, whose date overlaps it."}
    )
    statuses = fields.List(
        fields.Nested(StatusCountSchema),
        required=True,
        metadata={"description": "How many of those that may have it have which status under `policy`."},
    )
    people = fields.Nested(PeopleSchema, required=True)
