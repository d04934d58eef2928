"""Does standing follow section 7 of the codebook? What is expected comes from its text, not the module."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, permutations, product
from typing import NamedTuple

import pytest

from models import standing
from models.standing import (
    InForce,
    Span,
    corroboration,
    in_force,
    independent,
    largest_independent,
    root_of,
    verdict,
)
from models.standing import Testimony as Claimed  # pytest collects what is named Test*
from models.standing import testimony_of as classified

POLICIES = ("any", "official", "two-roots")
STANCES = ("asserts", "denies", "doubts", "withdraws", "refutes", "declines-to-confirm")
STATUSES = frozenset(
    (
        *("refuted", "disputed", "denied", "confirmed", "taken-as-known", "contested"),
        *("withdrawn", "doubted", "official-claim", "reported", "rumoured"),
    )
)
NOTHING_CITED: Mapping[str, frozenset[str]] = {}
UNDATED = Span(None, None)


def on(day: str) -> Span:
    return Span(day, day)


def said(
    root: str,
    stance: str = "asserts",
    *,
    claim: str | None = None,
    value: str = "true",
    weak: bool = False,
    presupposed: bool = False,
    vouches: bool = False,
    official: bool = False,
    countable: bool = False,
    anonymous: bool = False,
    document: str | None = None,
    known: Span = UNDATED,
    made: Span = UNDATED,
) -> Claimed:
    """What `root` says, in a document of its own unless told otherwise; whoever vouches is official."""
    return Claimed(
        claim=claim or f"{root} {stance}",
        value=value,
        stance=stance,
        weak=weak,
        presupposed=presupposed,
        vouches=vouches,
        official=official or vouches,
        anonymous=anonymous,
        countable=countable,
        root=("named", root),
        document=document or f"/sources/{root}",
        known=known,
        made=made,
    )


def status_of(
    *claims: Claimed,
    policy: str = "any",
    citations: Mapping[str, frozenset[str]] = NOTHING_CITED,
    value: str = "true",
    stated_only: bool = False,
) -> str | None:
    return verdict(in_force(claims).of(value), policy, citations, stated_only=stated_only).status


# The status table: each row, and the nearest cases that must not fit it.


class Case(NamedTuple):
    name: str
    claims: tuple[Claimed, ...]
    any: str | None
    official: str | None
    two_roots: str | None


def alike(name: str, status: str | None, *claims: Claimed) -> Case:
    """A case whose status no policy changes."""
    return Case(name, claims, status, status, status)


REPORT = said("newspaper")
OFFICIAL = said("minister", official=True)
VOUCHED = said("ministry", vouches=True)
RUMOUR = said("traders", weak=True)
PRESUPPOSED = said("columnist", presupposed=True)
REFUTATION = said("television", "refutes")
DENIAL = said("friend", "denies")
OFFICIAL_DENIAL = said("spokesman", "denies", official=True)
VOUCHED_DENIAL = said("embassy", "denies", vouches=True)
DOUBT = said("scholar", "doubts")
ONE_ROOT = said("witness", countable=True)
OTHER_ROOT = said("insider", countable=True)


def taken_back(root: str, stance: str = "asserts", *, weak: bool = False, vouches: bool = False) -> tuple[Claimed, ...]:
    return (
        said(root, stance, weak=weak, vouches=vouches, known=on("2015-01-01")),
        said(root, "withdraws", known=on("2016-01-01")),
    )


CASES = (
    alike("refuted: he appears", "refuted", REPORT, REFUTATION),
    alike("refuted: even what was vouched for", "refuted", VOUCHED, VOUCHED_DENIAL, REFUTATION),
    alike("refuted: with nothing asserted", "refuted", REFUTATION),
    alike("not refuted: a weak refutation", "reported", REPORT, said("television", "refutes", weak=True)),
    alike("not refuted: the refutation was withdrawn", "reported", REPORT, *taken_back("television", "refutes")),
    alike("disputed: both vouch", "disputed", VOUCHED, VOUCHED_DENIAL),
    alike("disputed: although two roots agree", "disputed", VOUCHED, ONE_ROOT, OTHER_ROOT, VOUCHED_DENIAL),
    Case("not disputed: the denial does not vouch", (VOUCHED, DENIAL), "confirmed", "confirmed", "contested"),
    Case(
        "not disputed: an official denial that does not vouch",
        (VOUCHED, OFFICIAL_DENIAL),
        "confirmed",
        "confirmed",
        "contested",
    ),
    alike("not disputed: the assertion does not vouch", "denied", OFFICIAL, VOUCHED_DENIAL),
    Case(
        "not disputed: the denial is weak",
        (VOUCHED, said("embassy", "denies", vouches=True, weak=True)),
        *("confirmed", "confirmed", "reported"),
    ),
    Case(
        "not disputed: the same root says both",
        (VOUCHED, said("ministry", "denies", vouches=True)),
        *("confirmed", "confirmed", "reported"),
    ),
    alike("denied: by one who vouches", "denied", REPORT, VOUCHED_DENIAL),
    alike("denied: with nothing asserted", "denied", VOUCHED_DENIAL),
    alike("denied: against a rumour", "denied", RUMOUR, VOUCHED_DENIAL),
    alike("denied: against two independent roots", "denied", ONE_ROOT, OTHER_ROOT, VOUCHED_DENIAL),
    alike("denied: against what is presupposed", "denied", PRESUPPOSED, VOUCHED_DENIAL),
    alike(
        "denied: what was vouched for only weakly",
        "denied",
        said("ministry", vouches=True, weak=True),
        VOUCHED_DENIAL,
    ),
    alike(
        "denied: the vouching assertion was withdrawn",
        "denied",
        *taken_back("ministry", vouches=True),
        VOUCHED_DENIAL,
    ),
    alike("not denied: an official who does not vouch denies", "doubted", OFFICIAL_DENIAL),
    alike("not denied: one who vouches doubts", "doubted", REPORT, said("embassy", "doubts", vouches=True)),
    alike(
        "not denied: the denial is weak",
        "reported",
        REPORT,
        said("embassy", "denies", vouches=True, weak=True),
    ),
    alike(
        "not denied: the denial was withdrawn",
        "reported",
        REPORT,
        *taken_back("embassy", "denies", vouches=True),
    ),
    Case("confirmed: vouched for", (VOUCHED,), "confirmed", "confirmed", "reported"),
    Case("confirmed: two independent roots", (ONE_ROOT, OTHER_ROOT), "confirmed", "reported", "confirmed"),
    Case(
        "confirmed: by both",
        (said("ministry", vouches=True, countable=True), ONE_ROOT),
        *("confirmed", "confirmed", "confirmed"),
    ),
    Case("confirmed: whatever is doubted", (VOUCHED, DOUBT), "confirmed", "confirmed", "doubted"),
    Case(
        "confirmed: two roots, denied without vouching",
        (ONE_ROOT, OTHER_ROOT, DENIAL),
        "confirmed",
        "contested",
        "confirmed",
    ),
    Case(
        "confirmed: presupposed by one who vouches",
        (said("ministry", vouches=True, presupposed=True),),
        *("confirmed", "confirmed", "taken-as-known"),
    ),
    Case(
        "confirmed: presupposed by two independent roots",
        tuple(said(root, presupposed=True, countable=True) for root in ("witness", "insider")),
        *("confirmed", "taken-as-known", "confirmed"),
    ),
    alike("not confirmed: one root alone", "reported", ONE_ROOT),
    alike(
        "not confirmed: the second root is weak",
        "reported",
        ONE_ROOT,
        said("insider", countable=True, weak=True),
    ),
    alike("not confirmed: the second root does not count", "reported", ONE_ROOT, REPORT),
    alike(
        "not confirmed: the second root denies",
        "contested",
        ONE_ROOT,
        said("insider", "denies", countable=True),
    ),
    alike("not confirmed: an official without vouching", "official-claim", OFFICIAL),
    alike("not confirmed: vouched for only weakly", "rumoured", said("ministry", vouches=True, weak=True)),
    alike("not confirmed: the second root withdrew", "reported", ONE_ROOT, *taken_back("insider")),
    alike("taken-as-known: one presupposes it", "taken-as-known", PRESUPPOSED),
    alike("taken-as-known: although it is denied without vouching", "taken-as-known", PRESUPPOSED, DENIAL),
    alike("taken-as-known: although it is doubted", "taken-as-known", PRESUPPOSED, DOUBT),
    alike("taken-as-known: a rumour is no assertion", "taken-as-known", PRESUPPOSED, RUMOUR),
    alike(
        "taken-as-known: an official presupposes it",
        "taken-as-known",
        said("minister", official=True, presupposed=True),
    ),
    alike("not taken-as-known: one states it", "reported", PRESUPPOSED, REPORT),
    alike("not taken-as-known: presupposed weakly", "rumoured", said("columnist", presupposed=True, weak=True)),
    alike(
        "not taken-as-known: only a denial presupposes",
        "doubted",
        said("columnist", "denies", presupposed=True),
    ),
    alike("contested: denied without vouching", "contested", REPORT, DENIAL),
    alike("contested: an official claim, officially denied", "contested", OFFICIAL, OFFICIAL_DENIAL),
    alike("contested: rather than doubted", "contested", REPORT, DENIAL, DOUBT),
    alike("not contested: the denial is weak", "reported", REPORT, said("friend", "denies", weak=True)),
    alike("not contested: asserted only weakly", "rumoured", RUMOUR, DENIAL),
    alike("not contested: the denial was withdrawn", "reported", REPORT, *taken_back("friend", "denies")),
    alike("not contested: another value is asserted", "reported", REPORT, said("friend", value="false")),
    alike("withdrawn: the only root withdrew", "withdrawn", *taken_back("newspaper")),
    alike("withdrawn: all of two roots withdrew", "withdrawn", *taken_back("newspaper"), *taken_back("agency")),
    alike("withdrawn: although it is doubted", "withdrawn", *taken_back("newspaper"), DOUBT),
    alike("withdrawn: although it is denied without vouching", "withdrawn", *taken_back("newspaper"), DENIAL),
    alike("withdrawn: although rumoured by others", "withdrawn", *taken_back("newspaper"), RUMOUR),
    alike("withdrawn: one who vouched withdrew", "withdrawn", *taken_back("ministry", vouches=True)),
    alike("not withdrawn: one root keeps to it", "reported", *taken_back("newspaper"), said("agency")),
    alike("not withdrawn: asserted only weakly", None, *taken_back("traders", weak=True)),
    alike("not withdrawn: nobody asserted it", None, said("newspaper", "withdraws")),
    alike(
        "not withdrawn: another withdraws",
        "reported",
        REPORT,
        said("agency", "withdraws", known=on("2016-01-01")),
    ),
    alike("doubted: asserted and doubted", "doubted", REPORT, DOUBT),
    alike("doubted: an official claim is doubted", "doubted", OFFICIAL, DOUBT),
    alike("doubted: only a doubt", "doubted", DOUBT),
    alike("doubted: only a denial that does not vouch", "doubted", DENIAL),
    alike("doubted: a doubt and a denial that does not vouch", "doubted", DOUBT, DENIAL),
    alike("doubted: a doubt, and a rumour taken back", "doubted", *taken_back("traders", weak=True), DOUBT),
    alike("not doubted: the doubt is weak", "reported", REPORT, said("scholar", "doubts", weak=True)),
    alike("not doubted: only a weak doubt", None, said("scholar", "doubts", weak=True)),
    alike("not doubted: the doubt was withdrawn", "reported", REPORT, *taken_back("scholar", "doubts")),
    alike("not doubted: a rumour and a doubt", "rumoured", RUMOUR, DOUBT),
    alike("official-claim: without vouching", "official-claim", OFFICIAL),
    alike("official-claim: beside a report", "official-claim", REPORT, OFFICIAL),
    alike("not official-claim: no official", "reported", REPORT),
    alike("not official-claim: official but weak", "rumoured", said("minister", official=True, weak=True)),
    alike(
        "not official-claim: an official rumour beside a report",
        "reported",
        REPORT,
        said("minister", official=True, weak=True),
    ),
    Case(
        "not official-claim: a vouched single root under two-roots",
        (VOUCHED, REPORT),
        "confirmed",
        "confirmed",
        "reported",
    ),
    alike("reported: asserted", "reported", REPORT),
    alike("reported: by many", "reported", REPORT, said("agency"), said("blog"), RUMOUR),
    alike("not reported: asserted only weakly", "rumoured", RUMOUR),
    alike(
        "rumoured: by many",
        "rumoured",
        RUMOUR,
        said("sailors", weak=True),
        said("ministry", vouches=True, weak=True),
    ),
    alike(
        "rumoured: by two countable roots",
        "rumoured",
        *(said(r, weak=True, countable=True) for r in ("witness", "insider")),
    ),
    alike("rumoured: with a doubt and a denial that does not vouch", "rumoured", RUMOUR, DOUBT, OFFICIAL_DENIAL),
    alike("not rumoured: asserted too", "reported", RUMOUR, REPORT),
    alike("null: no claim", None),
    alike("null: only declines to confirm", None, said("ministry", "declines-to-confirm", vouches=True)),
    alike("null: only weak denials", None, said("embassy", "denies", vouches=True, weak=True)),
    alike("null: only a weak refutation", None, said("television", "refutes", weak=True)),
    alike("null: a denial taken back", None, *taken_back("embassy", "denies", vouches=True)),
)


def test_the_cases_show_every_status() -> None:
    shown = {status for case in CASES for status in (case.any, case.official, case.two_roots)}
    assert shown == STATUSES | {None}
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_status_table(case: Case, policy: str) -> None:
    expected = {"any": case.any, "official": case.official, "two-roots": case.two_roots}[policy]
    assert status_of(*case.claims, policy=policy) == expected


@pytest.mark.parametrize(
    ("claims", "any_policy", "official", "two_roots"),
    [
        ((VOUCHED,), "stated", "stated", "reported"),
        ((ONE_ROOT, OTHER_ROOT), "stated", "reported", "stated"),
        ((VOUCHED, VOUCHED_DENIAL), "disputed", "disputed", "disputed"),
        ((REPORT,), "reported", "reported", "reported"),
        ((RUMOUR,), "rumoured", "rumoured", "rumoured"),
    ],
    ids=["vouched for", "two independent roots", "disputed", "reported", "rumoured"],
)
def test_motive_reason_and_method_are_stated_never_confirmed(
    claims: tuple[Claimed, ...], any_policy: str, official: str, two_roots: str
) -> None:
    statuses = tuple(status_of(*claims, policy=policy, stated_only=True) for policy in POLICIES)
    assert statuses == (any_policy, official, two_roots)


def test_policies_and_what_is_only_stated() -> None:
    assert tuple(standing.POLICIES) == POLICIES
    assert set(standing.NEVER_CONFIRMED) == {"motive", "reason", "method"}


# Of one root only its latest claim counts.


def dated(claim: str, stance: str = "asserts", *, known: Span = UNDATED, made: Span = UNDATED) -> Claimed:
    """What one and the same root says, at one time or another."""
    return said("he", stance, claim=claim, known=known, made=made)


def live_ids(*claims: Claimed) -> set[str]:
    return {one.claim for one in in_force(claims).live}


EARLY, LATE = on("2015-01-01"), on("2016-01-01")
YEAR = Span("2015-01-01", "2015-12-31")


@pytest.mark.parametrize(
    ("first", "second", "live"),
    [
        ((EARLY, UNDATED), (LATE, UNDATED), {"second"}),
        ((UNDATED, EARLY), (UNDATED, LATE), {"second"}),
        ((YEAR, EARLY), (on("2015-06-01"), LATE), {"second"}),
        ((EARLY, EARLY), (EARLY, LATE), {"second"}),
        ((EARLY, LATE), (LATE, EARLY), {"second"}),
        ((YEAR, UNDATED), (on("2016-01-01"), UNDATED), {"second"}),
        ((YEAR, UNDATED), (on("2015-12-31"), UNDATED), {"first", "second"}),
        ((YEAR, UNDATED), (on("2015-06-01"), UNDATED), {"first", "second"}),
        ((EARLY, UNDATED), (EARLY, UNDATED), {"first", "second"}),
        ((UNDATED, UNDATED), (UNDATED, UNDATED), {"first", "second"}),
        ((EARLY, UNDATED), (UNDATED, LATE), {"first", "second"}),
        ((Span("2015-01-01", None), UNDATED), (LATE, UNDATED), {"first", "second"}),
        ((Span(None, "2015-01-01"), UNDATED), (Span("2016-01-01", None), UNDATED), {"second"}),
    ],
    ids=[
        "by known",
        "by made, without known",
        "by made, where known overlaps",
        "by made, where known is the same day",
        "by known, although made says otherwise",
        "the day after the other's last",
        "not the other's last day",
        "not within the other's span",
        "not on the same day",
        "not undated",
        "not a known day against a made one",
        "not after an open end",
        "by the ends that are known",
    ],
)
def test_the_latest_claim_of_a_root_counts(first: tuple[Span, Span], second: tuple[Span, Span], live: set[str]) -> None:
    claims = [
        dated("first", known=first[0], made=first[1]),
        dated("second", known=second[0], made=second[1]),
    ]
    assert live_ids(*claims) == live_ids(*reversed(claims)) == live


def test_the_latest_of_many_claims_counts() -> None:
    claims = [dated(year, known=on(f"{year}-01-01")) for year in ("2013", "2016", "2014", "2015")]
    assert live_ids(*claims) == {"2016"}


def test_a_root_never_supersedes_another() -> None:
    claims = [
        said("he", known=EARLY),
        said("she", "denies", known=LATE),
        said("they", "withdraws", known=LATE),
    ]
    assert status_of(*claims) == "contested"


def test_the_latest_claim_counts_whatever_its_document() -> None:
    earlier = said("he", document="/sources/newspaper", known=EARLY)
    later = said("he", "denies", document="/sources/blog", known=LATE)
    assert status_of(earlier, later) == "doubted"


def test_a_root_that_now_denies_no_longer_asserts() -> None:
    asserted = said("ministry", vouches=True, known=EARLY)
    denied = said("ministry", "denies", vouches=True, known=LATE)
    assert status_of(asserted, denied) == "denied"


def test_a_root_that_now_asserts_no_longer_refutes_or_doubts() -> None:
    for stance in ("refutes", "doubts", "denies"):
        assert status_of(said("he", stance, known=EARLY), said("he", known=LATE)) == "reported"


def test_a_later_weak_assertion_supersedes_a_firm_one() -> None:
    """Only denials, doubts and refutations move nothing when weak: who now says "perhaps" says no more."""
    assert status_of(said("he", known=EARLY), said("he", weak=True, known=LATE)) == "rumoured"


def test_claims_that_cannot_be_ordered_both_count() -> None:
    assert status_of(dated("first"), dated("second", "denies")) == "contested"
    assert status_of(dated("first"), dated("second", "doubts")) == "doubted"


def test_another_value_of_the_field_supersedes_too() -> None:
    """A record's field has one latest claim of each root: who now says twelve no longer says ten."""
    ten = said("he", value="10", known=EARLY)
    twelve = said("he", value="12", known=LATE)
    assert status_of(ten, twelve, value="10") is None
    assert status_of(ten, twelve, value="12") == "reported"


