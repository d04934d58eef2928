"""Do `fields=` and `policy=` give what they name, alike in lists, single records and all formats? Whole ones judge."""

import json
from random import Random

import pytest
from flask.testing import FlaskClient

from tests.answered import (
    HALF_KNOWN,
    JUDGED,
    MOMENTS,
    NOW,
    RESOURCES,
    Pairs,
    all_of,
    answered,
    asked,
    cut,
    enumerated,
    lines_of,
    refused,
    rows_of,
    whole,
)

ONLY_WHERE_ASKED_FOR = {"claims", "later", "status"}
"""Fields that records have only with `include=claims`, `known_by` and `policy`."""

SEED = 20150710
POLICIES = ("any", "official", "two-roots")


def naming(names: list[str]) -> Pairs:
    return [("fields", name) for name in names]


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_field_of_a_record_may_be_named(client: FlaskClient, resource: str) -> None:
    record = whole(client, resource, ("include", "claims"), *HALF_KNOWN)[0]
    documented = enumerated(client, f"/v1/{resource}", "fields")
    assert set(record) <= set(documented)
    assert set(documented) - set(record) <= ONLY_WHERE_ASKED_FOR
    assert documented == enumerated(client, f"/v1/{resource}/{{slug}}", "fields")


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
@pytest.mark.parametrize("resource", RESOURCES)
def test_a_list_has_the_named_fields_alone(client: FlaskClient, resource: str, moment: Pairs) -> None:
    """Each field alone, and some at once; the rest of the envelope stays what it is."""
    records = whole(client, resource, *moment)
    names = [name for name in enumerated(client, f"/v1/{resource}", "fields") if name not in ONLY_WHERE_ASKED_FOR]
    draw = Random(SEED)
    for chosen in ([draw.choice(names)], draw.sample(names, 3), ["id"], names):
        body = answered(client.get(asked(resource, *all_of(resource), *moment, *naming(chosen))))
        assert [list(record.items()) for record in body["data"]] == [list(cut(r, chosen).items()) for r in records]
        assert body["meta"]["count"] == len(records)


@pytest.mark.parametrize("resource", RESOURCES)
def test_lines_have_the_named_fields_alone(client: FlaskClient, resource: str) -> None:
    chosen = ["links" if resource not in ("claims", "sources") else "url", "updated"]
    records = whole(client, resource, *naming(chosen))
    lines = client.get(asked(resource, *all_of(resource), *naming(chosen), ("format", "ndjson")))
    assert [list(line.items()) for line in lines_of(lines.data)] == [list(record.items()) for record in records]
    header, rows = rows_of(client.get(asked(resource, *all_of(resource), *naming(chosen), ("format", "csv"))).data)
    assert header == list(records[0])
    assert [row[:2] for row in rows] == [[record["id"], record["url"]] for record in records]


@pytest.mark.parametrize("moment", [NOW, HALF_KNOWN], ids=str)
@pytest.mark.parametrize("resource", RESOURCES)
def test_a_single_record_has_the_named_fields_alone(client: FlaskClient, resource: str, moment: Pairs) -> None:
    slug = whole(client, resource, *moment)[0]["id"]
    record = answered(client.get(asked(f"{resource}/{slug}", *moment)))
    draw = Random(SEED)
    for chosen in ([draw.choice(list(record))], draw.sample(list(record), 3), ["claims"]):
        shown = answered(client.get(asked(f"{resource}/{slug}", *moment, *naming(chosen))))
        assert list(shown.items()) == list(cut(record, chosen).items())


@pytest.mark.parametrize("resource", RESOURCES)
def test_claims_that_are_included_are_shown_beside_named_fields(client: FlaskClient, resource: str) -> None:
    """They were asked for by name: leaving them out would ignore a parameter, and each format did it in its own way."""
    asking = [*all_of(resource), ("include", "claims"), ("fields", "updated")]
    wanted = [cut(record, ["updated", "claims"]) for record in whole(client, resource, ("include", "claims"))]
    assert answered(client.get(asked(resource, *asking)))["data"] == wanted
    assert lines_of(client.get(asked(resource, *asking, ("format", "ndjson"))).data) == wanted
    header, rows = rows_of(client.get(asked(resource, *asking, ("format", "csv"))).data)
    assert header == ["id", "url", "updated", "claims"]
    assert [json.loads(row[3] or "[]") for row in rows] == [record["claims"] for record in wanted]


