"""Malformed and hostile requests to the real server, over raw sockets: each is answered with a problem or rightly."""

import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import pytest

from api.headers import EVERYWHERE
from api.resources.assessments import ASSESSMENT_QUERY
from api.resources.claims import CLAIM_QUERY
from api.resources.defectors import DEFECTOR_QUERY
from api.resources.indicators import INDICATOR_QUERY
from api.resources.institutions import INSTITUTION_QUERY
from api.resources.people import PERSON_QUERY
from api.resources.purges import PURGE_QUERY
from api.resources.sources import SOURCE_QUERY
from models.text import words

QUERIES = {
    "defectors": DEFECTOR_QUERY,
    "purges": PURGE_QUERY,
    "institutions": INSTITUTION_QUERY,
    "people": PERSON_QUERY,
    "sources": SOURCE_QUERY,
    "claims": CLAIM_QUERY,
    "indicators": INDICATOR_QUERY,
    "assessments": ASSESSMENT_QUERY,
}
PATIENCE = 10
"""Seconds after which a server that says nothing hangs."""


class Answer(NamedTuple):
    """One HTTP answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def problem(self) -> Any:
        """The problem that it is."""
        return json.loads(self.body)


def sent(server: str, raw: bytes) -> list[Answer]:
    """Send bytes, say that no more will come, and read all answers until the server closes."""
    where = urlsplit(server)
    with socket.create_connection((where.hostname, where.port), timeout=PATIENCE) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before it was read to the end: what was answered can still be read
        return list(answers(received(connection), head_only=raw.startswith(b"HEAD ")))


def received(connection: socket.socket) -> bytes:
    found = b""
    try:
        while more := connection.recv(65_536):
            found += more
    except ConnectionResetError:
        assert found, "the connection was reset without an answer"
    return found


def answers(data: bytes, *, head_only: bool) -> Iterator[Answer]:
    """Each answer in a stream of them; nothing may be left over."""
    while data:
        head, separator, data = data.partition(b"\r\n\r\n")
        assert separator, head
        first, *lines = head.decode("latin-1").split("\r\n")
        assert first.startswith(("HTTP/1.1 ", "HTTP/1.0 ")), first
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split()[1])
        length = 0 if head_only or status in {100, 304} else int(headers["content-length"])
        body, data = data[:length], data[length:]
        assert len(body) == length
        yield Answer(status, headers, body)


def request(
    target: str, method: str = "GET", version: str = "HTTP/1.1", headers: str = "Host: talbuk.test\r\n", body: str = ""
) -> bytes:
    """A request, every part of which may be wrong."""
    return f"{method} {target} {version}\r\n{headers}\r\n{body}".encode("latin-1")


def assert_problem(answer: Answer, *statuses: int) -> None:
    """An error is a problem and nothing else, and shows nothing of what is within."""
    assert answer.status in statuses, (answer.status, answer.body[:500])
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["date"].endswith("GMT")
    assert {name: answer.headers[name.lower()] for name in EVERYWHERE} == EVERYWHERE
    assert list(answer.problem)[:4] == ["type", "title", "status", "detail"]
    assert answer.problem["status"] == answer.status
    assert answer.problem["detail"]
    for sign in (b"<", b"Traceback", b".py", b"gunicorn", b"sqlite", b"FROM entry"):
        assert sign not in answer.body


def assert_answers_still(server: str) -> None:
    """Whatever came before, the next one is served."""
    (answer,) = sent(server, request("/v1/defectors?limit=1"))
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"


def only(found: list[Answer]) -> Answer:
    assert len(found) == 1, found
    return found[0]


# --- what is asked for is wrong: 422 that names the parameter and what would be right -------------------------------

LIMITS = (
    "0",
    "-1",
    "501",
    "abc",
    "1e2",
    "1.0",
    "0x10",
    "\uff15",
    "\uff15\uff10",
    "5_0",
    "+5",
    " 5",
    "5 ",
    "",
    "00000000001",
    "null",
)
LIMITS_TOO = ("\n5", "5\n", "\u0665", "²", "9" * 400, "1,2", "all")
DATES = (
    "2015-24",
    "yesterday",
    "",
    "2015-02-30",
    "0000",
    "2015-13",
    "2015-7-1",
    "201X",
    "\uff12\uff10\uff11\uff15",
    "2015/2014",
    "{2015}",
    " 2015",
    "/",
    "..",
)


@pytest.mark.parametrize("limit", [*LIMITS, *LIMITS_TOO])
def test_a_limit_that_is_none(server: str, limit: str) -> None:
    """Never clamped, never read as Python's int() would: it takes 5_0, wide digits and blanks."""
    answer = only(sent(server, request(f"/v1/defectors?limit={quote(limit)}")))
    assert_problem(answer, 422)
    (fault,) = answer.problem["errors"]
    assert fault["parameter"] == "limit"
    assert ("from 1 to 500" if limit != "all" else "format=ndjson") in fault["detail"]


