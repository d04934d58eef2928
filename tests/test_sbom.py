"""What the list of what runs with talbuk holds: all that is loaded, and nothing that only tests need."""

import json
import subprocess
import sys
from pathlib import Path

from packaging.utils import canonicalize_name

from tests.conftest import missing
from tests.sbom.runtime import LOCK, PINNED, pinned, runtime

ROOT = LOCK.parent
WHERE_THEY_ARE = {"rfc3339-validator", "idna"}
"""What jsonschema loads where it happens to be, and tests need."""
TOOL = ROOT / "build" / "sbom" / "bin" / "cyclonedx-py"


def test_every_package_that_is_loaded_is_listed() -> None:
    """All that a server with its extras imports, by the package that it is of."""
    script = """
import sys, api.server, api.app, api.metrics, prometheus_client, pythonjsonlogger.msgspec, flask_limiter, psycopg
from importlib.metadata import packages_distributions
found = packages_distributions()
print("\\n".join({name for module in sys.modules if "." not in module for name in found.get(module, [])}))
"""
    said = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    loaded = {canonicalize_name(name) for name in said.split()} - {"talbuk", "setuptools", "pip"} - WHERE_THEY_ARE
    assert len(loaded) > 20
    assert loaded <= set(runtime())


def test_each_is_pinned_and_none_is_for_tests_alone() -> None:
    listed, lines = runtime(), pinned(LOCK.read_text(encoding="utf-8"))
    assert set(listed) <= set(lines)
    assert not {"pytest", "mypy", "ruff", "hypothesis", "playwright", "pandas"} & set(listed)
    assert all("--hash=sha256:" in lines[name] for name in listed)
    assert len(PINNED.findall(LOCK.read_text(encoding="utf-8"))) > len(listed)


def test_the_list_is_valid_and_the_same_each_time(tmp_path: Path) -> None:
    if not TOOL.exists():
        missing("cyclonedx-bom (make sbom)")
    made = [tmp_path / name for name in ("one.json", "two.json")]
    lines = subprocess.run([sys.executable, "-m", "tests.sbom.runtime"], check=True, capture_output=True, cwd=ROOT)
    for file in made:
        subprocess.run(
            [TOOL, "requirements", "--pyproject", ROOT / "pyproject.toml", "--output-reproducible", "--validate",
             "--output-file", file, "-"],
            check=True, input=lines.stdout, capture_output=True,
        )  # fmt: skip
    assert made[0].read_bytes() == made[1].read_bytes()
    told = json.loads(made[0].read_text(encoding="utf-8"))
    assert (told["bomFormat"], told["metadata"]["component"]["name"]) == ("CycloneDX", "talbuk")
    assert {part["name"] for part in told["components"]} == set(runtime())
    assert all(part["version"] for part in told["components"])
