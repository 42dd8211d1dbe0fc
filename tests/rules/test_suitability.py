"""The decision: the match table, one row for each reason, and walks over the input space against plain claims.

First what a compliance officer reads: tables and rows. Then what nobody wants to read row by row: every combination, held
against ``CLAIMS``, which says of each reason when it is given, and against claims that hold whatever the facts are.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, count, cycle, pairwise, product
from math import gcd, prod
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gatekeeper.rules.assessing.cool_off import Rise
from gatekeeper.rules.consent import Acceptance
from gatekeeper.rules.facts import Facts, InvestorFacts, ReleaseState, ReportFacts, Standing
from gatekeeper.rules.policy import Policy, last_day_after, parse, valid_before
from gatekeeper.rules.risk import (
    NOT_STATED,
    Action,
    Audience,
    Initiative,
    InvestorClass,
    InvestorKind,
    Objectives,
    ProfessionalClause,
    RiskCategory,
    RiskGrade,
    Term,
    Variety,
)
from gatekeeper.rules.suitability import UNDISCLOSED, Decision, Eligibility, Outcome, Reason, admits, decide, eligibility
from tests.rules.facts import (
    ANYONE,
    CLIENT,
    CONTRACT_CLIENT,
    LAPSED,
    LIVE,
    NOW,
    POLICY,
    POLICY_TEXT,
    SHANGHAI,
    STATEMENT,
    acceptance,
    asked,
    ordinary,
    printed,
    professional,
    report,
    standing,
    unclassified,
)

C1, C2, C3, C4, C5 = RiskCategory
R1, R2, R3, R4, R5 = RiskGrade
ORDINARY, CLASS_A, CLASS_B, CLASS_C = InvestorClass
PERMIT, ACKNOWLEDGE, DENY = Outcome
PULL, PUSH = Initiative

C3_AND_UP = printed(C3, C4, C5)
PROFESSIONALS_ONLY = printed()
INSTITUTIONS_ONLY = printed(professional=ProfessionalClause.INSTITUTION)
FINANCIAL_INSTITUTIONS_ONLY = printed(professional=ProfessionalClause.FINANCIAL_INSTITUTION)
CLIENTS_ONLY = Audience(clients_only=True)
CONTRACT_CLIENTS_ONLY = Audience(contract_clients_only=True)

# ------------------------------------------------------------------------------------------------------------- the match table

MATCH_TABLE = """
                   R1    R2    R3    R4    R5
    lowest         yes   no    no    no    no
    C1             yes   no    no    no    no
    C2             yes   yes   no    no    no
    C3             yes   yes   yes   no    no
    C4             yes   yes   yes   yes   no
    C5             yes   yes   yes   yes   yes
    professional   yes   yes   yes   yes   yes
