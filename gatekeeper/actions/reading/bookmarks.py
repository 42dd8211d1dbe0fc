"""Keeping a report at hand, and no longer keeping it. What is kept is decided again whenever it is listed or opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.decisions import decided
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action, RiskGrade
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Decision, Outcome, Reason, decide
from gatekeeper.store.accounts.sessions import require
from gatekeeper.store.clients.investors import mandates_of
from gatekeeper.store.proof import entries
from gatekeeper.store.publishing.library import Wanted
from gatekeeper.store.reading import access as facts
from gatekeeper.store.reading import bookmarks, history, kept, lists
from gatekeeper.store.reading.access import Case
from gatekeeper.store.reading.lists import Listed

PAGE = 20

_KINDS = {Outcome.PERMIT: Kind.REPORT_BOOKMARKED, Outcome.ACKNOWLEDGE: Kind.REPORT_WITHHELD, Outcome.DENY: Kind.REPORT_REFUSED}


@dataclass(frozen=True, slots=True)
class Mark:
    """One bookmark. ``report`` stands there while it may be read; of one that may not, its grade and its withdrawal alone.

    ``is_newer`` says that what is out now came out after the bookmark was set.
    """

    since: datetime
    code: str
    report: Listed | None
    grade: RiskGrade | None
    withdrawn_at: datetime | None
    is_newer: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """A page of the caller's bookmarks, each decided again, and after what the next page begins.

    ``hidden`` is how many of all of them may not be read now; the rest is as in ``access.Listing``.
    """

    marks: tuple[Mark, ...]
    hidden: int
    following: tuple[datetime, str] | None
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    case: Case
    may_choose: bool
    shut_since: Mapping[Reason, datetime]


def list_marks(
    connection: Connection, caller: Caller, now: datetime, zone: ZoneInfo, *, after: tuple[datetime, str] | None = None
) -> Asked[Marks]:
    """What the caller keeps, readable or not."""
    person = caller.person or ""
    case = facts.load(connection, person=person, investor=caller.investor, report=None, zone=zone, now=now)
    investor = case.investor or ""
    eligible = lists.eligible(case, now)
    admitted = eligible.open_admission if eligible else None
    rows = kept.page(connection, person, investor, after, PAGE + 1, now)
    reports = [row.report_id for row in rows[:PAGE]]
    readable = lists.readable(connection, person, case, Wanted(limit=PAGE, among=reports), now)
    found, states = {each.report: each for each in readable}, kept.states(connection, reports, now)
    marks = tuple(_mark(row, found.get(row.report_id), states.get(row.report_id)) for row in rows[:PAGE])
    hidden = bookmarks.count(connection, person, investor, now)
    hidden -= kept.count_readable(connection, admitted, person, investor, now)
    event = caller.event(
        Kind.REPORTS_LISTED,
        now,
        investor=case.investor or caller.investor,
        action=Action.READ,
        policy=case.facts.policy.digest if case.facts.policy else None,
        data={
            "facts": case.used,
            "bookmarked": True,
            "shown": lists.shown(each.report for each in marks if each.report),
            "closed": [report for report in reports if report not in found],
            "hidden": hidden,
        },
    )
    shown = Marks(
        marks=marks,
        hidden=hidden,
        following=(rows[PAGE - 1].since, rows[PAGE - 1].report_id) if len(rows) > PAGE else None,
        reasons=eligible.reasons if eligible else (Reason.POLICY_ERROR if case.facts.investor else Reason.INVESTOR_UNKNOWN,),
        warnings=eligible.warnings if eligible else (),
        case=case,
        may_choose=len(mandates_of(connection, now, person=person)) > 1,
        shut_since=history.shut_since(connection, case.investor, now) if admitted is None else {},
    )
    return Asked(shown, (event,))


def _mark(row: Any, report: Listed | None, state: Any) -> Mark:
    return Mark(
        since=row.since,
        code=row.code,
        report=report,
        grade=state.grade if state else None,
        withdrawn_at=state.since if state and state.state == "WITHDRAWN" else None,
        is_newer=report is not None and report.released_at > row.since,
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of asking to keep a report at hand. ``code`` is empty where it was kept already and nothing was written."""

    decision: Decision
    case: Case
    code: str


def add(connection: Connection, caller: Caller, report: str, now: datetime, zone: ZoneInfo) -> Kept:
    """Decide whether the caller may bookmark a report, and bookmark it. Asked twice, it is one bookmark and one entry."""
    require(connection, caller.person, caller.session, Permission.READ_AS_CLIENT, now)
    person = caller.person or ""
    bookmarks.hold(connection, person)
    case = facts.load(
        connection, person=person, investor=caller.investor, report=report, action=Action.BOOKMARK, zone=zone, now=now
    )
    decision = decide(case.facts, now)
    is_permitted = decision.outcome is Outcome.PERMIT and case.investor is not None and case.report is not None
    if is_permitted and case.is_kept:
        return Kept(decision, case, "")
    event = decided(caller, _KINDS[decision.outcome], case, decision, now, asked_for=report)
    entry_id = append(connection, event)
    if is_permitted:
        key = {"person_id": person, "investor_id": case.investor, "report_id": case.report}
        bookmarks.put(connection, **key, live=True, valid_from=now, entry_id=entry_id)
    return Kept(decision, case, event.code)


def remove(connection: Connection, caller: Caller, report: str, now: datetime) -> None:
    """Take back a bookmark of the caller's own. Nothing is said of a report that is not bookmarked: it may not be for them."""
    require(connection, caller.person, caller.session, Permission.READ_AS_CLIENT, now)
    person, investor = caller.person or "", caller.investor or ""
    bookmarks.hold(connection, person)
    if not bookmarks.is_kept(connection, person, investor, report, now):
        return
    entry_id = append(connection, caller.event(Kind.BOOKMARK_REMOVED, now, report=report, action=Action.BOOKMARK))
    key = {"person_id": person, "investor_id": investor, "report_id": report}
    bookmarks.put(connection, **key, live=False, valid_from=now, entry_id=entry_id)


def remove_by_code(connection: Connection, caller: Caller, code: str, now: datetime) -> None:
    """Take back the bookmark that was set under this code: what may not be read any more has no other name."""
    mine = (caller.person, caller.investor, Kind.REPORT_BOOKMARKED)
    for row in entries.by_code(connection, code):
        if (row.person, row.investor, row.kind) == mine:
            remove(connection, caller, row.report, now)
