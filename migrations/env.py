"""How Alembic runs here: on the URL it is handed, one transaction a migration, partitions left alone."""

from alembic import context
from sqlalchemy import Connection, create_engine, pool

from gatekeeper.store.schema import include_object, metadata


def migrate(connection: Connection) -> None:
    """Run the migrations on a connection."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=include_object,
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
with engine.connect() as opened:
    if opened.dialect.name == "sqlite":
        opened.exec_driver_sql("PRAGMA journal_mode=WAL")
        opened.exec_driver_sql("PRAGMA foreign_keys=ON")
        opened.commit()
    migrate(opened)
