"""An investor's file as it stood on an earlier day: only looked at, nothing is decided or changed by it; the look is an entry."""

from datetime import datetime

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.errors import N_, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import past_file
from gatekeeper.store.clients.past_file import PastFile


def view(connection: Connection, caller: Caller, investor: str, moment: datetime, now: datetime) -> Asked[PastFile]:
    """Look at a file as it stood at an instant that has come already."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    if moment > now:
        raise Invalid(Fault(N_("Please choose a day that has come already."), field="on"))
    found = past_file.read(connection, investor, moment)
    if found is None:
        raise NotFound(N_("There is no such investor."))
    data = {"as_of": moment.isoformat()}
    return Asked(found, (caller.event(Kind.INVESTOR_VIEWED, now, person=None, investor=investor, data=data),))
