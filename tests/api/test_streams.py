"""Is every list the same in all formats, is a whole one sent as it is read, and may one hang up? Answers judge."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api import finding
from api.loading import load
from models.database import DB, close_database, open_database
from tests.answered import (
    ALL_SCOPES,
    HALF_KNOWN,
    RESOURCES,
    SCOPED,
    Pairs,
    Record,
    answered,
    asked,
    lines_of,
    refused,
    rows_of,
    whole,
)
from tests.api.test_csv_rows import undone
from tests.conftest import free_port, new_postgresql_database, wait_until_served

TYPES = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8; header=present",
}
MEDIA_TYPES = {"json": "application/json", "ndjson": "application/x-ndjson", "csv": "text/csv"}
LINES = ("ndjson", "csv")

OTHERS: dict[str, Pairs] = {
    "search": [("q", "kim")],
    "timeline": ALL_SCOPES,
    "changes/standing": ALL_SCOPES,
    "stats": [("by", "institution")],
}
"""Lists of what is no record, and what they need or best are asked for."""

BELOW = ("defectors/thae-yong-ho/claims", "people/kim-jong-un/claims")
LISTS: dict[str, Pairs] = {
    **{name: ALL_SCOPES if name in SCOPED else () for name in RESOURCES},
    **dict.fromkeys(BELOW, ()),
    **OTHERS,
}
KNOWN_BY = [path for path in LISTS if path != "changes/standing"]


def in_form(client: FlaskClient, path: str, form: str, *pairs: tuple[str, str]) -> TestResponse:
    response = client.get(asked(path, *LISTS.get(path, ()), *pairs, ("format", form)))
    assert response.status_code == 200, response.text
    assert response.content_type == TYPES[form]
    return response


def value_at(record: Mapping[str, Any], header: str) -> Any:
    """What a header leads to; None where one on the way has no value."""
    found: Any = record
    for name in header.split("."):
        found = found.get(name) if found is not None else None
    return found


def says(cell: str, expected: Any) -> Any:
    """What a cell says, to someone who knows the kind of value that its column has (api/csv_rows.py)."""
    if not cell:
        return expected if expected in (None, [], {}) else cell
    if isinstance(expected, str):
        return undone(cell)
    if isinstance(expected, list) and not undone(cell).startswith("["):
        return undone(cell).split("; ")
    return json.loads(undone(cell))


def assert_same_rows(data: bytes, records: list[Record]) -> None:
    """CSV says of each record, in order, all that JSON does: each member has a column, and each column a member."""
    header, rows = rows_of(data)
    assert len(rows) == len(records)
    for row, record in zip(rows, records, strict=True):
        assert dict.fromkeys(name.partition(".")[0] for name in header).keys() == record.keys()
        for name, cell in zip(header, row, strict=True):
            assert says(cell, value_at(record, name)) == value_at(record, name), f"{record.get('id')} {name}"


# --- the same in every format ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LISTS)
def test_lines_are_the_data(client: FlaskClient, path: str) -> None:
    """Byte for byte for a byte-minded reader: each line is the text that JSON has there."""
    for pairs in [(), HALF_KNOWN] if path in KNOWN_BY and path not in BELOW else [()]:
        page = client.get(asked(path, *LISTS[path], *pairs))
        data = answered(page)["data"]
        lines = in_form(client, path, "ndjson", *pairs)
        assert lines_of(lines.data) == data
        assert page.data.startswith(b'{"data":[' + b",".join(lines.data.split(b"\n")[:-1]) + b"]")
        assert data


@pytest.mark.parametrize("path", LISTS)
def test_rows_are_the_data(client: FlaskClient, path: str) -> None:
    for pairs in [(), HALF_KNOWN] if path in KNOWN_BY and path not in BELOW else [()]:
        data = answered(client.get(asked(path, *LISTS[path], *pairs)))["data"]
        assert_same_rows(in_form(client, path, "csv", *pairs).data, data)


@pytest.mark.parametrize("resource", ["defectors", "claims"])
def test_claims_are_in_rows_where_they_are_included(client: FlaskClient, resource: str) -> None:
    data = whole(client, resource, ("include", "claims"))
    assert_same_rows(in_form(client, resource, "csv", ("include", "claims"), ("limit", "500")).data, data)
    lines = in_form(client, resource, "ndjson", ("include", "claims"), ("limit", "500"))
    assert lines_of(lines.data) == data


@pytest.mark.parametrize("form", LINES)
@pytest.mark.parametrize("path", [path for path in LISTS if path != "stats"])
def test_pages_lead_on_by_link(client: FlaskClient, path: str, form: str) -> None:
    """In the formats without an envelope the Link header alone leads on, over the same pages as in JSON."""
    plain: str | None = asked(path, *LISTS[path], ("limit", "3"))
    other: str | None = asked(path, *LISTS[path], ("limit", "3"), ("format", form))
    for _ in range(3):
        assert plain is not None
        assert other is not None
        page, lines = client.get(plain), client.get(other)
        ids = [(record.get("id"), record.get("date")) for record in answered(page)["data"]]
        assert len(ids) == 3
        assert told(lines, form) == ids
        plain, other = (response.headers.get("Link") for response in (page, lines))
        assert (plain is None) == (other is None)
        if plain is None or other is None:
            break
        assert plain.endswith('>; rel="next"')
        assert other.endswith('>; rel="next"')
        plain, other = plain[1 : -len('>; rel="next"')], other[1 : -len('>; rel="next"')]
        assert f"format={form}" in other


def told(response: TestResponse, form: str) -> list[tuple[str | None, str | None]]:
    """The id and date of each record of an answer without an envelope."""
    if form == "ndjson":
        return [(record.get("id"), record.get("date")) for record in lines_of(response.data)]
    header, rows = rows_of(response.data)
    places = [header.index(name) if name in header else None for name in ("id", "date")]
    one, other = places
    return [(None if one is None else row[one], None if other is None else row[other] or None) for row in rows]


@pytest.mark.parametrize("path", LISTS)
def test_the_parameter_wins_over_the_header(client: FlaskClient, path: str) -> None:
    address = asked(path, *LISTS[path])
    for accepted, media_type in MEDIA_TYPES.items():
        chosen = client.get(address, headers={"Accept": media_type})
        assert chosen.content_type == TYPES[accepted]
        assert chosen.data == in_form(client, path, accepted).data or accepted == "json"
        for form, content_type in TYPES.items():
            given = client.get(asked(path, *LISTS[path], ("format", form)), headers={"Accept": media_type})
            assert given.content_type == content_type
    assert (
        client.get(address, headers={"Accept": "text/csv;q=0.5, application/x-ndjson"}).content_type == TYPES["ndjson"]
    )
    assert client.get(address, headers={"Accept": "image/png"}).status_code == 406
    refused(client.get(asked(path, *LISTS[path], ("format", "xlsx"))), "format")


@pytest.mark.parametrize("path", LISTS)
def test_each_format_is_a_state_of_its_own(client: FlaskClient, path: str) -> None:
    """By Accept alone the address is the same: the tags must not be."""
    tags = {}
    for form, media_type in MEDIA_TYPES.items():
        response = client.get(asked(path, *LISTS[path]), headers={"Accept": media_type})
        tags[form] = response.headers["ETag"]
        assert "Accept" in response.headers["Vary"]
        for other, tag in tags.items():
            again = {"Accept": media_type, "If-None-Match": tag}
            assert client.get(asked(path, *LISTS[path]), headers=again).status_code == (304 if other == form else 200)
    assert len(set(tags.values())) == len(tags)


@pytest.mark.parametrize("form", TYPES)
@pytest.mark.parametrize("path", LISTS)
def test_head_is_get_without_its_body(client: FlaskClient, path: str, form: str) -> None:
    for pairs in [[("limit", "all")], []] if path in RESOURCES and form != "json" else [[]]:
        address = asked(path, *LISTS[path], ("format", form), *pairs)
        head, get = client.head(address), client.get(address)
        assert head.status_code == get.status_code == 200
        assert head.data == b""
        assert get.data
        ours = ("Content-Type", "ETag", "Link", "Last-Modified", "Content-Disposition", "Vary", "Cache-Control")
        assert [head.headers.get(name) for name in ours] == [get.headers.get(name) for name in ours]
    (name,) = {path.rpartition("/")[2]} if "/" in path else {path}
    assert get.headers.get("Content-Disposition") == (f'attachment; filename="{name}.csv"' if form == "csv" else None)


# --- what does not go together --------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", LINES)
@pytest.mark.parametrize("path", [*RESOURCES, *BELOW])
def test_what_belongs_in_an_envelope_is_refused(client: FlaskClient, path: str, form: str) -> None:
    for name, value in (("total", "true"), ("facet", "status" if path == "purges" else ""), ("include", "people")):
        if value:
            assert "json" in refused(client.get(asked(path, (name, value), ("format", form))), name)["detail"]
    both = [("include", "claims"), ("include", "people"), ("format", form)]
    refused(client.get(asked(path, *both)), "include")
    refused(client.get(asked(path, ("total", "true")), headers={"Accept": MEDIA_TYPES[form]}), "total")
    assert client.get(asked(path, ("total", "false"), ("format", form))).status_code == 200


@pytest.mark.parametrize("path", [*RESOURCES, *BELOW])
def test_all_is_refused_in_json(client: FlaskClient, path: str) -> None:
    assert "ndjson" in refused(client.get(asked(path, ("limit", "all"))), "limit")["detail"]
    for wrong in ("ALL", "0", "501", "", "every"):
        refused(client.get(asked(path, ("limit", wrong), ("format", "csv"))), "limit")


@pytest.mark.parametrize(
    "path",
    KNOWN_BY,
)
def test_before_coverage_lines_are_refused(client: FlaskClient, path: str) -> None:
    """An empty file would say that nothing was known; an envelope can say that it is not covered."""
    for pairs in ([], [("limit", "all")]) if path in RESOURCES else ([],):
        for form in LINES:
            response = client.get(asked(path, *LISTS[path], *pairs, ("known_by", "1990-01-01"), ("format", form)))
            assert response.status_code == 404
            assert response.content_type == "application/problem+json"
            assert response.json["type"] == "not-covered"


# --- all of it ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pairs", [(), HALF_KNOWN, [("sort", "-updated"), ("policy", "official"), ("include", "claims")]], ids=str
)
@pytest.mark.parametrize("resource", RESOURCES)
def test_all_is_every_page(either: FlaskClient, resource: str, pairs: Pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a few at a time, so that the stream has seams too; sorted as the list is, dates and undated ones as well."""
    monkeypatch.setattr(finding, "STREAMED", 7)
    sorts = {"defectors": "-left", "purges": "when", "claims": "-known", "sources": "published"}
    pairs = [(n, sorts.get(resource, "-id") if n == "sort" else v) for n, v in pairs]
    if resource not in ("defectors", "purges", "indicators"):
        pairs = [pair for pair in pairs if pair[0] != "policy"]
    records = whole(either, resource, *pairs)
    asking = [*LISTS[resource], *pairs, ("limit", "all")]
    lines = either.get(asked(resource, *asking, ("format", "ndjson")))
    assert "Link" not in lines.headers
    assert lines_of(lines.data) == records
    assert_same_rows(either.get(asked(resource, *asking, ("format", "csv"))).data, records)


