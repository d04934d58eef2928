"""The vocabularies of purges."""

from models.terms import Term, Vocabulary

PURGE_KIND = Vocabulary(
    "purge-kind",
    "What kind of measure was taken against people.",
    (
        Term(
            "execution",
            "Somebody is put to death by the state, by whatever method.",
            "purges/execution-of-ninety-officials: some ninety are said to have been put to death.",
        ),
        Term(
            "disappearance",
            "Somebody is no longer seen, and what was done to them is not told.",
            "A minister is no longer seen at any ceremony, and nobody says why.",
        ),
        Term(
            "detention",
            "Somebody is held, in a prison, a camp or elsewhere.",
            "A cook of an embassy is held in a camp after his return.",
        ),
        Term(
            "exile",
            "Somebody is banished within the country, as to a province or a farm.",
            "A secretary of the party is sent to work on a farm in the north.",
        ),
        Term(
            "purge",
            "Somebody falls from office or grace by a measure that the source calls a purge or describes as one, its "
            "means unstated.",
            "purges/jang-song-thaek: he was purged, and how is not said.",
        ),
        Term(
            "demotion",
            "Somebody keeps an office, and a lower one.",
            "A general appears with one star less on his shoulder.",
        ),
        Term(
            "dismissal",
            "Somebody loses an office, and nothing further is told.",
            "A minister is named as the former one, and nothing more is told.",
        ),
        Term(
            "recall",
            "Somebody posted abroad is ordered home or fetched home.",
            "purges/recall-from-shenyang: employees in Shenyang were made to go home.",
        ),
        Term(
            "investigation",
            "An authority inquires into the acts of a person or group under suspicion.",
            "purges/investigation-of-asylum-seekers: an agency inquires into a flight of officials.",
        ),
        Term(
            "examination",
            "The loyalty of the members of a group is checked, one after another, without suspicion against any one.",
            "purges/examinations-of-workers: cadres check the loyalty of workers abroad, one after another.",
        ),
        Term(
            "surveillance",
            "People are watched, followed or listened to.",
            "purges/wiretapping-of-central-party: departments of the party are said to have been tapped.",
        ),
        Term(
            "crackdown",
            "An authority acts against a whole group or practice by several means at once, or by means not told.",
            "purges/crackdown-on-watchers-2016: action of several kinds is reported against those who watch over "
            "loyalty.",
        ),
        Term(
            "family-measure",
            "A measure strikes, or spares, the relatives of somebody because of what that person did.",
            "purges/exile-of-families: whole families pay for one member who left.",
        ),
        Term(
            "denunciation",
            "An authority insults or accuses somebody in public.",
            "purges/denunciation-of-thae: the news agency of the North abuses him in public.",
        ),
        Term(
            "other",
            "The measure is told, and none of the other terms covers it.",
            "purges/controls-on-officials-at-home: tight controls leave officials almost no way to flee.",
        ),
        Term(
            "unspecified",
            "A fall is only implied, and the source tells no measure.",
            "purges/fall-of-ri-pyong-chol: another is called the last one left of four, so this man has fallen.",
        ),
    ),
)

FORM = Vocabulary(
    "form",
    "Whether the record is one happening, several, a habit or a count; totals and practices are not counted as events.",
    (
        Term(
            "event",
            "One happening, at one time, however many people it struck.",
            "purges/recall-from-shenyang: one recall, however many it struck.",
        ),
        Term(
            "series",
            "Several happenings of one kind, told together and not one by one.",
            "purges/executions-by-anti-aircraft-gun: several executions are told in one sentence.",
        ),
        Term(
            "practice",
            "What an authority does habitually, over a time.",
            "purges/surveillance-of-workers-overseas: watching them is a standing task.",
        ),
        Term(
            "total",
            "A count of measures or of people struck, over a period.",
            "purges/execution-of-ninety-officials: a count over three and a half years.",
        ),
    ),
)

PURGE_STAGE = Vocabulary(
    "purge-stage",
    "How far a measure has come, at the latest that the chosen claims tell.",
    (
        Term(
            "threatened",
            "The measure is held over somebody, and not yet ordered.",
            "purges/threat-of-execution-to-families: the relatives never know when death may come.",
        ),
        Term(
            "ordered",
            "The measure is ordered, and its execution is not told.",
            "purges/recall-of-associates-of-jang: they got orders to come home, and ran.",
        ),
        Term(
            "carried-out",
            "The measure was taken.",
            "purges/denunciation-of-thae: the abuse was published.",
        ),
        Term(
            "averted",
            "The measure was at hand, and its target escaped it.",
            "purges/narrow-escape-of-choe: he is rumoured to have barely escaped.",
        ),
        Term(
            "reversed",
            "The measure was taken and later undone, as by a return to office.",
            "A secretary who was sent to a farm is back in office a year later.",
        ),
        Term(
            "unknown",
            "No source tells how far the measure came.",
            "purges/fall-of-ri-yong-ho: a fall is only implied, and what was done is not said.",
        ),
    ),
)

CHANGE = Vocabulary(
    "change",
    "How a practice is said to have changed.",
    (
        Term(
            "begun",
            "The practice is said to be new.",
            "A source says that phones at the border are listened to for the first time.",
        ),
        Term(
            "increased",
            "The practice is said to have grown in extent or severity.",
            "purges/surveillance-of-merchants: they are watched more closely than before.",
        ),
        Term(
            "continued",
            "The practice is said to go on as before.",
            "purges/executions-of-inner-circle: the executions are said to go on.",
        ),
        Term(
            "eased",
            "The practice is said to have grown milder or rarer, and to go on.",
            "purges/exile-of-families: elite families are said to be spared now.",
        ),
        Term(
            "ended",
            "The practice is said to have stopped.",
            "A source says that trials in public are no longer held.",
        ),
        Term(
            "unstated",
            "The source tells of no change.",
            "purges/public-executions: nothing is said of more or fewer.",
        ),
    ),
)
