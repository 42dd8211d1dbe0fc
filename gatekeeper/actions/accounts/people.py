"""Staff: the first two of them, proposing others, suspending; and clients who come back after a suspension."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gatekeeper.ledger.acts.propose import Proposed, propose
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.changes import ResetChange, RoleChange, from_data, to_data
from gatekeeper.rules.changing.raising import split
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.parsing.texts import faults_of, faults_of_login
from gatekeeper.rules.roles import Grant, Permission, Role
from gatekeeper.store import proposals
from gatekeeper.store.accounts import links, sessions
from gatekeeper.store.apply import apply
from gatekeeper.store.base import new_id
from gatekeeper.store.clients import investors

MOST_WAITING = 100
LONGEST = timedelta(days=3660)
INSPECTION = timedelta(days=91)
"""The longest that an inspector has access: ninety days and what is left of today."""


@dataclass(frozen=True, slots=True)
class NewStaff:
    """One of the first two staff members, with a password hash made by the door."""

    name: str
    login: str
    password_hash: str


def bootstrap(connection: Connection, caller: Caller, admin: NewStaff, compliance: NewStaff, now: datetime) -> None:
    """Create the first staff admin and the first compliance officer; only while there is no staff at all."""
    if investors.has_staff(connection):
        raise Conflict(N_("There is staff already; more are proposed by a staff admin and approved by compliance."))
    faults = [fault for each in (admin, compliance) for fault in faults_of(name=each.name) + faults_of_login(each.login)]
    if faults:
        raise Invalid(*faults)
    if admin.login.casefold() == compliance.login.casefold():
        raise Invalid(Fault(N_("The two must be two people with two login names."), field="login"))
    roles = ((admin, Role.ADMIN, (Grant.STAFF,)), (compliance, Role.COMPLIANCE, ()))
    for staff, role, grants in roles:
        id_ = _create(connection, caller, staff.name, staff.login, Kind.STAFF_BOOTSTRAPPED, now)
        sessions.set_password(connection, id_[0], staff.password_hash)
        apply(connection, RoleChange(person=id_[0], role=role, grants=grants), id_[1], now)


@dataclass(frozen=True, slots=True)
class Staffed:
    """What came of a wish about a staff member: what acts already, and the proposal that waits; ``code`` is its entry's."""

    id: str | None
    code: str
    lowered: RoleChange | None
    raised: RoleChange | None


def propose_staff(
    connection: Connection,
    caller: Caller,
    name: str,
    login: str,
    role: Role,
    grants: tuple[Grant, ...],
    reason: str,
    now: datetime,
    *,
    before: datetime | None = None,
) -> Staffed:
    """Propose a new staff member, or another role or other grants for one; what only takes away acts at once."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_STAFF, now)
    faults = faults_of(name=name, reason=reason) + faults_of_login(login) + _faults_of_role(role, grants, before, now)
    if faults:
        raise Invalid(*faults)
    person = _staff_person(connection, caller, name.strip(), login.strip().casefold(), now)
    if person == caller.person:
        raise NotPermitted(N_("Nobody proposes grants for himself."))
    investors.lock_staff(connection, person)
    wanted = RoleChange(person=person, role=role, grants=tuple(sorted(set(grants))) if role is Role.ADMIN else (), before=before)
    _, old = investors.current(connection, wanted, now)
    if isinstance(old, RoleChange) and old.role is Role.CLIENT:
        raise Conflict(N_("%(login)s is a client; a person has one role."), field="login", login=login.strip())
    lowered, raised = split(old, wanted, now)
    if lowered is None and raised is None:
        raise Conflict(N_("This is on file already; nothing was changed."))
    code = _lower(connection, caller, lowered, reason, now) if isinstance(lowered, RoleChange) else ""
    proposed = propose(connection, caller, "staff", [raised], {"person": person}, reason, "", now) if raised else None
    return Staffed(
        proposed.id if proposed else None,
        proposed.code if proposed else code,
        lowered if isinstance(lowered, RoleChange) else None,
        raised if isinstance(raised, RoleChange) else None,
    )


def suspend(connection: Connection, caller: Caller, person: str, reason: str, now: datetime) -> str:
    """Suspend a person at once and end every session of theirs; return the entry's code."""
    account = sessions.account_of(connection, person, now)
    if account is None:
        raise NotFound(N_("There is no such person, or the person is suspended already."))
    needed = Permission.CHANGE_INVESTORS if account.role is Role.CLIENT else Permission.CHANGE_STAFF
    sessions.require(connection, caller.person, caller.session, needed, now)
    if faults := faults_of(reason=reason):
        raise Invalid(*faults)
    if person == caller.person:
        raise NotPermitted(N_("Nobody suspends himself."))
    change = RoleChange(person=person, role=account.role, grants=account.grants, live=False)
    event = caller.event(
        Kind.PERSON_SUSPENDED, now, person=person, data={"changes": [to_data(change)]}, private={"reason": reason}
    )
    entry_id = append(connection, event)
    apply(connection, change, entry_id, now)
    sessions.end(connection, now, person=person)
    links.end(connection, person, now)
    return event.code


