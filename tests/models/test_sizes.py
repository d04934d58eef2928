"""Are people counted honestly? Cases worked out by hand, and worlds small enough to try all of them."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement, permutations, product
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from models.overlaps import APART, OVERLAPPING, SILENT, Relation, Relations
from models.sizes import Group, Loose, Sized, Total, groups, sized, total
from models.vocabulary import FORM, PARTY_KIND, RELATION

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


def size(slug: str, kind: str | None = "group", least: int = 2, most: int | None = None, *people: str) -> Sized:
    return Sized(f"defectors/{slug}", kind, least, most, tuple(f"people/{one}" for one in people))


def one(slug: str, *people: str) -> Sized:
    return size(slug, "individual", 1, 1, *people)


def cohort(slug: str, least: int = 1, most: int | None = None) -> Sized:
    return size(slug, "cohort", least, most)


def linked(*links: str) -> list[Relation]:
    """Relations from text such as `a within b`; what has no resource is a defector."""
    split = (link.split() for link in links)
    return [Relation(_path(one), relation, _path(other)) for one, relation, other in split]


def _path(text: str) -> str:
    return text if "/" in text else f"defectors/{text}"


def slugs(paths: Iterable[str]) -> str:
    return " ".join(path.removeprefix("defectors/") for path in paths)


def told(records: Iterable[Sized], *links: str) -> list[tuple[str, int, int | None]]:
    """Each group as its members, least and most."""
    return [(slugs(group.members), group.least, group.most) for group in groups(records, linked(*links))]


def only(records: Iterable[Sized], *links: str) -> Group:
    (group,) = groups(records, linked(*links))
    return group


# One record


@pytest.mark.parametrize(
    ("party", "bounds"),
    [
        ({"kind": "individual"}, (1, 1)),
        ({"kind": "family"}, (2, None)),
        ({"kind": "group"}, (2, None)),
        ({"kind": "cohort"}, (1, None)),
        ({"kind": "cohort", "count": {"value": 27000, "qualifier": "about"}}, (1, None)),
        ({"kind": "group", "count": {"value": 13, "qualifier": "exact", "least": 13, "most": 13}}, (13, 13)),
        ({"kind": "group", "count": {"value": 13, "qualifier": "exact"}}, (13, 13)),
        ({"kind": "group", "count": {"value": 4, "qualifier": "at-least"}}, (4, None)),
        ({"kind": "cohort", "count": {"value": 4, "qualifier": "at-most"}}, (1, 4)),
        ({"kind": "group", "count": {"value": 4, "qualifier": "at-most"}}, (2, 4)),
        ({"kind": "group", "count": {"value": 20, "qualifier": "over"}}, (21, None)),
        ({"kind": "group", "count": {"value": 2.5, "qualifier": "over"}}, (3, None)),
        ({"kind": "group", "count": {"value": 2.5, "qualifier": "at-least"}}, (3, None)),
        ({"kind": "group", "count": {"value": 2.5, "qualifier": "at-most"}}, (2, 2)),
        ({"kind": "cohort", "count": {"printed": "several", "qualifier": "several"}}, (3, None)),
        (
            {"kind": "group", "count": {"printed": "some 12 to 15", "qualifier": "about", "least": 12, "most": 15}},
            (12, 15),
        ),
        ({"kind": "family", "count": {"value": 3, "qualifier": "about", "least": 1}}, (2, None)),
        ({"kind": "group", "count": {"printed": "a few", "qualifier": "over"}}, (2, None)),
        (None, (1, None)),
    ],
)
def test_bounds_of_a_party(party: dict[str, Any] | None, bounds: tuple[int, int | None]) -> None:
    found = sized("defectors/x", {"party": party})
    assert (found.least, found.most, found.contradictory) == (*bounds, False)
    assert found.kind == (party or {}).get("kind")


def test_bounds_of_a_measure() -> None:
    assert sized("purges/x", {"form": "practice"}) == Sized("purges/x", "practice", 1, None)
    named = sized("purges/x", {"form": "event", "targets": {"people": ["b", "a"]}})
    assert named == Sized("purges/x", "event", 2, None, ("people/a", "people/b"))


def test_named_people_raise_the_least_but_not_the_most() -> None:
    found = sized("defectors/x", {"party": {"kind": "family"}, "people": ["a", "b", "c"]})
    assert (found.least, found.most) == (3, None)


@pytest.mark.parametrize(
    ("record", "bounds"),
    [
        ({"party": {"kind": "individual", "count": {"value": 3, "qualifier": "exact"}}}, (1, 3)),
        ({"party": {"kind": "individual"}, "people": ["a", "b"]}, (1, None)),
        ({"party": {"kind": "group", "count": {"value": 1, "qualifier": "exact"}}}, (1, None)),
        ({"party": {"kind": "cohort", "count": {"value": 0, "qualifier": "exact"}}}, (0, None)),
    ],
)
def test_a_record_that_contradicts_itself_has_the_widest_bounds(
    record: dict[str, Any], bounds: tuple[int, int | None]
) -> None:
    found = sized("defectors/x", record)
    assert (found.least, found.most, found.contradictory) == (*bounds, True)
    assert only([found]).contradictory == ("defectors/x",)


# Groups


def test_every_relation_has_been_thought_of() -> None:
    assert set(RELATION.values) == OVERLAPPING | APART | SILENT
    assert len(OVERLAPPING) + len(APART) + len(SILENT) == len(RELATION.values)


def test_every_kind_is_a_party_or_loose() -> None:
    loose = {kind for kind in (*PARTY_KIND.values, *FORM.values) if only([size("x", kind)]).loose}
    assert loose == {"cohort", "series", "practice", "total"}
    assert only([size("x", None)]).loose


def test_no_records_are_no_groups_and_nobody() -> None:
    assert groups([], []) == []
    assert total([]) == Total(0, 0)


@pytest.mark.parametrize("relation", sorted(OVERLAPPING - {"same-as", "within"}))
def test_what_may_overlap_is_from_the_largest_to_the_sum(relation: str) -> None:
    assert told([size("a", "group", 3, 5), one("b")], f"a {relation} b") == [("a b", 3, 6)]
    assert told([size("a", "group", 3, 5), one("b")], f"b {relation} a") == [("a b", 3, 6)]


@pytest.mark.parametrize("relation", sorted(SILENT | APART))
def test_what_does_not_overlap_is_apart(relation: str) -> None:
    assert told([size("a", "group", 3, 5), one("b")], f"a {relation} b") == [("a", 3, 5), ("b", 1, 1)]


def test_what_is_within_adds_no_most_but_its_least() -> None:
    records = [cohort("wave", 1, 20), size("crew", "group", 13, 13), one("cook")]
    group = only(records, "crew within wave", "cook within crew")
    assert (group.least, group.most, slugs(group.tops)) == (13, 20, "wave")


def test_an_open_top_is_open_however_well_its_parts_are_counted() -> None:
    assert told([cohort("wave"), one("a"), one("b")], "a within wave", "b within wave") == [("a b wave", 1, None)]


def test_what_is_the_same_counts_once_with_both_bounds() -> None:
    records = [size("a", "group", 3, 8), size("b", "group", 2, 5), size("c", "group", 4, None)]
    group = only(records, "a same-as b", "c same-as b")
    assert (group.least, group.most, slugs(group.tops), group.contradictory) == (4, 5, "a", ())


def test_the_same_with_different_counts_falls_back_to_the_wider() -> None:
    group = only([size("a", "group", 10, 10), size("b", "group", 13, 13)], "a same-as b")
    assert (group.least, group.most, slugs(group.contradictory)) == (10, 13, "a b")


def test_the_same_with_different_counts_of_which_one_is_open_is_open() -> None:
    group = only([size("a", "group", 10, 10), size("b", "group", 13, None)], "a same-as b")
    assert (group.least, group.most, slugs(group.contradictory)) == (10, None, "a b")


def test_a_part_larger_than_the_whole_leaves_no_most() -> None:
    records = [size("crew", "group", 13, 13), cohort("wave", 1, 10), one("cook"), size("ship", "group", 2, 50)]
    group = only(records, "crew within wave", "cook within crew", "ship may-overlap wave")
    assert (group.least, group.most, slugs(group.contradictory)) == (1, None, "wave")


def test_a_part_larger_than_the_whole_is_seen_through_a_record_outside() -> None:
    group = only([size("crew", "group", 13, 13), cohort("wave", 1, 10)], "crew within outside", "outside within wave")
    assert (group.least, group.most, slugs(group.contradictory)) == (1, None, "wave")


@pytest.mark.parametrize(
    ("links", "blamed"),
    [
        (("a within b", "b within c", "a excluded-from c"), "a"),
        (("a within b", "b within c", "c excluded-from a"), "a"),
        (("a same-as b", "b may-overlap c", "a distinct-from b"), "a b"),
        (("a same-as b", "b may-overlap c", "a excluded-from b"), "a b"),
        (("a may-be b", "b may-be c", "a within x", "x same-as y", "x distinct-from y"), "a b c"),
    ],
)
def test_relations_that_exclude_each_other_leave_no_most(links: tuple[str, ...], blamed: str) -> None:
    group = only([size("a", "group", 2, 3), size("b", "group", 2, 4), size("c", "group", 3, 5)], *links)
    assert (group.least, group.most, slugs(group.contradictory)) == (2, None, blamed)


def test_a_part_may_be_distinct_from_the_whole() -> None:
    records = [one("a"), size("b", "group", 2, 3)]
    assert told(records, "a within b", "a distinct-from b") == [("a b", 2, 3)]


def test_records_that_overlap_with_a_third_outside_the_set_may_overlap() -> None:
    assert told([one("a"), one("b")], "a within wave", "b may-overlap wave") == [("a b", 1, 2)]
    assert told([one("a"), one("b")], "a within wave", "wave may-be run", "b within run") == [("a b", 1, 2)]


def test_what_follows_through_a_record_outside_the_set_holds() -> None:
    assert told([one("a"), size("b", "group", 4, 4)], "a within wave", "wave within b") == [("a b", 4, 4)]
    assert told([size("a", "group", 2, 6), size("b", "group", 4, 9)], "a same-as x", "x same-as b") == [("a b", 4, 6)]


def test_loops_prove_nothing_and_do_not_hang() -> None:
    records = [size("a", "group", 2, 2), size("b", "group", 2, 3), one("c"), one("d")]
    group = only(records, "a within b", "b within a", "c within a", "d within d", "d may-be c")
    assert (group.least, group.most, slugs(group.tops)) == (2, 7, "a b c d")


def test_whoever_is_one_and_named_is_the_same_in_every_record() -> None:
    family = size("family", "family", 4, 6, "father", "mother")
    assert told([one("a", "father"), one("b", "father")]) == [("a b", 1, 1)]
    assert told([one("a", "father"), family]) == [("a family", 4, 6)]
    assert told([one("a", "son"), family]) == [("a", 1, 1), ("family", 4, 6)]


def test_records_that_name_the_same_person_overlap() -> None:
    assert told([size("a", "group", 2, 3, "x"), size("b", "group", 3, 4, "x", "y")]) == [("a b", 3, 7)]


def test_records_of_people_who_may_be_one_may_overlap() -> None:
    assert told([one("a", "x"), one("b", "y")], "people/x may-be people/y") == [("a b", 1, 2)]
    assert told([one("a", "x"), one("b", "y")], "people/x same-as people/y") == [("a b", 1, 1)]
    assert told([one("a", "x"), one("b", "y")], "people/x distinct-from people/y") == [("a", 1, 1), ("b", 1, 1)]


@pytest.mark.parametrize("seed", range(200))
def test_the_relations_around_some_records_tell_as_much_of_them_as_all(seed: int) -> None:
    """Statistics of many values ask of each for its own alone: through records outside, and through whom they name."""
    chance = random.Random(seed)
    people = [f"people/{letter}" for letter in "xyz"]
    world = [
        Sized(f"defectors/{letter}", chance.choice([*PARTY_KIND]), 1, chance.choice([1, 9, None]),
              tuple(chance.sample(people, chance.choice([0, 0, 1]))))
        for letter in "abcdefghij"
    ]  # fmt: skip
    paths = [*people, *(record.path for record in world)]
    among = sorted(OVERLAPPING | SILENT | APART)
    every = [Relation(chance.choice(paths), chance.choice(among), chance.choice(paths)) for _ in range(8)]
    asked = chance.sample(world, 4)
    around = Relations(every).around(path for record in asked for path in (record.path, *record.people))
    assert groups(asked, around) == groups(asked, every)
    assert total(groups(asked, around)) == total(groups(asked, every))


def test_relations_that_lead_elsewhere_are_not_around() -> None:
    relations = linked("a within b", "c excluded-from b", "d within e", "people/x may-be people/y")
    assert Relations(relations).around(["defectors/a"]) == linked("a within b", "c excluded-from b")
    assert Relations(relations).around(["defectors/f"]) == []


def test_a_path_given_twice_counts_once() -> None:
    assert told([one("a"), one("a")]) == [("a", 1, 1)]


# Totals


def totalled(records: Iterable[Sized], *links: str) -> tuple[int | None, int | None]:
    found = total(groups(records, linked(*links)))
    assert (found.reason is None) == (found.least is not None)
    return found.least, found.most


def test_unrelated_parties_are_added() -> None:
    assert totalled([one("a"), size("b", "group", 3, 5), size("c", "family", 2, 4)]) == (6, 10)
    assert totalled([one("a"), size("b", "group", 3, None)]) == (4, None)


def test_a_cohort_is_not_added_to_what_nothing_relates_it_to() -> None:
    records = [cohort("arrivals", 90, 100), cohort("wave", 20, 30), one("a")]
    assert total(groups(records, [])) == Total(
        None,
        None,
        "defectors/arrivals and 1 more may hold people of other groups, and what may overlap is not added",
    )
    assert total(groups(records[1:], [])).reason == (
        "defectors/wave may hold people of other groups, and what may overlap is not added"
    )
    assert totalled([cohort("wave", 20, 30)]) == (20, 30)


@pytest.mark.parametrize("kind", ["series", "practice", "total", None])
def test_habits_and_sums_are_not_added(kind: str | None) -> None:
    assert totalled([size("a", kind, 2, 3), one("b")]) == (None, None)


def test_a_cohort_that_is_apart_from_all_others_is_added() -> None:
    records = [cohort("wave", 20, 30), one("a"), one("b")]
    assert totalled(records, "a excluded-from wave") == (None, None)
    assert totalled(records, "a excluded-from wave", "wave excluded-from b") == (22, 32)
    assert totalled(records, "a excluded-from wave", "wave distinct-from b") == (None, None)
    assert totalled(records, "a excluded-from wave", "wave excluded-from x", "x same-as b") == (22, 32)


def test_being_apart_from_a_part_is_not_being_apart_from_the_whole() -> None:
    records = [cohort("wave", 20, 30), one("a"), size("b", "group", 2, 3)]
    assert totalled(records, "a within b", "wave excluded-from a") == (None, None)
    assert totalled(records, "a within b", "wave excluded-from b") == (22, 33)


def test_being_apart_within_the_group_does_not_stand_for_being_apart_from_another() -> None:
    records = [cohort("wave", 20, 30), one("a"), one("b")]
    assert totalled(records, "wave excluded-from a", "wave may-overlap x", "x may-overlap a") == (None, None)


def test_two_cohorts_need_to_be_apart_from_each_other_alone() -> None:
    records = [cohort("a", 20, 30), cohort("b", 5, 6), cohort("c", 1, 2)]
    assert totalled(records[:2], "a excluded-from b") == (25, 36)
    assert totalled(records, "a excluded-from b", "c within a") == (25, 36)
    assert totalled(records, "a excluded-from b", "c may-overlap a") == (None, None)


def test_a_cohort_within_a_party_is_added_with_it() -> None:
    assert totalled([size("crew", "group", 5, 9), cohort("officers", 2, 3), one("a")], "officers within crew") == (
        6,
        10,
    )


def test_a_cohort_that_is_the_same_as_a_party_is_one() -> None:
    assert totalled([size("crew", "group", 5, 9), cohort("sailors"), one("a")], "sailors same-as crew") == (6, 10)


def test_defectors_and_purges_are_not_added() -> None:
    found = total(groups([one("a"), Sized("purges/b", "event", 1, 1)], []))
    assert found == Total(None, None, "defectors and purges may be about the same people; give a total of each")


# The fixtures, worked out by hand


@pytest.fixture(scope="module")
def relations() -> list[Relation]:
    return [
        Relation(f"{resource}/{record['id']}", link["relation"], _whole(resource, link["to"]))
        for resource in ("defectors", "purges", "people")
        for record in _read(resource)
        for link in record.get("links", ())
    ]


def _whole(resource: str, target: str) -> str:
    return target if "/" in target else f"{resource}/{target}"


def _read(resource: str) -> list[dict[str, Any]]:
    text = (FIXTURES / f"{resource}.yaml").read_text(encoding="utf-8")
    return list(yaml.load(text, Loader=yaml.CSafeLoader)[resource])


def fixture(resource: str, kinds: Iterable[str]) -> list[Sized]:
    """The records of these kinds, the shorthands written out that the schemas would write out."""
    found = []
    for record in _read(resource):
        shape = record.get("party" if resource == "defectors" else "targets") or {}
        if isinstance(shape.get("count"), int):
            shape["count"] = {"value": shape["count"], "qualifier": "exact"}
        found.append(sized(f"{resource}/{record['id']}", {"form": "event", **record}))
    return [one for one in found if one.kind in kinds]


def test_the_defectors_of_the_fixtures(relations: list[Relation]) -> None:
    """Two waves hold all but five records; of the 13 waitresses and the several officials we know the least."""
    found = {group.tops: group for group in groups(fixture("defectors", PARTY_KIND.values), relations)}
    assert [(slugs(tops), group.least, group.most) for tops, group in found.items() if len(group.members) == 1] == [
        ("associates-of-jang", 1, None),
        ("east-germany-1989", 1, None),
        ("fishing-crew", 3, 3),
        ("planned-group-defections", 1, None),
    ]
    wave = found["defectors/arrivals-first-half-2016", "defectors/recent-wave-2016"]
    assert slugs(wave.members) == (
        "arrivals-first-half-2016 diplomat-in-thailand diplomats-in-china general-in-china "
        "mathematician-in-hong-kong party-official-in-russia recent-wave-2016 restaurant-waitresses thae-yong-ho"
    )
    assert (wave.least, wave.most) == (13, None)
    (surge,) = (group for group in found.values() if "defectors/elite-wave-2015" in group.members)
    inside = {
        "biochemical-researcher",
        "hwang-jang-yop",
        "senior-officials-arrived",
        "senior-officials-in-third-country",
        "working-level-officials-in-south",
    }
    assert set(surge.members) - set(surge.tops) == {f"defectors/{slug}" for slug in inside}
    assert (len(surge.members), surge.least, surge.most) == (21, 3, None)
    assert all(not group.contradictory for group in found.values())
    assert total(list(found.values())).least is None


def test_the_parties_of_the_fixtures(relations: list[Relation]) -> None:
    """Without the cohorts they are still joined by them: 13 waitresses, a family of two or more, three fishermen."""
    found = groups(fixture("defectors", ("individual", "family", "group")), relations)
    assert [(len(group.members), group.least, group.most) for group in found] == [
        (8, 2, None),
        (7, 13, None),
        (1, 3, 3),
    ]
    assert total(found) == Total(18, None)


def test_the_crew_that_the_27000_do_not_count(relations: list[Relation]) -> None:
    """About 27,000 is not 27,000 or more: of them only some follow; that the three are apart lets both be added."""
    chosen = {"defectors/fishing-crew", "defectors/earlier-defectors"}
    found = groups((one for one in fixture("defectors", PARTY_KIND.values) if one.path in chosen), relations)
    assert found[0].loose == (Loose("defectors/earlier-defectors", frozenset({"defectors/fishing-crew"})),)
    assert total(found) == Total(4, None)


def test_the_measures_of_the_fixtures(relations: list[Relation]) -> None:
    """Two measures against one man are one man, and no executed man adds to the purges that hold him."""
    found = [group for group in groups(fixture("purges", FORM.values), relations) if len(group.members) > 1]
    assert [" ".join(path.removeprefix("purges/") for path in group.members) for group in found] == [
        "denunciation-of-thae investigation-of-thae",
        "execution-of-ninety-officials executions-by-anti-aircraft-gun executions-of-inner-circle hyon-yong-chol "
        "jang-song-thaek purges-under-kim-jong-un",
        "families-as-propaganda threat-of-execution-to-families",
        "investigation-of-asylum-seekers recall-from-shenyang",
    ]
    assert {(group.least, group.most) for group in found} == {(1, None)}


def test_the_events_of_the_fixtures(relations: list[Relation]) -> None:
    """Hyon and Jang stand within the same purges, and so may not be added; nor may the two measures against Thae."""
    found = groups(fixture("purges", ("event",)), relations)
    assert (len(found), total(found)) == (8, Total(8, None))


# Worlds: every way in which a few people could be the members of a few records
#
# A world is a list of people, each of whom is no more than the set of columns (records, and what stands outside the
# set) that they are in. It is possible if it keeps to the definitions of the relations and to every record's bounds.

MOST_PEOPLE = 5
TWO_OF_ONE_KIND = {"individual", "family", "group", "event"}

World = tuple[frozenset[str], ...]


class Drawn:
    """A few records, what stands outside the set, and relations between them."""

    def __init__(self, records: Sequence[Sized], outside: Sequence[str], relations: Sequence[Relation]) -> None:
        self.records = {record.path: record for record in records}
        people = {person for record in records for person in record.people}
        self.people = sorted(people)
        self.columns = [*self.records, *outside, *self.people]
        self.relations = list(relations)

    def __repr__(self) -> str:
        return f"Drawn({list(self.records.values())}, {self.relations})"

    def groups(self) -> list[Group]:
        """What the module makes of it."""
        return groups(self.records.values(), self.relations)

    def total(self) -> Total:
        """What the module makes of it all."""
        return total(self.groups())

    def worlds(self) -> Iterator[World]:
        """Every possible world of up to a few people, but for those who are in nothing."""
        persons = [who for who in self._subsets() if who and self._may_be(who)]
        for many in range(MOST_PEOPLE + 1):
            for world in combinations_with_replacement(persons, many):
                if self._fits(world):
                    yield world

    def _subsets(self) -> Iterator[frozenset[str]]:
        for flags in product((False, True), repeat=len(self.columns)):
            yield frozenset(column for column, flag in zip(self.columns, flags, strict=True) if flag)

    def _may_be(self, who: frozenset[str]) -> bool:
        """Whether somebody may be in just these."""
        for here, relation, there in self.relations:
            if relation == "within" and here in who and there not in who:
                return False
            if relation == "same-as" and (here in who) != (there in who):
                return False
            if relation == "excluded-from" and here in who and there in who:
                return False
        for person in who.intersection(self.people):
            if any(person in record.people and path not in who for path, record in self.records.items()):
                return False
        return not any(self._different(here, there) for here in who for there in who if here < there)

    def _different(self, here: str, there: str) -> bool:
        """Whether two columns are about different people because nothing relates them."""
        if there in self.reached(here):
            return False
        if here in self.people and there in self.people:
            return True
        kinds = {self.records[path].kind for path in (here, there) if path in self.records}
        return here in self.records and there in self.records and kinds <= TWO_OF_ONE_KIND

    def reached(self, start: str) -> set[str]:
        """Whatever a path of overlaps leads to from here, itself too."""
        found = {start}
        while True:
            more = {end for pair in self._pairs() if found & pair for end in pair} - found
            if not more:
                return found
            found |= more

    def loops(self) -> bool:
        """Whether some `within` leads back to where it began, be it through what is the same or named in both."""
        steps = {(one, other) for one, relation, other in self.relations if relation in {"same-as", "within"}}
        steps |= {(other, one) for one, relation, other in self.relations if relation == "same-as"}
        for path, record in self.records.items():
            steps |= {end for person in record.people for end in ((path, person), (person, path))}
        while more := {(one, end) for one, by in steps for start, end in steps if by == start} - steps:
            steps |= more
        return any(relation == "within" and (other, one) in steps for one, relation, other in self.relations)

    def _pairs(self) -> Iterator[set[str]]:
        for here, relation, there in self.relations:
            if relation in {"same-as", "within", "may-be", "may-overlap", "part-of-event"}:
                yield {here, there}
        for path, record in self.records.items():
            for person in record.people:
                yield {path, person}

    def _fits(self, world: World) -> bool:
        """Whether every record has as many as it says, and every named person is one."""
        for path, record in self.records.items():
            many = sum(path in who for who in world)
            if many < record.least or (record.most is not None and many > record.most):
                return False
        return all(sum(person in who for who in world) == 1 for person in self.people)

    def many(self, world: World, paths: Iterable[str]) -> int:
        """How many people are in one of these, in this world."""
        chosen = set(paths)
        return sum(not chosen.isdisjoint(who) for who in world)


RELATIONS = ("same-as", "within", "within", "may-be", "may-overlap", "part-of-event", "excluded-from", "follows")
BOUNDS = ((0, None), (1, None), (1, 1), (1, 2), (2, None), (2, 2), (2, 3), (3, 3))


@st.composite
def drawn(draw: st.DrawFn) -> Drawn:
    """Up to four columns: records, some that name a person, and one more outside the set."""
    many = draw(st.integers(1, 3))
    persons = draw(st.sampled_from((0, 0, 1)))
    records = []
    for slug in "abc"[:many]:
        kind = draw(st.sampled_from(("individual", "group", "cohort", "cohort")))
        least, most = (1, 1) if kind == "individual" else draw(st.sampled_from(BOUNDS))
        people = ("p",) if persons and draw(st.booleans()) else ()
        records.append(size(slug, kind, max(least, len(people)), most, *people))
    outside = ["defectors/x"] if draw(st.booleans()) and not (persons and many == 3) else []
    ends = [record.path for record in records] + outside
    pairs = [(one, other) for one, other in product(ends, ends) if one != other]
    link = st.tuples(st.sampled_from(pairs), st.sampled_from(RELATIONS)) if pairs else st.nothing()
    links = draw(st.lists(link, max_size=4 if pairs else 0))
    return Drawn(records, outside, [Relation(one, relation, other) for (one, other), relation in links])


def holds(least: int | None, most: int | None, number: int) -> bool:
    return (least is None or least <= number) and (most is None or number <= most)


@settings(max_examples=150, deadline=None)
@given(drawn())
def test_no_possible_world_has_more_or_fewer_people(some: Drawn) -> None:
    """The heart of it: whatever the truth, it lies within every group's bounds and within the total's."""
    found, (least, most, _) = some.groups(), some.total()
    for world in some.worlds():
        for group in found:
            assert holds(group.least, group.most, some.many(world, group.members)), world
        assert holds(least, most, some.many(world, some.records)), world


@settings(max_examples=150, deadline=None)
@given(drawn())
def test_what_is_called_contradictory_is_possible_in_no_world(some: Drawn) -> None:
    """For nobody records none; of what is empty anything holds."""
    if any(group.contradictory for group in some.groups()):
        assert not any(all(some.many(world, [column]) for column in some.columns) for world in some.worlds())


def test_bounds_are_reached_where_the_worlds_are_few() -> None:
    """A control: bounds that were always 0 to None would hold in every world too."""
    some = Drawn([size("a", "group", 2, 2), one("b"), one("c")], [], linked("b within a", "c may-overlap a"))
    numbers = {some.many(world, some.records) for world in some.worlds()}
    assert numbers == {2, 3}
    assert some.total()[:2] == (2, 3)


def test_the_worlds_notice_bounds_that_are_too_narrow() -> None:
    """A control: adding the leasts of two that may overlap would be found out."""
    some = Drawn([size("a", "group", 2, 2), one("b")], [], linked("b may-overlap a"))
    assert not all(holds(3, 3, some.many(world, some.records)) for world in some.worlds())


def test_unrelated_cohorts_may_share_anything() -> None:
    """A control: in some world the sum of the leasts is too much, which is why no total is given."""
    some = Drawn([cohort("a", 2, 2), cohort("b", 2, 2)], [], [])
    assert {some.many(world, some.records) for world in some.worlds()} == {2, 3, 4}


# Properties


def narrower(inner: Group | Total, outer: Group | Total) -> bool:
    """Whether the first rules out a number that the second allows."""
    above = outer.least is not None and inner.least is not None and inner.least > outer.least
    below = inner.most is not None and (outer.most is None or inner.most < outer.most)
    return above or below


@given(drawn())
def test_an_unrelated_individual_adds_one(some: Drawn) -> None:
    before = some.total()
    more = [*some.records.values(), one("unrelated")]
    after = total(groups(more, some.relations))
    if any(group.loose for group in some.groups()):
        assert (after.least, after.most) == (None, None)
    else:
        assert before.least is not None
        assert after == Total(before.least + 1, None if before.most is None else before.most + 1)


@given(drawn())
def test_least_is_never_above_most_and_every_record_is_in_one_group(some: Drawn) -> None:
    found = some.groups()
    assert sorted(path for group in found for path in group.members) == sorted(some.records)
    for group in [*found, some.total()]:
        assert group.least is None or group.most is None or group.least <= group.most
    assert all(set(group.members) >= set(group.tops) != set() for group in found)
    assert all(set(group.members) == some.reached(group.members[0]) & set(some.records) for group in found)


@given(drawn())
def test_the_order_of_what_is_given_does_not_matter(some: Drawn) -> None:
    for records in permutations(some.records.values()):
        assert groups(records, some.relations) == some.groups()
    for shift in range(len(some.relations)):
        turned = some.relations[shift:] + some.relations[:shift]
        assert groups(some.records.values(), reversed(turned)) == some.groups()


@given(drawn(), st.data())
def test_to_know_less_of_a_relation_is_never_to_know_more_of_the_number(some: Drawn, data: st.DataObject) -> None:
    """What is `within` or `same-as` weakened to `may-overlap`; not in loops, which prove nothing."""
    strong = [n for n, relation in enumerate(some.relations) if relation.relation in {"within", "same-as"}]
    if not strong or some.loops() or any(group.contradictory for group in some.groups()):
        return
    place = data.draw(st.sampled_from(strong))
    weaker = list(some.relations)
    weaker[place] = weaker[place]._replace(relation="may-overlap")
    for before, after in zip(some.groups(), groups(some.records.values(), weaker), strict=True):
        assert before.members == after.members
        assert not narrower(after, before)


@given(drawn(), st.data(), st.sampled_from(("may-overlap", "may-be", "part-of-event")))
def test_to_doubt_that_two_are_apart_never_narrows_a_total(some: Drawn, data: st.DataObject, doubt: str) -> None:
    """To take such a doubt away does narrow it: records that nothing relates are taken for different people."""
    ends = st.sampled_from(sorted(some.records))
    doubtful = [*some.relations, Relation(data.draw(ends), doubt, data.draw(ends))]
    if some.total().least is not None:
        assert not narrower(total(groups(some.records.values(), doubtful)), some.total())


@given(drawn())
def test_to_forget_that_two_are_apart_never_gives_a_total(some: Drawn) -> None:
    kept = [relation for relation in some.relations if relation.relation not in APART]
    forgetful = total(groups(some.records.values(), kept))
    if not any(group.contradictory for group in some.groups()):
        assert forgetful in (some.total(), Total(None, None, forgetful.reason))


SHAPES: Mapping[str, list[Relation]] = {
    "chain": linked(*(f"d{n} within d{n + 1}" for n in range(20_000))),
    "loop": linked(*(f"d{n} within d{(n + 1) % 20_000}" for n in range(20_000))),
    "star": linked(*(f"d{n} within d0" for n in range(1, 20_000))),
    "one": linked(*(f"d{n} same-as d{n + 1}" for n in range(20_000))),
    "apart": linked(*(f"d{n} excluded-from d0" for n in range(1, 20_000))),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_long_chains_loops_and_stars_neither_hang_nor_overflow(shape: str) -> None:
    """What grows with the square of 20,000 would take minutes, and recursion would end at 1,000."""
    records = [one(f"d{n}") for n in range(20_000)]
    shuffled = random.Random(shape).sample(SHAPES[shape], len(SHAPES[shape]))
    found = groups(records, shuffled)
    expected = {"chain": (1, 1), "loop": (1, 20_000), "star": (1, 1), "one": (1, 1), "apart": (20_000, 20_000)}
    assert total(found)[:2] == expected[shape]
