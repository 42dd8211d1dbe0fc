"""Who was given a report: who opened, copied, received or bookmarked it, as the log has it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from gatekeeper.rules.events import Kind
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store.proof import entries, several
from gatekeeper.store.proof.answers import LedgerAnswer
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.proof.ledger import LedgerEntry

GIVEN = (Kind.REPORT_OPENED, Kind.REPORT_COPIED, Kind.REPORT_RECEIVED, Kind.REPORT_DISTRIBUTED, Kind.REPORT_BOOKMARKED)
"""The kinds of entries that say that somebody was given a report or kept the way to it."""
_GIVEN_MANY = (LedgerAnswer.outcome == Outcome.PERMIT.value, LedgerEntry.kind == Kind.REPORT_DISTRIBUTED.value)


@dataclass(frozen=True, slots=True)
class Count:
    """How often one kind of it happened, and to how many people; what was sent to many counts for each of them."""

    kind: Kind
    entries: int
    people: int


def counts(connection: Connection, report: str) -> list[Count]:
    """How often and to how many, for each kind in the order of ``GIVEN``."""
    query = select(LedgerEntry.kind, func.count().label("entries"), func.count(func.distinct(LedgerEntry.person)).label("people"))
    query = query.where(LedgerEntry.report == report, LedgerEntry.kind.in_(GIVEN)).group_by(LedgerEntry.kind)
    found = {row.kind: (row.entries, row.people) for row in connection.execute(query)}
    many = select(func.count(), func.count(func.distinct(LedgerAnswer.person))).join(
        LedgerEntry, LedgerEntry.id == LedgerAnswer.entry_id
    )
    found[Kind.REPORT_DISTRIBUTED] = connection.execute(many.where(LedgerAnswer.report == report, *_GIVEN_MANY)).one()
    return [Count(kind, *found.get(kind, (0, 0))) for kind in GIVEN]


def listed(connection: Connection, report: str, position: tuple[datetime, int] | None, limit: int) -> list[Any]:
    """The entries with their leaves, the newest first."""
    return entries.search_leaves(connection, Filter(report=report, kind=tuple(GIVEN)), position, limit)


def given(row: Any) -> list[Any]:
    """An entry, or of one that holds several answers those to whom the report went."""
    told = [each for each, _ in several.told(row)]
    return [each for each in told if each.outcome == Outcome.PERMIT.value] if row.kind == Kind.REPORT_DISTRIBUTED else told
