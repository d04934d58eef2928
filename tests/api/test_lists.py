"""Do lists give what was asked for, in order, page by page, on both engines? Plain Python over the records judges."""

import base64
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.dumping import lines
from api.resources.assessments import ASSESSMENT_QUERY
from api.resources.claims import CLAIM_QUERY
from api.resources.defectors import DEFECTOR_QUERY
from api.resources.indicators import INDICATOR_QUERY
from api.resources.institutions import INSTITUTION_QUERY
from api.resources.people import PERSON_QUERY
from api.resources.purges import PURGE_QUERY
from api.resources.sources import SOURCE_QUERY
from api.schemas.queries import ListQuery
from api.schemas.registry import writer_wiring
from models.database import close_database, execute, open_database
from models.dates import parse
from models.writer import rebuild

Given = Mapping[str, Any]
Asked = Sequence[tuple[str, str]]
"""A query: names and values, in order."""
Records = dict[str, dict[str, dict[str, Any]]]
"""Resource -> id -> the record as it is served alone."""

QUERIES: dict[str, ListQuery] = {
    "defectors": DEFECTOR_QUERY,
    "purges": PURGE_QUERY,
    "institutions": INSTITUTION_QUERY,
    "people": PERSON_QUERY,
    "sources": SOURCE_QUERY,
    "claims": CLAIM_QUERY,
    "indicators": INDICATOR_QUERY,
    "assessments": ASSESSMENT_QUERY,
}
NAMED = {
    "defectors": "status stage scope sector motive whereabouts institution within_institution person left_from "
    "destination left arrived conflict roots anonymous_only single_root root stance status_not linked source",
    "purges": "status kind form stage change by person institution within_institution place when scope conflict roots "
    "anonymous_only single_root root stance status_not linked source",
    "claims": "about about_type source via person side identity capacity stance commitment known answers",
    "institutions": "kind country within_institution",
    "people": "country institution within_institution",
    "sources": "kind publisher author cites published",
    "indicators": "measure holder about status status_not scope",
    "assessments": "holder holder_answers kind question answer about given",
}
DATES = {
    "defectors": ("left", "arrived"),
    "purges": ("when",),
    "sources": ("published",),
    "claims": ("known",),
    "assessments": ("given",),
}
ONCE = {"roots", "anonymous_only", "single_root", "updated_after"}
"""Filters that are given once; those that end in _after and _before too."""

# --- the bundle: nulls, ties, open and uncertain dates, every status, several scopes ------------------------

MINISTRY = {"identity": "collective", "institution": "ministry", "capacity": "state-organ", "access": "own-act"}
AGENCY = {"identity": "collective", "institution": "agency", "capacity": "state-organ", "access": "custody"}
SPOKESMAN = {"identity": "named", "person": "spokesman", "capacity": "official", "access": "unknown", "side": "south"}
WITNESS = {"identity": "named", "person": "witness", "capacity": "witness", "access": "witnessed", "side": "none"}
TRADER = {"identity": "named", "person": "trader", "capacity": "trader-or-broker", "access": "told", "side": "china"}
NOBODY = {"identity": "anonymous", "capacity": "insider", "access": "unknown", "side": "north"}
EDITOR = "The coder chose the value of the body with custody."


def said(sets: str = "occurred", source: str = "paper", **more: Any) -> dict[str, Any]:
    """A claim under a record that sets some of its fields to the record's own values, or to those of `values`."""
    values = more.pop("values", {})
    return {"says": "So it is said.", "source": source, "sets": [*sets.split(), *([values] if values else [])], **more}


def denied(source: str = "paper", **more: Any) -> dict[str, Any]:
    return said("occurred", source, stance="denies", **more)


def record(slug: str, *claims: dict[str, Any], name: str | None = None, **fields: Any) -> dict[str, Any]:
    """A record and the claims under it, which get ids of their own."""
    under = [{"id": f"{slug}-{place}", **claim} for place, claim in enumerate(claims, 1)]
    return {"id": slug, "name": name or f"Record {slug}", **fields, **({"claims": under} if under else {})}


