"""Whether somebody has tried a proposed policy out: approving one needs that, and its entry names what was seen."""

from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.acts.told import Told, recent
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.changes import PolicyChange, from_data
from gatekeeper.rules.events import Kind
from gatekeeper.store import proposals

_LOOKED_THROUGH = 500
"""The most trials, newest first, that are looked through."""


def seen(connection: Connection, caller: Caller, proposal: Any) -> Told | None:
    """The caller's newest trial of the text that a proposal holds, made after it was proposed; None without one.

    After it in the log, whatever the clocks say.
    """
    digests = {
        sha256(each.text.encode()).hexdigest()
        for each in map(from_data, proposals.payload_of(proposal))
        if isinstance(each, PolicyChange)
    }
    for each in recent(connection, Kind.POLICY_REHEARSED, _LOOKED_THROUGH):
        if each.id > proposal.entry_id and each.actor == caller.actor and each.data["candidate"] in digests:
            return each
    return None
