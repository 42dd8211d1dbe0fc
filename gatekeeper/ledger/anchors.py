"""Anchors: checkpoints that left the house. What is outside is held against the log before anything new is signed.

Nothing inside a database can show that all of it was put back to an older state, or made anew from the start. A checkpoint that
somebody else keeps can: the log must have at least that size, and at that size that root.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from gatekeeper.ledger import tree
from gatekeeper.ledger.record import Event, append
from gatekeeper.rules.events import Kind
from gatekeeper.rules.note import BadNote, Checkpoint, Verifier, open_note
from gatekeeper.store.proof.ledger import LedgerAnchor, LedgerLog


class AnchorKind(StrEnum):
    """Who keeps a checkpoint: a file on another volume, people who got a mail, a time-stamping authority, a witness."""

    FILE = "file"
    MAIL = "mail"
    TSA = "tsa"
    WITNESS = "witness"


@dataclass(frozen=True, slots=True)
class Known:
    """What an anchor was found to hold: a signed note, or nothing."""

    kind: AnchorKind
    target: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Why an anchor and the log cannot both be right, as one word and what belongs to it."""

    reason: str
    values: dict[str, Any]


def contradiction(
    connection: Connection, log: tree.Log, known: Sequence[Known], keys: Sequence[Verifier]
) -> Contradiction | None:
    """The first anchor that the log cannot be brought together with, if there is one."""
    for each in known:
        found = _missing(connection, each) if each.note is None else _held_against(connection, log, each.target, each.note, keys)
        if found is not None:
            return found
    return None


def due(connection: Connection, log_id: int, kind: AnchorKind, target: str, now: datetime, *, every: timedelta) -> bool:
    """Whether a checkpoint should be put there again, going by when that was last done."""
    return (last := newest(connection, log_id, kind, target)) is None or last.at + every <= now


def newest(connection: Connection, log_id: int, kind: AnchorKind, target: str) -> Row[int, datetime] | None:
    """Size and time of the last checkpoint that was put there."""
    columns = LedgerAnchor.size, LedgerAnchor.at
    where = LedgerAnchor.log_id == log_id, LedgerAnchor.kind == kind.value, LedgerAnchor.target == target
    return connection.execute(select(*columns).where(*where).order_by(LedgerAnchor.id.desc()).limit(1)).first()


def outside(connection: Connection, log_id: int) -> list[Row[str, str, int, datetime]]:
    """For each place outside: kind, target, and size and time of the last checkpoint that was put there."""
    last = select(func.max(LedgerAnchor.id)).where(LedgerAnchor.log_id == log_id).group_by(LedgerAnchor.kind, LedgerAnchor.target)
    columns = LedgerAnchor.kind, LedgerAnchor.target, LedgerAnchor.size, LedgerAnchor.at
    return list(connection.execute(select(*columns).where(LedgerAnchor.id.in_(last)).order_by(LedgerAnchor.kind)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """A checkpoint that was put somewhere outside, and what was given for it."""

    log_id: int
    size: int
    note: str
    kind: AnchorKind
    target: str
    token: bytes | None = None


def keep(connection: Connection, what: Anchored, now: datetime) -> None:
    """Keep that a checkpoint left the house. What happens once a day is an entry as well, so that each new token covers the old.

    The file and the witnesses get every checkpoint. An entry for each would itself ask for the next checkpoint, for ever.
    """
    entry = append(connection, _event(what, now)) if what.kind in {AnchorKind.MAIL, AnchorKind.TSA} else None
    row = {"log_id": what.log_id, "size": what.size, "kind": what.kind.value, "target": what.target}
    connection.execute(insert(LedgerAnchor).values(**row, token=what.token, at=now, entry_id=entry))


def _event(what: Anchored, now: datetime) -> Event:
    data: dict[str, Any] = {"kind": what.kind.value, "size": what.size, "note": sha256(what.note.encode()).hexdigest()}
    if what.token is not None:
        data["token"] = sha256(what.token).hexdigest()
    return Event(kind=Kind.CHECKPOINT_ANCHORED, at=now, actor="system", data=data, private={"target": what.target})


def _missing(connection: Connection, known: Known) -> Contradiction | None:
    """Nothing is there: as it should be if nothing was ever put there."""
    where = LedgerAnchor.kind == known.kind.value, LedgerAnchor.target == known.target
    put = connection.execute(select(LedgerAnchor.id).where(*where).limit(1)).first()
    return Contradiction("anchor_missing", {"target": known.target}) if put else None


def _held_against(
    connection: Connection, log: tree.Log, target: str, signed: str, keys: Sequence[Verifier]
) -> Contradiction | None:
    try:
        checkpoint = Checkpoint.parse(open_note(signed, keys)[0])
    except BadNote as error:
        return Contradiction("anchor_unreadable", {"target": target, "detail": str(error)})
    if checkpoint.origin != log.origin:
        return _of_another(connection, target, checkpoint)
    if checkpoint.size > log.size:
        return Contradiction("anchor_ahead", {"target": target, "anchored": checkpoint.size, "size": log.size})
    if tree.root_at(connection, log.id, checkpoint.size) != checkpoint.root:
        return Contradiction("anchor_differs", {"target": target, "anchored": checkpoint.size})
    return None


def _of_another(connection: Connection, target: str, checkpoint: Checkpoint) -> Contradiction | None:
    """A checkpoint of a log that was closed here stays there until the next log has one of its own."""
    closed = select(LedgerLog.id).where(LedgerLog.origin == checkpoint.origin, LedgerLog.closed_at.is_not(None))
    if connection.execute(closed).first():
        return None
    return Contradiction("anchor_foreign", {"target": target, "origin": checkpoint.origin})