DEFECTORS = [
    record("plain", said("occurred left motive"), party={"kind": "individual"}, left="2015", motive=["hardship"],
           sector=["ordinary"], name="Ä"),
    record("tie-b", said("occurred left"), party={"kind": "group"}, left="2015-07-10", name="Same name"),
    record("tie-a", said("occurred left"), left="2015-07-10", name="Same name"),
    record("tie-c", said("occurred left arrived"), left="2015-07-10", arrived="2015-08", name="same name"),
    record("month", said("occurred left", origin=MINISTRY), left="2015-07", name="가나다", links=[
        {"to": "defectors/plain", "relation": "may-be", "reason": "They may be one."}]),
    record("unknown-day", said("occurred left", origin=MINISTRY), denied("blog", origin=AGENCY), left="2015-07-XX"),
    record("unsure", denied(origin=AGENCY), said("occurred left", origin=NOBODY), left="2015-06~", name="𠀋 rare"),
    record("open-start", said("occurred left", origin=SPOKESMAN), left="../2015-03", name="\uffee last of the plane"),
    record("open-end", said("occurred left", origin=WITNESS), said("occurred", "report", origin=TRADER),
           left="2016-02/..", scope="background"),
    record("unknown-end", said("occurred left arrived"), denied(origin=TRADER), left="2014-05/", arrived="2016",
           scope="comparison"),
    record("one-of", said("occurred left", origin=NOBODY), left="[2015-06-21,2015-06-23]", scope="background",
           links=[{"to": "defectors/plain", "relation": "follows", "reason": "The text says so."}]),
    record("interval", said("occurred left", commitment="rumoured"), left="2014-11/2015-02", name="10"),
    record("undated-b", said("occurred stage whereabouts", explicit="presupposed"), stage="arrived",
           whereabouts="south-korea", name="9"),
    record("undated-a", said("occurred stage people", "wire"), said("occurred", stance="doubts"), stage="fled",
           people=["witness"]),
    record("undated-c", said("occurred", stance="declines-to-confirm", origin=SPOKESMAN)),
    record("recanted", said("occurred", "wire", origin=WITNESS, known="2015-01-05"),
           said("occurred", "blog", origin=WITNESS, stance="withdraws", known="2015-03-05"), name="Same name"),
    record("seen-again", said("occurred destination"), said("occurred", stance="refutes", origin=WITNESS),
           destination=[{"country": "KR"}, {"country": "JP"}]),
    record("banker", said("occurred institutions left_from people motive whereabouts destination", "wire"),
           said("occurred", "blog", values={"motive": ["family"], "whereabouts": "third-country"}, seen="quoted",
                chain=[{"source": "report", "verb": "cited"}, {"speaker": "people/trader", "verb": "said"}],
                origin=TRADER),
           institutions=["office"], left_from=["CN"], people=["trader"], motive=["money", "hardship"],
           whereabouts="south-korea", destination=["KR"], sector=["banking", "party"], arrived="2015-07-10/2015-08-02",
           editorial={"motive": EDITOR, "whereabouts": EDITOR, "arrived": EDITOR}),
    record("clerk", said("occurred institutions left_from left arrived", "wire"), institutions=["party", "desk"],
           left_from=["RU", "CN"], left="2016", arrived="2016-12-31"),
]  # fmt: skip
PURGES = [
    record("recall", said("occurred stage by targets.institutions when", origin=MINISTRY), kind="recall",
           stage="ordered", by=["institutions/ministry"], targets={"institutions": ["office"]}, when="2015-07"),
    record("death", said("occurred targets.people when place", origin=NOBODY), denied("blog", origin=AGENCY),
           kind="execution", targets={"people": ["trader"]}, when="2013-12-12", place={"country": "KP"}),
    record("total", said("occurred targets.count"), kind="execution", form="total", scope="background",
           targets={"count": 70}, links=[{"to": "purges/death", "relation": "may-overlap", "reason": "It may."}]),
    record("habit", said("occurred change by", commitment="rumoured"), kind="surveillance", form="practice",
           change="increased", by=["people/spokesman", "institutions/desk"]),
    record("fall", said("occurred when", "wire"), kind="purge", when="2013-12-12", scope="comparison"),
    record("test", said("occurred stage targets.institutions"), said("", "blog", values={"stage": "averted"}),
           kind="examination", stage="carried-out", targets={"institutions": ["desk", "party"]}, when="2015/..",
           editorial={"stage": EDITOR, "when": EDITOR}),
    record("nothing", said("occurred", stance="declines-to-confirm"), kind="other"),
]  # fmt: skip
INSTITUTIONS = [
    record("party", kind="party-body", country="KP", editorial={"country": EDITOR}),
    record("office", said("part_of country"), kind="company", country="KP", part_of=["party"], name="office 39"),
    record("desk", said("part_of"), kind="company", part_of=["office"], name="Office 39"),
    record("window", said("part_of"), kind="bank", part_of=["desk", "party"]),
    record("ministry", said("country names"), kind="government-body", country="KR", names=[{"text": "The Ministry"}]),
    record("agency", kind="security-body"),
    record("press", said("country"), kind="media", country="GB"),
]
PEOPLE = [
    record("spokesman", said("country roles"), country="KR", roles=[{"institution": "ministry", "title": "spokesman"}]),
    record("witness", said("roles"), roles=[{"institution": "desk"}, {"institution": "office", "to": "2014"}]),
    record("trader", said("country"), country="CN", name="Zhang"),
    record("writer", name="zhang"),
    record("spaced", name="Zhang Wei"),
    record("no-break", name="Zhang\u00a0Wei"),
    record("zero-width", name="Zhang\u200bWei"),
    record("ideographic", name="Zhang\u3000Wei"),
]
SOURCES = [
    record("paper", kind="article", publisher="press", published="2015-07-12", cites=["wire"]),
    record("wire", kind="article", publisher="press", published="2015-07-12"),
    record("blog", kind="blog-post", authors=["writer"], published="2015-08", cites=["paper", "report"]),
    record("report", kind="statement", publisher="ministry", authors=["spokesman", "writer"], published="2015"),
    record("tape", kind="video", name="A tape"),
]
CLAIMS = [
    {"id": "both", "says": "Both.", "source": "blog", "made": "2015-05/2015-06", "commitment": "estimated",
     "about": [{"record": "defectors/plain", "sets": {"occurred": True}},
               {"record": "purges/recall", "sets": {"occurred": True}}]},
    {"id": "on-a-claim", "says": "It overstates.", "source": "tape", "about": [{"record": "claims/both"}],
     "answers": [{"claim": "both", "relation": "comments"}]},
    {"id": "on-a-document", "says": "It is late.", "source": "report", "known": "2015/..", "seen": "reported",
     "about": [{"record": "sources/tape"}], "chain": [{"source": "wire", "verb": "quoted"}]},
    {"id": "late", "says": "So it is said.", "source": "tape", "known": "2016-01", "made": "2015-12-31",
     "answers": [{"claim": "both", "relation": "overstates"}, {"claim": "banker-1", "relation": "repeats"}],
     "origin": WITNESS, "about": [{"record": "people/writer"}]},
]  # fmt: skip
INDICATORS = [
    record("count-a", said("occurred value holder about", origin=MINISTRY), measure="level", value=1397,
           holder="institutions/ministry", about=["institutions/party"]),
    record("share", said("occurred value"), measure="share", value=0.5, scope="background"),
    record("rank", said("occurred about holder", origin=NOBODY), measure="rank", holder="people/spokesman",
           about=["people/witness", "defectors/plain"]),
]  # fmt: skip
ASSESSMENTS = [
    record("shaky", said("occurred holder answer given about"), kind="judgement", question="is-the-regime-unstable",
           holder="people/spokesman", answer="yes", given="2015-07", about=["institutions/party"]),
    record("steady", said("occurred holder answer given"), kind="judgement", question="is-the-regime-unstable",
           holder="people/writer", answer="no", given="2015-07", scope="background"),
    record("before", said("occurred holder answer"), kind="judgement", question="is-the-regime-unstable",
           holder="people/writer", answer="yes", scope="comparison"),
    record("soon", said("occurred given holder"), kind="forecast", question="will-the-regime-collapse",
           holder="institutions/ministry", given="2014"),
    record("someday", said("occurred about"), kind="forecast", question="will-the-regime-collapse", scope="comparison",
           about=["purges/recall", "sources/blog"]),
]  # fmt: skip
BUNDLE = {
    "defectors": DEFECTORS,
    "purges": PURGES,
    "institutions": INSTITUTIONS,
    "people": PEOPLE,
    "sources": SOURCES,
    "claims": CLAIMS,
    "indicators": INDICATORS,
    "assessments": ASSESSMENTS,
}


def updated(path: str) -> str:
    return f"2015-07-0{1 + len(path) % 9}T12:00:00.00000{len(path) % 2}Z"


def with_changes(url: str) -> str:
    """A database with the bundle, as if its records were last changed on nine days, some of them just after noon."""
    open_database(url)
    for (path,) in execute("SELECT path FROM record").fetchall():
        execute("UPDATE record SET updated = ? WHERE path = ?", (updated(path), path))
    rebuild(wiring=writer_wiring())
    close_database()
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def lists(request: pytest.FixtureRequest, application: Flask) -> Iterator[FlaskClient]:
    """A client of the application over the bundle, once on each engine."""
    open_database(request.getfixturevalue(f"{request.param}_with_bundle"))
    yield application.test_client()
    close_database()


