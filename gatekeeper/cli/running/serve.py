"""``gatekeeper serve``."""

import os

import click
from sqlalchemy import Connection, select

from gatekeeper.cli import desk
from gatekeeper.cli.running import server
from gatekeeper.cli.screen import _
from gatekeeper.database import Database
from gatekeeper.rules.errors import N_, Unavailable
from gatekeeper.settings import Settings
from gatekeeper.store.proof.ledger import LedgerLog


@click.command("serve")
@click.option("--no-work", is_flag=True, help=_("Start no work process: `gatekeeper work` runs on another machine."))
def serve(no_work: bool) -> None:  # noqa: FBT001  (click passes it so)
    """Check, then serve."""
    settings = Settings.from_env(os.environ)
    desk.refuse_behind(settings.database_url)
    _refuse_closed(settings.database_url)
    server.free_port(settings.host, settings.port, "GATEKEEPER_PORT=%s")
    server.run(settings.host, settings.port, workers=settings.workers, threads=settings.threads, work=not no_work)


def _refuse_closed(url: str) -> None:
    database = Database(url, threads=1)
    try:
        with database.reading() as connection:
            if not _is_open(connection):
                raise Unavailable(N_("No ledger is open in this database. Run: gatekeeper db upgrade"))
    finally:
        database.dispose()


def _is_open(connection: Connection) -> bool:
    return connection.execute(select(LedgerLog.id).limit(1)).first() is not None
