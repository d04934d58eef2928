"""Our own naive variant: Peewee objects and a marshmallow dump for each request, over talbuk's own tables.

`python -m tests.bench.naive HOST:PORT DATABASE`. What talbuk renders when it writes, this renders when it is asked.
"""

import json
import sys
from typing import Any

from flask import Flask, Response, abort, request
from peewee import ModelSelect

from api.codings import init_app
from api.schemas.registry import SCHEMAS
from api.server import Server
from api.settings import read_settings
from models.database import open_database, release_connection
from models.dates import columns, parse
from models.defectors import Defector
from models.tables import NOW, Entry, Period, Reference, Term
from tests.bench.peer_queries import COLUMNS, PAGE


def create_app() -> Flask:
    """The views, over the database that is open."""
    app = Flask("naive", static_folder=None)
    init_app(app)
    app.teardown_request(lambda _: release_connection())

    @app.get("/v1/defectors/<slug>")
    def get_record(slug: str) -> Response:
        found = Defector.get_or_none(Defector.id == slug)
        return _json(_dumped(found, with_claims=True)) if found else abort(404)

    @app.get("/v1/defectors")
    def list_records() -> Response:
        given = request.args.to_dict()
        with_claims = given.pop("include", None) == "claims"
        given.pop("limit", None)
        rows = _found(given).limit(PAGE)
        return _json({"data": [_dumped(row, with_claims=with_claims) for row in rows]})

    return app


def _json(made: dict[str, Any]) -> Response:
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    return Response(text, content_type="application/json")


def _dumped(row: Defector, *, with_claims: bool) -> dict[str, Any]:
    """A record as its schema dumps it, with its standing and, if wanted, its claims."""
    entry = Entry.get(Entry.path == row.path)
    record = json.loads(bytes(entry.document)) | json.loads(bytes(entry.standing))
    if with_claims:
        record["claims"] = [json.loads(bytes(claim.document)) for claim in _claims(row)]
    dumped: dict[str, Any] = SCHEMAS["defectors"].dump(record)
    return dumped


def _claims(row: Defector) -> ModelSelect:
    about = Reference.select(Reference.path).where(
        Reference.target == row.path, Reference.relation == "about.record", Reference.path.startswith("claims/")
    )
    return Entry.select().where(Entry.path.in_(about)).order_by(Entry.path)


def _found(given: dict[str, str]) -> ModelSelect:
    sort = given.pop("sort", "id")
    query = Defector.select().where(Defector.scope == "subject")
    for name, value in given.items():
        query = query.where(_condition(name, value))
    return query.order_by(*_order(sort))


def _condition(name: str, value: str) -> Any:
    if name == "cursor":
        return Defector.id > value
    if name in COLUMNS:
        return getattr(Defector, name) == value
    if name == "status":
        status = Period.status_any.is_null() if value == "none" else Period.status_any == value
        return Defector.path.in_(Period.select(Period.path).where(Period.bound == NOW, status))
    if name == "left":
        first, last = columns(parse(value))
        return (Defector.left_latest >= first) & (Defector.left_earliest <= last)
    return Defector.path.in_(Term.select(Term.path).where(Term.field == name, Term.value == value))


def _order(sort: str) -> list[Any]:
    name, turned = sort.removeprefix("-"), sort.startswith("-")
    ends = ("latest", "earliest") if turned else ("earliest", "latest")
    dated = name in {"left", "arrived"}
    columns = [f"{name}_{end}" for end in ends] if dated else [name]
    keys = [getattr(Defector, column) for column in dict.fromkeys((*columns, "id"))]
    undated = [getattr(Defector, f"{name}_earliest").is_null()] if dated else []
    return undated + [key.desc() if turned else key.asc() for key in keys]


class NaiveServer(Server):
    """talbuk's server, over the naive application."""

    def load(self) -> Flask:
        """Open the database and make the application."""
        open_database(self.settings.database, read_only=True)
        return create_app()


if __name__ == "__main__":
    settings = read_settings(bind=sys.argv[1], database=sys.argv[2], workers=1)
    sys.argv = sys.argv[:1]
    NaiveServer(settings).run()
