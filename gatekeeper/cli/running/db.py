"""``gatekeeper db upgrade | check | index | roles | partitions``."""

import os

import click
from sqlalchemy import Connection

from gatekeeper import clock, installing, migrating
from gatekeeper.cli import desk, screen
from gatekeeper.cli.arguments import Whole, as_json
from gatekeeper.cli.screen import _
from gatekeeper.database import Database
from gatekeeper.paths import newest_migration
from gatekeeper.rules.errors import N_
from gatekeeper.settings import Settings
from gatekeeper.store import role_drift, roles
from gatekeeper.store.proof import partitions
from gatekeeper.work import indexing

_ONLY_POSTGRESQL = N_(
    "SQLite has neither roles nor partitions: whoever can read the file is its owner. Nothing was done; protect the file."
)


@click.group("db")
def group() -> None:
    """Nothing by itself."""


@group.command("upgrade", help=_("Bring the tables to this version; open the ledger and install the first policy and statement."))
@as_json
def _upgrade(as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    settings = Settings.from_env(os.environ)
    before = desk.revision(settings.database_url)
    with desk.reachable():
        installed = installing.make_ready(settings.database_url, settings.log_origin, clock.now())
        if not _is_sqlite(settings):
            with migrating.owning(settings.database_url) as connection:
                partitions.ensure(connection)
    after = newest_migration()
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
    found, wanted = desk.revision(settings.database_url), newest_migration()
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


@group.command("index", help=_("Index the words of reports that are not indexed yet. `work` does this by itself."))
@as_json
def _index(as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    settings = Settings.from_env(os.environ)
    desk.refuse_behind(settings.database_url)
    database = Database(settings.database_url)
    try:
        done = indexing.index_all(database, lambda: False)
    finally:
        database.dispose()
    if as_json:
        screen.put_json({"indexed": done})
    else:
        screen.put(_(N_("Report versions indexed: %(number)s"), number=done))


@group.command("roles", help=_("Show or make the roles of PostgreSQL with their rights. Their members are yours to create."))
@click.option("--print", "shown", flag_value="print", default=True, help=_("Show the SQL, for whoever looks after the database."))
@click.option("--apply", "shown", flag_value="apply", help=_("Make them now; needs a superuser, or the owner of the tables."))
@click.option(
    "--check", "shown", flag_value="check", help=_("Change nothing; exit with 1 if a role holds too little or too much.")
)
@click.pass_context
def _make_roles(ctx: click.Context, shown: str) -> None:
    settings = Settings.from_env(os.environ)
    if _is_sqlite(settings):
        screen.put(_(_ONLY_POSTGRESQL))
        return
    desk.refuse_behind(settings.database_url)
    with desk.reachable(), migrating.owning(settings.database_url) as connection:
        if shown == "print":
            for each in ("BEGIN", *roles.statements(roles.schema_of(connection)), "COMMIT"):
                screen.put(f"{each};")
            return
        if shown == "check":
            ctx.exit(_compared(connection))
        roles.apply(connection)
    screen.put(_(N_("The roles and their rights are as this version needs them: %(names)s."), names=", ".join(roles.ROLES)))
    example = "CREATE ROLE gatekeeper_web LOGIN PASSWORD '...' IN ROLE gk_app"
    screen.put(_(N_("None of them can sign in. Create the names that do, for example: %(example)s"), example=example))


def _compared(connection: Connection) -> int:
    """Say how the roles differ from what they should be; return the exit code."""
    found = role_drift.differences(connection)
    for each in found:
        screen.warn(_(each.sentence, **each.values))
    if not found:
        screen.put(_(N_("The roles and their rights are as this version needs them: %(names)s."), names=", ".join(roles.ROLES)))
    return 1 if found else 0


@group.command("partitions", help=_("Make partitions of the ledger ahead and say how many entries fit; exit with 1 when few do."))
@click.option("--ahead", type=Whole(2, 1000), default=partitions.AHEAD, help=_("How many beyond the current one."))
@click.option("--check", "only_look", is_flag=True, help=_("Only look, and change nothing."))
@as_json
@click.pass_context
def _partitions(ctx: click.Context, ahead: int, only_look: bool, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    settings = Settings.from_env(os.environ)
    if _is_sqlite(settings):
        screen.put_json({"partitions": None}) if as_json else screen.put(_(_ONLY_POSTGRESQL))
        return
    desk.refuse_behind(settings.database_url)
    with desk.reachable(), migrating.owning(settings.database_url) as connection:
        made = [] if only_look else partitions.ensure(connection, ahead)
        found = partitions.state(connection)
    if as_json:
        counts = {name: getattr(found, name) for name in ("partitions", "ahead", "last_id", "ids_left")}
        screen.put_json({"made": made, **counts, "unguarded": list(found.unguarded)})
    else:
        _tell(made, found)
    ctx.exit(0 if found.is_well else 1)


def _tell(made: list[str], found: partitions.State) -> None:
    for name in made:
        screen.put(_(N_("Made: %(name)s"), name=name))
    fit = N_("%(left)s more entries fit; %(ahead)s empty partitions stand ready beyond the current one.")
    screen.put(_(fit, left=f"{found.ids_left:,}", ahead=found.ahead))
    if found.ahead < partitions.FEWEST:
        screen.warn(_(N_("The last partition is near. Without a partition nothing can be recorded and nothing is given out.")))
    for name in found.unguarded:
        screen.warn(_(N_("%(name)s lacks a guard of the ledger."), name=name))


def _is_sqlite(settings: Settings) -> bool:
    return settings.database_url.startswith("sqlite:")
