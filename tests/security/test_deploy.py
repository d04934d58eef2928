"""What is shipped to run talbuk with: units that systemd takes and that can do little else, a container, its lock."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from api.settings import SETTINGS
from tests.conftest import missing

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SERVICES = ("talbuk.service", "talbuk-backup.service")
UNITS = (*SERVICES, "talbuk-backup.timer")
PLACE = "/opt/talbuk"
EXPOSED = 2.0
"""More than this, of ten, systemd must not find in a service."""


@pytest.fixture
def analyze() -> str:
    """The tool of systemd."""
    found = shutil.which("systemd-analyze")
    if found is None:
        missing("systemd-analyze")
    assert found is not None
    return found


def _text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def test_systemd_takes_the_units(analyze: str, tmp_path: Path) -> None:
    """Each setting is one that it knows, with a value that it understands; any program stands in for talbuk."""
    program = tmp_path / ".venv" / "bin" / "talbuk"
    program.parent.mkdir(parents=True)
    program.symlink_to("/bin/true")
    for name in UNITS:
        (tmp_path / name).write_text(_text(name).replace(PLACE, str(tmp_path)), encoding="utf-8")
    command = [analyze, "verify", "--man=no", *(tmp_path / name for name in UNITS)]
    checked = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_little_exposed(analyze: str, name: str) -> None:
    command = [analyze, "security", "--offline=yes", "--no-pager", f"--threshold={EXPOSED * 10:.0f}", DEPLOY / name]
    checked = subprocess.run(command, check=False, capture_output=True, text=True)
    found = re.search(r"exposure level for \S+: ([\d.]+)", checked.stdout)
    assert found, checked.stderr
    assert float(found[1]) < EXPOSED
    assert checked.returncode == 0


def test_both_services_are_held_in_by_the_same_walls() -> None:
    walls = [re.findall(r"(?ms)^NoNewPrivileges.*?^DevicePolicy=\w+", _text(name)) for name in SERVICES]
    assert walls[0] == walls[1]
    assert len(walls[0]) == 1


@pytest.mark.parametrize("name", [*SERVICES, "Containerfile"])
def test_what_is_set_is_a_setting(name: str) -> None:
    """With one that is none, talbuk refuses to start."""
    given = set(re.findall(r"\b(TALBUK_[A-Z_]+)=", _text(name)))
    assert given
    assert given <= {setting.variable for setting in SETTINGS}


def test_a_stop_has_more_time_than_its_requests() -> None:
    """Workers get SIGTERM from the one that leads, and are killed only after it had time to wait for them."""
    (stop,) = re.findall(r"^TimeoutStopSec=(\d+)$", _text("talbuk.service"), re.MULTILINE)
    assert int(stop) > 30
    assert "KillMode=mixed" in _text("talbuk.service")


def test_the_container_runs_as_nobody_in_particular() -> None:
    *_, last = _text("Containerfile").split("\nFROM ")
    assert re.search(r"^USER [1-9]\d+:[1-9]\d+$", last, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", last, re.MULTILINE)
    assert re.search(r"^VOLUME /data$", last, re.MULTILINE)
    assert not re.search(r"^RUN .*pip", last, re.MULTILINE)


def test_the_container_has_a_base_with_a_version_and_no_address() -> None:
    (base,) = re.findall(r"^ARG BASE=(\S+)$", _text("Containerfile"), re.MULTILINE)
    name, _, tag = base.partition(":")
    assert name == "python"
    assert re.fullmatch(r"3\.1[123]-slim-\w+", tag)
    assert "://" not in re.sub(r"http://127\.0\.0\.1:", "", _text("Containerfile"))


def test_the_container_holds_each_package() -> None:
    packages = re.findall(r"^packages = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    folders = {name.partition(".")[0] for name in re.findall(r'"([\w.]+)"', packages[0])}
    assert folders == set(re.findall(r"^COPY (\w+) \1$", _text("Containerfile"), re.MULTILINE))
    ignored = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    assert {f"!{folder}" for folder in folders} <= set(ignored)


def test_the_lock_for_use_is_part_of_the_lock_for_work() -> None:
    """The same releases with the same hashes, without what only tests need."""
    used, all_of_them = (_locked(file) for file in (DEPLOY / "requirements.lock", ROOT / "requirements.lock"))
    assert {name for name, entry in used.items() if all_of_them.get(name) != entry} == set()
    assert {"flask", "gunicorn", "peewee", "psycopg"} <= used.keys()
    assert not {"pytest", "playwright", "hypothesis"} & used.keys()


def _locked(file: Path) -> dict[str, str]:
    """What a lock holds: name -> its release and hashes; without the condition, which may be narrower."""
    entries = re.findall(
        r"(?ms)^([\w.-]+)(==\S+)[^\n]*\n((?:    --hash=\S+(?: \\)?\n)+)", file.read_text(encoding="utf-8")
    )
    return {name: release + hashes for name, release, hashes in entries}


def test_the_guide_tells_what_the_proxy_takes_from_its_environment() -> None:
    """Each variable with its default, and no other."""
    set_here = dict(re.findall(r'^ +presetenv (FRONT_\w+) "(.*)"$', _text("haproxy.cfg"), re.MULTILINE))
    assert dict(re.findall(r"^\| `(FRONT_\w+)` \| `(.+?)` \|", _text("README.md"), re.MULTILINE)) == set_here
    assert set(re.findall(r"\$\{(FRONT_\w+)\}", _text("haproxy.cfg"))) == set_here.keys()
