"""HTTP as it should be: what an answer says of itself, conditions, codings, media types, other sites, OPTIONS."""

import gzip
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_compress.compat import compression
from werkzeug.test import TestResponse

from api.answers import JSON, Tag, answer, collection_tag
from api.app import create_app
from api.codings import CODINGS, chosen
from api.headers import EVERYWHERE
from api.home import HealthSchema
from api.loading import load
from api.negotiation import accepts
from api.operations import operation
from api.schemas.queries import NO_QUERY
from models.database import close_database, execute, open_database
from tests.api.test_problems import BUNDLE, assert_problem

RECORD, LIST, SMALL, HOME = "/v1/defectors/thae-yong-ho", "/v1/defectors", "/v1", "/"
DATA = (RECORD, LIST, SMALL, HOME, f"{RECORD}/claims", "/v1/names?q=Thae", "/v1/claims?limit=3")
SHEET = "/apidocs/assets/swagger-ui.css"
DOCUMENTATION = ("/openapi.json", "/apidocs/", SHEET)
LARGE = (RECORD, LIST, HOME, "/openapi.json", SHEET)
"""What is large enough to be sent in a coding."""

DECODED = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": compression.zstd.decompress}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def shifted(date: str, seconds: int) -> str:
    """An HTTP date some seconds later."""
    return format_datetime(parsedate_to_datetime(date) + timedelta(seconds=seconds), usegmt=True)


def of_the_answer(response: TestResponse) -> dict[str, str]:
    """The headers, without the name of the one request that was answered."""
    return {name: value for name, value in response.headers.items() if name != "X-Request-Id"}


@pytest.fixture
def changing(empty_database: str, application: Flask, tmp_path: Path) -> FlaskClient:
    """A client over a small database of its own, once on each engine."""
    file = tmp_path / "bundle.yaml"
    file.write_text(BUNDLE, encoding="utf-8")
    load([file])
    return application.test_client()


@pytest.fixture
def reader(sqlite_with_fixtures: str, application: Flask) -> Iterator[FlaskClient]:
    """A client over the fixtures on one engine, for what no database has a part in."""
    open_database(sqlite_with_fixtures)
    yield application.test_client()
    close_database()


# --- what every answer says -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [*DATA, *DOCUMENTATION])
def test_an_answer_says_what_it_is_and_how_long_it_is_good(client: FlaskClient, url: str) -> None:
    with client.get(url) as response:
        assert response.status_code == 200
        assert re.fullmatch(r'"[\w.-]+"', response.headers["ETag"])
        assert parsedate_to_datetime(response.headers["Last-Modified"]).year >= 2016
        assert response.headers["Cache-Control"] == "no-cache"
        assert dict(response.headers).items() >= EVERYWHERE.items()
        assert len(response.headers) == len(set(response.headers.keys()))


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
def test_a_sign_of_life_is_not_kept(client: FlaskClient, url: str) -> None:
    assert client.get(url).headers["Cache-Control"] == "no-store"


def test_a_record_was_modified_when_it_was_updated(client: FlaskClient) -> None:
    response = client.get(RECORD)
    updated = datetime.fromisoformat(response.json["updated"]).replace(microsecond=0)
    assert parsedate_to_datetime(response.headers["Last-Modified"]) == updated


@pytest.mark.parametrize("url", [url for url in DATA if url != RECORD])
def test_other_answers_were_modified_with_the_last_change_of_the_data(client: FlaskClient, url: str) -> None:
    (last,) = execute("SELECT at FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    assert parsedate_to_datetime(client.get(url).headers["Last-Modified"]) == datetime.fromisoformat(last).replace(
        microsecond=0
    )


def test_without_data_nothing_says_when_it_was_modified(empty_database: str, application: Flask) -> None:
    response = application.test_client().get("/v1/defectors")
    assert response.status_code == 200
    assert "Last-Modified" not in response.headers
    since = {"If-Modified-Since": "Sun, 01 Jan 2090 00:00:00 GMT"}
    assert application.test_client().get("/v1/defectors", headers=since).status_code == 200


# --- conditions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("url", [*DATA, *DOCUMENTATION])
def test_if_modified_since(client: FlaskClient, method: str, url: str) -> None:
    with client.open(url, method=method) as response:
        date = response.headers["Last-Modified"]
    for since, status in (
        (date, 304),
        (shifted(date, 1), 304),
        (shifted(date, -1), 200),
        ("yesterday", 200),
        ("2030-01-01T00:00:00Z", 200),
    ):
        with client.open(url, method=method, headers={"If-Modified-Since": since}) as response:
            assert response.status_code == status, since


