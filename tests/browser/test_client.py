"""Clients in front of a browser: refused, admitted, reading, on a phone and on a desk, by keyboard, and without scripts."""

import re

import pytest
from playwright.sync_api import expect

from gatekeeper.rules.risk import RiskCategory
from tests.browser.walk import Walk, hidden_from

BODY = "前三季度储能招标规模同比增长"  # stands in the storage report and nowhere else


def accept(walk: Walk, name: str) -> str:
    """Read the words to their end, and accept them as a person does who moves the page with a finger or a wheel."""
    button = walk.page.get_by_role("button", name=walk.said("Accept and read"), exact=True)
    expect(button).to_be_disabled()
    expect(walk.page.get_by_text(walk.said("Please read to the end; then you can accept."))).to_be_visible()
    walk.page.locator("[data-statement-end]").scroll_into_view_if_needed()
    expect(button).to_be_enabled()
    expect(walk.page.get_by_text(walk.said("You have reached the end."))).to_be_visible()
    walk.page.get_by_label(walk.said("I have read and understood the above, and I accept it."), exact=True).check()
    return walk.press(name, "Accept and read")


def test_a_reader_whom_a_report_does_not_suit_is_told_why_and_not_what(live, way, walk):
    login = live.client(f"c2-{way.short}", RiskCategory.C2)
    reader = walk()

    reader.open("/reports", "sign_in.form")
    reader.fill(login=login, password="not the password")
    said = reader.press("sign-in-wrong", "Sign in", status=401)
    assert reader.said("This login name and password do not belong together. Please check both and try again.") in said

    said = reader.sign_in(login, name="client.reports")
    assert live.titles["treasury"] in said
    assert hidden_from(said, [live.titles["storage"], live.titles["storage-2"]])

    refused = reader.open(f"/reports/{live.reports['storage']}", "refused", status=403)
    assert reader.said("You cannot open this report") in refused
    assert "R3" in refused
    assert "C2" in refused
    assert hidden_from(reader.page.content(), [live.titles["storage"], BODY])

    reader.press("sign-in-after", "Sign out")
    reader.open("/reports", "sign_in.form")
    assert reader.page.url.endswith("/sign-in?next=/reports")


def test_a_reader_whom_it_suits_accepts_the_words_once_in_full_then_with_one_button(live, way, walk):
    reader = walk()
    reader.sign_in(live.client(f"c3-{way.short}", RiskCategory.C3), name="client.reports")

    said = reader.press("client.statement", live.titles["storage"], role="link")
    assert hidden_from(said, [BODY])
    said = accept(reader, "client.read")
    assert BODY in said
    mark = reader.page.locator("svg.watermark")
    expect(mark).to_be_visible()
    assert re.search(r"[0-9a-z]{12}", mark.text_content())

    reader.open("/reports", "client.reports")
    reader.press("statement-brief", live.titles["storage-2"], role="link")
    assert reader.page.get_by_role("checkbox").count() == 0
    said = reader.press("client.read", "Accept and read")
    assert live.titles["storage-2"] in said
    assert BODY in reader.open(f"/reports/{live.reports['storage']}", "client.read"), "what is accepted is not asked again"

    said = reader.turn_to("client.record", "My record")
    assert live.titles["storage"] in said
    said = reader.follow(reader.page.get_by_role("link", name=reader.said("The words"), exact=True).last, "client.accepted_words")
    assert reader.said("The words that you accepted") in said


def test_without_a_tick_or_after_declining_the_report_stays_shut(live, way, walk):
    reader = walk()
    reader.enter(live.client(f"c4-{way.short}", RiskCategory.C4))
    path = f"/reports/{live.reports['storage']}"
    reader.open(path, "client.statement")

    reader.page.locator("[data-statement-end]").scroll_into_view_if_needed()
    reader.page.get_by_role("button", name=reader.said("Accept and read"), exact=True).click()
    assert reader.page.url.endswith("/statement")
    assert reader.page.locator(":invalid[name=ticked]").count() == 1, "the browser itself says what is missing"

    said = reader.press("declined", "Decline")
    assert reader.page.url.endswith("/reports")
    assert hidden_from(said, [BODY])
    reader.open(path, "client.statement")


def test_the_whole_way_can_be_gone_by_keyboard(live, way, walk):
    reader = walk()
    keys = reader.page.keyboard
    reader.open("/sign-in", "sign_in.form")

    keys.press("Tab")
    expect(reader.page.locator(".skip")).to_be_focused()
    expect(reader.page.locator(".skip")).to_be_in_viewport()
    tab_to(reader, "#login")
    keys.type(live.client(f"c5-{way.short}", RiskCategory.C5))
    tab_to(reader, "#password")
    keys.type("correct horse battery staple")
    pressed(reader, "Enter", "client.reports")

    tab_to(reader, f"a[href='/reports/{live.reports['storage']}']")
    pressed(reader, "Enter", "client.statement")
    tab_to(reader, "[data-statement]")
    keys.press("End")
    expect(reader.page.locator("[data-statement-accept]")).to_be_enabled()
    tab_to(reader, "#ticked")
    keys.press("Space")
    tab_to(reader, "[data-statement-accept]")
    assert BODY in pressed(reader, "Enter", "client.read")


def tab_to(reader: Walk, selector: str) -> None:
    """Press Tab until something has the focus; whatever has it on the way must show it."""
    for _ in range(60):
        if reader.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        reader.page.keyboard.press("Tab")
        shown = reader.page.evaluate(
            "() => document.activeElement === document.body || getComputedStyle(document.activeElement).outlineStyle !== 'none'"
        )
        assert shown, reader.page.evaluate("() => document.activeElement.outerHTML")
    raise AssertionError(f"Tab never comes to {selector}")


def pressed(reader: Walk, key: str, name: str) -> str:
    with reader.page.expect_navigation() as navigation:
        reader.page.keyboard.press(key)
    return reader.arrive(navigation.value, name)


def test_without_scripts_the_words_stand_in_full_and_can_be_accepted(live, way, walk):
    reader = walk(scripts=False)
    reader.enter(live.client(f"plain-{way.short}", RiskCategory.C3))
    reader.open(f"/reports/{live.reports['storage']}", "")

    box = reader.page.locator("[data-statement]")
    assert box.evaluate("each => each.scrollHeight <= each.clientHeight + 1")
    reader.page.get_by_role("checkbox").check()

    assert BODY in reader.press("", "Accept and read")


@pytest.mark.parametrize("way", ["zh"], indirect=True)
def test_the_way_is_the_same_on_postgresql(live_on_postgres, way, walk):
    live = live_on_postgres
    path = f"/reports/{live.reports['storage']}"
    refused, admitted = walk(live), walk(live)

    assert refused.sign_in(live.client(f"c2-{way.short}", RiskCategory.C2), name="client.reports")
    refused.open(path, "refused", status=403)
    admitted.sign_in(live.client(f"c3-{way.short}", RiskCategory.C3), path, name="client.statement")

    assert BODY in accept(admitted, "client.read")
