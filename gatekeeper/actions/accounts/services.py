"""Service accounts: putting one on file, changing what it may, its tokens; and proving whose token a call bears.

An account may do what two people have let it do. One of them narrows it, suspends it or revokes a token alone, at once.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gatekeeper.ledger.acts.propose import propose
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.accounts.service_accounts import MOST_TOKENS, faults_of_account, faults_of_scope
from gatekeeper.rules.changes import ServiceChange, to_data
from gatekeeper.rules.changing.raising import split
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.parsing.texts import faults_of
from gatekeeper.rules.roles import Permission
from gatekeeper.store import proposals
from gatekeeper.store.accounts import attempts, services, sessions
from gatekeeper.store.accounts.attempts import Attempt
from gatekeeper.store.accounts.services import Token
from gatekeeper.store.apply import apply
from gatekeeper.store.base import new_id
from gatekeeper.store.clients import investors

MOST_WAITING = 100
_NONE = N_("There is no such service account.")
_NO_TOKEN = N_("There is no such token, or it has ended already.")


@dataclass(frozen=True, slots=True)
class Account:
    """A service account as people see it: its row, what it may, its tokens, newest first, and what waits about it.

    ``scope`` is None before anything was approved. ``waiting`` are proposals, each with its change.
    """

    row: Any
    scope: ServiceChange | None
    tokens: list[Token]
    waiting: list[tuple[Any, ServiceChange]]

    @property
    def is_live(self) -> bool:
        """Whether its tokens open anything."""
        return self.scope is not None and self.scope.live


@dataclass(frozen=True, slots=True)
class Overview:
    """Service accounts, and the names of accounts and people that they speak of."""

    accounts: list[Account]
    names: dict[str, str]


def overview(connection: Connection, now: datetime) -> Overview:
    """Every service account, by name."""
    return _told(connection, services.every(connection), now)


def view(connection: Connection, service: str, now: datetime) -> Overview:
    """One service account."""
    row = services.get(connection, service)
    if row is None:
        raise NotFound(_NONE)
    return _told(connection, [row], now)


def _told(connection: Connection, rows: list[Any], now: datetime) -> Overview:
    ids = [row.id for row in rows]
    scopes = services.scopes(connection, now)
    waiting = proposals.listed(connection, ["service"], waiting=True, after=None, limit=MOST_WAITING)
    wanted = [(row, each) for row in waiting for each in proposals.changes_of(row) if isinstance(each, ServiceChange)]
    tokens = services.tokens(connection, ids)
    accounts = [
        Account(
            row=row,
            scope=services.stated(scopes[row.id]) if row.id in scopes else None,
            tokens=[each for each in tokens if each.client == row.id],
            waiting=[(proposal, each) for proposal, each in wanted if each.service == row.id],
        )
        for row in rows
    ]
    people = {row.proposed_by for row in waiting} | {each.made_by for each in tokens}
    return Overview(accounts, investors.names(connection, sorted(people)) | {row.id: row.name for row in rows})


@dataclass(frozen=True, slots=True)
class Changed:
    """What came of a wish: whose account, what acts already, the proposal that waits, and the code of the last entry."""

    service: str
    proposal: str | None
    code: str
    lowered: bool = False


def create(
    connection: Connection, caller: Caller, name: str, purpose: str, wanted: ServiceChange, reason: str, now: datetime
) -> Changed:
    """Put a service account on file and propose what it may do; ``wanted`` names no account yet."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_SERVICES, now)
    if faults := faults_of_account(name, purpose) + faults_of_scope(wanted) + faults_of(reason=reason):
        raise Invalid(*faults)
    name = " ".join(name.split())
    taken = Conflict(N_("There is a service account “%(name)s” already."), field="name", name=name)
    if services.by_name(connection, name):
        raise taken
    id_ = new_id()
    private = {"name": name, "purpose": purpose.strip()}
    entry_id = append(connection, caller.event(Kind.SERVICE_CREATED, now, person=None, data={"service": id_}, private=private))
    try:
        services.create(connection, id=id_, created_at=now, entry_id=entry_id, **private)
    except IntegrityError as error:
        raise taken from error
    changes = [replace(wanted, service=id_)]
    proposed = propose(connection, caller, "service", changes, {}, reason, "", now)
    return Changed(id_, proposed.id, proposed.code)


def change(connection: Connection, caller: Caller, wanted: ServiceChange, reason: str, now: datetime) -> Changed:
    """Change what a service account may do: what narrows it acts at once, what widens it waits for a second person."""
    account = _held(connection, caller, wanted.service, now)
    if faults := faults_of_scope(wanted) + faults_of(reason=reason):
        raise Invalid(*faults)
    row = services.current(connection, account.id, now)
    lowered, raised = split(services.stated(row) if row else None, wanted, now)
    if lowered is None and raised is None:
        raise Conflict(N_("This is on file already; nothing was changed."))
    code = ""
    if isinstance(lowered, ServiceChange):
        code = _put(connection, caller, Kind.SERVICE_LOWERED, lowered, reason, now)
    if raised is None:
        return Changed(account.id, None, code, lowered=True)
    proposed = propose(connection, caller, "service", [raised], {}, reason, "", now)
    return Changed(account.id, proposed.id, proposed.code, lowered=lowered is not None)


