"""What an operator does with the key that signs the ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger import keys
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.events import Kind
from gatekeeper.rules.note import Verifier


def change_key(connection: Connection, caller: Caller, pairs: Sequence[tuple[Verifier, Verifier]], now: datetime) -> int:
    """Record that another key signs from now on. The entry bears its public half, so that old and new are bound together.

    ``pairs`` are the key before and the one after; then the same of the second key, if there is one.
    """
    first, *more = [_told(before, after) for before, after in pairs]
    data: dict[str, Any] = {**first, "second": more[0]} if more else first
    return append(connection, caller.event(Kind.KEY_ROTATED, now, data=data))


def _told(before: Verifier, after: Verifier) -> dict[str, Any]:
    return {"before": keys.fingerprint(before), "after": keys.fingerprint(after), "vkey": after.vkey()}
