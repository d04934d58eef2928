"""What does harm somewhere else (in a spreadsheet, a feed, a header, a page), or by its size or form alone."""

import ast
import base64
import csv
import gzip
import importlib
import io
import json
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from flask.testing import FlaskClient

import api
import models
from api.loading import LoadRefused, load
from api.names import MOST_CANDIDATES
from api.strict_json import NotJSON, read_json
from models.database import close_database, open_database
from tests.security.hostile import ODD, TEXTS
from tests.security.throwaway import Throwaway, head, throwaway

SIGNS = "=+-@\t\r\n"
MANY = 16
"""How many times longer the second text is, where two are timed."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], scope="module")
def database(request: pytest.FixtureRequest) -> Iterator[Throwaway]:
    """The fixtures, in a database that may be written to, once on each engine."""
    server = request.getfixturevalue("postgresql_server") if request.param == "postgresql" else None
    with throwaway(request.param, server=server) as made:
        yield made


@pytest.fixture
def sqlite() -> Iterator[None]:
    """The fixtures on SQLite, to be loaded into."""
    with throwaway() as made:
        close_database()
        open_database(made.url)
        yield


@pytest.fixture
def client(database: Throwaway, application: Flask) -> FlaskClient:
    """A client with a key."""
    made = application.test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {database.token}"
    return made


# --- time grows no faster than what is given ------------------------------------------------------------------------


def grows_too_fast(work: Callable[[int], Callable[[], object]], n: int) -> bool:
    """Whether work on MANY times as much takes far more than MANY times as long: by ratio, whatever the machine.

    What takes no time to speak of grows as it likes.
    """
    few, many = _seconds(work(n)), _seconds(work(n * MANY))
    return many > 0.008 and many > few * MANY * 3


def _seconds(done: Callable[[], object]) -> float:
    """The least time that something takes, of three times."""
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        done()
        best = min(best, time.process_time() - begun)
        if best > 1:
            break
    return best


class Used(NamedTuple):
    """A regular expression, and whether it is looked for anywhere in a text or held against the whole of it."""

    pattern: re.Pattern[Any]
    is_sought: bool


SEEKS = ("search", "sub", "split", "findall", "finditer")


def patterns() -> dict[str, Used]:
    """Every regular expression in the code: those that modules keep, and those that stand in a call."""
    found, sources = {}, {}
    for package in (api, models):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not info.name.endswith("__main__") and ".migrations." not in info.name:
                module = importlib.import_module(info.name)
                sources[info.name] = (module, Path(str(module.__file__)).read_text(encoding="utf-8"))
    everything = "".join(source for _, source in sources.values())
    for name, (module, source) in sources.items():
        for kept, value in vars(module).items():
            if isinstance(value, re.Pattern):
                is_sought = re.search(rf"\b{kept}\.(?:{'|'.join(SEEKS)})\(", everything) is not None
                found[f"{name}:{kept}"] = Used(value, is_sought)
        for node in ast.walk(ast.parse(source)):
            if (text := _written(node)) is not None:
                found[f"{name}:{text}"] = Used(re.compile(text), node.func.attr in SEEKS)  # type: ignore[attr-defined]
    return found


def _written(node: ast.AST) -> str | None:
    """The pattern that a call of `re` or of a validator is given, where it stands there as a text."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return None
    called = node.func.attr in {*SEEKS, "match", "fullmatch", "Regexp"}
    text = node.args[0]
    plain = isinstance(node.func.value, ast.Name) and node.func.value.id in {"re", "validate"}
    return text.value if called and plain and isinstance(text, ast.Constant) and isinstance(text.value, str) else None


PIECES = (
    *" \t\n'\"\\/.,-_:;=+@*[](){}<>|~%?0123456789abkxzATWXZ가é－\u200b\u0301\0", "a'", "' ", "a ", "\\\"", '","',
    "1-", "-1", "2015-01-01,", "\\u", "W/\"", "kt'", "ch'", "[1]", "a.", "a[", "<a:", "''=", "\u200b'",
)  # fmt: skip
STARTS, ENDS = ("", '"'), ("", "\0")
TRIED, SUSPECT = 2_048, 0.0015
"""How many pieces are tried of each kind, and after how many seconds that is looked at more closely."""


