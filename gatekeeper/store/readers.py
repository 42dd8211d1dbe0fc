"""Connections for reading that stay open between two readers.

A pool takes longer to give out a connection and to take it back than the database does to answer from it. So a few stay out:
each is looked at before it is given to the next reader, and bears no transaction while it waits.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine


@dataclass(frozen=True, slots=True)
class Ways:
    """What differs between databases. The transaction that SQLAlchemy believes in goes on; here the driver's is begun and ended.

    ``is_fit`` says whether a connection that waited may be used, ``begin`` and ``end`` a reader's snapshot on it.
    """

    is_fit: Callable[[Connection], bool]
    begin: Callable[[Any], None]
    end: Callable[[Any], None]


class Readers:
    """The connections of one engine, of which so many stay open."""

    def __init__(self, engine: Engine, most: int, ways: Ways) -> None:
        self._engine = engine
        self._most = most
        self._ways = ways
        self._waiting: list[Connection] = []

    @property
    def waiting(self) -> int:
        """How many wait for a reader."""
        return len(self._waiting)

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection for one reader."""
        return _Reading(self)

    def take(self) -> Connection:
        """A connection on which a snapshot has begun."""
        while True:
            try:
                connection = self._waiting.pop()
            except IndexError:
                break
            try:
                if self._ways.is_fit(connection):
                    self._ways.begin(connection.connection.driver_connection)
                    return connection
            except BaseException:
                _drop(connection)
                raise
            _drop(connection)
        connection = self._engine.connect()
        try:
            connection.begin()
        except BaseException:
            connection.close()
            raise
        return connection

    def give(self, connection: Connection, *, is_sound: bool) -> None:
        """Take a connection back. It waits for the next reader if nothing failed on it."""
        if is_sound and connection.in_transaction() and len(self._waiting) < self._most:
            self._ways.end(connection.connection.driver_connection)
            self._waiting.append(connection)
        else:
            connection.close()

    def dispose(self) -> None:
        """Close those that wait."""
        while self._waiting:
            _drop(self._waiting.pop())


class _Reading(AbstractContextManager[Connection]):
    """One reader's connection. A class, since this is the hot path, and a generator takes three times as long."""

    __slots__ = ("_connection", "_readers")

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def __enter__(self) -> Connection:
        self._connection = self._readers.take()
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._readers.give(self._connection, is_sound=kind is None)


def _drop(connection: Connection) -> None:
    connection.invalidate()
    connection.close()
