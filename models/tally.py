"""How many records of each scope have each value, as all is known now: kept with every write, not counted for answers.

It tells the counts of whole lists, and which of several conditions finds the fewest records.
"""

from collections.abc import Iterator, Sequence

from models.database import execute, marks
from models.declaration import Resource
from models.registry import RESOURCE, resource_of
from models.standing import POLICIES
from models.tables import NOW

ANY = "*"
"""The value that counts the records with any term of a field; also the field, and its value, that counts them all."""

NONE = ""
"""The value that counts the records without one: in a column, or a status."""

NOT_COUNTED = frozenset({"path", "id", "name", "scope"})
"""Columns of a resource that are no values to count by; the days of uncertain dates are none either."""


def counted_columns(resource: Resource) -> list[str]:
    """The columns of a resource's table by whose values its records are counted."""
    names: list[str] = resource.table._meta.sorted_field_names
    return [name for name in names if name not in NOT_COUNTED and not name.endswith(("_earliest", "_latest"))]


def column_field(column: str) -> str:
    """What a column is counted as: terms can be called alike."""
    return f"column {column}"


def status_field(policy: str) -> str:
    """What the status under a policy is counted as: the column of `period` that holds it."""
    return f"status_{policy.replace('-', '_')}"


def recount(paths: Sequence[str], sign: int) -> None:
    """Add (sign 1) what the derived rows of some records count to what is told, or take it away (-1)."""
    by_resource: dict[str, list[str]] = {}
    for path in paths:
        by_resource.setdefault(resource_of(path).name, []).append(path)
    for name, chosen in by_resource.items():
        counts = [
            f"SELECT '{name}', {_scope(RESOURCE[name])} AS scope, {field} AS field, {value} AS value, "
            f"{sign:d} * count(DISTINCT t.path) FROM {RESOURCE[name].table._meta.table_name} t {join} "
            f"WHERE t.path IN ({marks(chosen)}) GROUP BY 2, 3, 4"
            for field, value, join in _counts(RESOURCE[name])
        ]
        execute(
            f"INSERT INTO tally (resource, scope, field, value, records) SELECT * FROM ({' UNION ALL '.join(counts)}) "
            "AS counted WHERE true ON CONFLICT (resource, field, value, scope) "
            "DO UPDATE SET records = tally.records + excluded.records",
            chosen * len(counts),
        )
    if sign < 0:
        execute("DELETE FROM tally WHERE records = 0")


def _scope(resource: Resource) -> str:
    return "t.scope" if "scope" in resource.table._meta.fields else "''"


def _counts(resource: Resource) -> Iterator[tuple[str, str, str]]:
    """What its records are counted by: field, value, and what is joined for it."""
    yield f"'{ANY}'", f"'{ANY}'", ""
    term = "JOIN term m ON m.path = t.path"
    yield from (("m.field", "m.value", term), ("m.field", f"'{ANY}'", term))
    for column in counted_columns(resource):
        yield f"'{column_field(column)}'", f"coalesce(t.{column}, '{NONE}')", ""
    period = f"JOIN period p ON p.path = t.path AND p.bound = '{NOW}'"
    for policy in POLICIES if resource.has_standing else ():
        column = status_field(policy)
        yield f"'{column}'", f"coalesce(p.{column}, '{NONE}')", period


def tallied(resource: Resource, field: str, scopes: Sequence[str] = ()) -> dict[str, int]:
    """Value -> how many records of some scopes (any, if none are named) have it."""
    chosen = f" AND scope IN ({marks(scopes)})" if scopes else ""
    rows = execute(
        f"SELECT value, sum(records) FROM tally WHERE resource = ? AND field = ?{chosen} GROUP BY value",
        (resource.name, field, *scopes),
    )
    return {value: int(records) for value, records in rows.fetchall()}


def estimates(resource: Resource, asked: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Of each field and value, how many records have it, of whatever scope."""
    rows = execute(
        f"WITH asked(field, value) AS (VALUES {', '.join(['(?, ?)'] * len(asked))}) "
        "SELECT a.field, a.value, sum(y.records) FROM asked a CROSS JOIN tally y WHERE y.resource = ? "
        "AND y.field = a.field AND y.value = a.value GROUP BY a.field, a.value",
        (*(part for pair in asked for part in pair), resource.name),
    )
    return dict.fromkeys(asked, 0) | {(field, value): int(records) for field, value, records in rows.fetchall()}
