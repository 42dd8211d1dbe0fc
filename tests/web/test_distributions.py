"""Sending a report to many by the page: who sees what of it, what is refused, and the list that may be taken away."""

import csv
import io

import pytest
from flask import Flask

from gatekeeper.actions.publishing import distributing
from gatekeeper.rules.messages.distribution import MOST_NUMBERS, Choice, To
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from tests import audience
from tests.library import release, withdraw
from tests.web.browser import hidden, post, visit
from tests.world import ZONE, World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TITLE, BODY = "储能行业跟踪报告", "招标放量而价格企稳。"


@pytest.fixture
def report(world: World) -> str:
    world.client("c2", RiskCategory.C2)
    world.client("c4", RiskCategory.C4)
    return release(world, RiskGrade.R3)


EVERYBODY = Choice(To.CLIENTS)


def decided(world: World, report: str, choice: Choice = EVERYBODY) -> str:
    id_ = audience.start(world, report, choice)
    world.database.transact(distributing.go_on, id_, world.now, ZONE, has_mail=False)
    world.database.transact(distributing.finish, id_, world.now)
    return id_


def looked(app: Flask, who: str, report: str, **form: str) -> str:
    answer = post(visit(app, who), f"/admin/distributions/new/{report}/preview", form)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_report_admin_sees_numbers_and_compliance_names(app: Flask, world: World, report: str):
    admin = looked(app, "reports", report, to="CLIENTS")
    officer = looked(app, "compliance", report, to="CLIENTS", part="REFUSED/category_below_grade")

    assert "Category does not match the risk grade" in admin
    assert "N-c2" not in admin
    assert "N-c2" in officer
    assert "N-c4" not in officer.partition("Client numbers")[0]
    assert 'formaction="/admin/distributions/new/' in admin
    assert "/sending" not in officer, "compliance sends nothing"


def test_a_list_of_numbers_is_no_way_to_learn_a_clients_category(app: Flask, world: World, report: str):
    admin = looked(app, "reports", report, to="NUMBERS", numbers="N-c2", part="REFUSED/category_below_grade")
    assert "Would not get it" in admin
    assert "Category does not match" not in admin
    shown = (
        visit(app, "reports").get(f"/admin/distributions/{decided(world, report, Choice(To.NUMBERS, numbers=('N-c2',)))}").text
    )
    assert "Category does not match" not in shown

    assert "Category does not match" in looked(app, "compliance", report, to="NUMBERS", numbers="N-c2")


def test_numbers_are_counted_once_and_what_is_not_on_file_is_said(app: Flask, world: World, report: str):
    page = looked(app, "reports", report, to="NUMBERS", numbers="N-c2, N-c4\nN-c4；N-999\t=1+1")

    assert "Client numbers that are not on file: 2" in page
    assert "counted once: 1" in page
    assert "On the list: 2" in page


BAD = [
    ({}, "Please choose to whom the report goes."),
    ({"to": "EVERYBODY"}, "Please choose to whom the report goes."),
    ({"to": "BRANCH"}, "Please choose one of the list."),
    ({"to": "CLASS", "class": "GOLD"}, "Please choose one of the list."),
    ({"to": "CATEGORY", "category": "C9"}, "Please choose one of the list."),
    ({"to": "NUMBERS"}, "Please give at least one client number."),
    ({"to": "NUMBERS", "numbers": "x" * 41}, "is no client number: it is too long"),
    ({"to": "NUMBERS", "numbers": "\n".join(map(str, range(MOST_NUMBERS + 1)))}, "These are more than 20000 client numbers."),
    ({"to": "BRANCH", "branch": "nowhere\x00"}, ""),
]


@pytest.mark.parametrize(("form", "said"), BAD)
def test_what_cannot_be_used_is_said_and_nothing_begins(app: Flask, world: World, report: str, form, said):
    for path in ("preview", "sending"):
        answer = post(visit(app, "reports"), f"/admin/distributions/new/{report}/{path}", form)
        assert answer.status_code in ((400,) if said else (200, 400)), path
        assert said in answer.text
    assert "No report has been sent to many yet." in visit(app, "reports").get("/admin/distributions").text


def test_a_million_numbers_are_refused_before_they_are_read(app: Flask, report: str):
    numbers = "\n".join(f"{number:07d}" for number in range(1_000_000))
    answer = post(visit(app, "reports"), f"/admin/distributions/new/{report}/preview", {"to": "NUMBERS", "numbers": numbers})
    assert answer.status_code == 413


@pytest.mark.parametrize("content", ["客户编号,备注\nN-c4,x\n'N-c2,y\n", "N-c4\nN-c2\n", "name;client_number\nx;N-c4\ny;N-c2\n"])
def test_numbers_come_from_a_file_too(app: Flask, report: str, content: str):
    browser = visit(app, "reports")
    form = {"csrf_token": hidden(browser.get("/account").text), "to": "NUMBERS", "file": (io.BytesIO(content.encode()), "n.csv")}
    page = browser.post(f"/admin/distributions/new/{report}/preview", data=form, content_type="multipart/form-data").text

    assert "On the list: 2" in page
    assert "N-c4\nN-c2" in page.replace("\r", ""), "they stand in the form, to be sent"


