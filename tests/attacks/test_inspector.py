"""The inspector: comes for a time, reads metadata and never content, changes nothing, and leaves an entry with every look."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from gatekeeper.actions import proposals
from gatekeeper.actions.accounts import people
from gatekeeper.actions.clients import investors
from gatekeeper.actions.reading import access
from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.errors import Invalid, NotPermitted
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.rules.roles import Role
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.web import guards
from tests.library import release
from tests.web.browser import post, visit
from tests.world import NOW, ZONE, World

BODY, TITLE = "只有读者才能看到的正文", "某某报告"
OF_THE_ACCOUNT = {"account", "privacy", "sign_in", "static", "style"}
"""Pages that show the visitor's own account, or nothing of anybody."""


@pytest.fixture
def inspected(world: World) -> World:
    """A client who has been refused, a report, something that waits, and an inspector for thirty days."""
    world.client("zhang", RiskCategory.C2)
    world.staff("inspector", Role.INSPECTOR)
    world.investors["report"] = release(world, grade=RiskGrade.R5, title=TITLE, paragraph=BODY)
    world.database.record(access.open_report, world.caller("zhang"), world.investors["report"], world.now, ZONE)
    rise = CategoryChange(
        investor=world.investors["zhang"], category=RiskCategory.C5, before=valid_before(NOW.date() + timedelta(days=300), ZONE)
    )
    arguments = (world.caller("clients"), world.investors["zhang"], [rise], "测评", "档案", world.now)
    world.investors["proposal"] = str(world.database.transact(investors.change, *arguments).proposal)
    return world


def count(world: World) -> int:
    with world.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(LedgerEntry)).scalar_one())


def addresses(app: Flask, world: World) -> dict[str, str]:
    """Something worth seeing on every page that there is."""
    with world.database.reading() as connection:
        code = entries.search(connection, entries.Filter(kind="report.refused"), None, 1)[0].code
    values = {
        "code": code,
        "days": "30",
        "fact": "category",
        "filename": "style.css",
        "investor": world.investors["zhang"],
        "person": world.people["zhang"],
        "proposal": world.investors["proposal"],
        "reason": "category_below_grade",
        "report": world.investors["report"],
        "what": "category",
    }
    build = app.url_map.bind("").build
    found = {}
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and guards.declared(app.view_functions[rule.endpoint]) != "public":
            found[rule.endpoint] = build(
                rule.endpoint, {name: values.get(name, "csv") for name in rule.arguments} | dict(rule.defaults or {})
            )
    return found


def test_every_look_of_an_inspector_stands_in_the_log_and_none_shows_content(app: Flask, inspected: World) -> None:
    browser, silent, seen = visit(app, "inspector"), [], set()

    for endpoint, path in sorted(addresses(app, inspected).items()):
        before = count(inspected)
        answer = browser.get(path)
        text = answer.get_data(as_text=True) if answer.mimetype.startswith("text/") else ""
        answer.close()
        assert answer.status_code < 500, path
        assert BODY not in text, path
        if answer.status_code == 200 and endpoint.partition(".")[0] not in OF_THE_ACCOUNT:
            seen.add(endpoint)
            silent += [endpoint] if count(inspected) == before else []

    assert not silent, " ".join(silent)
    assert seen >= {"compliance.log", "compliance.entry", "home.index", "investors.show", "statements.index", "policies.show"}


def test_an_inspector_changes_nothing(app: Flask, inspected: World) -> None:
    browser = visit(app, "inspector")
    before = count(inspected)

    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        own = rule.endpoint.partition(".")[0] in {
            *OF_THE_ACCOUNT,
            "exports",
            "leaks",
            "views",
        }  # the account, and searches of his own
        if "POST" in (rule.methods or ()) and guards.declared(view) != "public" and not own:
            path = app.url_map.bind("").build(
                rule.endpoint, dict.fromkeys(rule.arguments, "0" * 26) | dict(rule.defaults or {}), method="POST"
            )
            assert post(browser, path, {"reason": "x", "evidence": "x"}).status_code in (303, 403, 404), path

    assert count(inspected) == before


@pytest.mark.parametrize("how", ["approve", "reject", "withdraw"])
def test_an_inspector_decides_no_proposal(inspected: World, how: str) -> None:
    with pytest.raises(NotPermitted):
        inspected.database.transact(
            getattr(proposals, how), inspected.caller("inspector"), inspected.investors["proposal"], "同意", inspected.now
        )


def test_when_the_time_is_over_the_session_is_dead_at_once_and_nobody_signs_in(app: Flask, inspected: World) -> None:
    browser = visit(app, "inspector")
    inspected.clock.forward(timedelta(days=29, hours=20))
    late = visit(app, "inspector")
    assert late.get("/home").status_code == 200
    inspected.clock.forward(timedelta(hours=5))

    assert late.get("/home").location.startswith("/sign-in")
    assert browser.get("/log").location.startswith("/sign-in")
    with pytest.raises(AssertionError):
        visit(app, "inspector")


@pytest.mark.parametrize("before", [None, timedelta(0), timedelta(days=92)])
def test_an_inspector_without_a_near_last_day_is_not_even_proposed(world: World, before: timedelta | None) -> None:
    last = None if before is None else world.now + before

    with pytest.raises(Invalid):
        world.database.transact(
            people.propose_staff, world.caller("staff-admin"), "i", "i", Role.INSPECTOR, (), "检查", world.now, before=last
        )
