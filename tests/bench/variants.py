"""What is compared: how each server is started, how it spells a request, and what its answers say.

An answer is read as what it says whichever variant gives it: of a list the ids in order, each with the status of its
record where records are shown; of facets how many records have each value.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.bench.datasets import NAME, Dataset
from tests.bench.machine import BUILD, HERE, PEERS
from tests.bench.peer_queries import FIRST_PAGE, HITS, KNOWN, RECORD, filtered, matching
from tests.bench.workload import Asked, cursors, path_of

Said = list[tuple[str, str | None]] | dict[str, int]


class Variant(NamedTuple):
    """One way to answer: its name, how it is started on a port, its spelling of a request, its answers read."""

    name: str
    title: str
    command: Callable[[int], Sequence[str]]
    path: Callable[[str, Asked], str]
    """Of a row and a request."""
    said: Callable[[Asked, bytes], Said]
    environment: Mapping[str, str] = {}
    ready: str = "/v1/defectors/none"
    """An address that is answered, whatever with, once it serves."""


def talbuk(data: Dataset) -> Variant:
    """The server itself."""
    after = cursors().after

    def path(_: str, asked: Asked) -> str:
        return path_of(asked, after(asked.given["after"]) if asked.kind == "page" else None)

    def command(port: int) -> Sequence[str]:
        return [sys.executable, "-m", "api", "serve", "--workers", "1", "--bind", _at(port), "--database", data.url]

    return Variant("talbuk", "talbuk", command, path, said_by_records)


def bare(data: Dataset, bodies: Path) -> Variant:
    """A bare Flask view under talbuk's gunicorn settings; it says nothing of its own."""
    ours = talbuk(data)

    def command(port: int) -> Sequence[str]:
        return [sys.executable, "-m", "tests.bench.bare_flask", _at(port), str(bodies)]

    return Variant("bare", "bare Flask", command, lambda row, asked: f"/{row}{ours.path(row, asked)}", said_by_records)


def naive(data: Dataset) -> Variant:
    """Peewee objects and a marshmallow dump for each request."""

    def command(port: int) -> Sequence[str]:
        return [sys.executable, "-m", "tests.bench.naive", _at(port), data.url]

    return Variant("naive", "naive", command, lambda _, asked: path_of(asked), said_by_records)


def fastapi(data: Dataset) -> Variant:
    """A FastAPI service over sqlite3."""

    def command(port: int) -> Sequence[str]:
        words = ["--factory", "fastapi_service:create_app", "--app-dir", HERE, "--port", port, "--log-level", "warning"]
        return [str(PEERS / "uvicorn"), *map(str, words), "--no-access-log", "--workers", "1"]

    environment = {"BENCH_DATABASE": data.url}
    return Variant("fastapi", "FastAPI", command, lambda _, asked: path_of(asked), said_by_records, environment)


def datasette(data: Dataset) -> Variant:
    """Datasette on the same file: canned queries where records are nested, its tables for search and facets."""
    metadata = BUILD / "datasette.json"
    queries = {"record": RECORD, "page": FIRST_PAGE, "known": KNOWN}
    metadata.write_text(json.dumps({"databases": {NAME: {"queries": queries}}}), encoding="utf-8")
    limits = {"sql_time_limit_ms": 60_000, "facet_time_limit_ms": 60_000}

    def command(port: int) -> Sequence[str]:
        settings = [word for name, value in limits.items() for word in ("--setting", name, str(value))]
        words = ["serve", "--immutable", data.url, "--metadata", str(metadata), "--port", str(port), *settings]
        return [str(PEERS / "datasette"), *words]

    return Variant("datasette", "Datasette", command, lambda _, asked: datasette_path(asked), said_by_rows, ready="/")


def datasette_path(asked: Asked) -> str:
    """A request's path at Datasette."""
    given, records = asked.given, [("_shape", "array"), ("_json", "document"), ("_json", "standing")]
    if asked.kind == "record":
        return _datasette("record", ("slug", given["id"]), *records, ("_json", "claims"))
    if asked.kind == "page":
        return _datasette("page", ("after", given["after"]), *records, ("_json", "claims"))
    if asked.kind == "known":
        return _datasette("known", ("day", given["known_by"]), ("status", given["status"]), *records)
    if asked.kind == "filtered":
        return f"/{NAME}.json?{urlencode([('sql', filtered(given).inlined), *records])}"
    if asked.kind == "search":
        index = [("_fts_table", "search_index"), ("_fts_pk", "id"), ("_searchmode", "raw"), *_ROWS_ALONE]
        return _datasette("search_entry", ("_search", matching(given["q"])), *index, ("_size", str(HITS)))
    return _facet_of(given["facet"])


_ROWS_ALONE = [("_shape", "array"), ("_nocount", "1")]


def _facet_of(name: str) -> str:
    faceted = [("_size", "0"), ("_facet_size", "100"), ("_nocount", "1"), ("_nosuggest", "1")]
    if name in {"stage", "scope", "whereabouts"}:
        return _datasette("defector", ("_facet", name), *faceted)
    ours = ("path__startswith", "defectors/")
    if name == "status":
        return _datasette("period", ("bound", "now"), ours, ("_facet", "status_any"), *faceted)
    return _datasette("term", ("field", name), ours, ("_facet", "value"), *faceted)


def _datasette(what: str, *given: tuple[str, str]) -> str:
    return f"/{NAME}/{what}.json?{urlencode(given)}"


def said_by_records(asked: Asked, body: bytes) -> Said:
    """What an answer in talbuk's shape says."""
    given = json.loads(body)
    if asked.kind == "facets":
        counts = given["meta"]["facets"][asked.given["facet"]]
        return {bucket["value"]: bucket["count"] for bucket in counts if bucket["value"] is not None}
    if asked.kind == "search":
        return [(f"{hit['type']}/{hit['id']}", None) for hit in given["data"]]
    records = given.get("data", [given])
    if asked.kind in {"record", "page"}:
        assert all(len(record["claims"]) == 3 for record in records), asked
    return [_judged(record, record["standing"]) for record in records]


def said_by_rows(asked: Asked, body: bytes) -> Said:
    """What an answer of Datasette says."""
    given = json.loads(body)
    if asked.kind == "facets":
        (found,) = given["facet_results"].values()
        return {result["value"]: result["count"] for result in found["results"]}
    if asked.kind == "search":
        return [(row["path"], None) for row in given]
    if asked.kind in {"record", "page"}:
        assert all(len(row["claims"]) == 3 for row in given), asked
    return [_judged(row["document"], row["standing"]["standing"]) for row in given]


def _judged(record: Mapping[str, Any], standing: Mapping[str, Any]) -> tuple[str, str | None]:
    return record["id"], standing["any"]["status"]


def is_same(asked: Asked, ours: Said, theirs: Said, name: str) -> bool:
    """Whether two variants say the same.

    Datasette gives hits by row, we those in names first: a full page of its hits can hold others than ours.
    """
    if asked.kind == "search" and name == "datasette":
        return len(ours) == len(theirs) and (len(ours) == HITS or set(ours) == set(theirs))
    return ours == theirs


def _at(port: int) -> str:
    return f"127.0.0.1:{port}"
