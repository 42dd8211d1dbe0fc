"""What is not sealed yet, and what refers to entries: every entry is sealed or waits, every act has its entry."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, String, cast, exists, func, literal, select, text, union_all

from gatekeeper.ledger.verify.entries import BATCH, Entries
from gatekeeper.ledger.verify.findings import Check, Findings
from gatekeeper.rules import merkle
from gatekeeper.rules.events import Kind
from gatekeeper.store.ledger import RARE, LedgerEntry, LedgerLeaf, LedgerPending
from gatekeeper.store.schema import metadata

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


def check_acts(connection: Connection, findings: Findings) -> None:
    """Rows whose entry is gone. Foreign keys see to it, as long as nobody takes them away."""
    for row in connection.execute(_acts()):
        findings.add(Check.ACT_WITHOUT_ENTRY, table=row.name, row=row.row)


def check_opened(connection: Connection, origins: Sequence[str], findings: Findings) -> None:
    """A log after the first begins where data was lost, and an entry says so: else whoever opened it only got rid of the old."""
    told = connection.scalars(select(LedgerEntry.leaf).where(LedgerEntry.kind == Kind.LOG_RECOVERED.value, text(f"({RARE})")))
    explained = {json.loads(each)["data"]["origin"] for each in told}
    for origin in origins[1:]:
        if origin not in explained:
            findings.add(Check.LOG_WITHOUT_ENTRY, origin=origin)


@cache
def _acts() -> Any:
    """Every row of every table that refers to an entry which is not there, as one statement that is put together once."""
    parts = []
    for table in metadata.sorted_tables:
        for column in table.columns:
            if any(each.target_fullname == "ledger_entry.id" for each in column.foreign_keys):
                key = cast(next(iter(table.primary_key.columns)), String).label("row")
                gone = ~exists().where(LedgerEntry.id == column)
                parts.append(select(literal(table.name).label("name"), key).where(column.is_not(None), gone))
    return union_all(*parts).limit(BATCH)
