"""Verifying the ledger: who did it, how much of it, and what came of it is an entry of the ledger itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.ledger.verify import Report
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions

NAMED = 100
"""So many of the entries and tiles that were found wrong are named in the entry; how many there are is always there."""


def admit(connection: Connection, caller: Caller, now: datetime) -> None:
    """Whether the caller may verify. An operator, and the service itself, may without a person of ours."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.VERIFY_LEDGER, now)


def finished(connection: Connection, caller: Caller, report: Report, now: datetime, *, asked_by: str | None = None) -> Asked[str]:
    """Record a verification that is through, once its snapshot is over; return the entry's code."""
    admit(connection, caller, now)
    newest = report.logs[-1]
    data: dict[str, Any] = {
        "mode": report.mode.value,
        "number": report.number,
        "log": newest.origin,
        "size": newest.size,
        "root": newest.root.hex(),
        "covered": newest.covered,
        "leaves": sum(each.leaves for each in report.logs),
        "unsealed": report.unsealed,
        "findings": report.findings.count,
        "checks": {check.value: count for check, count in sorted(report.findings.counts.items())},
        "first": [each.where for each in report.findings.first[:NAMED]],
    }
    event = caller.event(Kind.LEDGER_VERIFIED, now, person=asked_by, investor=None, data=data)
    return Asked(event.code, (event,))
