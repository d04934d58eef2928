"""Requests made of bytes, put to the application itself; every answer is looked at whole."""

import io
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_to_bytes

import msgspec
from flask import Flask

from api.dumping import lines
from models.registry import RESOURCE
from tests.security.hostile import TEXTS, Choices, as_json, mangled, mutated
from tests.security.throwaway import Throwaway, head

DOCUMENT = "openapi/openapi.json"
PARTS = ("path", "query", "headers", "body", "body", "body", "none")
"""What of a request is made wrong."""

MADE = frozenset({"cursor", "after", "as_of"})
"""Parameters whose values nobody can guess."""
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "FETCH", "")
NEW = ("new-one", "another", "third")
"""Ids of records that are not there at first."""


class Asked(NamedTuple):
    """A request as the application gets it."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def __str__(self) -> str:
        """All that it takes to send it again, its key apart."""
        headers = [(name, value) for name, value in self.headers if name != "Authorization"]
        return f"{self.method} {self.target} {headers} {self.body[:3000]!r}"


class Answered(NamedTuple):
    """What the application says."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class World:
    """What requests are made of: the operations of the document, and what stands in the database."""

    def __init__(self, document: Mapping[str, Any], token: str) -> None:
        self.token = token
        self.operations = [
            (method.upper(), path, [one for one in described.get("parameters", []) if one["in"] == "query"])
            for path, item in document["paths"].items()
            for method, described in item.items()
        ]
        self.operations += [one for one in self.operations if one[0] != "GET"]  # what writes is asked for as often
        self.records: dict[str, list[Any]] = {name: [] for name in RESOURCE}
        for line in lines():
            record = json.loads(line)
            if (resource := record.pop("resource")) in RESOURCE:
                self.records[resource].append(record)
        self.every = [record for records in self.records.values() for record in records[:20]]

    def asked(self, choices: Choices) -> Asked:
        """A request as the document has it, but for a part of it: what is wrong all over is refused at the door."""
        method, path, parameters = choices.one_of(self.operations)
        resource = next((name for name in RESOURCE if f"/{name}" in path), "people")
        wrong = choices.one_of(PARTS)
        path = self._path(choices, path, resource, wrong=wrong == "path")
        query = self._query(choices, parameters, wrong=wrong == "query")
        body = self._body(choices, method, path, resource, wrong=wrong == "body")
        headers = self._headers(choices, method, path, wrong=wrong == "headers")
        if wrong == "path" and choices.one_in(10):
            method = choices.one_of(METHODS)
        target = f"{path}?{query}" if query else path
        if wrong == "path" and choices.one_in(4):
            target = mangled(choices, target.encode("latin-1"), TOKENS).decode("latin-1")
        return Asked(method, target, headers, body)

    def _path(self, choices: Choices, path: str, resource: str, *, wrong: bool) -> str:
        slug = choices.one_of(self.records[resource])["id"] if self.records[resource] else "x"
        if choices.one_in(5):
            slug = choices.one_of(NEW)
        if wrong and choices.below(2):
            slug = quote(choices.text().encode("utf-8", "surrogatepass"), safe=choices.one_of(("", "/%.")))
        path = path.replace("{slug}", slug).replace("{entry}", str(1 + choices.below(600)))
        path = path.partition("{")[0] + ("x" if "{" in path else "")
        if wrong and choices.below(2):
            path += choices.one_of(
                ("/", "//", "/.", "/..", "/%2e%2e", "%00", "%0a", ";a=b", "?", "#", "/%2f", "\\", "%")
            )
        return path

    def _query(self, choices: Choices, parameters: list[Any], *, wrong: bool) -> str:
        given = [(one["name"], _sound(choices, one)) for one in parameters if one.get("required")]
        for _ in range(choices.below(3)):
            if parameters and choices.below(3):
                one = choices.one_of([one for one in parameters if one["name"] not in MADE] or parameters)
                if one["schema"].get("type") == "array" or one["name"] not in dict(given):
                    given.append((one["name"], _sound(choices, one)))
        if wrong:
            worse = self._wrong(choices, parameters)
            given = [pair for pair in given if pair[0] != worse[0][0]] + worse
        return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in given)

    def _wrong(self, choices: Choices, parameters: list[Any]) -> list[tuple[str, str]]:
        kind = choices.below(4)
        if not parameters or kind == 0:
            return [(choices.text(), choices.text())]
        one = choices.one_of(parameters)
        if kind == 1:
            return [(one["name"], choices.text())] * (1 + choices.below(200))
        return [(one["name"], choices.text())]

    def _body(self, choices: Choices, method: str, path: str, resource: str, *, wrong: bool) -> bytes:
        if method not in {"POST", "PUT", "PATCH"} or path.endswith("/erase"):
            return choices.some(20) if wrong and choices.one_in(4) else b""
        value = self._value(choices, method, path, resource)
        if not wrong:
            return as_json(choices, value)
        if choices.below(5):
            return as_json(choices, mutated(choices, value, self.every))
        return mangled(choices, as_json(choices, value))

    def _value(self, choices: Choices, method: str, path: str, resource: str) -> Any:
        """A body that may well be taken."""
        record = choices.one_of(self.records[resource]) if self.records[resource] else {"id": "x", "name": "X"}
        if path.endswith("/names"):
            return {"names": [choices.one_of(TEXTS), "김정은", "Thae Yong-ho"], "limit": 1 + choices.below(100)}
        if path.endswith("/merge"):
            return {"into": record["id"]}
        if path.endswith("/revert"):
            return {"entry": 1 + choices.below(600)}
        if path.endswith("/bundles"):
            names = [choices.one_of(tuple(RESOURCE)) for _ in range(1 + choices.below(3))]
            return {name: [self._one(choices, name) for _ in range(1 + choices.below(2))] for name in names}
        if method in {"PUT", "PATCH"}:
            return self._next(choices, method, path.rpartition("/")[2], resource)
        return self._one(choices, resource)

    def _next(self, choices: Choices, method: str, slug: str, resource: str) -> Any:
        """What becomes of the record at an address: it as it is, or with a part of another of its kind."""
        record = next((one for one in self.records[resource] if one["id"] == slug), None)
        if record is None or choices.one_in(8):
            return self._one(choices, resource)
        other = choices.one_of(self.records[resource])
        name = choices.one_of([name for name in other if name not in {"id", "claims"}])
        return {name: other[name]} if method == "PATCH" else record | {name: other[name]}

    def _one(self, choices: Choices, resource: str) -> Any:
        """A record as it is, or as a new one, whose claims are new too."""
        record = dict(choices.one_of(self.records[resource])) if self.records[resource] else {"id": "x", "name": "X"}
        if choices.below(2):
            record["id"] = choices.one_of(NEW)
            record["claims"] = [
                {**claim, "id": f"{record['id']}-{at}"} for at, claim in enumerate(record.get("claims", ()))
            ]
        return record

    def _headers(self, choices: Choices, method: str, path: str, *, wrong: bool) -> list[tuple[str, str]]:
        headers = [("Host", "talbuk.test"), ("Authorization", f"Bearer {self.token}")]
        if method in {"POST", "PUT", "PATCH"}:
            headers.append(("Content-Type", "application/json"))
        if method in {"PUT", "PATCH", "DELETE"} or path.endswith(("/merge", "/revert", "/bundles")):
            headers.append(("If-Match", "*"))
        for _ in range(1 + choices.below(3) if wrong else 0):
            name, values = choices.one_of(HEADERS)
            value = choices.one_of(values) if choices.below(3) else _in_header(choices.text())
            headers = [one for one in headers if one[0] != name or choices.one_in(8)] + [(name, value)]
        if wrong and choices.one_in(10):
            headers.pop(choices.below(len(headers)))
        return headers


