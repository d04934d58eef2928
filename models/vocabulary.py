"""Holds every closed vocabulary of the codebook, each once, as data.

A vocabulary is the list of values that a field may take. The choices of a column, the enumerations of
the API document, the published codebook and the schemas of the fixtures are all made from these lists. A
list grows when the texts need it, by a term with a definition; there is no free text beside it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import NamedTuple


class Term(NamedTuple):
    """One value of a vocabulary and the rule by which it is chosen, one sentence."""

    value: str
    definition: str


@dataclass(frozen=True)
class Vocabulary:
    """A closed list of values: its name (a slug), what it is about (a sentence), its terms in order."""

    name: str
    about: str
    terms: tuple[Term, ...]

    @property
    def values(self) -> tuple[str, ...]:
        """The values alone, in the order of the terms."""
        return tuple(term.value for term in self.terms)

    @property
    def explained(self) -> str:
        """What it is about and what each value means, as Markdown."""
        terms = "".join(f"\n- `{term.value}`: {term.definition}" for term in self.terms)
        return f"{self.about}\n{terms}"

    def __contains__(self, value: object) -> bool:
        """Tell whether a value belongs to the list."""
        return value in self.values

    def __iter__(self) -> Iterator[str]:
        """Go through the values in the order of the terms."""
        return iter(self.values)


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the one of some words that is most like another, or None if none is near; for error messages."""
    return next(iter(get_close_matches(word, list(words), n=1)), None)


SCOPE = Vocabulary(
    "scope",
    "What a record is to the collection; lists, statistics and the timeline show subjects unless asked otherwise.",
    (
        Term(
            "subject",
            "The record is itself within what is collected: a recent defection or purge, or a figure or "
            "judgement about these.",
        ),
        Term(
            "background",
            "The record is an earlier or wider matter of North Korea that a source recalls to explain its subject.",
        ),
        Term(
            "comparison",
            "The record is about another country or system, which a source sets beside North Korea.",
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
        ),
        Term(
            "may-be",
            "The two could be one, and no source settles it, so they stay two records and their sizes are not added.",
        ),
        Term("distinct-from", "The two are easily confused, and are known to be different."),
        Term(
            "within",
            "All that this record describes is part of what the other describes, so their sizes are not added.",
        ),
        Term(
            "may-overlap",
            "The two may share members, and no source says which, so their sizes are not added.",
        ),
        Term("excluded-from", "A source says that what this record describes is not counted in the other."),
        Term("response-to", "What this record describes was done because of the other."),
        Term("follows", "This record comes after the other in time or in a series, with no cause stated."),
        Term(
            "part-of-event",
            "This record is one of the happenings that together make up the event of the other.",
        ),
    ),
)

DEFECTOR_STAGE = Vocabulary(
    "defector-stage",
    "How far a flight has come, at the latest that the chosen claims tell.",
    (
        Term("planned", "The party means or prepares to leave, and has not yet tried."),
        Term("attempted", "The party tried to leave and was stopped."),
        Term(
            "fled",
            "The party is out of the control of the North's authorities, and its arrival anywhere is unknown.",
        ),
        Term(
            "asylum-sought",
            "The party has asked a state or a mission for protection, and no grant or onward journey is told.",
        ),
        Term(
            "in-transit",
            "The party is on its way, or waits in a country that is not where it means to stay.",
        ),
        Term("arrived", "The party has reached the country that takes it in."),
        Term("returned", "The party is back in North Korea, by its own will or by force."),
        Term(
            "mixed",
            "Members of one party are at different stages, and the text does not divide them into parties "
            "of their own.",
        ),
        Term("unknown", "No source tells how far the flight has come."),
    ),
)

WHEREABOUTS = Vocabulary(
    "whereabouts",
    "Where the party is at the latest that the chosen claims tell.",
    (
        Term("south-korea", "The party is in South Korea."),
        Term(
            "third-country",
            "The party is in a country that is neither Korea nor the one in which it was posted or lived.",
        ),
        Term(
            "host-country",
            "The party is still in the country in which it was posted or lived when it left its post.",
        ),
        Term("north-korea", "The party is in North Korea, returned or never gone."),
        Term("missing", "A source says that the party cannot be found."),
        Term("dead", "A source says that the party, or its only member, is no longer alive."),
        Term("undisclosed", "Whoever knows the place withholds it, as a source says."),
        Term(
            "mixed",
            "Members of one party are in different places, and the text does not divide them into parties "
            "of their own.",
        ),
        Term("unknown", "No source tells where the party is."),
    ),
)

