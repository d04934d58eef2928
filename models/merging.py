"""Merging two records of one kind: whatever refers to the one refers to the other then, and what it held is kept."""

from collections.abc import Iterator, Mapping, Set
from typing import Any

from models.database import execute
from models.declaration import Resource, at
from models.documents import decoded
from models.registry import resource_of
from models.wiring import Wiring

Given = dict[str, Any]


def merged(gone: str, kept: str, reason: str, wiring: Wiring) -> Iterator[Mapping[str, Any]]:
    """The records that change where `gone` is merged into `kept`, as the writer takes them.

    They are the one that stays, which gets what only the other said, and each that refers to the one that goes. Where
    the two say different things the one that stays says its own, for the reason for which they are merged.
    """
    stays, goes = (_referring(kept, _input(path), wiring, gone, kept) for path in (kept, gone))
    reasons = dict.fromkeys(_differing(resource_of(kept), stays, goes), reason)
    yield _record(kept, _united(kept, stays, goes, reasons))
    rows = execute("SELECT DISTINCT path FROM reference WHERE target = ? ORDER BY path", (gone,)).fetchall()
    for (path,) in rows:
        if path not in {gone, kept}:
            yield _record(path, _referring(path, _input(path), wiring, gone, kept), gone, kept)


def _input(path: str) -> Given:
    found: Given = decoded(execute("SELECT input FROM record WHERE path = ?", (path,)).fetchone()[0])
    return found


def _record(path: str, content: Given, gone: str = "", kept: str = "") -> Mapping[str, Any]:
    (under,) = execute("SELECT under FROM record WHERE path = ?", (path,)).fetchone()
    return {"resource": path.partition("/")[0], "under": kept if under == gone else under, "file": None, **content}


def _differing(resource: Resource, stays: Given, goes: Given) -> Iterator[str]:
    """The values, lists apart, that both have and that are not the same."""
    for name in resource.values:
        own, other = at(stays, name), at(goes, name)
        if own is not None and other is not None and own != other and not isinstance(own, list):
            yield name


def _united(path: str, stays: Given, goes: Given, reasons: Mapping[str, str]) -> Given:
    """What stays, with what it lacks of what goes; where both say something, its own, and of lists both."""
    containers = {name.partition(".")[0] for name in resource_of(path).values if "." in name}
    united = _both(stays, {name: value for name, value in goes.items() if name != "id"}, containers)
    reasons = {**goes.get("editorial", {}), **reasons, **stays.get("editorial", {})}
    united |= {"editorial": reasons} if reasons else {}
    return united | ({"links": _links(united["links"], path)} if "links" in united else {})


def _both(stays: Given, goes: Given, containers: Set[str] = frozenset()) -> Given:
    """The members of two mappings: of lists both, of containers and reasons each member, else what the first says."""
    found = {**goes, **stays}
    for name in stays.keys() & goes.keys():
        own, other = stays[name], goes[name]
        if isinstance(own, list):
            found[name] = _distinct([*own, *other])
        elif name in containers or name == "withheld":
            found[name] = _both(own, other)
    return found


def _referring(path: str, content: Given, wiring: Wiring, gone: str, kept: str) -> Given:
    """A record's input with each reference to what goes turned to what stays."""
    before = [about["record"] for about in content["about"]] if path.startswith("claims/") else []
    for reference in list(wiring.references(path.partition("/")[0], content)):
        if reference.target == gone:
            _set(content, reference.pointer.split("/")[1:], gone, kept)
    found: Given = {name: value if name == "chain" else _once(value) for name, value in content.items()}
    if "links" in found:
        found["links"] = _links(found["links"], path)
    if before:
        found["about"] = _about(content["about"], before)
    return {name: value for name, value in found.items() if name != "links" or value}


def _set(content: Any, tokens: list[str], gone: str, kept: str) -> None:
    """Put the one that stays where a pointer leads: by its path where the other stood by its path, else by its id."""
    for token in tokens[:-1]:
        content = content[int(token) if isinstance(content, list) else token]
    last: Any = int(tokens[-1]) if isinstance(content, list) else tokens[-1]
    content[last] = kept if content[last] == gone else kept.partition("/")[2]


def _once(value: Any) -> Any:
    """A value in whose lists, at any depth, nothing stands twice."""
    if isinstance(value, dict):
        return {name: _once(one) for name, one in value.items()}
    return _distinct([_once(one) for one in value]) if isinstance(value, list) else value


def _distinct(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def _links(links: list[Given], path: str) -> list[Given]:
    """Each link once, with all the claims behind it; none of a record to itself."""
    found: dict[tuple[str, str], Given] = {}
    for link in links:
        if link["to"] == path:
            continue
        known = found.setdefault((link["to"], link["relation"]), dict(link))
        claims = _distinct([*known.get("claims", []), *link.get("claims", [])])
        known |= {**link, **known} | ({"claims": claims} if claims else {})
    return list(found.values())


def _about(abouts: list[Given], before: list[str]) -> list[Given]:
    """Each record once, with all values that are set on it; those set on the one that stays come before the other's."""
    found: dict[str, Given] = {}
    for about, was in zip(abouts, before, strict=True):
        known = found.setdefault(about["record"], {"record": about["record"]})
        both = [about.get("sets", {}), known.get("sets", {})]
        sets = _both(*both) if was == about["record"] else _both(*reversed(both))
        found[about["record"]] = known | ({"sets": _once(sets)} if sets else {})
    return list(found.values())
