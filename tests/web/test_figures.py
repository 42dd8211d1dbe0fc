"""Figures: every number is that of the entries it leads to, and what was true when it was decided."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import Markup
from sqlalchemy import func, select

from gatekeeper.actions.reading import access
from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from gatekeeper.rules.roles import Role
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.web.proof import charts
from gatekeeper.web.proof.charts import Series, Words
from gatekeeper.web.proof.figures import MOST, period
from tests.library import release
from tests.web.browser import visit
from tests.world import NOW, ZONE, World

TODAY = date(2026, 11, 23)


@pytest.fixture
def officer(app: Flask, world: World) -> FlaskClient:
    return visit(app, "compliance")


def decide(world: World, who: str, report: str, at: datetime | None = None) -> None:
    world.database.record(access.open_report, world.caller(who), report, at or world.now, ZONE)


def numbers(page: str) -> list[tuple[str, int]]:
    """Every number of the page's tables that leads somewhere, with its address."""
    found = re.findall(r'<a href="([^"]+)">([\d,]+)</a>', page)
    return [(unescape(url), int(number.replace(",", ""))) for url, number in found]


def codes(page: str) -> int:
    return len(re.findall(r'<a href="/log/([0-9a-z]{12})">', page))


def cell(page: str, category: str, grade: str) -> int:
    found = dict(numbers(page))
    return next(
        (count for url, count in found.items() if url.startswith(f"/log/figures/{category}/{grade}?") and "outcome" not in url), 0
    )


def test_every_number_is_that_of_the_entries_it_leads_to(world, app):
    for name, category in (("c2", RiskCategory.C2), ("c3", RiskCategory.C3), ("none", None)):
        world.client(name, category)
    world.client("professional", None, investor_class=InvestorClass.PROFESSIONAL_B)
    report = release(world)
    for who, times in (("c2", 3), ("c3", 2), ("none", 1), ("professional", 2)):
        for n in range(times):
            decide(world, who, report, world.now + timedelta(days=n))
    decide(world, "c3", "0" * 26)
    world.clock.moment += timedelta(days=3)
    officer = visit(app, "compliance")

    page = officer.get("/log/figures").text

    counted = numbers(page)
    assert counted
    assert [(url, count) for url, count in counted if codes(officer.get(url).text) != count] == []
    assert (cell(page, "C2", "R3"), cell(page, "C3", "R3"), cell(page, "C3", "NONE")) == (3, 2, 1)
    assert (cell(page, "NONE", "R3"), cell(page, "PROFESSIONAL", "R3")) == (1, 2)


def test_a_category_is_the_one_of_the_moment_of_the_decision(world, app):
    world.client("c2", RiskCategory.C2)
    report = release(world)
    decide(world, "c2", report)
    world.clock.moment += timedelta(hours=1)
    later = valid_before(date(2029, 1, 1), ZONE)
    world.change("c2", CategoryChange(investor=world.investors["c2"], category=RiskCategory.C4, before=later))
    decide(world, "c2", report)

    page = visit(app, "compliance").get("/log/figures").text

    assert (cell(page, "C2", "R3"), cell(page, "C4", "R3")) == (1, 1)


def test_a_professional_is_one_until_the_class_lapses(world, app):
    world.client("was", RiskCategory.C5, investor_class=InvestorClass.PROFESSIONAL_B, class_last_day=TODAY + timedelta(days=5))
    report = release(world)
    decide(world, "was", report)
    world.clock.moment += timedelta(days=6)
    decide(world, "was", report)

    page = visit(app, "compliance").get("/log/figures").text

    assert (cell(page, "PROFESSIONAL", "R3"), cell(page, "C5", "R3")) == (1, 1)


def test_days_are_those_of_the_firm(world, officer):
    world.client("c3")
    midnight = datetime(2026, 11, 21, 16, tzinfo=UTC)
    decide(world, "c3", "0" * 26, midnight - timedelta(seconds=1))
    decide(world, "c3", "0" * 26, midnight)

    found = dict(numbers(officer.get("/log/figures?from=2026-11-21&to=2026-11-22").text))

    for day in ("2026-11-21", "2026-11-22"):
        assert found[f"/log?from={day}&to={day}&outcome=DENY"] == 1


def test_a_day_may_have_23_hours():
    days = period({"from": "2026-03-28", "to": "2026-03-30"}, TODAY).instants(ZoneInfo("Europe/Berlin"))

    assert [(before - since) // timedelta(hours=1) for since, before in days] == [24, 23, 24]
    assert [before for _, before in days[:-1]] == [since for since, _ in days[1:]]


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ({}, date(2026, 10, 25), TODAY),
        ({"from": "2026-11-23"}, TODAY, TODAY),
        ({"to": "2026-06-30"}, date(2026, 6, 1), date(2026, 6, 30)),
        ({"from": "2026-08-24", "to": "2026-11-23"}, date(2026, 8, 24), TODAY),
    ],
)
def test_what_is_not_said_of_a_period_is_the_usual(typed, first, last):
    found = period(typed, TODAY)

    assert (found.days[0], found.days[-1], found.faults) == (first, last, ())


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2026-11-24&to=2026-11-23", "The first day lies after the last one."),
        ("from=2026-08-23&to=2026-11-23", f"At most {MOST} days can be shown at once."),
        ("from=0001-01-01&to=9999-12-31", "Please give a date as year, month and day."),
        ("from=%00&to=x", "Please give a date as year, month and day."),
        ("from=" + "9" * 5000, "Please give a date as year, month and day."),
    ],
)
def test_a_period_that_makes_no_sense_is_told(officer, query, sentence):
    answer = officer.get(f"/log/figures?{query}")

    assert answer.status_code == 400
    assert sentence in unescape(answer.text)
    assert "<svg" not in answer.text


