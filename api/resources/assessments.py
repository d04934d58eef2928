"""Assessments: their filters and their views."""

from typing import Any

from flask import Blueprint, Response

from api import pages, revisions
from api.editing import edit
from api.finding import where_of
from api.operations import operation
from api.resources.claims import CLAIM_QUERY
from api.revisions import REVISIONS_QUERY, RevisionSchema, WholeRevisionSchema
from api.schemas.assessments import AssessmentSchema
from api.schemas.claims import ClaimSchema
from api.schemas.date_filters import date_filters
from api.schemas.filters import Asked, Column, Filter, Found, ReferenceColumn
from api.schemas.parameters import among
from api.schemas.queries import PAST_QUERY, ListQuery, RecordQuery, Sort
from api.schemas.records import LINKED
from models.assessments import ASSESSMENTS, Assessment
from models.database import marks
from models.moment import Condition
from models.vocabulary import ANSWER, QUESTION

blueprint = Blueprint("assessments", __name__)


class HolderAnswers(Filter):
    """Finds all that those hold who answer a question so: what else they say, and what they said before."""

    def __init__(self) -> None:
        self.choices = tuple(f"{question}:{answer}" for question in QUESTION for answer in ANSWER)
        told = "All that those hold who, in any assessment of any scope, give this answer to this question."
        super().__init__(told, "do-defections-weaken-the-regime:no", metadata={"enum": list(self.choices)})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        return among(value, self.choices)

    def where(self, values: list[Any], asked: Asked) -> Condition:
        """The holder also holds an assessment with one of the answers; both as far as they are shown."""
        said = Condition(f"t.question || ':' || t.answer IN ({marks(values)})", tuple(values))
        conditions = [asked.shown(asked.shown(said, "answer"), "holder")]
        if asked.moment.day is not None:
            conditions.append(asked.moment.visible())
        sql = f"t.holder IN (SELECT t.holder FROM assessment t {where_of(conditions)})"
        held = Condition(sql, tuple(value for condition in conditions for value in condition.values))
        return asked.shown(held, "holder")


class AssessmentQuery(ListQuery):
    """What assessments can be found by."""

    scope = Column(Assessment.scope)
    holder = ReferenceColumn(
        Assessment.holder, "people", "institutions", description="Who holds it.", example="people/park-geun-hye"
    )
    kind = Column(Assessment.kind)
    question = Column(Assessment.question)
    answer = Column(Assessment.answer)
    holder_answers = HolderAnswers()
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


@blueprint.get("/assessments/<slug:slug>/revisions")
@operation(query=REVISIONS_QUERY, answer=RevisionSchema(), many=True, errors=(404, 422))
def list_assessment_revisions(slug: str) -> Response:
    """List the revisions of an assessment.

    Who changed what of it, when and why: each entry that the ledger has of it, newest first, also where it is gone.
    """
    return revisions.list_revisions(ASSESSMENTS, slug)


@blueprint.get("/assessments/<slug:slug>/revisions/<entry:entry>")
@operation(query=PAST_QUERY, answer=WholeRevisionSchema(), errors=(404, 422))
def get_assessment_revision(slug: str, entry: int) -> Response:
    """Get a revision of an assessment.

    The entry, what it changed, and the record as it was given then.
    """
    return revisions.get_revision(ASSESSMENTS, slug, entry)


edit(blueprint, ASSESSMENTS)
