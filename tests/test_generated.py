"""What is generated is current: `make docs` would change nothing."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from api.docs import document_text
from models.database import close_database
from tests.names.figures import SCRIPTS, SYSTEMS


@pytest.fixture(scope="module")
def generated() -> ModuleType:
    """The module that makes it."""
    spec = importlib.util.spec_from_file_location("generated", Path(__file__).with_name("generated.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_generated_is_current(generated: ModuleType) -> None:
    close_database()
    stale = [file.name for file, text in generated.made().items() if file.read_text(encoding="utf-8") != text]
    assert stale == [], "run `make docs`"


def test_the_openapi_document_is_current(generated: ModuleType) -> None:
    assert generated.OPENAPI.read_text(encoding="utf-8") == document_text(), "run `make docs`"


def test_readme_has_five_requests_with_answers_and_the_settings(generated: ModuleType) -> None:
    text = generated.README.read_text(encoding="utf-8")
    assert len(generated.REQUEST.findall(text)) >= 5
    assert generated.TABLE.search(text)


def test_each_of_fifteen_questions_has_one_request_and_an_answer(generated: ModuleType) -> None:
    questions = generated.QUESTIONS.read_text(encoding="utf-8").split("\n## ")[1:]
    assert [question.partition(".")[0] for question in questions] == [str(number) for number in range(1, 16)]
    for question in questions:
        (request,) = generated.REQUEST.finditer(question)
        assert request["answer"].strip(), question
        assert question.count("curl") == 1


def test_the_figures_of_the_matcher_are_in_the_documentation(generated: ModuleType) -> None:
    found = generated.FIGURES.search(generated.NAMES.read_text(encoding="utf-8"))
    assert found
    assert all(f"| {kind} |" in found[0] for kind in (*SCRIPTS, *SYSTEMS))


def test_a_lock_holds_hashes_and_no_address() -> None:
    """Nor what npm copies from a package's own file, such as where to pay its author."""
    root = Path(__file__).parents[1]
    places = ("requirements.lock", "deploy/requirements.lock", "tests/*/*.lock", "tests/*/package-lock.json")
    locks = [lock for place in places for lock in root.glob(place)]
    assert len(locks) == 7
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "sha256:" in text or '"integrity": "sha512-' in text, lock.name
        assert "://" not in text, lock.name
