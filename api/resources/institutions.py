"""Institutions: their filters and their views."""

from flask import Blueprint, Response

from api import pages
from api.editing import edit
from api.operations import operation
from api.resources.claims import CLAIM_QUERY
from api.schemas.claims import ClaimSchema
from api.schemas.filters import Column, CountryColumn, WithinItself
from api.schemas.institutions import InstitutionSchema
from api.schemas.queries import ListQuery, RecordQuery, Sort
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


edit(blueprint, INSTITUTIONS)
