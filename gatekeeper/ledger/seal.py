"""Sealing: what waits becomes leaves of the log's one tree, and now and then the tree's size and root are signed.

1. One transaction does it all, so that a process that dies leaves nothing half done. Only one sealer works at a time: on
   PostgreSQL by an advisory lock, on SQLite because writers take turns. Whoever comes second returns None.
2. What waits is found in the queue, never by comparing ids: an entry that commits late has a low id. The order of the leaves is
   made here.
3. Before anything is added the right edge of the tiles must hash to the root that is stored, and every entry that waits must be
   there. Otherwise ``Halted``: nothing is added to, or signed over, what somebody has changed. Acts go on being recorded.
4. A checkpoint is a row of this transaction, so it is kept before anybody can see it.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, insert, text

from gatekeeper.ledger import anchors, tree
from gatekeeper.ledger.acts import told
from gatekeeper.ledger.record import Event, append
from gatekeeper.rules import merkle
from gatekeeper.rules.errors import N_, Unavailable
from gatekeeper.rules.events import Kind
from gatekeeper.rules.note import Checkpoint, Signer, Verifier, sign
from gatekeeper.store.proof.ledger import LedgerCheckpoint

_LOG = logging.getLogger(__name__)
LIMIT = 5_000
PUBLISH_EVERY = timedelta(seconds=60)
_LOCK = 4_732_883_766  # any number that nobody else takes; the one before is the migrations'

# Whole batches at once. On SQLite nobody writes meanwhile: the batch is all that waits up to its last id, until it is served at
# the end. On PostgreSQL an entry with a lower id may be committed between two statements: what is sealed is what was taken.
_SQLITE = {
    "next": "SELECT entry_id FROM ledger_pending ORDER BY entry_id LIMIT :most",
    "leaves": (
        "SELECT id, leaf FROM ledger_pending CROSS JOIN ledger_entry "  # in this order: what waits may be far apart
        "WHERE id = entry_id AND entry_id BETWEEN :first AND :last ORDER BY entry_id"
    ),
    "places": (
        "INSERT INTO ledger_leaf (log_id, leaf_index, entry_id) "
        "SELECT :log, :size - 1 + row_number() OVER (ORDER BY entry_id), entry_id "
        "FROM ledger_pending WHERE entry_id BETWEEN :first AND :last"
    ),
    "served": "DELETE FROM ledger_pending WHERE entry_id BETWEEN :first AND :last",
}
_POSTGRESQL = {
    "next": (
        "DELETE FROM ledger_pending WHERE entry_id = ANY(ARRAY("
        "SELECT entry_id FROM ledger_pending ORDER BY entry_id LIMIT :most)) RETURNING entry_id"
    ),
    "leaves": "SELECT id, leaf FROM ledger_entry WHERE id = ANY(CAST(:ids AS bigint[]))",
    "places": (
        "INSERT INTO ledger_leaf (log_id, leaf_index, entry_id) SELECT :log, :size + place - 1, id "
        "FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS each (id, place)"
    ),
}
_STATEMENTS = {
    "sqlite": {name: text(statement) for name, statement in _SQLITE.items()},
    "postgresql": {name: text(statement) for name, statement in _POSTGRESQL.items()},
}

_ELECT = f"SELECT set_config('synchronous_commit', 'on', true), pg_try_advisory_xact_lock({_LOCK})"
_MOVE = text("UPDATE ledger_log SET size = :new, root = :new_root WHERE id = :log AND size = :old")
_NEW_TILE = text("INSERT INTO ledger_tile (log_id, level, n, hashes) VALUES (:log, :level, :n, :hashes)")
_GROW_TILE = text(
    "UPDATE ledger_tile SET hashes = :hashes WHERE log_id = :log AND level = :level AND n = :n AND length(hashes) = :stood"
)

_REASONS = {
    "root": N_("Sealing has stopped: the tiles do not give the root that is stored for %(size)s leaves."),
    "entry": N_("Sealing has stopped: entry %(entry)s waits to be sealed but is not there."),
    "moved": N_("Sealing has stopped: the log was changed while it was being sealed."),
    "closed": N_("Sealing has stopped: the log %(origin)s is closed."),
    "key": N_("Sealing has stopped: the key is called %(name)s, but the log %(origin)s."),
    "checkpoint": N_("Sealing has stopped: a checkpoint over %(size)s leaves is there, more than the log has."),
    "anchor_missing": N_("Sealing has stopped: %(target)s holds no checkpoint any more."),
    "anchor_unreadable": N_("Sealing has stopped: the checkpoint in %(target)s cannot be read: %(detail)s"),
    "anchor_ahead": N_("Sealing has stopped: %(target)s holds a checkpoint over %(anchored)s leaves, but the log has %(size)s."),
    "anchor_differs": N_(
        "Sealing has stopped: the checkpoint over %(anchored)s leaves in %(target)s has another root than the log."
    ),
    "anchor_foreign": N_("Sealing has stopped: %(target)s holds a checkpoint of another log, %(origin)s."),
    "witness": N_("Sealing has stopped: the witness %(target)s does not sign: %(detail)s"),
}
"""Why nothing is added or signed. Acts go on being recorded all the while."""


class Halted(Unavailable):
    """The log is not as it was left, so nothing is added and nothing is signed. ``reason`` is one of a few words."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(_REASONS[reason], field=None, **values)
        self.reason = reason
        self.values = values


