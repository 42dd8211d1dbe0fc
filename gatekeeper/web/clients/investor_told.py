"""An investor's file in words: states at a glance, what it permits at present, what waits, and its history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import current_app, url_for

from gatekeeper import language
from gatekeeper.actions.clients.investors import File, Waiting
from gatekeeper.rules.changes import (
    CategoryChange,
    Change,
    ClassChange,
    LowestChange,
    MandateChange,
    RoleChange,
    StandingChange,
    name_of,
)
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store.clients.investor_file import Step
from gatekeeper.store.reading.access import objectives
from gatekeeper.web import context, telling

SOON = timedelta(days=30)
_SHORT = (ClassChange, CategoryChange, LowestChange)

Tag = tuple[str, str]
"""A word and its colour."""

named = telling.named


def status(error: GatekeeperError | None) -> HTTPStatus:
    """The status of a form that is shown again."""
    if error is None:
        return HTTPStatus.OK
    return HTTPStatus.CONFLICT if isinstance(error, Conflict) else HTTPStatus.BAD_REQUEST


def masked(number: str) -> str:
    """A client number without its last four characters, which are to be typed from the document."""
    return number[:-4] + "••••"


@dataclass(frozen=True, slots=True)
class Validity:
    """The last day of something, and a tag where it is over or nearly so."""

    day: str
    tag: Tag | None


def validity(before: datetime | None, now: datetime) -> Validity | None:
    """How long something is valid; None for what has no end."""
    if before is None:
        return None
    day = telling.last_day(before) or ""
    if before <= now:
        return Validity(day, (context.translated(N_("Lapsed")), "bad"))
    if before - now <= SOON:
        return Validity(day, (context.translated(N_("Lapses soon")), "warn"))
    return Validity(day, None)


def line(row: Any, waiting: int, now: datetime) -> dict[str, Any]:
    """One investor at a glance."""
    professional = row.investor_class is not None and row.investor_class.is_professional
    return {
        "id": row.id,
        "name": row.name,
        "number": row.client_number,
        "kind": named(row.kind),
        "class": named(row.investor_class) if row.investor_class else None,
        "class_until": validity(row.class_before, now) if professional else None,
        "category": row.category,
        "category_until": validity(row.category_before, now) if row.category else None,
        "lowest": row.lowest,
        "states": states(row),
        "waiting": waiting,
    }


def states(row: Any) -> list[Tag]:
    """The standing in a few words."""
    say = context.translated
    if row.standing_id is None:
        return [(say(N_("No standing yet")), "warn")]
    if row.closed:
        return [(say(N_("Closed")), "bad")]
    found = [(say(N_("Client")), "good") if row.client else (say(N_("Not a client")), "bad")]
    if row.suspended:
        found.append((say(N_("Suspended")), "bad"))
    if not row.profile_complete:
        found.append((say(N_("Details incomplete")), "warn"))
    return found


@dataclass(frozen=True, slots=True)
class Present:
    """What the file comes to now: a sentence with its colour, and why not, where it permits nothing."""

    sentence: str
    kind: str
    reasons: list[str]


def at_present(file: File) -> Present:
    """What the file permits now, in one sentence."""
    found, say = file.eligibility, context.translated
    admission = found.open_admission
    if admission is None:
        reasons = [named(each) for each in found.reasons]
        return Present(say(N_("Every report is refused at present.")), "warning", reasons)
    if not file.mandates:
        return Present(say(N_("Nobody acts for this investor at present, so nobody can read for it.")), "warning", [])
    grades = language.format_list(context.tag(), [grade.name for grade in sorted(admission.grades)])
    sentence = say(N_("Reports of %(grades)s are open at present, as far as a report's own notice admits."), grades=grades)
    return Present(sentence, "warning" if found.warnings else "info", [named(each) for each in found.warnings])


def classification(row: Any, now: datetime) -> list[tuple[str, str | None, Tag | None]]:
    """Class, category and lowest flag: label, value, tag."""
    say = context.translated
    class_end = validity(row.class_before, now)
    category_end = validity(row.category_before, now)
    rows: list[tuple[str, str | None, Tag | None]] = [
        (say(N_("Class")), named(row.investor_class) if row.investor_class else None, None)
    ]
    if class_end:
        rows += [(say(N_("Ground")), row.ground, None), (say(N_("Class valid until")), class_end.day, class_end.tag)]
    rows.append((say(N_("Category")), named(row.category) if row.category else None, None))
    if category_end:
        rows.append((say(N_("Category valid until")), category_end.day, category_end.tag))
    rows.append((say(N_("Lowest category")), telling.yes_no(row.lowest), None))
    rows += [(label, value, None) for label, value in telling.objectives(objectives(row.term, row.varieties))]
    return rows


def standing(row: Any, now: datetime) -> list[tuple[str, str | None, Tag | None]]:
    """The standing: label, value, tag."""
    say, said = context.translated, telling.yes_no
    contract = validity(row.contract_before, now)
    return [
        (say(N_("Client")), said(row.client), None),
        (say(N_("Details complete")), said(row.profile_complete), None),
        (say(N_("Suspended")), said(row.suspended), None),
        (say(N_("Closed")), said(row.closed), None),
        (say(N_("Service contract from")), telling.day(row.contract_from), None),
        (say(N_("Service contract until")), contract.day if contract else None, contract.tag if contract else None),
        (say(N_("Branch")), row.branch or None, None),
        (say(N_("Contact")), row.contact or None, None),
    ]


def person(mandate: Any, accounts: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Somebody who acts for the investor, and the state of the account."""
    return {
        "id": mandate.person_id,
        "name": mandate.person_name,
        "login": mandate.login,
        "capacity": mandate.capacity,
        "until": validity(mandate.valid_before, now),
        "account": account_state(accounts.get(mandate.person_id)),
    }


