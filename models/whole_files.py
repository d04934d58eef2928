"""Files that are there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp

MAKING = ".making"
"""What the name of a file ends with until it is whole."""


@contextmanager
def aside(file: Path) -> Iterator[Path]:
    """A new, empty file beside another, which its owner alone may read; gone in the end unless it was renamed."""
    descriptor, name = mkstemp(prefix=f"{file.name}.", suffix=MAKING, dir=file.parent)
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have a file, or a folder's list of files, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