@pytest.mark.parametrize("date", DATES)
@pytest.mark.parametrize("name", ["left", "left_after", "left_before"])
def test_a_date_that_is_none(server: str, name: str, date: str) -> None:
    answer = only(sent(server, request(f"/v1/defectors?{name}={quote(date, safe='')}")))
    assert_problem(answer, 422)
    (fault,) = answer.problem["errors"]
    assert fault["parameter"] == name
    assert fault["detail"].isascii() or "\uff12" not in date
    assert_answers_still(server)


WRONG = (
    ("/v1/defectors?nonsense=1", "nonsense"),
    ("/v1/defectors?Status=denied", "Status"),
    ("/v1/defectors?=1", ""),
    ("/v1/defectors?status", "status"),
    ("/v1/defectors?status=murdered", "status"),
    ("/v1/defectors?status=DENIED", "status"),
    ("/v1/defectors?status=denied,confirmed", "status"),
    ("/v1/defectors?status=denied%20", "status"),
    ("/v1/defectors?status=denied;limit=1", "status"),
    ("/v1/defectors?policy=any&policy=any", "policy"),
    ("/v1/defectors?sort=left&sort=name", "sort"),
    ("/v1/defectors?sort=--left", "sort"),
    ("/v1/defectors?sort=motive", "sort"),
    ("/v1/defectors?limit=1&limit=1", "limit"),
    ("/v1/defectors?total=1", "total"),
    ("/v1/defectors?total=True", "total"),
    ("/v1/defectors?include=everything", "include"),
    ("/v1/defectors?cursor=garbage", "cursor"),
    ("/v1/defectors?cursor=", "cursor"),
    ("/v1/defectors?cursor=WyJhIiwiYiJd", "cursor"),
    ("/v1/defectors?cursor=" + "W1tb" * 1500, "cursor"),
    ("/v1/defectors?id=A", "id"),
    ("/v1/defectors?id=" + "a" * 81, "id"),
    ("/v1/defectors?id=a%0a", "id"),
    ("/v1/defectors?id=..%2f..", "id"),
    ("/v1/defectors?left_from=ZZ", "left_from"),
    ("/v1/defectors?left_from=kp", "left_from"),
    ("/v1/defectors?roots=100", "roots"),
    ("/v1/defectors?anonymous_only=yes", "anonymous_only"),
    ("/v1/defectors?updated_after=2026-13-01", "updated_after"),
    ("/v1/defectors?updated_after=2026-01-01T00:00:00%2b09:00", "updated_after"),
    ("/v1/defectors?updated_after=9223372036854775808", "updated_after"),
    ("/v1/defectors?conflict=occurred", "conflict"),
    ("/v1/purges?by=ministry", "by"),
    ("/v1/purges?by=sources%2fx", "by"),
    ("/v1/claims?about=nothing%2fx", "about"),
    ("/v1/defectors?%e2%80%ae=1", "\u202e"),
    ("/v1/defectors?status=%e2%80%aedenied", "status"),
    ("/v1/defectors?status=%7f", "status"),
    ("/v1/defectors?person=%0d%0aSet-Cookie:%20a=b", "person"),
    ("/v1?a=b", "a"),
    ("/?a=b", "a"),
    ("/healthz?a=b", "a"),
    ("/openapi.json?a=b", "a"),
    ("/apidocs/?a=b", "a"),
    ("/apidocs/assets/swagger-ui.css?a=b", "a"),
)


