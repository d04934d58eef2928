"""Facets: how many of the records of a list have each value of a field."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from api.finding import Finding
from api.schemas.filters import Filter, Grouping
from models.dates import OPEN_END, OPEN_START
from models.documents import decoded
from models.moment import Condition
from models.tally import ANY, NONE, tallied

MOST = 100
"""Values that are counted of one field: those that most records have."""

Counts = list[tuple[str | None, int]]
Item = TypeVar("Item")


def facets_of(found: Finding, query: Any, names: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Each field asked for: its values, the commonest first, with how many records have them; dates by year."""
    return {name: _buckets(found, query.fields[name]) for name in names}


def _buckets(found: Finding, field: Filter) -> list[dict[str, Any]]:
    if found.is_whole and (counted := field.counted(found.asked)):
        return _ranked(_tallied(found, counted))
    grouping = field.grouping(found.asked)
    rows = _grouped(found, grouping)
    if grouping.kind == "dated":
        return _by_year(rows)
    return _ranked(Counter(dict(rows)) if grouping.kind == "plain" else _elements(rows))


def _grouped(found: Finding, grouping: Grouping) -> Counts:
    by = Condition(f"{grouping.by.sql} AS value, count(*)", grouping.by.values)
    rows: Counts = found.select(by, grouping.join, "GROUP BY 1").fetchall()
    return rows


def _ranked(counts: "Counter[str | None]") -> list[dict[str, Any]]:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0] is None, pair[0]))
    return [{"value": value, "count": count} for value, count in ranked[:MOST]]


def _tallied(found: Finding, field: str) -> "Counter[str | None]":
    """What the tally counts of a whole list: each value, and the records without any."""
    counts: Counter[str | None] = Counter(tallied(found.resource, field, found.scope or ()))
    del counts[NONE]
    having = counts.pop(ANY, counts.total())
    return counts + Counter({None: found.count() - having})


def _elements(rows: Counts) -> "Counter[str | None]":
    """The elements of JSON lists; of an empty one, nothing."""
    counts: Counter[str | None] = Counter()
    for text, count in rows:
        for element in decoded(text or "[]") or [None]:
            counts[element] += count
    return counts


def _by_year(rows: Counts) -> list[dict[str, Any]]:
    """For each year, how many records are surely and how many possibly in it; then those without a date."""
    possibly: Counter[str | None] = Counter()
    surely: Counter[str | None] = Counter()
    for year, count, is_sure in in_years(rows):
        possibly[year] += count
        surely[year] += count if is_sure else 0
    undated = [None] if None in possibly else []
    commonest = sorted((year for year in possibly if year is not None), key=lambda year: (-possibly[year], year))[:MOST]
    return [
        {"value": year, "surely": surely[year], "possibly": possibly[year]} for year in [*sorted(commonest), *undated]
    ]


def in_years(rows: Sequence[tuple[str | None, Item]]) -> Iterator[tuple[str | None, Item, bool]]:
    """Each year of the span of an item, with the item and whether it is surely in it; None, surely, without a span."""
    years = years_of([span for span, _ in rows])
    for span, item in rows:
        if span is None:
            yield None, item, True
        else:
            yield from ((f"{year:04}", item, span[:4] == span[5:]) for year in years(span))


def years_of(spans: Sequence[str | None]) -> Callable[[str], range]:
    """Gives the years of a span (`2014 2016`); an open end reaches as far as any of the spans given."""
    ends = {year for span in spans if span is not None for year in (span[:4], span[5:])}
    known = [int(year) for year in ends - {OPEN_START[:4], OPEN_END[:4]}]

    def years(span: str) -> range:
        start, end = int(span[:4]), int(span[5:])
        if span[5:] == OPEN_END[:4]:  # or the year 9999 itself, which ends there
            end = max([*known, start])
        if span[:4] == OPEN_START[:4]:
            start = min([*known, end])
        return range(start, end + 1)

    return years
