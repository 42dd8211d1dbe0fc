"""Connections and transactions. ``commit`` is written here and nowhere else.

``reading``   a read-only connection.
``snapshot``  the same for many statements that must see one moment.
``record``    for what changes nothing but must be recorded: the question is answered on one snapshot, its entries are made
              durable, and only then is the answer returned. On SQLite entries that wait at one moment share a transaction.
``transact``  for what changes state: one transaction, entry first.
``note``      for bookkeeping without an entry.

Whatever fails in the database is ``Unavailable``: nothing happened, and nothing is given out. Only what no database can hold, a
character or a number that a caller sent, is ``Invalid``.
"""

import fcntl
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DataError, OperationalError, SQLAlchemyError

from gatekeeper.ledger import record as ledger
from gatekeeper.ledger.meter import Meter
from gatekeeper.ledger.record import Asked, Event
from gatekeeper.ledger.writing.rows import Row
from gatekeeper.rules.errors import N_, Fault, GatekeeperError, Invalid, Unavailable
from gatekeeper.store import engines, wire
from gatekeeper.store.connections import Connections

P = ParamSpec("P")
T = TypeVar("T")
Ask = Callable[Concatenate[Connection, P], Asked[T]]
Act = Callable[Concatenate[Connection, P], T]

_LOG = logging.getLogger(__name__)
_BATCH = 256
_RETRIES = 3
_RETRIED = frozenset({"40001", "40P01"})
_FAILURES = (SQLAlchemyError, sqlite3.Error, OSError)
_UNFIT = (DataError, OverflowError, UnicodeEncodeError)


