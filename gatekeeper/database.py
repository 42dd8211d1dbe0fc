"""Connections and transactions. ``commit`` is written here and nowhere else.

``reading``   a read-only connection.
``record``    for what changes nothing but must be recorded: the question is answered on one snapshot, its entries are made durable, and
              only then is the answer returned. On SQLite the entries that wait at one moment share a transaction.
``transact``  for what changes state: one transaction, entry first.
``note``      for bookkeeping without an entry.

Whatever fails in the database is ``Unavailable``: nothing happened, and nothing is given out.
"""

import fcntl
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from gatekeeper.ledger import record as ledger
from gatekeeper.ledger.record import Asked, Event
from gatekeeper.rules.errors import N_, Unavailable

P = ParamSpec("P")
T = TypeVar("T")
Ask = Callable[Concatenate[Connection, P], Asked[T]]
Act = Callable[Concatenate[Connection, P], T]

_LOG = logging.getLogger(__name__)
_BATCH = 256
_RETRIES = 3
_RETRIED = frozenset({"40001", "40P01"})


class Database:
    """The one way to the data. Made once per process; ``dispose`` closes every connection."""

    def __init__(self, url: str, *, threads: int = 8) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._reader = _sqlite(url, threads, read_only=True)
            self._writer = _sqlite(url, 1, read_only=False)
            self._recorder = self._writer
            self._turns = _Turns(Path(f"{parsed.database}.lock"))
        else:
            self._reader = _postgres(url, threads, "AUTOCOMMIT", "-c default_transaction_read_only=on")
            self._recorder = _postgres(url, threads, "REPEATABLE READ")
            self._writer = _postgres(url, threads, "READ COMMITTED")
        self._waiting = _Waiting(self._write_entries)
        ledger.watch(self._writer)
        if self._recorder is not self._writer:
            ledger.watch(self._recorder)

    def dispose(self) -> None:
        """Close every connection."""
        for engine in {self._reader, self._recorder, self._writer}:
            engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only connection; on SQLite one snapshot."""
        with _unavailable(), self._reader.connect() as connection:
            yield connection

    def record(self, ask: Ask[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Answer a question and return the answer once its entries are durable."""
        if self.is_sqlite:
            with self.reading() as connection:
                asked = ask(connection, *args, **kwargs)
            self._waiting.add(asked.events)
            return asked.answer
        with _unavailable(), self._recorder.begin() as connection:
            asked = ask(connection, *args, **kwargs)
            for each in asked.events:
                ledger.append(connection, each)
        return asked.answer

    def transact(self, act: Act[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do one act in its own transaction, and again if the database asks for it."""
        for attempt in range(1, _RETRIES + 1):
            try:
                with self._turn(), self._writer.begin() as connection:
                    return act(connection, *args, **kwargs)
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) in _RETRIED and attempt < _RETRIES:
                    continue
                raise _nothing_happened(error) from error
            except (SQLAlchemyError, OSError) as error:
                raise _nothing_happened(error) from error
        raise AssertionError  # pragma: no cover  (the loop returns or raises)

    def note(self, act: Act[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Bookkeeping without an entry: attempts to sign in, when a session was last seen."""
        return self.transact(act, *args, **kwargs)

    def _turn(self) -> AbstractContextManager[None]:
        return self._turns.taken() if self.is_sqlite else _nothing()

    def _write_entries(self, batch: "list[_Slot]") -> None:
        with self._turn(), self._writer.begin() as connection:
            recorded_at: datetime = ledger.database_now(connection)
            for slot in batch:
                try:
                    for each in slot.events:
                        ledger.append(connection, each, recorded_at)
                except ValueError as error:  # an entry that has no leaf is this caller's fault alone
                    slot.error = error


@dataclass(slots=True, eq=False)
class _Slot:
    events: tuple[Event, ...]
    error: Exception | None = None
    done: bool = False


@dataclass(slots=True)
class _Waiting:
    """Entries that wait at one moment are written together by whichever caller comes first; each returns when its own are durable."""

    write: Callable[[list[_Slot]], None]
    queue: list[_Slot] = field(default_factory=list)
    queued: threading.Lock = field(default_factory=threading.Lock)
    leading: threading.Lock = field(default_factory=threading.Lock)

    def add(self, events: tuple[Event, ...]) -> None:
        slot = _Slot(events)
        with self.queued:
            self.queue.append(slot)
        while not slot.done:
            with self.leading:
                if not slot.done:
                    self._lead()
        if slot.error is not None:
            raise slot.error

    def _lead(self) -> None:
        with self.queued:
            batch, self.queue = self.queue[:_BATCH], self.queue[_BATCH:]
        try:
            self.write(batch)
        except (SQLAlchemyError, OSError, Unavailable) as error:
            refusal = error if isinstance(error, Unavailable) else _nothing_happened(error)
            for slot in batch:
                slot.error = refusal
        except BaseException as error:
            for slot in batch:
                slot.error = RuntimeError(f"the entries could not be written: {error!r}")
            raise
        finally:
            for slot in batch:
                slot.done = True


class _Turns:
    """Writers of one SQLite file take turns: threads by a lock, processes by a lock file, so that nobody starves in a busy handler."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mine = threading.Lock()

    @contextmanager
    def taken(self) -> Iterator[None]:
        with self._mine, self._path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise _nothing_happened(error) from error


def _nothing_happened(error: Exception) -> Unavailable:
    _LOG.error("database.failed", extra={"error": type(error).__name__, "cause": type(getattr(error, "orig", None)).__name__})
    return Unavailable(N_("This cannot be recorded at the moment, so nothing was done. Please try again in a few minutes."))


def _sqlite(url: str, connections: int, *, read_only: bool) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0 if not read_only else 32,
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": 20},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        pragmas = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"]
        for pragma in [*pragmas, "query_only=ON"] if read_only else pragmas:
            connection.execute(f"PRAGMA {pragma}")
        connection.set_authorizer(_authorize)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


_FORBIDDEN = frozenset(
    {
        sqlite3.SQLITE_DROP_TABLE,
        sqlite3.SQLITE_DROP_TRIGGER,
        sqlite3.SQLITE_DROP_INDEX,
        sqlite3.SQLITE_ALTER_TABLE,
        sqlite3.SQLITE_CREATE_TRIGGER,
        sqlite3.SQLITE_ATTACH,
    }
)


def _authorize(action: int, _first: str | None, second: str | None, *_: str | None) -> int:
    """The service never changes the schema or its own safeguards: guards can be dropped only by who migrates."""
    if action == sqlite3.SQLITE_PRAGMA:
        return sqlite3.SQLITE_OK if second is None else sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_DENY if action in _FORBIDDEN else sqlite3.SQLITE_OK


def _postgres(url: str, connections: int, isolation: Any, options: str = "") -> Engine:
    return create_engine(
        url,
        pool_size=connections,
        max_overflow=4,
        isolation_level=isolation,
        connect_args={"options": f"-c timezone=UTC {options}".strip(), "connect_timeout": 5},
    )
