"""The vocabularies of values with a shape of their own: names, dates and counts."""

from models.terms import Term, Vocabulary

SCRIPT = Vocabulary(
    "script",
    "The script in which a name is written.",
    (
        Term(
            "latin",
            "The name is written in Latin letters.",
            "people/thae-yong-ho: Thae Yong Ho.",
        ),
        Term(
            "hangul",
            "The name is written in the Korean alphabet.",
            "people/thae-yong-ho: 태영호.",
        ),
        Term(
            "hanja",
            "The name is written in Chinese characters.",
            "people/thae-yong-ho: 太永浩.",
        ),
    ),
)

SYSTEM = Vocabulary(
    "system",
    "The system by which a Korean name is written in Latin letters.",
    (
        Term(
            "revised",
            "Revised Romanisation, the South Korean standard of 2000.",
            "people/thae-yong-ho: Tae Yeong-ho.",
        ),
        Term(
            "mccune-reischauer",
            "McCune-Reischauer of 1939, with or without its breves and apostrophes.",
            "people/thae-yong-ho: T'ae Yŏng-ho.",
        ),
        Term(
            "north-korean",
            "The system of the North's own publications, as in Ri and Pyongyang.",
            "people/thae-yong-ho: Thae Yong Ho.",
        ),
        Term(
            "yale",
            "Yale romanisation, used in linguistics.",
            "people/thae-yong-ho: Thay Yeng-ho.",
        ),
        Term(
            "press",
            "A customary spelling of the press or of the bearer, which follows no system throughout.",
            "people/choe-ryong-hae: Choi Ryong-hae.",
        ),
        Term(
            "none",
            "The name is not a romanised Korean name.",
            "institutions/yonhap: Yonhap, which is no name of a person and is not analysed.",
        ),
    ),
)

NAME_BASIS = Vocabulary(
    "name-basis",
    "Where a spelling of a name comes from.",
    (
        Term(
            "printed",
            "The spelling stands in a source, exactly so.",
            "people/thae-yong-ho: Thae Yong Ho, as the editorial has it.",
        ),
        Term(
            "editorial",
            "The spelling was added by the coder, with a reason.",
            "people/thae-yong-ho: 태영호, which neither text prints.",
        ),
    ),
)

DATE_BASIS = Vocabulary(
    "date-basis",
    "How a date was found.",
    (
        Term(
            "stated",
            "A source gives the date in so many words.",
            "defectors/hwang-jang-yop: the text gives the year 1997.",
        ),
        Term(
            "relative",
            "The date was resolved from words such as last week, counted from a date that a source states.",
            "defectors/restaurant-waitresses: April is that of the year in which the editorial was written.",
        ),
        Term(
            "bounded",
            "The date is only limited by the publication of the documents that tell of it.",
            "defectors/associates-of-jang: they left after a purge of 2013 and before the post.",
        ),
        Term(
            "inferred",
            "The date was concluded by the coder from other facts.",
            "defectors/thae-yong-ho: the day of the announcement is concluded from outside.",
        ),
    ),
)

DATE_SHAPE = Vocabulary(
    "date-shape",
    "How an event fills the interval of its date.",
    (
        Term(
            "day",
            "It happened on one day, which lies between the bounds.",
            "defectors/hwang-jang-yop: he left on one day of 1997.",
        ),
        Term(
            "within",
            "It happened at some time between the bounds, and may have taken more than a day.",
            "purges/recall-from-shenyang: people were called home at some time in ten days, not all at once perhaps.",
        ),
        Term(
            "throughout",
            "It went on for the whole of the interval.",
            "defectors/arrivals-first-half-2016: the count is of all six months.",
        ),
    ),
)

QUALIFIER = Vocabulary(
    "qualifier",
    "How a printed count bounds the number meant.",
    (
        Term(
            "exact",
            "The number is the value itself.",
            "defectors/restaurant-waitresses: thirteen.",
        ),
        Term(
            "about",
            "The number is near the value, on either side.",
            "defectors/senior-officials-dozen: about a dozen, which is not twelve to twelve.",
        ),
        Term(
            "at-least",
            "The number is the value or more.",
            "defectors/official-of-room-39: he and a family are two or more.",
        ),
        Term(
            "at-most",
            "The number is the value or less.",
            "A source says that no more than five got away.",
        ),
        Term(
            "over",
            "The number is more than the value.",
            "indicators/thae-years-in-london: over ten years.",
        ),
        Term(
            "several",
            "The number is more than two and not large, and no value is printed.",
            "indicators/wiretap-complaints: several complaints.",
        ),
    ),
)
