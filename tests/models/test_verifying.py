"""Whatever is altered behind the writer's back, in what is stored or in the ledger, is found, and nothing else is."""

from collections.abc import Sequence
from typing import Any

import pytest

from api.schemas.registry import writer_wiring
from models import ledger
from models.database import execute
from models.documents import canonical
from models.facts import replace_facts
from models.ledger import Change, Head
from models.verifying import faults
from models.writer import Sync, erase, write

pytestmark = pytest.mark.usefixtures("empty_database")


def put(*records: dict[str, Any], gone: Sequence[str] = (), reason: str | None = None) -> None:
    """Write people, each as a file of its own, and remove what some of these brought."""
    given = [{"resource": "people", **record, "file": record["id"]} for record in records]
    write(given, wiring=writer_wiring(), actor="test", reason=reason, sync=Sync(gone), force=True)


@pytest.fixture(autouse=True)
def filled(empty_database: str) -> None:
    """Entries 1 to 8: three people, one of them changed, one removed, one merged into another, and what is covered."""
    put({"id": "a", "name": "A"}, {"id": "b", "name": "B"}, {"id": "c", "name": "C"}, {"id": "d", "name": "D"})
    put({"id": "a", "name": "Another"}, reason="misspelt")
    put(gone=["b"], reason="said to be wrong")
    write([], wiring=writer_wiring(), actor="editor", reason="the same", remove={"people/c": "people/a"})
    facts = {"coverage.yaml": {"coverage_from": "2015-07-10"}}
    write([], wiring=writer_wiring(), actor="test", finish=lambda: replace_facts(["coverage.yaml"], facts))


def test_what_the_writer_wrote_is_whole() -> None:
    assert ledger.head().entry == 8
    assert list(faults()) == []
    assert list(faults(ledger.head())) == []


FORGED = canonical({"id": "a", "name": "Forged"})

A = "WHERE path = 'people/a'"
PUT_IN = (
    "INSERT INTO record (path, resource, id, input, revision, updated, actor) "
    f"SELECT 'people/{{0}}', resource, '{{0}}', input, 1, updated, actor FROM record {A}"
)
ROW = "people/a: its row was altered"
BLANK = "UPDATE ledger SET payload = NULL, salt = NULL WHERE seq = {}"

