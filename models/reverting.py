"""What a record was at an earlier entry of the ledger: itself, and the claims that were about it alone."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from models.database import execute
from models.documents import decoded
from models.ledger import STATED


class Lost(Exception):
    """What a record was cannot be told: there is no such entry of it, or its payload is erased."""


class Earlier(NamedTuple):
    """A record as it was: what the writer is given to make it so again, and the claims that were not there yet.

    A claim that was there, and of which it was erased what it said, is neither: it stays as it stands.
    """

    records: list[dict[str, Any]]
    later: list[str]


def earlier(path: str, entry: int) -> Earlier:
    """A record, and the claims about it alone, as they were after the write of an entry of its. Raises Lost."""
    found = execute("SELECT at, payload FROM ledger WHERE path = ? AND seq = ?", (path, entry)).fetchone()
    if found is None:
        raise Lost(f"{path} has no entry {entry} in the ledger")
    at, payload = found
    if payload is None or path not in _records(at, "path = ?", (path,)):
        raise Lost(f"entry {entry} does not hold {path}: it was removed or erased")
    then = _records(at, "path LIKE 'claims/%' AND payload LIKE ?", (f'%"record":"{path}"%',))
    claims = {claim: given for claim, given in then.items() if is_about_alone(given, path)}
    records = [_given(path, decoded(payload)), *(_given(one, given) for one, given in claims.items())]
    now = [claim for claim in _claims_now(path) if claim not in claims]
    return Earlier(records, [claim for claim in now if not _is_erased(claim, at)])


def _records(at: str, chosen: str, values: tuple[str, ...]) -> dict[str, Mapping[str, Any]]:
    """Records as they were at a time, by path, of those whose entries are chosen: the last of each until then."""
    rows = execute(
        f"SELECT l.path, l.payload FROM ledger l WHERE l.{chosen} AND l.at <= ? AND l.action IN ('add', 'change') "
        "AND l.payload IS NOT NULL AND l.seq = "
        "(SELECT max(x.seq) FROM ledger x WHERE x.path = l.path AND x.at <= ? AND x.action <> 'erase')",
        (*values, at, at),
    )
    return {path: decoded(payload) for path, payload in rows.fetchall()}


def _is_erased(path: str, at: str) -> bool:
    """Whether a record was there at a time, and nobody knows any more as what."""
    sql = (
        "SELECT action, payload FROM ledger WHERE path = ? AND at <= ? AND action <> 'erase' ORDER BY seq DESC LIMIT 1"
    )
    row = execute(sql, (path, at)).fetchone()
    return row is not None and row[0] in STATED and row[1] is None


def _claims_now(path: str) -> list[str]:
    rows = execute(
        "SELECT c.path, c.input FROM record c JOIN reference r ON r.path = c.path "
        "WHERE r.target = ? AND r.relation = 'about.record' ORDER BY c.path",
        (path,),
    )
    return [claim for claim, text in rows.fetchall() if is_about_alone(decoded(text), path)]


def is_about_alone(claim: Mapping[str, Any], path: str) -> bool:
    """Whether a claim is about one record and no other."""
    return [about["record"] for about in claim["about"]] == [path]


def _given(path: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"resource": path.partition("/")[0], "under": _owner(path, content), "file": None, **content}


def _owner(path: str, content: Mapping[str, Any]) -> str | None:
    """The record that a claim stands under when it is back: the one it is about, unless it stands by itself by now."""
    if not path.startswith("claims/"):
        return None
    row = execute("SELECT under FROM record WHERE path = ?", (path,)).fetchone()
    return None if row and row[0] is None else owner(content)


def owner(claim: Mapping[str, Any]) -> str | None:
    """The record that a claim can stand under: the one that it is about, if that is one and no claim."""
    abouts = [str(about["record"]) for about in claim["about"]]
    return None if len(abouts) > 1 or abouts[0].startswith("claims/") else abouts[0]
