"""How many statements a client's page sends to the database: the same few, whatever the number of rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from gatekeeper.rules.risk import RiskCategory, RiskGrade
from tests.library import release
from tests.web.browser import hidden, post, visit
from tests.web.test_client import accept, last

MOST = {
    "/reports": 14,
    "/reports?q=x": 13,
    "/bookmarks": 10,
    "/record": 13,
    "/record/receipts/CODE": 9,
    "/record/receipts/CODE/pdf": 9,
    "/reports/REPORT": 4,
}
"""With the session's own, as on PostgreSQL, which writes the entry and its private values by two statements in one message and is
told how to plan a search. More is a reason to look twice."""

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@contextmanager
def counted(world) -> Iterator[list[str]]:
    """Every statement that goes to the database meanwhile."""
    found: list[str] = []

    def note(*args: object) -> None:
        found.append(str(args[2]))

    engines = {world.database._reader, world.database._recorder, world.database._writer}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def test_a_page_takes_the_same_statements_for_one_row_and_for_many(world, app):
    world.client("c3", RiskCategory.C3)
    browser = visit(app, "c3")
    first = release(world, RiskGrade.R1, title="第0号x")
    _met(browser, first)
    few = _counts(world, browser, first)
    for number in range(1, 25):
        report = release(world, RiskGrade.R1, title=f"第{number}号x")
        if number < 6:
            _met(browser, report)
        else:
            post(browser, f"/reports/{report}/bookmark", {})
    world.clock.forward(timedelta(seconds=1))

    many = _counts(world, browser, first)
    assert many == few
    assert {path: number for path, number in few.items() if number > MOST[path]} == {}


def _met(browser, report):
    accept(browser, report)
    post(browser, f"/reports/{report}/bookmark", {})


def _counts(world, browser, report):
    code = last(world, kind="report.opened").code
    found = {}
    for path in MOST:
        with counted(world) as statements:
            answer = browser.get(path.replace("CODE", code).replace("REPORT", report))
        assert answer.status_code == 200
        found[path] = len(statements)
    return found


@on_sqlite
def test_a_button_pressed_on_a_long_list_takes_no_more_statements_either(world, app):
    world.client("c3", RiskCategory.C3)
    browser, numbers = visit(app, "c3"), []
    token = hidden(browser.get("/reports").text)
    for _ in range(12):
        report = release(world, RiskGrade.R1)
        with counted(world) as statements:
            browser.post(f"/reports/{report}/bookmark", data={"csrf_token": token})
        numbers.append(len(statements))

    assert len(set(numbers[1:])) == 1
