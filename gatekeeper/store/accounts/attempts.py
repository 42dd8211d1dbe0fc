"""Counting what fails from one source: a flood is counted, and written ever more rarely."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection

from gatekeeper.store.accounts import sessions

WRITTEN_SINGLY = 5
"""So many failures of an hour are written each; after that one whenever their number has doubled."""
WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try by keyed hashes of account and source: neither a name nor an address is kept of somebody who could not come in."""

    account_key: str
    source_key: str


def attempt_of(secret: str, account: str, source: str) -> Attempt:
    """One try by its keyed hashes."""

    def keyed(text: str) -> str:
        return hmac.new(secret.encode(), text.encode(), sha256).hexdigest()

    return Attempt(keyed(f"account {account.casefold()}"), keyed(f"source {source}"))


@dataclass(frozen=True, slots=True)
class Counted:
    """How many have failed lately, this one included; how many had been written, and whether this one is to be; a new lock."""

    failures: int
    written_before: int
    is_worth_writing: bool
    locked_until: datetime | None


def count(
    connection: Connection, attempt: Attempt, now: datetime, *, lock_after: int = 0, lock_for: timedelta = timedelta()
) -> Counted:
    """Count a failed try; every ``lock_after``-th locks its account from its source."""
    row = sessions.hold_attempt(connection, attempt.account_key, attempt.source_key, now)
    recent = now - row.last_failed_at < WINDOW
    failures = (row.failures if recent else 0) + 1
    written = row.recorded if recent else 0
    locked_until = now + lock_for if lock_after and failures % lock_after == 0 else None
    worth_writing = failures <= WRITTEN_SINGLY or failures >= 2 * written
    sessions.put_attempt(
        connection,
        row.id,
        failures=failures,
        last_failed_at=now,
        locked_until=locked_until,
        recorded=failures if worth_writing else written,
    )
    return Counted(failures, written, worth_writing, locked_until)