@pytest.mark.parametrize(("target", "parameter"), WRONG)
def test_a_wrong_parameter_is_named(server: str, target: str, parameter: str) -> None:
    answer = only(sent(server, request(target)))
    assert_problem(answer, 422)
    (fault,) = answer.problem["errors"]
    assert fault["parameter"] == parameter
    assert set(fault) <= {"parameter", "detail", "allowed", "nearest"}
    assert "set-cookie" not in answer.headers
    assert_answers_still(server)


INJECTIONS = (
    "'",
    '"',
    "' OR '1'='1",
    "x'; DROP TABLE record; --",
    "1) UNION SELECT input FROM record --",
    "%",
    "\\",
    "{{7*7}}",
)


@pytest.mark.parametrize("resource", QUERIES)
def test_sql_in_every_parameter_is_only_a_wrong_value(server: str, resource: str) -> None:
    for name in QUERIES[resource].fields:
        for text in INJECTIONS:
            answer = only(sent(server, request(f"/v1/{resource}?{name}={quote(text, safe='')}")))
            if name == "q":
                assert answer.status == (200 if words(text) else 422), "it is looked for as words"
                continue
            assert_problem(answer, 422)
            assert [fault["parameter"] for fault in answer.problem["errors"]] == [name]
    for text in INJECTIONS:
        for target in (f"/v1/{resource}/{quote(text, safe='')}", f"/v1/{resource}?{quote(text, safe='')}=1"):
            assert_problem(only(sent(server, request(target))), 404, 422)
    assert_answers_still(server)


# --- what is sent is malformed --------------------------------------------------------------------------------------

HOST = "Host: talbuk.test\r\n"
END = "0\r\n\r\n"
CHUNKED = HOST + "Transfer-Encoding: chunked\r\n"
IN_JSON = HOST + "Content-Type: application/json\r\n"
IN_JSON_CHUNKS = CHUNKED + "Content-Type: application/json\r\n"
LARGE_CHUNKS = ("8000\r\n" + " " * 0x8000 + "\r\n") * 62 + END
HEALTH = request("/healthz")


def asked_names(body: str) -> bytes:
    """Many names asked for, in a body that may be wrong."""
    return request("/v1/names", "POST", headers=f"{IN_JSON}Content-Length: {len(body)}\r\n", body=body)