MOTIVE = Vocabulary(
    "motive",
    "Why a party left, as somebody states it; a motive is never confirmed, and several may stand together.",
    (
        Term(
            "fear-of-purge",
            "The party is said to have feared execution, punishment or loss of office in a purge.",
        ),
        Term(
            "fear-of-recall",
            "The party is said to have left rather than obey an order to return, or in fear of such an order.",
        ),
        Term("disillusion", "The party is said to have lost belief in the leader, the system or its future."),
        Term(
            "escaping-charges",
            "The party is said to have fled from an accusation or inquiry against itself.",
        ),
        Term(
            "hardship",
            "The party is said to have fled from hunger, poverty or harsh conditions of work or life.",
        ),
        Term(
            "family",
            "The party is said to have left for the sake of relatives: to join them, to protect them, or "
            "for their future.",
        ),
        Term("money", "The party is said to have left for gain, or with funds that it took."),
        Term("other", "A motive is stated that none of the other terms covers."),
        Term("unstated", "A source speaks of the flight and gives no motive."),
    ),
)

PARTY_KIND = Vocabulary(
    "party-kind",
    "What kind of party left.",
    (
        Term("individual", "One person who left alone, or of whom alone the text speaks."),
        Term("family", "Relatives who left together."),
        Term("group", "Several people, not one family, who left together or are told of as one party."),
        Term(
            "cohort",
            "People counted together by a period, an office or a trait, who did not leave as one party.",
        ),
    ),
)

SECTOR = Vocabulary(
    "sector",
    "The part of North Korean life to which the party belonged when it left; several may stand together.",
    (
        Term("party", "An office of the ruling party, from its centre to the provinces."),
        Term("military", "The armed forces."),
        Term("security", "The secret police, the ordinary police, or guards of the border or of persons."),
        Term(
            "diplomacy",
            "The foreign ministry, or an embassy, consulate or mission, whatever else its staff did for money.",
        ),
        Term(
            "trade-and-currency",
            "Trade or other business that earns foreign currency for the state, run by officials or state enterprises.",
        ),
        Term("banking", "A bank, or the keeping of the state's or the leader's funds."),
        Term("science-and-education", "Research, teaching or study."),
        Term("workers-abroad", "Labourers whom the state sends to work in another country."),
        Term("service", "Restaurants, hotels and other services to customers, at home or abroad."),
        Term("fishing", "The crew of a fishing vessel."),
        Term(
            "elite-family",
            "People whose standing comes from a powerful relative and not from an office of their own.",
        ),
        Term("ordinary", "People without office or privilege."),
        Term("unknown", "No source tells to which part of life the party belonged."),
    ),
)

PURGE_KIND = Vocabulary(
    "purge-kind",
    "What kind of measure was taken against people.",
    (
        Term("execution", "Somebody is put to death by the state, by whatever method."),
        Term("disappearance", "Somebody is no longer seen, and what was done to them is not told."),
        Term("detention", "Somebody is held, in a prison, a camp or elsewhere."),
        Term("exile", "Somebody is banished within the country, as to a province or a farm."),
        Term(
            "purge",
            "Somebody falls from office or grace by a measure that the source calls a purge or describes as "
            "one, its means unstated.",
        ),
        Term("demotion", "Somebody keeps an office, and a lower one."),
        Term("dismissal", "Somebody loses an office, and nothing further is told."),
        Term("recall", "Somebody posted abroad is ordered home or fetched home."),
        Term("investigation", "An authority inquires into the acts of a person or group under suspicion."),
        Term(
            "examination",
            "The loyalty of the members of a group is checked, one after another, without suspicion against any one.",
        ),
        Term("surveillance", "People are watched, followed or listened to."),
        Term(
            "crackdown",
            "An authority acts against a whole group or practice by several means at once, or by means not told.",
        ),
        Term(
            "family-measure",
            "A measure strikes, or spares, the relatives of somebody because of what that person did.",
        ),
        Term("denunciation", "An authority insults or accuses somebody in public."),
        Term("other", "The measure is told, and none of the other terms covers it."),
        Term("unspecified", "A fall is only implied, and the source tells no measure."),
    ),
)