@pytest.mark.parametrize("url", [*DATA, *DOCUMENTATION])
def test_a_tag_counts_for_more_than_a_date(client: FlaskClient, url: str) -> None:
    """RFC 9110, 13.1.3: with If-None-Match, If-Modified-Since is not looked at."""
    with client.get(url) as response:
        tag, date = response.headers["ETag"], response.headers["Last-Modified"]
    for known, since, status in ((tag, shifted(date, -9), 304), ('"other"', date, 200)):
        with client.get(url, headers={"If-None-Match": known, "If-Modified-Since": since}) as response:
            assert response.status_code == status


@pytest.mark.parametrize("url", DATA)
def test_304_says_no_more_than_that_the_answer_is_the_same(client: FlaskClient, url: str) -> None:
    """RFC 9110, 15.4.5: beside its tag no Last-Modified, and nothing of a content that it does not have."""
    whole = client.get(url)
    same = client.get(url, headers={"If-None-Match": whole.headers["ETag"]})
    assert same.status_code == 304
    said = dict(same.headers)
    policies = {"Content-Security-Policy", *({"Cross-Origin-Opener-Policy"} if url == HOME else ())}
    assert said.keys() == {"ETag", "Cache-Control", "X-Request-Id", *policies, *EVERYWHERE}
    assert of_the_answer(same).items() <= of_the_answer(whole).items()


@pytest.mark.parametrize("url", DATA)
def test_who_wants_another_state_than_there_is_gets_412(client: FlaskClient, url: str) -> None:
    response = client.get(url, headers={"Accept-Encoding": "gzip"})
    tag, date = response.headers["ETag"], response.headers["Last-Modified"]
    for name, value in (
        ("If-Match", tag),
        ("If-Match", f'"other", {tag}'),
        ("If-Match", "*"),
        ("If-Unmodified-Since", date),
        ("If-Unmodified-Since", "never"),
    ):
        assert client.get(url, headers={name: value}).status_code == 200, value
    for name, value in (
        ("If-Match", '"other"'),
        ("If-Match", f"W/{tag}"),
        ("If-Unmodified-Since", shifted(date, -1)),
    ):
        refused = client.get(url, headers={name: value})
        assert refused.status_code == 412, value
        assert refused.content_type == "application/problem+json"


@pytest.mark.parametrize("url", DOCUMENTATION)
def test_the_documentation_keeps_to_conditions_too(client: FlaskClient, url: str) -> None:
    assert_problem(client.get(url, headers={"If-Match": '"other"'}), 412)
    with client.get(url, headers={"If-Match": "*"}) as response:
        assert response.status_code == 200


def test_a_list_is_known_to_be_the_same_before_any_record_is_read(changing: FlaskClient) -> None:
    """Its tag is made of the ledger's head and the request: the tables of records may be gone."""
    urls = ("/v1/defectors", "/v1/claims?limit=1", "/v1", "/", "/v1/names?q=Thae")
    tags = {url: changing.get(url).headers["ETag"] for url in urls}
    for table in ("entry", "record", "defector", "claim", "name"):
        execute(f"DROP TABLE {table}")
    for url, tag in tags.items():
        assert changing.get(url, headers={"If-None-Match": tag}).status_code == 304, url


def test_each_media_type_has_a_tag_of_its_own(client: FlaskClient) -> None:
    with client.application.test_request_context("/v1/defectors"):
        tags = {collection_tag(media_type).value for media_type in ("application/json", "text/csv", "text/html")}
    assert len(tags) == 3


# --- codings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("url", LARGE)
def test_an_answer_is_the_same_in_every_coding(reader: FlaskClient, url: str, coding: str) -> None:
    with reader.get(url) as plain, reader.get(url, headers={"Accept-Encoding": coding}) as coded:
        assert "Content-Encoding" not in plain.headers
        assert coded.headers["Content-Encoding"] == coding
        assert len(coded.data) == int(coded.headers["Content-Length"]) < len(plain.data)
        assert DECODED[coding](coded.data) == plain.data
        assert coded.headers["ETag"] == f'{plain.headers["ETag"][:-1]}:{coding}"'
        differing = {"Content-Encoding", "Content-Length", "ETag", "X-Request-Id"}
        assert {k: v for k, v in coded.headers.items() if k not in differing} == {
            k: v for k, v in plain.headers.items() if k not in differing
        }
    with reader.head(url, headers={"Accept-Encoding": coding}) as head:
        assert of_the_answer(head) == of_the_answer(coded)
        assert head.data == b""


