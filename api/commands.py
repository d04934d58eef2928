"""The command line: `talbuk COMMAND`. Each command is a few lines around the module that does the work."""

import gc
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from api import __version__
from api.harmless import harmless
from api.key_commands import keys
from api.operator_commands import backup, doctor, restore
from api.settings import SettingFault, read_settings
from api.terminal import DATABASE, Failed, ShownProgress, opened, told_faults
from models.database import SCHEMA_VERSION

PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="talbuk")
def talbuk() -> None:
    """Serve structured, sourced claims on defections from and purges in North Korea."""


@talbuk.command()
@DATABASE
@click.option("--bind", metavar="HOST:PORT", help="Where to listen, instead of TALBUK_BIND.")
@click.option("--workers", type=click.IntRange(1, 64), help="How many processes, instead of TALBUK_WORKERS.")
def serve(database: str | None, bind: str | None, workers: int | None) -> None:
    """Serve a loaded database over HTTP, with gunicorn."""
    gc.disable()  # nothing that is imported is garbage; to look for it takes a tenth of the start
    from api.server import run

    gc.freeze()
    gc.enable()
    run(read_settings(database=database, bind=bind, workers=workers))


@talbuk.command()
@PATHS
@DATABASE
@click.option("--sync", is_flag=True, help="Also remove what an earlier load of these files brought and they now lack.")
@click.option("--force", is_flag=True, help="Overwrite records that were changed otherwise since they were loaded.")
def load(paths: tuple[Path, ...], database: str | None, *, sync: bool, force: bool) -> None:
    """Load fixtures (files or folders; without PATHS those that come with talbuk), all of them or none."""
    from api.loading import load as load_fixtures
    from api.loading import packaged_fixtures

    with opened(database, create=True):
        done = load_fixtures(paths or [packaged_fixtures()], sync=sync, force=force, progress=ShownProgress())
    if done.unread:
        click.echo(f"nothing to do: {done.unread} files are loaded already, as they are")
    else:
        click.echo(f"added {done.added}, changed {done.changed}, removed {done.removed}, unchanged {done.unchanged}")


@talbuk.command()
@PATHS
def check(paths: tuple[Path, ...]) -> None:
    """Check fixtures without loading them: faults, coverage, and how much of them is editorial."""
    from api.checking import report
    from api.loading import load as load_fixtures
    from api.loading import packaged_fixtures

    with TemporaryDirectory() as folder, opened(str(Path(folder) / "check.db"), create=True):
        load_fixtures([packaged_fixtures()])
        added = load_fixtures(paths).added if paths else None
        lines, faults = report()
    click.echo("\n".join(lines))
    if added is not None and not faults:
        click.echo(f"no faults; {added} records would be added to these")
    if faults:
        raise Failed(*faults)


@talbuk.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@DATABASE
def verify(folder: Path, database: str | None) -> None:
    """Check every locator against the texts in FOLDER, which are found by their digest."""
    from api.checking import verify_locators

    with opened(database):
        checked, faults = verify_locators(folder)
    click.echo(f"{checked} locators checked, {len(faults)} faults")
    if faults:
        raise Failed(*faults)


@talbuk.group("ledger")
def ledger_group() -> None:
    """Tell where the ledger of every change ends, and whether it holds."""


@ledger_group.command("head")
@DATABASE
def ledger_head(database: str | None) -> None:
    """Print where the ledger ends, in one word to be kept elsewhere: the last entry's number and digest."""
    from models.ledger import head

    with opened(database):
        click.echo(head().word)


@ledger_group.command("verify")
@click.option("--expect", metavar="HEAD", help="A head that was kept: the ledger must go on from there.")
@DATABASE
def ledger_verify(expect: str | None, database: str | None) -> None:
    """Check the ledger's chain, and that what is stored is what it says; a line for each fault, and exit code 1."""
    from models.database import reading
    from models.ledger import Head, head
    from models.verifying import faults

    kept = Head.read(expect) if expect else None
    if expect and not kept:
        raise click.BadParameter("is no head; give what `talbuk ledger head` printed", param_hint="--expect")
    found = 0
    with opened(database), reading():
        for fault in faults(kept):
            found += 1
            click.echo(harmless(fault), err=True)
        last = head()
    click.echo(f"{last.entry} ledger entries, {told_faults(found)}; the head is {last.word}")
    if found:
        sys.exit(1)


