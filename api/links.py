"""The links of the OpenAPI document: which operations the records in an answer lead to."""

from typing import Any

RECORD = "/{slug}"
"""What follows a list's path in the path of one of its records, and begins the paths below it."""


def add_links(paths: dict[str, Any]) -> None:
    """Link every answer that holds records of a resource to the operations that take the id of one."""
    lists = {_answer_of(item): path for path, item in paths.items() if path + RECORD in paths}
    for path, item in paths.items():
        of_records = lists.get(_answer_of(item))
        if of_records:
            links = _links(paths, of_records, path, "$response.body#/data/0/id", "The first record of the page")
        elif path.endswith(RECORD) and path.removesuffix(RECORD) in lists.values():
            links = _links(paths, path.removesuffix(RECORD), path, "$response.body#/id", "The record")
        else:
            continue
        item["get"]["responses"]["200"]["links"] = links


def _answer_of(item: dict[str, Any]) -> str | None:
    """The schema that a path's operation answers with, by reference; None where it has no JSON."""
    content = item["get"]["responses"]["200"].get("content", {})
    reference = content.get("application/json", {}).get("schema", {}).get("$ref")
    return str(reference) if reference else None


def _links(paths: dict[str, Any], of_records: str, path: str, slug: str, what: str) -> dict[str, Any]:
    """Links from a path to each path of a list's records, and below them, but for itself."""
    targets = [item["get"] for other, item in paths.items() if other.startswith(of_records + RECORD) and other != path]
    return {
        target["operationId"]: {
            "operationId": target["operationId"],
            "parameters": {"slug": slug},
            "description": f"{what}: {target['summary'].lower()}.",
        }
        for target in targets
    }