def _slow_on(used: Used) -> str | None:
    """What text a pattern is slow on; None where on none that is tried."""
    for start, piece, end in product(STARTS, PIECES, ENDS):

        def work(n: int, start: str = start, piece: str = piece, end: str = end) -> Callable[[], object]:
            text: Any = start + piece * n + end
            text = text.encode("utf-8", "replace") if isinstance(used.pattern.pattern, bytes) else text
            return lambda: (used.pattern.fullmatch(text), used.is_sought and used.pattern.sub(text[:0], text))

        begun = time.process_time()
        work(TRIED)()
        if time.process_time() - begun > SUSPECT and grows_too_fast(work, TRIED // 8):
            return f"{start!r} + {piece!r} * n + {end!r}"
    return None


def test_every_regular_expression_takes_time_as_its_text_is_long() -> None:
    found = patterns()
    assert len(found) > 40
    slow = {name: text for name, used in found.items() if (text := _slow_on(used))}
    assert not slow


@pytest.mark.parametrize("pattern", [r"\s+$", r"(?:a|b)+!", r'"(.*?)"x'])
def test_a_regular_expression_that_is_slow_is_found(pattern: str) -> None:
    """The control: each of them goes over what it has seen again at every character."""
    assert _slow_on(Used(re.compile(pattern), is_sought=True))


def test_a_key_that_stands_twice_is_found_at_once() -> None:
    """200,000 keys took a quarter of an hour: each was held against all before it."""

    def work(n: int) -> Callable[[], object]:
        text = "{" + ",".join(f'"{i}":0' for i in range(n)) + f',"{n - 1}":0}}'

        def read() -> None:
            with pytest.raises(NotJSON, match="twice"):
                read_json(text)

        return read

    assert not grows_too_fast(work, 1_000)


def test_what_is_to_be_slow_is_seen_to_be() -> None:
    """The control of the measure: what goes through all of a list for each element of it."""
    assert grows_too_fast(lambda n: lambda: [i for i in range(n) if i in list(range(n))], 150)


# --- the size of what is sent and answered --------------------------------------------------------------------------


def test_a_body_that_unpacks_to_much_is_not_unpacked(client: FlaskClient) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 60_000
    for url in ("/v1/names", "/v1/people", "/v1/bundles"):
        told = client.post(url, data=bomb, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})
        assert told.status_code == 415
        assert told.headers["Accept-Encoding"] == "identity"


def test_a_million_names_are_one_fault(client: FlaskClient) -> None:
    told = client.post("/v1/names", data=b'{"names":[' + b"1," * 900_000 + b"1]}", content_type="application/json")
    assert told.status_code == 422
    assert [fault["pointer"] for fault in told.json["errors"]] == ["/names"]


def test_many_names_have_few_candidates_each(client: FlaskClient) -> None:
    """Some kilobytes would be answered with a hundred megabytes."""
    told = client.post("/v1/names", json={"names": ["Kim"] * 1_000, "limit": 100})
    assert told.status_code == 422
    assert [fault["pointer"] for fault in told.json["errors"]] == ["/limit"]
    few = client.post("/v1/names", json={"names": ["Kim"] * 1_000, "limit": MOST_CANDIDATES // 1_000})
    assert few.status_code == 200


def test_a_record_has_no_more_claims_than_are_written_at_once(client: FlaskClient) -> None:
    told = client.post("/v1/people", json={"id": "many", "name": "X", "claims": [{}] * 5_000})
    assert told.status_code == 413
    assert "5,001" in told.json["detail"]


def test_headers_are_no_longer_than_an_address(client: FlaskClient) -> None:
    """Header lines of one name are joined: a hundred of them were kept, for each of a thousand, to be known again."""
    for name in ("Accept", "Accept-Encoding", "If-None-Match", "Range", "X-Anything"):
        assert client.get("/v1/people", headers={name: "a" * 8_001}).status_code == 431
    assert client.get("/v1/people", headers={"X-Anything": "a" * 8_000}).status_code == 200


@pytest.mark.parametrize("name", ["If-Modified-Since", "If-Unmodified-Since", "If-Range"])
@pytest.mark.parametrize("url", ["/v1/people", "/v1/people/thae-yong-ho", "/apidocs/assets/swagger-ui.css", "/"])
def test_a_date_of_huge_numbers_is_no_date(client: FlaskClient, name: str, url: str) -> None:
    """As RFC 9110 has it, it is not looked at: it was an error of the server's."""
    for date in (
        f"Sun, 06 Nov {'9' * 30} 08:49:37 GMT",
        f"Sun, {'9' * 30} Nov 2016 08:49:37 GMT",
        "Sun, 06 Nov 2016 08:49:37 +" + "9" * 30,
    ):
        with client.get(url, headers={name: date, "Accept": "*/*"}) as told:
            assert told.status_code == 200


# --- what is asked for ----------------------------------------------------------------------------------------------

LISTS = ("defectors", "purges", "institutions", "people", "sources", "claims", "indicators", "assessments")


def _cursor_of(client: FlaskClient, url: str) -> tuple[str, list[Any]]:
    """The address of a second page without its cursor, and what the cursor holds."""
    following = client.get(url).json["links"]["next"]
    cursor = parse_qs(urlsplit(following).query)["cursor"][0]
    return url, json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))


