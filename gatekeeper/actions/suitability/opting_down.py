"""Back to ordinary: a professional investor of class B by notice, one of class C by withdrawing (Measures, Art. 11).

It lowers, so it acts at once and by one person: a client's own act, or a written notice that a colleague records.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.acts import acting
from gatekeeper.ledger.acts.notify import put_in_force
from gatekeeper.ledger.acts.second_person import refuse_concerned
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.assessing.conversion import opt_down
from gatekeeper.rules.changes import ClassChange, to_data
from gatekeeper.rules.errors import N_, Conflict, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.parsing.texts import faults_of
from gatekeeper.rules.risk import InvestorClass
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import investors as files


@dataclass(frozen=True, slots=True)
class Before:
    """What is on file before an investor goes back, and what would keep it from that."""

    investor: Any
    barred: Conflict | None


def look(connection: Connection, caller: Caller, investor: str | None, now: datetime) -> Asked[Before]:
    """What going back would mean; without ``investor`` for the one for whom the caller acts. The look is recorded."""
    id_ = _whose(connection, caller, investor, now)
    row = files.overview(connection, id_, now)
    barred = None
    try:
        opt_down(row.investor_class or InvestorClass.ORDINARY)
    except Conflict as error:
        barred = error
    person = caller.person if investor is None else None
    event = caller.event(Kind.APPLICATION_VIEWED, now, person=person, investor=id_, data={"page": "ordinary"})
    return Asked(Before(row, barred), (event,))


def give_up(connection: Connection, caller: Caller, now: datetime) -> str:
    """A client's own act: ordinary from now on. Return the entry's code."""
    return _lower(connection, caller, _whose(connection, caller, None, now), caller.person, {}, now)


def record_notice(connection: Connection, caller: Caller, investor: str, reason: str, evidence: str, now: datetime) -> str:
    """Record that an investor gave written notice: ordinary from now on. Return the entry's code."""
    id_ = _whose(connection, caller, investor, now)
    if faults := faults_of(reason=reason, evidence=evidence):
        raise Invalid(*faults)
    private = {"reason": reason.strip(), "evidence": evidence.strip()}
    return _lower(connection, caller, id_, None, private, now)


def _whose(connection: Connection, caller: Caller, investor: str | None, now: datetime) -> str:
    if investor is None:
        return str(acting.investor_of(connection, caller, now).id)
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    if files.investor(connection, investor) is None:
        raise NotFound(N_("There is no such investor."))
    refuse_concerned(connection, caller, investor, (), now)
    return investor


def _lower(
    connection: Connection, caller: Caller, investor: str, person: str | None, private: dict[str, str], now: datetime
) -> str:
    files.lock_investor(connection, investor)
    wanted = ClassChange(investor=investor, investor_class=InvestorClass.ORDINARY)
    old = files.current(connection, wanted, now)[1]
    opt_down(old.investor_class if isinstance(old, ClassChange) else InvestorClass.ORDINARY)
    data = {"changes": [to_data(wanted)], "way": "notice" if person is None else "client"}
    event = caller.event(Kind.CLASSIFICATION_LOWERED, now, person=person, investor=investor, data=data, private=private)
    put_in_force(connection, [wanted], append(connection, event), now)
    return event.code
