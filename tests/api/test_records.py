"""One record is served whole, in a fixed shape, under an ETag that moves when it does and not otherwise."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.loading import load
from api.schemas.records import ON_REQUEST
from api.schemas.registry import SCHEMAS
from models.database import close_database, open_database
from models.registry import RESOURCES

BUNDLE = """
sources:
  - {id: paper, name: A paper, kind: article, publisher: press, published: 2015-07-10}
  - {id: blog, name: A blog, kind: blog-post, published: 2015-08, cites: [paper]}
institutions:
  - {id: press, name: A press, kind: media}
  - id: ministry
    name: A ministry
    kind: government-body
    country: KR
    claims: [{id: ministry-country, says: It is the South's., source: paper, sets: [country]}]
people:
  - {id: witness, name: A witness}
defectors:
  - id: general
    name: A general
    description: Someone whom a paper names and a ministry denies.
    left: 2015-07
    motive: [money]
    links: [{to: defectors/clerk, relation: may-be, reason: Both left in one month.}]
    editorial: {motive: The other claim only guesses.}
    claims:
      - {id: general-left, says: He left for money., source: paper, sets: [occurred, left, motive]}
      - {id: general-guess, says: He left from fear., source: blog, sets: {motive: [fear-of-purge]}}
      - id: general-denied
        says: No such general left.
        stance: denies
        source: blog
        seen: quoted
        chain: [{speaker: institutions/ministry, verb: said}]
        origin: {identity: collective, institution: ministry, capacity: state-organ, access: own-act}
        sets: [occurred]
  - id: clerk
    name: A clerk
    left: 2015-07
    claims: [{id: clerk-left, says: He left., source: blog, sets: [occurred, left]}]
purges:
  - id: recall
    name: A recall
    kind: recall
    targets: {count: 10}
    claims: [{id: recall-done, says: Ten were called back., source: paper, sets: [occurred, targets.count]}]
claims:
  - {id: doubt, says: That denial is late., source: blog, about: [{record: claims/general-denied}]}
  - id: both
    says: One left and ten were called back.
    source: blog
    about: [{record: defectors/clerk, sets: {occurred: true}}, {record: purges/recall, sets: {occurred: true}}]
indicators:
  - id: ten
    name: Ten of them
    measure: level
    value: 10
    claims: [{id: ten-given, says: There were ten., source: paper, sets: [occurred, value]}]
assessments:
  - id: shaky
    name: A doubt
    kind: judgement
    question: is-the-regime-unstable
    holder: people/witness
    claims: [{id: shaky-held, says: It is shaky., source: paper, sets: [occurred, holder]}]
"""
PATHS = (
    *("defectors/general", "defectors/clerk", "purges/recall", "institutions/ministry", "institutions/press"),
    *("people/witness", "sources/blog", "claims/general-denied", "claims/both", "indicators/ten", "assessments/shaky"),
)
JUDGED = ["standing", "corroboration", "conflicts", "values"]
CLAIMED = ["conflicts", "values"]
ADDED = {
    "defectors": JUDGED,
    "purges": JUDGED,
    "indicators": JUDGED,
    "institutions": CLAIMED,
    "people": CLAIMED,
    "assessments": CLAIMED,
    "sources": [],
    "claims": [],
}


def fill(folder: Path, text: str = BUNDLE) -> None:
    (folder / "bundle.yaml").write_text(text, encoding="utf-8")
    load([folder / "bundle.yaml"])


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A SQLite database with the bundle, for tests that only read."""
    folder = tmp_path_factory.mktemp("records")
    open_database(str(folder / "talbuk.db"), create=True)
    fill(folder)
    close_database()
    return str(folder / "talbuk.db")


@pytest.fixture
def reader(shelf: str, application: Flask) -> Iterator[FlaskClient]:
    open_database(shelf)
    yield application.test_client()
    close_database()


@pytest.fixture
def editor(empty_database: str, application: Flask, tmp_path: Path) -> FlaskClient:
    """A client over a database of its own, once on each engine: `fill` changes what it reads."""
    fill(tmp_path)
    return application.test_client()


def got(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    return client.get(
        f"/v1/{path}".rstrip("/"), headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def tag_of(client: FlaskClient, path: str) -> str:
    response = got(client, path)
    assert response.status_code == 200, response.text
    return response.headers["ETag"]


def assert_problem(response: TestResponse, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    assert response.json["status"] == status
    return dict(response.json)


# --- shape ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_a_record_has_its_members_in_order(reader: FlaskClient, path: str) -> None:
    """Id and url first, its own fields as its schema has them, what is added to it, and its claims last."""
    resource, slug = path.split("/")
    served = json.loads(got(reader, path).data)
    added = ["revision", "updated", *ADDED[resource], "claims"]
    own = [name for name in SCHEMAS[resource].fields if name not in {*added, *ON_REQUEST}]
    assert list(served) == [*own, *added]
    assert own[:2] == ["id", "url"]
    assert (served["id"], served["url"]) == (slug, f"/v1/{path}")
    assert served["revision"] == 1
    assert reader.get(served["url"]).data == got(reader, path).data


def test_every_resource_is_tried_here() -> None:
    assert {path.partition("/")[0] for path in PATHS} == {resource.name for resource in RESOURCES} == set(ADDED)


def test_what_nothing_is_said_of_is_null_or_empty(reader: FlaskClient) -> None:
    clerk = got(reader, "defectors/clerk").json
    assert [clerk[name] for name in ("description", "party", "stage", "role", "arrived", "whereabouts")] == [None] * 6
    assert [clerk[name] for name in ("people", "institutions", "sector", "home", "motive", "effects", "links")] == [
        []
    ] * 7
    assert (clerk["editorial"], clerk["withheld"], clerk["conflicts"]) == ({}, {}, {})


def test_a_record_is_what_its_claims_add_up_to(reader: FlaskClient) -> None:
    general = got(reader, "defectors/general").json
    assert general["standing"] == {
        policy: {"status": "denied", "because": ["general-denied"]} for policy in ("any", "official", "two-roots")
    }
    assert general["corroboration"] == {
        "claims": 1,
        "documents": 1,
        "roots": 1,
        "independent_roots": 0,
        "anonymous_only": False,
    }
    assert [value["value"] for value in general["conflicts"]["motive"]] == ["money", "fear-of-purge"]
    assert general["values"]["left"][0]["claims"] == ["general-left"]
    assert general["left"] == {
        "edtf": "2015-07",
        "earliest": "2015-07-01",
        "latest": "2015-07-31",
        "shape": "day",
        "basis": "stated",
        "printed": None,
    }


@pytest.mark.parametrize("path", PATHS)
def test_nested_claims_are_the_claims_that_stand_alone(reader: FlaskClient, path: str) -> None:
    nested = got(reader, path).json["claims"]
    for claim in nested:
        alone = got(reader, f"claims/{claim['id']}").json
        assert list(alone.items()) == [*claim.items(), ("claims", alone["claims"])]
        assert path in [about["record"] for about in claim["about"]]
    assert [claim["id"] for claim in nested] == [one["id"] for one in got(reader, f"{path}/claims").json["data"]]
    assert [claim["id"] for claim in nested] == sorted(claim["id"] for claim in nested)


def test_a_claim_about_two_records_is_under_both(reader: FlaskClient) -> None:
    for path in ("defectors/clerk", "purges/recall"):
        assert "both" in [claim["id"] for claim in got(reader, path).json["claims"]]
    assert [claim["id"] for claim in got(reader, "claims/general-denied").json["claims"]] == ["doubt"]
    assert got(reader, "sources/paper").json["claims"] == [], "a document is no subject of the claims in it"


# --- ETag -----------------------------------------------------------------------------------------------------------

LISTS = ("defectors", "purges", "claims?stance=denies", "defectors/general/claims", "sources?limit=1", "")


@pytest.mark.parametrize("path", [*PATHS, *LISTS])
def test_a_client_that_has_the_answer_is_told_so(reader: FlaskClient, path: str) -> None:
    tag = tag_of(reader, path)
    assert tag.startswith('"')
    assert tag.endswith('"')
    for known in (tag, f"W/{tag}", f'"other", {tag}', f'W/"other", W/{tag} , "more"', "*"):
        response = got(reader, path, If_None_Match=known)
        assert (response.status_code, response.data) == (304, b""), known
        assert response.headers["ETag"] == tag
        assert response.headers["Cache-Control"] == "no-cache"
        assert "Content-Type" not in response.headers or not response.data
    for other in ('"other"', 'W/"other"', tag.strip('"')[:-1], f'"{tag}"', ""):
        assert got(reader, path, If_None_Match=other).status_code == 200, other


def test_different_questions_have_different_tags(reader: FlaskClient) -> None:
    paths = [*PATHS, "defectors", "purges", "defectors?limit=1", "defectors?limit=2", "defectors?include=claims"]
    tags = [tag_of(reader, path) for path in paths]
    assert len(set(tags)) == len(tags)


def edited(old: str, new: str) -> str:
    assert BUNDLE.count(old) == 1
    return BUNDLE.replace(old, new)


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        (edited("A clerk\n", "Another clerk\n"), ["defectors/clerk"]),
        (edited("He left from fear.", "He fled from fear."), ["defectors/general", "claims/general-guess"]),
        (edited("That denial is late.", "That denial is early."), ["claims/general-denied", "claims/doubt"]),
        (
            edited("One left and ten were called back.", "Both happened."),
            ["defectors/clerk", "purges/recall", "claims/both"],
        ),
        (edited("published: 2015-07-10", "published: 2015-07-11"), ["sources/paper", "claims/general-left"]),
        (edited("stance: denies", "stance: doubts"), ["defectors/general", "claims/general-denied"]),
    ],
)
def test_a_tag_moves_with_its_record_and_the_claims_about_it_alone(
    editor: FlaskClient, tmp_path: Path, text: str, moves: list[str]
) -> None:
    paths = [*PATHS, "sources/paper", "claims/general-guess", "claims/doubt", "claims/general-left", "claims/ten-given"]
    before = {path: got(editor, path) for path in paths}
    fill(tmp_path, text)
    after = {path: got(editor, path) for path in paths}
    moved = {path for path in paths if before[path].headers["ETag"] != after[path].headers["ETag"]}
    assert moved == {path for path in paths if before[path].data != after[path].data}
    assert moved >= set(moves)
    assert {path: after[path].json["revision"] for path in paths} == {path: 1 + (path in moved) for path in paths}
    assert len(moved) < len(paths) / 2 or "sources/paper" in moves
    for path in paths:
        status = got(editor, path, If_None_Match=before[path].headers["ETag"]).status_code
        assert status == (200 if path in moved else 304)


def test_the_tag_of_a_list_moves_with_any_change(editor: FlaskClient, tmp_path: Path) -> None:
    before = {path: tag_of(editor, path) for path in LISTS}
    fill(tmp_path)
    assert {path: tag_of(editor, path) for path in before} == before, "nothing was written"
    fill(tmp_path, edited("A clerk\n", "Another clerk\n"))
    assert not {path for path in before if tag_of(editor, path) == before[path]}


# --- methods and paths ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/v1", "/", "/healthz", "/readyz", "/v1/defectors/general", "/v1/claims?limit=2"])
def test_head_is_get_without_the_body(reader: FlaskClient, url: str) -> None:
    named = {"X-Request-Id": "the-same"}
    whole, head = reader.get(url, headers=named), reader.head(url, headers=named)
    assert whole.status_code == head.status_code == 200
    assert whole.data
    assert head.data == b""
    assert list(head.headers) == list(whole.headers)
    assert int(head.headers["Content-Length"]) == len(whole.data)


@pytest.mark.parametrize("url", ["/v1/defectors/nobody", "/v1/nothing", "/v1/defectors?limit=0"])
def test_head_of_what_is_refused_is_refused(reader: FlaskClient, url: str) -> None:
    named = {"X-Request-Id": "the-same"}
    whole, head = reader.get(url, headers=named), reader.head(url, headers=named)
    assert whole.status_code == head.status_code
    assert head.data == b""
    assert list(head.headers) == list(whole.headers)


def test_options_says_what_can_be_done(reader: FlaskClient) -> None:
    response = reader.options("/v1/defectors/general")
    assert response.status_code == 204
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"}


@pytest.mark.parametrize("below", ["", "/claims"])
def test_an_unknown_id_is_404_with_the_nearest(reader: FlaskClient, below: str) -> None:
    problem = assert_problem(reader.get(f"/v1/defectors/genral{below}"), 404)
    assert "general" in problem["detail"]
    problem = assert_problem(reader.get(f"/v1/defectors/zzzzzz{below}"), 404)
    assert "/v1/defectors" in problem["detail"]
    assert "general" not in problem["detail"]
    assert_problem(reader.get(f"/v1/purges/general{below}"), 404)


@pytest.mark.parametrize(
    "slug",
    [
        "General",
        "a_general",
        "a.general",
        "a" * 81,
        "général",
        "a%20b",
        "a%2Fb",
        "general/",
        "%00",
        "..",
        "general%0a",
        "*",
    ],
)
def test_a_path_that_is_no_slug_is_404(reader: FlaskClient, slug: str) -> None:
    for below in ("", "/claims"):
        assert_problem(reader.get(f"/v1/defectors/{slug}{below}"), 404)


def test_a_record_takes_no_parameters(reader: FlaskClient) -> None:
    problem = assert_problem(reader.get("/v1/defectors/general?include=claims"), 422)
    assert [fault["parameter"] for fault in problem["errors"]] == ["include"]
    assert assert_problem(reader.get("/v1/defectors/general/claims?left=2015"), 422)["errors"][0]["allowed"]


# --- the front door -------------------------------------------------------------------------------------------------


def test_the_catalogue_counts_what_there_is(reader: FlaskClient) -> None:
    catalogue = json.loads(reader.get("/v1").data)
    assert list(catalogue) == [
        *("name", "version", "licence", "coverage_from", "resources", "docs", "openapi"),
    ]
    assert [one["name"] for one in catalogue["resources"]] == [resource.name for resource in RESOURCES]
    for one in catalogue["resources"]:
        scopes = "scope=subject&scope=background&scope=comparison&" if one["name"] in {"defectors", "purges"} else ""
        listed = reader.get(f"{one['url']}?{scopes}total=true").json["meta"]["total"]
        assert one["records"] == listed > 0
    for url in (catalogue["docs"], catalogue["openapi"]):
        assert reader.get(url).status_code == 200


def test_the_etag_of_the_catalogue_moves_when_its_coverage_does(
    empty_database: str, application: Flask, tmp_path: Path
) -> None:
    """No record is changed by it; what a client keeps of /v1 is stale all the same."""
    client = application.test_client()
    file = tmp_path / "coverage.yaml"
    told = []
    fill(tmp_path)
    for text in (
        "",
        'coverage_from: "2015-06-30"',
        'coverage_from: "2015-06-30" # again',
        'coverage_from: "2015-05-01"',
    ):
        file.write_text(f"{text}\npeople: [{{id: other, name: Other}}]\n", encoding="utf-8")
        load([file])
        response = client.get("/v1")
        told.append((response.json["coverage_from"], response.headers["ETag"]))
    assert [day for day, _ in told] == [None, "2015-06-30", "2015-06-30", "2015-05-01"]
    none, first, again, other = (tag for _, tag in told)
    assert first == again
    assert len({none, first, other}) == 3
    assert client.get("/v1", headers={"If-None-Match": first}).status_code == 200
    assert client.get("/v1", headers={"If-None-Match": other}).status_code == 304


def test_the_landing_page_is_for_people(reader: FlaskClient) -> None:
    response = reader.get("/")
    assert response.status_code == 200
    assert response.content_type == "text/html; charset=utf-8"
    for link in ("/v1", "/apidocs/", "/openapi.json", "/v1/defectors"):
        assert f'href="{link}"' in response.text
    assert_problem(reader.get("/?a=b"), 422)


def test_health_asks_nothing_of_the_database(application: Flask) -> None:
    close_database()
    response = application.test_client().get("/healthz")
    assert (response.status_code, response.json) == (200, {"status": "ok"})
    assert response.headers["Cache-Control"] == "no-store"


def test_ready_only_when_loaded(empty_database: str, application: Flask, tmp_path: Path) -> None:
    client = application.test_client()
    response = client.get("/readyz")
    assert "talbuk load" in assert_problem(response, 503)["detail"]
    assert response.headers["Retry-After"]
    assert client.get("/healthz").status_code == 200
    fill(tmp_path)
    response = client.get("/readyz")
    assert (response.status_code, response.json) == (200, {"status": "ok"})
    assert response.headers["Cache-Control"] == "no-store"
    assert_problem(client.get("/readyz?a=b"), 422)
    assert_problem(client.get("/healthz?a=b"), 422)
