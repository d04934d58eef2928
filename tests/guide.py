"""The editor's guide, run for real: `python -m tests.guide` puts into docs/editing.md what its commands print."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import free_port, wait_until_served, with_fixtures

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "editing.md"
BLOCK = re.compile(r"```sh\n(?P<commands>.*?)```\n(?:\n```(?P<form>json|text)\n(?P<printed>.*?)```\n)?", re.DOTALL)
ADDRESS = "127.0.0.1:8000"
END = "--- end of a block ---"
NEEDED = ("bash", "curl", "jq")


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, str]]:
    """A server of the fixtures as one makes it at first: its address, and its database."""
    database = with_fixtures(str(folder / "talbuk.db"))
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "api", "serve", "--bind", address, "--database", database]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_until_served(f"http://{address}/readyz", server)
        yield address, database
    finally:
        server.terminate()
        server.communicate(timeout=30)


def run(text: str) -> str:
    """The guide with what each of its blocks prints, all of them run one after the other in one shell."""
    blocks = list(BLOCK.finditer(text))
    with TemporaryDirectory() as folder, served(Path(folder)) as (address, database):
        script = "".join(f"{block['commands']}\necho '{END}'\n" for block in blocks).replace(ADDRESS, address)
        python = f'talbuk() {{ "{sys.executable}" -m api "$@" 2>/dev/null; }}\n'
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", python + script],
            capture_output=True, text=True, check=False, env={**os.environ, "TALBUK_DATABASE": database},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    printed = iter(done.stdout.replace(address, ADDRESS).split(f"{END}\n"))
    return BLOCK.sub(lambda block: _with(block, next(printed)), text)


def _with(block: re.Match[str], printed: str) -> str:
    shown = f"```sh\n{block['commands']}```\n"
    if block["form"] is None:
        assert not printed, printed
        return shown
    return f"{shown}\n```{block['form']}\n{printed}```\n"


if __name__ == "__main__":
    GUIDE.write_text(run(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