@pytest.fixture(scope="session")
def records(sqlite_with_bundle: str, application: Flask) -> Records:
    """Every record that a dump has, as it is served alone: what the lists are compared with."""
    open_database(sqlite_with_bundle)
    client = application.test_client()
    found: Records = {resource: {} for resource in BUNDLE}
    for line in map(json.loads, lines()):
        found[line["resource"]][line["id"]] = client.get(f"/v1/{line['resource']}/{line['id']}").json
        for claim in line.get("claims", ()):
            found["claims"][claim["id"]] = client.get(f"/v1/claims/{claim['id']}").json
    close_database()
    assert len(found["claims"]) > 40
    return found


# --- asking, and the shape of what comes back -----------------------------------------------------------------------


def address(resource: str, asked: Asked) -> str:
    return f"/v1/{resource}?{urlencode(asked)}" if asked else f"/v1/{resource}"


def assert_page(response: TestResponse, limit: int = 50, policy: str = "any") -> dict[str, Any]:
    """The envelope's exact shape, pinned once: members and their order, links, counts, headers."""
    assert response.status_code == 200, response.text
    assert response.content_type == "application/json"
    body: dict[str, Any] = json.loads(response.data)
    assert list(body) == ["data", "links", "meta"]
    assert list(body["links"]) == ["self", "next"]
    assert list(body["meta"]) == [
        *("count", "limit", "policy"),
        *(name for name in ("scope", "total") if name in body["meta"]),
    ]
    assert body["meta"]["count"] == len(body["data"]) <= body["meta"]["limit"] == limit
    assert body["meta"]["policy"] == policy
    assert body["links"]["self"].startswith("/v1/")
    following = body["links"]["next"]
    assert response.headers.getlist("Link") == ([f'<{following}>; rel="next"'] if following else [])
    assert re.fullmatch(r'"[0-9a-z]+\.[0-9a-f]{16}"', response.headers["ETag"])
    assert response.headers["Cache-Control"] == "no-cache"
    return body


def ids_of(body: Given) -> list[str]:
    return [record["id"] for record in body["data"]]


def found(client: FlaskClient, resource: str, asked: Asked) -> list[str]:
    """The ids that a list finds, all on one page."""
    body = assert_page(
        client.get(address(resource, [*asked, ("limit", "500"), ("total", "true")])),
        limit=500,
        policy=dict(asked).get("policy", "any"),
    )
    assert body["meta"]["total"] == body["meta"]["count"]
    assert body["links"]["next"] is None
    return ids_of(body)


def assert_refused(response: TestResponse, parameter: str) -> dict[str, Any]:
    assert response.status_code == 422, response.text
    assert response.content_type == "application/problem+json"
    assert [fault["parameter"] for fault in response.json["errors"]] == [parameter]
    return dict(response.json["errors"][0])


# --- the same in plain Python ---------------------------------------------------------------------------------------

Test = Callable[[Given, str, Given], bool]
"""(record, value, everything else that was asked for) -> whether the record has the value."""


def same(name: str) -> Test:
    return lambda record, value, _: bool(record[name] == value)


def among(name: str) -> Test:
    return lambda record, value, _: value in record[name]


def in_targets(name: str) -> Test:
    return lambda record, value, _: value in (record["targets"] or {name: ()})[name]


def country_in(name: str) -> Test:
    return lambda record, value, _: value in [place["country"] for place in record[name]]


def says(name: str) -> Test:
    return lambda record, value, _: bool(record["origin"][name] == value)


def has_status(record: Given, value: str, asked: Given) -> bool:
    status = record["standing"][asked.get("policy", "any")]["status"]
    return bool(status == value) or (status is None and value == "none")


def has_another_status(record: Given, value: str, asked: Given) -> bool:
    return not has_status(record, value, asked)


def has_root(record: Given, value: str, _: Given) -> bool:
    """Whoever asserts that it occurred: a claim about several records may say so of one of them alone."""
    path = record["url"].removeprefix("/v1/")
    return any(
        claim["stance"] == "asserts" and root_of(claim) == value
        for claim in record["claims"]
        if any(about["record"] == path and about["sets"].get("occurred") for about in claim["about"])
    )


def has_stance(record: Given, value: str, _: Given) -> bool:
    return value in [claim["stance"] for claim in record["claims"]]


def does_answer(claim: Given, value: str, _: Given) -> bool:
    return value in [answer["relation"] for answer in claim["answers"]]


def holder_answers(assessments: Callable[[], Iterable[Given]]) -> Test:
    """What those hold who give an answer to a question in one of the assessments."""

    def is_held_by_one(record: Given, value: str, _: Given) -> bool:
        held = [one["holder"] for one in assessments() if f"{one['question']}:{one.get('answer')}" == value]
        return record["holder"] is not None and record["holder"] in held

    return is_held_by_one


def has_link(record: Given, value: str, _: Given) -> bool:
    return value in [link["relation"] for link in record["links"]]


def comes_through(record: Given, value: str, _: Given) -> bool:
    return any(value in (claim["source"], *(step["source"] for step in claim["chain"])) for claim in record["claims"])


def is_via(claim: Given, value: str, _: Given) -> bool:
    return value in [step["source"] for step in claim["chain"]]


def root_of(claim: Given) -> str | None:
    """Who first says it: by person, institution, or where unnamed by the outermost document."""
    origin = claim["origin"]
    if origin["identity"] not in {"anonymous", "unstated"}:
        for kind in ("person", "institution"):
            if origin[kind]:
                return f"{origin['identity']}:{kind}:{origin[kind]}"
    if origin["identity"] in {None, "named"}:
        return None  # whoever it is was not yet known
    documents = [claim["source"], *(step["source"] for step in claim["chain"] if step["source"])]
    return f"{origin['identity']}:document:sources/{documents[-1]}" if documents[-1] else None


def is_of_root(claim: Given, value: str, _: Given) -> bool:
    return root_of(claim) == value


def is_about(claim: Given, value: str, _: Given) -> bool:
    return value in [about["record"] for about in claim["about"]]


def is_about_type(claim: Given, value: str, _: Given) -> bool:
    return value in [about["record"].partition("/")[0] for about in claim["about"]]


def is_later(record: Given, value: str, _: Given) -> bool:
    moment = value if "T" in value else f"{value}T23:59:59.999999Z"
    return datetime.fromisoformat(record["updated"]) > datetime.fromisoformat(moment)


