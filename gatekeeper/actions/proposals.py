"""What waits for a second person: looking at it, approving, rejecting, withdrawing.

The conditions on both stand in ``ledger.second_person``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.ledger.second_person import APPROVERS, BARRED, Bar, bar_of, unfit
from gatekeeper.rules.changes import Change, RoleChange, from_data
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission, Role
from gatekeeper.rules.texts import faults_of_optional
from gatekeeper.store import entries, facts_of, investors, library, proposals, sessions
from gatekeeper.store.apply import apply

PAGE = 30
SEEN_BY = {
    "classification": Permission.SEE_INVESTORS,
    "publication": Permission.SEE_REPORTS,
    "staff": Permission.SEE_STAFF,
}
"""Whoever may see what a proposal is about may see the proposal."""
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
    """What is proposed beside what is on file; of an ended proposal, beside what was on file when it was made."""
    wanted = changes_of(proposal)
    if proposal.state == "PENDING":
        return [Comparison(investors.current(connection, each, now)[1], each) for each in wanted]
    base = json.loads(proposal.base)
    return [Comparison(facts_of.replaced(connection, each, row), each) for each, row in zip(wanted, base, strict=True)]


@dataclass(frozen=True, slots=True)
class Line:
    """One proposal in a list: its changes, and what keeps the caller from deciding it."""

    proposal: Any
    changes: list[Change]
    bar: Bar | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of proposals, names and titles by id, how many wait, and whether there is more on either side."""

    lines: list[Line]
    names: dict[str, str]
    waiting: int
    has_next: bool
    has_previous: bool


