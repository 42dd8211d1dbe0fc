"""``gatekeeper ledger sheet CODE``: the sheet of one acceptance as a PDF for a court."""

from hashlib import sha256
from pathlib import Path

import click

from gatekeeper import language
from gatekeeper.actions.proof import sheets
from gatekeeper.cli import screen
from gatekeeper.cli.desk import at_desk
from gatekeeper.cli.screen import _
from gatekeeper.files.made import court
from gatekeeper.rules.errors import N_, Conflict

_MADE = N_("Made for %(name)s at %(time)s.")


@click.command("sheet", help=_("Write the acceptance sheet of the entry CODE as a PDF, in Chinese."))
@click.argument("code")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help=_("Where; acceptance-CODE.pdf unless given.")
)
def sheet(code: str, output: Path | None) -> None:
    """Make it, record that it was made, and only then write it."""
    with at_desk() as desk:
        now, caller = desk.now(), desk.operator()
        with desk.database.reading() as connection:
            found = sheets.acceptance(connection, caller, code, now)
        path = output or Path(f"acceptance-{found.code}.pdf")
        if path.exists():
            raise Conflict(N_("%(path)s is there already. It was not changed."), path=path)
        made = court.say(_MADE, name=caller.os_user, time=language.format_time(court.TAG, now, desk.zone))
        content = court.pdf(found, desk.settings.firm, desk.zone, made)
        entry = desk.database.record(sheets.sent, caller, found, "pdf", sha256(content).hexdigest(), now)
    path.write_bytes(content)
    screen.put_pairs([(_(N_("File")), str(path)), (_(N_("Entry")), entry)])
