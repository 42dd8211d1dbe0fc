"""Reports that were sent to the caller: decided again whenever they are shown. What may not be read any more has no title."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action, RiskGrade
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store.publishing import library
from gatekeeper.store.publishing.library import Wanted
from gatekeeper.store.reading import access, history, subjects
from gatekeeper.store.sending import distributions

MOST = 100
"""How many reports the inbox shows; older ones stay in the list of reports and in the record."""


@dataclass(frozen=True, slots=True)
class Received:
    """One report that came: when, its grade, whether it was opened since; ``report`` and the rest only if it may be read."""

    received_at: datetime
    grade: RiskGrade | None
    is_opened: bool
    report: str | None = None
    title: str = ""
    issuer: str = ""
    kind: str = ""


def show(connection: Connection, caller: Caller, now: datetime, zone: ZoneInfo) -> Asked[list[Received]]:
    """What came for the investor for whom the caller acts: what was not opened first, then the newest."""
    person, investor = caller.person or "", caller.investor or ""
    case = access.load(connection, person=person, investor=investor, report=None, zone=zone, now=now)
    found = case.facts
    admitted = subjects.admitted_now(found, now)
    rows = _newest_of_each(distributions.received(connection, person, case.investor or "", MOST))
    reports = [row.report_id for row in rows]
    wanted = Wanted(limit=len(reports), among=reports)
    readable = library.readable(connection, admitted, wanted, person=person, investor=investor, now=now) if reports else []
    by_report = {row.report_id: row for row in readable}
    grades = subjects.grades_of(connection, [row.version_id for row in rows], now)
    opened = history.last_openings(connection, person, investor, reports)
    listed = [_told(row, by_report.get(row.report_id), grades.get(row.version_id), opened.get(row.report_id)) for row in rows]
    shown = [[each.report, Outcome.PERMIT.value] for each in listed if each.report is not None]
    event = caller.event(
        Kind.REPORTS_LISTED,
        now,
        investor=case.investor or caller.investor,
        action=Action.READ,
        policy=found.policy.digest if found.policy else None,
        data={"facts": case.used, "shown": shown, "hidden": len(listed) - len(shown), "inbox": True},
    )
    return Asked(sorted(listed, key=lambda each: each.is_opened), (event,))


def _newest_of_each(rows: list[Any]) -> list[Any]:
    """Each report once, by when it came last."""
    found: dict[str, Any] = {}
    for row in rows:
        found.setdefault(row.report_id, row)
    return list(found.values())


def _told(row: Any, readable: Any, grade: RiskGrade | None, opened: datetime | None) -> Received:
    is_opened = opened is not None and opened >= row.received_at
    if readable is None:
        return Received(row.received_at, grade, is_opened=True)
    about = {"title": readable.title, "issuer": readable.issuer, "kind": readable.kind}
    return Received(row.received_at, readable.grade, is_opened, readable.report_id, **about)
