"""What investors are told of by itself, exactly once: what expires soon, a policy that begins, a report that they lose."""

import json
import time
from collections import Counter
from datetime import date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, insert, select

from gatekeeper.actions.messages import notices, reminders
from gatekeeper.actions.suitability import rematching
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.ledger.verify import Findings
from gatekeeper.ledger.verify.acts import check_acts
from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.deliveries import NoticeKind
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, RiskCategory, RiskGrade
from gatekeeper.store.base import new_id
from gatekeeper.store.messages.notices import Notice, NoticeQueue
from gatekeeper.store.messages.reminders import Reminder
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.publishing import library
from gatekeeper.store.publishing.reports import Grading, ReportVersion
from gatekeeper.store.suitability import rematches
from gatekeeper.work import telling
from gatekeeper.work.sending.office import Office
from tests.actions.test_rehearsal import DEFAULT, SHIFTED, crowd, mixed, walk  # noqa: F401  (a fixture)
from tests.ledger.test_replay import install, read
from tests.library import release, withdraw
from tests.work.test_mail import settings
from tests.world import NOW, ZONE, World

DAY = timedelta(days=1)
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def office(world: World) -> Office:
    return Office(settings(1), world.database, lambda: world.now)


def told(world: World, kind: NoticeKind) -> list[tuple[str, object]]:
    """What was told, by investor, in the order in which it was."""
    names = {id_: name for name, id_ in world.investors.items()}
    with world.database.reading() as connection:
        query = select(Notice.investor_id, Notice.changes).where(Notice.kind == kind.value).order_by(Notice.entry_id)
        return [(names.get(row.investor_id, row.investor_id), json.loads(row.changes)) for row in connection.execute(query)]


def leaves(world: World, kind: Kind) -> list[dict]:
    with world.database.reading() as connection:
        query = select(LedgerEntry.leaf).where(LedgerEntry.kind == kind.value).order_by(LedgerEntry.id)
        return [json.loads(leaf)["data"] for leaf in connection.execute(query).scalars()]


def sound(world: World) -> bool:
    """Whether each row of ours names an entry of the right kind; what a test's library writes names others."""
    findings = Findings()
    with world.database.reading() as connection:
        check_acts(connection, findings)
    return not {each.values["table"] for each in findings.first} & {"notice", "reminder", "rematch"}


def at(world: World, day: date, hour: int = 9) -> None:
    world.clock.moment = datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)


# ----------------------------------------------------------------------------------------------------------------- expires soon


def test_each_of_the_days_is_told_once_whatever_is_started_again_or_set_back(world: World):
    last = date(2028, 2, 29)
    world.client("c3", RiskCategory.C3, last_day=last)
    days = []
    for left in range(63, -3, -1):
        at(world, last - timedelta(days=left))
        for _ in range(2):  # a second process, or the same one started again
            telling.expiring(office(world))
        days += [left] * (len(told(world, NoticeKind.EXPIRING)) - len(days))

    assert days == [60, 30, 7, 1]
    assert [each[0]["left"] for _, each in told(world, NoticeKind.EXPIRING)] == [60, 30, 7, 1]
    for left in (61, 45, 3):  # the clock is set back
        at(world, last - timedelta(days=left))
        telling.expiring(office(world))
    assert len(told(world, NoticeKind.EXPIRING)) == 4
    assert sound(world)


@sqlite
def test_a_professional_status_is_told_too_and_what_was_replaced_or_left_is_not(world: World):
    soon = NOW.date() + timedelta(days=80)
    world.client("pro", None, investor_class=InvestorClass.PROFESSIONAL_B, class_last_day=soon)
    world.client("renewed", RiskCategory.C3, last_day=soon)
    world.client("gone", RiskCategory.C3, last_day=soon, client=False)
    end = valid_before(date(2028, 11, 1), ZONE)
    world.change("renewed", CategoryChange(investor=world.investors["renewed"], category=RiskCategory.C3, before=end))
    at(world, soon - timedelta(days=60))
    telling.expiring(office(world))

    assert [name for name, _ in told(world, NoticeKind.EXPIRING)] == ["pro"]


@sqlite
def test_whoever_was_away_tells_the_nearest_day_alone_and_nothing_short_from_the_beginning(world: World):
    world.client("late", RiskCategory.C3, last_day=NOW.date() + timedelta(days=80))
    world.clock.forward(timedelta(days=60))
    world.client("short", RiskCategory.C3, last_day=world.now.date() + timedelta(days=20))
    for _ in range(3):
        telling.expiring(office(world))

    assert [(name, each[0]["left"]) for name, each in told(world, NoticeKind.EXPIRING)] == [("late", 20)]
    with world.database.reading() as connection:
        assert list(connection.execute(select(Reminder.days)).scalars()) == [30]


