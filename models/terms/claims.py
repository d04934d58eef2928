"""The vocabularies of claims: what they do with what they say, and how they reach us."""

from models.terms import Term, Vocabulary

STANCE = Vocabulary(
    "stance",
    "What a claim does with the values that it sets.",
    (
        Term(
            "asserts",
            "The speaker says that the values hold.",
            "claims/thae-announced: the ministry says that he left.",
        ),
        Term(
            "denies",
            "The speaker says that the values do not hold, without stating other ones.",
            "claims/park-seung-won-denied: South Korea says that this man did not flee.",
        ),
        Term(
            "doubts",
            "The speaker says that the values may not hold, or that their grounds are poor.",
            "claims/biochemist-doubted: an update says that serious doubts have come up about a report.",
        ),
        Term(
            "withdraws",
            "The speaker takes back an own earlier claim of the values.",
            "An agency takes back its report that a minister was shot.",
        ),
        Term(
            "refutes",
            "The speaker states a later fact that rules the values out, as when the man said to be dead appears.",
            "A paper shows the general, said to have been executed, at a parade of the week before.",
        ),
        Term(
            "declines-to-confirm",
            "The speaker is asked and will neither confirm nor deny the values.",
            "A spokesman is asked about a flight and says that he can say nothing.",
        ),
    ),
)

COMMITMENT = Vocabulary(
    "commitment",
    "How firmly the speaker stands behind the words; the wording decides, not the coder's trust.",
    (
        Term(
            "plain",
            "The speaker states it outright.",
            "claims/thae-announced: he has left, without any if or perhaps.",
        ),
        Term(
            "attributed",
            "The speaker hands it on as said by others, as in alleged, reportedly or said to.",
            "claims/crackdown-underway: news has it that a crackdown is under way.",
        ),
        Term(
            "believed",
            "The speaker gives it as an own belief, as in I think.",
            "claims/a-sours: the source gives it as an own belief.",
        ),
        Term(
            "estimated",
            "The speaker gives it as a reckoning, mostly of a number, as in reckon or some ninety.",
            "claims/ninety-executed: some ninety, by the reckoning of a president.",
        ),
        Term(
            "possible",
            "The speaker gives it as something that may or might be so.",
            "claims/a-gause: the reports could show that leaders are anxious.",
        ),
        Term(
            "conditional",
            "The speaker gives it only on an if.",
            "claims/army-general-denied-if: if the general is Park, it is denied.",
        ),
        Term(
            "rumoured",
            "The speaker calls it a rumour or talk.",
            "claims/choe-rumour: he is rumoured to have barely escaped.",
        ),
    ),
)

EXPLICIT = Vocabulary(
    "explicit",
    "How openly the text says what a claim says.",
    (
        Term(
            "stated",
            "The text says it in words.",
            "claims/thae-announced: the text says in words that he left.",
        ),
        Term(
            "presupposed",
            "The text takes it for granted while saying something else.",
            "claims/security-official-nis: the service speaks of how the leader took a flight, and so takes the "
            "flight as given.",
        ),
        Term(
            "implied",
            "The text does not say it, and the coder reads it between the lines.",
            "claims/ri-yong-ho-fell: another is called the last one left of four, and this man was one of them.",
        ),
    ),
)

ANSWER_RELATION = Vocabulary(
    "answer-relation",
    "How a claim stands to an earlier claim that it answers.",
    (
        Term(
            "repeats",
            "It says the same and rests on that claim alone.",
            "A second paper hands on a report and adds nothing of its own.",
        ),
        Term(
            "corroborates",
            "It says the same on other grounds.",
            "claims/choe-rumour-media: the writer finds support for a rumour in other media.",
        ),
        Term(
            "contradicts",
            "It says what cannot hold together with that claim.",
            "claims/park-seung-won-denied: a government denies what a newspaper reported.",
        ),
        Term(
            "overstates",
            "It hands the claim on as more, larger or surer than it was made.",
            "claims/n-discontented: one man who fled has become a growing number.",
        ),
        Term(
            "misreports",
            "It hands the claim on changed in some other way, as with another actor or date.",
            "claims/n-ten: ten people are counted where the report gives no number.",
        ),
        Term(
            "comments",
            "It speaks about the claim and neither supports nor opposes its content.",
            "claims/kim-mocked: the writer makes fun of an advice.",
        ),
    ),
)

SEEN = Vocabulary(
    "seen",
    "How much is known of the outermost document of a claim's chain.",
    (
        Term(
            "read",
            "The document itself was read.",
            "claims/thae-defected: the editorial itself was read.",
        ),
        Term(
            "quoted",
            "Another document gives some of its words.",
            "claims/thae-announced: the editorial gives words of the ministry.",
        ),
        Term(
            "reported",
            "Another document gives its content in other words.",
            "claims/a-kim-2013: the post tells what an opinion piece said, in other words.",
        ),
        Term(
            "mentioned",
            "Another document only says that it exists or what it is about.",
            "claims/diplomats-china-reports: reports are spoken of, and no more is told of them.",
        ),
    ),
)

VERB = Vocabulary(
    "verb",
    "How a step of a chain handed the claim on.",
    (
        Term(
            "said",
            "A speaker uttered it, to the public or to nobody in particular.",
            "claims/thae-announced: the ministry said it.",
        ),
        Term(
            "wrote",
            "An author put it in writing.",
            "claims/thae-gone-pyongyang: the news agency wrote it.",
        ),
        Term(
            "quoted",
            "A document gave another's words.",
            "claims/a-park: the interview gives the president's words.",
        ),
        Term(
            "cited",
            "A document gave another's content, or named it as its ground, without its words.",
            "claims/dozen-defected: one agency names a newspaper as its ground.",
        ),
        Term(
            "told",
            "A speaker said it to one hearer, such as a reporter or an investigator.",
            "claims/inquiry-agency: the source told it to a broadcaster.",
        ),
    ),
)
