"""Asking for reports: opening one, listing what may be read, deciding for somebody else, reviewing as staff.

Nothing here changes anything; each answer comes with the entry that must be durable before it is given. The only place that
makes a ``Permit``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.decisions import decided
from gatekeeper.ledger.record import Asked
from gatekeeper.rules import consent
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import (
    UNDISCLOSED,
    Admission,
    Decision,
    Eligibility,
    Outcome,
    Permit,
    Reason,
    decide,
    eligibility,
)
from gatekeeper.store.accounts.sessions import require
from gatekeeper.store.clients.investors import mandates_of
from gatekeeper.store.proof import as_of as earlier
from gatekeeper.store.publishing import library, released
from gatekeeper.store.publishing.library import Wanted
from gatekeeper.store.reading import access as facts
from gatekeeper.store.reading import bookmarks, history
from gatekeeper.store.reading.access import Case

PAGE = 20
_INSTEAD = 5
_LATELY = timedelta(days=90)
_LOOKED_THROUGH = 50
_PERMITTED = {
    Action.READ: Kind.REPORT_OPENED,
    Action.BOOKMARK: Kind.REPORT_BOOKMARKED,
    Action.RECEIVE: Kind.REPORT_RECEIVED,
    Action.USE: Kind.REPORT_COPIED,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision on one report, the case it was made on, the entry's code, and a permit where there is one.

    ``instead`` is what a refused reader may open now; it stands in the entry, as everything that is shown does. ``is_kept`` says
    that the reader has bookmarked what they open.
    """

    decision: Decision
    case: Case
    code: str
    permit: Permit | None
    instead: "tuple[Listed, ...]" = ()
    is_kept: bool = False


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
    more = {"shown": _shown(instead)} if instead else None
    event = decided(caller, kind, case, decision, now, asked_for=report, more=more)
    permit, is_kept = None, False
    if decision.outcome is Outcome.PERMIT and case.investor and case.report and case.version:
        is_kept = bookmarks.is_kept(connection, person, case.investor, case.report, now)
        permit = Permit(
            person=person,
            investor=case.investor,
            report=case.report,
            version=case.version,
            action=action,
            code=event.code,
            at=now,
        )
    return Asked(Answer(decision, case, event.code, permit, instead, is_kept), (event,))


def _is_told(decision: Decision) -> bool:
    """Whether this is a refusal that gives its reasons; the others say only that there is no such report."""
    return decision.outcome is Outcome.DENY and UNDISCLOSED.isdisjoint(decision.reasons)


@dataclass(frozen=True, slots=True)
class Listed:
    """One report on a list, with what reading it takes.

    ``is_new`` says that it has come out since the reader's last visit and that they have not met it yet: a report whose statement
    they have accepted is no news. ``moment`` is what the list is ordered by.
    """

    report: str
    title: str
    subtitle: str
    issuer: str
    kind: str
    rating: str
    grade: Any
    released_at: datetime
    moment: datetime
    outcome: Outcome
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of what the caller may read, how many reports are hidden, and after what the next page begins.

    ``reasons`` is what keeps everything from the caller, ``shut_since`` since when, where that is on file. ``may_choose`` says
    that the caller acts for several investors. ``opened_last`` is the report opened last that may still be read.
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


def list_reports(
    connection: Connection,
    caller: Caller,
    now: datetime,
    zone: ZoneInfo,
    *,
    words: str = "",
    after: tuple[datetime, str] | None = None,
    bookmarked: bool = False,
) -> Asked[Listing]:
    """What the caller may read now, or only what they keep of it: the policy as the condition of one query."""
    person = caller.person or ""
    case = facts.load(connection, person=person, investor=caller.investor, report=None, zone=zone, now=now)
    found = case.facts
    eligible = _eligible(case, now)
    admitted = eligible.open_admission if eligible else None
    wanted = Wanted(limit=PAGE + 1, words=words, after=after, bookmarked=bookmarked)
    rows = library.readable(connection, admitted, wanted, person=person, investor=case.investor or "", now=now)
    hidden = _hidden(connection, admitted, person, case, now, bookmarked=bookmarked)
    visit = history.last_visit(connection, person, case.investor, caller.session)
    listed = tuple(_listed(row, case, admitted.profile if admitted else "", now, visit) for row in rows[:PAGE])
    is_start = admitted is not None and after is None and not words and not bookmarked
    opened_last = _opened_last(connection, person, case, now) if is_start else None
    event = caller.event(
        Kind.REPORTS_LISTED,
        now,
        investor=case.investor or caller.investor,
        action=Action.READ,
        policy=found.policy.digest if found.policy else None,
        data={
            "facts": case.used,
            "shown": _shown(listed),
            "hidden": hidden,
            **({"bookmarked": True} if bookmarked else {}),
            **({"opened_last": _shown((opened_last,))} if opened_last else {}),
        },
        private={"words": words},
    )
    listing = Listing(
        reports=listed,
        bookmarked=bookmarks.among(connection, person, case.investor or "", [each.report for each in listed], now),
        hidden=hidden,
        following=(listed[-1].moment, listed[-1].report) if len(rows) > PAGE else None,
        reasons=eligible.reasons if eligible else (Reason.POLICY_ERROR if found.investor else Reason.INVESTOR_UNKNOWN,),
        warnings=eligible.warnings if eligible else (),
        case=case,
        may_choose=len(mandates_of(connection, now, person=person)) > 1,
        shut_since=history.shut_since(connection, case.investor, now) if admitted is None else {},
        last_visit=visit,
        opened_last=opened_last,
    )
    return Asked(listing, (event,))


