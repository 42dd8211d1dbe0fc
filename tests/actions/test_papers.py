"""Assessments on paper: typed by whoever may, scored by the version of the signing date, raised only by a second person."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from gatekeeper.actions import proposals
from gatekeeper.actions.accounts import people
from gatekeeper.actions.clients import investors
from gatekeeper.actions.suitability import assessments, paper_scans, papers
from gatekeeper.ledger.verify.acts import check_acts
from gatekeeper.ledger.verify.findings import Findings
from gatekeeper.rules import assessment as rules
from gatekeeper.rules.changes import StandingChange
from gatekeeper.rules.errors import Conflict, Invalid, NotFound, NotPermitted
from gatekeeper.rules.policy import last_day_after, valid_before
from gatekeeper.rules.risk import InvestorKind, RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store.clients import investors as files
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.suitability import assessments as store
from gatekeeper.store.suitability import papers as kept
from gatekeeper.store.suitability import questionnaires
from gatekeeper.store.suitability.assessments import State
from tests.actions.test_assessments import data_of, on_file
from tests.actions.test_policies import approve as approve_policy
from tests.actions.test_policies import propose as propose_policy
from tests.actions.test_questionnaires import FIRST, approve, propose, version
from tests.actions.test_rehearsal import DEFAULT
from tests.assessed import answers, assess
from tests.papers import INSTALLED, TODAY, TYPIST, enter, furnish, receive
from tests.world import ZONE

C1, C2, C3, C4, C5 = RiskCategory
DAY, LATER = timedelta(days=1), date(2029, 6, 30)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def asked(world):
    return furnish(world)


def approve_it(world, proposal, by="compliance"):
    return world.database.transact(proposals.approve, world.caller(by), proposal, "同意", world.now)


def plain(world, proposal, by="compliance"):
    return world.database.transact(proposals.approve_plain, world.caller(by), proposal, world.now)


def contradicting():
    """Answers of somebody under age who has finished a master's course."""
    return answers(C3) | {"age": ["under_18"]}


def test_what_raises_waits_for_another_person_and_is_valid_from_the_signing_date(asked):
    asked.client("c2", C2)
    signed = TODAY - 10 * DAY

    entered = enter(asked, "c2", answers(C3), signed_on=signed)

    assert (entered.state, on_file(asked, "c2").category) == (State.WAITING, C2)
    for who in (TYPIST, "c2"):
        with pytest.raises(NotPermitted):
            approve_it(asked, entered.proposal, by=who)
    approve_it(asked, entered.proposal, by="clients")
    row = on_file(asked, "c2")
    assert (row.category, row.category_before) == (C3, valid_before(last_day_after(signed, 24), ZONE))


def test_what_lowers_acts_at_once_and_only_the_objectives_told_first_wait(asked):
    asked.client("c4", C4, last_day=LATER)

    entered = enter(asked, "c4", answers(C2))

    assert on_file(asked, "c4").category == C2
    assert [each["fact"] for each in data_of(asked, "classification.proposed")[-1]["changes"]] == ["objectives"]
    assert entered.lowered
    [data] = data_of(asked, "assessment.entered")
    assert (data["channel"], data["staff_assisted"], data["signed_on"]) == ("paper", True, "2026-12-13")
    assert [each["category"] for each in data["changes"]] == ["C2"]


def test_one_that_lowers_and_is_valid_for_longer_does_both_and_is_looked_at_by_itself(asked):
    asked.client("c4", C4, last_day=date(2028, 1, 31))

    entered = enter(asked, "c4", answers(C2))

    row = on_file(asked, "c4")
    assert (entered.lowered, entered.state, row.category) == (True, State.WAITING, C2)
    assert row.category_before == valid_before(date(2028, 1, 31), ZONE)
    with pytest.raises(Conflict, match="lowered and applies already"):
        plain(asked, entered.proposal)
    approve_it(asked, entered.proposal)
    assert on_file(asked, "c4").category_before == valid_before(date(2028, 12, 13), ZONE)


def test_a_first_category_and_its_class_take_the_second_person(asked):
    asked.client("new", None, investor_class=None)

    entered = enter(asked, "new", answers(C3))
    assert on_file(asked, "new").category is None
    approve_it(asked, entered.proposal)

    row = on_file(asked, "new")
    assert (row.category, row.investor_class) == (C3, "ORDINARY")


