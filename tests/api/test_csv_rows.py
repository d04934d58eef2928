"""Does CSV hold all that a record holds, in the same columns, and nothing that a spreadsheet runs? Python reads it."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from api.csv_rows import Column, columns_of, csv_lines
from api.schemas.fields import Reference, Slug
from api.schemas.registry import SCHEMAS
from models import vocabulary
from models.database import execute
from models.derive import splice
from models.registry import RESOURCE
from models.vocabulary import Vocabulary

DOCUMENTATION = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫−"  # noqa: RUF001
INVISIBLE = "\xad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\ufeff"


def records_of(resource: str) -> list[dict[str, Any]]:
    """All records of a resource as they are served alone, from what is stored."""
    rows = execute("SELECT document, standing, claims FROM entry WHERE path LIKE ? ORDER BY path", (f"{resource}/%",))
    return [
        json.loads(splice(bytes(document), bytes(standing), b'{"claims":[%b]}' % bytes(claims)))
        for document, standing, claims in rows.fetchall()
    ]


def read(lines: Iterator[bytes]) -> list[list[str]]:
    """Header and rows as Python's own reader has them."""
    text = b"".join(lines).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def starts_formula(text: str) -> bool:
    """Whether the first thing to be seen in a text is a sign, or it begins with a tab or a line break."""
    rest = text
    while rest and rest[0] not in "\t\r\n" and (rest[0].isspace() or category(rest[0]) == "Cc" or rest[0] in INVISIBLE):
        rest = rest[1:]
    return rest[:1] in tuple(SIGNS + "\t\r\n")


def undone(cell: str) -> str:
    """A cell without the apostrophe that was put before it, as the documentation says."""
    return cell[1:] if cell.startswith("'") and starts_formula(cell.lstrip("'")) else cell


def value_at(record: Mapping[str, Any], column: Column) -> Any:
    found: Any = record
    for name in column.path:
        found = None if found is None else found[name]
    return found


def value_of(cell: str, column: Column, expected: Any) -> Any:
    """What a cell says, read as someone would who knows what kind of value its column has."""
    if not cell:
        return expected if expected in (None, [], {}) else cell
    if isinstance(expected, str):
        return undone(cell)
    return undone(cell).split("; ") if column.joined else json.loads(cell)


@pytest.mark.parametrize("resource", SCHEMAS)
def test_every_value_of_every_record_can_be_had_back(database: str, resource: str) -> None:
    columns, records = columns_of(SCHEMAS[resource], claims=True), records_of(resource)
    header, *rows = read(csv_lines(columns, records))
    assert header == [column.header for column in columns]
    assert len(set(header)) == len(header)
    assert len(rows) == len(records) > 15
    for record, row in zip(records, rows, strict=True):
        for column, cell in zip(columns, row, strict=True):
            expected = value_at(record, column)
            assert value_of(cell, column, expected) == expected, (record["id"], column.header)


@pytest.mark.parametrize("resource", SCHEMAS)
def test_no_member_is_without_a_column(database: str, resource: str) -> None:
    """In the order in which the members are served."""
    paths = [column.path for column in columns_of(SCHEMAS[resource], claims=True)]
    for record in records_of(resource):
        found = list(leaves(record, (), paths))
        assert [path for path in paths if any(path[: len(one)] == one for one in found)] == paths
        assert [one for one in found if one in paths] == [path for path in paths if path in found]


