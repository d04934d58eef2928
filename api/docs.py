"""The documentation: one OpenAPI 3.1 document, made from the objects that run, served by flasgger."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import flask_swagger_ui
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flasgger import Swagger
from flask import Flask, Response, request, send_from_directory
from marshmallow import Schema, fields
from werkzeug.routing import Rule

from api import __version__
from api.answers import CACHE_CONTROL, JSON
from api.authorization import scope_needed
from api.formats import FEED_TYPES, MEDIA_TYPES
from api.headers import show_as_page
from api.links import add_links
from api.operations import Operation
from api.parameters import read_query
from api.problems import DETAILS, MEDIA_TYPE, Problem, ProblemSchema, problem
from api.schemas.fields import Strict
from api.schemas.parameters import Parameter
from api.schemas.queries import NO_QUERY, RecordQuery
from api.schemas.records import Including
from api.schemas.registry import SCHEMAS
from api.showing import ALWAYS as ALWAYS_SHOWN
from models.countries import COUNTRIES
from models.registry import RESOURCE

OPENAPI = "3.1.0"
ASSETS = Path(flask_swagger_ui.__file__).parent / "dist"

DESCRIPTION = """
talbuk (탈북, "fleeing the North") serves what is said of defections from and purges in North Korea, and who says it.

The **claim** is the unit: who says what about whom, through whom, and whether they assert, deny or doubt it. A record
(a defector, a purge) is what its claims add up to: its `standing`, by rules that anyone can read. Nothing is deleted
when it turns out false; it is shown to be denied. Corroboration counts roots, not articles.

With `known_by` the answer is what was known on that day, and nothing of later days. Answers are JSON, lists also NDJSON
and CSV. Errors are problem details (RFC 9457). Records and lists have an `ETag`; send it back in `If-None-Match` and an
unchanged answer is 304. Lists are paged: follow `links.next`.

Writing takes a key, `Authorization: Bearer KEY`, from whoever runs the service; so does reading where its operations
say so.

