"""The JSON Schema of fixtures, for editors: what a record may hold as it is written."""

import json
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from api.docs import portable
from api.schemas.fields import Shape
from api.schemas.registry import SCHEMAS
from models.registry import RESOURCES

COVERAGE = {
    "type": "object",
    "description": "The paragraphs of a text that hold nothing to code, and why.",
    "properties": {
        "source": {"type": "string"},
        "nothing": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"paragraph": {"type": ["integer", "string"]}, "because": {"type": "string"}},
                "required": ["paragraph", "because"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["source"],
    "additionalProperties": False,
}

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_text() -> str:
    """The JSON Schema of a bundle, as it is committed: indented JSON."""
    defined = definitions()
    schema = {
        "$schema": DIALECT,
        "title": "talbuk fixtures: a bundle, resource by resource",
        "type": "object",
        "properties": {
            **records(),
            "coverage_from": {"type": "string", "description": "The first day that the data covers."},
            "coverage": {"type": "array", "items": COVERAGE},
        },
        "additionalProperties": False,
        "$defs": defined,
    }
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def records() -> dict[str, Any]:
    """The schema of each list of records in a bundle."""
    schemas = {r.name: {"$ref": f"#/$defs/{_name(type(SCHEMAS[r.name]))}"} for r in RESOURCES}
    return {name: {"type": "array", "items": record} for name, record in schemas.items()}


def _name(schema: type[Schema]) -> str:
    return schema.__name__.removesuffix("Schema")


def definitions() -> dict[str, Any]:
    """Every schema as it is given: without what the system adds, with the abbreviations that are read."""
    plugin = MarshmallowPlugin(schema_name_resolver=_name_of)
    spec = APISpec(title="fixtures", version="1", openapi_version="3.1.0", plugins=[plugin])
    assert plugin.converter is not None
    plugin.converter.add_attribute_function(portable)  # type: ignore[no-untyped-call]
    for schema in SCHEMAS.values():
        if _name(type(schema)) not in spec.components.schemas:
            spec.components.schema(_name(type(schema)), schema=schema)
    definitions: dict[str, Any] = spec.to_dict()["components"]["schemas"]
    given = {name: _as_given(definition) for name, definition in definitions.items() if "properties" in definition}
    for shape in _shapes():
        given[_name(shape)] = {"anyOf": [{"type": ["string", "number"]}, given[_name(shape)]]}
    under = _claim_under(given["Claim"])
    for schema in SCHEMAS.values():
        if _name(type(schema)) != "Claim":
            given[_name(type(schema))]["properties"]["claims"] = {
                "type": "array",
                "items": {"$ref": "#/$defs/ClaimUnder"},
            }
    text = json.dumps({**given, "ClaimUnder": under}, ensure_ascii=False)
    text = text.replace("#/components/schemas/", "#/$defs/")
    read: dict[str, Any] = json.loads(text)
    return dict(sorted(read.items()))


def _name_of(schema: Any) -> str:
    found = schema if isinstance(schema, type) else type(schema)
    return _name(found)


def _as_given(definition: dict[str, Any]) -> dict[str, Any]:
    properties = {
        name: {key: value for key, value in inner.items() if key != "readOnly"}
        for name, inner in definition["properties"].items()
        if not inner.get("readOnly")
    }
    given = {"type": "object", "properties": properties, "additionalProperties": False}
    required = [name for name in definition.get("required", []) if name in properties]
    return given | ({"required": required} if required else {})


def _shapes() -> list[type[Shape]]:
    return [shape for shape in Shape.__subclasses__() if shape.bare]


def _claim_under(claim: dict[str, Any]) -> dict[str, Any]:
    """A claim under its record: `sets` in place of `about`, as values or as names of the record's own values."""
    properties = {name: inner for name, inner in claim["properties"].items() if name != "about"}
    properties["sets"] = {
        "description": "The values that it sets: field names for the record's own, or field: value for others.",
        "anyOf": [
            {"type": "object"},
            {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "object"}]}, "minItems": 1},
        ],
    }
    required = [name for name in claim.get("required", []) if name != "about"]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
