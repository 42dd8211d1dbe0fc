"""Bookmarks: set and removed by a button, decided again at every look, and kept apart by investor."""

import re
import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from gatekeeper.actions.reading import access, bookmarks
from gatekeeper.rules.changes import CategoryChange, MandateChange, StandingChange
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, InvestorKind, RiskCategory, RiskGrade
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store.reading.bookmarks import Bookmark
from tests import corrected
from tests.library import release, withdraw
from tests.web.browser import post, visit
from tests.web.test_client import accept, data, kinds, last
from tests.world import ZONE

TITLE = "钠离子电池产业链深度"


def add(browser, report, **form):
    return post(browser, f"/reports/{report}/bookmark", form)


def remove(browser, report, **form):
    return post(browser, f"/reports/{report}/bookmark/removal", form)


def rows(world):
    with world.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(Bookmark)).scalar_one()


def category(world, name, wanted):
    before = valid_before(world.now.date() + timedelta(days=400), ZONE)
    world.change(name, CategoryChange(investor=world.investors[name], category=wanted, before=before))


@pytest.fixture
def c3(world, app):
    world.client("c3", RiskCategory.C3)
    return visit(app, "c3")


def test_a_report_is_bookmarked_without_its_statement_and_the_bookmark_is_removed(world, c3):
    report = release(world, title=TITLE)

    assert "You have no bookmarked report." in c3.get("/bookmarks").text
    added = add(c3, report, next="/reports?q=x")
    assert (added.status_code, added.location) == (303, "/reports?q=x")
    entry = last(world, kind="report.bookmarked")
    assert (entry.report, entry.action, entry.outcome) == (report, "BOOKMARK", "PERMIT")
    assert entry.code in c3.get("/reports").text, "the list says under which code"
    assert TITLE in c3.get("/bookmarks").text
    assert data(last(world, kind="reports.listed"))["bookmarked"] is True
    assert data(last(world, kind="reports.listed"))["shown"] == [[report, "ACKNOWLEDGE"]]
    assert f'action="/reports/{report}/bookmark/removal"' in c3.get("/reports").text

    assert remove(c3, report).location == "/bookmarks"
    assert (last(world, kind="bookmark.removed").report, rows(world)) == (report, 2)
    assert TITLE not in c3.get("/bookmarks").text
    assert add(c3, report).location == "/bookmarks"
    assert TITLE in c3.get("/bookmarks").text


def test_the_report_itself_has_the_button(world, c3):
    report = release(world)

    assert f'action="/reports/{report}/bookmark"' in accept(c3, report).text
    assert add(c3, report, next=f"/reports/{report}").location == f"/reports/{report}"

    kept = c3.get(f"/reports/{report}").text
    assert "Bookmark this report" not in kept
    assert "Bookmarked</span>" in kept
    assert "Bookmarked</span>" in c3.get("/reports").text
    assert f'action="/reports/{report}/bookmark/removal"' in kept


def test_pressed_twice_it_is_one_bookmark_and_one_removal(world, c3):
    report = release(world)
    for _ in range(2):
        assert add(c3, report).status_code == 303
    assert "among your bookmarks already" in c3.get("/bookmarks").text
    for _ in range(2):
        assert remove(c3, report).status_code == 303

    assert [kind for kind in kinds(world, report=report) if "bookmark" in kind] == ["report.bookmarked", "bookmark.removed"]
    assert rows(world) == 2


def test_two_presses_at_one_moment_are_one_bookmark(world):
    world.client("c3", RiskCategory.C3)
    report, caller, now = release(world), world.caller("c3"), world.now
    answers = []

    def press():
        answers.append(world.database.transact(bookmarks.add, caller, report, now, ZONE))

    together = [threading.Thread(target=press) for _ in range(6)]
    for each in together:
        each.start()
    for each in together:
        each.join()

    assert [answer.decision.outcome for answer in answers] == [Outcome.PERMIT] * 6
    assert (rows(world), kinds(world, report=report).count("report.bookmarked")) == (1, 1)


