"""How many people a set of records is about: what may be added up, and what may not (codebook, sections 4 and 5).

A record is read as a set of people of which two bounds are known: `least`, and `most` (None where it is open). A number
that is too certain is worse than none, so a bound is given only where it follows from the rules below. Standing, scope
and stage play no part: the caller chooses the records. Nothing here reads a database.

**One record** (`sized`). Its bounds are those that all of these leave open:

- the count's own `least` and `most`, and what its qualifier entails of its value: exact v is v to v, at-least v is v or
  more, over v is more than v, at-most v is v or less, several is 3 or more (the vocabulary: more than two), about v is
  nothing at all. People are whole: a broken least goes up, a broken most down;
- its kind: an individual is exactly 1, a family or a group 2 or more, all else 1 or more, since nobody records none;
- the people it names: as many or more, for a coder lists nobody twice. That it names all is not said, so no most.

Where these contradict one another the widest of them holds (the smallest least, the largest most, open if one is open)
and the record is `contradictory`.

**What overlaps.** Two records are in one group where a path of these joins them, in either direction: `within`,
`may-overlap`, `may-be`, `same-as`, `part-of-event`, or a person whom both name. The path may lead through records and
people outside the set: two groups within a cohort may share members, whether or not the cohort was asked for. So give
all relations there are, those between people too. `response-to`, `follows` and `distinct-from` say nothing of shared
people (of two cohorts that are easily confused, the one may hold most of the other); `excluded-from` says that none
are shared, and separates no group that is joined otherwise.

**One group.**

1. Records that are `same-as` each other, directly or through others, are one party: its least is the largest of theirs
   and its most the smallest. If these contradict each other: the smallest least and the largest most, open if one is
   open. A record of exactly one, who is named, is the same as that person and so as every other such record; in any
   other record a person named is `within` it.
2. A party that is `within` another of the set, directly or through others, inside the set or outside, is inside it.
   The rest are the tops. A `within` that leads into a loop proves nothing: those parties are tops.
3. Least is the largest least of any party; never a sum, even where some are known to be apart.
4. Most is the sum of the mosts of the tops, None where one of them is open, however well those inside it are counted.
5. If a party holds more than its most (the least of one inside it is above it), or is inside or the same as what it is
   known to differ from, a count or a relation is wrong and nothing tells which: least is the smallest of any party,
   most is None. Here as in 1, `contradictory` names the records. An impossible interval is never given.

**The total of several groups** (`total`) is the sum of their leasts, and of their mosts unless one is open, if no two
groups can share people. Individuals, families, groups and events that nothing relates are different people: had they
been doubtful, a coder would have linked them. Of what counts people by a trait, a period or a habit (a cohort; a
series, a practice, a total; a kind unknown) that is not so: such a top must be `excluded-from` every top of every other
group, by a relation between these two in either direction. Else the total is None with a reason, and the groups stand
for themselves. So it is where the groups are of more than one resource, for who was purged may also have fled. One
group is its own total, and no groups are nobody.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from models.declaration import at
from models.overlaps import Overlaps, Relation

PARTIES = frozenset({"individual", "family", "group", "event"})
"""Kinds whose records are about different people unless they are linked."""

FIELDS = {
    "defectors": ("party.kind", "party.count", "people"),
    "purges": ("form", "targets.count", "targets.people"),
}
"""Resource -> where its records hold their kind, their count and the people they name."""

Item = TypeVar("Item")


class Bounds(NamedTuple):
    """How many there are: from `least` to `most`, None where that end is open."""

    least: int
    most: int | None


UNKNOWN = Bounds(0, None)
SEVERAL = 3
KINDS = {"individual": Bounds(1, 1), "family": Bounds(2, None), "group": Bounds(2, None)}


@dataclass(frozen=True, slots=True)
class Sized:
    """A record by its size: kind of party or form of measure, bounds, and the paths of the people it names."""

    path: str
    kind: str | None
    least: int
    most: int | None
    people: tuple[str, ...] = ()
    contradictory: bool = False


class Loose(NamedTuple):
    """A top that may share people with what nothing relates it to, and the tops that are known to be apart from it."""

    path: str
    apart_from: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Party:
    """Records of the set that are one and the same, at a node of the overlaps, and the bounds that they share."""

    node: str
    paths: tuple[str, ...]
    bounds: Bounds
    loose: bool
    contradictory: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Records that overlap or may, sorted by path, and how many people they are about together."""

    members: tuple[str, ...]
    tops: tuple[str, ...]
    """The first member of each party that is inside no other."""
    least: int
    most: int | None
    contradictory: tuple[str, ...] = ()
    """The members of which counts or relations contradict one another; bounds are then the wider."""
    loose: tuple[Loose, ...] = ()


class Total(NamedTuple):
    """How many people several groups are about; where that is None, why."""

    least: int | None
    most: int | None
    reason: str | None = None


def sized(path: str, record: Mapping[str, Any]) -> Sized:
    """The size of a defector or purge, by its path and the record as it was given or served."""
    kind, count, people = (at(dict(record), name) for name in FIELDS[path.partition("/")[0]])
    named = tuple(sorted({f"people/{slug}" for slug in people or ()}))
    known = [KINDS.get(kind, Bounds(1, None)), Bounds(len(named), None), *_counted(count or {})]
    bounds, contradictory = _met(known)
    return Sized(path, kind, bounds.least, bounds.most, named, contradictory)


