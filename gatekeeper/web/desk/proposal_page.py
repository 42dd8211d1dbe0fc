"""A proposal as its pages show it: a line of the queue, and every change beside what it would replace."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for
from markupsafe import Markup

from gatekeeper.actions.proposals import Comparison, Line, View
from gatekeeper.files.prepare import printed_audience, printed_grade, read_covers, read_objectives
from gatekeeper.ledger.acts.second_person import BARRED, Bar
from gatekeeper.ledger.acts.told import Told
from gatekeeper.rules import policy
from gatekeeper.rules.assessing import questionnaire_text
from gatekeeper.rules.changes import PolicyChange, PublicationChange, QuestionnaireChange, StatementChange
from gatekeeper.rules.changing import differences, policy_differences
from gatekeeper.rules.changing.differences import Paragraph
from gatekeeper.rules.errors import N_, Fault
from gatekeeper.rules.importing.change import ImportChange
from gatekeeper.rules.roles import Permission
from gatekeeper.store import proposals
from gatekeeper.web import context, telling
from gatekeeper.web.publishing import morning_told, read
from gatekeeper.web.publishing.read import Read
from gatekeeper.web.telling import Row

_FOR_ME = {
    Bar.OWN: (N_("Your own"), ""),
    Bar.CONCERNED: (N_("About yourself"), ""),
    Bar.HANDLED: (N_("For another person"), ""),
    Bar.CONTACT: (N_("For another person"), ""),
    Bar.LINKED: (N_("For another person"), ""),
    Bar.NOT_APPROVER: (N_("To look at"), ""),
    None: (N_("For you to decide"), "warn"),
}
_BARRED = {
    Bar.OWN: N_("You made this proposal yourself, so another person must decide it. You can withdraw it."),
    Bar.CONCERNED: N_("This proposal concerns yourself, so another person must decide it."),
    Bar.HANDLED: BARRED[Bar.HANDLED],
    Bar.CONTACT: BARRED[Bar.CONTACT],
    Bar.LINKED: N_(
        "Of you two, one was handed the other's one-time link in the last 30 days, so a third person must decide this proposal."
    ),
    Bar.NOT_APPROVER: N_("You can look at this proposal; others decide it."),
}
_STATES = {
    "PENDING": (N_("Waiting"), "warn"),
    "APPROVED": (N_("Approved"), "good"),
    "REJECTED": (N_("Rejected"), "bad"),
    "WITHDRAWN": (N_("Withdrawn"), ""),
    "EXPIRED": (N_("Ended by itself"), "warn"),
}
_KINDS = {
    "classification": N_("Investor's file"),
    "publication": N_("Publication"),
    "staff": N_("Staff"),
    "service": N_("Service account"),
    "statement": N_("Statement"),
    "policy": N_("Policy"),
    "questionnaire": N_("Questionnaire"),
    "import": N_("Imported file"),
}

Tag = tuple[str, str]
"""A word and its colour."""


def _tag(of: tuple[str, str]) -> Tag:
    return context.translated(of[0]), of[1]


def line(found: Line, names: Mapping[str, str]) -> dict[str, Any]:
    """One proposal of the queue."""
    row = found.proposal
    return {
        "id": row.id,
        "at": row.proposed_at,
        "ended": row.decided_at,
        "kind": context.translated(_KINDS[row.kind]),
        "about": _about(row, names),
        "what": [telling.summary(each, names) for each in found.changes],
        "by": names.get(row.proposed_by, row.proposed_by),
        "decided_by": names.get(row.decided_by),
        "state": _tag(_STATES[row.state]),
        "for_me": _tag(_FOR_ME[found.bar]),
        "is_waiting": row.state == "PENDING",
        "is_plain": found.is_plain,
        "question": context.told(found.question.fault) if found.question else None,
        "barred": context.translated(_BARRED[found.bar]) if found.bar else None,
        "compared": [_change(each, found.proposal, names, _reading(found.version)) for each in found.comparisons],
    }


def _reading(version: Any) -> dict[str, Any]:
    """What a report's printed notice was read as."""
    found: dict[str, Any] = json.loads(version.reading) if version else {}
    return found


