"""Serving the words a reader must accept, and taking the acceptance: two acts, two linked entries."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.decisions import decided
from gatekeeper.ledger.record import append
from gatekeeper.rules import consent
from gatekeeper.rules.consent import Asking, Words
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.risk import Action
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Decision, Outcome, decide, eligibility
from gatekeeper.store.accounts.sessions import require
from gatekeeper.store.base import new_id
from gatekeeper.store.reading import access as facts
from gatekeeper.store.reading import history
from gatekeeper.store.reading import words as store
from gatekeeper.store.reading.access import Case

_DECLINED = 20
_NO_LONGER = N_("This page is no longer valid. Please open the report again and read the statement.")


@dataclass(frozen=True, slots=True)
class Served:
    """One showing of the words: its id, what stands on the screen, and how it asks."""

    id: str
    words: Words
    asking: Asking
    title: str
    code: str


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of asking for the words or of accepting them. ``served`` only where there is something to accept."""

    decision: Decision
    case: Case
    served: Served | None = None
    code: str = ""


def serve(connection: Connection, caller: Caller, report: str, language: str, now: datetime, zone: ZoneInfo) -> Outcomes:
    """Show the words that are due for this report in this language, and record that they were shown."""
    require(connection, caller.person, caller.session, Permission.READ_AS_CLIENT, now)
    case, decision = _decide(connection, caller, report, now, zone)
    if decision.outcome is Outcome.DENY:
        return _refused(connection, caller, report, case, decision, now)
    if decision.outcome is Outcome.PERMIT:
        return Outcomes(decision, case)
    words = _words_due(connection, case, language, now)
    asking = _asking(connection, caller, case, words.sha256, now)
    serving = new_id()
    event = caller.event(
        Kind.STATEMENT_SERVED,
        now,
        investor=case.investor,
        report=case.report,
        action=Action.READ,
        policy=decision.policy,
        data={
            "serving": serving,
            "facts": case.used,
            "words": words.sha256,
            "language": words.language,
            "asking": asking.value,
        },
    )
    entry_id = append(connection, event)
    store.keep_words(connection, words.sha256, words.language, words.text)
    store.put_serving(
        connection,
        id=serving,
        session_id=caller.session,
        person_id=caller.person,
        investor_id=case.investor,
        version_id=case.version,
        statement_id=case.facts.statement_id,
        words_sha256=words.sha256,
        asking=asking.value,
        served_at=now,
        entry_id=entry_id,
    )
    return Outcomes(decision, case, Served(serving, words, asking, case.title or "", event.code), event.code)


def acknowledge(
    connection: Connection,
    caller: Caller,
    report: str,
    serving: str,
    now: datetime,
    zone: ZoneInfo,
    *,
    end_reached: bool,
    ticked: bool,
    scripted: bool = True,
) -> Outcomes:
    """Take the acceptance of one showing. The same showing accepted again is one acceptance.

    Where no script ran (``scripted`` false) the words stood in full length and nobody could see the end being reached: the entry
    says so.
    """
    require(connection, caller.person, caller.session, Permission.READ_AS_CLIENT, now)
    row = _own_serving(connection, caller, report, serving)
    case, decision = _decide(connection, caller, report, now, zone)
    if decision.outcome is Outcome.DENY:
        return _refused(connection, caller, report, case, decision, now)
    if store.acceptance_of(connection, serving) is not None:
        return Outcomes(decision, case)
    _refuse_stale(row, case)
    if row.asking == Asking.FULL.value:
        _refuse_half(end_reached=end_reached, ticked=ticked)
    elif _asking(connection, caller, case, row.words_sha256, now) is Asking.FULL:  # what the one button leaned on is over
        raise Conflict(_NO_LONGER)
    said = {"end_reached": end_reached, "scripted": scripted}
    return Outcomes(decision, case, code=_accept(connection, caller, case, row, said, now))


def _accept(connection: Connection, caller: Caller, case: Case, row: Any, said: dict[str, bool], now: datetime) -> str:
    """Write the acceptance of a showing, entry first; return the entry's code."""
    policy, admitted = _admitted(case, now)
    shown = {"serving": row.id, "words": row.words_sha256, "asking": row.asking, "served_entry": row.entry_id}
    event = caller.event(
        Kind.STATEMENT_ACCEPTED,
        now,
        investor=case.investor,
        report=case.report,
        action=Action.READ,
        policy=policy.digest,
        data={**shown, **said, "facts": case.used},
    )
    entry_id = append(connection, event)
    store.put_acceptance(
        connection,
        serving_id=row.id,
        person_id=caller.person,
        investor_id=case.investor,
        version_id=case.version,
        statement_id=row.statement_id,
        words_sha256=row.words_sha256,
        profile=admitted,
        end_reached=said["end_reached"],
        accepted_at=now,
        entry_id=entry_id,
    )
    return event.code


