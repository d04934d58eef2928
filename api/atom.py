"""Entries of the ledger as a feed: Atom 1.0 (RFC 4287), one of its entries for each of ours.

What was written once is never written again: an id is made of the entry's digest, and holds for good. A removal is an
entry like any other, and no `deleted-entry` (RFC 6721), which would take back what was told before.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from models import ledger
from models.facts import LEDGER_PATH
from models.revisions import Entry

NAMESPACE = "http://www.w3.org/2005/Atom"
AUTHOR = "talbuk"
BEFORE_ALL = "1970-01-01T00:00:00Z"
"""When a feed of an empty ledger was changed."""

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document can hold (XML 1.0, section 2.2)."""

DONE = {"add": "added", "change": "changed", "remove": "removed", "merge": "merged into {}", "erase": "past erased"}


def atom_feed(found: Sequence[Entry], same: str, links: Mapping[str, str], at: str | None) -> bytes:
    """A page of a feed; `same` is what all its pages are pages of, `links` are its own address and that of the next.

    `at` is the time of the head, None where there is none.
    """
    feed = ET.Element("feed", xmlns=NAMESPACE)
    _add(feed, "id", _urn(ledger.digest_of(1) or ledger.GENESIS, same))
    _add(feed, "title", "talbuk: changes of what is given")
    _add(feed, "updated", found[-1].at if found else at or BEFORE_ALL)
    _add(_add(feed, "author"), "name", AUTHOR)
    for relation, address in links.items():
        _add(feed, "link", rel=relation, href=address, type="application/atom+xml")
    for entry in found:
        _add_entry(feed, entry)
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True))


def _add_entry(feed: ET.Element, entry: Entry) -> None:
    """One entry: its content is the record as it was then, at its own address."""
    added = _add(feed, "entry")
    _add(added, "id", _urn(entry.digest))
    _add(added, "title", f"{entry.path}: {DONE[entry.action].format(entry.into or 'another')}")
    _add(added, "updated", entry.at)
    _add(_add(added, "author"), "name", entry.actor)
    _add(added, "category", term=entry.action)
    _add(added, "link", rel="alternate", href=url_of(entry))  # of one with a type, readers take text/html alone
    _add(added, "summary", entry.reason or "No reason is given.")
    if entry.path != LEDGER_PATH:
        _add(added, "content", src=f"{url_of(entry)}/revisions/{entry.seq}", type="application/json")


def url_of(entry: Entry) -> str:
    """Where the record is, or was, that an entry is about; of what the data covers, where that is told."""
    return "/v1" if entry.path == LEDGER_PATH else f"/v1/{entry.path}"


def _urn(*parts: str) -> str:
    """An id that is the same wherever and whenever it is made of the same parts."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "\n".join(parts)).urn


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    added = ET.SubElement(parent, name, attributes)
    added.text = None if text is None else NO_XML.sub("\ufffd", text)
    return added
