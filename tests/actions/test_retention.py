"""Erasure after the years of keeping: never too early, never under a hold, and every proof stays as it was."""

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from gatekeeper.actions.proof import retention
from gatekeeper.actions.proof.retention import Asking, Refusal
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.leaf import commitment
from gatekeeper.ledger.record import append
from gatekeeper.rules.errors import Conflict, Invalid
from gatekeeper.rules.events import Kind
from gatekeeper.rules.merkle import leaf_hash
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.store.proof import retention as store
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerLog, LedgerPrivate
from tests.library import release
from tests.web.browser import visit
from tests.world import World

LATER = datetime(2126, 5, 4, 3, 2, 1, tzinfo=UTC)
"""A hundred years on: whatever the real clock says while these tests run, every entry of theirs is old enough by then."""
OPERATOR = Caller(actor="operator", channel="cli", os_user="root")


def erase(world: World, now: datetime = LATER, **asking: object) -> retention.Erased:
    return world.database.transact(retention.erase, OPERATOR, Asking(reason="申请 7", **asking), now)


def entries(world: World, **wanted: object) -> list:
    with world.database.reading() as connection:
        query = select(LedgerEntry.__table__).filter_by(**wanted).order_by(LedgerEntry.id)
        return list(connection.execute(query))


def privates(world: World) -> set[int]:
    with world.database.reading() as connection:
        return set(connection.execute(select(LedgerPrivate.entry_id)).scalars())


def data(entry) -> dict:
    return json.loads(entry.leaf)["data"]


@pytest.fixture
def two(world: World) -> World:
    world.client("c3", RiskCategory.C3)
    world.client("c4", RiskCategory.C4)
    return world


def asked_by(world: World, name: str, report: str | None = None, at: datetime | None = None) -> int:
    event = world.caller(name).event(Kind.DECISION_ASKED, at or world.now, report=report)
    return world.database.transact(append, event)


# --------------------------------------------------------------------------------------------------------------- the floor


@pytest.mark.parametrize(
    ("now", "years", "since"),
    [
        ("2046-11-23T02:00:00+00:00", 20, "2026-11-23T02:00:00+00:00"),
        ("2046-11-23T02:00:00+00:00", 25, "2021-11-23T02:00:00+00:00"),
        ("2046-11-23T02:00:00+00:00", 3, "2026-11-23T02:00:00+00:00"),
        ("2048-02-29T02:00:00+00:00", 20, "2028-02-29T02:00:00+00:00"),
        ("2048-02-29T02:00:00+00:00", 21, "2027-02-28T02:00:00+00:00"),
    ],
)
def test_the_years_of_keeping_only_grow(now, years, since):
    assert retention.kept_since(datetime.fromisoformat(now), years) == datetime.fromisoformat(since)


def test_nothing_goes_before_its_time_and_the_refusal_is_an_entry(two: World):
    before = privates(two)
    soon = two.clock.moment + timedelta(days=20 * 365)

    assert erase(two, soon, person=two.people["c3"]).refusal is Refusal.NOTHING
    assert erase(two, soon, before=soon).refusal is Refusal.RETENTION
    assert erase(two, LATER, before=LATER - timedelta(days=19 * 365)).refusal is Refusal.RETENTION
    assert erase(two, LATER, years=200).refusal is Refusal.NOTHING
    assert before <= privates(two)
    refused = entries(two, kind="erasure.refused")
    assert [data(each)["refusal"] for each in refused] == ["nothing", "retention", "retention", "nothing"]
    assert refused[0].person == two.people["c3"]


def test_an_entry_goes_on_the_day_its_time_is_over_and_not_before(two: World):
    past = datetime(2050, 1, 1, tzinfo=UTC)
    entry = asked_by(two, "c3", at=past)
    whose = {"person": two.people["c3"]}

    erase(two, past.replace(year=2070), **whose)
    assert entry in privates(two)
    erase(two, past.replace(year=2070) + timedelta(seconds=1), **whose)
    assert entry not in privates(two)


def test_both_clocks_must_agree_outside_trials(two: World, monkeypatch):
    monkeypatch.setattr(store, "origin", lambda _: "research.example.com/gatekeeper")
    before = privates(two)

    assert erase(two, LATER).refusal is Refusal.CLOCK
    assert before <= privates(two)


# ------------------------------------------------------------------------------------------------------------- the erasure


def test_erasing_a_person_leaves_every_leaf_as_it_was(two: World):
    mine, other = asked_by(two, "c3"), asked_by(two, "c4")
    leaves = {each.id: leaf_hash(each.leaf) for each in entries(two)}
    [kept] = entries(two, id=mine)

    done = erase(two, person=two.people["c3"])

    assert done.refusal is None
    assert mine not in privates(two)
    assert other in privates(two)
    after = {each.id: leaf_hash(each.leaf) for each in entries(two)}
    assert {id_: after[id_] for id_ in leaves} == leaves
    [again] = entries(two, id=mine)
    assert again.leaf == kept.leaf
    assert len(b64decode(json.loads(again.leaf)["private"]["address"])) == 32
    [act] = entries(two, kind="privacy.erased")
    assert act.person == two.people["c3"]
    assert data(act)["erased_entries"] == done.entries
    assert data(act)["erased_values"] == done.values
    assert str(mine) in data(act)["erased"]
    assert two.people["c3"] not in {
        each.person for each in entries(two) if each.id in privates(two) and each.kind != "privacy.erased"
    }


