"""The ledger as it is read: its entries in order, and of one record what each changed from what."""

from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from models.database import execute
from models.documents import decoded
from models.facts import LEDGER_PATH, told_facts
from models.ledger import NOTHING, STATED
from models.moment import Condition

COLUMNS = ("seq", "at", "actor", "path", "action", "reason", "payload", "payload_digest", "digest")


class Entry(NamedTuple):
    """One entry of the ledger."""

    seq: int
    at: str
    actor: str
    path: str
    action: str
    reason: str | None
    payload: str | None
    payload_digest: str
    digest: str

    @property
    def is_erased(self) -> bool:
        """Whether it had a payload that is kept no more."""
        return self.payload is None and self.payload_digest != NOTHING

    @property
    def record(self) -> Any:
        """What the record was from then on, as it was given; None where it was gone, or that was erased."""
        if self.action not in STATED or self.payload is None:
            return None
        given = decoded(self.payload)
        return told_facts(given) if self.path == LEDGER_PATH else given

    @property
    def into(self) -> str | None:
        """The path of the record that this one was merged into, if it was."""
        if self.action != "merge" or self.payload is None:
            return None
        return str(decoded(self.payload)["into"])


class Revision(NamedTuple):
    """One entry of a record's, the one that changed it before, and the revision of what was served from then on."""

    entry: Entry
    before: Entry | None
    revision: int | None

    @property
    def is_erased(self) -> bool:
        """Whether what it changed, from or to, is kept no more."""
        return self.entry.is_erased or (self.before is not None and self.before.is_erased)


def entries(wanted: Sequence[Condition], limit: int, *, newest_first: bool = False) -> list[Entry]:
    """Up to `limit` entries, in the ledger's order or the other way round, of which all conditions on `l` are true."""
    conditions = " AND ".join(condition.sql for condition in wanted)
    columns, order = ", ".join(f"l.{name}" for name in COLUMNS), "DESC" if newest_first else "ASC"
    rows = execute(
        f"SELECT {columns} FROM ledger l WHERE {conditions} ORDER BY l.seq {order} LIMIT {limit:d}",
        [value for condition in wanted for value in condition.values],
    )
    return [Entry(*row) for row in rows.fetchall()]


def until(entry: int) -> Condition:
    """An entry `l` is that of a number, or before it."""
    return Condition("l.seq <= ?", (entry,))


def after(entry: int) -> Condition:
    """An entry `l` is after that of a number."""
    return Condition("l.seq > ?", (entry,))


def revisions(path: str, wanted: Sequence[Condition], limit: int) -> list[Revision]:
    """Up to `limit` entries of one record, newest first, of which all conditions on `l` are true without a gap."""
    of_it = Condition("l.path = ?", (path,))
    rows = entries([of_it, *wanted], limit, newest_first=True)
    if not rows:
        return []
    changed = Condition("l.action <> 'erase'")
    before = next(iter(entries([of_it, until(rows[-1].seq - 1), changed], 1, newest_first=True)), None)
    moments = execute("SELECT updated, revision FROM revision WHERE path = ? ORDER BY revision", (path,)).fetchall()
    found, is_there = [], before is not None and before.action in STATED
    for row in reversed(rows):
        is_there = is_there if row.action == "erase" else row.action in STATED
        found.append(Revision(row, before, _served(moments, row.at) if is_there else None))
        before = before if row.action == "erase" else row
    return found[::-1]


def _served(moments: Sequence[tuple[str, int]], at: str) -> int | None:
    """The revision at a moment, of those that begin at some, in order; None before the first."""
    place = bisect_right(moments, at, key=itemgetter(0))
    return moments[place - 1][1] if place else None
