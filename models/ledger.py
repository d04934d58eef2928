"""The ledger: every change, chained by digests: whoever kept an earlier head can tell whether the past was altered."""

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from models.batches import SIZE, in_batches
from models.database import execute, insert_rows, marks, meta_value, set_meta_value
from models.tables import Answered, Ledger

GENESIS = "0" * 64
HEAD = re.compile(r"(0|[1-9][0-9]{0,17}):([0-9a-f]{64})")


class Head(NamedTuple):
    """Where a ledger ends: the last entry's number and digest. Who keeps it can tell whether the past was altered."""

    entry: int
    digest: str

    @property
    def word(self) -> str:
        """The head in one word, such as `1234:9f86…`."""
        return f"{self.entry}:{self.digest}"

    @classmethod
    def read(cls, word: str) -> "Head | None":
        """The head that a word spells; None where it spells none."""
        found = HEAD.fullmatch(word)
        return cls(int(found[1]), found[2]) if found else None


STATED = ("add", "change")
"""The actions whose payload is a record's canonical input: after any other but `erase` the record is gone."""

ERASURE = "last_erasure"
"""The key in `meta` of the number of the last entry that says that something was erased."""


class Change(NamedTuple):
    """One change to one record: action is `add`, `change`, `remove`, `merge` or `erase`.

    The payload of what was added or changed is its canonical input; of what was merged, `into` which record.
    """

    path: str
    action: str
    payload: str | None
    reason: str | None = None


