"""How the facts of a file, changes to it, and the people and things that entries name are told in words."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Any

from flask import url_for
from markupsafe import Markup

from gatekeeper import language
from gatekeeper.rules import changes
from gatekeeper.rules.changes import (
    CategoryChange,
    Change,
    ClassChange,
    Correction,
    LowestChange,
    MandateChange,
    ObjectivesChange,
    OtherChange,
    PolicyChange,
    PublicationChange,
    QuestionnaireChange,
    ResetChange,
    RoleChange,
    ServiceChange,
    SettlementChange,
    StandingChange,
    StatementChange,
)
from gatekeeper.rules.errors import N_
from gatekeeper.rules.grading.instruments import Instrument
from gatekeeper.rules.importing.change import ImportChange
from gatekeeper.rules.risk import Audience, Objectives, RiskCategory, RiskGrade, Variety
from gatekeeper.rules.titles.finding_titles import FINDING_TITLES
from gatekeeper.web import context, covers_told
from gatekeeper.web.accounts import services_told

Row = tuple[str, Any]
"""A label and what stands beside it; None is written as a dash."""

_words = Markup('<span class="words">{}</span>').format

TITLES = {
    "mandate": N_("Mandate"),
    "standing": N_("Standing"),
    "class": N_("Class"),
    "category": N_("Category"),
    "lowest": N_("Lowest category"),
    "objectives": N_("Investment objectives"),
    "role": N_("Role and grants"),
    "reset": N_("New password by a one-time link"),
    "publication": N_("Grade and audience"),
    "settlement": N_("Accepted finding"),
    "correction": N_("Correction of an error"),
    "release": N_("Release"),
    "version": N_("Report version"),
    "grading": N_("Grade and audience"),
    "acceptance": N_("Acceptance"),
    "policy": N_("Policy"),
    "questionnaire": N_("Questionnaire"),
    "import": N_("Imported file"),
    "service": N_("Service account"),
    "statement": N_("Statement"),
}
_ACTORS = {"operator": N_("Operator at the command line"), "system": N_("The system itself")}


def named(value: Enum) -> str:
    """The name of an enum member."""
    return language.name_of(context.tag(), value)


def titled(kind: type[Enum], value: str | None) -> str | None:
    """The name of a stored enum value; a value of a newer version is shown as it stands."""
    if value is None:
        return None
    try:
        return named(kind(value))
    except ValueError:
        return value


def actor(text: str, names: Mapping[str, str]) -> str:
    """Who did it: a person's name, or what else acts."""
    kind, _, id_ = text.partition(":")
    if kind == "person":
        return names.get(id_, id_)
    if kind == "service":
        return context.translated(N_("System %(id)s"), id=names.get(id_, id_))
    return context.translated(_ACTORS[text]) if text in _ACTORS else text


def yes_no(value: object) -> str:
    """Whether it is so."""
    return context.translated(N_("Yes") if value else N_("No"))


def code(text: object) -> Markup:
    """What is meant to be compared, not read."""
    return Markup('<span class="code">{}</span>').format(text)


def entry_link(text: str) -> Markup:
    """The way to an entry by its code."""
    return Markup('<a class="code nowrap" href="{}">{}</a>').format(url_for("compliance.entry", code=text), text)


def seconds(moment: datetime | None) -> str | None:
    """An instant to the second, in the firm's zone."""
    zone = context.services().settings.time_zone
    return language.format_time(context.tag(), moment, zone) if moment else None


def day(moment: date | None) -> str | None:
    """A day, or the day in the firm's zone on which an instant falls."""
    return language.format_date(context.tag(), moment, context.services().settings.time_zone) if moment else None


def last_day(before: datetime | None) -> str | None:
    """The last day of something that ends before this instant; the instant itself if it is not the beginning of a day."""
    if before is None:
        return None
    if before.astimezone(context.services().settings.time_zone).time() == time():
        return day(before.astimezone(UTC) - timedelta(seconds=1))
    return seconds(before)


def _without_end(before: datetime | None) -> str:
    return last_day(before) or context.translated(N_("Without end"))


def category_list(categories: Iterable[RiskCategory] | None) -> str:
    """The categories that a notice admits."""
    if categories is None:
        return context.translated(N_("Not restricted"))
    listed = context.translated(N_(", ")).join(each.name for each in sorted(categories))
    return listed or context.translated(N_("No ordinary investor"))


