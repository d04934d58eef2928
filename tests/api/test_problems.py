"""Every error is a problem detail (RFC 9457) of one shape, whatever layer it comes from, and says nothing of within."""

import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from werkzeug.exceptions import default_exceptions
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.test import TestResponse

from api.app import create_app
from api.headers import EVERYWHERE
from api.loading import load
from api.problems import ProblemSchema
from models.database import close_database, execute, is_postgresql

BUNDLE = """
sources: [{id: paper, name: A paper, kind: article, published: 2015-07-10}]
defectors:
  - id: general
    name: A general
    claims: [{id: general-left, says: He left., source: paper, sets: [occurred]}]
"""
SECRET = "a secret of the machine room"


def assert_problem(response: TestResponse, status: int) -> str:
    """What every error answer is: media type, members, statuses that agree, nothing to keep. Returns its detail."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers
    assert dict(response.headers).items() >= EVERYWHERE.items()
    problem = json.loads(response.data)
    assert list(problem) == [
        "type",
        "title",
        "status",
        "detail",
        *(["errors"] if "errors" in problem else []),
        "request_id",
    ]
    assert problem["request_id"] == response.headers["X-Request-Id"]
    assert ProblemSchema().validate(problem) == {}
    assert problem["type"] == "about:blank"
    assert problem["title"] == HTTP_STATUS_CODES[status]
    assert problem["status"] == status
    assert 0 < len(problem["detail"]) < 5_000
    for sign in ("<", "Traceback", ".py", "peewee", "sqlite", "psycopg", "SELECT", SECRET):
        assert sign not in response.text
    for fault in problem.get("errors", ()):
        assert ("parameter" in fault) != ("pointer" in fault)
        where = fault["parameter"] if "parameter" in fault else fault["pointer"] or "the body"
        assert f"{where}: {fault['detail']}" in problem["detail"]
    return str(problem["detail"])


@pytest.fixture
def served(empty_database: str, application: Flask, tmp_path: Path) -> FlaskClient:
    """A client over a small database of its own, once on each engine."""
    file = tmp_path / "bundle.yaml"
    file.write_text(BUNDLE, encoding="utf-8")
    load([file])
    return application.test_client()


@pytest.fixture
def without_database() -> Iterator[None]:
    close_database()
    yield
    close_database()


@pytest.fixture(scope="module")
def aborting() -> FlaskClient:
    """A client of an application with a view that ends in whatever status it is asked for."""
    app = create_app()
    app.add_url_rule("/abort/<int:code>", view_func=abort)
    return app.test_client()


@pytest.mark.parametrize("status", sorted(code for code in default_exceptions if code >= 400))
def test_every_error_status_is_a_problem(status: int, aborting: FlaskClient) -> None:
    assert_problem(aborting.get(f"/abort/{status}"), status)


def test_every_error_status_is_tried() -> None:
    assert {400, 401, 404, 405, 406, 413, 415, 418, 422, 429, 431, 500, 503} <= default_exceptions.keys()


READS = {"GET", "HEAD", "OPTIONS"}
DONE = {
    "/v1": READS,
    "/v1/defectors": READS | {"POST"},
    "/v1/defectors/general": READS | {"PUT", "PATCH", "DELETE"},
    "/v1/defectors/general/claims": READS,
    "/v1/defectors/general/input": READS,
    "/v1/defectors/general/merge": {"POST", "OPTIONS"},
    "/v1/defectors/general/revert": {"POST", "OPTIONS"},
    "/": READS,
    "/openapi.json": READS,
    "/apidocs/": READS,
}
"""What can be done at an address."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY")


@pytest.mark.parametrize(("url", "method"), [(u, m) for u in DONE for m in METHODS if m != "GET" or m not in DONE[u]])
def test_what_cannot_be_done_says_what_can(application: Flask, without_database: None, url: str, method: str) -> None:
    """What can be done with a key alone is 401 without, before a database is asked."""
    response = application.test_client().open(url, method=method)
    if method in DONE[url]:
        assert_problem(response, 401)
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="talbuk"'
    else:
        detail = assert_problem(response, 405)
        assert set(response.headers["Allow"].split(", ")) == DONE[url]
        assert detail == f"only {', '.join(sorted(DONE[url]))} can be done here"


@pytest.mark.parametrize(
    "url",
    ["/nothing", "/v1/nothing", "/v1/defectors/", "/v1/", "/apidocs/nothing", "/apidocs/assets/nothing.js"],
)
def test_what_is_not_there_is_404(application: Flask, without_database: None, url: str) -> None:
    assert "/v1" in assert_problem(application.test_client().get(url), 404)


def test_what_nobody_expected_is_500_and_logged_whole(without_database: None, caplog: pytest.LogCaptureFixture) -> None:
    """Flask's debugger and its own page stay out of it, and so does the exception's text; the log has them."""

    def fail() -> str:
        raise RuntimeError(SECRET)

    app = create_app()
    app.add_url_rule("/fail", view_func=fail)
    for debug in (False, True):
        app.debug = debug
        with caplog.at_level(logging.ERROR):
            assert assert_problem(app.test_client().get("/fail"), 500)
        assert SECRET in caplog.text
        assert "RuntimeError" in caplog.text
        caplog.clear()


