"""``gatekeeper ledger dispute-pack NUMBER``: everything that a dispute with one investor rests on, as one archive."""

from datetime import datetime
from hashlib import file_digest
from pathlib import Path

import click

from gatekeeper.actions.clients import dispute_packs as action
from gatekeeper.actions.clients.dispute_packs import Maker, Wanted
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Moment, When
from gatekeeper.cli.clients import lookup
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.proof.evidence import seal, under_way
from gatekeeper.cli.screen import _
from gatekeeper.files.made.dispute_pack import TITLES, Written
from gatekeeper.rules.errors import N_

_HELP = N_("Write the nine parts of a dispute about the investor with this client NUMBER as one archive, in Chinese and as JSON.")
_MISSING = N_("Missing: part %(number)s, %(part)s. %(why)s")


@click.command("dispute-pack", help=_(_HELP))
@click.argument("number")
@click.option("--as-of", "at", type=When(), metavar="TIME", help=_("The moment in dispute; now unless given."))
@click.option("--from", "since", type=When(), metavar="DAY", help=_("From this day on, in the firm's zone."))
@click.option("--to", "until", type=When(), metavar="DAY", help=_("Up to and including this day; up to the moment unless given."))
@click.option("--report", metavar="REPORT", help=_("The report, by its id or its beginning."))
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help=_("The archive to make."))
def pack(number: str, at: Moment | None, since: Moment | None, until: Moment | None, report: str | None, output: Path) -> None:
    """Seal what waits, make the archive, record it, and only then give it its name."""
    with at_desk() as desk, under_way(output) as passing:
        seal(desk)
        with desk.database.reading() as connection:
            wanted = Wanted(
                investor=lookup.investor_by_number(connection, number),
                moment=_end(desk, at) or desk.now(),
                since=since.start(desk.zone) if since else None,
                before=until.end(desk.zone) if until else None,
                report=lookup.report(connection, report) if report else None,
            )
            asked = action.question(connection, desk.operator(), wanted, desk.now())
            caller = desk.operator()
            maker = Maker(caller.os_user, desk.settings.firm, desk.zone, desk.now())
        with passing.open("w+b") as file:
            written = action.write(lambda piece: _read(desk, piece), asked, file, maker)
            file.seek(0)
            digest = file_digest(file, "sha256").hexdigest()
        code = desk.database.record(action.made, caller, asked, written, digest, desk.now())
    told = [(N_("File"), str(output)), (N_("SHA-256"), digest), (N_("Recorded under code"), code)]
    screen.put_pairs([(_(label), value) for label, value in told])
    _warn(written)


def _end(desk: Desk, at: Moment | None) -> datetime | None:
    """The last instant of the day or time given, or now where that has not ended yet."""
    return min(at.end(desk.zone) - datetime.resolution, desk.now()) if at else None


def _read(desk: Desk, piece: action.Piece) -> object:
    with desk.database.reading() as connection:
        return piece(connection)


def _warn(written: Written) -> None:
    for number, (name, title) in enumerate(TITLES.items(), 1):
        if name in written.missing:
            screen.warn(_(_MISSING, number=number, part=_(title), why=_(written.missing[name])))
