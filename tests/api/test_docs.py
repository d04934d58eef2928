"""The OpenAPI document is valid, tells all there is and nothing else, and is true of the answers."""

import copy
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from api.app import create_app
from api.docs import build_document, document_text
from api.operations import Operation
from models.database import close_database, open_database
from models.registry import RESOURCES
from tests.conftest import missing

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT: dict[str, Any] = json.loads(document_text())
EVERY: dict[str, dict[str, Any]] = {
    (path if method == "get" else f"{method.upper()} {path}"): operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}
"""Every operation by its path, with the method before it where that is not GET."""
OPERATIONS = {name: operation for name, operation in EVERY.items() if not operation["security"]}
"""Those that take no key: they read."""
WRITES = {name: operation for name, operation in EVERY.items() if name not in OPERATIONS}
SCOPED = [path for path, one in OPERATIONS.items() if "scope" in [p["name"] for p in one["parameters"]]]


@pytest.fixture
def reader(sqlite_with_fixtures: str, application: Flask) -> Iterator[FlaskClient]:
    open_database(sqlite_with_fixtures)
    yield application.test_client()
    close_database()


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """What a `$ref` in the document stands for."""
    found: Any = node
    while "$ref" in found:
        found, parts = DOCUMENT, found["$ref"].removeprefix("#/").split("/")
        for part in parts:
            found = found[part]
    return dict(found)


def split(name: str) -> tuple[str, str]:
    """The method and the path of an operation."""
    method, _, path = name.rpartition(" ")
    return method or "GET", path


NEEDED = {
    "known_bound": ("known_by", "2016-09-01"),
    "later": ("known_by", "2016-09-01"),
    "status": ("policy", "any"),
    "claims": ("include", "claims"),
}
"""What some parameters, and some values of `fields`, need beside them."""


def asked(client: FlaskClient, name: str, more: str = "", **query: str) -> TestResponse:
    """Ask an operation with the document's own examples for what it needs, and more."""
    method, _ = split(name)
    url = address(name, **query)
    sent = OPERATIONS[name].get("requestBody")
    body = {"json": sent["content"]["application/json"]["example"]} if sent else {}
    return client.open(f"{url}{'&' if '?' in url else '?'}{more}" if more else url, method=method, **body)


def address(name: str, **query: str) -> str:
    """An operation's path with the document's own examples for what it needs, and a query."""
    parameters, (_, path) = EVERY[name]["parameters"], split(name)
    for parameter in parameters:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
    needed = {p["name"]: p["example"] for p in parameters if p["in"] == "query" and p.get("required")}
    taken = {p["name"]: p["schema"] for p in parameters}
    for asked_for in (*query, query.get("fields", "")):
        further, value = NEEDED.get(asked_for, ("", ""))
        if (
            further in taken
            and value in taken[further].get("items", {}).get("enum", [value])
            and "/history" not in path
        ):
            needed[further] = value
    encoded = urlencode(needed | query)
    return f"{path}?{encoded}" if encoded else path


def schema_faults(operation: dict[str, Any], response: TestResponse) -> list[str]:
    """Where an answer is not what the document says of it: status, media type, headers, schema."""
    documented = resolved(operation["responses"][str(response.status_code)])
    media_type, content = next(iter(documented["content"].items()))
    faults = [] if response.content_type == media_type else [response.content_type]
    faults += [name for name in documented.get("headers", {}) if name not in response.headers and name != "Link"]
    return faults + faults_of(content["schema"], json.loads(response.data))


def faults_of(schema: dict[str, Any], value: Any) -> list[str]:
    whole = {**schema, "components": DOCUMENT["components"]}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(whole).iter_errors(value)]


# --- the document ---------------------------------------------------------------------------------------------------


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)
    assert DOCUMENT["openapi"] == "3.1.0"


