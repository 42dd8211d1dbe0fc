"""Issuing a one-time link: the entry and the row, the same for clients and for staff."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.links import Purpose
from gatekeeper.store import investors, links


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A link that was issued: for whom, by which login name, what for, and until when."""

    person: str
    name: str
    login: str
    purpose: Purpose
    ends_at: datetime


def issue(connection: Connection, caller: Caller, person: str, token_hash: bytes, now: datetime) -> Issued:
    """Issue a link to a person; it is a reset where a password was set already. The older one dies, used or not."""
    row = investors.person(connection, person)
    if row is None:
        raise NotFound(N_("There is no such person."))
    purpose = Purpose.RESET if row.password_hash else Purpose.ACTIVATION
    event = caller.event(Kind.ACTIVATION_LINK_ISSUED, now, person=person, investor=None, data={"purpose": purpose.value})
    entry_id = append(connection, event)
    ends_at = links.put(connection, person=person, issued_by=caller.person, token_hash=token_hash, now=now, entry_id=entry_id)
    return Issued(person=person, name=row.name, login=row.login, purpose=purpose, ends_at=ends_at)