Every change of what is given is on a ledger: `/v1/changes` tells all of them in order, for mirrors and for readers of
feeds, and `/revisions` below a record those of that one.
"""

TAGS = {
    "defectors": "People and parties that left, or are said to have.",
    "purges": "Measures against people, from execution to surveillance.",
    "institutions": "States and their organs, parties, companies, media, universities, missions.",
    "people": "Everyone whom the texts name or single out.",
    "sources": "Documents and statements, held or only cited.",
    "claims": "Who says what about whom, through whom.",
    "indicators": "One figure each.",
    "assessments": "One judgement or forecast each.",
    "search": "Words and names, in all records.",
    "timeline": "What was when, as far as that is known.",
    "stats": "How many records, and how many people.",
    "bundles": "Many records at once.",
    "changes": "Whose standing changed when.",
    "feed": "Every change of what is given, in order: for mirrors, and for readers of feeds.",
    "names": "Any spelling of a name to those it can mean.",
    "codebook": "What every field and every value means.",
    "home": "The catalogue, and health.",
}

ERRORS = {
    400: ("BadRequest", "The request is malformed: no Host, a query that is not UTF-8 or holds NUL, a body not JSON."),
    404: ("NotFound", "There is no such record, it was not known, or the day of `known_by` is not covered."),
    401: ("KeyNeeded", "A key is needed here, or the one that was sent is not good, or not any more."),
    403: ("NotPermitted", "The key does not permit this."),
    308: ("Merged", "It was merged into another record; `Location` says which."),
    405: ("MethodNotAllowed", "This cannot be done here; `Allow` says what can."),
    406: ("NotAcceptable", "`Accept` or `Accept-Encoding` takes none of what there is."),
    409: ("Conflict", "It is there already, others refer to it, or the same request is under way."),
    410: (
        "Gone",
        "It was removed, or merged into another and is to be changed there: by whom, when and why; or what it was at "
        "the moment of `as_of` was erased since.",
    ),
    412: ("PreconditionFailed", "It is not what `If-Match` or `If-Unmodified-Since` asks for; `ETag` says what it is."),
    413: ("BodyTooLarge", "The body is larger than may be sent here; the detail says how large that is."),
    414: ("AddressTooLong", "The address is longer than 8,000 characters."),
    415: ("NotJSON", "The body is not plain JSON by its Content-Type, or compressed; `Accept` says what is taken."),
    422: (
        "BadParameter",
        "A parameter or a member of the body is unknown, or its value is not one it may have; `errors` names each.",
    ),
    429: ("TooMany", "More was asked for than may be, where this is limited; `Retry-After` says when to ask again."),
    428: ("RevisionMissing", "`If-Match` must say which revision is changed; `ETag` says which there is."),
    431: ("HeaderTooLong", "A header is longer than 8,000 characters, all its lines together."),
    500: ("Failure", "Something went wrong here; it has been logged."),
    503: ("Unavailable", "The database cannot be reached, or nothing is loaded yet."),
    507: ("NoRoom", "The server's disk is full: nothing was changed, and reading goes on."),
}
ALWAYS = (400, 401, 405, 406, 414, 429, 431, 500, 503, 507)
WITH_BODY = (413, 415)
"""What else can be wrong where a body is taken."""

EXAMPLE_IDS = {
    "defectors": "thae-yong-ho",
    "purges": "recall-from-shenyang",
    "institutions": "room-39",
    "people": "thae-yong-ho",
    "sources": "chosun-ilbo-on-officials",
    "claims": "thae-announced",
    "indicators": "arrivals-growth-2016",
    "assessments": "gause-elites",
    "timeline": "thae-yong-ho",
    "stats": "thae-yong-ho",
}


class LinksSchema(Strict):
    """Where this page is, and the next."""

    self_ = fields.String(data_key="self", required=True, metadata={"description": "This page."})
    next = fields.String(required=True, allow_none=True, metadata={"description": "The next page; null on the last."})


class BucketSchema(Strict):
    """How many of the records found have a value; of a date, how many are in a year surely, and how many possibly."""

    value = fields.String(
        required=True, allow_none=True, metadata={"description": "The value, or the year; null where there is none."}
    )
    count = fields.Integer(metadata={"description": "Records that have it."})
    surely = fields.Integer(metadata={"description": "Records whose date lies within the year."})
    possibly = fields.Integer(metadata={"description": "Records whose date overlaps the year."})


class HeadSchema(Strict):
    """Where the ledger ends: who keeps this can tell whether its past was altered."""

    entry = fields.Integer(required=True, metadata={"description": "The last entry's number; 0 where there is none."})
    digest = fields.String(required=True, metadata={"description": "Its digest."})
    at = fields.String(required=True, allow_none=True, metadata={"description": "Its time; null where there is none."})


class MetaSchema(Strict):
    """What the page holds."""

    count = fields.Integer(required=True, metadata={"description": "Records on this page."})
    limit = fields.Integer(metadata={"description": "The most that a page has, where it comes in pages."})
    policy = fields.String(metadata={"description": "The policy that `status` and `roots` go by."})
    of = fields.String(metadata={"description": "Of statistics: the records that are counted."})
    by = fields.String(metadata={"description": "Of statistics: what they are counted by."})
    scope = fields.List(fields.String(), metadata={"description": "The scopes that are shown, where records have one."})
    as_of = fields.String(metadata={"description": "The moment by what was held at which it is answered (UTC)."})
    known_by = fields.String(metadata={"description": "The day by whose knowledge it is answered."})
    known_bound = fields.String(metadata={"description": "Whether what was surely or possibly known then."})
    head = fields.Nested(HeadSchema)
    more = fields.Boolean(metadata={"description": "Of the ledger: whether there are more entries by now."})
    covered = fields.Boolean(
        metadata={"description": "Whether the data covers that day; if not, nothing can be said of what was known."}
    )
    total = fields.Integer(metadata={"description": "All records that are found, with `total=true`."})
    facets = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Nested(BucketSchema)),
        metadata={"description": "For each field asked for by `facet`: its values, the commonest first."},
    )


KEY = "key"
KEY_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "talbuk_ID_SECRET",
    "description": "A key of this service, as `talbuk keys add` shows it once. One that is sent is always checked.",
}

COUNTRY_CODES = {
    "type": "string",
    "description": "ISO 3166-1 alpha-2, ISO 3166-3 for a former state, or UN M49 for a region.",
    "enum": list(COUNTRIES),
}

OPTIONAL = {
    "Meta": {
        *("limit", "policy", "scope", "of", "by", "total", "known_by", "known_bound", "covered", "facets"),
        *("head", "more", "as_of"),
    },
    "Patch": {"from", "value"},
    "Bucket": {"count", "surely", "possibly"},
    "Problem": {"errors", "request_id"},
    "ParameterFault": {"parameter", "pointer", "allowed", "nearest"},
    "NamesBody": {"limit"},
    "NameMeta": {"as_of", "known_by", "known_bound", "covered"},
    "HistoryMeta": {"as_of", "known_by", "policy"},
    "Included": set(SCHEMAS),
}
"""Members that an answer or a body may lack; others are always there. A record may lack most: `fields` chooses."""

RECORDS = frozenset(type(schema).__name__.removesuffix("Schema") for schema in SCHEMAS.values())


class Documentation(Swagger):  # type: ignore[misc]
    """flasgger, over a document that is made when it is first asked for: most servers never are, and all must start."""

    template: dict[str, Any] | None

    def get_apispecs(self, endpoint: str = "apispec_1") -> dict[str, Any]:
        """The document."""
        if self.template is None:
            self.template = build_document(self.app)
        found: dict[str, Any] = super().get_apispecs(endpoint)
        return found


def init_app(app: Flask) -> None:
    """Serve /openapi.json and /apidocs/; flasgger does both."""
    Documentation(
        app,
        merge=True,
        config={
            "openapi": OPENAPI,
            "specs": [{"endpoint": "openapi", "route": "/openapi.json", "rule_filter": lambda rule: False}],
            "static_folder": str(ASSETS),
            "static_url_path": "/apidocs/assets",
            "specs_route": "/apidocs/",
            "headers": [],
            "swagger_ui": True,
        },
    )
    app.add_url_rule(f"/apidocs/assets/<any({', '.join(map(repr, OWN_FILES))}):name>", "flasgger.own", _own_file)
    app.add_url_rule("/apidocs", "apidocs", lambda: Response(status=308, headers={"Location": "/apidocs/"}))
    app.before_request(_refuse_what_is_not_ours)
    app.after_request(_make_conditional)


OWN = Path(__file__).parent / "assets"
OWN_FILES = tuple(sorted(file.name for file in OWN.iterdir()))
"""What the pages load of ours, beside Swagger UI's: it stands in files, since nothing that stands in a page runs."""