def test_the_document_is_made_once_and_not_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes an eighth of the start, and most servers are never asked."""
    made: list[Flask] = []

    def counted(app: Flask) -> dict[str, Any]:
        made.append(app)
        return build_document(app)

    monkeypatch.setattr("api.docs.build_document", counted)
    client = create_app().test_client()
    assert client.get("/healthz").status_code == 200
    assert not made
    assert client.get("/openapi.json").json == client.get("/openapi.json").json == DOCUMENT
    assert made == [client.application]


def test_what_is_served_is_the_document(reader: FlaskClient) -> None:
    """Flasgger adds nothing of its own: no /tos, no definitions."""
    response = reader.get("/openapi.json")
    assert response.status_code == 200
    assert response.content_type == "application/json"
    assert response.json == DOCUMENT
    assert list(response.json["paths"]) == list(DOCUMENT["paths"])
    tag = response.headers["ETag"]
    assert reader.get("/openapi.json", headers={"If-None-Match": tag}).status_code == 304


def test_every_rule_is_documented_and_every_documented_path_is_there(application: Flask) -> None:
    rules = {re.sub(r"<(\w+:)?(\w+)>", r"{\2}", rule.rule) for rule in application.url_map.iter_rules()}
    under = {rule for rule in rules if rule.startswith("/v1")}
    others = ["", "/names", "/codebook", "/search", "/timeline", "/stats", "/bundles"]
    others += ["/changes", "/changes/standing", "/claims/{slug}/chain"]
    judged = [resource for resource in RESOURCES if resource.has_standing]
    assert len(under) == len(others) + 9 * len(RESOURCES) - 1 + len(judged)
    assert set(DOCUMENT["paths"]) == under | {"/healthz", "/readyz"}
    documented = {(path, method.upper()) for path, item in DOCUMENT["paths"].items() for method in item}
    assert documented == {
        (re.sub(r"<(\w+:)?(\w+)>", r"{\2}", rule.rule), method)
        for rule in application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/v1") or rule.rule in {"/healthz", "/readyz"}
    }


@pytest.mark.parametrize("path", OPERATIONS)
def test_an_operation_has_what_a_reader_needs(path: str) -> None:
    operation = OPERATIONS[path]
    assert operation["summary"]
    assert operation["description"].endswith(".")
    assert operation["tags"][0] in [tag["name"] for tag in DOCUMENT["tags"]]
    assert {"200", "400", "405", "414", "422", "500", "503"} <= set(operation["responses"])
    listed = "text/csv" in operation["responses"]["200"]["content"]
    assert ("404" in operation["responses"]) == ("{" in path or listed)
    assert ("304" in operation["responses"]) == path.startswith("/v1")
    assert ("requestBody" in operation) == path.startswith("POST ")
    assert ({"413", "415"} <= set(operation["responses"])) == ("requestBody" in operation)


def test_the_example_of_a_body_is_what_its_schema_says() -> None:
    bodies = [operation["requestBody"] for operation in OPERATIONS.values() if "requestBody" in operation]
    assert bodies
    for body in bodies:
        content = body["content"]["application/json"]
        assert (body["required"], list(body["content"])) == (True, ["application/json"])
        assert body["description"].endswith(".")
        assert faults_of(content["schema"], content["example"]) == []
        for name in resolved(content["schema"])["required"]:
            assert faults_of(
                content["schema"], {key: value for key, value in content["example"].items() if key != name}
            )
        assert faults_of(content["schema"], content["example"] | {"unheard_of": 1})


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for operation in EVERY.values()]
    assert len(set(names)) == len(names)


def test_every_schema_and_member_is_described() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if "enum" in schema:
            assert schema["description"], name
            continue
        if name.startswith("Given"):
            continue  # as the schema of fixtures has it
        assert schema["type"] == "object"
        assert schema["additionalProperties"] is False, name
        assert set(schema["required"]) <= set(schema["properties"])
        for member, inner in schema["properties"].items():
            assert (
                "description" in inner or "$ref" in inner or "anyOf" in inner or "items" in inner or "enum" in inner
            ), f"{name}.{member}"


def test_patterns_are_ecmascripts() -> None:
    r"""JSON Schema has the regular expressions of ECMA-262: Python's own `\Z`, `\A` and `(?P` are faults there."""
    patterns = re.findall(r'"pattern": ("[^\n]*?"),?\n', document_text())
    assert patterns
    assert not [pattern for pattern in map(json.loads, patterns) if re.search(r"\\[AZ]|\(\?P", pattern)]


