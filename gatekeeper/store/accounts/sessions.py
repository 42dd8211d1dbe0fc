"""Who is asking: sessions, live roles, and the bookkeeping of failed sign-ins."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gatekeeper.rules.errors import N_, NotPermitted
from gatekeeper.rules.roles import Grant, Permission, Role, permissions
from gatekeeper.store.accounts.people import Investor, LoginSession, Person, RoleGrant, SignInAttempt
from gatekeeper.store.base import NOW, current_id
from gatekeeper.store.prepared import Prepared

_GRANT = RoleGrant.id == current_id(RoleGrant, NOW, (RoleGrant.person_id, Person.id))
_PERSON = (Person.id, Person.name, Person.login, RoleGrant.role, RoleGrant.grants, RoleGrant.live)

_VISITOR = Prepared(
    select(
        *_PERSON,
        RoleGrant.valid_before,
        LoginSession.id.label("session"),
        LoginSession.investor_id,
        LoginSession.last_seen,
        LoginSession.idle_seconds,
        LoginSession.ends_at,
        LoginSession.ended_at,
        LoginSession.privacy_due,
        Investor.name.label("investor_name"),
    )
    .select_from(LoginSession)
    .join(Person, Person.id == LoginSession.person_id)
    .join(RoleGrant, _GRANT)
    .outerjoin(Investor, Investor.id == LoginSession.investor_id)
    .where(LoginSession.token_hash == bindparam("token_hash"))
)
_STAFF = select(*_PERSON, RoleGrant.valid_before, Person.password_hash).join(RoleGrant, _GRANT)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person as this request finds them: session, role and permissions, rebuilt from the database each time."""

    session: int
    person: str
    name: str
    role: Role
    permissions: frozenset[Permission]
    investor: str | None
    investor_name: str | None
    last_seen: datetime
    privacy_due: bool = False


def token_hash(token: str) -> bytes:
    """What the database keeps of a session's or a link's token."""
    return sha256(token.encode()).digest()


def visitor(connection: Connection, token: str, now: datetime) -> Visitor | None:
    """The visitor whose live session has this token; None if the session, the role or the person is no longer live."""
    row = _VISITOR.first(connection, token_hash=token_hash(token), now=now)
    if row is None or row.ended_at is not None or now >= row.ends_at or not _is_live(row, now):
        return None
    if now - row.last_seen > timedelta(seconds=row.idle_seconds):
        return None
    return Visitor(
        session=row.session,
        person=row.id,
        name=row.name,
        role=row.role,
        permissions=permissions(row.role, _grants(row.grants)),
        investor=row.investor_id,
        investor_name=row.investor_name,
        last_seen=row.last_seen,
        privacy_due=row.privacy_due,
    )


@dataclass(frozen=True, slots=True)
class Account:
    """A person as sign-in and the command line need them."""

    person: str
    name: str
    role: Role
    grants: tuple[Grant, ...]
    permissions: frozenset[Permission]
    password_hash: str | None


def account(connection: Connection, login: str, now: datetime) -> Account | None:
    """The live account of this login name; None where there is none, or it is suspended."""
    row = connection.execute(_STAFF.where(Person.login == login.casefold()), {"now": now}).first()
    return _account(row, now)


def account_of(connection: Connection, person: str, now: datetime) -> Account | None:
    """The live account of this person."""
    row = connection.execute(_STAFF.where(Person.id == person), {"now": now}).first()
    return _account(row, now)


def _account(row: Any, now: datetime) -> Account | None:
    if row is None or not _is_live(row, now):
        return None
    grants = _grants(row.grants)
    return Account(row.id, row.name, row.role, grants, permissions(row.role, grants), row.password_hash)


def require(connection: Connection, person: str | None, session: int | None, permission: Permission, now: datetime) -> None:
    """Check again, inside the transaction of the act, that session and role still hold; raise ``NotPermitted`` if not."""
    found = account_of(connection, person, now) if person else None
    if found is not None and session is not None:
        ended = select(LoginSession.ended_at, LoginSession.ends_at).where(LoginSession.id == session)
        row = connection.execute(ended).first()
        if row is None or row.ended_at is not None or now >= row.ends_at:
            found = None
    if found is None or permission not in found.permissions:
        raise NotPermitted(N_("Your account does not permit this."))


