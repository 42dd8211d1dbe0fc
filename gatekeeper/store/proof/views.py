"""Saved views: filters of the access log that a person has named and gets back with one click. Each has only their own."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, String, UniqueConstraint, delete, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.store.accounts.people import Person
from gatekeeper.store.base import Base, Body, EntryId, Key, Serial


class SavedView(Base):
    """One filter by its address. Not evidence, and it can hold names: when it is removed the row goes and its entries stay."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("person_id", "name"),)
    id: Mapped[Serial]
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(100))
    query: Mapped[Body]
    saved_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


def of_person(connection: Connection, person: str) -> list[Any]:
    """A person's views by name."""
    query = select(SavedView.__table__).where(SavedView.person_id == person).order_by(SavedView.name, SavedView.id)
    return list(connection.execute(query))


def one(connection: Connection, person: str, view: int) -> Any:
    """One view of a person, or None: another person's is none."""
    where = (SavedView.id == view, SavedView.person_id == person)
    return connection.execute(select(SavedView.__table__).where(*where)).first()


def hold(connection: Connection, person: str) -> None:
    """Let a person's views be changed one at a time, so that the most of them holds and a double click is one act."""
    connection.execute(select(Person.id).where(Person.id == person).with_for_update(key_share=True))


def count(connection: Connection, person: str) -> int:
    """How many views a person has."""
    return connection.execute(select(func.count()).where(SavedView.person_id == person)).scalar_one()


def put(connection: Connection, **columns: Any) -> None:
    """Write a view."""
    connection.execute(insert(SavedView).values(**columns))


def remove(connection: Connection, view: int) -> None:
    """Remove a view."""
    connection.execute(delete(SavedView).where(SavedView.id == view))
