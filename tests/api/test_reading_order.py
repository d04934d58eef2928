"""However a list is read, with the rows of any condition first or in its own order, the same records come."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.finding import Finding
from api.synthesis import lines
from models.database import close_database, execute, open_database
from models.declaration import Resource
from models.moment import Lookup
from models.registry import RESOURCES
from models.tally import ANY, NONE, column_field, counted_columns, tallied
from tests.conftest import filled, new_postgresql_database

EVENTS = 240
FILTERS = (
    "kind=individual&status=reported",
    "kind=family&stage=arrived",
    "sector=diplomacy&status=none",
    "sector=party&motive=money&scope=subject&scope=background",
    "status=withdrawn",
    "status=confirmed&policy=official",
    "left_from=CN&kind=group&known_by=2015-06-01",
    "status=reported&known_by=2012-03-04&known_bound=possibly",
    "institution=invented-body-000003&left=2012",
    "kind=individual&kind=family&status=denied",
)
SORTS = ("id", "-id", "name", "-name", "left", "-left", "arrived", "-arrived")


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("synthetic") / "events.ndjson"
    file.write_text("\n".join(lines(EVENTS, 7)), encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def sqlite_with_many(synthetic: Path) -> str:
    return filled(str(synthetic.with_suffix(".db")), synthetic)


@pytest.fixture(scope="session")
def postgresql_with_many(postgresql_server: str, synthetic: Path) -> str:
    return filled(new_postgresql_database(postgresql_server), synthetic)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def many(request: pytest.FixtureRequest, application: Flask) -> Iterator[FlaskClient]:
    """A client of the application over some hundred invented events, once on each engine. Tests only read it."""
    open_database(request.getfixturevalue(f"{request.param}_with_many"))
    yield application.test_client()
    close_database()


def read_by(position: int | None) -> object:
    """Begin with the rows of the condition at a position of those that have some; with those of none."""

    def read_from(self: Finding, wanted: int | None = None) -> Lookup | None:
        found = [condition.lookup for condition in self.conditions if condition.lookup]
        return None if position is None or not found else found[position % len(found)]

    return read_from


def pages(client: FlaskClient, address: str) -> list[object]:
    """All pages of a list, three records each, and how many it says there are."""
    found: list[object] = []
    following: str | None = f"{address}&limit=3&total=true"
    while following and len(found) < 12:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        found.append([record["id"] for record in answer.json["data"]] + [answer.json["meta"]["total"]])
        following = answer.json["links"]["next"]
    return found


@pytest.mark.parametrize(("filters", "sort"), list(product(FILTERS, SORTS)))
def test_the_same_pages_whichever_rows_come_first(
    many: FlaskClient, monkeypatch: pytest.MonkeyPatch, filters: str, sort: str
) -> None:
    address = f"/v1/defectors?{filters}&sort={sort}"
    chosen = pages(many, address)
    for position in (None, 0, 1):
        with monkeypatch.context() as patched:
            patched.setattr(Finding, "_read_from", read_by(position))
            assert pages(many, address) == chosen


def test_the_filters_find_something(many: FlaskClient) -> None:
    found = [len(pages(many, f"/v1/defectors?{filters}")[0]) > 1 for filters in FILTERS]  # type: ignore[arg-type]
    assert sum(found) >= len(FILTERS) - 2


def test_fewest_come_first_and_all_where_reading_in_order_ends_sooner(many: FlaskClient) -> None:
    with many.application.test_request_context("/v1/defectors"):  # a Finding is made of what is asked
        assert first_of(many, "kind=individual&sector=diplomacy") == ("sector", "diplomacy")
        assert first_of(many, "status=none&kind=individual") == ("status_any", NONE)
        assert first_of(many, "kind=individual&sort=left", limit=1) is None
        assert first_of(many, "sector=diplomacy&status=refuted&motive=money&sort=left") is not None


def first_of(client: FlaskClient, filters: str, limit: int = 50) -> tuple[str, str] | None:
    """The field and value of the rows that a list begins with."""
    from urllib.parse import parse_qsl

    from api.finding import finding
    from api.resources.defectors import DefectorQuery
    from models.registry import RESOURCE

    query = DefectorQuery(RESOURCE["defectors"])
    asked = {name: query.fields[name].deserialize(value) for name, value in parse_qsl(filters)}
    given = {name: [value] if hasattr(query.fields[name], "where") else value for name, value in asked.items()}
    made = finding(query, given)
    first = made._read_from(limit)
    return next((one.counted for one in made.conditions if first and one.lookup is first), None)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_the_tally_counts_what_there_is(many: FlaskClient, resource: Resource) -> None:
    table = resource.table._meta.table_name
    scopes = ["subject", "background"] if "scope" in resource.table._meta.fields else []
    chosen = " WHERE t.scope IN ('subject', 'background')" if scopes else ""
    total = execute(f"SELECT count(*) FROM {table} t{chosen}").fetchone()[0]
    assert tallied(resource, ANY, scopes).get(ANY, 0) == total
    for column in counted_columns(resource):
        rows = execute(f"SELECT coalesce(t.{column}, ''), count(*) FROM {table} t{chosen} GROUP BY 1").fetchall()
        assert tallied(resource, column_field(column), scopes) == dict(rows)
    for term in resource.terms:
        joined = f"FROM {table} t JOIN term m ON m.path = t.path AND m.field = '{term}'{chosen}"
        rows = execute(f"SELECT m.value, count(*) {joined} GROUP BY 1").fetchall()
        having = execute(f"SELECT count(DISTINCT t.path) {joined}").fetchone()[0]
        assert tallied(resource, term, scopes) == dict(rows) | ({ANY: having} if having else {})
