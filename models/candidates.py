"""Whom spellings can mean: the people and institutions whose names they match, the likeliest first."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from models.batches import in_batches
from models.database import execute, marks
from models.moment import ALL_KNOWN, Moment
from models.names import Shared, matched, sound_keys, word_keys
from models.registry import RESOURCE
from models.text import words

SAME, FOLDED, SOUND, PART = 1.0, 0.99, 0.95, 0.5
"""Scores: the same text; the same words folded; the same syllables in another spelling; some of the words."""

DOUBT = 0.02
"""What each further reading of a syllable takes from a score."""

DISTINCT = "links.distinct-from"
"""The relation of namesakes that are known to be others."""


class Match(NamedTuple):
    """A spelling of a record's name that was found, how well it matches, and syllable by syllable why."""

    path: str
    text: str
    score: float
    syllables: tuple[Shared, ...]

    @property
    def is_whole(self) -> bool:
        """Whether all of the name matched, and not only some of its words."""
        return bool(self.syllables) or self.score >= FOLDED


class Near(NamedTuple):
    """The spellings that a name may match: those with all its words, and those of which the sounds are alike."""

    worded: frozenset[str]
    sounding: frozenset[str]


Links = Mapping[str, list[str]]
"""Path -> its namesakes' paths."""


def candidates(asked: Iterable[str], limit: int, moment: Moment = ALL_KNOWN) -> dict[str, list[dict[str, Any]]]:
    """Name by name, up to `limit` records that it can mean: each with its match, names and known namesakes.

    The best come first, and a namesake that matches too comes right after the one it is not. Spellings and namesakes
    are those known at the moment.
    """
    ranked = _ranked(asked, moment)
    links = _namesakes((match.path for matches in ranked.values() for match in matches[:limit]), moment)
    chosen = {name: _side_by_side(matches, links, limit) for name, matches in ranked.items()}
    return _described(chosen, moment)


def matches(asked: Iterable[str], moment: Moment = ALL_KNOWN) -> dict[str, list[Match]]:
    """Spelling by spelling, the records whose whole name it can be, by the names known at a moment, best first."""
    return {name: [match for match in best if match.is_whole] for name, best in _ranked(asked, moment).items()}


def _ranked(asked: Iterable[str], moment: Moment) -> dict[str, list[Match]]:
    near, paths = _near(dict.fromkeys(asked), moment)
    return {name: _best(name, spellings, paths) for name, spellings in near.items()}


def _near(asked: Iterable[str], moment: Moment) -> tuple[dict[str, Near], Mapping[str, set[str]]]:
    """The known spellings near each name, all looked up together, and the paths of the records that are so spelled."""
    by_then = moment.by_then("n")
    wanted = {name: (word_keys(name), sound_keys(name)) for name in asked}
    texts: dict[str, set[str]] = defaultdict(set)
    paths: dict[str, set[str]] = defaultdict(set)
    for chunk in in_batches(sorted({key for both in wanted.values() for keys in both for key in keys})):
        rows = execute(
            "SELECT k.key, k.text, k.path FROM name_key k "
            f"JOIN name n ON n.path = k.path AND n.text = k.text WHERE k.key IN ({marks(chunk)}){by_then.sql}",
            (*chunk, *by_then.values),
        )
        for key, text, path in rows.fetchall():
            texts[key].add(text)
            paths[text].add(path)
    near = {name: Near(_in_all(texts, said), _in_any(texts, sounds)) for name, (said, sounds) in wanted.items()}
    return near, paths


def _in_all(texts: Mapping[str, set[str]], keys: Collection[str]) -> frozenset[str]:
    found = [texts.get(key, set()) for key in keys]
    return frozenset(set.intersection(*found)) if found else frozenset()


def _in_any(texts: Mapping[str, set[str]], keys: Collection[str]) -> frozenset[str]:
    return frozenset(text for key in keys for text in texts.get(key, ()))


def _best(asked: str, near: Near, paths: Mapping[str, Iterable[str]]) -> list[Match]:
    """The best match of each record, best first."""
    best: dict[str, Match] = {}
    for text in sorted(near.worded | near.sounding):
        if found := _match(asked, text, worded=text in near.worded):
            for path in paths[text]:
                if path not in best or found[0] > best[path].score:
                    best[path] = Match(path, text, *found)
    return sorted(best.values(), key=_likeliest)