TOKENS = (
    b"?",
    b"&",
    b"=",
    b"%",
    b"%00",
    b"%ff",
    b"/",
    b"..",
    b";",
    b"#",
    b"+",
    b"\xff",
    b"%25",
    b"[]",
    b"\x7f",
    b"%0d%0a",
)

HEADERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Accept",
        (
            "*/*",
            "application/json",
            "text/csv",
            "application/x-ndjson",
            "text/html",
            "a/b;q=0",
            "*/*;q=0",
            ";;;q=,",
            "a" * 300,
        ),
    ),
    (
        "Accept-Encoding",
        ("gzip", "br", "zstd", "identity;q=0", "*;q=0", "gzip;q=0, *", "deflate", ",,,", "gzip;q=nan", "gzip;q=1e400"),
    ),
    ("Accept-Language", ("en", "ko;q=x")),
    (
        "Authorization",
        ("Bearer", "Basic YTpi", "bearer  x", "Bearer talbuk_aaaaaaaa_" + "a" * 43, "Digest", "Bearer \xff", ""),
    ),
    (
        "Content-Type",
        (
            "application/json",
            "application/merge-patch+json",
            "text/plain",
            "application/json; charset=utf-16",
            "",
            "a" * 300,
            'application/json; charset="',
            "application/json; charset*=utf-8''utf-8",
            "multipart/form-data",
            "application/yaml",
        ),
    ),
    ("Content-Encoding", ("gzip", "identity", "deflate", "br", "x")),
    ("Content-Length", ("0", "-1", "1", "99999999", "9" * 30, "x", "+1", "", "1, 1")),
    ("Content-Range", ("bytes 0-1/2", "x")),
    ("Transfer-Encoding", ("chunked", "gzip, chunked", "identity", "x", "chunked, chunked")),
    ("Idempotency-Key", ("a", '"a"', "a b", "", "\xff", "a" * 201, '"', "k1", "k2")),
    ("If-Match", ("*", '"1"', '"1.x"', "W/*", ",", '"', '"\xff"', '"1", "2"', "*, *")),
    ("If-None-Match", ("*", '"1"', '"', ",", 'W/"1"', '"x:gzip"')),
    (
        "If-Modified-Since",
        (
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "x",
            "Thu, 01 Jan 9999 23:59:59 -9999",
            "Thu, 01 Jan 0000 00:00:00 GMT",
            "9" * 40,
        ),
    ),
    (
        "If-Unmodified-Since",
        ("Thu, 01 Jan 1970 00:00:00 GMT", "x", "Sun, 06 Nov 99999 08:49:37 GMT", "Fri, 31 Dec 9999 23:59:59 -2359"),
    ),
    ("If-Range", ('"1"', "x")),
    ("Range", ("bytes=0-1", "bytes=9-1", "bytes=-1", "bytes=0-0," * 50, "x=1-2", "bytes=" + "9" * 40 + "-")),
    ("Origin", ("https://example.org", "null", "\xff")),
    ("Access-Control-Request-Method", ("PUT", "x")),
    ("Host", ("talbuk.test", "", "a:b", "[::1", "a b", "<script>", "\xff", "a" * 300, "127.0.0.1:99999")),
    ("Cookie", ("session=x", "a=" * 100)),
    ("X-Forwarded-For", ("127.0.0.1", "'")),
    ("X-HTTP-Method-Override", ("DELETE",)),
    ("X-Request-Id", ("a", "a" * 300, "\xff", "{}", "a\tb")),
    ("Expect", ("100-continue", "x")),
    ("Forwarded", ('for="', "host=x")),
)


