"""Sources: their filters and their views."""

from flask import Blueprint, Response

from api import pages, revisions
from api.editing import edit
from api.operations import operation
from api.resources.claims import CLAIM_QUERY
from api.revisions import REVISIONS_QUERY, RevisionSchema, WholeRevisionSchema
from api.schemas.claims import ClaimSchema
from api.schemas.date_filters import date_filters
from api.schemas.filters import Column, Found, ReferenceColumn
from api.schemas.queries import EXAMPLE_SOURCE, PAST_QUERY, ListQuery, RecordQuery, Sort
from api.schemas.sources import SourceSchema
from models.sources import SOURCES, Source

blueprint = Blueprint("sources", __name__)


class SourceQuery(ListQuery):
    """What sources can be found by."""

    kind = Column(Source.kind)
    publisher = ReferenceColumn(
        Source.publisher, "institutions", description="The institution that published it.", example="yonhap"
    )
    author = Found("author", "Someone who wrote it or made it.", example="park-geun-hye", resources=("people",))
    cites = Found("cites", "A document that it cites.", example=EXAMPLE_SOURCE, resources=("sources",))
    published, published_after, published_before = date_filters("published", "When it was published", "2015-07")

    sort = Sort("id", "name", dates=("published",))


SOURCE_QUERY = SourceQuery(SOURCES)
ONE_SOURCE = RecordQuery(SOURCES)


@blueprint.get("/sources")
@operation(query=SOURCE_QUERY, answer=SourceSchema(), many=True)
def list_sources() -> Response:
    """List sources.

    Documents and statements: those whose text we hold, and those that they cite.
    """
    return pages.page(SOURCE_QUERY)


@blueprint.get("/sources/<slug:slug>")
@operation(query=ONE_SOURCE, answer=SourceSchema(), errors=(404, 422))
def get_source(slug: str) -> Response:
    """Get a source.

    The record with what its claims add up to, and all claims about it.
    """
    return pages.one(ONE_SOURCE, slug)


@blueprint.get("/sources/<slug:slug>/claims")
@operation(query=CLAIM_QUERY, answer=ClaimSchema(), many=True, errors=(404, 422))
def list_claims_about_source(slug: str) -> Response:
    """List the claims about a source.

    Who says what about it, through whom, and who denies or doubts it. All filters of claims apply.
    """
    return pages.claims_about(SOURCES, slug, CLAIM_QUERY)


@blueprint.get("/sources/<slug:slug>/revisions")
@operation(query=REVISIONS_QUERY, answer=RevisionSchema(), many=True, errors=(404, 422))
def list_source_revisions(slug: str) -> Response:
    """List the revisions of a source.

    Who changed what of it, when and why: each entry that the ledger has of it, newest first, also where it is gone.
    """
    return revisions.list_revisions(SOURCES, slug)


@blueprint.get("/sources/<slug:slug>/revisions/<entry:entry>")
@operation(query=PAST_QUERY, answer=WholeRevisionSchema(), errors=(404, 422))
def get_source_revision(slug: str, entry: int) -> Response:
    """Get a revision of a source.

    The entry, what it changed, and the record as it was given then.
    """
    return revisions.get_revision(SOURCES, slug, entry)


edit(blueprint, SOURCES)