FORM = Vocabulary(
    "form",
    "Whether the record is one happening, several, a habit or a count; totals and practices are not counted as events.",
    (
        Term("event", "One happening, at one time, however many people it struck."),
        Term("series", "Several happenings of one kind, told together and not one by one."),
        Term("practice", "What an authority does habitually, over a time."),
        Term("total", "A count of measures or of people struck, over a period."),
    ),
)

PURGE_STAGE = Vocabulary(
    "purge-stage",
    "How far a measure has come, at the latest that the chosen claims tell.",
    (
        Term("threatened", "The measure is held over somebody, and not yet ordered."),
        Term("ordered", "The measure is ordered, and its execution is not told."),
        Term("carried-out", "The measure was taken."),
        Term("averted", "The measure was at hand, and its target escaped it."),
        Term("reversed", "The measure was taken and later undone, as by a return to office."),
        Term("unknown", "No source tells how far the measure came."),
    ),
)

CHANGE = Vocabulary(
    "change",
    "How a practice is said to have changed.",
    (
        Term("begun", "The practice is said to be new."),
        Term("increased", "The practice is said to have grown in extent or severity."),
        Term("continued", "The practice is said to go on as before."),
        Term("eased", "The practice is said to have grown milder or rarer, and to go on."),
        Term("ended", "The practice is said to have stopped."),
        Term("unstated", "The source tells of no change."),
    ),
)

MEASURE = Vocabulary(
    "measure",
    "What kind of figure an indicator gives.",
    (
        Term("level", "An amount or number at a time or over a period."),
        Term("change", "A difference from an earlier period, absolute or in percent."),
        Term("rank", "A place in an ordered list."),
        Term("share", "A part of a whole, as a fraction or in percent."),
    ),
)

HIGHER_IS = Vocabulary(
    "higher-is",
    "How a figure is to be read: whether a higher number means more or less of what it measures.",
    (
        Term("more", "A higher number means more of what is measured."),
        Term(
            "less",
            "A higher number means less of what is measured, as in a ranking whose first place has the most of it.",
        ),
        Term("none", "The number has no such direction."),
    ),
)

ASSESSMENT_KIND = Vocabulary(
    "assessment-kind",
    "Whether an assessment speaks of what is or of what will be.",
    (
        Term(
            "judgement",
            "The holder says how things are or were, why they are so, or what ought to be done.",
        ),
        Term("forecast", "The holder says what will or may happen, with or without a condition."),
    ),
)

ANSWER = Vocabulary(
    "answer",
    "How the holder answers the question of an assessment.",
    (
        Term("yes", "The holder affirms the question, with whatever caution."),
        Term("no", "The holder denies the question, with whatever caution."),
        Term("mixed", "The holder says both, as yes for one part or time and no for another."),
        Term("none", "The holder takes up the question and leaves it open."),
    ),
)

