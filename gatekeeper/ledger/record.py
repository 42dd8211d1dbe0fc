"""Writing an entry: who did what, as one leaf, in the caller's own transaction.

``append`` neither begins nor commits. A connection is a writer with a chain of its own, kept in ``connection.info``; ``watch`` makes the
engine forget what a rollback undid, and the writer altogether after an error.
"""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine, ExceptionContext, event, func, insert, select, text

from gatekeeper.ledger import leaf
from gatekeeper.rules.errors import N_, Unavailable
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store.base import CROCKFORD, UtcTime, new_id
from gatekeeper.store.ledger import LedgerEntry, LedgerLog, LedgerPrivate

_ENTRY = insert(LedgerEntry.__table__)  # type: ignore[arg-type]  # the declarative table is a Table
_PRIVATE = insert(LedgerPrivate.__table__)  # type: ignore[arg-type]
_ORIGIN = select(LedgerLog.origin).order_by(LedgerLog.id.desc()).limit(1)
_NOW = {
    "sqlite": text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now') AS now").columns(now=UtcTime()),
    "postgresql": select(func.clock_timestamp(type_=UtcTime())),
}
_KEY = "gatekeeper.ledger.writer"
CODE_LENGTH = 12


def new_code() -> str:
    """An entry's only name outside: 12 random Crockford characters."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(CODE_LENGTH))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What an entry will say. ``data`` is plain JSON; ``private`` holds what must be erasable."""

    kind: Kind
    at: datetime
    actor: str
    person: str | None = None
    investor: str | None = None
    report: str | None = None
    action: Action | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    policy: str | None = None
    request_id: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict)
    code: str = field(default_factory=new_code)


Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Asked(Generic[Answer]):
    """What a question found, and the entries that must be durable before anybody sees it."""

    answer: Answer
    events: tuple[Event, ...]


@dataclass(slots=True)
class _Writer:
    """One connection's chain: the open log, the writer's name, the next number, the previous leaf's hash, and what to fall back to."""

    origin: str
    name: str
    number: int = 0
    previous: str | None = None
    committed: tuple[int, str | None] = (0, None)


def append(connection: Connection, what: Event, recorded_at: datetime | None = None) -> int:
    """Write one entry in the transaction of ``connection`` and return its id.

    ``recorded_at`` is the database's clock, read in this same transaction; it is read here if the caller has not.
    """
    writer = _writer(connection)
    recorded = recorded_at or database_now(connection)
    columns: dict[str, Any] = {
        "v": 1,
        "log": writer.origin,
        "code": what.code,
        "at": what.at,
        "recorded_at": recorded,
        "kind": what.kind.value,
        "actor": what.actor,
        "person": what.person,
        "investor": what.investor,
        "report": what.report,
        "action": what.action.value if what.action else None,
        "outcome": what.outcome.value if what.outcome else None,
        "reason": what.reason,
        "policy": what.policy,
        "request_id": what.request_id,
        "w": writer.name,
        "ws": writer.number,
        "wp": writer.previous,
    }
    private = [(name, secrets.token_bytes(32), value) for name, value in sorted(what.private.items()) if value]
    content = leaf.encode(
        {
            **columns,
            "at": leaf.timestamp(what.at),
            "recorded_at": leaf.timestamp(recorded),
            "data": dict(what.data),
            "private": {name: leaf.commitment(name, salt, value) for name, salt, value in private},
        }
    )
    entry_id: int = connection.execute(_ENTRY, {**columns, "leaf": content}).inserted_primary_key[0]
    if private:
        connection.execute(
            _PRIVATE, [{"entry_id": entry_id, "field": name, "salt": salt, "value": value} for name, salt, value in private]
        )
    writer.number += 1
    writer.previous = b64encode(leaf.leaf_hash(content)).decode()
    return entry_id


def database_now(connection: Connection) -> datetime:
    """The database's clock in this transaction."""
    now: datetime = connection.execute(_NOW[connection.dialect.name]).scalar_one()
    return now.astimezone(UTC)


def watch(engine: Engine) -> None:
    """Keep the chains of an engine's connections true to what was committed."""
    event.listen(engine, "commit", _committed)
    event.listen(engine, "rollback", _rolled_back)
    event.listen(engine, "handle_error", _forget)


def _writer(connection: Connection) -> _Writer:
    writer: _Writer | None = connection.info.get(_KEY)
    if writer is None:
        origin = connection.execute(_ORIGIN).scalar_one_or_none()
        if origin is None:
            raise Unavailable(N_("No ledger is open in this database. Run: gatekeeper db upgrade"))
        writer = connection.info[_KEY] = _Writer(origin, new_id())
    return writer


def _committed(connection: Connection) -> None:
    if writer := connection.info.get(_KEY):
        writer.committed = (writer.number, writer.previous)


def _rolled_back(connection: Connection) -> None:
    if writer := connection.info.get(_KEY):
        writer.number, writer.previous = writer.committed


def _forget(context: ExceptionContext) -> None:
    """After an error nobody knows what stands: the next entry of this connection begins a new chain."""
    if context.connection is not None:
        context.connection.info.pop(_KEY, None)
