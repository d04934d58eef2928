"""The codebook's rules that a record and the claims about it must keep together."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.account import OCCURRED, Account
from models.declaration import at
from models.faults import Fault

EVENTS = frozenset({"defectors", "purges"})


def rule_faults(account: Account, known_fields: frozenset[str]) -> Iterator[Fault]:
    """What in a record breaks the codebook's rules, by path and pointer."""
    yield from _named_fields(account, known_fields)
    yield from _occurrence(account)
    yield from _values(account)
    yield from _withheld(account)


def claim_faults(claim: Mapping[str, Any], source: Mapping[str, Any]) -> Iterator[Fault]:
    """What in a claim does not fit the document in which it is said to stand."""
    path = f"claims/{claim['id']}"
    parts = [part["id"] for part in source.get("parts", ())]
    if "part" in claim and claim["part"] not in parts:
        known = f"its parts are {', '.join(parts)}" if parts else "it has no parts"
        yield Fault(path, "/part", f"sources/{source['id']} has no part {claim['part']}; {known}")
    held = source.get("held")
    for position, place in enumerate(claim.get("locators", ())):
        pointer = f"/locators/{position}"
        if held is None:
            yield Fault(
                path, pointer, f"sources/{source['id']} has no `held`: a locator points into a text we could check"
            )
        elif place["paragraph"] > held["paragraphs"] or place["end"] > held["characters"]:
            size = f"{held['paragraphs']} paragraphs, {held['characters']} characters"
            yield Fault(path, pointer, f"is past the end of sources/{source['id']} ({size})")


def _named_fields(account: Account, known_fields: frozenset[str]) -> Iterator[Fault]:
    for key in ("editorial", "withheld"):
        for name in account.record.get(key, {}):
            if name == OCCURRED and key == "editorial":
                yield Fault(account.path, "/editorial/occurred", "that something occurred is claimed, never editorial")
            elif name not in known_fields:
                yield Fault(account.path, f"/{key}/{name}", f"{account.resource.name} have no field {name}")


def _occurrence(account: Account) -> Iterator[Fault]:
    if not account.resource.may_occur:
        return
    said = account.fields[OCCURRED].testimonies
    if not said:
        yield Fault(account.path, "", "no claim sets `occurred`: who says that it happened?")
        return
    claims = {claim["id"]: claim for claim in account.claims}
    if account.resource.name in EVENTS and all(claims[t.claim]["commitment"] == "conditional" for t in said):
        yield Fault(
            account.path, "", "every claim that it occurred is conditional: what is imagined is no record (codebook, 1)"
        )


def _values(account: Account) -> Iterator[Fault]:
    for name in account.unsupported():
        pointer = "/" + name.replace(".", "/")
        yield Fault(
            account.path, pointer, f"no asserting claim sets this value of `{name}`; add one, or an `editorial` reason"
        )
    editorial = account.record.get("editorial", {})
    for name, keys in account.conflicting(None).items():
        if name not in editorial and name not in account.record.get("withheld", {}):
            shown = bool(account.fields[name].chosen)
            message = (
                f"claims set different values of `{name}` ({len(keys)}); say in `editorial` why this one is shown"
                if shown
                else f"a claim sets `{name}`, and the record has none; set it there too, or say in `editorial` why not"
            )
            yield Fault(account.path, "/" + name.replace(".", "/") if shown else "", message)


def _withheld(account: Account) -> Iterator[Fault]:
    for name in account.record.get("withheld", {}):
        if at(dict(account.record), name) is not None:
            pointer = "/" + name.replace(".", "/")
            yield Fault(account.path, pointer, "is withheld, so it has no value anywhere; take it out")
        for claim in account.claims:
            for position, about in enumerate(claim["about"]):
                for given in about.get("sets", {}) if about["record"] == account.path else ():
                    if given == name or given.startswith(f"{name}."):
                        pointer = f"/about/{position}/sets/{given}"
                        message = f"sets `{given}`, which {account.path} withholds; take it out"
                        yield Fault(f"claims/{claim['id']}", pointer, message)
