"""Declaring a change on the pages: told before, asked once more, nothing lost; and the firm's side of it."""

import html
import re
from datetime import timedelta

import pytest

from gatekeeper.rules.risk import RiskCategory, RiskGrade
from tests import assessed
from tests.library import release
from tests.web.browser import hidden, post, visit
from tests.web.test_compliance import ledger
from tests.web.test_timelines import plain

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def client(app, world):
    assessed.install(world)
    world.client("wang", RiskCategory.C3)
    return visit(app, "wang")


def outlook(client, *topics, note=""):
    return post(client, "/record/changes/outlook", {"topics": list(topics), "note": note})


def confirm(client, page, *topics, note=""):
    form = {"topics": list(topics), "note": note, "seen": hidden(page.text, "seen")}
    return post(client, "/record/changes", form, page=page.text)


def test_the_page_says_before_exactly_what_will_happen_and_asks_once_more(client, world):
    before = [entry.kind for entry in ledger(world)]

    page = outlook(client, "FINANCES", note="收入<b>下降")

    words = plain(page.text)
    assert "Your risk tolerance, C3 Steady, valid to 2028-11-23, no longer counts from the moment you confirm." in words
    assert "Until you have been assessed again, no report is open to you." in words
    assert "You can begin a new assessment at once." in words
    assert "收入&lt;b&gt;下降" in page.text
    assert [entry.kind for entry in ledger(world)][len(before) :] == ["declaration.viewed"]
    done = confirm(client, page, "FINANCES", note="收入<b>下降")
    assert (done.status_code, done.location) == (303, "/assessment")
    assert "Your assessment no longer counts from now on" in plain(client.get(done.location).text)
    assert "收入<b>下降" in html.unescape(client.get("/record/changes").text)


def test_contact_alone_changes_nothing_and_says_so(client):
    page = outlook(client, "CONTACT")

    assert "Your assessment stays as it is." in plain(page.text)
    assert confirm(client, page, "CONTACT").location == "/record"
    assert "somebody at the firm will look at it" in plain(client.get("/record").text)


def test_a_mistake_is_said_and_what_was_typed_stays(client):
    answer = outlook(client, note="已经换了工作")

    assert answer.status_code == 400
    assert "Please choose what has changed." in plain(answer.text)
    assert "已经换了工作" in answer.text
    both = outlook(client, "CONTACT", "WORK", note="x")
    assert both.status_code == 400
    assert len(re.findall(r'value="(?:CONTACT|WORK)"[^>]*checked', both.text)) == 2


def test_a_page_that_is_out_of_date_is_told_anew_and_nothing_is_done(client, world):
    page = outlook(client, "WORK")
    confirm(client, outlook(client, "FINANCES"), "FINANCES")
    world.clock.forward(timedelta(minutes=1))

    answer = confirm(client, page, "WORK", note="换了工作")

    assert answer.status_code == 409
    assert "Your file has changed since this page was made." in plain(answer.text)
    assert "No assessment of yours is in force at present, so none ends." in plain(answer.text)
    assert "换了工作" in answer.text
    assert [entry.kind for entry in ledger(world)].count("declaration.made") == 1


def test_a_refusal_by_category_leads_here_and_coaches_nobody(client, world):
    high = release(world, RiskGrade.R5, notice="R5 高")

    page = client.get(f"/reports/{high}").text

    assert '<a href="/record/changes">If your circumstances have changed, please tell us.</a>' in page
    assert "/assessment" not in page.partition("<main")[2]
    assert 'href="/record/changes"' in client.get("/record").text


def test_staff_see_it_on_home_and_file_and_mark_it_as_looked_at(app, client, world):
    confirm(client, outlook(client, "CAPACITY", note="母亲代办"), "CAPACITY", note="母亲代办")
    officer, keeper = visit(app, "compliance"), visit(app, "clients")
    file = f"/admin/investors/{world.investors['wang']}"

    assert "Declared changes to look at: 1" in plain(officer.get("/home").text)
    assert "Legal capacity" in plain(keeper.get("/declared").text)
    page = keeper.get(file).text
    assert "母亲代办" in page
    address = re.search(r'action="(/investors/\w+/declarations/\w+/check)"', page)[1]
    assert post(visit(app, "reports"), address, {}).status_code == 403
    assert post(keeper, address, {"note": "已核实"}).location == file
    assert "Looked at by clients" in plain(keeper.get(file).text)
    assert "No declaration waits." in plain(officer.get("/declared").text)
    for wrong in (address.replace("/check", "x/check"), "/investors/x/declarations/y/check"):
        assert post(keeper, wrong, {}).status_code == 404
    history = plain(officer.get(f"/log/investors/{world.investors['wang']}?group=notices").text)
    assert "wang declared that circumstances of wang had changed." in history
    assert "clients marked a declaration about wang as looked at." in history