def below(institution: str) -> set[str]:
    """The institution and all that is part of it."""
    inside = {institution}
    for _ in INSTITUTIONS:
        inside |= {one["id"] for one in INSTITUTIONS if inside & set(one.get("part_of", ()))}
    return inside if institution in {one["id"] for one in INSTITUTIONS} else set()


def within(institutions: Callable[[Given], Sequence[str]]) -> Test:
    return lambda record, value, _: bool(below(value) & set(institutions(record)))


def span(record: Given, name: str) -> tuple[str, str] | None:
    """First and last day of a record's date, with open ends before and after all days; None where undated."""
    date = record[name]
    return (date["earliest"] or "0000-00-00", date["latest"] or "9999-99-99") if date else None


def dated(name: str) -> dict[str, Test]:
    """The three filters of a date, as design.md section 5 has them."""

    def bounds(value: str) -> tuple[str, str]:
        interval = parse(value)
        return interval.earliest or "0000-00-00", interval.latest or "9999-99-99"

    def overlaps(record: Given, value: str, asked: Given) -> bool:
        (first, last), own = bounds(value), span(record, name)
        if own is None:
            return False
        if asked.get("certainty") == "surely":
            return first <= own[0] and own[1] <= last
        return own[0] <= last and first <= own[1]

    def after(record: Given, value: str, asked: Given) -> bool:
        own = span(record, name)
        return own is not None and own[asked.get("certainty") != "surely"] > bounds(value)[1]

    def before(record: Given, value: str, asked: Given) -> bool:
        own = span(record, name)
        return own is not None and own[asked.get("certainty") == "surely"] < bounds(value)[0]

    return {name: overlaps, f"{name}_after": after, f"{name}_before": before}


ALWAYS: dict[str, Test] = {"id": same("id"), "updated_after": is_later}
JUDGED: dict[str, Test] = {
    "status": has_status,
    "status_not": has_another_status,
    "single_root": lambda record, value, _: (record["corroboration"]["roots"] == 1) is (value == "true"),
    "root": has_root,
    "stance": has_stance,
    "roots": lambda record, value, _: record["corroboration"]["independent_roots"] >= int(value),
    "anonymous_only": lambda record, value, _: record["corroboration"]["anonymous_only"] is (value == "true"),
    "conflict": lambda record, value, _: value in record["conflicts"],
    "linked": has_link,
    "source": comes_through,
}
TESTS: dict[str, dict[str, Test]] = {
    "defectors": {
        **ALWAYS,
        **JUDGED,
        "kind": lambda record, value, _: bool(record["party"] and record["party"]["kind"] == value),
        **{name: same(name) for name in ("stage", "scope", "whereabouts")},
        **{name: among(name) for name in ("sector", "motive")},
        "institution": among("institutions"),
        "within_institution": within(lambda record: record["institutions"]),
        "person": among("people"),
        "left_from": country_in("left_from"),
        "destination": country_in("destination"),
        **dated("left"),
        **dated("arrived"),
    },
    "purges": {
        **ALWAYS,
        **JUDGED,
        **{name: same(name) for name in ("kind", "form", "stage", "scope", "change")},
        "by": among("by"),
        "person": in_targets("people"),
        "institution": in_targets("institutions"),
        "within_institution": within(lambda record: (record["targets"] or {"institutions": ()})["institutions"]),
        "place": lambda record, value, _: bool(record["place"] and record["place"]["country"] == value),
        **dated("when"),
    },
    "institutions": {
        **ALWAYS,
        "kind": same("kind"),
        "country": same("country"),
        "within_institution": within(lambda record: [record["id"]]),
    },
    "people": {
        **ALWAYS,
        "country": same("country"),
        "institution": lambda record, value, _: value in [role["institution"] for role in record["roles"]],
        "within_institution": within(lambda record: [role["institution"] for role in record["roles"]]),
    },
    "sources": {
        **ALWAYS,
        "kind": same("kind"),
        "publisher": same("publisher"),
        "author": among("authors"),
        "cites": among("cites"),
        **dated("published"),
    },
    "claims": {
        **ALWAYS,
        "about": is_about,
        "about_type": is_about_type,
        "source": same("source"),
        "via": is_via,
        "root": is_of_root,
        "answers": does_answer,
        **{name: says(name) for name in ("person", "institution", "side", "identity", "capacity")},
        **{name: same(name) for name in ("stance", "commitment")},
        **dated("known"),
    },
    "indicators": {
        **ALWAYS,
        **{name: same(name) for name in ("measure", "holder", "scope")},
        "about": among("about"),
        "status": has_status,
        "status_not": has_another_status,
    },
    "assessments": {
        **ALWAYS,
        **{name: same(name) for name in ("holder", "kind", "question", "answer", "scope")},
        "holder_answers": holder_answers(lambda: [{"holder": None, **one} for one in ASSESSMENTS]),
        "about": among("about"),
        **dated("given"),
    },
}

SCOPES = ("subject", "background", "comparison")
SLUGS = {resource: [one["id"] for one in given] for resource, given in BUNDLE.items()}
PATHS = [f"{resource}/{slug}" for resource, slugs in SLUGS.items() for slug in slugs]
DAYS = (
    *("2015", "2015-07", "2015-07-10", "2015-06-22", "2013-12-12", "2014-06/2015-06", "../2015-01", "2015-07-11/.."),
    *("2016~", "2015-XX", "2015-07-XX", "[2015-07-09,2015-07-10]", "2017", "2015-03-31", "2016-12-31", "2014/2016"),
)
ENDS = ("_after", "_before")
DATED = ("left", "arrived", "when", "published", "known", "given")
VALUES: dict[str, Sequence[str]] = {
    "updated_after": (
        *("2015-07-01", "2015-07-04T12:00:00Z", "2015-07-04T11:59:59Z", "2030-01-01", "1999-12-31"),
        *("2015-07-04T12:00:00.000001Z", "2015-07-04T12:00:00.0Z", "2015-07-04T11:59:59.999999Z"),
    ),
    "roots": ("0", "1", "2", "3", "99"),
    "anonymous_only": ("true", "false"),
    "single_root": ("true", "false"),
    "institution": SLUGS["institutions"],
    "within_institution": [*SLUGS["institutions"], "no-such-body"],
    "person": SLUGS["people"],
    "author": SLUGS["people"],
    "root": (
        *("named:person:witness", "named:person:trader", "named:person:spokesman", "collective:institution:ministry"),
        *("anonymous:document:sources/paper", "anonymous:document:sources/blog", "named:person:nobody"),
    ),
    "source": SLUGS["sources"],
    "via": SLUGS["sources"],
    "cites": SLUGS["sources"],
    "publisher": SLUGS["institutions"],
    "left_from": ("CN", "RU", "KP"),
    "destination": ("KR", "JP", "CN"),
    "place": ("KP", "KR"),
    "country": ("KP", "KR", "CN", "GB", "US"),
    **{name: [path for path in PATHS if path.split("/")[0] in {"people", "institutions"}] for name in ("by", "holder")},
    **dict.fromkeys(DATED, DAYS),
    **{f"{name}_after": [day for day in DAYS if not day.endswith("/..")] for name in DATED},
    **{f"{name}_before": [day for day in DAYS if not day.startswith("../")] for name in DATED},
}  # fmt: skip


