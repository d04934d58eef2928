"""The links of the OpenAPI document: which operations the records in an answer lead to."""

from typing import Any

RECORD = "/{slug}"
"""What follows a list's path in the path of one of its records, and begins the paths below it."""

ENTRY = "/{entry}"
"""The same of the entries that the ledger has of a record."""


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
        elif path + ENTRY in found:
            links = _link_to_entry(found[path + ENTRY])
        else:
            continue
        operation["responses"]["200"]["links"] = links


def _answer_of(operation: dict[str, Any]) -> str | None:
    """The schema that an operation answers with, by reference; None where it has no JSON."""
    content = operation["responses"]["200"].get("content", {})
    reference = content.get("application/json", {}).get("schema", {}).get("$ref")
    return str(reference) if reference else None


def _links(found: dict[str, Any], of_records: str, path: str, slug: str, what: str) -> dict[str, Any]:
    """Links from a path to each path of a list's records, and below them, but for itself and what takes more."""
    below = of_records + RECORD
    targets = [
        target
        for other, target in found.items()
        if other.startswith(below) and other != path and not other.endswith(ENTRY)
    ]
    return {target["operationId"]: _link(target, {"slug": slug}, what) for target in targets}


def _link_to_entry(target: dict[str, Any]) -> dict[str, Any]:
    """The link from the entries of a record to one of them."""
    parameters = {"slug": "$request.path.slug", "entry": "$response.body#/data/0/entry"}
    return {target["operationId"]: _link(target, parameters, "The first of them")}


def _link(target: dict[str, Any], parameters: dict[str, str], what: str) -> dict[str, Any]:
    return {
        "operationId": target["operationId"],
        "parameters": parameters,
        "description": f"{what}: {target['summary'].lower()}.",
    }
