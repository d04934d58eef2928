r"""The log: lines of text, or of JSON, each with the name of its request; no secret in them, and nothing forged.

What comes from outside (a path, a client's name, an error's text) can end no line and steer no terminal: what controls
is written as `\\uXXXX`. Keys are cut down to their ids, and passwords left out.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from gunicorn.glogging import Logger

from api import request_ids
from api.authorization import ACTOR
from api.harmless import harmless
from api.headers import RULE
from api.settings import Settings
from models.database import without_passwords

KEY = re.compile(r"(talbuk(?:_|%5F)[a-z0-9]{8}(?:_|%5F))[A-Za-z0-9_%-]+", re.IGNORECASE)

LONGEST = 300
"""Characters of a path, or of a client's name, that are logged."""

UNTOLD = "..."


def guarded(text: str, secrets: tuple[str, ...] = ()) -> str:
    """A text without what nobody is to read; `secrets` are left out of it too."""
    for secret in secrets:
        text = text.replace(secret, UNTOLD)
    return without_passwords(KEY.sub(rf"\1{UNTOLD}", text))


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """The passwords that stand in the settings, as they are written there and as they are meant."""
    given = {urlsplit(url).password for url in (settings.database, settings.rate_storage) if "://" in url}
    return tuple({form for text in given if text for form in (text, unquote(text)) if len(form) > 3})


class RequestName(logging.Filter):
    """Adds to each line which request it is about."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add it, and let the line pass."""
        if name := request_ids.current.get():
            record.request_id = name
        return True


PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def told_with(record: logging.LogRecord) -> Mapping[str, Any]:
    """What a line tells beside its message."""
    return {name: value for name, value in vars(record).items() if name not in PLAIN and value is not None}


class TextLines(logging.Formatter):
    """A line for people; a traceback's lines are set in below it, so that none passes for a line of its own."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self.secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """The line, and those of a traceback."""
        told = [f"{name}={value}" for name, value in told_with(record).items()]
        first = f"{self.formatTime(record)} [{record.process}] [{record.levelname}] {record.getMessage()}"
        lines = [" ".join([first, *told])]
        if record.exc_info:
            lines += [f"    {line}" for line in self.formatException(record.exc_info).split("\n")]
        return "\n".join(harmless(guarded(line, self.secrets)) for line in lines)


def json_lines(secrets: tuple[str, ...]) -> logging.Formatter:
    """What makes of each line one object of JSON."""
    from pythonjsonlogger.msgspec import MsgspecFormatter

    class JSONLines(MsgspecFormatter):
        def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
            return {name: self._readable(value) for name, value in log_data.items() if value is not None}

        def _readable(self, value: Any) -> Any:
            text = value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
            return guarded(text, secrets) if isinstance(text, str) else text

        def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
            return harmless(super().jsonify_log_record(log_data))

    return JSONLines(
        ["levelname", "name", "process", "message"],
        rename_fields={"levelname": "level", "name": "logger", "exc_info": "traceback"},
        timestamp="time",
    )


def configure(settings: Settings) -> None:
    """Log to standard error, as the settings have it: what is ours, gunicorn's and any library's."""
    secrets = secrets_of(settings)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(json_lines(secrets) if settings.log == "json" else TextLines(secrets))
    handler.addFilter(RequestName())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


class ServerLog(Logger):  # type: ignore[misc]
    """gunicorn's log, which goes where all else goes."""

    def setup(self, cfg: Any) -> None:
        """Hand on what gunicorn says."""
        self.cfg = cfg
        for log in (self.error_log, self.access_log):
            log.propagate = True

    def access(self, resp: Any, req: Any, environ: Mapping[str, Any], request_time: Any) -> None:
        """Log how a request was answered, when its last byte is sent, if requests are to be logged."""
        if self.cfg.accesslog:
            told = request_told(environ, resp.status_code, resp.sent, request_time.total_seconds())
            self.access_log.info("%s %s %s", told["method"], told["route"] or told["path"], told["status"], extra=told)

    def refused(self, status: int, detail: str, address: Any) -> None:
        """Log a request that was refused before it was read, if requests are to be logged."""
        if self.cfg.accesslog:
            client = address[0] if isinstance(address, tuple) else None
            self.access_log.info("refused: %s", detail, extra={"status": status, "address": client})


def request_told(environ: Mapping[str, Any], status: int, sent: int, seconds: float) -> dict[str, Any]:
    """What a line tells of a request: no header but the client's name, no query, no body."""
    rule = environ.get(RULE)
    return {
        "method": environ.get("REQUEST_METHOD", "")[:20],
        "route": rule.rule if rule else None,
        "path": _spelled(environ.get("PATH_INFO", "")),
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
        "bytes": sent,
        "actor": environ.get(ACTOR),
        "address": environ.get("REMOTE_ADDR"),
        "agent": _spelled(environ.get("HTTP_USER_AGENT", "")) or None,
    }


def _spelled(given: str) -> str:
    """What WSGI has as the characters of its bytes, as it was meant."""
    return given.encode("latin-1", "replace").decode("utf-8", "replace")[:LONGEST]