def _own_file(name: str) -> Response:
    return send_from_directory(OWN, name)


FLASGGERS = "flasgger."
"""What the names of its endpoints begin with, and of `flasgger.own`, which is as open, and as conditional, as they."""

PAGE_OF_DOCS = "flasgger.apidocs"

FLASGGERS_OWN = frozenset({"flasgger.oauth_redirect", "flasgger.<lambda>"})
"""Pages that flasgger adds by itself: a landing page for OAuth, and another address of /apidocs/."""

NEEDLESS = frozenset({"oauth2-redirect.html", "oauth2-redirect.js"})
"""Files of Swagger UI that are for OAuth, which is not here."""


def _refuse_what_is_not_ours() -> None:
    """The documentation takes no parameters either, and flasgger's own pages are not part of it."""
    endpoint = request.endpoint or ""
    if not endpoint.startswith(FLASGGERS):
        return
    if endpoint in FLASGGERS_OWN or (request.view_args or {}).get("filename") in NEEDLESS:
        raise Problem(404, DETAILS[404])
    read_query(NO_QUERY)
    if endpoint == PAGE_OF_DOCS:
        show_as_page()
    request.environ.pop("HTTP_RANGE", None)  # parts of files are not given: they would be parts of one coding
    if request.environ.get("HTTP_IF_MATCH") == "*":
        del request.environ["HTTP_IF_MATCH"]  # it asks that there be something; Werkzeug would look for a tag


