"""Which parameter of a resource's list finds records by which of their fields: read off the parameters themselves."""

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from flask import Flask
from marshmallow import Schema

from api.operations import Operation
from api.schemas.date_filters import DateFilter, UpdatedAfter
from api.schemas.filters import Column, Found, Ids
from api.schemas.members import members_of
from api.schemas.parameters import Parameter
from api.schemas.standing_filters import AnonymousOnly, IndependentRoots, Status
from models.declaration import Resource
from models.vocabulary import POLICY

TERMS_OF_ALL: Mapping[str, tuple[str, ...]] = {"conflict": ("conflicts",), "linked": ("links.relation",)}
"""Terms that the writer keeps of every resource, beside those that a resource declares."""


def list_query(app: Flask, resource: Resource) -> Schema:
    """The parameters of a resource's list."""
    view: Any = app.view_functions[f"{resource.name}.list_{resource.name}"]
    declared: Operation = view.operation
    return declared.query


def finders(app: Flask, resource: Resource) -> dict[str, str]:
    """Dotted field -> the name of the parameter that finds by it; the exact one, where there are several."""
    found: dict[str, str] = {}
    for name, parameter in list_query(app, resource).fields.items():
        assert isinstance(parameter, Parameter)
        for field in fields_behind(parameter, resource):
            found.setdefault(field, name)
    return found


@singledispatch
def fields_behind(parameter: Parameter, resource: Resource) -> tuple[str, ...]:
    """The dotted fields that a parameter finds by; none where it finds by nothing that a record holds."""
    return ()


@fields_behind.register
def _(parameter: Column, resource: Resource) -> tuple[str, ...]:
    """A column is named after its field; of a claim's origin, after the last part."""
    known = members_of(resource.name)
    if parameter.column in known:
        return (parameter.column,)
    return tuple(name for name in known if name == f"origin.{parameter.column}")


@fields_behind.register
def _(parameter: Found, resource: Resource) -> tuple[str, ...]:
    known = members_of(resource.name)
    declared = {**TERMS_OF_ALL, **resource.terms}.get(parameter.term, ())
    return tuple(name for name in declared if name in known)


@fields_behind.register
def _(parameter: DateFilter, resource: Resource) -> tuple[str, ...]:
    return (parameter.stem,)


@fields_behind.register
def _(parameter: Status, resource: Resource) -> tuple[str, ...]:
    return tuple(f"standing.{policy}.status" for policy in POLICY)


@fields_behind.register
def _(parameter: IndependentRoots, resource: Resource) -> tuple[str, ...]:
    return ("corroboration.independent_roots",)


@fields_behind.register
def _(parameter: AnonymousOnly, resource: Resource) -> tuple[str, ...]:
    return ("corroboration.anonymous_only",)


@fields_behind.register
def _(parameter: Ids, resource: Resource) -> tuple[str, ...]:
    return ("id",)


@fields_behind.register
def _(parameter: UpdatedAfter, resource: Resource) -> tuple[str, ...]:
    return ("updated",)
