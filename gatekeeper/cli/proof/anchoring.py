"""``gatekeeper ledger anchor | anchors | recover | resume``: checkpoints outside the house, and what to do when they speak up."""

from pathlib import Path

import click

from gatekeeper.actions.accounts import recovery
from gatekeeper.actions.accounts.recovery import Loss
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import as_json
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _
from gatekeeper.files import anchor_file
from gatekeeper.ledger import anchors, keys, tree
from gatekeeper.rules.errors import N_, Fault, Invalid, NotFound
from gatekeeper.rules.note import BadNote, Checkpoint, open_note
from gatekeeper.work import anchoring
from gatekeeper.work.sending.office import Office

_NO_PLACE = N_("Nothing is set up outside. Set GATEKEEPER_ANCHOR_FILE, _MAIL, _TSA or _WITNESSES.")
_NO_FILE = N_("There is no checkpoint in %(path)s.")
_BAD_NOTE = N_("%(path)s holds no checkpoint that a key of this log has signed: %(detail)s.")
_OPENED = N_("The log %(origin)s was opened. Now run: gatekeeper ledger keygen --list, then start the service again.")


@click.command("anchor", help=_("Put the newest checkpoint everywhere outside, now. `serve` does this by itself."))
def anchor() -> None:
    """Anchor at once, however recently that was done."""
    with at_desk() as desk:
        office = Office(desk.settings, desk.database)
        if not list(anchoring.places(office)):
            raise NotFound(_NO_PLACE)
        for done in anchoring.anchor(office, at_once=True):
            screen.put(_(N_("%(size)s entries: %(target)s"), size=done.size, target=done.target))


@click.command("anchors", help=_("Say what is kept outside, and since when."))
@as_json
def listed(as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    """The last checkpoint at each place."""
    with at_desk() as desk:
        with desk.database.reading() as connection:
            rows = anchors.outside(connection, tree.log_of(connection).id)
        if as_json:
            screen.put_json([{"kind": each.kind, "target": each.target, "size": each.size, "at": each.at} for each in rows])
        elif rows:
            headings = [_(N_("Where")), _(N_("Address")), _(N_("Entries")), _(N_("Last time"))]
            screen.put_table(headings, [[r.kind, r.target, str(r.size), screen.moment(r.at, desk.zone)] for r in rows])
        else:
            screen.put(_(N_("Nothing is kept outside.")))


@click.command(
    "recover", help=_("After a restore that lost entries: close the log as it stands and open the next. Stop the service first.")
)
@click.option("--known", type=click.Path(path_type=Path), metavar="FILE", help=_("The newest checkpoint that anybody still has."))
@click.option("--reason", required=True, help=_("What happened."))
@click.option("--operator", "operators", multiple=True, required=True, help=_("Who does this; give it twice."))
@click.option("--yes", "sure", is_flag=True, help=_("Do not ask again."))
def recover(known: Path | None, reason: str, operators: tuple[str, ...], sure: bool) -> None:  # noqa: FBT001  (the same)
    """Open the next log, whose first entry says what was lost."""
    with at_desk() as desk:
        loss = Loss(reason, operators, _known(desk, known) if known else None)
        if not sure:
            click.confirm(_(N_("A closed log is never signed again. Go on?")), abort=True, err=True)
        origin = desk.database.transact(recovery.open_anew, desk.operator(), loss, desk.now())
    screen.put(_(_OPENED, origin=origin))


@click.command("resume", help=_("Let signing go on after a witness contradicted the log and was found to be wrong."))
@click.option("--reason", required=True, help=_("What was found."))
def resume(reason: str) -> None:
    """Let signing go on."""
    with at_desk() as desk:
        desk.database.transact(recovery.resume, desk.operator(), reason, desk.now())
    screen.put(_(N_("Signing goes on.")))


def _known(desk: Desk, path: Path) -> Checkpoint:
    note = anchor_file.read(path)
    if note is None:
        raise NotFound(_NO_FILE, path=path)
    key = desk.settings.ledger_key
    try:
        return Checkpoint.parse(open_note(note, keys.verifiers(key) if key else [])[0])
    except BadNote as error:
        raise Invalid(Fault(_BAD_NOTE, path=path, detail=error)) from error