MALFORMED: tuple[tuple[str, bytes, tuple[int, ...]], ...] = (
    # the query and the path as bytes
    ("NUL in a value", request("/v1/defectors?status=%00"), (400,)),
    ("NUL in a name", request("/v1/defectors?%00=1"), (400,)),
    ("NUL in a path", request("/v1/defectors/%00"), (404,)),
    ("invalid UTF-8", request("/v1/defectors?person=%ff"), (400,)),
    ("overlong UTF-8", request("/v1/defectors?person=%c0%af"), (400,)),
    ("a lone surrogate", request("/v1/defectors?person=%ed%a0%80"), (400,)),
    ("invalid UTF-8 in a path", request("/v1/%ff%fe"), (400, 404)),
    ("a lone surrogate in a path", request("/v1/defectors/%ed%a0%80"), (400, 404)),
    ("raw bytes in a query", b"GET /v1/defectors?person=\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
    ("raw bytes in a path", b"GET /v1/\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n", (400, 404)),
    ("raw UTF-8 in a query", "GET /v1/defectors?status=거부 HTTP/1.1\r\nHost: a\r\n\r\n".encode(), (400, 422)),
    ("a raw control character", b"GET /v1/defectors?id=\x01 HTTP/1.1\r\nHost: a\r\n\r\n", (400, 422)),
    ("a raw NUL", b"GET /v1/defectors?id=\x00 HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
    ("a raw NUL in a path", b"GET /v1\x00 HTTP/1.1\r\nHost: a\r\n\r\n", (400, 404)),
    ("a raw space", b"GET /v1/defectors?id=a b HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
    ("half an escape in a path", request("/v1/defectors/%"), (404,)),
    ("half an escape in a value", request("/v1/defectors?status=%zz%"), (422,)),
    ("half an escape in a name", request("/v1/defectors?%=1"), (422,)),
    ("a long query", request("/v1/defectors?id=" + "a" * 9_000), (414,)),
    ("a long path", request("/v1/defectors/" + "a" * 9_000), (414,)),
    ("a very long line", request("/v1/defectors?id=" + "a" * 100_000), (414,)),
    ("an endless line", b"GET /" + b"a" * 2_000_000, (414,)),
    ("many parameters", request("/v1/defectors?" + "&".join(["id=a"] * 600)), (400,)),
    # paths
    ("nothing there", request("/nothing"), (404,)),
    ("another version", request("/v2/defectors"), (404,)),
    ("up and out", request("/../../etc/passwd"), (400, 404)),
    ("up and out of the assets", request("/apidocs/assets/../../../docs.py"), (404,)),
    ("up and out, encoded", request("/apidocs/assets/%2e%2e/%2e%2e/%2e%2e/docs.py"), (404,)),
    ("up and out, slashes encoded", request("/apidocs/assets/..%2f..%2f..%2fdocs.py"), (404,)),
    ("up and out, backslashes", request("/apidocs/assets/..%5c..%5cdocs.py"), (404,)),
    ("an absolute path in the assets", request("/apidocs/assets//etc/passwd"), (404,)),
    ("a folder of the assets", request("/apidocs/assets/"), (404,)),
    ("two slashes first", request("//v1/defectors"), (200, 404)),
    ("another host after two slashes", request("//evil.test/v1"), (400, 404)),
    ("two slashes", request("/v1//defectors"), (404,)),
    ("a slash at the end", request("/v1/defectors/"), (404,)),
    ("a slash, encoded", request("/v1%2fdefectors"), (200, 404)),
    ("a slash in an id, encoded", request("/v1/defectors/a%2fb"), (404,)),
    ("an id too long", request("/v1/defectors/" + "a" * 81), (404,)),
    ("a line end in an id", request("/v1/defectors/a%0aclaims"), (404,)),
    # the request line
    ("no request at all", b"\r\n\r\n", (400,)),
    ("garbage", b"garbage\r\n\r\n", (400,)),
    ("a method alone", b"GET\r\n\r\n", (400,)),
    ("no version", b"GET /v1\r\n\r\n", (400,)),
    ("a version to come", request("/v1", version="HTTP/9.9"), (400, 505)),
    ("a version of nothing", request("/v1", version="HTCPCP/1.0"), (400, 505)),
    ("two spaces", b"GET  /v1 HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n", (400,)),
    ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505)),
    ("a method in lower case", request("/v1", method="get"), (400, 405, 501)),
    ("a method that is none", request("/v1", method="FETCH"), (400, 405, 501)),
    ("a method with a blank in it", request("/v1", method="GE T"), (400,)),
    ("TRACE", request("/v1", method="TRACE"), (400, 405, 501)),
    ("CONNECT", request("talbuk.test:443", method="CONNECT"), (400, 404, 405, 501)),
    ("an address without a slash", request("v1"), (400, 404)),
    ("asterisk-form of GET", request("*"), (400, 404)),
    # headers
    ("no host", request("/v1", headers=""), (400,)),
    ("no host in HTTP/1.0", request("/v1", version="HTTP/1.0", headers=""), (400,)),
    ("an empty host", request("/v1", headers="Host:\r\n"), (400,)),
    ("two hosts", request("/v1", headers="Host: a\r\nHost: b\r\n"), (400,)),
    ("a header without a colon", request("/v1", headers=HOST + "nothing\r\n"), (400,)),
    ("a header without a name", request("/v1", headers=HOST + ": x\r\n"), (400,)),
    ("a blank before a colon", request("/v1", headers=HOST + "X : x\r\n"), (400,)),
    ("NUL in a header", request("/v1", headers=HOST + "X: \x00\r\n"), (400,)),
    ("a bare carriage return", request("/v1", headers=HOST + "X: a\rb\r\n"), (400,)),
    ("a folded header", request("/v1", headers=HOST + "X: a\r\n b\r\n"), (400,)),
    ("a large header", request("/v1", headers=HOST + f"X: {'a' * 20_000}\r\n"), (400, 431)),
    ("a huge header", request("/v1", headers=HOST + f"X: {'a' * 1_000_000}\r\n"), (400, 431)),
    ("many headers", request("/v1", headers=HOST + "".join(f"X{n}: a\r\n" for n in range(500))), (400, 431)),
    # bodies
    ("a length that is no number", request("/v1", headers=HOST + "Content-Length: abc\r\n"), (400,)),
    ("a length below nothing", request("/v1", headers=HOST + "Content-Length: -1\r\n"), (400,)),
    ("a length with a sign", request("/v1", headers=HOST + "Content-Length: +1\r\n", body="a"), (400,)),
    ("two lengths", request("/v1", headers=HOST + "Content-Length: 1\r\nContent-Length: 2\r\n", body="ab"), (400,)),
    ("a length and chunks", request("/v1", "POST", headers=CHUNKED + "Content-Length: 5\r\n", body=END), (400,)),
    ("an encoding that is none", request("/v1", "POST", headers=HOST + "Transfer-Encoding: x\r\n"), (400, 501)),
    ("chunks in HTTP/1.0", request("/v1", "POST", "HTTP/1.0", CHUNKED, "0\r\n\r\n"), (400, 405)),
    ("a chunk size below nothing", request("/v1", "POST", headers=CHUNKED, body="-1\r\na\r\n0\r\n\r\n"), (400, 405)),
    ("a chunk size that is none", request("/v1", "POST", headers=CHUNKED, body="zz\r\na\r\n0\r\n\r\n"), (400, 405)),
    ("a chunk cut short", request("/v1", "POST", headers=CHUNKED, body="ff\r\na"), (400, 405)),
    ("a body cut short", request("/v1", "POST", headers=HOST + "Content-Length: 99\r\n", body="a"), (400, 405)),
    ("an expectation that is none", request("/v1", headers=HOST + "Expect: the-unexpected\r\n"), (400, 417)),
    ("names nested deep", asked_names("[" * 60_000), (400,)),
    ("names nested deep, in objects", asked_names('{"a":' * 60_000), (400,)),
    ("names as a lone surrogate", asked_names(r'{"names": ["\ud800"]}'), (400,)),
    ("names in Latin-1", asked_names('{"names": ["\xe9"]}'), (400,)),
    ("names cut short", request("/v1/names", "POST", headers=IN_JSON + "Content-Length: 99\r\n", body="{"), (400,)),
    ("names without a length", request("/v1/names", "POST", headers=IN_JSON), (400,)),
    ("names in chunks cut short", request("/v1/names", "POST", headers=IN_JSON_CHUNKS, body="ff\r\n{"), (400,)),
    ("names in chunks of no size", request("/v1/names", "POST", headers=IN_JSON_CHUNKS, body="zz\r\n{"), (400,)),
    ("names in chunks without an end", request("/v1/names", "POST", headers=IN_JSON_CHUNKS, body="1\r\n{}}"), (400,)),
    ("names without a type", request("/v1/names", "POST", headers=HOST + "Content-Length: 2\r\n", body="{}"), (415,)),
    ("too many bytes of names", asked_names(" " * 2_000_001), (413,)),
    ("too many bytes in chunks", request("/v1/names", "POST", headers=IN_JSON_CHUNKS, body=LARGE_CHUNKS), (413,)),
    ("a length too large to come", request("/v1/names", "POST", headers=IN_JSON + f"Content-Length: {'9' * 15}\r\n"),
     (413,)),
    ("JSON nested deep", request("/v1", "POST", headers=HOST + "Content-Length: 60000\r\n", body="[" * 60_000), (405,)),
)  # fmt: skip


@pytest.mark.parametrize(("raw", "statuses"), [case[1:] for case in MALFORMED], ids=[case[0] for case in MALFORMED])
def test_what_is_malformed_is_a_problem(server: str, raw: bytes, statuses: tuple[int, ...]) -> None:
    """The first answer; after it the connection is closed, or what follows is answered in its turn."""
    first, *rest = sent(server, raw)
    if first.status == 200:
        assert 200 in statuses
    else:
        assert_problem(first, *statuses)
    for answer in rest:
        assert answer.status < 500
        assert answer.headers["content-type"] in {"application/json", "application/problem+json"}
    assert_answers_still(server)


# --- what is unusual but right --------------------------------------------------------------------------------------

ASSET = "/apidocs/assets/swagger-ui.css"
RIGHT: tuple[tuple[str, bytes, tuple[int, ...]], ...] = (
    ("absolute-form", request("http://talbuk.test/v1"), (200,)),
    ("asterisk-form of OPTIONS", request("*", method="OPTIONS"), (200, 404)),
    ("a body on GET", request("/v1", headers=HOST + "Content-Length: 5\r\n", body="hello"), (200,)),
    ("a body in chunks on GET", request("/v1", headers=CHUNKED, body="5\r\nhello\r\n0\r\n\r\n"), (200,)),
    ("an Accept of HTML", request("/v1", headers=HOST + "Accept: text/html\r\n"), (200, 406)),
    ("an Accept of nothing we have", request("/v1", headers=HOST + "Accept: image/png, */*;q=0\r\n"), (200, 406)),
    ("an Accept that is none", request("/v1", headers=HOST + "Accept: ;;;q=,\r\n"), (200, 400, 406)),
    ("HTTP/1.0", request("/v1", version="HTTP/1.0"), (200,)),
    ("an empty query", request("/v1/defectors?"), (200,)),
    ("empty parts of a query", request("/v1/defectors?&&limit=1&"), (200,)),
    ("a plus for a blank", request("/v1/defectors?limit=1&left=2015%2f2016"), (200,)),
    ("escapes of plain letters", request("/v1/%64efectors?%6cimit=%31"), (200,)),
    ("a fragment", request("/v1#top"), (200, 400, 404)),
    ("an If-None-Match that is none", request("/v1", headers=HOST + 'If-None-Match: ,,"\r\n'), (200,)),
    ("a Range", request("/v1", headers=HOST + "Range: bytes=0-1\r\n"), (200,)),
    ("a Range of an asset", request(ASSET, headers=HOST + "Range: bytes=9-1\r\n"), (200, 416)),
    ("a date that is none", request(ASSET, headers=HOST + "If-Modified-Since: x\r\n"), (200,)),
    ("a port that is none", request("/v1", headers="Host: talbuk.test:99999\r\n"), (200, 400)),
    ("a host that is none", request("/v1", headers="Host: <script>\r\n"), (200, 400)),
    ("an upgrade", request("/v1", headers=HOST + "Connection: Upgrade\r\nUpgrade: h2c\r\n"), (200,)),
    ("another client's address", request("/v1", headers=HOST + "X-Forwarded-For: '\r\nForwarded: for=\"\r\n"), (200,)),
    ("another method in a header", request("/v1", headers=HOST + "X-HTTP-Method-Override: DELETE\r\n"), (200,)),
)  # fmt: skip


@pytest.mark.parametrize(("raw", "statuses"), [case[1:] for case in RIGHT], ids=[case[0] for case in RIGHT])
def test_what_is_unusual_is_answered(server: str, raw: bytes, statuses: tuple[int, ...]) -> None:
    answer = only(sent(server, raw))
    if answer.status >= 400:
        assert_problem(answer, *statuses)
    else:
        assert answer.status in statuses
        assert b"Traceback" not in answer.body
    assert_answers_still(server)


def test_a_host_is_not_written_into_the_landing_page_unescaped(server: str) -> None:
    answer = only(sent(server, request("/", headers="Host: <script>alert(1)</script>\r\n")))
    assert b"<script>" not in answer.body
    if answer.status != 200:
        assert_problem(answer, 400)


def test_head_of_every_kind_of_answer_has_no_body(server: str) -> None:
    for target in ("/v1", "/v1/defectors", "/v1/nothing", "/v1/defectors?limit=0", "/openapi.json", "/apidocs/"):
        assert only(sent(server, request(target, method="HEAD"))).body == b""


def test_pipelined_requests_are_answered_in_order(server: str) -> None:
    found = sent(server, HEALTH + request("/v1/nothing") + request("/v1/defectors?limit=x") + HEALTH)
    assert [answer.status for answer in found] == [200, 404, 422, 200]
    assert_problem(found[1], 404)
    assert_problem(found[2], 422)


def test_what_follows_something_malformed_is_not_read(server: str) -> None:
    """Where one request ends cannot be known then: reading on would be request smuggling."""
    found = sent(server, HEALTH + b"garbage\r\n\r\n" + HEALTH)
    assert [answer.status for answer in found] == [200, 400]
    assert_problem(found[1], 400)
    assert found[1].headers["connection"] == "close"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_body_is_never_read_as_the_next_request(server: str, method: str) -> None:
    hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
    found = sent(
        server, request("/v1", method, headers=HOST + f"Content-Length: {len(hidden)}\r\n", body=hidden) + HEALTH
    )
    assert [answer.status for answer in found] in ([200, 200], [405, 200], [200], [405])
    chunks = f"{len(hidden):x}\r\n{hidden}\r\n0\r\n\r\n"
    found = sent(server, request("/v1", method, headers=CHUNKED, body=chunks) + HEALTH)
    assert [answer.status for answer in found] in ([200, 200], [405, 200], [200], [405])


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"G", b"GET /v1 HT", b"GET /v1 HTTP/1.1\r\nHost: a\r\nX: y\r\n"])
def test_half_a_request_is_no_request(server: str, raw: bytes) -> None:
    """A client that leaves before it has said what it wants gets nothing, or a problem; the next one is served."""
    for answer in sent(server, raw):
        assert_problem(answer, 400, 408)
    assert_answers_still(server)