def values_of(resource: str, name: str) -> Sequence[str]:
    """Values to ask a filter for: those that the bundle has, and some that it has not."""
    if name == "id":
        return [*SLUGS[resource], "no-such-record"]
    if name == "about":
        allowed = QUERIES[resource].fields[name].resources  # type: ignore[attr-defined]
        return [path for path in PATHS if path.partition("/")[0] in allowed]
    return VALUES.get(name) or QUERIES[resource].fields[name].choices  # type: ignore[attr-defined]


def expected(records: Records, resource: str, asked: Asked) -> list[str]:
    """What a query finds, and in which order, by plain Python."""
    tests = TESTS[resource]
    once = dict(asked)
    wanted: dict[str, list[str]] = {}
    for name, value in asked:
        if name in tests:
            wanted.setdefault(name, []).append(value)
    if "scope" in tests and not wanted.keys() & {"scope", "id"}:
        wanted["scope"] = ["subject"]
    kept = [
        record
        for record in records[resource].values()
        if all(
            (all if name.endswith("_not") else any)(tests[name](record, value, once) for value in values)
            for name, values in wanted.items()
        )
    ]
    return [record["id"] for record in in_order(kept, once.get("sort", "id"), DATES_SORTED.get(resource, ()))]


DATES_SORTED = {**DATES, "claims": ("known", "made")}


def in_order(kept: Sequence[Given], sort: str, dates: Sequence[str]) -> list[Given]:
    """Sorted as design.md section 5 has it; Python compares text by code point, as COLLATE "C" does."""
    name, back = sort.removeprefix("-"), sort.startswith("-")
    if name not in dates:
        return sorted(kept, key=lambda record: (record[name], record["id"]), reverse=back)
    known = [record for record in kept if span(record, name)]
    rest = [record for record in kept if not span(record, name)]
    ends: Callable[[Given], Any] = lambda record: (span(record, name) or ())[:: -1 if back else 1]  # noqa: E731
    return [
        *sorted(known, key=lambda record: (ends(record), record["id"]), reverse=back),
        *sorted(rest, key=lambda record: record["id"], reverse=back),
    ]


# --- filters --------------------------------------------------------------------------------------------------------

FILTERS = [(resource, name) for resource, tests in TESTS.items() for name in tests]


@pytest.mark.parametrize("resource", QUERIES)
def test_every_filter_is_there_and_is_tried_here(resource: str) -> None:
    declared = {name for name, field in QUERIES[resource].fields.items() if hasattr(field, "where")} - {"q"}
    assert declared >= {*NAMED[resource].split(), "id", "updated_after"}
    assert declared == set(TESTS[resource])
    for name in DATES.get(resource, ()):
        assert declared >= {name, f"{name}_after", f"{name}_before"}


@pytest.mark.parametrize(("resource", "name"), FILTERS)
def test_a_filter_finds_what_it_names(lists: FlaskClient, records: Records, resource: str, name: str) -> None:
    """Each value alone, each pair of values for OR; and it leaves something out and lets something in."""
    everything: Asked = [("scope", scope) for scope in SCOPES if "scope" in TESTS[resource] and name != "scope"]
    found_at_all: set[tuple[str, ...]] = set()
    for certainty in ("possibly", "surely") if name.partition("_")[0] in DATES.get(resource, ()) else ("possibly",):
        always = [*everything, ("certainty", certainty)]
        for value in values_of(resource, name):
            asked = [*always, (name, value)]
            ids = found(lists, resource, asked)
            assert ids == expected(records, resource, asked), asked
            found_at_all.add(tuple(ids))
        if name not in ONCE and not name.endswith(("_after", "_before")):
            values = values_of(resource, name)
            for pair in pairwise(values):
                asked = [*always, *((name, value) for value in pair)]
                assert found(lists, resource, asked) == expected(records, resource, asked), asked
    assert any(found_at_all - {()}), "the bundle has nothing that this filter finds"
    assert any(len(ids) < len(records[resource]) for ids in found_at_all)


@pytest.mark.parametrize(("resource", "name"), [(r, n) for r, n in FILTERS if n in ONCE or n.endswith("_after")])
def test_what_is_asked_once_is_refused_twice(lists: FlaskClient, resource: str, name: str) -> None:
    value = values_of(resource, name)[0]
    fault = assert_refused(lists.get(address(resource, [(name, value), (name, value)])), name)
    assert "once" in fault["detail"]


@pytest.mark.parametrize(
    ("resource", "name"), [(r, f"{date}{end}") for r, dates in DATES.items() for date in dates for end in ENDS]
)
def test_nothing_is_after_or_before_an_end_that_is_open(lists: FlaskClient, resource: str, name: str) -> None:
    """Unknown ends, too. The other end may be open."""
    matters = ("2015/..", "2015-07/") if name.endswith("_after") else ("../2015", "/2015-07")
    for value in matters:
        fault = assert_refused(lists.get(address(resource, [(name, value)])), name)
        assert fault["detail"] == f'"{value}" is open at that end: nothing comes before or after it'
    for value in ("../2015", "/2015-07") if name.endswith("_after") else ("2015/..", "2015-07/"):
        assert lists.get(address(resource, [(name, value)])).status_code == 200


def test_moments_are_told_to_the_microsecond(lists: FlaskClient, records: Records) -> None:
    """Without a fraction a moment is the start of its second; a bare day is all of it."""
    assert records["defectors"]["banker"]["updated"] == updated("defectors/banker") == "2015-07-08T12:00:00.000000Z"
    assert records["defectors"]["month"]["updated"] == "2015-07-07T12:00:00.000001Z"
    for slug, asked, is_found in (
        ("banker", "2015-07-08T11:59:59Z", True),
        ("banker", "2015-07-08T11:59:59.999999Z", True),
        ("banker", "2015-07-08T12:00:00Z", False),
        ("banker", "2015-07-08T12:00:00.0Z", False),
        ("banker", "2015-07-08", False),
        ("month", "2015-07-07T12:00:00Z", True),
        ("month", "2015-07-07T12:00:00.0Z", True),
        ("month", "2015-07-07T12:00:00.000001Z", False),
        ("month", "2015-07-07", False),
        ("month", "2015-07-06", True),
    ):
        assert (slug in found(lists, "defectors", [("updated_after", asked)])) is is_found, (slug, asked)


