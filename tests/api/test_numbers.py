"""The numbers for the firm's monitoring: who gets them, that they count what happened, and that they name nobody."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from gatekeeper.actions.proof import integrity
from gatekeeper.actions.publishing import distributing
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.distribution import Choice, To
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.services import EXTENSION
from tests import audience
from tests.library import release
from tests.lines import logged, named_in, parsed
from tests.web.browser import visit
from tests.world import PASSWORD, ZONE, World

TOKEN = "0123456789abcdef" * 2
GRAFANA = Path(__file__).parents[2] / "docs" / "grafana"
NAME = re.compile(r"(gatekeeper_\w+?)(?:_bucket|_count|_sum)?\b")
UNSHOWN = {
    f"gatekeeper_ledger_{name}" for name in ("checkpoint_entries", "checkpoint_time_seconds", "root", "round_time_seconds")
}
UNSHOWN |= {"gatekeeper_ledger_verified_time_seconds"}
Numbers = dict[tuple[str, frozenset[tuple[str, str]]], float]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def monitored(app: Flask) -> Callable[[], str]:
    made = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(made, settings=replace(made.settings, metrics_token=TOKEN))
    return lambda: app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text


@lru_cache(maxsize=4)
def numbers(text: str) -> Numbers:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def more(before: str, after: str, name: str, **labels: str) -> float:
    """By how much a number grew."""
    key = name, frozenset(labels.items())
    return numbers(after).get(key, 0.0) - numbers(before).get(key, 0.0)


def test_the_numbers_are_for_whoever_has_the_token(world: World, app: Flask, monitored):
    client = app.test_client()
    for header in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
        assert client.get("/metrics", headers=header).status_code == 404

    found = numbers(monitored())
    with world.database.reading() as connection:
        waiting = integrity.standing(connection, world.now, has_key=False).waiting
    assert found["gatekeeper_ledger_unsealed_entries", frozenset()] == waiting > 0
    assert found["gatekeeper_ledger_halted", frozenset()] == 0
    assert found["gatekeeper_waiting_proposals", frozenset()] == 0


def test_without_a_token_there_are_no_numbers(app: Flask):
    assert app.test_client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_readings_refusals_and_failed_sign_ins_are_counted_once_each(world: World, app: Flask, monitored):
    world.client("c1", RiskCategory.C1)
    report = release(world, RiskGrade.R3)
    before = monitored()
    client = visit(app, "c1")
    for _ in range(3):
        assert client.get(f"/reports/{report}").status_code == 403
    wrong = app.test_client()
    page = wrong.get("/sign-in").text
    token = re.search(r'name="csrf_token" value="([^"]*)"', page)
    wrong.post("/sign-in", data={"csrf_token": token[1], "login": "c1", "password": PASSWORD + "!"})
    after = monitored()

    refused = {"kind": "report.refused", "outcome": "DENY", "reason": "category_below_grade", "channel": "web"}
    asked = {"channel": "web", "method": "GET", "route": "/reports/<report>", "status": "403"}
    assert more(before, after, "gatekeeper_decisions_total", **refused) == 3
    assert more(before, after, "gatekeeper_request_seconds_count", **asked) == 3
    assert more(before, after, "gatekeeper_events_total", kind="sign_in.failed") == 1
    assert more(before, after, "gatekeeper_durable_seconds_count", what="question") >= 3
    if world.database.is_sqlite:
        assert more(before, after, "gatekeeper_group_commit_callers_count", database="sqlite") >= 3


@sqlite
def test_each_answer_of_an_entry_that_holds_many_is_a_decision(world: World, monitored):
    audience.furnish(world)
    report = release(world, RiskGrade.R3)
    before = monitored()
    sent = audience.start(world, report, Choice(To.CLIENTS))
    world.database.transact(distributing.go_on, sent, world.now, ZONE, has_mail=False)
    after = monitored()

    told = {"kind": "report.distributed", "channel": "work"}
    refused = {**told, "outcome": "DENY"}
    assert more(before, after, "gatekeeper_decisions_total", reason="category_below_grade", **refused) == 2
    assert more(before, after, "gatekeeper_decisions_total", reason="account_suspended", **refused) == 1
    assert more(before, after, "gatekeeper_decisions_total", outcome="PERMIT", reason="", **told) >= 4


@sqlite
def test_no_label_is_taken_from_what_a_caller_sends(world: World, app: Flask, monitored):
    client = app.test_client()
    client.get("/reports/0123456789abcdefghjkmnpqrs")
    client.get("/nothing/of/the/kind?login=wang")
    client.open("/sign-in", method="BREW")
    client.post("/access/wang")
    text = monitored()

    assert "wang" not in text
    assert "BREW" not in text
    assert "0123456789abcdef" not in text
    labels = {name: value for (_, pairs) in numbers(text) for name, value in pairs if name == "route"}
    assert all(value == "-" or value.startswith("/") for value in labels.values())


OF_EACH_TYPE = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


@sqlite
def test_the_dashboard_and_the_alarms_ask_for_numbers_labels_and_kinds_that_there_are(monitored):
    families = list(text_string_to_metric_families(monitored()))
    known = {family.name + ending for family in families for ending in OF_EACH_TYPE[family.type]}
    board = json.loads((GRAFANA / "gatekeeper.json").read_text("utf-8"))
    rules = re.findall(r"expr: (.+)", (GRAFANA / "alerts.yml").read_text("utf-8"))
    shown = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    asked = shown + rules
    kinds = {kind for expr in asked for some in re.findall(r'kind=~"([^"]+)"', expr) for kind in some.split("|")}

    assert {name for expr in asked for name in re.findall(r"gatekeeper_\w+", expr)} <= known
    assert {family.name for family in families} <= {
        name.removesuffix("_total") for expr in asked for name in NAME.findall(expr)
    } | UNSHOWN
    assert kinds <= {kind.value for kind in Kind}
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]}) == len(board["panels"])


@sqlite
def test_a_line_for_each_request_leads_to_its_entries_and_names_nobody(world: World, app: Flask):
    world.client("client-c1", RiskCategory.C1)
    report = release(world, RiskGrade.R3, title="不可外泄的标题")
    client = visit(app, "client-c1")
    with logged() as lines:
        refused = client.get(f"/reports/{report}", headers={"X-Forwarded-For": "203.0.113.9"})
        client.get("/client-c1?name=client-c1")
        client.get("/healthz")
        client.post("/access/v1/evaluation", json={"subject": {"id": "client-c1"}})
    line, lost, asked = parsed(lines)

    with world.database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT code FROM ledger_entry WHERE request_id = ?", (refused.headers["X-Request-ID"],)
        ).scalars()
        assert line["codes"] == list(rows)
    assert line["request_id"] == refused.headers["X-Request-ID"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/reports/<report>", 403)
    assert (lost["method"], lost["route"], lost["status"]) == ("-", "-", 404)
    assert (asked["channel"], asked["route"]) == ("api", "/access/v1/evaluation")
    assert {each["route"] for each in (line, lost)} <= {"-", *(rule.rule for rule in app.url_map.iter_rules())}
    assert line["ms"] > 0
    assert named_in(lines, world.database, "203.0.113.9", "不可外泄的标题") == []


@sqlite
def test_lines_about_requests_can_be_switched_off(app: Flask, client):
    made = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(made, settings=replace(made.settings, request_log=False))
    with logged() as lines:
        client.get("/sign-in")

    assert parsed(lines) == []
