"""A policy is proposed by one officer, approved by another, begins when it says, and does what its rehearsal foretold."""

import json
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import update

from gatekeeper.actions import proposals
from gatekeeper.actions.reading import access
from gatekeeper.actions.suitability import policies, rehearsal
from gatekeeper.actions.suitability.rehearsal import Question
from gatekeeper.ledger.record import Event, append
from gatekeeper.rules.changes import PolicyChange, RoleChange, to_data
from gatekeeper.rules.errors import Conflict, Invalid, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import parse
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.rules.roles import Role
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store import proposals as waiting
from gatekeeper.store.apply import apply
from gatekeeper.store.proof import entries
from gatekeeper.store.proposals import Proposal
from gatekeeper.store.reading import access as facts
from tests.actions.test_rehearsal import CLOSED, DEFAULT, SHIFTED
from tests.library import release
from tests.world import ZONE

DAY = timedelta(days=1)
NO_R3 = DEFAULT.replace('C3 = ["R1", "R2", "R3"]', 'C3 = ["R1", "R2"]')


def propose(world, text, effective=None, by="compliance"):
    return world.database.transact(policies.propose_policy, world.caller(by), text, effective, "年度复核", world.now).id


def try_out(world, proposal, by):
    """What a proposal would change, seen by somebody on a snapshot and recorded."""
    caller, now = world.caller(by), world.now
    with world.database.reading() as connection:
        text = waiting.changes_of(waiting.get(connection, proposal))[0].text
    with world.database.snapshot() as connection:
        found = rehearsal.try_out(connection, caller, Question(text=text, moment=now), now, ZONE)
    return world.database.record(rehearsal.rehearsed, caller, found, 0, now)


def approve(world, proposal, by="compliance-2"):
    with suppress(NotPermitted):
        try_out(world, proposal, by)
    return world.database.transact(proposals.approve, world.caller(by), proposal, "同意", world.now)


def in_force(world):
    with world.database.reading() as connection:
        return facts.current_policy(connection, world.now)[1].digest


def opens(world, name, report):
    asked = world.database.record(access.open_report, world.caller(name), report, world.now, ZONE)
    return asked.decision.outcome is not Outcome.DENY


def test_nothing_changes_before_the_second_officer_and_everything_at_the_approval(world):
    world.client("c3", RiskCategory.C3)
    report = release(world, RiskGrade.R3)

    proposal = propose(world, NO_R3)
    assert opens(world, "c3", report)
    approve(world, proposal)

    assert not opens(world, "c3", report)
    assert in_force(world) == parse(NO_R3).digest


def test_whoever_proposed_a_policy_cannot_approve_it_nor_can_an_admin(world):
    proposal = propose(world, NO_R3)

    for who in ("compliance", "clients", "staff-admin"):
        with pytest.raises(NotPermitted):
            approve(world, proposal, by=who)
    with pytest.raises(NotPermitted):
        propose(world, SHIFTED, by="clients")
    assert in_force(world) == parse(DEFAULT).digest


def test_it_begins_at_its_effective_time_and_not_an_instant_earlier(world):
    begins = world.clock.moment + 3 * DAY
    approve(world, propose(world, NO_R3, begins))

    with world.database.reading() as connection:
        assert facts.current_policy(connection, begins - timedelta(microseconds=1))[1].digest == parse(DEFAULT).digest
        assert facts.current_policy(connection, begins)[1].digest == parse(NO_R3).digest


def test_one_that_was_to_begin_before_its_approval_begins_with_it(world):
    proposal = propose(world, NO_R3, world.clock.moment + DAY)
    world.clock.forward(2 * DAY)

    approve(world, proposal)

    assert in_force(world) == parse(NO_R3).digest


def test_what_is_decided_last_counts_also_against_one_that_has_not_begun(world):
    approve(world, propose(world, CLOSED, world.clock.moment + 2 * DAY))
    approve(world, propose(world, NO_R3))
    world.clock.forward(3 * DAY)

    shown = world.database.record(policies.view, world.caller("compliance"), "", world.now)

    assert in_force(world) == parse(NO_R3).digest
    assert [each.decides(world.now) for each in shown.rows] == [True, False, False]


