"""What becomes of notices beside the inbox: one delivery for each person and channel, and whom somebody must call back.

A delivery's row tells where it stands; each step of it is an entry. Its id stands in the Message-ID and is what a gateway knows a
second copy by.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, UniqueConstraint, and_, func, insert, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.rules.messages.deliveries import LEASE, TROUBLED, Channel, State, Trouble
from gatekeeper.store.accounts.people import Investor, Person, StandingRow
from gatekeeper.store.base import NOW, Base, EntryId, Key, current_id, insert_into, new_id
from gatekeeper.store.messages.notices import Notice, NoticeQueue

_OPEN = "done_at IS NULL"


class CallBack(Base):
    """That somebody must tell a client in person; one at a time for each person and investor. Why, and who did it when."""

    __tablename__ = "call_back"
    __table_args__ = (
        Index(
            "uq_call_back_open", "investor_id", "person_id", unique=True, sqlite_where=text(_OPEN), postgresql_where=text(_OPEN)
        ),
        Index("ix_call_back_opened_at", "opened_at", "id", sqlite_where=text(_OPEN), postgresql_where=text(_OPEN)),
    )
    id: Mapped[Key] = mapped_column(primary_key=True)
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    why: Mapped[str] = mapped_column(String(16))
    opened_at: Mapped[datetime]
    entry_id: Mapped[EntryId]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(String(26), ForeignKey("person.id"))
    done_entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))


class Delivery(Base):
    """One notice on its way to one person by one channel."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("notice_id", "person_id", "channel"),
        Index(None, "state", "channel", "due_at"),
        Index(None, "person_id", "state"),
        Index(None, "call_back_id"),
    )
    id: Mapped[Key] = mapped_column(primary_key=True)
    notice_id: Mapped[Key] = mapped_column(ForeignKey("notice.id"))
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    channel: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(12))
    tries: Mapped[int]
    due_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    why: Mapped[str] = mapped_column(String(80))
    call_back_id: Mapped[str | None] = mapped_column(String(26), ForeignKey("call_back.id"))
    entry_id: Mapped[EntryId]
    last_entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))


_WHOLE = select(Delivery.__table__, Notice.investor_id, Notice.kind).join(Notice, Notice.id == Delivery.notice_id)


