"""Correcting a row of an investor's file that was entered in error: the one that it displaced applies again.

1. What makes anything more favourable waits for a second person; everything else acts at once.
2. Where the displaced row is more favourable in one way and less in another, the mark and the most that holds under both act at
   once, and what the displaced row says beyond that is proposed.
3. The entry keeps what was decided on the wrong row meanwhile.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.acts.propose import propose
from gatekeeper.ledger.acts.second_person import refuse_concerned
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.changes import Change, Correction, InvestorChange, MandateChange, to_data
from gatekeeper.rules.changing.raising import split
from gatekeeper.rules.errors import N_, Conflict, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.parsing.texts import faults_of
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.apply import apply
from gatekeeper.store.clients import corrections, investors
from gatekeeper.store.clients.corrections import Readings, Wrong
from gatekeeper.store.proof import entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What it would come to if a row were marked as entered in error.

    ``before`` applies now and ``after`` would; None is nothing on file. ``at_once`` and ``waits`` are the parts that act now and
    that a second person must approve. ``seen`` stands for all this: a form sends it back, so that nobody confirms what has moved.
    """

    overview: Any
    wrong: Wrong
    written: Any
    correction: Correction
    is_current: bool
    before: Change | None
    after: Change | None
    at_once: bool
    floor: Change | None
    waits: Change | None
    readings: Readings
    names: dict[str, str]
    seen: str


def view(
    connection: Connection, caller: Caller, investor: str, code: str, fact: str, now: datetime, *, person: str | None = None
) -> Asked[Outlook]:
    """Look at what a correction would come to; who looked, and at how many readings, is recorded."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    outlook = _outlook(connection, investor, code, fact, person, now)
    if outlook.wrong.is_marked:
        raise Conflict(_MARKED)
    data = {"facts": {fact: outlook.wrong.row.id}, "readings": len(outlook.readings.rows)}
    return Asked(outlook, (caller.event(Kind.INVESTOR_VIEWED, now, person=None, investor=investor, data=data),))


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a request to correct did: whether the mark acts already, what waits, under which proposal, and the entries' codes."""

    is_marked: bool
    waits: Change | None
    proposal: str | None
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Which row is said to be wrong, why, and what the person saw who says so."""

    code: str
    fact: str
    person: str | None = None
    seen: str
    reason: str
    evidence: str


def correct(connection: Connection, caller: Caller, investor: str, mistake: Mistake, now: datetime) -> Corrected:
    """Mark a row as entered in error, or propose it where that makes anything more favourable."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    if not investors.lock_investor(connection, investor):
        raise NotFound(_NO_ROW)
    outlook = _outlook(connection, investor, mistake.code, mistake.fact, mistake.person, now)
    concerned: list[InvestorChange] = [outlook.wrong.says] if isinstance(outlook.wrong.says, MandateChange) else []
    refuse_concerned(connection, caller, investor, concerned, now)
    if faults := faults_of(reason=mistake.reason, evidence=mistake.evidence):
        raise Invalid(*faults)
    if outlook.wrong.is_marked:
        raise Conflict(_MARKED)
    if outlook.seen != mistake.seen:
        raise Conflict(N_("The file has changed since you opened this page. Look at what would apply now, then confirm again."))
    codes = [_mark(connection, caller, outlook, mistake, now)] if outlook.at_once else []
    if outlook.waits is None:
        return Corrected(outlook.at_once, None, None, tuple(codes))
    why = (mistake.reason, mistake.evidence, now)
    proposed = propose(connection, caller, "classification", [outlook.waits], {"investor": investor}, *why)
    return Corrected(outlook.at_once, outlook.after, proposed.id, (*codes, proposed.code))


_NO_ROW = N_("There is no such entry in this file.")
_MARKED = N_("This was marked as entered in error already.")


def _wrong(connection: Connection, investor: str, code: str, fact: str, person: str | None) -> tuple[Any, Wrong]:
    """The row that an entry wrote about a fact of this file, after the entry itself."""
    for entry in entries.by_code(connection, code):
        row = corrections.find(connection, investor, entry.id, fact, person)
        if row is not None:
            return entry, row
    raise NotFound(_NO_ROW)


def _outlook(connection: Connection, investor: str, code: str, fact: str, person: str | None, now: datetime) -> Outlook:
    overview = investors.overview(connection, investor, now)
    written, wrong = _wrong(connection, investor, code, fact, person)
    if overview is None:
        raise NotFound(_NO_ROW)
    current_id, before = investors.current(connection, wrong.says, now)
    is_current = current_id == wrong.row.id
    again = corrections.again(connection, fact, wrong.row, now)
    correction = Correction(investor=investor, of=fact, row=wrong.row.id, again=again)
    after = investors.stated(connection, correction) if is_current else before
    lowers, raises = split(before, after, now) if is_current and after is not None else (None, None)
    persons = [wrong.says.person] if isinstance(wrong.says, MandateChange) else []
    persons += [written.actor.removeprefix("person:")] if written.actor.startswith("person:") else []
    return Outlook(
        overview=overview,
        wrong=wrong,
        written=written,
        correction=correction,
        is_current=is_current,
        before=before,
        after=after,
        at_once=raises is None or lowers is not None,
        floor=lowers if raises is not None else None,
        waits=(raises if lowers is not None else correction) if raises is not None else None,
        readings=corrections.readings(connection, investor, fact, wrong.row),
        names=investors.names(connection, persons),
        seen=sha256(f"{wrong.row.id} {wrong.is_marked} {current_id} {again}".encode()).hexdigest()[:24],
    )


def _mark(connection: Connection, caller: Caller, outlook: Outlook, mistake: Mistake, now: datetime) -> str:
    """Mark the row, with the most that holds under both values where the displaced one says more; return the entry's code."""
    investor, after = outlook.correction.investor, outlook.after
    written: list[Change] = [outlook.correction, *([outlook.floor] if outlook.floor else [])]
    readings = outlook.readings.rows
    data = {
        "changes": [to_data(each) for each in written],
        "facts": {outlook.wrong.fact: outlook.wrong.row.id},
        "applies": to_data(after) if after else None,
        "readings": len(readings),
        "entries": [each.code for each in readings[: corrections.KEPT]],
    }
    says = outlook.wrong.says
    event = caller.event(
        Kind.CLASSIFICATION_CORRECTED,
        now,
        person=says.person if isinstance(says, MandateChange) else None,
        investor=investor,
        data=data,
        private={"reason": mistake.reason, "evidence": mistake.evidence},
    )
    entry_id = append(connection, event)
    for each in written:
        apply(connection, each, entry_id, now)
    if isinstance(says, MandateChange) and not (isinstance(after, MandateChange) and after.live):
        sessions.end(connection, now, person=says.person)
    return event.code