# --- parameters -----------------------------------------------------------------------------------------------------


def parameters() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operation in OPERATIONS.items():
        for parameter in operation["parameters"]:
            yield path, parameter


@pytest.mark.parametrize("path", OPERATIONS)
def test_every_parameter_that_is_read_is_documented(application: Flask, path: str) -> None:
    views = {(re.sub(r"<(\w+:)?(\w+)>", r"{\2}", r.rule), method): application.view_functions[r.endpoint]
             for r in application.url_map.iter_rules() for method in r.methods or ()}  # fmt: skip
    method, bare = split(path)
    declared: Operation = views[bare, method].operation  # type: ignore[attr-defined]
    documented = [p["name"] for p in OPERATIONS[path]["parameters"] if p["in"] == "query"]
    assert documented == list(declared.query.fields)


def test_every_parameter_has_a_description_and_an_example() -> None:
    for path, parameter in parameters():
        where = (path, parameter["name"])
        assert parameter["description"].endswith((".", ".`", "(EDTF).")) or ":" in parameter["description"], where
        assert "schema" in parameter, where
        if parameter["name"] not in {"cursor", "as_of"}:  # one of another list, or another ledger, is refused
            assert "example" in parameter, where
            assert faults_of(parameter["schema"], parameter["example"]) == [], where


@pytest.mark.parametrize("path", OPERATIONS)
def test_every_example_is_accepted(reader: FlaskClient, path: str) -> None:
    assert asked(reader, path).status_code == 200
    for parameter in OPERATIONS[path]["parameters"]:
        if parameter["in"] == "query" and "example" in parameter:
            example = parameter["example"]
            for value in example if isinstance(example, list) else [example]:
                text = str(value).lower() if isinstance(value, bool) else str(value)
                response = asked(reader, path, **{parameter["name"]: text})
                assert response.status_code == 200, (parameter["name"], response.text)


@pytest.mark.parametrize("path", OPERATIONS)
def test_every_value_of_an_enumeration_is_accepted_and_every_bound_is_kept(reader: FlaskClient, path: str) -> None:
    for parameter in OPERATIONS[path]["parameters"]:
        schema = parameter["schema"].get("items", parameter["schema"])
        name = parameter["name"]
        if parameter["in"] == "path":
            continue  # its bounds are those of what there can be: beyond them nothing is found
        for value in schema.get("enum", ()):
            assert asked(reader, path, **{name: value}).status_code == 200, (name, value)
        for bound, beyond in (("minimum", -1), ("maximum", 1)):
            if bound in schema:
                assert asked(reader, path, **{name: str(schema[bound])}).status_code == 200
                assert asked(reader, path, **{name: str(schema[bound] + beyond)}).status_code == 422
        if parameter["in"] == "query" and parameter["schema"].get("type") != "array":
            example = str(parameter.get("example", "x")).lower()
            twice = urlencode([(name, example), (name, example)])
            assert asked(reader, path, twice).status_code == 422


def test_defaults_are_what_is_done_without_them(reader: FlaskClient) -> None:
    for path, parameter in parameters():
        if "default" in parameter["schema"]:
            value = parameter["schema"]["default"]
            given = asked(reader, path, **{parameter["name"]: str(value).lower()}).json
            plain = asked(
                reader,
                path,
                **({"known_by": "2016-09-01"} if parameter["name"] == "known_bound" and "changes" not in path else {}),
            )
            assert _told(given) == _told(plain.json), (path, parameter["name"])


