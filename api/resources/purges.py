"""Purges: their filters and their views."""

from flask import Blueprint, Response

from api import pages, revisions
from api.editing import edit
from api.history import HISTORY_QUERY, HistorySchema, history
from api.operations import operation
from api.resources.claims import CLAIM_QUERY
from api.revisions import REVISIONS_QUERY, RevisionSchema, WholeRevisionSchema
from api.schemas.claims import ClaimSchema
from api.schemas.date_filters import date_filters
from api.schemas.filters import Column, Country, Found, Within
from api.schemas.purges import PurgeSchema
from api.schemas.queries import PAST_QUERY, JudgedQuery, RecordQuery, Sort
from api.schemas.standing_filters import Conflict
from models.purges import PURGES, Purge

blueprint = Blueprint("purges", __name__)


class PurgeQuery(JudgedQuery):
    """What purges can be found by."""

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
    conflict = Conflict(PURGES)

    sort = Sort("id", "name", dates=("when",))


PURGE_QUERY = PurgeQuery(PURGES)
ONE_PURGE = RecordQuery(PURGES)


@blueprint.get("/purges")
@operation(query=PURGE_QUERY, answer=PurgeSchema(), many=True)
def list_purges() -> Response:
    """List purges.

    Measures against people: executions, recalls, surveillance and the rest, whether carried out, ordered or only
    threatened. `form=total` and `form=practice` are no events. Only subjects are shown unless `scope` or `id` is given.
    """
    return pages.page(PURGE_QUERY)


@blueprint.get("/purges/<slug:slug>")
@operation(query=ONE_PURGE, answer=PurgeSchema(), errors=(404, 422))
def get_purge(slug: str) -> Response:
    """Get a purge.

    The record with what its claims add up to, and all claims about it.
    """
    return pages.one(ONE_PURGE, slug)


@blueprint.get("/purges/<slug:slug>/claims")
@operation(query=CLAIM_QUERY, answer=ClaimSchema(), many=True, errors=(404, 422))
def list_claims_about_purge(slug: str) -> Response:
    """List the claims about a purge.

    Who says what about it, through whom, and who denies or doubts it. All filters of claims apply.
    """
    return pages.claims_about(PURGES, slug, CLAIM_QUERY)


@blueprint.get("/purges/<slug:slug>/history")
@operation(query=HISTORY_QUERY, answer=HistorySchema(), errors=(404, 422))
def get_purge_history(slug: str) -> Response:
    """Get the history of a purge's standing.

    Each change, with the claims that became known on its day and those that make the new standing.
    """
    return history(PURGES, slug)


@blueprint.get("/purges/<slug:slug>/revisions")
@operation(query=REVISIONS_QUERY, answer=RevisionSchema(), many=True, errors=(404, 422))
def list_purge_revisions(slug: str) -> Response:
    """List the revisions of a purge.

    Who changed what of it, when and why: each entry that the ledger has of it, newest first, also where it is gone.
    """
    return revisions.list_revisions(PURGES, slug)


@blueprint.get("/purges/<slug:slug>/revisions/<entry:entry>")
@operation(query=PAST_QUERY, answer=WholeRevisionSchema(), errors=(404, 422))
def get_purge_revision(slug: str, entry: int) -> Response:
    """Get a revision of a purge.

    The entry, what it changed, and the record as it was given then.
    """
    return revisions.get_revision(PURGES, slug, entry)


edit(blueprint, PURGES)
