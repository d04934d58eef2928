"""The one writer: what a load changes, what it leaves alone, and that everything derived is what a rebuild makes."""

import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from api.dumping import lines
from api.loading import LoadRefused, load
from api.schemas.registry import SCHEMAS, writer_wiring
from models import ledger
from models.database import (
    DB,
    SQLITE,
    close_database,
    execute,
    is_postgresql,
    open_database,
    writing,
)
from models.documents import canonical
from models.facts import coverage, coverage_from
from models.faults import Refused
from models.registry import RESOURCES, TABLES
from models.tables import FIRST_DAY, LAST_DAY, Entry, Name, Period, SearchText, Term
from models.verifying import faults
from models.writer import Outcome, Sync, erase, rebuild, write

BUNDLE = """\
institutions:
  - id: ministry
    name: The ministry
    kind: government-body
people:
  - id: witness
    name: The witness
  - id: doctor
    name: The doctor
sources:
  - id: newspaper
    name: A report
    kind: article
    published: 2015-07-10
  - id: magazine
    name: A longer report
    kind: article
    published: 2015-08-01
purges:
  - id: recall
    name: A recall
    kind: recall
    place: {country: CN, place: Dandong}
    by: [institutions/ministry]
    claims:
      - id: recall-told
        says: The ministry called them back from Dandong.
        sets: [occurred, place, by]
        source: magazine
defectors:
  - id: general
    name: A general
    left: 2015-06
    claims:
      - id: general-left
        says: He left in June.
        sets: [occurred, left]
        source: newspaper
        origin: {identity: named, person: witness, capacity: witness, access: witnessed}
      - id: general-crossed
        says: He crossed the river.
        sets: [occurred]
        source: magazine
        origin: {identity: named, person: doctor, capacity: witness, access: told}
  - id: clerk
    name: A clerk
    claims:
      - id: clerk-left
        says: A clerk left too.
        sets: [occurred]
        source: newspaper
"""
RECORDS = 12

pytestmark = pytest.mark.usefixtures("empty_database")