def test_a_body_of_names_is_read_whole_and_what_follows_is_the_next_request(server: str) -> None:
    body = r'{"names": ["Thae Yong Ho", "\ud0dc\uc601\ud638"]}'
    chunks = f"{len(body):x}\r\n{body}\r\n{END}"
    found = sent(server, asked_names(body) + request("/v1/names", "POST", headers=IN_JSON_CHUNKS, body=chunks) + HEALTH)
    assert [answer.status for answer in found] == [200, 200, 200]
    assert found[0].body == found[1].body
    assert [one["candidates"][0]["record"] for one in json.loads(found[0].body)["data"]] == ["people/thae-yong-ho"] * 2


def test_a_client_that_waits_to_be_told_to_go_on_is_told(server: str) -> None:
    raw = request("/v1", "GET", headers=HOST + "Expect: 100-continue\r\nContent-Length: 5\r\n", body="hello")
    *interim, last = sent(server, raw)
    assert [answer.status for answer in interim] in ([], [100])
    assert last.status == 200


def test_a_body_that_never_comes_hangs_nobody_else(server: str) -> None:
    where = urlsplit(server)
    waiting = [socket.create_connection((where.hostname, where.port), timeout=PATIENCE) for _ in range(3)]
    try:
        for connection in waiting:
            connection.sendall(request("/v1", "POST", headers=HOST + "Content-Length: 1000000\r\n"))
        assert_answers_still(server)
    finally:
        for connection in waiting:
            connection.close()


def test_a_connection_that_is_cut_hurts_nobody(server: str) -> None:
    where = urlsplit(server)
    for raw in (b"", b"G", b"GET /v1/claims?limit=500&include=claims HTTP/1.1\r\nHost: a\r\n\r\n"):
        for _ in range(5):
            with socket.create_connection((where.hostname, where.port), timeout=PATIENCE) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                connection.sendall(raw)
    assert_answers_still(server)
