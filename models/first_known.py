"""From which days each record is surely and possibly known (design, section 4): found in SQL, after all else.

A claim is known by its `known`, a source by `published`. Any other record is known with the first known claim that
refers to it anyhow, the first known source that names it as publisher or author, or the first known claim behind a
link to it; an undated source with the first known claim that comes through it, or dated source that cites it.
"""

from collections.abc import Iterator, Sequence

from models.database import execute, marks

CLAIMS = """
INSERT INTO first_known (path, surely, possibly)
SELECT path, known_latest, known_earliest FROM claim WHERE path IN (SELECT path FROM touched)
"""

SOURCES = """
INSERT INTO first_known (path, surely, possibly)
SELECT path, published_latest, published_earliest FROM source
WHERE published_earliest IS NOT NULL AND path IN (SELECT path FROM touched)
"""

UNDATED = """
INSERT INTO first_known (path, surely, possibly)
SELECT found.path, min(found.surely), min(found.possibly) FROM (
  SELECT t.path, min(c.known_latest) AS surely, min(c.known_earliest) AS possibly
  FROM touched t CROSS JOIN reference r CROSS JOIN claim c
  WHERE {undated} AND r.target = t.path AND r.relation IN ('source', 'chain.source') AND c.path = r.path
  GROUP BY t.path
  UNION ALL
  SELECT t.path, min(s.published_latest), min(s.published_earliest)
  FROM touched t CROSS JOIN reference r CROSS JOIN source s
  WHERE {undated} AND r.target = t.path AND r.relation = 'cites' AND s.path = r.path
  GROUP BY t.path
) AS found
GROUP BY found.path
""".format(
    undated="t.path BETWEEN ? AND ? AND t.path LIKE 'sources/%' "
    "AND NOT EXISTS (SELECT 1 FROM first_known x WHERE x.path = t.path)"
)

THEIR_OWN = """
INSERT INTO touched (path)
SELECT DISTINCT r.target FROM touched t CROSS JOIN reference r
WHERE r.path = t.path AND r.relation IN ('publisher', 'authors') ON CONFLICT DO NOTHING
"""
"""Those whom a touched source names: they may be known with it."""

OTHERS = """
INSERT INTO first_known (path, surely, possibly)
SELECT found.path, min(found.surely), min(found.possibly) FROM (
  SELECT t.path, min(c.known_latest) AS surely, min(c.known_earliest) AS possibly
  FROM touched t CROSS JOIN reference r CROSS JOIN claim c
  WHERE {other} AND r.target = t.path AND c.path = r.path
  GROUP BY t.path
  UNION ALL
  SELECT t.path, min(s.surely), min(s.possibly)
  FROM touched t CROSS JOIN reference r CROSS JOIN first_known s
  WHERE {other} AND r.target = t.path AND r.relation IN ('publisher', 'authors') AND s.path = r.path
  GROUP BY t.path
  UNION ALL
  SELECT t.path, min(c.known_latest), min(c.known_earliest)
  FROM touched t CROSS JOIN reference l CROSS JOIN reference b CROSS JOIN claim c
  WHERE {other} AND l.target = t.path AND l.pointer LIKE '/links/%/to' AND b.path = l.path
    AND b.relation = 'links.claims' AND b.pointer LIKE replace(l.pointer, '/to', '/claims/%') AND c.path = b.target
  GROUP BY t.path
) AS found
GROUP BY found.path
""".format(
    other="t.path BETWEEN ? AND ? AND t.path NOT LIKE 'sources/%' "
    "AND NOT EXISTS (SELECT 1 FROM first_known x WHERE x.path = t.path)"
)
"""CROSS JOIN is the order in which SQLite reads: from the few that are touched to what refers to them."""


AFFECTED = (
    ("r.path", "FROM record r WHERE r.path IN ({chosen})"),
    ("r.target", "FROM reference r WHERE r.path IN ({chosen})"),
    (
        "l.target",
        "FROM reference b CROSS JOIN reference l WHERE l.path = b.path AND l.pointer LIKE '/links/%/to' "
        "AND b.relation = 'links.claims' AND b.target IN ({chosen})",
    ),
)
"""The chosen records, what they refer to, and what a link leads to that a chosen claim makes."""


def touch(paths: Sequence[str]) -> None:
    """Note records that are about to change, or have changed, and all whose days hang on them."""
    _touch(marks(paths), paths)


def touch_dirty() -> None:
    """Note likewise what is marked dirty."""
    _touch("SELECT path FROM dirty", ())


def _touch(chosen: str, values: Sequence[str]) -> None:
    for path, source in AFFECTED:
        new = f"NOT EXISTS (SELECT 1 FROM touched x WHERE x.path = {path})"
        execute(
            f"INSERT INTO touched (path) SELECT {path} {source.format(chosen=chosen)} AND {new} ON CONFLICT DO NOTHING",
            values,
        )


CHUNK = 5_000
"""How many touched paths are looked at in one statement that gathers. What is gathered is held in memory, and what is
sorted: so each part finds the least of each path by itself, in the order of the touched paths, and sorts nothing."""


def derive_first_known() -> None:
    """Find the days of all touched paths; claims and sources have theirs in their tables by now."""
    execute(THEIR_OWN)
    execute("DELETE FROM first_known WHERE path IN (SELECT path FROM touched)")
    execute(CLAIMS)
    execute(SOURCES)
    for statement in (UNDATED, OTHERS):
        for ends in _chunks():
            execute(statement, ends * statement.count("BETWEEN"))
    execute("DELETE FROM touched")


def _chunks() -> Iterator[tuple[str, str]]:
    """The first and last of each some thousand touched paths."""
    chunk = f"SELECT path FROM touched WHERE path > ? ORDER BY path LIMIT {CHUNK}"
    last = ""
    while ends := execute(f"SELECT min(path), max(path) FROM ({chunk}) AS chunk", (last,)).fetchone():
        if ends[0] is None:
            return
        yield ends
        last = ends[1]
