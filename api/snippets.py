"""Snippets: the part of a text that is shown of a hit, as HTML, with the words found marked."""

import re
from collections.abc import Iterator, Sequence

from markupsafe import escape

from models.search import Token
from models.text import folded

AROUND = 80
"""Characters of a snippet before and after the first word found."""

OPENED, CLOSED = "\x01", "\x02"
"""Around a word found, until the text is escaped; no text holds them (`api.schemas.fields.clean_text`)."""

WORD = re.compile(r"[^\W_]+(?:['\u2018\u2019\u02bc`\u00b4][^\W_]+)*")


def marked(text: str, found: Sequence[Token]) -> str | None:
    """The part of a text around the first word found: escaped for HTML, each word found within <mark>."""
    spans = _spans(text, found)
    first, last = next(spans, (0, 0))
    if not last:
        return None
    start, end = max(0, first - AROUND), min(len(text), last + AROUND)
    parts, at = ["…" if start else ""], start
    while last and last <= end:
        parts += [text[at:first], OPENED, text[first:last], CLOSED]
        first, last, at = *next(spans, (0, 0)), last
    parts += [text[at:end], "…" if end < len(text) else ""]
    return str(escape("".join(parts))).replace(OPENED, "<mark>").replace(CLOSED, "</mark>")


def _spans(text: str, found: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Where the words of a text are that are found, as far as anybody asks."""
    whole = {token.word for token in found if not token.is_prefix}
    beginnings = tuple(token.word for token in found if token.is_prefix)
    for match in _looked_at(text, found):
        for word in folded(match[0]):
            if word in whole or word.startswith(beginnings):
                yield match.span()
                break


def _looked_at(text: str, found: Sequence[Token]) -> Iterator[re.Match[str]]:
    """The words of a text; of one whose words are folded by their case alone, those near what is found."""
    if not text.isascii() or "'" in text or "`" in text:
        yield from WORD.finditer(text)
        return
    plain, at = text.lower(), 0
    while starts := [start for token in found if (start := plain.find(token.word, at)) >= 0]:
        match = WORD.search(plain, max(at, plain.rfind(" ", at, min(starts)) + 1))
        assert match, "a word that is found stands in a word of the text"
        yield match
        at = match.end()
