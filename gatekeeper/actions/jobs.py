"""Long work that somebody asks for on a page: the work process does it, and the page shows how far it is."""

from datetime import datetime

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.errors import N_, Conflict
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store import jobs
from gatekeeper.store.accounts import sessions

_UNDER_WAY = N_("The log is being verified already. The result will stand on this page.")


def ask_verification(connection: Connection, caller: Caller, now: datetime) -> None:
    """Ask for the whole log to be verified; ``Conflict`` while that is under way."""
    sessions.require(connection, caller.person, caller.session, Permission.VERIFY_LEDGER, now)
    last = jobs.newest(connection, jobs.VERIFICATION)
    if last is not None and last.ended_at is None:
        raise Conflict(_UNDER_WAY)
    entry_id = append(connection, caller.event(Kind.VERIFICATION_ASKED, now, person=None, investor=None))
    jobs.put(connection, kind=jobs.VERIFICATION, asked_by=caller.person, asked_at=now, entry_id=entry_id)