class Database:
    """The one way to the data. Made once per process; ``dispose`` closes every connection. ``meter`` hears of what is done."""

    def __init__(self, url: str, *, threads: int = 8) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            path = Path(parsed.database or "").resolve()
            self._reader = engines.sqlite(path, threads, read_only=True)
            self._writer = self._recorder = engines.sqlite(path, 1, read_only=False)
            is_fit, snapshots = engines.is_same_file(path), engines.SQLITE
            self._turns = _Turns(f"{path}.lock")
        else:
            self._reader = engines.postgres(url, threads, None, "-c default_transaction_read_only=on")
            self._recorder = engines.postgres(url, threads, "REPEATABLE READ", engines.DURABLE)
            self._writer = engines.postgres(url, threads, "READ COMMITTED", engines.DURABLE)
            is_fit, snapshots = engines.is_alive, engines.POSTGRESQL
        self._readers = Connections(self._reader, threads, is_fit, snapshots)
        self._recorders = Connections(self._recorder, threads, is_fit, None)
        self._writers = self._recorders if self.is_sqlite else Connections(self._writer, threads, is_fit, None)
        self.meter = Meter()
        self._waiting = _Waiting(self._write_entries)
        for engine in {self._recorder, self._writer}:
            ledger.watch(engine)

    def dispose(self) -> None:
        """Close every connection."""
        for connections in (self._readers, self._recorders, self._writers):
            connections.dispose()
        for engine in {self._reader, self._recorder, self._writer}:
            engine.dispose()

    def reading(self) -> AbstractContextManager[Connection]:
        """A read-only connection; on SQLite one snapshot."""
        return _Reading(self._readers.one())

    def looking(self) -> AbstractContextManager[Connection]:
        """The same for one statement, which sees one moment by itself: nothing is begun for it, and nothing ended."""
        return _Reading(self._readers.one(begun=False))

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A read-only connection that sees one moment, however long it looks. On PostgreSQL dead rows wait for it to end."""
        with self.reading() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection

    def record(self, ask: Ask[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Answer a question and return the answer once its entries are durable."""
        begun = perf_counter()
        if self.is_sqlite:
            with self.reading() as connection:
                asked = _asked(ask(connection, *args, **kwargs))
            with _TOLD:
                self._waiting.add(asked.events)
        else:
            with _TOLD, self._recorders.one() as connection, connection.begin():
                asked = _asked(ask(connection, *args, **kwargs))
                ledger.append_all(connection, asked.events, ledger.database_now(connection), ending=(wire.COMMIT,))
        self.meter.asked(asked.events, perf_counter() - begun)
        return asked.answer

    def transact(self, act: Act[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do one act in its own transaction, and again if the database asks for it."""
        for attempt in range(1, _RETRIES + 1):
            begun = perf_counter()
            try:
                with _TOLD, self._turn(), self._writers.one() as connection, connection.begin():
                    done = act(connection, *args, **kwargs)
                    events = ledger.written(connection)
            except Unavailable as error:
                if attempt == _RETRIES or not _is_asked_again(error.__cause__):
                    raise
            else:
                self.meter.acted(events, perf_counter() - begun)
                return done
        raise AssertionError  # pragma: no cover  (the loop returns or raises)

    def note(self, act: Act[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Bookkeeping without an entry: attempts to sign in, when a session was last seen."""
        return self.transact(act, *args, **kwargs)

    def _turn(self) -> AbstractContextManager[None]:
        return self._turns.taken() if self.is_sqlite else nullcontext()

    def _write_entries(self, batch: "list[_Slot]") -> None:
        with self._turn(), self._writers.one() as connection, connection.begin():
            recorded_at = ledger.database_now(connection)
            rows: list[Row] = []
            for slot in batch:
                try:
                    rows += ledger.leaves(connection, slot.events, recorded_at)
                except (ValueError, TypeError, AttributeError, GatekeeperError) as error:
                    slot.refused = error  # an entry that has no leaf is this caller's fault alone, and nothing of it is written
            ledger.write(connection, [each for slot in batch if slot.refused is None for each in slot.events], rows)
        self.meter.grouped(len(batch))


def _asked(asked: Asked[T]) -> Asked[T]:
    if not asked.events:
        message = "an answer without an entry is never given"
        raise RuntimeError(message)
    return asked


def _is_asked_again(cause: BaseException | None) -> bool:
    return isinstance(cause, OperationalError) and getattr(cause.orig, "sqlstate", None) in _RETRIED


@dataclass(slots=True, eq=False)
class _Slot:
    """One caller's entries: why they were refused, or why the transaction that they shared with others failed.

    The caller waits for ``woken`` until its entries are there or, with ``leads``, it is the one to write.
    """

    events: tuple[Event, ...]
    refused: Exception | None = None
    failure: BaseException | None = None
    done: bool = False
    leads: bool = False
    woken: threading.Lock = field(default_factory=threading.Lock)


@dataclass(slots=True)
class _Waiting:
    """Entries that wait at one moment are written together by one of their callers; each caller returns when its own are there.

    Who comes while nobody writes, writes. Afterwards it wakes who has waited longest to write next, and then each whose entries
    are there, by a lock of its own: on one lock they would wake each other in turn, and each would wait for all before it.
    """

    write: Callable[[list[_Slot]], None]
    queue: list[_Slot] = field(default_factory=list)
    queued: threading.Lock = field(default_factory=threading.Lock)
    is_led: bool = False

    def add(self, events: tuple[Event, ...]) -> None:
        slot = _Slot(events)
        slot.woken.acquire()
        try:
            with self.queued:
                self.queue.append(slot)
                slot.leads = not self.is_led
                self.is_led = True
            if not slot.leads:
                slot.woken.acquire()
            if slot.leads:
                self._lead(slot)
        finally:
            if not slot.done:
                self._leave(slot)
        if slot.failure is not None:
            raise _refusal(slot.failure) from slot.failure
        if slot.refused is not None:
            raise slot.refused

    def _lead(self, own: _Slot) -> None:
        batch: list[_Slot] = []
        try:
            with self.queued:
                batch, self.queue = self.queue[:_BATCH], self.queue[_BATCH:]
            self.write(batch)
        except BaseException as error:
            for slot in batch:
                slot.failure = error
            if not isinstance(error, (*_FAILURES, *_UNFIT)):
                raise
        finally:
            self._hand_on(own)
            for slot in batch:
                slot.done = True
                if slot is not own:
                    slot.woken.release()

    def _hand_on(self, own: _Slot) -> None:
        own.leads = False
        with self.queued:
            following = self.queue[0] if self.queue else None
            self.is_led = following is not None
            if following is not None:
                following.leads = True
                following.woken.release()

    def _leave(self, slot: _Slot) -> None:
        """Who is interrupted while it waits is not waited for, and does not write."""
        with self.queued:
            if slot in self.queue:
                self.queue.remove(slot)
        if slot.leads:
            self._hand_on(slot)


class _Turns:
    """Writers of one SQLite file take turns, threads by a lock and processes by a lock file: nobody starves in a busy handler."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._mine = threading.Lock()
        self._whose: int | None = None

    @contextmanager
    def taken(self) -> Iterator[None]:
        if self._whose == threading.get_ident():
            message = "a transaction was begun inside another one"
            raise RuntimeError(message)
        with self._mine:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._whose = threading.get_ident()
                yield
            finally:
                self._whose = None
                os.close(file)


class _Told:
    """Every failure below as the one error that the doors know."""

    def __enter__(self) -> None:
        """There is nothing to prepare."""

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None) -> None:
        if isinstance(error, (*_FAILURES, *_UNFIT)):
            raise _refusal(error) from error


_TOLD = _Told()


class _Reading(AbstractContextManager[Connection]):
    """Somebody's connection, and failures as the doors know them. A class, for the reason that ``connections`` names."""

    __slots__ = ("_one",)

    def __init__(self, one: AbstractContextManager[Connection]) -> None:
        self._one = one

    def __enter__(self) -> Connection:
        with _TOLD:
            return self._one.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with _TOLD:
            self._one.__exit__(kind, error, trace)
        _TOLD.__exit__(kind, error, trace)


def _refusal(error: BaseException) -> GatekeeperError:
    if isinstance(error, _UNFIT):
        return Invalid(Fault(N_("This holds a character or a number that cannot be kept. Please type it again.")))
    cause = getattr(error, "orig", None)
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or getattr(error, "errno", None)
    extra = {"error": type(error).__name__, "cause": type(cause).__name__, "cause_code": code}
    _LOG.error("database.failed", extra=extra)
    return Unavailable(N_("This cannot be recorded at the moment, so nothing was done. Please try again in a few minutes."))