def test_only_the_value_asked_for_counts() -> None:
    blog, agency = said("blog", value="10"), said("agency", value="12")
    assert status_of(blog, agency, value="10") == status_of(blog, agency, value="12") == "reported"
    assert verdict(in_force([blog, agency]).of("10"), "any", NOTHING_CITED).because == (blog.claim,)


def test_a_value_withdrawn_says_nothing_of_another() -> None:
    ten = said("he", value="10", known=EARLY)
    withdrawal = said("he", "withdraws", value="10", known=LATE)
    doubt = said("she", "doubts", value="12")
    assert status_of(ten, withdrawal, value="10") == "withdrawn"
    assert status_of(ten, withdrawal, doubt, value="12") == "doubted"


# Withdrawals.


def history(*stances: str, root: str = "he") -> tuple[Claimed, ...]:
    """What a root said, year after year."""
    return tuple(
        said(root, stance, claim=f"{root} {year}", known=on(f"{year}-01-01"))
        for year, stance in enumerate(stances, start=2010)
    )


@pytest.mark.parametrize(
    ("stances", "status"),
    [
        (("asserts", "withdraws"), "withdrawn"),
        (("asserts", "asserts", "withdraws"), "withdrawn"),
        (("asserts", "withdraws", "withdraws"), "withdrawn"),
        (("asserts", "withdraws", "asserts"), "reported"),
        (("asserts", "withdraws", "asserts", "withdraws"), "withdrawn"),
        (("withdraws", "asserts"), "reported"),
        (("denies", "withdraws"), None),
        (("doubts", "withdraws"), None),
        (("refutes", "withdraws"), None),
        (("asserts", "withdraws", "declines-to-confirm"), "withdrawn"),
        (("asserts", "declines-to-confirm", "withdraws"), "withdrawn"),
    ],
    ids=lambda of: " ".join(of) if isinstance(of, tuple) else str(of),
)
def test_a_withdrawal_removes_the_earlier_claims_of_its_root(stances: tuple[str, ...], status: str | None) -> None:
    claims = history(*stances)
    assert status_of(*claims) == status_of(*reversed(claims)) == status


