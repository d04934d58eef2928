"""Records that tempt `known_by=` to tell too much: each is known by halves for some time."""

from typing import Any

from tests.api.test_lists import EDITOR, NOBODY, TRADER, WITNESS, record, said

KEPT = "Whom the party takes in is read from the whole."
CUSTODY = {"identity": "collective", "institution": "host", "capacity": "state-organ", "access": "custody"}
ABROAD = {"identity": "collective", "institution": "bureau", "capacity": "state-organ", "access": "own-act"}


def through(*chain: str) -> dict[str, Any]:
    """Read in the blog, which had it from elsewhere."""
    return {"source": "blog", "seen": "quoted", "chain": [{"source": document, "verb": "wrote"} for document in chain]}


DEFECTORS = [
    # Its list grows, an earlier other date gives way, a stage is ours alone.
    record(
        "grows",
        said("occurred", "wire", values={"people": ["grows"], "left": "2014-01"}, origin=NOBODY),
        said("occurred", "blog", values={"people": ["second"], "left": "2014-02"}, origin=WITNESS),
        said("occurred", "tape", values={"people": ["grows", "third"], "carried": ["Gold"]}, known="2014-12-01"),
        people=["grows", "second", "third"],
        left="2014-02",
        stage="arrived",
        carried=["Silver", "Gold"],
        description="A sentence of ours that nobody had written by then.",
        editorial={"left": EDITOR, "stage": EDITOR, "people": KEPT, "carried": "We add the silver."},
        links=[
            {"to": "defectors/only-linked", "relation": "within", "claims": ["grows-2", "grows-3"]},
            {"to": "defectors/plain", "relation": "may-be", "reason": "Nobody but us links these two."},
        ],
    ),
    record("only-linked", said("occurred", "tape", known="2014-12-01")),
    record("plain", said("occurred left", "wire"), left="2014-03-01"),
    # Known in March through the wire, though we read it in a blog of June.
    record("through-wire", {**said("occurred role"), **through("wire")}, role="Clerk"),
    record("through-letter", {**said("occurred home"), **through("letter"), "known": "2014-04-01"}, home=["KP"]),
    record(
        "confirmed-then-disputed",
        said("occurred whereabouts", "wire", origin=CUSTODY),
        said("occurred", "blog", stance="denies", origin=ABROAD),
        said("occurred", "tape", stance="refutes", known="2014-12-01"),
        whereabouts="south-korea",
        # Both are known long before anyone says that they may be the same people.
        links=[{"to": "defectors/plain", "relation": "may-overlap", "claims": ["confirmed-then-disputed-3"]}],
    ),
    record(
        "taken-back",
        said("occurred left", "wire", origin=WITNESS, known="2014-03-10"),
        said("occurred", "tape", origin=WITNESS, stance="withdraws", known="2014-08-01"),
        said("occurred", "paper", origin=NOBODY, commitment="rumoured"),
        left="2014",
    ),
    # Who takes it back, and who says it again, is known only when what they sign comes out.
    record(
        "taken-back-unsigned",
        said("occurred", "wire", origin=WITNESS),
        said("occurred", "signed-piece", stance="withdraws", known="2014-12-01"),
    ),
    record(
        "said-again-unsigned",
        said("occurred left", "wire", origin=WITNESS),
        said("occurred left", "signed-piece", known="2014-12-01"),
        left="2014-02",
    ),
    record("only-denied", said("occurred people", "blog", stance="denies", origin=ABROAD), people=["second"]),
    # What is foretold may lie ahead of the day.
    record("foretold", said("occurred left stage", "wire"), left="2020", stage="planned"),
    record("never-surely", said("occurred left", "unended"), left="2014-01-20"),
    record("in-the-update", said("occurred left", "blog", part="update"), left="2014-08-31"),
    record("in-the-footnote", said("occurred", "blog", part="footnote")),
]
PURGES = [
    record(
        "counted-later",
        said("occurred", "wire", values={"by": ["institutions/bureau"], "targets.people": ["second"]}),
        said("targets.count by", "blog", values={"targets.institutions": ["desk"]}),
        kind="recall",
        by=["institutions/bureau", "people/grows"],
        targets={"people": ["second"], "institutions": ["desk"], "count": 12},
        links=[{"to": "defectors/plain", "relation": "response-to", "claims": ["counted-later-2"]}],
    ),
    record(
        "if-at-all",
        said("occurred", "wire", commitment="conditional"),
        said("occurred when place", "blog", origin=TRADER),
        kind="execution",
        when="2014-05-05",
        place={"country": "KP", "place": "Somewhere"},
    ),
]
INSTITUTIONS = [
    record("office", said("country", "wire"), kind="company", country="KP"),
    record("desk", said("part_of", "blog"), kind="company", part_of=["office"]),
    record("host", kind="state", country="KR", editorial={"country": EDITOR}),
    record("bureau", kind="security-body"),
    record("blog-house", kind="media"),
    record("wire-house", kind="media"),
    record("nobody-speaks-of-it", kind="other"),
]
PEOPLE = [
    record(
        "grows",
        said("", "wire", id="first-spelled", values={"names": [{"text": "First Spelling"}]}),
        said("roles ties", "blog", id="then-spelled", values={"names": [{"text": "Second Spelling"}]}),
        names=[
            {"text": "First Spelling"},
            {"text": "Second Spelling"},
            {"text": "김자란", "script": "hangul", "system": "none", "basis": "editorial"},
        ],
        roles=[{"institution": "desk", "title": "head"}],
        ties=[{"person": "kin", "kind": "child"}],
        editorial={"names": "The spelling of the press."},
    ),
    record("second"),
    record("third"),
    record("kin", said("country", "tape", known="2014-12-01"), country="KP"),
    record("witness"),
    record("trader"),
    record("blogger"),
    record("reporter"),
    record("quoted", description="Only quoted."),
]
SOURCES = [
    record("wire", kind="article", publisher="wire-house", authors=["reporter"], published="2014-03-10"),
    record(
        "blog",
        kind="blog-post",
        publisher="blog-house",
        authors=["blogger"],
        published="2014-06-01/2014-06-10",
        description="Our words on a blog post.",
        parts=[
            {"id": "body", "kind": "body", "published": "2014-06-01/2014-06-10"},
            {"id": "footnote", "kind": "footnote"},
            {"id": "update", "kind": "update", "published": "2014-09-01"},
        ],
        cites=["wire", "leaflet", "paper"],
        held={"sha256": "a" * 64, "paragraphs": 9, "characters": 999},
    ),
    record("leaflet", kind="other", cites=["annex"]),
    record("annex", kind="other"),
    record("letter", kind="other"),
    record("paper", kind="article", published="../2014-12-20"),
    record("unended", kind="article", published="2014-05-01/.."),
    record("tape", kind="video", published="2015-01-01"),
    record("signed-piece", kind="article", authors=["witness"], published="2015-01-01"),
    record("orphan", kind="other"),
]
CLAIMS = [
    {"id": "early-word-on-a-late-claim", "says": "He will overstate it.", "source": "wire",
     "about": [{"record": "claims/grows-3"}, {"record": "sources/tape"}, {"record": "people/witness"}],
     "answers": [{"claim": "grows-3", "relation": "overstates"}, {"claim": "plain-1", "relation": "comments"}],
     "leans_on": ["blog", "wire"], "quotes": ["people/quoted"]},
    {"id": "late-word-on-an-early-claim", "says": "It was so.", "source": "blog", "part": "body",
     "about": [{"record": "claims/plain-1"}, {"record": "sources/annex"}], "made": "2014-02",
     "locators": [{"paragraph": 1, "start": 0, "end": 9, "sha256": "b" * 64}]},
    {"id": "undated", "says": "No day is known.", "source": "orphan", "about": [{"record": "people/third"}]},
    {"id": "first-in-the-letter", "says": "Read later, known before.", "about": [{"record": "people/kin"}],
     **through("wire", "letter"), "part": "update", "origin": {"identity": "anonymous"},
     "locators": [{"paragraph": 2, "start": 10, "end": 19, "sha256": "c" * 64}]},
]  # fmt: skip
INDICATORS = [
    record(
        "figure",
        said("occurred value holder", "wire", origin=ABROAD),
        said("about compared_with", "blog"),
        measure="level",
        value=1400,
        holder="institutions/bureau",
        about=["institutions/office", "defectors/plain"],
        compared_with={"period": "2013", "value": 1300},
    ),
]
ASSESSMENTS = [
    record(
        "view",
        said("occurred holder given answer", "wire"),
        said("about condition", "blog"),
        kind="forecast",
        question="will-the-regime-collapse",
        holder="people/witness",
        given="2014-03",
        answer="no",
        condition="If nothing changes at the top.",
        about=["purges/counted-later", "sources/blog"],
    ),
    # Who holds it is known before what they hold.
    record(
        "view-of-another-thing",
        said("occurred holder", "wire"),
        said("answer", "blog"),
        kind="judgement",
        question="is-the-regime-unstable",
        holder="people/witness",
        answer="yes",
    ),
]
TRAPS = {
    "coverage_from": "2014-01-15",
    "defectors": DEFECTORS,
    "purges": PURGES,
    "institutions": INSTITUTIONS,
    "people": PEOPLE,
    "sources": SOURCES,
    "claims": CLAIMS,
    "indicators": INDICATORS,
    "assessments": ASSESSMENTS,
}
