"""Applications for professional status at the firm's desk: what waits, checking, rejecting, proposing to a second person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.acts import applying
from gatekeeper.ledger.acts.applying import NONE, Examined
from gatekeeper.ledger.acts.propose import propose as propose_change
from gatekeeper.ledger.acts.second_person import lowers
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.assessing.conversion import Step, next_steps
from gatekeeper.rules.changes import ClassChange
from gatekeeper.rules.errors import N_, Conflict, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.parsing.texts import faults_of
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.roles import Permission
from gatekeeper.store import proposals
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import investors as files
from gatekeeper.store.suitability import applications as store

PAGE = 30


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of applications under way, and whether it goes on."""

    rows: list[Any]
    has_more: bool


def listing(
    connection: Connection, caller: Caller, step: Step | None, after: tuple[datetime, str] | None, now: datetime
) -> Asked[Listed]:
    """The applications under way, the oldest first; at one step only if asked. The look is recorded."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    rows = store.listed_open(connection, step, after, PAGE + 1)
    data = {"page": "list", "step": step and step.value, "rows": len(rows[:PAGE])}
    event = caller.event(Kind.APPLICATION_VIEWED, now, person=None, investor=None, data=data)
    return Asked(Listed(rows[:PAGE], len(rows) > PAGE), (event,))


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One application with everything that whoever judges it looks at; ``can`` are the steps that may follow."""

    found: Examined
    steps: list[Any]
    attempts: list[Any]
    can: tuple[Step, ...]


def view(connection: Connection, caller: Caller, application: str, now: datetime) -> Asked[View]:
    """One application as the firm sees it; who looked is recorded. A draft is nobody's but its maker's."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    row = store.get(connection, application)
    if row is None or row.step is None:
        raise NotFound(NONE)
    shown = View(
        found=applying.examined(connection, row, row.applied_on, now),
        steps=store.steps(connection, row.id),
        attempts=store.attempts(connection, row.id),
        can=() if row.proposal_id else next_steps(row.investor_class, Step(row.step)),
    )
    event = caller.event(Kind.APPLICATION_VIEWED, now, person=None, investor=row.investor_id, data={"application": row.id})
    return Asked(shown, (event,))


def behind(connection: Connection, caller: Caller, proposal: str, now: datetime) -> Asked[Examined]:
    """The application of which a proposal was made, for whoever decides it; who looked is recorded."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    row = store.of_proposal(connection, proposal)
    if row is None:
        raise NotFound(NONE)
    event = caller.event(Kind.APPLICATION_VIEWED, now, person=None, investor=row.investor_id, data={"application": row.id})
    return Asked(applying.examined(connection, row, row.applied_on, now), (event,))


def check(connection: Connection, caller: Caller, application: str, reason: str, now: datetime, zone: ZoneInfo) -> str | None:
    """Say that the proofs bear out what is stated. Where that is all there is to check, propose it; return the proposal's id."""
    row, reason = _judged(connection, caller, application, reason, now)
    applying.refuse_unmet(applying.examined(connection, row, row.applied_on, now))
    event = applying.event(caller, Kind.APPLICATION_CHECKED, row, now, {}, reason=reason)
    applying.take(connection, caller, row, Step.PROOFS_CHECKED, append(connection, event), now, reasons=reason)
    if Step.APPROVED not in next_steps(row.investor_class, Step.PROOFS_CHECKED):
        return None
    return _propose(connection, caller, row, reason, now, zone)


def propose(connection: Connection, caller: Caller, application: str, reason: str, now: datetime, zone: ZoneInfo) -> str:
    """Propose what has gone the whole way before its approval; return the proposal's id."""
    row, reason = _judged(connection, caller, application, reason, now)
    if Step.APPROVED not in next_steps(row.investor_class, Step(row.step)):
        raise Conflict(N_("The application is not at this step."))
    return _propose(connection, caller, row, reason, now, zone)


def reject(connection: Connection, caller: Caller, application: str, reason: str, now: datetime) -> None:
    """Reject an application with the reasons, which the investor is told."""
    row, reason = _judged(connection, caller, application, reason, now)
    event = applying.event(caller, Kind.APPLICATION_REJECTED, row, now, {"step": row.step}, reason=reason)
    applying.end(connection, caller, row, Step.REJECTED, reason, append(connection, event), now)


def _judged(connection: Connection, caller: Caller, application: str, reason: str, now: datetime) -> tuple[Any, str]:
    """An application under way on which no proposal waits, and which this caller may judge; the reason, tidied."""
    row = applying.desk(connection, caller, application, now)
    applying.refuse_contact(connection, caller, row.investor_id, now)
    if row.step is None:
        raise NotFound(NONE)
    if row.proposal_id:
        raise Conflict(N_("This application is proposed already. Whoever decides the proposal decides the application."))
    if faults := faults_of(reason=reason):
        raise Invalid(*faults)
    return row, reason.strip()


def _propose(connection: Connection, caller: Caller, row: Any, reason: str, now: datetime, zone: ZoneInfo) -> str:
    found = applying.examined(connection, row, row.applied_on, now)
    applying.refuse_unmet(found)
    if found.now is None:
        raise Conflict(N_("No policy is in force."))
    before = valid_before(found.now.last_day, zone)
    if before <= now:
        raise Conflict(
            N_("The status would have lapsed on %(day)s already. Reject the application; a new one can be made."),
            day=found.now.last_day,
        )
    wanted = ClassChange(investor=row.investor_id, investor_class=row.investor_class, ground=row.ground, before=before)
    if lowers(files.current(connection, wanted, now)[1], wanted, now):
        raise Conflict(N_("The status on file is valid until a later day already."))
    code = next(each.code for each in store.steps(connection, row.id) if each.step == Step.APPLIED)
    whose = {"investor": row.investor_id}
    made = propose_change(connection, caller, "classification", [wanted], whose, reason, code, now)
    entry_id = proposals.get(connection, made.id).entry_id
    store.put_proposal(connection, proposal_id=made.id, application_id=row.id, entry_id=entry_id)
    return made.id
