"""What schemathesis cannot read from the OpenAPI document: dates of the calendar, and where cursors come from."""

import re
from datetime import date, datetime
from typing import Any
from urllib.parse import urljoin

import requests
import schemathesis
from hypothesis import strategies as st

DAYS = st.dates(min_value=date(1, 1, 1))
PLAIN: st.SearchStrategy[str] = st.builds(
    lambda day, length: day.isoformat()[:length], DAYS, st.sampled_from([4, 7, 10])
)
"""A year, a month or a day that is in the calendar."""


@st.composite
def edtf(draw: st.DrawFn) -> str:
    """A date in one of the accepted forms; `x-format: edtf` stands for more than its pattern says."""
    first, last = sorted([draw(DAYS), draw(DAYS)])
    plain, day = draw(PLAIN), first.isoformat()
    forms = [
        *(plain, f"{plain}/..", f"../{plain}", f"{plain}/", f"/{plain}", f"{plain}?", f"{plain}~", f"{plain}%"),
        *(f"{day[:4]}/{last.isoformat()[:4]}", f"{day[:7]}/{last.isoformat()[:7]}", f"{day}/{last.isoformat()}"),
        *(f"{day[:7]}-XX", f"{day[:4]}-XX", f"{day[:4]}-XX-XX", f"[{day},{last.isoformat()}]"),
    ]
    return draw(st.sampled_from(forms))


MOMENTS = st.one_of(
    DAYS.map(date.isoformat),
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
)

schemathesis.openapi.format("edtf", edtf())
schemathesis.openapi.format("utc-moment", MOMENTS)


def in_calendar(text: str) -> bool:
    """Whether all days of a date are in the calendar and in their order, as far as a pattern leaves that open."""
    try:
        days = [date.fromisoformat(f"{found}-01-01"[:10]) for found in re.findall(r"\d{4}(?:-\d\d){0,2}", text)]
    except ValueError:
        return False
    return days == sorted(days)


def is_moment(text: str) -> bool:
    """Whether there is such a day, and such a time of it."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


SOUND = {"edtf": in_calendar, "utc-moment": is_moment}


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Call the formats of the document what schemathesis calls them."""
    for item in raw_schema["paths"].values():
        for parameter in (found for operation in item.values() for found in operation.get("parameters", ())):
            schema = parameter["schema"].get("items", parameter["schema"])
            if "x-format" in schema:
                schema["format"] = schema.pop("x-format")


COUNTED = frozenset(
    {"by", "id", "updated_after", "scope", "status", "certainty", "policy", "known_by", "known_bound", "format", "q"}
)
"""What both kinds of record have that can be counted: other filters are refused where the other kind is asked for."""


@schemathesis.hook
def map_case(context: Any, case: schemathesis.Case[Any]) -> schemathesis.Case[Any]:
    """Mend what no schema can say of a request that is to be accepted; what is to be refused is sent as it is."""
    if case.query and not (case.meta and case.meta.generation.mode.is_negative):
        mend(case.path, case.query)
        mend_dates(case)
    return case


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case[Any], kwargs: Any) -> None:
    """Mend the document's own examples, too: all of them together are asked for."""
    map_case(context, case)


def mend(path: str, query: dict[str, Any]) -> None:
    """Leave out parameters that do not go with the others, for which OpenAPI has no word.

    A cursor that is made up is refused, and rightly so: real ones are sent by `next_page_follows`; and so is a moment
    to come, or before there was anything, and a place in the ledger that is beyond its end. A `known_bound` means
    nothing without its day; lines have no place for totals; `fields` may name what is there on request alone; the kinds
    that a timeline is narrowed to may lack a filter; and what is searched for has a letter or digit, of any script, and
    not too many words.
    """
    query.pop("cursor", None)
    query.pop("as_of", None)
    query.pop("after" if path.endswith("/changes") else "cursor", None)
    if "known_by" not in query and "/history" not in path and "/changes/" not in path:
        query.pop("known_bound", None)
    if query.get("format", "json") != "json":
        for name in ("total", "facet", "include"):
            query.pop(name, None)
    elif query.get("limit") == "all":
        query.pop("limit")
    if "fields" in query:
        query["fields"] = [name for name in _listed(query["fields"]) if is_requested(name, query)] or ["id"]
    if path.endswith("/stats"):
        for name in query.keys() - COUNTED:
            query.pop(name)
    if path.endswith("/timeline") and len(query) > 1:
        query.pop("type", None)
    if "q" in query:
        found = "".join(character if character.isalnum() else " " for character in query["q"]).split()
        query["q"] = " ".join(found[:4]) or "a"


def is_requested(name: str, query: dict[str, Any]) -> bool:
    """Whether records have a member at all, as they are asked for."""
    if name == "claims":
        return "claims" in _listed(query.get("include", []))
    return {"later": "known_by", "status": "policy"}.get(name, "") in {"", *query}


def mend_dates(case: schemathesis.Case[Any]) -> None:
    """Put a day in place of a value that is made from its pattern alone and is in no calendar."""
    for parameter in case.operation.definition.raw.get("parameters", ()):
        name, schema = parameter["name"], parameter["schema"]
        sound = SOUND.get(schema.get("items", schema).get("format"))
        if sound and name in case.query:
            given = case.query[name]
            mended = [value if sound(value) else "2015-06-21" for value in _listed(given)]
            case.query[name] = mended if isinstance(given, list) else mended[0]


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


@schemathesis.deserializer("application/x-ndjson", "text/csv", "application/atom+xml")
def lines(context: Any, response: schemathesis.Response) -> str:
    """A list without an envelope."""
    return response.text


@schemathesis.check
def next_page_follows(ctx: Any, response: schemathesis.Response, case: schemathesis.Case[Any]) -> None:
    """The address in `links.next` is answered with other records, and is the one in the `Link` header."""
    if response.status_code != 200 or response.headers.get("content-type") != ["application/json"]:
        return
    body = response.json()
    following = body.get("links", {}).get("next") if isinstance(body, dict) and "data" in body else None
    if not following:
        return
    assert f'<{following}>; rel="next"' in ", ".join(response.headers["link"]), response.headers["link"]
    found = requests.get(urljoin(str(response.request.url), following), timeout=30)
    assert found.status_code == 200, f"{following}: {found.text}"
    again = [record for record in found.json()["data"] if record in body["data"]]
    assert not again, f"{following} gives again: {again[0]}"
