"""The sums behind the figures: with them and without them every number is the same, whenever they were made and whoever died."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from gatekeeper.actions.proof import figures
from gatekeeper.actions.reading import access
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.seal import seal
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, RiskCategory, RiskGrade
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.store.proof import daily
from gatekeeper.work import counting
from tests.ledger.raw import asking, event, opened
from tests.library import release
from tests.world import ZONE, World

OPERATOR = Caller(actor="operator", channel="test")
BERLIN = ZoneInfo("Europe/Berlin")
DECISIONS = 120


@pytest.fixture
def told(world: World) -> list[tuple[str, str]]:
    """Who may ask for what: an investor of each sort, and reports of three grades and one that is not there."""
    for name, category in (("c2", RiskCategory.C2), ("c4", RiskCategory.C4), ("none", None)):
        world.client(name, category)
    world.client("professional", None, investor_class=InvestorClass.PROFESSIONAL_B)
    reports = [release(world, grade) for grade in (RiskGrade.R1, RiskGrade.R3, RiskGrade.R5)]
    return [(who, report) for who in ("c2", "c4", "none", "professional") for report in (*reports, "0" * 26)]


def sealed(world: World) -> None:
    world.database.transact(seal, [], world.now)


def days(world: World, zone: ZoneInfo = ZONE, back: int = 20) -> list[tuple[datetime, datetime]]:
    last = world.now.astimezone(zone).date()
    dates = [last - timedelta(days=n) for n in range(back, -1, -1)]
    return [(datetime(*each.timetuple()[:3], tzinfo=zone).astimezone(UTC), valid_before(each, zone)) for each in dates]


def both(world: World, monkeypatch: pytest.MonkeyPatch, zone: ZoneInfo = ZONE) -> tuple[figures.Figures, figures.Figures]:
    """The figures with the sums, and as the entries themselves say."""
    asked = OPERATOR, days(world, zone), zone, world.now
    with_sums = world.database.record(figures.view, *asked)
    with monkeypatch.context() as without:
        without.setattr(daily, "MOST_BEHIND", -1)
        return with_sums, world.database.record(figures.view, *asked)


def counted(world: World) -> int:
    """How many decisions are in the sums."""
    with world.database.reading() as connection:
        return int(connection.execute(text("SELECT coalesce(sum(number), 0) FROM ledger_daily")).scalar_one())


def test_sums_and_the_rest_are_what_the_entries_say_whatever_happens_in_between(world, told, monkeypatch):
    """Late entries, instants at the edge of a day, sealing and counting at any time, and a counter that dies."""
    dice = random.Random(7)
    monkeypatch.setattr(counting, "PIECE", 7)
    midnight = days(world)[10][0]
    edges = [midnight + timedelta(microseconds=n) for n in (-1, 0, 1, -499, -500)]
    for n in range(DECISIONS):
        at = edges[n] if n < len(edges) else world.now - timedelta(minutes=dice.randrange(20 * 1440))
        who, report = dice.choice(told)
        world.database.record(access.open_report, world.caller(who), report, at, ZONE)
        if dice.random() < 0.1:
            sealed(world)
        if dice.random() < 0.1:
            stop = iter([False] * dice.randrange(3) + [True] * 99)
            counting.count_all(world.database, ZONE, lambda stop=stop: next(stop))
        if n % 40 == 20:
            with_sums, without = both(world, monkeypatch)
            assert with_sums == without

    with_sums, without = both(world, monkeypatch)
    assert with_sums == without
    assert 0 < counted(world) < with_sums.days.total() == DECISIONS

    sealed(world)
    counting.count_all(world.database, ZONE)
    assert both(world, monkeypatch) == (with_sums, without)
    assert counted(world) == DECISIONS


def test_whoever_dies_while_adding_has_added_nothing(world, told, monkeypatch):
    decide(world, told, 12)

    def die(*_: object) -> None:
        raise RuntimeError

    for broken in ("_add", "update"):
        with monkeypatch.context() as patch:
            patch.setattr(daily, broken, die)
            with pytest.raises(RuntimeError):
                counting.count_all(world.database, ZONE)
        assert counted(world) == 0
    counting.count_all(world.database, ZONE)
    assert counted(world) == 12


def test_two_who_count_at_once_count_every_leaf_once(world, told, monkeypatch):
    monkeypatch.setattr(counting, "PIECE", 3)
    decide(world, told, 30)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda _: counting.count_all(world.database, ZONE), range(3)))

    assert counted(world) == 30
    with_sums, without = both(world, monkeypatch)
    assert with_sums == without


def decide(world: World, told: list[tuple[str, str]], count: int) -> None:
    for n in range(count):
        who, report = told[n % len(told)]
        world.database.record(access.open_report, world.caller(who), report, world.now - timedelta(hours=n), ZONE)
    sealed(world)


def test_in_another_zone_the_sums_are_made_anew(world, told, monkeypatch):
    decide(world, told, 30)
    counting.count_all(world.database, ZONE)

    before = both(world, monkeypatch, BERLIN)
    counting.count_all(world.database, BERLIN)
    after = both(world, monkeypatch, BERLIN)

    assert before[0] == before[1] == after[0] == after[1]
    assert before[0].days != both(world, monkeypatch)[0].days
    assert counted(world) == 30


def test_where_too_much_is_not_counted_yet_the_period_itself_is_walked(world, told, monkeypatch):
    decide(world, told, 12)
    with monkeypatch.context() as patch:
        patch.setattr(daily, "MOST_BEHIND", 3)
        with world.database.reading() as connection:
            assert daily.uncounted(connection, str(ZONE)) is None
        few, without = both(world, patch)

    assert few == without
    assert few.days.total() == 12


def test_sums_that_somebody_changed_are_put_right(world, told, monkeypatch, database_url):
    decide(world, told, 20)
    counting.count_all(world.database, ZONE)
    with opened(database_url[0]) as raw:
        raw.execute("UPDATE ledger_daily SET number = number + 5 WHERE outcome = 'ACKNOWLEDGE'")
        changed = raw.one("SELECT count(*) FROM ledger_daily WHERE outcome = 'ACKNOWLEDGE'")
        lost = raw.one("SELECT count(*) FROM ledger_daily WHERE outcome = 'DENY'")
        raw.execute("DELETE FROM ledger_daily WHERE outcome = 'DENY'")
        raw.execute("INSERT INTO ledger_daily VALUES ('2026-11-01', 'PERMIT', '', 'C5', 'R5', 1000)")
    assert counted(world) > 20

    done = counting.recount(world.database, ZONE, OPERATOR)

    assert done.differing == changed + lost + 1
    with_sums, without = both(world, monkeypatch)
    assert with_sums == without
    assert counting.recount(world.database, ZONE, OPERATOR).differing == 0


def test_nothing_else_is_counted_than_decisions(world, monkeypatch):
    made = [event(at=world.now, outcome=Outcome.DENY, reason=Reason.NOT_ASSESSED.value, data={"facts": {}}), event(at=world.now)]
    world.database.record(asking(*made))
    sealed(world)
    counting.count_all(world.database, ZONE)

    with_sums, without = both(world, monkeypatch)

    assert with_sums == without
    assert with_sums.refusals == Counter({"not_assessed": 1})
    assert with_sums.cells == Counter({("NONE", "NONE", "DENY"): 1})
