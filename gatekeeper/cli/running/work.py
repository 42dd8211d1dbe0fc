"""``gatekeeper work``: the tasks of the clock, in a process of their own."""

import logging.config
import os

import click
from click.exceptions import Exit

from gatekeeper.cli import desk, screen
from gatekeeper.cli.arguments import Whole
from gatekeeper.cli.screen import _
from gatekeeper.database import Database
from gatekeeper.rules.errors import N_
from gatekeeper.settings import Settings
from gatekeeper.watching import logs, meters
from gatekeeper.work import loop, rota
from gatekeeper.work.sending.office import Office


@click.command("work")
@click.option("--once", is_flag=True, help=_("Do everything once and end."))
@click.option("--watch-fd", type=Whole(0, 1_000_000), metavar="N", help=_("End when this file descriptor does."))
@click.option(
    "--log-level",
    type=click.Choice(["info", "warning", "error"]),
    default="info",
    help=_("The least level that is logged: info, warning, error."),
)
def work(once: bool, watch_fd: int | None, log_level: str) -> None:  # noqa: FBT001  (click passes it so)
    """Check, then work."""
    settings = Settings.from_env(os.environ)
    desk.refuse_behind(settings.database_url)
    logging.config.dictConfig(logs.configuration(log_level.upper()))
    database = Database(settings.database_url, threads=len(rota.TASKS) + 1)
    database.meter = meters.Counting()
    office = Office(settings, database)
    try:
        if not once:
            loop.run(office, rota.TASKS, watched=watch_fd)
        elif failed := loop.once(office, rota.TASKS):
            screen.warn(_(N_("Not done, the log says why: %(names)s"), names=", ".join(failed)))
            raise Exit(1)
    finally:
        database.dispose()
