"""The settings: one table of name, default and meaning, read once from the environment (`TALBUK_*`)."""

import os
from collections.abc import Mapping
from typing import NamedTuple


class Setting(NamedTuple):
    """One setting: its name in lower case, its default as text, and what it does."""

    name: str
    default: str
    help: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"TALBUK_{self.name.upper()}"


SETTINGS = (
    Setting(
        "database", "talbuk.db", "The database: a file path for SQLite, or `postgresql://user:password@host/name`."
    ),
    Setting("bind", "127.0.0.1:8000", "Where `talbuk serve` listens: HOST:PORT."),
    Setting("workers", "1", "How many processes serve. SQLite reads in parallel; two per core is plenty."),
    Setting("threads", "4", "How many requests one process answers at a time."),
    Setting("reads", "open", "Who may read: `open` for anyone, `keys` for those with a key (`talbuk keys add`)."),
    Setting(
        "snapshots",
        "",
        "A folder for what was held at other times, as `as_of` asks for it: about 12 kB a record, eight at most. "
        "Without one, the system's temporary folder.",
    ),
    Setting(
        "as_of",
        "anyone",
        "For whom `as_of` makes ready what was held at another time: `anyone`, those with a key (`keys`), or nobody, "
        "so that only what `talbuk snapshot` made ready is answered (`made`).",
    ),
    Setting("timeout", "30", "Seconds after which a process that does not answer is replaced."),
)


READS = ("open", "keys")
AS_OF = ("anyone", "keys", "made")
CHOICES = {"reads": READS, "as_of": AS_OF}


class SettingFault(ValueError):
    """A setting that cannot be used: one line that names the variable and what would be right."""


class Settings(NamedTuple):
    """The settings as the program uses them."""

    database: str
    bind: str
    workers: int
    threads: int
    reads: str
    timeout: int
    snapshots: str
    as_of: str


def read_settings(environment: Mapping[str, str] = os.environ, **given: str | int | None) -> Settings:
    """The settings from the environment; what is `given` and not None comes before them. Raises SettingFault."""
    known = {setting.variable for setting in SETTINGS}
    for variable in environment:
        if variable.startswith("TALBUK_") and variable not in known:
            raise SettingFault(f"{variable} is no setting; there are {', '.join(sorted(known))}")
    found = {setting.name: environment.get(setting.variable) or setting.default for setting in SETTINGS}
    found |= {name: str(value) for name, value in given.items() if value is not None}
    numbers = {name: _positive(name, found[name]) for name in ("workers", "threads", "timeout")}
    for name, choices in CHOICES.items():
        if found[name] not in choices:
            raise SettingFault(f"TALBUK_{name.upper()} must be {' or '.join(choices)}, not {found[name]!r}")
    return Settings(**{**found, **numbers})  # type: ignore[arg-type]


def _positive(name: str, value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise SettingFault(f"TALBUK_{name.upper()} must be a whole number from 1 on, not {value!r}")
    return int(value)