@pytest.mark.parametrize("accepted", [None, "", "identity", *CODINGS, "gzip, deflate, br, zstd"])
@pytest.mark.parametrize("url", LARGE)
def test_a_tag_counts_whatever_coding_it_had(reader: FlaskClient, url: str, accepted: str | None) -> None:
    asked = {} if accepted is None else {"Accept-Encoding": accepted}
    with reader.get(url) as plain:
        tag = plain.headers["ETag"]
    for known in (tag, *(f'{tag[:-1]}:{coding}"' for coding in CODINGS)):
        for sent in (known, f"W/{known}", f'"other:gzip", {known}'):
            with reader.get(url, headers=asked | {"If-None-Match": sent}) as response:
                assert (response.status_code, response.data) == (304, b""), sent
                assert response.headers["ETag"] == known
                assert "Content-Encoding" not in response.headers
    for other in (f'{tag[:-1]}:deflate"', f'{tag[:-1]}:gzip:x"', '"other:gzip"', f'{tag[:-1]}gzip"'):
        with reader.get(url, headers=asked | {"If-None-Match": other}) as response:
            assert response.status_code == 200, other


def test_of_several_tags_the_one_in_the_coding_asked_for_is_confirmed(reader: FlaskClient) -> None:
    tag = reader.get(LIST).headers["ETag"]
    gzipped, smallest = f'{tag[:-1]}:gzip"', f'{tag[:-1]}:br"'
    for accepted, confirmed in (("gzip", gzipped), ("br", smallest), ("identity", tag)):
        headers = {"If-None-Match": f"{tag}, {gzipped}, {smallest}", "Accept-Encoding": accepted}
        assert reader.get(LIST, headers=headers).headers["ETag"] == confirmed


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),  # Chromium, Firefox
        ("gzip, deflate, br", "br"),  # Safari
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "br"),
        ("zstd; q=0.2 , br;q=0.3", "br"),
        ("*", "zstd"),
        ("*;q=0.1, zstd;q=0", "br"),
        ("gzip;q=0", "identity"),
        ("gzip;q=0, *", "zstd"),
        ("deflate, compress", "identity"),
        ("identity", "identity"),
        ("identity, gzip;q=0.5", "identity"),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("identity;q=0, gzip", "gzip"),
        ("*;q=0, gzip", "gzip"),
        ("*;q=0, identity", "identity"),
        (",,;q=", "identity"),
        ("*;q=0", None),
        ("identity;q=0", None),
        ("identity;q=0, deflate", None),
        ("identity;q=0, *;q=0", None),
    ],
)
def test_the_coding_that_serves_a_client_best(reader: FlaskClient, accepted: str, coding: str | None) -> None:
    assert chosen(accepted) == coding
    response = reader.get(LIST, headers={"Accept-Encoding": accepted})
    if coding is None:
        assert "zstd" in assert_problem(response, 406)
    else:
        assert response.headers.get("Content-Encoding", "identity") == coding


@pytest.mark.parametrize("url", [SMALL, "/healthz", "/v1/defectors?limit=0", "/v1/nothing"])
def test_what_is_small_is_left_alone(reader: FlaskClient, url: str) -> None:
    response = reader.get(url, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers
    assert len(response.data) < 1_000


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("media_type", ["application/x-ndjson", "text/csv; charset=utf-8"])
def test_what_is_sent_in_pieces_stays_in_pieces(reader: FlaskClient, coding: str, media_type: str) -> None:
    """The first bytes leave before the last piece is made."""
    app, made = create_app(), []

    def pieces() -> Iterator[bytes]:
        for number in range(2_000):
            made.append(number)
            yield b"%d: %s\n" % (number, hash((number,)).to_bytes(8, signed=True).hex().encode() * 40)

    app.add_url_rule("/pieces", view_func=lambda: answer(pieces(), Tag("4.ab", ""), media_type))
    response = app.test_client().get("/pieces", headers={"Accept-Encoding": coding})
    assert response.headers["Content-Encoding"] == coding
    assert response.headers["ETag"] == f'"4.ab:{coding}"'
    assert "Content-Length" not in response.headers
    parts = response.iter_encoded()
    first = next(parts)
    assert 0 < len(made) < 2_000
    whole = DECODED[coding](first + b"".join(parts))
    assert whole.count(b"\n") == 2_000
    made.clear()
    with app.test_client().head("/pieces", headers={"Accept-Encoding": coding}) as head:
        assert (head.status_code, head.data, made) == (200, b"", [])


def test_parts_of_files_are_not_given(reader: FlaskClient) -> None:
    """A part of a coded file would be a part of something else than the client takes it for."""
    with reader.get(SHEET, headers={"Range": "bytes=0-9", "Accept-Encoding": "gzip"}) as response:
        assert response.status_code == 200
        assert "Accept-Ranges" not in response.headers
        assert len(gzip.decompress(response.data)) > 1_000


# --- media types ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "json", "html"),
    [
        ("", True, True),
        ("*/*", True, True),
        (BROWSER, True, True),
        ("application/json", True, False),
        ("APPLICATION/JSON", True, False),
        ("application/json; charset=utf-8", True, False),
        ("application/json;q=0.001", True, False),
        ("application/*", True, False),
        ("text/html", False, True),
        ("text/*;q=0.5, image/png", False, True),
        ("text/csv", False, False),
        ("application/json;q=0", False, False),
        ("application/json;q=0, */*", False, True),
        ("application/*;q=0, */*;q=0.1", False, True),
        ("*/*;q=0, application/json", True, False),
        ("application/problem+json", False, False),
        ("*/*;q=0", False, False),
    ],
)
def test_what_a_client_accepts(reader: FlaskClient, accept: str, json: bool, html: bool) -> None:
    assert accepts(accept, "application/json") is json
    assert accepts(accept, "text/html") is html
    for url, accepted in ((RECORD, json), (SMALL, json), ("/openapi.json", json), (HOME, html), ("/apidocs/", html)):
        response = reader.get(url, headers={"Accept": accept})
        if accepted:
            assert response.status_code == 200
        else:
            assert ("text/html" if url in {HOME, "/apidocs/"} else "application/json") in assert_problem(response, 406)