def title(change: Change) -> str:
    """What a change is about."""
    return context.translated(TITLES[changes.name_of(change)])


def rows(change: Change, names: Mapping[str, str]) -> list[Row]:
    """Everything that a change states."""
    say = context.translated
    match change:
        case ClassChange():
            return [
                (say(N_("Class")), named(change.investor_class)),
                (say(N_("Ground")), change.ground or None),
                (say(N_("Valid until")), _without_end(change.before)),
            ]
        case CategoryChange():
            return [(say(N_("Category")), named(change.category)), (say(N_("Valid until")), last_day(change.before))]
        case LowestChange():
            return [(say(N_("Lowest category")), yes_no(change.lowest))]
        case StandingChange():
            return _standing(change)
        case MandateChange():
            return [
                (say(N_("Person")), names.get(change.person, change.person)),
                (say(N_("Capacity")), change.capacity or None),
                (say(N_("May act for the investor")), yes_no(change.live)),
                (say(N_("Valid until")), _without_end(change.before)),
            ]
        case RoleChange():
            return [
                (say(N_("Person")), names.get(change.person, change.person)),
                (say(N_("Role")), named(change.role)),
                (say(N_("Grants")), context.translated(N_(", ")).join(named(each) for each in change.grants) or None),
                (say(N_("May sign in")), yes_no(change.live)),
                (say(N_("Valid until")), _without_end(change.before)),
            ]
        case _:
            return _other(change, names)


def objectives(stated: Objectives) -> list[Row]:
    """Term and varieties, of an investor or of a report."""
    say = context.translated
    listed = say(N_(", ")).join(named(each) for each in Variety if stated.varieties and each in stated.varieties)
    term = named(stated.term) if stated.term else None
    return [(say(N_("Term of investment")), term), (say(N_("Kinds of investment")), listed or None)]


def _other(change: OtherChange, names: Mapping[str, str]) -> list[Row]:
    say = context.translated
    match change:
        case ObjectivesChange() | ResetChange() | ServiceChange():
            return _small(change, names)
        case PublicationChange() | SettlementChange():
            return _publication(change) if isinstance(change, PublicationChange) else _settlement(change)
        case Correction():
            fact, again = say(TITLES[change.of]), change.again
            applies = f"{fact} · {again}" if again is not None else say(N_("Nothing on file"))
            return [(say(N_("Entered in error")), f"{fact} · {change.row}"), (say(N_("Applies again")), applies)]
        case StatementChange():
            return [(say(N_("In Chinese")), _words(change.text_zh)), (say(N_("In English")), _words(change.text_en))]
        case PolicyChange():
            return [(say(N_("In force from")), begins(change)), (say(N_("The text as it is kept")), _words(change.text))]
        case QuestionnaireChange():
            asked = (say(N_("Questionnaire")), code(change.track)), (say(N_("Version")), change.version)
            return [*asked, (say(N_("In force from")), begins(change))]
        case ImportChange():
            return _import(change)


def _import(change: ImportChange) -> list[Row]:
    """A file by its numbers; its rows stand on pages of their own."""
    say = context.translated
    return [
        (say(N_("Rows that raise")), number(change.raised)),
        (say(N_("Of these, new investors")), number(change.opened)),
        (say(N_("To be looked at singly")), number(change.apart)),
        (say(N_("The file (SHA-256)")), code(change.sha256)),
        (say(N_("These rows (SHA-256)")), code(change.digest)),
    ]


def number(count: int) -> str:
    """A number as it is written in the reader's language."""
    return language.format_number(context.tag(), count)


def _small(change: ObjectivesChange | ResetChange | ServiceChange, names: Mapping[str, str]) -> list[Row]:
    if isinstance(change, ServiceChange):
        return services_told.rows(change, names)
    if isinstance(change, ResetChange):
        return [(context.translated(N_("Person")), names.get(change.person, change.person))]
    return objectives(Objectives(change.term, frozenset(change.varieties)))


def begins(change: PolicyChange | QuestionnaireChange) -> str:
    """From when on a policy decides, or a questionnaire is asked."""
    return seconds(change.effective) or context.translated(N_("From its approval"))


