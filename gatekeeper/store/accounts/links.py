"""One-time links: finding one by its token, issuing, ending, using up; and whom they keep apart."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from gatekeeper.rules.messages.links import LIFE
from gatekeeper.store.accounts.people import OneTimeLink, Person
from gatekeeper.store.accounts.sessions import set_password, token_hash
from gatekeeper.store.base import random_name


def new_token() -> str:
    """The random part of a link: 130 bits, in letters and digits that are not mistaken for each other when typed from paper."""
    return random_name(26)


def link(connection: Connection, token: str, *, for_update: bool = False) -> Any:
    """A one-time link by its token, with its person's name and login."""
    query = (
        select(OneTimeLink, Person.name, Person.login)
        .join(Person, Person.id == OneTimeLink.person_id)
        .where(OneTimeLink.token_hash == token_hash(token))
    )
    return connection.execute(query.with_for_update() if for_update else query).first()


def put(
    connection: Connection, *, person: str, issued_by: str | None, token_hash: bytes, now: datetime, entry_id: int
) -> datetime:
    """Write a one-time link, end every older one of this person, and return when the new one ends."""
    end(connection, person, now)
    ends_at = now + LIFE
    columns = {"token_hash": token_hash, "person_id": person, "issued_by": issued_by, "issued_at": now, "ends_at": ends_at}
    connection.execute(insert(OneTimeLink).values(**columns, entry_id=entry_id))
    return ends_at


def end(connection: Connection, person: str, now: datetime) -> int:
    """End every link of a person that nobody has used; return how many."""
    unused = (OneTimeLink.person_id == person, OneTimeLink.used_at.is_(None), OneTimeLink.ends_at > now)
    return connection.execute(update(OneTimeLink).where(*unused).values(ends_at=now)).rowcount


def use(connection: Connection, link_id: int, person: str, password_hash: str, now: datetime) -> None:
    """Use a link up and set its person's password."""
    connection.execute(update(OneTimeLink).where(OneTimeLink.id == link_id).values(used_at=now))
    end(connection, person, now)
    set_password(connection, person, password_hash)


def between(connection: Connection, person: str, since: datetime) -> frozenset[str]:
    """Everybody to whom this person has issued a link after an instant, or who has issued one to this person."""
    either = or_(OneTimeLink.issued_by == person, OneTimeLink.person_id == person)
    rows = connection.execute(select(OneTimeLink.person_id, OneTimeLink.issued_by).where(either, OneTimeLink.issued_at > since))
    return frozenset(id_ for row in rows for id_ in row if id_ is not None and id_ != person)
