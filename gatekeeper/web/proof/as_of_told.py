"""What the pages and files that look back say of a moment, an investor's file and an answer."""

from collections import Counter
from typing import Any

from gatekeeper.actions.proof.as_of import NOBODY, Reader, Reading, Readings, Subject
from gatekeeper.files.made.sheets import Column
from gatekeeper.rules.errors import N_
from gatekeeper.rules.suitability import Decision, Outcome
from gatekeeper.web import context, telling
from gatekeeper.web.moments import When


def report_rows(asked: Subject) -> list[telling.Row]:
    """A report as it stood at the moment."""
    say, report = context.translated, asked.case.facts.report
    if report is None:
        return [(say(N_("State")), say(N_("Not in the system yet")))]
    rows = [(say(N_("State")), say(_STATES[report.state.value])), *telling.audience(report.grade, report.audience, report.about)]
    return [*rows, (say(N_("Policy")), policy_name(asked.case.facts.policy))]


_STATES = {
    "UNRELEASED": N_("Not published"),
    "SCHEDULED": N_("Scheduled"),
    "RELEASED": N_("Published"),
    "WITHDRAWN": N_("Stopped"),
}


def policy_name(policy: Any) -> str | None:
    """A policy by name and digest."""
    return f"{policy.name} {policy.digest[:12]}".strip() if policy else None


def _until(row: Any) -> str:
    """An ordinary investor's category with its last day."""
    day = telling.last_day(row.category_before)
    named = row.category.name
    return context.translated(N_("%(category)s, valid through %(day)s"), category=named, day=day) if day else str(named)


def file_line(row: Any) -> str:
    """What was on file about an investor, on one line."""
    say = context.translated
    if row is None:
        return str(say(N_("Did not act for this investor")))
    parts = [telling.named(row.investor_class) if row.investor_class else say(N_("No class"))]
    parts += [_until(row)] if row.category is not None else []
    parts += [say(N_("Lowest category"))] if row.lowest else []
    parts += [say(N_("Suspended"))] if row.suspended else []
    parts += [say(N_("Closed"))] if row.closed else []
    return str(say(N_(", ")).join(parts))


def count_name(name: str) -> str:
    """An answer in a count."""
    return context.translated(N_("Nobody acted for the investor")) if name == NOBODY else telling.named(Outcome(name))


def _answer(decision: Decision | None) -> str:
    return telling.named(decision.outcome) if decision else context.translated(N_("Nobody acted for the investor"))


def _why(decision: Decision | None) -> str:
    return context.translated(N_("; ")).join(telling.named(reason) for reason in decision.reasons) if decision else ""


def _answer_columns() -> list[Column]:
    say = context.translated
    return [
        Column("outcome", say(N_("Outcome")), say(N_("The answer: PERMIT, ACKNOWLEDGE (statement first) or DENY.")), 14),
        Column("outcome_name", say(N_("Outcome in words")), say(N_("The same in words.")), 16),
        Column("reasons", say(N_("Reasons")), say(N_("Every reason that applied.")), 44),
        Column(
            "then", say(N_("As known then")), say(N_("The answer on the file of that time, where it was corrected later.")), 16
        ),
        Column("then_reasons", say(N_("Reasons as known then")), say(N_("Every reason that applied to it.")), 44),
    ]


def reader_columns() -> list[Column]:
    """The columns of a file of readers."""
    say = context.translated
    return [
        Column("client_number", say(N_("Client number")), say(N_("The investor's number at the firm.")), 24),
        Column("investor_name", say(N_("Investor")), say(N_("The investor by name today.")), 24),
        Column("person_name", say(N_("Person")), say(N_("Who acted for the investor, by name today.")), 20),
        Column("login", say(N_("Login name")), say(N_("The name with which this person signs in.")), 20),
        Column("file", say(N_("On file")), say(N_("Class and category as of then, as the file says today.")), 40),
        *_answer_columns(),
    ]


def reading_columns() -> list[Column]:
    """The columns of a file of reports."""
    say = context.translated
    return [
        Column("report", say(N_("Report's id")), say(N_("The report that it is about.")), 30),
        Column("title", say(N_("Report")), say(N_("The title as it was out then.")), 44),
        Column("released_at", say(N_("Published")), say(N_("When it came out, in the firm's zone.")), 22, is_plain=True),
        Column("grade", say(N_("Risk grade")), say(N_("The grade as of then.")), 12),
        *_answer_columns(),
    ]


def reader_values(each: Reader) -> dict[str, Any]:
    """One reader as a row."""
    row = each.any_row
    named = {name: getattr(row, name) for name in ("client_number", "investor_name", "person_name", "login")}
    return named | {"file": file_line(each.row)} | _answer_values(each.decision, each.then, was_corrected=each.was_corrected)


def reading_values(each: Reading) -> dict[str, Any]:
    """One report as a row."""
    row = each.row
    shown = {"report": row.report, "title": row.title, "released_at": telling.seconds(row.released_at)}
    shown["grade"] = row.grade.name if row.grade else None
    return shown | _answer_values(each.decision, each.then, was_corrected=each.then is not None)


def _answer_values(decision: Decision | None, then: Decision | None, *, was_corrected: bool) -> dict[str, Any]:
    return {
        "outcome": decision.outcome.value if decision else None,
        "outcome_name": _answer(decision),
        "reasons": _why(decision),
        "then": _answer(then) if was_corrected else None,
        "then_reasons": _why(then) if was_corrected else None,
    }


def about_report(asked: Subject, when: When, counts: Counter[str]) -> list[tuple[str, str]]:
    """What a file of readers says of itself."""
    say = context.translated
    totals = [(count_name(name), str(number)) for name, number in sorted(counts.items())]
    question = say(N_("Who could have read this report?"))
    return [(say(N_("Question")), question), (say(N_("Report")), asked.report.name), *_made_when(when), *totals]


def about_person(found: Readings, when: When) -> list[tuple[str, str]]:
    """What a file of reports says of itself."""
    say = context.translated
    whose = found.file if found.file is not None else found.then_file
    question = say(N_("What could this person read?"))
    named = [(say(N_("Person")), found.person.name), (say(N_("Investor")), whose.investor_name if whose is not None else "")]
    totals = [(say(N_("Reports that were out")), str(found.out)), (say(N_("Of these readable")), str(found.readable))]
    return [(say(N_("Question")), question), *named, *_made_when(when), (say(N_("On file")), file_line(found.file)), *totals]


def _made_when(when: When) -> list[tuple[str, str]]:
    say, zone = context.translated, context.services().settings.time_zone.key
    return [
        (say(N_("As of")), f"{telling.seconds(when.moment)} ({zone})"),
        (say(N_("Exported by")), context.signed_in().name),
        (say(N_("Exported at")), telling.seconds(context.now()) or ""),
    ]
