"""Reading the ledger: pages of entries by what the columns say, newest first, by key and never by offset."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from gatekeeper.store.ledger import LedgerEntry, LedgerPrivate


@dataclass(frozen=True, slots=True)
class Filter:
    """What entries to show; None leaves a member open. ``since`` is inclusive, ``before`` exclusive. Ids, never names."""

    since: datetime | None = None
    before: datetime | None = None
    kind: str | None = None
    person: str | None = None
    investor: str | None = None
    report: str | None = None
    action: str | None = None
    outcome: str | None = None
    reason: str | None = None
    policy: str | None = None
    address: str | None = None
    request_id: str | None = None
    code: str | None = None


_EQUAL = ("kind", "person", "investor", "report", "action", "outcome", "reason", "policy", "request_id", "code")
_COLUMNS = tuple(column for column in LedgerEntry.__table__.columns if column.key != "leaf")


def search(
    connection: Connection, wanted: Filter, position: tuple[datetime, int] | None, limit: int, *, newer: bool = False
) -> list[Any]:
    """Entries newest first. ``position`` is the last entry of the page before: older ones follow, or newer ones if asked."""
    conditions = [getattr(LedgerEntry, name) == value for name in _EQUAL if (value := getattr(wanted, name)) is not None]
    if wanted.since:
        conditions.append(LedgerEntry.at >= wanted.since)
    if wanted.before:
        conditions.append(LedgerEntry.at < wanted.before)
    if wanted.address:
        conditions.append(
            LedgerEntry.id.in_(
                select(LedgerPrivate.entry_id).where(LedgerPrivate.field == "address", LedgerPrivate.value == wanted.address)
            )
        )
    if position:
        at, id_ = position
        if newer:
            conditions.append(or_(LedgerEntry.at > at, and_(LedgerEntry.at == at, LedgerEntry.id > id_)))
        else:
            conditions.append(or_(LedgerEntry.at < at, and_(LedgerEntry.at == at, LedgerEntry.id < id_)))
    query = select(*_COLUMNS).where(*conditions).limit(limit)
    if newer:
        rows = list(connection.execute(query.order_by(LedgerEntry.at, LedgerEntry.id)))
        return rows[::-1]
    return list(connection.execute(query.order_by(LedgerEntry.at.desc(), LedgerEntry.id.desc())))


def by_code(connection: Connection, code: str) -> list[Any]:
    """Every entry with this code, with its leaf. Codes are random: there is hardly ever more than one."""
    return list(connection.execute(select(LedgerEntry.__table__).where(LedgerEntry.code == code).order_by(LedgerEntry.id)))


def by_id(connection: Connection, id_: int) -> Any:
    """One entry with its leaf, or None."""
    return connection.execute(select(LedgerEntry.__table__).where(LedgerEntry.id == id_)).first()


def private_of(connection: Connection, entry_id: int) -> dict[str, str]:
    """What is kept apart for an entry and not erased yet."""
    rows = connection.execute(select(LedgerPrivate.field, LedgerPrivate.value).where(LedgerPrivate.entry_id == entry_id))
    return {row.field: row.value for row in rows}


def of_person(connection: Connection, person: str, kinds: list[str], limit: int) -> list[Any]:
    """A person's own entries of these kinds, newest first."""
    return list(
        connection.execute(
            select(*_COLUMNS)
            .where(LedgerEntry.person == person, LedgerEntry.kind.in_(kinds))
            .order_by(LedgerEntry.at.desc(), LedgerEntry.id.desc())
            .limit(limit)
        )
    )
