"""Defectors: their filters and their views."""

from flask import Blueprint, Response

from api import pages, revisions
from api.editing import edit
from api.history import HISTORY_QUERY, HistorySchema, history
from api.operations import operation
from api.resources.claims import CLAIM_QUERY
from api.revisions import REVISIONS_QUERY, RevisionSchema, WholeRevisionSchema
from api.schemas.claims import ClaimSchema
from api.schemas.date_filters import date_filters
from api.schemas.defectors import DefectorSchema
from api.schemas.filters import Column, Country, Found, Within
from api.schemas.queries import PAST_QUERY, JudgedQuery, RecordQuery, Sort
from api.schemas.standing_filters import Conflict
from models.defectors import DEFECTORS, Defector
from models.vocabulary import MOTIVE, PARTY_KIND, SECTOR

blueprint = Blueprint("defectors", __name__)


class DefectorQuery(JudgedQuery):
    """What defectors can be found by."""

    kind = Found("kind", "What left: one or many.", PARTY_KIND)
    stage = Column(Defector.stage)
    scope = Column(Defector.scope)
    sector = Found("sector", "The field of work or life they come from.", SECTOR)
    motive = Found("motive", "Why they left, as someone says.", MOTIVE)
    whereabouts = Column(Defector.whereabouts)
    institution = Found(
        "institution", "A body they belonged to, exactly.", example="room-39", resources=("institutions",)
    )
    within_institution = Within("institution", "A body they belonged to, or one above it.", "korean-workers-party")
    person = Found("person", "Someone who left.", example="thae-yong-ho", resources=("people",))
    left_from = Country("left_from", "Where the flight began", "CN")
    destination = Country("destination", "Where it led", "KR")
    left, left_after, left_before = date_filters("left", "When they left", "2016")
    arrived, arrived_after, arrived_before = date_filters("arrived", "When they arrived", "2016")
    conflict = Conflict(DEFECTORS)

    sort = Sort("id", "name", dates=("left", "arrived"))


DEFECTOR_QUERY = DefectorQuery(DEFECTORS)
ONE_DEFECTOR = RecordQuery(DEFECTORS)


@blueprint.get("/defectors")
@operation(query=DEFECTOR_QUERY, answer=DefectorSchema(), many=True)
def list_defectors() -> Response:
    """List defectors.

    People and parties that left North Korea, or are said to have. Only subjects of the texts are shown unless `scope`
    or `id` is given: an earlier flight that is recalled, or another country's, is not among them.
    """
    return pages.page(DEFECTOR_QUERY)


@blueprint.get("/defectors/<slug:slug>")
@operation(query=ONE_DEFECTOR, answer=DefectorSchema(), errors=(404, 422))
def get_defector(slug: str) -> Response:
    """Get a defector.

    The record with what its claims add up to, and all claims about it.
    """
    return pages.one(ONE_DEFECTOR, slug)


@blueprint.get("/defectors/<slug:slug>/claims")
@operation(query=CLAIM_QUERY, answer=ClaimSchema(), many=True, errors=(404, 422))
def list_claims_about_defector(slug: str) -> Response:
    """List the claims about a defector.

    Who says what about it, through whom, and who denies or doubts it. All filters of claims apply.
    """
    return pages.claims_about(DEFECTORS, slug, CLAIM_QUERY)


@blueprint.get("/defectors/<slug:slug>/history")
@operation(query=HISTORY_QUERY, answer=HistorySchema(), errors=(404, 422))
def get_defector_history(slug: str) -> Response:
    """Get the history of a defector's standing.

    Each change, with the claims that became known on its day and those that make the new standing.
    """
    return history(DEFECTORS, slug)


@blueprint.get("/defectors/<slug:slug>/revisions")
@operation(query=REVISIONS_QUERY, answer=RevisionSchema(), many=True, errors=(404, 422))
def list_defector_revisions(slug: str) -> Response:
    """List the revisions of a defector.

    Who changed what of it, when and why: each entry that the ledger has of it, newest first, also where it is gone.
    """
    return revisions.list_revisions(DEFECTORS, slug)


@blueprint.get("/defectors/<slug:slug>/revisions/<entry:entry>")
@operation(query=PAST_QUERY, answer=WholeRevisionSchema(), errors=(404, 422))
def get_defector_revision(slug: str, entry: int) -> Response:
    """Get a revision of a defector.

    The entry, what it changed, and the record as it was given then.
    """
    return revisions.get_revision(DEFECTORS, slug, entry)


edit(blueprint, DEFECTORS)
