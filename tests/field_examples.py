"""The examples of fields in the codebook: of each field the first value that a record has."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from marshmallow import fields

from api.schemas.members import ANY_KEY, Member, members_of

Record = dict[str, Any]


def first_values(resource: str, records: Sequence[Record]) -> dict[str, Any]:
    """Dotted field -> the first value that is there, of all of a resource's fields for which there is one."""
    found = {name: _first_value(records, member) for name, member in members_of(resource).items()}
    return {name: value for name, value in found.items() if value is not None}


def _first_value(records: Sequence[Record], member: Member) -> Any:
    """The first value at a member's name; for one that records do not hold, the first that a claim sets."""
    if member.owner is None:
        holders: Sequence[Record] = [
            about["sets"] for one in records for claim in one["claims"] for about in claim["about"]
        ]
    else:
        holders = records
    values = (value for one in holders for value in _values_at(one, member.name.split(".")))
    return next((_cut(value, member.field) for value in values if value not in (None, [], {})), None)


def _values_at(value: Any, parts: list[str]) -> Iterator[Any]:
    if not parts:
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _values_at(inner, parts)
    elif isinstance(value, dict):
        for inner in value.values() if parts[0] == ANY_KEY else [value.get(parts[0])]:
            yield from _values_at(inner, parts[1:])


def _cut(value: Any, field: Any) -> Any:
    """A value with the first element alone of each list, and of each mapping without fixed keys."""
    if isinstance(field, fields.List) and value:
        return [_cut(value[0], field.inner)]
    if isinstance(field, fields.Dict) and value:
        return {key: _cut(inner, field.value_field) for key, inner in islice(value.items(), 1)}
    if isinstance(field, fields.Nested) and value:
        return {key: _cut(inner, field.schema.fields[key]) for key, inner in value.items()}
    return value
