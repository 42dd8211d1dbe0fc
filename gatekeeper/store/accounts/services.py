"""Service accounts, by which other systems ask: who they are, what they may, their tokens, what they asked this minute."""

import json
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_network
from typing import Any

from sqlalchemy import (
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Subquery,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from gatekeeper.rules.accounts.scopes import Register, Scope, Service
from gatekeeper.rules.changes import ServiceChange
from gatekeeper.rules.risk import Action
from gatekeeper.store.base import NOW, Base, Body, Dated, EntryId, Key, Serial, current_id, current_row, period_check
from gatekeeper.store.prepared import Prepared

SHOWN = 8
"""So many characters are kept to know a token again: five random ones, which help nobody to guess the other thirty-eight."""


def new_token() -> str:
    """A token that nobody can guess: 256 random bits, after a prefix by which programs that look for lost secrets know it."""
    return f"gk_{secrets.token_urlsafe(32)}"


def shown(token: str) -> str:
    """The first characters of a token, by which people know it again."""
    return token[:SHOWN]


class ApiClient(Base):
    """A service account: the name of another system, and what it is for. By itself it may do nothing."""

    __tablename__ = "api_client"
    id: Mapped[Key] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[Body]
    created_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class ApiScope(Dated, Base):
    """What a service account may do, as two people have let it. Actions are separated by spaces, lists are JSON."""

    __tablename__ = "api_scope"
    __table_args__ = (Index(None, "client_id", "id"), period_check())
    client_id: Mapped[Key] = mapped_column(ForeignKey("api_client.id"))
    actions: Mapped[str] = mapped_column(String(64))
    register: Mapped[Register]
    networks: Mapped[Body]
    per_minute: Mapped[int]
    token_days: Mapped[int]
    contact: Mapped[str]
    branches: Mapped[Body | None]
    may_search: Mapped[bool]
    states_initiative: Mapped[bool]
    omits_context: Mapped[bool]
    live: Mapped[bool]


class ApiToken(Base):
    """A token of a service account: its hash, and the few characters by which people know it again."""

    __tablename__ = "api_token"
    __table_args__ = (Index(None, "client_id", "id"),)
    id: Mapped[Serial]
    client_id: Mapped[Key] = mapped_column(ForeignKey("api_client.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    shown: Mapped[str] = mapped_column(String(16))
    made_by: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class ApiTokenEnd(Base):
    """That a token ends sooner than it would by itself. Of several ends the earliest counts."""

    __tablename__ = "api_token_end"
    __table_args__ = (Index(None, "token_id"),)
    id: Mapped[Serial]
    token_id: Mapped[int] = mapped_column(ForeignKey("api_token.id"))
    ends_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class ApiUse(Base):
    """Bookkeeping: when a token was used last, to the minute."""

    __tablename__ = "api_use"
    token_id: Mapped[int] = mapped_column(ForeignKey("api_token.id"), primary_key=True, autoincrement=False)
    last_at: Mapped[datetime]


class ApiBudget(Base):
    """Bookkeeping: how many decisions of a minute (counted since 1970) the workers have taken for a service account."""

    __tablename__ = "api_budget"
    client_id: Mapped[Key] = mapped_column(ForeignKey("api_client.id"), primary_key=True)
    minute: Mapped[int]
    taken: Mapped[int]


class Standing(StrEnum):
    """How a token stands."""

    LIVE = "live"
    ENDED = "ended"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Proven:
    """Whose token it is, and whether it may be used."""

    service: Service
    standing: Standing


_CUT = aliased(ApiTokenEnd, name="cut")
_ENDED = select(func.min(_CUT.ends_at)).where(_CUT.token_id == ApiToken.id).scalar_subquery()
_SCOPE = (
    ApiScope.actions,
    ApiScope.register,
    ApiScope.networks,
    ApiScope.per_minute,
    ApiScope.branches,
    ApiScope.may_search,
    ApiScope.states_initiative,
    ApiScope.omits_context,
)
_PROVEN = Prepared(
    select(*_SCOPE, ApiScope.live, ApiToken.id, ApiToken.client_id, ApiToken.ends_at, _ENDED.label("cut"))
    .select_from(ApiToken)
    .join(ApiScope, ApiScope.id == current_id(ApiScope, NOW, (ApiScope.client_id, ApiToken.client_id)))
    .where(ApiToken.token_hash == bindparam("token_hash"))
)


def proven(connection: Connection, token_hash: bytes, now: datetime) -> Proven | None:
    """Whose token has this hash, in one statement: token, its ends, and the scope as it stands. None where nobody has it."""
    row = _PROVEN.first(connection, token_hash=token_hash, now=now)
    if row is None:
        return None
    standing = Standing.LIVE if row.live else Standing.SUSPENDED
    if now >= row.ends_at or (row.cut is not None and now >= row.cut):
        standing = Standing.ENDED
    return Proven(Service(id=row.client_id, token=row.id, scope=_scope(*row[: len(_SCOPE)])), standing)


@lru_cache(maxsize=256)
def _scope(
    actions: str,
    register: Register,
    networks: str,
    per_minute: int,
    branches: str | None,
    *may: bool,
) -> Scope:
    """What the columns of a scope say. The same ones come with each request, so they are read once."""
    may_search, states_initiative, omits_context = may
    return Scope(
        actions=frozenset(map(Action, actions.split())),
        register=register,
        networks=tuple(map(ip_network, json.loads(networks))),
        per_minute=per_minute,
        branches=None if branches is None else frozenset(json.loads(branches)),
        may_search=may_search,
        states_initiative=states_initiative,
        omits_context=omits_context,
    )


def create(connection: Connection, **columns: Any) -> None:
    """Write a new service account: an identity alone, which permits nothing."""
    connection.execute(insert(ApiClient).values(**columns))


def get(connection: Connection, id_: str) -> Any:
    """One service account, or None."""
    return connection.execute(select(ApiClient.__table__).where(ApiClient.id == id_)).first()


def names(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """The names of service accounts by their ids."""
    query = select(ApiClient.id, ApiClient.name).where(ApiClient.id.in_(sorted(ids)))
    return {row.id: row.name for row in connection.execute(query)}


def by_name(connection: Connection, name: str) -> Any:
    """The service account of this name, whatever its capitals, or None."""
    return connection.execute(select(ApiClient.__table__).where(func.lower(ApiClient.name) == name.lower())).first()


def every(connection: Connection) -> list[Any]:
    """Every service account, by name."""
    return list(connection.execute(select(ApiClient.__table__).order_by(func.lower(ApiClient.name), ApiClient.id)))


def scopes(connection: Connection, now: datetime) -> dict[str, Any]:
    """The current row of each account's scope, by the account's id."""
    latest = current_id(ApiScope, now, (ApiScope.client_id, ApiClient.id))
    query = select(ApiScope.__table__).join(ApiClient, ApiScope.id == latest)
    return {row.client_id: row for row in connection.execute(query)}


def lock(connection: Connection, id_: str) -> None:
    """Hold a service account until the transaction ends: changes to one follow each other."""
    connection.execute(select(ApiClient.id).where(ApiClient.id == id_).with_for_update()).all()


def current(connection: Connection, id_: str, now: datetime) -> Any:
    """The current row of a service account's scope, or None."""
    return current_row(connection, ApiScope, now, client_id=id_)


def stated(row: Any) -> ServiceChange:
    """What a row of ``api_scope`` states."""
    return ServiceChange(
        service=row.client_id,
        actions=tuple(map(Action, row.actions.split())),
        register=row.register,
        networks=tuple(json.loads(row.networks)),
        per_minute=row.per_minute,
        token_days=row.token_days,
        contact=row.contact,
        branches=None if row.branches is None else tuple(json.loads(row.branches)),
        may_search=row.may_search,
        states_initiative=row.states_initiative,
        omits_context=row.omits_context,
        live=row.live,
    )


def put_scope(connection: Connection, wanted: ServiceChange, **dated: Any) -> None:
    """Write what a service account may do."""
    columns = {
        "client_id": wanted.service,
        "actions": " ".join(wanted.actions),
        "register": wanted.register,
        "networks": json.dumps(wanted.networks),
        "per_minute": wanted.per_minute,
        "token_days": wanted.token_days,
        "contact": wanted.contact,
        "branches": None if wanted.branches is None else json.dumps(wanted.branches, ensure_ascii=False),
        "may_search": wanted.may_search,
        "states_initiative": wanted.states_initiative,
        "omits_context": wanted.omits_context,
        "live": wanted.live,
    }
    connection.execute(insert(ApiScope).values(**columns, **dated))


def put_token(connection: Connection, **columns: Any) -> None:
    """Write a new token, by its hash."""
    connection.execute(insert(ApiToken).values(**columns))


def end_token(connection: Connection, token: int, ends_at: datetime, entry_id: int) -> None:
    """Write that a token ends at this instant, if it has not ended by then."""
    connection.execute(insert(ApiTokenEnd).values(token_id=token, ends_at=ends_at, entry_id=entry_id))


def _ends() -> Subquery:
    """The earliest end of each token that has any."""
    earliest = func.min(ApiTokenEnd.ends_at).label("cut")
    return select(ApiTokenEnd.token_id, earliest).group_by(ApiTokenEnd.token_id).subquery("ends")


@dataclass(frozen=True, slots=True)
class Token:
    """A token as people see it: ``ends_at`` is when it ends or ended."""

    id: int
    client: str
    shown: str
    made_by: str
    made_at: datetime
    ends_at: datetime
    used_at: datetime | None

    def is_live(self, now: datetime) -> bool:
        """Whether it opens anything now."""
        return now < self.ends_at


def tokens(connection: Connection, clients: Iterable[str]) -> list[Token]:
    """The tokens of service accounts, newest first."""
    ends = _ends()
    query = select(ApiToken.__table__, ends.c.cut, ApiUse.last_at).where(ApiToken.client_id.in_(sorted(set(clients))))
    query = query.outerjoin(ends, ends.c.token_id == ApiToken.id).outerjoin(ApiUse, ApiUse.token_id == ApiToken.id)
    return [
        Token(
            id=row.id,
            client=row.client_id,
            shown=row.shown,
            made_by=row.made_by,
            made_at=row.made_at,
            ends_at=min(row.ends_at, row.cut) if row.cut else row.ends_at,
            used_at=row.last_at,
        )
        for row in connection.execute(query.order_by(ApiToken.id.desc()))
    ]
