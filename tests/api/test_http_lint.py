"""What HTTP linters say of every answer: httplint of each that is asked for here, REDbot of what it asks for itself."""

import http.client
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from configparser import ConfigParser
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import thor
from httplint import HttpRequestLinter, HttpResponseLinter, levels
from httplint.note import Note
from redbot.resource import HttpResource

from tests.api.test_docs import OPERATIONS, WRITES, address, split

PAGES = ("/", "/apidocs", "/apidocs/", "/openapi.json", "/apidocs/assets/swagger-ui.css")
URLS = [address(path) for path in OPERATIONS] + list(PAGES)
FAULTY = ("/nothing", "/v1/defectors?limit=0", "/v1/defectors/nobody", "/v1/people?institution=%ff")

WITH_KEY = {(split(path)[0], urlsplit(address(path)).path) for path in WRITES}
"""What takes a key: 401 without."""

BAD = {levels.BAD, levels.WARN}
ACCEPTED = {
    "STATUS_BAD_REQUEST": "the request was made to be malformed",
    "STATUS_URI_TOO_LONG": "the address was made to be too long",
}
"""Notes of a level in BAD that may stand, and why."""


class Asked(NamedTuple):
    """One request, and the status that it must be answered with."""

    status: int
    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Given(NamedTuple):
    """One answer, as the linter wants it."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes


def given_to(connection: http.client.HTTPConnection, asked: Asked) -> Given:
    """Ask for exactly this: no header is added but Host, and the length of a body."""
    connection.putrequest(asked.method, asked.url, skip_accept_encoding=True)
    for name, value in asked.headers:
        connection.putheader(name, value)
    if asked.body:
        connection.putheader("Content-Length", str(len(asked.body)))
    connection.endheaders(asked.body or None)
    response = connection.getresponse()
    return Given(response.status, response.reason, response.getheaders(), response.read())


def faults(notes: Iterable[Note]) -> Iterator[str]:
    """What is bad among notes and theirs, by the name of the note's class."""
    for note in notes:
        if note.level in BAD and type(note).__name__ not in ACCEPTED:
            yield f"{type(note).__name__}: {note}"
        yield from faults(note.subnotes)


def lint(server: str, asked: Asked, given: Given) -> list[str]:
    """What httplint has against an answer."""
    request, response = HttpRequestLinter(), HttpResponseLinter(start_time=time.time())
    request.process_request_topline(asked.method.encode(), f"{server}{asked.url}".encode(), b"1.1")
    request.process_headers(_raw(asked.headers))
    response.request = request
    response.is_head_response = asked.method == "HEAD"
    response.process_response_topline(b"1.1", str(given.status).encode(), given.reason.encode())
    response.process_headers(_raw(given.headers))
    response.feed_content(given.body)
    response.finish_content(True)
    return list(faults(response.notes))


def _raw(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers]


def ways_to_ask(url: str, plain: Given) -> Iterator[Asked]:
    """An address in every way: whole and as its head, in every coding, with every condition, and wrongly."""
    headers = dict(plain.headers)
    for method in ("GET", "HEAD"):
        for coding in ("gzip", "zstd", "br", "identity", "gzip;q=0.5, *;q=0.1"):
            yield Asked(plain.status, url, method, (("Accept-Encoding", coding),))
        if "ETag" in headers:
            yield Asked(304, url, method, (("If-None-Match", headers["ETag"]),))
            yield Asked(304, url, method, (("If-Modified-Since", headers["Last-Modified"]),))
            yield Asked(412, url, method, (("If-Match", '"other"'),))
    yield Asked(204, url, "OPTIONS")
    yield Asked(204, url, "OPTIONS", (("Origin", "https://else.test"), ("Access-Control-Request-Method", "GET")))
    for method in ("POST", "DELETE", "TRACE", "FOO"):
        if not (method == "POST" and url.startswith("/v1/names")):
            yield Asked(401 if (method, urlsplit(url).path) in WITH_KEY else 405, url, method)
    more = "&" if "?" in url else "?"
    if plain.status == 200:
        yield Asked(422, f"{url}{more}unheard_of=1")
        yield Asked(414, f"{url}{more}a={'a' * 8_050}")
    if plain.status == 200 and "assets" not in url:
        yield Asked(406, url, "GET", (("Accept", "image/png"),))
        yield Asked(406, url, "GET", (("Accept-Encoding", "identity;q=0"),))