@pytest.mark.parametrize("moment", ["2015-07-04T12:00:00.Z", "2015-07-04T12:00:00.0000001Z", "2015-07-04T12:00:00.5"])
def test_what_is_no_fraction_of_a_second_is_refused(lists: FlaskClient, moment: str) -> None:
    assert "is no moment" in assert_refused(lists.get(f"/v1/people?updated_after={moment}"), "updated_after")["detail"]


def test_filters_of_different_names_are_combined_for_and(lists: FlaskClient, records: Records) -> None:
    asked = [("left", "2015"), ("status", "confirmed"), ("status", "reported"), ("linked", "may-be")]
    assert found(lists, "defectors", asked) == expected(records, "defectors", asked) == ["month"]


def test_random_combinations_of_filters_find_what_python_finds(lists: FlaskClient, records: Records) -> None:
    chance = random.Random(20150712)
    some = 0
    for _ in range(500):
        resource = chance.choice(["defectors", "defectors", "purges", "claims", *QUERIES])
        asked = random_query(chance, resource)
        ids = found(lists, resource, asked)
        assert ids == expected(records, resource, asked), asked
        some += bool(ids)
    assert some > 150, "most of these queries find nothing: they prove little"


def random_query(chance: random.Random, resource: str) -> list[tuple[str, str]]:
    asked: list[tuple[str, str]] = []
    for name in chance.sample(sorted(TESTS[resource]), chance.choice([0, 1, 1, 2, 2, 3])):
        once = name in ONCE or name.endswith(("_after", "_before"))
        values = values_of(resource, name)
        how_many = 1 if once else min(len(values), chance.choice([1, 2, 4]))
        asked += [(name, value) for value in chance.sample(values, how_many)]
    if "scope" in TESTS[resource] and "scope" not in dict(asked):
        asked += [("scope", scope) for scope in chance.sample(SCOPES, chance.choice([0, 3, 3]))]
    asked += [("certainty", "surely")] * chance.choice([0, 1])
    asked += [("policy", chance.choice(["official", "two-roots"]))] * chance.choice([0, 1])
    asked.append(("sort", chance.choice(QUERIES[resource].fields["sort"].choices)))  # type: ignore[attr-defined]
    chance.shuffle(asked)
    return asked


@pytest.mark.parametrize("policy", ["any", "official", "two-roots"])
def test_status_goes_by_the_policy(lists: FlaskClient, records: Records, policy: str) -> None:
    every = [("scope", scope) for scope in SCOPES]
    by_status = {}
    for status in QUERIES["defectors"].fields["status"].choices:  # type: ignore[attr-defined]
        asked = [*every, ("policy", policy), ("status", status)]
        by_status[status] = found(lists, "defectors", asked)
        assert by_status[status] == expected(records, "defectors", asked)
    assert sorted(slug for ids in by_status.values() for slug in ids) == sorted(SLUGS["defectors"]), (
        "each has one status, or none"
    )
    assert by_status["none"] == ["undated-c"]
    assert "stated" not in by_status, "only values are ever stated"
    confirmed = {"any": ["month", "open-end"], "official": ["month"], "two-roots": ["open-end"]}
    assert by_status["confirmed"] == confirmed[policy]
    if policy == "any":
        assert all(by_status.values()), "the bundle has every status"


def test_undated_records_match_no_date_filter(lists: FlaskClient) -> None:
    undated = {one["id"] for one in DEFECTORS if "left" not in one}
    every = [("scope", scope) for scope in SCOPES]
    for asked in ([("left", "0001/9999")], [("left_after", "0001")], [("left_before", "9999")], [("left", "../9999")]):
        for certainty in ("possibly", "surely"):
            ids = found(lists, "defectors", [*every, *asked, ("certainty", certainty)])
            assert not undated & set(ids)
            assert ids or certainty == "surely"


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ("left=2015-07&certainty=surely", "month tie-a tie-b tie-c unknown-day"),
        ("left=2015-07-10", "month plain tie-a tie-b tie-c unknown-day"),
        ("left=2015-06-22&scope=background", "one-of"),
        ("left_after=2015-07-10&certainty=surely", "clerk"),
        ("left_after=2015-07-10", "clerk month plain unknown-day"),
        ("left_before=2015-02-01&certainty=surely", ""),
        ("left_before=2015-03-01&certainty=surely", "interval"),
        ("left_before=2014-11-02", "interval open-start"),
        ("left=2099&scope=background", "open-end"),
        ("left=0900", "open-start"),
        ("arrived=2015-08-02/2015-08-03", "banker tie-c"),
    ],
)
def test_named_cases_of_uncertain_dates(lists: FlaskClient, asked: str, ids: str) -> None:
    """By hand from the table of the bundle, so that the reference in Python is held to something too."""
    body = assert_page(lists.get(f"/v1/defectors?{asked}"))
    assert ids_of(body) == ids.split()


def test_within_follows_part_of_through_several_levels(lists: FlaskClient) -> None:
    assert found(lists, "institutions", [("within_institution", "party")]) == ["desk", "office", "party", "window"]
    assert found(lists, "institutions", [("within_institution", "desk")]) == ["desk", "window"]
    assert found(lists, "defectors", [("within_institution", "party")]) == ["banker", "clerk"]
    assert found(lists, "defectors", [("institution", "party")]) == ["clerk"]
    assert found(lists, "defectors", [("within_institution", "window")]) == []


# --- scope ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", ["defectors", "purges", "indicators", "assessments"])
def test_subjects_alone_are_shown_unless_scope_or_id_is_given(
    lists: FlaskClient, records: Records, resource: str
) -> None:
    subjects = [slug for slug, one in sorted(records[resource].items()) if one["scope"] == "subject"]
    others = [slug for slug, one in sorted(records[resource].items()) if one["scope"] != "subject"]
    assert others
    shown = assert_page(lists.get(f"/v1/{resource}"))
    assert ids_of(shown) == subjects
    assert shown["meta"]["scope"] == ["subject"]
    wider = assert_page(lists.get(f"/v1/{resource}?scope=background&scope=comparison"))
    assert ids_of(wider) == others
    assert wider["meta"]["scope"] == ["background", "comparison"]
    named = assert_page(lists.get(f"/v1/{resource}?id={others[0]}"))
    assert ids_of(named) == [others[0]]
    assert "scope" not in named["meta"]
    both = assert_page(lists.get(f"/v1/{resource}?id={others[0]}&scope=subject"))
    assert ids_of(both) == []
    assert both["meta"]["scope"] == ["subject"]


