"""Correcting what was entered in error: what applies again, who must agree, what is kept, and what the client is told."""

import json
from datetime import date, timedelta

import pytest

from gatekeeper.actions import proposals
from gatekeeper.actions.clients import corrections, investors
from gatekeeper.actions.clients.corrections import Mistake
from gatekeeper.actions.reading import access
from gatekeeper.rules.changes import CategoryChange, ClassChange, LowestChange, MandateChange, StandingChange
from gatekeeper.rules.errors import Conflict, Invalid, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, RiskCategory, RiskGrade
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store.accounts.people import Classification
from gatekeeper.store.clients import corrections as store
from gatekeeper.store.clients import investor_file
from gatekeeper.store.clients import investors as file
from gatekeeper.store.proof import entries
from tests.library import release
from tests.web.browser import visit
from tests.world import ZONE, World

C1, C2, C3, C4, C5 = RiskCategory
LAST_DAY = valid_before(date(2028, 11, 23), ZONE)
SOONER = valid_before(date(2027, 6, 30), ZONE)


@pytest.fixture
def zhang(world: World) -> World:
    world.client("zhang", C3)
    world.staff("clients-2", Role.ADMIN, Grant.CLIENTS)
    return world


def category(world: World, of: RiskCategory, before=LAST_DAY):
    return CategoryChange(investor=world.investors["zhang"], category=of, before=before)


def wrote(world: World, change, name="zhang") -> str:
    """The code of the newest entry that put this on file."""
    with world.database.reading() as connection:
        steps = investor_file.history(connection, world.investors[name])
    return next(step.written.code for step in steps if change in step.changes)


def look(world: World, code: str, fact="category", by="clients", **more):
    arguments = (world.caller(by), world.investors["zhang"], code, fact, world.now)
    return world.database.record(corrections.view, *arguments, **more)


def correct(world: World, code: str, fact="category", by="clients", seen=None, person=None, **more):
    seen = seen or look(world, code, fact, person=person).seen
    mistake = Mistake(code=code, fact=fact, person=person, seen=seen, **{"reason": "录错了客户", "evidence": "工单 5", **more})
    return world.database.transact(corrections.correct, world.caller(by), world.investors["zhang"], mistake, world.now)


def on_file(world: World, wanted):
    with world.database.reading() as connection:
        return file.current(connection, wanted, world.now)[1]


def entry(world: World, code: str):
    with world.database.reading() as connection:
        found = entries.by_code(connection, code)[0]
    return found, json.loads(found.leaf)


def test_a_wrong_rise_is_marked_by_one_person_and_the_displaced_one_applies_at_once(zhang):
    right, wrong = on_file(zhang, category(zhang, C3)), category(zhang, C5)
    zhang.change("zhang", wrong)

    done = correct(zhang, wrote(zhang, wrong))

    assert (done.is_marked, done.proposal, done.waits) == (True, None, None)
    assert on_file(zhang, wrong) == right
    found, leaf = entry(zhang, done.codes[0])
    assert found.kind == Kind.CLASSIFICATION_CORRECTED
    assert leaf["data"]["applies"]["category"] == "C3"
    assert leaf["data"]["readings"] == 0


def test_a_wrong_fall_waits_for_a_second_person(zhang):
    right, wrong = on_file(zhang, category(zhang, C3)), category(zhang, C1)
    zhang.change("zhang", wrong)

    done = correct(zhang, wrote(zhang, wrong))

    assert (done.is_marked, done.waits) == (False, right)
    assert on_file(zhang, wrong) == wrong
    with pytest.raises(NotPermitted):
        zhang.database.transact(proposals.approve, zhang.caller("clients"), done.proposal, "", zhang.now)
    ended = zhang.database.transact(proposals.approve, zhang.caller("clients-2"), done.proposal, "", zhang.now)
    assert on_file(zhang, wrong) == right
    assert entry(zhang, ended.code)[0].kind == Kind.CLASSIFICATION_CORRECTED


