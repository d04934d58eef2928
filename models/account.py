"""What a record's claims add up to: its standing, its values with theirs, its conflicts, and all of that over time."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from models.claims import BY_ITS_DOCUMENT
from models.declaration import Resource, all_at, at
from models.documents import canonical, compact
from models.standing import (
    NEVER_CONFIRMED,
    POLICIES,
    Citations,
    Corroboration,
    InForce,
    Span,
    Testimony,
    Verdict,
    corroboration,
    in_force,
    testimony_of,
    verdict,
)
from models.tables import FIRST_DAY, LAST_DAY, NOW

Given = Mapping[str, Any]
Known = frozenset[str] | None
"""The ids of the claims that are known at some moment, and the signatures of those of which it is known later who
speaks; None: all that is known now, dated or not."""

Days = tuple[str | None, str | None]
"""The days from which something is surely, and possibly, known; None: never by a dated claim."""

NEVER_KNOWN: Days = (None, None)
WITH_THE_RECORD: Days = (FIRST_DAY, FIRST_DAY)
"""The days of what is shown whenever the record is."""

BOUNDS = {"surely": 1, "possibly": 0}
"""Bound -> which end of a claim's `known` it goes by (0 earliest, 1 latest)."""

OCCURRED = "occurred"

OF_ORIGIN = frozenset({"origin.person", "origin.institution", "root"})
"""What terms tell of who speaks."""


def key_of(value: Any) -> str:
    """What makes two values the same: all of them but how they were printed and on what basis they were coded."""
    return canonical(_meaning(value))


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
    unsigned: dict[Testimony, Testimony] = field(default_factory=dict)
    """Of those whose speaker becomes known later than what they say: as they are heard before."""
    _heard: dict[Known, tuple[Testimony, ...]] = field(default_factory=dict)
    _said: dict[tuple[Testimony, ...], dict[str, InForce]] = field(default_factory=dict)

    @cached_property
    def keys(self) -> list[str]:
        """The keys of the record's own values."""
        return [key_of(value) for value in self.chosen]

    def heard(self, known: Known) -> tuple[Testimony, ...]:
        """What is said of it by the claims that are known, by whom as far as that is."""
        if known not in self._heard:
            heard = [t for t in self.testimonies if known is None or t.claim in known]
            self._heard[known] = tuple(
                t if known is None or signature(t.claim) in known else self.unsigned.get(t, t) for t in heard
            )
        return self._heard[known]

    def by_value(self, heard: tuple[Testimony, ...]) -> dict[str, InForce]:
        """What counts of each value. In a list each element is judged alone, else later values displace earlier."""
        if heard not in self._said:
            self._said[heard] = self._in_force(heard)
        return self._said[heard]

    def _in_force(self, heard: Sequence[Testimony]) -> dict[str, InForce]:
        if self.is_list:
            return {key: in_force(said) for key, said in _by_value(heard, self.values).items()}
        live, withdrawn = in_force(heard)
        still, gone = _by_value(live, self.values), _by_value(withdrawn, self.values)
        return {key: InForce(tuple(still[key]), tuple(gone[key])) for key in self.values}

    def conflict(self, known: Known) -> list[str]:
        """The keys of all values asserted, the record's first, where one of them is not the record's; else none."""
        heard = self.heard(known)
        if all(t.value in self.keys for t in heard):
            return []
        said = self.by_value(heard).items()
        asserted = [key for key, told in said if any(t.stance == "asserts" for t in told.live)]
        if all(key in self.keys for key in asserted):
            return []
        told = {t.value for t in heard} if known is not None else set(self.keys)
        return list(dict.fromkeys([*(key for key in self.values if key in self.keys and key in told), *asserted]))


def _by_value(testimonies: Iterable[Testimony], keys: Iterable[str]) -> dict[str, list[Testimony]]:
    found: dict[str, list[Testimony]] = {key: [] for key in keys}
    for testimony in testimonies:
        found[testimony.value].append(testimony)
    return found


class Edition(NamedTuple):
    """What a record's document is at some time: what it has beside its fields, and the places of what is not shown."""

    standing: bytes
    hidden: tuple[str, ...]


