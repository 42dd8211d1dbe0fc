"""``gatekeeper ledger erase | hold``: what happens when the years of keeping are over, and what is kept all the same.

Both are done by whoever may use this machine's command line, with a reason, and each is an entry. No second person is asked: to
lift a hold erases nothing by itself, and what is older than the years of keeping may go at any time.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from sqlalchemy import Connection

from gatekeeper.actions.proof import retention as action
from gatekeeper.actions.proof.retention import Asking, Erased, Refusal
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Moment, When, as_json
from gatekeeper.cli.clients import lookup
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.store.proof import retention

_ONE = N_("Name one person, one investor or one report.")
_REFUSED = {
    Refusal.RETENTION: N_("Nothing was erased: entries since %(since)s are still kept."),
    Refusal.LEGAL_HOLD: N_("Nothing was erased: this is under a legal hold."),
    Refusal.NOTHING: N_("Nothing was erased: there is nothing to erase from before %(since)s."),
    Refusal.CLOCK: N_("Nothing was erased: the clocks of this machine and of the database differ by more than five minutes."),
}
Command = TypeVar("Command", bound=Callable[..., Any])


@click.command("erase", help=_("Erase private values whose years of keeping are over. Entries stay, and every proof holds."))
@click.option("--person", metavar="LOGIN", help=_("Only what concerns this person, or was done by this person."))
@click.option("--before", type=When(), metavar="TIME", help=_("Only entries from before this day or time."))
@click.option("--reason", required=True, help=_("On whose request, and why."))
@click.option("--yes", "sure", is_flag=True, help=_("Do not ask again."))
@as_json
@click.pass_context
def erase(ctx: click.Context, /, person: str | None, before: Moment | None, as_json: bool, **given: Any) -> None:  # noqa: FBT001
    """Erase piece by piece, each in a transaction of its own."""
    if person is None and before is None:
        raise Invalid(Fault(N_("Say whose values are to be erased, or from before which day.")))
    with at_desk() as desk:
        with desk.database.reading() as connection:
            whose = str(lookup.person(connection, person).id) if person else None
        moment = before.start(desk.zone) if before else None
        asking = Asking(reason=given["reason"], years=desk.settings.retention_years, person=whose, before=moment)
        if not given["sure"]:
            click.confirm(_(N_("What is erased cannot be brought back. Go on?")), abort=True, err=True)
        done = _erased(desk, asking)
    if as_json:
        screen.put_json({"entries": done.entries, "values": done.values, "held": done.held, "refused": done.refusal})
    else:
        _tell(desk, done)
    ctx.exit(1 if done.refusal else 0)


def _erased(desk: Desk, asking: Asking) -> Erased:
    entries = values = 0
    while True:
        piece = desk.database.transact(action.erase, desk.operator(), asking, desk.now(), begun=entries > 0)
        entries, values = entries + piece.entries, values + piece.values
        if not piece.more:
            return Erased(entries=entries, values=values, held=piece.held, more=False, before=piece.before, refusal=piece.refusal)


def _tell(desk: Desk, done: Erased) -> None:
    if done.refusal:
        screen.warn(_(_REFUSED[done.refusal], since=screen.moment(done.before, desk.zone)))
        return
    erased = N_("Erased: %(values)s private values of %(entries)s entries. The entries stay as they were.")
    screen.put(_(erased, values=done.values, entries=done.entries))
    if done.held:
        screen.put(_(N_("Kept because of a legal hold: %(held)s entries."), held=done.held))


@click.group("hold", help=_("Keep what concerns a person, an investor or a report, however old it grows."))
def hold() -> None:
    """Nothing by itself."""


def _subject(command: Command) -> Command:
    for option, metavar, meaning in (
        ("--report", "REPORT", N_("The report, by its id or its beginning.")),
        ("--investor", "NUMBER", N_("The investor, by client number.")),
        ("--person", "LOGIN", N_("The person, by login name.")),
    ):
        command = click.option(option, metavar=metavar, help=_(meaning))(command)
    return click.option("--reason", required=True, help=_("Why; for example the court and the number of the case."))(command)


def _named(connection: Connection, given: dict[str, str | None]) -> tuple[str, str]:
    named = [(what, word) for what, word in given.items() if word]
    if len(named) != 1:
        raise Invalid(Fault(_ONE))
    [(what, word)] = named
    if what == "person":
        return what, str(lookup.person(connection, word).id)
    return what, lookup.investor_by_number(connection, word) if what == "investor" else lookup.report(connection, word)


@hold.command(
    "set", help=_("Begin a legal hold. Whoever acts for a held investor, and whom a held person acts for, is held too.")
)
@_subject
def _set(reason: str, **given: str | None) -> None:
    with at_desk() as desk:
        with desk.database.reading() as connection:
            subject = _named(connection, given)
        desk.database.transact(action.set_hold, desk.operator(), subject, reason, desk.now())
    screen.put(_(N_("The hold is set. Nothing that it covers will be erased until it is lifted.")))


@hold.command("lift", help=_("End a legal hold."))
@_subject
def _lift(reason: str, **given: str | None) -> None:
    with at_desk() as desk:
        with desk.database.reading() as connection:
            subject = _named(connection, given)
        desk.database.transact(action.lift_hold, desk.operator(), subject, reason, desk.now())
    screen.put(_(N_("The hold is lifted. The ordinary years of keeping apply again.")))


@hold.command("list", help=_("List the legal holds in force."))
@as_json
def _list(as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    with at_desk() as desk, desk.database.reading() as connection:
        found = retention.holds(connection, desk.now())
        rows = [_row(desk, each) for each in found]
    if as_json:
        names = ("person", "investor", "report", "since", "code", "reason")
        shown = [(each.login, each.client_number, each.report_id, each.valid_from, each.code, each.reason) for each in found]
        screen.put_json({"holds": [dict(zip(names, each, strict=True)) for each in shown]})
    elif rows:
        screen.put_table([_(N_("What")), _(N_("Since")), _(N_("Code")), _(N_("Reason"))], rows)
    else:
        screen.put(_(N_("No legal hold is in force.")))


def _row(desk: Desk, each: Any) -> list[str]:
    return [
        each.login or each.client_number or each.report_id,
        screen.moment(each.valid_from, desk.zone),
        each.code,
        each.reason or _(N_("Erased")),
    ]
