"""``gatekeeper ledger recount``: the sums behind the figures, made again from the entries."""

from dataclasses import asdict

import click

from gatekeeper.cli import screen
from gatekeeper.cli.arguments import as_json
from gatekeeper.cli.desk import at_desk
from gatekeeper.cli.screen import _
from gatekeeper.rules.errors import N_
from gatekeeper.work import counting

_HELP = N_("Work out the sums behind the figures again from the entries, and put right what differs. The figures stay in use.")


@click.command("recount", help=_(_HELP))
@as_json
def recount(as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    """Make again what is there, then add what was sealed since."""
    with at_desk() as desk:
        done = counting.recount(desk.database, desk.zone, desk.operator())
        added = counting.count_all(desk.database, desk.zone)
    if as_json:
        screen.put_json(asdict(done) | {"added": added})
        return
    counted = N_("%(leaves)s entries give %(sums)s sums; %(differing)s stood otherwise and were put right. Entry %(code)s.")
    screen.put(_(counted, leaves=done.leaves, sums=done.sums, differing=done.differing, code=done.code))
    screen.put(_(N_("%(added)s entries were added that had been sealed since."), added=added))