def put(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write deliveries that begin."""
    connection.execute(insert(Delivery), [dict(each) for each in rows])


def has_due(connection: Connection, channel: Channel, now: datetime) -> bool:
    """Whether anything is to be sent by a channel now."""
    return connection.execute(_due(select(Delivery.id), channel, now).limit(1)).first() is not None


def next_due(connection: Connection, channel: Channel, now: datetime) -> Any:
    """A delivery that is due, held until the transaction ends; None where there is none that nobody else holds."""
    query = _due(_WHOLE, channel, now).order_by(Delivery.due_at, Delivery.id).limit(1)
    return connection.execute(query.with_for_update(of=Delivery, skip_locked=True)).first()


def _due(query: Any, channel: Channel, now: datetime) -> Any:
    return query.where(Delivery.state == State.WAITING.value, Delivery.channel == channel.value, Delivery.due_at <= now)


def overdue(connection: Connection, now: datetime, most: int) -> list[Any]:
    """Deliveries that were begun so long ago that nobody knows what became of them, held until the transaction ends."""
    query = _WHOLE.where(Delivery.state == State.ATTEMPTED.value, Delivery.changed_at <= now - LEASE).order_by(Delivery.id)
    return list(connection.execute(query.limit(most).with_for_update(of=Delivery, skip_locked=True)))


def held(connection: Connection, id_: str) -> Any:
    """One delivery, held until the transaction ends, or None."""
    if not (id_.isascii() and id_.isalnum()):  # PostgreSQL would stumble over a NUL in an address
        return None
    return connection.execute(_WHOLE.where(Delivery.id == id_).with_for_update(of=Delivery)).first()


def change(connection: Connection, id_: str, entry_id: int, now: datetime, **columns: Any) -> None:
    """Write where a delivery stands now, and the entry that says so."""
    values = {"changed_at": now, "last_entry_id": entry_id, **columns}
    connection.execute(update(Delivery).where(Delivery.id == id_).values(values))


def of_notices(connection: Connection, notices: Collection[str]) -> dict[str, list[Any]]:
    """The deliveries of each notice, with the persons' names."""
    found: dict[str, list[Any]] = {each: [] for each in notices}
    query = select(Delivery.__table__, Person.name.label("person_name")).join(Person, Person.id == Delivery.person_id)
    rows = connection.execute(
        query.where(Delivery.notice_id.in_(notices)).order_by(Delivery.notice_id, Person.name, Delivery.channel)
    )
    for row in rows:
        found[row.notice_id].append(row)
    return found


def without_address(connection: Connection, person: str) -> list[Any]:
    """A person's mails that had nowhere to go, held until the transaction ends."""
    query = _WHOLE.where(Delivery.person_id == person, Delivery.state == State.NO_ADDRESS.value).order_by(Delivery.id)
    return list(connection.execute(query.with_for_update(of=Delivery)))


def troubled(connection: Connection, notice: str, person: str) -> list[Any]:
    """The deliveries of a notice to a person that wait for a call back, held until the transaction ends."""
    query = _WHOLE.where(Delivery.notice_id == notice, Delivery.person_id == person, _in_trouble()).order_by(Delivery.id)
    return list(connection.execute(query.with_for_update(of=Delivery)))


def _in_trouble() -> Any:
    return Delivery.state.in_([each.value for each in sorted(TROUBLED)])


# ------------------------------------------------------------------------------------------------------------------- call-backs


def open_call_back(connection: Connection, investor: str, person: str, why: Trouble, entry_id: int, now: datetime) -> str:
    """The call-back that is open for this person and investor; a new one if there is none."""
    columns = {"id": new_id(), "investor_id": investor, "person_id": person, "why": why.value, "opened_at": now}
    still = and_(CallBack.investor_id == investor, CallBack.person_id == person, CallBack.done_at.is_(None))
    found: str | None = None
    while found is None:  # the one that stood in the way may be done by the time it is looked for
        connection.execute(insert_into(connection, CallBack).values(**columns, entry_id=entry_id).on_conflict_do_nothing())
        found = connection.execute(select(CallBack.id).where(still)).scalar_one_or_none()
    return found


def held_call_back(connection: Connection, id_: str) -> Any:
    """One call-back, held until the transaction ends, or None."""
    if not (id_.isascii() and id_.isalnum()):
        return None
    return connection.execute(select(CallBack.__table__).where(CallBack.id == id_).with_for_update()).first()


def end_call_back(connection: Connection, id_: str, by: str | None, entry_id: int, now: datetime) -> None:
    """Write that a call-back is done."""
    values = {"done_at": now, "done_by": by, "done_entry_id": entry_id}
    connection.execute(update(CallBack).where(CallBack.id == id_, CallBack.done_at.is_(None)).values(values))


def settle(connection: Connection, id_: str | None, by: str | None, entry_id: int, now: datetime) -> bool:
    """End a call-back if nothing of it is in trouble any more; say whether that was so."""
    if id_ is None or held_call_back(connection, id_) is None:
        return False
    left = select(Delivery.id).where(Delivery.call_back_id == id_, _in_trouble()).limit(1)
    if connection.execute(left).first() is not None:
        return False
    end_call_back(connection, id_, by, entry_id, now)
    return True


def call_backs(connection: Connection, after: tuple[datetime, str] | None, most: int, now: datetime) -> list[Any]:
    """The call-backs that are open, the longest waiting first: whom, for which investor, why, and the branch on file."""
    query = (
        select(
            CallBack.__table__,
            Person.name.label("person_name"),
            Investor.name.label("investor_name"),
            Investor.client_number,
            StandingRow.branch,
            StandingRow.contact,
        )
        .join(Person, Person.id == CallBack.person_id)
        .join(Investor, Investor.id == CallBack.investor_id)
        .outerjoin(StandingRow, StandingRow.id == current_id(StandingRow, NOW, (StandingRow.investor_id, Investor.id)))
        .where(CallBack.done_at.is_(None))
        .order_by(CallBack.opened_at, CallBack.id)
    )
    if after:
        query = query.where(or_(CallBack.opened_at > after[0], and_(CallBack.opened_at == after[0], CallBack.id > after[1])))
    return list(connection.execute(query.limit(most), {"now": now}))


def of_call_backs(connection: Connection, ids: Collection[str]) -> dict[str, list[Any]]:
    """What is in trouble under each of these call-backs."""
    found: dict[str, list[Any]] = {each: [] for each in ids}
    query = _WHOLE.where(Delivery.call_back_id.in_(ids), _in_trouble()).order_by(Delivery.changed_at, Delivery.id)
    for row in connection.execute(query):
        found[row.call_back_id].append(row)
    return found


def counts(connection: Connection) -> dict[str, int]:
    """How many notices no channel has yet, how many deliveries wait or were begun, and how many call-backs are open."""
    states = (State.WAITING.value, State.ATTEMPTED.value)
    rows = connection.execute(select(Delivery.state, func.count()).where(Delivery.state.in_(states)).group_by(Delivery.state))
    found = {row[0]: int(row[1]) for row in rows}
    is_open = select(func.count()).select_from(CallBack).where(CallBack.done_at.is_(None))
    return {
        "waiting": found.get(State.WAITING.value, 0),
        "attempted": found.get(State.ATTEMPTED.value, 0),
        "queued": connection.execute(select(func.count()).select_from(NoticeQueue)).scalar_one(),
        "call_backs": connection.execute(is_open).scalar_one(),
    }
