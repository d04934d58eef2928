"""Whom a name can mean, over the fixtures and on both engines."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from api.bodies import LARGEST
from api.loading import load
from tests.api.test_problems import assert_problem


def found(client: FlaskClient, name: str, **more: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/names", query_string={"q": name, **more})
    assert answer.status_code == 200, answer.text
    body = answer.get_json()
    assert set(body) == {"data", "meta"}
    assert body["meta"]["count"] == len(body["data"])
    data: list[dict[str, Any]] = body["data"]
    assert_likeliest_first(data)
    return data


def assert_likeliest_first(data: list[dict[str, Any]]) -> None:
    """By score, but for a namesake that follows one it is known not to be."""
    highest = 1.0
    beside: set[str] = set()
    for one in data:
        assert one["score"] <= highest or one["record"] in beside
        if one["record"] not in beside:
            highest, beside = one["score"], {other["record"] for other in one["distinct_from"]}


def asked(client: FlaskClient, body: Any, **more: Any) -> TestResponse:
    return client.post("/v1/names", **({"json": body} | more))


@pytest.mark.parametrize(
    "name",
    [
        "Thae Yong Ho",
        "Tae Yong-ho",
        "T'ae Yŏng-ho",
        "태영호",
        "Yong-ho Thae",
        "thae yongho",
        "Thay, Yeng-ho",
        "TAE YEONG HO",
    ],
)
def test_any_spelling_finds_the_diplomat(client: FlaskClient, name: str) -> None:
    assert found(client, name)[0]["record"] == "people/thae-yong-ho"


@pytest.mark.parametrize(("name", "record"), [("Kim Jong-un", "people/kim-jong-un"), ("김정일", "people/kim-jong-il")])
def test_given_names_are_identity(client: FlaskClient, name: str, record: str) -> None:
    assert [one["record"] for one in found(client, name)] == [record]


def test_namesakes_stand_side_by_side(client: FlaskClient) -> None:
    both = {one["record"]: one for one in found(client, "Lee Yong-ho")}
    minister, general = "people/ri-yong-ho-foreign-minister", "people/ri-yong-ho-general"
    assert set(both) == {minister, general}
    for one, other in ((minister, general), (general, minister)):
        assert both[one]["distinct_from"] == [{"record": other, "name": both[other]["name"]}]


NAMESAKES = """
people:
  - {id: pak-b, name: The other Pak, names: [{text: Pak Chol}], editorial: {names: Made up.}}
  - id: pak-z
    name: One Pak
    names: [{text: Park Chol-su}]
    editorial: {names: Made up.}
    links:
      - {to: people/pak-a, relation: distinct-from, reason: Made up.}
      - {to: people/unlike, relation: distinct-from, reason: Made up.}
  - {id: pak-a, name: A third Pak, names: [{text: Bak Cheol-su}], editorial: {names: Made up.}}
  - {id: pak-y, name: A fourth Pak, names: [{text: Bark Chul-soo}], editorial: {names: Made up.}}
  - {id: unlike, name: Nobody of this name, names: [{text: Han Il}], editorial: {names: Made up.}}
