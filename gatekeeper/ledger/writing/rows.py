"""Entries as rows: what stands of each in the tables, written in as few statements as each database answers fastest.

This is the hot path, where plain SQL costs a third of the compiled kind. On SQLite all rows of one table are one statement: a
thread lets go of the interpreter with each, and while others have it, everybody waits for the one who writes. On PostgreSQL
statements are apart, in one message: one that writes several tables takes the server a third longer than they do.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger import leaf
from gatekeeper.store import wire
from gatekeeper.store.proof.answers import MEMBERS, Part
from gatekeeper.store.wire import Statement, Step

COLUMNS = tuple(name for name in leaf.MEMBERS if name not in {"data", "private"})
"""The columns of an entry beside its leaf: the leaf's own members, in its order."""

_ENTRY = f"INSERT INTO ledger_entry ({', '.join(COLUMNS)}, leaf) VALUES"
_PRIVATE = "INSERT INTO ledger_private (entry_id, field, salt, value) VALUES"
_ANSWER = f"INSERT INTO ledger_answer (entry_id, number, at, {', '.join(MEMBERS)})"
_part = attrgetter(*MEMBERS)

_TOGETHER = 500
"""So many rows are one statement on SQLite, which takes 32,766 values in one."""

_ID = "currval('ledger_entry_id_seq')"
_VALUES = ", ".join(f"${place}" for place in range(1, len(COLUMNS) + 2))
_POSTGRESQL_ENTRY = Statement.of(f"{_ENTRY} ({_VALUES}) RETURNING id")
_ARRAYS = ", ".join(f"${place}::text[]" for place in range(2, len(MEMBERS) + 2))
_POSTGRESQL_ANSWERS = Statement.of(
    f"{_ANSWER} SELECT {_ID}, each.number - 1, $1::timestamptz, {', '.join(f'each.{name}' for name in MEMBERS)} "  # noqa: S608  (our own constants)
    f"FROM unnest({_ARRAYS}) WITH ORDINALITY AS each ({', '.join(MEMBERS)}, number)"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as it will be written: its columns in the order of ``COLUMNS``, its leaf, what it commits to, its answers."""

    columns: dict[str, Any]
    leaf: bytes
    private: list[tuple[str, bytes, str]]
    parts: Sequence[Part]


def to_sqlite(driver: sqlite3.Connection, rows: Sequence[Row]) -> list[int]:
    """Write these and return their ids, which follow each other: a guard sees to it."""
    last = _insert(driver, _ENTRY, [_of_sqlite(row) for row in rows])
    ids = list(range(last - len(rows) + 1, last + 1))
    _insert(driver, _PRIVATE, [(id_, *each) for id_, row in zip(ids, rows, strict=True) for each in row.private])
    _insert(driver, f"{_ANSWER} VALUES", [each for id_, row in zip(ids, rows, strict=True) for each in _answers(id_, row)])
    return ids


def _of_sqlite(row: Row) -> tuple[Any, ...]:
    times = {name: _as_kept(row.columns[name]) for name in ("at", "recorded_at")}
    return (*{**row.columns, **times}.values(), row.leaf)


def _as_kept(stamp: str) -> str:
    """A time of the leaf as SQLAlchemy keeps times in SQLite."""
    return f"{stamp[:10]} {stamp[11:-1]}"


def _answers(id_: int, row: Row) -> Iterator[tuple[Any, ...]]:
    at = _as_kept(row.columns["at"])
    return ((id_, number, at, *_part(each)) for number, each in enumerate(row.parts))


def _insert(driver: sqlite3.Connection, into: str, rows: Sequence[tuple[Any, ...]]) -> int:
    """The number of the row that was written last."""
    last = 0
    for begin in range(0, len(rows), _TOGETHER):
        some = rows[begin : begin + _TOGETHER]
        last = driver.execute(_several(into, len(some), len(some[0])), [value for row in some for value in row]).lastrowid or 0
    return last


@lru_cache(maxsize=512)
def _several(into: str, count: int, width: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"{into} {', '.join([row] * count)}"


def to_postgresql(connection: Connection, rows: Sequence[Row], ending: Sequence[Step]) -> list[int]:
    """Write these and return their ids, in one message that ends with ``ending``."""
    steps: list[Step] = []
    places: list[int] = []
    for row in rows:
        places.append(len(steps))
        steps.append((_POSTGRESQL_ENTRY, (*row.columns.values(), row.leaf)))
        if row.private:
            steps.append((_postgresql_private(len(row.private)), tuple(part for each in row.private for part in each)))
        if row.parts:
            answers = zip(*map(_part, row.parts), strict=True)
            steps.append((_POSTGRESQL_ANSWERS, (row.columns["at"], *map(list, answers))))
    found = wire.run(connection, *steps, *ending)
    return [int(found[place][0][0]) for place in places]


@lru_cache(maxsize=64)
def _postgresql_private(count: int) -> Statement:
    """So many private values of the entry that was written last."""
    each = (f"({_ID}, ${place}, ${place + 1}, ${place + 2})" for place in range(1, 3 * count + 1, 3))
    return Statement.of(f"{_PRIVATE} {', '.join(each)}")
