"""Search: the records of every kind that words or a name are found in, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from flask import Blueprint, Response

from api import as_of
from api.answers import collection_tag, not_modified
from api.finding import address, following, meaning_of, moment_of, opened
from api.formats import MEDIA_TYPES
from api.operations import operation
from api.pages import covering, format_of, is_covered, listing
from api.parameters import read_query
from api.problems import unfit
from api.schemas.filters import Words
from api.schemas.parameters import Cursor, Flag, Format, Several, WholeNumber
from api.schemas.queries import KnownQuery
from api.schemas.records import ALL
from api.schemas.search import NAMED, TOLD, HitSchema
from api.snippets import marked
from models.candidates import Match
from models.database import execute, marks, reading
from models.derive import APART, FURTHER, NAMING, REFERS
from models.moment import Condition, Moment
from models.search import Question, Token, found_in, question, rows_found

MOST, DEFAULT = 100, 20
BEARERS, NAMES, TEXT = 0, 1, 2
"""The order of hits: those whose name the question is, those with it in their names, all others."""

blueprint = Blueprint("search", __name__)


class SearchQuery(KnownQuery):
    """What can be searched for."""

    q = Words(
        "Words and names that must all be found: in any order and spelling, in Latin letters or hangul, from three "
        "letters on also as the beginning of a word.",
        required=True,
    )
    type = Several(ALL, "Only records of this kind.")
    limit = WholeNumber(1, MOST, "How many hits at most.", default=DEFAULT)
    format = Format()
    cursor = Cursor()
    total = Flag("Also count all hits: `meta.total`.", default=False)


SEARCH_QUERY = SearchQuery()
HIT = HitSchema()


class Hit(NamedTuple):
    """A record that was found: in which tier, where in it, and by which match of a name."""

    tier: int
    position: int
    path: str
    match: Match | None = None


def hits(asked: Question, types: Sequence[str], moment: Moment, limit: int, after: tuple[int, int]) -> list[Hit]:
    """Up to `limit` hits after a tier and position, in order."""
    conditions = _conditions(types, moment)
    found = [hit for hit in _bearing(asked, conditions, moment) if (hit.tier, hit.position) > after]
    for tier in (NAMES, TEXT):
        if len(found) < limit and after[0] <= tier:
            least = after[1] if after[0] == tier else 0
            found += _indexed(asked, conditions, moment, tier, least, limit - len(found))
    return found[:limit]


def _conditions(types: Sequence[str], moment: Moment) -> list[Condition]:
    """What holds of every hit, as a row `t` of `search_entry`."""
    conditions = [Condition(f"t.resource IN ({marks(types)})", tuple(types))] if types else []
    return [*conditions, moment.visible()] if moment.day is not None else conditions


def _bearing(asked: Question, conditions: Sequence[Condition], moment: Moment) -> list[Hit]:
    """The records found whose name the whole question is, the likeliest first."""
    by_path = {match.path: match for match in asked.bearers}
    if not by_path:
        return []
    one_of_them = Condition(f"t.path IN ({marks(list(by_path))})", tuple(by_path))
    shown = {row[0] for row in _select("t.path", [*conditions, one_of_them, found_in(asked, "body", moment)])}
    return [Hit(BEARERS, n, path, match) for n, (path, match) in enumerate(by_path.items(), 1) if path in shown]


def _indexed(
    asked: Question, conditions: Sequence[Condition], moment: Moment, tier: int, least: int, limit: int
) -> list[Hit]:
    rows = rows_found(asked, "names" if tier == NAMES else "body", moment)
    wanted = [rows.condition, *conditions, *_not_before(asked, moment, tier), Condition(f"{rows.key} > ?", (least,))]
    found = _select("t.id, t.path", wanted, f"ORDER BY {rows.key} LIMIT {limit:d}", source=rows.source)
    return [Hit(tier, position, path) for position, path in found]


def _not_before(asked: Question, moment: Moment, tier: int) -> list[Condition]:
    """The conditions that what is found in a tier is in none before."""
    bearers = [match.path for match in asked.bearers]
    others = [Condition(f"t.path NOT IN ({marks(bearers)})", tuple(bearers))] if bearers else []
    named = found_in(asked, "names", moment)
    return others if tier == NAMES else [*others, Condition(f"NOT ({named.sql})", named.values)]


def _count(asked: Question, types: Sequence[str], moment: Moment) -> int:
    """How many hits there are, of all tiers: what is found in its names is found in all its words."""
    rows = rows_found(asked, "body", moment)
    return int(_select("count(*)", [rows.condition, *_conditions(types, moment)], source=rows.source)[0][0])


def _select(what: str, conditions: Sequence[Condition], end: str = "", *, source: str = "search_entry t") -> list[Any]:
    where = " AND ".join(condition.sql for condition in conditions)
    values = [value for condition in conditions for value in condition.values]
    found: list[Any] = execute(f"SELECT {what} FROM {source} WHERE {where} {end}", values).fetchall()
    return found


def described(found: Sequence[Hit], asked: Question, moment: Moment) -> Iterator[dict[str, Any]]:
    """Each hit as HitSchema has it: of the texts that search reads, and no document."""
    places = _places([hit.path for hit in found], asked, moment)
    for hit in found:
        resource, _, slug = hit.path.partition("/")
        name, matched = places[hit.path]
        yield {
            "type": resource,
            "id": slug,
            "url": f"/v1/{hit.path}",
            "name": name,
            "score": hit.match.score if hit.match else NAMED if hit.tier == NAMES else TOLD,
            "snippet": _snippet(matched),
            "why": list(_reasons(hit, matched)),
        }


@dataclass
class Place:
    """A searched field of a record in which words of the question are found: these words, and the field's texts."""

    tokens: list[Token] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)

    def add(self, tokens: Sequence[Token], texts: str | None) -> None:
        """A row of the field: where elements of a list are known from different days, there are several."""
        self.tokens += [token for token in tokens if token not in self.tokens]
        self.rows.append(texts or "")

    def texts(self) -> Iterator[str]:
        """Its texts, in the order of the document."""
        rows = [row.split(APART) for row in self.rows]
        return filter(None, rows[0] if len(rows) == 1 else chain.from_iterable(zip_longest(*rows)))


