"""The ledger: its chain verifies, and whatever is altered behind its back is found."""

import hashlib
from collections import Counter
from collections.abc import Callable

import pytest

from models import ledger
from models.database import execute, writing
from models.documents import canonical
from models.ledger import GENESIS, Change, Head, append, digest_of, erase_payloads, faults, head, past_of

pytestmark = pytest.mark.usefixtures("empty_database")

CHANGES = [
    Change("people/a", "add", '{"id":"a"}'),
    Change("people/b", "add", '{"id":"b"}', "first load"),
    Change("people/a", "change", '{"id":"a","name":"A"}'),
    Change("people/b", "remove", None, "said to be wrong"),
    Change("people/c", "add", '{"id":"c"}'),
]


@pytest.fixture(autouse=True)
def filled(empty_database: str) -> None:
    """Two writes, so that an entry also follows one of an earlier write."""
    with writing():
        append(CHANGES[:2], actor="load", at="2026-01-01T00:00:00Z")
        append(CHANGES[2:], actor="editor", at="2026-01-02T00:00:00Z")


def test_chain_verifies() -> None:
    assert list(faults()) == []
    seq, digest = head()
    assert seq == len(CHANGES)
    assert len(digest) == 64


def test_empty_ledger_verifies() -> None:
    execute("DELETE FROM ledger")
    assert head() == (0, GENESIS)
    assert list(faults()) == []


def test_entries_hold_what_was_written() -> None:
    rows = execute("SELECT path, action, payload, reason, actor, at FROM ledger ORDER BY seq").fetchall()
    assert [Change(*row[:4]) for row in rows] == CHANGES
    assert [row[4] for row in rows] == ["load"] * 2 + ["editor"] * 3


def test_digests_are_those_of_the_design() -> None:
    """sha256 over the length-prefixed parts, reckoned here anew."""

    def digested(*parts: object) -> str:
        encoded = [None if part is None else str(part).encode() for part in parts]
        prefixed = [b"-1:-" if part is None else str(len(part)).encode() + b":" + part for part in encoded]
        return hashlib.sha256(b"".join(prefixed)).hexdigest()

    previous = GENESIS
    columns = "seq, at, actor, path, action, reason, payload, salt, payload_digest, digest"
    for *own, payload, salt, payload_digest, digest in execute(f"SELECT {columns} FROM ledger ORDER BY seq").fetchall():
        assert payload_digest == digested(salt, payload)
        assert digest == digested(previous, *own, payload_digest)
        previous = digest


def test_salts_differ() -> None:
    """Else an erased payload could be guessed from its digest."""
    with writing():
        append([CHANGES[0]] * 2, actor="load", at="2026-01-01T00:00:00Z")
    salts = [row[0] for row in execute("SELECT salt FROM ledger WHERE payload IS NOT NULL").fetchall()]
    assert len(set(salts)) == len(salts)
    assert all(len(salt) == 32 for salt in salts)


TAMPERING = {
    "payload": (("UPDATE ledger SET payload = '{}' WHERE seq = 3",), "entry 3"),
    "payload of the last": (("UPDATE ledger SET payload = '{}' WHERE seq = 5",), "entry 5"),
    "payload and its digest": (
        ("UPDATE ledger SET payload = '{}', salt = NULL, payload_digest = '%s' WHERE seq = 3",),
        "entry 3",
    ),
    "payload put where there was none": (("UPDATE ledger SET payload = '{}', salt = 'x' WHERE seq = 4",), "entry 4"),
    "salt": (("UPDATE ledger SET salt = 'x' WHERE seq = 3",), "entry 3"),
    "reason": (("UPDATE ledger SET reason = 'another' WHERE seq = 4",), "entry 4"),
    "reason taken out": (("UPDATE ledger SET reason = NULL WHERE seq = 2",), "entry 2"),
    "empty reason": (("UPDATE ledger SET reason = '' WHERE seq = 1",), "entry 1"),
    "reason that looks like none": (("UPDATE ledger SET reason = '-' WHERE seq = 1",), "entry 1"),
    "path": (("UPDATE ledger SET path = 'people/x' WHERE seq = 1",), "entry 1"),
    "action": (("UPDATE ledger SET action = 'add' WHERE seq = 3",), "entry 3"),
    "actor": (("UPDATE ledger SET actor = 'load' WHERE seq = 3",), "entry 3"),
    "moment": (("UPDATE ledger SET at = '2026-01-01T00:00:00Z' WHERE seq = 3",), "entry 3"),
    "digest": (("UPDATE ledger SET digest = '%s' WHERE seq = 2",), "entry 2"),
    "letters moved from one part to the next": (
        ("UPDATE ledger SET actor = 'loadp', path = 'eople/a' WHERE seq = 1",),
        "entry 1",
    ),
    "order": (
        (
            "UPDATE ledger SET seq = 90 WHERE seq = 2",
            "UPDATE ledger SET seq = 2 WHERE seq = 3",
            "UPDATE ledger SET seq = 3 WHERE seq = 90",
        ),
        "entry 2",
    ),
    "first entry removed": (("DELETE FROM ledger WHERE seq = 1",), "entry 1 is missing"),
    "entry removed": (("DELETE FROM ledger WHERE seq = 3",), "entry 3 is missing"),
    "entry removed and the rest moved up": (
        ("DELETE FROM ledger WHERE seq = 3", *(f"UPDATE ledger SET seq = {n - 1} WHERE seq = {n}" for n in (4, 5))),
        "entry 3",
    ),
    "entry put in": (
        (
            "INSERT INTO ledger (seq, at, actor, path, action, payload_digest, digest) "
            "VALUES (6, '2026-01-03T00:00:00Z', 'load', 'people/z', 'remove', '%s', '%s')",
        ),
        "entry 6",
    ),
}


