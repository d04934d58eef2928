"""What a request is called: in its answer, in its problem, and in the answers of gunicorn itself."""

import json
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.database import close_database, open_database
from tests.faults.test_http import only, request, sent


@pytest.fixture
def reader(sqlite_with_fixtures: str, application: Flask) -> Iterator[FlaskClient]:
    """A client over the fixtures on one engine, for what no database has a part in."""
    open_database(sqlite_with_fixtures)
    yield application.test_client()
    close_database()


@pytest.mark.parametrize("name", ["a", "Z-9_", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "x" * 64])
def test_the_name_that_a_client_gives_is_kept(reader: FlaskClient, name: str) -> None:
    answered = reader.get("/v1/people?limit=1", headers={"X-Request-Id": name})
    assert answered.headers.getlist("X-Request-Id") == [name]
    assert reader.get("/v1/nothing", headers={"X-Request-Id": name}).json["request_id"] == name


@pytest.mark.parametrize(
    "name",
    ["", "x" * 65, "a b", "a,b", "ä", "<b>", 'a"', "a\tb", "\x1b[31m", "talbuk_abcdefgh_" + "s" * 43, "x-talbuk_y"],
)
def test_another_is_made_where_it_is_unsound(reader: FlaskClient, name: str) -> None:
    """No answer and no line of the log repeats it."""
    answered = reader.get("/v1/nothing", headers={"X-Request-Id": name})
    made = answered.json["request_id"]
    assert len(made) == 24
    assert int(made, 16) >= 0
    assert answered.headers["X-Request-Id"] == made
    assert reader.get("/v1/nothing").json["request_id"] != made


def test_every_answer_has_one_of_its_own(reader: FlaskClient) -> None:
    urls = ("/", "/v1", "/healthz", "/openapi.json", "/v1/people?limit=1", "/v1/people?format=ndjson", "/nothing")
    names = [reader.get(url).headers["X-Request-Id"] for url in urls * 3]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        request(f"/v1/{'x' * 9000}"),
        request("/v1", headers=f"Host: x\r\nLong: {'x' * 9000}\r\n"),
        request("/v1", "POST", headers="Host: x\r\nTransfer-Encoding: gzip, chunked, x\r\n"),
    ],
)
def test_what_gunicorn_refuses_has_one_too(server: str, raw: bytes) -> None:
    answer = only(sent(server, raw))
    assert answer.status >= 400
    assert answer.headers["x-request-id"] == json.loads(answer.body)["request_id"]
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
