"""What a careful person would raise about a report, and whether two people have accepted it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from gatekeeper.store.base import NOW, states
from gatekeeper.store.publishing.reports import FindingRow, ReportVersion, SettlementEnd, SettlementRow


def put(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Write what a careful person would raise about a version."""
    if rows:
        connection.execute(insert(FindingRow), rows)


_ended = select(SettlementEnd.settlement_id).where(SettlementEnd.settlement_id == SettlementRow.id, SettlementEnd.ended_at <= NOW)
_settled = (
    select(func.max(SettlementRow.valid_before))
    .where(
        SettlementRow.issuer == ReportVersion.issuer,
        SettlementRow.report_kind == ReportVersion.kind,
        SettlementRow.code == FindingRow.code,
        SettlementRow.key == FindingRow.key,
        SettlementRow.valid_from <= NOW,
        SettlementRow.valid_before > NOW,
        states(SettlementRow),
        ~_ended.correlate(SettlementRow).exists(),
    )
    .correlate(FindingRow, ReportVersion)
    .scalar_subquery()
)
_FINDINGS = select(FindingRow.__table__, _settled.label("settled")).join(ReportVersion, ReportVersion.id == FindingRow.version_id)


def open_in(connection: Connection, versions: Collection[str], now: datetime) -> list[Any]:
    """The findings of versions; ``settled`` is the end of a settlement in force for the same template, or None."""
    query = _FINDINGS.where(FindingRow.version_id.in_(versions)).order_by(FindingRow.id)
    return list(connection.execute(query, {"now": now})) if versions else []