TAMPERING = {
    "a record altered": (f"UPDATE record SET input = '{FORGED}' {A}", "people/a: what is stored is not"),
    "a record's id altered": (f"UPDATE record SET id = 'x' {A}", ROW),
    "a record's kind altered": (f"UPDATE record SET resource = 'sources' {A}", ROW),
    "a record's author altered": (f"UPDATE record SET actor = 'x' {A}", ROW),
    "a record's revision altered": (f"UPDATE record SET revision = 7 {A}", "people/a: its revision"),
    "a record's moment altered": (f"UPDATE record SET updated = '2020' {A}", "people/a: its revision, or when"),
    "a record put under another": (f"UPDATE record SET under = 'people/d' {A}", "people/a: it stands under a record"),
    "a merged record led elsewhere": (
        "UPDATE removed SET merged_into = 'people/d' WHERE path = 'people/c'",
        "people/c: it leads to another record",
    ),
    "a record removed": (f"DELETE FROM record {A}", "people/a: entry 5 has it, and it is not stored"),
    "a record renamed": (f"UPDATE record SET path = 'people/x', id = 'x' {A}", "people/x: it is stored, and no entry"),
    "a record put in": (PUT_IN.format("x"), "people/x: it is stored, and no entry says so"),
    "a removed record put back": (PUT_IN.format("b"), "people/b: it is stored, and entry 6 says that it is gone"),
    "a merged record put back": (PUT_IN.format("c"), "people/c: it is stored, and entry 7 says that it is gone"),
    "what is covered altered": (
        "UPDATE fact SET value = '\"2014\"'",
        "coverage: what is stored is not what entry 8 says",
    ),
    "what is covered removed": ("DELETE FROM fact", "coverage: what is stored is not what entry 8 says"),
    "a payload": (f"UPDATE ledger SET payload = '{FORGED}' WHERE seq = 5", "entry 5: its payload"),
    "a past payload": (f"UPDATE ledger SET payload = '{FORGED}' WHERE seq = 1", "entry 1: its payload"),
    "a payload taken out": (
        "UPDATE ledger SET payload = NULL, salt = NULL WHERE seq = 1",
        "entry 1: its payload is gone",
    ),
    "what it was merged into": (
        'UPDATE ledger SET payload = \'{"into":"people/d"}\' WHERE seq = 7',
        "entry 7: its payload",
    ),
    "a salt": ("UPDATE ledger SET salt = 'x' WHERE seq = 5", "entry 5: its payload or salt"),
    "a salt put in": ("UPDATE ledger SET salt = 'x' WHERE seq = 6", "entry 6: it has a salt"),
    "a salt taken out": ("UPDATE ledger SET salt = NULL WHERE seq = 1", "entry 1: its payload or salt"),
    "a reason": ("UPDATE ledger SET reason = 'none' WHERE seq = 6", "entry 6: it does not follow"),
    "a reason put in": ("UPDATE ledger SET reason = 'none' WHERE seq = 1", "entry 1: it does not follow"),
    "an actor": ("UPDATE ledger SET actor = 'x' WHERE seq = 7", "entry 7: it does not follow"),
    "a moment": ("UPDATE ledger SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 1", "entry 1: it does not follow"),
    "an action": ("UPDATE ledger SET action = 'remove' WHERE seq = 7", "entry 7: it does not follow"),
    "a path": ("UPDATE ledger SET path = 'people/x' WHERE seq = 6", "entry 6: it does not follow"),
    "a digest": (f"UPDATE ledger SET digest = '{'0' * 64}' WHERE seq = 4", "entry 4: it does not follow"),
    "a payload's digest": (f"UPDATE ledger SET payload_digest = '{'0' * 64}' WHERE seq = 4", "entry 4: its payload"),
    "the first entry removed": ("DELETE FROM ledger WHERE seq = 1", "entry 1 is missing"),
    "an entry removed": ("DELETE FROM ledger WHERE seq = 6", "entry 6 is missing"),
    "entries removed": ("DELETE FROM ledger WHERE seq IN (2, 3)", "entries 2 to 3 are missing"),
    "the last entries, with a record's change": (
        "DELETE FROM ledger WHERE seq >= 5",
        "people/a: what is stored",
    ),
    "an entry put in at the end": (
        "INSERT INTO ledger (seq, at, actor, path, action, payload_digest, digest) SELECT 9, at, actor, 'people/a', "
        "'remove', payload_digest, digest FROM ledger WHERE seq = 6",
        "entry 9: it does not follow",
    ),
}


