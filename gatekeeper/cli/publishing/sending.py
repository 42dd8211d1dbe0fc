"""``gatekeeper reports send | status | halt | resume``: a report to many, and what became of it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from gatekeeper.actions.publishing import distributions
from gatekeeper.actions.publishing.distributions import Rows
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Name, as_json, as_person
from gatekeeper.cli.clients import lookup
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _, title
from gatekeeper.files.importing import numbers as numbers_file
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.messages.distribution import Choice, Progress, Result, To, Totals
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from gatekeeper.rules.suitability import Reason

_ONE = N_("Say to whom by exactly one of --to, --branch, --class, --category and --numbers.")
_UNREADABLE = N_("The file %(name)s cannot be read: %(detail)s")
_BY_ITSELF = (To.SUBSCRIBERS, To.CLIENTS)


@click.command("send", help=_("Send a published report to many; the work process decides each recipient and sends the letters."))
@click.argument("report")
@as_person
@click.option(
    "--to", type=Name(To, without=tuple(each for each in To if each not in _BY_ITSELF)), help=_("Its subscribers, or all.")
)
@click.option("--branch", help=_("The clients of this branch."))
@click.option("--class", "class_", type=Name(InvestorClass), help=_("The investors of this class."))
@click.option("--category", type=Name(RiskCategory), help=_("The investors of this category."))
@click.option("--numbers", type=click.Path(path_type=Path), help=_("The client numbers in this file, CSV or XLSX."))
@click.option("--again", is_flag=True, help=_("Also to those who have it already."))
@as_json
def send(report: str, login: str, password_fd: int | None, **options: Any) -> None:
    """Begin a distribution."""
    choice = _choice(options)
    with at_desk() as desk:
        with desk.database.reading() as connection:
            id_ = lookup.report(connection, report)
        caller, again = desk.person(login, password_fd), options["again"]
        begun = desk.database.transact(distributions.start, caller, id_, choice, desk.now(), desk.zone, again=again)
    if options["as_json"]:
        screen.put_json({"distribution": begun.id, "report": id_, "recipients": begun.total, "code": begun.code})
    else:
        screen.put(_(N_("On the list: %(number)s"), number=begun.total))
        screen.put(
            _(N_("Distribution %(id)s. See how far it is: gatekeeper reports status %(short)s"), id=begun.id, short=begun.id[:8])
        )


def _choice(options: dict[str, Any]) -> Choice:
    given = [
        *([Choice(options["to"])] if options["to"] else []),
        *([Choice(To.BRANCH, options["branch"])] if options["branch"] else []),
        *([Choice(To.CLASS, options["class_"].value)] if options["class_"] else []),
        *([Choice(To.CATEGORY, options["category"].name)] if options["category"] else []),
        *([Choice(To.NUMBERS, numbers=_numbers(options["numbers"]))] if options["numbers"] else []),
    ]
    if len(given) != 1:
        raise Invalid(Fault(_ONE))
    return given[0]


def _numbers(path: Path) -> tuple[str, ...]:
    try:
        with path.open("rb") as file:
            return numbers_file.read(file.read(numbers_file.MOST_BYTES + 1)).numbers
    except OSError as error:
        raise Invalid(Fault(_UNREADABLE, name=path.name, detail=error.strerror or type(error).__name__)) from error


@click.command("status", help=_("How far a distribution is, and the sum of everybody on its list."))
@click.argument("distribution")
@as_json
def status(distribution: str, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    """Show the sum."""
    with at_desk() as desk:
        id_ = _found(desk, distribution)
        found = desk.database.record(distributions.view, desk.operator(), id_, Rows(), desk.now())
    if as_json:
        screen.put_json(_data(found.row, found.totals))
        return
    screen.put_pairs([(_(N_("Report")), found.row.title), (_(N_("State")), title(Progress(found.row.state)))])
    rows = [[title(state), _reason(reason), str(number)] for (state, reason), number in _ordered(found.totals)]
    screen.put_table([_(N_("Result")), _(N_("Reason")), _(N_("How many"))], rows)
    screen.put(_(N_("Together: %(number)s"), number=found.totals.all))


def _ordered(totals: Totals) -> list[tuple[tuple[Result, str], int]]:
    order = list(Result)
    return sorted(totals.counts.items(), key=lambda each: (order.index(each[0][0]), -each[1]))


def _reason(reason: str) -> str:
    return title(Reason(reason)) if reason else ""


def _data(row: Any, totals: Totals) -> dict[str, Any]:
    return {
        "distribution": row.id,
        "report": row.report_id,
        "state": row.state,
        "all": totals.all,
        "sent": totals.sent,
        "refused": totals.refused,
        "skipped": totals.skipped,
        "uncertain": totals.of(Result.UNCERTAIN),
        "not_delivered": totals.of(Result.FAILED),
        "under_way": totals.under_way,
        "counts": totals.to_data(),
    }


def _found(desk: Desk, word: str) -> str:
    with desk.database.reading() as connection:
        return lookup.distribution(connection, word)


Turn = Callable[[Connection, Caller, str, datetime], str]


def _turn(act: Turn, said: str, distribution: str, login: str, password_fd: int | None) -> None:
    with at_desk() as desk:
        id_ = _found(desk, distribution)
        code = desk.database.transact(act, desk.person(login, password_fd), id_, desk.now())
    screen.put(_(said, code=code))


@click.command("halt", help=_("Halt a distribution at once."))
@click.argument("distribution")
@as_person
def halt(distribution: str, login: str, password_fd: int | None) -> None:
    """Halt it."""
    _turn(distributions.halt, N_("Halted. Entry %(code)s"), distribution, login, password_fd)


@click.command("resume", help=_("Let a halted distribution go on."))
@click.argument("distribution")
@as_person
def resume(distribution: str, login: str, password_fd: int | None) -> None:
    """Let it go on."""
    _turn(distributions.resume, N_("It goes on. Entry %(code)s"), distribution, login, password_fd)


COMMANDS = (send, status, halt, resume)
