"""The decision: may this investor do this with this report now, and if not, why not.

1. Everything that fails is listed, in the order of ``Reason``; the first is the primary reason.
2. What is not known denies: a missing report, grade, standing, class, category or policy, and an act that no policy knows.
3. The match table and the printed notice are intersected; neither widens the other (Measures, Arts. 3 and 18).
4. The lowest category gets R1 at most, whatever else is true of the investor (Measures, Art. 22 (5)).
5. A lapsed professional with a live assessment is decided as an ordinary investor, with a warning; without one, refused.
6. What the firm sends (PUSH) never reaches a mismatched investor (Measures, Art. 22 (3)).
7. Term and variety warn or deny, as the policy says for PULL and PUSH; after a rise the newly reached grades may wait.
8. The words to accept come last: they are asked of nobody who would be refused anyway.

``eligibility`` compiles the investor's side to a small value. ``decide`` applies it to one report; ``store.reports`` writes
the same value as the condition of a list, and a property test holds the two together.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gatekeeper.rules import consent
from gatekeeper.rules.assessing.matching import Matched, Scope
from gatekeeper.rules.facts import Facts, InvestorFacts, ReleaseState, ReportFacts, Standing, is_live, likeness, profile_of
from gatekeeper.rules.policy import LOWEST_FLOOR, Policy
from gatekeeper.rules.risk import (
    NOT_STATED,
    Action,
    Audience,
    Initiative,
    InvestorClass,
    Objectives,
    ProfessionalClause,
    RiskCategory,
    RiskGrade,
    clauses_of,
)


class Outcome(StrEnum):
    """The answer. ACKNOWLEDGE is a permit once the words are accepted; DENY also covers what could not be decided."""

    __hash__ = str.__hash__

    PERMIT = "PERMIT"
    ACKNOWLEDGE = "ACKNOWLEDGE"
    DENY = "DENY"


class Reason(StrEnum):
    """Why not, in the order in which reasons are told. Names are public once logged: they are only ever added."""

    __hash__ = str.__hash__

    REPORT_UNKNOWN = "report_unknown"
    REPORT_NOT_RELEASED = "report_not_released"
    REPORT_EMBARGOED = "report_embargoed"
    REPORT_WITHDRAWN = "report_withdrawn"
    REPORT_UNGRADED = "report_ungraded"
    NOTICE_CONFLICT = "notice_conflict"
    INVESTOR_UNKNOWN = "investor_unknown"
    NOT_A_CLIENT = "not_a_client"
    NO_SERVICE_CONTRACT = "no_service_contract"
    ACCOUNT_SUSPENDED = "account_suspended"
    PROFILE_INCOMPLETE = "profile_incomplete"
    AUDIENCE_NOT_ELIGIBLE = "audience_not_eligible"
    PROFESSIONAL_EXPIRED = "professional_expired"
    NOT_ASSESSED = "not_assessed"
    ASSESSMENT_EXPIRED = "assessment_expired"
    LOWEST_CATEGORY = "lowest_category"
    CATEGORY_BELOW_GRADE = "category_below_grade"
    COOLING_OFF = "cooling_off"
    TERM_MISMATCH = "term_mismatch"
    VARIETY_MISMATCH = "variety_mismatch"
    PUSH_MISMATCH = "push_mismatch"
    ACKNOWLEDGEMENT_REQUIRED = "acknowledgement_required"
    ACKNOWLEDGEMENT_OUTDATED = "acknowledgement_outdated"
    POLICY_ERROR = "policy_error"


UNDISCLOSED = frozenset({Reason.REPORT_UNKNOWN, Reason.REPORT_NOT_RELEASED, Reason.REPORT_EMBARGOED})
"""Reasons that a client must not be able to tell apart: the answer to all three is the same 404."""

_MISMATCH = frozenset(
    {
        Reason.AUDIENCE_NOT_ELIGIBLE,
        Reason.PROFESSIONAL_EXPIRED,
        Reason.NOT_ASSESSED,
        Reason.ASSESSMENT_EXPIRED,
        Reason.LOWEST_CATEGORY,
        Reason.CATEGORY_BELOW_GRADE,
        Reason.TERM_MISMATCH,
        Reason.VARIETY_MISMATCH,
    }
)
_NOT_OUT = {ReleaseState.SCHEDULED: Reason.REPORT_EMBARGOED, ReleaseState.WITHDRAWN: Reason.REPORT_WITHDRAWN}
_NONE: frozenset[RiskGrade] = frozenset()
_ORDER = {reason: position for position, reason in enumerate(Reason)}


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, every reason in order, what does not deny, what goes with a permit, and the policy's digest."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    obligations: tuple[str, ...]
    policy: str | None

    @property
    def reason(self) -> Reason | None:
        """The primary reason, None for a permit."""
        return self.reasons[0] if self.reasons else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """The right to one act of one person on one report version. Content is given out only against this.

    Made in ``actions.access`` alone, and used only after its entry is durable.
    """

    person: str
    investor: str
    report: str
    version: str
    action: Action
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Admission(Matched):
    """The investor's side of the decision: what may be given to this investor now.

    ``category`` is that of an ordinary investor (C1 under the lowest flag), None for a professional, who is bound by
    ``professional_clauses`` instead. ``profile`` is the class and category in one word, for the acceptance. ``cooling`` are the
    grades that a rise has reached and that still wait.
    """

    grades: frozenset[RiskGrade]
    category: RiskCategory | None
    professional_clauses: frozenset[ProfessionalClause]
    contract: bool
    lowest: bool
    profile: str
    cooling: frozenset[RiskGrade] = frozenset()


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What the investor's own file says: the admission where class and category are known, and what denies everything."""

    admission: Admission | None
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]

    @property
    def open_admission(self) -> Admission | None:
        """The admission if nothing on file denies everything: what a list may be made from."""
        return None if self.reasons else self.admission


