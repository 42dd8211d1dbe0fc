"""Whoever's file changes is told, before and after, in the transaction of the change; who takes note is kept."""

from datetime import date

import pytest

from gatekeeper.actions import proposals
from gatekeeper.actions.clients import investors
from gatekeeper.actions.messages import notices
from gatekeeper.rules.changes import CategoryChange, ClassChange, LowestChange, StandingChange
from gatekeeper.rules.errors import NotFound, NotPermitted
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from tests import assessed
from tests.world import ZONE

END = valid_before(date(2028, 11, 23), ZONE)


def inbox(world, name):
    return world.database.record(notices.inbox, world.caller(name), world.now)


def newest(world, name):
    found = inbox(world, name)
    return [(type(after).__name__, before, after) for before, after in max(found, key=lambda each: each.row.created_at).changes]


def test_a_file_set_up_is_told_as_one_notice_with_nothing_before(world):
    world.client("c3", RiskCategory.C3)

    [told] = inbox(world, "c3")

    assert [(before, type(after)) for before, after in told.changes] == [
        (None, StandingChange),
        (None, ClassChange),
        (None, CategoryChange),
    ]


@pytest.mark.parametrize("to", [RiskCategory.C1, RiskCategory.C2, RiskCategory.C4, RiskCategory.C5])
def test_a_fall_at_once_and_a_rise_after_its_approval_are_told_with_before_and_after(world, to):
    world.client("c3", RiskCategory.C3)

    world.change("c3", CategoryChange(investor=world.investors["c3"], category=to, before=END))

    [(_, before, after)] = newest(world, "c3")
    assert (before.category, after.category) == (RiskCategory.C3, to)


def test_a_proposal_that_only_waits_or_is_rejected_tells_nothing(world):
    world.client("c3", RiskCategory.C3)
    rise = [CategoryChange(investor=world.investors["c3"], category=RiskCategory.C4, before=END)]
    caller = world.caller("clients")
    changed = world.database.transact(investors.change, caller, world.investors["c3"], rise, "复评", "档案", world.now)
    world.database.transact(proposals.reject, world.caller("compliance"), changed.proposal, "材料不足", world.now)

    assert len(inbox(world, "c3")) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        lambda investor: LowestChange(investor=investor, lowest=True),
        lambda investor: ClassChange(
            investor=investor, investor_class=InvestorClass.PROFESSIONAL_B, ground="第八条第（五）项", before=END
        ),
        lambda investor: StandingChange(investor=investor, client=True, profile_complete=True, suspended=True),
    ],
    ids=["lowest", "class", "standing"],
)
def test_each_fact_that_decides_is_told(world, wanted):
    world.client("c3", RiskCategory.C3)

    change = wanted(world.investors["c3"])
    world.change("c3", change)

    assert [(name, after) for name, _, after in newest(world, "c3")] == [(type(change).__name__, change)]


def test_branch_and_contact_are_not_told(world):
    world.client("c3", RiskCategory.C3)
    investor = world.investors["c3"]

    world.change("c3", StandingChange(investor=investor, client=True, profile_complete=True, branch="北京营业部", contact="010"))

    assert len(inbox(world, "c3")) == 1


def test_an_assessment_tells_of_what_it_lowers_and_of_what_it_raises(world):
    assessed.install(world)
    world.client("c4", RiskCategory.C4, last_day=date(2028, 5, 1))

    assessed.assess(world, "c4", assessed.answers(RiskCategory.C2))

    after = [each[-1] for told in inbox(world, "c4") for each in told.changes if isinstance(each[-1], CategoryChange)]
    assert {each.category for each in after} == {RiskCategory.C4, RiskCategory.C2}
    assert len(inbox(world, "c4")) == 3, "set up, lowered at once, and longer valid after the letter"


def test_taking_note_counts_once_and_is_kept(world):
    world.client("c3", RiskCategory.C3)
    [told] = inbox(world, "c3")
    with world.database.reading() as connection:
        assert notices.waiting(connection, world.investors["c3"]) == 1

    for _ in range(2):
        world.database.transact(notices.acknowledge, world.caller("c3"), told.row.id, world.now)

    [after] = inbox(world, "c3")
    assert after.row.acknowledged_by == "c3"
    with world.database.reading() as connection:
        assert notices.waiting(connection, world.investors["c3"]) == 0


def test_nobody_sees_or_takes_note_of_what_others_were_told(world):
    world.client("c3", RiskCategory.C3)
    world.client("c2", RiskCategory.C2)
    [told] = inbox(world, "c3")

    with pytest.raises(NotFound):
        world.database.transact(notices.acknowledge, world.caller("c2"), told.row.id, world.now)
    with pytest.raises(NotPermitted):
        world.database.transact(notices.acknowledge, world.caller("c2", "c3"), told.row.id, world.now)
    with pytest.raises(NotPermitted):
        world.database.record(notices.inbox, world.caller("clients", "c3"), world.now)
    assert inbox(world, "c3")[0].row.acknowledged_at is None