def decline(connection: Connection, caller: Caller, report: str, serving: str, now: datetime) -> str:
    """Record that the reader did not accept; return the entry's code. The same showing declined again is one entry."""
    require(connection, caller.person, caller.session, Permission.READ_AS_CLIENT, now)
    row = _own_serving(connection, caller, report, serving)
    if store.acceptance_of(connection, serving) is not None:
        raise Conflict(N_("You have accepted this statement already, so the report stays open to you."))
    if code := _declined(connection, row):
        return code
    event = caller.event(
        Kind.STATEMENT_DECLINED,
        now,
        report=report,
        action=Action.READ,
        data={"serving": serving, "words": row.words_sha256, "served_entry": row.entry_id},
    )
    append(connection, event)
    return event.code


def _own_serving(connection: Connection, caller: Caller, report: str, serving: str) -> Any:
    """The showing, if it was this session's, for this person, investor and report."""
    row = store.serving(connection, serving, for_update=True)
    if row is None or (row.person_id, row.investor_id, row.session_id, row.report_id) != (
        caller.person,
        caller.investor,
        caller.session,
        report,
    ):
        raise Conflict(_NO_LONGER)
    return row


def _declined(connection: Connection, row: Any) -> str | None:
    """The code of the entry in which this showing was declined."""
    declined = history.of_person(
        connection, row.person_id, [Kind.STATEMENT_DECLINED.value], _DECLINED, investor=row.investor_id, reports=[row.report_id]
    )
    return next((each.code for each in declined if json.loads(each.leaf)["data"]["serving"] == row.id), None)


def _refuse_stale(row: Any, case: Case) -> None:
    if row.version_id != case.version or row.statement_id != case.facts.statement_id:
        raise Conflict(N_("The words have changed since you opened them. Please read them again."))


def _refuse_half(*, end_reached: bool, ticked: bool) -> None:
    faults = []
    if not end_reached:
        faults.append(Fault(N_("Please read the statement to its end."), field="end_reached"))
    if not ticked:
        faults.append(Fault(N_("Please tick the box to say that you have read and accept the statement."), field="ticked"))
    if faults:
        raise Invalid(*faults)


def _decide(connection: Connection, caller: Caller, report: str, now: datetime, zone: ZoneInfo) -> tuple[Case, Decision]:
    case = facts.load(connection, person=caller.person or "", investor=caller.investor, report=report, zone=zone, now=now)
    return case, decide(case.facts, now)


def _refused(connection: Connection, caller: Caller, report: str, case: Case, decision: Decision, now: datetime) -> Outcomes:
    event = decided(caller, Kind.REPORT_REFUSED, case, decision, now, asked_for=report)
    append(connection, event)
    return Outcomes(decision, case, code=event.code)


def _asking(connection: Connection, caller: Caller, case: Case, words: str, now: datetime) -> Asking:
    """How these words are asked of this reader now, under the class and category that they have now."""
    policy, admitted = _admitted(case, now)
    earlier = store.accepted_before(connection, caller.person or "", case.investor or "", words, admitted)
    met = earlier is not None and consent.is_good(
        consent.Acceptance(earlier.id, earlier.accepted_at, earlier.statement_id, earlier.profile),
        statement_id=earlier.statement_id,
        profile=admitted,
        policy=policy,
        now=now,
        zone=case.facts.zone,
    )
    report = case.facts.report
    if report is None or report.grade is None:  # the decision would have been a refusal
        raise NotFound(N_("There is no such report."))
    return consent.asking(report.grade, policy, words_accepted_before=met)


def _admitted(case: Case, now: datetime) -> tuple[Policy, str]:
    """The policy and the class and category under which this acceptance is asked."""
    found = case.facts
    admitted = eligibility(found.investor, found.policy, now).admission if found.investor and found.policy else None
    if found.policy is None or admitted is None:  # the decision would have been a refusal
        raise NotFound(N_("There is no such report."))
    return found.policy, admitted.profile


def _words_due(connection: Connection, case: Case, language: str, now: datetime) -> Words:
    row = store.statement(connection, now)
    text = row.text_zh if language.startswith("zh") else row.text_en
    return Words(language, text, store.notice(connection, case.version or ""))
