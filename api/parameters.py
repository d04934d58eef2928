"""Reading a request's query: every parameter known, well spelled and given as often as it may be, or a clear 422."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from flask import request
from marshmallow import Schema, ValidationError

from api import as_of
from api.problems import Problem
from api.schemas.parameters import Parameter
from models.vocabulary import nearest

LONGEST = 8_000
MOST_VALUES = 500


def read_query(schema: Schema) -> dict[str, Any]:
    """The query's parameters, typed; a list of values for one that may be repeated.

    What is read after it is what was held at the moment of `as_of`, if that is given. Raises Problem: 400 where the
    query is not UTF-8 or holds NUL, 422 naming each parameter that is at fault, 503 where that moment has to wait.
    """
    given: dict[str, Any] = {}
    faults: list[dict[str, Any]] = []
    tried = _given()
    for name, values in tried.items():
        field = schema.fields.get(name)
        if not isinstance(field, Parameter):
            faults.append(_unknown(name, schema))
            continue
        try:
            given[name] = _read(field, name, values)
        except ValidationError as error:
            faults.append(_fault(name, str(error.messages[0]), field, values))
    faults += [
        _missing(name, field)
        for name, field in schema.fields.items()
        if field.required and name not in given and name not in tried
    ]
    if faults:
        raise Problem(422, "; ".join(f"{fault['parameter']}: {fault['detail']}" for fault in faults), faults)
    if as_of.NAME in given:
        as_of.turn_to(given[as_of.NAME])
    return given


def asked_pairs() -> list[tuple[str, str]]:
    """The query as names and values in order, decoded strictly. Raises Problem (400)."""
    raw = request.environ.get("QUERY_STRING", "")
    return list(_pairs(raw)) if raw else []


@lru_cache(maxsize=64)
def _pairs(raw: str) -> list[tuple[str, str]]:
    """A query string as names and values. One answer asks for them several times."""
    try:
        text = raw.encode("latin-1").decode("utf-8")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_VALUES)
    except UnicodeDecodeError:
        raise Problem(400, "the query is not UTF-8; percent-encode it as UTF-8") from None
    except ValueError:
        raise Problem(400, f"the query has more than {MOST_VALUES} parameters; ask for less at a time") from None


def _given() -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in asked_pairs():
        if "\0" in name or "\0" in value:
            raise Problem(400, f"the parameter {name[:80]!r} holds a NUL character; take it out")
        found.setdefault(name, []).append(value)
    return found


def _read(field: Parameter, name: str, values: list[str]) -> Any:
    if not field.repeated:
        if len(values) > 1:
            raise ValidationError(f"is given {len(values)} times; give it once")
        return field.deserialize(values[0], name)
    return list(dict.fromkeys(field.deserialize(value, name) for value in values))


def _missing(name: str, field: Any) -> dict[str, Any]:
    return {"parameter": name, "detail": f"is missing; give one, such as {name}={field.example}"}


def _unknown(name: str, schema: Schema) -> dict[str, Any]:
    allowed = sorted(schema.fields)
    fault: dict[str, Any] = {"parameter": name[:80], "allowed": allowed}
    close = nearest(name, allowed)
    meant = f"; did you mean {close}?" if close else ""
    listed = f"there are {', '.join(allowed)}" if allowed else "none is taken here"
    return fault | {"detail": f"unknown parameter; {listed}{meant}"} | ({"nearest": close} if close else {})


def _fault(name: str, message: str, field: Parameter, values: list[str]) -> dict[str, Any]:
    fault: dict[str, Any] = {"parameter": name, "detail": message}
    if not field.choices:
        return fault
    wrong = next((value for value in values if value not in field.choices), values[-1])
    close = nearest(wrong, field.choices)
    return fault | {"allowed": list(field.choices)} | ({"nearest": close} if close else {})
