"""Decisions by day, added up: figures of a quarter read some thousand sums, where they would read a million entries.

1. Sums are derived from entries and from nothing else. They may be thrown away at any time, and are then made again.
2. How far they go is a number of *leaves* of each log: a leaf never changes its place, and an entry that commits late with a low
   id is a leaf like any other. What is not counted yet are the leaves after these, and what waits to be sealed.
3. Sums and that number change in one transaction, which first makes sure that nobody else moved the number.
4. A day is one of the firm's zone. Under another zone the sums of before say nothing, and are made anew.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import BigInteger, Connection, ForeignKey, String, and_, cast, delete, func, or_, select, union_all, update
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.store.base import Base, insert_into
from gatekeeper.store.proof import figures
from gatekeeper.store.proof.figures import QUARTER
from gatekeeper.store.proof.ledger import LedgerLeaf, LedgerLog, LedgerPending

MOST_BEHIND = 20_000
"""So many entries are read beside the sums, some 20 µs each. If more are not counted yet, the period itself is walked."""


class LedgerDaily(Base):
    """How many decisions of a day had an outcome and a primary reason (empty for none), by category and grade."""

    __tablename__ = "ledger_daily"
    day: Mapped[date] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(String(16), primary_key=True)
    reason: Mapped[str] = mapped_column(String(40), primary_key=True)
    category: Mapped[str] = mapped_column(String(16), primary_key=True)
    grade: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int]


class LedgerCounted(Base):
    """How many leaves of a log are in the sums, and in which zone their days are days."""

    __tablename__ = "ledger_counted"
    log_id: Mapped[int] = mapped_column(ForeignKey("ledger_log.id"), primary_key=True, autoincrement=False)
    size: Mapped[int]
    zone: Mapped[str] = mapped_column(String(64))


Key = tuple[date, str, str, str, str]
"""Day, outcome, reason, category and grade."""
_NAMES = ["day", "outcome", "reason", "category", "grade"]


@dataclass(frozen=True, slots=True)
class Piece:
    """The sums of some neighbouring leaves of a log."""

    log: int
    begin: int
    end: int
    zone: str
    sums: Counter[Key]


@dataclass(frozen=True, slots=True)
class Reach:
    """How many leaves of a log are in the sums, and how many it has."""

    log: int
    counted: int
    size: int


def reach(connection: Connection, zone: str) -> list[Reach] | None:
    """How far the sums go in each log; None if they are of days of another zone."""
    query = select(LedgerLog.id, LedgerCounted.size.label("counted"), LedgerCounted.zone, LedgerLog.size)
    query = query.outerjoin(LedgerCounted, LedgerCounted.log_id == LedgerLog.id).order_by(LedgerLog.id)
    rows = connection.execute(query).all()
    if any(row.zone not in (None, zone) for row in rows):
        return None
    return [Reach(row.id, row.counted or 0, row.size) for row in rows]


def sums(connection: Connection, ids: Sequence[int], zone: tzinfo) -> Counter[Key]:
    """The sums of these entries."""
    found: Counter[Key] = Counter()
    for row in figures.of_entries(connection, ids) if ids else ():
        day = datetime.fromtimestamp(row.quarter * QUARTER, zone).date()
        found[day, row.outcome, row.reason or "", row.category, row.grade] += row.number
    return found


def piece(connection: Connection, log: int, begin: int, end: int, zone: tzinfo) -> Piece:
    """Add up the leaves of a log from ``begin`` on and before ``end``."""
    leaves = (LedgerLeaf.log_id == log, LedgerLeaf.leaf_index >= begin, LedgerLeaf.leaf_index < end)
    ids = connection.execute(select(LedgerLeaf.entry_id).where(*leaves)).scalars().all()
    return Piece(log, begin, end, str(zone), sums(connection, ids, zone))


def put(connection: Connection, what: Piece) -> bool:
    """Add a piece to the sums; False if it does not begin where they end, because somebody else was here first."""
    first = insert_into(connection, LedgerCounted).values(log_id=what.log, size=0, zone=what.zone)
    connection.execute(first.on_conflict_do_nothing())
    mine = LedgerCounted.log_id == what.log
    stands = connection.execute(select(LedgerCounted.size, LedgerCounted.zone).where(mine).with_for_update()).first()
    if stands is None or tuple(stands) != (what.begin, what.zone):
        return False
    _add(connection, what.sums)
    connection.execute(update(LedgerCounted).where(mine).values(size=what.end))
    return True


def _add(connection: Connection, found: Counter[Key]) -> None:
    if not found:
        return
    add = insert_into(connection, LedgerDaily)
    grown = {"number": LedgerDaily.number + add.excluded.number}
    # In one order, as everything is written that others may write too.
    rows = [dict(zip(_NAMES, key, strict=True)) | {"number": number} for key, number in sorted(found.items())]
    connection.execute(add.on_conflict_do_update(index_elements=_NAMES, set_=grown), rows)


def held(connection: Connection, zone: str) -> dict[int, int]:
    """How many leaves of each log are in the sums; nobody adds to them until this transaction has ended."""
    query = select(LedgerCounted.log_id, LedgerCounted.size).where(LedgerCounted.zone == zone)
    rows = connection.execute(query.order_by(LedgerCounted.log_id).with_for_update())
    return {row.log_id: row.size for row in rows}


def replace(connection: Connection, found: Counter[Key]) -> int:
    """Put these sums in the place of those that stand, if they differ; return how many did."""
    query = select(*LedgerDaily.__table__.columns)
    stood = Counter({tuple(row[:-1]): row.number for row in connection.execute(query)})
    differing = sum(stood[key] != found[key] for key in stood.keys() | found.keys())
    if differing:
        connection.execute(delete(LedgerDaily))
        _add(connection, found)
    return differing


def forget(connection: Connection) -> None:
    """Throw all sums away. Whoever adds to them is waited for, and finds that they no longer end where a piece begins."""
    connection.execute(delete(LedgerCounted))
    connection.execute(delete(LedgerDaily))


def uncounted(connection: Connection, zone: str) -> list[int] | None:
    """The entries that are not in the sums, as this connection's snapshot shows them.

    None if they are too many to read, or if the sums are of days of another zone.
    """
    logs = reach(connection, zone)
    if logs is None:
        return None
    behind = [each for each in logs if each.counted < each.size]
    after = [and_(LedgerLeaf.log_id == each.log, LedgerLeaf.leaf_index >= each.counted) for each in behind]
    waiting = select(LedgerPending.entry_id)
    query = union_all(select(LedgerLeaf.entry_id).where(or_(*after)), waiting) if after else waiting
    ids = list(connection.execute(query.limit(MOST_BEHIND + 1)).scalars())
    return ids if len(ids) <= MOST_BEHIND else None


def by_day(connection: Connection, first: date, last: date) -> list[Any]:
    """Rows of ``(day, outcome, reason, number)`` from the first day to the last."""
    return _summed(connection, first, last, LedgerDaily.day, LedgerDaily.outcome, LedgerDaily.reason)


def by_category(connection: Connection, first: date, last: date) -> list[Any]:
    """Rows of ``(category, grade, outcome, number)`` from the first day to the last."""
    return _summed(connection, first, last, LedgerDaily.category, LedgerDaily.grade, LedgerDaily.outcome)


def _summed(connection: Connection, first: date, last: date, *columns: Any) -> list[Any]:
    number = cast(func.sum(LedgerDaily.number), BigInteger).label("number")  # PostgreSQL adds bigints up to a numeric
    query = select(*columns, number).where(LedgerDaily.day >= first, LedgerDaily.day <= last)
    return list(connection.execute(query.group_by(*columns)))
