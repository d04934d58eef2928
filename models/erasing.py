"""What of the ledger's past is to be blanked: all of a record's, or what holds that which a record withholds now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple

from models.batches import SIZE, in_batches
from models.database import execute, marks
from models.declaration import all_at
from models.documents import decoded
from models.ledger import LATER_CHANGE, STATED, past_of

Withheld = Mapping[str, Set[str]]
"""The path of a record -> the dotted names that it withholds."""


class Past(NamedTuple):
    """An entry whose payload is to be blanked, for the sake of which record; and whom it is about, if a claim's."""

    entry: int
    path: str
    record: str
    about: tuple[str, ...]


def whole_past(path: str) -> Iterator[Past]:
    """All past entries of a record, and of the claims that are about it, or were: of these only the ledger may know."""
    rows = execute(
        "SELECT path FROM reference WHERE target = ? AND relation = 'about.record' "
        "UNION SELECT path FROM ledger WHERE path LIKE ? AND payload LIKE ?",
        (path, "claims/%", f'%"record":"{path}"%'),
    )
    for entry, found, payload in past_of([path, *(row[0] for row in rows.fetchall())]):
        yield Past(entry, found, path, _about(found, decoded(payload)))


def owners(past: Iterable[Past]) -> dict[str, str | None]:
    """Each path once, and of a claim the one record that it was about, if it was about no other."""
    about: dict[str, set[tuple[str, ...]]] = {}
    for one in past:
        about.setdefault(one.path, set()).add(one.about)
    return {path: _only(abouts) for path, abouts in about.items()}


def _only(abouts: Set[tuple[str, ...]]) -> str | None:
    records = {record for about in abouts for record in about}
    return records.pop() if len(records) == 1 else None


def newly_withheld(first: int, kept: Sequence[str]) -> Withheld:
    """What records withhold since the write whose first entry is `first`, and did not before it.

    What they withheld before is in no past any more. Those into which it merged others, `kept`, may withhold what only
    the past of the others holds: of them it is all that they withhold.
    """
    rows = execute(
        "SELECT l.path, l.payload, b.payload FROM ledger l JOIN ledger b ON b.seq = "
        "(SELECT max(x.seq) FROM ledger x WHERE x.path = l.path AND x.seq < ? AND x.action <> 'erase') "
        "WHERE l.seq >= ? AND l.payload LIKE ?",
        (first, first, '%"withheld":%'),
    )
    found = {path: withheld_in(now) - withheld_in(before) for path, now, before in rows.fetchall()}
    for chunk in in_batches(kept):
        rows = execute(f"SELECT path, input FROM record WHERE path IN ({marks(chunk)})", chunk)
        found |= {path: withheld_in(given) for path, given in rows.fetchall()}
    return {path: names for path, names in found.items() if names}


def all_withheld() -> Withheld:
    """What all records withhold."""
    rows = execute("SELECT path, input FROM record WHERE input LIKE ?", ('%"withheld":%',)).fetchall()
    return {path: names for path, given in rows if (names := withheld_in(given))}


def withheld_in(payload: str | None) -> set[str]:
    """What a record withholds as it was given, if that is known."""
    return set(decoded(payload).get("withheld", ())) if payload else set()


def withheld_past(withheld: Withheld) -> Iterator[Past]:
    """The past entries that hold what is withheld: of the records, of what was merged into them, of claims about them.

    However many records there are, the claims of the ledger are gone through once.
    """
    if not withheld:
        return
    owner = _owners(withheld)
    for entry, path, payload in past_of(owner):
        record = decoded(payload)
        if any(_has(record, name) for name in withheld[owner[path]]):
            yield Past(entry, path, owner[path], ())
    for entry, path, payload in _past_of_claims():
        claim = decoded(payload)
        for record in _set_on(claim, withheld, owner):
            yield Past(entry, path, record, _about(path, claim))


def _owners(paths: Iterable[str]) -> dict[str, str]:
    """Paths, and those that were merged into them, at some remove too, and are gone still: each with where it led."""
    found = {path: path for path in paths}
    new = dict(found)
    while new:
        into: dict[str, str] = {}
        for chunk in in_batches(new):
            rows = execute(
                f"SELECT m.path, m.merged_into FROM removed m WHERE m.merged_into IN ({marks(chunk)}) "
                "AND NOT EXISTS (SELECT 1 FROM record r WHERE r.path = m.path)",
                chunk,
            )
            into |= {path: found[target] for path, target in rows.fetchall() if path not in found}
        found |= into
        new = into
    return found


def _has(record: Mapping[str, Any], name: str) -> bool:
    return any(True for _ in all_at(record, name))


def _past_of_claims() -> Iterator[tuple[int, str, str]]:
    """The past entries of claims that set something, in order: number, path and payload."""
    last = 0
    sql = (
        "SELECT l.seq, l.path, l.payload FROM ledger l WHERE l.seq > ? AND l.path LIKE ? AND l.payload LIKE ? "
        f"AND l.action IN (?, ?) AND {LATER_CHANGE.format('')} ORDER BY l.seq LIMIT {SIZE:d}"
    )
    while rows := execute(sql, (last, "claims/%", '%"sets":%', *STATED)).fetchall():
        yield from rows
        last = rows[-1][0]


def _set_on(claim: Mapping[str, Any], withheld: Withheld, owner: Mapping[str, str]) -> set[str]:
    """The records of which a claim sets what they withhold, or a part of it, or what it is a part of."""
    return {
        record
        for about in claim["about"]
        if (record := owner.get(about["record"]))
        and any(_overlap(given, name) for given in about.get("sets", ()) for name in withheld[record])
    }


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _about(path: str, content: Any) -> tuple[str, ...]:
    return tuple(about["record"] for about in content["about"]) if path.startswith("claims/") else ()
