"""What expires soon, and of what the investor was told: one row for each fact and number of days, never changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import Connection, ForeignKey, bindparam, func, insert, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from gatekeeper.rules.messages import reminders as rules
from gatekeeper.store.accounts.people import Classification, StandingRow
from gatekeeper.store.base import NOW, Base, EntryId, Key, UtcTime, current_id


class Reminder(Base):
    """That an investor was told, so many days before, that a fact expires."""

    __tablename__ = "reminder"
    classification_id: Mapped[int] = mapped_column(ForeignKey("classification.id"), primary_key=True, autoincrement=False)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    notice_id: Mapped[Key] = mapped_column(ForeignKey("notice.id"))
    entry_id: Mapped[EntryId]


_TOLD, _ROW = aliased(Reminder, name="told"), aliased(Classification, name="expires")


_COUNTS = _ROW.aspect.in_(("CATEGORY", "CLASS")), _ROW.valid_before > NOW


def _of_clients(query: Any) -> Any:
    """Of these facts those that apply still, of investors who are clients."""
    standing = aliased(StandingRow, name="stands")
    keys = (Classification.investor_id, _ROW.investor_id), (Classification.aspect, _ROW.aspect)
    return query.join(standing, standing.id == current_id(StandingRow, NOW, (StandingRow.investor_id, _ROW.investor_id))).where(
        _ROW.id == current_id(Classification, NOW, *keys), standing.client, standing.closed.is_(False)
    )


def _expiring() -> Any:
    """What ends by a moment and was told of no number of days as small, by its end."""
    told = select(_TOLD.days).where(_TOLD.classification_id == _ROW.id, _TOLD.days <= bindparam("days")).exists()
    query = select(_ROW.id, _ROW.valid_from, _ROW.valid_before)
    query = query.where(*_COUNTS, _ROW.valid_before <= bindparam("until", type_=UtcTime()), ~told)
    return _of_clients(query).order_by(_ROW.valid_before, _ROW.id)


_EXPIRING = _expiring()


def due(connection: Connection, days: Sequence[int], now: datetime, zone: tzinfo) -> list[tuple[int, int]]:
    """The rows of facts of which it is time to tell, each with the number of days of which it is told; the nearest first."""
    found: list[tuple[int, int]] = []
    for number in sorted(days):
        last = now.astimezone(zone).date() + timedelta(days=number + 1)
        rows = connection.execute(_EXPIRING, {"now": now, "days": number, "until": datetime.combine(last, time(), zone)})
        found += [(row.id, number) for row in rows if rules.due(row.valid_before, row.valid_from, now, zone, days) == number]
    return found


def still_due(connection: Connection, wanted: Mapping[int, int], now: datetime) -> list[Any]:
    """Of these rows those that apply still and were told of no number of days as small meanwhile."""
    told = select(_TOLD.classification_id, func.min(_TOLD.days).label("days")).where(_TOLD.classification_id.in_(wanted))
    least = {row.classification_id: row.days for row in connection.execute(told.group_by(_TOLD.classification_id))}
    query = _of_clients(select(_ROW).where(*_COUNTS, _ROW.id.in_(wanted))).order_by(_ROW.id)
    rows = connection.execute(query, {"now": now})
    return [row for row in rows if row.id not in least or least[row.id] > wanted[row.id]]


def put(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write of what investors are told."""
    connection.execute(insert(Reminder), [dict(each) for each in rows])
