"""Whether the ledger holds, and what is stored is what it says: read a part at a time, however much there is."""

from collections.abc import Iterator

from models import ledger
from models.batches import SIZE
from models.database import execute
from models.documents import canonical
from models.erasing import all_withheld, withheld_past
from models.facts import LEDGER_PATH, all_facts
from models.ledger import LAST_CHANGE, STATED, Head


def faults(expected: Head | None = None) -> Iterator[str]:
    """What is wrong, a line each: with the chain, with what was erased, and with the records that are stored.

    `expected` is a head that was kept elsewhere: without one, entries that were cut off the end, and a ledger that was
    made anew, cannot be told.
    """
    if expected:
        yield from _other_ledger(expected)
    yield from ledger.faults()
    yield from _withheld_faults()
    yield from _record_faults()
    yield from _lost_records()
    yield from _row_faults()
    yield from _fact_faults()


def _other_ledger(expected: Head) -> Iterator[str]:
    found = ledger.digest_of(expected.entry)
    if found is None:
        yield f"entry {expected.entry} is missing: the ledger ends with {ledger.head().entry}, and was cut"
    elif found != expected.digest:
        yield f"entry {expected.entry}: its digest is not the one that was kept; it, or an entry before, is another"


def _withheld_faults() -> Iterator[str]:
    """Past entries that hold what a record withholds now."""
    for one in withheld_past(all_withheld()):
        yield f"entry {one.entry}: its payload holds what {one.record} withholds"


def _record_faults() -> Iterator[str]:
    """Stored records that are not what the last entry of their path says."""
    last = ""
    while rows := execute(
        "SELECT r.path, r.path = r.resource || '/' || r.id, r.actor, r.input, l.seq, l.action, l.actor, l.payload "
        f"FROM record r LEFT JOIN ledger l ON l.seq = {LAST_CHANGE.format('r.path')} "
        f"WHERE r.path > ? ORDER BY r.path LIMIT {SIZE:d}",
        (last,),
    ).fetchall():
        for path, is_named_right, actor, given, entry, action, by, payload in rows:
            if entry is None:
                yield f"{path}: it is stored, and no entry says so"
            elif action not in STATED:
                yield f"{path}: it is stored, and entry {entry} says that it is gone"
            elif given != payload:
                yield f"{path}: what is stored is not what entry {entry} says"
            elif actor != by or not is_named_right:
                yield f"{path}: its row was altered: its resource, id or actor is not that of entry {entry}"
        last = rows[-1][0]


ROW_FAULTS = {
    "its revision, or when it got it, was altered": (
        "SELECT r.path FROM record r LEFT JOIN revision v ON v.path = r.path AND v.revision = r.revision "
        "WHERE r.path > ? AND (v.updated IS NULL OR v.updated <> r.updated)"
    ),
    "it stands under a record that it is not about": (
        "SELECT r.path FROM record r WHERE r.path > ? AND r.under IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM reference a WHERE a.path = r.path AND a.relation = 'about.record' AND a.target = r.under)"
    ),
    "it leads to another record than it was merged into": (
        "SELECT r.path FROM removed r JOIN ledger l ON l.seq = (SELECT max(x.seq) FROM ledger x "
        "WHERE x.path = r.path AND x.action <> 'erase') "
        "WHERE r.path > ? AND NOT EXISTS (SELECT 1 FROM record s WHERE s.path = r.path) AND l.payload IS NOT NULL "
        """AND l.payload <> '{"into":"' || coalesce(r.merged_into, '') || '"}'"""
    ),
}
"""What can be wrong with a row beside what the ledger says of it -> the rows of which it is true."""


def _row_faults() -> Iterator[str]:
    """Rows that contradict others: their numbers, and where they stand or lead to."""
    for fault, sql in ROW_FAULTS.items():
        last = ""
        while rows := execute(f"{sql} ORDER BY r.path LIMIT {SIZE:d}", (last,)).fetchall():
            yield from (f"{path}: {fault}" for (path,) in rows)
            last = rows[-1][0]


def _lost_records() -> Iterator[str]:
    """Records that the ledger has and that are not stored."""
    last = 0
    while rows := execute(
        "SELECT l.seq, l.path FROM ledger l WHERE l.seq > ? AND l.action IN (?, ?) AND l.path <> ? "
        "AND NOT EXISTS (SELECT 1 FROM record r WHERE r.path = l.path) "
        f"AND l.seq = {LAST_CHANGE.format('l.path')} ORDER BY l.seq LIMIT {SIZE:d}",
        (last, *STATED, LEDGER_PATH),
    ).fetchall():
        yield from (f"{path}: entry {entry} has it, and it is not stored" for entry, path in rows)
        last = rows[-1][0]


def _fact_faults() -> Iterator[str]:
    """Facts of what is covered that are not those of the last entry that holds any."""
    sql = f"SELECT seq, payload FROM ledger WHERE seq = {LAST_CHANGE.format('?')}"
    entry, said = execute(sql, (LEDGER_PATH,)).fetchone() or (None, canonical([]))
    if canonical(all_facts()) != said:
        yield f"{LEDGER_PATH}: what is stored is not what {f'entry {entry} says' if entry else 'any entry says'}"
