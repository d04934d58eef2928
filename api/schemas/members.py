"""Every member of a resource's records, nested ones too, as the schemas declare it: its name, type, meaning, coding."""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from apispec.ext.marshmallow.field_converter import DEFAULT_FIELD_MAPPING
from marshmallow import Schema, fields

from api.schemas.fields import Shape, vocabulary_of
from api.schemas.records import Claimed, CommonSchema, SystemFields
from api.schemas.registry import SCHEMAS, settable_fields
from models.declaration import Resource

ANY_KEY = "*"
"""Stands in a dotted name for the keys of a mapping that has no fixed ones."""


class Member(NamedTuple):
    """One member of a resource's records."""

    name: str
    """Dotted; lists do not show in it: `home.country` is the country of each of a list of places."""
    field: fields.Field[Any]
    owner: Schema | None
    """The schema whose member it is; None for what claims set and records do not hold."""


@cache
def members_of(resource: str) -> dict[str, Member]:
    """All members of a resource's records in their order, then what claims set besides; by dotted name."""
    held = {member.name: member for member in _members(SCHEMAS[resource], "")}
    besides = {name: Member(name, field, None) for name, field in settable_fields(resource).items() if name not in held}
    return {**held, **besides}


def _members(schema: Schema, within: str) -> Iterator[Member]:
    for key, field in schema.fields.items():
        name = f"{within}{field.data_key or key}"
        yield Member(name, field, schema)
        step, inner = _inside(field)
        if inner and type(inner) not in RECORDS:
            yield from _members(inner, f"{name}{step}.")


RECORDS = frozenset(type(schema) for schema in SCHEMAS.values())
"""The schemas of whole records: a record within another has its members described once, under its own resource."""


def _inside(field: fields.Field[Any]) -> tuple[str, Schema | None]:
    """The schema of what a field holds, through lists and mappings, and what these add to dotted names."""
    if isinstance(field, fields.List):
        return _inside(field.inner)
    if isinstance(field, fields.Dict) and field.value_field:
        step, inner = _inside(field.value_field)
        return f".{ANY_KEY}{step}", inner
    return "", field.schema if isinstance(field, fields.Nested) else None


def type_of(field: fields.Field[Any]) -> str:
    """The JSON type of a field's values; `array of …` for a list, `any` where the values have no one type."""
    if isinstance(field, fields.List):
        return f"array of {type_of(field.inner)}"
    if isinstance(field, fields.Nested):
        return "object"
    kind = next(kind for kind in type(field).__mro__ if kind in DEFAULT_FIELD_MAPPING)
    return DEFAULT_FIELD_MAPPING[kind][0] or "any"


def definition_of(field: fields.Field[Any]) -> str:
    """What a field means: its description without its vocabulary's terms, else that of what it holds."""
    description: str | None = field.metadata.get("description")
    terms = vocabulary_of(field)
    if description and terms:
        return description.replace(terms.explained, terms.about)
    if description:
        return description
    _, inner = _inside(field)
    return (inner.__doc__ or "").strip() if inner else ""


SYSTEM = frozenset({"url", *SystemFields().fields, *Claimed().fields})
"""What the system adds to a record, claims or none."""

ACCOUNTED_FOR = frozenset(CommonSchema().fields)
"""What the coder adds with a reason or with claims: links, and the reasons themselves."""


def coding_of(resource: Resource, member: Member) -> str:
    """How the value of a member comes about: a term of the vocabulary `coding`."""
    top = member.name.partition(".")[0]
    if isinstance(member.owner, Shape) and member.name.rpartition(".")[2] in member.owner.computed:
        return "computed"
    if members_of(resource.name)[top].field.dump_only:
        return "system" if top in SYSTEM else "computed"
    if top == "id":
        return "identity"
    if top in ACCOUNTED_FOR:
        return "accounted-for"
    return "own-words" if member.name in resource.own_words else _coded_by(resource, member)


def _coded_by(resource: Resource, member: Member) -> str:
    """How a member is coded that the coder takes from the texts: by itself, or as its parts are."""
    if any(f"{member.name}.".startswith(f"{value}.") for value in settable_fields(resource.name)):
        return "set-by-claims"
    parts = [other for other in members_of(resource.name).values() if other.name.startswith(f"{member.name}.")]
    codings = {coding_of(resource, part) for part in parts} - {"computed"}
    if len(codings) == 1:
        return codings.pop()
    if codings:
        return "by-part"
    return "classification" if vocabulary_of(member.field) else "from-the-text"
