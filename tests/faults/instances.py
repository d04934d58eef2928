"""Small instances to do harm to, on either engine."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api.loading import load
from models.database import close_database, open_database
from models.keys import make
from tests.conftest import missing, new_postgresql_database, postgresql_binaries, running_postgresql

BUNDLE = {
    "sources": [{"id": "newspaper", "name": "A report", "kind": "article", "published": "2015-07-10"}],
    "people": [{"id": "witness", "name": "The witness"}],
}


def filled(url: str, folder: Path) -> str:
    """Load a small instance into an empty database; returns a key for it."""
    file = folder / "bundle.json"
    file.write_text(json.dumps(BUNDLE))
    open_database(url, create=True)
    load([file])
    _, token = make("kim", "admin")
    close_database()
    return token


def defector(slug: str, name: str | None = None) -> dict[str, Any]:
    """A defector with a claim."""
    claim = {"id": f"{slug}-left", "says": "They left.", "sets": ["occurred"], "source": "newspaper"}
    return {"id": slug, "name": name or f"The {slug}", "claims": [claim]}


@contextmanager
def on(engine: str, folder: Path) -> Iterator[Callable[[], str]]:
    """An engine for as long as the context lasts; what it gives makes an empty database and returns its address."""
    if engine == "sqlite":
        yield lambda: str(folder / f"{len(list(folder.glob('*.db')))}.db")
        return
    binaries = postgresql_binaries()
    if binaries is None:
        missing("PostgreSQL's binaries (initdb, postgres)")
    assert binaries is not None
    with running_postgresql(binaries) as server:
        yield lambda: new_postgresql_database(server)
        close_database()
