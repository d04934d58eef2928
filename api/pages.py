"""Lists of records, page by page or streamed whole, and single records: what every resource answers alike."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from flask import Response, request, stream_with_context
from marshmallow import Schema

from api import as_of
from api.answers import Tag, answer, collection_tag, not_modified, record_tag
from api.csv_rows import columns_of, csv_lines
from api.facets import facets_of
from api.finding import Finding, Row, address, finding, following, meaning_of, moment_of, opened, row_of
from api.formats import MEDIA_TYPES, ndjson_lines, wanted
from api.parameters import read_query
from api.problems import Problem, unfit
from api.schemas.parameters import DEFAULT, EVERY
from api.schemas.queries import ListQuery, RecordQuery, fields_of
from api.schemas.records import ON_REQUEST
from api.schemas.registry import SCHEMAS
from api.showing import Showing, pieces, stored
from api.streams import bounded
from models.batches import in_batches
from models.database import execute, reading
from models.declaration import Resource
from models.documents import compact
from models.facts import coverage_from
from models.integrity import nearest_id
from models.moment import Condition, Moment
from models.restoring import erased


def page(query: ListQuery, *extra: Condition) -> Response:
    """The list that the request asks for, by the parameters of `query`: a page of it, or all as a stream.

    `extra` are conditions that the address itself makes. Raises Problem.
    """
    return _answered(query, read_query(query), extra)


def _answered(
    query: ListQuery, given: Mapping[str, Any], extra: Sequence[Condition], *, covered: bool = False
) -> Response:
    """The list that a query that was read asks for; `covered` where it is known that the data covers the day."""
    form = format_of(given)
    tag = collection_tag(MEDIA_TYPES[form])
    if cached := not_modified(tag):
        return cached
    found = finding(query, given, *extra)
    showing = Showing.of(given, found.asked.moment)
    covered = covered or is_covered(found.asked.moment)
    if form == "json":
        return _page(query, given, found, showing, tag, covered=covered)
    if not covered:
        raise not_covered(found.asked.moment)
    return _lines(given, found, showing, tag, form)


ONLY_IN_JSON = ("total", "facet", "include")
"""Parameters whose answer has no place but in an envelope; `include=claims` does."""


def format_of(given: Mapping[str, Any]) -> str:
    """The format to answer in. Raises Problem where none is acceptable, or a parameter does not go with it."""
    form = wanted(given.get("format"), request.accept_mimetypes)
    _require_requested(given, ON_REQUEST)
    if form == "json" and given.get("limit") == EVERY:
        raise unfit("limit", "is `all` only with format=ndjson or format=csv; JSON comes in pages, follow links.next")
    for name in ONLY_IN_JSON if form != "json" else ():
        asked = given.get(name)
        if asked and asked != ["claims"]:
            raise unfit(name, f"has no place in {form}; ask for it with format=json")
    return form


def _require_requested(given: Mapping[str, Any], requests: Mapping[str, str]) -> None:
    """Raise Problem where `fields` names what records have only on request, and nothing requests it."""
    for name, by in requests.items():
        if name in given.get("fields", ()) and not (by in given and (by != "include" or name in given[by])):
            shown = f"{by}={name}" if by == "include" else by
            raise unfit("fields", f"{name} is there only with {shown}; give that too, or leave it out")


def _page(
    query: Schema, given: Mapping[str, Any], found: Finding, showing: Showing, tag: Tag, *, covered: bool
) -> Response:
    limit = given.get("limit", DEFAULT)
    meant = meaning_of(given)
    after = _after(given, found, meant)
    with _one_moment(found, given):
        rows = found.rows(limit + 1, after) if covered else []
        shown = rows[:limit]
        meta = {"count": len(shown), "limit": limit, **_meta(query, given, found, covered)}
        links = {"self": address(), "next": following(meant, shown[-1].key) if len(rows) > limit else None}
        body = _envelope(shown, found, showing, links, meta)
    return answer(body, tag, following=links["next"])


def _after(given: Mapping[str, Any], found: Finding, meant: str) -> list[str | None] | None:
    return opened(given["cursor"], meant, [str] * (len(found.order.keys) + 1)) if "cursor" in given else None


def _lines(given: Mapping[str, Any], found: Finding, showing: Showing, tag: Tag, form: str) -> Response:
    """The records line by line: a page of them, or all, as they are read from one state of the database."""
    meant = meaning_of(given)
    after = _after(given, found, meant)
    if given.get("limit") == EVERY:
        return _sent(_streamed(given, found, showing, form, after), tag, form, found.resource.name)
    limit = given.get("limit", DEFAULT)
    with reading():
        rows = found.rows(limit + 1, after)
        body = b"".join(_written(given, found, showing, form, rows[:limit]))
    more = following(meant, rows[limit - 1].key) if len(rows) > limit else None
    return _sent(body, tag, form, found.resource.name, more)


def _streamed(given: Mapping[str, Any], found: Finding, showing: Showing, form: str, after: Any) -> Iterator[bytes]:
    with reading():
        for batch in in_batches(_written(given, found, showing, form, found.stream(after)), LINES_SENT):
            yield b"".join(batch)


LINES_SENT = 200
"""Lines that are sent at a time."""


def _written(
    given: Mapping[str, Any], found: Finding, showing: Showing, form: str, rows: Iterable[Row]
) -> Iterator[bytes]:
    if form == "ndjson":
        return ndjson_lines(showing.lines(rows))
    names = [name for name in fields_of(found.resource) if name not in _without(given)]
    chosen = [name for name in names if showing.fields is None or name in showing.fields]
    columns = columns_of(SCHEMAS[found.resource.name], chosen, claims=found.wants_claims)
    return csv_lines(columns, showing.chosen(showing.each(rows)))


def _without(given: Mapping[str, Any]) -> set[str]:
    """The fields that no record has, as things are asked for."""
    return {"claims"} | {name for name, by in ON_REQUEST.items() if by not in given}


def _sent(body: bytes | Iterator[bytes], tag: Tag, form: str, name: str, more: str | None = None) -> Response:
    if not isinstance(body, bytes) and request.method != "HEAD":
        body = stream_with_context(bounded(as_of.streamed(body)))
    content_type = CSV if form == "csv" else MEDIA_TYPES[form]
    response = answer(body, tag, content_type, more)
    if form == "csv":
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


CSV = "text/csv; charset=utf-8; header=present"


def listing(
    schema: Schema, data: list[dict[str, Any]], links: Mapping[str, Any], meta: Mapping[str, Any], tag: Tag, form: str
) -> Response:
    """A page of what is no record, in the format asked for."""
    if form == "json":
        return answer(compact({"data": data, "links": links, "meta": meta}), tag, following=links["next"])
    if meta.get("covered") is False:
        raise not_covered(Moment(meta["known_by"], meta["known_bound"]))
    lines = (
        csv_lines(columns_of(schema, schema.dump_fields), data) if form == "csv" else ndjson_lines(map(compact, data))
    )
    return _sent(b"".join(lines), tag, form, request.path.rpartition("/")[2], links["next"])


def _one_moment(found: Finding, given: Mapping[str, Any]) -> Any:
    """Several reads of one answer see the same data."""
    included = given.get("include", ["claims"]) != ["claims"]
    several = found.order.dated or included or given.keys() & {"total", "facet", "known_by"}
    return reading() if several else nullcontext()


def _meta(query: Schema, given: Mapping[str, Any], found: Finding, covered: bool) -> dict[str, Any]:
    moment = found.asked.moment
    meta: dict[str, Any] = {"policy": found.asked.policy}
    if found.scope:
        meta["scope"] = found.scope
    meta |= as_of.told(given) | covering(moment, covered=covered)
    if given.get("total") and covered:
        meta["total"] = found.count()
    if "facet" in given and covered:
        meta["facets"] = facets_of(found, query, given["facet"])
    return meta


def covering(moment: Moment, *, covered: bool) -> dict[str, Any]:
    """What `meta` says of the moment, where one is asked for; `covered` is what `is_covered` says of it."""
    if moment.day is None:
        return {}
    return {"known_by": moment.day, "known_bound": moment.bound, "covered": covered}


def is_covered(moment: Moment) -> bool:
    """Whether the data covers the day that is asked for: before that, it cannot tell what was known."""
    if moment.day is None:
        return True
    first = coverage_from()
    return first is None or moment.day >= first


def _envelope(
    rows: Sequence[Any], found: Finding, showing: Showing, links: Mapping[str, Any], meta: Mapping[str, Any]
) -> bytes:
    added = [b'],"links":', compact(links), b',"meta":', compact(meta)]
    if showing.include:
        documents = showing.documents(rows)
        added += [b',"included":', compact(showing.included(found.resource, documents))]
        texts: Iterable[Sequence[bytes | memoryview]] = ((compact(d),) for d in showing.chosen(documents))
    else:
        texts = showing.texts(rows)
    parts: list[bytes | memoryview] = [b'{"data":[']
    for position, pieces_of_one in enumerate(texts):
        parts.append(b"," if position else b"")
        parts += pieces_of_one
    return b"".join([*parts, *added, b"}"])


def one(query: RecordQuery, slug: str) -> Response:
    """One record with its claims. Raises Problem."""
    given = read_query(query)
    resource = query.resource
    if given.keys() <= {as_of.NAME}:
        return _stored_record(resource, slug)
    _require_requested(given, {name: by for name, by in ON_REQUEST.items() if name != "claims"})
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
    return not_modified(tag) or answer(b"".join(pieces(row_of((*parts, None, None, None)))), tag)


def claims_about(resource: Resource, slug: str, query: ListQuery) -> Response:
    """The page of the claims about one record. Raises Problem."""
    given = read_query(query)
    require_visible(resource, slug, moment_of(given))
    about = Condition("t.path IN (SELECT path FROM term WHERE field = 'about' AND value = ?)", (resource.path(slug),))
    return _answered(query, given, (about,), covered=True)


def require_visible(resource: Resource, slug: str, moment: Moment) -> None:
    """Raise the Problem that there is no such record, that it was not known, or that the day is not covered."""
    if not is_covered(moment):
        raise not_covered(moment)
    path = resource.path(slug)
    if moment.day is not None and not moment.known_among([path]):
        require_kept(resource, slug)
        raise Problem(404, f"no {resource.singular} with the id {slug} was {moment.bound} known by {moment.day}")
    if execute("SELECT 1 FROM record WHERE path = ?", (path,)).fetchone() is None:
        raise unknown_record(resource, slug)


def not_covered(moment: Moment) -> Problem:
    """404 for a day that the data does not cover: what was known then cannot be told."""
    detail = f"{moment.day} is not covered: the data covers what was published from {coverage_from()} on"
    return Problem(404, detail, kind="not-covered")


def require_kept(resource: Resource, slug: str) -> None:
    """Raise Problem (410) for a record of which it is not known any more what it was: of the past alone."""
    found = erased(resource.path(slug))
    if found:
        what = f"what the {resource.singular} {slug} was then is not known any more"
        when = f"it was erased at {found.at}: {found.reason}" if found.at else "it, or what it came by, was erased"
        raise Problem(410, f"{what}: {when}", kind="erased")


def unknown_record(resource: Resource, slug: str) -> Problem:
    """404 for a record that never was, with the nearest id; 410 for one that is gone, 308 for one that was merged.

    Raises Problem (410) for one that was erased since.
    """
    gone = execute("SELECT merged_into FROM removed WHERE path = ?", (resource.path(slug),)).fetchone()
    if gone is not None:
        return _gone(resource, slug, gone[0])
    require_kept(resource, slug)
    close = nearest_id(resource.name, slug)
    meant = f"; did you mean {close}?" if close else f"; /v1/{resource.name} lists them"
    return Problem(404, f"there is no {resource.singular} with the id {slug}{meant}")


def _gone(resource: Resource, slug: str, into: str | None) -> Problem:
    path = resource.path(slug)
    at, actor, reason = execute(
        "SELECT at, actor, reason FROM ledger "
        "WHERE path = ? AND action IN ('remove', 'merge') ORDER BY seq DESC LIMIT 1",
        (path,),
    ).fetchone()
    told = f"by {actor} at {at}" + (f": {reason}" if reason else "")
    if into is None:
        return Problem(410, f"the {resource.singular} {slug} was removed {told}", kind="removed")
    if request.method not in {
        "GET",
        "HEAD",
    }:  # who writes has seen this one: what follows by itself would hit the other
        detail = f"the {resource.singular} {slug} was merged into {into} {told}; change that one at /v1/{into}"
        return Problem(410, detail, kind="removed")
    asked = request.full_path.removesuffix("?")
    location = asked.replace(f"/v1/{path}", f"/v1/{into}", 1)
    return Problem(308, f"the {resource.singular} {slug} was merged into {into} {told}", headers={"Location": location})