def eligibility(
    investor: InvestorFacts, policy: Policy | None, now: datetime, initiative: Initiative = Initiative.PULL
) -> Eligibility:
    """Compile the investor's side of the decision under a policy; without one, nobody is admitted."""
    reasons: list[Reason] = _standing_reasons(investor.standing)
    warnings: tuple[Reason, ...] = ()
    category_live = investor.category is not None and is_live(investor.category_before, now)
    professional = investor.investor_class is not None and investor.investor_class.is_professional
    lapsed = professional and not is_live(investor.class_before, now)
    if professional and not lapsed:
        category = None
    elif investor.investor_class is None or investor.category is None:
        reasons += [Reason.PROFESSIONAL_EXPIRED] * lapsed + [Reason.NOT_ASSESSED]
        return Eligibility(None, tuple(reasons), warnings)
    elif not category_live:
        reasons += [Reason.PROFESSIONAL_EXPIRED] * lapsed + [Reason.ASSESSMENT_EXPIRED]
        return Eligibility(None, tuple(reasons), warnings)
    else:
        category = investor.category
        warnings = (Reason.PROFESSIONAL_EXPIRED,) * lapsed
    if policy is None:
        return Eligibility(None, tuple(reasons), warnings)
    return Eligibility(_admission(investor, category, policy, now, initiative), tuple(reasons), warnings)


def _admission(
    investor: InvestorFacts, category: RiskCategory | None, policy: Policy, now: datetime, initiative: Initiative
) -> Admission:
    """What an investor is given who is decided by this category; None is by professional status."""
    if category is not None:
        grades, cooling = policy.grades_of(category), _cooling(investor, category, policy, now)
    else:
        grades, cooling = policy.professional_grades, _NONE
    objectives = None if category is None else investor.objectives
    if investor.lowest:
        grades &= policy.lowest_grades
        category = RiskCategory.C1 if category else None
    return Admission(
        grades=grades - cooling if cooling else grades,
        category=category,
        professional_clauses=clauses_of(investor.kind) if category is None else frozenset(),
        contract=investor.standing is not None and investor.standing.has_contract(now),
        lowest=investor.lowest,
        profile=profile_of(investor, category),
        cooling=cooling,
        objectives=objectives,
        matching=policy.matching,
        initiative=initiative,
    )


def _cooling(investor: InvestorFacts, category: RiskCategory, policy: Policy, now: datetime) -> frozenset[RiskGrade]:
    """The grades that this category has over the one from which it rose, as long as they wait."""
    rise = investor.rise
    if policy.cool_off is None or rise is None or investor.lowest or not policy.cool_off.holds(rise, category, now):
        return _NONE
    return policy.grades_of(category) - (policy.lowest_grades if rise.was is None else policy.grades_of(rise.was))


def admits(admitted: Admission, grade: RiskGrade, audience: Audience, about: Objectives) -> list[Reason]:
    """What keeps a report of this grade, audience and subject from an admitted investor; empty if nothing does."""
    reasons = _clause_reasons(admitted, audience)
    in_list = admitted.category is None or not audience.categories or admitted.category in audience.categories
    if admitted.lowest and grade not in LOWEST_FLOOR:
        reasons.append(Reason.LOWEST_CATEGORY)
    elif not in_list or (grade not in admitted.grades and grade not in admitted.cooling):
        reasons.append(Reason.CATEGORY_BELOW_GRADE)
    if grade in admitted.cooling:
        reasons.append(Reason.COOLING_OFF)
    return reasons if about is NOT_STATED else reasons + misfits(admitted.denied, about)


def misfits(within: Scope, about: Objectives) -> list[Reason]:
    """What of a report lies outside the terms and varieties that fit."""
    reasons = [] if within.fits_term(about) else [Reason.TERM_MISMATCH]
    return reasons if within.fits_variety(about) else [*reasons, Reason.VARIETY_MISMATCH]