QUESTION = Vocabulary(
    "question",
    "What is judged or forecast, so that the answers of different holders can be set side by side.",
    (
        Term(
            "is-the-regime-unstable",
            "Whether the hold of the North Korean government on the country is weak or weakening at the "
            "time of speaking.",
        ),
        Term(
            "is-there-a-trend",
            "Whether the reports of defections add up to a trend, rather than to cases that happen to meet.",
        ),
        Term(
            "is-morale-falling",
            "Whether belief and morale in the party and the security forces are in decline.",
        ),
        Term(
            "does-punishing-families-deter",
            "Whether punishing the families of those who left keeps others from leaving.",
        ),
        Term(
            "will-the-regime-collapse",
            "Whether the North Korean government will fall, from defections or from any other cause.",
        ),
        Term("will-the-leader-last", "Whether the present leader will stay in power for long."),
        Term(
            "is-the-leader-challenged",
            "Whether there is anybody who could take power from the present leader.",
        ),
        Term(
            "are-the-elites-turning-away",
            "Whether those whom the government favours are losing their loyalty to the leader.",
        ),
        Term(
            "do-purges-drive-defections",
            "Whether people defect because of purges, or out of fear of them.",
        ),
        Term(
            "do-purges-weaken-the-regime",
            "Whether ruling by purge and terror makes the government less stable in the end.",
        ),
        Term(
            "do-defections-weaken-the-regime",
            "Whether the defections harm the stability of the government, or show that it is harmed.",
        ),
        Term("will-defections-continue", "Whether more people of the kind in question will defect."),
        Term("will-strains-grow", "Whether tension or hardship within North Korea will increase."),
        Term("will-the-economy-shrink", "Whether the output or income of North Korea will fall."),
        Term(
            "will-the-north-provoke",
            "Whether the North will turn to armed threats or acts against others.",
        ),
        Term(
            "will-the-north-reach-america",
            "Whether the North will be able to strike the United States with a nuclear missile.",
        ),
        Term(
            "will-the-leaders-course-succeed",
            "Whether the present leader's way of ruling will achieve what he is said to want of it.",
        ),
        Term(
            "are-the-reports-reliable",
            "Whether reports on defections and purges, one of them or the whole kind, can be believed.",
        ),
        Term(
            "do-defectors-bring-knowledge",
            "Whether the defectors in question can tell others what those did not know.",
        ),
        Term(
            "are-families-spared-for-bribes",
            "Whether bribes to the security forces explain that relatives of defectors escape punishment.",
        ),
        Term(
            "should-the-south-accommodate",
            "Whether South Korea ought to make concessions to the North, or refrain from what angers it.",
        ),
        Term(
            "should-washington-negotiate",
            "Whether the United States ought to hold direct talks with the North.",
        ),
    ),
)

INSTITUTION_KIND = Vocabulary(
    "institution-kind",
    "What kind of body an institution is.",
    (
        Term("state", "A state as one actor, as when a source says that a country did or said something."),
        Term("party-body", "The ruling party, or an office, department or committee of it."),
        Term(
            "government-body",
            "A ministry, agency or other organ of a government that is neither security nor military.",
        ),
        Term(
            "security-body",
            "A secret service, intelligence service, police or border guard, of any country.",
        ),
        Term("military-body", "An army, a command, or another organ of armed forces."),
        Term("company", "An enterprise that trades, produces or serves customers, whoever owns it."),
        Term("bank", "A body that keeps, lends or transfers money."),
        Term("media", "A newspaper, agency, broadcaster, site or blog that publishes reports or opinion."),
        Term("university", "A body that teaches students for degrees."),
        Term(
            "research-institute",
            "A body whose work is research and not teaching, also one within a university or ministry.",
        ),
        Term(
            "mission",
            "An embassy, consulate or other standing representation of one state in another or at an "
            "international body.",
        ),
        Term("international-body", "An organisation whose members are states, or an organ of one."),
        Term("other", "A body that none of the other terms covers."),
    ),
)

SOURCE_KIND = Vocabulary(
    "source-kind",
    "What kind of document or statement a source is.",
    (
        Term("article", "A report, editorial or other piece that a news medium publishes as its own."),
        Term("blog-post", "An entry in a blog, under its author's own responsibility."),
        Term(
            "statement",
            "Something that a state organ, another body or a person made public, in speech or writing.",
        ),
        Term("interview", "Questions and answers that a medium recorded or published."),
        Term("survey", "A study that counts, measures or ranks many cases by one method."),
        Term("op-ed", "An opinion piece by an outside author in a news medium."),
        Term("video", "A moving picture, whatever it shows."),
        Term("other", "A document that none of the other terms covers."),
    ),
)

PART_KIND = Vocabulary(
    "part-kind",
    "Which part of a document a passage stands in; each part may have a date of its own.",
    (
        Term("body", "The document as first published."),
        Term("update", "What was added or changed after the first publication."),
        Term("footnote", "A note to a passage of the document, set apart from it."),
    ),
)