def test_what_waits_says_what_would_apply_again_and_still_does_when_it_has_ended(zhang):
    right, wrong = on_file(zhang, category(zhang, C3)), category(zhang, C1)
    zhang.change("zhang", wrong)
    done = correct(zhang, wrote(zhang, wrong))

    def shown():
        with zhang.database.reading() as connection:
            return proposals.view(connection, zhang.caller("compliance"), done.proposal, zhang.now)

    waiting = shown()
    zhang.database.transact(proposals.approve, zhang.caller("compliance"), done.proposal, "", zhang.now)

    for view in (waiting, shown()):
        assert [(each.before, each.after, each.corrects) for each in view.comparisons] == [(wrong, right, True)]
    assert waiting.unfit is None


def test_of_a_mixed_correction_the_error_ends_at_once_and_the_rest_waits(zhang):
    right, wrong = on_file(zhang, category(zhang, C3)), category(zhang, C4, SOONER)
    zhang.change("zhang", wrong)
    correct(zhang, wrote(zhang, category(zhang, C3, SOONER)))  # what acted at once when the wrong one was proposed

    done = correct(zhang, wrote(zhang, wrong))

    assert done.is_marked
    assert on_file(zhang, wrong) == category(zhang, C3, SOONER), "the lower category and the sooner end hold meanwhile"
    zhang.database.transact(proposals.approve, zhang.caller("compliance"), done.proposal, "", zhang.now)
    assert on_file(zhang, wrong) == right


def test_where_nothing_was_on_file_nothing_is_again(world):
    world.client("zhang", None)
    wrong = category(world, C4)
    world.change("zhang", wrong)

    assert correct(world, wrote(world, wrong)).is_marked
    assert on_file(world, wrong) is None


def test_a_lowest_flag_set_in_error_comes_off_by_two(zhang):
    wrong = LowestChange(investor=zhang.investors["zhang"], lowest=True)
    zhang.change("zhang", wrong)

    done = correct(zhang, wrote(zhang, wrong), "lowest")

    assert not done.is_marked
    assert on_file(zhang, wrong) == wrong
    zhang.database.transact(proposals.approve, zhang.caller("compliance"), done.proposal, "", zhang.now)
    assert on_file(zhang, wrong) is None


def test_a_suspension_entered_in_error_is_lifted_by_two_and_the_old_standing_applies(zhang):
    investor = zhang.investors["zhang"]
    right = on_file(zhang, StandingChange(investor=investor))
    wrong = StandingChange(investor=investor, client=True, profile_complete=True, suspended=True)
    zhang.change("zhang", wrong)

    done = correct(zhang, wrote(zhang, wrong), "standing")
    zhang.database.transact(proposals.approve, zhang.caller("compliance"), done.proposal, "", zhang.now)

    assert on_file(zhang, wrong) == right


def test_a_class_entered_in_error_falls_back_at_once(zhang):
    investor = zhang.investors["zhang"]
    wrong = ClassChange(investor=investor, investor_class=InvestorClass.PROFESSIONAL_B, ground="第八条第（二）项", before=SOONER)
    zhang.change("zhang", wrong)

    assert correct(zhang, wrote(zhang, wrong), "class").is_marked
    assert on_file(zhang, wrong).investor_class is InvestorClass.ORDINARY


def test_a_mandate_given_in_error_ends_with_the_sessions(app, zhang):
    zhang.client("li", C2)
    wrong = MandateChange(investor=zhang.investors["zhang"], person=zhang.people["li"], capacity="授权经办人")
    zhang.change("zhang", wrong)
    browser = visit(app, "li")

    done = correct(zhang, wrote(zhang, wrong), "mandate", person=wrong.person)

    assert done.is_marked
    assert on_file(zhang, wrong) is None
    assert browser.get("/reports").location.startswith("/sign-in")
    assert entry(zhang, done.codes[0])[0].person == wrong.person


def test_a_mandate_ended_in_error_comes_back_by_two(zhang):
    given = on_file(zhang, MandateChange(investor=zhang.investors["zhang"], person=zhang.people["zhang"], capacity=""))
    ended = MandateChange(investor=given.investor, person=given.person, capacity=given.capacity, live=False)
    zhang.change("zhang", ended)

    done = correct(zhang, wrote(zhang, ended), "mandate", person=given.person)
    assert not done.is_marked
    zhang.database.transact(proposals.approve, zhang.caller("compliance"), done.proposal, "", zhang.now)

    assert on_file(zhang, given) == given


