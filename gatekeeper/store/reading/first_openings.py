"""Who opened a version and when after its release, by what decides of the investors as their files stood at that instant."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, select, union_all

from gatekeeper.rules.changing.rehearsal import Lens
from gatekeeper.rules.events import Kind
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store.proof.answers import LedgerAnswer
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.suitability.rehearsal import INVESTORS, READINGS, bound

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opened:
    """Of the investors under one key: when the first opened it, and how many did within an hour, within a day, and at all.

    The key is None for those who were no investors yet.
    """

    key: str | None
    first: datetime
    within_hour: int
    within_day: int
    ever: int


def openings(connection: Connection, report: str, since: datetime, before: datetime, seen: Lens) -> list[Opened]:
    """The investors for whom a report was opened in a period, each by the first opening, grouped by what decides."""
    first = (
        select(LedgerEntry.investor, func.min(LedgerEntry.at).label("at"))
        .where(LedgerEntry.report == report, LedgerEntry.kind.in_(READINGS))
        .where(LedgerEntry.at >= since, LedgerEntry.at < before)
        .group_by(LedgerEntry.investor)
        .subquery("first")
    )

    def within(span: timedelta) -> Any:
        return func.count(case((first.c.at < since + span, 1)))

    query = select(INVESTORS.c.key, func.min(first.c.at), within(HOUR), within(DAY), func.count())
    query = query.select_from(first).outerjoin(INVESTORS, INVESTORS.c.id == first.c.investor).group_by(INVESTORS.c.key)
    return [Opened(*row) for row in connection.execute(query, bound(seen))]


def before_release(connection: Connection, report: str, instant: datetime) -> int:
    """How many entries say that a report was opened, copied or sent before this instant: none, if all is as it should be."""
    kinds = (*READINGS, Kind.REPORT_RECEIVED.value)
    query = select(func.count()).where(LedgerEntry.report == report, LedgerEntry.kind.in_(kinds), LedgerEntry.at < instant)
    many = select(func.count()).where(*_given(report), LedgerAnswer.at < instant)
    return int(connection.execute(select(query.scalar_subquery() + many.scalar_subquery())).scalar_one())


def sent(connection: Connection, report: str, since: datetime, before: datetime) -> tuple[int, datetime | None]:
    """To how many investors a report was sent in a period, and when the first was."""
    one = select(LedgerEntry.investor, LedgerEntry.at).where(
        LedgerEntry.report == report,
        LedgerEntry.kind == Kind.REPORT_RECEIVED.value,
        LedgerEntry.at >= since,
        LedgerEntry.at < before,
    )
    many = select(LedgerAnswer.investor, LedgerAnswer.at).where(
        *_given(report), LedgerAnswer.at >= since, LedgerAnswer.at < before
    )
    sends = union_all(one, many).subquery()
    row = connection.execute(select(func.count(sends.c.investor.distinct()), func.min(sends.c.at))).one()
    return int(row[0]), row[1]


def _given(report: str) -> tuple[Any, ...]:
    """Answers to recipients of many that let the report go out to them."""
    return LedgerAnswer.report == report, LedgerAnswer.outcome == Outcome.PERMIT.value