def decide(facts: Facts, now: datetime) -> Decision:
    """Decide one act on one report. Pure: the same facts at the same instant give the same decision, for ever."""
    policy, alike = facts.policy, likeness(facts, now)
    if policy is None or alike is None:
        decision, profile = _judge(facts, now)
    else:
        # What is alike in all that decides is judged once; the words to accept are asked about each time.
        decision, profile = policy.judged.of(alike, lambda: _judge(facts, now))
    if policy is None or decision.outcome is Outcome.DENY or facts.action not in policy.acknowledged_actions:
        return decision
    due = _acknowledgement(facts, policy, profile, now)
    return Decision(Outcome.ACKNOWLEDGE, (due,), decision.warnings, ("accept_statement",), policy.digest) if due else decision


def _judge(facts: Facts, now: datetime) -> tuple[Decision, str]:
    """The decision as far as no words are to be accepted, and the profile for which they would be."""
    policy, investor, report = facts.policy, facts.investor, facts.report
    reasons: list[Reason] = _report_reasons(report)
    warnings: tuple[Reason, ...] = ()
    admitted: Admission | None = None
    if policy is None or facts.statement_id is None or facts.action is None:
        reasons.append(Reason.POLICY_ERROR)
    if investor is None:
        reasons.append(Reason.INVESTOR_UNKNOWN)
    else:
        eligible = eligibility(investor, policy, now, facts.initiative)
        admitted, warnings = eligible.admission, eligible.warnings
        if admitted is not None and report is not None and report.about is not NOT_STATED:
            warnings = (*warnings, *misfits(admitted.warned, report.about))
        reasons += eligible.reasons
        reasons += _match_reasons(investor, admitted, report, now)
    if facts.initiative is Initiative.PUSH and not _MISMATCH.isdisjoint(reasons):
        reasons.append(Reason.PUSH_MISMATCH)
    digest = policy.digest if policy else None
    if reasons or admitted is None:
        return Decision(Outcome.DENY, tuple(sorted(set(reasons), key=_ORDER.__getitem__)), warnings, (), digest), ""
    return Decision(Outcome.PERMIT, (), warnings, ("watermark",), digest), admitted.profile


def _report_reasons(report: ReportFacts | None) -> list[Reason]:
    if report is None:
        return [Reason.REPORT_UNKNOWN]
    reasons = []
    if report.state is not ReleaseState.RELEASED:
        reasons.append(_NOT_OUT.get(report.state, Reason.REPORT_NOT_RELEASED))
    if report.grade is None:
        reasons.append(Reason.REPORT_UNGRADED)
    if report.conflict:
        reasons.append(Reason.NOTICE_CONFLICT)
    return reasons


def _standing_reasons(standing: Standing | None) -> list[Reason]:
    if standing is None:
        return [Reason.NOT_A_CLIENT, Reason.PROFILE_INCOMPLETE]
    reasons = []
    if standing.closed or not standing.client:
        reasons.append(Reason.NOT_A_CLIENT)
    if standing.suspended:
        reasons.append(Reason.ACCOUNT_SUSPENDED)
    if not standing.profile_complete:
        reasons.append(Reason.PROFILE_INCOMPLETE)
    return reasons


def _match_reasons(
    investor: InvestorFacts, admitted: Admission | None, report: ReportFacts | None, now: datetime
) -> list[Reason]:
    """The report against the investor. What is certain is listed even where grade, class or category is not known."""
    if report is None:
        return []
    standing, audience = investor.standing, report.audience
    reasons = []
    if audience.clients_only and (standing is None or standing.closed or not standing.client):
        reasons.append(Reason.AUDIENCE_NOT_ELIGIBLE)
    if admitted is not None:
        if report.grade is None:
            return reasons + _clause_reasons(admitted, audience) + misfits(admitted.denied, report.about)
        return reasons + admits(admitted, report.grade, audience, report.about)
    if audience.contract_clients_only and (standing is None or not standing.has_contract(now)):
        reasons.append(Reason.NO_SERVICE_CONTRACT)
    if investor.investor_class is InvestorClass.ORDINARY and audience.categories == frozenset():
        reasons.append(Reason.AUDIENCE_NOT_ELIGIBLE)
    if investor.lowest and report.grade is not None and report.grade not in LOWEST_FLOOR:
        reasons.append(Reason.LOWEST_CATEGORY)
    return reasons


def _clause_reasons(admitted: Admission, audience: Audience) -> list[Reason]:
    """The printed clauses that bear on contract and class, whatever the grade."""
    reasons = []
    if audience.contract_clients_only and not admitted.contract:
        reasons.append(Reason.NO_SERVICE_CONTRACT)
    if admitted.category is not None:
        outside = audience.categories == frozenset()
    else:
        outside = audience.professional is not None and audience.professional not in admitted.professional_clauses
    if outside:
        reasons.append(Reason.AUDIENCE_NOT_ELIGIBLE)
    return reasons


def _acknowledgement(facts: Facts, policy: Policy, profile: str, now: datetime) -> Reason | None:
    if facts.statement_id is None or facts.acceptance is None:
        return Reason.ACKNOWLEDGEMENT_REQUIRED
    good = consent.is_good(
        facts.acceptance, statement_id=facts.statement_id, profile=profile, policy=policy, now=now, zone=facts.zone
    )
    return None if good else Reason.ACKNOWLEDGEMENT_OUTDATED