def test_many_are_told_in_pieces_by_two_processes_at_once_each_once(world: World):
    crowd(world, 250, 1)
    at(world, (NOW + timedelta(days=700)).astimezone(ZONE).date() - timedelta(days=30))
    start = Barrier(2)

    def run():
        start.wait()
        telling.expiring(office(world))

    threads = [Thread(target=run) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    telling.expiring(office(world))

    listed = [len(each["facts"]) for each in leaves(world, Kind.EXPIRY_ANNOUNCED)]
    assert (sum(listed), max(listed)) == (250, 100)
    assert set(Counter(name for name, _ in told(world, NoticeKind.EXPIRING)).values()) == {1}
    with world.database.reading() as connection:
        assert reminders.due(connection, world.now, ZONE) == []
        assert connection.execute(select(func.count()).select_from(NoticeQueue)).scalar_one() >= 250


# ------------------------------------------------------------------------------------------------------------- a policy begins


def test_a_policy_that_begins_tells_each_investor_what_one_by_one_is_decided(mixed):  # noqa: F811  (the fixture)
    world, reports = mixed
    grades = dict(zip(reports[:5], RiskGrade, strict=True))
    names = {id_: name for name, id_ in world.investors.items()}

    def readable() -> dict[str, set[RiskGrade]]:
        found = {name: set() for name in world.investors}
        for investor, report in walk(world, reports[:5]):
            found[names[investor]].add(grades[report])
        return found

    before = readable()
    install(world, SHIFTED)
    after = readable()
    for _ in range(2):
        telling.rematch(office(world))

    text = lambda found: " ".join(grade.name for grade in sorted(found))  # noqa: E731
    changed = {name: (text(before[name]), text(after[name])) for name in names.values() if before[name] != after[name]}
    assert {name: (each["before"], each["after"]) for name, each in told(world, NoticeKind.POLICY)} == changed
    assert len(told(world, NoticeKind.POLICY)) == len(changed) > 2
    [entry] = leaves(world, Kind.POLICY_REMATCHED)
    assert {names[id_]: (was, is_) for id_, was, is_ in entry["investors"]} == changed
    assert sound(world)


def test_a_telling_that_was_interrupted_goes_on_behind_what_was_told(world: World):
    crowd(world, 1300, 1)
    install(world, SHIFTED)
    with world.database.reading() as connection:
        [cause] = rematching.waiting(connection, world.now)
    with world.database.snapshot() as connection:
        plan = rematching.plan(connection, cause, ZONE)
    assert world.database.transact(rematching.step, plan, world.now)
    telling.rematch(office(world))
    assert not world.database.transact(rematching.step, plan, world.now), "an older plan has nothing left"

    told_of = Counter(name for name, _ in told(world, NoticeKind.POLICY))
    assert set(told_of.values()) == {1}
    assert len(told_of) == len(plan.touched) == 520
    assert [len(each["investors"]) for each in leaves(world, Kind.POLICY_REMATCHED)] == [100, 100, 100, 100, 100, 20]


@sqlite
def test_a_policy_tells_nothing_before_its_day_and_nothing_where_nothing_changes(world: World):
    world.client("c2", RiskCategory.C2)
    text, at_ = SHIFTED, world.now + 3 * DAY

    def write(connection):
        entry = append(connection, Caller(actor="operator", channel="test").event(Kind.POLICY_INSTALLED, world.now))
        row = {"text": text, "sha256": "x" * 64, "valid_from": at_, "entry_id": entry}
        connection.exec_driver_sql(
            "INSERT INTO policy (text, sha256, valid_from, entry_id) VALUES (?, ?, ?, ?)",
            (row["text"], row["sha256"], at_.strftime("%Y-%m-%d %H:%M:%S.%f"), entry),
        )

    world.database.transact(write)
    telling.rematch(office(world))
    assert leaves(world, Kind.POLICY_REMATCHED) == []
    world.clock.forward(3 * DAY)
    telling.rematch(office(world))
    install(world, f"{text}# the same\n")
    telling.rematch(office(world))

    assert [(each["number"], len(each["investors"])) for each in leaves(world, Kind.POLICY_REMATCHED)] == [(1, 1), (1, 0)]
    assert len(told(world, NoticeKind.POLICY)) == 1


@pytest.mark.long
def test_a_hundred_thousand_investors_are_told_of_a_policy_and_of_what_expires_in_bounded_time(world: World):
    crowd(world, 100_000, 1000)
    install(world, SHIFTED)
    begun = time.perf_counter()
    telling.rematch(office(world))
    taken = time.perf_counter() - begun

    with world.database.reading() as connection:
        numbers = select(func.count(), func.count(Notice.investor_id.distinct())).where(Notice.kind == "policy")
        assert tuple(connection.execute(numbers).one()) == (40_000, 40_000)
    assert taken < 600, taken
    at(world, (NOW + timedelta(days=700)).astimezone(ZONE).date() - timedelta(days=30))
    begun = time.perf_counter()
    telling.expiring(office(world))
    taken = time.perf_counter() - begun
    with world.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(Reminder)).scalar_one() == 100_000
        assert reminders.due(connection, world.now, ZONE) == []
    assert taken < 600, taken


