"""Everything as NDJSON: what `load` takes back to the same data."""

from collections.abc import Iterator
from typing import Any

from models.database import execute
from models.documents import compact, decoded
from models.facts import all_facts, told_facts
from models.registry import RESOURCES


def lines() -> Iterator[str]:
    """One line per record, with the claims that stand under it; resource by resource, by id."""
    if facts := told_facts(all_facts()):
        yield _line({"resource": "coverage", **facts})
    for resource in RESOURCES:
        rows = execute(
            "SELECT path, input FROM record WHERE resource = ? AND under IS NULL ORDER BY id", (resource.name,)
        )
        for path, text in rows.fetchall():
            yield _line({"resource": resource.name, **with_claims(path, decoded(text))})


def with_claims(path: str, record: dict[str, Any]) -> dict[str, Any]:
    """A record as a fixture has it: with the claims that stand under it."""
    claims = list(_claims_under(path))
    return {**record, "claims": claims} if claims else record


def _claims_under(path: str) -> Iterator[dict[str, Any]]:
    rows = execute("SELECT input FROM record WHERE under = ? ORDER BY id", (path,))
    for (text,) in rows.fetchall():
        claim = decoded(text)
        sets = claim.pop("about")[0].get("sets")
        yield {**claim, "sets": sets} if sets else claim


def _line(record: dict[str, Any]) -> str:
    return compact(record).decode()
