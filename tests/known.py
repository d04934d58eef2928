"""What is known by a day, worked out anew from whole answers: the oracle that `known_by=` is held to.

It takes every record as it is served without `known_by`, and a dump, and applies to them the definitions of
codebook.md section 7 and design.md section 4, one after the other, as slowly as they read. It shares no code with
what serves `known_by`. What claims add up to it does not work out: `reduced` takes later claims and values out of a
dump, so that a database filled with the rest says it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from models.registry import RESOURCE

Given = Mapping[str, Any]
World = Mapping[str, Given]
"""Path -> the record as it is served without `known_by`, with its claims; claims too."""

SURELY, POSSIBLY = BOUNDS = ("surely", "possibly")
FIRST_DAY = "0000-00-00"

REFERENCES: dict[str, dict[str, str]] = {
    "defectors": {"people": "people/", "institutions": "institutions/"},
    "purges": {"targets.people": "people/", "targets.institutions": "institutions/", "by": ""},
    "institutions": {"part_of": "institutions/"},
    "people": {"roles.institution": "institutions/", "ties.person": "people/"},
    "indicators": {"holder": "", "about": ""},
    "assessments": {"holder": "", "about": "", "affiliation": "institutions/"},
}
"""Resource -> value that claims set, with the member of its elements -> what stands before the id to make a path."""

SYSTEM = ("revision", "updated")
"""What the oracle says nothing of."""


def by_then(date: Given | None, day: str, bound: str) -> bool:
    """Whether a date has come by a day: surely when its last day has, possibly when its first has."""
    if not date:
        return False
    earliest, latest = date.get("earliest"), date.get("latest")
    if bound == SURELY:
        return latest is not None and latest <= day
    return (earliest or (FIRST_DAY if latest else "9999-99-99")) <= day


def at(record: Given, dotted: str) -> Any:
    """The value at a dotted name, None where there is none."""
    value: Any = record
    for name in dotted.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def put(record: dict[str, Any], dotted: str, value: Any) -> None:
    """Set the value at a dotted name, if what is around it is there; the mappings on the way are copied."""
    *around, last = dotted.split(".")
    for name in around:
        if not isinstance(record.get(name), Mapping):
            return
        record[name] = dict(record[name])
        record = record[name]
    record[last] = value


def bare(value: Any) -> Any:
    """A value without members that say nothing: claims are given without them, records served with them."""
    if isinstance(value, Mapping):
        return {name: bare(item) for name, item in value.items() if item not in (None, [], {})}
    return [bare(item) for item in value] if isinstance(value, list) else value


def key(value: Any) -> str:
    """What is equal where two values are."""
    return json.dumps(bare(value), sort_keys=True, ensure_ascii=False)


def elements(value: Any) -> list[Any]:
    """The elements of a list, or the one value."""
    if value in (None, []):
        return []
    return list(value) if isinstance(value, list) else [value]


def documents(claim: Given) -> list[str]:
    """The ids of the documents that a claim comes through, the one in which we read it first."""
    return [d for d in (claim["source"], *(step.get("source") for step in claim["chain"])) if d]


def sets_on(claim: Given, path: str) -> dict[str, Any]:
    """The values that a claim sets on a record."""
    return {name: v for about in claim["about"] if about["record"] == path for name, v in about["sets"].items()}


def referred_to(claim: Given) -> Iterator[str]:
    """The path of every record to which a claim refers, but for documents that it comes through or leans on."""
    for about in claim["about"]:
        yield about["record"]
        yield from _in_values(about["record"].partition("/")[0], about["sets"])
    origin = claim["origin"] or {}
    for member, resource in (("person", "people"), ("institution", "institutions")):
        if origin.get(member):
            yield f"{resource}/{origin[member]}"
    yield from claim["quotes"]
    yield from (step["speaker"] for step in claim["chain"] if step.get("speaker"))


def _in_values(resource: str, values: Given) -> Iterator[str]:
    for dotted, before in REFERENCES.get(resource, {}).items():
        name, member = (dotted, "") if dotted in values else dotted.rpartition(".")[::2]
        for element in elements(values.get(name)):
            found = element.get(member) if member and isinstance(element, Mapping) else element
            if isinstance(found, str):
                yield f"{before}{found}"


@dataclass(frozen=True)
class Then:
    """What is known by a day, on a bound."""

    world: World
    day: str
    bound: str

    @cached_property
    def claims(self) -> dict[str, Given]:
        """The claims that are known: id -> claim."""
        return {
            claim["id"]: claim
            for path, claim in self.world.items()
            if path.startswith("claims/") and by_then(claim["known"], self.day, self.bound)
        }

    @cached_property
    def said(self) -> frozenset[str]:
        """What tells this moment from one at which claims add up to other things: the claims, and by whom they are."""
        unsigned = {slug for slug, claim in self.claims.items() if self.speaks_by_a_later_document(claim)}
        return frozenset(self.claims) | {f"{slug}#origin" for slug in unsigned}

    @cached_property
    def sources(self) -> set[str]:
        """The ids of the documents that are known."""
        all_sources = {r["id"]: r for path, r in self.world.items() if path.startswith("sources/")}
        dated = {slug for slug, source in all_sources.items() if source["published"]}
        known = {slug for slug in dated if by_then(all_sources[slug]["published"], self.day, self.bound)}
        through = {document for claim in self.claims.values() for document in documents(claim)}
        cited = {slug for citing in known for slug in all_sources[citing]["cites"]}
        return known | ((through | cited) - dated)

    @cached_property
    def paths(self) -> frozenset[str]:
        """The paths of all records that are known, claims and sources too."""
        found = {path for claim in self.claims.values() for path in referred_to(claim)}
        for slug in self.sources:
            source = self.world[f"sources/{slug}"]
            found |= {f"people/{author}" for author in source["authors"]}
            found |= {f"institutions/{publisher}" for publisher in elements(source["publisher"])}
        for path, record in self.world.items():
            for link in record.get("links", ()):
                if set(link["claims"]) & self.claims.keys():
                    found |= {path, link["to"]}
        found = {path for path in found if not path.startswith(("claims/", "sources/"))}
        found |= {f"claims/{slug}" for slug in self.claims} | {f"sources/{slug}" for slug in self.sources}
        return frozenset(found)

    def of(self, resource: str) -> list[str]:
        """The ids of what is known of a resource, sorted."""
        return sorted(path.partition("/")[2] for path in self.paths if path.startswith(f"{resource}/"))

    @cached_property
    def _about(self) -> dict[str, list[Given]]:
        found: dict[str, list[Given]] = {}
        for _, claim in sorted(self.claims.items()):
            for path in {about["record"] for about in claim["about"]}:
                found.setdefault(path, []).append(claim)
        return found

    def about(self, path: str) -> list[Given]:
        """The known claims about a record, by id."""
        return self._about.get(path, [])

    @cached_property
    def state(self) -> frozenset[str]:
        """What tells this moment from one at which something else is known: the paths, and the parts of documents."""
        parts = ((path, part) for path in self.paths for part in self.world[path].get("parts", ()))
        return self.paths | frozenset(f"{path}#{part['id']}" for path, part in parts if self.has_come(part))

    # --- what is served ---------------------------------------------------------------------------------------------

    def served(self, path: str) -> dict[str, Any]:
        """A known record as it must be served, apart from what its claims add up to, and SYSTEM."""
        resource = path.partition("/")[0]
        whole = self.world[path]
        mask = {"claims": self.claim, "sources": self.source}.get(resource, self.record)
        masked = mask(whole, path)
        masked["claims"] = [without(self.claim(claim, ""), *SYSTEM, "claims") for claim in self.about(path)]
        return without(masked, *SYSTEM, "standing", "corroboration", "conflicts", "values")

    def claim(self, whole: Given, _: str) -> dict[str, Any]:
        """A known claim without what is not known yet."""
        unread: dict[str, Any] = {}
        if whole["source"] not in self.sources:
            unread = {"source": None, "part": None, "locators": []}
        elif not self.has_part(whole["source"], whole["part"]):
            unread = {"part": None, "locators": []}
        if self.speaks_by_a_later_document(whole):
            unread["origin"] = dict.fromkeys(whole["origin"])
        return {
            **whole,
            "about": [about for about in whole["about"] if about["record"] in self.paths],
            "answers": [answer for answer in whole["answers"] if answer["claim"] in self.claims],
            "chain": [step for step in whole["chain"] if not step.get("source") or step["source"] in self.sources],
            "leans_on": [slug for slug in whole["leans_on"] if slug in self.sources],
            **unread,
        }

    def speaks_by_a_later_document(self, whole: Given) -> bool:
        """Whether its speaker is whoever its outermost document is by, as where none is given, and that is later."""
        outermost = documents(whole)[-1]
        if outermost in self.sources:
            return False
        document, origin = self.world[f"sources/{outermost}"], whole["origin"]
        if document["authors"]:
            return (origin["capacity"], origin["person"]) == ("author", document["authors"][0])
        return (origin["capacity"], origin["institution"]) == ("publisher", document["publisher"])

    def has_part(self, slug: str, part: str | None) -> bool:
        """Whether a document has a part by then; a document whose parts are not told apart is read whole."""
        parts = self.world[f"sources/{slug}"]["parts"]
        return part is None or any(p["id"] == part and self.has_come(p) for p in parts)

    def has_come(self, part: Given) -> bool:
        """Whether a part of a known document is there: an undated one comes with the document."""
        return not part["published"] or by_then(part["published"], self.day, self.bound)

    def source(self, whole: Given, _: str) -> dict[str, Any]:
        """A known document without what is not known yet."""
        parts = [part for part in whole["parts"] if self.has_come(part)]
        return {
            **whole,
            "description": None,
            "parts": parts,
            "cites": [slug for slug in whole["cites"] if slug in self.sources],
            "held": whole["held"] if len(parts) == len(whole["parts"]) else None,
            "links": self.links(whole),
            "editorial": {},
        }

    def record(self, whole: Given, path: str) -> dict[str, Any]:
        """A known record without what is not known yet, and with the names of its values that are `later`."""
        masked: dict[str, Any] = {**whole, "description": None, "editorial": {}, "links": self.links(whole)}
        later: list[str] = []
        for name in RESOURCE[path.partition("/")[0]].values:
            value = at(whole, name)
            kept = [self.sets(path, name, element) for element in elements(value)]
            ever = [self.ever_sets(path, name, element) for element in elements(value)]
            if isinstance(value, list):
                put(masked, name, [element for element, keep in zip(value, kept, strict=True) if keep])
                later += [f"{name}[{i}]" for i, keep in enumerate(kept) if ever[i] and not keep]
            elif kept and not kept[0]:
                put(masked, name, None)
                later += [name] if ever[0] else []
        return masked | {"later": later}

    def links(self, whole: Given) -> list[dict[str, Any]]:
        """The links that a known claim makes, with the known claims alone."""
        known = [
            {**link, "claims": [slug for slug in link["claims"] if slug in self.claims]} for link in whole["links"]
        ]
        return [link for link in known if link["claims"] and link["to"] in self.paths]

    def sets(self, path: str, name: str, value: Any) -> bool:
        """Whether a known claim sets a value: an asserting one, or any where none asserts anything."""
        return _set_by(self.about(path), path, name, value)

    def ever_sets(self, path: str, name: str, value: Any) -> bool:
        """Whether a claim sets a value, known or not."""
        return _set_by(self.world[path]["claims"], path, name, value)


def _set_by(claims: Iterable[Given], path: str, name: str, value: Any) -> bool:
    setting = [claim for claim in claims if sets_on(claim, path)]
    asserting = [claim for claim in setting if claim["stance"] == "asserts"]
    return any(key(value) in map(key, elements(sets_on(claim, path).get(name))) for claim in asserting or setting)


def without(record: Given, *names: str) -> dict[str, Any]:
    """A record without some of its members."""
    return {name: value for name, value in record.items() if name not in names}


# --- a dump without what is later ---------------------------------------------------------------------------------


def reduced(dump: Iterable[Given], then: Then) -> Iterator[dict[str, Any]]:
    """The lines of a dump without later claims and the values that none of the rest sets.

    Documents stay, and so do people and institutions, known or not: which claims there are is what counts here, and
    by whom they are. One whose speaker is told by a later document alone is by nobody who is stated.
    """
    yield {"resource": "sources", "id": "silence", "name": "Silence", "kind": "other"}
    for line in dump:
        resource = line["resource"]
        if resource == "claims":
            yield from _claims_of([line], then)
        elif resource in ("coverage", "sources"):
            yield without(line, "claims", "links")
        elif resource in ("people", "institutions") or f"{resource}/{line['id']}" in then.paths:
            yield _reduced(line, then, f"{resource}/{line['id']}")


def _claims_of(claims: Iterable[Given], then: Then) -> list[dict[str, Any]]:
    kept = []
    for claim in claims:
        about = [
            a for a in claim.get("about", ()) if not a["record"].startswith("claims/") or a["record"] in then.paths
        ]
        if claim["id"] not in then.claims or ("about" in claim and not about):
            continue
        answers = [answer for answer in claim.get("answers", ()) if answer["claim"] in then.claims]
        more = {name: value for name, value in (("about", about), ("answers", answers)) if value}
        if f"{claim['id']}#origin" in then.said:
            more["origin"] = {**claim.get("origin", {}), "identity": "unstated"}
        kept.append({**without(claim, "about", "answers"), **more})
    return kept


def _reduced(line: Given, then: Then, path: str) -> dict[str, Any]:
    masked = {**without(line, "claims", "links", "editorial", "description")}
    for name in RESOURCE[path.partition("/")[0]].values:
        if (value := at(line, name)) is None:
            continue
        kept = [element for element in elements(value) if then.sets(path, name, element)]
        put(masked, name, (kept if isinstance(value, list) else kept[0]) if kept else None)
    claims = _claims_of(line.get("claims", ()), then)
    if RESOURCE[path.partition("/")[0]].may_occur and not _says_that_it_occurred(then, path):
        claims.append(_silence(path))
    return _said({**masked, "editorial": dict.fromkeys(_not_shown(masked, then, path), "Not shown.")}) | (
        {"claims": claims} if claims else {}
    )


def _says_that_it_occurred(then: Then, path: str) -> bool:
    setting = [claim for claim in then.about(path) if "occurred" in sets_on(claim, path)]
    return any(claim["commitment"] != "conditional" for claim in setting)


def _silence(path: str) -> dict[str, Any]:
    """A claim that moves nothing: the writer asks for one where nothing else says that a thing occurred."""
    return {
        "id": f"silence-{path.replace('/', '-')}"[:80],
        "says": "Nothing is said.",
        "stance": "declines-to-confirm",
        "sets": {"occurred": True},
        "source": "silence",
    }


def _not_shown(masked: Given, then: Then, path: str) -> Iterator[str]:
    """The values of which a known claim sets another than the record shows: the writer asks why."""
    for name in RESOURCE[path.partition("/")[0]].values:
        shown = {key(element) for element in elements(at(masked, name))}
        said = {key(element) for claim in then.about(path) for element in elements(sets_on(claim, path).get(name))}
        if said - shown:
            yield name


def _said(record: Given) -> dict[str, Any]:
    """A record without the members that say nothing."""
    said = {name: _said(value) if isinstance(value, Mapping) else value for name, value in record.items()}
    return {name: value for name, value in said.items() if value not in (None, {}, [])}
