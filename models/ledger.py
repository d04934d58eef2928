"""The ledger: every change, chained by digests: whoever kept an earlier head can tell whether the past was altered."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from models.database import insert_rows
from models.tables import Answered, Ledger

GENESIS = "0" * 64


class Change(NamedTuple):
    """One change to one record: action is `add`, `change`, `remove`, `merge` or `erase`.

    The payload of what was added or changed is its canonical input; of what was merged, `into` which record.
    """

    path: str
    action: str
    payload: str | None
    reason: str | None = None


def head() -> tuple[int, str]:
    """The last entry's number and digest; (0, zeros) for an empty ledger."""
    row = Ledger.select(Ledger.seq, Ledger.digest).order_by(Ledger.seq.desc()).limit(1).tuples().first()
    return (0, GENESIS) if row is None else (int(row[0]), str(row[1]))


def next_moment() -> str:
    """The time (ISO 8601 in UTC to the microsecond), under the write lock: after the last entry's, whatever the clock.

    So the entries until any moment are the first ones of the ledger.
    """
    last = Ledger.select(Ledger.at).order_by(Ledger.seq.desc()).limit(1).scalar()
    now = datetime.now(UTC)
    if last is not None:
        now = max(now, datetime.fromisoformat(last) + timedelta(microseconds=1))
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


def faults() -> Iterator[str]:
    """What is wrong with the chain, entry by entry; nothing where it is whole."""
    previous, expected = GENESIS, 1
    for row in Ledger.select().order_by(Ledger.seq).dicts().iterator():
        if row["seq"] != expected:
            yield f"entry {expected} is missing"
        if row["payload"] is not None and payload_digest(row["salt"], row["payload"]) != row["payload_digest"]:
            yield f"entry {row['seq']}: its payload is not what was written"
        if entry_digest(previous, row) != row["digest"]:
            yield f"entry {row['seq']}: it does not follow from the entry before"
        previous, expected = row["digest"], row["seq"] + 1


def erase_payloads(paths: Sequence[str], before: int) -> int:
    """Blank payload and salt of all entries of `paths` up to and with number `before`; returns how many.

    So is every answer that is kept for a request sent again: it may hold them.
    """
    Answered.update(body=None).where(Answered.body.is_null(False)).execute()
    erased: int = (
        Ledger.update(payload=None, salt=None)
        .where(Ledger.path.in_(paths), Ledger.seq <= before, Ledger.payload.is_null(False))
        .execute()
    )
    return erased