class Places(NamedTuple):
    """What a record is called, and by searched field where words of the question are found."""

    name: str
    matched: dict[str, Place]


CALLED = frozenset({"name", "says"})
"""The searched fields that tell what a record is called: each has one of them, known whenever the record is."""


def _places(paths: Sequence[str], asked: Question, moment: Moment) -> dict[str, Places]:
    """Path -> what it is called and where it was found, as known at the moment."""
    wanted = [(token, token.spaced) for token in dict.fromkeys(asked.tokens())]
    matched: dict[str, dict[str, Place]] = {path: {} for path in paths}
    called: dict[str, str] = {}
    for path, name, words, texts in _searched(paths, asked, moment):
        if name in CALLED:
            called[path] = texts
        spaced = f" {words} "
        if found := [token for token, sought in wanted if sought in spaced]:
            matched[path].setdefault(name.partition(FURTHER)[0], Place()).add(found, texts)
    return {path: Places(called[path], places) for path, places in matched.items()}


def _searched(paths: Sequence[str], asked: Question, moment: Moment) -> list[Any]:
    """Path, field, words and texts of what is searched; without what has no text but where someone is referred to."""
    if not paths:
        return []
    by_then = moment.by_then("s")
    refers = any(token.word.startswith("@") for token in asked.tokens())
    found: list[Any] = execute(
        f"SELECT s.path, s.field, s.words, s.texts FROM search_text s WHERE s.path IN ({marks(paths)})"
        f"{'' if refers else ' AND s.texts IS NOT NULL'}{by_then.sql} ORDER BY s.path, s.field",
        (*paths, *by_then.values),
    ).fetchall()
    return found


def _reasons(hit: Hit, matched: Mapping[str, Place]) -> Iterator[dict[str, Any]]:
    if hit.match:
        syllables = [{"asked": s.one, "found": s.other, "readings": list(s.readings)} for s in hit.match.syllables]
        yield {"field": "names", "words": [hit.match.text], "record": None, "syllables": syllables}
    for name, place in matched.items():
        refers = name.startswith(REFERS)
        yield {
            "field": "refers" if refers else name,
            "words": [] if refers else list(dict.fromkeys(token.word for token in place.tokens)),
            "record": name.removeprefix(REFERS) if refers else None,
            "syllables": [],
        }


def _snippet(matched: Mapping[str, Place]) -> str | None:
    """The first text in which words are found, with these marked; names come last, as they stand in `name`."""
    for name in sorted(matched, key=NAMING.__contains__):
        for text in matched[name].texts():
            if found := marked(text, matched[name].tokens):
                return found
    return None


@blueprint.get("/search")
@operation(query=SEARCH_QUERY, answer=HIT, many=True)
def search() -> Response:
    """Search all records.

    Names and what we say of things in our own words. All words must be found, in any order; hyphens, apostrophes,
    diacritics and case do not matter, and no character has a meaning of its own. A name is found in any spelling, with
    the records that refer to who bears it. First come those whose name it is, then those with it in their names.
    """
    given = read_query(SEARCH_QUERY)
    form = format_of(given)
    tag = collection_tag(MEDIA_TYPES[form])
    if cached := not_modified(tag):
        return cached
    moment, limit = moment_of(given), given.get("limit", DEFAULT)
    meant = meaning_of(given)
    after = _after(given, meant)
    with reading():
        asked, covered = question(given["q"], moment), is_covered(moment)
        types = given.get("type", ())
        found = hits(asked, types, moment, limit + 1, after) if covered else []
        data = list(described(found[:limit], asked, moment))
        meta = {"count": len(data), "limit": limit, **as_of.told(given), **covering(moment, covered=covered)}
        if given.get("total") and covered:
            meta["total"] = _count(asked, types, moment)
    last = found[limit - 1] if len(found) > limit else None
    links = {"self": address(), "next": following(meant, (last.tier, last.position, last.path)) if last else None}
    return listing(HIT, data, links, meta, tag, form)


def _after(given: Mapping[str, Any], meant: str) -> tuple[int, int]:
    if "cursor" not in given:
        return (BEARERS, 0)
    tier, position, path = opened(given["cursor"], meant, (int, int, str))
    return int(tier), int(position) if tier == BEARERS else _position(path, position, given)


def _position(path: str, position: int, given: Mapping[str, Any]) -> int:
    """Where a hit is by now: a state is numbered anew when it is past. Raises Problem where that was erased since."""
    row = execute("SELECT id FROM search_entry WHERE path = ?", (path,)).fetchone()
    if row is None and as_of.NAME in given:
        raise unfit("cursor", "the hit before it was erased since; start without it")
    return int(row[0]) if row else position
