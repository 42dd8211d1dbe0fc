"""Connections that stay open between two who use them.

A pool takes longer to give out a connection and to take it back than the database does to answer from it. So a few stay out: each
is looked at before it is given to the next, bears no transaction while it waits, and goes back to the pool if anything failed.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine


@dataclass(frozen=True, slots=True)
class Snapshots:
    """How readers follow each other within one transaction of SQLAlchemy's: it goes on, and the driver's is begun and ended."""

    begin: Callable[[Any], None]
    end: Callable[[Any], None]


class Connections:
    """The connections of one engine, of which so many stay open: for readers with ``snapshots``, for writers without."""

    def __init__(self, engine: Engine, most: int, is_fit: Callable[[Connection], bool], snapshots: Snapshots | None) -> None:
        self._engine = engine
        self._most = most
        self._is_fit = is_fit
        self._snapshots = snapshots
        self._waiting: list[Connection] = []

    def one(self, *, begun: bool = True) -> AbstractContextManager[Connection]:
        """A connection for as long as the block lasts; for a reader with a snapshot that has begun, or may have not."""
        return _One(self, begun=begun)

    def take(self, *, begun: bool = True) -> Connection:
        """A connection that waited and is still good, or a new one."""
        while self._waiting:
            try:
                connection = self._waiting.pop()
            except IndexError:  # somebody else was faster
                break
            try:
                if self._is_fit(connection):
                    if self._snapshots and begun:
                        self._snapshots.begin(connection.connection.driver_connection)
                    return connection
            except BaseException:
                _drop(connection)
                raise
            _drop(connection)
        connection = self._engine.connect()
        try:
            if self._snapshots:
                connection.begin()
        except BaseException:
            connection.close()
            raise
        return connection

    def give(self, connection: Connection, *, is_sound: bool) -> None:
        """Take a connection back. It waits for the next one if nothing failed on it."""
        goes_on = connection.in_transaction() is (self._snapshots is not None)
        if is_sound and goes_on and not connection.invalidated and len(self._waiting) < self._most:
            if self._snapshots:
                self._snapshots.end(connection.connection.driver_connection)
            self._waiting.append(connection)
        else:
            connection.close()

    def release(self) -> None:
        """Give those that wait back to the pool."""
        while self._waiting:
            self._waiting.pop().close()

    def dispose(self) -> None:
        """Close those that wait."""
        while self._waiting:
            _drop(self._waiting.pop())


class _One(AbstractContextManager[Connection]):
    """One user's connection. A class, since this is the hot path, and a generator takes three times as long."""

    __slots__ = ("_begun", "_connection", "_connections")

    def __init__(self, connections: Connections, *, begun: bool) -> None:
        self._connections = connections
        self._begun = begun

    def __enter__(self) -> Connection:
        self._connection = self._connections.take(begun=self._begun)
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._connections.give(self._connection, is_sound=kind is None)


def _drop(connection: Connection) -> None:
    connection.invalidate()
    connection.close()
