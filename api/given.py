"""Records as they are given, in a file or a body: claims are taken out from under them, and validated.

Claims may stand under the record that they are about; here they are given their full form.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from api.schemas.fields import not_among
from api.schemas.messages import messages
from api.schemas.registry import SCHEMAS
from models.account import OCCURRED
from models.declaration import at
from models.faults import Fault
from models.registry import RESOURCE

Lines = Callable[[str], Any]
"""JSON pointer in a record -> where that is: its line in a file, from 1, or its pointer in a larger body."""


@dataclass(frozen=True)
class Raw:
    """One record as it stands in a file, not yet validated; `under` is the path it stands under."""

    resource: str
    record: Any
    line: Lines
    under: str | None = None
    faults: tuple[tuple[str, str], ...] = ()
    """Pointer and message of what is wrong with how it is abbreviated."""

    @property
    def path(self) -> str:
        """The record's path, as far as it has one."""
        slug = self.record.get("id") if isinstance(self.record, Mapping) else None
        return f"{self.resource}/{slug}" if isinstance(slug, str) else self.resource


def flattened(resource: str, record: Any, line: Lines) -> Iterator[Raw]:
    """A record, and the claims that stand under it in their full form."""
    if not isinstance(record, dict) or resource == "claims":
        yield Raw(resource, _full_abouts(record), line)
        return
    claims = record.pop("claims", [])
    faults = () if isinstance(claims, list) else (("/claims", "must be a list of claims"),)
    owner = Raw(resource, record, line, faults=faults)
    yield owner
    if faults:
        return
    for position, claim in enumerate(claims):
        yield _under(owner, claim, f"/claims/{position}")


def _full_abouts(claim: Any) -> Any:
    """`sets: [occurred]` of a claim that stands alone; it can name no other value without giving it."""
    abouts = claim.get("about") if isinstance(claim, dict) else None
    for about in abouts if isinstance(abouts, list) else []:
        if isinstance(about, dict) and about.get("sets") == [OCCURRED]:
            about["sets"] = {OCCURRED: True}
    return claim


def _under(owner: Raw, claim: Any, place: str) -> Raw:
    def line(pointer: str) -> Any:
        return owner.line(place + pointer.replace("/about/0/sets", "/sets", 1).replace("/about/0/record", "", 1))

    if not isinstance(claim, dict):
        return Raw("claims", claim, line, under=owner.path)
    faults: list[tuple[str, str]] = []
    if "about" in claim:
        faults.append(("/about", "a claim under a record is about that record; one about others stands under `claims`"))
    about: dict[str, Any] = {"record": owner.path}
    if "sets" in claim:
        about["sets"] = dict(_expanded(owner, claim["sets"], faults))
    full = {key: value for key, value in claim.items() if key != "sets"} | {"about": [about]}
    return Raw("claims", full, line, owner.path, tuple(faults))


def _expanded(owner: Raw, sets: Any, faults: list[tuple[str, str]]) -> Iterator[tuple[str, Any]]:
    """The values that a claim sets: a bare field name stands for the record's own value of it."""
    if isinstance(sets, dict):
        yield from sets.items()
        return
    given: set[str] = set()
    for position, item in enumerate(sets if isinstance(sets, list) else [sets]):
        pairs = item.items() if isinstance(item, dict) else [(item, _own_value(owner.record, item))]
        known = (OCCURRED, *RESOURCE[owner.resource].values)
        for name, value in pairs:
            if not isinstance(item, dict) and name not in known:
                faults.append((f"/sets/{position}", f"{owner.resource} have no such value: {not_among(name, known)}"))
            elif value is None:
                faults.append((f"/sets/{position}", f"the record has no value of {name}: give one, {{{name}: value}}"))
            elif name in given:
                faults.append((f"/sets/{position}", f"{name} is set twice"))
            else:
                given.add(name)
                yield name, value


def _own_value(record: Mapping[str, Any], name: Any) -> Any:
    if name == OCCURRED:
        return True
    value = at(dict(record), str(name))
    if name == "names" and isinstance(value, list):
        return [n for n in value if not (isinstance(n, dict) and n.get("basis") == "editorial")] or None
    return value


def validated(raw: Raw, file: str | None, ordinal: int | None = None) -> Iterator[Mapping[str, Any] | Fault]:
    """A record as the writer takes it, or the faults that it has; `ordinal` is which record of the run it is."""
    faults = [Fault(raw.path, pointer, message, raw.under, ordinal) for pointer, message in raw.faults]
    schema = SCHEMAS[raw.resource]
    try:
        record = schema.load(raw.record)
    except ValidationError as error:
        faults += [Fault(raw.path, *found, raw.under, ordinal) for found in messages(schema, error.messages)]
    if faults:
        yield from faults
    else:
        yield {"resource": raw.resource, "under": raw.under, "file": file, "ordinal": ordinal, **record}
