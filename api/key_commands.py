"""`talbuk keys`: who may write over HTTP, and read where that is closed; while a server runs, too."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click

from api.terminal import DATABASE, Failed, opened


@click.group()
def keys() -> None:
    """Who may write over HTTP, and who may read where TALBUK_READS closes that."""


@keys.command("add")
@click.argument("name")
@click.option("--scope", metavar="SCOPE", default="edit", show_default=True, help="read, edit or admin.")
@click.option("--resource", "resources", multiple=True, help="Change only records of this; repeat it for several.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good; else until it is revoked.")
@DATABASE
def add_key(name: str, scope: str, resources: tuple[str, ...], days: int | None, database: str | None) -> None:
    """Make a key for NAME, which the ledger will name. It is shown this once: only its digest is kept."""
    from models.keys import KeyFault, make

    with opened(database):
        try:
            key, token = make(name, scope, resources, _in_days(days) if days else None)
        except KeyFault as fault:
            raise Failed(str(fault)) from None
    click.echo(f"{key.id}: {key.scope} as {key.actor}; keep it now, it is shown this once", err=True)
    click.echo(token)


def _in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@keys.command("list")
@DATABASE
def list_keys(database: str | None) -> None:
    """List all keys that were ever made, without their secrets."""
    from models.keys import keys as all_keys
    from models.keys import shown

    with opened(database):
        rows = [shown(key) for key in all_keys()]
    if not rows:
        click.echo("no keys; `talbuk keys add NAME` makes one", err=True)
        return
    for line in _aligned([list(rows[0]), *(list(row.values()) for row in rows)]):
        click.echo(line)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells as lines in which each column begins at one place."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


@keys.command("revoke")
@click.argument("identifier", metavar="ID")
@DATABASE
def revoke_key(identifier: str, database: str | None) -> None:
    """End the key with this ID at once, in every process that serves."""
    from models.keys import revoke

    with opened(database):
        if not revoke(identifier):
            raise Failed("there is no key with this ID that is not revoked already; `talbuk keys list` tells them")
    click.echo(f"{identifier} is revoked")
