"""Telling investors in time that a category or a professional status expires."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.changes import to_data
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.deliveries import NoticeKind
from gatekeeper.rules.messages.reminders import last_day
from gatekeeper.store.clients.stated import classification_of
from gatekeeper.store.messages import notices, reminders
from gatekeeper.store.reading import access, words

MOST = 100
"""Of how many facts one entry tells."""
_WORK = Caller(actor="system", channel="work")


def due(connection: Connection, now: datetime, zone: ZoneInfo) -> list[tuple[int, int]]:
    """The facts of which it is time to tell, by their rows, each with the number of days of which it is told."""
    policy = access.current_policy(connection, now)
    return reminders.due(connection, policy[1].expiring_days, now, zone) if policy else []


def announce(connection: Connection, wanted: Sequence[tuple[int, int]], now: datetime, zone: ZoneInfo) -> int:
    """Tell of these facts, as far as they apply still and nobody has told of them; return of how many.

    One process at a time does so; a row for each fact and number of days sees to it that nothing is told twice.
    """
    words.lock_policy(connection)
    days, policy = dict(wanted), access.current_policy(connection, now)
    rows = reminders.still_due(connection, days, now)
    if not rows:
        return 0
    facts = [{"investor": row.investor_id, "row": row.id, "days": days[row.id]} for row in rows]
    digest = policy[1].digest if policy else None
    entry_id = append(connection, _WORK.event(Kind.EXPIRY_ANNOUNCED, now, policy=digest, data={"facts": facts}))
    told: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        left = (last_day(row.valid_before, zone) - now.astimezone(zone).date()).days
        told.setdefault(row.investor_id, []).append({"fact": to_data(classification_of(row)), "left": left})
    kept = {investor: json.dumps(each, sort_keys=True, ensure_ascii=False) for investor, each in told.items()}
    ids = notices.put(connection, NoticeKind.EXPIRING, kept, entry_id, now)
    written = [(row.id, days[row.id], ids[row.investor_id]) for row in rows]
    reminders.put(
        connection,
        [
            {"classification_id": row, "days": number, "notice_id": notice, "entry_id": entry_id}
            for row, number, notice in written
        ],
    )
    return len(rows)
