"""The least that must happen: bare Flask, and bare Flask with one durable row of an entry's size.

On SQLite rows that wait at one moment share a transaction and processes take turns by a lock file, as the product does it:
without that the floor is a queue in SQLite's busy handler, and anything beats it.
"""

import fcntl
import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, LargeBinary, String, column, create_engine, event, insert, make_url, table

from tests.bench.place import Place

ANSWER = "hello"
_FLOOR = table("floor", *(column(name, String) for name in ("at", "person", "report", "outcome")), column("leaf", LargeBinary))
_INSERT = insert(_FLOOR)
Row = dict[str, Any]


def hello() -> Flask:
    app = Flask("hello")

    @app.get("/")
    def answer() -> str:
        return ANSWER

    return app


def one_insert(place: Place) -> Flask:
    app = Flask("insert")
    leaf = bytes(range(256)) * (place.leaf_bytes // 256 + 1)
    person, report = "p" * 26, "r" * 26
    write = writer(place)

    @app.get("/")
    def answer() -> str:
        at = datetime.now(UTC).isoformat()
        write({"at": at, "person": person, "report": report, "outcome": "PERMIT", "leaf": leaf[: place.leaf_bytes]})
        return ANSWER

    return app


def writer(place: Place) -> Callable[[Row], None]:
    """Write one row, durably."""
    return _sqlite(place.floor_url) if place.name == "SQLite" else _postgresql(place.floor_url)


def _postgresql(url: str) -> Callable[[Row], None]:
    engine = create_engine(url, pool_size=8, isolation_level="AUTOCOMMIT")

    def write(row: Row) -> None:
        with engine.connect() as connection:
            connection.execute(_INSERT, row)

    return write


def _sqlite(url: str) -> Callable[[Row], None]:
    engine = create_engine(url, connect_args={"isolation_level": None, "check_same_thread": False, "timeout": 20})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return Together(engine, Path(f"{make_url(url).database}.lock")).add


class Together:
    """Whoever comes first writes everybody's rows; each caller returns when its own row is durable."""

    def __init__(self, engine: Engine, lock: Path) -> None:
        self._engine, self._lock = engine, lock
        self._queue: list[tuple[Row, list[bool]]] = []
        self._queued, self._leading = threading.Lock(), threading.Lock()

    def add(self, row: Row) -> None:
        done: list[bool] = []
        with self._queued:
            self._queue.append((row, done))
        while not done:
            with self._leading:
                if not done:
                    self._lead()

    def _lead(self) -> None:
        with self._queued:
            batch, self._queue = self._queue, []
        with self._turn(), self._engine.begin() as connection:
            connection.execute(_INSERT, [row for row, _ in batch])
        for _, done in batch:
            done.append(True)

    def _turn(self) -> AbstractContextManager[object]:
        file = self._lock.open("ab")
        fcntl.flock(file, fcntl.LOCK_EX)
        return file
