"""Indicators: one figure each."""

from marshmallow import fields

from api.schemas.fields import Reference, Strict, count, date, field_for, references, text, vocabulary
from api.schemas.records import LINKED, Claimed, CommonSchema, Judged, RecordSchema
from models.indicators import Indicator
from models.vocabulary import HIGHER_IS


class ComparisonSchema(Strict):
    """An earlier figure that it is compared with."""

    period = date("The period of the other figure.")
    value = count("The other figure.")


class IndicatorFields(RecordSchema):
    """An indicator's own fields."""

    scope = field_for(Indicator.scope, load_default="subject")
    measure = field_for(Indicator.measure)
    value = count("The figure.")
    unit = text("What is counted or measured.")
    period = date("The time that it is of.")
    compared_with = fields.Nested(
        ComparisonSchema, dump_default=None, metadata={"description": "The figure that it is compared with."}
    )
    higher_is = vocabulary(HIGHER_IS)
    holder = Reference("people", "institutions", description="Whose figure it is.")
    about = references(*LINKED, description="What the figure is about.")


class IndicatorSchema(Claimed, Judged, CommonSchema, IndicatorFields):
    """One figure, with who gives it."""
