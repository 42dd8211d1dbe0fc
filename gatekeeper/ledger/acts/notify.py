"""Letting changes take effect and telling the investors whose files they change, in one transaction (Measures, Art. 21).

Told is what decides: class, category, the lowest flag, standing. Who acts for the investor, and branch and contact, are not.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.rules.changes import (
    CategoryChange,
    Change,
    ClassChange,
    Correction,
    LowestChange,
    StandingChange,
    to_data,
)
from gatekeeper.rules.messages.deliveries import NoticeKind
from gatekeeper.store.apply import apply
from gatekeeper.store.beside import Beside
from gatekeeper.store.clients import investors
from gatekeeper.store.messages import notices

_TOLD = (ClassChange, CategoryChange, LowestChange, StandingChange)


def put_in_force(
    connection: Connection, changes: Sequence[Change], entry_id: int, now: datetime, *, beside: Beside | None = None
) -> None:
    """Write what changes say as new rows, and a notice to each investor concerned; ``beside`` has read for many."""
    beside = beside or Beside(connection, now)
    told: dict[str, list[dict[str, Any]]] = {}
    for each in changes:
        if isinstance(each, (*_TOLD, Correction)):
            before, after = beside.current(each)[1], investors.stated(connection, each)
            if isinstance(before or after, _TOLD) and _decisive(before) != _decisive(after):
                pair = {"before": to_data(before) if before else None, "after": to_data(after) if after else None}
                told.setdefault(each.investor, []).append(pair)
        apply(connection, each, entry_id, now)
    words = {investor: json.dumps(pairs, sort_keys=True, ensure_ascii=False) for investor, pairs in told.items()}
    notices.put(connection, NoticeKind.CHANGE, words, entry_id, now)


def tell_rejection(connection: Connection, investor: str, application: str, entry_id: int, now: datetime) -> None:
    """Write a notice that an application was rejected. The reasons stand with the application."""
    notices.put(connection, NoticeKind.APPLICATION, {investor: json.dumps({"application": application})}, entry_id, now)


def _decisive(change: Change | None) -> Change | None:
    """A change without what decides nothing."""
    return replace(change, branch="", contact="") if isinstance(change, StandingChange) else change
