"""``gatekeeper reports versions | correct | regrade``: a report's versions, its corrected file, another grade or audience."""

from typing import Any

import click

from gatekeeper.actions.publishing import regrading, reports
from gatekeeper.actions.publishing.regrading import Regrading
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Name, Names, Whole, as_json, as_person
from gatekeeper.cli.clients import lookup
from gatekeeper.cli.desk import at_desk
from gatekeeper.cli.publishing import importing
from gatekeeper.cli.screen import _
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.grading.regrading import Stated
from gatekeeper.rules.risk import Audience, ProfessionalClause, RiskCategory, RiskGrade
from gatekeeper.store.publishing import versions as store
from gatekeeper.store.reading import access as facts

_NO_GRADE = N_("No grade was confirmed for this version yet.")
_STATES = {"RELEASED": N_("Out"), "WITHDRAWN": N_("Stopped")}


@click.command("versions", help=_("List a report's versions and when each was out."))
@click.argument("report")
@as_json
def versions(report: str, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    """Metadata alone, as ``reports list``."""
    with at_desk() as desk:
        with desk.database.reading() as connection:
            id_ = lookup.report(connection, report)
            known, decided = store.of_report(connection, id_, desk.now()), store.releases(connection, id_)
        periods = store.periods(decided)
        found = [_data(each, periods) for each in known]
        zone = desk.zone
    if as_json:
        screen.put_json({"report": id_, "versions": found})
        return
    headings = [_(N_("Version")), _(N_("File")), _(N_("Grade")), _(N_("State")), _(N_("Since")), _(N_("Until")), _(N_("Title"))]
    rows = []
    for each in found:
        said = [str(each["number"]), str(each["file"]), each["grade"].name if each["grade"] else ""]
        for period in each["out"] or [{"state": None, "since": None, "before": None}]:
            state = _(_STATES[period["state"]]) if period["state"] else ""
            times = [screen.moment(moment, zone) if moment else "" for moment in (period["since"], period["before"])]
            rows.append([*said, state, *times, each["title"]])
    screen.put_table(headings, rows)


def _data(row: Any, periods: list[store.Period]) -> dict[str, Any]:
    return {
        "version": row.version,
        "number": row.number,
        "file": row.copy_of or row.number,
        "title": row.title,
        "grade": row.grade,
        "approved_at": row.approved_at,
        "imported_at": row.created_at,
        "code": row.code,
        "out": [
            {"state": each.row.state, "since": each.since, "before": each.before}
            for each in periods
            if each.row.version_id == row.version
        ],
    }


@click.command("correct", help=_("Bring in the corrected file of a report as its next version. What is out stays out meanwhile."))
@click.argument("report")
@click.argument("file")
@as_json
@click.pass_context
def correct(ctx: click.Context, report: str, file: str, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    """Import one file; it is then proposed, approved and published as any other."""
    with at_desk() as desk:
        with desk.database.reading() as connection:
            id_ = lookup.report(connection, report)
        answer = importing.bring_in(desk, file, corrects=id_)
    if as_json:
        screen.put_json(answer)
    else:
        importing.put(answer)
    ctx.exit(1 if "error" in answer else 0)


@click.command("regrade", help=_("Change grade or audience: at once as far as it lowers, by a proposal as far as it raises."))
@click.argument("report")
@as_person
@click.option("--number", type=Whole(1, 100_000), help=_("Which version; the one at work if not given."))
@click.option("--grade", type=Name(RiskGrade), help=_("The new grade; not below the printed one."))
@click.option("--categories", type=Names(RiskCategory), help=_("The categories that are admitted, separated by commas."))
@click.option("--professional", type=Name(ProfessionalClause), help=_("Which professional investors are admitted."))
@click.option("--reason", required=True, help=_("Why; kept with the entry."))
@as_json
def regrade(report: str, login: str, password_fd: int | None, **options: Any) -> None:
    """What is not given stays as it is confirmed."""
    with at_desk() as desk:
        with desk.database.reading() as connection:
            id_ = lookup.report(connection, report)
            version = reports.view(connection, id_, desk.now(), options["number"]).version
        if version.grade is None:
            raise Invalid(Fault(_NO_GRADE))
        how = Regrading(number=version.number, wanted=_wanted(version, options), reason=options["reason"])
        done = desk.database.transact(regrading.regrade, desk.person(login, password_fd), id_, how, desk.now())
    answer = {"report": id_, "lowered": done.lowered, "raised": done.raised, "proposal": done.proposal, "codes": done.codes}
    if options["as_json"]:
        screen.put_json({**answer, "dropped": done.dropped})
        return
    if done.lowered:
        screen.put(_(N_("Version %(number)s acts from now on, or from the instant that was set."), number=done.lowered))
    if done.dropped:
        screen.put(_(N_("Version %(number)s, which was set to come out later, does not come out."), number=done.dropped))
    if done.raised:
        screen.put(_(N_("Version %(number)s gives the report to more readers and is not approved yet."), number=done.raised))
    if done.proposal:
        screen.put(_(N_("Waits for compliance. Proposal %(id)s"), id=done.proposal))


def _wanted(version: Any, options: dict[str, Any]) -> Stated:
    was, categories = facts.audience(version), options["categories"]
    audience = Audience(
        professional=options["professional"] or was.professional,
        categories=was.categories if categories is None else frozenset(categories),
        clients_only=was.clients_only,
        contract_clients_only=was.contract_clients_only,
    )
    return Stated(options["grade"] or version.grade, audience, facts.objectives(version.term, version.varieties))
