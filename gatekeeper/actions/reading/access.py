"""Asking for reports: opening one, listing what may be read, reviewing as staff.

Nothing here changes anything; each answer comes with the entry that must be durable before it is given. The only place that
makes a ``Permit``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.decisions import Turned, decided
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import UNDISCLOSED, Admission, Decision, Outcome, Permit, Reason, decide
from gatekeeper.rules.wording import searching
from gatekeeper.rules.wording.searching import Sought
from gatekeeper.store.accounts.sessions import require
from gatekeeper.store.clients.investors import mandates_of
from gatekeeper.store.publishing import library, released, search
from gatekeeper.store.publishing.library import Wanted
from gatekeeper.store.publishing.search import Hunt
from gatekeeper.store.reading import access as facts
from gatekeeper.store.reading import bookmarks, history, lists, readings
from gatekeeper.store.reading.access import Case
from gatekeeper.store.reading.lists import Listed

PAGE = 20
_INSTEAD = 5
_LATELY = timedelta(days=90)
_LOOKED_THROUGH = 50
_SUGGESTED = 30
_PERMITTED = {
    Action.READ: Kind.REPORT_OPENED,
    Action.BOOKMARK: Kind.REPORT_BOOKMARKED,
    Action.RECEIVE: Kind.REPORT_RECEIVED,
    Action.USE: Kind.REPORT_COPIED,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision on one report, the case it was made on, the entry's code, and a permit where there is one.

    ``instead`` is what a refused reader may open now; it stands in the entry, as everything that is shown does.
    """

    decision: Decision
    case: Case
    code: str
    permit: Permit | None
    instead: "tuple[Listed, ...]" = ()


def open_report(
    connection: Connection, caller: Caller, report: str, now: datetime, zone: ZoneInfo, *, action: Action = Action.READ
) -> Asked[Answer]:
    """Decide one act of the caller on one report."""
    person = caller.person or ""
    case = facts.load(connection, person=person, investor=caller.investor, report=report, action=action, zone=zone, now=now)
    decision = decide(case.facts, now)
    kind = {Outcome.PERMIT: _PERMITTED[action], Outcome.ACKNOWLEDGE: Kind.REPORT_WITHHELD}.get(
        decision.outcome, Kind.REPORT_REFUSED
    )
    instead = _instead(connection, person, case, now) if _is_told(decision) else ()
    more = {"shown": lists.shown(instead)} if instead else None
    event = decided(caller, kind, case, decision, now, asked_for=report, more=more)
    permit = _granted(caller, case, decision, event.code, now)
    return Asked(Answer(decision, case, event.code, permit, instead), (event,))


def _granted(caller: Caller, case: Case, decision: Decision, code: str, at: datetime) -> Permit | None:
    action = case.facts.action
    if decision.outcome is not Outcome.PERMIT or action is None or not (case.investor and case.report and case.version):
        return None
    whose = {"person": caller.person or "", "investor": case.investor, "report": case.report}
    return Permit(**whose, version=case.version, action=action, code=code, at=at)


def turn(connection: Connection, caller: Caller, report: str, opening: str, now: datetime, zone: ZoneInfo) -> Turned:
    """Decide a part of an opened report, afresh. The opening's entry stands for a permit; a refusal is asked again, on record."""
    case = facts.load(connection, person=caller.person or "", investor=caller.investor, report=report, zone=zone, now=now)
    decision, found = decide(case.facts, now), readings.opening(connection, opening, case, caller.person, now)
    permit = _granted(caller, case, decision, opening, found.at) if found else None
    return Turned(decision, permit, found.id, case.client_number or "") if found and permit else Turned(decision)