def put(folder: Path, text: str, name: str = "bundle.yaml", **options: bool) -> Outcome:
    """Write a file and load it."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return load([file], **options)


def row(table: str, path: str, *columns: str) -> tuple[Any, ...] | None:
    found = execute(f"SELECT {', '.join(columns)} FROM {table} WHERE path = ?", (path,)).fetchone()
    return None if found is None else tuple(found)


def document(path: str) -> dict[str, Any]:
    """A record as it is served alone: its document, standing and claims."""
    found = row("entry", path, "document", "standing", "claims")
    assert found is not None, path
    own, standing, claims = (bytes(part) for part in found)
    return {**json.loads(own), **json.loads(standing), "claims": json.loads(b"[" + claims + b"]")}


def revisions() -> dict[str, int]:
    return dict(execute("SELECT path, revision FROM record").fetchall())


def digests() -> dict[str, str]:
    return dict(execute("SELECT path, digest FROM entry").fetchall())


def derived() -> dict[str, list[tuple[Any, ...]]]:
    """Every row that is derived, by table, in order."""
    tables = (Entry, Period, Term, Name, SearchText, *(resource.table for resource in RESOURCES))
    return {table._meta.table_name: rows_of(table) for table in tables}


def rows_of(table: Any) -> list[tuple[Any, ...]]:
    rows = (tuple(bytes(v) if isinstance(v, memoryview) else v for v in found) for found in table.select().tuples())
    return sorted(rows, key=repr)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    return {table._meta.table_name: rows_of(table) for table in TABLES}


def status(path: str) -> str | None:
    return str(document(path)["standing"]["any"]["status"])


# what a load changes


def test_first_load_adds_everything(tmp_path: Path) -> None:
    assert put(tmp_path, BUNDLE) == Outcome(added=RECORDS)
    assert set(revisions().values()) == {1}
    assert revisions().keys() == digests().keys()


def test_record_with_the_same_id_is_changed(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    assert put(tmp_path, BUNDLE.replace("name: A clerk", "name: Some clerk")) == Outcome(
        changed=1, unchanged=RECORDS - 1
    )
    assert document("defectors/clerk")["name"] == "Some clerk"
    assert execute("SELECT name FROM defector WHERE id = 'clerk'").fetchone() == ("Some clerk",)
    assert execute("SELECT words FROM search_text WHERE path = 'defectors/clerk' AND field = 'name'").fetchone() == (
        "some clerk",
    )


def test_equal_input_writes_nothing(tmp_path: Path) -> None:
    """Another order of keys, another spelling of the same value: the same canonical input."""
    put(tmp_path, BUNDLE)
    before, head = everything(), ledger.head()
    same = "# a comment\n" + BUNDLE.replace("left: 2015-06", 'left: {edtf: "2015-06", shape: day}').replace(
        "  - id: clerk\n    name: A clerk\n", "  - name: A clerk\n    id: clerk\n"
    )
    assert put(tmp_path, same) == Outcome(unchanged=RECORDS)
    assert ledger.head() == head
    after = everything()
    assert {name for name in before if before[name] != after[name]} == {"loaded_file"}


def test_unchanged_file_is_not_read(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    assert put(tmp_path, BUNDLE) == Outcome(unread=1)
    assert put(tmp_path, BUNDLE, force=True) == Outcome(unchanged=RECORDS)
    assert put(tmp_path, BUNDLE) == Outcome(unread=1)


def test_claim_gone_from_under_its_record_is_removed(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    head, _, rest = BUNDLE.partition("      - id: general-crossed")
    fewer = head + rest[rest.index("  - id: clerk") :]
    assert put(tmp_path, fewer) == Outcome(removed=1, unchanged=RECORDS - 1)
    assert [claim["id"] for claim in document("defectors/general")["claims"]] == ["general-left"]
    for table in TABLES:
        if "path" in table._meta.fields and table._meta.table_name not in {"ledger", "removed", "revision"}:
            assert row(table._meta.table_name, "claims/general-crossed", "path") is None
    last = execute("SELECT path, action, payload FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    assert tuple(last) == ("claims/general-crossed", "remove", None)


CLERK = BUNDLE[BUNDLE.index("  - id: clerk") :]
WITHOUT_CLERK = BUNDLE.removesuffix(CLERK)


def test_record_gone_from_a_file_stays_without_sync(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    assert put(tmp_path, WITHOUT_CLERK) == Outcome(unchanged=RECORDS - 2)
    assert "defectors/clerk" in revisions()


def test_record_gone_from_a_file_is_removed_with_sync(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    put(tmp_path, "people:\n  - {id: other, name: Other}\n", "other.yaml")
    assert put(tmp_path, WITHOUT_CLERK, sync=True) == Outcome(removed=2, unchanged=RECORDS - 2)
    assert "defectors/clerk" not in revisions()
    assert "claims/clerk-left" not in revisions()
    assert "people/other" in revisions()


def test_records_of_a_file_gone_from_a_folder_are_removed_with_sync(tmp_path: Path) -> None:
    put(tmp_path, WITHOUT_CLERK)
    put(tmp_path, "defectors:\n" + CLERK, "clerk.yaml")
    (tmp_path / "clerk.yaml").unlink()
    assert load([tmp_path]) == Outcome(unread=1)
    assert "defectors/clerk" in revisions()
    assert load([tmp_path], sync=True) == Outcome(removed=2, unchanged=RECORDS - 2)
    assert "defectors/clerk" not in revisions()
    assert load([tmp_path], sync=True) == Outcome(unread=1)


def test_plain_load_leaves_what_a_sync_after_it_removes(tmp_path: Path) -> None:
    """Though the file is unchanged between the two: a plain load removes nothing, so the sync has to read it."""
    put(tmp_path, BUNDLE, sync=True)
    assert put(tmp_path, WITHOUT_CLERK) == Outcome(unchanged=RECORDS - 2)
    assert put(tmp_path, WITHOUT_CLERK) == Outcome(unread=1)
    assert put(tmp_path, WITHOUT_CLERK, sync=True) == Outcome(removed=2, unchanged=RECORDS - 2)
    assert "defectors/clerk" not in revisions()
    assert put(tmp_path, WITHOUT_CLERK, sync=True) == Outcome(unread=1)
    assert put(tmp_path, WITHOUT_CLERK) == Outcome(unread=1)


def test_file_that_is_saved_while_it_is_loaded_is_read_the_next_time(tmp_path: Path) -> None:
    """What is remembered is the digest of what was read, not of what stands there when the load ends."""
    file = tmp_path / "bundle.yaml"
    file.write_text(BUNDLE, encoding="utf-8")
    later = BUNDLE.replace("name: A clerk", "name: Some clerk")
    assert load([file], progress=lambda stage, count: saved(file, later)) == Outcome(added=RECORDS)
    assert document("defectors/clerk")["name"] == "A clerk"
    assert load([file]) == Outcome(changed=1, unchanged=RECORDS - 1)
    assert document("defectors/clerk")["name"] == "Some clerk"
    assert load([file]) == Outcome(unread=1)


def saved(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


# whose it is

DOCTOR = "people:\n  - {id: doctor, name: Another doctor}\n"


def test_record_of_another_file_is_refused(tmp_path: Path) -> None:
    """Even as it is there: two files would give it, and either could take it away."""
    put(tmp_path, BUNDLE)
    before = everything()
    for text in (DOCTOR, DOCTOR.replace("Another", "The")):
        for sync in (False, True):
            with pytest.raises(LoadRefused) as caught:
                put(tmp_path, text, "other.yaml", sync=sync)
            (fault,) = caught.value.faults
            assert (Path(fault.file).name, fault.line) == ("other.yaml", 2)
            assert (fault.path, fault.pointer) == ("people/doctor", "/id")
            assert fault.message == (
                f"is loaded from {tmp_path / 'bundle.yaml'} already; "
                "take it out of one of the two, or take it over by --force"
            )
            assert everything() == before


def test_record_of_another_file_is_taken_over_by_force_and_the_first_file_read_again(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    assert put(tmp_path, DOCTOR, "other.yaml", force=True) == Outcome(changed=1)
    assert document("people/doctor")["name"] == "Another doctor"
    assert row("record", "people/doctor", "file") == (str(tmp_path / "other.yaml"),)
    assert put(tmp_path, DOCTOR, "other.yaml") == Outcome(unread=1)
    with pytest.raises(LoadRefused) as caught:
        put(tmp_path, BUNDLE)
    assert [(Path(f.file).name, f.path, f.pointer) for f in caught.value.faults] == [
        ("bundle.yaml", "people/doctor", "/id")
    ]
    without = BUNDLE.replace("  - id: doctor\n    name: The doctor\n", "")
    assert put(tmp_path, without, sync=True) == Outcome(unchanged=RECORDS - 1)
    assert document("people/doctor")["name"] == "Another doctor"


def test_record_that_is_taken_over_can_be_taken_back(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    put(tmp_path, DOCTOR, "other.yaml", force=True)
    assert put(tmp_path, BUNDLE, force=True) == Outcome(changed=1, unchanged=RECORDS - 1)
    assert document("people/doctor")["name"] == "The doctor"
    assert put(tmp_path, BUNDLE) == Outcome(unread=1)
    with pytest.raises(LoadRefused):
        put(tmp_path, DOCTOR, "other.yaml")


def test_record_of_a_file_that_is_gone_needs_no_force(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    (tmp_path / "bundle.yaml").rename(tmp_path / "renamed.yaml")
    assert load([tmp_path / "renamed.yaml"]) == Outcome(unchanged=RECORDS)
    assert row("record", "people/doctor", "file") == (str(tmp_path / "renamed.yaml"),)


# what files say of their coverage


def test_coverage_of_one_file_is_its_own(tmp_path: Path) -> None:
    """What another file says is left alone, whether this one says it anew, says nothing of it any more or is gone."""
    late, early = 'coverage_from: "2015-06-30"\n', 'coverage_from: "2015-05-01"\n'
    nothing = "coverage: [{source: newspaper, nothing: [{paragraph: %d, because: x}]}]\n"
    put(tmp_path, late + nothing % 1, "a.yaml")
    put(tmp_path, early + nothing % 2, "b.yaml")
    put(tmp_path, BUNDLE)
    both = [{"source": "newspaper", "nothing": [{"paragraph": n, "because": "x"} for n in "12"]}]
    assert (coverage_from(), coverage()) == ("2015-05-01", both)
    put(tmp_path, nothing % 2, "b.yaml")
    assert (coverage_from(), coverage()) == ("2015-06-30", both)
    put(tmp_path, "people: [{id: other, name: Other}]\n", "b.yaml")
    assert coverage() == [{"source": "newspaper", "nothing": [{"paragraph": "1", "because": "x"}]}]
    (tmp_path / "a.yaml").unlink()
    load([tmp_path])
    assert coverage_from() == "2015-06-30"
    load([tmp_path], sync=True)
    assert (coverage_from(), coverage()) == (None, [])


def test_change_of_coverage_is_in_the_ledger_and_its_repetition_is_not(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    put(tmp_path, 'coverage_from: "2015-06-30"\n', "a.yaml")
    sql = "SELECT path, action, actor, payload FROM ledger ORDER BY seq DESC LIMIT 1"
    first = '[["coverage_from","\\"2015-06-30\\""]]'
    assert tuple(execute(sql).fetchone()) == ("coverage", "change", "load", first)
    head = ledger.head()
    put(tmp_path, 'coverage_from: "2015-06-30" # again\n', "a.yaml")
    assert ledger.head() == head
    put(tmp_path, 'coverage_from: "2015-07-01"\n', "a.yaml")
    assert execute(sql).fetchone()[3] == first.replace("06-30", "07-01")
    assert ledger.head()[0] == head[0] + 1
    assert list(faults()) == []
    assert {found[0] for found in execute("SELECT key FROM meta").fetchall()} == {"schema_version", "rendered_with"}


def test_refused_load_leaves_coverage_alone(tmp_path: Path) -> None:
    put(tmp_path, 'coverage_from: "2015-06-30"\n', "a.yaml")
    before = everything()
    with pytest.raises(LoadRefused):
        put(tmp_path, 'coverage_from: "2015-05-01"\npeople: [{id: nobody}]\n', "a.yaml")
    assert everything() == before


def test_record_that_moves_to_another_file_stays_with_sync(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    before = revisions()
    (tmp_path / "bundle.yaml").write_text(WITHOUT_CLERK, encoding="utf-8")
    (tmp_path / "clerk.yaml").write_text("defectors:\n" + CLERK, encoding="utf-8")
    assert load([tmp_path], sync=True) == Outcome(unchanged=RECORDS)
    assert revisions() == before
    (tmp_path / "clerk.yaml").unlink()
    assert load([tmp_path], sync=True) == Outcome(removed=2)


def test_what_is_referred_to_is_not_removed(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    before = everything()
    without = BUNDLE.replace("  - id: doctor\n    name: The doctor\n", "")
    with pytest.raises(LoadRefused) as caught:
        put(tmp_path, without, sync=True)
    assert [(f.path, f.pointer) for f in caught.value.faults] == [("claims/general-crossed", "/origin/person")]
    assert everything() == before


def test_refused_write_leaves_no_trace(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    before = everything()
    with pytest.raises(LoadRefused):
        put(tmp_path, BUNDLE.replace("name: A clerk", "name: Some clerk") + "        part: nowhere\n", sync=True)
    assert everything() == before
    assert put(tmp_path, BUNDLE.replace("name: A clerk", "name: Some clerk")) == Outcome(
        changed=1, unchanged=RECORDS - 1
    )


def test_nobody_reads_what_is_not_yet_written(empty_database: str, tmp_path: Path) -> None:
    """A second connection, in the middle of a write and after its refusal."""
    put(tmp_path, BUNDLE)
    seen = []

    def half_way() -> Iterator[Mapping[str, Any]]:
        yield given("people", {"id": "early", "name": "Early"})
        yield from (given("people", {"id": f"p{n}", "name": "P"}) for n in range(600))
        seen.append(count_elsewhere(empty_database))
        yield given("claims", {"id": "x", "says": "X.", "source": "nowhere", "about": [{"record": "people/early"}]})

    with pytest.raises(Refused):
        write(half_way(), wiring=writer_wiring(), actor="test")
    assert [*seen, count_elsewhere(empty_database)] == [RECORDS, RECORDS]


def count_elsewhere(url: str) -> int:
    """How many records another connection sees."""
    sql = "SELECT count(*) FROM record"
    if is_postgresql():
        import psycopg

        with psycopg.connect(url) as connection:
            return int(connection.execute(sql).fetchone()[0])  # type: ignore[index]
    connection = SQLITE.connect(url)
    try:
        return int(connection.execute(sql).fetchone()[0])
    finally:
        connection.close()


def given(resource: str, raw: Mapping[str, Any], under: str | None = None, file: str | None = None) -> dict[str, Any]:
    """A record as the writer takes it."""
    return {"resource": resource, "under": under, "file": file, **SCHEMAS[resource].load(raw)}


# revisions

MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z")


def test_revision_and_updated_move_when_the_entry_does(tmp_path: Path) -> None:
    """A claim's change moves the claim and what it is about, and nothing else."""
    put(tmp_path, BUNDLE)
    with writing():
        execute("UPDATE record SET updated = '2000-01-01T00:00:00Z'")
    before, entries = revisions(), digests()
    put(tmp_path, BUNDLE.replace("He left in June.", "He went in June."))
    moved = {path for path in before if digests()[path] != entries[path]}
    assert moved == {"claims/general-left", "defectors/general"}
    assert {
        path: revision - before[path] for path, revision in revisions().items() if revision != before[path]
    } == dict.fromkeys(moved, 1)
    touched = execute("SELECT path FROM record WHERE updated <> '2000-01-01T00:00:00Z'").fetchall()
    assert {found[0] for found in touched} == moved
    assert document("defectors/general")["revision"] == 2
    assert document("defectors/general")["updated"] > "2020"
    assert MOMENT.fullmatch(document("defectors/general")["updated"])