def suspend(connection: Connection, caller: Caller, service: str, reason: str, now: datetime) -> str:
    """Suspend a service account at once: its tokens open nothing until two people let it go on. Return the entry's code."""
    account = _held(connection, caller, service, now)
    if faults := faults_of(reason=reason):
        raise Invalid(*faults)
    row = services.current(connection, account.id, now)
    if row is None or not row.live:
        raise Conflict(N_("This account is suspended already, or was never approved."))
    stopped = replace(services.stated(row), live=False)
    return _put(connection, caller, Kind.SERVICE_SUSPENDED, stopped, reason, now)


def _put(connection: Connection, caller: Caller, kind: Kind, stated: ServiceChange, reason: str, now: datetime) -> str:
    """Let a change take effect; return the entry's code."""
    data = {"service": stated.service, "changes": [to_data(stated)]}
    event = caller.event(kind, now, person=None, data=data, private={"reason": reason})
    apply(connection, stated, append(connection, event), now)
    return event.code


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token that the door has made: its hash, the characters that are kept to know it again, and when its last day ends.

    ``after`` is the newest token that whoever asks has seen: a form that is sent twice makes one token. The older token ends at
    ``old_ends_at``; None lets it go on until its own end.
    """

    token_hash: bytes
    shown: str
    after: int
    old_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A token that now is: until when it is good, and the entry's code."""

    ends_at: datetime
    code: str


def make_token(connection: Connection, caller: Caller, service: str, new: NewToken, now: datetime) -> Made:
    """Make a token of an approved account; the older one may end with it, at once or at a later instant."""
    account = _held(connection, caller, service, now)
    row = services.current(connection, account.id, now)
    if row is None or not row.live:
        raise Conflict(N_("A token can be made once the account is approved, and while it is not suspended."))
    found = services.tokens(connection, [account.id])
    if new.after != (found[0].id if found else 0):
        raise Conflict(N_("A token was made meanwhile. It is shown once only; look at the account before you make another."))
    live = [each for each in found if each.is_live(now)]
    ends_at = now + timedelta(days=row.token_days)
    cut = [each for each in live if new.old_ends_at is not None and new.old_ends_at < each.ends_at]
    if new.old_ends_at is not None and new.old_ends_at < now:
        raise Invalid(Fault(N_("This day lies in the past."), field="old_ends"))
    staying = [each for each in live if each not in cut or (new.old_ends_at or now) > now]
    if len(staying) >= MOST_TOKENS:
        raise Conflict(N_("The account has two tokens already. Revoke one of them first."))
    data = {
        "service": account.id,
        "ends_at": ends_at.isoformat(),
        "ended": [{"token": each.id, "ends_at": new.old_ends_at.isoformat()} for each in cut if new.old_ends_at],
    }
    event = caller.event(Kind.SERVICE_TOKEN_MADE, now, person=None, data=data, private={"token": new.shown})
    entry_id = append(connection, event)
    columns = {"client_id": account.id, "token_hash": new.token_hash, "shown": new.shown, "made_by": caller.person}
    services.put_token(connection, **columns, made_at=now, ends_at=ends_at, entry_id=entry_id)
    for each in cut:
        services.end_token(connection, each.id, new.old_ends_at or now, entry_id)
    return Made(ends_at, event.code)


def end_token(connection: Connection, caller: Caller, service: str, token: int, reason: str, now: datetime) -> str:
    """Revoke a token at once; return the entry's code."""
    account = _held(connection, caller, service, now)
    if faults := faults_of(reason=reason):
        raise Invalid(*faults)
    found = next((each for each in services.tokens(connection, [account.id]) if each.id == token and each.is_live(now)), None)
    if found is None:
        raise Conflict(_NO_TOKEN)
    data = {"service": account.id, "token": found.id}
    event = caller.event(Kind.SERVICE_TOKEN_ENDED, now, person=None, data=data, private={"reason": reason, "token": found.shown})
    services.end_token(connection, found.id, now, append(connection, event))
    return event.code


def _held(connection: Connection, caller: Caller, service: str, now: datetime) -> Any:
    """The account that the caller may change, held until the transaction ends."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_SERVICES, now)
    services.lock(connection, service)
    account = services.get(connection, service)
    if account is None:
        raise NotFound(_NONE)
    return account


class Why(StrEnum):
    """Why a call was refused before anything was asked."""

    NO_TOKEN = "no_token"  # noqa: S105  (a name, not a token)
    UNKNOWN = "unknown"
    ENDED = "ended"
    SUSPENDED = "suspended"
    NETWORK = "network"


def refuse(connection: Connection, caller: Caller, why: Why, service: str | None, attempt: Attempt, now: datetime) -> None:
    """Count a call that was refused, and record it. Floods are counted, not written one by one."""
    counted = attempts.count(connection, attempt, now)
    if counted.is_worth_writing:
        data = {"why": why.value, "service": service, "refusals": counted.failures, "written_before": counted.written_before}
        append(connection, caller.event(Kind.SERVICE_REFUSED, now, person=None, data=data))
