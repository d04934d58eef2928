"""Full-text search: how a question is read, and the records that it finds, alike on either engine.

A question is its folded words, in any order; all must be found in a record, each as a word or, from three letters on
(hangul at once), as the beginning of one. Words that together spell a name stand for that name: its other spellings
are found too, and the records that refer to whoever bears it. No character of a question has a meaning of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from models.candidates import Match, matches
from models.database import execute, is_postgresql, marks
from models.moment import Condition, Moment
from models.names import readings
from models.text import words

LONGEST_NAME = 4
"""In words."""

MOST_BEARERS = 10
"""How many records one name of a question stands for, at the most."""


Column = Literal["names", "body"]
"""What is searched: names alone, or all words."""


class Token(NamedTuple):
    """A word to be found: as a whole, or as a beginning."""

    word: str
    is_prefix: bool

    def hits(self, word: str) -> bool:
        """Whether it finds a word."""
        return word.startswith(self.word) if self.is_prefix else word == self.word


Alternative = tuple[Token, ...]
"""Words that must all be found."""


@dataclass(frozen=True)
class Term:
    """One word of a question, or one name in it, and all that it can be found by."""

    alternatives: tuple[Alternative, ...]
    bearers: tuple[Match, ...] = ()


@dataclass(frozen=True)
class Question:
    """What is searched for: terms that must all be found."""

    terms: tuple[Term, ...]

    @property
    def bearers(self) -> tuple[Match, ...]:
        """The records whose name the whole question is."""
        return self.terms[0].bearers if len(self.terms) == 1 else ()

    def tokens(self) -> Iterator[Token]:
        """Every word that can make it found."""
        for term in self.terms:
            for alternative in term.alternatives:
                yield from alternative


class NothingToFind(ValueError):
    """A question has no word."""


def question(text: str, moment: Moment) -> Question:
    """Read a question that `check` lets pass."""
    return Question(tuple(_terms(words(text), moment)))


def check(text: str) -> None:
    """Raise NothingToFind unless a text has words to be found."""
    if not words(text):
        raise NothingToFind("holds no letter or digit to search for")


def _terms(asked: Sequence[str], moment: Moment) -> Iterator[Term]:
    """The names in it, the longest first at each word, and the words that are left."""
    named = matches(dict.fromkeys(_runs(asked)), moment)
    start = 0
    while start < len(asked):
        rest = asked[start : start + LONGEST_NAME]
        name = next((n for n in range(len(rest), 0, -1) if named.get(" ".join(rest[:n]))), None)
        run = asked[start : start + (name or 1)]
        yield _term(run, named[" ".join(run)][:MOST_BEARERS] if name else (), moment)
        start += len(run)


def _runs(asked: Sequence[str]) -> Iterator[str]:
    """Words one after the other that may together be a name."""
    for start in range(len(asked)):
        for end in range(start + 1, min(start + LONGEST_NAME, len(asked)) + 1):
            if end > start + 1 or _is_whole_name(asked[start]):
                yield " ".join(asked[start:end])


def _term(run: Sequence[str], bearers: Sequence[Match], moment: Moment) -> Term:
    return Term((_typed(run), *(_spellings(bearers, moment) if bearers else ())), tuple(bearers))


def _is_whole_name(word: str) -> bool:
    """Whether one word can be a whole name: hangul alone is written so."""
    return not word.isascii() and bool(readings(word))


def _typed(asked: Sequence[str]) -> Alternative:
    return tuple(Token(word, len(word) >= 3 or not word.isascii()) for word in asked)


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


def _all_of(conditions: Sequence[Condition]) -> Condition:
    sql = " AND ".join(condition.sql for condition in conditions)
    return Condition(f"({sql})", tuple(value for condition in conditions for value in condition.values))


def _indexed(asked: Question, column: Column, table: str) -> Condition:
    """The condition that the index finds a row."""
    if is_postgresql():
        return Condition(f"{table}.{column}_index @@ ?::tsquery", (_expression(asked, _tsquery, " & ", " | "),))
    wanted = f"{{{column}}} : ({_expression(asked, _fts5, ' AND ', ' OR ')})"
    return Condition(f"{table}.id IN (SELECT rowid FROM search_index WHERE search_index MATCH ?)", (wanted,))


def _expression(asked: Question, spelled: Callable[[Token], str], every: str, some: str) -> str:
    """The question as one engine writes it: of words of letters and digits alone, so that nothing needs escaping."""
    terms = [
        some.join(f"({every.join(spelled(token) for token in alternative)})" for alternative in term.alternatives)
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
    for alternative in term.alternatives:
        each = []
        for token in alternative:
            each.append(
                f"EXISTS (SELECT 1 FROM search_text s WHERE s.path = t.path{by_then.sql}{named} "
                "AND ' ' || s.words || ' ' LIKE ?)"
            )
            values += [*by_then.values, f"% {token.word}{'' if token.is_prefix else ' '}%"]
        sql.append(f"({' AND '.join(each)})")
    return Condition(f"({' OR '.join(sql)})", tuple(values))
