"""Fixtures with faults: each is refused with its file, line and field and what would be right, and nothing changes."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from api.bundles import Unreadable, read
from api.dumping import lines
from api.given import Raw, validated
from api.loading import LoadRefused, Located, load
from models.database import close_database, open_database
from models.faults import LISTED, Fault

MARK = "#<"
"""Stands at the end of the line that a fault must name."""

DIGEST = "0123456789abcdef" * 4

LOADED = f"""\
institutions:
  - id: ministry
    name: The ministry
    kind: government-body
people:
  - id: writer
    name: The writer
sources:
  - id: newspaper
    name: A report in a newspaper
    kind: article
    published: 2015-07-10
    held: {{sha256: {DIGEST}, paragraphs: 3, characters: 900}}
  - id: statement
    name: A statement
    kind: statement
    published: 2015-07-12
defectors:
  - id: general
    name: A general
    left: 2015-06
    sector: [military]
    claims:
      - id: general-left
        says: He left in June.
        sets: [occurred, left]
        source: newspaper
claims:
  - id: general-again
    about: [{{record: defectors/general, sets: [occurred]}}]
    says: He left, says the ministry.
    source: statement
    origin: {{identity: collective, institution: ministry, capacity: state-organ}}
"""
"""What stands in the database before each faulty file comes."""


class Case(NamedTuple):
    """A faulty text, and the fault it must be refused with; its line is the marked one, or the first."""

    text: str
    path: str = ""
    pointer: str = ""
    says: tuple[str, ...] = ()
    """What the message must hold."""

    @property
    def line(self) -> int:
        """The marked line, from 1."""
        return next((number for number, line in enumerate(self.text.splitlines(), 1) if MARK in line), 1)


def defector(*own: str, sets: str = "[occurred]", claim: tuple[str, ...] = (), more: str = "") -> str:
    """A bundle with one defector and one claim under it, each with further lines."""
    return "\n".join(
        (
            "defectors:",
            "  - id: clerk",
            "    name: A clerk",
            *(f"    {line}" for line in own),
            "    claims:",
            "      - id: clerk-left",
            "        says: He left.",
            f"        sets: {sets}",
            "        source: newspaper",
            *(f"        {line}" for line in claim),
            more,
        )
    )


def source(*own: str) -> str:
    """A bundle with one source with further lines."""
    return "\n".join(
        ("sources:", "  - id: survey", "    name: A survey", "    kind: survey", *(f"    {x}" for x in own))
    )


def indicator(value: str) -> str:
    """A bundle with one indicator of some value, which its claim sets too."""
    return f"""\
indicators:
  - id: figure
    name: A figure
    measure: level
    value: {value}
    claims:
      - id: figure-given
        says: It gives a figure.
        sets: [occurred, value]
        source: newspaper
