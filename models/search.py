"""Full-text search: how a question is read, and the records that it finds, alike on either engine.

A question is its folded words, in any order; all must be found in a record, each as a word or, from three letters on
(hangul at once), as the beginning of one. Words that together spell a name, in whatever order and place, stand for that
name too: its other spellings are found, and the records that refer to whoever bears it. No character of a question has
a meaning of its own.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Literal, NamedTuple

from models.candidates import Match, matches
from models.database import execute, is_postgresql, marks
from models.moment import Condition, Moment
from models.names import readings
from models.text import words

MOST_WORDS = 12
LONGEST_NAME, LONGEST_READ = 4, 3
"""In words: of any name, and of one that is read by its syllables."""

LONGEST_SPELLING = 200
"""In characters: a longer question is no name as a whole."""

MOST_NAMES = 4
"""How many names one word of a question is taken for a part of, at the most."""

MOST_BEARERS = 10
"""How many records one name of a question stands for, at the most."""


Column = Literal["names", "body"]
"""What is searched: names alone, or all words."""


class Token(NamedTuple):
    """A word to be found: as a whole, or as a beginning."""

    word: str
    is_prefix: bool

    @property
    def spaced(self) -> str:
        """What is found wherever it finds a word of a text that has a space before each word and after the last."""
        return f" {self.word}" if self.is_prefix else f" {self.word} "


Alternative = tuple[Token, ...]
"""Words that must all be found."""

Term = tuple[Alternative, ...]
"""All that one word of a question can be found by: itself, and the names that it is a part of."""


@dataclass(frozen=True)
class Question:
    """What is searched for: terms that must all be found, and the records whose name the whole question is."""

    terms: tuple[Term, ...]
    bearers: tuple[Match, ...] = ()

    def tokens(self) -> Iterator[Token]:
        """Every word that can make it found."""
        for term in self.terms:
            for alternative in term:
                yield from alternative


class NothingToFind(ValueError):
    """A question has no word, or too many."""


def question(text: str, moment: Moment) -> Question:
    """Read a question that `check` lets pass. The order and the spelling of its words say only who comes first."""
    asked = words(text)
    named: dict[str, list[Alternative]] = {word: [_typed(word)] for word in asked}
    for name, bearers in _names(sorted(asked), moment):
        spelled = list(_spellings(bearers, moment))
        for word in dict.fromkeys(name):
            named[word] += spelled
    whole = text.strip()
    bearers = matches([whole], moment)[whole] if len(whole) <= LONGEST_SPELLING else []
    return Question(tuple(tuple(dict.fromkeys(found)) for found in named.values()), tuple(bearers[:MOST_BEARERS]))


def check(text: str) -> None:
    """Raise NothingToFind unless a text has words to be found, and not too many."""
    asked = words(text)
    if not asked:
        raise NothingToFind("holds no letter or digit to search for")
    if len(asked) > MOST_WORDS:
        raise NothingToFind(f"has {len(asked)} words; {MOST_WORDS} are the most")


def _names(asked: Sequence[str], moment: Moment) -> Iterator[tuple[tuple[str, ...], list[Match]]]:
    """Those of its sorted words that are a name together, in any order, and who bears it.

    No name that is part of another; and a word is part of few at the most: the longest, and of these the likeliest.
    """
    bearing = _bearing(asked, moment)
    taken: list[tuple[str, ...]] = []
    for name in sorted(bearing, key=lambda name: (-len(name), -bearing[name][0].score, name)):
        within = any(not Counter(name) - Counter(other) for other in taken)
        if not within and all(sum(word in other for other in taken) < MOST_NAMES for word in name):
            taken.append(name)
            yield name, bearing[name]


def _bearing(asked: Sequence[str], moment: Moment) -> dict[tuple[str, ...], list[Match]]:
    """Words that are a name together, in some order -> who bears it, the likeliest first."""
    spelled = {" ".join(order): name for name in _runs(asked) for order in _orders(name)}
    bearing: dict[tuple[str, ...], dict[str, Match]] = {}
    for text, found in matches(spelled, moment).items():
        for match in found:
            best = bearing.setdefault(spelled[text], {})
            best[match.path] = max(match, best.get(match.path, match), key=lambda one: one.score)
    return {
        name: sorted(best.values(), key=lambda match: (-match.score, match.path))[:MOST_BEARERS]
        for name, best in bearing.items()
    }


def _runs(asked: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Every choice of its words that can be a name."""
    yield from ((word,) for word in dict.fromkeys(asked) if _is_whole_name(word))
    for length in range(2, min(LONGEST_NAME, len(asked)) + 1):
        yield from dict.fromkeys(combinations(asked, length))


