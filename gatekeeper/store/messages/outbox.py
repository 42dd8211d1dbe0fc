"""Where people get mail, the mails that wait to be sent, and what waits for whom."""

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, Connection, ForeignKey, Index, String, delete, func, insert, or_, select, text, update
from sqlalchemy.orm import Mapped, aliased, mapped_column

from gatekeeper.rules.roles import Role
from gatekeeper.store.accounts.people import Person, RoleGrant
from gatekeeper.store.base import Base, Body, EntryId, Key, Serial, new_id
from gatekeeper.store.proposals import Proposal

MOST = 1000
"""The most proposals that one mail counts."""
KEPT = timedelta(days=30)
"""How long a mail that was sent, or failed, stays here. Its entry stays."""


class MailAddress(Base):
    """Where a person gets mail. The row goes when the person takes the address away; entries hold only commitments to it."""

    __tablename__ = "mail_address"
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"), primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    changed_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class Outbox(Base):
    """A mail about waiting proposals, one at a time for each person. Bookkeeping: what was sent is told by its entry.

    ``name`` stands in the Message-ID, the same at each try. ``proposals`` are those that the last try told of. Who takes a
    mail to send it moves ``due_at`` ahead, so that nobody else takes it; if that process dies, it is due again then.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(None, "person_id", "id"),
        Index(
            "uq_outbox_waiting",
            "person_id",
            unique=True,
            sqlite_where=text("state = 'WAITING'"),
            postgresql_where=text("state = 'WAITING'"),
        ),
        CheckConstraint("state IN ('WAITING', 'SENT', 'FAILED')", name="state"),
        CheckConstraint("(state = 'WAITING') = (ended_at IS NULL)", name="ended"),
    )
    id: Mapped[Serial]
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(26))
    proposals: Mapped[Body]
    tries: Mapped[int]
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def address_of(connection: Connection, person: str, *, for_update: bool = False) -> str | None:
    """A person's address; held until the transaction ends if asked."""
    query = select(MailAddress.address).where(MailAddress.person_id == person)
    return connection.execute(query.with_for_update() if for_update else query).scalar_one_or_none()


def put_address(connection: Connection, person: str, address: str, entry_id: int, now: datetime) -> None:
    """Write a person's address in the place of the one before."""
    take_address(connection, person)
    values = {"person_id": person, "address": address, "changed_at": now, "entry_id": entry_id}
    connection.execute(insert(MailAddress).values(values))


def take_address(connection: Connection, person: str) -> None:
    """Forget a person's address, and what did not get there."""
    connection.execute(delete(MailAddress).where(MailAddress.person_id == person))
    connection.execute(delete(Outbox).where(Outbox.person_id == person, Outbox.state != "SENT"))


def hold_person(connection: Connection, person: str) -> None:
    """Let the mail of one person be arranged by one at a time."""
    connection.execute(select(Person.id).where(Person.id == person).with_for_update(key_share=True))


def addresses_of(connection: Connection, persons: Collection[str]) -> dict[str, str]:
    """The addresses of these persons, as far as they have one."""
    query = select(MailAddress.person_id, MailAddress.address).where(MailAddress.person_id.in_(persons))
    return {row.person_id: row.address for row in connection.execute(query)}


def addressed(connection: Connection) -> list[str]:
    """Which of the staff, and of those who were, have an address."""
    staff = select(RoleGrant.person_id).where(RoleGrant.role != Role.CLIENT)
    query = select(MailAddress.person_id).where(MailAddress.person_id.in_(staff)).order_by(MailAddress.person_id)
    return list(connection.execute(query).scalars())


def waiting(
    connection: Connection, person: str, kinds: Collection[str], investors: Collection[str], apart: Collection[str]
) -> dict[str, str]:
    """The proposals that wait for this person, newest first, and of which kind each is.

    The person approves these kinds, acts for these investors, and decides nothing that those ``apart`` have proposed. Whoever is
    named in a proposal is concerned by it.
    """
    concerned = or_(Proposal.investor_id.in_(investors), Proposal.person_id == person, Proposal.payload.contains(person))
    query = (
        select(Proposal.id, Proposal.kind)
        .where(Proposal.state == "PENDING", Proposal.kind.in_(kinds), Proposal.proposed_by.not_in({person, *apart}))
        .where(func.coalesce(concerned, False).is_(False))
        .order_by(Proposal.proposed_at.desc(), Proposal.id)
        .limit(MOST)
    )
    return {row.id: row.kind for row in connection.execute(query)}


def last(connection: Connection, person: str, state: str | None = None) -> Any:
    """A person's newest mail, or the newest in this state; None where there is none."""
    query = select(Outbox.__table__).where(Outbox.person_id == person)
    if state is not None:
        query = query.where(Outbox.state == state)
    return connection.execute(query.order_by(Outbox.id.desc()).limit(1)).first()


def put(connection: Connection, person: str, now: datetime) -> None:
    """Let a mail wait, and forget old ones that were sent or failed, but for the newest of each: it says what was told."""
    newer = aliased(Outbox)
    is_newest = ~select(newer.id).where(newer.person_id == person, newer.state == Outbox.state, newer.id > Outbox.id).exists()
    old = (Outbox.person_id == person, Outbox.ended_at < now - KEPT, ~is_newest)
    connection.execute(delete(Outbox).where(*old))
    values = {"person_id": person, "state": "WAITING", "name": new_id(), "proposals": "[]", "tries": 0, "due_at": now}
    connection.execute(insert(Outbox).values(values))


def next_due(connection: Connection, now: datetime) -> Any:
    """A mail that is due, held until the transaction ends; None where there is none that nobody else holds."""
    query = select(Outbox.__table__).where(Outbox.state == "WAITING", Outbox.due_at <= now).order_by(Outbox.due_at, Outbox.id)
    return connection.execute(query.limit(1).with_for_update(skip_locked=True)).first()


def take(connection: Connection, mail: int, proposals: Collection[str], until: datetime) -> None:
    """Take a mail to send it. Nobody else does before ``until``."""
    values = {"tries": Outbox.tries + 1, "proposals": json.dumps(list(proposals)), "due_at": until}
    connection.execute(update(Outbox).where(Outbox.id == mail).values(values))


def postpone(connection: Connection, mail: int, until: datetime) -> None:
    """Let a mail wait for another try."""
    connection.execute(update(Outbox).where(Outbox.id == mail, Outbox.state == "WAITING").values(due_at=until))


def end(connection: Connection, mail: int, state: str, now: datetime) -> None:
    """Write how a mail ended."""
    connection.execute(update(Outbox).where(Outbox.id == mail, Outbox.state == "WAITING").values(state=state, ended_at=now))


def remove(connection: Connection, mail: int) -> None:
    """Remove a mail that has nothing to tell any more."""
    connection.execute(delete(Outbox).where(Outbox.id == mail))


def unreached(connection: Connection) -> list[Any]:
    """Whom the newest mail that was sent or given up did not reach, by name, and since when."""
    newer = aliased(Outbox)
    later = select(newer.id).where(newer.person_id == Outbox.person_id, newer.state == "SENT", newer.id > Outbox.id).exists()
    query = (
        select(Person.id, Person.name, func.max(Outbox.ended_at, type_=Outbox.ended_at.type).label("at"))
        .join(Person, Person.id == Outbox.person_id)
        .where(Outbox.state == "FAILED", ~later)
        .group_by(Person.id, Person.name)
        .order_by(Person.name, Person.id)
    )
    return list(connection.execute(query))
