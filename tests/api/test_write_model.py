"""Random writing over HTTP, sound and unsound, held against a simple model of it (`tests.api.write_model`).

CI runs a few hundred steps on each engine, always the same; `make model` runs thousands, other ones for each SEED.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from werkzeug.test import TestResponse

from api.dumping import lines
from api.loading import load
from api.schemas.registry import writer_wiring
from models.database import close_database, execute, is_postgresql, open_database
from models.documents import canonical, decoded
from models.keys import make
from models.verifying import faults
from models.writer import rebuild
from tests.api.write_bodies import EVERY, IDS, PATHS, PLAIN, Bodies, abbreviated, first
from tests.api.write_model import Given, Refused, World, patched, resource
from tests.models.test_writer import empty_again, everything

STEPS = int(os.environ.get("MODEL_STEPS", "400"))
"""Requests that write, or are refused to, on each engine."""
FIRST_SEED = int(os.environ.get("MODEL_SEED", "1"))
AS_ASKED = settings(
    max_examples=min(10, STEPS // 100), stateful_step_count=50, deadline=None, database=None, print_blob=False,
    suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
)  # fmt: skip
"""Some worlds of up to fifty steps for each seed."""
EVERY_KIND = {"PUT 200", "PUT 201", "PATCH 200", "DELETE 200", "POST 201", "merge 200", "revert 200", "erase 200"}
"""What must have been done at least once."""

SEEN = ("right",) * 7 + ("tag", "any", "none", "stale", "unless")
REASONS = (None, "because", "told+twice")
KEYS = (None, None, "key-1", "key-2", "key-3", '"key-4"')
WRONG: tuple[Given, ...] = ({"name": 7}, {"nonsense": 1}, {"revision": 2}, {"links": []}, {"description": ""})


class Sent(NamedTuple):
    """A POST with an Idempotency-Key that was done: what was asked, and how it was answered."""

    url: str
    body: Given
    answer: bytes
    erased: bool


class Writing(RuleBasedStateMachine):
    """One world, over HTTP and in the model."""

    def __init__(self, client: FlaskClient, folder: Path, told: Counter[str]) -> None:
        super().__init__()
        self.client, self.folder, self.told = client, folder, told
        self.world, self.sent, self.revisions, self.asked = World(), dict[str, Sent](), dict[str, int](), ""
        empty_again()
        _, token = make("kim", "admin")
        self.headers = {"Authorization": f"Bearer {token}"}

    @initialize()
    def begin(self) -> None:
        """Somebody whom others can refer to."""
        for path in ("people/p1", "people/p2", "institutions/i1", "institutions/i2", "sources/s1", "sources/s2"):
            self._put(path, first(path), "none", None)
        for number, path in enumerate(("defectors/d1", "defectors/d2", "purges/u1"), 1):
            claim = {"id": f"c{number}", "says": "So it is.", "source": "s1", **PLAIN, "sets": {"occurred": True}}
            self._put(path, first(path) | {"claims": [claim]}, "none", None)
        self.told["steps"] -= len(self.world.records) - 3

    # rules

    @rule(rnd=st.randoms(use_true_random=False), path=st.sampled_from(PATHS), reason=st.sampled_from(REASONS),
          key=st.sampled_from(KEYS))  # fmt: skip
    def add(self, rnd: Random, path: str, reason: str | None, key: str | None) -> None:
        """POST a record."""
        body = Bodies(rnd, self.world).body(path)

        def change() -> World:
            if self.world.foreign(path, body):
                raise Refused(422)
            if path in self.world.records:
                raise Refused(409)
            return self.world.put(path, body, _plain(reason))

        self._post(_url(resource(path), reason), body, key, change, path, 201)

    def _path(self, rnd: Random) -> str:
        """The path of a record that is mostly there."""
        return rnd.choice(sorted(self.world.records) if self.world.records and rnd.randrange(6) else EVERY)

    @rule(rnd=st.randoms(use_true_random=False), seen=st.sampled_from(SEEN), reason=st.sampled_from(REASONS))
    def replace(self, rnd: Random, seen: str, reason: str | None) -> None:
        """PUT a record, or what is there as it is."""
        path = self._path(rnd)
        body = Bodies(rnd, self.world).body(path)
        if path in self.world.records and not rnd.randrange(6):
            body = self.world.whole(path)
        self._put(path, body, seen, reason)

    def _put(self, path: str, body: Given, seen: str, reason: str | None) -> None:
        def change() -> World:
            self._require_seen(path, seen)
            if self.world.foreign(path, body):
                raise Refused(422)
            return self.world.put(path, body, _plain(reason))

        status = 200 if path in self.world.records else 201
        self._change("PUT", path, change, status, seen, _url(path, reason), json=abbreviated(body))

    @rule(rnd=st.randoms(use_true_random=False), seen=st.sampled_from(SEEN))
    def alter(self, rnd: Random, seen: str) -> None:
        """PATCH some members of a record."""
        path = self._path(rnd)
        other = Bodies(rnd, self.world).body(path)
        names = [name for name in other if name != "id"]
        patch: Given = {name: other[name] for name in rnd.sample(names, min(len(names), rnd.randrange(1, 3)))}
        if not rnd.randrange(3):
            patch[rnd.choice(("description", "links", "editorial", "people", "withheld", "origin"))] = None

        def change() -> World:
            self._require_there(path)
            self._require_seen(path, seen)
            body = patched(self.world.whole(path), patch)
            if self.world.foreign(path, body):
                raise Refused(422)
            return self.world.put(path, {name: value for name, value in body.items() if value != {}}, None)

        self._change("PATCH", path, change, 200, seen, _url(path, None), json=patch)

    @rule(rnd=st.randoms(use_true_random=False), seen=st.sampled_from(SEEN), reason=st.sampled_from(REASONS[1:]))
    def remove(self, rnd: Random, seen: str, reason: str) -> None:
        """DELETE a record."""
        path = self._path(rnd)

        def change() -> World:
            self._require_there(path)
            self._require_seen(path, seen)
            return self.world.remove(path, str(_plain(reason)))

        self._change("DELETE", path, change, 200, seen, _url(path, reason))

    @rule(rnd=st.randoms(use_true_random=False), kind=st.sampled_from([k for k in IDS if k != "claims"]),
          seen=st.sampled_from(SEEN), key=st.sampled_from(KEYS))  # fmt: skip
    def merge(self, rnd: Random, kind: str, seen: str, key: str | None) -> None:
        """Merge a record into another of its kind."""
        there = [slug for slug in IDS[kind] if f"{kind}/{slug}" in self.world.records]
        slugs = there if len(there) > 1 and rnd.randrange(6) else list(IDS[kind])
        slug, into = rnd.choice(slugs), rnd.choice(slugs)
        path, kept, late = f"{kind}/{slug}", f"{kind}/{into}", not rnd.randrange(6)
        body = {"into": into, "revision": self.revisions.get(kept, 1) + late}

        def change() -> World:
            self._require_there(path)
            self._require_seen(path, seen)
            if into == slug or kept not in self.world.records:
                raise Refused(422)
            if late:
                raise Refused(412)
            return self.world.merge(path, kept, "one and the same")

        url = _url(f"{path}/merge", "one+and+the+same")
        self._post(url, body, key, change, path, 200, seen)

    @rule(rnd=st.randoms(use_true_random=False), seen=st.sampled_from(SEEN), key=st.sampled_from(KEYS))
    def revert(self, rnd: Random, seen: str, key: str | None) -> None:
        """Turn a record back, or bring it back."""
        path = rnd.choice(sorted(self.world.gone)) if self.world.gone and rnd.randrange(2) else self._path(rnd)
        entries = [number for number, entry in enumerate(self.world.ledger, 1) if entry.path == path]
        entry = rnd.choice(entries) if entries and rnd.randrange(10) else rnd.randrange(1, 40)

        def change() -> World:
            if path not in self.world.records and path not in self.world.gone:
                raise Refused(404)
            self._require_seen(path, seen)
            return self.world.revert(path, entry, f"turned back to entry {entry}")

        self._post(_url(f"{path}/revert", None), {"entry": entry}, key, change, path, 200, seen)

    @rule(rnd=st.randoms(use_true_random=False))
    def erase(self, rnd: Random) -> None:
        """Erase the past of a record, of one that is gone too."""
        path = rnd.choice(EVERY)
        if rnd.randrange(4) == 3:
            self._change(
                "POST", path, lambda: self.world.erase(path, "asked"), 200, "none", _url(f"{path}/erase", "asked")
            )

    @rule(path=st.sampled_from(PATHS), wrong=st.sampled_from(WRONG), key=st.sampled_from(KEYS))
    def mistake(self, path: str, wrong: Given, key: str | None) -> None:
        """PUT and POST what no record is."""
        body = first(path) | wrong
        headers = self.headers | self._seen(path, "right")
        assert self._open("PUT", _url(path, None), headers=headers, json=body).status_code == 422
        if path not in self.world.records and key not in self.sent:
            headers = self.headers | ({"Idempotency-Key": key} if key else {})
            assert self._open("POST", _url(resource(path), None), headers=headers, json=body).status_code == 422

    @precondition(lambda self: self.sent)
    @rule(rnd=st.randoms(use_true_random=False), same=st.booleans())
    def again(self, rnd: Random, same: bool) -> None:
        """Send a POST again, or another one with its key."""
        key = rnd.choice(sorted(self.sent))
        sent = self.sent[key]
        body = sent.body if same else sent.body | {"id": "another"}
        told = self._open("POST", sent.url, headers=self.headers | {"Idempotency-Key": key}, json=body)
        self.told[f"again {told.status_code}"] += 1
        if not same:
            assert told.status_code == 422
        elif sent.erased:
            assert told.status_code == 410
        else:
            assert (told.status_code in {200, 201}, told.headers["Idempotent-Replayed"]) == (True, "true")
            assert told.data == sent.answer

    # what is asked, and what is held

    def _post(
        self,
        url: str,
        body: Given,
        key: str | None,
        change: Callable[[], World],
        path: str,
        status: int,
        seen: str = "none",
    ) -> None:
        """POST under a key that was not used, or under none."""
        short = abbreviated(body)
        if key in self.sent:
            return
        more = {"Idempotency-Key": key} if key else {}
        told = self._change("POST", path, change, status, seen, url, json=short, headers=more)
        if key and told.status_code == status:
            self.sent[key] = Sent(url, short, told.data, False)

    def _change(
        self, method: str, path: str, change: Callable[[], World], status: int, seen: str, url: str, **sent: Any
    ) -> TestResponse:
        """Do something in both worlds; they agree on how it ends."""
        self.asked, new, statuses, why = path, self.world, {status}, None
        try:
            new = change()
        except Refused as refused:
            statuses, why = refused.statuses, refused
        headers = self.headers | self._seen(path, seen) | sent.pop("headers", {})
        told = self._open(method, url, headers=headers, **sent)
        assert told.status_code in statuses, (told.status_code, statuses, why, sent, told.get_data(as_text=True))
        self.told[f"{_kind(method, url)} {told.status_code}"] += 1
        if new.erased:
            new.erased = False
            self.sent = {name: one._replace(erased=True) for name, one in self.sent.items()}
        self.world = new
        return told

    def _open(self, method: str, url: str, **sent: Any) -> TestResponse:
        self.told["steps"] += 1
        return self.client.open(url, method=method, **sent)

    def _require_there(self, path: str) -> None:
        if path not in self.world.records:
            raise Refused(410 if path in self.world.gone else 404)

    def _require_seen(self, path: str, seen: str) -> None:
        """What the conditions of a request come to."""
        there = path in self.world.records
        if seen == "none" and there:
            raise Refused(428)
        if seen == "stale" or (seen == "unless" and there) or (seen in {"tag", "any"} and not there):
            raise Refused(412)

    def _seen(self, path: str, seen: str) -> dict[str, str]:
        """The conditions of a request."""
        revision = self.revisions.get(path, 1)
        if seen == "unless":
            return {"If-None-Match": "*"}
        if seen == "none" or (seen == "right" and path not in self.world.records):
            return {}
        tag = self.client.get(f"/v1/{path}").headers.get("ETag", '"1"') if seen == "tag" else f'"{revision}"'
        return {"If-Match": {"any": "*", "stale": f'"{revision + 1}", "0.abc"'}.get(seen, tag)}

    @invariant()
    def everything_is_as_it_was_given(self) -> None:
        """What is stored is what the model has; of what was asked about last, the input tells it too."""
        stored = execute("SELECT path, under, input, revision FROM record").fetchall()
        assert {path: (under, decoded(text)) for path, under, text, _ in stored} == {
            path: (self.world.under[path], record) for path, record in self.world.records.items()
        }
        now = {path: revision for path, _, _, revision in stored}
        assert all(revision >= self.revisions.get(path, 1) for path, revision in now.items())
        self.revisions |= now
        if self.asked:
            self._is_told(self.asked)

    def _is_told(self, path: str) -> None:
        """A record's input is what the model has; what is gone is told to be."""
        told = self.client.get(f"/v1/{path}/input")
        if path in self.world.records:
            assert (told.status_code, told.json) == (200, self.world.whole(path)), path
        else:
            assert told.status_code == self.client.get(f"/v1/{path}").status_code == self.world.absent(path), path
        if told.status_code == 308:
            assert told.headers["Location"] == f"/v1/{self.world.gone[path]}/input"

    def teardown(self) -> None:
        """The ledger, the dump and all that is derived are what the model makes of them."""
        for path in EVERY:
            self._is_told(path)
        assert list(faults()) == []
        assert [_entries(write) for write in self._ledger()] == [
            _entries([entry[1:] for entry in self.world.ledger if entry.write == number])
            for number in sorted({entry.write for entry in self.world.ledger})
        ]
        dumped = list(lines())
        there = {path: self.world.whole(path) for path in self.world.records if not self.world.under[path]}
        assert [json.loads(line) for line in dumped] == [
            {"resource": resource(path), **there[path]}
            for path in sorted(there, key=lambda path: (ORDER.index(resource(path)), path))
        ]
        grown = everything()
        rebuild(wiring=writer_wiring())
        assert everything() == grown
        self._load_again(dumped)
        self.told["worlds"] += 1

    def _ledger(self) -> Iterator[list[tuple[Any, ...]]]:
        writes: dict[str, list[tuple[Any, ...]]] = {}
        rows = execute("SELECT at, actor, path, action, reason, payload FROM ledger ORDER BY seq").fetchall()
        for at, actor, path, action, reason, payload in rows:
            assert actor == "kim"
            writes.setdefault(at, []).append((path, action, reason, payload and decoded(payload)))
        yield from writes.values()

    def _load_again(self, dumped: list[str]) -> None:
        """The dump, loaded where there is nothing, gives the same dump."""
        file = self.folder / "again.ndjson"
        file.write_text("".join(f"{line}\n" for line in dumped), encoding="utf-8")
        empty_again()
        if dumped:
            load([file])
        assert list(lines()) == dumped


