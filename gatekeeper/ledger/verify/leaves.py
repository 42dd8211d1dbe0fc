"""The leaves of one log: each place of the tree has its entry, and the entry's bytes have the hash that the tile holds."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, or_, select

from gatekeeper.ledger import tree
from gatekeeper.ledger.verify.entries import BATCH, Entries
from gatekeeper.ledger.verify.findings import Check, Findings
from gatekeeper.rules import merkle
from gatekeeper.rules.merkle import HASH_SIZE, TILE_WIDTH, Frontier
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerLeaf, LedgerTile

_SHOWN = 20

Progress = Callable[[int, int], None]
"""``progress(done, of)``: told after each batch."""
Compare = Callable[[Frontier], None]
"""Told of the tree at each of its sizes while it grows."""

_NO_HASH = bytes(HASH_SIZE)


def check_leaves(
    connection: Connection,
    log: tree.Log,
    span: range,
    entries: Entries,
    progress: Progress,
    growing: Frontier | None = None,
    compare: Compare | None = None,
) -> None:
    """Work out every leaf of a span again; ``growing`` is the tree before it, and becomes the one after it."""
    for start in span[::BATCH]:
        stop = min(span.stop, start + BATCH)
        for leaf in _hashes(connection, log, start, stop, entries):
            if growing is not None:
                growing.append(leaf)
                if compare is not None:
                    compare(growing)
        progress(stop - span.start, len(span))


def check_extra(connection: Connection, log: tree.Log, findings: Findings) -> None:
    """Entries that are said to stand where the log has no leaf."""
    columns = LedgerLeaf.leaf_index, LedgerLeaf.entry_id, LedgerEntry.code
    beyond = or_(LedgerLeaf.leaf_index >= log.size, LedgerLeaf.leaf_index < 0)
    joined = select(*columns).join(LedgerEntry, LedgerEntry.id == LedgerLeaf.entry_id, isouter=True)
    for row in connection.execute(joined.where(LedgerLeaf.log_id == log.id, beyond).limit(_SHOWN)):
        findings.add(Check.LEAF_EXTRA, origin=log.origin, code=row.code or str(row.entry_id), leaf=row.leaf_index, size=log.size)


def check_nowhere(connection: Connection, logs: Sequence[tree.Log], findings: Findings) -> None:
    """Entries that are said to be leaves of a log that is none, where nothing else would look for them."""
    columns = LedgerLeaf.log_id, LedgerLeaf.leaf_index, LedgerLeaf.entry_id, LedgerEntry.code
    joined = select(*columns).join(LedgerEntry, LedgerEntry.id == LedgerLeaf.entry_id, isouter=True)
    for row in connection.execute(joined.where(LedgerLeaf.log_id.not_in([log.id for log in logs])).limit(_SHOWN)):
        code = row.code or str(row.entry_id)
        findings.add(Check.LEAF_EXTRA, origin=str(row.log_id), code=code, leaf=row.leaf_index, size=0)


def _hashes(connection: Connection, log: tree.Log, start: int, stop: int, entries: Entries) -> list[bytes]:
    """The hash of each leaf from its entry; where there is none, what the tile has for it."""
    places = _places(connection, log, start, stop)
    stored = _stored(connection, log, start, stop)
    rows = entries.fetch(list(places.values()))
    found = []
    for index in range(start, stop):
        entry_id = places.get(index)
        row = rows.get(entry_id) if entry_id is not None else None
        kept = stored.get(index)
        if row is None:
            check = Check.LEAF_MISSING if entry_id is None else Check.ENTRY_MISSING
            entries.findings.add(check, origin=log.origin, leaf=index, **_where(index))
            found.append(kept or _NO_HASH)
            continue
        leaf = merkle.leaf_hash(row.leaf)
        entries.check(row, leaf)
        if kept is not None and leaf != kept:
            entries.findings.add(Check.BYTES_DIFFER, code=row.code, origin=log.origin, leaf=index, **_where(index))
        found.append(leaf)
    return found


def _places(connection: Connection, log: tree.Log, start: int, stop: int) -> dict[int, int]:
    where = LedgerLeaf.log_id == log.id, LedgerLeaf.leaf_index >= start, LedgerLeaf.leaf_index < stop
    found = connection.execute(select(LedgerLeaf.leaf_index, LedgerLeaf.entry_id).where(*where))
    return {row.leaf_index: row.entry_id for row in found}


def _stored(connection: Connection, log: tree.Log, start: int, stop: int) -> dict[int, bytes]:
    """The hashes that the tiles of level 0 hold for these leaves."""
    first, last = start // TILE_WIDTH, (stop - 1) // TILE_WIDTH
    where = LedgerTile.log_id == log.id, LedgerTile.level == 0, LedgerTile.n >= first, LedgerTile.n <= last
    found: dict[int, bytes] = {}
    for row in connection.execute(select(LedgerTile.n, LedgerTile.hashes).where(*where)):
        for place in range(len(row.hashes) // HASH_SIZE):
            found[row.n * TILE_WIDTH + place] = row.hashes[place * HASH_SIZE : (place + 1) * HASH_SIZE]
    return found


def _where(index: int) -> dict[str, Any]:
    n, place = divmod(index, TILE_WIDTH)
    return {"tile": merkle.tile_path(0, n), "place": place}
