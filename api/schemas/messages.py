"""What marshmallow finds wrong with a value: where (a JSON pointer), what is wrong there, and what would be right."""

from collections.abc import Iterator
from typing import Any

from marshmallow import Schema, fields

from api.schemas.fields import not_among

IN_OUR_WORDS = {
    "Missing data for required field.": "is missing",
    "Field may not be null.": "is empty; leave the field out where nothing is said",
    "Not a valid list.": "must be a list, such as [one, two]",
    "Not a valid string.": "must be a text",
    "Not a valid number.": "must be a number in digits, such as 12",
    "Not a valid integer.": "must be a whole number in digits, such as 12",
    "Not a valid mapping type.": "must be a mapping, such as {field: value}",
    "Not a valid URL.": "must be an address, such as https://example.org/report",
    "Invalid input type.": "must be a mapping, such as {field: value}",
}
"""marshmallow's messages -> what is wrong and what would be right."""


def messages(schema: Schema, found: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Marshmallow's messages as (JSON pointer, message); an unknown field is told which there are."""
    if isinstance(found, str):
        found = [found]
    if isinstance(found, list):
        for message in found:
            if isinstance(message, str):
                yield pointer, IN_OUR_WORDS.get(message, message)
            else:
                yield from messages(schema, message, pointer)
        return
    for key, inner in found.items():
        name = str(key)
        if name == "_schema":
            yield from messages(schema, inner, pointer)
        elif inner == ["Unknown field."]:
            allowed = tuple(f.data_key or n for n, f in schema.fields.items() if not f.dump_only)
            yield f"{pointer}/{_token(name)}", f"unknown field: {not_among(name, allowed)}"
        else:
            yield from messages(_inner(schema, name), inner, f"{pointer}/{_token(name)}")


def _inner(schema: Schema, name: str) -> Schema:
    """The schema that the messages under a field are about; the same where the key is a list's position."""
    found = schema.fields.get(name)
    while isinstance(found, fields.List):
        found = found.inner
    return found.schema if isinstance(found, fields.Nested) else schema


def _token(name: str) -> str:
    """A member's name as JSON pointers write it (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")