@dataclass(frozen=True, slots=True)
class Outside:
    """Checkpoints that others keep, and the public keys that signed them. The log is held against them before it is signed."""

    known: Sequence[anchors.Known] = ()
    keys: Sequence[Verifier] = ()


NOTHING_OUTSIDE = Outside()


@dataclass(frozen=True, slots=True)
class Sealed:
    """The log after sealing: its size and root, how many entries were added, and the note that was signed, if one was."""

    size: int
    root: bytes
    sealed: int
    checkpoint: str | None


def seal(
    connection: Connection,
    signers: Sequence[Signer],
    now: datetime,
    *,
    limit: int = LIMIT,
    publish_every: timedelta = PUBLISH_EVERY,
    outside: Outside = NOTHING_OUTSIDE,
) -> Sealed | None:
    """Seal what waits, in the transaction of ``connection``; None if another sealer is at work.

    A checkpoint is signed when the log has grown since the last one and that is ``publish_every`` old; never without a signer.
    """
    if not _elected(connection):
        return None
    log = tree.lock_log(connection)
    if log.closed_at is not None:
        raise Halted("closed", origin=log.origin)
    statements = _STATEMENTS[connection.dialect.name]
    waiting = sorted(connection.execute(statements["next"], {"most": limit}).scalars())
    if waiting:
        log = _grown(connection, log, waiting)
    note = None
    if signers and _is_due(connection, log, now, publish_every):
        note = _publish(connection, log, signers, now, outside)
    return Sealed(log.size, log.root, len(waiting), note)


def raise_alarm(connection: Connection, halted: Halted, now: datetime) -> int | None:
    """Record that signing has stopped, once for as long as it has."""
    if told.alarm(connection) is not None:
        return None
    _LOG.error("signing.halted", extra={"reason": halted.reason, **{f"halted_{k}": v for k, v in halted.values.items()}})
    data = {"reason": halted.reason, "values": {name: str(value) for name, value in halted.values.items()}}
    return append(connection, Event(kind=Kind.SIGNING_HALTED, at=now, actor="system", data=data))


def _elected(connection: Connection) -> bool:
    if connection.dialect.name == "sqlite":
        return True  # whoever writes has the turn
    return bool(connection.exec_driver_sql(_ELECT).one()[1])


def _grown(connection: Connection, log: tree.Log, waiting: list[int]) -> tree.Log:
    """The log with the entries that wait as its next leaves; everything of it is written but the checkpoint."""
    statements = _STATEMENTS[connection.dialect.name]
    batch: dict[str, Any] = (
        {"first": waiting[0], "last": waiting[-1]} if connection.dialect.name == "sqlite" else {"ids": waiting}
    )
    leaves: dict[int, bytes] = {row.id: row.leaf for row in connection.execute(statements["leaves"], batch)}
    edge = _Edge(log, tree.tiles(connection, log.id, list(tree.right_edge(log.size))))
    for entry_id in waiting:
        if entry_id not in leaves:
            raise Halted("entry", entry=entry_id)
        edge.add(merkle.leaf_hash(leaves[entry_id]))
    grown = edge.grown(log)
    connection.execute(statements["places"], {"log": log.id, "size": log.size, **batch})
    edge.write(connection, log.id)
    served = _count(connection.execute(statements["served"], batch)) if "served" in statements else len(waiting)
    moved = connection.execute(_MOVE, {"log": log.id, "old": log.size, "new": grown.size, "new_root": grown.root})
    if (served, _count(moved)) != (len(waiting), 1):
        raise Halted("moved")
    return grown


