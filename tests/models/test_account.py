"""What claims add up to for one record: values, conflicts, what is later, corroboration; without a database."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from models.account import WITH_THE_RECORD, Account, items_of, key_of
from models.claims import resolve
from models.defectors import DEFECTORS
from models.people import PEOPLE
from models.purges import PURGES
from models.standing import Testimony as Claimed  # pytest collects what is named Test*
from models.tables import FIRST_DAY, LAST_DAY

RECORD = "defectors/d"

SOURCES: dict[str, dict[str, Any]] = {
    "june": {"id": "june", "published": {"edtf": "2015-06-10", "earliest": "2015-06-10", "latest": "2015-06-10"}},
    "july": {"id": "july", "published": {"edtf": "2015-07", "earliest": "2015-07-01", "latest": "2015-07-31"}},
    "undated": {"id": "undated"},
}

WITNESS = {"identity": "named", "person": "witness", "capacity": "witness", "access": "witnessed"}
DOCTOR = {"identity": "named", "person": "doctor", "capacity": "witness", "access": "told"}
MINISTRY = {"identity": "collective", "institution": "ministry", "capacity": "state-organ", "access": "own-act"}
ANONYMOUS = {"identity": "anonymous", "capacity": "insider", "access": "told"}


def claim(
    slug: str, sets: Mapping[str, Any], *, source: str = "june", record: str = RECORD, **given: Any
) -> dict[str, Any]:
    raw = {"id": slug, "says": "So.", "source": source, "about": [{"record": record, "sets": dict(sets)}], **given}
    return resolve(raw, lambda name: SOURCES[name])


def defector(*claims: dict[str, Any], **own: Any) -> Account:
    return Account(DEFECTORS, {"id": "d", "name": "D", **own}, claims, {})


def values(account: Account, name: str) -> list[tuple[Any, str | None, list[str]]]:
    """Each value shown of a field: the value, its status under the default policy, its claims."""
    return [(v["value"], v["status"]["any"], v["claims"]) for v in account.shown()["values"].get(name, [])]


def conflicts(account: Account) -> dict[str, list[Any]]:
    return {name: [value["value"] for value in found] for name, found in account.shown()["conflicts"].items()}


def status(account: Account) -> tuple[str | None, list[str]]:
    standing = account.shown()["standing"]["any"]
    return standing["status"], standing["because"]


OCCURRED = {"occurred": True}


# values


def test_value_has_a_standing_of_its_own() -> None:
    account = defector(
        claim("a", OCCURRED | {"stage": "arrived"}, origin=MINISTRY),
        claim("b", {"role": "Cook"}),
        stage="arrived",
        role="Cook",
    )
    assert status(account) == ("confirmed", ["a"])
    assert values(account, "stage") == [("arrived", "confirmed", ["a"])]
    assert values(account, "role") == [("Cook", "reported", ["b"])]
    assert values(account, "left") == []


def test_elements_of_a_list_have_standings_of_their_own() -> None:
    account = defector(
        claim("a", OCCURRED | {"carried": ["Gold"]}, origin=MINISTRY),
        claim("b", {"carried": ["Silver", "Gold"]}),
        carried=["Gold", "Silver"],
    )
    assert values(account, "carried") == [("Gold", "confirmed", ["a", "b"]), ("Silver", "reported", ["b"])]
    assert conflicts(account) == {}


@pytest.mark.parametrize(
    ("resource", "name", "value", "expected"),
    [
        (DEFECTORS, "motive", ["family"], "stated"),
        (DEFECTORS, "role", "Cook", "confirmed"),
        (PURGES, "reason", "Debts", "stated"),
        (PURGES, "method", "By lorry", "stated"),
        (PURGES, "stage", "carried-out", "confirmed"),
    ],
)
def test_motive_reason_and_method_are_only_stated(resource: Any, name: str, value: Any, expected: str) -> None:
    path = resource.path("d")
    account = Account(
        resource, {"id": "d", name: value}, [claim("a", OCCURRED | {name: value}, record=path, origin=MINISTRY)], {}
    )
    assert [found[1] for found in values(account, name)] == [expected]


def test_value_of_ours_has_no_status_and_no_claims() -> None:
    account = defector(claim("a", OCCURRED), role="Cook", editorial={"role": "as the others"})
    assert values(account, "role") == [("Cook", None, [])]
    assert list(account.unsupported()) == []


def test_part_of_a_value_is_found_by_its_dotted_name() -> None:
    count = {"value": 3, "qualifier": "exact", "least": 3, "most": 3}
    account = defector(claim("a", OCCURRED | {"party.count": count}), party={"kind": "group", "count": count})
    assert values(account, "party.count") == [(count, "reported", ["a"])]


def test_false_and_zero_are_values() -> None:
    assert items_of(0) == [0]
    assert items_of(False) == [False]
    assert items_of(None) == items_of([]) == []


# what makes values the same

PRINTED = {"edtf": "2015-06", "earliest": "2015-06-01", "latest": "2015-06-30", "shape": "day", "basis": "stated"}


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (PRINTED, True),
        (PRINTED | {"printed": "in June"}, True),
        (PRINTED | {"basis": "inferred"}, True),
        (dict(reversed(PRINTED.items())), True),
        (PRINTED | {"shape": "within"}, False),
        (PRINTED | {"edtf": "2015-06~"}, False),
        (PRINTED | {"latest": "2015-06-29"}, False),
    ],
)
def test_how_a_value_is_printed_makes_it_no_other(other: dict[str, Any], same: bool) -> None:
    assert (key_of(PRINTED) == key_of(other)) is same
    account = defector(claim("a", OCCURRED | {"left": PRINTED}), claim("b", {"left": other}), left=PRINTED)
    assert (conflicts(account) == {}) is same
    assert values(account, "left")[0][2] == (["a", "b"] if same else ["a"])


def test_how_an_inner_value_is_printed_makes_it_no_other() -> None:
    """Through lists too, as in a person's roles."""
    role = {"title": "Head", "as_of": PRINTED}
    other = {"title": "Head", "as_of": PRINTED | {"printed": "in June", "basis": "relative"}}
    path = "people/d"
    account = Account(PEOPLE, {"id": "d", "roles": [role]}, [claim("a", {"roles": [other]}, record=path)], {})
    assert conflicts(account) == {}
    assert [found[2] for found in values(account, "roles")] == [["a"]]


