"""An investor's file as it stood earlier: what applied, what was known, what waited; and nothing is changed by it."""

import json
from datetime import date, timedelta

import pytest

from gatekeeper.actions.clients import investors
from gatekeeper.rules.changes import CategoryChange, StandingChange
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import RiskCategory
from tests import assessed
from tests.ledger.test_replay import END, correct, mistaken
from tests.web.browser import visit
from tests.web.test_compliance import ledger
from tests.web.test_timelines import plain
from tests.world import ZONE


@pytest.fixture
def history(world):
    """On day one C2 with an error of C5 beside it and a rise that waits, on day three corrected, on day five suspended."""
    assessed.install(world)
    world.client("wang", RiskCategory.C2)
    investor = world.investors["wang"]
    wrong = mistaken(world, "wang", CategoryChange(investor=investor, category=RiskCategory.C5, before=END))
    world.client("chen", RiskCategory.C3)
    rise = CategoryChange(investor=world.investors["chen"], category=RiskCategory.C4, before=valid_before(date(2028, 1, 1), ZONE))
    world.database.transact(
        investors.change, world.caller("clients"), world.investors["chen"], [rise], "复评", "测评 7", world.now
    )
    world.clock.forward(timedelta(days=2))
    correct(world, "wang", wrong)
    assessed.hand_in(world, "wang", assessed.answers(RiskCategory.C2))
    world.clock.forward(timedelta(days=2))
    world.change("wang", StandingChange(investor=investor, client=True, profile_complete=True, suspended=True))
    return world


def past(browser, world, name, day):
    return browser.get(f"/admin/investors/{world.investors[name]}/as-of?on={day}")


def test_the_file_stands_as_it_did_with_what_was_known_beside_it(app, history):
    officer = visit(app, "compliance")

    first, then = past(officer, history, "wang", "2026-11-23"), past(officer, history, "wang", "2026-11-25")
    words, later = plain(first.text), plain(then.text)

    assert "This is the past" in words
    assert "As of 2026-11-23 23:59:59, Asia/Shanghai" in words
    assert f'href="/admin/investors/{history.investors["wang"]}">Back to now' in first.text
    corrected, _, known = words.partition("What was known then")
    assert "Reports of R1 or R2 were open" in corrected
    assert "C2 Cautious" in corrected
    assert "Reports of R1, R2, R3, R4, or R5 were open" in known
    assert "C5 Aggressive" in known
    assert "Risk assessments" not in words, "it was begun later"
    assert "What was known then" not in later
    assert "Letter not acknowledged" in later
    assert "Every report was refused." not in later
    assert "Every report was refused. Account suspended" in plain(past(officer, history, "wang", "2026-11-27").text)


def test_what_waited_then_is_told_and_the_day_before_the_file_has_none(app, history):
    keeper = visit(app, "clients")

    words = plain(past(keeper, history, "chen", "2026-11-24").text)

    assert "Waited for a second person" in words
    assert "Category: C4 Active, until 2028-01-01 Proposed by clients" in words
    assert "This file had not been opened yet." in plain(past(keeper, history, "chen", "2026-11-01").text)


def test_the_look_is_an_entry_and_the_page_has_no_form_that_changes_anything(app, history):
    officer, before = visit(app, "compliance"), len(ledger(history))

    page = past(officer, history, "wang", "2026-11-23").text

    [entry] = ledger(history)[before:]
    assert (entry.kind, entry.investor) == ("investor.viewed", history.investors["wang"])
    assert json.loads(entry.leaf)["data"]["as_of"].startswith("2026-11-23T15:59:59")
    assert 'method="post"' not in page.partition("<main")[2]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("on=2099-01-01", "Please choose a day that has come already."),
        ("on=yesterday", "Please give a date as year, month and day."),
    ],
)
def test_a_day_that_is_none_or_lies_ahead_is_said_and_now_is_shown(app, history, asked, said):
    answer = visit(app, "clients").get(f"/admin/investors/{history.investors['wang']}/as-of?{asked}")

    assert answer.status_code == 400
    assert said in plain(answer.text)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_not_there_is_not_found_and_others_may_not(app, history):
    for id_ in ("x", "%00", "0" * 26):
        assert visit(app, "clients").get(f"/admin/investors/{id_}/as-of").status_code == 404
    for name in ("reports", "staff-admin", "wang"):
        assert past(visit(app, name), history, "wang", "2026-11-23").status_code == 403
