"""Writing over HTTP: one record, and what becomes of it, on either engine."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.dumping import lines
from api.loading import LoadRefused, load
from models.database import SQLITE, close_database, execute, meta_value, open_database, writing
from models.keys import make
from models.ledger import faults
from models.verifying import faults as verified
from models.writer import JOURNAL

BUNDLE = {
    "people": [{"id": "witness", "name": "The witness"}, {"id": "doctor", "name": "The doctor"}],
    "sources": [{"id": "newspaper", "name": "A report", "kind": "article", "published": "2015-07-10"}],
    "defectors": [
        {
            "id": "general",
            "name": "A general",
            "left": "2015-06",
            "people": ["doctor"],
            "claims": [
                {"id": "general-left", "says": "He left.", "sets": ["occurred", "left"], "source": "newspaper"},
                {
                    "id": "general-was",
                    "says": "It was the doctor.",
                    "sets": ["occurred", "people"],
                    "source": "newspaper",
                },
            ],
        }
    ],
}
CLERK = {
    "id": "clerk",
    "name": "A clerk",
    "left": "2014",
    "claims": [{"id": "clerk-left", "says": "She left.", "sets": ["occurred", "left"], "source": "newspaper"}],
}


@pytest.fixture
def editor(empty_database: str, application: Flask, tmp_path: Path) -> FlaskClient:
    """A client with a key, of a server that reads a small instance."""
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps(BUNDLE))
    load([file])
    _, token = make("kim", "edit")
    close_database()
    open_database(empty_database, read_only=True)
    client = application.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def dumped() -> list[str]:
    """The whole instance as its dump has it."""
    return list(lines())


def seen(revision: int) -> dict[str, str]:
    """What says which revision was seen."""
    return {"If-Match": f'"{revision}"'}


def test_a_record_is_made_changed_and_removed(editor: FlaskClient) -> None:
    before = dumped()
    made = editor.post("/v1/defectors?reason=found", json=CLERK)
    assert (made.status_code, made.headers["Location"]) == (201, "/v1/defectors/clerk")
    assert made.json == editor.get("/v1/defectors/clerk").json
    assert made.json["standing"]["any"]["status"] == "reported"
    changed = editor.patch("/v1/defectors/clerk", json={"description": "In our words."}, headers=seen(1))
    assert (changed.json["description"], changed.json["revision"]) == ("In our words.", 2)
    assert changed.headers["ETag"] == editor.get("/v1/defectors/clerk").headers["ETag"]
    gone = editor.delete("/v1/defectors/clerk?reason=told+twice", headers={"If-Match": changed.headers["ETag"]})
    assert (gone.json["path"], gone.json["actor"], gone.json["reason"]) == ("defectors/clerk", "kim", "told twice")
    for path in ("defectors/clerk", "defectors/clerk/claims", "defectors/clerk/input", "claims/clerk-left"):
        told = editor.get(f"/v1/{path}")
        assert (told.status_code, told.json["type"]) == (410, "removed")
        assert "by kim" in told.json["detail"]
        assert told.json["detail"].endswith("told twice")
    assert dumped() == before
    assert list(faults()) == []


def test_put_makes_and_replaces(editor: FlaskClient) -> None:
    made = editor.put("/v1/defectors/clerk", json=CLERK)
    assert (made.status_code, "ETag" in made.headers) == (201, False)
    given = editor.get("/v1/defectors/clerk/input").json
    assert given["claims"][0]["id"] == "clerk-left"
    less = {key: value for key, value in given.items() if key != "left"}
    less["claims"] = [{**given["claims"][0], "sets": ["occurred"]}]
    replaced = editor.put("/v1/defectors/clerk", json=less, headers=seen(made.json["revision"]))
    assert (replaced.status_code, replaced.json["left"]) == (200, None)
    same = editor.put("/v1/defectors/clerk", json=less, headers=seen(2))
    assert same.json["revision"] == 2


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_who_changes_a_record_has_seen_it(editor: FlaskClient, method: str) -> None:
    before = dumped()
    url = "/v1/defectors/general" + ("?reason=x" if method == "delete" else "")
    body = {} if method == "delete" else {"json": {"name": "Another name"}}
    missing = editor.open(url, method=method.upper(), **body)
    stale = editor.open(url, method=method.upper(), headers=seen(9), **body)
    assert (missing.status_code, stale.status_code) == (428, 412)
    for told in (missing, stale):
        assert told.headers["ETag"] == editor.get("/v1/defectors/general").headers["ETag"]
        assert "1" in told.json["detail"]
    assert dumped() == before


FAULTS: list[tuple[Any, str]] = [
    ({"left": "2015-13"}, "/left/edtf"),
    ({"nonsense": 1}, "/nonsense"),
    ({"people": ["nobody"]}, "/people/0"),
    ({"revision": 7}, "/revision"),
    ({"claims": [{"id": "general-left"}]}, "/claims/0/says"),
    ({"id": "clerk"}, "/id"),
    ({"role": "a role that nobody claims"}, "/role"),
]


@pytest.mark.parametrize(("change", "pointer"), FAULTS)
def test_a_fault_is_told_by_its_pointer_and_changes_nothing(editor: FlaskClient, change: Any, pointer: str) -> None:
    before = dumped()
    told = editor.patch("/v1/defectors/general", json=change, headers=seen(1))
    assert told.status_code == 422
    assert pointer in [fault.get("pointer") for fault in told.json["errors"]]
    assert dumped() == before


def test_a_claim_of_another_record_is_not_taken_over(editor: FlaskClient) -> None:
    before = dumped()
    told = editor.post("/v1/defectors", json=CLERK | {"claims": [CLERK["claims"][0] | {"id": "general-left"}]})
    assert (told.status_code, told.json["errors"][0]["pointer"]) == (422, "/claims/0/id")
    assert dumped() == before


def test_what_others_refer_to_is_not_removed(editor: FlaskClient) -> None:
    before = dumped()
    told = editor.delete("/v1/people/doctor?reason=x", headers={"If-Match": "*"})
    assert told.status_code == 409
    assert "defectors/general/people/0" in told.json["detail"]
    assert dumped() == before


def test_a_claim_stays_under_its_record(editor: FlaskClient) -> None:
    changed = editor.patch("/v1/claims/general-left", json={"says": "He went."}, headers=seen(1))
    assert changed.status_code == 200
    assert editor.get("/v1/defectors/general/input").json["claims"][0]["says"] == "He went."


def test_a_record_that_was_merged_leads_to_the_other(editor: FlaskClient) -> None:
    editor.post("/v1/defectors", json=CLERK)
    merged = editor.post(
        "/v1/people/doctor/merge?reason=one+person", json={"into": "witness", "revision": 1}, headers=seen(1)
    )
    assert merged.status_code == 200
    assert editor.get("/v1/defectors/general").json["people"] == ["witness"]
    told = editor.get("/v1/people/doctor?include=sources")
    assert (told.status_code, told.headers["Location"]) == (308, "/v1/people/witness?include=sources")
    both = editor.post(
        "/v1/defectors/clerk/merge?reason=one+flight", json={"into": "general", "revision": 2}, headers=seen(1)
    )
    assert {claim["id"] for claim in both.json["claims"]} == {"general-left", "general-was", "clerk-left"}
    assert both.json["left"]["edtf"] == "2015-06"
    assert both.json["editorial"] == {"left": "one flight"}
    assert both.json["conflicts"]
    assert editor.get("/v1/defectors/general/input").json["claims"][0]["id"] == "clerk-left"


def test_a_mistake_is_turned_back(editor: FlaskClient) -> None:
    before, served = dumped(), editor.get("/v1/defectors/general").json
    (entry,) = execute("SELECT seq FROM ledger WHERE path = 'defectors/general'").fetchone()
    given = editor.get("/v1/defectors/general/input").json
    editor.patch("/v1/defectors/general", json={"left": None, "claims": given["claims"][1:]}, headers=seen(1))
    assert editor.get("/v1/claims/general-left").status_code == 410
    back = editor.post("/v1/defectors/general/revert", json={"entry": entry}, headers=seen(2))
    assert (back.status_code, back.json["revision"]) == (200, 3)
    assert dumped() == before
    assert back.json | {"revision": 1, "updated": ""} | {"claims": []} == served | {"updated": "", "claims": []}
    editor.delete("/v1/defectors/general?reason=x", headers=seen(3))
    again = editor.post("/v1/defectors/general/revert", json={"entry": entry})
    assert again.status_code == 200
    assert dumped() == before


def test_a_bundle_is_tried_and_written_whole(editor: FlaskClient) -> None:
    before = dumped()
    bundle = {"defectors": [CLERK], "people": [{"id": "cook", "name": "A cook"}]}
    tried = editor.post("/v1/bundles?dry_run=true", json=bundle)
    assert [change["path"] for change in tried.json["changes"]] == [
        "defectors/clerk",
        "claims/clerk-left",
        "people/cook",
    ]
    assert dumped() == before
    wrong = editor.post("/v1/bundles", json=bundle | {"sources": [{"id": "x"}]})
    assert {fault["pointer"] for fault in wrong.json["errors"]} == {"/sources/0/name", "/sources/0/kind"}
    assert dumped() == before
    done = editor.post("/v1/bundles", json=bundle)
    assert done.json == tried.json | {"dry_run": False}
    bundle["people"][0]["name"] = "The cook"
    tried = editor.post("/v1/bundles?dry_run=true", json=bundle)
    assert tried.json["changes"] == [{"path": "people/cook", "action": "change"}]
    assert editor.post("/v1/bundles", json=bundle).status_code == 428
    assert editor.post("/v1/bundles", json=bundle, headers={"If-Match": '"0"'}).status_code == 412
    done = editor.post("/v1/bundles", json=bundle, headers={"If-Match": tried.headers["ETag"]})
    assert (done.json["changed"], done.json["unchanged"]) == (1, 2)
    late = editor.post("/v1/bundles", json=bundle | {"people": []}, headers={"If-Match": tried.headers["ETag"]})
    assert late.json["unchanged"] == 2


def test_what_is_erased_is_gone_from_answers_that_are_kept(editor: FlaskClient) -> None:
    key = {"Idempotency-Key": "1"}
    assert editor.post("/v1/people", json={"id": "cook", "name": "A cook"}, headers=key).status_code == 201
    assert editor.post("/v1/people/cook/erase?reason=safety").status_code == 403
    _, token = make("boss", "admin")
    editor.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    assert editor.delete("/v1/people/cook?reason=safety", headers=seen(1)).status_code == 200
    erased = editor.post("/v1/people/cook/erase?reason=safety")
    assert erased.json == {"path": "people/cook", "erased": 1, "served": False}
    assert editor.post("/v1/people", json={"id": "maid", "name": "A maid"}).status_code == 201
    stays = editor.post("/v1/people/maid/erase?reason=safety")
    assert stays.json == {"path": "people/maid", "erased": 0, "served": True}
    assert editor.post("/v1/people/nobody/erase?reason=safety").status_code == 404
    assert execute("SELECT count(*) FROM answered WHERE body IS NOT NULL").fetchone()[0] == 0
    assert list(faults()) == []


def test_what_a_write_does_not_read_is_refused(editor: FlaskClient) -> None:
    before = dumped()
    for method, path, sent in (
        ("PUT", "/v1/defectors/clerk", {"json": CLERK, "headers": {"Idempotency-Key": "1"}}),
        ("DELETE", "/v1/defectors/general?reason=x", {"json": {"reason": "x"}, "headers": seen(1)}),
        ("POST", "/v1/bundles?dry_run=true", {"json": {}, "headers": {"Idempotency-Key": "1"}}),
    ):
        told = editor.open(path, method=method, **sent)
        assert told.status_code == 400, (method, path, told.text)
    assert dumped() == before


def test_what_an_editor_removed_is_not_loaded_again(editor: FlaskClient, tmp_path: Path) -> None:
    editor.delete("/v1/defectors/general?reason=x", headers=seen(1))
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps(BUNDLE).replace("A report", "The report"))
    with pytest.raises(LoadRefused) as refused:
        load([file])
    assert {fault.path for fault in refused.value.faults} == {
        "defectors/general", "claims/general-left", "claims/general-was",
    }  # fmt: skip
    assert "removed by kim" in refused.value.faults[0].message
    assert load([file], force=True).added == 3


def test_a_bundle_has_no_more_records_than_are_written_at_once(editor: FlaskClient) -> None:
    people = [{"id": f"p{number}", "name": "X"} for number in range(5_001)]
    told = editor.post("/v1/bundles", json={"people": people})
    assert (told.status_code, "5,001" in told.json["detail"]) == (413, True)


@contextmanager
def slow_reader(url: str) -> Iterator[None]:
    """Somebody who reads the ledger and does not end."""
    if url.startswith("postgresql://"):
        import psycopg

        with psycopg.connect(url) as connection:
            connection.execute("SELECT payload FROM ledger").fetchone()
            yield
        return
    connection = SQLITE.connect(url, isolation_level=None)
    connection.execute("BEGIN")
    connection.execute("SELECT payload FROM ledger").fetchone()
    yield
    connection.close()


def test_who_reads_slowly_keeps_no_write_from_being_done(editor: FlaskClient, empty_database: str) -> None:
    editor.post("/v1/people", json={"id": "cook", "name": "A cook", "country": "KP", "editorial": {"country": "x"}})
    withheld = {"country": None, "editorial": None, "withheld": {"country": "at risk"}}
    with slow_reader(empty_database):
        told = editor.patch("/v1/people/cook", json=withheld, headers=seen(1))
        assert (told.status_code, told.json["country"]) == (200, None)
        assert meta_value(JOURNAL) is not None
    assert editor.post("/v1/people", json={"id": "baker", "name": "A baker"}).status_code == 201
    assert meta_value(JOURNAL) is None


def test_a_request_sent_again_is_answered_as_at_first(editor: FlaskClient) -> None:
    key = {"Idempotency-Key": "5e1b9c9e"}
    first = editor.post("/v1/defectors", json=CLERK, headers=key)
    again = editor.post("/v1/defectors", json=CLERK, headers=key)
    assert (again.status_code, again.data, again.headers["ETag"]) == (201, first.data, first.headers["ETag"])
    assert again.headers["Idempotent-Replayed"] == "true"
    other = editor.post("/v1/defectors", json=CLERK | {"id": "other"}, headers=key)
    assert other.status_code == 422
    assert execute("SELECT count(*) FROM ledger WHERE path = 'defectors/clerk'").fetchone()[0] == 1
    wrong = editor.post("/v1/defectors", json={"id": "x"}, headers={"Idempotency-Key": "2"})
    right = editor.post("/v1/defectors", json=CLERK | {"id": "x", "claims": []}, headers={"Idempotency-Key": "2"})
    assert (wrong.status_code, right.status_code) == (422, 422)
    with writing():
        execute("UPDATE answered SET mark = 'x', begun = '2999'")
    under_way = editor.post("/v1/defectors", json=CLERK, headers=key)
    assert (under_way.status_code, under_way.headers["Retry-After"]) == (409, "1")


SAID = {"id": "said", "says": "So it is.", "source": "newspaper"}


def test_what_is_merged_says_nothing_twice(editor: FlaskClient) -> None:
    """Nor does a claim about it: else what is dumped could not be loaded again."""
    both = {"id": "both", "name": "Both", "people": ["doctor", "witness"]}
    editor.post("/v1/defectors", json=both | {"claims": [SAID | {"sets": ["occurred", "people"]}]})
    merged = editor.post("/v1/people/doctor/merge?reason=one", json={"into": "witness", "revision": 1}, headers=seen(1))
    assert merged.status_code == 200
    assert editor.get("/v1/defectors/both").json["people"] == ["witness"]
    (claim,) = editor.get("/v1/defectors/both/input").json["claims"]
    assert claim["sets"]["people"] == ["witness"]
    given = editor.get("/v1/defectors/both/input").json
    assert editor.put("/v1/defectors/both", json=given, headers={"If-Match": "*"}).status_code == 200


def purge(slug: str, **own: Any) -> dict[str, Any]:
    claim = {"id": f"{slug}-was", "says": "It was.", "source": "newspaper", "sets": ["occurred", *own.pop("sets", ())]}
    return {"id": slug, "name": slug, "kind": "recall", **own, "claims": [claim]}


def test_of_two_measures_that_are_one_the_targets_are_both(editor: FlaskClient) -> None:
    """They are a list like any other, though a list within something."""
    sets = ["targets.people"]
    editor.post("/v1/purges", json=purge("one", targets={"people": ["doctor"]}, sets=sets))
    told = {"people": ["witness"], "description": "Those who fled"}
    editor.post("/v1/purges", json=purge("two", targets=told, sets=[*sets, "targets.description"]))
    merged = editor.post("/v1/purges/two/merge?reason=one", json={"into": "one", "revision": 1}, headers=seen(1))
    assert (merged.status_code, merged.json["targets"]["people"]) == (200, ["doctor", "witness"])
    assert merged.json["targets"]["description"] == "Those who fled"


def test_links_of_two_that_are_one_are_one(editor: FlaskClient) -> None:
    for slug, claim in (("one", "general-left"), ("two", "general-was")):
        link = {"to": "defectors/general", "relation": "response-to", "claims": [claim]}
        editor.post("/v1/purges", json=purge(slug, links=[link]))
    merged = editor.post("/v1/purges/two/merge?reason=one", json={"into": "one", "revision": 1}, headers=seen(1))
    (link,) = merged.json["links"]
    assert link["claims"] == ["general-left", "general-was"]


def test_a_claim_about_two_that_are_one_says_what_it_says_of_the_one_that_stays(editor: FlaskClient) -> None:
    for slug, country in (("one", "KP"), ("two", "KR")):
        editor.post("/v1/people", json={"id": slug, "name": slug, "country": country, "editorial": {"country": "so"}})
    about = [{"record": f"people/{slug}", "sets": {"country": c}} for slug, c in (("two", "KR"), ("one", "KP"))]
    editor.post("/v1/claims", json=SAID | {"about": about})
    into = {"into": "one", "revision": editor.get("/v1/people/one").json["revision"]}
    merged = editor.post("/v1/people/two/merge?reason=one", json=into, headers={"If-Match": "*"})
    assert (merged.status_code, merged.json["country"]) == (200, "KP")
    assert editor.get("/v1/claims/said/input").json["about"] == [{"record": "people/one", "sets": {"country": "KP"}}]


def test_a_merge_that_makes_another_record_unsound_is_refused(editor: FlaskClient) -> None:
    """A chain in which a document stands twice could be made by no other write, and its dump could not be loaded."""
    editor.post("/v1/sources", json={"id": "magazine", "name": "Another report", "kind": "article"})
    chain = {"chain": [{"source": "magazine", "verb": "cited"}], "seen": "quoted"}
    editor.post("/v1/claims", json=SAID | chain | {"about": [{"record": "people/doctor"}]})
    before = dumped()
    told = editor.post(
        "/v1/sources/magazine/merge?reason=one", json={"into": "newspaper", "revision": 1}, headers={"If-Match": "*"}
    )
    assert told.status_code == 409
    assert "claims/said/chain: leads in a loop" in told.json["detail"]
    assert dumped() == before


def test_a_claim_that_is_turned_back_stands_where_it_stood(editor: FlaskClient) -> None:
    before = dumped()
    (entry,) = execute("SELECT seq FROM ledger WHERE path = 'claims/general-left'").fetchone()
    editor.patch("/v1/claims/general-left", json={"says": "He went."}, headers=seen(1))
    back = editor.post("/v1/claims/general-left/revert", json={"entry": entry}, headers=seen(2))
    assert back.status_code == 200
    assert dumped() == before


def test_a_record_that_withholds_something_can_be_turned_back(editor: FlaskClient) -> None:
    """To what it has been since: that stays in the ledger, though the same write erased what was before it."""
    editor.patch("/v1/defectors/general", json={"withheld": {"role": "to do no harm"}}, headers=seen(1))
    before = dumped()
    (entry,) = execute("SELECT max(seq) FROM ledger WHERE path = 'defectors/general' AND action = 'change'").fetchone()
    changed = editor.patch("/v1/claims/general-left", json={"says": "He went."}, headers={"If-Match": "*"})
    assert changed.status_code == 200
    back = editor.post("/v1/defectors/general/revert", json={"entry": entry}, headers={"If-Match": "*"})
    assert back.status_code == 200
    assert dumped() == before


# what is erased

ANY = {"If-Match": "*"}


def key(scope: str, *resources: str) -> dict[str, str]:
    """What sends a key for some resources."""
    _, token = make("lim", scope, resources)
    return {"Authorization": f"Bearer {token}"}


def erased() -> list[tuple[str, str]]:
    """The path of each entry that tells of an erasure, and why it was."""
    rows = execute("SELECT path, reason FROM ledger WHERE action = 'erase' ORDER BY seq").fetchall()
    return [(path, reason) for path, reason in rows]


def blanked() -> list[str]:
    """The paths of the entries that are blank, in order."""
    rows = execute(
        "SELECT path FROM ledger WHERE payload IS NULL AND action IN ('add', 'change') ORDER BY seq"
    ).fetchall()
    return [path for (path,) in rows]


def test_a_claim_whose_past_is_erased_stays_where_its_record_is_turned_back(editor: FlaskClient) -> None:
    """It was there, though nobody knows any more what it said: that is no reason to remove it."""
    (entry,) = execute("SELECT seq FROM ledger WHERE path = 'defectors/general'").fetchone()
    editor.patch("/v1/claims/general-was", json={"says": "Better said."}, headers=ANY)
    editor.post("/v1/claims/general-was/erase?reason=a+name", headers=key("admin", "claims", "defectors"))
    editor.patch("/v1/defectors/general", json={"description": "A mistake."}, headers=ANY)
    back = editor.post("/v1/defectors/general/revert", json={"entry": entry}, headers=ANY)
    assert (back.status_code, back.json["description"]) == (200, None)
    assert {claim["id"]: claim["says"] for claim in back.json["claims"]} == {
        "general-left": "He left.", "general-was": "Better said.",
    }  # fmt: skip


def test_withholding_erases_what_held_the_field_and_nothing_else(
    editor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that later edits need no more of it, and what they changed can be turned back."""
    forgotten: list[str] = []
    monkeypatch.setattr("models.writer.forget_snapshots", lambda: forgotten.append("snapshots"))
    editor.patch("/v1/defectors/general", json={"description": "Before."}, headers=ANY)
    editor.patch("/v1/defectors/general", json={"role": "A driver", "editorial": {"role": "so"}}, headers=ANY)
    hidden = {"role": None, "editorial": None, "withheld": {"role": "harm"}}
    assert editor.patch("/v1/defectors/general", json=hidden, headers=ANY).status_code == 200
    assert (blanked(), erased()) == (["defectors/general"], [("defectors/general", "defectors/general withholds role")])
    for words in ("One.", "Two."):
        editor.patch("/v1/defectors/general", json={"description": words}, headers=ANY)
    editor.patch("/v1/claims/general-left", json={"says": "He went."}, headers=ANY)
    assert (len(blanked()), len(erased()), forgotten) == (1, 1, ["snapshots"])
    assert "driver" not in editor.get("/v1/defectors/general/revisions").text
    assert list(verified()) == []


