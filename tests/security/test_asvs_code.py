"""What the program's own code does not do at all, so that no input can make it: found in its syntax, file by file."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from models.keys import FORM

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {
    str(file.relative_to(ROOT)): ast.parse(file.read_text(encoding="utf-8"))
    for part in ("api", "models")
    for file in sorted((ROOT / part).rglob("*.py"))
}

BY_A_COMMAND = {"runs": frozenset({"models/postgresql_backups.py"})}
"""Who may do what else nobody does: `talbuk backup` and `restore` run PostgreSQL's own programs."""

FORBIDDEN = {
    "runs": {"subprocess", "multiprocessing", "pty", "os.system", "os.popen", "os.execv", "os.spawnv", "shlex"},
    "connects": {"urllib.request", "http.client", "ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "xmlrpc"}
    | {"requests", "httpx", "aiohttp", "urllib3", "socketserver", "asyncio", "socket.create_connection"},
    "executes": {"eval", "exec", "compile", "__import__", "code", "runpy", "builtins", "ctypes", "cffi"},
    "unpacks": {"pickle", "marshal", "shelve", "dill", "joblib", "jsonpickle", "zipfile", "tarfile", "gzip", "zlib"}
    | {"yaml.load", "yaml.load_all", "yaml.full_load", "yaml.unsafe_load", "yaml.UnsafeLoader", "yaml.FullLoader"},
    "reads XML": {"xml.sax", "xml.dom", "lxml", "xml.etree.ElementTree.parse", "xml.etree.ElementTree.fromstring"}
    | {"xml.etree.ElementTree.iterparse", "xml.etree.ElementTree.XML", "xml.etree.ElementTree.XMLParser"},
    "makes templates": {"flask.render_template_string", "jinja2.Template", "markupsafe.Markup", "flask.Markup"},
    "chooses at random": {"random", "uuid.uuid1", "uuid.uuid4"},
    "uses a weak digest": {"hashlib.md5", "hashlib.sha1", "hashlib.new", "crypt", "zlib.crc32", "binascii.crc32"},
}
"""Modules, and names in them, by what they do."""

SYNTHETIC = {"api/synthesis.py", "api/synthetic_claims.py", "api/synthetic_values.py"}
"""Here records are made up, the same ones for the same seed."""


DYNAMIC = {"eval", "exec", "compile", "__import__"}
"""Names that need no import."""


def used(tree: ast.Module) -> Iterator[str]:
    """The modules and names that a source uses, as they are called at home: `np.x` of `import numpy as np` too."""
    homes: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            homes |= {name.asname or name.name: name.name for name in node.names}
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            homes |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
            yield str(node.module)
            yield from (f"{node.module}.{name.name}" for name in node.names)
    for node in ast.walk(tree):
        first, _, rest = (
            ast.unparse(node).partition(".") if isinstance(node, ast.Name | ast.Attribute) else ("", "", "")
        )
        if first in homes and rest.replace(".", "").isidentifier():
            yield f"{homes[first]}.{rest}"
        elif first in homes or first in DYNAMIC:
            yield homes.get(first, first)


USED = {file: frozenset(used(tree)) for file, tree in SOURCES.items()}


def found(names: Iterable[str], forbidden: set[str]) -> set[str]:
    """What a source uses of what is forbidden."""
    return {name for name in names if any(name == one or name.startswith(f"{one}.") for one in forbidden)}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_program_never(what: str) -> None:
    """It starts no process, opens no connection but to its database, reads no XML and no objects, and so on."""
    assert len(SOURCES) > 100
    guilty = {file: names for file, every in USED.items() if (names := found(every, FORBIDDEN[what]))}
    allowed = SYNTHETIC if what == "chooses at random" else BY_A_COMMAND.get(what, frozenset())
    assert {file: names for file, names in guilty.items() if file not in allowed} == {}


PLANTED = {
    "runs": "from os import system as s\ns('x')",
    "connects": "import urllib.request\nurllib.request.urlopen(x)",
    "executes": "eval(x)",
    "unpacks": "import yaml as y\ny.load(x, Loader=y.UnsafeLoader)",
    "reads XML": "from xml.etree import ElementTree as ET\nET.fromstring(x)",
    "makes templates": "from flask import render_template_string\nrender_template_string(x)",
    "chooses at random": "from random import choice\nchoice(x)",
    "uses a weak digest": "import hashlib\nhashlib.md5(x)",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_is_forbidden_would_be_found(what: str) -> None:
    assert found(used(ast.parse(PLANTED[what])), FORBIDDEN[what])


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Each call of what is called so at the end, with the file that it is in."""
    for file, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name:
                yield file, node


def test_yaml_is_read_by_its_safe_loader_as_nodes_alone() -> None:
    """No tag makes an object, and no alias a bomb (tests/faults/test_fixtures.py)."""
    loaders = {node.attr for tree in SOURCES.values() for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert {name for name in loaders if name.endswith("Loader")} <= {"SafeLoader"}
    assert [file for file, _ in calls("compose")] == ["api/bundles.py"]


def test_digests_are_sha256_and_what_nobody_may_guess_is_the_systems() -> None:
    digests = {name for every in USED.values() for name in every if name.startswith("hashlib.")}
    assert digests == {"hashlib.sha256", "hashlib.file_digest"}
    assert {ast.literal_eval(call.args[1]) for _, call in calls("file_digest")} == {"sha256"}
    sizes = {(file, ast.unparse(call)) for kind in ("token_urlsafe", "token_hex") for file, call in calls(kind)}
    assert ("models/keys.py", "secrets.token_urlsafe(32)") in sizes
    assert ("models/ledger.py", "secrets.token_hex(16)") in sizes
    assert [file for file, _ in calls("compare_digest")] == ["models/keys.py"]


INTERPOLATED = re.compile(
    r"\|\s*safe\b|autoescape\s+false|postMessage|innerHTML|document\.write|eval\(|localStorage|Cookie", re.I
)


def test_pages_escape_what_they_show_and_keep_nothing() -> None:
    """Nor does the documentation's page remember a key: it is gone when the page is."""
    pages = sorted((ROOT / "api" / "templates").rglob("*.html")) + sorted((ROOT / "api").rglob("*.js"))
    assert len(pages) >= 2
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not INTERPOLATED.search(text), page.name
        assert "persistAuthorization" not in text
        assert "withCredentials" not in text


def test_no_pattern_is_made_of_what_is_asked() -> None:
    """Of constants alone, so that nobody can ask for one that takes for ever."""
    for name in ("compile", "fullmatch", "match", "search", "sub", "findall", "finditer", "split"):
        for file, call in calls(name):
            if not ast.unparse(call.func).startswith("re."):
                continue
            for node in ast.walk(call.args[0]):
                if isinstance(node, ast.Name):
                    constant = node.id.isupper() or node.id in {"form", "re", "join"}
                    assert constant, (file, ast.unparse(call))


def tracked() -> list[Path]:
    """The files of the repository; where there is none, those of the sources."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=False, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name] or [ROOT / file for file in SOURCES]


def test_no_key_stands_in_the_repository() -> None:
    for file in tracked():
        if file.is_file() and file.suffix not in {".png"}:
            found = FORM.search(file.read_text(encoding="utf-8", errors="replace"))
            assert not found or len(set(found[0])) < 12, file  # a form filled with one letter is no key


def test_what_is_installed_holds_no_tests() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["setuptools"]["packages"]
    assert {name.partition(".")[0] for name in packages} == {"api", "fixtures", "models"}
