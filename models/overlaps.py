"""Which records share people or may, which are inside others, and which share nobody: what links entail.

Pure: nothing here reads a database, and nothing is counted. The rules stand in `models.sizes`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

OVERLAPPING = frozenset({"same-as", "within", "may-be", "may-overlap", "part-of-event"})
"""Relations of records that share people, or may."""

APART = frozenset({"excluded-from"})
"""Relations of records that share nobody."""

SILENT = frozenset({"distinct-from", "response-to", "follows"})
"""Relations that do not tell whether people are shared."""

DIFFERENT = APART | {"distinct-from"}
"""Relations of records that cannot be one and the same."""


class Relation(NamedTuple):
    """How one record or person, by path, stands to another: a term of the vocabulary `relation`."""

    one: str
    relation: str
    other: str


class Overlaps:
    """What relations tell of the records of a set, of records outside it, and of people, all known by path.

    A *node* stands for all that is one and the same; it is known by the first of its paths.
    """

    def __init__(self, paths: Iterable[str], relations: Iterable[Relation]) -> None:
        relations = list(relations)
        turned = [Relation(other, relation, one) for one, relation, other in relations]
        self._same = _Partition((r.one, r.other) for r in relations if r.relation == "same-as")
        self._joined = _Partition((r.one, r.other) for r in relations if r.relation in OVERLAPPING)
        self._around = self._related(r for r in relations if r.relation == "within")
        self._apart = self._related(r for r in relations + turned if r.relation in APART)
        self._ordered = _outermost_first(self._around)
        self.inside = self._inside({self.node(path) for path in paths})
        """The nodes that are within another node of the set, directly or through others."""
        self.wrong = set(self._misrelated(r for r in relations + turned if r.relation in DIFFERENT))
        """The nodes that are the same as, or inside, what they are said to differ from."""

    def node(self, path: str) -> str:
        """What stands for this path and all that is the same."""
        return self._same.of(path)

    def group(self, path: str) -> str:
        """What stands for all that overlaps with this path or may, directly or through others."""
        return self._joined.of(path)

    def apart_from(self, node: str) -> set[str]:
        """The nodes that are said to share nobody with it."""
        return self._apart.get(node, set())

    def held(self, least: Mapping[str, int]) -> dict[str, int]:
        """Node -> the largest least of it and of what is within it, from the leasts of nodes alone."""
        most_of = dict(least)
        for node in reversed(self._ordered):
            for around in self._around.get(node, ()):
                most_of[around] = max(most_of.get(around, 0), most_of.get(node, 0))
        return most_of

    def _related(self, relations: Iterable[Relation]) -> dict[str, set[str]]:
        """Node -> the other nodes to which these relations lead from it."""
        found: dict[str, set[str]] = defaultdict(set)
        for relation in relations:
            one, other = self.node(relation.one), self.node(relation.other)
            if one != other:
                found[one].add(other)
        return dict(found)

    def _inside(self, of_the_set: set[str]) -> set[str]:
        inside: set[str] = set()
        for node in self._ordered:
            around = self._around.get(node, set())
            if not around.isdisjoint(of_the_set) or not around.isdisjoint(inside):
                inside.add(node)
        return inside

    def _misrelated(self, different: Iterable[Relation]) -> Iterator[str]:
        for relation in different:
            one, other = self.node(relation.one), self.node(relation.other)
            if one == other or (relation.relation in APART and other in self._all_around(one)):
                yield one

    def _all_around(self, node: str) -> set[str]:
        """Every node that it is within, directly or through others."""
        found: set[str] = set()
        ahead = [node]
        while ahead:
            further = self._around.get(ahead.pop(), set()) - found
            found |= further
            ahead += further
        return found


class Relations:
    """All relations there are, of which few bear on any one set of records."""

    def __init__(self, relations: Iterable[Relation]) -> None:
        relations = list(relations)
        self._joined = _Partition((r.one, r.other) for r in relations)
        self._of: dict[str, list[Relation]] = defaultdict(list)
        for relation in relations:
            self._of[self._joined.of(relation.one)].append(relation)

    def around(self, paths: Iterable[str]) -> list[Relation]:
        """Those that lead to or from any of these records and people, directly or through others."""
        joined = dict.fromkeys(map(self._joined.of, paths))
        return [relation for path in joined for relation in self._of.get(path, ())]


class _Partition:
    """Which paths belong together: union-find, each set known by its first path in order of text."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._towards: dict[str, str] = {}
        for one, other in pairs:
            first, second = sorted((self.of(one), self.of(other)))
            self._towards[second] = first

    def of(self, path: str) -> str:
        """The first path of its set; each step halves the way of the next look-up."""
        towards = self._towards
        while (nearer := towards.get(path, path)) != path:
            towards[path] = towards.get(nearer, nearer)
            path = towards[path]
        return path


def _outermost_first(around: Mapping[str, set[str]]) -> list[str]:
    """Every node after all that it is within; without those on a loop, and those within them."""
    sorter = TopologicalSorter(around)
    with suppress(CycleError):
        sorter.prepare()
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorter.get_ready()
        ordered += ready
        sorter.done(*ready)
    return ordered