def test_an_operation_that_gives_several_media_types_chooses_itself(reader: FlaskClient) -> None:
    """It may know better than the header what is wanted, by a parameter."""
    app = create_app()
    for url, gives in (("/one", (JSON,)), ("/two", (JSON, "text/csv"))):
        declared = operation(query=NO_QUERY, answer=HealthSchema(), gives=gives)
        app.add_url_rule(url, url[1:], declared(lambda: {"status": "ok"}))
    assert_problem(app.test_client().get("/one", headers={"Accept": "text/csv"}), 406)
    assert app.test_client().get("/two", headers={"Accept": "text/csv"}).status_code == 200


def test_a_file_of_the_documentation_is_what_it_is(reader: FlaskClient) -> None:
    with reader.get(SHEET, headers={"Accept": "image/png"}) as response:
        assert response.status_code == 200


def test_what_is_not_there_is_404_whatever_is_accepted(reader: FlaskClient) -> None:
    assert_problem(reader.get("/nothing", headers={"Accept": "image/png"}), 404)
    assert_problem(reader.post("/v1", headers={"Accept": "image/png"}), 405)


# --- other sites, and OPTIONS ---------------------------------------------------------------------------------------

ELSEWHERE = {"Origin": "https://else.test"}
WRITTEN = {RECORD: {"PUT", "PATCH", "DELETE"}, LIST: {"POST"}, "/v1/claims": {"POST"}, "/v1/names": {"POST"}}
"""What can be done at an address beside reading."""


@pytest.mark.parametrize("url", [*DATA, *DOCUMENTATION, "/healthz", "/apidocs"])
def test_options_says_what_can_be_done(reader: FlaskClient, url: str) -> None:
    response = reader.options(url, headers={"Accept": "image/png"})
    assert (response.status_code, response.data) == (204, b"")
    also = WRITTEN.get(url.partition("?")[0], set())
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"} | also
    assert "Content-Type" not in response.headers
    assert "Access-Control-Allow-Methods" not in response.headers


@pytest.mark.parametrize("url", [RECORD, LIST])
def test_a_browser_is_told_that_another_site_may_ask(reader: FlaskClient, url: str) -> None:
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match"}
    response = reader.options(url, headers=ELSEWHERE | asked)
    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    allowed = {"GET", "HEAD", "OPTIONS"} | WRITTEN[url]
    assert set(response.headers["Access-Control-Allow-Methods"].split(", ")) == allowed
    assert response.headers["Access-Control-Allow-Headers"].split(", ") == ["Authorization", "*"]
    assert int(response.headers["Access-Control-Max-Age"]) > 0


def test_options_of_what_is_not_there_is_404(reader: FlaskClient) -> None:
    assert_problem(reader.options("/v1/nothing"), 404)


def test_another_site_may_read_the_headers_that_it_needs(reader: FlaskClient) -> None:
    readable = reader.get(f"{LIST}?limit=1", headers=ELSEWHERE).headers["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Last-Modified", "Link", "Retry-After", "Allow"} <= set(readable)
