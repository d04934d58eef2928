"""Deriving what is served from what was given: documents, standing, periods, names, search, terms.

Claims come first, those about other claims before what they are about, since a record's entry holds the documents of
the claims about it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.account import NEVER_KNOWN, WITH_THE_RECORD, Account, Days
from models.batches import in_batches
from models.claims import resolve
from models.database import delete_rows, execute, execute_many, insert_rows, marks
from models.declaration import columns_of
from models.documents import compact, decoded, splice
from models.faults import Faults
from models.first_known import derive_first_known, touch_dirty
from models.masking import cuts, members
from models.names import keys
from models.registry import RESOURCE, RESOURCES, resource_of
from models.rules import claim_faults, rule_faults
from models.tables import Edition, Entry, FirstKnown, Name, NameKey, Period, SearchEntry, SearchText, Tally, Term
from models.tally import recount
from models.text import fold, words
from models.wiring import Reference, Wiring

Given = Mapping[str, Any]
CHUNK = 200
MOST_CLAIMS = 1_000
"""Claims that are held at once, of all records of a chunk."""

DERIVED = (Entry, Period, Edition, FirstKnown, Term, Name, NameKey, SearchEntry, SearchText)


def forget_derived(paths: Sequence[str]) -> None:
    """Delete every derived row of records that are gone."""
    recount(paths, -1)
    for table in (*DERIVED, *{resource_of(path).table for path in paths}):
        delete_rows(table, paths)


def forget_all_derived() -> None:
    """Empty every table that can be made again; the numbers of search entries stay, since hits come in that order."""
    for table in (*DERIVED, Tally, *(resource.table for resource in RESOURCES)):
        if table is not SearchEntry:
            table.delete().execute()  # type: ignore[attr-defined]
    execute("DELETE FROM search_entry WHERE path NOT IN (SELECT path FROM record)")


@dataclass
class Derivation:
    """One pass over the records marked dirty."""

    wiring: Wiring
    at: str
    faults: Faults = field(default_factory=Faults)
    keep_revisions: bool = False
    judging: bool = True
    """Whether what breaks the codebook's rules is a fault."""
    progress: Callable[[str, int], None] = lambda stage, count: None
    count: int = 0
    _sources: dict[str, Given] = field(default_factory=dict)
    _citations: dict[str, frozenset[str]] = field(default_factory=dict)

    def derive_dirty(self) -> None:
        """Derive all dirty records, and what they in turn affect."""
        _spread()
        touch_dirty()
        while paths := self._ready_claims():
            self._derive_all(paths)
        others = "SELECT path FROM dirty WHERE path > ? AND path NOT LIKE ? ORDER BY path LIMIT ?"
        last = ""
        while rows := execute(others, (last, "claims/%", CHUNK)).fetchall():
            last = rows[-1][0]
            self._derive([row[0] for row in rows])
        derive_first_known()

    def _ready_claims(self) -> list[str]:
        """Dirty claims that no other dirty claim is about, in order: `models.snapshots` knows it."""
        rows = execute(
            "SELECT path FROM dirty WHERE path LIKE ? AND NOT EXISTS (SELECT 1 FROM reference r JOIN dirty d "
            "ON d.path = r.path WHERE r.target = dirty.path AND r.relation = 'about.record') ORDER BY path LIMIT ?",
            ("claims/%", CHUNK * 50),
        )
        return [row[0] for row in rows.fetchall()]

    def _derive_all(self, paths: Sequence[str]) -> None:
        for chunk in in_batches(paths, CHUNK):
            self._derive(chunk)
            execute(f"DELETE FROM dirty WHERE path IN ({marks(chunk)})", chunk)

    def _derive(self, paths: Sequence[str]) -> None:
        for portion in _portions(paths):
            self._derive_portion(portion)

    def _derive_portion(self, paths: Sequence[str]) -> None:
        stored = self._stored(paths)
        about = self._claims_about(paths)
        rows = _Rows()
        for path, row in stored.items():
            if path not in self.faults.broken:
                self._derive_one(row, about.get(path, []), rows)
        rows.store(paths, keep_revisions=self.keep_revisions, at=self.at)
        self.count += len(stored)
        self.progress("derived", self.count)

    def _derive_one(self, row: Given, about: Sequence["_Heard"], rows: "_Rows") -> None:
        given = decoded(row["input"])
        resource = RESOURCE[row["resource"]]
        claims = self._resolved(heard.claim for heard in about if heard.path not in self.faults.broken)
        if resource.name == "claims":
            given = next(self._resolved([given]), None)
            if given is None:
                return
            for fault in claim_faults(given, self._source(given["source"])) if self.judging else ():
                self.faults.add(fault)
        heard = list(claims)
        if len(heard) < len(about):
            return  # a claim left out has a fault already: without it the record cannot be judged
        account = Account(resource, given, heard, self._cited_by(heard), _claim_days)
        faults = list(rule_faults(account, self.wiring.known_fields[resource.name])) if self.judging else []
        for fault in faults:
            self.faults.add(fault)
        if not faults:
            shown = {"url": f"/v1/{row['path']}", **given}
            refers = self.wiring.references(resource.name, given)
            rows.add(account, self.wiring.render(resource.name, shown), [heard.document for heard in about], refers)

    def _stored(self, paths: Sequence[str]) -> dict[str, dict[str, str]]:
        rows = execute(f"SELECT path, resource, input FROM record WHERE path IN ({marks(paths)}) ORDER BY path", paths)
        return {path: {"path": path, "resource": resource, "input": text} for path, resource, text in rows.fetchall()}

    def _resolved(self, claims: Iterator[Given] | Sequence[Given]) -> Iterator[Given]:
        """Claims filled in; those whose source is missing (a fault already) are left out."""
        for claim in claims:
            try:
                yield resolve(claim, self._source)
            except KeyError:
                continue

    def _source(self, slug: str) -> Given:
        if slug not in self._sources:
            row = execute("SELECT input FROM record WHERE path = ?", (f"sources/{slug}",)).fetchone()
            if row is None:
                raise KeyError(slug)
            self._sources[slug] = decoded(row[0])
        return self._sources[slug]

    def _cited_by(self, claims: Sequence[Given]) -> dict[str, frozenset[str]]:
        documents = {claim["document"] for claim in claims}
        if len(documents) < 2:
            return {}
        for document in documents - self._citations.keys():
            self._citations[document] = _closure(document)
        return self._citations

    def _claims_about(self, paths: Sequence[str]) -> dict[str, list["_Heard"]]:
        rows = execute(
            "SELECT DISTINCT f.target, r.path, r.input, e.document FROM reference f JOIN record r ON r.path = f.path "
            "LEFT JOIN entry e ON e.path = r.path "
            f"WHERE f.relation = 'about.record' AND f.target IN ({marks(paths)}) ORDER BY f.target, r.path",
            list(paths),
        )
        about: dict[str, list[_Heard]] = defaultdict(list)
        for target, path, text, document in rows.fetchall():
            about[target].append(_Heard(path, decoded(text), bytes(document or b"")))
        return about


