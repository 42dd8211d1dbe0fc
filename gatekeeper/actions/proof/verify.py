"""What a stranger may ask of the log: whether it holds an entry of which they have code and hash. It tells nothing else.

An unknown code and a wrong hash have one and the same answer, and neither is kept. Whoever asks too often waits.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gatekeeper.ledger import evidence, tree
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.events import Kind
from gatekeeper.rules.merkle import leaf_hash
from gatekeeper.store.accounts import sessions
from gatekeeper.store.proof import entries

LOCK_AFTER = 20
LOCK_FOR = timedelta(minutes=15)
WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Shown:
    """What anybody may know of the log: its name, and the newest checkpoint if there is one."""

    origin: str
    size: int
    note: str | None
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """Whether the log holds the entry, and once it is sealed the proof."""

    is_held: bool
    proof: str | None = None


def show(connection: Connection) -> Shown:
    """The log as strangers see it."""
    log = tree.log_of(connection)
    row = tree.latest_checkpoint(connection, log.id)
    return Shown(log.origin, row.size, row.note, row.signed_at) if row else Shown(log.origin, 0, None, None)


def admit(connection: Connection, account_key: str, source_key: str, now: datetime) -> datetime | None:
    """Count a question from a network; until when no more are taken from there, if it is too many."""
    row = sessions.hold_attempt(connection, account_key, source_key, now)
    if row.locked_until is not None and row.locked_until > now:
        until: datetime = row.locked_until
        return until
    count = (row.failures if now - row.last_failed_at < WINDOW else 0) + 1
    locked_until = now + LOCK_FOR if count % LOCK_AFTER == 0 else None
    sessions.put_attempt(connection, row.id, failures=count, last_failed_at=now, locked_until=locked_until, recorded=0)
    return None


def check(connection: Connection, caller: Caller, code: str | None, fingerprint: bytes, now: datetime) -> Asked[Held]:
    """Look for the entry with this code and this leaf hash."""
    rows = entries.by_code(connection, code) if code else []
    found = next((row for row in rows if hmac.compare_digest(leaf_hash(row.leaf), fingerprint)), None)
    data = {"held": found is not None, "entries": [found.code] if found else []}
    event = caller.event(Kind.RECEIPT_CHECKED, now, person=None, investor=None, data=data)
    proof = evidence.proof(connection, found, with_leaf=False) if found else None
    return Asked(Held(found is not None, proof), (event,))