class Account:
    """One record and all claims about it (resolved, in order), ready to be judged at any time."""

    def __init__(
        self,
        resource: Resource,
        record: Given,
        claims: Sequence[Given],
        citations: Citations,
        claim_days: Callable[[str], Days] = lambda _: NEVER_KNOWN,
    ) -> None:
        """`claim_days` tells from when a claim is known that need not be about the record: one that a link names."""
        self.resource, self.record, self.claims, self.citations = resource, record, claims, citations
        self.claim_days = claim_days
        self.editions: dict[Edition, int] = {}
        """What `periods` found the document to be at some time -> its number."""
        self._places: list[tuple[str, list[Testimony]]] | None = None
        self._verdicts: dict[Hashable, dict[str, Verdict]] = {}
        self._conflicts: dict[Known, dict[str, list[str]]] = {}
        self._judgements: dict[tuple[str, tuple[Testimony, ...], str], dict[str, Any]] = {}
        self.path = resource.path(record["id"])
        names = (*([OCCURRED] if resource.may_occur else []), *resource.values)
        self.fields = {name: self._field(name) for name in names}
        self._signed = {claim["id"]: _origin_days(claim) for claim in claims if _is_signed_later(claim)}
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
                    testimony = testimony_of(claim, key)
                    heard.testimonies.append(testimony)
                    if claim["id"] in self._signed:
                        unsigned = {**claim, "origin": {**claim["origin"], "identity": "unstated"}}
                        heard.unsigned[testimony] = testimony_of(unsigned, key)

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
            if any(not self.supporting(name, key) for key in one.keys if name != OCCURRED):
                yield name

    def conflicting(self, known: Known) -> dict[str, list[str]]:
        """Field -> the keys of all values asserted for it, where one of them is not the record's."""
        if known not in self._conflicts:
            self._conflicts[known] = {name: keys for name, one in self.fields.items() if (keys := one.conflict(known))}
        return self._conflicts[known]

    def shown(self) -> dict[str, Any]:
        """What is added to the record's document: standing, corroboration, conflicts, values."""
        return self._standing(None) | self._values(None)

    def _standing(self, known: Known) -> dict[str, Any]:
        if not self.resource.has_standing:
            return {}
        said = self._occurrence_in_force(known)
        judged = self._judge(said)
        return {
            "standing": {p: {"status": v.status, "because": list(v.because)} for p, v in judged.items()},
            "corroboration": corroboration(said, self.citations)._asdict(),
        }

    def _values(self, known: Known) -> dict[str, Any]:
        if not self.resource.values:
            return {}
        chosen = {
            name: [key for key in one.keys if self._is_shown(name, key, known)]
            for name, one in self.fields.items()
            if name != OCCURRED
        }
        return {
            "conflicts": {name: self._judged(name, keys, known) for name, keys in self.conflicting(known).items()},
            "values": {name: self._judged(name, keys, known) for name, keys in chosen.items() if keys},
        }

    def _is_shown(self, name: str, key: str, known: Known) -> bool:
        """Whether a chosen value is shown by what is known: at any given time, those that a known claim supports."""
        return known is None or any(t.claim in known for t in self.supporting(name, key))

    def _occurrence_in_force(self, known: Known) -> InForce:
        return in_force(self._occurrence().heard(known))

    def _judged(self, name: str, keys: Sequence[str], known: Known) -> list[dict[str, Any]]:
        heard = self.fields[name].heard(known)
        return [self._judgement(name, heard, key) for key in keys]

    def _judgement(self, name: str, heard: tuple[Testimony, ...], key: str) -> dict[str, Any]:
        """A value with its status and claims; kept, since most of what is said stays the same from day to day."""
        if (name, heard, key) not in self._judgements:
            said = self.fields[name].by_value(heard)[key]
            stated = name in NEVER_CONFIRMED
            self._judgements[name, heard, key] = {
                "value": self.fields[name].values[key],
                "status": {policy: judged.status for policy, judged in self._judge(said, stated=stated).items()},
                "claims": list(dict.fromkeys(t.claim for t in heard if t.value == key)),
            }
        return self._judgements[name, heard, key]

    def periods(self) -> Iterator[dict[str, Any]]:
        """The record's rows in `period`: one from all its claims; on each bound one for each change of what is known.

        Those of a bound cover all days without a gap, from the first of all on.
        """
        yield {
            **self._snapshot(None), "bound": NOW, "known_from": FIRST_DAY, "known_until": LAST_DAY,
            "hidden": "[]", "edition": None, "claims": "[]",
        }  # fmt: skip
        made: dict[frozenset[str], dict[str, Any]] = {}
        for bound, end in BOUNDS.items():
            yield from self._changes(bound, end, made)

    def _changes(self, bound: str, end: int, made: dict[frozenset[str], dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """One row per change on one bound; `made` keeps what was made of each set of known claims."""
        days = {t.claim: day for one in self.fields.values() for t in one.testimonies if (day := _from(t.known, end))}
        days |= {signature(claim): day for claim, signed in self._signed.items() if (day := signed[1 - end])}
        rows: list[dict[str, Any]] = []
        for day in sorted({FIRST_DAY, *days.values()}):
            known_by_then = frozenset(claim for claim, first in days.items() if first <= day)
            if known_by_then not in made:
                made[known_by_then] = self._edition(known_by_then)
            if rows and made[known_by_then].items() <= rows[-1].items():
                continue
            if rows:
                rows[-1]["known_until"] = day
            new = [claim for claim, first in days.items() if first == day and claim in self._occurring()]
            rows.append({**made[known_by_then], "bound": bound, "known_from": day, "known_until": LAST_DAY,
                         "claims": compact(new).decode()})  # fmt: skip
        yield from rows

    def _occurring(self) -> set[str]:
        """The claims that bear on whether it occurred."""
        return {t.claim for t in self._occurrence().testimonies}

    def _edition(self, known: frozenset[str]) -> dict[str, Any]:
        """The record by what is known at some time: its standing, and which of its values are not shown."""
        later = list(self._later(known))
        hidden = (*later, *self._editorial())
        edition = Edition(compact(self._standing(known) | self._values(known) | {"later": later}), hidden)
        return {
            **self._snapshot(known),
            "hidden": compact(hidden).decode(),
            "edition": self.editions.setdefault(edition, len(self.editions)),
        }

    def _snapshot(self, known: Known) -> dict[str, Any]:
        status, counted = self._status(known)
        return {
            "path": self.path,
            "status_any": status["any"],
            "status_official": status["official"],
            "status_two_roots": status["two-roots"],
            "roots": counted.roots,
            "independent_roots": counted.independent_roots,
            "anonymous_only": counted.anonymous_only,
            "conflicts": compact(sorted(self.conflicting(known))).decode(),
        }

    def _status(self, known: Known) -> tuple[dict[str, str | None], Corroboration]:
        said = self._occurrence_in_force(known)
        counted = corroboration(said, self.citations) if said.live else Corroboration(0, 0, 0, 0, False)
        return {policy: judged.status for policy, judged in self._judge(said).items()}, counted

    def _judge(self, said: InForce, *, stated: bool = False) -> dict[str, Verdict]:
        """Policy -> verdict; kept by claims, since what the same claims say of most values weighs the same."""
        live, withdrawn = (tuple((t.claim, t.root) for t in those) for those in said)
        key = (live, withdrawn, stated)
        if key not in self._verdicts:
            self._verdicts[key] = {p: verdict(said, p, self.citations, stated_only=stated) for p in POLICIES}
        return self._verdicts[key]

    def _later(self, known: frozenset[str]) -> Iterator[str]:
        """The chosen values that rest on claims none of which is known by then."""
        for place, support in self._supported():
            if support and not any(t.claim in known for t in support):
                yield place

    def _editorial(self) -> Iterator[str]:
        """The chosen values that no claim sets: they have no day from which they are known."""
        for place, support in self._supported():
            if not support:
                yield place

    def _supported(self) -> Sequence[tuple[str, list[Testimony]]]:
        """Each value that is shown: its place (`left`, or `people[1]` in a list), and what it rests on."""
        if self._places is None:
            self._places = [
                (f"{name}[{position}]" if one.is_list else name, self.supporting(name, key))
                for name, one in self.fields.items()
                for position, key in enumerate(one.keys if name != OCCURRED else ())
            ]
        return self._places

    def terms(self) -> Iterator[tuple[str, str, Days]]:
        """What the record can be found by: term field, value, and from when that is known."""
        for term, dotted_names in self.resource.terms.items():
            for dotted in dotted_names:
                for scalar, days in self._scalars(dotted):
                    yield term, str(scalar), _origin_days(self.record) if dotted in OF_ORIGIN else days
        if self.record.get(BY_ITS_DOCUMENT):
            yield BY_ITS_DOCUMENT, "", _origin_days(self.record)
        for link in self.record.get("links", ()):
            yield "linked", link["relation"], self._link_days(link)
        for name in self.conflicting(None):
            yield "conflict", name, NEVER_KNOWN
        for claim in self.claims:
            for document in (claim["source"], *(s["source"] for s in claim.get("chain", ()) if "source" in s)):
                yield "source", document, _known_days(claim)
        yield from self._spoken()

    def _spoken(self) -> Iterator[tuple[str, str, Days]]:
        """How the claims about an event stand to it, and who first asserts it; how a claim answers which others."""
        for answer in self.record.get("answers", ()):
            yield "answered", f"{answer['relation']}:claims/{answer['claim']}", WITH_THE_RECORD
        asserted = {t.claim for t in self._occurrence().testimonies if t.stance == "asserts"}
        for claim in self.claims if self.resource.has_standing else ():
            yield "stance", claim["stance"], _known_days(claim)
            if claim["id"] in asserted:
                yield "asserting", claim["root"], _later_of(_known_days(claim), _origin_days(claim))

    def _link_days(self, link: Given) -> Days:
        """A link is known with the first of its claims; one that we alone make, never."""
        return _earliest_of(self.claim_days(claim) for claim in link.get("claims", ()))

    def words(self) -> Iterator[tuple[str, str, Days]]:
        """The text that search reads: dotted field, text, and from when it is known."""
        for dotted in self.resource.searched:
            for text, days in self._scalars(dotted):
                yield dotted, str(text), days

    def names(self) -> Iterator[tuple[Given, Days]]:
        """Each spelling of a person's or institution's name, and from when it is known."""
        for value in items_of(self.record.get("names")):
            yield value, _first(self.supporting("names", key_of(value)) if "names" in self.fields else ())

    def days_at(self, pointer: str) -> Days:
        """From when what stands at a JSON pointer of the record is known."""
        tokens = pointer.removeprefix("/").split("/")
        for name, one in self.fields.items():
            parts = name.split(".")
            if tokens[: len(parts)] == parts:
                place = int(tokens[len(parts)]) if one.is_list else 0
                return _first(self.supporting(name, one.keys[place]))
        return WITH_THE_RECORD

    def _scalars(self, dotted: str) -> Iterator[tuple[Any, Days]]:
        base = next((name for name in self.fields if dotted == name or dotted.startswith(f"{name}.")), None)
        if base is None:
            days = NEVER_KNOWN if dotted == "description" else WITH_THE_RECORD
            yield from ((scalar, days) for scalar in all_at(self.record, dotted))
            return
        rest = dotted.removeprefix(base).lstrip(".")
        one = self.fields[base]
        for value, key in zip(one.chosen, one.keys, strict=True):
            days = _first(self.supporting(base, key))
            yield from ((scalar, days) for scalar in (all_at(value, rest) if rest else [value]))


def _first(testimonies: Iterable[Testimony]) -> Days:
    return _earliest_of((t.known.latest, _from(t.known, 0)) for t in testimonies)


def _earliest_of(found: Iterable[Days]) -> Days:
    surely, possibly = NEVER_KNOWN
    for one in found:
        surely = min((day for day in (surely, one[0]) if day), default=None)
        possibly = min((day for day in (possibly, one[1]) if day), default=None)
    return surely, possibly


def _origin_days(claim: Given) -> Days:
    """From when it is known who speaks in a claim: where that was filled in, from when its document is known."""
    published = claim.get(BY_ITS_DOCUMENT)
    return _known_days({"known": published}) if published else WITH_THE_RECORD


def signature(claim: str) -> str:
    """What stands for it being known who speaks in a claim, beside the ids of known claims."""
    return f"{claim}#origin"


def _is_signed_later(claim: Given) -> bool:
    """Whether the claim can be known before it is known who speaks: then it is heard as of nobody who is named."""
    ends = zip(_known_days(claim), _origin_days(claim), strict=True)
    return any(said and (signed is None or signed > said) for said, signed in ends)


def _later_of(one: Days, other: Days) -> Days:
    """From when both are known."""
    surely = max(one[0], other[0]) if one[0] and other[0] else None
    return surely, max(one[1], other[1]) if one[1] and other[1] else None


def _known_days(claim: Given) -> Days:
    known = claim.get("known") or {}
    span = Span(known.get("earliest"), known.get("latest"))
    return span.latest, _from(span, 0)


def _from(known: Span, end: int) -> str | None:
    """The first day on which it is known, on one bound; the open start of a dated claim is the first of all days."""
    return known[end] or (FIRST_DAY if end == 0 and known.latest else None)
