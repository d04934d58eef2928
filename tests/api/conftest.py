"""Databases that several tests of the API share."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.database import close_database, open_database
from tests.conftest import new_postgresql_database, with_bundle


@pytest.fixture(scope="session")
def sqlite_with_bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A SQLite database with the bundle of test_lists in it: nulls, ties, open and uncertain dates, several scopes."""
    from tests.api.test_lists import BUNDLE, with_changes

    folder = tmp_path_factory.mktemp("bundle")
    return with_changes(with_bundle(str(folder / "talbuk.db"), folder, BUNDLE))


@pytest.fixture(scope="session")
def postgresql_with_bundle(postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PostgreSQL database with that bundle in it."""
    from tests.api.test_lists import BUNDLE, with_changes

    folder = tmp_path_factory.mktemp("bundle")
    return with_changes(with_bundle(new_postgresql_database(postgresql_server), folder, BUNDLE))


@pytest.fixture(scope="session")
def sqlite_with_traps(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A SQLite database with records that become known by halves, some on days whose start is open."""
    from tests.known_traps import TRAPS

    folder = tmp_path_factory.mktemp("traps")
    return with_bundle(str(folder / "talbuk.db"), folder, TRAPS)


@pytest.fixture(scope="session")
def postgresql_with_traps(postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PostgreSQL database with those records in it."""
    from tests.known_traps import TRAPS

    return with_bundle(new_postgresql_database(postgresql_server), tmp_path_factory.mktemp("traps"), TRAPS)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def traps(request: pytest.FixtureRequest, application: Flask) -> Iterator[FlaskClient]:
    """A client of the application over what becomes known by halves, once on each engine. Tests only read it."""
    open_database(request.getfixturevalue(f"{request.param}_with_traps"))
    yield application.test_client()
    close_database()


@pytest.fixture(
    params=[
        pytest.param(f"{engine}_with_{data}", marks=[pytest.mark.postgresql] if engine == "postgresql" else [])
        for engine in ("sqlite", "postgresql")
        for data in ("fixtures", "bundle")
    ]
)
def either(request: pytest.FixtureRequest, application: Flask) -> Iterator[FlaskClient]:
    """A client of the application over the fixtures and over the bundle, once on each engine. Tests only read it."""
    open_database(request.getfixturevalue(request.param))
    yield application.test_client()
    close_database()