@pytest.mark.parametrize("url", ["/v1", "/v1/defectors", "/v1/defectors/general", "/v1/defectors/general/claims", "/"])
def test_a_failing_database_is_503_and_says_when_to_come_again(
    served: FlaskClient, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A table that is gone stands for all that a database can fail with."""
    assert served.get(url).status_code == 200
    for table in ("ledger", "entry", "record", "defector"):
        execute(f"DROP TABLE {table}")
    with caplog.at_level(logging.ERROR):
        response = served.get(url)
    assert_problem(response, 503)
    assert int(response.headers["Retry-After"]) > 0
    assert "no such table" in caplog.text or "does not exist" in caplog.text


def test_readiness_tells_of_a_failing_database(served: FlaskClient) -> None:
    execute("DROP TABLE entry")
    assert_problem(served.get("/readyz"), 503)
    assert served.get("/healthz").status_code == 200


def test_after_a_failure_the_next_request_is_answered(served: FlaskClient) -> None:
    """A transaction that failed must not stay open in a pooled connection."""
    execute("ALTER TABLE ledger RENAME TO gone")
    for _ in range(40):  # more than the pool has connections
        assert_problem(served.get("/v1"), 503)
    execute("ALTER TABLE gone RENAME TO ledger")
    assert served.get("/v1").status_code == 200


ON_POSTGRESQL = pytest.mark.parametrize(
    "empty_database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
"""SQLite has no server and no pool."""


@ON_POSTGRESQL
def test_connections_that_the_server_ended_are_replaced(served: FlaskClient) -> None:
    """A restarted PostgreSQL costs a kept connection at most one request."""
    import psycopg

    from models.database import DB

    address = DB.obj.connect_params.get("conninfo") or DB.obj.database
    assert served.get("/v1").status_code == 200
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    first = served.get("/v1")
    if first.status_code != 200:
        assert_problem(first, 503)
    assert [served.get("/v1").status_code for _ in range(3)] == [200, 200, 200]


@ON_POSTGRESQL
def test_no_connection_left_is_503(served: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    """Every connection of the pool in use, for as long as a request waits: busy, not broken; and then well again."""
    from models.database import DB, release_connection

    release_connection()
    pool, taken, enough = DB.obj, threading.Event(), threading.Event()
    pool._max_connections, pool._wait_timeout = 1, 0.1

    def hold() -> None:
        with pool.connection_context():
            taken.set()
            enough.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert taken.wait(30)
        with caplog.at_level(logging.ERROR):
            for url in ("/v1", "/v1/defectors", "/v1/defectors/general", "/readyz"):
                response = served.get(url)
                assert_problem(response, 503)
                assert int(response.headers["Retry-After"]) > 0
        assert "MaxConnectionsExceeded" in caplog.text
        assert served.get("/healthz").status_code == 200
    finally:
        enough.set()
        holder.join(30)
    assert served.get("/v1/defectors").status_code == 200


def test_a_database_that_is_gone_is_503(empty_database: str, application: Flask) -> None:
    if is_postgresql():
        import psycopg

        server, _, name = empty_database.rpartition("/")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    else:
        close_database()
        Path(empty_database).write_bytes(b"this is no database, whatever its name says" * 100)
        for beside in ("-wal", "-shm"):
            Path(empty_database + beside).unlink(missing_ok=True)
    for _ in range(2):
        assert_problem(application.test_client().get("/v1/defectors"), 503)
    assert application.test_client().get("/healthz").status_code == 200


def test_a_parameter_at_fault_is_named_with_what_is_right(served: FlaskClient) -> None:
    response = served.get("/v1/defectors?statsu=denied&scope=subjekt&limit=0&left=2015-24")
    assert_problem(response, 422)
    assert [
        {"parameter": fault["parameter"], "nearest": fault.get("nearest")} for fault in response.json["errors"]
    ] == [
        {"parameter": "statsu", "nearest": "status"},
        {"parameter": "scope", "nearest": "subject"},
        {"parameter": "limit", "nearest": None},
        {"parameter": "left", "nearest": None},
    ]
    unknown, scope, limit, left = response.json["errors"]
    assert "status" in unknown["allowed"]
    assert "left_after" in unknown["allowed"]
    assert scope["allowed"] == ["subject", "background", "comparison"]
    assert "1 to 500" in limit["detail"]
    assert "season" in left["detail"]


def test_faults_are_told_in_the_language_they_came_in(served: FlaskClient) -> None:
    """Text outside ASCII is read, refused for what it is, and given back whole."""
    response = served.get("/v1/defectors?status=거부&이름=태영호")
    assert_problem(response, 422)
    assert [fault["parameter"] for fault in response.json["errors"]] == ["status", "이름"]
    assert "거부" in response.json["errors"][0]["detail"]


@pytest.mark.parametrize(
    "query", ["a=%ff", "%ed%a0%80=1", "a=%c3", "a=%00", "%00=a", "a=%c0%80", "status=%f5%80%80%80"]
)
def test_a_query_that_is_no_text_is_400(served: FlaskClient, query: str) -> None:
    for url in ("/v1/defectors", "/v1/defectors/general", "/v1", "/openapi.json", "/apidocs/", "/"):
        assert_problem(served.get(f"{url}?{query}"), 400)


def test_too_much_is_refused_as_too_much(served: FlaskClient) -> None:
    assert_problem(served.get("/v1/defectors?id=" + "x" * 9_000), 414)
    assert "500" in assert_problem(served.get("/v1/defectors?" + "&".join(["id=x"] * 501)), 400)
    assert served.get("/v1/defectors?" + "&".join(f"id=x{n}" for n in range(500))).status_code == 200


def test_a_request_without_a_host_is_400(application: Flask, without_database: None) -> None:
    response = application.test_client().get("/v1", headers={"Host": ""}, environ_overrides={"HTTP_HOST": ""})
    assert "Host" in assert_problem(response, 400)
