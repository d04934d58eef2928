"""From one schema to another: the numbered migrations (`models/migrations`), all that are needed or none.

The number in `meta` alone tells which were applied: releases from before there were migrations go by it too.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from playhouse.migrations import Runner

from models.database import (
    DB,
    MIGRATIONS,
    SCHEMA_VERSION,
    execute,
    is_postgresql,
    meta_value,
    set_meta_value,
    writing,
)
from models.wiring import Wiring
from models.writer import Progress, derive_all, is_stale

LONGEST_WAIT = "10s"
"""How long PostgreSQL waits for others to let go of a table; SQLite waits as long for them to let go of the file."""


class InMeta:
    """Stands where the runner else has a table of what was applied: `meta` is there already."""

    @staticmethod
    def create_table() -> None:
        """Nothing is to be made."""


class Migrations(Runner):  # type: ignore[misc]
    """The migrations over the open database; `tell` hears of each, as one line, before it runs."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(DB.obj, str(MIGRATIONS))
        self.History = InMeta
        self.tell = tell

    def applied(self) -> dict[str, datetime]:
        """Those up to the number that `meta` has; since when, nobody knows."""
        return {found.name: datetime.min for found in self.migrations() if found.idx <= schema_version()}

    def move(self, to: int) -> None:
        """Apply, or revert, what leads to the schema of a number."""
        names = {found.idx: found.name for found in self.migrations()}
        if to > schema_version():
            self.up(names[to])
        elif to < schema_version():
            self.down(names[to + 1])

    def _run(self, name: str, module: Any, direction: str, fake: bool = False) -> None:
        """Run one. What was derived is as good as another release's: that, or this one, has to rebuild."""
        number = int(name.partition("_")[0])
        what = module.__doc__.splitlines()[0]
        self.tell(f"schema {number}: {what}" if direction == "up" else f"back from schema {number}: {what}")
        if direction == "down" and (lost := getattr(module, "LOST", None)):
            self.tell(f"lost on the way back: {lost}")
        getattr(module, direction)(self.migrator, self.database)
        reached = str(number if direction == "up" else number - 1)
        set_meta_value("schema_version", reached)
        if meta_value("rendered_with") is not None:
            set_meta_value("rendered_with", f"schema {reached}")


def schema_version() -> int:
    """The number of the open database's schema."""
    return int(meta_value("schema_version") or 0)


def migrate(to: int, *, wiring: Wiring, tell: Callable[[str], None], progress: Progress | None = None) -> int:
    """Take the open database to the schema of a number; returns how many records were derived again, if any had to be.

    All of it is one transaction: whatever fails, the database stays as it was. At the schema of this release what was
    derived by others is derived again, and Refused is raised where what is stored breaks this release's rules.
    """
    with writing():
        if is_postgresql():
            execute(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'")
        Migrations(tell).move(to)
        if to == SCHEMA_VERSION and is_stale(wiring):
            return derive_all(wiring=wiring, progress=progress)
    return 0
