"""Who was given a report: who opened, copied, received or bookmarked it, as the log has it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from gatekeeper.rules.events import Kind
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.entries import Filter
from gatekeeper.store.proof.ledger import LedgerEntry

GIVEN = (Kind.REPORT_OPENED, Kind.REPORT_COPIED, Kind.REPORT_RECEIVED, Kind.REPORT_BOOKMARKED)
"""The kinds of entries that say that somebody was given a report or kept the way to it."""


@dataclass(frozen=True, slots=True)
class Count:
    """How often one kind of it happened, and to how many people."""

    kind: Kind
    entries: int
    people: int


def counts(connection: Connection, report: str) -> list[Count]:
    """How often and to how many, for each kind in the order of ``GIVEN``."""
    query = select(LedgerEntry.kind, func.count().label("entries"), func.count(func.distinct(LedgerEntry.person)).label("people"))
    query = query.where(LedgerEntry.report == report, LedgerEntry.kind.in_(GIVEN)).group_by(LedgerEntry.kind)
    found = {row.kind: row for row in connection.execute(query)}
    return [Count(kind, *((found[kind].entries, found[kind].people) if kind in found else (0, 0))) for kind in GIVEN]


def listed(connection: Connection, report: str, position: tuple[datetime, int] | None, limit: int) -> list[Any]:
    """The entries, the newest first."""
    return entries.search(connection, Filter(report=report, kind=tuple(GIVEN)), position, limit)