@pytest.mark.parametrize(
    ("before", "given", "lowest", "scan", "told"),
    [
        (C2, lambda: answers(C3), False, "", None),
        (C3, lambda: answers(C3), False, "", None),
        (C1, lambda: answers(C3), False, "", "rises by two steps or more"),
        (C3, contradicting, False, "", "contradict each other"),
        (C1, lambda: answers(C1), True, "", "leave the lowest category"),
        (C2, lambda: answers(C3), False, None, "no scan of this paper"),
    ],
    ids=["one step", "renewed", "two steps", "contradiction", "lowest lifted", "no scan"],
)
def test_plain_ones_are_approved_among_others_and_the_rest_singly(asked, before, given, lowest, scan, told):
    asked.client("i", before, lowest=lowest, last_day=date(2027, 1, 31))
    entered = enter(asked, "i", given(), scan=scan)

    listed = asked.database
    with listed.reading() as connection:
        [line] = proposals.listing(connection, asked.caller("compliance"), asked.now, waiting=True).lines
    if told is None:
        assert line.is_plain
        plain(asked, entered.proposal)
        assert store_state(asked, "i") is State.DONE
    else:
        assert told in str(line.question)
        with pytest.raises(Conflict, match=told):
            plain(asked, entered.proposal)
        approve_it(asked, entered.proposal)
    assert data_of(asked, "classification.approved")


def store_state(world, name):
    with world.database.reading() as connection:
        return store.state_of(store.latest(connection, world.investors[name]))


def test_each_of_many_approved_at_once_has_an_entry_of_its_own(asked):
    waiting = []
    for name in ("a", "b", "c"):
        asked.client(name, C2)
        waiting.append(enter(asked, name, answers(C3)).proposal)
    before = len(data_of(asked, "classification.approved"))

    for proposal in waiting:
        plain(asked, proposal)

    assert len(data_of(asked, "classification.approved")) == before + 3


def test_it_is_scored_by_the_version_in_force_when_it_was_signed_and_replay_gives_the_same(asked):
    stricter = version(FIRST, day="2026-12-18").replace("to = 36", "to = 53").replace("from = 37, to = 53", "from = 54, to = 60")
    approve(asked, propose(asked, stricter.replace("from = 54, to = 82", "from = 61, to = 82")))
    asked.clock.forward(5 * DAY)
    asked.client("before", C2)
    asked.client("after", C2)

    enter(asked, "before", answers(C3), signed_on=TODAY + 4 * DAY)
    enter(asked, "after", answers(C3), signed_on=TODAY + 5 * DAY)

    with asked.database.reading() as connection:
        for name, number, category in (("before", 1, C3), ("after", 2, C2)):
            row = store.latest(connection, asked.investors[name])
            again = questionnaires.questionnaire(connection, row.questionnaire_id)
            result = rules.score(again, json.loads(row.answers))
            assert (again.version, result.score, result.category) == (number, row.score, category)


def test_a_paper_signed_before_the_newest_assessment_is_kept_and_changes_nothing(asked):
    asked.client("c2", C2)
    assert assess(asked, "c2", answers(C3)) is State.DONE
    before = on_file(asked, "c2")

    older = enter(asked, "c2", answers(C1), signed_on=TODAY - DAY)

    assert (older.state, older.proposal) == (State.KEPT, None)
    assert on_file(asked, "c2") == before
    assert store_state(asked, "c2") is State.DONE
    with asked.database.reading() as connection:
        newest, *_ = store.of_investor(connection, asked.investors["c2"], 10)
        assert len(store.of_investor(connection, asked.investors["c2"], 10)) == 2
    assert newest.signed_on is None
    same_day = enter(asked, "c2", answers(C1), signed_on=TODAY)
    assert (same_day.lowered, on_file(asked, "c2").category) == (True, C1)


@on_sqlite
@pytest.mark.parametrize(
    ("signed_on", "told"),
    [
        (TODAY + DAY, "lies in the future"),
        (TODAY - 31 * DAY, "more than 30 days ago"),
    ],
)
def test_a_day_ahead_or_too_old_is_told_and_the_last_day_allowed_is_taken(asked, signed_on, told):
    asked.client("c2", C2)
    with pytest.raises(Invalid, match=told):
        enter(asked, "c2", answers(C3), signed_on=signed_on)


