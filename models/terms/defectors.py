"""The vocabularies of defectors."""

from models.terms import Term, Vocabulary

DEFECTOR_STAGE = Vocabulary(
    "defector-stage",
    "How far a flight has come, at the latest that the chosen claims tell.",
    (
        Term(
            "planned",
            "The party means or prepares to leave, and has not yet tried.",
            "defectors/planned-group-defections: officials abroad mean to leave with their families, and have not yet.",
        ),
        Term(
            "attempted",
            "The party tried to leave and was stopped.",
            "Border guards stop a family at the river, and it is taken back to its village.",
        ),
        Term(
            "fled",
            "The party is out of the control of the North's authorities, and its arrival anywhere is unknown.",
            "defectors/diplomats-in-china: they got away from their post, and where they went is not told.",
        ),
        Term(
            "asylum-sought",
            "The party has asked a state or a mission for protection, and no grant or onward journey is told.",
            "defectors/mathematician-in-hong-kong: a teenager turned to a consulate, and what came of it is not told.",
        ),
        Term(
            "in-transit",
            "The party is on its way, or waits in a country that is not where it means to stay.",
            "defectors/army-general-of-summits: he fled and waits in a third country.",
        ),
        Term(
            "arrived",
            "The party has reached the country that takes it in.",
            "defectors/thae-yong-ho: the family is in South Korea.",
        ),
        Term(
            "returned",
            "The party is back in North Korea, by its own will or by force.",
            "A crew that had come over asks to go home and is handed back.",
        ),
        Term(
            "mixed",
            "Members of one party are at different stages, and the text does not divide them into parties of their "
            "own.",
            "defectors/senior-officials-dozen: several of the dozen have arrived and the others wait elsewhere.",
        ),
        Term(
            "unknown",
            "No source tells how far the flight has come.",
            "A source says only that an official has left, and nothing of how far he got.",
        ),
    ),
)

WHEREABOUTS = Vocabulary(
    "whereabouts",
    "Where the party is at the latest that the chosen claims tell.",
    (
        Term(
            "south-korea",
            "The party is in South Korea.",
            "defectors/restaurant-waitresses: the thirteen came to South Korea.",
        ),
        Term(
            "third-country",
            "The party is in a country that is neither Korea nor the one in which it was posted or lived.",
            "defectors/senior-officials-in-third-country: they stay neither in Korea nor where they were posted.",
        ),
        Term(
            "host-country",
            "The party is still in the country in which it was posted or lived when it left its post.",
            "A diplomat leaves his embassy and hides in the city in which it stands.",
        ),
        Term(
            "north-korea",
            "The party is in North Korea, returned or never gone.",
            "A worker abroad is caught on the way and flown home.",
        ),
        Term(
            "missing",
            "A source says that the party cannot be found.",
            "A source says that the embassy looks for its clerk and cannot find him.",
        ),
        Term(
            "dead",
            "A source says that the party, or its only member, is no longer alive.",
            "A source says that the defector died in Seoul a year later.",
        ),
        Term(
            "undisclosed",
            "Whoever knows the place withholds it, as a source says.",
            "An intelligence service says that the man is safe and will not say where.",
        ),
        Term(
            "mixed",
            "Members of one party are in different places, and the text does not divide them into parties of their "
            "own.",
            "defectors/senior-officials-dozen: some are in South Korea and some in a third country.",
        ),
        Term(
            "unknown",
            "No source tells where the party is.",
            "A paper tells of a flight and says that nobody knows where the man is now.",
        ),
    ),
)

