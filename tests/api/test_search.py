"""Does search find by every word, in any order and spelling? Both engines, and `q` of the lists, must agree."""

import html
import random
import re
import time
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from api.loading import load
from models.database import close_database, open_database
from models.registry import RESOURCE

Given = Mapping[str, Any]

COMMITTED = Path(__file__).resolve().parents[1] / "search" / "queries.txt"
QUERIES = [line for line in COMMITTED.read_text(encoding="utf-8").split("\n") if line and line[0] != "#"]
ENGINES = ("sqlite", "postgresql")
EVERY_SCOPE = [("scope", scope) for scope in ("subject", "background", "comparison")]
SCOPED = {"defectors", "purges", "indicators", "assessments"}
MOST, MOST_WORDS = 100, 12
SECONDS = 60
"""In which all committed queries must be answered."""

LATER = [("known_by", "2015-07-12"), ("known_bound", "possibly")]
SEED = 20160817


# --- asking ---------------------------------------------------------------------------------------------------------


def search(client: FlaskClient, query: str, *more: tuple[str, str]) -> TestResponse:
    return client.get(f"/v1/search?{urlencode([('q', query), *more])}")


def pages(client: FlaskClient, query: str, *more: tuple[str, str]) -> Iterator[dict[str, Any]]:
    """Every page of an answer, as the links lead."""
    response = search(client, query, *more)
    while True:
        assert response.status_code == 200, response.text
        yield response.json
        following = response.json["links"]["next"]
        if following is None:
            return
        assert response.json["data"], "an empty page has no next one"
        response = client.get(following)


def hits_of(client: FlaskClient, query: str, *more: tuple[str, str]) -> list[dict[str, Any]]:
    """All hits, in order."""
    return [hit for page in pages(client, query, ("limit", str(MOST)), *more) for hit in page["data"]]


def path_of(hit: Given) -> str:
    return f"{hit['type']}/{hit['id']}"


def found(client: FlaskClient, query: str, *more: tuple[str, str]) -> set[str]:
    return {path_of(hit) for hit in hits_of(client, query, *more)}


def is_answered(query: str) -> bool:
    """Whether a query has letters or digits, in no more words than are taken."""
    text = unicodedata.normalize("NFKD", "".join(c for c in query if c not in "'\u2018\u2019\u02bc`\u00b4"))
    kept = "".join(c for c in text if not unicodedata.combining(c))
    return 1 <= len("".join(c if c.isalnum() else " " for c in kept).split()) <= MOST_WORDS


ANSWERED = [query for query in QUERIES if is_answered(query)]


@pytest.fixture(scope="session")
def answers(request: pytest.FixtureRequest, application: Flask) -> dict[str, dict[str, Any]]:
    """Engine -> committed query -> its hits, or the problem; and under the empty query how long all took."""
    told: dict[str, dict[str, Any]] = {}
    for engine in ENGINES:
        open_database(request.getfixturevalue(f"{engine}_with_fixtures"))
        client, started = application.test_client(), time.monotonic()
        told[engine] = {
            query: hits_of(client, query) if query in ANSWERED else search(client, query).json for query in QUERIES
        }
        told[engine][""] = time.monotonic() - started
        close_database()
    return told


# --- the committed queries ------------------------------------------------------------------------------------------


def test_there_are_queries_enough() -> None:
    assert len(QUERIES) == len(set(QUERIES)) >= 200
    assert len(ANSWERED) > 200


@pytest.mark.postgresql
def test_both_engines_find_the_same_in_time(answers: dict[str, dict[str, Any]]) -> None:
    """Hit for hit: but for their order, all that is said of each is the same."""
    for query in ANSWERED:
        one, other = ({path_of(hit): hit for hit in answers[engine][query]} for engine in ENGINES)
        assert one == other, query
    for engine in ENGINES:
        assert answers[engine][""] < SECONDS, engine


