"""Asks a server for records with the client that openapi-python-client makes of its document: `client.py URL`."""

import sys

from talbuk_client import Client
from talbuk_client.api.defectors import get_defector, list_defectors
from talbuk_client.models import (
    DefectorAnswer,
    DefectorList,
    ListDefectorsStatusItem,
    Problem,
    Standing,
    VerdictStatusType0,
)
from talbuk_client.types import Unset


def main(address: str) -> None:
    """Exit with a message if an answer is not what its type says."""
    with Client(base_url=address) as client:
        one = get_defector.sync("thae-yong-ho", client=client)
        assert isinstance(one, DefectorAnswer), one
        assert isinstance(one.standing, Standing), "all members are there but where `fields` leaves them out"
        status: VerdictStatusType0 | None = one.standing.any_.status
        assert status is VerdictStatusType0.CONFIRMED
        assert one.claims, one
        says: str | Unset = one.claims[0].says

        wanted = [ListDefectorsStatusItem.DENIED, ListDefectorsStatusItem.DOUBTED]
        several = list_defectors.sync(client=client, status=wanted, limit=1)
        assert isinstance(several, DefectorList), several
        assert several.meta.count == len(several.data) == 1
        assert several.links.next_, several

        none = get_defector.sync("nobody", client=client)
        assert isinstance(none, Problem), none
        assert none.status == 404

    print(f"Python: {one.name} is {status}: {says}")


if __name__ == "__main__":
    main(sys.argv[1])
