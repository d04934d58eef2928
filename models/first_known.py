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
  SELECT r.target AS path, min(c.known_latest) AS surely, min(c.known_earliest) AS possibly
  FROM touched t JOIN reference r ON r.target = t.path AND r.relation IN ('source', 'chain.source')
  JOIN claim c ON c.path = r.path WHERE t.path BETWEEN ? AND ? GROUP BY r.target
  UNION ALL
  SELECT r.target, min(s.published_latest), min(s.published_earliest)
  FROM touched t JOIN reference r ON r.target = t.path AND r.relation = 'cites' JOIN source s ON s.path = r.path
  WHERE t.path BETWEEN ? AND ? GROUP BY r.target
) AS found
WHERE found.path LIKE 'sources/%' AND found.path NOT IN (SELECT path FROM first_known)
GROUP BY found.path
"""

THEIR_OWN = """
INSERT INTO touched (path)
SELECT DISTINCT r.target FROM touched t JOIN reference r ON r.path = t.path AND r.relation IN ('publisher', 'authors')
WHERE true ON CONFLICT DO NOTHING
"""
"""Those whom a touched source names: they may be known with it."""

OTHERS = """
INSERT INTO first_known (path, surely, possibly)
SELECT found.path, min(found.surely), min(found.possibly) FROM (
  SELECT r.target AS path, min(c.known_latest) AS surely, min(c.known_earliest) AS possibly
  FROM touched t JOIN reference r ON r.target = t.path JOIN claim c ON c.path = r.path
  WHERE t.path BETWEEN ? AND ? GROUP BY r.target
  UNION ALL
  SELECT r.target, min(s.surely), min(s.possibly)
  FROM touched t JOIN reference r ON r.target = t.path AND r.relation IN ('publisher', 'authors')
  JOIN first_known s ON s.path = r.path WHERE t.path BETWEEN ? AND ? GROUP BY r.target
  UNION ALL
  SELECT l.target, min(c.known_latest), min(c.known_earliest)
  FROM touched t JOIN reference l ON l.target = t.path AND l.pointer LIKE '/links/%/to'
  JOIN reference b ON b.path = l.path AND b.relation = 'links.claims'
    AND b.pointer LIKE replace(l.pointer, '/to', '/claims/%')
  JOIN claim c ON c.path = b.target WHERE t.path BETWEEN ? AND ? GROUP BY l.target
) AS found
WHERE found.path NOT LIKE 'sources/%' AND found.path NOT IN (SELECT path FROM first_known)
GROUP BY found.path
"""


AFFECTED = (
    ("r.path", "FROM record r WHERE r.path IN ({chosen})"),
    ("r.target", "FROM reference r WHERE r.path IN ({chosen})"),
    (
        "l.target",
        "FROM reference b JOIN reference l ON l.path = b.path AND l.pointer LIKE '/links/%/to' "
        "WHERE b.relation = 'links.claims' AND b.target IN ({chosen})",
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
"""How many touched paths are looked at in one statement that gathers: what is gathered is held in memory, so that each
part of it finds the least of each path by itself, in the order of paths."""


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