def test_a_withdrawal_that_cannot_be_ordered_removes_nothing() -> None:
    assert status_of(said("he"), said("he", "withdraws")) == "reported"


def test_a_withdrawal_leaves_what_it_cannot_be_ordered_with() -> None:
    undated = said("he", claim="he, some time")
    assert status_of(*history("asserts", "withdraws"), undated) == "reported"


def test_all_roots_must_have_withdrawn() -> None:
    withdrawn = history("asserts", "withdraws", root="he")
    assert status_of(*withdrawn, *history("asserts", root="she")) == "reported"
    assert status_of(*withdrawn, *history("asserts", "withdraws", root="she")) == "withdrawn"


def test_a_withdrawn_assertion_confirms_nothing() -> None:
    vouched = taken_back("ministry", vouches=True)
    assert status_of(*vouched, REPORT) == "reported"


# What moves nothing.

MOVES_NOTHING = [
    ("denies", True),
    ("doubts", True),
    ("refutes", True),
    ("declines-to-confirm", False),
    ("declines-to-confirm", True),
]
IDLE_IDS = ["weak denial", "weak doubt", "weak refutation", "declines to confirm", "declines weakly"]
MOVED = (REPORT, OFFICIAL, VOUCHED, RUMOUR, PRESUPPOSED, REFUTATION, DENIAL, VOUCHED_DENIAL, DOUBT)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("stance", "weak"), MOVES_NOTHING, ids=IDLE_IDS)
def test_what_moves_nothing_changes_no_status(stance: str, weak: bool, policy: str) -> None:
    for vouches in (False, True):
        idle = said("someone", stance, weak=weak, vouches=vouches, countable=True)
        assert not idle.moves
        assert status_of(idle, policy=policy) is None
        for claim in MOVED:
            assert status_of(claim, idle, policy=policy) == status_of(claim, policy=policy), claim.claim