def test_numbers_and_their_texts_differ() -> None:
    assert key_of({"value": 1}) != key_of({"value": "1"})
    assert key_of(True) != key_of("true")


# conflicts


def test_other_value_is_a_conflict() -> None:
    account = defector(claim("a", OCCURRED | {"role": "Cook"}), claim("b", {"role": "Driver"}), role="Cook")
    assert conflicts(account) == {"role": ["Cook", "Driver"]}
    assert [found["claims"] for found in account.shown()["conflicts"]["role"]] == [["a"], ["b"]]


@pytest.mark.parametrize(
    ("chosen", "conflict"),
    [
        (["Gold", "Silver"], None),
        (["Gold"], ["Gold", "Silver"]),
        (["Silver"], ["Silver", "Gold"]),
        (None, ["Gold", "Silver"]),
    ],
)
def test_elements_of_a_list_conflict_only_where_one_is_left_out(
    chosen: list[str] | None, conflict: list[str] | None
) -> None:
    own = {} if chosen is None else {"carried": chosen}
    account = defector(claim("a", OCCURRED | {"carried": ["Gold"]}), claim("b", {"carried": ["Silver"]}), **own)
    assert conflicts(account) == ({} if conflict is None else {"carried": conflict})


@pytest.mark.parametrize("stance", ["denies", "doubts", "refutes", "declines-to-confirm"])
def test_denial_of_a_value_is_no_conflict(stance: str) -> None:
    """Nor is a denial of a value that the coder left out: only what is asserted conflicts."""
    account = defector(
        claim("a", OCCURRED | {"role": "Cook"}),
        claim("b", {"role": "Cook"}, stance=stance, origin=DOCTOR),
        claim("c", {"role": "Driver"}, stance=stance, origin=DOCTOR),
        role="Cook",
    )
    assert conflicts(account) == {}


def test_withdrawn_value_is_no_conflict() -> None:
    account = defector(
        claim("a", OCCURRED | {"role": "Cook"}, origin=WITNESS),
        claim("b", {"role": "Driver"}, origin=DOCTOR),
        claim("c", {"role": "Driver"}, origin=DOCTOR, stance="withdraws", source="july"),
        role="Cook",
    )
    assert conflicts(account) == {}


