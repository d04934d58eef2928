"""Invented records in any number, as NDJSON that `talbuk load` takes: for tests, measurements and demonstrations.

Each line is made from the seed and its own number alone, so memory stays constant and the same seed gives the same
bytes. Nobody and nothing in them is real.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from random import Random

from api import synthetic_values as values
from api.synthetic_claims import Heard, Voice, claim, sets_of, story
from api.synthetic_values import Given, some, uncertain
from models.vocabulary import (
    CHANGE,
    DEFECTOR_STAGE,
    FORM,
    MOTIVE,
    PARTY_KIND,
    PURGE_KIND,
    PURGE_STAGE,
    SECTOR,
    SOURCE_KIND,
    TIE_KIND,
    WHEREABOUTS,
)

INVENTED = "Invented."
FIRST_DAY, DAYS = date(2005, 1, 1), 20 * 365
NORTH, MINISTRY, SERVICE, AGENCY, FIRST_PAPER = range(5)
"""The numbers of the bodies that have a part to play; papers follow, and then all others."""
BODIES_WITH_A_PART = {
    NORTH: ("state", "State Council", "KP"),
    MINISTRY: ("government-body", "Ministry for the Peninsula", "KR"),
    SERVICE: ("security-body", "Peninsula Intelligence Service", "KR"),
    AGENCY: ("media", "State Council News Agency", "KP"),
}
VOICES = {"ministry": MINISTRY, "service": SERVICE, "north": NORTH, "agency": AGENCY}
KINDS = {"institutions": "body", "people": "person", "sources": "source", "defectors": "defector", "purges": "purge"}


def lines(count: int, seed: int) -> Iterator[str]:
    """`count` defectors and purges with three claims each, and before them all that they refer to; one a line."""
    world = World(count, seed)
    for resource, size in world.sizes.items():
        for number in range(size):
            record = {"resource": resource, "id": world.id(resource, number), **world.record(resource, number)}
            yield json.dumps(record, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class World:
    """What the records of one seed are about; every record can be made at any time from its number."""

    count: int
    seed: int

    @cached_property
    def sizes(self) -> dict[str, int]:
        """How many records of each resource there are."""
        tenth = self.count // 10
        return {
            "institutions": min(200, 20 + tenth),
            "people": min(2_000, 10 + tenth),
            "sources": min(2_000, 10 + tenth),
            "defectors": self.count - self.count // 2,
            "purges": self.count // 2,
        }

    def id(self, resource: str, number: int) -> str:
        """The id of a record; in their resource ids sort as they are numbered."""
        return f"invented-{KINDS[resource]}-{number:06}"

    def record(self, resource: str, number: int) -> Given:
        """One record, all but its id."""
        rng = Random(f"{self.seed}/{resource}/{number}")  # noqa: S311 - nothing here is secret
        if resource == "institutions":
            return self._institution(rng, number)
        if resource == "people":
            return self._person(rng, number)
        if resource == "sources":
            return self._source(rng, number)
        return self._event(rng, resource, number)

    def _any(self, rng: Random, resource: str) -> str:
        return self.id(resource, rng.randrange(self.sizes[resource]))

    @property
    def _first_body(self) -> int:
        """The number after the last paper's."""
        return FIRST_PAPER + self.sizes["institutions"] // 5

    def _paper(self, rng: Random) -> str:
        return self.id("institutions", rng.randrange(FIRST_PAPER, self._first_body))

    def _institution(self, rng: Random, number: int) -> Given:
        if number in BODIES_WITH_A_PART:
            kind, name, country = BODIES_WITH_A_PART[number]
            names = [{"text": name}]
        elif number < self._first_body:
            kind, names, country = "media", [{"text": values.paper_name(rng)}], rng.choice(("KR", "JP", "US"))
        else:
            (kind, names), country = values.body_names(rng), "KP"
        own: Given = {"kind": kind, "names": names, "country": country}
        if number in {AGENCY, self._first_body}:
            own["part_of"] = [self.id("institutions", NORTH)]
        elif number > self._first_body:
            own["part_of"] = [self.id("institutions", self._first_body + (number - self._first_body - 1) // 4)]
        return self._named(rng, f"A body of the kind {kind}.", own, self.id("institutions", number))

    def _person(self, rng: Random, number: int) -> Given:
        role: Given = {"institution": self._any(rng, "institutions"), "title": rng.choice(values.TITLES)}
        role[rng.choice(("as_of", "from", "to"))] = uncertain(rng, _day(rng.random()))
        own: Given = {"names": values.korean_names(rng), "country": "KP", "roles": [role]}
        if number and rng.random() < 0.3:
            own["ties"] = [{"person": self.id("people", rng.randrange(number)), "kind": rng.choice(TIE_KIND.values)}]
        return self._named(rng, f"Said to be {role['title']} of a body.", own, self.id("people", number))

    def _named(self, rng: Random, what: str, own: Given, slug: str) -> Given:
        """A body or person, with the one claim that all its values rest on."""
        made: Given = {"name": own["names"][0]["text"], "description": f"{what} {INVENTED}", **own}
        if any(name.get("basis") == "editorial" for name in own["names"]):
            made["editorial"] = {"names": "The hangul spelling is added."}
        sets = [name for name in own if name != "kind"]
        read_in = self._read_in(rng, rng.randrange(self.sizes["sources"]))
        return made | {"claims": [{"id": f"{slug}-1", "says": what, "sets": sets, **read_in}]}

    def _published(self, number: int) -> date:
        return _day(number / self.sizes["sources"])

    def _source(self, rng: Random, number: int) -> Given:
        day, kind = self._published(number), rng.choice(SOURCE_KIND.values)
        made: Given = {
            "name": f"Report {number} of {day.year}",
            "description": f"A document of the kind {kind} about flights and measures. {INVENTED}",
            "kind": kind,
            "title": f"{rng.choice(values.CITIES)}: what is known",
            "publisher": self._paper(rng),
            "language": rng.choice(("en", "en", "ko", "ja")),
            "address": f"https://example.org/reports/{number}",
        }
        if rng.random() < 0.2:
            made["authors"] = [self._any(rng, "people")]
        if rng.random() < 0.95:
            made["published"] = {"edtf": f"{day}"} if rng.random() < 0.8 else uncertain(rng, day)
        if _is_held(number):
            made["held"] = {"sha256": _digest(f"{self.seed}/{number}"), "paragraphs": 40, "characters": 12_000}
        if number and rng.random() < 0.4:
            cited = {rng.randrange(max(0, number - 100), number) for _ in range(rng.randrange(1, 4))}
            made["cites"] = [self.id("sources", other) for other in sorted(cited)]
        return made

    def _read_in(self, rng: Random, source: int) -> Given:
        """Where a claim was read, with the passage where the text is held."""
        found: Given = {"source": self.id("sources", source)}
        if _is_held(source):
            paragraph = rng.randrange(1, 41)
            place = {"paragraph": paragraph, "start": paragraph * 290, "end": paragraph * 290 + rng.randrange(20, 200)}
            found["locators"] = [{**place, "sha256": _digest(f"{source}/{place}")}]
        return found

    def _event(self, rng: Random, resource: str, number: int) -> Given:
        """A defector or purge with its three claims, each read in a later document than the one before."""
        documents = self._documents(rng)
        day = self._published(documents[0]) - timedelta(rng.randrange(1, 400))
        made = self._defector(rng, day) if resource == "defectors" else self._purge(rng, day)
        made["scope"] = rng.choices(("subject", "background", "comparison"), (90, 8, 2))[0]
        if number and rng.random() < 0.15:
            to = f"{resource}/{self.id(resource, rng.randrange(number))}"
            relation = rng.choice(("may-be", "distinct-from", "within", "may-overlap", "follows"))
            made["links"] = [{"to": to, "relation": relation, "reason": "Told of in the same report."}]
        if rng.random() < 0.01:
            made.pop("effects", None)
            made["withheld"] = {"effects": "It would endanger relatives."}
        slug, paper, claims = self.id(resource, number), self._paper(rng), []
        for position, (voice, document) in enumerate(zip(story(rng), documents, strict=True)):
            heard = self._heard(rng, voice, document, paper)
            claims.append(claim(rng, slug, position, voice, sets_of(rng, resource, made, voice, position), heard))
        return made | {"claims": claims}

    def _documents(self, rng: Random) -> list[int]:
        total = self.sizes["sources"]
        width = max(3, total // 10)
        first = rng.randrange(total - width + 1)
        return [first + step for step in sorted(rng.sample(range(width), 3))]

    def _heard(self, rng: Random, voice: Voice, document: int, paper: str) -> Heard:
        read_in = self._read_in(rng, document)
        if voice.speaker in VOICES:
            speaker: Given = {"institution": self.id("institutions", VOICES[voice.speaker])}
        elif voice.speaker == "paper":
            return Heard(read_in, speaker={"institution": paper})
        elif voice.speaker == "document":
            return Heard(read_in)
        else:
            named = voice.speaker in {"subject", "witness", "scholar"}
            speaker = {"person": self._any(rng, "people")} if named else {}
        made = uncertain(rng, self._published(document) - timedelta(3)) if rng.random() < 0.5 else None
        through = self.id("sources", rng.randrange(document)) if document and rng.random() < 0.7 else None
        return Heard(read_in, through, speaker, made)

    def _defector(self, rng: Random, day: date) -> Given:
        kind = rng.choices(PARTY_KIND.values, (60, 15, 20, 5))[0]
        role = rng.choice(values.TITLES if kind in {"individual", "family"} else values.GROUPS)
        own: Given = {
            "name": f"{role.capitalize()}, {day.year}",
            "description": f"A party of the kind {kind} ({role}) is said to have left. {INVENTED}",
            "people": [self._any(rng, "people")],
            "party": {"kind": kind, "count": 1 if kind == "individual" else values.count(rng)},
            "stage": rng.choice(DEFECTOR_STAGE.values),
            "role": role,
            "institutions": [self._any(rng, "institutions")],
            "sector": some(rng, SECTOR.values),
        }
        return own | _often(rng, 0.9, left=uncertain(rng, day), left_from=[values.place(rng)]) | _often(
            rng, 0.5,
            arrived=uncertain(rng, day + timedelta(30)),
            announced=uncertain(rng, day + timedelta(60)),
            home=[values.place(rng, "KP")],
            posted_to=[values.place(rng)],
            transit=[values.place(rng)],
            destination=[values.place(rng, "KR", "US")],
            whereabouts=rng.choice(WHEREABOUTS.values),
            motive=some(rng, MOTIVE.values),
            carried=[rng.choice(values.GOODS)],
            effects=some(rng, values.AFTERMATHS),
        )  # fmt: skip

    def _purge(self, rng: Random, day: date) -> Given:
        kind, form = rng.choice(PURGE_KIND.values), rng.choices(FORM.values, (70, 10, 12, 8))[0]
        whom = rng.choice(values.GROUPS)
        own: Given = {
            "name": f"{kind.capitalize()} of {whom}, {day.year}",
            "description": f"A measure of the kind {kind} is said to have struck {whom}. {INVENTED}",
            "kind": kind,
            "form": form,
            "stage": rng.choice(PURGE_STAGE.values),
            "targets": {
                "people": [self._any(rng, "people")],
                "institutions": [self._any(rng, "institutions")],
                "description": whom,
                "count": values.count(rng),
            },
            "by": [f"institutions/{self._any(rng, 'institutions')}"],
        }
        if form == "practice":
            own["change"] = rng.choice(CHANGE.values)
        return own | _often(rng, 0.9, when=uncertain(rng, day)) | _often(
            rng, 0.6,
            place=values.place(rng, "KP", "KP", "CN"),
            method=rng.choice(values.MEANS),
            reason=rng.choice(values.GROUNDS),
            effects=some(rng, values.AFTERMATHS),
            response=[rng.choice(values.RESPONSES)],
        )  # fmt: skip


def _often(rng: Random, share: float, **given: object) -> Given:
    """Each of some fields, or not."""
    return {name: value for name, value in given.items() if rng.random() < share}


def _day(part: float) -> date:
    return FIRST_DAY + timedelta(int(part * DAYS))


def _is_held(source: int) -> bool:
    return source % 2 == 0


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
