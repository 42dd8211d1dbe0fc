"""What investors were told about changes of their files, and what was acknowledged."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, UniqueConstraint, delete, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.rules.messages.deliveries import NoticeKind
from gatekeeper.store.accounts.people import Person
from gatekeeper.store.base import Base, Body, EntryId, Key, new_id
from gatekeeper.store.proof.ledger import LedgerEntry


class Notice(Base):
    """What an investor is told, once for each act: of which kind it is, and as JSON what there is to tell.

    Of a change of the file that is each fact with what it was before and what it is.
    """

    __tablename__ = "notice"
    __table_args__ = (Index(None, "investor_id", "created_at"), UniqueConstraint("entry_id", "investor_id"))
    id: Mapped[Key] = mapped_column(primary_key=True)
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    kind: Mapped[str] = mapped_column(String(16), server_default=NoticeKind.CHANGE.value)
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


class NoticeQueue(Base):
    """Notices that were not given to the channels yet. Bookkeeping: the row goes once they were."""

    __tablename__ = "notice_queue"
    notice_id: Mapped[Key] = mapped_column(ForeignKey("notice.id"), primary_key=True)


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


def put(connection: Connection, kind: NoticeKind, told: Mapping[str, str], entry_id: int, now: datetime) -> dict[str, str]:
    """Write a notice to each of these investors and let it wait for the channels; return the notices' ids by investor."""
    ids = {investor: new_id() for investor in told}
    common = {"kind": kind.value, "created_at": now, "entry_id": entry_id}
    rows = [{"id": ids[investor], "investor_id": investor, "changes": words, **common} for investor, words in told.items()]
    if rows:
        connection.execute(insert(Notice), rows)
        connection.execute(insert(NoticeQueue), [{"notice_id": each} for each in ids.values()])
    return ids


def queued(connection: Connection, most: int) -> list[Any]:
    """Notices that no channel was given yet, held until the transaction ends; what somebody else holds is left out."""
    held = select(NoticeQueue.notice_id).order_by(NoticeQueue.notice_id).limit(most).with_for_update(skip_locked=True)
    ids = list(connection.execute(held).scalars())
    return list(connection.execute(select(Notice.id, Notice.investor_id).where(Notice.id.in_(ids)).order_by(Notice.id)))


def has_queued(connection: Connection) -> bool:
    """Whether any notice waits for the channels."""
    return connection.execute(select(NoticeQueue.notice_id).limit(1)).first() is not None


def take_off(connection: Connection, ids: Collection[str]) -> None:
    """Take notices off the queue: the channels have them."""
    connection.execute(delete(NoticeQueue).where(NoticeQueue.notice_id.in_(ids)))


def put_acknowledgement(connection: Connection, **columns: Any) -> None:
    """Write an acknowledgement."""
    connection.execute(insert(NoticeAcknowledgement).values(**columns))
