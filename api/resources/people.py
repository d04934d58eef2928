"""People: their filters and their views."""

from flask import Blueprint, Response

from api import pages, revisions
from api.editing import edit
from api.operations import operation
from api.resources.claims import CLAIM_QUERY
from api.revisions import REVISIONS_QUERY, RevisionSchema, WholeRevisionSchema
from api.schemas.claims import ClaimSchema
from api.schemas.filters import CountryColumn, Found, Within
from api.schemas.people import PersonSchema
from api.schemas.queries import PAST_QUERY, ListQuery, RecordQuery, Sort
from models.people import PEOPLE, Person

blueprint = Blueprint("people", __name__)


class PersonQuery(ListQuery):
    """What people can be found by."""

    country = CountryColumn(Person.country, example="KP")
    institution = Found(
        "institution", "A body in which they have or had a role.", example="south-korea", resources=("institutions",)
    )
    within_institution = Within(
        "institution", "A body in which they have or had a role, or one above it.", "korean-workers-party"
    )

    sort = Sort("id", "name")


PERSON_QUERY = PersonQuery(PEOPLE)
ONE_PERSON = RecordQuery(PEOPLE)


@blueprint.get("/people")
@operation(query=PERSON_QUERY, answer=PersonSchema(), many=True)
def list_people() -> Response:
    """List people.

    Everyone whom the texts name or single out, with every spelling of their names.
    """
    return pages.page(PERSON_QUERY)


@blueprint.get("/people/<slug:slug>")
@operation(query=ONE_PERSON, answer=PersonSchema(), errors=(404, 422))
def get_person(slug: str) -> Response:
    """Get a person.

    The record with what its claims add up to, and all claims about it.
    """
    return pages.one(ONE_PERSON, slug)


@blueprint.get("/people/<slug:slug>/claims")
@operation(query=CLAIM_QUERY, answer=ClaimSchema(), many=True, errors=(404, 422))
def list_claims_about_person(slug: str) -> Response:
    """List the claims about a person.

    Who says what about it, through whom, and who denies or doubts it. All filters of claims apply.
    """
    return pages.claims_about(PEOPLE, slug, CLAIM_QUERY)


@blueprint.get("/people/<slug:slug>/revisions")
@operation(query=REVISIONS_QUERY, answer=RevisionSchema(), many=True, errors=(404, 422))
def list_person_revisions(slug: str) -> Response:
    """List the revisions of a person.

    Who changed what of it, when and why: each entry that the ledger has of it, newest first, also where it is gone.
    """
    return revisions.list_revisions(PEOPLE, slug)


@blueprint.get("/people/<slug:slug>/revisions/<entry:entry>")
@operation(query=PAST_QUERY, answer=WholeRevisionSchema(), errors=(404, 422))
def get_person_revision(slug: str, entry: int) -> Response:
    """Get a revision of a person.

    The entry, what it changed, and the record as it was given then.
    """
    return revisions.get_revision(PEOPLE, slug, entry)


edit(blueprint, PEOPLE)
