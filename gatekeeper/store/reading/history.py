"""What lies behind a person: their own entries, their last visit, and since when an investor has been shut out."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, func, or_, select
from sqlalchemy.orm import aliased

from gatekeeper.rules.events import Kind
from gatekeeper.rules.suitability import Permit, Reason
from gatekeeper.store.accounts.people import LoginSession, StandingRow
from gatekeeper.store.base import states
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.answers import KINDS
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.publishing.reports import ReportVersion

_MOST_STANDINGS = 200
_MOST_OPENINGS = 200
"""Of so many openings of one report by one person the versions are told."""


def of_person(
    connection: Connection,
    person: str,
    kinds: Collection[str],
    limit: int,
    *,
    investor: str | None = None,
    reports: Collection[str] | None = None,
    position: tuple[datetime, int] | None = None,
) -> list[Any]:
    """A person's own entries of these kinds with their leaves, newest first; ``position`` is the last one of the page before.

    Those that hold several answers are among them if the person was given one of these.
    """
    conditions = [LedgerEntry.person == person, LedgerEntry.kind.in_(kinds)]
    if investor is not None:
        conditions.append(LedgerEntry.investor == investor)
    if reports is not None:
        conditions.append(LedgerEntry.report.in_(reports))
    if position:
        at, id_ = position
        conditions += [LedgerEntry.at <= at, or_(LedgerEntry.at < at, LedgerEntry.id < id_)]
    query = select(LedgerEntry.__table__).where(*conditions).order_by(LedgerEntry.at.desc(), LedgerEntry.id.desc())
    rows = list(connection.execute(query.limit(limit)))
    if not KINDS.isdisjoint(kinds):
        about = tuple(reports) if reports is not None else None
        wanted = Filter(person=person, investor=investor, report=about, kind=tuple(KINDS.intersection(kinds)))
        rows += entries.with_answers(connection, wanted, position, limit)
    return sorted(rows, key=lambda row: (row.at, row.id), reverse=True)[:limit]


def versions_opened(connection: Connection, person: str, investor: str | None, reports: Collection[str]) -> set[str]:
    """Which versions of these reports a person has opened for an investor, as far as their last openings say."""
    kinds = [Kind.REPORT_OPENED.value]
    rows = of_person(connection, person, kinds, _MOST_OPENINGS, investor=investor or "", reports=reports)
    return {json.loads(row.leaf)["data"]["facts"]["version"] for row in rows}


def opened_by(connection: Connection, report: str, investors: Collection[str], moment: datetime) -> dict[str, str]:
    """The version of a report that was opened or copied last for each of these investors, up to an instant."""
    kinds = (Kind.REPORT_OPENED.value, Kind.REPORT_COPIED.value)
    newest = select(func.max(LedgerEntry.id)).where(
        LedgerEntry.report == report,
        LedgerEntry.kind.in_(kinds),
        LedgerEntry.investor.in_(investors),
        LedgerEntry.at <= moment,
    )
    query = select(LedgerEntry.investor, LedgerEntry.leaf).where(LedgerEntry.id.in_(newest.group_by(LedgerEntry.investor)))
    rows = connection.execute(query) if investors else ()
    return {row.investor: json.loads(row.leaf)["data"]["facts"]["version"] for row in rows}


@dataclass(frozen=True, slots=True)
class Earlier:
    """A version that somebody has opened: its number and when it was opened last."""

    number: int
    at: datetime


def earlier_versions(connection: Connection, permit: Permit) -> list[Earlier]:
    """Which other versions of the report the holder of a permit has opened for the same investor, the newest first."""
    kinds = [Kind.REPORT_OPENED.value]
    rows = of_person(connection, permit.person, kinds, _MOST_OPENINGS, investor=permit.investor, reports=[permit.report])
    last: dict[str, datetime] = {}
    for row in rows:
        last.setdefault(json.loads(row.leaf)["data"]["facts"]["version"], row.at)
    others = [id_ for id_ in last if id_ != permit.version]
    query = (
        select(ReportVersion.id, ReportVersion.number).where(ReportVersion.id.in_(others)).order_by(ReportVersion.number.desc())
    )
    return [Earlier(row.number, last[row.id]) for row in connection.execute(query)] if others else []


def last_openings(connection: Connection, person: str, investor: str, reports: Collection[str]) -> dict[str, datetime]:
    """When a person last opened each of these reports for an investor, as far as ever."""
    last = func.max(LedgerEntry.at, type_=LedgerEntry.at.type).label("at")
    query = select(LedgerEntry.report, last).where(
        LedgerEntry.person == person,
        LedgerEntry.investor == investor,
        LedgerEntry.kind == Kind.REPORT_OPENED.value,
        LedgerEntry.report.in_(reports),
    )
    return {row.report: row.at for row in connection.execute(query.group_by(LedgerEntry.report)) if row.report}


def opened_lately(connection: Connection, person: str, investor: str | None, since: datetime, limit: int) -> list[str]:
    """The reports that a person has opened for an investor, the last one first, each once, among so many openings."""
    query = (
        select(LedgerEntry.report)
        .where(
            LedgerEntry.person == person,
            LedgerEntry.investor == investor,
            LedgerEntry.kind == Kind.REPORT_OPENED.value,
            LedgerEntry.at >= since,
        )
        .order_by(LedgerEntry.at.desc(), LedgerEntry.id.desc())
    )
    return list(dict.fromkeys(report for report in connection.execute(query.limit(limit)).scalars() if report))


def last_visit(connection: Connection, person: str, investor: str | None, session: int | None) -> datetime | None:
    """When a person was last here for this investor before the session that is theirs now; None on the first visit."""
    if session is None:
        return None
    earlier = (LoginSession.person_id == person, LoginSession.investor_id == investor, LoginSession.id < session)
    query = select(LoginSession.last_seen).where(*earlier).order_by(LoginSession.last_seen.desc()).limit(1)
    return connection.execute(query).scalar()


_SHUT: dict[Reason, Callable[[Any], bool]] = {
    Reason.NOT_A_CLIENT: lambda row: row.closed or not row.client,
    Reason.ACCOUNT_SUSPENDED: lambda row: row.suspended,
    Reason.PROFILE_INCOMPLETE: lambda row: not row.profile_complete,
}
"""What in a row of ``standing`` denies by itself."""


def shut_since(connection: Connection, investor: str | None, now: datetime) -> dict[Reason, datetime]:
    """Since when an investor's standing has denied everything, by reason. What was never otherwise has no beginning."""
    mark = aliased(StandingRow)
    in_error = select(mark.id).where(mark.corrects_id == StandingRow.id).exists()
    conditions = (StandingRow.investor_id == investor, StandingRow.valid_from <= now, states(StandingRow), ~in_error)
    query = select(StandingRow.__table__).where(*conditions).order_by(StandingRow.id.desc()).limit(_MOST_STANDINGS)
    rows = list(connection.execute(query))
    runs = {reason: list(takewhile(holds, rows)) for reason, holds in _SHUT.items()}
    begun = {reason: run for reason, run in runs.items() if run and (len(run) < len(rows) or reason is Reason.ACCOUNT_SUSPENDED)}
    return {reason: run[-1].valid_from for reason, run in begun.items()}
