"""The tree as it stands in the database: tiles, and the proofs that come from them. Nothing here writes.

A proof for a size is made from the tiles of a later one just as well: a tile's first hashes never change.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select

from gatekeeper.rules import merkle
from gatekeeper.rules.errors import N_, NotFound, Unavailable
from gatekeeper.store.proof.ledger import LedgerCheckpoint, LedgerLeaf, LedgerLog, LedgerPending, LedgerTile

_LOG = select(LedgerLog.id, LedgerLog.origin, LedgerLog.opened_at, LedgerLog.size, LedgerLog.root, LedgerLog.closed_at).order_by(
    LedgerLog.id.desc()
)
_LOCKED = _LOG.limit(1).with_for_update()
_LAST = (
    select(*LedgerCheckpoint.__table__.columns)
    .where(LedgerCheckpoint.log_id == bindparam("log"), LedgerCheckpoint.size >= bindparam("covering"))
    .order_by(LedgerCheckpoint.size.desc())
    .limit(1)
)
_AHEAD = 8  # a proof in a log of 2^32 leaves takes no more
_TILES = select(LedgerTile.level, LedgerTile.n, LedgerTile.hashes).where(
    LedgerTile.log_id == bindparam("log"),
    or_(*(and_(LedgerTile.level == bindparam(f"level{slot}"), LedgerTile.n == bindparam(f"n{slot}")) for slot in range(_AHEAD))),
)
"""Some tiles at once, as one statement that is prepared once: the sealer sends it with every batch."""
_NO_LOG = N_("No ledger is open in this database. Run: gatekeeper db upgrade")
_NO_LOG_CALLED = N_("This database holds no ledger %(origin)s.")


@dataclass(frozen=True, slots=True)
class Log:
    """A log and how far it is sealed."""

    id: int
    origin: str
    opened_at: datetime
    size: int
    root: bytes
    closed_at: datetime | None


def log_of(connection: Connection, origin: str | None = None) -> Log:
    """The open log, which is the newest, or the one of that name."""
    row = connection.execute((_LOG if origin is None else _LOG.where(LedgerLog.origin == origin)).limit(1)).first()
    if row is None:
        raise NotFound(_NO_LOG_CALLED, origin=origin) if origin else Unavailable(_NO_LOG)
    return Log(*row)


def lock_log(connection: Connection) -> Log:
    """The open log, and nobody else changes it until this transaction has ended."""
    row = connection.execute(_LOCKED).first()
    if row is None:
        raise Unavailable(_NO_LOG)
    return Log(*row)


def tiles(connection: Connection, log_id: int, ahead: Iterable[tuple[int, int]] = ()) -> merkle.Tile:
    """``tile(level, n)`` of a log, each looked up once, those of ``ahead`` all together; empty where there is none."""
    known = dict.fromkeys(ahead, b"")
    wanted = list(known)
    for start in range(0, len(wanted), _AHEAD):
        slots = enumerate([*wanted[start : start + _AHEAD], *[(-1, -1)] * _AHEAD][:_AHEAD])
        places = {name: value for slot, (level, n) in slots for name, value in ((f"level{slot}", level), (f"n{slot}", n))}
        for row in connection.execute(_TILES, {"log": log_id, **places}):
            known[row.level, row.n] = row.hashes

    def tile(level: int, n: int) -> bytes:
        found = known.get((level, n))
        if found is None:
            where = (LedgerTile.log_id == log_id, LedgerTile.level == level, LedgerTile.n == n)
            found = known[level, n] = connection.execute(select(LedgerTile.hashes).where(*where)).scalar_one_or_none() or b""
        return found

    return tile


def node(connection: Connection, log_id: int) -> merkle.Node:
    """``node(level, index)`` of a log: the hash of a perfect subtree."""
    return merkle.node_from_tiles(tiles(connection, log_id))


def inclusion_proof(connection: Connection, log_id: int, index: int, size: int) -> list[bytes]:
    """The proof that the leaf at ``index`` is in the tree of ``size`` leaves."""
    if not 0 <= index < size:
        message = f"no leaf {index} in a tree of {size}"
        raise ValueError(message)
    levels = range(-(-size.bit_length() // merkle.TILE_HEIGHT))
    above = [(level, index >> merkle.TILE_HEIGHT * (level + 1)) for level in levels]
    return merkle.inclusion(index, size, merkle.node_from_tiles(tiles(connection, log_id, [*above, *right_edge(size)])))


def right_edge(size: int) -> Iterator[tuple[int, int]]:
    """The tiles that are not full: at most one on each level."""
    level = 0
    while count := size >> merkle.TILE_HEIGHT * level:
        if count % merkle.TILE_WIDTH:
            yield level, count // merkle.TILE_WIDTH
        level += 1


def consistency_proof(connection: Connection, log_id: int, old: int, new: int) -> list[bytes]:
    """The proof that the tree of ``new`` leaves begins with the one of ``old``."""
    return merkle.consistency(old, new, node(connection, log_id))


def root_at(connection: Connection, log_id: int, size: int) -> bytes:
    """The root of the tree of the first ``size`` leaves, from the tiles."""
    return merkle.root_of(size, node(connection, log_id))


def leaf_of(connection: Connection, entry_id: int) -> tuple[int, int] | None:
    """Log and leaf index of an entry, None while it waits to be sealed."""
    found = connection.execute(select(LedgerLeaf.log_id, LedgerLeaf.leaf_index).where(LedgerLeaf.entry_id == entry_id)).first()
    return (found.log_id, found.leaf_index) if found else None


def places_of(connection: Connection, ids: Iterable[int]) -> dict[int, int]:
    """The leaf index of each of these entries that is sealed, whichever log it stands in."""
    columns = LedgerLeaf.entry_id, LedgerLeaf.leaf_index
    rows = connection.execute(select(*columns).where(LedgerLeaf.entry_id.in_(list(ids))))
    return {row.entry_id: row.leaf_index for row in rows}


def first_checkpoint(connection: Connection, log_id: int, covering: int) -> Row[Any] | None:
    """The checkpoint of the smallest size that has at least so many leaves, None if there is none yet."""
    return connection.execute(
        select(*LedgerCheckpoint.__table__.columns)
        .where(LedgerCheckpoint.log_id == log_id, LedgerCheckpoint.size >= covering)
        .order_by(LedgerCheckpoint.size)
        .limit(1)
    ).first()


def latest_checkpoint(connection: Connection, log_id: int, *, covering: int = 0) -> Row[Any] | None:
    """The checkpoint of the largest size, None if there is none or it has fewer leaves than ``covering``."""
    return connection.execute(_LAST, {"log": log_id, "covering": covering}).first()


def checkpoints(connection: Connection, log_id: int, limit: int) -> list[Row[Any]]:
    """The newest checkpoints of a log, the newest first."""
    columns = LedgerCheckpoint.__table__.columns
    statement = select(*columns).where(LedgerCheckpoint.log_id == log_id).order_by(LedgerCheckpoint.size.desc()).limit(limit)
    return list(connection.execute(statement))


def waiting(connection: Connection) -> tuple[int, datetime | None]:
    """How many entries wait to be sealed, and when the oldest of them was recorded."""
    found = connection.execute(select(func.count(), func.min(LedgerPending.recorded_at)).select_from(LedgerPending)).one()
    return found[0], found[1]