def _standing(change: StandingChange) -> list[Row]:
    say = context.translated
    return [
        (say(N_("Client")), yes_no(change.client)),
        (say(N_("Details complete")), yes_no(change.profile_complete)),
        (say(N_("Suspended")), yes_no(change.suspended)),
        (say(N_("Closed")), yes_no(change.closed)),
        (say(N_("Service contract from")), day(change.contract_from)),
        (say(N_("Service contract until")), last_day(change.contract_before)),
        (say(N_("Branch")), change.branch or None),
        (say(N_("Contact")), change.contact or None),
    ]


def _publication(change: PublicationChange) -> list[Row]:
    categories = None if change.categories is None else frozenset(change.categories)
    admitted = Audience(
        professional=change.professional,
        categories=categories,
        clients_only=change.clients_only,
        contract_clients_only=change.contract_clients_only,
    )
    about = Objectives(change.term, None if change.varieties is None else frozenset(change.varieties))
    out = (context.translated(N_("Out from")), seconds(change.release_at))
    return [*audience(change.grade, admitted, about, change.covers), out]


def _settlement(change: SettlementChange) -> list[Row]:
    """An accepted finding of a template: whose, which words, and until when."""
    say = context.translated
    return [
        (say(N_("Issuer")), change.issuer or None),
        (say(N_("Kind of report")), change.report_kind or None),
        (say(N_("Finding")), finding(change.code)),
        (say(N_("Printed words")), _words(change.cited) if change.cited else None),
        (say(N_("Accepted until")), last_day(change.before)),
    ]


def finding(code_: str) -> str:
    """What a finding is called where no single report is meant; one of a newer version by its code."""
    return context.translated(FINDING_TITLES[code_]) if code_ in FINDING_TITLES else code_


def audience(
    grade: RiskGrade | None, admitted: Audience, about: Objectives, covers: Collection[Instrument] | None = None
) -> list[Row]:
    """A report's grade and audience, its term and varieties, and what it covers."""
    say = context.translated
    return [
        (say(N_("Risk grade")), named(grade) if grade else None),
        (say(N_("Professional investors")), named(admitted.professional) if admitted.professional else category_list(None)),
        (say(N_("Ordinary investors of category")), category_list(admitted.categories)),
        (say(N_("Clients only")), yes_no(admitted.clients_only)),
        (say(N_("Contract clients only")), yes_no(admitted.contract_clients_only)),
        *objectives(about),
        (say(N_("Covers")), covers_told.instruments(covers)),
    ]


def summary(change: Change, names: Mapping[str, str]) -> str:
    """A change in a few words, for lists."""
    until = getattr(change, "before", None)
    match change:
        case ClassChange():
            said = [named(change.investor_class)]
        case CategoryChange():
            said = [named(change.category)]
        case StandingChange():
            said = [label for label, value in _standing(change)[:4] if value == yes_no(value=True)]
            said += [context.translated(N_("Service contract"))] if change.contract_from else []
        case MandateChange():
            said = [names.get(change.person, change.person), change.capacity, *([] if change.live else [yes_no(value=False)])]
        case RoleChange():
            said = [named(change.role), *(named(each) for each in change.grants), *([] if change.live else [yes_no(value=False)])]
        case LowestChange():
            said = [yes_no(change.lowest)]
        case _:
            said = _other_summary(change, names)
    ends = [context.translated(N_("until %(day)s"), day=last_day(until))] if until else []
    return f"{title(change)}: {', '.join([*filter(None, said), *ends]) or '—'}"


def _report_summary(change: PublicationChange | SettlementChange) -> list[str]:
    if isinstance(change, SettlementChange):
        return [change.issuer, change.report_kind, finding(change.code)]
    out = [context.translated(N_("out from %(time)s"), time=seconds(change.release_at))] if change.release_at else []
    return [named(change.grade), category_list(change.categories), *out]


def _other_summary(change: OtherChange, names: Mapping[str, str]) -> list[str]:
    match change:
        case ServiceChange() | ObjectivesChange() | ResetChange():
            stated = [str(value) for _, value in rows(change, names) if value]
            return services_told.summary(change, names) if isinstance(change, ServiceChange) else stated
        case PublicationChange() | SettlementChange():
            return _report_summary(change)
        case Correction():
            return [context.translated(TITLES[change.of])]
        case StatementChange():
            return [change.text_zh.partition("\n")[0][:60]]
        case PolicyChange():
            return [begins(change)]
        case QuestionnaireChange():
            return [change.track, str(change.version), begins(change)]
        case ImportChange():
            return [context.translated(N_("%(rows)s rows that raise"), rows=number(change.raised))]
