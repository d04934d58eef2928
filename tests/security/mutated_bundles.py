"""Fixture bundles with parts changed, as trees and as bytes: each is loaded rightly or refused clearly."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from api.bundles import Unreadable, read
from api.given import Raw, validated
from api.loading import LoadRefused, load, packaged_fixtures
from models.database import close_database, open_database
from models.faults import Fault
from models.registry import RESOURCE
from tests.security.hostile import RAW_JSON, Choices, as_json, mangled, mutated
from tests.security.throwaway import Throwaway, head

YAML_TOKENS = (
    b"&a ", b"*a", b"<<: ", b"!!python/object/apply:os.system [id]", b"!!binary ", b"!!int ", b"!foo ", b"? ", b"- ",
    b": ", b"\n", b"\n\n", b"\t", b"---\n", b"...\n", b"%YAML 9.9\n", b"%TAG ! tag:x,2000:\n", b"| \n", b">-\n",
    b"[" * 80, b"{" * 80, b"{a: " * 80, b'"', b"'", b"#", b"@", b"`", b"~", b"null", b"no", b"0o17", b"1:30", b".inf",
    b".nan", b"1e400", b"9" * 400, b"2016-99-99", b"\x00", b"\x07", b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\\ud800",
    b'"\\ud800"', b"\xef\xbb\xbf", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\r", b"\x1b", b"id: x\n",
    b"claims: []\n", b"withheld: {name: x}\n",
)  # fmt: skip
"""What breaks readers of YAML."""

SUFFIXES = (".yaml", ".json", ".ndjson")


def bundles() -> list[dict[str, list[Any]]]:
    """Each record of the fixtures, with the claims under it, as a bundle; dates and numbers are texts."""
    found = []
    for file in sorted(packaged_fixtures().glob("*.yaml")):
        read = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
        found += [{name: [record]} for name, records in read.items() if name in RESOURCE for record in records]
    return found


class Loading:
    """Bundles made of bytes, one after another loaded into a database that is renewed now and then."""

    RENEWED = 500

    def __init__(self, database: Throwaway) -> None:
        self.database = database
        self.bundles = bundles()
        self.file = {suffix: database.folder / f"bundle{suffix}" for suffix in SUFFIXES}
        self.sent = self.refused = self.loaded = 0
        self.faults: dict[str, str] = {}
        self._open()
        self.head = head()

    def _open(self) -> None:
        self.database.renew()
        close_database()
        open_database(self.database.url)

    def put(self, data: bytes) -> str | None:
        """Load the bundle that some bytes are; what is wrong with what came of it."""
        if self.sent % self.RENEWED == self.RENEWED - 1:
            self._open()
            self.head = head()
        self.sent += 1
        suffix, content = self.made(Choices(data))
        file = self.file[suffix]
        file.write_bytes(content)
        try:
            fault = self._loaded(file) if _is_sound(file) or self.sent % 4 == 0 else None
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"
        if fault:
            self.faults.setdefault(fault[:160], f"{suffix} {content[:3000]!r}")
        return fault

    def _loaded(self, file: Path) -> str | None:
        """Load a file: what is wrong with how it is refused, if it is."""
        try:
            load([file], force=True)
        except LoadRefused as refused:
            self.refused += 1
            told = "\n".join(map(str, refused.faults))
            if not told.strip() or not refused.total:
                return "it is refused, and nobody is told why"
            if head() != self.head:
                return f"it is refused, and something was written: {told[:200]}"
            told.encode()
            return None
        self.loaded += 1
        self.head = head()
        return None

    def made(self, choices: Choices) -> tuple[str, bytes]:
        """A bundle as a file has it: its suffix and its bytes."""
        suffix = choices.one_of(SUFFIXES)
        value: Any = {name: list(records) for name, records in choices.one_of(self.bundles).items()}
        if choices.one_in(3):
            value |= choices.one_of(self.bundles)
        wrong = choices.below(8)
        if wrong:
            value = mutated(choices, value, self.bundles)
        content = _written(choices, suffix, value)
        return suffix, mangled(choices, content, YAML_TOKENS + RAW_JSON) if wrong in {0, 7} else content


def _is_sound(file: Path) -> bool:
    """Whether a file can be read and each of its records is sound by itself; such a one is always loaded.

    What is not is loaded once in four times, which takes ten times as long.
    """
    try:
        for raw in read(file):
            if isinstance(raw, Unreadable):
                return False
            if isinstance(raw, Raw) and any(isinstance(one, Fault) for one in validated(raw, str(file))):
                return False
    except Unreadable:
        return False
    return True


def _written(choices: Choices, suffix: str, value: Any) -> bytes:
    if suffix == ".json":
        return as_json(choices, value)
    if suffix == ".ndjson":
        return b"\n".join(as_json(choices, one) for one in _lines(value))
    try:
        text = yaml.dump(value, Dumper=Plain, allow_unicode=not choices.below(2), sort_keys=False)
        return str(text).encode("utf-8", "surrogatepass")
    except (yaml.YAMLError, UnicodeEncodeError):
        return as_json(choices, value)


class Plain(yaml.CSafeDumper):
    """Writes YAML without anchors; those come by mangling."""

    def ignore_aliases(self, data: Any) -> bool:
        """Whatever stands twice is written twice."""
        return True


def _lines(value: Any) -> Sequence[Any]:
    if not isinstance(value, dict):
        return [value]
    found: list[Any] = []
    for name, records in value.items():
        several = records if isinstance(records, list) else [records]
        found += [{"resource": name, **one} if isinstance(one, dict) else one for one in several]
    return found
