"""The page on which a day at the desk begins: every number leads to the list that it counts, and each look is recorded."""

import json
import re
from datetime import date, timedelta
from html import unescape

import pytest

from gatekeeper.actions.clients import investors
from gatekeeper.actions.reading import access
from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, RiskCategory, RiskGrade
from gatekeeper.rules.roles import Role
from gatekeeper.store.accounts import sessions
from gatekeeper.store.proof import entries
from tests.library import release
from tests.web.browser import visit
from tests.world import NOW, ZONE


def words(answer) -> str:
    body = answer.text.split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def links(answer) -> list[str]:
    body = answer.text.split("<main", 1)[1].split("</main>", 1)[0]
    return [unescape(each) for each in re.findall(r'href="([^"#]+)"', body)]


@pytest.fixture
def office(world):
    """Somebody in each state that the page counts."""
    for name, days in (("in-10", 10), ("in-45", 45), ("in-80", 80), ("in-100", 100)):
        world.client(name, RiskCategory.C3, last_day=NOW.date() + timedelta(days=days))
    world.client("pro", None, investor_class=InvestorClass.PROFESSIONAL_A, class_last_day=NOW.date() + timedelta(days=20))
    world.client("closed", RiskCategory.C3, last_day=NOW.date() + timedelta(days=5), client=False)
    contract = {"contract_from": NOW - timedelta(days=9), "contract_before": NOW + timedelta(days=50)}
    world.client("contract", RiskCategory.C3, **contract)
    world.client("never", RiskCategory.C3)
    world.database.note(sessions.set_password, world.people["never"], None)
    return world


def test_staff_land_on_it_and_clients_do_not(app, office):
    office.staff("inspector", Role.INSPECTOR)
    for who in ("clients", "reports", "staff-admin", "compliance", "inspector"):
        assert visit(app, who).get("/").location == "/home"
    assert visit(app, "contract").get("/").location == "/reports"


def test_what_lapses_is_counted_and_listed_with_the_nearest_first(app, office):
    clients = visit(app, "clients")

    page = clients.get("/home")
    assert re.search(r"Category 1 .*?2 .*?3 ", words(page))
    assert [each for each in links(page) if "lapsing" in each] == [
        *(f"/lapsing/category/{days}" for days in (30, 60, 90)),
        *(f"/lapsing/class/{days}" for days in (30, 60, 90)),
        *(f"/lapsing/contract/{days}" for days in (60, 90)),
    ]
    listed = words(clients.get("/lapsing/category/90"))
    assert re.findall(r"in-\d+ N-(in-\d+)", listed) == ["in-10", "in-45", "in-80"]
    assert "pro N-pro 上海营业部 2026-12-13" in words(clients.get("/lapsing/class/30"))
    assert "contract N-contract" in words(clients.get("/lapsing/contract/60"))


def test_what_was_renewed_does_not_lapse(app, office):
    renewed = CategoryChange(
        investor=office.investors["in-10"], category=RiskCategory.C3, before=valid_before(date(2028, 11, 23), ZONE)
    )
    office.change("in-10", renewed)

    assert "in-10" not in words(visit(app, "clients").get("/lapsing/category/30"))


def test_whoever_never_set_a_password_is_named_with_the_file_where_a_link_is_issued(app, office):
    clients = visit(app, "clients")

    assert "Clients without a password: 1" in words(clients.get("/home"))
    page = clients.get("/never-activated")
    assert "never never 2026-11-23" in words(page)
    assert f"/admin/investors/{office.investors['never']}" in links(page)


def test_of_two_who_act_for_one_investor_each_is_waited_for(app, office):
    admin, investor = office.caller("clients"), office.investors["never"]
    second = office.database.transact(investors.create_person, admin, "second", "second", office.now)
    office.change("never", investors.MandateChange(investor=investor, person=second, capacity="授权经办人"))

    page = words(visit(app, "clients").get("/never-activated"))
    assert "never never" in page
    assert "second second" in page


def test_whose_mandate_has_ended_is_not_waited_for(app, office):
    with office.database.reading() as connection:
        from_file = investors.store.mandates_of(connection, office.now, person=office.people["never"])[0]
    ended = investors.MandateChange(
        investor=from_file.investor_id, person=from_file.person_id, capacity=from_file.capacity, live=False
    )
    office.change("never", ended)

    assert "Every client has set a password." in words(visit(app, "clients").get("/home"))


