"""What waits for a second person: looking at it, approving, rejecting, withdrawing.

Proposer, approver and the person concerned are three people. A proposal made against a file that has since changed cannot be approved.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.changes import Change, MandateChange, PublicationChange, RoleChange, from_data, split
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission, Role
from gatekeeper.store import investors, library, proposals, sessions
from gatekeeper.store.apply import apply

OPEN_FOR = timedelta(days=30)
APPROVERS = {
    "classification": Permission.APPROVE_CLASSIFICATIONS,
    "publication": Permission.APPROVE_REPORTS,
    "staff": Permission.APPROVE_STAFF,
}
_ENDED = {
    ("classification", "APPROVED"): Kind.CLASSIFICATION_APPROVED,
    ("classification", "REJECTED"): Kind.CLASSIFICATION_REJECTED,
    ("classification", "WITHDRAWN"): Kind.CLASSIFICATION_WITHDRAWN,
    ("publication", "APPROVED"): Kind.PUBLICATION_APPROVED,
    ("publication", "REJECTED"): Kind.PUBLICATION_REJECTED,
    ("publication", "WITHDRAWN"): Kind.PUBLICATION_WITHDRAWN,
    ("staff", "APPROVED"): Kind.STAFF_APPROVED,
    ("staff", "REJECTED"): Kind.STAFF_REJECTED,
    ("staff", "WITHDRAWN"): Kind.STAFF_WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a proposal ended: its state, the entry's code, and whether a staff member's activation link was issued."""

    state: str
    code: str
    link_issued: bool = False


def changes_of(proposal: Any) -> list[Change]:
    """The changes that a proposal holds."""
    return [from_data(each) for each in json.loads(proposal.payload)]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One change beside what it would replace."""

    before: Change | None
    after: Change


def compare(connection: Connection, proposal: Any, now: datetime) -> list[Comparison]:
    """What is on file now beside what is proposed."""
    return [Comparison(investors.current(connection, each, now)[1], each) for each in changes_of(proposal)]


def approve(
    connection: Connection, caller: Caller, id_: str, reason: str, now: datetime, *, link_hash: bytes | None = None
) -> Ended:
    """Let a proposal take effect. ``link_hash`` is that of an activation link for a new staff member."""
    proposal = _waiting(connection, id_)
    sessions.require(connection, caller.person, caller.session, APPROVERS[proposal.kind], now)
    wanted = changes_of(proposal)
    if now - proposal.proposed_at > OPEN_FOR:
        raise Conflict(N_("This proposal is older than 30 days. It must be withdrawn and made again."))
    _refuse_interested(connection, caller, proposal, wanted, now)
    if proposal.investor_id:
        investors.lock_investor(connection, proposal.investor_id)
    _refuse_stale(connection, proposal, wanted, now)
    _refuse_open_findings(connection, wanted, now)
    entry_id, code = _end(connection, caller, proposal, "APPROVED", reason, now)
    for each in wanted:
        apply(connection, each, entry_id, now)
        if isinstance(each, RoleChange):
            sessions.end(connection, now, person=each.person)
    issued = link_hash is not None and _issue_link(connection, caller, wanted, link_hash, now)
    return Ended("APPROVED", code, link_issued=issued)


def reject(connection: Connection, caller: Caller, id_: str, reason: str, now: datetime) -> Ended:
    """Refuse a proposal, with the reason."""
    proposal = _waiting(connection, id_)
    sessions.require(connection, caller.person, caller.session, APPROVERS[proposal.kind], now)
    if not reason.strip():
        raise Invalid(Fault(N_("A rejection needs its reason."), field="reason"))
    _refuse_interested(connection, caller, proposal, changes_of(proposal), now)
    _, code = _end(connection, caller, proposal, "REJECTED", reason, now)
    return Ended("REJECTED", code)


def withdraw(connection: Connection, caller: Caller, id_: str, reason: str, now: datetime) -> Ended:
    """Take back one's own proposal."""
    proposal = _waiting(connection, id_)
    sessions.require(connection, caller.person, caller.session, Permission.SEE_OWN_ACCOUNT, now)
    if proposal.proposed_by != caller.person:
        raise NotPermitted(N_("Only the person who made a proposal can withdraw it."))
    _, code = _end(connection, caller, proposal, "WITHDRAWN", reason, now)
    return Ended("WITHDRAWN", code)


