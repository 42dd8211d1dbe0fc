"""``gatekeeper reports import | list | propose | approve | publish | withdraw``."""

from datetime import date, datetime
from typing import Any

import click
from sqlalchemy import Connection

from gatekeeper.actions import proposals
from gatekeeper.actions.publishing import reports
from gatekeeper.cli import screen, words
from gatekeeper.cli.arguments import Moment, Name, Names, Settled, When, Whole, as_json, as_person
from gatekeeper.cli.clients import lookup
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.proposals import preview, put_ended
from gatekeeper.cli.publishing import fair_release, importing, sending, versions
from gatekeeper.cli.screen import _, title
from gatekeeper.files.prepare import printed_audience, read_objectives
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid
from gatekeeper.rules.grading.instruments import Instrument
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import Audience, ProfessionalClause, RiskCategory, RiskGrade
from gatekeeper.store import proposals as store
from gatekeeper.store.publishing import library

_UNSETTLED = N_("The finding %(code)s must be settled: --settle %(code)s=DAY, the last day for which that holds.")
_NO_FINDING = N_("The report has no open finding %(code)s.")
_STATES = {
    "imported": N_("Imported"),
    "waiting": N_("Waits for approval"),
    "approved": N_("Approved"),
    "scheduled": N_("Scheduled"),
    "published": N_("Published"),
    "withdrawn": N_("Stopped"),
    "superseded": N_("Superseded"),
}


@click.group("reports")
def group() -> None:
    """Nothing by itself."""


for _command in (importing.import_, versions.versions, versions.correct, versions.regrade, fair_release.fair, *sending.COMMANDS):
    group.add_command(_command)