def propose_reset(connection: Connection, caller: Caller, person: str, reason: str, now: datetime) -> Proposed:
    """Propose that a staff member sets a new password by a one-time link, which goes to whoever approves it."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_STAFF, now)
    if faults := faults_of(reason=reason):
        raise Invalid(*faults)
    account = sessions.account_of(connection, person, now)
    if account is None or account.role is Role.CLIENT:
        raise NotFound(N_("There is no such staff member, or the account is suspended."))
    if person == caller.person:
        raise NotPermitted(
            N_("Nobody proposes a link for himself. Another staff admin can, or you change your password yourself.")
        )
    investors.lock_staff(connection, person)
    return propose(connection, caller, "staff", [ResetChange(person=person)], {"person": person}, reason, "", now)


def reactivate(connection: Connection, caller: Caller, investor: str, person: str, reason: str, now: datetime) -> Proposed:
    """Propose that a suspended client who acts for an investor may sign in again; a second person decides."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    if faults := faults_of(reason=reason):
        raise Invalid(*faults)
    if person not in {row.person_id for row in investors.mandates_of(connection, now, investor=investor)}:
        raise NotFound(N_("There is no such client."))
    wanted = RoleChange(person=person, role=Role.CLIENT)
    _, old = investors.current(connection, wanted, now)
    if not isinstance(old, RoleChange) or old.role is not Role.CLIENT:
        raise NotFound(N_("There is no such client."))
    if split(old, wanted, now) == (None, None):
        raise Conflict(N_("This is on file already; nothing was changed."))
    subject = {"person": person, "investor": investor}
    return propose(connection, caller, "classification", [wanted], subject, reason, "", now)


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody with a staff role, the changes that wait about them, and the names that these speak of."""

    members: list[Any]
    waiting: list[tuple[Any, RoleChange | ResetChange]]
    names: dict[str, str]


def staff(connection: Connection, now: datetime) -> Staff:
    """Who may do what here, and what waits for compliance."""
    rows = proposals.listed(connection, ["staff"], waiting=True, after=None, limit=MOST_WAITING)
    changes = [(row, change) for row in rows for change in map(from_data, json.loads(row.payload))]
    waiting = [(row, change) for row, change in changes if isinstance(change, RoleChange | ResetChange)]
    persons = {change.person for _, change in waiting} | {row.proposed_by for row in rows}
    return Staff(investors.staff(connection, now), waiting, investors.names(connection, sorted(persons)))


def _staff_person(connection: Connection, caller: Caller, name: str, login: str, now: datetime) -> str:
    existing = investors.person_by_login(connection, login)
    if existing is None:
        return _create(connection, caller, name, login, Kind.PERSON_CREATED, now)[0]
    if existing.name != name:
        raise Conflict(N_("The login name %(login)s belongs to %(name)s."), field="login", login=login, name=existing.name)
    return str(existing.id)


def _faults_of_role(role: Role, grants: tuple[Grant, ...], before: datetime | None, now: datetime) -> list[Fault]:
    faults = []
    if role in (Role.CLIENT, Role.SERVICE):
        faults.append(Fault(N_("This is not a staff role."), field="role"))
    if role is Role.ADMIN and not grants:
        faults.append(Fault(N_("An admin needs at least one grant."), field="grants"))
    if role is Role.INSPECTOR and before is None:
        faults.append(Fault(N_("An inspector's access needs a last day."), field="last_day"))
    if before is not None and before <= now:
        faults.append(Fault(N_("The last day must not lie in the past."), field="last_day"))
    elif role is Role.INSPECTOR and before is not None and before - now > INSPECTION:
        faults.append(Fault(N_("An inspector's access lasts 90 days at most."), field="last_day"))
    elif before is not None and before - now > LONGEST:
        faults.append(Fault(N_("This day lies more than ten years ahead."), field="last_day"))
    return faults


def _lower(connection: Connection, caller: Caller, lowered: RoleChange, reason: str, now: datetime) -> str:
    """Take away at once; the sessions end, for their lifetimes are those of the role. Return the entry's code."""
    data = {"changes": [to_data(lowered)]}
    event = caller.event(Kind.STAFF_LOWERED, now, person=lowered.person, data=data, private={"reason": reason})
    apply(connection, lowered, append(connection, event), now)
    sessions.end(connection, now, person=lowered.person)
    return event.code


def _create(connection: Connection, caller: Caller, name: str, login: str, kind: Kind, now: datetime) -> tuple[str, int]:
    taken = Conflict(N_("The login name %(login)s is taken."), field="login", login=login)
    if investors.person_by_login(connection, login):
        raise taken
    id_ = new_id()
    entry_id = append(connection, caller.event(kind, now, person=id_))
    try:
        investors.create_person(
            connection, id=id_, name=name.strip(), login=login.strip().casefold(), created_at=now, entry_id=entry_id
        )
    except IntegrityError as error:
        raise taken from error
    return id_, entry_id
