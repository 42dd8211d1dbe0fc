"""``gatekeeper decide PERSON REPORT``: the decision that the pages would make, without giving anything out."""

from typing import Any

import click
from sqlalchemy import Connection

from gatekeeper.actions.reading import decisions
from gatekeeper.actions.reading.decisions import Question, Single
from gatekeeper.cli import screen, words
from gatekeeper.cli.arguments import Moment, Name, When, as_json
from gatekeeper.cli.clients import lookup
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _, title
from gatekeeper.rules.errors import N_
from gatekeeper.rules.facts import Facts, InvestorFacts, ReleaseState, ReportFacts
from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.store.reading.meant import Meant

_STATES = {
    ReleaseState.UNRELEASED: N_("Not published"),
    ReleaseState.SCHEDULED: N_("Scheduled"),
    ReleaseState.RELEASED: N_("Published"),
    ReleaseState.WITHDRAWN: N_("Stopped"),
}


@click.command("decide")
@click.argument("person")
@click.argument("report")
@click.option("--investor", "number", metavar="NUMBER", help=_("The client number, where the person acts for several investors."))
@click.option("--action", type=Name(Action), default=Action.READ, help=_("What the person wants to do; READ unless given."))
@click.option(
    "--initiative", type=Name(Initiative), default=Initiative.PULL, help=_("PUSH if the firm sends, PULL if the investor asks.")
)
@click.option("--at", type=When(), metavar="TIME", help=_("Decide as of this day or time, in the firm's zone."))
@click.option("--explain", is_flag=True, help=_("Show every fact that the decision used."))
@as_json
def decide(person: str, report: str, at: Moment | None, **options: Any) -> None:
    """Ask, and show the answer once its entry is durable."""
    with at_desk() as desk:
        now = desk.now()
        as_of = at.start(desk.zone) if at else None
        with desk.database.reading() as connection:
            who = lookup.person(connection, person)
            investor = _investor(connection, who, options["number"], as_of or now)
            id_ = lookup.report_or_none(connection, report) or report
        answer = desk.database.record(
            decisions.ask_for,
            desk.operator(),
            Meant(who.id, investor),
            Question(None, id_, options["action"], options["initiative"]),
            now,
            desk.zone,
            as_of=as_of,
        )
    if options["as_json"]:
        asked = {"person": who.id, "login": who.login, "at": now, "as_of": as_of}
        screen.put_json(asked | _data(answer, explain=options["explain"]))
        return
    _show(desk, answer, explain=options["explain"])


def _investor(connection: Connection, who: Any, number: str | None, when: Any) -> str | None:
    if number is not None:
        return lookup.investor_by_number(connection, number)
    return lookup.investor_of(connection, who.id, who.login, when)


def _data(answer: Single, *, explain: bool) -> dict[str, Any]:
    decision, case = answer.answered.decision, answer.answered.case
    data = {
        "outcome": decision.outcome,
        "reason": decision.reason,
        "reasons": decision.reasons,
        "warnings": decision.warnings,
        "obligations": decision.obligations,
        "policy": decision.policy,
        "code": answer.code,
        "investor": case.investor,
        "client_number": case.client_number,
        "report": case.report,
        "version": case.version,
        "action": case.facts.action,
        "initiative": case.facts.initiative,
    }
    return data | ({"facts": _facts(case.facts), "rows": case.used} if explain else {})


def _facts(facts: Facts) -> dict[str, Any]:
    return {
        "investor": facts.investor and _members(facts.investor),
        "report": facts.report and _members(facts.report),
        "acceptance": facts.acceptance and _members(facts.acceptance),
        "statement": facts.statement_id,
    }


def _members(value: Any) -> dict[str, Any]:
    """A frozen value as a mapping, the ones inside it too."""
    members = {name: getattr(value, name) for name in value.__slots__}
    return {name: _members(item) if hasattr(item, "__dataclass_fields__") else item for name, item in members.items()}


def _show(desk: Desk, answer: Single, *, explain: bool) -> None:
    decision, case = answer.answered.decision, answer.answered.case
    screen.put(title(decision.outcome))
    reasons = [(each.value, title(each)) for each in decision.reasons]
    warnings = [(each.value, _(N_("warning: %(sentence)s"), sentence=title(each))) for each in decision.warnings]
    screen.put_pairs([*reasons, *warnings], indent="  ")
    screen.put_pairs([(_(N_("Entry")), answer.code), (_(N_("Policy")), (decision.policy or "")[:12])])
    if explain:
        screen.put()
        screen.put_pairs([*_investor_lines(desk, case.facts.investor), *_report_lines(case)])
        screen.put_pairs([(_(N_("Rows used")), ", ".join(f"{name} {id_}" for name, id_ in case.used.items()))])


def _investor_lines(desk: Desk, investor: InvestorFacts | None) -> list[tuple[str, str]]:
    if investor is None:
        return [(_(N_("Investor")), _(N_("none for whom this person acts")))]
    standing = investor.standing
    lines = [
        (_(N_("Kind")), title(investor.kind)),
        (_(N_("Class")), title(investor.investor_class)),
        (_(N_("Class valid through")), words.through(investor.class_before, desk.zone)),
        (_(N_("Category")), title(investor.category)),
        (_(N_("Category valid through")), words.through(investor.category_before, desk.zone)),
        (_(N_("Lowest category")), screen.yes(investor.lowest)),
    ]
    if standing is not None:
        lines += [
            (_(N_("Client")), screen.yes(standing.client and not standing.closed)),
            (_(N_("Details complete")), screen.yes(standing.profile_complete)),
            (_(N_("Suspended")), screen.yes(standing.suspended)),
        ]
    return lines


def _report_lines(case: Any) -> list[tuple[str, str]]:
    report: ReportFacts | None = case.facts.report
    if report is None:
        return [(_(N_("Report")), _(N_("none with this id")))]
    return [
        (_(N_("Report")), case.title or ""),
        (_(N_("State")), _(_STATES[report.state])),
        (_(N_("Grade")), title(report.grade)),
        (_(N_("Audience")), words.audience(report.audience)),
        (_(N_("Term and kinds of investment")), words.objectives(report.about)),
    ]
