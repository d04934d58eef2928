"""Assessments: one judgement or forecast each."""

from api.schemas.fields import Reference, date, field_for, references, text
from api.schemas.records import LINKED, Claimed, CommonSchema, RecordSchema, Valued
from models.assessments import Assessment


class AssessmentFields(RecordSchema):
    """An assessment's own fields."""

    scope = field_for(Assessment.scope, load_default="subject")
    holder = Reference("people", "institutions", description="Who holds it.")
    affiliation = references("institutions", description="The bodies that the holder belongs to.")
    kind = field_for(Assessment.kind)
    question = field_for(Assessment.question)
    answer = field_for(Assessment.answer)
    condition = text("The condition it is given under.")
    about = references(*LINKED, description="The records that it is about.")
    given = date("When it was given.")


class AssessmentSchema(Claimed, Valued, CommonSchema, AssessmentFields):
    """One judgement or forecast, with who holds it."""
