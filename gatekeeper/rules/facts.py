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
