"""Every error of the service: one shape (RFC 9457), made by one function, whatever layer it comes from."""

import json
import logging
from typing import Any

from flask import Flask, Response
from marshmallow import fields
from playhouse.pool import MaxConnectionsExceeded
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from api import request_ids
from api.schemas.fields import Strict
from models.database import DatabaseFault, OutcomeUnknown
from models.failures import DRIVER_ERRORS, failure_of
from models.keys import SECRET

MEDIA_TYPE = "application/problem+json"
ABOUT_BLANK = "about:blank"
CHALLENGE = 'Bearer realm="talbuk"'
"""What a 401 says in `WWW-Authenticate`: what takes a key (RFC 6750)."""
log = logging.getLogger("talbuk")


class ParameterFaultSchema(Strict):
    """What is wrong with one parameter, or one member of a body, and what would be right."""

    parameter = fields.String(metadata={"description": "The parameter's name, where one is at fault."})
    pointer = fields.String(
        metadata={"description": "Where the fault is in the request's body: a JSON pointer (RFC 6901)."}
    )
    detail = fields.String(required=True, metadata={"description": "What is wrong with it, and what would be right."})
    allowed = fields.List(fields.String(), metadata={"description": "All values that it may have."})
    nearest = fields.String(metadata={"description": "The allowed value that is most like the one given."})


class ProblemSchema(Strict):
    """An error, as RFC 9457 describes problem details."""

    type = fields.String(
        required=True,
        metadata={
            "description": "about:blank, if the status says it all; erased, not-covered, outcome-unknown, removed."
        },
    )
    title = fields.String(required=True, metadata={"description": "The status in words."})
    status = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    detail = fields.String(required=True, metadata={"description": "What is wrong here, and what would be right."})
    errors = fields.List(
        fields.Nested(ParameterFaultSchema), metadata={"description": "Each parameter or member that is at fault."}
    )
    request_id = fields.String(metadata={"description": "What the request is called in the server's log."})


class Problem(Exception):
    """An error to answer with: status, detail, faults by parameter or pointer, and headers."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: list[dict[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
        kind: str = ABOUT_BLANK,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers, self.kind = status, detail, errors, headers or {}, kind


def unfit(name: str, detail: str) -> Problem:
    """422 for one parameter, by itself or beside the others; `detail` says what is wrong and what would be right."""
    return Problem(422, f"{name}: {detail}", [{"parameter": name, "detail": detail}])


def problem_body(
    status: int, detail: str, errors: list[dict[str, Any]] | None = None, kind: str = ABOUT_BLANK
) -> bytes:
    """The bytes of a problem: for Flask, and for what gunicorn refuses before it gets there.

    What a fault repeats of a request never holds a key, however that came there.
    """
    body = {"type": kind, "title": HTTP_STATUS_CODES.get(status, "Error"), "status": status, "detail": detail}
    name = request_ids.current.get()
    dumped = ProblemSchema().dump(
        body | ({"errors": errors} if errors else {}) | ({"request_id": name} if name else {})
    )
    return SECRET.sub(rb"\1...", json.dumps(dumped, ensure_ascii=False).encode())


def problem(
    status: int,
    detail: str,
    errors: list[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
    kind: str = ABOUT_BLANK,
) -> Response:
    """The one error answer."""
    response = Response(problem_body(status, detail, errors, kind), status=status, content_type=MEDIA_TYPE)
    response.headers.update(headers or {})
    response.headers["Cache-Control"] = "no-store"
    return response


DETAILS = {
    400: "the request is malformed",
    404: "there is nothing here; /v1 lists what there is",
    405: "only {allowed} can be done here",
    411: "the request has a body but no Content-Length",
    412: "this is no longer, or not yet, what If-Match or If-Unmodified-Since asks for; get it again",
    413: "the body is too large; send less at a time",
    414: "the address is longer than 8,000 characters; give fewer values, or more requests",
    431: "a header is longer than 8,000 characters, all its lines together",
    500: "something went wrong here; it has been logged",
    503: "the database cannot be reached just now; try again shortly",
}


OF_THE_PROXY = {
    400: "the request is malformed, or says what no request may: send one Host, and one length of the body",
    403: "this is answered over https alone; if you sent a key, others may have read it: have it replaced",
    404: DETAILS[404],
    408: "the request did not come in time; send it again",
    413: DETAILS[413],
    429: "this is more than is answered in a minute, or at once; wait as long as Retry-After says",
    500: "something went wrong before this got to the service; it has been logged",
    502: "the service broke off its answer; whether a write was done, a GET of it tells, or the same Idempotency-Key",
    503: "the service is not there just now, or has too much to do; try again shortly",
    504: "the service took too long; whether a write was done, a GET of it tells, or the same Idempotency-Key",
}
"""What the proxy in front answers by itself, status by status: deploy/haproxy.cfg is made of it (`make docs`)."""

PROXY_RETRY_AFTER = {429: "60", 503: "5"}
"""After how many seconds to come again: the limits count the last minute."""


UNKNOWN = (
    "whether this was done cannot be told: the database did not say so. Get the record and compare its revision, or "
    "send the request again: with the same Idempotency-Key it is done once; by If-Match it is 412 where it was done"
)


def init_app(app: Flask) -> None:
    """Answer every error with a problem."""

    @app.errorhandler(Problem)
    def answer_problem(error: Problem) -> Response:
        return problem(error.status, error.detail, error.errors, error.headers, error.kind)

    @app.errorhandler(HTTPException)
    def answer_http(error: HTTPException) -> Response:
        status = error.code or 500
        allowed = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
        detail = DETAILS[status].format(allowed=allowed) if status in DETAILS else str(error.description)
        kept = {name: value for name, value in error.get_headers() if name == "Allow"}
        return problem(status, detail, headers=kept)

    @app.errorhandler(DatabaseFault)
    def answer_fault(error: DatabaseFault) -> Response:
        log.error("the database is not as it must be: %s", error)
        return problem(503, str(error), headers={"Retry-After": "5"})

    @app.errorhandler(OutcomeUnknown)
    def answer_unknown(error: OutcomeUnknown) -> Response:
        log.error("a transaction may or may not be kept: %s", error)
        return problem(503, UNKNOWN, headers={"Retry-After": "5"}, kind="outcome-unknown")

    @app.errorhandler(MaxConnectionsExceeded)
    def answer_database(error: Exception) -> Response:
        known = failure_of(error)
        log.error("the database failed: %s: %s", type(error).__name__, error, exc_info=None if known else error)
        status, detail = (known.status, known.answered) if known else (503, "")
        return problem(status, detail or DETAILS[503], headers={"Retry-After": "5"})

    for raised in DRIVER_ERRORS:
        app.register_error_handler(raised, answer_database)

    @app.errorhandler(Exception)
    def answer_unexpected(error: Exception) -> Response:
        log.exception("a request failed", exc_info=error)
        return problem(500, DETAILS[500])