def _told(body: dict[str, Any]) -> Any:
    """What an answer tells: its data, or the record itself, without the status that `policy` adds."""
    if "data" in body:
        return [_told(record) if "revision" in record else record for record in body["data"]]
    return {name: value for name, value in body.items() if name != "status"}


DATES = (
    *("2015", "2015-06", "2015-06-21", "2015/2016", "2015-06/2016-01-31", "2015?", "2015-06~", "2015-06-21%"),
    *("2015-07-XX", "2015-XX", "2015-XX-XX", "../2015", "/2015-06", "2015/..", "2015-06-21/"),
    *("[2015-06-21,2015-06-23]", "", "..", "/", "15", "0000", "2015-6", "2015-00", "2015-06-00", "20150621"),
    *("2015-06-XX/2016", "2015~/2016", "[2015]", "201X", "Y2015", "2015-06-21T12:00:00Z", " 2015", "2015\n"),
)
MOMENTS = (
    *("2026-01-31", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.123456Z"),
    *("2026", "2026-01-31T12:00Z", "2026-01-31T12:00:00", "2026-01-31T12:00:00+00:00", "2026-01-31T12:00:00.1234567Z"),
)
TEXTS = ("a", "갑 을", " a ", "a\nb", "x" * 200, "", " ", "\u2003", "\x85", "a\x07", "\x7f", "x" * 201)
PATHS = ("x-1", "people/a", "institutions/north-korea", "people/", "/a", "planets/a", "people/A", "people/a/b", "A")


@pytest.mark.parametrize("path", OPERATIONS)
def test_what_a_pattern_tells_is_what_is_taken(reader: FlaskClient, path: str) -> None:
    """Days of the calendar apart, which `x-format` stands for; and a cursor is good for its own list alone."""
    for parameter in OPERATIONS[path]["parameters"]:
        schema = parameter["schema"].get("items", parameter["schema"])
        if parameter["in"] == "query" and "pattern" in schema and parameter["name"] not in {"cursor", "as_of"}:
            for value in {"edtf": DATES, "utc-moment": MOMENTS}.get(schema.get("x-format"), (*TEXTS, *PATHS)):
                told = faults_of(schema, value) == [] and value[-1:] != "\n"  # before which Python's `$` stops, too
                status = reader.get(address(path, **{parameter["name"]: value})).status_code
                assert status == (200 if told else 422), (parameter["name"], value)


# --- answers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", OPERATIONS)
def test_an_answer_is_what_the_document_says(reader: FlaskClient, path: str) -> None:
    assert schema_faults(OPERATIONS[path], asked(reader, path)) == []


@pytest.mark.parametrize("path", [path for path in OPERATIONS if f"{path}/{{slug}}" in OPERATIONS])
def test_every_record_is_what_the_document_says(reader: FlaskClient, path: str) -> None:
    scopes = "&scope=subject&scope=background&scope=comparison" if path in SCOPED else ""
    response = reader.get(f"{path}?limit=500&include=claims&total=true{scopes}")
    assert schema_faults(OPERATIONS[path], response) == []
    assert response.json["data"]
    for record in response.json["data"][:40]:
        assert schema_faults(OPERATIONS[f"{path}/{{slug}}"], reader.get(record["url"])) == []


@pytest.mark.parametrize("path", [p for p in OPERATIONS if split(p)[1].startswith("/v1") and not p.endswith("/input")])
def test_an_answer_with_anything_wrong_is_told_apart(reader: FlaskClient, path: str) -> None:
    """The control: each member left out, of another type, or one too many is found."""
    schema = resolved(OPERATIONS[path]["responses"]["200"])["content"]["application/json"]["schema"]
    right = asked(reader, path).json
    assert faults_of(schema, right) == []
    assert faults_of(schema, {**right, "unheard_of": 1})
    for name in right:
        may_lack = name not in {"id", "url"} if "revision" in right else name == "claims"
        assert faults_of(schema, {key: value for key, value in right.items() if key != name}) or may_lack, name
        wrong = copy.deepcopy(right)
        wrong[name] = [None] if name == "record" else {"unheard_of": [None]}  # a record as it was may hold anything
        assert faults_of(schema, wrong), name
    if right.get("data"):
        wrong = copy.deepcopy(right)
        wrong["data"][0]["revision"] = "1"
        assert faults_of(schema, wrong)


@pytest.mark.parametrize("path", OPERATIONS)
def test_every_documented_error_is_a_problem(path: str) -> None:
    for status, response in OPERATIONS[path]["responses"].items():
        if status not in {"200", "304"}:
            found = resolved(response)
            assert found["description"]
            assert list(found["content"]) == ["application/problem+json"]
            assert found["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
    not_modified = OPERATIONS[path]["responses"].get("304")
    assert not_modified is None or "content" not in not_modified


@pytest.mark.parametrize("path", OPERATIONS)
def test_an_error_is_what_the_document_says(reader: FlaskClient, path: str) -> None:
    found = [
        asked(reader, path, "unheard_of=1"),
        asked(reader, path, "a=%ff"),
        asked(reader, path, f"a={'a' * 9_000}"),
        reader.open(address(path), method="TRACE"),
    ]
    if "{slug}" in path:
        found.append(reader.get(path.replace("{slug}", "nobody-of-this-name")))
    assert [response.status_code for response in found] == [422, 400, 414, 405, 404][: len(found)]
    for response in found:
        assert schema_faults(OPERATIONS[path], response) == []


@pytest.mark.parametrize("path", [path for path, one in OPERATIONS.items() if "requestBody" in one])
def test_an_error_in_a_body_is_what_the_document_says(reader: FlaskClient, path: str) -> None:
    method, url = split(path)
    found = [
        reader.open(url, method=method, data="a", content_type="text/plain"),
        reader.open(url, method=method, data="a", content_type="application/json"),
        reader.open(url, method=method, data=" " * 2_000_001, content_type="application/json"),
        reader.open(url, method=method, json={"unheard_of": 1}),
    ]
    assert [response.status_code for response in found] == [415, 400, 413, 422]
    for response in found:
        assert schema_faults(OPERATIONS[path], response) == []


def test_examples_in_the_document_are_what_their_schemas_say() -> None:
    for path, operation in OPERATIONS.items():
        for status, response in operation["responses"].items():
            for content in resolved(response).get("content", {}).values():
                if "example" in content:
                    assert faults_of(content["schema"], content["example"]) == [], (path, status)


def test_every_link_leads_to_an_operation_that_takes_what_it_gives(reader: FlaskClient) -> None:
    """Followed, each is answered: from the first record of a page, or from the record itself."""
    by_name = {operation["operationId"]: path for path, operation in OPERATIONS.items()}
    linked = {path: found for path, one in OPERATIONS.items() if (found := one["responses"]["200"].get("links"))}
    lists = {path for path in OPERATIONS if f"{path}/{{slug}}" in OPERATIONS}
    assert lists | {f"{path}/{{slug}}" for path in lists} <= set(linked)
    for path, links in linked.items():
        answer = reader.get(address(path)).json
        for link in links.values():
            if "entry" in link["parameters"]:
                assert link["parameters"] == {"slug": "$request.path.slug", "entry": "$response.body#/data/0/entry"}
                assert reader.get(f"{address(path)}/{answer['data'][0]['entry']}").status_code == 200
                continue
            of_page = link["parameters"] == {"slug": "$response.body#/data/0/id"}
            assert of_page or link["parameters"] == {"slug": "$response.body#/id"}
            assert not of_page or answer["data"] or path not in lists
            for record in answer["data"][:1] if of_page else [answer]:
                followed = by_name[link["operationId"]].replace("{slug}", record["id"])
                assert reader.get(followed).status_code == 200, (path, followed)


def test_what_a_claim_says_is_never_null() -> None:
    """It is text, for a client's types too; a source that is not known yet, and a verdict, can be null."""
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["Claim"]["properties"]["says"]["type"] == "string"
    assert schemas["Claim"]["properties"]["source"]["type"] == ["string", "null"]
    assert {"type": "null"} in schemas["Verdict"]["properties"]["status"]["anyOf"]


def test_no_item_of_a_list_is_ever_null() -> None:
    """A client's type for `motive` is a list of motives, not of motives or nothing."""
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for member, inner in schema.get("properties", {}).items():
            items = inner.get("items", {})
            assert "null" not in items.get("type", ""), (name, member)
            assert "anyOf" not in items, (name, member)


# --- the page -------------------------------------------------------------------------------------------------------

ASSETS = re.compile(r'(?:src|href)="([^"]+)"')


def test_the_page_asks_nobody_outside(reader: FlaskClient) -> None:
    response = reader.get("/apidocs/")
    assert response.status_code == 200
    assert response.content_type == "text/html; charset=utf-8"
    page = response.text
    assert "//" not in page.replace("<!doctype html>", "")
    for sign in ("jquery", "font", "googleapis", "cdn", "flasgger"):
        assert sign not in page.lower()
    with reader.get("/apidocs/assets/apidocs.js") as script:
        assert "/openapi.json" in script.text
        assert "//" not in script.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_page_without_its_slash_leads_to_the_page(reader: FlaskClient, method: str) -> None:
    """For good, and with no body: Flask's own would be HTML of another shape than ours."""
    response = reader.open("/apidocs", method=method)
    assert (response.status_code, response.data) == (308, b"")
    assert response.headers["Location"] == "/apidocs/"
    assert reader.open("/apidocs", method=method, follow_redirects=True).request.path == "/apidocs/"


def test_the_assets_of_the_page_are_served(reader: FlaskClient) -> None:
    found = ASSETS.findall(reader.get("/apidocs/").text)
    assert len(found) >= 4
    for url in found:
        assert url.startswith("/apidocs/assets/")
        response = reader.get(url)
        assert response.status_code == 200
        assert len(response.data) > 100
        assert "Swagger" not in url or response.data
        if url.endswith(".css"):
            sheet = response.text
            assert "@import" not in sheet
            assert "@font-face" not in sheet
            assert not re.search(r"url\(['\"]?(?:https?:)?//", sheet)
        response.close()


def test_the_interface_is_swagger_ui_5(reader: FlaskClient) -> None:
    with reader.get("/apidocs/assets/VERSION") as version:
        assert version.status_code == 200
        assert re.match(r"v?5\.", version.text.strip())


@pytest.mark.parametrize(
    "url",
    [
        *("/flasgger_static/swagger-ui.css", "/flasgger_static/lib/jquery.min.js", "/apidocs/assets/lib/jquery.min.js"),
        *("/apispec_1.json", "/apispec.json", "/swagger.json", "/apidocs/index.html", "/apidocs/o2c.html"),
        *("/oauth2-redirect.html", "/apidocs/assets/index.html", "/apidocs/assets/lib/swagger-oauth.js"),
    ],
)
def test_nothing_of_flasggers_own_interface_can_be_reached(reader: FlaskClient, url: str) -> None:
    response = reader.get(url)
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize("url", ["/openapi.json", "/apidocs/", "/apidocs/assets/swagger-ui.css"])
@pytest.mark.parametrize("query", ["json=true", "url=http://evil.test/x.json", "configUrl=x", "a"])
def test_the_documentation_takes_no_parameters(reader: FlaskClient, url: str, query: str) -> None:
    response = reader.get(f"{url}?{query}")
    assert response.status_code == 422
    assert response.content_type == "application/problem+json"
    assert response.json["errors"][0]["parameter"] == query.partition("=")[0]


@pytest.mark.node
def test_redocly_finds_no_errors(tmp_path: Path) -> None:
    """The linter's recommended rules, over the committed document."""
    if not (ROOT / "node_modules" / ".bin" / "redocly").exists():
        missing("redocly (npm install)")
    found = subprocess.run(
        ["npx", "--no-install", "redocly", "lint", "openapi/openapi.json"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr
