"""What a record's claims add up to: its standing, its values with theirs, its conflicts, and all of that over time."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.declaration import Resource, all_at, at
from models.standing import (
    NEVER_CONFIRMED,
    POLICIES,
    Citations,
    Corroboration,
    InForce,
    Span,
    Testimony,
    corroboration,
    in_force,
    testimony_of,
    verdict,
)
from models.tables import FIRST_DAY, LAST_DAY, NOW

Given = Mapping[str, Any]
Known = Callable[[Testimony], bool]
"""Which testimonies are known at some moment."""

Days = tuple[str | None, str | None]
"""The days from which something is surely, and possibly, known; None: never by a dated claim."""

BOUNDS = {"surely": 1, "possibly": 0}
"""Bound -> which end of a claim's `known` it goes by (0 earliest, 1 latest)."""

OCCURRED = "occurred"


def key_of(value: Any) -> str:
    """What makes two values the same: all of them but how they were printed and on what basis they were coded."""
    return json.dumps(_meaning(value), sort_keys=True, ensure_ascii=False)


def _meaning(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _meaning(v) for k, v in value.items() if k not in {"printed", "basis"}}
    return [_meaning(v) for v in value] if isinstance(value, list) else value


def items_of(value: Any) -> list[Any]:
    """The elements of a list, or the one scalar; none where there is no value."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


@dataclass
class Field:
    """All that is said of one field of one record."""

    name: str
    chosen: list[Any]
    is_list: bool
    values: dict[str, Any] = field(default_factory=dict)
    """Key -> value, the record's own first, then in the order of the claims."""
    testimonies: list[Testimony] = field(default_factory=list)

    def by_value(self, known: Known) -> dict[str, InForce]:
        """What counts of each value. In a list each element is judged alone, else later values displace earlier."""
        heard = [t for t in self.testimonies if known(t)]
        if self.is_list:
            return {key: in_force(said) for key, said in _by_value(heard, self.values).items()}
        live, withdrawn = in_force(heard)
        still, gone = _by_value(live, self.values), _by_value(withdrawn, self.values)
        return {key: InForce(tuple(still[key]), tuple(gone[key])) for key in self.values}

    def conflict(self, known: Known) -> list[str]:
        """The keys of all values asserted, the record's first, where one of them is not the record's; else none."""
        chosen = [key_of(value) for value in self.chosen]
        asserted = [key for key, said in self.by_value(known).items() if any(t.stance == "asserts" for t in said.live)]
        if all(key in chosen for key in asserted):
            return []
        return list(dict.fromkeys([*(key for key in self.values if key in chosen), *asserted]))


def _by_value(testimonies: Iterable[Testimony], keys: Iterable[str]) -> dict[str, list[Testimony]]:
    found: dict[str, list[Testimony]] = {key: [] for key in keys}
    for testimony in testimonies:
        found[testimony.value].append(testimony)
    return found


class Account:
    """One record and all claims about it (resolved, in order), ready to be judged at any time."""

    def __init__(self, resource: Resource, record: Given, claims: Sequence[Given], citations: Citations) -> None:
        self.resource, self.record, self.claims, self.citations = resource, record, claims, citations
        self.path = resource.path(record["id"])
        names = (*([OCCURRED] if resource.may_occur else []), *resource.values)
        self.fields = {name: self._field(name) for name in names}
        self._hear()

    def _field(self, name: str) -> Field:
        value = True if name == OCCURRED else at(dict(self.record), name)
        chosen = items_of(value)
        return Field(name, chosen, isinstance(value, list), {key_of(v): v for v in chosen})

    def _hear(self) -> None:
        for claim in self.claims:
            for name, value in self._sets(claim):
                if name not in self.fields:
                    continue
                heard = self.fields[name]
                heard.is_list = heard.is_list or isinstance(value, list)
                for item in items_of(value):
                    key = key_of(item)
                    heard.values.setdefault(key, item)
                    heard.testimonies.append(testimony_of(claim, key))

    def _sets(self, claim: Given) -> Iterator[tuple[str, Any]]:
        for about in claim["about"]:
            if about["record"] == self.path:
                yield from about.get("sets", {}).items()

    def is_asserted(self) -> bool:
        """Whether anyone asserts that it occurred; a record that is only denied takes its values from the denial."""
        return any(t.stance == "asserts" for t in self._occurrence().testimonies)

    def _occurrence(self) -> Field:
        return self.fields.get(OCCURRED) or Field(OCCURRED, [], False)

    def supporting(self, name: str, key: str) -> list[Testimony]:
        """The testimonies on which a chosen value rests."""
        heard = [t for t in self.fields[name].testimonies if t.value == key]
        asserting = [t for t in heard if t.stance == "asserts"]
        if asserting or not self.resource.may_occur or self.is_asserted():
            return asserting
        return [t for t in heard if t.stance in {"denies", "doubts"}]

    def unsupported(self) -> Iterator[str]:
        """The fields with a value, or an element, that no claim sets and no editorial reason covers."""
        editorial = self.record.get("editorial", {})
        for name, one in self.fields.items():
            if name in editorial and name != OCCURRED:
                continue
            if any(not self.supporting(name, key_of(value)) for value in one.chosen if name != OCCURRED):
                yield name

    def conflicting(self, known: Known, judged: dict[Any, Any] | None = None) -> dict[str, list[str]]:
        """Field -> the keys of all values asserted for it, where one of them is not the record's.

        `judged` keeps what was found by field and number of testimonies heard: as days go by, they only grow.
        """
        kept = {} if judged is None else judged
        found = {}
        for name, one in self.fields.items():
            at_hand = (name, sum(map(known, one.testimonies)))
            if at_hand not in kept:
                kept[at_hand] = one.conflict(known)
            if kept[at_hand]:
                found[name] = kept[at_hand]
        return found

    def shown(self) -> dict[str, Any]:
        """What is added to the record's document: standing, corroboration, conflicts, values."""
        added: dict[str, Any] = {}
        if self.resource.has_standing:
            said = self._occurrence_in_force(_always)
            judged = {policy: verdict(said, policy, self.citations) for policy in POLICIES}
            added["standing"] = {p: {"status": v.status, "because": list(v.because)} for p, v in judged.items()}
            added["corroboration"] = corroboration(said, self.citations)._asdict()
        if self.resource.values:
            added["conflicts"] = {name: self._judged(name, keys) for name, keys in self.conflicting(_always).items()}
            chosen = {name: [key_of(v) for v in one.chosen] for name, one in self.fields.items() if name != OCCURRED}
            added["values"] = {name: self._judged(name, keys) for name, keys in chosen.items() if keys}
        return added

    def _occurrence_in_force(self, known: Known) -> InForce:
        return in_force([t for t in self._occurrence().testimonies if known(t)])

    def _judged(self, name: str, keys: Sequence[str]) -> list[dict[str, Any]]:
        one = self.fields[name]
        by_value = one.by_value(_always)
        return [
            {
                "value": one.values[key],
                "status": {
                    policy: verdict(by_value[key], policy, self.citations, stated_only=name in NEVER_CONFIRMED).status
                    for policy in POLICIES
                },
                "claims": list(dict.fromkeys(t.claim for t in one.testimonies if t.value == key)),
            }
            for key in keys
        ]

    def periods(self) -> Iterator[dict[str, Any]]:
        """The record's rows in `periods`: one from all its claims, and one for each change on each bound."""
        yield {**self._snapshot({}, _always), "bound": NOW, "known_from": FIRST_DAY, "known_until": LAST_DAY}
        for bound, end in BOUNDS.items():
            yield from self._changes(bound, end)

    def _changes(self, bound: str, end: int) -> Iterator[dict[str, Any]]:
        days = sorted({day for one in self.fields.values() for t in one.testimonies if (day := _from(t.known, end))})
        rows: list[dict[str, Any]] = []
        judged: dict[Any, Any] = {}
        for day in days:
            snapshot = self._snapshot(judged, lambda t, by=day: bool((known := _from(t.known, end)) and known <= by))  # type: ignore[misc]
            if rows and snapshot.items() <= rows[-1].items():
                continue
            if rows:
                rows[-1]["known_until"] = day
            rows.append({**snapshot, "bound": bound, "known_from": day, "known_until": LAST_DAY})
        yield from rows

    def _snapshot(self, judged: dict[Any, Any], known: Known) -> dict[str, Any]:
        at_hand = sum(map(known, self._occurrence().testimonies))
        if at_hand not in judged:
            judged[at_hand] = self._status(known)
        status, counted = judged[at_hand]
        return {
            "path": self.path,
            "status_any": status["any"],
            "status_official": status["official"],
            "status_two_roots": status["two-roots"],
            "roots": counted.roots,
            "independent_roots": counted.independent_roots,
            "anonymous_only": counted.anonymous_only,
            "conflicts": json.dumps(sorted(self.conflicting(known, judged))),
            "later": json.dumps(list(self._later(known))),
        }

    def _status(self, known: Known) -> tuple[dict[str, str | None], Corroboration]:
        said = self._occurrence_in_force(known)
        counted = corroboration(said, self.citations) if said.live else Corroboration(0, 0, 0, 0, False)
        return {policy: verdict(said, policy, self.citations).status for policy in POLICIES}, counted

    def _later(self, known: Known) -> Iterator[str]:
        for name, one in self.fields.items():
            for position, value in enumerate(one.chosen):
                support = self.supporting(name, key_of(value))
                if support and not any(known(t) for t in support):
                    yield f"{name}[{position}]" if one.is_list else name

    def first_known(self) -> Days:
        """From which days any claim about the record is surely and possibly known."""
        return _first(t for one in self.fields.values() for t in one.testimonies)

    def terms(self) -> Iterator[tuple[str, str, Days]]:
        """What the record can be found by: term field, value, and from when that is known."""
        for term, dotted_names in self.resource.terms.items():
            for dotted in dotted_names:
                for scalar, days in self._scalars(dotted):
                    yield term, str(scalar), days
        for name in self.conflicting(_always):
            yield "conflict", name, (None, None)
        for claim in self.claims:
            for document in (claim["source"], *(s["source"] for s in claim.get("chain", ()) if "source" in s)):
                yield "source", document, _known_days(claim)

    def words(self) -> Iterator[tuple[str, str, Days]]:
        """The text that search reads: dotted field, text, and from when it is known."""
        for dotted in self.resource.searched:
            for text, days in self._scalars(dotted):
                yield dotted, str(text), days

    def names(self) -> Iterator[tuple[Given, Days]]:
        """Each spelling of a person's or institution's name, and from when it is known."""
        for value in items_of(self.record.get("names")):
            yield value, _first(self.supporting("names", key_of(value)) if "names" in self.fields else ())

    def _scalars(self, dotted: str) -> Iterator[tuple[Any, Days]]:
        base = next((name for name in self.fields if dotted == name or dotted.startswith(f"{name}.")), None)
        if base is None:
            days = self.first_known()
            yield from ((scalar, days) for scalar in all_at(self.record, dotted))
            return
        rest = dotted.removeprefix(base).lstrip(".")
        for value in self.fields[base].chosen:
            days = _first(self.supporting(base, key_of(value)))
            yield from ((scalar, days) for scalar in (all_at(value, rest) if rest else [value]))


def _always(_: Testimony) -> bool:
    return True


def _first(testimonies: Any) -> Days:
    known = [t.known for t in testimonies]
    return (
        min((k.latest for k in known if k.latest), default=None),
        min((day for k in known if (day := _from(k, 0))), default=None),
    )


def _known_days(claim: Given) -> Days:
    known = claim.get("known") or {}
    span = Span(known.get("earliest"), known.get("latest"))
    return span.latest, _from(span, 0)


def _from(known: Span, end: int) -> str | None:
    """The first day on which it is known, on one bound; the open start of a dated claim is the first of all days."""
    return known[end] or (FIRST_DAY if end == 0 and known.latest else None)
