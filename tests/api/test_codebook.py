"""The codebook holds every field and every value that answers can have, and says of each what is true."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from api.docs import document_text
from models.database import close_database, open_database
from models.registry import RESOURCES

DOCUMENT: dict[str, Any] = json.loads(document_text())
NAMES = [resource.name for resource in RESOURCES]
NOT_HELD = {("defectors", "occurred"), ("purges", "occurred"), ("indicators", "occurred"), ("assessments", "occurred")}
"""What claims set and records do not hold."""

Entry = dict[str, Any]
Key = tuple[str, str]


@pytest.fixture
def reader(sqlite_with_fixtures: str, application: Flask) -> Iterator[FlaskClient]:
    open_database(sqlite_with_fixtures)
    yield application.test_client()
    close_database()


def codebook(client: FlaskClient, query: str = "") -> dict[str, list[Entry]]:
    response = client.get(f"/v1/codebook{query}")
    assert response.status_code == 200, response.text
    found: dict[str, list[Entry]] = response.get_json()
    assert list(found) == ["fields", "values", "vocabularies"]
    return found


def by_field(client: FlaskClient) -> dict[Key, Entry]:
    return {(entry["resource"], entry["field"]): entry for entry in codebook(client)["fields"]}


# --- what the document says, walked on its own ----------------------------------------------------------------------


def component(reference: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def record_schema(resource: str) -> str:
    response = DOCUMENT["paths"][f"/v1/{resource}"]["get"]["responses"]["200"]
    page = component(response["content"]["application/json"]["schema"]["$ref"])
    return str(page["properties"]["data"]["items"]["$ref"])


RECORDS = {record_schema(name) for name in NAMES}


def reference_in(schema: dict[str, Any]) -> str | None:
    """The component that a property is, by itself or with a description or null beside it."""
    return next(
        (one["$ref"] for one in (schema, *schema.get("allOf", ()), *schema.get("anyOf", ())) if "$ref" in one), None
    )


def properties(reference: str, within: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in component(reference)["properties"].items():
        yield within + name, schema
        inner, dotted = schema, within + name
        while "items" in inner or isinstance(inner.get("additionalProperties"), dict):
            dotted += "" if "items" in inner else ".*"
            inner = inner["items"] if "items" in inner else inner["additionalProperties"]
        target = reference_in(inner)
        if target and target not in RECORDS:
            yield from properties(target, f"{dotted}.")


DOCUMENTED: dict[Key, dict[str, Any]] = {
    (name, dotted): schema for name in NAMES for dotted, schema in properties(record_schema(name))
}


def without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without the null beside it."""
    return next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), schema)


def type_in(schema: dict[str, Any]) -> str:
    if reference_in(schema):
        return "object"
    schema = without_null(schema)
    named = schema.get("type", "any")
    one = next(kind for kind in named if kind != "null") if isinstance(named, list) else named
    return f"array of {type_in(schema['items'])}" if one == "array" else one


def enum_in(schema: dict[str, Any]) -> list[str] | None:
    inner = without_null(schema.get("items", schema))
    return [value for value in inner["enum"] if value is not None] if "enum" in inner else None


# --- it is whole ----------------------------------------------------------------------------------------------------


def test_every_property_of_every_record_is_in_it_and_nothing_else(reader: FlaskClient) -> None:
    assert len(DOCUMENTED) > 400
    assert set(by_field(reader)) == set(DOCUMENTED) | NOT_HELD


def test_no_field_stands_in_it_twice(reader: FlaskClient) -> None:
    assert len(by_field(reader)) == len(codebook(reader)["fields"])


def test_types_are_those_of_the_document(reader: FlaskClient) -> None:
    said = {key: entry["type"] for key, entry in by_field(reader).items() if key not in NOT_HELD}
    assert said == {key: type_in(schema) for key, schema in DOCUMENTED.items()}


def test_every_enumeration_of_the_document_is_a_vocabulary_in_it(reader: FlaskClient) -> None:
    terms = defaultdict(list)
    for entry in codebook(reader)["values"]:
        terms[entry["vocabulary"]].append(entry["value"])
    fields = by_field(reader)
    enumerated = {key: values for key, schema in DOCUMENTED.items() if (values := enum_in(schema))}
    assert len(enumerated) > 60
    assert {key: terms[entry["vocabulary"]] for key, entry in fields.items() if entry["vocabulary"]} == enumerated


