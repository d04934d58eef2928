"""Text from outside, for a terminal or a log: it ends no line, steers nothing, and shows what stands in it."""

import re

CONTROLS = re.compile("[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What ends a line, steers a terminal, turns the direction of a text, or is no character at all."""


def harmless(text: str) -> str:
    """A text in which nothing controls anything: as JSON would have it, but for what JSON leaves as it is."""
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
