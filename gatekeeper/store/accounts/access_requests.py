"""What other systems have asked people to look at: the requests, their answers, and the keys under which calls are repeated."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.rules.accounts.access_requests import State
from gatekeeper.store.accounts.people import Investor, Person, StandingRow
from gatekeeper.store.accounts.services import ApiClient
from gatekeeper.store.base import NOW, Base, EntryId, Key, current_id, insert_into
from gatekeeper.store.publishing.reports import ReportVersion


class AccessRequest(Base):
    """That a system asks people to look at a refusal: of whom, what and why, by when they answer, and when it lapses.

    ``evaluation`` is the code of the decision's entry, ``grounds`` its reasons, separated by spaces.
    """

    __tablename__ = "access_request"
    __table_args__ = (Index(None, "asked_at", "id"), Index(None, "investor_id", "id"))
    id: Mapped[Key] = mapped_column(primary_key=True)
    client_id: Mapped[Key] = mapped_column(ForeignKey("api_client.id"))
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    report_id: Mapped[Key] = mapped_column(ForeignKey("report.id"))
    action: Mapped[str] = mapped_column(String(16))
    grounds: Mapped[str] = mapped_column(String(200))
    evaluation: Mapped[str] = mapped_column(String(12))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lapses_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class AccessAnswer(Base):
    """What came of a request, once; without anybody who answered, it lapsed."""

    __tablename__ = "access_answer"
    __table_args__ = (CheckConstraint("state IN ('APPROVED', 'DECLINED', 'LAPSED')", name="state"),)
    request_id: Mapped[Key] = mapped_column(ForeignKey("access_request.id"), primary_key=True)
    state: Mapped[str] = mapped_column(String(8))
    answered_by: Mapped[str | None] = mapped_column(String(26), ForeignKey("person.id"))
    answered_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class IdempotencyKey(Base):
    """Bookkeeping: which call of a system had this key, and what came of it. Kept for a day."""

    __tablename__ = "idempotency_key"
    client_id: Mapped[Key] = mapped_column(ForeignKey("api_client.id"), primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    request_id: Mapped[Key] = mapped_column(ForeignKey("access_request.id"))
    created_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class Standing:
    """One request, and where it stands now."""

    row: Any
    state: State


_WHOLE = select(AccessRequest.__table__, AccessAnswer.state, AccessAnswer.answered_at).outerjoin(
    AccessAnswer, AccessAnswer.request_id == AccessRequest.id
)
_OPEN = AccessAnswer.request_id.is_(None)


def _standing(row: Any, now: datetime) -> Standing:
    """What nobody has answered by the time at which it lapses has lapsed, whoever writes that down when."""
    if row.state is not None:
        return Standing(row, State(row.state))
    return Standing(row, State.LAPSED if row.lapses_at <= now else State.PENDING)


def get(connection: Connection, id_: str, now: datetime) -> Standing | None:
    """One request, or None."""
    if not (id_.isascii() and id_.isalnum()):  # PostgreSQL would stumble over a NUL
        return None
    row = connection.execute(_WHOLE.where(AccessRequest.id == id_)).first()
    return _standing(row, now) if row is not None else None


def held(connection: Connection, id_: str, now: datetime) -> Standing | None:
    """One request, held until the transaction ends, or None."""
    if not (id_.isascii() and id_.isalnum()):
        return None
    if connection.execute(select(AccessRequest.id).where(AccessRequest.id == id_).with_for_update()).first() is None:
        return None
    return get(connection, id_, now)


def alike(connection: Connection, columns: dict[str, str], now: datetime) -> Any:
    """The open request of the same system about the same, or None."""
    same = [getattr(AccessRequest, name) == value for name, value in columns.items()]
    return connection.execute(_WHOLE.where(*same, _OPEN, AccessRequest.lapses_at > now).limit(1)).first()


def put(connection: Connection, **columns: Any) -> None:
    """Write a request."""
    connection.execute(insert(AccessRequest).values(**columns))


def answer(connection: Connection, id_: str, state: State, by: str | None, entry_id: int, now: datetime) -> None:
    """Write what came of a request."""
    columns = {"request_id": id_, "state": state.value, "answered_by": by, "answered_at": now, "entry_id": entry_id}
    connection.execute(insert(AccessAnswer).values(columns))


def waiting(
    connection: Connection, after: tuple[datetime, str] | None, most: int, now: datetime, *, overdue: bool = False
) -> list[Any]:
    """The requests that wait for an answer, the longest waiting first: who asks, of whom, about which report, and why."""
    published = select(func.max(ReportVersion.published_on, type_=ReportVersion.published_on.type)).where(
        ReportVersion.report_id == AccessRequest.report_id
    )
    query = (
        select(
            AccessRequest.__table__,
            ApiClient.name.label("client_name"),
            Person.name.label("person_name"),
            Investor.name.label("investor_name"),
            Investor.client_number,
            StandingRow.branch,
            published.scalar_subquery().label("published_on"),
        )
        .join(ApiClient, ApiClient.id == AccessRequest.client_id)
        .join(Person, Person.id == AccessRequest.person_id)
        .join(Investor, Investor.id == AccessRequest.investor_id)
        .outerjoin(StandingRow, StandingRow.id == current_id(StandingRow, NOW, (StandingRow.investor_id, Investor.id)))
        .outerjoin(AccessAnswer, AccessAnswer.request_id == AccessRequest.id)
        .where(_OPEN, AccessRequest.lapses_at > NOW)
        .order_by(AccessRequest.asked_at, AccessRequest.id)
    )
    if overdue:
        query = query.where(AccessRequest.due_at <= NOW)
    if after:
        at, id_ = after
        query = query.where(or_(AccessRequest.asked_at > at, and_(AccessRequest.asked_at == at, AccessRequest.id > id_)))
    return list(connection.execute(query.limit(most), {"now": now}))


def count_waiting(connection: Connection, most: int, now: datetime) -> tuple[int, int]:
    """How many requests wait, as far as ``most``, and how many of these for longer than they should."""
    some = select(AccessRequest.due_at).outerjoin(AccessAnswer, AccessAnswer.request_id == AccessRequest.id)
    rows = list(connection.execute(some.where(_OPEN, AccessRequest.lapses_at > now).limit(most)).scalars())
    return len(rows), sum(each <= now for each in rows)


def lapsed(connection: Connection, most: int, now: datetime) -> list[str]:
    """Requests whose time is over and of which nobody has written that yet."""
    query = select(AccessRequest.id).outerjoin(AccessAnswer, AccessAnswer.request_id == AccessRequest.id)
    query = query.where(_OPEN, AccessRequest.lapses_at <= now).order_by(AccessRequest.asked_at, AccessRequest.id)
    return list(connection.execute(query.limit(most)).scalars())


# ------------------------------------------------------------------------------------------------------------- calls repeated


def call_of(connection: Connection, client: str, key: bytes, since: datetime) -> Any:
    """What was called with this key since then, or None."""
    own = (IdempotencyKey.client_id == client, IdempotencyKey.key_hash == key, IdempotencyKey.created_at > since)
    return connection.execute(select(IdempotencyKey.__table__).where(*own)).first()


def put_call(connection: Connection, columns: dict[str, Any], since: datetime) -> bool:
    """Write what was called with a key, and forget what was called before then; say whether nobody else has just done so."""
    connection.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at <= since))
    written = insert_into(connection, IdempotencyKey).values(**columns).on_conflict_do_nothing()
    return connection.execute(written.returning(IdempotencyKey.request_id)).first() is not None