def _about(row: Any, names: Mapping[str, str]) -> str:
    subject = row.investor_id or row.version_id or row.person_id
    if row.kind == "service":
        subject = proposals.payload_of(row)[0]["service"]
    if subject is None and row.kind == "publication":
        return context.translated(N_("Accepted finding of a template"))
    if subject is None:
        return context.translated(_KINDS[row.kind])
    return names.get(subject, subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: label, what is there now, what is proposed, whether the two differ.

    ``texts`` are too long for that: each with its label, its language and its paragraphs side by side.
    """

    title: str
    now: str
    is_new: bool
    rows: list[tuple[str, Any, Any, bool]]
    texts: list[tuple[str, str, list[Paragraph]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One proposal with everything its page shows."""

    id: str
    kind: str
    about: str
    state: Tag
    is_waiting: bool
    may_decide: bool
    is_own: bool
    barred: str | None
    unfit: str | None
    late: bool
    duplicates: list[dict[str, Any]]
    made: list[Row]
    ended: list[Row]
    changes: list[Change]
    figures: list[Row]
    findings: list[tuple[str, str, Tag]]
    read: Read | None
    language: str
    review: str | None
    marked: str | None
    file: str | None
    rehearsal: str | None
    trial: Told | None
    must_try: bool
    form: str | None
    rows: str | None


def page(view: View) -> Page:
    """Everything that a second person looks at."""
    row = view.proposal
    waiting = row.state == "PENDING"
    publication = next((each.after for each in view.comparisons if isinstance(each.after, PublicationChange)), None)
    reading = _reading(view.version)
    return Page(
        id=row.id,
        kind=context.translated(_KINDS[row.kind]),
        about=_about(row, view.names),
        state=_tag(_STATES[row.state]),
        is_waiting=waiting,
        may_decide=waiting and view.bar is None,
        is_own=waiting and view.bar is Bar.OWN,
        barred=context.translated(_BARRED[view.bar]) if waiting and view.bar else None,
        unfit=context.told(view.unfit.fault) if view.unfit else None,
        late=waiting and _is_late(publication),
        duplicates=morning_told.repeated(view.duplicates) if waiting else [],
        made=_made(view),
        ended=[] if waiting else _ended(view),
        changes=[
            _change(each, row, view.names, reading) for each in view.comparisons if not isinstance(each.after, ImportChange)
        ],
        figures=[
            line for each in view.comparisons if isinstance(each.after, ImportChange) for line in telling.rows(each.after, {})
        ],
        findings=_findings(view, publication) if publication else [],
        read=read.read(reading, view.version.notice, publication) if publication and view.version else None,
        language=view.version.language if view.version else "",
        review=_address(Permission.REVIEW_REPORTS, "reports.review", report=view.version.report_id) if view.version else None,
        marked=_address(Permission.REVIEW_REPORTS, "marked.show", report=view.version.report_id, number=view.version.number)
        if view.version
        else None,
        file=_address(Permission.SEE_INVESTORS, "investors.show", investor=row.investor_id) if row.investor_id else None,
        rows=next(iter(_imports(view)), None),
        rehearsal=_address(Permission.CHANGE_STATEMENTS, "policies.rehearse", proposal=row.id)
        if waiting and row.kind == "policy"
        else None,
        trial=view.trial,
        must_try=waiting and row.kind == "policy" and view.bar is None and view.trial is None,
        form=_address(Permission.SEE_STATEMENTS, "questionnaires.proposed", proposal=row.id)
        if row.kind == "questionnaire"
        else None,
    )


def _is_late(publication: PublicationChange | None) -> bool:
    """Whether the time at which a report was to be out has passed while it waited."""
    wanted = publication.release_at if publication else None
    return wanted is not None and wanted <= context.now()


def _imports(view: View) -> Iterator[str | None]:
    """Where the rows of an imported file stand, with what each would change."""
    for each in view.comparisons:
        if isinstance(each.after, ImportChange):
            yield _address(Permission.SEE_INVESTORS, "investors.imports.show", import_=each.after.id, rows="raises")


def _address(needed: Permission, endpoint: str, **values: Any) -> str | None:
    """The address of a page of another face, for those who may go there."""
    may = needed in context.signed_in().permissions and endpoint in current_app.view_functions
    return url_for(endpoint, **values) if may else None


def _made(view: View) -> list[Row]:
    row, say = view.proposal, context.translated
    return [
        (say(N_("Proposed by")), view.names.get(row.proposed_by, row.proposed_by)),
        (say(N_("Proposed at")), telling.seconds(row.proposed_at)),
        *([(say(N_("Purpose")), view.purpose)] if view.purpose else []),
        (say(N_("Reason")), row.reason or None),
        (say(N_("Evidence")), row.evidence or None),
        (say(N_("Entry")), _entry(view, row.entry_id)),
    ]


def _ended(view: View) -> list[Row]:
    row, say = view.proposal, context.translated
    return [
        (say(N_("Ended by")), view.names.get(row.decided_by, row.decided_by) or say(N_("Nobody decided it in time"))),
        (say(N_("Ended at")), telling.seconds(row.decided_at)),
        *_out(view),
        (say(N_("Reason")), row.decided_reason or None),
        (say(N_("Entry")), _entry(view, row.decided_entry_id)),
    ]


def _out(view: View) -> list[Row]:
    """From when on an approved report is out, where its proposal named a time: then, or at the approval that came later."""
    times = [each.after.release_at for each in view.comparisons if isinstance(each.after, PublicationChange)]
    approved = view.proposal.decided_at if view.proposal.state == "APPROVED" else None
    out = [max(each, approved) for each in times if each and approved]
    return [(context.translated(N_("Out from")), telling.seconds(each)) for each in out]


def _entry(view: View, entry_id: int) -> Any:
    code = view.codes.get(entry_id)
    if code is None:
        return None
    may = Permission.SEARCH_LEDGER in context.signed_in().permissions
    return telling.entry_link(code) if may else telling.code(code)


def _change(compared: Comparison, proposal: Any, names: Mapping[str, str], reading: Mapping[str, Any]) -> Change:
    after = telling.rows(compared.after, names)
    is_publication = isinstance(compared.after, PublicationChange)
    before: list[Row] = [(label, None) for label, _ in after]
    if is_publication and "audience" in reading:
        before = telling.audience(
            printed_grade(reading), printed_audience(reading), read_objectives(reading), read_covers(reading)
        )
        before += [(label, None) for label, _ in after[len(before) :]]
    elif compared.before is not None:
        before = telling.rows(compared.before, names)
    now = N_("On file now") if proposal.state == "PENDING" else N_("On file then")
    texts = _texts(compared)
    return Change(
        title=_title(compared),
        now=context.translated(N_("Printed notice") if is_publication else now),
        is_new=compared.before is None and not is_publication,
        rows=_places(compared) + ([] if texts else _rows(before, after)),
        texts=texts,
    )


def _rows(before: list[Row], after: list[Row]) -> list[tuple[str, Any, Any, bool]]:
    return [(label, old, new, old != new) for (_, old), (label, new) in zip(before, after, strict=True)]


def _places(compared: Comparison) -> list[tuple[str, Any, Any, bool]]:
    """Every single value that differs between two versions of a policy or a questionnaire, by its place."""
    old, new = compared.before, compared.after
    if isinstance(old, PolicyChange) and isinstance(new, PolicyChange):
        found = policy_differences.compare(policy.parse(old.text), policy.parse(new.text))
        return [(telling.code(each.place), each.before, each.after, True) for each in found]
    if not isinstance(old, QuestionnaireChange) or not isinstance(new, QuestionnaireChange):
        return []
    differing = questionnaire_text.compare(questionnaire_text.parse(old.text), questionnaire_text.parse(new.text))
    return [(telling.code(each.place), _said(each.place, each.before), _said(each.place, each.after), True) for each in differing]


def _said(place: str, value: str | None) -> Markup | None:
    """A value in its own language: words stand in both."""
    return Markup('<span lang="{}">{}</span>').format("en" if place.endswith(".en") else "zh-CN", value) if value else None


def _texts(compared: Comparison) -> list[tuple[str, str, list[Paragraph]]]:
    """The old and new words of a statement or a policy, paragraph by paragraph."""
    old, new = compared.before, compared.after
    if isinstance(old, PolicyChange) and isinstance(new, PolicyChange):
        return [(telling.begins(new), "zh-CN", differences.compare(old.text, new.text))]
    if not isinstance(old, StatementChange) or not isinstance(new, StatementChange):
        return []
    say = context.translated
    return [
        (say(N_("In Chinese")), "zh-CN", differences.compare(old.text_zh, new.text_zh)),
        (say(N_("In English")), "en", differences.compare(old.text_en, new.text_en)),
    ]


def _title(compared: Comparison) -> str:
    what = telling.title(compared.after)
    return context.translated(N_("%(what)s: correction of an error"), what=what) if compared.corrects else what


def _findings(view: View, publication: PublicationChange) -> list[tuple[str, str, Tag]]:
    """What a careful person would raise about the report: the sentence, what is printed, and what was made of it."""
    ends = {(each.code, each.key): each.before for each in publication.settlements}
    found = []
    for each in view.findings:
        sentence = context.told(Fault(each.message, **json.loads(each.details)))
        end = ends.get((each.code, each.key))
        if each.blocking:
            tag = context.translated(N_("Must be corrected")), "bad"
        elif end:
            tag = context.translated(N_("Accepted in this proposal until %(day)s"), day=telling.last_day(end)), "warn"
        elif each.settled:
            tag = context.translated(N_("Accepted earlier until %(day)s"), day=telling.last_day(each.settled)), "good"
        else:
            tag = context.translated(N_("Open")), "bad"
        found.append((sentence, each.cited, tag))
    return found
