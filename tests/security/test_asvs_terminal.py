"""Whoever checks or loads a file that another made is told of it in lines that do nothing to their terminal."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.commands import talbuk

STEERING = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
SIGNS = "\x1b[2J\x1b]0;harmless\x07\rno faults\n3 records would be added to these\u202egnp.exe\x9b2J"
"""Clears the screen, names the window, goes back to the start of the line, begins another, turns its direction."""


@pytest.mark.parametrize("command", ["check", "load"])
@pytest.mark.parametrize("member", ["id", "country", "new member", "resource"])
def test_what_a_file_holds_steers_no_terminal(command: str, member: str, tmp_path: Path) -> None:
    """Else a file could hide its faults from whoever looks for them."""
    record = {"id": "cook", "name": "A cook", "country": "KP"}
    changed = {f"new{SIGNS}": 1} if member == "new member" else {member: f"x{SIGNS}"}
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps({f"x{SIGNS}": []} if member == "resource" else {"people": [record | changed]}))
    options = ["--database", str(tmp_path / "talbuk.db")] if command == "load" else []
    done = CliRunner().invoke(talbuk, [command, *options, str(file)], color=True)
    assert done.exit_code == 1
    assert not STEERING.search(done.output)
    faults = [line for line in done.output.splitlines() if str(file) in line]
    assert len(faults) == len(done.stderr.splitlines()) - 1 > 0