def test_a_mismatched_reader_bookmarks_nothing_and_is_told_why(world, app):
    world.client("c2", RiskCategory.C2)
    report = release(world, title=TITLE)
    refused = add(visit(app, "c2"), report)

    assert refused.status_code == 403
    assert "risk grade is R3" in refused.text
    assert TITLE not in refused.text
    entry = last(world, kind="report.refused")
    assert (entry.action, entry.reason, entry.code in refused.text) == ("BOOKMARK", "category_below_grade", True)
    assert rows(world) == 0


def test_what_may_no_longer_be_read_is_a_number_and_comes_back_when_it_may(world, app):
    world.client("c4", RiskCategory.C4)
    browser = visit(app, "c4")
    risky, calm = release(world, RiskGrade.R4, title=TITLE), release(world, RiskGrade.R1, title="国债市场周报")
    for report in (risky, calm):
        add(browser, report)

    category(world, "c4", RiskCategory.C2)
    listed = browser.get("/bookmarks").text
    assert "国债市场周报" in listed
    assert "1 of your bookmarked reports cannot be shown at present." in listed
    assert TITLE not in listed
    assert risky not in listed
    assert data(last(world, kind="reports.listed"))["hidden"] == 1
    assert browser.get(f"/reports/{risky}").status_code == 403

    category(world, "c4", RiskCategory.C4)
    listed = browser.get("/bookmarks").text
    assert TITLE in listed
    assert "cannot be shown" not in listed

    withdraw(world, risky)
    listed = browser.get("/bookmarks").text
    assert TITLE not in listed
    assert "1 of your bookmarked reports" in listed
    assert "This report was withdrawn on 2026-11-23. Nobody can open it any more." in re.sub(r"<[^>]*>", "", listed)


def test_a_closed_report_is_a_date_and_a_grade_and_can_still_be_removed(world, app):
    world.client("c4", RiskCategory.C4)
    browser = visit(app, "c4")
    report = release(world, RiskGrade.R4, title=TITLE)
    accept(browser, report)
    add(browser, report)
    category(world, "c4", RiskCategory.C2)

    listed = browser.get("/bookmarks").text
    main = listed.partition("<main")[2].partition("</main>")[0]
    assert "Bookmarked on 2026-11-23" in re.sub(r"<[^>]*>", "", main)
    assert "R4" in main
    assert "This report is closed to you at present." in main
    for said in (TITLE, report, "明澈证券", "方启铭", "行业点评", "推荐"):
        assert said not in main, said
    assert data(last(world, kind="reports.listed"))["closed"] == [report]
    assert TITLE not in browser.get("/reports", query_string={"q": "钠离子"}).text.partition("<main")[2].replace("“钠离子”", "")
    assert TITLE in browser.get("/record").text, "what was lawfully opened keeps its title in one's own record"

    code = last(world, kind="report.bookmarked").code
    assert f'action="/bookmarks/{code}/removal"' in main
    world.client("other", RiskCategory.C4)
    other = visit(app, "other")
    for browser_, wrong in ((other, code), (browser, "0" * 12), (browser, last(world, kind="report.opened").code)):
        assert post(browser_, f"/bookmarks/{wrong}/removal", {}).status_code == 303
    assert rows(world) == 1, "another's code, a made-up one and one of another kind remove nothing"
    assert post(browser, f"/bookmarks/{code}/removal", {"next": "/bookmarks"}).location == "/bookmarks"
    assert (last(world, kind="bookmark.removed").report, rows(world)) == (report, 2)
    assert "Bookmarked on" not in browser.get("/bookmarks").text


def test_the_record_names_only_what_was_opened_and_only_as_it_was_called_then(world, app):
    world.client("c4", RiskCategory.C4)
    browser = visit(app, "c4")
    add(browser, release(world, RiskGrade.R4, title=TITLE))
    browser.get(f"/reports/{release(world, RiskGrade.R5, title=TITLE)}")
    report = corrected.published(world)
    accept(browser, report)
    add(browser, report)
    world.clock.forward(timedelta(minutes=1))
    corrected.published(world, corrected.file("52%", title="更名之后的报告"), corrects=report)

    assert browser.get(f"/reports/{report}").status_code == 303, "the new version asks for its statement first"
    kept = browser.get("/bookmarks").text
    assert "更名之后的报告" in kept
    assert "A newer version has come out since you bookmarked it." in kept
    record = browser.get("/record").text
    assert ("储能招标放量而价格企稳" in record, TITLE in record, "更名之后的报告" in record) == (True, False, False)


