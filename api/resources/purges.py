"""Purges: their filters and their views."""

from flask import Blueprint, Response

from api import pages
from api.operations import operation
from api.resources.claims import CLAIM_QUERY
from api.schemas.claims import ClaimSchema
from api.schemas.purges import PurgeSchema
from api.schemas.queries import (
    EXAMPLE_SOURCE,
    NO_QUERY,
    AnonymousOnly,
    Column,
    Country,
    Found,
    IndependentRoots,
    ListQuery,
    Sort,
    Status,
    Within,
    date_filters,
)
from models.claims import CLAIMS
from models.purges import PURGES, Purge
from models.vocabulary import RELATION, STATUS

blueprint = Blueprint("purges", __name__)


class PurgeQuery(ListQuery):
    """What purges can be found by."""

    status = Status(STATUS.values)
    kind = Column(Purge.kind)
    form = Column(Purge.form)
    stage = Column(Purge.stage)
    scope = Column(Purge.scope)
    change = Column(Purge.change)
    by = Found(
        "by",
        "Who takes the measure.",
        example="institutions/state-security-department",
        resources=("institutions", "people"),
    )
    person = Found("person", "Someone it is against.", example="jang-song-thaek", resources=("people",))
    institution = Found(
        "institution",
        "A body whose people it is against, exactly.",
        example="korean-workers-party",
        resources=("institutions",),
    )
    within_institution = Within(
        "institution", "A body whose people it is against, or one above it.", "korean-workers-party"
    )
    place = Country("place", "Where it was done", "KP")
    when, when_after, when_before = date_filters("when", "When it was done", "2015")
    conflict = Found("conflict", "A field for which claims set different values.", choices=PURGES.values)
    roots = IndependentRoots()
    anonymous_only = AnonymousOnly()
    linked = Found("linked", "Has a link of this relation.", RELATION)
    source = Found(
        "source", "A document that a claim about it comes through.", example=EXAMPLE_SOURCE, resources=("sources",)
    )

    sort = Sort("id", "name", dates=("when",))


PURGE_QUERY = PurgeQuery()


@blueprint.get("/purges")
@operation(query=PURGE_QUERY, answer=PurgeSchema(), many=True)
def list_purges() -> Response:
    """List purges.

    Measures against people: executions, recalls, surveillance and the rest, whether carried out, ordered or only
    threatened. `form=total` and `form=practice` are no events. Only subjects are shown unless `scope` or `id` is given.
    """
    return pages.page(PURGES, PURGE_QUERY)


@blueprint.get("/purges/<slug:slug>")
@operation(query=NO_QUERY, answer=PurgeSchema(), errors=(404, 422))
def get_purge(slug: str) -> Response:
    """Get a purge.

    The record with what its claims add up to, and all claims about it.
    """
    return pages.one(PURGES, slug)


@blueprint.get("/purges/<slug:slug>/claims")
@operation(query=CLAIM_QUERY, answer=ClaimSchema(), many=True, errors=(404, 422))
def list_claims_about_purge(slug: str) -> Response:
    """List the claims about a purge.

    Who says what about it, through whom, and who denies or doubts it. All filters of claims apply.
    """
    return pages.claims_about(PURGES, slug, CLAIMS, CLAIM_QUERY)
