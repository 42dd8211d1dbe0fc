"""Mail addresses that clients gave and have not confirmed yet: each waits for its one-time link to be used."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, LargeBinary, String, func, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.store.base import Base, EntryId, Key

_UNSENT = "sent_at IS NULL"


class AddressConfirmation(Base):
    """An address that a person gave; it counts once the link that is mailed there was used. The row holds the link's hash."""

    __tablename__ = "address_confirmation"
    __table_args__ = (
        Index(None, "person_id", "asked_at"),
        Index("ix_address_confirmation_unsent", "asked_at", sqlite_where=text(_UNSENT), postgresql_where=text(_UNSENT)),
    )
    id: Mapped[Key] = mapped_column(primary_key=True)
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    address: Mapped[str] = mapped_column(String(254))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    asked_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    entry_id: Mapped[EntryId]
    sent_at: Mapped[datetime | None]
    sent_entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))
    used_at: Mapped[datetime | None]


def put(connection: Connection, **columns: Any) -> None:
    """Write an address that waits to be confirmed."""
    connection.execute(insert(AddressConfirmation).values(**columns))


def end(connection: Connection, person: str, now: datetime) -> None:
    """End every link of a person that was not used."""
    live = (AddressConfirmation.person_id == person, AddressConfirmation.used_at.is_(None), AddressConfirmation.ends_at > now)
    connection.execute(update(AddressConfirmation).where(*live).values(ends_at=now))


def asked_since(connection: Connection, person: str, since: datetime) -> int:
    """How many addresses a person gave since then."""
    query = select(func.count()).where(AddressConfirmation.person_id == person, AddressConfirmation.asked_at > since)
    return connection.execute(query).scalar_one()


def by_token(connection: Connection, token_hash: bytes) -> Any:
    """An address by the hash of its link, held until the transaction ends, or None."""
    query = select(AddressConfirmation.__table__).where(AddressConfirmation.token_hash == token_hash)
    return connection.execute(query.with_for_update()).first()


def held(connection: Connection, id_: str) -> Any:
    """One address that waits, held until the transaction ends, or None."""
    return connection.execute(
        select(AddressConfirmation.__table__).where(AddressConfirmation.id == id_).with_for_update()
    ).first()


def waiting(connection: Connection, person: str, now: datetime) -> Any:
    """The address that waits for a person to confirm it, or None."""
    live = (AddressConfirmation.person_id == person, AddressConfirmation.used_at.is_(None), AddressConfirmation.ends_at > now)
    query = select(AddressConfirmation.__table__).where(*live).order_by(AddressConfirmation.asked_at.desc()).limit(1)
    return connection.execute(query).first()


def unsent(connection: Connection, now: datetime) -> list[Any]:
    """Addresses to which the link was not mailed yet, the longest waiting first."""
    live = (AddressConfirmation.sent_at.is_(None), AddressConfirmation.ends_at > now)
    return list(connection.execute(select(AddressConfirmation.__table__).where(*live).order_by(AddressConfirmation.asked_at)))


def sent(connection: Connection, id_: str, entry_id: int, now: datetime) -> None:
    """Write that the link was mailed."""
    values = {"sent_at": now, "sent_entry_id": entry_id}
    connection.execute(update(AddressConfirmation).where(AddressConfirmation.id == id_).values(values))


def use(connection: Connection, id_: str, now: datetime) -> None:
    """Use a link up."""
    connection.execute(update(AddressConfirmation).where(AddressConfirmation.id == id_).values(used_at=now))
