"""What writing ought to do, told in plain Python: records by path, who stands under whom, what is gone, and a ledger.

It knows no more than a small world needs, and none of the code that it is held against.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Given = dict[str, Any]

KIND = {
    "people": "people/", "authors": "people/", "person": "people/", "publisher": "institutions/",
    "institution": "institutions/", "part_of": "institutions/", "source": "sources/", "cites": "sources/",
    "claims": "claims/", "by": "", "to": "", "record": "",
}  # fmt: skip
"""The members that refer to records -> what stands before an id; nothing where a whole path is given."""

REASONS = ("editorial", "withheld")
"""The members whose own members are names of fields."""

VALUES = {
    "defectors": ("people", "role", "left", "stage"),
    "purges": ("stage", "by", "targets.people", "targets.description"),
    "institutions": ("country", "part_of"),
    "people": ("country",),
    "sources": (),
    "claims": (),
}
"""The values that claims set."""
EVENTS = ("defectors", "purges")


class Refused(Exception):
    """What is asked for must be refused, with one of these statuses."""

    def __init__(self, *statuses: int, why: object = None) -> None:
        super().__init__(statuses, why)
        self.statuses = set(statuses)


class Entry(NamedTuple):
    """One entry of the ledger; which write it is of tells what was there together."""

    write: int
    path: str
    action: str
    reason: str | None
    payload: Given | None


def resource(path: str) -> str:
    """The resource of a path."""
    return path.partition("/")[0]


def value_at(record: Any, dotted: str) -> Any:
    """The value at a dotted name, or None."""
    for name in dotted.split("."):
        record = record.get(name) if isinstance(record, dict) else None
    return record


def items(value: Any) -> list[Any]:
    """A value as a list of what it holds."""
    return value if isinstance(value, list) else [] if value is None else [value]


def distinct(values: Iterable[Any]) -> list[Any]:
    """Each value once."""
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def references(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """What a record refers to: name of the member, and path."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key in REASONS:
                continue
            inner = f"links.{value['relation']}" if key == "to" else key.rpartition(".")[2]
            yield from references(one, inner)
    elif isinstance(value, list):
        for one in value:
            yield from references(one, name)
    elif name in KIND or name.startswith("links."):
        yield name, KIND.get(name, "") + value


def turned(value: Any, gone: str, kept: str, name: str = "") -> Any:
    """A value in which each reference to what is gone leads to what is kept, in no list twice."""
    if isinstance(value, dict):
        return {
            key: one if key in REASONS else turned(one, gone, kept, key.rpartition(".")[2])
            for key, one in value.items()
        }
    if isinstance(value, list):
        return distinct(turned(one, gone, kept, name) for one in value)
    if name in KIND and KIND[name] + value == gone:
        return kept.removeprefix(KIND[name])
    return value


