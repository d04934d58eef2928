"""Databases that a harness may ruin: the fixtures, had anew at will, and all that can be seen of their state."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from models import ledger
from models.database import close_database, execute, open_database
from models.keys import make
from models.registry import TABLES
from tests.conftest import filled, new_postgresql_database, postgresql_binaries, running_postgresql, with_fixtures

ENGINES = ("sqlite", "postgresql")
IN_MEMORY = Path("/dev/shm")
"""Where files are that need not outlive a run: a write there waits for no disk."""


class Throwaway:
    """A database filled from the fixtures, or from another file, that is open, and can be had anew."""

    def __init__(self, made: Callable[[], str], fill: Path | None, folder: Path) -> None:
        self.folder = folder
        """Where files may be put for as long as it lasts."""
        self._made = made
        """Makes an empty database and gives its address; the same each time, or another."""
        self.url = self.token = ""
        self._fill = fill
        self._kept: Path | None = None

    def renew(self) -> None:
        """Open the database as it was at first, with a key that may do everything."""
        close_database()
        if self._kept:
            for old in Path(self.url).parent.glob(f"{Path(self.url).name}-*"):
                old.unlink()
            shutil.copyfile(self._kept, self.url)
        else:
            self._make()
        open_database(self.url, read_only=True)

    def _make(self) -> None:
        self.url = self._made()
        with_fixtures(self.url) if self._fill is None else filled(self.url, self._fill)
        open_database(self.url)
        _, self.token = make("mallory", "admin")
        close_database()
        if "://" not in self.url:
            self._kept = Path(f"{self.url}.kept")
            shutil.copyfile(self.url, self._kept)


def head() -> tuple[int, str]:
    """The head of the ledger of the database that is open: it moves with whatever is written."""
    seq, digest = ledger.head()
    return int(seq), str(digest)


def state() -> str:
    """A digest of every row of every table that there is."""
    digest = hashlib.sha256()
    for table in TABLES:
        rows = execute(f"SELECT * FROM {table._meta.table_name}").fetchall()
        for row in sorted(map(repr, rows)):
            digest.update(row.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


@contextmanager
def throwaway(engine: str = "sqlite", fill: Path | None = None, server: str | None = None) -> Iterator[Throwaway]:
    """A database on one engine, open and new; `server` is the address of a PostgreSQL that runs already."""
    with ExitStack() as stack:
        place = IN_MEMORY if IN_MEMORY.is_dir() else None
        folder = Path(stack.enter_context(TemporaryDirectory(dir=place, prefix="talbuk-malice-")))
        if engine == "sqlite":
            made: Callable[[], str] = lambda: str(folder / "talbuk.db")  # noqa: E731
        else:
            server = server or stack.enter_context(running_postgresql(_binaries()))
            made = lambda: new_postgresql_database(server)  # noqa: E731
        stack.callback(close_database)
        database = Throwaway(made, fill, folder)
        database.renew()
        yield database


def _binaries() -> Path:
    found = postgresql_binaries()
    if found is None:
        raise SystemExit("PostgreSQL's binaries (initdb, postgres) are not here")
    return found