@pytest.mark.parametrize(("stance", "weak"), MOVES_NOTHING, ids=IDLE_IDS)
def test_what_moves_nothing_supersedes_nothing(stance: str, weak: bool) -> None:
    firm = said("ministry", vouches=True, known=EARLY)
    idle = said("ministry", stance, weak=weak, vouches=True, known=LATE)
    assert status_of(firm, idle) == "confirmed"


@pytest.mark.parametrize(("stance", "weak"), MOVES_NOTHING, ids=IDLE_IDS)
def test_what_moves_nothing_is_no_reason(stance: str, weak: bool) -> None:
    idle = said("someone", stance, weak=weak, vouches=True)
    assert idle.claim not in verdict(in_force([REPORT, idle]), "any", NOTHING_CITED).because


# Roots: who speaks, and whether two are independent.


def origin(identity: str = "named", **fields: str) -> dict[str, object]:
    return {
        "identity": identity,
        "capacity": "witness",
        "side": "north",
        "access": "witnessed",
        "interest": "neutral",
        **({"person": "/people/he"} if identity == "named" else {}),
        **fields,
    }


def coded(speaker: Mapping[str, object] | None = None, **fields: object) -> Claimed:
    """A claim as coded, and how it is classified."""
    claim: dict[str, object] = {
        "id": "claim",
        "origin": speaker or origin(),
        "document": "/sources/newspaper",
        "seen": "read",
        "stance": "asserts",
        "commitment": "plain",
        "explicit": "stated",
        "known": {"earliest": "2015-01-01", "latest": "2015-01-02"},
        "made": None,
        **fields,
    }
    return classified(claim, "true")


BY_MINISTRY = origin("collective", institution="/institutions/ministry", capacity="state-organ", access="custody")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((origin(), "/sources/a"), (origin(), "/sources/b"), True),
        ((origin(), "/sources/a"), (origin(person="/people/she"), "/sources/a"), False),
        ((BY_MINISTRY, "/sources/a"), (BY_MINISTRY, "/sources/b"), True),
        ((BY_MINISTRY, "/sources/a"), (BY_MINISTRY | {"identity": "named"}, "/sources/a"), False),
        ((origin("anonymous"), "/sources/a"), (origin("anonymous"), "/sources/a"), True),
        ((origin("anonymous"), "/sources/a"), (origin("anonymous"), "/sources/b"), False),
        ((origin("unstated"), "/sources/a"), (origin("unstated"), "/sources/b"), False),
        ((origin("anonymous"), "/sources/a"), (origin("unstated"), "/sources/a"), False),
        (
            (origin("anonymous", institution="/institutions/ministry"), "/sources/a"),
            (origin("anonymous", institution="/institutions/ministry"), "/sources/b"),
            False,
        ),
        ((origin(access="told"), "/sources/a"), (origin(capacity="insider"), "/sources/b"), True),
    ],
    ids=[
        "a person in two documents is one",
        "two people in a document are two",
        "an institution in two documents is one",
        "identity is part of the key",
        "the unnamed of a document are one",
        "the anonymous of two documents are two",
        "the unstated of two documents are two",
        "anonymous and unstated are two",
        "the anonymous of an institution are two in two documents",
        "capacity and access are no part of the key",
    ],
)
def test_the_key_of_a_root(
    one: tuple[Mapping[str, object], str], other: tuple[Mapping[str, object], str], same: bool
) -> None:
    assert (root_of(*one) == root_of(*other)) is same