@pytest.mark.parametrize("resource", ["institutions", "people", "sources", "claims"])
def test_what_has_no_scope_says_nothing_of_it(lists: FlaskClient, records: Records, resource: str) -> None:
    body = assert_page(lists.get(f"/v1/{resource}?limit=500"), limit=500)
    assert ids_of(body) == sorted(records[resource])
    assert "scope" not in body["meta"]
    assert_refused(lists.get(f"/v1/{resource}?scope=subject"), "scope")


# --- order and pages ------------------------------------------------------------------------------------------------

SORTS = [(resource, sort) for resource, query in QUERIES.items() for sort in query.fields["sort"].choices]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("resource", "sort"), SORTS)
def test_a_sorted_list_walked_by_cursor_gives_each_record_once(
    lists: FlaskClient, records: Records, resource: str, sort: str
) -> None:
    asked = [*[("scope", scope) for scope in SCOPES if "scope" in TESTS[resource]], ("sort", sort)]
    wanted = expected(records, resource, asked)
    assert sorted(wanted) == sorted(records[resource])
    for limit in (1, 2, 3, len(wanted)):
        assert list(walked(lists, address(resource, [*asked, ("limit", str(limit))]), limit)) == wanted


def walked(client: FlaskClient, first: str, limit: int) -> Iterator[str]:
    """The ids of a list, page after page; every page but the last is full."""
    following: str | None = first
    while following:
        body = assert_page(client.get(following), limit=limit)
        yield from ids_of(body)
        following = body["links"]["next"]
        assert body["data"]
        assert body["meta"]["count"] == limit or following is None


def test_undated_records_come_last_in_both_directions(lists: FlaskClient) -> None:
    undated = sorted(one["id"] for one in DEFECTORS if "left" not in one)
    every = [("scope", scope) for scope in SCOPES]
    assert found(lists, "defectors", [*every, ("sort", "left")])[-len(undated) :] == undated
    assert found(lists, "defectors", [*every, ("sort", "-left")])[-len(undated) :] == undated[::-1]


def test_ties_are_ordered_by_id(lists: FlaskClient) -> None:
    ties = {"tie-a", "tie-b", "tie-c"}
    assert [slug for slug in found(lists, "defectors", [("sort", "left")]) if slug in ties] == sorted(ties)
    assert [slug for slug in found(lists, "defectors", [("sort", "-left")]) if slug in ties] == sorted(ties)[::-1]


def test_names_with_odd_spaces_are_paged_past(lists: FlaskClient) -> None:
    """No-break and zero-width space in a cursor: a name's own characters, neither blank nor refused."""
    wanted = ["trader", "spaced", "no-break", "zero-width", "ideographic", "writer"]
    walk = list(walked(lists, "/v1/people?sort=name&limit=1", 1))
    assert walk[-len(wanted) :] == wanted
    assert list(walked(lists, "/v1/people?sort=-name&limit=1", 1)) == walk[::-1]


def test_the_filters_of_a_walk_hold_on_every_page(lists: FlaskClient, records: Records) -> None:
    asked = [("left", "2015"), ("certainty", "surely"), ("sort", "-left")]
    ids = list(walked(lists, address("defectors", [*asked, ("limit", "2")]), 2))
    assert ids == expected(records, "defectors", asked)
    assert len(ids) > 4


def test_limit_include_and_total_may_change_within_a_walk(lists: FlaskClient, records: Records) -> None:
    first = assert_page(lists.get("/v1/defectors?limit=2&sort=name"), limit=2)
    following = first["links"]["next"].replace("limit=2", "limit=500")
    rest = assert_page(lists.get(f"{following}&include=claims&total=true"), limit=500)
    assert ids_of(first) + ids_of(rest) == expected(records, "defectors", [("sort", "name")])
    assert rest["meta"]["total"] == len(ids_of(first) + ids_of(rest))
    assert all("claims" in one for one in rest["data"])


def next_cursor(client: FlaskClient, url: str) -> str:
    following = client.get(url).json["links"]["next"]
    assert following
    return str(re.search("cursor=([^&]+)", following)[1])  # type: ignore[index]


@pytest.mark.parametrize(
    "other",
    [
        "/v1/defectors?sort=name",
        "/v1/defectors?sort=-id",
        "/v1/defectors?left=2015",
        "/v1/defectors?policy=official",
        "/v1/defectors?certainty=surely",
        "/v1/defectors?scope=background",
        "/v1/defectors?updated_after=2001-01-01",
        "/v1/purges?",
        "/v1/claims?",
        "/v1/defectors/plain/claims?",
    ],
)
def test_a_cursor_is_good_for_its_own_list_only(lists: FlaskClient, other: str) -> None:
    cursor = next_cursor(lists, "/v1/defectors?limit=1")
    assert assert_page(lists.get(f"/v1/defectors?cursor={cursor}"))["data"]
    fault = assert_refused(lists.get(f"{other}&cursor={cursor}"), "cursor")
    assert "start without it" in fault["detail"]


@pytest.mark.parametrize("part", [[], {}, 1, True, None, "", 1.5, "\0", "\ud800"])
@pytest.mark.parametrize("url", ["/v1/defectors?limit=1", "/v1/changes/standing?limit=1"])
def test_a_cursor_of_the_list_whose_last_part_is_no_id_is_refused(lists: FlaskClient, url: str, part: Any) -> None:
    """Whoever has one cursor knows the digest that makes another: no part of its key may do harm."""
    made_for, *key = json.loads(base64.urlsafe_b64decode(next_cursor(lists, url) + "=="))
    cursor = base64.urlsafe_b64encode(json.dumps([made_for, *key[:-1], part]).encode()).decode().rstrip("=")
    assert_refused(lists.get(f"{url}&cursor={cursor}"), "cursor")


def test_a_cursor_of_one_record_is_not_good_for_another(lists: FlaskClient) -> None:
    cursor = next_cursor(lists, "/v1/defectors/banker/claims?limit=1")
    assert_refused(lists.get(f"/v1/defectors/plain/claims?cursor={cursor}"), "cursor")
    assert_refused(lists.get(f"/v1/claims?cursor={cursor}"), "cursor")


@pytest.mark.parametrize(
    "garbage",
    ["", "a", "abc", "====", "null", "W10", "e30", "MQ", "WyJhIl0", "é", "a b", "%00", "A" * 4000, "W1tb" * 900],
)
def test_garbage_is_no_cursor(lists: FlaskClient, garbage: str) -> None:
    response = lists.get(f"/v1/defectors?cursor={quote(garbage, safe='%')}")
    if garbage == "%00":
        assert response.status_code == 400
    else:
        assert_refused(response, "cursor")