def _sound(choices: Choices, parameter: Mapping[str, Any]) -> str:
    """A value that a parameter may have."""
    schema = parameter["schema"].get("items", parameter["schema"])
    known = schema.get("enum") or [parameter.get("example", schema.get("example", schema.get("default", "1")))]
    found = choices.one_of(known)
    if isinstance(found, list):
        found = found[0] if found else ""
    return json.dumps(found) if isinstance(found, bool | int) else str(found)


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def _in_header(text: str) -> str:
    """A text as it can stand in a header: a server lets no control character but the tab get there."""
    raw = text.encode("utf-8", "replace").decode("latin-1")
    return "".join(c for c in raw if c == "\t" or (c >= " " and c != "\x7f")).strip()


def environ_of(asked: Asked) -> dict[str, Any]:
    """The environment that gunicorn would make of a request."""
    path, _, query = asked.target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": asked.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": asked.target,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(asked.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": str(len(asked.body)),
    }
    for name, value in asked.headers:
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value}" if key in environ and key != "CONTENT_LENGTH" else value
    return environ


def answered(app: Flask, asked: Asked) -> Answered:
    """Put a request to the application, and read its answer to the end."""
    said: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
        said[:] = [status, headers]
        return lambda data: None

    pieces: Iterable[bytes] = app(environ_of(asked), start)
    try:
        body = b"".join(pieces)
    finally:
        if hasattr(pieces, "close"):
            pieces.close()
    status, headers = said
    return Answered(int(status[:3]), headers, body)


