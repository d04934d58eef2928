"""What the tests of faults stand on: the command line, and disks that are small or turn read-only."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.commands import main
from models.database import close_database
from tests.faults.commands import Talbuk


@pytest.fixture
def talbuk(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Talbuk]:
    """The command line in this process: exit code, standard output, standard error."""

    def run(*arguments: str | Path, **environment: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["talbuk", *map(str, arguments)])
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    yield run
    close_database()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of some megabytes, where the system lets us have one."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("needs to be allowed to mount a tmpfs")
    yield folder
    close_database()
    subprocess.run(["umount", "-l", folder], check=True)
