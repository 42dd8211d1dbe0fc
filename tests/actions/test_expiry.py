"""Proposals that nobody decides in time end by themselves; of two people, or a person and time, who come at once, one wins."""

import json
from datetime import timedelta

import pytest

from gatekeeper import migrating
from gatekeeper.actions import expiry, proposals
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Event, append
from gatekeeper.rules.changes import CategoryChange, RoleChange
from gatekeeper.rules.errors import Conflict, GatekeeperError, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import parse
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.rules.roles import Role
from gatekeeper.store import proposals as store
from gatekeeper.store.apply import apply
from gatekeeper.store.proof import entries
from gatekeeper.store.suitability.assessments import State
from gatekeeper.work import rota
from tests import assessed
from tests.actions.test_policies import DEFAULT, NO_R3, approve, in_force, propose, try_out
from tests.actions.test_proposals import at_once
from tests.actions.test_proposals import propose as propose_change
from tests.ledger.raw import REFUSED, opened
from tests.ledger.test_replay import install
from tests.web.browser import visit
from tests.web.test_approving_many import LATER, raised

DAY = timedelta(days=1)
SYSTEM = Caller(actor="system", channel="work")
SEVEN = f"{DEFAULT}\n[proposals]\nopen_days = 7\n"


def expire(world):
    """What the work process does every few minutes; return the codes."""
    with world.database.reading() as connection:
        due = expiry.due(connection, world.now, 100)
    return [world.database.transact(expiry.expire, SYSTEM, each, world.now) for each in due]


def row(world, id_):
    with world.database.reading() as connection:
        return store.get(connection, id_)


def entry(world, code):
    with world.database.reading() as connection:
        return entries.by_code(connection, code)[0]


def test_after_thirty_days_a_proposal_ends_by_itself_and_the_log_says_so(world):
    id_ = raised(world, "c2")
    world.clock.forward(30 * DAY - timedelta(minutes=1))
    assert expire(world) == []
    world.clock.forward(timedelta(minutes=2))

    [code] = expire(world)

    found = row(world, id_)
    assert (found.state, found.decided_by) == ("EXPIRED", None)
    leaf = json.loads(entry(world, code).leaf)
    assert (leaf["kind"], leaf["actor"], leaf["investor"]) == ("proposal.expired", "system", world.investors["c2"])
    assert (leaf["data"]["proposal"], leaf["data"]["open_days"]) == (id_, 30)
    assert expire(world) == []
    with pytest.raises(Conflict, match="ended by itself"):
        world.database.transact(proposals.approve, world.caller("compliance"), id_, "", world.now)
    with pytest.raises(Conflict, match="ended by itself"):
        world.database.transact(proposals.withdraw, world.caller("clients"), id_, "", world.now)
    again = CategoryChange(investor=world.investors["c2"], category=RiskCategory.C4, before=LATER)
    assert propose_change(world, "c2", again)


def test_how_long_it_waits_is_the_policy_s(world):
    id_ = raised(world, "c2")
    world.clock.forward(8 * DAY)
    assert expire(world) == []
    install(world, SEVEN)

    with pytest.raises(Conflict, match="older than 7 days"):
        world.database.transact(proposals.approve, world.caller("compliance"), id_, "", world.now)
    assert len(expire(world)) == 1
    assert parse(DEFAULT).open_days == 30


def test_a_clock_set_back_ends_nothing_early_and_nothing_twice(world):
    id_ = raised(world, "c2")
    world.clock.forward(31 * DAY)
    world.clock.forward(-2 * DAY)
    assert expire(world) == []
    world.clock.forward(2 * DAY)
    assert len(expire(world)) == 1
    world.clock.forward(-2 * DAY)
    assert expire(world) == []
    assert row(world, id_).state == "EXPIRED"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_proposer_is_told(world, app):
    id_ = raised(world, "c2")
    world.clock.forward(31 * DAY)
    expire(world)

    own, other = (visit(app, name) for name in ("clients", "compliance"))

    assert "1 proposal of your own ended by itself" in own.get("/home").text
    assert "ended by itself" not in other.get("/home").text
    assert "Ended by itself" in own.get("/proposals?state=ended").text
    page = own.get(f"/proposals/{id_}").text
    assert "Nobody decided it in time" in page
    assert "Withdraw the proposal" not in page


def test_the_work_process_has_this_task():
    assert "proposals" in {task.name for task in rota.TASKS}


# ---------------------------------------------------------------------------------------------------------------- at one moment


def acts(world, *these):
    """Each of these acts on its own connection, begun at one moment; what each got: a value, or why not."""
    return at_once(*[lambda act=act, args=args: world.database.transact(act, *args) for act, *args in these])


def kinds(world, *wanted):
    with world.database.reading() as connection:
        found = connection.exec_driver_sql("SELECT kind FROM ledger_entry ORDER BY id").scalars().all()
    return [kind for kind in found if kind in wanted]