TIE_KIND = Vocabulary(
    "tie-kind",
    "What the other person is to the person whose record holds the tie.",
    (
        Term("spouse", "The other is the person's husband or wife."),
        Term("parent", "The other is the person's father or mother."),
        Term("child", "The other is the person's son or daughter."),
        Term("relative", "The other is related to the person in another way, by blood or marriage."),
        Term("associate", "The other is tied to the person by work, patronage or trust, and not by kinship."),
        Term("other", "The other is tied to the person in a way that none of the other terms covers."),
    ),
)

SCRIPT = Vocabulary(
    "script",
    "The script in which a name is written.",
    (
        Term("latin", "The name is written in Latin letters."),
        Term("hangul", "The name is written in the Korean alphabet."),
        Term("hanja", "The name is written in Chinese characters."),
    ),
)

SYSTEM = Vocabulary(
    "system",
    "The system by which a Korean name is written in Latin letters.",
    (
        Term("revised", "Revised Romanisation, the South Korean standard of 2000."),
        Term("mccune-reischauer", "McCune-Reischauer of 1939, with or without its breves and apostrophes."),
        Term("north-korean", "The system of the North's own publications, as in Ri and Pyongyang."),
        Term("yale", "Yale romanisation, used in linguistics."),
        Term(
            "press",
            "A customary spelling of the press or of the bearer, which follows no system throughout.",
        ),
        Term("none", "The name is not a romanised Korean name."),
    ),
)

NAME_BASIS = Vocabulary(
    "name-basis",
    "Where a spelling of a name comes from.",
    (
        Term("printed", "The spelling stands in a source, exactly so."),
        Term("editorial", "The spelling was added by the coder, with a reason."),
    ),
)

DATE_BASIS = Vocabulary(
    "date-basis",
    "How a date was found.",
    (
        Term("stated", "A source gives the date in so many words."),
        Term(
            "relative",
            "The date was resolved from words such as last week, counted from a date that a source states.",
        ),
        Term("bounded", "The date is only limited by the publication of the documents that tell of it."),
        Term("inferred", "The date was concluded by the coder from other facts."),
    ),
)

DATE_SHAPE = Vocabulary(
    "date-shape",
    "How an event fills the interval of its date.",
    (
        Term("day", "It happened on one day, which lies between the bounds."),
        Term("within", "It happened at some time between the bounds, and may have taken more than a day."),
        Term("throughout", "It went on for the whole of the interval."),
    ),
)

QUALIFIER = Vocabulary(
    "qualifier",
    "How a printed count bounds the number meant.",
    (
        Term("exact", "The number is the value itself."),
        Term("about", "The number is near the value, on either side."),
        Term("at-least", "The number is the value or more."),
        Term("at-most", "The number is the value or less."),
        Term("over", "The number is more than the value."),
        Term("several", "The number is more than two and not large, and no value is printed."),
    ),
)

STANCE = Vocabulary(
    "stance",
    "What a claim does with the values that it sets.",
    (
        Term("asserts", "The speaker says that the values hold."),
        Term("denies", "The speaker says that the values do not hold, without stating other ones."),
        Term("doubts", "The speaker says that the values may not hold, or that their grounds are poor."),
        Term("withdraws", "The speaker takes back an own earlier claim of the values."),
        Term(
            "refutes",
            "The speaker states a later fact that rules the values out, as when the man said to be dead appears.",
        ),
        Term("declines-to-confirm", "The speaker is asked and will neither confirm nor deny the values."),
    ),
)

COMMITMENT = Vocabulary(
    "commitment",
    "How firmly the speaker stands behind the words; the wording decides, not the coder's trust.",
    (
        Term("plain", "The speaker states it outright."),
        Term(
            "attributed",
            "The speaker hands it on as said by others, as in alleged, reportedly or said to.",
        ),
        Term("believed", "The speaker gives it as an own belief, as in I think."),
        Term(
            "estimated",
            "The speaker gives it as a reckoning, mostly of a number, as in reckon or some ninety.",
        ),
        Term("possible", "The speaker gives it as something that may or might be so."),
        Term("conditional", "The speaker gives it only on an if."),
        Term("rumoured", "The speaker calls it a rumour or talk."),
    ),
)