@pytest.mark.parametrize(("statements", "says"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_is_found(statements: tuple[str, ...], says: str) -> None:
    for statement in statements:
        execute(statement.replace("%s", "0" * 64))
    found = list(faults())
    assert found
    assert says in found[0]


def test_last_entries_removed_are_found_by_who_kept_the_head() -> None:
    """A chain cut at its end is whole in itself: the head told elsewhere is what shows it."""
    kept = head()
    execute("DELETE FROM ledger WHERE seq = 5")
    assert list(faults()) == []
    assert head() != kept


def erased(*paths: str) -> dict[str, int]:
    """Erase the past of some paths, and say so."""
    past = list(past_of(paths))
    found = Counter(path for _, path, _ in past)
    erase_payloads(entry for entry, _, _ in past)
    with writing():
        append([Change(path, "erase", None, "asked") for path in paths], actor="erase", at="2026-01-03T00:00:00Z")
    return dict(found)


def test_erasing_keeps_the_chain_whole() -> None:
    before = head()
    assert erased("people/a", "people/b") == {"people/a": 1, "people/b": 1}
    assert list(faults()) == []
    assert digest_of(before.entry) == before.digest
    with writing():
        append(CHANGES[:1], actor="load", at="2026-01-04T00:00:00Z")
    assert list(faults()) == []


def test_erasing_leaves_what_a_record_is_now_and_nothing_of_what_is_gone() -> None:
    erased("people/a", "people/b", "people/c", "people/nobody")
    rows = execute("SELECT seq FROM ledger WHERE payload IS NULL AND salt IS NULL AND seq <= 5 ORDER BY seq").fetchall()
    assert [row[0] for row in rows] == [1, 2, 4]
    assert erased("people/a", "people/b") == {}
    with writing():
        append(CHANGES[2:3], actor="load", at="2026-01-04T00:00:00Z")
    assert list(faults()) == []
    assert erased("people/a") == {"people/a": 1}
    assert list(faults()) == []


@pytest.mark.parametrize("column", ["path", "action", "actor", "at", "payload_digest"])
def test_erased_entry_cannot_be_altered_unseen(column: str) -> None:
    erased("people/a")
    execute(f"UPDATE ledger SET {column} = 'x' WHERE seq = 1")
    assert "entry 1" in next(faults())


def test_a_payload_that_is_gone_is_found_unless_an_entry_says_that_it_was_erased() -> None:
    """Be it that of a record's past or of what it is now: this one no erasing takes."""
    blank = "UPDATE ledger SET payload = NULL, salt = NULL WHERE seq = {}"
    for entry in (1, 3):
        execute(blank.format(entry))
    gone = "its payload is gone, and no later entry says that it was erased"
    assert list(faults()) == [f"entry 1: {gone}", f"entry 3: {gone}"]
    erased("people/a")
    assert list(faults()) == [f"entry 3: {gone}"]


def test_an_erased_payload_that_comes_back_is_found() -> None:
    kept = execute("SELECT payload, salt FROM ledger WHERE seq = 1").fetchone()
    erased("people/a")
    execute("UPDATE ledger SET payload = ?, salt = ? WHERE seq = 1", tuple(kept))
    assert list(faults()) == ["entry 1: its payload is there, and a later entry says that it was erased"]


def test_a_gap_is_told_by_its_ends() -> None:
    execute("DELETE FROM ledger WHERE seq IN (2, 3, 4)")
    assert next(faults()) == "entries 2 to 4 are missing"
    execute("UPDATE ledger SET seq = 0 WHERE seq = 1")
    assert next(faults()) == "entry 0: it was put in before the first"


def test_a_head_is_one_word() -> None:
    assert Head.read(head().word) == head()
    assert (digest_of(0), digest_of(6)) == (GENESIS, None)
    for wrong in ("", "5", f"5:{'0' * 63}", f"05:{GENESIS}", f"-1:{GENESIS}", f"5:{'G' * 64}", f"5:{GENESIS} "):
        assert Head.read(wrong) is None


def test_many_changes_at_once_are_one_chain() -> None:
    with writing():
        append([Change(f"people/p{n}", "add", "{}") for n in range(1200)], actor="load", at="2026-01-03T00:00:00Z")
    assert head()[0] == 1205
    assert list(faults()) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": [1, 2]}, {"b": [1, 2], "a": 1}, True),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": "é"}, {"a": "e\u0301"}, False),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": None}, {}, False),
    ],
)
def test_canonical_spelling(one: object, other: object, same: bool) -> None:
    assert (canonical(one) == canonical(other)) is same


def test_wrong_chain_functions_would_be_seen() -> None:
    """The digest is over each part's length too: parts that join to the same text differ."""
    digest: Callable[..., str] = ledger.payload_digest
    assert digest("ab", "c") != digest("a", "bc")
    assert digest(None, "") != digest("", None)
