"""A record as it was known at some moment: what was not known then is taken out of its document.

What may not be told before its day: values that no claim sets by then (a period's `hidden`), what we add ourselves
(description, editorial reasons and values, links that no claim makes), and whatever is known later: claims, sources,
links, parts of a source.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from models.dates import OPEN_END, OPEN_START
from models.documents import compact
from models.moment import ALL_KNOWN, Moment

Document = dict[str, Any]
IsKnown = Callable[[str], bool]
"""Whether the record of a path is known by then."""

PLACE = re.compile(r"(?P<name>[a-z_.]+)(?:\[(?P<position>[0-9]+)\])?")


def mentioned(document: Mapping[str, Any]) -> Iterator[str]:
    """The paths of all records on which it depends what is shown of a document."""
    for link in document.get("links", ()):
        yield link["to"]
        yield from (f"claims/{claim}" for claim in link["claims"])
    for name in ("cites", "leans_on"):
        yield from (f"sources/{source}" for source in document.get(name, ()))
    for claim in document.get("claims", ()):
        yield f"claims/{claim['id']}"
        yield from mentioned(claim)
    if "says" in document:
        yield f"sources/{document['source']}"
        yield from (f"sources/{step['source']}" for step in document["chain"] if step["source"])
        yield from (f"claims/{answer['claim']}" for answer in document["answers"])
        yield from (about["record"] for about in document["about"])
        yield from speakers(document).values()
        yield origin_of(document)
        if document["part"]:
            yield part_of(document)
    elif "about" in document:
        yield from document["about"]


def as_known(document: Document, hidden: Sequence[str], moment: Moment, is_known: IsKnown) -> Document:
    """The document by what is known at a moment; `hidden` are the places of values that are left out."""
    masked = _without(document, hidden)
    for name, nothing in (("description", None), ("editorial", {})):
        if name in masked:
            masked[name] = nothing
    if "links" in masked:
        masked["links"] = list(_links(masked["links"], is_known))
    if "says" in masked:
        _mask_claim(masked, is_known)
    elif "about" in masked:
        masked["about"] = [path for path in masked["about"] if is_known(path)]
    if "parts" in masked:
        _mask_source(masked, moment, is_known)
    if "claims" in masked:
        known = [claim for claim in masked["claims"] if is_known(f"claims/{claim['id']}")]
        masked["claims"] = [as_known(claim, (), moment, is_known) for claim in known]
    return masked


class Cut(NamedTuple):
    """A part of a document's bytes, from `start` until before `end`, and what stands there in another edition."""

    start: int
    end: int
    text: str


def members(document: Document, whole: bytes) -> dict[str, tuple[int, int]]:
    """Where the values of a document stand in it as a `whole`, by name: first byte, and the one after the last."""
    places, at = {}, 1
    for name, value in document.items():
        start = at + len(compact(name)) + 1
        at = start + len(compact(value)) + 1
        places[name] = (start, at - 1)
    assert at == len(whole), "it is not compact"
    return places


def cuts(document: Document, places: Mapping[str, tuple[int, int]], hidden: Sequence[str]) -> list[Cut] | None:
    """What is another in a document at any moment at which these places are hidden; None where others bear on it."""
    if "parts" in document or next(mentioned(document), None) is not None:
        return None
    masked = as_known(document, hidden, ALL_KNOWN, lambda _: False)
    return [
        Cut(*place, compact(masked[name]).decode()) for name, place in places.items() if masked[name] != document[name]
    ]


def _without(document: Document, hidden: Sequence[str]) -> Document:
    """A copy in which hidden scalars are null, and hidden elements are gone from their lists."""
    masked = dict(document)
    elements: dict[str, set[int]] = {}
    for place in hidden:
        found = PLACE.fullmatch(place)
        assert found
        if found["position"] is None:
            _set(masked, found["name"], None)
        else:
            elements.setdefault(found["name"], set()).add(int(found["position"]))
    for name, gone in elements.items():
        _set(masked, name, [value for position, value in enumerate(_at(masked, name)) if position not in gone])
    return masked


def _at(document: Document, dotted: str) -> Any:
    value: Any = document
    for part in dotted.split("."):
        value = value[part]
    return value


def _set(document: Document, dotted: str, value: Any) -> None:
    """Set a value at a dotted name, copying what leads there; where nothing is there, nothing is set."""
    head, _, rest = dotted.partition(".")
    if not rest:
        document[head] = value
    elif document.get(head) is not None:
        document[head] = dict(document[head])
        _set(document[head], rest, value)


def _links(links: Sequence[Document], is_known: IsKnown) -> Iterator[Document]:
    for link in links:
        claims = [claim for claim in link["claims"] if is_known(f"claims/{claim}")]
        if claims and is_known(link["to"]):
            yield link | {"claims": claims, "reason": None}


def _mask_claim(claim: Document, is_known: IsKnown) -> None:
    if not is_known(f"sources/{claim['source']}"):
        claim |= {"source": None, "part": None, "locators": []}
    elif claim["part"] and not is_known(part_of(claim)):
        claim |= {"part": None, "locators": []}
    if not is_known(origin_of(claim)):
        claim["origin"] = dict.fromkeys(claim["origin"])
    unknown = [name for name, path in speakers(claim).items() if not is_known(path)]
    claim["origin"] = claim["origin"] | dict.fromkeys(unknown)
    claim["about"] = [about for about in claim["about"] if is_known(about["record"])]
    claim["chain"] = [step for step in claim["chain"] if not step["source"] or is_known(f"sources/{step['source']}")]
    claim["answers"] = [answer for answer in claim["answers"] if is_known(f"claims/{answer['claim']}")]
    claim["leans_on"] = [source for source in claim["leans_on"] if is_known(f"sources/{source}")]


def speakers(claim: Mapping[str, Any]) -> dict[str, str]:
    """The records of who speaks, by member of `origin`: an unknown document may be all that names them."""
    origin = claim["origin"]
    kinds = {"person": "people", "institution": "institutions"}
    return {name: f"{resource}/{origin[name]}" for name, resource in kinds.items() if origin.get(name)}


def origin_of(claim: Mapping[str, Any]) -> str:
    """Who speaks in a claim, as a path."""
    return f"claims/{claim['id']}#origin"


def part_of(claim: Mapping[str, Any]) -> str:
    """The part of a document in which a claim stands, as a path."""
    return f"sources/{claim['source']}#{claim['part']}"


def _mask_source(source: Document, moment: Moment, is_known: IsKnown) -> None:
    source["cites"] = [cited for cited in source["cites"] if is_known(f"sources/{cited}")]
    parts = [part for part in source["parts"] if not is_later(part["published"], moment)]
    if len(parts) < len(source["parts"]):
        source |= {"parts": parts, "held": None}


def is_later(published: Mapping[str, Any] | None, moment: Moment) -> bool:
    """Whether a part is not known by then; one without a date of its own comes with its document."""
    if not published or moment.day is None:
        return False
    if moment.bound == "surely":
        return (published.get("latest") or OPEN_END) > moment.day
    return (published.get("earliest") or OPEN_START) > moment.day
