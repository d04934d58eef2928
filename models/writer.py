"""The one writer: the only way data changes, in one transaction, all of it or nothing.

It stores what it is given, checks references and loops in SQL, then has everything derived that the change affects.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models import ledger
from models.batches import in_batches
from models.database import (
    LONGEST_WAIT,
    DatabaseFault,
    JournalKept,
    delete_rows,
    execute,
    forget_journal,
    insert_rows,
    marks,
    meta_value,
    set_meta_value,
    settle_journal,
    tell_sizes,
    writing,
)
from models.derive import Derivation, forget_all_derived, forget_derived
from models.documents import canonical, decoded
from models.erasing import Past, newly_withheld, owners, whole_past, withheld_past
from models.faults import Fault, Faults
from models.first_known import touch
from models.integrity import integrity_faults
from models.snapshot_files import forget_snapshots
from models.tables import LoadedFile, Record, Reference, Removed
from models.wiring import Wiring

Progress = Callable[[str, int], None]
MANY = 1000
"""Records of one write after which tables are not what they were."""
SYSTEM_KEYS = ("resource", "under", "file", "ordinal")

Permit = Callable[[Mapping[str, str | None]], None]
"""Raises where the past of these paths may not be erased; with a claim stands the record that it alone was about."""


def _permit_all(_paths: Mapping[str, str | None]) -> None:
    return None


@dataclass
class Outcome:
    """How many records a write added, changed, removed and left alone; and files that need not be read."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    unread: int = 0


class Stale(Exception):
    """A record is not what a write expects: its path, and the revision that it has, None where there is none."""

    def __init__(self, path: str, revision: int | None) -> None:
        super().__init__(f"{path} has the revision {revision}")
        self.path, self.revision = path, revision


def raise_kept(fault: JournalKept) -> None:
    """What is done where a reader still keeps what was erased, and nobody says otherwise."""
    raise fault


class _NotKept(Exception):
    """A trial is over: what it wrote is rolled back."""


@dataclass(frozen=True)
class Sync:
    """The files that were read whole: what an earlier load of them brought and they now lack is removed."""

    files: Sequence[str] = ()


def write(
    records: Iterable[Mapping[str, Any] | Fault],
    *,
    wiring: Wiring,
    actor: str,
    reason: str | None = None,
    sync: Sync = Sync(),
    reading: Sequence[str] = (),
    unchanged: Sequence[str] = (),
    force: bool = False,
    expected: Mapping[str, int | None] = {},
    remove: Mapping[str, str | None] = {},
    complete: bool = True,
    progress: Progress | None = None,
    finish: Callable[[], Sequence[ledger.Change]] = tuple,
    trial: bool = False,
    kept: Callable[[JournalKept], None] = raise_kept,
    permit: Permit = _permit_all,
) -> Outcome:
    """Write records (and the faults that were found in reading them), streamed in any order.

    Each is a plain validated mapping with its `resource`, and where known `under` (the path of the record it was
    given with), `file` and `ordinal`. `reading` and `unchanged` are the files of this run: those that are read, and
    those that need not be. `expected` are the revisions that records must have, None for what must not be there;
    `remove` are the paths of records that go, with the claims under them, and of each what it is merged into, if into
    any. Records that are `complete` come with all claims under them: others are gone. `finish` is the last thing done
    in the transaction, and gives what it changed for the ledger; of a trial nothing is kept. What is withheld is erased
    from the past, where `permit` lets it be. Where other schemas or rules made what is stored, all of it is made again.
    Raises Stale, or Refused with all faults of the run, after which nothing has changed.
    """
    batch = _Batch(wiring, actor, reason, force, progress or _silent, frozenset(unchanged), frozenset(reading))
    batch.permit, batch.kept = permit, sorted({into for into in remove.values() if into})
    with suppress(_NotKept), writing():
        batch.begin(expected)
        for chunk in in_batches(records):
            batch.stage(chunk)
        if complete:
            batch.remove_missing(sync)
        batch.remove_given(remove)
        batch.settle()
        batch.erase_withheld()
        batch.end(finish())
        if trial:
            raise _NotKept
    if trial:
        return batch.outcome
    settle_journal()
    if batch.read >= MANY:
        tell_sizes()
    if batch.erased:
        forget_snapshots()
    _let_go(kept)
    return batch.outcome


