"""``gatekeeper ledger access``: who could have read a report on an earlier day, or what a person could read then, and why."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
from sqlalchemy import Connection

from gatekeeper.actions.proof import as_of
from gatekeeper.actions.proof.as_of import Looked, Question, Reader, Reading
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Moment, When, as_json
from gatekeeper.cli.clients import lookup
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _, title
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.suitability import Decision, Outcome

_MOST = 50_000
_HELP = N_("Say who could have read a report as of an earlier day or time, or what a person could read then, and why.")


@click.command("access", help=_(_HELP))
@click.option("--report", metavar="REPORT", help=_("Who could have read this report, by its id or its beginning."))
@click.option("--person", metavar="LOGIN", help=_("What this person could read."))
@click.option("--investor", "number", metavar="NUMBER", help=_("The client number, where the person acts for several investors."))
@click.option(
    "--at", type=When(), metavar="TIME", required=True, help=_("As of the end of this day, or of this time, in the firm's zone.")
)
@click.option("--all", "everything", is_flag=True, help=_("With --person: every report that was out, refused ones too."))
@as_json
def access(report: str | None, person: str | None, at: Moment, **options: Any) -> None:
    """Look back, record that it was done, and only then show what was found."""
    if (report is None) is (person is None):
        raise Invalid(Fault(N_("Give either --report or --person.")))
    with at_desk() as desk:
        now = desk.now()
        moment = _moment(desk, at, now)
        answer = _readers(desk, report, moment) if report is not None else _readings(desk, person or "", moment, options)
        looked, data, headings, rows = answer
        code = desk.database.record(as_of.looked_back, desk.operator(), looked, now)
    if options["as_json"]:
        screen.put_json({"as_of": moment, "code": code, "counts": looked.counts, **data})
        return
    if rows:
        screen.put_table(headings, rows)
    else:
        screen.put(_(N_("Nobody and nothing as of then.")))
    counts = ", ".join(f"{_outcome(name)}: {number}" for name, number in sorted(looked.counts.items()))
    screen.put_pairs([(_(N_("As of")), screen.moment(moment, desk.zone)), (_(N_("How many")), counts), (_(N_("Entry")), code)])


def _moment(desk: Desk, at: Moment, now: datetime) -> datetime:
    """The end of what was typed; a day or minute that has not ended yet is looked at as it is now."""
    start, end = at.start(desk.zone), at.end(desk.zone) - datetime.resolution
    return now if start <= now < end else end


Answer = tuple[Looked, dict[str, Any], list[str], list[list[str]]]


def _readers(desk: Desk, word: str, moment: datetime) -> Answer:
    with desk.database.reading() as connection:
        as_of.admit(connection, desk.operator(), moment, desk.now())
        asked = as_of.subject(connection, lookup.report(connection, word), moment, desk.zone)
    counts: Counter[str] = Counter()
    found: list[Reader] = []

    def piece(read: Callable[[Connection], list[Reader]]) -> list[Reader]:
        with desk.database.reading() as connection:
            return read(connection)

    for each in as_of.each_reader(piece, asked):
        as_of.counted(counts, each)
        found += each
    headings = [
        _(N_("Client number")),
        _(N_("Investor")),
        _(N_("Person")),
        _(N_("Answer")),
        _(N_("Reasons")),
        _(N_("As known then")),
    ]
    rows = [
        [*(getattr(each.any_row, name) for name in ("client_number", "investor_name", "login")), *_answer(each)] for each in found
    ]
    looked = Looked(moment=moment, rows=len(found), report=asked.report.id, counts=counts)
    return looked, {"report": asked.report.id, "readers": [_reader(each) for each in found]}, headings, rows


def _readings(desk: Desk, login: str, moment: datetime, options: dict[str, Any]) -> Answer:
    with desk.database.reading() as connection:
        as_of.admit(connection, desk.operator(), moment, desk.now())
        who = lookup.person(connection, login)
        number = options["number"]
        investor = (
            lookup.investor_by_number(connection, number) if number else lookup.investor_of(connection, who.id, login, moment)
        )
        question = Question(person=who.id, investor=investor, everything=options["everything"], limit=_MOST)
        found = as_of.readings(connection, question, moment, desk.zone)
    counts = Counter(each.decision.outcome.value for each in found.readings)
    headings = [_(N_("Report")), _(N_("Title")), _(N_("Grade")), *_answer_headings()]
    rows = [[each.row.report[:8], each.row.title, title(each.row.grade), *_answer(each)] for each in found.readings]
    looked = Looked(moment=moment, rows=len(rows), person=who.id, investor=investor, counts=counts)
    data = {"person": who.id, "investor": investor, "out": found.out, "readable": found.readable}
    return looked, data | {"reports": [_reading(each) for each in found.readings]}, headings, rows


def _outcome(name: str) -> str:
    return title(Outcome(name)) if name in list(Outcome) else _(N_("Nobody acted for the investor"))


def _answer_headings() -> list[str]:
    return [_(N_("Answer")), _(N_("Reasons")), _(N_("As known then"))]


def _answer(each: Reader | Reading) -> list[str]:
    reasons = ", ".join(reason.value for reason in each.decision.reasons) if each.decision else ""
    then = title(each.then.outcome) if each.then else ""
    return [_outcome(each.decision.outcome.value if each.decision else ""), reasons, then]


def _decision(decision: Decision | None) -> dict[str, Any] | None:
    return {"outcome": decision.outcome, "reasons": decision.reasons, "warnings": decision.warnings} if decision else None


def _reader(each: Reader) -> dict[str, Any]:
    named = {name: getattr(each.any_row, name) for name in ("client_number", "investor", "investor_name", "person", "login")}
    return named | {
        "decision": _decision(each.decision),
        "corrected_since": each.was_corrected,
        "known_then": _decision(each.then),
    }


def _reading(each: Reading) -> dict[str, Any]:
    named = {name: getattr(each.row, name) for name in ("report", "title", "grade", "released_at")}
    return named | {"decision": _decision(each.decision), "known_then": _decision(each.then)}