@on_sqlite
def test_a_day_before_any_questionnaire_was_in_force_is_told_and_the_oldest_allowed_is_taken(asked):
    asked.client("c2", C2)
    with pytest.raises(Invalid, match="No questionnaire"):
        enter(asked, "c2", answers(C3), signed_on=INSTALLED - DAY)

    asked.clock.forward(10 * DAY)

    assert enter(asked, "c2", answers(C3), signed_on=INSTALLED).state is State.WAITING


@on_sqlite
def test_a_policy_that_says_nothing_on_paper_takes_none(asked):
    asked.client("c2", C2)
    without = DEFAULT.partition("# Assessments on paper")[0]
    approve_policy(asked, propose_policy(asked, without))

    with pytest.raises(Conflict, match="signed_days"):
        enter(asked, "c2", answers(C3), scan=None)


@on_sqlite
def test_missing_and_wrong_answers_are_told_question_by_question_and_nothing_is_kept(asked):
    asked.client("c2", C2)
    given = answers(C3)
    given["age"] = ["nothing"]
    del given["education"]
    scan = receive(asked, "one.pdf")[0]

    with pytest.raises(Invalid) as refused:
        enter(asked, "c2", given, scan=scan)

    assert [fault.field for fault in refused.value.faults] == ["age", "education"]
    assert data_of(asked, "assessment.entered") == []
    with asked.database.reading() as connection:
        assert kept.scan(connection, scan) is not None


@on_sqlite
def test_the_investors_contact_types_none_of_its_papers_nor_anybody_without_the_grant(asked):
    asked.client("c2", C2)
    asked.staff("seller", Role.ADMIN, Grant.ASSESSMENTS)
    asked.change("c2", standing(asked, "c2", contact="客户经理 Seller，021-5550 0100"))

    for who in ("seller", "clients", "compliance", "reports", "c2"):
        with pytest.raises(NotPermitted):
            enter(asked, "c2", answers(C3), scan=None, by=who)
        with pytest.raises(NotPermitted):
            asked.database.transact(choose_it, asked.caller(who), "N-c2", asked.now)
    assert data_of(asked, "assessment.entered") == []
    assert enter(asked, "c2", answers(C3), scan=None).state is State.WAITING


def standing(world, name, contact):
    return StandingChange(
        investor=world.investors[name], client=True, profile_complete=True, branch="上海营业部", contact=contact
    )


def choose_it(connection, caller, number, now):
    return papers.choose(connection, caller, number, TODAY, now, ZONE)


@on_sqlite
def test_a_client_number_that_is_nobodys_is_told_at_its_field_and_with_the_day(asked):
    with asked.database.reading() as connection, pytest.raises(Invalid) as refused:
        papers.choose(connection, asked.caller(TYPIST), "N-nobody", TODAY + DAY, asked.now, ZONE)

    assert [fault.field for fault in refused.value.faults] == ["number", "signed_on"]


def test_papers_do_not_count_against_the_clients_own_limits(asked):
    asked.client("c2", C2)
    for category in (C1, C2, C3):
        enter(asked, "c2", answers(category))

    begun = asked.database.transact(assessments.begin, asked.caller("c2"), asked.now, ZONE)

    assert begun.retake.allowed


def test_the_same_paper_or_the_same_scan_twice_is_taken_once(asked):
    asked.client("c2", C2)
    asked.client("c1", C1)
    [scan] = receive(asked, "one.pdf")
    enter(asked, "c2", answers(C3), scan=scan)

    with pytest.raises(Conflict, match="waits no more"):
        enter(asked, "c1", answers(C2), scan=scan)
    with pytest.raises(Conflict, match="typed already"):
        enter(asked, "c2", answers(C3), scan=None)


@pytest.mark.own_database
def test_of_two_who_type_the_same_scan_at_once_one_does(asked):
    for name in ("a", "b"):
        asked.client(name, C2)
    [scan] = receive(asked, "one.pdf")

    def attempt(name):
        try:
            return enter(asked, name, answers(C3), scan=scan)
        except Conflict:
            return None

    with ThreadPoolExecutor(2) as pool:
        done = [*pool.map(attempt, ("a", "b"))]

    assert done.count(None) == 1
    assert len(data_of(asked, "assessment.entered")) == 1


