"""A client searches: silent before the statement, a marked passage after it; and a bookmark of what is closed by now."""

from datetime import timedelta

from playwright.sync_api import expect

from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import RiskCategory
from tests.browser.test_client import BODY, accept
from tests.browser.walk import hidden_from
from tests.world import ZONE


def test_words_are_found_in_what_was_accepted_and_a_closed_bookmark_is_a_date_and_a_grade(live, way, walk):
    login = live.client(f"c3s-{way.short}", RiskCategory.C3)
    reader = walk()
    reader.enter(login)
    reader.open("/reports", "client.reports")
    assert reader.page.locator(f"#suggestions option[value='{live.titles['treasury']}']").count() == 1

    reader.fill(q="招标规模")
    said = reader.press("search-nothing", "Search")
    assert hidden_from(said, [BODY, live.titles["storage"]])
    reader.open(f"/reports/{live.reports['storage']}", "client.statement")
    accept(reader, "client.read")
    reader.press("client.read", "Bookmark this report")

    reader.open("/reports", "client.reports")
    reader.fill(q="招标规模 “价格”")
    reader.page.get_by_label(reader.said("Search"), exact=True).press("Enter")
    expect(reader.page.locator(".passage mark").first).to_have_text("招标规模")
    reader.look("client.found")

    world = live.world
    before = valid_before(world.now.date() + timedelta(days=400), ZONE)
    world.change(login, CategoryChange(investor=world.investors[login], category=RiskCategory.C2, before=before))
    said = reader.open("/bookmarks", "bookmarks-closed")
    assert reader.said("This report is closed to you at present.") in said
    assert hidden_from(reader.page.content(), [live.titles["storage"], BODY])
    reader.page.locator("main .items").get_by_role("button").click()
    expect(reader.page.get_by_text(reader.said("You have no bookmarked report."))).to_be_visible()
