"""Names: any spelling, in any script, to the people and institutions that it can mean."""

from typing import Any

from flask import Blueprint, Response
from marshmallow import ValidationError, fields, pre_load, validate

from api import as_of
from api.answers import JSON, answer, collection_tag, not_modified
from api.bodies import read_body
from api.finding import moment_of
from api.operations import operation
from api.pages import covering, is_covered
from api.parameters import read_query
from api.problems import Problem
from api.schemas.fields import Strict
from api.schemas.names import CandidatesSchema, NamesCandidatesSchema
from api.schemas.parameters import TEXT, Parameter, WholeNumber, clean
from api.schemas.queries import NO_QUERY, KnownQuery
from models.candidates import candidates
from models.documents import compact

DEFAULT, MOST = 10, 100
MOST_NAMES = 1_000
MOST_CANDIDATES = 20_000
"""Candidates that one answer may have: some 20 MB. For more there are more requests."""

NUMBER_OF_NAMES = f"has more or fewer; give 1 to {MOST_NAMES:,} names"

NO_TEXT = "is no text; write the name in quotes"
NO_LIMIT = f"is not a whole number from 1 to {MOST}"

blueprint = Blueprint("names", __name__)


class Spelled(Parameter):
    """A name as somebody spells it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        return clean(value).strip()


class NamesQuery(KnownQuery):
    """What a name is looked up by."""

    q = Spelled(
        "A name in any spelling, in Latin letters or hangul, family name first or last.",
        "Choi Ryong-hae",
        required=True,
        metadata=TEXT,
    )
    limit = WholeNumber(1, MOST, "How many candidates at most.", default=DEFAULT)


class WholeInJson(fields.Integer):
    """A whole number however JSON writes it: 35.0 is one, too."""

    def _validated(self, value: Any) -> int:
        whole = int(value) if isinstance(value, float) and value.is_integer() else value
        return int(super()._validated(whole))


class NamesBody(Strict):
    """Names to look up, all at once."""

    names = fields.List(
        fields.String(
            validate=clean,
            metadata=TEXT,
            error_messages=dict.fromkeys(("null", "invalid"), NO_TEXT),
        ),
        required=True,
        validate=validate.Length(1, MOST_NAMES, error=NUMBER_OF_NAMES),
        error_messages=dict.fromkeys(("null", "invalid"), "is no list; give the names in one"),
        metadata={
            "description": f"1 to {MOST_NAMES:,} names, each of up to 200 characters in any spelling, as for `q`.",
            "example": ["Choi Ryong-hae", "김정은"],
        },
    )
    limit = WholeInJson(
        strict=True,
        validate=validate.Range(1, MOST, error=NO_LIMIT),
        error_messages=dict.fromkeys(("null", "invalid", "too_large"), NO_LIMIT),
        metadata={
            "description": f"How many candidates at most for each; {DEFAULT} if not said. "
            f"For all names together they are {MOST_CANDIDATES:,} at the most.",
            "example": 1,
        },
    )

    @pre_load
    def not_too_many(self, data: Any, **_: Any) -> Any:
        """Refuse too many names before each is looked at: a million wrong ones would take seconds to tell of."""
        names = data.get("names") if isinstance(data, dict) else None
        if isinstance(names, list) and len(names) > MOST_NAMES:
            raise ValidationError({"names": [NUMBER_OF_NAMES]})
        return data


NAMES_QUERY, NAMES_BODY = NamesQuery(), NamesBody()


@blueprint.get("/names")
@operation(query=NAMES_QUERY, answer=CandidatesSchema())
def find_names() -> Response:
    """Find whom a name can mean.

    Any spelling of a Korean name finds the others: by the four romanisations, the habits of the press, or hangul,
    family name first or last. Given names are identity: Kim Jong Un is never Kim Jong Il. Other names match by their
    words. Known namesakes are named in `distinct_from`, and follow directly where they match too.
    """
    given = read_query(NAMES_QUERY)
    name = given["q"]
    tag = collection_tag()
    if cached := not_modified(tag):
        return cached
    limit, moment = given.get("limit", DEFAULT), moment_of(given)
    covered = is_covered(moment)
    found = candidates([name], limit, moment)[name] if covered else []
    meta = {"q": name, "count": len(found), "limit": limit, **as_of.told(given)}
    meta |= covering(moment, covered=covered)
    return answer(compact({"data": found, "meta": meta}), tag)


@blueprint.post("/names")
@operation(query=NO_QUERY, body=NAMES_BODY, answer=NamesCandidatesSchema(), conditional=False)
def find_many_names() -> Response:
    """Find whom each of many names can mean.

    For a column of names: up to 1,000 at once, answered in the order asked, a name that is given twice twice. It
    only reads; nothing is kept.
    """
    read_query(NO_QUERY)
    given = read_body(NAMES_BODY)
    names, limit = given["names"], given.get("limit", DEFAULT)
    if len(names) * limit > MOST_CANDIDATES:
        detail = f"with {len(names):,} names it is {MOST_CANDIDATES // len(names)} at the most; or send fewer at a time"
        raise Problem(422, f"/limit: {detail}", [{"pointer": "/limit", "detail": detail}])
    found = candidates((name.strip() for name in names), limit)
    data = [{"q": name, "candidates": found[name.strip()]} for name in names]
    body = compact({"data": data, "meta": {"count": len(data), "limit": limit}})
    return Response(body, content_type=JSON, headers={"Cache-Control": "no-store"})
