"""Institutions: states and their organs, parties, companies, media, universities, missions."""

from api.schemas.fields import country, field_for, names, references
from api.schemas.records import Claimed, CommonSchema, RecordSchema, Valued
from models.institutions import Institution


class InstitutionFields(RecordSchema):
    """An institution's own fields."""

    names = names("Its names as printed, and those that we add.")
    kind = field_for(Institution.kind)
    country = country("The country it belongs to: ISO 3166-1 alpha-2.")
    part_of = references("institutions", description="The bodies that it is part of.")


class InstitutionSchema(Claimed, Valued, CommonSchema, InstitutionFields):
    """A state or one of its organs, a party, a company, a medium, a university, a mission."""
