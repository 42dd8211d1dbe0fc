"""Fair release: each class from the same instant on, who opened it when, exact from rows and log, and as the files stood then."""

import csv
import io
import json
from datetime import date, timedelta

import pytest
from flask import Flask

from gatekeeper.actions.publishing import fair_release
from gatekeeper.actions.publishing.fair_release import FairRelease
from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.errors import Conflict, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.grading.fair import ReaderClass
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, RiskCategory, RiskGrade
from gatekeeper.rules.roles import Role
from tests.actions.test_telling import leaves
from tests.corrected import approved, file, publish, published, regrade
from tests.ledger.test_replay import install, read
from tests.rules.test_catalogue import TEXT
from tests.web.browser import visit
from tests.world import ZONE, World

HOUR = timedelta(hours=1)
LAST = valid_before(date(2028, 11, 23), ZONE)
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def market(world: World) -> World:
    """One investor of every class, and two of C4."""
    for name, category in (("c1", RiskCategory.C1), ("c2", RiskCategory.C2), ("c3", RiskCategory.C3), ("c5", RiskCategory.C5)):
        world.client(name, category)
    for name in ("c4", "c4b"):
        world.client(name, RiskCategory.C4)
    world.client("lowest", RiskCategory.C1, lowest=True)
    for letter in "ABC":
        world.client(f"pro-{letter}", None, investor_class=InvestorClass[f"PROFESSIONAL_{letter}"])
    return world


def examined(world: World, report: str, number: int | None = None) -> FairRelease:
    return world.database.record(fair_release.examine, world.caller("compliance"), report, number, world.now, ZONE)


def table(found: FairRelease) -> dict[str, tuple[bool, int, int, int, int]]:
    """By class: whether it could from the release on, how many could, and how many did within an hour, a day, at all."""
    return {
        row.which.value: (row.since == found.since, row.could, row.within_hour, row.within_day, row.ever) for row in found.rows
    }


def test_every_class_from_the_same_instant_on_and_who_opened_it_when(market: World) -> None:
    world = market
    report = published(world)
    read(world, "c4", report)
    read(world, "pro-A", report)
    world.clock.forward(2 * HOUR)
    read(world, "c4b", report)
    read(world, "c3", report)
    read(world, "c3", report)
    world.clock.forward(timedelta(days=2))
    world.change("c2", CategoryChange(investor=world.investors["c2"], category=RiskCategory.C3, before=LAST))
    world.change("c4", CategoryChange(investor=world.investors["c4"], category=RiskCategory.C1, before=LAST))
    read(world, "c2", report)
    found = examined(world, report)

    assert table(found) == {
        "PROFESSIONAL_A": (True, 1, 1, 1, 1),
        "PROFESSIONAL_B": (True, 1, 0, 0, 0),
        "PROFESSIONAL_C": (True, 1, 0, 0, 0),
        "C5": (True, 1, 0, 0, 0),
        "C4": (True, 2, 1, 2, 2),
        "C3": (True, 1, 0, 1, 1),
        "C2": (False, 0, 0, 0, 0),
        "C1": (False, 0, 0, 0, 0),
        "LOWEST": (False, 0, 0, 0, 0),
    }, "classes are those of the release, whatever became of them since"
    assert (found.is_same, found.others, found.early) == (True, 1, 0), "C2 could only later, as one of the others"
    assert [row.since for row in found.rows if row.which is ReaderClass.C2] == [None]
    [entry] = leaves(world, Kind.RELEASE_EXAMINED)
    assert (entry["number"], entry["others"], len(entry["classes"])) == (1, 1, 9)


@sqlite
def test_a_class_that_a_policy_let_in_later_is_told_from_when(market: World) -> None:
    world = market
    report = published(world, grade=RiskGrade.R4)
    world.clock.forward(HOUR)
    install(world, TEXT.replace('C3 = ["R1", "R2", "R3"]', 'C3 = ["R1", "R2", "R3", "R4"]'))
    world.clock.forward(HOUR)
    found = examined(world, report)

    since = {row.which.value: row.since for row in found.rows}
    assert since["C4"] == since["PROFESSIONAL_B"] == found.since
    assert HOUR <= since["C3"] - found.since < 2 * HOUR
    assert since["C2"] is None
    assert not found.is_same


@sqlite
def test_each_version_is_compared_by_itself(market: World) -> None:
    world = market
    report = published(world)
    read(world, "c3", report)
    world.clock.forward(HOUR)
    regrade(world, report, 1, RiskGrade.R4)
    read(world, "c5", report)
    first, second = examined(world, report), examined(world, report, 2)

    assert first.before == second.since
    assert (table(first)["C3"], table(first)["C5"]) == ((True, 1, 1, 1, 1), (True, 1, 0, 0, 0))
    assert (table(second)["C3"], table(second)["C5"]) == ((False, 0, 0, 0, 0), (True, 1, 1, 1, 1))
    assert first.numbers == (1, 2)


@sqlite
def test_what_is_not_out_is_not_compared_and_who_may_not_look_is_refused(market: World) -> None:
    world = market
    report = approved(world)
    with pytest.raises(Conflict, match="not been out"):
        examined(world, report)
    publish(world, report, world.now + HOUR)
    with pytest.raises(Conflict, match="not been out"):
        examined(world, report)
    with pytest.raises(NotFound):
        examined(world, "0" * 26)
    for who in ("c4", "clients", "reports", "staff-admin"):
        with pytest.raises(NotPermitted):
            world.database.record(fair_release.examine, world.caller(who, "c4"), report, None, world.now, ZONE)


@sqlite
def test_the_page_and_its_file(app: Flask, market: World) -> None:
    world = market
    report = published(world)
    read(world, "c4", report)
    published(world, file("31%"), report)
    world.staff("inspector", Role.INSPECTOR)
    for who in ("compliance", "inspector"):
        page = visit(app, who, "zh-CN").get(f"/admin/reports/{report}/release").text
        assert "自同一时刻起" in page
        assert "C4" in page
    browser = visit(app, "compliance", "zh-CN")
    sent = browser.get(f"/admin/reports/{report}/release/file?number=1")
    rows = list(csv.DictReader(io.StringIO(sent.data.decode("utf-8-sig"))))
    sent.close()

    assert [row["Class" if "Class" in row else next(iter(row))] for row in rows] == [each.value for each in ReaderClass]
    assert sent.headers["Content-Disposition"].startswith("attachment")
    [entry] = leaves(world, Kind.LEDGER_EXPORTED)
    assert (entry["sheet"], entry["rows"]) == ("fair_release", 9)
    assert json.dumps(entry).count(report) == 0
    assert browser.get(f"/admin/reports/{report}/release?number=9").status_code in (404, 409)