def _match(asked: str, text: str, *, worded: bool) -> tuple[float, tuple[Shared, ...]] | None:
    """The score of a spelling, and syllable by syllable why; `worded` where it has all words of the one asked for."""
    mine, theirs = (_sorted_words(asked), _sorted_words(text)) if worded else ((), ())
    if worded and mine == theirs:
        return (SAME if asked == text else FOLDED), ()
    if shared := matched(asked, text):
        further = sum(len(pair.readings) - 1 for pair in shared)
        return max(PART, round(SOUND - DOUBT * further, 2)), shared
    return (round(PART * len(mine) / len(theirs), 2), ()) if worded and len(mine) < len(theirs) else None


@lru_cache(maxsize=20_000)
def _sorted_words(text: str) -> tuple[str, ...]:
    return tuple(sorted(words(text)))


def _likeliest(match: Match) -> tuple[float, str]:
    return -match.score, match.path


def _namesakes(paths: Iterable[str], moment: Moment) -> Links:
    """Those that are known to be others, whichever of the two records says so."""
    by_then = moment.made_by_then()
    found: dict[str, set[str]] = defaultdict(set)
    for chunk in in_batches(dict.fromkeys(paths)):
        for here, there in (("path", "target"), ("target", "path")):
            rows = execute(
                f"SELECT {here}, {there} FROM reference r "
                f"WHERE relation = ? AND {here} IN ({marks(chunk)}){by_then.sql}",
                (DISTINCT, *chunk, *by_then.values),
            )
            for path, namesake in rows.fetchall():
                found[path].add(namesake)
    return {path: sorted(others) for path, others in found.items()}


def _side_by_side(ranked: Sequence[Match], links: Links, limit: int) -> list[Match]:
    """The first `limit` matches, each followed by those of its namesakes that match too."""
    others = {match.path: match for match in ranked}
    placed: list[Match] = []
    for match in ranked[:limit]:
        if others.pop(match.path, None):
            beside = [others.pop(path) for path in links.get(match.path, ()) if path in others]
            placed += [match, *sorted(beside, key=_likeliest)]
    return placed[:limit]


def _described(chosen: Mapping[str, Sequence[Match]], moment: Moment) -> dict[str, list[dict[str, Any]]]:
    paths = dict.fromkeys(match.path for matches in chosen.values() for match in matches)
    names, links = _names_of(paths, moment), _namesakes(paths, moment)
    called = _called({*paths, *(other for others in links.values() for other in others)})
    return {
        asked: [
            {
                "record": match.path,
                "name": called[match.path],
                "url": f"/v1/{match.path}",
                "score": match.score,
                "spelling": match.text,
                "syllables": [
                    {"asked": pair.one, "found": pair.other, "readings": list(pair.readings)}
                    for pair in match.syllables
                ],
                "names": names[match.path],
                "distinct_from": [{"record": path, "name": called[path]} for path in links.get(match.path, ())],
            }
            for match in matches
        ]
        for asked, matches in chosen.items()
    }


def _names_of(paths: Iterable[str], moment: Moment) -> dict[str, list[dict[str, str]]]:
    by_then = moment.by_then("n")
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for chunk in in_batches(paths):
        rows = execute(
            f"SELECT n.path, n.text, n.script, n.system FROM name n WHERE n.path IN ({marks(chunk)}){by_then.sql} "
            "ORDER BY n.path, n.script, n.system, n.text",
            (*chunk, *by_then.values),
        )
        for path, text, script, system in rows.fetchall():
            found[path].append({"text": text, "script": script, "system": system})
    return found


def _called(paths: Iterable[str]) -> dict[str, str]:
    """What we call each record."""
    within: dict[str, list[str]] = defaultdict(list)
    for path in sorted(paths):
        within[path.partition("/")[0]].append(path)
    found: dict[str, str] = {}
    for resource, chosen in within.items():
        table = RESOURCE[resource].table._meta.table_name
        for chunk in in_batches(chosen):
            found |= dict(execute(f"SELECT path, name FROM {table} WHERE path IN ({marks(chunk)})", chunk).fetchall())
    return found