def begin(connection: Connection, **columns: Any) -> int:
    """Write a new session and return its id."""
    result = connection.execute(insert(LoginSession).values(**columns))
    key = result.inserted_primary_key
    return int(key[0]) if key else 0


def touch(connection: Connection, session: int, now: datetime) -> None:
    """Note that a session was used."""
    connection.execute(update(LoginSession).where(LoginSession.id == session).values(last_seen=now))


def live_of(connection: Connection, person: str, now: datetime) -> list[Any]:
    """The live sessions of a person, the one used last first."""
    query = select(LoginSession.__table__).where(
        LoginSession.person_id == person, LoginSession.ended_at.is_(None), LoginSession.ends_at > now
    )
    rows = connection.execute(query.order_by(LoginSession.last_seen.desc(), LoginSession.id.desc()))
    return [row for row in rows if now - row.last_seen <= timedelta(seconds=row.idle_seconds)]


def name_of(token_hash: bytes) -> str:
    """What a form calls a session: neither a number to count along nor anything that opens it."""
    return sha256(b"session " + token_hash).hexdigest()[:26]


def end(connection: Connection, now: datetime, *, session: int | None = None, person: str | None = None) -> int:
    """End one session, or all of a person's; return how many."""
    which = LoginSession.id == session if session is not None else LoginSession.person_id == person
    result = connection.execute(update(LoginSession).where(which, LoginSession.ended_at.is_(None)).values(ended_at=now))
    return result.rowcount


def choose(connection: Connection, session: int, investor: str) -> None:
    """Keep the investor for whom this session acts."""
    connection.execute(update(LoginSession).where(LoginSession.id == session).values(investor_id=investor))


def attempt(connection: Connection, account_key: str, source_key: str) -> Any:
    """The failed sign-ins on file for this account from this source."""
    return connection.execute(_attempt(account_key, source_key)).first()


def hold_attempt(connection: Connection, account_key: str, source_key: str, now: datetime) -> Any:
    """The same, held until the transaction ends: of two first tries at one instant each counts the other."""
    insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    none = {"account": account_key, "source": source_key, "failures": 0, "last_failed_at": now, "recorded": 0}
    connection.execute(insert_into(SignInAttempt).values(none).on_conflict_do_nothing())
    return connection.execute(_attempt(account_key, source_key).with_for_update()).one()


def _attempt(account_key: str, source_key: str) -> Any:
    return select(SignInAttempt.__table__).where(SignInAttempt.account == account_key, SignInAttempt.source == source_key)


def attempts_on(connection: Connection, account_key: str, since: datetime) -> int:
    """How many sign-ins to this account failed lately, from anywhere."""
    rows = connection.execute(
        select(SignInAttempt.failures).where(SignInAttempt.account == account_key, SignInAttempt.last_failed_at > since)
    )
    return sum(row.failures for row in rows)


def put_attempt(connection: Connection, id_: int, **columns: Any) -> None:
    """Write the failed sign-ins of an account from a source that ``hold_attempt`` holds."""
    connection.execute(update(SignInAttempt).where(SignInAttempt.id == id_).values(**columns))


def clear_attempts(connection: Connection, account_key: str, source_key: str) -> None:
    """Forget the failed sign-ins of this account from this source: it has signed in."""
    connection.execute(delete(SignInAttempt).where(SignInAttempt.account == account_key, SignInAttempt.source == source_key))


def password_of(connection: Connection, person: str) -> str | None:
    """The password hash of a person, held until the transaction ends."""
    return connection.execute(select(Person.password_hash).where(Person.id == person).with_for_update()).scalar_one_or_none()


def set_password(connection: Connection, person: str, password_hash: str) -> None:
    """Keep a new password hash."""
    connection.execute(update(Person).where(Person.id == person).values(password_hash=password_hash))


def _is_live(row: Any, now: datetime) -> bool:
    return bool(row.live) and (row.valid_before is None or now < row.valid_before)


def _grants(text: str) -> tuple[Grant, ...]:
    return tuple(Grant(name) for name in text.split())
