"""Statements of the hot path on PostgreSQL's own protocol: prepared once per connection, and several in one round trip.

A cursor of the driver costs as much as the server's answer, and a BEGIN or COMMIT of its own costs a round trip. So ``BEGIN``
waits for the first statement and goes with it, and ``COMMIT`` may go with the last. What fails in one message undoes all of it.
"""

import select
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

with suppress(ImportError):  # the embedded form comes without PostgreSQL's driver, and never gets to what needs it
    from psycopg.adapt import PyFormat, Transformer
    from psycopg.errors import Error, OperationalError, error_from_result
    from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

    _FINE = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})
    _OPEN = frozenset({TransactionStatus.INTRANS, TransactionStatus.INERROR})

_BEGIN = "gatekeeper.wire.begin"
_CLOCK = "gatekeeper.wire.clock"
STATE = "gatekeeper.wire.state"
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with ``$1``, ``$2`` … for its values, and the name under which a connection keeps it ready."""

    sql: str
    name: bytes

    @classmethod
    def of(cls, sql: str) -> "Statement":
        """Name it by its text."""
        return cls(sql, f"gk_{sha256(sql.encode()).hexdigest()[:20]}".encode())


Step = tuple[Statement, Sequence[Any]]
_TIME = Statement.of("SELECT clock_timestamp()")
COMMIT: Step = (Statement.of("COMMIT"), ())
_BEGINNINGS = {level: Statement.of(f"BEGIN ISOLATION LEVEL {level}") for level in ("READ COMMITTED", "REPEATABLE READ")}


class _State:
    """What a connection of the driver keeps: the names of what it has ready, and how values travel."""

    def __init__(self, driver: Any) -> None:
        self.server = driver.pgconn
        self.ready: set[bytes] = set()
        self.values = Transformer(driver)
        self.waiting = select.poll()
        self.waiting.register(self.server.socket, select.POLLIN)
        self.sending = select.poll()
        self.sending.register(self.server.socket, select.POLLIN | select.POLLOUT)
        self._renewed = 0

    def name(self, statement: Statement) -> bytes:
        """The name under which a statement is or will be ready."""
        return statement.name + b"_%d" % self._renewed

    def renew(self) -> None:
        """Make everything ready anew, under other names."""
        self.ready.clear()
        self._renewed += 1


def watch(engine: Engine) -> None:
    """Keep an engine's connections in step with what is sent beside SQLAlchemy and the driver."""
    event.listen(engine, "before_cursor_execute", begun)
    event.listen(engine, "rollback", _rolled_back)
    event.listen(engine, "reset", _reset)
    event.listen(engine, "rollback_savepoint", _undone_in_part)


def _rolled_back(connection: Connection) -> None:
    if not connection.invalidated:
        _reset(connection.connection.driver_connection, connection, None)


def _reset(driver: Any, kept: Any, _: Any) -> None:
    """Roll back before the driver does: it would also have the server forget whatever is ready, of which it knows nothing."""
    kept.info.pop(_BEGIN, None)
    close(driver)


def close(driver: Any) -> None:
    """End whatever transaction a connection of the driver is in."""
    if driver.pgconn.transaction_status in _OPEN:
        driver.pgconn.exec_(b"ROLLBACK")


def _undone_in_part(connection: Connection, _name: str, _context: None) -> None:
    """The driver has the server forget what is ready, if it has itself something ready: nobody else can know."""
    if state := connection.info.get(STATE):
        state.renew()


def begin(connection: Connection, isolation: str) -> None:
    """Let a transaction begin with the first statement that is sent."""
    connection.info[_BEGIN] = _BEGINNINGS[isolation]
    connection.info.pop(_CLOCK, None)


def begun(connection: Connection, *_: Any) -> None:
    """Send a BEGIN that waits: somebody else is about to send a statement."""
    if _BEGIN in connection.info:
        run(connection)


