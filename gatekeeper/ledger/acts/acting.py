"""For whom a client acts: asked again inside every act of theirs."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.errors import N_, NotPermitted
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import investors


def investor_of(connection: Connection, caller: Caller, now: datetime) -> Any:
    """The investor for whom the caller acts, now."""
    sessions.require(connection, caller.person, caller.session, Permission.READ_AS_CLIENT, now)
    mine = {row.investor_id for row in investors.mandates_of(connection, now, person=caller.person or "")}
    if caller.investor not in mine:
        raise NotPermitted(N_("You do not act for this investor at present."))
    return investors.investor(connection, caller.investor or "")