@pytest.mark.parametrize(
    ("documents", "citations", "expected"),
    [
        (("/a", "/b"), {}, True),
        (("/a", "/a"), {}, False),
        (("/a", "/b"), {"/a": {"/b"}}, False),
        (("/a", "/b"), {"/b": {"/a"}}, False),
        (("/a", "/b"), {"/a": {"/c"}, "/c": {"/b"}}, False),
        (("/a", "/b"), {"/b": {"/c"}, "/c": {"/d"}, "/d": {"/a"}}, False),
        (("/a", "/b"), {"/a": {"/c"}, "/b": {"/c"}}, True),
        (("/a", "/b"), {"/c": {"/a", "/b"}}, True),
        (("/a", "/b"), {"/a": {"/c"}, "/c": {"/a"}}, True),
        (("/a", "/b"), {"/a": {"/c"}, "/c": {"/a", "/b"}}, False),
    ],
    ids=[
        "two documents",
        "the same document",
        "the first cites the second",
        "the second cites the first",
        "through another",
        "through two others",
        "both cite a third",
        "a third cites both",
        "the first in a circle",
        "out of a circle",
    ],
)
def test_independence_of_documents(documents: tuple[str, str], citations: dict[str, set[str]], expected: bool) -> None:
    cited = through_others((start, end) for start, ends in citations.items() for end in ends)
    one = said("he", countable=True, document=documents[0])
    other = said("she", countable=True, document=documents[1])
    assert independent(one, other, cited) is independent(other, one, cited) is expected
    assert status_of(one, other, citations=cited) == ("confirmed" if expected else "reported")


def test_a_root_is_not_independent_of_itself() -> None:
    one = said("he", countable=True, document="/a")
    assert not independent(one, said("he", countable=True, document="/b"), NOTHING_CITED)


@pytest.mark.parametrize("countable", [(True, False), (False, True), (False, False)], ids=str)
def test_both_roots_must_count(countable: tuple[bool, bool]) -> None:
    one, other = said("he", countable=countable[0]), said("she", countable=countable[1])
    assert not independent(one, other, NOTHING_CITED)


def test_two_lists_of_independent_roots() -> None:
    """The first document cites the others, which are independent: the largest list leaves out the first."""
    cited = {"/sources/first": frozenset({"/sources/a", "/sources/b", "/sources/c"})}
    claims = [said(root, countable=True) for root in ("first", "a", "b", "c")]
    for order in permutations(claims):
        assert largest_independent(order, cited) == 3


def test_a_root_heard_in_two_documents_is_chosen_where_it_leaves_room() -> None:
    claims = [
        said("he", claim="1", countable=True, document="/a"),
        said("he", claim="2", countable=True, document="/b"),
        said("she", claim="3", countable=True, document="/a"),
    ]
    for order in permutations(claims):
        assert largest_independent(order, NOTHING_CITED) == 2


def test_the_largest_list_among_all_citations_of_four_documents() -> None:
    """Of every way in which four documents may cite one another: as many roots as the best of all subsets."""
    claims = [said(root, countable=True, document=root) for root in "abcd"]
    arrows = list(permutations("abcd", 2))
    for chosen in product((False, True), repeat=len(arrows)):
        drawn = {arrow for arrow, taken in zip(arrows, chosen, strict=True) if taken}
        reached = reach(drawn)
        best = max(len(group) for group in groups("abcd") if not reached & set(permutations(group, 2)))
        assert largest_independent(claims, through_others(drawn)) == best


def test_many_roots_in_many_documents_are_counted_at_once() -> None:
    """Each of thirty men in each of thirty outlets, and eleven hundred men with an outlet each."""
    crowd = [said(f"m{m}", countable=True, document=f"/d{d}") for m in range(30) for d in range(30)]
    assert largest_independent(crowd, NOTHING_CITED) == 30
    many = [said(f"m{m}", countable=True, document=f"/d{m}") for m in range(1100)]
    assert largest_independent(many, NOTHING_CITED) == 1100


