"""What handing in an assessment and acknowledging its letter have in common."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Event
from gatekeeper.rules.changes import CategoryChange, Change, LowestChange
from gatekeeper.rules.events import Kind
from gatekeeper.rules.raising import split
from gatekeeper.store import investors


def wanted(investor: str, found: Any, before: datetime) -> list[Change]:
    """What a result, or the row that keeps it, puts on file."""
    return [
        CategoryChange(investor=investor, category=found.category, before=before),
        LowestChange(investor=investor, lowest=found.lowest),
    ]


def parts(connection: Connection, wanted: Sequence[Change], now: datetime) -> list[tuple[Change | None, Change | None]]:
    """Of each change the part that lowers and the part that raises."""
    return [split(investors.current(connection, each, now)[1], each, now) for each in wanted]


def base(connection: Connection, wanted: Sequence[Change], now: datetime) -> str:
    """The rows that a letter leans on: its category and lowest flag as they are on file."""
    return json.dumps([investors.current(connection, each, now)[0] for each in wanted])


def viewed(caller: Caller, what: str, now: datetime) -> Event:
    """That the caller looked at a part of their own assessment."""
    return caller.event(Kind.ASSESSMENT_VIEWED, now, data={"page": what})
