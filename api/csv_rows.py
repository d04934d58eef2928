"""Records as CSV that opens right in a spreadsheet and in pandas, and from which each value can be had back.

- RFC 4180: commas, CRLF, one header line, UTF-8. A byte order mark comes first: without it Excel takes hangul for
  Windows-1252. Spreadsheets, pandas, polars, DuckDB and csvkit take it away; Python's `csv` does in files opened with
  `utf-8-sig`.
- The columns follow from the schema alone, in its order: every page and every record has the same. A value with
  members has a column for each: `left.edtf`, `party.count.least`, `standing.any.status`.
- A list of ids, paths or terms is joined by `; `: none of these can hold a semicolon, so splitting it is safe. Every
  other list (of texts, of things with members) and every mapping by free names (`values`, `editorial`) is JSON.
- Null is an empty cell, and so is an empty list or mapping: a list is null only where it is `withheld`, and that says
  so. A cell of text is in quotation marks, always: some spreadsheets split at bare semicolons and tabs too. Numbers,
  true, false and empty cells are not, and so typed readers tell them from texts.
- No text starts a formula (https://owasp.org/www-community/attacks/CSV_Injection): one that begins with `=`, `+`, `-`,
  `@` (or their wide, small and minus-sign forms), a tab or a line break, be it after blanks or apostrophes, has an
  apostrophe before it. To undo it, take one apostrophe from the beginning of each cell in which such a character
  follows, be it after blanks or more apostrophes. Numbers stay as they are: -3 is a number.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import nan
from typing import Any, NamedTuple

from marshmallow import Schema, fields

from api.schemas.fields import OneOf, Reference, Slug
from api.schemas.records import ON_REQUEST
from models.documents import compact

BYTE_ORDER_MARK = "\ufeff".encode()
SEPARATOR = "; "
UNSEEN = r"\x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
"""Blanks, control and format characters, as a regular expression's set: a sign could hide behind them."""
STARTS_FORMULA = re.compile(rf"'*[{UNSEEN}]*[=+\-@\t\r\n＝＋－＠﹦﹢﹣﹫−]")  # noqa: RUF001


class Column(NamedTuple):
    """One column: the names that lead to its value, and whether that is a list to be joined."""

    path: tuple[str, ...]
    joined: bool = False

    @property
    def header(self) -> str:
        """What stands above it."""
        return ".".join(self.path)


class _Bare(str):
    """A text that csv leaves without quotation marks: it looks for `__float__` (QUOTE_STRINGS is of Python 3.12)."""

    __slots__ = ()

    def __float__(self) -> float:
        return nan


NOTHING, TRUE, FALSE = _Bare(""), _Bare("true"), _Bare("false")


class _Line:
    """A file of one line, from which csv's writer returns what it would have written."""

    def write(self, line: str) -> str:
        return line


def columns_of(schema: Schema, chosen: Iterable[str] | None = None, *, claims: bool = False) -> tuple[Column, ...]:
    """The columns of the records of a schema, in its order: of the fields chosen.

    Where None is given, of all but those that records have only on request. `claims` are a column where the records
    hold theirs.
    """
    shown = set(schema.dump_fields) - ON_REQUEST.keys() if chosen is None else set(chosen)
    if claims:
        shown.add("claims")
    return tuple(
        column
        for name, field in schema.dump_fields.items()
        if name in shown
        for column in _columns((_told(name, field),), field)
    )


def _told(name: str, field: fields.Field[Any]) -> str:
    """The name under which a field is served (`from`, where Python has to call it `from_`)."""
    return name if field.data_key is None else field.data_key


def _columns(path: tuple[str, ...], field: fields.Field[Any]) -> Iterator[Column]:
    if isinstance(field, fields.Nested) and not field.many:
        for name, member in field.schema.dump_fields.items():
            yield from _columns((*path, _told(name, member)), member)
    else:
        yield Column(path, isinstance(field, fields.List) and _holds_no_separator(field.inner))


def _holds_no_separator(field: fields.Field[Any]) -> bool:
    """Whether a value of a field is an id, a path or a term of a vocabulary."""
    return isinstance(field, Reference | Slug) or any(isinstance(check, OneOf) for check in field.validators)


def csv_lines(columns: Sequence[Column], documents: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """A header and one line per record, as records are served. A line holds line breaks where its texts do."""
    line_of = csv.writer(_Line(), quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n").writerow
    yield BYTE_ORDER_MARK + _encoded(line_of([column.header for column in columns]))
    for document in documents:
        yield _encoded(line_of([_cell(_value(document, path), joined) for path, joined in columns]))


def _encoded(line: Any) -> bytes:
    return str(line).encode()


def _value(document: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """What the names lead to; None where one on the way has no value."""
    found: Any = document
    for name in path:
        found = found.get(name)
        if found is None:
            return None
    return found


def _cell(value: Any, joined: bool) -> str | int | float:
    if isinstance(value, str):
        return _harmless(value)
    if isinstance(value, bool):
        return TRUE if value else FALSE
    if isinstance(value, int | float):
        return value
    if not value:
        return NOTHING
    return _harmless(SEPARATOR.join(value) if joined else compact(value).decode())


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if STARTS_FORMULA.match(text) else text