EXPLICIT = Vocabulary(
    "explicit",
    "How openly the text says what a claim says.",
    (
        Term("stated", "The text says it in words."),
        Term("presupposed", "The text takes it for granted while saying something else."),
        Term("implied", "The text does not say it, and the coder reads it between the lines."),
    ),
)

ANSWER_RELATION = Vocabulary(
    "answer-relation",
    "How a claim stands to an earlier claim that it answers.",
    (
        Term("repeats", "It says the same and rests on that claim alone."),
        Term("corroborates", "It says the same on other grounds."),
        Term("contradicts", "It says what cannot hold together with that claim."),
        Term("overstates", "It hands the claim on as more, larger or surer than it was made."),
        Term("misreports", "It hands the claim on changed in some other way, as with another actor or date."),
        Term("comments", "It speaks about the claim and neither supports nor opposes its content."),
    ),
)

SEEN = Vocabulary(
    "seen",
    "How much is known of the outermost document of a claim's chain.",
    (
        Term("read", "The document itself was read."),
        Term("quoted", "Another document gives some of its words."),
        Term("reported", "Another document gives its content in other words."),
        Term("mentioned", "Another document only says that it exists or what it is about."),
    ),
)

VERB = Vocabulary(
    "verb",
    "How a step of a chain handed the claim on.",
    (
        Term("said", "A speaker uttered it, to the public or to nobody in particular."),
        Term("wrote", "An author put it in writing."),
        Term("quoted", "A document gave another's words."),
        Term("cited", "A document gave another's content, or named it as its ground, without its words."),
        Term("told", "A speaker said it to one hearer, such as a reporter or an investigator."),
    ),
)

IDENTITY = Vocabulary(
    "identity",
    "How well the origin of a claim is identified.",
    (
        Term("named", "A person or a single body is named."),
        Term(
            "collective",
            "A state, a government or an undefined body of officials speaks as one, under a name such as South Korea.",
        ),
        Term("anonymous", "The text speaks of a definite speaker and withholds the name."),
        Term("unstated", "The text does not tell who speaks."),
    ),
)

CAPACITY = Vocabulary(
    "capacity",
    "In what capacity the origin of a claim speaks.",
    (
        Term(
            "state-organ",
            "A state, or an organ of one such as a ministry, a service or a state news agency, speaks as such.",
        ),
        Term("official", "A holder of a state or party office speaks, named or not."),
        Term(
            "subject",
            "The person whom the claim concerns speaks: the defector, the victim or the accused.",
        ),
        Term("witness", "Somebody speaks who saw it happen and had no part in it."),
        Term(
            "insider",
            "Somebody speaks who lives or works close to the matter and holds no office that is told.",
        ),
        Term(
            "trader-or-broker",
            "A merchant, or somebody who brings people or goods across the border, speaks.",
        ),
        Term("journalist", "A reporter speaks on the ground of own reporting."),
        Term("publisher", "A medium speaks as such, without naming an author or a source of its own."),
        Term("scholar", "A researcher or professor speaks from study of the matter."),
        Term("author", "The writer of the document speaks in an own voice."),
        Term("unknown", "The text does not tell in what capacity the origin speaks."),
    ),
)

SIDE = Vocabulary(
    "side",
    "The country for which, or out of which, the origin speaks.",
    (
        Term("north", "The origin speaks for North Korea or from within it."),
        Term("south", "The origin speaks for South Korea or from within it."),
        Term("china", "The origin speaks for China or from within it."),
        Term("other", "The origin speaks for or from another country."),
        Term("none", "The origin belongs to no country's side, as an international body."),
    ),
)

ACCESS = Vocabulary(
    "access",
    "How the origin came to know what it says; what the text does not tell is unknown.",
    (
        Term(
            "own-act",
            "It did, ordered or decided the thing itself, or denies an act or custody that would be its own.",
        ),
        Term("custody", "It holds the person concerned, or has taken the person in."),
        Term("witnessed", "It saw or heard the thing happen."),
        Term("told", "It has it from another, who is not identified well enough to be the origin."),
        Term("intelligence", "It has it from the work of an intelligence service."),
        Term("unknown", "The text does not tell how the origin knows."),
    ),
)

