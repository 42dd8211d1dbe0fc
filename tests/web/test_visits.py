"""Coming back: what is new, where one was, and, for whoever is shut out, since when."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.rules import consent
from gatekeeper.rules.changes import CategoryChange, MandateChange, StandingChange
from gatekeeper.rules.policy import last_day_after, valid_before
from gatekeeper.rules.risk import InvestorClass, InvestorKind, RiskCategory, RiskGrade
from tests.library import release, withdraw
from tests.web.browser import post, visit
from tests.web.test_client import accept, data, last, statement
from tests.world import ZONE

TITLE, OTHER = "钠离子电池产业链深度", "国债市场周报"
NEW = re.compile(r"<h2><a [^>]*>([^<]+)</a></h2>\s*<div class=\"tags\">\s*<span class=\"tag tag-info\">New</span>")


@pytest.fixture
def c4(world, app):
    world.client("c4", RiskCategory.C4)
    return visit(app, "c4")


def panel(page):
    """What stands under the heading of where one was."""
    return page.partition("Go on where you were")[2].partition("</section>")[0]


def category(world, name, wanted):
    before = valid_before(world.now.date() + timedelta(days=400), ZONE)
    world.change(name, CategoryChange(investor=world.investors[name], category=wanted, before=before))


# -------------------------------------------------------------------------------------------------------------- what is new


def test_what_came_out_since_the_last_visit_is_marked_until_it_has_been_met(world, app, c4):
    release(world, title=OTHER)
    world.clock.forward(timedelta(minutes=2))  # when somebody was seen last is noted once a minute
    first = c4.get("/reports").text
    assert NEW.findall(first) == []
    assert "last visit" not in first, "nobody is told of a visit that never was"

    world.clock.forward(timedelta(days=1))
    report = release(world, title=TITLE)
    again = visit(app, "c4")
    listed = again.get("/reports").text
    assert NEW.findall(listed) == [TITLE]
    assert "You were last here on" in listed

    accept(again, report)
    listed = again.get("/reports").text
    assert NEW.findall(listed) == []
    assert "Nothing has come out since your last visit on" in listed


def test_a_visit_for_one_investor_is_none_for_the_other(world, app):
    world.client("person", RiskCategory.C4)
    world.client("fund", None, investor_class=InvestorClass.PROFESSIONAL_A, kind=InvestorKind.INSTITUTION)
    world.change("fund", MandateChange(investor=world.investors["fund"], person=world.people["person"], capacity="经办人"))
    earlier = visit(app, "person")
    post(earlier, "/investor", {"investor": world.investors["person"]})
    world.clock.forward(timedelta(days=1))
    release(world, title=TITLE)
    browser = visit(app, "person")

    post(browser, "/investor", {"investor": world.investors["fund"]})
    assert "last visit" not in browser.get("/reports").text
    post(browser, "/investor", {"investor": world.investors["person"]})
    assert NEW.findall(browser.get("/reports").text) == [TITLE]


# ------------------------------------------------------------------------------------------------------------- where one was


def test_the_list_leads_on_to_the_report_opened_last_that_may_still_be_read(world, c4):
    assert panel(c4.get("/reports").text) == ""
    calm, risky = release(world, RiskGrade.R1, title=OTHER), release(world, RiskGrade.R4, title=TITLE)
    accept(c4, calm)
    accept(c4, risky)
    page = c4.get("/reports").text
    assert (TITLE in panel(page), OTHER in panel(page)) == (True, False)
    assert data(last(world, kind="reports.listed"))["opened_last"] == [[risky, "PERMIT"]]
    assert panel(c4.get("/reports?q=x").text) == ""

    category(world, "c4", RiskCategory.C2)
    page = c4.get("/reports").text
    assert OTHER in panel(page)
    assert TITLE not in page

    withdraw(world, calm)
    page = c4.get("/reports").text
    assert panel(page) == ""
    category(world, "c4", RiskCategory.C4)
    assert TITLE in panel(c4.get("/reports").text)


def test_where_one_was_for_an_investor_is_not_where_one_was_for_another(world, app):
    world.client("person", RiskCategory.C5)
    world.client("fund", None, investor_class=InvestorClass.PROFESSIONAL_A, kind=InvestorKind.INSTITUTION)
    world.change("fund", MandateChange(investor=world.investors["fund"], person=world.people["person"], capacity="经办人"))
    browser = visit(app, "person")
    post(browser, "/investor", {"investor": world.investors["fund"]})
    accept(browser, release(world, title=TITLE))

    post(browser, "/investor", {"investor": world.investors["person"]})
    assert panel(browser.get("/reports").text) == ""


# ---------------------------------------------------------------------------------------------------- several investors of one


def test_a_colleague_of_an_institution_inherits_nothing_for_the_private_account(world, app):
    """A fund manager's employee, privately a C2: what the fund may read, its statement and its record stay the fund's."""
    world.client("employee", RiskCategory.C2)
    world.client("fund", None, investor_class=InvestorClass.PROFESSIONAL_A, kind=InvestorKind.INSTITUTION)
    world.change("fund", MandateChange(investor=world.investors["fund"], person=world.people["employee"], capacity="研究员"))
    report, browser = release(world, RiskGrade.R5, title=TITLE), visit(app, "employee")
    post(browser, "/investor", {"investor": world.investors["fund"]})
    accept(browser, report)
    post(browser, f"/reports/{report}/bookmark", {})
    code, opening = last(world, kind="report.opened").code, last(world, kind="report.opened")
    assert (opening.person, opening.investor) == (world.people["employee"], world.investors["fund"])
    assert "For investor: fund" in browser.get("/reports").text

    post(browser, "/investor", {"investor": world.investors["employee"]})
    assert browser.get(f"/reports/{report}").status_code == 403
    assert browser.get(f"/reports/{report}/statement").status_code == 403
    assert post(browser, f"/reports/{report}/bookmark", {}).status_code == 403
    assert browser.get(f"/record/receipts/{code}").status_code == 404
    for path in ("/reports", "/reports?q=" + TITLE[:4], "/bookmarks", "/record"):
        page = browser.get(path).text
        assert "For investor: fund" not in page
        assert TITLE not in page
        assert f'href="/reports/{report}"' not in page


# ------------------------------------------------------------------------------------------------------------- the shut out


def shut(world, name, **standing):
    wanted = {"client": True, "profile_complete": True, "branch": "上海营业部", "contact": "021-5550 0100", **standing}
    world.change(name, StandingChange(investor=world.investors[name], **wanted))


@pytest.mark.parametrize(
    ("standing", "sentence"),
    [
        ({"suspended": True}, "Your account has been suspended since 2026-11-24, so no report can be opened."),
        ({"client": False}, "Since 2026-11-24 you have not been on file as a client of 明澈证券."),
        ({"closed": True}, "Since 2026-11-24 you have not been on file as a client of 明澈证券."),
        ({"profile_complete": False}, "Your details on file have been incomplete since 2026-11-24, so no report can be opened."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_whoever_is_shut_out_is_told_what_is_so_since_when_and_who_can_help(world, app, c4, standing, sentence):
    release(world, title=TITLE)
    world.clock.forward(timedelta(days=1))
    shut(world, "c4", **standing)
    world.clock.forward(timedelta(hours=1))
    shut(world, "c4", **standing, contact="021-5550 0199")  # something else on file changes: it is still so since the first day

    browser = visit(app, "c4")
    for path in ("/reports", "/bookmarks", "/record"):
        page = browser.get(path).text
        assert page.count('<div class="notice error" role="alert">') == 1
        assert sentence in page
        assert "021-5550 0199" in page
        assert TITLE not in page


def test_whoever_was_let_in_meanwhile_is_told_of_the_last_time(world, app):
    world.client("c4")
    for suspended in (True, False, True):
        world.clock.forward(timedelta(days=1))
        shut(world, "c4", suspended=suspended)

    assert "suspended since 2026-11-26" in visit(app, "c4").get("/reports").text


def test_a_client_who_never_was_one_is_not_told_since_when(world, app):
    world.client("nobody", RiskCategory.C3, client=False, complete=False)
    page = visit(app, "nobody").get("/reports").text

    assert "You are not on file as a client of 明澈证券 at present." in page
    assert "since" not in page.partition("<main")[2].partition("</main>")[0].lower()


# ------------------------------------------------------------------------------------------------------------ how long it holds


def test_my_record_says_until_when_acceptances_serve(world, c4):
    assert "None that serves at present" in c4.get("/record").text
    for grade in (RiskGrade.R1, RiskGrade.R3):
        accept(c4, release(world, grade))
        world.clock.forward(timedelta(hours=1))
    page = c4.get("/record").text
    assert "2 reports: the first acceptance serves to <time" in page
    assert 'datetime="2027-11-23"' in page
    assert "An acceptance serves its report for 12 months" in page

    category(world, "c4", RiskCategory.C3)
    assert "None that serves at present" in c4.get("/record").text, "it was given under another category"


def test_my_record_says_what_happens_when_the_contract_ends(world, app):
    now = world.now
    world.client("contract", RiskCategory.C3, contract_from=now, contract_before=valid_before(date(2027, 3, 1), ZONE))
    page = visit(app, "contract").get("/record").text

    assert "In force to <time" in page
    assert 'datetime="2027-03-01"' in page
    assert "Reports for clients with a research service contract are no longer open to you." in page


@given(today=st.dates(date(2020, 1, 1), date(2040, 12, 31)), months=st.integers(1, 36))
def test_the_first_day_that_serves_is_the_first(today, months):
    first = consent.first_day_serving(today, months)

    assert last_day_after(first, months) >= today
    assert last_day_after(first - timedelta(days=1), months) < today


# ---------------------------------------------------------------------------------------------------------- the light hand


def test_the_light_hand_shows_the_key_sentence_one_button_and_the_words_one_tap_away(world, c4):
    accept(c4, release(world, RiskGrade.R1))
    second = release(world, RiskGrade.R1, title=TITLE)
    page = statement(c4, second)

    assert "I make my own investment decisions" in page
    assert "One button is enough this time." in page
    assert "<summary>The words in full</summary>" in page
    assert 'type="checkbox"' not in page
    opened = accept(c4, second).text
    serving = data(last(world, kind="statement.accepted"))["serving"]
    assert f'href="/record/words/{serving}"' in opened
    assert "acceptance" in data(last(world, kind="report.opened"))["facts"]