"""
WHO = {
    "lowest": ordinary(C1, lowest=True),
    "C1": ordinary(C1),
    "C2": ordinary(C2),
    "C3": ordinary(C3),
    "C4": ordinary(C4),
    "C5": ordinary(C5),
    "professional": professional(),
}


def cells() -> Iterator[tuple[str, str, str]]:
    header, *rows = (line.split() for line in MATCH_TABLE.strip().splitlines())
    for who, *answers in rows:
        for grade, answer in zip(header, answers, strict=True):
            yield who, grade, answer


@pytest.mark.parametrize(("who", "grade", "answer"), list(cells()))
def test_the_match_table_is_the_one_of_the_association(who: str, grade: str, answer: str) -> None:
    decision = decide(asked(WHO[who], report(RiskGrade[grade])), NOW)

    assert decision.outcome is (PERMIT if answer == "yes" else DENY)
    assert (
        decision.reasons
        == {"yes": (), "no": (Reason.LOWEST_CATEGORY if who == "lowest" else Reason.CATEGORY_BELOW_GRADE,)}[answer]
    )


def test_the_match_table_has_thirty_cells_and_the_row_of_professionals() -> None:
    assert len(list(cells())) == 35


@pytest.mark.parametrize("investor_class", [CLASS_A, CLASS_B, CLASS_C])
@pytest.mark.parametrize("kind", InvestorKind)
def test_every_class_and_kind_of_professional_has_the_same_row(investor_class: InvestorClass, kind: InvestorKind) -> None:
    investor = professional(investor_class, kind=kind)

    assert [decide(asked(investor, report(grade)), NOW).outcome for grade in RiskGrade] == [PERMIT] * 5


# ------------------------------------------------------------------------------------------------- one row for each reason


def row(name: str, facts: Facts, reasons: str = "") -> object:
    return pytest.param(facts, tuple(map(Reason, reasons.split())), id=name.replace(" ", "_"))


FOR_CLIENTS = report(audience=CLIENTS_ONLY)
FOR_CONTRACT_CLIENTS = report(audience=CONTRACT_CLIENTS_ONLY)
FOR_PROFESSIONALS = report(audience=PROFESSIONALS_ONLY)
FOR_INSTITUTIONS = report(audience=INSTITUTIONS_ONLY)

DENIED = [
    # The report
    row("unknown report", asked(ordinary(), None), "report_unknown"),
    row("report not released", asked(ordinary(), report(state=ReleaseState.UNRELEASED)), "report_not_released"),
    row("report under embargo", asked(ordinary(), report(state=ReleaseState.SCHEDULED)), "report_embargoed"),
    row("report withdrawn", asked(ordinary(), report(state=ReleaseState.WITHDRAWN)), "report_withdrawn"),
    row("report without a grade", asked(ordinary(), report(None)), "report_ungraded"),
    row("report without a grade for a professional", asked(professional(), report(None)), "report_ungraded"),
    row("report whose notice contradicts itself", asked(ordinary(), report(conflict=True)), "notice_conflict"),
    # The investor's standing
    row("no investor", asked(None, report()), "investor_unknown"),
    row("no investor and no report", asked(None, None), "report_unknown investor_unknown"),
    row("new investor", asked(ordinary(standing=None), report()), "not_a_client profile_incomplete"),
    row("not a client", asked(ordinary(standing=standing(client=False)), report()), "not_a_client"),
    row("closed account", asked(ordinary(standing=standing(closed=True)), report()), "not_a_client"),
    row("suspended", asked(ordinary(standing=standing(suspended=True)), report()), "account_suspended"),
    row("suspended professional", asked(professional(standing=standing(suspended=True)), report()), "account_suspended"),
    row("profile incomplete", asked(ordinary(standing=standing(profile_complete=False)), report()), "profile_incomplete"),
    # The contract, where the notice demands one
    row("no contract", asked(ordinary(), FOR_CONTRACT_CLIENTS), "no_service_contract"),
    row(
        "contract about to begin",
        asked(ordinary(standing=standing(contract_from=LIVE)), FOR_CONTRACT_CLIENTS),
        "no_service_contract",
    ),
    row(
        "contract that ends now",
        asked(ordinary(standing=standing(contract_from=NOW - timedelta(days=9), contract_before=NOW)), FOR_CONTRACT_CLIENTS),
        "no_service_contract",
    ),
    row(
        "contract with an end and no beginning",
        asked(ordinary(standing=standing(contract_before=LIVE)), FOR_CONTRACT_CLIENTS),
        "no_service_contract",
    ),
    row("professional without a contract", asked(professional(), FOR_CONTRACT_CLIENTS), "no_service_contract"),
    row(
        "no contract and no standing",
        asked(ordinary(standing=None), FOR_CONTRACT_CLIENTS),
        "not_a_client no_service_contract profile_incomplete",
    ),
    row("no contract and no assessment", asked(ordinary(None), FOR_CONTRACT_CLIENTS), "no_service_contract not_assessed"),
    # The notice's clauses of class and client
    row("professionals only, for C5", asked(ordinary(C5), report(R1, audience=PROFESSIONALS_ONLY)), "audience_not_eligible"),
    row(
        "professionals only, and too high for C2 as well",
        asked(ordinary(C2), report(R3, audience=PROFESSIONALS_ONLY)),
        "audience_not_eligible category_below_grade",
    ),
    row(
        "professionals only, where a new assessment would not help",
        asked(ordinary(before=LAPSED), FOR_PROFESSIONALS),
        "audience_not_eligible assessment_expired",
    ),
    row(
        "professionals only, for an ungraded report",
        asked(ordinary(), report(None, audience=PROFESSIONALS_ONLY)),
        "report_ungraded audience_not_eligible",
    ),
    row(
        "professionals only, for a lapsed professional assessed C5",
        asked(professional(before=LAPSED, category=C5), FOR_PROFESSIONALS),
        "audience_not_eligible",
    ),
    row(
        "clients only, for a stranger",
        asked(ordinary(standing=standing(client=False)), FOR_CLIENTS),
        "not_a_client audience_not_eligible",
    ),
    row(
        "clients only, for a closed account",
        asked(professional(standing=standing(closed=True)), FOR_CLIENTS),
        "not_a_client audience_not_eligible",
    ),
    row(
        "clients and professionals only, for an ordinary stranger: told once",
        asked(ordinary(standing=standing(client=False)), report(audience=printed(clients_only=True))),
        "not_a_client audience_not_eligible",
    ),
    row(
        "clients only, for an investor without standing",
        asked(professional(standing=None), report(None, audience=CLIENTS_ONLY)),
        "report_ungraded not_a_client profile_incomplete audience_not_eligible",
    ),
    row("institutions only, for a professional person", asked(professional(CLASS_B), FOR_INSTITUTIONS), "audience_not_eligible"),
    row(
        "institutions only, for an ordinary institution",
        asked(ordinary(C5, kind=InvestorKind.INSTITUTION), FOR_INSTITUTIONS),
        "audience_not_eligible",
    ),
    # Class and assessment
    row(
        "lapsed professional without an assessment",
        asked(professional(before=LAPSED), report()),
        "professional_expired not_assessed",
    ),
    row(
        "lapsed professional with a lapsed assessment",
        asked(professional(before=LAPSED, category=C5, category_before=LAPSED), report()),
        "professional_expired assessment_expired",
    ),
    row("never assessed", asked(ordinary(None), report()), "not_assessed"),
    row("no class", asked(unclassified(), report()), "not_assessed"),
    row("no class although a category stands", asked(unclassified(category=C5), report(R1)), "not_assessed"),
    row("assessment lapsed", asked(ordinary(C5, before=LAPSED), report(R1)), "assessment_expired"),
    # The lowest category
    row("lowest for R2", asked(ordinary(C1, lowest=True), report(R2)), "lowest_category"),
    row("lowest although C5 stands", asked(ordinary(C5, lowest=True), report(R2)), "lowest_category"),
    row("lowest professional", asked(professional(lowest=True), report(R2)), "lowest_category"),
    row(
        "lowest and assessment lapsed",
        asked(ordinary(C1, before=LAPSED, lowest=True), report(R5)),
        "assessment_expired lowest_category",
    ),
    row("lowest and no class", asked(unclassified(lowest=True), report(R2)), "not_assessed lowest_category"),
    row(
        "lowest is told even behind the notice's clauses",
        asked(ordinary(C1, lowest=True), report(R3, audience=PROFESSIONALS_ONLY)),
        "audience_not_eligible lowest_category",
    ),
    # The table, then the printed list
    row("C2 for R3", asked(ordinary(C2), report(R3)), "category_below_grade"),
    row("the table admits C2, the notice does not", asked(ordinary(C2), report(R2, audience=C3_AND_UP)), "category_below_grade"),
    row("the notice admits C3, the table does not", asked(ordinary(C3), report(R4, audience=C3_AND_UP)), "category_below_grade"),
    row("the notice names C2 alone", asked(ordinary(C5), report(R1, audience=printed(C2))), "category_below_grade"),
    row(
        "the lowest category counts as C1 for the notice",
        asked(ordinary(C5, lowest=True), report(R1, audience=C3_AND_UP)),
        "category_below_grade",
    ),
    row(
        "a lapsed professional is judged by the category",
        asked(professional(before=LAPSED, category=C2, category_before=LIVE), report(R3)),
        "category_below_grade",
    ),
    # What the firm sends
    row("push to C2 of R3", asked(ordinary(C2), report(), initiative=PUSH), "category_below_grade push_mismatch"),
    row(
        "push to the lowest category",
        asked(professional(lowest=True), report(R2), initiative=PUSH),
        "lowest_category push_mismatch",
    ),
    row(
        "push outside the audience",
        asked(ordinary(C5), report(R1, audience=PROFESSIONALS_ONLY), initiative=PUSH),
        "audience_not_eligible push_mismatch",
    ),
    row("push to the unassessed", asked(ordinary(None), report(R1), initiative=PUSH), "not_assessed push_mismatch"),
    row(
        "push to a lapsed assessment",
        asked(ordinary(before=LAPSED), report(R1), initiative=PUSH),
        "assessment_expired push_mismatch",
    ),
    row(
        "push to a lapsed professional",
        asked(professional(before=LAPSED), report(R1), initiative=PUSH),
        "professional_expired not_assessed push_mismatch",
    ),
    row(
        "push to a suspended account that would match",
        asked(ordinary(standing=standing(suspended=True)), report(), initiative=PUSH),
        "account_suspended",
    ),
    # The system itself
    row("no policy", asked(ordinary(), report(), policy=None), "policy_error"),
    row("no statement", asked(ordinary(), report(), statement_id=None), "policy_error"),
    row(
        "no policy hides nothing that is certain without one",
        asked(
            ordinary(C5, before=LAPSED, lowest=True, standing=standing(suspended=True)),
            report(R2, audience=CONTRACT_CLIENTS_ONLY),
            policy=None,
        ),
        "no_service_contract account_suspended assessment_expired lowest_category policy_error",
    ),
    row("nothing at all is known", asked(None, None, policy=None), "report_unknown investor_unknown policy_error"),
    # Everything at once
    row(
        "everything at once",
        asked(
            professional(
                before=LAPSED,
                category=C1,
                category_before=LAPSED,
                lowest=True,
                standing=standing(client=False, suspended=True, profile_complete=False),
            ),
            report(
                R5, state=ReleaseState.WITHDRAWN, audience=printed(clients_only=True, contract_clients_only=True), conflict=True
            ),
            initiative=PUSH,
            statement_id=None,
        ),
        "report_withdrawn notice_conflict not_a_client no_service_contract account_suspended profile_incomplete "
        "audience_not_eligible professional_expired assessment_expired lowest_category push_mismatch policy_error",
    ),
]


@pytest.mark.parametrize(("facts", "reasons"), DENIED)
def test_it_is_denied_for_these_reasons_in_this_order(facts: Facts, reasons: tuple[Reason, ...]) -> None:
    decision = decide(facts, NOW)

    assert decision.outcome is DENY
    assert decision.reasons == reasons
    assert decision.reason is reasons[0]
    assert decision.obligations == ()


@pytest.mark.parametrize(("facts", "reasons"), DENIED)
def test_what_is_denied_as_a_bookmark_is_denied_as_everything_else_and_no_words_are_asked(
    facts: Facts, reasons: tuple[Reason, ...]
) -> None:
    for action in Action:
        assert decide(replace(facts, action=action), NOW).reasons == reasons


PERMITTED = [
    row("the sample: R3 for C3", asked(ordinary(C3), report(R3, audience=C3_AND_UP))),
    row("the sample: R3 for a professional", asked(professional(), report(R3, audience=C3_AND_UP))),
    row("lowest for R1", asked(ordinary(C1, lowest=True), report(R1))),
    row("lowest professional for R1", asked(professional(lowest=True), report(R1))),
    row("lowest for R1 printed for C1", asked(ordinary(C5, lowest=True), report(R1, audience=printed(C1)))),
    row("professional without a category", asked(professional(), report(R5))),
    row("professional with a lapsed category", asked(professional(category=C1, category_before=LAPSED), report(R5))),
    row("professional whose status has no end", asked(professional(before=None), report(R5))),
    row("category without an end", asked(ordinary(before=None), report(R3))),
    row("no contract where none is demanded", asked(ordinary(), FOR_CLIENTS)),
    row("contract that begins now", asked(ordinary(standing=CONTRACT_CLIENT), FOR_CONTRACT_CLIENTS)),
    row(
        "contract in its last microsecond",
        asked(ordinary(standing=standing(contract_from=NOW, contract_before=LIVE)), FOR_CONTRACT_CLIENTS),
    ),
    row(
        "ordinary under an institution clause without a list",
        asked(ordinary(), report(audience=Audience(professional=ProfessionalClause.INSTITUTION))),
    ),
    row(
        "professional person under a printed list without a professional clause",
        asked(professional(), report(audience=Audience(categories=frozenset({C4, C5})))),
    ),
    row("push that matches", asked(ordinary(), report(), action=Action.RECEIVE, initiative=PUSH)),
    row("received by subscription", asked(ordinary(), report(), action=Action.RECEIVE)),
    row("read after the words", asked(ordinary(), report(), action=Action.READ, acceptance=acceptance())),
    row("used after the words", asked(ordinary(), report(), action=Action.USE, acceptance=acceptance())),
    row(
        "read by a professional after the words",
        asked(professional(CLASS_C), report(), action=Action.READ, acceptance=acceptance("PROFESSIONAL_C")),
    ),
    row(
        "read by the lowest category after the words",
        asked(ordinary(C1, lowest=True), report(R1), action=Action.READ, acceptance=acceptance("ORDINARY:C1:LOWEST")),
    ),
    row(
        "read by a lapsed professional after the words of an ordinary investor",
        asked(
            professional(before=LAPSED, category=C3, category_before=LIVE), report(), action=Action.READ, acceptance=acceptance()
        ),
    ),
]


@pytest.mark.parametrize(("facts", "reasons"), PERMITTED)
def test_it_is_permitted_without_a_reason_and_with_a_watermark(facts: Facts, reasons: tuple[Reason, ...]) -> None:
    decision = decide(facts, NOW)

    assert (decision.outcome, decision.reasons, decision.reason) == (PERMIT, reasons, None)
    assert decision.obligations == ("watermark",)
    assert decision.policy == POLICY.digest


YEAR_OLD = datetime(2025, 7, 13, tzinfo=SHANGHAI)  # 2026-07-13, today in Shanghai, is the last day of these twelve months

WORDS_DUE = [
    row("never accepted", asked(ordinary(), report(), action=Action.READ), "acknowledgement_required"),
    row("never accepted, to use", asked(ordinary(), report(), action=Action.USE), "acknowledgement_required"),
    row("never accepted, professional", asked(professional(), report(), action=Action.READ), "acknowledgement_required"),
    row(
        "another statement",
        asked(ordinary(), report(), action=Action.READ, acceptance=acceptance(statement_id=STATEMENT - 1)),
        "acknowledgement_outdated",
    ),
    row(
        "another category",
        asked(ordinary(C4), report(), action=Action.READ, acceptance=acceptance("ORDINARY:C3")),
        "acknowledgement_outdated",
    ),
    row(
        "another class",
        asked(professional(CLASS_B), report(), action=Action.READ, acceptance=acceptance("PROFESSIONAL_C")),
        "acknowledgement_outdated",
    ),
    row(
        "accepted before the lowest flag",
        asked(ordinary(C1, lowest=True), report(R1), action=Action.READ, acceptance=acceptance("ORDINARY:C1")),
        "acknowledgement_outdated",
    ),
    row(
        "accepted a day too long ago",
        asked(ordinary(), report(), action=Action.READ, acceptance=acceptance(accepted_at=YEAR_OLD - timedelta(seconds=1))),
        "acknowledgement_outdated",
    ),
]


@pytest.mark.parametrize(("facts", "reasons"), WORDS_DUE)
def test_the_words_are_asked_before_reading_and_using(facts: Facts, reasons: tuple[Reason, ...]) -> None:
    decision = decide(facts, NOW)

    assert (decision.outcome, decision.reasons) == (ACKNOWLEDGE, reasons)
    assert decision.obligations == ("accept_statement",)
    assert decision.policy == POLICY.digest


@pytest.mark.parametrize(("facts", "reasons"), WORDS_DUE)
@pytest.mark.parametrize("action", [Action.BOOKMARK, Action.RECEIVE])
def test_a_bookmark_and_a_link_are_decided_without_the_words(facts: Facts, reasons: tuple[Reason, ...], action: Action) -> None:
    assert reasons
    assert decide(replace(facts, action=action), NOW).outcome is PERMIT


def test_a_policy_may_ask_for_the_words_before_more_actions() -> None:
    strict = replace(POLICY, acknowledged_actions=frozenset(Action))

    assert {decide(asked(ordinary(), report(), action=action, policy=strict), NOW).outcome for action in Action} == {ACKNOWLEDGE}


@pytest.mark.parametrize(
    ("name", "permitted"),
    [
        ("INDIVIDUAL", "ANY"),
        ("PRODUCT", "ANY INSTITUTION"),
        ("INSTITUTION", "ANY INSTITUTION"),
        ("FINANCIAL_INSTITUTION", "ANY INSTITUTION FINANCIAL_INSTITUTION"),
    ],
)
def test_the_clauses_for_institutions_read_the_kind_of_investor(name: str, permitted: str) -> None:
    investor = professional(kind=InvestorKind[name])

    outcomes = {
        clause.name: decide(asked(investor, report(audience=printed(professional=clause))), NOW).outcome
        for clause in ProfessionalClause
    }

    assert {clause for clause, outcome in outcomes.items() if outcome is PERMIT} == set(permitted.split())


def test_a_lapsed_professional_with_a_live_assessment_is_decided_as_ordinary_with_a_warning() -> None:
    lapsed = professional(CLASS_B, before=LAPSED, category=C3, category_before=LIVE, kind=InvestorKind.INSTITUTION)

    decisions = [decide(asked(lapsed, report(grade)), NOW) for grade in RiskGrade]

    assert [decision.outcome for decision in decisions] == [PERMIT, PERMIT, PERMIT, DENY, DENY]
    assert {decision.warnings for decision in decisions} == {(Reason.PROFESSIONAL_EXPIRED,)}
    assert decide(asked(replace(lapsed, class_before=LIVE), report(R5)), NOW).warnings == ()


def test_what_a_client_must_not_tell_apart() -> None:
    assert {Reason.REPORT_UNKNOWN, Reason.REPORT_NOT_RELEASED, Reason.REPORT_EMBARGOED} == UNDISCLOSED


@pytest.mark.parametrize("state", [ReleaseState.UNRELEASED, ReleaseState.SCHEDULED, None])
def test_an_undisclosed_report_is_told_first_whoever_asks(state: ReleaseState | None) -> None:
    subject = report(None, state=state, conflict=True) if state else None
    for investor in [None, ordinary(standing=None), ordinary(None), ordinary(lowest=True), professional(before=LAPSED)]:
        decision = decide(asked(investor, subject, initiative=PUSH), NOW)

        assert decision.reason in UNDISCLOSED


def test_a_state_of_a_report_that_nobody_knows_is_not_released() -> None:
    unheard_of: Any = "ON_ITS_WAY"

    assert decide(asked(ordinary(), report(state=unheard_of)), NOW).reasons == (Reason.REPORT_NOT_RELEASED,)


@pytest.mark.parametrize("initiative", list(Initiative))
def test_an_act_that_nobody_knows_is_denied_also_after_one_that_is_permitted(initiative: Initiative) -> None:
    permitted = asked(ordinary(), report(), action=Action.BOOKMARK, initiative=initiative)

    assert decide(permitted, NOW).outcome is PERMIT
    assert decide(replace(permitted, action=None), NOW).reasons == (Reason.POLICY_ERROR,)
    assert decide(permitted, NOW).outcome is PERMIT


def test_the_digest_of_the_policy_stands_in_every_decision_that_had_one() -> None:
    assert decide(asked(ordinary(), report(R5)), NOW).policy == POLICY.digest
    assert decide(asked(ordinary(), report(R5), policy=None), NOW).policy is None


def test_the_same_instant_told_in_another_zone_is_the_same_decision() -> None:
    facts = asked(ordinary(), report(), action=Action.READ, acceptance=acceptance(accepted_at=YEAR_OLD))

    assert (
        decide(facts, NOW)
        == decide(facts, NOW.astimezone(SHANGHAI))
        == decide(facts, NOW.astimezone(ZoneInfo("America/New_York")))
    )


# ----------------------------------------------------------------------------------------- to the last second, in Shanghai

PERIODS = [
    # begun          months  valid to
    ("2024-07-13", 24, "2026-07-13"),  # the same day number, inclusive
    ("2024-02-29", 24, "2026-02-28"),  # a leap day is clamped
    ("2022-02-28", 24, "2024-02-28"),  # and not stretched to the next one
    ("2024-02-29", 12, "2025-02-28"),
    ("2023-08-31", 6, "2024-02-29"),  # clamped onto a leap day
    ("2025-01-31", 1, "2025-02-28"),
    ("2025-03-31", 1, "2025-04-30"),
    ("2025-10-31", 24, "2027-10-31"),
    ("2025-12-31", 2, "2026-02-28"),
    ("2025-11-30", 1, "2025-12-30"),
    ("2025-12-15", 1, "2026-01-15"),  # over the year's end
]


@pytest.mark.parametrize(("begun", "months", "last_day"), PERIODS)
def test_the_last_second_is_valid_and_the_next_is_not(begun: str, months: int, last_day: str) -> None:
    before = valid_before(last_day_after(datetime.fromisoformat(begun).date(), months), SHANGHAI)
    last_second = datetime.fromisoformat(f"{last_day}T23:59:59+08:00")
    next_second = last_second + timedelta(seconds=1)
    expired = {
        Reason.ASSESSMENT_EXPIRED: asked(ordinary(before=before), report()),
        Reason.PROFESSIONAL_EXPIRED: asked(professional(before=before), report()),
        Reason.NO_SERVICE_CONTRACT: asked(
            ordinary(before=None, standing=standing(contract_from=datetime(2020, 1, 1, tzinfo=UTC), contract_before=before)),
            FOR_CONTRACT_CLIENTS,
        ),
    }

    for reason, facts in expired.items():
        assert decide(facts, last_second).outcome is PERMIT
        assert decide(facts, next_second - timedelta(microseconds=1)).outcome is PERMIT
        assert decide(facts, next_second).reason is reason


@pytest.mark.parametrize(
    ("accepted", "last_second"),
    [
        ("2025-07-13T00:00:00+08:00", "2026-07-13T23:59:59+08:00"),
        ("2025-07-13T23:59:59+08:00", "2026-07-13T23:59:59+08:00"),
        ("2025-07-13T16:00:00+00:00", "2026-07-14T23:59:59+08:00"),  # already the 14th in Shanghai
        ("2024-02-29T12:00:00+08:00", "2025-02-28T23:59:59+08:00"),
    ],
)
def test_an_acceptance_serves_to_the_last_second_of_its_twelve_months(accepted: str, last_second: str) -> None:
    given = acceptance(accepted_at=datetime.fromisoformat(accepted))
    facts = asked(ordinary(before=None), report(), action=Action.READ, acceptance=given)
    last = datetime.fromisoformat(last_second)

    assert decide(facts, last).outcome is PERMIT
    assert decide(facts, last + timedelta(seconds=1)).reasons == (Reason.ACKNOWLEDGEMENT_OUTDATED,)


# ---------------------------------------------------------------------- every combination, held against plain claims: values


@dataclass(frozen=True, slots=True)
class Who:
    """An investor's file as a person would sum it up, made beside the product's reading of it and not from it."""

    known: bool = False
    client: bool = True
    contract: bool = True
    suspended: bool = False
    complete: bool = True
    decided_as: str = "nobody"  # "professional", "ordinary", "nobody"
    class_known: bool = True
    ordinary_class: bool = False
    professional_lapsed: bool = False
    category_known: bool = True
    category_live: bool = True
    level: int = 0
    lowest: bool = False
    clauses: frozenset[str] = frozenset()
    profile: str = ""
    objectives: Objectives = NOT_STATED
    rose_by: int = 0
    rose_to: frozenset[int] = field(default_factory=frozenset)


CLAUSES = {
    "INDIVIDUAL": frozenset({"ANY"}),
    "PRODUCT": frozenset({"ANY", "INSTITUTION"}),
    "INSTITUTION": frozenset({"ANY", "INSTITUTION"}),
    "FINANCIAL_INSTITUTION": frozenset({"ANY", "INSTITUTION", "FINANCIAL_INSTITUTION"}),
}


def who(investor: InvestorFacts | None) -> Who:
    if investor is None:
        return Who()
    on_file = investor.standing or standing(client=False, profile_complete=False)
    is_professional = investor.investor_class not in {None, ORDINARY}
    class_live = investor.class_before in {None, LIVE}
    category_live = investor.category is not None and investor.category_before in {None, LIVE}
    as_professional = is_professional and class_live
    as_ordinary = not as_professional and investor.investor_class is not None and category_live
    level = 1 if investor.lowest else int(investor.category or 0)
    name = f"ORDINARY:C{level}" if as_ordinary else str(investor.investor_class)
    return Who(
        known=True,
        client=on_file.client and not on_file.closed,
        contract=on_file.contract_from == NOW and on_file.contract_before in {None, LIVE},
        suspended=on_file.suspended,
        complete=on_file.profile_complete,
        decided_as="professional" if as_professional else "ordinary" if as_ordinary else "nobody",
        class_known=investor.investor_class is not None,
        ordinary_class=investor.investor_class is ORDINARY,
        professional_lapsed=is_professional and not class_live,
        category_known=investor.category is not None,
        category_live=category_live,
        level=level,
        lowest=investor.lowest,
        clauses=CLAUSES[investor.kind.value],
        profile=f"{name}:LOWEST" if investor.lowest else name,
        objectives=investor.objectives,
        **rose(investor, level, as_ordinary=as_ordinary),
    )


def rose(investor: InvestorFacts, level: int, *, as_ordinary: bool) -> dict[str, Any]:
    """By how much an ordinary investor rose in the last 24 hours, and the grades that it reached by it."""
    rise = investor.rise
    if rise is None or not as_ordinary or investor.lowest or rise.at <= NOW - timedelta(hours=24):
        return {}
    before = 0 if rise.was is None else int(rise.was)
    return {"rose_by": level - before, "rose_to": frozenset(range(max(before, 1) + 1, level + 1))}


def outside_the_clauses(who: Who, audience: Audience) -> bool:
    if audience.clients_only and not who.client:
        return True
    if who.decided_as == "professional":
        return audience.professional is not None and audience.professional.value not in who.clauses
    return (
        (who.decided_as == "ordinary" or who.ordinary_class) and audience.categories is not None and len(audience.categories) == 0
    )


def below(who: Who, grade: int, audience: Audience) -> bool:
    """The default table says: an ordinary investor of level n gets what is graded n or less."""
    if who.decided_as != "ordinary":
        return False
    return grade > who.level or bool(audience.categories and who.level not in {int(category) for category in audience.categories})


CLAIMS: dict[Reason, Callable[[Who, ReportFacts | None], bool]] = {
    Reason.REPORT_UNKNOWN: lambda _, r: r is None,
    Reason.REPORT_NOT_RELEASED: lambda _, r: r is not None and r.state == "UNRELEASED",
    Reason.REPORT_EMBARGOED: lambda _, r: r is not None and r.state == "SCHEDULED",
    Reason.REPORT_WITHDRAWN: lambda _, r: r is not None and r.state == "WITHDRAWN",
    Reason.REPORT_UNGRADED: lambda _, r: r is not None and r.grade is None,
    Reason.NOTICE_CONFLICT: lambda _, r: r is not None and r.conflict,
    Reason.INVESTOR_UNKNOWN: lambda w, _: not w.known,
    Reason.NOT_A_CLIENT: lambda w, _: not w.client,
    Reason.NO_SERVICE_CONTRACT: lambda w, r: r is not None and r.audience.contract_clients_only and not w.contract,
    Reason.ACCOUNT_SUSPENDED: lambda w, _: w.suspended,
    Reason.PROFILE_INCOMPLETE: lambda w, _: not w.complete,
    Reason.AUDIENCE_NOT_ELIGIBLE: lambda w, r: w.known and r is not None and outside_the_clauses(w, r.audience),
    Reason.PROFESSIONAL_EXPIRED: lambda w, _: w.professional_lapsed and not w.category_live,
    Reason.NOT_ASSESSED: lambda w, _: w.known and w.decided_as == "nobody" and not (w.class_known and w.category_known),
    Reason.ASSESSMENT_EXPIRED: lambda w, _: w.known and w.decided_as == "nobody" and w.class_known and w.category_known,
    Reason.LOWEST_CATEGORY: lambda w, r: w.lowest and r is not None and r.grade is not None and r.grade > 1,
    Reason.CATEGORY_BELOW_GRADE: lambda w, r: (
        r is not None and r.grade is not None and below(w, r.grade, r.audience) and not (w.lowest and r.grade > 1)
    ),
    Reason.COOLING_OFF: lambda w, r: r is not None and r.grade is not None and w.rose_by >= 2 and int(r.grade) in w.rose_to,
    Reason.TERM_MISMATCH: lambda w, r: r is not None and w.decided_as == "ordinary" and looks_too_far(w, r.about),
    Reason.VARIETY_MISMATCH: lambda w, r: r is not None and w.decided_as == "ordinary" and is_about_others(w, r.about),
}
"""When each reason is given: exactly when its claim holds of the investor and the report, whatever else is so."""

AHEAD = {None: 0, "SHORT": 1, "MEDIUM": 2, "LONG": 3}


def looks_too_far(who: Who, about: Objectives) -> bool:
    return AHEAD[about.term] > AHEAD[who.objectives.term]


def is_about_others(who: Who, about: Objectives) -> bool:
    return any(each not in (who.objectives.varieties or ()) for each in about.varieties or ())


MISMATCHES = set(list(Reason)[list(Reason).index(Reason.AUDIENCE_NOT_ELIGIBLE) : list(Reason).index(Reason.PUSH_MISMATCH)]) - {
    Reason.COOLING_OFF
}
OBJECTIVES = {Reason.TERM_MISMATCH, Reason.VARIETY_MISMATCH}


def claimed(facts: Facts, who: Who, *, accepted: bool) -> tuple[Outcome, tuple[Reason, ...], tuple[Reason, ...]]:
    """The whole answer as the claims have it, under the shipped policy or the one with a waiting time."""
    found = [reason for reason, holds in CLAIMS.items() if holds(who, facts.report)]
    reasons = [each for each in found if facts.initiative is PUSH or each not in OBJECTIVES]
    if facts.policy is POLICY and Reason.COOLING_OFF in reasons:
        reasons.remove(Reason.COOLING_OFF)
    lapsed = [Reason.PROFESSIONAL_EXPIRED] * (who.professional_lapsed and who.decided_as == "ordinary")
    warnings = (*lapsed, *(each for each in found if facts.initiative is PULL and each in OBJECTIVES))
    outcome, told = answered(facts, reasons, accepted=accepted)
    return outcome, told, warnings


def answered(facts: Facts, reasons: list[Reason], *, accepted: bool) -> tuple[Outcome, tuple[Reason, ...]]:
    if facts.initiative is PUSH and not MISMATCHES.isdisjoint(reasons):
        reasons.append(Reason.PUSH_MISMATCH)
    if facts.statement_id is None:
        reasons.append(Reason.POLICY_ERROR)
    if reasons:
        return DENY, tuple(reasons)
    if facts.action in {"BOOKMARK", "RECEIVE"} or accepted:
        return PERMIT, ()
    return ACKNOWLEDGE, (Reason.ACKNOWLEDGEMENT_OUTDATED if facts.acceptance else Reason.ACKNOWLEDGEMENT_REQUIRED,)


# How an investor may stand: every flag, and a contract that is missing, live, over, or yet to begin.
CONTRACTS = [(None, None), (NOW, None), (NOW, LIVE), (NOW - timedelta(days=1), LAPSED), (LIVE, None), (None, LIVE)]
FLAGS = [
    dict(zip(("client", "profile_complete", "suspended", "closed"), flags, strict=True))
    for flags in product([True, False], repeat=4)
]
STANDINGS = [
    None,
    *(Standing(**flags, contract_from=begun, contract_before=before) for flags, (begun, before) in product(FLAGS, CONTRACTS)),
]

# What an investor may be: every class and every category, live to the last microsecond, lapsed this instant, or without an end.
CLASSES: list[tuple[InvestorClass | None, datetime | None]] = [
    (None, None),
    (ORDINARY, None),
    (ORDINARY, LAPSED),  # an ordinary class has no end to speak of
    *product([CLASS_A, CLASS_B, CLASS_C], [LIVE, LAPSED]),
    (CLASS_A, None),
]
CATEGORIES = [(None, None), *product(RiskCategory, [LIVE, LAPSED]), (C3, None)]
LOWEST = [False, True]

RISES = [
    None,
    Rise(None, NOW),
    Rise(C1, NOW - timedelta(hours=24) + timedelta(microseconds=1)),
    Rise(C1, NOW - timedelta(hours=24)),
    Rise(C2, NOW - timedelta(hours=1)),
    Rise(C4, NOW),
]
WISHES = [
    NOT_STATED,
    Objectives(Term.SHORT, frozenset({Variety.EQUITY})),
    Objectives(Term.MEDIUM, frozenset()),
    Objectives(Term.LONG, frozenset({Variety.EQUITY, Variety.FIXED_INCOME})),
]
WAITING = parse(POLICY_TEXT + "\n[cool_off]\nhours = 24\ncategories = 2\n")
POLICIES = [POLICY, WAITING]

# What a report may be.
SUBJECTS = [
    NOT_STATED,
    Objectives(Term.SHORT, None),
    Objectives(None, frozenset({Variety.EQUITY})),
    Objectives(Term.MEDIUM, frozenset({Variety.FIXED_INCOME, Variety.EQUITY})),
    Objectives(Term.LONG, frozenset({Variety.DERIVATIVE})),
]
AUDIENCES = [
    ANYONE,
    C3_AND_UP,
    printed(*RiskCategory),
    printed(C1),
    printed(C2, C4),
    PROFESSIONALS_ONLY,
    INSTITUTIONS_ONLY,
    FINANCIAL_INSTITUTIONS_ONLY,
    Audience(ProfessionalClause.INSTITUTION, None),
    Audience(None, frozenset()),
    printed(clients_only=True),
    printed(C3, C4, C5, clients_only=True, contract_clients_only=True),
]
GRADES = [None, *RiskGrade]
STATES = list(product(ReleaseState, [False, True]))

# How it may be asked.
OLD = YEAR_OLD - timedelta(microseconds=1)
ACCEPTANCES: list[Callable[[str], Acceptance | None]] = [
    lambda _: None,
    lambda profile: acceptance(profile, accepted_at=NOW),
    lambda profile: acceptance(profile, accepted_at=YEAR_OLD),
    lambda profile: acceptance(profile, accepted_at=OLD),
    lambda profile: acceptance(profile, accepted_at=LIVE),  # in the future
    lambda profile: acceptance(profile, statement_id=STATEMENT + 1),
    lambda profile: acceptance(f"{profile}:LOWEST"),
]
GOOD_ACCEPTANCES = {1, 2}
ACTS = list(product(Action, Initiative))


def every_investor(classes: list[tuple[InvestorClass | None, datetime | None]]) -> Iterator[InvestorFacts]:
    wishes, rises = cycle(WISHES), cycle(RISES)
    next(rises)  # so that in the end every wish has met every rise
    for on_file, kind, of_class, of_category, lowest in product(
        [CLIENT, CONTRACT_CLIENT], InvestorKind, classes, CATEGORIES, LOWEST
    ):
        yield InvestorFacts(kind, on_file, *of_class, *of_category, lowest, next(wishes), next(rises))


SOME_INVESTORS = [
    ordinary(C1, lowest=True),
    ordinary(C3),
    ordinary(C5, before=LAPSED),
    professional(CLASS_B, kind=InvestorKind.INSTITUTION),
    professional(CLASS_C, before=LAPSED, category=C3, category_before=LIVE),
    professional(CLASS_A, before=LAPSED),
    unclassified(),
]
SOME_AUDIENCES = [ANYONE, *AUDIENCES[-2:]]
SOME_REPORTS = [None] + [
    ReportFacts(state, grade, audience, conflict, about)
    for ((state, conflict), grade, audience), about in zip(
        product(STATES, [None, R1, R3], SOME_AUDIENCES), cycle(SUBJECTS), strict=False
    )
]

# ----------------------------------------------------------------------- every combination, held against plain claims: walks


def hold(facts: Facts, who: Who, *, accepted: bool) -> Decision:
    """Hold one decision against what the claims have, and against what must be so of every permit."""
    decision = decide(facts, NOW)
    assert (decision.outcome, decision.reasons, decision.warnings) == claimed(facts, who, accepted=accepted), facts
    if decision.outcome is not DENY:
        investor, subject = facts.investor, facts.report
        assert investor is not None, facts
        assert investor.standing is not None, facts
        assert investor.investor_class is not None, facts
        assert investor.category is not None or investor.investor_class.is_professional, facts
        assert subject is not None, facts
        assert subject.grade is not None, facts
        assert subject.grade is R1 or not investor.lowest, facts
        assert subject.state is ReleaseState.RELEASED, facts
        assert facts.policy is not None, facts
        assert facts.statement_id is not None, facts
    return decision


def test_every_investor_against_every_report() -> None:
    """Every kind, class, category and lowest flag, with and without a contract; every grade and audience; pulled and pushed."""
    subjects = cycle(SUBJECTS)
    reports = [report(grade, audience=audience, about=next(subjects)) for grade, audience in product(GRADES, AUDIENCES)]
    ways = cycle(product(Action, range(len(ACCEPTANCES)), POLICIES))
    seen = set()
    for investor in every_investor(CLASSES):
        file = who(investor)
        given = [accept(file.profile) for accept in ACCEPTANCES]
        next(ways)  # so that in the end every report has been asked for in every way
        for subject, initiative in product(reports, Initiative):
            action, number, policy = next(ways)
            facts = Facts(investor, subject, policy, SHANGHAI, STATEMENT, given[number], action, initiative)
            seen.add(hold(facts, file, accepted=number in GOOD_ACCEPTANCES))

    check_what_holds_of_every_decision(seen)


def test_every_standing_against_every_state_of_a_report() -> None:
    """Every flag and contract of some investors, against every state of some reports."""
    ways = cycle(product(ACTS, range(len(ACCEPTANCES))))
    seen = set()
    for standing_on_file, template in product(STANDINGS, SOME_INVESTORS):
        investor = replace(template, standing=standing_on_file)
        file = who(investor)
        given = [accept(file.profile) for accept in ACCEPTANCES]
        for subject in SOME_REPORTS:
            (action, initiative), number = next(ways)
            facts = Facts(investor, subject, POLICY, SHANGHAI, STATEMENT, given[number], action, initiative)
            seen.add(hold(facts, file, accepted=number in GOOD_ACCEPTANCES))

    check_what_holds_of_every_decision(seen)


def test_every_way_of_asking() -> None:
    """Every action, initiative and acceptance, with and without a statement, for some investors and nobody, of some reports."""
    seen = set()
    for investor, statement in product([*SOME_INVESTORS, None], [STATEMENT, None]):
        file = who(investor)
        for (action, initiative), (number, accept) in product(ACTS, enumerate(ACCEPTANCES)):
            given = accept(file.profile)
            for subject in SOME_REPORTS:
                facts = Facts(investor, subject, POLICY, SHANGHAI, statement, given, action, initiative)
                seen.add(hold(facts, file, accepted=number in GOOD_ACCEPTANCES))

    check_what_holds_of_every_decision(seen)


def everything(visits: int) -> Iterator[tuple[Facts, Who, bool]]:
    """Points of the product of all sides (some 10^11), spread evenly: steps of the golden section, sharing no factor with it."""
    sides: list[list[Any]] = [
        STANDINGS,
        [*InvestorKind],
        CLASSES,
        CATEGORIES,
        LOWEST,
        GRADES,
        STATES,
        AUDIENCES,
        ACTS,
        [*enumerate(ACCEPTANCES)],
        WISHES,
        RISES,
        SUBJECTS,
        POLICIES,
    ]
    size = prod(len(side) for side in sides)
    step = next(step for step in count(round(size * 0.6180339887)) if gcd(step, size) == 1)
    for visit in range(visits):
        rest, point = visit * step % size, []
        for side in sides:
            rest, place = divmod(rest, len(side))
            point.append(side[place])
        on_file, kind, of_class, of_category, lowest, grade, (state, conflict), audience, act, (number, accept), *rest_of = point
        wish, rise, about, policy = rest_of
        (investor_class, class_before), (category, category_before) = of_class, of_category
        investor = InvestorFacts(kind, on_file, investor_class, class_before, category, category_before, lowest, wish, rise)
        file = who(investor)
        report = ReportFacts(state, grade, audience, conflict, about)
        facts = Facts(investor, report, policy, SHANGHAI, STATEMENT, accept(file.profile), *act)
        yield facts, file, number in GOOD_ACCEPTANCES


def test_a_stride_through_everything_times_everything() -> None:
    seen = {hold(facts, file, accepted=accepted) for facts, file, accepted in everything(50_000)}

    check_what_holds_of_every_decision(seen)


def test_the_same_facts_give_an_equal_decision() -> None:
    for facts, _, _ in everything(3_000):
        assert decide(deepcopy(facts), NOW) == decide(facts, NOW), facts


def check_what_holds_of_every_decision(decisions: set[Decision]) -> None:
    order = list(Reason)
    words = {Reason.ACKNOWLEDGEMENT_REQUIRED, Reason.ACKNOWLEDGEMENT_OUTDATED}
    assert len(decisions) > 20
    for decision in decisions:
        positions = [order.index(reason) for reason in decision.reasons]
        assert all(earlier < later for earlier, later in pairwise(positions)), decision
        assert (decision.outcome is PERMIT) == (not decision.reasons), decision
        assert (decision.outcome is ACKNOWLEDGE) == (not words.isdisjoint(decision.reasons)), decision
        assert decision.outcome is not ACKNOWLEDGE or len(decision.reasons) == 1, decision
        assert (decision.outcome is DENY) == bool(set(decision.reasons) - words), decision
        assert set(decision.warnings) <= {Reason.PROFESSIONAL_EXPIRED, *OBJECTIVES}, decision
        assert list(decision.warnings) == sorted(decision.warnings, key=order.index), decision
        assert set(decision.warnings).isdisjoint(decision.reasons), decision


def test_every_reason_has_its_claim_in_order() -> None:
    told_later = [Reason.PUSH_MISMATCH, Reason.ACKNOWLEDGEMENT_REQUIRED, Reason.ACKNOWLEDGEMENT_OUTDATED, Reason.POLICY_ERROR]

    assert [*CLAIMS, *told_later] == list(Reason)


# ------------------------------------------------------------------------------------------- claims that compare two decisions

FOUR_CLASSES: list[tuple[InvestorClass | None, datetime | None]] = [
    (None, None),
    (ORDINARY, None),
    (CLASS_A, LIVE),
    (CLASS_A, LAPSED),
]
"""The three professional classes are decided alike, as the walks above have shown."""

STRICT = parse(POLICY_TEXT.replace('pull = "warn"', 'pull = "deny"') + "\n[cool_off]\nhours = 24\ncategories = 1\n")
"""Term and variety deny whoever asks, and every rise waits."""

GENEROUS = replace(POLICY, match=dict.fromkeys(POLICY.match, frozenset(RiskGrade)))
"""More than any text can say: everything for everybody, the lowest category too."""


def allowed(investor: InvestorFacts, subject: ReportFacts, policy: Policy | None = POLICY) -> bool:
    return decide(asked(investor, subject, policy=policy), NOW).outcome is PERMIT


def test_no_policy_lifts_the_floor_of_the_lowest_category() -> None:
    for investor in every_investor(FOUR_CLASSES):
        for grade, audience in product(RiskGrade, AUDIENCES) if investor.lowest else ():
            assert not (allowed(investor, report(grade, audience=audience), GENEROUS) and grade is not R1), (investor, grade)


@pytest.mark.parametrize("investor", [ordinary(C5, lowest=True), professional(lowest=True)], ids=["ordinary", "professional"])
def test_a_list_for_the_lowest_category_is_made_from_the_floor_alone(investor: InvestorFacts) -> None:
    for policy in [POLICY, GENEROUS]:
        admitted = eligibility(investor, policy, NOW).admission

        assert admitted is not None
        assert admitted.grades == {R1}


@pytest.mark.parametrize("investor", [ordinary(C1, lowest=True), professional(lowest=True)], ids=["ordinary", "professional"])
def test_a_policy_may_give_the_lowest_category_nothing(investor: InvestorFacts) -> None:
    stricter = replace(POLICY, match={**POLICY.match, "LOWEST": frozenset()})

    assert decide(asked(investor, report(R1), policy=stricter), NOW).reasons == (Reason.CATEGORY_BELOW_GRADE,)


def test_a_higher_category_never_loses_what_a_lower_one_has() -> None:
    upwards = [
        audience
        for audience in AUDIENCES
        if audience.categories in {None, frozenset(), C3_AND_UP.categories, frozenset(RiskCategory)}
    ]
    templates = [
        ordinary(kind=kind, standing=on_file, lowest=lowest)
        for kind, on_file, lowest in product(InvestorKind, [CLIENT, CONTRACT_CLIENT], LOWEST)
    ]
    templates += [replace(template, investor_class=CLASS_B, class_before=LAPSED) for template in templates]
    assert len(upwards) == len(AUDIENCES) - 2

    for template, grade, audience in product(templates, RiskGrade, upwards):
        answers = [allowed(replace(template, category=category), report(grade, audience=audience)) for category in RiskCategory]

        assert answers == sorted(answers), (template, grade, audience)


def test_the_printed_notice_and_the_table_are_intersected() -> None:
    for investor in every_investor(FOUR_CLASSES):
        for grade in RiskGrade:
            by_table = allowed(investor, report(grade))
            for audience in AUDIENCES:
                by_notice = allowed(investor, report(grade, audience=audience), GENEROUS)

                assert allowed(investor, report(grade, audience=audience)) == (by_table and by_notice), (
                    investor,
                    grade,
                    audience,
                )


def test_without_a_policy_nothing_is_permitted_and_what_needs_none_is_still_told() -> None:
    needs_the_policy = {Reason.AUDIENCE_NOT_ELIGIBLE, Reason.CATEGORY_BELOW_GRADE, Reason.PUSH_MISMATCH, *OBJECTIVES}
    for investor, subject, (action, initiative) in product([*SOME_INVESTORS, None], SOME_REPORTS, ACTS):
        facts = asked(investor, subject, action=action, initiative=initiative, statement_id=None)

        under_a_policy, under_none = decide(facts, NOW), decide(replace(facts, policy=None), NOW)

        assert under_none.outcome is DENY
        assert under_none.reasons[-1] is Reason.POLICY_ERROR
        assert set(under_none.reasons) <= set(under_a_policy.reasons)
        assert set(under_a_policy.reasons) - set(under_none.reasons) <= needs_the_policy


def test_eligibility_and_admits_agree_with_the_decision() -> None:
    """What a list is made from says of every released report what the decision says of it."""
    subjects = cycle(SUBJECTS)
    reports = [report(grade, audience=audience, about=next(subjects)) for grade, audience in product(RiskGrade, AUDIENCES)]
    some_standings = [
        None,
        *(Standing(**flags, contract_from=begun, contract_before=None) for flags, begun in product(FLAGS, [None, NOW])),
    ]
    every_standing = (replace(investor, standing=on_file) for investor in SOME_INVESTORS for on_file in some_standings)
    for investor in chain(every_investor(FOUR_CLASSES), every_standing):
        for policy in (POLICY, STRICT):
            eligible = eligibility(investor, policy, NOW)
            admitted = eligible.open_admission
            for subject in reports:
                assert subject.grade is not None
                listed = admitted is not None and not admits(admitted, subject.grade, subject.audience, subject.about)

                assert listed == allowed(investor, subject, policy), (investor, subject)
        if eligible.reasons:
            assert decide(asked(investor, report(R1)), NOW).reasons == eligible.reasons


@pytest.mark.parametrize(
    "investor",
    [ordinary(standing=standing(suspended=True)), ordinary(before=LAPSED), unclassified(), ordinary(standing=None)],
    ids=["suspended", "assessment_lapsed", "no_class", "no_standing"],
)
def test_no_list_is_made_for_whom_everything_is_denied(investor: InvestorFacts) -> None:
    assert eligibility(investor, POLICY, NOW).open_admission is None


def test_without_a_policy_nobody_is_admitted() -> None:
    assert eligibility(ordinary(), None, NOW) == Eligibility(None, (), ())
