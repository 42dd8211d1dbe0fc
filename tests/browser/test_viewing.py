"""Reading a report as pictures of its pages: by hand, by the keyboard, on a phone, without scripts, and when a page fails."""

import re

import pytest

from gatekeeper.rules.risk import RiskCategory
from tests.browser.away import has_read


@pytest.fixture
def reader(live, way, walk, request):
    """Somebody with the pages of a report before them; the statement was accepted before."""
    login = live.client(f"{request.node.originalname[-7:]}-{way.short}", RiskCategory.C3)
    has_read(live, login, live.paged())
    visitor = walk()
    visitor.enter(login)
    visitor.open(f"/reports/{live.paged()}", "client.pages")
    return visitor


def shown(page) -> list[int]:
    """The pages whose pictures are there."""
    loaded = "() => [...document.querySelectorAll('[data-sheet]')].filter((each) => each.querySelector('img').naturalWidth)"
    return page.evaluate(f"({loaded})().map((each) => Number(each.dataset.sheet))")


def test_pages_are_turned_by_buttons_and_keys_and_come_as_they_are_needed(reader):
    page = reader.page
    total = page.locator("[data-sheet]").count()
    now = page.locator("[data-sheet-now]")
    assert total >= 3
    page.wait_for_function("() => document.querySelector('[data-sheet] img').naturalWidth > 0")
    assert now.inner_text().count("1") >= 1

    page.get_by_role("button", name=re.compile("Next page|下一页")).click()
    page.wait_for_function("() => document.querySelector('[data-sheet-now]').textContent.includes('2')")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.id === 'page-3'")
    page.keyboard.press("PageUp")
    page.wait_for_function("() => document.activeElement.id === 'page-2'")
    page.wait_for_function("() => document.querySelector('#page-2 img').naturalWidth > 0")
    assert {1, 2} <= set(shown(page))


def test_pages_are_made_larger_without_the_window_growing(reader):
    page = reader.page
    width = "() => document.querySelector('[data-sheet] img').getBoundingClientRect().width"
    before = page.evaluate(width)

    for _ in range(2):
        page.get_by_role("button", name=re.compile("^(Larger|放大)$")).click()

    assert page.evaluate(width) > before
    assert page.evaluate("() => document.scrollingElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name=re.compile("^(Smaller|缩小)$")).click()


def test_a_page_that_fails_says_so_and_is_tried_again(live, way, walk):
    login = live.client(f"failing-{way.short}", RiskCategory.C3)
    has_read(live, login, live.paged())
    visitor = walk()
    visitor.enter(login)
    broken = []
    visitor.page.route("**/pages/1?*", lambda route: (broken.append(1), route.abort())[1] if not broken else route.continue_())
    visitor.page.goto(f"{live.address}/reports/{live.paged()}")

    again = visitor.page.locator("#page-1").get_by_role("button", name=re.compile("Try again|重试"))
    again.wait_for()
    again.click()

    visitor.page.wait_for_function("() => document.querySelector('#page-1 img').naturalWidth > 0")
    again.wait_for(state="hidden")
    visitor.faults.clear()  # the browser's own line about the request that was made to fail
