"""References that lead nowhere and loops that lead back: found in SQL, whatever the number of records."""

from collections.abc import Iterator

from models.database import execute, held
from models.faults import LISTED, Fault
from models.vocabulary import nearest

ACYCLIC = {
    "cites": "a document cannot cite itself, directly or through others",
    "part_of": "a body cannot be part of itself, directly or through others",
    "links.within": "a group cannot be within itself, directly or through others",
    "about.record": "a claim cannot be about itself, directly or through others",
}


WHICH = (("path", "seen"), ("target", "dirty"))
"""Which references can dangle after a write: those of what was given, and those to what is marked as affected."""


def integrity_faults(*, all_of_it: bool, broken: set[str]) -> Iterator[Fault]:
    """Dangling references of what was written and to what was removed, or of everything; and loops."""
    yield from _dangling(all_of_it, broken)
    for relation, rule in ACYCLIC.items():
        yield from _loops(relation, rule)


def _dangling(all_of_it: bool, broken: set[str]) -> Iterator[Fault]:
    found = "SELECT r.path, r.pointer, r.target FROM reference r LEFT JOIN record t ON t.path = r.target "
    nowhere = f"{found} WHERE t.path IS NULL"
    written, gone = (f"{nowhere} AND r.{end} IN (SELECT path FROM {those})" for end, those in WHICH)
    rows = execute(f"{nowhere if all_of_it else f'{written} UNION {gone}'} ORDER BY 1, 2")
    dangling = (row for row in rows.fetchall() if row[2] not in broken)
    for position, (path, pointer, target) in enumerate(dangling):
        meant = _meant(target) if position < LISTED else ""
        yield Fault(path, pointer, f"there is no {target}{meant}")


def _meant(target: str) -> str:
    close = nearest_id(*target.split("/", 1))
    return f"; did you mean {close}?" if close else ""


def nearest_id(resource: str, slug: str) -> str | None:
    """The id most like one that there is not, of those that begin alike; for error messages. None if none is near."""
    rows = execute("SELECT id FROM record WHERE resource = ? AND id LIKE ? LIMIT 500", (resource, f"{slug[:2]}%"))
    return nearest(slug, [row[0] for row in rows.fetchall()])


BY_RELATION = "r.relation = ? AND (r.relation <> 'about.record' OR r.target LIKE 'claims/%')"
"""The references `r` of one kind that can make a loop; of those to what a claim is about, the ones to claims."""


def _loops(relation: str, rule: str) -> Iterator[Fault]:
    """Take away what leads nowhere further, and what nothing leads to, until only loops are left.

    A new loop leads through something that was written: what that leads to is all that is looked at.
    """
    written = f"r.path IN (SELECT path FROM seen) AND {BY_RELATION}"
    if not execute(f"SELECT 1 FROM reference r WHERE {written} LIMIT 1", (relation,)).fetchone():
        return
    execute(
        f"CREATE {held()} TABLE edge AS WITH RECURSIVE reached(path) AS "
        f"(SELECT r.path FROM reference r WHERE {written} UNION "
        f"SELECT r.target FROM reached x CROSS JOIN reference r WHERE r.path = x.path AND {BY_RELATION}) "
        "SELECT r.path, r.pointer, r.target FROM reached x CROSS JOIN reference r "
        f"WHERE r.path = x.path AND {BY_RELATION}",
        (relation, relation, relation),
    )
    execute("CREATE INDEX temp_edge_path ON edge (path)")
    execute("CREATE INDEX temp_edge_target ON edge (target)")
    removed = 1
    while removed:
        removed = execute("DELETE FROM edge WHERE target NOT IN (SELECT path FROM edge)").rowcount
        removed += execute("DELETE FROM edge WHERE path NOT IN (SELECT target FROM edge)").rowcount
    rows = execute("SELECT path, pointer, target FROM edge ORDER BY path").fetchall()
    execute("DROP TABLE edge")
    for path, pointer, target in rows:
        yield Fault(path, pointer, f"leads in a loop by {target}: {rule}")