def test_each_write_has_a_moment_of_its_own(tmp_path: Path) -> None:
    """To the microsecond, the same in ledger and documents; later writes have later ones, however fast they follow."""
    for number in range(20):
        put(tmp_path, BUNDLE.replace("name: A clerk", f"name: Clerk {number}"))
    moments = [found[0] for found in execute("SELECT at FROM ledger ORDER BY seq").fetchall()]
    assert all(map(MOMENT.fullmatch, moments))
    assert moments == sorted(moments)
    assert len(set(moments)) == 20
    assert document("defectors/clerk")["updated"] == moments[-1]


def test_change_that_shows_nowhere_moves_no_revision(tmp_path: Path) -> None:
    """What is asserted by default may be written out: another input, the same document."""
    put(tmp_path, BUNDLE)
    before, head = revisions(), ledger.head()
    outcome = put(
        tmp_path, BUNDLE.replace("        source: magazine\n", "        source: magazine\n        seen: read\n", 1)
    )
    assert outcome == Outcome(changed=1, unchanged=RECORDS - 1)
    assert revisions() == before
    assert ledger.head()[0] == head[0] + 1


def test_revision_goes_on_after_removal_and_return(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    put(tmp_path, BUNDLE.replace("name: A clerk", "name: Some clerk"))
    assert revisions()["defectors/clerk"] == 2
    put(tmp_path, WITHOUT_CLERK, sync=True)
    put(tmp_path, BUNDLE)
    assert revisions()["defectors/clerk"] == 3
    assert document("defectors/clerk")["revision"] == 3
    put(tmp_path, WITHOUT_CLERK, sync=True)
    put(tmp_path, BUNDLE)
    assert revisions()["defectors/clerk"] == 4


# what a change affects


def test_change_of_a_source_reaches_its_claims_and_what_they_are_about(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    before = revisions()
    put(tmp_path, BUNDLE.replace("2015-07-10", "2015-07-04"))
    moved = {path for path, revision in revisions().items() if revision != before[path]}
    assert moved == {
        "sources/newspaper",
        "claims/general-left",
        "claims/clerk-left",
        "defectors/general",
        "defectors/clerk",
    }
    assert document("claims/clerk-left")["known"]["edtf"] == "2015-07-04"
    assert [found[0] for found in periods("defectors/clerk", "surely")] == ["2015-07-04"]


def test_change_of_a_source_reaches_claims_through_a_chain(tmp_path: Path) -> None:
    """And a claim about a claim."""
    chained = BUNDLE + (
        "        chain: [{source: magazine, verb: cited}]\n        seen: quoted\n"
        "claims:\n  - id: doubt\n    says: Not so.\n"
        "    about: [{record: claims/clerk-left}]\n    source: magazine\n    known: 2016\n"
    )
    put(tmp_path, chained)
    assert document("claims/clerk-left")["claims"][0]["id"] == "doubt"
    put(tmp_path, chained.replace("2015-08-01", "2015-06-30"))
    assert document("claims/clerk-left")["known"]["edtf"] == "2015-06-30"
    assert document("defectors/clerk")["claims"][0]["known"]["edtf"] == "2015-06-30"


def test_citation_takes_independence_away(tmp_path: Path) -> None:
    """Directly and through a third document; and gives it back when it is taken out."""
    third = "  - id: digest\n    name: A digest\n    kind: article\n"
    text = BUNDLE.replace("sources:\n", "sources:\n" + third)
    put(tmp_path, text)
    assert status("defectors/general") == "confirmed"
    cites_digest = text.replace("    published: 2015-08-01\n", "    published: 2015-08-01\n    cites: [digest]\n")
    put(tmp_path, cites_digest)
    assert status("defectors/general") == "confirmed"
    put(tmp_path, cites_digest.replace(third, third + "    cites: [newspaper]\n"))
    assert status("defectors/general") == "reported"
    assert document("defectors/general")["corroboration"]["independent_roots"] == 1
    put(tmp_path, cites_digest)
    assert status("defectors/general") == "confirmed"
    put(tmp_path, cites_digest.replace("cites: [digest]", "cites: [newspaper]"))
    assert status("defectors/general") == "reported"


# who changed it


def test_record_changed_by_another_is_refused_unless_forced(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    write(
        [given("people", {"id": "doctor", "name": "Another doctor"})],
        wiring=writer_wiring(),
        actor="editor",
        force=True,
    )
    changed = BUNDLE.replace("The doctor", "The old doctor")
    before = everything()
    with pytest.raises(LoadRefused) as caught:
        put(tmp_path, changed)
    (fault,) = caught.value.faults
    assert (fault.path, fault.line) == ("people/doctor", 8)
    assert "editor" in fault.message
    assert "--force" in fault.message
    assert everything() == before
    assert put(tmp_path, changed, force=True) == Outcome(changed=1, unchanged=RECORDS - 1)
    assert document("people/doctor")["name"] == "The old doctor"
    assert put(tmp_path, BUNDLE) == Outcome(changed=1, unchanged=RECORDS - 1)


def test_record_that_another_changed_to_the_same_is_not_refused(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    changed = given("people", {"id": "doctor", "name": "The old doctor"})
    write([changed], wiring=writer_wiring(), actor="editor", force=True)
    assert put(tmp_path, BUNDLE.replace("The doctor", "The old doctor")) == Outcome(unchanged=RECORDS)


# known when


def all_periods(path: str, bound: str) -> list[tuple[Any, ...]]:
    rows = execute(
        "SELECT known_from, known_until, status_any, status_official, status_two_roots, roots, independent_roots, "
        "anonymous_only, conflicts, standing, hidden FROM period p LEFT JOIN edition d "
        "ON d.path = p.path AND d.number = p.edition WHERE p.path = ? AND bound = ? ORDER BY known_from",
        (path, bound),
    )
    return [tuple(found) for found in rows.fetchall()]


def periods(path: str, bound: str) -> list[tuple[Any, ...]]:
    """Those in which something is known of the record."""
    return [found for found in all_periods(path, bound) if found[0] != FIRST_DAY or found[2] is not None]


def assert_periods_are_sound() -> None:
    """Half-open, without gaps, to the last day, and a row only where something changes."""
    for path in digests():
        assert len(all_periods(path, "now")) == (0 if path.startswith(("claims/", "sources/")) else 1)
        for bound in ("surely", "possibly"):
            found = all_periods(path, bound)
            assert all(one[0] < one[1] for one in found)
            assert all(one[1] == other[0] for one, other in pairwise(found))
            assert all(one[2:] != other[2:] for one, other in pairwise(found)), (path, found)
            assert not found or (found[0][0], found[-1][1]) == (FIRST_DAY, LAST_DAY)


def test_periods_change_where_standing_does(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    assert [found[:3] for found in periods("defectors/general", "surely")] == [
        ("2015-07-10", "2015-08-01", "reported"),
        ("2015-08-01", LAST_DAY, "confirmed"),
    ]
    assert_periods_are_sound()


def test_bounds_of_a_month(tmp_path: Path) -> None:
    """Of a claim that became public in some day of a month: possibly from its first, surely from its last."""
    put(tmp_path, BUNDLE.replace("published: 2015-07-10", "published: 2015-07"))
    assert [found[0] for found in periods("defectors/clerk", "possibly")] == ["2015-07-01"]
    assert [found[0] for found in periods("defectors/clerk", "surely")] == ["2015-07-31"]


def test_claim_without_a_date_is_known_on_no_day(tmp_path: Path) -> None:
    """It counts in what is said of the record now, and on no day."""
    put(tmp_path, BUNDLE.replace("    published: 2015-07-10\n", ""))
    assert periods("defectors/clerk", "surely") == []
    assert periods("defectors/clerk", "possibly") == []
    assert [found[2] for found in periods("defectors/clerk", "now")] == ["reported"]
    assert [found[:4] for found in periods("defectors/general", "surely")] == [
        ("2015-08-01", LAST_DAY, "reported", "reported")
    ]
    assert "left" in json.loads(periods("defectors/general", "surely")[0][-1])
    assert status("defectors/general") == "confirmed"


@pytest.mark.parametrize(
    ("published", "surely", "possibly"),
    [("2015/..", [], ["2015-01-01"]), ("../2015", ["2015-12-31"], ["0000-00-00"])],
)
def test_claim_with_an_open_end_is_never_surely_known_and_with_an_open_start_always_possibly(
    published: str, surely: list[str], possibly: list[str], tmp_path: Path
) -> None:
    """What was published at some time up to a day may have been known on any day before it."""
    put(tmp_path, BUNDLE.replace("2015-07-10", published))
    assert [found[0] for found in periods("defectors/clerk", "surely")] == surely
    assert [found[0] for found in periods("defectors/clerk", "possibly")] == possibly


# do no harm

SECRET = "Zebrakeeper"
WITH_SECRET = CLERK.replace("name: A clerk\n", f"name: A clerk\n    role: {SECRET}\n").replace(
    "[occurred]", "[occurred, role]"
)
WITHHELD = CLERK.replace("name: A clerk\n", "name: A clerk\n    withheld: {role: he is at risk}\n")


def assert_nothing_holds(secret: str, url: str) -> None:
    """No row of any table, folded or not, and no byte of its files (but PostgreSQL's log, which it recycles)."""
    for name, rows in everything().items():
        for found in rows:
            for value in found:
                text = value.decode() if isinstance(value, bytes) else str(value)
                assert secret.lower() not in text.lower(), (name, found)
    assert list(faults()) == []
    if is_postgresql():
        execute("CHECKPOINT")
        files = "SELECT setting || '/base/' || oid FROM pg_settings, pg_database "
        (folder,) = execute(f"{files} WHERE name = 'data_directory' AND datname = current_database()").fetchone()
        for file in Path(folder).iterdir():
            assert secret.lower().encode() not in file.read_bytes().lower(), file
    else:
        close_database()
        for file in Path(url).parent.glob(Path(url).name + "*"):
            assert secret.lower().encode() not in file.read_bytes().lower(), file
        open_database(url)


def test_withheld_value_is_nowhere(empty_database: str, tmp_path: Path) -> None:
    put(tmp_path, WITHOUT_CLERK + WITH_SECRET)
    assert document("defectors/clerk")["role"] == SECRET
    put(tmp_path, WITHOUT_CLERK + WITHHELD)
    found = document("defectors/clerk")
    assert (found["role"], found["withheld"]) == (None, {"role": "he is at risk"})
    assert_nothing_holds(SECRET, empty_database)


def test_withheld_value_is_nowhere_in_a_search_index_that_has_grown(empty_database: str, tmp_path: Path) -> None:
    """FTS5 keeps a deleted word, marked as such, until it merges the segments that have it: which may be never."""
    people = "".join(f"  - {{id: p{n}, name: Filler{n}}}\n" for n in range(200))
    crowd = WITHOUT_CLERK.replace("people:\n", f"people:\n{people}")
    put(tmp_path, crowd + WITH_SECRET)
    for again in range(3):
        put(tmp_path, crowd.replace("Filler", f"Again{again}") + WITH_SECRET)
    put(tmp_path, crowd.replace("Filler", "Again2") + WITHHELD)
    assert_nothing_holds(SECRET, empty_database)


def test_withheld_value_is_nowhere_though_its_claim_is_gone(empty_database: str, tmp_path: Path) -> None:
    """Removed in the same load."""
    more = f"      - {{id: clerk-kept, says: He kept them., sets: {{role: {SECRET}}}, source: newspaper}}\n"
    put(tmp_path, WITHOUT_CLERK + CLERK.replace("name: A clerk\n", f"name: A clerk\n    role: {SECRET}\n") + more)
    put(tmp_path, WITHOUT_CLERK + WITHHELD)
    assert_nothing_holds(SECRET, empty_database)


def test_withheld_value_is_nowhere_though_its_claim_went_before(empty_database: str, tmp_path: Path) -> None:
    """Removed in an earlier load: only the ledger still knows of it."""
    more = f"      - {{id: clerk-kept, says: He kept them., sets: {{role: {SECRET}}}, source: newspaper}}\n"
    put(tmp_path, WITHOUT_CLERK + CLERK.replace("name: A clerk\n", f"name: A clerk\n    role: {SECRET}\n") + more)
    put(tmp_path, BUNDLE)
    put(tmp_path, WITHOUT_CLERK + WITHHELD)
    assert_nothing_holds(SECRET, empty_database)


def test_withheld_value_is_nowhere_though_its_claim_is_about_another(empty_database: str, tmp_path: Path) -> None:
    """A claim about two records that leaves one of them in the same load."""
    role = CLERK.replace("name: A clerk\n", f"name: A clerk\n    role: {SECRET}\n")
    free = (
        "claims:\n  - id: both\n    says: Both.\n    source: newspaper\n    about:\n      - {record: people/doctor}\n"
    )
    about = f"      - {{record: defectors/clerk, sets: {{role: {SECRET}}}}}\n"
    put(tmp_path, WITHOUT_CLERK + role + free + about)
    put(tmp_path, WITHOUT_CLERK + WITHHELD + free)
    assert_nothing_holds(SECRET, empty_database)


def test_withheld_record_keeps_other_ledger_payloads(tmp_path: Path) -> None:
    put(tmp_path, WITHOUT_CLERK + WITH_SECRET)
    put(tmp_path, WITHOUT_CLERK + WITHHELD)
    rows = execute("SELECT DISTINCT path FROM ledger WHERE payload IS NULL").fetchall()
    assert {found[0] for found in rows} == {"defectors/clerk", "claims/clerk-left"}
    assert execute("SELECT count(*) FROM ledger WHERE payload IS NULL AND salt IS NOT NULL").fetchone() == (0,)


def test_erased_record_is_nowhere_but_in_itself(empty_database: str, tmp_path: Path) -> None:
    """What was said once and is said no more: `erase` takes it out of the ledger."""
    put(tmp_path, WITHOUT_CLERK + WITH_SECRET)
    put(tmp_path, BUNDLE)
    assert erase("defectors/clerk", reason="asked", actor="test") == 2
    assert_nothing_holds(SECRET, empty_database)
    assert erase("defectors/clerk", reason="asked", actor="test") == 0
    with pytest.raises(KeyError):
        erase("defectors/nobody", reason="asked", actor="test")


def test_erasing_keeps_what_is_served_in_the_ledger_too(tmp_path: Path) -> None:
    """Else the record could not be compared with the ledger any more; it is published anyway."""
    put(tmp_path, WITHOUT_CLERK + WITH_SECRET)
    assert erase("defectors/clerk", reason="asked", actor="test") == 0
    kept = execute("SELECT count(*) FROM ledger WHERE payload LIKE ?", (f"%{SECRET}%",)).fetchone()
    assert kept == (2,)
    assert list(faults()) == []


def test_erased_record_that_is_gone_is_nowhere(empty_database: str, tmp_path: Path) -> None:
    """Be it removed before, and come back and gone again, its claims with it."""
    for clerk in (WITH_SECRET, "", WITH_SECRET.replace("A clerk", "The clerk"), ""):
        put(tmp_path, WITHOUT_CLERK + clerk, sync=True)
    assert erase("defectors/clerk", reason="asked", actor="test") == 4
    assert_nothing_holds(SECRET, empty_database)
    rows = execute("SELECT path, reason FROM ledger WHERE action = 'erase' ORDER BY path").fetchall()
    assert [tuple(found) for found in rows] == [("claims/clerk-left", "asked"), ("defectors/clerk", "asked")]


def test_withholding_says_what_it_erased(tmp_path: Path) -> None:
    """In an entry of its own for each path that lost something, of the moment of the write."""
    put(tmp_path, WITHOUT_CLERK + WITH_SECRET)
    put(tmp_path, WITHOUT_CLERK + WITHHELD)
    rows = execute("SELECT path, reason, at FROM ledger WHERE action = 'erase' ORDER BY path").fetchall()
    (changed,) = execute("SELECT at FROM ledger WHERE path = 'defectors/clerk' AND action = 'change'").fetchone()
    reason = "defectors/clerk withholds role"
    assert [tuple(found) for found in rows] == [
        ("claims/clerk-left", reason, changed), ("defectors/clerk", reason, changed),
    ]  # fmt: skip


def test_withheld_value_is_nowhere_though_its_claim_changes_long_after_it(empty_database: str, tmp_path: Path) -> None:
    """In the same load, many records on: what the claim said is the past only then."""

    def load_clerk(name: str, clerk: dict[str, Any], sets: dict[str, Any]) -> None:
        about = [{"record": "defectors/clerk", "sets": {"occurred": True, **sets}}]
        records = [
            {"resource": "sources", "id": "newspaper", "name": "A report", "kind": "article"},
            {"resource": "defectors", "id": "clerk", "name": "A clerk", **clerk},
            *({"resource": "people", "id": f"p{n}", "name": f"{name} {n}"} for n in range(1200)),
            {"resource": "claims", "id": "told", "says": "So it is said.", "source": "newspaper", "about": about},
        ]
        put(tmp_path, "\n".join(map(json.dumps, records)), "many.ndjson")

    load_clerk("Somebody", {"role": SECRET}, {"role": SECRET})
    load_clerk("Another", {"withheld": {"role": "he is at risk"}}, {})
    assert_nothing_holds(SECRET, empty_database)


# the same again


def without_revisions(path: str) -> dict[str, Any]:
    """A record's document and those of its claims, less what counts and dates its changes."""

    def bare(found: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in found.items() if key not in {"revision", "updated"}}

    found = bare(document(path))
    return {**found, "claims": [bare(claim) for claim in found["claims"]]}


def test_dump_and_load_give_the_same_again(empty_database: str, tmp_path: Path) -> None:
    """Into an empty database: the same dump to the byte, the same documents and periods."""
    put(
        tmp_path,
        'coverage_from: "2015-06-30"\ncoverage: [{source: newspaper, nothing: [{paragraph: 1, because: x}]}]\n',
        "c.yaml",
    )
    put(tmp_path, BUNDLE.replace("A clerk", "Clerk 서기 👩‍🏫 \\ \"x\"") + "claims:\n  - id: doubt\n    says: Not so.\n"
        "    stance: doubts\n    about: [{record: defectors/clerk, sets: [occurred]}, {record: claims/clerk-left}]\n"
        "    source: magazine\n")  # fmt: skip
    dumped, paths = "".join(f"{line}\n" for line in lines()), sorted(digests())
    documents = {path: without_revisions(path) for path in paths}
    tables = {name: rows for name, rows in derived().items() if name not in {"entry"}}
    again = tmp_path / "again.ndjson"
    again.write_text(dumped, encoding="utf-8")
    if is_postgresql():
        empty_again()
    else:
        open_database(str(tmp_path / "again.db"), create=True)
    assert load([again]) == Outcome(added=len(paths))
    assert "".join(f"{line}\n" for line in lines()) == dumped
    assert {path: without_revisions(path) for path in sorted(digests())} == documents
    assert {name: rows for name, rows in derived().items() if name not in {"entry"}} == tables
    assert load([again]) == Outcome(unread=1)


def empty_again() -> None:
    """Delete every row there is, but for the schema's version."""
    with writing():
        for table in TABLES:
            name = table._meta.table_name
            execute(f"DELETE FROM {name}" + (" WHERE key <> 'schema_version'" if name == "meta" else ""))


def test_rebuild_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    put(tmp_path, BUNDLE.replace("June", "July"))
    before = everything()
    assert rebuild(wiring=writer_wiring()) == RECORDS
    assert everything() == before


def test_rebuild_makes_what_is_lost(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    before = everything()
    with writing():
        for name in derived():
            execute(f"DELETE FROM {name}")
    rebuild(wiring=writer_wiring())
    assert everything() == before


def test_rebuild_removes_ghosts_and_finds_references_anew(tmp_path: Path) -> None:
    """Derived rows of records that are not there, and references that no record has."""
    put(tmp_path, BUNDLE)
    before = everything()
    with writing():
        for name in ("entry", "period", "term", "search_text", "defector"):
            ghost = {"path": "defectors/ghost"} | ({"id": "ghost"} if name == "defector" else {})
            columns = [column for column in columns_of(name) if column not in ghost]
            chosen = ", ".join([*(f"'{value}'" for value in ghost.values()), *columns])
            execute(
                f"INSERT INTO {name} ({', '.join([*ghost, *columns])}) SELECT {chosen} FROM {name} "
                "WHERE path = 'defectors/general' LIMIT 1"
            )
        execute("DELETE FROM reference WHERE path = 'claims/clerk-left'")
        execute("INSERT INTO reference (path, pointer, relation, target) VALUES ('people/doctor', '/x', 'x', 'x/y')")
    assert {name for name, rows in everything().items() if rows != before[name]} == {
        "entry", "period", "term", "search_text", "defector", "reference",
    }  # fmt: skip
    assert rebuild(wiring=writer_wiring()) == RECORDS
    assert everything() == before


def columns_of(name: str) -> list[str]:
    table = next(table for table in TABLES if table._meta.table_name == name)
    return [field.column_name for field in table._meta.sorted_fields]


@pytest.mark.parametrize("resource", ["people", "defectors"])
def test_hundreds_of_claims_about_one_record_are_loaded(resource: str, tmp_path: Path) -> None:
    """Each of another day, through another document, from another speaker, and half of them in conflict."""
    many = 300
    spoken = [{"resource": "people", "id": f"p{n}", "name": f"Speaker {n}"} for n in range(many)]
    read = [
        {"resource": "sources", "id": f"s{n}", "name": f"Source {n}", "kind": "article",
         "published": f"{2000 + n // 12}-{1 + n % 12:02d}-01"}
        for n in range(many)
    ]  # fmt: skip
    values: dict[str, Any] = {
        "people": ({"country": "KP"}, {"country": "KR"}),
        "defectors": ({"occurred": True, "stage": "fled"}, {"occurred": True, "stage": "arrived"}),
    }[resource]
    claims = [
        {"id": f"c{n}", "says": "So it is said.", "source": f"s{n}", "sets": values[n % 2],
         "origin": {"identity": "named", "person": f"p{n}", "capacity": "witness", "access": "witnessed"}}
        for n in range(many)
    ]  # fmt: skip
    name = "country" if resource == "people" else "stage"
    one = {"resource": resource, "id": "one", "name": "One", name: values[0][name], "editorial": {name: "so"}}
    text = "\n".join(json.dumps(found) for found in [*spoken, *read, {**one, "claims": claims}])
    assert put(tmp_path, text, "many.ndjson") == Outcome(added=3 * many + 1)
    found = document(f"{resource}/one")
    assert len(found["claims"]) == many
    assert [len(value["claims"]) for value in found["conflicts"][name]] == [many // 2, many // 2]
    if resource == "defectors":
        assert found["corroboration"] == {
            "claims": many, "documents": many, "roots": many, "independent_roots": many, "anonymous_only": False,
        }  # fmt: skip
        assert status("defectors/one") == "confirmed"


# a thousand random writes

FIELDS: dict[str, Sequence[Any]] = {
    "left": ("2015", "2015-06", "2014/2016", {"edtf": "2015-07-XX", "printed": "July"}, "2015/.."),
    "stage": ("fled", "arrived", "in-transit"),
    "whereabouts": ("south-korea", "unknown"),
    "motive": (["hardship"], ["family", "money"], ["hardship", "family"]),
    "role": ("Cook", "Driver"),
    "home": ([{"country": "KP"}], [{"country": "KP", "place": "Hyesan"}]),
}
DAYS = ("2014", "2015-03", "2015-03-05", "2015-05-XX", "2015-07-10", "2016", "2015/..", "../2015-02", None)
SPEAKERS: Sequence[dict[str, Any] | None] = (
    None,
    {"identity": "anonymous", "capacity": "insider", "access": "told"},
    {"identity": "unstated"},
    {"identity": "collective", "institution": "i0", "capacity": "state-organ", "access": "own-act"},
    {"identity": "collective", "institution": "i1", "capacity": "state-organ", "interest": "self-serving"},
    {"identity": "named", "person": "p0", "capacity": "witness", "access": "witnessed"},
    {"identity": "named", "person": "p1", "capacity": "official", "access": "custody"},
    {"identity": "named", "person": "p2", "capacity": "insider", "access": "told"},
)


EDITS = ("add", "add", "claim", "claim", "claim", "drop", "own", "source", "source", "name", "remove", "free")


class Collection:
    """Records as they are meant to stand in the database, by path, each with the claims under it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.records: dict[str, dict[str, Any]] = {}
        self.under: dict[str, list[dict[str, Any]]] = {}
        self.made = 0

    def new_id(self, letter: str) -> str:
        """An id that none had before."""
        self.made += 1
        return f"{letter}{self.made}"

    def first(self) -> list[str]:
        """What the rest refers to."""
        for n in range(3):
            self.records[f"people/p{n}"] = {"id": f"p{n}", "name": f"Person {n}"}
            self.records[f"institutions/i{n}"] = {"id": f"i{n}", "name": f"Body {n}", "kind": "other"}
        for n in range(6):
            self.records[f"sources/s{n}"] = {"id": f"s{n}", "name": f"Source {n}", "kind": "article"}
        return list(self.records)

    def edit(self) -> tuple[str, str]:
        """Change one thing at random; returns the path of what changed or is gone, and the kind of edit."""
        events = sorted(self.under)
        kind = self.random.choice([*EDITS, "remove"] if len(events) > 12 else EDITS) if events else "add"
        if kind == "add":
            return self.new_event(), kind
        if kind == "source":
            return self.edit_source(), kind
        if kind == "name":
            return self.edit_name(), kind
        path = self.random.choice(events)
        if kind == "free":
            return self.edit_free_claim(path), kind
        self.edit_event(path, kind)
        return path, kind

    def edit_event(self, path: str, kind: str) -> None:
        """Remove a defector, change its own text, or change, add or drop a claim under it."""
        claims = self.under[path]
        if kind == "remove":
            del self.records[path], self.under[path]
        elif kind == "own":
            self.records[path] = {**self.records[path], "description": f"Described {self.random.random()}."}
        elif kind == "drop" and claims:
            claims.pop(self.random.randrange(len(claims)))
        elif len(claims) < 6 and self.random.choice((True, False)):
            claims.append(self.claim())
        elif claims:
            place = self.random.randrange(len(claims))
            claims[place] = {**self.claim(), "id": claims[place]["id"]}

    def new_event(self) -> str:
        """A defector with two values, and a claim that sets them."""
        slug = self.new_id("d")
        path = f"defectors/{slug}"
        chosen = {name: self.random.choice(FIELDS[name]) for name in self.random.sample(sorted(FIELDS), 2)}
        self.records[path] = {
            "id": slug, "name": f"Defector {slug}", **chosen,
            "scope": self.random.choice(("subject", "subject", "background")),
            "editorial": dict.fromkeys(self.random.sample(sorted(FIELDS), 4), "so"),
        }  # fmt: skip
        self.under[path] = [self.claim() | {"sets": {"occurred": True, **chosen}, "stance": "asserts"}]
        return path

    def claim(self) -> dict[str, Any]:
        """A claim that may stand under any defector."""
        pick, sources = self.random.choice, sorted(p for p in self.records if p.startswith("sources/"))
        document, cited = (p.partition("/")[2] for p in self.random.sample(sources, 2))
        names = self.random.sample(sorted(FIELDS), self.random.randrange(3))
        sets: dict[str, Any] = {name: pick(FIELDS[name]) for name in names}
        if pick((True, True, False)) or not sets:
            sets["occurred"] = True
        claim = {
            "id": self.new_id("c"), "says": f"Said {self.random.random()}.", "source": document, "sets": sets,
            "stance": pick(("asserts", "asserts", "asserts", "denies", "doubts", "withdraws", "refutes")),
            "commitment": pick(("plain", "plain", "attributed", "rumoured", "possible", "conditional")),
            "explicit": pick(("stated", "stated", "presupposed", "implied")),
        }  # fmt: skip
        if speaker := pick(SPEAKERS):
            claim["origin"] = dict(speaker)
        if pick((True, False, False)):
            claim |= {"chain": [{"source": cited, "verb": "cited"}], "seen": pick(("read", "quoted", "reported"))}
        for name in ("known", "made"):
            if pick((True, False, False)) and (day := pick(DAYS)):
                claim[name] = day
        return claim

    def edit_source(self) -> str:
        """Another date, other citations, another speaker; it may cite itself now and then, which is refused."""
        path = self.random.choice(sorted(p for p in self.records if p.startswith("sources/")))
        number = int(path.removeprefix("sources/s"))
        source = {"id": f"s{number}", "name": f"Source {number}", "kind": "article"}
        if day := self.random.choice(DAYS):
            source["published"] = day
        later = [f"s{n}" for n in range(number + self.random.choice((0, 1, 1, 1)), 6)]
        if cited := self.random.sample(later, min(len(later), self.random.randrange(3))):
            source["cites"] = cited
        speaks = self.random.choice(
            ({"authors": ["p0"]}, {"publisher": "i2"}, {"authors": ["p1", "p2"], "publisher": "i0"}, {})
        )
        self.records[path] = {**source, **speaks}
        return path

    def edit_name(self) -> str:
        """Other spellings of a person's or a body's name."""
        path = self.random.choice(sorted(p for p in self.records if p.startswith(("people/", "institutions/"))))
        spellings = self.random.sample(
            ["Ch'oe Ryŏng-hae", "Choe Ryong Hae", "최룡해", "Body"], self.random.randrange(1, 4)
        )
        names = [
            {"text": text, "script": "hangul" if text == "최룡해" else "latin", "basis": "editorial"}
            for text in spellings
        ]
        self.records[path] = {**self.records[path], "names": names, "editorial": {"names": "spellings"}}
        return path

    def edit_free_claim(self, event: str) -> str:
        """A claim that stands alone, about an event and perhaps about another claim."""
        free = sorted(path for path in self.records if path.startswith("claims/"))
        if free and self.random.choice((True, False)):
            path = self.random.choice(free)
            if self.random.choice((True, False)):
                del self.records[path]
                return path
            slug = path.removeprefix("claims/")
        else:
            slug = self.new_id("f")
            path = f"claims/{slug}"
        claim = self.claim() | {"id": slug}
        about: list[dict[str, Any]] = [{"record": event, "sets": claim.pop("sets")}]
        if self.under.get(event) and self.random.choice((True, False)):
            about.append({"record": f"claims/{self.under[event][0]['id']}"})
        self.records[path] = {**claim, "about": about}
        return path

    def given(self, path: str) -> list[dict[str, Any]]:
        """A record and the claims under it, as the writer takes them, each record in a file of its own."""
        resource = path.partition("/")[0]
        found = [given(resource, self.records[path], file=path)]
        for claim in self.under.get(path, ()):
            full = {
                **{k: v for k, v in claim.items() if k != "sets"},
                "about": [{"record": path, "sets": claim["sets"]}],
            }
            found.append(given("claims", full, under=path, file=path))
        return found

    def inputs(self) -> dict[str, str]:
        """Path -> canonical input of everything that ought to be there."""
        found = {}
        for path in self.records:
            for record in self.given(path):
                content = {key: value for key, value in record.items() if key not in {"resource", "under", "file"}}
                found[f"{record['resource']}/{record['id']}"] = canonical(content)
        return found


def written(collection: Collection, paths: Sequence[str]) -> Outcome:
    """Write records, or remove those that are gone."""
    there = [path for path in paths if path in collection.records]
    gone = [path for path in paths if path not in collection.records]
    records = [record for path in there for record in collection.given(path)]
    return write(records, wiring=writer_wiring(), actor="test", sync=Sync(gone))


def assert_revisions_moved_with_digests(before: tuple[dict[str, int], dict[str, str]]) -> None:
    (old_revisions, old_digests), now, entries = before, revisions(), digests()
    for path in now.keys() & old_revisions.keys():
        assert now[path] - old_revisions[path] == (entries[path] != old_digests[path]), path


def test_after_a_thousand_random_writes_a_rebuild_changes_nothing() -> None:
    """And the same records written at once into an empty database give the same. PostgreSQL is slower: fewer there."""
    if not is_postgresql():
        execute("PRAGMA synchronous = OFF")  # a thousand times to wait for the disk is no part of it
    collection, told = Collection(seed=20), Counter[str]()
    written(collection, collection.first())
    for number in range(250 if is_postgresql() else 1000):
        kept = dict(collection.records), {path: list(claims) for path, claims in collection.under.items()}
        before, snapshot = (revisions(), digests()), everything() if number % 50 == 0 else None
        path, kind = collection.edit()
        try:
            written(collection, [path])
        except Refused:
            collection.records, collection.under = kept
            told[f"{kind} refused"] += 1
            assert snapshot is None or everything() == snapshot
            assert (revisions(), digests()) == before
        else:
            told[kind] += 1
            assert_revisions_moved_with_digests(before)
    assert min(told[kind] for kind in ("add", "claim", "drop", "own", "source", "name", "remove", "free")) > 4, told
    assert list(faults()) == []
    assert dict(execute("SELECT path, input FROM record").fetchall()) == collection.inputs()
    assert_periods_are_sound()
    grown = everything()
    rebuild(wiring=writer_wiring())
    assert everything() == grown
    documents = {path: without_revisions(path) for path in digests()}
    tables = {name: rows for name, rows in derived().items() if name != "entry"}
    empty_again()
    written(collection, list(collection.records))
    assert {path: without_revisions(path) for path in digests()} == documents
    assert {name: rows for name, rows in derived().items() if name != "entry"} == tables


def test_every_revision_is_kept_with_its_moment(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    put(tmp_path, BUNDLE.replace("He left in June.", "He left that June."))
    for path, revision, updated in execute("SELECT path, revision, updated FROM record").fetchall():
        kept = execute("SELECT revision, updated FROM revision WHERE path = ? ORDER BY 1", (path,)).fetchall()
        assert [number for number, _ in kept] == list(range(1, revision + 1))
        assert kept[-1][1] == updated
    assert row("record", "defectors/general", "revision") == (2,)


def test_moments_move_on_even_where_the_clock_does_not(tmp_path: Path) -> None:
    put(tmp_path, BUNDLE)
    execute("UPDATE ledger SET at = '2999-01-01T00:00:00.000000Z'")
    put(tmp_path, BUNDLE.replace("general", "admiral"))
    later = execute("SELECT DISTINCT at FROM ledger WHERE at > '2999-01-01T00:00:00.000000Z'").fetchall()
    assert [tuple(row) for row in later] == [("2999-01-01T00:00:00.000001Z",)]


SMALL = frozenset({"seen", "dirty", "touched", "fact", "loaded_file"})
"""Tables that hold what a write in progress is about, or a line for each file."""
WHOLE = re.compile(r"SCAN (?P<name>\w+)(?! USING INDEX tally_of_nothing)")
READ = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


def test_a_write_reads_no_table_whole(empty_database: str, tmp_path: Path) -> None:
    """SQLite has no statistics: where it may choose which table comes first, it may choose the largest."""
    if is_postgresql():
        pytest.skip("is about SQLite's plans")
    put(tmp_path, BUNDLE)
    said: list[str] = []
    DB.connection().set_trace_callback(said.append)
    put(tmp_path, BUNDLE.replace("June", "July").replace("A clerk left too.", "A clerk fled."))
    DB.connection().set_trace_callback(None)
    large = {table._meta.table_name for table in TABLES} - SMALL
    looked_at = [s for s in said if s.startswith(READ) and "FROM ledger ORDER BY seq DESC LIMIT 1" not in s]
    assert len(looked_at) > 50
    for statement in looked_at:
        names = {alias: table for table, alias in re.findall(r"\b(?:FROM|JOIN) (\w+) (\w)\b", statement)}
        whole = [found["name"] for step in plan_of(statement) if (found := WHOLE.match(step))]
        assert not large & {names.get(name, name) for name in whole}, statement


def plan_of(statement: str) -> list[str]:
    """How SQLite goes about a statement, step by step."""
    return [row[3] for row in DB.connection().execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()]


def test_after_a_large_write_the_sizes_of_tables_are_known(tmp_path: Path) -> None:
    """PostgreSQL would else read the largest for each small write, until it looks by itself."""
    if not is_postgresql():
        pytest.skip("is about PostgreSQL's statistics")
    people = [{"resource": "people", "id": f"p{n}", "name": f"Person {n}"} for n in range(1000)]
    put(tmp_path, "\n".join(map(json.dumps, people)), "people.ndjson")
    sizes = dict(execute("SELECT relname, reltuples FROM pg_class WHERE relname IN ('record', 'seen')").fetchall())
    assert sizes == {"record": 1000, "seen": 0}
