"""Claims: who says what about whom, through whom; and how an abbreviated one is filled in."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from peewee import TextField

from models.declaration import Resource, ResourceTable, dated
from models.standing import root_of
from models.tables import VocabularyField
from models.vocabulary import CAPACITY, COMMITMENT, IDENTITY, SIDE, STANCE

Given = Mapping[str, Any]


class Claim(ResourceTable):
    """What claims are filtered and sorted by, as filled in."""

    source = TextField(help_text="The document in which we read it.")
    stance = VocabularyField(STANCE, help_text="Whether the claim asserts, denies or doubts.")
    commitment = VocabularyField(COMMITMENT, help_text="How far the speaker commits to it.")
    identity = VocabularyField(IDENTITY, help_text="Whether the last speaker is named.")
    capacity = VocabularyField(CAPACITY, help_text="In which capacity the last speaker speaks.")
    side = VocabularyField(SIDE, help_text="Whose side the last speaker is on.")
    known_earliest, known_latest = dated(help_text="When it became public.")
    made_earliest, made_latest = dated(help_text="When it was said.")

    class Meta:
        """Each index serves one sort or filter."""

        indexes = (
            (("known_earliest", "known_latest", "id"), False),
            (("known_latest", "known_earliest", "id"), False),
            (("source", "id"), False),
        )


CLAIMS = Resource(
    name="claims",
    singular="claim",
    table=Claim,
    terms={
        "about": ("about.record",),
        "about_type": ("about_type",),
        "via": ("chain.source",),
        "person": ("origin.person",),
        "institution": ("origin.institution",),
        "root": ("root",),
        "answers": ("answers.relation",),
    },
    searched=("says", "origin.description"),
    own_words=("says",),
)

UNKNOWN = {"capacity": "unknown", "side": "other", "access": "unknown", "interest": "unknown"}
"""What an origin is taken to be where nothing is said of it."""

COMMON = {"stance": "asserts", "commitment": "plain", "explicit": "stated", "seen": "read"}
"""The common case of each axis: what a claim is that does not say otherwise."""

BY_ITS_DOCUMENT = "speaks_by"
"""Where an origin was filled in: the publication of the document that it was taken from. Before that nobody knew it."""

SourceOf = Callable[[str], Given]
"""Gives the input of a source by its id; raises KeyError where there is none."""


def resolve(claim: Given, source_of: SourceOf) -> dict[str, Any]:
    """A claim with everything that its defaults leave out: origin, seen, known, and its outermost `document`."""
    filled = dict(claim)
    filled["document"] = f"sources/{outermost(claim)}"
    given = claim.get("origin", {})
    is_given = "identity" in given
    speaker = {} if is_given else _speaking(source_of(outermost(claim)))
    filled[BY_ITS_DOCUMENT] = None if is_given else source_of(outermost(claim)).get("published") or {}
    filled["origin"] = {**UNKNOWN, **speaker, **given}
    for axis, common in COMMON.items():
        filled.setdefault(axis, common)
    if "known" not in filled:
        filled["known"] = _first_publication(claim, source_of)
    filled["root"] = ":".join(root_of(filled["origin"], filled["document"]))
    filled["about_type"] = sorted({about["record"].partition("/")[0] for about in claim["about"]})
    return filled


def outermost(claim: Given) -> str:
    """The id of the last document in the chain: the one nearest to who said it."""
    documents = [step["source"] for step in claim.get("chain", ()) if "source" in step]
    return str(documents[-1] if documents else claim["source"])


def _speaking(source: Given) -> dict[str, Any]:
    """The origin of a claim that names none: the document itself speaks, by its author, else its publisher."""
    if source.get("authors"):
        return {"identity": "named", "capacity": "author", "person": source["authors"][0]}
    if source.get("publisher"):
        return {"identity": "named", "capacity": "publisher", "institution": source["publisher"]}
    return {"identity": "unstated", "capacity": "publisher"}


def _first_publication(claim: Given, source_of: SourceOf) -> dict[str, Any] | None:
    """The earliest publication among the claim's source (the part it stands in) and the documents of its chain."""
    dates = [date for date in _publications(claim, source_of) if date]
    starts = [date["earliest"] for date in dates if date.get("earliest")]
    earliest = min(starts, default=None) if len(starts) == len(dates) else None  # an open start may be the first
    latest = min((date["latest"] for date in dates if date.get("latest")), default=None)
    if earliest is None and latest is None:
        return None
    edtf = str(earliest) if earliest == latest else f"{earliest or '..'}/{latest or '..'}"
    bounds = {end: day for end, day in (("earliest", earliest), ("latest", latest)) if day}
    return {"edtf": edtf, **bounds, "shape": "day", "basis": "bounded"}


def _publications(claim: Given, source_of: SourceOf) -> Iterator[Given | None]:
    source = source_of(claim["source"])
    parts = {part["id"]: part.get("published") for part in source.get("parts", ())}
    yield parts.get(claim.get("part", "")) or source.get("published")
    for step in claim.get("chain", ()):
        if "source" in step:
            yield source_of(step["source"]).get("published")