"""


@pytest.fixture
def namesakes(empty_database: str, application: Flask, tmp_path: Path) -> FlaskClient:
    """A client over namesakes of which only one end says that they are others."""
    file = tmp_path / "namesakes.yaml"
    file.write_text(NAMESAKES, encoding="utf-8")
    load([file])
    return application.test_client()


def test_a_namesake_follows_whichever_of_the_two_says_that_it_is_another(namesakes: FlaskClient) -> None:
    """The link stands on pak-z alone; asked for by its own spelling, pak-a comes first, and pak-z before pak-y."""
    by_text = [one["record"] for one in found(namesakes, "Bak Cheol-su")]
    assert by_text == ["people/pak-a", "people/pak-z", "people/pak-y"]
    one, other, third = found(namesakes, "Park Chol-su")
    assert [one["record"], other["record"], third["record"]] == ["people/pak-z", "people/pak-a", "people/pak-y"]
    assert other["distinct_from"] == [{"record": "people/pak-z", "name": "One Pak"}]
    assert one["distinct_from"] == [
        {"record": "people/pak-a", "name": "A third Pak"},
        {"record": "people/unlike", "name": "Nobody of this name"},
    ]
    assert third["distinct_from"] == []


def test_a_limit_counts_namesakes_too(namesakes: FlaskClient) -> None:
    assert [one["record"] for one in found(namesakes, "Bark Chul-soo", limit=2)] == ["people/pak-y", "people/pak-a"]
    assert [one["record"] for one in found(namesakes, "Bak Cheol-su", limit=1)] == ["people/pak-a"]


@given(st.text(st.characters(categories=["P", "Z"]), max_size=50))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_has_no_letter_means_nobody_or_is_refused(client: FlaskClient, name: str) -> None:
    answer = client.get("/v1/names", query_string={"q": name})
    many = asked(client, {"names": [name]})
    assert answer.status_code == many.status_code
    if answer.status_code == 200:
        assert (answer.json["data"], many.json["data"][0]["candidates"]) == ([], [])
    else:
        assert (answer.status_code, answer.json["errors"][0]["parameter"]) == (422, "q")
        assert many.json["errors"][0]["pointer"] == "/names/0"


def test_the_souths_spelling_finds_who_is_written_as_in_the_north(client: FlaskClient) -> None:
    """The initial law holds of given names too: 최룡해 is 최용해 there."""
    assert found(client, "최용해")[0]["record"] == found(client, "최룡해")[0]["record"]


def test_each_syllable_says_why(client: FlaskClient) -> None:
    best = found(client, "Choi Ryong-hae")[0]
    assert best["record"].startswith("people/choe")
    syllables = found(client, "Choy Lyong-hay")[0]["syllables"]
    assert all(pair["readings"] for pair in syllables)


def test_other_names_match_by_their_words(client: FlaskClient) -> None:
    assert found(client, "lankov")[0]["name"].endswith("Lankov")
    assert found(client, "Lankov, Andrei")[0]["score"] == 0.99
    assert found(client, "Room 39")[0]["record"] == "institutions/room-39"


@pytest.mark.parametrize("name", ["None", "Zzyzx", "'; DROP TABLE name; --", "NEAR(", "*", '"'])
def test_a_name_of_nobody_finds_nobody(client: FlaskClient, name: str) -> None:
    assert found(client, name) == []


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20", "?q=" + "x" * 201, "?q=a&q=b", "?q=a&limit=0", "?name=a"])
def test_a_bad_question_is_told_what_is_wrong(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/v1/names{query}")
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"


def test_candidates_are_not_sent_twice(client: FlaskClient) -> None:
    first = client.get("/v1/names?q=Thae")
    again = client.get("/v1/names?q=Thae", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


# --- many at once ---------------------------------------------------------------------------------------------------

MANY = ["Choi Ryong-hae", " 태영호 ", "None", "Lee Yong-ho", "lankov", "Choi Ryong-hae", "Room 39", "?", "김정일"]


def test_many_names_are_answered_as_each_alone_in_the_order_asked(client: FlaskClient) -> None:
    answer = asked(client, {"names": MANY})
    assert answer.status_code == 200, answer.text
    assert answer.json["meta"] == {"count": len(MANY), "limit": 10}
    assert [one["q"] for one in answer.json["data"]] == MANY
    for one in answer.json["data"]:
        assert one["candidates"] == found(client, one["q"])
    assert [bool(one["candidates"]) for one in answer.json["data"]] == [name not in {"None", "?"} for name in MANY]


def test_a_limit_holds_of_each_name(client: FlaskClient) -> None:
    answer = asked(client, {"names": ["Lee Yong-ho", "Ri Yong Ho"], "limit": 1})
    assert answer.json["meta"] == {"count": 2, "limit": 1}
    assert [len(one["candidates"]) for one in answer.json["data"]] == [1, 1]


def test_asking_many_is_a_read_that_is_not_kept(client: FlaskClient) -> None:
    answer = asked(client, {"names": ["Thae"]})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    assert answer.content_type == "application/json"


def test_a_thousand_long_names_fit(client: FlaskClient) -> None:
    """Each character escaped, as Python's json does: the largest body that is right, but for blanks."""
    body = json.dumps({"names": [f"{n:04}" + "김" * 196 for n in range(1_000)]})
    assert 1_000_000 < len(body) < LARGEST
    answer = asked(client, None, data=body, content_type="application/json; charset=UTF-8")
    assert answer.status_code == 200
    assert answer.json["meta"]["count"] == 1_000


TEXTS: tuple[tuple[str, str | bytes, int, str], ...] = (
    ("nothing", "", 400, "is empty"),
    ("blanks", " \n", 400, "is empty"),
    ("no JSON", "names=Thae", 400, "is not JSON"),
    ("cut short", '{"names": ["Thae"', 400, "is not JSON"),
    ("cut short further down", '{"names":\n["Thae"\n', 400, "in line 3"),
    ("two values", "{} {}", 400, "is not JSON"),
    ("a byte order mark", "\ufeff{}", 400, "is not JSON"),
    ("Latin-1", '{"names": ["Ch\xe9"]}'.encode("latin-1"), 400, "is not UTF-8: byte 15"),
    ("UTF-16", '{"names": ["Thae"]}'.encode("utf-16"), 400, "is not UTF-8"),
    ("a surrogate as bytes", b'{"names": ["\xed\xa0\x80"]}', 400, "is not UTF-8"),
    ("a lone surrogate", r'{"names": ["\ud800"]}', 400, "lone surrogate"),
    ("a lone surrogate as a key", r'{"\udfff": 1}', 400, "lone surrogate"),
    ("a lone surrogate as a key, twice", r'{"\udfff": 1, "\udfff": 1}', 400, "twice"),
    ("NUL", r'{"names": ["a\u0000b"]}', 400, "NUL"),
    ("NUL as it is", '{"names": ["a\0b"]}', 400, "is not JSON"),
    ("a key twice", '{"names": ["a"], "names": ["b"]}', 400, "the key names twice"),
    ("NaN", '{"names": ["a"], "limit": NaN}', 400, "NaN is no JSON"),
    ("a number without end", '{"limit": ' + "9" * 5_000 + "}", 400, "5000 digits"),
    ("lists too deep", "[" * 60_000, 400, "nested too deeply"),
    ("lists too deep, and closed", "[" * 60_000 + "]" * 60_000, 400, "nested too deeply"),
    ("objects too deep", '{"a":' * 60_000, 400, "nested too deeply"),
    ("too much", " " * (LARGEST + 1), 413, "2,000,000 bytes"),
)


