"""What is asked: the rows of the bench, the random requests of each, and the ratios that they aim at."""

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from api.app import create_app
from api.finding import meaning_of, sealed
from models.database import close_database, execute, open_database
from models.vocabulary import SCOPE
from tests.bench.peer_queries import HITS, PAGE

HERE = Path(__file__).resolve().parent
SEED = 1
COMMON, RARE = ("reported", "confirmed", "rumoured"), ("withdrawn", "refuted", "taken-as-known")
FACETS = ("stage", "scope", "whereabouts", "sector", "motive", "kind", "status")
FIRST_YEAR, LAST_YEAR = 2006, 2024
GZIP = {"Accept-Encoding": "gzip"}


class Asked(NamedTuple):
    """One request, as no variant spells it: of which kind, and what is given."""

    kind: str
    given: Mapping[str, str]


class Row(NamedTuple):
    """One kind of request: its name, what it is, which variants answer it, and the ratios to aim at."""

    name: str
    title: str
    variants: tuple[str, ...]
    aims: Mapping[str, float]
    headers: Mapping[str, str] = {}

    @property
    def is_conditional(self) -> bool:
        """Whether the client has the answer already."""
        return self.name == "304"


ALL = ("bare", "datasette", "fastapi", "naive")
OVER_SQL = ("bare", "datasette", "fastapi")
COMPRESSING = ("bare", "fastapi", "naive")
ROWS = (
    Row("record", "one record with its claims", ALL, {"bare": 0.70, "datasette": 4, "fastapi": 0.75}),
    Row("page", "a page of 50, three claims each", ALL, {"bare": 0.37, "datasette": 3, "fastapi": 4}),
    Row("record-gzip", "the record, gzip", COMPRESSING, {"bare": 0.6}, GZIP),
    Row("page-gzip", "the page, gzip", COMPRESSING, {"bare": 0.6}, GZIP),
    Row("filtered", "two filters and a sort, a page of 50", ALL, {"datasette": 3}),
    Row("known-common", "as known by a day, of a common status, 50", OVER_SQL, {"bare": 0.15}),
    Row("known-rare", "as known by a day, of a rare status, 50", OVER_SQL, {"bare": 0.15}),
    Row("search", "full-text search, a page of 20", OVER_SQL, {"datasette": 2}),
    Row("304", "a record that the client has: 304", ("bare",), {"bare": 0.85}),
    Row("facets", "one facet over all records", OVER_SQL, {"datasette": 2}),
)


def lines_of(name: str) -> list[str]:
    """The lines of a file that stands beside this one."""
    return (HERE / name).read_text(encoding="utf-8").split()


def requests(url: str, keys: int) -> dict[str, list[Asked]]:
    """Random requests of each row, so many and so spread that no cache of answers could serve them."""
    rng = random.Random(SEED)
    open_database(url, read_only=True)
    every = sorted(row[0] for row in execute("SELECT id FROM defector").fetchall())
    shown = sorted(row[0] for row in execute("SELECT id FROM defector WHERE scope = 'subject'").fetchall())
    close_database()
    records = [Asked("record", {"id": slug}) for slug in rng.choices(every, k=keys)]
    pages = [Asked("page", {"after": slug}) for slug in rng.choices(shown[: -PAGE - 1], k=keys)]
    return {
        "record": records,
        "page": pages,
        "record-gzip": records,
        "page-gzip": pages,
        "filtered": [Asked("filtered", dict(parse_qsl(line))) for line in lines_of("filters.txt")],
        "known-common": list(_known(rng, COMMON, keys // 4)),
        "known-rare": list(_known(rng, RARE, keys // 4)),
        "search": [Asked("search", {"q": word}) for word in lines_of("words.txt")],
        "304": records,
        "facets": [Asked("facets", {"facet": name}) for name in FACETS],
    }


def _known(rng: random.Random, statuses: Sequence[str], keys: int) -> Iterator[Asked]:
    for _ in range(keys):
        day = f"{rng.randint(FIRST_YEAR, LAST_YEAR)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        yield Asked("known", {"known_by": day, "status": rng.choice(statuses)})


def cursors() -> "Cursors":
    """What makes talbuk's cursors."""
    with create_app().test_request_context("/v1/defectors"):
        return Cursors(meaning_of({}))


class Cursors(NamedTuple):
    """talbuk's cursors of its list of defectors."""

    meant: str

    def after(self, slug: str) -> str:
        """The cursor after a record."""
        return sealed(self.meant, (slug,))


def path_of(asked: Asked, cursor: str | None = None) -> str:
    """A request's path at talbuk, and at those that answer the same addresses."""
    given = asked.given
    if asked.kind == "record":
        return f"/v1/defectors/{given['id']}"
    if asked.kind == "page":
        return f"/v1/defectors?include=claims&limit={PAGE}&cursor={cursor or given['after']}"
    if asked.kind == "search":
        return f"/v1/search?{urlencode({**given, 'limit': HITS})}"
    if asked.kind == "facets":
        scopes = [("scope", scope) for scope in SCOPE.values]
        return f"/v1/defectors?{urlencode([*scopes, *given.items(), ('limit', '1')])}"
    return f"/v1/defectors?{urlencode({**given, 'limit': PAGE})}"


def written(addresses: Sequence[tuple[str, Mapping[str, str]]], file: Path) -> None:
    """Write addresses and their headers as the load generator reads them."""
    lines = ["\t".join([path, *(f"{name}: {value}" for name, value in h.items())]) for path, h in addresses]
    file.write_text("\n".join(lines), encoding="utf-8")
