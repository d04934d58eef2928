"""Every closed vocabulary of the codebook under one roof; `models.terms` holds them."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from models.terms import (
    Term,
    Vocabulary,
    bodies,
    claims,
    defectors,
    findings,
    origins,
    purges,
    records,
    shapes,
    standing,
)
from models.terms.bodies import INSTITUTION_KIND, PART_KIND, SOURCE_KIND, TIE_KIND
from models.terms.claims import ANSWER_RELATION, COMMITMENT, EXPLICIT, SEEN, STANCE, VERB
from models.terms.defectors import DEFECTOR_STAGE, MOTIVE, PARTY_KIND, SECTOR, WHEREABOUTS
from models.terms.findings import ANSWER, ASSESSMENT_KIND, HIGHER_IS, MEASURE, QUESTION
from models.terms.origins import ACCESS, CAPACITY, IDENTITY, INTEREST, SIDE
from models.terms.purges import CHANGE, FORM, PURGE_KIND, PURGE_STAGE
from models.terms.records import ACTION, CODING, RELATION, SCOPE
from models.terms.shapes import DATE_BASIS, DATE_SHAPE, NAME_BASIS, QUALIFIER, SCRIPT, SYSTEM
from models.terms.standing import CERTAINTY, KNOWN_BOUND, POLICY, STATUS

__all__ = [
    "ACCESS",
    "ACTION",
    "ANSWER",
    "ANSWER_RELATION",
    "ASSESSMENT_KIND",
    "CAPACITY",
    "CERTAINTY",
    "CHANGE",
    "CODING",
    "COMMITMENT",
    "DATE_BASIS",
    "DATE_SHAPE",
    "DEFECTOR_STAGE",
    "EXPLICIT",
    "FORM",
    "HIGHER_IS",
    "IDENTITY",
    "INSTITUTION_KIND",
    "INTEREST",
    "KNOWN_BOUND",
    "MEASURE",
    "MOTIVE",
    "NAME_BASIS",
    "PARTY_KIND",
    "PART_KIND",
    "POLICY",
    "PURGE_KIND",
    "PURGE_STAGE",
    "QUALIFIER",
    "QUESTION",
    "RELATION",
    "SCOPE",
    "SCRIPT",
    "SECTOR",
    "SEEN",
    "SIDE",
    "SOURCE_KIND",
    "STANCE",
    "STATUS",
    "SYSTEM",
    "TIE_KIND",
    "VERB",
    "VOCABULARIES",
    "WHEREABOUTS",
    "Term",
    "Vocabulary",
    "nearest",
]

VOCABULARIES: Mapping[str, Vocabulary] = MappingProxyType(
    {
        listed.name: listed
        for module in (records, defectors, purges, findings, bodies, shapes, claims, origins, standing)
        for listed in vars(module).values()
        if isinstance(listed, Vocabulary)
    }
)
"""Every vocabulary by its name."""


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the one of some words that is most like another, or None if none is near; for error messages."""
    return next(iter(get_close_matches(word, list(words), n=1)), None)
