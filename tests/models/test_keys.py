"""Keys as they are kept: without their secret, good until they expire or are revoked."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import models.keys
from models.database import execute
from models.keys import FORM, OUR_OWN, SCOPES, Key, KeyFault, keys, make, revoke, shown, verified

stored = pytest.mark.usefixtures("empty_database")

NEVER = ("", "talbuk", "talbuk__", "talbuk_abcdefgh_", "Bearer x", "\0", "x" * 100_000, "talbuk_abcdefgh_" + "é" * 43)


@stored
def test_a_key_is_what_it_was_made_as() -> None:
    key, token = make("kim", "edit", ["people", "sources"], "2999-01-01T00:00:00Z")
    assert FORM.fullmatch(token)
    assert verified(token) == key
    assert (key.actor, key.scope, key.resources) == ("kim", "edit", ("people", "sources"))
    assert keys() == [key]
    assert shown(key) == {
        "id": key.id, "actor": "kim", "scope": "edit", "resources": "people, sources", "made": key.made,
        "state": "until 2999-01-01T00:00:00Z",
    }  # fmt: skip


@stored
def test_no_two_keys_are_alike() -> None:
    tokens = [make("kim", "read")[1] for _ in range(50)]
    assert len({token.split("_", 2)[1] for token in tokens}) == 50
    assert len({token.split("_", 2)[2] for token in tokens}) == 50


@stored
def test_what_is_no_token_is_no_key() -> None:
    make("kim", "edit")
    assert [token for token in NEVER if verified(token)] == []


def altered(token: str) -> list[str]:
    """Tokens that are almost one."""
    prefix, identifier, secret = token.split("_", 2)
    other = "A" if secret[0] != "A" else "B"
    return [
        token[:-1], f"{token}A", f"{token}\n", f" {token}", token.upper(), f"{prefix}_{identifier}_{other}{secret[1:]}",
        f"{prefix}_aaaaaaaa_{secret}", f"{prefix}_{identifier}_{secret[::-1]}", secret,
    ]  # fmt: skip


@stored
def test_what_is_almost_a_token_is_no_key() -> None:
    _, token = make("kim", "edit")
    _, another = make("kim", "edit")
    mixed = f"talbuk_{token.split('_', 2)[1]}_{another.split('_', 2)[2]}"
    assert [one for one in (*altered(token), mixed) if verified(one)] == []


@stored
def test_a_key_that_was_revoked_is_none_and_is_revoked_once() -> None:
    key, token = make("kim", "edit")
    assert revoke(key.id)
    assert verified(token) is None
    assert not revoke(key.id)
    assert not revoke("nobodys1")
    (kept,) = keys()
    assert kept.revoked is not None
    assert shown(kept)["state"].startswith("revoked ")


@stored
def test_a_key_is_good_until_the_second_at_which_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    _, token = make("kim", "edit", expires="2999-06-01T12:00:00Z")
    for now, good in (("2999-06-01T11:59:59Z", True), ("2999-06-01T12:00:00Z", False), ("3000-01-01T00:00:00Z", False)):
        monkeypatch.setattr("models.keys._now", lambda now=now: now)
        assert (verified(token) is not None) is good, now


@stored
def test_a_key_cannot_be_made_that_has_expired() -> None:
    with pytest.raises(KeyFault, match="is past already"):
        make("kim", "edit", expires="2020-01-01T00:00:00Z")
    assert keys() == []


@stored
def test_names_of_the_programs_own_and_odd_ones_are_refused() -> None:
    for name in (*sorted(OUR_OWN), "", "Kim", "a b", "a\n", "x" * 81, "탈북", "a;b"):
        with pytest.raises(KeyFault, match="is no name for an editor"):
            make(name, "edit")
    assert keys() == []


def test_every_name_that_the_program_gives_itself_is_its_own() -> None:
    """The ledger tells by the name alone who it was."""
    root = Path(models.keys.__file__).parents[1]
    source = "".join(file.read_text() for folder in ("api", "models") for file in (root / folder).rglob("*.py"))
    given = set(re.findall(r"""actor=["']([^"']+)["']""", source)) | set(
        re.findall(r'^ACTOR = "([a-z]+)"$', source, re.M)
    )
    assert {"load", "erase"} <= given <= OUR_OWN


@stored
def test_a_key_is_made_for_what_there_is_alone() -> None:
    for scope, resources in (
        ("edti", ()),
        ("", ()),
        ("edit", ("person",)),
        ("edit", ("people", "")),
        ("read", ("people",)),
    ):
        with pytest.raises(KeyFault):
            make("kim", scope, resources)
    assert keys() == []


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("needed", SCOPES)
def test_a_scope_permits_what_those_before_it_do(scope: str, needed: str) -> None:
    everywhere = Key("a", "kim", scope, None, "", None, None)
    people = everywhere._replace(resources=("people",))
    enough = SCOPES.index(needed) <= SCOPES.index(scope)
    assert everywhere.may(needed, "people") is everywhere.may(needed) is people.may(needed) is enough
    assert people.may(needed, "people") is enough
    assert people.may(needed, "sources") is (enough and needed == "read")


@stored
def test_secrets_are_compared_in_constant_time_whatever_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown, malformed and wrong ones are looked up and compared like a right one."""
    _, token = make("kim", "edit")
    compared: list[tuple[int, int]] = []
    asked: list[str] = []
    compare: Callable[[str, str], bool] = models.keys.hmac.compare_digest
    monkeypatch.setattr(
        "models.keys.hmac.compare_digest",
        lambda a, b: compared.append((len(a), len(b))) or compare(a, b),  # type: ignore[func-returns-value]
    )
    monkeypatch.setattr("models.keys.execute", lambda sql, values: asked.append(sql) or execute(sql, values))  # type: ignore[func-returns-value]
    tokens = (token, f"{token[:-2]}AA", f"talbuk_aaaaaaaa_{'A' * 43}", "malformed", "")
    for one in tokens:
        verified(one)
    assert compared == [(64, 64)] * len(tokens)
    assert len(asked) == len(tokens)
