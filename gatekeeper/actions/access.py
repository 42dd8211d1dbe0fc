"""Asking for reports: opening one, listing what may be read, deciding for somebody else, reviewing as staff.

Nothing here changes anything; each answer comes with the entry that must be durable before it is given. The only place that
makes a ``Permit``.
"""

from dataclasses import dataclass
from datetime import datetime
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
from gatekeeper.rules.suitability import UNDISCLOSED, Decision, Eligibility, Outcome, Permit, Reason, decide, eligibility
from gatekeeper.store import access as facts
from gatekeeper.store import library
from gatekeeper.store.access import Case
from gatekeeper.store.investors import mandates_of
from gatekeeper.store.sessions import require

PAGE = 20
_INSTEAD = 5
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
    more = {"shown": _shown(instead)} if instead else None
    event = decided(caller, kind, case, decision, now, asked_for=report, more=more)
    permit = None
    if decision.outcome is Outcome.PERMIT and case.investor and case.report and case.version:
        permit = Permit(
            person=person,
            investor=case.investor,
            report=case.report,
            version=case.version,
            action=action,
            code=event.code,
            at=now,
        )
    return Asked(Answer(decision, case, event.code, permit, instead), (event,))


def _is_told(decision: Decision) -> bool:
    """Whether this is a refusal that gives its reasons; the others say only that there is no such report."""
    return decision.outcome is Outcome.DENY and UNDISCLOSED.isdisjoint(decision.reasons)


@dataclass(frozen=True, slots=True)
class Listed:
    """One report on a list, with what reading it takes."""

    report: str
    title: str
    subtitle: str
    issuer: str
    kind: str
    rating: str
    grade: Any
    released_at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of what the caller may read, how many reports are hidden, and after what the next page begins.

    ``reasons`` is what keeps everything from the caller. ``may_choose`` says that the caller acts for several investors.
    """

    reports: tuple[Listed, ...]
    hidden: int
    following: tuple[datetime, str] | None
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    case: Case
    may_choose: bool


def list_reports(
    connection: Connection,
    caller: Caller,
    now: datetime,
    zone: ZoneInfo,
    *,
    words: str = "",
    after: tuple[datetime, str] | None = None,
) -> Asked[Listing]:
    """What the caller may read now, newest first: the policy as the condition of one query."""
    person = caller.person or ""
    case = facts.load(connection, person=person, investor=caller.investor, report=None, zone=zone, now=now)
    found = case.facts
    eligible = _eligible(case, now)
    admitted = eligible.open_admission if eligible else None
    rows = library.readable(
        connection,
        admitted,
        person=person,
        investor=case.investor or "",
        words=words,
        after=after,
        limit=PAGE + 1,
        now=now,
    )
    out, shown = library.counts(connection, admitted, now)
    listed = tuple(_listed(row, case, admitted.profile if admitted else "", now) for row in rows[:PAGE])
    event = caller.event(
        Kind.REPORTS_LISTED,
        now,
        investor=case.investor or caller.investor,
        action=Action.READ,
        policy=found.policy.digest if found.policy else None,
        data={
            "facts": case.used,
            "shown": _shown(listed),
            "hidden": out - shown,
        },
        private={"words": words},
    )
    listing = Listing(
        reports=listed,
        hidden=out - shown,
        following=(listed[-1].released_at, listed[-1].report) if len(rows) > PAGE else None,
        reasons=eligible.reasons if eligible else (Reason.POLICY_ERROR if found.investor else Reason.INVESTOR_UNKNOWN,),
        warnings=eligible.warnings if eligible else (),
        case=case,
        may_choose=len(mandates_of(connection, now, person=person)) > 1,
    )
    return Asked(listing, (event,))


def _eligible(case: Case, now: datetime) -> Eligibility | None:
    """The investor's side of every decision; None where there is no investor, policy or statement to decide on."""
    found = case.facts
    return eligibility(found.investor, found.policy, now) if found.investor and found.policy and found.statement_id else None


def _instead(connection: Connection, person: str, case: Case, now: datetime) -> tuple[Listed, ...]:
    """The newest reports that a refused reader may open."""
    eligible = _eligible(case, now)
    admitted = eligible.open_admission if eligible else None
    if admitted is None:
        return ()
    rows = library.readable(
        connection, admitted, person=person, investor=case.investor or "", words="", after=None, limit=_INSTEAD, now=now
    )
    return tuple(_listed(row, case, admitted.profile, now) for row in rows)


def _shown(listed: tuple[Listed, ...]) -> list[list[str]]:
    return [[each.report, each.outcome.value] for each in listed]


def _listed(row: Any, case: Case, profile: str, now: datetime) -> Listed:
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
        outcome=Outcome.ACKNOWLEDGE if needed and not good else Outcome.PERMIT,
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
    """A report as staff see it who must approve it, and the permit for its content."""

    version: Any
    permit: Permit
    code: str


def review_report(connection: Connection, caller: Caller, report: str, now: datetime) -> Asked[Review]:
    """Give staff the content that they must read to grade or approve it."""
    require(connection, caller.person, caller.session, Permission.REVIEW_REPORTS, now)
    version = library.one_for_staff(connection, report, now)
    if version is None:
        raise NotFound(N_("There is no such report."))
    event = caller.event(Kind.REPORT_REVIEWED, now, report=report, action=Action.READ, data={"version": version.version})
    permit = Permit(
        person=caller.person or "",
        investor="",
        report=report,
        version=version.version,
        action=Action.READ,
        code=event.code,
        at=now,
    )
    return Asked(Review(version, permit, event.code), (event,))
