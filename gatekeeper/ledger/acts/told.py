"""What the ledger's own entries say of it: the newest alarm, the newest verification."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text

from gatekeeper.rules.events import Kind
from gatekeeper.store.proof.ledger import RARE, LedgerEntry, LedgerPending

BY_WITNESS = "witness"
"""The reason of an alarm that a witness raised."""

_COLUMNS = LedgerEntry.id, LedgerEntry.code, LedgerEntry.at, LedgerEntry.actor, LedgerEntry.leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one entry says: its id and code, when, who did it, and its data."""

    id: int
    code: str
    at: datetime
    actor: str
    data: dict[str, Any]


def newest(connection: Connection, kind: Kind) -> Told | None:
    """The newest entry of one of the rarer kinds."""
    return next(iter(recent(connection, kind, 1)), None)


def recent(connection: Connection, kind: Kind, limit: int) -> list[Told]:
    """The newest entries of one of the rarer kinds, the newest first."""
    where = LedgerEntry.kind == kind.value, text(f"({RARE})")
    statement = select(*_COLUMNS).where(*where).order_by(LedgerEntry.at.desc(), LedgerEntry.id.desc()).limit(limit)
    return [_told(row) for row in connection.execute(statement)]


def alarm(connection: Connection) -> Told | None:
    """The alarm that stands, if one does.

    What stopped the sealing keeps the alarm's own entry from being sealed, until it is over. What a witness said cannot be seen
    again from here: that stands until somebody lets signing go on.
    """
    halted = newest(connection, Kind.SIGNING_HALTED)
    if halted is None:
        return None
    ends = [newest(connection, each) for each in (Kind.SIGNING_RESUMED, Kind.LOG_RECOVERED)]
    if any(end.id > halted.id for end in ends if end):
        return None
    waits = connection.execute(select(LedgerPending.entry_id).where(LedgerPending.entry_id == halted.id)).first()
    return halted if waits or halted.data["reason"] == BY_WITNESS else None


def _told(row: Any) -> Told:
    return Told(id=row.id, code=row.code, at=row.at, actor=row.actor, data=json.loads(row.leaf)["data"])
