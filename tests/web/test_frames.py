"""A report's page is rendered once for all its readers: each gets their own words in it, and nobody another's."""

import re

import pytest

from gatekeeper.rules.risk import RiskCategory, RiskGrade
from tests.library import release
from tests.web.browser import hidden, post, visit
from tests.web.test_client import accept

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NAMES = ("甲<b>%s", "乙%(code)s&", '丙"{0}')


@on_sqlite
def test_each_reader_gets_their_own_name_and_code_and_token(world, app):
    report, browsers = release(world, RiskGrade.R1, title="100%<确定>"), {}
    for name in NAMES:
        world.client(name, RiskCategory.C3)
        browsers[name] = visit(app, name)
        accept(browsers[name], report)

    pages = {name: browser.get(f"/reports/{report}").text for name, browser in browsers.items()}
    again = browsers[NAMES[0]].get(f"/reports/{report}").text

    codes = [re.search(r'name="opening" value="([^"]+)"', page)[1] for page in (*pages.values(), again)]
    assert len(set(codes)) == len(codes), "each opening has its own"
    for name, page in pages.items():
        assert "gap" not in page
        assert "100%&lt;确定&gt;" in page
        assert {other for other in NAMES if _shown(other) in page} == {name}
        token = hidden(page)
        assert browsers[name].post(f"/reports/{report}/bookmark", data={"csrf_token": token}).status_code == 303
        stranger = next(other for other in NAMES if other != name)
        assert browsers[stranger].post(f"/reports/{report}/bookmark", data={"csrf_token": token}).status_code == 400


def _shown(name: str) -> str:
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;") + "</a>"


@on_sqlite
def test_what_differs_by_more_than_words_has_a_page_of_its_own(world, app):
    world.client("c3", RiskCategory.C3)
    browser, report = visit(app, "c3"), release(world, RiskGrade.R1)
    accept(browser, report)
    path = f"/reports/{report}"
    plain = browser.get(path).text

    post(browser, f"{path}/bookmark", {"next": path})
    told = browser.get(path).text
    after = browser.get(path).text
    chinese = browser.get(path, headers={"Accept-Language": "zh-CN"}).text

    assert "Remove bookmark" not in plain
    assert 'role="status"' in told, "what happened is said once"
    assert "Remove bookmark" in after
    assert 'role="status"' not in after
    assert '<html lang="zh-CN">' in chinese
    assert f"{path}?a=b" in browser.get(f"{path}?a=b").text, "the button for the other language leads back to this address"


@on_sqlite
def test_a_cookie_that_was_changed_or_is_too_old_is_none(world, app):
    world.client("c3", RiskCategory.C3)
    browser = visit(app, "c3")
    name = app.config["SESSION_COOKIE_NAME"]
    good = browser.get_cookie(name).value
    assert browser.get("/reports").status_code == 200

    for bad in (good[:-1] + ("A" if good[-1] != "A" else "B"), good + "x", good.rpartition(".")[0], ""):
        browser.set_cookie(name, bad)
        assert browser.get("/reports").status_code == 303
    browser.set_cookie(name, good)
    assert browser.get("/reports").status_code == 200
    app.config["PERMANENT_SESSION_LIFETIME"] = -1
    assert browser.get("/reports").status_code == 303
