"""Do pandas and LibreOffice take the lists as they are meant? Each opens what is made of the fixtures."""

import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas
import pytest

from api.csv_rows import columns_of, csv_lines
from api.formats import ndjson_lines
from api.schemas.registry import SCHEMAS
from models.database import close_database, execute, open_database
from models.derive import splice
from tests.conftest import missing

HANGUL = re.compile("[가-힣]")


@pytest.fixture
def fixtures(sqlite_with_fixtures: str) -> Iterator[None]:
    open_database(sqlite_with_fixtures)
    yield
    close_database()


def documents_of(resource: str) -> list[bytes]:
    rows = execute("SELECT document, standing FROM entry WHERE path LIKE ? ORDER BY path", (f"{resource}/%",))
    return [splice(bytes(document), bytes(standing)) for document, standing in rows.fetchall()]


def csv_of(resource: str) -> bytes:
    return b"".join(csv_lines(columns_of(SCHEMAS[resource]), map(json.loads, documents_of(resource))))


# --- pandas, as it comes: read_csv and read_json without a word more ------------------------------------------


@pytest.mark.parametrize("resource", SCHEMAS)
def test_pandas_has_every_row_column_and_null(fixtures: None, resource: str) -> None:
    columns, records = columns_of(SCHEMAS[resource]), [json.loads(document) for document in documents_of(resource)]
    frame = pandas.read_csv(io.BytesIO(csv_of(resource)))
    assert list(frame.columns) == [column.header for column in columns]
    assert list(frame["id"]) == [record["id"] for record in records]
    assert frame["revision"].dtype == "int64"
    for column in columns:
        said = [at(record, column.path) not in (None, [], {}) for record in records]
        assert list(frame[column.header].notna()) == said, column.header


def at(record: dict[str, Any], path: Sequence[str]) -> Any:
    found: Any = record
    for name in path:
        found = found and found[name]
    return found


def test_pandas_knows_numbers_truth_values_and_lists(fixtures: None) -> None:
    frame, records = pandas.read_csv(io.BytesIO(csv_of("defectors"))), list(map(json.loads, documents_of("defectors")))
    assert frame["corroboration.roots"].dtype == "int64"
    assert frame["corroboration.anonymous_only"].dtype == "bool"
    assert frame["party.count.least"].dtype == "float64"
    assert frame["party.count.least"].sum() == sum(at(one, ("party", "count", "least")) or 0 for one in records) > 0
    sectors = frame.set_index("id")["sector"].dropna().str.split("; ")
    assert sectors.to_dict() == {one["id"]: one["sector"] for one in records if one["sector"]}
    assert max(map(len, sectors)) > 1
    values = frame.set_index("id")["values"].dropna().map(json.loads)
    assert values.to_dict() == {one["id"]: one["values"] for one in records if one["values"]}


def test_pandas_reads_hangul(fixtures: None) -> None:
    frame = pandas.read_csv(io.BytesIO(csv_of("people")))
    names = {one["text"] for cell in frame["names"].dropna() for one in json.loads(cell)}
    assert {name for name in names if HANGUL.search(name)} >= {"태영호", "김정은"}


def test_pandas_reads_lines_of_json(fixtures: None) -> None:
    documents = documents_of("purges")
    frame = pandas.read_json(io.BytesIO(b"".join(ndjson_lines(documents))), lines=True)
    assert list(frame["id"]) == [json.loads(document)["id"] for document in documents]
    assert list(frame["standing"]) == [json.loads(document)["standing"] for document in documents]


# --- LibreOffice, told that the file is UTF-8, as its import dialogue does when it sees the mark ---------------------

SPLIT_AT = "44/59/9,34,76,1"
"""At commas, semicolons and tabs, which the dialogue has ticked at first; quotation mark; UTF-8; from line 1."""
TABLE, TEXT = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("table", "text"))
Cell = tuple[str | None, str]
"""A formula, if the cell has one, and what is shown."""


def opened(content: bytes, folder: Path) -> list[list[Cell]]:
    """The cells that LibreOffice Calc makes of a CSV file."""
    program = shutil.which("soffice")
    if program is None:
        missing("LibreOffice Calc (soffice)")
    (folder / "list.csv").write_bytes(content)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    subprocess.run(
        [str(program), profile, "--headless", f"--infilter=CSV:{SPLIT_AT}", "--convert-to", "fods", "list.csv"],
        cwd=folder, env={"PATH": "/usr/bin:/bin", "HOME": str(folder)}, capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    rows = ElementTree.parse(folder / "list.fods").getroot().iter(f"{TABLE}table-row")
    cells = [list(cells_of(row)) for row in rows]
    return [row for row in cells if row]


def cells_of(row: ElementTree.Element) -> Iterator[Cell]:
    """The cells of a row without the empty ones after the last."""
    found: list[Cell] = []
    for cell in row.iter(f"{TABLE}table-cell"):
        shown = "\n".join("".join(line.itertext()) for line in cell.iter(f"{TEXT}p"))
        repeated = int(cell.get(f"{TABLE}number-columns-repeated", "1"))
        found += [(cell.get(f"{TABLE}formula"), shown)] * (repeated if repeated < 1000 else 0)
    while found and found[-1] == (None, ""):
        found.pop()
    yield from found


@pytest.mark.libreoffice
def test_libreoffice_shows_every_record_in_its_columns(fixtures: None, tmp_path: Path) -> None:
    records = list(map(json.loads, documents_of("people")))
    headers = [column.header for column in columns_of(SCHEMAS["people"])]
    first, *rows = opened(csv_of("people"), tmp_path)
    assert first == [(None, header) for header in headers]
    assert [row[headers.index("id")][1] for row in rows] == [record["id"] for record in records]
    for record, row in zip(records, rows, strict=True):
        shown = dict(zip(headers, [text for _, text in row] + [""] * (len(headers) - len(row)), strict=True))
        assert shown["name"] == record["name"]
        assert shown["description"] == record["description"]
        assert json.loads(shown["names"] or "[]") == record["names"]
        assert json.loads(shown["values"] or "{}") == record["values"]
    assert any(HANGUL.search(text) for row in rows for _, text in row)


SIGNS = ["=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", " =1+1", "\n=1+1", "＝1+1", "'=1+1", "a;=1+1", "a\t=1+1"]  # noqa: RUF001


@pytest.mark.libreoffice
def test_libreoffice_runs_nothing(tmp_path: Path) -> None:
    """The last two rows show that it would run a formula, and split a text that is not in quotation marks."""
    columns = columns_of(SCHEMAS["people"], ["id", "name", "revision"])
    records = [{"id": f"r{place}", "name": text, "revision": -3} for place, text in enumerate(SIGNS)]
    unguarded = b"bare,=1+1,-3\r\nbare,a;=1+1,-3\r\n"
    _, *rows, run, split = opened(b"".join(csv_lines(columns, records)) + unguarded, tmp_path)
    assert [(len(row), row[0][1], row[2][1]) for row in rows] == [(3, one["id"], "-3") for one in records]
    assert [formula for row in rows for formula, _ in row if formula] == []
    assert [formula is not None for formula, _ in run] == [False, True, False]
    assert [formula is not None for formula, _ in split] == [False, False, True, False]
