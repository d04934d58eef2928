"""What a restore undoes: what the ledger that is replaced says was done, after the backup, with what the backup holds.

What was withheld, removed, changed or merged since is served again as it was, and what was erased is in the past again.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from models.batches import SIZE, in_batches
from models.database import execute, marks
from models.documents import decoded
from models.erasing import withheld_in
from models.keys import keys
from models.ledger import ERASED_ALONE, Head, digest_of, head


class Since(NamedTuple):
    """What was done with a record after the backup: how it ended, and whether its past was erased by itself."""

    action: str | None = None
    """Of its last change; None where there was none."""
    into: str | None = None
    """The record that it was merged into."""
    withheld: frozenset[str] = frozenset()
    """What it withholds in the end."""
    erased: bool = False


class Replaced(NamedTuple):
    """What is known of a ledger that a backup replaces."""

    entries: int
    """How many it had more than the backup."""
    since: Mapping[str, Since]
    """Each record that the backup knows -> what was done with it after."""
    revoked: frozenset[str]
    """The keys that were revoked, by their ids."""


class Undone(NamedTuple):
    """What is to be done again with a record of a backup, since it was done after that was made."""

    path: str
    done: str | None
    """In words, what had become of the record; None where it was only its past that was erased."""
    erased: bool
    """Whether its past was erased by itself."""

    @property
    def is_change_alone(self) -> bool:
        """Whether nothing was taken away as far as the ledger tells."""
        return self.done == CHANGED and not self.erased


CHANGED = "changed"

LATER = (
    f"SELECT e.seq, e.path, e.action, e.payload, CASE WHEN e.action = 'erase' AND {ERASED_ALONE} THEN 1 ELSE 0 END "
    "FROM ledger e WHERE e.seq > ? AND EXISTS (SELECT 1 FROM ledger b WHERE b.path = e.path AND b.seq <= ?) "
    f"ORDER BY e.seq LIMIT {SIZE:d}"
)


def replaced(backup: Head) -> Replaced | None:
    """What the open database's ledger did after a backup with that head; None where it does not go on from there."""
    if digest_of(backup.entry) != backup.digest:
        return None
    since: dict[str, Since] = {}
    last = backup.entry
    while rows := execute(LATER, (last, backup.entry)).fetchall():
        for _, path, action, payload, alone in rows:
            since[path] = _after(since.get(path, Since()), action, payload, erased=bool(alone))
        last = rows[-1][0]
    return Replaced(head().entry - backup.entry, since, frozenset(key.id for key in keys() if key.revoked))


def _after(before: Since, action: str, payload: str | None, *, erased: bool) -> Since:
    if action == "erase":
        return before._replace(erased=before.erased or erased)
    into = decoded(payload)["into"] if action == "merge" and payload else None
    withheld = frozenset() if action == "merge" else frozenset(withheld_in(payload))
    return Since(action, into, withheld, before.erased)


def undone(since: Mapping[str, Since]) -> Iterator[Undone]:
    """What is to be done again, by path, now that the open database is what the backup held."""
    for paths in in_batches(sorted(since)):
        rows = execute(f"SELECT path, input FROM record WHERE path IN ({marks(paths)})", paths).fetchall()
        given: dict[str, Any] = dict(rows)
        for path in paths:
            done = _told(since[path], withheld_in(given[path])) if path in given else None
            if done or since[path].erased:
                yield Undone(path, done, since[path].erased)


def _told(since: Since, before: set[str]) -> str | None:
    """What had become of a record that the backup serves, which withheld something before."""
    if since.action == "remove":
        return "removed"
    if since.action == "merge":
        return f"merged into {since.into}"
    if names := sorted(since.withheld - before):
        return f"changed, to withhold {', '.join(names)}"
    return CHANGED if since.action else None