PAGED = (
    "/v1/defectors?limit=1", "/v1/defectors?limit=1&sort=-left", "/v1/people?limit=1&sort=name", "/v1/claims?limit=1",
    "/v1/search?q=kim&limit=1", "/v1/timeline?limit=1", "/v1/people/thae-yong-ho/claims?limit=1",
    "/v1/changes/standing?limit=1",
)  # fmt: skip


@pytest.mark.parametrize("url", PAGED)
def test_a_cursor_that_is_forged_is_refused_or_followed(client: FlaskClient, url: str) -> None:
    """What it holds can be read and written by anybody: whatever stands in it, nothing fails."""
    base, parts = _cursor_of(client, url)
    places = range(len(parts))
    replaced = [[*parts[:at], odd, *parts[at + 1 :]] for at in places for odd in (*ODD, *TEXTS[::6])]
    for forged in (
        *replaced,
        *([*parts[:at], *parts[at + 1 :]] for at in places),
        *([*parts, odd] for odd in ODD),
        ODD,
    ):
        cursor = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
        told = client.get(f"{base}&cursor={cursor}")
        assert told.status_code in {200, 422}, (forged, told.data[:300])


ENDS_OF_TIME = (
    "0001", "0001-01-01", "9999", "9999-12-31", "9999-12-31/..", "../0001", "0001/9999", "-9999", "10000",
    "9999-12-XX", "0001-XX-XX", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999-23:59",
    "0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z", "2016-02-30", "2015-02-29T00:00:00Z", "2016-12-31T23:59:60Z",
    "2016-01-01T24:00:00Z", "2016-01-01T00:00:00+24:00", "2016-01-01T00:00:00+99:99",
)  # fmt: skip
OF_TIME = ("left", "left_after", "left_before", "arrived_after", "updated_after", "known_by", "as_of")


@pytest.mark.parametrize("moment", ENDS_OF_TIME)
def test_the_ends_of_time_are_moments_or_refused(client: FlaskClient, moment: str) -> None:
    for name in OF_TIME:
        told = client.get(f"/v1/defectors?{name}={quote(moment, safe='')}")
        assert told.status_code in {200, 422}, (name, told.data[:300])


@pytest.mark.parametrize("resource", LISTS)
def test_a_parameter_may_be_given_as_often_as_it_goes_in(client: FlaskClient, resource: str) -> None:
    """Each value makes a condition: no engine meets more of them than it takes."""
    document = client.get("/openapi.json").json["paths"][f"/v1/{resource}"]["get"]["parameters"]
    for one in document:
        schema = one["schema"]
        if schema.get("type") != "array":
            continue
        known = schema["items"].get("enum") or [str(one.get("example", schema.get("example", "x")))]
        known = [str(value) for value in known]
        values = [known[i % len(known)] if len(known) > 1 else f"{known[0]}{i}" for i in range(499)]
        for given in (values, known * 499):
            query = "&".join(f"{one['name']}={quote(value, safe='')}" for value in given[:499])
            told = client.get(f"/v1/{resource}?{query}"[:8_000].rpartition("&")[0])
            assert told.status_code in {200, 422}, (one["name"], told.data[:300])


