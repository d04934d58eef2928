"""What commands have in common: the database that they open, how they fail, and how they tell of long work."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from api.harmless import harmless
from api.settings import read_settings
from models.database import DatabaseFault, close_database, explained, open_database

DATABASE = click.option("--database", metavar="URL", help="Instead of TALBUK_DATABASE.")


class Failed(click.ClickException):
    """The command failed: one clear message of a line or several, exit code 1."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(map(harmless, lines)))

    def show(self, file: object = None) -> None:
        """Print the message as it is, on standard error."""
        click.echo(self.format_message(), err=True)


@contextmanager
def opened(database: str | None, *, create: bool = False, older: bool = False) -> Iterator[None]:
    """The database open for the time of a command, and its faults as messages."""
    from api.loading import LoadRefused
    from models.faults import Refused
    from models.snapshot_files import keep_in

    settings = read_settings(database=database)
    url = settings.database
    keep_in(settings.snapshots)
    try:
        open_database(url, create=create, older=older)
        with explained(url):
            yield
    except DatabaseFault as fault:
        raise Failed(str(fault)) from None
    except Refused as refused:
        listed = [f"{fault.path} {fault.pointer}: {fault.message}" for fault in refused.faults]
        raise Failed(*listed, f"{told_faults(refused.total)}; nothing was changed") from None
    except LoadRefused as refused:
        listed = [str(fault) for fault in refused.faults]
        more = f"; the first {len(listed)} are listed" if refused.total > len(listed) else ""
        raise Failed(*listed, f"{told_faults(refused.total)}{more}; nothing was changed") from None
    finally:
        close_database()


def told_faults(count: int) -> str:
    """How many faults there are, in words."""
    return "1 fault" if count == 1 else f"{count or 'no'} faults"


class ShownProgress:
    """Progress on long work: a line on standard error for every 10,000 records."""

    def __init__(self) -> None:
        self.shown: dict[str, int] = {}

    def __call__(self, stage: str, count: int) -> None:
        """Tell how far a stage has got, if it is time to."""
        if count - self.shown.get(stage, 0) >= 10_000:
            self.shown[stage] = count
            click.echo(f"{stage} {count:,} records", err=True)
