"""Print what of requirements.lock runs with talbuk, with its extras: of this an SBOM is made (`make sbom`).

The lock pins what tests and checks need too; what needs what is told by the packages that are installed from it.
"""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = Path(__file__).parents[2] / "requirements.lock"
PROJECT = LOCK.with_name("pyproject.toml")
PINNED = re.compile(r"^(?P<name>[a-z0-9._-]+)==[^\n]*(?:\n    [^\n]*)*", re.MULTILINE)


def pinned(lock: str) -> dict[str, str]:
    """The lines of each package in a lock."""
    return {canonicalize_name(found["name"]): found[0] for found in PINNED.finditer(lock)}


def needed(text: str, seen: frozenset[str] = frozenset(), extras: tuple[str, ...] = ()) -> Iterator[str]:
    """The names of what is required, and of all that it requires itself, some more than once."""
    requirement = Requirement(text)
    if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
        return
    name = canonicalize_name(requirement.name)
    yield name
    if str(requirement) in seen:
        return
    try:
        listed = requires(name) or []
    except PackageNotFoundError:
        return  # for another system
    for each in listed:
        yield from needed(each, seen | {str(requirement)}, tuple(requirement.extras))


def runtime() -> list[str]:
    """The names of all that runs with talbuk and its extras, in order."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    listed = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    return sorted({name for text in listed for name in needed(text)})


def main() -> None:
    """Print their lines of the lock."""
    lines = pinned(LOCK.read_text(encoding="utf-8"))
    print("\n".join(lines[name] for name in runtime()))


if __name__ == "__main__":
    main()
