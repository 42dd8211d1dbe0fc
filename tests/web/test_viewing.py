"""Reports as pictures: every page is decided, marked and noted; one entry a reading; and a copy to take away."""

from datetime import timedelta

import pypdfium2
import pytest
from sqlalchemy import text

from gatekeeper.actions.reading import readings
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.web.reading import originals
from tests.library import release, withdraw
from tests.viewed import came_as_pdf, opening, picture
from tests.web.browser import hidden, post, visit
from tests.web.test_client import accept, data, kinds, last
from tests.world import NOW, ZONE

WORK = Caller(actor="system", channel="work")


@pytest.fixture
def report(world, tmp_path):
    world.client("c3", RiskCategory.C3)
    return came_as_pdf(world, tmp_path)


@pytest.fixture
def c3(world, app, report):
    return visit(app, "c3")


def folded(world):
    """What the clock's door does once nothing has been asked for in a while; the data of the entries."""
    with world.database.reading() as connection:
        due = readings.due(connection, world.now, 10)
    for each in due:
        world.database.transact(readings.end, WORK, each, world.now)
    return [data(last(world, kind="reading.ended")) for _ in due]


def rows(world):
    with world.database.reading() as connection:
        return connection.execute(text("SELECT part, page FROM reading_part ORDER BY part, page")).all()


def test_a_reading_from_its_opening_to_its_one_entry(world, c3, report):
    page = accept(c3, report).text
    code = opening(page)
    assert code == last(world, kind="report.opened").code
    assert page.count("<img") == 3
    assert 'loading="lazy"' in page
    assert 'width="1240" height="1755"' in page
    assert "招标放量" not in page, "the words of a report that came as PDF stand in its text version alone"
    before = kinds(world)

    assert picture(c3, report, 1, code).size == (1240, 1755)
    picture(c3, report, 2, code, 1680)
    picture(c3, report, 2, code)
    assert "招标放量" in c3.get(f"/reports/{report}/text?opening={code}").text

    assert kinds(world) == before, "no page is an entry of its own"
    assert rows(world) == [("PAGE", 1), ("PAGE", 2), ("TEXT", 0)]
    assert folded(world) == [], "a reading goes on as long as pages are asked for"

    world.clock.forward(timedelta(minutes=31))
    [told] = folded(world)
    assert (told["opening"], told["pages"], told["of_pages"]) == (code, "1-2", 3)
    assert (told["as_text"], told["completed"]) == (True, False)
    entry = last(world, kind="reading.ended")
    assert (entry.person, entry.report) == (world.people["c3"], report)
    assert rows(world) == folded(world) == []

    assert "Pages shown: 1-2 of 3" in c3.get("/record").text
    picture(c3, report, 3, code)
    assert rows(world) == [("PAGE", 3)], "who comes back goes on under the same opening"


def test_signing_out_ends_a_reading_and_all_pages_complete_it(world, c3, report):
    code = opening(accept(c3, report).text)
    for number in (3, 1, 2):
        picture(c3, report, number, code)

    post(c3, "/sign-out", {})

    [told] = folded(world)
    assert (told["pages"], told["completed"]) == ("1-3", True)


def test_the_end_of_a_report_that_came_as_text_is_told_by_its_page(world, app, report):
    as_text = release(world)
    browser = visit(app, "c3")
    page = accept(browser, as_text).text
    form = {"opening": hidden(page, "opening")}

    assert post(browser, f"/reports/{as_text}/end", form, page=page).status_code == 204

    world.clock.forward(timedelta(hours=1))
    [told] = folded(world)
    assert (told["pages"], told["of_pages"], told["completed"]) == ("", None, True)
    assert "Read to the end" in browser.get("/record").text
    assert browser.get(f"/reports/{as_text}/pages/1?opening={form['opening']}").status_code == 404


def test_every_page_is_decided_afresh(world, c3, report):
    code = opening(accept(c3, report).text)
    picture(c3, report, 1, code)

    world.change(
        "c3", CategoryChange(investor=world.investors["c3"], category=RiskCategory.C2, before=valid_before(NOW.date(), ZONE))
    )
    refused = c3.get(f"/reports/{report}/pages/2?opening={code}")

    assert refused.status_code == 403
    assert last(world, kind="report.refused").code in refused.text
    assert c3.get(f"/reports/{report}/text?opening={code}").status_code == 403
    assert rows(world) == [("PAGE", 1)]

    withdraw(world, report)
    assert c3.get(f"/reports/{report}/pages/1?opening={code}").status_code == 403
    assert last(world, kind="report.refused").reason == "report_withdrawn"


