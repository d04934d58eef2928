"""What is shown of the records found: as stored, as known at a moment, some fields alone, with what they refer to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.finding import Row, row_columns, row_of
from api.schemas.queries import ANSWERED
from api.schemas.registry import references
from models.batches import in_batches
from models.database import execute, marks
from models.declaration import Resource
from models.documents import compact, decoded
from models.masking import Document, as_known, is_later, mentioned
from models.moment import Moment, places
from models.registry import RESOURCE, resource_of

ALWAYS = frozenset({"id", "url"})
"""Fields that `fields=` cannot leave out."""


READ = 100
"""Records that are made ready at a time, where many are sent."""


@dataclass(frozen=True)
class Showing:
    """How records are shown: at which moment, which fields alone (all if None), with records of which kinds."""

    moment: Moment
    fields: frozenset[str] | None = None
    include: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, Any], moment: Moment) -> "Showing":
        """As a query asks; claims that are included are shown whichever fields are named."""
        include = given.get("include", ())
        always = ALWAYS | {"claims"} if "claims" in include else ALWAYS
        chosen = always.union(given["fields"]) if "fields" in given else None
        return cls(moment, chosen, tuple(name for name in include if name != "claims"))

    def texts(self, rows: Sequence[Row]) -> list[Sequence[bytes | memoryview]]:
        """Each record as JSON, in pieces: of its stored bytes, where nothing but these is needed."""
        documents = self.chosen(self.documents([row for row in rows if not self._is_stored(row)]))
        return [pieces(row) if self._is_stored(row) else (compact(next(documents)),) for row in rows]

    def _is_stored(self, row: Row) -> bool:
        """Whether the bytes of what is stored can be joined."""
        if self.moment.day is None:
            return self.fields is None
        return self.fields is None and row.cuts is not None and row.claims is None

    def documents(self, rows: Sequence[Row]) -> list[Document]:
        """The records, whole, as they are known at the moment."""
        whole = [_whole(row) for row in rows]
        if self.moment.day is None:
            return whole
        known = self._known({path for document in whole for path in mentioned(document)})
        return [
            as_known(document, places(row.hidden or "[]"), self.moment, known.__contains__)
            for document, row in zip(whole, rows, strict=True)
        ]

    def _known(self, paths: set[str]) -> set[str]:
        """Those of some records, parts of sources (`#update`) and speakers of claims (`#origin`) that are known."""
        parts = {path for path in paths if "#" in path}
        origins = {path.partition("#")[0] for path in parts if path.endswith("#origin")}
        known_origins = {f"{claim}#origin" for claim in origins - self.moment.unknown_origins(origins)}
        return self.moment.known_among(paths - parts) | set(self._known_parts(parts - known_origins)) | known_origins

    def _known_parts(self, parts: set[str]) -> Iterator[str]:
        sources = sorted({part.partition("#")[0] for part in parts if part.startswith("sources/")})
        for chunk in in_batches(sources):
            rows = execute(f"SELECT path, input FROM record WHERE path IN ({marks(chunk)})", chunk).fetchall()
            for path, given in rows:
                for part in decoded(given)["parts"]:
                    if not is_later(part.get("published"), self.moment):
                        yield f"{path}#{part['id']}"

    def chosen(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The records with the chosen fields alone."""
        for document in documents:
            if self.fields is None:
                yield document
            else:
                yield {name: value for name, value in document.items() if name in self.fields}

    def each(self, rows: Iterable[Row]) -> Iterator[Document]:
        """The records one by one, some read at a time."""
        for chunk in in_batches(rows, READ):
            yield from self.documents(chunk)

    def lines(self, rows: Iterable[Row]) -> Iterator[bytes]:
        """Each record as one JSON text."""
        for chunk in in_batches(rows, READ):
            yield from map(b"".join, self.texts(chunk))

    def included(self, resource: Resource, documents: Iterable[Document]) -> dict[str, list[Document]]:
        """The records that those shown, and their claims where they are shown, refer to: of each kind, by id, once."""
        if self.fields is not None and "claims" not in self.fields:
            documents = ({name: v for name, v in document.items() if name != "claims"} for document in documents)
        referred = {found for document in documents for found in _references(resource, document)}
        wanted = sorted({path for relation, path in referred if self._kind_for(relation, path) in self.include})
        found: dict[str, list[Document]] = {"claims" if name == ANSWERED else name: [] for name in self.include}
        for document, path in self._records(wanted):
            found[resource_of(path).name].append(document)
        return found

    @staticmethod
    def _kind_for(relation: str, path: str) -> str:
        """The name by which `include` asks for what a reference leads to."""
        return ANSWERED if relation == f"{ANSWERED}.claim" else resource_of(path).name

    def _records(self, paths: Sequence[str]) -> Iterator[tuple[Document, str]]:
        known = self.moment.known_among(paths) if self.moment.day is not None else set(paths)
        for chunk in in_batches(sorted(known)):
            rows = dict(stored(chunk, self.moment))
            documents = self.documents(list(rows.values()))
            yield from zip(documents, rows, strict=True)


def stored(
    paths: Sequence[str], moment: Moment, *, claims: bool = False, policy: str | None = None
) -> Iterator[tuple[str, Row]]:
    """Some records as they are stored, by path, with what they add up to at a moment."""
    if not paths:
        return
    told, join = row_columns(moment, claims=claims, policy=policy)
    rows = execute(
        f"SELECT e.path, {told} FROM entry e {join.sql} WHERE e.path IN ({marks(paths)}) ORDER BY e.path",
        (*join.values, *paths),
    )
    yield from ((path, row_of(columns)) for path, *columns in rows.fetchall())


def _whole(row: Row) -> Document:
    document: Document = decoded(b"".join(pieces(row._replace(cuts=None))))
    return document


def _references(resource: Resource, document: Document) -> Iterator[tuple[str, str]]:
    """All that a record refers to, as what and by its path, in its own fields and in the claims shown with it."""
    given = {name: value for name, value in document.items() if name != "claims"}
    yield from ((found.relation, found.target) for found in references(resource.name, given))
    for claim in document.get("claims", ()):
        yield from _references(RESOURCE["claims"], claim)


def pieces(row: Row) -> Sequence[bytes | memoryview]:
    """A record as it is served, in pieces: views of what is stored, so that its bytes are copied once, when joined."""
    added = memoryview(row.standing)[1:-1]
    status = b"" if row.status is None else b',"status":' + compact(row.status or None)
    return (
        *_document(row),
        b"," if added else b"",
        added,
        status,
        *((b"}",) if row.claims is None else (b',"claims":[', row.claims, b"]}")),
    )


def _document(row: Row) -> Iterator[bytes | memoryview]:
    """The document but its last brace, as it is in its edition."""
    document = memoryview(row.document)
    at = 0
    for start, end, text in decoded(row.cuts) if row.cuts else ():
        yield document[at:start]
        yield text.encode()
        at = end
    yield document[at:-1]
