"""What is generated and committed, and how it is made again: `python -m tests.generated`, or `make docs`.

The examples in the OpenAPI document and the answers in the README and in docs/questions.md are real: the fixtures are
loaded and asked. The figures in docs/names.md are those of the matcher on its test set. The tables in docs/security.md
are those of tests/security/requirements.tsv. What deploy/haproxy.cfg answers by itself are the application's problems.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import jq
from flask.testing import FlaskClient

from api.app import create_app
from api.bodies import LARGEST
from api.docs import EXAMPLE_IDS, body_example, document_text, examples, method_of
from api.entries import field_examples
from api.fixture_schema import schema_text
from api.loading import load, packaged_fixtures
from api.schemas.registry import SCHEMAS
from api.settings import SETTINGS
from models.database import close_database, open_database
from models.keys import make
from models.registry import RESOURCES
from models.vocabulary import SCOPE, STATUS
from tests.field_examples import first_values
from tests.names import figures
from tests.security import requirements
from tests.security.proxy_errors import with_errors

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "api" / "examples.json"
FIELD_EXAMPLES = ROOT / "api" / "field_examples.json"
OPENAPI = ROOT / "openapi" / "openapi.json"
SCHEMA = ROOT / "fixtures" / "schemas" / "bundle.schema.json"
README = ROOT / "README.md"
NAMES = ROOT / "docs" / "names.md"
QUESTIONS = ROOT / "docs" / "questions.md"
SECURITY = ROOT / "docs" / "security.md"
PROXY = ROOT / "deploy" / "haproxy.cfg"

WHEN = "2026-01-01T00:00:00Z"
"""What the examples show as times: the moment of loading is another each time."""

NAME = "b7c1f0a2d4e85b6c9a3f7e10"
"""What they show as the name of a request."""

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
"""What they show as digests of the ledger: these are salted, and others each time too."""

ALWAYS_ANOTHER = {"updated": WHEN, "at": WHEN, "digest": DIGEST, "payload_digest": DIGEST, "request_id": NAME}
IN_ADDRESS = re.compile(r"(?<=%3A)[0-9a-f]{64}\b")

REQUEST = re.compile(
    r"```sh\ncurl -s '(?P<url>[^']+)'(?: \| jq (?P<compact>-c )?'(?P<program>[^']+)')?\n```\n\n"
    r"```json\n(?P<answer>.*?)```",
    re.DOTALL,
)
TABLE = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- /settings -->)", re.DOTALL)
FIGURES = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- /figures -->)", re.DOTALL)
STATUSES = re.compile(r"(?<=<!-- statuses -->\n).*?(?=<!-- /statuses -->)", re.DOTALL)


@contextmanager
def fixtures_served() -> Iterator[FlaskClient]:
    """A client of the application over freshly loaded fixtures."""
    with TemporaryDirectory() as folder:
        open_database(str(Path(folder) / "talbuk.db"), create=True)
        try:
            load([packaged_fixtures()])
            yield create_app().test_client()
        finally:
            close_database()


def timeless(value: Any) -> Any:
    """An answer as it would be whenever the fixtures were loaded."""
    if isinstance(value, dict):
        return {key: ALWAYS_ANOTHER.get(key) or timeless(inner) for key, inner in value.items()}
    if isinstance(value, str):
        return IN_ADDRESS.sub(DIGEST, value)
    return [timeless(inner) for inner in value] if isinstance(value, list) else value


def made_examples(client: FlaskClient) -> str:
    """The examples of the OpenAPI document: operation -> answer, status -> problem."""
    found: dict[str, Any] = {}
    for rule in client.application.url_map.iter_rules():
        view = client.application.view_functions[rule.endpoint]
        if not hasattr(view, "operation") or view.operation.scope != "read":
            continue  # none that writes
        slug = EXAMPLE_IDS.get(rule.endpoint.partition(".")[0], "")
        path = rule.rule.replace("<slug:slug>", slug)
        if "<entry:entry>" in path:
            (newest,) = client.get(path.replace("/<entry:entry>", "?limit=1")).get_json()["data"]
            path = path.replace("<entry:entry>", str(newest["entry"]))
        fields = view.operation.query.fields
        asked = {name: field.example for name, field in fields.items() if field.required}
        asked |= NARROWED.get(rule.endpoint, {}) | ({"limit": 1} if view.operation.many and "limit" in fields else {})
        body = {"json": body_example(view.operation.body)} if view.operation.body else {}
        answer = client.open(path, method=method_of(rule).upper(), query_string=asked, **body)
        assert answer.status_code == 200, (path, answer.text)
        found[rule.endpoint.rpartition(".")[2]] = timeless(answer.get_json())
    for status, method, path, sent in (*PROBLEMS, refused_write()):
        answer = client.open(path, method=method, **sent)
        assert answer.status_code == status, (path, answer.text)
        found[str(status)] = timeless(json.loads(answer.data))
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


NARROWED = {"codebook.get_codebook": {"resource": "defectors", "field": "stage"}}
"""What is asked for where the whole answer would be too much of an example."""


def made_field_examples(client: FlaskClient) -> str:
    """The examples of the codebook: resource -> dotted field -> a value of the first record that has one."""
    found: dict[str, dict[str, Any]] = {}
    for resource in RESOURCES:
        found[resource.name] = first_values(resource.name, timeless(list(_records(client, resource.name))))
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _records(client: FlaskClient, resource: str) -> Iterator[dict[str, Any]]:
    """Every record of a resource with its claims: that of the other examples first, then those of the first scope."""
    yield client.get(f"/v1/{resource}/{EXAMPLE_IDS[resource]}").get_json()
    for scope in [{"scope": scope} for scope in SCOPE] if "scope" in SCHEMAS[resource].fields else [{}]:
        page = client.get(f"/v1/{resource}", query_string={"limit": 500, "include": "claims", **scope}).get_json()
        assert page["links"]["next"] is None, resource
        yield from page["data"]


Asked = tuple[int, str, str, dict[str, Any]]
"""The status of a problem; the method, the path and the rest of a request that gets it."""


def refused_write() -> Asked:
    """A write by whoever has a key for reading."""
    _, token = make("reader", "read")
    return (403, "DELETE", "/v1/defectors/nobody", {"headers": {"Authorization": f"Bearer {token}"}})


PROBLEMS: tuple[Asked, ...] = (
    (400, "GET", "/v1/people?institution=%ff", {}),
    (401, "DELETE", "/v1/defectors/nobody", {}),
    (404, "GET", "/v1/defectors/nobody", {}),
    (405, "POST", "/v1/search", {}),
    (413, "POST", "/v1/names", {"json": {"names": ["x" * LARGEST]}}),
    (414, "GET", "/v1/defectors?id=" + "x" * 9000, {}),
    (415, "POST", "/v1/names", {"data": "Choi Ryong-hae"}),
    (422, "GET", "/v1/purges?kind=exicution", {}),
)


def made_readme(client: FlaskClient, text: str) -> str:
    """README with the answers that its requests get, and the settings that there are."""
    with_statuses = STATUSES.sub(lambda _: _status_table(), made_answers(client, text))
    return TABLE.sub(lambda _: _settings_table(), with_statuses)


def made_answers(client: FlaskClient, text: str) -> str:
    """A page with the answers that its requests get."""
    return REQUEST.sub(lambda found: _answered(client, found), text)


def _answered(client: FlaskClient, found: re.Match[str]) -> str:
    url = urlsplit(found["url"])
    answer = client.get(f"{url.path}?{url.query}" if url.query else url.path)
    assert answer.status_code == 200, (found["url"], answer.text)
    given = timeless(answer.get_json())
    shown = jq.compile(found["program"]).input_value(given).all() if found["program"] else [given]
    layout: dict[str, Any] = {"separators": (",", ":")} if found["compact"] else {"indent": 2}
    text = "".join(json.dumps(one, ensure_ascii=False, **layout) + "\n" for one in shown)
    return found[0].replace(found["answer"], text) if found["answer"] else found[0][:-3] + text + "```"


def _status_table() -> str:
    rows = [f"| `{term.value}` | {term.definition} |" for term in STATUS.terms]
    return "\n".join(["| status | when |", "| --- | --- |", *rows]) + "\n"


def _settings_table() -> str:
    rows = [f"| `{s.variable}` | {s.default and f'`{s.default}`'} | {s.help} |" for s in SETTINGS]
    return "\n".join(["| variable | default | what it does |", "| --- | --- | --- |", *rows]) + "\n"


def made_names(text: str) -> str:
    """docs/names.md with the figures that the matcher gets."""
    return FIGURES.sub(lambda _: figures.table(), text)


def made_security(text: str) -> str:
    """docs/security.md with the bounds of requests, and the tables of requirements."""
    parts = {"limits": requirements.limits, "api-top-10": requirements.top_ten, "asvs": requirements.standard}
    for name, part in parts.items():
        between = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)
        text = between.sub(lambda _, part=part: part(), text)  # type: ignore[misc]
    return text


def made() -> dict[Path, str]:
    """Every generated file and what it should hold. Examples first: the OpenAPI document holds them."""
    with fixtures_served() as client:
        readme = made_readme(client, README.read_text(encoding="utf-8"))
        examples = {EXAMPLES: made_examples(client), FIELD_EXAMPLES: made_field_examples(client)}
        questions = made_answers(client, QUESTIONS.read_text(encoding="utf-8"))
        found = {**examples, SCHEMA: schema_text(), README: readme, QUESTIONS: questions}
    found[SECURITY] = made_security(SECURITY.read_text(encoding="utf-8"))
    found[PROXY] = with_errors(PROXY.read_text(encoding="utf-8"))
    return found | {NAMES: made_names(NAMES.read_text(encoding="utf-8"))}


def main() -> None:
    """Write all that is generated; the examples of fields first, since the codebook's answers hold them."""
    with fixtures_served() as client:
        FIELD_EXAMPLES.write_text(made_field_examples(client), encoding="utf-8")
    field_examples.cache_clear()
    for file, text in made().items():
        file.write_text(text, encoding="utf-8")
    examples.cache_clear()
    OPENAPI.write_text(document_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
