"""Draws requests a second by row and variant: `plot.py FILE.png`, the figures as JSON on standard input."""

import json
import sys

import matplotlib

matplotlib.use("agg")
from matplotlib import pyplot

COLOURS = ("#0b3c5d", "#b8b8b8", "#d9a441", "#5fa777", "#a05195")


def main() -> None:
    """Bars side by side, on a scale of powers of ten."""
    given = json.load(sys.stdin)
    rows, series = given["rows"], {name: rates for name, rates in given["series"].items() if any(rates)}
    figure, axes = pyplot.subplots(figsize=(11, 5), layout="constrained")
    width = 0.8 / len(series)
    for place, (name, rates) in enumerate(series.items()):
        at = [row + (place - len(series) / 2 + 0.5) * width for row in range(len(rows))]
        axes.bar(at, [rate or 0 for rate in rates], width, label=name, color=COLOURS[place])
    axes.set_yscale("log")
    axes.set_xticks(range(len(rows)), rows)
    axes.set_ylabel("requests a second, one worker on one core")
    axes.grid(axis="y", alpha=0.3)
    axes.legend(ncols=len(series), loc="lower center", bbox_to_anchor=(0.5, 1), frameon=False)
    figure.savefig(sys.argv[1], dpi=110)


if __name__ == "__main__":
    main()
