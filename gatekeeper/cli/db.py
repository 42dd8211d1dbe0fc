"""``gatekeeper db upgrade | check``."""

import os

import click

from gatekeeper import clock, installing, migrating
from gatekeeper.cli import desk, screen
from gatekeeper.cli.arguments import as_json
from gatekeeper.cli.screen import _
from gatekeeper.rules.errors import N_
from gatekeeper.settings import Settings


@click.group("db", help=_("Bring the database to this version, and check that it is there."))
def group() -> None:
    """Nothing by itself."""


@group.command("upgrade", help=_("Bring the tables to this version; open the ledger and install the first policy and statement."))
@as_json
def _upgrade(as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    settings = Settings.from_env(os.environ)
    before = desk.revision(settings.database_url)
    with desk.reachable():
        installed = installing.make_ready(settings.database_url, settings.log_origin, clock.now())
    after = migrating.head()
    if as_json:
        screen.put_json({"before": before, "after": after, "installed": installed})
        return
    if before == after:
        screen.put(_(N_("The tables are at %(revision)s already."), revision=after))
    else:
        screen.put(_(N_("The tables were brought to %(revision)s."), revision=after))
    for done in installed:
        screen.put(_(N_("Installed: %(what)s"), what=done))


@group.command("check", help=_("Say whether the database has this version's tables; exit with 1 if not."))
@as_json
@click.pass_context
def _check(ctx: click.Context, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    settings = Settings.from_env(os.environ)
    found, wanted = desk.revision(settings.database_url), migrating.head()
    with desk.reachable():
        differences = migrating.differences(settings.database_url) if found == wanted else []
    if as_json:
        screen.put_json({"revision": found, "wanted": wanted, "differences": differences})
    elif found != wanted:
        message = N_("The database is at %(found)s and this version needs %(wanted)s. Run: gatekeeper db upgrade")
        screen.warn(_(message, found=found or _(N_("nothing")), wanted=wanted))
    elif differences:
        screen.warn(_(N_("The tables are not as this version made them:")))
        for each in differences:
            screen.warn(f"  {each}")
    else:
        screen.put(_(N_("The database is at %(revision)s, as this version needs it."), revision=found))
    ctx.exit(1 if found != wanted or differences else 0)
