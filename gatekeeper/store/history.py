"""A person's own entries: what they themselves read, were refused and accepted."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from gatekeeper.rules.events import Kind
from gatekeeper.store.ledger import LedgerEntry


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
    """A person's own entries of these kinds with their leaves, newest first; ``position`` is the last one of the page before."""
    conditions = [LedgerEntry.person == person, LedgerEntry.kind.in_(kinds)]
    if investor is not None:
        conditions.append(LedgerEntry.investor == investor)
    if reports is not None:
        conditions.append(LedgerEntry.report.in_(reports))
    if position:
        at, id_ = position
        conditions.append(or_(LedgerEntry.at < at, and_(LedgerEntry.at == at, LedgerEntry.id < id_)))
    query = select(LedgerEntry.__table__).where(*conditions).order_by(LedgerEntry.at.desc(), LedgerEntry.id.desc())
    return list(connection.execute(query.limit(limit)))


def reports_opened(connection: Connection, person: str, investor: str | None, reports: Collection[str]) -> set[str]:
    """Which of these reports a person has opened for an investor."""
    query = select(LedgerEntry.report).where(
        LedgerEntry.person == person,
        LedgerEntry.investor == investor,
        LedgerEntry.kind == Kind.REPORT_OPENED.value,
        LedgerEntry.report.in_(reports),
    )
    return {row.report for row in connection.execute(query.distinct())}