SIGNS = (b"Traceback", b"site-packages", b'.py"', b"psycopg", b"sqlite", b"OperationalError", b"FROM entry")
"""What is in no problem, for it shows what is within."""


def fault_of(found: Answered, before: tuple[int, str], token: str) -> str | None:
    """What is wrong with an answer, or with what its request did; None where all is well."""
    if found.status >= 500:
        return f"{found.status}: {found.body[:300]!r}"
    for name, value in found.headers:
        if not value.isprintable() or not (name + value).isascii():
            return f"the header {name} is {value!r}"
    kept = dict(found.headers)
    if token.encode() in found.body or token in repr(found.headers):
        return "it repeats the key"
    if found.status >= 400:
        if before != head():
            return f"{found.status}, and something was written"
        return _problem_fault(found, kept)
    return _content_fault(found, kept)


def _problem_fault(found: Answered, headers: Mapping[str, str]) -> str | None:
    if headers.get("Content-Type") != "application/problem+json":
        return f"{found.status} is no problem but {headers.get('Content-Type')}"
    if not found.body:
        return None  # to HEAD
    told = msgspec.json.decode(found.body)
    if told["status"] != found.status or not told["detail"]:
        return f"the problem of {found.status} says {told}"
    shown = next((sign for sign in SIGNS if sign in found.body), None)
    return f"{found.status} shows {shown!r}: {found.body[:300]!r}" if shown else None


def _content_fault(found: Answered, headers: Mapping[str, str]) -> str | None:
    kind = headers.get("Content-Type", "").partition(";")[0]
    if "Content-Encoding" in headers or not found.body:
        return None
    try:
        if kind == "application/json":
            msgspec.json.decode(found.body)
        elif kind == "application/x-ndjson":
            for line in found.body.splitlines():
                msgspec.json.decode(line)
        else:
            found.body.decode()
    except (ValueError, msgspec.DecodeError) as error:
        return f"200, and its body is no {kind}: {error}"
    return None


class Harness:
    """Requests made of bytes, one after another, to a database that is renewed now and then."""

    RENEWED = 400
    """Requests after which the database is as it was at first."""

    def __init__(self, app: Flask, database: Throwaway, document: Mapping[str, Any]) -> None:
        self.app, self.database = app, database
        self.world = World(document, database.token)
        self.sent = self.refused = self.written = 0
        self.faults: dict[str, str] = {}
        self.statuses: dict[int, int] = {}
        self.head = head()

    def put(self, data: bytes) -> str | None:
        """Send the request that some bytes are; what is wrong with its answer."""
        if self.sent % self.RENEWED == self.RENEWED - 1:
            self.database.renew()
            self.head = head()
        self.sent += 1
        asked = self.world.asked(Choices(data))
        try:
            found = answered(self.app, asked)
        except Exception as error:
            return self._noted(f"{type(error).__name__}: {error}", asked)
        self.statuses[found.status] = self.statuses.get(found.status, 0) + 1
        fault = fault_of(found, self.head, self.database.token)
        now = head()
        self.written += now != self.head
        self.refused += found.status >= 400
        self.head = now
        return self._noted(fault, asked) if fault else None

    def _noted(self, fault: str, asked: Asked) -> str:
        self.faults.setdefault(fault[:160], str(asked))
        return fault
