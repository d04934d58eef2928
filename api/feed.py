"""Every change in the ledger's order: what a mirror follows, and what readers of feeds subscribe to."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from flask import Blueprint, Response, request
from marshmallow import ValidationError, fields

from api import as_of
from api.answers import Tag, answer, collection_tag, not_modified
from api.atom import atom_feed, url_of
from api.finding import address
from api.formats import FEED_TYPES, wanted
from api.operations import operation
from api.pages import listing
from api.parameters import read_query
from api.problems import unfit
from api.revisions import WrittenSchema, written
from api.schemas.fields import kind_of_record, shortened
from api.schemas.parameters import DEFAULT, MOST, TEXT, Flag, Format, Parameter, Several, WholeNumber, clean
from api.schemas.queries import PastQuery
from models import ledger
from models.database import execute, marks, reading
from models.facts import LEDGER_PATH
from models.moment import Condition
from models.registry import RESOURCES
from models.revisions import Entry, after, entries, until
from models.vocabulary import ACTION

KINDS = (*(resource.name for resource in RESOURCES), LEDGER_PATH)
"""What entries are about: records, and what the data covers."""

PLACE = re.compile(r"(0|[1-9][0-9]{0,17})(:[0-9a-f]{64})?")

blueprint = Blueprint("feed", __name__)


class Place(NamedTuple):
    """An entry to go on from: its number, and its digest where that is known."""

    entry: int
    digest: str | None


class AfterEntry(Parameter):
    """Where to go on."""

    def __init__(self) -> None:
        super().__init__(
            "Only what comes after this entry: its number; or its number and digest, as `links.next` has them "
            "(`1234:9f86…`), which are refused where the ledger is another one. Without it, from the first on.",
            "0",
            metadata={"pattern": f"^{PLACE.pattern}$"},
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        found = PLACE.fullmatch(value)
        if not found:
            raise ValidationError(f"{shortened(value)} is no entry's number, such as 1234; `links.next` has one")
        return Place(int(found[1]), found[2] and found[2][1:])


class Actor(Parameter):
    """Finds by who made a change."""

    repeated = True

    def __init__(self) -> None:
        super().__init__("Only what this one did.", "load", metadata=TEXT)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        return clean(value)


class EntriesQuery(PastQuery):
    """Which entries of the ledger are asked for, and in which format."""

    after = AfterEntry()
    latest = Flag("Whether to give the last ones that there are, rather than the first after `after`.", default=False)
    type = Several(KINDS, "Only records of this kind, or what the data covers.")
    actor = Actor()
    action = Several(ACTION.values, f"Only these. {ACTION.explained}")
    limit = WholeNumber(1, MOST, "How many entries at most.", default=DEFAULT)
    format = Format(tuple(FEED_TYPES))


ENTRIES_QUERY = EntriesQuery()


class LedgerEntrySchema(WrittenSchema):
    """One entry of the ledger: what became of which record."""

    path = fields.String(required=True, metadata={"description": "The path of the record: its kind and id."})
    type = kind_of_record(KINDS)
    id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Its id; null of what the data covers."},
    )
    url = fields.String(required=True, metadata={"description": "Where it is, or was."})
    record = fields.Dict(
        required=True,
        allow_none=True,
        metadata={"description": "The record as it was given; null where it is gone, or this was erased."},
    )


@blueprint.get("/changes")
@operation(query=ENTRIES_QUERY, answer=LedgerEntrySchema(), many=True, gives=tuple(FEED_TYPES.values()))
def list_changes() -> Response:
    """List all changes of what is given.

    Every addition, change, removal, merge and erasure, in the order in which they were written, whole: who keeps the
    last `record` of each `path` has a mirror. `links.next` is always there: at the end, it is what to ask next time.
    """
    given = read_query(ENTRIES_QUERY)
    form = wanted(given.get("format"), request.accept_mimetypes, FEED_TYPES)
    if "after" in given and given.get("latest"):
        raise unfit("latest", "has no place beside `after`: give one of the two")
    tag = collection_tag(FEED_TYPES[form])
    if cached := not_modified(tag):
        return cached
    with reading():
        head = _head()
        found, more = _found(given, head["entry"])
    reached = ledger.Head(found[-1].seq, found[-1].digest) if more else ledger.Head(head["entry"], head["digest"])
    links = {"self": address(), "next": address(("after", reached.word), without=("latest",))}
    meta = {"count": len(found), "limit": given.get("limit", DEFAULT), "head": head, "more": more, **as_of.told(given)}
    return _answered(found, links, meta, tag, form)


def _answered(
    found: Sequence[Entry], links: Mapping[str, str], meta: Mapping[str, Any], tag: Tag, form: str
) -> Response:
    if form == "atom":
        same = address(without=("after", "latest", "limit"))
        return answer(atom_feed(found, same, links, meta["head"]["at"]), tag, FEED_TYPES[form], links["next"])
    return listing(LedgerEntrySchema(), [_told(entry) for entry in found], links, meta, tag, form)


def _head() -> dict[str, Any]:
    """Where the ledger ends, as HeadSchema has it."""
    entry, digest = ledger.head()
    (at,) = execute("SELECT at FROM ledger WHERE seq = ?", (entry,)).fetchone() or (None,)
    return {"entry": entry, "digest": digest, "at": at}


def _found(given: Mapping[str, Any], last: int) -> tuple[list[Entry], bool]:
    """The entries asked for, of those until the last, and whether there are more after them. Raises Problem."""
    limit, place = given.get("limit", DEFAULT), given.get("after", Place(0, None))
    _require_here(place, last)
    conditions = [after(place.entry), until(last), *_wanted(given)]
    if given.get("latest"):
        return entries(conditions, limit, newest_first=True)[::-1], False
    found = entries(conditions, limit + 1)
    return found[:limit], len(found) > limit


def _require_here(place: Place, last: int) -> None:
    """Raise Problem where there is no such entry in this ledger."""
    if place.entry > last:
        raise unfit("after", f"{place.entry} is beyond the head: the ledger ends with entry {last}")
    if place.digest not in {None, ledger.digest_of(place.entry)}:
        detail = f"entry {place.entry} has another digest here: this is another ledger, or its past was altered"
        raise unfit("after", f"{detail}; begin anew, without after")


def _wanted(given: Mapping[str, Any]) -> Iterator[Condition]:
    """What is asked of entries `l`: of a kind of record, by who did it, by what was done."""
    if "type" in given:
        kinds: list[str] = given["type"]
        yield Condition(f"({' OR '.join(['l.path LIKE ?'] * len(kinds))})", tuple(_pattern(kind) for kind in kinds))
    for name in ("actor", "action"):
        if name in given:
            yield Condition(f"l.{name} IN ({marks(given[name])})", tuple(given[name]))


def _pattern(kind: str) -> str:
    return kind if kind == LEDGER_PATH else f"{kind}/%"


def _told(entry: Entry) -> dict[str, Any]:
    """An entry as LedgerEntrySchema has it."""
    kind, _, slug = entry.path.partition("/")
    about = {"path": entry.path, "type": kind, "id": slug or None, "url": url_of(entry)}
    return {**written(entry), **about, "record": entry.record}