JOURNAL = "journal_kept"
"""The key in `meta` under which it stands that something was erased whose pages some reader may still keep."""


def _let_go(kept: Callable[[JournalKept], None]) -> None:
    """Let go of the pages of what was erased, by this write or by one before it that could not wait for a reader."""
    if meta_value(JOURNAL) is None:
        return
    try:
        forget_journal(LONGEST_WAIT if kept is raise_kept else 1)
    except JournalKept as fault:
        kept(fault)
    else:
        with writing():
            execute("DELETE FROM meta WHERE key = ?", (JOURNAL,))


def rebuild(*, wiring: Wiring, progress: Progress | None = None) -> int:
    """Derive everything again from the stored input; revisions stay. Returns how many records there are.

    Raises Refused where what is stored breaks these rules; nothing has changed then.
    """
    with writing():
        return derive_all(wiring=wiring, progress=progress)


def derive_all(*, wiring: Wiring, progress: Progress | None = None, judging: bool = True) -> int:
    """Rebuild within a transaction that goes on, and that must not go on where this raises.

    One within it would be a savepoint, after which SQLite's search index is written out anew with each entry. Not
    `judging`, it takes what is stored as it is, but for claims whose source is not there: they cannot be told, and are
    removed.
    """
    forget_all_derived()
    _refer_again(wiring)
    if not judging:
        _remove_unsourced()
    derivation = Derivation(
        wiring, at=ledger.next_moment(), keep_revisions=True, judging=judging, progress=progress or _silent
    )
    _mark_all_dirty()
    derivation.derive_dirty()
    derivation.faults.refuse_if_any()
    set_meta_value("rendered_with", wiring.rendered_with)
    execute("DELETE FROM dirty")
    execute("DELETE FROM seen")
    return derivation.count


def _remove_unsourced() -> None:
    """Remove claims whose source, or a document of whose chain, is not there."""
    execute(
        "DELETE FROM record WHERE path IN (SELECT r.path FROM reference r LEFT JOIN record t ON t.path = r.target "
        "WHERE r.relation IN ('source', 'chain.source') AND t.path IS NULL)"
    )
    execute("DELETE FROM reference WHERE path NOT IN (SELECT path FROM record)")


def _refer_again(wiring: Wiring) -> None:
    """Find the references of every stored record anew."""
    Reference.delete().execute()
    last = ""
    while rows := execute(
        "SELECT path, resource, input FROM record WHERE path > ? ORDER BY path LIMIT 500", (last,)
    ).fetchall():
        last = rows[-1][0]
        _store_references(wiring, {path: (resource, decoded(text)) for path, resource, text in rows})


def _store_references(wiring: Wiring, records: Mapping[str, tuple[str, Mapping[str, Any]]]) -> None:
    rows = [
        {"path": path, "pointer": found.pointer, "relation": found.relation, "target": found.target}
        for path, (resource, content) in records.items()
        for found in wiring.references(resource, content)
    ]
    insert_rows(Reference, rows)


def _mark_all_dirty() -> None:
    execute("INSERT INTO dirty (path) SELECT path FROM record WHERE true ON CONFLICT DO NOTHING")


def is_stale(wiring: Wiring) -> bool:
    """Whether what is stored was derived by other schemas or rules than these."""
    return meta_value("rendered_with") not in (None, wiring.rendered_with)


def require_current(wiring: Wiring) -> None:
    """Raise DatabaseFault where what is stored was derived by other schemas or rules than these."""
    if is_stale(wiring):
        raise DatabaseFault("the stored documents were made by another release; run `talbuk rebuild`")