@pytest.mark.postgresql
def test_names_in_every_spelling_find_who_bears_them(answers: dict[str, dict[str, Any]]) -> None:
    """And whatever refers to them; the person comes first."""
    spelled = {
        "people/thae-yong-ho": "Thae Yong Ho|thae yong-ho|T\u2019ae Yŏng-ho|Thay Yeng-ho|태영호|Yong Ho Thae",
        "people/kim-jong-un": "Kim Jong Un|Kim Jung Un|Kim Chŏng-ŭn|Gim Jeong-eun|김정은|Jong-un Kim",
        "people/choe-ryong-hae": "Choe Ryong-hae|Ch'oe Ryong-hae|Choi Yong-hae|최룡해",
    }
    for path, queries in spelled.items():
        for query in queries.split("|"):
            first = answers["sqlite"][query][0]
            assert path_of(first) == path, query
            assert first["why"], query
    for query in ("Thae Yong Ho", "Tae Yongho", "태영호"):
        assert "defectors/thae-yong-ho" in map(path_of, answers["sqlite"][query]), query


@pytest.mark.postgresql
@pytest.mark.parametrize("engine", ENGINES)
def test_what_cannot_be_asked_is_told_why(answers: dict[str, dict[str, Any]], engine: str) -> None:
    """A query without letters or digits, or of too many words: nothing else is refused."""
    refused = [query for query in QUERIES if query not in ANSWERED]
    assert len(refused) > 20
    for query in refused:
        problem = answers[engine][query]
        assert (problem["status"], [fault["parameter"] for fault in problem["errors"]]) == (422, ["q"]), query


@pytest.mark.parametrize("resource", RESOURCE)
def test_lists_find_by_q_what_search_finds(client: FlaskClient, answers: dict[str, Any], resource: str) -> None:
    scopes = EVERY_SCOPE if resource in SCOPED else []
    for query in QUERIES:
        asked = [("q", query), *scopes, ("limit", "500"), ("fields", "id")]
        response = client.get(f"/v1/{resource}?{urlencode(asked)}")
        assert response.status_code == (200 if query in ANSWERED else 422), f"{query!r}: {response.text}"
        if query in ANSWERED:
            assert response.json["links"]["next"] is None
            listed = {record["id"] for record in response.json["data"]}
            assert listed == {hit["id"] for hit in answers["sqlite"][query] if hit["type"] == resource}, query


def test_lists_find_by_q_what_search_finds_by_a_day(client: FlaskClient) -> None:
    for query in random.Random(SEED).sample(ANSWERED, 40):
        by_then = found(client, query, *LATER)
        listed = {
            f"{resource}/{record['id']}"
            for resource in RESOURCE
            for record in client.get(
                f"/v1/{resource}?"
                + urlencode([("q", query), ("limit", "500"), *LATER, *(EVERY_SCOPE if resource in SCOPED else [])])
            ).json["data"]
        }
        assert listed == by_then, query


# --- what a hit says ------------------------------------------------------------------------------------------------


def texts_of(value: Any) -> Iterator[str]:
    """Every text in a record."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts_of(item)


MARK = re.compile("<mark>(.*?)</mark>")


def test_a_snippet_is_part_of_the_record_with_words_marked(client: FlaskClient, answers: dict[str, Any]) -> None:
    marked = 0
    for query in ANSWERED[::4]:
        for hit in answers["sqlite"][query][:15]:
            record = client.get(hit["url"]).json
            assert hit["name"] == record.get("name", record.get("says")), query
            assert [why["field"] for why in hit["why"]], query
            if hit["snippet"] is None:
                assert {why["field"] for why in hit["why"]} == {"refers"}, query
                continue
            plain = MARK.sub(r"\1", hit["snippet"])
            assert not re.search("[<>\"']", plain), plain
            assert any(html.unescape(plain).strip("…") in text for text in texts_of(record)), (query, hit["snippet"])
            assert MARK.findall(hit["snippet"]), (query, hit)
            marked += 1
    assert marked > 200


def test_what_is_shown_of_a_hit_is_what_its_record_shows_on_that_day(client: FlaskClient) -> None:
    marked = 0
    for query in random.Random(SEED).sample(ANSWERED, 40):
        for hit in hits_of(client, query, *LATER)[:10]:
            record = client.get(f"{hit['url']}?{urlencode(LATER)}").json
            assert hit["name"] == record.get("name", record.get("says")), query
            if hit["snippet"]:
                plain = html.unescape(MARK.sub(r"\1", hit["snippet"])).strip("…")
                assert any(plain in text for text in texts_of(record)), (query, hit["snippet"])
                marked += 1
    assert marked > 50


EFFECTS = """
sources:
- {id: early, name: An early paper, kind: article, published: 2015-07-01}
- {id: late, name: A late paper, kind: article, published: 2016-07-01}
defectors:
- id: clerk
  name: A clerk
  effects: [Talk, Losses, Searches of homes, Searches at the border]
  claims:
  - {id: one, says: It is so., source: early, sets: {occurred: true, effects: [Talk, Searches at the border]}}
  - {id: other, says: It was so., source: late, sets: {occurred: true, effects: [Losses, Searches of homes]}}
