"""Statements of the hot path: compiled once, then run by SQLite's own driver or on PostgreSQL's own wire.

SQLAlchemy takes longer to run a statement than the database does to answer it. What it knows of types is asked of it once.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Dialect, Select
from sqlalchemy.exc import DBAPIError, NoResultFound

from gatekeeper.store import wire
from gatekeeper.store.wire import Rows, Statement

Convert = Callable[[Any], Any] | None
Query = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class _Ready:
    """A statement in the words of one driver: what is always sent, what of it differs, and how values come back."""

    statement: Statement
    always: tuple[Any, ...]
    given: tuple[tuple[int, str, Convert], ...]
    found: tuple[tuple[int, Callable[[Any], Any]], ...]
    row: Callable[..., Any]


class Prepared:
    """A SELECT without expanding lists. Its columns bear distinct names, its parameters are all named.

    ``postgresql`` finds the same where another form of it is faster there.
    """

    def __init__(self, statement: Query, *, postgresql: Query | None = None) -> None:
        self._statements = {"sqlite": statement, "postgresql": postgresql if postgresql is not None else statement}
        self._ready: dict[str, _Ready] = {}

    def one(self, connection: Connection, **values: Any) -> Any:
        """Run it as ``first`` does; a statement that always finds a row."""
        row = self.first(connection, **values)
        if row is None:
            raise NoResultFound
        return row

    def first(self, connection: Connection, **values: Any) -> Any | None:
        """Run it in the transaction of ``connection``, which begins if none has, and return its first row."""
        ready, taken = self._run(connection, values)
        return _row(ready, taken[0]) if taken else None

    def all(self, connection: Connection, **values: Any) -> list[Any]:
        """Run it in the same way and return every row."""
        ready, taken = self._run(connection, values)
        return [_row(ready, each) for each in taken] if ready.found else [ready.row(*each) for each in taken]

    def _run(self, connection: Connection, values: dict[str, Any]) -> tuple[_Ready, Rows]:
        dialect = connection.dialect
        ready = self._ready.get(dialect.name) or self._compiled(dialect)
        if not connection.in_transaction():
            connection.begin()
        sent = list(ready.always)
        for place, name, convert in ready.given:
            sent[place] = values[name] if convert is None else convert(values[name])
        send = _to_sqlite if dialect.name == "sqlite" else _to_postgresql
        return ready, send(connection, ready.statement, sent)

    def _compiled(self, dialect: Dialect) -> _Ready:
        kind: Any = type(dialect)
        own = dialect if dialect.name == "sqlite" else kind(paramstyle="numeric_dollar")
        statement = self._statements[dialect.name]
        compiled: Any = statement.compile(dialect=own)
        columns = list(statement.selected_columns)
        always, given = [], []
        for place, name in enumerate(compiled.positiontup):
            parameter = compiled.binds[name]
            convert = parameter.type.dialect_impl(own).bind_processor(own)
            value = compiled.params[name]
            always.append(convert(value) if convert and not parameter.required else value)
            if parameter.required:
                given.append((place, name, convert))
        back = [each.type.dialect_impl(own).result_processor(own, None) for each in columns]
        ready = self._ready[dialect.name] = _Ready(
            Statement.of(str(compiled)),
            tuple(always),
            tuple(given),
            tuple((place, convert) for place, convert in enumerate(back) if convert is not None),
            namedtuple("Row", [each.key for each in columns if each.key]),  # noqa: PYI024  (its fields are the statement's)
        )
        return ready


class Statements:
    """Prepared statements that differ by a few values which turn their conditions, each built once."""

    def __init__(self, most: int = _MOST) -> None:
        self._known: dict[tuple[Any, ...], Prepared] = {}
        self._most = most

    def of(self, alike: tuple[Any, ...], build: Callable[[], Select[*tuple[Any, ...]]]) -> Prepared:
        """The statement for these values."""
        found = self._known.get(alike)
        if found is None:
            if len(self._known) >= self._most:
                self._known.clear()
            found = self._known[alike] = Prepared(build())
        return found


def _row(ready: _Ready, taken: Sequence[Any]) -> Any:
    row = list(taken)
    for place, convert in ready.found:
        row[place] = convert(row[place])
    return ready.row(*row)


def _to_sqlite(connection: Connection, statement: Statement, sent: list[Any]) -> Rows:
    driver: Any = connection.connection.driver_connection
    for hear in connection.engine.dispatch.before_cursor_execute:  # who listens to an engine's statements hears these too
        hear(connection, driver, statement.sql, sent, None, False)
    try:
        found: Rows = driver.execute(statement.sql, sent).fetchall()
    except sqlite3.Error as error:
        raise DBAPIError.instance(statement.sql, None, error, sqlite3.Error, dialect=connection.dialect) from error
    return found


def _to_postgresql(connection: Connection, statement: Statement, sent: list[Any]) -> Rows:
    return wire.run(connection, (statement, sent))[0]
