"""Whole lists as they are answered, for tests that cut, count and walk them in plain Python."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Record = dict[str, Any]
Pairs = Sequence[tuple[str, str]]
"""A query: names and values, in order."""

RESOURCES = ("defectors", "purges", "institutions", "people", "sources", "claims", "indicators", "assessments")
SCOPED = ("defectors", "purges", "indicators", "assessments")
JUDGED = ("defectors", "purges", "indicators")
ALL_SCOPES = (("scope", "subject"), ("scope", "background"), ("scope", "comparison"))
NOW: Pairs = ()
HALF_KNOWN: Pairs = (("known_by", "2015-07-12"),)
BARELY_KNOWN: Pairs = (("known_by", "2015-07-01"), ("known_bound", "possibly"))
MOMENTS = (NOW, HALF_KNOWN, BARELY_KNOWN)
"""Now, and two moments at which the fixtures are known by halves."""


def asked(path: str, *pairs: tuple[str, str]) -> str:
    """The address of an answer below /v1."""
    return f"/v1/{path}?{urlencode(pairs)}" if pairs else f"/v1/{path}"


def answered(response: TestResponse) -> Record:
    """The body of an answer in JSON."""
    assert response.status_code == 200, response.text
    assert response.content_type == "application/json"
    return dict(json.loads(response.data))


def all_of(resource: str) -> Pairs:
    """What asks for all records of a resource, whatever their scope, on one page."""
    return (*(ALL_SCOPES if resource in SCOPED else ()), ("limit", "500"))


def whole(client: FlaskClient, resource: str, *pairs: tuple[str, str]) -> list[Record]:
    """All records of a resource as JSON has them."""
    body = answered(client.get(asked(resource, *all_of(resource), *pairs)))
    assert body["links"]["next"] is None
    return list(body["data"])


def refused(response: TestResponse, parameter: str) -> Record:
    """The one fault of a query that is refused, which must be that of a parameter."""
    assert response.status_code == 422, response.text
    assert response.content_type == "application/problem+json"
    assert [fault["parameter"] for fault in response.json["errors"]] == [parameter]
    return dict(response.json["errors"][0])


def rows_of(data: bytes) -> tuple[list[str], list[list[str]]]:
    """Header and rows of CSV as Python's own reader has them."""
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    assert all(len(row) == len(header) for row in rows)
    return header, rows


def lines_of(data: bytes) -> list[Record]:
    """The records of NDJSON, each of which must end its line."""
    assert not data or data.endswith(b"\n")
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


def every(value: Any, dotted: str) -> Iterator[Any]:
    """Each value at a dotted name, through lists on the way."""
    if isinstance(value, list):
        for item in value:
            yield from every(item, dotted)
    elif dotted and isinstance(value, Mapping):
        head, _, rest = dotted.partition(".")
        yield from every(value.get(head), rest)
    elif not dotted and value is not None:
        yield value


DOCUMENT: Record = {}
"""The service's own documentation, asked for once."""


def enumerated(client: FlaskClient, path: str, name: str) -> list[str]:
    """The values that a parameter may have, as /openapi.json tells."""
    if not DOCUMENT:
        DOCUMENT.update(answered(client.get("/openapi.json")))
    document = DOCUMENT
    shared = document["components"].get("parameters", {})
    given = document["paths"][path]["get"]["parameters"]
    resolved = [shared[p["$ref"].rpartition("/")[2]] if "$ref" in p else p for p in given]
    schema = next((p["schema"] for p in resolved if p["name"] == name and p["in"] == "query"), {})
    return list(schema.get("items", schema).get("enum", ()))


def cut(record: Mapping[str, Any], names: Iterable[str]) -> Record:
    """A record with some of its fields alone, in its own order."""
    kept = {"id", "url", *names}
    return {name: value for name, value in record.items() if name in kept}
