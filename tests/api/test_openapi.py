"""The description of the API: valid OpenAPI 3.1, whole, and the same for programs and for readers."""

import json
import re
from copy import deepcopy

import jsonschema
import pytest
import schemathesis
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from gatekeeper.api import guard, openapi
from gatekeeper.api.application import create_api
from gatekeeper.api.operations import OPERATIONS
from gatekeeper.rules.accounts.scopes import Register

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def described(app):
    answer = app.test_client().get("/access/v1/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return answer.json


def test_every_view_of_the_door_for_systems_stands_in_it_and_nothing_else(app):
    views = create_api(app).view_functions

    assert sorted(OPERATIONS) == sorted(views)


def test_every_address_and_method_stands_in_it(app, described):
    addressed = {
        (re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in create_api(app).url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }

    assert {(path, method) for path, methods in described["paths"].items() for method in methods} == addressed


def test_it_is_valid_openapi_3_1(described):
    assert described["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(described).validate()
    for schema in described["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)

    broken = deepcopy(described)
    broken["paths"]["/access/v1/openapi.json"]["get"]["responses"]["200"].pop("description")
    with pytest.raises(Exception, match="description"):
        schemathesis.openapi.from_dict(broken).validate()


def test_names_are_unique_and_references_lead_somewhere(described):
    names = [operation["operationId"] for methods in described["paths"].values() for operation in methods.values()]
    references = set(re.findall(r'"#/([^"]+)"', json.dumps(described)))

    assert len(names) == len(set(names))
    for reference in references:
        found = described
        for step in reference.split("/"):
            found = found[step]


def test_every_operation_names_its_errors_and_says_who_may_ask(app, described):
    views = create_api(app).view_functions
    for path, methods in described["paths"].items():
        for operation in methods.values():
            endpoint = next(name for name in OPERATIONS if operation["operationId"].startswith(name.replace(".", "_")))
            is_public = guard.is_public(views[endpoint])

            assert (operation["security"] == [{"service_account": []}]) is not is_public, path
            assert {"500", "503"} <= operation["responses"].keys(), path
            assert is_public or {"401", "403", "429"} <= operation["responses"].keys(), path
            assert "requestBody" not in operation or {"400", "413"} <= operation["responses"].keys(), path
            assert all("X-Request-ID" in answer.get("headers", ("X-Request-ID",)) for answer in operation["responses"].values())
    for answer in described["components"]["responses"].values():
        assert answer["content"].keys() == {"application/problem+json"}


def test_the_examples_are_what_they_are_examples_of(described):
    registry = Registry().with_resource("urn:openapi", DRAFT202012.create_resource(described))
    held = 0
    for methods in described["paths"].values():
        for operation in methods.values():
            good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
            for part in (operation.get("requestBody"), good):
                for content in (part or {}).get("content", {}).values():
                    schema = json.loads(json.dumps(content["schema"]).replace('"#/', '"urn:openapi#/'))
                    for example in content.get("examples", {}).values():
                        jsonschema.validate(example["value"], schema, cls=Draft202012Validator, registry=registry)
                        held += 1
    assert held >= 2 * sum(len(each.examples) for each in OPERATIONS.values())


def test_it_needs_no_token_and_is_not_sent_twice(app):
    client = app.test_client()
    first = client.get("/access/v1/openapi.json")
    again = client.get("/access/v1/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert "max-age" in first.headers["Cache-Control"]


@pytest.mark.parametrize(("tag", "words"), [("zh-CN", "决策接口"), ("en", "Decision API")])
def test_the_page_tells_all_of_it_to_strangers_without_a_script(client, described, tag, words):
    page = client.get("/interface", headers={"Accept-Language": tag})
    text = page.get_data(as_text=True)

    assert page.status_code == 200
    assert f"<h1>{words}</h1>" in text
    assert text.count("<script") == 1  # the one that every page has, for forms
    for path in described["paths"]:
        assert path in text
    for status in openapi.STATUSES:
        assert status < 300 or f'id="status-{status.value}"' in text
    for name in (*openapi.HEADERS, *(each.value for each in Register)):
        assert name in text
    assert "curl -sS" in text or not any(each.examples for each in OPERATIONS.values())