@pytest.mark.parametrize(("statement", "says"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_is_found(statement: str, says: str) -> None:
    execute(statement)
    found = list(faults())
    assert [fault for fault in found if fault.startswith(says)], found
    assert all("\n" not in fault for fault in found)


def test_an_entry_put_in_between_is_found() -> None:
    """Whose number is taken by moving those after it on."""
    for entry in range(8, 2, -1):
        execute("UPDATE ledger SET seq = ? WHERE seq = ?", (entry + 1, entry))
    execute(
        "INSERT INTO ledger (seq, at, actor, path, action, payload_digest, digest) SELECT 3, at, actor, 'people/d', "
        "'remove', payload_digest, digest FROM ledger WHERE seq = 7"
    )
    assert next(faults()).startswith("entry 3: it does not follow")


def forge(path: str, payload: str) -> None:
    """Rewrite the last payload of a path, and every digest from there on, as whoever knows the rules can."""
    columns = ("seq", "at", "actor", "path", "action", "reason", "payload", "salt", "payload_digest")
    previous = ledger.GENESIS
    last = execute("SELECT max(seq) FROM ledger WHERE path = ?", (path,)).fetchone()[0]
    for values in execute(f"SELECT {', '.join(columns)} FROM ledger ORDER BY seq").fetchall():
        row = dict(zip(columns, values, strict=True))
        if row["seq"] == last:
            row["payload"], row["payload_digest"] = payload, ledger.payload_digest(row["salt"], payload)
        previous = ledger.entry_digest(previous, row)
        execute(
            "UPDATE ledger SET payload = ?, payload_digest = ?, digest = ? WHERE seq = ?",
            (row["payload"], row["payload_digest"], previous, row["seq"]),
        )


def test_a_past_that_was_rewritten_whole_is_found_by_a_head_that_was_kept() -> None:
    kept = ledger.head()
    forge("people/a", FORGED)
    assert [fault.partition(":")[0] for fault in faults()] == ["people/a"]
    execute("UPDATE record SET input = ? WHERE path = 'people/a'", (FORGED,))
    assert list(faults()) == []
    assert list(faults(kept)) == [
        "entry 8: its digest is not the one that was kept; it, or an entry before, is another"
    ]


def test_a_ledger_that_was_cut_is_found_by_a_head_that_was_kept() -> None:
    kept = ledger.head()
    execute("DELETE FROM ledger WHERE seq = 8")
    execute("DELETE FROM fact")
    assert list(faults()) == []
    assert list(faults(kept)) == ["entry 8 is missing: the ledger ends with 7, and was cut"]


def test_a_head_goes_on_to_hold_when_more_is_written() -> None:
    kept = ledger.head()
    put({"id": "e", "name": "E"})
    assert list(faults(kept)) == []
    assert list(faults(Head(0, ledger.GENESIS))) == []
    assert list(faults(Head(0, "1" * 64))) != []


def test_what_was_erased_verifies() -> None:
    """Of a record that is served its past goes, and of one that is gone all."""
    for path in ("people/a", "people/b", "people/d"):
        erase(path, reason="asked", actor="test")
        assert list(faults()) == []
    rows = execute("SELECT seq FROM ledger WHERE payload IS NULL AND seq <= 8 ORDER BY seq").fetchall()
    assert [row[0] for row in rows] == [1, 2, 6]
    put({"id": "a", "name": "A third"}, {"id": "b", "name": "B again"})
    assert list(faults()) == []
    erase("people/a", reason="asked again", actor="test")
    assert list(faults()) == []


@pytest.mark.parametrize(
    ("statement", "path"),
    [
        (f"UPDATE record SET input = '{{}}' {A}", "people/a"),
        (f"DELETE FROM record {A}", "people/a"),
        (BLANK.format(5), "people/a"),
    ],
)
def test_what_a_record_is_now_is_compared_after_an_erasure_too(statement: str, path: str) -> None:
    erase("people/a", reason="asked", actor="test")
    execute(statement)
    assert [fault for fault in faults() if fault.startswith(path)]


def test_each_of_many_faults_is_told_once() -> None:
    """More than are read at a time."""
    many = [{"id": f"p{n}", "name": f"P {n}"} for n in range(1200)]
    put(*many)
    execute("UPDATE record SET input = '{}' WHERE id LIKE 'p%'")
    assert len(set(faults())) == len(list(faults())) == len(many)
    execute("DELETE FROM record WHERE id LIKE 'p%'")
    assert len(set(faults())) == len(list(faults())) == len(many)
    execute("UPDATE ledger SET payload = NULL, salt = NULL WHERE path LIKE 'people/p%'")
    gone = [fault for fault in faults() if "its payload is gone" in fault]
    assert len(set(gone)) == len(gone) == len(many)


def test_changes_are_what_the_ledger_takes() -> None:
    """The control: entries of a ledger alone, without records, are told as records that are not stored."""
    execute("DELETE FROM ledger")
    execute("DELETE FROM record")
    execute("DELETE FROM fact")
    ledger.append([Change("people/z", "add", "{}")], actor="test", at="2026-01-01T00:00:00Z")
    assert list(faults()) == ["people/z: entry 1 has it, and it is not stored"]