"""


def locator(**given: str) -> str:
    """A locator in flow style."""
    return ", ".join(
        f"{k}: {v}" for k, v in {"paragraph": "1", "start": "0", "end": "5", "sha256": DIGEST, **given}.items()
    )


SYNTAX = {
    "broken YAML": Case(f"sources:\n  - id: a\n    name: [open\n    kind: x: y  {MARK}\n", says=("is not YAML",)),
    "tab indentation": Case(f"sources:\n\t- id: a  {MARK}\n", says=("is not YAML",)),
    "two documents": Case(f"sources: []\n---  {MARK}\nsources: []\n", says=("is not YAML", "another document")),
    "duplicate key": Case(source("title: One", f"title: Two  {MARK}"), says=("has the key title twice",)),
    "duplicate resource": Case(f"sources: []\nsources: []  {MARK}\n", says=("has the key sources twice",)),
    "duplicate key in a value": Case(source(f"published: {{edtf: 2015, edtf: 2016}}  {MARK}"), says=("edtf twice",)),
    "key that is a list": Case(source(f"? [a, b]  {MARK}", ": c"), says=("a key must be a plain word",)),
    "unknown resource": Case(
        f"people: []\ndefecters: []  {MARK}\n", says=("is no resource", "sources", "did you mean defectors?")
    ),
    "top level is a list": Case("- id: a\n", says=("a mapping from resource to a list of records",)),
    "top level is a text": Case("hello\n", says=("a mapping from resource to a list of records",)),
    "resource is no list": Case(f"people: []\nsources: {{id: a}}  {MARK}\n", says=("sources must be a list",)),
    "alias": Case(source(f"title: &t Title  {MARK}", "description: *t"), says=("alias",)),
    "alias over two records": Case(
        f"sources:\n  - {{id: a, name: &n One, kind: article}}  {MARK}\n  - id: b\n    name: *n\n    kind: article\n",
        says=("alias",),
    ),
    "alias of itself": Case("sources: &s\n  - *s\n", says=("alias",)),
    "alias bomb": Case(
        f"sources:\n  - id: a\n    name: A\n    kind: article\n    links:\n      - &a []  {MARK}\n"
        + "".join(f"      - &a{n} [{', '.join([f'*a{n - 1}'] * 10 if n else ['x'] * 10)}]\n" for n in range(12)),
        says=("alias",),
    ),
    "anchor alone": Case(source(f"title: &t Title  {MARK}"), says=("anchor",)),
    "local tag": Case(source(f"title: !foo Title  {MARK}"), says=("tag", "!foo")),
    "binary tag": Case(source(f"title: !!binary aGVsbG8=  {MARK}"), says=("tag",)),
    "Python tag": Case(source(f"title: !!python/object/apply:os.getcwd []  {MARK}"), says=("tag",)),
    "tagged list of records": Case(f"sources: !foo  {MARK}\n  - {{id: a, name: A, kind: article}}\n", says=("tag",)),
    "merge key": Case(source(f"<<: {{title: Title}}  {MARK}"), "sources/survey", "/<<", ("unknown field",)),
    "nested 65 deep": Case(f"sources:\n  - {'[' * 65}{']' * 65}  {MARK}\n", says=("nested",)),
    "nested 600 deep": Case(source(f"title: {'[' * 600}{']' * 600}  {MARK}"), says=("nested",)),
    "NUL": Case(source(f"title: a\0b  {MARK}"), says=("character",)),
    "bell": Case(source(f"title: a\x07b  {MARK}"), says=("character",)),
    "bell as an escape": Case(source(f'title: "a\\ab"  {MARK}'), "sources/survey", "/title", ("control character",)),
    "surrogate as an escape": Case(source(f'title: "a\\ud800b"  {MARK}'), says=("character",)),
}
"""What is wrong with a file before any record is read."""

CLAIM, OWN = "claims/clerk-left", "defectors/clerk"

FIELDS = {
    "no id": Case(f"people:\n  - name: Nobody  {MARK}\n", "people", "/id", ("is missing",)),
    "upper-case id": Case(
        f"people:\n  - id: Nobody  {MARK}\n    name: N\n", "people/Nobody", "/id", ("a-z, 0-9 and -",)
    ),
    "long id": Case(f"people:\n  - id: {'a' * 81}  {MARK}\n    name: N\n", "people/" + "a" * 81, "/id", ("1 to 80",)),
    "id with a line break": Case(
        f'people:\n  - id: "a\\n"  {MARK}\n    name: N\n', "people/a\n", "/id", ("is not an id",)
    ),
    "no name": Case(f"people:\n  - id: nobody  {MARK}\n", "people/nobody", "/name", ("is missing",)),
    "record is a text": Case(f"people:\n  - nobody  {MARK}\n", "people", "", ("must be a mapping",)),
    "unknown field": Case(
        defector(f"leaft: 2015  {MARK}"), OWN, "/leaft", ("unknown field", "arrived", "did you mean left?")
    ),
    "unknown field in a value": Case(
        defector(f"left: {{edtf: 2015, bases: stated}}  {MARK}"), OWN, "/left/bases", ("did you mean basis?",)
    ),
    "system field": Case(defector(f"revision: 7  {MARK}"), OWN, "/revision", ("unknown field",)),
    "wrong type: list for text": Case(source(f"title: [a]  {MARK}"), "sources/survey", "/title", ("must be a text",)),
    "wrong type: text for list": Case(defector(f"sector: military  {MARK}"), OWN, "/sector", ("must be a list",)),
    "wrong type: mapping for list": Case(defector(f"carried: {{a: b}}  {MARK}"), OWN, "/carried", ("must be a list",)),
    "wrong type: list for date": Case(defector(f"left: [2015]  {MARK}"), OWN, "/left", ("must be a mapping",)),
    "wrong type: word for number": Case(indicator(f"dozen  {MARK}"), "indicators/figure", "/value/value", ("number",)),
    "null": Case(source(f"title: ~  {MARK}"), "sources/survey", "/title", ("is empty; leave the field out",)),
    "nothing": Case(source(f"title:  {MARK}"), "sources/survey", "/title", ("is empty; leave the field out",)),
    "blank text": Case(source(f'title: "  "  {MARK}'), "sources/survey", "/title", ("leave the field out",)),
    "empty list": Case(defector(f"sector: []  {MARK}"), OWN, "/sector", ("leave the field out",)),
    "the same twice": Case(defector(f"sector: [party, party]  {MARK}"), OWN, "/sector", ("twice",)),
    "long text": Case(source(f"title: {'a' * 2001}  {MARK}"), "sources/survey", "/title", ("2000",)),
    "unknown term": Case(defector(f"stage: arived  {MARK}"), OWN, "/stage", ("asylum-sought", "did you mean arrived?")),
    "unknown term of a claim": Case(
        defector(claim=(f"stance: asserted  {MARK}",)), CLAIM, "/stance", ("denies", "did you mean asserts?")
    ),
    "unknown term in a list": Case(
        defector("sector:", "  - military", f"  - millitary  {MARK}"), OWN, "/sector/1", ("did you mean military?",)
    ),
    "unknown country": Case(defector(f"home: [NK]  {MARK}"), OWN, "/home/0/country", ("ISO 3166",)),
    "unknown language": Case(source(f"language: eng  {MARK}"), "sources/survey", "/language", ("ISO 639-1",)),
    "no address": Case(
        source(f"address: nowhere  {MARK}"), "sources/survey", "/address", ("must be an address, such as https://",)
    ),
    "season": Case(defector(f"left: 2015-24  {MARK}"), OWN, "/left/edtf", ("is a season", "2015-06/2015-08")),
    "month 13": Case(defector(f"left: 2015-13  {MARK}"), OWN, "/left/edtf", ("from 01 to 12",)),
    "day 30 of February": Case(defector(f"left: 2015-02-30  {MARK}"), OWN, "/left/edtf", ("01 to 28",)),
    "interval backwards": Case(defector(f"left: 2015/2014  {MARK}"), OWN, "/left/edtf", ("2014/2015",)),
    "time of day": Case(defector(f"left: 2015-06-21T10:00  {MARK}"), OWN, "/left/edtf", ("day alone",)),
    "no date": Case(defector(f"left: soon  {MARK}"), OWN, "/left/edtf", ("write a year",)),
    "no end known": Case(defector(f"left: ../..  {MARK}"), OWN, "/left/edtf", ("leave an undated value out",)),
    "YAML's no for a date": Case(defector(f"left: no  {MARK}"), OWN, "/left/edtf", ("'no'",)),
    "0x10 for a date": Case(defector(f"left: 0x10  {MARK}"), OWN, "/left/edtf", ("'0x10'",)),
    "false first day": Case(
        defector("left:", "  edtf: 2015-06", f"  earliest: 2015-06-02  {MARK}"), OWN, "/left/earliest", ("2015-06-01",)
    ),
    "false last day": Case(
        defector("left:", "  edtf: 2015-06", f"  latest: 2015-06-31  {MARK}"), OWN, "/left/latest", ("2015-06-30",)
    ),
    "last day of an open end": Case(
        defector("left:", "  edtf: 2015/..", f"  latest: 2015-12-31  {MARK}"), OWN, "/left/latest", ("leave it out",)
    ),
    "least above most": Case(
        indicator(f"{{least: 5, most: 3}}  {MARK}"), "indicators/figure", "/value/least", ("must not be above",)
    ),
    "value above most": Case(
        indicator(f"{{value: 5, most: 3, qualifier: at-most}}  {MARK}"), "indicators/figure", "/value/least", ("above",)
    ),
    "count of nothing": Case(
        indicator(f"{{qualifier: about}}  {MARK}"), "indicators/figure", "/value/value", ("needs",)
    ),
    "number as 0x10": Case(indicator(f"0x10  {MARK}"), "indicators/figure", "/value/value", ("number",)),
    "number as 1:30": Case(indicator(f'"1:30"  {MARK}'), "indicators/figure", "/value/value", ("number",)),
    **{
        f"number as {number}": Case(
            indicator(f'"{number}"  {MARK}'), "indicators/figure", "/value/value", ("must be a number in digits",)
        )
        for number in ("Infinity", "1e5000", "1e3", "+1", "1_000", "1,000", ".5", "5.", "1.0000001", "١٢", "12 ")
    },
    "number past counting": Case(
        indicator(f"1000000000000001  {MARK}"), "indicators/figure", "/value/value", ("beyond 1,000,000,000,000",)
    ),
    "number past counting downwards": Case(
        indicator(f"-1000000000000001  {MARK}"), "indicators/figure", "/value/value", ("beyond 1,000,000,000,000",)
    ),
    "exact, with another least": Case(
        indicator(f"{{value: 5, least: 4}}  {MARK}"), "indicators/figure", "/value/least", ("exact count", "at-least")
    ),
    "exact, with another most": Case(
        indicator(f"{{value: 5, most: 6, qualifier: exact}}  {MARK}"),
        "indicators/figure",
        "/value/most",
        ("exact count",),
    ),
    "fewer people than none": Case(
        defector("party:", "  kind: group", f"  count: -1  {MARK}", "editorial: {party: so}"),
        OWN,
        "/party/count/value",
        ("not fewer than none",),
    ),
    "fewer people than none at the least": Case(
        defector("party:", "  kind: group", f"  count: {{least: -1, qualifier: at-least}}  {MARK}"),
        OWN,
        "/party/count/value",
        ("not fewer than none",),
    ),
    "the same name twice, on another basis": Case(
        f"people:\n  - id: q\n    name: Q\n    names: [{{text: Q}}, {{text: Q, basis: editorial}}]  {MARK}\n"
        "    editorial: {names: so}\n",
        "people/q",
        "/names",
        ("twice, however it is printed",),
    ),
    "the same person twice": Case(
        source(f"authors: [writer, writer]  {MARK}"), "sources/survey", "/authors", ("twice, however it is printed",)
    ),
    "the same place twice": Case(
        defector(f"home: [KP, {{country: KP}}]  {MARK}"), OWN, "/home", ("twice, however it is printed",)
    ),
    "two parts of one id": Case(
        source(f"parts: [{{id: body, kind: body}}, {{id: body, kind: update}}]  {MARK}"),
        "sources/survey",
        "/parts",
        ("two parts have the same id",),
    ),
    **{
        f"held, with {name} {number}": Case(
            source(f"held: {{sha256: {DIGEST}, paragraphs: 3, characters: 9, {name}: {number}}}  {MARK}")
            .replace(f", {name}: 3,", ",")
            .replace(f", {name}: 9,", ","),
            "sources/survey",
            f"/held/{name}",
            (says,),
        )
        for name in ("paragraphs", "characters")
        for number, says in (("0", "1"), ("-1", "1"), ("1_0", "whole number in digits"), ("1.0", "whole number"))
    },
    "name of two lines": Case(
        f'people:\n  - id: nobody\n    name: "No\\nbody"  {MARK}\n', "people/nobody", "/name", ("on one line",)
    ),
    "name with a tab": Case(
        f'people:\n  - id: nobody\n    name: "No\\tbody"  {MARK}\n', "people/nobody", "/name", ("on one line",)
    ),
    "name with a line separator": Case(
        f'people:\n  - id: nobody\n    name: "No\\u2028body"  {MARK}\n', "people/nobody", "/name", ("on one line",)
    ),
    **{
        f"origin without identity, but {name}": Case(
            defector(claim=(f"origin: {{{name}: {value}}}  {MARK}",)), CLAIM, "/origin/identity", ("is needed", "named")
        )
        for name, value in (("person", "writer"), ("institution", "ministry"), ("description", "A trader"))
    },
    "paragraph 0": Case(
        defector(claim=(f"locators: [{{{locator(paragraph='0')}}}]  {MARK}",)),
        CLAIM,
        "/locators/0/paragraph",
        ("from 1",),
    ),
    "locator that ends where it starts": Case(
        defector(claim=(f"locators: [{{{locator(start='5')}}}]  {MARK}",)), CLAIM, "/locators/0/end", ("after `start`",)
    ),
    "locator before the text": Case(
        defector(claim=(f"locators: [{{{locator(start='-1')}}}]  {MARK}",)), CLAIM, "/locators/0/end", ("below 0",)
    ),
    "short digest": Case(
        defector(claim=(f"locators: [{{{locator(sha256='abc')}}}]  {MARK}",)),
        CLAIM,
        "/locators/0/sha256",
        ("64 hexadecimal", "talbuk locate"),
    ),
    "half a paragraph": Case(
        defector(claim=(f"locators: [{{{locator(paragraph='1.5')}}}]  {MARK}",)),
        CLAIM,
        "/locators/0/paragraph",
        ("must be a whole number in digits",),
    ),
    "whole number with an underscore": Case(
        defector(claim=(f"locators: [{{{locator(end='1_000')}}}]  {MARK}",)),
        CLAIM,
        "/locators/0/end",
        ("must be a whole number in digits",),
    ),
    "claim without source": Case(
        defector().replace("source: newspaper", f"says2: x  {MARK}"), CLAIM, "/says2", ("unknown",)
    ),
    "chain without seen": Case(
        defector(claim=("chain: [{source: statement, verb: cited}]",)).replace(
            "- id: clerk-left", f"- id: clerk-left  {MARK}"
        ),
        CLAIM,
        "/seen",
        ("read, quoted", "is needed"),
    ),
    "step of two": Case(
        defector(
            claim=("seen: quoted", f"chain: [{{source: statement, speaker: people/writer, verb: cited}}]  {MARK}")
        ),
        CLAIM,
        "/chain/0/source",
        ("one of source, speaker, description",),
    ),
    "named by nobody": Case(
        defector(claim=(f"origin: {{identity: named}}  {MARK}",)), CLAIM, "/origin/identity", ("person or institution",)
    ),
    "reference that is no path": Case(
        defector(claim=(f"quotes: [writer]  {MARK}",)), CLAIM, "/quotes/0", ("people/ID or institutions/ID",)
    ),
    "claim under a record with about": Case(
        defector(claim=(f"about: [{{record: defectors/general}}]  {MARK}",)), CLAIM, "/about", ("is about that record",)
    ),
    "sets what the record lacks": Case(
        defector(sets=f"[occurred, left]  {MARK}"), CLAIM, "/sets/1", ("{left: value}",)
    ),
    "sets an unknown value": Case(
        defector(sets=f"{{occurred: true, lefft: 2015}}  {MARK}"), CLAIM, "/about/0/sets/lefft", ("did you mean left?",)
    ),
    "sets an unknown name": Case(
        defector(sets=f"[occurred, lefft]  {MARK}"), CLAIM, "/sets/1", ("did you mean left?",)
    ),
    "sets a value twice": Case(
        defector("left: 2015", sets=f"[occurred, left, left: 2014]  {MARK}"), CLAIM, "/sets/2", ("twice",)
    ),
    "sets a false value": Case(
        defector("left: 2015", sets=f"[occurred, left, stage: flown]  {MARK}"), CLAIM, "/about/0/sets/stage", ("fled",)
    ),
    "occurred: false": Case(
        defector(sets=f"{{occurred: false}}  {MARK}"), CLAIM, "/about/0/sets/occurred", ("denies",)
    ),
    "claim about nothing": Case(
        f"claims:\n  - id: free  {MARK}\n    says: Nothing.\n    source: newspaper\n",
        "claims/free",
        "/about",
        ("name the record",),
    ),
}
"""What is wrong with a record by itself."""

TOGETHER = {
    "unknown source": Case(
        defector().replace("source: newspaper", f"source: newspapr  {MARK}"),
        CLAIM,
        "/source",
        ("there is no sources/newspapr", "did you mean newspaper?"),
    ),
    "unknown person": Case(
        defector(f"people: [writter]  {MARK}", "editorial: {people: we know}"),
        OWN,
        "/people/0",
        ("there is no people/writter", "did you mean writer?"),
    ),
    "unknown record of a link": Case(
        defector(f"links: [{{to: defectors/generall, relation: may-be, reason: alike}}]  {MARK}"),
        OWN,
        "/links/0/to",
        ("did you mean general?",),
    ),
    "unknown record in a value": Case(
        defector(sets=f"[occurred, people: [writre]]  {MARK}"),
        CLAIM,
        "/about/0/sets/people/0",
        ("did you mean writer?",),
    ),
    "document twice in a chain": Case(
        defector(claim=("seen: quoted", f"chain: [{{source: newspaper, verb: cited}}]  {MARK}")),
        CLAIM,
        "/chain",
        ("loop",),
    ),
    "document that cites itself": Case(source(f"cites: [survey]  {MARK}"), "sources/survey", "/cites/0", ("loop",)),
    "body within itself": Case(
        f"institutions:\n  - id: a\n    name: A\n    kind: other\n    part_of: [b]  {MARK}\n"
        "    editorial: {part_of: x}\n"
        "  - id: b\n    name: B\n    kind: other\n    part_of: [a]\n    editorial: {part_of: x}\n",
        "institutions/a",
        "/part_of/0",
        ("loop by institutions/b",),
    ),
    "group within itself": Case(
        defector(f"links: [{{to: defectors/clerk, relation: within, reason: x}}]  {MARK}"),
        OWN,
        "/links/0/to",
        ("loop",),
    ),
    "claim about itself": Case(
        f"claims:\n  - id: self\n    about: [{{record: claims/self}}]  {MARK}\n    says: I.\n    source: newspaper\n",
        "claims/self",
        "/about/0/record",
        ("loop",),
    ),
    "the same id twice in a file": Case(
        f"people:\n  - id: twin\n    name: One\n  - id: twin  {MARK}\n    name: Other\n",
        "people/twin",
        "/id",
        ("given twice",),
    ),
    "a fault in the second of two": Case(
        f"people:\n  - id: twin\n    name: One\n  - id: twin\n    name: Other\n    country: XX  {MARK}\n",
        "people/twin",
        "/country",
        ("ISO 3166",),
    ),
    "value that no claim sets": Case(
        defector(f"left: 2015  {MARK}"), OWN, "/left", ("asserting claim", "`editorial` reason")
    ),
    "part of a value that no claim sets": Case(
        defector("party:", "  kind: group", f"  count: 5  {MARK}"), OWN, "/party/count", ("asserting claim",)
    ),
    "element that no claim sets": Case(
        defector(f"motive: [hardship, family]  {MARK}", sets="[occurred, motive: [family]]"),
        OWN,
        "/motive",
        ("asserting",),
    ),
    "value that is only denied": Case(
        defector(
            f"left: 2015  {MARK}",
            more="      - {id: not-then, says: Not then., stance: denies, sets: [left], source: statement}",
        ),
        OWN,
        "/left",
        ("asserting claim",),
    ),
    "another value without a reason": Case(
        defector(
            f"left: 2015  {MARK}",
            sets="[occurred, left]",
            more="      - {id: other-year, says: Then., sets: {left: 2014}, source: statement}",
        ),
        OWN,
        "/left",
        ("different values", "`editorial`"),
    ),
    "nobody says that it happened": Case(
        f"defectors:\n  - id: clerk  {MARK}\n    name: A clerk\n", OWN, "", ("occurred", "who says")
    ),
    "what is imagined": Case(
        defector(claim=("commitment: conditional",)).replace("- id: clerk\n", f"- id: clerk  {MARK}\n"),
        OWN,
        "",
        ("conditional", "imagined"),
    ),
    "editorial occurred": Case(
        defector(f"editorial: {{occurred: we think so}}  {MARK}"), OWN, "/editorial/occurred", ("never editorial",)
    ),
    "editorial of an unknown field": Case(
        defector(f"editorial: {{lefft: why}}  {MARK}"), OWN, "/editorial/lefft", ("no field lefft",)
    ),
    "withheld, with a value": Case(
        defector(f"left: 2015  {MARK}", "withheld: {left: at risk}", sets="[occurred, left]"),
        OWN,
        "/left",
        ("take it out",),
    ),
    "withheld, with a claim that sets it": Case(
        defector("withheld: {left: at risk}", sets=f"{{occurred: true, left: 2015}}  {MARK}"),
        CLAIM,
        "/about/0/sets/left",
        ("take it out",),
    ),
    "withheld, with a claim that sets a part of it": Case(
        defector("withheld: {party: at risk}", sets=f"{{occurred: true, party.count: 3}}  {MARK}"),
        CLAIM,
        "/about/0/sets/party.count",
        ("take it out",),
    ),
    "withheld text, with a value": Case(
        source(f"title: A title  {MARK}", "withheld: {title: at risk}"), "sources/survey", "/title", ("take it out",)
    ),
    "locator past the paragraphs": Case(
        defector(claim=(f"locators: [{{{locator(paragraph='4')}}}]  {MARK}",)), CLAIM, "/locators/0", ("3 paragraphs",)
    ),
    "locator past the characters": Case(
        defector(claim=(f"locators: [{{{locator(end='901')}}}]  {MARK}",)), CLAIM, "/locators/0", ("900 characters",)
    ),
    "part that the source lacks": Case(
        defector(claim=(f"part: footnote-9  {MARK}",)), CLAIM, "/part", ("has no part footnote-9",)
    ),
    "value that only a claim sets": Case(
        defector(sets="{occurred: true, left: 2015}").replace("- id: clerk\n", f"- id: clerk  {MARK}\n"),
        OWN,
        "",
        ("a claim sets `left`, and the record has none; set it there too, or say in `editorial` why not",),
    ),
    "assessment that nobody gives": Case(
        f"assessments:\n  - id: shaky  {MARK}\n    name: A doubt\n    kind: judgement\n"
        "    question: is-the-regime-unstable\n    holder: people/writer\n    claims:\n"
        "      - {id: shaky-held, says: It is shaky., source: newspaper, sets: [holder]}\n",
        "assessments/shaky",
        "",
        ("no claim sets `occurred`",),
    ),
    "record of another file": Case(
        f"people:\n  - id: writer  {MARK}\n    name: Another writer\n",
        "people/writer",
        "/id",
        ("is loaded from ", "loaded.yaml already; take it out of one of the two, or take it over by --force"),
    ),
    "record of another file, as it is there": Case(
        f"people:\n  - id: writer  {MARK}\n    name: The writer\n", "people/writer", "/id", ("is loaded from ",)
    ),
    "claim of another file": Case(
        defector().replace("- id: clerk-left", f"- id: general-left  {MARK}"),
        "claims/general-left",
        "/id",
        ("is loaded from ",),
    ),
}
"""What is wrong between records: only the database knows."""

PERSON = '{"resource": "people", "id": "nobody", "name": "Nobody"}'
JSON = {
    "broken": ('{"resource": "people", "id": }', "", "is not JSON"),
    "duplicate key": ('{"resource": "people", "id": "a", "id": "b"}', "", "has the key id twice"),
    "NaN": ('{"resource": "people", "id": NaN}', "", "NaN is no JSON"),
    "Infinity": ('{"resource": "people", "id": -Infinity}', "", "Infinity is no JSON"),
    "no resource": ('{"id": "a"}', "", "is no resource"),
    "resource is a list": ('{"resource": [], "id": "a"}', "", "is no resource"),
    "unknown resource": ('{"resource": "person", "id": "a"}', "", "is no resource: one of defectors"),
    "record is a list": ('["people"]', "", "is no resource"),
    "lone surrogate": ('{"resource": "people", "id": "a", "name": "\\ud800"}', "/name", "surrogate"),
    "lone surrogate in a key": (
        '{"resource": "people", "id": "a", "name": "A", "\\ud800": 1}',
        "/\ud800",
        "unknown field",
    ),
    "lone surrogate in an editorial field": (
        '{"resource": "people", "id": "a", "name": "A", "editorial": {"\\ud800": "x"}}',
        "/editorial/\ud800",
        "surrogate",
    ),
    "lone surrogate in an address": (
        '{"resource": "sources", "id": "a", "name": "A", "kind": "article", "address": "http://example.org/\\ud800"}',
        "/address",
        "",
    ),
    "NUL in an address": (
        '{"resource": "sources", "id": "a", "name": "A", "kind": "article", "address": "http://example.org/\\u0000"}',
        "/address",
        "",
    ),
    "fact that is none of coverage": ('{"resource": "coverage", "schema_version": "2"}', "", "coverage_from"),
    "lone surrogate in coverage": ('{"resource": "coverage", "coverage": [{"source": "\\ud800"}]}', "", "not an id"),
    "NUL": ('{"resource": "people", "id": "a", "name": "A\\u0000"}', "/name", "control character"),
    "control character": ('{"resource": "people", "id": "a", "name": "A\\u001b[2J"}', "/name", "control character"),
    "64 deep": (f'{{"resource": "people", "id": "a", "name": {"[" * 64}{"]" * 64}}}', "/name", ""),
    "900 deep": (f'{{"resource": "people", "id": "a", "name": "A", "x": {"[" * 900}{"]" * 900}}}', "", ""),
    "60,000 deep": (f'{{"resource": "people", "id": "a", "name": {"[" * 60_000}{"]" * 60_000}}}', "", "nested"),
    "60,000 deep mapping": ('{"a": ' * 60_000 + "1" + "}" * 60_000, "", "nested"),
    "about is a number": (
        '{"resource": "claims", "id": "a", "says": "A", "source": "newspaper", "about": 5}',
        "/about",
        "list",
    ),
    "claims are no list": ('{"resource": "people", "id": "a", "name": "A", "claims": {}}', "/claims", "list"),
    "half a paragraph": (
        '{"resource": "claims", "id": "a", "says": "A", "source": "newspaper", "about": [{"record": "people/writer"}], '
        f'"locators": [{{"paragraph": 1.5, "start": 0, "end": 5, "sha256": "{DIGEST}"}}]}}',
        "/locators/0/paragraph",
        "must be a whole number in digits",
    ),
    "paragraph as a fraction of one": (
        '{"resource": "claims", "id": "a", "says": "A", "source": "newspaper", "about": [{"record": "people/writer"}], '
        f'"locators": [{{"paragraph": 1.0, "start": 0, "end": 5, "sha256": "{DIGEST}"}}]}}',
        "/locators/0/paragraph",
        "must be a whole number in digits",
    ),
}
"""Faulty lines of NDJSON: the line, the pointer, and what the message must hold."""


@pytest.fixture(scope="module")
def loaded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("loaded") / "loaded.yaml"
    file.write_text(LOADED, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def loaded_sqlite(tmp_path_factory: pytest.TempPathFactory, loaded_file: Path) -> str:
    return filled(str(tmp_path_factory.mktemp("loaded") / "talbuk.db"), loaded_file)


@pytest.fixture(scope="module")
def loaded_postgresql(postgresql_server: str, loaded_file: Path) -> str:
    import psycopg

    with psycopg.connect(f"{postgresql_server}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE talbuk_faulty_fixtures")
    return filled(f"{postgresql_server}/talbuk_faulty_fixtures", loaded_file)


def filled(url: str, file: Path) -> str:
    """A database with LOADED in it: refused loads leave it as it is, so that one serves all tests."""
    open_database(url, create=True)
    load([file])
    close_database()
    return url


@pytest.fixture
def sqlite(loaded_sqlite: str) -> Iterator[None]:
    open_database(loaded_sqlite)
    yield
    close_database()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def either_engine(request: pytest.FixtureRequest) -> Iterator[None]:
    open_database(request.getfixturevalue(f"loaded_{request.param}"))
    yield
    close_database()


def refused(*files: Path, total: int | None = None) -> list[Located]:
    """The faults that a load is refused with; what a dump gives must be what it was."""
    before = list(lines())
    with pytest.raises(LoadRefused) as caught:
        load(files)
    assert list(lines()) == before
    assert caught.value.total == (len(caught.value.faults) if total is None else total)
    return list(caught.value.faults)


def assert_one_fault(file: Path, case: Case) -> None:
    """Hold the refusal to file, line, record, field and message; no fault is told of another place."""
    faults = refused(file)
    where = {(Path(fault.file).name, fault.line, fault.path, fault.pointer) for fault in faults}
    wanted = (file.name, case.line, case.path, case.pointer)
    assert wanted in where, [str(fault) for fault in faults]
    message = next(f.message for f in faults if (Path(f.file).name, f.line, f.path, f.pointer) == wanted)
    assert "\n" not in message
    for words in case.says:
        assert words in message


def written(folder: Path, text: str, name: str = "faulty.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    return file


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in (SYNTAX | FIELDS).items()])
def test_file_or_field_is_refused(case: Case, tmp_path: Path) -> None:
    assert_one_fault(written(tmp_path, case.text), case)


@pytest.mark.usefixtures("either_engine")
@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in TOGETHER.items()])
def test_records_that_do_not_fit_are_refused(case: Case, tmp_path: Path) -> None:
    assert_one_fault(written(tmp_path, case.text), case)


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize(("line", "pointer", "says"), [pytest.param(*case, id=name) for name, case in JSON.items()])
def test_line_of_ndjson_is_refused(line: str, pointer: str, says: str, tmp_path: Path) -> None:
    faults = refused(written(tmp_path, f"{PERSON}\n\n{line}\n", "faulty.ndjson"))
    assert {(Path(fault.file).name, fault.line) for fault in faults} == {("faulty.ndjson", 3)}
    assert any(pointer in fault.pointer and says in fault.message for fault in faults), list(map(str, faults))


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[]", 1, "a mapping from resource"),
        ("null", 1, "a mapping from resource"),
        ('{"people": {}}', 1, "must be a list"),
        ("people: []", 1, "is not JSON"),
        ('{"people": [\n{"id": "a", "name": NaN}]}', 1, "NaN is no JSON"),
        ('{"people": [\n{"id": "a", "id": "b"}]}', 2, "has the key id twice"),
        ('{"people": [\n{"id": "a", "name": "\\ud800"}]}', 2, "surrogate"),
        ('{"people": [\n{"id": "a", "name": ' + "[" * 64 + "]" * 64 + "}]}", 2, ""),
        ('{"people": ' + "[" * 990 + "]" * 990 + "}", 1, "nested"),
    ],
)
def test_json_file_is_refused(text: str, line: int, says: str, tmp_path: Path) -> None:
    faults = refused(written(tmp_path, text, "faulty.json"))
    assert any(fault.line == line and says in fault.message for fault in faults), list(map(str, faults))


@pytest.mark.usefixtures("sqlite")
def test_characters_beyond_the_first_plane_may_be_escaped_in_json(tmp_path: Path) -> None:
    """JSON writes them as two surrogates, which YAML has no word for."""
    file = written(tmp_path, json.dumps({"people": [{"id": "a", "name": "\U00020000"}, {"id": "b"}]}), "pair.json")
    assert [fault.path for fault in refused(file)] == ["people/b"]


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize("suffix", ["yaml", "json", "ndjson"])
def test_what_is_not_utf8_is_refused_at_its_line(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"faulty.{suffix}"
    file.write_bytes(b"\n" * 20_000 + b'{"resource": "people", "id": "a", "name": "\xff"}\n')
    (fault,) = refused(file)
    assert fault.line == 20_001
    assert "UTF-8" in fault.message


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        pytest.param("sources: " + "[" * 60_000 + "]" * 60_000, "yaml", id="flow"),
        pytest.param("sources:\n  " + "- " * 60_000 + "a\n", "yaml", id="block"),
        pytest.param("sources: " + "{a: " * 60_000 + "1" + "}" * 60_000, "yaml", id="mappings"),
        pytest.param("? " * 60_000, "yaml", id="keys"),
        pytest.param('{"sources": ' + "[" * 60_000 + "]" * 60_000 + "}", "json", id="json"),
    ],
)
def test_nesting_bomb_is_refused(text: str, suffix: str, tmp_path: Path) -> None:
    """In a process of its own: the YAML library takes the process with it where nothing stops it before."""
    file = written(tmp_path, text, f"bomb.{suffix}")
    command = [sys.executable, "-m", "api", "load", str(file), "--database", str(tmp_path / "talbuk.db")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr[-300:]
    assert "nested" in done.stderr


@pytest.mark.usefixtures("sqlite")
def test_year_that_json_gives_as_a_number_is_a_date(tmp_path: Path) -> None:
    """As YAML does; other numbers are no dates."""
    records = [{"id": "a", "name": "A", "kind": "article", "published": year} for year in (2015, {"edtf": "2015"})]
    for record in records:
        (raw,) = read(written(tmp_path, json.dumps({"sources": [record]}), "year.json"))
        assert isinstance(raw, Raw)
        (found,) = validated(raw, "year.json")
        assert not isinstance(found, Fault)
        assert found["published"]["edtf"] == "2015"
        assert (found["published"]["earliest"], found["published"]["latest"]) == ("2015-01-01", "2015-12-31")
    for odd in (True, 2015.5, 15):
        file = written(tmp_path, json.dumps({"sources": [records[0] | {"published": odd}]}), "odd.json")
        assert [(f.path, f.pointer) for f in refused(file)] == [("sources/a", "/published/edtf")], odd


@pytest.mark.usefixtures("sqlite")
def test_every_unknown_resource_and_what_is_wrong_beside_them_is_told(tmp_path: Path) -> None:
    """Reading goes on after them."""
    text = "defecters: []\npeople:\n  - {id: a}\npepole: []\nsources: {}\ninstitutions:\n  - {id: b, kind: bnak}\n"
    found = [(f.line, f.path, f.pointer) for f in refused(written(tmp_path, text))]
    assert sorted(found) == [
        (1, "", ""), (3, "people/a", "/name"), (4, "", ""), (5, "", ""),
        (7, "institutions/b", "/kind"), (7, "institutions/b", "/name"),
    ]  # fmt: skip


@pytest.mark.usefixtures("sqlite")
def test_every_bad_line_of_ndjson_is_told(tmp_path: Path) -> None:
    bad = ["{", '{"resource": "person"}', '{"resource": "people", "id": "a"}', PERSON, '["people"]', "{} {}"]
    found = [(f.line, f.path) for f in refused(written(tmp_path, "\n".join(bad), "bad.ndjson"))]
    assert found == [(1, ""), (2, ""), (3, "people/a"), (5, ""), (6, "")]


@pytest.mark.usefixtures("sqlite")
def test_folder_that_is_called_as_a_file_is(tmp_path: Path) -> None:
    """It is a folder: what is in it is loaded where it is asked for, and nothing of it where the one around it is."""
    inner = tmp_path / "around" / "x.yaml"
    inner.mkdir(parents=True)
    (fault,) = refused(inner)
    assert fault.message == "there is no such file, nor a folder with fixtures in it"
    written(inner, f"people: [{{id: nobody}}]  {MARK}\n")
    assert [(Path(f.file).name, f.line) for f in refused(inner)] == [("faulty.yaml", 1)]
    (fault,) = refused(tmp_path / "around")
    assert fault.message == "there is no such file, nor a folder with fixtures in it"


@pytest.mark.usefixtures("sqlite")
def test_link_that_leads_nowhere_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nothing.yaml")
    for path in (tmp_path / "gone.yaml", tmp_path):
        (fault,) = refused(path)
        assert (fault.file, fault.message) == (str(path), "there is no such file, nor a folder with fixtures in it")
    written(tmp_path, "people: [{id: nobody}]\n")
    assert [(Path(f.file).name, f.pointer) for f in refused(tmp_path)] == [("faulty.yaml", "/name")]


def test_file_whose_name_is_not_utf8_is_refused(tmp_path: Path) -> None:
    """By itself and in a folder: its name could not be kept, nor shown."""
    folder = tmp_path / "folder"
    folder.mkdir()
    name = os.fsencode(folder) + b"/caf\xe9.yaml"
    try:
        Path(os.fsdecode(name)).write_text("people: [{id: a, name: A}]\n", encoding="utf-8")
    except OSError:
        pytest.skip("this file system has only names in UTF-8")
    for path in (name, os.fsencode(folder)):
        command = [sys.executable, "-m", "api", "load", path, "--database", str(tmp_path / "talbuk.db")]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (1, b"")
        fault, last = done.stderr.decode("utf-8", "strict").splitlines()
        assert fault.endswith("has a name that is not UTF-8; rename it")
        assert "caf" in fault
        assert last == "1 fault; nothing was changed"


@pytest.mark.usefixtures("either_engine")
@pytest.mark.parametrize("together", [True, False])
def test_fault_in_a_record_of_an_unchanged_file_has_its_file_and_line(
    together: bool, loaded_file: Path, tmp_path: Path
) -> None:
    """A change elsewhere may break what is stored; whether its file is of the run or not, that is where to look."""
    denial = (
        "claims:\n  - id: general-never\n    about: [{record: defectors/general, sets: {left: 2014}}]\n"
        "    says: He left the year before.\n    source: newspaper\n"
    )
    file = written(tmp_path, denial)
    (fault,) = refused(*([loaded_file, file] if together else [file]))
    line = LOADED.splitlines().index("    left: 2015-06") + 1
    assert (Path(fault.file).name, fault.line) == ("loaded.yaml", line)
    assert (fault.path, fault.pointer) == ("defectors/general", "/left")


@pytest.mark.usefixtures("either_engine")
def test_same_id_in_two_files_is_refused(tmp_path: Path) -> None:
    one = written(tmp_path, "people:\n  - id: twin\n    name: One\n", "a.yaml")
    other = written(tmp_path, "people:\n  - id: single\n    name: S\n  - id: twin\n    name: Other\n", "b.yaml")
    (fault,) = refused(one, other)
    assert (Path(fault.file).name, fault.line, fault.path, fault.pointer) == ("b.yaml", 4, "people/twin", "/id")


@pytest.mark.usefixtures("either_engine")
@pytest.mark.parametrize("name", ["The writer", "Another writer"])
def test_id_of_an_unchanged_file_is_refused_in_another(name: str, loaded_file: Path, tmp_path: Path) -> None:
    """Whether a file was loaded before makes no difference: together they give the id twice."""
    file = written(tmp_path, f"people:\n  - id: writer\n    name: {name}\n")
    (fault,) = refused(loaded_file, file)
    assert (Path(fault.file).name, fault.line, fault.path, fault.pointer) == ("faulty.yaml", 2, "people/writer", "/id")


@pytest.mark.usefixtures("either_engine")
def test_all_faults_of_a_run_are_told_together(tmp_path: Path) -> None:
    """Field, reference, loop and rule, over two files, in the order of files and lines."""
    text = defector("left: 2015-24", "stage: flown", more="      - {id: c2, says: So., source: newspapr}")
    one = written(tmp_path, text + "\npeople:\n  - id: a\n    name: A\n    country: XX\n", "a.yaml")
    two = written(tmp_path, source("cites: [survey, nothing]"), "b.yaml")
    faults = refused(one, two)
    told = [(Path(fault.file).name, fault.path, fault.pointer) for fault in faults]
    for expected in (
        ("a.yaml", OWN, "/left/edtf"),
        ("a.yaml", OWN, "/stage"),
        ("a.yaml", "claims/c2", "/source"),
        ("a.yaml", "people/a", "/country"),
        ("b.yaml", "sources/survey", "/cites/0"),
        ("b.yaml", "sources/survey", "/cites/1"),
    ):
        assert expected in told
    assert [(fault.file, fault.line) for fault in faults] == sorted((fault.file, fault.line) for fault in faults)


@pytest.mark.usefixtures("sqlite")
def test_unreadable_files_and_faulty_fields_are_told_together(tmp_path: Path) -> None:
    """What refers into a file that nobody could read is not told to be missing."""
    one = written(tmp_path, defector("left: 2015-24", claim=("leans_on: [ghost]",)), "a.yaml")
    two = written(tmp_path, "sources:\n  - id: ghost\n    name: G\n  - id: [\n", "b.yaml")
    three = written(tmp_path, "{", "c.ndjson")
    told = [(Path(fault.file).name, fault.pointer) for fault in refused(one, two, three)]
    assert told == [("a.yaml", "/left/edtf"), ("b.yaml", ""), ("c.ndjson", "")]


@pytest.mark.usefixtures("sqlite")
def test_fault_of_a_record_makes_no_faults_of_others(tmp_path: Path) -> None:
    """What refers to a broken record is not told that the record is missing."""
    text = defector().replace("source: newspaper", "source: survey") + source("title: ~")
    assert [(f.path, f.pointer) for f in refused(written(tmp_path, text))] == [("sources/survey", "/title")]


@pytest.mark.usefixtures("either_engine")
def test_first_thousand_faults_are_told_and_all_are_counted(tmp_path: Path) -> None:
    many = "".join(f'{{"resource": "people", "id": "p{n}", "name": 5}}\n' for n in range(LISTED + 200))
    faults = refused(written(tmp_path, many, "many.ndjson"), total=LISTED + 200)
    assert [fault.line for fault in faults] == list(range(1, LISTED + 1))


@pytest.mark.usefixtures("sqlite")
def test_more_dangling_references_than_are_told_are_counted(tmp_path: Path) -> None:
    """As many are counted as there are, not as many as are listed."""
    many = "".join(
        f'{{"resource": "claims", "id": "c{n}", "says": "So.", "source": "nothing", "about": '
        f'[{{"record": "people/writer"}}]}}\n'
        for n in range(LISTED + 50)
    )
    assert len(refused(written(tmp_path, many, "many.ndjson"), total=LISTED + 50)) == LISTED


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("coverage_from: bogus\n", "must be a day"),
        ("coverage_from: [2015]\n", ""),
        ("coverage: nothing\n", ""),
        ("coverage: [{source: newspaper, nothing: [{paragraph: one, because: x}]}]\n", ""),
        ("coverage: [{}]\n", ""),
    ],
)
def test_coverage_that_says_nothing_is_refused(text: str, says: str, tmp_path: Path) -> None:
    """It would be served as it is, and `check` would fall over it."""
    assert says in refused(written(tmp_path, text))[0].message


@pytest.mark.parametrize(
    "spelled",
    [
        *("no", "yes", "on", "off", "y", "n", "true", "False", "1997", "0x10", "0o17", "017", "1e3", "1_000", ".inf"),
        *(".nan", "2015-07-10", "2001-12-14 21:59:43.10", "12:30:45", "3.10", "+1", "=", '"~"', '"null"', "'no'"),
    ],
)
def test_yaml_changes_no_value_silently(spelled: str, tmp_path: Path) -> None:
    file = written(tmp_path, source(f"title: {spelled}"))
    (raw,) = read(file)
    assert isinstance(raw, Raw)
    assert raw.record["title"] == spelled.strip("\"'")


@pytest.mark.parametrize(
    ("spelled", "number"), [("017", 17), ("3.10", 3.1), ("-1", -1), ("1997", 1997), ("0.000001", 1e-6), ("5.0", 5)]
)
def test_numbers_are_read_as_they_are_spelled(spelled: str, number: float, tmp_path: Path) -> None:
    """YAML 1.1 would make 15 of 017."""
    records = [record for raw in read(written(tmp_path, indicator(spelled))) for record in validated(raw, "x")]
    figure = next(r for r in records if not isinstance(r, Fault) and r["resource"] == "indicators")
    assert figure["value"]["value"] == number


WHOLE = (
    {
        "resource": "purges", "id": "p", "name": "A purge", "description": "It was.", "kind": "recall", "form": "event",
        "stage": "ordered", "targets": {"people": ["writer"], "count": {"least": 2, "qualifier": "at-least"}},
        "by": ["institutions/ministry"], "when": {"edtf": "2015", "basis": "stated"}, "place": {"country": "CN"},
        "effects": ["Some left."], "links": [{"to": "defectors/general", "relation": "follows", "reason": "So."}],
        "editorial": {"stage": "so"},
        "claims": [
            {
                "id": "c", "says": "It was.", "source": "newspaper", "made": "2015", "known": {"edtf": "2015"},
                "sets": {"occurred": True, "by": ["people/writer"]}, "quotes": ["people/writer"],
                "chain": [{"source": "statement", "verb": "cited"}], "seen": "quoted",
                "origin": {"identity": "named", "person": "writer"}, "leans_on": ["statement"],
                "answers": [{"claim": "general-left", "relation": "repeats"}],
                "locators": [{"paragraph": 1, "start": 0, "end": 5, "sha256": DIGEST}],
            }
        ],
    },
    {
        "resource": "people", "id": "q", "name": "Q", "names": [{"text": "Q", "script": "latin"}], "country": "KP",
        "roles": [{"institution": "ministry", "title": "Head", "as_of": "2015"}],
        "ties": [{"person": "writer", "kind": "spouse"}],
        "editorial": {"names": "x"}, "withheld": {"country": "x"},
    },
    {
        "resource": "sources", "id": "s", "name": "S", "kind": "article", "parts": [{"id": "body", "kind": "body"}],
        "cites": ["newspaper"], "language": "en", "address": "https://example.org/a", "authors": ["writer"],
        "held": {"sha256": DIGEST, "paragraphs": 1, "characters": 5},
    },
    {
        "resource": "claims", "id": "k", "says": "K.", "source": "newspaper",
        "about": [{"record": "defectors/general", "sets": ["occurred"]}], "part": "body",
    },
)  # fmt: skip
"""Records in which every kind of field occurs."""

ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, "", " ", "x", "\ud800", "\0", "a" * 3000, "2015", [], [[]], [None], [0], ["x"],
    {}, {"x": "x"}, {"": None}, {"\ud800": "x"}, [{}], [{"record": None}], "1e999999", "9" * 5000,
)  # fmt: skip


def changed(value: Any, odd: Any) -> Iterator[Any]:
    """The value with each of its parts in turn replaced."""
    yield odd
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in members:
        for other in changed(inner, odd):
            copy = value.copy()
            copy[key] = other
            yield copy


def records_with_a_fault() -> Iterator[str]:
    """Every record of WHOLE with one part replaced by something odd, as lines."""
    for record in WHOLE:
        for odd in ODD:
            yield from map(json.dumps, changed(record, odd))


def test_no_odd_value_is_more_than_a_fault(tmp_path: Path) -> None:
    """Reading and validating end in records and faults, whatever stands where."""
    file, count = tmp_path / "odd.ndjson", 0
    for line in records_with_a_fault():
        file.write_text(line, encoding="utf-8")
        tell = f"{line[:500]} is more than a fault"
        try:
            for raw in read(file):
                if isinstance(raw, Raw):
                    list(validated(raw, "odd.ndjson"))
        except Unreadable:
            continue
        except Exception as error:
            raise AssertionError(tell) from error
        count += 1
    assert count > 1000


@pytest.mark.usefixtures("sqlite")
def test_no_odd_record_is_more_than_a_refusal(tmp_path: Path) -> None:
    """A sample of them through the whole load: it is refused, or what it wrote can be dumped and rendered as UTF-8."""
    sample = random.Random(7).sample(list(records_with_a_fault()), 120)
    check: Callable[[Path], object] = lambda file: load([file], force=True)  # noqa: E731
    before = list(lines())
    for number, line in enumerate(sample):
        file = written(tmp_path, line, f"odd-{number}.ndjson")
        try:
            check(file)
        except LoadRefused:
            assert list(lines()) == before, line[:500]
        except Exception as error:
            raise AssertionError(line[:500]) from error
        else:
            before = list(lines())
            "".join(before).encode()
