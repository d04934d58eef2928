"""How text is folded and split into words, once, before any engine sees it."""

import re
import unicodedata
from functools import lru_cache

APOSTROPHES = re.compile("['\u2018\u2019\u02bc`\u00b4]")
WORD = re.compile(r"[^\W_]+")

LONGEST_WORD = 64
"""In characters; PostgreSQL takes lexemes of up to 2,046 bytes."""


def fold(text: str) -> str:
    """Words in lower case without diacritics or apostrophes, hyphens as spaces: "Hyŏn Yŏng-ch'ŏl" is "hyon yong chol".

    Hangul stays whole (Unicode NFKD takes syllables apart, NFC puts them together again).
    """
    return " ".join(words(text))


def words(text: str) -> list[str]:
    """The folded words of a text, in order; none longer than an index takes."""
    bare = APOSTROPHES.sub("", text)
    if bare.isascii():
        return [word[:LONGEST_WORD] for word in WORD.findall(bare.casefold())]
    stripped = "".join(c for c in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(c))
    return [word[:LONGEST_WORD] for word in WORD.findall(unicodedata.normalize("NFC", stripped).casefold())]


@lru_cache(maxsize=20_000)
def folded(word: str) -> tuple[str, ...]:
    """The folded words of one word as it is written; kept, for texts are made of the same ones."""
    return tuple(words(word))
