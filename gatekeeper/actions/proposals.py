"""What waits for a second person: looking at it, approving, rejecting, withdrawing.

The conditions on both stand in ``ledger.second_person``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.acts import applying, trials
from gatekeeper.ledger.acts.ending import end
from gatekeeper.ledger.acts.links import Issued, issue_for
from gatekeeper.ledger.acts.notify import put_in_force
from gatekeeper.ledger.acts.second_person import (
    APPROVERS,
    BARRED,
    Bar,
    bar_of,
    kept_apart,
    lock_subject,
    question,
    refuse_altered,
    refuse_ended,
    unfit,
)
from gatekeeper.ledger.acts.told import Told
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.changes import Change, Correction, ResetChange, RoleChange
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.parsing.texts import faults_of_optional
from gatekeeper.rules.roles import Permission
from gatekeeper.store import proposals
from gatekeeper.store.accounts import services, sessions
from gatekeeper.store.beside import Beside, BesideMany
from gatekeeper.store.clients import corrections, facts_of, investors
from gatekeeper.store.proof import entries
from gatekeeper.store.publishing import duplicates, findings, library
from gatekeeper.store.publishing.duplicates import Duplicate

PAGE = 30
SEEN_BY = {
    "classification": Permission.SEE_INVESTORS,
    "publication": Permission.SEE_REPORTS,
    "service": Permission.SEE_SERVICES,
    "staff": Permission.SEE_STAFF,
    "import": Permission.SEE_INVESTORS,
    "policy": Permission.SEE_STATEMENTS,
    "questionnaire": Permission.SEE_STATEMENTS,
    "statement": Permission.SEE_STATEMENTS,
}
"""Whoever may see what a proposal is about may see the proposal."""
_STATES = ("APPROVED", "REJECTED", "WITHDRAWN")
_ENDED = {(kind, state): Kind[f"{kind}_{state}".upper()] for kind in SEEN_BY for state in _STATES}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a proposal ended: its state, the entry's code, and the one-time link of a staff member that was issued with it."""

    state: str
    code: str
    link: Issued | None = None

    @property
    def link_issued(self) -> bool:
        """Whether somebody must now be given a link."""
        return self.link is not None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One change beside what it would replace. What a correction comes to is what would apply again."""

    before: Change | None
    after: Change
    corrects: bool = False


def compare(connection: Connection, proposal: Any, now: datetime, beside: Beside | None = None) -> list[Comparison]:
    """What is proposed beside what is on file; of an ended proposal, beside what was on file when it was made."""
    wanted = proposals.changes_of(proposal)
    if proposal.state == "PENDING":
        old = [(beside or Beside(connection, now)).current(each)[1] for each in wanted]
    else:
        base = json.loads(proposal.base)
        old = [facts_of.replaced(connection, each, row) for each, row in zip(wanted, base, strict=True)]
    return [
        Comparison(before, investors.stated(connection, each) or each, isinstance(each, Correction))
        for before, each in zip(old, wanted, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Line:
    """One proposal in a list: its changes, what keeps the caller from deciding it, and from approving it among others."""

    proposal: Any
    changes: list[Change]
    bar: Bar | None
    question: Conflict | None
    comparisons: Sequence[Comparison] = ()
    version: Any = None

    @property
    def is_plain(self) -> bool:
        """Whether nothing is open, so that the caller may approve it among others."""
        return self.proposal.state == "PENDING" and self.bar is None and self.question is None


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
    lines = _lines(connection, caller, permissions, rows, now)
    return Listing(
        lines=lines,
        names=proposals.names(connection, rows, [each for line in lines for each in line.changes]),
        waiting=proposals.waiting_count(connection, kinds),
        has_next=more if not back else position is not None,
        has_previous=more if back else position is not None,
    )


def selected(connection: Connection, caller: Caller, ids: Sequence[str], now: datetime) -> Listing:
    """The proposals with these ids, as far as the caller may see them, in the order in which they were made."""
    permissions = _permissions(connection, caller, now)
    rows = [row for row in proposals.of_ids(connection, ids) if SEEN_BY[row.kind] in permissions]
    lines = _lines(connection, caller, permissions, sorted(rows, key=lambda row: (row.proposed_at, row.id)), now, compared=True)
    names = proposals.names(connection, rows, [each for line in lines for each in line.changes])
    return Listing(lines=lines, names=names, waiting=len(rows), has_next=False, has_previous=False)


def _lines(
    connection: Connection,
    caller: Caller,
    permissions: frozenset[Permission],
    rows: Sequence[Any],
    now: datetime,
    *,
    compared: bool = False,
) -> list[Line]:
    lines, apart = [], kept_apart(connection, caller, now)
    changes = [proposals.changes_of(row) for row in rows]
    beside = BesideMany(connection, now, rows, [each for wanted in changes for each in wanted])
    for row, wanted in zip(rows, changes, strict=True):
        bar = bar_of(connection, caller, permissions, row, wanted, now, apart=apart, beside=beside)
        asks = row.state == "PENDING" and bar is None
        line = Line(row, wanted, bar, question(connection, row, wanted, now, beside) if asks else None)
        if compared:
            version = beside.version(row.version_id or "")
            line = replace(line, comparisons=compare(connection, row, now, beside), version=version)
        lines.append(line)
    return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One proposal with everything a second person needs to decide it.

    ``bar`` keeps the caller from deciding it at all; ``unfit`` keeps anybody from approving it. ``version``, ``findings`` and
    ``duplicates`` belong to a publication, ``trial`` to a policy: what the caller last saw that it would change, ``purpose`` to
    a service account. ``codes`` are those of the entries that made and ended it.
    """

    proposal: Any
    comparisons: list[Comparison]
    bar: Bar | None
    unfit: Conflict | None
    names: dict[str, str]
    codes: Mapping[int, str]
    version: Any
    findings: list[Any]
    duplicates: list[Duplicate]
    trial: Told | None
    purpose: str | None