def test_a_row_that_applies_no_more_is_marked_and_changes_nothing_today(zhang):
    first, second = category(zhang, C5), category(zhang, C2)
    zhang.change("zhang", first)
    zhang.change("zhang", second)

    outlook = look(zhang, wrote(zhang, first))
    done = correct(zhang, wrote(zhang, first))

    assert (outlook.is_current, outlook.after) == (False, second)
    assert done.is_marked
    assert on_file(zhang, first) == second


def test_marking_what_lies_between_does_not_let_one_person_raise(zhang):
    """C5, then C1, then C2: whoever marks C1, where nothing changes, and then C2, would have C5 apply again."""
    for each in (C5, C1, C2):
        zhang.change("zhang", category(zhang, each))
    correct(zhang, wrote(zhang, category(zhang, C1)))

    done = correct(zhang, wrote(zhang, category(zhang, C2)))

    assert not done.is_marked
    assert on_file(zhang, category(zhang, C2)) == category(zhang, C2)
    assert done.waits == category(zhang, C5), "the second person sees what would apply"


def test_a_lapsed_row_is_marked_too(world):
    world.client("zhang", C4, last_day=date(2026, 12, 1))
    old = on_file(world, category(world, C4))
    world.clock.forward(timedelta(days=30))

    assert correct(world, wrote(world, old)).is_marked
    assert on_file(world, old) is None


def test_the_readings_made_meanwhile_are_listed_and_the_entry_keeps_them(zhang):
    report = release(zhang, grade=RiskGrade.R4, title="R4")
    wrong = category(zhang, C4)
    refused = zhang.database.record(access.open_report, zhang.caller("zhang"), report, zhang.now, ZONE)
    zhang.change("zhang", wrong)
    asked = zhang.database.record(access.open_report, zhang.caller("zhang"), report, zhang.now, ZONE)
    code = wrote(zhang, wrong)

    outlook = look(zhang, code)
    done = correct(zhang, code)

    assert refused is not asked
    assert [(each.kind, each.grade) for each in outlook.readings.rows] == [(Kind.REPORT_WITHHELD, RiskGrade.R4)]
    data = entry(zhang, done.codes[0])[1]["data"]
    assert (data["readings"], data["entries"]) == (1, [outlook.readings.rows[0].code])


def test_who_looked_at_the_readings_is_recorded(zhang):
    wrong = category(zhang, C5)
    zhang.change("zhang", wrong)
    look(zhang, wrote(zhang, wrong))

    with zhang.database.reading() as connection:
        newest = entries.search(connection, entries.Filter(kind=Kind.INVESTOR_VIEWED), None, 1)[0]
        leaf = json.loads(entries.by_id(connection, newest.id).leaf)
    assert leaf["data"]["readings"] == 0
    assert list(leaf["data"]["facts"]) == ["category"]


def test_a_page_that_is_out_of_date_confirms_nothing(zhang):
    wrong = category(zhang, C5)
    zhang.change("zhang", wrong)
    code = wrote(zhang, wrong)
    seen = look(zhang, code).seen
    zhang.change("zhang", category(zhang, C4))

    with pytest.raises(Conflict, match="has changed since you opened"):
        correct(zhang, code, seen=seen)


def test_the_same_error_is_marked_once(zhang):
    wrong = category(zhang, C5)
    zhang.change("zhang", wrong)
    code = wrote(zhang, wrong)
    seen = look(zhang, code).seen
    correct(zhang, code, seen=seen)

    with pytest.raises(Conflict, match="already"):
        correct(zhang, code, seen=seen)
    with pytest.raises(Conflict, match="already"):
        look(zhang, code)


def test_a_correction_whose_file_has_moved_on_is_not_approved(zhang):
    zhang.change("zhang", category(zhang, C1))
    done = correct(zhang, wrote(zhang, category(zhang, C1)))
    zhang.change("zhang", category(zhang, C2))

    with pytest.raises(Conflict, match="has changed"):
        zhang.database.transact(proposals.approve, zhang.caller("compliance"), done.proposal, "", zhang.now)


