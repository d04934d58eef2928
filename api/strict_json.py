"""JSON that means one thing: no key twice, no NaN, no depth or number that would end the process."""

import json
from typing import Any

LONGEST_NUMBER = 30
"""Digits of a whole number: far more than any has here, and few enough to be read at once."""

DEEPEST = 64
"""How deep lists and objects may stand in each other in what is given: far deeper than any record has them."""


class NotJSON(Exception):
    """A text is no JSON, or not plainly so: the line, counted from 1, and what is wrong there."""

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(detail)
        self.line, self.detail = line, detail


def read_json(text: str, *, unique: bool = True) -> Any:
    """The value that a text is. Raises NotJSON; a key that stands twice is a fault unless `unique` is off."""
    hook = _unique if unique else None
    try:
        return json.loads(text, object_pairs_hook=hook, parse_constant=_refuse_constant, parse_int=_whole_number)
    except json.JSONDecodeError as error:
        raise NotJSON(error.lineno, f"is not JSON: {error.msg} (column {error.colno})") from None
    except RecursionError:
        raise NotJSON(1, "is nested too deeply") from None
    except ValueError as error:
        raise NotJSON(1, str(error)) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        shown = _twice(pairs)[:80].encode("utf-8", "replace").decode()  # a lone surrogate cannot be told to anybody
        raise ValueError(f"has the key {shown} twice")
    return found


def _twice(pairs: list[tuple[str, Any]]) -> str:
    """The first key that stands a second time; there is one. Each is looked at once: a body can have 200,000."""
    seen: set[str] = set()
    return next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _whole_number(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"has a number of {len(digits)} digits; {LONGEST_NUMBER} are the most")
    return int(digits)
