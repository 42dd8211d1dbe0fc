"""Letting a scan wait no more: it was typed, or set aside. Of two who try at once, one does."""

from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.errors import N_, Conflict
from gatekeeper.store.suitability import papers

GONE = N_("This scan waits no more: it was typed or set aside.")


def end(connection: Connection, caller: Caller, scan: str, entry_id: int, now: datetime) -> None:
    """Write that a scan waits no more."""
    try:
        papers.end_scan(connection, scan_id=scan, ended_by=caller.person, ended_at=now, entry_id=entry_id)
    except IntegrityError as error:
        raise Conflict(GONE) from error
