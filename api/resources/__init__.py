"""One module per resource: its filters and its views."""

from flask import Blueprint

from api.resources import (
    assessments,
    claims,
    defectors,
    indicators,
    institutions,
    people,
    purges,
    sources,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    defectors.blueprint,
    purges.blueprint,
    institutions.blueprint,
    people.blueprint,
    sources.blueprint,
    claims.blueprint,
    indicators.blueprint,
    assessments.blueprint,
)