@group.command("list", help=_("List every report with its state, newest import first."))
@click.option("--limit", type=Whole(1, 10_000), default=200, help=_("At most this many."))
@as_json
def _list(limit: int, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    with at_desk() as desk:
        now = desk.now()
        with desk.database.reading() as connection:
            rows = library.for_staff(connection, None, limit, now)
            found = [_data(connection, row, now) for row in rows]
    if as_json:
        screen.put_json({"reports": found})
    elif not found:
        screen.put(_(N_("There is no report yet. Run: gatekeeper reports import FILE")))
    else:
        headings = [_(N_("Report")), _(N_("State")), _(N_("Since")), _(N_("Grade")), _(N_("Issuer")), _(N_("Title"))]
        screen.put_table(headings, [_cells(desk, each) for each in found])


def _data(connection: Connection, row: Any, now: datetime) -> dict[str, Any]:
    waiting = bool(store.about(connection, version=row.version))
    return {
        "report": row.report_id,
        "version": row.version,
        "number": row.number,
        "out": row.last_number if row.last_state == "RELEASED" else None,
        "state": _state(row, now, waiting=waiting),
        "grade": row.grade,
        "issuer": row.issuer,
        "title": row.title,
        "kind": row.kind,
        "published_on": row.published_on,
        "imported_at": row.created_at,
        "approved_at": row.approved_at,
        "released_at": row.released_at,
    }


def _state(row: Any, now: datetime, *, waiting: bool) -> str:
    if row.state == "WITHDRAWN":
        return "withdrawn"
    if row.state == "RELEASED":
        if row.last_release != row.release and row.last_from <= now:
            return "superseded"
        return "published" if row.released_at <= now else "scheduled"
    if row.approved_at is not None:
        return "approved"
    return "waiting" if waiting else "imported"


def _cells(desk: Desk, each: dict[str, Any]) -> list[str]:
    since = each["released_at"] or each["approved_at"] or each["imported_at"]
    grade = each["grade"].name if each["grade"] else ""
    return [each["report"][:8], _(_STATES[each["state"]]), screen.moment(since, desk.zone), grade, each["issuer"], each["title"]]


@group.command("propose", help=_("Propose grade, audience and settled findings; compliance approves."))
@click.argument("report")
@as_person
@click.option("--grade", type=Name(RiskGrade), required=True, help=_("The confirmed grade; not below the printed one."))
@click.option(
    "--settle", type=Settled(), multiple=True, metavar="CODE=DAY", help=_("A finding and the last day it is settled for.")
)
@click.option("--categories", type=Names(RiskCategory), help=_("Fewer categories than printed, separated by commas."))
@click.option("--professional", type=Name(ProfessionalClause), help=_("Fewer professional investors than printed."))
@click.option("--at", type=When(), metavar="TIME", help=_("When it is to be out, once approved; else somebody publishes it."))
@click.option("--covers", type=Names(Instrument), help=_("What it covers, separated by commas; what was read if not given."))
@click.option("--reason", required=True, help=_("Why; kept with the entry."))
@as_json
def _propose(report: str, login: str, password_fd: int | None, **options: Any) -> None:
    with at_desk() as desk:
        with desk.database.reading() as connection:
            id_ = lookup.report(connection, report)
            file = reports.view(connection, id_, desk.now())
        wish = reports.Wish(
            grade=options["grade"],
            audience=_audience(printed_audience(file.reading), options),
            settled_before=_settled(file, options["settle"], desk),
            reason=options["reason"],
            about=read_objectives(file.reading),
            release_at=options["at"].start(desk.zone) if options["at"] else None,
            covers=None if options["covers"] is None else frozenset(options["covers"]),
        )
        caller = desk.person(login, password_fd)
        proposed = desk.database.transact(reports.propose_publication, caller, id_, wish, desk.now())
    if options["as_json"]:
        settled = [finding.code for finding in file.open]
        answer = {"report": id_, "proposal": proposed.id, "code": proposed.code, "grade": wish.grade, "settled": settled}
        answer["release_at"] = wish.release_at
        screen.put_json(answer)
    else:
        about = (_(N_("Term and kinds of investment")), words.objectives(wish.about))
        screen.put_pairs([(_(N_("Grade")), title(wish.grade)), (_(N_("Audience")), words.audience(wish.audience)), about])
        screen.put(_(N_("Waits for compliance. Proposal %(id)s"), id=proposed.id))


def _audience(printed: Audience, options: dict[str, Any]) -> Audience:
    categories = options["categories"]
    return Audience(
        professional=options["professional"] or printed.professional,
        categories=printed.categories if categories is None else frozenset(categories),
        clients_only=printed.clients_only,
        contract_clients_only=printed.contract_clients_only,
    )


def _settled(file: reports.File, given: tuple[tuple[str, date], ...], desk: Desk) -> dict[int, datetime]:
    """The end of each finding's settlement by its id. A finding is named by its code, or by its number in the import's list."""
    numbered = {str(number): finding.id for number, finding in enumerate(file.findings, start=1)}
    settled: dict[int, datetime] = {}
    faults = []
    for name, day in given:
        meant = [finding.id for finding in file.open if name in (finding.code, _number(numbered, finding.id))]
        if not meant:
            faults.append(Fault(_NO_FINDING, code=name))
        settled |= dict.fromkeys(meant, valid_before(day, desk.zone))
    faults += [
        Fault(_UNSETTLED, code=finding.code) for finding in file.open if not finding.blocking and finding.id not in settled
    ]
    if faults:
        raise Invalid(*faults)
    return settled


def _number(numbered: dict[str, int], id_: int) -> str:
    return next(number for number, found in numbered.items() if found == id_)


@group.command("approve", help=_("Approve what was proposed for a report, as compliance."))
@click.argument("report")
@as_person
@click.option("--reason", default="", help=_("Why; kept with the entry."))
@as_json
def _approve(report: str, login: str, password_fd: int | None, reason: str, as_json: bool) -> None:  # noqa: FBT001
    with at_desk() as desk:
        with desk.database.reading() as connection:
            file = reports.view(connection, lookup.report(connection, report), desk.now())
            if not file.waiting:
                raise Conflict(N_("Nothing waits for approval about this report."))
            id_ = file.waiting[0].id
            preview(desk, connection, id_)
        ended = desk.database.transact(proposals.approve, desk.person(login, password_fd), id_, reason, desk.now())
    put_ended(id_, ended, as_json=as_json)


@group.command("publish", help=_("Set the instant from which an approved report is out; now unless --at is given."))
@click.argument("report")
@as_person
@click.option("--at", type=When(), metavar="TIME", help=_("The day or time, in the firm's zone."))
@as_json
def _publish(report: str, login: str, password_fd: int | None, at: Moment | None, as_json: bool) -> None:  # noqa: FBT001
    with at_desk() as desk:
        with desk.database.reading() as connection:
            id_ = lookup.report(connection, report)
        caller = desk.person(login, password_fd)
        now = desk.now()
        instant = at.start(desk.zone) if at else now
        code = desk.database.transact(reports.publish, caller, id_, instant, now)
    if as_json:
        screen.put_json({"report": id_, "released_at": instant, "code": code})
    else:
        screen.put(_(N_("Out from %(time)s on. Entry %(code)s"), time=screen.moment(instant, desk.zone), code=code))


@group.command("withdraw", help=_("Stop a report at once, published or about to be."))
@click.argument("report")
@as_person
@click.option("--reason", required=True, help=_("Why; kept with the entry."))
@as_json
def _withdraw(report: str, login: str, password_fd: int | None, reason: str, as_json: bool) -> None:  # noqa: FBT001
    with at_desk() as desk:
        with desk.database.reading() as connection:
            id_ = lookup.report(connection, report)
        code = desk.database.transact(reports.stop, desk.person(login, password_fd), id_, reason, desk.now())
    if as_json:
        screen.put_json({"report": id_, "code": code})
    else:
        screen.put(_(N_("Stopped. Entry %(code)s"), code=code))
