"""Proposals that nobody decided in time end by themselves. Nothing on file changes by it."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from gatekeeper.ledger.acts.ending import end
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.events import Kind
from gatekeeper.store import proposals
from gatekeeper.store.beside import open_days


def due(connection: Connection, now: datetime, limit: int) -> list[str]:
    """The proposals that have waited for longer than the policy in force says."""
    return proposals.open_since_before(connection, now - timedelta(days=open_days(connection, now)), limit)


def expire(connection: Connection, caller: Caller, id_: str, now: datetime) -> str | None:
    """End one of them; return the entry's code. None if somebody was quicker, or it has time yet."""
    proposal, days = proposals.get(connection, id_, for_update=True), open_days(connection, now)
    if proposal is None or proposal.state != "PENDING" or now - proposal.proposed_at <= timedelta(days=days):
        return None
    _, code = end(connection, caller, proposal, Kind.PROPOSAL_EXPIRED, now, state="EXPIRED", more={"open_days": days})
    return code
