"""Findings that two people accepted wherever a template prints the same words: which are in force, and ending them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, insert, select

from gatekeeper.rules.changes import SettlementChange
from gatekeeper.store.base import NOW, states
from gatekeeper.store.publishing.reports import SettlementEnd, SettlementRow

IS_LIVE = and_(SettlementRow.valid_from <= NOW, SettlementRow.valid_before > NOW, SettlementEnd.settlement_id.is_(None))
"""In force: of rows beside the ends that belong to them."""


def get(connection: Connection, id_: int) -> Any:
    """One of them, over or not; None if there is none."""
    return connection.execute(select(SettlementRow.__table__).where(SettlementRow.id == id_, states(SettlementRow))).first()


def live_alike(connection: Connection, row: Any, now: datetime) -> list[Any]:
    """Everything in force that settles the same words, what ends last first."""
    return _alike(connection, row.issuer, row.report_kind, row.code, row.key, now)


def current(connection: Connection, wanted: SettlementChange, now: datetime) -> tuple[int | None, SettlementChange | None]:
    """What in force would be replaced by a longer acceptance of the same words."""
    rows = _alike(connection, wanted.issuer, wanted.report_kind, wanted.code, wanted.key, now)
    return (rows[0].id, stated(rows[0])) if rows else (None, None)


def stated(row: Any) -> SettlementChange:
    """What a row says, as the change that would write it again."""
    words = {name: getattr(row, name) for name in ("issuer", "report_kind", "code", "cited", "key")}
    return SettlementChange(**words, before=row.valid_before)


def by_id(connection: Connection, id_: int | None) -> SettlementChange | None:
    """What one row says; None for no row."""
    row = get(connection, id_) if id_ is not None else None
    return stated(row) if row is not None else None


def _alike(connection: Connection, issuer: str, report_kind: str, code: str, key: str, now: datetime) -> list[Any]:
    query = (
        select(SettlementRow.__table__)
        .outerjoin(SettlementEnd, SettlementEnd.settlement_id == SettlementRow.id)
        .where(IS_LIVE, states(SettlementRow), SettlementRow.issuer == issuer, SettlementRow.report_kind == report_kind)
        .where(SettlementRow.code == code, SettlementRow.key == key)
        .order_by(SettlementRow.valid_before.desc(), SettlementRow.id.desc())
    )
    return list(connection.execute(query, {"now": now}))


def end(connection: Connection, ids: Collection[int], **columns: Any) -> None:
    """Write that these settle nothing any more."""
    connection.execute(insert(SettlementEnd), [{"settlement_id": each, **columns} for each in ids])
