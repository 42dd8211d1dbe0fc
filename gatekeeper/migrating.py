"""Bringing a database to this version's tables, and saying what is missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from gatekeeper.paths import resource_dir
from gatekeeper.store.schema import include_object, metadata


def config(url: str) -> Config:
    """Alembic's configuration, without a file."""
    made = Config()
    made.set_main_option("script_location", str(resource_dir("migrations")))
    made.attributes["url"] = url
    return made


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database's tables to this version's."""
    command.upgrade(config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database's tables back; refused by the migrations where evidence would be lost."""
    command.downgrade(config(url), revision)


def differences(url: str) -> list[str]:
    """What the database's tables and this version's disagree about; empty if nothing."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"include_object": include_object}), metadata)
    return [repr(each) for each in found]


@contextmanager
def owning(url: str) -> Iterator[Connection]:
    """A connection for the owner of the tables, in one transaction: for roles and partitions, which no migration counts.

    It waits a few seconds for a lock and no longer: meanwhile everybody else would wait behind it.
    """
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
        yield connection