@pytest.fixture
def connection(server: str) -> Iterator[http.client.HTTPConnection]:
    """One kept connection: an answer that ends where it should not spoils the next."""
    where = urlsplit(server)
    found = http.client.HTTPConnection(str(where.hostname), where.port, timeout=10)
    yield found
    found.close()


@pytest.mark.parametrize("url", [*URLS, *FAULTY])
def test_httplint_finds_nothing_bad(server: str, connection: http.client.HTTPConnection, url: str) -> None:
    plain = given_to(connection, Asked(0, url))
    assert lint(server, Asked(0, url), plain) == []
    for asked in ways_to_ask(url, plain) if url in URLS else ():
        given = given_to(connection, asked)
        assert given.status == asked.status, (asked, given)
        assert lint(server, asked, given) == [], (asked, given.headers)


def checked_by_redbot(urls: Iterable[str]) -> Mapping[str, HttpResource]:
    """REDbot's findings of some addresses: it asks for each as it is, compressed, in part and conditionally."""
    settings = ConfigParser()
    settings.read_dict({"redbot": {"enable_local_access": "true"}})
    resources = {url: HttpResource(settings["redbot"]) for url in urls}
    waiting = set(resources)

    def done(url: str) -> None:
        waiting.discard(url)
        if not waiting:
            thor.stop()

    for url, resource in resources.items():
        resource.set_request(url)
        resource.once("check_done", lambda url=url: done(url))
    for resource in resources.values():
        resource.check()
    thor.run()
    return resources


def test_redbot_finds_nothing_bad(server: str) -> None:
    found = checked_by_redbot([f"{server}{url}" for url in (*URLS, *FAULTY)])
    for url, resource in found.items():
        assert resource.fetch_error is None, url
        assert resource.response.complete, url
        for response in (resource.response, *(check.response for check in resource.subreqs.values())):
            assert list(faults(response.notes)) == [], url
    large = found[f"{server}/v1/defectors"]
    assert (large.gzip_support, large.inm_support, large.ims_support) == (True, True, True)


SENT = (("Content-Type", "application/json"), ("Accept-Encoding", "gzip"))
COOK = b'{"id": "cook", "name": "The cook"}'
ONCE = (*SENT, ("Idempotency-Key", "1"))
FIRST, SECOND, ANY = (("If-Match", '"1"'),), (("If-Match", '"2"'),), (("If-Match", "*"),)