@pytest.mark.parametrize("form", ["json", "ndjson", "csv"])
@pytest.mark.parametrize("path", ["defectors", "claims", "defectors/thae-yong-ho/claims"])
def test_an_unknown_field_is_refused_with_the_nearest(client: FlaskClient, path: str, form: str) -> None:
    fault = refused(client.get(asked(path, ("fields", "updatd"), ("format", form))), "fields")
    assert fault["nearest"] == "updated"
    assert {"id", "url", "updated"} <= set(fault["allowed"])


@pytest.mark.parametrize("resource", RESOURCES)
def test_an_unknown_field_of_a_single_record_is_refused(client: FlaskClient, resource: str) -> None:
    slug = whole(client, resource)[0]["id"]
    assert refused(client.get(asked(f"{resource}/{slug}", ("fields", "lnks"))), "fields")["allowed"]
    assert refused(client.get(asked(f"{resource}/{slug}", ("fields", ""))), "fields")


@pytest.mark.parametrize("name", ["fields", "include", "facet"])
def test_a_comma_is_told_how_to_repeat(client: FlaskClient, name: str) -> None:
    fault = refused(client.get(asked("defectors", (name, "left,motive"))), name)
    assert f"{name}=A&{name}=B" in fault["detail"]


@pytest.mark.parametrize("name", sorted(ONLY_WHERE_ASKED_FOR))
def test_a_field_that_is_not_asked_for_otherwise_is_not_ignored(client: FlaskClient, name: str) -> None:
    """A list has `claims` only with include=claims, and so on: who names the field alone is given it, or told how."""
    response = client.get(asked("defectors", ("fields", name)))
    if response.status_code == 200:
        assert all(name in record for record in response.json["data"])
    else:
        refused(response, "fields")


# --- the status under a policy --------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("resource", JUDGED)
def test_a_policy_adds_the_status_under_it(client: FlaskClient, resource: str, policy: str, moment: Pairs) -> None:
    records = whole(client, resource, *moment)
    wanted = [record | {"status": record["standing"][policy]["status"]} for record in records]
    asking = [*all_of(resource), *moment, ("policy", policy)]
    assert whole(client, resource, *moment, ("policy", policy)) == wanted
    assert lines_of(client.get(asked(resource, *asking, ("format", "ndjson"))).data) == wanted
    header, rows = rows_of(client.get(asked(resource, *asking, ("format", "csv"))).data)
    assert [row[header.index("status")] for row in rows] == [record["status"] or "" for record in wanted]
    for record in wanted[:: len(wanted) // 6 or 1]:
        single = answered(client.get(asked(f"{resource}/{record['id']}", *moment, ("policy", policy))))
        assert {name: value for name, value in single.items() if name != "claims"} == record
    named = whole(client, resource, *moment, ("policy", policy), ("fields", "status"))
    assert named == [cut(record, ["status"]) for record in wanted]


@pytest.mark.parametrize("resource", RESOURCES)
def test_without_a_policy_there_is_no_status(client: FlaskClient, resource: str) -> None:
    assert all("status" not in record for record in whole(client, resource))
    header, _ = rows_of(client.get(asked(resource, ("format", "csv"))).data)
    assert "status" not in header


@pytest.mark.parametrize("resource", [name for name in RESOURCES if name not in JUDGED])
def test_what_has_no_standing_has_no_policy(client: FlaskClient, resource: str) -> None:
    slug = whole(client, resource)[0]["id"]
    refused(client.get(asked(f"{resource}/{slug}", ("policy", "any"))), "policy")
    assert whole(client, resource, ("policy", "official")) == whole(client, resource)


@pytest.mark.parametrize("policy", ["offical", "", "ANY"])
def test_a_policy_is_one_of_three(client: FlaskClient, policy: str) -> None:
    for path in ("defectors", "defectors/thae-yong-ho", "timeline"):
        assert refused(client.get(asked(path, ("policy", policy))), "policy")["allowed"] == list(POLICIES)


@pytest.mark.parametrize(
    "path", [*RESOURCES, "defectors/thae-yong-ho", "defectors/thae-yong-ho/claims", "timeline", "names", "search"]
)
def test_a_bound_without_a_day_is_refused(client: FlaskClient, path: str) -> None:
    question = [("q", "kim")] if path in ("names", "search") else []
    for bound in ("surely", "possibly"):
        fault = refused(client.get(asked(path, *question, ("known_bound", bound))), "known_bound")
        assert "known_by" in fault["detail"]
