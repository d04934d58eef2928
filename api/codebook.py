"""The codebook: what every field and every value means, and how it is coded, in one answer."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from flask import Blueprint, Flask, Response, current_app, request
from marshmallow import ValidationError
from werkzeug.http import http_date

from api import as_of
from api.answers import Tag, answer, answer_digest, not_modified, query_digest
from api.docs import made_at
from api.entries import Codebook, Entry, codebook_of
from api.operations import operation
from api.parameters import read_query
from api.schemas.codebook import CodebookSchema
from api.schemas.fields import shortened
from api.schemas.members import members_of
from api.schemas.parameters import Several
from api.schemas.queries import PastQuery
from models.documents import compact
from models.registry import RESOURCES
from models.vocabulary import VOCABULARIES

blueprint = Blueprint("codebook", __name__)


class FieldName(Several):
    """Some of the dotted names of fields: too many to tell in a sentence."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if value not in self.choices:
            raise ValidationError(f"{shortened(value)} is not one of the {len(self.choices)} fields there are")
        return str(value)


class CodebookQuery(PastQuery):
    """What of the codebook is asked for."""

    resource = Several([resource.name for resource in RESOURCES], "Only the fields of this resource.")
    vocabulary = Several(list(VOCABULARIES), "Only this vocabulary, and the fields whose values are of it.")
    field = FieldName(
        list(dict.fromkeys(name for resource in RESOURCES for name in members_of(resource.name))),
        "Only this field, by its dotted name, and its parts.",
    )


CODEBOOK_QUERY = CodebookQuery()


class Whole(NamedTuple):
    """All of an application's codebook, and the digest of it: code alone makes it, so it is made once."""

    codebook: Codebook
    digest: str


@blueprint.get("/codebook")
@operation(query=CODEBOOK_QUERY, answer=CodebookSchema())
def get_codebook() -> Response:
    """Get the codebook.

    What every field of every resource and every value of every vocabulary means, with an example, how a field is coded
    and what finds by it. Three flat lists, one row each. `resource`, `vocabulary` and `field` narrow `fields` together;
    `values` and `vocabularies` are then those of the fields that are left, and any `vocabulary` that is asked for.
    """
    asked = {name: value for name, value in read_query(CODEBOOK_QUERY).items() if name != as_of.NAME}
    whole: Whole = current_app.extensions["codebook"]
    tag = Tag(
        answer_digest(request.path, request.environ.get("QUERY_STRING", ""), whole.digest),
        modified=http_date(made_at()),
    )
    return not_modified(tag) or answer(compact(narrowed(whole.codebook, asked)), tag)


def narrowed(codebook: Codebook, asked: Mapping[str, Collection[str]]) -> Codebook:
    """The fields that are asked for, and the vocabularies of their values."""
    if not asked:
        return codebook
    described = [entry for entry in codebook["fields"] if _is_asked_for(entry, asked)]
    kept = {entry["vocabulary"] for entry in described} | {*asked.get("vocabulary", ())}
    return {
        "fields": described,
        "values": [entry for entry in codebook["values"] if entry["vocabulary"] in kept],
        "vocabularies": [entry for entry in codebook["vocabularies"] if entry["vocabulary"] in kept],
    }


def _is_asked_for(entry: Entry, asked: Mapping[str, Collection[str]]) -> bool:
    """Whether a field is what each of the parameters given asks for; the parts of a field come with it."""
    if any(name in asked and entry[name] not in asked[name] for name in ("resource", "vocabulary")):
        return False
    wanted = asked.get("field")
    return wanted is None or any(f"{entry['field']}.".startswith(f"{name}.") for name in wanted)


def init_app(app: Flask) -> None:
    """Add the codebook; last of all that has lists, since it tells what finds by each field."""
    app.register_blueprint(blueprint, url_prefix="/v1")
    codebook = codebook_of(app)
    app.extensions["codebook"] = Whole(codebook, query_digest(compact(codebook).decode()))
