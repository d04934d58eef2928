"""Statistics: how many records, and how many people, by year, country, institution, kind, status or sector."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response

from api import as_of
from api.answers import collection_tag, not_modified
from api.facets import in_years
from api.finding import Finding, address
from api.formats import MEDIA_TYPES
from api.operations import operation
from api.pages import covering, format_of, is_covered, listing
from api.parameters import read_query
from api.problems import unfit
from api.resources.defectors import DEFECTOR_QUERY
from api.resources.purges import PURGE_QUERY
from api.schemas.filters import Column, Filter
from api.schemas.parameters import Choice, Format, WholeNumber
from api.schemas.queries import FoundQuery, ListQuery, add_parameter
from api.schemas.stats import MOST_GROUPS, StatSchema
from api.shared_filters import SharedFilter, findings, shared_filters
from api.showing import Showing, stored
from models.batches import in_batches
from models.database import execute, reading
from models.defectors import Defector
from models.moment import Condition, Moment
from models.overlaps import Relation, Relations
from models.sizes import Group, Sized, groups, sized, total

QUERIES: Mapping[str, ListQuery] = {"defectors": DEFECTOR_QUERY, "purges": PURGE_QUERY}

WAYS: Mapping[str, Mapping[str, str]] = {
    "year": {"defectors": "left", "purges": "when"},
    "country": {"defectors": "left_from", "purges": "place"},
    "institution": {"defectors": "institution", "purges": "institution"},
    "kind": {"defectors": "kind", "purges": "kind"},
    "status": {"defectors": "status", "purges": "status"},
    "sector": {"defectors": "sector"},
    "root": {"defectors": "root", "purges": "root"},
}
"""What is counted by -> of which records, by which of their list's filters."""

MOST_VALUES = 500

blueprint = Blueprint("stats", __name__)


class StatsQuery(FoundQuery):
    """What is counted, and by what."""

    by = Choice(
        tuple(WAYS),
        "Count by this: the year they left or it was done, the country left from or the place, the institution, the "
        "kind (of party, of measure), the status under `policy`, the sector (of defectors), the root (who first says "
        "that it occurred).",
        required=True,
    )
    of = Choice(tuple(QUERIES), "Count these; else the first of them that have all that is asked for.")
    scope = Column(Defector.scope)
    limit = WholeNumber(1, MOST_VALUES, "How many values at most: those that most records have.", default=MOST_VALUES)
    format = Format()

    def __init__(self) -> None:
        super().__init__()
        for name, field in shared_filters(QUERIES).items():
            if name != "by":  # of purges it finds who takes them: here it says what to count by
                add_parameter(self, name, field)


STATS_QUERY = StatsQuery()


@blueprint.get("/stats")
@operation(query=STATS_QUERY, answer=StatSchema(), many=True)
def get_statistics() -> Response:
    """Count records and people.

    Of each value, how many records have it, and how many people these are about: from at least to at most, for each
    group of records that overlap or may, and added up only over what is known to be different people. A record with
    several values counts for each. Filters are those of the lists; only subjects are counted unless `scope` or `id` is
    given. Under `known_by`, links count that a claim makes that was known by then, and those that we alone make.
    """
    given = read_query(STATS_QUERY)
    form, of = format_of(given), _counted_kind(given)
    tag = collection_tag(MEDIA_TYPES[form])
    if cached := not_modified(tag):
        return cached
    with reading():
        found = findings({of: QUERIES[of]}, STATS_QUERY.fields, given)[of]
        moment = found.asked.moment
        covered = is_covered(moment)
        data, total = _counted(given, found) if covered else ([], None)
    meta = {"count": len(data), "limit": given.get("limit", MOST_VALUES), "of": of, "by": given["by"]}
    meta |= {"policy": found.asked.policy, **({"scope": found.scope} if found.scope else {})}
    meta |= as_of.told(given) | covering(moment, covered=covered)
    if total is not None:
        meta["total"] = total
    return listing(StatSchema(), data, {"self": address(), "next": None}, meta, tag, form)


def _counted_kind(given: Mapping[str, Any]) -> str:
    """The records that are counted. Raises Problem where those asked for, or all, lack what else is asked for."""
    asked = [given["of"]] if "of" in given else list(QUERIES)
    lacking = {of: next(_lacking(given, of), None) for of in asked}
    for of, name in lacking.items():
        if name is None:
            return of
    told = "; ".join(f"{of} have no {_named(given, of, name)}" for of, name in lacking.items() if name)
    fault = next(name for name in lacking.values() if name)
    raise unfit(fault, f"{told}: count what has it, or leave it out")


def _named(given: Mapping[str, Any], of: str, name: str) -> str:
    """What a kind of record lacks, as it is told: what to count by, a filter, or the values asked of one."""
    field = STATS_QUERY.fields[name]
    return field.lacked(of, name) if isinstance(field, SharedFilter) else str(given[name])


