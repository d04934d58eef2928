"""What deploy/haproxy.cfg answers by itself: one line for each status, made of the problems of the application."""

import json
import re

from api.headers import EVERYWHERE
from api.problems import MEDIA_TYPE, OF_THE_PROXY, PROXY_RETRY_AFTER, problem_body

ERRORS = re.compile(r"(?<=    # <errors>\n).*?(?=    # </errors>)", re.DOTALL)
REQUEST_ID = "%[var(txn.id)]"
"""How HAProxy puts in what it calls the request."""


def with_errors(configuration: str) -> str:
    """The configuration with the errors that there are."""
    lines = "".join(f"    {_line(status)}\n" for status in OF_THE_PROXY)
    return ERRORS.sub(lambda _: lines, configuration)


def _line(status: int) -> str:
    body = json.loads(problem_body(status, OF_THE_PROXY[status])) | {"request_id": REQUEST_ID}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    assert "'" not in text, "it stands in single quotes"
    headers = {"Cache-Control": "no-store", **EVERYWHERE} | _retry_after(status)
    told = " ".join(f'hdr {name} "{_literal(value)}"' for name, value in headers.items())
    return f"http-error status {status} content-type {MEDIA_TYPE} lf-string '{_literal(text)}' {told}"


def _retry_after(status: int) -> dict[str, str]:
    return {"Retry-After": PROXY_RETRY_AFTER[status]} if status in PROXY_RETRY_AFTER else {}


def _literal(text: str) -> str:
    """A text in which HAProxy sees nothing to put in but the request's id."""
    return text.replace("%", "%%").replace(REQUEST_ID.replace("%", "%%"), REQUEST_ID)