def listing(
    connection: Connection,
    caller: Caller,
    now: datetime,
    *,
    waiting: bool,
    position: tuple[datetime, str] | None = None,
    back: bool = False,
) -> Listing:
    """The proposals that the caller may see: waiting ones oldest first, ended ones newest first."""
    permissions = _permissions(connection, caller, now)
    kinds = [kind for kind, needed in SEEN_BY.items() if needed in permissions]
    rows = proposals.listed(connection, kinds, waiting=waiting, after=position, limit=PAGE + 1, back=back)
    more = len(rows) > PAGE
    rows = (rows[1:] if back else rows[:PAGE]) if more else rows
    lines = []
    for row in rows:
        wanted = changes_of(row)
        lines.append(Line(row, wanted, bar_of(connection, caller, permissions, row, wanted, now)))
    return Listing(
        lines=lines,
        names=proposals.names(connection, rows, [each for line in lines for each in line.changes]),
        waiting=proposals.waiting_count(connection, kinds),
        has_next=more if not back else position is not None,
        has_previous=more if back else position is not None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One proposal with everything a second person needs to decide it.

    ``bar`` keeps the caller from deciding it at all; ``unfit`` keeps anybody from approving it. ``version`` and ``findings``
    belong to a publication. ``codes`` are those of the entries that made and ended it.
    """

    proposal: Any
    comparisons: list[Comparison]
    bar: Bar | None
    unfit: Conflict | None
    names: dict[str, str]
    codes: Mapping[int, str]
    version: Any
    findings: list[Any]


def view(connection: Connection, caller: Caller, id_: str, now: datetime) -> View:
    """Look at one proposal. Whoever may not see what it is about learns nothing of it."""
    proposal = proposals.get(connection, id_)
    permissions = _permissions(connection, caller, now)
    if proposal is None or SEEN_BY[proposal.kind] not in permissions:
        raise NotFound(N_("There is no such proposal."))
    wanted = changes_of(proposal)
    bar = bar_of(connection, caller, permissions, proposal, wanted, now)
    version = library.version(connection, proposal.version_id) if proposal.version_id else None
    return View(
        proposal=proposal,
        comparisons=compare(connection, proposal, now),
        bar=bar,
        unfit=unfit(connection, proposal, wanted, now) if proposal.state == "PENDING" else None,
        names=proposals.names(connection, [proposal], wanted),
        codes=entries.codes(connection, filter(None, (proposal.entry_id, proposal.decided_entry_id))),
        version=version,
        findings=library.open_findings(connection, version, now) if version else [],
    )


def _permissions(connection: Connection, caller: Caller, now: datetime) -> frozenset[Permission]:
    account = sessions.account_of(connection, caller.person or "", now)
    return account.permissions if account else frozenset()


def approve(
    connection: Connection, caller: Caller, id_: str, reason: str, now: datetime, *, link_hash: bytes | None = None
) -> Ended:
    """Let a proposal take effect. ``link_hash`` is that of an activation link for a new staff member."""
    proposal, wanted = _to_decide(connection, caller, id_, now)
    _refuse_altered(connection, proposal)
    _lock(connection, proposal)
    if conflict := unfit(connection, proposal, wanted, now):
        raise conflict
    entry_id, code = _end(connection, caller, proposal, "APPROVED", reason, now)
    for each in wanted:
        apply(connection, each, entry_id, now)
        if isinstance(each, RoleChange):
            sessions.end(connection, now, person=each.person)
    issued = link_hash is not None and _issue_link(connection, caller, wanted, link_hash, now)
    return Ended("APPROVED", code, link_issued=issued)


def reject(connection: Connection, caller: Caller, id_: str, reason: str, now: datetime) -> Ended:
    """Refuse a proposal, with the reason."""
    proposal, _ = _to_decide(connection, caller, id_, now)
    if not reason.strip():
        raise Invalid(Fault(N_("A rejection needs its reason."), field="reason"))
    _, code = _end(connection, caller, proposal, "REJECTED", reason, now)
    return Ended("REJECTED", code)


def withdraw(connection: Connection, caller: Caller, id_: str, reason: str, now: datetime) -> Ended:
    """Take back one's own proposal."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_OWN_ACCOUNT, now)
    proposal = _got(connection, id_)
    if proposal.proposed_by != caller.person:
        raise NotPermitted(N_("Only the person who made a proposal can withdraw it."))
    _refuse_ended(proposal)
    _, code = _end(connection, caller, proposal, "WITHDRAWN", reason, now)
    return Ended("WITHDRAWN", code)


def _got(connection: Connection, id_: str) -> Any:
    """The proposal, locked until the transaction ends: of two people who decide at once, the second finds it ended."""
    proposal = proposals.get(connection, id_, for_update=True)
    if proposal is None:
        raise NotFound(N_("There is no such proposal."))
    return proposal


def _to_decide(connection: Connection, caller: Caller, id_: str, now: datetime) -> tuple[Any, list[Change]]:
    """A waiting proposal that this caller may decide, with its changes."""
    proposal = _got(connection, id_)
    sessions.require(connection, caller.person, caller.session, APPROVERS[proposal.kind], now)
    wanted = changes_of(proposal)
    bar = bar_of(connection, caller, frozenset({APPROVERS[proposal.kind]}), proposal, wanted, now)
    if bar is not None:
        raise NotPermitted(BARRED[bar])
    _refuse_ended(proposal)
    return proposal, wanted


def _refuse_ended(proposal: Any) -> None:
    if proposal.state != "PENDING":
        raise Conflict(_DECIDED[proposal.state])


def _refuse_altered(connection: Connection, proposal: Any) -> None:
    """What is approved is what was recorded when it was made: the row can be written over, its entry cannot."""
    made = entries.by_id(connection, proposal.entry_id)
    leaf = json.loads(made.leaf)
    recorded = leaf["actor"], leaf["data"].get("proposal"), leaf["data"].get("changes")
    if recorded != (f"person:{proposal.proposed_by}", proposal.id, json.loads(proposal.payload)):
        raise Conflict(N_("This proposal is not the one that was recorded when it was made. Tell the operator of this system."))


_DECIDED = {
    "APPROVED": N_("This proposal was approved already."),
    "REJECTED": N_("This proposal was rejected already."),
    "WITHDRAWN": N_("This proposal was withdrawn already."),
}


def _lock(connection: Connection, proposal: Any) -> None:
    """Hold what the proposal is about, so that two proposals about the same follow each other."""
    if proposal.investor_id:
        investors.lock_investor(connection, proposal.investor_id)
    if proposal.person_id:
        investors.lock_staff(connection, proposal.person_id)
    if report := library.report_of(connection, proposal.version_id):
        library.lock_report(connection, report)


def _end(connection: Connection, caller: Caller, proposal: Any, state: str, reason: str, now: datetime) -> tuple[int, str]:
    if faults := faults_of_optional(reason=reason):
        raise Invalid(*faults)
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
