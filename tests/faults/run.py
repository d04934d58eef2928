"""The long runs of faults, which write RESULTS.md: `python -m tests.faults.run --only kills --seed 7`.

Each part is a module with a function `results(seed, times)`, which gives a row for each run and its control.
"""

import importlib
import random
import sys

import click

from tests.faults.report import Result, measured, section

PARTS = {
    "kills": "Processes that are killed",
    "cuts": "Power that is cut",
    "contention": "Many who write at once",
    "loads": "Loads that are interrupted",
    "failing_disks": "Disks that fail",
    "failing_databases": "PostgreSQL that fails",
    "backups": "Backups that are made under load",
}
"""Module -> the title of its section."""


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(PARTS)), help="A part alone; may be repeated.")
@click.option("--seed", type=int, help="Of an earlier run, to do the same again.")
@click.option("--times", type=click.IntRange(1), help="Instead of as many as are promised.")
def run(only: tuple[str, ...], seed: int | None, times: int | None) -> None:
    """Try what talbuk promises, at length, and write down what was found."""
    seed = random.randrange(10**6) if seed is None else seed
    click.echo(f"seed {seed}")
    held = [_tried(name, seed, times) for name in only or PARTS]
    sys.exit(not all(held))


def _tried(name: str, seed: int, times: int | None) -> bool:
    found = list[Result]()
    for result in importlib.import_module(f"tests.faults.{name}").results(seed, times):
        click.echo(" | ".join(result.cells))
        found.append(result)
        section(PARTS[name], found, measured(seed))
    return all(result.held for result in found)


if __name__ == "__main__":
    run()
