"""What reports are about, for whoever may read them, and their grades."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from gatekeeper.rules.facts import Facts
from gatekeeper.rules.risk import RiskGrade
from gatekeeper.rules.suitability import Admission, eligibility
from gatekeeper.store.base import NOW, current_id
from gatekeeper.store.publishing.library import RELEASED, admitted_condition, joined
from gatekeeper.store.publishing.reports import Grading, ReportVersion

_SUBJECTS = (
    joined(select(ReportVersion.industry, ReportVersion.issuer, ReportVersion.kind, ReportVersion.analysts))
    .where(RELEASED)
    .distinct()
)


def admitted_now(found: Facts, now: datetime) -> Admission | None:
    """What an investor may be given now; None where that is nothing."""
    if found.investor is None or found.policy is None or found.statement_id is None:
        return None
    return eligibility(found.investor, found.policy, now).open_admission


def subjects(connection: Connection, admitted: Admission | None, now: datetime) -> list[Any]:
    """What the reports are about that may be shown to this investor: issuers, kinds and analysts."""
    return list(connection.execute(_SUBJECTS.where(admitted_condition(admitted)), {"now": now}))


def grades_of(connection: Connection, versions: Collection[str], now: datetime) -> dict[str, RiskGrade]:
    """The grade of each version, as far as it has one."""
    query = select(ReportVersion.id, Grading.grade).join(
        Grading, Grading.id == current_id(Grading, NOW, (Grading.version_id, ReportVersion.id))
    )
    return {row.id: row.grade for row in connection.execute(query.where(ReportVersion.id.in_(versions)), {"now": now})}
