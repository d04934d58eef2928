"""Claims: who says what about whom, through whom."""

from typing import Any

from marshmallow import ValidationError, fields, missing, post_load, validates_schema

from api.schemas.fields import (
    Reference,
    Slug,
    Strict,
    Whole,
    date,
    field_for,
    listed,
    not_among,
    references,
    text,
    vocabulary,
)
from api.schemas.records import ALL, AnyRecordSchema, Claimed, SystemFields
from models.claims import COMMON, Claim
from models.vocabulary import (
    ACCESS,
    ANSWER_RELATION,
    COMMITMENT,
    EXPLICIT,
    IDENTITY,
    INTEREST,
    SEEN,
    VERB,
)

SPEAKERS = ("people", "institutions")


class AboutSchema(Strict):
    """A record that a claim is about, and the values that it sets on it."""

    record = Reference(*ALL, description="The record that it is about.", required=True)
    sets = fields.Dict(
        keys=fields.String(),
        values=fields.Raw(),
        dump_default=dict,
        metadata={
            "description": "Field -> value; `occurred: true` where it says that the thing happened. Parts of a value "
            "have dotted names, such as `targets.count`."
        },
    )

    @post_load
    def typed_values(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Read each value as the field of the record would."""
        from api.schemas.registry import settable_fields

        resource = data["record"].partition("/")[0]
        settable = settable_fields(resource)
        faults: dict[str, Any] = {}
        typed: dict[str, Any] = {}
        for name, value in data.get("sets", {}).items():
            if name not in settable:
                faults[name] = [f"{resource} have no such value: {not_among(name, tuple(settable))}"]
                continue
            try:
                typed[name] = settable[name].deserialize(value)
            except ValidationError as error:
                faults[name] = error.messages
        if faults:
            raise ValidationError({"sets": faults})
        return {**data, "sets": typed} if typed else {"record": data["record"]}


class StepSchema(Strict):
    """One step of a chain: the document or speaker, and what it does with what comes next."""

    source = Reference("sources", description="The document.")
    speaker = Reference(*SPEAKERS, description="The speaker.")
    description = text("The speaker, where there is no record of one.")
    verb = vocabulary(VERB, required=True)

    @validates_schema
    def one_only(self, data: dict[str, Any], **_: Any) -> None:
        """A step is a document, or a speaker."""
        if len(data.keys() & {"source", "speaker", "description"}) != 1:
            raise ValidationError({"source": ["a step needs one of source, speaker, description, and no more"]})


class OriginSchema(Strict):
    """The last speaker for whom the document before vouches."""

    identity = vocabulary(IDENTITY)
    capacity = field_for(Claim.capacity, required=False)
    side = field_for(Claim.side, required=False)
    access = vocabulary(ACCESS)
    interest = vocabulary(INTEREST)
    person = Reference("people", description="Who speaks.")
    institution = Reference("institutions", description="The body that speaks, or for which the person does.")
    description = text("Who speaks, where there is no record of them.")

    @validates_schema
    def someone(self, data: dict[str, Any], **_: Any) -> None:
        """Whoever speaks has an identity, and who is named has a record."""
        if "identity" not in data and data.keys() & {"person", "institution", "description"}:
            raise ValidationError({"identity": [f"is needed with who speaks: one of {', '.join(IDENTITY)}"]})
        if data.get("identity") == "named" and not data.keys() & {"person", "institution"}:
            raise ValidationError({"identity": ["a named origin needs its person or institution"]})


class AnswerSchema(Strict):
    """Another claim that this one answers."""

    claim = Reference("claims", description="The claim that is answered.", required=True)
    relation = vocabulary(ANSWER_RELATION, required=True)


class LocatorSchema(Strict):
    """Where in the text of the source it stands, as in a W3C Text Position Selector."""

    paragraph = Whole(required=True, metadata={"description": "The n-th line that is not blank, from 1."})
    start = Whole(required=True, metadata={"description": "Its first character: Unicode code points, from 0."})
    end = Whole(required=True, metadata={"description": "The character after its last."})
    sha256 = fields.String(required=True, metadata={"description": "The digest of the passage's UTF-8 bytes."})

    @validates_schema
    def sound(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse what can be no place in any text."""
        if data["paragraph"] < 1:
            raise ValidationError({"paragraph": ["paragraphs are counted from 1"]})
        if not 0 <= data["start"] < data["end"]:
            raise ValidationError({"end": ["must be after `start`, and `start` not below 0"]})
        if len(data["sha256"]) != 64 or not set(data["sha256"]) <= set("0123456789abcdef"):
            raise ValidationError({"sha256": ["is not 64 hexadecimal digits; `talbuk locate` prints them"]})


class ClaimFields(AnyRecordSchema):
    """A claim as it is given and served."""

    about = listed(fields.Nested(AboutSchema), "The records that it is about, and what it says of each.")
    says = text("What is said, in our own words.", required=True, dump_default=missing)
    stance = field_for(Claim.stance, load_default=COMMON["stance"])
    commitment = vocabulary(COMMITMENT, load_default=COMMON["commitment"])
    explicit = vocabulary(EXPLICIT, load_default=COMMON["explicit"])
    answers = listed(fields.Nested(AnswerSchema), "The claims that it answers.")
    source = Reference("sources", description="The document in which we read it.", required=True)
    part = Slug("The part of the document: one of the source's `parts`.", dump_default=None)
    chain = fields.List(
        fields.Nested(StepSchema),
        dump_default=list,
        metadata={"description": "The steps from that document outward to who said it."},
    )
    seen = vocabulary(SEEN)
    origin = fields.Nested(OriginSchema, dump_default=None, metadata={"description": OriginSchema.__doc__})
    leans_on = references("sources", description="Documents that it reads support into.")
    quotes = references(*SPEAKERS, description="Whose speech is its content.")
    made = date("When it was said.")
    known = date("When it became public.")
    locators = listed(fields.Nested(LocatorSchema), "Where it stands in the text of the source.")

    @validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        """A claim is about something, and a chain is told to its end."""
        if not data.get("about"):
            raise ValidationError({"about": ["is missing: name the record that it is about"]})
        chain = data.get("chain") or []
        if chain and "seen" not in data:
            raise ValidationError({"seen": [f"is needed where there is a chain: one of {', '.join(SEEN)}"]})
        if chain and "source" not in chain[-1] and "identity" not in data.get("origin", {}):
            raise ValidationError({"origin": ["is needed where the chain ends in a speaker"]})
        documents = [data["source"], *(step["source"] for step in chain if "source" in step)]
        if len(documents) != len(set(documents)):
            raise ValidationError({"chain": ["leads in a loop: a document stands in it twice"]})


class ClaimSchema(Claimed, SystemFields, ClaimFields):
    """Who says what about whom, through whom, when, and whether they assert, deny or doubt it."""
