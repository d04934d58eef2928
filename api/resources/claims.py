"""Claims: their filters and their views."""

from flask import Blueprint, Response

from api import pages, revisions
from api.chains import CHAIN_QUERY, ChainSchema, chain
from api.editing import edit
from api.operations import operation
from api.revisions import REVISIONS_QUERY, RevisionSchema, WholeRevisionSchema
from api.schemas.claims import ClaimSchema
from api.schemas.date_filters import date_filters
from api.schemas.filters import Asked, Column, Found, ReferenceColumn
from api.schemas.queries import EXAMPLE_SOURCE, PAST_QUERY, ListQuery, RecordQuery, Sort
from api.schemas.records import ALL
from api.schemas.standing_filters import Root
from models.claims import CLAIMS, Claim
from models.moment import Condition
from models.vocabulary import ANSWER_RELATION

blueprint = Blueprint("claims", __name__)


class AboutType(Found):
    """Finds by the kind of what it is about, as far as that is known."""

    def known_terms(self, asked: Asked, table: str = "m") -> Condition:
        """` AND` that something of the kind is known that the claim is about; empty without a day."""
        if asked.moment.day is None:
            return Condition("")
        return Condition(
            " AND EXISTS (SELECT 1 FROM term a JOIN first_known k ON k.path = a.value "
            f"WHERE a.path = {table}.path AND a.field = 'about' AND a.value LIKE {table}.value || '/%' "
            f"AND k.{asked.moment.bound} <= ?)",
            (asked.moment.day,),
        )


class Answers(Found):
    """Finds by how it answers other claims, as far as these are known."""

    def known_terms(self, asked: Asked, table: str = "m") -> Condition:
        """` AND` that a claim is known that is answered so; empty without a day."""
        if asked.moment.day is None:
            return Condition("")
        return Condition(
            " AND EXISTS (SELECT 1 FROM term a JOIN first_known k "
            f"ON k.path = substr(a.value, length({table}.value) + 2) WHERE a.path = {table}.path "
            f"AND a.field = 'answered' AND a.value LIKE {table}.value || ':%' AND k.{asked.moment.bound} <= ?)",
            (asked.moment.day,),
        )


class ClaimQuery(ListQuery):
    """What claims can be found by."""

    about = Found("about", "A record that it is about.", example="defectors/thae-yong-ho", resources=ALL)
    about_type = AboutType("about_type", "The kind of record that it is about.", choices=ALL)
    source = ReferenceColumn(
        Claim.source, "sources", description="The document in which we read it.", example=EXAMPLE_SOURCE
    )
    via = Found("via", "A document in its chain.", example=EXAMPLE_SOURCE, resources=("sources",))
    person = Found("person", "Who says it.", example="park-geun-hye", resources=("people",))
    institution = Found(
        "institution", "The body that says it.", example="national-intelligence-service", resources=("institutions",)
    )
    root = Root("root", "Whoever first says it: `root` of /claims/{id}/chain.")
    answers = Answers("answers", "How it answers another claim.", ANSWER_RELATION)
    side = Column(Claim.side)
    identity = Column(Claim.identity)
    capacity = Column(Claim.capacity)
    stance = Column(Claim.stance)
    commitment = Column(Claim.commitment)
    known, known_after, known_before = date_filters("known", "When it became public", "2015-07")

    sort = Sort("id", dates=("known", "made"))


CLAIM_QUERY = ClaimQuery(CLAIMS)
ONE_CLAIM = RecordQuery(CLAIMS)


@blueprint.get("/claims")
@operation(query=CLAIM_QUERY, answer=ClaimSchema(), many=True)
def list_claims() -> Response:
    """List claims.

    Who says what about whom, through whom, and whether they assert, deny or doubt it.
    """
    return pages.page(CLAIM_QUERY)


@blueprint.get("/claims/<slug:slug>")
@operation(query=ONE_CLAIM, answer=ClaimSchema(), errors=(404, 422))
def get_claim(slug: str) -> Response:
    """Get a claim.

    The record with what its claims add up to, and all claims about it.
    """
    return pages.one(ONE_CLAIM, slug)


@blueprint.get("/claims/<slug:slug>/claims")
@operation(query=CLAIM_QUERY, answer=ClaimSchema(), many=True, errors=(404, 422))
def list_claims_about_claim(slug: str) -> Response:
    """List the claims about a claim.

    Who says what about it, through whom, and who denies or doubts it. All filters of claims apply.
    """
    return pages.claims_about(CLAIMS, slug, CLAIM_QUERY)


@blueprint.get("/claims/<slug:slug>/chain")
@operation(query=CHAIN_QUERY, answer=ChainSchema(), errors=(404, 422))
def get_claim_chain(slug: str) -> Response:
    """Get the chain of a claim.

    From the document in which we read it outward to who first says it, step by step; and what else they say.
    """
    return chain(slug)


@blueprint.get("/claims/<slug:slug>/revisions")
@operation(query=REVISIONS_QUERY, answer=RevisionSchema(), many=True, errors=(404, 422))
def list_claim_revisions(slug: str) -> Response:
    """List the revisions of a claim.

    Who changed what of it, when and why: each entry that the ledger has of it, newest first, also where it is gone.
    """
    return revisions.list_revisions(CLAIMS, slug)


@blueprint.get("/claims/<slug:slug>/revisions/<entry:entry>")
@operation(query=PAST_QUERY, answer=WholeRevisionSchema(), errors=(404, 422))
def get_claim_revision(slug: str, entry: int) -> Response:
    """Get a revision of a claim.

    The entry, what it changed, and the record as it was given then.
    """
    return revisions.get_revision(CLAIMS, slug, entry)


edit(blueprint, CLAIMS)
