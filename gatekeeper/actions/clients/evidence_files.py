"""Looking at the files that prove what an investor's file says: staff alone, and each look is recorded."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import evidence_files


def look(connection: Connection, caller: Caller, investor: str, id_: str, now: datetime, *, page: int | None) -> Asked[Any]:
    """The row of one file, to show a page of it, or to hand it out as it came where ``page`` is None."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    row = evidence_files.get(connection, investor, id_)
    if row is None:
        raise NotFound(N_("There is no such file."))
    kind = Kind.EVIDENCE_FILE_DOWNLOADED if page is None else Kind.EVIDENCE_FILE_VIEWED
    data = {"file": id_, **({} if page is None else {"page": page})}
    return Asked(row, (caller.event(kind, now, person=None, investor=investor, data=data),))