def _hidden(
    connection: Connection, admitted: Admission | None, person: str, case: Case, now: datetime, *, bookmarked: bool
) -> int:
    """How many reports are not on the list because of what they are or who asks. Search and pages have no part in it."""
    if bookmarked:
        investor = case.investor or ""
        kept = bookmarks.count(connection, person, investor, now)
        return kept - library.count_bookmarked(connection, admitted, person, investor, now)
    out, shown = released.counts(connection, admitted, now)
    return out - shown


def _opened_last(connection: Connection, person: str, case: Case, now: datetime) -> Listed | None:
    """The report opened last for this investor, of those that may still be read."""
    opened = history.opened_lately(connection, person, case.investor, now - _LATELY, _LOOKED_THROUGH)
    readable = {each.report: each for each in _readable(connection, person, case, Wanted(limit=len(opened), among=opened), now)}
    return next((readable[report] for report in opened if report in readable), None)


def _eligible(case: Case, now: datetime) -> Eligibility | None:
    """The investor's side of every decision; None where there is no investor, policy or statement to decide on."""
    found = case.facts
    return eligibility(found.investor, found.policy, now) if found.investor and found.policy and found.statement_id else None


def _instead(connection: Connection, person: str, case: Case, now: datetime) -> tuple[Listed, ...]:
    """The newest reports that a refused reader may open."""
    return _readable(connection, person, case, Wanted(limit=_INSTEAD), now)


def _readable(connection: Connection, person: str, case: Case, wanted: Wanted, now: datetime) -> tuple[Listed, ...]:
    """What this person may read for the investor of a case."""
    eligible = _eligible(case, now)
    admitted = eligible.open_admission if eligible else None
    if admitted is None or not wanted.limit:
        return ()
    rows = library.readable(connection, admitted, wanted, person=person, investor=case.investor or "", now=now)
    return tuple(_listed(row, case, admitted.profile, now) for row in rows)


def _shown(listed: tuple[Listed, ...]) -> list[list[str]]:
    return [[each.report, each.outcome.value] for each in listed]


def _listed(row: Any, case: Case, profile: str, now: datetime, visit: datetime | None = None) -> Listed:
    found = case.facts
    accepted = row.acceptance and consent.Acceptance(row.acceptance, row.accepted_at, row.accepted_statement, row.profile)
    policy, statement_id = found.policy, found.statement_id
    good = (
        accepted is not None
        and policy is not None
        and statement_id is not None
        and consent.is_good(accepted, statement_id=statement_id, profile=profile, policy=policy, now=now, zone=found.zone)
    )
    needed = policy is None or Action.READ in policy.acknowledged_actions
    return Listed(
        report=row.report_id,
        title=row.title,
        subtitle=row.subtitle,
        issuer=row.issuer,
        kind=row.kind,
        rating=row.rating,
        grade=row.grade,
        released_at=row.released_at,
        moment=row.moment,
        outcome=Outcome.ACKNOWLEDGE if needed and not good else Outcome.PERMIT,
        is_new=visit is not None and row.released_at > visit and not good,
    )


def ask_for(  # noqa: PLR0913  (whose, which, how and when: a question in full)
    connection: Connection,
    caller: Caller,
    person: str,
    investor: str | None,
    report: str,
    now: datetime,
    zone: ZoneInfo,
    *,
    action: Action = Action.READ,
    initiative: Initiative = Initiative.PULL,
    as_of: datetime | None = None,
) -> Asked[Answer]:
    """Decide for another person, as the command line and other systems ask. No permit comes of it."""
    case = facts.load(
        connection,
        person=person,
        investor=investor,
        report=report,
        action=action,
        initiative=initiative,
        zone=zone,
        now=as_of or now,
    )
    if as_of:  # what was accepted later must not stand before what had been accepted by then
        case = earlier.accepted_by(connection, case, person, as_of)
    decision = decide(case.facts, as_of or now)
    event = decided(
        caller,
        Kind.DECISION_ASKED,
        case,
        decision,
        now,
        asked_for=report,
        person=person,
        investor=investor,
        more={"as_of": as_of.isoformat() if as_of else None},
    )
    return Asked(Answer(decision, case, event.code, None), (event,))


@dataclass(frozen=True, slots=True)
class Review:
    """A report as staff see it who must approve it, and the permit for its content; likewise of the version beside it."""

    version: Any
    permit: Permit
    code: str
    other: Any = None
    beside: Permit | None = None


def review_report(
    connection: Connection, caller: Caller, report: str, now: datetime, *, number: int | None = None, against: int | None = None
) -> Asked[Review]:
    """Give staff the content that they must read to grade or approve it: of the version at work, or of one by its number.

    ``against`` is an earlier version beside which it is held.
    """
    require(connection, caller.person, caller.session, Permission.REVIEW_REPORTS, now)
    version = library.one_for_staff(connection, report, now, number)
    other = library.one_for_staff(connection, report, now, against) if against is not None else None
    if version is None or (against is not None and other is None):
        raise NotFound(N_("There is no such report."))
    data = {"version": version.version, **({"against": other.version} if other else {})}
    event = caller.event(Kind.REPORT_REVIEWED, now, report=report, action=Action.READ, data=data)
    person, action = caller.person or "", Action.READ
    permit = Permit(person=person, investor="", report=report, version=version.version, action=action, code=event.code, at=now)
    beside = replace(permit, version=other.version) if other else None
    return Asked(Review(version, permit, event.code, other, beside), (event,))
