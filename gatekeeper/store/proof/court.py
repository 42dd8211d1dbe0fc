"""What stands around one acceptance: the session in which the words were shown, and the link that opened the account."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from gatekeeper.store.accounts.people import LoginSession, OneTimeLink
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.reading.consent import ServedStatement


def session_of(connection: Connection, serving: str) -> Any:
    """The session of a showing: when it began, from where, and the code of the sign-in's entry."""
    query = (
        select(LoginSession.created_at, LoginSession.address, LoginSession.device, LedgerEntry.code, LedgerEntry.at)
        .join(ServedStatement, ServedStatement.session_id == LoginSession.id)
        .join(LedgerEntry, LedgerEntry.id == LoginSession.entry_id)
        .where(ServedStatement.id == serving)
    )
    return connection.execute(query).first()


def link_of(connection: Connection, person: str, before: datetime) -> Any:
    """The link with which a person had last set a password by then: who issued it and when, and when it was used."""
    query = (
        select(OneTimeLink.issued_by, OneTimeLink.issued_at, OneTimeLink.used_at, LedgerEntry.code, LedgerEntry.actor)
        .join(LedgerEntry, LedgerEntry.id == OneTimeLink.entry_id)
        .where(OneTimeLink.person_id == person, OneTimeLink.used_at <= before)
    )
    return connection.execute(query.order_by(OneTimeLink.used_at.desc(), OneTimeLink.id.desc()).limit(1)).first()