@dataclass(frozen=True)
class _Heard:
    path: str
    claim: Given
    document: bytes


def _portions(paths: Sequence[str]) -> Iterator[list[str]]:
    """Paths in lists about whose records there are no more claims than are held at once; a record's are held whole."""
    rows = execute(
        f"SELECT target, count(*) FROM reference WHERE relation = 'about.record' AND target IN ({marks(paths)}) "
        "GROUP BY target",
        list(paths),
    )
    counts, portion, claims = dict(rows.fetchall()), list[str](), 0
    for path in paths:
        claims += counts.get(path, 0)
        if portion and claims > MOST_CLAIMS:
            yield portion
            portion, claims = [], counts.get(path, 0)
        portion.append(path)
    yield portion


NEW = "NOT EXISTS (SELECT 1 FROM dirty x WHERE x.path = {})"
"""The condition that a path is not marked yet: of a first load, whose every record is, nothing need be gathered."""


def _spread() -> None:
    """Mark what dirty sources and claims affect: claims through them, and whatever claims are about.

    CROSS JOIN is the order in which SQLite reads: from the few that are marked to what they lead to. It has no
    statistics, and else takes the table of all references for as small.
    """
    execute(
        "WITH RECURSIVE citing(path) AS (SELECT path FROM dirty WHERE path LIKE ? UNION "
        "SELECT r.path FROM citing c CROSS JOIN reference r WHERE r.target = c.path AND r.relation = 'cites') "
        "INSERT INTO dirty (path) SELECT r.path FROM citing c CROSS JOIN reference r WHERE r.target = c.path "
        f"AND r.relation IN ('source', 'chain.source') AND {NEW.format('r.path')} ON CONFLICT DO NOTHING",
        ("sources/%",),
    )
    execute(
        "INSERT INTO dirty (path) SELECT r.path FROM dirty d CROSS JOIN reference r WHERE r.target = d.path "
        f"AND r.relation = 'links.claims' AND {NEW.format('r.path')} ON CONFLICT DO NOTHING"
    )
    about = (
        "INSERT INTO dirty (path) SELECT r.target FROM dirty d CROSS JOIN reference r CROSS JOIN record k "
        "WHERE r.path = d.path AND r.relation = 'about.record' AND k.path = r.target "
        f"AND d.path LIKE ? AND {NEW.format('r.target')} ON CONFLICT DO NOTHING"
    )
    while execute(about, ("claims/%",)).rowcount > 0:
        pass  # claims can be about claims


