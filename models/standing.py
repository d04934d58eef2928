"""What claims add up to: the pure rules of standing (codebook, section 7).

A *testimony* is one claim as it bears on one value of one record. `verdict` turns testimonies into a status under a
policy, `corroboration` counts their roots. Nothing here reads a database, and nothing is typed by hand.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

POLICIES = ("any", "official", "two-roots")

OFFICIAL_CAPACITIES = frozenset({"state-organ", "official"})
VOUCHING_ACCESS = frozenset({"own-act", "custody", "witnessed"})
WEAK_COMMITMENTS = frozenset({"possible", "conditional", "rumoured"})
UNNAMED = frozenset({"anonymous", "unstated"})
SEEN_ENOUGH = frozenset({"read", "quoted"})

ONLY_REPORTING = frozenset({"author", "publisher"})
"""Documents and their authors are roots for `reported` only: they never count as independent ones."""

NEVER_CONFIRMED = frozenset({"motive", "reason", "method"})
"""Fields that nobody can confirm: the row `confirmed` yields `stated` for them (codebook, sections 1 and 7)."""


class Span(NamedTuple):
    """First and last day (ISO, inclusive) of an uncertain date; None where an end is unknown."""

    earliest: str | None
    latest: str | None


NEVER = Span(None, None)


@dataclass(frozen=True, slots=True, eq=False)
class Testimony:
    """One claim as it bears on one value of one record, in the classes that the rules tell apart."""

    claim: str
    value: str
    stance: str
    weak: bool
    presupposed: bool
    vouches: bool
    official: bool
    anonymous: bool
    countable: bool
    """Its root is named and no document, has a known access, and we read its document or saw it quoted."""
    root: tuple[str, ...]
    document: str
    """The outermost document through which it comes, as a path."""
    known: Span = NEVER
    made: Span = NEVER

    @property
    def moves(self) -> bool:
        """Whether it can move a standing: weak denials and doubts, and refusals to confirm, do not."""
        if self.stance == "declines-to-confirm":
            return False
        return not (self.weak and self.stance in {"denies", "doubts", "refutes"})


class Verdict(NamedTuple):
    """A status (None where no claim counts) and the ids of the claims that made it: assertions, then what opposes."""

    status: str | None
    because: tuple[str, ...]


class Corroboration(NamedTuple):
    """How many claims, outermost documents and roots assert a thing, and how many roots are independent."""

    claims: int
    documents: int
    roots: int
    independent_roots: int
    anonymous_only: bool


class InForce(NamedTuple):
    """The testimonies that count, and the assertions that their own root has since withdrawn."""

    live: tuple[Testimony, ...]
    withdrawn: tuple[Testimony, ...]

    def of(self, value: str) -> "InForce":
        """Only what is said of one value."""
        return InForce(
            tuple(t for t in self.live if t.value == value), tuple(t for t in self.withdrawn if t.value == value)
        )


Citations = Mapping[str, frozenset[str]]
"""Document path -> paths of all documents that it cites, directly or through others."""


def is_later(one: Testimony, other: Testimony) -> bool:
    """Whether `one` is certainly later: by when it became known, else by when it was made."""
    for mine, theirs in ((one.known, other.known), (one.made, other.made)):
        if mine.earliest and theirs.latest and mine.earliest > theirs.latest:
            return True
        if theirs.earliest and mine.latest and theirs.earliest > mine.latest:
            return False
    return False


def in_force(testimonies: Sequence[Testimony]) -> InForce:
    """Keep, of each root, its latest testimony only; claims that cannot be ordered all count.

    `testimonies` are those about one field of one record (one element, where the field is a list).
    """
    by_root: dict[tuple[str, ...], list[Testimony]] = {}
    for testimony in testimonies:
        by_root.setdefault(testimony.root, []).append(testimony)
    live, withdrawn = [], []
    for testimony in testimonies:
        others = by_root[testimony.root]
        later = [t for t in others if t.moves and is_later(t, testimony)] if len(others) > 1 else []
        if testimony.stance == "asserts" and any(t.stance == "withdraws" for t in later):
            withdrawn.append(testimony)
        elif not later:
            live.append(testimony)
    return InForce(tuple(live), tuple(withdrawn))


def independent(one: Testimony, other: Testimony, citations: Citations) -> bool:
    """Whether two testimonies come from independent roots (codebook, section 7)."""
    return (
        one.countable
        and other.countable
        and one.root != other.root
        and one.document != other.document
        and other.document not in citations.get(one.document, ())
        and one.document not in citations.get(other.document, ())
    )


def independent_pair(testimonies: Sequence[Testimony], citations: Citations) -> tuple[Testimony, ...]:
    """The first two testimonies that are independent of each other; none where there are no two."""
    distinct = _distinct(testimonies)
    for position, one in enumerate(distinct):
        for other in distinct[position + 1 :]:
            if independent(one, other, citations):
                return (one, other)
    return ()


def largest_independent(testimonies: Iterable[Testimony], citations: Citations) -> int:
    """The size of the largest set of testimonies that are pairwise independent.

    Where no document cites another it is the largest matching of roots with documents. Where some do, the search is
    exact up to `MOST_STEPS` and then gives the largest set found: it never says too many.
    """
    distinct = _distinct(testimonies)
    documents = {t.document for t in distinct}
    if any(documents & citations.get(document, frozenset()) for document in documents):
        return _search(distinct, citations)
    return _matching(distinct)


MOST_STEPS = 20_000


def _distinct(testimonies: Iterable[Testimony]) -> list[Testimony]:
    """The first countable testimony of each root through each document."""
    found: dict[tuple[tuple[str, ...], str], Testimony] = {}
    for testimony in testimonies:
        if testimony.countable:
            found.setdefault((testimony.root, testimony.document), testimony)
    return list(found.values())


def _matching(distinct: Sequence[Testimony]) -> int:
    """The largest matching of roots with documents, by augmenting paths (Berge 1957)."""
    through: dict[tuple[str, ...], list[str]] = {}
    for testimony in distinct:
        through.setdefault(testimony.root, []).append(testimony.document)
    holder: dict[str, tuple[str, ...]] = {}
    return sum(_augment(root, through, holder) for root in through)


def _augment(root: tuple[str, ...], through: Mapping[tuple[str, ...], list[str]], holder: dict[str, Any]) -> bool:
    """Give a root a document of its own, moving others along; False where that cannot be."""
    came_from: dict[str, str | None] = {}
    queue: list[tuple[tuple[str, ...], str | None]] = [(root, None)]
    for current, before in queue:
        for document in through[current]:
            if document in came_from:
                continue
            came_from[document] = before
            if document not in holder:
                _move_along(document, came_from, holder, root)
                return True
            queue.append((holder[document], document))
    return False


def _move_along(document: str, came_from: Mapping[str, str | None], holder: dict[str, Any], root: Any) -> None:
    while (before := came_from[document]) is not None:
        holder[document] = holder[before]
        document = before
    holder[document] = root


def _search(distinct: Sequence[Testimony], citations: Citations) -> int:
    """Branch and bound over pairwise independent sets, with the matching as the bound."""
    best = steps = 0
    stack: list[tuple[int, Sequence[Testimony]]] = [(0, distinct)]
    while stack and steps < MOST_STEPS:
        steps += 1
        chosen, candidates = stack.pop()
        best = max(best, chosen)
        if not candidates or chosen + _matching(candidates) <= best:
            continue
        first, rest = candidates[0], candidates[1:]
        stack.append((chosen, rest))
        stack.append((chosen + 1, [t for t in rest if independent(first, t, citations)]))
    return best


def verdict(said: InForce, policy: str, citations: Citations, *, stated_only: bool = False) -> Verdict:
    """The first row of the codebook's status table that fits one value under `policy`.

    `stated_only` is for `motive`, `reason` and `method`, which are never confirmed, only stated.
    """
    for status, because in _rows(said, policy, citations):
        if because:
            shown = "stated" if stated_only and status == "confirmed" else status
            return Verdict(shown, tuple(dict.fromkeys(t.claim for t in because)))
    return Verdict(None, ())


Row = tuple[str, Sequence[Testimony]]


def _rows(said: InForce, policy: str, citations: Citations) -> Iterable[Row]:
    """The table, row by row: a status and the testimonies that make it, none where the row does not fit."""
    moving = [t for t in said.live if t.moves]
    assertions = [t for t in moving if t.stance == "asserts"]
    asserted = [t for t in assertions if not t.weak]
    denied = [t for t in moving if t.stance == "denies"]
    doubted = [t for t in moving if t.stance == "doubts"]
    vouched = [t for t in asserted if t.vouches]
    vouched_denials = [t for t in denied if t.vouches]
    plain_denials = [t for t in denied if not t.vouches]
    strongly_withdrawn = [t for t in said.withdrawn if not t.weak]

    yield "refuted", [t for t in moving if t.stance == "refutes"]
    yield "disputed", _between_roots(vouched, vouched_denials)
    yield "denied", [] if vouched else vouched_denials
    yield "confirmed", _confirming(asserted, vouched, policy, citations)
    yield "taken-as-known", asserted if all(t.presupposed for t in asserted) else []
    yield "contested", [*asserted, *plain_denials] if asserted and plain_denials else []
    yield "withdrawn", [] if asserted else strongly_withdrawn
    yield "doubted", [*asserted, *doubted] if asserted and doubted else []
    yield "doubted", [] if assertions else [*doubted, *denied]
    yield "official-claim", [t for t in asserted if t.official and not t.vouches]
    yield "reported", asserted
    yield "rumoured", assertions


def _between_roots(vouched: Sequence[Testimony], denials: Sequence[Testimony]) -> Sequence[Testimony]:
    opposed = [(a, d) for a in vouched for d in denials if a.root != d.root]
    return list(dict.fromkeys(t for pair in opposed for t in pair))


def _confirming(
    asserted: Sequence[Testimony], vouched: Sequence[Testimony], policy: str, citations: Citations
) -> Sequence[Testimony]:
    if policy != "two-roots" and vouched:
        return vouched
    if policy == "official":
        return []
    return independent_pair(asserted, citations)


def corroboration(said: InForce, citations: Citations) -> Corroboration:
    """Count what asserts a thing: weak assertions count as claims, documents and roots, never as independent roots."""
    assertions = [t for t in said.live if t.stance == "asserts"]
    strong = [t for t in assertions if not t.weak]
    return Corroboration(
        claims=len({t.claim for t in assertions}),
        documents=len({t.document for t in assertions}),
        roots=len({t.root for t in assertions}),
        independent_roots=largest_independent(strong, citations),
        anonymous_only=bool(assertions) and all(t.anonymous for t in assertions),
    )


def testimony_of(claim: Mapping[str, object], value: str) -> Testimony:
    """Classify one resolved claim (origin filled in, `document` the outermost one) as it bears on `value`."""
    origin = claim["origin"]
    assert isinstance(origin, Mapping)
    identity, document = str(origin["identity"]), str(claim["document"])
    official = identity in {"named", "collective"} and origin["capacity"] in OFFICIAL_CAPACITIES
    return Testimony(
        claim=str(claim["id"]),
        value=value,
        stance=str(claim["stance"]),
        weak=claim["commitment"] in WEAK_COMMITMENTS or claim["explicit"] == "implied",
        presupposed=claim["explicit"] == "presupposed",
        official=official,
        vouches=official and origin["access"] in VOUCHING_ACCESS and origin["interest"] != "self-serving",
        anonymous=identity in UNNAMED,
        countable=identity == "named"
        and origin["capacity"] not in ONLY_REPORTING
        and origin["access"] != "unknown"
        and claim["seen"] in SEEN_ENOUGH,
        root=root_of(origin, document),
        document=document,
        known=_span(claim.get("known")),
        made=_span(claim.get("made")),
    )


def root_of(origin: Mapping[str, object], document: str) -> tuple[str, ...]:
    """The key of a claim's root: identity with person or institution, or with the outermost document where unnamed."""
    identity = str(origin["identity"])
    for kind in ("person", "institution"):
        if identity not in UNNAMED and origin.get(kind):
            return (identity, kind, str(origin[kind]))
    return (identity, "document", document)


def _span(date: object) -> Span:
    return Span(date.get("earliest"), date.get("latest")) if isinstance(date, Mapping) else NEVER