def patched(value: Any, patch: Any) -> Any:
    """A JSON Merge Patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    found = dict(value) if isinstance(value, dict) else {}
    for name, one in patch.items():
        if one is None:
            found.pop(name, None)
        else:
            found[name] = patched(found.get(name), one)
    return found


def claims_in(path: str, body: Mapping[str, Any]) -> dict[str, Given]:
    """The claims under a record, in their full form."""
    found = {}
    for claim in body.get("claims", ()):
        about = {"record": path} | ({"sets": claim["sets"]} if claim.get("sets") else {})
        found[f"claims/{claim['id']}"] = {k: v for k, v in claim.items() if k != "sets"} | {"about": [about]}
    return found


@dataclass
class World:
    """All records there are, and what is left of those that are gone."""

    records: dict[str, Given] = field(default_factory=dict)
    under: dict[str, str | None] = field(default_factory=dict)
    gone: dict[str, str | None] = field(default_factory=dict)
    ledger: list[Entry] = field(default_factory=list)
    writes: int = 0
    erased: bool = False
    """Whether the last write erased something."""

    # what can be seen

    def whole(self, path: str) -> Given:
        """A record with the claims under it."""
        claims = []
        for claim in sorted(c for c, owner in self.under.items() if owner == path):
            content = dict(self.records[claim])
            sets = content.pop("about")[0].get("sets")
            claims.append(content | ({"sets": sets} if sets else {}))
        return self.records[path] | ({"claims": claims} if claims else {})

    def absent(self, path: str) -> int:
        """How it is told that there is no such record."""
        return 404 if path not in self.gone else 308 if self.gone[path] else 410

    def about(self, path: str) -> dict[str, Given]:
        """The claims about a record."""
        claims = {p: record for p, record in self.records.items() if resource(p) == "claims"}
        return {p: claim for p, claim in claims.items() if any(one["record"] == path for one in claim["about"])}

    # what can be done

    def put(self, path: str, body: Given, reason: str | None) -> "World":
        """The world with a record, and the claims under it, in place of what was there."""
        given = {path: {name: value for name, value in body.items() if name != "claims"}}
        under: dict[str, str | None] = {path: None}
        if resource(path) == "claims":
            alone = [one["record"] for one in body["about"]]
            under[path] = self.under.get(path) if alone == [self.under.get(path)] else None
        else:
            given |= claims_in(path, body)
            under |= dict.fromkeys(claims_in(path, body), path)
        missing = [c for c, owner in self.under.items() if owner == path and c not in given]
        return self._written(given, under, dict.fromkeys(missing), reason, body=set(given))

    def foreign(self, path: str, body: Given) -> bool:
        """Whether a body holds a claim of another record's."""
        return resource(path) != "claims" and any(
            claim in self.records and self.under[claim] != path for claim in claims_in(path, body)
        )

    def remove(self, path: str, reason: str) -> "World":
        """The world without a record and the claims under it."""
        under = [claim for claim, owner in self.under.items() if owner == path]
        return self._written({}, {}, dict.fromkeys([path, *under]), reason)

    def merge(self, gone: str, kept: str, reason: str) -> "World":
        """The world with one record in place of two."""
        given = {
            path: self._turned(path, gone, kept)
            for path, record in self.records.items()
            if path == kept or any(target == gone for _, target in references(record))
        }
        given.pop(gone, None)
        given[kept] = tidy(kept, united(kept, given[kept], self._turned(gone, gone, kept), reason))
        under = {path: kept if self.under.get(path) == gone else self.under.get(path) for path in given}
        return self._written(given, under, {gone: kept}, reason)

    def _turned(self, path: str, gone: str, kept: str) -> Given:
        record: Given = turned(self.records[path], gone, kept)
        if "about" in record:
            record["about"] = list(_about_once(self.records[path]["about"], record["about"], kept))
        return tidy(path, record)

    def revert(self, path: str, number: int, reason: str) -> "World":
        """The world with a record, and the claims about it alone, as they were after an entry of the ledger."""
        entry = self.ledger[number - 1] if 0 < number <= len(self.ledger) else None
        if entry is None or entry.path != path or entry.payload is None or entry.action not in {"add", "change"}:
            raise Refused(422, why=self.ledger)
        last = {one.path: one for one in self.ledger if one.write <= entry.write and one.action != "erase"}
        then = {
            claim: one.payload
            for claim, one in last.items()
            if resource(claim) == "claims" and one.payload and one.action in {"add", "change"}
            and [about["record"] for about in one.payload["about"]] == [path]
        }  # fmt: skip
        lost = {claim for claim, one in last.items() if one.payload is None and one.action in {"add", "change"}}
        later = [p for p, c in self.about(path).items() if len(c["about"]) == 1 and p not in {*then, *lost}]
        given = {path: entry.payload, **then}
        under = {one: self._stands(one, record) for one, record in given.items()}
        return self._written(given, under, dict.fromkeys(later), reason)

    def _stands(self, path: str, record: Given) -> str | None:
        """Under which record what comes back stands: a claim about one alone under that, if it is not by itself now."""
        if resource(path) != "claims" or (path in self.records and self.under[path] is None):
            return None
        abouts = [one["record"] for one in record["about"]]
        return abouts[0] if len(abouts) == 1 and resource(abouts[0]) != "claims" else None

    def _written(
        self,
        given: Mapping[str, Given],
        under: Mapping[str, str | None],
        removed: Mapping[str, str | None],
        reason: str | None,
        body: Iterable[str] = (),
    ) -> "World":
        new = World(dict(self.records), dict(self.under), {**self.gone, **removed}, list(self.ledger), self.writes + 1)
        changed = [path for path, record in given.items() if self.records.get(path) != record]
        for path in changed:
            action = "change" if path in self.records else "add"
            new.ledger.append(Entry(new.writes, path, action, reason, deepcopy(given[path])))
        new.records |= deepcopy(dict(given))
        new.under |= under
        for path, into in removed.items():
            del new.records[path], new.under[path]
            payload = {"into": into} if into else None
            new.ledger.append(Entry(new.writes, path, "merge" if into else "remove", reason, payload))
        faults = set(new.faults())
        if faults:
            statuses = ({422} if faults & set(body) else set()) | ({409} if faults - set(body) else set())
            raise Refused(*statuses, why=sorted(faults))
        hidden = {path: self._newly_hidden(path, given[path]) for path in changed}
        hidden |= {into: set(new.records[into].get("withheld", ())) for into in removed.values() if into}
        new._erase_withheld(hidden)
        return new

    def _newly_hidden(self, path: str, record: Given) -> set[str]:
        """What a record withholds that was not withheld before."""
        before = [entry for entry in self.ledger if entry.path == path and entry.action != "erase"]
        known = (before[-1].payload or {}).get("withheld", ()) if before else ()
        return set(record.get("withheld", ())) - set(known) if before else set()

    def _erase_withheld(self, hidden: Mapping[str, set[str]]) -> None:
        """Blank what was replaced since and holds what is withheld, and say so."""
        said = set()
        last = self._last()
        for number, entry in enumerate(self.ledger):
            if entry.action not in {"add", "change"} or entry.payload is None or number >= last[entry.path]:
                continue
            for record, names in hidden.items():
                if any(self._told(entry, record, name) for name in names):
                    self.ledger[number] = entry._replace(payload=None)
                    said.add((entry.path, f"{record} withholds {', '.join(sorted(names))}"))
        self.ledger += [Entry(self.writes, path, "erase", reason, None) for path, reason in sorted(said)]
        self.erased = bool(said)

    def _told(self, entry: Entry, record: str, name: str) -> bool:
        """Whether an entry holds a value of a record, or of what was merged into it."""
        if self._led(entry.path) == record:
            return value_at(entry.payload, name) is not None
        sets = [
            set(a.get("sets", {})) for a in (entry.payload or {}).get("about", ()) if self._led(a["record"]) == record
        ]
        return any(name in one for one in sets)

    def _led(self, path: str) -> str:
        """Where a path leads."""
        while path not in self.records and self.gone.get(path):
            path = self.gone[path] or path
        return path

    def _last(self) -> dict[str, int]:
        return {entry.path: number for number, entry in enumerate(self.ledger) if entry.action != "erase"}

    def erase(self, path: str, reason: str) -> "World":
        """The world with nothing of a record's past, nor of that of the claims about it."""
        if not any(entry.path == path for entry in self.ledger):
            raise Refused(404)
        new = World(self.records, self.under, self.gone, list(self.ledger), self.writes + 1)
        new._erase_past(path, reason)
        return new

    def _erase_past(self, path: str, reason: str) -> None:
        """Blank what was replaced since, and say so."""
        said = {e.path for e in self.ledger if e.payload and path in [a["record"] for a in e.payload.get("about", ())]}
        last = self._last()
        told = {path}
        for number, entry in enumerate(self.ledger):
            if entry.path in {path, *said, *self.about(path)} and entry.payload and number < last[entry.path]:
                self.ledger[number] = entry._replace(payload=None)
                told.add(entry.path)
        self.ledger += [Entry(self.writes, one, "erase", reason, None) for one in sorted(told)]
        self.erased = True

    # what must hold

    def faults(self) -> Iterator[str]:
        """The paths of the records that break a rule."""
        for path, record in self.records.items():
            if any(target not in self.records for _, target in references(record)):
                yield path
            if resource(path) == "claims":
                documents = [record["source"], *(step["source"] for step in record.get("chain", ()))]
                if len(set(documents)) < len(documents) or ("chain" in record and "seen" not in record):
                    yield path
            else:
                yield from self._misjudged(path, record)
        for name in ("cites", "part_of", "links.within", "record"):
            yield from self._loop(name)

    def _misjudged(self, path: str, record: Given) -> Iterator[str]:
        claims = self.about(path)
        said = [(claim, about.get("sets", {})) for claim in claims.values() for about in claim["about"]
                if about["record"] == path]  # fmt: skip
        occurred = [claim for claim, sets in said if "occurred" in sets]
        if resource(path) in EVENTS and all(claim["commitment"] == "conditional" for claim in occurred):
            yield path
        only_denied = resource(path) in EVENTS and all(claim["stance"] != "asserts" for claim in occurred)
        for name in VALUES[resource(path)]:
            own, free = items(value_at(record, name)), name in record.get("editorial", {})
            set_by = [(claim["stance"], value) for claim, sets in said for value in items(sets.get(name))]
            asserted = [value for stance, value in set_by if stance == "asserts"]
            supported = [value for _, value in set_by] if only_denied else asserted
            if not free and any(value not in supported for value in own):
                yield path
            hidden = name in record.get("withheld", {})
            if not free and not hidden and any(value not in own for value in asserted):
                yield path
            if hidden and own:
                yield path
        for claim, content in claims.items():
            for about in content["about"]:
                if about["record"] == path and about.get("sets", {}).keys() & record.get("withheld", {}).keys():
                    yield claim

    def _loop(self, name: str) -> set[str]:
        """The records that lead to themselves, or lie between such."""
        edges = {(path, target) for path, record in self.records.items() for found, target in references(record)
                 if found == name and (name != "record" or resource(target) == "claims")}  # fmt: skip
        while True:
            starts, ends = {start for start, _ in edges}, {end for _, end in edges}
            left = {(start, end) for start, end in edges if start in ends and end in starts}
            if left == edges:
                return {start for start, _ in edges}
            edges = left


