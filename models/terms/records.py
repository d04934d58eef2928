"""The vocabularies of what all kinds of records share: scope, links, how fields are coded, and how records change."""

from models.terms import Term, Vocabulary

SCOPE = Vocabulary(
    "scope",
    "What a record is to the collection; lists, statistics and the timeline show subjects unless asked otherwise.",
    (
        Term(
            "subject",
            "The record is itself within what is collected: a recent defection or purge, or a figure or judgement "
            "about these.",
            "defectors/thae-yong-ho: his flight in 2016 is what the editorial is about.",
        ),
        Term(
            "background",
            "The record is an earlier or wider matter of North Korea that a source recalls to explain its subject.",
            "defectors/hwang-jang-yop: the flight of 1997 is recalled to show that the North outlived such cases.",
        ),
        Term(
            "comparison",
            "The record is about another country or system, which a source sets beside North Korea.",
            "defectors/east-germany-1989: another state is set beside the North.",
        ),
    ),
)

RELATION = Vocabulary(
    "relation",
    "How the record that holds the link stands to the record to which it points.",
    (
        Term(
            "same-as",
            "Both records describe one and the same event, party or thing, so that together they count once.",
            "Two papers tell of one flight under different names, and a later report says that it was one man.",
        ),
        Term(
            "may-be",
            "The two could be one, and no source settles it, so they stay two records and their sizes are not added.",
            "defectors/army-general-of-summits: the unnamed general could be Park Seung-won, and no source settles it.",
        ),
        Term(
            "distinct-from",
            "The two are easily confused, and are known to be different.",
            "people/ri-yong-ho-foreign-minister: he and a namesake are known to be two men.",
        ),
        Term(
            "within",
            "All that this record describes is part of what the other describes, so their sizes are not added.",
            "defectors/hwang-jang-yop: his flight is one of the earlier ones of high rank, which have a record of "
            "their own.",
        ),
        Term(
            "may-overlap",
            "The two may share members, and no source says which, so their sizes are not added.",
            "defectors/official-of-room-39: the report that tells of him does not say whether he is one of its dozen.",
        ),
        Term(
            "excluded-from",
            "A source says that what this record describes is not counted in the other.",
            "defectors/fishing-crew: the three are named beside the 27,000 others, not among them.",
        ),
        Term(
            "response-to",
            "What this record describes was done because of the other.",
            "purges/denunciation-of-thae: the North abused him because his flight had been announced.",
        ),
        Term(
            "follows",
            "This record comes after the other in time or in a series, with no cause stated.",
            "purges/surveillance-of-families: closer watch comes after the exile of families, and no cause is stated.",
        ),
        Term(
            "part-of-event",
            "This record is one of the happenings that together make up the event of the other.",
            "purges/recall-from-shenyang: workers were called home as part of an inquiry into asylum seekers.",
        ),
    ),
)

CODING = Vocabulary(
    "coding",
    "How the value of a field comes about, and who answers for it.",
    (
        Term(
            "identity",
            "It names the record, so that others can refer to it, and says nothing about the world.",
            "defectors.id: thae-yong-ho, by which other records refer to it.",
        ),
        Term(
            "own-words",
            "The coder writes it, as a name or a summary, and no claim needs to set it.",
            "defectors.description: what the record is about, without a sentence of the texts.",
        ),
        Term(
            "classification",
            "The coder chooses it by the definitions of a vocabulary, and no claim needs to set it.",
            "purges.kind: the coder reads what was done and takes the term whose definition fits.",
        ),
        Term(
            "set-by-claims",
            "Every value is set by a claim that asserts it, or has a reason under `editorial`.",
            "defectors.left: each date stands in a claim, and the record shows the one that was chosen.",
        ),
        Term(
            "from-the-text",
            "The coder takes it from the document itself, of which no other claim needs to speak.",
            "claims.source: the document in which the claim was read.",
        ),
        Term(
            "accounted-for",
            "The coder adds it, and gives with it the claims or the reason on which it rests.",
            "defectors.links: each link names the claims behind it, or says why it was made.",
        ),
        Term(
            "by-part",
            "Its parts are coded in different ways, each as it says itself.",
            "defectors.party: its kind is classification, and its count is set by claims.",
        ),
        Term(
            "computed",
            "It follows by rule from other fields or from the claims, and nobody types it.",
            "defectors.standing: it follows from the claims by the rules alone.",
        ),
        Term(
            "system",
            "The system adds it, to say where the record is, when it changed, or which claims are about it.",
            "defectors.revision: it counts the changes of what is served.",
        ),
    ),
)

ACTION = Vocabulary(
    "action",
    "What an entry of the ledger does to the record that it is about.",
    (
        Term(
            "add",
            "The record is there from now on, be it for the first time or again.",
            "A file is loaded that holds a defector of whom nothing was known here.",
        ),
        Term(
            "change",
            "What was given of the record is another from now on, as the entry says it whole.",
            "An editor corrects the spelling of a name.",
        ),
        Term(
            "remove",
            "The record is gone from now on; what it was stays on the ledger.",
            "A claim was coded from the wrong paragraph, and is taken out of its file.",
        ),
        Term(
            "merge",
            "The record is gone from now on, since it was the same as another, which the entry names.",
            "Two records turn out to tell of one and the same flight, and one of them goes.",
        ),
        Term(
            "erase",
            "What the ledger kept of the record's past is blanked, to do no harm; the record itself does not change.",
            "The role of a defector at risk is withheld, and earlier entries had told it.",
        ),
    ),
)
