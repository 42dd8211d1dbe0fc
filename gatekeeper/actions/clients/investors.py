"""The investor's file: creating investors and persons, and changing what is on file.

What lowers acts at once and by one person; what raises becomes a proposal for a second one. One request may do both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gatekeeper.ledger.acts.links import Issued, issue
from gatekeeper.ledger.acts.notify import put_in_force
from gatekeeper.ledger.acts.propose import propose
from gatekeeper.ledger.acts.second_person import refuse_concerned
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.changes import Change, Correction, InvestorChange, MandateChange, RoleChange, to_data
from gatekeeper.rules.changing.raising import split
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.parsing.checks import faults_of_all
from gatekeeper.rules.parsing.texts import faults_of, faults_of_login, faults_of_optional
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.risk import InvestorKind
from gatekeeper.rules.roles import Permission, Role
from gatekeeper.rules.suitability import Eligibility, eligibility
from gatekeeper.store import proposals
from gatekeeper.store.accounts import sessions
from gatekeeper.store.apply import apply
from gatekeeper.store.base import new_id
from gatekeeper.store.clients import declarations, investor_file
from gatekeeper.store.clients import investors as store
from gatekeeper.store.clients.declarations import Told
from gatekeeper.store.clients.investor_file import Step
from gatekeeper.store.messages import deliveries, notices
from gatekeeper.store.reading import access
from gatekeeper.store.suitability import applications, assessments

PAGE = 50
SHOWN = 10
"""How many of the newest assessments, applications and notices a file shows."""
_NUMBER_TAKEN = N_("There is already an investor with client number %(number)s.")
_MOVED = N_("Somebody has changed this file since you opened the form. Look at what is on file now, then send it again.")
_OTHER_CLIENT = N_("This is not the end of this client's number. Make sure that you have the right client.")
_LOGIN_TAKEN = N_("The login name %(login)s is taken.")


def create_investor(
    connection: Connection, caller: Caller, kind: InvestorKind, name: str, client_number: str, now: datetime
) -> str:
    """Write a new investor's identity, which permits nothing yet; return its id."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    if faults := faults_of(name=name, client_number=client_number):
        raise Invalid(*faults)
    name, client_number = name.strip(), client_number.strip()
    taken = Conflict(_NUMBER_TAKEN, field="client_number", number=client_number)
    if store.investor_by_number(connection, client_number):
        raise taken
    id_ = new_id()
    event = caller.event(Kind.INVESTOR_CREATED, now, person=None, investor=id_, data={"kind": kind.value})
    entry_id = append(connection, event)
    try:
        store.create_investor(
            connection, id=id_, kind=kind, name=name, client_number=client_number, created_at=now, entry_id=entry_id
        )
    except IntegrityError as error:
        raise taken from error
    return id_


def create_person(connection: Connection, caller: Caller, name: str, login: str, now: datetime) -> str:
    """Write a new person who may sign in as a client once a link was used, and act for nobody yet; return the id."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    if faults := faults_of(name=name) + faults_of_login(login):
        raise Invalid(*faults)
    name, login = name.strip(), login.strip().casefold()
    taken = Conflict(_LOGIN_TAKEN, field="login", login=login)
    if store.person_by_login(connection, login):
        raise taken
    id_ = new_id()
    entry_id = append(connection, caller.event(Kind.PERSON_CREATED, now, person=id_, data={"role": Role.CLIENT.value}))
    try:
        store.create_person(connection, id=id_, name=name, login=login, created_at=now, entry_id=entry_id)
    except IntegrityError as error:
        raise taken from error
    apply(connection, RoleChange(person=id_, role=Role.CLIENT), entry_id, now)
    return id_


@dataclass(frozen=True, slots=True)
class Delegate:
    """Who is to act for an investor: a new person with a name, or, without one, the person who has this login name."""

    name: str
    login: str
    capacity: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """That a form is about whom its sender means: the end of the client number, and the file as it was seen (``File.seen``)."""

    last_four: str
    seen: str


@dataclass(frozen=True, slots=True)
class Changed:
    """What a request to change did: what acts already, what waits under which proposal, and the entries' codes."""

    lowered: tuple[Change, ...]
    raised: tuple[Change, ...]
    proposal: str | None
    codes: tuple[str, ...]


