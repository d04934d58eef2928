"""Clients that write, and know what was acknowledged to them, what was not answered, and what must be there."""

import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from threading import Event
from typing import NamedTuple

from models.database import execute
from models.verifying import faults
from tests.faults.instances import defector
from tests.serving import Answer, Client

PATCHES = 0.4
"""The part of the writes that change what is there."""


@dataclass
class Wish:
    """One write that a client wants made, once: it is sent until it is answered."""

    slug: str
    name: str
    number: int
    """How many changes its record has with it; 0: it makes the record."""
    key: str
    tried: int = 0


class Acknowledged(NamedTuple):
    """What was last acknowledged of a record: the name that it has since, and the changes that this took."""

    name: str
    number: int


Told = Callable[[str, Acknowledged], None]


@dataclass
class Writer:
    """A client that goes on writing, record after record, and changes its own.

    What it sends has a key; without `keyed` it does as clients do that have none: where the id is taken, it takes
    another.
    """

    name: str
    token: str
    seed: int
    keyed: bool = True
    told: Told = lambda _slug, _known: None
    known: dict[str, Acknowledged] = field(default_factory=dict)
    """Record -> what was acknowledged of it."""
    unanswered: list[Wish] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """What was answered that never must be."""

    def __post_init__(self) -> None:
        self.random = random.Random(f"{self.seed} {self.name}")
        self.made = 0

    def go_on(self, address: str, done: Event) -> None:
        """Send again what was not answered, then write what is new, until it is done or nobody answers."""
        try:
            with Client(address, self.token) as client:
                for wish in list(self.unanswered):
                    self.send(client, wish)
                while not done.is_set():
                    self.send(client, self.next_wish())
        except (OSError, HTTPException):
            self.counts["cut off"] += 1

    def next_wish(self) -> Wish:
        """Something new that it wants written."""
        waiting = {wish.slug for wish in self.unanswered}
        changeable = [slug for slug in list(self.known)[-5:] if slug not in waiting]
        if changeable and self.random.random() < PATCHES:
            slug = self.random.choice(changeable)
            number = self.known[slug].number + 1
            wish = Wish(slug, f"Changed {number} times: {slug}", number, "")
        else:
            self.made += 1
            slug = f"{self.name}-{self.made}"
            wish = Wish(slug, f"The one of {slug}", 0, f"key-{slug}")
        self.unanswered.append(wish)
        return wish

    def send(self, client: Client, wish: Wish) -> None:
        """Send a write, perhaps again; it is unanswered until it is known to be made."""
        wish.tried += 1
        self.counts["sent again" if wish.tried > 1 else "sent"] += 1
        answer = self._changed(client, wish) if wish.number else self._made(client, wish)
        if answer.status in {200, 201}:
            self._acknowledge(wish)
        elif answer.status in {409, 503, 507} and "Retry-After" in answer.headers:
            self.counts[f"told to wait ({answer.status})"] += 1
        else:
            self.wrong.append(f"{wish}: {answer.status} {answer.body[:300]!r}")

    def _made(self, client: Client, wish: Wish) -> Answer:
        key = {"Idempotency-Key": wish.key} if self.keyed else {}
        answer = client.ask("POST", "/v1/defectors", defector(wish.slug, wish.name), **key)
        if answer.status == 201 and "Idempotent-Replayed" in answer.headers:
            self.counts["had been made"] += 1
        if answer.status == 409 and not self.keyed:
            wish.slug += "-other"
            return self._made(client, wish)
        return answer

    def _changed(self, client: Client, wish: Wish) -> Answer:
        """Change a record; where that was done before the answer was lost, it is too late now, and there to be read."""
        seen = {"If-Match": f'"{wish.number}"'}
        answer = client.ask("PATCH", f"/v1/defectors/{wish.slug}", {"name": wish.name}, **seen)
        if answer.status != 412 or wish.tried == 1:
            return answer
        there = client.ask("GET", f"/v1/defectors/{wish.slug}")
        if there.status != 200 or there.value["name"] != wish.name:
            return answer
        self.counts["had been changed"] += 1
        return there

    def _acknowledge(self, wish: Wish) -> None:
        self.known[wish.slug] = Acknowledged(wish.name, wish.number)
        self.unanswered.remove(wish)
        self.counts["acknowledged"] += 1
        self.told(wish.slug, self.known[wish.slug])


class Kept(NamedTuple):
    """How what was acknowledged compares with what is there: each a list of what is wrong."""

    lost: list[str]
    doubled: list[str]
    faults: list[str]

    def __str__(self) -> str:
        lost, doubled, wrong = map(len, self)
        return f"{lost:,} lost, {doubled:,} doubled, {wrong:,} faults of ledger and rows"


def kept(writers: Sequence[Writer]) -> Kept:
    """Hold the open database against what was acknowledged, and its ledger against its rows."""
    known = {slug: one for writer in writers for slug, one in writer.known.items()}
    return held_against(known, {wish.slug for writer in writers for wish in writer.unanswered})


def held_against(known: Mapping[str, Acknowledged], waiting: Collection[str]) -> Kept:
    """The same of what is `known` to be there; of the records of `waiting` one write more may be there."""
    found = execute("SELECT path, count(*) FROM ledger WHERE path LIKE 'defectors/%' GROUP BY path").fetchall()
    entries = {path.partition("/")[2]: count for path, count in found}
    names = dict(execute("SELECT id, name FROM defector").fetchall())
    lost = [slug for slug, one in known.items() if _is_lost(one, entries.get(slug, 0), names.get(slug))]
    most = {slug: (known[slug].number + 1 if slug in known else 0) + (slug in waiting) for slug in entries}
    doubled = [slug for slug, count in entries.items() if count > most[slug]]
    return Kept(lost, doubled, list(faults()))


def _is_lost(one: Acknowledged, entries: int, name: str | None) -> bool:
    """Whether a record has not what was acknowledged of it; what was written since may have come after it."""
    return name is None or entries <= one.number or (entries == one.number + 1 and name != one.name)
