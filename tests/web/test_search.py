"""The search page: what is marked, what is escaped, how pages follow each other, and what staff find."""

import pytest

from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.rules.roles import Role
from tests.library import release
from tests.web.browser import visit
from tests.web.test_client import accept
from tests.web.test_counted import heard

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def main(text):
    return text.partition("<main")[2].partition("</main>")[0]


@pytest.fixture
def c3(world, app):
    world.client("c3", RiskCategory.C3)
    return visit(app, "c3")


def search(browser, words, **more):
    return main(browser.get("/reports", query_string={"q": words, **more}).text)


@on_sqlite
def test_a_passage_marks_what_was_found_and_everything_in_it_is_text(world, c3):
    report = release(world, title="储能周报", paragraph="<script>alert(1)</script> 招标 & <b>放量</b>，储 能价格企稳。")
    assert "<mark>" not in search(c3, "储能")
    assert "招标" not in search(c3, "储能"), "before the statement the title stands alone"
    assert "searched once you have accepted its statement" in search(c3, "放量")

    accept(c3, report)
    page = search(c3, "放量 储能")
    assert "招标 &amp; &lt;b&gt;<mark>放量</mark>&lt;/b&gt;，<mark>储 能</mark>价格企稳。" in page
    assert "<script>alert" not in page
    assert 'value="放量 储能"' in page
    assert "&lt;img" in search(c3, "<img src=x>")


@on_sqlite
def test_a_page_of_many_costs_as_many_statements_as_one_of_few(world, c3):
    counts = []
    for count in (2, 24):
        for number in range(count):
            report = release(world, RiskGrade.R1, title=f"{count}-{number}", paragraph="储能装机")
            if number % 8 == 0:
                accept(c3, report)
        with heard(world) as said:
            assert "<mark>储能</mark>" in search(c3, "储能")
        counts.append(len(said))

    assert counts[0] == counts[1]


@on_sqlite
def test_what_is_found_goes_on_page_by_page_with_its_words(world, c3):
    reports = [release(world, RiskGrade.R1, title=f"储能{number}") for number in range(23)]
    first = search(c3, "储能")
    older = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = main(c3.get(older).text)

    seen = [report for page in (first, second) for report in reports if f'href="/reports/{report}"' in page]
    assert sorted(seen) == sorted(reports)
    assert "q=%E5%82%A8%E8%83%BD" in second, "and back to the newest with the same words"


@on_sqlite
def test_staff_find_reports_by_what_stands_on_them_and_not_by_their_text(world, app):
    world.staff("inspector", Role.INSPECTOR)
    report = release(world, RiskGrade.R5, title="衍生品策略", paragraph="目标价 1888", released=False)
    release(world, title="国债周报")
    for name in ("reports", "compliance", "inspector"):
        browser = visit(app, name)
        for words in ("衍生品", "策略 方启铭", "S0999525030003 明澈"):
            page = main(browser.get("/admin/reports", query_string={"q": words}).text)
            assert (report in page, "国债周报" in page) == (True, words.startswith("S0999")), words
        for words in ("1888", "目标价", "%", "招标"):
            page = main(browser.get("/admin/reports", query_string={"q": words}).text)
            assert report not in page
            assert "No report matches these words." in page