def test_going_back_is_a_new_version(world):
    approve(world, propose(world, NO_R3))
    shown = world.database.record(policies.view, world.caller("compliance"), "", world.now)
    older = world.database.record(policies.draft, world.caller("compliance"), shown.rows[1].code, world.now)

    approve(world, propose(world, older))

    assert in_force(world) == parse(DEFAULT).digest
    assert len(world.database.record(policies.view, world.caller("compliance"), "", world.now).rows) == 3


def test_of_two_proposed_against_the_same_policy_the_second_is_stale(world):
    first, second = propose(world, NO_R3), propose(world, SHIFTED)
    approve(world, first)

    with pytest.raises(Conflict):
        approve(world, second)
    assert in_force(world) == parse(NO_R3).digest


def test_one_that_was_withdrawn_or_is_too_old_is_approved_by_nobody(world):
    withdrawn, old = propose(world, NO_R3), propose(world, SHIFTED)
    world.database.transact(proposals.withdraw, world.caller("compliance"), withdrawn, "", world.now)
    world.clock.forward(31 * DAY)

    for proposal in (withdrawn, old):
        with pytest.raises(Conflict):
            approve(world, proposal)


def test_an_officer_who_lost_the_role_approves_nothing(world):
    world.staff("third", Role.COMPLIANCE)
    proposal = propose(world, NO_R3)
    row = world.people["third"]
    from_now = world.now
    world.database.transact(_suspend, row, from_now)

    with pytest.raises(NotPermitted):
        approve(world, proposal, by="third")


def _suspend(connection, person, now):
    entry = append(connection, Event(kind=Kind.PERSON_SUSPENDED, at=now, actor="operator", person=person))
    apply(connection, RoleChange(person=person, role=Role.COMPLIANCE, live=False), entry, now)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "fill in"),
        ("x = [", "not valid TOML"),
        (DEFAULT.replace("LOWEST", "LOWER"), "unknown member"),
        (DEFAULT.replace('C2 = ["R1", "R2"]', 'C2 = ["R1", "R9"]'), "grades R1 to R5 for C2"),
        (DEFAULT + "#" * 12_000, "At most"),
    ],
)
def test_what_is_no_policy_is_not_proposed_and_says_why(world, text, told):
    with pytest.raises(Invalid) as caught:
        propose(world, text)
    assert told in str(caught.value)
    assert {fault.field for fault in caught.value.faults} == {"text"}


def test_a_text_that_would_lift_the_floor_of_the_lowest_category_is_no_policy(world):
    lifted = "\n".join('LOWEST = ["R1", "R2"]' if line.startswith("LOWEST") else line for line in DEFAULT.splitlines())

    with pytest.raises(Invalid):
        propose(world, lifted)


def test_one_that_begins_in_the_past_or_says_nothing_new_is_not_proposed(world):
    with pytest.raises(Invalid):
        propose(world, NO_R3, world.clock.moment - DAY)
    with pytest.raises(Conflict):
        propose(world, DEFAULT)


def test_what_was_altered_after_it_was_proposed_is_not_approved(world):
    proposal = propose(world, NO_R3)
    world.database.transact(_alter, proposal)

    with pytest.raises(Conflict):
        approve(world, proposal)
    assert in_force(world) == parse(DEFAULT).digest


def _alter(connection, proposal):
    payload = json.dumps([to_data(PolicyChange(text=SHIFTED))], sort_keys=True)
    connection.execute(update(Proposal).where(Proposal.id == proposal).values(payload=payload))