LIST, RECORD = "/v1/people", "/v1/people/cook"
WRITES_IN_TURN = (
    Asked(201, LIST, "POST", ONCE, COOK),
    Asked(201, LIST, "POST", ONCE, COOK),
    Asked(422, LIST, "POST", ONCE, COOK + b" "),
    Asked(409, LIST, "POST", SENT, COOK),
    Asked(400, LIST, "POST", SENT, b"{"),
    Asked(415, LIST, "POST", (("Content-Type", "text/plain"),), COOK),
    Asked(422, LIST, "POST", SENT, b'{"id": "x"}'),
    Asked(200, f"{RECORD}/input"),
    Asked(428, RECORD, "PATCH", SENT, b'{"name": "A cook"}'),
    Asked(412, RECORD, "PATCH", (*SENT, *SECOND), b'{"name": "A cook"}'),
    Asked(400, RECORD, "PATCH", (*SENT, ("If-Match", "1")), b'{"name": "A cook"}'),
    Asked(415, RECORD, "PATCH", (("Content-Type", "text/plain"), *FIRST), b'{"name": "A cook"}'),
    Asked(200, RECORD, "PATCH", (*SENT, *FIRST), b'{"name": "A cook"}'),
    Asked(200, RECORD, "PUT", (*SENT, *SECOND), COOK),
    Asked(412, RECORD, "PUT", (*SENT, ("If-None-Match", "*")), COOK),
    Asked(201, "/v1/people/waiter", "PUT", SENT, b'{"name": "The waiter"}'),
    Asked(422, RECORD, "DELETE", ANY),
    Asked(200, f"{RECORD}?reason=x", "DELETE", ANY),
    Asked(410, RECORD),
    Asked(410, RECORD, "HEAD"),
    Asked(410, f"{RECORD}?reason=x", "DELETE", ANY),
    Asked(404, f"{RECORD}s?reason=x", "DELETE", ANY),
    Asked(422, f"{RECORD}/revert", "POST", SENT, b'{"entry": 1}'),
    Asked(200, "/v1/people/waiter/merge?reason=x", "POST", (*SENT, *FIRST), b'{"into": "thae-yong-ho", "revision": 1}'),
    Asked(308, "/v1/people/waiter"),
    Asked(308, "/v1/people/waiter", "HEAD"),
    Asked(410, "/v1/people/waiter", "PATCH", (*SENT, *FIRST), b'{"name": "A waiter"}'),
    Asked(200, "/v1/bundles?dry_run=true", "POST", SENT, b'{"people": []}'),
    Asked(200, "/v1/bundles", "POST", SENT, b'{"people": []}'),
    Asked(200, f"{RECORD}/erase?reason=x", "POST"),
    Asked(204, RECORD, "OPTIONS"),
    Asked(405, LIST, "DELETE"),
)
"""Requests to an instance of their own, one after the other: how each kind of write can end."""


IN_415 = re.compile(r'REQUEST_HDR_IN_RESPONSE: "Accept(-Encoding)?"')
"""What httplint does not know yet: a 415 says by these what it takes (RFC 9110, sections 12.5.1 and 12.5.3)."""


def test_httplint_finds_nothing_bad_in_writes(written: tuple[str, str]) -> None:
    """And REDbot nothing in what they leave: what is gone, and what leads on."""
    server, token = written
    where = urlsplit(server)
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=30)
    for asked in WRITES_IN_TURN:
        with_key = asked._replace(headers=(*asked.headers, ("Authorization", f"Bearer {token}")))
        given = given_to(connection, with_key)
        assert given.status == asked.status, (asked, given)
        found = [fault for fault in lint(server, with_key, given) if given.status != 415 or not IN_415.match(fault)]
        assert found == [], (asked, given.headers)
        if asked.method in {"POST", "PUT", "PATCH", "DELETE"} and asked.status not in {404, 405}:
            refused = given_to(connection, asked)
            assert refused.status == 401, (asked, refused)
            assert lint(server, asked, refused) == [], (asked, refused.headers)
    connection.close()
    for url, resource in checked_by_redbot([f"{server}{RECORD}", f"{server}/v1/people/waiter"]).items():
        assert resource.fetch_error is None, url
        for response in (resource.response, *(check.response for check in resource.subreqs.values())):
            assert list(faults(response.notes)) == [], url


BROKEN = (
    ("ETag", "unquoted"),
    ("Last-Modified", "yesterday"),
    ("Vary", "Accept Encoding"),
    ("Content-Length", "7"),
    ("Cache-Control", "max-age=soon"),
    ("Date", "Mon, 01 Jan 1990 00:00:00 GMT"),
    ("Content-Encoding", "gzip"),
)


@pytest.mark.parametrize(("name", "value"), BROKEN)
def test_an_answer_with_anything_wrong_is_found_out(
    server: str, connection: http.client.HTTPConnection, name: str, value: str
) -> None:
    """The control: one header of a sound answer is made wrong."""
    asked = Asked(200, "/v1/defectors")
    given = given_to(connection, asked)
    others = [(given_name, text) for given_name, text in given.headers if given_name != name]
    assert lint(server, asked, given) == []
    assert lint(server, asked, given._replace(headers=[*others, (name, value)]))
