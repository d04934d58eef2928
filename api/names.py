"""Names: any spelling, in any script, to the people and institutions that it can mean."""

from typing import Any

from flask import Blueprint, Response
from marshmallow import Schema, fields

from api.answers import answer, collection_tag, not_modified
from api.operations import operation
from api.parameters import read_query
from api.schemas.fields import Strict
from api.schemas.queries import TEXT, Parameter, WholeNumber, clean
from models.candidates import candidates
from models.derive import compact

DEFAULT, MOST = 10, 100

blueprint = Blueprint("names", __name__)


class Spelled(Parameter):
    """A name as somebody spells it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        return clean(value).strip()


class NamesQuery(Schema):
    """What a name is looked up by."""

    q = Spelled(
        "A name in any spelling, in Latin letters or hangul, family name first or last.",
        "Choi Ryong-hae",
        required=True,
        metadata=TEXT,
    )
    limit = WholeNumber(1, MOST, "How many candidates at most.", default=DEFAULT)


class SyllableSchema(Strict):
    """A syllable as asked and as found, and the hangul that both can stand for."""

    asked = fields.String(required=True, metadata={"description": "The syllable of the name asked for."})
    found = fields.String(required=True, metadata={"description": "The syllable of the spelling found."})
    readings = fields.List(
        fields.String(), required=True, metadata={"description": "The hangul syllables that both can stand for."}
    )


class SpellingSchema(Strict):
    """One spelling of a name."""

    text = fields.String(required=True, metadata={"description": "The name so spelled."})
    script = fields.String(required=True, metadata={"description": "Its script."})
    system = fields.String(required=True, metadata={"description": "The romanisation it follows, or none."})


class CandidateSchema(Strict):
    """A record that a name can mean, and why."""

    record = fields.String(required=True, metadata={"description": "The record's path."})
    name = fields.String(required=True, metadata={"description": "What we call it."})
    url = fields.String(required=True, metadata={"description": "Where it is."})
    score = fields.Float(
        required=True,
        metadata={
            "description": "1 for the same text, 0.99 for the same words however written, up to 0.95 for the same "
            "syllables (less where they can be read in several ways), up to 0.5 for some of the words."
        },
    )
    spelling = fields.String(required=True, metadata={"description": "The spelling that matched."})
    syllables = fields.List(
        fields.Nested(SyllableSchema),
        required=True,
        metadata={"description": "Why it matched, syllable by syllable; empty where the words are the same."},
    )
    names = fields.List(
        fields.Nested(SpellingSchema), required=True, metadata={"description": "All spellings of the record's name."}
    )
    distinct_from = fields.List(
        fields.String(), required=True, metadata={"description": "Namesakes that are known to be others: paths."}
    )


class NameMetaSchema(Strict):
    """What was asked, and how many candidates there are."""

    q = fields.String(required=True, metadata={"description": "The name asked for."})
    count = fields.Integer(required=True, metadata={"description": "Candidates given."})
    limit = fields.Integer(required=True, metadata={"description": "The most that are given."})


class CandidatesSchema(Strict):
    """The records that a name can mean, the likeliest first."""

    data = fields.List(fields.Nested(CandidateSchema), required=True, metadata={"description": "The candidates."})
    meta = fields.Nested(NameMetaSchema, required=True)


NAMES_QUERY = NamesQuery()


@blueprint.get("/names")
@operation(query=NAMES_QUERY, answer=CandidatesSchema())
def find_names() -> Response:
    """Find whom a name can mean.

    Any spelling of a Korean name finds the others: by the four romanisations, the habits of the press, or hangul,
    family name first or last. Given names are identity: Kim Jong Un is never Kim Jong Il. Other names match by their
    words. Known namesakes are named in `distinct_from`.
    """
    given = read_query(NAMES_QUERY)
    name = given["q"]
    tag = collection_tag()
    if cached := not_modified(tag):
        return cached
    limit = given.get("limit", DEFAULT)
    found = candidates(name, limit)
    return answer(compact({"data": found, "meta": {"q": name, "count": len(found), "limit": limit}}), tag)
