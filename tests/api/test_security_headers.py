"""What answers say to browsers for safety's sake, and whom to tell of a hole."""

import email
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.app import create_app
from api.headers import DATA_POLICY, PAGE_POLICY
from models.database import close_database, open_database
from tests.api.test_problems import assert_problem

SECURITY = "/.well-known/security.txt"
PAGES = ("/", "/apidocs/")
REST = (
    *("/v1", "/v1/people", "/v1/people?format=csv", "/v1/people?limit=all&format=ndjson", "/v1/changes?format=atom"),
    *("/openapi.json", "/apidocs/assets/apidocs.js", "/apidocs/assets/home.css", "/apidocs", "/healthz", SECURITY),
    *("/nothing", "/v1/people?limit=0"),
)


@pytest.fixture
def reader(sqlite_with_fixtures: str, application: Flask) -> Iterator[FlaskClient]:
    """A client over the fixtures on one engine, for what no database has a part in."""
    open_database(sqlite_with_fixtures)
    yield application.test_client()
    close_database()


@pytest.fixture
def told(sqlite_with_fixtures: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """A client of a service that says whom to tell."""
    monkeypatch.setenv("TALBUK_SECURITY_CONTACT", "https://example.org/security?a=b")
    open_database(sqlite_with_fixtures)
    yield create_app().test_client()
    close_database()


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
@pytest.mark.parametrize("url", [*PAGES, *REST])
def test_every_answer_says_them_once(reader: FlaskClient, method: str, url: str) -> None:
    with reader.open(url, method=method) as answer:
        headers = answer.headers
    page = (url == "/" and method in {"GET", "HEAD"}) or (url == "/apidocs/" and method != "POST")
    for name, value in {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
        "Content-Security-Policy": PAGE_POLICY if page else DATA_POLICY,
    }.items():
        assert headers.getlist(name) == [value]
    assert headers.getlist("Cross-Origin-Opener-Policy") == (["same-origin"] if page else [])


def test_pages_hold_nothing_that_a_policy_would_have_to_let_run(reader: FlaskClient) -> None:
    for url in PAGES:
        text = reader.get(url).text
        assert "<style" not in text
        assert "style=" not in text
        assert "<script>" not in text
        assert " on" not in text.partition("<body>")[2].partition("<p>")[0]
    assert "unsafe" not in PAGE_POLICY


def test_whom_to_tell(told: FlaskClient) -> None:
    """As RFC 9116 has it: the lines that must be, once each, good for less than a year."""
    answer = told.get(SECURITY)
    assert (answer.status_code, answer.content_type) == (200, "text/plain; charset=utf-8")
    fields = email.message_from_string(answer.text)
    assert fields.get_all("Contact") == ["https://example.org/security?a=b"]
    (expires,) = fields.get_all("Expires") or []
    assert timedelta(days=100) < datetime.fromisoformat(expires) - datetime.now(UTC) < timedelta(days=365)
    assert fields.get_all("Canonical") == [f"http://localhost{SECURITY}"]
    assert answer.text.count("\r\n") == len(answer.text.splitlines())
    assert_problem(told.get(f"{SECURITY}?x=y"), 422)
    assert_problem(told.post(SECURITY), 405)


def test_where_nobody_is_named_there_is_nothing(reader: FlaskClient) -> None:
    assert_problem(reader.get(SECURITY), 404)
