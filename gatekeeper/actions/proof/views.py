"""Saved views of the access log: naming a filter, and removing it again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.errors import N_, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.parsing.texts import faults_of
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.proof import views

MOST = 30
_LONGEST = 4000


def save(connection: Connection, caller: Caller, name: str, query: str, now: datetime) -> None:
    """Keep a filter under a name. Both are private in the entry: they can hold names of people."""
    person = _admit(connection, caller, now)
    name = name.strip()
    faults = faults_of(name=name)
    if not query:
        faults.append(Fault(N_("Nothing is filtered, so there is nothing to save.")))
    if len(query) > _LONGEST:
        faults.append(Fault(N_("This filter is too long to be saved.")))
    if faults:
        raise Invalid(*faults)
    views.hold(connection, person)
    mine = views.of_person(connection, person)
    if any(each.name == name for each in mine):
        raise Invalid(Fault(N_("You already have a view of this name."), field="name"))
    if len(mine) >= MOST:
        raise Invalid(Fault(N_("You have %(most)s views already. Please remove one first."), most=MOST))
    entry_id = append(connection, _event(caller, Kind.VIEW_SAVED, name, query, now))
    views.put(connection, person_id=person, name=name, query=query, saved_at=now, entry_id=entry_id)


def remove(connection: Connection, caller: Caller, view: int, now: datetime) -> None:
    """Remove one's own view. Of another person's nothing is said, not even that there is one."""
    person = _admit(connection, caller, now)
    views.hold(connection, person)
    found = views.one(connection, person, view)
    if found is None:
        raise NotFound(N_("There is no such view. It may have been removed already."))
    append(connection, _event(caller, Kind.VIEW_REMOVED, found.name, found.query, now))
    views.remove(connection, view)


def mine(connection: Connection, caller: Caller) -> list[Any]:
    """One's own views by name."""
    return views.of_person(connection, caller.person) if caller.person else []


def _admit(connection: Connection, caller: Caller, now: datetime) -> str:
    sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
    return caller.person or ""


def _event(caller: Caller, kind: Kind, name: str, query: str, now: datetime) -> Any:
    return caller.event(kind, now, person=None, private={"view": name, "filter": query})
