"""A distribution goes on: its recipients are decided, and the report comes into the inboxes of those who may receive it.

Each piece is a transaction of its own and names what it did. Whoever is killed at any point leaves nothing half done, and whoever
goes on begins where it stopped. What goes out by mail is decided once more then (``letters``).
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append, append_all, database_now
from gatekeeper.ledger.sending.answers import MOST, answered
from gatekeeper.ledger.sending.beginning import begin
from gatekeeper.ledger.sending.judging import Piece, report_case, signs_in
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.distribution import LETTERED, UNDER_WAY, Choice, Progress, Result, To
from gatekeeper.store.publishing import library
from gatekeeper.store.sending import distributions, recipients

WORK = Caller(actor="system", channel="work")
MANY = 1000
"""So many recipients are decided in one transaction."""
_NEWS = timedelta(days=1)
"""A release that is older sets off nothing by itself: it is no news, and a person may still send it."""


def released(connection: Connection, now: datetime) -> list[Any]:
    """Releases whose subscribers have not been sent the report yet."""
    return distributions.released_without(connection, now - _NEWS, now)


def start(connection: Connection, release: Any, now: datetime) -> None:
    """Send a report to its subscribers because it is out, once for each release."""
    library.lock_report(connection, release.report_id)
    if any(each.id == release.id for each in released(connection, now)):
        version = library.version(connection, release.version_id)
        begin(connection, WORK, version, Choice(To.SUBSCRIBERS), now, release=release.id)


def running(connection: Connection) -> list[str]:
    """The distributions that run, the oldest first."""
    return [row.id for row in distributions.running(connection)]


def go_on(connection: Connection, id_: str, now: datetime, zone: ZoneInfo, *, has_mail: bool) -> int:
    """Decide the next recipients, and fill the inboxes of those who may receive the report; return how many were decided."""
    found = distributions.hold(connection, id_)
    if found is None or found.state != Progress.RUNNING.value:
        return 0
    common = report_case(connection, found.report_id, now, zone)
    version = common.version or found.version_id
    rows = recipients.cases(connection, id_, version, Result.PLANNED, MANY, now)
    if not rows:
        return 0
    piece = Piece.of(connection, common, rows, now)
    persons = {row.person_id for row in rows}
    holding = set() if found.again else distributions.holders(connection, version, persons)
    lettered = distributions.lettered(connection, id_, persons, LETTERED)
    received = [row for row in rows if _receives(piece, row, holding, lettered, has_mail=has_mail)]
    entries = _recorded(connection, piece, rows, id_, version)
    key = {"report_id": found.report_id, "version_id": version, "distribution_id": id_, "received_at": now}
    who = [{"person_id": row.person_id, "investor_id": row.investor_id, "entry_id": entries[row.number]} for row in received]
    distributions.put_received(connection, [{**key, **each} for each in who])
    return len(rows)


def _receives(piece: Piece, row: Any, holding: set[tuple[str, str]], lettered: set[str], *, has_mail: bool) -> bool:
    """Decide one recipient, and where it goes on from there; say whether the report comes into the inbox."""
    if not signs_in(row, piece.now):
        piece.skip(row, Result.NO_SIGN_IN)
        return False
    if (row.person_id, row.investor_id) in holding:
        piece.skip(row, Result.HAS_IT)
        return False
    if not piece.judge(row, _next(row, lettered, has_mail=has_mail)):
        return False
    lettered.add(row.person_id)
    return True


def _next(row: Any, lettered: set[str], *, has_mail: bool) -> Result:
    """Where somebody goes on from the inbox: to a letter, if there is one to send and somewhere to send it to."""
    if not has_mail:
        return Result.INBOX
    if row.address is None:
        return Result.NO_ADDRESS
    return Result.ONE_LETTER if row.person_id in lettered else Result.WAITING


def _recorded(connection: Connection, piece: Piece, rows: Sequence[Any], id_: str, version: str) -> dict[int, int]:
    """Write an entry for each hundred recipients, and where they stand; return which entry is whose."""
    numbers = [row.number for row in rows]
    parts = [numbers[first : first + MOST] for first in range(0, len(numbers), MOST)]
    by_number = {each.number: each for each in piece.answers}
    events = []
    for part in parts:
        answers = [by_number[number] for number in part if number in by_number]
        more = {"distribution": id_, "version": version, "skipped": piece.skipped(part)}
        events.append(answered(WORK, Kind.REPORT_DISTRIBUTED, piece.common, answers, piece.now, more=more))
    ids = append_all(connection, events, database_now(connection))
    for part, entry_id in zip(parts, ids, strict=True):
        piece.write(connection, id_, entry_id, part, decided_entry_id=entry_id)
    return {number: entry_id for part, entry_id in zip(parts, ids, strict=True) for number in part}


def finish(connection: Connection, id_: str, now: datetime) -> bool:
    """Say that a distribution is done, if nothing of it waits any more."""
    found = distributions.hold(connection, id_)
    if found is None or found.state != Progress.RUNNING.value or distributions.has_state(connection, id_, UNDER_WAY):
        return False
    totals = distributions.counted(connection, id_)
    data = {"distribution": id_, "total": found.total, "totals": totals.to_data()}
    entry_id = append(connection, WORK.event(Kind.DISTRIBUTION_FINISHED, now, report=found.report_id, data=data))
    done = {"state": Progress.DONE.value, "ended_at": now, "totals": json.dumps(totals.to_data()), "last_entry_id": entry_id}
    distributions.change(connection, id_, **done)
    return True
