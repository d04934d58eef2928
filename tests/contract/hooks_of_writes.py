"""What schemathesis cannot read of writes: what has been seen, and that what was written can be changed."""

import os
from functools import cache
from typing import Any

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
    for path, item in paths.items():
        if f"{path}/{{slug}}" not in paths or "post" not in item:
            continue
        _lead(item["get"]["responses"]["200"], "$response.body#/data/0/id", _changes(paths, path))
        _lead(item["post"]["responses"]["201"], "$response.body#/id", _changes(paths, path))


def _lead(response: dict[str, Any], where: str, operations: list[str]) -> None:
    links = {one: {"operationId": one, "parameters": {"slug": where}} for one in operations}
    response["links"] = response.get("links", {}) | links


def _changes(paths: dict[str, Any], path: str) -> list[str]:
    """What reads and changes one record: the names of the operations."""
    items = [paths.get(f"{path}/{{slug}}{ending}", {}) for ending in ("", "/merge", "/revert", "/erase", "/input")]
    return [operation["operationId"] for item in items for method, operation in item.items() if method in METHODS]


METHODS = ("get", "post", "put", "patch", "delete")
HEAD: dict[str, str] = {}
"""The tag of the ledger `before` the request under way."""


def _head() -> str:
    """The tag of the ledger, of the server whose address `tests.contract.fuzz` gives."""
    return requests.get(f"{os.environ['FUZZED']}/v1/changes?latest=true&limit=1", timeout=30).headers["ETag"]


@cache
def _there(path: str) -> list[str]:
    """The ids of the first records of the kind that a path is of, as they were at first."""
    found = requests.get(f"{os.environ['FUZZED']}/v1/{path.split('/')[2]}?limit=50&fields=id", timeout=30)
    return [record["id"] for record in found.json().get("data", ())]


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case[Any], kwargs: Any) -> None:
    """Write to records that there are as often as to made-up ones, say that they were seen, and look at the ledger."""
    if case.method.upper() not in WRITES:
        return
    slug = str((case.path_parameters or {}).get("slug", ""))
    if len(slug) % 2 and (there := _there(case.path)):
        case.path_parameters["slug"] = there[len(slug) % len(there)]
    if case.method.upper() in SEEN or case.path.endswith(SEEN):
        headers = case.headers if case.headers is not None else {}
        headers.setdefault("If-Match", "*")
        case.headers = headers
    HEAD["before"] = _head()


@schemathesis.check
def no_refusal_writes(ctx: Any, response: schemathesis.Response, case: schemathesis.Case[Any]) -> None:
    """What is refused leaves the ledger as it was."""
    if response.status_code >= 400 and case.method.upper() in WRITES and "before" in HEAD:
        assert _head() == HEAD["before"], f"{response.status_code}, and something was written"
