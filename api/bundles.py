"""Reading fixtures: files of records as YAML, JSON or NDJSON, every value as it is spelled, every fault with its line.

A *bundle* is a mapping resource -> list of records; NDJSON has one record a line, with its `resource`.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from marshmallow import ValidationError, fields, validate
from yaml.reader import ReaderError

from api.given import Lines, Raw, flattened
from api.schemas.fields import Reference, Strict, Whole, text
from api.strict_json import DEEPEST, NotJSON, read_json
from models.dates import is_day
from models.registry import RESOURCE
from models.vocabulary import nearest

FACTS = ("coverage", "coverage_from")
SUFFIXES = (".yaml", ".yml", ".json", ".ndjson", ".jsonl")
LARGEST = 64 * 1024 * 1024
SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


class Unreadable(Exception):
    """A file that cannot be read as a bundle: line (from 1) and what is wrong."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line, self.message = line, message


Found = Raw | tuple[str, Any] | Unreadable


def read(file: Path) -> Iterator[Found]:
    """The records of a file, its facts about coverage as (name, value), and what in it cannot be read.

    Raises Unreadable where nothing more can be read of it.
    """
    try:
        reader = _read_lines if file.suffix in {".ndjson", ".jsonl"} else _read_whole
        yield from reader(file)
    except UnicodeDecodeError:
        raise Unreadable(_undecodable_line(file), "is not UTF-8") from None
    except OSError as error:
        raise Unreadable(1, f"cannot be read: {error.strerror}") from None


def _undecodable_line(file: Path) -> int:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1


def files_in(path: Path) -> list[Path]:
    """A file, or the fixture files in a folder, sorted. Raises Unreadable where there is none."""
    if path.is_file():
        return [path.resolve()]
    found = sorted(f.resolve() for f in path.glob("*") if f.suffix in SUFFIXES and f.is_file()) if path.is_dir() else []
    if not found:
        raise Unreadable(0, "there is no such file, nor a folder with fixtures in it")
    return found


def _read_lines(file: Path) -> Iterator[Found]:
    with file.open(encoding="utf-8") as lines:
        for number, text in enumerate(lines, 1):
            if text.strip():
                try:
                    yield from _read_line(text.rstrip(), number)
                except Unreadable as fault:
                    yield fault


def _read_line(text: str, number: int) -> Iterator[Found]:
    record = _json(text, number)
    resource = record.pop("resource", None) if isinstance(record, dict) else None
    if resource == "coverage":
        yield from (_fact(name, value, number) for name, value in record.items())
        return
    _require_resource(resource, number)
    yield from flattened(str(resource), record, lambda _: number)


def _fact(name: str, value: Any, line: int) -> tuple[str, Any]:
    """A fact about coverage, if it is sound: `talbuk check` and the API take it as it stands."""
    if name not in FACTS:
        raise Unreadable(line, f"{name!r} is no fact about coverage: one of {', '.join(FACTS)}")
    if name == "coverage_from" and not (isinstance(value, str) and is_day(value)):
        raise Unreadable(line, "coverage_from must be a day, such as 2015-06-21")
    if name == "coverage":
        try:
            CoverageSchema(many=True).load(value)
        except ValidationError as error:
            raise Unreadable(line, f"coverage has faults: {json.dumps(error.messages)}") from None
    return name, value


class NothingSchema(Strict):
    """A paragraph with nothing to code."""

    paragraph = Whole(required=True, validate=validate.Range(1))
    because = text("Why there is nothing in it.", required=True)


class CoverageSchema(Strict):
    """What of a source's text holds nothing."""

    source = Reference("sources", description="The source.", required=True)
    nothing = fields.List(fields.Nested(NothingSchema))


def _json(text: str, line: int, *, unique: bool = True) -> Any:
    try:
        return read_json(text, unique=unique)
    except NotJSON as fault:
        raise Unreadable(line + fault.line - 1, fault.detail) from None


def _read_whole(file: Path) -> Iterator[Found]:
    if file.stat().st_size > LARGEST:
        raise Unreadable(1, "is larger than 64 MiB; write large data as NDJSON, one record a line")
    text = file.read_text(encoding="utf-8-sig")
    typed = _json(text, 1, unique=False) if file.suffix == ".json" else None
    root = _composed(SURROGATE.sub(r"\\ufffd", text) if file.suffix == ".json" else text)
    if root is None:
        return
    if not isinstance(root, yaml.MappingNode):
        raise Unreadable(1, "is no bundle: a mapping from resource to a list of records")
    for name, node in _members(root):
        try:
            yield from _read_member(name, node, typed)
        except Unreadable as fault:
            yield fault


def _read_member(name: str, node: yaml.Node, typed: Any) -> Iterator[Found]:
    line = node.start_mark.line + 1
    if name in FACTS:
        yield _fact(name, _plain(node), line)
        return
    _require_resource(name, line)
    if not isinstance(node, yaml.SequenceNode):
        raise Unreadable(line, f"{name} must be a list of records")
    for position, item in enumerate(node.value):
        plain = _plain(item)
        yield from flattened(name, plain if typed is None else typed[name][position], _lines_of(item))


def _require_resource(name: object, line: int) -> None:
    if not isinstance(name, str) or name not in RESOURCE:
        close = nearest(str(name), RESOURCE)
        meant = f"; did you mean {close}?" if close else ""
        raise Unreadable(line, f"{name!r} is no resource: one of {', '.join(RESOURCE)}{meant}")


def _composed(text: str) -> yaml.Node | None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _require_plain(text, loader)
        node: yaml.Node | None = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(mark.line + 1 if mark else 1, f"is not YAML: {error.problem or error.context}") from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Unreadable(line, f"has the character {error.character!r}: take it out") from None
    except yaml.YAMLError as error:
        raise Unreadable(1, f"is not YAML: {' '.join(str(error).split())}") from None
    return node


def _require_plain(text: str, loader: Any) -> None:
    """Refuse depth, tags, anchors and aliases before the YAML library builds nodes: deep ones would end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(line, "uses an anchor or alias (& and *): write the value out")
        if (tag := getattr(event, "tag", None)) is not None:
            raise Unreadable(line, f"has the tag {tag}: take it out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise Unreadable(line, f"is nested more than {DEEPEST} deep")


def _members(node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node]]:
    keys: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise Unreadable(line, "a key must be a plain word")
        if key.value in keys:
            raise Unreadable(line, f"has the key {key.value} twice")
        keys.add(key.value)
        yield key.value, value


def _plain(node: yaml.Node) -> Any:
    """A node's value with every scalar as its text, whatever YAML would make of `no`, `1997` or 2015-07-10."""
    if isinstance(node, yaml.MappingNode):
        return {key: _plain(value) for key, value in _members(node)}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    missing = isinstance(node, yaml.ScalarNode) and not node.style and node.value in {"", "~", "null", "Null", "NULL"}
    return None if missing else node.value


def _lines_of(node: yaml.Node) -> Lines:
    """Lines by pointer: of the field itself, else of the nearest thing around it."""

    def line(pointer: str) -> int:
        found, current = node.start_mark.line + 1, node
        for part in pointer.split("/")[1:]:
            inner = _step(current, part)
            if inner is None:
                break
            found, current = inner
        return found

    return line


def _step(node: yaml.Node, part: str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
        item = node.value[int(part)]
        return item.start_mark.line + 1, item
    return None
