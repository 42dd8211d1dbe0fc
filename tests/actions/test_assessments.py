"""An assessment acts as it should: lowering at once, raising after the letter, held results by a second person, limits kept."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from gatekeeper import installing
from gatekeeper.actions import proposals
from gatekeeper.actions.clients import investors
from gatekeeper.actions.suitability import assessment_files, assessment_letters, assessments
from gatekeeper.rules import assessment as rules
from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.errors import Conflict, Invalid, NotPermitted
from gatekeeper.rules.policy import last_day_after, valid_before
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store import proposals as waiting
from gatekeeper.store.clients import investors as files
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.suitability import assessments as store
from gatekeeper.store.suitability.assessments import State
from gatekeeper.store.suitability.questionnaires import put_questionnaire
from tests.assessed import INDIVIDUAL, answers, assess, fill, hand_in, install
from tests.world import ZONE

C1, C2, C3, C4, C5 = RiskCategory


@pytest.fixture
def asked(world):
    install(world)
    return world


def on_file(world, name):
    with world.database.reading() as connection:
        return files.overview(connection, world.investors[name], world.now)


def latest(world, name):
    with world.database.reading() as connection:
        return store.latest(connection, world.investors[name])


def begin(world, name):
    return world.database.transact(assessments.begin, world.caller(name), world.now, ZONE)


def data_of(world, kind):
    with world.database.reading() as connection:
        found = select(LedgerEntry.leaf).where(LedgerEntry.kind == kind).order_by(LedgerEntry.id)
        return [json.loads(leaf)["data"] for leaf in connection.execute(found).scalars()]


def test_a_first_clean_result_makes_an_ordinary_investor_once_the_letter_is_acknowledged(asked):
    asked.client("new", None, investor_class=None)

    hand_in(asked, "new", answers(C1))
    before = on_file(asked, "new")
    state = assess(asked, "new", answers(C1))

    assert (before.category, before.investor_class) == (None, None)
    after = on_file(asked, "new")
    assert (state, after.category, after.investor_class) == (State.DONE, C1, InvestorClass.ORDINARY)


@pytest.mark.parametrize("first", [C1, C2, C3, C4, C5])
def test_a_first_result_waits_for_nobody_however_high_since_nothing_was_on_file(asked, first):
    asked.client("new", None)

    assert assess(asked, "new", answers(first)) is State.DONE
    assert on_file(asked, "new").category is first


def test_what_lowers_acts_when_the_answers_are_handed_in(asked):
    asked.client("c4", C4)

    hand_in(asked, "c4", answers(C2))

    assert on_file(asked, "c4").category is C2
    assert latest(asked, "c4").acknowledged_at is None


def test_a_rise_of_one_acts_after_the_acknowledgement_and_not_before(asked):
    asked.client("c2", C2)

    words = hand_in(asked, "c2", answers(C3))
    assert on_file(asked, "c2").category is C2
    asked.database.transact(assessment_letters.acknowledge, asked.caller("c2"), words, asked.now, "zh_CN")

    assert on_file(asked, "c2").category is C3


def test_a_rise_of_two_waits_for_a_second_person_who_is_not_the_client(asked):
    asked.client("c2", C2)

    assert assess(asked, "c2", answers(C4)) is State.WAITING
    assert on_file(asked, "c2").category is C2
    proposal = latest(asked, "c2").proposal_id
    with pytest.raises(NotPermitted):
        asked.database.transact(proposals.approve, asked.caller("c2"), proposal, "", asked.now)
    asked.database.transact(proposals.approve, asked.caller("compliance"), proposal, "同意", asked.now)

    assert on_file(asked, "c2").category is C4
    assert latest(asked, "c2").proposal_state == "APPROVED"


def test_not_willing_to_lose_anything_is_the_lowest_category_at_the_highest_score(asked):
    asked.client("c5", C5)
    unwilling = answers(C5)
    for question in INDIVIDUAL.questions:
        if question.lowest is not None and question.lowest.name == "NO_LOSS":
            unwilling[question.id] = [next(option.id for option in question.options if option.lowest)]

    hand_in(asked, "c5", unwilling)

    after = on_file(asked, "c5")
    assert (after.category, after.lowest) == (C1, True)
    assert latest(asked, "c5").score >= INDIVIDUAL.bands[-1].first


def test_leaving_the_lowest_category_is_held_even_for_c1(asked):
    asked.client("low", C1, lowest=True)

    assert assess(asked, "low", answers(C1)) is State.WAITING
    assert on_file(asked, "low").lowest


def test_the_result_holds_through_the_last_day_of_the_policys_months(asked):
    asked.client("new", None)

    assess(asked, "new", answers(C3))

    day = asked.clock.moment.astimezone(ZONE).date()
    assert on_file(asked, "new").category_before == valid_before(last_day_after(day, 24), ZONE)


def test_two_a_day_are_allowed_and_the_third_is_refused_and_recorded(asked):
    asked.client("c3", C3)
    for _ in range(2):
        assess(asked, "c3", answers(C3))

    refused = begin(asked, "c3")

    assert (refused.retake.limit, bool(refused.code)) == ("day", True)
    assert [data["limit"] for data in data_of(asked, "assessment.refused")] == ["day"]
    asked.clock.forward(timedelta(days=1))
    assert begin(asked, "c3").retake.allowed


def test_a_draft_begun_before_the_limit_cannot_be_handed_in_past_it(asked):
    asked.client("c3", C3)
    for _ in range(2):
        assess(asked, "c3", answers(C3))
    asked.clock.forward(timedelta(days=1))
    fill(asked, "c3", answers(C4))
    asked.clock.forward(timedelta(days=-1))

    refused = asked.database.transact(assessments.hand_in, asked.caller("c3"), asked.now, ZONE, declared=True)

    assert refused.retake.limit == "day"
    assert latest(asked, "c3").handed_in_at is None


def test_answers_are_kept_between_visits_and_the_newest_to_a_question_counts(asked):
    asked.client("c3", C3)
    fill(asked, "c3", answers(C2))
    first = answers(C2)
    question = INDIVIDUAL.pages[0][1][0]
    other = next(option.id for option in question.options if [option.id] != first[question.id])

    given = {**first, question.id: [other]}
    asked.database.transact(assessments.answer, asked.caller("c3"), 1, given, asked.now, whole=True)

    with asked.database.reading() as connection:
        kept = store.answers(connection, latest(asked, "c3").id)
    assert kept[question.id] == [other]


def test_a_page_left_early_keeps_what_was_answered_and_a_whole_page_names_every_question_without_answer(asked):
    asked.client("c3", C3)
    begin(asked, "c3")
    _, questions = INDIVIDUAL.pages[0]
    half = {questions[0].id: answers(C2)[questions[0].id]}

    asked.database.transact(assessments.answer, asked.caller("c3"), 1, half, asked.now, whole=False)
    with pytest.raises(Invalid) as caught:
        asked.database.transact(assessments.answer, asked.caller("c3"), 1, half, asked.now, whole=True)

    assert [fault.field for fault in caught.value.faults] == [each.id for each in questions[1:]]


@pytest.mark.parametrize("given", [["nothing"], ["under_18", "to_30"], ["\x00"]])
def test_answers_that_are_not_offered_are_refused(asked, given):
    asked.client("c3", C3)
    begin(asked, "c3")

    with pytest.raises(Invalid):
        asked.database.transact(assessments.answer, asked.caller("c3"), 1, {"age": given}, asked.now, whole=False)


def test_answers_with_a_gap_or_without_the_declaration_are_not_scored(asked):
    asked.client("c3", C3)
    begin(asked, "c3")

    with pytest.raises(Invalid):
        asked.database.transact(assessments.hand_in, asked.caller("c3"), asked.now, ZONE, declared=True)
    fill(asked, "c3", answers(C3))
    with pytest.raises(Invalid):
        asked.database.transact(assessments.hand_in, asked.caller("c3"), asked.now, ZONE, declared=False)
    assert latest(asked, "c3").handed_in_at is None


def test_a_letter_cannot_undo_what_the_firm_lowered_after_it_was_written(asked):
    asked.client("c3", C3)
    words = hand_in(asked, "c3", answers(C4))
    asked.change("c3", CategoryChange(investor=asked.investors["c3"], category=C1, before=valid_before(date(2028, 11, 23), ZONE)))

    with pytest.raises(Conflict):
        asked.database.transact(assessment_letters.acknowledge, asked.caller("c3"), words, asked.now, "zh_CN")

    assert on_file(asked, "c3").category is C1


def test_the_letter_of_another_assessment_is_not_an_acknowledgement(asked):
    asked.client("c3", C3)
    old = hand_in(asked, "c3", answers(C2))
    hand_in(asked, "c3", answers(C3))

    with pytest.raises(Conflict):
        asked.database.transact(assessment_letters.acknowledge, asked.caller("c3"), old, asked.now, "zh_CN")


def test_acknowledging_twice_is_one_acknowledgement(asked):
    asked.client("c3", C3)
    words = hand_in(asked, "c3", answers(C4))

    for _ in range(2):
        assert asked.database.transact(assessment_letters.acknowledge, asked.caller("c3"), words, asked.now, "en") is State.DONE

    assert len(data_of(asked, "assessment.acknowledged")) == 1


def test_whoever_no_longer_acts_for_the_investor_answers_nothing(asked):
    asked.client("c3", C3)
    asked.client("other", C3)

    with pytest.raises(NotPermitted):
        asked.database.transact(assessments.begin, asked.caller("c3", "other"), asked.now, ZONE)


def test_staff_cannot_answer_for_a_client(asked):
    asked.client("c3", C3)
    asked.staff("sales", Role.ADMIN, Grant.CLIENTS)

    with pytest.raises(NotPermitted):
        asked.database.transact(assessments.begin, asked.caller("sales", "c3"), asked.now, ZONE)


def test_the_stored_answers_score_again_to_the_same_result(asked):
    asked.client("c3", C3)
    assess(asked, "c3", answers(C2))
    row = latest(asked, "c3")

    again = rules.score(INDIVIDUAL, json.loads(row.answers))

    assert (again.score, again.category, again.lowest) == (row.score, row.category, row.lowest)


def test_entries_hold_no_answer(asked):
    asked.client("c3", C3)
    assess(asked, "c3", answers(C2))

    for kind in ("assessment.answered", "assessment.scored"):
        assert all("answers" not in data and "to_100k" not in str(data) for data in data_of(asked, kind))


def test_the_file_shows_staff_what_was_answered_and_the_look_is_recorded(asked):
    asked.client("c3", C3)
    assess(asked, "c3", answers(C2))
    investor = asked.investors["c3"]

    file = asked.database.record(investors.view, asked.caller("compliance"), investor, asked.now)
    [one] = file.assessments
    looked = asked.database.record(assessment_files.look, asked.caller("compliance"), investor, one.id, "en", asked.now)

    assert looked.result.category is C2
    assert looked.letter.startswith("风险承受能力评估结果告知函"), "in the language in which it was acknowledged"
    assert len(data_of(asked, "assessment.viewed")) == 2


def test_a_replaced_questionnaire_ends_the_draft(asked):
    asked.client("c3", C3)
    fill(asked, "c3", answers(C3))
    text = asked.database.transact(_replace, asked.now)

    with pytest.raises(Conflict):
        asked.database.transact(assessments.hand_in, asked.caller("c3"), asked.now, ZONE, declared=True)
    found = asked.database.record(assessments.overview, asked.caller("c3"), asked.now, ZONE)
    assert (found.state, found.replaced, found.questionnaire.version) == (State.NONE, True, 2)
    assert text


def _replace(connection, now):
    """Put a second version in force, as an approved proposal would."""
    text = installing.questionnaires()[0].replace("version = 1", "version = 2", 1)
    entry = connection.exec_driver_sql("SELECT max(id) FROM ledger_entry").scalar_one()
    columns = {"track": "individual", "version": 2, "text": text, "sha256": "0" * 64}
    put_questionnaire(connection, **columns, valid_from=now, entry_id=entry)
    return text


def test_a_held_result_whose_file_moved_meanwhile_cannot_be_approved(asked):
    asked.client("c2", C2)
    assess(asked, "c2", answers(C5))
    proposal = latest(asked, "c2").proposal_id
    asked.change("c2", CategoryChange(investor=asked.investors["c2"], category=C1, before=valid_before(date(2028, 11, 23), ZONE)))

    with pytest.raises(Conflict):
        asked.database.transact(proposals.approve, asked.caller("compliance"), proposal, "", asked.now)
    with asked.database.reading() as connection:
        assert waiting.get(connection, proposal).state == "PENDING"
