"""Accepted findings of templates: the list, ending one at once, and proposing that one goes on.

Ending lowers, so one person does it and it acts at once; that it goes on for longer takes two.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gatekeeper.ledger.acts.propose import Proposed, propose
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.parsing.texts import faults_of
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.publishing import settlements

_NONE = N_("There is no such acceptance.")
_OVER = N_("This acceptance is over already.")


def end(connection: Connection, caller: Caller, id_: int, reason: str, now: datetime) -> str:
    """Let these words be settled no more from now on, whatever else settles them; return the entry's code."""
    sessions.require(connection, caller.person, caller.session, Permission.STOP_REPORTS, now)
    row = _row(connection, id_)
    if faults := faults_of(reason=reason):
        raise Invalid(*faults)
    live = settlements.live_alike(connection, row, now)
    if not live:
        raise Conflict(_OVER)
    ids = sorted(each.id for each in live)
    data = {"settlements": ids, "issuer": row.issuer, "report_kind": row.report_kind, "code": row.code}
    event = caller.event(Kind.SETTLEMENT_ENDED, now, person=None, data=data, private={"reason": reason})
    entry_id = append(connection, event)
    try:
        settlements.end(connection, ids, ended_at=now, person_id=caller.person, entry_id=entry_id)
    except IntegrityError as error:
        raise Conflict(_OVER) from error
    return event.code


def renew(connection: Connection, caller: Caller, id_: int, before: datetime, reason: str, now: datetime) -> Proposed:
    """Propose that these words stay settled until ``before``; compliance approves."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_REPORTS, now)
    row = _row(connection, id_)
    faults = faults_of(reason=reason)
    live = settlements.live_alike(connection, row, now)
    if before <= now:
        faults.append(Fault(N_("The last valid day must not lie in the past."), field="until"))
    elif live and before <= live[0].valid_before:
        faults.append(Fault(N_("It is accepted for as long already."), field="until"))
    if faults:
        raise Invalid(*faults)
    return propose(connection, caller, "publication", [replace(settlements.stated(row), before=before)], {}, reason, "", now)


def _row(connection: Connection, id_: int) -> Any:
    row = settlements.get(connection, id_)
    if row is None:
        raise NotFound(_NONE)
    return row