def test_a_cursor_that_was_tampered_with_is_refused_or_moves_the_start(lists: FlaskClient) -> None:
    """Every single change of a character: never a failure, never a record of another list."""
    cursor = next_cursor(lists, "/v1/defectors?limit=1&sort=left")
    for place in range(len(cursor)):
        for character in "A_9=":
            response = lists.get(f"/v1/defectors?sort=left&cursor={cursor[:place]}{character}{cursor[place + 1 :]}")
            assert response.status_code in {200, 422}, (place, character, response.text)
            if response.status_code == 200:
                assert set(ids_of(assert_page(response))) <= set(SLUGS["defectors"])


# --- what a page holds ----------------------------------------------------------------------------------------------


def test_the_address_of_a_page_is_given_back(lists: FlaskClient) -> None:
    assert assert_page(lists.get("/v1/defectors"))["links"]["self"] == "/v1/defectors"
    url = "/v1/defectors?left=2015-06~&motive=money&motive=hardship&limit=7"
    assert assert_page(lists.get(url), limit=7)["links"]["self"] == url
    body = assert_page(lists.get("/v1/sources?limit=1&publisher=press"), limit=1)
    assert assert_page(lists.get(body["links"]["self"]), limit=1)["data"] == body["data"]


def test_total_counts_what_all_pages_hold(lists: FlaskClient) -> None:
    one = assert_page(lists.get("/v1/defectors?limit=1&total=true&left=2015"), limit=1)
    assert one["meta"]["total"] == len(found(lists, "defectors", [("left", "2015")])) > 1
    again = assert_page(lists.get(one["links"]["next"]), limit=1)
    assert again["meta"]["total"] == one["meta"]["total"]
    assert "total" not in assert_page(lists.get("/v1/defectors?total=false"))["meta"]


@pytest.mark.parametrize("resource", QUERIES)
def test_claims_are_included_only_where_asked_for(lists: FlaskClient, records: Records, resource: str) -> None:
    scopes = [("scope", scope) for scope in SCOPES if "scope" in TESTS[resource]]
    url = address(resource, [*scopes, ("limit", "500")])
    bare = assert_page(lists.get(url), limit=500)
    full = assert_page(lists.get(f"{url}&include=claims"), limit=500)
    assert len(full["data"]) == len(records[resource])
    for without, one in zip(bare["data"], full["data"], strict=True):
        assert one == records[resource][one["id"]]
        assert list(one) == list(records[resource][one["id"]])
        assert without == {name: value for name, value in one.items() if name != "claims"}
        about = [("about", f"{resource}/{one['id']}")]
        assert [claim["id"] for claim in one["claims"]] == found(lists, "claims", about)


@pytest.mark.parametrize("path", ["defectors/banker", "purges/recall", "claims/both", "sources/tape", "people/writer"])
def test_the_claims_about_one_record(lists: FlaskClient, records: Records, path: str) -> None:
    body = assert_page(lists.get(f"/v1/{path}/claims"))
    assert ids_of(body) == expected(records, "claims", [("about", path)])
    assert body["data"]
    first = assert_page(lists.get(f"/v1/{path}/claims?stance=asserts&sort=-id&limit=1"), limit=1)
    assert ids_of(first) == expected(records, "claims", [("about", path), ("stance", "asserts"), ("sort", "-id")])[:1]


@pytest.mark.parametrize("policy", ["any", "official", "two-roots"])
@pytest.mark.parametrize("of", ["defectors", "purges"])
def test_statistics_tell_how_the_records_of_each_root_stand(
    lists: FlaskClient, records: Records, of: str, policy: str
) -> None:
    url = f"/v1/stats?by=root&of={of}&policy={policy}&{urlencode([('scope', scope) for scope in SCOPES])}"
    stats = json.loads(lists.get(url).data)["data"]
    roots = {root_of(claim) for claim in records["claims"].values()} & {stat["value"] for stat in stats}
    assert roots == {stat["value"] for stat in stats} - {None}
    for stat in stats:
        value = stat["value"]
        having = [
            one["standing"][policy]["status"]
            for one in records[of].values()
            if (has_root(one, value, {}) if value else not any(has_root(one, root or "", {}) for root in roots))
        ]
        assert {count["status"]: count["count"] for count in stat["statuses"]} == Counter(having), value
        assert stat["possibly"] == len(having)
        counts = [count["count"] for count in stat["statuses"]]
        assert counts == sorted(counts, reverse=True)


@pytest.mark.parametrize("bound", ["surely", "possibly"])
def test_a_first_status_is_told_from_a_change_of_status(lists: FlaskClient, bound: str) -> None:
    url = f"/v1/changes/standing?known_bound={bound}&limit=500&{urlencode([('scope', scope) for scope in SCOPES])}"
    everything, first, further = (
        json.loads(lists.get(f"{url}{more}").data)["data"] for more in ("", "&first=true", "&first=false")
    )
    assert first == [change for change in everything if change["from"] is None]
    assert further == [change for change in everything if change["from"] is not None]
    assert first
    assert further


@pytest.mark.parametrize("url", ["/v1/claims?answers=overstates&include=answers", "/v1/claims/late?include=answers"])
def test_the_claims_that_claims_answer_are_included(lists: FlaskClient, records: Records, url: str) -> None:
    included = json.loads(lists.get(url).data)["included"]
    assert list(included) == ["claims"]
    bare = [
        {name: v for name, v in records["claims"][slug].items() if name != "claims"} for slug in ("banker-1", "both")
    ]
    assert included["claims"] == bare
    about = json.loads(lists.get(f"{url}&include=defectors").data)["included"]
    assert list(about) == ["claims", "defectors"]


def test_answers_are_included_with_claims_alone(lists: FlaskClient) -> None:
    assert_refused(lists.get("/v1/defectors?include=answers"), "include")


def test_both_engines_answer_with_the_same_bytes(
    sqlite_with_bundle: str, request: pytest.FixtureRequest, application: Flask, records: Records
) -> None:
    postgresql = request.getfixturevalue("postgresql_with_bundle")
    chance = random.Random(7)
    urls = [f"/v1/{resource}/{slug}" for resource, given in records.items() for slug in given]
    urls += [address(resource, [("sort", sort), ("limit", "4"), ("total", "true")]) for resource, sort in SORTS]
    urls += [
        address(resource, [*random_query(chance, resource), ("include", "claims")])
        for resource in QUERIES
        for _ in range(25)
    ]
    answers = []
    for database in (sqlite_with_bundle, postgresql):
        open_database(database)
        client = application.test_client()
        answers.append({url: (r.status_code, r.data, r.headers.get("Link")) for url in urls for r in [client.get(url)]})
        close_database()
    assert {status for status, _, _ in answers[0].values()} == {200}
    differing = [url for url in urls if answers[0][url] != answers[1][url]]
    assert not differing