def erase(
    path: str,
    *,
    reason: str,
    actor: str,
    permit: Permit = _permit_all,
    kept: Callable[[JournalKept], None] = raise_kept,
) -> int:
    """Blank every past ledger payload of a record and of the claims about it; returns how many were blanked.

    What is served of them now stays, in the ledger too: nothing is left of a record that is gone. An entry of the
    ledger says so of the record and of each claim that lost something. Raises KeyError where nothing of that path was
    ever written, and what `permit` raises.
    """
    with writing():
        if not execute("SELECT 1 FROM ledger WHERE path = ? LIMIT 1", (path,)).fetchone():
            raise KeyError(path)
        past = list(whole_past(path))
        said = {(one, reason) for one in {path, *(one.path for one in past)}}
        _erase(past, said, permit, actor=actor, at=ledger.next_moment())
    forget_snapshots()
    _let_go(kept)
    return len(past)


def is_served(path: str) -> bool:
    """Whether there is a record of a path now, which an erasure leaves as it is."""
    return execute("SELECT 1 FROM record WHERE path = ?", (path,)).fetchone() is not None


def _erase(past: Sequence[Past], said: Set[tuple[str, str]], permit: Permit, *, actor: str, at: str) -> None:
    """Blank entries where that is permitted, and say of paths why, in an entry each."""
    permit(owners(past))
    ledger.erase_payloads(one.entry for one in past)
    ledger.append([ledger.Change(path, "erase", None, reason) for path, reason in sorted(said)], actor=actor, at=at)
    set_meta_value(JOURNAL, at)


def _silent(_stage: str, _count: int) -> None:
    return None


def mark_dirty(paths: Iterable[str]) -> None:
    """Note records whose derived rows must be made again."""
    for chunk in in_batches(sorted(set(paths))):
        values = ",".join(["(?)"] * len(chunk))
        execute(f"INSERT INTO dirty (path) VALUES {values} ON CONFLICT DO NOTHING", chunk)


