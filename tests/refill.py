"""A PostgreSQL database that goes back to how it was, in some 20 ms where a copy of it takes 200.

Its rows are kept in memory. Going back empties every table and fills it again, as a replica, whom the guards of the copy leave
alone; everybody else meets them as ever. What tests the guards against a replica takes a database of its own (``own_database``).
Where a test changed more than rows (a table, a guard, a setting), or left so much that emptying is slow, it is made anew.
"""

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.postgres import Postgres

LARGE = 16 * 2**20

_TABLES = """
    SELECT relname, array_agg(attname ORDER BY attnum) FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    AND attnum > 0 AND NOT attisdropped AND attgenerated = '' GROUP BY relname ORDER BY relname
"""
_GUARDS = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgenabled = 'A' AND NOT tgisinternal ORDER BY 1, 2"
_COUNTERS = """
    SELECT format('SELECT setval(%L, %s, %L)', schemaname || '.' || sequencename, coalesce(last_value, 1), last_value IS NOT NULL)
    FROM pg_sequences WHERE schemaname = 'public'
"""
_CATALOGUES = [
    "pg_class",
    "pg_attribute",
    "pg_trigger",
    "pg_proc",
    "pg_constraint",
    "pg_index",
    "pg_db_role_setting",
    "pg_namespace",
]
_SHAPE = " UNION ALL ".join(f"SELECT count(*), max(xmin::text::bigint) FROM {name}" for name in _CATALOGUES)  # noqa: S608
_SIZE = "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
_LEAVE = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@dataclass
class Refilled:
    """A copy of a template under one address, always as the template is."""

    server: Postgres
    template: str
    name: str
    url: str = ""
    _connection: psycopg.Connection[Any] | None = None
    _rows: dict[str, bytes] = field(default_factory=dict)
    _statements: tuple[str, str] = ("", "")
    _shape: list[Any] | None = None

    def restore(self) -> str:
        """Bring the database back and return its address. Whoever is still connected is cut off."""
        if self._connection is None:
            self._make()
        else:
            self._connection.execute(_LEAVE)
            if self._connection.execute(_SHAPE).fetchall() == self._shape and self._ask(_SIZE) < LARGE:
                self._refill(self._connection)
            else:
                self.drop()
                self._make()
        return self.url

    def drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self.server.drop_database(self.url)
            self._connection = None

    def _make(self) -> None:
        self.url = self.server.create_database(self.template, self.name)
        self._connection = connection = psycopg.connect(
            host=str(self.server.root), user="postgres", dbname=make_url(self.url).database, autocommit=True
        )
        connection.execute("SET session_replication_role = replica")
        for table, name in connection.execute(_GUARDS).fetchall():
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER {name}")
        if not self._rows:
            self._learn(connection)
        self._refill(connection)
        self._shape = connection.execute(_SHAPE).fetchall()

    def _learn(self, connection: psycopg.Connection[Any]) -> None:
        tables = connection.execute(_TABLES).fetchall()
        for name, columns in tables:
            listed = sql.SQL("{} ({})").format(sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns)))
            source = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(name)
            )
            with connection.cursor().copy(source) as copy:
                self._rows[listed.as_string(connection)] = b"".join(bytes(block) for block in copy)
        empty = [f"DELETE FROM {name}" for name, _ in tables]  # noqa: S608  (as the catalogue spells them)
        counters = [each for (each,) in connection.execute(_COUNTERS)]
        self._statements = "; ".join(empty), "; ".join(counters)

    def _refill(self, connection: psycopg.Connection[Any]) -> None:
        before, after = self._statements
        with connection.transaction():
            connection.execute(before)
            for table, rows in self._rows.items():
                if rows:
                    with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                        copy.write(rows)
            connection.execute(after)

    def _ask(self, question: str) -> int:
        found = self._connection.execute(question).fetchone() if self._connection else None
        return int(found[0]) if found else 0
