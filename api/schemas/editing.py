"""What writes take and give beside records: why it is done, what it is merged into or turned back to, what is left."""

from typing import Any

from marshmallow import Schema, fields, validate

from api.schemas.fields import SLUG, Strict
from api.schemas.parameters import LINE, Parameter, clean
from api.schemas.queries import PastQuery
from api.schemas.records import one_line
from models.declaration import Resource


class Reason(Parameter):
    """Why something is done: a text on one line."""

    def __init__(self, description: str, **options: Any) -> None:
        super().__init__(description, "Told twice.", metadata=dict(LINE), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        one_line(value)
        return clean(value)


class InputQuery(PastQuery):
    """What the input of a record takes."""

    def __init__(self, resource: Resource) -> None:
        super().__init__()
        self.resource = resource


class WriteQuery(Schema):
    """What every write takes."""

    reason = Reason("Why, for the ledger, where it stays for good: nothing erases it.")


class RemovalQuery(Schema):
    """What a write takes that must be accounted for."""

    reason = Reason(
        "Why, for whoever asks for the record and for the ledger, where it stays for good: nothing erases it.",
        required=True,
    )


def _number(description: str, example: int) -> fields.Integer:
    return fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 2**63 - 1, error="must be a number from 1 to 2^63 - 1"),
        metadata={"description": description, "example": example},
    )


class MergeBody(Strict):
    """Which record it is merged into."""

    into = fields.String(
        required=True,
        validate=validate.Regexp(SLUG, error="is not an id; write 1 to 80 of a-z, 0-9 and -"),
        metadata={"description": "The id of the record that stays.", "example": "thae-yong-ho"},
    )
    revision = _number("Which revision you have seen of the record that stays.", 1)


class RevertBody(Strict):
    """What it is turned back to."""

    entry = _number("The entry of the ledger whose record it is to be again.", 12)


class TombstoneSchema(Strict):
    """What is left of a record that was removed."""

    path = fields.String(required=True, metadata={"description": "Its path."})
    entry = fields.Integer(required=True, metadata={"description": "The entry of the ledger that says so."})
    at = fields.String(required=True, metadata={"description": "When it was removed."})
    actor = fields.String(required=True, metadata={"description": "Who removed it."})
    reason = fields.String(required=True, metadata={"description": "Why."})


class ErasureSchema(Strict):
    """What was erased of a record's past."""

    path = fields.String(required=True, metadata={"description": "The record's path."})
    erased = fields.Integer(
        required=True,
        metadata={"description": "Entries of the ledger whose content is gone, with its claims'."},
    )
    served = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether the record is served still: what is served of it now stays, in the ledger too. "
            "Withhold the field, which erases its past too, or remove the record and erase it then."
        },
    )


WRITE_QUERY, REMOVAL_QUERY = WriteQuery(), RemovalQuery()
MERGE_BODY, REVERT_BODY = MergeBody(), RevertBody()
