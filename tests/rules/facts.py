"""Literal facts for the tests of the rules: plain functions with keyword overrides, one fixed instant, the shipped policy."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import gatekeeper
from gatekeeper.rules.assessing.cool_off import Rise
from gatekeeper.rules.consent import Acceptance
from gatekeeper.rules.facts import Facts, InvestorFacts, ReleaseState, ReportFacts, Standing
from gatekeeper.rules.policy import Policy, parse
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
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 7, 13, 2, 0, tzinfo=UTC)  # Monday, ten in the morning in Shanghai
LIVE = NOW + timedelta(microseconds=1)  # what lapses then is valid for the last time now
LAPSED = NOW  # what lapses now is valid no more

POLICY_TEXT = (Path(gatekeeper.__file__).parent / "policies" / "suitability.toml").read_text(encoding="utf-8")
POLICY = parse(POLICY_TEXT)
STATEMENT = 7

ANYONE = Audience()


def standing(
    *,
    client: bool = True,
    profile_complete: bool = True,
    suspended: bool = False,
    closed: bool = False,
    contract_from: datetime | None = None,
    contract_before: datetime | None = None,
) -> Standing:
    return Standing(client, profile_complete, suspended, closed, contract_from, contract_before)


CLIENT = standing()
CONTRACT_CLIENT = standing(contract_from=NOW)


def ordinary(
    category: RiskCategory | None = RiskCategory.C3,
    *,
    before: datetime | None = LIVE,
    lowest: bool = False,
    kind: InvestorKind = InvestorKind.INDIVIDUAL,
    standing: Standing | None = CLIENT,
    objectives: Objectives = NOT_STATED,
    rise: Rise | None = None,
) -> InvestorFacts:
    return InvestorFacts(kind, standing, InvestorClass.ORDINARY, None, category, before, lowest, objectives, rise)


def professional(
    investor_class: InvestorClass = InvestorClass.PROFESSIONAL_A,
    *,
    before: datetime | None = LIVE,
    category: RiskCategory | None = None,
    category_before: datetime | None = None,
    lowest: bool = False,
    kind: InvestorKind = InvestorKind.INDIVIDUAL,
    standing: Standing | None = CLIENT,
    objectives: Objectives = NOT_STATED,
    rise: Rise | None = None,
) -> InvestorFacts:
    return InvestorFacts(kind, standing, investor_class, before, category, category_before, lowest, objectives, rise)


def unclassified(
    *, category: RiskCategory | None = None, lowest: bool = False, standing: Standing | None = CLIENT
) -> InvestorFacts:
    return InvestorFacts(InvestorKind.INDIVIDUAL, standing, None, None, category, LIVE, lowest)


def report(
    grade: RiskGrade | None = RiskGrade.R3,
    *,
    state: ReleaseState = ReleaseState.RELEASED,
    audience: Audience = ANYONE,
    conflict: bool = False,
    about: Objectives = NOT_STATED,
) -> ReportFacts:
    return ReportFacts(state, grade, audience, conflict, about)


def printed(
    *categories: RiskCategory,
    professional: ProfessionalClause | None = ProfessionalClause.ANY,
    clients_only: bool = False,
    contract_clients_only: bool = False,
) -> Audience:
    """A notice that names its professional clause and, one by one, the categories of ordinary investors it admits."""
    return Audience(professional, frozenset(categories), clients_only, contract_clients_only)


def acceptance(
    profile: str = "ORDINARY:C3", *, accepted_at: datetime = NOW - timedelta(days=1), statement_id: int = STATEMENT
) -> Acceptance:
    return Acceptance(1, accepted_at, statement_id, profile)


def asked(
    investor: InvestorFacts | None,
    report: ReportFacts | None,
    *,
    action: Action = Action.BOOKMARK,
    initiative: Initiative = Initiative.PULL,
    acceptance: Acceptance | None = None,
    policy: Policy | None = POLICY,
    statement_id: int | None = STATEMENT,
) -> Facts:
    """One act on one report; a bookmark unless told otherwise, because it is decided without the words."""
    return Facts(investor, report, policy, SHANGHAI, statement_id, acceptance, action, initiative)
