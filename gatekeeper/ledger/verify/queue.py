"""What is not sealed yet: every entry is sealed or waits."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, func, select, text

from gatekeeper.ledger.verify.entries import BATCH, Entries
from gatekeeper.ledger.verify.findings import Check, Findings
from gatekeeper.rules import merkle
from gatekeeper.rules.events import Kind
from gatekeeper.store.proof.ledger import RARE, LedgerEntry, LedgerLeaf, LedgerPending

WAITS = timedelta(minutes=5)
"""A sealer that runs leaves nothing waiting for so long."""

_SEALED = exists().where(LedgerLeaf.entry_id == LedgerEntry.id)
_NEXT = select(LedgerEntry.id).where(~_SEALED).order_by(LedgerEntry.id).limit(BATCH)


def check(connection: Connection, findings: Findings, now: datetime) -> None:
    """The queue by itself: nothing waits that is gone, or that is sealed, and nothing waits for long."""
    missing = select(LedgerPending.entry_id).where(~exists().where(LedgerEntry.id == LedgerPending.entry_id))
    for entry_id in connection.scalars(missing.order_by(LedgerPending.entry_id).limit(BATCH)):
        findings.add(Check.WAITS_WITHOUT_ENTRY, entry=entry_id)
    twice = select(LedgerEntry.code).join(LedgerPending, LedgerPending.entry_id == LedgerEntry.id).where(_SEALED)
    for code in connection.scalars(twice.limit(BATCH)):
        findings.add(Check.BOTH, code=code)
    count, oldest = connection.execute(select(func.count(), func.min(LedgerPending.recorded_at))).one()
    if count and now - oldest > WAITS:
        findings.add(Check.WAITS_TOO_LONG, count=count, minutes=int((now - oldest).total_seconds() // 60))


def check_unsealed(connection: Connection, entries: Entries, findings: Findings) -> int:
    """Every entry that has no leaf, in the order of ids; return how many there are."""
    count, last = 0, -(2**63)  # whoever puts an entry in by hand chooses its number
    while True:
        ids = list(connection.scalars(_NEXT.where(LedgerEntry.id > last)))
        if not ids:
            return count
        waiting = set(connection.scalars(select(LedgerPending.entry_id).where(LedgerPending.entry_id.between(ids[0], ids[-1]))))
        rows = entries.fetch(ids)
        for entry_id in ids:
            row = rows[entry_id]
            entries.check(row, merkle.leaf_hash(row.leaf))
            if entry_id not in waiting:
                findings.add(Check.NEITHER, code=row.code)
        count, last = count + len(ids), ids[-1]


def check_opened(connection: Connection, origins: Sequence[str], findings: Findings) -> None:
    """A log after the first begins where data was lost, and an entry says so: else whoever opened it only got rid of the old."""
    told = connection.scalars(select(LedgerEntry.leaf).where(LedgerEntry.kind == Kind.LOG_RECOVERED.value, text(f"({RARE})")))
    explained = {json.loads(each)["data"]["origin"] for each in told}
    for origin in origins[1:]:
        if origin not in explained:
            findings.add(Check.LOG_WITHOUT_ENTRY, origin=origin)
