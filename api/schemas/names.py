"""Names as they are served: the records that one can mean, and why."""

from marshmallow import fields

from api.schemas.fields import Strict


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


class NamesakeSchema(Strict):
    """A record that is easily taken for another."""

    record = fields.String(required=True, metadata={"description": "The record's path."})
    name = fields.String(required=True, metadata={"description": "What we call it."})


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
        fields.Nested(NamesakeSchema),
        required=True,
        metadata={"description": "Namesakes that are known to be others, whichever of the two records says so."},
    )


class NameMetaSchema(Strict):
    """What was asked, and how many candidates there are."""

    q = fields.String(required=True, metadata={"description": "The name asked for."})
    as_of = fields.String(metadata={"description": "The moment by what was held at which it is answered (UTC)."})
    known_by = fields.String(metadata={"description": "The day by whose knowledge it is answered."})
    known_bound = fields.String(metadata={"description": "Whether by what was surely or possibly known then."})
    covered = fields.Boolean(metadata={"description": "Whether the data covers that day."})
    count = fields.Integer(required=True, metadata={"description": "Candidates given."})
    limit = fields.Integer(required=True, metadata={"description": "The most that are given."})


class CandidatesSchema(Strict):
    """The records that a name can mean: the likeliest first, each followed by those of its namesakes that match too."""

    data = fields.List(fields.Nested(CandidateSchema), required=True, metadata={"description": "The candidates."})
    meta = fields.Nested(NameMetaSchema, required=True)


class NameCandidatesSchema(Strict):
    """One of the names asked for, and the records that it can mean."""

    q = fields.String(required=True, metadata={"description": "The name asked for."})
    candidates = fields.List(
        fields.Nested(CandidateSchema), required=True, metadata={"description": "The candidates, as for one name."}
    )


class NamesMetaSchema(Strict):
    """How many names were asked for."""

    count = fields.Integer(required=True, metadata={"description": "Names asked for."})
    limit = fields.Integer(required=True, metadata={"description": "The most candidates that each has."})


class NamesCandidatesSchema(Strict):
    """The records that each name can mean, in the order asked."""

    data = fields.List(
        fields.Nested(NameCandidatesSchema), required=True, metadata={"description": "One item for each name."}
    )
    meta = fields.Nested(NamesMetaSchema, required=True)
