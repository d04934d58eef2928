"""What an instance held after an entry of its ledger, put into an empty database: the ledger is the truth of it.

The last payload of each record until then is what the record was; all else is derived again. With it come the revisions
that records had got until then, and the ledger as it was, so that what is told of them is what was told then.

What was erased since is not known any more. Such a record is left out, and so is a claim whose source, or a document of
its chain, is: nobody can say by whom it is. What referred to them still does, though it leads nowhere; what stood on
such a claim stands on the others, and is not judged by the codebook's rules again, which may be later than it. When and
why it was erased is kept beside the state: the ledger of then does not know of it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from models.database import (
    DB,
    create_schema,
    execute,
    execute_many,
    insert_rows,
    instead,
    meta_value,
    reading,
    set_meta_value,
    writing,
)
from models.documents import canonical, decoded
from models.facts import LEDGER_PATH
from models.ledger import STATED
from models.reverting import owner
from models.tables import Fact, Ledger, Revision, SearchEntry
from models.wiring import Wiring
from models.writer import Progress, derive_all

ERASED = "erased:"
"""What a key in `meta` begins with that tells of a path when and why it was erased."""

ROWS = 500
"""Rows that are carried over at a time."""


def restore(entry: int, database: Any, *, wiring: Wiring, progress: Progress | None = None) -> None:
    """Fill an empty SQLite database with what the open one held after an entry of its ledger."""
    source = DB.obj
    with reading():
        until, erasures, free = _until(entry), _erasures_since(entry), _by_themselves()
        with instead(database):
            create_schema()
            with writing():
                for rows in _entries(source, entry):
                    insert_rows(Ledger, rows)
                for rows in _revisions(source, until):
                    insert_rows(Revision, rows)
    with instead(database), writing():
        for statement in STATE:
            execute(statement)
        _restore_facts()
        _restore_owners(free)
        _number_search()
        derive_all(wiring=wiring, progress=progress, judging=False)
        _keep_erasures(erasures)


def _until(entry: int) -> str | None:
    """The moment of the next write, from which on the state is another; None where there was none."""
    row = execute("SELECT at FROM ledger WHERE seq = ?", (entry + 1,)).fetchone()
    return None if row is None else str(row[0])


def _erasures_since(entry: int) -> dict[str, list[str | None]]:
    """Of each path that was erased since, when and why that was first done."""
    rows = execute("SELECT path, at, reason FROM ledger WHERE seq > ? AND action = 'erase' ORDER BY seq DESC", (entry,))
    return {path: [at, reason] for path, at, reason in rows.fetchall()}


def _entries(source: Any, entry: int) -> Iterator[list[dict[str, Any]]]:
    """The entries of the ledger until then."""
    query = Ledger.select().where(Ledger.seq <= entry).order_by(Ledger.seq)
    yield from _in_order(source, query, lambda row: Ledger.seq > row["seq"])


def _revisions(source: Any, until: str | None) -> Iterator[list[dict[str, Any]]]:
    """The revisions that records had got before a moment."""
    query = Revision.select().order_by(Revision.path, Revision.revision)
    if until is not None:
        query = query.where(Revision.updated < until)
    yield from _in_order(
        source,
        query,
        lambda row: (
            (Revision.path > row["path"]) | ((Revision.path == row["path"]) & (Revision.revision > row["revision"]))
        ),
    )


def _in_order(source: Any, query: Any, after: Any) -> Iterator[list[dict[str, Any]]]:
    """The rows of a query in its order, from another database than the thread's own, some hundred at a time."""
    rows = list(query.limit(ROWS).dicts().execute(source))
    while rows:
        yield rows
        rows = list(query.where(after(rows[-1])).limit(ROWS).dicts().execute(source))


LAST = "l.seq = (SELECT max(s.seq) FROM ledger s WHERE s.path = l.path AND s.action <> 'erase')"
"""The entry `l` is the last that changed its record."""

SLASH = "instr(l.path, '/')"

STATE = (
    f"""
    INSERT INTO record (path, resource, id, input, revision, updated, actor)
    SELECT l.path, substr(l.path, 1, {SLASH} - 1), substr(l.path, {SLASH} + 1), l.payload,
      coalesce(r.revision, 1), coalesce(r.updated, l.at), l.actor
    FROM ledger l LEFT JOIN revision r ON r.path = l.path
      AND r.revision = (SELECT max(x.revision) FROM revision x WHERE x.path = l.path)
    WHERE {SLASH} > 0 AND l.action IN {STATED} AND l.payload IS NOT NULL AND {LAST}
    """,
    f"""
    INSERT INTO removed (path, revision, merged_into)
    SELECT l.path, coalesce((SELECT max(x.revision) FROM revision x WHERE x.path = l.path), 1), l.payload ->> 'into'
    FROM ledger l WHERE {SLASH} > 0 AND l.action NOT IN {STATED} AND {LAST}
    """,
)
"""What records there were, of which revision, and which were gone. Of some the first revisions are not known."""