def _orders(name: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The orders in which to read the words of a name: that of syllables matters, that of other words does not."""
    yield name
    if len(name) <= LONGEST_READ:
        yield from (order for order in permutations(name) if readings(" ".join(order)))


def _is_whole_name(word: str) -> bool:
    """Whether one word can be a whole name: hangul alone is written so."""
    return not word.isascii() and bool(readings(word))


def _typed(word: str) -> Alternative:
    return (Token(word, len(word) >= 3 or not word.isascii()),)


def _spellings(bearers: Sequence[Match], moment: Moment) -> Iterator[Alternative]:
    """Who bears a name is found by it in any spelling that is known, and by being referred to."""
    paths = [match.path for match in bearers]
    by_then = moment.by_then("n")
    rows = execute(
        f"SELECT DISTINCT n.folded FROM name n WHERE n.path IN ({marks(paths)}){by_then.sql} ORDER BY n.folded",
        (*paths, *by_then.values),
    )
    for (folded,) in rows.fetchall():
        if " " in folded or not folded.isascii():
            yield tuple(Token(word, False) for word in folded.split())
    for path in paths:
        yield (Token(f"@{path}", False),)


def found_by(asked: Question, moment: Moment) -> Condition:
    """The condition that a record `t` of any table is found by a question."""
    index = _indexed(asked, "body", "e")
    found = Condition(f"t.path IN (SELECT e.path FROM search_entry e WHERE {index.sql})", index.values)
    return _all_of([found, *_known_then(asked, "body", moment)])


def found_in(asked: Question, column: Column, moment: Moment) -> Condition:
    """The condition that a row `t` of `search_entry` is found by a question, by its names alone or by all its words."""
    return _all_of([_indexed(asked, column, "t"), *_known_then(asked, column, moment)])


class IndexedRows(NamedTuple):
    """Rows `t` of `search_entry` that are found: what to select them from, their key there, and the condition."""

    source: str
    key: str
    condition: Condition


def rows_found(asked: Question, column: Column, moment: Moment) -> IndexedRows:
    """What `found_in` finds, as the index gives it by its key: no more is read than is asked for."""
    if is_postgresql():
        return IndexedRows("search_entry t", "t.id", found_in(asked, column, moment))
    found = Condition("search_index MATCH ?", (_matching(asked, column),))
    source = "search_index CROSS JOIN search_entry t ON t.id = search_index.rowid"
    return IndexedRows(source, "search_index.rowid", _all_of([found, *_known_then(asked, column, moment)]))


def _all_of(conditions: Sequence[Condition]) -> Condition:
    sql = " AND ".join(condition.sql for condition in conditions)
    return Condition(f"({sql})", tuple(value for condition in conditions for value in condition.values))


def _indexed(asked: Question, column: Column, table: str) -> Condition:
    """The condition that the index finds a row."""
    if is_postgresql():
        return Condition(f"{table}.{column}_index @@ ?::tsquery", (_expression(asked, _tsquery, " & ", " | "),))
    found = "SELECT rowid FROM search_index WHERE search_index MATCH ?"
    return Condition(f"{table}.id IN ({found})", (_matching(asked, column),))


def _matching(asked: Question, column: Column) -> str:
    return f"{{{column}}} : ({_expression(asked, _fts5, ' AND ', ' OR ')})"


def _expression(asked: Question, spelled: Callable[[Token], str], every: str, some: str) -> str:
    """The question as one engine writes it: of words of letters and digits alone, so that nothing needs escaping."""
    terms = [
        some.join(f"({every.join(spelled(token) for token in alternative)})" for alternative in term)
        for term in asked.terms
    ]
    return every.join(f"({term})" for term in terms)


def _fts5(token: Token) -> str:
    return f'"{token.word}"*' if token.is_prefix else f'"{token.word}"'


def _tsquery(token: Token) -> str:
    return f"'{token.word}':*" if token.is_prefix else f"'{token.word}'"


def _known_then(asked: Question, column: Column, moment: Moment) -> list[Condition]:
    """That each term is found in what is known by then; nothing where no day is asked for."""
    return [] if moment.day is None else [_known_words(term, column, moment) for term in asked.terms]


def _known_words(term: Term, column: Column, moment: Moment) -> Condition:
    """A term is found in what is known by then: each word of one alternative in some field."""
    by_then = moment.by_then("s")
    named = " AND (s.field = 'name' OR s.field LIKE 'names.text%')" if column == "names" else ""
    sql, values = [], []
    for alternative in term:
        each = []
        for token in alternative:
            each.append(
                f"EXISTS (SELECT 1 FROM search_text s WHERE s.path = t.path{by_then.sql}{named} "
                "AND ' ' || s.words || ' ' LIKE ?)"
            )
            values += [*by_then.values, f"% {token.word}{'' if token.is_prefix else ' '}%"]
        sql.append(f"({' AND '.join(each)})")
    return Condition(f"({' OR '.join(sql)})", tuple(values))