def leaves(value: Any, at: tuple[str, ...], paths: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The values that have a column, and the nulls that stand for a value with members. Fails on any other."""
    if at in paths:
        yield at
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, (*at, name), paths)
    else:
        assert value is None, at
        assert any(path[: len(at)] == at for path in paths), at
        yield at


def test_columns_of_a_defector() -> None:
    headers = [column.header for column in columns_of(SCHEMAS["defectors"])]
    assert headers[:3] == ["id", "url", "name"]
    assert headers[-2:] == ["conflicts", "values"]
    assert [name for name in headers if name.startswith("left.")] == [
        "left.edtf", "left.earliest", "left.latest", "left.shape", "left.basis", "left.printed",
    ]  # fmt: skip
    assert {"party.kind", "party.count.least", "standing.two-roots.status", "corroboration.roots"} <= set(headers)
    joined = {column.header for column in columns_of(SCHEMAS["defectors"]) if column.joined}
    because = {f"standing.{policy}.because" for policy in ("any", "official", "two-roots")}
    assert joined == {"people", "institutions", "sector", "motive"} | because


def test_columns_chosen_keep_the_order_of_the_schema() -> None:
    headers = [column.header for column in columns_of(SCHEMAS["purges"], ["place", "id", "values", "kind"])]
    assert headers == ["id", "kind", "place.country", "place.place", "values"]


@pytest.mark.parametrize("chosen", [None, ["id", "name"]])
def test_claims_are_a_column_only_where_they_are_included(chosen: list[str] | None) -> None:
    without = [column.header for column in columns_of(SCHEMAS["people"], chosen)]
    assert "claims" not in without
    assert [column.header for column in columns_of(SCHEMAS["people"], chosen, claims=True)] == [*without, "claims"]


def test_what_is_joined_holds_no_semicolon() -> None:
    terms = [term for found in vars(vocabulary).values() if isinstance(found, Vocabulary) for term in found]
    assert len(terms) > 100
    assert [term for term in terms if ";" in term] == []
    for field in (Reference("people", description=""), Reference(*RESOURCE, description=""), Slug("")):
        for value in ("a; b", "people/a; people/b", "people/a;"):
            with pytest.raises(ValidationError):
                field.deserialize(value)


COLUMNS = (
    Column(("id",)),
    Column(("n",)),
    Column(("date", "edtf")),
    Column(("terms",), joined=True),
    Column(("free",)),
)


def test_every_byte_of_a_small_table() -> None:
    """Texts in quotation marks; numbers, truth values and nulls bare; CRLF; the mark that Excel needs first."""
    documents: list[dict[str, Any]] = [
        {"id": "탈북", "n": -3, "date": {"edtf": "2015-07-XX"}, "terms": ["a", "b"], "free": ["a; b", 'say "c"']},
        {"id": "a,b", "n": 1.5, "date": None, "terms": [], "free": {}},
        {"id": "two\nlines", "n": None, "date": {"edtf": None}, "terms": None, "free": {"왜": None}},
        {"id": "-3", "n": True, "date": {"edtf": "=1+1"}, "terms": ["-1", "a"], "free": False},
        {"id": "sparse"},
    ]
    assert b"".join(csv_lines(COLUMNS, documents)).decode() == (
        '\ufeff"id","n","date.edtf","terms","free"\r\n'
        '"탈북",-3,"2015-07-XX","a; b","[""a; b"",""say \\""c\\""""]"\r\n'
        '"a,b",1.5,,,\r\n'
        '"two\nlines",,,,"{""왜"":null}"\r\n'
        '"\'-3",true,"\'=1+1","\'-1; a",false\r\n'
        '"sparse",,,,\r\n'
    )


def test_a_table_without_records_has_its_header() -> None:
    assert read(csv_lines(COLUMNS, [])) == [["id", "n", "date.edtf", "terms", "free"]]


@pytest.mark.parametrize("before", ["", " ", "  \u3000", "\xa0", "'", "''", "\u200b", "\ufeff ", "\t", "\r", "\n"])
@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_at_the_start_has_an_apostrophe_before_it(sign: str, before: str) -> None:
    text = f"{before}{sign}cmd|' /C calc'!A0"
    (_, (cell,)) = read(csv_lines([Column(("id",))], [{"id": text}]))
    assert cell == f"'{text}"


@pytest.mark.parametrize(
    "text", ["a=1", "a\t=1", "1-2", "'quoted'", "' a", "{=1}", "태영호", "2015-07-10", "../2015", "\x85" * 2000 + "a"]
)
def test_a_text_without_one_is_left_as_it_is(text: str) -> None:
    (_, (cell,)) = read(csv_lines([Column(("id",))], [{"id": text}]))
    assert cell == text


@pytest.mark.parametrize("before", ["", "  \u3000", "\xa0", "'", "'' ", "\t", "\r", "\n"])
@pytest.mark.parametrize("sign", SIGNS)
def test_the_documentation_tells_how_to_undo_it(sign: str, before: str) -> None:
    told = re.search(r're\.sub\(r"(.+)", "", cell\)', DOCUMENTATION.read_text(encoding="utf-8"))
    assert told
    for text in (f"{before}{sign}1", f"'a{before}{sign}1"):
        (_, (cell,)) = read(csv_lines([Column(("id",))], [{"id": text}]))
        assert re.sub(told[1], "", cell) == text


AWKWARD = st.text(st.sampled_from(SIGNS + INVISIBLE + "'\"\t\r\n ,;\u3000\xa0\x00a가"), max_size=8)
TEXT = AWKWARD | st.text(max_size=20)
NUMBER = st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)
VALUE = st.none() | st.booleans() | NUMBER | TEXT | st.lists(TEXT, max_size=3) | st.dictionaries(TEXT, TEXT, max_size=2)


UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""On a new machine the first text waits for Hypothesis's tables of characters."""


@UNTIMED
@given(st.lists(st.fixed_dictionaries({"id": TEXT.filter(bool), "free": VALUE}), max_size=5))
def test_what_is_read_back_is_what_was_written_and_starts_no_formula(documents: list[dict[str, Any]]) -> None:
    columns = (Column(("id",)), Column(("free",)))
    _, *rows = read(csv_lines(columns, documents))
    assert len(rows) == len(documents)
    for document, row in zip(documents, rows, strict=True):
        for column, cell in zip(columns, row, strict=True):
            value = document[column.header]
            is_number = isinstance(value, int | float)
            assert is_number or not starts_formula(cell)
            assert value_of(cell, column, value) == value