def _lacking(given: Mapping[str, Any], of: str) -> Iterator[str]:
    """The parameters given that a kind of record does not have."""
    if of not in WAYS[given["by"]]:
        yield "by"
    for name, values in given.items():
        field = STATS_QUERY.fields[name]
        if isinstance(field, SharedFilter) and not field.fits(of, values):
            yield name


def _counted(given: Mapping[str, Any], found: Finding) -> tuple[list[dict[str, Any]], int]:
    """What StatSchema has of each value, and how many values there are in all."""
    surely, possibly = _memberships(found, given["by"])
    commonest = _ordered(possibly)[: given.get("limit", MOST_VALUES)]
    values = sorted(commonest, key=lambda year: (year is None, year or "")) if given["by"] == "year" else commonest
    statuses = _statuses(found)
    sizes = _sizes({path for value in values for path in possibly[value]}, found.asked.moment)
    relations = _relations(found.asked.moment)
    data = [
        {
            "value": value,
            "surely": len(surely[value]),
            "possibly": len(possibly[value]),
            "statuses": _ranked(statuses[path] for path in possibly[value]),
            "people": _people(_of(surely[value], sizes), _of(possibly[value], sizes), relations),
        }
        for value in values
    ]
    return data, len(possibly)


def _of(paths: Iterable[str], sizes: Mapping[str, Sized]) -> list[Sized]:
    return [sizes[path] for path in sorted(paths)]


Members = dict[str | None, set[str]]
"""Value -> the paths of the records that have it."""


def _memberships(found: Finding, by: str) -> tuple[Members, Members]:
    """Which records surely, and which possibly, have each value."""
    rows, kind = _values(found, by)
    surely: Members = defaultdict(set)
    possibly: Members = defaultdict(set)
    for value, path, is_sure in in_years(rows) if kind == "dated" else ((*row, True) for row in rows):
        possibly[value].add(path)
        if is_sure:
            surely[value].add(path)
    return surely, possibly


def _values(found: Finding, by: str) -> tuple[list[tuple[str | None, str]], str]:
    """Each value of each record that is counted, with the record's path; and of which kind the values are."""
    of = found.resource.name
    field = QUERIES[of].fields[WAYS[by][of]]
    assert isinstance(field, Filter)
    grouping = field.grouping(found.asked)
    each = Condition(f"{grouping.by.sql}, t.path", grouping.by.values)
    return found.select(each, grouping.join).fetchall(), grouping.kind


def _statuses(found: Finding) -> dict[str, str | None]:
    """The status of each record that is counted."""
    return {path: status for status, path in _values(found, "status")[0]}


def _ranked(statuses: Iterable[str | None]) -> list[dict[str, Any]]:
    """How many have each status, the commonest first."""
    counts = Counter(statuses)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0] is None, pair[0]))
    return [{"status": status, "count": count} for status, count in ranked]


def _sizes(paths: set[str], moment: Moment) -> dict[str, Sized]:
    found = {}
    showing = Showing(moment)
    for chunk in in_batches(sorted(paths)):
        rows = dict(stored(chunk, moment))
        for path, document in zip(rows, showing.documents(list(rows.values())), strict=True):
            found[path] = sized(path, document)
    return found


def _relations(moment: Moment) -> Relations:
    """The links known by then, and those that we alone make: what these say may overlap must not be added."""
    made = moment.made_by_then(ours=True)
    rows = execute(
        "SELECT path, relation, target FROM reference r "
        f"WHERE relation LIKE 'links.%' AND pointer LIKE '%/to'{made.sql}",
        made.values,
    ).fetchall()
    return Relations(Relation(path, relation.removeprefix("links."), target) for path, relation, target in rows)


def _ordered(members: Members) -> list[str | None]:
    """The values, the commonest first; none last among equals."""
    return sorted(members, key=lambda value: (-len(members[value]), value is None, value or ""))


def _people(surely: Sequence[Sized], possibly: Sequence[Sized], relations: Relations) -> dict[str, Any]:
    """At least those who surely, at most those who possibly are among them."""
    around = relations.around(path for record in possibly for path in (record.path, *record.people))
    found = groups(possibly, around)
    most = total(found)
    least = most if len(surely) == len(possibly) else total(groups(surely, around))
    return {
        "least": least.least,
        "most": most.most,
        "reason": most.reason or least.reason,
        "groups": [_told(group) for group in found[:MOST_GROUPS]],
        "groups_in_all": len(found),
    }


def _told(group: Group) -> dict[str, Any]:
    return {
        "members": list(group.members),
        "least": group.least,
        "most": group.most,
        "contradictory": list(group.contradictory),
    }
