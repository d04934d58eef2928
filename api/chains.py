"""The chain of a claim: from the document in which we read it outward to who first says it, and what else they say."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Response
from marshmallow import fields

from api import as_of
from api.answers import answer, collection_tag, not_modified
from api.finding import moment_of
from api.pages import require_visible
from api.parameters import read_query
from api.schemas.claims import OriginSchema, StepSchema
from api.schemas.fields import Strict
from api.schemas.parameters import DEFAULT, MOST, WholeNumber
from api.schemas.queries import KnownQuery
from api.schemas.standing_filters import behind
from api.showing import Showing, stored
from models.claims import CLAIMS
from models.database import execute, reading
from models.documents import compact
from models.moment import Condition, Moment
from models.registry import RESOURCE


class ChainQuery(KnownQuery):
    """How a chain is told."""

    limit = WholeNumber(1, MOST, "How many other claims of the same root at most.", default=DEFAULT)


CHAIN_QUERY = ChainQuery()


class LinkedStepSchema(StepSchema):
    """One step: the document or speaker, and what it does with what comes next."""

    name = fields.String(required=True, allow_none=True, metadata={"description": "The document's or speaker's name."})
    url = fields.String(required=True, allow_none=True, metadata={"description": "Where its record is, if it has one."})


class SharedClaimSchema(Strict):
    """Another claim of the same root."""

    id = fields.String(required=True, metadata={"description": "Its id."})
    url = fields.String(required=True, metadata={"description": "Where it is."})
    says = fields.String(required=True, metadata={"description": "What is said, in our own words."})
    source = fields.String(
        required=True, allow_none=True, metadata={"description": "The document in which we read it."}
    )
    about = fields.List(fields.String(), required=True, metadata={"description": "The paths of what it is about."})


class ChainLinksSchema(Strict):
    """Where there is more."""

    same_root = fields.String(
        required=True, allow_none=True, metadata={"description": "The list of all claims of the same root."}
    )


class ChainSchema(Strict):
    """A claim's way from who first says it to where we read it."""

    claim = fields.String(required=True, metadata={"description": "The claim's id."})
    says = fields.String(required=True, metadata={"description": "What is said, in our own words."})
    seen = fields.String(required=True, metadata={"description": "How much of the outermost document we know."})
    steps = fields.List(
        fields.Nested(LinkedStepSchema),
        required=True,
        metadata={"description": "From the document in which we read it outward, as in `chain`."},
    )
    origin = fields.Nested(OriginSchema, required=True)
    root = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The key of who first says it: `root=` finds all they claim. Null if not yet known."},
    )
    same_root = fields.List(
        fields.Nested(SharedClaimSchema),
        required=True,
        metadata={"description": "Other claims of the root, by id."},
    )
    links = fields.Nested(ChainLinksSchema, required=True)


def chain(slug: str) -> Response:
    """The chain of one claim. Raises Problem."""
    given = read_query(CHAIN_QUERY)
    tag = collection_tag()
    if cached := not_modified(tag):
        return cached
    moment = moment_of(given)
    with reading():
        require_visible(CLAIMS, slug, moment)
        told = _chain(slug, moment, given.get("limit", DEFAULT), as_of.told(given))
    return answer(compact(told), tag)


def _chain(slug: str, moment: Moment, limit: int, past: Mapping[str, Any]) -> dict[str, Any]:
    claim = _claims([CLAIMS.path(slug)], moment)[0]
    root = _root_of(slug, moment)
    return {
        "claim": slug,
        "says": claim["says"],
        "seen": claim["seen"],
        "steps": _steps(claim),
        "origin": claim["origin"],
        "root": root,
        "same_root": _same_root(slug, root, moment, limit),
        "links": {"same_root": _all_of_root(root, moment, past) if root else None},
    }


def _all_of_root(root: str, moment: Moment, past: Mapping[str, Any]) -> str:
    """The address of the list of all its claims, by what was known at the moment."""
    by_then = {} if moment.day is None else {"known_by": moment.day, "known_bound": moment.bound}
    return f"/v1/claims?{urlencode({'root': root, **past, **by_then}, safe=':/')}"


def _claims(paths: list[str], moment: Moment) -> list[dict[str, Any]]:
    return Showing(moment).documents([row for _, row in stored(paths, moment)]) if paths else []


def _steps(claim: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The document in which we read it, and the chain: the verb of each is what it does with the next."""
    nobody = {"source": None, "speaker": None, "description": None, "verb": None}
    steps = [nobody | {"source": claim["source"]}] if claim["source"] else []
    steps += [nobody | step for step in claim["chain"]]
    paths = [f"sources/{step['source']}" if step["source"] else step["speaker"] for step in steps]
    names = _names([path for path in paths if path])
    return [
        step | {"name": names.get(path, step["description"]), "url": f"/v1/{path}" if path else None}
        for step, path in zip(steps, paths, strict=True)
    ]


def _names(paths: list[str]) -> dict[str, str]:
    """The names of records; of one that was erased since, as of some moment, none."""
    found = {}
    for path in paths:
        table = RESOURCE[path.partition("/")[0]].table._meta.table_name
        if row := execute(f"SELECT name FROM {table} WHERE path = ?", (path,)).fetchone():
            found[path] = row[0]
    return found


def _root_of(slug: str, moment: Moment) -> str | None:
    """The key of its root, if the record is known that it names: the speaker, or the outermost document."""
    by_then = moment.by_then("m")
    row = execute(
        f"SELECT m.value FROM term m WHERE m.path = ? AND m.field = 'root'{by_then.sql}",
        (CLAIMS.path(slug), *by_then.values),
    ).fetchone()
    if row is None:
        return None
    root = str(row[0])
    return root if moment.day is None or moment.known_among([behind(root)]) else None


def _same_root(slug: str, root: str | None, moment: Moment, limit: int) -> list[dict[str, Any]]:
    if root is None:
        return []
    visible = moment.visible() if moment.day is not None else Condition("true")
    by_then = moment.by_then("t")
    rows = execute(
        f"SELECT t.path FROM term t WHERE t.field = 'root' AND t.value = ? AND t.path <> ? AND {visible.sql}"
        f"{by_then.sql} ORDER BY t.path LIMIT {limit:d}",
        (root, CLAIMS.path(slug), *visible.values, *by_then.values),
    ).fetchall()
    return [
        {
            "id": claim["id"],
            "url": claim["url"],
            "says": claim["says"],
            "source": claim["source"],
            "about": [about["record"] for about in claim["about"]],
        }
        for claim in _claims([row[0] for row in rows], moment)
    ]
