"""Queries: which parameters records and lists take."""

from collections.abc import Sequence

from marshmallow import Schema

from api.schemas.date_filters import UpdatedAfter
from api.schemas.filters import Filter, Found, Ids, Words
from api.schemas.parameters import Choice, Cursor, Day, Flag, Format, Instant, Limit, Parameter, Several
from api.schemas.registry import SCHEMAS
from api.schemas.standing_filters import AnonymousOnly, IndependentRoots, Root, SingleRoot, Status, StatusNot
from models.declaration import Resource
from models.vocabulary import CERTAINTY, KNOWN_BOUND, POLICY, RELATION, STANCE, STATUS


class Sort(Choice):
    """What a list is sorted by: a text, or a date; `-` before it turns it round."""

    def __init__(self, *texts: str, dates: Sequence[str] = ()) -> None:
        self.dates = tuple(dates)
        names = (*texts, *dates)
        super().__init__(
            [sign + name for name in names for sign in ("", "-")],
            "What comes first. A date sorts by its first day, then its last; with `-` by its last, then its first. "
            "Undated records come last in both.",
            default=names[0],
        )


class NoQuery(Schema):
    """An operation without parameters."""


NO_QUERY = NoQuery()


EXAMPLE_SOURCE = "chosun-ilbo-on-officials"


def policy() -> Choice:
    """The policy by which records are judged."""
    return Choice(
        POLICY.values,
        "The policy by which `status` finds and is given: what makes a thing `confirmed` is one who can know, or two "
        "independent roots (any), only the first (official), only the second (two-roots).",
        default="any",
    )


class PastQuery(Schema):
    """What every answer takes: all of them can be given by what this instance held at another time."""

    as_of = Instant(
        "Answer by what this instance held at this moment, whatever was written since: ISO 8601 with a time and an "
        "offset, such as 2026-11-22T13:00:00Z. Where `known_by` asks what was known in the world, this asks what was "
        "served here; both go together. What was erased since is in no answer."
    )


PAST_QUERY = PastQuery()


class KnownQuery(PastQuery):
    """What every answer takes that can be given by what was known on a day."""

    known_by = Day(
        "Answer by what was known on this day: no later claim, value, name or date.",
        "2016-08-28",
    )
    known_bound = Choice(
        KNOWN_BOUND.values,
        "With `known_by`; else surely. " + KNOWN_BOUND.explained,
    )


class FoundQuery(KnownQuery):
    """What every answer takes too that finds records, by uncertain dates and by standing."""

    policy = policy()
    certainty = Choice(
        CERTAINTY.values, "Whether dates must lie wholly within what is asked for, or only may.", default="possibly"
    )


class RecordQuery(KnownQuery):
    """What every single record takes."""

    def __init__(self, resource: Resource) -> None:
        super().__init__()
        self.resource = resource
        if resource.has_standing:
            add_parameter(self, "policy", policy())
        add_parameter(self, "fields", Several(fields_of(resource), FIELDS))
        kinds = tuple(name for name in SCHEMAS if name != "claims")
        add_parameter(self, "include", including(resource, kinds, INCLUDE))


def fields_of(resource: Resource) -> tuple[str, ...]:
    """The members of its records, as `fields` may name them."""
    return tuple(SCHEMAS[resource.name].fields)


FIELDS = "Give these fields alone, beside `id` and `url`."


INCLUDE = "Also give the records of this kind that are referred to: once each, in `included`."


def including(resource: Resource, kinds: Sequence[str], told: str) -> Several:
    """What may be given along with records: those of other kinds; with claims, the claims that they answer too."""
    if resource.name != "claims":
        return Several(kinds, told)
    return Several((*kinds, ANSWERED), f"{told} `{ANSWERED}`: also give the claims that they answer, in `included`.")


ANSWERED = "answers"
"""What asks for the claims that claims answer."""


def add_parameter(query: Schema, name: str, parameter: Parameter) -> None:
    """Add a parameter whose choices hang on the resource."""
    query.fields[name] = parameter
    query._bind_field(name, parameter)


class ListQuery(FoundQuery):
    """What every list takes."""

    id = Ids()
    q = Words("Words and names that must all be found in it, as /v1/search finds them.")
    updated_after = UpdatedAfter()
    limit = Limit()
    cursor = Cursor()
    total = Flag("Also count all records that are found: `meta.total`.", default=False)
    format = Format()

    def __init__(self, resource: Resource) -> None:
        super().__init__()
        self.resource = resource
        add_parameter(self, "fields", Several(fields_of(resource), FIELDS))
        told = f"`claims`: also give each record's claims. {INCLUDE}"
        add_parameter(self, "include", including(resource, tuple(SCHEMAS), told))
        facets = tuple(name for name, field in self.fields.items() if isinstance(field, Filter) and field.is_facet)
        add_parameter(self, "facet", Several(facets, "Count the records found by this field's values: `meta.facets`."))


class JudgedQuery(ListQuery):
    """What lists of events take too: what their claims add up to, and through whom they come."""

    status = Status(STATUS.values)
    status_not = StatusNot(STATUS.values)
    roots = IndependentRoots()
    anonymous_only = AnonymousOnly()
    single_root = SingleRoot()
    root = Root("asserting", "Whoever asserts that it occurred and first says so: `root` of /claims/{id}/chain.")
    stance = Found("stance", "A claim about it takes this stance, whether or not that moves its standing.", STANCE)
    linked = Found("linked", "Has a link of this relation.", RELATION)
    source = Found(
        "source", "A document that a claim about it comes through.", example=EXAMPLE_SOURCE, resources=("sources",)
    )
