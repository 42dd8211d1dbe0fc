"""Telling investors in time that a category or a professional status expires."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.changes import to_data
from gatekeeper.rules.deliveries import NoticeKind
from gatekeeper.rules.events import Kind
from gatekeeper.rules.reminders import last_day
from gatekeeper.store import access, notices, reminders, words
from gatekeeper.store.reminders import Place
from gatekeeper.store.stated import classification_of

MOST = 100
"""Of how many facts one entry tells."""
_WORK = Caller(actor="system", channel="work")


def is_due(connection: Connection, now: datetime, zone: ZoneInfo) -> bool:
    """Whether anybody is to be told anything."""
    policy = access.current_policy(connection, now)
    return policy is not None and bool(reminders.due(connection, policy[1].expiring_days, now, zone, 1))


def announce(connection: Connection, now: datetime, zone: ZoneInfo, after: Place | None = None) -> Place | None:
    """Tell of some facts that expire soon, and write down that it was told; return how far that came, None where nothing was due.

    One process at a time does so; a row for each fact and number of days sees to it that nothing is told twice.
    """
    words.lock_policy(connection)
    policy = access.current_policy(connection, now)
    found = reminders.due(connection, policy[1].expiring_days, now, zone, MOST, after) if policy else []
    if not found or policy is None:
        return None
    facts = [{"investor": row.investor_id, "row": row.id, "days": days} for row, days in found]
    event = _WORK.event(Kind.EXPIRY_ANNOUNCED, now, policy=policy[1].digest, data={"facts": facts})
    entry_id = append(connection, event)
    told: dict[str, list[dict[str, Any]]] = {}
    for row, _ in found:
        left = (last_day(row.valid_before, zone) - now.astimezone(zone).date()).days
        told.setdefault(row.investor_id, []).append({"fact": to_data(classification_of(row)), "left": left})
    kept = {investor: json.dumps(each, sort_keys=True, ensure_ascii=False) for investor, each in told.items()}
    ids = notices.put(connection, NoticeKind.EXPIRING, kept, entry_id, now)
    rows = [
        {"classification_id": row.id, "days": days, "notice_id": ids[row.investor_id], "entry_id": entry_id}
        for row, days in found
    ]
    reminders.put(connection, rows)
    row, days = found[-1]
    return Place(days, row.valid_before, row.id)
