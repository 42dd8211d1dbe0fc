"""Writing how a proposal ends, and its entry: the same whether somebody decides it or its time is over."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.events import Kind
from gatekeeper.store import proposals
from gatekeeper.store.publishing import library


def end(
    connection: Connection,
    caller: Caller,
    proposal: Any,
    kind: Kind,
    now: datetime,
    *,
    state: str,
    reason: str = "",
    more: Mapping[str, Any],
) -> tuple[int, str]:
    """Write that a proposal has ended; return the id of the entry and its code."""
    event = caller.event(
        kind,
        now,
        person=proposal.person_id,
        investor=proposal.investor_id,
        report=library.report_of(connection, proposal.version_id),
        data={
            "proposal": proposal.id,
            "proposed_by": proposal.proposed_by,
            "proposed_entry": proposal.entry_id,
            "changes": json.loads(proposal.payload),
            **more,
        },
        private={"reason": reason} if reason or caller.person else {},
    )
    entry_id = append(connection, event)
    proposals.decide(
        connection,
        proposal.id,
        state=state,
        decided_by=caller.person,
        decided_at=now,
        decided_reason=reason,
        decided_entry_id=entry_id,
    )
    return entry_id, event.code