def _claim_days(slug: str) -> Days:
    row = execute("SELECT known_latest, known_earliest FROM claim WHERE id = ?", (slug,)).fetchone()
    return (row[0], row[1]) if row else NEVER_KNOWN


def _closure(document: str) -> frozenset[str]:
    rows = execute(
        "WITH RECURSIVE cited(path) AS (SELECT target FROM reference WHERE path = ? AND relation = 'cites' UNION "
        "SELECT r.target FROM reference r JOIN cited c ON r.path = c.path WHERE r.relation = 'cites') "
        "SELECT path FROM cited",
        (document,),
    )
    return frozenset(row[0] for row in rows.fetchall())


class _Rows:
    """The derived rows of one chunk, gathered and then stored."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Any]] = {}
        self.tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.others: dict[Any, list[dict[str, Any]]] = {
            Period: [], Edition: [], Term: [], Name: [], NameKey: [], SearchEntry: [], SearchText: [],
        }  # fmt: skip

    def add(self, account: Account, document: bytes, claims: Sequence[bytes], refers: Iterable[Reference]) -> None:
        """Gather every derived row of one record."""
        path = account.path
        standing, joined = compact(account.shown()), b",".join(claims)
        digest = hashlib.sha256(b"\0".join((document, standing, joined))).hexdigest()[:32]
        self.entries[path] = {
            "path": path, "document": document, "standing": standing, "claims": joined, "digest": digest,
        }  # fmt: skip
        self.tables[account.resource.name].append(columns_of(account.resource.table, path, _columns(account)))
        if account.resource.values:
            self.others[Period] += account.periods()
            self.others[Edition] += _editions(account, document)
        self.others[Term] += _earliest(
            {"path": path, "field": name, "value": value, **_days(days)} for name, value, days in account.terms()
        )
        self._add_search(account, refers)
        self.others[Name] += [
            {
                "path": path, "text": n["text"], "folded": fold(n["text"]), "script": n["script"],
                "system": n["system"], **_days(days),
            }
            for n, days in account.names()
        ]  # fmt: skip
        texts = dict.fromkeys(n["text"] for n, _ in account.names())
        self.others[NameKey] += [
            {"path": path, "text": text, "key": key} for text in texts for key in sorted(keys(text))
        ]

    def _add_search(self, account: Account, refers: Iterable[Reference]) -> None:
        """One row per searched field, one per person or institution referred to, and all of them together."""
        found = [*account.words(), *_mentions(account, refers)]
        self.others[SearchText] += _joined(account.path, found)
        named = [word for field, text, _ in found if field in NAMING for word in words(text)]
        body = [word for field, text, _ in found for word in _searched(field, text)]
        self.others[SearchEntry].append(
            {
                "path": account.path, "resource": account.resource.name,
                "names": " ".join(dict.fromkeys(named)), "body": " ".join(dict.fromkeys(body)),
            }
        )  # fmt: skip

    def store(self, paths: Sequence[str], *, keep_revisions: bool, at: str) -> None:
        """Replace the derived rows of `paths`, moving the revision of each whose digest moved."""
        self._revise(keep_revisions, at)
        numbers = dict(execute(f"SELECT path, id FROM search_entry WHERE path IN ({marks(paths)})", paths).fetchall())
        self._forget([path for path in paths if path in numbers])
        for name, rows in self.tables.items():
            insert_rows(RESOURCE[name].table, rows)
        for table, rows in self.others.items():
            if table is not SearchEntry:
                insert_rows(table, rows)
        entries = self.others[SearchEntry]
        insert_rows(SearchEntry, [{"id": numbers[row["path"]], **row} for row in entries if row["path"] in numbers])
        insert_rows(SearchEntry, [row for row in entries if row["path"] not in numbers])
        recount(paths, 1)

    def _forget(self, there: Sequence[str]) -> None:
        """Take away the rows of records that have some: each has its own in `search_entry`."""
        if there:
            recount(there, -1)
            for table in (*self.others, *{resource_of(path).table for path in there}):
                delete_rows(table, there)

    def _revise(self, keep_revisions: bool, at: str) -> None:
        paths = list(self.entries)
        if not paths:
            return
        chosen = marks(paths)
        known = dict(execute(f"SELECT path, digest FROM entry WHERE path IN ({chosen})", paths).fetchall())
        rows = execute(f"SELECT path, revision, updated FROM record WHERE path IN ({chosen})", paths)
        revisions = {path: (revision, updated) for path, revision, updated in rows.fetchall()}
        moved = []
        for path, entry in self.entries.items():
            revision, updated = revisions[path]
            if known.get(path) != entry["digest"] and not keep_revisions:
                revision, updated = revision + 1, at
                moved.append((revision, updated, path))
            entry["document"] = splice(entry["document"], compact({"revision": revision, "updated": updated}))
        delete_rows(Entry, paths)
        insert_rows(Entry, list(self.entries.values()))
        execute_many("UPDATE record SET revision = ?, updated = ? WHERE path = ?", moved)
        execute_many("INSERT INTO revision (revision, updated, path) VALUES (?, ?, ?)", moved)


def _editions(account: Account, document: bytes) -> Iterator[dict[str, Any]]:
    """The rows of what its document is in its periods."""
    whole = decoded(document)
    places = members(whole, document)
    for edition, number in account.editions.items():
        changed = cuts(whole, places, edition.hidden)
        told = None if changed is None else compact(changed).decode()
        yield {"path": account.path, "number": number, "standing": edition.standing, "cuts": told}


def _columns(account: Account) -> dict[str, Any]:
    """The record as its table sees it: a claim's speaker stands beside its other columns."""
    record = dict(account.record)
    if account.resource.name == "claims":
        record |= {key: record["origin"][key] for key in ("identity", "capacity", "side")}
    return record


