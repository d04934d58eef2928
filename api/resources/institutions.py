"""Institutions: their filters and their views."""

from flask import Blueprint, Response

from api import pages, revisions
from api.editing import edit
from api.operations import operation
from api.resources.claims import CLAIM_QUERY
from api.revisions import REVISIONS_QUERY, RevisionSchema, WholeRevisionSchema
from api.schemas.claims import ClaimSchema
from api.schemas.filters import Column, CountryColumn, WithinItself
from api.schemas.institutions import InstitutionSchema
from api.schemas.queries import PAST_QUERY, ListQuery, RecordQuery, Sort
from models.institutions import INSTITUTIONS, Institution

blueprint = Blueprint("institutions", __name__)


class InstitutionQuery(ListQuery):
    """What institutions can be found by."""

    kind = Column(Institution.kind)
    country = CountryColumn(Institution.country, example="KP")
    within_institution = WithinItself("part_of", "This body, and all that is part of it.", "korean-workers-party")

    sort = Sort("id", "name")


INSTITUTION_QUERY = InstitutionQuery(INSTITUTIONS)
ONE_INSTITUTION = RecordQuery(INSTITUTIONS)


@blueprint.get("/institutions")
@operation(query=INSTITUTION_QUERY, answer=InstitutionSchema(), many=True)
def list_institutions() -> Response:
    """List institutions.

    States and their organs, parties, companies, media, universities and missions.
    """
    return pages.page(INSTITUTION_QUERY)


@blueprint.get("/institutions/<slug:slug>")
@operation(query=ONE_INSTITUTION, answer=InstitutionSchema(), errors=(404, 422))
def get_institution(slug: str) -> Response:
    """Get an institution.

    The record with what its claims add up to, and all claims about it.
    """
    return pages.one(ONE_INSTITUTION, slug)


@blueprint.get("/institutions/<slug:slug>/claims")
@operation(query=CLAIM_QUERY, answer=ClaimSchema(), many=True, errors=(404, 422))
def list_claims_about_institution(slug: str) -> Response:
    """List the claims about an institution.

    Who says what about it, through whom, and who denies or doubts it. All filters of claims apply.
    """
    return pages.claims_about(INSTITUTIONS, slug, CLAIM_QUERY)


@blueprint.get("/institutions/<slug:slug>/revisions")
@operation(query=REVISIONS_QUERY, answer=RevisionSchema(), many=True, errors=(404, 422))
def list_institution_revisions(slug: str) -> Response:
    """List the revisions of an institution.

    Who changed what of it, when and why: each entry that the ledger has of it, newest first, also where it is gone.
    """
    return revisions.list_revisions(INSTITUTIONS, slug)


@blueprint.get("/institutions/<slug:slug>/revisions/<entry:entry>")
@operation(query=PAST_QUERY, answer=WholeRevisionSchema(), errors=(404, 422))
def get_institution_revision(slug: str, entry: int) -> Response:
    """Get a revision of an institution.

    The entry, what it changed, and the record as it was given then.
    """
    return revisions.get_revision(INSTITUTIONS, slug, entry)


edit(blueprint, INSTITUTIONS)