@dataclass
class _Batch:
    """One write in progress."""

    wiring: Wiring
    actor: str
    reason: str | None
    force: bool
    progress: Progress
    unchanged: frozenset[str] = frozenset()
    reading: frozenset[str] = frozenset()
    permit: Permit = _permit_all
    kept: Sequence[str] = ()
    """The records into which others are merged."""
    at: str = ""
    stale: bool = False
    outcome: Outcome = field(default_factory=Outcome)
    faults: Faults = field(default_factory=Faults)
    read: int = 0
    erased: int = 0
    first: int = 1
    """The number of the first entry that it adds to the ledger."""

    def begin(self, expected: Mapping[str, int | None]) -> None:
        """Open the run: its moment is that of the write lock, so that later runs have later ones."""
        self.at = ledger.next_moment()
        self.first = ledger.head().entry + 1
        for path, revision in expected.items():
            found = execute("SELECT revision FROM record WHERE path = ?", (path,)).fetchone()
            if (found and found[0]) != revision:
                raise Stale(path, found and found[0])
        self.stale = is_stale(self.wiring)
        if self.stale:
            _refer_again(self.wiring)

    def end(self, changes: Sequence[ledger.Change]) -> None:
        """Close the run, with what else was changed in it."""
        ledger.append(changes, actor=self.actor, at=self.at)
        set_meta_value("rendered_with", self.wiring.rendered_with)
        execute("DELETE FROM dirty")
        execute("DELETE FROM seen")

    def stage(self, chunk: Sequence[Mapping[str, Any] | Fault]) -> None:
        """Store one chunk of records as they are given, and note what they affect."""
        for fault in chunk:
            if isinstance(fault, Fault):
                self.faults.add(fault)
        given = self._not_seen([record for record in chunk if not isinstance(record, Fault)])
        stored = {row["path"]: row for row in _stored(list(given))}
        self._require_not_removed([path for path in given if path not in stored])
        new = {path: record for path, record in given.items() if self._differs(path, record, stored.get(path))}
        self._store(new, stored)
        self.read += len(chunk)
        self.progress("read", self.read)

    def _require_not_removed(self, paths: Sequence[str]) -> None:
        """What somebody else has removed is not brought back, unless by force."""
        for path, actor in () if self.force else _removers(paths):
            if actor != self.actor:
                message = f"was removed by {actor} since it was loaded; --force brings it back"
                self.faults.add(Fault(path, "", message))

    def _not_seen(self, records: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
        given: dict[str, Mapping[str, Any]] = {}
        paths = [f"{record['resource']}/{record['id']}" for record in records]
        before = _present("seen", paths)
        for path, record in zip(paths, records, strict=True):
            if path in before or path in given:
                self.faults.add(_given_twice(path, record))
            else:
                given[path] = record
        if given:
            values = ",".join(["(?)"] * len(given))
            execute(f"INSERT INTO seen (path) VALUES {values}", list(given))
        return given

    def _differs(self, path: str, record: Mapping[str, Any], stored: Mapping[str, Any] | None) -> bool:
        if stored is None:
            return True
        if stored["file"] in self.unchanged:
            self.faults.add(_given_twice(path, record))
            return False
        if self._is_anothers(stored, record):
            message = (
                f"is loaded from {stored['file']} already; take it out of one of the two, or take it over by --force"
            )
            self.faults.add(Fault(path, "/id", message, ordinal=record.get("ordinal")))
            return False
        if stored["input"] == canonical(_content(record)):
            self.outcome.unchanged += 1
            if (stored["under"], stored["file"]) != (record.get("under"), record.get("file")):
                Record.update(under=record.get("under"), file=record.get("file")).where(Record.path == path).execute()
            return False
        if stored["actor"] != self.actor and not self.force:
            message = f"was changed by {stored['actor']} since it was loaded; --force overwrites that"
            self.faults.add(Fault(path, "", message))
            return False
        return True

    def _is_anothers(self, stored: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
        """Whether a record belongs to another file, not of this run, that is still there to be loaded again."""
        if stored["file"] in (None, record.get("file")) or stored["file"] in self.reading:
            return False
        if self.force:
            LoadedFile.delete().where(LoadedFile.file == stored["file"]).execute()
            return False
        return Path(stored["file"]).exists()

    def _store(self, new: Mapping[str, Mapping[str, Any]], stored: Mapping[str, Mapping[str, Any]]) -> None:
        if not new:
            return
        revisions = _last_revisions(list(new))
        rows = [
            {
                "path": path,
                "resource": record["resource"],
                "id": record["id"],
                "input": canonical(_content(record)),
                "revision": stored[path]["revision"] if path in stored else revisions.get(path, 0),
                "updated": stored[path]["updated"] if path in stored else self.at,
                "under": record.get("under"),
                "file": record.get("file"),
                "actor": self.actor,
            }
            for path, record in new.items()
        ]
        self._note_affected(list(new))
        delete_rows(Record, list(new))
        insert_rows(Record, rows)
        delete_rows(Reference, list(new))
        _store_references(self.wiring, {path: (record["resource"], _content(record)) for path, record in new.items()})
        self._note_affected(list(new))
        self._enter(rows, stored)

    def _note_affected(self, paths: Sequence[str]) -> None:
        """The records themselves, and what the claims among them are about: before a change and after it."""
        mark_dirty(paths)
        execute(
            "INSERT INTO dirty (path) SELECT DISTINCT target FROM reference "
            f"WHERE relation = 'about.record' AND path IN ({marks(paths)}) ON CONFLICT DO NOTHING",
            list(paths),
        )
        touch(paths)

    def _enter(self, rows: Sequence[Mapping[str, Any]], stored: Mapping[str, Any]) -> None:
        changes = [
            ledger.Change(r["path"], "change" if r["path"] in stored else "add", r["input"], self.reason) for r in rows
        ]
        ledger.append(changes, actor=self.actor, at=self.at)
        self.outcome.changed += sum(change.action == "change" for change in changes)
        self.outcome.added += sum(change.action == "add" for change in changes)

    def remove_missing(self, sync: Sync) -> None:
        """Remove claims that are gone from under their record, and what the synced files no longer hold."""
        gone = "SELECT path FROM record WHERE path NOT IN (SELECT path FROM seen) AND "
        rows = execute(gone + "under IN (SELECT path FROM seen)").fetchall()
        for file in sync.files:
            rows += execute(gone + "file = ?", (file,)).fetchall()
        paths = sorted({row[0] for row in rows})
        for chunk in in_batches(paths):
            self._remove(chunk)

    def remove_given(self, given: Mapping[str, str | None]) -> None:
        """Remove records, and the claims under them that were not given elsewhere."""
        if given:
            under = f"under IN ({marks(list(given))}) AND path NOT IN (SELECT path FROM seen)"
            rows = execute(f"SELECT path FROM record WHERE {under}", list(given)).fetchall()
            self._remove([*given, *sorted(row[0] for row in rows)], given)

    def _remove(self, paths: Sequence[str], into: Mapping[str, str | None] = {}) -> None:
        self._note_affected(paths)
        for row in _stored(paths):
            Removed.insert(path=row["path"], revision=row["revision"], merged_into=into.get(row["path"])).on_conflict(
                conflict_target=[Removed.path], preserve=[Removed.revision, Removed.merged_into]
            ).execute()
        forget_derived(paths)
        delete_rows(Reference, paths)
        delete_rows(Record, paths)
        ledger.append([_gone(p, into.get(p), self.reason) for p in paths], actor=self.actor, at=self.at)
        self.outcome.removed += len(paths)

    def erase_withheld(self) -> None:
        """Erase what the past holds of what is withheld since this write, when all that replaces it is stored."""
        if self.first == 1:
            return
        withheld = newly_withheld(self.first, self.kept)
        past = list(withheld_past(withheld))
        if past:
            said = {(one.path, f"{one.record} withholds {', '.join(sorted(withheld[one.record]))}") for one in past}
            _erase(past, said, self.permit, actor=self.actor, at=self.at)
        self.erased = len(past)

    def settle(self) -> None:
        """Check what was stored, derive what it affects, and refuse the whole run if anything is wrong."""
        if self.faults.incomplete:
            self.faults.refuse_if_any()
        if self.stale:
            _mark_all_dirty()
        for fault in integrity_faults(all_of_it=self.stale, broken=self.faults.broken):
            self.faults.add(fault)
        execute("DELETE FROM dirty WHERE NOT EXISTS (SELECT 1 FROM record r WHERE r.path = dirty.path)")
        derivation = Derivation(self.wiring, at=self.at, faults=self.faults, progress=self.progress)
        derivation.derive_dirty()
        self.faults.refuse_if_any()


def _gone(path: str, into: str | None, reason: str | None) -> ledger.Change:
    if into is None:
        return ledger.Change(path, "remove", None, reason)
    return ledger.Change(path, "merge", canonical({"into": into}), reason)


def _given_twice(path: str, record: Mapping[str, Any]) -> Fault:
    return Fault(path, "/id", f"{path} is given twice; an id is unique in its resource", ordinal=record.get("ordinal"))


def _content(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in SYSTEM_KEYS}


def _stored(paths: Sequence[str]) -> Iterator[dict[str, Any]]:
    for chunk in in_batches(paths):
        columns = ("path", "input", "revision", "updated", "under", "file", "actor")
        rows = execute(f"SELECT {', '.join(columns)} FROM record WHERE path IN ({marks(chunk)})", chunk)
        yield from (dict(zip(columns, row, strict=True)) for row in rows.fetchall())


def _present(table: str, paths: Sequence[str]) -> set[str]:
    if not paths:
        return set()
    rows = execute(f"SELECT path FROM {table} WHERE path IN ({marks(paths)})", list(paths))
    return {row[0] for row in rows.fetchall()}


def _removers(paths: Sequence[str]) -> list[tuple[str, str]]:
    """Those of some records that are gone, and who removed them or merged them into others."""
    if not paths:
        return []
    last = "SELECT max(x.seq) FROM ledger x WHERE x.path = r.path AND x.action IN ('remove', 'merge')"
    rows = execute(
        f"SELECT r.path, l.actor FROM removed r JOIN ledger l ON l.seq = ({last}) WHERE r.path IN ({marks(paths)})",
        paths,
    )
    return [(path, actor) for path, actor in rows.fetchall()]


def _last_revisions(paths: Sequence[str]) -> dict[str, int]:
    return dict(execute(f"SELECT path, revision FROM removed WHERE path IN ({marks(paths)})", paths).fetchall())
