"""Whom an investor turns to at the firm: the contact that its standing names, and whether that is a given colleague."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, true

from gatekeeper.rules.messages.contacts import is_contact
from gatekeeper.store.accounts.people import Investor, Person, StandingRow
from gatekeeper.store.base import NOW, current_id

_NAMED = (
    select(Investor.id, StandingRow.contact, Person.name, Person.login)
    .select_from(Investor)
    .join(StandingRow, StandingRow.id == current_id(StandingRow, NOW, (StandingRow.investor_id, Investor.id)))
    .join(Person, true())
)


def contact_of(connection: Connection, person: str, investors: Sequence[str], now: datetime) -> frozenset[str]:
    """Of these investors those whose contact is this person."""
    query = _NAMED.where(Person.id == person, Investor.id.in_(investors))
    rows = connection.execute(query, {"now": now})
    return frozenset(row.id for row in rows if is_contact(row.contact, name=row.name, login=row.login))
