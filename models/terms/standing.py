"""The vocabularies of standing, and of the questions that are asked of uncertain things."""

from models.terms import Term, Vocabulary

STATUS = Vocabulary(
    "status",
    "What the claims about a record or value add up to; under each policy the first that fits stands.",
    (
        Term(
            "refuted",
            "A claim states a later fact that excludes it, and is not withdrawn.",
            "The man who was said to be executed is seen alive at a later ceremony.",
        ),
        Term(
            "disputed",
            "Somebody who vouches asserts it, and another who vouches denies it.",
            "One ministry says that it took the man in, and another that it holds him in its prison.",
        ),
        Term(
            "denied",
            "Somebody who vouches denies it, and nobody who vouches asserts it.",
            "A paper says that an envoy was called home, and the ministry that would have called him says no.",
        ),
        Term(
            "confirmed",
            "Somebody vouches for it or two independent roots assert it, as the policy demands.",
            "defectors/thae-yong-ho: the ministry of the state that took him in says so.",
        ),
        Term(
            "stated",
            "A motive, reason or method meets the test of confirmed, and can be no more than what somebody states.",
            "defectors/thae-yong-ho: the motive that the same ministry gives is stated, and never confirmed.",
        ),
        Term(
            "taken-as-known",
            "Somebody asserts it, and all who do so take it for granted while saying something else.",
            "defectors/fishing-crew: the writer speaks of the flight as known while belittling it.",
        ),
        Term(
            "contested",
            "It is asserted, and denied by somebody who does not vouch.",
            "A paper says that a general fled, and a government that cannot know says no.",
        ),
        Term(
            "withdrawn",
            "At least one root asserted it, and all of them took it back.",
            "The one agency that told of a flight takes its report back.",
        ),
        Term(
            "doubted",
            "It is asserted and doubted, or there are only doubts, or denials by those who do not vouch.",
            "defectors/biochemical-researcher: one post tells of a flight, and an update doubts the report.",
        ),
        Term(
            "official-claim",
            "A named or collective official asserts it without vouching for it.",
            "purges/execution-of-ninety-officials: a president says so, who did not see it.",
        ),
        Term(
            "reported",
            "It is asserted, and nothing more can be said for or against it.",
            "defectors/army-general-of-summits: a newspaper says so, and nobody speaks for or against him outright.",
        ),
        Term(
            "rumoured",
            "It is asserted only weakly, as possible, conditional, rumoured or implied.",
            "purges/narrow-escape-of-choe: the one who tells it calls it a rumour.",
        ),
    ),
)

POLICY = Vocabulary(
    "policy",
    "By which test the status confirmed is given; all other rows are the same under each policy.",
    (
        Term(
            "any",
            "Either vouching or two independent roots is enough to confirm.",
            "defectors/thae-yong-ho: confirmed, since a ministry of the state that took him in vouches for it.",
        ),
        Term(
            "official",
            "Only vouching confirms, by a state organ or official placed to know and without a self-serving interest.",
            "purges/denunciation-of-thae: confirmed, since the state that speaks the abuse vouches for it.",
        ),
        Term(
            "two-roots",
            "Only two independent roots confirm, whoever they are.",
            "defectors/senior-defector-of-park: no more than reported, since one president alone tells of him.",
        ),
    ),
)

CERTAINTY = Vocabulary(
    "certainty",
    "How an uncertain date must lie to the period that a filter asks for.",
    (
        Term(
            "possibly",
            "The date overlaps the period, so the event may have been in it.",
            "purges/hyon-yong-chol: a purge by June 2015 is found by June 2015, though it may have been in May.",
        ),
        Term(
            "surely",
            "The date lies within the period, so the event was in it wherever in its bounds it was.",
            "purges/recall-from-shenyang: the last ten days of June 2015 are found by June 2015, wherever in them it "
            "was.",
        ),
    ),
)

KNOWN_BOUND = Vocabulary(
    "known-bound",
    "Which end of the date on which a claim became public decides whether it was known by a day.",
    (
        Term(
            "surely",
            "A claim is known from the last day on which it may have become public.",
            "claims/n-ninety: published on some day of June 2015, it is surely known from the 30th.",
        ),
        Term(
            "possibly",
            "A claim is known from the first day on which it may have become public.",
            "claims/recall-government: published between 21 June and 14 July 2015, it is possibly known from the "
            "first of them.",
        ),
    ),
)