def _restore_facts() -> None:
    """What files said of what they cover, of all together: which file said it is not on the ledger."""
    row = execute("SELECT payload FROM ledger WHERE path = ? ORDER BY seq DESC LIMIT 1", (LEDGER_PATH,)).fetchone()
    facts = decoded(row[0]) if row and row[0] else []
    insert_rows(Fact, [{"file": str(n), "name": name, "value": value} for n, (name, value) in enumerate(facts)])


def _by_themselves() -> frozenset[str]:
    """The claims that stand under no record now: where a claim stands is not on the ledger."""
    rows = execute("SELECT path FROM record WHERE resource = 'claims' AND under IS NULL")
    return frozenset(path for (path,) in rows.fetchall())


def _restore_owners(by_themselves: frozenset[str]) -> None:
    """Under which record each claim stood: the one that it was about alone, unless it stands by itself by now."""
    rows = execute("SELECT path, input FROM record WHERE resource = 'claims'").fetchall()
    owners = [(owner(decoded(text)), path) for path, text in rows if path not in by_themselves]
    execute_many("UPDATE record SET under = ? WHERE path = ?", owners)


def _number_search() -> None:
    """Number what search finds in the order in which it was first found, since hits come in it.

    That is the order of writes, and in each that of deriving: claims before others, those about claims before these,
    and each kind by path. The number of a record does not hang on what else there is.
    """
    heights = _heights()
    writes: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for seq, at, path in execute("SELECT seq, at, path FROM ledger WHERE action = 'add' ORDER BY seq").fetchall():
        writes[at].append((seq, path))
    numbers: dict[str, int] = {}
    for at, added in writes.items():
        first = added[0][0]
        ordered = sorted((path for _, path in added), key=lambda path: (_derived_in(path, at, heights), path))
        numbers |= {path: first + place for place, path in enumerate(ordered)}
    rows = execute("SELECT path, resource FROM record").fetchall()
    found = [{"id": numbers[path], "path": path, "resource": of, "names": "", "body": ""} for path, of in rows]
    insert_rows(SearchEntry, found)


Heights = Mapping[tuple[str, str], int]


def _derived_in(path: str, at: str, heights: Heights) -> int:
    """In which round of a write a record that it adds is derived."""
    return heights.get((at, path), 0) if path.startswith("claims/") else max(heights.values(), default=0) + 1


def _heights() -> Heights:
    """How many claims that were added at once stand one on another over a claim, by moment and path."""
    over: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    rows = execute(
        "SELECT at, path, payload FROM ledger WHERE action = 'add' AND path LIKE ? AND payload LIKE ?",
        ("claims/%", '%"record":"claims/%'),
    )
    for at, path, payload in rows.fetchall():
        for about in decoded(payload)["about"]:
            over[at, about["record"]].append((at, path))
    heights: dict[tuple[str, str], int] = {}

    def height(claim: tuple[str, str]) -> int:
        if claim not in heights:
            heights[claim] = max((1 + height(other) for other in over.get(claim, ())), default=0)
        return heights[claim]

    for claim in list(over):
        height(claim)
    return heights


class Erased(NamedTuple):
    """Why it is not known what a record was: when that was erased, and the reason; none of a claim without a source."""

    at: str | None
    reason: str | None


def _keep_erasures(since: Mapping[str, list[str | None]]) -> None:
    """Keep of each record that there was, and that is not known any more, when and why it was erased."""
    lost = f"SELECT l.path FROM ledger l WHERE {SLASH} > 0 AND l.action IN {STATED} AND {LAST} AND l.path NOT IN"
    for (path,) in execute(f"{lost} (SELECT path FROM record)").fetchall():
        set_meta_value(f"{ERASED}{path}", canonical(since.get(path, [None, None])))


def erased(path: str) -> Erased | None:
    """Whether a record is not known any more; None too for one that is, or that there was not. Of the past alone."""
    found = meta_value(f"{ERASED}{path}")
    return Erased(*decoded(found)) if found else None
