"""Tables without what looks at each row: so millions of rows are copied in minutes. Everything is as it was at the end."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.pool import NullPool

_FAST = "-c session_replication_role=replica -c synchronous_commit=off -c maintenance_work_mem=1GB"
"""For who is copying alone: no look at foreign keys, and nothing has to be durable before the next."""
_SELDOM = ("ALTER SYSTEM SET max_wal_size = '16GB'", "ALTER SYSTEM SET checkpoint_timeout = '1h'", "SELECT pg_reload_conf()")
_AS_BEFORE = ("CHECKPOINT", "ALTER SYSTEM RESET max_wal_size", "ALTER SYSTEM RESET checkpoint_timeout", "SELECT pg_reload_conf()")
"""How often the server writes checkpoints."""
_TRIGGERS = text(
    "SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:name AS regclass) AND NOT tgisinternal AND tgenabled = 'A' "
    "AND tgtype & 1 = 1"
)
_INDEXES = text(
    "SELECT indexrelid::regclass::text AS name, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') AS made "
    "FROM pg_index WHERE indrelid = CAST(:name AS regclass) AND NOT indisunique"
)
_SQLITE = text("SELECT type, name, sql AS made FROM sqlite_master WHERE tbl_name = :name AND sql IS NOT NULL AND type <> 'table'")


@contextmanager
def bulk(url: str, without: Iterable[str]) -> Iterator[Engine]:
    """An engine to copy by, while these tables have neither guards nor indexes beside their keys."""
    engine = _sqlite(url) if url.startswith("sqlite") else _postgresql(url)
    is_sqlite = engine.dialect.name == "sqlite"
    made: list[str] = []
    with engine.begin() as connection:
        for table in without:
            made += (_bare_sqlite if is_sqlite else _bare_postgresql)(connection, table)
    yield engine
    _alone(engine, *made, *(("ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)") if is_sqlite else ("VACUUM (ANALYZE)", *_AS_BEFORE)))


def _alone(engine: Engine, *statements: str) -> None:
    """Each in a transaction of its own."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for each in statements:
            connection.exec_driver_sql(each if engine.dialect.name == "sqlite" else each.replace("%", "%%"))


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def hurry(connection: sqlite3.Connection, _: Any) -> None:
        for pragma in ("synchronous = OFF", "cache_size = -500000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _postgresql(url: str) -> Engine:
    engine = create_engine(url, poolclass=NullPool, connect_args={"options": _FAST})
    _alone(engine, *_SELDOM)
    return engine


def _bare_sqlite(connection: Connection, table: str) -> list[str]:
    found = connection.execute(_SQLITE, {"name": table}).all()
    for each in found:
        connection.exec_driver_sql(f"DROP {each.type} {each.name}")
    return [each.made for each in sorted(found, key=lambda each: each.type)]


def _bare_postgresql(connection: Connection, table: str) -> list[str]:
    triggers = connection.execute(_TRIGGERS, {"name": table}).scalars().all()
    indexes = connection.execute(_INDEXES, {"name": table}).all()
    for each in triggers:
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER {each}")
    for index in indexes:
        connection.exec_driver_sql(f"DROP INDEX {index.name}")
    return [*(index.made for index in indexes), *(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {each}" for each in triggers)]
