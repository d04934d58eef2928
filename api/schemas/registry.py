"""Every resource's schema, and what the writer and the fixtures are given of them."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from marshmallow import Schema, fields

from api import __version__
from api.schemas.assessments import AssessmentSchema
from api.schemas.claims import ClaimSchema
from api.schemas.defectors import DefectorSchema
from api.schemas.fields import Reference
from api.schemas.indicators import IndicatorSchema
from api.schemas.institutions import InstitutionSchema
from api.schemas.people import PersonSchema
from api.schemas.purges import PurgeSchema
from api.schemas.sources import SourceSchema
from models import wiring
from models.account import OCCURRED
from models.documents import compact
from models.registry import RESOURCE, RESOURCES

SCHEMAS: dict[str, Schema] = {
    "defectors": DefectorSchema(),
    "purges": PurgeSchema(),
    "institutions": InstitutionSchema(),
    "people": PersonSchema(),
    "sources": SourceSchema(),
    "claims": ClaimSchema(),
    "indicators": IndicatorSchema(),
    "assessments": AssessmentSchema(),
}


HAPPENED = (
    "That what the record describes happened, at its stage, or that the figure or judgement was given; records do not "
    "hold it, and what their claims say of it is their `standing`."
)


class Occurred(fields.Boolean):
    """`occurred` is only ever true: that a thing did not happen is a denial of it."""

    default_error_messages = {  # noqa: RUF012 - as marshmallow declares it
        "invalid": "is only ever true: who says that it did not happen denies it (stance: denies)"
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if value is True or value == "true":
            return True
        raise self.make_error("invalid")


@cache
def settable_fields(resource: str) -> dict[str, fields.Field[Any]]:
    """The values that claims can set on a resource's records: dotted name -> the field that reads them."""
    settable = {name: field_at(SCHEMAS[resource], name) for name in RESOURCE[resource].values}
    return (
        {OCCURRED: Occurred(metadata={"description": HAPPENED}), **settable}
        if RESOURCE[resource].may_occur
        else settable
    )


def field_at(schema: Schema, dotted: str) -> fields.Field[Any]:
    """The field at a dotted name, through nested schemas."""
    head, _, rest = dotted.partition(".")
    field = schema.fields[head]
    if not rest:
        return field
    assert isinstance(field, fields.Nested)
    return field_at(field.schema, rest)


def render(resource: str, record: Mapping[str, Any]) -> bytes:
    """A record's document: every public field in order, null or empty where nothing is said."""
    return compact(SCHEMAS[resource].dump(record))


def references(resource: str, record: Mapping[str, Any]) -> Iterator[wiring.Reference]:
    """Every reference in a record, as it is given or served."""
    yield from _references_of(SCHEMAS[resource], record, "", "")


def _references_of(schema: Schema, data: Mapping[str, Any], at: str, named: str) -> Iterator[wiring.Reference]:
    referring = _referring(schema)
    for name, value in data.items():
        if name not in referring:
            continue
        pointer, relation = f"{at}/{name}", f"{named}{name}"
        if relation == "about.sets":
            yield from _references_set(data["record"], value, pointer)
        elif relation == "links.to":
            yield wiring.Reference(pointer, f"links.{data['relation']}", value)
        else:
            yield from _references_in(schema.fields[name], value, pointer, relation)


@cache
def _referring(schema: Schema) -> frozenset[str]:
    """The names of its fields that may hold references: all others are passed over."""
    return frozenset(name for name, field in schema.fields.items() if name == "sets" or _may_refer(field))


def _may_refer(field: fields.Field[Any]) -> bool:
    return _may_refer(field.inner) if isinstance(field, fields.List) else isinstance(field, Reference | fields.Nested)


def _references_in(field: fields.Field[Any], value: Any, at: str, named: str) -> Iterator[wiring.Reference]:
    if value is None:
        return
    if isinstance(field, Reference):
        yield wiring.Reference(at, named, field.target(value))
    elif isinstance(field, fields.List):
        for position, item in enumerate(value):
            yield from _references_in(field.inner, item, f"{at}/{position}", named)
    elif isinstance(field, fields.Nested):
        yield from _references_of(field.schema, value, at, f"{named}.")


def _references_set(record: str, values: Mapping[str, Any], at: str) -> Iterator[wiring.Reference]:
    settable = settable_fields(record.partition("/")[0])
    for name, value in values.items():
        yield from _references_in(settable[name], value, f"{at}/{name}", "sets")


def public_fields(resource: str) -> frozenset[str]:
    """The dotted names that `editorial` and `withheld` may name."""
    own = {name for name, field in SCHEMAS[resource].fields.items() if not field.dump_only}
    return frozenset(own | set(RESOURCE[resource].values)) - {"id", "links", "editorial", "withheld"}


@cache
def rendered_with() -> str:
    """The digest of the schemas and rules that make documents: of the code that holds them."""
    return _digest_of("models", "models.terms", "api.schemas")


@cache
def served_with() -> str:
    """The digest of all code that makes answers, and of the version that they name."""
    return _digest_of("models", "models.terms", "api.schemas", "api.resources", "api")


def _digest_of(*packages: str) -> str:
    digest = hashlib.sha256(__version__.encode())
    for package in packages:
        for file in sorted(files(package).iterdir(), key=lambda file: file.name):
            if file.name.endswith(".py"):
                digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


@cache
def writer_wiring() -> wiring.Wiring:
    """What the writer is given of all this."""
    return wiring.Wiring(
        render=render,
        references=references,
        known_fields={resource.name: public_fields(resource.name) for resource in RESOURCES},
        rendered_with=rendered_with(),
    )
