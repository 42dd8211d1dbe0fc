"""What investors were told about changes of their files, and what was acknowledged."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, UniqueConstraint, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.store.base import Base, Body, EntryId, Key
from gatekeeper.store.ledger import LedgerEntry
from gatekeeper.store.people import Person


class Notice(Base):
    """One act's changes to one investor's file, as the investor is told: JSON, each with what it was before and what it is."""

    __tablename__ = "notice"
    __table_args__ = (Index(None, "investor_id", "created_at"), UniqueConstraint("entry_id", "investor_id"))
    id: Mapped[Key] = mapped_column(primary_key=True)
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    changes: Mapped[Body]
    created_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class NoticeAcknowledgement(Base):
    """That somebody who acts for the investor took note. The first one counts."""

    __tablename__ = "notice_acknowledgement"
    notice_id: Mapped[Key] = mapped_column(ForeignKey("notice.id"), primary_key=True)
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    acknowledged_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


_TAKEN = select(NoticeAcknowledgement.notice_id).where(NoticeAcknowledgement.notice_id == Notice.id).exists()
_WHOLE = (
    select(Notice.__table__, NoticeAcknowledgement.acknowledged_at, Person.name.label("acknowledged_by"), LedgerEntry.code)
    .join(LedgerEntry, LedgerEntry.id == Notice.entry_id)
    .outerjoin(NoticeAcknowledgement, NoticeAcknowledgement.notice_id == Notice.id)
    .outerjoin(Person, Person.id == NoticeAcknowledgement.person_id)
)


def of_investor(connection: Connection, investor: str, most: int) -> list[Any]:
    """The newest notices to an investor, those not acknowledged first; ``code`` is that of the act's entry."""
    query = _WHOLE.where(Notice.investor_id == investor)
    order = (NoticeAcknowledgement.acknowledged_at.is_not(None), Notice.created_at.desc(), Notice.id)
    return list(connection.execute(query.order_by(*order).limit(most)))


def waiting(connection: Connection, investor: str) -> int:
    """How many notices to an investor nobody has acknowledged."""
    return connection.execute(select(func.count()).where(Notice.investor_id == investor, ~_TAKEN)).scalar_one()


def get(connection: Connection, investor: str, id_: str) -> Any:
    """One notice to an investor, held until the transaction ends, or None."""
    if not (id_.isascii() and id_.isalnum()):  # PostgreSQL would stumble over a NUL in an address
        return None
    query = select(Notice.__table__).where(Notice.id == id_, Notice.investor_id == investor)
    return connection.execute(query.with_for_update()).first()


def is_acknowledged(connection: Connection, id_: str) -> bool:
    """Whether somebody has acknowledged a notice."""
    query = select(NoticeAcknowledgement.notice_id).where(NoticeAcknowledgement.notice_id == id_)
    return connection.execute(query).first() is not None


def put(connection: Connection, **columns: Any) -> None:
    """Write a notice."""
    connection.execute(insert(Notice).values(**columns))


def put_acknowledgement(connection: Connection, **columns: Any) -> None:
    """Write an acknowledgement."""
    connection.execute(insert(NoticeAcknowledgement).values(**columns))
