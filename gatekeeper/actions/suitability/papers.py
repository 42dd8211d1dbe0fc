"""Assessments on paper: typed by staff beside the scan, scored by the version that was in force when the paper was signed.

1. The signed letter is the acknowledgement. Validity runs from the signing date, by the policy in force now.
2. What lowers acts at once; whatever raises is proposed, and another person approves it beside the scan.
3. A paper signed before the newest assessment on file is kept and changes nothing.
4. Never typed by the investor's contact at the firm, nor by whoever acts for the investor (Measures, Art. 29).
5. Limits of retaking are for the client's own assessments; papers don't count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.files.made import letter
from gatekeeper.files.made.letter import Letter
from gatekeeper.ledger.acts import assessing, evidence_files, paper_queue
from gatekeeper.ledger.acts.assessing import Outcome
from gatekeeper.ledger.acts.notify import put_in_force
from gatekeeper.ledger.acts.propose import propose
from gatekeeper.ledger.acts.second_person import refuse_concerned, refuse_contact
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.assessing.questionnaire import Questionnaire
from gatekeeper.rules.changes import ObjectivesChange
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound, Unavailable
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import Policy, valid_before
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.base import new_id
from gatekeeper.store.clients import investors as files
from gatekeeper.store.clients.evidence_files import Described
from gatekeeper.store.reading import access
from gatekeeper.store.suitability import assessments as store
from gatekeeper.store.suitability import papers, questionnaires
from gatekeeper.store.suitability.assessments import State

_INSTANT = timedelta(microseconds=1)
_NO_PAPER = N_("The policy in force does not say how old a signed paper may be ([paper] signed_days), so none can be taken.")
_AHEAD = N_("The signing date lies in the future.")
_OLD = N_("The paper was signed more than %(days)s days ago, and the policy takes none so old. Please have a new one signed.")
_LAPSED = N_("A result of that day would no longer be valid. Please have a new one signed.")
_NONE_THEN = N_("No questionnaire for this kind of investor was in force on that day.")
_TWICE = N_("This paper has been typed already: the same answers of the same day are on file.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is to be typed: whose paper it is, what the questionnaire of its day asks, and its scan; None where there is none."""

    investor: Any
    questionnaire: Questionnaire
    signed_on: date
    scan: Any
    newer: date | None


def choose(connection: Connection, caller: Caller, number: str, signed_on: date | None, now: datetime, zone: ZoneInfo) -> str:
    """The investor who has this client number, if a paper of that day can be typed for it; every fault is told at once."""
    sessions.require(connection, caller.person, caller.session, Permission.ENTER_ASSESSMENTS, now)
    investor = files.investor_by_number(connection, number.strip()) if number.strip().isprintable() else None
    faults = []
    if not number.strip():
        faults.append(Fault(N_("Please fill in this field."), field="number"))
    elif investor is None:
        faults.append(Fault(N_("There is no investor with this client number."), field="number"))
    faults += _faults_of_day(signed_on, _policy(connection, now), now, zone)
    if faults or investor is None or signed_on is None:
        raise Invalid(*faults)
    _refuse(connection, caller, investor.id, now)
    _questionnaire(connection, investor, signed_on, now, zone)
    return str(investor.id)