def view(connection: Connection, caller: Caller, id_: str, now: datetime) -> View:
    """Look at one proposal. Whoever may not see what it is about learns nothing of it."""
    proposal = proposals.get(connection, id_)
    permissions = _permissions(connection, caller, now)
    if proposal is None or SEEN_BY[proposal.kind] not in permissions:
        raise NotFound(N_("There is no such proposal."))
    wanted = proposals.changes_of(proposal)
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
        findings=findings.open_in(connection, [version.version], now) if version else [],
        duplicates=duplicates.of(connection, [version.version]).get(version.version, []) if version else [],
        trial=trials.seen(connection, caller, proposal) if proposal.kind == "policy" else None,
        purpose=services.get(connection, json.loads(proposal.payload)[0]["service"]).purpose
        if proposal.kind == "service"
        else None,
    )


def _permissions(connection: Connection, caller: Caller, now: datetime) -> frozenset[Permission]:
    account = sessions.account_of(connection, caller.person or "", now)
    return account.permissions if account else frozenset()


def approve(
    connection: Connection, caller: Caller, id_: str, reason: str, now: datetime, *, link_hash: bytes | None = None
) -> Ended:
    """Let a proposal take effect. ``link_hash`` is that of a one-time link for a staff member who is new or is reset."""
    proposal, wanted = _to_decide(connection, caller, id_, now)
    if link_hash is None and any(isinstance(each, ResetChange) for each in wanted):
        raise Conflict(N_("This proposal gives out a one-time link, so it must be approved on its own page."))
    refuse_altered(connection, proposal)
    lock_subject(connection, proposal)
    if conflict := unfit(connection, proposal, wanted, now):
        raise conflict
    entry_id, code = _end(connection, caller, proposal, "APPROVED", reason, now, _tried(connection, caller, proposal))
    put_in_force(connection, wanted, entry_id, now)
    for each in wanted:
        if isinstance(each, RoleChange):
            sessions.end(connection, now, person=each.person)
    issued = issue_for(connection, caller, wanted, link_hash, now) if link_hash is not None else None
    return Ended("APPROVED", code, issued)


def _tried(connection: Connection, caller: Caller, proposal: Any) -> dict[str, Any]:
    """What the approver of a policy saw that it would change: whoever has not tried it out does not approve it."""
    if proposal.kind != "policy":
        return {}
    trial = trials.seen(connection, caller, proposal)
    if trial is None:
        raise Conflict(N_("Try this policy out first: its approval names what you saw that it would change."))
    return {"rehearsal": {"entry": trial.code, "as_of": trial.data["as_of"], "counts": trial.data["counts"]}}


def approve_plain(connection: Connection, caller: Caller, id_: str, now: datetime) -> Ended:
    """Let a proposal about which nothing is open take effect: one of many that are approved at once, each by itself."""
    proposal, wanted = _to_decide(connection, caller, id_, now)
    if conflict := question(connection, proposal, wanted, now):
        raise conflict
    return approve(connection, caller, id_, "", now)


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
    refuse_ended(proposal)
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
    wanted = proposals.changes_of(proposal)
    bar = bar_of(connection, caller, frozenset({APPROVERS[proposal.kind]}), proposal, wanted, now)
    if bar is not None:
        raise NotPermitted(BARRED[bar])
    refuse_ended(proposal)
    return proposal, wanted


def _end(
    connection: Connection,
    caller: Caller,
    proposal: Any,
    state: str,
    reason: str,
    now: datetime,
    more: Mapping[str, Any] | None = None,
) -> tuple[int, str]:
    if faults := faults_of_optional(reason=reason):
        raise Invalid(*faults)
    wanted = proposals.changes_of(proposal)
    kind = _ENDED[proposal.kind, state]
    if kind is Kind.CLASSIFICATION_APPROVED and any(isinstance(each, Correction) for each in wanted):
        kind = Kind.CLASSIFICATION_CORRECTED
    found = _meanwhile(connection, proposal, wanted) | dict(more or {})
    entry_id, code = end(connection, caller, proposal, kind, now, state=state, reason=reason, more=found)
    applying.decided(connection, caller, proposal, state, reason, entry_id, now)
    return entry_id, code


def _meanwhile(connection: Connection, proposal: Any, wanted: list[Change]) -> dict[str, Any]:
    """What was decided on the rows that a proposal says were entered in error."""
    found: dict[str, Any] = {}
    for each in wanted:
        if isinstance(each, Correction):
            row = corrections.row(connection, each.of, each.row)
            readings = corrections.readings(connection, proposal.investor_id, each.of, row).rows
            codes = [one.code for one in readings[: corrections.KEPT]]
            found = {"facts": {each.of: each.row}, "readings": len(readings), "entries": codes}
    return found
