"""Bytes read as choices, and what is chosen from: values that break programs, and values of the right kind changed."""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any, TypeVar

T = TypeVar("T")

TEXTS = (
    "", " ", "\0", "a\0b", "\n", "\r\nSet-Cookie: a=b", "\x7f", "\x1b[31m", "\u202e", "\ufeff", "\ufffe", "\ud800",
    "\udfff", "\U0001f600", "\U0010ffff", "e\u0301" * 40, "ﷺ" * 60, "ß", "İ", "ﬀ", "١٢٣", "２０１５", "한글",
    "김정은", "Ⅷ", "½", "'", '"', "`", "\\", "%", "%00", "%0d%0a", "%c0%af", "%ed%a0%80", "..", "../../etc/passwd",
    "..%2f", "/", "//", "\\\\", "' OR '1'='1", "1; DROP TABLE record", "x' UNION SELECT input FROM record --",
    "NEAR(a b)", "a*", '"a', "a OR b", "^a", "=1+1", "@SUM(A1)", "+1", "-1", "\t=1", "<script>alert(1)</script>",
    "]]>", "&amp;", "&x;", "{{7*7}}", "${7*7}", "%s%n", "0", "1", "00", "1.0", "1e5", "1e400", "-0", "NaN",
    "Infinity", "-Infinity", "0x10", "9" * 19, "9" * 30, "9" * 400, "1" * 5000, "9223372036854775807",
    "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1_000", "１", "²", "2016-99-99",
    "2015-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "-9999", "9999-99-99", "10000-01-01", "2015-24",
    "2015/..", "../..", "[2015-01-01,2015-01-02]", "2015-XX-XX", "2015-06~", "Y-17E7", "2015-06-21T10:00:00+99:99",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-01T00:00:00Z", "2026-01-01T24:00:00Z",
    "2026-12-31T23:59:60Z", "yesterday", "true", "false", "null", "None", "nan", "all", "id", "name", "type",
    "resource", "__proto__", "constructor", "claims", "sets", "defectors/", "people/x", "people/../x", "claims/%00",
    "a" * 80, "a" * 81, "a" * 201, "a" * 2001, "a b " * 500, "-" * 80, "a-" * 100, "kim " * 50, "ch" * 100,
    "kyong-hyon " * 12, "k'" * 60, ",", "," * 500, ".", "_", "-", "''''''=", "W/\"1\"", "*",
)  # fmt: skip
"""Texts that have broken programs before."""

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1.5, -0.0, 1e16, 1e308, 10**18, 2**63, -(2**63) - 1, 10**29, 10**40, [], [[]],
    [None], {}, {"": None}, {"a": {}}, [[[[[[[[]]]]]]]], {"id": "x"}, [{}], {"edtf": "2015"},
    {"edtf": {"edtf": "2015"}}, {"record": "people/x"}, {"value": 1e400},
)  # fmt: skip
"""JSON values that are seldom what is meant."""

RAW_JSON = (
    b"NaN", b"-Infinity", b"1e400", b"-1e400", b"1" * 400, b"0." + b"1" * 400, b"1e-400", b'"\\ud800"', b'"\\u0000"',
    b'"\\x41"', b"[" * 70 + b"]" * 70, b"[" * 5000, b'{"a":' * 3000, b'{"a":1,"a":2}', b"'a'", b"//", b"\xff",
    b"\xc0\x80", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x00", b",", b"]", b"}", b'"', b"\\", b" " * 3000, b"01", b"+1",
    b".5", b"truE", b"\x0b", b"{}[]", b'{"id":"a"}{"id":"b"}',
)  # fmt: skip
"""What is put into a body's bytes: little of it is JSON."""