"""


@pytest.mark.parametrize(
    ("query", "more", "snippet"),
    [
        ("searches", "", "<mark>Searches</mark> of homes"),
        ("border", "", "Searches at the <mark>border</mark>"),
        ("talk", "", "<mark>Talk</mark>"),
        ("searches", "2015-12-31", "<mark>Searches</mark> at the border"),
        ("searches", "2016-12-31", "<mark>Searches</mark> of homes"),
        ("homes", "2015-12-31", None),
    ],
)
def test_the_first_text_of_a_list_that_is_known_is_shown(
    empty_database: str, application: Flask, tmp_path: Path, query: str, more: str, snippet: str | None
) -> None:
    """In the order of the document, whichever elements are known from the same day."""
    file = tmp_path / "effects.yaml"
    file.write_text(EFFECTS, encoding="utf-8")
    load([file])
    day = [("known_by", more)] if more else []
    told = hits_of(application.test_client(), query, ("type", "defectors"), *day)
    assert [hit["snippet"] for hit in told] == ([snippet] if snippet else [])


def test_a_snippet_is_safe_html(empty_database: str, application: Flask, tmp_path: Path) -> None:
    """What a text holds is shown, never run: its `<`, `&` and quotes are escaped, around and within what is marked."""
    evil = "<script>alert(\"1\")</script> & O'Neill's <mark>gun</mark> </mark> &lt;gun&gt;"
    file = tmp_path / "evil.yaml"
    file.write_text(
        "sources:\n- {id: paper, name: A paper, kind: article, published: 2015-07-01}\n"
        f"people:\n- {{id: someone, name: {evil!r}}}\n".replace(f"{evil!r}", '"' + evil.replace('"', '\\"') + '"'),
        encoding="utf-8",
    )
    load([file])
    client = application.test_client()
    for query in ("gun", "script", "alert 1", "o'neills", "ONeills & lt"):
        (hit,) = hits_of(client, query)
        plain = MARK.sub(r"\1", hit["snippet"])
        assert not re.search("[<>\"']", plain), (query, hit["snippet"])
        assert html.unescape(plain).strip("…") in evil, (query, hit["snippet"])
        assert MARK.findall(hit["snippet"]), query


@pytest.mark.parametrize("name", ["Choe Ryong-hae", "choe ryong hae", "Choi Ryong-hae", "최룡해", "Room 39", "김정은"])
def test_a_name_scores_as_names_has_it(client: FlaskClient, name: str) -> None:
    candidates = client.get(f"/v1/names?{urlencode({'q': name})}").json["data"]
    whole = {one["record"]: (one["score"], one["spelling"]) for one in candidates if one["score"] > 0.5}
    hits = {path_of(hit): hit for hit in hits_of(client, name)}
    assert whole
    for path, (score, spelling) in whole.items():
        assert hits[path]["score"] == score, path
        assert [why["words"] for why in hits[path]["why"] if why["field"] == "names"] == [[spelling]], path


def test_hits_come_by_score(client: FlaskClient, answers: dict[str, Any]) -> None:
    for query in ANSWERED:
        scores = [hit["score"] for hit in answers["sqlite"][query]]
        assert scores == sorted(scores, reverse=True), query
        assert all(0 < score <= 1 for score in scores), query


def test_a_word_is_found_by_its_beginning(client: FlaskClient) -> None:
    """From three letters on; hangul at once; nothing by its end."""
    whole = found(client, "wiretapping")
    assert whole
    assert whole <= found(client, "wiretap") <= found(client, "wir")
    assert not whole & found(client, "wi")
    assert not found(client, "iretapping")
    assert "people/thae-yong-ho" in found(client, "태")
    assert "people/thae-yong-ho" in found(client, "태영")


# --- pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["Kim Jong Un", "execution", "the", "Choe Ryong-hae", "room 39", "김"])
def test_pages_give_each_hit_once(client: FlaskClient, query: str) -> None:
    at_once = hits_of(client, query)
    assert len({path_of(hit) for hit in at_once}) == len(at_once)
    for limit in ("1", "3", "7"):
        walked = list(pages(client, query, ("limit", limit), ("total", "true")))
        assert [hit for page in walked for hit in page["data"]] == at_once, limit
        assert {page["meta"]["total"] for page in walked} == {len(at_once)}
        assert all(page["meta"]["count"] == len(page["data"]) <= int(limit) for page in walked)


def test_type_narrows(client: FlaskClient) -> None:
    for query in ("Kim Jong Un", "execution", "Choe Ryong-hae"):
        every = hits_of(client, query)
        for resource in RESOURCE:
            assert hits_of(client, query, ("type", resource)) == [hit for hit in every if hit["type"] == resource]
        both = [hit for hit in every if hit["type"] in {"claims", "people"}]
        assert hits_of(client, query, ("type", "claims"), ("type", "people")) == both
        total = search(client, query, ("type", "claims"), ("type", "people"), ("total", "true")).json["meta"]["total"]
        assert total == len(both)


def test_a_cursor_is_good_for_its_own_query(client: FlaskClient) -> None:
    following = search(client, "kim", ("limit", "1")).json["links"]["next"]
    cursor = following.partition("cursor=")[2]
    for query, more in (("jang", ()), ("kim", (("type", "claims"),)), ("kim", (("known_by", "2016-09-01"),))):
        refused = search(client, query, ("cursor", cursor), *more)
        assert (refused.status_code, refused.json["errors"][0]["parameter"]) == (422, "cursor")
    assert search(client, "kim", ("limit", "5"), ("cursor", cursor)).status_code == 200


def test_a_search_needs_a_query(client: FlaskClient) -> None:
    for address in ("/v1/search", "/v1/search?type=people", "/v1/search?q=", "/v1/search?q=a&q=b"):
        refused = client.get(address)
        assert (refused.status_code, refused.json["errors"][0]["parameter"]) == (422, "q"), address


# --- nothing that is typed breaks it --------------------------------------------------------------------------------

PIECES = (
    *('"', "'", "AND", "OR", "NOT", "NEAR(", "*", "%", "_", "\\", "(", ")", "[", "]", "{", "}", ":", "^", "-", "+"),
    *("&", "|", "!", "<->", ":*", "@", "@people/kim-jong-un", "refers:", ";", "--", "$1", "?", "\x01", "\t", "\n"),
    *(
        "\u202e",
        "\u200f",
        "\u200d",
        "🇰🇵",
        "👨‍👩‍👧",
        "كيم",
        "탈북",
        "ㄱ",
        "\u0301",
        "ŏ",
        "½",
        "İ",
        "ß",
        "ﬁ",
        "kim",
        "un",
    ),
    *("names", "body", "room", "39", "x" * 300, "가" * 300, "\U0001e900", "𠀋", "\ufeff", "\ud7ff", "\U0010fffd"),
)
QUIET = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def assert_asked(client: FlaskClient, query: str) -> None:
    response = search(client, query)
    assert response.status_code == (200 if is_answered(query) else 422), (query, response.text)


@QUIET
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=8), joint=st.sampled_from(["", " "]))
def test_no_syntax_breaks_it(client: FlaskClient, pieces: list[str], joint: str) -> None:
    assert_asked(client, joint.join(pieces))


@QUIET
@given(query=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60))
def test_no_text_breaks_it(client: FlaskClient, query: str) -> None:
    assert_asked(client, query)


@pytest.mark.parametrize(
    "query", ["a" * 201, "a" * 5000, "가" * 700, "- " * 2000 + "kim", "kim " * 12, "ㅎ" * 64 + "x"]
)
def test_no_length_breaks_it(client: FlaskClient, query: str) -> None:
    assert search(client, query).status_code == 200
    assert client.get(f"/v1/people?{urlencode({'q': query})}").status_code == 200


def test_many_names_at_once(client: FlaskClient) -> None:
    """Words that could be names in many ways are answered, on a day too, and soon."""
    started = time.monotonic()
    for query in ("kim jong un jang song thaek choe ryong hae ri yong ho", "ri ri ri ri ri ri ri ri ri ri ri ri"):
        assert search(client, query).status_code == 200
        assert search(client, query, *LATER).status_code == 200
    assert time.monotonic() - started < 10


# --- order, case, hyphens, apostrophes, diacritics ------------------------------------------------------------------

ACCENTS = "\u0301\u0306\u030c\u0308\u0327"
APOSTROPHES = "'\u2019\u2018\u02bc`"


@pytest.fixture(scope="session")
def told(sqlite_with_fixtures: str, application: Flask) -> list[list[str]]:
    """The words of every name and of every text of our own in the fixtures."""
    open_database(sqlite_with_fixtures)
    client = application.test_client()
    texts: dict[str, None] = {}
    for resource in RESOURCE:
        scopes = EVERY_SCOPE if resource in SCOPED else []
        for record in client.get(f"/v1/{resource}?{urlencode([*scopes, ('limit', '500')])}").json["data"]:
            texts |= dict.fromkeys(name["text"] for name in record.get("names", ()))
            texts |= dict.fromkeys(record[name] for name in ("name", "description", "says") if record.get(name))
    close_database()
    return [found for text in texts if (found := re.findall(r"[^\W_]+", text))]


def disguised(draw: st.DrawFn, word: str) -> str:
    """The word in other case, with diacritics and apostrophes in it."""
    letters = []
    for letter in word:
        letters.append(draw(st.sampled_from([letter, letter.lower(), letter.upper()])))
        if letter.isascii() and letter.isalpha() and draw(st.integers(0, 4)) == 0:
            letters.append(draw(st.sampled_from([*ACCENTS, *APOSTROPHES])))
    return unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD"])), "".join(letters))


@st.composite
def askings(draw: st.DrawFn, told: list[list[str]]) -> tuple[str, str]:
    """A query of the fixtures' words, and the same words in another order, case and spelling."""
    asked: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        text = draw(st.sampled_from(told))
        start = draw(st.integers(0, len(text) - 1))
        asked += text[start : start + draw(st.integers(1, 4))]
    words = [disguised(draw, word) for word in draw(st.permutations(asked))]
    return " ".join(asked), draw(st.sampled_from([" ", "-", "  ", " - ", "_", "\u2013"])).join(words)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_order_case_and_marks_change_no_hit(client: FlaskClient, told: list[list[str]], data: st.DataObject) -> None:
    plain, other = data.draw(askings(told))
    assert found(client, plain) == found(client, other), (plain, other)


@pytest.mark.postgresql
def test_committed_queries_find_the_same_in_any_order(client: FlaskClient, answers: dict[str, Any]) -> None:
    chance = random.Random(SEED)
    for query in [query for query in ANSWERED if query.isprintable() and " " in query]:
        words = query.split()
        chance.shuffle(words)
        wanted = {path_of(hit) for hit in answers["sqlite"][query]}
        assert found(client, " ".join(words)) == wanted, (query, words)
        assert found(client, "-".join(words).swapcase()) == wanted, (query, words)


def test_a_name_is_found_wherever_its_words_stand(client: FlaskClient) -> None:
    """Its words need not stand together: a record that only refers to the bearer is found all the same."""
    wanted = found(client, "Thae Yong Ho family")
    assert wanted
    for query in ("family Thae Yong Ho", "Thae family Yong Ho", "Ho family Yong Thae", "yong-ho FAMILY thae"):
        assert found(client, query) == wanted, query
