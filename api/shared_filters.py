"""Filters of several lists at once: for what is asked over defectors, purges and claims together."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from api.finding import Finding, finding
from api.schemas.parameters import Parameter, among
from api.schemas.queries import FoundQuery, ListQuery

ALIKE = frozenset({*FoundQuery().fields, "scope"})
"""What is asked of each kind of record as of its list, and leaves none out: one that has no scope is always shown."""


class SharedFilter(Parameter):
    """A filter that several kinds of record have under one name; a kind without it, or its value, is left out."""

    repeated = True

    def __init__(self, by_type: Mapping[str, Parameter], told_as: Parameter | None = None) -> None:
        """`by_type` are the filters of the lists; they are told as another parameter is, or each as itself."""
        self.by_type = dict(by_type)
        first = told_as or next(iter(self.by_type.values()))
        self.choices = tuple(dict.fromkeys(choice for field in self.by_type.values() for choice in field.choices))
        self.repeated = first.repeated
        metadata = {name: value for name, value in first.metadata.items() if name not in {"description", "enum"}}
        if "enum" in first.metadata:
            metadata["enum"] = list(self.choices)
        told = "; ".join(dict.fromkeys(map(_first_line, [told_as] if told_as else self.by_type.values())))
        super().__init__(f"{told} (of {', '.join(self.by_type)}).", metadata=metadata)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        read: dict[str, Any] = {}
        fault = ValidationError("")
        for kind, field in self.by_type.items():
            try:
                read[kind] = field.deserialize(value, attr)
            except ValidationError as error:
                fault = error
        if not read:
            if self.choices:
                among(value, self.choices)
            raise fault
        return _Read(read)

    def fits(self, kind: str, read: Any) -> bool:
        """Whether a kind of record has the filter, and any of its values."""
        return any(kind in value for value in (read if isinstance(read, list) else [read]))

    def lacked(self, kind: str, name: str) -> str:
        """What a kind of record lacks that does not fit, as it is told: the filter, or the values asked of it."""
        return f"such {name}" if kind in self.by_type else name

    def own(self, kind: str, read: Any) -> tuple[str, list[Any]]:
        """The filter's name in the list of a kind of record that it fits, and its values as that list reads them."""
        name = self.by_type[kind].name
        assert name
        return name, [value[kind] for value in (read if isinstance(read, list) else [read]) if kind in value]


class _Read(dict[str, Any]):
    """A value as each kind of record reads it; hashed by what it holds, as repeated ones are told apart."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(repr(sorted(self.items())))


def _first_line(field: Parameter) -> str:
    return str(field.metadata["description"]).partition("\n")[0].rstrip(". ")


def shared_filters(queries: Mapping[str, ListQuery]) -> dict[str, SharedFilter]:
    """The filters of several lists by name, each once."""
    found: dict[str, dict[str, Parameter]] = {}
    for kind, query in queries.items():
        for name, field in query.fields.items():
            if hasattr(field, "where") and name not in ALIKE:
                assert isinstance(field, Parameter)
                found.setdefault(name, {})[kind] = field
    return {name: SharedFilter(by_type) for name, by_type in found.items()}


def findings(
    queries: Mapping[str, ListQuery], fields: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Finding]:
    """For each kind of record that has all filters given: the list of it that they ask for. Raises Problem."""
    shared = {name: values for name, values in given.items() if isinstance(fields[name], SharedFilter)}
    found: dict[str, Finding] = {}
    for kind, query in queries.items():
        if all(fields[name].fits(kind, values) for name, values in shared.items()):
            alike = {name: given[name] for name in ALIKE.intersection(given, query.fields)}
            found[kind] = finding(query, alike | dict(fields[name].own(kind, v) for name, v in shared.items()))
    return found