def test_two_approvals_of_a_policy_at_once_are_one_and_a_clear_answer(world):
    world.staff("third", Role.COMPLIANCE)
    id_ = propose(world, NO_R3)
    for name in ("compliance-2", "third"):
        try_out(world, id_, name)

    got = acts(world, *[(proposals.approve, world.caller(each), id_, "", world.now) for each in ("compliance-2", "third")])

    assert [type(each) for each in got if isinstance(each, GatekeeperError)] == [Conflict]
    assert "approved already" in str(next(each for each in got if isinstance(each, Conflict)))
    assert kinds(world, "policy.approved") == ["policy.approved"]
    assert in_force(world) == parse(NO_R3).digest


def test_an_approval_and_a_withdrawal_at_once_are_one_of_both(world):
    id_ = propose(world, NO_R3)
    try_out(world, id_, "compliance-2")

    got = acts(
        world,
        (proposals.approve, world.caller("compliance-2"), id_, "", world.now),
        (proposals.withdraw, world.caller("compliance"), id_, "", world.now),
    )

    [done] = kinds(world, "policy.approved", "policy.withdrawn")
    assert sum(isinstance(each, Conflict) for each in got) == 1
    assert (in_force(world) == parse(NO_R3).digest) == (done == "policy.approved") == (row(world, id_).state == "APPROVED")


def test_an_approval_and_the_end_of_its_time_at_once_are_one_of_both(world):
    id_ = raised(world, "c2")
    in_time = world.now + 30 * DAY - timedelta(seconds=1)
    world.clock.forward(31 * DAY)

    got = acts(
        world,
        (proposals.approve, world.caller("compliance"), id_, "", in_time),  # whose clock is slow
        (expiry.expire, SYSTEM, id_, world.now),
    )

    [done] = kinds(world, "classification.approved", "proposal.expired")[-1:]
    state = row(world, id_).state
    assert state == {"classification.approved": "APPROVED", "proposal.expired": "EXPIRED"}[done]
    assert any(isinstance(each, Conflict) for each in got) == (state == "EXPIRED")


def test_an_approver_who_loses_the_role_at_that_moment_either_approved_before_or_not_at_all(world):
    world.staff("third", Role.COMPLIANCE)
    id_ = propose(world, NO_R3)
    try_out(world, id_, "third")

    got = acts(
        world,
        (proposals.approve, world.caller("third"), id_, "", world.now),
        (suspend, world.people["third"], world.now),
    )

    refused = [each for each in got if isinstance(each, NotPermitted)]
    assert (in_force(world) == parse(NO_R3).digest) == (not refused)
    with pytest.raises((NotPermitted, Conflict)):
        approve(world, id_, by="third")


def suspend(connection, person, now):
    happened = append(connection, Event(kind=Kind.PERSON_SUSPENDED, at=now, actor="operator", person=person))
    apply(connection, RoleChange(person=person, role=Role.COMPLIANCE, live=False), happened, now)


def test_an_approval_under_a_clock_set_back_is_refused_or_is_in_the_log_as_it_was(world):
    """Writing goes on after a clock was set back; what was tried out later by the log counts, whatever the clock says."""
    world.clock.forward(DAY)
    id_ = propose(world, NO_R3)
    world.clock.forward(-timedelta(hours=1))
    try_out(world, id_, "compliance-2")

    ended = approve(world, id_)

    assert json.loads(entry(world, ended.code).leaf)["data"]["rehearsal"]["entry"]


# ---------------------------------------------------------------------------------------------------------------- the migration


@pytest.mark.own_database
def test_the_migration_keeps_proposals_and_what_refers_to_them(world, database_url):
    """SQLite makes the table anew, to which other rows refer; nothing is lost, and nothing is left without what it names."""
    url = database_url[0]
    assessed.install(world)
    world.client("c1", RiskCategory.C1)
    assert assessed.assess(world, "c1", assessed.answers(RiskCategory.C4)) is State.WAITING
    id_ = raised(world, "c2")
    with opened(url) as raw:
        before = raw.rows("SELECT id, state, payload FROM proposal ORDER BY id")
        named = raw.rows("SELECT proposal_id FROM assessment_acknowledgement WHERE proposal_id IS NOT NULL")

    migrating.downgrade(url, "0019_professional")
    with opened(url) as raw, pytest.raises(REFUSED):
        raw.execute("UPDATE proposal SET state = 'EXPIRED', decided_at = proposed_at")
    migrating.upgrade(url)

    with opened(url) as raw:
        assert raw.rows("SELECT id, state, payload FROM proposal ORDER BY id") == before
        assert raw.rows("SELECT proposal_id FROM assessment_acknowledgement WHERE proposal_id IS NOT NULL") == named
        assert len(named) == 1
        if raw.is_sqlite:
            assert raw.rows("PRAGMA foreign_key_check") == []
    world.clock.forward(31 * DAY)
    assert len(expire(world)) == 2
    assert row(world, id_).state == "EXPIRED"
    with pytest.raises(RuntimeError, match="ended by themselves"):
        migrating.downgrade(url, "0019_professional")
