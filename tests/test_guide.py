"""The editor's guide does what it says."""

import shutil

from tests.conftest import missing
from tests.guide import GUIDE, NEEDED, run


def test_every_command_of_the_guide_prints_what_the_guide_shows() -> None:
    for name in NEEDED:
        if shutil.which(name) is None:
            missing(name)
    text = GUIDE.read_text(encoding="utf-8")
    assert run(text) == text
