"""Whom a name can mean, over the fixtures and on both engines."""

from typing import Any

import pytest
from flask.testing import FlaskClient


def found(client: FlaskClient, name: str, **more: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/names", query_string={"q": name, **more})
    assert answer.status_code == 200, answer.text
    body = answer.get_json()
    assert set(body) == {"data", "meta"}
    assert body["meta"]["count"] == len(body["data"])
    scores = [one["score"] for one in body["data"]]
    assert scores == sorted(scores, reverse=True)
    data: list[dict[str, Any]] = body["data"]
    return data


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
    both = {one["record"]: one["distinct_from"] for one in found(client, "Lee Yong-ho")}
    assert len(both) == 2
    assert any(other in both for others in both.values() for other in others)


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