def test_reports_and_reasons_refused_most_are_named_to_those_who_may_know(app, office):
    report = release(office, grade=RiskGrade.R5, title="甲号题目")
    for _ in range(3):
        office.database.record(access.open_report, office.caller("contract"), report, office.now, ZONE)
    office.database.record(access.open_report, office.caller("pro"), "0" * 26, office.now, ZONE)

    clients, reports = visit(app, "clients"), visit(app, "reports")
    seen, known = clients.get("/home"), reports.get("/home")

    assert "甲号题目" not in seen.text
    assert "甲号题目 3" in words(known)
    assert f"/admin/reports/{report}" in links(known)
    assert "/refused/category_below_grade" in links(seen)
    assert re.search(r"contract 3 2026-11-23", words(clients.get("/refused/category_below_grade")))
    office.clock.forward(timedelta(days=31))
    assert "Nothing was refused." in words(visit(app, "clients").get("/home"))


def test_what_waits_is_counted_without_ones_own(app, office):
    rise = CategoryChange(
        investor=office.investors["in-45"], category=RiskCategory.C5, before=valid_before(date(2028, 11, 23), ZONE)
    )
    arguments = (office.caller("clients"), office.investors["in-45"], [rise], "测评", "档案", office.now)
    office.database.transact(investors.change, *arguments)

    assert "Nothing waits for you. 1 proposal of your own waits" in words(visit(app, "clients").get("/home"))
    assert "1 proposal waits for you" in words(visit(app, "compliance").get("/home"))
    assert "Nothing waits for you." in words(visit(app, "reports").get("/home"))


def test_approved_reports_that_wait_are_counted_for_those_who_publish_and_listed(app, world):
    admin = visit(app, "reports")
    assert "No approved report waits to be published." in words(admin.get("/home"))
    assert "No approved report waits to be published." in words(admin.get("/admin/reports?state=approved"))
    out, waiting = release(world, title="已经发布"), release(world, title="等待发布", released=False)

    home = admin.get("/home")
    assert "Approved reports that wait to be published: 1" in words(home)
    listed = admin.get(next(each for each in links(home) if "state=approved" in each))
    assert [f"/admin/reports/{each}" in links(listed) for each in (out, waiting)] == [False, True]
    assert "To be published" not in words(visit(app, "compliance").get("/home"))
    assert admin.get("/admin/reports?state=nonsense").status_code == 200


def test_each_look_is_recorded_with_the_list_and_its_rows(app, office):
    clients = visit(app, "clients")
    for path in ("/home", "/lapsing/category/30", "/never-activated", "/refused/not_assessed"):
        assert clients.get(path).status_code == 200

    with office.database.reading() as connection:
        found = entries.search(connection, entries.Filter(kind=Kind.HOME_VIEWED), None, 9)
        data = [json.loads(entries.by_id(connection, row.id).leaf)["data"] for row in found]
    assert [(each["list"], each["rows"]) for each in data] == [
        ("refused not_assessed", 0),
        ("never activated", 1),
        ("lapsing category 30", 1),
        ("home", None),
    ]


@pytest.mark.parametrize(
    "path", ["/lapsing/standing/30", "/lapsing/category/31", "/lapsing/category/x", "/lapsing/category/" + "9" * 99]
)
def test_there_is_no_such_list(app, office, path):
    assert visit(app, "clients").get(path).status_code == 404


def test_an_empty_office_says_so(app, world):
    page = words(visit(app, "compliance").get("/home"))

    assert "Nothing waits for you." in page
    assert page.count("Nothing was refused.") == 2


def test_a_long_list_goes_on_by_key(app, office, monkeypatch):
    monkeypatch.setattr("gatekeeper.actions.home.PAGE", 2)
    clients = visit(app, "clients")

    first = clients.get("/lapsing/category/90")
    following = next(each for each in links(first) if "after=" in each)
    assert re.findall(r"N-(in-\d+)", words(first)) == ["in-10", "in-45"]
    assert re.findall(r"N-(in-\d+)", words(clients.get(following))) == ["in-80"]


def test_more_than_is_counted_is_said_to_be_more(app, office, monkeypatch):
    monkeypatch.setattr("gatekeeper.store.home.COUNTED", 2)
    monkeypatch.setattr("gatekeeper.web.desk.home.COUNTED", 2)

    assert "Category 1 Category, 30 days 2 Category, 60 days more than 2" in words(visit(app, "clients").get("/home"))