@pytest.mark.parametrize("text", [NO_R3, SHIFTED, CLOSED], ids=["C3 loses R3", "C2 gains, C4 loses", "closed"])
def test_the_rehearsal_of_a_proposal_foretells_what_its_approval_does(world, text):
    for category in RiskCategory:
        world.client(category.name, category)
    reports = [release(world, grade, title=grade.name) for grade in RiskGrade]
    before = {(name, report): opens(world, name, report) for name in RiskCategory.__members__ for report in reports}
    proposal = propose(world, text)
    with world.database.reading() as connection:
        wanted = policies.proposed(connection, world.caller("compliance-2"), proposal, world.now)
    now = world.now
    with world.database.snapshot() as connection:
        question = Question(text=wanted.text, moment=now)
        found = rehearsal.try_out(connection, world.caller("compliance-2"), question, now, ZONE)

    approve(world, proposal)

    after = {pair: opens(world, *pair) for pair in before}
    gained = sum(after[pair] and not before[pair] for pair in before)
    lost = sum(before[pair] and not after[pair] for pair in before)
    assert (found.counts["pairs_gained"], found.counts["pairs_lost"]) == (gained, lost)


def test_a_proposal_about_something_else_is_no_policy_to_try_out(world):
    world.client("c3", RiskCategory.C3)
    with world.database.reading() as connection, pytest.raises(NotFound):
        policies.proposed(connection, world.caller("compliance"), "0" * 26, world.now)


# ------------------------------------------------------------------------------------------------- the approver has tried it out


def test_an_approver_must_have_tried_this_very_text_out_after_it_was_proposed(world):
    world.client("c3", RiskCategory.C3)
    release(world, RiskGrade.R3)
    world.clock.forward(2 * DAY)
    now = world.now
    with world.database.snapshot() as connection:
        earlier = rehearsal.try_out(connection, world.caller("compliance-2"), Question(text=NO_R3, moment=now), now, ZONE)
    world.database.record(rehearsal.rehearsed, world.caller("compliance-2"), earlier, 0, now)
    other = propose(world, SHIFTED)
    try_out(world, other, "compliance-2")
    proposal = propose(world, NO_R3)
    try_out(world, proposal, "compliance")

    with pytest.raises(Conflict, match="Try this policy out first"):
        world.database.transact(proposals.approve, world.caller("compliance-2"), proposal, "", world.now)
    assert in_force(world) == parse(DEFAULT).digest
    world.clock.forward(-DAY)  # a clock set back: what comes later in the log is later
    code = try_out(world, proposal, "compliance-2")
    world.clock.forward(DAY)
    done = world.database.transact(proposals.approve, world.caller("compliance-2"), proposal, "", world.now)

    with world.database.reading() as connection:
        seen = json.loads(entries.by_code(connection, done.code)[0].leaf)["data"]["rehearsal"]
    assert seen["entry"] == code
    assert (seen["counts"]["investors_lost"], seen["counts"]["pairs_lost"]) == (1, 1)
    assert in_force(world) == parse(NO_R3).digest


def test_rejecting_needs_no_trial(world):
    proposal = propose(world, NO_R3)

    world.database.transact(proposals.reject, world.caller("compliance-2"), proposal, "zu eng", world.now)

    assert in_force(world) == parse(DEFAULT).digest


def test_what_two_policies_say_differently_is_named_by_its_place(world):
    text = NO_R3.replace("assessment_months = 24", "assessment_months = 12").replace("income = 500_000", "income = 400_000")
    text = text.replace('term = { pull = "warn"', 'term = { pull = "deny"') + "\n[cool_off]\nhours = 24\ncategories = 2\n"
    approve(world, propose(world, text))

    shown = world.database.record(policies.view, world.caller("compliance"), "", world.now)

    assert [(each.place, each.before, each.after) for each in shown.differences] == [
        ("match.C3", "R1 R2 R3", "R1 R2"),
        ("validity.assessment_months", "24", "12"),
        ("professional.individual.income", "500_000", "400_000"),
        ("matching.term.pull", "warn", "deny"),
        ("cool_off.hours", None, "24"),
        ("cool_off.categories", None, "2"),
    ]
    oldest = world.database.record(policies.view, world.caller("compliance"), shown.rows[-1].code, world.now, shown.version.code)
    assert [(each.before, each.after) for each in oldest.differences][:1] == [("R1 R2", "R1 R2 R3")]
    with pytest.raises(NotFound):
        world.database.record(policies.view, world.caller("compliance"), "", world.now, "0" * 12)
