"""What others have given for checkpoints, as it goes along with evidence: signatures of witnesses, and time stamps."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from gatekeeper.ledger.anchors import AnchorKind
from gatekeeper.store.proof.ledger import LedgerAnchor, LedgerCheckpoint


@dataclass(frozen=True, slots=True)
class Stamped:
    """A checkpoint and the time stamp over its bytes, an RFC 3161 answer as it came."""

    size: int
    note: str
    token: bytes


def witnessed_size(connection: Connection, log_id: int) -> int | None:
    """The size of the newest checkpoint that a witness has signed."""
    where = (LedgerAnchor.log_id == log_id, LedgerAnchor.kind == AnchorKind.WITNESS.value)
    return connection.execute(select(func.max(LedgerAnchor.size)).where(*where)).scalar_one()


def cosignatures(connection: Connection, log_id: int, size: int) -> str:
    """The witnesses' lines below the checkpoint of this size; empty where there are none."""
    where = (LedgerAnchor.log_id == log_id, LedgerAnchor.size == size, LedgerAnchor.kind == AnchorKind.WITNESS.value)
    tokens = connection.execute(select(LedgerAnchor.token).where(*where).order_by(LedgerAnchor.id)).scalars()
    lines = dict.fromkeys(line for token in tokens if token for line in token.decode().splitlines() if line)
    return "".join(f"{line}\n" for line in lines)


def stamped(connection: Connection, log_id: int, size: int) -> Stamped | None:
    """The newest time stamp over a checkpoint of at most this size."""
    query = select(LedgerCheckpoint.size, LedgerCheckpoint.note, LedgerAnchor.token).join(
        LedgerAnchor, (LedgerAnchor.log_id == LedgerCheckpoint.log_id) & (LedgerAnchor.size == LedgerCheckpoint.size)
    )
    where = (LedgerCheckpoint.log_id == log_id, LedgerCheckpoint.size <= size, LedgerAnchor.kind == AnchorKind.TSA.value)
    row = connection.execute(query.where(*where).order_by(LedgerAnchor.size.desc(), LedgerAnchor.id.desc()).limit(1)).first()
    return Stamped(row.size, row.note, row.token) if row and row.token else None
