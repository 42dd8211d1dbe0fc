"""``gatekeeper ledger accesses``: who was given, refused or sent a report over some days, or what a person was, for a court."""

from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from gatekeeper import language
from gatekeeper.actions.proof import accesses as action
from gatekeeper.actions.proof.accesses import Made, Question
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Moment, When
from gatekeeper.cli.clients import lookup
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.proof.evidence import under_way
from gatekeeper.cli.screen import _
from gatekeeper.files.made import access_list
from gatekeeper.files.made.access_list import Totals
from gatekeeper.files.made.court import TAG, say
from gatekeeper.rules.errors import N_, Fault, Invalid

_MADE = N_("Made for %(name)s at %(time)s.")
_HELP = N_("Write the access list of a report or a person over some days as a PDF or an Excel workbook, in Chinese.")
_FORMS = {".pdf": "pdf", ".xlsx": "xlsx"}


@click.command("accesses", help=_(_HELP))
@click.option("--report", metavar="REPORT", help=_("The report, by its id or its beginning."))
@click.option("--person", metavar="LOGIN", help=_("The person concerned, or who did it."))
@click.option("--from", "since", type=When(), required=True, metavar="DAY", help=_("From this day on, in the firm's zone."))
@click.option("--to", "until", type=When(), required=True, metavar="DAY", help=_("Up to and including this day."))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help=_("Where; .pdf or .xlsx says which.")
)
def accesses(report: str | None, person: str | None, since: Moment, until: Moment, output: Path) -> None:
    """Make it, record that it was made, and only then give it its name."""
    if (report is None) is (person is None):
        raise Invalid(Fault(N_("Give either --report or --person.")))
    form = _FORMS.get(output.suffix.lower())
    if form is None:
        raise Invalid(Fault(N_("The name of the file must end in .pdf or .xlsx.")))
    with at_desk() as desk, under_way(output) as passing:
        found = _question(desk, report, person, since, until)
        totals = _write(desk, found, form, passing)
        digest = sha256(passing.read_bytes()).hexdigest()
        code = desk.database.record(action.sent, desk.operator(), found, Made(form, totals, digest), desk.now())
    told = [
        (N_("File"), str(output)),
        (N_("Entries"), str(totals.rows)),
        (N_("SHA-256"), digest),
        (N_("Recorded under code"), code),
    ]
    screen.put_pairs([(_(label), value) for label, value in told])


def _question(desk: Desk, report: str | None, person: str | None, since: Moment, until: Moment) -> Question:
    period = since.start(desk.zone), until.end(desk.zone)
    with desk.database.reading() as connection:
        about = "report" if report is not None else "person"
        id_ = lookup.report(connection, report) if report is not None else lookup.person(connection, person or "").id
        return action.question(connection, desk.operator(), about, id_, period, desk.now())


def _write(desk: Desk, found: Question, form: str, path: Path) -> Totals:
    def read(piece: Any) -> Any:
        with desk.database.reading() as connection:
            return piece(connection)

    totals = Totals()
    made = say(_MADE, name=desk.operator().os_user, time=language.format_time(TAG, desk.now(), desk.zone))
    head = read(partial(action.head, found=found, firm=desk.settings.firm, made=made, zone=desk.zone))
    with path.open("wb") as file:
        access_list.write(file, form, head, action.each(read, found), totals)
    return totals
