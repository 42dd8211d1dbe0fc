"""What expires soon, and of what the investor was told: one row for each fact and number of days, never changed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import Connection, ForeignKey, and_, insert, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from gatekeeper.rules import reminders as rules
from gatekeeper.store.base import NOW, Base, EntryId, Key, current_id
from gatekeeper.store.people import Classification, StandingRow

_PAGE = 500


class Reminder(Base):
    """That an investor was told, so many days before, that a fact expires."""

    __tablename__ = "reminder"
    classification_id: Mapped[int] = mapped_column(ForeignKey("classification.id"), primary_key=True, autoincrement=False)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    notice_id: Mapped[Key] = mapped_column(ForeignKey("notice.id"))
    entry_id: Mapped[EntryId]


_TOLD, _ROW = aliased(Reminder, name="told"), aliased(Classification, name="expires")


def _expiring() -> Any:
    """Categories and professional statuses of clients that apply still, and have an end."""
    standing = aliased(StandingRow, name="stands")
    keys = (Classification.investor_id, _ROW.investor_id), (Classification.aspect, _ROW.aspect)
    return (
        select(_ROW)
        .join(standing, standing.id == current_id(StandingRow, NOW, (StandingRow.investor_id, _ROW.investor_id)))
        .where(_ROW.aspect.in_(("CATEGORY", "CLASS")), _ROW.valid_before > NOW, standing.client, standing.closed.is_(False))
        .where(_ROW.id == current_id(Classification, NOW, *keys))
        .order_by(_ROW.valid_before, _ROW.id)
        .limit(_PAGE)
    )


_EXPIRING = _expiring()


def due(connection: Connection, days: Sequence[int], now: datetime, zone: tzinfo, most: int) -> list[tuple[Any, int]]:
    """Facts of which it is time to tell, each with the number of days of which it is told; no more than so many."""
    found: list[tuple[Any, int]] = []
    for number in sorted(days):
        for row in _within(connection, number, now, zone):
            if rules.due(row.valid_before, row.valid_from, now, zone, days) == number:
                found.append((row, number))
            if len(found) == most:
                return found
    return found


def _within(connection: Connection, days: int, now: datetime, zone: tzinfo) -> Iterator[Any]:
    """What ends within so many days and was told of no number as small; in pages, by its end."""
    last = now.astimezone(zone).date() + timedelta(days=days + 1)
    told = select(_TOLD.days).where(_TOLD.classification_id == _ROW.id, _TOLD.days <= days).exists()
    query = _EXPIRING.where(_ROW.valid_before <= datetime.combine(last, time(), zone), ~told)
    after: Any = None
    while True:
        further = query
        if after is not None:
            same = and_(_ROW.valid_before == after.valid_before, _ROW.id > after.id)
            further = query.where(or_(_ROW.valid_before > after.valid_before, same))
        rows = list(connection.execute(further, {"now": now}))
        yield from rows
        if len(rows) < _PAGE:
            return
        after = rows[-1]


def put(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write of what investors are told."""
    connection.execute(insert(Reminder), [dict(each) for each in rows])
