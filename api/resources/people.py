"""People: their filters and their views."""

from flask import Blueprint, Response

from api import pages
from api.operations import operation
from api.resources.claims import CLAIM_QUERY
from api.schemas.claims import ClaimSchema
from api.schemas.people import PersonSchema
from api.schemas.queries import NO_QUERY, CountryColumn, Found, ListQuery, Sort
from models.claims import CLAIMS
from models.people import PEOPLE, Person

blueprint = Blueprint("people", __name__)


class PersonQuery(ListQuery):
    """What people can be found by."""

    country = CountryColumn(Person.country, example="KP")
    institution = Found(
        "institution", "A body in which they have or had a role.", example="south-korea", resources=("institutions",)
    )

    sort = Sort("id", "name")


PERSON_QUERY = PersonQuery()


@blueprint.get("/people")
@operation(query=PERSON_QUERY, answer=PersonSchema(), many=True)
def list_people() -> Response:
    """List people.

    Everyone whom the texts name or single out, with every spelling of their names.
    """
    return pages.page(PEOPLE, PERSON_QUERY)


@blueprint.get("/people/<slug:slug>")
@operation(query=NO_QUERY, answer=PersonSchema(), errors=(404, 422))
def get_person(slug: str) -> Response:
    """Get a person.

    The record with what its claims add up to, and all claims about it.
    """
    return pages.one(PEOPLE, slug)


@blueprint.get("/people/<slug:slug>/claims")
@operation(query=CLAIM_QUERY, answer=ClaimSchema(), many=True, errors=(404, 422))
def list_claims_about_person(slug: str) -> Response:
    """List the claims about a person.

    Who says what about it, through whom, and who denies or doubts it. All filters of claims apply.
    """
    return pages.claims_about(PEOPLE, slug, CLAIMS, CLAIM_QUERY)
