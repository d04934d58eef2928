"""The settings: one table of name, default and meaning, read once from the environment (`TALBUK_*`)."""

import os
import re
from collections.abc import Callable, Mapping
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
    Setting("grace", "30", "Seconds for which a server that is told to stop goes on with the answers it has begun."),
    Setting("stream", "900", "Seconds that an answer of lines may take; what takes longer is cut off, and logged."),
    Setting("log", "text", "How the log is written, on standard error: `text`, or `json`, one object a line."),
    Setting("access_log", "off", "Whether each request is a line of the log: `on` or `off`."),
    Setting(
        "metrics",
        "",
        "Where `/metrics` is for Prometheus: HOST:PORT of its own, for nobody else to reach. Without it, nowhere.",
    ),
    Setting(
        "proxies",
        "0",
        "How many proxies stand in front and say by X-Forwarded-For and -Proto who asks; by 0 nobody is believed that.",
    ),
    Setting(
        "rate_storage",
        "",
        "Where requests are counted, for limits: `redis://` or `memcached://` HOST:PORT. Without it, no limits.",
    ),
    Setting("rate_reads", "600/minute", "How much an address may read without a key."),
    Setting("rate_keyed_reads", "6000/minute", "How much each key may read."),
    Setting("rate_writes", "120/minute", "How much each key may write."),
    Setting("rate_failures", "20/minute", "How many keys that are not good an address may try."),
    Setting(
        "security_contact",
        "",
        "Whom to tell of holes, for `/.well-known/security.txt`: `mailto:…` or `https://…`. Without it, 404.",
    ),
)


READS = ("open", "keys")
AS_OF = ("anyone", "keys", "made")
CHOICES = {"reads": READS, "as_of": AS_OF, "log": ("text", "json"), "access_log": ("on", "off")}

RATE = re.compile(r"[1-9][0-9]{0,8}/(second|minute|hour|day)")
PLACE = re.compile(r"(\[[0-9a-f:]+\]|[a-z0-9.-]+):[0-9]{1,5}", re.IGNORECASE)
FORMS = {
    "bind": (PLACE, "HOST:PORT, such as 127.0.0.1:8000"),
    "metrics": (PLACE, "HOST:PORT, such as 127.0.0.1:9464"),
    "rate_storage": (
        re.compile(r"(redis|rediss|memcached)://[^\s/]+:[0-9]{1,5}(/\S*)?"),
        "redis://HOST:PORT or memcached://HOST:PORT",
    ),
    "security_contact": (
        re.compile(r"(mailto:[^\s@]+@[^\s@]+|https://[!-~]+|tel:\+[0-9-]+)"),
        "mailto:…, https://… or tel:… in ASCII, without a space",
    ),
    **dict.fromkeys(
        ("rate_reads", "rate_keyed_reads", "rate_writes", "rate_failures"),
        (RATE, "a number and one of /second, /minute, /hour and /day, such as 600/minute"),
    ),
}
"""What those settings look like that are neither numbers nor chosen among words: the form, and how it is told."""


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
    grace: int
    stream: int
    log: str
    access_log: str
    metrics: str
    proxies: int
    rate_storage: str
    rate_reads: str
    rate_keyed_reads: str
    rate_writes: str
    rate_failures: str
    security_contact: str


def read_settings(environment: Mapping[str, str] = os.environ, **given: str | int | None) -> Settings:
    """The settings from the environment; what is `given` and not None comes before them. Raises SettingFault."""
    known = {setting.variable for setting in SETTINGS}
    for variable in environment:
        if variable.startswith("TALBUK_") and variable not in known:
            raise SettingFault(f"{variable} is no setting; there are {', '.join(sorted(known))}")
    found = {setting.name: environment.get(setting.variable) or setting.default for setting in SETTINGS}
    found |= {name: str(value) for name, value in given.items() if value is not None}
    for name, choices in CHOICES.items():
        if found[name] not in choices:
            raise SettingFault(f"TALBUK_{name.upper()} must be {' or '.join(choices)}, not {found[name]!r}")
    for name, (form, told) in FORMS.items():
        if found[name] and not form.fullmatch(found[name]):
            raise SettingFault(f"TALBUK_{name.upper()} must be {told}; {_shown(name, found[name])}")
    numbers = {name: read(name, found[name]) for name, read in NUMBERS.items()}
    return Settings(**{**found, **numbers})  # type: ignore[arg-type]


def _shown(name: str, value: str) -> str:
    """What was given, unless it may hold a password."""
    return "it is not" if name == "rate_storage" else f"it is {value!r}"


def _number(least: int) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        if not (WHOLE.fullmatch(value) and int(value) >= least):
            raise SettingFault(f"TALBUK_{name.upper()} must be a whole number from {least} on, not {value!r}")
        return int(value)

    return read


WHOLE = re.compile("[0-9]{1,7}")
NUMBERS: dict[str, Callable[[str, str], int]] = {
    **dict.fromkeys(("workers", "threads", "timeout", "grace", "stream"), _number(1)),
    "proxies": _number(0),
}
