"""Sources: documents and statements."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from api.schemas.fields import (
    Reference,
    Slug,
    Strict,
    Whole,
    clean_text,
    date,
    field_for,
    not_empty,
    references,
    text,
    vocabulary,
)
from api.schemas.records import Claimed, CommonSchema, RecordSchema, SystemFields
from models.sources import Source
from models.vocabulary import PART_KIND


class PartSchema(Strict):
    """A part of a document with a date of its own."""

    id = Slug("The part's id, unique in its document.", required=True)
    kind = vocabulary(PART_KIND, required=True)
    published = date("When it was published.")


class HeldSchema(Strict):
    """A text that we could check: its digest and size. The text itself is not ours to copy."""

    sha256 = fields.String(
        required=True,
        validate=validate.Regexp(r"^[0-9a-f]{64}\Z", error="is not 64 hexadecimal digits"),
        metadata={"description": "The digest of the file's bytes."},
    )
    paragraphs = Whole(
        required=True,
        validate=validate.Range(1, 1_000_000),
        metadata={"description": "Its lines that are not blank."},
    )
    characters = Whole(
        required=True,
        validate=validate.Range(1, 1_000_000_000),
        metadata={"description": "Its Unicode code points."},
    )


def apart(parts: list[dict[str, Any]]) -> None:
    """Refuse two parts of one id: a claim could not say in which it stands."""
    if len({part["id"] for part in parts}) < len(parts):
        raise ValidationError("two parts have the same id")


class SourceFields(RecordSchema):
    """A source's own fields."""

    kind = field_for(Source.kind)
    title = text("Its title as printed.")
    publisher = Reference("institutions", description="The institution that published it.")
    authors = references("people", description="Who wrote it or made it.")
    published = date("When it was published.")
    parts = fields.List(
        fields.Nested(PartSchema),
        dump_default=list,
        validate=[not_empty, apart],
        metadata={"description": "Its parts with dates of their own: body, updates, footnotes."},
    )
    cites = references("sources", description="The documents that it cites, quotes or links to.")
    language = fields.String(
        dump_default=None,
        validate=validate.Regexp(r"^[a-z]{2}\Z", error="is no ISO 639-1 code; write en or ko, say"),
        metadata={"description": "Its language: ISO 639-1."},
    )
    address = fields.String(
        dump_default=None,
        validate=[clean_text, validate.URL(schemes={"http", "https"})],
        metadata={"description": "Where it is on the web."},
    )
    held = fields.Nested(HeldSchema, dump_default=None, metadata={"description": "The text, where we could check it."})


class SourceSchema(Claimed, SystemFields, CommonSchema, SourceFields):
    """A document or statement, read by us or only cited."""
