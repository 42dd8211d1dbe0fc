"""``gatekeeper reports fair``: when each class of investors could first open a version of a report, and did."""

import click

from gatekeeper.actions.publishing import fair_release
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Whole, as_json
from gatekeeper.cli.clients import lookup
from gatekeeper.cli.desk import at_desk
from gatekeeper.cli.screen import _, title
from gatekeeper.rules.errors import N_

_HELP = N_("Say when each class of investors could first open a report, and did.")


@click.command("fair", help=_(_HELP))
@click.argument("report")
@click.option("--number", type=Whole(1, 100_000), help=_("Which version; the first that was out if not given."))
@as_json
def fair(report: str, number: int | None, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    """The same as the page; that somebody looked is recorded."""
    with at_desk() as desk:
        with desk.database.reading() as connection:
            id_ = lookup.report(connection, report)
        found = desk.database.record(fair_release.examine, desk.operator(), id_, number, desk.now(), desk.zone)
        zone = desk.zone
    if as_json:
        rows = [
            {
                "class": row.which,
                "since": row.since,
                "could": row.could,
                "first": row.first,
                "within_hour": row.within_hour,
                "within_day": row.within_day,
                "ever": row.ever,
            }
            for row in found.rows
        ]
        numbers = {"others": found.others, "early": found.early, "sent": found.sent[0]}
        screen.put_json({"report": id_, "number": found.version.number, "since": found.since, "classes": rows, **numbers})
        return
    headings = [
        *(_(N_("Class")), _(N_("Could open it from")), _(N_("Could at release")), _(N_("First opening"))),
        *(_(N_("Within an hour")), _(N_("Within a day"))),
    ]
    lines = []
    for row in found.rows:
        times = [screen.moment(each, zone) if each else "" for each in (row.since, row.first)]
        numbered = [str(row.could), times[1], str(row.within_hour), str(row.within_day)]
        lines.append([title(row.which), times[0], *numbered])
    screen.put_table(headings, lines)
    same = N_("Every class that may open it could from the same instant on.")
    screen.put(_(same if found.is_same else N_("Not every class could open it from the same instant on.")))
    if found.early:
        screen.warn(_(N_("%(count)s entries say that it was opened or sent before it first came out."), count=found.early))
