"""After data was lost, or after an alarm: what an operator decides about the log's signing, each time as an entry.

A log that lost entries is never signed on: whoever kept its newer checkpoints would see it contradict itself. It is closed as it
stands, and a new one is opened that begins by saying what was lost.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from gatekeeper.ledger import tree
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid
from gatekeeper.rules.events import Kind
from gatekeeper.rules.note import Checkpoint
from gatekeeper.store.proof.ledger import LedgerLog

_MIN_OPERATORS = 2
_NO_REASON = N_("Say why, in a sentence.")
_ALONE = N_("Name two people who do this together.")
_OTHER_LOG = N_("This checkpoint is of the log %(origin)s, but the log here is %(here)s.")


@dataclass(frozen=True, slots=True)
class Loss:
    """What is known about it: why, who deals with it, and the newest checkpoint that anybody outside still has."""

    reason: str
    operators: tuple[str, ...]
    known: Checkpoint | None


def open_anew(connection: Connection, caller: Caller, loss: Loss, now: datetime) -> str:
    """Close the log where it stands and open the next one; return its origin.

    To be done while nothing else writes: a connection that has written before goes on naming the old log.
    """
    _refuse_without_reason(loss.reason)
    if len({each.strip() for each in loss.operators if each.strip()}) < _MIN_OPERATORS:
        raise Invalid(Fault(_ALONE, field="operator"))
    log = tree.lock_log(connection)
    if loss.known is not None and loss.known.origin != log.origin:
        raise Conflict(_OTHER_LOG, origin=loss.known.origin, here=log.origin)
    connection.execute(update(LedgerLog).where(LedgerLog.id == log.id).values(closed_at=now))
    origin = _next_origin(log.origin)
    connection.execute(insert(LedgerLog).values(origin=origin, opened_at=now))
    data: dict[str, Any] = {"origin": origin, "closed": _told(Checkpoint(log.origin, log.size, log.root))}
    if loss.known is not None:
        data |= {"known": _told(loss.known), "lost": max(0, loss.known.size - log.size)}
    private = {"reason": loss.reason, "operators": ", ".join(loss.operators)}
    append(connection, caller.event(Kind.LOG_RECOVERED, now, data=data, private=private))
    return origin


def resume(connection: Connection, caller: Caller, reason: str, now: datetime) -> None:
    """Let signing go on after a witness contradicted the log and that was found to be the witness's fault."""
    _refuse_without_reason(reason)
    append(connection, caller.event(Kind.SIGNING_RESUMED, now, private={"reason": reason}))


def _refuse_without_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(Fault(_NO_REASON, field="reason"))


def _told(checkpoint: Checkpoint) -> dict[str, Any]:
    return {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}


def _next_origin(origin: str) -> str:
    base, _, number = origin.rpartition("/")
    return f"{base}/{int(number) + 1}" if base and number.isdecimal() else f"{origin}/2"
