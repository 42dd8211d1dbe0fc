"""The history of one person, investor or report: by day, each line a sentence with its code."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from gatekeeper.actions.clients import timelines
from gatekeeper.actions.clients.timelines import Event, Timeline
from gatekeeper.rules.changes import Change, Correction, from_data
from gatekeeper.rules.errors import N_
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.rules.titles.kind_groups import KindGroup
from gatekeeper.web import context, guards, telling
from gatekeeper.web.log import log_entry
from gatekeeper.web.log.sentences import ANY, GROUPS, OWN_RECORD, SENTENCES, SETTLED, TO_ONE, UNNAMED
from gatekeeper.web.paging import numbered, token

bp = Blueprint("timelines", __name__, url_prefix="/log")

_LONGEST = 40
_ENDPOINTS = {"investor": "investors.show", "report": "reports.show"}
_LOOK_BACK = {
    "person": ("as_of.readings", "person", N_("What could they read on an earlier day?")),
    "report": ("as_of.readers", "report", N_("Who could have read it on an earlier day?")),
}
_NAMES = {"investor": N_("Investor"), "person": N_("Person"), "report": N_("Report")}


@bp.get("/investors/<id_>")
@guards.requires(Permission.SEE_INVESTORS)
def investor(id_: str) -> ResponseReturnValue:
    """Everything that the log says about one investor, as far as it is the visitor's to read."""
    return _show("investor", id_)


@bp.get("/persons/<id_>")
@guards.requires(Permission.SEE_INVESTORS)
def person(id_: str) -> ResponseReturnValue:
    """Everything that concerns one person, and all that they did; of a client's, the files alone for those who keep them."""
    return _show("person", id_)


@bp.get("/reports/<id_>")
@guards.requires(Permission.SEARCH_LEDGER)
def report(id_: str) -> ResponseReturnValue:
    """Everything that the log says about one report."""
    return _show("report", id_)


def _show(about: str, id_: str) -> str:
    group, newer = _group(request.args.get("group", "")), "newer" in request.args
    position = numbered(request.args.get("newer" if newer else "older", "")[:_LONGEST])
    kept = "".join(filter(str.isprintable, id_))[:_LONGEST]
    found = context.database().record(
        timelines.view, context.caller(), about, kept, context.now(), group=group, position=position, newer=newer
    )
    only: dict[str, Any] = {about: kept}
    first, last = (found.events[0].row, found.events[-1].row) if found.events else (None, None)
    whole = Permission.SEARCH_LEDGER in context.signed_in().permissions
    return render_template(
        "compliance/timeline.html",
        about=context.translated(_NAMES[about]),
        subject=found.subject,
        investor=kept if about == "investor" else None,
        page=url_for(_ENDPOINTS[about], **only) if about in _ENDPOINTS else None,
        whole=whole,
        search=url_for("compliance.log", **only) if whole else None,
        look_back=_look_back(about, kept) if whole else None,
        accesses=url_for("court.accesses", about=about, id_=kept) if whole and about in _LOOK_BACK else None,
        groups=[(_address(about, kept, each), said, each is group) for each, said in _choices(found)],
        days=_days(found),
        older=_address(about, kept, group, older=token(last.at, last.id)) if last and found.has_older else None,
        newer=_address(about, kept, group, newer=token(first.at, first.id)) if first and found.has_newer else None,
        newest=_address(about, kept, group) if position else None,
        zone=context.services().settings.time_zone.key,
    )


def _look_back(about: str, id_: str) -> tuple[str, str] | None:
    """The address and the words of the question about an earlier day."""
    if about not in _LOOK_BACK:
        return None
    endpoint, name, said = _LOOK_BACK[about]
    values: dict[str, Any] = {name: id_}
    return url_for(endpoint, **values), context.translated(said)


def _group(text: str) -> KindGroup | None:
    return KindGroup(text) if text in list(KindGroup) else None


def _choices(found: Timeline) -> list[tuple[KindGroup | None, str]]:
    return [(None, context.translated(N_("Everything"))), *((each, context.translated(GROUPS[each])) for each in found.groups)]