def _waiting(connection: Connection, id_: str) -> Any:
    proposal = proposals.get(connection, id_, for_update=True)
    if proposal is None:
        raise NotFound(N_("There is no such proposal."))
    if proposal.state != "PENDING":
        raise Conflict(_DECIDED[proposal.state])
    return proposal


_DECIDED = {
    "APPROVED": N_("This proposal was approved already."),
    "REJECTED": N_("This proposal was rejected already."),
    "WITHDRAWN": N_("This proposal was withdrawn already."),
}


def _refuse_interested(connection: Connection, caller: Caller, proposal: Any, wanted: list[Change], now: datetime) -> None:
    if proposal.proposed_by == caller.person:
        raise NotPermitted(N_("You made this proposal yourself, so another person must decide it."))
    concerned = {each.person for each in wanted if isinstance(each, MandateChange | RoleChange)}
    if proposal.investor_id:
        concerned |= {row.person_id for row in investors.mandates_of(connection, now, investor=proposal.investor_id)}
    if caller.person in concerned:
        raise NotPermitted(N_("This proposal concerns yourself, so another person must decide it."))


def _refuse_stale(connection: Connection, proposal: Any, wanted: list[Change], now: datetime) -> None:
    base = [investors.current(connection, each, now) for each in wanted]
    moved = [row for row, _ in base] != json.loads(proposal.base)
    lapsed = any(split(old, each, now)[0] is not None for (_, old), each in zip(base, wanted, strict=True))
    if moved or lapsed:
        raise Conflict(N_("The file has changed since this was proposed. It must be withdrawn and made again."))


def _refuse_open_findings(connection: Connection, wanted: list[Change], now: datetime) -> None:
    for each in wanted:
        if isinstance(each, PublicationChange):
            if library.approved_version(connection, each.version) is not None:
                raise Conflict(N_("This version was approved already."))
            settled = {(one.code, one.key) for one in each.settlements if one.before > now}
            version = library.version(connection, each.version)
            for finding in library.open_findings(connection, version, now):
                if finding.blocking or (finding.settled is None and (finding.code, finding.key) not in settled):
                    raise Conflict(N_("The report has an open finding: %(code)s"), code=finding.code)


def _end(connection: Connection, caller: Caller, proposal: Any, state: str, reason: str, now: datetime) -> tuple[int, str]:
    event = caller.event(
        _ENDED[proposal.kind, state],
        now,
        person=proposal.person_id,
        investor=proposal.investor_id,
        report=library.report_of(connection, proposal.version_id),
        data={
            "proposal": proposal.id,
            "proposed_by": proposal.proposed_by,
            "proposed_entry": proposal.entry_id,
            "changes": json.loads(proposal.payload),
        },
        private={"reason": reason},
    )
    entry_id = append(connection, event)
    proposals.decide(
        connection,
        proposal.id,
        state=state,
        decided_by=caller.person,
        decided_at=now,
        decided_reason=reason,
        decided_entry_id=entry_id,
    )
    return entry_id, event.code


def _issue_link(connection: Connection, caller: Caller, wanted: list[Change], link_hash: bytes, now: datetime) -> bool:
    for each in wanted:
        if not (isinstance(each, RoleChange) and each.live and each.role is not Role.CLIENT):
            continue
        row = investors.person(connection, each.person)
        if row is None or row.password_hash is not None:
            continue
        entry_id = append(connection, caller.event(Kind.ACTIVATION_LINK_ISSUED, now, person=each.person))
        sessions.put_link(
            connection, person=each.person, issued_by=caller.person, token_hash=link_hash, now=now, entry_id=entry_id
        )
        return True
    return False