def _is_told(decision: Decision) -> bool:
    """Whether this is a refusal that gives its reasons; the others say only that there is no such report."""
    return decision.outcome is Outcome.DENY and UNDISCLOSED.isdisjoint(decision.reasons)


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of what the caller may read, how many reports are hidden, and after what the next page begins.

    ``reasons`` is what keeps everything from the caller, ``shut_since`` since when, where that is on file. ``may_choose`` says
    that the caller acts for several investors. ``opened_last`` is the report opened last that may still be read. ``permits`` give
    the passages in which ``sought`` stands, ``suggestions`` are words that find something.
    """

    reports: tuple[Listed, ...]
    bookmarked: frozenset[str]
    hidden: int
    following: tuple[datetime, str] | None
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    case: Case
    may_choose: bool
    shut_since: Mapping[Reason, datetime]
    last_visit: datetime | None
    opened_last: Listed | None
    sought: tuple[Sought, ...] = ()
    permits: tuple[Permit, ...] = ()
    suggestions: tuple[str, ...] = ()


def list_reports(
    connection: Connection,
    caller: Caller,
    now: datetime,
    zone: ZoneInfo,
    *,
    words: str = "",
    after: tuple[datetime, str] | None = None,
) -> Asked[Listing]:
    """What the caller may read now, or what of it holds these words: the policy as the condition of one query."""
    person = caller.person or ""
    case = facts.load(connection, person=person, investor=caller.investor, report=None, zone=zone, now=now)
    eligible = lists.eligible(case, now)
    admitted = eligible.open_admission if eligible else None
    sought = searching.sought(words)
    rows = _rows(connection, person, case, admitted, sought if words else None, after, now)
    out, readable = released.counts(connection, admitted, now)
    visit = history.last_visit(connection, person, case.investor, caller.session)
    profile = admitted.profile if admitted else ""
    listed = tuple(lists.listed(row, case, profile, now, visit) for row in rows[:PAGE])
    is_start = admitted is not None and after is None and not words
    opened_last = _opened_last(connection, person, case, now) if is_start else None
    newest = search.newest(connection, admitted, _SUGGESTED, now) if after is None else []
    given = [row for row, each in zip(rows, listed, strict=False) if words and row.in_text and each.outcome is Outcome.PERMIT]
    event = caller.event(
        Kind.REPORTS_LISTED,
        now,
        investor=case.investor or caller.investor,
        action=Action.READ,
        policy=case.facts.policy.digest if case.facts.policy else None,
        data={
            "facts": case.used,
            "shown": lists.shown(listed),
            "hidden": out - readable,
            "suggested": [row.report_id for row in newest],
            **({"passages": [row.report_id for row in given]} if words else {}),
            **({"opened_last": lists.shown((opened_last,))} if opened_last else {}),
        },
        private={"words": words},
    )
    listing = Listing(
        reports=listed,
        bookmarked=bookmarks.among(connection, person, case.investor or "", [each.report for each in listed], now),
        hidden=out - readable,
        following=_following(rows, words),
        reasons=eligible.reasons if eligible else (Reason.POLICY_ERROR if case.facts.investor else Reason.INVESTOR_UNKNOWN,),
        warnings=eligible.warnings if eligible else (),
        case=case,
        may_choose=len(mandates_of(connection, now, person=person)) > 1,
        shut_since=history.shut_since(connection, case.investor, now) if admitted is None else {},
        last_visit=visit,
        opened_last=opened_last,
        sought=sought,
        permits=tuple(_permit(person, case, row, event.code, now) for row in given),
        suggestions=search.suggestions(newest),
    )
    return Asked(listing, (event,))


def _rows(
    connection: Connection,
    person: str,
    case: Case,
    admitted: Admission | None,
    sought: Sequence[Sought] | None,
    after: tuple[datetime, str] | None,
    now: datetime,
) -> list[Any]:
    """One row more than a page has, of everything or of what was sought."""
    investor = case.investor or ""
    if sought is None:
        wanted = Wanted(limit=PAGE + 1, after=after)
        return library.readable(connection, admitted, wanted, person=person, investor=investor, now=now)
    serving = lists.serving(case, admitted.profile if admitted else "", now)
    hunt = Hunt(sought=sought, limit=PAGE + 1, serving=serving, after=search.place(after))
    return search.find(connection, admitted, hunt, person=person, investor=investor, now=now)


def _following(rows: Sequence[Any], words: str) -> tuple[datetime, str] | None:
    """After what the next page begins. A page of what was found begins after a place, which says by what it was found too."""
    if len(rows) <= PAGE:
        return None
    last = rows[PAGE - 1]
    return last.released_at, f"{last.tier}{last.report_id}" if words else last.report_id


def _permit(person: str, case: Case, row: Any, code: str, now: datetime) -> Permit:
    """For the passages of a report that this reader may open now."""
    return Permit(
        person=person,
        investor=case.investor or "",
        report=row.report_id,
        version=row.version,
        action=Action.READ,
        code=code,
        at=now,
    )


def _opened_last(connection: Connection, person: str, case: Case, now: datetime) -> Listed | None:
    """The report opened last for this investor, of those that may still be read."""
    opened = history.opened_lately(connection, person, case.investor, now - _LATELY, _LOOKED_THROUGH)
    found = lists.readable(connection, person, case, Wanted(limit=len(opened), among=opened), now)
    readable = {each.report: each for each in found}
    return next((readable[report] for report in opened if report in readable), None)


def _instead(connection: Connection, person: str, case: Case, now: datetime) -> tuple[Listed, ...]:
    """The newest reports that a refused reader may open."""
    return lists.readable(connection, person, case, Wanted(limit=_INSTEAD), now)


@dataclass(frozen=True, slots=True)
class Review:
    """A report as staff see it who must approve it, and the permit for its content; likewise of the version beside it."""

    version: Any
    permit: Permit
    code: str
    other: Any = None
    beside: Permit | None = None


def review_report(
    connection: Connection,
    caller: Caller,
    report: str,
    now: datetime,
    *,
    number: int | None = None,
    against: int | None = None,
    page: int | None = None,
) -> Asked[Review]:
    """Give staff the content that they must read to grade or approve it: of the version at work, or of one by its number.

    ``against`` is an earlier version beside which it is held, ``page`` the one page that is shown as it was printed.
    """
    require(connection, caller.person, caller.session, Permission.REVIEW_REPORTS, now)
    version = library.one_for_staff(connection, report, now, number)
    other = library.one_for_staff(connection, report, now, against) if against is not None else None
    if version is None or (against is not None and other is None):
        raise NotFound(N_("There is no such report."))
    data = {
        "version": version.version,
        **({"against": other.version} if other else {}),
        **({} if page is None else {"page": page}),
    }
    event = caller.event(Kind.REPORT_REVIEWED, now, report=report, action=Action.READ, data=data)
    person, action = caller.person or "", Action.READ
    permit = Permit(person=person, investor="", report=report, version=version.version, action=action, code=event.code, at=now)
    beside = replace(permit, version=other.version) if other else None
    return Asked(Review(version, permit, event.code, other, beside), (event,))
