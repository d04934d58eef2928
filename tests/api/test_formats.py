"""Is a list answered in the format that was asked for, and is NDJSON one record a line? Over real documents."""

import json

import pytest
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from api.formats import MEDIA_TYPES, ndjson_lines, wanted
from api.problems import Problem
from models.database import execute


def accepting(header: str | None) -> MIMEAccept:
    return parse_accept_header(header, MIMEAccept)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "json"),
        ("", "json"),
        ("*/*", "json"),
        ("application/*", "json"),
        ("text/*", "csv"),
        ("text/csv", "csv"),
        ("TEXT/CSV", "csv"),
        ("application/x-ndjson", "ndjson"),
        ("application/json; charset=utf-8", "json"),
        ("text/csv; header=present; charset=utf-8", "csv"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "json"),
        ("application/json;q=0.4, text/csv;q=0.5", "csv"),
        ("text/csv;q=0.9, */*", "json"),
        ("text/csv, */*", "csv"),
        ("application/json;q=0, */*", "ndjson"),
        ("application/json;q=0, application/x-ndjson;q=0, */*;q=0.1", "csv"),
        ("image/png, text/csv;q=0.1", "csv"),
    ],
)
def test_the_best_that_the_client_accepts(header: str | None, expected: str) -> None:
    assert wanted(None, accepting(header)) == expected


@pytest.mark.parametrize("given", MEDIA_TYPES)
@pytest.mark.parametrize("header", [None, "text/csv", "image/png", "*/*;q=0"])
def test_what_is_given_wins_over_the_header(given: str, header: str | None) -> None:
    assert wanted(given, accepting(header)) == given


@pytest.mark.parametrize(
    "header", ["text/html", "application/json;q=0", "*/*;q=0", "application/problem+json", "application/xml, image/*"]
)
def test_nothing_acceptable_is_406_and_names_what_there_is(header: str) -> None:
    with pytest.raises(Problem) as refused:
        wanted(None, accepting(header))
    assert refused.value.status == 406
    for name, media_type in MEDIA_TYPES.items():
        assert name in refused.value.detail
        assert media_type in refused.value.detail


def test_every_stored_document_is_one_line(database: str) -> None:
    """A raw line feed in one of them would cut its line in two."""
    stored = execute("SELECT document, standing, claims FROM entry").fetchall()
    assert len(stored) > 500
    assert [bytes(piece) for row in stored for piece in row if b"\n" in bytes(piece) or b"\r" in bytes(piece)] == []


def test_lines_are_the_stored_bytes(database: str) -> None:
    documents = [bytes(row[0]) for row in execute("SELECT document FROM entry ORDER BY path").fetchall()]
    text = b"".join(ndjson_lines(documents))
    assert text.endswith(b"}\n")
    assert text.removesuffix(b"\n").split(b"\n") == documents
    assert [json.loads(line) for line in text.splitlines()] == [json.loads(document) for document in documents]
