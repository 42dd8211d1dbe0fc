"""Every example and schema of the published specification, where it is at hand."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gatekeeper.rules.accounts.scopes import Register
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.services import EXTENSION
from tests.api.asking import evaluation, resource, subject
from tests.library import release
from tests.world import World

FOLDER = Path(__file__).parents[2].parent / "shared" / "vectors" / "authzen"
pytestmark = [
    pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared holds the examples of AuthZEN, and is not here"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

ONE, MANY = "/access/v1/evaluation", "/access/v1/evaluations"
REQUESTS = {"request", "evaluations-request", "http-request"}


def examples() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "spec_examples.json").read_text("utf-8"))["examples"]
    return found


def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((FOLDER / "schemas" / f"evaluation-{name}.schema.json").read_text("utf-8")))


def is_search(each: dict[str, Any]) -> bool:
    """Whether an example asks for a search, which is asked elsewhere."""
    body = each["json"] or {}
    needs = {"subject", "action", "resource"}
    whole = all(part in body and ("id" in body[part] or part == "action") for part in needs)
    return "evaluations" not in body and not whole


def test_every_published_question_is_taken(world: World, api: Any, service: Any) -> None:
    service()
    asked = 0
    for each in examples():
        if each["kind"] not in REQUESTS or each["json"] is None or is_search(each):
            continue
        path = MANY if "evaluations" in each["json"] else ONE
        headers = dict(line.split(": ", 1) for line in each.get("http_head", "").split("\n")[1:])
        name = {"X-Request-ID": headers["X-Request-ID"]} if "X-Request-ID" in headers else {}

        answer = api.post(path, each["json"], headers=name)

        assert answer.status_code == 200, each["n"]
        assert answer.content_type == "application/json"
        answers = answer.get_json().get("evaluations", [answer.get_json()])
        assert [one["decision"] for one in answers] == [False] * len(answers)
        assert not name or answer.headers["X-Request-ID"] == name["X-Request-ID"]
        semantic = each["json"].get("options", {}).get("evaluations_semantic")
        items = each["json"].get("evaluations", [None])
        assert len(answers) == (1 if semantic == "deny_on_first_deny" else len(items))
        if each["json"] == {"evaluations": items, "options": each["json"].get("options")}:
            assert answers[0]["context"]["error"]["status"] == 400  # the one example whose item lacks an action
        asked += 1
    assert asked >= 9


@pytest.mark.parametrize("register", Register)
def test_every_answer_is_one_of_the_published_schema(world: World, api: Any, service: Any, register: Register) -> None:
    service(register=register)
    world.client("c3", RiskCategory.C3)
    reports = [release(world, grade) for grade in RiskGrade]
    told, asked = schema("response"), schema("request")
    bodies = [
        evaluation(name, report, action)
        for name in ("c3", "nobody")
        for report in (*reports, "none")
        for action in ("read", "bookmark", "receive", "use", "can_read")
    ]

    for body in bodies:
        asked.validate(body)
        told.validate(api.post(ONE, body).get_json())
    for item in api.post(MANY, {"evaluations": [*bodies, {}]}).get_json()["evaluations"]:
        told.validate(item)


def test_what_the_schema_forbids_is_refused(world: World, api: Any, service: Any) -> None:
    service()
    whole = evaluation("c3", "none")
    wrong: list[Any] = [
        *({name: value for name, value in whole.items() if name != gone} for gone in whole),
        *({**whole, part: value} for part in whole for value in (None, 5, "x", [], True)),
        *({**whole, "subject": {**subject("c3"), part: value}} for part in ("type", "id") for value in (None, 5, [], {})),
        *({**whole, "resource": {**resource("x"), "properties": value}} for value in (None, 5, "x", [])),
        {**whole, "context": []},
    ]
    asked = schema("request")

    for body in wrong:
        assert not asked.is_valid(body)
        answer = api.post(ONE, body)
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), body
        assert answer.get_json()["errors"][0]["pointer"].startswith("#/")


def test_the_metadata_has_the_members_of_the_example(world: World, app: Any, api: Any) -> None:
    [told] = [each["json"] for each in examples() if "policy_decision_point" in (each["json"] or {})]
    found = app.extensions[EXTENSION]
    own = replace(found.settings, public_url=told["policy_decision_point"])
    app.extensions[EXTENSION] = replace(found, settings=own)

    ours = api.get("/.well-known/authzen-configuration", token="").get_json()

    assert {"policy_decision_point", "access_evaluation_endpoint"} <= set(ours)
    assert {name: value for name, value in ours.items() if name in told}.items() <= told.items()