def test_a_report_that_is_not_out_is_sent_to_nobody(app: Flask, world: World, report: str):
    withdraw(world, report)
    browser = visit(app, "reports")
    assert post(browser, f"/admin/distributions/new/{report}/sending", {"to": "CLIENTS"}).status_code == 409
    assert "Send to clients" not in browser.get(f"/admin/reports/{report}").text


def test_begun_halted_and_gone_on_by_the_page(app: Flask, world: World, report: str):
    browser, officer = visit(app, "reports"), visit(app, "compliance")
    assert "Send to clients" in browser.get(f"/admin/reports/{report}").text
    begun = post(browser, f"/admin/distributions/new/{report}/sending", {"to": "CLIENTS"})
    page = browser.get(begun.location).text
    assert "Halt at once" in page
    assert "Together: 2" in page

    assert post(officer, f"{begun.location}/halt", {}).status_code == 303
    refused = post(browser, f"{begun.location}/resumption", {})
    assert "only compliance lets it go on" in refused.text
    assert post(officer, f"{begun.location}/resumption", {}).status_code == 303
    assert "Halt at once" in browser.get(begun.location).text


def test_the_decided_list_is_the_only_one_that_leaves_and_it_is_inert(app: Flask, world: World, report: str):
    world.client('=HYPERLINK("x")', RiskCategory.C4)
    officer, id_ = visit(app, "compliance"), audience.start(world, report, Choice(To.CLIENTS))
    assert post(officer, f"/admin/distributions/{id_}/list", {"format": "csv"}).status_code == 409, "not decided yet"
    world.database.transact(distributing.go_on, id_, world.now, ZONE, has_mail=False)

    file = post(officer, f"/admin/distributions/{id_}/list", {"format": "csv"})
    text = file.data.decode("utf-8-sig")
    file.close()
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 4
    assert sorted(row[2] for row in rows[1:]) == ['\'=HYPERLINK("x")', "c2", "c4"]
    assert "@example.com" not in text
    assert "Decided list of a distribution taken away" in officer.get("/log?kind=distribution.exported").text
    for who in ("reports", "clients", "c4"):
        assert post(visit(app, who), f"/admin/distributions/{id_}/list", {"format": "csv"}).status_code == 403


# ------------------------------------------------------------------------------------------------------------------- the client


def test_the_inbox_has_titles_only_of_what_may_be_read_at_that_moment(app: Flask, world: World, report: str):
    decided(world, report)
    reader, other = visit(app, "c4"), visit(app, "c2")
    page = reader.get("/inbox").text
    assert TITLE in page
    assert ">New<" in page
    assert TITLE not in other.get("/inbox").text

    withdraw(world, report)
    page = reader.get("/inbox").text
    assert TITLE not in page
    assert "A report that you may not read at present." in page


def test_a_link_that_is_passed_on_opens_on_the_openers_own_decision(app: Flask, world: World, report: str):
    decided(world, report)
    stranger, other = app.test_client(), visit(app, "c2")
    for method in (stranger.get, stranger.head):
        answer = method(f"/reports/{report}")
        assert (answer.status_code, answer.location) == (303, f"/sign-in?next=/reports/{report}")
        assert TITLE not in answer.text
    page = stranger.get(f"/sign-in?next=/reports/{report}")
    assert TITLE not in page.text
    assert "og:" not in page.text

    refused = other.get(f"/reports/{report}")
    assert refused.status_code == 403
    for secret in (TITLE, BODY, "推荐"):
        assert secret not in refused.text


def test_subscriptions_are_offered_from_what_may_be_read_and_end_at_once(app: Flask, world: World, report: str):
    reader, other = visit(app, "c4"), visit(app, "c2")
    assert "方启铭" in reader.get("/subscriptions").text
    assert "方启铭" not in other.get("/subscriptions").text, "nothing of what may not be read"
    wish = {"topic": "ANALYST", "value": audience.ANALYST}
    assert post(other, "/subscriptions", wish).status_code == 400
    assert post(reader, "/subscriptions", wish).status_code == 303
    assert post(reader, "/subscriptions", wish).status_code == 303
    assert reader.get("/subscriptions").text.count("Unsubscribe") == 1

    assert set(audience.states(world, audience.start(world, report, Choice(To.SUBSCRIBERS)))) == {"c4"}
    post(reader, "/subscriptions/ending", wish)
    assert "You subscribe to nothing yet." in reader.get("/subscriptions").text
    for bad in ({}, {"topic": "X", "value": "y"}, {"topic": "KIND", "value": "z" * 300}):
        assert post(reader, "/subscriptions", bad).status_code == 400
