"""Clients whom a notice did not reach, or perhaps did: who is to be told in person, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.errors import N_, Conflict, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.deliveries import State
from gatekeeper.rules.parsing.texts import faults_of
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.messages import deliveries as store

PAGE = 50
_NONE = N_("There is no such call-back.")
_DONE = N_("Somebody has done this call-back meanwhile.")
_SETTLED = N_("What became of this notice is known already.")


@dataclass(frozen=True, slots=True)
class Task:
    """One call-back with the deliveries for which it is there."""

    row: Any
    deliveries: list[Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of call-backs, and whether it goes on."""

    tasks: list[Task]
    has_more: bool


def listing(connection: Connection, caller: Caller, after: tuple[datetime, str] | None, now: datetime) -> Asked[Listed]:
    """Whom to call, the longest waiting first; who looked is recorded."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    rows = store.call_backs(connection, after, PAGE + 1, now)
    under = store.of_call_backs(connection, [row.id for row in rows[:PAGE]])
    tasks = [Task(row, under[row.id]) for row in rows[:PAGE]]
    event = caller.event(Kind.CALL_BACKS_VIEWED, now, person=None, investor=None, data={"rows": len(tasks)})
    return Asked(Listed(tasks, len(rows) > PAGE), (event,))


def done(connection: Connection, caller: Caller, id_: str, note: str, now: datetime) -> None:
    """Say that the client was told in person, with a note on it."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    row = store.held_call_back(connection, id_)
    if row is None:
        raise NotFound(_NONE)
    if row.done_at is not None:
        raise Conflict(_DONE)
    if faults := faults_of(note=note):
        raise Invalid(*faults)
    told = store.of_call_backs(connection, [id_])[id_]
    data = {"call_back": id_, "deliveries": [each.id for each in told]}
    who = {"person": row.person_id, "investor": row.investor_id}
    entry_id = append(connection, caller.event(Kind.CALL_BACK_FINISHED, now, data=data, private={"note": note}, **who))
    store.end_call_back(connection, id_, caller.person, entry_id, now)


def resolve(connection: Connection, caller: Caller, delivery: str, now: datetime, *, arrived: bool) -> None:
    """Say of a delivery in doubt that it arrived, or have it sent once more: the client was asked."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    row = store.held(connection, delivery)
    if row is None:
        raise NotFound(_NONE)
    if State(row.state) is not State.UNCERTAIN:
        raise Conflict(_SETTLED)
    data = {"delivery": row.id, "notice": row.notice_id, "by": row.channel, "arrived": arrived}
    who = {"person": row.person_id, "investor": row.investor_id}
    entry_id = append(connection, caller.event(Kind.DELIVERY_RESOLVED, now, data=data, **who))
    if arrived:
        store.change(connection, row.id, entry_id, now, state=State.ARRIVED.value)
    else:
        again = {"state": State.WAITING.value, "due_at": now, "call_back_id": None}
        store.change(connection, row.id, entry_id, now, **again)
    store.settle(connection, row.call_back_id, caller.person, entry_id, now)