def test_what_remains_still_opens_its_commitments(two: World):
    asked_by(two, "c3")
    other = asked_by(two, "c4")
    erase(two, person=two.people["c3"])

    [entry] = entries(two, id=other)
    with two.database.reading() as connection:
        rows = list(connection.execute(select(LedgerPrivate.__table__).where(LedgerPrivate.entry_id == other)))
    assert {row.field: commitment(row.field, row.salt, row.value) for row in rows} == json.loads(entry.leaf)["private"]


def test_everything_old_goes_piece_by_piece(two: World, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 5)
    asking, now = Asking(reason="年度清理"), LATER
    pieces = [two.database.transact(retention.erase, OPERATOR, asking, now)]
    while pieces[-1].more:
        pieces.append(two.database.transact(retention.erase, OPERATOR, asking, now, begun=True))

    assert len(pieces) > 3
    assert all(each.refusal is None for each in pieces)
    acts = entries(two, kind="privacy.erased")
    assert privates(two) == {each.id for each in acts}
    assert sum(data(each)["erased_entries"] for each in acts) == sum(each.entries for each in pieces)


def test_an_erasure_wants_a_reason(two: World):
    with pytest.raises(Invalid, match="reason"):
        two.database.transact(retention.erase, OPERATOR, Asking(reason=" "), LATER)


def test_the_entrys_page_says_when_it_was_erased(two: World, app):
    mine = asked_by(two, "c3")
    [entry] = entries(two, id=mine)
    officer = visit(app, "compliance")
    assert "192.0.2.1" in officer.get(f"/log/{entry.code}").text

    erase(two, person=two.people["c3"])

    page = officer.get(f"/log/{entry.code}").text
    assert "192.0.2.1" not in page
    assert "Erased after retention on" in page
    assert LATER.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y") in page
    [act] = entries(two, kind="privacy.erased")
    assert "Private values erased" in officer.get(f"/log/{act.code}").text


# --------------------------------------------------------------------------------------------------------------- legal hold


def hold(world: World, what: str, id_: str) -> None:
    world.database.transact(retention.set_hold, OPERATOR, (what, id_), "（2046）京01民初1号", world.now)


def lift(world: World, what: str, id_: str) -> None:
    world.database.transact(retention.lift_hold, OPERATOR, (what, id_), "已结案", world.now)


@pytest.mark.parametrize("what", ["person", "investor"])
def test_what_is_on_hold_is_kept_however_old(two: World, what):
    mine, other = asked_by(two, "c3"), asked_by(two, "c4")
    hold(two, what, two.people["c3"] if what == "person" else two.investors["c3"])

    assert erase(two, person=two.people["c3"]).refusal is Refusal.LEGAL_HOLD
    done = erase(two)
    assert (done.refusal, done.held > 0) == (None, True)
    assert mine in privates(two)
    assert other not in privates(two)
    kept = [each for each in entries(two) if each.id in privates(two)]
    assert {each.id for each in kept if each.investor == two.investors["c3"]} != set()
    assert erase(two).refusal is Refusal.LEGAL_HOLD
    assert [data(each)["refusal"] for each in entries(two, kind="erasure.refused")] == [Refusal.LEGAL_HOLD.value] * 2

    lift(two, what, two.people["c3"] if what == "person" else two.investors["c3"])
    assert erase(two).refusal is None
    assert mine not in privates(two)
    assert [each.kind for each in entries(two) if each.kind.startswith("legal_hold")] == ["legal_hold.set", "legal_hold.lifted"]


def test_a_report_on_hold_keeps_what_was_decided_about_it(two: World):
    report = release(two)
    about, other = asked_by(two, "c3", report), asked_by(two, "c3")
    hold(two, "report", report)

    erase(two)
    assert about in privates(two)
    assert other not in privates(two)


def test_a_hold_is_set_once_and_lifted_once_and_listed(two: World):
    subject = ("person", two.people["c3"])
    with pytest.raises(Conflict, match="not on hold"):
        lift(two, *subject)
    hold(two, *subject)
    with pytest.raises(Conflict, match="already"):
        hold(two, *subject)
    hold(two, "investor", two.investors["c4"])
    with two.database.reading() as connection:
        found = [(each.login, each.client_number, each.reason) for each in store.holds(connection, LATER)]
    assert found == [("c3", None, "（2046）京01民初1号"), (None, "N-c4", "（2046）京01民初1号")]

    lift(two, *subject)
    hold(two, *subject)
    lift(two, *subject)
    with two.database.reading() as connection:
        assert [each.client_number for each in store.holds(connection, LATER)] == ["N-c4"]
        assert not store.is_covered(connection, two.people["c3"], LATER)
        assert store.is_covered(connection, two.people["c4"], LATER)
        assert connection.execute(select(LedgerLog.origin)).scalar_one().endswith("/test")
