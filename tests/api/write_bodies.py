"""Records to write, sound and unsound, for a small world: what they refer to is mostly there."""

from random import Random
from typing import Any

from tests.api.write_model import EVENTS, VALUES, Given, World, resource, value_at

IDS = {
    "people": ("p1", "p2", "p3"), "institutions": ("i1", "i2", "i3"), "sources": ("s1", "s2", "s3"),
    "defectors": ("d1", "d2", "d3"), "purges": ("u1", "u2"), "claims": ("f1", "f2", "f3"),
}  # fmt: skip
UNDER = tuple(f"c{n}" for n in range(1, 10))
PATHS = tuple(f"{kind}/{slug}" for kind, slugs in IDS.items() for slug in slugs)
CLAIMS = tuple(f"claims/{slug}" for slug in UNDER)
EVERY = (*PATHS, *CLAIMS)
FULL = {"shape": "day", "basis": "stated"}
CHOICES: dict[str, tuple[Any, ...]] = {
    "role": ("Cook", "Driver"),
    "left": tuple({"edtf": y, "earliest": f"{y}-01-01", "latest": f"{y}-12-31", **FULL} for y in ("2015", "2016")),
    "country": ("KP", "KR"),
    "targets.description": ("Those who fled", "Their families"),
}
STAGES = {"defectors": ("fled", "arrived"), "purges": ("ordered", "carried-out")}
PLAIN = {"stance": "asserts", "commitment": "plain", "explicit": "stated"}


def first(path: str) -> Given:
    """The least that a record can be."""
    kind, _, slug = path.partition("/")
    found: Given = {"id": slug, "name": f"The {slug}"}
    if kind in EVENTS:
        found["scope"] = "subject"
    classes = {"sources": "article", "institutions": "other", "purges": "recall"}
    if kind in classes:
        found["kind"] = classes[kind]
    return found | ({"form": "event"} if kind == "purges" else {})


