"""The entry of a decision: the answer, every reason, and the ids of the rows it was made on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Event
from gatekeeper.rules.events import Kind
from gatekeeper.rules.facts import ReleaseState
from gatekeeper.rules.suitability import Decision, Permit
from gatekeeper.store.reading.access import Case


@dataclass(frozen=True, slots=True)
class Turned:
    """A part of an opened report: the decision of now and, where the opening serves, its entry and a permit with its code."""

    decision: Decision
    permit: Permit | None = None
    entry: int = 0
    client_number: str = ""


def decided(
    caller: Caller,
    kind: Kind,
    case: Case,
    decision: Decision,
    now: datetime,
    *,
    asked_for: str,
    person: str | None = None,
    investor: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> Event:
    """Build the entry. A report that does not exist is null in it; the id asked for is then kept in private."""
    return caller.event(
        kind,
        now,
        person=person or caller.person,
        investor=case.investor or investor or caller.investor,
        report=case.report,
        action=case.facts.action,
        outcome=decision.outcome,
        reason=decision.reason.value if decision.reason else None,
        policy=decision.policy,
        data={
            "facts": case.used,
            "initiative": case.facts.initiative.value,
            "reasons": [reason.value for reason in decision.reasons],
            "warnings": [reason.value for reason in decision.warnings],
            "obligations": list(decision.obligations),
            **_without_row(case),
            **(more or {}),
        },
        private={} if case.report else {"report_asked_for": asked_for[:64]},
    )


def _without_row(case: Case) -> dict[str, str]:
    """What was used beyond the rows named: an embargo, which no current row states, and the zone of an acceptance's days."""
    is_scheduled = case.facts.report is not None and case.facts.report.state is ReleaseState.SCHEDULED
    state = {"state": ReleaseState.SCHEDULED.value} if is_scheduled else {}
    return state | ({"zone": str(case.facts.zone)} if case.facts.acceptance is not None else {})