def reach(arrows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Every pair of which one leads to the other, directly or through others."""
    reached = set(arrows)
    while more := {(a, d) for a, b in reached for c, d in reached if b == c} - reached:
        reached |= more
    return reached


def through_others(arrows: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Citations as the rules take them: each document with all that it cites, directly or through others."""
    reached = reach(set(arrows))
    return {start: frozenset(end for begin, end in reached if begin == start) for start, _ in reached}


def groups(letters: str) -> Iterator[tuple[str, ...]]:
    for size in range(1, len(letters) + 1):
        yield from combinations(letters, size)


# Classes of a claim: weak, presupposed, official, vouching, countable.

COMMITMENTS = ("plain", "attributed", "believed", "estimated", "possible", "conditional", "rumoured")
IDENTITIES = ("named", "collective", "anonymous", "unstated")
CAPACITIES = (
    *("state-organ", "official", "subject", "witness", "insider"),
    *("trader-or-broker", "journalist", "publisher", "scholar", "author", "unknown"),
)
ACCESS = ("own-act", "custody", "witnessed", "told", "intelligence", "unknown")
INTERESTS = ("neutral", "self-serving", "against-interest", "unknown")


def test_weak_is_possible_conditional_rumoured_or_implied() -> None:
    for commitment, explicit in product(COMMITMENTS, ("stated", "presupposed", "implied")):
        one = coded(commitment=commitment, explicit=explicit)
        assert one.weak is (commitment in {"possible", "conditional", "rumoured"} or explicit == "implied")
        assert one.presupposed is (explicit == "presupposed")


def test_who_vouches_and_who_is_official() -> None:
    for identity, capacity, access, interest in product(IDENTITIES, CAPACITIES, ACCESS, INTERESTS):
        one = coded(origin(identity, capacity=capacity, access=access, interest=interest))
        heard = identity in {"named", "collective"} and capacity in {"state-organ", "official"}
        first_hand = access in {"own-act", "custody", "witnessed"}
        assert one.official is heard, (identity, capacity)
        assert one.vouches is (heard and first_hand and interest != "self-serving"), (
            identity,
            capacity,
            access,
        )


def test_the_same_test_decides_what_a_denial_is_worth() -> None:
    assert coded(BY_MINISTRY, stance="denies").vouches
    assert not coded(BY_MINISTRY | {"access": "unknown"}, stance="denies").vouches
    assert not coded(BY_MINISTRY | {"interest": "self-serving"}, stance="denies").vouches


def test_who_counts_as_an_independent_root() -> None:
    for identity, access, seen in product(IDENTITIES, ACCESS, ("read", "quoted", "reported", "mentioned")):
        one = coded(origin(identity, access=access, institution="/institutions/ministry"), seen=seen)
        counts = identity == "named" and access != "unknown" and seen in {"read", "quoted"}
        assert one.countable is counts, (identity, access, seen)


def test_authors_are_roots_for_reported_only() -> None:
    """What an author writes on his own word is reported; two authors do not confirm it."""
    writers = [
        coded(origin(person=f"/people/{name}", capacity="author", access="told"), id=name, document=f"/{name}")
        for name in ("one", "other")
    ]
    assert status_of(*writers) == "reported"


def test_documents_are_roots_for_reported_only() -> None:
    newspapers = [
        coded(origin("unstated", capacity="publisher", access="told"), id=name, document=f"/{name}")
        for name in ("one", "other")
    ]
    assert status_of(*newspapers) == "reported"


def test_a_claim_keeps_its_dates_and_its_document() -> None:
    one = coded(made={"earliest": "2014-01-01", "latest": None})
    assert (one.known, one.made) == (Span("2015-01-01", "2015-01-02"), Span("2014-01-01", None))
    assert (one.claim, one.value, one.stance, one.document) == (
        "claim",
        "true",
        "asserts",
        "/sources/newspaper",
    )


@pytest.mark.parametrize(
    ("identity", "unnamed"),
    [("named", False), ("collective", False), ("anonymous", True), ("unstated", True)],
)
def test_who_is_anonymous(identity: str, unnamed: bool) -> None:
    assert coded(origin(identity, institution="/institutions/ministry")).anonymous is unnamed


# Corroboration counts roots, not articles.


def counts(*claims: Claimed, cited: Mapping[str, frozenset[str]] = NOTHING_CITED) -> tuple[int, int, int, int, bool]:
    found = corroboration(in_force(claims), cited)
    return found.claims, found.documents, found.roots, found.independent_roots, found.anonymous_only


ANONYMOUS = said("someone", anonymous=True)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ((ONE_ROOT,), (1, 1, 1, 1, False)),
        ((ONE_ROOT, OTHER_ROOT), (2, 2, 2, 2, False)),
        ((REPORT,), (1, 1, 1, 0, False)),
        ((ANONYMOUS,), (1, 1, 1, 0, True)),
        ((ANONYMOUS, said("another", anonymous=True)), (2, 2, 2, 0, True)),
        ((ANONYMOUS, ONE_ROOT), (2, 2, 2, 1, False)),
        ((said("he", claim="1", document="/a"), said("he", claim="2", document="/b")), (2, 2, 1, 0, False)),
        ((said("he", document="/a"), said("she", document="/a")), (2, 1, 2, 0, False)),
        (tuple(said(r, countable=True, document="/a") for r in ("he", "she")), (2, 1, 2, 1, False)),
        ((ONE_ROOT, RUMOUR), (2, 2, 2, 1, False)),
        ((ONE_ROOT, said("insider", weak=True, countable=True)), (2, 2, 2, 1, False)),
        ((ONE_ROOT, DENIAL, DOUBT, REFUTATION), (1, 1, 1, 1, False)),
        ((ONE_ROOT, *taken_back("newspaper")), (1, 1, 1, 1, False)),
    ],
    ids=[
        "one root",
        "two independent roots",
        "a root that does not count",
        "an anonymous one",
        "two anonymous ones",
        "an anonymous and a named one",
        "one root in two documents",
        "two roots in one document",
        "two countable roots in one document",
        "a rumour counts, never as independent",
        "a countable rumour is not independent",
        "only what is asserted counts",
        "not what was withdrawn",
    ],
)
def test_corroboration(claims: tuple[Claimed, ...], expected: tuple[int, int, int, int, bool]) -> None:
    assert counts(*claims) == counts(*reversed(claims)) == expected


def test_corroboration_heeds_citations() -> None:
    cited = {ONE_ROOT.document: frozenset({OTHER_ROOT.document})}
    assert counts(ONE_ROOT, OTHER_ROOT, cited=cited) == (2, 2, 2, 1, False)


def test_nothing_corroborates_nothing() -> None:
    assert counts() == counts(DENIAL, DOUBT) == (0, 0, 0, 0, False)


# Every combination of one and two claims, against the table read aloud.


class Row(NamedTuple):
    """A row fits when all of `needs` is so and none of `lacks` is."""

    status: str
    needs: frozenset[str]
    lacks: frozenset[str] = frozenset()


def row(status: str, *needs: str, lacks: tuple[str, ...] = ()) -> Row:
    return Row(status, frozenset(needs), frozenset(lacks))


CONFIRMED = {
    "any": [row("confirmed", "vouched for"), row("confirmed", "two independent roots")],
    "official": [row("confirmed", "vouched for")],
    "two-roots": [row("confirmed", "two independent roots")],
}
BEFORE_CONFIRMED = [
    row("refuted", "refuted"),
    row("disputed", "vouched for", "denied by another who vouches"),
    row("denied", "denied by one who vouches", lacks=("vouched for",)),
]
AFTER_CONFIRMED = [
    row("taken-as-known", "asserted", lacks=("asserted without presupposing",)),
    row("contested", "asserted", "denied by one who does not vouch"),
    row("withdrawn", "asserted once and withdrawn", lacks=("asserted",)),
    row("doubted", "asserted", "doubted"),
    row("doubted", "doubted", lacks=("asserted", "asserted weakly", "denied by one who vouches")),
    row(
        *("doubted", "denied by one who does not vouch"),
        lacks=("asserted", "asserted weakly", "denied by one who vouches"),
    ),
    row("official-claim", "asserted by an official who does not vouch"),
    row("reported", "asserted"),
    row("rumoured", "asserted weakly", lacks=("asserted",)),
]
TABLE = {policy: [*BEFORE_CONFIRMED, *CONFIRMED[policy], *AFTER_CONFIRMED] for policy in POLICIES}


