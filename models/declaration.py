"""How a resource is declared: its table, the values that claims can set, and what it can be found by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from peewee import TextField

from models.dates import Interval, columns
from models.tables import Table


class ResourceTable(Table):
    """What each resource's own table has: the columns that its records are filtered and sorted by."""

    path = TextField(primary_key=True)
    id = TextField(unique=True, help_text="The record's readable id, unique in its resource.")


def dated(**options: Any) -> tuple[TextField, TextField]:
    """The two columns of an uncertain date, NAME_earliest and NAME_latest: ISO days, null where undated."""
    return TextField(null=True, **options), TextField(null=True, **options)


def columns_of(table: type[ResourceTable], path: str, record: dict[str, Any]) -> dict[str, Any]:
    """The row of a record in its resource's table: scalars by name, dates by their two columns."""
    row: dict[str, Any] = {"path": path}
    for name in table._meta.sorted_field_names:
        if name == "path":
            continue
        if name.endswith("_earliest"):
            base = name.removesuffix("_earliest")
            date = record.get(base)
            row[name], row[f"{base}_latest"] = (
                columns(Interval(date.get("earliest"), date.get("latest"))) if date else (None, None)
            )
        elif not name.endswith("_latest"):
            row[name] = at(record, name)
    return row


def at(record: dict[str, Any], dotted: str) -> Any:
    """The value at a dotted name such as `targets.count`; None where the record has none."""
    value: Any = record
    for part in dotted.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def all_at(record: Any, dotted: str) -> Iterator[Any]:
    """Every scalar at a dotted name, through lists: `left_from.country` of a list of places, say."""
    head, _, rest = dotted.partition(".")
    found = record.get(head) if isinstance(record, dict) else None
    for item in found if isinstance(found, list) else [found]:
        if item is None:
            continue
        if rest:
            yield from all_at(item, rest)
        else:
            yield item


@dataclass(frozen=True)
class Resource:
    """One kind of record: what the writer must know of it beyond its schema."""

    name: str
    singular: str
    table: type[ResourceTable]
    values: tuple[str, ...] = ()
    """Dotted names of the fields that claims set, in the order in which they are shown."""
    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What a record can be found by: the term's field -> the dotted names whose values it takes."""
    may_occur: bool = False
    """Whether claims say that it happened, or was given: an event, a figure, a judgement."""
    has_standing: bool = False
    """Whether what they say adds up to a standing."""
    searched: tuple[str, ...] = ("name", "description")
    """Dotted names of the text that search reads."""
    own_words: tuple[str, ...] = ("name", "description")
    """Names of the fields that we write ourselves, and that no claim needs to set."""

    def path(self, slug: str) -> str:
        """The path of one of its records, such as `defectors/x`."""
        return f"{self.name}/{slug}"
