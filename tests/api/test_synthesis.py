"""Invented records: sound on both engines, the same for the same seed, and of every kind that there is."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from api.dumping import lines as dumped
from api.loading import load
from api.synthesis import lines
from api.synthetic_values import DATE_FORMS
from models.claims import CLAIMS
from models.database import close_database, execute, open_database
from models.dates import parse
from models.registry import RESOURCES
from models.tables import NOW
from models.vocabulary import COMMITMENT, EXPLICIT, STANCE, STATUS

FEW = 120
MANY = 900
"""So many that every story comes about."""


def written(folder: Path, count: int, seed: int = 1) -> Path:
    """A file of invented records."""
    file = folder / f"{count}-{seed}.ndjson"
    file.write_text("".join(f"{line}\n" for line in lines(count, seed)), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A SQLite database of many invented records."""
    folder = tmp_path_factory.mktemp("synthesis")
    url = str(folder / "many.db")
    open_database(url, create=True)
    load([written(folder, MANY)])
    close_database()
    return url


@pytest.fixture
def many_open(many: str) -> Iterator[None]:
    """The same, open."""
    open_database(many)
    yield
    close_database()


def test_loads_without_a_fault_on_both_engines(empty_database: str, tmp_path: Path) -> None:
    made = [json.loads(line) for line in lines(FEW, 1)]
    outcome = load([written(tmp_path, FEW)])
    assert outcome.added == len(made) + sum(len(record.get("claims", ())) for record in made)
    assert outcome == type(outcome)(added=outcome.added)
    assert execute("SELECT count(*) FROM defector").fetchone()[0] == FEW // 2
    assert execute("SELECT count(*) FROM purge").fetchone()[0] == FEW // 2
    assert len(list(dumped())) == len(made)


@pytest.mark.parametrize("count", [1, 2, 11])
def test_loads_however_few_there_are(count: int, tmp_path: Path) -> None:
    open_database(str(tmp_path / "few.db"), create=True)
    try:
        load([written(tmp_path, count, seed=count)])
        found = execute("SELECT count(*) FROM record WHERE resource IN ('defectors', 'purges')").fetchone()[0]
    finally:
        close_database()
    assert found == count


def test_is_the_same_for_the_same_seed_only() -> None:
    first = list(lines(FEW, 1))
    assert first == list(lines(FEW, 1))
    other = list(lines(FEW, 2))
    assert len(other) == len(first)
    assert not set(first[6:]) & set(other[6:])


def test_comes_one_line_at_a_time() -> None:
    endless = lines(10**9, 1)
    assert [json.loads(next(endless))["id"] for _ in range(2)] == ["invented-body-000000", "invented-body-000001"]


def test_three_claims_about_each_and_as_many_of_the_rest_as_fit() -> None:
    made = [json.loads(line) for line in lines(20_000, 1)]
    counted: dict[str, int] = {}
    for record in made:
        counted[record["resource"]] = counted.get(record["resource"], 0) + 1
        expected = {"defectors": 3, "purges": 3, "sources": 0}.get(record["resource"], 1)
        assert len(record.get("claims", ())) == expected
        assert "nvented" in record["description"]
    assert counted == {"institutions": 200, "people": 2_000, "sources": 2_000, "defectors": 10_000, "purges": 10_000}


def test_every_status_comes_about(many_open: None) -> None:
    rows = execute(
        "SELECT DISTINCT status_any FROM period WHERE bound = ? AND (path LIKE 'defectors/%' OR path LIKE 'purges/%')",
        (NOW,),
    ).fetchall()
    never_of_a_record = {"stated"}
    assert {row[0] for row in rows} == (set(STATUS) - never_of_a_record) | {None}


def test_every_kind_of_claim_comes_about(many_open: None) -> None:
    rows = execute("SELECT input FROM record WHERE resource = ?", (CLAIMS.name,)).fetchall()
    claims = [json.loads(row[0]) for row in rows]
    for axis, vocabulary in (("stance", STANCE), ("commitment", COMMITMENT), ("explicit", EXPLICIT)):
        assert {claim[axis] for claim in claims} == set(vocabulary)
    assert any(claim.get("chain") for claim in claims)
    assert {claim["origin"]["identity"] for claim in claims if "origin" in claim} == {
        "named", "collective", "anonymous", "unstated",
    }  # fmt: skip


def test_every_kind_of_date_comes_about(many_open: None) -> None:
    """Each accepted form, and each way in which its ends can be known."""
    day = date(2015, 6, 21)
    assert {parse(write(day)).earliest is None for _, write in DATE_FORMS.values()} == {True, False}
    found = {
        row[0] for row in execute("SELECT left_earliest FROM defector UNION SELECT when_earliest FROM purge").fetchall()
    }
    assert {None, "0000-00-00"} <= found
    latest = {row[0] for row in execute("SELECT left_latest FROM defector").fetchall()}
    assert "9999-99-99" in latest


def test_names_are_korean_and_in_several_systems(many_open: None) -> None:
    systems = {row[0] for row in execute("SELECT DISTINCT system FROM name").fetchall()}
    assert systems == {"revised", "mccune-reischauer", "north-korean", "press", "none"}
    folded = [row[0] for row in execute("SELECT folded FROM name WHERE script = 'hangul'").fetchall()]
    assert folded
    assert all(any("가" <= letter <= "힣" for letter in name) for name in folded)


def test_other_things_that_filters_find_come_about(many_open: None) -> None:
    fields = {row[0] for row in execute("SELECT DISTINCT field FROM term").fetchall()}
    never = {"holder", "question", "about_type"}
    expected = {term for resource in RESOURCES[:6] for term in resource.terms} | {"conflict", "source"}
    assert expected - never <= fields
    scopes = {row[0] for row in execute("SELECT DISTINCT scope FROM defector").fetchall()}
    assert scopes == {"subject", "background", "comparison"}
    assert execute("SELECT count(*) FROM record WHERE input LIKE '%\"withheld\"%'").fetchone()[0]
    deepest = execute(
        "WITH RECURSIVE below(path, depth) AS (SELECT path, 0 FROM record WHERE path = ? UNION "
        "SELECT r.path, b.depth + 1 FROM reference r JOIN below b ON r.target = b.path "
        "WHERE r.relation = 'part_of') SELECT max(depth) FROM below",
        ("institutions/invented-body-000000",),
    ).fetchone()[0]
    assert deepest >= 3
