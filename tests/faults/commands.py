"""The command line as tests run it, and how it refuses: one clear line on standard error, and exit code 1."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

Talbuk = Callable[..., tuple[int, str, str]]
"""The command line in this process: exit code, standard output, standard error."""


def as_process(*arguments: str, before: tuple[str, ...] = (), **environment: str) -> tuple[int, str, str]:
    """The command line in a process of its own, which must end by itself."""
    done = subprocess.run(
        [*before, sys.executable, "-m", "api", *arguments],
        capture_output=True, text=True, timeout=60, check=False, cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **environment},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def assert_refused(done: tuple[int, str, str], *says: str) -> None:
    """Exit code 1, nothing on standard output, one line on standard error that says what is wrong."""
    code, out, err = done
    assert (code, out) == (1, ""), err
    assert err.endswith("\n"), err
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    for words in says:
        assert words in err