INTEREST = Vocabulary(
    "interest",
    "What the origin has to gain or lose by the claim.",
    (
        Term("neutral", "The claim neither helps nor hurts the origin, as when it announces whom it holds."),
        Term("self-serving", "The claim excuses the origin, or accuses its own defector, victim or enemy."),
        Term("against-interest", "The claim harms or embarrasses the origin, which makes it."),
        Term("unknown", "Whether the origin gains or loses by the claim cannot be told."),
    ),
)

STATUS = Vocabulary(
    "status",
    "What the claims about a record or value add up to; under each policy the first that fits stands.",
    (
        Term("refuted", "A claim states a later fact that excludes it, and is not withdrawn."),
        Term("disputed", "Somebody who vouches asserts it, and another who vouches denies it."),
        Term("denied", "Somebody who vouches denies it, and nobody who vouches asserts it."),
        Term(
            "confirmed",
            "Somebody vouches for it or two independent roots assert it, as the policy demands.",
        ),
        Term(
            "stated",
            "A motive, reason or method meets the test of confirmed, and can be no more than what somebody states.",
        ),
        Term(
            "taken-as-known",
            "Somebody asserts it, and all who do so take it for granted while saying something else.",
        ),
        Term("contested", "It is asserted, and denied by somebody who does not vouch."),
        Term("withdrawn", "At least one root asserted it, and all of them took it back."),
        Term(
            "doubted",
            "It is asserted and doubted, or there are only doubts, or denials by those who do not vouch.",
        ),
        Term("official-claim", "A named or collective official asserts it without vouching for it."),
        Term("reported", "It is asserted, and nothing more can be said for or against it."),
        Term("rumoured", "It is asserted only weakly, as possible, conditional, rumoured or implied."),
    ),
)

POLICY = Vocabulary(
    "policy",
    "By which test the status confirmed is given; all other rows are the same under each policy.",
    (
        Term("any", "Either vouching or two independent roots is enough to confirm."),
        Term(
            "official",
            "Only vouching confirms, by a state organ or official placed to know and without a self-serving interest.",
        ),
        Term("two-roots", "Only two independent roots confirm, whoever they are."),
    ),
)

CERTAINTY = Vocabulary(
    "certainty",
    "How an uncertain date must lie to the period that a filter asks for.",
    (
        Term("possibly", "The date overlaps the period, so the event may have been in it."),
        Term(
            "surely",
            "The date lies within the period, so the event was in it wherever in its bounds it was.",
        ),
    ),
)

KNOWN_BOUND = Vocabulary(
    "known-bound",
    "Which end of the date on which a claim became public decides whether it was known by a day.",
    (
        Term("surely", "A claim is known from the last day on which it may have become public."),
        Term("possibly", "A claim is known from the first day on which it may have become public."),
    ),
)

VOCABULARIES: Mapping[str, Vocabulary] = MappingProxyType(
    {
        vocabulary.name: vocabulary
        for vocabulary in (
            SCOPE,
            RELATION,
            DEFECTOR_STAGE,
            WHEREABOUTS,
            MOTIVE,
            PARTY_KIND,
            SECTOR,
            PURGE_KIND,
            FORM,
            PURGE_STAGE,
            CHANGE,
            MEASURE,
            HIGHER_IS,
            ASSESSMENT_KIND,
            ANSWER,
            QUESTION,
            INSTITUTION_KIND,
            SOURCE_KIND,
            PART_KIND,
            TIE_KIND,
            SCRIPT,
            SYSTEM,
            NAME_BASIS,
            DATE_BASIS,
            DATE_SHAPE,
            QUALIFIER,
            STANCE,
            COMMITMENT,
            EXPLICIT,
            ANSWER_RELATION,
            SEEN,
            VERB,
            IDENTITY,
            CAPACITY,
            SIDE,
            ACCESS,
            INTEREST,
            STATUS,
            POLICY,
            CERTAINTY,
            KNOWN_BOUND,
        )
    }
)
"""Every vocabulary by its name."""