# ------------------------------------------------------------------------------------------------------------ a report is lost


def regrade(world: World, report: str, grade: RiskGrade) -> None:
    """A new version of a report, out now, with this grade."""
    version = new_id()

    def write(connection):
        now = world.now
        entry = append(connection, Caller(actor="operator", channel="test").event(Kind.REPORT_PUBLISHED, now, report=report))
        row = dict(
            connection.execute(select(ReportVersion.__table__).where(ReportVersion.report_id == report)).mappings().first()
        )
        row |= {"id": version, "number": 2, "source_sha256": f"{version:0>64}", "created_at": now, "entry_id": entry}
        connection.execute(insert(ReportVersion).values(row))
        graded = {"version_id": version, "grade": grade, "clients_only": False, "contract_clients_only": False}
        connection.execute(insert(Grading).values(**graded, valid_from=now, entry_id=entry))
        library.put_release(connection, report_id=report, version_id=version, state="RELEASED", valid_from=now, entry_id=entry)

    world.database.transact(write)


@pytest.fixture
def readers(world: World) -> tuple[World, str]:
    """C3 and C4 have read an R3, C2 was refused, and one C3 never opened it."""
    for name, category in (("c2", RiskCategory.C2), ("c3", RiskCategory.C3), ("c4", RiskCategory.C4), ("other", RiskCategory.C3)):
        world.client(name, category)
    report = release(world, RiskGrade.R3, title="储能行业跟踪报告")
    for name in ("c2", "c3", "c3", "c4"):
        read(world, name, report)
    telling.rematch(office(world))
    return world, report


def test_who_read_a_report_and_loses_it_by_its_new_grade_is_told_once(readers):
    world, report = readers
    assert told(world, NoticeKind.REPORT) == [], "its first publication takes nothing from anybody"
    regrade(world, report, RiskGrade.R4)
    for _ in range(2):
        telling.rematch(office(world))

    words = {"report": report, "title": "储能行业跟踪报告", "before": "R3", "after": "R4"}
    assert told(world, NoticeKind.REPORT) == [("c3", words)]
    [entry] = leaves(world, Kind.READERS_NOTIFIED)
    assert (entry["of"], entry["investors"]) == ("release", [[world.investors["c3"], "R3", "R4"]])


def test_a_report_that_is_withdrawn_is_told_to_everybody_who_read_it_and_could_still(readers):
    world, report = readers
    world.change("c4", CategoryChange(investor=world.investors["c4"], category=RiskCategory.C1, before=END))
    withdraw(world, report)
    telling.rematch(office(world))

    assert [(name, each["after"]) for name, each in told(world, NoticeKind.REPORT)] == [("c3", None)]
    inbox = world.database.record(notices.inbox, world.caller("c3"), world.now)
    assert [each.words["title"] for each in inbox if each.kind is NoticeKind.REPORT] == ["储能行业跟踪报告"]
    assert sound(world)


END = valid_before(date(2028, 11, 23), ZONE)


@sqlite
def test_a_grading_of_the_same_version_counts_as_one_of_a_new_one(readers):
    world, report = readers

    def write(connection):
        now = world.now
        entry = append(connection, Caller(actor="operator", channel="test").event(Kind.PUBLICATION_APPROVED, now, report=report))
        version = connection.execute(select(ReportVersion.id).where(ReportVersion.report_id == report)).scalar_one()
        graded = {"version_id": version, "grade": RiskGrade.R5, "clients_only": False, "contract_clients_only": False}
        connection.execute(insert(Grading).values(**graded, valid_from=now, entry_id=entry))

    world.database.transact(write)
    telling.rematch(office(world))

    assert sorted(name for name, _ in told(world, NoticeKind.REPORT)) == ["c3", "c4"]
    with world.database.reading() as connection:
        assert rematches.waiting(connection, world.now) == []