def change(
    connection: Connection,
    caller: Caller,
    investor: str,
    wanted: Sequence[InvestorChange],
    reason: str,
    evidence: str,
    now: datetime,
    *,
    delegate: Delegate | None = None,
    confirmed: Confirmation | None = None,
) -> Changed:
    """Change an investor's file: what lowers acts now, what raises is proposed to a second person."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    if not store.lock_investor(connection, investor) or any(each.investor != investor for each in wanted):
        raise NotFound(N_("There is no such investor."))
    refuse_concerned(connection, caller, investor, wanted, now)
    faults = faults_of(reason=reason, evidence=evidence) + faults_of_all(list(wanted), now) + _persons(connection, wanted, now)
    faults += _faults_of_delegate(connection, delegate, now) + _faults_of_confirmation(connection, investor, confirmed)
    if faults:
        raise Invalid(*faults)
    if delegate is not None:
        person = _person_of(connection, caller, delegate, now)
        wanted = [*wanted, MandateChange(investor=investor, person=person, capacity=delegate.capacity.strip())]
    lowered, raised = _split(connection, wanted, now)
    if confirmed is not None and confirmed.seen != investor_file.state(connection, investor, now):
        raise Conflict(_MOVED)
    private = {"reason": reason, "evidence": evidence}
    codes = []
    if lowered:
        codes.append(_lower(connection, caller, investor, lowered, private, now))
    proposal = None
    if raised:
        proposed = propose(connection, caller, "classification", raised, {"investor": investor}, reason, evidence, now)
        proposal = proposed.id
        codes.append(proposed.code)
    return Changed(lowered, raised, proposal, tuple(codes))


def issue_link(connection: Connection, caller: Caller, person: str, token_hash: bytes, now: datetime) -> Issued:
    """Issue a one-time link by which a client sets a password. Staff links come of an approved staff proposal alone."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    account = sessions.account_of(connection, person, now)
    if account is None or account.role is not Role.CLIENT:
        raise NotFound(N_("There is no such client."))
    return issue(connection, caller, person, token_hash, now)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal about a file that waits: each change beside what it would replace; a correction as what would apply again."""

    proposal: Any
    changes: tuple[tuple[Change | None, Change], ...]
    corrects: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Everything on file about one investor, for staff, and what follows from it now.

    ``accounts`` are those of the persons who act for the investor, ``names`` those of everybody the file speaks of, by id.
    ``seen`` stands for what classifies the investor now: a form sends it back. ``deliveries`` are those of each notice.
    """

    overview: Any
    eligibility: Eligibility
    policy: Policy | None
    mandates: list[Any]
    accounts: dict[str, Any]
    history: list[Step]
    waiting: list[Waiting]
    names: dict[str, str]
    seen: str
    declared: list[Told]
    assessments: list[Any]
    applications: list[Any]
    notices: list[Any]
    deliveries: dict[str, list[Any]]


