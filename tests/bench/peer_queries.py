"""The SQL that somebody would write by hand over talbuk's SQLite file: for Datasette and the FastAPI service.

It needs nothing but the standard library: the peers have an environment of their own. Every statement gives a
record's `document`, `standing` and, where they are asked for, `claims`, in the order that talbuk promises.
"""

from collections.abc import Mapping
from typing import NamedTuple

COLUMNS = ("stage", "whereabouts")
TERMS = ("sector", "motive", "kind", "institution", "left_from", "destination")
PAGE, HITS = 50, 20

SHOWN = "CAST(e.document AS TEXT) AS document, CAST(e.standing AS TEXT) AS standing"
CLAIMS = "'[' || CAST(e.claims AS TEXT) || ']' AS claims"
JOINED = "FROM defector d JOIN entry e ON e.path = d.path"

RECORD = f"SELECT {SHOWN}, {CLAIMS} {JOINED} WHERE d.id = :slug"
FIRST_PAGE = f"SELECT {SHOWN}, {CLAIMS} {JOINED} WHERE d.scope = 'subject' AND d.id > :after ORDER BY d.id LIMIT {PAGE}"
KNOWN = (
    "SELECT CAST(e.document AS TEXT) AS document, CAST(n.standing AS TEXT) AS standing "
    "FROM defector d CROSS JOIN period p ON p.path = d.path AND p.bound = 'surely' AND p.known_from <= :day "
    "AND p.known_until > :day CROSS JOIN first_known k ON k.path = d.path AND k.surely <= :day "
    "CROSS JOIN edition n ON n.path = p.path AND n.number = p.edition JOIN entry e ON e.path = d.path "
    f"WHERE d.scope = 'subject' AND p.status_any = :status ORDER BY d.id LIMIT {PAGE}"
)
"""Joined in the order in which it is fast: left to itself, SQLite reads every period of the day for each page."""

FOUND = (
    "SELECT s.path, s.resource FROM search_entry s JOIN search_index i ON i.rowid = s.id "
    "WHERE search_index MATCH :body ORDER BY s.id NOT IN "
    f"(SELECT rowid FROM search_index WHERE search_index MATCH :names), s.id LIMIT {HITS}"
)


class Statement(NamedTuple):
    """SQL with `?`, and its values."""

    sql: str
    values: tuple[str, ...]

    @property
    def inlined(self) -> str:
        """The statement with its values written into it; they come from a list of ours."""
        sql = self.sql
        for value in self.values:
            sql = sql.replace("?", "'" + value.replace("'", "''") + "'", 1)
        return sql


def filtered(given: Mapping[str, str]) -> Statement:
    """The page that some filters and a sort ask for."""
    where, values = ["d.scope = 'subject'"], []
    for name, value in given.items():
        if name != "sort":
            sql, found = _condition(name, value)
            where.append(sql)
            values += found
    order = _order(given.get("sort", "id"))
    sql = f"SELECT {SHOWN} {JOINED} WHERE {' AND '.join(where)} ORDER BY {order} LIMIT {PAGE}"
    return Statement(sql, tuple(values))


def _condition(name: str, value: str) -> tuple[str, list[str]]:
    if name in COLUMNS:
        return f"d.{name} = ?", [value]
    if name in TERMS:
        return "d.path IN (SELECT path FROM term WHERE field = ? AND value = ?)", [name, value]
    if name == "status":
        wanted = "IS NULL" if value == "none" else "= ?"
        sql = f"d.path IN (SELECT path FROM period WHERE bound = 'now' AND status_any {wanted})"
        return sql, [] if value == "none" else [value]
    if name == "left":
        first, last = value + "0000-01-01"[len(value) :], value + "0000-12-31"[len(value) :]
        return "(d.left_latest >= ? AND d.left_earliest <= ?)", [first, last]
    raise ValueError(name)


def _order(sort: str) -> str:
    name, way = sort.removeprefix("-"), " DESC" if sort.startswith("-") else ""
    if name not in {"left", "arrived"}:
        return ", ".join(dict.fromkeys((f"d.{name}{way}", f"d.id{way}")))
    ends = ("latest", "earliest") if way else ("earliest", "latest")
    keys = [f"d.{name}_{end}{way}" for end in ends]
    return ", ".join([f"d.{name}_earliest IS NULL", *keys, f"d.id{way}"])


def matching(word: str, column: str = "body") -> str:
    """A folded word as FTS5 takes it: from three letters on also as a beginning."""
    return f'{{{column}}} : "{word}"{"*" if len(word) > 2 else ""}'


def counted(facet: str) -> str:
    """How many defectors have each value of a field."""
    if facet in {"stage", "scope", "whereabouts"}:
        return f"SELECT {facet}, count(*) FROM defector GROUP BY 1"
    if facet == "status":
        return "SELECT status_any, count(*) FROM period WHERE bound = 'now' AND path LIKE 'defectors/%' GROUP BY 1"
    return f"SELECT value, count(*) FROM term WHERE field = '{facet}' AND path LIKE 'defectors/%' GROUP BY 1"
