"""Bookmarks: what a person keeps at hand for one investor. Dated rows: the newest of a report says whether it is kept."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, bindparam, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.store.accounts.people import Person
from gatekeeper.store.base import NOW, Base, Dated, Key, current_id, period_check


class Bookmark(Dated, Base):
    """That a person, for an investor, keeps a report at hand, or, where ``live`` is false, no longer does."""

    __tablename__ = "bookmark"
    __table_args__ = (Index(None, "person_id", "investor_id", "report_id", "id"), period_check())
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    report_id: Mapped[Key] = mapped_column(ForeignKey("report.id"))
    live: Mapped[bool]


_person, _investor = bindparam("person", type_=String), bindparam("investor", type_=String)
_newest = current_id(
    Bookmark,
    NOW,
    (Bookmark.person_id, _person),
    (Bookmark.investor_id, _investor),
    (Bookmark.report_id, Bookmark.report_id),
)
KEPT = select(Bookmark.report_id, Bookmark.valid_from.label("since")).where(
    Bookmark.person_id == _person, Bookmark.investor_id == _investor, Bookmark.live, Bookmark.id == _newest
)
"""The reports kept by ``person`` for ``investor``, and since when. Whether they may still be read is not asked here."""
_COUNT = select(func.count()).select_from(KEPT.subquery())


def count(connection: Connection, person: str, investor: str, now: datetime) -> int:
    """How many reports a person keeps for an investor, readable or not."""
    return connection.execute(_COUNT, {"person": person, "investor": investor, "now": now}).scalar_one()


def among(connection: Connection, person: str, investor: str, reports: Collection[str], now: datetime) -> frozenset[str]:
    """Which of these reports are kept. Asked for the rows of one page: a column of the list would be asked of every report."""
    rows = connection.execute(KEPT.where(Bookmark.report_id.in_(reports)), {"person": person, "investor": investor, "now": now})
    return frozenset(row.report_id for row in rows)


def is_kept(connection: Connection, person: str, investor: str, report: str, now: datetime) -> bool:
    """Whether this report is among them."""
    query = KEPT.where(Bookmark.report_id == report)
    return connection.execute(query, {"person": person, "investor": investor, "now": now}).first() is not None


def hold(connection: Connection, person: str) -> None:
    """Let one bookmark of a person be set or removed at a time: a button pressed twice is one act."""
    connection.execute(select(Person.id).where(Person.id == person).with_for_update(key_share=True))


def put(connection: Connection, **columns: Any) -> None:
    """Write that a report is kept, or no longer kept."""
    connection.execute(insert(Bookmark).values(**columns))
