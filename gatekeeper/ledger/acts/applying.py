"""What the acts on an application for professional status have in common: whose it is, what the rules find, taking its steps.

1. A client works on applications of the investor for whom he acts, a colleague on those that he began: neither on the other's.
2. Nothing about the investor changes before a second person approves. The approval is refused where the policy in force then
   finds the needs not met.
3. How an application ends is told at once, with the reasons: the step that ends it is followed by the one that tells.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gatekeeper.ledger.acts import acting
from gatekeeper.ledger.acts.notify import tell_rejection
from gatekeeper.ledger.acts.second_person import refuse_concerned
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Event
from gatekeeper.rules.assessing.conversion import Step, advance
from gatekeeper.rules.changing.stating import from_data
from gatekeeper.rules.errors import N_, Conflict, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.professional import Application, Evidence, Verdict, examine, income_years
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import contacts
from gatekeeper.store.clients import investors as files
from gatekeeper.store.reading import access
from gatekeeper.store.suitability import applications as store

NONE = N_("There is no such application.")
_NOT_DRAFT = N_("There is no application to go on with. Please begin a new one.")
_OTHERS = N_("This application was begun by somebody else, so only they can go on with it.")
_UNMET = N_("Under the policy in force the needs are not met, so this application can only be rejected.")


def draft(connection: Connection, caller: Caller, application: str | None, now: datetime) -> Any:
    """The application that the caller is filling in: a client the investor's own, a colleague the one with this id."""
    if application is None:
        row = store.of_client(connection, acting.investor_of(connection, caller, now).id)
        if row is None or row.step is not None:
            raise Conflict(_NOT_DRAFT)
        return row
    row = desk(connection, caller, application, now)
    if not row.by_staff or row.person_id != caller.person:
        raise NotPermitted(_OTHERS)
    if row.step is not None:
        raise Conflict(_NOT_DRAFT)
    return row


def desk(connection: Connection, caller: Caller, application: str, now: datetime) -> Any:
    """An application as a colleague acts on it, held until the transaction ends: never that of an investor for whom he acts."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    row = store.get(connection, application)
    if row is None:
        raise NotFound(NONE)
    refuse_concerned(connection, caller, row.investor_id, (), now)
    files.lock_investor(connection, row.investor_id)
    return store.get(connection, application)


def refuse_contact(connection: Connection, caller: Caller, investor: str, now: datetime) -> None:
    """Whoever the investor turns to does not judge its application (Measures, Art. 29)."""
    if contacts.contact_of(connection, caller.person or "", [investor], now):
        raise NotPermitted(N_("You are this investor's contact, so others must judge the application."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What an application states, its evidence, and what the rules find: by the policy when it was handed in, and by today's.

    ``then`` is None before it is handed in. A verdict is None where a policy has no terms; ``problem`` says so of today's.
    ``years`` are those of which an individual's income counts.
    """

    row: Any
    stated: Application
    files: list[Any]
    given: frozenset[Evidence]
    then: Verdict | None
    now: Verdict | None
    problem: Conflict | None
    years: tuple[int, ...]

    @property
    def lacking(self) -> tuple[tuple[Evidence, ...], ...]:
        """The evidence of which nothing was handed in."""
        return self.now.lacking(self.given) if self.now else ()

    @property
    def is_met(self) -> bool:
        """Whether the needs are met by the policy in force now, with all evidence there."""
        return self.now is not None and self.now.met and not self.lacking


def examined(connection: Connection, row: Any, today: date, now: datetime) -> Examined:
    """Examine an application; ``today`` is the firm's day, which counts until it is handed in."""
    stated = from_data(store.stated(connection, row.id), row.kind, row.ground, row.applied_on or today)
    found, before = store.evidence(connection, row.id), access.policy_of(connection, row.policy_id) if row.policy_id else None
    current = access.current_policy(connection, now)
    verdict, problem = _verdict(stated, current[1] if current else None)
    return Examined(
        row=row,
        stated=stated,
        files=found,
        given=store.kinds_of(found),
        then=_verdict(stated, before)[0],
        now=verdict,
        problem=problem,
        years=income_years(row.ground, stated.applied, current[1]) if current else (),
    )


def _verdict(stated: Application, policy: Policy | None) -> tuple[Verdict | None, Conflict | None]:
    if policy is None:
        return None, Conflict(N_("No policy is in force."))
    try:
        return examine(stated, policy), None
    except Conflict as error:
        return None, error


def event(caller: Caller, kind: Kind, row: Any, now: datetime, data: dict[str, Any], **private: str) -> Event:
    """An event about an application. A colleague is not the person whom it concerns."""
    person = caller.person if caller.investor == row.investor_id else None
    whose = {"person": person, "investor": row.investor_id}
    return caller.event(kind, now, data={"application": row.id, **data}, private=private, **whose)


def take(
    connection: Connection,
    caller: Caller,
    row: Any,
    step: Step,
    entry_id: int,
    now: datetime,
    *,
    reasons: str = "",
    words: str | None = None,
) -> None:
    """Take the next step of an application; ``Conflict`` where another one must come first."""
    advance(row.investor_class, Step(row.step), step)
    _put(connection, caller, row, step, entry_id, now, reasons=reasons, words_sha256=words)


def begin_steps(connection: Connection, caller: Caller, row: Any, policy: int, today: date, entry_id: int, now: datetime) -> None:
    """Take the first step: the application is handed in on this day, under this policy."""
    _put(connection, caller, row, Step.APPLIED, entry_id, now, policy_id=policy, applied_on=today)


def end(connection: Connection, caller: Caller, row: Any, step: Step, reasons: str, entry_id: int, now: datetime) -> None:
    """Approve or reject an application, and tell it."""
    take(connection, caller, row, step, entry_id, now, reasons=reasons)
    _put(connection, caller, row, Step.NOTIFIED, entry_id, now)
    if step is Step.REJECTED:
        tell_rejection(connection, row.investor_id, row.id, entry_id, now)


def _put(connection: Connection, caller: Caller, row: Any, step: Step, entry_id: int, now: datetime, **columns: Any) -> None:
    columns = {"reasons": "", **columns}
    whose = {"application_id": row.id, "person_id": caller.person, "at": now, "entry_id": entry_id}
    try:
        store.put_step(connection, step=step.value, **whose, **columns)
    except IntegrityError as error:
        raise Conflict(N_("The application is not at this step.")) from error


def decided(connection: Connection, caller: Caller, proposal: Any, state: str, reason: str, entry_id: int, now: datetime) -> None:
    """End the application of which a proposal was made, where it was approved or rejected."""
    ending = {"APPROVED": Step.APPROVED, "REJECTED": Step.REJECTED}.get(state)
    row = store.of_proposal(connection, proposal.id) if ending and proposal.kind == "classification" else None
    if ending is None or row is None:
        return
    if ending is Step.APPROVED and not examined(connection, row, row.applied_on, now).is_met:
        raise Conflict(_UNMET)
    end(connection, caller, row, ending, reason, entry_id, now)


def refuse_unmet(found: Examined) -> None:
    """Refuse to go on with an application that the policy in force does not find met."""
    if found.problem:
        raise found.problem
    if not found.is_met:
        raise Conflict(_UNMET)
