"""Applications for professional status, the whole path: thresholds, steps in their order, two people, reasons, the way back."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from gatekeeper.actions import proposals
from gatekeeper.actions.messages import notices
from gatekeeper.actions.reading import access
from gatekeeper.actions.suitability import application_desk, application_steps, applications, opting_down
from gatekeeper.files.made import conversion
from gatekeeper.ledger.verify.acts import check_acts
from gatekeeper.ledger.verify.findings import Findings
from gatekeeper.rules.assessing.conversion import Step
from gatekeeper.rules.changes import ClassChange, StandingChange
from gatekeeper.rules.errors import Conflict, GatekeeperError, Invalid, NotFound, NotPermitted
from gatekeeper.rules.messages.deliveries import NoticeKind
from gatekeeper.rules.policy import parse, valid_before
from gatekeeper.rules.professional import Evidence
from gatekeeper.rules.risk import InvestorClass, InvestorKind, RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.store.clients import evidence_files
from gatekeeper.store.clients import investors as files
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.reading import words
from gatekeeper.store.suitability import applications as store
from tests.applied import (
    ART_8_1,
    ART_8_4,
    ART_8_5,
    ART_11,
    SCAN,
    WAN,
    YEAR_END,
    check,
    converted,
    hand_in,
    individual,
    institution,
    licensed,
    propose,
    right_answers,
    sit,
    today,
    warn,
)
from tests.library import release
from tests.world import ZONE

C2, C3 = RiskCategory.C2, RiskCategory.C3
ORDINARY, A, B, C = InvestorClass
MEAN_50, MEAN_30 = ([(year, amount * WAN) for year in (2023, 2024, 2025)] for amount in (50, 30))


def on_file(world, name):
    with world.database.reading() as connection:
        return files.overview(connection, world.investors[name], world.now)


def row(world, application):
    with world.database.reading() as connection:
        return store.get(connection, application)


def steps(world, application):
    with world.database.reading() as connection:
        return [each.step for each in store.steps(connection, application)]


def data_of(world, kind):
    with world.database.reading() as connection:
        found = select(LedgerEntry.leaf).where(LedgerEntry.kind == kind).order_by(LedgerEntry.id)
        return [json.loads(leaf)["data"] for leaf in connection.execute(found).scalars()]


def approve(world, proposal, by="compliance", reason="同意"):
    return world.database.transact(proposals.approve, world.caller(by), proposal, reason, world.now)


# ------------------------------------------------------------------------------------------------------- thresholds, all the way

ONE_FEN_BELOW = [
    # who, on which ground, with what, whether the proofs can be found in order
    ("person", ART_8_5, {"assets": 500 * WAN}, True),
    ("person", ART_8_5, {"assets": 500 * WAN - 1}, False),
    ("person", ART_8_5, {"incomes": tuple(MEAN_50)}, True),
    ("person", ART_8_5, {"incomes": (*MEAN_50[:2], (2025, 50 * WAN - 1))}, False),
    ("person", ART_8_5, {"incomes": tuple((year, 900 * WAN) for year in (2024, 2025))}, False),  # two years are not three
    ("person", ART_8_5, {"incomes": tuple((year, 900 * WAN) for year in (2022, 2023, 2024))}, False),  # not the latest
    ("person", ART_11, {"assets": 300 * WAN}, True),
    ("person", ART_11, {"assets": 300 * WAN - 1}, False),
    ("person", ART_11, {"incomes": tuple(MEAN_30)}, True),
    ("company", ART_8_4, {"net": 2000 * WAN, "assets": 1000 * WAN}, True),
    ("company", ART_8_4, {"net": 2000 * WAN - 1, "assets": 1000 * WAN}, False),
    ("company", ART_8_4, {"net": 2000 * WAN, "assets": 1000 * WAN - 1}, False),
    ("company", ART_8_4, {"net": 2000 * WAN, "assets": 1000 * WAN, "on": date(2024, 12, 31)}, False),  # an older year-end
    ("company", ART_11, {"net": 1000 * WAN, "assets": 500 * WAN}, True),
    ("company", ART_11, {"net": 1000 * WAN, "assets": 500 * WAN - 1}, False),
]


def test_at_each_threshold_the_proofs_can_be_in_order_and_one_fen_below_they_can_only_be_rejected(world):
    world.client("person", C2)
    world.client("company", C2, kind=InvestorKind.INSTITUTION)

    for who, ground, figures, met in ONE_FEN_BELOW:
        if who == "person":
            stated = individual(world, ground, **figures)
        else:
            stated = institution(world, ground, figures["net"], figures["assets"], figures.get("on", YEAR_END))
        application = hand_in(world, who, stated)
        try:
            check(world, application)
            found = True
        except Conflict:
            found = False
        assert found is met, (ground, figures)
        if proposal := row(world, application).proposal_id:
            world.database.transact(proposals.reject, world.caller("compliance"), proposal, "下一例", world.now)
        else:
            world.database.transact(application_desk.reject, world.caller("clients"), application, "未达标准", world.now)
        assert steps(world, application)[-2:] == ["REJECTED", "NOTIFIED"]
    assert on_file(world, "person").investor_class is on_file(world, "company").investor_class is ORDINARY


# --------------------------------------------------------------------------------------------------------------- the ways there


def test_class_b_goes_by_its_proofs_and_a_second_person(world):
    world.client("person", C2)
    application = hand_in(world, "person", individual(world, ART_8_5, 500 * WAN))

    proposal = check(world, application)
    before = on_file(world, "person")
    approve(world, proposal)

    after = on_file(world, "person")
    assert (before.investor_class, after.investor_class, after.ground) == (ORDINARY, B, ART_8_5)
    assert after.class_before == valid_before(date(2027, 11, 23), ZONE)
    assert steps(world, application) == ["APPLIED", "PROOFS_CHECKED", "APPROVED", "NOTIFIED"]
    told = world.database.record(notices.inbox, world.caller("person"), world.now)
    assert next(after for each in told for _, after in each.changes if isinstance(after, ClassChange)).investor_class is B


def test_class_c_goes_the_whole_way_and_nothing_changes_before_its_end(world):
    world.client("person", C2)
    application = hand_in(world, "person", individual(world, ART_11, 300 * WAN))
    assert check(world, application) is None
    assert sit(world, "person").marked.passed
    warn(world, "person")
    proposal = propose(world, application)
    assert on_file(world, "person").investor_class is ORDINARY

    approve(world, proposal)

    assert on_file(world, "person").investor_class is C
    assert steps(world, application) == [each.value for each in Step if each is not Step.REJECTED]
    with world.database.reading() as connection:
        warned = next(each for each in store.steps(connection, application) if each.step == "WARNED")
        findings = Findings()
        check_acts(connection, findings)
    assert warned.words_sha256 == conversion.warning("zh_CN")[1]
    assert findings.first == []


def test_class_a_is_entered_by_a_colleague_and_ends_with_its_registration(world):
    world.client("bank", None, investor_class=None, kind=InvestorKind.FINANCIAL_INSTITUTION)
    stated = licensed(world)
    stated = replace(stated, registration=replace(stated.registration, last_day=date(2027, 3, 31)))

    proposal = check(world, hand_in(world, "bank", stated, by="clients"))
    approve(world, proposal)

    assert on_file(world, "bank").investor_class is A
    assert on_file(world, "bank").class_before == valid_before(date(2027, 3, 31), ZONE)


def test_no_step_is_skipped_and_none_is_taken_twice(world):
    world.client("person", C2)
    acts = {
        "check": lambda: check(world, application),
        "sit": lambda: sit(world, "person"),
        "warn": lambda: world.database.transact(
            application_steps.acknowledge, world.caller("person"), conversion.warning("en")[1], world.now, ticked=True
        ),
        "propose": lambda: propose(world, application),
    }
    application = hand_in(world, "person", individual(world, ART_11, 300 * WAN))

    for following, act in list(acts.items()):
        for name, other in acts.items():
            if name != following:
                with pytest.raises(Conflict):
                    other()
        act()
    for other in acts.values():
        with pytest.raises(Conflict):
            other()


def test_an_application_can_be_rejected_at_every_step_before_the_proposal_and_the_client_is_told_why(world):
    for taken in range(4):
        name = f"person-{taken}"
        world.client(name, C2)
        application = hand_in(world, name, individual(world, ART_11, 300 * WAN))
        for act, about in ((check, application), (sit, name), (warn, name))[:taken]:
            act(world, about)

        with pytest.raises(Invalid):
            world.database.transact(application_desk.reject, world.caller("clients"), application, " ", world.now)
        world.database.transact(application_desk.reject, world.caller("clients"), application, "资产证明已过期", world.now)

        seen = world.database.record(application_steps.overview, world.caller(name), world.now, ZONE)
        assert (seen.application.row.outcome, seen.application.row.outcome_reasons) == ("REJECTED", "资产证明已过期")
        told = world.database.record(notices.inbox, world.caller(name), world.now)
        assert [each.kind for each in told].count(NoticeKind.APPLICATION) == 1
        world.database.transact(
            notices.acknowledge, world.caller(name), next(e.row.id for e in told if e.kind is NoticeKind.APPLICATION), world.now
        )
        with pytest.raises(Conflict):
            check(world, application)


def test_a_rejected_proposal_rejects_the_application_with_its_reason(world):
    world.client("person", C2)
    application = hand_in(world, "person", individual(world, ART_8_5, 500 * WAN))

    world.database.transact(proposals.reject, world.caller("compliance"), check(world, application), "流水不连续", world.now)

    assert row(world, application).outcome_reasons == "流水不连续"
    assert on_file(world, "person").investor_class is ORDINARY


def test_a_withdrawn_proposal_can_be_followed_by_another(world):
    world.client("person", C2)
    application = hand_in(world, "person", individual(world, ART_8_5, 500 * WAN))
    first = check(world, application)
    with pytest.raises(Conflict):
        propose(world, application)
    with pytest.raises(Conflict):
        world.database.transact(application_desk.reject, world.caller("clients"), application, "另议", world.now)

    world.database.transact(proposals.withdraw, world.caller("clients"), first, "", world.now)
    approve(world, propose(world, application))

    assert on_file(world, "person").investor_class is B


def test_renewing_and_changing_the_class_raise_though_a_status_is_live(world):
    world.client("person", C2)
    approve(world, converted(world, "person", individual(world, ART_11, 300 * WAN)))
    world.clock.forward(timedelta(days=200))

    approve(world, check(world, hand_in(world, "person", individual(world, ART_8_5, 500 * WAN))))

    assert on_file(world, "person").investor_class is B
    begun = world.database.transact(applications.begin, world.caller("person"), None, ART_8_5, world.now)
    filled = world.database.record(applications.fill, world.caller("person"), None, today(world), world.now)
    assert (filled.row.id, filled.stated.financial_assets.fen) == (begun, 500 * WAN), "a renewal begins with what was stated"


# ------------------------------------------------------------------------------------------------------------------ two people


def test_whoever_handled_an_application_or_is_its_contact_or_acts_for_the_investor_does_not_approve_it(world):
    world.client("person", C2)
    for name in ("checker", "proposer", "contact"):
        world.staff(name, Role.ADMIN, Grant.CLIENTS)
    standing = StandingChange(investor=world.investors["person"], client=True, profile_complete=True, contact="contact 5550 0100")
    world.change("person", standing)
    application = hand_in(world, "person", individual(world, ART_11, 300 * WAN))
    for act in (application_desk.check, application_desk.propose):
        with pytest.raises(NotPermitted):
            world.database.transact(act, world.caller("contact", "person"), application, "原件", world.now, ZONE)
    check(world, application, by="checker")
    sit(world, "person")
    warn(world, "person")
    proposal = propose(world, application, by="proposer")

    for name in ("checker", "proposer", "contact", "person"):
        with pytest.raises(NotPermitted):
            approve(world, proposal, by=name)
    with pytest.raises(Conflict):
        world.database.transact(proposals.approve_plain, world.caller("compliance"), proposal, world.now)
    listed = world.database.transact(proposals.listing, world.caller("contact"), world.now, waiting=True)
    assert [each.bar for each in listed.lines] == ["CONTACT"]
    approve(world, proposal)
    assert on_file(world, "person").investor_class is C


def test_a_stricter_policy_meanwhile_keeps_an_application_from_being_approved(world):
    world.client("person", C2)
    application = hand_in(world, "person", individual(world, ART_8_5, 500 * WAN))
    proposal = check(world, application)
    world.database.transact(_stricter, world.now)

    with pytest.raises(Conflict):
        approve(world, proposal)

    seen = world.database.record(application_desk.view, world.caller("compliance"), application, world.now).found
    assert (seen.then.met, seen.now.met) == (True, False)
    assert on_file(world, "person").investor_class is ORDINARY


def _stricter(connection, now):
    """A policy by which an individual needs ten million."""
    entry = connection.exec_driver_sql("SELECT max(id) FROM ledger_entry").scalar_one()
    text = connection.exec_driver_sql("SELECT text FROM policy ORDER BY id DESC LIMIT 1").scalar_one()
    text = text.replace("financial_assets = 5_000_000\nincome = 500_000", "financial_assets = 10_000_000\nincome = 500_000")
    words.put_policy(connection, text=text, sha256=parse(text).digest, valid_from=now, entry_id=entry)


# ------------------------------------------------------------------------------------------------------------ test of knowledge


def test_one_below_the_pass_mark_fails_and_the_limits_of_the_test_are_kept_and_recorded(world):
    world.client("person", C2)
    test = conversion.knowledge_test()
    check(world, hand_in(world, "person", individual(world, ART_11, 300 * WAN)))
    enough = len(test.questions) - test.pass_mark

    attempts = [sit(world, "person", enough + 1) for _ in range(test.per_day)]
    refused = sit(world, "person")
    assert [each.marked.passed for each in attempts] == [False] * test.per_day
    assert (refused.marked, refused.retake.limit) == (None, "day")
    world.clock.forward(timedelta(days=1))
    for _ in range(test.per_day):
        sit(world, "person", enough + 1)
    world.clock.forward(timedelta(days=1))
    assert sit(world, "person").retake.limit == "application"
    assert [each["limit"] for each in data_of(world, "application.refused")] == ["day", "application"]
    assert data_of(world, "application.tested")[0]["score"] == test.pass_mark - 1
    assert "answers" not in str(data_of(world, "application.tested"))


def test_exactly_the_pass_mark_passes_and_answers_that_are_not_offered_are_told(world):
    world.client("person", C2)
    test = conversion.knowledge_test()
    check(world, hand_in(world, "person", individual(world, ART_11, 300 * WAN)))

    given = {**right_answers(), test.questions[0].id: "nothing", test.questions[1].id: ""}
    with pytest.raises(Invalid) as caught:
        world.database.transact(application_steps.answer, world.caller("person"), given, world.now, ZONE)

    assert [fault.field for fault in caught.value.faults] == [each.id for each in test.questions[:2]]
    assert sit(world, "person", len(test.questions) - test.pass_mark).marked.passed


def test_the_warning_must_be_the_one_in_force_and_ticked(world):
    world.client("person", C2)
    check(world, hand_in(world, "person", individual(world, ART_11, 300 * WAN)))
    sit(world, "person")
    digest = conversion.warning("en")[1]
    for shown, ticked, refused in (("0" * 64, True, Conflict), (digest, False, Invalid)):
        with pytest.raises(refused):
            world.database.transact(application_steps.acknowledge, world.caller("person"), shown, world.now, ticked=ticked)
    warn(world, "person", "en")


# ---------------------------------------------------------------------------------------------------------------------- attackers


def test_what_is_not_ones_own_cannot_be_touched(world):
    world.client("person", C2)
    world.client("other", C2)
    world.client("bank", None, investor_class=None, kind=InvestorKind.FINANCIAL_INSTITUTION)
    world.staff("second", Role.ADMIN, Grant.CLIENTS)
    act, now = world.database.transact, world.now
    draft = act(applications.begin, world.caller("clients"), world.investors["person"], ART_8_5, now)
    act(applications.begin, world.caller("other"), None, ART_8_5, now)
    stated = individual(world, ART_8_5, 500 * WAN)
    with world.database.reading() as connection:
        before = len(evidence_files.of_ids(connection, world.investors["other"], []))

    refusals = [
        # a client on another investor's application, by its id or by another investor's name
        lambda: act(applications.attach, world.caller("person"), draft, Evidence.IDENTITY, [SCAN], now),
        lambda: act(applications.attach, world.caller("person", "other"), None, Evidence.IDENTITY, [SCAN], now),
        lambda: act(applications.begin, world.caller("person", "other"), None, ART_8_5, now),
        lambda: act(applications.begin, world.caller("person"), world.investors["person"], ART_8_5, now),
        # a colleague on the draft of another, or of a client
        lambda: act(applications.save, world.caller("second"), draft, stated, now),
        lambda: act(applications.hand_in, world.caller("second"), draft, today(world), now, declared=True),
        # a colleague with no grant for it
        lambda: act(applications.begin, world.caller("compliance"), world.investors["person"], ART_8_5, now),
        lambda: act(applications.begin, world.caller("reports"), world.investors["person"], ART_8_5, now),
        # a client who forges class A, or takes a ground that is not open to its kind
        lambda: act(applications.begin, world.caller("bank"), None, ART_8_1, now),
        lambda: act(applications.begin, world.caller("person"), None, ART_8_4, now),
        lambda: act(applications.begin, world.caller("person"), None, "第九条", now),
        # a file that is somebody else's
        lambda: act(applications.detach, world.caller("other"), None, "0" * 26, now),
        # a draft is seen by its maker alone
        lambda: world.database.record(application_desk.view, world.caller("compliance"), draft, now),
        lambda: world.database.record(application_desk.view, world.caller("compliance"), "a\0b", now),
        lambda: world.database.record(application_desk.view, world.caller("person"), draft, now),
    ]
    for refusal in refusals:
        with pytest.raises((NotPermitted, NotFound, Invalid, Conflict)):
            refusal()
    assert before == 0
    assert world.database.record(applications.fill, world.caller("other"), None, today(world), now).files == []


def test_a_draft_is_handed_in_whole_once_and_one_at_a_time(world):
    world.client("person", C2)
    with pytest.raises(Invalid) as caught:
        hand_in(world, "person", individual(world, ART_8_5, 500 * WAN), without=[Evidence.IDENTITY])
    assert [fault.field for fault in caught.value.faults] == ["files"]
    act, caller = world.database.transact, world.caller("person")
    act(applications.attach, caller, None, Evidence.IDENTITY, [SCAN], world.now)
    found = world.database.record(applications.fill, caller, None, today(world), world.now)
    act(applications.detach, caller, None, found.files[-1].id, world.now)
    with pytest.raises(Invalid):
        act(applications.hand_in, caller, None, today(world), world.now, declared=True)
    act(applications.attach, caller, None, Evidence.IDENTITY, [SCAN], world.now)
    with pytest.raises(Invalid):
        act(applications.hand_in, caller, None, today(world), world.now, declared=False)
    act(applications.hand_in, caller, None, today(world), world.now, declared=True)

    for again in (
        lambda: act(applications.hand_in, caller, None, today(world), world.now, declared=True),
        lambda: act(applications.begin, caller, None, ART_11, world.now),
        lambda: act(applications.begin, world.caller("clients"), world.investors["person"], ART_8_5, world.now),
    ):
        with pytest.raises(Conflict):
            again()
    assert len(data_of(world, "application.handed_in")) == 1
    assert "5000000" not in str(data_of(world, "application.handed_in") + data_of(world, "application.saved"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"senior_manager_of": "a\x07b"}, "senior_manager_of"),
        ({"qualification": "x" * 101}, "qualification"),
        ({"experience_since": date(2099, 1, 1)}, "experience_since"),
        ({"work_since": date(1, 1, 1)}, "work_since"),
    ],
)
def test_what_cannot_be_is_told_with_its_field(world, wrong, field):
    world.client("person", C2)
    world.database.transact(applications.begin, world.caller("person"), None, ART_8_5, world.now)

    stated = individual(world, ART_8_5, 1, **wrong)
    with pytest.raises(Invalid) as caught:
        world.database.transact(applications.save, world.caller("person"), None, stated, world.now)

    assert [fault.field for fault in caught.value.faults] == [field]


# ------------------------------------------------------------------------------------------------------------------ the way back


@pytest.mark.parametrize("investor_class", [B, C])
def test_a_professional_goes_back_by_itself_at_once_and_is_told(world, investor_class):
    world.client("pro", C2, investor_class=investor_class)
    report = release(world)  # R3
    assert opened(world, "pro", report).outcome is not Outcome.DENY

    code = world.database.transact(opting_down.give_up, world.caller("pro"), world.now)

    assert on_file(world, "pro").investor_class is ORDINARY
    assert Reason.CATEGORY_BELOW_GRADE in opened(world, "pro", report).reasons, "the live assessment counts again"
    told = world.database.record(notices.inbox, world.caller("pro"), world.now)
    assert told[0].row.code == code
    with pytest.raises(Conflict):
        world.database.transact(opting_down.give_up, world.caller("pro"), world.now)


def test_class_a_cannot_go_back_and_a_written_notice_is_recorded_by_a_colleague(world):
    world.client("bank", None, investor_class=A)
    world.client("pro", C2, investor_class=B)
    act = world.database.transact
    for refusal in (
        lambda: act(opting_down.give_up, world.caller("bank"), world.now),
        lambda: act(opting_down.record_notice, world.caller("clients"), world.investors["bank"], "来函", "来函 1", world.now),
        lambda: act(opting_down.record_notice, world.caller("compliance"), world.investors["pro"], "来函", "来函 1", world.now),
        lambda: act(opting_down.record_notice, world.caller("clients"), world.investors["pro"], "", "来函 1", world.now),
        lambda: act(opting_down.give_up, world.caller("bank", "pro"), world.now),
    ):
        with pytest.raises(GatekeeperError):
            refusal()
    look = world.database.record(opting_down.look, world.caller("bank"), None, world.now)
    assert "class A" in str(look.barred)

    act(opting_down.record_notice, world.caller("clients"), world.investors["pro"], "书面通知", "来函 2", world.now)
    assert on_file(world, "pro").investor_class is ORDINARY


def test_a_proposal_is_stale_once_the_investor_has_gone_back(world):
    world.client("pro", C2, investor_class=C)
    world.clock.forward(timedelta(days=30))
    proposal = check(world, hand_in(world, "pro", individual(world, ART_8_5, 500 * WAN)))
    world.database.transact(opting_down.give_up, world.caller("pro"), world.now)

    with pytest.raises(Conflict):
        approve(world, proposal)


def opened(world, name, report):
    return world.database.record(access.open_report, world.caller(name), report, world.now, ZONE).decision


def test_a_lapsed_status_falls_back_to_a_live_assessment_or_denies(world):
    world.client("assessed", C3, last_day=date(2029, 11, 23))
    world.client("unassessed", None)
    report = release(world)
    for name in ("assessed", "unassessed"):
        approve(world, check(world, hand_in(world, name, individual(world, ART_8_5, 500 * WAN))))
        assert opened(world, name, report).outcome is not Outcome.DENY
    world.clock.moment = valid_before(date(2027, 11, 23), ZONE)

    assert opened(world, "assessed", report).outcome is not Outcome.DENY
    assert Reason.PROFESSIONAL_EXPIRED in opened(world, "assessed", report).warnings
    assert Reason.PROFESSIONAL_EXPIRED in opened(world, "unassessed", report).reasons