def _make_conditional(response: Response) -> Response:
    if not (request.endpoint or "").startswith(FLASGGERS):
        return response
    if response.status_code == 200 and not response.direct_passthrough:
        response.add_etag()
        response.headers["Cache-Control"] = CACHE_CONTROL
        response.last_modified = made_at()
        response.make_conditional(request)
    for name in ("Date", "Accept-Ranges"):  # the server writes the date
        response.headers.pop(name, None)
    if response.status_code == 412:
        response.close()
        return problem(412, DETAILS[412])
    return response


@cache
def made_at() -> datetime:
    """Since when the documentation is as it is: the time of the newest file that it is made of."""
    parts = [file for folder in (Path(__file__).parent, ASSETS) for file in folder.rglob("*") if file.suffix != ".pyc"]
    return datetime.fromtimestamp(max(file.stat().st_mtime for file in parts if file.is_file()), UTC)


@cache
def document_text() -> str:
    """The document as it is committed: indented JSON."""
    from api.app import create_app

    return json.dumps(build_document(create_app()), ensure_ascii=False, indent=2) + "\n"


@cache
def examples() -> dict[str, Any]:
    """Real answers, by operation: `make docs` takes them from the fixtures."""
    found: dict[str, Any] = json.loads(files("api").joinpath("examples.json").read_text(encoding="utf-8"))
    return found


def build_document(app: Flask) -> dict[str, Any]:
    """The OpenAPI document of an application, from its rules, its views' declarations and their schemas."""
    spec = _described()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        declared: Operation | None = getattr(view, "operation", None)
        if declared:
            operation = _operation(rule, view.__doc__ or "", declared, _security(app, rule))
            spec.path(path=_path(rule), operations={method_of(rule): operation})
    document = spec.to_dict()
    add_links(document["paths"])
    for name, component in document["components"]["schemas"].items():
        if "properties" in component and not name.startswith(GIVEN):
            component["required"] = _required(name, component["properties"])
    return document


def _described() -> APISpec:
    """The document without its paths: what the service is, how members are described, and what operations share."""
    plugin = MarshmallowPlugin()
    spec = APISpec(
        title="talbuk",
        version=__version__,
        openapi_version=OPENAPI,
        plugins=[plugin],
        info={
            "description": DESCRIPTION.strip(),
            "license": {"name": "MIT (code), CC BY 4.0 (data)", "url": "/"},
        },
        servers=[{"url": "/", "description": "This service."}],
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
    )
    assert plugin.converter is not None
    for described in (_nullable, _item_never_null, portable):
        plugin.converter.add_attribute_function(described)  # type: ignore[no-untyped-call]
    spec.components.security_scheme(KEY, KEY_SCHEME)
    for status, (name, description) in ERRORS.items():
        spec.components.response(name, _error(status, description))
    spec.components.schema("CountryCode", COUNTRY_CODES)
    for name, schema in _given_schemas().items():
        spec.components.schema(name, schema)
    return spec


def _required(name: str, members: Iterable[str]) -> list[str]:
    """The members that a component always has."""
    if name.removesuffix("Answer") in RECORDS:
        return [member for member in members if member in ALWAYS_SHOWN]
    optional = OPTIONAL.get(name, set()) | (set() if name == "Corroboration" else {"claims", "included"})
    return [member for member in members if member not in optional]


