"""The front door: a page for people, the catalogue for programs, and health for those who keep it running."""

import json
from typing import Any

from flask import Blueprint, Flask, Response, render_template
from marshmallow import fields

from api import __version__
from api.answers import HTML, answer, collection_tag, not_modified
from api.headers import show_as_page
from api.operations import operation
from api.parameters import read_query
from api.problems import Problem
from api.schemas.fields import Strict
from api.schemas.queries import NO_QUERY, PAST_QUERY
from api.schemas.registry import rendered_with
from models.database import execute, follow_file, meta_value
from models.documents import compact
from models.facts import coverage_from
from models.registry import RESOURCES
from models.tally import ANY, tallied

LICENCES = {"code": "MIT", "data": "CC-BY-4.0"}

blueprint = Blueprint("home", __name__)


class CatalogueEntrySchema(Strict):
    """One resource: where it is and how many records it has."""

    name = fields.String(required=True, metadata={"description": "The resource."})
    url = fields.String(required=True, metadata={"description": "Where its list is."})
    records = fields.Integer(required=True, metadata={"description": "How many records it has, of every scope."})


class LicencesSchema(Strict):
    """What may be done with code and data: SPDX names."""

    code = fields.String(required=True, metadata={"description": "The program's licence."})
    data = fields.String(required=True, metadata={"description": "The fixtures' licence."})


class CatalogueSchema(Strict):
    """What there is here."""

    name = fields.String(required=True, metadata={"description": "Always talbuk."})
    version = fields.String(required=True, metadata={"description": "The version of the program."})
    licence = fields.Nested(LicencesSchema, required=True)
    coverage_from = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The first day that the data covers; null if not said."},
    )
    resources = fields.List(fields.Nested(CatalogueEntrySchema), required=True)
    docs = fields.String(required=True, metadata={"description": "The documentation for people."})
    openapi = fields.String(required=True, metadata={"description": "The documentation for programs."})


class HealthSchema(Strict):
    """A sign of life."""

    status = fields.String(required=True, metadata={"description": "Always ok: else the answer is a problem."})


@blueprint.get("/v1")
@operation(query=PAST_QUERY, answer=CatalogueSchema())
def get_catalogue() -> Response:
    """Get the catalogue.

    What resources there are and how many records each has, the version, the licences, and from which day on the
    data covers what was published.
    """
    read_query(PAST_QUERY)
    tag = collection_tag()
    return not_modified(tag) or answer(compact(catalogue()), tag)


def catalogue() -> dict[str, Any]:
    """What there is here, as CatalogueSchema has it."""
    return {
        "name": "talbuk",
        "version": __version__,
        "licence": LICENCES,
        "coverage_from": coverage_from(),
        "resources": [
            {"name": r.name, "url": f"/v1/{r.name}", "records": tallied(r, ANY).get(ANY, 0)} for r in RESOURCES
        ],
        "docs": "/apidocs/",
        "openapi": "/openapi.json",
    }


@blueprint.get("/healthz")
@operation(query=NO_QUERY, answer=HealthSchema(), conditional=False)
def get_health() -> Response:
    """Tell whether the process is alive.

    It asks nothing of the database.
    """
    read_query(NO_QUERY)
    return _healthy()


@blueprint.get("/readyz")
@operation(query=NO_QUERY, answer=HealthSchema(), errors=(422, 503), conditional=False)
def get_readiness() -> Response:
    """Tell whether requests can be answered.

    503 until data is loaded, and where the database cannot be reached or was made by another release.
    """
    read_query(NO_QUERY)
    follow_file(after=0)
    if execute("SELECT 1 FROM entry LIMIT 1").fetchone() is None:
        raise Problem(503, "no data is loaded yet; `talbuk load` does that", headers={"Retry-After": "5"})
    if meta_value("rendered_with") != rendered_with():
        raise Problem(503, "the stored documents were made by another release; run `talbuk rebuild`")
    return _healthy()


def _healthy() -> Response:
    response = Response(json.dumps({"status": "ok"}), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/")
def show_home() -> Response:
    """Show what this is to a person."""
    read_query(NO_QUERY)
    show_as_page()
    tag = collection_tag(HTML)
    if cached := not_modified(tag):
        return cached
    return answer(render_template("home.html", catalogue=catalogue()).encode(), tag, HTML)


def init_app(app: Flask) -> None:
    """Add the front door."""
    app.register_blueprint(blueprint)