def test_later_value_of_the_same_speaker_takes_the_place_of_the_earlier() -> None:
    account = defector(
        claim("a", OCCURRED | {"role": "Driver"}, origin=WITNESS),
        claim("b", {"role": "Cook"}, origin=WITNESS, source="july"),
        role="Cook",
    )
    assert conflicts(account) == {}


def test_occurrence_never_conflicts() -> None:
    assert conflicts(defector(claim("a", OCCURRED), claim("b", OCCURRED, stance="denies", origin=MINISTRY))) == {}


# what the values rest on


@pytest.mark.parametrize(
    ("stance", "unsupported"),
    [
        ("asserts", []),
        ("denies", ["role"]),
        ("doubts", ["role"]),
        ("withdraws", ["role"]),
        ("declines-to-confirm", ["role"]),
    ],
)
def test_value_rests_on_an_asserting_claim(stance: str, unsupported: list[str]) -> None:
    account = defector(claim("a", OCCURRED), claim("b", {"role": "Cook"}, stance=stance), role="Cook")
    assert list(account.unsupported()) == unsupported


@pytest.mark.parametrize(("stance", "unsupported"), [("denies", []), ("doubts", []), ("declines-to-confirm", ["role"])])
def test_value_of_a_record_that_nobody_asserts_rests_on_its_denial(stance: str, unsupported: list[str]) -> None:
    account = defector(claim("a", OCCURRED | {"role": "Cook"}, stance=stance), role="Cook")
    assert list(account.unsupported()) == unsupported


def test_every_element_needs_its_claim() -> None:
    account = defector(claim("a", OCCURRED | {"carried": ["Gold"]}), carried=["Gold", "Silver"])
    assert list(account.unsupported()) == ["carried"]


def test_claim_about_another_record_does_not_count() -> None:
    other = claim("b", {"role": "Cook"}, record="defectors/other")
    account = defector(claim("a", OCCURRED), other, role="Cook")
    assert list(account.unsupported()) == ["role"]
    assert account.shown()["corroboration"]["claims"] == 1


# a record that is only denied


def test_record_that_is_only_denied() -> None:
    """Denied by who vouches; its values are shown as denied too, and nothing corroborates it."""
    account = defector(claim("a", OCCURRED | {"role": "Cook"}, stance="denies", origin=MINISTRY), role="Cook")
    assert not account.is_asserted()
    assert status(account) == ("denied", ["a"])
    assert values(account, "role") == [("Cook", "denied", ["a"])]
    assert account.shown()["corroboration"] == {
        "claims": 0, "documents": 0, "roots": 0, "independent_roots": 0, "anonymous_only": False,
    }  # fmt: skip
    assert conflicts(account) == {}


def test_record_that_is_only_denied_by_who_does_not_vouch() -> None:
    assert status(defector(claim("a", OCCURRED, stance="denies", origin=ANONYMOUS))) == ("doubted", ["a"])


# corroboration


def test_corroboration_counts_roots_not_articles() -> None:
    account = defector(
        claim("a", OCCURRED, origin=WITNESS),
        claim("b", OCCURRED, origin=WITNESS, source="undated"),
        claim("c", OCCURRED, origin=DOCTOR, source="july"),
        claim("d", OCCURRED, origin=ANONYMOUS, commitment="rumoured"),
        claim("e", OCCURRED, origin=MINISTRY, stance="denies"),
    )
    assert account.shown()["corroboration"] == {
        "claims": 4, "documents": 3, "roots": 3, "independent_roots": 2, "anonymous_only": False,
    }  # fmt: skip


def test_citation_makes_roots_dependent() -> None:
    claims = [claim("a", OCCURRED, origin=WITNESS), claim("b", OCCURRED, origin=DOCTOR, source="july")]
    cited = {"sources/july": frozenset({"sources/june"})}
    record = {"id": "d", "name": "D"}
    assert Account(DEFECTORS, record, claims, {}).shown()["corroboration"]["independent_roots"] == 2
    account = Account(DEFECTORS, record, claims, cited)
    assert account.shown()["corroboration"]["independent_roots"] == 1
    assert status(account)[0] == "reported"


