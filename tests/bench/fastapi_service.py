"""A peer: what somebody would write over the same SQLite file with FastAPI, pydantic and sqlite3.

`uvicorn --factory fastapi_service:create_app`, with BENCH_DATABASE naming the file. It answers the addresses that
talbuk does, but that `cursor` is the last id of the page before.
"""

import json
import os
import sqlite3
import threading
from typing import Any

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.middleware.gzip import GZipMiddleware
from peer_queries import FIRST_PAGE, FOUND, KNOWN, RECORD, counted, filtered, matching
from pydantic import BaseModel


class Dated(BaseModel):
    """An uncertain date."""

    edtf: str
    earliest: str | None
    latest: str | None
    shape: str
    basis: str
    printed: str | None


class Place(BaseModel):
    """A place."""

    country: str | None
    place: str | None


class About(BaseModel):
    """What a claim sets."""

    record: str
    sets: dict[str, Any]


class Claim(BaseModel):
    """One claim about a record."""

    id: str
    url: str
    about: list[About]
    stance: str
    commitment: str
    explicit: str
    says: str
    source: str
    part: str | None
    answers: list[dict[str, Any]]
    chain: list[dict[str, Any]]
    origin: dict[str, Any]
    seen: str | None
    leans_on: list[Any]
    quotes: list[Any]
    made: Dated | None
    known: Dated | None
    locators: list[dict[str, Any]]
    revision: int
    updated: str


class Defector(BaseModel):
    """One record."""

    id: str
    url: str
    name: str
    description: str | None
    scope: str
    people: list[str]
    party: dict[str, Any] | None
    stage: str | None
    role: str | None
    institutions: list[str]
    sector: list[str]
    left: Dated | None
    arrived: Dated | None
    announced: Dated | None
    home: list[Place]
    posted_to: list[Place]
    left_from: list[Place]
    transit: list[Place]
    destination: list[Place]
    whereabouts: str | None
    motive: list[str]
    carried: list[str]
    effects: list[str]
    links: list[dict[str, Any]]
    editorial: dict[str, str]
    withheld: dict[str, str]
    revision: int
    updated: str
    standing: dict[str, Any]
    corroboration: dict[str, Any]
    conflicts: dict[str, Any]
    values: dict[str, Any]
    claims: list[Claim] | None = None


class Page(BaseModel):
    """A page of records, or the counts of one field's values."""

    data: list[Defector]
    meta: dict[str, Any] = {}


class Hit(BaseModel):
    """A record that was found."""

    type: str
    id: str
    name: str | None


class Hits(BaseModel):
    """A page of what was found."""

    data: list[Hit]


CONNECTIONS = threading.local()


def run(sql: str, values: Any = ()) -> list[sqlite3.Row]:
    """All rows of a statement, on this thread's connection."""
    if not hasattr(CONNECTIONS, "own"):
        connection = sqlite3.connect(f"file:{os.environ['BENCH_DATABASE']}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        CONNECTIONS.own = connection
    found: list[sqlite3.Row] = CONNECTIONS.own.execute(sql, values).fetchall()
    return found


def record_of(row: sqlite3.Row) -> Defector:
    """A record of one row."""
    made = json.loads(row["document"]) | json.loads(row["standing"])
    if "claims" in row.keys():  # noqa: SIM118 - a row holds values
        made["claims"] = json.loads(row["claims"])
    return Defector.model_validate(made)


def create_app() -> FastAPI:
    """The service."""
    app = FastAPI()
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)

    @app.get("/v1/defectors/{slug}")
    def get_record(slug: str) -> Defector:
        rows = run(RECORD, {"slug": slug})
        if not rows:
            raise HTTPException(404)
        return record_of(rows[0])

    @app.get("/v1/defectors", response_model_exclude_unset=True)
    def list_records(
        request: Request,
        cursor: str = "",
        known_by: str | None = None,
        status: str | None = None,
        facet: list[str] = Query(default=[]),  # noqa: B008 - as FastAPI declares it
    ) -> Page:
        if facet:
            return Page(data=[], meta={"facets": {name: _counts(name) for name in facet}})
        if known_by:
            rows = run(KNOWN, {"day": known_by, "status": status})
        elif cursor:
            rows = run(FIRST_PAGE, {"after": cursor})
        else:
            given = {name: value for name, value in request.query_params.items() if name != "limit"}
            rows = run(*filtered(given))
        return Page(data=[record_of(row) for row in rows])

    @app.get("/v1/search")
    def search(q: str) -> Hits:
        rows = run(FOUND, {"body": matching(q), "names": matching(q, "names")})
        return Hits(data=[_hit(row) for row in rows])

    return app


def _counts(facet: str) -> list[dict[str, Any]]:
    return [{"value": value, "count": count} for value, count in run(counted(facet))]


def _hit(row: sqlite3.Row) -> Hit:
    document = json.loads(run("SELECT CAST(document AS TEXT) FROM entry WHERE path = ?", (row["path"],))[0][0])
    return Hit(type=row["resource"], id=document["id"], name=document.get("name") or document.get("says"))