def tidy(path: str, record: Given) -> Given:
    """A record with each link once, with all claims behind it, and none to itself."""
    links: dict[tuple[str, str], Given] = {}
    for link in record.get("links", ()):
        if link["to"] != path:
            known = links.setdefault((link["to"], link["relation"]), {})
            claims = distinct([*known.get("claims", []), *link.get("claims", [])])
            known |= {**link, **known} | ({"claims": claims} if claims else {})
    rest = {name: value for name, value in record.items() if name != "links"}
    return rest | ({"links": list(links.values())} if links else {})


def _about_once(before: list[Given], after: list[Given], kept: str) -> Iterator[Given]:
    """Each record once; where a claim set values on both, those on the one that is kept."""
    for target in distinct(one["record"] for one in after):
        those = [
            (was["record"] != kept, now) for was, now in zip(before, after, strict=False) if now["record"] == target
        ]
        sets: Given = {}
        for _, one in sorted(those, key=lambda pair: pair[0]):
            sets = _both(sets, one.get("sets", {}))
        yield {"record": target} | ({"sets": sets} if sets else {})


def united(path: str, stays: Given, goes: Given, reason: str) -> Given:
    """One record of two: lists of both, else what stays, with a reason where the two differ."""
    differing = {}
    for name in VALUES[resource(path)]:
        own, other = value_at(stays, name), value_at(goes, name)
        if None not in (own, other) and own != other and not isinstance(own, list):
            differing[name] = reason
    found = _both(stays, {name: value for name, value in goes.items() if name != "id"})
    editorial = {**goes.get("editorial", {}), **differing, **stays.get("editorial", {})}
    return found | ({"editorial": editorial} if editorial else {})


def _both(own: Any, other: Any) -> Any:
    if isinstance(own, dict) and isinstance(other, dict) and "edtf" not in own:
        return {name: _both(own.get(name), other.get(name)) for name in {**own, **other}}
    if isinstance(own, list) and isinstance(other, list):
        return distinct([*own, *other])
    return other if own is None else own