def _days(days: Days) -> dict[str, str | None]:
    return {"surely": days[0], "possibly": days[1]}


def _earliest(rows: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per path, field and value: known from the earliest day of any."""
    kept: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        before = kept.setdefault((row["field"], row["value"]), row)
        for bound in ("surely", "possibly"):
            before[bound] = min((day for day in (before[bound], row[bound]) if day), default=None)
    return list(kept.values())


NAMING = frozenset({"name", "names.text"})
"""The searched fields that hold names."""

REFERS = "refers:"
"""What the search row of a reference is called: this and the path that it leads to."""


def _mentions(account: Account, refers: Iterable[Reference]) -> Iterator[tuple[str, str, Days]]:
    """The people and institutions that a record refers to, as search rows."""
    for reference in refers:
        if reference.target.startswith(("people/", "institutions/")):
            known = WITH_THE_RECORD if account.resource.name == "claims" else account.days_at(reference.pointer)
            yield f"{REFERS}{reference.target}", f"@{reference.target}", known


def _searched(field: str, text: str) -> list[str]:
    return [text] if field.startswith(REFERS) else words(text)


def _joined(path: str, found: Iterable[tuple[str, str, Days]]) -> Iterator[dict[str, Any]]:
    """One row per searched field; elements of a list that are known from other days have rows of their own."""
    gathered: dict[tuple[str, Days], list[str]] = defaultdict(list)
    placed: dict[str, int] = defaultdict(int)
    for name, text, days in found:
        texts = gathered[name, days]
        texts += [*[""] * (placed[name] - len(texts)), text]
        placed[name] += 1
    numbers: dict[str, int] = defaultdict(int)
    for (name, days), texts in gathered.items():
        numbers[name] += 1
        further = f"{FURTHER}{numbers[name]}" if numbers[name] > 1 else ""
        yield {
            "path": path, "field": f"{name}{further}",
            "words": " ".join(word for text in filter(None, texts) for word in _searched(name, text)),
            "texts": None if name.startswith(REFERS) else APART.join(texts), **_days(days),
        }  # fmt: skip


APART = "\x1e"
"""Between the texts of one field; no text holds it (`api.schemas.fields.clean_text`)."""

FURTHER = "#"
"""What sets apart the rows of one field: `effects`, `effects#2`."""
