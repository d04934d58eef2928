"""The entries of the codebook: a row for each field, each value and each vocabulary, made of what declares them."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from flask import Flask

from api.field_filters import finders
from api.schemas.fields import vocabulary_of
from api.schemas.members import coding_of, definition_of, members_of, type_of
from models.declaration import Resource
from models.registry import RESOURCES
from models.vocabulary import VOCABULARIES

Entry = dict[str, Any]
Codebook = dict[str, list[Entry]]


@cache
def field_examples() -> dict[str, dict[str, Any]]:
    """Real values, by resource and dotted name: `make docs` takes them from the fixtures."""
    found: dict[str, Any] = json.loads(files("api").joinpath("field_examples.json").read_text(encoding="utf-8"))
    return found


def codebook_of(app: Flask) -> Codebook:
    """The whole codebook of an application, as CodebookSchema has it."""
    described = [entry for resource in RESOURCES for entry in _fields(app, resource)]
    return {"fields": described, "values": list(_values(described)), "vocabularies": list(_vocabularies())}


def _fields(app: Flask, resource: Resource) -> Iterator[Entry]:
    examples, found_by = field_examples().get(resource.name, {}), finders(app, resource)
    for name, member in members_of(resource.name).items():
        terms = vocabulary_of(member.field)
        yield {
            "resource": resource.name,
            "field": name,
            "type": type_of(member.field),
            "definition": definition_of(member.field),
            "example": examples.get(name),
            "coding": coding_of(resource, member),
            "vocabulary": terms.name if terms else None,
            "filter": found_by.get(name),
        }


def _values(described: list[Entry]) -> Iterator[Entry]:
    for name, terms in VOCABULARIES.items():
        used = [f"{entry['resource']}.{entry['field']}" for entry in described if entry["vocabulary"] == name]
        for term in terms.terms:
            yield {"vocabulary": name, **term._asdict(), "fields": used}


def _vocabularies() -> Iterator[Entry]:
    for name, terms in VOCABULARIES.items():
        yield {"vocabulary": name, "definition": terms.about}
