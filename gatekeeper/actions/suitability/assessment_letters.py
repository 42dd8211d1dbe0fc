"""The letter with an assessment's result: read and acknowledged, so that a clean result takes effect or a held one is proposed.

A letter is acknowledged only while the file is as it was when the letter was written: whatever changed meanwhile comes first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.files.made import letter
from gatekeeper.ledger.acts import acting, assessing
from gatekeeper.ledger.acts.notify import put_in_force
from gatekeeper.ledger.acts.propose import propose
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.assessment import Hold
from gatekeeper.rules.changes import Change, to_data
from gatekeeper.rules.errors import N_, Conflict
from gatekeeper.rules.events import Kind
from gatekeeper.store.clients import declarations
from gatekeeper.store.clients import investors as files
from gatekeeper.store.suitability import assessments as store
from gatekeeper.store.suitability.assessments import LETTERS, State, state_of

_OTHER_LETTER = N_("This is not the letter of your last assessment. Please look at the letter again.")
_MOVED = N_(
    "What is on file has changed since this letter was written, so it cannot be acknowledged. Please begin a new assessment."
)
_DECLARED = N_(
    "You told us afterwards that your circumstances have changed, so this result cannot count. Please begin a new assessment."
)


@dataclass(frozen=True, slots=True)
class Told:
    """The letter as somebody reads it, its name, and the assessment that it is about."""

    text: str
    sha256: str
    row: Any
    state: State


def read(connection: Connection, caller: Caller, tag: str, now: datetime) -> Asked[Told]:
    """The letter of the last assessment that was handed in."""
    row = _handed_in(connection, acting.investor_of(connection, caller, now).id)
    digest = row.words_sha256 or getattr(row, LETTERS[tag])
    told = Told(store.letter(connection, digest), digest, row, state_of(row))
    return Asked(told, (assessing.viewed(caller, "letter", now),))


def acknowledge(connection: Connection, caller: Caller, digest: str, now: datetime, tag: str) -> State:
    """Take the acknowledgement of the letter that was on the screen: a clean result takes effect, a held one is proposed."""
    investor = acting.investor_of(connection, caller, now)
    files.lock_investor(connection, investor.id)
    row = _handed_in(connection, investor.id)
    if digest not in (row.letter_zh, row.letter_en):
        raise Conflict(_OTHER_LETTER)
    if row.acknowledged_at is not None:  # pressed twice, or in two windows
        return state_of(row)
    if declarations.important_since(connection, investor.id, row.handed_in_at):
        raise Conflict(_DECLARED)
    wanted = assessing.wanted(investor.id, row, row.valid_before, assessing.scored_again(connection, row))
    if assessing.has_moved(connection, wanted, row.base, now):
        raise Conflict(_MOVED)
    wanted = assessing.with_class(connection, investor.id, wanted, now)
    raised = [higher for _, higher in assessing.parts(connection, wanted, now) if higher is not None]
    proposal = _propose(connection, caller, raised, row, now, tag) if row.holds and raised else None
    acts = [] if proposal else raised
    data = {"assessment": row.id, "words": digest, "changes": [to_data(each) for each in acts], "proposal": proposal}
    entry_id = append(connection, caller.event(Kind.ASSESSMENT_ACKNOWLEDGED, now, data=data))
    put_in_force(connection, acts, entry_id, now)
    store.put_acknowledgement(
        connection,
        assessment_id=row.id,
        person_id=caller.person,
        words_sha256=digest,
        proposal_id=proposal,
        acknowledged_at=now,
        entry_id=entry_id,
    )
    return State.WAITING if proposal else State.DONE


def _handed_in(connection: Connection, investor: str) -> Any:
    row = store.latest(connection, investor)
    if state_of(row) in (State.NONE, State.DRAFT):
        raise Conflict(N_("There is no result yet: the last assessment has not been handed in."))
    return row


def _propose(connection: Connection, caller: Caller, raised: Sequence[Change], row: Any, now: datetime, tag: str) -> str:
    holds = tuple(Hold(each) for each in row.holds.split())
    reason = letter.reason(holds, tag)
    return propose(connection, caller, "classification", raised, {"investor": row.investor_id}, reason, row.code, now).id