def test_a_value_names_the_fields_that_may_have_it(reader: FlaskClient) -> None:
    whole = codebook(reader)
    used = {(entry["vocabulary"], name) for entry in whole["values"] for name in entry["fields"]}
    assert used == {(e["vocabulary"], f"{e['resource']}.{e['field']}") for e in whole["fields"] if e["vocabulary"]}


def test_its_rows_are_flat_and_alike(reader: FlaskClient) -> None:
    """As jq and pandas want them: the same keys in each, and no nesting but in examples."""
    for rows in codebook(reader).values():
        for row in rows:
            assert row.keys() == rows[0].keys()
            assert not any(isinstance(value, dict) for key, value in row.items() if key != "example")
            assert row["definition"].endswith((".", "`")), row
            assert "\n" not in row["definition"], row


# --- its examples ---------------------------------------------------------------------------------------------------


FREE = re.compile(r"claims|editorial|withheld|about\.sets|(conflicts|values)\.\*\.value")
"""What holds a record of its own, or whatever keys and values somebody put there."""


def values_in(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in a record by its dotted name, parents too, where there is one."""
    if value in (None, [], {}):
        return
    if isinstance(value, list):
        if at and not at.endswith("*"):
            yield at, value
        for inner in value:
            yield from (found for found in values_in(inner, at) if found[0] != at or not isinstance(inner, dict))
        return
    if at and not at.endswith("*"):
        yield at, value
    if isinstance(value, dict) and not FREE.fullmatch(at):
        for key, inner in value.items():
            step = "*" if at in {"conflicts", "values"} else key
            yield from values_in(inner, f"{at}.{step}" if at else step)


def all_values(client: FlaskClient) -> dict[str, dict[str, list[Any]]]:
    """Path of every record -> its values by dotted name."""
    found: dict[str, dict[str, list[Any]]] = {}
    for name in NAMES:
        scopes = (
            "&scope=subject&scope=background&scope=comparison"
            if "scope" in component(record_schema(name))["properties"]
            else ""
        )
        page = client.get(f"/v1/{name}?limit=500&include=claims{scopes}").get_json()
        assert page["links"]["next"] is None
        for record in page["data"]:
            values = defaultdict(list)
            for dotted, value in values_in(record):
                values[dotted].append(value)
            found[f"{name}/{record['id']}"] = values
    return found


def test_a_field_has_an_example_wherever_a_record_has_a_value(reader: FlaskClient) -> None:
    there = {(path.partition("/")[0], name) for path, values in all_values(reader).items() for name in values}
    exemplified = {key for key, entry in by_field(reader).items() if entry["example"] is not None}
    assert exemplified - NOT_HELD == there
    assert exemplified >= NOT_HELD


def test_a_fields_example_is_what_the_document_says_of_it(reader: FlaskClient) -> None:
    for key, schema in DOCUMENTED.items():
        example = by_field(reader)[key]["example"]
        if example is not None:
            whole = {**schema, "components": DOCUMENT["components"]}
            assert not list(Draft202012Validator(whole).iter_errors(example)), key


def test_a_fields_example_is_a_value_of_some_record(reader: FlaskClient) -> None:
    """Of scalars: of lists and objects parts are shown, and `updated` is another at each loading."""
    values = all_values(reader)
    for (resource, name), entry in by_field(reader).items():
        example = entry["example"]
        if not isinstance(example, dict | list | None) and name != "updated" and (resource, name) not in NOT_HELD:
            assert any(example in one[name] for path, one in values.items() if path.startswith(f"{resource}/")), name


NAMED = re.compile(r"([a-z]+/[a-z0-9-]{1,80}): ")


def test_an_example_of_a_value_names_a_record_that_has_it(reader: FlaskClient) -> None:
    """Wherever a record of the fixtures has the value; else it is a case that is made up, and names none."""
    records, checked = all_values(reader), 0
    for entry in codebook(reader)["values"]:
        having = {
            path
            for path, values in records.items()
            for resource, _, name in (used.partition(".") for used in entry["fields"])
            if path.startswith(f"{resource}/") and entry["value"] in values[name]
        }
        found = NAMED.match(entry["example"])
        where = (entry["vocabulary"], entry["value"])
        if entry["fields"]:
            assert (found is not None) == bool(having), where
        if found:
            assert found[1] in (having if entry["fields"] else records), where
            checked += 1
    assert checked > 190


def test_an_example_of_a_policy_tells_the_status_by_it(reader: FlaskClient) -> None:
    for entry in codebook(reader, "?vocabulary=policy")["values"]:
        path, told = re.fullmatch(r"(\S+): (?:no more than )?([a-z]+), .*", entry["example"]).groups()  # type: ignore[union-attr]
        assert reader.get(f"/v1/{path}").get_json()["standing"][entry["value"]]["status"] == told


def test_an_example_of_a_way_of_coding_names_a_field_so_coded(reader: FlaskClient) -> None:
    fields = by_field(reader)
    for entry in codebook(reader, "?vocabulary=coding")["values"]:
        resource, _, name = entry["example"].partition(":")[0].partition(".")
        assert fields[resource, name]["coding"] == entry["value"]


# --- how fields are coded, and what finds by them -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "field", "coding"),
    [
        ("defectors", "id", "identity"),
        ("purges", "description", "own-words"),
        ("claims", "says", "own-words"),
        ("defectors", "sector", "classification"),
        ("defectors", "party.kind", "classification"),
        ("assessments", "question", "classification"),
        ("claims", "origin.identity", "classification"),
        ("defectors", "party", "by-part"),
        ("claims", "origin", "by-part"),
        ("defectors", "party.count", "set-by-claims"),
        ("defectors", "party.count.least", "set-by-claims"),
        ("purges", "targets", "set-by-claims"),
        ("defectors", "left.edtf", "set-by-claims"),
        ("defectors", "occurred", "set-by-claims"),
        ("defectors", "left.earliest", "computed"),
        ("defectors", "standing.any.status", "computed"),
        ("purges", "corroboration.roots", "computed"),
        ("people", "values.*.claims", "computed"),
        ("sources", "title", "from-the-text"),
        ("claims", "locators.paragraph", "from-the-text"),
        ("people", "links.reason", "accounted-for"),
        ("people", "withheld", "accounted-for"),
        ("institutions", "url", "system"),
        ("institutions", "claims", "system"),
        ("claims", "revision", "system"),
    ],
)
def test_how_a_field_is_coded(reader: FlaskClient, resource: str, field: str, coding: str) -> None:
    assert by_field(reader)[resource, field]["coding"] == coding


def test_what_claims_set_is_what_the_writer_lets_them_set(reader: FlaskClient) -> None:
    for resource in RESOURCES:
        settable = {*resource.values, *(["occurred"] if resource.may_occur else [])}
        coded = {
            name for (of, name), e in by_field(reader).items() if of == resource.name and e["coding"] == "set-by-claims"
        }
        assert settable <= coded
        parents = {name for name in coded if any(one.startswith(f"{name}.") for one in settable)}
        assert {
            name for name in coded - parents if not any(f"{name}.".startswith(f"{one}.") for one in settable)
        } == set()


@pytest.mark.parametrize(
    ("resource", "field", "parameter"),
    [
        ("defectors", "stage", "stage"),
        ("defectors", "people", "person"),
        ("defectors", "institutions", "institution"),
        ("defectors", "left_from.country", "left_from"),
        ("defectors", "left", "left"),
        ("defectors", "left.edtf", None),
        ("defectors", "standing.two-roots.status", "status"),
        ("defectors", "corroboration.independent_roots", "roots"),
        ("defectors", "conflicts", "conflict"),
        ("purges", "targets.people", "person"),
        ("purges", "links.relation", "linked"),
        ("claims", "about.record", "about"),
        ("claims", "origin.identity", "identity"),
        ("claims", "origin.person", "person"),
        ("claims", "chain.source", "via"),
        ("institutions", "part_of", "within_institution"),
        ("people", "roles.institution", "institution"),
        ("people", "ties.kind", None),
    ],
)
def test_what_finds_by_a_field(reader: FlaskClient, resource: str, field: str, parameter: str | None) -> None:
    assert by_field(reader)[resource, field]["filter"] == parameter


def test_what_finds_by_a_field_finds_by_its_example(reader: FlaskClient) -> None:
    found_by = {
        key: entry for key, entry in by_field(reader).items() if entry["filter"] and entry["example"] is not None
    }
    assert len(found_by) > 50
    for (resource, name), entry in found_by.items():
        value = entry["example"]
        if isinstance(value, dict):
            value = value.get("edtf") or next(iter(value))
        value = value[0] if isinstance(value, list) else value
        asked = {entry["filter"]: str(value).lower() if isinstance(value, bool) else str(value)}
        if name.startswith("standing."):
            asked["policy"] = name.split(".")[1]
        response = reader.get(f"/v1/{resource}", query_string=asked)
        assert response.status_code == 200, response.text
        assert response.get_json()["data"], (resource, name)


# --- parts of it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "fields", "vocabularies"),
    [
        ("?resource=people&vocabulary=tie-kind", {("people", "ties.kind")}, {"tie-kind"}),
        ("?field=stage", {("defectors", "stage"), ("purges", "stage")}, {"defector-stage", "purge-stage"}),
        ("?resource=purges&field=stage", {("purges", "stage")}, {"purge-stage"}),
        ("?vocabulary=form&vocabulary=measure", {("purges", "form"), ("indicators", "measure")}, {"form", "measure"}),
        ("?field=origin.identity&field=says", {("claims", "origin.identity"), ("claims", "says")}, {"identity"}),
        ("?vocabulary=certainty", set(), {"certainty"}),
    ],
)
def test_a_part_can_be_asked_for(reader: FlaskClient, query: str, fields: set[Key], vocabularies: set[str]) -> None:
    part = codebook(reader, query)
    assert {(entry["resource"], entry["field"]) for entry in part["fields"]} == fields
    assert {entry["vocabulary"] for entry in part["values"]} == vocabularies
    assert {entry["vocabulary"] for entry in part["vocabularies"]} == vocabularies
    whole = codebook(reader)
    for name, rows in part.items():
        assert [row for row in whole[name] if row in rows] == rows


def test_a_field_comes_with_its_parts(reader: FlaskClient) -> None:
    found = [entry["field"] for entry in codebook(reader, "?resource=defectors&field=left")["fields"]]
    assert found == ["left", *(f"left.{part}" for part in ("edtf", "earliest", "latest", "shape", "basis", "printed"))]


def test_a_resource_comes_with_the_vocabularies_of_its_fields_alone(reader: FlaskClient) -> None:
    part = codebook(reader, "?resource=sources")
    assert {entry["resource"] for entry in part["fields"]} == {"sources"}
    used = {entry["vocabulary"] for entry in part["fields"]} - {None}
    assert (
        {entry["vocabulary"] for entry in part["values"]}
        == used
        == {"relation", "source-kind", "part-kind", "date-shape", "date-basis"}
    )


@pytest.mark.parametrize(
    ("query", "parameter", "nearest"),
    [
        ("resource=defector", "resource", "defectors"),
        ("vocabulary=defector_stage", "vocabulary", "defector-stage"),
        ("field=left.edft", "field", "left.edtf"),
        ("field=stage&field=stge", "field", "stage"),
        ("vocabularies=status", "vocabularies", "vocabulary"),
        ("resource=", "resource", None),
    ],
)
def test_what_is_not_in_it_is_told_with_the_nearest(
    reader: FlaskClient, query: str, parameter: str, nearest: str | None
) -> None:
    response = reader.get(f"/v1/codebook?{query}")
    assert response.status_code == 422
    assert response.content_type == "application/problem+json"
    fault = response.get_json()["errors"][0]
    assert (fault["parameter"], fault.get("nearest")) == (parameter, nearest)
    assert nearest is None or nearest in fault["allowed"]


# --- it depends on no data ------------------------------------------------------------------------------------------


def test_it_is_the_same_over_any_data(client: FlaskClient, sqlite_with_fixtures: str) -> None:
    over_this = client.get("/v1/codebook")
    close_database()
    open_database(sqlite_with_fixtures)
    over_that = client.get("/v1/codebook")
    assert (over_this.data, over_this.headers["ETag"]) == (over_that.data, over_that.headers["ETag"])


def test_it_is_told_before_anything_is_loaded(empty_database: str, application: Flask) -> None:
    response = application.test_client().get("/v1/codebook?vocabulary=stance")
    assert response.status_code == 200
    assert len(response.get_json()["values"]) == 6


def test_it_is_not_sent_twice_and_each_part_has_a_tag_of_its_own(reader: FlaskClient) -> None:
    queries = ["", "?resource=people", "?resource=purges", "?field=stage"]
    tags = {query: reader.get(f"/v1/codebook{query}").headers["ETag"] for query in queries}
    assert len(set(tags.values())) == len(queries)
    for query, tag in tags.items():
        assert reader.get(f"/v1/codebook{query}", headers={"If-None-Match": tag}).status_code == 304
        assert reader.get(f"/v1/codebook{query}", headers={"If-None-Match": '"other"'}).status_code == 200
