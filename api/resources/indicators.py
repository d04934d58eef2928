"""Indicators: their filters and their views."""

from flask import Blueprint, Response

from api import pages, revisions
from api.editing import edit
from api.history import HISTORY_QUERY, HistorySchema, history
from api.operations import operation
from api.resources.claims import CLAIM_QUERY
from api.revisions import REVISIONS_QUERY, RevisionSchema, WholeRevisionSchema
from api.schemas.claims import ClaimSchema
from api.schemas.filters import Column, Found, ReferenceColumn
from api.schemas.indicators import IndicatorSchema
from api.schemas.queries import PAST_QUERY, ListQuery, RecordQuery, Sort
from api.schemas.records import LINKED
from api.schemas.standing_filters import Status, StatusNot
from models.indicators import INDICATORS, Indicator
from models.vocabulary import STATUS

blueprint = Blueprint("indicators", __name__)


class IndicatorQuery(ListQuery):
    """What indicators can be found by."""

    status = Status(STATUS.values)
    status_not = StatusNot(STATUS.values)
    scope = Column(Indicator.scope)
    measure = Column(Indicator.measure)
    holder = ReferenceColumn(
        Indicator.holder, "people", "institutions", description="Whose figure it is.", example="people/park-geun-hye"
    )
    about = Found(
        "about",
        "What the figure is about.",
        example="institutions/north-korea",
        resources=LINKED,
    )

    sort = Sort("id", "name")


INDICATOR_QUERY = IndicatorQuery(INDICATORS)
ONE_INDICATOR = RecordQuery(INDICATORS)


@blueprint.get("/indicators")
@operation(query=INDICATOR_QUERY, answer=IndicatorSchema(), many=True)
def list_indicators() -> Response:
    """List indicators.

    One figure each, with who gives it. Only subjects are shown unless `scope` or `id` is given.
    """
    return pages.page(INDICATOR_QUERY)


@blueprint.get("/indicators/<slug:slug>")
@operation(query=ONE_INDICATOR, answer=IndicatorSchema(), errors=(404, 422))
def get_indicator(slug: str) -> Response:
    """Get an indicator.

    The record with what its claims add up to, and all claims about it.
    """
    return pages.one(ONE_INDICATOR, slug)


@blueprint.get("/indicators/<slug:slug>/claims")
@operation(query=CLAIM_QUERY, answer=ClaimSchema(), many=True, errors=(404, 422))
def list_claims_about_indicator(slug: str) -> Response:
    """List the claims about an indicator.

    Who says what about it, through whom, and who denies or doubts it. All filters of claims apply.
    """
    return pages.claims_about(INDICATORS, slug, CLAIM_QUERY)


@blueprint.get("/indicators/<slug:slug>/history")
@operation(query=HISTORY_QUERY, answer=HistorySchema(), errors=(404, 422))
def get_indicator_history(slug: str) -> Response:
    """Get the history of an indicator's standing.

    Each change, with the claims that became known on its day and those that make the new standing.
    """
    return history(INDICATORS, slug)


@blueprint.get("/indicators/<slug:slug>/revisions")
@operation(query=REVISIONS_QUERY, answer=RevisionSchema(), many=True, errors=(404, 422))
def list_indicator_revisions(slug: str) -> Response:
    """List the revisions of an indicator.

    Who changed what of it, when and why: each entry that the ledger has of it, newest first, also where it is gone.
    """
    return revisions.list_revisions(INDICATORS, slug)


@blueprint.get("/indicators/<slug:slug>/revisions/<entry:entry>")
@operation(query=PAST_QUERY, answer=WholeRevisionSchema(), errors=(404, 422))
def get_indicator_revision(slug: str, entry: int) -> Response:
    """Get a revision of an indicator.

    The entry, what it changed, and the record as it was given then.
    """
    return revisions.get_revision(INDICATORS, slug, entry)


edit(blueprint, INDICATORS)