def test_a_correction_is_not_approved_once_another_row_would_apply_than_was_said(zhang):
    for each in (C5, C1):
        zhang.change("zhang", category(zhang, each))
    done = correct(zhang, wrote(zhang, category(zhang, C1)))
    correct(zhang, wrote(zhang, category(zhang, C5)))

    with pytest.raises(Conflict, match="changed meanwhile"):
        zhang.database.transact(proposals.approve, zhang.caller("compliance"), done.proposal, "", zhang.now)
    assert on_file(zhang, category(zhang, C1)) == category(zhang, C1)


@pytest.mark.parametrize(("by", "error"), [("reports", NotPermitted), ("compliance", NotPermitted), ("zhang", NotPermitted)])
def test_only_a_client_admin_corrects(zhang, by, error):
    zhang.change("zhang", category(zhang, C5))
    code = wrote(zhang, category(zhang, C5))
    seen = look(zhang, code).seen

    with pytest.raises(error):
        correct(zhang, code, by=by, seen=seen)
    with pytest.raises(error):
        look(zhang, code, by=by)


def test_a_reason_and_its_evidence_are_needed(zhang):
    zhang.change("zhang", category(zhang, C5))

    with pytest.raises(Invalid) as error:
        correct(zhang, wrote(zhang, category(zhang, C5)), reason=" ", evidence="")
    assert [fault.field for fault in error.value.faults] == ["reason", "evidence"]
    assert on_file(zhang, category(zhang, C5)) == category(zhang, C5)


@pytest.mark.parametrize("fact", ["role", "grading", "nothing", "mandate"])
def test_there_is_no_such_row(zhang, fact):
    code = wrote(zhang, on_file(zhang, category(zhang, C3)))

    with pytest.raises(NotFound):
        look(zhang, code, fact)
    with pytest.raises(NotFound):
        look(zhang, "0" * 12, "category")


def test_another_investors_row_is_not_corrected_here(zhang):
    zhang.client("li", C4)
    with zhang.database.reading() as connection:
        steps = investor_file.history(connection, zhang.investors["li"])
    code = next(step.written.code for step in steps if any(isinstance(each, CategoryChange) for each in step.changes))

    with pytest.raises(NotFound):
        look(zhang, code)


def test_the_history_shows_the_error_and_who_corrected_it(zhang):
    wrong = category(zhang, C5)
    zhang.change("zhang", wrong)
    correct(zhang, wrote(zhang, wrong))

    steps = zhang.database.record(investors.view, zhang.caller("clients"), zhang.investors["zhang"], zhang.now).history
    assert (steps[0].corrected, steps[0].changes, steps[0].written.reason) == ((wrong,), (), "录错了客户")
    assert (steps[1].changes, steps[1].in_error) == ((wrong,), (True,))


def test_the_client_is_told_of_the_error_and_of_other_persons_mandates_nothing(zhang):
    zhang.client("li", C2)
    wrong = category(zhang, C5)
    mandate = MandateChange(investor=zhang.investors["zhang"], person=zhang.people["li"], capacity="授权经办人")
    zhang.change("zhang", wrong, mandate)
    correct(zhang, wrote(zhang, wrong))
    correct(zhang, wrote(zhang, mandate), "mandate", person=mandate.person)

    def told(person, since=timedelta(days=1)):
        with zhang.database.reading() as connection:
            found = store.told(connection, zhang.investors["zhang"], zhang.people[person], zhang.now - since)
        return [(each.fact, each.says) for each in found]

    assert told("zhang") == [("category", wrong)]
    assert told("li") == [("mandate", mandate), ("category", wrong)]
    assert told("zhang", timedelta(days=-1)) == []


def test_the_mark_repeats_what_it_marks(zhang):
    wrong = category(zhang, C5)
    zhang.change("zhang", wrong)
    correct(zhang, wrote(zhang, wrong))

    with zhang.database.reading() as connection:
        rows = connection.execute(Classification.__table__.select().order_by(Classification.id.desc()).limit(2)).all()
    mark, marked = rows
    assert (mark.corrects_id, mark.category, mark.valid_before) == (marked.id, marked.category, marked.valid_before)
