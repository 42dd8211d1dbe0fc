"""Past readings that a policy which is rehearsed would refuse today: how many, by how many investors, and which."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, false, func, or_, select

from gatekeeper.rules.changing.rehearsal import Rehearsal
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.suitability.rehearsal import INVESTORS, READINGS, REPORTS, bound

_MOST_KEYS = 10_000
"""So many keys stand in one condition: a database takes a few times as many parameters at the most."""
_PIECE = 1000


def _lost_readings(found: Rehearsal, since: datetime, query: Any) -> Any:
    """Openings and copies since then whose investor would now lose just that report.

    With very many groups the condition is a wider one, so what is found must be held against the pairs.
    """
    lost = found.by_reports(gained=False)
    if sum(len(which) + len(whose) for which, whose in lost.items()) > _MOST_KEYS:
        lost = {frozenset().union(*lost): frozenset().union(*lost.values())}
    parts = [and_(INVESTORS.c.key.in_(sorted(whose)), REPORTS.c.key.in_(sorted(which))) for which, whose in lost.items()]
    return (
        query.add_columns(INVESTORS.c.key.label("investor_key"), REPORTS.c.key.label("report_key"))
        .select_from(LedgerEntry)
        .join(INVESTORS, INVESTORS.c.id == LedgerEntry.investor)
        .join(REPORTS, REPORTS.c.id == LedgerEntry.report)
        .where(LedgerEntry.kind.in_(READINGS), LedgerEntry.at >= since, or_(false(), *parts))
    )


def _pairs_lost(found: Rehearsal) -> set[tuple[str, str]]:
    return {(each.investors.key, each.reports.key) for each in found.pairs if not each.gained}


def count(connection: Connection, found: Rehearsal, since: datetime) -> tuple[int, int]:
    """How many readings since then the new policy would refuse today, and by how many investors they were."""
    query = _lost_readings(found, since, select(LedgerEntry.investor, func.count().label("number")))
    query = query.group_by(LedgerEntry.investor, INVESTORS.c.key, REPORTS.c.key)
    pairs = _pairs_lost(found)
    rows = [row for row in connection.execute(query, bound(found.lens)) if (row.investor_key, row.report_key) in pairs]
    return sum(row.number for row in rows), len({row.investor for row in rows})


def listed(connection: Connection, found: Rehearsal, since: datetime, *, before: int | None, limit: int) -> list[Any]:
    """Those readings, newest first; a page begins before an entry."""
    columns = (LedgerEntry.id, LedgerEntry.code, LedgerEntry.at, LedgerEntry.kind, LedgerEntry.person)
    named = (INVESTORS.c.client_number, INVESTORS.c.name, REPORTS.c.title, REPORTS.c.grade)
    query = _lost_readings(found, since, select(*columns, LedgerEntry.investor, LedgerEntry.report, *named))
    query = query.order_by(LedgerEntry.id.desc()).limit(max(limit, _PIECE))
    pairs, taken = _pairs_lost(found), list[Any]()
    while len(taken) < limit:
        piece = query.where(LedgerEntry.id < before) if before is not None else query
        rows = list(connection.execute(piece, bound(found.lens)))
        taken += [row for row in rows if (row.investor_key, row.report_key) in pairs]
        if len(rows) < max(limit, _PIECE):
            break
        before = rows[-1].id
    return taken[:limit]
