"""What every answer says of itself, and what is not there to be found: files, methods, debuggers, other encodings."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.dumping import lines
from models import ledger
from models.keys import make
from tests.api.test_authorization import READS, WRITES
from tests.api.test_docs import DOCUMENT
from tests.api.test_problems import assert_problem

NEEDED = {"/v1/names": "q=Kim", "/v1/search": "q=kim", "/v1/stats": "by=year"}
"""What some addresses must be asked with."""

ANSWERED = [
    *(f"{url}?{NEEDED[url]}" if url in NEEDED else url for url in READS),
    *("/", "/healthz", "/readyz", "/apidocs/", "/openapi.json", "/apidocs/assets/swagger-ui.css"),
    *("/v1/people?format=csv", "/v1/people?format=ndjson", "/v1/changes?format=atom", "/nothing", "/v1/people?x=y"),
]
TYPES = {
    "application/json",
    "application/problem+json",
    "application/x-ndjson",
    "application/atom+xml",
    "text/html; charset=utf-8",
    "text/css; charset=utf-8",
    "text/csv; charset=utf-8; header=present",
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_answer_says_its_type(client: FlaskClient, method: str) -> None:
    """With the character set where the type does not imply it, and that nobody is to guess another."""
    found = set()
    for url in ANSWERED:
        with client.open(url, method=method) as response:
            assert response.headers.getlist("X-Content-Type-Options") == ["nosniff"], url
            if response.status_code != 308:
                found.add(response.content_type)
    assert found == TYPES


def test_another_site_reads_what_anyone_may_and_sends_nobodys_credentials(client: FlaskClient) -> None:
    """The origin is not repeated; and a browser sends by itself nothing that counts here."""
    for url in ANSWERED:
        for method in ("GET", "OPTIONS"):
            asked = {"Origin": "https://evil.test", "Access-Control-Request-Method": "PUT"}
            with client.open(url, method=method, headers=asked) as response:
                assert response.headers.getlist("Access-Control-Allow-Origin") == ["*"], url
                assert "Access-Control-Allow-Credentials" not in response.headers, url


FORMS = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "",
    "application/csp-report",
)


def test_what_a_form_can_send_is_no_write(client: FlaskClient) -> None:
    """A browser would send it to any site without asking first. A write takes a header as well that it asks about."""
    held = {"Authorization": f"Bearer {make('kim', 'admin')[1]}", "If-Match": "*"}
    before = ledger.head()
    with_body = [
        (method, path.replace("{slug}", "no-one"))
        for method, path in [*WRITES, ("POST", "/v1/names")]
        if "requestBody" in DOCUMENT["paths"][path][method.lower()]
    ]
    assert len(with_body) > 20
    for method, path in with_body:
        url = f"{path}?reason=x" if path.endswith("/merge") else path
        for kind in FORMS:
            answer = client.open(url, method=method, data='{"id": "x"}', content_type=kind, headers=held)
            assert_problem(answer, 415)
    assert ledger.head() == before


def test_what_only_reads_changes_nothing(client: FlaskClient) -> None:
    """So a link or an image that leads here does not either."""
    before = ledger.head(), list(lines())
    for url in ANSWERED:
        for method in ("GET", "HEAD", "OPTIONS"):
            with client.open(url, method=method) as response:
                assert response.status_code < 500
    assert client.post("/v1/names", json={"names": ["Kim"]}).status_code == 200
    assert (ledger.head(), list(lines())) == before


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "DEBUG", "X" * 40])
def test_methods_that_nobody_needs_are_not_there(client: FlaskClient, method: str) -> None:
    """TRACE would repeat a request with its key to whoever made a browser send it."""
    for url in ("/", "/v1", "/v1/people", "/apidocs/", "/apidocs/assets/swagger-ui.css"):
        answer = client.open(url, method=method, headers={"X-Secret": "hush-hush"})
        assert_problem(answer, 405)
        assert "hush-hush" not in answer.text


FILES = (
    *("/.git/HEAD", "/.git/", "/.env", "/talbuk.db", "/v1/talbuk.db", "/pyproject.toml", "/api/app.py", "/fixtures/"),
    *("/apidocs/assets/", "/apidocs/assets", "/apidocs/assets/.", "/apidocs/assets/../index.html", "/static/", "/api/"),
    *("/apidocs/assets/..%2f..%2f__init__.py", "/apidocs/assets/%2e%2e/%2e%2e/__init__.py", "/apidocs/assets/%00"),
    *("/apidocs/assets//etc/passwd", "/apidocs/assets/..%5c..%5c__init__.py", "/console", "/debug", "/server-status"),
    *("/v1/people/../../etc/passwd", "/v1/people/..%2f..%2fetc%2fpasswd", "/.well-known/", "/flasgger_static/"),
    *("/apispec.json", "/apidocs/assets/oauth2-redirect.html", "/apidocs/assets/oauth2-redirect.js"),
)  # fmt: skip


@pytest.mark.parametrize("path", FILES)
def test_no_file_is_served_but_those_of_the_documentation(client: FlaskClient, path: str) -> None:
    """Nor is a folder listed, nor a debugger there."""
    for method in ("GET", "HEAD"):
        with client.open(path, method=method) as response:
            assert response.status_code == 404
            assert response.content_type == "application/problem+json"


def test_nothing_is_set_to_debug(application: Flask) -> None:
    assert not application.debug
    assert not application.config["PROPAGATE_EXCEPTIONS"]
    assert not application.config["EXPLAIN_TEMPLATE_LOADING"]
    assert application.jinja_env.autoescape is not False


TWICE: tuple[tuple[str, Any], ...] = (
    ("/v1/people/kim%252djong-un", 404),
    ("/v1/people/kim%2djong-un", 200),
    ("/v1/people?id=kim%252djong-un", 422),
    ("/v1/people?id=kim%2djong-un", 200),
    ("/v1/search?q=%2541", 200),
)


def test_what_is_encoded_twice_is_decoded_once(client: FlaskClient) -> None:
    """What was looked at is what is used."""
    for url, status in TWICE:
        assert client.get(url).status_code == status, url
    assert "q=%2541" in client.get("/v1/search?q=%2541").json["links"]["self"]


@pytest.mark.parametrize("name", ["callback", "jsonp", "_method", "debug", "redirect", "next", "url", "template"])
def test_no_parameter_does_what_nothing_needs(client: FlaskClient, name: str) -> None:
    for url in ANSWERED:
        path = url.partition("?")[0]
        if path not in {"/nothing", "/apidocs/assets/swagger-ui.css"} and not path.endswith("nobody"):
            with client.get(path, query_string={name: "https://evil.test/"}) as response:
                assert response.status_code in {404, 422}, url
                assert "Location" not in response.headers


REQUIRED = {path: dict([query.split("=")]) for path, query in NEEDED.items()}
LISTS = (
    "/v1/defectors",
    "/v1/purges",
    "/v1/claims",
    "/v1/people",
    "/v1/search",
    "/v1/timeline",
    "/v1/stats",
    "/v1/changes",
)


def test_every_parameter_has_an_end(client: FlaskClient) -> None:
    """A value as long as an address may be is none that any takes; one long word is looked for, and not found."""
    tried = 0
    for path in LISTS:
        for parameter in DOCUMENT["paths"][path]["get"]["parameters"]:
            name = parameter["name"]
            answer = client.get(path, query_string=REQUIRED.get(path, {}) | {name: "7" * 7_800})
            if name != "q":
                assert f"{name}: " in assert_problem(answer, 422)
            elif path != "/v1/stats":
                assert answer.json["data"] == []
            assert len(answer.data) < 20_000
            tried += 1
    assert tried > 150


def test_no_more_words_are_looked_for_than_a_question_has(client: FlaskClient) -> None:
    """Each takes a look into the index, or a reckoning of how a name may be spelled."""
    words = "+".join(f"{one}{other}" for one in "kmnps" for other in "aeiou")
    for url in ("/v1/search", "/v1/claims", "/v1/timeline", "/v1/stats"):
        assert "words" in assert_problem(client.get(f"{url}?q={words}"), 422), url
