"""Whoever was handed a colleague's link tries to be two people: through the pages, the command line, and by hand."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from gatekeeper.actions.accounts import people
from gatekeeper.actions.clients import investors
from gatekeeper.ledger.acts.propose import propose
from gatekeeper.rules.changes import CategoryChange, StatementChange
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store import proposals
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.people import Classification, OneTimeLink
from tests.web.browser import hidden, post, visit
from tests.world import PASSWORD, World

BARRED = "one was handed the other's one-time link in the last 30 days"


def activate(app: Flask, page: str, password: str = PASSWORD) -> FlaskClient:
    """Use the link that stands on a page, as whoever holds it."""
    path = page[page.index("/activate/") :][: len("/activate/") + 26]
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    form = {"csrf_token": hidden(client.get(path).text), "password": password}
    assert client.post(path, data=form).status_code == 303
    return client


def waiting(world: World, kind: str) -> str:
    with world.database.reading() as connection:
        return str(proposals.listed(connection, [kind], waiting=True, after=None, limit=10)[-1].id)


def count(world: World, table) -> int:
    with world.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def propose_rise(world: World, login: str) -> str:
    """What somebody proposes who has signed in under this name, whoever that is."""
    with world.database.reading() as connection:
        world.people[login] = sessions.account(connection, login, world.now).person
    rise = CategoryChange(
        investor=world.investors["c2"], category=RiskCategory.C5, before=world.clock.moment + timedelta(days=300)
    )
    arguments = (world.caller(login), world.investors["c2"], [rise], "复评", "档案", world.now)
    world.database.transact(investors.change, *arguments)
    return waiting(world, "classification")


@pytest.fixture
def reset(world: World) -> World:
    """A client to raise, and a second client admin so that one of them can be reset."""
    world.client("c2", RiskCategory.C2)
    world.staff("clients-2", Role.ADMIN, Grant.CLIENTS)
    return world


def test_the_approver_of_a_reset_takes_the_account_over_and_gets_nothing_through(app: Flask, reset: World) -> None:
    """Proposer and approver would be one person: the officer who was handed the admin's link."""
    admin, officer = visit(app, "staff-admin"), visit(app, "compliance")
    path = f"/admin/staff/{reset.people['clients']}/reset"
    assert post(admin, path, {"reason": "忘记密码"}).status_code == 303
    given = post(officer, f"/proposals/{waiting(reset, 'staff')}/approval", {"reason": "核实身份"})
    stolen = activate(app, given.text, "a password of the officer's own")
    assert stolen.get("/admin/investors").status_code == 200
    proposal = propose_rise(reset, "clients")
    before = count(reset, Classification)

    page = officer.get(f"/proposals/{proposal}").text
    assert BARRED in page.replace("&#39;", "'")
    assert ">Approve<" not in page
    for how in ("approval", "rejection"):
        answer = post(officer, f"/proposals/{proposal}/{how}", {"reason": "同意"})
        assert answer.status_code == 403
        assert BARRED in answer.text.replace("&#39;", "'")
    forged = {"reason": "x", "proposed_by": reset.people["clients-2"], "person": reset.people["compliance-2"]}
    assert post(officer, f"/proposals/{proposal}/approval", forged).status_code == 403
    assert count(reset, Classification) == before
    reset.clock.forward(timedelta(minutes=1))
    assert post(visit(app, "compliance-2"), f"/proposals/{proposal}/approval", {"reason": "同意"}).status_code == 303


