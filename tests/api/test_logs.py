"""Lines of the log: nothing in them is forged, and nothing secret."""

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from api import request_ids
from api.harmless import harmless
from api.logs import RequestName, TextLines, guarded, json_lines, request_told, secrets_of
from api.settings import read_settings
from tests.serving import serving

TOKEN = "talbuk_abcdefgh_" + "Se-cr_et" * 5 + "abc"
PASSWORD = "pa$$ word/é"


def line(message: str, *arguments: object, **told: object) -> logging.LogRecord:
    """A line as it comes from a logger."""
    record = logging.LogRecord("talbuk", logging.ERROR, __file__, 1, message, arguments, None)
    vars(record).update(told)
    return record


HOSTILE = [
    "a\r\n2026-01-01 00:00:00,000 [1] [INFO] forged",
    "a\x1b[2J\x1b]0;title\x07",
    "a\x00b\x7f\x9b31m\x85next",
    "a\u2028b\u2029c\u202egnp.exe\u2066",
    "a\ud800b",
    '","level":"INFO","forged":"yes',
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_comes_from_outside_is_one_line_and_steers_nothing(text: str, form: str) -> None:
    lines = json_lines(()) if form == "json" else TextLines(())
    written = lines.format(line("asked for %s", text, agent=text))
    assert written.isprintable()
    assert written.encode().count(b"\n") == 0
    if form == "json":
        told = json.loads(written)
        assert told.keys() == {"level", "logger", "process", "message", "agent", "time"}
        assert told["agent"] == text.replace("\ud800", "\\ud800")


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_is_of_its_line(form: str) -> None:
    """Its text may be anyone's: what it says begins no line."""
    forged = "2026-01-01 00:00:00,000 [1] [INFO] forged"
    record = line("a request failed")
    try:
        raise ValueError(f"x\n{forged}\x1b[31m")
    except ValueError:
        record.exc_info = sys.exc_info()
    written = (json_lines(()) if form == "json" else TextLines(())).format(record)
    first, *rest = written.split("\n")
    assert "a request failed" in first
    if form == "json":
        assert rest == []
        assert "Traceback" in json.loads(written)["traceback"]
    else:
        assert "    ValueError: x" in rest
        assert all(one.startswith("    ") and one.isprintable() for one in rest)


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {TOKEN}",
        f"/v1/people/{TOKEN}?x=1",
        TOKEN.replace("_", "%5F"),
        "postgresql://talbuk:Se-cr_et@db/talbuk",
        "redis://:Se-cr_et@127.0.0.1:6379/0",
        "host=db password=Se-cr_et user=talbuk",
        "postgresql://db/talbuk?password=Se-cr_et&sslmode=require",
    ],
)
def test_keys_and_passwords_are_left_out(text: str) -> None:
    told = guarded(text)
    assert "Se-cr_et" not in told
    assert "cr%5Fet" not in told
    assert "..." in told


@pytest.mark.parametrize(
    "text",
    ["GET /v1/people", "http://127.0.0.1:8000/a@b", "redis://127.0.0.1:6379", "talbuk_abcdefgh", "a key of talbuk"],
)
def test_the_rest_stays(text: str) -> None:
    assert guarded(text) == harmless(text) == text


def test_the_settings_passwords_are_left_out_wherever_they_stand() -> None:
    """A driver may tell one without its address, and as it is meant."""
    settings = read_settings(
        {"TALBUK_DATABASE": "postgresql://me:pa$$%20word%2F%C3%A9@db/x", "TALBUK_RATE_STORAGE": "redis://:four4@h:1"}
    )
    secrets = secrets_of(settings)
    written = TextLines(secrets).format(line("said %s and %s and %s", PASSWORD, "pa$$%20word%2F%C3%A9", "four4"))
    assert written.endswith("said ... and ... and ...")


def test_a_line_has_the_name_of_its_request() -> None:
    request_ids.begin("of-a-test")
    record = line("x")
    assert RequestName().filter(record)
    assert json.loads(json_lines(()).format(record))["request_id"] == "of-a-test"
    assert TextLines(()).format(record).endswith("x request_id=of-a-test")


def test_of_a_request_no_query_is_told_and_no_header_but_the_client() -> None:
    asked = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/v1/\xed\x83\x88",
        "QUERY_STRING": "q=secret",
        "HTTP_AUTHORIZATION": f"Bearer {TOKEN}",
        "HTTP_COOKIE": "secret",
        "HTTP_USER_AGENT": "a" * 10_000,
        "REMOTE_ADDR": "192.0.2.1",
    }
    told = request_told(asked, 404, 10, 0.00123)
    assert told["path"] == "/v1/탈"
    assert told["duration_ms"] == 1.23
    assert len(told["agent"]) == 300
    assert not re.search("secret|Bearer", str(told))


def test_what_a_server_says_before_it_serves_is_logged_like_all_else(tmp_path: Path) -> None:
    """Each line is JSON, the first too, and that by which it gives up."""
    database, log = tmp_path / "talbuk.db", tmp_path / "log"
    command = [sys.executable, "-m", "api"]
    subprocess.run([*command, "load", "--database", database], check=True, capture_output=True)
    with serving(str(database), workers=1, log=log, TALBUK_LOG="json"):
        first, *rest = map(json.loads, log.read_text().splitlines())
    assert first["level"] == "INFO"
    assert first["message"].startswith(f"talbuk: {database} (SQLite ")
    assert rest
    ended = subprocess.run(
        [*command, "serve", "--database", tmp_path / "none.db"],
        check=False, capture_output=True, text=True, env=os.environ | {"TALBUK_LOG": "json"},
    )  # fmt: skip
    told = json.loads(ended.stderr)
    assert (ended.returncode, told["level"]) == (1, "ERROR")
    assert "there is no such database" in told["message"]
