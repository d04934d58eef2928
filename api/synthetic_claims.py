"""Invented claims: the stories that three voices tell about a record, so that between them every status comes about."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

from api.synthetic_values import Given, draw
from models.registry import RESOURCE

ELSEWHEN = "1999"
EDITORIAL = "Accounts differ; this one is the more precise."


class Voice(NamedTuple):
    """One of the three claims about a record: who speaks, and how."""

    speaker: str
    stance: str = "asserts"
    commitment: str = "plain"
    explicit: str = "stated"


PLAIN, TAKEN = Voice("document"), Voice("document", explicit="presupposed")
SILENT = Voice("ministry", "declines-to-confirm")

STORIES: tuple[tuple[int, tuple[Voice, Voice, Voice]], ...] = (
    (14, (Voice("ministry"), PLAIN, TAKEN)),
    (14, (Voice("insider"), Voice("document", commitment="attributed"), PLAIN)),
    (8, (Voice("subject"), Voice("witness"), PLAIN)),
    (8, (Voice("service"), Voice("document", commitment="estimated"), Voice("scholar", commitment="believed"))),
    (8, (PLAIN, Voice("agency", "denies"), Voice("insider"))),
    (6, (PLAIN, Voice("north", "denies"), PLAIN)),
    (5, (Voice("ministry"), Voice("north", "denies"), PLAIN)),
    (6, (PLAIN, Voice("scholar", "doubts"), SILENT)),
    (5, (Voice("paper"), Voice("paper", "withdraws"), SILENT)),
    (8, (Voice("unstated", commitment="rumoured"), Voice("broker", commitment="possible"),
         Voice("document", explicit="implied"))),
    (3, (Voice("broker", commitment="conditional"), Voice("insider", commitment="possible"),
         Voice("scholar", "denies", "conditional"))),
    (4, (TAKEN, Voice("scholar", explicit="presupposed"), TAKEN)),
    (4, (Voice("insider"), PLAIN, Voice("agency", "refutes"))),
    (3, (Voice("ministry", "denies"), Voice("scholar", "doubts"), Voice("service", "declines-to-confirm"))),
    (2, (Voice("scholar", "doubts"), Voice("document", "doubts"), Voice("broker", "doubts", "possible"))),
    (2, (Voice("scholar", "denies", "possible"), Voice("document", "doubts", "possible"), SILENT)),
)  # fmt: skip
"""How often a story comes, and its voices in order of time."""

ORIGINS: Mapping[str, Mapping[str, str]] = {
    "ministry": {"identity": "collective", "capacity": "state-organ", "side": "south", "access": "custody",
                 "interest": "neutral"},
    "service": {"identity": "named", "capacity": "state-organ", "side": "south", "access": "intelligence"},
    "north": {"identity": "named", "capacity": "state-organ", "side": "north", "access": "own-act",
              "interest": "neutral"},
    "agency": {"identity": "named", "capacity": "state-organ", "side": "north", "access": "own-act",
               "interest": "self-serving"},
    "paper": {"identity": "named", "capacity": "publisher", "side": "other"},
    "subject": {"identity": "named", "capacity": "subject", "side": "north", "access": "own-act"},
    "witness": {"identity": "named", "capacity": "witness", "side": "china", "access": "witnessed"},
    "scholar": {"identity": "named", "capacity": "scholar", "side": "other"},
    "insider": {"identity": "anonymous", "capacity": "insider", "side": "north", "access": "told",
                "description": "a source inside the country"},
    "broker": {"identity": "anonymous", "capacity": "trader-or-broker", "side": "china", "access": "told",
               "description": "a trader at the border"},
    "unstated": {"identity": "unstated", "side": "none"},
}  # fmt: skip
"""Speaker -> the origin of what they say. The document itself speaks where a claim has none."""

CALLED = {
    "ministry": "The ministry", "service": "The intelligence service", "north": "The state council",
    "agency": "The state news agency", "paper": "The paper", "subject": "One of those concerned",
    "witness": "Someone who was there", "scholar": "A scholar", "insider": "A source inside the country",
    "broker": "A trader at the border", "unstated": "Somebody", "document": "The report",
}  # fmt: skip
VERBS = {
    "asserts": "says that it happened",
    "denies": "says that it did not happen",
    "doubts": "doubts that it happened",
    "withdraws": "takes back what was said before",
    "refutes": "shows what rules it out",
    "declines-to-confirm": "will not say whether it happened",
}
ANSWERS = {"asserts": "corroborates", "denies": "contradicts", "refutes": "contradicts"}


@dataclass(frozen=True)
class Heard:
    """One voice as it is heard: where it was read, through which document, and who speaks, so far as that is known."""

    read_in: Given
    through: str | None = None
    speaker: Given | None = None
    made: Given | None = None


def story(rng: Random) -> tuple[Voice, Voice, Voice]:
    """Three voices, in order of time."""
    return draw(rng, STORIES)


def sets_of(rng: Random, resource: str, record: Given, voice: Voice, position: int) -> list[Any]:
    """All values from the first voice; from the others that it happened, and where they assert it a few of the values.

    Now and then the last one gives another date, and the record says why its own is shown.
    """
    named = list(_named(record, frozenset(RESOURCE[resource].values)))
    if position == 0:
        return ["occurred", *named]
    if voice.stance != "asserts":
        return ["occurred"]
    repeated = rng.sample(named, min(3, len(named)))
    dated = "left" if resource == "defectors" else "when"
    if position == 2 and dated in named and dated not in repeated and rng.random() < 0.1:
        record["editorial"] = {dated: EDITORIAL}
        return ["occurred", *repeated, {dated: ELSEWHEN}]
    return ["occurred", *repeated]


def _named(record: Given, values: frozenset[str]) -> Iterator[str]:
    for name, value in record.items():
        inner = [f"{name}.{member}" for member in value] if isinstance(value, dict) else []
        yield from (dotted for dotted in (name, *inner) if dotted in values)


def claim(rng: Random, slug: str, position: int, voice: Voice, sets: list[Any], heard: Heard) -> Given:
    """One claim about the record `slug`, as it stands under it."""
    made: Given = {
        "id": f"{slug}-{position + 1}",
        "says": f"{CALLED[voice.speaker]} {VERBS[voice.stance]}.",
        "sets": sets,
        "stance": voice.stance,
        "commitment": voice.commitment,
        "explicit": voice.explicit,
        **heard.read_in,
    }
    if position:
        made["answers"] = [{"claim": f"{slug}-1", "relation": ANSWERS.get(voice.stance, "comments")}]
    if heard.through:
        made["chain"] = [{"source": heard.through, "verb": rng.choice(("quoted", "cited"))}]
        made["seen"] = rng.choice(("quoted", "reported", "mentioned"))
    if voice.speaker in ORIGINS:
        made["origin"] = {**ORIGINS[voice.speaker], **(heard.speaker or {})}
    return made | ({"made": heard.made} if heard.made else {})
