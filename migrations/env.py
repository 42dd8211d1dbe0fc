"""How Alembic runs here: on the URL it is handed, everything in one transaction, one at a time, partitions left alone."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import context
from sqlalchemy import Connection, create_engine, event, pool

from gatekeeper.store.schema import include_object, metadata

LOCK = 4_732_883_765  # any number that nobody else takes: two `db upgrade` at once do not meet


def migrate(connection: Connection) -> None:
    """Run the migrations on a connection, all of them or none."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=include_object,
        transactional_ddl=True,
        compare_type=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        context.run_migrations()


engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
if engine.dialect.name == "sqlite":

    @event.listens_for(engine, "connect")
    def prepare(connection, _):  # noqa: ANN001, ANN201  (Alembic reads this file by path)
        """Let SQLAlchemy say when a transaction begins: left to itself the driver commits every change of a table at once.

        Foreign keys are not looked at meanwhile: SQLite changes a check by making a table anew, to which other rows refer.
        """
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF", "busy_timeout=20000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        """Take the write lock at once."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def turn() -> Iterator[None]:
    """SQLite's writers take turns by a lock file: going over to WAL fails at once where another connection is at work."""
    path = Path(engine.url.database or "").resolve()
    if engine.dialect.name != "sqlite" or not path.parent.is_dir():  # without a folder, connecting says so
        yield
        return
    file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


with turn(), engine.connect() as opened:
    migrate(opened)
