"""What a record is in some period: its stored bytes with parts cut out and put in, the same as masking it whole."""

from typing import Any

import pytest

from api.showing import Showing
from models.database import execute
from models.documents import compact, decoded
from models.masking import cuts, members

WORLD = ("defectors", "purges", "people", "institutions")


def test_where_members_stand() -> None:
    document = {"id": "x", 'añ"o': ["é", {"a": 1}], "none": None, "last": 1.5}
    whole = compact(document)
    for name, (start, end) in members(document, whole).items():
        assert decoded(whole[start:end]) == document[name]


def test_a_document_that_others_bear_on_has_no_cuts() -> None:
    linked = {"id": "x", "links": [{"to": "people/y", "claims": ["z"]}]}
    assert cuts(linked, members(linked, compact(linked)), ()) is None


@pytest.mark.parametrize("bound", ["surely", "possibly"])
@pytest.mark.parametrize("resource", WORLD)
def test_joined_bytes_are_those_of_the_masked_document(
    client: Any, monkeypatch: pytest.MonkeyPatch, resource: str, bound: str
) -> None:
    days = [row[0] for row in execute("SELECT DISTINCT known_from FROM period WHERE known_from > '0001'").fetchall()]
    cut = 0
    for day in sorted(days)[-12:]:
        address = f"/v1/{resource}?known_by={day}&known_bound={bound}&limit=200&policy=official"
        joined = client.get(address)
        with monkeypatch.context() as patched:
            patched.setattr(Showing, "_is_stored", lambda *_: False)
            assert client.get(address).data == joined.data
        cut += len(joined.json["data"])
    assert cut
    assert execute("SELECT count(*) FROM edition WHERE length(cuts) > 2").fetchone()[0]