MOTIVE = Vocabulary(
    "motive",
    "Why a party left, as somebody states it; a motive is never confirmed, and several may stand together.",
    (
        Term(
            "fear-of-purge",
            "The party is said to have feared execution, punishment or loss of office in a purge.",
            "defectors/official-of-room-39: he is reported to have said that the purges terrified him.",
        ),
        Term(
            "fear-of-recall",
            "The party is said to have left rather than obey an order to return, or in fear of such an order.",
            "defectors/associates-of-jang: they got orders to come home, and ran.",
        ),
        Term(
            "disillusion",
            "The party is said to have lost belief in the leader, the system or its future.",
            "defectors/thae-yong-ho: the ministry that holds him says that he had had enough of the rule of Kim.",
        ),
        Term(
            "escaping-charges",
            "The party is said to have fled from an accusation or inquiry against itself.",
            "A state says that the man who left was about to be tried for theft.",
        ),
        Term(
            "hardship",
            "The party is said to have fled from hunger, poverty or harsh conditions of work or life.",
            "A labourer says that he fled from hunger in his camp.",
        ),
        Term(
            "family",
            "The party is said to have left for the sake of relatives: to join them, to protect them, or for their "
            "future.",
            "A mother says that she left to join a son in the South.",
        ),
        Term(
            "money",
            "The party is said to have left for gain, or with funds that it took.",
            "A paper says that the clerk left with the funds that he kept.",
        ),
        Term(
            "other",
            "A motive is stated that none of the other terms covers.",
            "A soldier says that he crossed the line because of a quarrel with his officer.",
        ),
        Term(
            "unstated",
            "A source speaks of the flight and gives no motive.",
            "A report tells of a flight at length and gives no reason for it.",
        ),
    ),
)

PARTY_KIND = Vocabulary(
    "party-kind",
    "What kind of party left.",
    (
        Term(
            "individual",
            "One person who left alone, or of whom alone the text speaks.",
            "defectors/hwang-jang-yop: one man is told of.",
        ),
        Term(
            "family",
            "Relatives who left together.",
            "defectors/thae-yong-ho: a man left with his wife and two children.",
        ),
        Term(
            "group",
            "Several people, not one family, who left together or are told of as one party.",
            "defectors/restaurant-waitresses: thirteen left together.",
        ),
        Term(
            "cohort",
            "People counted together by a period, an office or a trait, who did not leave as one party.",
            "defectors/arrivals-first-half-2016: all who arrived in six months are counted together.",
        ),
    ),
)

SECTOR = Vocabulary(
    "sector",
    "The part of North Korean life to which the party belonged when it left; several may stand together.",
    (
        Term(
            "party",
            "An office of the ruling party, from its centre to the provinces.",
            "defectors/party-official-in-russia: he was an official of the ruling party.",
        ),
        Term(
            "military",
            "The armed forces.",
            "defectors/army-general-of-summits: he was a general of the army.",
        ),
        Term(
            "security",
            "The secret police, the ordinary police, or guards of the border or of persons.",
            "defectors/official-of-security-department: he belonged to the secret police.",
        ),
        Term(
            "diplomacy",
            "The foreign ministry, or an embassy, consulate or mission, whatever else its staff did for money.",
            "defectors/thae-yong-ho: he was deputy ambassador.",
        ),
        Term(
            "trade-and-currency",
            "Trade or other business that earns foreign currency for the state, run by officials or state enterprises.",
            "defectors/associates-of-jang: they ran enterprises in China that earned hard currency.",
        ),
        Term(
            "banking",
            "A bank, or the keeping of the state's or the leader's funds.",
            "defectors/official-of-taesong-bank: he handled the funds of a bank.",
        ),
        Term(
            "science-and-education",
            "Research, teaching or study.",
            "defectors/biochemical-researcher: the person did research.",
        ),
        Term(
            "workers-abroad",
            "Labourers whom the state sends to work in another country.",
            "defectors/labourers-abroad: the state had sent them to work in other countries.",
        ),
        Term(
            "service",
            "Restaurants, hotels and other services to customers, at home or abroad.",
            "defectors/restaurant-waitresses: they waited on guests of a restaurant.",
        ),
        Term(
            "fishing",
            "The crew of a fishing vessel.",
            "defectors/fishing-crew: they worked a fishing vessel.",
        ),
        Term(
            "elite-family",
            "People whose standing comes from a powerful relative and not from an office of their own.",
            "defectors/mathematician-in-hong-kong: a teenager, whose family is of the elite.",
        ),
        Term(
            "ordinary",
            "People without office or privilege.",
            "defectors/earlier-defectors: nearly all of them were people whom the regime held expendable.",
        ),
        Term(
            "unknown",
            "No source tells to which part of life the party belonged.",
            "defectors/working-level-officials: posted abroad, in what line of work is not told.",
        ),
    ),
)