@pytest.mark.parametrize(("sent", "status", "said"), [one[1:] for one in TEXTS], ids=[one[0] for one in TEXTS])
def test_what_is_no_json_is_a_problem(client: FlaskClient, sent: str | bytes, status: int, said: str) -> None:
    data = sent if isinstance(sent, bytes) else sent.encode()
    answer = asked(client, None, data=data, content_type="application/json")
    assert said in assert_problem(answer, status)


BODIES: tuple[tuple[str, Any, list[str], str], ...] = (
    ("a list", ["Thae"], [""], "must be a mapping"),
    ("a text", "Thae", [""], "must be a mapping"),
    ("null", None, [""], "must be a mapping"),
    ("no member", {}, ["/names"], "is missing"),
    ("another member", {"name": ["Thae"]}, ["/names", "/name"], "did you mean names?"),
    ("a member with a slash", {"names": ["a"], "a/b~": 1}, ["/a~1b~0"], "names, limit"),
    ("names as a text", {"names": "Thae"}, ["/names"], "is no list"),
    ("names as null", {"names": None}, ["/names"], "is no list"),
    ("names as an object", {"names": {"0": "Thae"}}, ["/names"], "is no list"),
    ("no name", {"names": []}, ["/names"], "give 1 to 1,000 names"),
    ("too many names", {"names": ["a"] * 1_001}, ["/names"], "give 1 to 1,000 names"),
    ("a name as null", {"names": ["a", None]}, ["/names/1"], "write the name in quotes"),
    ("names of other kinds", {"names": [1, True, [], {}]}, [f"/names/{n}" for n in range(4)], "is no text"),
    ("an empty name", {"names": ["a", "", " "]}, ["/names/1", "/names/2"], "is empty"),
    ("a control character", {"names": ["a\u0007"]}, ["/names/0"], "control character"),
    ("a name too long", {"names": ["a", "b" * 201]}, ["/names/1"], "200 characters"),
    *((f"a limit of {bad!r}", {"names": ["a"], "limit": bad}, ["/limit"], "is not a whole number from 1 to 100")
      for bad in (0, 101, -1, "5", 5.5, 1e300, None, True, [5], 10**29)),
)  # fmt: skip


@pytest.mark.parametrize(("sent", "pointers", "said"), [one[1:] for one in BODIES], ids=[one[0] for one in BODIES])
def test_each_member_at_fault_is_named(client: FlaskClient, sent: Any, pointers: list[str], said: str) -> None:
    answer = asked(client, None, data=json.dumps(sent), content_type="application/json")
    assert said in assert_problem(answer, 422)
    assert [fault["pointer"] for fault in answer.json["errors"]] == pointers


def test_a_member_of_no_name_is_told_the_nearest(client: FlaskClient) -> None:
    (fault,) = asked(client, {"names": ["a"], "limits": 3}).json["errors"]
    assert (fault["pointer"], fault["nearest"], fault["allowed"]) == ("/limits", "limit", ["names", "limit"])


@pytest.mark.parametrize("body", [{"names": [""] * 1_000}, {f"a{n}" * 20: 1 for n in range(10_000)}])
def test_of_many_faults_the_first_are_told_and_that_there_are_more(client: FlaskClient, body: Any) -> None:
    answer = asked(client, body)
    assert assert_problem(answer, 422).endswith("and there are more")
    assert len(answer.json["errors"]) == 20


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
                                  "application/jsonx", "application/json; charset=latin-1"])  # fmt: skip
def test_another_content_type_is_refused_and_the_right_one_named(client: FlaskClient, kind: str) -> None:
    answer = asked(client, None, data=b'{"names": ["Thae"]}', content_type=kind)
    assert "application/json" in assert_problem(answer, 415)
    assert answer.headers["Accept"] == "application/json"


def test_a_compressed_body_is_refused(client: FlaskClient) -> None:
    answer = asked(client, {"names": ["Thae"]}, headers={"Content-Encoding": "gzip"})
    assert "gzip" in assert_problem(answer, 415)


def test_a_query_beside_a_body_is_refused(client: FlaskClient) -> None:
    answer = asked(client, {"names": ["Thae"]}, query_string={"limit": 1})
    assert_problem(answer, 422)
    assert answer.json["errors"][0]["parameter"] == "limit"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_else_cannot_be_done_with_names(client: FlaskClient, method: str) -> None:
    answer = client.open("/v1/names", method=method)
    assert assert_problem(answer, 405) == "only GET, HEAD, OPTIONS, POST can be done here"
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert set(client.options("/v1/names").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