def test_anonymous_only() -> None:
    assert defector(claim("a", OCCURRED, origin=ANONYMOUS)).shown()["corroboration"]["anonymous_only"] is True
    assert (
        defector(claim("a", OCCURRED, origin=ANONYMOUS), claim("b", OCCURRED, origin=DOCTOR)).shown()["corroboration"][
            "anonymous_only"
        ]
        is False
    )


# over time


def rows(account: Account, bound: str) -> list[dict[str, Any]]:
    """The periods of a bound with what the document has then, without the one before anything is known."""
    found = [row for row in account.periods() if row["bound"] == bound]
    standing = {number: edition.standing for edition, number in account.editions.items()}
    found = [{**row, "standing": standing.get(row["edition"], b"")} for row in found]
    return [row for row in found if row["known_from"] != FIRST_DAY or row["status_any"] is not None]


def later(row: Mapping[str, Any]) -> list[str]:
    found: list[str] = json.loads(row["standing"])["later"]
    return found


def hidden(row: Mapping[str, Any]) -> list[str]:
    found: list[str] = json.loads(row["hidden"])
    return found


def test_value_is_named_as_later_until_a_claim_sets_it() -> None:
    account = defector(
        claim("a", OCCURRED | {"carried": ["Gold"]}),
        claim("b", {"carried": ["Silver"], "role": "Cook"}, source="july"),
        carried=["Gold", "Silver"],
        role="Cook",
    )
    surely, possibly = rows(account, "surely"), rows(account, "possibly")
    assert [(row["known_from"], row["known_until"]) for row in surely] == [
        ("2015-06-10", "2015-07-31"),
        ("2015-07-31", LAST_DAY),
    ]
    assert [row["known_from"] for row in possibly] == ["2015-06-10", "2015-07-01"]
    assert [sorted(later(row)) for row in surely] == [["carried[1]", "role"], []]


def test_editorial_value_is_never_later() -> None:
    account = defector(claim("a", OCCURRED), role="Cook", editorial={"role": "so"})
    assert [later(row) for row in rows(account, "surely")] == [[]]


def test_editorial_value_is_hidden_at_any_time() -> None:
    account = defector(claim("a", OCCURRED), role="Cook", editorial={"role": "so"})
    assert [hidden(row) for row in rows(account, "surely")] == [["role"]]


def test_conflict_begins_when_the_other_value_is_known() -> None:
    account = defector(
        claim("a", OCCURRED | {"role": "Cook"}), claim("b", {"role": "Driver"}, source="july"), role="Cook"
    )
    assert [json.loads(row["conflicts"]) for row in rows(account, "surely")] == [[], ["role"]]


def test_claim_that_changes_nothing_begins_no_period() -> None:
    account = defector(
        claim("a", OCCURRED, origin=ANONYMOUS),
        claim("b", {}, source="july"),
        claim("c", OCCURRED, source="july", origin=ANONYMOUS, stance="declines-to-confirm"),
    )
    assert [row["known_from"] for row in rows(account, "surely")] == ["2015-06-10"]


def test_undated_claim_counts_now_and_on_no_day() -> None:
    account = defector(claim("a", OCCURRED, source="undated"))
    assert [row["status_any"] for row in rows(account, "now")] == ["reported"]
    assert rows(account, "surely") == rows(account, "possibly") == []


def test_terms_and_words_are_known_from_their_first_claim() -> None:
    account = defector(
        claim("a", OCCURRED | {"carried": ["Gold"]}, source="july"),
        claim("b", {"carried": ["Gold"]}),
        carried=["Gold"],
        name="D",
    )
    assert ("carried", "Gold", ("2015-06-10", "2015-06-10")) in list(account.words())
    assert ("name", "D", WITH_THE_RECORD) in list(account.words())
    assert ("source", "july", ("2015-07-31", "2015-07-01")) in list(account.terms())


def test_supporting_testimonies_are_those_of_the_value() -> None:
    account = defector(claim("a", OCCURRED | {"role": "Cook"}), claim("b", {"role": "Driver"}), role="Cook")
    found: list[Claimed] = account.supporting("role", key_of("Cook"))
    assert [testimony.claim for testimony in found] == ["a"]