def table_says(facts: set[str], policy: str) -> str | None:
    fitting = (row.status for row in TABLE[policy] if row.needs <= facts and not row.lacks & facts)
    return next(fitting, None)


def facts_of(claims: Sequence[Claimed], latest: Claimed | None, apart: bool) -> set[str]:
    """What is so of at most two claims: `latest` is surely the later, `apart` tells of their documents."""
    moving = [one for one in claims if one.stance != "declines-to-confirm"]
    moving = [one for one in moving if one.stance in {"asserts", "withdraws"} or not one.weak]
    same_root = len({one.root for one in moving}) < len(moving)
    superseding = latest if same_root and latest in moving else None
    facts: set[str] = set()
    for one in moving:
        if superseding is None or one is superseding:
            facts |= facts_of_one(one)
        elif superseding.stance == "withdraws" and one.stance == "asserts" and not one.weak:
            facts.add("asserted once and withdrawn")
    if {"vouched for", "denied by one who vouches"} <= facts and not same_root:
        facts.add("denied by another who vouches")
    firm = [one for one in moving if one.stance == "asserts" and not one.weak and one.countable]
    if len(firm) == 2 and not same_root and apart:
        facts.add("two independent roots")
    return facts


def facts_of_one(one: Claimed) -> set[str]:
    match one.stance:
        case "asserts" if one.weak:
            return {"asserted weakly"}
        case "asserts":
            facts = {"asserted"}
            facts |= {"vouched for"} if one.vouches else set()
            facts |= set() if one.presupposed else {"asserted without presupposing"}
            return facts | ({"asserted by an official who does not vouch"} if one.official > one.vouches else set())
        case "denies":
            return {"denied by one who vouches" if one.vouches else "denied by one who does not vouch"}
        case "doubts":
            return {"doubted"}
        case "refutes":
            return {"refuted"}
    return set()


STANDINGS = ((False, False), (True, False), (True, True))
"""Official or not, vouching or not: whoever vouches is an official."""


def every_class(**fields: str | Span) -> list[Claimed]:
    """One testimony of each class that the rules tell apart."""
    make: Callable[..., Claimed] = said
    return [
        make(
            stance=stance,
            weak=weak,
            presupposed=presupposed,
            official=official,
            vouches=vouches,
            countable=countable,
            **fields,
        )
        for stance in STANCES
        for weak, presupposed, countable in product((False, True), repeat=3)
        for official, vouches in STANDINGS
    ]


CLASSES = 6 * 2 * 2 * 2 * 3


def disagreement(
    claims: Sequence[Claimed], facts: set[str], citations: Mapping[str, frozenset[str]]
) -> tuple[object, ...] | None:
    """The first policy whose verdict is not what the table says, with both."""
    force, ids = in_force(claims), {one.claim for one in claims}
    for policy in POLICIES:
        found, expected = verdict(force, policy, citations), table_says(facts, policy)
        sound = bool(found.because) is (found.status is not None) and ids.issuperset(found.because)
        if found.status != expected or not sound:
            return policy, found, expected, claims
    return None


def test_every_single_claim() -> None:
    singles = every_class(root="he", claim="first")
    assert len(singles) == CLASSES
    for one in singles:
        assert disagreement([one], facts_of([one], None, apart=True), NOTHING_CITED) is None