ORDER = ("defectors", "purges", "institutions", "people", "sources", "claims")
"""The order of a dump."""


def _entries(entries: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(((*entry[:3], canonical(entry[3])) for entry in entries), key=repr)


def _kind(method: str, url: str) -> str:
    """What is done, in a word."""
    last = url.partition("?")[0].rpartition("/")[2]
    return last if last in {"merge", "revert", "erase"} else method


def _plain(reason: str | None) -> str | None:
    return reason and reason.replace("+", " ")


def _url(path: str, reason: str | None) -> str:
    return f"/v1/{path}" + (f"?reason={reason}" if reason else "")


def test_random_writing_is_what_a_simple_model_says(empty_database: str, application: Flask, tmp_path: Path) -> None:
    """From small worlds on: every answer, every record after every step, and at the end the ledger and the dump."""
    close_database()
    open_database(empty_database, read_only=True)
    if not is_postgresql():
        execute("PRAGMA synchronous = OFF")  # thousands of times to wait for the disk is no part of it
    client, told, number = application.test_client(), Counter[str](), FIRST_SEED
    while told["steps"] < STEPS:
        machine = seed(number)(lambda: Writing(client, tmp_path, told))
        run_state_machine_as_test(machine, settings=AS_ASKED)
        number += 1
    print(f"\nseeds {FIRST_SEED} to {number - 1}: {dict(sorted(told.items()))}")
    assert told.keys() >= EVERY_KIND
