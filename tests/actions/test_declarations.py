"""Changed circumstances: an important change ends the assessment with the act, a professional keeps the class, staff look."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from gatekeeper.actions import home, proposals
from gatekeeper.actions.clients import declarations, investors, past_files
from gatekeeper.actions.messages import notices
from gatekeeper.actions.reading import access
from gatekeeper.actions.suitability import assessment_letters, assessments
from gatekeeper.ledger.verify.acts import check_acts
from gatekeeper.ledger.verify.findings import Findings
from gatekeeper.rules.assessing.declaration import ChangedTopic
from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.errors import Conflict, Invalid, NotFound, NotPermitted
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store import proposals as waiting
from gatekeeper.store.clients import investors as files
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerPrivate
from tests import assessed
from tests.ledger.test_replay import END
from tests.library import release
from tests.world import ZONE

C1, C2, C3, C4, C5 = RiskCategory
FINANCES, WORK, CAPACITY, PREFERENCE, CONTACT = ChangedTopic


def declare(world, name, *topics, details="", seen=None, investor=None):
    caller = world.caller(name, investor)
    asked = world.database.record(declarations.preview, caller, topics, details, world.now, ZONE)
    call = (caller, topics, details, seen or asked.seen, world.now, ZONE)
    return world.database.transact(declarations.declare, *call)


def decided(world, name, report):
    return world.database.record(access.open_report, world.caller(name), report, world.now, ZONE).decision


def on_file(world, name):
    with world.database.reading() as connection:
        return files.overview(connection, world.investors[name], world.now)


def entry(world, kind):
    with world.database.reading() as connection:
        query = (
            select(LedgerEntry.id, LedgerEntry.leaf, LedgerEntry.at)
            .where(LedgerEntry.kind == kind)
            .order_by(LedgerEntry.id.desc())
        )
        return connection.execute(query.limit(1)).one()


def open_ones(world):
    return world.database.record(home.view, world.caller("compliance"), world.now).declared


def file_of(world, name):
    return world.database.record(investors.view, world.caller("compliance"), world.investors[name], world.now)


@pytest.mark.parametrize(
    ("topics", "outcome", "reasons"),
    [
        ((FINANCES,), Outcome.DENY, ["assessment_expired"]),
        ((WORK,), Outcome.DENY, ["assessment_expired"]),
        ((CAPACITY,), Outcome.DENY, ["assessment_expired"]),
        ((PREFERENCE, FINANCES), Outcome.DENY, ["assessment_expired"]),
        ((CONTACT,), Outcome.ACKNOWLEDGE, ["acknowledgement_required"]),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_declaration_comes_to(world, topics, outcome, reasons):
    world.client("c3", C3)
    report = release(world)

    declare(world, "c3", *topics)

    found = decided(world, "c3", report)
    assert (found.outcome, [each.value for each in found.reasons]) == (outcome, reasons)


def test_the_category_ends_with_the_act_by_a_dated_row_and_a_new_assessment_opens_the_file_again(world):
    assessed.install(world)
    world.client("c3", C3)
    report = release(world)
    before = world.now

    declare(world, "c3", FINANCES, details="收入大幅下降")

    row, made = on_file(world, "c3"), entry(world, "declaration.made")
    assert (row.category, row.category_before) == (C3, made.at + timedelta(microseconds=1))
    past = world.database.record(past_files.view, world.caller("compliance"), world.investors["c3"], before, world.now)
    assert past.corrected.eligibility.open_admission is not None, "what was so before stays so"
    told = world.database.record(notices.inbox, world.caller("c3"), world.now)[0]
    assert told.row.entry_id == made.id, "the investor is told like of any change"
    assert assessed.assess(world, "c3", assessed.answers(C3)).name == "DONE"
    assert decided(world, "c3", report).outcome is Outcome.ACKNOWLEDGE


def test_what_was_written_is_in_no_leaf_and_staff_read_it_until_somebody_has_looked(world):
    world.client("c3", C3)

    declare(world, "c3", CAPACITY, details="母亲代为办理")

    made = entry(world, "declaration.made")
    assert not any(each.encode() in made.leaf for each in ("母亲", "CAPACITY"))
    assert json.loads(made.leaf)["data"]["important"] is True
    [told] = file_of(world, "c3").declared
    assert (told.details, told.topics, told.row.checked_at) == ("母亲代为办理", [CAPACITY], None)
    call = (world.caller("clients"), world.investors["c3"], told.row.id)
    for _ in range(2):
        world.database.transact(declarations.check, *call, "已电话核实", world.now)
    [told] = file_of(world, "c3").declared
    assert told.row.checked_by == "clients"
    with world.database.reading() as connection:
        notes = connection.execute(select(LedgerPrivate.value).where(LedgerPrivate.field == "note")).scalars().all()
        assert notes == ["已电话核实"], "a second time changes nothing"
        findings = Findings()
        check_acts(connection, findings)
    assert not findings.counts


def test_it_waits_on_the_home_page_until_somebody_has_looked(world):
    world.client("c3", C3)
    world.client("c4", C4)
    declare(world, "c3", CONTACT)
    declare(world, "c4", WORK)
    assert open_ones(world) == 2
    page = world.database.record(declarations.waiting, world.caller("clients"), None, world.now)
    assert [each.row.investor_name for each in page.found] == ["c3", "c4"]
    world.database.transact(
        declarations.check, world.caller("compliance"), world.investors["c3"], page.found[0].row.id, "", world.now
    )

    assert open_ones(world) == 1


def test_a_professional_keeps_the_class_and_reads_on(world):
    world.client("pro", C3, investor_class=InvestorClass.PROFESSIONAL_B)
    report = release(world)

    found = declare(world, "pro", FINANCES)

    assert found.class_before == on_file(world, "pro").class_before
    assert decided(world, "pro", report).outcome is Outcome.ACKNOWLEDGE
    assert on_file(world, "pro").category_before < world.now, "after the class lapses the old assessment does not come back"


def test_where_nothing_was_assessed_nothing_ends_and_staff_are_told(world):
    world.client("new", None)

    found = declare(world, "new", FINANCES)

    assert (found.category, on_file(world, "new").category) == (None, None)
    assert [each.row.important for each in file_of(world, "new").declared] == [True]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_letter_that_was_not_acknowledged_cannot_be_any_more(world):
    assessed.install(world)
    world.client("new", None)
    words = assessed.hand_in(world, "new", assessed.answers(C3))

    declare(world, "new", FINANCES)

    with pytest.raises(Conflict, match="You told us afterwards"):
        world.database.transact(assessment_letters.acknowledge, world.caller("new"), words, world.now, "zh_CN")


def test_a_result_that_is_held_is_given_up_and_nobody_can_approve_it(world):
    assessed.install(world)
    world.client("c2", C2)
    assert assessed.assess(world, "c2", assessed.answers(C4)).name == "WAITING"
    with world.database.reading() as connection:
        [held] = waiting.about(connection, investor=world.investors["c2"])

    found = declare(world, "c2", FINANCES)

    assert found.held == (held.id,)
    with world.database.reading() as connection:
        row = waiting.get(connection, held.id)
        findings = Findings()
        check_acts(connection, findings)
    assert (row.state, row.decided_by, findings.first) == ("WITHDRAWN", world.people["c2"], [])
    with pytest.raises(Conflict):
        world.database.transact(proposals.approve, world.caller("compliance"), held.id, "同意", world.now)


def test_a_rise_that_was_proposed_before_cannot_be_approved_after_it(world):
    world.client("c3", C3)
    rise = [CategoryChange(investor=world.investors["c3"], category=C4, before=END)]
    call = (world.caller("clients"), world.investors["c3"], rise, "复评", "测评 9", world.now)
    proposal = world.database.transact(investors.change, *call).proposal

    declare(world, "c3", WORK)

    with pytest.raises(Conflict):
        world.database.transact(proposals.approve, world.caller("compliance"), proposal, "同意", world.now)


def test_what_moved_between_the_page_and_the_press_is_told_again(world):
    world.client("c3", C3)
    asked = world.database.record(declarations.preview, world.caller("c3"), (WORK,), "", world.now, ZONE)
    world.change("c3", CategoryChange(investor=world.investors["c3"], category=C2, before=END))

    with pytest.raises(Conflict, match="has changed since"):
        declare(world, "c3", WORK, seen=asked.seen)

    assert on_file(world, "c3").category_before == END
    with pytest.raises(Conflict, match="has changed since"):
        declare(world, "c3", WORK, seen="made up")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("topics", "details", "said"),
    [
        ((), "", "Please choose what has changed."),
        ((CONTACT, WORK), "", "stands alone"),
        ((WORK,), "x" * 2001, "At most 2000"),
        ((WORK,), "a\x00b", "cannot be printed"),
    ],
)
def test_what_is_declared_wrongly_is_said(world, topics, details, said):
    world.client("c3", C3)

    with pytest.raises(Invalid, match=said):
        world.database.record(declarations.preview, world.caller("c3"), topics, details, world.now, ZONE)
    with pytest.raises(Invalid, match=said):
        world.database.transact(declarations.declare, world.caller("c3"), topics, details, "", world.now, ZONE)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nobody_declares_for_another_and_whoever_acts_for_it_does_not_look_at_it_for_the_firm(world):
    world.client("c3", C3)
    world.client("c4", C4)
    declare(world, "c3", CONTACT)
    [told] = file_of(world, "c3").declared

    with pytest.raises(NotPermitted):
        declare(world, "c4", WORK, investor="c3")
    for name, investor, error in (("c4", "c3", NotPermitted), ("reports", "c3", NotPermitted), ("clients", "c4", NotFound)):
        with pytest.raises(error):
            world.database.transact(declarations.check, world.caller(name), world.investors[investor], told.row.id, "", world.now)
    with pytest.raises(NotPermitted):
        world.database.record(declarations.waiting, world.caller("reports"), None, world.now)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_retake_limits_apply_after_it(world):
    assessed.install(world)
    world.client("c3", C3)
    for _ in range(2):
        assessed.assess(world, "c3", assessed.answers(C3))

    found = declare(world, "c3", FINANCES)

    assert found.retake.limit == "day"
    assert not world.database.transact(assessments.begin, world.caller("c3"), world.now, ZONE).retake.allowed
