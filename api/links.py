"""The links of the OpenAPI document: which operations the records in an answer lead to."""

from typing import Any

RECORD = "/{slug}"
"""What follows a list's path in the path of one of its records, and begins the paths below it."""


def add_links(paths: dict[str, Any]) -> None:
    """Link every answer that holds records of a resource to the operations that take the id of one."""
    found = {path: item["get"] for path, item in paths.items() if "get" in item}
    lists = {_answer_of(operation): path for path, operation in found.items() if path + RECORD in found}
    for path, operation in found.items():
        of_records = lists.get(_answer_of(operation))
        if of_records:
            links = _links(found, of_records, path, "$response.body#/data/0/id", "The first record of the page")
        elif path.endswith(RECORD) and path.removesuffix(RECORD) in lists.values():
            links = _links(found, path.removesuffix(RECORD), path, "$response.body#/id", "The record")
        else:
            continue
        operation["responses"]["200"]["links"] = links


def _answer_of(operation: dict[str, Any]) -> str | None:
    """The schema that an operation answers with, by reference; None where it has no JSON."""
    content = operation["responses"]["200"].get("content", {})
    reference = content.get("application/json", {}).get("schema", {}).get("$ref")
    return str(reference) if reference else None


def _links(found: dict[str, Any], of_records: str, path: str, slug: str, what: str) -> dict[str, Any]:
    """Links from a path to each path of a list's records, and below them, but for itself."""
    targets = [target for other, target in found.items() if other.startswith(of_records + RECORD) and other != path]
    return {
        target["operationId"]: {
            "operationId": target["operationId"],
            "parameters": {"slug": slug},
            "description": f"{what}: {target['summary'].lower()}.",
        }
        for target in targets
    }