def test_whoever_is_shut_out_sees_why_and_no_title(world, c3):
    add(c3, release(world, title=TITLE))
    suspended = StandingChange(investor=world.investors["c3"], client=True, profile_complete=True, suspended=True, contact="8888")
    world.change("c3", suspended)

    listed = c3.get("/bookmarks").text
    assert "Your account has been suspended since 2026-11-23" in listed
    assert "Questions: 8888" in listed
    assert "1 of your bookmarked reports" in listed
    assert TITLE not in listed
    assert "You have no bookmarked report" not in listed


def test_a_person_of_two_investors_never_mixes_their_bookmarks(world, app):
    world.client("person", RiskCategory.C5)
    world.client("fund", None, investor_class=InvestorClass.PROFESSIONAL_A, kind=InvestorKind.INSTITUTION)
    fund = world.investors["fund"]
    world.change("fund", MandateChange(investor=fund, person=world.people["person"], capacity="经办人"))
    mine, theirs = release(world, RiskGrade.R1, title="国债市场周报"), release(world, RiskGrade.R1, title=TITLE)
    browser = visit(app, "person")

    post(browser, "/investor", {"investor": fund})
    add(browser, theirs)
    post(browser, "/investor", {"investor": world.investors["person"]})
    add(browser, mine)
    assert (TITLE in browser.get("/bookmarks").text, "国债市场周报" in browser.get("/bookmarks").text) == (False, True)
    assert f"/reports/{theirs}/bookmark/removal" not in browser.get("/reports").text
    remove(browser, theirs)  # it is the fund's, and stays

    post(browser, "/investor", {"investor": fund})
    listed = browser.get("/bookmarks").text
    assert (TITLE in listed, "国债市场周报" in listed, "cannot be shown" in listed) == (True, False, False)
    assert TITLE not in visit(app, "fund").get("/bookmarks").text, "nor does a colleague who acts for the same fund see them"


def test_what_nobody_may_know_of_is_not_found_and_removing_it_says_nothing(world, c3):
    hidden = {
        "unknown": "0" * 26,
        "unreleased": release(world, title=TITLE, released=False),
        "embargoed": release(world, title=TITLE, at=world.now + timedelta(days=1)),
    }
    for report in hidden.values():
        refused = add(c3, report)
        assert (refused.status_code, TITLE in refused.text) == (404, False)
        assert last(world, request_id=refused.headers["X-Request-ID"]).action == "BOOKMARK"
        assert remove(c3, report).status_code == 303
    said = "The report is not among your bookmarks any more." in c3.get("/bookmarks").text

    assert (rows(world), said) == (0, True)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_way_back_never_leaves_the_site(world, c3, target):
    assert add(c3, release(world), next=target).location == "/"


@pytest.mark.parametrize("report", ["x" * 5000, "a b", "%00", "'; --", "０" * 26])
def test_an_address_that_no_report_has_bookmarks_nothing(world, c3, report):
    assert add(c3, report).status_code == 404
    assert remove(c3, report).status_code in (303, 404)
    assert rows(world) == 0


def test_bookmarks_go_page_by_page_the_newest_first(world, c3):
    reports = [release(world, RiskGrade.R1, title=f"第{number}号") for number in range(access.PAGE + 3)]
    for report in reversed(reports):
        world.clock.forward(timedelta(seconds=1))
        add(c3, report)

    first = c3.get("/bookmarks").text
    older = first.partition('rel="next" href="')[2].partition('"')[0]
    seen = [report for page in (first, c3.get(older).text) for report in _in_order(page, reports)]
    assert seen == reports
    assert "There is nothing older." in c3.get("/bookmarks?after=20000101T000000000000-0").text


def _in_order(page, reports):
    found = {report: page.find(f'href="/reports/{report}"') for report in reports}
    return sorted((report for report, at in found.items() if at >= 0), key=found.__getitem__)
