"""What every record has in common, in and out."""

from collections.abc import Callable
from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from api.schemas.fields import OneOf, Reference, Slug, Strict, clean_text, listed, text, vocabulary
from models.registry import RESOURCES
from models.vocabulary import POLICY, RELATION, STATUS

ON_REQUEST = {"claims": "include", "later": "known_by", "status": "policy"}
"""Members that records in lists have only where a parameter asks for them, and which does."""

ALL = tuple(resource.name for resource in RESOURCES)
LINKED = tuple(name for name in ALL if name != "claims")


def one_line(value: str) -> None:
    """Refuse line breaks and tabs in a name."""
    if any(c in value for c in "\n\t\x85\u2028\u2029"):
        raise ValidationError("has a line break or a tab; write it on one line")


class LinkSchema(Strict):
    """A link to another record, with the claims or the reason behind it."""

    to = Reference(*LINKED, description="The record that it leads to.", required=True)
    relation = vocabulary(RELATION, required=True)
    claims = listed(Reference("claims", description="A claim behind it."), "The claims that make the link.")
    reason = text("Why we link them, where no claim does.")

    @validates_schema
    def grounded(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a link that nobody accounts for."""
        if not data.keys() & {"claims", "reason"}:
            raise ValidationError({"reason": ["a link needs the `claims` behind it, or a `reason`"]})


def reasons(description: str) -> fields.Dict:
    """A mapping from field names to reasons."""
    return fields.Dict(
        keys=fields.String(validate=clean_text),
        values=fields.String(validate=[clean_text, validate.Length(max=2000)]),
        dump_default=dict,
        metadata={"description": description},
    )


def status(description: str) -> fields.String:
    """A status, or null where no claim counts."""
    return fields.String(
        dump_default=None,
        allow_none=True,
        required=True,
        validate=OneOf(STATUS),
        metadata={"description": description},
    )


class VerdictSchema(Strict):
    """A status and the claims that make it."""

    status = status(STATUS.explained)
    because = fields.List(
        Slug("The id of a claim behind it."),
        required=True,
        metadata={"description": "The ids of the claims that make it so."},
    )


def by_policy(inner: Callable[[str], fields.Field[Any]], name: str) -> type[Strict]:
    """A mapping with one member per policy, each described by what the policy demands."""
    members = {term.value: inner(f"By the policy `{term.value}`. {term.definition}") for term in POLICY.terms}
    return Strict.from_dict(members, name=name)  # type: ignore[return-value]


StandingSchema = by_policy(
    lambda text: fields.Nested(VerdictSchema, required=True, metadata={"description": text}), "Standing"
)
StatusesSchema = by_policy(status, "Statuses")


class CorroborationSchema(Strict):
    """How many claims, documents and roots assert that it occurred, and how many roots are independent."""

    claims = fields.Integer(required=True, metadata={"description": "Claims that assert it, weak ones included."})
    documents = fields.Integer(required=True, metadata={"description": "Outermost documents that they come through."})
    roots = fields.Integer(required=True, metadata={"description": "Different roots: who first says so."})
    independent_roots = fields.Integer(
        required=True, metadata={"description": "The most roots that are independent of one another."}
    )
    anonymous_only = fields.Boolean(
        required=True, metadata={"description": "Whether all roots are anonymous or unstated."}
    )


class JudgedValueSchema(Strict):
    """One value of a field, its standing under each policy, and the claims that set it."""

    value = fields.Raw(required=True, metadata={"description": "The value, in the shape of its field."})
    status = fields.Nested(
        StatusesSchema, required=True, metadata={"description": "Its status; null where it is ours, not a claim's."}
    )
    claims = fields.List(fields.String(), required=True, metadata={"description": "The ids of the claims that set it."})


class AnyRecordSchema(Strict):
    """What all records have, claims too."""

    id = Slug("The record's readable id, unique in its resource.", required=True)
    url = fields.String(dump_only=True, metadata={"description": "Where the record is, from the root of this service."})


class SystemFields(Strict):
    """What the system adds at the end of every record."""

    revision = fields.Integer(
        dump_only=True, metadata={"description": "Counts the changes of what is served of this record."}
    )
    updated = fields.String(
        dump_only=True, metadata={"format": "date-time", "description": "When it last changed, UTC."}
    )


def _claim_schema() -> Schema:
    from api.schemas.claims import ClaimSchema

    return ClaimSchema()


@cache
def _included_schema() -> Schema:
    from api.schemas.registry import SCHEMAS

    members = {name: fields.List(fields.Nested(type(schema))) for name, schema in SCHEMAS.items()}
    return Strict.from_dict(members, name="IncludedSchema")()  # type: ignore[arg-type]


class Including(Strict):
    """The records that others refer to."""

    included = fields.Nested(
        _included_schema,
        dump_only=True,
        metadata={"description": "With `include`: the records of these kinds that are referred to, once each."},
    )


class Claimed(Strict):
    """The claims about a record: always with a single record, in lists with `include=claims`."""

    claims = fields.List(
        fields.Nested(_claim_schema),
        dump_only=True,
        metadata={"description": "The claims about it, by id; in lists only with `include=claims`."},
    )


class RecordSchema(AnyRecordSchema):
    """What all records but claims have."""

    name = fields.String(
        required=True,
        validate=[clean_text, one_line, validate.Length(max=200)],
        metadata={"description": "What we call it, in our own words."},
    )
    description = text("What it is, in our own words.")


class CommonSchema(Strict):
    """What follows a record's own fields."""

    links = listed(fields.Nested(LinkSchema), "Links to other records.")
    editorial = reasons("Field -> why we, not a claim, set or chose its value.")
    withheld = reasons("Field -> why it is left out everywhere, to do no harm.")


def values_by_field(description: str) -> fields.Dict:
    """A mapping from dotted field names to values with their standing."""
    return fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Nested(JudgedValueSchema)),
        dump_only=True,
        metadata={"description": description},
    )


def conflicts() -> fields.Dict:
    """What claims set otherwise than the record shows."""
    return values_by_field("Fields for which claims set different values: field -> all of them.")


def values() -> fields.Dict:
    """What each value of a record rests on."""
    return values_by_field("What each value rests on: field -> each value with its status and claims.")


def later() -> fields.List[Any]:
    """What of a record was to come."""
    description = "With `known_by`: values not yet known then, such as `left` or `people[1]`."
    return fields.List(fields.String(), dump_only=True, metadata={"description": description})


class Valued(SystemFields):
    """What the system adds to a record whose fields claims set."""

    conflicts = conflicts()
    values = values()
    later = later()


class Judged(SystemFields):
    """What the system adds to a record that may or may not have occurred."""

    standing = fields.Nested(
        StandingSchema,
        dump_only=True,
        metadata={"description": "What the claims that it occurred add up to, under each policy."},
    )
    corroboration = fields.Nested(
        CorroborationSchema, dump_only=True, metadata={"description": "Roots, not articles, are what counts."}
    )
    conflicts = conflicts()
    values = values()
    later = later()
    status = fields.String(
        dump_only=True,
        allow_none=True,
        validate=OneOf(STATUS),
        metadata={"description": "With `policy`: its status under it; null where no claim counts."},
    )