def view(connection: Connection, caller: Caller, investor: str, now: datetime) -> Asked[File]:
    """Look at one investor's file; who looked is recorded."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    overview = store.overview(connection, investor, now)
    if overview is None:
        raise NotFound(N_("There is no such investor."))
    policy = access.current_policy(connection, now)
    waiting = [_waiting(connection, row, now) for row in proposals.about(connection, investor=investor)]
    history = investor_file.history(connection, investor)
    mandates = store.mandates_of(connection, now, investor=investor)
    told = notices.of_investor(connection, investor, SHOWN)
    file = File(
        overview=overview,
        eligibility=eligibility(investor_file.facts(overview), policy[1] if policy else None, now),
        policy=policy[1] if policy else None,
        mandates=mandates,
        accounts=investor_file.accounts(connection, [row.person_id for row in mandates], now),
        history=history,
        waiting=waiting,
        names=store.names(connection, sorted(_named(history, waiting))),
        seen=investor_file.state(connection, investor, now),
        declared=declarations.told(connection, declarations.of_investor(connection, investor, SHOWN)),
        assessments=assessments.of_investor(connection, investor, SHOWN),
        applications=[each for each in applications.of_investor(connection, investor, SHOWN) if each.step],
        notices=told,
        deliveries=deliveries.of_notices(connection, [row.id for row in told]),
    )
    return Asked(file, (caller.event(Kind.INVESTOR_VIEWED, now, person=None, investor=investor),))


def _waiting(connection: Connection, proposal: Any, now: datetime) -> Waiting:
    wanted = proposals.changes_of(proposal)
    pairs = ((store.current(connection, each, now)[1], each, store.stated(connection, each)) for each in wanted)
    return Waiting(proposal, tuple((old, after or each) for old, each, after in pairs), any(map(_corrects, wanted)))


def _corrects(wanted: Change) -> bool:
    return isinstance(wanted, Correction)


def _named(history: list[Step], waiting: list[Waiting]) -> set[str]:
    changes = [change for step in history for change in (*step.changes, *step.corrected)]
    changes += [change for each in waiting for _, change in each.changes]
    actors = {step.written.actor.removeprefix("person:") for step in history if step.written.actor.startswith("person:")}
    proposers = {step.written.proposed_by for step in history if step.written.proposed_by}
    proposers |= {each.proposal.proposed_by for each in waiting}
    return actors | proposers | {each.person for each in changes if isinstance(each, MandateChange | RoleChange)}


def _faults_of_confirmation(connection: Connection, investor: str, confirmed: Confirmation | None) -> list[Fault]:
    if confirmed is None:
        return []
    typed, number = confirmed.last_four.strip().casefold(), store.investor(connection, investor).client_number.casefold()
    if not typed:
        return [Fault(N_("Please type the last four characters of the client number from your document."), field="last_four")]
    return [] if typed == number[-4:] else [Fault(_OTHER_CLIENT, field="last_four")]


def _persons(connection: Connection, wanted: Sequence[InvestorChange], now: datetime) -> list[Fault]:
    """What keeps the persons who are to act for an investor from it."""
    persons = [each.person for each in wanted if isinstance(each, MandateChange) and each.live]
    accounts = investor_file.accounts(connection, persons, now)
    return [fault for person in persons for fault in _faults_of_account(accounts.get(person))]


def _faults_of_account(account: Any) -> list[Fault]:
    if account is None:
        return [Fault(N_("There is no such person."), field="login")]
    if account.role is not Role.CLIENT:
        return [Fault(N_("%(name)s is staff here and cannot act for an investor."), field="login", name=account.name)]
    return []


def _faults_of_delegate(connection: Connection, delegate: Delegate | None, now: datetime) -> list[Fault]:
    if delegate is None:
        return []
    faults = faults_of(capacity=delegate.capacity) + faults_of_login(delegate.login) + faults_of_optional(name=delegate.name)
    if faults:
        return faults
    person = store.person_by_login(connection, delegate.login.strip())
    if person is None and not delegate.name.strip():
        return [Fault(N_("No person has this login name. For a new person, give the name too."), field="login")]
    if person is not None and delegate.name.strip() not in ("", person.name):
        return [Fault(_LOGIN_TAKEN, field="login", login=person.login)]
    return _faults_of_account(investor_file.accounts(connection, [person.id], now).get(person.id)) if person else []


def _person_of(connection: Connection, caller: Caller, delegate: Delegate, now: datetime) -> str:
    person = store.person_by_login(connection, delegate.login.strip())
    return person.id if person else create_person(connection, caller, delegate.name, delegate.login, now)


def _split(
    connection: Connection, wanted: Sequence[InvestorChange], now: datetime
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    parts = []
    for each in wanted:
        old = store.current(connection, each, now)[1]
        if isinstance(each, MandateChange) and not each.live and isinstance(old, MandateChange):
            parts.append(split(old, replace(each, capacity=old.capacity), now))
        else:
            parts.append(split(old, each, now))
    lowered = tuple(lower for lower, _ in parts if lower is not None)
    raised = tuple(higher for _, higher in parts if higher is not None)
    if not lowered and not raised:
        raise Conflict(N_("This is on file already; nothing was changed."))
    return lowered, raised


def _lower(
    connection: Connection,
    caller: Caller,
    investor: str,
    lowered: Sequence[Change],
    private: dict[str, str],
    now: datetime,
) -> str:
    """Let what lowers act at once; return the entry's code."""
    data = {"changes": [to_data(each) for each in lowered]}
    event = caller.event(Kind.CLASSIFICATION_LOWERED, now, person=None, investor=investor, data=data, private=private)
    entry_id = append(connection, event)
    put_in_force(connection, lowered, entry_id, now)
    for each in lowered:
        if isinstance(each, MandateChange) and not each.live:
            sessions.end(connection, now, person=each.person)
    return event.code
