"""`talbuk keys`, run as a person would, beside the database of a server."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from api.commands import talbuk
from models.database import close_database, open_database
from models.keys import Key, keys, verified

Run = Callable[..., Result]


@pytest.fixture
def run(empty_database: str) -> Run:
    """Run `talbuk keys` on a database of the test's own, once on each engine."""
    close_database()
    runner = CliRunner(env={"TALBUK_DATABASE": empty_database})

    def invoke(*arguments: str) -> Result:
        result = runner.invoke(talbuk, ["keys", *arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        open_database(empty_database)
        return result

    return invoke


def made(run: Run, *arguments: str) -> tuple[Key, str]:
    """The key that `add` makes, and its token, which is all that it prints on standard output."""
    result = run("add", *arguments)
    assert result.exit_code == 0, result.stderr
    token = result.stdout.removesuffix("\n")
    key = verified(token)
    assert key is not None
    assert result.stderr == f"{key.id}: {key.scope} as {key.actor}; keep it now, it is shown this once\n"
    return key, token


def test_a_key_is_made_and_shown_once(run: Run) -> None:
    key, _ = made(run, "kim")
    assert (key.actor, key.scope, key.resources, key.expires) == ("kim", "edit", None, None)


def test_a_key_is_made_for_what_it_is_for(run: Run) -> None:
    limits = ("--resource", "people", "--resource", "sources")
    assert made(run, "lee", *limits)[0].resources == ("people", "sources")
    assert [made(run, "lee", "--scope", scope)[0].scope for scope in ("read", "edit", "admin")] == [
        "read",
        "edit",
        "admin",
    ]
    key, _ = made(run, "lee", "--days", "30")
    assert key.expires is not None
    left = datetime.fromisoformat(key.expires) - datetime.now(UTC)
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("Kim",), "1 to 80 of a-z, 0-9 and -"),
        (("load",), "what talbuk does itself"),
        (("kim", "--scope", "editor"), "'editor' is no scope: there are read, edit, admin; did you mean edit?"),
        (("kim", "--resource", "defector"), "did you mean defectors?"),
        (("kim", "--resource", "names"), "there are defectors, purges"),
        (("kim", "--scope", "read", "--resource", "people"), "read changes none"),
    ],
)
def test_a_key_that_cannot_be_made_says_what_would_be_right(run: Run, arguments: tuple[str, ...], words: str) -> None:
    result = run("add", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert keys() == []


@pytest.mark.parametrize("arguments", [(), ("kim", "--days", "0"), ("kim", "--days", "soon"), ("kim", "lee")])
def test_what_is_no_command_is_told_as_the_others_tell_it(run: Run, arguments: tuple[str, ...]) -> None:
    result = run("add", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: talbuk keys add" in result.stderr


def test_the_list_tells_all_but_the_secrets(run: Run) -> None:
    assert run("list").stdout == ""
    assert "talbuk keys add" in run("list").stderr
    everyone = [
        made(run, "kim"),
        made(run, "lee-of-the-long-name", "--scope", "admin", "--days", "1"),
        made(run, "park", "--resource", "people", "--resource", "claims"),
    ]
    assert run("revoke", everyone[0][0].id).exit_code == 0
    header, *rows = run("list").stdout.splitlines()
    assert header.split() == ["id", "actor", "scope", "resources", "made", "state"]
    assert {row.split()[0] for row in rows} == {key.id for key, _ in everyone}
    columns = [match.start() for match in re.finditer(r"\S+", header)]
    assert all(row[at - 1] == " " != row[at] for row in rows for at in columns[1:])
    told = {row.split()[1]: row for row in rows}
    assert " revoked 20" in told["kim"]
    assert " until 20" in told["lee-of-the-long-name"]
    assert told["park"].endswith("never expires")
    assert " people, claims " in told["park"]
    for key, token in everyone:
        assert token.removeprefix(f"talbuk_{key.id}_") not in "\n".join(rows)


def test_a_key_is_revoked_once(run: Run) -> None:
    (kim, token), (lee, other) = made(run, "kim"), made(run, "lee")
    assert run("revoke", kim.id).stdout == f"{kim.id} is revoked\n"
    assert verified(token) is None
    assert verified(other) == lee
    for wrong in (kim.id, "nobodys1", other):
        refused = run("revoke", wrong)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert "talbuk keys list" in refused.stderr
        assert other not in refused.stderr
    assert verified(other) == lee
