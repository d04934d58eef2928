"""What a request says of proxies, hosts and other addresses is not believed, and nothing leads to another site."""

import http.client
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.serving import Answer

ELSEWHERE = "evil.test"


def asked(server: str, path: str, headers: Mapping[str, str]) -> Answer:
    """How a real server answers a request whose path and headers are sent as they are."""
    where = urlsplit(server)
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=10)
    try:
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        return Answer(response.status, dict(response.headers), response.read())
    finally:
        connection.close()


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "Script_Name", "PATH_INFO", "REMOTE_USER"])
@pytest.mark.parametrize("value", ["/x", "/healthz", f"//{ELSEWHERE}"])
def test_no_header_says_what_the_path_is(server: str, name: str, value: str) -> None:
    """The header SCRIPT_NAME was taken off the path where it came from this machine: by a proxy here, from anyone.

    A rule of the proxy about paths was passed by: /x/healthz, say, was answered as /healthz.
    """
    assert asked(server, f"{value}/healthz", {name: value}).status == 404
    assert asked(server, "/v1", {name: "/v1"}).status == 200


FORWARDED = (
    {"X-Forwarded-Host": ELSEWHERE},
    {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on", "X-Forwarded-Protocol": "ssl"},
    {"X-Forwarded-Proto": "http", "X-Forwarded-Ssl": "on"},
    {"X-Forwarded-For": "10.0.0.1", "X-Real-IP": "10.0.0.1", "Forwarded": f"for=10.0.0.1;host={ELSEWHERE};proto=https"},
    {"X-Forwarded-Prefix": "/x", "X-Original-URL": "/healthz", "X-Rewrite-URL": "/healthz"},
    {"X-HTTP-Method-Override": "DELETE", "X-HTTP-Method": "DELETE", "X-Method-Override": "DELETE"},
)


@pytest.mark.parametrize("headers", FORWARDED)
@pytest.mark.parametrize("path", ["/v1", "/", "/v1/people?limit=2", "/v1/changes?format=atom&limit=2"])
def test_what_a_header_says_of_a_proxy_changes_nothing(server: str, path: str, headers: Mapping[str, str]) -> None:
    found, plain = asked(server, path, headers), asked(server, path, {})
    assert (found.status, found.body) == (200, plain.body)
    assert found.headers["ETag"] == plain.headers["ETag"]


LEADING_ON = (
    "/apidocs",
    "/apidocs?x=1",
    "//evil.test/apidocs",
    "/apidocs/../..//evil.test",
    "/v1/people/",
    "/v1//people",
)


@pytest.mark.parametrize("path", LEADING_ON)
@pytest.mark.parametrize("headers", [{}, {"Host": ELSEWHERE}, {"X-Forwarded-Host": ELSEWHERE}])
def test_nothing_leads_to_another_site(server: str, path: str, headers: Mapping[str, str]) -> None:
    """A Location is a path here, whatever host was asked: what a cache keeps of it misleads nobody."""
    answer = asked(server, path, headers)
    location = answer.headers.get("Location", "/")
    assert answer.status in {308, 404}
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert ELSEWHERE not in location


LINKED = (
    "/",
    "/v1",
    "/v1/people?limit=1",
    "/v1/changes?limit=1",
    "/v1/changes?format=atom&limit=1",
    "/v1/timeline?limit=1",
)


@pytest.mark.parametrize("path", LINKED)
def test_links_are_not_made_of_the_host(client: FlaskClient, path: str) -> None:
    """Else who asks by another name would have a cache tell others of it."""
    response = client.get(path, headers={"Host": ELSEWHERE})
    assert response.status_code == 200
    assert ELSEWHERE not in f"{response.headers}{response.text}"


@pytest.fixture
def rules(application: Flask) -> Iterator[str]:
    """Every path of the application without a parameter that can be read."""
    return (
        rule.rule for rule in application.url_map.iter_rules() if not rule.arguments and "GET" in (rule.methods or ())
    )


def test_no_answer_sets_a_cookie(client: FlaskClient, rules: Iterator[str]) -> None:
    """So nothing is done in the name of who happens to be logged in: there is no forgery across sites."""
    for path in rules:
        with client.get(path, headers={"Cookie": "session=x; key=talbuk_aaaaaaaa_x"}) as response:
            assert "Set-Cookie" not in response.headers, path
            assert response.status_code < 500