def clock(connection: Connection) -> Any:
    """The server's clock as the transaction began."""
    begun(connection)
    return connection.info[_CLOCK]


def run(connection: Connection, *steps: Step) -> list[Rows]:
    """Send statements in one message and return the rows that each finds."""
    opening = connection.info.pop(_BEGIN, None)
    driver: Any = connection.connection.driver_connection
    for hear in connection.engine.dispatch.before_cursor_execute:  # who listens to an engine's statements hears these too
        for statement, values in steps:
            if statement is not COMMIT[0]:
                hear(connection, driver, statement.sql, values, None, False)
    before: list[Step] = [(opening, ()), (_TIME, ())] if opening else []
    try:
        found = _sent(_state(connection, driver), [*before, *steps])
    except Error as error:
        sql = "; ".join(statement.sql for statement, _ in steps)
        raise DBAPIError.instance(sql, None, error, Error, dialect=connection.dialect) from error
    if opening:
        connection.info[_CLOCK] = found[1][0][0]
    return found[len(before) :]


def _state(connection: Connection, driver: Any) -> _State:
    state: _State | None = connection.info.get(STATE)
    if state is None or state.server is not driver.pgconn:
        state = connection.info[STATE] = _State(driver)
    return state


def _sent(state: _State, steps: list[Step]) -> list[Rows]:
    dumped = [_dumped(state, values) for _, values in steps]
    name = state.name(steps[0][0])
    if len(steps) == 1 and name in state.ready:
        results = [state.server.exec_prepared(name, *dumped[0])]
    else:
        try:
            results = _piped(state, [statement for statement, _ in steps], dumped)
        except BaseException:
            state.server.finish()  # nobody knows what the server will still answer
            raise
    return [_read(state, each) for each in results]


def _piped(state: _State, statements: list[Statement], dumped: list[tuple[Any, Any]]) -> list[Any]:
    """Send statements without waiting in between; each is made ready right before its first use, for BEGIN must come first."""
    server, expected = state.server, list[bytes | None]()
    server.enter_pipeline_mode()
    for statement, (values, formats) in zip(statements, dumped, strict=True):
        name = state.name(statement)
        if name not in state.ready and name not in expected:
            server.send_prepare(name, statement.sql.encode())
            expected.append(name)
        server.send_query_prepared(name, values, formats)
        expected.append(None)
    server.pipeline_sync()
    while server.flush():  # more than the socket takes at once: what is answered meanwhile is read, or both would wait for ever
        state.sending.poll()
        server.consume_input()
    results = _answers(state)
    server.exit_pipeline_mode()
    state.ready |= {name for name, each in zip(expected, results, strict=True) if name and each.status in _FINE}
    bad = next((each for each in results if each.status not in _FINE), None)
    return [bad] if bad else [each for name, each in zip(expected, results, strict=True) if name is None]


def _answers(state: _State) -> list[Any]:
    """What the server answers until it is in step again. The driver's own wait would keep other threads waiting too."""
    server, results = state.server, list[Any]()
    while True:
        while server.is_busy():
            state.waiting.poll()
            server.consume_input()
        result = server.get_result()
        if result is None:  # stands between the answers to two statements
            if server.status != ConnStatus.OK:
                raise OperationalError(server.get_error_message())
        elif result.status == ExecStatus.PIPELINE_SYNC:
            return results
        else:
            results.append(result)


def _dumped(state: _State, values: Sequence[Any]) -> tuple[Any, Any]:
    """Values and their formats as they travel; the server knows the types by where they stand."""
    kinds = [PyFormat.BINARY if isinstance(each, bytes) else PyFormat.TEXT for each in values]
    return state.values.dump_sequence(values, kinds), state.values.formats


def _read(state: _State, result: Any) -> Rows:
    if result.status not in _FINE:
        raise error_from_result(result)
    if not result.ntuples:
        return []
    state.values.set_pgresult(result)
    return state.values.load_rows(0, result.ntuples, tuple)