def test_all_goes_on_from_a_cursor(client: FlaskClient) -> None:
    page = client.get(asked("claims", ("limit", "10")))
    rest = client.get(f"{page.json['links']['next']}&format=ndjson".replace("limit=10", "limit=all"))
    assert [*answered(page)["data"], *lines_of(rest.data)] == whole(client, "claims")


@pytest.mark.parametrize("form", LINES)
def test_the_first_lines_leave_before_the_last_are_read(
    client: FlaskClient, application: Flask, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a stream that is left is ended: its read transaction is closed with it."""
    read: list[int] = []
    rows = finding.Finding.rows

    def counted(self: finding.Finding, limit: int, after: Any = None) -> list[finding.Row]:
        found = rows(self, limit, after)
        read.append(len(found))
        return found

    everything = len(whole(client, "claims"))
    monkeypatch.setattr(finding, "STREAMED", 100)
    monkeypatch.setattr(finding.Finding, "rows", counted)
    response = client.get(asked("claims", ("limit", "all"), ("format", form)), buffered=False)
    assert next(iter(response.iter_encoded()))
    assert sum(read) <= 200 < everything
    assert DB.in_transaction()
    response.close()
    assert not DB.in_transaction()


# --- a real server --------------------------------------------------------------------------------------------------

ABORTED = 70
"""More than connections can be had of PostgreSQL (models.pools.MOST_CONNECTIONS)."""
BODIES = 900
LONG = "Told: " + "\u2014" * 1_990
"""Together megabytes, more than a socket holds; and nothing in them takes time to index."""


def with_long_texts(url: str, folder: Path) -> str:
    """A database of institutions of which much is told."""
    file = folder / "bodies.json"
    bodies = [{"id": f"body-{n}", "name": f"Body {n}", "kind": "company", "description": LONG} for n in range(BODIES)]
    file.write_text(json.dumps({"institutions": bodies}), encoding="utf-8")
    open_database(url, create=True)
    load([file])
    close_database()
    return url


@contextmanager
def serving(url: str) -> Iterator[str]:
    """The address of a gunicorn that serves a database."""
    port = free_port()
    command = [sys.executable, "-m", "api", "serve", "--bind", f"127.0.0.1:{port}", "--database", url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_until_served(f"http://127.0.0.1:{port}/readyz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=30)


def begun(address: str, path: str) -> socket.socket:
    """A connection on which an answer has begun, of which no more is read."""
    host, port = urlsplit(address).netloc.split(":")
    connection = socket.create_connection((host, int(port)), timeout=20)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert connection.recv(12) == b"HTTP/1.1 200"
    return connection


WHOLE = "/v1/institutions?limit=all&format="


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_clients_that_hang_up_leave_the_server_well(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Begin, and hang up, more often than there are connections: it still answers, and holds no transaction open."""
    if engine == "sqlite":
        url = with_long_texts(str(tmp_path / "talbuk.db"), tmp_path)
    else:
        url = with_long_texts(new_postgresql_database(request.getfixturevalue("postgresql_server")), tmp_path)
    with serving(url) as address:
        begun_first = begun(address, f"{WHOLE}ndjson")
        assert is_read_from(url, so=True)
        for place in range(ABORTED):
            begun(address, f"{WHOLE}{LINES[place % 2]}").close()
        begun_first.close()
        with urlopen(f"{address}{WHOLE}ndjson", timeout=20) as answer:
            lines = answer.read().split(b"\n")
        with urlopen(f"{address}/v1/institutions?limit=1&total=true", timeout=20) as answer:
            assert len(lines) - 1 == json.load(answer)["meta"]["total"]
        assert is_read_from(url, so=False)


def is_read_from(url: str, *, so: bool) -> bool:
    """Whether another process comes to hold a read transaction open, or to hold none."""
    for _ in range(200):
        if (_readers(url) > 0) is so:
            return True
        sleep(0.05)
    return False


def _readers(url: str) -> int:
    if url.startswith("postgresql://"):
        import psycopg

        held = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = %s"
        with psycopg.connect(url) as connection:
            return int(connection.execute(held, ("idle in transaction",)).fetchone()[0])  # type: ignore[index]
    import sqlite3

    connection = sqlite3.connect(url, timeout=0)
    connection.execute("CREATE TABLE IF NOT EXISTS trial (x)")
    connection.execute("INSERT INTO trial VALUES (1)")
    connection.commit()
    busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    connection.close()
    return int(busy)
