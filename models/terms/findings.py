"""The vocabularies of indicators and assessments."""

from models.terms import Term, Vocabulary

MEASURE = Vocabulary(
    "measure",
    "What kind of figure an indicator gives.",
    (
        Term(
            "level",
            "An amount or number at a time or over a period.",
            "indicators/dozen-officials: a number of people.",
        ),
        Term(
            "change",
            "A difference from an earlier period, absolute or in percent.",
            "indicators/arrivals-growth-2016: fifteen percent more than before.",
        ),
        Term(
            "rank",
            "A place in an ordered list.",
            "indicators/instability-rank-2015: a place in a list of unstable states.",
        ),
        Term(
            "share",
            "A part of a whole, as a fraction or in percent.",
            "indicators/survivors-of-four: one of four.",
        ),
    ),
)

HIGHER_IS = Vocabulary(
    "higher-is",
    "How a figure is to be read: whether a higher number means more or less of what it measures.",
    (
        Term(
            "more",
            "A higher number means more of what is measured.",
            "indicators/dozen-officials: a higher number means more officials.",
        ),
        Term(
            "less",
            "A higher number means less of what is measured, as in a ranking whose first place has the most of it.",
            "indicators/instability-rank-2015: place 29 means less instability than place 26.",
        ),
        Term(
            "none",
            "The number has no such direction.",
            "indicators/age-of-kim-yong-nam: an age measures nothing else.",
        ),
    ),
)

ASSESSMENT_KIND = Vocabulary(
    "assessment-kind",
    "Whether an assessment speaks of what is or of what will be.",
    (
        Term(
            "judgement",
            "The holder says how things are or were, why they are so, or what ought to be done.",
            "assessments/yang-reports: he says how far the reports can be believed.",
        ),
        Term(
            "forecast",
            "The holder says what will or may happen, with or without a condition.",
            "assessments/chang-more: he says that defections will go on for the time being.",
        ),
    ),
)

ANSWER = Vocabulary(
    "answer",
    "How the holder answers the question of an assessment.",
    (
        Term(
            "yes",
            "The holder affirms the question, with whatever caution.",
            "assessments/chang-more: he expects more defections.",
        ),
        Term(
            "no",
            "The holder denies the question, with whatever caution.",
            "assessments/editorial-collapse: the end is held not to be near.",
        ),
        Term(
            "mixed",
            "The holder says both, as yes for one part or time and no for another.",
            "assessments/editorial-knowledge: one man can tell little, another more.",
        ),
        Term(
            "none",
            "The holder takes up the question and leaves it open.",
            "A scholar asks whether the leader will last and says that nobody can tell.",
        ),
    ),
)

QUESTION = Vocabulary(
    "question",
    "What is judged or forecast, so that the answers of different holders can be set side by side.",
    (
        Term(
            "is-the-regime-unstable",
            "Whether the hold of the North Korean government on the country is weak or weakening at the time of "
            "speaking.",
            "assessments/editorial-stability: signs of weakness, and yet nobody can challenge the leader.",
        ),
        Term(
            "is-there-a-trend",
            "Whether the reports of defections add up to a trend, rather than to cases that happen to meet.",
            "assessments/author-trend: the blog holds that the cases add up.",
        ),
        Term(
            "is-morale-falling",
            "Whether belief and morale in the party and the security forces are in decline.",
            "assessments/author-morale: the blog's author argues in an earlier piece that it is.",
        ),
        Term(
            "does-punishing-families-deter",
            "Whether punishing the families of those who left keeps others from leaving.",
            "assessments/regime-families: the regime is said to have found that it does not.",
        ),
        Term(
            "will-the-regime-collapse",
            "Whether the North Korean government will fall, from defections or from any other cause.",
            "assessments/author-collapse: defections are called a symptom and no cause.",
        ),
        Term(
            "will-the-leader-last",
            "Whether the present leader will stay in power for long.",
            "assessments/author-leader: the blog's author never thought so.",
        ),
        Term(
            "is-the-leader-challenged",
            "Whether there is anybody who could take power from the present leader.",
            "A scholar says that no rival to the leader is in sight.",
        ),
        Term(
            "are-the-elites-turning-away",
            "Whether those whom the government favours are losing their loyalty to the leader.",
            "assessments/gause-elites: if the reports are right, leaders may be growing anxious.",
        ),
        Term(
            "do-purges-drive-defections",
            "Whether people defect because of purges, or out of fear of them.",
            "A newspaper concludes that the executions drive officials abroad to stay there.",
        ),
        Term(
            "do-purges-weaken-the-regime",
            "Whether ruling by purge and terror makes the government less stable in the end.",
            "assessments/park-terror: terror works for a while and harms in the longer run.",
        ),
        Term(
            "do-defections-weaken-the-regime",
            "Whether the defections harm the stability of the government, or show that it is harmed.",
            "assessments/yang-stability: he rejects the view that they are signs of instability.",
        ),
        Term(
            "will-defections-continue",
            "Whether more people of the kind in question will defect.",
            "assessments/chang-more: he expects it for the time being.",
        ),
        Term(
            "will-strains-grow",
            "Whether tension or hardship within North Korea will increase.",
            "assessments/editorial-strains: sanctions are expected to reach the upper classes.",
        ),
        Term(
            "will-the-economy-shrink",
            "Whether the output or income of North Korea will fall.",
            "A bank expects that output will fall in the coming year.",
        ),
        Term(
            "will-the-north-provoke",
            "Whether the North will turn to armed threats or acts against others.",
            "assessments/jung-provocations: trouble at home could lead the North to provoke others.",
        ),
        Term(
            "will-the-north-reach-america",
            "Whether the North will be able to strike the United States with a nuclear missile.",
            "An admiral expects a missile of that range within five years.",
        ),
        Term(
            "will-the-leaders-course-succeed",
            "Whether the present leader's way of ruling will achieve what he is said to want of it.",
            "A column holds that terror and gifts to the elite will not win in the end.",
        ),
        Term(
            "are-the-reports-reliable",
            "Whether reports on defections and purges, one of them or the whole kind, can be believed.",
            "assessments/yang-reports: he doubts them, since their sources are unnamed.",
        ),
        Term(
            "do-defectors-bring-knowledge",
            "Whether the defectors in question can tell others what those did not know.",
            "assessments/author-knowledge: some could tell of money hidden abroad.",
        ),
        Term(
            "are-families-spared-for-bribes",
            "Whether bribes to the security forces explain that relatives of defectors escape punishment.",
            "A reporter holds that bribes play a part in the leniency towards relatives.",
        ),
        Term(
            "should-the-south-accommodate",
            "Whether South Korea ought to make concessions to the North, or refrain from what angers it.",
            "assessments/chang-earlier-south: leaflets should be curbed, sanctions could not be lifted.",
        ),
        Term(
            "should-washington-negotiate",
            "Whether the United States ought to hold direct talks with the North.",
            "assessments/kim-yong-hyun-talks-2013: a nuclear test should have been answered with talks.",
        ),
    ),
)
