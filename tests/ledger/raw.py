"""A database as someone sees it who comes round the side, and events to write into it by the front door."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy import make_url

from gatekeeper.ledger.record import Asked, Event
from gatekeeper.rules.events import Kind
from tests.plugins.worlds import BACKENDS
from tests.world import NOW

ON_SQLITE = pytest.mark.parametrize("database_url", BACKENDS[:1], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", BACKENDS[1:], indirect=True)

REFUSED = (sqlite3.Error, psycopg.Error)


@dataclass
class Raw:
    """A connection that knows nothing of the product: the file's or the tables' owner."""

    connection: Any
    is_sqlite: bool

    def execute(self, statement: str, *values: object) -> Any:
        """One statement, in autocommit; ``?`` stands for a value on both databases."""
        if self.is_sqlite:
            return self.connection.execute(statement, values)
        return self.connection.execute(statement.replace("?", "%s"), values or None)

    def rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        return [dict(row) for row in self.execute(statement, *values)]

    def one(self, statement: str, *values: object) -> Any:
        [row] = self.rows(statement, *values)
        [value] = row.values()
        return value


@contextmanager
def opened(url: str) -> Iterator[Raw]:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        connection = sqlite3.connect(parsed.database, isolation_level=None, timeout=5)
        connection.row_factory = sqlite3.Row
        yield Raw(connection, is_sqlite=True)
        connection.close()
    else:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True, row_factory=dict_row) as connection:
            connection.execute("SET timezone = 'UTC'")
            yield Raw(connection, is_sqlite=False)


def event(kind: Kind = Kind.DECISION_ASKED, **members: Any) -> Event:
    return Event(kind=kind, at=members.pop("at", NOW), actor=members.pop("actor", "system"), **members)


def asking(*events: Event, answer: str = "answer") -> Callable[..., Asked[str]]:
    """A question that reads a little, as all do, and has these events."""

    def ask(connection: Any) -> Asked[str]:
        connection.exec_driver_sql("SELECT count(*) FROM policy").scalar()
        return Asked(answer, events)

    return ask


def leaves(raw: Raw) -> list[dict[str, Any]]:
    """Every leaf, in the order of ids."""
    return [json.loads(bytes(row["leaf"])) for row in raw.rows("SELECT leaf FROM ledger_entry ORDER BY id")]
