"""The vocabularies of institutions, people and sources."""

from models.terms import Term, Vocabulary

INSTITUTION_KIND = Vocabulary(
    "institution-kind",
    "What kind of body an institution is.",
    (
        Term(
            "state",
            "A state as one actor, as when a source says that a country did or said something.",
            "institutions/south-korea: a state that denies a report, say.",
        ),
        Term(
            "party-body",
            "The ruling party, or an office, department or committee of it.",
            "institutions/room-39: an office of the ruling party.",
        ),
        Term(
            "government-body",
            "A ministry, agency or other organ of a government that is neither security nor military.",
            "institutions/unification-ministry: a ministry.",
        ),
        Term(
            "security-body",
            "A secret service, intelligence service, police or border guard, of any country.",
            "institutions/state-security-department: the secret police of the North.",
        ),
        Term(
            "military-body",
            "An army, a command, or another organ of armed forces.",
            "institutions/general-political-bureau: the political organ of the army.",
        ),
        Term(
            "company",
            "An enterprise that trades, produces or serves customers, whoever owns it.",
            "institutions/north-korean-restaurant-china: a restaurant that serves guests.",
        ),
        Term(
            "bank",
            "A body that keeps, lends or transfers money.",
            "institutions/taesong-bank: it keeps funds.",
        ),
        Term(
            "media",
            "A newspaper, agency, broadcaster, site or blog that publishes reports or opinion.",
            "institutions/yonhap: a news agency.",
        ),
        Term(
            "university",
            "A body that teaches students for degrees.",
            "institutions/dongguk-university: it teaches students.",
        ),
        Term(
            "research-institute",
            "A body whose work is research and not teaching, also one within a university or ministry.",
            "institutions/korea-institute-for-defense-analyses: its fellows study and do not teach.",
        ),
        Term(
            "mission",
            "An embassy, consulate or other standing representation of one state in another or at an international "
            "body.",
            "institutions/north-korean-embassy-london: an embassy.",
        ),
        Term(
            "international-body",
            "An organisation whose members are states, or an organ of one.",
            "institutions/united-nations: its members are states.",
        ),
        Term(
            "other",
            "A body that none of the other terms covers.",
            "institutions/masikryong-ski-resort: a resort, which is none of the others.",
        ),
    ),
)

SOURCE_KIND = Vocabulary(
    "source-kind",
    "What kind of document or statement a source is.",
    (
        Term(
            "article",
            "A report, editorial or other piece that a news medium publishes as its own.",
            "sources/rfa-on-shenyang: a report of a broadcaster.",
        ),
        Term(
            "blog-post",
            "An entry in a blog, under its author's own responsibility.",
            "sources/one-free-korea-post-2015: a post in a blog.",
        ),
        Term(
            "statement",
            "Something that a state organ, another body or a person made public, in speech or writing.",
            "sources/unification-ministry-on-thae: what a ministry announced.",
        ),
        Term(
            "interview",
            "Questions and answers that a medium recorded or published.",
            "sources/park-interview-2015: a president answers the questions of a newspaper.",
        ),
        Term(
            "survey",
            "A study that counts, measures or ranks many cases by one method.",
            "sources/foreign-policy-survey-2015: many states are ranked by one method.",
        ),
        Term(
            "op-ed",
            "An opinion piece by an outside author in a news medium.",
            "sources/kim-yong-hyun-in-asahi-2013: a professor writes in a newspaper.",
        ),
        Term(
            "video",
            "A moving picture, whatever it shows.",
            "sources/propaganda-video: a film that an update speaks of.",
        ),
        Term(
            "other",
            "A document that none of the other terms covers.",
            "sources/rumour-on-choe: talk, of which it is not told where it stands.",
        ),
    ),
)

PART_KIND = Vocabulary(
    "part-kind",
    "Which part of a document a passage stands in; each part may have a date of its own.",
    (
        Term(
            "body",
            "The document as first published.",
            "sources/japan-times-editorial-2016: the editorial as it was printed.",
        ),
        Term(
            "update",
            "What was added or changed after the first publication.",
            "sources/one-free-korea-post-2015: a note that was added later and puts a report in doubt.",
        ),
        Term(
            "footnote",
            "A note to a passage of the document, set apart from it.",
            "sources/one-free-korea-post-2015: notes on four scholars, set below the post.",
        ),
    ),
)

TIE_KIND = Vocabulary(
    "tie-kind",
    "What the other person is to the person whose record holds the tie.",
    (
        Term(
            "spouse",
            "The other is the person's husband or wife.",
            "people/thae-wife: he is her husband.",
        ),
        Term(
            "parent",
            "The other is the person's father or mother.",
            "people/thae-child-graduate: he is the child's father.",
        ),
        Term(
            "child",
            "The other is the person's son or daughter.",
            "people/thae-father: he is the father's son.",
        ),
        Term(
            "relative",
            "The other is related to the person in another way, by blood or marriage.",
            "people/kim-jong-un: the founder of the state is his grandfather.",
        ),
        Term(
            "associate",
            "The other is tied to the person by work, patronage or trust, and not by kinship.",
            "people/jang-song-thaek: he had men of his in enterprises in China.",
        ),
        Term(
            "other",
            "The other is tied to the person in a way that none of the other terms covers.",
            "A text calls one man the neighbour of another.",
        ),
    ),
)
