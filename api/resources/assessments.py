"""Assessments: their filters and their views."""

from flask import Blueprint, Response

from api import pages
from api.operations import operation
from api.resources.claims import CLAIM_QUERY
from api.schemas.assessments import AssessmentSchema
from api.schemas.claims import ClaimSchema
from api.schemas.queries import Column, Found, ListQuery, RecordQuery, ReferenceColumn, Sort, date_filters
from api.schemas.records import LINKED
from models.assessments import ASSESSMENTS, Assessment

blueprint = Blueprint("assessments", __name__)


class AssessmentQuery(ListQuery):
    """What assessments can be found by."""

    scope = Column(Assessment.scope)
    holder = ReferenceColumn(
        Assessment.holder, "people", "institutions", description="Who holds it.", example="people/park-geun-hye"
    )
    kind = Column(Assessment.kind)
    question = Column(Assessment.question)
    answer = Column(Assessment.answer)
    about = Found("about", "A record that it is about.", example="institutions/north-korea", resources=LINKED)
    given, given_after, given_before = date_filters("given", "When it was given", "2015")

    sort = Sort("id", "name", dates=("given",))


ASSESSMENT_QUERY = AssessmentQuery(ASSESSMENTS)
ONE_ASSESSMENT = RecordQuery(ASSESSMENTS)


@blueprint.get("/assessments")
@operation(query=ASSESSMENT_QUERY, answer=AssessmentSchema(), many=True)
def list_assessments() -> Response:
    """List assessments.

    One judgement or forecast each, with who holds it. Only subjects are shown unless `scope` or `id` is given.
    """
    return pages.page(ASSESSMENT_QUERY)


@blueprint.get("/assessments/<slug:slug>")
@operation(query=ONE_ASSESSMENT, answer=AssessmentSchema(), errors=(404, 422))
def get_assessment(slug: str) -> Response:
    """Get an assessment.

    The record with what its claims add up to, and all claims about it.
    """
    return pages.one(ONE_ASSESSMENT, slug)


@blueprint.get("/assessments/<slug:slug>/claims")
@operation(query=CLAIM_QUERY, answer=ClaimSchema(), many=True, errors=(404, 422))
def list_claims_about_assessment(slug: str) -> Response:
    """List the claims about an assessment.

    Who says what about it, through whom, and who denies or doubts it. All filters of claims apply.
    """
    return pages.claims_about(ASSESSMENTS, slug, CLAIM_QUERY)
