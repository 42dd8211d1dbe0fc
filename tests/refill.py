"""A PostgreSQL database that goes back to how it was, in some 20 ms where a copy of it takes 200.

Its rows are kept in memory. Going back empties every table and fills it again, as a replica, whom the guards of the copy leave
alone; everybody else meets them as ever. What tests the guards against a replica takes a database of its own (``own_database``).
Where a test changed more than rows (a table, a guard, a setting), or left so much that emptying is slow, it is made anew.

Connections that wait for the next test may stay: a server process that has just begun takes ten times as long over its first
statements as over later ones.
"""

from collections.abc import Iterable
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
_LEAVE = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND NOT (pid = ANY(%s) AND state = 'idle')
"""


@dataclass(frozen=True)
class Contents:
    """All rows of a database, table by table, and where its counters stand."""

    rows: dict[str, bytes]
    counters: str


@dataclass
class Refilled:
    """A copy of a template under one address, always as the template is."""

    server: Postgres
    template: str
    name: str
    url: str = ""
    _connection: psycopg.Connection[Any] | None = None
    _tables: list[Any] = field(default_factory=list)
    _empty: str = ""
    _contents: Contents | None = None
    _shape: list[Any] | None = None

    def restore(self, spared: Iterable[int] = ()) -> str:
        """Bring the database back and return its address. Whoever is still connected is cut off, unless spared and idle."""
        if self._connection is None:
            self._make()
        else:
            self._connection.execute(_LEAVE, [list(spared)])
            if self._connection.execute(_SHAPE).fetchall() == self._shape and self._ask(_SIZE) < LARGE:
                self.refill(self._contents)
            else:
                self.drop()
                self._make()
        return self.url

    def mark(self) -> object:
        """What changes with whatever is written, by whomever: the end of the server's own log."""
        return self._ask("SELECT pg_current_wal_insert_lsn()")

    def contents(self) -> Contents:
        """Everything that is there now."""
        rows = {}
        for name, columns in self._tables:
            listed = sql.SQL("{} ({})").format(sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns)))
            source = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(name)
            )
            with self._connection.cursor().copy(source) as copy:
                rows[listed.as_string(self._connection)] = b"".join(bytes(block) for block in copy)
        return Contents(rows, "; ".join(each for (each,) in self._connection.execute(_COUNTERS)))

    def refill(self, contents: Contents) -> None:
        """Put this in place of everything that is there."""
        with self._connection.transaction():
            self._connection.execute(self._empty)
            for table, rows in contents.rows.items():
                if rows:
                    with self._connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                        copy.write(rows)
            self._connection.execute(contents.counters)

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
        if self._contents is None:
            self._tables = connection.execute(_TABLES).fetchall()
            self._empty = "; ".join(f"DELETE FROM {name}" for name, _ in self._tables)  # noqa: S608  (as the catalogue spells them)
            self._contents = self.contents()
        self.refill(self._contents)
        self._shape = connection.execute(_SHAPE).fetchall()

    def _ask(self, question: str) -> Any:
        found = self._connection.execute(question).fetchone() if self._connection else None
        return found[0] if found else 0
