"""Assessments: one judgement or forecast each, with who holds it."""

from peewee import TextField

from models.declaration import Resource, ResourceTable, dated
from models.tables import VocabularyField
from models.vocabulary import ANSWER, ASSESSMENT_KIND, QUESTION, SCOPE


class Assessment(ResourceTable):
    """What assessments are filtered and sorted by."""

    name = TextField()
    scope = VocabularyField(SCOPE, help_text="Whether the texts are about it, or mention it beside.")
    kind = VocabularyField(ASSESSMENT_KIND, help_text="A judgement of what is, or a forecast of what will be.")
    question = VocabularyField(QUESTION, help_text="The question that it answers.")
    answer = VocabularyField(ANSWER, null=True, help_text="Its answer to that question.")
    holder = TextField(null=True, help_text="The person or institution that holds it.")
    given_earliest, given_latest = dated(help_text="When it was given.")

    class Meta:
        """Each index serves one sort of the default list."""

        indexes = (
            (("scope", "id"), False),
            (("scope", "name", "id"), False),
            (("scope", "given_earliest", "given_latest", "id"), False),
            (("scope", "given_latest", "given_earliest", "id"), False),
        )


ASSESSMENTS = Resource(
    name="assessments",
    singular="assessment",
    table=Assessment,
    may_occur=True,
    values=("holder", "affiliation", "answer", "condition", "about", "given"),
    terms={"about": ("about",)},
    searched=("name", "description", "condition"),
)
