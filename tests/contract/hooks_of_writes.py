"""What schemathesis cannot read of writes: what has been seen, and that what was written can be changed."""

from typing import Any
from urllib.parse import urljoin

import requests
import schemathesis

import tests.contract.hooks  # noqa: F401 -- what it says of reads holds here too

WRITES = ("POST", "PUT", "PATCH", "DELETE")
SEEN = ("PUT", "PATCH", "DELETE", "/merge", "/revert", "/bundles")
"""What takes an If-Match."""


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Lead from each list, and from what was added, to all that changes a record of it."""
    paths = raw_schema["paths"]
    for path, item in list(paths.items()):
        if f"{path}/{{slug}}" not in paths or "post" not in item:
            continue
        targets = [(path + "/{slug}" + end, described) for end, described in _changes(paths, path)]
        for method, status, where in (
            ("get", "200", "$response.body#/data/0/id"),
            ("post", "201", "$response.body#/id"),
        ):
            links = item[method]["responses"][status].setdefault("links", {})
            for _, operation in targets:
                identifier = operation["operationId"]
                links[identifier] = {"operationId": identifier, "parameters": {"slug": where}}


def _changes(paths: dict[str, Any], path: str) -> list[tuple[str, Any]]:
    found = []
    for ending in ("", "/merge", "/revert", "/erase", "/input"):
        for method, operation in paths.get(path + "/{slug}" + ending, {}).items():
            if (
                isinstance(operation, dict)
                and "operationId" in operation
                and method in {"get", "post", "put", "patch", "delete"}
            ):
                found.append((ending, operation))
    return found


HEAD: dict[str, str] = {}
"""Server -> the tag of its ledger before the request under way."""


def _head(address: str) -> str:
    server = urljoin(address, "/v1/changes?latest=true&limit=1")
    return requests.get(server, timeout=30).headers["ETag"]


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case[Any], kwargs: Any) -> None:
    """Say that the record has been seen, where that was left open; and look at the ledger."""
    if case.method.upper() not in WRITES:
        return
    if case.method.upper() in SEEN or case.path.endswith(SEEN):
        headers = case.headers if case.headers is not None else {}
        headers.setdefault("If-Match", "*")
        case.headers = headers
    HEAD["before"] = _head(case.operation.base_url or case.operation.schema.get_base_url())


@schemathesis.check
def no_refusal_writes(ctx: Any, response: schemathesis.Response, case: schemathesis.Case[Any]) -> None:
    """What is refused leaves the ledger as it was."""
    if response.status_code >= 400 and case.method.upper() in WRITES and "before" in HEAD:
        now = _head(str(response.request.url))
        assert now == HEAD["before"], f"{response.status_code}, and something was written"
