"""What an investor may read by grade, under one policy and another: what is told when a policy begins to decide."""

from dataclasses import replace
from datetime import datetime

from gatekeeper.rules.changing.rehearsal import reads
from gatekeeper.rules.facts import Facts, InvestorFacts, ReleaseState, ReportFacts
from gatekeeper.rules.risk import Audience, RiskGrade

_OPEN = Audience(professional=None, categories=None, clients_only=False, contract_clients_only=False)
"""A printed notice that keeps nobody out, so that the grade alone decides."""


def grades_of(common: Facts, investor: InvestorFacts, moment: datetime) -> tuple[RiskGrade, ...]:
    """The grades of which this investor may read a report that is out and meant for everybody."""
    return tuple(grade for grade in RiskGrade if reads(_asked(common, investor, grade), moment))


def _asked(common: Facts, investor: InvestorFacts, grade: RiskGrade) -> Facts:
    return replace(common, investor=investor, report=ReportFacts(ReleaseState.RELEASED, grade, _OPEN))
