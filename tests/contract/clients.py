"""Generates a client in TypeScript and one in Python from openapi/openapi.json, type-checks and runs both."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.contract.serving import BUILD, ROOT, served

HERE = Path(__file__).parent
DOCUMENT = ROOT / "openapi" / "openapi.json"
BINARIES = BUILD / "bin"
PYTHON = BUILD / "python"
TYPESCRIPT = BUILD / "typescript"

GENERATORS_OWN = (
    "[mypy-talbuk_client.client,talbuk_client.models.place,talbuk_client.models.revision]\nignore_errors = true\n"
)
"""What the generator does to mypy, whatever the document: how it closes httpx, and members named as their class is."""


def main() -> None:
    """Exit with the error of the first step that fails."""
    make_python()
    make_typescript()
    with served() as address:
        run(str(BINARIES / "python"), "client.py", address, folder=PYTHON)
        run("node", "client.js", address, folder=TYPESCRIPT)


def make_python() -> None:
    """Generate the package talbuk_client without a warning, and check it and its caller strictly."""
    PYTHON.mkdir(exist_ok=True)
    shutil.copy(HERE / "client.py", PYTHON)
    (PYTHON / "mypy.ini").write_text(f"[mypy]\nstrict = true\n{GENERATORS_OWN}", encoding="utf-8")
    run(
        *("openapi-python-client", "generate", "--path", str(DOCUMENT), "--meta", "none"),
        *("--output-path", "talbuk_client", "--overwrite", "--fail-on-warning"),
        folder=PYTHON,
    )
    run("mypy", "client.py", "talbuk_client", folder=PYTHON)


def make_typescript() -> None:
    """Generate the types, and compile their caller strictly."""
    for name in ("client.ts", "tsconfig.json"):
        shutil.copy(HERE / name, TYPESCRIPT)
    run("npx", "--no-install", "openapi-typescript", str(DOCUMENT), "--output", "talbuk.d.ts", folder=TYPESCRIPT)
    run("npx", "--no-install", "tsc", folder=TYPESCRIPT)


def run(*command: str, folder: Path) -> None:
    """Run a command in a folder; what is installed for this comes first. Raises SystemExit if it fails."""
    path = f"{BINARIES}{os.pathsep}{os.environ['PATH']}"
    found = shutil.which(command[0], path=path) or command[0]
    done = subprocess.run([found, *command[1:]], cwd=folder, env=os.environ | {"PATH": path}, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}")


if __name__ == "__main__":
    main()