class Choices:
    """Bytes, read as one choice after another; where they have come to an end, each further choice is the first."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def below(self, n: int) -> int:
        """A number from 0 to n - 1."""
        width = 1 if n <= 256 else 2
        taken = self.data[self.at : self.at + width]
        self.at += width
        return int.from_bytes(taken, "big") % n

    def one_in(self, n: int) -> bool:
        """True once in n times; False at the end of the bytes."""
        return self.below(n) == n - 1

    def one_of(self, values: Sequence[T]) -> T:
        """One of some values."""
        return values[self.below(len(values))]

    def some(self, most: int) -> bytes:
        """Up to so many of the bytes themselves."""
        length = self.below(most + 1)
        self.at += length
        return self.data[self.at - length : self.at]

    def text(self) -> str:
        """A hostile text: one that is known to be, several of them, or the bytes themselves."""
        kind = self.below(6)
        if kind < 4:
            return self.one_of(TEXTS)
        if kind == 4:
            return self.one_of(TEXTS) + self.one_of(TEXTS)
        return self.some(24).decode("latin-1")

    def value(self) -> Any:
        """A hostile value."""
        return deepcopy(self.one_of(ODD)) if self.below(2) else self.text()


Place = tuple[Any, Any]
"""A list or mapping, and where in it."""


def places(value: Any) -> Iterator[Place]:
    """Every place in a value: parent and key, outermost first."""
    pending = [value]
    while pending:
        one = pending.pop(0)
        for key in list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ():
            yield one, key
            pending.append(one[key])


def mutated(choices: Choices, value: Any, others: Sequence[Any] = ()) -> Any:
    """A value with some of its parts changed; `others` are values of which parts may be taken."""
    value = json.loads(json.dumps(value))
    for _ in range(1 + choices.below(3)):
        there = list(places(value))
        if not there:
            return choices.value()
        parent, key = there[choices.below(len(there))]
        _change(choices, parent, key, there, others)
    return choices.value() if choices.one_in(40) else value


def _change(choices: Choices, parent: Any, key: Any, there: Sequence[Place], others: Sequence[Any]) -> None:
    kind = choices.below(9)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, dict):
        parent[choices.text()] = parent.pop(key)
    elif kind == 2 and isinstance(parent[key], str):
        at = choices.below(len(parent[key]) + 1)
        parent[key] = parent[key][:at] + choices.text() + parent[key][at + choices.below(3) :]
    elif kind == 3:
        other, name = there[choices.below(len(there))]
        parent[key] = json.loads(json.dumps(other[name]))
    elif kind == 4 and others:
        found = list(places(choices.one_of(others)))
        other, name = found[choices.below(len(found))]
        parent[key] = json.loads(json.dumps(other[name]))
    elif kind == 5:
        parent[key] = [parent[key]] * (1 + choices.below(3))
    elif kind == 6:
        parent[key] = {choices.text(): parent[key]}
    elif kind == 7 and isinstance(parent[key], list):
        parent[key] = [*parent[key], *parent[key], choices.value()]
    else:
        parent[key] = choices.value()


def mangled(choices: Choices, data: bytes, tokens: Sequence[bytes] = RAW_JSON) -> bytes:
    """Bytes with some of them changed, cut out, doubled or put in."""
    for _ in range(1 + choices.below(3)):
        at = int(len(data) * choices.below(256) / 256)
        span = 1 + choices.below(12)
        kind = choices.below(6)
        if kind == 0:
            data = data[:at] + choices.one_of(tokens) + data[at:]
        elif kind == 1:
            data = data[:at] + choices.one_of(tokens) + data[at + span :]
        elif kind == 2:
            data = data[:at] + data[at + span :]
        elif kind == 3:
            data = data[:at]
        elif kind == 4:
            data = data[: at + span] + data[at:]
        else:
            data = data[:at] + bytes(byte ^ (1 << choices.below(8)) for byte in data[at : at + 1]) + data[at + 1 :]
    return data


def as_json(choices: Choices, value: Any) -> bytes:
    """A value as JSON, as a client may write it; a lone surrogate as it stands is no UTF-8, and is written so."""
    escaped = not choices.below(2)
    return json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
