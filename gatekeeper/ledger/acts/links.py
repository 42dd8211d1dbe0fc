"""Issuing a one-time link: the entry and the row, the same for clients and for staff."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.changes import Change, ResetChange, RoleChange
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.links import Purpose
from gatekeeper.rules.roles import Role
from gatekeeper.store.accounts import links
from gatekeeper.store.clients import investors


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


def issue_for(connection: Connection, caller: Caller, changes: Iterable[Change], token: bytes, now: datetime) -> Issued | None:
    """Issue the link of a staff member who, by these changes, has no password yet or is to set a new one."""
    for each in changes:
        if isinstance(each, ResetChange):
            return issue(connection, caller, each.person, token, now)
        if isinstance(each, RoleChange) and each.live and each.role is not Role.CLIENT:
            row = investors.person(connection, each.person)
            if row is not None and row.password_hash is None:
                return issue(connection, caller, each.person, token, now)
    return None
