"""`/.well-known/security.txt` (RFC 9116): whom to tell of a hole; whoever runs the service says so in the settings."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Flask, Response, current_app, request

from api.parameters import read_query
from api.problems import DETAILS, Problem
from api.schemas.queries import NO_QUERY
from api.settings import read_settings

CONTACT = "SECURITY_CONTACT"
"""Under which name an application keeps the address."""

PLACE = "/.well-known/security.txt"
GOOD_FOR = timedelta(days=180)
"""RFC 9116 (section 2.5.5) recommends less than a year."""

blueprint = Blueprint("security", __name__)


def init_app(app: Flask) -> None:
    """Add it."""
    app.config[CONTACT] = read_settings().security_contact
    app.register_blueprint(blueprint)


@blueprint.get(PLACE)
def show_contact() -> Response:
    """Say whom to tell; 404 where nobody is named."""
    read_query(NO_QUERY)
    contact = current_app.config[CONTACT]
    if not contact:
        raise Problem(404, DETAILS[404])
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (
        f"Contact: {contact}",
        f"Expires: {today + GOOD_FOR:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {request.host_url.rstrip('/')}{PLACE}",
    )
    response = Response("\r\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "max-age=86400"
    return response