# --- what is written, and where it comes out ------------------------------------------------------------------------

HOSTILE = (
    *(sign + "cmd|' /C calc'!A0" for sign in "=+-@＝"), "<script>alert(1)</script>", "]]></title><x/>",
    "&lt;&amp;&nosuch;", "a\nSet-Cookie: b=c", "\u202egnp.exe", "{{7*7}}${7*7}", "'; DROP TABLE record; --",
    "\ufeffa", "a\u2028b", "a\ufffeb", "\U0010ffff",
)  # fmt: skip


def test_what_a_record_is_called_does_no_harm_anywhere(client: FlaskClient) -> None:
    for number, text in enumerate(HOSTILE):
        slug, name = f"hostile-{number}", " ".join(text.split())
        given = {
            "id": slug,
            "name": name,
            "description": text,
            "names": [{"text": name, "script": "latin"}],
            "editorial": {"names": name},
        }
        made = client.post("/v1/people", query_string={"reason": name}, json=given)
        assert made.status_code == 201, made.data
        assert made.json["name"] == name
        _assert_harmless(client, slug, name)
        assert client.delete(f"/v1/people/{slug}?reason=tidy", headers={"If-Match": "*"}).status_code == 200


def _assert_harmless(client: FlaskClient, slug: str, name: str) -> None:
    urls = (
        f"/v1/people?id={slug}&format=csv",
        f"/v1/people?id={slug}&format=ndjson",
        "/v1/changes?format=atom&latest=true&limit=3",
        f"/v1/people/{slug}",
        f"/v1/people/{slug}/input",
        f"/v1/people/{slug}/revisions",
        "/",
        "/apidocs/",
        "/v1/search?q=cmd",
    )
    for url in urls:
        told = client.get(url)
        assert told.status_code == 200, (url, told.data[:300])
        assert all(value.isprintable() and value.isascii() for _, value in told.headers)
        assert "Set-Cookie" not in told.headers
        if told.mimetype == "text/html":
            assert name not in told.text
        if told.mimetype == "text/csv":
            for row in csv.reader(io.StringIO(told.data.decode("utf-8-sig"))):
                assert not [cell for cell in row if cell[:1] and cell[0] in SIGNS + "＝" and not _is_number(cell)]
        if told.mimetype == "application/atom+xml":
            assert not [element for element in ET.fromstring(told.data).iter() if "Atom" not in element.tag]


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"-?[0-9.]+", cell) is not None


@pytest.mark.parametrize("bad", ["a\r\nX: y", "a\0b", "\x1b[31m", "\x7f", "\ud800"])
def test_no_control_character_gets_into_a_record(client: FlaskClient, bad: str) -> None:
    before = head()
    for given in (
        {"id": "x", "name": bad},
        {"id": bad, "name": "X"},
        {"id": "x", "name": "X", bad: 1},
        {"id": "x", "name": "X", "editorial": {bad: "x"}},
    ):
        told = client.post("/v1/people", data=json.dumps(given), content_type="application/json")
        assert told.status_code in {400, 422}
    assert head() == before


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize(
    "record", [{"stance": "a\udfff"}, {"a\udfff": 1}, {"about": [{"a\udfff": 1}]}, {"id": "a\udfff"}, "a\udfff"]
)
def test_a_fault_of_a_file_can_be_told_to_a_terminal(record: Any, tmp_path: Path) -> None:
    """A lone surrogate that a message quoted ended `talbuk load` in a traceback, where a fault was to be told."""
    file = tmp_path / "odd.json"
    file.write_text(json.dumps({"claims": [record]}), encoding="utf-8")
    with pytest.raises(LoadRefused) as refused:
        load([file])
    assert "".join(map(str, refused.value.faults)).encode()


def test_a_redirect_leads_to_a_path_and_not_to_who_is_named(client: FlaskClient) -> None:
    """The Host is what a client says: were it repeated, whoever keeps the answer would be led elsewhere."""
    told = client.get("/apidocs", headers={"Host": "evil.test"})
    assert (told.status_code, told.headers["Location"], told.data) == (308, "/apidocs/", b"")


def test_an_address_without_a_path_is_the_first_page(client: FlaskClient) -> None:
    assert client.get("", base_url="http://evil.test").status_code == 200
