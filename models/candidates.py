"""Whom a spelling can mean: the people and institutions whose names it matches, the likeliest first."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from models.batches import in_batches
from models.database import execute, marks
from models.moment import ALL_KNOWN, Moment
from models.names import Shared, keys, matched
from models.text import words

SAME, FOLDED, SOUND, PART = 1.0, 0.99, 0.95, 0.5
"""Scores: the same text; the same words folded; the same syllables in another spelling; some of the words."""

DOUBT = 0.02
"""What each further reading of a syllable takes from a score."""


class Spelling(NamedTuple):
    """One spelling of a record's name."""

    path: str
    text: str
    script: str
    system: str


class Match(NamedTuple):
    """A spelling that was found, how well it matches, and syllable by syllable why."""

    spelling: Spelling
    score: float
    syllables: tuple[Shared, ...]

    @property
    def is_whole(self) -> bool:
        """Whether all of the name matched, and not only some of its words."""
        return bool(self.syllables) or self.score >= FOLDED


def candidates(asked: str, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` records that a spelling can mean, best first: each with its match, names and known namesakes."""
    return _described(_ranked(asked, ALL_KNOWN)[:limit])


def matches(asked: str, moment: Moment) -> list[Match]:
    """The records whose whole name a spelling can be, by the spellings known at a moment, best first."""
    return [match for match in _ranked(asked, moment) if match.is_whole]


def _ranked(asked: str, moment: Moment) -> list[Match]:
    best: dict[str, Match] = {}
    for spelling in _near(asked, moment):
        match = _match(asked, spelling)
        if match and (spelling.path not in best or match.score > best[spelling.path].score):
            best[spelling.path] = match
    return sorted(best.values(), key=lambda match: (-match.score, match.spelling.path))


def _near(asked: str, moment: Moment) -> Iterable[Spelling]:
    """The spellings that share a key with the one asked for, and are known."""
    found = sorted(keys(asked))
    by_then = moment.by_then("n")
    for chunk in in_batches(found):
        rows = execute(
            "SELECT DISTINCT n.path, n.text, n.script, n.system FROM name_key k "
            f"JOIN name n ON n.path = k.path AND n.text = k.text WHERE k.key IN ({marks(chunk)}){by_then.sql}",
            (*chunk, *by_then.values),
        )
        yield from (Spelling(*row) for row in rows.fetchall())


def _match(asked: str, spelling: Spelling) -> Match | None:
    if asked == spelling.text:
        return Match(spelling, SAME, ())
    mine, theirs = words(asked), words(spelling.text)
    if sorted(mine) == sorted(theirs):
        return Match(spelling, FOLDED, ())
    if shared := matched(asked, spelling.text):
        further = sum(len(pair.readings) - 1 for pair in shared)
        return Match(spelling, max(PART, round(SOUND - DOUBT * further, 2)), shared)
    if len(mine) < len(theirs) and set(mine) <= set(theirs):
        return Match(spelling, round(PART * len(mine) / len(theirs), 2), ())
    return None


def _described(ranked: Sequence[Match]) -> list[dict[str, Any]]:
    paths = [match.spelling.path for match in ranked]
    names, documents = _names_of(paths), _documents_of(paths)
    return [
        {
            "record": match.spelling.path,
            "name": documents[match.spelling.path]["name"],
            "url": f"/v1/{match.spelling.path}",
            "score": match.score,
            "spelling": match.spelling.text,
            "syllables": [
                {"asked": pair.one, "found": pair.other, "readings": list(pair.readings)} for pair in match.syllables
            ],
            "names": names[match.spelling.path],
            "distinct_from": [
                link["to"] for link in documents[match.spelling.path]["links"] if link["relation"] == "distinct-from"
            ],
        }
        for match in ranked
    ]


def _names_of(paths: Sequence[str]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {path: [] for path in paths}
    if paths:
        rows = execute(
            f"SELECT path, text, script, system FROM name WHERE path IN ({marks(paths)}) "
            "ORDER BY path, script, system, text",
            paths,
        )
        for path, text, script, system in rows.fetchall():
            found[path].append({"text": text, "script": script, "system": system})
    return found


def _documents_of(paths: Sequence[str]) -> dict[str, Any]:
    if not paths:
        return {}
    rows = execute(f"SELECT path, document FROM entry WHERE path IN ({marks(paths)})", paths)
    return {path: json.loads(bytes(document)) for path, document in rows.fetchall()}
