"""Staff: the first two of them, proposing others, suspending."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.propose import Proposed, propose
from gatekeeper.ledger.record import append
from gatekeeper.rules.changes import RoleChange, split, to_data
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Grant, Permission, Role
from gatekeeper.store import investors, sessions
from gatekeeper.store.apply import apply
from gatekeeper.store.base import new_id


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
    if admin.login.casefold() == compliance.login.casefold():
        raise Invalid(Fault(N_("The two must be two people with two login names."), field="login"))
    roles = ((admin, Role.ADMIN, (Grant.STAFF,)), (compliance, Role.COMPLIANCE, ()))
    for staff, role, grants in roles:
        id_ = _create(connection, caller, staff.name, staff.login, Kind.STAFF_BOOTSTRAPPED, now)
        sessions.set_password(connection, id_[0], staff.password_hash)
        apply(connection, RoleChange(person=id_[0], role=role, grants=grants), id_[1], now)


def propose_staff(
    connection: Connection,
    caller: Caller,
    name: str,
    login: str,
    role: Role,
    grants: tuple[Grant, ...],
    reason: str,
    now: datetime,
) -> Proposed:
    """Propose a new staff member, or other grants for one; compliance approves."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_STAFF, now)
    _check(name=name, login=login, reason=reason)
    if role in (Role.CLIENT, Role.SERVICE):
        raise Invalid(Fault(N_("This is not a staff role."), field="role"))
    existing = investors.person_by_login(connection, login)
    if existing is None:
        person, _ = _create(connection, caller, name, login, Kind.PERSON_CREATED, now)
    else:
        person = existing.id
        account = sessions.account_of(connection, person, now)
        if account is not None and account.role is Role.CLIENT:
            raise Conflict(N_("%(login)s is a client; a person has one role."), login=login)
    if person == caller.person:
        raise NotPermitted(N_("Nobody proposes grants for himself."))
    wanted = RoleChange(person=person, role=role, grants=tuple(sorted(grants)) if role is Role.ADMIN else ())
    _, old = investors.current(connection, wanted, now)
    if split(old, wanted, now)[1] is None:
        raise Conflict(N_("This is on file already; nothing was changed."))
    return propose(connection, caller, "staff", [wanted], {"person": person}, reason, "", now)


def suspend(connection: Connection, caller: Caller, person: str, reason: str, now: datetime) -> str:
    """Suspend a person at once and end every session of theirs; return the entry's code."""
    account = sessions.account_of(connection, person, now)
    if account is None:
        raise NotFound(N_("There is no such person, or the person is suspended already."))
    needed = Permission.CHANGE_INVESTORS if account.role is Role.CLIENT else Permission.CHANGE_STAFF
    sessions.require(connection, caller.person, caller.session, needed, now)
    _check(reason=reason)
    if person == caller.person:
        raise NotPermitted(N_("Nobody suspends himself."))
    _refuse_last(connection, account.role, account.grants, now)
    change = RoleChange(person=person, role=account.role, grants=account.grants, live=False)
    event = caller.event(
        Kind.PERSON_SUSPENDED, now, person=person, data={"changes": [to_data(change)]}, private={"reason": reason}
    )
    entry_id = append(connection, event)
    apply(connection, change, entry_id, now)
    sessions.end(connection, now, person=person)
    return event.code


def _refuse_last(connection: Connection, role: Role, grants: tuple[Grant, ...], now: datetime) -> None:
    """The last holder of a grant, and the last compliance officer, cannot be removed."""
    live = [row for row in investors.staff(connection, now) if row.live]
    held: list[str] = [grant for row in live for grant in row.grants.split()]
    last = [grant for grant in grants if held.count(grant) == 1]
    if role is Role.COMPLIANCE and sum(row.role is Role.COMPLIANCE for row in live) == 1:
        last = [Role.COMPLIANCE.value]
    if last:
        raise Conflict(N_("This is the last person with %(grants)s; give it to another person first."), grants=", ".join(last))


def _create(connection: Connection, caller: Caller, name: str, login: str, kind: Kind, now: datetime) -> tuple[str, int]:
    if investors.person_by_login(connection, login):
        raise Conflict(N_("The login name %(login)s is taken."), login=login)
    id_ = new_id()
    entry_id = append(connection, caller.event(kind, now, person=id_))
    investors.create_person(
        connection, id=id_, name=name.strip(), login=login.strip().casefold(), created_at=now, entry_id=entry_id
    )
    return id_, entry_id


def _check(**texts: str) -> None:
    faults = [Fault(N_("Please fill in this field."), field=field) for field, text in texts.items() if not text.strip()]
    if faults:
        raise Invalid(*faults)