@talbuk.command()
@click.argument("text", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("first", required=False)
@click.argument("last", required=False)
def locate(text: Path, first: str | None, last: str | None) -> None:
    """Print the locator of the passage of TEXT from its FIRST words to its LAST ones; without these, its `held`."""
    from api.checking import Unlocated, as_it_stands, held_of, locator

    try:
        found = held_of(text) if first is None else locator(as_it_stands(text), first, first if last is None else last)
        click.echo(json.dumps(found).replace('"', ""))
    except Unlocated as fault:
        raise Failed(str(fault)) from None


@talbuk.command()
@DATABASE
def dump(database: str | None) -> None:
    """Print everything as NDJSON that `talbuk load` takes."""
    from api.dumping import lines
    from models.database import reading

    with opened(database), reading():
        for line in lines():
            sys.stdout.write(line + "\n")


@talbuk.command("rebuild")
@DATABASE
def rebuild_command(database: str | None) -> None:
    """Make all served documents and standings again from what was loaded; revisions stay."""
    from api.schemas.registry import writer_wiring
    from models.writer import rebuild

    with opened(database):
        count = rebuild(wiring=writer_wiring(), progress=ShownProgress())
    click.echo(f"rebuilt {count} records")


@talbuk.command("migrate")
@DATABASE
@click.option(
    "--to",
    type=click.IntRange(1, SCHEMA_VERSION),
    default=SCHEMA_VERSION,
    show_default="this release's",
    help="The number of the schema; with a lower one an older release reads it again.",
)
@click.option("--copy", metavar="FILE", type=click.Path(path_type=Path), help="Back it up to FILE first.")
def migrate_command(database: str | None, to: int, copy: Path | None) -> None:
    """Take a database to the schema of this release, or another: all the way, or it stays as it was."""
    from api.schemas.registry import writer_wiring
    from models.backups import back_up
    from models.schema import migrate, schema_version

    with opened(database, older=True):
        if copy:
            back_up(copy)
        before = schema_version()
        rebuilt = migrate(to, wiring=writer_wiring(), tell=click.echo, progress=ShownProgress())
    click.echo(f"schema {to}, as before" if to == before else f"schema {before} before, {to} now")
    if rebuilt:
        click.echo(f"rebuilt {rebuilt} records")
    elif to < SCHEMA_VERSION:
        click.echo("a release that reads it makes what it serves by its own `talbuk rebuild`")


@talbuk.command("erase")
@click.argument("path")
@click.option("--reason", required=True, help="Why: it stays in the ledger.")
@DATABASE
def erase_command(path: str, reason: str, database: str | None) -> None:
    """Erase the past that the ledger keeps of PATH (defectors/x, say) and of the claims about it.

    What is served of them now stays, in the ledger too, and of a record that is gone nothing does; the chain still
    verifies.
    """
    from models.writer import erase, is_served

    with opened(database):
        try:
            erased = erase(path, reason=reason, actor="erase")
        except KeyError:
            raise Failed(f"{path}: nothing of that path was ever written") from None
        served = is_served(path)
    if erased:
        click.echo(f"erased {erased} past ledger payloads of {path}")
    else:
        click.echo(f"erased nothing: the ledger holds no past payload of {path} or of claims about it")
    if served:
        click.echo(
            f"{path} is served still, and what is served of it now stays, in the ledger too; to take that away, "
            "withhold the field, which erases its past too, or remove the record and erase it then",
            err=True,
        )


@talbuk.command("snapshot")
@click.argument("moment", metavar="TIME")
@DATABASE
def snapshot_command(moment: str, database: str | None) -> None:
    """Make ready what was held at TIME (2026-11-22T13:00:00Z, say), for requests with `as_of`: more than they may."""
    from marshmallow import ValidationError

    from api.schemas.parameters import Instant
    from api.schemas.registry import writer_wiring
    from models.snapshot_files import Busy
    from models.snapshots import OutOfReach, past_at, snapshot_of

    with opened(database):
        try:
            past = past_at(Instant("TIME").deserialize(moment))
            made = snapshot_of(past, wiring=writer_wiring(), progress=ShownProgress())
        except ValidationError as fault:
            raise Failed(str(fault.messages[0])) from None
        except OutOfReach as fault:
            raise Failed(f'"{moment}" {fault}') from None
        except Busy:
            raise Failed("another process makes one just now; try again when it is done") from None
        made.close()
    click.echo(f"entry {past.entry} of the ledger: {made.file}")


@talbuk.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def schema(file: Path | None) -> None:
    """Print the JSON Schema of fixtures, which editors check them by, or write it to FILE."""
    from api.fixture_schema import schema_text

    _put(schema_text(), file)


@talbuk.command("openapi")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def openapi_command(file: Path | None) -> None:
    """Print the OpenAPI document, or write it to FILE."""
    from api.docs import document_text

    _put(document_text(), file)


def _put(text: str, file: Path | None) -> None:
    if file is None:
        click.echo(text, nl=False)
    else:
        file.write_text(text, encoding="utf-8")


@talbuk.command()
@click.argument("count", type=click.IntRange(1))
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same records.")
def synth(count: int, seed: int) -> None:
    """Print COUNT invented records with three claims each, and what they refer to, as NDJSON."""
    from api.synthesis import lines

    for line in lines(count, seed):
        sys.stdout.write(line + "\n")


for command in (keys, backup, restore, doctor):
    talbuk.add_command(command)


def main() -> None:
    """Run `talbuk`; a reader who closes the pipe is no error."""
    try:
        talbuk(standalone_mode=True)
    except SettingFault as fault:
        click.echo(harmless(str(fault)), err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
