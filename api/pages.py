"""Lists of records, page by page or streamed whole, and single records: what every resource answers alike."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from flask import Response
from marshmallow import Schema

from api.answers import Tag, answer, collection_tag, not_modified, record_tag
from api.facets import facets_of
from api.finding import Finding, address, finding, following, meaning_of, moment_of, opened, row_of
from api.parameters import read_query
from api.problems import Problem
from api.schemas.queries import DEFAULT, RecordQuery
from api.showing import Showing, pieces, stored
from models.database import execute, reading
from models.declaration import Resource
from models.documents import compact
from models.facts import coverage_from
from models.integrity import nearest_id
from models.moment import Condition, Moment


def page(query: Schema, *extra: Condition) -> Response:
    """The list that the request asks for, by the parameters of `query`: a page of it, or all as a stream.

    `extra` are conditions that the address itself makes. Raises Problem.
    """
    given = read_query(query)
    tag = collection_tag()
    if cached := not_modified(tag):
        return cached
    found = finding(query, given, *extra)
    showing = Showing.of(given, found.asked.moment)
    return _page(query, given, found, showing, tag)


def _page(query: Schema, given: Mapping[str, Any], found: Finding, showing: Showing, tag: Tag) -> Response:
    limit = given.get("limit", DEFAULT)
    meant = meaning_of(given)
    after = opened(given["cursor"], meant, [str] * (len(found.order.keys) + 1)) if "cursor" in given else None
    covered = is_covered(found.asked.moment)
    with _one_moment(found, given):
        rows = found.rows(limit + 1, after) if covered else []
        meta = _meta(query, given, found, covered)
        shown = rows[:limit]
        links = {"self": address(), "next": following(meant, shown[-1].key) if len(rows) > limit else None}
        meta = {"count": len(shown), "limit": limit, **meta}
        body = _envelope(shown, found, showing, links, meta)
    return answer(body, tag, following=links["next"])


def _one_moment(found: Finding, given: Mapping[str, Any]) -> Any:
    """Several reads of one answer see the same data."""
    several = found.order.dated or given.keys() & {"total", "facet", "include", "known_by"}
    return reading() if several else nullcontext()


def _meta(query: Schema, given: Mapping[str, Any], found: Finding, covered: bool) -> dict[str, Any]:
    moment = found.asked.moment
    meta: dict[str, Any] = {"policy": found.asked.policy}
    if found.scope:
        meta["scope"] = found.scope
    meta |= covering(moment)
    if given.get("total") and covered:
        meta["total"] = found.count()
    if "facet" in given and covered:
        meta["facets"] = facets_of(found, query, given["facet"])
    return meta


def covering(moment: Moment) -> dict[str, Any]:
    """What `meta` says of the moment, where one is asked for."""
    if moment.day is None:
        return {}
    return {"known_by": moment.day, "known_bound": moment.bound, "covered": is_covered(moment)}


def is_covered(moment: Moment) -> bool:
    """Whether the data covers the day that is asked for: before that, it cannot tell what was known."""
    first = coverage_from() if moment.day is not None else None
    return moment.day is None or first is None or moment.day >= first


def _envelope(
    rows: Sequence[Any], found: Finding, showing: Showing, links: Mapping[str, Any], meta: Mapping[str, Any]
) -> bytes:
    added = [b'],"links":', compact(links), b',"meta":', compact(meta)]
    if showing.is_stored:
        parts: list[bytes | memoryview] = [b'{"data":[']
        for position, row in enumerate(rows):
            parts.append(b"," if position else b"")
            parts += pieces(row)
        return b"".join([*parts, *added, b"}"])
    documents = showing.documents(rows)
    if showing.include:
        added += [b',"included":', compact(showing.included(found.resource, documents))]
    data = b",".join(compact(document) for document in showing.chosen(documents))
    return b"".join([b'{"data":[', data, *added, b"}"])


def one(query: RecordQuery, slug: str) -> Response:
    """One record with its claims. Raises Problem."""
    given = read_query(query)
    resource = query.resource
    if not given:
        return _stored_record(resource, slug)
    moment = moment_of(given)
    tag = collection_tag()
    if cached := not_modified(tag):
        return cached
    showing = Showing.of(given, moment)
    with reading():
        require_visible(resource, slug, moment)
        rows = [row for _, row in stored([resource.path(slug)], moment, claims=True, policy=given.get("policy"))]
        documents = showing.documents(rows)
        (record,) = showing.chosen(documents)
        included = {"included": showing.included(resource, documents)} if showing.include else {}
    return answer(compact(record | included), tag)


def _stored_record(resource: Resource, slug: str) -> Response:
    """A record as it is stored, under an ETag of its own."""
    found = execute(
        "SELECT document, standing, claims, digest FROM entry WHERE path = ?", (resource.path(slug),)
    ).fetchone()
    if found is None:
        raise unknown_record(resource, slug)
    *parts, digest = found
    tag = record_tag(parts[0], digest)
    return not_modified(tag) or answer(b"".join(pieces(row_of((*parts, None, None)))), tag)


def claims_about(resource: Resource, slug: str, query: Schema) -> Response:
    """The page of the claims about one record. Raises Problem."""
    require_visible(resource, slug, moment_of(read_query(query)))
    about = Condition("t.path IN (SELECT path FROM term WHERE field = 'about' AND value = ?)", (resource.path(slug),))
    return page(query, about)


def require_visible(resource: Resource, slug: str, moment: Moment) -> None:
    """Raise the Problem that there is no such record, that it was not known, or that the day is not covered."""
    if not is_covered(moment):
        raise not_covered(moment)
    path = resource.path(slug)
    if moment.day is not None and not moment.known_among([path]):
        raise Problem(404, f"no {resource.singular} with the id {slug} was {moment.bound} known by {moment.day}")
    if execute("SELECT 1 FROM record WHERE path = ?", (path,)).fetchone() is None:
        raise unknown_record(resource, slug)


def not_covered(moment: Moment) -> Problem:
    """404 for a day that the data does not cover: what was known then cannot be told."""
    detail = f"{moment.day} is not covered: the data covers what was published from {coverage_from()} on"
    return Problem(404, detail, kind="not-covered")


def unknown_record(resource: Resource, slug: str) -> Problem:
    """404 for a record that there is not, with the nearest id."""
    close = nearest_id(resource.name, slug)
    meant = f"; did you mean {close}?" if close else f"; /v1/{resource.name} lists them"
    return Problem(404, f"there is no {resource.singular} with the id {slug}{meant}")