def sheet(
    connection: Connection, caller: Caller, investor_id: str, signed_on: date | None, scan: str, now: datetime, zone: ZoneInfo
) -> Asked[Sheet]:
    """The questions beside the scan; who looked is recorded."""
    investor = _investor(connection, caller, investor_id, now)
    if signed_on is None or (faults := _faults_of_day(signed_on, _policy(connection, now), now, zone)):
        raise Invalid(*(faults if signed_on is not None else [Fault(N_("Please fill in this field."), field="signed_on")]))
    newest = store.newest_day(connection, investor.id, zone)
    found = Sheet(
        investor=investor,
        questionnaire=_questionnaire(connection, investor, signed_on, now, zone)[1],
        signed_on=signed_on,
        scan=_scan(connection, scan),
        newer=newest if newest is not None and newest > signed_on else None,
    )
    event = caller.event(Kind.PAPER_VIEWED, now, person=None, investor=investor.id, data={"scan": scan or None})
    return Asked(found, (event,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What somebody typed from a paper. ``scan`` names one that waits; empty where there is none."""

    investor: str
    signed_on: date
    answers: Mapping[str, Sequence[str]]
    scan: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What became of a paper: how far it has come, what it came to, and the proposal that waits."""

    assessment: str
    investor: Any
    state: State
    outcome: Outcome
    lowered: bool
    proposal: str | None


def enter(connection: Connection, caller: Caller, typed: Typed, now: datetime, zone: ZoneInfo, tag: str) -> Entered:
    """Take what was typed from a paper: it is scored, what lowers acts, what raises is proposed."""
    investor = _investor(connection, caller, typed.investor, now)
    files.lock_investor(connection, investor.id)
    questionnaire_id, outcome = _outcome(connection, investor, typed, now, zone)
    newest = store.newest_day(connection, investor.id, zone)
    superseded = newest is not None and newest > typed.signed_on
    scan, id_ = _scan(connection, typed.scan), new_id()
    file = evidence_files.keep(connection, caller, investor.id, _described(scan), now) if scan is not None else None
    lowered = [] if superseded else outcome.lowered
    is_mixed = any(not isinstance(each, ObjectivesChange) for each in lowered)
    letters = letter.in_each_language(_letter(outcome))
    data = {
        **assessing.data_of(id_, outcome, letters, lowered),
        "channel": "paper",
        "staff_assisted": True,
        "signed_on": typed.signed_on.isoformat(),
        "file": file,
        "scan": scan.id if scan is not None else None,
        "superseded": superseded,
    }
    members = {"person": None, "investor": investor.id, "policy": outcome.policy.digest}
    private = {"answers": assessing.plain(dict(outcome.result.answers))}
    event = caller.event(Kind.ASSESSMENT_ENTERED, now, data=data, private=private, **members)
    entry_id = append(connection, event)
    whose = {"investor_id": investor.id, "person_id": caller.person, "questionnaire_id": questionnaire_id}
    store.put(connection, id=id_, **whose, begun_at=_signed_at(typed.signed_on, now, zone), entry_id=entry_id)
    put_in_force(connection, lowered, entry_id, now)
    assessing.keep(connection, id_, outcome, letters, entry_id, now)
    proposal = None if superseded else _propose(connection, caller, investor.id, outcome, (event.code, tag), now)
    _acknowledge(connection, caller, (id_, letters[tag], proposal), entry_id, now)
    paper = {"signed_on": typed.signed_on, "file_id": file, "lowered": is_mixed, "superseded": superseded}
    papers.put(connection, assessment_id=id_, typed_by=caller.person, entry_id=entry_id, **paper)
    if scan is not None:
        paper_queue.end(connection, caller, scan.id, entry_id, now)
    state = State.KEPT if superseded else State.WAITING if proposal else State.DONE
    return Entered(assessment=id_, investor=investor, state=state, outcome=outcome, lowered=is_mixed, proposal=proposal)


def _outcome(connection: Connection, investor: Any, typed: Typed, now: datetime, zone: ZoneInfo) -> tuple[int, Outcome]:
    """What the answers come to, with the id of the version that asked them."""
    policy, day = _policy(connection, now), typed.signed_on
    if faults := _faults_of_day(day, policy, now, zone):
        raise Invalid(*faults)
    questionnaire_id, questionnaire = _questionnaire(connection, investor, day, now, zone)
    outcome = assessing.outcome(connection, investor.id, questionnaire, typed.answers, policy, day, now, zone)
    if outcome.before <= now:
        raise Invalid(Fault(_LAPSED, field="signed_on"))
    if store.has_paper(connection, investor.id, day, assessing.plain(dict(outcome.result.answers))):
        raise Conflict(_TWICE)
    return questionnaire_id, outcome


def _letter(outcome: Outcome) -> Letter:
    found = outcome
    return Letter(found.questionnaire, found.result, found.policy, found.day, found.last_day, found.holds, on_paper=True)


def _propose(
    connection: Connection, caller: Caller, investor: str, outcome: Outcome, said: tuple[str, str], now: datetime
) -> str | None:
    """Whatever raises waits for another person."""
    code, tag = said
    wanted = assessing.with_class(connection, investor, outcome.wanted, now)
    raised = [higher for _, higher in assessing.parts(connection, wanted, now) if higher is not None]
    if not raised:
        return None
    reason = letter.paper_reason(outcome.day, outcome.holds, tag)
    return propose(connection, caller, "classification", raised, {"investor": investor}, reason, code, now).id


def _acknowledge(connection: Connection, caller: Caller, what: tuple[str, str, str | None], entry_id: int, now: datetime) -> None:
    """The signature on the paper is the acknowledgement."""
    assessment, text, proposal = what
    store.put_acknowledgement(
        connection,
        assessment_id=assessment,
        person_id=caller.person,
        words_sha256=assessing.digest(text),
        proposal_id=proposal,
        acknowledged_at=now,
        entry_id=entry_id,
    )


def _investor(connection: Connection, caller: Caller, id_: str, now: datetime) -> Any:
    """The investor, if the caller may type its papers."""
    sessions.require(connection, caller.person, caller.session, Permission.ENTER_ASSESSMENTS, now)
    found = files.investor(connection, id_)
    if found is None:
        raise NotFound(N_("There is no such investor."))
    _refuse(connection, caller, id_, now)
    return found


def _refuse(connection: Connection, caller: Caller, investor: str, now: datetime) -> None:
    refuse_concerned(connection, caller, investor, (), now)
    refuse_contact(connection, caller, investor, now)


def _policy(connection: Connection, now: datetime) -> Policy:
    found = access.current_policy(connection, now)
    if found is None:
        raise Unavailable(N_("No policy is in force."))
    if found[1].paper_days is None:
        raise Conflict(_NO_PAPER)
    return found[1]


def _faults_of_day(day: date | None, policy: Policy, now: datetime, zone: ZoneInfo) -> list[Fault]:
    today, most = now.astimezone(zone).date(), policy.paper_days or 0
    if day is None:
        return [Fault(N_("Please fill in this field."), field="signed_on")]
    if day > today:
        return [Fault(_AHEAD, field="signed_on")]
    return [Fault(_OLD, field="signed_on", days=most)] if (today - day).days > most else []


def _questionnaire(connection: Connection, investor: Any, day: date, now: datetime, zone: ZoneInfo) -> tuple[int, Questionnaire]:
    """The version in force at the end of the day on which the paper was signed, with its row's id."""
    found = questionnaires.questionnaire_for(connection, investor.kind, _signed_at(day, now, zone))
    if found is None:
        raise Invalid(Fault(_NONE_THEN, field="signed_on"))
    return found


def _signed_at(day: date, now: datetime, zone: ZoneInfo) -> datetime:
    """The last instant of a signing date, and never one ahead."""
    return min(now, valid_before(day, zone) - _INSTANT).astimezone(UTC)


def _scan(connection: Connection, id_: str) -> Any:
    """The scan beside which somebody types; None where there is none."""
    if not id_:
        return None
    found = papers.scan(connection, id_)
    if found is None:
        raise Conflict(paper_queue.GONE)
    return found


def _described(scan: Any) -> Described:
    return Described(name=scan.name, media_type=scan.media_type, size=scan.size, pages=scan.pages, sha256=scan.sha256)