@pytest.mark.parametrize("way", ["pages/1", "text"])
def test_only_ones_own_recent_opening_serves(world, app, c3, report, way):
    mine = opening(accept(c3, report).text)
    world.client("other", RiskCategory.C4)
    other = visit(app, "other")
    theirs = opening(accept(other, report).text)
    before = len(kinds(world))

    def got(code):
        return c3.get(f"/reports/{report}/{way}?opening={code}").status_code

    assert (got(mine), got(theirs), got(""), got("0" * 12), got("x" * 500)) == (200, 409, 409, 409, 409)
    assert len(kinds(world)) == before, "nothing was decided against anybody"
    world.clock.forward(timedelta(minutes=45))
    assert got(mine) in (200, 303)


def test_what_no_page_is_gives_nothing(world, c3, report):
    code = opening(accept(c3, report).text)

    for path in ("pages/0", "pages/4", "pages/-1", "pages/x", "pages/1/2", f"pages/{2**70}"):
        assert c3.get(f"/reports/{report}/{path}?opening={code}").status_code == 404
    for width in ("1", "99999", "x", ""):
        assert c3.get(f"/reports/{report}/pages/1?opening={code}&width={width}").status_code in (200, 404)
    assert c3.get(f"/reports/{'0' * 26}/pages/1?opening={code}").status_code == 404
    assert rows(world) in ([], [("PAGE", 1)])


def test_a_copy_is_an_entry_and_bears_its_code(world, c3, report):
    accept(c3, report)

    got = post(c3, f"/reports/{report}/copy", {})

    entry = last(world, kind="report.copied")
    assert (got.status_code, got.mimetype) == (200, "application/pdf")
    assert f'filename="report-{entry.code}.pdf"' in got.headers["Content-Disposition"]
    assert "%E5%82%A8%E8%83%BD" in got.headers["Content-Disposition"], "the title, for a reader who may know it"
    assert entry.action == "USE"
    assert data(entry)["facts"]["acceptance"]
    with pypdfium2.PdfDocument(got.data) as copy:
        assert len(copy) == 3
        assert all(entry.code in page.get_textpage().get_text_range() for page in copy)
        assert "第2页正文" in copy[1].get_textpage().get_text_range()
        assert copy.get_metadata_dict()["Keywords"] == f"gatekeeper:{entry.code}"
    assert "Copy downloaded" in c3.get("/record").text


def test_a_copy_of_a_report_that_came_as_text_is_set(world, app, report):
    as_text = release(world, title='储能"\r\nSet-Cookie: a=b;/../x', paragraph="可抄的段落")
    browser = visit(app, "c3")
    accept(browser, as_text)

    got = post(browser, f"/reports/{as_text}/copy", {})

    assert "\r" not in got.headers["Content-Disposition"]
    assert "Set-Cookie" not in got.headers["Content-Disposition"].replace("Set-Cookie_a_b", "")
    with pypdfium2.PdfDocument(got.data) as copy:
        words = copy[0].get_textpage().get_text_range()
    assert "可抄的段落" in words
    assert last(world, kind="report.copied").code in words


def test_a_copy_takes_the_statement_and_the_right(world, app, c3, report):
    asked = post(c3, f"/reports/{report}/copy", {})
    assert (asked.status_code, asked.location) == (303, f"/reports/{report}/statement")
    assert last(world, kind="report.withheld").action == "USE"

    world.client("c2", RiskCategory.C2)
    c2 = visit(app, "c2")
    assert post(c2, f"/reports/{report}/copy", {}).status_code == 403
    assert (last(world, kind="report.refused").action, last(world, kind="report.refused").outcome) == ("USE", "DENY")
    assert post(c2, f"/reports/{'0' * 26}/copy", {}).status_code == 404
    assert kinds(world, kind="report.copied") == []


def test_nothing_is_given_when_it_cannot_be_noted(world, c3, report, monkeypatch):
    code = opening(accept(c3, report).text)

    def fail(*_, **__):
        raise OSError("the disk is full")

    monkeypatch.setattr("gatekeeper.database.Database.note", fail)
    monkeypatch.setitem(c3.application.config, "PROPAGATE_EXCEPTIONS", False)
    got = c3.get(f"/reports/{report}/pages/1?opening={code}")

    assert got.status_code >= 500
    assert got.mimetype != "image/jpeg"


def test_an_original_that_is_gone_is_said_so(world, c3, report, tmp_path):
    for each in (tmp_path / "originals").rglob("*"):
        if each.is_file():
            each.unlink()
    originals._bytes.cache_clear()
    page = accept(c3, report)

    assert page.status_code == 503
    assert "Traceback" not in page.text
