"""Signing in and out, and setting a first password by a one-time link.

A password is verified by the door, outside any transaction: ``look_up`` gives it what to verify, ``succeed`` or ``fail`` writes
what came of it. A wrong name takes the same statements as a wrong password.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.links import Purpose, State, state_of
from gatekeeper.rules.roles import Permission, Role
from gatekeeper.store.accounts import attempts, links, privacy, sessions
from gatekeeper.store.accounts.attempts import WINDOW, Attempt
from gatekeeper.store.accounts.sessions import Account
from gatekeeper.store.clients import investors

LOCK_AFTER = 5
LOCK_FOR = timedelta(minutes=15)
SLOW_AFTER = 10
LONGEST_DELAY = timedelta(seconds=2)
MIN_PASSWORD = 12
MAX_PASSWORD = 128


@dataclass(frozen=True, slots=True)
class Found:
    """What the door verifies against: the account if there is one, a lock that is still on, and how long to wait first."""

    account: Account | None
    locked_until: datetime | None
    delay: timedelta


def look_up(connection: Connection, login: str, attempt: Attempt, now: datetime) -> Found:
    """Find the account and what is held against this try."""
    account = sessions.account(connection, login, now)
    row = sessions.attempt(connection, attempt.account_key, attempt.source_key)
    failures = sessions.attempts_on(connection, attempt.account_key, now - WINDOW)
    locked = row.locked_until if row is not None and row.locked_until is not None and row.locked_until > now else None
    delay = min(LONGEST_DELAY, max(failures - SLOW_AFTER, 0) * timedelta(seconds=0.1))
    return Found(account, locked, delay)


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to be opened: the hash of its token and its lifetimes."""

    token_hash: bytes
    idle: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of a try. ``locked_until`` is told to whoever tried."""

    person: str | None
    locked_until: datetime | None
    choose_investor: bool = False


def succeed(connection: Connection, caller: Caller, person: str, attempt: Attempt, opened: NewSession, now: datetime) -> Finished:
    """Open a session for a person whose password was right."""
    account = sessions.account_of(connection, person, now)
    if account is None:
        return fail(connection, caller, None, attempt, now)
    _leave(connection, caller, now)
    finished = _open(connection, caller, account, opened, now)
    sessions.clear_attempts(connection, attempt.account_key, attempt.source_key)
    return finished


def _leave(connection: Connection, caller: Caller, now: datetime) -> None:
    """End the session in which this browser was signed in already: nobody would end it any more."""
    if caller.session is not None:
        sign_out(connection, caller, now)


def _open(connection: Connection, caller: Caller, account: Account, opened: NewSession, now: datetime) -> Finished:
    """A new session of somebody whose identity is proven, and the investor for whom it acts where there is but one."""
    person = account.person
    mandates = investors.mandates_of(connection, now, person=person) if account.role is Role.CLIENT else []
    investor = mandates[0].investor_id if len(mandates) == 1 else None
    signed_in = caller.acting_as(person)
    entry_id = append(
        connection, signed_in.event(Kind.PERSON_SIGNED_IN, now, investor=investor, data={"role": account.role.value})
    )
    sessions.begin(
        connection,
        token_hash=opened.token_hash,
        person_id=person,
        investor_id=investor,
        created_at=now,
        last_seen=now,
        idle_seconds=int(opened.idle.total_seconds()),
        ends_at=now + opened.longest,
        address=caller.address[:64],
        device=caller.device[:200],
        privacy_due=account.role is Role.CLIENT and privacy.is_due(connection, person, now),
        entry_id=entry_id,
    )
    return Finished(person, None, choose_investor=len(mandates) > 1)


def fail(connection: Connection, caller: Caller, person: str | None, attempt: Attempt, now: datetime) -> Finished:
    """Count a failed try; lock this account from this source after too many. Floods are counted, not written one by one."""
    counted = attempts.count(connection, attempt, now, lock_after=LOCK_AFTER, lock_for=LOCK_FOR)
    if counted.is_worth_writing:
        kind = Kind.SIGN_IN_LOCKED if counted.locked_until else Kind.SIGN_IN_FAILED
        data = {"failures": counted.failures, "written_before": counted.written_before}
        append(connection, caller.event(kind, now, person=person, data=data))
    return Finished(None, counted.locked_until)


def sign_out(connection: Connection, caller: Caller, now: datetime) -> None:
    """End the caller's session in the database."""
    append(connection, caller.event(Kind.PERSON_SIGNED_OUT, now))
    sessions.end(connection, now, session=caller.session)


def choose_investor(connection: Connection, caller: Caller, investor: str, now: datetime) -> None:
    """Keep the investor for whom the caller's session acts from now on."""
    sessions.require(connection, caller.person, caller.session, Permission.READ_AS_CLIENT, now)
    live = {row.investor_id for row in investors.mandates_of(connection, now, person=caller.person)}
    if investor not in live:
        raise NotFound(N_("There is no such investor."))
    append(connection, caller.event(Kind.INVESTOR_CHOSEN, now, investor=investor))
    sessions.choose(connection, caller.session or 0, investor)


def check_password(password: str, login: str) -> None:
    """Refuse a password that is too short, too long or the login name itself."""
    faults = []
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        message = N_("A password has %(least)s to %(most)s characters.")
        faults.append(Fault(message, field="password", least=MIN_PASSWORD, most=MAX_PASSWORD))
    elif len(set(password)) < MIN_PASSWORD // 3 or login.casefold() in password.casefold():
        faults.append(Fault(N_("This password is too easy to guess. A few unrelated words make a good one."), field="password"))
    if faults:
        raise Invalid(*faults)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a live one-time link opens: whose password it sets, and what for."""

    person: str
    login: str
    role: Role
    purpose: Purpose


def open_link(connection: Connection, token: str, now: datetime) -> Opened:
    """The account whose password a one-time link sets; looking does not use it up."""
    row = links.link(connection, token)
    account = _account_behind(connection, row, now)
    purpose = Purpose.RESET if account.password_hash else Purpose.ACTIVATION
    return Opened(account.person, str(row.login), account.role, purpose)


def use_link(
    connection: Connection,
    caller: Caller,
    token: str,
    password_hash: str,
    now: datetime,
    *,
    opened: NewSession | None = None,
) -> Finished:
    """Set the person's password, end every session of theirs, use the link up, and open a session if one is given."""
    row = links.link(connection, token, for_update=True)
    account = _account_behind(connection, row, now)
    _leave(connection, caller, now)
    acting = replace(caller.acting_as(row.person_id), investor=None, session=None)
    append(connection, acting.event(Kind.ACTIVATION_LINK_USED, now, data={"link": row.id, "issued_entry": row.entry_id}))
    links.use(connection, row.id, row.person_id, password_hash, now)
    sessions.end(connection, now, person=row.person_id)
    if opened is None:
        return Finished(account.person, None)
    return _open(connection, acting, account, opened, now)


def _account_behind(connection: Connection, row: Any, now: datetime) -> Account:
    """The live account of a live link. What is wrong with a dead one says nothing of whose it was."""
    if row is None:
        raise NotFound(N_("This link is not valid. Perhaps a part of it is missing."))
    state = state_of(used_at=row.used_at, ends_at=row.ends_at, now=now)
    if state is State.USED:
        raise Conflict(N_("This link has been used already. If that was not you, tell the firm at once."))
    account = sessions.account_of(connection, row.person_id, now)
    if state is State.OVER or account is None:
        raise Conflict(N_("This link has expired, or a newer one has taken its place."))
    return account