def _is_due(connection: Connection, log: tree.Log, now: datetime, every: timedelta) -> bool:
    """Whether the log has grown since the last checkpoint, and that is old enough; or lies ahead, as the clock was set back."""
    last = tree.latest_checkpoint(connection, log.id)
    if last is None:
        return log.size > 0
    if last.size > log.size:
        raise Halted("checkpoint", size=last.size)
    return log.size > last.size and not timedelta(0) <= now - last.signed_at < every


def _publish(connection: Connection, log: tree.Log, signers: Sequence[Signer], now: datetime, outside: Outside) -> str:
    """Sign the log as it is, if nothing speaks against it, and keep the note."""
    for each in signers:
        if each.name != log.origin:
            raise Halted("key", name=each.name, origin=log.origin)
    if found := anchors.contradiction(connection, log, outside.known, outside.keys):
        raise Halted(found.reason, **found.values)
    alarm = told.alarm(connection)
    if alarm is not None and alarm.data["reason"] == told.BY_WITNESS:
        raise Halted(told.BY_WITNESS, **alarm.data["values"])
    note = sign(Checkpoint(log.origin, log.size, log.root).body(), signers)
    row = {"log_id": log.id, "size": log.size, "root": log.root, "note": note, "signed_at": now}
    connection.execute(insert(LedgerCheckpoint), row)
    return note


def _count(result: Any) -> int:
    return cast("CursorResult[Any]", result).rowcount


class _Edge:
    """The right edge of the tiles while leaves are added: of each level the tile that is not full yet, and all that are new.

    Only what is new is hashed, and of what stands the hashes that the root is made of: at most 255 a level.
    """

    def __init__(self, log: tree.Log, tile: merkle.Tile) -> None:
        self._hashes: dict[tuple[int, int], bytearray] = {}
        self._stood: dict[tuple[int, int], int] = {}
        for level, n in tree.right_edge(log.size):
            self._hashes[level, n] = bytearray(tile(level, n))
            self._stood[level, n] = merkle.tile_width(level, n, log.size) * merkle.HASH_SIZE
        if any(len(self._hashes[key]) != length for key, length in self._stood.items()):
            raise Halted("root", size=log.size)
        node = merkle.node_from_tiles(lambda level, n: bytes(self._hashes[level, n]))
        self._frontier = merkle.Frontier.of(log.size, node)
        if self._frontier.root() != log.root:
            raise Halted("root", size=log.size)

    def add(self, leaf: bytes) -> None:
        """Add a leaf, given its hash. A tile that it fills becomes a hash of the level above."""
        level, index, value = 0, self._frontier.size, leaf
        while True:
            n, place = divmod(index, merkle.TILE_WIDTH)
            hashes = self._hashes.setdefault((level, n), bytearray())
            hashes += value
            if place < merkle.TILE_WIDTH - 1:
                break
            level, index, value = level + 1, n, merkle.perfect_root(bytes(hashes))
        self._frontier.append(leaf)

    def grown(self, log: tree.Log) -> tree.Log:
        """The log with all leaves."""
        return replace(log, size=self._frontier.size, root=self._frontier.root())

    def write(self, connection: Connection, log_id: int) -> None:
        """Write the tiles that are new, and those that have grown."""
        new, grown = [], []
        for (level, n), hashes in self._hashes.items():
            stood = self._stood.get((level, n))
            row = {"log": log_id, "level": level, "n": n, "hashes": bytes(hashes)}
            if stood is None:
                new.append(row)
            elif len(hashes) > stood:
                grown.append(row | {"stood": stood})
        if new:
            connection.execute(_NEW_TILE, new)
        for row in grown:
            if _count(connection.execute(_GROW_TILE, row)) != 1:
                raise Halted("moved")
