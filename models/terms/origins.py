"""The vocabularies of origins: who speaks in a claim, and from where."""

from models.terms import Term, Vocabulary

IDENTITY = Vocabulary(
    "identity",
    "How well the origin of a claim is identified.",
    (
        Term(
            "named",
            "A person or a single body is named.",
            "claims/thae-announced: the Unification Ministry.",
        ),
        Term(
            "collective",
            "A state, a government or an undefined body of officials speaks as one, under a name such as South Korea.",
            "claims/park-seung-won-denied: South Korea.",
        ),
        Term(
            "anonymous",
            "The text speaks of a definite speaker and withholds the name.",
            "claims/inquiry-agency: a source inside the North who will not be named.",
        ),
        Term(
            "unstated",
            "The text does not tell who speaks.",
            "claims/diplomats-china-reports: whose reports they are is not told.",
        ),
    ),
)

CAPACITY = Vocabulary(
    "capacity",
    "In what capacity the origin of a claim speaks.",
    (
        Term(
            "state-organ",
            "A state, or an organ of one such as a ministry, a service or a state news agency, speaks as such.",
            "claims/thae-announced: a ministry speaks as such.",
        ),
        Term(
            "official",
            "A holder of a state or party office speaks, named or not.",
            "claims/ninety-executed: a president speaks.",
        ),
        Term(
            "subject",
            "The person whom the claim concerns speaks: the defector, the victim or the accused.",
            "claims/homes-accusation: those who say it are those who are watched.",
        ),
        Term(
            "witness",
            "Somebody speaks who saw it happen and had no part in it.",
            "A passer-by tells what he saw at the station.",
        ),
        Term(
            "insider",
            "Somebody speaks who lives or works close to the matter and holds no office that is told.",
            "claims/inquiry-agency: a source inside the North who knows its affairs in China.",
        ),
        Term(
            "trader-or-broker",
            "A merchant, or somebody who brings people or goods across the border, speaks.",
            "A merchant at the border tells what customers told him.",
        ),
        Term(
            "journalist",
            "A reporter speaks on the ground of own reporting.",
            "A correspondent tells what he found out himself.",
        ),
        Term(
            "publisher",
            "A medium speaks as such, without naming an author or a source of its own.",
            "claims/dozen-defected: a newspaper says it and names nobody.",
        ),
        Term(
            "scholar",
            "A researcher or professor speaks from study of the matter.",
            "claims/a-chang: a researcher answers an agency.",
        ),
        Term(
            "author",
            "The writer of the document speaks in an own voice.",
            "claims/general-may-be-park: the writer of the post speaks in an own voice.",
        ),
        Term(
            "unknown",
            "The text does not tell in what capacity the origin speaks.",
            "claims/diplomats-china-reports: nothing is told of who speaks.",
        ),
    ),
)

SIDE = Vocabulary(
    "side",
    "The country for which, or out of which, the origin speaks.",
    (
        Term(
            "north",
            "The origin speaks for North Korea or from within it.",
            "claims/thae-gone-pyongyang: the news agency of the North speaks.",
        ),
        Term(
            "south",
            "The origin speaks for South Korea or from within it.",
            "claims/thae-announced: a ministry in Seoul speaks.",
        ),
        Term(
            "china",
            "The origin speaks for China or from within it.",
            "The foreign ministry in Beijing speaks of a group that was sent back.",
        ),
        Term(
            "other",
            "The origin speaks for or from another country.",
            "claims/a-gause: a scholar who is neither Korean nor Chinese.",
        ),
        Term(
            "none",
            "The origin belongs to no country's side, as an international body.",
            "The United Nations refugee agency speaks.",
        ),
    ),
)

ACCESS = Vocabulary(
    "access",
    "How the origin came to know what it says; what the text does not tell is unknown.",
    (
        Term(
            "own-act",
            "It did, ordered or decided the thing itself, or denies an act or custody that would be its own.",
            "claims/thae-denounced: the North speaks the abuse that the record is about.",
        ),
        Term(
            "custody",
            "It holds the person concerned, or has taken the person in.",
            "claims/thae-announced: the ministry speaks for the state that took him in.",
        ),
        Term(
            "witnessed",
            "It saw or heard the thing happen.",
            "A guard says that he stood by when the order was read.",
        ),
        Term(
            "told",
            "It has it from another, who is not identified well enough to be the origin.",
            "claims/inner-circle-executed: a president hands on what a defector told.",
        ),
        Term(
            "intelligence",
            "It has it from the work of an intelligence service.",
            "claims/security-official-nis: an intelligence service speaks.",
        ),
        Term(
            "unknown",
            "The text does not tell how the origin knows.",
            "claims/park-seung-won-denied: how the government knows is not told.",
        ),
    ),
)

INTEREST = Vocabulary(
    "interest",
    "What the origin has to gain or lose by the claim.",
    (
        Term(
            "neutral",
            "The claim neither helps nor hurts the origin, as when it announces whom it holds.",
            "claims/thae-announced: a ministry announces whom it holds.",
        ),
        Term(
            "self-serving",
            "The claim excuses the origin, or accuses its own defector, victim or enemy.",
            "claims/thae-investigated: a state accuses the man who left it.",
        ),
        Term(
            "against-interest",
            "The claim harms or embarrasses the origin, which makes it.",
            "A state news agency reports that guards of its own let a family pass.",
        ),
        Term(
            "unknown",
            "Whether the origin gains or loses by the claim cannot be told.",
            "claims/inquiry-agency: what the source gains by it cannot be told.",
        ),
    ),
)
