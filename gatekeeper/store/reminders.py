"""What expires soon, and of what the investor was told: one row for each fact and number of days, never changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import Connection, ForeignKey, and_, bindparam, insert, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from gatekeeper.rules import reminders as rules
from gatekeeper.store.base import NOW, Base, EntryId, Key, UtcTime, current_id
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


@dataclass(frozen=True, slots=True)
class Place:
    """How far a round has come: the number of days, and in it the fact that was told last."""

    days: int
    valid_before: datetime
    id: int


def _expiring(after: bool) -> Any:  # noqa: FBT001  (one of two statements, each built once)
    """Categories and professional statuses of clients that apply still, end by a moment, and were told of no number as small."""
    standing = aliased(StandingRow, name="stands")
    keys = (Classification.investor_id, _ROW.investor_id), (Classification.aspect, _ROW.aspect)
    told = select(_TOLD.days).where(_TOLD.classification_id == _ROW.id, _TOLD.days <= bindparam("days")).exists()
    query = (
        select(_ROW)
        .join(standing, standing.id == current_id(StandingRow, NOW, (StandingRow.investor_id, _ROW.investor_id)))
        .where(_ROW.aspect.in_(("CATEGORY", "CLASS")), _ROW.valid_before > NOW, _ROW.valid_before <= _moment("until"), ~told)
        .where(_ROW.id == current_id(Classification, NOW, *keys), standing.client, standing.closed.is_(False))
        .order_by(_ROW.valid_before, _ROW.id)
        .limit(_PAGE)
    )
    if not after:
        return query
    same = and_(_ROW.valid_before == _moment("after"), _ROW.id > bindparam("after_id"))
    return query.where(or_(_ROW.valid_before > _moment("after"), same))


def _moment(name: str) -> Any:
    return bindparam(name, type_=UtcTime())


_FIRST, _FURTHER = _expiring(after=False), _expiring(after=True)


def due(
    connection: Connection, days: Sequence[int], now: datetime, zone: tzinfo, most: int, after: Place | None = None
) -> list[tuple[Any, int]]:
    """Facts of which it is time to tell, each with the number of days of which it is told; no more than so many.

    A round goes on behind what it told last, so that it does not look through all of that again.
    """
    found: list[tuple[Any, int]] = []
    for number in sorted(days):
        if after is not None and number < after.days:
            continue
        for row in _within(connection, number, now, zone, after if after and after.days == number else None):
            if rules.due(row.valid_before, row.valid_from, now, zone, days) == number:
                found.append((row, number))
            if len(found) == most:
                return found
    return found


def _within(connection: Connection, days: int, now: datetime, zone: tzinfo, after: Place | None) -> Iterator[Any]:
    """What ends within so many days; in pages, by its end."""
    last = now.astimezone(zone).date() + timedelta(days=days + 1)
    values: dict[str, Any] = {"now": now, "days": days, "until": datetime.combine(last, time(), zone)}
    while True:
        place = {"after": after.valid_before, "after_id": after.id} if after else {}
        rows = list(connection.execute(_FURTHER if after else _FIRST, values | place))
        yield from rows
        if len(rows) < _PAGE:
            return
        after = Place(days, rows[-1].valid_before, rows[-1].id)


def put(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write of what investors are told."""
    connection.execute(insert(Reminder), [dict(each) for each in rows])