def _address(about: str, id_: str, group: KindGroup | None, **more: str) -> str:
    state: dict[str, Any] = {"id_": id_, "group": group.value if group else None, **more}
    return url_for(f"timelines.{about}", **state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry: the instant, the sentence, what belongs to it, what of it was an error with the correction's code, its code."""

    at: Any
    sentence: Markup
    details: list[str]
    wrong: list[tuple[str, str]]
    outcome: Outcome | None
    code: str


def _days(found: Timeline) -> list[tuple[date, list[Line]]]:
    """The lines by days of the firm's zone, newest first."""
    zone = context.services().settings.time_zone
    by_day = groupby(found.events, lambda each: each.row.at.astimezone(zone).date())
    return [(day, [_line(each, found) for each in events]) for day, events in by_day]


def _line(event: Event, found: Timeline) -> Line:
    row = event.row
    return Line(
        at=row.at.astimezone(context.services().settings.time_zone),
        sentence=_sentence(row, found, event.data),
        details=_details(event, found),
        wrong=[(telling.summary(each.says, found.names), each.code) for each in found.wrong.get(row.id, [])],
        outcome=log_entry.outcome(row.outcome),
        code=row.code,
    )


def _sentence(row: Any, found: Timeline, data: Mapping[str, Any]) -> Markup:
    """Who did what, in the reader's language; everybody and everything named leads to its own history."""
    kind, _, actor = row.actor.partition(":")
    values = {
        "actor": _named("person", actor, found, telling.actor(row.actor, found.names))
        if kind == "person"
        else telling.actor(row.actor, found.names),
        "person": _named("person", row.person, found, found.names.get(row.person)),
        "investor": _named("investor", row.investor, found, found.names.get(row.investor)),
        "report": _named("report", row.report, found, found.titles.get(row.report)),
        "kind": telling.titled(Kind, row.kind),
    }
    message = SENTENCES.get(Kind(row.kind), ANY) if row.kind in list(Kind) else ANY
    message = OWN_RECORD if data.get("own") and row.kind == Kind.LEDGER_SEARCHED else message
    message = SETTLED.get(Kind(row.kind), message) if row.report is None and row.kind in list(Kind) else message
    if row.kind == Kind.DECISIONS_ASKED and "answers" not in data:
        message = SENTENCES[Kind.DECISION_ASKED]
    message = TO_ONE.get((row.kind, row.outcome), message)
    return Markup(context.translated(message)) % values  # noqa: S704  (a sentence of our own; what is put into it is escaped)


def _score(data: Mapping[str, Any]) -> list[str]:
    """What answers came to, from the entry of their scoring."""
    if data.get("category") not in RiskCategory.__members__:
        return []
    category = telling.named(RiskCategory[data["category"]])
    return [context.translated(N_("Score %(score)s: %(category)s"), score=data.get("score"), category=category)]


def _change(change: Change, found: Timeline) -> str:
    """A change in a few words; of a correction, what had been entered in error."""
    wrong = found.corrected.get((change.of, change.row)) if isinstance(change, Correction) else None
    if wrong is None:
        return telling.summary(change, found.names)
    return context.translated(N_("Entered in error: %(what)s"), what=telling.summary(wrong, found.names))


def _named(about: str, id_: str | None, found: Timeline, text: str | None) -> str:
    if id_ is None or text is None:
        return context.translated(UNNAMED[about])
    if id_ == found.subject.id or (about == "report" and KindGroup.READING not in found.groups):
        return text
    return Markup('<a href="{}">{}</a>').format(_address(about, id_, None), text)


def _details(event: Event, found: Timeline) -> list[str]:
    """What belongs to the sentence: for whom, why not, and each change."""
    row, names = event.row, found.names
    wrong = [each.says for each in found.wrong.get(row.id, [])]
    changes = [from_data(each) for each in event.data.get("changes", [])]
    said = [_change(each, found) for each in changes if each not in wrong]
    said += _score(event.data) if row.kind == Kind.ASSESSMENT_SCORED else []
    reasons = event.data.get("reasons") or ([row.reason] if row.reason else [])
    if reasons:
        said.append(context.translated(N_("; ")).join(str(telling.titled(Reason, each)) for each in reasons))
    person = row.actor.removeprefix("person:")
    is_for_other = row.investor and row.investor != found.subject.id and names.get(row.investor) != names.get(person)
    if is_for_other and "%(investor)s" not in SENTENCES.get(row.kind, ""):
        said.append(context.translated(N_("For investor: %(investor)s"), investor=names.get(row.investor, row.investor)))
    return said