def _nullable(self: Any, field: fields.Field[Any], *, ret: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A member that is null where nothing is said: so in answers, though what is given must not be null."""
    if not field.allow_none and field.dump_default is not None:
        return {}
    if "enum" in ret:
        terms = [term for term in ret.pop("enum") if term is not None]
        del ret["type"]
        return {"anyOf": [{"type": "string", "enum": terms}, {"type": "null"}]}
    if "$ref" in ret or "allOf" in ret:
        reference = ret.pop("$ref", None) or ret.pop("allOf")[0]["$ref"]
        return {"anyOf": [{"$ref": reference}, {"type": "null"}]}
    return {"type": [ret["type"], "null"]} if isinstance(ret.get("type"), str) else {}


def _item_never_null(self: Any, field: fields.Field[Any], *, ret: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A list holds what is said: it is empty where nothing is, and no item of it is null."""
    if not isinstance(field, fields.List):
        return {}
    items = dict(ret["items"])
    if isinstance(items.get("type"), list):
        items["type"] = items["type"][0]
    return {"items": items.pop("anyOf", [{}])[0] | items}


def portable(self: Any, field: fields.Field[Any], *, ret: dict[str, Any], **_: Any) -> dict[str, Any]:
    r"""A pattern as ECMA-262 spells it, which is what JSON Schema has: its `$` is Python's `\Z`."""
    return {"pattern": ret["pattern"].replace(r"\Z", "$")} if "pattern" in ret else {}


def _path(rule: Rule) -> str:
    return re.sub(r"<[a-z]+:([a-z]+)>", r"{\1}", rule.rule)


def method_of(rule: Rule) -> str:
    """The one method of a rule that Flask did not add by itself, as OpenAPI writes it."""
    (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
    return method.lower()


def _operation(rule: Rule, text: str, declared: Operation, security: list[dict[str, list[str]]]) -> dict[str, Any]:
    summary, _, description = text.partition("\n")
    identifier = rule.endpoint.rpartition(".")[2]
    method = method_of(rule)
    responses: dict[str, Any] = {
        str(status): _success(declared, identifier, _written(declared, method, status)) for status in declared.statuses
    }
    if declared.conditional:
        responses["304"] = {"description": "The client has this answer already.", "headers": {"ETag": ETAG}}
    for status in sorted({*ALWAYS, *declared.errors, *_further(declared)}):
        responses[str(status)] = ERRORS[status][0]
    path_parameters = [_path_parameter(rule, name) for name in PATH_PARAMETERS if name in rule.arguments]
    listed = "claims" if rule.arguments else rule.endpoint.partition(".")[0]
    body = {"requestBody": _request_body(declared)} if declared.body else {}
    sent = [HEADERS[name] | {"name": name, "in": "header"} for name in declared.sends]
    return {
        "operationId": identifier,
        "tags": [rule.endpoint.partition(".")[0]],
        "summary": summary.rstrip("."),
        "description": " ".join(description.split()),
        "parameters": [
            *path_parameters,
            *(_parameter(n, field, listed) for n, field in declared.query.fields.items()),
            *sent,
        ],
        **body,
        "responses": responses,
        "security": security,
    }


def _security(app: Flask, rule: Rule) -> list[dict[str, list[str]]]:
    """What key it takes. None is offered where none is needed: clients made of the document would ask for one."""
    return [{KEY: []}] if scope_needed(app, rule.endpoint) else []


def _further(declared: Operation) -> tuple[int, ...]:
    """Errors by what it takes and gives; a list in lines has no place to say that a day is not covered but a 404."""
    in_lines = MEDIA_TYPES["csv"] in declared.gives
    further = ((412,) if declared.conditional else ()) + ((404,) if declared.many and in_lines else ())
    further += () if declared.scope == "read" else (403,)
    if 404 in declared.errors and 201 not in declared.statuses:  # what can be made is never gone
        further += (308, 410) if declared.scope == "read" else (410,)
    return further + (WITH_BODY if declared.body else ())


HEADERS: dict[str, dict[str, Any]] = {
    "If-Match": {
        "description": "The revision that you have seen: its ETag, or its `revision` in quotation marks.",
        "schema": {"type": "string"},
        "example": '"1"',
    },
    "Idempotency-Key": {
        "description": "A word of your own, such as a UUID: a request sent again with it is answered as at first.",
        "schema": {"type": "string", "maxLength": 200},
    },
}
"""The request headers that writes read."""


def _request_body(declared: Operation) -> dict[str, Any]:
    body = declared.body
    if isinstance(body, Schema):
        content: dict[str, Any] = {"schema": body, "example": body_example(body)}
        return {"description": (body.__doc__ or "").strip(), "required": True, "content": {JSON: content}}
    assert body is not None
    if body == "bundles":
        content = {"schema": {"$ref": f"#/components/schemas/{GIVEN}Bundle"}, "example": BUNDLE_EXAMPLE}
        description = "Resource -> list of records, as a file of fixtures has them."
    elif declared.takes == (JSON,):
        content = {"schema": _given(body)} | _example(f"get_{RESOURCE[body].singular}_input")
        description = "The record as a fixture has it, with the claims under it."
    else:
        content = {
            "schema": {"$ref": f"#/components/schemas/{PATCH}"},
            "example": {_own_words(body): "In other words."},
        }
        description = "A JSON Merge Patch (RFC 7396): the members that change, null for those that go."
    return {"description": description, "required": True, "content": dict.fromkeys(declared.takes, content)}


def _own_words(resource: str) -> str:
    """The member that holds our own words on a record."""
    return "says" if resource == "claims" else "description"


PATCH = "GivenPatch"
PATCH_SCHEMA = {"type": "object", "description": "What changes: as a record is given, in part (RFC 7396)."}

BUNDLE_EXAMPLE = {"people": [{"id": "a-witness", "name": "A witness", "editorial": {"names": "as an example"}}]}


def _given(resource: str) -> dict[str, str]:
    """The schema of a record as it is given."""
    return {"$ref": f"#/components/schemas/{GIVEN}{type(SCHEMAS[resource]).__name__.removesuffix('Schema')}"}


GIVEN = "Given"
"""What the names of schemas begin with that say how things are given: as the schema of fixtures has them."""


def _given_schemas() -> dict[str, Any]:
    from api.fixture_schema import definitions, records

    schemas = definitions() | {"Bundle": {"type": "object", "properties": records(), "additionalProperties": False}}
    text = json.dumps(schemas).replace("#/$defs/", f"#/components/schemas/{GIVEN}")
    return {GIVEN + name: definition for name, definition in json.loads(text).items()} | {PATCH: PATCH_SCHEMA}


def _example(identifier: str) -> dict[str, Any]:
    return {"example": examples()[identifier]} if identifier in examples() else {}


def body_example(body: Schema) -> dict[str, Any]:
    """A body that is right: the example of each member that has one."""
    return {name: field.metadata["example"] for name, field in body.fields.items() if "example" in field.metadata}


ETAG = {"description": "Changes when the answer does, and with its format and coding.", "schema": {"type": "string"}}
CHALLENGE = {"description": "What key it takes, or what is wrong with it (RFC 6750).", "schema": {"type": "string"}}
RETRY = {"description": "Seconds after which to ask again.", "schema": {"type": "integer"}}
OF_ERRORS = {"WWW-Authenticate": (CHALLENGE, {401, 403}), "Retry-After": (RETRY, {429})}
"""What errors say in headers, and which."""
MODIFIED = {"description": "When the answer last changed, to the second.", "schema": {"type": "string"}}
LOCATION = {"description": "Where the new record is.", "schema": {"type": "string"}}
LINK = {"description": "The next page, rel=next (RFC 8288).", "schema": {"type": "string"}}


LINES: dict[str, dict[str, Any]] = {
    MEDIA_TYPES["ndjson"]: {"schema": {"type": "string", "description": "Each record as one line of JSON."}},
    FEED_TYPES["atom"]: {"schema": {"type": "string", "description": "A feed of entries: Atom 1.0 (RFC 4287)."}},
    MEDIA_TYPES["csv"]: {"schema": {"type": "string", "description": "Each record as one row, with dotted headers."}},
}
"""What a list is in formats that have no envelope."""


def _written(declared: Operation, method: str, status: int) -> dict[str, Any]:
    """The headers of an answer to a write: where what is new is, and which state of the record this is.

    PUT tells none (RFC 9110, section 9.3.4).
    """
    if (
        declared.scope == "read"
        or method == "delete"
        or not isinstance(declared.answer, tuple(map(type, SCHEMAS.values())))
    ):
        return {}
    place = {"Location": LOCATION} if status == 201 else {}
    return place | ({} if method == "put" else {"ETag": ETAG, "Last-Modified": MODIFIED})


def _success(declared: Operation, identifier: str, written: dict[str, Any]) -> dict[str, Any]:
    schema: Any = list_schema(type(declared.answer))() if declared.many else declared.answer
    if isinstance(declared.query, RecordQuery):
        schema = including(type(declared.answer))()
    given = _given(str(declared.query.resource.name)) if declared.as_given else None  # type: ignore[attr-defined]
    content: dict[str, Any] = {"schema": given or schema} | _example(identifier)
    headers = {"ETag": ETAG, "Last-Modified": MODIFIED} if declared.conditional else written
    if declared.many:
        headers["Link"] = LINK
    media = {JSON: content} | {other: LINES[other] for other in declared.gives if other != JSON}
    found = {"description": (schema.__doc__ or "").strip() or "The answer.", "content": media}
    return found | ({"headers": headers} if headers else {})


@cache
def including(answer: type[Schema]) -> type[Schema]:
    """A single record as it is answered: with those that it refers to, where they are asked for."""
    made = type(answer.__name__.replace("Schema", "AnswerSchema"), (Including, answer), {})
    made.__doc__ = answer.__doc__
    return made


@cache
def list_schema(answer: type[Schema]) -> type[Schema]:
    """The envelope of a page of records."""
    name = answer.__name__.removesuffix("Schema")
    envelope = {
        "data": fields.List(fields.Nested(answer), required=True, metadata={"description": "The records."}),
        "links": fields.Nested(LinksSchema, required=True),
        "meta": fields.Nested(MetaSchema, required=True),
    }
    made = Including.from_dict(envelope, name=f"{name}ListSchema")
    made.__doc__ = "A page of records."
    return made


def _error(status: int, description: str) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": ProblemSchema}
    if str(status) in examples():
        content["example"] = examples()[str(status)]
    told = {"description": description, "content": {MEDIA_TYPE: content}}
    headers = {name: header for name, (header, statuses) in OF_ERRORS.items() if status in statuses}
    return told | ({"headers": headers} if headers else {})


PATH_PARAMETERS = {
    "slug": ("The record's id.", {"type": "string", "pattern": "^[a-z0-9-]{1,80}$"}),
    "entry": ("The number of an entry of the ledger.", {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}),
}
"""What may stand in a path, in order: what it is, and its form."""


def _path_parameter(rule: Rule, name: str) -> dict[str, Any]:
    resource, _, identifier = rule.endpoint.partition(".")
    description, schema = PATH_PARAMETERS[name]
    example = EXAMPLE_IDS[resource] if name == "slug" else examples().get(identifier, {}).get(name, 1)
    found = {"name": name, "in": "path", "required": True, "description": description, "schema": schema}
    return found | {"example": example}


def _parameter(name: str, field: fields.Field[Any], listed: str) -> dict[str, Any]:
    """One query parameter of a list of `listed`; a cursor has no example, since it is good for one list alone."""
    assert isinstance(field, Parameter)
    metadata = dict(field.metadata)
    description = metadata.pop("description")
    metadata.pop("example", None)
    schema = metadata if "$ref" in metadata else metadata.get("schema") or {"type": "string", **metadata}
    example = EXAMPLE_IDS[listed] if name == "id" else field.example
    found: dict[str, Any] = {"name": name, "in": "query", "description": description}
    if field.required:
        found["required"] = True
    if field.repeated:
        found |= {"schema": {"type": "array", "items": schema}, "style": "form", "explode": True}
        return found | ({"example": [example]} if example is not None else {})
    found["schema"] = schema
    if schema.get("type") == "boolean":
        example = example in {"true", True}
    return found | ({"example": example} if example is not None else {})