def test_every_row_names_the_entry_of_its_act(asked):
    asked.client("c2", C2)
    _, blank = receive(asked, "one.pdf", "blank.pdf")
    asked.database.transact(paper_scans.set_aside, asked.caller(TYPIST), blank, asked.now)
    approve_it(asked, enter(asked, "c2", answers(C3)).proposal)
    found = Findings()

    with asked.database.reading() as connection:
        check_acts(connection, found)

    assert found.first == []


def test_a_queue_is_typed_in_the_order_in_which_it_came_and_a_blank_sheet_is_set_aside(asked):
    asked.client("c2", C2)
    first, second, third = receive(asked, "1.pdf", "2.pdf", "3.pdf")
    asked.database.transact(paper_scans.set_aside, asked.caller(TYPIST), second, asked.now)
    enter(asked, "c2", answers(C3), scan=first)

    queue = asked.database.record(paper_scans.queue, asked.caller(TYPIST), asked.now)

    assert ([row.name for row in queue.scans], queue.following.id) == (["3.pdf"], third)
    with pytest.raises(Conflict):
        asked.database.transact(paper_scans.set_aside, asked.caller(TYPIST), second, asked.now)
    with pytest.raises(NotFound):
        asked.database.record(paper_scans.look, asked.caller(TYPIST), first, 1, asked.now)
    with pytest.raises(NotPermitted):
        asked.database.record(paper_scans.queue, asked.caller("clients"), asked.now)
    data = data_of(asked, "paper.received")[0]
    assert [each["pages"] for each in data["scans"]] == [2, 2, 2]
    assert "1.pdf" not in json.dumps(data)


def test_the_scan_becomes_evidence_of_the_investor_and_the_answers_stay_private(asked):
    asked.client("c2", C2)
    entered = enter(asked, "c2", answers(C3))

    with asked.database.reading() as connection:
        row = store.get(connection, asked.investors["c2"], entered.assessment)
        leaves = connection.execute(select(LedgerEntry.leaf).where(LedgerEntry.kind == "assessment.entered")).scalars().all()
    assert (row.signed_on, row.file_id is not None, row.acknowledged_at is not None) == (TODAY, True, True)
    assert b"under_18" not in leaves[0]
    assert json.loads(leaves[0])["private"]["answers"]


def test_an_institution_is_asked_by_its_own_questionnaire(asked):
    asked.client("fund", None, kind=InvestorKind.INSTITUTION)
    asked.client("product", None, kind=InvestorKind.PRODUCT)
    found = asked.database.record(papers.sheet, asked.caller(TYPIST), asked.investors["fund"], TODAY, "", asked.now, ZONE)

    assert (found.questionnaire.id, found.scan, found.newer) == ("institution", None, None)
    with pytest.raises(Invalid, match="No questionnaire"):
        enter(asked, "product", {}, scan=None)


def test_the_grant_itself_is_proposed_and_approved_by_compliance(asked):
    asked.client("c2", C2)
    wanted = ("新人", "newcomer", Role.ADMIN, (Grant.ASSESSMENTS,), "人手不足", asked.now)
    proposed = asked.database.transact(people.propose_staff, asked.caller("staff-admin"), *wanted)
    with asked.database.reading() as connection:
        asked.people["newcomer"] = files.person_by_login(connection, "newcomer").id
    with pytest.raises(NotPermitted):
        enter(asked, "c2", answers(C3), scan=None, by="newcomer")

    approve_it(asked, proposed.id)

    assert enter(asked, "c2", answers(C3), scan=None, by="newcomer").state is State.WAITING


def test_staff_see_who_typed_it_and_the_client_reads_the_letter(asked):
    asked.client("c2", C2, last_day=LATER)
    enter(asked, "c2", answers(C1))

    found = asked.database.record(assessments.overview, asked.caller("c2"), asked.now, ZONE)
    assert (found.state, found.row.signed_on) == (State.WAITING, TODAY)
    file = asked.database.record(investors.view, asked.caller("clients"), asked.investors["c2"], asked.now)
    assert (file.assessments[0].person_name, file.assessments[0].signed_on) == (TYPIST, TODAY)
