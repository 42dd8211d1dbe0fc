"""The engines of both databases: how connections are made, what they may do, and whether one that waited is still good."""

import os
import select
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import QueuePool

from gatekeeper.store import wire
from gatekeeper.store.connections import Snapshots


def sqlite(path: Path, connections: int, *, read_only: bool) -> Engine:
    """Connections to one file: only read, or read and written, one at a time."""
    engine = create_engine(
        # mode=rw: a file that is gone is an error, never a new and empty database
        URL.create("sqlite", database=f"file:{quote(str(path))}", query={"mode": "rw", "uri": "true"}),
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=32 if read_only else 0,
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": 20},
    )
    begin_statement = "BEGIN" if read_only else "BEGIN IMMEDIATE"

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        pragmas = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"]
        for pragma in [*pragmas, "query_only=ON"] if read_only else pragmas:
            connection.execute(f"PRAGMA {pragma}")
        connection.set_authorizer(_authorize)

    @event.listens_for(engine, "checkout")
    def same_file(_connection: sqlite3.Connection, record: Any, _proxy: Any) -> None:
        """A file that was replaced must not be written on under its old name, where nobody would ever find it."""
        found = _which(path)
        if record.info.setdefault(FILE, found) != found:
            raise DisconnectionError

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.connection.driver_connection.execute(begin_statement)  # type: ignore[union-attr]  # it is checked out

    return engine


def _which(path: Path) -> tuple[int, int]:
    found = os.stat(path)  # noqa: PTH116  (a Path's own takes twice as long, and this is the hot path)
    return found.st_dev, found.st_ino


def is_same_file(path: Path) -> Callable[[Connection], bool]:
    """Whether a connection that waited is one to the file that has this name now."""
    return lambda connection: connection.info.get(FILE) == _which(path)


SQLITE = Snapshots(begin=lambda driver: driver.execute("BEGIN"), end=lambda driver: driver.rollback())


_ALLOWED = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
        sqlite3.SQLITE_TRANSACTION,
        sqlite3.SQLITE_SAVEPOINT,
    }
)
_OPENS_FTS = (sqlite3.SQLITE_UPDATE, "sqlite_master")
"""What SQLite asks when it opens a table of FTS5. A statement that does so it refuses to everybody, writable_schema being off."""
_ROWS = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE})


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    """The service reads and writes rows, nothing else: tables, guards and settings are changed only by who migrates."""
    if action in _ALLOWED:
        return sqlite3.SQLITE_OK
    if (action, first) == _OPENS_FTS:
        return sqlite3.SQLITE_OK
    if action in _ROWS:
        return sqlite3.SQLITE_DENY if (first or "").startswith("sqlite_") else sqlite3.SQLITE_OK
    return sqlite3.SQLITE_OK if action == sqlite3.SQLITE_PRAGMA and second is None else sqlite3.SQLITE_DENY


FILE = "file"
DURABLE = "-c synchronous_commit=on -c lock_timeout=10s"
_PLANNING = "-c random_page_cost=1.1 -c jit=off"
"""What is asked for is mostly at hand or on a disk without a head to move, and compiling takes longer than these answers."""


def postgres(url: str, connections: int, isolation: str | None, options: str) -> Engine:
    """Without an isolation each statement is by itself, which is for reads only."""
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=4,
        isolation_level="AUTOCOMMIT",  # of the driver: see begin()
        connect_args={"options": f"-c timezone=UTC {_PLANNING} {options}", "connect_timeout": 5},
    )

    @event.listens_for(engine, "checkout")
    def alive(connection: Any, _record: Any, _proxy: Any) -> None:
        """A server that went away has left an end of file on the socket: then connect anew instead of failing once more."""
        if not _is_alive(connection):
            raise DisconnectionError

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        """Begin and read the clock in the round trip of the first statement; the driver would take one for each."""
        if isolation is not None:
            wire.begin(connection, isolation)

    wire.watch(engine)
    return engine


def is_alive(connection: Connection) -> bool:
    """Whether the server is still there behind a connection that waited."""
    return _is_alive(connection.connection.driver_connection)


def _is_alive(driver: Any) -> bool:
    waiting = select.poll()
    if not driver.closed:
        waiting.register(driver.fileno(), select.POLLIN)
    return not driver.closed and not waiting.poll(0)


POSTGRESQL = Snapshots(begin=lambda _driver: None, end=wire.close)