def test_the_reset_link_of_the_approver_makes_nobody_two_people(app: Flask, reset: World) -> None:
    """An officer proposes new words, is handed the other officer's reset link, and approves as that one."""
    holder = visit(app, "compliance")
    words = StatementChange(text_zh="新的声明\n同意。", text_en="A new statement\nAgreed.")
    asked = (reset.caller("compliance"), "statement", [words], {}, "新版", "", reset.now)
    own = reset.database.transact(propose, *asked)
    arguments = (reset.caller("staff-admin"), reset.people["compliance-2"], "忘记密码", reset.now)
    proposed = reset.database.transact(people.propose_reset, *arguments)
    given = post(holder, f"/proposals/{proposed.id}/approval", {"reason": "核实身份"})
    stolen = activate(app, given.text)

    answer = post(stolen, f"/proposals/{own.id}/approval", {"reason": "同意"})

    assert answer.status_code == 403
    assert BARRED in answer.text.replace("&#39;", "'")
    reset.clock.forward(timedelta(days=30, minutes=1))
    assert post(visit(app, "compliance-2"), f"/proposals/{own.id}/approval", {"reason": "同意"}).status_code in (303, 409)


def test_a_colleague_made_for_the_purpose_is_of_no_use_through_the_pages(app: Flask, reset: World) -> None:
    admin, officer = visit(app, "staff-admin"), visit(app, "compliance")
    form = {"name": "分身", "login": "puppet", "role": "ADMIN", "grants": "CLIENTS", "reason": "人手不足"}
    assert post(admin, "/admin/staff/new", form).status_code == 303
    given = post(officer, f"/proposals/{waiting(reset, 'staff')}/approval", {"reason": "同意"})
    activate(app, given.text)

    proposal = propose_rise(reset, "puppet")

    assert post(officer, f"/proposals/{proposal}/approval", {"reason": "同意"}).status_code == 403
    reset.clock.forward(timedelta(days=29))
    officer = visit(app, "compliance")
    assert post(officer, f"/proposals/{proposal}/approval", {"reason": "同意"}).status_code == 403
    assert "For another person" in officer.get("/proposals").text


def test_a_client_admin_makes_no_link_for_staff_and_no_reset(app: Flask, reset: World) -> None:
    admin, before = visit(app, "clients"), count(reset, OneTimeLink)

    for person in ("compliance", "staff-admin", "clients", "clients-2"):
        id_ = reset.people[person]
        assert post(admin, f"/admin/staff/{id_}/reset", {"reason": "x"}).status_code == 403
        assert post(admin, f"/admin/investors/{reset.investors['c2']}/persons/{id_}/link", {}).status_code == 404
    assert count(reset, OneTimeLink) == before


def test_a_link_is_never_shown_twice_nor_to_anybody_else(app: Flask, reset: World) -> None:
    admin, officer, other = visit(app, "staff-admin"), visit(app, "compliance"), visit(app, "compliance-2")
    post(admin, f"/admin/staff/{reset.people['clients']}/reset", {"reason": "忘记密码"})
    proposal = waiting(reset, "staff")
    given = post(officer, f"/proposals/{proposal}/approval", {"reason": "核实身份"})

    assert given.headers["Cache-Control"] == "no-store"
    assert given.headers["Referrer-Policy"] == "no-referrer"
    assert "/activate/" in given.text
    for browser, path in [
        (officer, f"/proposals/{proposal}"),
        (other, f"/proposals/{proposal}"),
        (admin, f"/proposals/{proposal}"),
        (admin, "/admin/staff"),
        (admin, f"/admin/staff/{reset.people['clients']}"),
    ]:
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "/activate/" not in answer.text


def test_the_second_approval_of_a_reset_gives_no_second_link(app: Flask, reset: World) -> None:
    admin, officer, other = visit(app, "staff-admin"), visit(app, "compliance"), visit(app, "compliance-2")
    post(admin, f"/admin/staff/{reset.people['clients']}/reset", {"reason": "忘记密码"})
    path = f"/proposals/{waiting(reset, 'staff')}/approval"

    assert [post(each, path, {"reason": "x"}).status_code for each in (officer, other, officer)] == [200, 409, 409]
    assert count(reset, OneTimeLink) == 1
    assert post(other, f"/proposals/{propose_rise(reset, 'clients')}/approval", {"reason": "x"}).status_code == 303
