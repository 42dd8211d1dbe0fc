"""Writing an entry: who did what, as one leaf, in the caller's own transaction.

``append`` neither begins nor commits. A connection is a writer with a chain of its own, kept in ``connection.info``; ``watch``
makes the engine take the chain back with a rollback, and forget the writer wherever nobody can know what stands.
"""

import secrets
import sqlite3
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Connection, Engine, ExceptionContext, event, select

from gatekeeper.ledger import leaf
from gatekeeper.ledger.writing.rows import Row, to_postgresql, to_sqlite
from gatekeeper.rules.errors import N_, Fault, Invalid, Unavailable
from gatekeeper.rules.events import Kind
from gatekeeper.rules.merkle import leaf_hash
from gatekeeper.rules.reading.codes import LENGTH
from gatekeeper.rules.risk import Action
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store import wire
from gatekeeper.store.base import new_id, random_name
from gatekeeper.store.proof.answers import Part
from gatekeeper.store.proof.ledger import LedgerLog
from gatekeeper.store.wire import Step

_SQLITE_NOW = "SELECT strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')"
_ORIGIN = select(LedgerLog.origin).order_by(LedgerLog.id.desc()).limit(1)
_KEY = "gatekeeper.ledger.writer"


def new_code() -> str:
    """An entry's only name outside: 12 random Crockford characters."""
    return random_name(LENGTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What an entry will say. ``data`` is plain JSON; ``private`` holds what must be erasable.

    ``parts`` are the answers in ``data`` where those are several: whom each concerns, so that the entry is found by it.
    """

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
    parts: Sequence[Part] = ()


Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Asked(Generic[Answer]):
    """What a question found, and the entries that must be durable before anybody sees it."""

    answer: Answer
    events: tuple[Event, ...]


@dataclass(slots=True)
class _Writer:
    """One connection's chain: the open log, the writer's name, the next number, the previous leaf's hash.

    ``begun`` is what a rollback takes it back to; None where that is not known: the writer is younger than the transaction, or
    the commit is under way. ``written`` are the events of the transaction so far.
    """

    origin: str
    name: str
    number: int = 0
    previous: str | None = None
    begun: tuple[int, str | None] | None = None
    written: list[Event] = field(default_factory=list)


def append(connection: Connection, what: Event) -> int:
    """Write one entry in the transaction of ``connection`` and return its id."""
    return append_all(connection, (what,), database_now(connection))[0]


def append_all(
    connection: Connection, events: Sequence[Event], recorded_at: datetime, *, ending: Sequence[Step] = ()
) -> list[int]:
    """Write entries and return their ids. ``recorded_at`` is the database's clock, read in this same transaction.

    Every leaf is made before anything is written: an event that has none (``ValueError``, ``Invalid``) leaves nothing behind.
    ``ending`` is what goes to PostgreSQL in the same message: the end of the transaction.
    """
    return write(connection, events, leaves(connection, events, recorded_at), ending=ending) if events else []


def leaves(connection: Connection, events: Sequence[Event], recorded_at: datetime) -> list[Row]:
    """The next leaves of a connection's chain, which are to be written in this order. Where one cannot be made, none is."""
    writer = _writer(connection)
    before = writer.number, writer.previous
    try:
        return [_row(writer, each, recorded_at) for each in events]
    except BaseException:
        writer.number, writer.previous = before
        raise


def write(connection: Connection, events: Sequence[Event], rows: Sequence[Row], *, ending: Sequence[Step] = ()) -> list[int]:
    """Write what ``leaves`` made of these events."""
    writer = _writer(connection)
    try:
        if connection.dialect.name == "sqlite":
            ids = to_sqlite(_driver(connection), rows)
        else:
            writer.begun = None if ending else writer.begun
            ids = to_postgresql(connection, rows, ending)
    except BaseException:
        _forget(connection)
        raise
    writer.written.extend(events)
    return ids


def written(connection: Connection) -> list[Event]:
    """The events of the transaction that is about to be committed."""
    writer: _Writer | None = connection.info.get(_KEY)
    return [] if writer is None else list(writer.written)


def database_now(connection: Connection) -> datetime:
    """The database's clock in this transaction; on PostgreSQL as it began."""
    if connection.dialect.name == "sqlite":
        return datetime.fromisoformat(_driver(connection).execute(_SQLITE_NOW).fetchone()[0])
    found: datetime = wire.clock(connection)
    return found


def _driver(connection: Connection) -> sqlite3.Connection:
    """SQLite's own connection, for the few statements where SQLAlchemy would take longer than the database."""
    if not connection.in_transaction():  # the driver by itself would commit each statement at once
        message = "an entry is written in a transaction that has begun"
        raise RuntimeError(message)
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def _row(writer: _Writer, what: Event, recorded_at: datetime) -> Row:
    """The next leaf of a writer's chain."""
    private = [(name, secrets.token_bytes(32), value) for name, value in sorted(what.private.items()) if value]
    if any("\x00" in value for _, _, value in private):
        raise Invalid(Fault(N_("This holds a character that cannot be kept. Please type it again.")))
    columns: dict[str, Any] = {
        "v": 1,
        "log": writer.origin,
        "code": what.code,
        "at": leaf.timestamp(what.at),
        "recorded_at": leaf.timestamp(recorded_at),
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
    commitments = {name: leaf.commitment(name, salt, value) for name, salt, value in private}
    content = leaf.encode({**columns, "data": dict(what.data), "private": commitments})
    writer.number += 1
    writer.previous = b64encode(leaf_hash(content)).decode()
    return Row(columns, content, private, what.parts)


def watch(engine: Engine) -> None:
    """Keep the chains of an engine's connections true to what was committed."""
    event.listen(engine, "begin", _begun)
    event.listen(engine, "commit", _committing)
    event.listen(engine, "rollback", _rolled_back)
    event.listen(engine, "rollback_savepoint", _rolled_back_in_part)
    event.listen(engine, "handle_error", _failed)


def _writer(connection: Connection) -> _Writer:
    writer: _Writer | None = connection.info.get(_KEY)
    if writer is None:
        origin = connection.execute(_ORIGIN).scalar_one_or_none()
        if origin is None:
            raise Unavailable(N_("No ledger is open in this database. Run: gatekeeper db upgrade"))
        writer = connection.info[_KEY] = _Writer(origin, new_id())
    return writer


def _begun(connection: Connection) -> None:
    if writer := connection.info.get(_KEY):
        writer.begun = writer.number, writer.previous
        writer.written.clear()


def _committing(connection: Connection) -> None:
    if writer := connection.info.get(_KEY):
        writer.begun = None


def _rolled_back(connection: Connection) -> None:
    writer: _Writer | None = connection.info.get(_KEY)
    if writer is None:
        return
    if writer.begun is None:
        _forget(connection)
    else:
        writer.number, writer.previous = writer.begun


def _rolled_back_in_part(connection: Connection, _name: str, _context: None) -> None:
    _forget(connection)


def _failed(context: ExceptionContext) -> None:
    if context.connection is not None:
        _forget(context.connection)


def _forget(connection: Connection) -> None:
    """Nobody knows what stands of this chain: the connection's next entry begins a new one."""
    if not connection.invalidated:
        connection.info.pop(_KEY, None)