def test_a_withheld_value_that_is_put_back_into_the_past_is_found(editor: FlaskClient) -> None:
    """With its salt, so that the chain alone does not tell of it."""
    editor.patch("/v1/people/doctor", json={"country": "KP", "editorial": {"country": "so"}}, headers=ANY)
    entry, payload, salt = execute("SELECT seq, payload, salt FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    hidden = {"country": None, "editorial": None, "withheld": {"country": "harm"}}
    editor.patch("/v1/people/doctor", json=hidden, headers=ANY)
    assert list(verified()) == []
    with writing():
        execute("UPDATE ledger SET payload = ?, salt = ? WHERE seq = ?", (payload, salt, entry))
    assert list(verified()) == [f"entry {entry}: its payload holds what people/doctor withholds"]


def test_a_part_that_is_withheld_counts(editor: FlaskClient) -> None:
    sets = {"occurred": True, "party.count": 3}
    claim = {"id": "three", "says": "Three left.", "sets": sets, "source": "newspaper"}
    party = {"kind": "family", "count": 3}
    given = {"id": "party", "name": "A party", "party": party, "claims": [claim]}
    made = editor.post("/v1/defectors", json=given)
    assert made.status_code == 201, made.json
    editor.patch("/v1/defectors/party", json={"description": "They left.", "withheld": {"role": "harm"}}, headers=ANY)
    assert blanked() == []
    hidden = {
        "party": {"count": None}, "withheld": {"party.count": "harm"}, "claims": [claim | {"sets": ["occurred"]}],
    }  # fmt: skip
    assert editor.patch("/v1/defectors/party", json=hidden, headers=ANY).status_code == 200
    assert sorted(blanked()) == ["claims/three", "defectors/party", "defectors/party"]
    assert list(verified()) == []


def test_a_value_that_is_withheld_by_a_merge_is_erased_from_what_is_merged(editor: FlaskClient) -> None:
    """At some remove, too; and where the record that stays does not change by it."""
    editor.post("/v1/people", json={"id": "stays", "name": "N", "withheld": {"country": "harm"}})
    for slug in ("goes", "went"):
        given = {"id": slug, "name": "N", "country": "KP", "editorial": {"country": "so"}}
        assert editor.post("/v1/people", json=given).status_code == 201
        hidden = editor.patch(f"/v1/people/{slug}", json={"country": None, "editorial": None}, headers=ANY)
        assert hidden.status_code == 200
    editor.post("/v1/people/went/merge?reason=one", json={"into": "goes", "revision": 2}, headers=ANY)
    assert (blanked(), erased()) == ([], [])
    (last,) = execute("SELECT max(seq) FROM ledger").fetchone()
    merged = editor.post("/v1/people/goes/merge?reason=one", json={"into": "stays", "revision": 1}, headers=ANY)
    assert merged.status_code == 200
    changed = execute("SELECT path, action FROM ledger WHERE seq > ? ORDER BY seq", (last,)).fetchall()
    assert [tuple(row) for row in changed] == [
        ("people/goes", "merge"), ("people/goes", "erase"), ("people/went", "erase"),
    ]  # fmt: skip
    assert {reason for _, reason in erased()} == {"people/stays withholds country"}
    assert sorted(blanked()) == ["people/goes", "people/went"]
    assert list(verified()) == []


def said_of(slug: str, *others: str, **sets: Any) -> dict[str, Any]:
    """A claim that stands by itself."""
    about = [{"record": f"people/{slug}", "sets": sets}, *({"record": other} for other in others)]
    return {"id": "free", "says": "They met.", "source": "newspaper", "about": about}


def test_a_key_erases_no_past_of_what_it_does_not_permit_to_change(editor: FlaskClient) -> None:
    """Neither by withholding what a claim set that stands by itself, nor by erasing the past of whom it is about."""
    doctor = {"country": "KP", "editorial": {"country": "so"}}
    editor.patch("/v1/people/doctor", json=doctor, headers=ANY)
    assert editor.post("/v1/claims", json=said_of("doctor", "defectors/general", country="KP")).status_code == 201
    editor.patch("/v1/claims/free", json={"about": said_of("doctor", "defectors/general")["about"]}, headers=ANY)
    hidden = {"country": None, "editorial": None, "withheld": {"country": "harm"}}
    before = dumped()
    limited = key("edit", "people")
    tries = (
        editor.patch("/v1/people/doctor", json=hidden, headers={**limited, **ANY}),
        editor.post("/v1/bundles?dry_run=true", headers=limited, json={
            "people": [{"id": "doctor", "name": "The doctor", "withheld": {"country": "harm"}}],
        }),
        editor.post("/v1/people/doctor/erase?reason=x", headers=key("admin", "people")),
    )  # fmt: skip
    for told in tries:
        assert told.status_code == 403
        assert "does not permit to change claims" in told.json["detail"]
        assert told.json["detail"].endswith("this would erase the past of claims/free")
    assert (dumped(), blanked(), erased()) == (before, [], [])
    done = editor.patch("/v1/people/doctor", json=hidden, headers={**key("edit", "people", "claims"), **ANY})
    assert done.status_code == 200
    assert sorted(blanked()) == ["claims/free", "people/doctor"]


def test_a_key_erases_the_past_of_claims_under_its_records(editor: FlaskClient) -> None:
    """Of those that go in the same write, too."""
    claim = {"id": "came", "says": "From there.", "sets": ["country"], "source": "newspaper"}
    given = {"id": "cook", "name": "A cook", "country": "KP", "claims": [claim, claim | {"id": "came-too"}]}
    assert editor.post("/v1/people", json=given).status_code == 201
    hidden = {"country": None, "withheld": {"country": "harm"}, "claims": [
        {name: value for name, value in claim.items() if name != "sets"},
    ]}  # fmt: skip
    done = editor.patch("/v1/people/cook", json=hidden, headers={**key("edit", "people"), **ANY})
    assert done.status_code == 200, done.json
    assert sorted(blanked()) == ["claims/came", "claims/came-too", "people/cook"]


def test_what_a_bundle_changes_is_no_erasure(editor: FlaskClient) -> None:
    """They are of the past; an answer lists what its schema tells of."""
    editor.patch("/v1/people/witness", json={"country": "KP", "editorial": {"country": "so"}}, headers=ANY)
    bundle = {"people": [{"id": "witness", "name": "The witness", "withheld": {"country": "harm"}}]}
    tried = editor.post("/v1/bundles?dry_run=true", json=bundle)
    done = editor.post("/v1/bundles", json=bundle, headers={"If-Match": tried.headers["ETag"]})
    for told in (tried, done):
        assert (told.status_code, told.json["changes"]) == (200, [{"path": "people/witness", "action": "change"}])
    assert blanked() == ["people/witness"]


def test_the_past_of_claims_is_gone_through_once_for_all_that_is_withheld(
    editor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a bundle takes time by the square of its size."""
    people = [{"id": f"p{n}", "name": "N", "country": "KP", "editorial": {"country": "so"}} for n in range(40)]
    assert editor.post("/v1/bundles", json={"people": people}).status_code == 200
    asked: list[str] = []
    real = execute

    def counted(sql: str, values: Any = ()) -> Any:
        asked.append(sql)
        return real(sql, values)

    monkeypatch.setattr("models.erasing.execute", counted)
    monkeypatch.setattr("models.ledger.execute", counted)
    bundle = {"people": [{"id": one["id"], "name": "N", "withheld": {"country": "harm"}} for one in people]}
    tag = editor.post("/v1/bundles?dry_run=true", json=bundle).headers["ETag"]
    asked.clear()
    assert editor.post("/v1/bundles", json=bundle, headers={"If-Match": tag}).status_code == 200
    assert len([sql for sql in asked if "l.path LIKE" in sql]) == 1
    assert (len(blanked()), len(asked) < 40) == (40, True)
