"""The letters of distributions: taken, sent by the door, and told of, each at most once.

1. Who gets a letter is decided once more when it is about to go out: a category may have fallen since.
2. That letters are tried is written down before any of them is sent (``take``), and afterwards what became of each (``settle``).
   Where a process dies in between, ``sweep`` says that nobody knows, and no second letter goes out.
3. No more is taken at once than the mail server takes in a second, so no more than that is ever in doubt.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.ledger.sending.answers import MOST, answered
from gatekeeper.ledger.sending.judging import Piece, report_case, signs_in
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.deliveries import LEASE, again_at
from gatekeeper.rules.messages.distribution import Result, letters_at_once
from gatekeeper.store.sending import distributions, recipients

_WORK = Caller(actor="system", channel="work")
_LONGEST = 80


class Fate(StrEnum):
    """What became of one letter that was taken. UNTRIED: nothing of it ever went out."""

    SENT = "SENT"
    REFUSED = "REFUSED"
    DOUBTED = "DOUBTED"
    UNTRIED = "UNTRIED"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that is about to go out: whose on the list, where to, and which try it is."""

    number: int
    address: str
    tries: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Letters about a report that are this caller's to send, and when the mail server may be given the next ones."""

    distribution: str
    report: str
    letters: tuple[Letter, ...]
    next_at: datetime


def waits(connection: Connection, now: datetime) -> bool:
    """Whether any letter may go out now."""
    at = distributions.letters_due_at(connection)
    return at is not None and at <= now and distributions.has_letter_due(connection, now)


def take(connection: Connection, pace: int, now: datetime, zone: ZoneInfo) -> Batch | None:
    """Decide the next recipients once more, and write down that their letters are tried now; None where none may go out."""
    running = distributions.hold_running(connection)
    at = distributions.letters_due_at(connection)
    if at is None or at > now:
        return None
    for found in running:
        common = report_case(connection, found.report_id, now, zone)
        version = common.version or found.version_id
        rows = recipients.cases(connection, found.id, version, Result.WAITING, letters_at_once(pace), now)
        if rows:
            return _taken(connection, found, Piece.of(connection, common, rows, now), rows, pace)
    return None


def _taken(connection: Connection, found: Any, piece: Piece, rows: Sequence[Any], pace: int) -> Batch:
    going = [row for row in rows if _goes(piece, row)]
    data = {"distribution": found.id, "tries": {str(row.number): row.tries + 1 for row in going}}
    data["skipped"] = piece.skipped(row.number for row in rows)
    private = {"mail_addresses": json.dumps({str(row.number): row.address for row in going})} if going else {}
    event = answered(_WORK, Kind.LETTERS_ATTEMPTED, piece.common, piece.answers, piece.now, more=data, private=private)
    entry_id = append(connection, event)
    for tries in sorted({row.tries for row in going}):
        numbers = [row.number for row in going if row.tries == tries]
        piece.write(connection, found.id, entry_id, numbers, tries=tries + 1)
    gone = {row.number for row in going}
    piece.write(connection, found.id, entry_id, [row.number for row in rows if row.number not in gone])
    next_at = piece.now + timedelta(minutes=len(going) / pace)
    distributions.change(connection, found.id, mail_due_at=next_at)
    letters = tuple(Letter(row.number, row.address, row.tries + 1) for row in going)
    return Batch(found.id, found.report_id, letters, next_at)


def _goes(piece: Piece, row: Any) -> bool:
    """Whether a letter still goes out to somebody for whom one waits."""
    if not signs_in(row, piece.now):
        piece.skip(row, Result.NO_SIGN_IN)
        return False
    is_received = piece.judge(row, Result.NO_ADDRESS if row.address is None else Result.ATTEMPTED)
    return is_received and row.address is not None


def settle(connection: Connection, batch: Batch, fates: Mapping[int, tuple[Fate, str]], now: datetime) -> None:
    """Record what became of the letters of a batch. What another try has in its hands by now stays as it is."""
    tries = {each.number: each.tries for each in batch.letters}
    rows = [row for row in distributions.held(connection, batch.distribution, sorted(fates)) if _is_mine(row, tries, fates)]
    if not rows:
        return
    told: dict[str, Any] = {fate.value.lower(): [row.number for row in rows if fates[row.number][0] is fate] for fate in Fate}
    told["why"] = {str(row.number): fates[row.number][1] for row in rows if fates[row.number][1]}
    data = {"distribution": batch.distribution, **told}
    entry_id = append(connection, _WORK.event(Kind.LETTERS_SENT, now, report=batch.report, data=data))
    alike: dict[tuple[Any, ...], list[int]] = {}
    for row in rows:
        alike.setdefault(_after(row, *fates[row.number], now), []).append(row.number)
    for (state, taken, due_at, why), numbers in alike.items():
        columns = {"state": state.value, "tries": taken, "due_at": due_at, "why": why[:_LONGEST]}
        distributions.set_state(connection, batch.distribution, numbers, changed_at=now, last_entry_id=entry_id, **columns)


def _is_mine(row: Any, tries: Mapping[int, int], fates: Mapping[int, tuple[Fate, str]]) -> bool:
    """Whether a letter is still in the hands of this try; that the server took it counts however late it is told."""
    states = {Result.ATTEMPTED, Result.UNCERTAIN} if fates[row.number][0] is Fate.SENT else {Result.ATTEMPTED}
    return row.tries == tries.get(row.number) and Result(row.state) in states


def _after(row: Any, fate: Fate, why: str, now: datetime) -> tuple[Result, int, datetime, str]:
    """Where a recipient stands after a try: its state, how many tries there were, and when it is tried again."""
    match fate:
        case Fate.SENT:
            return Result.SENT, row.tries, row.due_at, ""
        case Fate.DOUBTED:
            return Result.UNCERTAIN, row.tries, row.due_at, why
        case Fate.UNTRIED:
            return Result.WAITING, row.tries - 1, row.due_at, ""
        case Fate.REFUSED:
            again = again_at(row.tries, now)
            return (Result.FAILED, row.tries, row.due_at, why) if again is None else (Result.WAITING, row.tries, again, why)


def sweep(connection: Connection, now: datetime) -> int:
    """Say of letters whose process never came back that nobody knows; return how many those were."""
    rows = distributions.overdue(connection, now - LEASE, MOST)
    if not rows:
        return 0
    id_ = rows[0].distribution_id
    numbers = [row.number for row in rows]
    event = _WORK.event(Kind.LETTERS_DOUBTED, now, data={"distribution": id_, "recipients": numbers})
    entry_id = append(connection, event)
    columns = {"state": Result.UNCERTAIN.value, "why": "interrupted", "changed_at": now, "last_entry_id": entry_id}
    distributions.set_state(connection, id_, numbers, **columns)
    return len(rows)
