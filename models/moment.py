"""What was known when: the moment by which a question is answered, and its conditions in SQL."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from models.batches import in_batches
from models.claims import BY_ITS_DOCUMENT
from models.database import execute, marks
from models.documents import decoded
from models.tables import NOW

LAST_ASKED = "9999-12-30"
"""The last day that can be asked for: periods end before 9999-12-31."""


class Lookup(NamedTuple):
    """The rows `m` of another table that have the path of a record that is found: one each, in the order of paths."""

    table: str
    sql: str
    values: tuple[Any, ...]


class Condition(NamedTuple):
    """A condition on the records of a resource's table `t`: SQL with `?`, and its values.

    `counted` are the field and the value by which the tally tells about how many it finds; `lookup` finds
    them by an index.
    """

    sql: str
    values: tuple[Any, ...] = ()
    counted: tuple[str, str] | None = None
    lookup: Lookup | None = None


class Moment(NamedTuple):
    """A day, and the bound by which things are known then: surely or possibly; no day means all that is known now."""

    day: str | None = None
    bound: str = NOW

    def visible(self) -> Condition:
        """The record is known."""
        return Condition(
            f"EXISTS (SELECT 1 FROM first_known k WHERE k.path = t.path AND k.{self.bound} <= ?)", (self.day,)
        )

    def in_period(
        self, condition: str, values: Sequence[Any] = (), counted: tuple[str, str] | None = None
    ) -> Condition:
        """The record's period `m` of that moment fulfils a condition."""
        holds = self.holds("m")
        sql, given = f"{holds.sql} AND ({condition})", (*holds.values, *values)
        lookup = Lookup("period", sql, given) if counted else None
        return Condition(f"EXISTS (SELECT 1 FROM period m WHERE m.path = t.path AND {sql})", given, counted, lookup)

    def holds(self, period: str) -> Condition:
        """A row of `period`, under the name given, is that of the moment."""
        if self.day is None:
            return Condition(f"{period}.bound = ?", (NOW,))
        return Condition(
            f"{period}.bound = ? AND {period}.known_from <= ? AND {period}.known_until > ?",
            (self.bound, self.day, self.day),
        )

    def hides(self, field: str) -> Condition:
        """The record's own value of a field is not shown."""
        holds = self.holds("h")
        return Condition(
            f"EXISTS (SELECT 1 FROM period h WHERE h.path = t.path AND {holds.sql} AND h.hidden LIKE ?)",
            (*holds.values, f'%"{field}"%'),
        )

    def knows(self, column: str, resources: Sequence[str]) -> Condition:
        """The record is known that a column refers to: by its id where there is one resource, else by its path."""
        prefix = f"{resources[0]}/" if len(resources) == 1 else ""
        sql = f"EXISTS (SELECT 1 FROM first_known k WHERE k.path = ? || {column} AND k.{self.bound} <= ?)"
        return Condition(sql, (prefix, self.day))

    def hides_origin(self) -> Condition:
        """Of a claim `t`: who speaks was taken from a document that is not known."""
        later = f"(o.{self.bound} IS NULL OR o.{self.bound} > ?)"
        sql = f"EXISTS (SELECT 1 FROM term o WHERE o.path = t.path AND o.field = ? AND {later})"
        return Condition(sql, (BY_ITS_DOCUMENT, self.day))

    def unknown_origins(self, paths: Iterable[str]) -> set[str]:
        """Those of some claims of which it is not known who speaks."""
        hides = self.hides_origin()
        found: set[str] = set()
        for chunk in in_batches(sorted(paths)):
            sql = f"SELECT t.path FROM claim t WHERE t.path IN ({marks(chunk)}) AND {hides.sql}"
            found.update(row[0] for row in execute(sql, (*chunk, *hides.values)).fetchall())
        return found

    def by_then(self, table: str) -> Condition:
        """` AND` that a row with days of its own, of a table under the name given, is known; empty without a day."""
        if self.day is None:
            return Condition("")
        return Condition(f" AND {table}.{self.bound} <= ?", (self.day,))

    def made_by_then(self, *, ours: bool = False) -> Condition:
        """` AND` that a link, a row `r` of `reference`, is made by a claim that is known; empty without a day.

        One that no claim makes is ours alone and has no day: it counts only where `ours` are asked for too.
        """
        if self.day is None:
            return Condition("")
        known = f"EXISTS (SELECT 1 {BEHIND_A_LINK} AND k.{self.bound} <= ?)"
        made = f"({known} OR NOT EXISTS (SELECT 1 {BEHIND_A_LINK}))" if ours else known
        return Condition(f" AND {made}", (self.day,))

    def known_among(self, paths: Iterable[str]) -> set[str]:
        """Those of some records that are known."""
        found: set[str] = set()
        for chunk in in_batches(sorted(paths)):
            rows = execute(
                f"SELECT path FROM first_known WHERE {self.bound} <= ? AND path IN ({marks(chunk)})", (self.day, *chunk)
            )
            found.update(row[0] for row in rows.fetchall())
        return found


BEHIND_A_LINK = (
    "FROM reference b LEFT JOIN first_known k ON k.path = b.target WHERE b.path = r.path "
    "AND b.relation = 'links.claims' AND b.pointer LIKE replace(r.pointer, '/to', '/claims/%')"
)
"""The claims behind a link `r`, with the days `k` from which they are known."""


ALL_KNOWN = Moment()
"""All that is known now, dated or not."""


def places(hidden: str) -> list[str]:
    """The places of the values that a period hides."""
    found: list[str] = decoded(hidden)
    return found
