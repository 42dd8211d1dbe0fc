"""A person's own account: changing the password, and ending sessions one by one or all at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.errors import N_, Conflict, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import links, sessions
from gatekeeper.store.clients import investors


@dataclass(frozen=True, slots=True)
class Own:
    """One's own account: who one is here, and every session that is open."""

    name: str
    login: str
    password_hash: str | None
    sessions: list[Any]


def own(connection: Connection, caller: Caller, now: datetime) -> Own:
    """The caller's account."""
    person = caller.person or ""
    row = investors.person(connection, person)
    if row is None:  # guards let only persons through to here
        raise NotFound(N_("There is no such person."))
    return Own(row.name, row.login, row.password_hash, sessions.live_of(connection, person, now))


def change_password(connection: Connection, caller: Caller, verified_hash: str | None, new_hash: str, now: datetime) -> int:
    """Set the caller's new password and end every other session; return how many those were.

    ``verified_hash`` is the one against which the door has verified the old password: if another has taken its place since,
    nothing is done.
    """
    sessions.require(connection, caller.person, caller.session, Permission.SEE_OWN_ACCOUNT, now)
    person = caller.person or ""
    if sessions.password_of(connection, person) != verified_hash:
        raise Conflict(N_("Your password was changed in another window meanwhile. Please sign in again."))
    others = _others(connection, caller, now)
    append(connection, caller.event(Kind.PASSWORD_CHANGED, now, data={"sessions": [each.id for each in others]}))
    sessions.set_password(connection, person, new_hash)
    links.end(connection, person, now)
    return _end(connection, others, now)


def end_session(connection: Connection, caller: Caller, name: str, now: datetime) -> bool:
    """End one of the caller's sessions; say whether it was the one that asks."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_OWN_ACCOUNT, now)
    mine = sessions.live_of(connection, caller.person or "", now)
    found = next((each for each in mine if sessions.name_of(each.token_hash) == name), None)
    if found is None:
        raise NotFound(N_("This session has ended already."))
    append(connection, caller.event(Kind.SESSION_ENDED, now, data={"sessions": [found.id]}))
    _end(connection, [found], now)
    return bool(found.id == caller.session)


def end_others(connection: Connection, caller: Caller, now: datetime) -> int:
    """End every session of the caller but the one that asks; return how many."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_OWN_ACCOUNT, now)
    others = _others(connection, caller, now)
    if others:
        append(connection, caller.event(Kind.SESSION_ENDED, now, data={"sessions": [each.id for each in others]}))
    return _end(connection, others, now)


def _others(connection: Connection, caller: Caller, now: datetime) -> list[Any]:
    return [each for each in sessions.live_of(connection, caller.person or "", now) if each.id != caller.session]


def _end(connection: Connection, rows: Sequence[Any], now: datetime) -> int:
    return sum(sessions.end(connection, now, session=each.id) for each in rows)
