"""What a backup holds, and whether that is whole."""

from itertools import islice
from pathlib import Path
from typing import NamedTuple

from models.database import SCHEMA_VERSION, DatabaseFault, execute, meta_value
from models.ledger import Head, head
from models.verifying import faults

MOST = 3
"""How many faults are told of a backup that is not whole."""


class Contents(NamedTuple):
    """The number of its schema, how many records it has, and where its ledger ends."""

    schema: int
    records: int
    head: Head


def contents() -> Contents:
    """What the open database holds."""
    (records,) = execute("SELECT count(*) FROM record").fetchone()
    return Contents(int(meta_value("schema_version") or 0), int(records), head())


def require_whole(file: Path, expected: Head | None) -> Contents:
    """What the open database holds, which is that of a backup. Raises DatabaseFault where it is not as it must be."""
    found = contents()
    if found.schema != SCHEMA_VERSION:
        raise DatabaseFault(
            f"{file}: has schema version {found.schema}, this release reads {SCHEMA_VERSION}; restore it with a "
            "release that reads it, and take it from there by `talbuk migrate`"
        )
    told = list(islice(faults(expected), MOST))
    if told:
        raise DatabaseFault(f"{file}: is not restored, and nothing was changed: {'; '.join(told)}")
    return found