def groups(records: Iterable[Sized], relations: Iterable[Relation]) -> list[Group]:
    """The groups of records that overlap or may, in order of their first members; a path given twice counts once."""
    given = {record.path: record for record in records}
    overlaps = Overlaps(given, [*relations, *_named(given.values())])
    same = _by(lambda record: overlaps.node(record.path), given.values())
    parties = {node: _party(node, records) for node, records in same.items()}
    joined = _by(lambda party: overlaps.group(party.node), parties.values())
    wrong = overlaps.wrong | _overfull(parties.values(), overlaps)
    in_doubt = {overlaps.group(node) for node in wrong}
    found = (
        _group(members, parties, overlaps, wrong if root in in_doubt else None) for root, members in joined.items()
    )
    return sorted(found, key=lambda group: group.members)


def total(found: Sequence[Group]) -> Total:
    """How many people the groups are about together, where they may be added."""
    resources = sorted({path.partition("/")[0] for group in found for path in group.tops})
    if len(found) > 1 and len(resources) > 1:
        return Total(None, None, f"{' and '.join(resources)} may be about the same people; give a total of each")
    unrelated = sorted(_unrelated(found))
    if unrelated:
        others = f" and {len(unrelated) - 1} more" if len(unrelated) > 1 else ""
        reason = "may hold people of other groups, and what may overlap is not added"
        return Total(None, None, f"{unrelated[0]}{others} {reason}")
    return Total(sum(group.least for group in found), _sum(group.most for group in found))


def _unrelated(found: Sequence[Group]) -> Iterator[str]:
    """The loose tops that are not known to be apart from every top of every other group."""
    tops = {path for group in found for path in group.tops}
    for group in found:
        own = set(group.tops)
        for top in group.loose:
            if len((top.apart_from & tops) - own) < len(tops) - len(own):
                yield top.path


def _counted(count: Mapping[str, Any]) -> Iterator[Bounds]:
    """What a count says outright, and what its qualifier entails."""
    yield _whole(count.get("least"), count.get("most"))
    value = count.get("value")
    match count.get("qualifier"):
        case "exact":
            yield _whole(value, value)
        case "at-least":
            yield _whole(value, None)
        case "at-most":
            yield _whole(None, value)
        case "over" if value is not None:
            yield Bounds(math.floor(value) + 1, None)
        case "several":
            yield Bounds(SEVERAL, None)


def _whole(least: float | None, most: float | None) -> Bounds:
    return Bounds(math.ceil(least or 0), None if most is None else math.floor(most))


def _met(all_of_it: Iterable[Bounds]) -> tuple[Bounds, bool]:
    """The bounds that hold where all of these do; the widest of them, and True, where they cannot."""
    known = [bounds for bounds in all_of_it if bounds != UNKNOWN] or [UNKNOWN]
    leasts = [bounds.least for bounds in known]
    mosts = [bounds.most for bounds in known if bounds.most is not None]
    if not mosts or max(leasts) <= min(mosts):
        return Bounds(max(leasts), min(mosts, default=None)), False
    return Bounds(min(leasts + mosts), max(leasts + mosts) if len(mosts) == len(known) else None), True


def _sum(mosts: Iterable[int | None]) -> int | None:
    """Their sum; None where one is open."""
    known = list(mosts)
    closed = [most for most in known if most is not None]
    return sum(closed) if len(closed) == len(known) else None


def _named(records: Iterable[Sized]) -> Iterator[Relation]:
    """What naming a person entails: who is one and named is that person; else the person is one of them."""
    for record in records:
        alone = record.most == len(record.people) == 1
        for person in record.people:
            yield Relation(person, "same-as" if alone else "within", record.path)


def _by(key: Callable[[Item], str], items: Iterable[Item]) -> dict[str, list[Item]]:
    """The items by their key, each list in their order."""
    found: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        found[key(item)].append(item)
    return found


def _party(node: str, records: Iterable[Sized]) -> _Party:
    members = sorted(records, key=lambda record: record.path)
    bounds, differ = _met(Bounds(record.least, record.most) for record in members)
    return _Party(
        node=node,
        paths=tuple(record.path for record in members),
        bounds=bounds,
        loose=not any(record.kind in PARTIES for record in members),
        contradictory=differ or any(record.contradictory for record in members),
    )


def _overfull(parties: Iterable[_Party], overlaps: Overlaps) -> set[str]:
    """The nodes of parties whose most is below the least of one within them."""
    held = overlaps.held({party.node: party.bounds.least for party in parties})
    return {p.node for p in parties if p.bounds.most is not None and held[p.node] > p.bounds.most}


def _group(
    members: Sequence[_Party], parties: Mapping[str, _Party], overlaps: Overlaps, wrong: set[str] | None
) -> Group:
    """The group of these parties; where something is `wrong` in it, at these nodes, its bounds are the wider."""
    tops = sorted((p for p in members if p.node not in overlaps.inside), key=lambda party: party.paths)
    leasts = [party.bounds.least for party in members]
    blamed = _paths(party for party in members if party.contradictory or party.node in (wrong or ()))
    return Group(
        members=_paths(members),
        tops=tuple(top.paths[0] for top in tops),
        least=max(leasts) if wrong is None else min(leasts),
        most=_sum(top.bounds.most for top in tops) if wrong is None else None,
        contradictory=blamed or (() if wrong is None else _paths(members)),
        loose=tuple(Loose(top.paths[0], _apart_from(top, parties, overlaps)) for top in tops if top.loose),
    )


def _paths(members: Iterable[_Party]) -> tuple[str, ...]:
    return tuple(sorted(path for party in members for path in party.paths))


def _apart_from(top: _Party, parties: Mapping[str, _Party], overlaps: Overlaps) -> frozenset[str]:
    return frozenset(parties[node].paths[0] for node in overlaps.apart_from(top.node) if node in parties)
