"""One instant for all: a millisecond before it nobody finds a report by any way, from it on everybody does, on every worker."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatekeeper.actions.reading import access, bookmarks
from gatekeeper.database import Database
from gatekeeper.rules.errors import NotPermitted
from gatekeeper.rules.risk import Action, InvestorClass, RiskCategory
from tests.corrected import approved, file, publish, published
from tests.operators import ask_for
from tests.world import ZONE, World

MS = timedelta(milliseconds=1)
OPEN, CLOSED = ("acknowledgement_required",), ("report_embargoed",)
READERS = ("c3", "c5", "pro")


@pytest.fixture
def readers(world: World) -> World:
    world.client("c3", RiskCategory.C3)
    world.client("c5", RiskCategory.C5)
    world.client("pro", None, investor_class=InvestorClass.PROFESSIONAL_A)
    return world


def seen(database: Database, world: World, who: str, report: str, at: datetime) -> dict[str, object]:
    """What one worker answers at an instant: opened, listed, bookmarked, asked about, and how many are hidden."""
    caller = world.caller(who)
    opened = database.record(access.open_report, caller, report, at, ZONE)
    listed = database.record(access.list_reports, caller, at, ZONE)
    kept = database.record(access.open_report, caller, report, at, ZONE, action=Action.BOOKMARK)
    asked = database.record(ask_for, world.caller("compliance"), caller.person, caller.investor, report, at, ZONE)
    return {
        "opened": tuple(reason.value for reason in opened.decision.reasons),
        "listed": [each.report for each in listed.reports],
        "hidden": listed.hidden,
        "kept": kept.permit is not None,
        "asked": tuple(reason.value for reason in asked.answered.decision.reasons),
    }


def test_a_millisecond_before_nobody_and_from_the_instant_on_everybody_on_every_worker(
    readers: World, database_url: tuple[str, World]
) -> None:
    world, other = readers, Database(database_url[0])
    report = approved(world)
    instant = (world.now + timedelta(hours=1)).replace(microsecond=0)
    publish(world, report, instant)
    before = {"opened": CLOSED, "listed": [], "hidden": 0, "kept": False, "asked": CLOSED}
    after = {"opened": OPEN, "listed": [report], "hidden": 0, "kept": True, "asked": OPEN}
    try:
        for worker in (world.database, other):
            for who in READERS:
                for at, answer in ((instant - MS, before), (instant, after), (instant + MS, after), (instant - MS, before)):
                    assert seen(worker, world, who, report, at) == answer, (who, at)
    finally:
        other.dispose()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    off=st.integers(-3000, 3000),
    micro=st.integers(0, 999_999),
    who=st.sampled_from(READERS),
    again=st.integers(-3000, 3000),
)
def test_any_instant_divides_time_in_two_for_all(readers: World, off: int, micro: int, who: str, again: int) -> None:
    """Whatever was asked before: what a worker remembers of what is out holds for no moment on the other side."""
    world = readers
    report = world.investors.get("the report")
    if report is None:
        report = world.investors["the report"] = approved(world)
        instant = world.now + timedelta(days=1, microseconds=micro)
        publish(world, report, instant)
        world.people["the instant"] = instant.isoformat()
    instant = datetime.fromisoformat(world.people["the instant"])
    for by in (off, again, off):
        at = instant + by * MS
        found = seen(world.database, world, who, report, at)
        assert (found["opened"] == OPEN, found["listed"] == [report], found["kept"], found["asked"] == OPEN) == (by >= 0,) * 4


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_version_takes_the_other_ones_place_at_one_instant_and_bookmarks_stay(readers: World) -> None:
    world = readers
    report = published(world)
    world.database.transact(bookmarks.add, world.caller("c3"), report, world.now, ZONE)
    approved(world, file("31%", "更正后的标题"), report)
    instant = world.now + timedelta(hours=3)
    publish(world, report, instant)

    def listed(at: datetime, words: str = "") -> list[str]:
        found = world.database.record(access.list_reports, world.caller("c3"), at, ZONE, words=words)
        return [each.title for each in found.reports]

    def kept(at: datetime) -> list[str | None]:
        found = world.database.record(bookmarks.list_marks, world.caller("c3"), at, ZONE)
        return [each.report and each.report.title for each in found.marks]

    old, new = ["储能招标放量而价格企稳"], ["更正后的标题"]
    assert (listed(instant - MS), listed(instant)) == (old, new)
    assert (kept(instant - MS), kept(instant)) == (old, new)
    assert (listed(instant - MS, "更正后"), listed(instant, "更正后")) == ([], new)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_colleagues_without_the_review_grant_get_no_content_before_nor_after(readers: World) -> None:
    world = readers
    report = approved(world)
    instant = world.now + timedelta(hours=1)
    publish(world, report, instant)

    for at in (instant - MS, instant):
        for who in ("clients", "staff-admin"):
            with pytest.raises(NotPermitted):
                world.database.record(access.review_report, world.caller(who), report, at)
            answer = world.database.record(access.open_report, world.caller(who, "c3"), report, at, ZONE)
            assert answer.permit is None