SAME_DOCUMENT = "same"
CITING: dict[str, Mapping[str, frozenset[str]]] = {
    SAME_DOCUMENT: {},
    "apart": {},
    "citing": through_others([("/first", "/second")]),
    "cited through another": through_others([("/second", "/third"), ("/third", "/first")]),
}
ORDERS = {
    "earlier": (EARLY, LATE),
    "later": (LATE, EARLY),
    "unorderable": (YEAR, on("2015-06-01")),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("documents", CITING)
@pytest.mark.parametrize("same_root", [True, False], ids=["one root", "two roots"])
def test_every_pair_of_claims(same_root: bool, documents: str, order: str) -> None:
    """Both orders of every pair are among the pairs, so the order of testimonies changes nothing either."""
    known, other_known = ORDERS[order]
    firsts = every_class(root="he", claim="first", document="/first", known=known)
    seconds = every_class(
        root="he" if same_root else "she",
        claim="second",
        document="/first" if documents == SAME_DOCUMENT else "/second",
        known=other_known,
    )
    pairs = 0
    for one, other in product(firsts, seconds):
        latest = {"earlier": other, "later": one}.get(order)
        facts = facts_of([one, other], latest, apart=documents == "apart")
        assert (wrong := disagreement([one, other], facts, CITING[documents])) is None, wrong
        pairs += 1
    assert pairs == CLASSES**2 == 20_736


# Totality.


def anything(chance: random.Random, claim: str) -> Claimed:
    """A testimony drawn at random, with dates that may be open, overlap or be missing."""
    official = chance.random() < 0.5
    ends = [None, "2014-01-01", "2015-01-01", "2016-01-01", "2017-01-01"]
    begin, end = sorted(chance.choices(range(1, 5), k=2))
    spans = [UNDATED, Span(ends[begin], ends[end]), Span(None, ends[end]), Span(ends[begin], None)]
    return said(
        chance.choice("abc"),
        chance.choice(STANCES),
        claim=claim,
        weak=chance.random() < 0.3,
        presupposed=chance.random() < 0.3,
        vouches=official and chance.random() < 0.5,
        official=official,
        countable=chance.random() < 0.7,
        document=chance.choice(["/a", "/b", "/c", "/d"]),
        known=chance.choice(spans),
        made=chance.choice(spans),
    )


def some(seed: int, most: int) -> tuple[list[Claimed], dict[str, frozenset[str]]]:
    chance = random.Random(seed)
    claims = [anything(chance, str(number)) for number in range(chance.randint(0, most))]
    arrows = list(permutations(["/a", "/b", "/c", "/d"], 2))
    return claims, through_others(chance.sample(arrows, chance.randint(0, 4)))


def verdicts(claims: Iterable[Claimed], cited: Mapping[str, frozenset[str]]) -> list[str | None]:
    return [status_of(*claims, policy=policy, citations=cited) for policy in POLICIES]


def test_the_order_of_testimonies_changes_no_status() -> None:
    for seed in range(1_000):
        claims, cited = some(seed, most=4)
        expected, counted = verdicts(claims, cited), counts(*claims, cited=cited)
        for order in permutations(claims):
            assert verdicts(order, cited) == expected, seed
            assert counts(*order, cited=cited) == counted, seed


def test_every_verdict_is_of_the_vocabulary_and_gives_reasons() -> None:
    for seed, policy, stated_only in product(range(2_000), POLICIES, (False, True)):
        claims, cited = some(seed, most=8)
        status, because = verdict(in_force(claims), policy, cited, stated_only=stated_only)
        assert status is None or status in (STATUSES - {"confirmed"} | {"stated"} if stated_only else STATUSES)
        assert bool(because) is (status is not None), seed
        assert len(set(because)) == len(because), seed
        assert {one.claim for one in claims}.issuperset(because), seed


def test_policies_change_the_row_confirmed_alone() -> None:
    """Where no policy confirms all agree, and what precedes the row is the same under each."""
    for seed in range(2_000):
        statuses = set(verdicts(*some(seed, most=8)))
        assert "confirmed" in statuses or len(statuses) == 1, seed
        assert len(statuses) == 1 or not statuses & {"refuted", "disputed", "denied", None}, seed


def test_nothing_said_has_no_standing() -> None:
    nothing = InForce((), ())
    assert all(verdict(nothing, policy, NOTHING_CITED) == (None, ()) for policy in POLICIES)


# The traps of the hardest cases.


def test_a_living_mans_execution_is_not_confirmed_by_reports() -> None:
    """An agency believes it, newspapers repeat unnamed men: an official claim, until he appears."""
    agency = coded(
        origin("collective", capacity="state-organ", access="intelligence", institution="/institutions/agency"),
        id="agency",
    )
    unnamed = [
        coded(origin("anonymous", access="told", capacity="insider"), id=paper, document=f"/sources/{paper}")
        for paper in ("daily", "weekly", "wire")
    ]
    assert set(verdicts(unnamed, NOTHING_CITED)) == {"reported"}
    assert set(verdicts([agency, *unnamed], NOTHING_CITED)) == {"official-claim"}
    appears = coded(
        origin("collective", institution="/institutions/television", capacity="publisher"),
        id="appears",
        stance="refutes",
    )
    assert set(verdicts([agency, *unnamed, appears], NOTHING_CITED)) == {"refuted"}


def test_a_charge_by_the_accuser_is_never_confirmed() -> None:
    """He holds the papers and speaks of his own act, but accuses his own defector: self-serving."""
    for access in ("own-act", "custody", "witnessed"):
        accuser = origin("collective", institution="/institutions/north", capacity="state-organ", access=access)
        charge = [
            coded(accuser | {"interest": "self-serving"}, id=paper, document=f"/sources/{paper}")
            for paper in ("agency", "embassy")
        ]
        assert set(verdicts(charge, NOTHING_CITED)) == {"official-claim"}


def test_a_self_serving_denial_does_not_deny() -> None:
    denial = coded(BY_MINISTRY | {"interest": "self-serving"}, id="denial", stance="denies")
    assert set(verdicts([REPORT, denial], NOTHING_CITED)) == {"contested"}
    assert status_of(VOUCHED, denial) == "confirmed"


def test_a_conditional_denial_does_not_move() -> None:
    """It comes from the very ministry that would know: "if he fled, we know nothing of it"."""
    denial = coded(BY_MINISTRY, id="denial", stance="denies", commitment="conditional")
    assert set(verdicts([REPORT, denial], NOTHING_CITED)) == {"reported"}
    assert set(verdicts([denial], NOTHING_CITED)) == {None}


def test_a_blog_that_repeats_a_newspaper_is_one_root() -> None:
    """The newspaper's unnamed man is its outermost document's root, wherever he is repeated."""
    unnamed = origin("anonymous", access="witnessed")
    claims = [coded(unnamed, id=name) for name in ("newspaper", "blog")]
    assert counts(*claims) == (2, 1, 1, 0, True)
    assert set(verdicts(claims, NOTHING_CITED)) == {"reported"}


def test_a_witness_heard_by_newspaper_and_blog_is_one_root() -> None:
    claims = [coded(origin(), id=name, document=f"/sources/{name}") for name in ("newspaper", "blog")]
    assert counts(*claims) == (2, 2, 1, 1, False)
    assert set(verdicts(claims, NOTHING_CITED)) == {"reported"}


def test_a_ministry_and_an_agency_conflict_on_the_motive_only() -> None:
    """Both say that he left; one that he feared a purge, the other that he took the money."""
    agency = origin("collective", institution="/institutions/agency", capacity="publisher", access="told")
    left = [coded(BY_MINISTRY, id="ministry"), coded(agency, id="agency", document="/sources/agency")]
    assert status_of(*left) == "confirmed"
    fear, money = said("ministry", vouches=True, value="fear-of-purge"), said("agency", value="money")
    assert status_of(fear, money, value="fear-of-purge", stated_only=True) == "stated"
    assert status_of(fear, money, value="money", stated_only=True) == "reported"


def test_a_report_of_another_value_is_no_denial() -> None:
    """Who recalled the workers: the paraphrase and the source that it quotes disagree, and both stand."""
    china, north = said("blog", value="china"), said("source", value="north", vouches=True)
    assert status_of(china, north, value="china") == "reported"
    assert status_of(china, north, value="north") == "confirmed"


def test_a_denial_of_an_event_elsewhere_does_not_vouch() -> None:
    denial = coded(BY_MINISTRY | {"access": "unknown"}, id="denial", stance="denies")
    assert set(verdicts([REPORT, denial], NOTHING_CITED)) == {"contested"}
    assert set(verdicts([denial], NOTHING_CITED)) == {"doubted"}


def test_an_unnamed_official_who_holds_him_does_not_vouch() -> None:
    unnamed = coded(BY_MINISTRY | {"identity": "anonymous"})
    assert set(verdicts([unnamed], NOTHING_CITED)) == {"reported"}


def test_what_the_coder_reads_into_an_official_is_rumoured() -> None:
    implied = coded(BY_MINISTRY, explicit="implied")
    assert set(verdicts([implied], NOTHING_CITED)) == {"rumoured"}


def test_a_root_only_mentioned_confirms_nothing() -> None:
    claims = [
        coded(origin(person=f"/people/{name}"), id=name, document=f"/sources/{name}", seen=seen)
        for name, seen in (("he", "read"), ("she", "reported"), ("they", "mentioned"))
    ]
    assert set(verdicts(claims, NOTHING_CITED)) == {"reported"}


def test_no_later_doubt_leaks_into_an_earlier_day() -> None:
    """Standing by a day is the standing of the claims known by it, no later withdrawal among them."""
    claims = history("asserts", "withdraws")
    assert status_of(*claims[:1]) == "reported"
    assert status_of(*claims) == "withdrawn"