def head() -> Head:
    """Where the ledger ends; number 0 and zeros for an empty one."""
    row = execute("SELECT seq, digest FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(0, GENESIS) if row is None else Head(int(row[0]), str(row[1]))


def digest_of(entry: int) -> str | None:
    """The digest of an entry by its number; zeros for number 0, None where there is no such entry."""
    if entry == 0:
        return GENESIS
    found = execute("SELECT digest FROM ledger WHERE seq = ?", (entry,)).fetchone()
    return None if found is None else str(found[0])


def next_moment() -> str:
    """The time (ISO 8601 in UTC to the microsecond), under the write lock: after the last entry's, whatever the clock.

    So the entries until any moment are the first ones of the ledger.
    """
    last = execute("SELECT at FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    now = datetime.now(UTC)
    if last is not None:
        now = max(now, datetime.fromisoformat(last[0]) + timedelta(microseconds=1))
    return now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def append(changes: Sequence[Change], *, actor: str, at: str) -> None:
    """Add entries for `changes`, in order. `at` is an ISO 8601 timestamp in UTC."""
    seq, digest = head()
    rows = []
    for change in changes:
        seq += 1
        row = _row(change, seq, actor, at)
        row["digest"] = digest = entry_digest(digest, row)
        rows.append(row)
    insert_rows(Ledger, rows)
    for row in rows:
        if row["action"] == "erase":
            set_meta_value(ERASURE, str(row["seq"]))


def last_erasure() -> Head:
    """The last entry that says that something was erased; number 0 and zeros where nothing was."""
    entry = int(meta_value(ERASURE) or 0)
    return Head(entry, str(digest_of(entry)))


def _row(change: Change, seq: int, actor: str, at: str) -> dict[str, Any]:
    salt = secrets.token_hex(16) if change.payload is not None else None
    return {
        "seq": seq,
        "at": at,
        "actor": actor,
        "path": change.path,
        "action": change.action,
        "reason": change.reason,
        "payload": change.payload,
        "salt": salt,
        "payload_digest": payload_digest(salt, change.payload),
    }


def payload_digest(salt: str | None, payload: str | None) -> str:
    """sha256 of salt and payload, length-prefixed; it stays when both are erased."""
    return _digest((salt, payload))


def entry_digest(previous: str, row: dict[str, Any]) -> str:
    """sha256 of the previous digest and the entry's own fields, each prefixed with its length."""
    names = ("seq", "at", "actor", "path", "action", "reason", "payload_digest")
    return _digest((previous, *(row[name] for name in names)))


def _digest(parts: Iterable[object]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        text = b"-" if part is None else str(part).encode()
        digest.update(f"{len(text) if part is not None else -1}:".encode())
        digest.update(text)
    return digest.hexdigest()


LAST_CHANGE = "(SELECT max(c.seq) FROM ledger c WHERE c.path = {} AND c.action <> 'erase')"
"""The number of the last entry that changed a record, whose path stands in place of `{}`."""

NOTHING = payload_digest(None, None)
"""The digest of no payload, as of an entry by which a record is gone. Of a payload that was erased its own stays."""


def faults() -> Iterator[str]:
    """What is wrong with the chain, and with what was erased, entry by entry; nothing where it is whole."""
    previous, expected = GENESIS, 1
    for row in _every_row():
        if row["seq"] != expected:
            yield _gap(expected, row["seq"])
        yield from _row_faults(row, previous)
        previous, expected = row["digest"], row["seq"] + 1
    yield from _erasure_faults()


def _every_row() -> Iterator[dict[str, Any]]:
    """All entries in order, some hundred at a time."""
    chosen: Any = Ledger.select().order_by(Ledger.seq).limit(SIZE).dicts()
    rows = list(chosen)
    while rows:
        yield from rows
        rows = list(chosen.where(Ledger.seq > rows[-1]["seq"]))


def _gap(expected: int, found: int) -> str:
    if found < expected:
        return f"entry {found}: it was put in before the first"
    return f"entry {expected} is missing" if found == expected + 1 else f"entries {expected} to {found - 1} are missing"


def _row_faults(row: dict[str, Any], previous: str) -> Iterator[str]:
    """What is wrong with one entry, as it stands after the digest of the one before."""
    if row["payload"] is not None and payload_digest(row["salt"], row["payload"]) != row["payload_digest"]:
        yield f"entry {row['seq']}: its payload or salt is not what was written"
    if row["payload"] is None and row["salt"] is not None:
        yield f"entry {row['seq']}: it has a salt and no payload"
    if entry_digest(previous, row) != row["digest"]:
        yield f"entry {row['seq']}: it does not follow from the entry before, or was altered"


LATER_CHANGE = "EXISTS (SELECT 1 FROM ledger t WHERE t.path = l.path AND t.seq > l.seq AND t.action <> 'erase'{})"
"""An entry `l` is not the last of its record; in place of `{}` stands what else must be true of the later one, `t`."""

ERASED = LATER_CHANGE.format(
    " AND EXISTS (SELECT 1 FROM ledger e WHERE e.path = t.path AND e.seq > t.seq AND e.action = 'erase')"
)
"""An entry `l` was in its record's past when that was erased, all of it or some."""

ERASED_ALONE = (
    "e.at <> (SELECT p.at FROM ledger p WHERE p.seq < e.seq AND p.action <> 'erase' ORDER BY p.seq DESC LIMIT 1)"
)
"""An entry `e` that erases is of an erasure by itself, of all of a record's past.

What is erased in the moment of a change is what a record withholds from then on.
"""

ERASED_WHOLE = LATER_CHANGE.format(
    " AND EXISTS (SELECT 1 FROM ledger e WHERE e.path = t.path AND e.seq > t.seq AND e.action = 'erase' "
    f"AND {ERASED_ALONE})"
)
"""An entry `l` was in its record's past when all of that was erased."""


def _erasure_faults() -> Iterator[str]:
    """Payloads that are gone though no entry says so, and those that are there though one does."""
    unsaid = f"l.payload IS NULL AND l.payload_digest <> ? AND NOT {ERASED}"
    for entry in _entries_where(unsaid, NOTHING):
        yield f"entry {entry}: its payload is gone, and no later entry says that it was erased"
    undone = f"l.payload IS NOT NULL AND l.path IN (SELECT path FROM ledger WHERE action = 'erase') AND {ERASED_WHOLE}"
    for entry in _entries_where(undone):
        yield f"entry {entry}: its payload is there, and a later entry says that it was erased"


def _entries_where(condition: str, *values: object) -> Iterator[int]:
    """The numbers of the entries `l` of which a condition is true, some hundred at a time."""
    last = 0
    sql = f"SELECT l.seq FROM ledger l WHERE l.seq > ? AND {condition} ORDER BY l.seq LIMIT {SIZE:d}"
    while rows := execute(sql, (last, *values)).fetchall():
        yield from (row[0] for row in rows)
        last = rows[-1][0]


def past_of(paths: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """The past entries of some paths that hold a payload: number, path and payload.

    The last one is not among them: while a record is served, that is what is published of it. Of a record that is gone
    the last entry holds nothing, so that all that it ever said is past.
    """
    for chunk in in_batches(sorted(set(paths))):
        past = f"l.path IN ({marks(chunk)}) AND l.payload IS NOT NULL AND {LATER_CHANGE.format('')}"
        yield from execute(
            f"SELECT l.seq, l.path, l.payload FROM ledger l WHERE {past} ORDER BY l.seq", chunk
        ).fetchall()


def erase_payloads(entries: Iterable[int]) -> None:
    """Blank payload and salt of some entries, and all answers kept for requests sent again: they may hold them."""
    Answered.update(body=None).where(Answered.body.is_null(False)).execute()
    for chunk in in_batches(sorted(set(entries))):
        execute(f"UPDATE ledger SET payload = NULL, salt = NULL WHERE seq IN ({marks(chunk)})", chunk)
