"""What an operator does with the key that signs the ledger."""

from datetime import datetime

from sqlalchemy import Connection

from gatekeeper.ledger import keys
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.events import Kind
from gatekeeper.rules.note import Verifier


def change_key(connection: Connection, caller: Caller, before: Verifier, after: Verifier, now: datetime) -> int:
    """Record that another key signs from now on. The entry bears its public half, so that old and new are bound together."""
    data = {"before": keys.fingerprint(before), "after": keys.fingerprint(after), "vkey": after.vkey()}
    return append(connection, caller.event(Kind.KEY_ROTATED, now, data=data))
