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
from functools import lru_cache
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Connection, Engine, ExceptionContext, event, select

from gatekeeper.ledger import leaf
from gatekeeper.rules.errors import N_, Fault, Invalid, Unavailable
from gatekeeper.rules.events import Kind
from gatekeeper.rules.merkle import leaf_hash
from gatekeeper.rules.reading.codes import LENGTH
from gatekeeper.rules.risk import Action
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store import wire
from gatekeeper.store.base import new_id, random_name
from gatekeeper.store.proof.answers import MEMBERS, Part
from gatekeeper.store.proof.ledger import LedgerLog
from gatekeeper.store.wire import Statement, Step

# This is the hot path, where plain SQL costs a third of the compiled kind. The columns are the leaf's own members, in its order.
_COLUMNS = tuple(name for name in leaf.MEMBERS if name not in {"data", "private"})
_INTO_ENTRY = f"INSERT INTO ledger_entry ({', '.join(_COLUMNS)}, leaf) VALUES"
_SQLITE_ENTRY = f"{_INTO_ENTRY} ({'?, ' * len(_COLUMNS)}?)"
_INTO_PRIVATE = "INSERT INTO ledger_private (entry_id, field, salt, value) VALUES"
_SQLITE_PRIVATE = f"{_INTO_PRIVATE} (?, ?, ?, ?)"
_INTO_ANSWER = f"INSERT INTO ledger_answer (entry_id, number, at, {', '.join(MEMBERS)})"
_SQLITE_ANSWER = f"{_INTO_ANSWER} VALUES (?, ?, ?, {', '.join('?' * len(MEMBERS))})"
_PART = attrgetter(*MEMBERS)
_VALUES = ", ".join(f"${place}" for place in range(1, len(_COLUMNS) + 2))
_POSTGRESQL_ENTRY = Statement.of(f"{_INTO_ENTRY} ({_VALUES}) RETURNING id")
_ID = "currval('ledger_entry_id_seq')"
_ARRAYS = ", ".join(f"${place}::text[]" for place in range(2, len(MEMBERS) + 2))
_POSTGRESQL_ANSWERS = Statement.of(
    f"{_INTO_ANSWER} SELECT {_ID}, each.number - 1, $1::timestamptz, {', '.join(f'each.{name}' for name in MEMBERS)} "  # noqa: S608  (our own constants)
    f"FROM unnest({_ARRAYS}) WITH ORDINALITY AS each ({', '.join(MEMBERS)}, number)"
)
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


@dataclass(frozen=True, slots=True)
class _Row:
    """One entry as it will be written: its columns in the order of ``_COLUMNS``, its leaf, what it commits to, its answers."""

    columns: dict[str, Any]
    leaf: bytes
    private: list[tuple[str, bytes, str]]
    parts: Sequence[Part]


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
    if not events:
        return []
    writer = _writer(connection)
    before = writer.number, writer.previous
    try:
        rows = [_row(writer, each, recorded_at) for each in events]
    except BaseException:
        writer.number, writer.previous = before
        raise
    try:
        if connection.dialect.name == "sqlite":
            ids = [_write_sqlite(connection, row) for row in rows]
        else:
            writer.begun = None if ending else writer.begun
            ids = _write_postgresql(connection, rows, ending)
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


def _row(writer: _Writer, what: Event, recorded_at: datetime) -> _Row:
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
    return _Row(columns, content, private, what.parts)


def _write_sqlite(connection: Connection, row: _Row) -> int:
    at, recorded_at = (f"{stamp[:10]} {stamp[11:-1]}" for stamp in (row.columns["at"], row.columns["recorded_at"]))
    columns = {**row.columns, "at": at, "recorded_at": recorded_at}  # as SQLAlchemy keeps times in SQLite
    driver = _driver(connection)
    entry_id = driver.execute(_SQLITE_ENTRY, (*columns.values(), row.leaf)).lastrowid or 0
    if row.private:
        driver.executemany(_SQLITE_PRIVATE, [(entry_id, *each) for each in row.private])
    if row.parts:
        driver.executemany(_SQLITE_ANSWER, [(entry_id, number, at, *_PART(each)) for number, each in enumerate(row.parts)])
    return entry_id


def _write_postgresql(connection: Connection, rows: Sequence[_Row], ending: Sequence[Step]) -> list[int]:
    """All in one message. Statements apart: one that writes several tables takes the server a third longer than they do."""
    steps: list[Step] = []
    places: list[int] = []
    for row in rows:
        places.append(len(steps))
        steps.append((_POSTGRESQL_ENTRY, (*row.columns.values(), row.leaf)))
        if row.private:
            steps.append((_postgresql_private(len(row.private)), tuple(part for each in row.private for part in each)))
        if row.parts:
            answers = zip(*map(_PART, row.parts), strict=True)
            steps.append((_POSTGRESQL_ANSWERS, (row.columns["at"], *map(list, answers))))
    found = wire.run(connection, *steps, *ending)
    return [int(found[place][0][0]) for place in places]


@lru_cache(maxsize=64)
def _postgresql_private(count: int) -> Statement:
    """So many private values of the entry that was written last."""
    each = (f"({_ID}, ${place}, ${place + 1}, ${place + 2})" for place in range(1, 3 * count + 1, 3))
    return Statement.of(f"{_INTO_PRIVATE} {', '.join(each)}")


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
