"""What can be checked of loaded fixtures: their coverage, how much is editorial, locators against the texts."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.database import execute
from models.documents import decoded
from models.facts import coverage
from models.registry import RESOURCES


class Unlocated(Exception):
    """A passage that is not in the text, or more than once."""


def report() -> tuple[list[str], list[str]]:
    """What the database holds, how much of its values is editorial per resource, and the faults of coverage."""
    lines = []
    for resource in RESOURCES:
        records = execute("SELECT count(*) FROM record WHERE resource = ?", (resource.name,)).fetchone()[0]
        claimed, editorial = _bases(resource.name)
        total = claimed + editorial
        share = f", {editorial} of {total} values editorial ({100 * editorial / total:.1f}%)" if total else ""
        lines.append(f"{resource.name}: {records} records{share}")
    return lines, list(coverage_faults())


def _bases(resource: str) -> tuple[int, int]:
    """How many values of a resource rest on claims, and how many on an editorial reason."""
    counted: Counter[bool] = Counter()
    rows = execute("SELECT standing FROM entry WHERE path LIKE ?", (f"{resource}/%",))
    for (standing,) in rows.fetchall():
        for values in decoded(standing).get("values", {}).values():
            counted.update(bool(value["claims"]) for value in values)
    return counted[True], counted[False]


def coverage_faults() -> Iterator[str]:
    """Paragraphs of the texts we hold that are neither coded nor listed as nothing, or both."""
    nothing = {entry["source"]: {int(n["paragraph"]): n for n in entry["nothing"]} for entry in coverage()}
    held = {source["id"]: source["held"]["paragraphs"] for source in _held()}
    for source in nothing.keys() - held.keys():
        yield f"coverage: {source} is no source whose text we hold"
    for source, paragraphs in held.items():
        coded = _coded_paragraphs(source)
        for paragraph in range(1, paragraphs + 1):
            if (paragraph in coded) == (paragraph in nothing.get(source, {})):
                both = (
                    "both coded and listed as nothing" if paragraph in coded else "neither coded nor listed as nothing"
                )
                yield f"coverage: {source}, paragraph {paragraph}: is {both}"
        for paragraph, entry in nothing.get(source, {}).items():
            if not entry.get("because") or paragraph > paragraphs:
                yield f"coverage: {source}, paragraph {paragraph}: needs a `because`, and to be one of {paragraphs}"


def _held() -> Iterator[dict[str, Any]]:
    rows = execute("SELECT input FROM record WHERE resource = ? ORDER BY id", ("sources",))
    for (text,) in rows.fetchall():
        if "held" in (source := decoded(text)):
            yield source


def _claims_of(source: str) -> Iterator[dict[str, Any]]:
    rows = execute(
        "SELECT r.input FROM record r JOIN reference f ON f.path = r.path "
        "WHERE f.relation = 'source' AND f.target = ? ORDER BY r.path",
        (f"sources/{source}",),
    )
    for (text,) in rows.fetchall():
        yield decoded(text)


def _coded_paragraphs(source: str) -> set[int]:
    return {place["paragraph"] for claim in _claims_of(source) for place in claim.get("locators", ())}


def verify_locators(folder: Path) -> tuple[int, list[str]]:
    """Check every locator of every text in `folder` that a source holds; returns how many, and the faults."""
    texts = {hashlib.sha256(f.read_bytes()).hexdigest(): f for f in sorted(folder.iterdir()) if f.is_file()}
    checked, faults = 0, []
    for source in _held():
        file = texts.get(source["held"]["sha256"])
        if file is None:
            faults.append(
                f"sources/{source['id']}: no file in {folder} has its digest {source['held']['sha256'][:12]}…"
            )
            continue
        text = as_it_stands(file)
        faults += _size_faults(source, text)
        for claim in _claims_of(source["id"]):
            for place in claim.get("locators", ()):
                checked += 1
                if wrong := locator_fault(text, place):
                    faults.append(f"claims/{claim['id']}: {wrong}")
    return checked, faults


def _size_faults(source: dict[str, Any], text: str) -> Iterator[str]:
    sizes = {"characters": len(text), "paragraphs": len(paragraphs_of(text))}
    for name, size in sizes.items():
        if source["held"][name] != size:
            yield f"sources/{source['id']}: its text has {size} {name}, not {source['held'][name]}"


def as_it_stands(file: Path) -> str:
    """A file's text with the line ends that it has: offsets count them. Raises Unlocated."""
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Unlocated(f"{file} is not UTF-8") from None


def held_of(file: Path) -> dict[str, Any]:
    """What a source says of a text that it holds. Raises Unlocated."""
    text = as_it_stands(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return {"sha256": digest, "paragraphs": len(paragraphs_of(text)), "characters": len(text)}


def paragraphs_of(text: str) -> list[tuple[int, int]]:
    """Start and end of each line that is not blank, in code points."""
    found, start = [], 0
    for line in text.split("\n"):
        if line.strip():
            found.append((start, start + len(line)))
        start += len(line) + 1
    return found


def locator_fault(text: str, place: dict[str, Any]) -> str | None:
    """What is wrong with a locator of `text`; None where nothing is."""
    paragraphs = paragraphs_of(text)
    if place["paragraph"] > len(paragraphs) or place["end"] > len(text):
        return f"its locator is past the end ({len(paragraphs)} paragraphs, {len(text)} characters)"
    start, end = paragraphs[place["paragraph"] - 1]
    if not start <= place["start"] < place["end"] <= end:
        return f"{place['start']}-{place['end']} is not within paragraph {place['paragraph']} ({start}-{end})"
    if digest_of(text[place["start"] : place["end"]]) != place["sha256"]:
        return f"the passage {place['start']}-{place['end']} has another digest"
    return None


def digest_of(passage: str) -> str:
    """sha256 of a passage's UTF-8 bytes."""
    return hashlib.sha256(passage.encode()).hexdigest()


def locator(text: str, first: str, last: str) -> dict[str, Any]:
    """The locator of the passage from the first words to the last. Raises Unlocated."""
    if not first or not last:
        raise Unlocated("give the first words and the last words of the passage")
    start = text.find(first)
    if start < 0:
        raise Unlocated(f'the text has no "{first}"; copy the words as they stand, quotation marks too')
    if text.find(first, start + 1) >= 0:
        raise Unlocated(f'the text has "{first}" more than once; give more words')
    found = text.find(last, start)
    if found < 0:
        raise Unlocated(f'the text has no "{last}" after "{first}"')
    end = found + len(last)
    for paragraph, (begins, ends) in enumerate(paragraphs_of(text), 1):
        if begins <= start and end <= ends:
            return {"paragraph": paragraph, "start": start, "end": end, "sha256": digest_of(text[start:end])}
    raise Unlocated("the passage runs over more than one paragraph; give a locator for each")