def account_state(account: Any) -> Tag:
    """Whether somebody can sign in."""
    if account is None or not account.live:
        return context.translated(N_("Suspended")), "bad"
    if not account.active:
        return context.translated(N_("No password yet")), "warn"
    return context.translated(N_("Can sign in")), "good"


def waiting(found: Waiting, names: Mapping[str, str]) -> dict[str, Any]:
    """A proposal that waits: what is on file beside what is proposed."""
    row = found.proposal
    return {
        "id": row.id,
        "address": proposal_address(row.id),
        "by": names.get(row.proposed_by, row.proposed_by),
        "at": row.proposed_at,
        "corrects": found.corrects,
        "changes": [(telling.title(after), in_words(before, names), in_words(after, names)) for before, after in found.changes],
    }


def proposal_address(id_: str) -> str | None:
    """Where a proposal is decided, for those who may see it."""
    may = Permission.SEE_PROPOSALS in context.signed_in().permissions and "proposals.show" in current_app.view_functions
    return url_for("proposals.show", proposal=id_) if may else None


def in_words(change: Change | None, names: Mapping[str, str]) -> str:
    """What a change states, on one line without its title."""
    say = context.translated
    match change:
        case None:
            return say(N_("Nothing on file"))
        case ClassChange() if change.investor_class.is_professional:
            until = say(N_("until %(day)s"), day=telling.last_day(change.before))
            return context.translated(N_(", ")).join([named(change.investor_class), change.ground, until])
        case StandingChange():
            return context.translated(N_(", ")).join(_standing_in_words(change))
        case MandateChange() if not change.live:
            return say(N_("%(name)s does not act for the investor"), name=names.get(change.person, change.person))
        case RoleChange() if not change.live:
            return say(N_("Suspended"))
        case _:
            return telling.summary(change, names).partition(": ")[2]


def _standing_in_words(change: StandingChange) -> list[str]:
    say = context.translated
    said = [
        say(N_("Client") if change.client else N_("Not a client")),
        say(N_("Details complete") if change.profile_complete else N_("Details incomplete")),
        *([say(N_("Suspended"))] if change.suspended else []),
        *([say(N_("Closed"))] if change.closed else []),
    ]
    if change.contract_from:
        begins, ends = telling.day(change.contract_from), telling.last_day(change.contract_before)
        whole, begun = N_("service contract from %(first)s to %(last)s"), N_("service contract from %(first)s")
        said.append(say(whole, first=begins, last=ends) if ends else say(begun, first=begins))
    return said + [text for text in (change.branch, change.contact) if text]


def step(found: Step, names: Mapping[str, str]) -> dict[str, Any]:
    """One step of the history: when, who, what, why, and the entry's code."""
    written = found.written
    return {
        "at": written.at,
        "who": _who(found, names),
        "code": _code(written.code),
        "changes": [_stated(found, number, names) for number in range(len(found.changes))],
        "corrected": [(telling.title(change), in_words(change, names)) for change in found.corrected],
        "reason": written.reason,
        "evidence": written.evidence,
    }


def _stated(found: Step, number: int, names: Mapping[str, str]) -> dict[str, Any]:
    """One change of a step, whether it was an error, and for those who may say so, where to say it."""
    change, in_error = found.changes[number], found.in_error[number]
    may = Permission.CHANGE_INVESTORS in context.signed_in().permissions and not in_error
    return {
        "title": telling.title(change),
        "words": in_words(change, names),
        "in_error": in_error,
        "correct": correction_address(found.written.code, change) if may else None,
    }


def correction_address(code: str, change: Change) -> str:
    """Where one says that a row was entered in error; of mandates, which person's."""
    person = change.person if isinstance(change, MandateChange) else None
    investor = getattr(change, "investor", "")
    return url_for("investors.corrections.show", investor=investor, code=code, fact=name_of(change), person=person)


def _who(found: Step, names: Mapping[str, str]) -> str:
    written = found.written
    name = telling.actor(written.actor, names)
    if written.proposed_by:
        proposer = names.get(written.proposed_by, written.proposed_by)
        return context.translated(N_("Proposed by %(proposer)s, approved by %(name)s"), proposer=proposer, name=name)
    if found.corrected:
        return context.translated(N_("Error corrected by %(name)s"), name=name)
    if written.kind == Kind.INVESTOR_CREATED:
        return context.translated(N_("File opened by %(name)s"), name=name)
    return context.translated(N_("Changed by %(name)s"), name=name)


def _code(code: str) -> Any:
    may = Permission.SEARCH_LEDGER in context.signed_in().permissions and "compliance.entry" in current_app.view_functions
    return telling.entry_link(code) if may else telling.code(code)


def briefly(changes: tuple[Change, ...]) -> str:
    """What several changes come to: a class or category in full, what is longer by its title alone."""
    return context.translated(N_("; ")).join(
        f"{telling.title(each)}: {in_words(each, {})}" if isinstance(each, _SHORT) else telling.title(each) for each in changes
    )
