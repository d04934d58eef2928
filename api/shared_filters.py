"""Filters of several lists at once: for what is asked over defectors, purges and claims together."""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError

from api.finding import moment_of
from api.schemas.filters import Asked, Filter
from api.schemas.parameters import Parameter, among
from api.schemas.queries import ListQuery
from models.moment import Condition
from models.registry import RESOURCE

OWN = frozenset({"id", "updated_after", "scope"})
"""Filters that are not shared as they stand."""


AskedFor = tuple[Asked, list[Condition]]
"""How one kind of record is asked for, and the conditions that the filters make on it."""


class SharedFilter(Parameter):
    """A filter that several kinds of record have under one name; a kind without it, or its value, is left out."""

    repeated = True

    def __init__(self, by_type: Mapping[str, Parameter]) -> None:
        self.by_type = dict(by_type)
        first = next(iter(self.by_type.values()))
        self.choices = tuple(dict.fromkeys(choice for field in self.by_type.values() for choice in field.choices))
        self.repeated = first.repeated
        metadata = {name: value for name, value in first.metadata.items() if name not in {"description", "enum"}}
        if "enum" in first.metadata:
            metadata["enum"] = list(self.choices)
        told = "; ".join(dict.fromkeys(_first_line(field) for field in self.by_type.values()))
        super().__init__(f"{told} (of {', '.join(self.by_type)}).", metadata=metadata)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        read: dict[str, Any] = {}
        fault: ValidationError | None = None
        for kind, field in self.by_type.items():
            try:
                read[kind] = field.deserialize(value, attr)
            except ValidationError as error:
                fault = error
        if fault and not read:
            raise ValidationError(among(value, self.choices)) if self.choices else fault
        return _Read(read)

    def fits(self, kind: str, read: Any) -> bool:
        """Whether a kind of record has the filter, and any of its values."""
        return any(kind in value for value in (read if isinstance(read, list) else [read]))

    def lacked(self, kind: str, name: str) -> str:
        """What a kind of record lacks that does not fit, as it is told: the filter, or the values asked of it."""
        return f"such {name}" if kind in self.by_type else name

    def condition(self, kind: str, read: Any, asked: Asked) -> Condition | None:
        """The condition that its values make on one kind of record; None where that has no such filter or value."""
        mine = [value[kind] for value in (read if isinstance(read, list) else [read]) if kind in value]
        if not mine:
            return None
        condition: Condition = self.by_type[kind].where(mine, asked)  # type: ignore[attr-defined]
        return condition


class _Read(dict[str, Any]):
    """A value as each kind of record reads it; hashed by what it holds, as repeated ones are told apart."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(repr(sorted(self.items())))


def _first_line(field: Parameter) -> str:
    return str(field.metadata["description"]).partition("\n")[0].rstrip(". ")


def shared_filters(queries: Mapping[str, ListQuery], *, without: frozenset[str] = frozenset()) -> dict[str, Parameter]:
    """The filters of several lists by name, each once."""
    found: dict[str, dict[str, Parameter]] = {}
    for kind, query in queries.items():
        for name, field in query.fields.items():
            if hasattr(field, "where") and name not in OWN | without:
                assert isinstance(field, Parameter)
                found.setdefault(name, {})[kind] = field
    return {name: SharedFilter(by_type) for name, by_type in found.items()}


def conditions_by_type(
    queries: Mapping[str, ListQuery], fields: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, AskedFor]:
    """For each kind of record that has all filters given: how it is asked for, and the conditions that they make."""
    filters = {name: values for name, values in given.items() if isinstance(fields[name], SharedFilter)}
    found: dict[str, AskedFor] = {}
    for kind, query in queries.items():
        asked = Asked(RESOURCE[kind], given.get("policy", "any"), given.get("certainty", "possibly"), moment_of(given))
        conditions = [fields[name].condition(kind, values, asked) for name, values in filters.items()]
        made = [condition for condition in conditions if condition is not None]
        if len(made) == len(filters):
            found[kind] = (asked, [*made, *_further(query, given, asked)])
    return found


def _further(query: ListQuery, given: Mapping[str, Any], asked: Asked) -> Iterator[Condition]:
    """Of a kind of record that has a scope, the scopes shown; and that it is known at the moment."""
    if "scope" in query.fields:
        scope = query.fields["scope"]
        assert isinstance(scope, Filter)
        yield scope.where(given.get("scope", ["subject"]), asked)
    if asked.moment.day is not None:
        yield asked.moment.visible()
