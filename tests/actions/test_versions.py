"""Versions: a corrected file, another grade, what is superseded and stopped, and who is told."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import make_url, select

from gatekeeper.actions import proposals
from gatekeeper.actions.publishing import regrading, reports
from gatekeeper.actions.reading import access, record
from gatekeeper.ledger.verify import Findings
from gatekeeper.ledger.verify.acts import check_acts
from gatekeeper.rules.errors import Conflict, GatekeeperError, Invalid, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.deliveries import NoticeKind
from gatekeeper.rules.risk import Action, RiskCategory, RiskGrade
from gatekeeper.store.publishing import library, versions
from gatekeeper.store.publishing.reports import ReportContent, ReportVersion
from gatekeeper.work import telling
from tests.actions.test_telling import leaves, office, told
from tests.corrected import (
    approve,
    approved,
    bring_in,
    file,
    outs,
    propose,
    publish,
    published,
    regrade,
    stop,
)
from tests.ledger.test_replay import read, run
from tests.world import ZONE, World

MS = timedelta(milliseconds=1)
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def answer(world: World, who: str, report: str) -> tuple[str, ...]:
    """Why not, or the number of the version that was given."""
    found = world.database.record(access.open_report, world.caller(who), report, world.clock.moment, ZONE)
    if found.permit is None:
        return tuple(reason.value for reason in found.decision.reasons)
    with world.database.reading() as connection:
        return (str(library.content(connection, found.permit).number),)


@pytest.fixture
def readers(world: World) -> World:
    for name, category in (("c2", RiskCategory.C2), ("c3", RiskCategory.C3), ("c4", RiskCategory.C4)):
        world.client(name, category)
    return world


def test_a_corrected_file_takes_the_place_of_the_old_one_at_its_instant_and_its_readers_are_told_once(readers: World) -> None:
    world = readers
    report = published(world)
    for name in ("c3", "c4"):
        read(world, name, report)
    bring_in(world, file("31%", "储能招标放量而价格企稳（更正）"), corrects=report)
    assert answer(world, "c3", report) == ("1",), "the old one stays out"

    approve(world, propose(world, report))
    assert answer(world, "c3", report) == ("1",)
    instant = world.now + timedelta(hours=1)
    publish(world, report, instant)

    world.clock.moment = instant - MS
    assert answer(world, "c3", report) == ("1",)
    world.clock.moment = instant
    assert answer(world, "c3", report) == ("acknowledgement_required",), "each version is accepted"
    assert answer(world, "c2", report) == ("category_below_grade",)
    read(world, "c3", report)
    assert answer(world, "c3", report) == ("2",)
    for _ in range(2):
        telling.rematch(office(world))

    words = {"report": report, "title": "储能招标放量而价格企稳", "before": "R3", "after": "R3", "corrected": True}
    assert sorted(told(world, NoticeKind.VERSION)) == [("c3", words), ("c4", words)], "under the title that they read"
    assert told(world, NoticeKind.REPORT) == []
    assert outs(world, report) == [(1, "RELEASED"), (2, "RELEASED")]
    past = world.database.record(record.view, world.caller("c3"), world.now, ZONE).past
    assert {(each.title, each.version) for each in past if each.kind is Kind.REPORT_OPENED} == {
        ("储能招标放量而价格企稳", 1),
        ("储能招标放量而价格企稳（更正）", 2),
    }
    is_sound(world)


def is_sound(world: World) -> None:
    """Every row names an entry of its kind, and every decision comes out again as it was."""
    findings = Findings()
    with world.database.reading() as connection:
        check_acts(connection, findings)
        assert findings.first == []
    assert run(world)[1] == []


def test_a_higher_grade_is_a_new_version_by_one_person_at_once_and_who_loses_it_is_told(readers: World) -> None:
    world = readers
    report = published(world)
    for name in ("c3", "c4"):
        read(world, name, report)
    done = regrade(world, report, 1, RiskGrade.R4)

    assert (done.lowered, done.raised, done.proposal) == (2, None, None)
    assert answer(world, "c3", report) == ("category_below_grade",)
    assert answer(world, "c4", report) == ("acknowledgement_required",)
    telling.rematch(office(world))
    title = "储能招标放量而价格企稳"
    assert told(world, NoticeKind.REPORT) == [("c3", {"report": report, "title": title, "before": "R3", "after": "R4"})]
    kept = {"report": report, "title": title, "before": "R3", "after": "R4", "corrected": False}
    assert told(world, NoticeKind.VERSION) == [("c4", kept)]
    [entry] = leaves(world, Kind.READERS_NOTIFIED)
    assert entry["investors"] == [[world.investors["c3"], "R3", "R4"]]
    assert entry["still"] == [world.investors["c4"]]
    with world.database.reading() as connection:
        rows = connection.execute(select(ReportVersion.__table__).where(ReportVersion.report_id == report)).mappings()
        first, second = sorted(map(dict, rows), key=lambda row: row["number"])
        bodies = connection.execute(select(ReportContent.body, ReportContent.source)).all()
    own = ("id", "number", "copy_of", "created_at", "entry_id")
    assert {key: value for key, value in first.items() if key not in own} == {k: v for k, v in second.items() if k not in own}
    assert (second["number"], second["copy_of"]) == (2, 1)
    assert bodies[0] == bodies[1]
    is_sound(world)


def test_a_lower_grade_waits_for_a_second_person(readers: World) -> None:
    world = readers
    report = published(world, grade=RiskGrade.R4)
    assert answer(world, "c3", report) == ("category_below_grade",)
    done = regrade(world, report, 1, RiskGrade.R3)

    assert (done.lowered, done.raised) == (None, 2)
    assert done.proposal
    assert answer(world, "c3", report) == ("category_below_grade",)
    with pytest.raises(NotPermitted):
        world.database.transact(proposals.approve, world.caller("reports"), done.proposal, "", world.now)
    approve(world, done.proposal)
    assert answer(world, "c3", report) == ("category_below_grade",), "approved is not out"
    publish(world, report)
    assert answer(world, "c3", report) == ("acknowledgement_required",)


@sqlite
def test_a_change_that_does_both_is_split(readers: World) -> None:
    world = readers
    report = published(world, audience=audience(RiskCategory.C4, RiskCategory.C5))
    done = regrade(world, report, 1, RiskGrade.R4, *audience().categories)

    assert (done.lowered, done.raised) == (2, 3)
    with world.database.reading() as connection:
        lowered, raised = (library.one_for_staff(connection, report, world.now, number) for number in (2, 3))
    assert (lowered.grade, lowered.categories, lowered.state) == (RiskGrade.R4, 0b11000, "RELEASED")
    assert (raised.grade, raised.state) == (None, None)
    with pytest.raises(Invalid, match="nothing to change"):
        regrade(world, report, 2, RiskGrade.R4, RiskCategory.C4, RiskCategory.C5)


def audience(*categories: RiskCategory):
    from_file = json.loads(file().metadata["reading"])
    found = reports.printed_audience(from_file)
    return type(found)(found.professional, frozenset(categories) or found.categories)


# ------------------------------------------------------------------------------------- what was approved before does not undo it


@sqlite
def test_what_was_approved_or_proposed_before_a_lowering_does_not_undo_it(readers: World) -> None:
    world = readers
    report = published(world)
    approved(world, file("31%"), corrects=report)
    regrade(world, report, 1, RiskGrade.R4)
    with pytest.raises(Conflict, match="has changed since"):
        publish(world, report)

    waiting = published(world, file("51%", "另一份"))
    bring_in(world, file("52%", "另一份"), corrects=waiting)
    proposal = propose(world, waiting)
    regrade(world, waiting, 1, RiskGrade.R4)
    with pytest.raises(Conflict, match="file has changed"):
        approve(world, proposal)
    world.database.transact(proposals.withdraw, world.caller("reports"), proposal, "", world.now)
    approve(world, propose(world, waiting, number=2))
    publish(world, waiting)
    assert outs(world, waiting) == [(1, "RELEASED"), (3, "RELEASED"), (2, "RELEASED")]


@sqlite
def test_a_version_set_for_later_is_dropped_by_a_lowering_and_the_telling_of_it_too(readers: World) -> None:
    world = readers
    report = published(world)
    read(world, "c4", report)
    approved(world, file("31%"), corrects=report)
    later = world.now + timedelta(hours=2)
    publish(world, report, later)
    done = regrade(world, report, 1, RiskGrade.R4)
    assert (done.lowered, done.dropped) == (3, 2)
    world.clock.moment = later + timedelta(minutes=1)
    telling.rematch(office(world))

    assert outs(world, report) == [(1, "RELEASED"), (3, "RELEASED")]
    assert [name for name, _ in told(world, NoticeKind.VERSION)] == ["c4"]


@sqlite
def test_a_version_that_waits_for_its_day_is_lowered_with_its_day(readers: World) -> None:
    world = readers
    report, at = approved(world), world.now + timedelta(hours=1)
    assert regrade(world, report, 1, RiskGrade.R4).lowered == 2
    with world.database.reading() as connection:
        assert library.to_publish(connection, report, world.now).number == 2
    publish(world, report, at)
    assert regrade(world, report, 2, RiskGrade.R5).lowered == 3
    world.clock.moment = at - MS
    assert answer(world, "c4", report) == ("report_embargoed", "category_below_grade")
    world.clock.moment = at
    assert answer(world, "c4", report) == ("category_below_grade",)
    assert outs(world, report) == [(3, "RELEASED")]


def test_a_report_that_was_stopped_comes_back_as_a_new_version_alone(readers: World) -> None:
    world = readers
    report = published(world)
    read(world, "c3", report)
    approved(world, file("31%"), corrects=report)
    stop(world, report)
    assert answer(world, "c3", report) == ("report_withdrawn",)
    with pytest.raises(Conflict, match="stopped"):
        publish(world, report)

    done = regrade(world, report, 2, RiskGrade.R3)
    assert (done.lowered, done.raised) == (None, 3), "nothing is out that could be lowered"
    approve(world, done.proposal)
    publish(world, report)
    assert answer(world, "c3", report) == ("acknowledgement_required",)
    telling.rematch(office(world))
    assert outs(world, report) == [(1, "RELEASED"), (1, "WITHDRAWN"), (3, "RELEASED")]
    assert [name for name, _ in told(world, NoticeKind.REPORT)] == ["c3"]
    assert [(name, each["corrected"]) for name, each in told(world, NoticeKind.VERSION)] == [("c3", True)]


def test_who_publishes_and_who_stops_at_once_leave_it_stopped(readers: World) -> None:
    world = readers
    report = published(world)
    approved(world, file("31%"), corrects=report)
    start, said, now = Barrier(2), [], world.now

    def do(act, *arguments) -> None:
        start.wait()
        try:
            world.database.transact(act, world.caller("reports"), report, *arguments, now)
        except GatekeeperError as error:
            said.append(type(error))

    threads = [Thread(target=do, args=args) for args in ((reports.publish, None), (reports.stop, "有误"))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    world.clock.forward(timedelta(minutes=5))
    assert outs(world, report)[-1][1] == "WITHDRAWN"
    assert answer(world, "c3", report) == ("report_withdrawn",)
    assert said in ([], [Conflict])


# ------------------------------------------------------------------------------------------------------------- faults and rights


@sqlite
def test_what_a_version_cannot_be(readers: World) -> None:
    world = readers
    report = published(world)
    cases = [
        (lambda: bring_in(world, file(), corrects=report), "imported already"),
        (lambda: bring_in(world, file("9%"), corrects="0" * 26), "no such report"),
        (lambda: regrade(world, report, 7, RiskGrade.R4), "no such report"),
        (lambda: regrade(world, report, 1, RiskGrade.R2), "printed R3"),
        (lambda: regrade(world, report, 1, RiskGrade.R4, RiskCategory.C3, RiskCategory.C5), "higher one too"),
        (lambda: regrade(world, report, 1, RiskGrade.R3), "nothing to change"),
    ]
    for act, why in cases:
        with pytest.raises(GatekeeperError, match=why):
            act()

    bring_in(world, file("31%"), corrects=report)
    with pytest.raises(Conflict, match="No grade was confirmed"):
        regrade(world, report, 2, RiskGrade.R4)
    approve(world, propose(world, report))
    publish(world, report)
    with pytest.raises(Conflict, match="newer file"):
        regrade(world, report, 1, RiskGrade.R4)


@sqlite
def test_an_older_file_goes_out_no_more(readers: World) -> None:
    world = readers
    report = bring_in(world, file())
    approved(world, file("31%"), corrects=report)
    publish(world, report)

    with pytest.raises(Conflict, match="newer file"):
        propose(world, report, number=1)


@sqlite
@pytest.mark.parametrize("who", ["clients", "compliance", "staff-admin", "c3"])
def test_only_a_reports_admin_makes_versions(readers: World, who: str) -> None:
    world = readers
    report = published(world)
    caller, now = world.caller(who, "c3"), world.now
    how = regrading.Regrading(number=1, wanted=regrading.Stated(RiskGrade.R4, audience(), reports.NOT_STATED), reason="x")

    with pytest.raises(NotPermitted):
        world.database.transact(reports.import_report, caller, file("9%"), now, corrects=report)
    with pytest.raises(NotPermitted):
        world.database.transact(regrading.regrade, caller, report, how, now)


@sqlite
def test_whoever_lost_an_earlier_version_is_shown_no_later_title(readers: World) -> None:
    """C3 reads version 1, loses the report by its grade, and version 3 bears another title: no notice says it."""
    world = readers
    report = published(world)
    read(world, "c3", report)
    regrade(world, report, 1, RiskGrade.R4)
    telling.rematch(office(world))
    approve(world, propose_as(world, report, file("31%", "机密结论的新标题"), RiskGrade.R4))
    publish(world, report)
    stop(world, report)
    telling.rematch(office(world))

    assert [each["title"] for _, each in told(world, NoticeKind.REPORT)] == ["储能招标放量而价格企稳"]
    assert told(world, NoticeKind.VERSION) == []


def propose_as(world: World, report: str, prepared, grade: RiskGrade) -> str:
    bring_in(world, prepared, corrects=report)
    return propose(world, report, grade=grade)


@sqlite
def test_periods_are_what_was_decided_last_of_all_that_has_begun(world: World) -> None:
    report = published(world)
    approved(world, file("31%"), corrects=report)
    publish(world, report, world.now + timedelta(days=2))
    stop(world, report)

    assert outs(world, report) == [(1, "RELEASED"), (1, "WITHDRAWN")], "what was set for later does not come out"
    with world.database.reading() as connection:
        found = versions.periods(versions.releases(connection, report))
    assert found[0].before == found[1].since
    assert found[1].before is None


@sqlite
def test_a_copy_is_of_the_version_that_is_out_and_each_version_is_accepted_before_one(readers: World) -> None:
    world = readers
    report = published(world)
    read(world, "c4", report)
    published(world, file("31%"), report)

    def copied() -> str:
        asked = (access.open_report, world.caller("c4"), report, world.now, ZONE)
        found = world.database.record(*asked, action=Action.USE)
        return found.decision.outcome.value if found.permit is None else found.permit.version

    assert copied() == "ACKNOWLEDGE", "the acceptance of the old version serves no copy of the new one"
    read(world, "c4", report)
    with world.database.reading() as connection:
        second = library.one_for_staff(connection, report, world.now, 2)
    assert copied() == second.version


@sqlite
def test_no_row_takes_the_place_of_a_version_by_its_file(world: World, database_url: tuple[str, World]) -> None:
    """REPLACE would remove what a unique index stands for: the guard looks for it beforehand, also where the index is partial."""
    report = published(world)
    regrade(world, report, 1, RiskGrade.R4)
    names = [each.name for each in ReportVersion.__table__.columns]
    changed = {"id": f"'{'9' * 26}'", "number": "9"}
    with closing(sqlite3.connect(make_url(database_url[0]).database or "")) as raw:
        for copy_of, refused in (("NULL", True), ("1", False)):
            values = [{**changed, "copy_of": copy_of}.get(name, name) for name in names]
            rows = f"SELECT {', '.join(values)} FROM report_version WHERE number = 1"  # noqa: S608  (words of our own)
            insert = f"INSERT OR REPLACE INTO report_version ({', '.join(names)}) {rows}"
            if refused:
                with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                    raw.execute(insert)
            else:
                raw.execute(insert)
        raw.rollback()