def test_where_nothing_was_decided_a_word_says_so(officer):
    answer = officer.get("/log/figures?from=2020-01-01&to=2020-01-31")

    assert answer.status_code == 200
    assert "Nothing was decided in this period." in answer.text
    assert "<svg" not in answer.text


def test_where_nothing_was_refused_the_other_charts_stand(world, officer):
    world.client("c3")
    decide(world, "c3", release(world))

    page = officer.get("/log/figures").text

    assert "Nothing was refused in this period." in page
    assert page.count('<svg class="chart"') == 2


def test_whoever_looks_is_in_the_log_and_is_not_counted(world, officer):
    world.client("c3")
    decide(world, "c3", release(world))
    with world.database.reading() as connection:
        before = connection.execute(select(func.count()).select_from(LedgerEntry)).scalar_one()

    officer.get("/log/figures")
    officer.get("/log/figures/C3/R3")
    officer.get("/log/figures?to=never")

    with world.database.reading() as connection:
        rows = connection.execute(
            select(LedgerEntry.kind, LedgerEntry.person, LedgerEntry.outcome).order_by(LedgerEntry.id)
        ).all()
    assert [tuple(row) for row in rows[before:]] == [("figures.viewed", None, None), ("ledger.searched", None, None)]
    assert cell(officer.get("/log/figures").text, "C3", "R3") == 1


@pytest.mark.parametrize("path", ["/C9/R3", "/C3/R9", "/C3/R3?outcome=MAYBE", "/C3/R3?from=x", "/%00/R3"])
def test_an_address_that_counts_nothing_is_not_found(officer, path):
    assert officer.get(f"/log/figures{path}").status_code == 404


def test_entries_behind_a_number_come_in_pages(world, officer, monkeypatch):
    monkeypatch.setattr("gatekeeper.actions.proof.figures.PAGE", 2)
    world.client("c3")
    report = release(world)
    for _ in range(5):  # at one instant, so that the ids must keep them apart
        decide(world, "c3", report)

    seen, url = [], "/log/figures/C3/R3"
    while url:
        page = officer.get(url).text
        seen.append(re.findall(r'<a href="/log/([0-9a-z]{12})">', page))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        url = unescape(following[1]) if following else None

    assert [len(each) for each in seen] == [2, 2, 1]
    assert len({code for each in seen for code in each}) == 5


def test_an_inspector_sees_the_figures_and_a_client_does_not(app, world):
    world.staff("inspector", Role.INSPECTOR)
    world.client("c3")

    assert visit(app, "inspector").get("/log/figures").status_code == 200
    assert visit(app, "c3").get("/log/figures").status_code == 403


def test_a_chart_says_what_it_shows_and_brings_no_style(world, officer):
    world.client("c3")
    decide(world, "c3", release(world))
    decide(world, "c3", "0" * 26)

    page = officer.get("/log/figures").text

    drawn = re.findall(r'<svg class="chart" role="img"[^>]* aria-labelledby="([^ ]+) ([^"]+)">(.*?)</figure>', page, re.DOTALL)
    assert len(drawn) == 3
    for title, description, inside in drawn:
        assert f'<title id="{title}">' in inside
        assert f'<desc id="{description}">' in inside
        assert not re.search(r"\sstyle=|<a |\son\w+=|nan|inf", inside)


@pytest.mark.parametrize("count", [1, 2, 3, 30, MOST])
def test_columns_stay_inside_their_chart(count):
    counts = [n * 37 % 101 for n in range(1, count + 1)]

    drawn = charts.columns(Words("a", "b", "c"), [Series("deny", "d", counts)], [f"day {n}" for n in range(count)])

    bars = re.findall(r'<rect class="mark-deny" x="([\d.]+)%" y="([\d.]+)" width="([\d.]+)%" height="([\d.]+)"', drawn)
    assert len(bars) == sum(map(bool, counts))
    assert all(float(x) + float(width) <= 100 and float(y) + float(height) <= 94.1 for x, y, width, height in bars)
    assert "day 0" in drawn
    assert f"day {count - 1}" in drawn


def test_what_stands_in_a_chart_is_text():
    words = Words("a", "<b>", "&")

    drawn = charts.bars(words, [("<script>", 1)], "deny") + charts.grid(
        words, [("r", "<i>")], [("h", "<u>")], {("r", "h"): (3, 0)}
    )

    assert isinstance(drawn, Markup)
    assert not re.search("<(script|b|i|u)>", drawn)


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (1, 1), (7, 8), (9, 10), (10, 10), (11, 20), (61, 80), (99, 100), (1234, 2000)]
)
def test_the_top_of_a_scale_is_round_and_near(most, top):
    assert charts._ceiling(most) == top


def test_now_is_the_day_the_tests_say():
    assert NOW.astimezone(ZONE).date() == TODAY