class Bodies:
    """Random bodies for a world as it is."""

    def __init__(self, rnd: Random, world: World) -> None:
        self.rnd, self.world = rnd, world

    def body(self, path: str) -> Given:
        """A record that may well be sound."""
        kind = resource(path)
        if kind == "claims":
            return self._free_claim(path)
        found = first(path)
        if self.rnd.randrange(2):
            found["description"] = self.rnd.choice(("In our words.", "In other words."))
        for name in self.rnd.sample(VALUES[kind], self.rnd.randrange(len(VALUES[kind]) + 1)):
            _place(found, name, self._value(kind, name))
        if kind == "sources":
            self._describe_source(found)
        covered = [name for name in VALUES[kind] if kind not in EVENTS or not self.rnd.randrange(5)]
        if covered and self.rnd.randrange(8):
            found["editorial"] = dict.fromkeys(covered, "so")
        if kind == "defectors" and not self.rnd.randrange(5):
            found["withheld"] = {"role": "to do no harm"}
            if self.rnd.randrange(4):
                found.pop("role", None)
        if kind in EVENTS or not self.rnd.randrange(4):
            found["claims"] = self._claims(path, found)
        if not self.rnd.randrange(3) and (links := self._links(path, found)):
            found["links"] = links
        return {name: value for name, value in found.items() if value != []}

    def _describe_source(self, found: Given) -> None:
        if self.rnd.randrange(2):
            found["published"] = CHOICES["left"][0]
        if not self.rnd.randrange(3):
            found["publisher"] = self._one("institutions")
        if not self.rnd.randrange(3):
            found["authors"] = self._some("people")
        if not self.rnd.randrange(3):
            found["cites"] = self._some("sources")

    def _value(self, kind: str, name: str) -> Any:
        if name == "stage":
            return self.rnd.choice(STAGES[kind])
        if name == "by":
            return [f"institutions/{self._one('institutions')}"]
        if name in {"people", "targets.people"}:
            return self._some("people")
        if name == "part_of":
            return self._some("institutions")
        return self.rnd.choice(CHOICES[name])

    def _one(self, kind: str) -> str:
        """The id of a record that is mostly there."""
        there = [slug for slug in IDS[kind] if f"{kind}/{slug}" in self.world.records]
        return self.rnd.choice(there if there and self.rnd.randrange(15) else IDS[kind])

    def _some(self, kind: str) -> list[str]:
        return list(dict.fromkeys(self._one(kind) for _ in range(self.rnd.randrange(1, 3))))

    def _claims(self, path: str, record: Given) -> list[Given]:
        """Claims under a record: the first sets all of its values, others may contradict."""
        kind = resource(path)
        own = [c.removeprefix("claims/") for c, owner in self.world.under.items() if owner == path]
        free = [slug for slug in UNDER if f"claims/{slug}" not in self.world.records]
        ids = list(dict.fromkeys([*own, *free])) if self.rnd.randrange(10) else list(UNDER)
        found: list[Given] = []
        for slug in ids[: self.rnd.randrange(1, 4)]:
            sets = {"occurred": True} if kind in EVENTS else {}
            if not found or not self.rnd.randrange(3):
                sets |= {
                    name: value for name in VALUES[kind] if (value := value_at(record, name)) and self.rnd.randrange(12)
                }
            elif VALUES[kind] and not self.rnd.randrange(4):
                name = self.rnd.choice(VALUES[kind])
                sets[name] = self._value(kind, name)
            found.append(self._claim(slug) | ({"sets": sets} if sets else {}))
        return found

    def _claim(self, slug: str) -> Given:
        claim = {
            "id": slug,
            "says": self.rnd.choice(("So it is.", "So they say.")),
            "source": self._one("sources"),
            **PLAIN,
        }
        claim["stance"] = self.rnd.choice(("asserts",) * 6 + ("denies", "doubts"))
        claim["commitment"] = self.rnd.choice(("plain",) * 8 + ("conditional",))
        if not self.rnd.randrange(4):
            claim["origin"] = {"identity": "named", "person": self._one("people")}
        cited = self._one("sources")
        if not self.rnd.randrange(4) and cited != claim["source"]:
            claim |= {"chain": [{"source": cited, "verb": "cited"}], "seen": "quoted"}
        return claim

    def _free_claim(self, path: str) -> Given:
        """A claim that stands alone, about one record or several, claims too."""
        there = sorted(p for p in self.world.records if resource(p) != "sources" and p != path)
        targets = self.rnd.sample(there, min(len(there), self.rnd.randrange(1, 4))) if self.rnd.randrange(15) else []
        abouts = []
        for target in targets or PATHS[:2]:
            kind = resource(target)
            sets: Given = {"occurred": True} if kind in EVENTS and self.rnd.randrange(3) else {}
            if VALUES[kind] and not self.rnd.randrange(3):
                name = self.rnd.choice(VALUES[kind])
                own = value_at(self.world.records.get(target, {}), name)
                sets[name] = own if own and self.rnd.randrange(4) else self._value(kind, name)
            abouts.append({"record": target} | ({"sets": sets} if sets else {}))
        return self._claim(path.removeprefix("claims/")) | {"about": abouts}

    def _links(self, path: str, body: Given) -> list[Given]:
        others = sorted(p for p in self.world.records if resource(p) != "claims" and p != path)
        claims = [claim["id"] for claim in body.get("claims", ())]
        free = sorted(p.removeprefix("claims/") for p in self.world.records if resource(p) == "claims")
        claims += self.rnd.sample(free, min(len(free), 1))
        found: dict[tuple[str, str], Given] = {}
        for target in self.rnd.sample(others, min(len(others), self.rnd.randrange(1, 3))):
            link: Given = {"to": target, "relation": self.rnd.choice(("may-be", "within"))}
            behind = self.rnd.sample(claims, min(len(claims), self.rnd.randrange(3)))
            link |= {"claims": list(dict.fromkeys(behind))} if behind else {"reason": "they look alike"}
            found[link["to"], link["relation"]] = link
        return list(found.values())


def _place(record: Given, name: str, value: Any) -> None:
    head, _, rest = name.partition(".")
    if rest:
        record.setdefault(head, {})[rest] = value
    else:
        record[name] = value


def abbreviated(body: Given) -> Given:
    """A record in as few words as a fixture can say it."""
    short = {name: value for name, value in body.items() if (name, value) not in PLAIN.items()}
    if "left" in short:
        short["left"] = short["left"]["edtf"]
    if "claims" in body:
        short["claims"] = [_short_claim(body, claim) for claim in body["claims"]]
    return short


def _short_claim(body: Given, claim: Given) -> Given:
    short = {name: value for name, value in claim.items() if (name, value) not in PLAIN.items()}
    sets = claim.get("sets", {})
    if sets and all(name == "occurred" or value == value_at(body, name) for name, value in sets.items()):
        short["sets"] = list(sets)
    return short
