"""What whoever runs talbuk needs: `talbuk backup`, `talbuk restore`, and `talbuk doctor`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.harmless import harmless
from api.settings import read_settings
from api.terminal import DATABASE, Failed, opened, told_faults
from models.database import DatabaseFault, close_database
from models.ledger import Head

if TYPE_CHECKING:
    from models.backups import Restored


class LedgerHead(click.ParamType[Head]):
    """Where a ledger ended, as `talbuk ledger head` and `talbuk backup` print it."""

    name = "HEAD"

    def convert(self, value: str | Head, param: click.Parameter | None, ctx: click.Context | None) -> Head:
        """The head that a word spells."""
        head = value if isinstance(value, Head) else Head.read(value)
        if head is None:
            self.fail("is no head; give what `talbuk ledger head` or `talbuk backup` printed", param, ctx)
        return head


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@DATABASE
def backup(file: Path, database: str | None) -> None:
    """Write the whole database to a new FILE, while it is served and written to.

    FILE holds whatever was acknowledged before this began: records, ledger and keys. It is read through before it gets
    its name, so that what is there is whole, and only you may read it. Of PostgreSQL it is made by pg_dump, which must
    be of the server's version or later.

    All that it prints on standard output is the ledger's head, one line. Keep it in another place than FILE: `talbuk
    restore --expect HEAD` then tells whether the past was altered. A backup keeps what is withheld, removed or erased
    after it was made: delete old ones, or do that again after a restore, which tells what it was.

    \b
    talbuk backup /backups/talbuk-$(date +%F).backup >> /elsewhere/heads
    """  # noqa: D301
    from models.backups import back_up

    with opened(database, older=True):
        made = back_up(file)
    size = f"{file.stat().st_size / 1e6:,.1f} MB"
    click.echo(made.head.word)
    click.echo(f"{file}: {size}, schema {made.schema}, {made.records:,} records", err=True)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--expect", type=LedgerHead(), help="A head that was kept: the backup's ledger must lead to it.")
@click.option("--replace", is_flag=True, help="Put it in place of a database that holds data, or is damaged.")
@DATABASE
def restore(file: Path, expect: Head | None, *, replace: bool, database: str | None) -> None:
    """Put the backup FILE in place of the database, all of it or nothing.

    First FILE is verified: that it is not damaged, that its ledger holds and leads to HEAD, and that every record is
    what the ledger says. Whatever fails, or cuts this off, leaves the database as it was. Stop the server before, and
    start it after.

    A database that holds data is replaced only with --replace: back it up first, if it can be read. A damaged SQLite
    file is not deleted but gets another name. What was withheld, removed, changed or erased after the backup was made
    is undone, and served again as it was: this tells of which records, where the ledger that is replaced can be read.
    Serve it with TALBUK_READS=keys, do all of that again, and then open it to others.

    \b
    talbuk restore /backups/talbuk-2026-11-22.backup --replace --expect 1234:9f86...
    """  # noqa: D301
    from api.schemas.registry import writer_wiring
    from models.backups import restore as put_back
    from models.writer import is_stale

    url = read_settings(database=database).database
    try:
        done = put_back(file, url, expected=expect, replace=replace)
        stale = is_stale(writer_wiring())
    except DatabaseFault as fault:
        raise Failed(str(fault)) from None
    finally:
        close_database()
    found = done.contents
    click.echo(f"restored {found.records:,} records; {found.head.entry} ledger entries, no faults", nl=False)
    click.echo(f"; the head is {found.head.word}")
    if done.kept:
        click.echo(f"the damaged file that was there is {done.kept} now", err=True)
    if stale:
        click.echo("another release made it: run `talbuk rebuild` before it is served", err=True)
    for line in _told_undone(done):
        click.echo(harmless(line), err=True)


MOST_CHANGED = 1000
"""How many records are told of that were changed after a backup, with nothing withheld or erased."""

UNKNOWN = (
    "what was withheld, removed, changed or erased after this backup was made, and which keys were revoked, cannot be "
    "told: {}; it is served again as it was. Serve it with TALBUK_READS=keys, go by your own list or a mirror, and do "
    "it again before it is open to others"
)
"""Said of a restore that may undo what no ledger here tells of."""

AGAIN = (
    "with what is in this backup it had done what follows, and that is undone: it is served again as it was. Serve it "
    "with TALBUK_READS=keys, do it again over HTTP, after that what `talbuk erase` did, and then open it to others"
)


def _told_undone(done: "Restored") -> Iterator[str]:
    """What a restore undid, and what is to be done again: a line for each record."""
    if done.discarded is None:
        yield UNKNOWN.format("the ledger that was there cannot be read, is none, or does not go on from the backup")
        return
    yield f"the ledger that was there had {done.discarded:,} entries more than this backup: they are discarded"
    for key in done.good_again:
        yield f"the key {key} had been revoked, and is good again: `talbuk keys revoke {key}`"
    changed = [one for one in done.undone if one.is_change_alone]
    if done.undone:
        yield AGAIN
    for one in [one for one in done.undone if not one.is_change_alone] + changed[:MOST_CHANGED]:
        erase = f"`talbuk erase {one.path} --reason …`"
        if one.done:
            yield f"{one.path}: {one.done}" + (f"; then {erase}" if one.erased else "")
        else:
            yield f"{one.path}: its past was erased: {erase}"
    if len(changed) > MOST_CHANGED:
        yield f"and {len(changed) - MOST_CHANGED:,} records more were changed"


@click.command()
@click.option("--quick", is_flag=True, help="Do not read everything: not the whole ledger, nor every index.")
@click.option("--expect", type=LedgerHead(), help="A head that was kept: the ledger must go on from there.")
@click.option("--json", "as_json", is_flag=True, help="For programs: each line as an object.")
@DATABASE
def doctor(expect: Head | None, *, quick: bool, as_json: bool, database: str | None) -> None:
    """Look at everything that can be wrong, and say what to do; exit code 1 where something is.

    It reads and changes nothing, beside a server too. Each line is ok, FAULT with what to do, or skipped with why; no
    line holds a password. Reading everything takes about two seconds for every 10,000 records, --quick less than one.
    """
    from api.doctor import examine

    found = list(examine(database, quick=quick, expected=expect))
    faults = sum(one.state == "fault" for one in found)
    if as_json:
        click.echo(
            json.dumps({"faults": faults, "findings": [one.shown() for one in found]}, ensure_ascii=False, indent=2)
        )
    else:
        for one in found:
            click.echo("\n".join(one.lines()))
        click.echo(told_faults(faults))
    sys.exit(1 if faults else 0)
