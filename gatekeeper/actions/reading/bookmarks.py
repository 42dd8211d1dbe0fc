"""Keeping a report at hand, and no longer keeping it. What is kept is decided again whenever it is listed or opened."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.decisions import decided
from gatekeeper.ledger.record import append
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Decision, Outcome, decide
from gatekeeper.store.accounts.sessions import require
from gatekeeper.store.reading import access as facts
from gatekeeper.store.reading import bookmarks
from gatekeeper.store.reading.access import Case

_KINDS = {Outcome.PERMIT: Kind.REPORT_BOOKMARKED, Outcome.ACKNOWLEDGE: Kind.REPORT_WITHHELD, Outcome.DENY: Kind.REPORT_REFUSED}


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
    if is_permitted and bookmarks.is_kept(connection, person, case.investor or "", case.report or "", now):
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
