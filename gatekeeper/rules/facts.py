"""What a decision is made on: frozen values, each as it stands at one instant."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from gatekeeper.rules.assessing.cool_off import Rise
from gatekeeper.rules.consent import Acceptance
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.risk import (
    NOT_STATED,
    Action,
    Audience,
    Initiative,
    InvestorClass,
    InvestorKind,
    Objectives,
    RiskCategory,
    RiskGrade,
)


class ReleaseState(StrEnum):
    """Where a report stands on its way out. SCHEDULED is approved and dated, but not yet out (embargo)."""

    UNRELEASED = "UNRELEASED"
    SCHEDULED = "SCHEDULED"
    RELEASED = "RELEASED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class Standing:
    """Facts of an investor that deny by themselves. The contract runs from ``contract_from`` until ``contract_before``."""

    client: bool
    profile_complete: bool
    suspended: bool = False
    closed: bool = False
    contract_from: datetime | None = None
    contract_before: datetime | None = None

    def has_contract(self, now: datetime) -> bool:
        """Whether a service contract is in force."""
        begun = self.contract_from is not None and self.contract_from <= now
        return begun and (self.contract_before is None or now < self.contract_before)


@dataclass(frozen=True, slots=True)
class InvestorFacts:
    """What is on file about an investor now. ``…_before`` is the instant at which the fact lapses; None never does.

    ``rise`` is the last time that its category rose, as long as that may still matter.
    """

    kind: InvestorKind
    standing: Standing | None
    investor_class: InvestorClass | None
    class_before: datetime | None
    category: RiskCategory | None
    category_before: datetime | None
    lowest: bool
    objectives: Objectives = NOT_STATED
    rise: Rise | None = None


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What is on file about a report now. ``grade`` is None until a second person has confirmed it, with what it is ``about``."""

    state: ReleaseState
    grade: RiskGrade | None
    audience: Audience
    conflict: bool = False
    about: Objectives = NOT_STATED


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything one decision uses. ``statement_id`` names the statement in force; ``action`` None is one that nobody knows."""

    investor: InvestorFacts | None
    report: ReportFacts | None
    policy: Policy | None
    zone: tzinfo
    statement_id: int | None
    acceptance: Acceptance | None = None
    action: Action | None = Action.READ
    initiative: Initiative = Initiative.PULL


def likeness(facts: Facts, now: datetime) -> tuple[object, ...] | None:
    """All that a judgement turns on; None where that is rare enough to be judged each time."""
    investor, report = facts.investor, facts.report
    if investor is None or report is None or facts.statement_id is None or facts.action is None or investor.rise is not None:
        return None
    standing, audience, wishes, about = investor.standing, report.audience, investor.objectives, report.about
    if standing is None:
        return None
    class_before, category_before = investor.class_before, investor.category_before
    return (
        investor.category,
        investor.investor_class,
        investor.kind,
        investor.lowest,
        class_before is None or now < class_before,
        category_before is None or now < category_before,
        standing.client,
        standing.profile_complete,
        standing.suspended,
        standing.closed,
        standing.has_contract(now),
        wishes.term,
        wishes.varieties,
        facts.initiative,
        report.grade,
        report.state,
        report.conflict,
        audience.categories,
        audience.professional,
        audience.clients_only,
        audience.contract_clients_only,
        about.term,
        about.varieties,
    )


def is_live(before: datetime | None, now: datetime) -> bool:
    """Whether what lapses then is still valid."""
    return before is None or now < before


def profile_of(investor: InvestorFacts, category: RiskCategory | None) -> str:
    """Class and category in one word, for the acceptance. Without a category it is the class alone."""
    if category is None:
        name = investor.investor_class.value if investor.investor_class else "NONE"
    else:
        name = f"{InvestorClass.ORDINARY.value}:{category.name}"
    return f"{name}:LOWEST" if investor.lowest else name
